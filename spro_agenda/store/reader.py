"""The verbs that read, within one snapshot of the store.

Networks go by their codes ("28", "region"), which are also the slugs of their calendars.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, false, func, or_, select

from spro_agenda.errors import NotFound, StaleToken
from spro_agenda.i18n import _
from spro_agenda.ical.read import read_object
from spro_agenda.region.load import parse_region
from spro_agenda.region.records import Region
from spro_agenda.store import schema as s
from spro_agenda.store.ranges import day_of, meets
from spro_agenda.store.records import (
    SYNC_SCHEME,
    Account,
    Calendar,
    CalendarKind,
    Changes,
    Properties,
    Role,
    StoredObject,
)

_CHUNK = 500
"""Values in one IN list: SQLite takes 32,766 parameters, PostgreSQL 65,535, and neither plans long lists well."""


_NUMBER = re.compile(r"[0-9]{1,18}")


class Reader:
    """Reads within one transaction, so that all its answers are of the same moment."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # The region and its accounts

    def generation(self) -> int:
        """A number that moves whenever accounts or the region do: caches of both are dropped then."""
        return int(self._connection.execute(select(s.region.c.generation)).scalar_one())

    def region(self) -> Region:
        """The region, as `init` or a later change left it."""
        row = self._connection.execute(select(s.region.c.toml, s.region.c.toml_sha256)).one()
        return _parsed(row.toml, row.toml_sha256)

    def horizon(self) -> tuple[date, date]:
        """The days, both inclusive, for which occurrences of series are stored."""
        row = self._connection.execute(select(s.region.c.horizon_from, s.region.c.horizon_to)).one()
        return date.fromordinal(row.horizon_from), date.fromordinal(row.horizon_to)

    def accounts(self) -> tuple[Account, ...]:
        """Every account, by login."""
        networks: dict[int, list[str]] = {}
        for row in self._connection.execute(select(s.account_network).order_by(s.account_network.c.network)):
            networks.setdefault(row.account_id, []).append(row.network)
        return tuple(
            _account(row, networks.get(row.id, []))
            for row in self._connection.execute(select(s.account).order_by(s.account.c.login))
        )

    # Calendars

    def calendars(self) -> tuple[Calendar, ...]:
        """Every calendar, in the region's order."""
        return tuple(
            map(
                _calendar,
                self._connection.execute(select(s.calendar).order_by(s.calendar.c.position, s.calendar.c.slug)),
            )
        )

    def calendar(self, slug: str) -> Calendar:
        """One calendar. Raises NotFound."""
        row = self._connection.execute(select(s.calendar).where(s.calendar.c.slug == slug)).one_or_none()
        if row is None:
            raise NotFound(_("L'agenda « {slug} » n'existe pas.").format(slug=slug))
        return _calendar(row)

    def properties(self, slug: str, login: str) -> Properties:
        """The properties that a person gave a calendar in place of the shared ones."""
        return {
            row.name: row.value
            for row in self._connection.execute(
                select(s.calendar_property.c.name, s.calendar_property.c.value)
                .join(s.account, s.account.c.id == s.calendar_property.c.account_id)
                .join(s.calendar, s.calendar.c.id == s.calendar_property.c.calendar_id)
                .where(s.calendar.c.slug == slug, s.account.c.login == login)
            )
        }

    # Objects

    def object(self, slug: str, href: str) -> StoredObject | None:
        """One object by its href."""
        row = self._connection.execute(_objects(slug).where(s.object_.c.href == href)).one_or_none()
        return _object(row) if row else None

    def objects(self, slug: str) -> Iterator[StoredObject]:
        """Every object of a calendar, by href."""
        return map(_object, self._connection.execute(_objects(slug).order_by(s.object_.c.href)))

    def objects_named(self, slug: str, hrefs: Iterable[str]) -> dict[str, StoredObject]:
        """Those of the hrefs that exist."""
        wanted = list(dict.fromkeys(hrefs))
        found: dict[str, StoredObject] = {}
        for at in range(0, len(wanted), _CHUNK):
            rows = self._connection.execute(_objects(slug).where(s.object_.c.href.in_(wanted[at : at + _CHUNK])))
            found.update((row.href, _object(row)) for row in rows)
        return found

    def href_of(self, slug: str, uid: str) -> str | None:
        """The href of the object with that UID, `None` when there is none."""
        row = self._connection.execute(_objects(slug).where(s.object_.c.uid == uid)).one_or_none()
        return str(row.href) if row else None

    def has_uid(self, slug: str, uid: str) -> bool:
        return self._connection.execute(_objects(slug).where(s.object_.c.uid == uid)).first() is not None

    def last_modified(self, slug: str) -> int:
        """When the calendar last changed, in epoch seconds; 0 when it never did."""
        query = (
            select(func.max(s.revision.c.at))
            .join(s.calendar, s.calendar.c.id == s.revision.c.calendar_id)
            .where(s.calendar.c.slug == slug)
        )
        return int(self._connection.execute(query).scalar() or 0)

    def objects_meeting(self, slug: str, component: str | None, start_s: int, end_s: int) -> list[StoredObject]:
        """The objects with an occurrence in `[start_s, end_s)` (epoch seconds), by href: RFC 4791 section 9.9.

        `component` is VEVENT, VTODO, or `None` for both. A task without dates meets every range. What the index does
        not tell (series beyond the horizon, vague events, tasks to come) is read here.
        """
        objects = _objects(slug) if component is None else _objects(slug).where(s.object_.c.component == component)
        indexed = objects.where(
            or_(
                and_(
                    s.object_.c.component == "VEVENT",
                    or_(
                        s.object_.c.id.in_(_meeting(slug, start_s, end_s, long=False)),
                        s.object_.c.id.in_(_meeting(slug, start_s, end_s, long=True)),
                    ),
                ),
                and_(s.object_.c.component == "VTODO", ~exists().where(s.occurrence.c.object_id == s.object_.c.id)),
            )
        )
        found = {row.href: _object(row) for row in self._connection.execute(indexed)}
        zone = self.region().time_zone
        for row in self._connection.execute(objects.where(self._untold(start_s, end_s))):
            if row.href not in found and meets(read_object(bytes(row.body), row.href), zone, start_s, end_s):
                found[row.href] = _object(row)
        return [found[href] for href in sorted(found)]

    def objects_of_days(self, slug: str, first: date, last: date) -> list[StoredObject]:
        """What an agenda of these days (inclusive) may show, by href: a superset that SQL can tell.

        Occurrences and windows that touch the days, and all that has neither.
        """
        dated = exists().where(
            s.occurrence.c.object_id == s.object_.c.id,
            s.occurrence.c.day_from <= last.toordinal(),
            s.occurrence.c.day_to >= first.toordinal(),
        )
        vague = exists().where(
            s.part.c.object_id == s.object_.c.id,
            s.part.c.window_from <= last.toordinal(),
            s.part.c.window_to >= first.toordinal(),
        )
        undated = and_(
            ~exists().where(s.occurrence.c.object_id == s.object_.c.id),
            ~exists().where(s.part.c.object_id == s.object_.c.id, s.part.c.window_from.is_not(None)),
        )
        from_day, to_day = self.horizon()
        beyond = s.object_.c.repeats if first < from_day or last > to_day else s.object_.c.id.is_(None)
        query = _objects(slug).where(or_(dated, vague, undated, beyond)).order_by(s.object_.c.href)
        return [_object(row) for row in self._connection.execute(query)]

    def changes_since(self, slug: str, token: str) -> Changes:
        """What changed since a token ("" for a first synchronisation: every live object). Raises StaleToken."""
        now = self.calendar(slug)
        if not token:
            return Changes(token=now.sync_token, hrefs=tuple(self._hrefs(now)))
        since = _number_in(token, now)
        rows = self._connection.execute(
            select(s.change.c.href)
            .where(s.change.c.calendar_id == now.id, s.change.c.number > since)
            .group_by(s.change.c.href)
            .order_by(func.max(s.change.c.number))
        )
        return Changes(token=now.sync_token, hrefs=tuple(row.href for row in rows))

    def _hrefs(self, calendar: Calendar) -> Iterator[str]:
        return iter(
            self._connection.execute(
                select(s.object_.c.href).where(s.object_.c.calendar_id == calendar.id).order_by(s.object_.c.href)
            ).scalars()
        )

    def _untold(self, start_s: int, end_s: int) -> ColumnElement[bool]:
        """The objects of which only their text tells whether they meet a time range."""
        from_day, to_day = self.horizon()
        within = from_day < day_of(start_s) and day_of(end_s) < to_day
        beyond = false() if within else s.object_.c.repeats
        # Clients know nothing of windows: to them such an event is on its DTSTART.
        vague = exists().where(
            s.part.c.object_id == s.object_.c.id,
            or_(s.part.c.window_from.is_not(None), s.part.c.date_words.is_not(None)),
        )
        to_come = exists().where(s.occurrence.c.object_id == s.object_.c.id, s.occurrence.c.end_s >= start_s)
        return or_(
            and_(s.object_.c.component == "VEVENT", or_(beyond, vague)), and_(s.object_.c.component == "VTODO", to_come)
        )


@lru_cache(maxsize=4)
def _parsed(toml: str, _sha256: str) -> Region:
    return parse_region(toml, "region.toml")


def _objects(slug: str) -> Select[Any]:
    return (
        select(
            s.object_.c.id,
            s.object_.c.href,
            s.object_.c.uid,
            s.object_.c.component,
            s.object_.c.body,
            s.object_.c.etag,
            s.revision.c.at,
        )
        .join(s.calendar, s.calendar.c.id == s.object_.c.calendar_id)
        .join(s.revision, s.revision.c.id == s.object_.c.revision_id)
        .where(s.calendar.c.slug == slug)
    )


def _meeting(slug: str, start_s: int, end_s: int, *, long: bool) -> Select[Any]:
    """Ids of the objects with a (long) occurrence in the range; an instant counts where it stands."""
    row = s.occurrence.c
    reach = [row.start_s > start_s - s.LONG_S] if not long else []
    return select(row.object_id).where(
        row.calendar_id == select(s.calendar.c.id).where(s.calendar.c.slug == slug).scalar_subquery(),
        row.long.is_(long),
        row.start_s < end_s,
        *reach,
        or_(row.end_s > start_s, and_(row.end_s == row.start_s, row.start_s >= start_s)),
    )


def _number_in(token: str, calendar: Calendar) -> int:
    number = token.removeprefix(f"{SYNC_SCHEME}{calendar.sync_epoch}:")
    if number == token or not _NUMBER.fullmatch(number) or int(number) > calendar.number:
        raise StaleToken(_("Ce jeton de synchronisation n'est plus valable : le client doit tout relire."))
    return int(number)


def _calendar(row: Row[Any]) -> Calendar:
    return Calendar(
        id=row.id,
        slug=row.slug,
        kind=CalendarKind(row.kind),
        network=row.network,
        sync_epoch=row.sync_epoch,
        number=row.last_change,
        name=row.name,
        description=row.description,
        colour=row.colour,
        position=row.position,
        tz=row.tz,
        components=tuple(row.components.split(",")),
    )


def _object(row: Row[Any]) -> StoredObject:
    return StoredObject(
        href=row.href, uid=row.uid, component=row.component, body=bytes(row.body), etag=row.etag, modified=row.at
    )


def _account(row: Row[Any], networks: Sequence[str]) -> Account:
    return Account(
        login=row.login, name=row.name, role=Role(row.role), networks=tuple(networks), password_hash=row.password_hash
    )
