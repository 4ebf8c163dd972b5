"""`opportunities`: what networks could do together."""

from __future__ import annotations

import sys
from datetime import date

import click

from spro_agenda.agenda import chances, look_back
from spro_agenda.commands.gathering import gathered_from, tell_failures
from spro_agenda.commands.options import AgendaOptions, Day, agenda_options
from spro_agenda.commands.screen import colour, width
from spro_agenda.i18n import _
from spro_agenda.model import Chance
from spro_agenda.render import opportunities as rendered

EXAMPLE = _("Exemple : spro-agenda opportunities --as-of 2021-06-21 --to 2021-12-31 --network 41")


@click.command(epilog=EXAMPLE, short_help=_("Montre ce que des réseaux pourraient faire ensemble."))
@agenda_options
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice([chance.value for chance in Chance], case_sensitive=False),
    metavar=_("SORTE"),
    help=_("Ces sortes seulement : {kinds}.").format(kinds=", ".join(Chance)),
)
@click.option("--as-of", type=Day(), metavar="JOUR", help=_("Vu de ce jour-là (à défaut : aujourd'hui)."))
@click.option("--format", "format_", type=click.Choice(["terminal", "json"]), default="terminal", show_default=True)
def opportunities(options: AgendaOptions, kinds: tuple[str, ...], as_of: date | None, format_: str) -> None:
    """Montre ce que des réseaux pourraient ouvrir, partager ou reprendre, et ce qui semble saisi deux fois."""
    region = options.region()
    day = as_of or date.today()
    filters = look_back(options.filters(region), day)
    gathered = gathered_from(options, region, filters)
    found = [each for each in chances(gathered, region, filters, day) if not kinds or each.chance in kinds]
    if format_ == "json":
        sys.stdout.buffer.write(rendered.render_json(found))
    else:
        click.echo(rendered.render(found, width=width(), colour=colour()), nl=False, color=colour())
    tell_failures(gathered.readings)
