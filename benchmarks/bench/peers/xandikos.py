"""Xandikos, from PyPI.

It takes no password without TLS and leaves accounts to a proxy in front of it, whose word (X-Remote-User) is sent
here: it checks less than the others do. A PUT takes it half a second at 10,000 events, so its calendar is loaded by
one commit to the git repository of its collection. It makes an index once it has been asked the same more than five
times.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bench.client import Request
from bench.events import Calendar
from bench.peers.base import PERSON, Peer, Program, Server, free_port, must, running

AUTHOR = b"bench <bench@localhost>"


@contextmanager
def serving(folder: Path, calendar: Calendar) -> Iterator[Server]:
    """It runs once to make the empty calendar, and again once that is loaded: it keeps repositories open."""
    program = _program(folder)
    with running(program) as server, closing(server.client()) as client:
        must(client, Request(method="MKCALENDAR", path=program.calendar), 201)
    _load(folder / "dav" / program.calendar.strip("/"), calendar)
    with running(program) as server:
        yield server


def _program(folder: Path) -> Program:
    port = free_port()
    words = ["serve", "--directory", "dav", "--defaults", "--current-user-principal", f"/{PERSON}/"]
    words += ["--listen-address", "127.0.0.1", "--port", str(port), "--no-detect-systemd"]
    words += ["--trust-x-remote-user-from", "127.0.0.1/32", "--state-dir", "state"]
    return Program(
        words=[sys.executable, "-m", "xandikos", *words],
        folder=folder,
        port=port,
        calendar=f"/{PERSON}/calendars/28/",
        headers={"X-Remote-User": PERSON},
    )


def _load(repository: Path, calendar: Calendar) -> None:
    """Write the events into the collection's working tree, and commit them all."""
    from dulwich import porcelain  # comes with Xandikos, which is optional  # noqa: PLC0415

    for name, text in calendar.texts():
        (repository / name).write_text(text, newline="")
    porcelain.add(repository, [str(repository / name) for name, _text in calendar.texts()])
    porcelain.commit(repository, message=b"Load the calendar", author=AUTHOR, committer=AUTHOR)


def _missing() -> str | None:
    try:
        version("xandikos")
    except PackageNotFoundError:
        return "pip install 'spro-agenda[bench]' (make bench le fait)"
    return None


PEER = Peer(name="xandikos", serving=serving, version=lambda: version("xandikos"), missing=_missing, warm_up=8)
