"""Whether a calendar object meets a time range: RFC 4791 section 9.9.

Events meet where they take place, which the index tells exactly within its horizon. Tasks have rules of their own, for
which the index only narrows; their text decides. Times are epoch seconds, days and floating times those of a zone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from spro_agenda.ical.read import CalendarObject, Moment
from spro_agenda.recurrence import FIRST_DAY, LAST_DAY, Instance, instances, instant, spans

_DAY = timedelta(days=1)
EVER = -(2**53), 2**53
"""Before and after all times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """`[start, end)` in epoch seconds."""

    start: int
    end: int

    @property
    def first_day(self) -> date:
        """A day in UTC before which no local day of the range begins."""
        return day_of(self.start) - _DAY

    @property
    def last_day(self) -> date:
        return day_of(self.end) + _DAY

    def has(self, at_s: float) -> bool:
        """Whether an instant is within it."""
        return self.start <= at_s < self.end

    def meets(self, start_s: float, end_s: float) -> bool:
        """Whether an event shares an instant with it; an instant counts where it stands."""
        return start_s < self.end and (end_s > self.start or (end_s == start_s and start_s >= self.start))


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskTimes:
    """What the RFC's table for VTODO asks of a task, in epoch seconds."""

    start: float | None
    due: float | None
    completed: float | None
    created: float | None

    def meets(self, asked: Range) -> bool:
        """The RFC's table. A DUE may stand at the end of a range: what is due at midnight is due that day."""
        if self.start is not None and self.due is not None:
            return (asked.start < self.due or asked.start <= self.start) and (
                asked.end > self.start or asked.end >= self.due
            )
        if self.due is not None:
            return asked.start < self.due <= asked.end
        if self.start is not None:
            return asked.start <= self.start < asked.end
        return self._undated_meets(asked)

    def _undated_meets(self, asked: Range) -> bool:
        if self.completed is not None and self.created is not None:
            return (asked.start <= self.created or asked.start <= self.completed) and (
                asked.end >= self.created or asked.end >= self.completed
            )
        if self.completed is not None:
            return asked.start <= self.completed <= asked.end
        return self.created is None or asked.end > self.created

    @property
    def extent(self) -> tuple[int, int]:
        """Where it can meet a range, ends included: wider than the table at most."""
        known = [each for each in (self.start, self.due) if each is not None]
        if not known:
            known = [each for each in (self.completed, self.created) if each is not None]
            if self.completed is None:
                return (int(known[0]), EVER[1]) if known else EVER
        return int(min(known)), int(max(known))


def task_times(each: Instance, zone: ZoneInfo) -> TaskTimes:
    """When an instance of a task is."""

    def seconds(moment: Moment | None) -> float | None:
        return None if moment is None else instant(moment, zone).timestamp()

    part = each.part
    return TaskTimes(
        start=seconds(each.start),
        due=seconds(each.end),
        completed=seconds(part.completed),
        created=seconds(part.created),
    )


def meets(obj: CalendarObject, zone: ZoneInfo, asked: Range) -> bool:
    """Whether an object has an occurrence in a range, decided on its text."""
    for first, last in stretches(asked.first_day, asked.last_day):
        if obj.component == "VTODO":
            if any(task_times(each, zone).meets(asked) for each in instances(obj, zone, first, last)):
                return True
        elif any(asked.meets(span.start.timestamp(), span.end.timestamp()) for span in spans(obj, zone, first, last)):
            return True
    return False


def stretches(first: date, last: date) -> Iterator[tuple[date, date]]:
    """A period in growing pieces: most series tell in the first, and an open range goes on to the year 2200."""
    length = timedelta(days=31)
    while first <= last:
        yield first, min(first + length, last)
        first, length = first + length + _DAY, length * 4


def moment(text: str) -> int:
    """A moment in UTC as epoch seconds. Raises ValueError for another form (RFC 4791 section 9.9)."""
    return int(datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp())


def day_of(at_s: int) -> date:
    """The day in UTC of an instant, cut to the days that a calendar of ours may reach."""
    try:
        day = date.fromordinal(at_s // 86_400 + date(1970, 1, 1).toordinal())
    except (ValueError, OverflowError):
        return FIRST_DAY if at_s < 0 else LAST_DAY
    return min(max(day, FIRST_DAY), LAST_DAY)
