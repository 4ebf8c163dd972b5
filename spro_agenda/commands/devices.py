"""`users device`: what logs in for a person with a password of its own."""

from __future__ import annotations

import sys

import click

from spro_agenda.commands.home import Home
from spro_agenda.commands.screen import colour, width
from spro_agenda.i18n import _
from spro_agenda.render.accounts import render_devices, render_devices_json
from spro_agenda.store import Actor

EXAMPLE_ADD = _("Exemple : spro-agenda users device add marie --label « Téléphone »")
EXAMPLE_LIST = _("Exemple : spro-agenda users device list marie")
EXAMPLE_REVOKE = _("Exemple : spro-agenda users device revoke marie k3f9ab")
_LOGIN = click.argument("login", metavar="IDENTIFIANT")


@click.group(subcommand_metavar=_("COMMANDE [ARGUMENTS]..."), short_help=_("Les appareils d'une personne."))
def device() -> None:
    """Les appareils d'une personne : chacun a son mot de passe, et peut être révoqué seul."""


@device.command(epilog=EXAMPLE_ADD, short_help=_("Donne un mot de passe à un appareil."))
@_LOGIN
@click.option("--label", required=True, metavar="NOM", help=_("Ce que c'est : « Téléphone », « Outlook du bureau »."))
@click.pass_obj
def add(home: Home, login: str, label: str) -> None:
    """Donne à un appareil un mot de passe à lui, montré une seule fois."""
    with home.store().write(Actor(agent="spro-agenda users device add")) as writer:
        account = writer.account(login)
        token = writer.add_device(account.login, label)
    click.echo(token.text)
    click.echo(
        _(
            "Tapez ce mot de passe dans l'appareil, avec l'identifiant « {login} ». Il ne sera plus montré ; "
            "« spro-agenda users device revoke {login} {selector} » le retire."
        ).format(login=account.login, selector=token.selector),
        err=True,
    )


@device.command("list", epilog=EXAMPLE_LIST, short_help=_("Montre les appareils d'une personne."))
@_LOGIN
@click.option("--format", "format_", type=click.Choice(["terminal", "json"]), default="terminal", show_default=True)
@click.pass_obj
def list_(home: Home, login: str, format_: str) -> None:
    """Montre les appareils d'une personne, et quand chacun a servi."""
    with home.store().read() as reader:
        account, region = reader.account(login), reader.region()
        devices = reader.devices(account.login)
    if format_ == "json":
        sys.stdout.buffer.write(render_devices_json(devices, region))
    else:
        click.echo(render_devices(devices, region, width=width(), colour=colour()), nl=False, color=colour())


@device.command(epilog=EXAMPLE_REVOKE, short_help=_("Ferme l'agenda à un appareil."))
@_LOGIN
@click.argument("selector", metavar="APPAREIL")
@click.pass_obj
def revoke(home: Home, login: str, selector: str) -> None:
    """Ferme l'agenda à un appareil perdu ou remplacé, dès sa prochaine demande. APPAREIL est le code que montre
    « list » : les six premiers caractères du mot de passe."""
    with home.store().write(Actor(agent="spro-agenda users device revoke")) as writer:
        label = writer.revoke_device(login, selector)
    click.echo(_("L'appareil « {label} » n'ouvre plus rien.").format(label=label))
