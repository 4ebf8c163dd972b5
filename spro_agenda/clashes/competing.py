"""Occurrences that stand together under one key -> the sets of them that really compete.

For most kinds, that is all of them. Here stands what a shared key and a common instant do not say.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import combinations, islice

from spro_agenda.clashes.keys import OPEN, Key
from spro_agenda.clashes.roads import drive_s
from spro_agenda.model import ALL, REGION, Event, EventKey, Kind, Occurrence, OccurrenceKey
from spro_agenda.region.records import Region
from spro_agenda.region.words import normalise

MANY = 50
"""Members past which a clash is one finding with a count: a list of them would help nobody."""

Apart = Collection[frozenset[EventKey]]
"""Pairs of events that people said to be two, however alike they look."""

NOBODY: Apart = frozenset()

_NEAR = 0.8
"""How alike two words are that mean one: a plural or a slip apart."""

_LONG_WORD = 4

_NUMBERED = re.compile(r"\b\d+\s*/\s*\d+\b")


def competing(key: Key, together: Sequence[Occurrence], region: Region, apart: Apart) -> Iterator[Sequence[Occurrence]]:
    """The sets that compete, of occurrences that share the key and an instant, by start; for all kinds but TRAJET, of
    different events."""
    for members in _sets(key, together, region):
        if len(members) > MANY or (len(members) > 1 and not _are_one(members, apart)):
            yield members


def _are_one(members: Sequence[Occurrence], apart: Apart) -> bool:
    return all(
        is_typed_twice(one, other) and frozenset((one.event.key, other.event.key)) not in apart
        for one, other in combinations(members, 2)
    )


def _sets(key: Key, together: Sequence[Occurrence], region: Region) -> Iterator[Sequence[Occurrence]]:
    if key.kind is Kind.SITES:
        yield together if len({each.event.site for each in together}) > 1 else ()
    elif key.kind is Kind.TRAVEL:
        yield from (pair for pair in combinations(together, 2) if _is_too_far(*pair, region))
    elif key.kind is Kind.PUBLIC and key.text.startswith(OPEN):
        yield from _open_to_each_other(together)
    else:
        yield together


def beside(highlight: Occurrence, others: Sequence[Occurrence]) -> list[Occurrence]:
    """A highlight, and the events of networks that it overlaps."""
    return [
        highlight,
        *(
            each
            for each in others
            if each.event.key.network != REGION and each.event.key != highlight.event.key and each.overlaps(highlight)
        ),
    ]


def _is_too_far(before: Occurrence, after: Occurrence, region: Region) -> bool:
    """Whether nobody drives from the first to the second in the time between. What overlaps is another matter."""
    towns = [region.town_of(each.event.town or "", each.event.key.network) for each in (before, after)]
    gap_s = (after.start - before.end).total_seconds()
    here, there = towns
    return (
        before.event.key != after.event.key
        and here is not None
        and there is not None
        and 0 <= gap_s < drive_s(here, there)
    )


def _open_to_each_other(together: Sequence[Occurrence]) -> Iterator[list[Occurrence]]:
    """The largest sets in which each is open to the network of each other; of a crowd, those open to everybody."""
    if len(together) > MANY:
        yield [each for each in together if each.event.open_to == ALL]
        return
    friends = {
        each.key: {other.key for other in together if other is not each and _are_open(each.event, other.event)}
        for each in together
    }
    for chosen in islice(_cliques(friends), MANY):
        yield [each for each in together if each.key in chosen]


def _cliques(friends: Mapping[OccurrenceKey, set[OccurrenceKey]]) -> Iterator[frozenset[OccurrenceKey]]:
    """The largest sets of mutual friends (Bron and Kerbosch 1973, with Tomita's pivot: friends of one whom all others
    know are not tried again, or thirty mutual friends would be a thousand million sets)."""
    stack = [(frozenset[OccurrenceKey](), set(friends), set[OccurrenceKey]())]
    while stack:
        chosen, may, seen = stack.pop()
        if not may and not seen:
            yield chosen
            continue
        pivot = max(sorted(may | seen), key=lambda key: len(may & friends[key]))
        for key in sorted(may - friends[pivot]):
            stack.append((chosen | {key}, may & friends[key], seen & friends[key]))
            may = may - {key}
            seen = seen | {key}


def _are_open(one: Event, other: Event) -> bool:
    return one.is_open_to(other.key.network) and other.is_open_to(one.key.network)


def is_typed_twice(one: Occurrence, other: Occurrence) -> bool:
    """Whether two are likely one event that two people typed: near-equal titles and one start, in two networks or at
    one site. People are asked whether they are; until then, they make no clash."""
    if one.event.key.network == other.event.key.network and not _at_one_site(one.event, other.event):
        return False
    at_once = one.first_day == other.first_day if one.all_day or other.all_day else one.start == other.start
    return at_once and _are_near(one.event.title, other.event.title)


def _at_one_site(one: Event, other: Event) -> bool:
    here = one.site or one.town
    return here is not None and here == (other.site or other.town)


@lru_cache(maxsize=10_000)
def _are_near(one: str, other: str) -> bool:
    if _NUMBERED.search(one) or _NUMBERED.search(other):
        return False
    words, others = normalise(one).split(), normalise(other).split()
    return bool(words) and len(words) == len(others) and all(map(_is_slip, words, others))


def _is_slip(word: str, other: str) -> bool:
    """Whether two words are one, a letter apart at most: an « a » is no slip for a « b », nor is group 1 group 2."""
    if word == other:
        return True
    alike = SequenceMatcher(None, word, other, autojunk=False).ratio() >= _NEAR
    return alike and min(len(word), len(other)) >= _LONG_WORD
