"""The store's promises, on each database."""

from __future__ import annotations

from databases import POSTGRESQL, SQLITE
from store_contract import StoreContract


class TestSqlite(StoreContract):
    """A file in the instance's folder."""

    make_store = staticmethod(SQLITE.store)


class TestPostgresql(StoreContract):
    """A server's database."""

    make_store = staticmethod(POSTGRESQL.store)
