"""What of an event matters to whoever settled a clash with it: its times, rules and place, as they are written.

Never the dates that a series gives, or what region.toml makes of a place: a horizon that moves, or an alias that is
added, takes nobody's word back.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime

from spro_agenda.ical.read import Part
from spro_agenda.ical.rules import instant_text, recurrences
from spro_agenda.region.entry import Entry
from spro_agenda.region.words import normalise

_BRACKETS = re.compile(r"(?:\s*\[[^\[\]]*\])*")


def fingerprint(entry: Entry) -> str:
    """A hash that moves when the event moves, and when nothing else about it changes: 32 hexadecimal digits."""
    lines = sorted(
        "\t".join(_written(part, recurrence))
        for part, recurrence in zip(entry.obj.parts, recurrences(entry.obj), strict=True)
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]


def _written(part: Part, recurrence: str) -> Iterator[str]:
    yield from map(instant_text, (part.recurrence_id, part.start, part.end))
    yield _changes_of_clock(part)
    yield normalise(part.location)
    # The brackets that open a title tell a town, or when it is.
    brackets = _BRACKETS.match(part.title)
    yield normalise(brackets[0]) if brackets else ""
    for name in ("WINDOW", "DATE-WORDS"):
        yield part.spro.get(name, "")
    yield recurrence


def _changes_of_clock(part: Part) -> str:
    """The offsets of a series' zone in winter and in summer: the same rule from the same instant gives other hours in
    a zone that changes otherwise."""
    start = part.start
    if not part.repeats or not isinstance(start, datetime) or start.tzinfo is None:
        return ""
    return " ".join(str(start.replace(month=month, day=1).utcoffset()) for month in (1, 7))
