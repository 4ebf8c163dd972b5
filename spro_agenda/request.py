"""The request being served: what the layers below Radicale must know and Radicale does not tell them.

The server sets it around each request; under plain `radicale --config` there is none, and all fall back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import NamedTuple

from spro_agenda.errors import SproError, StoreError, TookTooLong
from spro_agenda.ical.excerpt import Excerpt
from spro_agenda.ical.read import CalendarObject
from spro_agenda.store import Reader

BUDGET_S = 20.0
"""How long a request may take: at 10,000 events, the longest takes two."""


class Row(NamedTuple):
    """An object as a listing tells of it: `path` is its address, `modified` in epoch seconds, `text` what was sent of
    it, empty where nobody asks."""

    path: str
    etag: str
    component: str
    modified: int
    text: str


@dataclass(slots=True, kw_only=True)
class Listing:
    """The objects that a request finds, told here in place of to Radicale: the server writes their rows itself.

    `texts` is whether their texts are wanted; `named` whether objects that are asked for by their names are told too:
    where a query is asked of an event itself, it is Radicale that looks whether its filter holds.
    """

    texts: bool
    named: bool
    rows: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class Request:
    """`body` is a PUT's body as sent (Radicale hands on its own rewriting), without a byte order mark; `object` the
    same, once read.

    `expand` is the range that a REPORT wants events expanded in, `[start, end)` in epoch seconds, and `free_busy`
    whether it wants busy periods in place of events: the storage answers both. `excerpt` is what of each text it
    wants, where that is not all; `most_changes` is how many changes a synchronisation wants at most, and `is_cut`
    whether there are more. `listing` takes the objects that are found, where the server writes their rows itself.
    `differs` is whether what it reads is not the same for everybody: its date does not tell which of the two a client
    has. `address` is where the client is, `login` who logged in, `device` the label of the device that did so with a
    password of its own. `deadline` is when it has had its time, by the monotonic clock. `refusal` is the error that
    Radicale turned into a bare status; `generation` the store's, once read.
    """

    _reader: Reader | None = field(default=None, init=False)
    _closing: ExitStack = field(default_factory=ExitStack, init=False, repr=False)

    body: bytes | None = None
    object: CalendarObject | None = None
    expand: tuple[int, int] | None = None
    excerpt: Excerpt | None = None
    free_busy: bool = False
    most_changes: int | None = None
    is_cut: bool = False
    differs: bool = False
    listing: Listing | None = None
    agent: str = ""
    address: str = ""
    login: str = ""
    device: str = ""
    deadline: float = field(default_factory=lambda: time.monotonic() + BUDGET_S)
    refusal: SproError | None = None
    generation: int | None = None

    def begin(self, body: bytes | None) -> None:
        """All of it was read: from now on, its time is what it takes of ours."""
        self.body, self.deadline = body, time.monotonic() + BUDGET_S

    def snapshot(self, opened: Callable[[], AbstractContextManager[Reader]]) -> Reader:
        """The one reader of all that the request reads, opened where it has none yet."""
        if self._reader is None:
            self._reader = self._closing.enter_context(opened())
            self._reader.pace = check_time
        return self._reader

    def drop_snapshot(self, error: Exception | None = None) -> None:
        """Let go of what was read: before a write, at the end, and after an error. Raises what the error means."""
        self._reader = None
        self._closing.pop_all().__exit__(type(error) if error else None, error, error.__traceback__ if error else None)


_current: ContextVar[Request | None] = ContextVar("request", default=None)


def current() -> Request | None:
    """The request being served in this thread, if any."""
    return _current.get()


def check_time() -> None:
    """Raise TookTooLong, kept for the server to tell, where the request being served has had its time.

    Called for each object that is read or looked at. A thread cannot be stopped from outside.
    """
    request = _current.get()
    if request is not None and time.monotonic() > request.deadline:
        request.refusal = TookTooLong()
        raise request.refusal


@contextmanager
def errors_kept() -> Iterator[None]:
    """Keep an error of ours that leaves the block for the server to tell: Radicale makes a bare status of it."""
    try:
        yield
    except SproError as error:
        request = _current.get()
        if request is not None:
            request.refusal = error
        raise


@contextmanager
def serving(request: Request) -> Iterator[Request]:
    """Make it the current request within the block."""
    token = _current.set(request)
    try:
        yield request
    finally:
        _current.reset(token)
        # A database that goes away after the last answer was read has done its part.
        with suppress(StoreError):
            request.drop_snapshot()
