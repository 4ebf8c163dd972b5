"""The agenda for a terminal or a pipe: by month and day, clashes marked on their lines and summed up at the end."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from babel.dates import format_date
from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from spro_agenda.agenda import Agenda, Item, incomplete
from spro_agenda.clashes import remembered, sentence, where
from spro_agenda.i18n import LOCALE, _, counted, day_words, hour_words, period_words, unbroken
from spro_agenda.model import REGION, Clash, Event, Standing, State
from spro_agenda.region.words import normalise
from spro_agenda.render.standing import kind_words, progress, state_words, weight_words

WIDTH = 80
MARK, SETTLED = "⚠", "✓"
_INDENT = 2
_GUTTERS = 4
_NARROWEST = 60
_TIME_WIDTH, _WHERE_WIDTH = 15, 14
_MARK_WIDTHS = 3, 12
"""The least and the most that the marks of a line take; more numbers go on further lines."""


def render(agenda: Agenda) -> bytes:
    """The agenda as plain text, 80 columns wide."""
    return render_for(agenda, width=WIDTH, colour=False).encode()


def render_for(agenda: Agenda, *, width: int, colour: bool) -> str:
    """The agenda as text, so many columns wide, with ANSI colours or without."""
    console = open_console(width, colour=colour)
    marks = _marks(agenda)
    _print_head(console, agenda)
    for month in agenda.months:
        console.print()
        console.print(Text(format_date(month.first, "MMMM y", locale=LOCALE).upper(), style="bold"))
        console.print(Rule(style="dim", characters="─"))
        if month.open_items:
            _print_day(console, _("dans le mois, date à fixer"), month.open_items, marks)
        for day in month.days:
            _print_day(console, day_words(day.day), day.items, marks)
    _print_clashes(console, agenda)
    _print_undated(console, agenda)
    return written(console)


def render_clashes(
    agenda: Agenda, gone: Sequence[tuple[Standing, Sequence[Event | None]]] = (), *, width: int, colour: bool
) -> str:
    """The clashes alone; those that are gone last, each with its events."""
    console = open_console(width, colour=colour)
    if not agenda.clashes and not gone:
        console.print(_("Aucun conflit {days}.").format(days=_period(agenda)))
    _print_clashes(console, agenda, first=True)
    _print_gone(console, gone)
    return written(console)


def render_clash(lines: Sequence[str], details: Sequence[str], *, width: int, colour: bool) -> str:
    """One clash: what it is, then its life, a line each."""
    console = open_console(width, colour=colour)
    for line in lines:
        console.print(Text(wrapped(line, console.width), style="bold" if line is lines[0] else ""))
    for detail in details:
        head, *rest = textwrap.wrap(unbroken(detail), console.width - _GUTTERS)
        console.print(Text("\n".join([f"  · {head}", *(f"    {line}" for line in rest)]).replace("\u00a0", " ")))
    return written(console)


def open_console(width: int, *, colour: bool) -> Console:
    return Console(
        file=io.StringIO(),
        # Narrower, a title would have no column left; the terminal folds the lines.
        width=max(width, _NARROWEST),
        force_terminal=colour,
        no_color=not colour,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
        color_system="standard" if colour else None,
    )


def written(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    return "\n".join(line.rstrip() for line in lines).strip("\n") + "\n"


def _period(agenda: Agenda) -> str:
    return period_words(agenda.filters.first, agenda.filters.last)


@dataclass(frozen=True, slots=True)
class _Marks:
    """The marks of the lines that clash, and the width of their column."""

    by_clash: Mapping[str, str]
    width: int

    def of(self, item: Item) -> str:
        numbers = ",".join(self.by_clash[clash.id] for clash in item.marks if clash.id in self.by_clash)
        return f"{MARK}{numbers}" if numbers else ""


def _marks(agenda: Agenda) -> _Marks:
    by_clash = {clash.id: str(number) for number, clash in enumerate(agenda.clashes, 1)}
    least, most = _MARK_WIDTHS
    widest = max((len(_Marks(by_clash, 0).of(item)) for item in agenda.items), default=0)
    return _Marks(by_clash, min(max(widest, least), most))


def _print_head(console: Console, agenda: Agenda) -> None:
    console.print(Text(_("Agenda régional du SPRO {region}").format(region=agenda.region.name), style="bold"))
    networks = ", ".join(agenda.region.name_of(code) for code in agenda.filters.networks)
    themes = ", ".join(agenda.filters.themes)
    console.print(" · ".join(part for part in (_period(agenda), networks, themes) if part))
    dated = sum(item.occurrence is not None for item in agenda.items)
    console.print(
        " · ".join(
            (
                counted(dated, "action datée", "actions datées"),
                counted(len(agenda.items) - dated, "dans une période", "dans une période"),
                counted(len(agenda.undated), "à dater", "à dater"),
                counted(len(agenda.clashes), "conflit", "conflits") + _settled(agenda),
            )
        )
    )
    for line in incomplete(agenda):
        console.print(Text(wrapped(f"{MARK} {line}", console.width), style="bold red"))


def _settled(agenda: Agenda) -> str:
    """« , dont 1 assumé », after the number of clashes; nothing where none is."""
    number = sum(agenda.state_of(clash) is State.SETTLED for clash in agenda.clashes)
    return _(", dont {settled}").format(settled=counted(number, "assumé", "assumés")) if number else ""


def _print_day(console: Console, title: str, items: Sequence[Item], marks: _Marks) -> None:
    console.print(Text(f"{' ' * _INDENT}{title}", style="bold"))
    table = Table.grid(padding=(0, 1, 0, 0), expand=True)
    table.add_column(width=marks.width, overflow="fold")
    for width in (_TIME_WIDTH, _WHERE_WIDTH):
        table.add_column(width=width)
    table.add_column(ratio=1)
    for item in items:
        table.add_row(
            Text(marks.of(item), style="bold red"),
            Text(_time(item)),
            Text(where(item.event)),
            _title(item, console.width - _INDENT - marks.width - _TIME_WIDTH - _WHERE_WIDTH - _GUTTERS),
        )
    console.print(Padding(table, (0, 0, 0, _INDENT)))


def _title(item: Item, width: int) -> Text:
    event = item.event
    title = event.title or _("(sans titre)")
    title = _("ANNULÉ : {title}").format(title=title) if event.cancelled else title
    text = Text()
    text.append(wrapped(title, width), style="strike" if event.cancelled else "")
    if details := " · ".join(part for part in (_span(item), _details(event), _participants(item)) if part):
        text.append(f"\n{wrapped(details, width)}", style="dim")
    return text


def wrapped(text: str, width: int) -> str:
    """Lines broken where French typography allows it. The spaces that hold are plain ones again in the output, so that
    what is read on the screen can be searched for."""
    lines = textwrap.wrap(unbroken(text), width)
    return "\n".join(lines).replace("\u00a0", " ")


def _details(event: Event) -> str:
    open_to = (
        _("ouvert à tous les réseaux")
        if event.open_to == "all"
        else (_("ouvert à : {codes}").format(codes=", ".join(event.open_to)) if event.open_to else "")
    )
    place = event.location if event.location not in (event.town, event.site) else ""
    speakers, partners = (_untold(names, event.title) for names in (event.speakers, event.partners))
    highlight = _("temps fort") if event.highlight and event.key.network != REGION else ""
    parts = (highlight, _("avec {names}").format(names=speakers) if speakers else "", partners, place, open_to)
    return " · ".join(part for part in parts if part)


def _participants(item: Item) -> str:
    """Who else takes part: « y participent : 41, 45 »."""
    return _("y\u00a0participent : {codes}").format(codes=", ".join(item.participants)) if item.participants else ""


def _span(item: Item) -> str:
    """What the column of hours has no room for: where a long event began, and its last hour."""
    occurrence = item.occurrence
    if occurrence is None or occurrence.first_day == occurrence.last_day or item.end is None:
        return ""
    begun = (
        _("depuis le {day}").format(day=_short_day(occurrence.first_day))
        if item.day and item.day > occurrence.first_day
        else ""
    )
    ends = "" if occurrence.all_day else _("fin à {hour}").format(hour=hour_words(item.end))
    return ", ".join(part for part in (begun, ends) if part)


def _untold(names: Sequence[str], title: str) -> str:
    """The names that a title does not say already."""
    return ", ".join(name for name in names if normalise(name) not in normalise(title))


def _time(item: Item) -> str:
    if item.occurrence is None:
        return item.event.date_words or item.event.edtf or ""
    assert item.start is not None
    assert item.end is not None
    last = item.occurrence.last_day
    several = last > (item.day or item.occurrence.first_day)
    begun = item.day is not None and item.day > item.occurrence.first_day
    if item.occurrence.all_day or begun:
        return _("→ {day}").format(day=_short_day(last)) if several else _("journée")
    if several:
        return _("{hour} → {day}").format(hour=hour_words(item.start), day=_short_day(last, month=False))
    return hour_words(item.start) if item.start == item.end else f"{hour_words(item.start)}–{hour_words(item.end)}"


def _short_day(day: date, *, month: bool = True) -> str:
    """« ven. 8 oct. », « ven. 1er »."""
    number = "'1er'" if day.day == 1 else "d"
    return format_date(day, f"EEE {number}{' MMM' if month else ''}", locale=LOCALE)


def _print_clashes(console: Console, agenda: Agenda, *, first: bool = False) -> None:
    clashes = agenda.clashes
    if not clashes:
        return
    if not first:
        console.print()
    console.print(Text(_("CONFLITS ({number})").format(number=f"{len(clashes)}{_settled(agenda)}"), style="bold"))
    console.print(Rule(style="dim", characters="─"))
    table = Table.grid(padding=(0, 1, 0, 0), expand=True)
    mark_width = max(_MARK_WIDTHS[0], len(f"{MARK}{len(clashes)}"))
    table.add_column(width=mark_width)
    table.add_column(ratio=1)
    for number, clash in enumerate(clashes, 1):
        width = console.width - _INDENT - mark_width - _GUTTERS
        text = Text(wrapped(sentence(clash), width) + "\n")
        text.append(wrapped(_facts(agenda, clash), width), style="dim")
        standing = agenda.standing_of(clash)
        for line in progress(standing, agenda.region) if standing else ():
            text.append(f"\n{wrapped(line, width)}", style="dim")
        settled = agenda.state_of(clash) is State.SETTLED
        table.add_row(Text(f"{SETTLED if settled else MARK}{number}", style="" if settled else "bold red"), text)
    console.print(Padding(table, (0, 0, 0, _INDENT)))


def _facts(agenda: Agenda, clash: Clash) -> str:
    """« SITES, aussi CALENDRIER · à surveiller · assumé · e93df454cc »; that it is new goes without saying."""
    state = agenda.state_of(clash)
    told = () if state is State.NEW else (state_words(state),)
    return " · ".join((kind_words(clash.kind, clash.also), weight_words(clash.weight), *told, clash.id))


def _print_gone(console: Console, gone: Sequence[tuple[Standing, Sequence[Event | None]]]) -> None:
    if not gone:
        return
    console.print(Text(_("RÉSOLUS D'EUX-MÊMES ({number})").format(number=len(gone)), style="bold"))
    console.print(Rule(style="dim", characters="─"))
    for standing, events in gone:
        lines = textwrap.wrap(unbroken(remembered(standing, events)), console.width - _GUTTERS)
        console.print(Text("\n".join(f"  {line}" for line in lines).replace("\u00a0", " ")))
        console.print(Text(f"  {standing.kind} · {standing.id}", style="dim"))


def _print_undated(console: Console, agenda: Agenda) -> None:
    if not agenda.undated:
        return
    console.print()
    console.print(Text(_("À DATER ({number})").format(number=len(agenda.undated)), style="bold"))
    console.print(Rule(style="dim", characters="─"))
    for network, items in groupby(agenda.undated, key=lambda item: item.event.key.network):
        console.print(Text(f"{' ' * _INDENT}{agenda.region.name_of(network)}", style="bold"))
        table = Table.grid(padding=(0, 1, 0, 0), expand=True)
        table.add_column(width=_MARK_WIDTHS[0])
        table.add_column(width=_WHERE_WIDTH)
        table.add_column(ratio=1)
        for item in items:
            words = f" ({item.event.date_words})" if item.event.date_words else ""
            width = console.width - _INDENT - _MARK_WIDTHS[0] - _WHERE_WIDTH - _GUTTERS
            table.add_row("", Text(where(item.event)), Text(wrapped(f"{item.event.title}{words}", width)))
        console.print(Padding(table, (0, 0, 0, _INDENT)))
