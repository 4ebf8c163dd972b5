"""The databases that a store may stand on, each as a maker of new stores."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from postgres import new_database
from store_contract import PASSWORD, REGION_TOML, TODAY, booking, delete, event, move, put

from spro_agenda.store import Actor, Role, Store

FILE = "agenda.sqlite"
URL = f"sqlite:///{FILE}"

Preparation = Callable[[Store], None]


def _nothing(_store: Store) -> None:
    """A new store needs no preparation."""


def live_in(store: Store) -> None:
    """What a region does in a year: people, events written, changed, moved and deleted, somebody's own colour."""
    with store.write(Actor()) as writer:
        writer.add_account("chef", PASSWORD, Role.ADMIN)
        writer.add_account("marie", PASSWORD, Role.COORDINATOR, ["28", "45"], "Marie Durand")
        writer.set_properties("28", "marie", {"ICAL:calendar-color": "#123456", "D:displayname": "À moi"})
    put(store, "28", "a.ics", booking("conference"))
    put(store, "28", "a.ics", booking("conference", title="Conférence 🎓 reportée"))
    put(store, "45", "b.ics", booking("ailleurs"))
    put(store, "28", "s.ics", event("permanence", "RRULE:FREQ=WEEKLY", "DTSTART:20211007T120000Z"))
    put(store, "28", "t.ics", event("bilan", component="VTODO"))
    put(store, "28", "d.ics", event("perdu"))
    delete(store, "28", "d.ics")
    move(store, "28", "t.ics", "37", "u.ics")


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
