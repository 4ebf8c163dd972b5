"""PostgreSQL servers of the tests' own: one that all share, and any number that a test may stop, starve or kill."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

OWNER = "postgres"
"""The user that Debian makes for PostgreSQL, which refuses to run as root."""

_numbers = count(1)


class Postgres:
    """A server with its data in a folder of its own. It listens on a socket there, and nowhere else."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._data = folder, folder / "data"

    def make(self) -> None:
        """Prepare it, with nothing in it."""
        give(self.folder)
        _run(
            "initdb", "--pgdata", self._data, "--username", OWNER, "--auth", "trust", "--encoding", "UTF8", "--no-sync"
        )

    def start(self) -> None:
        """Start it, or start it again, and wait until it answers."""
        # What a failing machine would lose may be lost here; what a killed process would lose may not.
        settings = f"-c listen_addresses= -c unix_socket_directories={self.folder} -c fsync=off -c max_connections=200"
        _run("pg_ctl", "start", "--pgdata", self._data, "--log", self.folder / "log", "--wait", "--options", settings)

    def stop(self) -> None:
        """Stop it as an operator does: connections are closed, nothing is lost."""
        _run("pg_ctl", "stop", "--pgdata", self._data, "--mode", "fast", "--wait")

    def kill(self) -> None:
        """SIGKILL to each of its processes; `start` then recovers from the log."""
        first = int((self._data / "postmaster.pid").read_text("ascii").split("\n")[0])
        processes = [first, *_children(first)]
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        while any(map(_runs, processes)):
            time.sleep(0.01)

    def backends(self) -> list[int]:
        """The processes that serve connections."""
        with self.connect() as connection:
            rows = connection.execute(
                "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
            return [int(pid) for (pid,) in rows]

    def connect(self) -> psycopg.Connection[Any]:
        """A connection of its superuser's, each statement a transaction."""
        return psycopg.connect(host=str(self.folder), user=OWNER, dbname="postgres", autocommit=True)

    def stand_by(self) -> None:
        """Start it as one that follows another, which may yet take its place: it is read, and takes no writes."""
        self.stop()
        signal_file = self._data / "standby.signal"
        signal_file.touch()
        give(signal_file)
        self.start()

    def promote(self) -> None:
        """Have it take writes."""
        _run("pg_ctl", "promote", "--pgdata", self._data, "--wait")

    def file_of(self, url: str, table: str) -> Path:
        """Where a table's rows are, once they have been written out; not to be touched while the server runs."""
        with psycopg.connect(url) as connection:
            row = connection.execute("SELECT pg_relation_filepath(quote_ident(%s))", [table]).fetchone()
            assert row is not None
            return self._data / str(row[0])

    def drop_database(self, url: str) -> None:
        """Remove a database, and the tablespaces that were made for it."""
        with self.connect() as connection:
            connection.execute(f"DROP DATABASE {make_url(url).database}".encode())
            rows = connection.execute("SELECT spcname FROM pg_tablespace WHERE spcname NOT LIKE 'pg_%'").fetchall()
            for (name,) in rows:
                connection.execute(f"DROP TABLESPACE {name}".encode())

    def new_database(self, template: str | None = None, options: str = "") -> str:
        """The URL of a new database: empty, or a copy of another one that nobody is connected to."""
        name = f"spro_{next(_numbers)}"
        copied = f" TEMPLATE {make_url(template).database} STRATEGY FILE_COPY" if template else ""
        with self.connect() as connection:
            connection.execute(f"CREATE DATABASE {name}{copied} {options}".encode())
        return f"postgresql://{OWNER}@/{name}?host={self.folder}"

    def remove(self) -> None:
        """Stop it where it runs, and leave nothing behind."""
        with suppress(subprocess.CalledProcessError):  # a test may have stopped or killed it
            _run("pg_ctl", "stop", "--pgdata", self._data, "--mode", "immediate", "--wait")
        shutil.rmtree(self.folder)


def new_database(template: str | None = None) -> str:
    """The URL of a new database of the server that all tests share."""
    return _shared().new_database(template)


def copy_database(template: str) -> str:
    """The URL of a copy of a database, on the same server."""
    server = _servers[str(make_url(template).query["host"])]
    return server.new_database(template)


@contextmanager
def private_server() -> Iterator[Postgres]:
    """A server that runs within the block, for a test that does it harm."""
    server = _started()
    try:
        yield server
    finally:
        _remove(server)


_PREFIX = "spro-pg-"


def remove_left() -> None:
    """Remove the servers of tests that were killed: each has gigabytes by then."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*-*"):
        owner = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if owner.isdigit() and not _runs(int(owner)):
            with suppress(FileNotFoundError):  # another process of the same tests may be at it
                Postgres(folder).remove()


_servers: dict[str, Postgres] = {}
"""Those that there are, by the folder that their URLs name."""


@cache
def _shared() -> Postgres:
    remove_left()
    server = _started()
    atexit.register(_remove, server)
    return server


def _started() -> Postgres:
    # Not among pytest's folders, which other users may not enter.
    server = Postgres(Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-")))
    _servers[str(server.folder)] = server
    server.make()
    server.start()
    return server


def _remove(server: Postgres) -> None:
    del _servers[str(server.folder)]
    server.remove()


def give(path: Path) -> None:
    """Let the server's user own a file or a folder."""
    if os.getuid() == 0:
        shutil.chown(path, OWNER)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def _children(process: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{process}/task/{process}/children").read_text("ascii").split()]


def _run(program: str, *words: object) -> None:
    # Debian keeps the server's programs off the PATH, a folder a version.
    folders = [*Path("/usr/lib/postgresql").glob("*/bin"), *map(Path, os.get_exec_path())]
    command = next(folder / program for folder in folders if (folder / program).is_file())
    other: dict[str, Any] = {"user": OWNER, "group": OWNER, "extra_groups": []} if os.getuid() == 0 else {}
    subprocess.run([command, *map(str, words)], check=True, cwd="/", capture_output=True, **other)
