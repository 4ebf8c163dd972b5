"""`restore`: an event out of the trash or to an earlier text, a whole calendar to a moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from spro_agenda.commands.events import EVENT, Moment, confirm, yes_option
from spro_agenda.commands.home import Home
from spro_agenda.commands.keeping import restore_from
from spro_agenda.commands.options import FILE, database_option
from spro_agenda.errors import UsageError
from spro_agenda.i18n import _, counted, day_words, hour_words
from spro_agenda.ical.title import title_of
from spro_agenda.region.records import Region
from spro_agenda.store import Actor, Outcome, Return, Rewind, Store

EXAMPLE = _(
    'Exemple : spro-agenda restore 3f2a9c81d0  ou  spro-agenda restore --network 28 --as-of "2026-11-20 14:00"  ou  '
    "spro-agenda restore --from agenda.spro.gz"
)
_ACTOR = Actor(agent="spro-agenda restore")
_MOST_SHOWN = 20


@click.command(epilog=EXAMPLE, short_help=_("Fait revenir un événement, ou tout un agenda, à ce qu'il était."))
@click.argument("event", metavar=f"[{EVENT}]", required=False)
@click.option("--network", metavar="RÉSEAU", help=_("Tout l'agenda de ce réseau, avec --as-of."))
@click.option("--revision", type=int, metavar="NUMÉRO", help=_("À cette version (le n° que montre « history »)."))
@click.option("--as-of", "moment", type=Moment(), metavar="MOMENT", help=_("À ce qui était à ce moment."))
@click.option("--dry-run", is_flag=True, help=_("Avec --network : dit ce qui serait fait, sans rien faire."))
@click.option("--from", "file", type=FILE, metavar="FICHIER", help=_("Tout, à une sauvegarde faite par « backup »."))
@database_option
@yes_option
@click.pass_obj
def restore(
    home: Home,
    event: str | None,
    network: str | None,
    revision: int | None,
    moment: datetime | None,
    dry_run: bool,
    file: Path | None,
    database: str | None,
    yes: bool,
) -> None:
    """Fait revenir un événement de la corbeille, ou à une version d'avant ; ou tout l'agenda d'un réseau.

    C'est une modification comme une autre : elle est dans l'historique, et se défait de même. Avec --from, tout est
    remplacé par une sauvegarde : événements, historique, comptes ; ou un agenda en est fait là où il n'y en a pas.
    """
    if file is not None:
        if event or network or revision or moment or dry_run:
            raise UsageError(_("--from restaure tout : retirez le reste."))
        if home.config.exists():
            confirm(_("Remplacer tout l'agenda de {path} ?").format(path=home.path), yes=yes)
        restore_from(home, file, database)
        return
    if database:
        raise UsageError(_("--database va avec --from : dites quelle sauvegarde y restaurer."))
    if (event is None) == (network is None):
        raise UsageError(_("Dites quoi restaurer : un événement, ou tout un agenda avec --network et --as-of."))
    if revision is not None and (moment is not None or network is not None):
        raise UsageError(_("--revision va avec un événement, et sans --as-of. Gardez l'un des deux."))
    store = home.store()
    with store.read() as reader:
        region = reader.region()
    aware = _aware(moment, region) if moment else None
    if network is not None:
        _calendar(store, region, region.code_of(network), aware, dry_run=dry_run, yes=yes)
        return
    assert event is not None
    _event(store, region, event, revision, aware)


def _aware(moment: datetime, region: Region) -> datetime:
    return (moment if moment.tzinfo else moment.replace(tzinfo=region.time_zone)).astimezone(UTC)


def _event(store: Store, region: Region, event: str, revision: int | None, moment: datetime | None) -> None:
    with store.write(_ACTOR) as writer:
        key = writer.event_called(event)
        written = writer.restore_event(key, revision=revision, moment=moment)
    title, name = title_of(written.object.body), region.name_of(key.network)
    if written.outcome is Outcome.UNCHANGED:
        click.echo(_("« {title} » est déjà ainsi dans {calendar}.").format(title=title, calendar=name))
    else:
        click.echo(_("« {title} » est restauré dans {calendar}.").format(title=title, calendar=name))


def _calendar(store: Store, region: Region, network: str, moment: datetime | None, *, dry_run: bool, yes: bool) -> None:
    if moment is None:
        raise UsageError(_('Dites à quel moment revenir, par exemple --as-of "2026-11-20 14:00".'))
    with store.read() as reader:
        plan = reader.rewind(network, moment)
    _show(plan, region)
    if dry_run or not (plan.put or plan.deleted):
        return
    confirm(_("Le faire ?"), yes=yes)
    with store.write(_ACTOR) as writer:
        writer.rewind_calendar(plan)
    click.echo(_("Fait. L'historique garde tout : cela se défait de même."))


def _show(plan: Rewind, region: Region) -> None:
    local = plan.moment.astimezone(region.time_zone)
    when = _("{day} à {hour}").format(day=day_words(local.date(), year=True), hour=hour_words(local))
    name = region.name_of(plan.network)
    if not (plan.put or plan.deleted):
        click.echo(_("{calendar} est déjà comme le {when}.").format(calendar=name, when=when))
    else:
        click.echo(_("{calendar}, comme le {when} :").format(calendar=name, when=when))
    _list(plan.put, _("à remettre"))
    _list(plan.deleted, _("à retirer"))
    if plan.left:
        click.echo(
            _("Restent comme ils sont, faute de savoir ce qu'ils étaient alors : {what}.").format(
                what=counted(len(plan.left), "événement", "événements")
            )
        )
    if plan.moved:
        click.echo(
            _(
                "Restent où ils sont, car déplacés depuis d'un agenda à un autre : {what}. Au besoin, déplacez-les "
                "vous-même :"
            ).format(what=counted(len(plan.moved), "événement", "événements"))
        )
        for key in plan.moved[:_MOST_SHOWN]:
            click.echo(f"    {key.id} ({key.short})")


def _list(items: Sequence[Return], what: str) -> None:
    if not items:
        return
    click.echo(_("  {what} : {items}").format(what=what, items=counted(len(items), "événement", "événements")))
    for each in items[:_MOST_SHOWN]:
        click.echo(f"    {title_of(each.text)} ({each.key.short})")
    if len(items) > _MOST_SHOWN:
        click.echo(_("    … et {rest} autres").format(rest=len(items) - _MOST_SHOWN))
