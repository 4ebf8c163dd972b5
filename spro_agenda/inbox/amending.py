"""What an invitation makes of an event: its text before and what is asked -> its text after. Pure.

An event's components are laid out by the instance that each is of, put together, and written again; zones go by their
IANA names. A cancellation leaves the event where it is, as CANCELLED, so that people see that it does not take place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from spro_agenda.errors import BadInput
from spro_agenda.i18n import _
from spro_agenda.ical.lines import Component, Line
from spro_agenda.ical.read import CalendarObject, Part, read_object
from spro_agenda.ical.write import Rewrite, calendar_text, fold, raw_line
from spro_agenda.inbox.requests import Method, Request, key_of, marked
from spro_agenda.recurrence import spans
from spro_agenda.store import Mark

MASTER = ""
"""What stands for all of a series, or for an event that is none, where an instance is named."""

_PATTERN = frozenset({"DTSTART", "DTEND", "DUE", "DURATION", "RRULE", "RDATE", "EXRULE"})
_OF_SERIES = frozenset({"RRULE", "RDATE", "EXDATE", "EXRULE"})
_TIMES = frozenset({"DTSTART", "DTEND", "DUE", "DURATION", "RECURRENCE-ID"})
_STATE = frozenset({"STATUS", "SEQUENCE", "DTSTAMP", "LAST-MODIFIED"})
_BOOKKEEPING = frozenset({"SEQUENCE", "DTSTAMP", "LAST-MODIFIED", "CREATED"})
_WHEN = "WHEN"
_GROUPS = dict.fromkeys(_PATTERN | {"EXDATE"}, _WHEN)
"""What is taken or left as one: half of a time is none."""


class NotItsInstance(BadInput):
    """A date that a series does not have, or has no more."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(_("la séance visée n'est pas, ou plus, une date de la série."))


@dataclass(frozen=True, slots=True)
class Sheet:
    """The components of an event by the instance that each is of, with the zones that they name."""

    parts: Mapping[str, Component]
    zones: Mapping[str, Component]

    @classmethod
    def of(cls, body: bytes, zone: ZoneInfo) -> Sheet:
        """The sheet of a text that `read_object` takes."""
        obj = read_object(calendar_text((), [(body, _as_it_is)]), "")
        zones = {line.value: each for each in obj.tree.children if (line := each.first("TZID"))}
        return cls({key: component for key, _mark, component in marked(obj, zone)}, zones)

    def text(self) -> bytes:
        """Its text, the master first."""
        order = sorted(self.parts)
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0"]
        for component in (*self.zones.values(), *(self.parts[key] for key in order)):
            lines += _lines(component)
        return calendar_text((), [(b"".join(map(fold, [*lines, "END:VCALENDAR"])), _as_it_is)])

    def with_parts(self, parts: Mapping[str, Component], *others: Sheet) -> Sheet:
        zones = {name: zone for each in (*others, self) for name, zone in each.zones.items()}
        return Sheet(parts, zones)


def amended(
    before: bytes | None, request: Request, wanted: Iterable[str], marks: Mapping[str, Mark], zone: ZoneInfo
) -> bytes:
    """The text of an event after a request, of which the instances `wanted` are newer than what is known.

    `marks` are what is known of its instances, those included that were called off before they came. Raises
    NotItsInstance. `before` is there where the request is a cancellation.
    """
    keys = set(wanted)
    asked = Sheet.of(request.obj.body, zone)
    if request.method is Method.CANCEL:
        assert before is not None, "there is something to cancel"
        return _called_off(Sheet.of(before, zone), asked, keys, zone).text()
    now = Sheet.of(before, zone) if before is not None else Sheet({}, {})
    new = {key: part for key, part in asked.parts.items() if key in keys}
    kept = _kept(now, new[MASTER], marks, zone) if MASTER in keys else now.parts
    parts = {**kept, **new}
    sheet = now.with_parts(parts, asked)
    _check_instances(sheet, new, zone)
    for key in _missed(new, parts, marks):
        sheet = _without_instance(sheet, key, marks[key], zone)
    return sheet.text()


def _missed(new: Mapping[str, Component], parts: Mapping[str, Component], marks: Mapping[str, Mark]) -> list[str]:
    """The instances of a series that is told that were called off before it came."""
    if MASTER not in new:
        return []
    told = _mark(new[MASTER])
    return [key for key, mark in marks.items() if mark.cancelled and key and key not in parts and mark.is_after(told)]


def merged(base: bytes, now: bytes, wanted: bytes, zone: ZoneInfo) -> tuple[bytes, frozenset[str]]:
    """What people made of an event since an invitation wrote `base`, with what the next one changes of it; and the
    names of the properties that both change, which stay as people left them."""
    old, theirs, ours = Sheet.of(base, zone), Sheet.of(now, zone), Sheet.of(wanted, zone)
    parts: dict[str, Component] = {}
    lost: set[str] = set()
    for key in dict.fromkeys((*theirs.parts, *ours.parts)):
        part, left = _merged(old.parts.get(key), theirs.parts.get(key), ours.parts.get(key))
        lost |= left
        if part is not None:
            parts[key] = part
    return theirs.with_parts(parts, ours).text(), frozenset(lost)


def _merged(
    old: Component | None, theirs: Component | None, ours: Component | None
) -> tuple[Component | None, set[str]]:
    was, is_, asked = (_groups(each) for each in (old, theirs, ours))
    if asked == was:
        return theirs, set()
    if is_ == was:
        return ours, set()
    if not (was and is_ and asked and theirs and ours):
        return theirs, {_WHEN}
    taken = {name for name in was.keys() | asked.keys() if was.get(name) != asked.get(name)}
    both = {name for name in taken if is_.get(name) not in (was.get(name), asked.get(name))}
    moved = taken - both
    lines = [line for line in theirs.lines if _group(line) not in moved and line.name not in _BOOKKEEPING]
    lines += [line for line in ours.lines if _group(line) in moved or line.name in _BOOKKEEPING]
    return replace(theirs, lines=lines), both


def _groups(component: Component | None) -> dict[str, list[str]]:
    """A component's properties by what must be taken together; none of a component that is not there."""
    found: dict[str, list[str]] = {}
    for line in component.lines if component is not None else ():
        if line.name not in _BOOKKEEPING:
            found.setdefault(_group(line), []).append(line.text)
    return {name: sorted(texts) for name, texts in found.items()}


def _group(line: Line) -> str:
    return _GROUPS.get(line.name, line.name)


def _kept(now: Sheet, master: Component, marks: Mapping[str, Mark], zone: ZoneInfo) -> dict[str, Component]:
    """The instances of an event that stay apart when all of it is told anew: those told later than it, and all where
    it takes place at the times at which it took place, but for those that were called off with it."""
    before = now.parts.get(MASTER)
    same = before is not None and not _is_cancelled(before) and _pattern(before) == _pattern(master)
    told = _mark(master)
    dates = _instances(now.with_parts({MASTER: master}), (key for key in now.parts if key), zone)
    return {
        key: part
        for key, part in now.parts.items()
        if key in dates and (same or marks.get(key, _mark(part)).is_after(told))
    }


def _mark(component: Component) -> Mark:
    stamp, number = component.first("DTSTAMP"), component.first("SEQUENCE")
    sequence = number.value.strip() if number is not None else ""
    return Mark(int(sequence) if sequence.isascii() and sequence.isdigit() else 0, stamp.value if stamp else "")


def _is_cancelled(component: Component) -> bool:
    status = component.first("STATUS")
    return status is not None and status.value.strip().upper() == "CANCELLED"


def _pattern(component: Component) -> list[str]:
    return sorted(line.text for line in component.lines if line.name in _PATTERN)


def _called_off(now: Sheet, asked: Sheet, keys: set[str], zone: ZoneInfo) -> Sheet:
    if MASTER in keys:
        mark = _mark(asked.parts[MASTER])
        return now.with_parts({key: _cancelled(part, mark) for key, part in now.parts.items()})
    sheet = now
    for key in keys:
        instance = asked.parts[key].first("RECURRENCE-ID")
        sheet = _without_instance(sheet.with_parts(sheet.parts, asked), key, _mark(asked.parts[key]), zone, instance)
    return sheet


def _without_instance(sheet: Sheet, key: str, mark: Mark, zone: ZoneInfo, instance: Line | None = None) -> Sheet:
    """The event with one of its instances called off. Raises NotItsInstance where a request says which."""
    if key in sheet.parts:
        return sheet.with_parts({**sheet.parts, key: _cancelled(sheet.parts[key], mark)})
    master = sheet.parts.get(MASTER)
    if master is None or not _instances(sheet, [key], zone):
        if instance is None:
            return sheet
        raise NotItsInstance(key)
    part = read_object(sheet.with_parts({MASTER: master}).text(), "").parts[0]
    return sheet.with_parts({**sheet.parts, key: _cancelled(_apart(master, part, key, instance), mark)})


def _apart(master: Component, part: Part, key: str, instance: Line | None) -> Component:
    """An instance of a series as the series gives it, as a component of its own."""
    instance = instance or raw_line("RECURRENCE-ID", key, "" if "T" in key else ";VALUE=DATE")
    kept = [line for line in master.lines if line.name not in _OF_SERIES | _TIMES]
    start = Line(0, "DTSTART", _without_range(instance.params), instance.value)
    return replace(master, lines=[instance, start, *_length(part), *kept])


def _without_range(params: str) -> str:
    return ";".join(each for each in params.split(";") if not each.upper().startswith("RANGE="))


def _length(part: Part) -> list[Line]:
    if part.start is None or part.end is None:
        return []
    length = part.end - part.start
    days, seconds = length.days, length.seconds
    if not isinstance(part.start, datetime):
        return [raw_line("DURATION", f"P{days}D")] if days else []
    whole = days * 86_400 + seconds
    return [raw_line("DURATION", f"PT{whole // 3600}H{whole % 3600 // 60}M{whole % 60}S")] if whole else []


def _cancelled(component: Component, mark: Mark) -> Component:
    lines = [line for line in component.lines if line.name not in _STATE]
    lines += [raw_line("STATUS", "CANCELLED"), raw_line("SEQUENCE", str(mark.sequence))]
    if mark.stamp:
        lines.append(raw_line("DTSTAMP", mark.stamp))
    return replace(component, lines=lines)


def _check_instances(sheet: Sheet, new: Mapping[str, Component], zone: ZoneInfo) -> None:
    """Raise NotItsInstance where what is told of a series has a date that the series has not."""
    apart = [key for key in new if key]
    if MASTER in sheet.parts and apart:
        dates = _instances(sheet.with_parts({MASTER: sheet.parts[MASTER]}), apart, zone)
        wrong = next((key for key in apart if key not in dates), None)
        if wrong is not None:
            raise NotItsInstance(wrong)


def _instances(sheet: Sheet, keys: Iterable[str], zone: ZoneInfo) -> frozenset[str]:
    """Those of the keys that are instances of a sheet's master."""
    obj = read_object(Sheet({MASTER: sheet.parts[MASTER]}, sheet.zones).text(), "")
    return frozenset(key for key in keys if _is_instance(obj, key, zone))


def _is_instance(obj: CalendarObject, key: str, zone: ZoneInfo) -> bool:
    day = date(int(key[:4]), int(key[4:6]), int(key[6:8]))
    near = spans(obj, zone, day - timedelta(days=1), day + timedelta(days=1))
    found = {span.recurrence_id for span in near}
    # An event that does not repeat has one instance, whose key its start would be.
    return key in found or (not obj.parts[0].repeats and key == key_of(obj.parts[0].start, zone))


def _lines(component: Component) -> list[str]:
    inner = [line for child in component.children for line in _lines(child)]
    return [f"BEGIN:{component.name}", *(line.text for line in component.lines), *inner, f"END:{component.name}"]


def _as_it_is(_index: int, _component: Component) -> Rewrite:
    return Rewrite()
