"""`region`: the description of the region."""

from __future__ import annotations

from pathlib import Path

import click

from spro_agenda.clashes import sentence
from spro_agenda.commands.home import Home
from spro_agenda.commands.options import FILE
from spro_agenda.i18n import _, counted
from spro_agenda.region.load import load_region, read_region
from spro_agenda.store import Actor

EXAMPLE = _("Exemple : spro-agenda region check calendars/region.toml")
EXAMPLE_APPLY = _("Exemple : spro-agenda region apply region.toml --dry-run")
_MOST_TOLD = 10


@click.group(subcommand_metavar=_("COMMANDE [ARGUMENTS]..."), short_help=_("La description de la région."))
def region() -> None:
    """La description de la région : réseaux, sites, lieux, noms, périodes, conflits."""


@region.command(epilog=EXAMPLE, short_help=_("Vérifie un fichier region.toml."))
@click.argument("file", type=FILE, metavar="FICHIER")
def check(file: Path) -> None:
    """Vérifie un fichier region.toml : dit la première erreur, sa ligne et son remède, ou ce qui y est décrit."""
    found = load_region(file)
    sites = sum(len(network.sites) for network in found.networks)
    click.echo(
        _("{file} : rien à corriger. {networks}, {sites}, {places}, {themes}, {periods}.").format(
            file=file,
            networks=counted(len(found.networks), "réseau", "réseaux"),
            sites=counted(sites, "site", "sites"),
            places=counted(len(found.places), "lieu", "lieux"),
            themes=counted(len(found.themes), "thème", "thèmes"),
            periods=counted(len(found.periods), "période", "périodes"),
        )
    )


@region.command(epilog=EXAMPLE_APPLY, short_help=_("Donne à l'agenda un autre region.toml."))
@click.argument("file", type=FILE, metavar="FICHIER")
@click.option("--dry-run", is_flag=True, help=_("Dit ce qui changerait, sans rien changer."))
@click.pass_obj
def apply(home: Home, file: Path, dry_run: bool) -> None:
    """Donne à l'agenda la description d'un fichier region.toml : chaque événement est relu d'après elle.

    Noms, lieux, périodes et règles des conflits valent aussitôt pour tous, en une seule écriture. Le serveur peut
    tourner pendant ce temps ; sur un grand agenda, il attend quelques dizaines de secondes. Ce qui a été dit des
    conflits reste dit.
    """
    text, where = read_region(file)
    with home.store().write(Actor(agent="spro-agenda region apply")) as writer:
        applied = writer.apply_region(text, where)
        names = writer.region().name_of
        # What was tried for show is rolled back.
        writer.spoilt = dry_run
    for code in applied.added:
        click.echo(_("Nouvel agenda : {name}").format(name=names(code)))
    for code in applied.removed:
        click.echo(_("Agenda retiré, il était vide : {code}").format(code=code))
    click.echo(
        _("{events} : {found}, {gone}.").format(
            events=counted(applied.events, "événement relu", "événements relus"),
            found=counted(len(applied.found), "conflit de plus", "conflits de plus"),
            gone=counted(applied.gone, "de moins", "de moins"),
        )
    )
    for clash in applied.found[:_MOST_TOLD]:
        click.echo(f"⚠ {sentence(clash)} [{clash.id}]")
    if len(applied.found) > _MOST_TOLD:
        click.echo(_("… et d'autres : « spro-agenda clashes » les montre tous."))
    if dry_run:
        click.echo(_("Rien n'a été changé : sans --dry-run, ce le serait."), err=True)
