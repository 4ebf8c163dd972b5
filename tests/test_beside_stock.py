"""The same requests, sent to stock Radicale 3.9 and to our server, are answered alike.

Both hold the same events. Each difference is in one of the lists below, with its reason; a difference that is not
listed fails, and so does a listed one that no longer shows.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from replaying import (
    HOME,
    Ask,
    comp,
    differences,
    multiget,
    name_of,
    propfind,
    query,
    report,
    sync,
    time_range,
    told,
    unexplained,
)
from serving import DAV, NAMESPACES, PASSWORD, ROOT, Answer, Server, copy_instance, event, free_port, running, serving

HARD = sorted((ROOT / "tests" / "ical").glob("*.ics"))

PROPERTIES = (
    *("D:displayname", "D:resourcetype", "D:getetag", "D:getcontenttype", "D:getlastmodified", "D:sync-token"),
    *("D:owner", "D:supported-report-set", "D:current-user-privilege-set", "D:current-user-principal"),
    *("CS:getctag", "C:calendar-home-set", "C:supported-calendar-component-set", "C:calendar-description"),
    *("ICAL:calendar-color", "ICAL:calendar-order", "C:max-resource-size", "D:quota-used-bytes", "C:calendar-timezone"),
    *("D:principal-collection-set", "D:principal-URL", "CS:getctag", "D:getcontentlength"),
)


@dataclass(frozen=True, slots=True)
class Pair:
    """Stock Radicale and our server, with the same calendar; `refused` are the events that only one of them takes."""

    stock: Server
    ours: Server
    refused: Mapping[str, tuple[int, int]]

    def both(self, ask: Ask) -> tuple[Answer, Answer]:
        return tuple(  # type: ignore[return-value]
            server.request(ask.method, ask.path, ask.sent, headers=ask.headers) for server in (self.stock, self.ours)
        )

    def differing(self, asks: Iterable[Ask]) -> Iterator[str]:
        for ask in asks:
            stock, ours = self.both(ask)
            yield from differences(ask.name, told(stock), told(ours))


STOCK = """
[server]
hosts = 127.0.0.1:{port}
[auth]
type = htpasswd
htpasswd_filename = {folder}/users
htpasswd_encryption = plain
delay = 0
delay_on_error = 0
[rights]
type = owner_only
[storage]
filesystem_folder = {folder}/collections
[web]
type = none
[logging]
level = error
"""


def stock_words(folder: Path, port: int) -> list[str]:
    folder.mkdir()
    (folder / "users").write_text(f"marie:{PASSWORD}\n")
    (folder / "config").write_text(STOCK.format(port=port, folder=folder))
    return [sys.executable, "-m", "radicale", "--config", str(folder / "config")]


@pytest.fixture(scope="module")
def pair(instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Both, with the calendar of the network 28 and the hard calendars that both take."""
    folder, port = tmp_path_factory.mktemp("beside") / "stock", free_port()
    home = copy_instance(instance, tmp_path_factory.mktemp("beside") / "home")
    with running(stock_words(folder, port), folder, port) as stock, serving(home) as ours:
        _make_calendar(stock, ours)
        refused = {}
        for name, body in _bodies(ours):
            statuses = (stock.put(HOME + name, body).status, ours.put(HOME + name, body).status)
            if any(status >= 300 for status in statuses):
                refused[name] = statuses
                for server in (stock, ours):
                    server.request("DELETE", HOME + name)
        yield Pair(stock, ours, refused)


def _make_calendar(stock: Server, ours: Server) -> None:
    """The calendar 28 on stock, with the properties that ours has."""
    names = ("D:displayname", "C:calendar-description", "ICAL:calendar-color", "ICAL:calendar-order")
    asked = ours.propfind(HOME, *names, "C:supported-calendar-component-set").xml
    held = "".join(ET.tostring(each, "unicode") for each in asked.iter(f"{DAV}prop") for each in each)
    body = f"<C:mkcalendar {NAMESPACES}><D:set><D:prop>{held}</D:prop></D:set></C:mkcalendar>"
    assert stock.request("MKCALENDAR", HOME, body.encode()).status == 201


def _bodies(ours: Server) -> Iterator[tuple[str, bytes]]:
    listed = ours.propfind(HOME, "D:getetag", depth=1).texts(f"{DAV}href")
    for href in listed:
        if href and name_of(href) != ".":
            yield href.removeprefix(HOME), ours.get(href).body
    for path in HARD:
        yield path.name, path.read_bytes()


# ---- What each takes

TAKEN: dict[str, str] = {}


def test_both_take_the_same_events(pair: Pair):
    """PUT of each hard calendar: the same status, but for the list."""
    assert unexplained((f"{name} · {stock}/{ours}" for name, (stock, ours) in pair.refused.items()), TAKEN) == ([], [])


# ---- Reading

READ: dict[str, str] = {}


def reading() -> Iterator[Ask]:
    for path in HARD:
        yield Ask(name=f"GET {path.name}", method="GET", path=HOME + path.name)
    yield Ask(name="GET the whole calendar", method="GET")
    yield Ask(name="GET what is not there", method="GET", path=HOME + "nulle-part.ics")
    yield propfind("PROPFIND 0 of the calendar", *PROPERTIES)
    yield propfind("PROPFIND 1 of the calendar", *PROPERTIES, depth=1)
    yield propfind("PROPFIND 0 of the home", *PROPERTIES, path="/marie/")
    yield propfind("PROPFIND 0 of the root", *PROPERTIES, path="/")
    yield propfind("PROPFIND 0 of an event", *PROPERTIES, path=HOME + "leap-day.ics")
    yield propfind("PROPFIND of what is not there", *PROPERTIES, path=HOME + "nulle-part.ics")
    for body, name in (("allprop", "allprop"), ("propname", "propname")):
        text = f"<D:propfind {NAMESPACES}><D:{body}/></D:propfind>"
        yield Ask(name=f"PROPFIND {name}", method="PROPFIND", body=text, headers={"Depth": "0"})


def test_what_is_read_is_the_same(pair: Pair):
    """Events and the whole calendar line by line, unfolded; every property that clients ask for."""
    assert unexplained(pair.differing(reading()), READ) == ([], [])


# ---- Searching

INSTANTS = {
    "before the clock goes forward": ("20210328T005959Z", "20210328T010000Z"),
    "as the clock goes forward": ("20210328T010000Z", "20210328T010001Z"),
    "within the hour that is skipped": ("20210328T013000Z", "20210328T013001Z"),
    "within the hour that comes twice": ("20211031T003000Z", "20211031T003001Z"),
    "within it again": ("20211031T013000Z", "20211031T013001Z"),
    "before a midnight of summer": ("20210617T215959Z", "20210617T220000Z"),
    "at a midnight of summer": ("20210617T220000Z", "20210617T220001Z"),
    "before a midnight of winter": ("20211202T225959Z", "20211202T230000Z"),
    "at a midnight of winter": ("20211202T230000Z", "20211202T230001Z"),
    "a midnight of UTC": ("20211007T000000Z", "20211007T000001Z"),
    "from June on": ("20210601T000000Z", ""),
    "from the change of clock on": ("20211031T010000Z", ""),
    "from 2035 on": ("20350101T000000Z", ""),
    "until 2020": ("", "20200101T000000Z"),
    "until the change of clock": ("", "20211031T010000Z"),
    "years": ("20190101T000000Z", "20251231T000000Z"),
}


def ranges() -> Iterator[tuple[str, str]]:
    """Each month of the data, and the hard instants; what a query calls them, and their element."""
    months = [f"{2020 + number // 12}{number % 12 + 1:02}01T000000Z" for number in range(8, 27)]
    for start, end in zip(months, months[1:], strict=False):
        yield f"{start[:4]}-{start[4:6]}", time_range(start, end)
    for name, (start, end) in INSTANTS.items():
        yield name, time_range(start, end)


def match(text: str, more: str = "") -> str:
    return f"<C:text-match {more}>{text}</C:text-match>"


def prop(name: str, inner: str = "") -> str:
    return f'<C:prop-filter name="{name}">{inner}</C:prop-filter>'


NONE = "<C:is-not-defined/>"

FILTERS = {
    "a title": prop("SUMMARY", match("permanence")),
    "a title, by bytes": prop("SUMMARY", match("Permanence", 'collation="i;octet"')),
    "a title, in capitals": prop("SUMMARY", match("PERMANENCE", 'collation="i;ascii-casemap"')),
    "another title": prop("SUMMARY", match("permanence", 'negate-condition="yes"')),
    "an accent": prop("SUMMARY", match("é")),
    "a description": prop("DESCRIPTION"),
    "no description": prop("DESCRIPTION", NONE),
    "no status": prop("STATUS", NONE),
    "cancelled": prop("STATUS", match("CANCELLED")),
    "a category": prop("CATEGORIES", match("atelier")),
    "a UID": prop("UID", match("future@spro-28.example", 'collation="i;octet"')),
    "a start in Paris": prop("DTSTART", f'<C:param-filter name="TZID">{match("Europe/Paris")}</C:param-filter>'),
    "a start without zone": prop("DTSTART", f'<C:param-filter name="TZID">{NONE}</C:param-filter>'),
    "a start that is a day": prop("DTSTART", f'<C:param-filter name="VALUE">{match("DATE")}</C:param-filter>'),
    "a series": prop("RRULE"),
    "no series": prop("RRULE", NONE),
    "two conditions": prop("DESCRIPTION", NONE) + prop("SUMMARY", match("e")),
    "a range and a title": time_range("20210901T000000Z", "20211201T000000Z") + prop("SUMMARY", match("permanence")),
    "a range and no description": time_range("20210901T000000Z", "20211201T000000Z") + prop("DESCRIPTION", NONE),
    "an alarm": comp("VALARM"),
    "no alarm": comp("VALARM", NONE),
}

SEARCHED: dict[str, str] = {}


def searching() -> Iterator[Ask]:
    yield query("everything", "")
    for component in ("VEVENT", "VTODO", "VJOURNAL"):
        yield query(f"every {component}", comp(component))
        yield query(f"no {component}", comp(component, NONE))
    for name, element in ranges():
        for component in ("VEVENT", "VTODO"):
            yield query(f"{component}, {name}", comp(component, element))
    for name, element in FILTERS.items():
        yield query(f"VEVENT, {name}", comp("VEVENT", element))
    yield query("VTODO, a title", comp("VTODO", FILTERS["a title"]))
    yield query("the texts of autumn", comp("VEVENT", time_range("20210901T000000Z", "20211201T000000Z")), DATA)


DATA = "<D:getetag/><C:calendar-data/>"


def test_the_same_events_are_found(pair: Pair):
    """calendar-query: components, months, instants, open ranges, texts, parameters, what is not defined."""
    assert unexplained(pair.differing(searching()), SEARCHED) == ([], [])
