"""The calendars of a letter -> what they ask, event by event (RFC 5546 section 3.2).

What names people goes here, before anything else looks at an event: an agenda is no list of who was invited.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

from spro_agenda.errors import BadCalendar
from spro_agenda.i18n import _
from spro_agenda.ical.lines import Component, Line, parse
from spro_agenda.ical.own import origin
from spro_agenda.ical.read import HELD, CalendarObject, recurrence_id_text
from spro_agenda.ical.split import read_file
from spro_agenda.ical.write import Rewrite, calendar_text, fold
from spro_agenda.inbox.letters import Attached
from spro_agenda.recurrence import check_bounded
from spro_agenda.store import Mark

MOST_EVENTS = 100
"""Events that one letter may bring: an invitation has one."""

_PEOPLE = frozenset({"ATTENDEE", "ORGANIZER", "CONTACT", "COMMENT", "REQUEST-STATUS"})
_HTML = "X-ALT-DESC"
"""The description once more, which would contradict it as soon as somebody edits it."""
_OF_PROGRAMS = ("X-MICROSOFT-", "X-MS-OLK-", "X-MOZ-")
"""Begin what programs say to themselves: who sent it, that the receiver's copy is tentative until it is accepted."""
_STAMP = re.compile(r"\d{8}T\d{6}Z", re.ASCII)
_ALL_DAY = "X-MICROSOFT-CDO-ALLDAYEVENT"
_DAYS = frozenset({"DTSTART", "DTEND", "RECURRENCE-ID"})
_MIDNIGHT = re.compile(r"(\d{8})T000000", re.ASCII)
_RANGE = re.compile(r";RANGE=[^;]*", re.IGNORECASE)
_ANY_TIME = Line(0, "DTSTART", "", "19700101T000000Z")


class Method(StrEnum):
    """What a calendar is for: RFC 5546 section 1.4."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked of one event. `obj` has the components that the letter has of it, and names nobody."""

    method: Method
    obj: CalendarObject

    def marks(self, zone: ZoneInfo) -> dict[str, Mark]:
        """How new its word on each instance is."""
        return {key: mark for key, mark, _component in marked(self.obj, zone)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What the calendars of a letter come to. `addressed` are those whom they invite, in small letters; `ignored` are
    methods that ask nothing of us (REPLY, COUNTER…), "" for a calendar that says none."""

    requests: tuple[Request, ...]
    faults: tuple[BadCalendar, ...]
    ignored: frozenset[str]
    addressed: frozenset[str]


def read_contents(calendars: Iterable[Attached]) -> Contents:
    """Read all the calendars of a letter; what is wrong with one does not touch the others."""
    requests: dict[tuple[object, ...], Request] = {}
    faults: list[BadCalendar] = []
    ignored: set[str] = set()
    addressed: set[str] = set()
    for number, attached in enumerate(calendars, 1):
        where = _("Invitation") if number == 1 else _("Invitation n° {number}").format(number=number)
        try:
            for tree in parse(attached.text, where):
                addressed |= set(_addressed(tree))
                method = _method(tree, attached.method, where)
                if method not in set(Method):
                    ignored.add(method)
                    continue
                found = read_file(_text(tree, as_cancellation=method == Method.CANCEL), where)
                faults += found.faults
                for obj in found.objects:
                    # Google sends each calendar twice, as an alternative and as an attachment.
                    requests.setdefault((method, obj.uid, _said(obj)), Request(method=Method(method), obj=obj))
        except BadCalendar as fault:
            faults.append(fault)
    taken = []
    for request in requests.values():
        try:
            check_bounded(request.obj, _("Invitation"))
            _check_not_ours(request.obj)
            taken.append(request)
        except BadCalendar as fault:
            faults.append(fault)
    if len(taken) > MOST_EVENTS:
        faults.append(_too_many())
        taken = []
    return Contents(
        requests=tuple(taken), faults=tuple(faults), ignored=frozenset(ignored), addressed=frozenset(addressed)
    )


def marked(obj: CalendarObject, zone: ZoneInfo) -> Iterator[tuple[str, Mark, Component]]:
    """Each component of an object with the instance that it is of ("" for all), and how new it is."""
    held = (child for child in obj.tree.children if child.name in HELD)
    for part, component in zip(obj.parts, held, strict=True):
        stamp = component.first("DTSTAMP")
        said = stamp.value.strip() if stamp is not None else ""
        mark = Mark(part.sequence, said if _STAMP.fullmatch(said) else "", part.status == "CANCELLED")
        yield key_of(part.recurrence_id, zone), mark, component


def key_of(recurrence_id: object, zone: ZoneInfo) -> str:
    """The instance of a RECURRENCE-ID, "" for none."""
    return recurrence_id_text(recurrence_id, zone) if recurrence_id is not None else ""  # type: ignore[arg-type]


def _method(tree: Component, said_outside: str, where: str) -> str:
    """Its METHOD, or its Content-Type's where it has none; RFC 6047 section 2.4 wants them equal."""
    line = tree.first("METHOD")
    method = line.value.strip().upper() if line is not None else said_outside
    if said_outside and method != said_outside:
        raise BadCalendar(
            where,
            line.number if line is not None else None,
            _("le courriel dit « {outside} », et son calendrier « {method} ».").format(
                outside=said_outside, method=method
            ),
            _("Renvoyez l'invitation depuis votre application."),
        )
    return method


def _addressed(tree: Component) -> Iterator[str]:
    for component in tree.children:
        for line in component.lines:
            if line.name == "ATTENDEE":
                yield line.value.strip().lower().removeprefix("mailto:")


def _text(tree: Component, *, as_cancellation: bool) -> bytes:
    """The calendar without those whom it names, nor their reminders.

    A cancellation needs no time of its own (RFC 5546 section 3.2.5), which every event has that is read here.
    """
    return b"".join(map(fold, _lines(tree, as_cancellation=as_cancellation)))


def _lines(component: Component, *, as_cancellation: bool) -> Iterator[str]:
    yield f"BEGIN:{component.name}"
    days = _is_of_days(component)
    yield from (_of_its_kind(line, of_days=days).text for line in component.lines if _is_kept(line))
    if as_cancellation and component.name == "VEVENT" and component.first("DTSTART") is None:
        instance = component.first("RECURRENCE-ID")
        time = Line(0, "DTSTART", _RANGE.sub("", instance.params), instance.value) if instance else _ANY_TIME
        yield time.text
    for child in component.children:
        if child.name != "VALARM":
            yield from _lines(child, as_cancellation=as_cancellation)
    yield f"END:{component.name}"


def _is_kept(line: Line) -> bool:
    return line.name not in _PEOPLE and line.name != _HTML and not line.name.startswith(_OF_PROGRAMS)


def _is_of_days(component: Component) -> bool:
    """Whether it is told by days; or by midnights, as Exchange may tell an event of whole days."""
    start = component.first("DTSTART")
    if start is not None and (start.param("VALUE") or "").upper() == "DATE":
        return True
    said = component.first(_ALL_DAY)
    ends = [line for name in ("DTSTART", "DTEND") if (line := component.first(name)) is not None]
    # The last day of a series would be told by a moment.
    alone = component.first("RRULE") is None and component.first("RECURRENCE-ID") is None
    at_midnight = all(_MIDNIGHT.fullmatch(line.value.strip()) for line in ends)
    return said is not None and said.value.strip().upper() == "TRUE" and alone and at_midnight


def _of_its_kind(line: Line, *, of_days: bool) -> Line:
    """A line as it is; but for a midnight that stands for its day, which is told by the day."""
    midnight = _MIDNIGHT.fullmatch(line.value.strip()) if of_days and line.name in _DAYS else None
    if midnight is None:
        return line
    ranged = "".join(_RANGE.findall(line.params))
    return Line(line.number, line.name, f"{ranged};VALUE=DATE", midnight[1])


def _said(obj: CalendarObject) -> bytes:
    return calendar_text((), [(obj.body, lambda _index, _component: Rewrite())])


def _check_not_ours(obj: CalendarObject) -> None:
    """Raise BadCalendar for an event of the regional agenda, which its network has already."""
    if origin(obj) is not None:
        raise BadCalendar(
            _("Invitation"),
            None,
            _("cet événement est celui de l'agenda régional."),
            _("Son réseau l'y a déjà mis ; dites plutôt que le vôtre y participe."),
        )


def _too_many() -> BadCalendar:
    return BadCalendar(
        _("Invitation"),
        None,
        _("il y a plus de {most} événements dans ce courriel.").format(most=MOST_EVENTS),
        _("Importez plutôt le fichier avec « spro-agenda import »."),
    )
