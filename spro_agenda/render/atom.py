"""What changed of late, as an Atom feed (RFC 4287): for whoever has its address, so without anybody's address in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree as ET

from spro_agenda.clashes import where
from spro_agenda.digest import Change, What
from spro_agenda.digest.digest import was_words
from spro_agenda.i18n import LOCALE, _, unbroken
from spro_agenda.ical.contacts import without_contacts
from spro_agenda.mail import NAME

CONTENT_TYPE = "application/atom+xml; charset=utf-8"
NAMESPACE = "http://www.w3.org/2005/Atom"
_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML has (XML 1.0 section 2.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a feed says of itself: its title, its own address, that of the agenda's pages, what it is known by for ever
    (any text), and since when it is (aware) what it is where nothing has changed."""

    title: str
    address: str
    pages: str
    known_by: str
    since: datetime


def render(changes: Sequence[Change], head: Head) -> bytes:
    """A feed of changes, the last first. An entry keeps its id as long as it is of the same event and day."""
    feed = ET.Element("feed", {"xmlns": NAMESPACE, "xml:lang": LOCALE})
    _add(feed, "id", uuid5(NAMESPACE_URL, f"spro-agenda:{head.known_by}").urn)
    _add(feed, "title", head.title)
    _add(feed, "updated", _moment(max((change.at for change in changes), default=head.since)))
    _add(ET.SubElement(feed, "author"), "name", NAME)
    ET.SubElement(feed, "link", rel="self", type="application/atom+xml", href=head.address)
    ET.SubElement(feed, "link", rel="alternate", type="text/html", href=head.pages)
    for change in changes:
        _add_entry(feed, change, head)
    ET.indent(feed)
    written: bytes = ET.tostring(feed, "utf-8", xml_declaration=True)
    return written + b"\n"


def _add_entry(feed: ET.Element, change: Change, head: Head) -> None:
    entry = ET.SubElement(feed, "entry")
    name = f"spro-agenda:{head.known_by}:{change.key.id}:{change.written_on.isoformat()}"
    _add(entry, "id", uuid5(NAMESPACE_URL, name).urn)
    _add(entry, "title", _title(change))
    _add(entry, "updated", _moment(change.at))
    ET.SubElement(entry, "category", term=change.what.value, label=_WORDS[change.what])
    ET.SubElement(entry, "link", rel="alternate", type="text/html", href=head.pages)
    content = _add(entry, "content", "\n".join(_lines(change)))
    content.set("type", "text")


def _title(change: Change) -> str:
    """« Déplacée : Atelier CV (28 Dreux) »."""
    return _("{what} : {title} ({where})").format(
        what=_WORDS[change.what], title=change.event.title or _("(sans titre)"), where=where(change.event)
    )


def _lines(change: Change) -> Iterator[str]:
    yield change.now
    if change.was:
        yield was_words(change)
    yield from change.notes


def _add(parent: ET.Element, name: str, text: str) -> ET.Element:
    element = ET.SubElement(parent, name)
    element.text = _UNWRITABLE.sub("\ufffd", without_contacts(unbroken(text)))
    return element


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


_WORDS = {
    What.NEW: _("Nouvelle"),
    What.DATED: _("Enfin datée"),
    What.MOVED: _("Déplacée"),
    What.CANCELLED: _("Annulée"),
    What.BACK: _("Rétablie"),
}
