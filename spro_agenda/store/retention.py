"""What is kept no longer: old trash, old revisions, and change rows that no client needs.

Each verb takes some at a time, so that the region's write lock is held briefly.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Delete, Row, Select, and_, bindparam, delete, exists, func, or_, select, tuple_, update

from spro_agenda.model import Account, Chance, EventKey, Visibility
from spro_agenda.store import schema as s
from spro_agenda.store.history import LAST_OF_ITS_EVENT
from spro_agenda.store.records import CalendarKind, Deed, Purged, Retention
from spro_agenda.store.rows import chunks
from spro_agenda.store.writing import Writing, verb

AT_ONCE = 500
"""Rows that one transaction takes: some milliseconds."""

_own = s.revision
_deletion = s.revision.alias("deletion")
_newer = s.change.alias("newer")


def months_before(day: date, months: int) -> date:
    """The same day so many months before, or the last of its month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last of its month."""
    return months_before(day, -months)


def idle(accounts: Iterable[Account], today: date, months: int, zone: ZoneInfo) -> tuple[Account, ...]:
    """The people who have not come for so many months, nor have had their account for less."""
    since = _epoch(months_before(today, months), zone)
    return tuple(each for each in accounts if max(each.created_at, each.last_seen or 0) < since)


class Retaining(Writing):
    """The verbs of retention, and the day of the last daily upkeep."""

    @verb
    def purge(self, today: date, retention: Retention) -> Purged:
        """Take away some of what is kept no longer; nothing when all of it is gone.

        What goes from the trash goes from where it was moved from too. A revision that is the text of a live event
        stays however old it is, and so does the text of what is in the trash. Where a deletion is forgotten, older sync
        tokens become stale: those clients read all anew.
        """
        limits = _Limits(today, retention, self.region().time_zone)
        return (
            self._purge_trash(limits)
            or self._purge_revisions(limits)
            or self._purge_changes()
            or self._purge_audit(limits)
            or self._purge_said(limits)
            or Purged()
        )

    def last_day(self) -> date | None:
        """The last day of which the store knows: of its daily upkeep, or of a revision; `None` when it knows none."""
        at = self._connection.execute(select(func.max(_own.c.at))).scalar()
        written = 0 if at is None else datetime.fromtimestamp(at, self.region().time_zone).toordinal()
        day = max(written, int(self._connection.execute(select(s.region.c.upkeep_day)).scalar_one()))
        return date.fromordinal(day) if day else None

    @verb
    def take_upkeep_day(self, day: date) -> bool:
        """Whether the daily upkeep of that day, or of the next, was nobody's yet; it is the caller's now.

        One that was taken further ahead was taken by a wrong clock, and holds nobody back.
        """
        taken = s.region.c.upkeep_day
        own = or_(taken < day.toordinal(), taken > day.toordinal() + 1)
        return self._connection.execute(update(s.region).where(own).values(upkeep_day=day.toordinal())).rowcount == 1

    @verb
    def give_back_upkeep_day(self, day: date, last: date | None = None) -> None:
        """Leave the upkeep of a day, taken and not done, to whoever tries next; `last` is what `last_day` said before
        it was taken, so that it says so again."""
        before = day.toordinal() - 1
        if last is not None:
            before = min(before, last.toordinal())
        own = s.region.c.upkeep_day == day.toordinal()
        self._connection.execute(update(s.region).where(own).values(upkeep_day=before))

    def purgeable(self, today: date, retention: Retention) -> Purged:
        """What `purge` would take away in all, deletions' own change rows apart."""
        limits = _Limits(today, retention, self.region().time_zone)
        trash = [EventKey(*row) for row in self._connection.execute(limits.trash)]
        ids = set(self._connection.execute(limits.revisions).scalars())
        return Purged(
            events=len(trash),
            revisions=len(ids.union(*(self._revisions_of(event) for event in trash))),
            changes=self._count(_SUPERSEDED),
            acts=self._count(limits.audit),
            said=sum(
                self._count(select(each.table).where(each.whereclause))
                for each in limits.said
                if each.whereclause is not None
            )
            + len(self._needless_answers(limits)),
        )

    def _count(self, query: Select[Any]) -> int:
        return int(self._connection.execute(select(func.count()).select_from(query.subquery())).scalar_one())

    def _purge_trash(self, limits: _Limits) -> Purged | None:
        events = [EventKey(*row) for row in self._connection.execute(limits.trash.limit(AT_ONCE // 5))]
        if not events:
            return None
        ids = set[int]().union(*(self._revisions_of(event) for event in events))
        return Purged(events=len(events), revisions=self._forget(sorted(ids)))

    def _revisions_of(self, event: EventKey) -> set[int]:
        """The revisions of an event of the trash, and those that it left where it was moved from.

        Its own calendar's alone where another has it still, live or in the trash in its turn: they are that one's past.
        """
        own = self.calendar(event.network).id
        calendars = [calendar.id for calendar in self.lineage(event)]
        rows = self._connection.execute(_COURSE, {"uid": event.uid, "calendars": calendars}).all()
        last = {row.calendar_id: row for row in rows}
        is_nobody_s = all(id_ == own or (row.verb == Deed.MOVED and not row.has_text) for id_, row in last.items())
        return {row.id for row in rows if is_nobody_s or row.calendar_id == own}

    def _purge_revisions(self, limits: _Limits) -> Purged | None:
        ids = list(self._connection.execute(limits.revisions.limit(AT_ONCE)).scalars())
        return Purged(revisions=self._forget(ids)) if ids else None

    def _forget(self, ids: list[int]) -> int:
        self._connection.execute(update(_own).where(_own.c.previous_id.in_(ids)).values(previous_id=None))
        return self._connection.execute(delete(_own).where(_own.c.id.in_(ids))).rowcount

    def _purge_changes(self) -> Purged | None:
        some = self._connection.execute(_SUPERSEDED.order_by(s.change.c.number).limit(AT_ONCE)).all()
        self._hand_on(some)
        forgotten = self._connection.execute(_FORGOTTEN.limit(AT_ONCE)).all()
        for calendar_id, number in forgotten:
            # Whoever has not seen this deletion would keep the event for ever.
            self._connection.execute(
                update(s.calendar)
                .where(s.calendar.c.id == calendar_id, s.calendar.c.first_change < number)
                .values(first_change=number)
            )
        rows = [(row.calendar_id, row.number) for row in some] + [(id_, number) for id_, number in forgotten]
        if not rows:
            return None
        # Calendars are read anew: their first change may have moved.
        self._seen.clear()
        own = tuple_(s.change.c.calendar_id, s.change.c.number)
        return Purged(changes=self._connection.execute(delete(s.change).where(own.in_(rows))).rowcount)

    def _purge_audit(self, limits: _Limits) -> Purged | None:
        ids = list(self._connection.execute(limits.audit.limit(AT_ONCE)).scalars())
        own = s.audit.c.id.in_(ids)
        return Purged(acts=self._connection.execute(delete(s.audit).where(own)).rowcount) if ids else None

    def _purge_said(self, limits: _Limits) -> Purged | None:
        """What was said of clashes that are long over, and of opportunities long ago; and of events of which nothing
        is kept."""
        # Where what settled a clash is forgotten, the agenda tells of the clash again.
        self._to_show.update(EventKey(row.network, row.uid) for row in self._connection.execute(limits.unsaid))
        said = sum(self._connection.execute(statement).rowcount for statement in limits.said)
        answers = self._needless_answers(limits)
        for some in chunks(answers):
            self._connection.execute(delete(s.dismissal).where(s.dismissal.c.identity.in_(some)))
        return Purged(said=said + len(answers)) if said or answers else None

    def _needless_answers(self, limits: _Limits) -> list[str]:
        """That two are two actions holds as long as both are there: their clash follows from it."""
        return [
            row.identity
            for row in self._connection.execute(limits.answers)
            if len(self._live(map(EventKey.of_id, row.members.split("\n")))) < 2
        ]

    def _hand_on(self, superseded: Iterable[Row[Any]]) -> None:
        """Have the next change of each object say that the view from outside had it before: who saw it then must hear
        that it is gone. The changes are in order."""
        seen: set[tuple[int, str]] = set()
        for row in superseded:
            its = row.calendar_id, row.href
            if row.visibility_before in _SEEN_OUTSIDE or its in seen:
                seen.add(its)
                values = {"its_calendar_id": its[0], "its_href": its[1], "its_number": row.number}
                self._connection.execute(_HAND_ON, values)


class _Limits:
    """What is too old on a day, as queries."""

    def __init__(self, today: date, retention: Retention, zone: ZoneInfo) -> None:
        trash_s = _epoch(months_before(today, retention.trash_months), zone)
        revision_s = _epoch(months_before(today, retention.revision_months), zone)
        audit_s = _epoch(months_before(today, retention.audit_months), zone)
        to_come = exists().where(
            s.clash.c.identity == s.settlement.c.identity,
            s.encounter.c.clash_id == s.clash.c.id,
            s.encounter.c.day_to >= today.toordinal(),
        )
        over = s.settlement.c.at < revision_s, ~to_come
        self.unsaid: Select[Any] = (
            select(s.clash_member.c.network, s.clash_member.c.uid)
            .distinct()
            .join(s.clash, s.clash.c.id == s.clash_member.c.clash_id)
            .where(s.clash.c.gone_at.is_(None), exists().where(s.settlement.c.identity == s.clash.c.identity, *over))
        )
        self.said: tuple[Delete, ...] = (
            delete(s.settlement).where(*over),
            delete(s.clash).where(s.clash.c.gone_at < revision_s),
            delete(s.dismissal).where(s.dismissal.c.at < revision_s, ~_IS_ANSWER),
            *(
                # Of events of which nothing is kept.
                delete(table).where(~exists().where(_own.c.uid == table.c.uid))
                for table in (s.participation, s.family_member)
            ),
            # A cancellation of what never came has no revision.
            delete(s.invited).where(s.invited.c.at < trash_s, ~exists().where(_own.c.uid == s.invited.c.uid)),
            delete(s.received).where(s.received.c.at < audit_s),
        )
        self.answers = select(s.dismissal).where(s.dismissal.c.at < revision_s, _IS_ANSWER)
        self.audit: Select[Any] = select(s.audit.c.id).where(s.audit.c.at < audit_s)
        self.trash = (
            select(s.calendar.c.slug, _own.c.uid)
            .join(s.calendar, s.calendar.c.id == _own.c.calendar_id)
            .where(
                or_(_own.c.verb == Deed.DELETED.value, and_(_own.c.verb == Deed.REDACTED.value, _own.c.body.is_(None))),
                _own.c.at < trash_s,
                LAST_OF_ITS_EVENT,
                ~exists().where(s.object_.c.calendar_id == _own.c.calendar_id, s.object_.c.uid == _own.c.uid),
            )
        )
        self.revisions = select(_own.c.id).where(
            _own.c.at < revision_s,
            ~exists().where(s.object_.c.revision_id == _own.c.id),
            ~and_(_own.c.verb == Deed.DELETED.value, _own.c.at >= trash_s),
            # The text that the trash gives back.
            ~exists().where(
                _deletion.c.previous_id == _own.c.id,
                _deletion.c.verb == Deed.DELETED.value,
                _deletion.c.at >= trash_s,
            ),
        )


_IS_ANSWER = s.dismissal.c.kind == Chance.TWICE.value
"""Of dismissals: that what looks like one event is two."""

_COURSE = (
    select(_own.c.id, _own.c.calendar_id, _own.c.verb, _own.c.body.is_not(None).label("has_text"))
    .where(_own.c.uid == bindparam("uid"), _own.c.calendar_id.in_(bindparam("calendars", expanding=True)))
    .order_by(_own.c.id)
)

_SUPERSEDED: Select[Any] = select(
    s.change.c.calendar_id, s.change.c.number, s.change.c.href, s.change.c.visibility_before
).where(
    exists().where(
        _newer.c.calendar_id == s.change.c.calendar_id,
        _newer.c.href == s.change.c.href,
        _newer.c.number > s.change.c.number,
    )
)
"""Change rows whose href has changed again: a client hears of the later one."""

_SEEN_OUTSIDE = {Visibility.PUBLIC, Visibility.CONFIDENTIAL}
_HAND_ON = (
    update(s.change)
    .where(
        s.change.c.calendar_id == bindparam("its_calendar_id"),
        s.change.c.number
        == select(func.min(_newer.c.number))
        .where(
            _newer.c.calendar_id == bindparam("its_calendar_id"),
            _newer.c.href == bindparam("its_href"),
            _newer.c.number > bindparam("its_number"),
        )
        .scalar_subquery(),
        or_(s.change.c.visibility_before.is_(None), s.change.c.visibility_before == Visibility.PRIVATE.value),
    )
    .values(visibility_before=Visibility.PUBLIC.value)
)

_origin = s.calendar.alias("origin")
_FORGOTTEN = select(s.change.c.calendar_id, s.change.c.number).where(
    s.change.c.deleted,
    ~exists().where(_own.c.calendar_id == s.change.c.calendar_id, _own.c.uid == s.change.c.uid),
    # An entry of the agenda has its network's code before the UID of its event.
    ~exists().where(
        s.calendar.c.id == s.change.c.calendar_id,
        s.calendar.c.kind == CalendarKind.AGENDA.value,
        func.substr(s.change.c.uid, 1, func.length(_origin.c.network) + 1) == _origin.c.network + ".",
        _own.c.calendar_id == _origin.c.id,
        _own.c.uid == func.substr(s.change.c.uid, func.length(_origin.c.network) + 2),
    ),
)
"""Deletions of events of which nothing is kept."""


def _epoch(day: date, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, time(), zone).timestamp())
