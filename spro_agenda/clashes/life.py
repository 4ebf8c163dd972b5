"""Where a clash is in its life, of what people said of it: pure, as seen on a day."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date

from spro_agenda.model import REGION, Clash, EventKey, Settlement, Standing, State, Verdict, Weight


def state_of(standing: Standing, as_of: date) -> State:
    """The state on a day. What went by itself is gone, whatever was said; past is what nobody settled in time."""
    if standing.gone_at is not None:
        return State.GONE
    if not outstanding(standing):
        return State.SETTLED
    return State.PAST if standing.dates and standing.dates[-1] < as_of else State.NEW


def outstanding(standing: Standing) -> tuple[str, ...]:
    """The sides whose word a clash waits for; none, once it is settled.

    The region's word is enough. Otherwise each side has to say so between networks, unless it is but to be watched:
    there, one is enough.
    """
    said = voices(standing)
    if standing.is_one_action or REGION in said:
        return ()
    if said and standing.weight is Weight.TO_WATCH:
        return ()
    return tuple(side for side in standing.sides if side not in said)


def voices(standing: Standing) -> dict[str, Settlement]:
    """What each side says of the clash as it now stands: its last word since anybody reopened it, as long as no event
    of it was moved."""
    said: dict[str, Settlement] = {}
    for each in standing.settlements:
        if each.verdict is Verdict.REOPENED:
            said.clear()
        elif each.fingerprint == standing.fingerprint:
            said[each.side] = each
    return said


def answered(clash: Clash, families: Mapping[EventKey, str]) -> Clash:
    """A clash without the question that people have answered: « même action ? »."""
    return replace(clash, question=None) if is_one_action(clash.events, families) else clash


def is_one_action(events: Collection[EventKey], families: Mapping[EventKey, str]) -> bool:
    """Whether people said that some events are one action, held in several places; `families` has each event's."""
    names = {families.get(event) for event in events}
    return len(events) > 1 and len(names) == 1 and None not in names
