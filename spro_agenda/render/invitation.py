"""The letter that invites a person to choose a password."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from spro_agenda.i18n import _, day_words, unbroken
from spro_agenda.mail import Letter
from spro_agenda.model import Account
from spro_agenda.region.records import Region
from spro_agenda.render.accounts import calendars
from spro_agenda.templates import templates_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """A person who was invited, until when. `written` are the networks that the person writes, by code; `first` is
    whether there was no password before."""

    account: Account
    region: Region
    until: datetime
    written: tuple[str, ...]
    first: bool

    @property
    def until_words(self) -> str:
        """« lundi 30 novembre à 7 h 12 »."""
        local = self.until.astimezone(self.region.time_zone)
        return _("{day} à {hour} h {minute:02d}").format(
            day=day_words(local.date()), hour=local.hour, minute=local.minute
        )


def letter(invited: Invited, *, link: str, server: str, inviter: str) -> Letter:
    """The letter with the link of an invitation to the server's address; `inviter` is who invites, "" for the agenda's
    own team."""
    account, region = invited.account, invited.region
    told = {
        "login": account.login,
        "name": account.name,
        "written": calendars(region, invited.written),
        "region": region.name,
        "link": link,
        "server": server,
        "until": unbroken(invited.until_words),
        "inviter": inviter,
        "first": invited.first,
    }
    templates = templates_of("spro_agenda.render")
    return Letter(
        to=account.email,
        subject=_("Votre accès à l'agenda partagé du SPRO")
        if invited.first
        else _("Votre mot de passe de l'agenda du SPRO"),
        text=templates.get_template("invitation.txt").render(told),
        html=templates.get_template("invitation.html").render(told),
    )
