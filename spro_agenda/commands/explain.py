"""`explain`: what was understood of an event, and from which words."""

from __future__ import annotations

import sys

import click

from spro_agenda.agenda import Filters
from spro_agenda.commands.events import event_argument
from spro_agenda.commands.gathering import gathered_from, tell_failures
from spro_agenda.commands.home import Home
from spro_agenda.commands.options import SourceOptions, source_options
from spro_agenda.commands.screen import colour, width
from spro_agenda.errors import BadInput, NotFound, UsageError
from spro_agenda.i18n import _
from spro_agenda.recurrence import FIRST_DAY, LAST_DAY
from spro_agenda.region.entry import Entry, read_entry
from spro_agenda.region.explain import explain as explained
from spro_agenda.region.questions import questions
from spro_agenda.region.records import Region
from spro_agenda.region.words import normalise
from spro_agenda.render import explain as rendered
from spro_agenda.sources import Gathered

EXAMPLE = _("Exemple : spro-agenda explain tripper --calendars calendars")
_SHORTEST = 4
_MOST_NAMED = 5


@click.command(epilog=EXAMPLE, short_help=_("Dit ce qui a été compris d'un événement."))
@event_argument
@source_options
@click.option("--format", "format_", type=click.Choice(["terminal", "json"]), default="terminal", show_default=True)
def explain(event: str, options: SourceOptions, format_: str) -> None:
    """Dit ce qui a été compris d'un événement, de quels mots, et ce qu'il faudrait préciser.

    ÉVÉNEMENT est le code que montrent « opportunities » et « history », ou RÉSEAU/UID (28/<uid>), dans la base locale ;
    dans les sources données comme pour « merge », un morceau du titre suffit. Pour corriger, on change les mots dans
    son application.
    """
    region, gathered = options.region(), None
    if options.sources or options.calendars or options.server.url:
        gathered = gathered_from(options, region, Filters(first=FIRST_DAY, last=LAST_DAY))
        entry = _called(event, gathered)
    else:
        entry = _stored(options.home, event, region)
    parts, asked = explained(entry), questions(entry)
    if format_ == "json":
        sys.stdout.buffer.write(rendered.render_json(entry, parts, asked))
    else:
        click.echo(rendered.render(entry, parts, asked, width=width(), colour=colour()), nl=False, color=colour())
    if gathered is not None:
        tell_failures(gathered.readings)


def _stored(home: Home, name: str, region: Region) -> Entry:
    """An event of the local store, as it was sent. Raises NotFound, UsageError."""
    with home.store().read() as reader:
        key = reader.event_called(name)
        href = reader.href_of(key.network, key.uid)
        stored = reader.object(key.network, href) if href is not None else None
        if stored is None:
            raise NotFound(
                _("« {id} » n'est plus dans l'agenda. « spro-agenda history {id} » montre ce qu'il était.").format(
                    id=key.id
                )
            )
        return read_entry(stored.body, key.network, region, key.id)


def _called(name: str, gathered: Gathered) -> Entry:
    """The entry that a name means: its id, the beginning of its hash, or a piece of its title. Raises BadInput,
    UsageError."""
    typed = normalise(name)
    found = [each for each in gathered.entries if each.key.id == name]
    if not found and len(name) >= _SHORTEST:
        found = [each for each in gathered.entries if each.key.identity.startswith(name.lower())]
    if not found and typed:
        found = [each for each in gathered.entries if any(typed in normalise(part.title) for part in each.obj.parts)]
    if not found:
        raise BadInput(
            _("Aucun événement de ces sources ne s'appelle « {name} ». Écrivez un morceau de son titre.").format(
                name=name
            )
        )
    if len(found) > 1:
        ids = "\n".join(f"  {each.key.short}  {each.key.network} {each.lead.title}" for each in found[:_MOST_NAMED])
        raise UsageError(
            _("Plusieurs événements s'appellent « {name} » :\n{ids}\nDonnez le code de l'un d'eux.").format(
                name=name, ids=ids
            )
        )
    return found[0]
