"""The verbs that read what was: revisions, the trash, and what it takes to go back to a moment.

An event is followed where it was moved to and from: one event has one history, whichever calendars it stood in. What a
calendar held under one UID is one event, deleted and created again included.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from sqlalchemy import Row, Select, bindparam, exists, func, select

from spro_agenda.errors import NotFound, Refused, UsageError
from spro_agenda.i18n import _
from spro_agenda.model import EventKey
from spro_agenda.store import schema as s
from spro_agenda.store.records import HARVESTER, Calendar, Deed, Return, Revision, Rewind, Selection
from spro_agenda.store.rows import Among, chunks
from spro_agenda.store.sources import SourceReader

_SHORTEST_HASH = 6
_MOST_NAMED = 5
_HASH = re.compile(rf"[0-9a-f]{{{_SHORTEST_HASH},64}}")

_OF_REGION = s.calendar.c.owner_id.is_(None)
"""What people wrote in calendars of their own is theirs alone."""
_own, _previous, _later = s.revision, s.revision.alias("previous"), s.revision.alias("later")
REVISIONS: Select[Any] = (
    select(
        _own.c.id,
        _own.c.href,
        _own.c.uid,
        _own.c.verb,
        _own.c.at,
        _own.c.actor_login,
        _own.c.agent,
        _own.c.device_label,
        _own.c.body,
        _own.c.moved_from,
        _own.c.redacted,
        s.calendar.c.slug,
        _previous.c.body.label("previous_body"),
    )
    .join(s.calendar, s.calendar.c.id == _own.c.calendar_id)
    .outerjoin(_previous, _previous.c.id == _own.c.previous_id)
)
_BY_ID = REVISIONS.where(_own.c.id == bindparam("revision"))
LAST_OF_ITS_EVENT = ~exists().where(
    _later.c.calendar_id == _own.c.calendar_id, _later.c.uid == _own.c.uid, _later.c.id > _own.c.id
)
"""Of revisions: nothing happened since to that UID in that calendar."""
_TRASH = REVISIONS.where(_own.c.verb == Deed.DELETED.value, _previous.c.body.is_not(None), LAST_OF_ITS_EVENT)
_SAME_UID = (
    select(_own.c.id, s.calendar.c.slug, _own.c.previous_id, _own.c.moved_from)
    .join(s.calendar, s.calendar.c.id == _own.c.calendar_id)
    .where(_own.c.uid == bindparam("uid"), _OF_REGION)
)
_HOLDING = select(s.object_.c.calendar_id).where(s.object_.c.uid == bindparam("uid"))
_PERSONAL_COPIES = (
    select(s.calendar.c.slug)
    .join(_own, _own.c.calendar_id == s.calendar.c.id)
    .where(_own.c.uid == bindparam("uid"), s.calendar.c.owner_id.is_not(None))
    .distinct()
)
_IS_KNOWN = select(_own.c.id).where(_own.c.calendar_id == bindparam("calendar_id"), _own.c.uid == bindparam("uid"))
_ALL_EVENTS = (
    select(s.calendar.c.slug, _own.c.uid)
    .join(s.calendar, s.calendar.c.id == _own.c.calendar_id)
    .where(_OF_REGION)
    .distinct()
)
_THEN = (
    select(_own.c.uid, func.max(_own.c.id).label("id"))
    .where(_own.c.calendar_id == bindparam("calendar_id"), _own.c.at <= bindparam("moment"))
    .group_by(_own.c.uid)
)
_LIVE: Select[Any] = select(s.object_.c.uid, s.object_.c.href, s.object_.c.body, s.object_.c.revision_id).where(
    s.object_.c.calendar_id == bindparam("calendar_id")
)
_COURSE: Select[Any] = (
    select(_own.c.id, _own.c.uid, _own.c.verb, _own.c.moved_from)
    .where(_own.c.calendar_id == bindparam("calendar_id"), _own.c.uid.in_(bindparam("uids", expanding=True)))
    .order_by(_own.c.id)
)
_WANTED = Among.values(select(_own.c.id, _own.c.uid, _own.c.href, _own.c.body, _own.c.redacted), _own.c.id)

_DROPPED = (
    select(_own.c.uid)
    .join(s.calendar, s.calendar.c.id == _own.c.calendar_id)
    .where(
        s.calendar.c.slug == bindparam("its_network"),
        _own.c.verb == Deed.DELETED.value,
        _own.c.agent == HARVESTER.agent,
        _own.c.actor_login == HARVESTER.login,
        LAST_OF_ITS_EVENT,
    )
)


class HistoryReader(SourceReader):
    """The verbs that read what was. An event goes by its network and UID."""

    def event_called(self, name: str) -> EventKey:
        """The event that a name means, whether it is still there or not.

        `28/<uid>`, parts percent-encoded, with or without a recurrence id; or the first characters (6 at least) of its
        hash. Raises UnknownNetwork, NotFound, UsageError (no name of an event, or of several).
        """
        if "/" in name:
            return self._event_with_id(name)
        if not _HASH.fullmatch(name.lower()):
            raise UsageError(
                _(
                    "« {name} » ne désigne pas un événement. Écrivez son réseau et son UID (28/<uid>), ou les premiers "
                    "caractères ({least} au moins) du code que montrent « history » et « trash »."
                ).format(name=name, least=_SHORTEST_HASH)
            )
        keys = (EventKey(row.slug, row.uid) for row in self._connection.execute(_ALL_EVENTS))
        found = [key for key in keys if key.identity.startswith(name.lower())]
        if not found:
            raise _no_event(name)
        if len(found) > 1:
            raise UsageError(
                _("Plusieurs événements commencent par « {name} » : {ids}. Écrivez-en plus.").format(
                    name=name,
                    ids=", ".join(f"{key.identity[: len(name) + 4]} ({key.id})" for key in found[:_MOST_NAMED]),
                )
            )
        return found[0]

    def _event_with_id(self, name: str) -> EventKey:
        network, _slash, rest = name.partition("/")
        slug = self.region().code_of(unquote(network))
        calendar = self.calendar(slug)
        # The second, for an UID that holds a slash and was typed as it is.
        for uid in (unquote(rest.partition("/")[0]), unquote(rest)):
            if self._connection.execute(_IS_KNOWN.limit(1), {"calendar_id": calendar.id, "uid": uid}).first():
                return EventKey(slug, uid)
        raise _no_event(name)

    def lineage(self, event: EventKey) -> tuple[Calendar, ...]:
        """The calendars that an event stood in: its own, and those that it was moved from and to, by their slugs."""
        return next((its for its in self._lineages(event.uid) if event.network in _slugs(its)), ())

    def copies(self, event: EventKey) -> tuple[tuple[Calendar, ...], tuple[Calendar, ...]]:
        """The calendars that another event with its UID stood in: where all of it is gone, and where it is live.

        Thunderbird moves an event to another calendar by a PUT there and a DELETE here: nothing else tells that the two
        were one.
        """
        live = set(self._connection.execute(_HOLDING, {"uid": event.uid}).scalars())
        others = [its for its in self._lineages(event.uid) if event.network not in _slugs(its)]
        gone = (each for its in others if not any(each.id in live for each in its) for each in its)
        return tuple(gone), tuple(each for its in others for each in its if each.id in live)

    def personal_copies(self, uid: str) -> tuple[Calendar, ...]:
        """The calendars of people's own that have known a UID: somebody copied an event there, or moved it."""
        slugs = self._connection.execute(_PERSONAL_COPIES, {"uid": uid}).scalars()
        return tuple(self.calendar(slug) for slug in sorted(slugs))

    def _lineages(self, uid: str) -> list[tuple[Calendar, ...]]:
        """The calendars that have known a UID, those together between which it was moved."""
        rows = self._connection.execute(_SAME_UID, {"uid": uid}).all()
        home = {row.id: row.slug for row in rows}
        pairs = [
            (row.slug, other)
            for row in rows
            for other in (row.slug, home.get(row.previous_id), (row.moved_from or row.slug).partition("/")[0])
            if other is not None
        ]
        found: list[set[str]] = []
        for pair in pairs:
            met = [its for its in found if its & {*pair}]
            found = [its for its in found if its not in met] + [set(pair).union(*met)]
        return [tuple(self.calendar(slug) for slug in sorted(its)) for its in found]

    def history(self, asked: Selection, limit: int | None = None) -> Iterator[Revision]:
        """Revisions, the newest first, so many at most; read a page at a time, as they are asked for."""
        query = REVISIONS.where(_OF_REGION)
        if asked.network is not None:
            # Not by the index on calendars: all of a network's revisions would be sorted to find the newest.
            query = query.where(_own.c.calendar_id + 0 == self.calendar(asked.network).id)
        if asked.event is not None:
            ids = [calendar.id for calendar in self.lineage(asked.event)]
            query = query.where(_own.c.uid == asked.event.uid, _own.c.calendar_id.in_(ids))
        if asked.login is not None:
            query = query.where(_own.c.actor_login == asked.login)
        query = self._of_days(query, _own.c.at, asked.since, asked.until)
        return map(revision_of, self._newest_first(query, _own.c.id, limit))

    def revision(self, number: int) -> Revision | None:
        """One revision by its number."""
        return next(map(revision_of, self._connection.execute(_BY_ID, {"revision": number})), None)

    def trash(self, network: str | None = None) -> Iterator[Revision]:
        """The deletions that can still be undone, the newest first: of events that are not in their calendar any more,
        and were not moved to another."""
        query = _TRASH.where(_OF_REGION if network is None else s.calendar.c.slug == network)
        return map(revision_of, self._newest_first(query, _own.c.id, None))

    def rewind(self, network: str, moment: datetime) -> Rewind:
        """What takes a calendar back to what it held at a moment (aware). Raises NotFound, Refused.

        What came from another calendar since, or went to one, stays where it is: to take it out here would take it from
        everybody, and to put it back would make two of it.
        """
        if moment > datetime.now(UTC):
            raise Refused(_("Ce moment n'est pas encore venu : indiquez avec --as-of un moment passé."))
        calendar = self.calendar(network)
        own = {"calendar_id": calendar.id}
        then = {row.uid: row.id for row in self._connection.execute(_THEN, {**own, "moment": int(moment.timestamp())})}
        live = {row.uid: row for row in self._connection.execute(_LIVE, own)}
        kept_elsewhere = self._kept_elsewhere(network)
        changed = (uid for uid in then if uid not in live or live[uid].revision_id != then[uid])
        moved = [then[uid] for uid in changed if uid not in kept_elsewhere]
        later = [uid for uid in live if uid not in then and uid not in kept_elsewhere]
        wanted = list(self._in_chunks(_WANTED, moved))
        course = self._course(calendar, [*later, *(row.uid for row in wanted)])
        put: list[Return] = []
        deleted: list[Return] = []
        left: list[EventKey] = []
        elsewhere: list[EventKey] = []
        for row in wanted:
            key, now = EventKey(network, row.uid), live.get(row.uid)
            since = [each for each in course[row.uid] if each.id > row.id]
            if row.redacted:
                left += [key] if now is not None else []
            elif row.body is None and now is not None and _came(since[0], network):
                elsewhere.append(key)
            elif row.body is None:
                deleted += [_away(key, now)] if now is not None else []
            elif now is None and since and since[-1].verb == Deed.MOVED:
                elsewhere.append(key)
            elif now is None or bytes(now.body) != bytes(row.body):
                href = now.href if now is not None else row.href
                put.append(Return(key=key, href=href, revision=row.id, text=bytes(row.body)))
        for uid in later:
            key, first = EventKey(network, uid), course[uid][0]
            if _came(first, network):
                elsewhere.append(key)
            elif first.verb == Deed.CREATED:
                deleted.append(_away(key, live[uid]))
            else:
                # It may be older than what retention keeps.
                left.append(key)
        return Rewind(
            network=network,
            moment=moment,
            put=tuple(sorted(put, key=_by_key)),
            deleted=tuple(sorted(deleted, key=_by_key)),
            left=tuple(sorted(left)),
            moved=tuple(sorted(elsewhere)),
        )

    def _kept_elsewhere(self, network: str) -> set[str]:
        """The UIDs of events that the network keeps elsewhere, or that it has deleted there: a source is not taken back
        from here."""
        if network not in self.region().calendars:
            return set()
        return {*self.harvested(network), *self._connection.execute(_DROPPED, {"its_network": network}).scalars()}

    def _course(self, calendar: Calendar, uids: list[str]) -> dict[str, list[Row[Any]]]:
        """What is remembered to have happened to each UID in the calendar, the oldest first."""
        found: dict[str, list[Row[Any]]] = {}
        for some in chunks(uids):
            for row in self._connection.execute(_COURSE, {"calendar_id": calendar.id, "uids": some}):
                found.setdefault(row.uid, []).append(row)
        return found


def revision_of(row: Row[Any]) -> Revision:
    """A row of REVISIONS."""
    return Revision(
        id=row.id,
        key=EventKey(row.slug, row.uid),
        href=row.href,
        deed=Deed(row.verb),
        at=datetime.fromtimestamp(row.at, UTC),
        login=row.actor_login,
        agent=row.agent,
        device=row.device_label,
        body=None if row.body is None else bytes(row.body),
        previous_body=None if row.previous_body is None else bytes(row.previous_body),
        moved_from=row.moved_from,
        redacted=row.redacted,
    )


def _came(row: Row[Any], network: str) -> bool:
    """Whether a move brought the event from another calendar."""
    return row.moved_from is not None and not row.moved_from.startswith(f"{network}/")


def _slugs(calendars: tuple[Calendar, ...]) -> set[str]:
    return {each.slug for each in calendars}


def _away(key: EventKey, row: Row[Any]) -> Return:
    return Return(key=key, href=row.href, revision=None, text=bytes(row.body))


def _by_key(each: Return) -> EventKey:
    return each.key


def _no_event(name: str) -> NotFound:
    return NotFound(
        _(
            "Aucun événement ne s'appelle « {name} ». Cherchez son code avec « spro-agenda history » ou « spro-agenda "
            "trash »."
        ).format(name=name)
    )
