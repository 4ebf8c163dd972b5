"""The store's promises, on SQLite."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from store_contract import REGION_TOML, TODAY, StoreContract

from spro_agenda.store import Store

FILE = "agenda.sqlite"
URL = f"sqlite:///{FILE}"


@cache
def database(region_toml: str) -> bytes:
    """The file of a new store: made once, since migrations take longer than a test."""
    with TemporaryDirectory() as home:
        Store.create(URL, Path(home), region_toml, TODAY).close()
        return (Path(home) / FILE).read_bytes()


def sqlite_store(home: Path, region_toml: str = REGION_TOML) -> Store:
    """A new store, in a file of that folder."""
    (home / FILE).write_bytes(database(region_toml))
    return Store.open(URL, home)


class TestSqlite(StoreContract):
    """A file in the instance's folder."""

    make_store = staticmethod(sqlite_store)
