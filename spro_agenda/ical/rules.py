"""What a series says of its own times, the same whichever way a client writes it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import icalendar

from spro_agenda.ical.read import KNOWN, CalendarObject, Moment, listed

_RULES, _DATES = ("RRULE", "EXRULE"), ("RDATE", "EXDATE")
_UNSAID = {"INTERVAL=1", "WKST=MO"}
"""Parts of a rule that some clients add and others leave out: they say what RFC 5545 section 3.3.10 takes for said."""


def recurrences(obj: CalendarObject) -> list[str]:
    """The rules and dates of each part, in their order: equal texts say the same (RFC 5545 sections 3.8.5.1 to 3)."""
    values = (each for each in obj.calendar.subcomponents if each.name in KNOWN)
    return ["\t".join(_recurrence(value)) for value in values]


def _recurrence(value: icalendar.Component) -> Iterator[str]:
    for name in _RULES:
        yield " ".join(sorted(map(_rule, listed(value, name))))
    for name in _DATES:
        yield " ".join(sorted({_date(each.dt) for dates in listed(value, name) for each in dates.dts}))


def _rule(rule: icalendar.vRecur) -> str:
    """A rule, its parts and their values in whichever order a client writes them."""
    parts = {f"{name.upper()}={','.join(sorted(map(_rule_value, values)))}" for name, values in rule.items()}
    return ";".join(sorted(parts - _UNSAID))


def _rule_value(value: object) -> str:
    return instant_text(value) if isinstance(value, date) else str(value).upper().removeprefix("+")


def _date(value: object) -> str:
    """A date of a series, or a period of RDATE."""
    ends = value if isinstance(value, tuple) else (value,)
    return "/".join(instant_text(each) if isinstance(each, date) else str(each) for each in ends)


def instant_text(moment: Moment | None) -> str:
    """The same instant is the same, whatever a client calls its zone."""
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        return moment.astimezone(UTC).isoformat()
    return moment.isoformat() if moment is not None else ""
