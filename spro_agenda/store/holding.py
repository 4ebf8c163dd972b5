"""What every write of an object comes to: its row, the rows that follow from its text, and the change that clients hear
of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import bindparam, delete, update

from spro_agenda.store import schema as s
from spro_agenda.store.derive import Derived
from spro_agenda.store.entries import Texts
from spro_agenda.store.examining import Examining
from spro_agenda.store.records import Calendar

_UPDATE_OBJECT = (
    update(s.object_)
    .where(s.object_.c.id == bindparam("object_id"))
    .values(
        {
            name: bindparam(name)
            for name in s.object_.c.keys()  # noqa: SIM118  # columns, not a dictionary
            if name not in ("id", "calendar_id", "href")
        }
    )
)
_DELETE_OBJECT = delete(s.object_).where(s.object_.c.id == bindparam("object_id"))
_FORGET = tuple(
    delete(table).where(table.c.object_id == bindparam("object_id"))
    for table in (s.part, s.occurrence, s.occurrence_key)
)
_COUNT_CHANGE = (
    update(s.calendar)
    .where(s.calendar.c.id == bindparam("own_id"))
    .values(last_change=bindparam("last_change"), changed_at=bindparam("changed_at"))
)


@dataclass(frozen=True, slots=True)
class Slot:
    """Where an object stands, or will: its calendar, its href there, and the UID that it has."""

    calendar: Calendar
    href: str
    uid: str


class Holding(Examining):
    """The part of every verb that writes objects."""

    def _hold(self, slot: Slot, texts: Texts, derived: Derived, revision: int, object_id: int | None) -> int:
        """Write an object's row, a new one or that of an id, and what follows from its text; its id."""
        values = {
            **derived.columns,
            "body": texts.inside,
            "body_outside": texts.outside,
            "revision_id": revision,
            "modified": self._now,
        }
        if object_id is None:
            object_id = self._insert_one(s.object_, {"calendar_id": slot.calendar.id, "href": slot.href, **values})
        else:
            self._connection.execute(_UPDATE_OBJECT, {**values, "object_id": object_id})
            self._forget_derived(object_id)
        self._store_derived(slot.calendar.id, object_id, derived)
        return object_id

    def _drop_object(self, object_id: int) -> None:
        self._connection.execute(_DELETE_OBJECT, {"object_id": object_id})

    def _deriving(self) -> tuple[date, date]:
        """The days, both inclusive, for which occurrences are written: where the horizon is, or is being moved to."""
        row = self._region_row()
        return date.fromordinal(row.deriving_from), date.fromordinal(row.deriving_to)

    def _forget_derived(self, object_id: int) -> None:
        for statement in _FORGET:
            self._connection.execute(statement, {"object_id": object_id})

    def _store_derived(self, calendar_id: int, object_id: int, derived: Derived) -> None:
        owner = {"object_id": object_id}
        self._insert(s.part, [row | owner for row in derived.parts])
        self._insert(s.occurrence, [row | owner | {"calendar_id": calendar_id} for row in derived.occurrences])
        self._insert(s.occurrence_key, [row | owner for row in derived.keys])

    def _change(self, slot: Slot, before: str | None, after: str | None) -> None:
        """The next change number of the calendar: clients that sync learn of it by this row.

        `before` and `after` are the object's visibility, `None` where it is not in the calendar.
        """
        number = self.calendar(slot.calendar.slug).number + 1
        self._connection.execute(
            _COUNT_CHANGE, {"own_id": slot.calendar.id, "last_change": number, "changed_at": self._now}
        )
        self._seen[slot.calendar.slug] = replace(slot.calendar, number=number, changed_at=self._now)
        self._insert(
            s.change,
            [
                {
                    "calendar_id": slot.calendar.id,
                    "number": number,
                    "href": slot.href,
                    "uid": slot.uid,
                    "deleted": after is None,
                    "visibility_before": before,
                    "visibility_after": after,
                }
            ],
        )

    def _touch(self) -> None:
        """Have every worker drop what it keeps of accounts and region."""
        self._set_region(generation=s.region.c.generation + 1)

    def _set_region(self, **values: Any) -> None:
        self._connection.execute(update(s.region).values(**values))
        self._state = None
