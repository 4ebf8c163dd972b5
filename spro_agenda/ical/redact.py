"""An event without what people wrote in it: only when it takes place is left.

Kept are properties whose values can hold no words of anybody's; all others go, and those that we do not know with them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from spro_agenda.i18n import _
from spro_agenda.ical.lines import Component, Line, parse
from spro_agenda.ical.write import Rewrite, calendar_text, fold, raw_line, text_line
from spro_agenda.ical.zones import zones_of

TITLE = _("Texte retiré")
"""What stands in place of the title."""

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
_OWN_ZONE = re.compile(r"zone-[0-9a-f]{16}")
_OBSERVANCES = frozenset({"STANDARD", "DAYLIGHT"})
_OFFSET = re.compile(r"\s*[+-]\d{4}(?:\d\d)?\s*", re.ASCII)


def redacted(body: bytes, at: datetime) -> bytes:
    """The text of an event as redacted at that moment: UID, times, status, one SEQUENCE more, and a title of ours.

    `body` is one that `read_object` takes; so is the result. Redacted twice, a text differs in DTSTAMP and SEQUENCE.
    """
    tree = parse(body, "")[0]
    zones = zones_of(tree, "")
    held = [child for child in tree.children if child.name != "VTIMEZONE"]
    sequence = max(map(_sequence, held)) + 1
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0"]
    for zone in zones.own.values():
        lines += _zone(zone)
    for component in held:
        own = [
            *_kept(component),
            raw_line("DTSTAMP", f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"),
            raw_line("SEQUENCE", str(sequence)),
            text_line("SUMMARY", TITLE),
        ]
        lines += [f"BEGIN:{component.name}", *(line.text for line in own), f"END:{component.name}"]
    bare = b"".join(map(fold, [*lines, "END:VCALENDAR"]))
    # Zones are called anew: a client's own name for one is a text too.
    return calendar_text((), [(bare, lambda _index, _component: Rewrite())])


def is_redacted(body: bytes) -> bool:
    """Whether there is nothing left to redact in a text."""
    return _without_stamps(redacted(body, datetime.fromtimestamp(0, UTC))) == _without_stamps(body)


def _without_stamps(body: bytes) -> list[str]:
    lines = (line for part in parse(body, "")[0].walk() for line in part.lines)
    # A zone of ours is called by what its definition is, its name included.
    return [_OWN_ZONE.sub("zone", line.text) for line in lines if line.name not in ("DTSTAMP", "SEQUENCE")]


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


def _sequence(component: Component) -> int:
    line = component.first("SEQUENCE")
    return int(line.value) if line and line.value.strip().isascii() and line.value.strip().isdigit() else 0


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
