"""One calendar object -> a frozen record of its parts.

A calendar object (RFC 4791 section 4.1) is all the components of one UID. Its text is kept as the sender wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar

from spro_agenda.errors import BadCalendar, NotOneObject, UnsupportedComponent
from spro_agenda.i18n import _
from spro_agenda.ical.lines import BOM, Component, Line, parse
from spro_agenda.ical.zones import TIMES, YEARS, Zones, zones_of
from spro_agenda.model import Visibility

HELD = ("VEVENT", "VTODO")
"""The components that an agenda holds."""
KNOWN = (*HELD, "VJOURNAL")
"""Those that a personal calendar may hold: clients keep notes in one."""

_RECURRENCE = frozenset({"RRULE", "RDATE"})
_ESCAPED = re.compile(r"\\([\\,;nN])")
_MOMENTS = ("DTSTART", "DTEND", "DUE", "RECURRENCE-ID")
_STAMPS = ("DTSTAMP", "CREATED", "LAST-MODIFIED", "COMPLETED")
_ONCE_WORDS = """
    CLASS DESCRIPTION DURATION GEO LOCATION ORGANIZER PERCENT-COMPLETE PRIORITY SEQUENCE STATUS SUMMARY TRANSP UID URL
"""
_ONCE = frozenset((*_MOMENTS, *_STAMPS, *_ONCE_WORDS.split()))
"""RFC 5545 section 3.6.1: what a component has once at most. Radicale's vobject reads no event that has it twice."""
_VITAL = TIMES | {"RRULE", "DURATION", "SEQUENCE", *_STAMPS}

_LONGEST_UID = 1000
"""In bytes. UUIDs have 36, Exchange's 112; an entry of PostgreSQL's indexes has room for 2,700."""

_LONGEST_CODE = 16
"""In characters, of a network."""

_GIVE_ONE = _("Ajoutez-la, puis recommencez.")
_MEND_TIMES = _("Corrigez la date ou la règle de répétition dans son application, puis recommencez.")

Moment = date | datetime
"""A DATE, or a DATE-TIME: aware, or floating when it is naive (RFC 5545 section 3.3.5)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One component as it was written. `end` is as DTEND, DUE or DURATION gives it.

    `recurrence_id` is `None` for a master; `this_and_future` is RANGE=THISANDFUTURE beside it.
    `line` is where its RRULE stands in the text, or where it begins. `completed` and `created` are `None` too where a
    program wrote the first day of its calendar for none (.NET: the year 1).
    """

    recurrence_id: Moment | None
    line: int = field(compare=False)
    this_and_future: bool
    repeats: bool
    start: Moment | None
    end: Moment | None
    completed: Moment | None
    created: Moment | None
    title: str
    description: str
    location: str
    status: str
    transparent: bool
    url: str | None
    sequence: int
    visibility: Visibility
    categories: tuple[str, ...]
    spro: dict[str, str]
    """Properties named X-SPRO-…, by the rest of their name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarObject:
    """All the components of one UID: what one PUT carries.

    `calendar` is icalendar's view of it, for expansion; `tree` its content lines, time zones called as they were sent.
    """

    uid: str
    component: str
    parts: tuple[Part, ...]
    body: bytes
    calendar: icalendar.Calendar = field(repr=False, compare=False)
    tree: Component = field(repr=False, compare=False)

    @property
    def master(self) -> Part | None:
        """The part without RECURRENCE-ID; absent when somebody was invited to one instance only."""
        return next((part for part in self.parts if part.recurrence_id is None), None)

    @property
    def visibility(self) -> Visibility:
        """That of its most secret part: clients hide a whole series by its master alone, or by one instance."""
        return max((part.visibility for part in self.parts), key=list(Visibility).index)


def read_object(body: bytes, where: str, held: tuple[str, ...] = HELD) -> CalendarObject:
    """Read the text of one calendar object.

    `where` names it in errors; `held` are the components that may be there. Takes what harms nobody: no DTSTAMP, LF
    line ends, a byte order mark, floating times. Raises BadCalendar (UnsupportedComponent for a component that may not
    be there), with the line where there is one.
    """
    calendars = parse(body, where)
    if len(calendars) > 1:
        raise NotOneObject(where, calendars[1].number, _("il y a plusieurs agendas dans le même envoi."), _ONE_EVENT)
    return object_of(calendars[0], body.removeprefix(BOM), where, held)


def object_of(tree: Component, body: bytes, where: str, held: tuple[str, ...] = HELD) -> CalendarObject:
    """Read one calendar object whose text, `body`, is parsed already. Raises BadCalendar."""
    if b"\0" in body:
        raise _nul(tree, where)
    components = [child for child in tree.children if child.name != "VTIMEZONE"]
    _check_components(components, tree, where, held)
    uid = uid_of(components[0], where)
    for component in components[1:]:
        if component.name != components[0].name or uid_of(component, where) != uid:
            raise NotOneObject(where, component.number, _("il y a deux événements dans le même envoi."), _ONE_EVENT)
    calendar = _values(tree, where)
    values = [component for component in calendar.subcomponents if component.name in KNOWN]
    parts = tuple(_readable(component, value, where) for component, value in zip(components, values, strict=True))
    _check_recurrence_ids(parts, components, where)
    return CalendarObject(uid=uid, component=components[0].name, parts=parts, body=body, calendar=calendar, tree=tree)


def uid_of(component: Component, where: str) -> str:
    """The UID of a component, unescaped. Raises BadCalendar when it has none (RFC 5545 section 3.8.4.7), or one so
    long that PostgreSQL cannot look it up."""
    line = component.first("UID")
    if line is None or not line.value.strip():
        raise NotOneObject(
            where,
            component.number,
            _("l'événement n'a pas d'UID."),
            _("Ajoutez une ligne « UID: » propre à cet événement, puis recommencez."),
        )
    uid = unescaped(line.value.strip())
    whose = component.first("X-SPRO-NETWORK")
    # In our agenda the network's code stands before an UID that may be as long as any.
    own = uid.removeprefix(f"{whose.value[:_LONGEST_CODE]}.") if whose else uid
    if len(own.encode()) > _LONGEST_UID:
        raise BadCalendar(
            where,
            line.number,
            _("l'UID a plus de {most} octets.").format(most=_LONGEST_UID),
            _("Donnez à cet événement un UID plus court, puis recommencez."),
        )
    return uid


def unescaped(text: str) -> str:
    """A TEXT value as people read it (RFC 5545 section 3.3.11): icalendar leaves UIDs and X- properties as written."""
    return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], text)


_ONE_EVENT = _("Envoyez un événement à la fois, ou importez le fichier avec « spro-agenda import ».")


def _check_components(components: list[Component], tree: Component, where: str, held: tuple[str, ...]) -> None:
    if not components:
        raise NotOneObject(
            where, tree.number, _("cet agenda ne contient aucun événement."), _("Vérifiez le fichier choisi.")
        )
    for component in components:
        if component.name not in held:
            raise UnsupportedComponent(
                where,
                component.number,
                _("« {name} » n'est pas un événement.").format(name=component.name),
                _("Seuls les événements (VEVENT) et les tâches (VTODO) vont dans l'agenda."),
            )


def _nul(tree: Component, where: str) -> BadCalendar:
    """RFC 5545 section 3.1 allows no control character but the tab, and PostgreSQL can hold any text but this one."""
    lines = (line for component in tree.walk() for line in component.lines)
    guilty = next((line.number for line in lines if "\0" in line.text), tree.number)
    return BadCalendar(
        where,
        guilty,
        _("le texte contient un caractère nul."),
        _("Effacez ce caractère ou récrivez cette ligne, puis recommencez."),
    )


def _values(tree: Component, where: str) -> icalendar.Calendar:
    """Let icalendar read the values, from a text whose time zones are already the right ones."""
    zones = zones_of(tree, where)
    needed = [id(zone) for zone in zones.own.values()]
    tree.children = [child for child in tree.children if child.name != "VTIMEZONE" or id(child) in needed]
    try:
        return icalendar.Calendar.from_ical("\r\n".join(_texts(tree, zones)) + "\r\n")
    except _UNREADABLE as error:
        raise _unreadable(where, _guilty(tree, zones)) from error


def _guilty(tree: Component, zones: Zones) -> int:
    """The line that icalendar cannot read, which it does not say; the calendar's own where only the whole makes no
    sense."""
    for component in tree.walk():
        for line in component.lines:
            try:
                icalendar.Event.from_ical(f"BEGIN:VEVENT\r\n{zones.renamed(line).text}\r\nEND:VEVENT\r\n")
            except _UNREADABLE:
                return line.number
    return tree.number


def _texts(component: Component, zones: Zones) -> Iterator[str]:
    """The component's unfolded lines, with its time zones called by their right names."""
    yield f"BEGIN:{component.name}"
    for line in with_an_end(component):
        # What expands series reads times in UTC by it, as no application does that we know.
        if line.name != "X-WR-TIMEZONE":
            yield zones.renamed(line).text
    for child in component.children:
        yield from _texts(child, zones)
    yield f"END:{component.name}"


def with_an_end(component: Component) -> list[Line]:
    """The component's lines; what an event is due at, which only a task should be, is its end where it has no other."""
    names = {line.name for line in component.lines}
    if component.name != "VEVENT" or "DUE" not in names or not names.isdisjoint(("DTEND", "DURATION")):
        return component.lines
    return [replace(line, name="DTEND") if line.name == "DUE" else line for line in component.lines]


_UNREADABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What icalendar raises on values that make no sense: a text of another type than its property's, a torn VTIMEZONE."""


def _unreadable(where: str, line: int) -> BadCalendar:
    return BadCalendar(
        where, line, _("une valeur est illisible."), _("Corrigez l'événement dans son application, puis recommencez.")
    )


def _readable(component: Component, value: icalendar.Component, where: str) -> Part:
    try:
        return _part(component, value, where)
    except _UNREADABLE as error:
        raise _unreadable(where, component.number) from error


def _part(component: Component, value: icalendar.Component, where: str) -> Part:
    for name, _problem in value.errors:
        line = component.first(name) if name else None
        if name in _VITAL:
            raise BadCalendar(
                where,
                line.number if line else component.number,
                _("« {name} » est illisible.").format(name=line.text if line else name),
                _MEND_TIMES,
            )
    if component.name == "VEVENT" and "DTSTART" not in value:
        raise BadCalendar(where, component.number, _("l'événement n'a pas de date de début (DTSTART)."), _GIVE_ONE)
    _check_times(component, value, where)
    _check_dates(component, value, where)
    start, end = _moment(value, "DTSTART"), _end(value)
    return Part(
        line=(component.first("RRULE") or component).number,
        recurrence_id=_moment(value, "RECURRENCE-ID"),
        this_and_future=_is_ranged(component),
        repeats=any(name in value for name in _RECURRENCE),
        start=start,
        end=end,
        completed=_stamp(value, "COMPLETED"),
        created=_stamp(value, "CREATED"),
        title=_text(value, "SUMMARY"),
        description=_text(value, "DESCRIPTION"),
        location=_text(value, "LOCATION"),
        status=_text(value, "STATUS").upper(),
        transparent=_text(value, "TRANSP").upper() == "TRANSPARENT",
        url=_text(value, "URL") or None,
        sequence=_integer(value, "SEQUENCE"),
        visibility=_visibility(value),
        categories=_categories(value),
        spro={
            name.removeprefix("X-SPRO-"): unescaped(_text(value, name)) for name in value if name.startswith("X-SPRO-")
        },
    )


def _check_times(component: Component, value: icalendar.Component, where: str) -> None:
    """Raise BadCalendar for times that no agenda could show."""

    def fault(line: Line | None, problem: str, remedy: str = _MEND_TIMES) -> BadCalendar:
        return BadCalendar(where, line.number if line else component.number, problem, remedy)

    seen: set[str] = set()
    for line in component.lines:
        if line.name in seen & _ONCE:
            raise fault(line, _("« {name} » est donné deux fois.").format(name=line.name))
        seen.add(line.name)
    if "DURATION" in seen and seen & {"DTEND", "DUE"}:
        raise fault(component.first("DURATION"), _("la fin est donnée deux fois, par une date et par une durée."))
    last = component.first("DTEND") or component.first("DUE") or component.first("DURATION")
    for name in _MOMENTS:
        moment = _moment(value, name)
        if moment is None and name in value:
            raise fault(component.first(name), _("« {name} » n'est pas une date.").format(name=name))
        if moment is not None and moment.year not in YEARS:
            raise fault(component.first(name), _no_year(moment))
    start = _moment(value, "DTSTART")
    try:
        end = _end(value)
    except OverflowError:
        raise fault(last, _("cette durée n'est pas celle d'un événement.")) from None
    if start is None or end is None:
        return
    if end.year not in YEARS:
        raise fault(last, _("cette durée n'est pas celle d'un événement."))
    if _form(start) != _form(end):
        raise fault(last, _("le début et la fin ne sont pas de la même forme (jour, heure, fuseau horaire)."))
    if end < start:
        raise fault(
            last, _("l'événement finit avant d'avoir commencé."), _("Corrigez la date de fin, puis recommencez.")
        )


def _check_dates(component: Component, value: icalendar.Component, where: str) -> None:
    """Raise BadCalendar for a date that is added to a series and that no agenda could show; an exception may be any."""
    lines = (line for line in component.lines if line.name == "RDATE")
    for line, dates in zip(lines, listed(value, "RDATE"), strict=True):
        far = next((each for each in _named(dates) if each.year not in YEARS), None)
        if far is not None:
            raise BadCalendar(where, line.number, _no_year(far), _MEND_TIMES)


def _no_year(moment: Moment) -> str:
    return _("l'année {year} n'est pas celle d'un agenda.").format(year=moment.year)


def listed(value: icalendar.Component, name: str) -> list[Any]:
    """A property that may be given several times, once for each of its lines."""
    found = value.get(name)
    return found if isinstance(found, list) else [found] if found is not None else []


def _named(dates: icalendar.vDDDLists) -> Iterator[Moment]:
    """The moments that a list of dates names, the ends of periods where they are dates."""
    for each in dates.dts:
        ends = each.dt if isinstance(each.dt, tuple) else (each.dt,)
        yield from (moment for moment in ends if isinstance(moment, date))


def _form(moment: Moment) -> str:
    """What RFC 5545 section 3.8.2.2 wants alike in a start and an end."""
    if not isinstance(moment, datetime):
        return "day"
    return "floating" if moment.tzinfo is None else "aware"


def _is_ranged(component: Component) -> bool:
    line = component.first("RECURRENCE-ID")
    return line is not None and line.param("RANGE") == "THISANDFUTURE"


def _moment(value: icalendar.Component, name: str) -> Moment | None:
    prop = value.get(name)
    moment = getattr(prop[0] if isinstance(prop, list) else prop, "dt", None)
    return moment if isinstance(moment, date) else None


def _stamp(value: icalendar.Component, name: str) -> Moment | None:
    moment = _moment(value, name)
    return moment if moment is not None and moment.year in YEARS else None


def _end(value: icalendar.Component) -> Moment | None:
    """The end as written; `None` when only the start was (RFC 5545 section 3.6.1 says how long it then lasts)."""
    end = _moment(value, "DTEND") or _moment(value, "DUE")
    start, duration = _moment(value, "DTSTART"), value.get("DURATION")
    if end is None and start is not None and isinstance(getattr(duration, "dt", None), timedelta):
        return start + _length(duration.dt, start)
    return end


def _length(duration: timedelta, start: Moment) -> timedelta:
    """A DURATION beside a DATE is in whole days (RFC 5545 section 3.6.1); hours there are rounded up."""
    if isinstance(start, datetime) or not duration % timedelta(days=1):
        return duration
    return timedelta(days=duration // timedelta(days=1) + 1)


def _text(value: icalendar.Component, name: str) -> str:
    prop = value.get(name)
    if isinstance(prop, list):
        prop = prop[0]
    return "" if prop is None else str(prop).strip()


def _visibility(value: icalendar.Component) -> Visibility:
    """What CLASS says; a word that nobody knows is as PRIVATE (RFC 5545 section 3.8.1.3)."""
    said = _text(value, "CLASS").lower() or Visibility.PUBLIC
    return Visibility(said) if said in set(Visibility) else Visibility.PRIVATE


def _integer(value: icalendar.Component, name: str) -> int:
    text = _text(value, name)
    return int(text) if text.isascii() and text.lstrip("-").isdigit() else 0


def _categories(value: icalendar.Component) -> tuple[str, ...]:
    return tuple(
        str(category).strip() for each in listed(value, "CATEGORIES") for category in getattr(each, "cats", [each])
    )


def _check_recurrence_ids(parts: tuple[Part, ...], components: list[Component], where: str) -> None:
    seen: set[Moment | None] = set()
    for part, component in zip(parts, components, strict=True):
        if part.recurrence_id in seen:
            raise NotOneObject(
                where,
                component.number,
                _("deux événements ont le même UID."),
                _("Donnez à chacun son UID, puis recommencez."),
            )
        seen.add(part.recurrence_id)


def recurrence_id_text(moment: Moment, zone: ZoneInfo) -> str:
    """A RECURRENCE-ID as our keys write it: `20211007`, or `20211007T120000Z` (floating ones are in `zone`)."""
    if not isinstance(moment, datetime):
        return f"{moment:%Y%m%d}"
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return f"{aware.astimezone(UTC):%Y%m%dT%H%M%SZ}"
