"""The verbs that write what networks keep in calendars elsewhere: their own, and nobody else's.

An event of a source is marked as such: every other verb that writes events refuses it. One that the network typed here
under the same UID is never touched.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import bindparam, delete, exists, select, update

from spro_agenda.ical.lines import parse
from spro_agenda.ical.read import CalendarObject
from spro_agenda.ical.sameness import content_of
from spro_agenda.model import Outcome
from spro_agenda.region.entry import entry_of
from spro_agenda.store import schema as s
from spro_agenda.store.holding import Slot
from spro_agenda.store.records import Deed, Obstacle, Source
from spro_agenda.store.writing import Writing, fresh_href, verb

CLAIM_S = 600
"""How long a source is one process's to harvest, from its last write on."""

_OF_SOURCE = s.source.c.network == bindparam("its_network")
_MARKED = (s.harvested.c.network == bindparam("its_network"), s.harvested.c.uid == bindparam("its_uid"))
_MARK = update(s.harvested).where(*_MARKED).values(content=bindparam("its_content"))
_UNMARK = delete(s.harvested).where(*_MARKED)
_KNOWN = select(s.source.c.claimed_until).where(_OF_SOURCE)
_CLAIM = update(s.source).where(_OF_SOURCE).values(claimed_until=bindparam("until"))
_REDACTED = select(
    exists().where(s.redaction.c.network == bindparam("its_network"), s.redaction.c.uid == bindparam("its_uid"))
)


class Harvesting(Writing):
    """The verbs of harvests."""

    @verb
    def claim_source(self, network: str) -> Source | None:
        """Have a network's source to harvest; `None` where somebody else does so, or there is none."""
        source = next((each for each in self.sources() if each.network == network), None)
        if source is None:
            return None
        until = self._connection.execute(_KNOWN, {"its_network": network}).scalar()
        if until is None:
            self._insert(s.source, [_new(source)])
        elif until > self._now:
            return None
        self._keep_claim(network)
        return source

    @verb
    def take_event(self, network: str, obj: CalendarObject, content: str) -> Outcome | Obstacle:
        """Store an event of a network's source, whose text has the hash `content`, unless something is in the way.

        One that the network had here already, word for word, is its source's from now on: imported from there, say.
        """
        if network not in self.region().calendars:
            return Obstacle.LEFT
        self._keep_claim(network)
        calendar = self.calendar(network)
        about = {"its_network": network, "its_uid": obj.uid}
        before = self._row_of_uid(calendar, obj.uid)
        is_its = self.is_harvested(network, obj.uid)
        if before is not None and not is_its and _content(bytes(before.body)) != content:
            return Obstacle.TYPED
        if self._connection.execute(_REDACTED, about).scalar():
            return Obstacle.REDACTED
        slot = Slot(calendar, before.href if before is not None else fresh_href(obj.uid, calendar.number), obj.uid)
        if is_its:
            self._connection.execute(_MARK, {**about, "its_content": content})
        else:
            self._insert(s.harvested, [{"network": network, "uid": obj.uid, "content": content}])
        if before is not None and _content(bytes(before.body)) == content:
            return Outcome.UNCHANGED
        entry = entry_of(obj, network, self.region())
        if before is not None and before.component != obj.component:
            self._put_in_place(calendar, before, entry, Deed.UPDATED)
        else:
            outcome = Outcome.CREATED if before is None else Outcome.UPDATED
            self._save(slot, entry, self._record(slot, outcome.value, obj.body, before), before)
        return Outcome.CREATED if before is None else Outcome.UPDATED

    @verb
    def drop_event(self, network: str, uid: str) -> bool:
        """Delete an event that its source has no more; whether it was here still. Its last revision keeps it."""
        self._keep_claim(network)
        if not self.is_harvested(network, uid):
            return False
        calendar = self.calendar(network)
        self._connection.execute(_UNMARK, {"its_network": network, "its_uid": uid})
        row = self._row_of_uid(calendar, uid)
        if row is None:
            return False
        self._take_out(Slot(calendar, row.href, uid), Deed.DELETED.value, row)
        return True

    @verb
    def end_harvest(self, source: Source) -> bool:
        """Keep what came of a source, and let go of it; whether it fails otherwise than before, or no more.

        Of its times, the store's own count: it was asked now, gave a calendar now unless it fails, and fails since it
        was first found to.
        """
        before = next((each for each in self.sources() if each.network == source.network), None)
        if before is None:
            # Its network has left it meanwhile.
            return False
        fails = bool(source.error)
        values: dict[str, Any] = {
            "url": source.url,
            "etag": source.etag,
            "last_modified": source.last_modified,
            "content": source.content,
            "checked_at": self._now,
            "good_at": before.good_at if fails else self._now,
            "failing_since": (before.failing_since or self._now) if fails else None,
            "error": source.error,
            "held": source.held,
            "notes": json.dumps(source.notes, ensure_ascii=False),
            "claimed_until": 0,
        }
        self._connection.execute(update(s.source).where(_OF_SOURCE).values(**values), {"its_network": source.network})
        return before.error != source.error

    def _keep_claim(self, network: str) -> None:
        self._connection.execute(_CLAIM, {"its_network": network, "until": self._now + CLAIM_S})


def _content(body: bytes) -> str:
    return content_of(parse(body, "")[0])


def _new(source: Source) -> dict[str, Any]:
    return {
        "network": source.network,
        "url": source.url,
        "etag": "",
        "last_modified": "",
        "content": "",
        "checked_at": None,
        "good_at": None,
        "failing_since": None,
        "error": "",
        "held": False,
        "notes": "[]",
        "claimed_until": 0,
    }
