"""Times in words, by the clock of the region: « jeudi 7 octobre 2021, 14 h – 16 h »."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from spro_agenda.differences.views import View
from spro_agenda.i18n import _, day_words, period_words
from spro_agenda.ical.read import Moment, Part
from spro_agenda.recurrence import instant

TIMES = ("DTSTART", "DTEND", "DUE", "DURATION", "X-SPRO-WINDOW", "X-SPRO-DATE-WORDS", "X-SPRO-EDTF")
"""The properties that say when an event takes place, once."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Says times as they are in a zone."""

    zone: ZoneInfo

    def when(self, view: View) -> str:
        """When a part takes place: its date and hours, its window, or « sans date »."""
        event, part = view.event, view.part
        if event.window is not None or event.date_words is not None:
            days = period_words(event.window.start, event.window.end) if event.window else ""
            words = f"« {event.date_words} »" if event.date_words else ""
            return ", ".join(each for each in (words, days) if each)
        start, end = self._bounds(part)
        if start is None:
            return _("sans date")
        if not isinstance(start, datetime):
            return self._days(start, end)
        return self._hours(start, end)

    def day(self, moment: Moment) -> str:
        """« jeudi 7 octobre 2021 »."""
        return day_words(self._local_day(moment), year=True)

    def short_day(self, moment: Moment) -> str:
        """« 7 octobre 2021 »."""
        return self.day(moment).partition(" ")[2]

    def moment(self, moment: Moment) -> str:
        """« jeudi 7 octobre 2021, 14 h », « jeudi 7 octobre 2021 » for a day."""
        return f"{self.day(moment)}, {self._hour(moment)}" if isinstance(moment, datetime) else self.day(moment)

    def changed(self, before: View, after: View) -> str:
        """« du jeudi 7 octobre 2021, 14 h – 16 h au vendredi 8… », or the hours alone where the day stayed."""
        old, new = self.when(before), self.when(after)
        if self._is_one_day(before) and self._is_one_day(after):
            (day, _comma, hours), (new_day, _comma, new_hours) = old.partition(", "), new.partition(", ")
            if day == new_day and hours and new_hours:
                return _("le {day}, {old} devient {new}").format(day=day, old=hours, new=new_hours)
            return _("du {old} au {new}").format(old=old, new=new)
        return _("{old} devient {new}").format(old=old, new=new)

    def _is_one_day(self, view: View) -> bool:
        if view.event.window is not None or view.event.date_words is not None or view.part.start is None:
            return False
        start, end = self._bounds(view.part)
        if start is None or end is None:
            return start is not None
        # All-day ends are exclusive.
        last = end if isinstance(end, datetime) else end - timedelta(days=1)
        return self._local_day(last) <= self._local_day(start)

    def _bounds(self, part: Part) -> tuple[Moment | None, Moment | None]:
        """A task may have a DUE alone: that is when it takes place."""
        return (part.start, part.end) if part.start is not None else (part.end, None)

    def _days(self, start: date, end: Moment | None) -> str:
        last = end - timedelta(days=1) if end is not None and end > start else start
        return day_words(start, year=True) if last == start else period_words(start, last)

    def _hours(self, start: datetime, end: Moment | None) -> str:
        begins = self.moment(start)
        if end is None or instant(end, self.zone) == instant(start, self.zone):
            return begins
        if self._local_day(end) == self._local_day(start):
            return f"{begins} – {self._hour(end)}"
        return f"{begins} – {self.moment(end)}"

    def _local(self, moment: Moment) -> datetime:
        return instant(moment, self.zone).astimezone(self.zone)

    def _local_day(self, moment: Moment) -> date:
        return self._local(moment).date()

    def _hour(self, moment: Moment) -> str:
        local = self._local(moment)
        minutes = f" {local.minute:02}" if local.minute or local.second else ""
        return f"{local.hour} h{minutes}" + (f" min {local.second:02} s" if local.second else "")
