"""`serve`: an instance served."""

from __future__ import annotations

import click

from spro_agenda.address import public_address
from spro_agenda.commands.home import Home
from spro_agenda.i18n import _
from spro_agenda.server import run
from spro_agenda.server.wsgi import configuration_of
from spro_agenda.store import Actor

EXAMPLE = _("Exemple : spro-agenda --home ~/agenda serve --port 5232")


@click.command(epilog=EXAMPLE, short_help=_("Sert l'agenda aux applications (CalDAV)."))
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADRESSE",
    help=_("Adresse d'écoute ; derrière un serveur HTTPS en production."),
)
@click.option(
    "--port", default=5232, show_default=True, type=click.IntRange(1, 65535), metavar="PORT", help=_("Port d'écoute.")
)
@click.option(
    "--workers",
    default=2,
    show_default=True,
    type=click.IntRange(1, 64),
    metavar="NOMBRE",
    help=_("Nombre de processus."),
)
@click.pass_obj
def serve(home: Home, host: str, port: int, workers: int) -> None:
    """Sert l'agenda jusqu'à ce qu'on l'arrête (Ctrl+C)."""
    store = home.store()
    run.check(home.path)
    public = public_address(configuration_of(home.path))
    store.set_public_url(public.url if public else "", Actor(agent="spro-agenda serve"))
    store.close()
    address = run.address_of(host, port)
    shown = f"[{host}]" if ":" in host else host
    click.echo(
        _("Agenda servi à l'adresse http://{host}:{port}/ (Ctrl+C pour arrêter).").format(host=shown, port=port),
        err=True,
    )
    run.run(address, port, workers)
