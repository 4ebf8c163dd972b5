"""The verbs that write anew what follows from the texts: repair, a new version's columns, the moving horizon."""

from __future__ import annotations

import logging
from datetime import date
from typing import Any

from sqlalchemy import Row, bindparam, delete, select, update

from spro_agenda.errors import BadCalendar
from spro_agenda.model import Visibility
from spro_agenda.region.entry import read_entry
from spro_agenda.store import schema as s
from spro_agenda.store.board import together
from spro_agenda.store.check import COUNTED, UNANNOUNCED, Examined, Finding
from spro_agenda.store.derive import DERIVED_COLUMNS, Derived, derive
from spro_agenda.store.holding import Slot
from spro_agenda.store.records import CalendarKind, Deed
from spro_agenda.store.writing import Writing, verb

logger = logging.getLogger(__name__)

FEW = 10
"""Series told under one write lock: a daily one without end takes a tenth of a second, and people are waiting."""

_SERIES = (
    select(s.object_, s.calendar.c.slug, s.calendar.c.network)
    .join(s.calendar, s.calendar.c.id == s.object_.c.calendar_id)
    .where(s.object_.c.repeats, s.object_.c.id > bindparam("after"))
    .order_by(s.object_.c.id)
    .limit(FEW)
)
_SET_DERIVED = (
    update(s.object_)
    .where(s.object_.c.id == bindparam("object_id"))
    .values({name: bindparam(name) for name in (*DERIVED_COLUMNS, "modified")})
)


_SHOWN = ("etag", "uid", "visibility", "etag_outside")
"""Columns that clients see, from inside or from outside."""

_TOLD = Visibility.PUBLIC
"""What an object was before it was mended: every view may have been told of it."""


def horizon_on(day: date) -> tuple[date, date]:
    """The days, both inclusive, for which a store tells the occurrences of series on a day."""
    return date(day.year - s.HORIZON_BEFORE, 1, 1), date(day.year + s.HORIZON_AFTER, 12, 31)


class Rebuilding(Writing):
    """Verbs for upkeep; clients hear of what concerns them."""

    @verb
    def repair_some(self, after: int) -> tuple[tuple[Finding, ...], int | None]:
        """Mend some objects, those of ids past `after`, as far as they can be: what was found, and the last one's id,
        `None` where there are no more."""
        self._doubts_rows = True
        some, last = self._examined(after)
        for examined in some:
            if examined.findings and examined.derived is not None:
                self._mend(examined, examined.derived)
        return tuple(finding for examined in some for finding in examined.findings), last

    @verb
    def repair_changes(self) -> tuple[Finding, ...]:
        """Mend what clients are told of changes; what was found, damage that cannot be mended included."""
        found = (*self._damage(), *self._changes_amiss())
        self._mend_changes()
        return found

    @verb
    def repair_clashes(self) -> tuple[Finding, ...]:
        """Find every clash anew, where they are not those that the events make, or are told to be otherwise than they
        are; what was found."""
        found = tuple(self._clashes_amiss())
        if found:
            self._examine_all()
            self._mend_lives()
        return found

    @verb
    def repair_agenda(self) -> tuple[Finding, ...]:
        """Write anew the entries of the agenda that do not say what they should; what was found."""
        found = tuple(self._agenda_amiss())
        self._shows_all = bool(found)
        return found

    @verb
    def examine_event(self, slug: str, uid: str) -> None:
        """Find the clashes of an event anew, as a write to it does."""
        self._to_examine(self.calendar(slug), uid)

    @verb
    def rederive(self) -> int:
        """Write anew all that follows from the texts, clashes included, as after an upgrade; the number of objects.
        Clients hear nothing: what they see is the texts."""
        self._begin_agenda()
        count, after = 0, 0
        while True:
            some, last = self._examined(after)
            for examined in some:
                if examined.derived is not None:
                    self._rewrite(examined.row, examined.derived, modified=examined.row.modified)
                    count += examined.row.kind != CalendarKind.AGENDA
            if last is None:
                self._examine_all()
                return count
            after = last

    @verb
    def set_public_url(self, url: str) -> bool:
        """Have the agenda's links begin with the address at which people find the server; whether they began
        otherwise. All at once: others wait, some milliseconds an event."""
        if self._region_row().public_url == url:
            return False
        self._set_region(public_url=url)
        self._shows_all = True
        return True

    @verb
    def begin_horizon(self, first: date, last: date) -> bool:
        """Start to move the horizon; whether there is anything to move. Until `end_horizon`, only the days that were
        told before and will be told after are trusted; others are expanded on demand."""
        row = self._region_row()
        days = first.toordinal(), last.toordinal()
        if (row.horizon_from, row.horizon_to) == (row.deriving_from, row.deriving_to) == days:
            return False
        self._set_region(
            deriving_from=days[0],
            deriving_to=days[1],
            horizon_from=max(row.horizon_from, days[0]),
            horizon_to=min(row.horizon_to, days[1]),
        )
        return True

    @verb
    def tell_series(self, after: int) -> int | None:
        """Tell a few series, those of ids past `after`, for the days that writes use; the last one's id."""
        rows = list(self._connection.execute(_SERIES, {"after": after}))
        for row in rows:
            try:
                entry = read_entry(bytes(row.body), row.network, self.region(), f"{row.slug}/{row.href}")
            except BadCalendar as fault:
                # `check` tells people of it; the others' dates do not wait for them.
                logger.warning("a series was left as it is: %s", fault)
            else:
                self._rewrite(row, derive(entry, self._deriving(), row.body_outside), modified=row.modified)
        return rows[-1].id if rows else None

    @verb
    def end_horizon(self) -> None:
        """All series are told: readers may trust it."""
        self._set_region(horizon_from=s.region.c.deriving_from, horizon_to=s.region.c.deriving_to)

    # What they are made of

    def _mend(self, examined: Examined, derived: Derived) -> None:
        row, modified = examined.row, int(examined.row.revised_at)
        slot = Slot(self.calendar(row.slug), row.href, derived.columns["uid"])
        if row.kind == CalendarKind.AGENDA:
            modified = row.modified
        elif row.revised is None or bytes(row.revised) != bytes(row.body):
            revision, modified = self._record(slot, Deed.REPAIRED.value, bytes(row.body), row), self._now
            self._connection.execute(update(s.object_).where(s.object_.c.id == row.id).values(revision_id=revision))
        self._rewrite(row, derived, modified=modified)
        if any(getattr(row, name) != derived.columns[name] for name in _SHOWN):
            self._change(slot, _TOLD, derived.columns["visibility"])

    def _rewrite(self, row: Row[Any], derived: Derived, *, modified: int) -> None:
        self._connection.execute(_SET_DERIVED, {**derived.columns, "object_id": row.id, "modified": modified})
        self._retell(row.calendar_id, row.id, derived)
        self._to_examine(self.calendar(row.slug), row.uid, told=True)

    def _mend_lives(self) -> None:
        untrue = self._untrue_clashes()
        written = self._written(event for events in untrue.values() for event in events)
        for clash_id, events in untrue.items():
            now = {
                "gone_at": None if events else self._now,
                "fingerprint": together(written.get(event, "") for event in sorted(events)),
            }
            self._connection.execute(update(s.clash).where(s.clash.c.id == clash_id).values(now))
            if events:
                self._connection.execute(delete(s.clash_member).where(s.clash_member.c.clash_id == clash_id))
                self._insert_members(clash_id, events)

    def _mend_changes(self) -> None:
        for row in list(self._connection.execute(COUNTED)):
            if (row.most or 0) > row.last_change:
                self._connection.execute(
                    update(s.calendar).where(s.calendar.c.slug == row.slug).values(last_change=row.most)
                )
                self._seen.pop(row.slug, None)
        for row in list(self._connection.execute(UNANNOUNCED)):
            live = self.object(row.slug, row.href)
            uid = live.uid if live else row.uid
            self._change(Slot(self.calendar(row.slug), row.href, uid), _TOLD, live.visibility if live else None)
