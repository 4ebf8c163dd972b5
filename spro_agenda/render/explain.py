"""What was understood of an event, for a terminal and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from spro_agenda.i18n import _
from spro_agenda.region.entry import Entry
from spro_agenda.region.explain import Explained, Origin
from spro_agenda.region.questions import Question
from spro_agenda.region.understand import Source
from spro_agenda.region.words import normalise
from spro_agenda.render.json import VERSION, document_bytes, window_as_json
from spro_agenda.render.terminal import open_console, wrapped, written

_LABEL_WIDTH, _AROUND = 14, 4


def render(entry: Entry, explained: Sequence[Explained], asked: Sequence[Question], *, width: int, colour: bool) -> str:
    """Each field with its value and, under it, the words that say it; then what is asked."""
    console = open_console(width, colour=colour)
    console.print(Text(wrapped(entry.lead.title or _("(sans titre)"), console.width), style="bold"))
    console.print(Text(f"{entry.key.id} · {entry.key.short}", style="dim"))
    for part in explained:
        if part.recurrence_id:
            console.print()
            said = _("L'instance {which} dit autrement :").format(which=part.instance)
            console.print(Text(wrapped(said, console.width), style="bold"))
        table = Table.grid(padding=(0, 1, 0, 0), expand=True)
        table.add_column(width=_LABEL_WIDTH)
        table.add_column(ratio=1)
        for field, origins in groupby(part.origins, key=lambda origin: origin.field):
            told = Text("\n").join(_told(origin, console.width - _LABEL_WIDTH - _AROUND) for origin in origins)
            table.add_row(Text(labels()[field]), told)
        console.print(Padding(table, (0, 0, 0, 1)))
    if asked:
        console.print()
        console.print(Text(_("À PRÉCISER"), style="bold"))
        for question in asked:
            console.print(Text(wrapped(f"? {question.sentence}", console.width)))
    return written(console)


def _told(origin: Origin, room: int) -> Text:
    """A value, and under it what says it."""
    told = Text(wrapped(value_words(origin), room), style="" if origin.value else "dim")
    if why := why_words(origin):
        told.append(f"\n{wrapped(why, room)}", style="dim")
    return told


def render_json(entry: Entry, explained: Sequence[Explained], asked: Sequence[Question]) -> bytes:
    """`event`, `parts` (each with its `fields`: lists of `value`, `source`, `words`, `note`), `questions`.

    Values are those of the agenda in JSON: a network is its code, a date its times or its window.
    """
    return document_bytes(
        {
            "version": VERSION,
            "event": {"id": entry.key.id, "network": entry.key.network, "uid": entry.key.uid},
            "parts": [
                {
                    "recurrence_id": part.recurrence_id or None,
                    "fields": {
                        field: [_as_json(origin, part) for origin in origins]
                        for field, origins in groupby(part.origins, key=lambda origin: origin.field)
                    },
                }
                for part in explained
            ],
            "questions": [{"field": each.field, "sentence": each.sentence} for each in asked],
        }
    )


def _as_json(origin: Origin, part: Explained) -> dict[str, Any]:
    code = _date(part) if origin.field == "date" else origin.code
    return {
        "value": (origin.value or None) if code is None else code,
        "source": origin.source.value if origin.source else None,
        "words": origin.words or None,
        "note": origin.note or None,
    }


def _date(part: Explained) -> dict[str, Any]:
    """Its times as they were written, `end` exclusive, days without an hour; or its words and window."""
    event = part.event
    is_firm = event.window is None and event.date_words is None
    start, end = (part.part.start, part.part.end) if is_firm else (None, None)
    return {
        "start": start.isoformat() if start else None,
        "end": end.isoformat() if end else None,
        "date_words": event.date_words,
        "window": window_as_json(event.window),
        "edtf": event.edtf,
    }


def labels() -> dict[str, str]:
    """What people call each field."""
    return {
        "network": _("réseau"),
        "title": _("titre"),
        "date": _("date"),
        "status": _("état"),
        "site": _("site"),
        "town": _("ville"),
        "place": _("lieu"),
        "speakers": _("intervenants"),
        "partners": _("partenaires"),
        "publics": _("publics"),
        "themes": _("thèmes"),
        "open_to": _("ouvert à"),
        "scope": _("portée"),
        "highlight": _("temps fort"),
        "reusable": _("reprenable"),
    }


_STATUS = {
    "CONFIRMED": _("confirmé"),
    "TENTATIVE": _("à confirmer"),
    "CANCELLED": _("annulé"),
    "NEEDS-ACTION": _("à faire"),
    "IN-PROCESS": _("en cours"),
    "COMPLETED": _("fait"),
}


_NAMES = frozenset({"speakers", "partners", "publics", "themes"})


def value_words(origin: Origin) -> str:
    """A value as people read it."""
    if not origin.value:
        return _("aucun") if origin.source else _("rien ne le dit")
    return _STATUS.get(origin.value, origin.value) if origin.field == "status" else origin.value


def why_words(origin: Origin) -> str:
    """« ligne « Intervenant : A. CHAUVET » (alias de André Chauvet) »: what says it; nothing where nothing more is to
    be said."""
    words = " ".join(origin.words.split())
    said = {
        None: "",
        Source.CALENDAR: "",
        Source.PROPERTY: _("« {words} »").format(words=words) if words and words != origin.value else "",
        Source.DEFAULT: _("par défaut"),
        Source.BRACKET: _("crochet du titre « [{words}] »").format(words=words),
        Source.TITLE: _("le titre dit « {words} »").format(words=words),
        Source.LOCATION: _("champ « lieu » : « {words} »").format(words=words),
        Source.LINE: _("ligne « {line} »").format(line=origin.line),
        Source.CATEGORIES: _("catégorie « {words} »").format(words=words),
    }[origin.source]
    if origin.field in _NAMES and origin.value and normalise(words) not in ("", normalise(origin.value)):
        said = _("{said} (alias de {name})").format(said=said, name=origin.value)
    return " — ".join(part for part in (said, origin.note) if part)
