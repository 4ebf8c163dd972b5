"""An event -> its text in the regional agenda: all that its network wrote, under a title that says whose it is.

Beside that it says who takes part and, for those who can act on them, the clashes that nobody has settled. A series is
marked on the occurrences that clash alone. A vague event is tentative and transparent, on the days that mark its
window.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from spro_agenda.clashes import sentence, where
from spro_agenda.i18n import _
from spro_agenda.ical.colours import css_name
from spro_agenda.ical.lines import Component, Line
from spro_agenda.ical.own import (
    BETWEEN,
    CANCELLED,
    CLASH,
    EDTF,
    MARK,
    NETWORK,
    NOTE,
    TITLE,
    TO_DATE,
    UID,
    WINDOW,
    WORDS,
    with_note,
    without_note,
)
from spro_agenda.ical.read import Moment, Part
from spro_agenda.ical.righting import righted
from spro_agenda.ical.write import Plan, Rewrite, planned_text, raw_line, text_line
from spro_agenda.ical.zones import Zones, zones_of
from spro_agenda.model import Clash, Event, Occurrence, Weight
from spro_agenda.region.days import markers
from spro_agenda.region.entry import Entry
from spro_agenda.region.head import head_of
from spro_agenda.region.records import Region

MOST_OVERRIDES = 60
"""Occurrences of one series that are marked: each is a component of its own."""
MOST_CLASHES = 10
"""Clashes that one component tells of: a highlight of a month meets hundreds."""

_OURS = frozenset(
    {"UID", "SUMMARY", "DESCRIPTION", "CATEGORIES", "COLOR", NETWORK, UID, TITLE, CLASH, WINDOW, WORDS, EDTF}
)
# Whom its network invites is not invited by an agenda, and what everybody sees is no secret; Outlook shows the last one
# in place of the description.
_LEFT_OUT = frozenset({"ATTENDEE", "ORGANIZER", "REQUEST-STATUS", "CLASS", "X-ALT-DESC"})
_TIMES = frozenset({"DTSTART", "DTEND", "RECURRENCE-ID", "RRULE", "RDATE", "EXDATE", "EXRULE"})
_CERTAIN = frozenset({"STATUS", "TRANSP"})
_OF_WINDOW = _TIMES | _CERTAIN | {"DURATION"}
_OF_WORDS = frozenset(name.removeprefix("X-SPRO-") for name in (WINDOW, WORDS, EDTF))
_TIMELY = _OF_WINDOW | {"LOCATION", "SEQUENCE", "DUE"}
_OF_TASK = frozenset({"DUE", "COMPLETED", "PERCENT-COMPLETE"})
_DATE, _LOCAL, _UTC = "%Y%m%d", "%Y%m%dT%H%M%S", "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class Marked:
    """An occurrence, a vague event's over its window, and the clashes in which it stands that nobody has settled: the
    foremost of them where there are `more`."""

    occurrence: Occurrence
    clashes: tuple[Clash, ...]
    more: int = 0

    @property
    def is_urgent(self) -> bool:
        """Whether one of the clashes is to be settled, or blocks."""
        return any(clash.weight.rank >= Weight.TO_SETTLE.rank for clash in self.clashes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An entry, and what the agenda says of it: `participants` are other networks' codes, `address` is the event's own
    on the server, "" where nobody knows it.

    Where a series has too many occurrences to mark, those from the day `since` on come first.
    """

    entry: Entry
    marked: tuple[Marked, ...] = ()
    participants: tuple[str, ...] = ()
    address: str = ""
    since: date = date.min


def text_of(shown: Shown) -> bytes:
    """The calendar object of an entry in the agenda; the same for the same, whenever it is asked for."""
    return planned_text((), [(shown.entry.obj.tree, plan_of(shown))])


def stands_as_its_event(shown: Shown) -> bool:
    """Whether the components of an entry's text are those of its event's, at the same times, under titles that are read
    as the same: then all that is told of its dates is what is told of its event's."""
    entry = shown.entry
    if entry.obj.component != "VEVENT" or _apart(shown):
        return False
    zones = zones_of(entry.obj.tree, "")
    if zones.own:
        # A zone that only its sender defines is handed on without what other programs stumble over.
        return False
    held = [child for child in entry.obj.tree.children if child.name != "VTIMEZONE"]
    return all(
        event.date_words is None and _is_read_alike(part, event, entry.region) and _keeps_its_times(component, zones)
        for component, part, event in zip(held, entry.obj.parts, entry.events, strict=True)
    )


def _is_read_alike(part: Part, event: Event, region: Region) -> bool:
    # Brackets that open a title are a part of when and where it is, and in the agenda none opens it; and words for a
    # date may be left of a title that has lost them.
    if part.title.startswith("[") or not part.spro.keys().isdisjoint(_OF_WORDS):
        return False
    return head_of(replace(part, title=title(event, marked=False)), "", region).title == event.title


def _keeps_its_times(component: Component, zones: Zones) -> bool:
    right = righted(component, zones)
    return [line for line in right.lines if line.name in _TIMELY] == [
        zones.renamed(line) for line in component.lines if line.name in _TIMELY
    ]


def plan_of(shown: Shown) -> Plan:
    """How the components of an entry are written, and which occurrences of a series become components of their own."""
    return partial(_planned, shown)


def title(event: Event, *, marked: bool) -> str:
    """« ⚠ 28 Chartres · Hackathon de l'orientation », « 41 · [à l'automne – date à fixer] Déroulé du projet CEP »."""
    said = event.title or _("(sans titre)")
    if event.window or event.date_words:
        said = f"[{event.date_words or event.edtf}{TO_DATE}] {said}"
    mark, cancelled = f"{MARK} " if marked else "", CANCELLED if event.cancelled else ""
    return f"{mark}{where(event)}{BETWEEN}{cancelled}{said}"


def _planned(shown: Shown, held: list[Component], zones: Zones) -> Iterator[tuple[Component, Rewrite]]:
    apart, right, entry = _apart(shown), [righted(component, zones) for component in held], shown.entry
    for index, component in enumerate(right):
        # What changes instances of a series that has no dates changes nothing.
        if not entry.is_vague or entry.events[index] is entry.lead:
            yield component, _as_written(shown, index, component, apart)
    for each in apart:
        index = _part_of(shown.entry, each.occurrence)
        yield right[index], _override(shown, index, right[index], zones, each)


def _as_written(shown: Shown, index: int, component: Component, apart: Sequence[Marked]) -> Rewrite:
    """A component that its network wrote."""
    event = shown.entry.events[index]
    its = [each for each in shown.marked if each not in apart and _part_of(shown.entry, each.occurrence) == index]
    is_urgent = not _is_series(shown.entry, index) and any(each.is_urgent for each in its)
    added = _added(shown, index, component, _Told(_once(its), sum(each.more for each in its)), marked=is_urgent)
    window = event.window if shown.entry.is_vague else None
    if window is None and (event.date_words is None or event.component == "VTODO"):
        return Rewrite(dropped=_OURS | _LEFT_OUT, added=tuple(added), inner=False)
    if window is None:
        # It stands on the day that an application made its sender choose.
        return Rewrite(dropped=_OURS | _LEFT_OUT | _CERTAIN, added=(*added, *_uncertain(event)), inner=False)
    return Rewrite(
        dropped=_OURS | _LEFT_OUT | _OF_WINDOW | _OF_TASK,
        added=(*added, *_marker_lines(markers(window)), *_uncertain(event)),
        inner=False,
        # A task that has a window is shown on days, as an event.
        name="VEVENT",
    )


def _override(shown: Shown, index: int, component: Component, zones: Zones, marked: Marked) -> Rewrite:
    """An occurrence of a series as a component of its own (RFC 5545 section 3.8.4.4), at the time that it has."""
    times = _override_times(shown.entry, shown.entry.obj.parts[index], component, zones, marked.occurrence)
    added = _added(shown, index, component, _Told(marked.clashes, marked.more), marked=marked.is_urgent)
    # In the order in which the same occurrence is written once its text comes back.
    return Rewrite(dropped=_OURS | _LEFT_OUT | _TIMES | {"DURATION"}, added=(*times, *added), inner=False)


def _apart(shown: Shown) -> list[Marked]:
    """The occurrences of series that are marked on their own."""
    entry = shown.entry
    written = {event.recurrence_id for event in entry.events}
    found = [
        each
        for each in shown.marked
        if each.is_urgent
        and entry.obj.component == "VEVENT"
        and each.occurrence.key.recurrence_id not in written
        # One that a part changes with all that follow is told of there: no other application would take it out.
        and not each.occurrence.event.recurrence_id
        and _is_series(entry, _part_of(entry, each.occurrence))
    ]
    found.sort(key=lambda each: (each.occurrence.last_day < shown.since, each.occurrence.start))
    return sorted(found[:MOST_OVERRIDES], key=lambda each: each.occurrence.start)


def _is_series(entry: Entry, index: int) -> bool:
    """Whether a part speaks for more than one occurrence."""
    event, part = entry.events[index], entry.obj.parts[index]
    return part.this_and_future or (event.repeats and not event.recurrence_id)


def _part_of(entry: Entry, occurrence: Occurrence) -> int:
    """The place of the part that says what takes place then."""
    said = occurrence.event.recurrence_id
    return next(index for index, event in enumerate(entry.events) if event.recurrence_id == said)


def _once(marked: Iterable[Marked]) -> tuple[Clash, ...]:
    return tuple({clash.id: clash for each in marked for clash in each.clashes}.values())


@dataclass(frozen=True, slots=True)
class _Told:
    """The clashes that a component tells of, and how many more there are."""

    clashes: tuple[Clash, ...]
    more: int


def _added(shown: Shown, index: int, component: Component, told: _Told, *, marked: bool) -> Iterator[Line]:
    """What the agenda writes. RFC 5545 section 3.6.1 wants a DTSTAMP beside METHOD; where its sender gave none, it has
    one that never changes."""
    entry, event, part = shown.entry, shown.entry.events[index], shown.entry.obj.parts[index]
    if component.first("DTSTAMP") is None:
        yield raw_line("DTSTAMP", "19700101T000000Z")
    yield text_line("UID", entry.key.agenda_uid)
    yield text_line("SUMMARY", title(event, marked=marked))
    yield text_line(NETWORK, event.key.network)
    yield text_line(UID, event.key.uid)
    yield text_line(TITLE, part.title)
    yield from _categories(component, text_line("CATEGORIES", entry.region.name_of(event.key.network)))
    yield raw_line("COLOR", css_name(entry.region.colour_of(event.key.network)))
    yield from _window(event)
    yield from _address(shown, component)
    yield from _description(shown, component, part, told)


def _categories(component: Component, network: Line) -> Iterator[Line]:
    """Those that were written, and the network's."""
    yield from (line for line in component.lines if line.name == "CATEGORIES" and line.value != network.value)
    yield network


def _window(event: Event) -> Iterator[Line]:
    """What was understood of a date that is not fixed yet, wherever it was typed."""
    if event.date_words is not None:
        yield text_line(WORDS, event.date_words)
    if event.window is not None:
        yield raw_line(WINDOW, f"{event.window.start.isoformat()}/{event.window.end.isoformat()}")
        yield raw_line(EDTF, event.edtf or "")


def _address(shown: Shown, component: Component) -> Iterator[Line]:
    if shown.address and component.first("URL") is None:
        yield raw_line("URL", shown.address)


def _description(shown: Shown, component: Component, part: Part, told: _Told) -> Iterator[Line]:
    """The description as it was written, or with what the agenda has to say after it: then without another form of it
    (ALTREP), which clients would show in its place."""
    written = component.first("DESCRIPTION")
    said = list(_said(shown, component, told))
    if said:
        yield text_line("DESCRIPTION", with_note(without_note(part.description), "\n".join(said)))
    elif written is not None and NOTE in written.value:
        yield text_line("DESCRIPTION", without_note(part.description))
    elif written is not None:
        yield written
    for clash in _foremost(told.clashes):
        yield raw_line(CLASH, clash.id)


def _said(shown: Shown, component: Component, told: _Told) -> Iterator[str]:
    if shown.participants:
        yield _("Y participent : {codes}").format(codes=", ".join(shown.participants))
    foremost = _foremost(told.clashes)
    for clash in foremost:
        yield f"{MARK} {sentence(clash)} [{clash.id}]"
    if more := len(told.clashes) + told.more - len(foremost):
        yield _("… et {number} autres conflits, que montre « spro-agenda clashes ».").format(number=more)
    if shown.address and component.first("URL") is not None:
        yield _("Dans l'agenda : {address}").format(address=shown.address)


def _foremost(clashes: Iterable[Clash]) -> list[Clash]:
    """The clashes that are told: the heaviest, then the first to come."""
    return sorted(clashes, key=lambda clash: (-clash.weight.rank, clash.dates[0], clash.id))[:MOST_CLASHES]


def _override_times(
    entry: Entry, part: Part, component: Component, zones: Zones, occurrence: Occurrence
) -> Iterator[Line]:
    """RECURRENCE-ID, DTSTART and DTEND in the form that the series has them in."""
    start, end = component.first("DTSTART"), component.first("DTEND")
    assert start is not None, "what has occurrences has a start"
    begun, zone = zones.renamed(start), entry.region.time_zone
    recurrence_id = occurrence.key.recurrence_id
    if len(recurrence_id) != len("20211007"):
        given = datetime.strptime(recurrence_id, _UTC).replace(tzinfo=UTC)
        recurrence_id = _value(given, begun, part.start, zone)
    yield Line(0, "RECURRENCE-ID", begun.params, recurrence_id)
    yield Line(0, "DTSTART", begun.params, _value(occurrence.start, begun, part.start, zone))
    if end is not None:
        ended = zones.renamed(end)
        yield Line(0, "DTEND", ended.params, _value(occurrence.end, ended, part.end, zone))
    elif occurrence.end > occurrence.start:
        # By a DURATION, or a period of RDATE, which says another.
        yield Line(0, "DTEND", begun.params, _value(occurrence.end, begun, part.start, zone))


def _value(moment: datetime, like: Line, read: Moment | None, zone: ZoneInfo) -> str:
    """A moment in UTC in the form of a line, which was read as that: a day, a time in UTC, in a zone, or floating."""
    if not isinstance(read, datetime):
        return f"{moment.astimezone(zone):{_DATE}}"
    if like.value.strip().upper().endswith("Z"):
        return f"{moment:{_UTC}}"
    return f"{moment.astimezone(read.tzinfo or zone):{_LOCAL}}"


def _uncertain(event: Event) -> Iterator[Line]:
    """That nobody should keep the days free yet."""
    yield raw_line("STATUS", "CANCELLED" if event.cancelled else "TENTATIVE")
    yield raw_line("TRANSP", "TRANSPARENT")


def _marker_lines(days: Sequence[date]) -> list[Line]:
    """All-day markers of a vague event: one run of days, or one day for each month (RFC 5545 section 3.8.5.2).

    The first of those is an RDATE as well: ical.js (Nextcloud) forgets a start that has no rule beside dates.
    """
    first, last = days[0], days[-1]
    run = (last - first).days == len(days) - 1
    end = (last if run else first) + timedelta(days=1)
    lines = [raw_line("DTSTART", f"{first:{_DATE}}", ";VALUE=DATE"), raw_line("DTEND", f"{end:{_DATE}}", ";VALUE=DATE")]
    if not run:
        lines += [raw_line("RDATE", f"{day:{_DATE}}", ";VALUE=DATE") for day in days]
    return lines
