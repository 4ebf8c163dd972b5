"""Our records -> iCalendar text: calendars put together from the texts of their objects.

Components are written from their own content lines, so that properties we do not know survive; only what a Rewrite
names is changed. Time zones are called by their IANA names, each defined once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from spro_agenda.ical.lines import Component, Line, parse
from spro_agenda.ical.zones import TIMES, YEARS, Zones, iana_name, vtimezone, zone_name, zones_of

PRODID = "-//SPRO Centre-Val de Loire//Agenda SPRO//FR"
_OCTETS = 75
_UNTIL = re.compile(r"UNTIL=(\d{4})", re.IGNORECASE)
_YEAR = re.compile(r"(?:^|[,/])([0-9]{4})")
_YEARS_ON = 2
_FOR_EVER = 2060
"""The year up to which a VTIMEZONE tells the changes of clock of series, whatever their UNTIL: some write 9999."""


@dataclass(frozen=True, slots=True)
class Rewrite:
    """How a component is written: without the properties `dropped`, with the lines `added`, with the components `inner`
    to it (VALARM, PARTICIPANT) or not; as a component of another `name`, where one is given; `plain` without parameters
    but those that say what sort of time there is."""

    dropped: frozenset[str] = frozenset()
    added: tuple[Line, ...] = ()
    inner: bool = True
    name: str = ""
    plain: bool = False


Rewriter = Callable[[int, Component], Rewrite]
"""What to change in the n-th component of an object."""

Plan = Callable[[list[Component], Zones], Iterable[tuple[Component, Rewrite]]]
"""What is written of the components of an object, each as often as it is named; zones go by their names."""


def each_once(rewriter: Rewriter) -> Plan:
    """The plan that writes each component once, in order."""
    return lambda held, _zones: ((each, rewriter(index, each)) for index, each in enumerate(held))


def text_line(name: str, text: str, params: str = "") -> Line:
    """A property of type TEXT (RFC 5545 section 3.3.11), its value escaped; `params` begins with a semicolon."""
    escaped = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return Line(0, name, params, escaped.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n"))


def raw_line(name: str, value: str, params: str = "") -> Line:
    """A property whose value is written as it is: dates, URIs, numbers."""
    return Line(0, name, params, value)


def calendar_text(header: Iterable[Line], objects: Iterable[tuple[bytes, Rewriter]]) -> bytes:
    """One VCALENDAR of all the objects, folded, with CRLF line ends; each with its own rewriting.

    The objects are texts that `read_object` takes.
    """
    return put_together(header, (piece_of(body, each_once(rewriter)) for body, rewriter in objects))


def planned_text(header: Iterable[Line], objects: Iterable[tuple[Component, Plan]], zone: str = "") -> bytes:
    """The same of objects that were read already, each with a plan; see `put_together` for `zone`."""
    return put_together(header, (_piece(tree, plan) for tree, plan in objects), zone)


@dataclass(frozen=True, slots=True)
class Piece:
    """The components of an object as they stand in a calendar, and the zones that they need there."""

    text: bytes
    zones: _ZoneList


def piece_of(body: bytes, plan: Plan) -> Piece:
    """An object's part of a calendar, which can be kept and put together with others again and again."""
    return _piece(parse(body, "")[0], plan)


def _piece(tree: Component, plan: Plan) -> Piece:
    zones = _ZoneList()
    return Piece(_rewritten(tree, plan, zones), zones)


def put_together(header: Iterable[Line], pieces: Iterable[Piece], zone: str = "") -> bytes:
    """One VCALENDAR of some pieces; of nothing but the IANA zone, where there are none: RFC 5545 section 3.6 wants a
    component."""
    zones, texts = _ZoneList(), list[bytes]()
    for each in pieces:
        texts.append(each.text)
        zones.add(each.zones)
    if zone and not texts:
        zones.note_years(zone, "/".join(map(str, _ZONE_YEARS)))
    return _calendar(header, texts, zones)


def joined(header: Iterable[Line], bodies: Iterable[bytes]) -> bytes:
    """One VCALENDAR of all the objects, as `calendar_text` has it, with all that was sent.

    Components are copied byte for byte where they already have CRLF line ends and zones by their IANA names.
    """
    zones = _ZoneList()
    as_it_is = each_once(lambda _index, _component: Rewrite())
    texts = [_copied(body, zones) or _rewritten(parse(body, "")[0], as_it_is, zones) for body in bodies]
    return _calendar(header, texts, zones)


def _calendar(header: Iterable[Line], components: list[bytes], zones: _ZoneList) -> bytes:
    top = [raw_line("VERSION", "2.0"), raw_line("PRODID", PRODID), raw_line("CALSCALE", "GREGORIAN"), *header]
    lines = ["BEGIN:VCALENDAR", *(line.text for line in top), *zones.lines()]
    return b"".join([*map(fold, lines), *components, fold("END:VCALENDAR")])


def _rewritten(tree: Component, plan: Plan, zones: _ZoneList) -> bytes:
    """The components of an object, as text."""
    named = zones_of(tree, "")
    held = [child for child in tree.children if child.name != "VTIMEZONE"]
    return b"".join(
        fold(line) for component, rewrite in plan(held, named) for line in _component(component, named, rewrite, zones)
    )


def _copied(body: bytes, zones: _ZoneList) -> bytes | None:
    """The components of an object's text as they stand; `None` where they must be written anew."""
    timed = [(tzid.decode(), value) for tzid, value in _IN_ZONE.findall(body)]
    named = {tzid for tzid, _value in timed}
    held = _HELD.findall(body)
    if (
        body.count(b"\n") != body.count(b"\r\n")
        or len(held) != len(_ANY_HELD.findall(body))
        or len(_ANY_ZONE.findall(body)) != len(timed)
        or not all(iana_name(tzid) == tzid for tzid in named)
    ):
        return None
    for tzid, value in timed:
        zones.note_years(tzid, _FOLD.sub(b"", value).decode("utf-8", "replace"))
    for rule in _RULE.findall(body) if named else ():
        for tzid in named:
            zones.note_rule(raw_line("RRULE", rule.decode()), tzid)
    return b"".join(text if text.endswith(b"\n") else text + b"\r\n" for text in held)


_IN_ZONE = re.compile(rb';TZID=([^":;,\r\n]+):([0-9]{4}[^\r\n]*(?:\r\n[ \t][^\r\n]*)*)')
_FOLD = re.compile(rb"\r\n[ \t]")
_ANY_ZONE = re.compile(rb";\s*T\s*Z\s*I\s*D\s*=", re.IGNORECASE)
"""Folded in its midst, too."""
_RULE = re.compile(rb"^RRULE[:;](.*)$", re.MULTILINE | re.IGNORECASE)
_ANY_HELD = re.compile(
    rb"^\s*B\s*E\s*G\s*I\s*N\s*:\s*V\s*(?:E\s*V\s*E\s*N\s*T|T\s*O\s*D\s*O|J\s*O\s*U\s*R\s*N\s*A\s*L)\b",
    re.IGNORECASE | re.MULTILINE,
)
_HELD = re.compile(
    b"|".join(rb"^BEGIN:%b\r\n.*?^END:%b(?:\r\n|\Z)" % (name, name) for name in (b"VEVENT", b"VTODO", b"VJOURNAL")),
    re.DOTALL | re.MULTILINE,
)


@cache
def zone_text(tzid: str) -> str:
    """A calendar of nothing but the definition of an IANA zone: what RFC 4791 section 5.2.2 has a calendar say."""
    lines = (raw_line("VERSION", "2.0").text, raw_line("PRODID", PRODID).text, *vtimezone(tzid, *_ZONE_YEARS))
    return "".join(fold(line).decode() for line in ("BEGIN:VCALENDAR", *lines, "END:VCALENDAR"))


_ZONE_YEARS = 2000, 2040


def fold(line: str) -> bytes:
    """A content line as physical lines of 75 octets at most, no character cut (RFC 5545 section 3.1)."""
    data, folded, start, room = line.encode(), [], 0, _OCTETS
    while len(data) - start > room:
        cut = start + room
        while data[cut] & 0xC0 == 0x80:
            cut -= 1
        folded.append(data[start:cut])
        start, room = cut, _OCTETS - 1
    return b"\r\n ".join([*folded, data[start:]]) + b"\r\n"


class _ZoneList:
    """The zones that the components written so far need, and the years that they reach over."""

    def __init__(self) -> None:
        self._years: dict[str, set[int]] = {}
        self._own: dict[str, Component] = {}

    def note(self, line: Line, zones: Zones) -> None:
        tzid = line.param("TZID")
        if tzid is None:
            return
        if tzid in zones.own:
            self._own[tzid] = zones.own[tzid]
        elif line.name in TIMES and line.value[:4].isdigit():
            self.note_years(tzid, line.value)

    def add(self, others: _ZoneList) -> None:
        """Note what others need."""
        for tzid, years in others._years.items():
            self._years.setdefault(tzid, set()).update(years)
        self._own.update(others._own)

    def note_years(self, tzid: str, value: str) -> None:
        """The years of all dates of a list, and of both ends of periods."""
        for year in _YEAR.findall(value):
            self._note_year(tzid, int(year))

    def _note_year(self, tzid: str, year: int) -> None:
        """Texts that merely look like dates are noted too, and exceptions that are far from any agenda."""
        self._years.setdefault(tzid, set()).add(min(max(year, YEARS[0]), YEARS[-1]))

    def note_rule(self, rule: Line, zone: str | None) -> None:
        """A series in a zone goes on until its UNTIL, or for long."""
        if zone is not None and zone in self._years:
            until = _UNTIL.search(rule.value)
            self._note_year(zone, min(int(until[1]), _FOR_EVER) if until else _FOR_EVER)

    def lines(self) -> Iterator[str]:
        for tzid, years in sorted(self._years.items()):
            yield from vtimezone(tzid, min(years) - 1, max(years) + _YEARS_ON)
        for tzid, zone in sorted(self._own.items()):
            yield from _own_zone(zone, Zones({_tzid(zone): tzid}, {}))


def _own_zone(zone: Component, zones: Zones) -> Iterator[str]:
    """A sender's own definition of a zone, without what else is written there."""
    yield f"BEGIN:{zone.name}"
    for line in zone.lines:
        if line.name in _OF_ZONES:
            renamed = zones.renamed(line)
            yield f"{renamed.name}{plain_params(renamed)}:{renamed.value}"
    for child in zone.children:
        yield from _own_zone(child, zones)
    yield f"END:{zone.name}"


def plain_params(line: Line) -> str:
    """The parameters of a line that say what sort of time it is."""
    return "".join(_PLAIN_PARAMS.findall(line.params))


_OF_ZONES = frozenset({"TZID", "DTSTART", "RRULE", "RDATE", "TZOFFSETFROM", "TZOFFSETTO", "LAST-MODIFIED"})
_PLAIN_PARAMS = re.compile(r";(?:VALUE|TZID|RANGE)=(?:\"[^\"]*\"|[^\";:,]*)", re.IGNORECASE)


def _tzid(zone: Component) -> str:
    line = zone.first("TZID")
    return zone_name(line) if line else ""


def _component(component: Component, zones: Zones, rewrite: Rewrite, needed: _ZoneList) -> Iterator[str]:
    name = rewrite.name or component.name
    yield f"BEGIN:{name}"
    for line in component.lines:
        if line.name not in rewrite.dropped:
            renamed = zones.renamed(line)
            needed.note(renamed, zones)
            yield f"{renamed.name}{plain_params(renamed)}:{renamed.value}" if rewrite.plain else renamed.text
    start, rule = component.first("DTSTART"), component.first("RRULE")
    if start and rule and "RRULE" not in rewrite.dropped:
        needed.note_rule(rule, zones.renamed(start).param("TZID"))
    for line in rewrite.added:
        yield line.text
    for child in component.children if rewrite.inner else ():
        yield from _component(child, zones, Rewrite(), needed)
    yield f"END:{name}"
