"""Who did what, for a terminal and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from spro_agenda.audit import Done
from spro_agenda.i18n import _, counted, day_words, hour_words
from spro_agenda.render.json import VERSION, document_bytes
from spro_agenda.render.terminal import open_console, wrapped, written

_INDENT, _HOUR_WIDTH, _WHAT_WIDTH = 2, 5, 19


def render(items: Sequence[Done], *, width: int, colour: bool) -> str:
    """What was done by day, the newest first."""
    console = open_console(width, colour=colour)
    console.print(Text(_("Journal"), style="bold"))
    console.print(counted(len(items), "opération", "opérations"))
    room = console.width - _INDENT - _HOUR_WIDTH - _WHAT_WIDTH - 3
    for day, of_day in groupby(items, key=lambda each: each.at.date()):
        console.print()
        console.print(Text(day_words(day, year=True), style="bold"))
        table = Table.grid(padding=(0, 1, 0, 0), expand=True)
        table.add_column(width=_HOUR_WIDTH)
        table.add_column(width=_WHAT_WIDTH)
        table.add_column(ratio=1)
        for each in of_day:
            table.add_row(hour_words(each.at), each.what, _told(each, room))
        console.print(Padding(table, (0, 0, 0, _INDENT)))
    return written(console)


def render_json(items: Iterable[Done]) -> bytes:
    """`acts`, the newest first."""
    return document_bytes({"version": VERSION, "acts": [as_json(each) for each in items]})


def as_json(each: Done) -> dict[str, object]:
    return {
        "at": each.at.isoformat(timespec="seconds"),
        "sort": each.sort.value,
        "action": each.action,
        "target": each.target or None,
        "login": each.who or None,
        "detail": each.detail or None,
    }


def _told(each: Done, room: int) -> Text:
    by = "" if each.who == each.target else each.who or _("ligne de commande")
    lines = [each.target, " · ".join(part for part in (by, each.detail) if part)]
    shown = [wrapped(line, room) for line in lines if line]
    text = Text(shown[0] if shown else "")
    for line in shown[1:]:
        text.append(f"\n{line}", style="dim")
    return text
