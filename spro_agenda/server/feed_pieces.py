"""What a feed is put together of: entries of the agenda, each written for feeds once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from functools import partial

from spro_agenda.feed_text import Wanted, piece
from spro_agenda.ical.own import WINDOW, WORDS
from spro_agenda.ical.write import Piece
from spro_agenda.model import AGENDA, Event, View
from spro_agenda.recent import Recent
from spro_agenda.region.entry import read_entry
from spro_agenda.region.words import normalise
from spro_agenda.store import FeedFilter, Reader, StoredObject
from spro_agenda.store.retention import months_before

MOST_PIECES = 50_000
"""Parts of feeds that a worker keeps, of a kilobyte each."""


class Pieces:
    """The parts of feeds, each written once for as long as its entry stays what it is."""

    def __init__(self) -> None:
        self._kept: Recent[tuple[str, Wanted], Piece] = Recent(MOST_PIECES)
        self._read: Recent[tuple[str, str, str], tuple[Event, ...]] = Recent(MOST_PIECES)

    def of(self, reader: Reader, wanted: FeedFilter, today: date) -> list[Piece]:
        """The parts of what a feed wants on a day, in order."""
        told = Wanted(descriptions=wanted.descriptions, clashes=wanted.clashes)
        return [
            self._kept.of((stored.etag, told), partial(piece, stored.body, told))
            for stored in self._wanted(reader, wanted, today)
        ]

    def _wanted(self, reader: Reader, wanted: FeedFilter, today: date) -> Iterator[StoredObject]:
        for stored in wanted_of(reader, wanted, today):
            is_all = not (wanted.sites or wanted.themes)
            if is_all or any(is_wanted(event, wanted) for event in self._events(reader, stored)):
                yield stored

    def _events(self, reader: Reader, stored: StoredObject) -> tuple[Event, ...]:
        """What was understood of an entry, by this region."""
        network, region = stored.uid.partition(".")[0], reader.region()
        key = stored.etag, stored.uid, str(reader.generation())
        return self._read.of(key, lambda: read_entry(stored.body, network, region, stored.href).events)


def wanted_of(reader: Reader, wanted: FeedFilter, today: date) -> Iterator[StoredObject]:
    """The entries of the agenda that a feed may have on a day: their sites and themes were not looked at."""
    view = View.INSIDE if wanted.clashes else View.OUTSIDE
    if wanted.months_back is None:
        found: Iterable[StoredObject] = reader.objects(AGENDA, view=view)
    else:
        found = reader.objects_of_days(AGENDA, months_before(today, wanted.months_back), reader.horizon()[1], view)
    for stored in found:
        network = stored.uid.partition(".")[0]
        if wanted.networks and network not in wanted.networks:
            continue
        # A feed is of days: what has none yet is in the agenda, for those who can give it one.
        if not _has_days(stored.body) or (wanted.only_firm and is_vague(stored.body)):
            continue
        yield stored


def is_vague(body: bytes) -> bool:
    """Whether the date of an entry of the agenda is not fixed yet: the agenda writes what is known of it."""
    return f"\n{WINDOW}:".encode() in body or f"\n{WORDS}:".encode() in body


def _has_days(body: bytes) -> bool:
    begun = body.find(b"\r\nBEGIN:VEVENT")
    return begun >= 0 or b"\nDUE" in body or b"\nDTSTART" in body[body.find(b"\r\nBEGIN:VTODO") :]


def is_wanted(event: Event, wanted: FeedFilter) -> bool:
    """Whether an event is of the networks, sites and themes that a feed has, and its date as firm as that wants."""
    return (
        (not wanted.networks or event.key.network in wanted.networks)
        and _meet(wanted.sites, [event.site or event.town or ""])
        and _meet(wanted.themes, event.themes)
        and not (wanted.only_firm and (event.window is not None or event.date_words is not None))
    )


def _meet(wanted: Iterable[str], names: Iterable[str]) -> bool:
    asked = set(map(normalise, wanted))
    return not asked or not asked.isdisjoint(map(normalise, names))
