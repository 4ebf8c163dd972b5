"""What every write of an object comes to: its row, the rows that follow from its text, and the change that clients hear
of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Row, Table, bindparam, delete, select, update

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
_DERIVED = (s.part, s.occurrence, s.occurrence_key)
_OWN = {table: [each for each in table.c if each.name not in ("object_id", "calendar_id")] for table in _DERIVED}
_TOLD = {table: select(*_OWN[table]).where(table.c.object_id == bindparam("object_id")) for table in _DERIVED}
_FORGET = {table: delete(table).where(table.c.object_id == bindparam("object_id")) for table in _DERIVED}
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
            new = {"calendar_id": slot.calendar.id, "href": slot.href, **values}
            object_id = self._insert_one(s.object_, new)
            for table, rows in _tables(derived):
                self._tell(table, slot.calendar.id, object_id, rows)
        else:
            self._connection.execute(_UPDATE_OBJECT, {**values, "object_id": object_id})
            self._retell(slot.calendar.id, object_id, derived)
        return object_id

    def _drop_object(self, object_id: int) -> None:
        self._connection.execute(_DELETE_OBJECT, {"object_id": object_id})

    def _deriving(self) -> tuple[date, date]:
        """The days, both inclusive, for which occurrences are written: where the horizon is, or is being moved to."""
        row = self._region_row()
        return date.fromordinal(row.deriving_from), date.fromordinal(row.deriving_to)

    def _rows_told(self, table: Table, object_id: int) -> Sequence[Row[Any]]:
        """The rows of a table that are told of an object."""
        return self._connection.execute(_TOLD[table], {"object_id": object_id}).all()

    def _retell(self, calendar_id: int, object_id: int, derived: Derived) -> None:
        """Put what follows from an object's text in the place of what is told of it. Most often a title or a text has
        changed, and no date: what is told already is left as it is."""
        for table, rows in _tables(derived):
            if set(map(tuple, self._rows_told(table, object_id))) != {
                tuple(row[column.name] for column in _OWN[table]) for row in rows
            }:
                self._connection.execute(_FORGET[table], {"object_id": object_id})
                self._tell(table, calendar_id, object_id, rows)

    def _tell(self, table: Table, calendar_id: int, object_id: int, rows: Iterable[dict[str, Any]]) -> None:
        owner = {"object_id": object_id} | ({"calendar_id": calendar_id} if "calendar_id" in table.c else {})
        self._insert(table, [row | owner for row in rows])

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


def _tables(derived: Derived) -> Iterator[tuple[Table, tuple[dict[str, Any], ...]]]:
    """What follows from a text, by the table that holds it."""
    return zip(_DERIVED, (derived.parts, derived.occurrences, derived.keys), strict=True)
