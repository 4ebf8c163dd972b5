"""The regional agenda kept up to date: of each event that a write changed, or whose clashes it changed, the entry is
written anew, and clients hear of it where it is another.

What the agenda says is a function of the calendars, of what people said, of the region and of the horizon alone. The
view from inside tells of clashes; where an entry has any, the view from outside has a text of its own.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Collection
from typing import Any

from sqlalchemy import Row, bindparam, select, update

from spro_agenda.agenda_text import stands_as_its_event
from spro_agenda.errors import BadCalendar
from spro_agenda.ical.read import read_object
from spro_agenda.model import AGENDA, EventKey, Visibility
from spro_agenda.region.entry import entry_of
from spro_agenda.store import schema as s
from spro_agenda.store.derive import DERIVED_COLUMNS, Derived, derive, etag_of
from spro_agenda.store.entries import Texts
from spro_agenda.store.holding import Holding, Slot
from spro_agenda.store.making import calendar_row

logger = logging.getLogger(__name__)

_AGENDA = select(s.calendar.c.id).where(s.calendar.c.slug == AGENDA)
_SET_REVISION = (
    update(s.object_).where(s.object_.c.id == bindparam("object_id")).values(revision_id=bindparam("its_revision_id"))
)


class Showing(Holding):
    """The part of every verb that keeps the agenda."""

    _doubts_rows = False
    """Whether what is told of events may be wrong: whoever mends it reads their texts."""

    def _show_changed(self) -> None:
        events, self._to_show = self._to_show, set()
        if self._shows_all:
            self._shows_all = False
            self._show_all()
        elif events:
            self._show_events(events)

    def _show_all(self) -> None:
        """Write anew every entry that is another than it was, and take out those of events that are gone."""
        for events in self.all_events():
            self._show_events(events)

    def _show_events(self, events: Collection[EventKey]) -> None:
        there, rows = self.entries_of(events), dict(self._rows_of(events))
        for event, texts in sorted(self._texts_of(events, rows).items()):
            self._show(event, there.get(event.agenda_uid), texts, rows.get(event))

    def _show(self, event: EventKey, there: Row[Any] | None, texts: Texts | None, row: Row[Any] | None) -> None:
        """Have the agenda say so of an event, whose row is given where it is there."""
        revision = row.revision_id if row is not None else None
        if there is not None and texts == Texts.of_row(there):
            if there.revision_id != revision:
                self._connection.execute(_SET_REVISION, {"object_id": there.id, "its_revision_id": revision})
            return
        agenda = self.calendar(AGENDA)
        try:
            derived = None if texts is None or row is None else self._derived(event, texts, row)
        except BadCalendar as fault:
            # Nobody's write fails for what the agenda says of it: the entry stays as it was, and `check` tells people.
            logger.error("an entry of the agenda could not be written: %s", fault)
            return
        if there is not None and (derived is None or derived.columns["component"] != there.component):
            # Clients know what an href holds by what it was.
            self._drop_object(there.id)
            self._change(Slot(agenda, there.href, there.uid), there.visibility, None)
            agenda, there = self.calendar(AGENDA), None
        if derived is not None and texts is not None and revision is not None:
            href = there.href if there is not None else href_of(event, derived.columns["component"])
            slot = Slot(agenda, href, event.agenda_uid)
            self._hold(slot, texts, derived, revision, there.id if there is not None else None)
            before = there.visibility if there is not None else None
            self._change(slot, before, derived.columns["visibility"])

    def _derived(self, event: EventKey, texts: Texts, row: Row[Any]) -> Derived:
        """What follows from an entry's text. Most often that is what follows from its event's, which is stored: it is
        read where it may be another. Raises BadCalendar."""
        region, shown = self._region_row(), texts.shown
        is_told = (region.deriving_from, region.deriving_to) == (region.horizon_from, region.horizon_to)
        trusted = is_told and not self._doubts_rows and row.visibility == Visibility.PUBLIC
        if not (trusted and shown and stands_as_its_event(shown)):
            entry = entry_of(read_object(texts.inside, event.id), "", self.region())
            return derive(entry, self._deriving(), texts.outside)
        parts, occurrences = (
            tuple(dict(told._mapping) for told in self._rows_told(table, row.id)) for table in (s.part, s.occurrence)
        )
        columns = {
            **{name: getattr(row, name) for name in DERIVED_COLUMNS},
            "uid": event.agenda_uid,
            "etag": etag_of(texts.inside),
            "etag_outside": None if texts.outside is None else etag_of(texts.outside),
        }
        return Derived(columns=columns, parts=parts, occurrences=occurrences, keys=())

    def _begin_agenda(self) -> None:
        """Make the agenda's calendar where there is none: a store of before has none."""
        if self._connection.execute(_AGENDA).first() is None:
            self._insert(s.calendar, [calendar_row(self.region(), AGENDA, secrets.token_hex(8))])


def href_of(event: EventKey, component: str) -> str:
    """Where an event's entry stands in the agenda, as long as it is a component of that kind."""
    return f"{hashlib.sha256(f'{component} {event.agenda_uid}'.encode()).hexdigest()[:32]}.ics"
