"""Whether anything was written since, asked ten thousand times a second.

Each commit to a SQLite database in WAL mode changes the header of its index, which all its processes have in their
memory (https://www.sqlite.org/walformat.html, section 2.1): looking there takes less than a microsecond, a transaction
a hundred. PostgreSQL has nothing of the kind: there one asks.
"""

from __future__ import annotations

import mmap
import os
import sqlite3
import time
from pathlib import Path
from threading import Lock

Version = bytes
"""The header as it stands, and which file it is of."""

_HEADER = 48
"""Bytes of its first copy: with a count of changes, and checksums."""

_SURE_S = 0.05
"""How long a database is taken to be the same file: it is only replaced where a damaged one is restored."""


class Watch:
    """The version of a SQLite database. Any number of threads may use it."""

    def __init__(self, file: Path | None) -> None:
        self._file, self._lock = file, Lock()
        self._header: mmap.mmap | None = None
        self._identity, self._until = b"", 0.0
        # Open for as long as the header is looked at: whoever closes the last one takes the index away.
        self._connection: sqlite3.Connection | None = None

    def version(self) -> Version | None:
        """What is another after each write; `None` where nobody can say."""
        if self._file is None:
            return None
        if time.monotonic() >= self._until and not self._look():
            return None
        header = self._header
        return None if header is None else self._identity + header[:_HEADER]

    def close(self) -> None:
        """Give back what is open."""
        with self._lock:
            self._forget()

    def _look(self) -> bool:
        """See to it that it is the header of the file that stands there; whether there is one."""
        with self._lock:
            try:
                status = os.stat(self._file or "")
                identity = b"%d %d " % (status.st_dev, status.st_ino)
                if self._header is None or identity != self._identity:
                    self._forget()
                    self._open()
                    self._identity = identity
            except (OSError, ValueError, sqlite3.Error):
                self._forget()
                return False
            self._until = time.monotonic() + _SURE_S
            return True

    def _open(self) -> None:
        assert self._file is not None
        uri = f"{self._file.absolute().as_uri()}?mode=ro"
        self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False, timeout=0)
        # It is not opened before it is read.
        self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        with open(f"{self._file}-shm", "rb") as index:
            self._header = mmap.mmap(index.fileno(), _HEADER, access=mmap.ACCESS_READ)

    def _forget(self) -> None:
        self._until, self._header = 0.0, None
        if self._connection is not None:
            self._connection.close()
            self._connection = None
