"""Whether anything was written since, asked thousands of times a second.

SQLite counts what other connections commit (PRAGMA data_version), which costs a microsecond where a transaction costs
a hundred. PostgreSQL has no such count: there one looks.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from threading import Lock

Version = tuple[int, int, int]
"""The file, and the count of what was committed to it."""


class Watch:
    """The version of a SQLite database. Any number of threads may use it."""

    def __init__(self, file: Path | None) -> None:
        self._file, self._lock = file, Lock()
        self._connection: sqlite3.Connection | None = None
        self._identity = (0, 0)

    def version(self) -> Version | None:
        """What is another number after each write; `None` where nobody can say."""
        if self._file is None:
            return None
        try:
            status = os.stat(self._file)
            with self._lock:
                identity = status.st_dev, status.st_ino
                if self._connection is None or identity != self._identity:
                    self._open(identity)
                assert self._connection is not None
                (count,) = self._connection.execute("PRAGMA data_version").fetchone()
        except (OSError, sqlite3.Error):
            return None
        return *identity, count

    def close(self) -> None:
        """Give the connection back."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _open(self, identity: tuple[int, int]) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = sqlite3.connect(
            f"{self._file.as_uri()}?mode=ro" if self._file else "", uri=True, check_same_thread=False, timeout=0
        )
        self._identity = identity
