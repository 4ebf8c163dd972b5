"""How long something takes, as people say it -> the stretches of working days in which it can stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from spro_agenda.model import Window, days_between
from spro_agenda.region.days import is_working, working_days
from spro_agenda.region.words import normalise

Hours = tuple[time, time]

MORNING: Hours = (time(9), time(12))
AFTERNOON: Hours = (time(14), time(17))
WHOLE_DAY: Hours = (time(9), time(17))
_STEP = timedelta(minutes=30)
_MOST_DAYS = 5
"""A working week."""

_NAMED = {
    "demi journee": (MORNING, AFTERNOON),
    "1 2 journee": (MORNING, AFTERNOON),
    "matin": (MORNING,),
    "matinee": (MORNING,),
    "apres midi": (AFTERNOON,),
    "jour": (WHOLE_DAY,),
    "journee": (WHOLE_DAY,),
    "journee entiere": (WHOLE_DAY,),
}
_NUMBERS = {
    words: str(number)
    for number, words in enumerate(("un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit"), 1)
} | {"une": "1"}
_ARTICLE = re.compile(r"1 (?!2 journee)")
_DAYS = re.compile(r"(\d{1,2}) ?(?:j|jours?|journees?)")
_HOURS = re.compile(r"(\d{1,2}) ?(?:h|heures?)(?: ?(\d{2})(?: ?(?:mn|min|minutes?))?| et (demie))?")
_MINUTES = re.compile(r"(\d{1,3}) ?(?:mn|min|minutes?)")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time from one moment to another, both in the region's time zone; for whole days, from midnight to midnight."""

    start: datetime
    end: datetime
    all_day: bool = False

    @property
    def days(self) -> Window:
        """Its local days."""
        return Window(self.start.date(), max(self.start, self.end - timedelta.resolution).date())


@dataclass(frozen=True, slots=True)
class Length:
    """So many days in a row, from the first hour of one of `hours` on the first of them to its second on the last."""

    days: int
    hours: tuple[Hours, ...]


def read_length(text: str) -> Length | None:
    """« demi-journée », « matinée », « 1h30 », « 2 jours »; `None` for other words, and for what is longer than a
    working day or week."""
    words = " ".join(_NUMBERS.get(word, word) for word in normalise(text).split())
    if hours := _NAMED.get(words) or _NAMED.get(_ARTICLE.sub("", words, count=1)):
        return Length(1, hours)
    if said := _DAYS.fullmatch(words):
        days = int(said[1])
        return Length(days, (WHOLE_DAY,)) if 1 <= days <= _MOST_DAYS else None
    if said := _HOURS.fullmatch(words):
        return _of_hours(timedelta(hours=int(said[1]), minutes=30 if said[3] else int(said[2] or 0)))
    if said := _MINUTES.fullmatch(words):
        return _of_hours(timedelta(minutes=int(said[1])))
    return None


def _of_hours(duration: timedelta) -> Length | None:
    """Within a half-day, or where it is longer, within a day; from a whole or a half hour on."""
    within = [MORNING, AFTERNOON] if duration <= _between(MORNING) else [WHOLE_DAY]
    hours = tuple(found for each in within for found in _placed_in(each, duration))
    return Length(1, hours) if duration and hours else None


def _placed_in(hours: Hours, duration: timedelta) -> Iterator[Hours]:
    steps = (_between(hours) - duration) // _STEP
    first = datetime.combine(datetime.min, hours[0])
    for begins in (first + _STEP * step for step in range(steps + 1)):
        yield begins.time(), (begins + duration).time()


def _between(hours: Hours) -> timedelta:
    start, end = (datetime.combine(datetime.min, each) for each in hours)
    return end - start


def stretches(length: Length, window: Window, zone: ZoneInfo) -> Iterator[Stretch]:
    """Every stretch of that length in a window, on working days alone, in order."""
    for first in working_days(window):
        last = first + timedelta(days=length.days - 1)
        if last in window and all(map(is_working, days_between(first, last))):
            for begins, ends in length.hours:
                yield Stretch(datetime.combine(first, begins, zone), datetime.combine(last, ends, zone))
