"""Freed bytes taken off the disk: a database keeps what was deleted until something else needs the room."""

from __future__ import annotations

import time

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from spro_agenda.errors import StoreError
from spro_agenda.i18n import _
from spro_agenda.store.engine import BUSY_S

PATIENCE_S = 30
"""How long to wait for readers that still see what was deleted."""

_PAUSE_S = 0.2
# What texts, or words out of them, stand in; and samples of both, which PostgreSQL gathers for its planner.
_TABLES = (
    *("object", "revision", "part", "occurrence_key", "change", "clash", "settlement", "dismissal"),
    *("refusal", "received", "invited", "source"),
)
_OLD_SNAPSHOTS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND backend_xmin IS NOT NULL AND age(backend_xmin) >= age(CAST(CAST(:before AS text) AS xid))"
)


def scrub(engine: Engine, patience_s: float = PATIENCE_S) -> None:
    """Rewrite the files without what was deleted before. Others may read and write meanwhile, and wait at times.

    PostgreSQL's write-ahead log and old backups are not ours to rewrite. Raises StoreError when others do not let go
    in time: what was deleted is then still in the files.
    """
    if engine.dialect.name == "sqlite":
        _scrub_sqlite(engine, patience_s)
    else:
        _scrub_postgresql(engine, patience_s)


def _scrub_sqlite(engine: Engine, patience_s: float) -> None:
    """VACUUM writes each page anew, into the WAL; the checkpoint brings them to the file and empties the WAL."""
    until = time.monotonic() + patience_s
    connection = engine.raw_connection()
    cursor = connection.cursor()
    try:
        cursor.execute(f"PRAGMA busy_timeout={int(patience_s * 1000)}")
        cursor.execute("VACUUM")
        # A checkpoint that waits for a reader keeps writers waiting too: many short attempts.
        cursor.execute(f"PRAGMA busy_timeout={int(_PAUSE_S * 1000)}")
        while True:
            busy, *_pages = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if not busy:
                return
            if time.monotonic() > until:
                raise _held()
            time.sleep(_PAUSE_S)
    except engine.dialect.loaded_dbapi.Error as error:
        raise _held(error) from error
    finally:
        cursor.execute(f"PRAGMA busy_timeout={BUSY_S * 1000}")
        connection.close()


def _scrub_postgresql(engine: Engine, patience_s: float) -> None:
    """VACUUM FULL writes the tables anew, without the rows that nobody can see any more."""
    _wait_for_snapshots(engine, patience_s)
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"SET lock_timeout = {int(patience_s * 1000)}"))
            try:
                for table in _TABLES:
                    connection.execute(text(f"VACUUM (FULL, ANALYZE) {table}"))
                connection.execute(text("VACUUM FULL pg_catalog.pg_statistic"))
            finally:
                connection.execute(text("RESET lock_timeout"))
    except DBAPIError as error:
        raise _held(error.orig) from error


def _wait_for_snapshots(engine: Engine, patience_s: float) -> None:
    """A row stays in its table as long as a transaction that began before it was deleted may look at it."""
    until = time.monotonic() + patience_s
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        before = connection.execute(text("SELECT pg_snapshot_xmax(pg_current_snapshot())")).scalar_one()
        while connection.execute(_OLD_SNAPSHOTS, {"before": int(before) % 2**32}).scalar_one():
            if time.monotonic() > until:
                raise _held()
            time.sleep(_PAUSE_S)


def _held(error: BaseException | None = None) -> StoreError:
    detail = f" ({str(error).strip().splitlines()[0]})" if error is not None else ""
    return StoreError(
        _(
            "Le texte est retiré, mais ses octets n'ont pas encore pu être effacés du disque{detail} : la base de "
            "données est trop occupée. Recommencez la même commande dans un moment."
        ).format(detail=detail)
    )
