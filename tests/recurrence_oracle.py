"""When the occurrences of a series take place, worked out slowly and plainly: what the index must come to.

It shares nothing with `spro_agenda.recurrence` nor with the library beneath it. A series is told in numbers here, is
written as a client would (`as_text`), and is expanded by stepping through the rule on what a clock shows, one instance
after the other, from the first one on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

DAY = timedelta(days=1)

WEEK_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

ZONES = {"paris": "Europe/Paris", "new-york": "America/New_York", "utc": "UTC", "all-day": "", "floating": ""}
"""The forms of a time (RFC 5545 section 3.3.5), and the zone that each names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """An RRULE. `until` is what a clock shows at the last start that may be; `by` is written after the rest."""

    freq: str
    interval: int = 1
    count: int | None = None
    until: datetime | None = None
    by: str = ""

    def text(self, until: str) -> str:
        """The rule with its UNTIL written as `until`, where it has one."""
        count = f";COUNT={self.count}" if self.count is not None else ""
        return f"FREQ={self.freq};INTERVAL={self.interval}{count}{until and f';UNTIL={until}'}{self.by}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A component with RECURRENCE-ID `of`, which takes place otherwise; `ranged` is RANGE=THISANDFUTURE."""

    of: datetime
    start: datetime
    length: timedelta
    ranged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """An event. Moments are what a clock shows in its own zone; days are midnights.

    `length_as` is the property that gives its length: DTEND, DURATION, or nothing at all. `periods` are the starts and
    lengths of RDATE;VALUE=PERIOD.
    """

    uid: str
    form: str
    start: datetime
    length: timedelta
    length_as: str
    rule: Rule | None = None
    dates: tuple[datetime, ...] = ()
    periods: tuple[tuple[datetime, timedelta], ...] = ()
    exceptions: tuple[datetime, ...] = ()
    overrides: tuple[Override, ...] = ()

    @property
    def lasting(self) -> timedelta:
        """RFC 5545 section 3.6.1: with neither DTEND nor DURATION, a day lasts that day and a time no time."""
        if self.length_as:
            return self.length
        return DAY if self.form == "all-day" else timedelta()


# ---- When it takes place


def occurrences(series: Series, zone: ZoneInfo, last: date) -> list[tuple[int, int]]:
    """The starts and ends in epoch seconds of all that its rule gives until the day `last`, in no order.

    Days and floating times are those of `zone` (RFC 4791 section 9.9 leaves them to the server).
    """
    return [
        (seconds(begins, series, zone), _end_seconds(begins, lasting, series, zone))
        for begins, lasting in _shown(series, last)
    ]


def meet(occurrences: list[tuple[int, int]], start_s: int, end_s: int) -> bool:
    """Whether one of them is in `[start_s, end_s)`: RFC 4791 section 9.9, the table for VEVENT."""
    return any(
        (start_s < ends and end_s > begins) if ends > begins else start_s <= begins < end_s
        for begins, ends in occurrences
    )


def _shown(series: Series, last: date) -> Iterator[tuple[datetime, timedelta]]:
    """Where each instance ends up: its start, and how long it lasts, on its own clock."""
    own = {override.of: override for override in series.overrides if not override.ranged}
    ranged = sorted((each for each in series.overrides if each.ranged), key=lambda each: each.of)
    lengths = dict(series.periods)
    for instance in sorted(instances(series, last) - set(series.exceptions)):
        if instance in own:
            yield own[instance].start, own[instance].length
            continue
        # RFC 5545 section 3.8.4.4: all that follow move by the same difference, and last as long.
        since = [each for each in ranged if each.of <= instance]
        if since:
            yield instance + (since[-1].start - since[-1].of), since[-1].length
        else:
            # RFC 5545 section 3.8.5.2: the length of a period in an RDATE is its own.
            yield instance, lengths.get(instance, series.lasting)


def instances(series: Series, last: date) -> set[datetime]:
    """The recurrence set until the day `last`, before its exceptions; DTSTART counts (RFC 5545 section 3.8.5.3)."""
    found = {series.start, *series.dates, *(start for start, _length in series.periods)}
    if series.rule is not None:
        until = f"{series.rule.until:%Y%m%dT%H%M%S}" if series.rule.until else ""
        given = rrulestr(series.rule.text(until), dtstart=series.start)
        found.update(takewhile(lambda instance: instance.date() <= last, given))
    return found


def seconds(shown: datetime, series: Series, zone: ZoneInfo) -> int:
    """What a clock shows, as epoch seconds.

    RFC 5545 section 3.3.5: a time in the hour that is skipped is read with the offset before it, a time that comes
    twice is the first. So does Python, with fold=0.
    """
    place = ZoneInfo(ZONES[series.form]) if ZONES[series.form] else zone
    return int(shown.replace(tzinfo=place, fold=0).timestamp())


def _end_seconds(begins: datetime, lasting: timedelta, series: Series, zone: ZoneInfo) -> int:
    """An end is what the clock shows: a night until six ends at six on the night of the change too.

    An event that starts within the skipped hour and ends just after it would end before it starts: it lasts as long
    as it says.
    """
    start_s, end_s = seconds(begins, series, zone), seconds(begins + lasting, series, zone)
    return end_s if end_s >= start_s else end_s + 3600


# ---- What a client would send


def as_text(series: Series) -> bytes:
    """The calendar object. It names IANA zones, with no VTIMEZONE."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//essai//FR", *_master(series)]
    for override in series.overrides:
        lines += _override(series, override)
    return "".join(f"{line}\r\n" for line in [*lines, "END:VCALENDAR"]).encode()


def _master(series: Series) -> Iterator[str]:
    yield from ("BEGIN:VEVENT", f"UID:{series.uid}", f"SUMMARY:{series.uid}", _line(series, "DTSTART", series.start))
    yield from _length_lines(series, series.start, series.length)
    if series.rule is not None:
        yield f"RRULE:{series.rule.text(_until(series))}"
    if series.dates:
        yield _line(series, "RDATE", *series.dates)
    if series.periods:
        yield _periods(series)
    if series.exceptions:
        yield _line(series, "EXDATE", *series.exceptions)
    yield "END:VEVENT"


def _override(series: Series, override: Override) -> Iterator[str]:
    yield from ("BEGIN:VEVENT", f"UID:{series.uid}", f"SUMMARY:{series.uid} autrement")
    yield _line(series, "RECURRENCE-ID" + (";RANGE=THISANDFUTURE" if override.ranged else ""), override.of)
    yield _line(series, "DTSTART", override.start)
    yield _line(series, "DTEND", override.start + override.length)
    yield "END:VEVENT"


def _length_lines(series: Series, start: datetime, length: timedelta) -> Iterator[str]:
    if series.length_as == "DTEND":
        yield _line(series, "DTEND", start + length)
    elif series.length_as == "DURATION":
        yield f"DURATION:{duration(length)}"


def duration(length: timedelta) -> str:
    """RFC 5545 section 3.3.6: in days where they are whole, in minutes otherwise."""
    return f"P{length.days}D" if length and not length % DAY else f"PT{length // timedelta(minutes=1)}M"


def _line(series: Series, name: str, *moments: datetime) -> str:
    if series.form == "all-day":
        return f"{name};VALUE=DATE:" + ",".join(f"{moment:%Y%m%d}" for moment in moments)
    return f"{name}{_tzid(series)}:" + ",".join(_time(series, moment) for moment in moments)


def _periods(series: Series) -> str:
    """Half of them by their ends, half by their lengths: RFC 5545 section 3.3.9 has both."""
    written = [
        f"{_time(series, start)}/{_time(series, start + length) if number % 2 else duration(length)}"
        for number, (start, length) in enumerate(series.periods)
    ]
    return f"RDATE;VALUE=PERIOD{_tzid(series)}:" + ",".join(written)


def _tzid(series: Series) -> str:
    return f";TZID={ZONES[series.form]}" if series.form in ("paris", "new-york") else ""


def _time(series: Series, moment: datetime) -> str:
    return f"{moment:%Y%m%dT%H%M%S}" + ("Z" if series.form == "utc" else "")


def _until(series: Series) -> str:
    """RFC 5545 section 3.3.10: in UTC where the start has a zone, else in the form of the start."""
    assert series.rule is not None
    if series.rule.until is None:
        return ""
    if series.form == "all-day":
        return f"{series.rule.until:%Y%m%d}"
    if series.form == "floating":
        return f"{series.rule.until:%Y%m%dT%H%M%S}"
    return f"{datetime.fromtimestamp(seconds(series.rule.until, series, ZoneInfo('UTC')), UTC):%Y%m%dT%H%M%SZ}"
