"""What was understood of an event, for a terminal and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from spro_agenda.i18n import _
from spro_agenda.region.entry import Entry
from spro_agenda.region.explain import Explained, Origin
from spro_agenda.region.questions import Question
from spro_agenda.region.understand import Source
from spro_agenda.region.words import normalise
from spro_agenda.render.json import VERSION, document_bytes
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
            console.print(Text(_("L'instance {id} dit autrement :").format(id=part.recurrence_id), style="bold"))
        table = Table.grid(padding=(0, 1, 0, 0), expand=True)
        table.add_column(width=_LABEL_WIDTH)
        table.add_column(ratio=1)
        for field, origins in groupby(part.origins, key=lambda origin: origin.field):
            told = Text()
            for origin in origins:
                told.append(
                    ("\n" if told else "") + wrapped(origin.value or "—", console.width - _LABEL_WIDTH - _AROUND)
                )
                if why := _why(origin):
                    told.append(f"\n{wrapped(why, console.width - _LABEL_WIDTH - _AROUND)}", style="dim")
            table.add_row(Text(_labels()[field]), told)
        console.print(Padding(table, (0, 0, 0, 1)))
    if asked:
        console.print()
        console.print(Text(_("À PRÉCISER"), style="bold"))
        for question in asked:
            console.print(Text(wrapped(f"? {question.sentence}", console.width)))
    return written(console)


def render_json(entry: Entry, explained: Sequence[Explained], asked: Sequence[Question]) -> bytes:
    """`event`, `parts` (each with its `fields`: lists of `value`, `source`, `words`, `note`), `questions`."""
    return document_bytes(
        {
            "version": VERSION,
            "event": {"id": entry.key.id, "network": entry.key.network, "uid": entry.key.uid},
            "parts": [
                {
                    "recurrence_id": part.recurrence_id or None,
                    "fields": {
                        field: [_as_json(origin) for origin in origins]
                        for field, origins in groupby(part.origins, key=lambda origin: origin.field)
                    },
                }
                for part in explained
            ],
            "questions": [{"field": each.field, "sentence": each.sentence} for each in asked],
        }
    )


def _as_json(origin: Origin) -> dict[str, str | None]:
    return {
        "value": origin.value or None,
        "source": origin.source.value if origin.source else None,
        "words": origin.words or None,
        "note": origin.note or None,
    }


def _labels() -> dict[str, str]:
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


def _value(origin: Origin) -> str:
    return _STATUS.get(origin.value, origin.value) or "—"


_TYPED = {
    "speakers": _("Intervenant"),
    "partners": _("Partenaire"),
    "publics": _("Public"),
    "themes": _("Thème"),
    "open_to": _("Ouvert à"),
    "scope": _("Portée"),
    "highlight": _("Temps fort"),
    "reusable": _("Reprenable"),
}


def _why(origin: Origin) -> str:
    """« ligne « Intervenant : A. CHAUVET » » : what says it; nothing where nothing more is to be said."""
    said = {
        None: "",
        Source.CALENDAR: "",
        Source.PROPERTY: "" if normalise(origin.words) == normalise(origin.value) else _quoted(origin),
        Source.DEFAULT: _("par défaut"),
        Source.BRACKET: _("crochet du titre « [{words}] »").format(words=origin.words),
        Source.TITLE: _("le titre dit « {words} »").format(words=origin.words),
        Source.LOCATION: _("champ « lieu » : « {words} »").format(words=" ".join(origin.words.split())),
        Source.LINE: _("ligne « {label} : {words} »").format(label=_TYPED.get(origin.field, ""), words=origin.words),
        Source.CATEGORIES: _("catégorie « {words} »").format(words=origin.words),
    }[origin.source]
    return " — ".join(part for part in (said, origin.note) if part)


def _quoted(origin: Origin) -> str:
    return _("« {words} »").format(words=" ".join(origin.words.split())) if origin.words else ""
