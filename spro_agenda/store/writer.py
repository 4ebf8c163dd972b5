"""The verbs that write events and calendars."""

from __future__ import annotations

import hashlib
from datetime import date

from sqlalchemy import delete, insert

from spro_agenda.errors import NotFound
from spro_agenda.i18n import _
from spro_agenda.ical.read import CalendarObject
from spro_agenda.model import AGENDA, EventKey, Outcome
from spro_agenda.region.entry import entry_of, read_entry
from spro_agenda.region.load import parse_region
from spro_agenda.store import schema as s
from spro_agenda.store.applying import Applying
from spro_agenda.store.dating import Dating
from spro_agenda.store.dismissing import Dismissing
from spro_agenda.store.forgetting import Forgetting
from spro_agenda.store.harvesting import Harvesting
from spro_agenda.store.holding import Slot
from spro_agenda.store.making import calendar_row
from spro_agenda.store.personal import check_properties
from spro_agenda.store.receiving import Receiving
from spro_agenda.store.records import Deed, Properties, Written
from spro_agenda.store.redacting import Redacting
from spro_agenda.store.retention import Retaining
from spro_agenda.store.rows import stored_object
from spro_agenda.store.settling import Settling
from spro_agenda.store.telling import Telling
from spro_agenda.store.undo import Undo
from spro_agenda.store.writing import check_held, check_href, no_event, verb


class Writer(
    Forgetting, Receiving, Dating, Dismissing, Settling, Telling, Harvesting, Applying, Undo, Redacting, Retaining
):
    """Reads and writes within one transaction that holds the region's write lock."""

    # Events

    @verb
    def put_event(self, slug: str, href: str, body: bytes | CalendarObject) -> Written:
        """Store the text of a calendar object at an href, new or in place of the one that is there.

        An object that was read already is not read again. The same text again changes nothing. Raises BadCalendar,
        NotFound (no such calendar), Refused (an href that is too long), FromElsewhere, UidConflict (the UID stands at
        another href, or the href holds another UID).
        """
        calendar, region = self.calendar(slug), self.region()
        if isinstance(body, CalendarObject):
            entry = entry_of(body, calendar.network, region)
        else:
            entry = read_entry(body, calendar.network, region, _("L'événement envoyé"))
        check_href(href)
        check_held(calendar, entry.obj)
        self.check_own(calendar.slug, entry.key.uid)
        slot = Slot(calendar, href, entry.key.uid)
        before = self._before(slot)
        if before is not None and bytes(before.body) == entry.obj.body:
            return Written(object=stored_object(before), outcome=Outcome.UNCHANGED, replaced=stored_object(before))
        outcome = Outcome.UPDATED if before is not None else Outcome.CREATED
        revision = self._record(slot, outcome.value, entry.obj.body, before)
        return Written(
            object=self._save(slot, entry, revision, before),
            outcome=outcome,
            replaced=stored_object(before) if before is not None else None,
        )

    @verb
    def delete_event(self, slug: str, href: str) -> None:
        """Take an object out of its calendar; its last revision keeps it. Raises NotFound, FromElsewhere."""
        calendar = self.calendar(slug)
        row = self._row(calendar, href)
        if row is None:
            raise no_event(href)
        self.check_own(calendar.slug, row.uid)
        self._take_out(Slot(calendar, href, row.uid), Deed.DELETED.value, row)

    @verb
    def move_event(self, slug: str, href: str, to_slug: str, to_href: str) -> None:
        """Move an object, within its calendar or to another, in place of one with the same UID that may stand there.

        Onto itself, nothing happens. Between the region's calendars and people's own no history goes along: it is
        deleted in one and made in the other, so that it can be brought back. Raises NotFound, Refused, FromElsewhere,
        UidConflict.
        """
        if (slug, href) == (to_slug, to_href):
            return
        source, target = self.calendar(slug), self.calendar(to_slug)
        row = self._row(source, href)
        if row is None:
            raise no_event(href)
        check_href(to_href)
        self.check_own(source.slug, row.uid)
        self.check_own(target.slug, row.uid)
        entry = read_entry(bytes(row.body), target.network, self.region(), href)
        check_held(target, entry.obj)
        apart = bool(source.owner or target.owner)
        self._take_out(Slot(source, href, row.uid), (Deed.DELETED if apart else Deed.MOVED).value, row)
        slot = Slot(target, to_href, row.uid)
        before = self._before(slot)
        if apart:
            deed = Deed.CREATED if before is None else Deed.UPDATED
            revision = self._record(slot, deed.value, bytes(row.body), before)
        else:
            came_from = f"{slug}/{href}"
            revision = self._record(slot, Deed.MOVED.value, bytes(row.body), before or row, moved_from=came_from)
            self._take_along(EventKey(slug, row.uid), EventKey(to_slug, row.uid))
        self._save(slot, entry, revision, before)

    @verb
    def set_properties(self, slug: str, login: str, values: Properties) -> None:
        """Replace the properties that a person gave a calendar. Others do not see them. Caches of them are dropped.
        Raises NotFound, TooManyProperties."""
        check_properties(values)
        calendar = self.calendar(slug)
        account_id = self._account_id(login)
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
        self._touch()

    @verb
    def start_region(self, toml: str, horizon: tuple[date, date], sync_epoch: str) -> None:
        """Fill an empty store: the region, and one empty calendar for each network and the regional team, and their
        agenda."""
        region = parse_region(toml, "region.toml")
        first, last = horizon
        self._connection.execute(
            insert(s.region).values(
                id=1,
                generation=1,
                horizon_from=first.toordinal(),
                horizon_to=last.toordinal(),
                deriving_from=first.toordinal(),
                deriving_to=last.toordinal(),
                upkeep_day=0,
                toml=toml,
                toml_sha256=hashlib.sha256(toml.encode()).hexdigest(),
                public_url="",
            )
        )
        self._insert(s.calendar, [calendar_row(region, slug, sync_epoch) for slug in (AGENDA, *region.codes)])
