"""A file of many events -> its calendar objects, each a text of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from spro_agenda.errors import BadCalendar
from spro_agenda.ical.lines import Component, parse
from spro_agenda.ical.read import CalendarObject, object_of, uid_of
from spro_agenda.ical.zones import zone_name

_KEPT = ("VERSION", "PRODID", "CALSCALE")


@dataclass(frozen=True, slots=True)
class FileContent:
    """What a file holds: the objects that could be read, and what is wrong with the others."""

    objects: tuple[CalendarObject, ...]
    faults: tuple[BadCalendar, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """The components of one UID in a file, not read yet: a calendar around them, and its text."""

    tree: Component
    text: bytes

    @property
    def uid(self) -> str:
        return uid_of(self.tree.children[-1], "")

    def read(self, where: str) -> CalendarObject:
        """Read it. Errors name the line in the file. Raises BadCalendar."""
        return object_of(self.tree, self.text, where)


def read_file(data: bytes, where: str) -> FileContent:
    """Read every event of a file; errors name the line in the file. Raises BadCalendar when its structure breaks.

    Objects stand in the order of their first components, which keep their bytes; each has a text of its own, with the
    file's VERSION, PRODID and CALSCALE, and the VTIMEZONEs that it uses.
    """
    objects: list[CalendarObject] = []
    faults: list[BadCalendar] = []
    for piece in pieces(parse(data, where), data, where, faults):
        try:
            objects.append(piece.read(where))
        except BadCalendar as fault:
            faults.append(fault)
    return FileContent(tuple(objects), tuple(faults))


def pieces(calendars: list[Component], data: bytes, where: str, faults: list[BadCalendar]) -> Iterator[Piece]:
    """The parsed calendars of a file, piece by piece; components without UID go to the faults."""
    for calendar in calendars:
        for tree in _by_uid(calendar, where, faults):
            yield Piece(tree, _text(tree, data))


def _by_uid(calendar: Component, where: str, faults: list[BadCalendar]) -> Iterator[Component]:
    """One calendar for each UID, with the time zones that it uses; components without UID go to the faults."""
    groups: dict[str, list[Component]] = {}
    for component in calendar.children:
        if component.name != "VTIMEZONE":
            try:
                groups.setdefault(uid_of(component, where), []).append(component)
            except BadCalendar as fault:
                faults.append(fault)
    zones = [zone for zone in calendar.children if zone.name == "VTIMEZONE"]
    header = [line for line in calendar.lines if line.name in _KEPT]
    for group in groups.values():
        used = {tzid for part in group for inner in part.walk() for line in inner.lines if (tzid := line.param("TZID"))}
        needed = [zone for zone in zones if (line := zone.first("TZID")) and zone_name(line) in used]
        yield replace(calendar, lines=header, children=[*needed, *group])


def _text(calendar: Component, data: bytes) -> bytes:
    newline = b"\r\n" if b"\r\n" in data else b"\n"
    chunks = [b"BEGIN:VCALENDAR", *(line.text.encode() for line in calendar.lines)]
    chunks += [data[child.start : child.end].rstrip(b"\r\n") for child in calendar.children]
    return b"".join(chunk + newline for chunk in [*chunks, b"END:VCALENDAR"])
