"""Reading what a request sends: no more than it may, and never so many at once that nobody else is served.

A thread that reads a body waits for as long as its client likes: WSGI knows no deadline. So one address has few of
them, and some are always left to whoever sends nothing. A proxy that buffers bodies makes this never count.
"""

from __future__ import annotations

import io
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from spro_agenda.ical.lines import BOM
from spro_agenda.server.guards import SPEAKING_XML

LARGEST_XML = 4_000_000
"""Bytes of a question: a multiget that names as many events as it may has about half of it."""

MOST_READING, MOST_OF_ONE = 32, 12
"""Bodies that a worker reads at once, of its threads (`run.THREADS`), and those of one address."""

MOST_DRAINED, MOST_OF_STRANGERS = 100_000_000, 10_000_000
"""Bytes of a refused body that are read all the same: most clients hear no answer before they have sent what they send.
Whoever says that there will be more is not read at all."""
_PIECE = 1_000_000


class Reading:
    """Who sends bodies now. Any number of threads may use it."""

    def __init__(self, most: int = MOST_READING, most_of_one: int = MOST_OF_ONE) -> None:
        self._most, self._most_of_one = most, most_of_one
        self._now: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def place(self, address: str) -> Iterator[bool]:
        """Whether this address may send a body within the block."""
        with self._lock:
            free = self._now.total() < self._most and self._now[address] < self._most_of_one
            if free:
                self._now[address] += 1
        try:
            yield free
        finally:
            if free:
                with self._lock:
                    self._now[address] -= 1
                    if not self._now[address]:
                        del self._now[address]


AT_ONCE = Reading()
"""Of this process: pages and calendars have its threads between them."""


def has_body(environ: Mapping[str, Any]) -> bool:
    """Whether there is anything to read."""
    return bool(length_of(environ)) or _is_chunked(environ)


def body_of(environ: Mapping[str, Any], largest: int) -> bytes | HTTPStatus:
    """The request's body, without a byte order mark, or the status that it is refused with.

    Reads chunked bodies too, which Radicale does not. A connection that breaks leaves a body that is shorter than it
    was to be.
    """
    if not has_body(environ):
        return b""
    most = min(largest, LARGEST_XML) if environ["REQUEST_METHOD"] in SPEAKING_XML else largest
    length = length_of(environ)
    body: bytes = environ["wsgi.input"].read(min(length, most + 1) if length else most + 1)
    if len(body) > most:
        drained = MOST_DRAINED if "HTTP_AUTHORIZATION" in environ else MOST_OF_STRANGERS
        if length <= drained:
            _drain(environ["wsgi.input"], drained)
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    if len(body) < length:
        return HTTPStatus.BAD_REQUEST
    return body.removeprefix(BOM)


def length_of(environ: Mapping[str, Any]) -> int:
    """The length that a body is said to have, 0 where it is not said."""
    given = environ.get("CONTENT_LENGTH") or ""
    return int(given) if given.isascii() and given.isdigit() else 0


def _is_chunked(environ: Mapping[str, Any]) -> bool:
    return not length_of(environ) and "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()


def _drain(stream: io.BufferedIOBase, most: int) -> None:
    for _piece in range(0, most, _PIECE):
        if not stream.read(_PIECE):
            return
