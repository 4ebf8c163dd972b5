"""`harvest`: the calendars that networks keep elsewhere, brought in."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import closing

import click

from spro_agenda.commands.home import Home
from spro_agenda.errors import SourcesFailed, UsageError
from spro_agenda.harvest import Harvest, called, settings_of
from spro_agenda.harvest import harvest as harvested
from spro_agenda.i18n import _
from spro_agenda.region.records import Region
from spro_agenda.render.harvest import faults, render, render_done, render_json
from spro_agenda.server.wsgi import configuration_of
from spro_agenda.store import Source

EXAMPLE = _("Exemple : spro-agenda harvest 28")


@click.command(epilog=EXAMPLE, short_help=_("Reprend les agendas que des réseaux tiennent ailleurs."))
@click.argument("networks", nargs=-1, metavar="[RÉSEAU]...")
@click.option("--accept", is_flag=True, help=_("Prend ce que la source donne, même si presque tout y a disparu."))
@click.option("--list", "listed", is_flag=True, help=_("Montre où en est chaque source, sans rien reprendre."))
@click.option("--format", "format_", type=click.Choice(["terminal", "json"]), default="terminal", show_default=True)
@click.pass_obj
def harvest(home: Home, networks: tuple[str, ...], *, accept: bool, listed: bool, format_: str) -> None:
    """Reprend dans l'agenda de chaque réseau, ou de ceux qui sont nommés, celui qu'il tient ailleurs et dont
    region.toml donne l'adresse (« calendar »). Le serveur le fait de lui-même toutes les heures.

    Ce qui en vient ne se modifie que là-bas. Une source qui échoue ne change rien ici. Finit par le code 3 quand des
    sources ont échoué.
    """
    if accept and (listed or not networks):
        raise UsageError(_("--accept se dit d'un réseau : spro-agenda harvest 28 --accept"))
    with closing(home.store()) as store:
        with store.read() as reader:
            region = reader.region()
            sources = _named(reader.sources(), networks, region)
        if listed:
            _show(sources, region, format_)
            return
        settings = settings_of(configuration_of(home.path))
        done = {each.network: harvested(store, each.network, settings.fetcher, accept=accept) for each in sources}
    _tell(sources, done, region, format_)


def _named(sources: Iterable[Source], networks: tuple[str, ...], region: Region) -> tuple[Source, ...]:
    """The sources of these networks, of all where none is named. Raises UnknownNetwork, UsageError."""
    known = {each.network: each for each in sources}
    codes = [region.code_of(each) for each in networks] or list(known)
    for code in codes:
        if code not in known:
            raise UsageError(
                _(
                    "{network} ne tient pas d'agenda ailleurs. Donnez-en l'adresse dans region.toml (calendar = "
                    '"https://…"), puis « spro-agenda region apply ».'
                ).format(network=region.name_of(code))
            )
    return tuple(known[code] for code in dict.fromkeys(codes))


def _show(sources: tuple[Source, ...], region: Region, format_: str) -> None:
    if format_ == "json":
        sys.stdout.buffer.write(render_json(sources, region))
    else:
        click.echo(render(sources, region), nl=False)


def _tell(sources: tuple[Source, ...], done: dict[str, Harvest | None], region: Region, format_: str) -> None:
    """Tell what came of each source. Raises SourcesFailed where some failed."""
    found = {network: each for network, each in done.items() if each is not None}
    after = tuple(found[each.network].source if each.network in found else each for each in sources)
    if format_ == "json":
        sys.stdout.buffer.write(render_json(after, region, found))
    else:
        for source in sources:
            its = found.get(source.network)
            if its is None:
                click.echo(_("{called} : déjà en cours, rien à faire.").format(called=called(source, region)))
            elif not its.source.error:
                click.echo(render_done(its, region))
        if not sources:
            click.echo(render(sources, region), nl=False)
    told = [f"⚠ {fault}" for source in after for fault in faults(source)]
    failed = any(source.error for source in after)
    if failed:
        told.append(_("Ces agendas n'ont pas été repris ; ce qui en est ici reste. Les autres l'ont été."))
        raise SourcesFailed("\n".join(told))
    if told:
        click.echo("\n".join(told), err=True)
