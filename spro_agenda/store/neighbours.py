"""The clashes of one event, seen under the write lock: its neighbours are found by the keys that the store indexes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from sqlalchemy import select

from spro_agenda.clashes import find_clashes
from spro_agenda.model import Clash, Occurrence
from spro_agenda.recurrence import FIRST_DAY, LAST_DAY
from spro_agenda.region.entry import Entry, outside, read_entry
from spro_agenda.store import schema as s
from spro_agenda.store.writing import Writing, no_event


class Neighbours(Writing):
    """The verb that says what an event competes with."""

    def clashes_of(self, slug: str, uid: str) -> tuple[Clash, ...]:
        """The clashes in which an event now stands, seen under the write lock. Raises NotFound."""
        calendar = self.calendar(slug)
        row = self._row_of_uid(calendar, uid)
        if row is None:
            raise no_event(uid)
        return self._clashes_of(int(row.id), read_entry(bytes(row.body), calendar.network, self.region(), row.href))

    # Calendars, region, accounts

    def _clashes_of(self, object_id: int, entry: Entry) -> tuple[Clash, ...]:
        # All members of such a clash meet the event itself, so its neighbours are enough…
        days = self._days_met([object_id])
        clashes = self._clashes_among(entry, days)
        if any(clash.also for clash in clashes):
            # …but whether a further kind stands apart, theirs tell: one of them may make it a larger set.
            clashes = self._clashes_among(entry, self._days_met([object_id, *days]))
        return clashes

    def _clashes_among(self, entry: Entry, days: dict[int, list[date]]) -> tuple[Clash, ...]:
        # Some days are bad without any neighbour.
        occurrences = list(self._stored_occurrences(entry))
        for neighbour, its_days in self._neighbours(days):
            if neighbour.key != entry.key:
                occurrences += neighbour.occurrences(min(its_days), max(its_days))
        return tuple(clash for clash in find_clashes(occurrences, self.region()) if entry.key in clash.events)

    def _stored_occurrences(self, entry: Entry) -> tuple[Occurrence, ...]:
        """Series are cut at the horizon; what happens once is there whenever it is."""
        if any(part.repeats for part in entry.obj.parts):
            return entry.occurrences(*self.horizon())
        return entry.occurrences(FIRST_DAY, LAST_DAY)

    def _days_met(self, object_ids: Iterable[int]) -> dict[int, list[date]]:
        """The objects that share a key and an instant with one of these, each with the days of its occurrences that
        do."""
        days: dict[int, list[date]] = {}
        for object_id in object_ids:
            for row in self._met(object_id):
                met = days.setdefault(row.object_id, [])
                met += date.fromordinal(row.day_from), date.fromordinal(row.day_to)
        return days

    def _neighbours(self, days: dict[int, list[date]]) -> list[tuple[Entry, list[date]]]:
        region = self.region()
        rows = self._connection.execute(
            select(s.object_.c.id, s.object_.c.body, s.object_.c.href, s.calendar.c.network)
            .join(s.calendar, s.calendar.c.id == s.object_.c.calendar_id)
            .where(s.object_.c.id.in_(days))
            .order_by(s.object_.c.id)
        )
        entries = ((outside(read_entry(bytes(row.body), row.network, region, row.href)), days[row.id]) for row in rows)
        # What is nobody else's business is not told by a clash either.
        return [(entry, its_days) for entry, its_days in entries if entry is not None]

    def _met(self, object_id: int) -> Iterator[Any]:
        """The rows of `occurrence` of other objects that share a key and an instant with one of this object's."""
        mine, other, when = s.occurrence_key.alias("mine"), s.occurrence_key.alias("other"), s.occurrence
        for long in (False, True):
            reach = [] if long else [other.c.start_s > mine.c.start_s - s.LONG_S]
            yield from self._connection.execute(
                select(when.c.object_id, when.c.day_from, when.c.day_to)
                .distinct()
                .select_from(mine)
                .join(other, (other.c.kind == mine.c.kind) & (other.c.key == mine.c.sought))
                .join(when, (when.c.object_id == other.c.object_id) & (when.c.recurrence_id == other.c.recurrence_id))
                .where(
                    mine.c.object_id == object_id,
                    other.c.object_id != object_id,
                    other.c.long.is_(long),
                    other.c.start_s < mine.c.end_s,
                    other.c.end_s > mine.c.start_s,
                    *reach,
                )
            )
