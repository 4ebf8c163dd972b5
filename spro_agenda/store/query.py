"""Whether an object is what a calendar-query looks for: the filters of RFC 4791 section 9.7.

SQL narrows to a component and a time; all else is decided on the text, content line by content line. Texts are compared
whatever their case unless they are to be the same octets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from spro_agenda.ical.alarms import Alarm, alarm_of
from spro_agenda.ical.lines import Component, Line, parse
from spro_agenda.ical.read import KNOWN, CalendarObject, Moment, Part, read_object, unescaped
from spro_agenda.ical.zones import iana_name
from spro_agenda.recurrence import FIRST_DAY, LAST_DAY, instances, instant
from spro_agenda.store.ranges import Range, meets, stretches

_CALENDAR, _ALARM = "VCALENDAR", "VALARM"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextMatch:
    """A text that a value has within it, or has not: section 9.7.5."""

    text: str
    exact: bool
    negated: bool

    def holds(self, value: str) -> bool:
        found = self.text in value if self.exact else self.text.casefold() in value.casefold()
        return found != self.negated


@dataclass(frozen=True, slots=True, kw_only=True)
class ParamFilter:
    """A parameter that a property has, of a value where one is given, or that it has not: section 9.7.3."""

    name: str
    absent: bool
    text: TextMatch | None

    def holds(self, line: Line) -> bool:
        value = line.param(self.name)
        if value is None or self.absent:
            return value is None and self.absent
        return self.text is None or self.text.holds(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class PropFilter:
    """A property that a component has, one of which fulfils all conditions, or that it has not: section 9.7.2."""

    name: str
    absent: bool
    during: Range | None
    text: TextMatch | None
    params: tuple[ParamFilter, ...]

    def holds(self, component: Component, zone: ZoneInfo) -> bool:
        found = [line for line in component.lines if line.name == self.name]
        return not found if self.absent else any(self._is(line, zone) for line in found)

    def _is(self, line: Line, zone: ZoneInfo) -> bool:
        return (
            (self.text is None or self.text.holds(unescaped(line.value)))
            and all(each.holds(line) for each in self.params)
            and (self.during is None or any(self.during.has(moment.timestamp()) for moment in _moments(line, zone)))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CompFilter:
    """A component, one of which fulfils all conditions, or that there is none: section 9.7.1."""

    name: str
    absent: bool = False
    during: Range | None = None
    props: tuple[PropFilter, ...] = ()
    comps: tuple[CompFilter, ...] = ()

    @property
    def narrowed(self) -> tuple[str | None, Range | None]:
        """The component (`None`: any) and the time that SQL can look for."""
        held = next((each for each in self.comps if each.name in KNOWN and not each.absent), None)
        return (held.name, held.during or self.during) if held else (None, self.during)

    @property
    def is_narrow(self) -> bool:
        """Whether it asks for no more than that."""
        component, during = self.narrowed
        if component is None:
            return self == CompFilter(name=_CALENDAR, during=during)
        return self == CompFilter(name=_CALENDAR, comps=(CompFilter(name=component, during=during),))


class Candidate:
    """An object that is looked at: `body` is its text, and `during` a range in which it is known to take place.
    `pace` is called before each filter that it is held against, and may raise.

    Raises BadCalendar where `read_object` does.
    """

    def __init__(
        self, body: bytes, zone: ZoneInfo, where: str, during: Range | None, pace: Callable[[], object]
    ) -> None:
        self._body, self._zone, self._where, self._during, self._pace = body, zone, where, during, pace
        self._tree = parse(body, where)[0]

    def fulfils(self, asked: CompFilter) -> bool:
        """Whether it is what a filter looks for."""
        return asked.absent if asked.name != _CALENDAR else not asked.absent and self._is(asked, self._tree, None)

    def _has(self, asked: CompFilter, within: Component) -> bool:
        found = [child for child in within.children if child.name == asked.name]
        return not found if asked.absent else any(self._is(asked, each, within) for each in found)

    def _is(self, asked: CompFilter, component: Component, within: Component | None) -> bool:
        self._pace()
        return (
            all(each.holds(component, self._zone) for each in asked.props)
            and all(self._has(each, component) for each in asked.comps)
            and (asked.during is None or self._takes_place(component, within, asked.during))
        )

    def _takes_place(self, component: Component, within: Component | None, during: Range) -> bool:
        if component.name == _ALARM and within is not None:
            alarm = alarm_of(component)
            return alarm is not None and self._rings(alarm, self._part(within), during)
        return during == self._during or meets(self._object, self._zone, during)

    def _rings(self, alarm: Alarm, part: Part, during: Range) -> bool:
        """Whether an alarm of a part rings within a range: section 9.9, for VALARM."""
        return any(
            during.has(moment.timestamp())
            for start, end in self._times(part, during, alarm.reach)
            for moment in alarm.rings(start, end)
        )

    def _times(self, part: Part, during: Range, reach: timedelta) -> Iterator[tuple[datetime, datetime]]:
        """When a part takes place, about a range."""
        if not part.repeats:
            yield from self._ends(part.start, part.end)
            return
        first = during.first_day - reach if during.first_day > FIRST_DAY + reach else FIRST_DAY
        last = during.last_day + reach if during.last_day < LAST_DAY - reach else LAST_DAY
        for days in stretches(first, last):
            for each in instances(self._object, self._zone, *days):
                if each.part is part:
                    yield from self._ends(each.start, each.end)

    def _ends(self, start: Moment | None, end: Moment | None) -> Iterator[tuple[datetime, datetime]]:
        """The ends of what takes place; a task without dates has none."""
        begins, ends = start or end, end or start
        if begins is not None and ends is not None:
            yield instant(begins, self._zone), instant(ends, self._zone)

    def _part(self, component: Component) -> Part:
        held = [child for child in self._tree.children if child.name != "VTIMEZONE"]
        return self._object.parts[next(index for index, each in enumerate(held) if each is component)]

    @cached_property
    def _object(self) -> CalendarObject:
        # From a tree of its own: reading leaves time zones out of it.
        return read_object(self._body, self._where, KNOWN)


def _moments(line: Line, zone: ZoneInfo) -> Iterator[datetime]:
    """The moments that a property names, a period by its start; what is no moment is left out."""
    name = iana_name(line.param("TZID") or "")
    for value in line.value.split(","):
        text = value.partition("/")[0].strip()
        form = "%Y%m%d" if len(text) == len("20211007") else "%Y%m%dT%H%M%S" + "Z" * text.endswith("Z")
        try:
            moment = datetime.strptime(text, form)
        except ValueError:
            continue
        yield moment.replace(tzinfo=UTC if form.endswith("Z") else ZoneInfo(name) if name else zone)
