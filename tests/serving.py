"""A real server for the tests: an instance in a folder, the program that serves it, and plain HTTP to speak to it."""

from __future__ import annotations

import base64
import http.client
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import psycopg
from postgres import copy_database

from spro_agenda.commands.home import Home
from spro_agenda.instance import CONFIG
from spro_agenda.store import Actor, Role, Store

ROOT = Path(__file__).parent.parent
PASSWORD = "mot-de-passe"
PEOPLE = {
    "marie": (Role.COORDINATOR, ("28",)),
    "paul": (Role.COORDINATOR, ("41",)),
    "luc": (Role.READER, ()),
    "christine": (Role.REGION, ()),
}
"""Who has an account besides the administrator `chef`; everybody's password is PASSWORD."""

START_S, STOP_S = 20, 12
DATABASE = "agenda.sqlite"


def eventually(holds: Callable[[], object], *, within_s: float, what: str) -> None:
    """Wait until something holds; fail, saying what did not, when it does not in time."""
    until = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < until, f"within {within_s} s: {what}"
        time.sleep(0.02)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


# ---- Instances


def program(*words: str) -> list[str]:
    """The command line, as this interpreter runs it."""
    return [sys.executable, "-m", "spro_agenda", *words]


def environment() -> dict[str, str]:
    """The environment without what would lead the program to another instance."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SPRO_AGENDA_")}


def make_instance(home: Path, database: str | None = None) -> Path:
    """An instance with the region, the calendars of the minutes, `chef`, and PEOPLE; on SQLite, or at a URL."""
    if database:
        home.mkdir(mode=0o700, parents=True)
        _name_database(home, ROOT / CONFIG, database)
    subprocess.run(
        program("--home", str(home), "init", "--seed", str(ROOT / "calendars"), "--admin", "chef", "--password-stdin"),
        input=f"{PASSWORD}\n",
        text=True,
        capture_output=True,
        check=True,
        env=environment(),
    )
    with closing(store_of(home)) as store, store.write(Actor()) as writer:
        for login, (role, networks) in PEOPLE.items():
            writer.add_account(login, PASSWORD, role, networks)
        # Or the server would do its daily upkeep in the midst of tests that hold that nothing is written.
        writer.take_upkeep_day(date.today())
    return home


def copy_instance(template: Path, home: Path) -> Path:
    """A fresh copy of an instance that nothing serves, with a database of its own."""
    shutil.copytree(template, home)
    url = Home(home).database()
    if url.startswith("postgresql"):
        _name_database(home, home / CONFIG, copy_database(url))
    return home


def _name_database(home: Path, config: Path, url: str) -> None:
    text = config.read_text("utf-8")
    (home / CONFIG).write_text(re.sub(r"(?m)^database = .*$", lambda _line: f"database = {url}", text), "utf-8")


def configure(home: Path, **given: str) -> Path:
    """The instance, with options of its configuration given another value."""
    text = (home / CONFIG).read_text("utf-8")
    for name, value in given.items():
        text, found = re.subn(rf"(?m)^{name} =.*$", lambda _line, said=f"{name} = {value}": said, text)
        assert found == 1, name
    (home / CONFIG).write_text(text, "utf-8")
    return home


def store_of(home: Path) -> Store:
    """An instance's store, to be closed."""
    return Home(home).store()


def dump(home: Path) -> list[str]:
    """Every row of an instance's database: equal dumps, and nothing has been written in between, but for who came: that
    a server writes down by and by."""
    url = Home(home).database()
    if url.startswith("postgresql"):
        return _without_comings(_dump_postgresql(url))
    with closing(sqlite3.connect(f"file:{home / DATABASE}?mode=ro", uri=True)) as connection:
        return _without_comings(connection.iterdump())


def _without_comings(rows: Iterable[str]) -> list[str]:
    kept = (row for row in rows if not _COMING.search(row))
    # An account's last value but one is when its person was last seen.
    return [re.sub(r",(?:\d+|NULL|)(,'?[a-z]+'?\);?)$", r",-\1", row) if _PERSON.search(row) else row for row in kept]


_COMING = re.compile(r"logged-in|login-failed|sqlite_sequence")
_PERSON = re.compile(r'^INSERT INTO "account" |^account: ')


def _dump_postgresql(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
        return [
            f"{name}: {row}"
            for (name,) in names
            for (row,) in connection.execute(f'SELECT t::text FROM "{name}" t ORDER BY 1'.encode())
        ]


# ---- Answers


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answers. Header names are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")

    @property
    def etag(self) -> str:
        return self.headers["etag"]

    @property
    def xml(self) -> ET.Element:
        return ET.fromstring(self.body)

    def texts(self, name: str) -> list[str | None]:
        """The texts of every element `{namespace}name` in an XML answer."""
        return [element.text for element in self.xml.iter(name)]


def is_sentence(answer: Answer) -> bool:
    """Whether an answer says one line of text to people: in plain text, or beside the name of a precondition."""
    if answer.headers["content-type"] == "application/xml; charset=utf-8":
        said = (answer.xml.findtext(f"{DAV}responsedescription") or "") + "\n"
        return len(answer.xml) == 2 and said.count("\n") == 1 and said.endswith(".\n")
    return (
        answer.headers["content-type"] == "text/plain; charset=utf-8"
        and answer.text.count("\n") == 1
        and answer.text.endswith(".\n")
        and "Traceback" not in answer.text
    )


def basic(login: str, password: str = PASSWORD) -> str:
    """The value of an Authorization header."""
    return "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs. `request` speaks plain HTTP to it, a connection a request."""

    home: Path
    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    @property
    def workers(self) -> list[int]:
        """The process ids of its workers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text("ascii").split()
        return [int(pid) for pid in children if b"resource_tracker" not in Path(f"/proc/{pid}/cmdline").read_bytes()]

    def request(
        self,
        method: str,
        path: str,
        body: bytes | Iterable[bytes] | None = None,
        *,
        login: str | None = "marie",
        password: str = PASSWORD,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request as somebody (`None`: nobody) and read the whole answer. A body that is no bytes is sent in
        chunks."""
        sent = dict(headers or {})
        if login is not None:
            sent["Authorization"] = basic(login, password)
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, response.read())

    def put(self, path: str, body: bytes, **headers: str) -> Answer:
        """PUT as marie; a header's name is written with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request("PUT", path, body, headers={"Content-Type": "text/calendar; charset=utf-8", **named})

    def get(self, path: str, login: str = "marie") -> Answer:
        return self.request("GET", path, login=login)

    def propfind(self, path: str, *names: str, login: str | None = "marie", depth: int = 0) -> Answer:
        """The properties `prefix:name` of a resource, where `names` say which."""
        body = f"<D:propfind {NAMESPACES}><D:prop>{''.join(f'<{name}/>' for name in names)}</D:prop></D:propfind>"
        return self.request("PROPFIND", path, body.encode(), login=login, headers={"Depth": str(depth)})

    def said(self) -> str:
        """What it has written on its standard output and error so far."""
        return self.log.read_text("utf-8", "replace")


DAV, CAL, CS, ICAL = (
    "{DAV:}",
    "{urn:ietf:params:xml:ns:caldav}",
    "{http://calendarserver.org/ns/}",
    "{http://apple.com/ns/ical/}",
)
NAMESPACES = (
    'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:CS="http://calendarserver.org/ns/" '
    'xmlns:ICAL="http://apple.com/ns/ical/"'
)


# ---- Serving


@contextmanager
def serving(home: Path, *, workers: int = 1, under: Sequence[str] = ()) -> Iterator[Server]:
    """`spro-agenda serve` of an instance, within the block; afterwards, nothing of it is left running.

    `under` are the words of a program that runs it in other circumstances.
    """
    port = free_port()
    words = [*under, *program("--home", str(home), "serve", "--port", str(port), "--workers", str(workers))]
    with running(words, home, port) as server:
        yield server


@contextmanager
def running(words: list[str], home: Path, port: int) -> Iterator[Server]:
    """Any server on a port, within the block, as a process group of its own that SIGTERM to its first must end."""
    log = home.parent / f"{home.name}.{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            words,
            cwd=home,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        server = Server(home, port, process, log)
        eventually(
            lambda: process.poll() is not None or _answers(server),
            within_s=START_S,
            what=f"the server answers; it said: {server.said()}",
        )
        assert process.poll() is None, server.said()
        yield server
        process.terminate()  # no more than a courtesy where the block ended it itself
        process.wait(STOP_S)
        eventually(lambda: not group_runs(process.pid), within_s=STOP_S, what="no process of the server is left")
    finally:
        if group_runs(process.pid):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def group_runs(group: int) -> bool:
    """Whether a process group has a process."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def _answers(server: Server) -> bool:
    try:
        return server.request("OPTIONS", "/", login=None).status == http.client.OK
    except OSError:
        return False


def path_of(url: object) -> str:
    """The path of an address, as a client of the `caldav` library gives it."""
    return urlsplit(str(url)).path


# ---- Events


def event(
    uid: str | None,
    *lines: str,
    start: str | None = "DTSTART:20261201T090000Z",
    stamp: str | None = "DTSTAMP:20260101T000000Z",
    component: str = "VEVENT",
    newline: str = "\r\n",
) -> bytes:
    """The text of one event, with further content lines after its own. `None` leaves a line out."""
    own = [f"UID:{uid}" if uid else None, stamp, start, None if _has_title(lines) else "SUMMARY:Essai"]
    return newline.join(
        [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//Essai//Essai//FR",
            f"BEGIN:{component}",
            *(line for line in own if line),
            *lines,
            f"END:{component}",
            "END:VCALENDAR",
            "",
        ]
    ).encode()


def _has_title(lines: Iterable[str]) -> bool:
    return any(line.startswith("SUMMARY") for line in lines)
