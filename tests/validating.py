"""Whether a text is iCalendar as RFC 5545 has it, line by line: what is at fault, each in a line of its own.

Slow and obvious on purpose, and it shares nothing with `spro_agenda.ical` nor with the libraries beneath: it is to find
out what those forgive. It holds to section 3.1 (lines), 3.2 (parameters), 3.3 (types of values), 3.6 (which property
stands where, how often) and 3.8, to RFC 7986 for a calendar's own properties, and to RFC 5546 section 3.2.1 in that
what has a METHOD has a DTSTART all the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

OCTETS = 75

PARAM_VALUE = r'(?:"[^"\x00-\x08\x0a-\x1f\x7f]*"|[^";:,\x00-\x08\x0a-\x1f\x7f]*)'
LINE = re.compile(
    rf"(?P<name>[A-Za-z0-9-]+)(?P<params>(?:;[A-Za-z0-9-]+={PARAM_VALUE}(?:,{PARAM_VALUE})*)*):(?P<value>.*)"
)
PARAM = re.compile(rf";([A-Za-z0-9-]+)=({PARAM_VALUE}(?:,{PARAM_VALUE})*)")
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")

DATE = re.compile(r"\d{8}")
DATE_TIME = re.compile(r"\d{8}T\d{6}Z?")
DURATION = re.compile(
    r"[+-]?P(?:\d+W|\d+D(?:T(?:\d+H(?:\d+M(?:\d+S)?)?|\d+M(?:\d+S)?|\d+S))?|T(?:\d+H(?:\d+M(?:\d+S)?)?|\d+M(?:\d+S)?|\d+S))"
)
UTC_OFFSET = re.compile(r"[+-]\d{4}(?:\d{2})?")
URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]*")
GEO = re.compile(r"[+-]?\d+(?:\.\d+)?;[+-]?\d+(?:\.\d+)?")
INTEGER = re.compile(r"[+-]?\d+")
TOKEN = re.compile(r"[A-Za-z0-9-]+")
# A text, and a list of texts: what is special in them stands behind a backslash (section 3.3.11).
TEXT = re.compile(r"(?:[^\\;,]|\\[\\;,nN])*")
TEXTS = re.compile(r"(?:[^\\;]|\\[\\;,nN])*")
WEEK_DAY = re.compile(r"(?:[+-]?\d{1,2})?(?:MO|TU|WE|TH|FR|SA|SU)")

ONE_TEXT = {
    *("SUMMARY", "DESCRIPTION", "LOCATION", "COMMENT", "CONTACT", "UID", "RELATED-TO", "TZID", "TZNAME", "NAME"),
    *("X-WR-CALNAME", "X-WR-CALDESC", "PRODID", "VERSION"),
}
MANY_TEXTS = {"CATEGORIES", "RESOURCES"}
MOMENTS = {"DTSTART", "DTEND", "DUE", "RECURRENCE-ID", "EXDATE", "RDATE"}
LISTS = {"EXDATE", "RDATE"}
IN_UTC = {"DTSTAMP", "CREATED", "LAST-MODIFIED", "COMPLETED"}
OFFSETS = {"TZOFFSETFROM", "TZOFFSETTO"}
URIS = {"URL", "SOURCE", "TZURL"}
STATUSES = {
    "VEVENT": {"TENTATIVE", "CONFIRMED", "CANCELLED"},
    "VTODO": {"NEEDS-ACTION", "COMPLETED", "IN-PROCESS", "CANCELLED"},
    "VJOURNAL": {"DRAFT", "FINAL", "CANCELLED"},
}

_OF_EVERY = {
    *("CLASS", "CREATED", "LAST-MODIFIED", "ORGANIZER", "SEQUENCE", "STATUS", "SUMMARY", "URL", "RECURRENCE-ID"),
    *("COLOR", "DTSTART", "DTSTAMP", "UID"),
}
ONCE = {
    "VCALENDAR": {"PRODID", "VERSION", "CALSCALE", "METHOD", "UID", "LAST-MODIFIED", "URL", "REFRESH-INTERVAL"}
    | {"SOURCE", "COLOR", "X-WR-CALNAME", "X-WR-CALDESC", "X-WR-TIMEZONE", "X-PUBLISHED-TTL"},
    "VEVENT": _OF_EVERY | {"DESCRIPTION", "GEO", "LOCATION", "PRIORITY", "TRANSP", "DTEND", "DURATION"},
    "VTODO": _OF_EVERY
    | {"DESCRIPTION", "GEO", "LOCATION", "PRIORITY", "COMPLETED", "PERCENT-COMPLETE", "DUE", "DURATION"},
    "VJOURNAL": _OF_EVERY,
    "VTIMEZONE": {"TZID", "LAST-MODIFIED", "TZURL"},
    "STANDARD": {"DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "RRULE"},
    "DAYLIGHT": {"DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "RRULE"},
    "VALARM": {"ACTION", "TRIGGER", "DURATION", "REPEAT"},
}
"""Properties that stand at most once in a component (sections 3.4, 3.6; RFC 7986 section 4)."""
REQUIRED = {
    "VCALENDAR": {"PRODID", "VERSION"},
    "VEVENT": {"UID", "DTSTAMP", "DTSTART"},
    "VTODO": {"UID", "DTSTAMP"},
    "VJOURNAL": {"UID", "DTSTAMP"},
    "VTIMEZONE": {"TZID"},
    "STANDARD": {"DTSTART", "TZOFFSETFROM", "TZOFFSETTO"},
    "DAYLIGHT": {"DTSTART", "TZOFFSETFROM", "TZOFFSETTO"},
    "VALARM": {"ACTION", "TRIGGER"},
}
STRANGERS = {
    "VEVENT": {"DUE", "COMPLETED", "PERCENT-COMPLETE"},
    "VTODO": {"DTEND", "TRANSP"},
    "VJOURNAL": {"DTEND", "DUE", "DURATION", "TRANSP", "LOCATION", "GEO"},
}
"""Properties that another component has."""
WITHIN = {
    "VCALENDAR": {"VEVENT", "VTODO", "VJOURNAL", "VTIMEZONE"},
    "VTIMEZONE": {"STANDARD", "DAYLIGHT"},
    "VEVENT": {"VALARM"},
    "VTODO": {"VALARM"},
}
"""The components of RFC 5545, and where they stand: other names are extensions (section 3.6, iana-comp and x-comp)."""
STANDARD_COMPONENTS = {name for names in WITHIN.values() for name in names} | {"VCALENDAR"}


@dataclass(frozen=True, slots=True)
class Line:
    """One content line; `number` is that of its first physical line."""

    number: int
    name: str
    params: dict[str, str]
    value: str

    @property
    def is_of_days(self) -> bool:
        return self.params.get("VALUE", "").upper() == "DATE"


@dataclass(slots=True)
class Component:
    name: str
    number: int
    lines: list[Line] = field(default_factory=list)
    children: list[Component] = field(default_factory=list)

    def of(self, name: str) -> list[Line]:
        return [line for line in self.lines if line.name == name]

    def first(self, name: str) -> Line | None:
        return next(iter(self.of(name)), None)

    def walk(self) -> Iterator[Component]:
        yield self
        for child in self.children:
            yield from child.walk()


def faults(data: bytes) -> list[str]:
    """What is at fault in a text of one VCALENDAR, in order; none, and it is valid."""
    found: list[str] = []
    lines = _content_lines(data, found)
    calendar = _tree(lines, found)
    if calendar is None:
        return found
    for component in calendar.walk():
        found += _of_component(component)
        for line in component.lines:
            found += (f"line {line.number}: {line.name}: {fault}" for fault in _of_line(line, component))
    found += _of_zones(calendar)
    found += _of_identities(calendar)
    return found


# ---- Lines (section 3.1)


def _content_lines(data: bytes, found: list[str]) -> list[Line]:
    if not data.endswith(b"\r\n"):
        found.append("the last line has no CRLF")
    lines: list[Line] = []
    unfolded: list[tuple[int, bytes]] = []
    for number, physical in enumerate(data.removesuffix(b"\r\n").split(b"\r\n"), 1):
        if b"\r" in physical or b"\n" in physical:
            found.append(f"line {number}: a line end that is no CRLF")
        if len(physical) > OCTETS:
            found.append(f"line {number}: {len(physical)} octets")
        try:
            physical.decode("utf-8")
        except UnicodeDecodeError:
            found.append(f"line {number}: a character is cut, or it is no UTF-8")
        if physical[:1] in (b" ", b"\t") and unfolded:
            begun, text = unfolded[-1]
            unfolded[-1] = begun, text + physical[1:]
        elif not physical:
            found.append(f"line {number}: it is empty")
        else:
            unfolded.append((number, physical))
    for number, raw in unfolded:
        text = raw.decode("utf-8", "replace")
        match = LINE.fullmatch(text)
        if match is None:
            found.append(f"line {number}: it is no content line: {text[:60]!r}")
            continue
        params = [(name.upper(), value.strip('"')) for name, value in PARAM.findall(match["params"])]
        if len(dict(params)) < len(params):
            found.append(f"line {number}: a parameter twice")
        lines.append(Line(number, match["name"].upper(), dict(params), match["value"]))
        if CONTROL.search(match["value"]):
            found.append(f"line {number}: a control character")
    return lines


def _tree(lines: list[Line], found: list[str]) -> Component | None:
    """The VCALENDAR, where the lines are one and nothing else."""
    whole: Component | None = None
    opened: list[Component] = []
    for line in lines:
        if line.name == "BEGIN":
            component = Component(line.value.upper(), line.number)
            if opened:
                opened[-1].children.append(component)
            elif whole is None and component.name == "VCALENDAR":
                whole = component
            else:
                found.append(f"line {line.number}: {component.name} outside of the VCALENDAR")
                return None
            opened.append(component)
        elif not opened:
            found.append(f"line {line.number}: {line.name} outside of the VCALENDAR")
            return None
        elif line.name == "END":
            if opened.pop().name != line.value.upper():
                found.append(f"line {line.number}: END:{line.value} of what is not open")
                return None
        else:
            opened[-1].lines.append(line)
    if opened or whole is None:
        found.append("the VCALENDAR has no end")
        return None
    return whole


# ---- Components (sections 3.4, 3.6)


def _of_component(component: Component) -> Iterator[str]:
    name = component.name
    here = f"line {component.number}: {name}"
    counted = Counter(line.name for line in component.lines)
    for each in sorted(REQUIRED.get(name, set()) - set(counted)):
        yield f"{here} without {each}"
    for each in sorted(ONCE.get(name, set())):
        if counted[each] > 1:
            yield f"{here} with {each} {counted[each]} times"
    for each in sorted(STRANGERS.get(name, set()) & set(counted)):
        yield f"{here} with {each}"
    for child in component.children:
        if child.name in STANDARD_COMPONENTS and child.name not in WITHIN.get(name, set()):
            yield f"line {child.number}: {child.name} in {name}"
    if name == "VCALENDAR" and not component.children:
        yield f"{here} without a component"
    if name == "VTIMEZONE" and not {"STANDARD", "DAYLIGHT"} & {child.name for child in component.children}:
        yield f"{here} without a STANDARD or DAYLIGHT"
    if name in STATUSES:
        yield from (f"{here}: {fault}" for fault in _of_times(component))


def _of_times(component: Component) -> Iterator[str]:
    start, lengths = component.first("DTSTART"), component.of("DURATION")
    ends = [*component.of("DTEND"), *component.of("DUE")]
    if lengths and ends:
        yield "DURATION beside an end"
    if start is None:
        yield from (f"{name} without DTSTART" for name in ("DURATION", "RRULE") if component.of(name))
        return
    for end in ends:
        yield from _of_end(end, start)
    for line in lengths:
        if line.value.startswith("-"):
            yield "a DURATION below zero"
        if start.is_of_days and "T" in line.value:
            yield "a DURATION of hours from a day on"
    for line in (*component.of("EXDATE"), *component.of("RDATE")):
        if line.params.get("VALUE", "").upper() != "PERIOD" and line.is_of_days != start.is_of_days:
            yield f"{line.name} is of another type than DTSTART"
    for rule in component.of("RRULE"):
        yield from _of_until(rule, start)


def _of_end(end: Line, start: Line) -> Iterator[str]:
    if end.is_of_days != start.is_of_days:
        yield f"{end.name} is of another type than DTSTART"
    elif _is_floating(end) != _is_floating(start):
        yield f"one of DTSTART and {end.name} is at no certain time"
    elif end.params.get("TZID") == start.params.get("TZID") and end.value <= start.value:
        yield f"{end.name} {end.value} is not after DTSTART {start.value}"


def _is_floating(line: Line) -> bool:
    return not line.is_of_days and "TZID" not in line.params and not line.value.endswith("Z")


def _of_until(rule: Line, start: Line) -> Iterator[str]:
    """Section 3.3.10: UNTIL is of DTSTART's type, floating where that is, else in UTC."""
    until = next((part[len("UNTIL=") :] for part in rule.value.upper().split(";") if part.startswith("UNTIL=")), None)
    if until is None:
        return
    if start.is_of_days != bool(DATE.fullmatch(until)):
        yield f"UNTIL {until} is of another type than DTSTART {start.value}"
    elif not start.is_of_days and until.endswith("Z") == _is_floating(start):
        yield f"UNTIL {until} does not go with DTSTART {start.value}"


# ---- Properties (sections 3.2, 3.3, 3.8)


def _of_line(line: Line, component: Component) -> Iterator[str]:
    name, value = line.name, line.value
    if name in ONE_TEXT and not TEXT.fullmatch(value):
        yield f"no TEXT: {value[:60]!r}"
    elif name in MANY_TEXTS and not TEXTS.fullmatch(value):
        yield f"no list of TEXT: {value[:60]!r}"
    elif name in MOMENTS:
        yield from _of_moments(line, component)
    elif name in IN_UTC and not (_is_moment(value) and value.endswith("Z")):
        yield f"no time in UTC: {value!r}"
    elif name in ("DURATION", "REFRESH-INTERVAL") and not DURATION.fullmatch(value):
        yield f"no duration: {value!r}"
    elif name in OFFSETS and not UTC_OFFSET.fullmatch(value):
        yield f"no offset: {value!r}"
    elif name in URIS and not URI.fullmatch(value):
        yield f"no URI: {value!r}"
    elif name == "RRULE":
        yield from _of_rule(value)
    elif name in _SIMPLE and not _SIMPLE[name](value):
        yield f"not one of its values: {value!r}"
    elif name == "STATUS" and component.name in STATUSES and value.upper() not in STATUSES[component.name]:
        yield f"none of a {component.name}: {value!r}"
    if name in ("REFRESH-INTERVAL", "SOURCE") and "VALUE" not in line.params:
        yield "RFC 7986 wants its VALUE"
    if name not in MOMENTS and not name.startswith("X-") and "TZID" in line.params:
        yield "a TZID"


_SIMPLE: dict[str, Callable[[str], object]] = {
    "VERSION": lambda value: value == "2.0",
    "CALSCALE": lambda value: value.upper() == "GREGORIAN",
    "METHOD": TOKEN.fullmatch,
    "CLASS": TOKEN.fullmatch,
    "COLOR": re.compile(r"[A-Za-z]+").fullmatch,
    "GEO": GEO.fullmatch,
    "PERCENT-COMPLETE": lambda value: INTEGER.fullmatch(value) and 0 <= int(value) <= 100,
    "PRIORITY": lambda value: INTEGER.fullmatch(value) and 0 <= int(value) <= 9,
    "SEQUENCE": lambda value: INTEGER.fullmatch(value) and int(value) >= 0,
    "TRANSP": lambda value: value.upper() in ("OPAQUE", "TRANSPARENT"),
}


def _of_moments(line: Line, component: Component) -> Iterator[str]:
    kind = line.params.get("VALUE", "DATE-TIME").upper()
    allowed = {"DATE-TIME", "DATE"} | ({"PERIOD"} if line.name == "RDATE" else set())
    if kind not in allowed:
        yield f"VALUE={kind}"
        return
    values = line.value.split(",") if line.name in LISTS else [line.value]
    for value in values:
        if kind == "DATE":
            if not _is_day(value):
                yield f"no day: {value!r}"
        elif kind == "PERIOD":
            start, _slash, end = value.partition("/")
            if not (_is_moment(start) and (_is_moment(end) or DURATION.fullmatch(end))):
                yield f"no period: {value!r}"
        elif not _is_moment(value):
            yield f"no time: {value!r}"
        elif value.endswith("Z") and "TZID" in line.params:
            yield f"a time in UTC and a TZID: {value!r}"
    if kind == "DATE" and "TZID" in line.params:
        yield "a day with a TZID"
    if component.name in ("STANDARD", "DAYLIGHT") and (
        "TZID" in line.params or kind != "DATE-TIME" or "Z" in line.value
    ):
        yield "an onset that is no local time"


def _is_day(value: str) -> bool:
    try:
        return bool(DATE.fullmatch(value)) and bool(datetime.strptime(value, "%Y%m%d"))
    except ValueError:
        return False


def _is_moment(value: str) -> bool:
    if not DATE_TIME.fullmatch(value):
        return False
    hour, minute, second = int(value[9:11]), int(value[11:13]), int(value[13:15])
    return _is_day(value[:8]) and hour < 24 and minute < 60 and second <= 60


_PARTS: dict[str, Callable[[str], object]] = {
    "FREQ": lambda each: each in ("SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"),
    "UNTIL": lambda each: _is_day(each) or _is_moment(each),
    "COUNT": lambda each: each.isdigit() and int(each) > 0,
    "INTERVAL": lambda each: each.isdigit() and int(each) > 0,
    "BYSECOND": lambda each: _numbers(each, 0, 60),
    "BYMINUTE": lambda each: _numbers(each, 0, 59),
    "BYHOUR": lambda each: _numbers(each, 0, 23),
    "BYDAY": lambda each: all(WEEK_DAY.fullmatch(one) for one in each.split(",")),
    "BYMONTHDAY": lambda each: _signed_numbers(each, 31),
    "BYYEARDAY": lambda each: _signed_numbers(each, 366),
    "BYWEEKNO": lambda each: _signed_numbers(each, 53),
    "BYMONTH": lambda each: _numbers(each, 1, 12),
    "BYSETPOS": lambda each: _signed_numbers(each, 366),
    "WKST": lambda each: each in ("MO", "TU", "WE", "TH", "FR", "SA", "SU"),
}


def _of_rule(value: str) -> Iterator[str]:
    parts = [part.partition("=") for part in value.upper().split(";")]
    names = [name for name, _equals, _value in parts]
    if len(set(names)) < len(names):
        yield f"a part twice: {value!r}"
    if "FREQ" not in names:
        yield f"no FREQ: {value!r}"
    if {"UNTIL", "COUNT"} <= set(names):
        yield f"UNTIL and COUNT: {value!r}"
    for name, _equals, said in parts:
        if name not in _PARTS:
            yield f"no part of a rule: {name!r}"
        elif not _PARTS[name](said):
            yield f"{name} cannot be {said!r}"


def _numbers(each: str, least: int, most: int) -> bool:
    return all(one.isdigit() and least <= int(one) <= most for one in each.split(","))


def _signed_numbers(each: str, most: int) -> bool:
    return all(INTEGER.fullmatch(one) and 1 <= abs(int(one)) <= most for one in each.split(","))


# ---- A calendar as a whole


def _of_zones(calendar: Component) -> Iterator[str]:
    """Sections 3.6.5 and 3.2.19: each TZID that is used is defined, and none is twice."""
    zones = [child for child in calendar.children if child.name == "VTIMEZONE"]
    defined = Counter(_plain(line.value) for zone in zones for line in zone.of("TZID"))
    used = {
        line.params["TZID"]
        for child in calendar.children
        if child.name != "VTIMEZONE"
        for component in child.walk()
        for line in component.lines
        if "TZID" in line.params
    }
    for tzid in sorted(used - set(defined)):
        yield f"the zone {tzid!r} is defined nowhere"
    for tzid, times in sorted(defined.items()):
        if times > 1:
            yield f"the zone {tzid!r} is defined {times} times"


def _plain(text: str) -> str:
    return re.sub(r"\\([\\;,])", r"\1", text)


def _of_identities(calendar: Component) -> Iterator[str]:
    """Section 3.8.4.4: a UID is of one series, of which each occurrence stands once."""
    held: dict[str, list[Component]] = {}
    for child in calendar.children:
        uid = child.first("UID")
        if child.name in STATUSES and uid is not None:
            held.setdefault(uid.value, []).append(child)
    for uid, its in sorted(held.items()):
        if len({each.name for each in its}) > 1:
            yield f"{uid!r} is of several kinds of component"
        named = Counter(_identity(each) for each in its)
        yield from (f"{uid!r} {of or 'itself'} is there {times} times" for of, times in named.items() if times > 1)
        series = next((each for each in its if not each.of("RECURRENCE-ID")), None)
        start = series.first("DTSTART") if series else None
        for each in its:
            of = each.first("RECURRENCE-ID")
            if start is not None and of is not None and of.is_of_days != start.is_of_days:
                yield f"{uid!r}: RECURRENCE-ID {of.value} is of another type than DTSTART {start.value}"


def _identity(component: Component) -> str:
    of = component.first("RECURRENCE-ID")
    return "" if of is None else of.params.get("TZID", "") + of.value
