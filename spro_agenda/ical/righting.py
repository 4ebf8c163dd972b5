"""The content lines of a component as RFC 5545 has them, however its sender wrote them.

What a network sends is kept as it came; what the agenda hands on is read by programs that forgive less than we do.
Nothing takes place at another time for it, and no word of it is another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from spro_agenda.ical.lines import Component, Line
from spro_agenda.ical.read import unescaped, with_an_end
from spro_agenda.ical.write import raw_line, text_line
from spro_agenda.ical.zones import TIMES, YEARS, Zones, iana_name

_ONE_TEXT = frozenset({"SUMMARY", "DESCRIPTION", "LOCATION", "COMMENT", "CONTACT", "RELATED-TO"})
_MANY_TEXTS = frozenset({"CATEGORIES", "RESOURCES"})
_STAMPS = frozenset({"DTSTAMP", "CREATED", "LAST-MODIFIED", "COMPLETED"})
_STRANGERS = {"VEVENT": frozenset({"DUE", "COMPLETED", "PERCENT-COMPLETE"}), "VTODO": frozenset({"DTEND", "TRANSP"})}

_TEXT = re.compile(r"(?:[^\\;,\x00-\x08\x0a-\x1f\x7f]|\\[\\;,nN])*")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_EACH_TEXT = re.compile(r"(?:[^\\,]|\\.?)+")
_DAYS = re.compile(r"\d{8}(?:,\d{8})*")
_LOCAL = re.compile(r"\d{8}T\d{6}")
_KIND = re.compile(r';VALUE=(?:"[^"]*"|[^";:,]*)', re.IGNORECASE)
_ZONE = re.compile(r';TZID=(?:"[^"]*"|[^";:,]*)', re.IGNORECASE)
_UNTIL = re.compile(r"(?<=UNTIL=)([0-9]{8})(T[0-9]{6})?(Z?)", re.IGNORECASE)
_WITH_HOURS = re.compile(r"\+?P(?:(\d+)D)?T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?", re.IGNORECASE)
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+")
_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)+(?:[:/?#][!-~]*)?")


def righted(component: Component, zones: Zones) -> Component:
    """The component with its own lines as they should be; what is in it stays."""
    lines = [zones.renamed(line) for line in with_an_end(component)]
    found = Component(component.name, component.number, component.start, component.end, [], component.children)
    found.lines = list(_in_order(component.name, [each for line in lines for each in _line(line, lines)]))
    return found


def _in_order(name: str, lines: Sequence[Line]) -> Iterator[Line]:
    """Without what another kind of component has, and an end that is none (RFC 5545 sections 3.6.1, 3.8.2.2)."""
    start = next((line for line in lines if line.name == "DTSTART"), None)
    repeats = any(line.name in ("RRULE", "RDATE") for line in lines)
    for line in lines:
        if line.name in _STRANGERS.get(name, ()):
            continue
        if start is not None and line.name == "DTEND" and _is_same(line, start):
            continue
        if start is not None and line.name == "DUE" and _is_same(line, start) and repeats:
            continue
        if line is start and not repeats and any(each.name == "DUE" and _is_same(each, line) for each in lines):
            # The deadline says it all.
            continue
        yield line


def _is_same(line: Line, other: Line) -> bool:
    return line.value == other.value and line.param("TZID") == other.param("TZID")


def _line(line: Line, lines: Sequence[Line]) -> Iterator[Line]:
    """A line as it should be; nothing for one of which nobody can say that."""
    if line.name in _ONE_TEXT | _MANY_TEXTS and not line.value.strip():
        # libical tells each as an error.
        return
    if line.name in _ONE_TEXT:
        yield line if _TEXT.fullmatch(line.value) else text_line(line.name, _plain(line.value), line.params)
    elif line.name in _MANY_TEXTS:
        yield line if _is_list(line.value) else texts_line(line.name, map(_plain, texts_of(line.value)), line.params)
    elif line.name in _STAMPS:
        yield from _stamp(line)
    elif line.name in TIMES:
        yield _with_its_kind(line)
    elif line.name == "RRULE":
        yield _with_its_until(line, next((each for each in lines if each.name == "DTSTART"), None))
    elif line.name == "DURATION":
        yield _in_days(line) if any(each.name == "DTSTART" and _is_of_days(each) for each in lines) else line
    elif line.name == "URL":
        yield from _address(line)
    else:
        yield line


def texts_of(value: str) -> list[str]:
    """The texts of a list of them, as people read them."""
    return [unescaped(each) for each in _EACH_TEXT.findall(value)]


def texts_line(name: str, texts: Iterator[str], params: str = "") -> Line:
    """A property that is a list of texts."""
    return raw_line(name, ",".join(text_line(name, each).value for each in texts), params)


def _is_list(value: str) -> bool:
    return all(_TEXT.fullmatch(each) for each in _EACH_TEXT.findall(value))


def _plain(value: str) -> str:
    return _CONTROL.sub("", unescaped(value))


def _stamp(line: Line) -> Iterator[Line]:
    """In UTC (RFC 5545 section 3.8.7): one that names no zone is taken for that, and one of no year for none."""
    value = line.value.strip().upper()
    moment = value.removesuffix("Z") if _LOCAL.fullmatch(value.removesuffix("Z")) else ""
    if not moment or int(moment[:4]) not in YEARS:
        return
    zone = _zone_of(line)
    yield raw_line(line.name, value if value.endswith("Z") else _in_utc(moment, zone) if zone else f"{moment}Z")


def _with_its_kind(line: Line) -> Line:
    """Days say VALUE=DATE, and are in no zone (RFC 5545 sections 3.2.19, 3.3.4)."""
    if not _DAYS.fullmatch(line.value):
        return line
    return Line(line.number, line.name, ";VALUE=DATE" + _KIND.sub("", _ZONE.sub("", line.params)), line.value)


def _is_of_days(line: Line) -> bool:
    return _DAYS.fullmatch(line.value) is not None


def _with_its_until(rule: Line, start: Line | None) -> Line:
    """UNTIL is a day, a floating time, or in UTC, as DTSTART is one (RFC 5545 section 3.3.10)."""
    if start is None:
        return rule

    def written(found: re.Match[str]) -> str:
        day, time, utc = found.groups()
        if _is_of_days(start):
            return day
        # A day is the whole of it.
        moment, zone = f"{day}{time or 'T235959'}", _zone_of(start)
        if start.value.upper().endswith("Z"):
            return f"{moment}Z"
        if zone is None and start.param("TZID") is None:
            return moment
        return f"{moment}Z" if utc or zone is None else _in_utc(moment, zone)

    return Line(rule.number, rule.name, rule.params, _UNTIL.sub(written, rule.value))


def _zone_of(line: Line) -> ZoneInfo | None:
    tzid = line.param("TZID")
    known = iana_name(tzid) if tzid else None
    return ZoneInfo(known) if known else None


def _in_utc(moment: str, zone: ZoneInfo) -> str:
    year = int(moment[:4])
    if year not in YEARS:
        # No clock is told there; for ever stays for ever.
        return f"{moment}Z"
    local = datetime.strptime(moment.upper(), "%Y%m%dT%H%M%S").replace(tzinfo=zone)
    return f"{local.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _in_days(line: Line) -> Line:
    """A length beside a day is in whole days (RFC 5545 section 3.6.1); hours are rounded up, as we read them."""
    found = _WITH_HOURS.fullmatch(line.value.strip())
    if found is None:
        return line
    days, hours, minutes, seconds = (int(each or 0) for each in found.groups())
    rest = hours * 3600 + minutes * 60 + seconds
    return Line(line.number, line.name, line.params, f"P{days + -(-rest // 86400)}D")


def _address(line: Line) -> Iterator[Line]:
    """An address without its scheme is one of a page; what is none at all leads nobody anywhere."""
    value = line.value.strip()
    if _URI.fullmatch(value):
        yield line if value == line.value else raw_line("URL", value)
    elif _HOST.fullmatch(value):
        yield raw_line("URL", f"https://{value}")
