"""The regional agenda, decided once: what is in it, in what order, on which days, with which clashes and local times.

Renderers only lay it out. It is a pure function of entries, region and period, never of the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import groupby

from spro_agenda.clashes import (
    NOBODY,
    WITHIN_A_YEAR,
    Apart,
    Grid,
    Planned,
    Reminder,
    answered,
    find_clashes,
    find_opportunities,
    find_possible,
    find_reminders,
    grid_of,
    is_one_action,
    state_of,
)
from spro_agenda.i18n import _
from spro_agenda.model import (
    Chance,
    Clash,
    Event,
    EventKey,
    Occurrence,
    OccurrenceKey,
    Opportunity,
    Standing,
    State,
    Window,
)
from spro_agenda.region.days import is_short, markers
from spro_agenda.region.entry import Entry
from spro_agenda.region.records import Region
from spro_agenda.region.words import normalise
from spro_agenda.sources import Gathered, Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What an agenda is limited to: days (inclusive), networks by code, themes by name; none means all."""

    first: date
    last: date
    networks: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()

    def accepts(self, event: Event) -> bool:
        wanted = set(map(normalise, self.themes))
        return (not self.networks or event.key.network in self.networks) and (
            not wanted or not wanted.isdisjoint(map(normalise, event.themes))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What people said of events, as far as our own store was read: which pairs are two actions (`apart`), which are
    one (`families`, each event's by name), where clashes stand (`standings`, by identity), who takes part in what."""

    apart: Apart = NOBODY
    families: Mapping[EventKey, str] = field(default_factory=dict)
    standings: Mapping[str, Standing] = field(default_factory=dict)
    participants: Mapping[EventKey, tuple[str, ...]] = field(default_factory=dict)


NOTHING = Said()


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line of the agenda: an occurrence, a vague event (`occurrence` is `None`), or an undated one.

    `day` is where it stands: its first day in the period; for a vague event with a long window, its first marker.
    `start` and `end` are local; an all-day event has them at midnight, `end` exclusive. `markers` are the days on
    which a vague event shows in a calendar; `participants` the other networks that take part.
    """

    key: OccurrenceKey
    event: Event
    entry: Entry
    occurrence: Occurrence | None = None
    day: date | None = None
    last_day: date | None = None
    start: datetime | None = None
    end: datetime | None = None
    markers: tuple[date, ...] = ()
    clashes: tuple[Clash, ...] = ()
    marks: tuple[Clash, ...] = ()
    participants: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether it stands in its month rather than on a day: its window is longer than a working week."""
        return self.occurrence is None and self.last_day is None and self.day is not None


@dataclass(frozen=True, slots=True)
class Day:
    """A day and what begins on it."""

    day: date
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Month:
    """A month by its first day: what is still to be dated within it, then its days."""

    first: date
    open_items: tuple[Item, ...]
    days: tuple[Day, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agenda:
    """What renderers lay out. `items` are in order; `undated` by network; `clashes` touch at least one item, and stand
    as they do on `as_of`."""

    region: Region
    filters: Filters
    items: tuple[Item, ...]
    undated: tuple[Item, ...]
    clashes: tuple[Clash, ...]
    readings: tuple[Reading, ...]
    standings: Mapping[str, Standing]
    as_of: date

    def standing_of(self, clash: Clash) -> Standing | None:
        """What our own store knows of a clash; `None` where it was not asked, or has not seen it."""
        return self.standings.get(clash.identity)

    def state_of(self, clash: Clash) -> State:
        """Where a clash is in its life; one of which nothing is known is new, or past."""
        standing = self.standing_of(clash)
        if standing is not None:
            return state_of(standing, self.as_of)
        return State.NEW if clash.dates[-1] >= self.as_of else State.PAST

    @property
    def months(self) -> Iterator[Month]:
        """The months in which something is, in order."""
        for first, of_month in groupby(self.items, key=_month):
            items = tuple(of_month)
            dated = [item for item in items if not item.is_open]
            days = tuple(Day(day, tuple(of_day)) for day, of_day in groupby(dated, key=_day))
            yield Month(first, tuple(item for item in items if item.is_open), days)

    def with_clashes(self, kept: Callable[[Clash], bool]) -> Agenda:
        """The same with those clashes alone."""
        return replace(self, clashes=tuple(filter(kept, self.clashes)))


def build(
    gathered: Gathered, region: Region, filters: Filters, said: Said = NOTHING, as_of: date | None = None
) -> Agenda:
    """The agenda of some entries. Clashes are looked for among all of them, and kept where an item is concerned; they
    stand as on `as_of`, else on the first day asked for."""
    occurrences = {entry.key: entry.occurrences(filters.first, filters.last) for entry in gathered.entries}
    firm = [each for group in occurrences.values() for each in group]
    vague = [each for entry in gathered.entries if (each := entry.over_its_window())]
    found = [
        answered(clash, said.families)
        for clash in (*find_clashes(firm, region, said.apart), *find_possible(vague, firm, region, said.apart))
    ]
    clashes_of: dict[OccurrenceKey, list[Clash]] = {}
    for clash in found:
        for member in clash.members:
            clashes_of.setdefault(member.key, []).append(clash)
    items = [
        *(
            _dated(entry, each, filters, tuple(clashes_of.get(each.key, ())))
            for entry in gathered.entries
            for each in occurrences[entry.key]
            if filters.accepts(each.event)
        ),
        *(
            item
            for entry in gathered.entries
            if entry.is_vague and filters.accepts(entry.lead)
            if (item := _vague(entry, filters, clashes_of))
        ),
    ]
    agenda = Agenda(
        region=region,
        filters=filters,
        readings=gathered.readings,
        items=tuple(items),
        undated=tuple(_undated(entry) for entry in gathered.entries if _to_date(entry, filters)),
        standings=said.standings,
        as_of=as_of or filters.first,
        clashes=tuple(clash for clash in found if any(filters.accepts(each.event) for each in clash.members)),
    )
    return replace(
        agenda,
        items=_told(agenda, agenda.items, said.participants),
        undated=_told(agenda, agenda.undated, said.participants),
    )


def _told(agenda: Agenda, items: Iterable[Item], participants: Mapping[EventKey, tuple[str, ...]]) -> tuple[Item, ...]:
    """The items in their order, with what nobody has settled, and who takes part."""
    order = {code: index for index, code in enumerate(agenda.region.codes)}
    told = (
        replace(
            item,
            marks=tuple(clash for clash in item.clashes if agenda.state_of(clash) is not State.SETTLED),
            # Who said so while it was open to them: its owner may close it since.
            participants=tuple(filter(item.event.is_open_to, participants.get(item.event.key, ()))),
        )
        for item in items
    )
    return tuple(sorted(told, key=lambda item: _order(item, order)))


def look_back(filters: Filters, as_of: date) -> Filters:
    """The days that opportunities need: what was held a year ago may be taken up again."""
    return replace(filters, first=min(filters.first, as_of - WITHIN_A_YEAR))


def chances(
    gathered: Gathered, region: Region, filters: Filters, as_of: date, said: Said = NOTHING
) -> tuple[Opportunity, ...]:
    """What networks could do together from a day on, of the entries gathered for `look_back`; kept where an event is
    accepted. Whether they are one action is not asked of what people said to be."""
    found = find_opportunities(_planned(gathered, filters), region, as_of)
    return tuple(
        each
        for each in found
        if any(map(filters.accepts, each.events))
        and not (each.chance is Chance.TWICE and is_one_action([event.key for event in each.events], said.families))
    )


def reminders(gathered: Gathered, region: Region, filters: Filters, as_of: date) -> tuple[Reminder, ...]:
    """What should have a date soon, of the same entries; those that are accepted."""
    found = find_reminders(_planned(gathered, filters), region, as_of)
    return tuple(each for each in found if filters.accepts(each.event))


def grid(gathered: Gathered, region: Region, filters: Filters, as_of: date) -> Grid:
    """Who has done what, of the same entries."""
    return grid_of(_planned(gathered, filters), region, as_of, filters.networks, filters.themes)


def _planned(gathered: Gathered, filters: Filters) -> list[Planned]:
    """The entries of the days asked for. A file holds others too, which without their dates would look undated."""
    every = (
        Planned(event=entry.lead, occurrences=entry.occurrences(filters.first, filters.last))
        for entry in gathered.entries
    )
    undated = {entry.key for entry in gathered.entries if entry.is_undated}
    days = Window(filters.first, filters.last)
    return [
        each
        for each in every
        if each.occurrences
        or each.event.key in undated
        or (each.event.window is not None and each.event.window.meets(days))
    ]


def _dated(entry: Entry, occurrence: Occurrence, filters: Filters, clashes: tuple[Clash, ...]) -> Item:
    zone = entry.region.time_zone
    return Item(
        key=occurrence.key,
        event=occurrence.event,
        entry=entry,
        occurrence=occurrence,
        day=max(occurrence.first_day, filters.first),
        last_day=occurrence.last_day,
        start=occurrence.start.astimezone(zone),
        end=occurrence.end.astimezone(zone),
        clashes=clashes,
    )


def _vague(entry: Entry, filters: Filters, clashes_of: Mapping[OccurrenceKey, list[Clash]]) -> Item | None:
    """A vague event whose window meets the period, with what it may clash with; `None` for another."""
    window = entry.lead.window
    if window is None or not window.meets(Window(filters.first, filters.last)):
        return None
    shown = markers(window)
    short = is_short(window)
    day = window.start if short else next((day for day in shown if day >= filters.first), window.start)
    key = OccurrenceKey(entry.key.network, entry.key.uid)
    return Item(
        key=key,
        event=entry.lead,
        entry=entry,
        clashes=tuple(clashes_of.get(key, ())),
        day=min(max(day, filters.first), filters.last),
        last_day=window.end if short else None,
        markers=shown,
    )


def _to_date(entry: Entry, filters: Filters) -> bool:
    return entry.is_undated and entry.lead.status not in ("CANCELLED", "COMPLETED") and filters.accepts(entry.lead)


def _undated(entry: Entry) -> Item:
    return Item(key=OccurrenceKey(entry.key.network, entry.key.uid), event=entry.lead, entry=entry)


def _order(item: Item, networks: dict[str, int]) -> tuple[object, ...]:
    """By month; there what is still to be dated, then by day: first what lasts all day, then by hour; by network."""
    month = (item.day.year, item.day.month) if item.day else (0, 0)
    timed = item.start if item.occurrence and not item.occurrence.all_day else None
    event = item.event
    return (
        month,
        not item.is_open,
        item.day or date.min,
        timed.isoformat() if timed else "",
        networks[event.key.network],
        event.site or "",
        normalise(event.title),
        item.key,
    )


def _month(item: Item) -> date:
    assert item.day is not None
    return item.day.replace(day=1)


def _day(item: Item) -> date:
    assert item.day is not None
    return item.day


def incomplete(agenda: Agenda) -> tuple[str, ...]:
    """What an agenda says of itself where a source could not be read: its readers may not know of that source."""
    return tuple(
        _("{source} n'a pas été lu, ou pas entièrement : cet agenda est incomplet.").format(source=reading.source)
        for reading in agenda.readings
        if reading.error
    )


def entries(agenda: Agenda) -> Iterable[tuple[Entry, tuple[Item, ...]]]:
    """Each entry of the agenda once, in agenda order, with its items; the undated ones last."""
    by_entry: dict[object, list[Item]] = {}
    for item in (*agenda.items, *agenda.undated):
        by_entry.setdefault(item.entry.key, []).append(item)
    return [(items[0].entry, tuple(items)) for items in by_entry.values()]
