"""`check`: whether the store still says what people sent."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date

import click

from spro_agenda.commands.home import Home
from spro_agenda.errors import DamagedStore
from spro_agenda.i18n import _, counted, period_words
from spro_agenda.store import Actor, Finding, Store

EXAMPLE = _("Exemple : spro-agenda --home ~/agenda check --repair")
AGENT = "spro-agenda check"


@click.command(epilog=EXAMPLE, short_help=_("Vérifie la base de données, et la répare."))
@click.option("--repair", is_flag=True, help=_("Récrit, d'après les textes d'origine, ce qui ne leur correspond plus."))
@click.option("--extend", is_flag=True, help=_("Calcule d'avance les dates des séries pour les années à venir."))
@click.option("--format", "format_", type=click.Choice(["terminal", "json"]), default="terminal", show_default=True)
@click.pass_obj
def check(home: Home, repair: bool, extend: bool, format_: str) -> None:
    """Compare tout ce que la base en déduit (dates, titres, lieux, numéros de changement) aux textes des événements.

    Finit par le code 6 s'il reste quelque chose à réparer. Le serveur peut tourner pendant ce temps.
    """
    store = home.store()
    if extend:
        _extend(store)
    found = _repaired(store) if repair else _found(store)
    left = [each for each in found if not (repair and each.mendable)]
    if format_ == "json":
        click.echo(json.dumps(_document(found, repair=repair), ensure_ascii=False, indent=2))
    else:
        _tell(found, repair=repair)
    if left:
        raise DamagedStore(_remedy(left, repair=repair))


def _found(store: Store) -> list[Finding]:
    with store.read() as reader:
        return list(reader.check())


def _repaired(store: Store) -> list[Finding]:
    return list(store.repair(Actor(agent=AGENT)))


def _extend(store: Store) -> None:
    moved = store.move_horizon(date.today(), Actor(agent=AGENT))
    with store.read() as reader:
        first, last = reader.horizon()
    told = _("Les dates des séries sont maintenant calculées {period}.")
    as_before = _("Les dates des séries étaient déjà calculées {period}.")
    click.echo((told if moved else as_before).format(period=period_words(first, last)), err=True)


def _tell(found: Sequence[Finding], *, repair: bool) -> None:
    for each in found:
        mark = "✓" if repair and each.mendable else "⚠"
        click.echo(f"{mark} {each.sentence}")
    if not found:
        click.echo(_("La base est en bon état : tout y correspond aux textes d'origine."))


def _remedy(left: list[Finding], *, repair: bool) -> str:
    faults = counted(len(left), "défaut", "défauts")
    if repair or not any(each.mendable for each in left):
        return _("{faults} ne peuvent pas être réparés d'ici : suivez ce qui est dit de chacun.").format(faults=faults)
    return _("{faults} : réparez avec « spro-agenda check --repair ».").format(faults=faults)


def _document(found: Iterable[Finding], *, repair: bool) -> dict[str, object]:
    return {
        "version": 1,
        "findings": [
            {
                "event": each.event or None,
                "sentence": each.sentence,
                "mendable": each.mendable,
                "repaired": repair and each.mendable,
            }
            for each in found
        ],
    }
