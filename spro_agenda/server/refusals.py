"""What a refusal looks like: a sentence in plain text, or, where a protocol has a name for it, that name and the
sentence in XML (RFC 4918 section 16), for clients and people each."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from spro_agenda.errors import BadQuery, SproError, UidConflict
from spro_agenda.server.names import CALDAV, COMP_FILTER, DESCRIPTION, ERROR, HREF

PLAIN, XML = "text/plain; charset=utf-8", "application/xml; charset=utf-8"

TOO_LARGE = "max-resource-size"
"""The precondition of an object that is too large, which is refused before it is anything else."""


def condition_of(error: SproError) -> ET.Element | None:
    """The precondition that an error is of, as an element with what there is to tell of it."""
    if not error.precondition:
        return None
    condition = named(error.precondition)
    if isinstance(error, UidConflict) and error.href:
        ET.SubElement(condition, HREF).text = error.href
    if isinstance(error, BadQuery) and error.unsupported:
        ET.SubElement(condition, COMP_FILTER, name=error.unsupported)
    return condition


def named(precondition: str) -> ET.Element:
    """A precondition by its name, CalDAV's unless that says another namespace."""
    return ET.Element(precondition if precondition.startswith("{") else f"{{{CALDAV}}}{precondition}")


def written(sentence: str, condition: ET.Element | None) -> tuple[str, bytes]:
    """The content type and the body of a refusal."""
    if condition is None:
        return PLAIN, f"{sentence}\n".encode()
    error = ET.Element(ERROR)
    error.append(condition)
    ET.SubElement(error, DESCRIPTION).text = sentence
    return XML, ET.tostring(error, "utf-8", xml_declaration=True)
