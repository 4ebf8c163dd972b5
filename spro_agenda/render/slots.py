"""What an event would clash with, and slots that are free, for a terminal and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from spro_agenda.clashes.lengths import Stretch
from spro_agenda.clashes.slot_words import noting, opposing, reasons, stretch_words
from spro_agenda.clashes.slots import Examination, Finding, Note, Slot
from spro_agenda.i18n import _, counted, enumerated, period_words
from spro_agenda.model import Window
from spro_agenda.region.records import Region
from spro_agenda.render.json import VERSION, document_bytes, member_as_json, source_as_json, window_as_json
from spro_agenda.render.standing import weight_words
from spro_agenda.render.terminal import open_console, wrapped, written
from spro_agenda.sources import Reading

_KIND_WIDTH, _AROUND = 12, 4
_RANK_WIDTH = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What slots were looked for: `length` in the words that were typed."""

    networks: tuple[str, ...]
    between: Window
    length: str


def render_check(examined: Examination, stretch: Stretch, region: Region, *, width: int, colour: bool) -> str:
    """The day and the network; then each finding with its weight, then what is good to know."""
    console = open_console(width, colour=colour)
    day, event = stretch_words(stretch), examined.candidate.event
    town = event.site or event.town
    head = " · ".join((f"{day[0].upper()}{day[1:]}", region.name_of(event.key.network), *((town,) if town else ())))
    console.print(Text(wrapped(head, console.width), style="bold"))
    if not examined.findings:
        console.print(_("Rien ne s'y oppose."))
    table = Table.grid(padding=(0, 1, 0, 0), expand=True)
    table.add_column(width=_KIND_WIDTH)
    table.add_column(ratio=1)
    room = console.width - _KIND_WIDTH - _AROUND
    for finding in examined.findings:
        told = Text(wrapped(opposing(finding, region), room) + "\n")
        told.append(weight_words(finding.weight), style="dim")
        table.add_row(Text(finding.kind, style="bold"), told)
    console.print(Padding(table, (0, 0, 0, 1)))
    if examined.notes:
        console.print()
        console.print(Text(_("BON À SAVOIR"), style="bold"))
    for note in examined.notes:
        console.print(_item(noting(note, stretch.days, region), console.width))
    return written(console)


def render_found(slots: Sequence[Slot], asked: Asked, region: Region, *, width: int, colour: bool) -> str:
    """The slots in order, each with what speaks against it."""
    console = open_console(width, colour=colour)
    networks = enumerated([region.name_of(code) for code in asked.networks])
    days = period_words(asked.between.start, asked.between.end)
    if not slots:
        console.print(
            wrapped(
                _(
                    "Aucun créneau de cette durée ({length}) {days} : aucun jour ouvré, ou trop peu qui se suivent."
                ).format(length=asked.length, days=days),
                console.width,
            )
        )
        return written(console)
    head = _("{count} ({length}) pour {networks}, {days}").format(
        count=counted(len(slots), "CRÉNEAU", "CRÉNEAUX"), length=asked.length, networks=networks, days=days
    )
    console.print(Text(wrapped(head, console.width), style="bold"))
    if are_blocked(slots):
        warning = _("Il ne reste aucun créneau sans conflit bloquant : en voici qui en ont un.")
        console.print(Text(wrapped(warning, console.width), style="bold red"))
    table = Table.grid(padding=(0, 1, 0, 0), expand=True)
    table.add_column(width=_RANK_WIDTH, justify="right")
    table.add_column(ratio=1)
    for rank, slot in enumerate(slots, 1):
        told = Text(stretch_words(slot.stretch))
        for line in _against(slot, region) or [_("rien ce jour-là")]:
            told.append("\n")
            told.append_text(_item(line, console.width - _RANK_WIDTH - _AROUND))
        table.add_row(Text(str(rank), style="bold"), told)
    console.print(table)
    return written(console)


def are_blocked(slots: Sequence[Slot]) -> bool:
    """Whether the slots have a blocking clash, because none is left that has not."""
    return any(slot.cost.blocking for slot in slots)


def _against(slot: Slot, region: Region) -> list[str]:
    weights = [f" ({finding.kind}, {weight_words(finding.weight)})" for finding in slot.findings]
    told = reasons(slot, region)
    return [f"{line}{weight}" for line, weight in zip(told, [*weights, *[""] * len(slot.notes)], strict=True)]


def _item(line: str, width: int) -> Text:
    """One line of a list; what does not fit stands below its beginning."""
    head, *rest = wrapped(line, width - 2 - _AROUND).splitlines()
    return Text("\n".join([f"  · {head}", *(f"    {each}" for each in rest)]), style="dim")


def check_as_json(examined: Examination, stretch: Stretch, region: Region, readings: Sequence[Reading]) -> bytes:
    """`network`, `site`, `town`, `start`, `end`, `all_day`, `clashes`, `notes`, `sources`."""
    event = examined.candidate.event
    return document_bytes(
        {
            "version": VERSION,
            "network": event.key.network,
            "site": event.site,
            "town": event.town,
            **_times(stretch),
            "clashes": [_finding(each, region) for each in examined.findings],
            "notes": [_note(each, stretch, region) for each in examined.notes],
            "sources": [source_as_json(reading) for reading in readings],
        }
    )


def found_as_json(slots: Sequence[Slot], asked: Asked, region: Region, readings: Sequence[Reading]) -> bytes:
    """`networks`, `between`, `length`, `all_blocked`, `slots` in order, `sources`. A slot's `cost` counts what speaks
    against it, the heaviest first, and `reasons` says it."""
    return document_bytes(
        {
            "version": VERSION,
            "networks": list(asked.networks),
            "between": window_as_json(asked.between),
            "length": asked.length,
            "all_blocked": are_blocked(slots),
            "slots": [
                {
                    **_times(slot.stretch),
                    "cost": asdict(slot.cost),
                    "reasons": reasons(slot, region),
                    "clashes": [_finding(each, region) for each in slot.findings],
                    "notes": [_note(each, slot.stretch, region) for each in slot.notes],
                }
                for slot in slots
            ],
            "sources": [source_as_json(reading) for reading in readings],
        }
    )


def _times(stretch: Stretch) -> dict[str, Any]:
    start, end = (
        each.date().isoformat() if stretch.all_day else each.isoformat() for each in (stretch.start, stretch.end)
    )
    return {"start": start, "end": end, "all_day": stretch.all_day}


def _finding(finding: Finding, region: Region) -> dict[str, Any]:
    """`members` are the others; of a vague one, `start` and `end` are those of its window."""
    clash = finding.clash
    return {
        "kind": clash.kind.value,
        "weight": clash.weight.value,
        "network": finding.candidate.event.key.network,
        "key": clash.key,
        "dates": [day.isoformat() for day in clash.dates],
        "members": [member_as_json(each, region.time_zone) for each in finding.others],
        "question": clash.question,
        "sentence": opposing(finding, region),
    }


def _note(note: Note, stretch: Stretch, region: Region) -> dict[str, Any]:
    """`days` are those of the day or the period, both inclusive; `event` is somebody's."""
    return {
        "kind": note.aside.value,
        "name": note.name or None,
        "days": window_as_json(note.days),
        "event": member_as_json(note.occurrence, region.time_zone) if note.occurrence else None,
        "sentence": noting(note, stretch.days, region),
    }
