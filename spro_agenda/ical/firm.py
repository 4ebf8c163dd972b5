"""An event that had no date, and has one: its text, with all that its sender wrote and that does not say when."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from spro_agenda.ical.bare import held, sequence_of
from spro_agenda.ical.lines import Component, Line, content_lines, parse
from spro_agenda.ical.read import unescaped
from spro_agenda.ical.write import fold, raw_line, text_line
from spro_agenda.ical.zones import vtimezone, zone_name

_WHEN = frozenset({"DTSTART", "DTEND", "DUE", "DURATION", "RDATE", "EXDATE"})
_STAMPS = frozenset({"DTSTAMP", "LAST-MODIFIED", "SEQUENCE"})
_VAGUE = frozenset({"X-SPRO-WINDOW", "X-SPRO-DATE-WORDS", "X-SPRO-EDTF"})
_BUSY = frozenset(
    {"TRANSP", "X-MICROSOFT-CDO-ALLDAYEVENT", "X-MICROSOFT-CDO-BUSYSTATUS", "X-MICROSOFT-CDO-INTENDEDSTATUS"}
)
"""What was said of the days that stood in the date's place: that they are whole, and nobody's time."""
_OF_TASKS = frozenset({"COMPLETED", "PERCENT-COMPLETE", "STATUS"})
"""What an event may not have, or not with a task's values (RFC 5545 sections 3.6.1 and 3.8.1.11)."""

_BRACKET = re.compile(r"\s*\[([^\[\]]*)\]\s*")
_YEARS_ON = 2


@dataclass(frozen=True, slots=True)
class Dates:
    """A firm date: days, both inclusive, or two moments in a zone of an IANA name, the second exclusive."""

    start: date
    end: date

    @property
    def zone(self) -> str:
        """The name of their zone, "" for days."""
        zone = self.start.tzinfo if isinstance(self.start, datetime) else None
        return zone.key if isinstance(zone, ZoneInfo) else ""


def firmed_up(body: bytes, dates: Dates, words: str, at: datetime) -> bytes:
    """The text of an event, or of a task which becomes one, with a date in the place of the words that told it vaguely.

    `body` is one that `read_object` takes, of one component without a rule; `words` are those of the bracket that
    leaves its title, "" for none. SEQUENCE is raised, and `at` (aware) stamps it. Lines of the sender that stay are the
    same bytes.
    """
    end_of_line = b"\r\n" if b"\r\n" in body else b"\n"
    return b"".join(
        each if isinstance(each, bytes) else fold(each).replace(b"\r\n", end_of_line)
        for each in _lines(body, dates, words, at)
    )


def without_bracket(title: str, words: str) -> str:
    """A title without the bracket of these words, of those that open it."""
    at = 0
    while (found := _BRACKET.match(title, at)) and found.end() < len(title):
        if words and found[1].split() == words.split():
            return title[:at] + title[found.end() :]
        at = found.end()
    return title


def _lines(body: bytes, dates: Dates, words: str, at: datetime) -> Iterator[str | bytes]:
    """The lines of the new text, in order: as they were, or written anew and unfolded."""
    tree = parse(body, "")[0]
    component = held(tree)[0]
    # A sender's own idea of a zone that we know may be decades old.
    stale = [each for each in tree.children if each.name == "VTIMEZONE" and _called(each) == dates.zone]
    depth, told = 0, False
    for line, start, end in content_lines(body, ""):
        if not component.start <= start < component.end:
            if not any(each.start <= start < each.end for each in stale):
                yield body[start:end]
            continue
        if start == component.start and dates.zone:
            yield from vtimezone(dates.zone, dates.start.year - 1, dates.end.year + _YEARS_ON)
        if depth == 1 and not told and line.name in ("BEGIN", "END"):
            # Properties stand before alarms.
            yield from (each.text for each in (*_times(dates), *_stamps(component, at)))
            told = True
        depth += {"BEGIN": 1, "END": -1}.get(line.name, 0)
        if line.name in ("BEGIN", "END") and line.value.strip().upper() == "VTODO":
            yield f"{line.name}:VEVENT"
        elif depth != 1:
            yield body[start:end]
        elif not _goes(line, component):
            yield _without_words(line, words) or body[start:end]


def _without_words(line: Line, words: str) -> str | None:
    """A SUMMARY without the bracket of the words; `None` for a line that stays as it is."""
    if line.name != "SUMMARY":
        return None
    title = unescaped(line.value)
    left = without_bracket(title, words)
    return None if left == title else text_line("SUMMARY", left, line.params).text


def _goes(line: Line, component: Component) -> bool:
    """Whether a property of the component told that it has no date, or when it was thought to be."""
    if line.name in _OF_TASKS and component.name == "VTODO":
        return True
    if line.name == "STATUS":
        return line.value.strip().upper() == "TENTATIVE"
    return line.name in _WHEN | _STAMPS | _VAGUE | _BUSY


def _times(dates: Dates) -> Iterator[Line]:
    if not dates.zone:
        yield raw_line("DTSTART", f"{dates.start:%Y%m%d}", ";VALUE=DATE")
        yield raw_line("DTEND", f"{dates.end + timedelta(days=1):%Y%m%d}", ";VALUE=DATE")
        return
    yield raw_line("DTSTART", f"{dates.start:%Y%m%dT%H%M%S}", f";TZID={dates.zone}")
    yield raw_line("DTEND", f"{dates.end:%Y%m%dT%H%M%S}", f";TZID={dates.zone}")


def _stamps(component: Component, at: datetime) -> Iterator[Line]:
    stamp = f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    yield raw_line("DTSTAMP", stamp)
    yield raw_line("LAST-MODIFIED", stamp)
    yield raw_line("SEQUENCE", str(sequence_of(component) + 1))


def _called(zone: Component) -> str:
    line = zone.first("TZID")
    return zone_name(line) if line else ""
