"""Occurrences as clashes look at them, read from the index of times: by event, by place, by whom they meet."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, or_, select

from spro_agenda.model import EventKey, Occurrence, OccurrenceKey
from spro_agenda.region.entry import Entry
from spro_agenda.store import schema as s
from spro_agenda.store.derive import DERIVED_COLUMNS
from spro_agenda.store.rows import Among, Rows, chunks

Place = tuple[int, str]
"""An object's id, and a recurrence id."""

LIVE = Among.events(
    select(
        s.object_.c.id,
        s.object_.c.href,
        s.object_.c.revision_id,
        s.calendar.c.network,
        *(s.object_.c[name] for name in DERIVED_COLUMNS),
    ).join(s.calendar, s.calendar.c.id == s.object_.c.calendar_id),
    s.calendar.c.slug,
    s.object_.c.uid,
)
_TEXT = (
    select(s.object_.c.id, s.object_.c.body, s.calendar.c.network)
    .join(s.calendar, s.calendar.c.id == s.object_.c.calendar_id)
    .where(s.calendar.c.network != "")
)
_TEXT_OF = Among.values(_TEXT, s.object_.c.id)
_TIME = select(
    s.occurrence.c.object_id,
    s.occurrence.c.recurrence_id,
    s.occurrence.c.part,
    s.occurrence.c.start_s,
    s.occurrence.c.end_s,
    s.occurrence.c.all_day,
    s.occurrence.c.day_from,
    s.occurrence.c.day_to,
).where(s.occurrence.c.day_from.is_not(None))
_TIME_OF_EVENT = Among.values(_TIME, s.occurrence.c.object_id)
_TIME_AT = _TIME.where(
    s.occurrence.c.object_id.in_(bindparam("ids", expanding=True)),
    s.occurrence.c.recurrence_id.in_(bindparam("recurrence_ids", expanding=True)),
)

_mine, _other = s.occurrence_key.alias("mine"), s.occurrence_key.alias("other")


def _meeting(*, long: bool) -> Select[Any]:
    """The places that meet some others under a key: of further events, and of the same where its own times overlap,
    since the first of them speaks for it."""
    reach = [] if long else [_other.c.start_s > _mine.c.start_s - s.LONG_S]
    return (
        select(_other.c.object_id, _other.c.recurrence_id)
        .distinct()
        .select_from(_mine)
        .join(_other, (_other.c.kind == _mine.c.kind) & (_other.c.key == _mine.c.sought))
        .where(
            or_(_other.c.object_id != _mine.c.object_id, _other.c.recurrence_id != _mine.c.recurrence_id),
            _other.c.long.is_(long),
            _other.c.start_s < _mine.c.end_s,
            _other.c.end_s > _mine.c.start_s,
            # Who knows on which day two vague events will be?
            ~(_mine.c.vague & _other.c.vague),
            *reach,
        )
    )


_MEETING = tuple(_meeting(long=long) for long in (False, True))
# Sites compete with other sites. Around those that an event meets there, all are looked at, of its own site too: theirs
# are the sets that it joins.
_AT_OTHER_SITES = or_(_mine.c.at == "", _other.c.at != _mine.c.at)
MET_BY_EVENTS = tuple(Among.values(each.where(_AT_OTHER_SITES), _mine.c.object_id) for each in _MEETING)
MET_AT = tuple(
    each.where(
        _mine.c.object_id.in_(bindparam("ids", expanding=True)),
        _mine.c.recurrence_id.in_(bindparam("recurrence_ids", expanding=True)),
    )
    for each in _MEETING
)
# Pairs are asked for by both of their halves: SQLite uses no index for pairs.


@dataclass(slots=True)
class Near:
    """What an examination looks at: the texts that it read, and occurrences by where they stand."""

    entries: dict[int, Entry | None] = field(default_factory=dict)
    firm: dict[Place, Occurrence] = field(default_factory=dict)
    vague: dict[Place, Occurrence] = field(default_factory=dict)

    def by_key(self) -> dict[OccurrenceKey, Occurrence]:
        return {each.key: each for found in (self.firm, self.vague) for each in found.values()}

    def place_of(self) -> dict[OccurrenceKey, Place]:
        return {each.key: place for found in (self.firm, self.vague) for place, each in found.items()}


class Loading(Rows):
    """What reads occurrences into a `Near`."""

    def _live(self, events: Iterable[EventKey]) -> dict[EventKey, int]:
        return {event: row.id for event, row in self._rows_of(events)}

    def _rows_of(self, events: Iterable[EventKey]) -> Iterator[tuple[EventKey, Any]]:
        """The rows of those events that are there."""
        return self._of_events(LIVE, events)

    def _written(self, events: Iterable[EventKey]) -> dict[EventKey, str]:
        """The fingerprints of some events, of those that are there."""
        return {event: row.fingerprint for event, row in self._rows_of(events)}

    def _load_events(self, near: Near, ids: dict[EventKey, int]) -> None:
        self._load_texts(near, ids.values())
        times: dict[int, list[Row[Any]]] = {object_id: [] for object_id in ids.values()}
        for row in self._in_chunks(_TIME_OF_EVENT, ids.values()):
            times[row.object_id].append(row)
        for object_id, rows in times.items():
            self._place(near, object_id, rows)

    def _load_around(self, near: Near, keys: Collection[OccurrenceKey]) -> None:
        """Load some occurrences, and their neighbours."""
        self._load_keys(near, keys)
        known = near.place_of()
        self._load_places(near, self._met_at(known[key] for key in keys if key in known))

    def _load_keys(self, near: Near, keys: Collection[OccurrenceKey]) -> None:
        known = near.place_of()
        missing = {key for key in keys if key not in known}
        ids = self._live({key.event for key in missing})
        self._load_places(near, {(ids[key.event], key.recurrence_id) for key in missing if key.event in ids})

    def _load_places(self, near: Near, places: set[Place]) -> None:
        wanted = {place for place in places if place not in near.firm and place not in near.vague}
        self._load_texts(near, {object_id for object_id, _recurrence_id in wanted})
        firm: dict[int, list[Row[Any]]] = {object_id: [] for object_id, _recurrence_id in wanted}
        for row in self._at((_TIME_AT,), wanted):
            if (row.object_id, row.recurrence_id) in wanted:
                firm[row.object_id].append(row)
        for object_id, rows in firm.items():
            self._place(near, object_id, rows)

    def _load_texts(self, near: Near, ids: Iterable[int]) -> None:
        for row in self._in_chunks(_TEXT_OF, (each for each in ids if each not in near.entries)):
            self._read_text(near, row)

    def _everything(self) -> Near:
        """Every occurrence that is told, and every vague event."""
        near = Near()
        times: dict[int, list[Any]] = {}
        for time in self._connection.execute(_TIME):
            times.setdefault(time.object_id, []).append(time)
        for row in self._connection.execute(_TEXT):
            self._read_text(near, row)
            self._place(near, row.id, times.pop(row.id, []))
        return near

    def _read_text(self, near: Near, row: Any) -> None:
        near.entries[row.id] = self._seen_entry(bytes(row.body), row.network)

    def _place(self, near: Near, object_id: int, times: Iterable[Row[Any]]) -> None:
        """Put an event's times where they stand, or its window."""
        entry = near.entries.get(object_id)
        if entry is None:
            return
        if window := entry.over_its_window():
            near.vague[object_id, ""] = window
            return
        for row in times:
            near.firm[object_id, row.recurrence_id] = _occurrence(entry, row)

    def _met_by(self, ids: Iterable[int]) -> set[Place]:
        """Whom some events meet, wherever they stand."""
        wanted = list(ids)
        return {tuple(row) for each in MET_BY_EVENTS for row in self._in_chunks(each, wanted)}

    def _met_at(self, places: Iterable[Place]) -> set[Place]:
        """Whom events meet at some places; perhaps whom they meet at others."""
        return {tuple(row) for row in self._at(MET_AT, places)}

    def _at(self, statements: Iterable[Any], places: Iterable[Place]) -> Iterator[Any]:
        """The rows of statements at some places; perhaps those of others."""
        wanted = list(places)
        for statement in statements:
            for some in chunks(wanted):
                about = {
                    "ids": list({object_id for object_id, _recurrence_id in some}),
                    "recurrence_ids": list({recurrence_id for _object_id, recurrence_id in some}),
                }
                yield from self._connection.execute(statement, about)


def _occurrence(entry: Entry, row: Row[Any]) -> Occurrence:
    return Occurrence(
        key=OccurrenceKey(entry.key.network, entry.key.uid, row.recurrence_id),
        event=entry.events[row.part],
        start=datetime.fromtimestamp(row.start_s, UTC),
        end=datetime.fromtimestamp(row.end_s, UTC),
        all_day=row.all_day,
        first_day=date.fromordinal(row.day_from),
        last_day=date.fromordinal(row.day_to),
    )
