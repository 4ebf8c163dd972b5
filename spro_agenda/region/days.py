"""Days in France: public holidays, and working days, which are neither Saturday, Sunday nor public holiday."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache

import holidays

from spro_agenda.model import Window, days_between


@cache
def _holidays() -> holidays.HolidayBase:
    # Years are filled in as they are asked for.
    return holidays.country_holidays("FR", language="fr")


def holiday_on(day: date) -> str | None:
    """The name of the public holiday on a day, in mainland France but Alsace-Moselle."""
    name = _holidays().get(day)
    return str(name) if name else None


def is_working(day: date) -> bool:
    """Whether people work on a day, anywhere in mainland France but Alsace-Moselle."""
    return day.weekday() < 5 and day not in _holidays()


def working_days(window: Window) -> Iterator[date]:
    """The working days of a window, in order."""
    return filter(is_working, days_between(window.start, window.end))


def first_working_days(window: Window) -> tuple[date, ...]:
    """The first working day within the window of each month that it touches; months without any are left out."""
    firsts: dict[tuple[int, int], date] = {}
    for day in working_days(window):
        firsts.setdefault((day.year, day.month), day)
    return tuple(firsts.values())


_SHORT_WINDOW = 5


def is_short(window: Window) -> bool:
    """Whether a window has five working days at most. It leaves little choice: it is shown over its days, and what it
    may clash with is said."""
    return len(list(working_days(window))) <= _SHORT_WINDOW


def markers(window: Window) -> tuple[date, ...]:
    """The days on which a window shows in a calendar: all of a short one's, else the first working day of each
    month that it touches."""
    if is_short(window):
        return tuple(days_between(window.start, window.end))
    return first_working_days(window)
