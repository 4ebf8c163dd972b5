"""An entry of the agenda -> its part of a subscription feed: what may be read by whoever has the link.

Of its properties, those alone that a subscriber needs. Nobody is named by an address or a number, and a line of a
description that begins with « Privé : » or the like stays with the networks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from urllib.parse import unquote

from spro_agenda.ical.contacts import has_contacts, without_contacts
from spro_agenda.ical.lines import Component, Line
from spro_agenda.ical.own import CLASH, EDTF, NETWORK, NOTE, TITLE, UID, WINDOW, WORDS
from spro_agenda.ical.read import unescaped
from spro_agenda.ical.righting import texts_line, texts_of
from spro_agenda.ical.write import Piece, Rewrite, piece_of, put_together, raw_line, text_line
from spro_agenda.ical.zones import Zones
from spro_agenda.region.words import normalise

REFRESH = "PT1H"
"""How often readers that ask are told to come again (RFC 7986 section 5.7): what is put off today is told today."""

_TIMES = frozenset(
    (
        *("DTSTART", "DTEND", "DUE", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"),
        *("DTSTAMP", "CREATED", "LAST-MODIFIED", "COMPLETED"),
    )
)
_PLAIN = frozenset(
    (
        *("UID", "STATUS", "TRANSP", "SEQUENCE", "COLOR", "GEO", "PERCENT-COMPLETE", "PRIORITY"),
        *(NETWORK, UID, WINDOW, EDTF),
    )
)
_NAMES = frozenset({"UID", UID})
"""What an event is known by, everywhere: it stays what it is."""
_TEXTS = frozenset({"SUMMARY", "LOCATION", "CATEGORIES", TITLE, WORDS})
_LABEL = re.compile(r"\s*[-–•*]*\s*(?:\[([^\]]{1,40})\]|([^:：]{1,40})[:：])")
_PRIVATE = frozenset(
    {"prive", "privee", "prives", "privees", "interne", "internes"} | {"confidentiel", "confidentielle"}
)
_FOR_FEW = frozenset({"contact", "contacts", "tel", "telephone", "telephones"}) | frozenset(
    {"mail", "mails", "mel", "courriel", "courriels", "email", "emails"}
)
_NOT_TO_SHARE = ["ne", "pas", "diffuser"]
"""What stands before the colon of a line that is not for everybody."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a feed tells beside titles, dates and places."""

    descriptions: bool = False
    clashes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a feed says of itself; `source` is its own address."""

    name: str
    description: str
    colour: str
    time_zone: str
    source: str


def piece(body: bytes, wanted: Wanted) -> Piece:
    """The part of an entry of the agenda, which is a text that the store keeps there."""
    return piece_of(body, partial(_plan, wanted))


def feed(header: Header, pieces: Iterable[Piece]) -> bytes:
    """The feed of some parts."""
    return put_together(_lines(header), pieces, header.time_zone)


def _plan(wanted: Wanted, held: list[Component], zones: Zones) -> Iterator[tuple[Component, Rewrite]]:
    for component in held:
        every = frozenset(line.name for line in component.lines)
        kept = (line for each in component.lines for line in _kept(zones.renamed(each), wanted))
        yield component, Rewrite(dropped=every - _TIMES, added=tuple(kept), inner=False, plain=True)


def _kept(line: Line, wanted: Wanted) -> Iterator[Line]:
    """What is told of a property; its times are written as they stand."""
    if line.name in _PLAIN or (line.name == CLASH and wanted.clashes):
        if line.name in _NAMES or not has_contacts(line.value):
            yield raw_line(line.name, line.value)
    elif line.name in _TEXTS:
        # As people read it: a number right behind « \n » would else look like a part of a word.
        yield texts_line(line.name, map(without_contacts, texts_of(line.value)))
    elif line.name == "URL" and not has_contacts(unquote(line.value)):
        yield raw_line("URL", line.value)
    elif line.name == "DESCRIPTION" and (said := _description(unescaped(line.value), wanted)):
        yield text_line("DESCRIPTION", said)


def _description(text: str, wanted: Wanted) -> str:
    entered, _note, note = text.partition(NOTE)
    told = [line for line in entered.split("\n") if wanted.descriptions and not _is_private(line)]
    noted = [line for line in note.strip().split("\n") if wanted.clashes or wanted.descriptions]
    return without_contacts("\n".join([*told, *noted])).strip()


def _is_private(line: str) -> bool:
    """Whether what stands before a colon, or in a bracket that opens the line, keeps it from everybody."""
    label = _LABEL.match(line)
    words = normalise(label[1] or label[2]).split() if label else []
    return bool(words) and (words[0] in _FOR_FEW or not _PRIVATE.isdisjoint(words) or words[:3] == _NOT_TO_SHARE)


def _lines(header: Header) -> list[Line]:
    """RFC 7986 section 5, and what applications asked for before there was one."""
    return [
        raw_line("METHOD", "PUBLISH"),
        text_line("NAME", header.name),
        text_line("X-WR-CALNAME", header.name),
        text_line("DESCRIPTION", header.description),
        text_line("X-WR-CALDESC", header.description),
        raw_line("X-WR-TIMEZONE", header.time_zone),
        raw_line("REFRESH-INTERVAL", REFRESH, ";VALUE=DURATION"),
        raw_line("X-PUBLISHED-TTL", REFRESH),
        raw_line("COLOR", header.colour),
        *([raw_line("SOURCE", header.source, ";VALUE=URI")] if header.source else []),
    ]
