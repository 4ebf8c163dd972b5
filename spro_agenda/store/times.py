"""When stored events take place: time ranges, expansion, busy time. SQL narrows, `ranges` decides.

The index tells all within the horizon. Beyond it, the series that may still go on are read and expanded on demand.
"""

from __future__ import annotations

import logging
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, bindparam, or_, select

from spro_agenda.errors import BadCalendar, TooMany
from spro_agenda.i18n import _
from spro_agenda.model import View, Visibility
from spro_agenda.recurrence import LAST_DAY, instances, instant, spans
from spro_agenda.region.entry import Entry, read_entry
from spro_agenda.store import schema as s
from spro_agenda.store.derive import event_rows
from spro_agenda.store.ranges import Range, day_of, meets, task_times
from spro_agenda.store.records import Busy, Instance, StoredObject
from spro_agenda.store.rows import CHUNK, OBJECT, Rows, chunks, seen

logger = logging.getLogger(__name__)

MOST_INSTANCES = 100_000
"""Instances past which no answer is expanded: all networks together have a few thousand a year."""

MOST_READ = 20_000
"""Of those, the ones that the index does not tell: reading so many takes a second or two."""

_PIECE = timedelta(days=3 * 365)
"""What is read of a series at once: a daily one of some hours a day stays whole (`recurrence.MOST_OCCURRENCES`)."""

_WHEN = s.occurrence.c
_IN_RANGE = (
    _WHEN.calendar_id == bindparam("calendar_id"),
    _WHEN.start_s <= bindparam("end_s"),
    _WHEN.end_s >= bindparam("start_s"),
)
# Short occurrences that meet a range begin not long before it; the few long ones are looked at apart.
_SHORT = (_WHEN.long.is_(False), _WHEN.start_s >= bindparam("reach_s"))
_LONG = (_WHEN.long.is_(True),)
_SPANS, _OCCURRENCES = (
    tuple(select(*columns).where(*_IN_RANGE, *some) for some in (_SHORT, _LONG))
    for columns in ((_WHEN.object_id, _WHEN.start_s, _WHEN.end_s, _WHEN.fbtype), (s.occurrence,))
)
"""Occurrences that may meet a range, short and long: no more of them than when, or whole."""
_OF_OBJECTS = select(s.occurrence).where(*_IN_RANGE).where(_WHEN.object_id.in_(bindparam("ids", expanding=True)))
_BY_IDS = OBJECT.where(s.object_.c.id.in_(bindparam("ids", expanding=True)))
_PRIVATE = select(s.object_.c.id).where(
    s.object_.c.calendar_id == bindparam("calendar_id"), s.object_.c.visibility == Visibility.PRIVATE.value
)
_BEYOND = OBJECT.where(
    s.object_.c.repeats,
    or_(s.object_.c.last_s.is_(None), s.object_.c.last_s >= bindparam("start_s")),
    or_(s.object_.c.first_s.is_(None), s.object_.c.first_s <= bindparam("end_s")),
)
"""The series that may have an occurrence within a range."""


class TimeReader(Rows):
    """The verbs that ask when. Times are epoch seconds, ranges `[start_s, end_s)`."""

    def objects_meeting(
        self, slug: str, component: str | None, start_s: int, end_s: int, view: View = View.INSIDE
    ) -> list[StoredObject]:
        """The objects with an occurrence in the range, by href: RFC 4791 section 9.9.

        `component` is VEVENT, VTODO, or `None` for both. A task without dates meets every range.
        """
        asked = Range(start=start_s, end=end_s)
        near, sure = set(), set()
        for object_id, its_start_s, its_end_s, _fbtype in self._stored(_SPANS, slug, asked):
            near.add(object_id)
            if asked.meets(its_start_s, its_end_s):
                sure.add(object_id)
        found = [
            row
            for row in self._by_ids(slug, near)
            if component in (None, row.component)
            # The index is exact for events; what a task meets, its text tells.
            and (row.id in sure if row.component == "VEVENT" else self._meets(slug, row, asked))
        ]
        if self._is_beyond(asked):
            kept = {row.id for row in found}
            found += [
                row
                for row in self._rows(_BEYOND, slug, start_s=start_s, end_s=end_s)
                if row.id not in kept and component in (None, row.component) and self._meets(slug, row, asked)
            ]
        return sorted(seen(found, view), key=lambda each: each.href)

    def instances(
        self, slug: str, objects: Iterable[StoredObject], start_s: int, end_s: int
    ) -> Mapping[str, Sequence[Instance]]:
        """The times of some objects within the range, by href and in order: the expansion of RFC 4791 section 9.6.5.

        Objects without any are left out; a note, and a task that has no date at all, has an empty list. Raises TooMany.
        """
        objects, asked = list(objects), Range(start=start_s, end=end_s)
        events = {each.id: each for each in objects if each.component == "VEVENT"}
        times: dict[int, list[Instance]] = {}
        for row in self._stored_of(slug, list(events), asked):
            if row.object_id in events and asked.meets(row.start_s, row.end_s):
                times.setdefault(row.object_id, []).append(_instance(row))
        if self._is_beyond(asked):
            for object_id, read in self._read(slug, asked, events):
                times[object_id] = [each for each, _fbtype in read]
        for each in (each for each in events.values() if each.is_recast):
            times[each.id] = self._read_recast(slug, each, asked)
        if sum(map(len, times.values())) > MOST_INSTANCES:
            raise _too_many(MOST_INSTANCES)
        of_events = {events[object_id].href: _in_order(its) for object_id, its in times.items() if its}
        return of_events | self._task_instances(slug, objects, asked)

    def busy(self, slug: str, start_s: int, end_s: int, view: View = View.INSIDE) -> list[Busy]:
        """When a calendar's events take people's time within the range: RFC 4791 section 7.10.

        Cut to the range, in order; periods of one type that meet are one. Raises TooMany.
        """
        asked = Range(start=start_s, end=end_s)
        hidden = set() if view is View.INSIDE else {row.id for row in self._rows(_PRIVATE, slug)}
        cut = (
            (max(start, start_s), min(end, end_s), fbtype)
            for object_id, start, end, fbtype in self._busy(slug, asked)
            if object_id not in hidden
        )
        return _merged(sorted(each for each in cut if each[0] < each[1]))

    # What they are made of

    def _stored(self, of: tuple[Select[Any], ...], slug: str, asked: Range) -> Iterator[Any]:
        """The stored occurrences that may meet a range, by _SPANS or _OCCURRENCES."""
        short, long = of
        bounds = {"start_s": asked.start, "end_s": asked.end}
        yield from self._rows(short, slug, reach_s=asked.start - s.LONG_S, **bounds)
        yield from self._rows(long, slug, **bounds)

    def _stored_of(self, slug: str, ids: list[int], asked: Range) -> Iterator[Row[Any]]:
        """Those of some objects; where they are many, one scan of the range beats looking each of them up."""
        if len(ids) > CHUNK:
            yield from self._stored(_OCCURRENCES, slug, asked)
            return
        for some in chunks(ids):
            yield from self._rows(_OF_OBJECTS, slug, ids=some, start_s=asked.start, end_s=asked.end)

    def _by_ids(self, slug: str, ids: Iterable[int]) -> Iterator[Row[Any]]:
        for some in chunks(sorted(ids)):
            yield from self._rows(_BY_IDS, slug, ids=some)

    def _meets(self, slug: str, row: Row[Any], asked: Range) -> bool:
        entry = self._entry(slug, row)
        return entry is not None and meets(entry.obj, entry.region.time_zone, asked)

    def _entry(self, slug: str, row: Row[Any] | StoredObject) -> Entry | None:
        """An object's text, read; `None` where it can no longer be: the others are found all the same."""
        self.pace()
        try:
            return read_entry(bytes(row.body), self.calendar(slug).network, self.region(), f"{slug}/{row.href}")
        except BadCalendar as fault:
            # `check` tells people of it.
            logger.warning("an event was left out: %s", fault)
            return None

    def _read_recast(self, slug: str, stored: StoredObject, asked: Range) -> list[Instance]:
        """The times of one whose components are not those that the index tells of."""
        entry = self._entry(slug, stored)
        if entry is None:
            return []
        found = {each.recurrence_id: each for days in _pieces(asked) for each, _fbtype in _times(entry, days, asked)}
        return list(found.values())

    def _is_beyond(self, asked: Range) -> bool:
        """Whether a range reaches past the days for which series are stored."""
        from_day, to_day = self.horizon()
        return not (from_day < day_of(asked.start) and day_of(asked.end) < to_day)

    def _task_instances(
        self, slug: str, objects: Iterable[StoredObject], asked: Range
    ) -> dict[str, Sequence[Instance]]:
        """The times of those that are tasks, as `instances` tells them, read from their texts. A note has none.

        Raises TooMany.
        """
        found: dict[str, Sequence[Instance]] = {}
        count = 0
        for task in objects:
            if task.component == "VEVENT":
                continue
            entry = self._entry(slug, task) if task.component == "VTODO" else None
            if entry is None or not any(part.start or part.end for part in entry.obj.parts):
                found[task.href] = []
                continue
            its: dict[str, Instance] = {}
            for each in _times_of_task(entry, asked):
                its[each.recurrence_id] = each
                if count + len(its) > MOST_READ:
                    raise _too_many(MOST_READ)
            count += len(its)
            if its:
                found[task.href] = _in_order(its.values())
        return found

    def _busy(self, slug: str, asked: Range) -> Iterator[tuple[int, int, int, str]]:
        """When people are busy about a range: the object, start, end, and the kind of busy time."""
        read: set[int] = set()
        if self._is_beyond(asked):
            for object_id, times in self._read(slug, asked):
                read.add(object_id)
                yield from ((object_id, each.start_s, each.end_s, fbtype) for each, fbtype in times if fbtype)
        for object_id, its_start_s, its_end_s, fbtype in self._stored(_SPANS, slug, asked):
            if fbtype and object_id not in read:
                yield object_id, its_start_s, its_end_s, fbtype

    def _read(
        self, slug: str, asked: Range, wanted: Container[int] | None = None
    ) -> Iterator[tuple[int, list[tuple[Instance, str]]]]:
        """The times within a range of the series (those wanted) that may go on beyond the horizon, read from their
        texts, each with its kind of busy time. Raises TooMany."""
        count = 0
        for row in self._rows(_BEYOND, slug, start_s=asked.start, end_s=asked.end):
            if wanted is not None and row.id not in wanted:
                continue
            found: dict[str, tuple[Instance, str]] = {}
            entry = self._entry(slug, row)
            if entry is None:
                continue
            for days in _pieces(asked):
                self.pace()
                found |= {each.recurrence_id: (each, fbtype) for each, fbtype in _times(entry, days, asked)}
                if count + len(found) > MOST_READ:
                    raise _too_many(MOST_READ)
            count += len(found)
            yield row.id, list(found.values())


def _pieces(asked: Range) -> Iterator[tuple[date, date]]:
    """The days of a range, some years at a time."""
    first, last = asked.first_day, min(asked.last_day, LAST_DAY)
    while first <= last:
        yield first, min(first + _PIECE, last)
        first += _PIECE + timedelta(days=1)


def _times(entry: Entry, days: tuple[date, date], asked: Range) -> Iterator[tuple[Instance, str]]:
    if entry.obj.component != "VEVENT":
        return
    for each in event_rows(entry, spans(entry.obj, entry.region.time_zone, *days)):
        if asked.meets(each["start_s"], each["end_s"]):
            yield Instance(**{name: each[name] for name in _INSTANCE}), each["fbtype"]


def _in_order(its: Iterable[Instance]) -> list[Instance]:
    return sorted(its, key=lambda each: (each.start_s, each.recurrence_id))


def _times_of_task(entry: Entry, asked: Range) -> Iterator[Instance]:
    """When a task that has dates meets a range, some times twice."""
    zone = entry.region.time_zone
    for days in _pieces(asked):
        for each in instances(entry.obj, zone, *days):
            known = [moment for moment in (each.start, each.end) if moment is not None]
            if known and task_times(each, zone).meets(asked):
                yield Instance(
                    part=next(index for index, part in enumerate(entry.obj.parts) if part is each.part),
                    recurrence_id=each.recurrence_id,
                    start_s=int(instant(known[0], zone).timestamp()),
                    end_s=int(instant(known[-1], zone).timestamp()),
                    all_day=not isinstance(known[0], datetime),
                    floating=isinstance(known[0], datetime) and known[0].tzinfo is None,
                )


def _too_many(most: int) -> TooMany:
    return TooMany(
        _("Cette période compte plus de {most} dates à calculer. Demandez-la en plusieurs fois.").format(most=most)
    )


_INSTANCE = ("part", "recurrence_id", "start_s", "end_s", "all_day", "floating")


def _instance(row: Row[Any]) -> Instance:
    return Instance(
        part=row.part,
        recurrence_id=row.recurrence_id,
        start_s=row.start_s,
        end_s=row.end_s,
        all_day=row.all_day,
        floating=row.floating,
    )


def _merged(periods: Iterable[tuple[int, int, str]]) -> list[Busy]:
    """Periods, given in order, those of one type that overlap or touch put together."""
    last: dict[str, int] = {}
    found: list[tuple[int, int, str]] = []
    for start, end, fbtype in periods:
        at = last.get(fbtype)
        if at is not None and start <= found[at][1]:
            found[at] = (found[at][0], max(found[at][1], end), fbtype)
        else:
            last[fbtype] = len(found)
            found.append((start, end, fbtype))
    return [Busy(start_s=start, end_s=end, fbtype=fbtype) for start, end, fbtype in found]
