"""`merge`, `clashes`, `opportunities`: the regional agenda of any sources, and what people should be told of it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from spro_agenda.agenda import Agenda, Filters, build, chances, look_back
from spro_agenda.commands.files import write_whole
from spro_agenda.commands.options import AgendaOptions, Day, agenda_options
from spro_agenda.commands.screen import colour, width
from spro_agenda.errors import SourcesFailed, UsageError
from spro_agenda.i18n import _, counted
from spro_agenda.model import Chance, Kind, Weight
from spro_agenda.region.records import Region
from spro_agenda.region.words import normalise
from spro_agenda.render import FORMATS, clash_csv, json, terminal
from spro_agenda.render import opportunities as rendered
from spro_agenda.sources import Gathered, Reading, gather

CLASHES_FOUND = 1
_SUFFIXES = {".txt": "terminal", **{f".{name}": name for name in FORMATS}}

EXAMPLE_MERGE = _("Exemple : spro-agenda merge --from 2021-06-01 --to 2021-12-31 --format ics -o agenda.ics")
EXAMPLE_OPPORTUNITIES = _("Exemple : spro-agenda opportunities --as-of 2021-06-21 --to 2021-12-31 --network 41")
EXAMPLE_CLASHES = _("Exemple : spro-agenda clashes --from 2021-09-01 --to 2021-12-31 --network 28")


@click.command(epilog=EXAMPLE_MERGE, short_help=_("Réunit les réseaux dans l'agenda régional."))
@agenda_options
@click.option(
    "--format",
    "format_",
    type=click.Choice(list(FORMATS)),
    help=_("Format (à défaut : d'après le nom du fichier, sinon terminal)."),
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FICHIER",
    help=_("Fichier à écrire (à défaut : la sortie standard)."),
)
def merge(options: AgendaOptions, format_: str | None, output: Path | None) -> None:
    """Réunit les agendas des réseaux en un agenda régional, conflits signalés.

    SOURCE est un dossier ou un fichier .ics, ou l'adresse d'un .ics ; écrivez 28=SOURCE quand le nom ne dit pas le
    réseau. Sans source, la base de données locale. Les sources se mélangent ; une source qui échoue est nommée, et
    les autres sont réunies.
    """
    agenda = _agenda(options)
    chosen = format_ or _format_of(output)
    if output is not None:
        write_whole(output, FORMATS[chosen](agenda))
        click.echo(
            _("{file} écrit : {items}, {clashes}.").format(
                file=output,
                items=counted(len(agenda.items) + len(agenda.undated), "action", "actions"),
                clashes=counted(len(agenda.clashes), "conflit", "conflits"),
            ),
            err=True,
        )
    elif chosen == "terminal":
        click.echo(terminal.render_for(agenda, width=width(), colour=colour()), nl=False, color=colour())
    else:
        sys.stdout.buffer.write(FORMATS[chosen](agenda))
    _tell_failures(agenda.readings)


@click.command(epilog=EXAMPLE_CLASHES, short_help=_("Montre les conflits de dates."))
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
    agenda = _agenda(options).with_clashes(frozenset(map(Kind, kinds)), as_of)
    if format_ == "json":
        sys.stdout.buffer.write(json.render_clashes(agenda))
    elif format_ == "csv":
        sys.stdout.buffer.write(clash_csv.render(agenda))
    else:
        click.echo(terminal.render_clashes(agenda, width=width(), colour=colour()), nl=False, color=colour())
    if fail_on and any(clash.weight.rank >= Weight(fail_on).rank for clash in agenda.clashes):
        # A clash that was found is one, whatever could not be read beside it.
        if failure := _failures(agenda.readings):
            click.echo(str(failure), err=True)
        return CLASHES_FOUND
    _tell_failures(agenda.readings)
    return 0


@click.command(epilog=EXAMPLE_OPPORTUNITIES, short_help=_("Montre ce que des réseaux pourraient faire ensemble."))
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
    gathered = _gathered(options, region, filters)
    found = [each for each in chances(gathered, region, filters, day) if not kinds or each.chance in kinds]
    if format_ == "json":
        sys.stdout.buffer.write(rendered.render_json(found))
    else:
        click.echo(rendered.render(found, width=width(), colour=colour()), nl=False, color=colour())
    _tell_failures(gathered.readings)


def _agenda(options: AgendaOptions) -> Agenda:
    """The agenda of the options' sources. Raises what `_gathered` raises."""
    region = options.region()
    filters = options.filters(region)
    return build(_gathered(options, region, filters), region, filters)


def _gathered(options: AgendaOptions, region: Region, filters: Filters) -> Gathered:
    """What the options' sources hold. Raises an only source's error, or SourcesFailed, when none gave anything."""
    gathered = gather(options.opened(region), region, filters.first, filters.last)
    errors = [reading.error for reading in gathered.readings if reading.error]
    if errors and len(errors) == len(gathered.readings) and not gathered.entries:
        # An agenda of nothing would take the place of yesterday's good one.
        raise (
            errors[0]
            if len(errors) == 1
            else SourcesFailed(
                _("{sentences}\nAucune source n'a pu être lue : rien n'a été écrit.").format(
                    sentences="\n".join(f"⚠ {error}" for error in errors)
                )
            )
        )
    _check_themes(filters, gathered, region)
    return gathered


def _check_themes(filters: Filters, gathered: Gathered, region: Region) -> None:
    """Raise UsageError for a theme that neither the region nor any event names: a slip of the pen."""
    named = [theme.name for theme in region.themes]
    used = {normalise(theme) for entry in gathered.entries for event in entry.events for theme in event.themes}
    for theme in filters.themes:
        if normalise(theme) not in {*used, *map(normalise, named)}:
            raise UsageError(
                _("Aucune action n'a le thème « {theme} ». Thèmes connus : {known}.").format(
                    theme=theme, known=", ".join(named)
                )
            )


def _tell_failures(readings: Sequence[Reading]) -> None:
    """Raise SourcesFailed for the sources that could not be read."""
    if failure := _failures(readings):
        raise failure


def _failures(readings: Sequence[Reading]) -> SourcesFailed | None:
    """The sources that could not be read, each with its own sentence."""
    errors = [reading.error for reading in readings if reading.error]
    if not errors:
        return None
    sentences = "\n".join(f"⚠ {error}" for error in errors)
    return SourcesFailed(
        _("{sentences}\nCes sources n'ont pas été lues, ou pas entièrement ; les autres sont dans l'agenda.").format(
            sentences=sentences
        )
    )


def _format_of(output: Path | None) -> str:
    if output is None:
        return "terminal"
    try:
        return _SUFFIXES[output.suffix.lower()]
    except KeyError:
        raise UsageError(
            _("Le nom {file} ne dit pas le format. Choisissez-le avec --format ({names}).").format(
                file=output, names=", ".join(FORMATS)
            )
        ) from None
