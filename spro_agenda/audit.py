"""Who did what, as it is told: what was written, who came, and what was administered, in one list.

Renderers only lay it out. It is a function of revisions, acts and region.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from spro_agenda.clients import client_called
from spro_agenda.history import Told, who_called
from spro_agenda.i18n import _
from spro_agenda.model import Role
from spro_agenda.region.records import Region
from spro_agenda.store import Act, Audited


class Sort(StrEnum):
    """What sort of thing was done."""

    WRITING = "writing"
    LOGIN = "login"
    ADMINISTRATION = "administration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One thing that was done. `at` is local; `action` its name for scripts, `what` in words; `target` the event, the
    person or the calendar; `who` a login, "" for the command line."""

    at: datetime
    sort: Sort
    action: str
    what: str
    target: str
    who: str
    detail: str


_ACTS = {
    Act.ACCOUNT_ADDED: _("compte créé"),
    Act.ACCOUNT_CHANGED: _("compte modifié"),
    Act.ACCOUNT_REMOVED: _("compte retiré"),
    Act.ACCOUNT_EXPORTED: _("données remises"),
    Act.ACCOUNT_FORGOTTEN: _("personne oubliée"),
    Act.PASSWORD_SET: _("mot de passe changé"),
    Act.INVITED: _("invitation"),
    Act.INVITATION_USED: _("mot de passe choisi"),
    Act.DEVICE_ADDED: _("appareil ajouté"),
    Act.DEVICE_REVOKED: _("appareil révoqué"),
    Act.LOGGED_IN: _("connexion"),
    Act.LOGIN_FAILED: _("connexion refusée"),
    Act.CALENDAR_MADE: _("agenda créé"),
    Act.CALENDAR_REMOVED: _("agenda supprimé"),
    Act.EVENT_REDACTED: _("texte retiré"),
    Act.CALENDAR_REWOUND: _("agenda ramené"),
    Act.OPPORTUNITY_DISMISSED: _("opportunité écartée"),
    Act.OPPORTUNITY_RECALLED: _("opportunité rappelée"),
    Act.FEED_MADE: _("abonnement créé"),
    Act.FEED_ROTATED: _("adresse d'abonnement changée"),
    Act.FEED_REVOKED: _("abonnement fermé"),
    Act.EVENTS_LINKED: _("actions réunies"),
    Act.REGION_APPLIED: _("région appliquée"),
}
_ACCOUNTS = {Act.ACCOUNT_ADDED, Act.ACCOUNT_CHANGED}
_LOGINS = {Act.LOGGED_IN, Act.LOGIN_FAILED}


_ROLES = {
    Role.COORDINATOR: _("coordination"),
    Role.REGION: _("équipe régionale"),
    Role.READER: _("lecture"),
    Role.ADMIN: _("administration"),
}


def role_called(role: str) -> str:
    """A role in words; as it is where it is none any more."""
    return _ROLES[Role(role)] if role in set(Role) else role


def done(written: Iterable[Told], acts: Iterable[Audited], region: Region) -> Iterator[Done]:
    """All that was done, the newest first, out of two lists that are so."""
    return heapq.merge(
        (_of_writing(each, region) for each in written),
        (_of_act(each, region) for each in acts),
        key=lambda each: each.at,
        reverse=True,
    )


def _of_writing(each: Told, region: Region) -> Done:
    # The command line's own work has no client besides.
    client = each.client if each.who else ""
    return Done(
        at=each.at,
        sort=Sort.WRITING,
        action=each.revision.deed.value,
        what=each.what,
        target=each.title,
        who=each.who,
        detail=" · ".join(part for part in (region.name_of(each.key.network), each.where, client) if part),
    )


def _of_act(each: Audited, region: Region) -> Done:
    return Done(
        at=each.at.astimezone(region.time_zone),
        sort=Sort.LOGIN if each.act in _LOGINS else Sort.ADMINISTRATION,
        action=each.act.value,
        what=_ACTS[each.act],
        target=who_called(each.target) or (_("identifiant inconnu") if each.act in _LOGINS else ""),
        who=who_called(each.login),
        detail=_detail(each),
    )


def _detail(each: Audited) -> str:
    """A log-in tells its client as the history does, an account its role in words."""
    if each.act in _ACCOUNTS:
        role, _space, networks = each.detail.partition(" ")
        return f"{role_called(role)} {networks}".strip()
    if each.act is not Act.LOGGED_IN:
        return each.detail
    agent, _space, address = each.detail.rpartition(" ")
    return f"{client_called(agent)} · {address}"
