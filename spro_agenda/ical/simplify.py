"""An object's text as vobject reads and expands it, where the sender's own would stop it, or take it long.

What is stored and given back is the sender's text; this one is only for what Radicale looks at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from spro_agenda.ical.lines import Component, Line, parse
from spro_agenda.ical.read import CalendarObject
from spro_agenda.ical.write import Rewrite, calendar_text
from spro_agenda.ical.zones import YEARS, zones_of

_PERIOD = re.compile(r";VALUE=PERIOD(?![^;])", re.IGNORECASE)
_ZONE = re.compile(r';TZID=(?:"[^"]*"|[^";:,]*)', re.IGNORECASE)
_UNTIL = re.compile(r"(?:^|;)UNTIL=(\d{8})[^;]*", re.IGNORECASE)
_LOCAL_TIME = re.compile(r"(?<=\d{8}T\d{6})(?!\d|Z)", re.IGNORECASE)


def simplified(body: bytes) -> bytes:
    """The text with the starts of its RDATE periods for the periods, and a first component that is a master.

    vobject reads no period, and expands no invitation to one instance of a series (a lone RECURRENCE-ID): one such
    object would be an error for its whole calendar. Any other text comes back as it is. Raises BadCalendar.
    """
    tree = parse(body, "")[0]
    held = _held(tree)
    alone = _is_alone(held)
    if not alone and not any(_is_period(line) for component in held for line in component.lines):
        return body
    zones = zones_of(tree, "")

    def rewrite(index: int, component: Component) -> Rewrite:
        dropped = {"RDATE", "RECURRENCE-ID"} if alone and index == 0 else {"RDATE"}
        dates = tuple(_starts(zones.renamed(line)) for line in component.lines if line.name == "RDATE")
        return Rewrite(frozenset(dropped), dates)

    return calendar_text((), [(body, rewrite)])


def without_zones(obj: CalendarObject) -> bytes:
    """An object's text, simplified, with its local times written as if they were in UTC, and its series without end.

    For Radicale's check of what is sent, to which zones mean nothing: vobject spends four fifths of its time on them.
    It counts the instances of rules that end, and takes no more than 10,000, where it takes a rule that never ends;
    `check_bounded` has seen both.
    """
    held = _held(obj.tree)
    alone = _is_alone(held)
    lines = ["BEGIN:VCALENDAR", *(line.text for line in obj.tree.lines)]
    for index, component in enumerate(held):
        lines += _unzoned(component, as_master=alone and index == 0)
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


def _unzoned(component: Component, *, as_master: bool) -> Iterator[str]:
    yield f"BEGIN:{component.name}"
    start = component.first("DTSTART")
    for line in component.lines:
        if not (as_master and line.name == "RECURRENCE-ID") and not _is_no_time(line):
            plain = _endless(line, start) if line.name == "RRULE" and start else _starts(line)
            if plain.param("TZID") is None:
                yield plain.text
            else:
                yield f"{plain.name}{_ZONE.sub('', plain.params)}:{_LOCAL_TIME.sub('Z', plain.value)}"
    for child in component.children:
        yield from _unzoned(child, as_master=False)
    yield f"END:{component.name}"


def _is_no_time(line: Line) -> bool:
    """Whether a task's stamp is of no year: vobject fails on one of the year 1, which `read` overlooks."""
    return line.name in {"COMPLETED", "CREATED"} and line.value[:4].isdecimal() and int(line.value[:4]) not in YEARS


def _endless(rule: Line, start: Line) -> Line:
    """A rule without its UNTIL, unless that is before its start, which Radicale refuses."""
    until = _UNTIL.search(rule.value)
    if until is None or until[1] <= start.value[:8]:
        return rule
    return Line(rule.number, rule.name, rule.params, _UNTIL.sub("", rule.value).removeprefix(";"))


def _held(tree: Component) -> list[Component]:
    return [child for child in tree.children if child.name != "VTIMEZONE"]


def _is_alone(held: list[Component]) -> bool:
    """Whether somebody was invited to instances of a series alone."""
    return all(component.first("RECURRENCE-ID") for component in held)


def _is_period(line: Line) -> bool:
    return line.name == "RDATE" and _PERIOD.search(line.params) is not None


def _starts(line: Line) -> Line:
    if not _is_period(line):
        return line
    starts = ",".join(period.partition("/")[0] for period in line.value.split(","))
    return Line(line.number, line.name, _PERIOD.sub("", line.params), starts)
