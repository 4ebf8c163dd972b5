"""Time zones by their IANA names, whatever a client calls them.

Clients write `Europe/Paris`, `europe/paris`, `W. Europe Standard Time` (Outlook) or
`/freeassociation.sourceforge.net/Europe/Paris` (Evolution), each with a VTIMEZONE that may be decades old. A name
that we know gives the IANA zone; only a name that nobody knows is read from the VTIMEZONE that came with it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from spro_agenda.errors import BadCalendar
from spro_agenda.i18n import _
from spro_agenda.ical.lines import Component, Line

_TZID = re.compile(r'(;TZID=)(?:"[^"]*"|[^";:,]*)', re.IGNORECASE)


@cache
def _iana_names() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones()}


@cache
def _windows_names() -> dict[str, str]:
    return {name.casefold(): zone for name, zone in WINDOWS_TO_OLSON.items()}


@lru_cache(maxsize=1000)
def iana_name(tzid: str) -> str | None:
    """The IANA name that a TZID means, `None` when it means none."""
    given = tzid.strip().casefold()
    known = _iana_names().get(given) or _windows_names().get(given)
    if known:
        return known
    parts = given.strip("/").split("/")
    # RFC 5545 section 3.2.19: a leading solidus marks a vendor's "globally unique" name around the IANA one.
    tails = ("/".join(parts[cut:]) for cut in range(1, len(parts)))
    return next((_iana_names()[tail] for tail in tails if tail in _iana_names()), None)


@cache
def vtimezone(tzid: str, first_year: int, last_year: int) -> tuple[str, ...]:
    """The content lines of a VTIMEZONE for an IANA zone, exact from `first_year` to `last_year` (both inclusive).

    Written here because the libraries at hand put onsets in the wrong offset: RFC 5545 section 3.6.5 wants DTSTART and
    RDATE in the offset that ends, TZOFFSETFROM.
    """
    zone = ZoneInfo(tzid)
    at = datetime(first_year, 1, 1, tzinfo=UTC)
    onsets: dict[tuple[str, str, str, str], list[str]] = {}
    before = at.astimezone(zone)
    onsets[_observance(before, before)] = [f"{before:%Y%m%dT%H%M%S}"]
    for onset in _onsets(zone, at, datetime(last_year + 1, 1, 1, tzinfo=UTC)):
        after, offset = onset.astimezone(zone), before.utcoffset()
        assert offset is not None
        onsets.setdefault(_observance(before, after), []).append(f"{onset + offset:%Y%m%dT%H%M%S}")
        before = after
    lines = ["BEGIN:VTIMEZONE", f"TZID:{tzid}"]
    for (kind, offset_from, offset_to, name), times in onsets.items():
        lines += [
            f"BEGIN:{kind}",
            f"DTSTART:{times[0]}",
            *(f"RDATE:{time}" for time in times[1:]),
            f"TZNAME:{name}",
            f"TZOFFSETFROM:{offset_from}",
            f"TZOFFSETTO:{offset_to}",
            f"END:{kind}",
        ]
    return (*lines, "END:VTIMEZONE")


def _onsets(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[datetime]:
    """The moments in UTC, to the second, at which the zone's offset changes."""
    day = timedelta(days=1)
    while start < end:
        low, high = start, start + day
        if high.astimezone(zone).utcoffset() != low.astimezone(zone).utcoffset():
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) // 2
                middle = middle.replace(microsecond=0)
                same = middle.astimezone(zone).utcoffset() == low.astimezone(zone).utcoffset()
                low, high = (middle, high) if same else (low, middle)
            yield high
        start += day


def _observance(before: datetime, after: datetime) -> tuple[str, str, str, str]:
    kind = "DAYLIGHT" if after.dst() else "STANDARD"
    return kind, _offset(before), _offset(after), after.tzname() or "-"


def _offset(moment: datetime) -> str:
    seconds = int((moment.utcoffset() or timedelta()).total_seconds())
    hours, rest = divmod(abs(seconds), 3600)
    text = f"{'-' if seconds < 0 else '+'}{hours:02}{rest // 60:02}"
    return f"{text}{rest % 60:02}" if rest % 60 else text


YEARS = range(1600, 2200)
"""The years that an agenda holds. Apple dates a birthday of unknown year 1604; UTC overflows near years 1 and 9999."""

TIMES = frozenset({"DTSTART", "DTEND", "DUE", "RECURRENCE-ID", "EXDATE", "RDATE"})
"""Properties that are at no certain time when their zone is unknown."""


@dataclass(frozen=True, slots=True)
class Zones:
    """The time zones of one calendar. `names`: what each TZID in it is to be called; `own`: those that only its
    VTIMEZONE defines, by their new names."""

    names: dict[str, str]
    own: dict[str, Component]

    def renamed(self, line: Line) -> Line:
        """The line with its zone called by the right name."""
        if line.name == "TZID":
            return Line(line.number, line.name, line.params, self.names.get(zone_name(line), line.value))
        tzid = line.param("TZID")
        if tzid is None or self.names.get(tzid, tzid) == tzid:
            return line
        params = _TZID.sub(lambda found: found[1] + self.names[tzid], line.params)
        return Line(line.number, line.name, params, line.value)


def zone_name(line: Line) -> str:
    """The name that a TZID property gives: a text, whose commas Exchange escapes; parameters are written without."""
    return re.sub(r"\\([\\;,])", r"\1", line.value)


def zones_of(tree: Component, where: str) -> Zones:
    """The time zones that a calendar uses. Raises BadCalendar, with the line, for one that nobody knows."""
    defined = {
        zone_name(line): zone for zone in tree.children if zone.name == "VTIMEZONE" and (line := zone.first("TZID"))
    }
    zones = Zones({}, {})
    for component in tree.walk():
        for line in component.lines:
            tzid = line.param("TZID")
            if tzid is None or tzid in zones.names:
                continue
            if known := iana_name(tzid):
                zones.names[tzid] = known
            elif tzid in defined:
                # Named after what it says: two senders may call two zones the same, and icalendar remembers a zone
                # by its name for the whole process.
                definition = "\n".join(line.text for part in defined[tzid].walk() for line in part.lines)
                zones.names[tzid] = "zone-" + hashlib.sha256(definition.encode()).hexdigest()[:16]
                zones.own[zones.names[tzid]] = defined[tzid]
            elif line.name in TIMES:
                raise BadCalendar(
                    where,
                    line.number,
                    _("le fuseau horaire « {tzid} » est inconnu.").format(tzid=tzid),
                    _("Choisissez « Europe/Paris » dans votre application, puis recommencez."),
                )
    return zones
