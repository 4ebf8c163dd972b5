"""The text of an event or task -> that of its instances: the expansion of RFC 4791 section 9.6.5.

Each instance is one component of its own, in UTC, without recurrence properties or time zones; all else stands as it
was sent. Works on content lines alone: a month of a large calendar has a thousand instances.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from spro_agenda.ical.write import PRODID, fold

_FOLD = re.compile(rb"\r?\n[ \t]")
_LINE_END = re.compile(rb"\r?\n")
_REPLACED = frozenset(b"DTSTART DTEND DUE DURATION RECURRENCE-ID RRULE RDATE EXDATE EXRULE".split())
_ENDS = {b"VEVENT": "DTEND", b"VTODO": "DUE"}
"""The components that take place, and what says there when they end."""

_LONGEST = 75
_DATE, _LOCAL, _UTC = "%Y%m%d", "%Y%m%dT%H%M%S", "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """One instance: `part` is the place of its component in the text, from 0; `start` and `end` are in UTC.

    `recurrence_id` is as `OccurrenceKey` has it, "" for an event that does not repeat. All-day and floating times are
    written as a clock in `zone` shows them: RFC 4791 section 9.6.5 converts times that refer to a time zone alone.
    """

    part: int
    start: datetime
    end: datetime
    recurrence_id: str
    all_day: bool
    floating: bool
    zone: ZoneInfo

    def lines(self, start_name: str | None, end_name: str | None) -> Iterator[str]:
        """Its content lines, with the start and the end where they have a name."""
        if start_name:
            yield self._line(start_name, self.start)
        if end_name:
            yield self._line(end_name, self.end)
        if len(self.recurrence_id) == len("20211007"):
            yield f"RECURRENCE-ID;VALUE=DATE:{self.recurrence_id}"
        elif self.recurrence_id and self.floating:
            given = datetime.strptime(self.recurrence_id, _UTC).replace(tzinfo=UTC)
            yield f"RECURRENCE-ID:{given.astimezone(self.zone):{_LOCAL}}"
        elif self.recurrence_id:
            yield f"RECURRENCE-ID:{self.recurrence_id}"

    def _line(self, name: str, moment: datetime) -> str:
        if self.all_day:
            return f"{name};VALUE=DATE:{moment.astimezone(self.zone):{_DATE}}"
        if self.floating:
            return f"{name}:{moment.astimezone(self.zone):{_LOCAL}}"
        return f"{name}:{moment:{_UTC}}"


@dataclass(frozen=True, slots=True)
class _Part:
    """A component's lines without its times, of which its text has those that are named."""

    name: bytes
    lines: list[bytes]
    start_name: str | None
    end_name: str | None


def expanded(body: bytes, instances: Iterable[When]) -> bytes:
    """The text of an object's instances. `body` is one that `read_object` takes."""
    parts = list(_parts(_FOLD.sub(b"", body)))
    components = [_component(parts[each.part], each) for each in instances]
    head = [b"BEGIN:VCALENDAR", b"VERSION:2.0", f"PRODID:{PRODID}".encode(), b"CALSCALE:GREGORIAN"]
    return b"\r\n".join([*head, *components, b"END:VCALENDAR", b""])


def _component(part: _Part, each: When) -> bytes:
    times = (line.encode() for line in each.lines(part.start_name, part.end_name))
    return b"\r\n".join([b"BEGIN:" + part.name, *part.lines, *times, b"END:" + part.name])


def _parts(text: bytes) -> Iterator[_Part]:
    """The components that take place, of an unfolded text, in order."""
    kept: list[bytes] = []
    replaced: set[bytes] = set()
    depth, component = 0, b""
    for line in _LINE_END.split(text):
        name = line.partition(b":")[0].partition(b";")[0].upper()
        if depth == 0:
            component = line[6:].strip().upper() if name == b"BEGIN" else b""
            if component in _ENDS:
                kept, replaced, depth = [], set(), 1
            continue
        depth += (name == b"BEGIN") - (name == b"END")
        if depth == 0:
            yield _Part(
                name=component,
                lines=kept,
                start_name="DTSTART" if b"DTSTART" in replaced else None,
                end_name=_ENDS[component] if replaced & {b"DTEND", b"DUE", b"DURATION"} else None,
            )
        elif depth > 1 or name not in _REPLACED:
            kept.append(line if len(line) <= _LONGEST else fold(line.decode()).removesuffix(b"\r\n"))
        else:
            replaced.add(name)
