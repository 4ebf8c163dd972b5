"""A PostgreSQL server of the tests' own: started once, thrown away with all its databases."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

_OWNER = "postgres"
"""The user that Debian makes for PostgreSQL, which refuses to run as root."""

_numbers = count(1)


def new_database(template: str | None = None) -> str:
    """The URL of a new database: empty, or a copy of another one that nobody is connected to."""
    name = f"spro_{next(_numbers)}"
    copied = f" TEMPLATE {make_url(template).database} STRATEGY FILE_COPY" if template else ""
    with psycopg.connect(host=str(_server()), user=_OWNER, dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}{copied}".encode())
    return f"postgresql://{_OWNER}@/{name}?host={_server()}"


@cache
def _server() -> Path:
    """The folder of the server's socket. It listens nowhere else, and stops when the tests end."""
    # Not among pytest's folders, which other users may not enter.
    folder = Path(tempfile.mkdtemp(prefix="spro-"))
    if os.getuid() == 0:
        shutil.chown(folder, _OWNER)
    data = folder / "data"
    _run("initdb", "--pgdata", data, "--username", _OWNER, "--auth", "trust", "--encoding", "UTF8", "--no-sync")
    # What a failing machine would lose may be lost here.
    settings = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off -c max_connections=200"
    _run("pg_ctl", "start", "--pgdata", data, "--log", folder / "log", "--wait", "--options", settings)
    atexit.register(_stop, data, folder)
    return folder


def _stop(data: Path, folder: Path) -> None:
    _run("pg_ctl", "stop", "--pgdata", data, "--mode", "immediate", "--wait")
    shutil.rmtree(folder)


def _run(program: str, *words: object) -> None:
    # Debian keeps the server's programs off the PATH, a folder a version.
    folders = [*Path("/usr/lib/postgresql").glob("*/bin"), *map(Path, os.get_exec_path())]
    command = next(folder / program for folder in folders if (folder / program).is_file())
    other: dict[str, Any] = {"user": _OWNER, "group": _OWNER, "extra_groups": []} if os.getuid() == 0 else {}
    subprocess.run([command, *map(str, words)], check=True, cwd="/", stdout=subprocess.DEVNULL, **other)
