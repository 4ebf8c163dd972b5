"""One line a request: who, with what, what for, what came of it, and how long it took.

One file a day in the instance's folder, a JSON object a line, kept for as many months as the configuration says. Never
a password, a body, a query, or the secret part of an address.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import re
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import lru_cache
from json.encoder import encode_basestring as _quoted
from pathlib import Path
from typing import Any, NamedTuple

from spro_agenda.background import Late
from spro_agenda.instance import Configuration
from spro_agenda.request import Request
from spro_agenda.server.bodies import length_of
from spro_agenda.server.upkeep import months
from spro_agenda.store.retention import months_before

FOLDER = "requests"
REQUEST = "spro_agenda.request"
"""Where a WSGI environment has the Request that it became."""

LONGEST = 300
"""Characters of what a client says of itself."""
NOTED_S = 0.5
"""How long a line that is noted may wait."""

_FILE = re.compile(r"(\d{4}-\d{2}-\d{2})\.jsonl")
_PAGE = re.compile(r"(/\.web)(?:/+([^/]*)(/.*)?)?", re.IGNORECASE | re.DOTALL)
_WORDS = frozenset({"", "f", "connexion", "health", "invitation", "metrics", "mobileconfig", "nouvelles", "static"})
"""The first words of pages' addresses. What else stands there is no page, and may be anything."""

_FILE_OF_PAGES = re.compile(r"/[a-z]{1,20}\.(?:css|js|svg)")
"""What may be told of what follows: the names of files that all pages have. Else it may open something by itself, as a
feed's token and an invitation's do; or be a login, for which people take a password."""

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

logger = logging.getLogger(__name__)


class Line(NamedTuple):
    """`at` is a time in RFC 3339, `received` and `sent` are bytes of bodies, `ms` how long it took in milliseconds."""

    at: str
    address: str
    login: str
    device: str
    client: str
    method: str
    path: str
    status: int
    ms: float
    received: int
    sent: int


class Journal:
    """The files of the days, each kept for so many months; no months, and nothing is written.

    Any number of processes may write to them.
    """

    def __init__(self, folder: Path, months: int) -> None:
        self._folder, self._months = folder, months
        self._day, self._failed = "", False
        self._noted: deque[Line] = deque()
        self._writing = Late("journal", self.flush)
        if months:
            atexit.register(self.flush)

    def write(self, line: Line) -> None:
        """Add a line, in one piece. What cannot be written stops nobody; it is told once."""
        if self._months:
            self._write(line.at[:10], _text(line))

    def note(self, line: Line) -> None:
        """Add a line soon: readers of feeds come by the thousand, and no answer waits for a disk."""
        if not self._months:
            return
        self._noted.append(line)
        self._writing.begin(NOTED_S)

    def flush(self) -> None:
        """Write what was noted. Any number of threads may."""
        texts: dict[str, list[str]] = {}
        with suppress(IndexError):
            while True:
                line = self._noted.popleft()
                texts.setdefault(line.at[:10], []).append(_text(line))
        for day, its in texts.items():
            self._write(day, "".join(its))

    def _write(self, day: str, text: str) -> None:
        try:
            self._begin(day)
            file = os.open(self._folder / f"{self._day}.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(file, text.encode("utf-8", "replace"))
            finally:
                os.close(file)
            self._failed = False
        except OSError as error:
            if not self._failed:
                logger.warning("requests are not written down: %s", error)
            self._failed = True

    def _begin(self, day: str) -> None:
        """See to the folder when a day begins: old days go."""
        if day == self._day:
            return
        self._folder.mkdir(mode=0o700, exist_ok=True)
        last = months_before(date.fromisoformat(day), self._months)
        for file in self._folder.iterdir():
            its_day = _day_of(file)
            if its_day is not None and its_day < last:
                file.unlink(missing_ok=True)
        self._day = day


def journal_of(configuration: Configuration, home: Path) -> Journal:
    """The journal of an instance: `request_months` of [storage] says how long it is kept. Raises BadInput."""
    return Journal(home / FOLDER, months(configuration, "request_months", 6, least=0))


class Logged:
    """A WSGI application whose requests are written down."""

    def __init__(self, application: Application, journal: Journal) -> None:
        self._application, self._journal = application, journal

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        begun, started = time.perf_counter(), ["0"]

        def start(status: str, *rest: Any) -> Any:
            started[0] = status
            return start_response(status, *rest)

        path, method = _readable(environ.get("PATH_INFO", "")), str(environ["REQUEST_METHOD"])
        answer = list(self._application(environ, start))
        served = environ.get(REQUEST) or Request()
        self._journal.write(
            Line(
                at=now(),
                address=served.address or str(environ.get("REMOTE_ADDR", "")),
                login=served.login,
                device=served.device,
                client=served.agent[:LONGEST],
                method=method[:LONGEST],
                path=without_secrets(path)[:LONGEST],
                status=int(started[0].partition(" ")[0]),
                ms=round((time.perf_counter() - begun) * 1000, 1),
                received=length_of(environ),
                sent=sum(map(len, answer)),
            )
        )
        return answer


def now() -> str:
    """The time of a line."""
    moment = time.time()
    second = int(moment)
    return f"{_second(second)}.{int((moment - second) * 1000):03}+00:00"


@lru_cache(maxsize=2)
def _second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat()[:19]


def _text(line: Line) -> str:
    """A line as `json.dumps` writes it, put together here: readers of feeds make ten thousand of them a second."""
    return (
        f'{{"at": "{line.at}", "address": {_quoted(line.address)}, "login": {_quoted(line.login)}, '
        f'"device": {_quoted(line.device)}, "client": {_quoted(line.client)}, "method": {_quoted(line.method)}, '
        f'"path": {_quoted(line.path)}, "status": {line.status}, "ms": {line.ms}, "received": {line.received}, '
        f'"sent": {line.sent}}}\n'
    )


def without_secrets(path: str) -> str:
    """An address, of a page no more than which one it is."""
    return _PAGE.sub(_public, path, count=1)


def _public(found: re.Match[str]) -> str:
    page, word, rest = found[1], found[2], found[3] or ""
    if word is None:
        return page
    if word.lower() not in _WORDS:
        return f"{page}/…"
    is_file = word == "static" and _FILE_OF_PAGES.fullmatch(rest)
    return f"{page}/{word}{rest if is_file or not rest.strip('/') else '/…'}"


def _readable(path: str) -> str:
    """A path as WSGI gives it, in the characters that it means (PEP 3333)."""
    return path.encode("latin-1", "replace").decode("utf-8", "replace")


def _day_of(file: Path) -> date | None:
    found = _FILE.fullmatch(file.name)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def forget(home: Path, login: str) -> None:
    """Take the lines of a person's requests out of the journal of an instance. Raises OSError."""
    folder = home / FOLDER
    for file in sorted(folder.iterdir()) if folder.is_dir() else ():
        if _day_of(file) is not None:
            lines = file.read_bytes().splitlines(keepends=True)
            kept = [line for line in lines if not _is_of(line, login)]
            if len(kept) < len(lines):
                draft = file.with_suffix(".new")
                draft.touch(mode=0o600)
                draft.write_bytes(b"".join(kept))
                draft.replace(file)


def _is_of(line: bytes, login: str) -> bool:
    """Whether a line is of a person, or of an address in the person's home. A line that was cut short goes too."""
    try:
        said = json.loads(line)
    except ValueError:
        return True
    return login == said["login"] or login in str(said["path"]).lower().split("/")
