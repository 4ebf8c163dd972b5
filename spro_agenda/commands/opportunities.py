"""`opportunities`: what networks could do together, and what nobody wants to hear of again."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import click

from spro_agenda.agenda import Filters, chances, grid, look_back, reminders
from spro_agenda.clashes import Grid, titles
from spro_agenda.commands.families import Family, called
from spro_agenda.commands.gathering import gathered_from, said, tell_failures
from spro_agenda.commands.home import Home
from spro_agenda.commands.options import AgendaOptions, Day, Reason, agenda_options, days_options, store_options
from spro_agenda.commands.screen import colour, width
from spro_agenda.errors import UsageError
from spro_agenda.i18n import _
from spro_agenda.model import Chance, Opportunity
from spro_agenda.region.records import Region
from spro_agenda.render import grid as render_grid
from spro_agenda.render import opportunities as rendered
from spro_agenda.sources import Gathered
from spro_agenda.store import Actor, Dismissal, covering

EXAMPLE = _("Exemple : spro-agenda opportunities --as-of 2021-06-21 --to 2021-12-31 --network 41")
EXAMPLE_DISMISS = _('Exemple : spro-agenda opportunities dismiss 3f2a9c81d0 --why "vu avec le 41"')
EXAMPLE_SAME = _("Exemple : spro-agenda opportunities same 3f2a9c81d0")
EXAMPLE_RECALL = _("Exemple : spro-agenda opportunities recall 3f2a9c81d0")

_AS_OF = click.option("--as-of", type=Day(), metavar="JOUR", help=_("Vu de ce jour-là (à défaut : aujourd'hui)."))
_ID = click.argument("identity", metavar="ID")


@click.command(cls=Family, epilog=EXAMPLE, short_help=_("Montre ce que des réseaux pourraient faire ensemble."))
@agenda_options
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice([chance.value for chance in Chance], case_sensitive=False),
    metavar=_("SORTE"),
    help=_("Ces sortes seulement : {kinds}.").format(kinds=", ".join(Chance)),
)
@_AS_OF
@click.option("--dismissed", "with_dismissed", is_flag=True, help=_("Montre aussi celles qui ont été écartées."))
@click.option(
    "--grid", "as_grid", is_flag=True, help=_("Montre plutôt qui a fait quoi, par thème et réseau, et ce qui manque.")
)
@click.option(
    "--format", "format_", type=click.Choice(["terminal", "json", "csv"]), default="terminal", show_default=True
)
def opportunities(
    options: AgendaOptions,
    kinds: tuple[str, ...],
    as_of: date | None,
    with_dismissed: bool,
    as_grid: bool,
    format_: str,
) -> None:
    """Montre ce que des réseaux pourraient ouvrir, partager ou reprendre, et ce qui semble saisi deux fois.

    Puis ce qui est à dater bientôt : la période annoncée finit dans les trente jours, ou a fini sans date, ou les mots
    n'en sont pas compris.

    --grid montre qui a déjà fait quoi ; avec --theme, les actions une à une.

    « opportunities dismiss ID » en écarte une de la base locale, qui n'est plus montrée.
    """
    if as_grid and (kinds or with_dismissed):
        raise UsageError(_("--grid montre tout ce qui a un thème : retirez --kind et --dismissed."))
    region, day = options.region(), as_of or date.today()
    gathered, filters = _gathered(options, region, day)
    if as_grid:
        _show_grid(grid(gathered, region, filters, day), format_, details=bool(filters.themes))
        tell_failures(gathered.readings)
        return
    told = said(options)
    found = [each for each in chances(gathered, region, filters, day, told) if not kinds or each.chance in kinds]
    dismissed = _dismissed(options, region, found)
    shown = [each for each in found if with_dismissed or each.identity not in dismissed]
    # Who asks for one sort has no eyes for the rest.
    reminded = () if kinds else reminders(gathered, region, filters, day)
    if format_ == "json":
        sys.stdout.buffer.write(rendered.render_json(shown, dismissed, reminded))
    elif format_ == "csv":
        sys.stdout.buffer.write(rendered.render_csv(shown, dismissed, reminded))
    else:
        text = rendered.render(shown, dismissed, reminded, width=width(), colour=colour())
        click.echo(text, nl=False, color=colour())
        undated = [each.event.key.short for each in reminded if each.day is None]
        if undated and options.uses_store:
            click.echo(
                _("Pour donner sa date à une action : spro-agenda date {code} --on JOUR").format(code=undated[0]),
                err=True,
            )
    tell_failures(gathered.readings)


@opportunities.command(epilog=EXAMPLE_DISMISS, short_help=_("Écarte une opportunité."))
@_ID
@click.option("--why", default="", type=Reason(), metavar="TEXTE", help=_("Pourquoi : cela se lira avec --dismissed."))
@_AS_OF
@days_options
@click.pass_obj
def dismiss(home: Home, identity: str, why: str, as_of: date | None, first: date | None, last: date | None) -> None:
    """Écarte une opportunité de la base locale : elle n'est plus montrée, même quand le temps en ôte un événement.

    ID est ce que la liste montre sous chacune ; si elle l'a été avec --as-of, --from ou --to, redonnez-les. Écarter un
    DOUBLON, c'est dire que ce sont deux actions.
    """
    opportunity = _called(home, identity, as_of, first, last)
    with home.store().write(Actor(agent="spro-agenda opportunities dismiss")) as writer:
        writer.dismiss(opportunity, why)
    if opportunity.chance is Chance.TWICE:
        told = _("C'est dit : {who} sont deux actions, qui peuvent faire conflit.").format(who=titles(opportunity))
    else:
        told = _("{kind} écartée : {who}.").format(kind=opportunity.chance, who=titles(opportunity))
    click.echo(told)
    click.echo(
        _("Pour y revenir : spro-agenda opportunities recall {id}").format(id=opportunity.id),
        err=True,
    )


@opportunities.command(epilog=EXAMPLE_SAME, short_help=_("Dit qu'un doublon est une même action."))
@_ID
@_AS_OF
@days_options
@click.pass_obj
def same(home: Home, identity: str, as_of: date | None, first: date | None, last: date | None) -> None:
    """Répond « oui » à « même action ? » pour un DOUBLON : il n'est plus montré, et ne fait pas conflit.

    Si c'est « non », écartez-le avec « opportunities dismiss ».
    """
    opportunity = _called(home, identity, as_of, first, last)
    if opportunity.chance is not Chance.TWICE:
        raise UsageError(
            _("{id} n'est pas un DOUBLON. « spro-agenda opportunities dismiss {id} » l'écarte.").format(
                id=opportunity.id
            )
        )
    with home.store().write(Actor(agent="spro-agenda opportunities same")) as writer:
        writer.link(event.key for event in opportunity.events)
    click.echo(
        _("C'est dit : {who} sont une même action. Gardez-en une, ou les deux si chacun suit la sienne.").format(
            who=titles(opportunity)
        )
    )


@opportunities.command(epilog=EXAMPLE_RECALL, short_help=_("Fait revenir une opportunité écartée."))
@_ID
@click.pass_obj
def recall(home: Home, identity: str) -> None:
    """Fait revenir une opportunité écartée de la base locale, que « opportunities --dismissed » montre."""
    remedy = _("« spro-agenda opportunities --dismissed » montre celles qui sont écartées.")
    with home.store().write(Actor(agent="spro-agenda opportunities recall")) as writer:
        found = writer.recall(called(identity, writer.dismissals(), remedy).identity)
    click.echo(_("{kind} {id} : de nouveau dans la liste.").format(kind=found.chance, id=found.id))


def _called(home: Home, identity: str, as_of: date | None, first: date | None, last: date | None) -> Opportunity:
    """The opportunity of the local store that the list shows under that name. Raises NotFound, UsageError."""
    options = store_options(home, first, last)
    region, day = options.region(), as_of or date.today()
    gathered, filters = _gathered(options, region, day)
    remedy = _("« spro-agenda opportunities » les montre ; redonnez ici ses --as-of, --from et --to.")
    return called(identity, chances(gathered, region, filters, day, said(options)), remedy)


def _show_grid(found: Grid, format_: str, *, details: bool) -> None:
    if format_ == "terminal":
        text = render_grid.render(found, width=width(), colour=colour(), details=details)
        click.echo(text, nl=False, color=colour())
    else:
        sys.stdout.buffer.write(render_grid.render_json(found) if format_ == "json" else render_grid.render_csv(found))


def _gathered(options: AgendaOptions, region: Region, day: date) -> tuple[Gathered, Filters]:
    """What opportunities seen from a day are looked for in, and where."""
    filters = look_back(options.filters(region), day)
    return gathered_from(options, region, filters), filters


def _dismissed(options: AgendaOptions, region: Region, found: Iterable[Opportunity]) -> dict[str, Dismissal]:
    """Those of the opportunities that our own store, where it is read, has as dismissed, by their identities; in local
    time."""
    if not options.uses_store:
        return {}
    with options.home.store().read() as reader:
        dismissals = reader.dismissals()
    return {
        each.identity: replace(dismissal, at=dismissal.at.astimezone(region.time_zone))
        for each in found
        if (dismissal := covering(each, dismissals))
    }
