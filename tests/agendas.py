"""Agendas for tests: the seed calendars, and small ones made of a few lines of iCalendar."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from spro_agenda.agenda import Agenda, Filters, build
from spro_agenda.ical.split import read_file
from spro_agenda.region.entry import Entry, entry_of
from spro_agenda.region.load import load_region
from spro_agenda.region.records import Region
from spro_agenda.sources import FolderSource, Gathered, gather

ROOT = Path(__file__).parent.parent
CALENDARS = ROOT / "calendars"
YEAR = Filters(first=date(2021, 1, 1), last=date(2021, 12, 31))


def region() -> Region:
    """The region of the checkout."""
    return load_region(CALENDARS / "region.toml")


def seed_agenda(filters: Filters = YEAR) -> Agenda:
    """The agenda of the seed calendars."""
    here = region()
    return build(gather([FolderSource(CALENDARS)], here, filters.first, filters.last), here, filters)


def calendar(*events: str) -> bytes:
    """A VCALENDAR of components, each written as its lines without BEGIN and END; VEVENT unless it says VTODO first."""
    return "\r\n".join(
        ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tests//FR", *map(component, events), "END:VCALENDAR", ""]
    ).encode()


def component(lines: str) -> str:
    """One component from its lines; leading spaces go."""
    stripped = [line.strip() for line in lines.strip().splitlines()]
    name = stripped.pop(0) if stripped[0] == "VTODO" else "VEVENT"
    return "\r\n".join([f"BEGIN:{name}", *stripped, f"END:{name}"])


def split(data: bytes, where: str) -> list[bytes]:
    """The texts of a file's objects. Raises BadCalendar where one is at fault."""
    content = read_file(data, where)
    for fault in content.faults:
        raise fault
    return [obj.body for obj in content.objects]


def entries(network: str, *events: str) -> list[Entry]:
    """The entries of a calendar of a network."""
    content = read_file(calendar(*events), f"{network}.ics")
    assert not content.faults
    return [entry_of(obj, network, region()) for obj in content.objects]


def agenda_of(found: Iterable[Entry], filters: Filters = YEAR) -> Agenda:
    """The agenda of some entries."""
    return build(Gathered(tuple(found), ()), region(), filters)
