"""From the filters of a calendar-query as Radicale hands them on (RFC 4791 section 9.7) to those of the store."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from spro_agenda.store import EVER, CompFilter, ParamFilter, PropFilter, Range, TextMatch
from spro_agenda.store.ranges import moment

_CALDAV = "{urn:ietf:params:xml:ns:caldav}"


def filters_of(element: ET.Element) -> list[CompFilter]:
    """The filters within a C:filter. Raises ValueError, which Radicale answers with 400, for what is none."""
    return [_comp_filter(each) for each in element]


def _comp_filter(element: ET.Element) -> CompFilter:
    _check(element, "comp-filter", "is-not-defined", "time-range", "prop-filter", "comp-filter")
    return CompFilter(
        name=_name(element),
        absent=_is_absent(element),
        during=_range(element),
        props=tuple(map(_prop_filter, element.iterfind(f"{_CALDAV}prop-filter"))),
        comps=tuple(map(_comp_filter, element.iterfind(f"{_CALDAV}comp-filter"))),
    )


def _prop_filter(element: ET.Element) -> PropFilter:
    _check(element, "prop-filter", "is-not-defined", "time-range", "text-match", "param-filter")
    return PropFilter(
        name=_name(element),
        absent=_is_absent(element),
        during=_range(element),
        text=_text_match(element),
        params=tuple(map(_param_filter, element.iterfind(f"{_CALDAV}param-filter"))),
    )


def _param_filter(element: ET.Element) -> ParamFilter:
    _check(element, "param-filter", "is-not-defined", "text-match")
    return ParamFilter(name=_name(element), absent=_is_absent(element), text=_text_match(element))


def _text_match(element: ET.Element) -> TextMatch | None:
    found = element.find(f"{_CALDAV}text-match")
    if found is None:
        return None
    return TextMatch(
        text="".join(found.itertext()),
        exact=found.get("collation") == "i;octet",
        negated=found.get("negate-condition") == "yes",
    )


def _range(element: ET.Element) -> Range | None:
    """A time range, either end of which may be open."""
    found = element.find(f"{_CALDAV}time-range")
    if found is None:
        return None
    start, end = found.get("start"), found.get("end")
    return Range(
        start=EVER[0] if start is None else moment(start),
        end=EVER[1] if end is None else moment(end),
    )


def _is_absent(element: ET.Element) -> bool:
    return element.find(f"{_CALDAV}is-not-defined") is not None


def _name(element: ET.Element) -> str:
    return element.get("name", "").upper()


def _check(element: ET.Element, name: str, *children: str) -> None:
    allowed = {f"{_CALDAV}{each}" for each in children}
    if element.tag != f"{_CALDAV}{name}" or not allowed.issuperset(child.tag for child in element):
        raise ValueError(f"no {name}: {ET.tostring(element, 'unicode')}")
