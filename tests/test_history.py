"""History, trash, going back, redaction and retention, on each database."""

from __future__ import annotations

from databases import POSTGRESQL, SQLITE
from history_contract import HistoryContract


class TestSqlite(HistoryContract):
    """A file in the instance's folder."""

    make_store = staticmethod(SQLITE.store)


class TestPostgresql(HistoryContract):
    """A server's database."""

    make_store = staticmethod(POSTGRESQL.store)
