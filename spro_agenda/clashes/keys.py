"""The business rule: what an occurrence shares with others that would make a clash.

Two occurrences compete when they share a key and their extents under that key meet. Everything else (the sweep, the
store's index of neighbours) only looks for that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from spro_agenda.clashes.roads import LONGEST_DRIVE_S
from spro_agenda.i18n import _
from spro_agenda.model import REGION, Event, Kind, Occurrence, Scope, Shared
from spro_agenda.region.days import holiday_on
from spro_agenda.region.persons import person_key
from spro_agenda.region.records import Region
from spro_agenda.region.words import has_words, normalise

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


ALONE = frozenset({Kind.CALENDAR, Kind.PERIOD})
"""The kinds in which a single event stands badly: it competes with a day."""


class Keys:
    """The keys of occurrences, those of the days that they stand on included. What an event shares is read once for
    all of its occurrences."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self._shared: dict[tuple[int, bool], tuple[Event, tuple[Key, ...]]] = {}

    def of(self, occurrence: Occurrence) -> Iterator[Key]:
        """The keys of one."""
        event = occurrence.event
        # The event is kept beside them: no other has its number then.
        its = id(event), occurrence.all_day
        if its not in self._shared:
            self._shared[its] = event, tuple(shared_keys(occurrence, self._region))
        yield from self._shared[its][1]
        if _counts(event) and event.scope is not Scope.INTERNAL:
            yield from _day_keys(occurrence, self._region)


def keys(occurrence: Occurrence, region: Region) -> Iterator[Key]:
    """The keys of an occurrence, those of the day that it stands on included."""
    return Keys(region).of(occurrence)


def shared_keys(occurrence: Occurrence, region: Region) -> Iterator[Key]:
    """The keys that others may share. A cancelled occurrence has none; a task books nothing; an internal one only its
    place and its speakers."""
    event = occurrence.event
    if not _counts(event):
        return
    if event.place:
        yield Key(Kind.PLACE, 0, Shared.PLACE, event.place, event.place_name)
    for speaker in event.speakers:
        yield Key(Kind.SPEAKER, 0, Shared.SPEAKER, person_key(speaker), speaker)
        if event.town is not None and not event.remote and not occurrence.all_day:
            yield Key(Kind.TRAVEL, 0, Shared.ROAD, person_key(speaker), speaker)
    for partner in event.partners:
        if event.scope is not Scope.INTERNAL and region.is_on_tour(partner):
            yield Key(Kind.PARTNER, 0, Shared.PARTNER, normalise(partner), partner)
    if event.scope is Scope.INTERNAL:
        return
    for public in event.publics:
        yield from _public_keys(event, public, region)
    yield Key(Kind.HIGHLIGHT, 0, Shared.HIGHLIGHT, "", "")
    if event.site is not None:
        yield from _site_keys(occurrence)


def _counts(event: Event) -> bool:
    return not event.cancelled and event.component == "VEVENT"


def _public_keys(event: Event, public: str, region: Region) -> Iterator[Key]:
    """Professionals are invited by their whole network, others where they live, or wherever an event is open."""
    network, text = event.key.network, normalise(public)
    if region.is_professional(public):
        yield Key(Kind.PUBLIC, 0, Shared.PUBLIC, f"{network}||{text}", public)
        return
    home = event.site or event.town
    if home is not None:
        yield Key(Kind.PUBLIC, 1, Shared.PUBLIC, f"{network}|{home}|{text}", public)
    if event.open_to:
        yield Key(Kind.PUBLIC, 2, Shared.PUBLIC, f"{OPEN}{text}", public)


OPEN = "*|"
"""What the key of a public begins with under which events compete that are open to each other."""


def _day_keys(occurrence: Occurrence, region: Region) -> Iterator[Key]:
    """Days on which people do not come, and periods in which an *événement* drowns."""
    event, first, last = occurrence.event, occurrence.first_day, occurrence.last_day
    if (last - first).days < _SHORT_DAYS:
        for day in occurrence.days:
            if name := holiday_on(day):
                yield Key(Kind.CALENDAR, 0, Shared.DAY, normalise(name), name)
            elif day.weekday() == _SUNDAY_NUMBER:
                yield Key(Kind.CALENDAR, 1, Shared.DAY, normalise(SUNDAY), SUNDAY)
        for period in region.school_holidays_on(first, last):
            if _minds_school_holidays(event, region):
                yield Key(Kind.CALENDAR, 2, Shared.DAY, normalise(period.name), period.name)
    if event.scope is Scope.EVENT:
        for period in region.watched_periods:
            if period.meets(first, last):
                yield Key(Kind.PERIOD, 0, Shared.PERIOD, normalise(period.name), period.name)


_SHORT_DAYS = 2
_SUNDAY_NUMBER = 6
SUNDAY = _("dimanche")
_FAIRS = ("forum", "salon")


def _minds_school_holidays(event: Event, region: Region) -> bool:
    """Whether it lives by pupils: pupils are its public, or it is a fair that schools visit."""
    title = normalise(event.title)
    return any(map(region.is_school, event.publics)) or any(has_words(title, fair) for fair in _FAIRS)


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


@dataclass(frozen=True, slots=True, order=True)
class IndexKey:
    """Where an occurrence stands in an index of neighbours, and which others it looks for there: those that have
    `sought` for their `text`, share a second of `[start_s, end_s)`, and are `at` another site, where sites compete."""

    kind: Kind
    text: str
    sought: str
    start_s: int
    end_s: int
    at: str = ""


_HIGHLIGHT, _BESIDE = "!", ""
"""Texts of TEMPS-FORT in an index: only a highlight competes with what stands beside it."""


def index_keys(occurrence: Occurrence, region: Region) -> Iterator[IndexKey]:
    """The keys under which an occurrence finds its neighbours, and they find it."""
    for key in shared_keys(occurrence, region):
        start_s, end_s = extent(occurrence, key.kind)
        if key.kind is not Kind.HIGHLIGHT:
            at = (occurrence.event.site or "") if key.kind is Kind.SITES else ""
            yield IndexKey(key.kind, key.text, key.text, start_s, end_s, at)
            continue
        if occurrence.event.highlight:
            yield IndexKey(key.kind, _HIGHLIGHT, _BESIDE, start_s, end_s)
        if occurrence.event.key.network != REGION:
            yield IndexKey(key.kind, _BESIDE, _HIGHLIGHT, start_s, end_s)


def extent(occurrence: Occurrence, kind: Kind) -> tuple[int, int]:
    """Where an occurrence stands under keys of a kind, half-open: epoch seconds, or for SITES local days in
    seconds since 1 January 1970 (a common local day is enough). For TRAJET, the longest drive goes along."""
    if kind is Kind.TRAVEL:
        return int(occurrence.start.timestamp()), int(occurrence.end.timestamp()) + LONGEST_DRIVE_S
    if kind is Kind.SITES:
        first, last = occurrence.first_day.toordinal(), occurrence.last_day.toordinal()
        return (first - _EPOCH_ORDINAL) * DAY_S, (last + 1 - _EPOCH_ORDINAL) * DAY_S
    return int(occurrence.start.timestamp()), int(occurrence.end.timestamp())


_EPOCH_ORDINAL = 719_163
"""`date(1970, 1, 1).toordinal()`."""
