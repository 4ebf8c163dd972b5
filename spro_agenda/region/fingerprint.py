"""What of an event matters to whoever settled a clash with it: its times, rules and place, as they are written.

Never the dates that a series gives, or what region.toml makes of a place: a horizon that moves, or an alias that is
added, takes nobody's word back.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime

from spro_agenda.ical.lines import Component
from spro_agenda.ical.read import KNOWN, Moment, Part
from spro_agenda.region.entry import Entry
from spro_agenda.region.words import normalise

_RULES = ("RRULE", "EXRULE", "RDATE", "EXDATE")
_BRACKETS = re.compile(r"(?:\s*\[[^\[\]]*\])*")


def fingerprint(entry: Entry) -> str:
    """A hash that moves when the event moves, and when nothing else about it changes: 32 hexadecimal digits."""
    components = [each for each in entry.obj.tree.children if each.name in KNOWN]
    lines = sorted(
        "\t".join(_written(part, component)) for part, component in zip(entry.obj.parts, components, strict=True)
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]


def _written(part: Part, component: Component) -> Iterator[str]:
    yield from map(_moment, (part.recurrence_id, part.start, part.end))
    yield normalise(part.location)
    # The brackets that open a title tell a town, or when it is.
    brackets = _BRACKETS.match(part.title)
    yield normalise(brackets[0]) if brackets else ""
    for name in ("WINDOW", "DATE-WORDS"):
        yield part.spro.get(name, "")
    for name in _RULES:
        yield ",".join(sorted(_values(component, name)))


def _values(component: Component, name: str) -> Iterator[str]:
    """The values of a property, whichever way a client orders and splits them."""
    for line in component.lines:
        if line.name == name:
            value = line.value.strip().upper()
            yield ";".join(sorted(value.split(";"))) if name.endswith("RULE") else ",".join(sorted(value.split(",")))


def _moment(moment: Moment | None) -> str:
    """The same instant is the same, whatever a client calls its zone."""
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        return moment.astimezone(UTC).isoformat()
    return moment.isoformat() if moment is not None else ""
