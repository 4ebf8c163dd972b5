"""Who has done what, themes by networks: for a terminal, as JSON, and as a table for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from babel.dates import format_date
from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from spro_agenda.clashes import Cell, Grid, Planned, Row, where
from spro_agenda.i18n import LOCALE, _, counted, day_words
from spro_agenda.model import REGION
from spro_agenda.render.json import VERSION, document_bytes, window_as_json
from spro_agenda.render.spreadsheet import table as spreadsheet
from spro_agenda.render.terminal import open_console, wrapped, written

HELD, AHEAD, UNDATED, GAP = "●", "○", "?", "–"
_CELL_WIDTH = 5
_MOST_MARKS = 5
"""What a cell shows mark by mark; more are counted."""
_WHERE_WIDTH, _WHEN_WIDTH, _AROUND = 14, 17, 7


def render(grid: Grid, *, width: int, colour: bool, details: bool) -> str:
    """One line a theme, one column a network; with `details`, each of its events beneath."""
    console = open_console(width, colour=colour)
    day = day_words(grid.as_of, year=True)
    console.print(Text(_("QUI A FAIT QUOI, vu du {day}").format(day=day), style="bold"))
    if grid.rows:
        _print_table(console, grid)
    for row in grid.rows if details else ():
        _print_details(console, row)
    for line in _notes(grid):
        console.print(Text(wrapped(line, console.width - 1), style="dim"))
    return written(console)


def render_json(grid: Grid) -> bytes:
    """`as_of`, `networks`, `themes` (each with `theme` and `cells`: `network`, `gap`, `held`, `planned`, `undated`),
    `unheard`, `without_theme`."""
    return document_bytes(
        {
            "version": VERSION,
            "as_of": grid.as_of.isoformat(),
            "networks": list(grid.networks),
            "themes": [{"theme": row.theme, "cells": [_cell(cell) for cell in row.cells]} for row in grid.rows],
            "unheard": list(grid.unheard),
            "without_theme": grid.without_theme,
        }
    )


def render_csv(grid: Grid) -> bytes:
    """A row for each theme and network, gaps and the themes that nobody has included."""
    head = [_("thème"), _("réseau"), _("fait"), _("prévu"), _("à dater"), _("actions")]
    told = (_csv_row(row.theme, cell) for row in grid.rows for cell in row.cells)
    unheard = ([theme, code, "0", "0", "0", ""] for theme in grid.unheard for code in grid.networks)
    return spreadsheet(head, [*told, *unheard])


def _print_table(console: Console, grid: Grid) -> None:
    table = Table(box=box.SIMPLE, pad_edge=False, padding=(0, 1, 0, 0), expand=True, show_footer=True)
    table.add_column(_("thème"), counted(len(grid.rows), "thème, dont", "thèmes, dont"), ratio=1)
    for place, code in enumerate(grid.networks):
        filled = sum(not row.cells[place].is_gap for row in grid.rows)
        table.add_column(_("Rég.") if code == REGION else code, str(filled), width=_CELL_WIDTH, overflow="fold")
    for row in grid.rows:
        table.add_row(Text(row.theme), *map(_marks, row.cells))
    console.print(table)
    legend = _("{held} fait   {ahead} prévu   {undated} à dater   {gap} personne")
    console.print(Text(" " + legend.format(held=HELD, ahead=AHEAD, undated=UNDATED, gap=GAP)))


def _marks(cell: Cell) -> Text:
    """« ●●○ »: two held, one to come; « ●12○2 » where there are many."""
    if cell.is_gap:
        return Text(GAP, style="dim")
    counts = ((HELD, len(cell.held)), (AHEAD, len(cell.ahead)), (UNDATED, len(cell.undated)))
    if sum(count for _mark, count in counts) <= _MOST_MARKS:
        return Text("".join(mark * count for mark, count in counts), style="bold")
    return Text("".join(f"{mark}{count}" for mark, count in counts if count), style="bold")


def _print_details(console: Console, row: Row) -> None:
    console.print()
    console.print(Text(f" {row.theme}", style="bold"))
    table = Table.grid(padding=(0, 1, 0, 0), expand=True)
    for width in (1, _WHERE_WIDTH, _WHEN_WIDTH):
        table.add_column(width=width)
    table.add_column(ratio=1)
    room = console.width - _WHERE_WIDTH - _WHEN_WIDTH - _AROUND
    for mark, each in _marked(row.cells):
        table.add_row(mark, where(each.event), _when(each), wrapped(each.event.title, room))
    console.print(Padding(table, (0, 0, 0, 2)))


def _marked(cells: Iterable[Cell]) -> Iterator[tuple[str, Planned]]:
    """Each event once, network by network: a series in its midst was held."""
    for cell in cells:
        yield from ((HELD, each) for each in cell.held)
        yield from ((AHEAD, each) for each in cell.ahead if each not in cell.held)
        yield from ((UNDATED, each) for each in cell.undated)


def _when(each: Planned) -> str:
    """« 18 juin 2021 », « 2e semestre », « à dater »."""
    event = each.event
    if each.occurrences and each.first:
        return _short(each.first)
    if event.date_words:
        return event.date_words
    return f"{_short(event.window.start)}…" if event.window else _("à dater")


def _short(day: date) -> str:
    return format_date(day, "d MMM y", locale=LOCALE)


def _notes(grid: Grid) -> Iterator[str]:
    """What the table leaves out."""
    yield ""
    if grid.unheard:
        yield _("Personne n'a d'action sur : {themes}.").format(themes=", ".join(grid.unheard))
    if grid.without_theme:
        yield _("Sans thème, donc absentes d'ici : {count}. Une ligne « Thème : … » les y met.").format(
            count=counted(grid.without_theme, "action", "actions")
        )


def _cell(cell: Cell) -> dict[str, object]:
    return {
        "network": cell.network,
        "gap": cell.is_gap,
        "held": _events(cell.held),
        "planned": _events(cell.ahead),
        "undated": _events(cell.undated),
    }


def _events(found: Sequence[Planned]) -> list[dict[str, object]]:
    return [
        {
            "id": each.event.key.id,
            "site": each.event.site,
            "title": each.event.title,
            "dates": [day.isoformat() for day in sorted({one.first_day for one in each.occurrences})],
            "date_words": each.event.date_words,
            "window": window_as_json(each.event.window),
        }
        for each in found
    ]


def _csv_row(theme: str, cell: Cell) -> list[str]:
    counts = [str(len(found)) for found in (cell.held, cell.ahead, cell.undated)]
    told = [f"{mark} {_when(each)} : {each.event.title}" for mark, each in _marked([cell])]
    return [theme, cell.network, *counts, " | ".join(told)]
