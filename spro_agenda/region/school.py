"""School holidays of a zone, as decreed for mainland France: a library knows them, some two years ahead.

It is loaded when they are first asked for: a tenth of a second.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache, lru_cache
from typing import NamedTuple

from vacances_scolaires_france import SchoolHolidayDates

from spro_agenda.region.words import normalise

_DAY = timedelta(days=1)
_FIRST_MONTH = 9
HOLIDAYS = {
    "toussaint": "toussaint",
    "noel": "noel",
    "hiver": "hiver",
    "fevrier": "hiver",
    "printemps": "printemps",
    "paques": "printemps",
    "ascension": "ascension",
    "ete": "ete",
}
"""The words by which people tell holidays apart, and the holidays that each means."""


class Decreed(NamedTuple):
    """Holidays with their name and days, inclusive."""

    name: str
    start: date
    end: date


@cache
def decreed(zone: str) -> tuple[Decreed, ...]:
    """All that are known of a zone (« A », « B » or « C »), in order: « Vacances de la Toussaint 2026 »."""
    known = SchoolHolidayDates()
    in_zone = known.zone_key(zone)
    found: list[Decreed] = []
    for day, row in sorted(known.data.items()):
        if not row[in_zone]:
            continue
        name = row["nom_vacances"]
        if found and found[-1].end == day - _DAY and found[-1].name.startswith(name):
            found[-1] = found[-1]._replace(end=day)
        else:
            found.append(Decreed(f"{name} {day.year}", day, day))
    return tuple(found)


def school_year(day: date) -> int:
    """The year in which the school year of a day begins, on 1 September."""
    return day.year if day.month >= _FIRST_MONTH else day.year - 1


def year_words(year: int) -> str:
    """« 2026-2027 »."""
    return f"{year}-{year + 1}"


@lru_cache(maxsize=1000)
def which(name: str) -> str | None:
    """Which of the year's holidays a name means; `None` where it tells none of them."""
    return next((HOLIDAYS[word] for word in normalise(name).split() if word in HOLIDAYS), None)
