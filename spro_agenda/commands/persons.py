"""`users export` and `users forget`: a person's rights over what is kept of them."""

from __future__ import annotations

import sys

import click

from spro_agenda.commands.events import confirm, yes_option
from spro_agenda.commands.home import Home
from spro_agenda.i18n import _
from spro_agenda.model import folded_login
from spro_agenda.render.accounts import render_person
from spro_agenda.server import journal
from spro_agenda.store import Actor
from spro_agenda.store.redacting import forget_in_log

EXAMPLE_EXPORT = _("Exemple : spro-agenda users export marie > marie.json")
EXAMPLE_FORGET = _("Exemple : spro-agenda users forget marie")
_LOGIN = click.argument("login", metavar="IDENTIFIANT")


@click.command(epilog=EXAMPLE_EXPORT, short_help=_("Remet à une personne ce qui est gardé d'elle."))
@_LOGIN
@click.pass_obj
def export(home: Home, login: str) -> None:
    """Écrit tout ce qui est gardé d'une personne, en JSON : compte, appareils, agendas personnels, historique, journal.

    Ce droit est celui de l'article 15 du RGPD. Le mot de passe n'y est pas.
    """
    with home.store().write(Actor(agent="spro-agenda users export")) as writer:
        person, region = writer.export_person(login), writer.region()
    sys.stdout.buffer.write(render_person(person, region))


@click.command(epilog=EXAMPLE_FORGET, short_help=_("Oublie une personne."))
@_LOGIN
@yes_option
@click.pass_obj
def forget(home: Home, login: str, yes: bool) -> None:
    """Retire le compte d'une personne, et son nom de l'historique et du journal. Cela ne peut pas être défait.

    Ce qu'elle a écrit reste dans les agendas : « spro-agenda history redact » retire le texte d'un événement.
    """
    folded = folded_login(login)
    store = home.store()
    confirm(_("Oublier « {login} » pour de bon ?").format(login=folded), yes=yes)
    with store.write(Actor(agent="spro-agenda users forget")) as writer:
        writer.forget_person(folded)
        forget_in_log(home.path, folded)
        journal.forget(home.path, folded)
    store.scrub()
    click.echo(_("« {login} » est oublié. Ses événements restent.").format(login=folded))
    click.echo(_("Son nom reste dans les sauvegardes déjà faites : détruisez-les en leur temps."), err=True)
