"""The databases that a store may stand on, each as a maker of new stores."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from postgres import new_database
from store_contract import REGION_TOML, TODAY

from spro_agenda.store import Store

FILE = "agenda.sqlite"
URL = f"sqlite:///{FILE}"

Preparation = Callable[[Store], None]


def _nothing(_store: Store) -> None:
    """A new store needs no preparation."""


class Database(ABC):
    """Makes stores. What they begin with is prepared once: migrations take longer than a test."""

    @abstractmethod
    def new(self, home: Path, region_toml: str = REGION_TOML, prepare: Preparation = _nothing) -> str:
        """The URL of a new store, for an instance in the folder `home`."""

    def store(self, home: Path, region_toml: str = REGION_TOML, prepare: Preparation = _nothing) -> Store:
        """A new store, open."""
        return Store.open(self.new(home, region_toml, prepare), home)


class Sqlite(Database):
    """A file in the instance's folder."""

    def new(self, home: Path, region_toml: str = REGION_TOML, prepare: Preparation = _nothing) -> str:
        (home / FILE).write_bytes(_prepared_file(region_toml, prepare))
        return URL


class Postgresql(Database):
    """A database of a server that other programs may use too."""

    def new(self, home: Path, region_toml: str = REGION_TOML, prepare: Preparation = _nothing) -> str:
        return new_database(_prepared_database(region_toml, prepare))


@cache
def _prepared_file(region_toml: str, prepare: Preparation) -> bytes:
    with TemporaryDirectory() as home:
        _make(URL, Path(home), region_toml, prepare)
        return (Path(home) / FILE).read_bytes()


@cache
def _prepared_database(region_toml: str, prepare: Preparation) -> str:
    url = new_database()
    _make(url, Path(), region_toml, prepare)
    return url


def _make(url: str, home: Path, region_toml: str, prepare: Preparation) -> None:
    store = Store.create(url, home, region_toml, TODAY)
    prepare(store)
    store.close()


SQLITE, POSTGRESQL = Sqlite(), Postgresql()
DATABASES: dict[str, Database] = {"sqlite": SQLITE, "postgresql": POSTGRESQL}
