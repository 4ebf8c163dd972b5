"""When an event takes place, as a mail says it: « jeudi 7 octobre 2021, 14h–17h »."""

from __future__ import annotations

from datetime import date, timedelta

from spro_agenda.i18n import _, day_words, hour_words, period_words
from spro_agenda.model import Occurrence
from spro_agenda.recurrence import FIRST_DAY, LAST_DAY
from spro_agenda.region.entry import Entry

AHEAD = timedelta(days=366)
"""How far the times of a series are looked at."""


def is_series(entry: Entry) -> bool:
    """Whether it takes place more than once."""
    return len(entry.events) > 1 or any(event.repeats for event in entry.events)


def times(entry: Entry, today: date) -> dict[str, Occurrence]:
    """When it takes place, by recurrence id; of a series, from a day on, and for a year. Cancelled times are none."""
    first, last = (today, today + AHEAD) if is_series(entry) else (FIRST_DAY, LAST_DAY)
    return {each.key.recurrence_id: each for each in entry.occurrences(first, last) if not each.event.cancelled}


def is_to_come(entry: Entry, today: date) -> bool:
    """Whether some of it is on a day or later; what has no date is."""
    if entry.is_vague:
        return entry.lead.window is None or entry.lead.window.end >= today
    return entry.is_undated or any(each.last_day >= today for each in times(entry, today).values())


def first_day(entry: Entry, today: date) -> date | None:
    """The first of its days from a day on, or of its window; `None` for what has no date."""
    if entry.lead.window is not None:
        return entry.lead.window.start
    days = [each.first_day for each in times(entry, today).values() if each.last_day >= today]
    return min(days, default=None)


def when(entry: Entry, today: date) -> str:
    """Its date and hours, the next of a series, its window, or that it has no date."""
    event = entry.lead
    if event.window is not None:
        days = period_words(event.window.start, event.window.end)
        return _("« {words} », date à fixer").format(words=event.date_words) if event.date_words else days
    if entry.is_undated:
        return _("« {words} »").format(words=event.date_words) if event.date_words else _("date à définir")
    known = sorted(times(entry, today).values(), key=lambda each: (each.start, each.end))
    ahead = [each for each in known if each.last_day >= today] or known
    if not ahead:
        return _("sans date à venir")
    words = occurrence_words(ahead[0], entry)
    return _("{first}, puis d'autres séances").format(first=words) if len(ahead) > 1 else words


def announced(entry: Entry) -> str:
    """What was said of the date of an event that had none, "" where that was nothing."""
    event = entry.lead
    if event.date_words:
        return _("« {words} »").format(words=event.date_words)
    return period_words(event.window.start, event.window.end) if event.window else ""


def occurrence_words(each: Occurrence, entry: Entry) -> str:
    """One time of an event."""
    if each.all_day or each.first_day != each.last_day:
        words = period_words(each.first_day, each.last_day)
        return words.removeprefix(_("le ")) if each.first_day == each.last_day else words
    start, end = (moment.astimezone(entry.region.time_zone) for moment in (each.start, each.end))
    hours = hour_words(start) if start == end else f"{hour_words(start)}–{hour_words(end)}"
    return f"{day_words(each.first_day, year=True)}, {hours}"
