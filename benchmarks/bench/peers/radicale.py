"""Radicale as it comes, with accounts in a file of plain passwords.

A PUT takes it half a second at 10,000 events, so its calendar is loaded by writing the files that its storage keeps
(`multifilesystem`): one an event, beside the collection's properties. It makes its caches of them while it is warmed
up.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from bench.client import basic
from bench.events import Calendar
from bench.peers.base import PASSWORD, PERSON, Peer, Program, Server, free_port, running


@contextmanager
def serving(folder: Path, calendar: Calendar) -> Iterator[Server]:
    port = free_port()
    _load(folder / "collections" / "collection-root" / PERSON / "28", calendar)
    program = Program(
        words=[sys.executable, "-m", "radicale", "--config", str(_configured(folder, port))],
        folder=folder,
        port=port,
        calendar=f"/{PERSON}/28/",
        headers=basic(PERSON, PASSWORD),
    )
    with running(program) as server:
        yield server


def _configured(folder: Path, port: int) -> Path:
    users, config = folder / "users", folder / "config.ini"
    users.write_text(f"{PERSON}:{PASSWORD}\n")
    config.write_text(
        f"[server]\nhosts = 127.0.0.1:{port}\n"
        f"[auth]\ntype = htpasswd\nhtpasswd_filename = {users}\nhtpasswd_encryption = plain\n"
        f"[storage]\nfilesystem_folder = {folder / 'collections'}\n[logging]\nlevel = warning\n"
    )
    return config


def _load(collection: Path, calendar: Calendar) -> None:
    collection.mkdir(parents=True)
    (collection / ".Radicale.props").write_text(json.dumps({"tag": "VCALENDAR", "D:displayname": "28"}))
    for name, text in calendar.texts():
        (collection / name).write_text(text, newline="")


PEER = Peer(name="radicale", serving=serving, version=lambda: version("radicale"))
