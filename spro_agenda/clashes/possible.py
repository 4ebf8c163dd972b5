"""What a vague event would clash with if its date fell there: on the board, said only where its window leaves little
choice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from spro_agenda.clashes.competing import NOBODY, Apart
from spro_agenda.clashes.keys import IndexKey, index_keys
from spro_agenda.clashes.sweep import Encounter, find_encounters, merged
from spro_agenda.model import Clash, Kind, Occurrence, Window
from spro_agenda.region.days import is_short, is_working
from spro_agenda.region.records import Region

_WOULD_BE = (Kind.PLACE, Kind.SPEAKER, Kind.PARTNER, Kind.PUBLIC, Kind.HIGHLIGHT)
"""The kinds that a date alone would make. For TRAJET, hours would be needed too."""

Told = Callable[[Window], bool]
"""Whether what a window may clash with is said."""


def find_possible(
    vague: Iterable[Occurrence],
    firm: Iterable[Occurrence],
    region: Region,
    apart: Apart = NOBODY,
    is_told: Told = is_short,
) -> tuple[Clash, ...]:
    """A clash of kind POSSIBLE for each that a vague event, standing over all of its window, makes with firm ones."""
    return merged(find_possible_encounters(vague, firm, region, apart, is_told))


def find_possible_encounters(
    vague: Iterable[Occurrence],
    firm: Iterable[Occurrence],
    region: Region,
    apart: Apart = NOBODY,
    is_told: Told = is_short,
) -> list[Encounter]:
    """The same, moment by moment."""
    rule = region.rules.get(Kind.POSSIBLE)
    if rule is None or not rule.enabled:
        return []
    there = list(firm)
    asked = replace(region, rules={kind: each for kind, each in region.rules.items() if kind in _WOULD_BE})
    return [
        replace(encounter, kind=Kind.POSSIBLE, also=(), weight=rule.weight)
        for each in vague
        if is_told(Window(each.first_day, each.last_day))
        for encounter in _would_make(each, there, asked, apart)
    ]


def window_keys(vague: Occurrence, region: Region) -> Iterator[IndexKey]:
    """The keys under which a vague event, standing over all of its window, finds the firm ones; none where the window
    leaves much choice."""
    if is_short(Window(vague.first_day, vague.last_day)):
        yield from (key for key in index_keys(vague, region) if key.kind in _WOULD_BE)


def _would_make(vague: Occurrence, firm: Iterable[Occurrence], region: Region, apart: Apart) -> Iterator[Encounter]:
    near = [
        each
        for each in firm
        if each.overlaps(vague) and each.event.key != vague.event.key and any(map(is_working, each.days))
    ]
    for encounter in find_encounters([vague, *near], region, apart):
        if any(member.event.key == vague.event.key for member in encounter.members):
            yield encounter
