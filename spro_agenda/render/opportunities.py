"""What networks could do together, for a terminal and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from babel.dates import format_date
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from spro_agenda.clashes import Reminder, advice, reminding, where
from spro_agenda.history import who_called
from spro_agenda.i18n import LOCALE, _, counted, day_words
from spro_agenda.model import Event, Opportunity
from spro_agenda.render.json import VERSION, document_bytes, window_as_json
from spro_agenda.render.spreadsheet import table
from spro_agenda.render.terminal import open_console, wrapped, written
from spro_agenda.store import Dismissal

_KIND_WIDTH, _AROUND = 12, 4


def render(
    found: Sequence[Opportunity],
    dismissed: Mapping[str, Dismissal],
    reminders: Sequence[Reminder],
    *,
    width: int,
    colour: bool,
) -> str:
    """One line each: its kind, then what could be done; and what should have a date soon. `dismissed` are those of them
    that are, by their identities."""
    console = open_console(width, colour=colour)
    if found:
        _print_opportunities(console, found, dismissed)
    else:
        console.print(_("Rien à ouvrir, à partager ni à reprendre."))
    if reminders:
        console.print()
        _print_reminders(console, reminders)
    return written(console)


def _print_opportunities(console: Console, found: Sequence[Opportunity], dismissed: Mapping[str, Dismissal]) -> None:
    console.print(Text(_title(found, dismissed), style="bold"))
    table, room = _two_columns(console)
    for each in found:
        dismissal = dismissed.get(each.identity)
        told = Text(wrapped(advice(each), room) + "\n", style="dim" if dismissal else "")
        below = f"{each.id} · {_dismissal(dismissal)}" if dismissal else each.id
        told.append(wrapped(below, room), style="dim")
        table.add_row(Text(each.chance, style="dim" if dismissal else "bold"), told)
    console.print(Padding(table, (0, 0, 0, 1)))


def _print_reminders(console: Console, reminders: Sequence[Reminder]) -> None:
    console.print(Text(_("À DATER BIENTÔT ({number})").format(number=len(reminders)), style="bold"))
    table, room = _two_columns(console)
    for each in reminders:
        told = Text(wrapped(reminding(each), room) + "\n")
        told.append(each.event.key.short, style="dim")
        table.add_row(Text(_until(each), style="bold"), told)
    console.print(Padding(table, (0, 0, 0, 1)))


def _two_columns(console: Console) -> tuple[Table, int]:
    """A narrow column and what is left of the page, and how wide that is."""
    table = Table.grid(padding=(0, 1, 0, 0), expand=True)
    table.add_column(width=_KIND_WIDTH)
    table.add_column(ratio=1)
    return table, console.width - _KIND_WIDTH - _AROUND


def _until(each: Reminder) -> str:
    """« 30 juin », « DÉPASSÉ »; « À PRÉCISER » where words say nothing."""
    if each.closes_on is None:
        return _("À PRÉCISER")
    return _("DÉPASSÉ") if each.is_late else format_date(each.closes_on, "d MMM", locale=LOCALE)


def render_json(
    found: Sequence[Opportunity], dismissed: Mapping[str, Dismissal], reminders: Sequence[Reminder]
) -> bytes:
    """`opportunities`, each with `id`, `kind`, `key`, `dates`, `members`, `sentence`, and `dismissed`: its `id`, `at`,
    `by` and `why`; `reminders`, each with `id`, `network`, `uid`, `title`, `date_words`, `window`, `closes_on`,
    `sentence`."""
    return document_bytes(
        {
            "version": VERSION,
            "opportunities": [_as_json(each, dismissed.get(each.identity)) for each in found],
            "reminders": [_reminder(each) for each in reminders],
        }
    )


def render_csv(
    found: Sequence[Opportunity], dismissed: Mapping[str, Dismissal], reminders: Sequence[Reminder]
) -> bytes:
    """A table of `spreadsheet`, a row an opportunity, of its first day; then a row a reminder, of the day on which its
    window closes. `état` says of one that it was dismissed."""
    head = [_("jour"), _("sorte"), _("objet"), _("événements"), _("phrase"), _("état"), _("id")]
    rows = [
        [
            each.dates[0].isoformat() if each.dates else "",
            each.chance.value,
            each.key,
            " | ".join(f"{where(event)} : {event.title}" for event in each.events),
            advice(each),
            _dismissal(dismissal) if (dismissal := dismissed.get(each.identity)) else "",
            each.id,
        ]
        for each in found
    ]
    return table(head, [*rows, *map(_reminder_row, reminders)])


def _reminder_row(each: Reminder) -> list[str]:
    event = each.event
    day = each.closes_on.isoformat() if each.closes_on else ""
    told = f"{where(event)} : {event.title}"
    return [day, _("À DATER"), each.words, told, reminding(each), "", event.key.short]


def _title(found: Sequence[Opportunity], dismissed: Mapping[str, Dismissal]) -> str:
    away = sum(each.identity in dismissed for each in found)
    if not away:
        return _("OPPORTUNITÉS ({number})").format(number=len(found))
    return _("OPPORTUNITÉS ({number}, dont {away})").format(
        number=len(found), away=counted(away, "écartée", "écartées")
    )


def _dismissal(each: Dismissal) -> str:
    """« écartée le lundi 21 juin 2021 par marie (vu avec le 41) : opportunities recall 3f2a9c81d0 »."""
    parts = [_("écartée le {day}").format(day=day_words(each.at.date(), year=True))]
    if each.login:
        parts.append(_("par {who}").format(who=who_called(each.login)))
    if each.why:
        parts.append(f"({each.why})")
    return _("{what} : opportunities recall {id}").format(what=" ".join(parts), id=each.id)


def _as_json(each: Opportunity, dismissal: Dismissal | None) -> dict[str, object]:
    return {
        "id": each.id,
        "kind": each.chance.value,
        "key": each.key,
        "dates": [day.isoformat() for day in each.dates],
        "members": [_member(event) for event in each.events],
        "sentence": advice(each),
        "dismissed": None
        if dismissal is None
        else {
            "id": dismissal.id,
            "at": dismissal.at.isoformat(),
            "by": dismissal.login or None,
            "why": dismissal.why or None,
        },
    }


def _reminder(each: Reminder) -> dict[str, object]:
    event = each.event
    return {
        "id": event.key.id,
        "network": event.key.network,
        "uid": event.key.uid,
        "title": event.title,
        "date_words": each.words or None,
        "window": window_as_json(each.window),
        "closes_on": each.closes_on.isoformat() if each.closes_on else None,
        "sentence": reminding(each),
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
