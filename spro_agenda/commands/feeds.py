"""`feeds`: subscriptions to the agenda by a link, for people who have no account."""

from __future__ import annotations

import sys
from datetime import date, datetime, time, timedelta
from io import BytesIO
from pathlib import Path

import click
import segno

from spro_agenda.address import Address, own_address, public_address
from spro_agenda.commands.home import Home
from spro_agenda.commands.options import Day
from spro_agenda.commands.screen import colour, width
from spro_agenda.errors import BadInput, UsageError
from spro_agenda.i18n import _
from spro_agenda.instance import CONFIG
from spro_agenda.links import Links, links
from spro_agenda.region.records import Region
from spro_agenda.render.feeds import render, render_json, render_one
from spro_agenda.secret import secret_of
from spro_agenda.server.wsgi import configuration_of
from spro_agenda.store import Actor, Feed, FeedFilter
from spro_agenda.whole import write_whole

EXAMPLE = _("Exemple : spro-agenda feeds add --label « Lycée de Dreux » --network 28")
EXAMPLE_LIST = _("Exemple : spro-agenda feeds list")
EXAMPLE_SHOW = _("Exemple : spro-agenda feeds show 3 --qr")
EXAMPLE_ROTATE = _("Exemple : spro-agenda feeds rotate 3")
EXAMPLE_REVOKE = _("Exemple : spro-agenda feeds revoke 3")

_FORMAT = click.option(
    "--format", "format_", type=click.Choice(["terminal", "json"]), default="terminal", show_default=True
)
_NUMBER = click.argument("number", type=click.IntRange(1), metavar="NUMÉRO")
_DRAWN = {".svg": "svg", ".png": "png", ".pdf": "pdf"}


@click.group(subcommand_metavar=_("COMMANDE [ARGUMENTS]..."), short_help=_("Les abonnements par un lien."))
def feeds() -> None:
    """Les abonnements à l'agenda par un lien, sans compte, pour Outlook, Google, Thunderbird ou un téléphone.

    Qui a le lien lit l'agenda : il n'y a ni description, ni nom d'inscrit, ni adresse, ni téléphone, à moins de le
    demander pour les descriptions.
    """


@feeds.command(epilog=EXAMPLE, short_help=_("Crée un abonnement."))
@click.option("--label", required=True, metavar="NOM", help=_("Pour qui il est, et le nom qu'il a chez ses lecteurs."))
@click.option("--network", "networks", multiple=True, metavar="RÉSEAU", help=_("Ces réseaux seulement : 28, ou 28,45."))
@click.option("--site", "sites", multiple=True, metavar="VILLE", help=_("Ces villes seulement."))
@click.option("--theme", "themes", multiple=True, metavar="THÈME", help=_("Ces thèmes seulement."))
@click.option("--only-firm", is_flag=True, help=_("Sans ce dont la date reste à fixer."))
@click.option("--with-description", is_flag=True, help=_("Avec les descriptions, adresses et téléphones retirés."))
@click.option("--with-clashes", is_flag=True, help=_("Avec les conflits : pour qui peut les régler."))
@click.option(
    "--months-back",
    type=click.IntRange(0, 1200),
    default=3,
    show_default=True,
    metavar="MOIS",
    help=_("Combien de mois passés garder."),
)
@click.option("--all", "all_", is_flag=True, help=_("Garde tout le passé."))
@click.option("--until", type=Day(), metavar="JOUR", help=_("Dernier jour de l'abonnement."))
@click.option("--for", "login", metavar="IDENTIFIANT", help=_("À qui il est : il se ferme avec son compte."))
@_FORMAT
@click.pass_obj
def add(
    home: Home,
    *,
    label: str,
    networks: tuple[str, ...],
    sites: tuple[str, ...],
    themes: tuple[str, ...],
    only_firm: bool,
    with_description: bool,
    with_clashes: bool,
    months_back: int,
    all_: bool,
    until: date | None,
    login: str | None,
    format_: str,
) -> None:
    """Crée un abonnement, et montre son lien. « feeds show » le montre de nouveau."""
    address = _address(home)
    with home.store().write(Actor(agent="spro-agenda feeds add")) as writer:
        region = writer.region()
        wanted = FeedFilter(
            networks=tuple(_each(networks)),
            sites=tuple(_town(each, region) for each in _each(sites)),
            themes=tuple(_theme(each, region) for each in _each(themes)),
            only_firm=only_firm,
            clashes=with_clashes,
            descriptions=with_description,
            months_back=None if all_ else months_back,
        )
        feed = writer.add_feed(label, wanted, login, _end_of(until, region))
    _show(home, feed, region, address, format_)


@feeds.command("list", epilog=EXAMPLE_LIST, short_help=_("Montre les abonnements."))
@click.option("--all", "all_", is_flag=True, help=_("Ceux qui sont fermés aussi."))
@_FORMAT
@click.pass_obj
def list_(home: Home, all_: bool, format_: str) -> None:
    """Montre les abonnements, ce que chacun contient, et quand et par quoi il a été lu."""
    now = datetime.now().timestamp()
    with home.store().read() as reader:
        found, region = reader.feeds(), reader.region()
    shown = [feed for feed in found if all_ or feed.is_open_at(now)]
    if format_ == "json":
        secret, address = secret_of(home.path), _address(home)
        told = [(feed, links(feed, secret, address) if feed.is_open_at(now) else None) for feed in shown]
        sys.stdout.buffer.write(render_json(told, region))
    else:
        click.echo(render(shown, region, now, width=width(), colour=colour()), nl=False, color=colour())


@feeds.command(epilog=EXAMPLE_SHOW, short_help=_("Montre les liens d'un abonnement."))
@_NUMBER
@click.option("--qr", is_flag=True, help=_("Le montre aussi comme un code QR, à photographier."))
@click.option(
    "--qr-file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FICHIER",
    help=_("Écrit le code QR dans un fichier .svg, .png ou .pdf."),
)
@_FORMAT
@click.pass_obj
def show(home: Home, number: int, *, qr: bool, qr_file: Path | None, format_: str) -> None:
    """Montre les liens d'un abonnement : à coller, à ouvrir, et ceux de Google et d'Outlook."""
    with home.store().read() as reader:
        feed, region = reader.feed(number), reader.region()
    ways = _show(home, feed, region, _address(home), format_)
    if ways is None:
        return
    # By the plain address: some telephones know no other.
    code = segno.make(ways.https, error="m", micro=False)
    if qr_file is not None:
        _draw(code, qr_file)
    if qr:
        code.terminal(compact=True)


@feeds.command(epilog=EXAMPLE_ROTATE, short_help=_("Donne une autre adresse à un abonnement."))
@_NUMBER
@_FORMAT
@click.pass_obj
def rotate(home: Home, number: int, format_: str) -> None:
    """Donne une autre adresse à un abonnement dont le lien s'est perdu : l'ancienne ne donne plus rien."""
    with home.store().write(Actor(agent="spro-agenda feeds rotate")) as writer:
        feed, region = writer.rotate_feed(number), writer.region()
    _show(home, feed, region, _address(home), format_)


@feeds.command(epilog=EXAMPLE_REVOKE, short_help=_("Ferme un abonnement."))
@_NUMBER
@click.pass_obj
def revoke(home: Home, number: int) -> None:
    """Ferme un abonnement, dès la prochaine demande et pour de bon."""
    with home.store().write(Actor(agent="spro-agenda feeds revoke")) as writer:
        feed = writer.revoke_feed(number)
    click.echo(_("L'abonnement « {label} » est fermé : son lien ne donne plus rien.").format(label=feed.label))


def _show(home: Home, feed: Feed, region: Region, address: Address, format_: str) -> Links | None:
    """Show a feed; its links, `None` where it is closed."""
    now = datetime.now().timestamp()
    ways = links(feed, secret_of(home.path), address) if feed.is_open_at(now) else None
    if format_ == "json":
        sys.stdout.buffer.write(render_json([(feed, ways)], region))
    else:
        click.echo(render_one(feed, ways, region), nl=False)
    return ways


def _address(home: Home) -> Address:
    """Where people find the server; where nobody said, where this machine does, which is told."""
    home.check_configured()
    configuration = configuration_of(home.path)
    public = public_address(configuration)
    if public is None:
        click.echo(
            _(
                "Ces liens ne s'ouvrent que sur cette machine. Indiquez dans {file}, section [web], « public_url = "
                "https://… », l'adresse où les gens trouvent l'agenda."
            ).format(file=CONFIG),
            err=True,
        )
    return public or own_address(configuration)


def _each(given: tuple[str, ...]) -> list[str]:
    return [part.strip() for each in given for part in each.split(",") if part.strip()]


def _town(name: str, region: Region) -> str:
    """The name of a town of the region's, however it is written. Raises UsageError."""
    found = next((town.name for town in region.all_towns if town.is_called(name)), None)
    if found is None:
        raise UsageError(
            _("« {name} » n'est pas une ville que region.toml connaît. Vérifiez l'orthographe, ou ajoutez-l'y.").format(
                name=name
            )
        )
    return found


def _theme(name: str, region: Region) -> str:
    """A theme by the name that the region gives it, or as it is: people type others on their lines."""
    return region.theme_called(name) or name


def _end_of(day: date | None, region: Region) -> int | None:
    """When a day ends, in epoch seconds."""
    if day is None:
        return None
    return int(datetime.combine(day + timedelta(days=1), time(), region.time_zone).timestamp())


def _draw(code: segno.QRCode, file: Path) -> None:
    """Write a QR code to a file. Raises BadInput for another kind of file."""
    kind = _DRAWN.get(file.suffix.lower())
    if kind is None:
        raise BadInput(_("{file} : écrivez le code QR dans un fichier .svg, .png ou .pdf.").format(file=file))
    write_whole(file, _bytes_of(code, kind))


def _bytes_of(code: segno.QRCode, kind: str) -> bytes:
    drawn = BytesIO()
    code.save(drawn, kind=kind, scale=8, border=4)
    return drawn.getvalue()
