"""The business rule: what an occurrence shares with others that would make a clash.

Two occurrences compete when they share a key and their extents under that key meet. Everything else (the sweep, the
store's index of neighbours) only looks for that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from spro_agenda.model import Kind, Occurrence, Scope, Shared
from spro_agenda.region.words import normalise

DAY_S = 86_400


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """What occurrences share. `text` tells keys of one kind apart; `name` is how people read it.

    `rank` orders the reasons of one kind: the same set under several keys is reported under the lowest.
    """

    kind: Kind
    rank: int
    shared: Shared
    text: str
    name: str


def keys(occurrence: Occurrence) -> Iterator[Key]:
    """The keys of an occurrence. A cancelled one has none; a task books nothing; an internal one only its
    place and its speakers."""
    event = occurrence.event
    if event.cancelled or event.component != "VEVENT":
        return
    if event.place:
        yield Key(Kind.PLACE, 0, Shared.PLACE, event.place, event.place_name)
    for speaker in event.speakers:
        yield Key(Kind.SPEAKER, 0, Shared.SPEAKER, normalise(speaker), speaker)
    if event.site is not None and event.scope is not Scope.INTERNAL:
        yield from _site_keys(occurrence)


def _site_keys(occurrence: Occurrence) -> Iterator[Key]:
    """What makes sites of one network compete: the same title, a shared theme, public or partner, or two
    *événements*."""
    event = occurrence.event
    reasons = [
        (Shared.TITLE, (event.title,)),
        (Shared.THEME, event.themes),
        (Shared.PUBLIC, event.publics),
        (Shared.PARTNER, event.partners),
        (Shared.SCOPE, (event.scope.value,) if event.scope is Scope.EVENT else ()),
    ]
    for rank, (shared, values) in enumerate(reasons):
        for value in filter(None, values):
            yield Key(Kind.SITES, rank, shared, f"{event.key.network}|{shared}|{normalise(value)}", value)


def extent(occurrence: Occurrence, kind: Kind) -> tuple[int, int]:
    """Where an occurrence stands under keys of a kind, half-open: epoch seconds, or for SITES local days in
    seconds since 1 January 1970 (a common local day is enough)."""
    if kind is Kind.SITES:
        first, last = occurrence.first_day.toordinal(), occurrence.last_day.toordinal()
        return (first - _EPOCH_ORDINAL) * DAY_S, (last + 1 - _EPOCH_ORDINAL) * DAY_S
    return int(occurrence.start.timestamp()), int(occurrence.end.timestamp())


_EPOCH_ORDINAL = 719_163
"""`date(1970, 1, 1).toordinal()`."""
