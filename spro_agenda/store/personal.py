"""The verbs of personal calendars: drafts that their owner alone sees, and that no agenda has.

They keep no history once they are deleted: they are the person's own.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

from sqlalchemy import delete, func, select, update

from spro_agenda.errors import NotFound, Refused, TooManyProperties
from spro_agenda.i18n import _
from spro_agenda.ical.read import KNOWN
from spro_agenda.store import schema as s
from spro_agenda.store.records import Act, Calendar, CalendarKind, Properties
from spro_agenda.store.writing import Writing, verb

MOST_PERSONAL = 50
"""Calendars of one person."""

MOST_PROPERTIES, LARGEST_PROPERTIES = 100, 64_000
"""What a person may say of one calendar, and in how many bytes: applications keep ten, of a hundred bytes each and some
kilobytes for a time zone. Every worker has all of them in memory."""

LONGEST_NAME = 100
_CODE = re.compile(r"[0-9]{1,3}|2[ab]|region|agenda", re.IGNORECASE)
"""What a calendar of the region is called, or may be one day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a person says of a new calendar: "" for what is not said."""

    title: str = ""
    description: str = ""
    colour: str = ""
    components: tuple[str, ...] = KNOWN


def is_free_name(name: str) -> bool:
    """Whether a personal calendar may go by a name in its address."""
    return bool(name) and "/" not in name and len(name.encode()) <= LONGEST_NAME and not _CODE.fullmatch(name)


def check_properties(values: Properties) -> None:
    """Raise TooManyProperties for more than a person may say of a calendar."""
    size = sum(len(name.encode()) + len(value.encode()) for name, value in values.items())
    if len(values) > MOST_PROPERTIES or size > LARGEST_PROPERTIES:
        raise TooManyProperties(
            _(
                "L'agenda garde au plus {most} propriétés par personne, de {size} ko en tout : rien n'a été modifié. "
                "Retirez-en, ou raccourcissez-les."
            ).format(most=MOST_PROPERTIES, size=LARGEST_PROPERTIES // 1000)
        )


class Personal(Writing):
    """Writes personal calendars. Each verb moves the generation, so that every worker knows at its next request."""

    @verb
    def make_calendar(self, login: str, name: str, given: Given) -> Calendar:
        """Make a calendar of a person's own, at `login/name`.

        Raises NotFound (no such account), TooManyProperties, Refused: a name that is the region's or is taken, too
        many, or components that we do not hold.
        """
        check_properties({"title": given.title, "description": given.description, "colour": given.colour})
        owner_id = self._account_id(login)
        if owner_id is None:
            raise NotFound(_("Le compte « {login} » n'existe pas.").format(login=login))
        held = [each for each in KNOWN if each in given.components]
        self._check_new(f"{login}/{name}", name, owner_id, held)
        region = self.region()
        self._insert_one(
            s.calendar,
            {
                "slug": f"{login}/{name}",
                "kind": CalendarKind.PERSONAL.value,
                "network": "",
                "owner_id": owner_id,
                # Another than that of a former calendar of the same name: no token of it is taken for one of this.
                "sync_epoch": secrets.token_hex(8),
                "last_change": 0,
                "first_change": 0,
                "changed_at": self._now,
                "name": given.title or name,
                "description": given.description,
                "colour": given.colour or region.colour,
                "position": len(region.codes) + 1,
                "tz": region.time_zone.key,
                "components": ",".join(held),
            },
        )
        self._audit(Act.CALENDAR_MADE, f"{login}/{name}")
        self._touch()
        return self.calendar(f"{login}/{name}")

    @verb
    def remove_calendar(self, slug: str) -> None:
        """Delete a personal calendar with all that it held. Raises NotFound, Refused (one of the region's)."""
        calendar = self.calendar(slug)
        if calendar.kind is not CalendarKind.PERSONAL:
            raise Refused(_("Un agenda de la région ne se supprime pas."))
        self._drop(calendar)
        self._audit(Act.CALENDAR_REMOVED, slug)
        self._touch()

    def _account_id(self, login: str) -> int | None:
        """The row of an account in this store."""
        return self._connection.execute(select(s.account.c.id).where(s.account.c.login == login)).scalar()

    def _check_new(self, slug: str, name: str, owner_id: int, held: list[str]) -> None:
        if not held:
            raise Refused(
                _("Un agenda a des événements (VEVENT), des tâches (VTODO) ou des notes (VJOURNAL), et rien d'autre.")
            )
        taken = select(s.calendar.c.id).where(s.calendar.c.slug == slug)
        is_region_s = self.region().known_code(name) is not None
        if is_region_s or not is_free_name(name) or self._connection.execute(taken).first():
            raise Refused(_("Le nom « {name} » n'est pas libre. Choisissez-en un autre.").format(name=name))
        own = select(func.count()).select_from(s.calendar).where(s.calendar.c.owner_id == owner_id)
        if self._connection.execute(own).scalar_one() >= MOST_PERSONAL:
            raise Refused(
                _("Vous avez déjà {most} agendas personnels. Supprimez-en un d'abord.").format(most=MOST_PERSONAL)
            )

    def _drop(self, calendar: Calendar) -> None:
        of = calendar.id
        own = select(s.revision.c.id).where(s.revision.c.calendar_id == of)
        for table in (s.object_, s.change, s.calendar_property):
            self._connection.execute(delete(table).where(table.c.calendar_id == of))
        # An event that was moved to a network's calendar goes on there.
        self._connection.execute(update(s.revision).where(s.revision.c.previous_id.in_(own)).values(previous_id=None))
        self._connection.execute(delete(s.revision).where(s.revision.c.calendar_id == of))
        self._connection.execute(delete(s.calendar).where(s.calendar.c.id == of))
        self._seen.pop(calendar.slug, None)
