"""Bringing a store of an older version to this program's, with all that it holds."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, text

from spro_agenda.store import migrate
from spro_agenda.store.engine import make_engine, transaction
from spro_agenda.store.records import Actor
from spro_agenda.store.writer import Writer


def upgrade_store(url: str, home: Path) -> tuple[str, str]:
    """Upgrade a store where it stands; the versions that it had and has.

    One transaction: stopped half-way, by whatever, it leaves the old store. Raises StoreError.
    """
    engine = migrate.without_foreign_keys(make_engine(url, home))
    try:
        return _upgraded(engine)
    finally:
        engine.dispose()


def _upgraded(engine: Engine) -> tuple[str, str]:
    with transaction(engine, writes=True) as connection:
        found = migrate.version(connection)
        migrate.check_known(found)
        # As of any version: the lock that every writer takes.
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT id FROM region FOR UPDATE"))
        if found != migrate.head():
            migrate.upgrade(connection)
            # What a migration adds follows from the texts, and is told as this program reads them.
            Writer(connection, Actor()).rederive()
            migrate.check_foreign_keys(connection)
    return str(found), migrate.head()
