"""What was done besides writing events, and by whom: accounts, passwords, log-ins, what was taken away for good.

What was done to events is in their revisions.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, or_, select

from spro_agenda.store import schema as s
from spro_agenda.store.records import Act, Audited, Selection
from spro_agenda.store.rows import Rows

_own = s.audit.c


class AuditReader(Rows):
    """The verb that reads the audit."""

    def audit(self, asked: Selection, limit: int | None = None) -> Iterator[Audited]:
        """Acts, the newest first, so many at most; of a person, of days."""
        query = select(s.audit) if asked.login is None else select(s.audit).where(_own.actor_login == asked.login)
        return map(
            _audited, self._newest_first(self._of_days(query, _own.at, asked.since, asked.until), _own.id, limit)
        )

    def audit_about(self, login: str) -> Iterator[Audited]:
        """What a person did, and what was done about them, the newest first."""
        query = select(s.audit).where(or_(_own.actor_login == login, _own.target == login))
        return map(_audited, self._newest_first(query, _own.id, None))

    def places_since(self, moment: datetime) -> frozenset[str]:
        """The addresses that people logged in from since a moment (aware)."""
        came = _own.action == Act.LOGGED_IN.value, _own.at >= int(moment.timestamp())
        query = select(_own.detail).where(*came).distinct()
        return frozenset(detail.rpartition(" ")[2] for detail in self._connection.execute(query).scalars())


def audited(act: Act, login: str, at: int, target: str = "", detail: str = "") -> dict[str, Any]:
    """A row of the audit. `at` is in epoch seconds."""
    return {"at": at, "actor_login": login, "action": act.value, "target": target, "detail": detail}


def _audited(row: Row[Any]) -> Audited:
    return Audited(
        at=datetime.fromtimestamp(row.at, UTC),
        login=row.actor_login,
        act=Act(row.action),
        target=row.target,
        detail=row.detail,
    )
