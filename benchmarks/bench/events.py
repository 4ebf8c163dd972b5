"""The events that every peer holds: one in five weekly for ten weeks, the others one hour, Paris time. One in twenty
is at one time in one room with one or two others, a clash that no peer looks for.

Each carries the VTIMEZONE that a real client sends with it. Everything follows from an event's number, so that every
peer holds the same calendar.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

WEEKS = 10
"""Instances of a recurring event."""

EVERY = 5
"""One event in so many recurs."""

ROOMS, THEMES = 997, 40
"""Where events take place, and what they are about."""

SHARING = 20
"""One event in so many shares its room."""

SPAN_DAYS = 450
"""Days over which a calendar's events begin, unless they are spread at one density (Flat)."""

HEAD, TAIL = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//bench//FR\r\n", "END:VCALENDAR\r\n"

VTIMEZONE = (
    "BEGIN:VTIMEZONE\r\nTZID:Europe/Paris\r\n"
    "BEGIN:DAYLIGHT\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nTZNAME:CEST\r\n"
    "DTSTART:19700329T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nEND:DAYLIGHT\r\n"
    "BEGIN:STANDARD\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nTZNAME:CET\r\n"
    "DTSTART:19701025T030000\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nEND:STANDARD\r\n"
    "END:VTIMEZONE\r\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """A calendar of `size` events in the years around `year`. The month that is asked for is that year's June."""

    size: int
    year: int

    @property
    def month(self) -> tuple[date, date]:
        """The first day of the month asked for, and the first one after it."""
        return date(self.year, 6, 1), date(self.year, 7, 1)

    def day(self, number: int) -> date:
        """The day on which an event begins. Neighbours in number are not neighbours in time."""
        return date(self.year, 1, 1) + timedelta(days=number * 37 % SPAN_DAYS)

    def uid(self, number: int) -> str:
        return f"bench-{number}"

    def name(self, number: int) -> str:
        """The last part of an event's path, the same on every peer."""
        return f"{self.uid(number)}.ics"

    def numbers(self) -> range:
        return range(self.size)

    def texts(self) -> Iterator[tuple[str, str]]:
        """Every event's name and iCalendar text."""
        return ((self.name(number), self.text(number)) for number in self.numbers())

    def text(self, number: int, *, note: str = "") -> str:
        """The text of one event, with a word more in its title where a change is wanted."""
        return "".join([HEAD, VTIMEZONE, self._vevent(number, note), TAIL])

    def _room(self, number: int) -> str:
        """Events whose numbers are SPAN_DAYS apart begin on one day, and at one hour."""
        if number % SHARING == 3:
            return f"commune {number % SPAN_DAYS} {number // SPAN_DAYS // 3}"
        return str(number % ROOMS)

    def _vevent(self, number: int, note: str) -> str:
        start = datetime.combine(self.day(number), time(8 + number % 9))
        rule = f"RRULE:FREQ=WEEKLY;COUNT={WEEKS}\r\n" if number % EVERY == 0 else ""
        return (
            f"BEGIN:VEVENT\r\nUID:{self.uid(number)}\r\nDTSTAMP:20210101T000000Z\r\n"
            f"DTSTART;TZID=Europe/Paris:{start:%Y%m%dT%H%M%S}\r\n"
            f"DTEND;TZID=Europe/Paris:{start + timedelta(hours=1):%Y%m%dT%H%M%S}\r\n{rule}"
            f"SUMMARY:Action {number}{note}\r\nLOCATION:Salle {self._room(number)}\\, Chartres\r\n"
            f"DESCRIPTION:Une action du réseau.\\nThème : essais {number % THEMES}\r\nEND:VEVENT\r\n"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DenseCalendar(Calendar):
    """A calendar that grows in years and not in density: the same month gives the same hits whatever its size.

    The first `near` events, and those that it has not yet, begin in the month asked for or so shortly before that their
    instances may reach it. The others lie around them, `per_day` a day, in turn before (too early to reach the month)
    and after.
    """

    near: int = 1000
    per_day: int = 11

    def day(self, number: int) -> date:
        first, end = self.month[0] - timedelta(weeks=WEEKS), self.month[1]
        if not self.near <= number < self.size:  # a new one stands near too, whatever the size
            return first + timedelta(days=number * 37 % (end - first).days)
        further, after = divmod(number - self.near, 2)
        days = timedelta(days=further // self.per_day)
        return end + days if after else first - timedelta(days=1) - days
