"""What a REPORT asks of times, read before Radicale does: the storage answers it from its own occurrences.

Radicale would expand series with vobject, which ignores THISANDFUTURE and drops the periods of RDATE.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from spro_agenda.errors import BadInput
from spro_agenda.i18n import _
from spro_agenda.server.names import ALLPROP, DATA, ETAG, EXPAND, FREE_BUSY, PROP, RANGE, SYNC, TYPE

_LEAST: tuple[str, ...] = (ETAG,)
_EVERY: tuple[str, ...] = (*_LEAST, TYPE)
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
    if root.tag == FREE_BUSY:
        _range(root.find(RANGE))
        return Report(body=body, free_busy=True)
    named = _name_properties(root)
    for data in root.iter(DATA):
        expand = data.find(EXPAND)
        if expand is not None:
            asked = _range(expand)
            data.remove(expand)
            # A change must be told wherever it stands in time: RFC 6578 knows of no expansion.
            return Report(body=ET.tostring(root), expand=None if root.tag == SYNC else asked)
    return Report(body=ET.tostring(root) if named else body)


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
