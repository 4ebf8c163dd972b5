"""Finding the instance that a command works on."""

from __future__ import annotations

import configparser
import os
from dataclasses import dataclass
from pathlib import Path

from spro_agenda.errors import StoreError
from spro_agenda.i18n import _
from spro_agenda.instance import CONFIG, HOME, database_url
from spro_agenda.server.upkeep import retention_of
from spro_agenda.server.wsgi import configuration_of
from spro_agenda.store import Retention, Store


@dataclass(frozen=True, slots=True)
class Home:
    """An instance's folder, which may not exist yet."""

    path: Path

    @classmethod
    def find(cls, given: Path | None) -> Home:
        """The folder given or named by the environment; else the current one where it holds an instance; else the
        user's data folder."""
        if given is not None:
            return cls(given.resolve())
        if HOME in os.environ:
            return cls(Path(os.environ[HOME]).resolve())
        here = cls(Path.cwd())
        data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
        return here if here.holds_instance else cls(data / "spro-agenda")

    @property
    def config(self) -> Path:
        return self.path / CONFIG

    @property
    def holds_instance(self) -> bool:
        """Whether there is a configuration, and the database that it names. A checkout has the first alone."""
        if not _is_ours(self.config):
            return False
        url = self.database()
        return not url.startswith("sqlite") or (self.path / url.removeprefix("sqlite:///")).is_file()

    def database(self) -> str:
        """The address of the database. Raises BadInput."""
        return database_url(configuration_of(self.path))

    def retention(self) -> Retention:
        """How long what was is kept. Raises BadInput."""
        return retention_of(configuration_of(self.path))

    def store(self) -> Store:
        """The instance's store. Raises StoreError, BadInput."""
        if not self.config.is_file():
            raise StoreError(
                _(
                    "Il n'y a pas encore d'agenda dans {path}. Créez-le avec « spro-agenda init », ou "
                    "indiquez son dossier avec --home."
                ).format(path=self.path)
            )
        return Store.open(self.database(), self.path)


def _is_ours(file: Path) -> bool:
    """Whether a configuration names our storage: any program may leave a `config.ini` in a folder."""
    parser = configparser.RawConfigParser()
    try:
        return bool(parser.read(file, "utf-8")) and "spro_agenda" in parser.get("storage", "type", fallback="")
    except (configparser.Error, UnicodeDecodeError, OSError):
        return False
