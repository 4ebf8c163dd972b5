"""What an event would clash with there and then, before anybody enters it; and where it would be in nobody's way.

Each kind is looked for apart, so that none hides behind a heavier one: who may still move an event wants all of them.
Nothing here is stored, and nothing is decided but the order in which slots are proposed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, timedelta
from enum import StrEnum
from functools import cached_property

from spro_agenda.clashes.competing import is_typed_twice
from spro_agenda.clashes.keys import SUNDAY, keys
from spro_agenda.clashes.lengths import AFTERNOON, MORNING, Stretch
from spro_agenda.clashes.possible import find_possible
from spro_agenda.clashes.sweep import find_clashes
from spro_agenda.i18n import _
from spro_agenda.model import (
    Clash,
    Event,
    EventKey,
    Kind,
    Occurrence,
    OccurrenceKey,
    Scope,
    Weight,
    Window,
    days_between,
)
from spro_agenda.region.days import holiday_on
from spro_agenda.region.records import Region
from spro_agenda.region.school import year_words

MOST_A_DAY = 2
"""Slots proposed of one day: one that begins in the morning, and one in the afternoon."""


class Aside(StrEnum):
    """Why something that is no clash is good to know of a day."""

    HOLIDAY = "public-holiday"
    WEEKEND = "weekend"
    SCHOOL = "school-holidays"
    SCHOOL_UNKNOWN = "school-holidays-unknown"
    PERIOD = "period"
    TWICE = "typed-twice"
    EVENT = "event"
    WEEK_EDGE = "week-edge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something that is good to know: a day or a period with its `name` and `days`, or somebody's `occurrence`. Of a
    school year whose holidays nobody knows, `name` is « 2028-2029 »."""

    aside: Aside
    days: Window
    name: str = ""
    occurrence: Occurrence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a candidate would clash with: `others` are the members that are in its way; none where it competes with a
    day."""

    clash: Clash
    candidate: Occurrence
    others: tuple[Occurrence, ...]

    @property
    def kind(self) -> Kind:
        return self.clash.kind

    @property
    def weight(self) -> Weight:
        return self.clash.weight

    @property
    def reason(self) -> tuple[object, ...]:
        """What tells it from the findings of another candidate for the same slot."""
        return (self.kind, tuple(each.key for each in self.others) or self.clash.key_text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What an event would clash with there and then, the heaviest first; and what else is good to know."""

    candidate: Occurrence
    findings: tuple[Finding, ...]
    notes: tuple[Note, ...]


@dataclass(frozen=True, order=True, slots=True, kw_only=True)
class Cost:
    """What speaks against a slot: counts, compared one after the other in this order. The lower the better.

    Clashes by weight, then those that a vague date may yet make; periods to avoid, school holidays; other events of
    these networks on its days that are not *interne*; Monday morning or Friday afternoon.
    """

    blocking: int
    to_settle: int
    to_watch: int
    possible: int
    periods: int
    school_holidays: int
    events: int
    week_edges: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A stretch for all the networks at once, what speaks against it, and how much that costs."""

    stretch: Stretch
    findings: tuple[Finding, ...]
    notes: tuple[Note, ...]

    @property
    def cost(self) -> Cost:
        firm = [each.weight for each in self.findings if each.kind is not Kind.POSSIBLE]
        asides = [each.aside for each in self.notes]
        return Cost(
            blocking=firm.count(Weight.BLOCKING),
            to_settle=firm.count(Weight.TO_SETTLE),
            to_watch=firm.count(Weight.TO_WATCH),
            possible=len(self.findings) - len(firm),
            periods=asides.count(Aside.PERIOD),
            school_holidays=asides.count(Aside.SCHOOL),
            events=asides.count(Aside.EVENT) + asides.count(Aside.TWICE),
            week_edges=asides.count(Aside.WEEK_EDGE),
        )


@dataclass(frozen=True, kw_only=True)
class Booked:
    """What stands in an agenda already: firm occurrences, and vague events over all of their windows."""

    firm: tuple[Occurrence, ...]
    vague: tuple[Occurrence, ...]
    region: Region

    def without(self, key: EventKey) -> Booked:
        """The same without one event: one that is moved is not in its own way."""
        firm, vague = (tuple(each for each in group if each.event.key != key) for group in (self.firm, self.vague))
        return replace(self, firm=firm, vague=vague)

    def examine(self, candidate: Occurrence) -> Examination:
        """What a candidate would clash with, and what is good to know."""
        near = self._near(candidate)
        clashes = [*self._firm_clashes(candidate, near), *self._possible(candidate)]
        findings = tuple(_finding(clash, candidate) for clash in sorted(clashes, key=_heaviest_first))
        return Examination(
            candidate=candidate, findings=findings, notes=tuple(_notes(candidate, near, findings, self.region))
        )

    @cached_property
    def _by_day(self) -> dict[date, list[Occurrence]]:
        found: dict[date, list[Occurrence]] = defaultdict(list)
        for occurrence in self.firm:
            for day in occurrence.days:
                found[day].append(occurrence)
        return found

    @cached_property
    def _regions(self) -> dict[Kind, Region]:
        """The region with the rule of one kind alone, for each that is looked for."""
        return {
            kind: replace(self.region, rules={kind: rule})
            for kind, rule in self.region.rules.items()
            if rule.enabled and kind is not Kind.POSSIBLE
        }

    def _near(self, candidate: Occurrence) -> list[Occurrence]:
        """What can share an instant or a day with it, or a road: no drive is as long as a day."""
        day = timedelta(days=1)
        around = days_between(candidate.first_day - day, candidate.last_day + day)
        return list({each.key: each for one in around for each in self._by_day.get(one, ())}.values())

    def _firm_clashes(self, candidate: Occurrence, near: Sequence[Occurrence]) -> Iterator[Clash]:
        for kind in {key.kind for key in keys(candidate, self.region)} & self._regions.keys():
            for clash in find_clashes([candidate, *near], self._regions[kind]):
                if candidate.event.key in clash.events:
                    yield clash

    def _possible(self, candidate: Occurrence) -> tuple[Clash, ...]:
        """Whatever the length of a window: who chooses a date may choose another."""
        vague = [each for each in self.vague if each.overlaps(candidate)]
        return find_possible(vague, [candidate], self.region, is_told=lambda _window: True)


def placed(event: Event, stretch: Stretch) -> Occurrence:
    """An event as it would stand there."""
    days = stretch.days
    return Occurrence(
        key=OccurrenceKey(event.key.network, event.key.uid),
        event=event,
        start=stretch.start.astimezone(UTC),
        end=stretch.end.astimezone(UTC),
        all_day=stretch.all_day,
        first_day=days.start,
        last_day=days.end,
    )


def find_slots(events: Sequence[Event], places: Iterable[Stretch], booked: Booked, count: int) -> tuple[Slot, ...]:
    """The best slots for all the events at once, one of each network, by cost and then date; `MOST_A_DAY` of a day.

    Those with a blocking clash only where nothing else is left.
    """
    slots = [_slot(events, place, booked) for place in places]
    left = [slot for slot in slots if not slot.cost.blocking] or slots
    best: dict[tuple[date, bool], Slot] = {}
    for slot in sorted(left, key=_rank):
        start = slot.stretch.start
        best.setdefault((start.date(), start.time() < MORNING[1]), slot)
    return tuple(best.values())[:count]


def _rank(slot: Slot) -> tuple[Cost, object]:
    return slot.cost, slot.stretch.start


def _slot(events: Sequence[Event], stretch: Stretch, booked: Booked) -> Slot:
    """What any of the events would find there, each reason once."""
    examined = [booked.examine(placed(event, stretch)) for event in events]
    findings = {each.reason: each for one in examined for each in one.findings}
    in_the_way = {each.key for finding in findings.values() for each in finding.others}
    notes = dict.fromkeys(
        note
        for one in examined
        for note in one.notes
        if note.occurrence is None
        or (note.occurrence.key not in in_the_way and note.occurrence.event.scope is not Scope.INTERNAL)
    )
    return Slot(
        stretch=stretch,
        findings=tuple(sorted(findings.values(), key=lambda each: _heaviest_first(each.clash))),
        notes=(*notes, *_week_edges(stretch)),
    )


_MONDAY, _FRIDAY = 0, 4
_WEEKEND = {5: _("samedi"), 6: SUNDAY}


def _week_edges(stretch: Stretch) -> Iterator[Note]:
    """The Monday on whose morning it begins, the Friday on whose afternoon it ends: people come less."""
    start, end = stretch.start, stretch.end
    first, last = (Window(moment.date(), moment.date()) for moment in (start, end))
    if start.weekday() == _MONDAY and start.time() < MORNING[1]:
        yield Note(aside=Aside.WEEK_EDGE, days=first, name=_("lundi matin"))
    if end.weekday() == _FRIDAY and end.time() > AFTERNOON[0]:
        yield Note(aside=Aside.WEEK_EDGE, days=last, name=_("vendredi après-midi"))


def _heaviest_first(clash: Clash) -> tuple[object, ...]:
    return clash.kind is Kind.POSSIBLE, -clash.weight.rank, list(Kind).index(clash.kind), clash.dates[0], clash.key_text


def _finding(clash: Clash, candidate: Occurrence) -> Finding:
    """Beside a highlight stand others too, which are in its way, not in the candidate's; so do events of one site in
    the way of another."""
    others = [each for each in clash.members if each.event.key != candidate.event.key]
    if clash.kind is Kind.SITES:
        others = [each for each in others if each.event.site != candidate.event.site]
    if clash.kind is Kind.HIGHLIGHT and not candidate.event.highlight:
        others = [each for each in others if each.event.highlight]
    return Finding(clash=clash, candidate=candidate, others=tuple(others))


def _notes(
    candidate: Occurrence, near: Sequence[Occurrence], findings: Sequence[Finding], region: Region
) -> Iterator[Note]:
    """What no finding tells already."""
    told = {each.clash.key for each in findings if not each.others}
    yield from (note for note in _days(candidate, region) if note.name not in told)
    in_the_way = {each.key for finding in findings for each in finding.others}
    for each in sorted(near, key=lambda each: (each.start, each.key)):
        aside = _aside(candidate, each)
        if aside is not None and each.key not in in_the_way:
            yield Note(aside=aside, days=Window(each.first_day, each.last_day), occurrence=each)


def _days(candidate: Occurrence, region: Region) -> Iterator[Note]:
    first, last = candidate.first_day, candidate.last_day
    for day in candidate.days:
        if name := holiday_on(day):
            yield Note(aside=Aside.HOLIDAY, days=Window(day, day), name=name)
        elif name := _WEEKEND.get(day.weekday()):
            yield Note(aside=Aside.WEEKEND, days=Window(day, day), name=name)
    for period in region.school_holidays_on(first, last):
        yield Note(aside=Aside.SCHOOL, days=Window(period.start, period.end), name=period.name)
    if (year := region.unknown_school_year(first, last)) is not None:
        yield Note(aside=Aside.SCHOOL_UNKNOWN, days=Window(first, last), name=year_words(year))
    for period in region.watched_periods:
        if period.meets(first, last):
            yield Note(aside=Aside.PERIOD, days=Window(period.start, period.end), name=period.name)


def _aside(candidate: Occurrence, other: Occurrence) -> Aside | None:
    """Why another occurrence is good to know of, where it is no clash."""
    if other.event.cancelled or other.event.component != "VEVENT":
        return None
    if is_typed_twice(candidate, other):
        return Aside.TWICE
    is_on_the_day = other.first_day <= candidate.last_day and candidate.first_day <= other.last_day
    return Aside.EVENT if is_on_the_day and other.event.key.network == candidate.event.key.network else None
