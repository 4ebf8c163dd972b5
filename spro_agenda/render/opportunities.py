"""What networks could do together, for a terminal and as JSON."""

from __future__ import annotations

from collections.abc import Sequence

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from spro_agenda.clashes import advice
from spro_agenda.i18n import _
from spro_agenda.model import Event, Opportunity
from spro_agenda.render.json import VERSION, document_bytes
from spro_agenda.render.terminal import open_console, wrapped, written

_KIND_WIDTH, _AROUND = 12, 4


def render(found: Sequence[Opportunity], *, width: int, colour: bool) -> str:
    """One line each: its kind, then what could be done."""
    console = open_console(width, colour=colour)
    if not found:
        console.print(_("Rien à ouvrir, à partager ni à reprendre."))
        return written(console)
    console.print(Text(_("OPPORTUNITÉS ({number})").format(number=len(found)), style="bold"))
    table = Table.grid(padding=(0, 1, 0, 0), expand=True)
    table.add_column(width=_KIND_WIDTH)
    table.add_column(ratio=1)
    for each in found:
        told = Text(wrapped(advice(each), console.width - _KIND_WIDTH - _AROUND) + "\n")
        told.append(each.id, style="dim")
        table.add_row(Text(each.chance, style="bold"), told)
    console.print(Padding(table, (0, 0, 0, 1)))
    return written(console)


def render_json(found: Sequence[Opportunity]) -> bytes:
    """`opportunities`, each with `id`, `kind`, `key`, `dates`, `members`, `sentence`."""
    return document_bytes({"version": VERSION, "opportunities": [_as_json(each) for each in found]})


def _as_json(each: Opportunity) -> dict[str, object]:
    return {
        "id": each.id,
        "kind": each.chance.value,
        "key": each.key,
        "dates": [day.isoformat() for day in each.dates],
        "members": [_member(event) for event in each.events],
        "sentence": advice(each),
    }


def _member(event: Event) -> dict[str, object]:
    return {
        "id": event.key.id,
        "network": event.key.network,
        "site": event.site,
        "uid": event.key.uid,
        "title": event.title,
        "date_words": event.date_words,
    }
