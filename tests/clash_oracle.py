"""What a clash is, written slowly and obviously: the yardstick of `spro_agenda.clashes`, with which it shares no code.

Nothing here is fast. A group is looked for at each moment at which an occurrence starts, because a largest group stands
together from the moment that its last member starts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from spro_agenda.model import EventKey, Kind, Occurrence, OccurrenceKey, Scope, Weight
from spro_agenda.region.records import Rule

KINDS = (Kind.PLACE, Kind.SPEAKER, Kind.SITES)
"""Of two kinds that weigh the same, the first one speaks."""

REASONS = ("title", "theme", "public", "partner", "scope")
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


def oracle(occurrences: Iterable[Occurrence], rules: Mapping[Kind, Rule]) -> set[Finding]:
    """Every clash among the occurrences."""
    groups = [
        group
        for kind in KINDS
        if kind in rules and rules[kind].enabled
        for group in groups_of(kind, list(occurrences), rules[kind])
    ]
    reported = [group for group in groups if not any(other.outweighs(group) for other in groups)]
    return {finding(list(same), groups) for _sameness, same in groupby(sorted(reported, key=sameness), key=sameness)}


def sameness(group: Group) -> tuple[Kind, str, str, list[EventKey]]:
    """What clashes on several dates have in common when they are one."""
    return group.kind, group.reason, group.shared, sorted({member.key.event for member in group.members})


def groups_of(kind: Kind, occurrences: list[Occurrence], rule: Rule) -> set[Group]:
    things = {thing for occurrence in occurrences for thing in shared_things(occurrence, kind)}
    groups = set()
    for network, reason, shared in sorted(things):
        sharing = [each for each in occurrences if (network, reason, shared) in shared_things(each, kind)]
        for together in largest_at_one_moment(sharing, kind):
            members = first_of_each_event(together)
            events = {member.key.event for member in members}
            sites = {member.event.site for member in members}
            if len(events) > 1 and (kind is not Kind.SITES or len(sites) > 1):
                groups.add(Group(kind, network, reason, shared, weight(kind, members, rule), members))
    return groups


def shared_things(occurrence: Occurrence, kind: Kind) -> set[tuple[str, str, str]]:
    """What an occurrence may share under a kind: (network where it matters, reason, thing)."""
    event = occurrence.event
    if event.status == "CANCELLED" or event.component == "VTODO":
        return set()
    if kind is Kind.PLACE:
        return {("", "", event.place)} if event.place else set()
    if kind is Kind.SPEAKER:
        return {("", "", speaker) for speaker in event.speakers}
    if event.site is None or event.scope is Scope.INTERNAL:
        return set()
    things = {("title", event.title)} if event.title else set()
    things |= {("theme", theme) for theme in event.themes}
    things |= {("public", public) for public in event.publics}
    things |= {("partner", partner) for partner in event.partners}
    if event.scope is Scope.EVENT:
        things.add(("scope", "événement"))
    return {(event.key.network, reason, thing) for reason, thing in things}


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
        key=same[0].shared,
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
