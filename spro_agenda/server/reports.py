"""What a REPORT asks of times, read before Radicale does: the storage answers it from its own occurrences.

Radicale would expand series with vobject, which ignores THISANDFUTURE and drops the periods of RDATE.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from spro_agenda.errors import BadInput
from spro_agenda.i18n import _

_CALDAV = "{urn:ietf:params:xml:ns:caldav}"
_FREE_BUSY, _EXPAND, _DATA, _RANGE = (
    f"{_CALDAV}{name}" for name in ("free-busy-query", "expand", "calendar-data", "time-range")
)
_SYNC, _PROP, _ALL = "{DAV:}sync-collection", "{DAV:}prop", "{DAV:}allprop"
_LEAST: tuple[str, ...] = ("{DAV:}getetag",)
_EVERY: tuple[str, ...] = (*_LEAST, "{DAV:}getcontenttype")
"""All that a report tells of an object; its text must be asked for (RFC 4791 section 5.3.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`body` is what is left for Radicale; `expand` is `[start, end)` in epoch seconds."""

    body: bytes
    expand: tuple[int, int] | None = None
    free_busy: bool = False


def read_report(body: bytes) -> Report:
    """What a REPORT's body asks. Raises BadInput for an expansion or a query without a range that makes sense.

    What is no XML is left for Radicale to refuse.
    """
    if not any(each in body for each in (b"expand", b"free-busy-query", b"allprop", b"sync-collection")):
        return Report(body=body)
    try:
        root = ET.fromstring(body)
    except ET.ParseError:
        return Report(body=body)
    if root.tag == _FREE_BUSY:
        _range(root.find(_RANGE))
        return Report(body=body, free_busy=True)
    named = _name_properties(root)
    for data in root.iter(_DATA):
        expand = data.find(_EXPAND)
        if expand is not None:
            asked = _range(expand)
            data.remove(expand)
            # A change must be told wherever it stands in time: RFC 6578 knows of no expansion.
            return Report(body=ET.tostring(root), expand=None if root.tag == _SYNC else asked)
    return Report(body=ET.tostring(root) if named else body)


def _name_properties(root: ET.Element) -> bool:
    """Name properties where a report asks for all of them, or a synchronisation for none: Radicale then tells nothing
    of an object, not even that it is there. Whether it did."""
    every, prop = root.find(_ALL), root.find(_PROP)
    if every is not None:
        root.remove(every)
        wanted, prop = _EVERY, ET.SubElement(root, _PROP) if prop is None else prop
    elif root.tag == _SYNC and prop is not None and len(prop) == 0:
        wanted = _LEAST
    else:
        return False
    for name in wanted:
        ET.SubElement(prop, name)
    return True


def _range(element: ET.Element | None) -> tuple[int, int]:
    """The range of an element: RFC 4791 sections 9.6.5 and 9.9 want both ends, in UTC, the second after the first."""
    given = {} if element is None else element.attrib
    try:
        start, end = _moment(given.get("start", "")), _moment(given.get("end", ""))
    except ValueError as error:
        raise _bad() from error
    if end <= start:
        raise _bad()
    return start, end


def _moment(text: str) -> int:
    return int(datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp())


def _bad() -> BadInput:
    return BadInput(
        _("La période demandée n'a pas de début et de fin qui se suivent, en UTC (20211007T120000Z). Corrigez-la.")
    )
