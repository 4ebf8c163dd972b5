"""What somebody thinks of entering -> the event that it would be, read by the rules for what people type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from spro_agenda.i18n import _
from spro_agenda.ical.write import PRODID, fold, raw_line, text_line
from spro_agenda.model import Event
from spro_agenda.region.entry import read_entry
from spro_agenda.region.records import Region

UID = "spro-agenda-draft"
"""Of an event that nobody has entered yet."""
_UNTITLED = "…"
"""A bracket opens a title only where one follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is known of it, in the words that people type; "" and nothing where it is not."""

    title: str = ""
    site: str = ""
    place: str = ""
    speakers: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()
    publics: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    scope: str = ""
    open_to: str = ""


def event_of(draft: Draft, network: str, region: Region) -> Event:
    """The event of that network that a draft would be; its times are still to be said. Raises BadCalendar."""
    entry = read_entry(b"".join(map(fold, _lines(draft))), network, region, _("ce qui est demandé"))
    return entry.lead if draft.title else replace(entry.lead, title="")


def _lines(draft: Draft) -> Iterator[str]:
    title = draft.title or _UNTITLED
    yield from ("BEGIN:VCALENDAR", raw_line("VERSION", "2.0").text, raw_line("PRODID", PRODID).text, "BEGIN:VEVENT")
    yield raw_line("UID", UID).text
    # Any hour: a title's bracket is a vague date only on an event without one.
    yield raw_line("DTSTART", "20210101T090000Z").text
    yield _text("SUMMARY", f"[{draft.site}] {title}" if draft.site else title)
    yield _text("LOCATION", draft.place)
    yield _text("DESCRIPTION", "\n".join(_fields(draft)))
    yield from ("END:VEVENT", "END:VCALENDAR")


def _text(name: str, value: str) -> str:
    """What a terminal of another encoding gives cannot be written as it is."""
    return text_line(name, value.encode(errors="replace").decode()).text


def _fields(draft: Draft) -> Iterator[str]:
    """The lines of a description that mean something."""
    for label, values in (
        ("Intervenant", draft.speakers),
        ("Partenaire", draft.partners),
        ("Public", draft.publics),
        ("Thème", draft.themes),
        ("Portée", (draft.scope,)),
        ("Ouvert à", (draft.open_to,)),
    ):
        yield from (f"{label} : {' '.join(value.split())}" for value in values if value.strip())
