"""Whether anything was written since, asked ten thousand times a second.

SQLite counts what other connections commit (PRAGMA data_version), which takes a few microseconds where a transaction
takes a hundred, and lets other threads in; so what it said is taken for true for a hundredth of a second, unless this
process wrote meanwhile. PostgreSQL has no such count: there one looks.

Nothing here opens SQLite's files itself: whoever closes one of them drops all locks that the process has on it.
"""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from threading import Lock

Version = tuple[int, int, int, int]
"""The file, the connection that looks at it, and the count of what others committed meanwhile: each connection counts
from its own beginning."""

TRUE_S = 0.01
"""How long it may be unknown that another process wrote: a command that closes a feed takes longer to end."""

_SURE_S = 0.05
"""How long a database is taken to be the same file: it is only replaced where a damaged one is restored."""


class Watch:
    """The version of a SQLite database. Any number of threads may use it."""

    def __init__(self, file: Path | None) -> None:
        self._file, self._lock = file, Lock()
        self._connection: sqlite3.Connection | None = None
        self._identity, self._until = (0, 0), 0.0
        self._connected = 0
        self._known: tuple[Version | None, float] = (None, 0.0)

    def version(self) -> Version | None:
        """What is another after each write; `None` where nobody can say."""
        if self._file is None:
            return None
        known, until = self._known
        now = time.monotonic()
        if now < until:
            return known
        with self._lock:
            try:
                if self._connection is None or now >= self._until:
                    self._look(self._file)
                assert self._connection is not None
                (count,) = self._connection.execute("PRAGMA data_version").fetchone()
            except (OSError, sqlite3.Error):
                self._forget()
                return None
            version = *self._identity, self._connected, count
            self._known = version, now + TRUE_S
            return version

    def look_again(self) -> None:
        """What was known is over: this process wrote."""
        with self._lock:
            self._known = None, 0.0

    def close(self) -> None:
        """Give the connection back."""
        with self._lock:
            self._forget()

    def _look(self, file: Path) -> None:
        """See to it that the connection is to the file that stands there."""
        status = os.stat(file)
        identity = status.st_dev, status.st_ino
        if self._connection is None or identity != self._identity:
            self._forget()
            uri = f"{file.absolute().as_uri()}?mode=ro"
            self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False, timeout=0, isolation_level=None)
            self._identity = identity
            self._connected += 1
        self._until = time.monotonic() + _SURE_S

    def _forget(self) -> None:
        self._known = None, 0.0
        if self._connection is not None:
            self._connection.close()
            self._connection = None
