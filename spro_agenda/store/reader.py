"""The verbs that read: the region, its people, calendars, objects and what changed. `times` has those that ask when."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from time import time
from typing import Any, cast

from sqlalchemy import Row, and_, bindparam, exists, func, or_, select

from spro_agenda.errors import BadCalendar, NotFound, StaleToken
from spro_agenda.i18n import _
from spro_agenda.model import AGENDA, Account, Device, Frequency, Role, View, Visibility, folded_login
from spro_agenda.store import schema as s
from spro_agenda.store.auditing import AuditReader
from spro_agenda.store.check import Checking
from spro_agenda.store.dismissals import DismissalReader
from spro_agenda.store.feed_reader import FeedReader
from spro_agenda.store.news import NewsReader
from spro_agenda.store.query import Candidate, CompFilter
from spro_agenda.store.ranges import Range
from spro_agenda.store.records import (
    Calendar,
    Changes,
    Invitation,
    Listed,
    Properties,
    StoredObject,
)
from spro_agenda.store.rows import OBJECT, calendar_of, chunks, seen
from spro_agenda.store.sources import SourceReader
from spro_agenda.store.times import TimeReader
from spro_agenda.store.tokens import Token

logger = logging.getLogger(__name__)

_NUMBER = re.compile(r"[0-9]{1,18}")

_BY_HREF = OBJECT.where(s.object_.c.href == bindparam("href"))
_BY_HREFS = OBJECT.where(s.object_.c.href.in_(bindparam("hrefs", expanding=True)))
_ALL = OBJECT.order_by(s.object_.c.href)
_OF_COMPONENT = _ALL.where(s.object_.c.component == bindparam("component"))
_IN_CALENDAR = s.object_.c.calendar_id == bindparam("calendar_id")
_IN_VIEW = {
    View.INSIDE: (_IN_CALENDAR,),
    View.OUTSIDE: (_IN_CALENDAR, s.object_.c.visibility != Visibility.PRIVATE.value),
}
_ETAG = {View.INSIDE: s.object_.c.etag, View.OUTSIDE: func.coalesce(s.object_.c.etag_outside, s.object_.c.etag)}
_LISTING = {
    view: select(s.object_.c.href, _ETAG[view].label("etag"), s.object_.c.component, s.object_.c.modified)
    .where(*_IN_VIEW[view])
    .order_by(s.object_.c.href)
    for view in View
}
_HREF_OF_UID = select(s.object_.c.href).where(_IN_CALENDAR, s.object_.c.uid == bindparam("uid"))
_HREFS = {view: select(s.object_.c.href).where(*_IN_VIEW[view]).order_by(s.object_.c.href) for view in View}
_PAGE = {
    view: select(s.object_.c.id, s.object_.c.href)
    .where(*_IN_VIEW[view], s.object_.c.id > bindparam("after"))
    .order_by(s.object_.c.id)
    for view in View
}
_DEVICES = (
    select(
        s.account.c.login,
        s.device.c.label,
        s.device.c.selector,
        s.device.c.created_at,
        s.device.c.last_used,
        s.device.c.secret_hash,
    )
    .join(s.account, s.account.c.id == s.device.c.account_id)
    .where(s.device.c.revoked_at.is_(None))
    .order_by(s.device.c.id)
)
_INVITATION = (
    select(s.account.c.login, s.invitation.c.secret_hash, s.invitation.c.expires_at, s.invitation.c.used_at)
    .join(s.account, s.account.c.id == s.invitation.c.account_id)
    .where(s.invitation.c.selector == bindparam("its_selector"))
)
_CALENDARS = select(s.calendar).order_by(s.calendar.c.position, s.calendar.c.slug)
_OF_REGION = _CALENDARS.where(s.calendar.c.network != "")
_PERSONAL = _CALENDARS.where(s.calendar.c.owner_id.is_not(None))
_PROPERTIES = (
    select(s.calendar.c.slug, s.account.c.login, s.calendar_property.c.name, s.calendar_property.c.value)
    .join(s.calendar, s.calendar.c.id == s.calendar_property.c.calendar_id)
    .join(s.account, s.account.c.id == s.calendar_property.c.account_id)
)
# Grouped by href, SQLite would walk through all changes in the order of hrefs.
_CHANGED = (
    select(s.change.c.number, s.change.c.href, s.change.c.visibility_before, s.change.c.visibility_after)
    .where(s.change.c.calendar_id == bindparam("calendar_id"), s.change.c.number > bindparam("since"))
    .order_by(s.change.c.number.desc())
)


class Reader(TimeReader, NewsReader, AuditReader, DismissalReader, FeedReader, SourceReader, Checking):
    """Reads within one transaction, so that all its answers are of the same moment."""

    # The region's accounts

    def accounts(self) -> tuple[Account, ...]:
        """Every account, by login."""
        networks: dict[int, list[str]] = {}
        for row in self._connection.execute(select(s.account_network).order_by(s.account_network.c.network)):
            networks.setdefault(row.account_id, []).append(row.network)
        return tuple(
            _account(row, networks.get(row.id, []))
            for row in self._connection.execute(select(s.account).order_by(s.account.c.login))
        )

    def account(self, login: str) -> Account:
        """One account, however its login is written. Raises NotFound."""
        folded = folded_login(login)
        found = next((each for each in self.accounts() if each.login == folded), None)
        if found is None:
            raise NotFound(
                _("Le compte « {login} » n'existe pas. « spro-agenda users list » les montre tous.").format(
                    login=folded
                )
            )
        return found

    def devices(self, login: str | None = None) -> tuple[Device, ...]:
        """The devices that may log in, of one person or of all, the oldest first."""
        found = (Device(**row._mapping) for row in self._connection.execute(_DEVICES))
        return tuple(each for each in found if login in (None, each.login))

    def invitation(self, token: Token) -> Invitation:
        """The invitation of a link. Raises NotFound: it was made by nobody, was used, or is out of date."""
        row = self._connection.execute(_INVITATION, {"its_selector": token.selector}).one_or_none()
        if row is None or not token.is_of(row.secret_hash) or row.used_at is not None or row.expires_at <= time():
            raise NotFound(
                _(
                    "Ce lien ne sert plus : il n'ouvre qu'une fois, et pendant trois jours. Demandez-en un autre à "
                    "l'administrateur."
                )
            )
        return Invitation(login=row.login, expires_at=row.expires_at)

    def counts(self) -> dict[str, int]:
        """How many rows each table has."""
        return {
            table.name: self._connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in s.metadata.sorted_tables
        }

    # Calendars

    def calendars(self) -> tuple[Calendar, ...]:
        """The calendars of networks and of the regional team, in the region's order."""
        return tuple(map(calendar_of, self._connection.execute(_OF_REGION)))

    def shared_calendars(self) -> tuple[Calendar, ...]:
        """The same, with the agenda made of them, which comes first."""
        return (self.calendar(AGENDA), *self.calendars())

    def personal_calendars(self, login: str | None = None) -> tuple[Calendar, ...]:
        """The calendars that people made for themselves, of one or of all."""
        found = map(calendar_of, self._connection.execute(_PERSONAL))
        return tuple(each for each in found if login in (None, each.owner))

    def properties(self) -> Mapping[tuple[str, str], Properties]:
        """The properties that people gave calendars in place of the shared ones, by the calendar's slug and the
        person's login."""
        found: dict[tuple[str, str], dict[str, str]] = {}
        for row in self._connection.execute(_PROPERTIES):
            found.setdefault((row.slug, row.login), {})[row.name] = row.value
        return found

    def slug_at(self, home: str, name: str) -> str:
        """The slug of the calendar at `/home/name/`: one of the region's, else the person's own, be it there or not."""
        try:
            return self.calendar(name).slug
        except NotFound:
            return f"{home}/{name}"

    # Objects

    def object(self, slug: str, href: str, view: View = View.INSIDE) -> StoredObject | None:
        """One object by its href."""
        return next(seen(self._rows(_BY_HREF, slug, href=href), view), None)

    def objects(self, slug: str, component: str | None = None, view: View = View.INSIDE) -> Iterator[StoredObject]:
        """Every object of a calendar, or those of one component, by href."""
        if component is None:
            return seen(self._rows(_ALL, slug), view)
        return seen(self._rows(_OF_COMPONENT, slug, component=component), view)

    def objects_matching(
        self, slug: str, filters: Sequence[CompFilter], view: View = View.INSIDE
    ) -> list[StoredObject]:
        """The objects that fulfil all filters, by href: RFC 4791 section 9.7."""
        component, during = filters[0].narrowed if filters else (None, None)
        found = (
            self.objects_meeting(slug, component, during.start, during.end, view)
            if during
            else list(self.objects(slug, component, view))
        )
        rest = [each for each in filters if not (each is filters[0] and each.is_narrow)]
        return [each for each in found if self._fulfils(slug, each, rest, during)] if rest else found

    def _fulfils(self, slug: str, stored: StoredObject, filters: Iterable[CompFilter], during: Range | None) -> bool:
        try:
            where = f"{slug}/{stored.href}"
            candidate = Candidate(stored.body, self.region().time_zone, where, during, self.pace)
            return all(candidate.fulfils(each) for each in filters)
        except BadCalendar as fault:
            # `check` tells people of it.
            logger.warning("an event was left out: %s", fault)
            return False

    def listing(self, slug: str, view: View = View.INSIDE) -> Iterator[Listed]:
        """What a calendar holds, by href, without its texts."""
        # The rows themselves: they have the same names, and ten thousand more records would take two milliseconds.
        return cast(Iterator[Listed], self._rows(_LISTING[view], slug))

    def objects_named(self, slug: str, hrefs: Iterable[str], view: View = View.INSIDE) -> dict[str, StoredObject]:
        """Those of the hrefs that exist."""
        # PostgreSQL takes no NUL in a text, and no object has one in its href.
        wanted = dict.fromkeys(href for href in hrefs if "\0" not in href)
        return {
            each.href: each for some in chunks(wanted) for each in seen(self._rows(_BY_HREFS, slug, hrefs=some), view)
        }

    def href_of(self, slug: str, uid: str) -> str | None:
        """The href of the object with that UID, `None` when there is none."""
        row = next(self._rows(_HREF_OF_UID, slug, uid=uid), None)
        return None if row is None else str(row.href)

    def objects_of_days(self, slug: str, first: date, last: date, view: View = View.INSIDE) -> list[StoredObject]:
        """What an agenda of these days (inclusive) may show, by href: a superset that SQL can tell.

        Occurrences and windows that touch the days, and all that has neither.
        """
        its_occurrence = s.occurrence.c.object_id == s.object_.c.id
        dated = exists().where(
            its_occurrence,
            s.occurrence.c.day_from <= last.toordinal(),
            s.occurrence.c.day_to >= first.toordinal(),
        )
        vague = exists().where(
            s.part.c.object_id == s.object_.c.id,
            s.part.c.window_from <= last.toordinal(),
            s.part.c.window_to >= first.toordinal(),
        )
        undated = and_(
            ~exists().where(its_occurrence, s.occurrence.c.day_from.is_not(None)),
            ~exists().where(s.part.c.object_id == s.object_.c.id, s.part.c.window_from.is_not(None)),
        )
        from_day, to_day = self.horizon()
        beyond = s.object_.c.repeats if first < from_day or last > to_day else s.object_.c.id.is_(None)
        query = OBJECT.where(or_(dated, vague, undated, beyond)).order_by(s.object_.c.href)
        return list(seen(self._rows(query, slug), view))

    def changes_since(self, slug: str, token: str, view: View = View.INSIDE, most: int | None = None) -> Changes:
        """What changed since a token ("" for a first synchronisation: every live object). Raises StaleToken.

        What a view neither had then nor has now is not named there. No more hrefs than `most` are (RFC 6578 section
        3.6), where it is given: the first changes first.
        """
        now = self.calendar(slug)
        since, _after, row_id = token.partition(_AFTER)
        if not since:
            return self._page(now, view, 0, most)
        number = _number_in(since, now, view)
        if row_id:
            return self._page(replace(now, number=number), view, _row_id(row_id), most)
        rows = list(self._rows(_CHANGED, slug, since=number))
        kept = rows if most is None else _first(rows, most)
        reached = now if len(kept) == len(rows) else replace(now, number=kept[0].number)
        return Changes(token=reached.sync_token(view), hrefs=_named(kept, view), is_cut=reached is not now)

    def _page(self, begun: Calendar, view: View, row_id: int, most: int | None) -> Changes:
        """Some of a first synchronisation: the live objects whose rows come after one, in the order of their rows.

        What changes meanwhile is told by the token of when it began, which the last page gives.
        """
        if most is None and not row_id:
            return Changes(
                token=begun.sync_token(view), hrefs=tuple(row.href for row in self._rows(_HREFS[view], begun.slug))
            )
        rows = list(self._rows(_PAGE[view].limit(None if most is None else most + 1), begun.slug, after=row_id))
        kept = rows[:most]
        is_cut = len(kept) < len(rows)
        token = begun.sync_token(view) + (f"{_AFTER}{kept[-1].id}" if is_cut else "")
        return Changes(token=token, hrefs=tuple(row.href for row in kept), is_cut=is_cut)


_AFTER = ":after:"
"""What stands in the token of a page of a first synchronisation, before the last object's row."""


def _row_id(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise _stale()
    return int(text)


def _first(newest_first: list[Row[Any]], most: int) -> list[Row[Any]]:
    """The oldest of some changes, with no more hrefs than `most`, newest first."""
    hrefs: set[str] = set()
    for place, row in enumerate(reversed(newest_first)):
        hrefs.add(row.href)
        if len(hrefs) > most:
            return newest_first[len(newest_first) - place :]
    return newest_first


def _named(newest_first: Iterable[Row[Any]], view: View) -> tuple[str, ...]:
    """The hrefs of changes, each once, in the order of their last ones; the view has them now, or had them before."""
    seen_now: dict[str, bool] = {}
    seen_before: dict[str, bool] = {}
    for row in newest_first:
        seen_now.setdefault(row.href, _is_in(row.visibility_after, view))
        seen_before[row.href] = _is_in(row.visibility_before, view)
    # From inside, who began to follow when it was not there yet is told all the same that it is gone.
    return tuple(href for href in reversed(seen_now) if view is View.INSIDE or seen_now[href] or seen_before[href])


def _is_in(visibility: str | None, view: View) -> bool:
    """Whether a view has an object of that visibility; `None` is one that is not in the calendar."""
    return visibility is not None and (view is View.INSIDE or visibility != Visibility.PRIVATE)


def _number_in(token: str, calendar: Calendar, view: View) -> int:
    """The change number of a token that this calendar gave to this view. Raises StaleToken."""
    given = token.rpartition(":")[2]
    number = int(given) if _NUMBER.fullmatch(given) else -1
    is_ours = replace(calendar, number=number).sync_token(view) == token
    if not is_ours or not calendar.first_number <= number <= calendar.number:
        raise _stale()
    return number


def _stale() -> StaleToken:
    return StaleToken(_("Ce jeton de synchronisation n'est plus valable : le client doit tout relire."))


def _account(row: Row[Any], networks: Sequence[str]) -> Account:
    return Account(
        login=row.login,
        name=row.name,
        email=row.email,
        role=Role(row.role),
        networks=tuple(networks),
        created_at=row.created_at,
        last_seen=row.last_seen,
        password_hash=row.password_hash,
        digest=Frequency(row.digest),
    )
