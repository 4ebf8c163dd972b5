"""The verbs that write anew what follows from the texts: repair, a new version's columns, the moving horizon."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Row, bindparam, select, update

from spro_agenda.region.entry import read_entry
from spro_agenda.store import schema as s
from spro_agenda.store.check import COUNTED, UNANNOUNCED, Examined, Finding
from spro_agenda.store.derive import Derived, derive
from spro_agenda.store.records import Deed
from spro_agenda.store.rows import CHUNK
from spro_agenda.store.writing import Slot, Writing, verb

HORIZON_BEFORE, HORIZON_AFTER = 1, 3
"""Whole years before and after the current one for which the occurrences of series are stored."""

_SERIES = (
    select(s.object_, s.calendar.c.slug, s.calendar.c.network)
    .join(s.calendar, s.calendar.c.id == s.object_.c.calendar_id)
    .where(s.object_.c.repeats, s.object_.c.id > bindparam("after"))
    .order_by(s.object_.c.id)
    .limit(CHUNK)
)
_SET_DERIVED = (
    update(s.object_)
    .where(s.object_.c.id == bindparam("object_id"))
    .values(
        {
            name: bindparam(name)
            for name in ("uid", "component", "etag", "sequence", "repeats", "first_s", "last_s", "modified")
        }
    )
)


def horizon_on(day: date) -> tuple[date, date]:
    """The days, both inclusive, for which a store tells the occurrences of series on a day."""
    return date(day.year - HORIZON_BEFORE, 1, 1), date(day.year + HORIZON_AFTER, 12, 31)


class Rebuilding(Writing):
    """Verbs for upkeep; clients hear of what concerns them."""

    @verb
    def repair(self) -> tuple[Finding, ...]:
        """Mend what `check` finds, as far as it can be; what was found."""
        found = list(self._damage())
        for examined in self._examined():
            found += examined.findings
            if examined.findings and examined.derived is not None:
                self._mend(examined, examined.derived)
        found += self._changes_amiss()
        self._mend_changes()
        return tuple(found)

    @verb
    def rederive(self) -> int:
        """Write anew all that follows from the texts, as after an upgrade; the number of objects. Clients hear
        nothing: what they see is the texts."""
        count = 0
        for examined in self._examined():
            if examined.derived is not None:
                self._rewrite(examined.row, examined.derived, modified=examined.row.modified)
                count += 1
        return count

    @verb
    def begin_horizon(self, first: date, last: date) -> bool:
        """Start to move the horizon; whether there is anything to move. What is no longer told is expanded on demand
        from now on; what is not told yet, until `end_horizon`."""
        row = self._region_row()
        days = {"horizon_from": first.toordinal(), "deriving_to": last.toordinal()}
        if (row.horizon_from, row.deriving_to, row.horizon_to) == (*days.values(), last.toordinal()):
            return False
        shown = min(row.horizon_to, last.toordinal())
        self._set_region(**days, horizon_to=shown)
        return True

    @verb
    def tell_series(self, after: int) -> int | None:
        """Tell some series, those of ids past `after`, up to the horizon that writes use; the last one's id."""
        rows = list(self._connection.execute(_SERIES, {"after": after}))
        for row in rows:
            entry = read_entry(bytes(row.body), row.network, self.region(), f"{row.slug}/{row.href}")
            self._rewrite(row, derive(entry, self._deriving()), modified=row.modified)
        return rows[-1].id if rows else None

    @verb
    def end_horizon(self) -> None:
        """All series are told: readers may trust it."""
        self._set_region(horizon_to=s.region.c.deriving_to)

    # What they are made of

    def _mend(self, examined: Examined, derived: Derived) -> None:
        row, modified = examined.row, int(examined.row.revised_at)
        slot = Slot(self.calendar(row.slug), row.href, derived.columns["uid"])
        if row.revised is None or bytes(row.revised) != bytes(row.body):
            revision, modified = self._record(slot, Deed.REPAIRED.value, bytes(row.body), row), self._now
            self._connection.execute(update(s.object_).where(s.object_.c.id == row.id).values(revision_id=revision))
        self._rewrite(row, derived, modified=modified)
        if (row.etag, row.uid) != (derived.columns["etag"], derived.columns["uid"]):
            self._change(slot, deleted=False)

    def _rewrite(self, row: Row[Any], derived: Derived, *, modified: int) -> None:
        self._connection.execute(_SET_DERIVED, {**derived.columns, "object_id": row.id, "modified": modified})
        self._forget_derived(row.id)
        self._store_derived(row.calendar_id, row.id, derived)

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
            self._change(Slot(self.calendar(row.slug), row.href, uid), deleted=live is None)
