"""`users`: the people who may log in."""

from __future__ import annotations

import click

from spro_agenda.commands.home import Home
from spro_agenda.commands.options import read_password
from spro_agenda.i18n import _
from spro_agenda.store import Actor, Role

EXAMPLE = _("Exemple : spro-agenda users add marie --role coordinator --network 28 --password-stdin < secret")


@click.group(subcommand_metavar=_("COMMANDE [ARGUMENTS]..."), short_help=_("Les comptes des personnes."))
def users() -> None:
    """Les comptes des personnes."""


@users.command(epilog=EXAMPLE, short_help=_("Ajoute une personne."))
@click.argument("login", metavar="IDENTIFIANT")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    required=True,
    help=_("coordinator écrit ses réseaux, region l'agenda régional, reader lit, admin administre."),
)
@click.option(
    "--network",
    "networks",
    multiple=True,
    metavar="RÉSEAU",
    help=_("Réseaux qu'un coordonnateur écrit : 28, ou 28,45."),
)
@click.option("--name", default="", metavar="NOM", help=_("Nom à afficher."))
@click.option("--password-stdin", is_flag=True, help=_("Lit le mot de passe sur l'entrée standard."))
@click.pass_obj
def add(home: Home, login: str, role: str, networks: tuple[str, ...], name: str, password_stdin: bool) -> None:
    """Ajoute une personne qui pourra lire tous les agendas, et écrire selon son rôle."""
    asked = [network.strip() for given in networks for network in given.split(",")]
    store = home.store()
    password = read_password(from_stdin=password_stdin, login=login)
    with store.write(Actor(agent="spro-agenda users add")) as writer:
        account = writer.add_account(login, password, Role(role), asked, name)
    written = ", ".join(account.networks) or (_("l'agenda régional") if account.role is Role.REGION else "")
    what = _("lit tout, écrit {written}").format(written=written) if written else _("lit tout, n'écrit rien")
    click.echo(_("Compte « {login} » créé : {what}.").format(login=account.login, what=what))
