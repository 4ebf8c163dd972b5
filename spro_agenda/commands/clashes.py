"""`clashes`: what people should settle between networks and sites."""

from __future__ import annotations

import sys
from datetime import date

import click

from spro_agenda.commands.gathering import built, failures_of, tell_failures
from spro_agenda.commands.options import AgendaOptions, Day, agenda_options
from spro_agenda.commands.screen import colour, width
from spro_agenda.i18n import _
from spro_agenda.model import Kind, Weight
from spro_agenda.render import clash_csv, json, terminal

CLASHES_FOUND = 1

EXAMPLE = _("Exemple : spro-agenda clashes --from 2021-09-01 --to 2021-12-31 --network 28")


@click.command(epilog=EXAMPLE, short_help=_("Montre les conflits de dates."))
@agenda_options
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice([kind.value for kind in Kind], case_sensitive=False),
    metavar=_("SORTE"),
    help=_("Ces sortes seulement : {kinds}.").format(kinds=", ".join(Kind)),
)
@click.option(
    "--as-of",
    type=Day(),
    metavar="JOUR",
    help=_("Ce qui reste à venir ce jour-là (à défaut : toute la période)."),
)
@click.option(
    "--format", "format_", type=click.Choice(["terminal", "json", "csv"]), default="terminal", show_default=True
)
@click.option(
    "--fail-on",
    type=click.Choice([weight.value for weight in Weight]),
    help=_("Finit par le code 1 s'il y a un conflit de ce poids, ou plus lourd."),
)
def clashes(
    options: AgendaOptions, kinds: tuple[str, ...], as_of: date | None, format_: str, fail_on: str | None
) -> int:
    """Montre les conflits de dates entre réseaux et entre sites, des mêmes sources que « merge »."""
    agenda = built(options).with_clashes(frozenset(map(Kind, kinds)), as_of)
    if format_ == "json":
        sys.stdout.buffer.write(json.render_clashes(agenda))
    elif format_ == "csv":
        sys.stdout.buffer.write(clash_csv.render(agenda))
    else:
        click.echo(terminal.render_clashes(agenda, width=width(), colour=colour()), nl=False, color=colour())
    if fail_on and any(clash.weight.rank >= Weight(fail_on).rank for clash in agenda.clashes):
        # A clash that was found is one, whatever could not be read beside it.
        if failure := failures_of(agenda.readings):
            click.echo(str(failure), err=True)
        return CLASHES_FOUND
    tell_failures(agenda.readings)
    return 0
