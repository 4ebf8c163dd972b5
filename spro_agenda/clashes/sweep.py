"""Occurrences -> clashes, by one sweep a key.

A clash is a largest set of occurrences that share one key and a common instant (for SITES, a common local day). A set
within another of the same or a heavier kind is not reported apart; the heavier one names the further kinds. The same
members on further dates are one clash with its list of dates.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from spro_agenda.clashes.competing import MANY, beside, competing
from spro_agenda.clashes.keys import ALONE, Key, extent, keys
from spro_agenda.clashes.words import question
from spro_agenda.model import Clash, EventKey, Kind, Occurrence, OccurrenceKey, Weight
from spro_agenda.region.records import Region, Rule


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


def find_clashes(occurrences: Iterable[Occurrence], region: Region) -> tuple[Clash, ...]:
    """Every clash among the occurrences, by first date, weight and key. Kinds without an enabled rule are left out."""
    rules = region.rules
    by_key: dict[tuple[Kind, str], list[tuple[Key, Occurrence]]] = defaultdict(list)
    for occurrence in occurrences:
        for key in keys(occurrence, region):
            if key.kind in rules and rules[key.kind].enabled:
                by_key[key.kind, key.text].append((key, occurrence))
    sets = [
        found
        for sharing in by_key.values()
        for found in _found(min(key for key, _each in sharing), [each for _key, each in sharing], region)
    ]
    return tuple(
        sorted(
            _merged(_largest(sets)),
            key=lambda clash: (clash.dates[0], -clash.weight.rank, clash.kind, clash.key, clash.events),
        )
    )


def _found(key: Key, sharing: Sequence[Occurrence], region: Region) -> Iterator[_Set]:
    """The sets under one key."""
    if key.kind in ALONE:
        yield from (_Set(key, region.rules[key.kind].weight, {each.key: each}) for each in sharing)
    elif key.kind is Kind.HIGHLIGHT:
        for highlight, near in _about_each_highlight(_in_order(sharing)):
            own = replace(key, text=highlight.event.key.id, name=highlight.event.title)
            yield from _sets(own, beside(highlight, near), region, with_=highlight)
    elif len(sharing) > 1:
        yield from _sets(key, sharing, region)


def _about_each_highlight(by_start: Sequence[Occurrence]) -> Iterator[tuple[Occurrence, Sequence[Occurrence]]]:
    """Each highlight with what starts late enough to reach it, and before it is over."""
    starts = [each.start for each in by_start]
    longest = max(each.end - each.start for each in by_start)
    for highlight in (each for each in by_start if each.event.highlight):
        first, past = bisect_left(starts, highlight.start - longest), bisect_left(starts, highlight.end)
        yield highlight, by_start[first:past]


def _sets(key: Key, sharing: Sequence[Occurrence], region: Region, with_: Occurrence | None = None) -> Iterator[_Set]:
    """The largest sets under one key; those with one occurrence, where it is given."""
    rule = region.rules[key.kind]
    for group in _simultaneous(sharing, key.kind):
        if with_ is None or with_ in group:
            # The road is from one occurrence to the next; elsewhere the first of a series stands for it.
            together = _in_order(group) if key.kind is Kind.TRAVEL else _one_each(group)
            for members in competing(key, together, region):
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


def _merged(sets: Iterable[_Set]) -> Iterator[Clash]:
    """One clash for all the dates on which the same events share the same key."""
    together: dict[tuple[Kind, str, frozenset[EventKey]], list[_Set]] = defaultdict(list)
    for each in sets:
        events = frozenset(key.event for key in each.members)
        together[each.key.kind, each.key.text, events].append(each)
    for (_kind, _text, events), group in together.items():
        key = group[0].key
        members = {member.key: member for each in group for member in each.members.values()}
        ordered = sorted(members.values(), key=lambda member: (member.start, member.key))
        also = {kind for each in group for kind in each.also}
        most = max(len(each.members) for each in group)
        yield Clash(
            kind=key.kind,
            also=tuple(kind for kind in Kind if kind in also),
            weight=max((each.weight for each in group), key=lambda weight: weight.rank),
            shared=key.shared,
            key=key.name,
            key_text=key.text,
            events=tuple(sorted(events)),
            members=tuple(ordered[:MANY] if most > MANY else ordered),
            count=len(ordered),
            dates=tuple(sorted({day for each in group for day in _common_days(list(each.members.values()))})),
            question=question(key.kind, ordered),
        )


def _common_days(members: Sequence[Occurrence]) -> set[date]:
    """The local days that all members share; the day of the first common instant where midnight parts them."""
    days = set.intersection(*(set(member.days) for member in members))
    return days or {max(member.first_day for member in members)}
