"""An event's text -> the text of its instances: the expansion of RFC 4791 section 9.6.5.

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
_REPLACED = frozenset(b"DTSTART DTEND DURATION RECURRENCE-ID RRULE RDATE EXDATE EXRULE".split())
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

    def lines(self, *, with_end: bool) -> Iterator[str]:
        """Its content lines."""
        yield self._line("DTSTART", self.start)
        if with_end:
            yield self._line("DTEND", self.end)
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
    """A component's lines without its times; whether its text says when it ends."""

    lines: list[bytes]
    has_end: bool


def expanded(body: bytes, instances: Iterable[When]) -> bytes:
    """The text of an event's instances. `body` is one that `read_object` takes."""
    parts = list(_parts(_FOLD.sub(b"", body)))
    components = [_component(parts[each.part], each) for each in instances]
    head = [b"BEGIN:VCALENDAR", b"VERSION:2.0", f"PRODID:{PRODID}".encode(), b"CALSCALE:GREGORIAN"]
    return b"\r\n".join([*head, *components, b"END:VCALENDAR", b""])


def _component(part: _Part, each: When) -> bytes:
    times = (line.encode() for line in each.lines(with_end=part.has_end))
    return b"\r\n".join([b"BEGIN:VEVENT", *part.lines, *times, b"END:VEVENT"])


def _parts(text: bytes) -> Iterator[_Part]:
    """The events of an unfolded text, in order."""
    kept: list[bytes] = []
    depth, has_end = 0, False
    for line in _LINE_END.split(text):
        name = line.partition(b":")[0].partition(b";")[0].upper()
        if depth == 0:
            if name == b"BEGIN" and line[6:].strip().upper() == b"VEVENT":
                kept, depth, has_end = [], 1, False
            continue
        depth += (name == b"BEGIN") - (name == b"END")
        if depth == 0:
            yield _Part(kept, has_end)
        elif depth > 1 or name not in _REPLACED:
            kept.append(line if len(line) <= _LONGEST else fold(line.decode()).removesuffix(b"\r\n"))
        else:
            has_end = has_end or name in (b"DTEND", b"DURATION")
