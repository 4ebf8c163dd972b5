"""Whether a calendar object meets a time range, decided on its text: RFC 4791 section 9.9.

The index answers most of this faster; this is for what it does not hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from spro_agenda.ical.read import CalendarObject, Part
from spro_agenda.recurrence import FIRST_DAY, LAST_DAY, instant, spans

_DAY = timedelta(days=1)


def meets(obj: CalendarObject, zone: ZoneInfo, start_s: int, end_s: int) -> bool:
    """Whether an occurrence shares an instant with `[start_s, end_s)`, in epoch seconds; an instant counts where it
    stands. Days and floating times are those of `zone`."""
    if obj.component == "VTODO":
        return any(_task_meets(part, zone, start_s, end_s) for part in obj.parts)
    # A day each side: the days of a range are counted in UTC here, and in `zone` there.
    return any(
        span.start.timestamp() < end_s
        and (span.end.timestamp() > start_s or (span.end == span.start and span.start.timestamp() >= start_s))
        for first, last in _stretches(day_of(start_s) - _DAY, day_of(end_s) + _DAY)
        for span in spans(obj, zone, first, last)
    )


def _stretches(first: date, last: date) -> Iterator[tuple[date, date]]:
    """A period in growing pieces: most series tell in the first, and an open range goes on to the year 2200."""
    length = timedelta(days=31)
    while first <= last:
        yield first, min(first + length, last)
        first, length = first + length + _DAY, length * 4


def day_of(at_s: int) -> date:
    """The day in UTC of an instant, cut to the days that a calendar of ours may reach."""
    try:
        day = date.fromordinal(at_s // 86_400 + date(1970, 1, 1).toordinal())
    except (ValueError, OverflowError):
        return FIRST_DAY if at_s < 0 else LAST_DAY
    return min(max(day, FIRST_DAY), LAST_DAY)


def _task_meets(part: Part, zone: ZoneInfo, start_s: int, end_s: int) -> bool:
    """The RFC's table for VTODO. A DUE may stand at the end of the range: what is due at midnight is due that day."""
    begins = instant(part.start, zone).timestamp() if part.start else None
    due = instant(part.end, zone).timestamp() if part.end else None
    if begins is not None and due is not None:
        return (start_s < due or start_s <= begins) and (end_s > begins or end_s >= due)
    if due is not None:
        return start_s < due <= end_s
    return begins is None or start_s <= begins < end_s
