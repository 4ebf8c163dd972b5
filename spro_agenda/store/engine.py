"""Connections and transactions. SQLite's own ways are settled here, once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InvalidatePoolError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from spro_agenda.errors import StoreError
from spro_agenda.i18n import _
from spro_agenda.store.failures import LASTING, busy, failure, store_error

_WRITES = "spro_writes"
_SNAPSHOT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
_FILE = "spro_file"
BUSY_S = 30
_AWAY_S = 10

_POOLS: dict[str, dict[str, Any]] = {
    # A reader must not wait for the connections that writers hold while they wait for each other.
    # The connection used last has its pages in memory still.
    "sqlite": {"max_overflow": -1, "pool_use_lifo": True},
    # A server that was restarted has closed every connection: the ping finds out before a request does.
    "postgresql": {"pool_pre_ping": True, "connect_args": {"connect_timeout": _AWAY_S}},
}
"""The databases that we know, and how connections to them are kept."""


def make_engine(url: str, home: Path) -> Engine:
    """An engine for a database URL. A relative SQLite path is one within `home`. Raises StoreError."""
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            parsed = parsed.set(database=str(home / parsed.database))
        engine = create_engine(parsed, hide_parameters=True, **_POOLS[parsed.get_backend_name()])
    except (ArgumentError, NoSuchModuleError, ImportError, KeyError, TypeError) as error:
        missing = isinstance(error, ImportError) and url.startswith("postgresql")
        raise _no_driver() if missing else _no_address(url) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _on_begin)
    else:
        event.listen(engine, "connect", _on_connect_to_server)
    return engine


def _no_driver() -> StoreError:
    return StoreError(
        _("Il manque le pilote de PostgreSQL, psycopg. Installez-le avec : pip install 'spro-agenda[postgres]'")
    )


def _no_address(url: str) -> StoreError:
    return StoreError(
        _(
            "L'adresse de la base de données « {url} » n'est pas utilisable. Corrigez « database » dans config.ini, "
            "par exemple : sqlite:///agenda.sqlite, ou postgresql://nom@serveur/agenda"
        ).format(url=_without_password(url))
    )


def sqlite_file(engine: Engine) -> Path | None:
    """The file of a SQLite database, `None` for another."""
    return Path(engine.url.database) if engine.dialect.name == "sqlite" and engine.url.database else None


def hold_to_file(engine: Engine, file: Path) -> None:
    """Let an engine use the SQLite file that stands at this path, and no other.

    SQLite itself makes an empty database where the file is away, and goes on writing to one that was replaced.
    """

    @event.listens_for(engine, "do_connect")
    def is_there(*_about: object) -> None:
        if not file.is_file():
            raise StoreError(
                _(
                    "La base de données {name} n'est pas à sa place. Rien n'a été modifié ; réessayez dans "
                    "un instant, et prévenez l'administrateur si cela dure."
                ).format(name=file.name)
            )

    @event.listens_for(engine, "connect")
    def opened(_connection: object, record: Any) -> None:
        record.info[_FILE] = _identity(file)

    @event.listens_for(engine, "checkout")
    def is_the_same(_connection: object, record: Any, _proxy: object) -> None:
        if record.info[_FILE] != _identity(file):
            raise InvalidatePoolError


def _identity(file: Path) -> tuple[int, int, bool] | None:
    """What a connection is held to. One that found its file read-only stays so."""
    try:
        status = file.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino, os.access(file, os.W_OK)


@contextmanager
def transaction(engine: Engine, *, writes: bool) -> Iterator[Connection]:
    """One transaction: committed when the block ends, rolled back when it raises.

    Reads see one snapshot. On SQLite a transaction that `writes` takes the lock at once (BEGIN IMMEDIATE): one that
    reads first and then writes fails whenever another wrote in between. Raises StoreError when the database does.
    """
    options: dict[str, Any] = {_WRITES: writes}
    if engine.dialect.name == "postgresql" and not writes:
        options |= _SNAPSHOT
    try:
        with engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection
    except DBAPIError as error:
        if failure(error.orig) in LASTING:
            engine.dispose()
        raise store_error(error) from error
    except PoolTimeout as error:
        raise busy() from error


@contextmanager
def taken(turn: Lock) -> Iterator[None]:
    """Hold a lock of this process within the block. Raises StoreError when it does not become free in time."""
    if not turn.acquire(timeout=BUSY_S):
        raise busy()
    try:
        yield
    finally:
        turn.release()


def _without_password(url: str) -> str:
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return url.rpartition("@")[2]


def _on_connect(connection: Any, _record: object) -> None:
    # The driver's own BEGIN comes late and would leave DDL and reads outside transactions.
    connection.isolation_level = None
    for pragma in (
        "foreign_keys=ON",
        "journal_mode=WAL",
        "synchronous=FULL",
        f"busy_timeout={BUSY_S * 1000}",
        "wal_autocheckpoint=16000",
        # What retention takes away is overwritten; nothing measurable on a write (docs/decisions/0011).
        "secure_delete=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _on_connect_to_server(connection: Any, _record: object) -> None:
    # A writer waits as long for the region's lock as on SQLite, whoever froze while holding it.
    connection.execute(f"SET lock_timeout = '{BUSY_S}s'")
    connection.commit()


def _on_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
