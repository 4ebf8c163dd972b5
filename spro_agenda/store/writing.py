"""What all verbs that write are made of. They run under the region's write lock, each wholly or not at all."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Row, bindparam, or_

from spro_agenda.errors import NotFound, Refused, StoreError, UidConflict, UnsupportedComponent
from spro_agenda.i18n import _
from spro_agenda.ical.read import CalendarObject
from spro_agenda.model import Visibility
from spro_agenda.region.entry import Entry
from spro_agenda.store import schema as s
from spro_agenda.store.auditing import audited
from spro_agenda.store.derive import derive
from spro_agenda.store.entries import Texts
from spro_agenda.store.holding import Slot
from spro_agenda.store.records import Act, Actor, Calendar, Deed, StoredObject
from spro_agenda.store.rows import OBJECT, STATE
from spro_agenda.store.showing import Showing

LONGEST_HREF = 255

_WITH_REVISION = OBJECT.add_columns(s.object_.c.revision_id)
_BY_HREF = _WITH_REVISION.where(s.object_.c.href == bindparam("href"))
_IN_THE_WAY = _WITH_REVISION.where(or_(s.object_.c.href == bindparam("href"), s.object_.c.uid == bindparam("uid")))
_BY_UID = _WITH_REVISION.where(s.object_.c.uid == bindparam("uid"))
_LOCKED = STATE.with_for_update()
P = ParamSpec("P")
T = TypeVar("T")
W = TypeVar("W", bound="Writing")


def verb(method: Callable[Concatenate[W, P], T]) -> Callable[Concatenate[W, P], T]:
    """A verb leaves the clashes, and the agenda, as its events now make them.

    One that raises spoils the whole transaction, which then is rolled back; no other verb follows.

    Radicale's `do_PUT` catches ValueError inside its lock and returns as if nothing had happened: without this, what
    the verb had done so far would be committed.
    """

    @wraps(method)
    def whole(self: W, /, *args: P.args, **kwargs: P.kwargs) -> T:
        if self.spoilt:
            raise StoreError(_("Une écriture a échoué juste avant celle-ci : rien n'a été modifié. Recommencez."))
        try:
            result = method(self, *args, **kwargs)
            self._examine_changed()
            self._show_changed()
        except BaseException:
            self.spoilt = True
            raise
        return result

    return whole


class Writing(Showing):
    """Reads and writes within one transaction that holds the region's write lock.

    Once a verb has raised, the writer is `spoilt`: the transaction will be rolled back, and no other verb follows.
    """

    def __init__(self, connection: Connection, actor: Actor) -> None:
        super().__init__(connection, int(time.time()))
        self._actor = actor
        self.spoilt = False

    def lock(self) -> None:
        """Wait for the region's write lock, before anything is read."""
        self._state = self._connection.execute(_LOCKED).one()

    def _row(self, calendar: Calendar, href: str) -> Row[Any] | None:
        return self._connection.execute(_BY_HREF, {"calendar_id": calendar.id, "href": href}).one_or_none()

    def _rows_in_the_way(self, slot: Slot) -> tuple[Row[Any] | None, Row[Any] | None]:
        """What stands at a slot's href, and what has its UID at another one."""
        about = {"calendar_id": slot.calendar.id, "href": slot.href, "uid": slot.uid}
        rows = list(self._connection.execute(_IN_THE_WAY, about))
        there = next((row for row in rows if row.href == slot.href), None)
        return there, next((row for row in rows if row.href != slot.href), None)

    def _row_of_uid(self, calendar: Calendar, uid: str) -> Row[Any] | None:
        return self._connection.execute(_BY_UID, {"calendar_id": calendar.id, "uid": uid}).one_or_none()

    def _before(self, slot: Slot) -> Row[Any] | None:
        """What a write at a slot replaces.

        Raises UidConflict: RFC 4791 section 5.3.2.1 wants one object a UID, and an object keeps its own.
        """
        there, elsewhere = self._rows_in_the_way(slot)
        if elsewhere is not None or (there is not None and there.uid != slot.uid):
            raise UidConflict(slot.uid)
        return there

    def _record(
        self, slot: Slot, verb: str, body: bytes | None, previous: Row[Any] | None, moved_from: str | None = None
    ) -> int:
        """A revision that follows on the one that the row is of (its `revision_id`)."""
        return self._insert_one(
            s.revision,
            {
                "calendar_id": slot.calendar.id,
                "href": slot.href,
                "uid": slot.uid,
                "verb": verb,
                "at": self._now,
                "actor_login": self._actor.login,
                "agent": self._actor.agent,
                "device_label": self._actor.device,
                "body": body,
                "redacted": False,
                "previous_id": previous.revision_id if previous is not None else None,
                "moved_from": moved_from,
            },
        )

    def _save(self, slot: Slot, entry: Entry, revision: int, before: Row[Any] | None) -> StoredObject:
        """Write the object's row and what follows from it, and tell clients."""
        derived, there = derive(entry, self._deriving()), int(before.id) if before is not None else None
        object_id = self._hold(slot, Texts(entry.obj.body), derived, revision, there)
        if slot.calendar.network:
            self._reading().keep(entry)
        self._to_examine(slot.calendar, slot.uid)
        self._change(slot, before.visibility if before is not None else None, derived.columns["visibility"])
        return StoredObject(
            id=object_id,
            href=slot.href,
            uid=slot.uid,
            component=entry.obj.component,
            body=entry.obj.body,
            etag=derived.columns["etag"],
            modified=self._now,
            visibility=Visibility(derived.columns["visibility"]),
            differs=derived.columns["visibility"] != Visibility.PUBLIC,
        )

    def _put_in_place(self, calendar: Calendar, row: Row[Any], entry: Entry, deed: Deed) -> StoredObject:
        """Put another text of an object in its place; where that is another component, at another href, as clients know
        what an href holds by what it was."""
        slot = Slot(calendar, row.href, row.uid)
        if entry.obj.component == row.component:
            return self._save(slot, entry, self._record(slot, deed.value, entry.obj.body, row), row)
        self._take_out(slot, Deed.MOVED.value, row)
        new = Slot(calendar, fresh_href(row.uid, self.calendar(calendar.slug).number), row.uid)
        came_from = f"{calendar.slug}/{row.href}"
        return self._save(new, entry, self._record(new, deed.value, entry.obj.body, row, moved_from=came_from), None)

    def _take_out(self, slot: Slot, verb: str, row: Row[Any]) -> None:
        """Remove an object and all that follows from it; its revisions stay."""
        self._record(slot, verb, None, row)
        self._drop_object(row.id)
        self._to_examine(slot.calendar, slot.uid)
        self._change(slot, row.visibility, None)

    def _audit(self, act: Act, target: str = "", detail: str = "") -> None:
        """Note an act of the actor's, for whoever reads the audit."""
        self._insert(s.audit, [audited(act, self._actor.login, self._now, target, detail)])


def fresh_href(uid: str, number: int) -> str:
    """An href that no object of a calendar has, where `number` is its last change."""
    return f"{hashlib.sha256(f'{uid} {number + 1}'.encode()).hexdigest()[:32]}.ics"


def check_href(href: str) -> None:
    if not href or len(href.encode()) > LONGEST_HREF or "/" in href or "\0" in href:
        raise Refused(
            _(
                "L'adresse de l'événement est vide, trop longue ou mal formée. Choisissez un nom de {most} "
                "octets au plus."
            ).format(most=LONGEST_HREF)
        )


def check_held(calendar: Calendar, obj: CalendarObject) -> None:
    """Raise UnsupportedComponent for an object that the calendar does not take: RFC 4791 section 5.3.2.1."""
    if obj.component not in calendar.components:
        raise UnsupportedComponent(
            calendar.name,
            None,
            _("cet agenda ne prend pas de « {name} ».").format(name=obj.component),
            _("Choisissez un autre agenda."),
        )


def no_event(href: str) -> NotFound:
    return NotFound(_("L'événement « {href} » n'existe pas, ou plus, dans cet agenda.").format(href=href))
