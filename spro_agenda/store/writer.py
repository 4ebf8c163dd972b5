"""The verbs that write. All run under the region's write lock, each wholly or not at all."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Row, Table, delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from spro_agenda.clashes import extent, find_clashes, keys
from spro_agenda.errors import BadInput, NotFound, Refused, StoreError, UidConflict
from spro_agenda.i18n import _
from spro_agenda.model import REGION, Clash, Occurrence, Outcome
from spro_agenda.recurrence import FIRST_DAY, LAST_DAY
from spro_agenda.region.entry import Entry, read_entry
from spro_agenda.region.load import parse_region
from spro_agenda.store import schema as s
from spro_agenda.store.passwords import hash_password
from spro_agenda.store.reader import Reader
from spro_agenda.store.records import (
    Account,
    Actor,
    Calendar,
    CalendarKind,
    Properties,
    Role,
    Written,
)

LONGEST_HREF = 255
LONGEST_LOGIN = 64
SHORTEST_PASSWORD = 8
RESERVED_LOGINS = frozenset({"spro"})
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]*")

P = ParamSpec("P")
T = TypeVar("T")


def _verb(method: Callable[Concatenate[Writer, P], T]) -> Callable[Concatenate[Writer, P], T]:
    """A verb that raises undoes itself and spoils the whole transaction.

    Radicale's `do_PUT` catches ValueError inside its lock and returns as if nothing had happened: without this, what
    the verb had done so far would be committed. No verb follows one that raised: SQLite may have left the transaction.
    """

    @wraps(method)
    def verb(self: Writer, /, *args: P.args, **kwargs: P.kwargs) -> T:
        if self.spoilt:
            raise StoreError(_("Une écriture a échoué juste avant celle-ci : rien n'a été modifié. Recommencez."))
        try:
            with _savepoint(self._connection):
                return method(self, *args, **kwargs)
        except BaseException:
            self.spoilt = True
            raise

    return verb


@contextmanager
def _savepoint(connection: Connection) -> Iterator[None]:
    savepoint = connection.begin_nested()
    try:
        yield
        savepoint.commit()
    except BaseException:
        # On a full disk SQLite ends the whole transaction by itself, and knows no savepoint any more.
        with suppress(DBAPIError):
            savepoint.rollback()
        raise


@dataclass(frozen=True, slots=True)
class _Slot:
    """Where an object stands, or will: its calendar, its href there, and the UID that it has."""

    calendar: Calendar
    href: str
    uid: str


class Writer(Reader):
    """Reads and writes within one transaction that holds the region's write lock.

    Once a verb has raised, the writer is `spoilt`: the transaction will be rolled back, and no other verb follows.
    """

    def __init__(self, connection: Connection, actor: Actor) -> None:
        super().__init__(connection)
        self._actor = actor
        self.spoilt = False

    # Events

    @_verb
    def put_event(self, slug: str, href: str, body: bytes) -> Written:
        """Store the text of a calendar object at an href, new or in place of the one that is there.

        The same text again changes nothing. Raises BadCalendar, NotFound (no such calendar), Refused (an href that is
        too long), UidConflict (the UID stands at another href, or the href holds another UID).
        """
        calendar = self.calendar(slug)
        entry = read_entry(body, calendar.network, self.region(), _("L'événement envoyé"))
        _check_href(href)
        slot = _Slot(calendar, href, entry.key.uid)
        before = self._row(calendar, href)
        self._check_uid(slot, before)
        if before is not None and bytes(before.body) == entry.obj.body:
            outcome = Outcome.UNCHANGED
        else:
            outcome = Outcome.UPDATED if before is not None else Outcome.CREATED
            revision = self._record(slot, outcome.value, entry.obj.body, before)
            self._save(slot, entry, revision, before)
        stored = self.object(slug, href)
        assert stored is not None
        return Written(object=stored, outcome=outcome, clashes=self._clashes_of(entry))

    @_verb
    def delete_event(self, slug: str, href: str) -> None:
        """Take an object out of its calendar; its last revision keeps it. Raises NotFound."""
        calendar = self.calendar(slug)
        row = self._row(calendar, href)
        if row is None:
            raise _no_event(href)
        self._take_out(_Slot(calendar, href, row.uid), "deleted", row)

    @_verb
    def move_event(self, slug: str, href: str, to_slug: str, to_href: str) -> None:
        """Move an object, within its calendar or to another, in place of one with the same UID that may stand there.

        Onto itself, nothing happens. Raises NotFound, Refused, UidConflict.
        """
        if (slug, href) == (to_slug, to_href):
            return
        source, target = self.calendar(slug), self.calendar(to_slug)
        row = self._row(source, href)
        if row is None:
            raise _no_event(href)
        _check_href(to_href)
        entry = read_entry(bytes(row.body), target.network, self.region(), href)
        before = self._row(target, to_href)
        self._take_out(_Slot(source, href, row.uid), "moved", row)
        slot = _Slot(target, to_href, row.uid)
        self._check_uid(slot, before)
        revision = self._record(slot, "moved", bytes(row.body), before or row, moved_from=f"{slug}/{href}")
        self._save(slot, entry, revision, before)

    # Calendars, region, accounts

    @_verb
    def set_properties(self, slug: str, login: str, values: Properties) -> None:
        """Replace the properties that a person gave a calendar. Others do not see them. Raises NotFound."""
        calendar = self.calendar(slug)
        account_id = self._connection.execute(select(s.account.c.id).where(s.account.c.login == login)).scalar()
        if account_id is None:
            raise NotFound(_("Le compte « {login} » n'existe pas.").format(login=login))
        own = s.calendar_property.c
        self._connection.execute(
            delete(s.calendar_property).where(own.calendar_id == calendar.id, own.account_id == account_id)
        )
        self._insert(
            s.calendar_property,
            [
                {"calendar_id": calendar.id, "account_id": account_id, "name": name, "value": value}
                for name, value in values.items()
            ],
        )

    @_verb
    def add_account(
        self, login: str, password: str, role: Role, networks: Iterable[str] = (), name: str = ""
    ) -> Account:
        """Add a person who may log in. Raises BadInput (login, password), UnknownNetwork, Refused (login taken)."""
        region = self.region()
        codes = tuple(sorted({region.code_of(network) for network in networks}))
        folded = login.strip().lower()
        check_account(folded, password, role, codes)
        if self._connection.execute(select(s.account.c.id).where(s.account.c.login == folded)).first():
            raise Refused(_("Le compte « {login} » existe déjà. Choisissez un autre identifiant.").format(login=folded))
        account = Account(login=folded, name=name, role=role, networks=codes, password_hash=hash_password(password))
        account_id = self._insert_one(
            s.account, {"login": folded, "name": name, "role": role.value, "password_hash": account.password_hash}
        )
        self._insert(s.account_network, [{"account_id": account_id, "network": code} for code in codes])
        self._touch()
        return account

    @_verb
    def start_region(self, toml: str, horizon: tuple[date, date], sync_epoch: str) -> None:
        """Fill an empty store: the region, and one empty calendar for each network and the regional team."""
        region = parse_region(toml, "region.toml")
        first, last = horizon
        self._connection.execute(
            insert(s.region).values(
                id=1,
                generation=1,
                horizon_from=first.toordinal(),
                horizon_to=last.toordinal(),
                toml=toml,
                toml_sha256=hashlib.sha256(toml.encode()).hexdigest(),
            )
        )
        self._insert(
            s.calendar,
            [
                {
                    "slug": code,
                    "network": code,
                    "kind": (CalendarKind.REGION if code == REGION else CalendarKind.NETWORK).value,
                    "sync_epoch": sync_epoch,
                    "last_change": 0,
                    "name": region.name_of(code),
                    "description": _("Les actions : {name}").format(name=region.name_of(code)),
                    "colour": region.colour_of(code),
                    "position": position,
                    "tz": region.time_zone.key,
                    "components": "VEVENT,VTODO",
                }
                for position, code in enumerate(region.codes, 1)
            ],
        )

    # What the verbs are made of

    def _row(self, calendar: Calendar, href: str) -> Row[Any] | None:
        return self._connection.execute(
            select(s.object_).where(s.object_.c.calendar_id == calendar.id, s.object_.c.href == href)
        ).one_or_none()

    def _check_uid(self, slot: _Slot, before: Row[Any] | None) -> None:
        """RFC 4791 section 5.3.2.1: one UID, one object; and an object keeps its UID."""
        other = self._connection.execute(
            select(s.object_.c.href).where(
                s.object_.c.calendar_id == slot.calendar.id, s.object_.c.uid == slot.uid, s.object_.c.href != slot.href
            )
        ).scalar()
        if other is not None or (before is not None and before.uid != slot.uid):
            raise UidConflict(
                _(
                    "Un autre événement porte déjà l'UID « {uid} » dans cet agenda. Modifiez cet événement, ou donnez "
                    "un autre UID au nouveau."
                ).format(uid=slot.uid)
            )

    def _record(
        self, slot: _Slot, verb: str, body: bytes | None, previous: Row[Any] | None, moved_from: str | None = None
    ) -> int:
        return self._insert_one(
            s.revision,
            {
                "calendar_id": slot.calendar.id,
                "href": slot.href,
                "uid": slot.uid,
                "verb": verb,
                "at": int(time.time()),
                "actor_login": self._actor.login,
                "agent": self._actor.agent,
                "body": body,
                "previous_id": previous.revision_id if previous is not None else None,
                "moved_from": moved_from,
            },
        )

    def _save(self, slot: _Slot, entry: Entry, revision: int, before: Row[Any] | None) -> None:
        """Write the object's row and what follows from it, and tell clients."""
        body = entry.obj.body
        values = {
            "uid": slot.uid,
            "component": entry.obj.component,
            "body": body,
            "etag": f'"{hashlib.sha256(body).hexdigest()[:32]}"',
            "revision_id": revision,
            "sequence": max(part.sequence for part in entry.obj.parts),
            "repeats": any(part.repeats for part in entry.obj.parts),
        }
        if before is not None:
            object_id = int(before.id)
            self._connection.execute(update(s.object_).where(s.object_.c.id == object_id).values(**values))
        else:
            object_id = self._insert_one(s.object_, {"calendar_id": slot.calendar.id, "href": slot.href, **values})
        self._derive(slot.calendar, object_id, entry)
        self._change(slot, deleted=False)

    def _take_out(self, slot: _Slot, verb: str, row: Row[Any]) -> None:
        """Remove an object and all that follows from it; its revisions stay."""
        self._record(slot, verb, None, row)
        self._connection.execute(delete(s.object_).where(s.object_.c.id == row.id))
        self._change(slot, deleted=True)

    def _derive(self, calendar: Calendar, object_id: int, entry: Entry) -> None:
        """Write anew the rows that follow from an object's text."""
        for table in (s.part, s.occurrence, s.occurrence_key):
            self._connection.execute(delete(table).where(table.c.object_id == object_id))
        # By identity: some clients name one instance twice, in two zones.
        parts = {event.recurrence_id: event for event in entry.events}
        self._insert(
            s.part,
            [
                {
                    "object_id": object_id,
                    "recurrence_id": event.recurrence_id,
                    "title": event.title,
                    "status": event.status,
                    "date_words": event.date_words,
                    "window_from": event.window.start.toordinal() if event.window else None,
                    "window_to": event.window.end.toordinal() if event.window else None,
                }
                for event in parts.values()
            ],
        )
        occurrences = self._stored_occurrences(entry)
        self._insert(s.occurrence, [_occurrence_row(each, object_id, calendar.id) for each in occurrences])
        self._insert(s.occurrence_key, [row for each in occurrences for row in _key_rows(each, object_id)])

    def _stored_occurrences(self, entry: Entry) -> tuple[Occurrence, ...]:
        """Series are cut at the horizon; what happens once is kept whenever it is."""
        if any(part.repeats for part in entry.obj.parts):
            return entry.occurrences(*self.horizon())
        return entry.occurrences(FIRST_DAY, LAST_DAY)

    def _change(self, slot: _Slot, *, deleted: bool) -> None:
        """The next change number of the calendar: clients that sync learn of it by this row."""
        own = s.calendar.c.id == slot.calendar.id
        self._connection.execute(update(s.calendar).where(own).values(last_change=s.calendar.c.last_change + 1))
        number = self._connection.execute(select(s.calendar.c.last_change).where(own)).scalar_one()
        self._insert(
            s.change,
            [
                {
                    "calendar_id": slot.calendar.id,
                    "number": number,
                    "href": slot.href,
                    "uid": slot.uid,
                    "deleted": deleted,
                }
            ],
        )

    def _touch(self) -> None:
        self._connection.execute(update(s.region).values(generation=s.region.c.generation + 1))

    def _insert_one(self, table: Table, row: dict[str, Any]) -> int:
        key = self._connection.execute(insert(table).values(**row)).inserted_primary_key
        assert key is not None
        return int(key[0])

    def _insert(self, table: Table, rows: list[dict[str, Any]]) -> None:
        if rows:
            self._connection.execute(insert(table), rows)

    # Clashes, seen under the lock

    def _clashes_of(self, entry: Entry) -> tuple[Clash, ...]:
        """The clashes in which an event now stands."""
        own = (
            select(s.object_.c.id)
            .join(s.calendar, s.calendar.c.id == s.object_.c.calendar_id)
            .where(s.calendar.c.network == entry.key.network, s.object_.c.uid == entry.key.uid)
        )
        object_id = self._connection.execute(own).scalar_one()
        # All members of such a clash meet the event itself, so its neighbours are enough…
        days = self._days_met([object_id])
        clashes = self._clashes_among(entry, days)
        if any(clash.also for clash in clashes):
            # …but whether a further kind stands apart, theirs tell: one of them may make it a larger set.
            clashes = self._clashes_among(entry, self._days_met([object_id, *days]))
        return clashes

    def _clashes_among(self, entry: Entry, days: dict[int, list[date]]) -> tuple[Clash, ...]:
        if not days:
            return ()
        occurrences = list(self._stored_occurrences(entry))
        for neighbour, its_days in self._neighbours(days):
            if neighbour.key != entry.key:
                occurrences += neighbour.occurrences(min(its_days), max(its_days))
        return tuple(clash for clash in find_clashes(occurrences, self.region().rules) if entry.key in clash.events)

    def _days_met(self, object_ids: Iterable[int]) -> dict[int, list[date]]:
        """The objects that share a key and an instant with one of these, each with the days of its occurrences that
        do."""
        days: dict[int, list[date]] = {}
        for object_id in object_ids:
            for row in self._met(object_id):
                met = days.setdefault(row.object_id, [])
                met += date.fromordinal(row.day_from), date.fromordinal(row.day_to)
        return days

    def _neighbours(self, days: dict[int, list[date]]) -> list[tuple[Entry, list[date]]]:
        region = self.region()
        rows = self._connection.execute(
            select(s.object_.c.id, s.object_.c.body, s.object_.c.href, s.calendar.c.network)
            .join(s.calendar, s.calendar.c.id == s.object_.c.calendar_id)
            .where(s.object_.c.id.in_(days))
            .order_by(s.object_.c.id)
        )
        return [(read_entry(bytes(row.body), row.network, region, row.href), days[row.id]) for row in rows]

    def _met(self, object_id: int) -> Iterator[Any]:
        """The rows of `occurrence` of other objects that share a key and an instant with one of this object's."""
        mine, other, when = s.occurrence_key.alias("mine"), s.occurrence_key.alias("other"), s.occurrence
        for long in (False, True):
            reach = [] if long else [other.c.start_s > mine.c.start_s - s.LONG_S]
            yield from self._connection.execute(
                select(when.c.object_id, when.c.day_from, when.c.day_to)
                .distinct()
                .select_from(mine)
                .join(other, (other.c.kind == mine.c.kind) & (other.c.key == mine.c.key))
                .join(when, (when.c.object_id == other.c.object_id) & (when.c.recurrence_id == other.c.recurrence_id))
                .where(
                    mine.c.object_id == object_id,
                    other.c.object_id != object_id,
                    other.c.long.is_(long),
                    other.c.start_s < mine.c.end_s,
                    other.c.end_s > mine.c.start_s,
                    *reach,
                )
            )


def _check_href(href: str) -> None:
    if not href or len(href.encode()) > LONGEST_HREF or "/" in href or "\0" in href:
        raise Refused(
            _(
                "L'adresse de l'événement est vide, trop longue ou mal formée. Choisissez un nom de {most} "
                "octets au plus."
            ).format(most=LONGEST_HREF)
        )


def check_account(login: str, password: str, role: Role, networks: tuple[str, ...]) -> None:
    """Raise BadInput unless an account may be made so."""
    if not _LOGIN.fullmatch(login) or len(login) > LONGEST_LOGIN or login in RESERVED_LOGINS:
        raise BadInput(
            _(
                "L'identifiant « {login} » n'est pas possible. Écrivez-le en lettres sans accent, chiffres, "
                "points ou tirets, par exemple : marie.durand"
            ).format(login=login)
        )
    if len(password) < SHORTEST_PASSWORD:
        raise BadInput(
            _("Le mot de passe est trop court. Choisissez au moins {least} caractères.").format(least=SHORTEST_PASSWORD)
        )
    if role is Role.COORDINATOR and not networks:
        raise BadInput(_("Un coordonnateur écrit dans un réseau au moins. Indiquez-le avec --network."))
    if role is not Role.COORDINATOR and networks:
        raise BadInput(_("Seul un coordonnateur a des réseaux. Retirez --network, ou choisissez --role coordinator."))
    if REGION in networks:
        raise BadInput(_("L'agenda régional s'écrit avec un compte de la région. Choisissez --role region."))


def _no_event(href: str) -> NotFound:
    return NotFound(_("L'événement « {href} » n'existe pas, ou plus, dans cet agenda.").format(href=href))


def _occurrence_row(each: Occurrence, object_id: int, calendar_id: int) -> dict[str, Any]:
    start_s, end_s = int(each.start.timestamp()), int(each.end.timestamp())
    return {
        "object_id": object_id,
        "recurrence_id": each.key.recurrence_id,
        "calendar_id": calendar_id,
        "long": end_s - start_s > s.LONG_S,
        "start_s": start_s,
        "end_s": end_s,
        "day_from": each.first_day.toordinal(),
        "day_to": each.last_day.toordinal(),
        "all_day": each.all_day,
    }


def _key_rows(each: Occurrence, object_id: int) -> Iterator[dict[str, Any]]:
    for key in {(key.kind, key.text) for key in keys(each)}:
        start_s, end_s = extent(each, key[0])
        yield {
            "object_id": object_id,
            "recurrence_id": each.key.recurrence_id,
            "kind": key[0].value,
            "key": key[1],
            "long": end_s - start_s > s.LONG_S,
            "start_s": start_s,
            "end_s": end_s,
        }
