"""Answers that can be given again: what a calendar says of itself, until it changes.

Most of what applications ask is "anything new?" (PROPFIND of Depth 0, for the ctag or the sync token), and most often
there is nothing. The answer follows from the calendar's change number, from what accounts, region and personal
properties are (the generation), from who asks, where, and in which words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from spro_agenda.errors import NotFound
from spro_agenda.recent import Recent
from spro_agenda.store import Reader

MOST_KEPT = 500
LARGEST_ASKED, LARGEST_ANSWER = 10_000, 20_000
"""Bytes of a question and of an answer past which it is not kept: applications ask in a few hundred, and get a few
thousand."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What an answer follows from. `prefix` is what a proxy puts before addresses."""

    user: str
    prefix: str
    path: str
    body: bytes
    generation: int
    epoch: str
    number: int


def question(reader: Reader, *, user: str, prefix: str, path: str, body: bytes) -> Question | None:
    """What is asked of a calendar at `/home/slug/`; `None` for another address, or words that are too long."""
    parts = path.strip("/").split("/")
    if len(parts) != 2 or len(body) > LARGEST_ASKED:
        return None
    try:
        calendar = reader.calendar(parts[1])
    except NotFound:
        return None
    return Question(
        user=user,
        prefix=prefix,
        path=path,
        body=body,
        generation=reader.generation(),
        epoch=calendar.sync_epoch,
        number=calendar.number,
    )


class Answers(Generic[T]):
    """The last answers, by what they follow from. Any number of threads may use it."""

    def __init__(self) -> None:
        self._kept: Recent[Question, T] = Recent(MOST_KEPT)

    def get(self, asked: Question) -> T | None:
        return self._kept.get(asked)

    def keep(self, asked: Question, answer: T, size: int) -> None:
        """Keep an answer of so many bytes, unless that is too large."""
        if size <= LARGEST_ANSWER:
            self._kept.keep(asked, answer)
