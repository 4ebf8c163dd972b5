"""What a vague event would clash with if its date fell there: said only where its window leaves little choice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from spro_agenda.clashes.keys import IndexKey, index_keys
from spro_agenda.clashes.sweep import find_clashes
from spro_agenda.model import Clash, Kind, Occurrence, Window
from spro_agenda.region.days import is_short, is_working
from spro_agenda.region.records import Region

_WOULD_BE = (Kind.PLACE, Kind.SPEAKER, Kind.PARTNER, Kind.PUBLIC, Kind.HIGHLIGHT)
"""The kinds that a date alone would make. For TRAJET, hours would be needed too."""


def find_possible(vague: Iterable[Occurrence], firm: Iterable[Occurrence], region: Region) -> tuple[Clash, ...]:
    """A clash of kind POSSIBLE for each that a vague event, standing over all of its window, makes with firm ones."""
    rule = region.rules.get(Kind.POSSIBLE)
    if rule is None or not rule.enabled:
        return ()
    there = list(firm)
    asked = replace(region, rules={kind: each for kind, each in region.rules.items() if kind in _WOULD_BE})
    found = (
        clash
        for each in vague
        if is_short(Window(each.first_day, each.last_day))
        for clash in _would_make(each, there, asked)
    )
    return tuple(
        sorted(
            (replace(clash, kind=Kind.POSSIBLE, also=(), weight=rule.weight, question=None) for clash in found),
            key=lambda clash: (clash.dates[0], clash.key, clash.events),
        )
    )


def window_keys(vague: Occurrence, region: Region) -> Iterator[IndexKey]:
    """The keys under which a vague event, standing over all of its window, finds the firm ones; none where the window
    leaves much choice."""
    if is_short(Window(vague.first_day, vague.last_day)):
        yield from (key for key in index_keys(vague, region) if key.kind in _WOULD_BE)


def _would_make(vague: Occurrence, firm: Iterable[Occurrence], region: Region) -> Iterator[Clash]:
    near = [
        each
        for each in firm
        if each.overlaps(vague) and each.event.key != vague.event.key and any(map(is_working, each.days))
    ]
    for clash in find_clashes([vague, *near], region):
        if vague.event.key in clash.events:
            yield clash
