"""Our own server, one worker.

Its calendar is loaded through the store's own verb, which writes all that a PUT writes, many events a transaction:
`spro-agenda import` writes the same, and then takes as long again to tell which events clash.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.metadata import version
from itertools import islice
from pathlib import Path

from bench.client import basic
from bench.events import Calendar
from bench.peers.base import PASSWORD, PERSON, Peer, Program, Server, free_port, running
from spro_agenda.store import Actor, Store

DATABASE, SLUG = "agenda.sqlite", "28"
AT_ONCE = 500
"""Events of one transaction."""


def make(home: Path, calendar: Calendar) -> None:
    """An instance that nothing serves, with a calendar."""
    _run(home, "init")
    _run(home, "users", "add", PERSON, "--role", "coordinator", "--network", SLUG, "--password-stdin")
    texts = calendar.texts()
    with closing(Store.open(f"sqlite:///{DATABASE}", home)) as store:
        while some := list(islice(texts, AT_ONCE)):
            with store.write(Actor(agent="bench")) as writer:
                for name, text in some:
                    writer.put_event(SLUG, name, text.encode())


@contextmanager
def serve(home: Path) -> Iterator[Server]:
    """An instance, served within the block."""
    port = free_port()
    program = Program(
        words=[*_words(home), "serve", "--port", str(port), "--workers", "1"],
        folder=home.parent,
        port=port,
        calendar=f"/{PERSON}/{SLUG}/",
        headers=basic(PERSON, PASSWORD),
    )
    with running(program) as server:
        yield server


@contextmanager
def serving(folder: Path, calendar: Calendar) -> Iterator[Server]:
    home = folder / "agenda"
    make(home, calendar)
    with serve(home) as server:
        yield server


def _words(home: Path) -> list[str]:
    return [sys.executable, "-m", "spro_agenda", "--home", str(home)]


def _run(home: Path, *words: str) -> None:
    done = subprocess.run([*_words(home), *words], input=f"{PASSWORD}\n".encode(), capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"spro-agenda {' '.join(words)} : {done.stderr.decode(errors='replace')}")


PEER = Peer(name="ours", serving=serving, version=lambda: version("spro-agenda"))
