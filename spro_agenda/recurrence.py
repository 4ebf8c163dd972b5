"""A series -> its occurrences within a period, bounded.

Expansion is recurring-ical-events' work (EXDATE, RDATE, overrides, THISANDFUTURE, changes of clock); this module
turns what it gives into spans in UTC, and refuses the rules on which no library bounds its work.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events
from dateutil.rrule import rrulestr  # type: ignore[import-untyped]  # it ships no types

from spro_agenda.errors import BadCalendar, RunawayRule
from spro_agenda.i18n import _
from spro_agenda.ical.read import CalendarObject, Moment, Part, recurrence_id_text

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2200, 1, 1)
"""No calendar of ours reaches further; open time ranges are cut here before series are expanded."""

MOST_OCCURRENCES = 20_000
"""Occurrences of one object within one period past which expansion stops: a daily series of fifty years fits."""

_SUB_DAILY = frozenset({"SECONDLY", "MINUTELY", "HOURLY"})
_MOST_A_DAY = 8  # five years of it stay below MOST_OCCURRENCES, and take two seconds to expand
_MOST_SUB_DAILY = 1000
_ANY_DAY = date(2021, 1, 1)
_UNMIXABLE = (AttributeError, KeyError, OverflowError, TypeError, ValueError)
"""What the library raises on times that it cannot compare or on a rule that it cannot read."""

_Period = tuple[datetime, datetime | timedelta]
"""RFC 5545 section 3.3.9: its start, and its end or its length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One occurrence of a part: `[start, end)` in UTC, its days in the region's zone (`last_day` inclusive)."""

    part: Part
    recurrence_id: str
    start: datetime
    end: datetime
    all_day: bool
    floating: bool
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One time at which a part takes place, as its text says: moments in the sender's zones.

    `end` is `None` only for a task without DUE; `start` for one without DTSTART.
    """

    part: Part
    recurrence_id: str
    start: Moment | None
    end: Moment | None


def check_bounded(obj: CalendarObject, where: str) -> None:
    """Refuse recurrence rules that could burn the processor, and those that cannot be expanded: raise BadCalendar.

    A daily series without end passes; a rule by the second, or one that names only days that do not exist, does not.
    """
    for part, rule in _rules(obj):
        if not _is_an_agendas(rule, part.start):
            raise RunawayRule(
                where,
                part.line,
                _("la règle de répétition « {rule} » n'est pas celle d'un agenda.").format(
                    rule=_rule_text(rule) if isinstance(rule, icalendar.vRecur) else "RRULE"
                ),
                _("Choisissez une répétition par jour, semaine, mois ou année, puis recommencez."),
            )
    try:
        spans(obj, ZoneInfo("UTC"), _ANY_DAY, _ANY_DAY)
    except _UNMIXABLE as error:
        raise BadCalendar(
            where,
            obj.parts[0].line,
            _("les dates de la répétition ne vont pas ensemble."),
            _("Corrigez-les dans son application, puis recommencez."),
        ) from error


def spans(obj: CalendarObject, zone: ZoneInfo, first: date, last: date) -> list[Span]:
    """The occurrences that touch the days `first` to `last` (inclusive, in `zone`), in order.

    All-day and floating times are resolved in `zone`. A VTODO takes place at its DUE, or its DTSTART; one with
    neither has no occurrence, as a VJOURNAL without its DTSTART.
    """
    found = (span for each in instances(obj, zone, first, last) if (span := _span(each, zone, obj.component)))
    # By identity: an RDATE with an hour may fall on a day that the rule of an all-day series gives too.
    kept = {span.recurrence_id: span for span in found if span.first_day <= last and first <= span.last_day}
    return sorted(kept.values(), key=lambda span: (span.start, span.end, span.recurrence_id))


def instances(obj: CalendarObject, zone: ZoneInfo, first: date, last: date) -> Iterator[Instance]:
    """The instances of a series about the days `first` to `last`, and some beside; all parts of an object that is
    none."""
    if any(part.repeats for part in obj.parts) or (len(obj.parts) > 1 and obj.component == "VEVENT"):
        yield from _series_instances(obj, zone, first, last)
        return
    for part in obj.parts:
        recurrence_id = recurrence_id_text(part.recurrence_id, zone) if part.recurrence_id else ""
        end = part.end if obj.component == "VTODO" else _part_end(part)
        yield Instance(part=part, recurrence_id=recurrence_id, start=part.start, end=end)


def _series_instances(obj: CalendarObject, zone: ZoneInfo, first: date, last: date) -> Iterator[Instance]:
    overrides = {
        recurrence_id_text(part.recurrence_id, zone): part for part in obj.parts if part.recurrence_id is not None
    }
    from_there_on = sorted(
        ((key, part) for key, part in overrides.items() if part.this_and_future), key=lambda pair: pair[0]
    )
    query = recurring_ical_events.of(obj.calendar, components=[obj.component])
    end_name = "DUE" if obj.component == "VTODO" else "DTEND"
    # A day each side: naive bounds are compared with each event's own zone. The library looks back by the length of
    # the parts alone, and a period of RDATE may be longer.
    found = query.between(first - timedelta(days=1) - _longest_period(obj), last + timedelta(days=2))
    for component in islice(found, MOST_OCCURRENCES):
        start = component["DTSTART"].dt
        end = component[end_name].dt if end_name in component else start
        recurrence_id = recurrence_id_text(component["RECURRENCE-ID"].dt, zone)
        ranged = [part for key, part in from_there_on if key <= recurrence_id]
        part = overrides.get(recurrence_id) or (ranged[-1] if ranged else obj.master) or obj.parts[0]
        if part.this_and_future:
            recurrence_id = recurrence_id_text(_unmoved(start, part, zone), zone)
        is_open = obj.component == "VTODO" and part.end is None
        yield Instance(part=part, recurrence_id=recurrence_id, start=start, end=None if is_open else end)


def _unmoved(start: Moment, part: Part, zone: ZoneInfo) -> Moment:
    """The start that the rule gave, before a THISANDFUTURE part moved it; the library gives them all the part's own."""
    assert part.start is not None
    assert part.recurrence_id is not None
    given = _wall(start, zone) - (_wall(part.start, zone) - _wall(part.recurrence_id, zone))
    return given if isinstance(part.recurrence_id, datetime) else given.date()


def _wall(moment: Moment, zone: ZoneInfo) -> datetime:
    """What a clock in `zone` shows, without its zone."""
    return instant(moment, zone).astimezone(zone).replace(tzinfo=None)


def _part_end(part: Part) -> Moment | None:
    """The end of an event that does not repeat: RFC 5545 section 3.6.1 where it is not written."""
    if part.start is None or (part.end is not None and not (part.end == part.start and _is_day(part.start))):
        return part.end
    return part.start + timedelta(days=1) if _is_day(part.start) else part.start


def _is_day(moment: Moment) -> bool:
    return not isinstance(moment, datetime)


def _span(each: Instance, zone: ZoneInfo, component: str) -> Span | None:
    """An instance in UTC; `None` for a task without dates."""
    start, end = each.start, each.end
    if component == "VTODO":
        start = end = end or start
    if start is None or end is None:
        return None
    if _is_day(start) and end == start:
        end = start + timedelta(days=1)
    begins, ends = instant(start, zone), instant(end, zone)
    if ends < begins:  # it starts within the hour that the clock skips, and ends after that hour
        ends += timedelta(hours=1)
    last = max(begins, ends - timedelta(microseconds=1))
    return Span(
        part=each.part,
        recurrence_id=each.recurrence_id,
        start=begins,
        end=ends,
        all_day=_is_day(start),
        floating=isinstance(start, datetime) and start.tzinfo is None,
        first_day=begins.astimezone(zone).date(),
        last_day=last.astimezone(zone).date(),
    )


def extent(obj: CalendarObject, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
    """Moments in UTC before which a series has no instance, and after which it has none; `None` where it goes on, or
    where nobody can say. Wider than the series at most."""
    starts = [start for part in obj.parts if (start := part.start or part.end) is not None]
    dates = [moment for component in _components(obj) for moment in _rdates(component)]
    lasts = [_rule_end(rule, part.start) for part, rule in _rules(obj)]
    if not starts or None in lasts:
        known = [instant(moment, zone) for moment in (*starts, *dates)]
        return (min(known) - _MARGIN if known else None), None
    begun = [instant(moment, zone) for moment in (*starts, *dates)]
    ends = [*begun, *(instant(moment, zone) for moment in lasts if moment is not None)]
    longest = max((_length(part, zone) for part in obj.parts), default=timedelta())
    return min(begun) - _MARGIN, max(ends) + longest + _furthest_move(obj, zone) + _MARGIN


_MARGIN = timedelta(days=2)
"""More than time zones and changes of clock can move a moment by."""


def _components(obj: CalendarObject) -> list[icalendar.Component]:
    return [component for component in obj.calendar.subcomponents if component.name == obj.component]


def _rules(obj: CalendarObject) -> Iterator[tuple[Part, icalendar.vRecur]]:
    for part, component in zip(obj.parts, _components(obj), strict=True):
        rules = component.get("RRULE")
        for rule in rules if isinstance(rules, list) else [rules] if rules is not None else []:
            yield part, rule


def _rdates(component: icalendar.Component) -> Iterator[Moment]:
    """Every moment that RDATE names, the ends of periods too."""
    for each in _rdate_values(component):
        if isinstance(each, tuple):
            yield from (each[0], each[0] + _period_length(each))
        else:
            yield each


def _rdate_values(component: icalendar.Component) -> Iterator[Moment | _Period]:
    found = component.get("RDATE")
    for dates in found if isinstance(found, list) else [found] if found is not None else []:
        yield from (each.dt for each in dates.dts)


def _period_length(period: _Period) -> timedelta:
    start, end = period
    return end if isinstance(end, timedelta) else end - start


def _longest_period(obj: CalendarObject) -> timedelta:
    """The length of the longest period among the RDATEs, in whole days; none where there is no period."""
    values = (each for component in _components(obj) for each in _rdate_values(component))
    lengths = (_period_length(each) for each in values if isinstance(each, tuple))
    return timedelta(days=max((length.days + 1 for length in lengths), default=0))


def _rule_end(rule: icalendar.vRecur, start: Moment | None) -> Moment | None:
    """The last moment that a rule gives, or a later one; `None` when it gives moments for ever."""
    if "UNTIL" in rule:
        until: Moment = rule["UNTIL"][0]
        if until.year < FIRST_DAY.year:
            return start
        return until if until.year < LAST_DAY.year else None
    if "COUNT" not in rule or start is None:
        return None
    # From the very hour: a rule with a BYHOUR gives nothing that day to a start that comes after it.
    last = first = start.replace(tzinfo=None) if isinstance(start, datetime) else datetime.combine(start, time())
    for last in rrulestr(_rule_text(rule), dtstart=first):
        if last.year >= LAST_DAY.year:
            return None
    return last + timedelta(days=1)


def _length(part: Part, zone: ZoneInfo) -> timedelta:
    end = _part_end(part)
    return timedelta() if part.start is None or end is None else instant(end, zone) - instant(part.start, zone)


def _furthest_move(obj: CalendarObject, zone: ZoneInfo) -> timedelta:
    """How far a THISANDFUTURE part moves the instances that follow."""
    moves = [
        instant(part.start, zone) - instant(part.recurrence_id, zone)
        for part in obj.parts
        if part.this_and_future and part.start is not None and part.recurrence_id is not None
    ]
    return max([timedelta(), *moves])


def instant(moment: Moment, zone: ZoneInfo) -> datetime:
    """A moment in UTC; dates and floating times are those of `zone`."""
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return aware.astimezone(UTC)


def _is_an_agendas(rule: object, start: Moment | None) -> bool:
    """Whether a rule is one that an agenda may hold, on a part that starts then."""
    return (
        isinstance(rule, icalendar.vRecur)
        and start is not None
        and _is_plain(rule, start)
        and rule.get("COUNT", [0])[0] <= MOST_OCCURRENCES
        and _sub_daily_is_bounded(rule)
        and _can_happen(rule, start)
    )


def _sub_daily_is_bounded(rule: icalendar.vRecur) -> bool:
    a_day = 1
    for name, whole in (("BYHOUR", 24), ("BYMINUTE", 60), ("BYSECOND", 60)):
        a_day *= min(len(rule.get(name, [0])), whole)
    if a_day > _MOST_A_DAY:
        return False
    if rule["FREQ"][0] not in _SUB_DAILY:
        return True
    return 0 < rule.get("COUNT", [0])[0] <= _MOST_SUB_DAILY and not any(name.startswith("BY") for name in rule)


def _is_plain(rule: icalendar.vRecur, start: Moment) -> bool:
    """Whether the rule moves forward, by years alone when it comes from before 1900 (a birthday of unknown year)."""
    return (
        "FREQ" in rule
        and (rule["FREQ"][0] == "YEARLY" or start.year >= 1900)
        and all(number > 0 for name in ("INTERVAL", "COUNT") for number in rule.get(name, []))
    )


def _can_happen(rule: icalendar.vRecur, start: Moment) -> bool:
    """Whether the rule ever gives a day; where it gives none, the library looks for one until the year 9999.

    The calendar repeats itself every 400 years, so a start moved near that end has the same answer, soon.
    """
    endless = icalendar.vRecur({name: value for name, value in rule.items() if name not in ("COUNT", "UNTIL")})
    late = datetime(start.year + (9940 - start.year) // 400 * 400, start.month, start.day)
    try:
        return next(iter(rrulestr(_rule_text(endless), dtstart=late)), None) is not None
    except ValueError:
        return False


def _rule_text(rule: icalendar.vRecur) -> str:
    text: bytes = rule.to_ical()  # type: ignore[no-untyped-call]  # icalendar types most, not this
    return text.decode()
