"""`audit`: what was written, who came, and what was administered."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date
from itertools import islice

import click

from spro_agenda.audit import Done, Sort, done
from spro_agenda.commands.home import Home
from spro_agenda.commands.options import check_days, days_options, limit_option, tell_more
from spro_agenda.commands.screen import colour, width
from spro_agenda.history import told
from spro_agenda.i18n import _
from spro_agenda.model import folded_login
from spro_agenda.render.audit import render, render_json
from spro_agenda.store import Reader, Selection

EXAMPLE = _("Exemple : spro-agenda audit --by marie --from 2026-11-01")


@click.command(epilog=EXAMPLE, short_help=_("Qui s'est connecté, a écrit ou administré, et quand."))
@click.option("--by", "login", metavar="IDENTIFIANT", help=_("Ce que cette personne a fait."))
@click.option("--only", type=click.Choice([sort.value for sort in Sort]), help=_("Une seule sorte d'opérations."))
@days_options
@limit_option
@click.option("--format", "format_", type=click.Choice(["terminal", "json"]), default="terminal", show_default=True)
@click.pass_obj
def audit(  # one a choice
    home: Home,
    *,
    login: str | None,
    only: str | None,
    first: date | None,
    last: date | None,
    limit: int,
    format_: str,
) -> None:
    """Montre ce qui a été écrit, les connexions (une par heure au plus) et l'administration, le plus récent d'abord.

    Le journal est gardé le temps que dit config.ini (audit_months).
    """
    check_days(first, last)
    asked = Selection(login=folded_login(login) if login is not None else None, since=first, until=last)
    with home.store().read() as reader:
        wanted = (each for each in _read(reader, asked) if only in (None, each.sort.value))
        found = list(islice(wanted, limit + 1 if limit else None))
    shown = found[:limit] if limit else found
    if format_ == "json":
        sys.stdout.buffer.write(render_json(shown))
    else:
        click.echo(render(shown, width=width(), colour=colour()), nl=False, color=colour())
    if len(shown) < len(found):
        tell_more()


def _read(reader: Reader, asked: Selection) -> Iterator[Done]:
    region = reader.region()
    return done(told(reader.history(asked), region), reader.audit(asked), region)
