"""A calendar whose events are torn here and there, without these: some programs write lines that are none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from spro_agenda.errors import BadCalendar
from spro_agenda.ical.lines import parse
from spro_agenda.ical.read import HELD, unescaped

_UID = re.compile(rb"^UID[^:\n]*:([^\n]*)", re.MULTILINE | re.IGNORECASE)
_HEAD, _TAIL = b"BEGIN:VCALENDAR\n", b"END:VCALENDAR\n"
_EXACT = 20
_ENDS = {f"BEGIN:{name}".encode(): f"END:{name}".encode() for name in HELD}


@dataclass(frozen=True, slots=True)
class Torn:
    """An event that no reader can take apart, by its UID ("" where that cannot be read either)."""

    uid: str
    fault: BadCalendar


def without_torn(data: bytes, where: str) -> tuple[bytes, list[Torn]]:
    """The text of a calendar without its torn events, and these. Lines keep their numbers, by which the first of the
    faults are told."""
    lines = BytesIO(data).readlines()
    torn: list[Torn] = []
    for first, past in _events(lines):
        event = b"".join(lines[first:past])
        fault = _fault(event, 0, where)
        if fault is not None:
            # The reader of a fault late in the text reads all the lines before it.
            exact = _fault(event, first, where) if len(torn) < _EXACT else None
            torn.append(Torn(_uid(event), exact or fault))
            lines[first:past] = [b"\n"] * (past - first)
    return b"".join(lines), torn


def _events(lines: list[bytes]) -> Iterator[tuple[int, int]]:
    """Where the events of a text begin, and past which lines they end."""
    first, end = 0, b""
    for number, line in enumerate(lines):
        word = line.strip().upper()
        if word in _ENDS:
            first, end = number, _ENDS[word]
        elif end and word == end:
            yield first, number + 1
            end = b""


def _fault(event: bytes, line: int, where: str) -> BadCalendar | None:
    """What keeps an event that begins after so many lines from being taken apart."""
    try:
        parse(_HEAD + b"\n" * (line - 1) + event + _TAIL, where)
    except BadCalendar as fault:
        return fault
    return None


def _uid(event: bytes) -> str:
    found = _UID.search(event)
    return unescaped(found[1].decode("utf-8", "replace").strip()) if found else ""
