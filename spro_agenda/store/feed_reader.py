"""The verbs that read subscription feeds."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from sqlalchemy import Row, bindparam, select

from spro_agenda.errors import NotFound
from spro_agenda.i18n import _
from spro_agenda.model import SETTLING, Role
from spro_agenda.store import schema as s
from spro_agenda.store.records import Feed, FeedFilter
from spro_agenda.store.rows import Rows

_FEEDS = (
    select(s.feed, s.account.c.login, s.account.c.role)
    .outerjoin(s.account, s.account.c.id == s.feed.c.account_id)
    .order_by(s.feed.c.id)
)
_FEED = _FEEDS.where(s.feed.c.id == bindparam("its_id"))


class FeedReader(Rows):
    """The verbs that read feeds."""

    def feeds(self) -> tuple[Feed, ...]:
        """Every feed that was ever made, the oldest first."""
        return tuple(map(_feed, self._connection.execute(_FEEDS)))

    def find_feed(self, number: int) -> Feed | None:
        """The feed of that number, where there is one."""
        row = self._connection.execute(_FEED, {"its_id": number}).one_or_none()
        return None if row is None else _feed(row)

    def feed(self, number: int) -> Feed:
        """One feed by its number. Raises NotFound."""
        found = self.find_feed(number)
        if found is None:
            raise NotFound(
                _("L'abonnement n° {number} n'existe pas. « spro-agenda feeds list » les montre tous.").format(
                    number=number
                )
            )
        return found


def _feed(row: Row[Any]) -> Feed:
    wanted = FeedFilter.of_json(json.loads(row.filter))
    # A person may have become a reader since.
    may_settle = row.role is None or Role(row.role) in SETTLING
    return Feed(
        number=row.id,
        login=row.login or "",
        label=row.label,
        wanted=replace(wanted, clashes=wanted.clashes and may_settle),
        generation=row.generation,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_read=row.last_read,
        last_agent=row.last_agent,
    )
