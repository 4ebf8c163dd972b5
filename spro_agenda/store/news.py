"""The verbs that read what was written of late, and what people were told of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import bindparam, func, select

from spro_agenda.model import EventKey
from spro_agenda.store import schema as s
from spro_agenda.store.history import REVISIONS, HistoryReader, revision_of
from spro_agenda.store.records import Progress, Refusal, Revision

_OF_REGION = s.calendar.c.owner_id.is_(None)
_SINCE = REVISIONS.where(_OF_REGION, s.revision.c.id > bindparam("number")).order_by(s.revision.c.id)
_OF_UID_SINCE = _SINCE.where(s.revision.c.uid == bindparam("its_uid"))
_LAST = select(func.coalesce(func.max(s.revision.c.id), 0))
_LAST_BEFORE = _LAST.where(s.revision.c.at < bindparam("moment"))
_SPAN = select(func.min(s.revision.c.at), func.max(s.revision.c.at)).where(s.revision.c.id > bindparam("number"))
_REACHED = select(s.reached.c.revision).where(s.reached.c.job == bindparam("its_job"))
_ACCOUNT = select(s.account.c.id).where(s.account.c.login == bindparam("its_login"))
_DIGEST = select(s.digest).where(s.digest.c.account_id == bindparam("owner"))
_TOLD = select(s.told).where(s.told.c.account_id == bindparam("owner")).order_by(s.told.c.what)
_DAYS = select(s.account.c.login, s.digest.c.day).join(s.account, s.account.c.id == s.digest.c.account_id)
_AWAITED = (
    select(s.account.c.login)
    .join(s.notice, s.notice.c.account_id == s.account.c.id)
    .where(s.notice.c.claimed_until <= bindparam("moment"))
    .distinct()
    .order_by(s.account.c.login)
)
_REFUSED = (
    select(s.account.c.login, func.min(s.refusal.c.at).label("first"))
    .join(s.refusal, s.refusal.c.account_id == s.account.c.id)
    .where(s.refusal.c.claimed_until <= bindparam("moment"), s.account.c.email != "")
    .group_by(s.account.c.login)
    .order_by(s.account.c.login)
)
REFUSALS = (
    select(s.refusal, s.account.c.login)
    .join(s.account, s.account.c.id == s.refusal.c.account_id)
    .where(s.account.c.login == bindparam("its_login"))
    .order_by(s.refusal.c.id)
)


class NewsReader(HistoryReader):
    """The verbs that read what was written of late, and who was told what."""

    def last_revision(self, before: datetime | None = None) -> int:
        """The number of the last revision, or of the last one before a moment (aware); 0 where there is none."""
        query = self._connection.execute(
            *((_LAST,) if before is None else (_LAST_BEFORE, {"moment": int(before.timestamp())}))
        )
        return int(query.scalar_one())

    def written_since(self, number: int) -> tuple[datetime, datetime] | None:
        """When the first and the last revision after one were written, in UTC; `None` where there is none."""
        first, last = self._connection.execute(_SPAN, {"number": number}).one()
        return None if first is None else (datetime.fromtimestamp(first, UTC), datetime.fromtimestamp(last, UTC))

    def revisions_since(self, number: int, uid: str | None = None) -> Iterator[Revision]:
        """All that was written to the region's calendars after a revision, the oldest first; of one UID alone where it
        is given."""
        if uid is None:
            rows = self._connection.execute(_SINCE, {"number": number})
        else:
            rows = self._connection.execute(_OF_UID_SINCE, {"number": number, "its_uid": uid})
        return map(revision_of, rows)

    def reached(self, job: str) -> int:
        """The revision up to which a job has looked at what was written; 0 where it never did."""
        return int(self._connection.execute(_REACHED, {"its_job": job}).scalar() or 0)

    def progress(self, login: str) -> Progress:
        """How far a person was told the news."""
        own = {"owner": self._owner(login)}
        row = self._connection.execute(_DIGEST, own).one_or_none()
        return Progress(
            revision=row.revision if row is not None and row.day else None,
            day=date.fromordinal(row.day) if row is not None and row.day else None,
            told={each.what: each.revision for each in self._connection.execute(_TOLD, own)},
        )

    def digest_days(self) -> Mapping[str, date]:
        """The day of each person's last digest, by login."""
        return {row.login: date.fromordinal(row.day) for row in self._connection.execute(_DAYS) if row.day}

    def awaiting_notice(self, now: datetime) -> tuple[str, ...]:
        """Who is to be told something at once, by nobody else already: their logins."""
        return tuple(self._connection.execute(_AWAITED, {"moment": int(now.timestamp())}).scalars())

    def awaiting_refusals(self, now: datetime) -> Mapping[str, datetime]:
        """Who is to be told of refused writes, by nobody else already, and since when (UTC): by login."""
        rows = self._connection.execute(_REFUSED, {"moment": int(now.timestamp())})
        return {row.login: datetime.fromtimestamp(row.first, UTC) for row in rows}

    def refusals(self, login: str) -> tuple[Refusal, ...]:
        """The refused writes of which a person was not told yet, the oldest first."""
        return tuple(map(refusal_of, self._connection.execute(REFUSALS, {"its_login": login})))

    def _owner(self, login: str) -> int | None:
        return self._connection.execute(_ACCOUNT, {"its_login": login}).scalar()


def refusal_of(row: Any) -> Refusal:
    return Refusal(
        login=row.login,
        at=datetime.fromtimestamp(row.at, UTC),
        slug=row.slug,
        uid=row.uid,
        title=row.title,
        why=row.why,
        body=None if row.body is None else bytes(row.body),
        id=row.id,
    )


OF_EVENTS = "event:"
"""How the names begin under which events are told."""


def about(event: EventKey) -> str:
    """Under which name an event is told."""
    return f"{OF_EVENTS}{event.id}"
