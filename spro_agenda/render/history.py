"""What was done to events, for a terminal and as JSON; the trash likewise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from spro_agenda.history import Recoverable, Told
from spro_agenda.i18n import _, counted, day_words, hour_words
from spro_agenda.model import EventKey
from spro_agenda.render.json import VERSION, document_bytes
from spro_agenda.render.terminal import open_console, wrapped, written

_INDENT, _GUTTER = 2, 1
_HOUR_WIDTH, _WHAT_WIDTH, _NETWORK_WIDTH = 5, 12, 6


def render(items: Sequence[Told], title: str, *, width: int, colour: bool) -> str:
    """Revisions by day, the newest first."""
    console = open_console(width, colour=colour)
    console.print(Text(title, style="bold"))
    console.print(counted(len(items), "modification", "modifications"))
    for day, of_day in groupby(items, key=lambda each: each.at.date()):
        console.print()
        console.print(Text(day_words(day, year=True), style="bold"))
        table = _table(_HOUR_WIDTH, _WHAT_WIDTH, _NETWORK_WIDTH)
        room = _room(console, _HOUR_WIDTH, _WHAT_WIDTH, _NETWORK_WIDTH)
        for each in of_day:
            table.add_row(hour_words(each.at), each.what, each.key.network, _told(each, room))
        console.print(Padding(table, (0, 0, 0, _INDENT)))
    return written(console)


def render_trash(items: Sequence[Recoverable], *, width: int, colour: bool) -> str:
    """What can be brought back, the last deleted first."""
    console = open_console(width, colour=colour)
    console.print(Text(_("Corbeille"), style="bold"))
    console.print(counted(len(items), "événement récupérable", "événements récupérables"))
    for each in items:
        console.print()
        table = _table(_NETWORK_WIDTH)
        table.add_row(each.deletion.key.network, _recoverable(each, _room(console, _NETWORK_WIDTH)))
        console.print(Padding(table, (0, 0, 0, _INDENT)))
    return written(console)


def render_json(items: Iterable[Told]) -> bytes:
    """`revisions`, the newest first."""
    return document_bytes({"version": VERSION, "revisions": [as_json(each) for each in items]})


def render_trash_json(items: Iterable[Recoverable]) -> bytes:
    """`events`, the last deleted first."""
    return document_bytes({"version": VERSION, "events": [_deleted(each) for each in items]})


def _table(*widths: int) -> Table:
    table = Table.grid(padding=(0, _GUTTER, 0, 0), expand=True)
    for width in widths:
        table.add_column(width=width)
    table.add_column(ratio=1)
    return table


def _room(console: Console, *widths: int) -> int:
    """What is left for the last column."""
    return console.width - _INDENT - sum(width + _GUTTER for width in widths) - _GUTTER


def _told(each: Told, room: int) -> Text:
    text = Text(wrapped(each.title, room))
    number = _("n°\u00a0{number}").format(number=each.revision.id)
    about = " · ".join(part for part in (each.where, _by(each), number, each.key.short) if part)
    text.append(f"\n{wrapped(about, room)}", style="dim")
    for change in each.changes:
        lines = wrapped(change, room - 2).splitlines()
        text.append("\n" + "\n".join(f"{'  ' if at else '– '}{line}" for at, line in enumerate(lines)))
    return text


def _by(each: Told) -> str:
    return " · ".join(part for part in (each.who, each.client) if part)


def _recoverable(each: Recoverable, room: int) -> Text:
    deletion = each.deletion
    said = _("supprimé le {day} à {hour} · {who}").format(
        day=day_words(deletion.at.date(), year=True), hour=hour_words(deletion.at), who=_by(deletion)
    )
    until = _("récupérable jusqu'au {day} · {code}").format(
        day=day_words(each.until, year=True), code=deletion.key.short
    )
    text = Text(wrapped(deletion.title, room))
    text.append(f"\n{wrapped(said, room)}\n{wrapped(until, room)}", style="dim")
    return text


def as_json(each: Told) -> dict[str, Any]:
    revision = each.revision
    return {
        "revision": revision.id,
        **_names(revision.key),
        "action": revision.deed.value,
        "at": _moment(each.at),
        "login": each.who or None,
        "client": each.client,
        "title": each.title,
        "moved_from": _source(revision.moved_from),
        "redacted": revision.redacted,
        "changes": list(each.changes),
    }


def _deleted(each: Recoverable) -> dict[str, Any]:
    deletion = each.deletion
    return {
        **_names(deletion.key),
        "title": deletion.title,
        "deleted_at": _moment(deletion.at),
        "login": deletion.who or None,
        "client": deletion.client,
        "kept_until": _day(each.until),
    }


def _names(key: EventKey) -> dict[str, str]:
    return {"id": key.id, "hash": key.short, "network": key.network, "uid": key.uid}


def _source(moved_from: str | None) -> str | None:
    """The network that a move began in."""
    return moved_from.partition("/")[0] if moved_from else None


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _day(day: date) -> str:
    return day.isoformat()
