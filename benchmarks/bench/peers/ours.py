"""Our own server, one worker. Its calendar is loaded by `spro-agenda import`, which writes what a PUT writes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from bench.client import basic
from bench.events import Calendar
from bench.peers.base import PASSWORD, PERSON, Peer, Program, Server, free_port, running


def make(home: Path, calendar: Calendar) -> None:
    """An instance that nothing serves, with a calendar."""
    file = home.with_name(f"{home.name}.ics")
    file.write_text(calendar.whole(), newline="")
    _run(home, "init")
    _run(home, "users", "add", PERSON, "--role", "coordinator", "--network", "28", "--password-stdin")
    _run(home, "import", f"28={file}")
    file.unlink()


@contextmanager
def serve(home: Path) -> Iterator[Server]:
    """An instance, served within the block."""
    port = free_port()
    program = Program(
        words=[*_words(home), "serve", "--port", str(port), "--workers", "1"],
        folder=home.parent,
        port=port,
        calendar=f"/{PERSON}/28/",
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
