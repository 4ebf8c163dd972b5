"""Occurrences -> encounters, by one sweep a key; encounters -> clashes.

An encounter is a largest set of occurrences that share one key and a common instant (for SITES, a common local day). A
set within another of the same or a heavier kind is not reported apart; the heavier one names the further kinds. The
same events that meet on further dates are one clash with its list of dates.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from spro_agenda.clashes.competing import MANY, NOBODY, Apart, beside, competing
from spro_agenda.clashes.keys import ALONE, Key, Keys, extent
from spro_agenda.clashes.words import question
from spro_agenda.model import (
    Clash,
    EventKey,
    Kind,
    Occurrence,
    OccurrenceKey,
    Shared,
    Weight,
    clash_identity,
    days_between,
)
from spro_agenda.region.records import Region, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Encounter:
    """A clash at one moment. `members` are by start then key, of different events unless one stands alone; `days` the
    first and the last local day that they share."""

    kind: Kind
    also: tuple[Kind, ...]
    weight: Weight
    shared: Shared
    key: str
    key_text: str
    members: tuple[Occurrence, ...]
    days: tuple[date, date]

    @property
    def events(self) -> tuple[EventKey, ...]:
        """Its events, sorted."""
        return tuple(sorted({member.key.event for member in self.members}))

    @property
    def identity(self) -> str:
        """That of its clash."""
        return clash_identity(self.kind, self.key_text, self.events)


@dataclass(slots=True)
class _Sharing:
    """Occurrences that share a key, under the first way in which they spell it."""

    key: Key
    occurrences: list[Occurrence]


@dataclass(slots=True)
class _Set:
    """Occurrences that share a key at one instant; `also` gathers the further kinds of the sets that it contains."""

    key: Key
    weight: Weight
    members: Mapping[OccurrenceKey, Occurrence]
    also: set[Kind] = field(default_factory=set)

    @property
    def precedence(self) -> tuple[int, int, int, Key]:
        """Heavier first, then larger, then in the order of kinds and reasons."""
        return (-self.weight.rank, -len(self.members), list(Kind).index(self.key.kind), self.key)


def find_clashes(occurrences: Iterable[Occurrence], region: Region, apart: Apart = NOBODY) -> tuple[Clash, ...]:
    """Every clash among the occurrences, by first date, weight and key. Kinds without an enabled rule are left out.

    `apart` are pairs of events that people said to be two actions, however alike they look.
    """
    return merged(find_encounters(occurrences, region, apart))


def find_encounters(occurrences: Iterable[Occurrence], region: Region, apart: Apart = NOBODY) -> list[Encounter]:
    """The clashes among the occurrences, moment by moment, in no order."""
    rules, keys = region.rules, Keys(region)
    by_key: dict[tuple[Kind, str], _Sharing] = {}
    for occurrence in occurrences:
        for key in keys.of(occurrence):
            if key.kind in rules and rules[key.kind].enabled:
                sharing = by_key.get((key.kind, key.text))
                if sharing is None:
                    by_key[key.kind, key.text] = _Sharing(key, [occurrence])
                    continue
                sharing.occurrences.append(occurrence)
                if key is not sharing.key:
                    sharing.key = min(sharing.key, key)
    sets = [found for sharing in by_key.values() for found in _found(sharing.key, sharing.occurrences, region, apart)]
    return [_encounter(each) for each in _largest(sets)]


def merged(encounters: Iterable[Encounter]) -> tuple[Clash, ...]:
    """Encounters as clashes: one for all the dates on which the same events share the same key."""
    together: dict[tuple[Kind, str, tuple[EventKey, ...]], list[Encounter]] = defaultdict(list)
    for each in encounters:
        together[each.kind, each.key_text, each.events].append(each)
    return tuple(
        sorted(
            (_clash(group, events) for (_kind, _text, events), group in together.items()),
            key=lambda clash: (clash.dates[0], -clash.weight.rank, clash.kind, clash.key, clash.events),
        )
    )


def _found(key: Key, sharing: Sequence[Occurrence], region: Region, apart: Apart) -> Iterator[_Set]:
    """The sets under one key."""
    if key.kind in ALONE:
        yield from (_Set(key, region.rules[key.kind].weight, {each.key: each}) for each in sharing)
    elif key.kind is Kind.HIGHLIGHT:
        for highlight, near in _about_each_highlight(_in_order(sharing)):
            own = replace(key, text=highlight.event.key.id, name=highlight.event.title)
            yield from _sets(own, beside(highlight, near), region, apart, with_=highlight)
    elif len(sharing) > 1:
        yield from _sets(key, sharing, region, apart)


def _about_each_highlight(by_start: Sequence[Occurrence]) -> Iterator[tuple[Occurrence, Sequence[Occurrence]]]:
    """Each highlight with what starts late enough to reach it, and before it is over."""
    starts = [each.start for each in by_start]
    longest = max(each.end - each.start for each in by_start)
    for highlight in (each for each in by_start if each.event.highlight):
        first, past = bisect_left(starts, highlight.start - longest), bisect_left(starts, highlight.end)
        yield highlight, by_start[first:past]


def _sets(
    key: Key, sharing: Sequence[Occurrence], region: Region, apart: Apart, with_: Occurrence | None = None
) -> Iterator[_Set]:
    """The largest sets under one key; those with one occurrence, where it is given."""
    rule = region.rules[key.kind]
    for group in _simultaneous(sharing, key.kind):
        if with_ is None or with_ in group:
            # The road is from one occurrence to the next; elsewhere the first of a series stands for it.
            together = _in_order(group) if key.kind is Kind.TRAVEL else _one_each(group)
            for members in competing(key, together, region, apart):
                yield _Set(key, _weight(key.kind, members, rule), {member.key: member for member in members})


def _weight(kind: Kind, members: Sequence[Occurrence], rule: Rule) -> Weight:
    """A speaker's hours are unknown on an all-day event: such a clash is for people to settle, unless two are timed."""
    unsure = kind is Kind.SPEAKER and sum(not member.all_day for member in members) < 2
    return min(rule.weight, Weight.TO_SETTLE, key=lambda weight: weight.rank) if unsure else rule.weight


def _one_each(group: Iterable[Occurrence]) -> list[Occurrence]:
    """Occurrences of one series never clash with each other: the first of each event stands for it."""
    first: dict[EventKey, Occurrence] = {}
    for occurrence in _in_order(group):
        first.setdefault(occurrence.key.event, occurrence)
    return list(first.values())


def _in_order(group: Iterable[Occurrence]) -> list[Occurrence]:
    return sorted(group, key=lambda each: (each.start, each.key))


def _simultaneous(sharing: Sequence[Occurrence], kind: Kind) -> Iterator[list[Occurrence]]:
    """The largest sets that stand at one instant: each time that an end follows a start, the set is as large as it
    gets. While more than MANY stand together the largest set alone is kept."""
    edges = []
    for index, occurrence in enumerate(sharing):
        start, end = extent(occurrence, kind)
        if start < end:
            edges += [(start, True, index), (end, False, index)]
    active: dict[int, Occurrence] = {}
    crowd: list[Occurrence] = []
    grown = False
    # At one instant ends come first (False < True): touching ends do not overlap.
    for _at, begins, index in sorted(edges):
        if begins:
            active[index] = sharing[index]
            grown = True
            continue
        if grown and len(active) > MANY:
            crowd = max(crowd, list(active.values()), key=len)
        elif grown and len(active) > 1:
            yield list(active.values())
        grown = False
        del active[index]
        if crowd and len(active) <= MANY:
            yield crowd
            crowd = []


def _largest(sets: Iterable[_Set]) -> list[_Set]:
    """The sets that no other of the same or a heavier kind contains; those name the kinds of what they contain."""
    kept: list[_Set] = []
    holding: dict[OccurrenceKey, list[_Set]] = defaultdict(list)
    for candidate in sorted(sets, key=lambda each: each.precedence):
        rarest = min((holding[key] for key in candidate.members), key=len)
        holders = [each for each in rarest if candidate.members.keys() <= each.members.keys()]
        for holder in holders:
            if holder.key.kind is not candidate.key.kind:
                holder.also.add(candidate.key.kind)
        if not holders:
            kept.append(candidate)
            for key in candidate.members:
                holding[key].append(candidate)
    return kept


def _encounter(found: _Set) -> Encounter:
    members = tuple(_in_order(found.members.values()))
    return Encounter(
        kind=found.key.kind,
        also=tuple(kind for kind in Kind if kind in found.also),
        weight=found.weight,
        shared=found.key.shared,
        key=found.key.name,
        key_text=found.key.text,
        members=members,
        days=_common_days(members),
    )


def _clash(group: Sequence[Encounter], events: tuple[EventKey, ...]) -> Clash:
    first = group[0]
    members = _in_order({member.key: member for each in group for member in each.members}.values())
    also = {kind for each in group for kind in each.also}
    most = max(len(each.members) for each in group)
    return Clash(
        kind=first.kind,
        also=tuple(kind for kind in Kind if kind in also),
        weight=max((each.weight for each in group), key=lambda weight: weight.rank),
        shared=first.shared,
        key=first.key,
        key_text=first.key_text,
        events=events,
        members=tuple(members[:MANY] if most > MANY else members),
        count=len(members),
        dates=tuple(sorted({day for each in group for day in days_between(*each.days)})),
        question=question(first.kind, members),
    )


def _common_days(members: Sequence[Occurrence]) -> tuple[date, date]:
    """The first and the last of the local days that all members share; the day of the first common instant where
    midnight parts them."""
    first = max(member.first_day for member in members)
    return first, max(first, min(member.last_day for member in members))
