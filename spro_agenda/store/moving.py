"""All rows of a store, out of one database and into another.

Tables and columns are those of the metadata given, or found in the database: nothing here names them, but for the
two columns that may not be the same in two stores (`sync_epoch`, `generation`).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, MetaData, Table, delete, func, insert, select, text, update

from spro_agenda.errors import BadArchive
from spro_agenda.i18n import _
from spro_agenda.store import archive, migrate
from spro_agenda.store import schema as s
from spro_agenda.store.archive import Archive, Row
from spro_agenda.store.engine import make_engine, transaction
from spro_agenda.store.upgrading import upgrade_store

_READ = 500
_MOST_ROWS, _MOST_BYTES = 500, 4_000_000
"""Of one INSERT: its rows are in memory together, and one may be of megabytes."""

SCRATCH = "sqlite:///agenda.sqlite"
"""The database of a store that is made to be thrown away with its folder."""


def all_rows(connection: Connection) -> Iterator[Row]:
    """Every row of a store of this version, tables before those that refer to them, rows by their keys.

    Read as they are asked for: a store is larger than memory.
    """
    for table in s.metadata.sorted_tables:
        query = select(table).order_by(*table.primary_key)
        for row in connection.execute(query, execution_options={"yield_per": _READ}):
            yield table.name, dict(row._mapping)


@contextmanager
def rows_of_this_version(saved: Archive) -> Iterator[Iterator[Row]]:
    """The rows of an archive as a store of this version has them: an older one is upgraded in a scratch place.

    Raises UnreadableSource, BadArchive.
    """
    if saved.header.schema == migrate.head():
        yield archive.rows_of(saved.file)
    elif saved.header.schema in migrate.versions():
        with TemporaryDirectory(prefix="spro-agenda-") as folder, _upgraded(saved, Path(folder)) as rows:
            yield rows
    else:
        raise archive.newer(saved.file)


@contextmanager
def _upgraded(saved: Archive, folder: Path) -> Iterator[Iterator[Row]]:
    engine = make_engine(SCRATCH, folder)
    try:
        with transaction(engine, writes=True) as connection:
            migrate.upgrade(connection, saved.header.schema)
            found = MetaData()
            found.reflect(connection)
            insert_rows(connection, found, archive.rows_of(saved.file), str(saved.file))
    finally:
        engine.dispose()
    upgrade_store(SCRATCH, folder)
    engine = make_engine(SCRATCH, folder)
    try:
        with transaction(engine, writes=False) as connection:
            yield all_rows(connection)
    finally:
        engine.dispose()


def replace_all(connection: Connection, rows: Iterable[Row], where: str) -> None:
    """Put these rows in the place of all that a store of this version holds, under its write lock.

    Clients and workers know that it is another store: calendars take a sync epoch that no token has, and `generation`
    moves past both stores'. `where` names the rows' origin in errors. Raises BadArchive.
    """
    generation = _generation(connection)
    for table in reversed(s.metadata.sorted_tables):
        if table is not s.region:
            connection.execute(delete(table))
    insert_rows(connection, s.metadata, _with_lock_kept(connection, rows), where)
    connection.execute(update(s.calendar).values(sync_epoch=secrets.token_hex(8)))
    connection.execute(update(s.region).values(generation=max(generation, _generation(connection)) + 1))
    move_sequences_on(connection, s.metadata)


def _with_lock_kept(connection: Connection, rows: Iterable[Row]) -> Iterator[Row]:
    """Write the region's row where it stands. Who waits for the lock waits for that row: in PostgreSQL, once it was
    deleted they would go on with no lock at all."""
    for table, values in rows:
        if table == s.region.name and connection.execute(update(s.region).values(**values)).rowcount:
            continue
        yield table, values


def insert_rows(connection: Connection, metadata: MetaData, rows: Iterable[Row], where: str) -> None:
    """Insert rows in their order. Raises BadArchive for one that is not of these tables."""
    for table, chunk in _chunks(metadata, rows, where):
        connection.execute(insert(table), chunk)


def _chunks(metadata: MetaData, rows: Iterable[Row], where: str) -> Iterator[tuple[Table, list[Mapping[str, Any]]]]:
    """The rows, gathered as far as they are of one table, and neither many nor large."""
    of, chunk, size = "", list[Mapping[str, Any]](), 0
    for name, values in rows:
        table = metadata.tables.get(name)
        if table is None or set(table.columns.keys()) != values.keys():
            raise BadArchive(
                _("{where} : la table « {name} » n'est pas celle de ce programme. Rien n'a été changé.").format(
                    where=where, name=name
                )
            )
        if chunk and (name != of or len(chunk) == _MOST_ROWS or size > _MOST_BYTES):
            yield metadata.tables[of], chunk
            chunk, size = [], 0
        of = name
        chunk.append(values)
        size += sum(len(value) for value in values.values() if isinstance(value, bytes))
    if chunk:
        yield metadata.tables[of], chunk


def _generation(connection: Connection) -> int:
    return int(connection.execute(select(func.max(s.region.c.generation))).scalar() or 0)


def move_sequences_on(connection: Connection, metadata: MetaData) -> None:
    """The numbers that PostgreSQL gives next: after those that were inserted, and those that were given before.

    SQLite sees to it by itself.
    """
    if connection.dialect.name != "postgresql":
        return
    for table in metadata.sorted_tables:
        column = table.autoincrement_column
        if column is not None:
            connection.execute(
                text(
                    f'SELECT setval(own, GREATEST(nextval(own), (SELECT max("{column.name}") FROM "{table.name}")))'
                    " FROM (SELECT pg_get_serial_sequence(:table, :column) AS own) AS sequence WHERE own IS NOT NULL"
                ),
                {"table": f'"{table.name}"', "column": column.name},
            )
