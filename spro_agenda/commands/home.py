"""Finding the instance that a command works on."""

from __future__ import annotations

import configparser
import os
import re
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from spro_agenda.errors import BadInput, DamagedFile, Refused, StoreError
from spro_agenda.i18n import _
from spro_agenda.instance import CONFIG, DEFAULT_DATABASE, HOME, database_url
from spro_agenda.policy import Policy, policy_of
from spro_agenda.server.upkeep import retention_of
from spro_agenda.server.wsgi import configuration_of
from spro_agenda.store import Retention, Store
from spro_agenda.whole import write_whole

_DATABASE = re.compile(r"^database *=.*$", re.MULTILINE)


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

    def policy(self) -> Policy:
        """Who may write what. Raises BadInput."""
        return policy_of(configuration_of(self.path))

    def retention(self) -> Retention:
        """How long what was is kept. Raises BadInput."""
        return retention_of(configuration_of(self.path))

    def prepare(self, database: str | None) -> bool:
        """Give the folder the configuration for a new store, on the database named; False where the store is there
        already, and the configuration alone was missing.

        Raises BadInput, Refused for a folder whose store is another one, StoreError.
        """
        if self.config.exists():
            if database and database != self.database():
                self._check_unused()
                self._configure(database)
            return True
        there = self._has_store(database or DEFAULT_DATABASE)
        self._configure(database or DEFAULT_DATABASE)
        return not there

    def _has_store(self, database: str) -> bool:
        """Whether there is a store to be lost, be it damaged."""
        try:
            return Store.exists(database, self.path)
        except DamagedFile:
            return True

    def _check_unused(self) -> None:
        if self._has_store(self.database()):
            raise Refused(
                _(
                    "Cet agenda est déjà dans une autre base de données. Choisissez un autre dossier avec --home, "
                    "puis déplacez-le avec « export --all » et « import --all »."
                )
            )

    def _configure(self, database: str) -> None:
        """Write the configuration, or name another database in it."""
        if not database.isprintable() or database != database.strip():
            raise BadInput(_("L'adresse de la base de données n'est pas d'une ligne. Écrivez-la sans retour."))
        template = files("spro_agenda.commands") / CONFIG
        text = (self.config if self.config.exists() else template).read_text("utf-8")
        # Passwords' hashes and everybody's events will be here, and perhaps the database's password.
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        line = f"database = {database}"
        written, found = _DATABASE.subn(lambda _found: line, text, count=1)
        if not found:
            written = text.replace("[storage]", f"[storage]\n{line}", 1)
        write_whole(self.config, written.encode(), private=True)

    def store(self) -> Store:
        """The instance's store. Raises StoreError, BadInput."""
        self.check_configured()
        return Store.open(self.database(), self.path)

    def check_configured(self) -> None:
        """Raise StoreError where no instance was made."""
        if not self.config.is_file():
            raise StoreError(
                _(
                    "Il n'y a pas encore d'agenda dans {path}. Créez-le avec « spro-agenda init », ou "
                    "indiquez son dossier avec --home."
                ).format(path=self.path)
            )


def _is_ours(file: Path) -> bool:
    """Whether a configuration names our storage: any program may leave a `config.ini` in a folder."""
    parser = configparser.RawConfigParser()
    try:
        return bool(parser.read(file, "utf-8")) and "spro_agenda" in parser.get("storage", "type", fallback="")
    except (configparser.Error, UnicodeDecodeError, OSError):
        return False
