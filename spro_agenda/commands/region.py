"""`region`: the description of the region."""

from __future__ import annotations

from pathlib import Path

import click

from spro_agenda.commands.options import FILE
from spro_agenda.i18n import _, counted
from spro_agenda.region.load import load_region

EXAMPLE = _("Exemple : spro-agenda region check calendars/region.toml")


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
