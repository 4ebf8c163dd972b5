"""What a calendar-query may ask (RFC 4791 sections 7.8 and 9.7).

What is valid and answered here is looked for by the store; the rest is refused in the RFC's words.
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

from spro_agenda.errors import BadCalendar, BadQuery, TooManyConditions
from spro_agenda.i18n import _
from spro_agenda.ical.lines import parse
from spro_agenda.server.names import (
    COMP_FILTER,
    DATA,
    FILTER,
    NOT_DEFINED,
    PARAM_FILTER,
    PROP_FILTER,
    RANGE,
    TEXT_MATCH,
    TIME_ZONE,
)
from spro_agenda.store.ranges import moment

_SEARCHED = {
    "": frozenset({"VCALENDAR"}),
    "VCALENDAR": frozenset({"VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY"}),
    "VEVENT": frozenset({"VALARM"}),
    "VTODO": frozenset({"VALARM"}),
}
"""The components that are looked for, by what they stand in."""

_MISPLACED = frozenset({"VCALENDAR", "VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "VALARM"})
"""Those of which RFC 5545 says where they stand: anywhere else, they make no sense."""

_DATED = frozenset(
    {"COMPLETED", "CREATED", "DTEND", "DTSTAMP", "DTSTART", "DUE", "LAST-MODIFIED", "RECURRENCE-ID", "EXDATE", "RDATE"}
)
COLLATIONS = ("i;ascii-casemap", "i;octet", "i;unicode-casemap")
CONTENT_TYPE, VERSION = "text/calendar", "2.0"

MOST_CONDITIONS = 200
"""Elements of a filter, which each event is held against: applications send fewer than ten."""

_COMPONENT = frozenset({RANGE, PROP_FILTER, COMP_FILTER})
_PROPERTY = frozenset({RANGE, TEXT_MATCH, PARAM_FILTER})
_PARAMETER = frozenset({TEXT_MATCH})


def check_query(root: ET.Element) -> None:
    """Raise BadQuery for a calendar-query whose filter or time zone is none, or that is not answered here;
    TooManyConditions for one that would keep everybody waiting."""
    filters = root.findall(FILTER)
    if len(filters) != 1 or len(filters[0]) != 1 or filters[0][0].tag != COMP_FILTER:
        raise _invalid(_("il n'a pas la forme d'un filtre d'agenda"))
    if sum(1 for _each in filters[0].iter()) > MOST_CONDITIONS:
        raise TooManyConditions(
            _("Cette recherche a plus de {most} conditions. Cherchez avec moins de conditions à la fois.").format(
                most=MOST_CONDITIONS
            )
        )
    _check_component(filters[0][0], "")
    zone = root.find(TIME_ZONE)
    if zone is not None:
        _check_zone(zone.text or "")


def check_data(root: ET.Element) -> None:
    """Raise BadQuery where texts are asked in another format than they have."""
    for data in root.iter(DATA):
        media, version = data.get("content-type", CONTENT_TYPE), data.get("version", VERSION)
        if media.lower() != CONTENT_TYPE or version != VERSION:
            raise BadQuery(
                _("L'agenda donne ses événements en iCalendar 2.0 seulement. Demandez-les ainsi."),
                "supported-calendar-data",
            )


def _check_component(element: ET.Element, parent: str) -> None:
    name = element.get("name", "").upper()
    if name not in _SEARCHED.get(parent, frozenset()):
        if not parent or not name or name in _MISPLACED:
            raise _invalid(_("« {name} » n'y est pas à sa place").format(name=name))
        raise BadQuery(
            _("On ne cherche pas de « {name} » dans cet agenda. Cherchez des événements ou des tâches.").format(
                name=name
            ),
            "supported-filter",
            unsupported=name,
        )
    _check_children(element, _COMPONENT)
    for child in element:
        if child.tag == COMP_FILTER:
            _check_component(child, name)
        elif child.tag == PROP_FILTER:
            _check_property(child)
        elif child.tag == RANGE:
            _check_range(child)


def _check_property(element: ET.Element) -> None:
    name = element.get("name", "").upper()
    if not name:
        raise _invalid(_("une propriété y est sans nom"))
    _check_children(element, _PROPERTY)
    for child in element:
        if child.tag == RANGE:
            if name not in _DATED:
                raise _invalid(_("« {name} » n'est pas une date").format(name=name))
            _check_range(child)
        elif child.tag == TEXT_MATCH:
            _check_text(child)
        elif child.tag == PARAM_FILTER:
            if not child.get("name"):
                raise _invalid(_("un paramètre y est sans nom"))
            _check_children(child, _PARAMETER)
            for match in child.iter(TEXT_MATCH):
                _check_text(match)


def _check_children(element: ET.Element, allowed: frozenset[str]) -> None:
    """Either `is-not-defined` alone, or conditions of a kind that fits."""
    tags = [child.tag for child in element]
    if tags != [NOT_DEFINED] and not allowed.issuperset(tags):
        raise _invalid(_("une condition n'y est pas à sa place"))


def _check_text(element: ET.Element) -> None:
    if element.get("collation", COLLATIONS[0]) not in COLLATIONS:
        raise BadQuery(
            _("L'agenda ne compare pas les textes de cette façon ; il connaît : {known}.").format(
                known=", ".join(COLLATIONS)
            ),
            "supported-collation",
        )


def _check_range(element: ET.Element) -> None:
    """One end at least, in UTC; the second after the first."""
    try:
        ends = [moment(element.attrib[name]) for name in ("start", "end") if name in element.attrib]
    except ValueError as error:
        raise _invalid(_("une date n'y est pas en UTC (20211007T120000Z)")) from error
    if not ends or ends[-1] < ends[0] or (len(ends) == 2 and ends[0] == ends[1]):
        raise _invalid(_("une période y est sans début ni fin, ou finit avant d'avoir commencé"))


def _check_zone(text: str) -> None:
    """RFC 4791 section 9.8: a calendar with one time zone and nothing else."""
    try:
        (calendar,) = parse(text.strip().encode(), _("Le fuseau horaire"))
    except (BadCalendar, ValueError) as error:
        raise _no_zone() from error
    if [child.name for child in calendar.children] != ["VTIMEZONE"]:
        raise _no_zone()


def _no_zone() -> BadQuery:
    return BadQuery(
        _("Le fuseau horaire de cette recherche est illisible. Mettez l'application à jour, ou changez son fuseau."),
        "valid-calendar-data",
    )


def _invalid(problem: str) -> BadQuery:
    return BadQuery(
        _(
            "Le filtre de cette recherche n'est pas valable : {problem}. Mettez l'application à jour, ou signalez-le à "
            "qui l'a faite."
        ).format(problem=problem),
        "valid-filter",
    )
