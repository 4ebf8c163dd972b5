"""What a REPORT asks, read before Radicale does.

The storage answers times from its own occurrences: Radicale would expand series with vobject, which ignores
THISANDFUTURE and drops the periods of RDATE; and it would tell all that changed to whoever asks for some of it. What
makes no sense is refused, where Radicale passes over it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlparse
from xml.etree import ElementTree as ET

from radicale.pathutils import sanitize_path

from spro_agenda.errors import BadInput, TooManyNames
from spro_agenda.i18n import _
from spro_agenda.ical.excerpt import Excerpt
from spro_agenda.server import principals
from spro_agenda.server.addresses import in_home_of
from spro_agenda.server.filters import check_data, check_query
from spro_agenda.server.names import (
    ALLPROP,
    COMP,
    DATA,
    DAV,
    ETAG,
    EVERY_COMPONENT,
    EVERY_PROPERTY,
    EXPAND,
    FILTER,
    FREE_BUSY,
    HREF,
    LIMIT,
    MULTIGET,
    NAMED,
    PROP,
    QUERY,
    RANGE,
    SYNC,
    TYPE,
)
from spro_agenda.server.properties import check_few
from spro_agenda.store.ranges import moment

REPORTS = frozenset({QUERY, MULTIGET, FREE_BUSY, SYNC}) | {
    f"{{{DAV}}}{name}" for name in ("expand-property", "principal-search-property-set", "principal-property-search")
}
"""What is answered. The last three with nothing: InfCloud asks for them unasked, and stops where they are refused."""

MOST_NAMED = 20_000
"""Events that one multiget names: 10,000 take a second and a half."""

_LEAST: tuple[str, ...] = (ETAG,)
_EVERY: tuple[str, ...] = (*_LEAST, TYPE)
"""All that a report tells of an object; its text must be asked for (RFC 4791 section 5.3.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a report is asked: the path of a request, what a proxy puts before it, and the homes of whoever asks."""

    path: str
    prefix: str
    homes: Collection[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`body` is what is left for Radicale, `root` the same as XML (`None` where it is none); `expand` is `[start, end)`
    in epoch seconds, `excerpt` what of each text is wanted, `most` how many changes are asked for, `search` which
    people are looked for; `asked` has, by the addresses that Radicale will answer with, those that the client wrote."""

    body: bytes
    root: ET.Element | None = None
    expand: tuple[int, int] | None = None
    excerpt: Excerpt | None = None
    free_busy: bool = False
    asked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    most: int | None = None
    search: principals.Search | None = None


def read_report(body: bytes, place: Place) -> Report:
    """What a REPORT's body asks. Raises BadInput for what makes no sense.

    What is no XML is left for Radicale to refuse.
    """
    if not body:
        raise BadInput(_("La demande est vide. Mettez l'application à jour, ou signalez-le à qui l'a faite."))
    try:
        root = ET.fromstring(body)
    except ET.ParseError:
        return Report(body=body)
    check_few(root)
    search = principals.search_of(root)
    if search is not None:
        return Report(body=body, root=root, search=search)
    if root.tag == FREE_BUSY:
        _range(root.find(RANGE))
        return Report(body=body, root=root, free_busy=True)
    if root.tag == QUERY:
        check_query(root)
    check_data(root)
    asked: dict[str, tuple[str, ...]] = {}
    # Each changes the question: none is to be left out.
    changes = [
        root.tag == MULTIGET and _to_home(root, place, asked),
        _leave_filters(root),
        _name_properties(root),
    ]
    expand = _take_expand(root)
    if expand or any(changes):
        body = ET.tostring(root)
    # A change must be told wherever it stands in time: RFC 6578 knows of no expansion.
    expand = None if root.tag == SYNC else expand
    return Report(body=body, root=root, expand=expand, excerpt=_excerpt(root), asked=asked, most=_limit(root))


def _take_expand(root: ET.Element) -> tuple[int, int] | None:
    for data in root.iter(DATA):
        expand = data.find(EXPAND)
        if expand is not None:
            data.remove(expand)
            return _range(expand)
    return None


def _excerpt(root: ET.Element) -> Excerpt | None:
    """What of each text is wanted (RFC 4791 section 9.6), where that is not all of it."""
    wanted = next((comp for data in root.iter(DATA) for comp in data.iterfind(COMP)), None)
    return None if wanted is None else _excerpt_of(wanted)


def _excerpt_of(comp: ET.Element) -> Excerpt:
    name = comp.get("name", "").upper()
    if len(comp) == 0:
        # As the example of section 7.8.1 has it: of a component of which nothing is said, all is wanted.
        return Excerpt(name=name)
    properties = {each.get("name", "").upper(): each.get("novalue") == "yes" for each in comp.iterfind(NAMED)}
    components = tuple(map(_excerpt_of, comp.iterfind(COMP)))
    return Excerpt(
        name=name,
        properties=properties if comp.find(EVERY_PROPERTY) is None else None,
        components=components if comp.find(EVERY_COMPONENT) is None else None,
    )


def _leave_filters(root: ET.Element) -> bool:
    """Only a query has a filter; elsewhere it is an element like any that nobody knows (RFC 4918 section 17). Whether
    there was one."""
    found = [] if root.tag == QUERY else root.findall(FILTER)
    for each in found:
        root.remove(each)
    return bool(found)


def _to_home(root: ET.Element, place: Place, asked: dict[str, tuple[str, ...]]) -> bool:
    """Put the addresses that a multiget names in the home of its request: Radicale takes two addresses of one calendar
    for two calendars. Whether it changed any; `asked` gets what Report has, where that is not what was asked."""
    hrefs = root.findall(HREF)
    if len(hrefs) > MOST_NAMED:
        raise TooManyNames(
            _("Cette demande nomme plus de {most} événements. Demandez-les en plusieurs fois.").format(most=MOST_NAMED)
        )
    changed, written = False, defaultdict[str, list[str]](list)
    for element in hrefs:
        given = (element.text or "").strip()
        if not given:
            root.remove(element)
            changed = True
            continue
        try:
            element.text = in_home_of(place.path, given, place.prefix, place.homes)
            address = quote(sanitize_path(unquote(urlparse(element.text).path)))
        except ValueError as error:
            raise BadInput(
                _("« {given} » n'est pas l'adresse d'un événement. Corrigez-la.").format(given=given)
            ) from error
        changed |= element.text != given
        written[address].append(given)
    if changed:
        asked.update({address: tuple(dict.fromkeys(each)) for address, each in written.items()})
    return changed


def _name_properties(root: ET.Element) -> bool:
    """Name properties where a report asks for all of them, or a synchronisation for none: Radicale then tells nothing
    of an object, not even that it is there. Whether it did."""
    every, prop = root.find(ALLPROP), root.find(PROP)
    if every is not None:
        root.remove(every)
        wanted, prop = _EVERY, ET.SubElement(root, PROP) if prop is None else prop
    elif root.tag == SYNC and prop is not None and len(prop) == 0:
        wanted = _LEAST
    else:
        return False
    for name in wanted:
        ET.SubElement(prop, name)
    return True


def _limit(root: ET.Element) -> int | None:
    """How many changes a synchronisation wants at most (RFC 6578 section 3.7)."""
    given = root.findtext(LIMIT) if root.tag == SYNC else None
    if given is None:
        return None
    if not _NUMBER.fullmatch(given.strip()):
        raise BadInput(_("Le nombre de changements demandés (DAV:nresults) n'est pas un nombre. Corrigez-le."))
    return int(given)


_NUMBER = re.compile("0*[1-9][0-9]{0,9}")


def _range(element: ET.Element | None) -> tuple[int, int]:
    """The range of an element: RFC 4791 sections 9.6.5 and 9.9 want both ends, in UTC, the second after the first."""
    given = {} if element is None else element.attrib
    try:
        start, end = moment(given.get("start", "")), moment(given.get("end", ""))
    except ValueError as error:
        raise _bad() from error
    if end <= start:
        raise _bad()
    return start, end


def _bad() -> BadInput:
    return BadInput(
        _("La période demandée n'a pas de début et de fin qui se suivent, en UTC (20211007T120000Z). Corrigez-la.")
    )
