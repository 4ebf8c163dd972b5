"""What of an event matters to whoever settled a clash with it: its times, rules and place, as they are written.

Never the dates that a series gives, or what region.toml makes of a place: a horizon that moves, or an alias that is
added, takes nobody's word back.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime

import icalendar

from spro_agenda.ical.read import KNOWN, Moment, Part, listed
from spro_agenda.region.entry import Entry
from spro_agenda.region.words import normalise

_RULES, _DATES = ("RRULE", "EXRULE"), ("RDATE", "EXDATE")
_UNSAID = {"INTERVAL=1", "WKST=MO"}
"""Parts of a rule that some clients add and others leave out: they say what RFC 5545 section 3.3.10 takes for said."""

_BRACKETS = re.compile(r"(?:\s*\[[^\[\]]*\])*")


def fingerprint(entry: Entry) -> str:
    """A hash that moves when the event moves, and when nothing else about it changes: 32 hexadecimal digits."""
    values = [each for each in entry.obj.calendar.subcomponents if each.name in KNOWN]
    lines = sorted("\t".join(_written(part, value)) for part, value in zip(entry.obj.parts, values, strict=True))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]


def _written(part: Part, value: icalendar.Component) -> Iterator[str]:
    yield from map(_moment, (part.recurrence_id, part.start, part.end))
    yield _changes_of_clock(part)
    yield normalise(part.location)
    # The brackets that open a title tell a town, or when it is.
    brackets = _BRACKETS.match(part.title)
    yield normalise(brackets[0]) if brackets else ""
    for name in ("WINDOW", "DATE-WORDS"):
        yield part.spro.get(name, "")
    for name in _RULES:
        yield " ".join(sorted(map(_rule, listed(value, name))))
    for name in _DATES:
        yield " ".join(sorted({_date(each.dt) for dates in listed(value, name) for each in dates.dts}))


def _rule(rule: icalendar.vRecur) -> str:
    """A rule, its parts and their values in whichever order a client writes them."""
    parts = {f"{name.upper()}={','.join(sorted(map(_rule_value, values)))}" for name, values in rule.items()}
    return ";".join(sorted(parts - _UNSAID))


def _rule_value(value: object) -> str:
    return _moment(value) if isinstance(value, date) else str(value).upper().removeprefix("+")


def _date(value: object) -> str:
    """A date of a series, or a period of RDATE."""
    ends = value if isinstance(value, tuple) else (value,)
    return "/".join(_moment(each) if isinstance(each, date) else str(each) for each in ends)


def _moment(moment: Moment | None) -> str:
    """The same instant is the same, whatever a client calls its zone."""
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        return moment.astimezone(UTC).isoformat()
    return moment.isoformat() if moment is not None else ""


def _changes_of_clock(part: Part) -> str:
    """The offsets of a series' zone in winter and in summer: the same rule from the same instant gives other hours in
    a zone that changes otherwise."""
    start = part.start
    if not part.repeats or not isinstance(start, datetime) or start.tzinfo is None:
        return ""
    return " ".join(str(start.replace(month=month, day=1).utcoffset()) for month in (1, 7))
