"""The calendars that a region has: one for each network and for the regional team, and the agenda made of them."""

from __future__ import annotations

from typing import Any

from spro_agenda.i18n import _
from spro_agenda.model import AGENDA, REGION
from spro_agenda.region.records import Region
from spro_agenda.store.records import CalendarKind

_KINDS = {AGENDA: CalendarKind.AGENDA, REGION: CalendarKind.REGION}


def calendar_row(region: Region, slug: str, sync_epoch: str) -> dict[str, Any]:
    """The row of a new calendar, of the agenda, a network or the regional team, by its slug."""
    is_agenda = slug == AGENDA
    name = _("Agenda SPRO {region}").format(region=region.name) if is_agenda else region.name_of(slug)
    description = _(
        "Les actions de tous les réseaux, à lire seulement. Qui suit aussi l'agenda d'un réseau voit deux fois ses "
        "événements."
    )
    return {
        "slug": slug,
        "network": "" if is_agenda else slug,
        "kind": _KINDS.get(slug, CalendarKind.NETWORK).value,
        "sync_epoch": sync_epoch,
        "last_change": 0,
        "first_change": 0,
        "changed_at": 0,
        "name": name,
        "description": description if is_agenda else _("Les actions : {name}").format(name=name),
        "colour": region.colour if is_agenda else region.colour_of(slug),
        "position": 0 if is_agenda else region.codes.index(slug) + 1,
        "tz": region.time_zone.key,
        "components": "VEVENT,VTODO",
    }
