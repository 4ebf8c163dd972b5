"""Properties of calendars, asked and set (RFC 4918 sections 9.1 and 9.2), as far as Radicale fails at them.

It stumbles over a property without namespace, tells nothing of what a calendar holds and how texts are compared, and
lets clients set what a server alone knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote
from xml.etree import ElementTree as ET

from spro_agenda.errors import BadInput, TooManyConditions
from spro_agenda.i18n import _
from spro_agenda.ical.zones import YEARS
from spro_agenda.server.filters import COLLATIONS, CONTENT_TYPE, VERSION
from spro_agenda.server.names import (
    ALLPROP,
    CALDAV,
    DAV,
    ERROR,
    HREF,
    MULTISTATUS,
    PROP,
    PROPFIND,
    PROPNAME,
    PROPSTAT,
    REMOVE,
    RESPONSE,
    SET,
    STATUS,
    UPDATE,
)

_NAMELESS = "urn:spro-agenda:sans-espace-de-noms"
"""The namespace that Radicale knows a property by which has none."""

_OK, _NOT_FOUND, _FORBIDDEN, _FAILED = (
    f"HTTP/1.1 {said}" for said in ("200 OK", "404 Not Found", "403 Forbidden", "424 Failed Dependency")
)

_DATA, _COLLATIONS, _FIRST, _LAST = (
    f"{{{CALDAV}}}{name}"
    for name in ("supported-calendar-data", "supported-collation-set", "min-date-time", "max-date-time")
)
_ADDED = frozenset({_DATA, _COLLATIONS, _FIRST, _LAST})
"""What calendars tell besides what Radicale knows (RFC 4791 sections 5.2 and 7.5.1)."""

FIRST_MOMENT, LAST_MOMENT = f"{YEARS[0]}0101T000000Z", f"{YEARS[-1]}1231T235959Z"

_OF_DAV = """
    acl acl-restrictions creationdate current-user-principal current-user-privilege-set getcontentlength getcontenttype
    getetag getlastmodified group inherited-acl-set lockdiscovery owner principal-URL principal-collection-set
    quota-available-bytes quota-used-bytes resourcetype supported-privilege-set supported-report-set supportedlock
    sync-token
"""
_OF_CALDAV = """
    calendar-data calendar-home-set calendar-user-address-set max-attendees-per-instance max-date-time max-instances
    max-resource-size min-date-time supported-calendar-component-set supported-calendar-data supported-collation-set
"""
_PROTECTED = frozenset(
    {
        "{http://calendarserver.org/ns/}getctag",
        *(f"{{{DAV}}}{name}" for name in _OF_DAV.split()),
        *(f"{{{CALDAV}}}{name}" for name in _OF_CALDAV.split()),
    }
)
"""What the server alone says of a calendar (RFC 4918 section 15, RFC 4791 section 5.2)."""


MOST_ASKED = 500
"""Properties that are asked of each object, with what of its text is: an answer names them anew in each row."""


def check_few(root: ET.Element) -> None:
    """Raise TooManyConditions for a question after more properties than any application knows."""
    if sum(len(list(prop.iter())) - 1 for prop in root.findall(PROP)) > MOST_ASKED:
        raise TooManyConditions(
            _("Cette demande nomme plus de {most} propriétés. Demandez-en moins à la fois.").format(most=MOST_ASKED)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A PROPFIND: what is left for Radicale, as bytes and as XML (`None` where it is none), and whether the answer
    must be seen to."""

    body: bytes
    root: ET.Element | None = None
    adds: bool = False


def read_propfind(body: bytes) -> Asked:
    """Raises BadInput for a body that asks for nothing (RFC 4918 section 14.20), or for too much. No body asks for all;
    what is no XML is left for Radicale to refuse."""
    root = _xml(body)
    if root is None:
        return Asked(body=body)
    what = next((child for child in root if child.tag in (PROP, ALLPROP, PROPNAME)), None)
    if root.tag != PROPFIND or what is None:
        raise _not_asked()
    check_few(root)
    moved = what is not root[0]
    if moved:
        # Radicale looks at the first element only.
        root[:] = [what]
    renamed = what.tag == PROP and _give_namespace(what)
    adds = what.tag == PROP and not _ADDED.isdisjoint(each.tag for each in what)
    return Asked(body=ET.tostring(root) if moved or renamed else body, root=root, adds=adds)


def told(answer: bytes, asked: Asked, prefix: str) -> bytes:
    """Radicale's answer to a PROPFIND, with what it does not know of calendars."""
    if not asked.adds and _NAMELESS.encode() not in answer:
        return answer
    root = ET.fromstring(answer)
    if asked.adds:
        for response in root.iter(RESPONSE):
            if _is_calendar(response.findtext(HREF) or "", prefix):
                _add(response)
    return _written(root)


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """A PROPPATCH: what is left for Radicale, the properties that it names, and those of them that nobody may set."""

    body: bytes
    names: tuple[str, ...]
    refused: frozenset[str]


def read_proppatch(body: bytes) -> Update | None:
    """What a PROPPATCH sets; `None` for what is no XML. Raises BadInput for another XML (RFC 4918 section 14.19)."""
    if not body:
        raise _not_asked()
    root = _xml(body)
    if root is None:
        return None
    if root.tag != UPDATE:
        raise _not_asked()
    props = [prop for each in root if each.tag in (SET, REMOVE) for prop in each.findall(PROP)]
    names = tuple(dict.fromkeys(each.tag for prop in props for each in prop))
    if not names:
        raise _not_asked()
    renamed = [prop for prop in props if _give_namespace(prop)]
    return Update(body=ET.tostring(root) if renamed else body, names=names, refused=_PROTECTED.intersection(names))


def read_made(body: bytes) -> bytes:
    """What is left for Radicale of the properties of a new calendar. Raises BadInput for components without name; what
    is no XML is left for Radicale to refuse."""
    root = _xml(body)
    if root is None:
        return body
    if any(not component.get("name") for component in root.iter(f"{{{CALDAV}}}comp")):
        raise _not_asked()
    renamed = [prop for prop in root.iter(PROP) if _give_namespace(prop)]
    return ET.tostring(root) if renamed else body


def refused(update: Update, path: str, prefix: str) -> bytes:
    """The answer to a PROPPATCH that sets what nobody may set: all or nothing (RFC 4918 section 9.2)."""
    root = ET.Element(MULTISTATUS)
    response = ET.SubElement(root, RESPONSE)
    ET.SubElement(response, HREF).text = quote(prefix + path)
    forbidden = _propstat(response, _FORBIDDEN, (name for name in update.names if name in update.refused))
    ET.SubElement(ET.SubElement(forbidden, ERROR), f"{{{DAV}}}cannot-modify-protected-property")
    others = [name for name in update.names if name not in update.refused]
    if others:
        _propstat(response, _FAILED, others)
    return _written(root)


def set_(answer: bytes) -> bytes:
    """Radicale's answer to a PROPPATCH, with the names that the client gave."""
    return _written(ET.fromstring(answer)) if _NAMELESS.encode() in answer else answer


def _xml(body: bytes) -> ET.Element | None:
    try:
        return ET.fromstring(body) if body else None
    except ET.ParseError:
        return None


def _not_asked() -> BadInput:
    return BadInput(
        _("La demande ne nomme aucune propriété. Mettez l'application à jour, ou signalez-le à qui l'a faite.")
    )


def _give_namespace(prop: ET.Element) -> bool:
    """Put the properties that have no namespace in one. Whether there were any."""
    nameless = [each for each in prop if "}" not in each.tag]
    for each in nameless:
        each.tag = f"{{{_NAMELESS}}}{each.tag}"
    return bool(nameless)


def _is_calendar(href: str, prefix: str) -> bool:
    return href.endswith("/") and href.removeprefix(quote(prefix)).strip("/").count("/") == 1


def _add(response: ET.Element) -> None:
    """Move the properties that we know from what is missing to what is there."""
    for missing in [each for each in response.findall(PROPSTAT) if each.findtext(STATUS) == _NOT_FOUND]:
        prop = missing.find(PROP)
        assert prop is not None, "a propstat has a prop (RFC 4918 section 14.22)"
        for known in [each for each in prop if each.tag in _ADDED]:
            prop.remove(known)
            _there(response).append(_value(known.tag))
        if not len(prop):
            response.remove(missing)


def _there(response: ET.Element) -> ET.Element:
    """The element of the properties that a resource has."""
    for each in response.findall(PROPSTAT):
        prop = each.find(PROP)
        if prop is not None and each.findtext(STATUS) == _OK:
            return prop
    return _propstat(response, _OK, ())[0]


def _value(name: str) -> ET.Element:
    element = ET.Element(name)
    if name == _DATA:
        ET.SubElement(element, f"{{{CALDAV}}}calendar-data", {"content-type": CONTENT_TYPE, "version": VERSION})
    elif name == _COLLATIONS:
        for collation in COLLATIONS:
            ET.SubElement(element, f"{{{CALDAV}}}supported-collation").text = collation
    else:
        element.text = FIRST_MOMENT if name == _FIRST else LAST_MOMENT
    return element


def _propstat(response: ET.Element, status: str, names: Iterable[str]) -> ET.Element:
    propstat = ET.SubElement(response, PROPSTAT)
    prop = ET.SubElement(propstat, PROP)
    for name in names:
        ET.SubElement(prop, name)
    ET.SubElement(propstat, STATUS).text = status
    return propstat


def _written(root: ET.Element) -> bytes:
    """An answer, in which what has no namespace says so: DAV's is the default one."""
    for element, name in list(_nameless(root)):
        element.tag = name
        element.set("xmlns", "")
    written: bytes = ET.tostring(root, "utf-8", xml_declaration=True)
    return written


def _nameless(root: ET.Element) -> Iterator[tuple[ET.Element, str]]:
    for element in root.iter():
        namespace, _brace, name = element.tag.removeprefix("{").rpartition("}")
        if namespace in ("", _NAMELESS):
            yield element, name
