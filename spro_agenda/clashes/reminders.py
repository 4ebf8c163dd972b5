"""What is still without a date, and should have one soon: a pure function from planned events to reminders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from spro_agenda.clashes.opportunities import WITHIN_A_YEAR, Planned
from spro_agenda.model import Event, Window
from spro_agenda.region.head import brackets_of
from spro_agenda.region.records import Region
from spro_agenda.region.vague import Anchor, Meaning, hints_at_a_date, read_words

SOON = timedelta(days=30)
_OVER = frozenset({"CANCELLED", "COMPLETED"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """An event without a date, of which people are reminded.

    `words` are those that stand for its date, "" where none do. `window` is the days within which it was to take
    place, and `days_left` how many of them are to come, below 0 where the last one is over; both are `None` where its
    words give no days. `day` is then the one that counts as its date, where it carries one.
    """

    event: Event
    words: str
    window: Window | None = None
    days_left: int | None = None
    day: date | None = None

    @property
    def closes_on(self) -> date | None:
        """The last day of its window."""
        return self.window.end if self.window else None

    @property
    def is_late(self) -> bool:
        """Whether its window closed, and no date came."""
        return self.days_left is not None and self.days_left < 0


def find_reminders(planned: Iterable[Planned], region: Region, as_of: date) -> tuple[Reminder, ...]:
    """Each vague event whose window closes within thirty days, the nearest first; then those whose window closed
    without a date within a year, the latest first; then those whose words are not understood, dated or not."""
    found = (
        reminder
        for each in planned
        if each.event.status not in _OVER
        for reminder in (_of_firm(each, as_of) if each.occurrences else _of_vague(each.event, region, as_of))
    )
    return tuple(sorted(found, key=_order))


def _of_firm(planned: Planned, as_of: date) -> Iterator[Reminder]:
    """Whole days to come, behind a bracket that was meant for a date and is not understood: they count as its date."""
    days = [each.first_day for each in planned.occurrences if each.all_day and each.last_day >= as_of]
    words = next(filter(hints_at_a_date, brackets_of(planned.event.title)), None)
    if days and words is not None:
        yield Reminder(event=planned.event, words=words, day=min(days))


def _of_vague(event: Event, region: Region, as_of: date) -> Iterator[Reminder]:
    words = event.date_words or ""
    if event.window is None:
        if _is_to_ask(event, region, as_of):
            yield Reminder(event=event, words=words)
    elif as_of - WITHIN_A_YEAR <= event.window.end <= as_of + SOON:
        yield Reminder(event=event, words=words, window=event.window, days_left=(event.window.end - as_of).days)


def _is_to_ask(event: Event, region: Region, as_of: date) -> bool:
    """Whether words stand where a date should, and give no days, and do not say either that nobody knows yet.

    Of a task, words that are understood lack but the year: it is listed among what is to be dated.
    """
    if event.date_words is None:
        return False
    meaning = read_words(event.date_words, Anchor(day=as_of), region.school_holidays).meaning
    return meaning is Meaning.UNKNOWN or (meaning is Meaning.WINDOW and event.component == "VEVENT")


def _order(each: Reminder) -> tuple[bool, bool, int, object]:
    return each.days_left is None, each.is_late, abs(each.days_left or 0), each.event.key
