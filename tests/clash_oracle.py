"""What a clash is, written slowly and obviously: the yardstick of `spro_agenda.clashes`, with which it shares no code.

Nothing here is fast. A group is looked for at each moment at which an occurrence starts, because a largest group stands
together from the moment that its last member starts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import combinations, groupby
from math import acos, cos, radians, sin

import holidays

from spro_agenda.model import Event, EventKey, Kind, Occurrence, OccurrenceKey, Scope, Weight
from spro_agenda.region.load import load_region
from spro_agenda.region.records import Period, Region, Rule

KINDS = tuple(kind for kind in Kind if kind is not Kind.POSSIBLE)
"""Of two kinds that weigh the same, the first one speaks."""

REASONS = (
    "title",
    "theme",
    "public",
    "partner",
    "scope",
    "professional",
    "home",
    "open",
    "feast",
    "sunday",
    "holidays",
)
"""Of two reasons for which sites compete, the first one speaks."""


@dataclass(frozen=True)
class Finding:
    """A clash, as far as the definition speaks of it."""

    kind: Kind
    weight: Weight
    key: str
    also: frozenset[Kind]
    members: tuple[OccurrenceKey, ...]
    dates: tuple[date, ...]
    question: str | None


@dataclass(frozen=True)
class Group:
    """Occurrences of several events that share one thing at one moment."""

    kind: Kind
    network: str
    reason: str
    shared: str
    name: str
    weight: Weight
    members: frozenset[Occurrence]

    def outweighs(self, other: Group) -> bool:
        """Whether this one says all that the other says, and at least as loudly."""
        if self is other or not self.members >= other.members or self.weight.rank < other.weight.rank:
            return False
        return self.members > other.members or self.weight.rank > other.weight.rank or self.order < other.order

    @property
    def order(self) -> tuple[int, int, str]:
        return KINDS.index(self.kind), REASONS.index(self.reason) if self.reason else 0, self.shared


def oracle(occurrences: Iterable[Occurrence], region: Region) -> set[Finding]:
    """Every clash among the occurrences."""
    rules = region.rules
    groups = [
        group
        for kind in KINDS
        if kind in rules and rules[kind].enabled
        for group in groups_of(kind, list(occurrences), region)
    ]
    reported = [group for group in groups if not any(other.outweighs(group) for other in groups)]
    return {finding(list(same), groups) for _sameness, same in groupby(sorted(reported, key=sameness), key=sameness)}


POSSIBLE = (Kind.PLACE, Kind.SPEAKER, Kind.PARTNER, Kind.PUBLIC, Kind.HIGHLIGHT)
"""What a date alone would make of a vague event."""


def possible_oracle(vague: Iterable[Occurrence], firm: Iterable[Occurrence], region: Region) -> set[Finding]:
    """What each vague event, with five working days at most, would clash with if it took place on all of its days."""
    rule = region.rules.get(Kind.POSSIBLE)
    if rule is None or not rule.enabled:
        return set()
    return {
        replace(each, kind=Kind.POSSIBLE, also=frozenset(), weight=rule.weight, question=None)
        for one in vague
        if sum(map(works, one.days)) <= 5
        for each in would_be(one, list(firm), region)
    }


def would_be(vague: Occurrence, firm: list[Occurrence], region: Region) -> Iterator[Finding]:
    near = [
        each
        for each in firm
        if each.key.event != vague.key.event
        and each.start < vague.end
        and vague.start < each.end
        and any(map(works, each.days))
    ]
    rules = {kind: rule for kind, rule in region.rules.items() if kind in POSSIBLE}
    for each in oracle([vague, *near], replace(region, rules=rules)):
        if vague.key in each.members:
            yield each


def works(day: date) -> bool:
    return day.weekday() < 5 and day not in holidays.country_holidays("FR")


def sameness(group: Group) -> tuple[Kind, str, str, str, list[EventKey]]:
    """What clashes on several dates have in common when they are one."""
    return group.kind, group.network, group.reason, group.shared, sorted({member.key.event for member in group.members})


def groups_of(kind: Kind, occurrences: list[Occurrence], region: Region) -> set[Group]:
    things = {thing for occurrence in occurrences for thing in shared_things(occurrence, kind, region)}
    rule, groups = region.rules[kind], set()
    for network, reason, shared in sorted(things):
        sharing = [each for each in occurrences if (network, reason, shared) in shared_things(each, kind, region)]
        for identity, name, members in sets_of(kind, reason, shared, sharing, region):
            groups.add(Group(kind, network, reason, identity, name, weight(kind, members, rule), members))
    return groups


def sets_of(
    kind: Kind, reason: str, shared: str, sharing: list[Occurrence], region: Region
) -> Iterator[tuple[str, str, frozenset[Occurrence]]]:
    """The sets of those that share a thing, each with the thing and what it is called."""
    if kind in {Kind.CALENDAR, Kind.PERIOD}:
        yield from ((shared, shared, frozenset({each})) for each in sharing)
    elif kind is Kind.TRAVEL:
        for pair in combinations(sharing, 2):
            before, after = sorted(pair, key=lambda each: (each.start, each.key))
            gap_h = (after.start - before.end) / timedelta(hours=1)
            if before.key.event != after.key.event and 0 <= gap_h < hours_between(before, after):
                yield from ((shared, shared, each) for each in unless_one_action(frozenset(pair)))
    elif kind is Kind.HIGHLIGHT:
        for highlight in (each for each in sharing if each.event.highlight):
            beside = [
                each
                for each in sharing
                if each.event.key.network != "region"
                and each.event.key != highlight.event.key
                and each.start < highlight.end
                and highlight.start < each.end
            ]
            for together in largest_at_one_moment([highlight, *beside], kind):
                if highlight in together and len(together) > 1:
                    for each in unless_one_action(first_of_each_event(together)):
                        yield highlight.event.key.id, highlight.event.title, each
    else:
        for together in largest_at_one_moment(sharing, kind):
            for members in really(kind, reason, first_of_each_event(together)):
                yield from ((shared, shared, each) for each in unless_one_action(members))


def really(kind: Kind, reason: str, members: frozenset[Occurrence]) -> Iterator[frozenset[Occurrence]]:
    """Of those at one moment, the largest sets that compete."""
    if kind is Kind.SITES:
        if len({member.event.site for member in members}) > 1:
            yield members
    elif kind is Kind.PUBLIC and reason == "open":
        sets = [
            frozenset(some)
            for size in range(2, len(members) + 1)
            for some in combinations(members, size)
            if all(welcomes(one, other) and welcomes(other, one) for one, other in combinations(some, 2))
        ]
        yield from (each for each in sets if not any(each < other for other in sets))
    else:
        yield members


def welcomes(one: Occurrence, other: Occurrence) -> bool:
    return one.event.open_to == "all" or other.event.key.network in one.event.open_to


def unless_one_action(members: frozenset[Occurrence]) -> Iterator[frozenset[Occurrence]]:
    """Two or more events, unless they are one that was typed twice."""
    if len({member.key.event for member in members}) > 1 and not all(
        typed_twice(*pair) for pair in combinations(members, 2)
    ):
        yield members


def typed_twice(one: Occurrence, other: Occurrence) -> bool:
    """The titles of this file's worlds are alike only when they are the same."""
    place, elsewhere = one.event.site or one.event.town, other.event.site or other.event.town
    apart = one.event.key.network != other.event.key.network
    here = apart or (place is not None and place == elsewhere)
    whole = one.all_day or other.all_day
    at_once = one.first_day == other.first_day if whole else one.start == other.start
    return here and at_once and one.event.title == other.event.title != ""


def hours_between(one: Occurrence, other: Occurrence) -> float:
    """Hours by car: 1.3 times the line between two points of a globe, at 70 km an hour, and ten minutes to park."""
    here, there = (
        next((town for town in load_region().all_towns if town.name == each.event.town), None) for each in (one, other)
    )
    if here is None or there is None or here == there:
        return 0
    angle = acos(
        sin(radians(here.latitude)) * sin(radians(there.latitude))
        + cos(radians(here.latitude)) * cos(radians(there.latitude)) * cos(radians(here.longitude - there.longitude))
    )
    return 6371 * angle * 1.3 / 70 + 1 / 6


def shared_things(occurrence: Occurrence, kind: Kind, region: Region) -> set[tuple[str, str, str]]:  # noqa: PLR0911  # one a kind
    """What an occurrence may share under a kind: (network where it matters, reason, thing)."""
    event = occurrence.event
    if event.status == "CANCELLED" or event.component == "VTODO":
        return set()
    if kind is Kind.PLACE:
        return {("", "", event.place)} if event.place else set()
    if kind is Kind.SPEAKER:
        return {("", "", speaker) for speaker in event.speakers}
    if kind is Kind.TRAVEL:
        goes = event.town and not event.remote and not occurrence.all_day
        return {("", "", speaker) for speaker in event.speakers if goes}
    if event.scope is Scope.INTERNAL:
        return set()
    if kind is Kind.PARTNER:
        touring = {partner.name for partner in region.partners if partner.on_tour}
        return {("", "", partner) for partner in event.partners if partner in touring}
    if kind is Kind.PUBLIC:
        return publics(event, region)
    if kind is Kind.HIGHLIGHT:
        return {("", "", "")}
    if kind is Kind.CALENDAR:
        return bad_days(occurrence, region)
    if kind is Kind.PERIOD:
        watched = [period for period in region.periods if period.kind != "vacances"]
        return {
            ("", "", period.name) for period in watched if event.scope is Scope.EVENT and within(occurrence, period)
        }
    if event.site is None:
        return set()
    things = {("title", event.title)} if event.title else set()
    things |= {("theme", theme) for theme in event.themes}
    things |= {("public", public) for public in event.publics}
    things |= {("partner", partner) for partner in event.partners}
    if event.scope is Scope.EVENT:
        things.add(("scope", "événement"))
    return {(event.key.network, reason, thing) for reason, thing in things}


def publics(event: Event, region: Region) -> set[tuple[str, str, str]]:
    professional = {public.name for public in region.publics if public.professional}
    things = {(event.key.network, "professional", public) for public in event.publics if public in professional}
    for public in set(event.publics) - professional:
        if home := event.site or event.town:
            things.add((f"{event.key.network}|{home}", "home", public))
        if event.open_to:
            things.add(("", "open", public))
    return things


def bad_days(occurrence: Occurrence, region: Region) -> set[tuple[str, str, str]]:
    days = list(occurrence.days)
    if len(days) > 2:
        return set()
    french = holidays.country_holidays("FR", language="fr")
    things = {("", "feast", french[day]) for day in days if day in french}
    things |= {("", "sunday", "dimanche") for day in days if day.weekday() == 6 and day not in french}
    pupils = {public.name for public in region.publics if public.school}
    words = occurrence.event.title.casefold().split()
    if pupils & set(occurrence.event.publics) or "forum" in words or "salon" in words:
        schools = [period for period in region.periods if period.kind == "vacances"]
        things |= {("", "holidays", period.name) for period in schools if within(occurrence, period)}
    return things


def within(occurrence: Occurrence, period: Period) -> bool:
    return any(period.start <= day <= period.end for day in occurrence.days)


def largest_at_one_moment(sharing: list[Occurrence], kind: Kind) -> list[frozenset[Occurrence]]:
    together = {
        frozenset(each for each in sharing if stands_at_the_start_of(each, starting, kind))
        for starting in sharing
        if lasts(starting, kind)
    }
    return [group for group in together if not any(group < other for other in together)]


def lasts(occurrence: Occurrence, kind: Kind) -> bool:
    """An event without duration occupies its day, and no instant."""
    return kind is Kind.SITES or occurrence.start < occurrence.end


def stands_at_the_start_of(each: Occurrence, starting: Occurrence, kind: Kind) -> bool:
    if kind is Kind.SITES:
        return each.first_day <= starting.first_day <= each.last_day
    return each.start <= starting.start < each.end


def first_of_each_event(together: frozenset[Occurrence]) -> frozenset[Occurrence]:
    """A series does not clash with itself: its first occurrence stands for it."""
    firsts: dict[EventKey, Occurrence] = {}
    for each in together:
        first = firsts.get(each.key.event)
        if first is None or (each.start, each.key) < (first.start, first.key):
            firsts[each.key.event] = each
    return frozenset(firsts.values())


def weight(kind: Kind, members: frozenset[Occurrence], rule: Rule) -> Weight:
    """A speaker's hours are unknown on an all-day event, so at most one timed member leaves the clash to settle."""
    timed = [member for member in members if not member.all_day]
    if kind is Kind.SPEAKER and len(timed) < 2 and rule.weight is Weight.BLOCKING:
        return Weight.TO_SETTLE
    return rule.weight


def finding(same: list[Group], groups: list[Group]) -> Finding:
    """One clash for the groups that only their dates tell apart."""
    members = sorted({member for group in same for member in group.members}, key=lambda each: (each.start, each.key))
    also = {other.kind for group in same for other in groups if group.outweighs(other)} - {same[0].kind}
    return Finding(
        kind=same[0].kind,
        weight=max((group.weight for group in same), key=lambda each: each.rank),
        key=same[0].name,
        also=frozenset(also),
        members=tuple(member.key for member in members),
        dates=tuple(sorted({day for group in same for day in days_of_all(group.members)})),
        question=question(same[0].kind, members),
    )


def days_of_all(members: frozenset[Occurrence]) -> set[date]:
    return {
        day
        for member in members
        for day in member.days
        if all(each.first_day <= day <= each.last_day for each in members)
    }


def question(kind: Kind, members: list[Occurrence]) -> str | None:
    events = {member.key.event for member in members}
    titles = {member.event.title for member in members}
    sites = {member.event.site for member in members}
    one_action = kind is Kind.SITES and len(titles) == 1 and len(sites) == len(events)
    return "même action ?" if one_action else None
