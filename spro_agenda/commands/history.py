"""`history` and `trash`: what was done, by whom, and what can be brought back."""

from __future__ import annotations

import sys
from datetime import date

import click

from spro_agenda.commands.events import EVENT
from spro_agenda.commands.families import Family
from spro_agenda.commands.forgetting import redact
from spro_agenda.commands.home import Home
from spro_agenda.commands.options import check_days, days_options, limit_option, tell_more
from spro_agenda.commands.screen import colour, width
from spro_agenda.history import Told, recoverable, told
from spro_agenda.i18n import _
from spro_agenda.model import folded_login
from spro_agenda.region.records import Region
from spro_agenda.render.history import render, render_json, render_trash, render_trash_json
from spro_agenda.store import Reader, Selection

EXAMPLE_HISTORY = _("Exemple : spro-agenda history --network 28 --from 2026-11-01 --diff")
EXAMPLE_TRASH = _("Exemple : spro-agenda trash --network 28")


@click.command(cls=Family, epilog=EXAMPLE_HISTORY, short_help=_("Qui a fait quoi, quand, et ce qui a changé."))
@click.argument("event", metavar=f"[{EVENT}]", required=False)
@click.option("--network", metavar="RÉSEAU", help=_("L'agenda de ce réseau seulement, par code ou par nom."))
@click.option("--by", "login", metavar="IDENTIFIANT", help=_("Ce que cette personne a fait."))
@days_options
@click.option("--diff", "with_changes", is_flag=True, help=_("Dit ce qui a changé d'une version à l'autre."))
@limit_option
@click.option("--format", "format_", type=click.Choice(["terminal", "json"]), default="terminal", show_default=True)
@click.pass_obj
def history(
    home: Home,
    event: str | None,
    network: str | None,
    login: str | None,
    first: date | None,
    last: date | None,
    with_changes: bool,
    limit: int,
    format_: str,
) -> None:
    """Montre qui a fait quoi, quand et avec quelle application, le plus récent d'abord.

    ÉVÉNEMENT est le code que montrent « history » et « trash » (ses 6 premiers caractères suffisent), ou RÉSEAU/UID
    (28/<uid>). Sans lui, tous les événements. « history redact ÉVÉNEMENT » retire un texte pour de bon.
    """
    check_days(first, last)
    with home.store().read() as reader:
        region = reader.region()
        asked = Selection(
            network=region.code_of(network) if network else None,
            event=reader.event_called(event) if event else None,
            login=folded_login(login) if login is not None else None,
            since=first,
            until=last,
        )
        found, more = _read(reader, region, asked, limit, with_changes=with_changes)
    if format_ == "json":
        sys.stdout.buffer.write(render_json(found))
    else:
        text = render(found, _title(asked, region, found), width=width(), colour=colour())
        click.echo(text, nl=False, color=colour())
    if more:
        tell_more()


history.add_command(redact)


def _read(
    reader: Reader, region: Region, asked: Selection, limit: int, *, with_changes: bool
) -> tuple[list[Told], bool]:
    """What is asked for, and whether there is more than that."""
    found: list[Told] = []
    for each in told(reader.history(asked), region, with_changes=with_changes):
        if limit and len(found) == limit:
            return found, True
        found.append(each)
    return found, False


def _title(asked: Selection, region: Region, found: list[Told]) -> str:
    parts = [
        _("Historique"),
        found[0].title if asked.event and found else "",
        region.name_of(asked.network) if asked.network else "",
        asked.login or "",
    ]
    return " · ".join(part for part in parts if part)


@click.command(epilog=EXAMPLE_TRASH, short_help=_("Les événements supprimés qui peuvent revenir."))
@click.option("--network", metavar="RÉSEAU", help=_("L'agenda de ce réseau seulement, par code ou par nom."))
@click.option("--format", "format_", type=click.Choice(["terminal", "json"]), default="terminal", show_default=True)
@click.pass_obj
def trash(home: Home, network: str | None, format_: str) -> None:
    """Montre les événements supprimés, par qui, et jusqu'à quand ils peuvent revenir."""
    store = home.store()
    retention = home.retention()
    with store.read() as reader:
        region = reader.region()
        deleted = reader.trash(region.code_of(network) if network else None)
        found = list(recoverable(deleted, region, retention.trash_months))
    if format_ == "json":
        sys.stdout.buffer.write(render_trash_json(found))
        return
    click.echo(render_trash(found, width=width(), colour=colour()), nl=False, color=colour())
    if found:
        click.echo(
            _("Pour en faire revenir un : spro-agenda restore {code}").format(code=found[0].deletion.key.short),
            err=True,
        )
