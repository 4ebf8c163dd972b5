"""The version of a store's tables: checked at start, brought up to date by `init`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from spro_agenda.errors import StoreError
from spro_agenda.i18n import _
from spro_agenda.store.engine import transaction


def version(connection: Connection) -> str | None:
    """The version of the tables, `None` where there are none."""
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(connection: Connection) -> None:
    """Bring the tables to this program's version, within the connection's transaction."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def check(engine: Engine) -> None:
    """Raise StoreError unless the tables are of this program's version."""
    with transaction(engine, writes=False) as connection:
        found, wanted = version(connection), _head()
    if found is None:
        raise StoreError(_("La base de données est vide. Préparez-la avec « spro-agenda init »."))
    if found != wanted:
        raise StoreError(
            _(
                "La base de données est de la version {found}, ce programme attend la version {wanted}. Installez la "
                "version de spro-agenda qui lui correspond."
            ).format(found=found, wanted=wanted)
        )


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    return config


@cache
def _head() -> str | None:
    return ScriptDirectory.from_config(_config()).get_current_head()
