"""`users`: the people who may log in."""

from __future__ import annotations

import sys
from datetime import date

import click

from spro_agenda.commands.devices import device
from spro_agenda.commands.home import Home
from spro_agenda.commands.inviting import invite
from spro_agenda.commands.options import read_password
from spro_agenda.commands.persons import export, forget
from spro_agenda.commands.screen import colour, width
from spro_agenda.errors import UsageError
from spro_agenda.i18n import _
from spro_agenda.model import Frequency
from spro_agenda.render.accounts import render, render_json, render_one, summary
from spro_agenda.store import AccountChange, Actor, Role
from spro_agenda.store.retention import idle

EXAMPLE_ADD = _("Exemple : spro-agenda users add marie --role coordinator --network 28 --password-stdin < secret")

EXAMPLE_LIST = _("Exemple : spro-agenda users list")
EXAMPLE_SHOW = _("Exemple : spro-agenda users show marie")
EXAMPLE_SET = _("Exemple : spro-agenda users set marie --network 28,45")
EXAMPLE_PASSWORD = _("Exemple : spro-agenda users password marie")
EXAMPLE_REMOVE = _("Exemple : spro-agenda users remove marie")
_LOGIN = click.argument("login", metavar="IDENTIFIANT")
_ROLE = click.Choice([role.value for role in Role])
_ROLE_HELP = _("coordinator écrit ses réseaux, region celui de l'équipe régionale, reader lit, admin administre.")
_NETWORK_HELP = _("Réseaux qu'un coordonnateur écrit : 28, ou 28,45.")
_FORMAT = click.option(
    "--format", "format_", type=click.Choice(["terminal", "json"]), default="terminal", show_default=True
)
_PASSWORD_STDIN = click.option("--password-stdin", is_flag=True, help=_("Lit le mot de passe sur l'entrée standard."))


@click.group(subcommand_metavar=_("COMMANDE [ARGUMENTS]..."), short_help=_("Les comptes des personnes."))
def users() -> None:
    """Les comptes des personnes."""


@users.command(epilog=EXAMPLE_ADD, short_help=_("Ajoute une personne."))
@_LOGIN
@click.option("--role", type=_ROLE, required=True, help=_ROLE_HELP)
@click.option("--network", "networks", multiple=True, metavar="RÉSEAU", help=_NETWORK_HELP)
@click.option("--name", default="", metavar="NOM", help=_("Nom à afficher."))
@_PASSWORD_STDIN
@click.pass_obj
def add(home: Home, login: str, role: str, networks: tuple[str, ...], name: str, password_stdin: bool) -> None:
    """Ajoute une personne qui pourra lire tous les agendas, et écrire selon son rôle."""
    asked, policy = _asked(networks), home.policy()
    store = home.store()
    password = read_password(from_stdin=password_stdin, login=login)
    with store.write(Actor(agent="spro-agenda users add")) as writer:
        account = writer.add_account(login, password, Role(role), asked, name)
        region = writer.region()
    what = summary(region, policy.written_by(account, region.codes))
    click.echo(_("Compte « {login} » créé : {what}.").format(login=account.login, what=what))


@users.command("list", epilog=EXAMPLE_LIST, short_help=_("Montre toutes les personnes."))
@click.option("--idle", "only_idle", is_flag=True, help=_("Celles qui ne sont plus venues depuis longtemps."))
@_FORMAT
@click.pass_obj
def list_(home: Home, only_idle: bool, format_: str) -> None:
    """Montre qui peut se connecter, et ce que chacun écrit.

    Avec --idle, les comptes dont personne ne s'est servi depuis le nombre de mois que dit config.ini (idle_months).
    """
    store, months = home.store(), home.retention().idle_months
    with store.read() as reader:
        accounts, region = reader.accounts(), reader.region()
    if only_idle:
        accounts = idle(accounts, date.today(), months, region.time_zone)
    if format_ == "json":
        sys.stdout.buffer.write(render_json(accounts, region))
    else:
        click.echo(render(accounts, width=width(), colour=colour()), nl=False)


@users.command(epilog=EXAMPLE_SHOW, short_help=_("Montre une personne."))
@_LOGIN
@_FORMAT
@click.pass_obj
def show(home: Home, login: str, format_: str) -> None:
    """Montre ce qu'une personne peut lire et écrire."""
    with home.store().read() as reader:
        account, region = reader.account(login), reader.region()
    if format_ == "json":
        sys.stdout.buffer.write(render_json([account], region))
    else:
        click.echo(render_one(account, region, home.policy().written_by(account, region.codes)), nl=False)


@users.command("set", epilog=EXAMPLE_SET, short_help=_("Change le rôle, les réseaux ou le nom d'une personne."))
@_LOGIN
@click.option("--role", type=_ROLE, help=_ROLE_HELP)
@click.option("--network", "networks", multiple=True, metavar="RÉSEAU", help=_NETWORK_HELP)
@click.option("--name", metavar="NOM", help=_("Nom à afficher."))
@click.option("--email", metavar="ADRESSE", help=_("Adresse où lui écrire."))
@click.option(
    "--digest",
    type=click.Choice([each.value for each in Frequency]),
    help=_("Les nouvelles par courriel : chaque jour, chaque semaine, ou jamais."),
)
@click.pass_obj
def set_(  # one a choice
    home: Home,
    login: str,
    *,
    role: str | None,
    networks: tuple[str, ...],
    name: str | None,
    email: str | None,
    digest: str | None,
) -> None:
    """Change ce qui est donné, et laisse le reste comme il est. Les réseaux donnés remplacent les précédents."""
    if role is None and not networks and name is None and email is None and digest is None:
        raise UsageError(_("Indiquez ce qui change, avec --role, --network, --name, --email ou --digest."))
    policy = home.policy()
    with home.store().write(Actor(agent="spro-agenda users set")) as writer:
        account = writer.set_account(
            login,
            AccountChange(
                role=Role(role) if role else None,
                networks=tuple(_asked(networks)) if networks else None,
                name=name,
                email=email,
                digest=Frequency(digest) if digest else None,
            ),
        )
        region = writer.region()
    what = summary(region, policy.written_by(account, region.codes))
    click.echo(_("Compte « {login} » modifié : {what}.").format(login=account.login, what=what))


@users.command(epilog=EXAMPLE_PASSWORD, short_help=_("Donne un autre mot de passe."))
@_LOGIN
@_PASSWORD_STDIN
@click.pass_obj
def password(home: Home, login: str, password_stdin: bool) -> None:
    """Donne un autre mot de passe à une personne : l'ancien n'ouvre plus rien, sur aucun appareil."""
    store = home.store()
    with store.read() as reader:
        account = reader.account(login)
    given = read_password(from_stdin=password_stdin, login=account.login)
    with store.write(Actor(agent="spro-agenda users password")) as writer:
        writer.set_password(account.login, given)
    click.echo(_("Le mot de passe de « {login} » est changé.").format(login=account.login))


@users.command(epilog=EXAMPLE_REMOVE, short_help=_("Retire une personne."))
@_LOGIN
@click.pass_obj
def remove(home: Home, login: str) -> None:
    """Retire une personne : elle ne se connecte plus. Ce qu'elle a écrit reste, et l'historique le dit d'elle."""
    with home.store().write(Actor(agent="spro-agenda users remove")) as writer:
        account = writer.account(login)
        writer.remove_account(account.login)
    click.echo(_("Compte « {login} » retiré. Ses événements et son historique restent.").format(login=account.login))


users.add_command(device)
users.add_command(export)
users.add_command(forget)
users.add_command(invite)


def _asked(networks: tuple[str, ...]) -> list[str]:
    return [network.strip() for given in networks for network in given.split(",")]
