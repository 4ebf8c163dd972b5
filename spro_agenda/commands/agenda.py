"""`merge`: the regional agenda of any sources."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from spro_agenda.commands.gathering import built, tell_failures
from spro_agenda.commands.options import AgendaOptions, agenda_options
from spro_agenda.commands.screen import colour, width
from spro_agenda.errors import UsageError
from spro_agenda.i18n import _, counted
from spro_agenda.render import FORMATS, terminal
from spro_agenda.whole import write_whole

_SUFFIXES = {".txt": "terminal", **{f".{name}": name for name in FORMATS}}

EXAMPLE = _("Exemple : spro-agenda merge --from 2021-06-01 --to 2021-12-31 --format ics -o agenda.ics")


@click.command(epilog=EXAMPLE, short_help=_("Réunit les réseaux dans l'agenda régional."))
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
    agenda = built(options)
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
    tell_failures(agenda.readings)


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
