"""A text of an event as it is compared: each part with its content lines, those of clients' bookkeeping left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import icalendar

from spro_agenda.ical.lines import Component, Line, parse
from spro_agenda.ical.read import KNOWN, Part, read_object
from spro_agenda.ical.zones import zones_of
from spro_agenda.model import Event
from spro_agenda.region.entry import entry_of
from spro_agenda.region.records import Region

_BOOKKEEPING = frozenset(
    {"DTSTAMP", "CREATED", "LAST-MODIFIED", "SEQUENCE", "UID", "RECURRENCE-ID", "ACKNOWLEDGED", "X-WR-ALARMUID"}
    | {"X-LIC-ERROR", "X-MICROSOFT-CDO-APPT-SEQUENCE", "X-MICROSOFT-CDO-OWNERAPPTID"}
)
_BOOKKEEPERS = ("X-MOZ-", "X-EVOLUTION-", "X-RADICALE-")
"""What clients write for themselves, and change without anybody having changed anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One part: as it was read, as it was understood, and its lines by name, sorted.

    `placed`: it is held at a time that its lines do not say, to be compared with an instance that stands apart.
    """

    part: Part
    event: Event
    value: icalendar.Component = field(repr=False, compare=False)
    lines: dict[str, tuple[Line, ...]]
    alarms: tuple[tuple[str, ...], ...]
    placed: bool = False

    def texts(self, names: Iterable[str]) -> tuple[str, ...]:
        """The content lines with these names, as written."""
        return tuple(sorted(line.text for name in names for line in self.lines.get(name, ())))


def views(body: bytes, network: str, region: Region) -> dict[str, View]:
    """The parts of a text by recurrence id, "" for the master. Raises BadCalendar."""
    obj = read_object(body, network, KNOWN)
    entry = entry_of(obj, network, region)
    tree = parse(body, network)[0]
    zones = zones_of(tree, network)
    components = [child for child in tree.children if child.name != "VTIMEZONE"]
    values = [each for each in obj.calendar.subcomponents if each.name == obj.component]
    return {
        event.recurrence_id: View(
            part=part,
            event=event,
            value=value,
            lines=_by_name(zones.renamed(line) for line in component.lines),
            alarms=tuple(sorted(map(_alarm, component.children))),
        )
        for part, event, component, value in zip(obj.parts, entry.events, components, values, strict=True)
    }


def _by_name(lines: Iterable[Line]) -> dict[str, tuple[Line, ...]]:
    found: dict[str, tuple[Line, ...]] = {}
    for line in lines:
        if not _is_bookkeeping(line.name):
            found[line.name] = (*found.get(line.name, ()), line)
    return found


def _is_bookkeeping(name: str) -> bool:
    return name in _BOOKKEEPING or name.startswith(_BOOKKEEPERS)


def _alarm(component: Component) -> tuple[str, ...]:
    """What an alarm says, with all that may stand within it."""
    return tuple(sorted(_alarm_lines(component)))


def _alarm_lines(component: Component) -> Iterator[str]:
    for inner in component.walk():
        yield from (f"{inner.name} {line.text}" for line in inner.lines if not _is_bookkeeping(line.name))
