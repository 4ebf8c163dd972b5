"""An event without what people wrote in it: only when it takes place is left.

Kept are properties whose values can hold no words of anybody's; all others go, and those that we do not know with them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from spro_agenda.ical.lines import Component, Line, parse
from spro_agenda.ical.write import Rewrite, calendar_text, fold
from spro_agenda.ical.zones import zones_of

_TIMES = frozenset({"DTSTART", "DTEND", "DUE", "DURATION", "RDATE", "EXDATE", "RECURRENCE-ID"})
_SPAN = r"[+-]?P(?:\d{1,9}[WDHMS]|T)+"
_DATE = r"\d{8}(?:T\d{6}Z?)?"
_ONE_TIME = rf"(?:{_DATE}(?:/(?:{_DATE}|{_SPAN}))?|{_SPAN})"
_TIME = re.compile(rf"\s*{_ONE_TIME}(?:\s*,\s*{_ONE_TIME})*\s*", re.IGNORECASE | re.ASCII)
_RULE_PART = re.compile(
    r"FREQ=(?:SECOND|MINUTE|HOUR|DAI|WEEK|MONTH|YEAR)LY"
    r"|UNTIL=\d{8}(?:T\d{6}Z?)?"
    r"|(?:COUNT|INTERVAL)=\d{1,9}"
    r"|WKST=(?:MO|TU|WE|TH|FR|SA|SU)"
    r"|BYDAY=[+-]?\d{0,2}(?:MO|TU|WE|TH|FR|SA|SU)(?:,[+-]?\d{0,2}(?:MO|TU|WE|TH|FR|SA|SU))*"
    r"|BY(?:SECOND|MINUTE|HOUR|MONTHDAY|YEARDAY|WEEKNO|MONTH|SETPOS)=[+-]?\d{1,3}(?:,[+-]?\d{1,3})*",
    re.IGNORECASE | re.ASCII,
)
"""RFC 5545 section 3.3.10, part by part."""
_WORDS = {
    "STATUS": frozenset({"CONFIRMED", "TENTATIVE", "CANCELLED", "NEEDS-ACTION", "IN-PROCESS", "COMPLETED"}),
    "TRANSP": frozenset({"OPAQUE", "TRANSPARENT"}),
}
_PARAMS = {
    "VALUE": re.compile("DATE|DATE-TIME|PERIOD", re.IGNORECASE),
    # Named after what it is when the text is written.
    "TZID": re.compile(r'[^"]+'),
    "RANGE": re.compile("THISANDFUTURE", re.IGNORECASE),
}
_OBSERVANCES = frozenset({"STANDARD", "DAYLIGHT"})
_OFFSET = re.compile(r"\s*[+-]\d{4}(?:\d\d)?\s*", re.ASCII)


def bared(body: bytes, added: Callable[[Component], Iterable[Line]]) -> bytes:
    """The text of an event with its UID, times and status, and the lines that are added to each component of it.

    `body` is one that `read_object` takes. The result has the time zones that its sender alone knows, and calls the
    others by their names without defining them: `defined` makes it a text that `read_object` takes.
    """
    tree = parse(body, "")[0]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0"]
    for zone in zones_of(tree, "").own.values():
        lines += _zone(zone)
    for component in held(tree):
        own = [*_kept(component), *added(component)]
        lines += [f"BEGIN:{component.name}", *(line.text for line in own), f"END:{component.name}"]
    return b"".join(map(fold, [*lines, "END:VCALENDAR"]))


def defined(bare: bytes) -> bytes:
    """What `bared` left, with all its zones; they are called anew: a client's own name for one is a text too."""
    return calendar_text((), [(bare, lambda _index, _component: Rewrite())])


def held(tree: Component) -> list[Component]:
    """The components of a calendar that say what takes place."""
    return [child for child in tree.children if child.name != "VTIMEZONE"]


def sequence_of(component: Component) -> int:
    """Its SEQUENCE, 0 where there is none that makes sense."""
    line = component.first("SEQUENCE")
    return int(line.value) if line and line.value.strip().isascii() and line.value.strip().isdigit() else 0


def _kept(component: Component) -> Iterator[Line]:
    for line in component.lines:
        if line.name == "UID":
            yield Line(0, "UID", "", line.value)
        elif line.name in _WORDS and line.value.strip().upper() in _WORDS[line.name]:
            yield Line(0, line.name, "", line.value.strip().upper())
        else:
            yield from _time(line)


def _time(line: Line) -> Iterator[Line]:
    """What a line says of when, if it does."""
    if line.name in _TIMES and _TIME.fullmatch(line.value):
        yield Line(0, line.name, "" if line.name == "DURATION" else _params(line), line.value)
    elif line.name == "RRULE":
        parts = [part for part in line.value.strip().split(";") if _RULE_PART.fullmatch(part)]
        if parts:
            yield Line(0, "RRULE", "", ";".join(parts))


def _params(line: Line) -> str:
    """The parameters that say what sort of time it is. A name of a zone is quoted: some hold colons."""
    found = ((name, line.param(name) or "", allowed) for name, allowed in _PARAMS.items())
    return "".join(
        f';{name}="{value}"' if name == "TZID" else f";{name}={value}"
        for name, value, allowed in found
        if allowed.fullmatch(value)
    )


def _zone(zone: Component) -> Iterator[str]:
    """A zone that only its sender knows: when its offsets change, and the name that it goes by in the text."""
    name = zone.first("TZID")
    assert name is not None
    yield f"BEGIN:{zone.name}"
    # Once: a second name would not be replaced.
    yield f"TZID:{name.value}"
    for child in zone.children:
        if child.name in _OBSERVANCES:
            yield f"BEGIN:{child.name}"
            yield from (line.text for own in child.lines for line in _observance(own))
            yield f"END:{child.name}"
    yield f"END:{zone.name}"


def _observance(line: Line) -> Iterator[Line]:
    if line.name in ("TZOFFSETFROM", "TZOFFSETTO") and _OFFSET.fullmatch(line.value):
        yield Line(0, line.name, "", line.value)
    elif line.name in ("DTSTART", "RRULE", "RDATE"):
        yield from _time(line)
