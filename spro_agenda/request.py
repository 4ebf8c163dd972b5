"""The request being served: what the layers below Radicale must know and Radicale does not tell them.

The server sets it around each request; under plain `radicale --config` there is none, and all fall back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from spro_agenda.errors import SproError
from spro_agenda.ical.read import CalendarObject


@dataclass(slots=True)
class Request:
    """`body` is a PUT's body as sent (Radicale hands on its own rewriting), without a byte order mark; `object` the
    same, once read.

    `expand` is the range that a REPORT wants events expanded in, `[start, end)` in epoch seconds, and `free_busy`
    whether it wants busy periods in place of events: the storage answers both. `refusal` is the error that Radicale
    turned into a bare status; `generation` the store's, once read.
    """

    body: bytes | None = None
    object: CalendarObject | None = None
    expand: tuple[int, int] | None = None
    free_busy: bool = False
    agent: str = ""
    refusal: SproError | None = None
    generation: int | None = None


_current: ContextVar[Request | None] = ContextVar("request", default=None)


def current() -> Request | None:
    """The request being served in this thread, if any."""
    return _current.get()


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
