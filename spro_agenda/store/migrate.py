"""The version of a store's tables: checked at start, brought up to date by `init`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event, inspect, text

from spro_agenda.errors import OldStore, StoreError
from spro_agenda.i18n import _
from spro_agenda.store.engine import transaction

_MIGRATIONS = Path(__file__).with_name("migrations")


def version(connection: Connection) -> str | None:
    """The version of the tables, `None` where there are none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


@cache
def versions() -> tuple[str, ...]:
    """Every version that tables have had, oldest first; this program's own is the last."""
    return tuple(sorted(path.name[1:5] for path in (_MIGRATIONS / "versions").glob("v[0-9]*.py")))


def head() -> str:
    """The version of this program's own tables."""
    return versions()[-1]


def upgrade(connection: Connection, to: str = "head") -> None:
    """Bring the tables to a version, this program's unless said, within the connection's transaction.

    Where there are rows, the connection is one of `without_foreign_keys`.
    """
    # Read here: it takes a quarter of the time in which a server starts, and no server upgrades.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def check(engine: Engine) -> None:
    """Raise StoreError unless the tables are of this program's version."""
    with transaction(engine, writes=False) as connection:
        check_version(connection)


def check_version(connection: Connection) -> None:
    """Raise StoreError unless the tables are of this program's version: OldStore where it can upgrade them."""
    found = version(connection)
    check_known(found)
    if found != head():
        raise OldStore(
            _(
                "La base de données est de la version {found}, ce programme attend la version {wanted}. Arrêtez le "
                "serveur, puis mettez-la à niveau avec « spro-agenda init --upgrade » : rien n'en est perdu."
            ).format(found=found, wanted=head())
        )


def check_known(found: str | None) -> None:
    """Raise StoreError unless tables of this version can be brought to this program's."""
    if found is None:
        raise StoreError(_("La base de données est vide. Préparez-la avec « spro-agenda init »."))
    if found not in versions():
        raise StoreError(
            _(
                "La base de données est de la version {found}, ce programme attend la version {wanted}. Installez la "
                "version de spro-agenda qui lui correspond."
            ).format(found=found, wanted=head())
        )


def without_foreign_keys(engine: Engine) -> Engine:
    """The engine, for migrations alone.

    SQLite alters many a table by way of a copy, and a table dropped takes along the rows that refer to it: its manual
    (lang_altertable.html, section 7) has the keys put off meanwhile, which no transaction can do, and looked at after.
    """
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _put_keys_off)
    return engine


def check_foreign_keys(connection: Connection) -> None:
    """Raise StoreError where a migration left a row without the one that it refers to."""
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise StoreError(
            _(
                "La mise à niveau laisserait la base de données incohérente : elle est restée comme elle était. "
                "Signalez-le, avec une sauvegarde si vous le pouvez."
            )
        )


def _put_keys_off(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA foreign_keys=OFF")
