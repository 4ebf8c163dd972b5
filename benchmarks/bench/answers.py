"""What a server said, in a shape that all servers share: what is allowed to differ is taken out.

An answer becomes a mapping. Its keys are what was found (a UID, an instance, a busy period, a file's name), its values
what was said about it. Times are UTC, `YYYYMMDDTHHMMSSZ`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

Said = Mapping[str, tuple[str, ...]]

SEVERAL = 3
"""How many of the things that differ are named."""

_STAMPS = ("DTSTAMP", "PRODID", "CREATED", "LAST-MODIFIED")
"""When, and by what, a text was written: not what it says."""

_DURATION = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


def status(code: int) -> Said:
    """An answer that is only a status: all that succeed are alike (201 and 204 after a PUT)."""
    return {"réussi": ()} if 200 <= code < 300 else {f"statut {code}": ()}


def properties(body: bytes) -> Said:
    """The names of the properties that an answer gives a value."""
    return {element.tag.partition("}")[2]: () for element in ET.fromstring(body).iter() if (element.text or "").strip()}


def names(body: bytes) -> Said:
    """The members that a multistatus names, by the last part of their paths; the collection itself left out."""
    hrefs = (unquote(element.findtext("{DAV:}href") or "") for element in _responses(body))
    return {href.rpartition("/")[2]: () for href in hrefs if not href.endswith("/")}


def bodies(body: bytes) -> Said:
    """The events of a multistatus's calendar-data, by UID, up to formatting."""
    return events(_calendar_data(body))


def instances(body: bytes) -> Said:
    """The instances of a multistatus's expanded calendar-data, by UID and start, with their titles."""
    return {
        f"{_value(lines, 'UID')} {_utc(lines, 'DTSTART')}": (_value(lines, "SUMMARY"),)
        for text in _calendar_data(body)
        for lines in vevents(text)
    }


def events(texts: Iterable[str]) -> Said:
    """The VEVENTs of iCalendar texts, by UID: their lines unfolded and in order, without stamps nor time zones."""
    found: dict[str, list[str]] = defaultdict(list)
    for text in texts:
        for lines in vevents(text):
            found[_value(lines, "UID")] += [line for line in lines if not _is(line, *_STAMPS)]
    return {uid: tuple(sorted(lines)) for uid, lines in found.items()}


def vevents(text: str) -> Iterator[list[str]]:
    """The content lines of each VEVENT of a text, unfolded (RFC 5545 section 3.1)."""
    lines: list[str] | None = None
    for line in re.sub(r"\r?\n[ \t]", "", text).splitlines():
        if line == "BEGIN:VEVENT":
            lines = []
        elif line == "END:VEVENT" and lines is not None:
            yield lines
            lines = None
        elif lines is not None:
            lines.append(line)


def busy(text: str) -> Said:
    """The time that a free-busy answer calls busy, as periods that neither meet nor overlap."""
    lines = re.sub(r"\r?\n[ \t]", "", text).splitlines()
    periods = (
        _period(period)
        for line in lines
        if _is(line, "FREEBUSY") and "FBTYPE=FREE" not in line.upper()
        for period in line.partition(":")[2].split(",")
    )
    return {f"{start:%Y%m%dT%H%M%SZ}/{end:%Y%m%dT%H%M%SZ}": () for start, end in union(periods)}


def union(periods: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """The same time as periods that neither meet nor overlap, in order."""
    merged: list[tuple[datetime, datetime]] = []
    for start, end in sorted(periods):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def difference(one: Said, other: Said) -> str | None:
    """What the other said otherwise than the one, in words; nothing where they agree."""
    told = [
        _told("manque", sorted(one.keys() - other.keys())),
        _told("en trop :", sorted(other.keys() - one.keys())),
        _changed(one, other),
    ]
    return " ; ".join(part for part in told if part) or None


def _told(what: str, keys: list[str]) -> str:
    if not keys:
        return ""
    more = ", …" if len(keys) > SEVERAL else ""
    return f"{what} {len(keys)} ({', '.join(keys[:SEVERAL])}{more})"


def _changed(one: Said, other: Said) -> str:
    changed = sorted(key for key in one.keys() & other.keys() if one[key] != other[key])
    if not changed:
        return ""
    key = changed[0]
    lines = [f"-{line}" for line in one[key] if line not in other[key]]
    lines += [f"+{line}" for line in other[key] if line not in one[key]]
    return f"{len(changed)} textes autres, dont {key} : {' '.join(lines[:SEVERAL])}"


def _responses(body: bytes) -> Iterator[ET.Element]:
    return ET.fromstring(body).iter("{DAV:}response")


def _calendar_data(body: bytes) -> list[str]:
    found = ET.fromstring(body).iter("{urn:ietf:params:xml:ns:caldav}calendar-data")
    return [element.text or "" for element in found]


def _is(line: str, *wanted: str) -> bool:
    return re.split("[;:]", line, maxsplit=1)[0].upper() in wanted


def _value(lines: Iterable[str], name: str) -> str:
    return next((line.partition(":")[2] for line in lines if _is(line, name)), "")


def _utc(lines: Iterable[str], name: str) -> str:
    """A property's time in UTC; one without zone, or a day, as it is."""
    line = next((line for line in lines if _is(line, name)), "")
    start, _colon, value = line.rpartition(":")
    zone = re.search(r'TZID="?([^;":]+)', start)
    if zone is None:
        return value
    local = datetime.strptime(value, "%Y%m%dT%H%M%S").replace(tzinfo=ZoneInfo(zone[1]))
    return f"{local.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _period(text: str) -> tuple[datetime, datetime]:
    """A period, of which the end or the duration is told (RFC 5545 section 3.3.9)."""
    start_text, _slash, end_text = text.strip().partition("/")
    start = datetime.strptime(start_text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    if not (duration := _DURATION.fullmatch(end_text)):
        return start, datetime.strptime(end_text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in duration.groups())
    return start, start + timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
