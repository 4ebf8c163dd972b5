"""What every peer has in common: how it is asked for, and how its processes start and end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.client import Client, Request
from bench.events import Calendar

START_S, STOP_S = 60, 20
POLL_S = 0.01
PERSON, PASSWORD = "marie", "mot-de-passe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A peer that runs. `calendar` is the path of its calendar, with a slash at its end; `headers` say who asks;
    `pid` is the process that all its others descend from; `start_s` is from its start to its first answer."""

    port: int
    pid: int
    calendar: str
    headers: dict[str, str]
    start_s: float

    def client(self) -> Client:
        return Client(self.port, self.headers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A kind of server. `serving` makes it in an empty folder, loads a calendar, and runs it within the block;
    `version` says what runs; `missing` says what must be installed first, or nothing; `warm_up` is how many times the
    month is asked for before anything is measured."""

    name: str
    serving: Callable[[Path, Calendar], AbstractContextManager[Server]]
    version: Callable[[], str]
    missing: Callable[[], str | None] = lambda: None
    warm_up: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """How a server's first process is started, and the request that tells when it serves. `options` go to
    subprocess.Popen."""

    words: Sequence[str]
    folder: Path
    port: int
    calendar: str
    headers: dict[str, str]
    first: Request | None = None
    options: dict[str, Any] = field(default_factory=dict)


@contextmanager
def running(program: Program) -> Iterator[Server]:
    """A server in a session of its own, from its first answer on; afterwards no process of the session is left."""
    log = program.folder / "server.log"
    began = time.monotonic()
    with log.open("ab") as output:
        process = subprocess.Popen(
            program.words,
            cwd=program.folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **program.options,
        )
    try:
        _await_answer(program, process, log)
        yield Server(
            port=program.port,
            pid=process.pid,
            calendar=program.calendar,
            headers=program.headers,
            start_s=time.monotonic() - began,
        )
    finally:
        _end(process)


def _await_answer(program: Program, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait for a first answer; end the benchmark with what the server said where none comes."""
    request = program.first or _home(program)
    until = time.monotonic() + START_S
    while not _answers(program, request):
        if time.monotonic() > until or process.poll() is not None:
            sys.exit(f"{' '.join(program.words)} ne répond pas : {log.read_text(errors='replace')}")
        time.sleep(POLL_S)


def _home(program: Program) -> Request:
    """What is in the person's home is asked for, as clients do."""
    body = '<propfind xmlns="DAV:"><prop><current-user-principal/></prop></propfind>'
    path = program.calendar.removesuffix("28/")
    return Request(method="PROPFIND", path=path, body=body, headers={"Depth": "0", **program.headers})


def _answers(program: Program, request: Request) -> bool:
    with closing(Client(program.port, {})) as client:
        try:
            return client.send(request)[0] < 400
        except OSError:
            return False


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    until = time.monotonic() + STOP_S
    while left := _session(process.pid):
        if time.monotonic() > until:
            for pid in left:
                _kill(pid)
        time.sleep(POLL_S)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # it ended by itself meanwhile


def _session(leader: int) -> list[int]:
    """The living processes of a session, its leader's (dead) one being known by its number."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        pid = int(folder.name)
        try:
            if os.getsid(pid) == leader and " Z " not in (folder / "stat").read_text():
                found.append(pid)
        except (ProcessLookupError, FileNotFoundError):
            continue
    return found


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def must(client: Client, request: Request, *statuses: int) -> bytes:
    """Send what must succeed, while a server is set up."""
    status, body = client.send(request)
    if status not in statuses:
        sys.exit(f"{request.method} {request.path} : {status} {body.decode(errors='replace')[:2000]}")
    return body


def put_all(server: Server, calendar: Calendar) -> None:
    """Load a calendar as a client would, one PUT an event."""
    with closing(server.client()) as client:
        for name, text in calendar.texts():
            must(client, Request(method="PUT", path=server.calendar + name, body=text), 201, 204)
