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
_TIME = re.compile(r"[0-9TZPWDHMSYtzpwdhmsy/,+-]*")
_RULE_PART = re.compile(r"(?:FREQ|UNTIL|COUNT|INTERVAL|WKST|BY[A-Z]{3,8})=[0-9A-Z,+-]+", re.IGNORECASE)
_WORDS = {
    "STATUS": frozenset({"CONFIRMED", "TENTATIVE", "CANCELLED", "NEEDS-ACTION", "IN-PROCESS", "COMPLETED"}),
    "TRANSP": frozenset({"OPAQUE", "TRANSPARENT"}),
}
_PARAMS = ("VALUE", "TZID", "RANGE")
_OWN_ZONE = re.compile(r"zone-[0-9a-f]{16}")
_ZONE = frozenset({"TZID", "DTSTART", "RRULE", "RDATE", "TZOFFSETFROM", "TZOFFSETTO"})


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
        elif line.name in _TIMES and _TIME.fullmatch(line.value):
            yield Line(0, line.name, _params(line), line.value)
        elif line.name == "RRULE":
            yield Line(0, "RRULE", "", ";".join(part for part in line.value.split(";") if _RULE_PART.fullmatch(part)))
        elif line.name in _WORDS and line.value.strip().upper() in _WORDS[line.name]:
            yield Line(0, line.name, "", line.value.strip().upper())


def _params(line: Line) -> str:
    """The parameters that say what sort of time it is. A name of a zone is quoted: some hold colons."""
    found = ((name, line.param(name)) for name in _PARAMS)
    return "".join(f';{name}="{value}"' if name == "TZID" else f";{name}={value}" for name, value in found if value)


def _sequence(component: Component) -> int:
    line = component.first("SEQUENCE")
    return int(line.value) if line and line.value.strip().isascii() and line.value.strip().isdigit() else 0


def _zone(component: Component) -> Iterator[str]:
    """A zone that only its sender knows, without its comments."""
    yield f"BEGIN:{component.name}"
    for line in component.lines:
        if line.name in _ZONE:
            yield line.text
    for child in component.children:
        yield from _zone(child)
    yield f"END:{component.name}"
