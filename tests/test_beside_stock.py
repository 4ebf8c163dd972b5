"""The same requests, sent to stock Radicale 3.9 and to our server, are answered alike.

Both hold the same events. Each difference is in one of the lists below, with its reason; a difference that is not
listed fails, and so does a listed one that no longer shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import pytest
from recurrence_oracle import Override, Rule, Series, as_text, meet, occurrences
from replaying import (
    HOME,
    Ask,
    check,
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
)
from serving import (
    CAL,
    DAV,
    NAMESPACES,
    ROOT,
    Answer,
    Server,
    copy_instance,
    event,
    free_port,
    running,
    serving,
)
from stock import make_calendar, stock_words

TOKEN = b"@token@"
PARIS = ZoneInfo("Europe/Paris")

HARD = sorted((ROOT / "tests" / "ical").glob("*.ics"))


def listed(by_reason: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Patterns of differences (« request · what »), each with its reason."""
    return {pattern: reason for reason, patterns in by_reason.items() for pattern in patterns}


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
    tokens: dict[int, bytes] = field(default_factory=dict)

    def remember(self) -> None:
        """Take each server's sync token, to be sent where a request says TOKEN."""
        for server in (self.stock, self.ours):
            [token] = server.propfind(HOME, "D:sync-token").texts(f"{DAV}sync-token")
            self.tokens[server.port] = (token or "").encode()

    def both(self, ask: Ask) -> tuple[Answer, Answer]:
        return tuple(  # type: ignore[return-value]
            server.request(
                ask.method, ask.path, ask.sent.replace(TOKEN, self.tokens.get(server.port, b"")), headers=ask.headers
            )
            for server in (self.stock, self.ours)
        )

    def differing(self, asks: Iterable[Ask]) -> Iterator[str]:
        for ask in asks:
            stock, ours = self.both(ask)
            yield from differences(ask.name, told(stock), told(ours))


@pytest.fixture(scope="module")
def pair(instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Both, with the calendar of the network 28 and the hard calendars that both take."""
    folder, port = tmp_path_factory.mktemp("beside") / "stock", free_port()
    home = copy_instance(instance, tmp_path_factory.mktemp("beside") / "home")
    with running(stock_words(folder, port), folder, port) as stock, serving(home) as ours:
        make_calendar(stock, ours)
        refused = {}
        for name, body in _bodies(ours):
            statuses = (stock.put(HOME + name, body).status, ours.put(HOME + name, body).status)
            if any(status >= 300 for status in statuses):
                refused[name] = statuses
                for server in (stock, ours):
                    server.request("DELETE", HOME + name)
        yield Pair(stock, ours, refused)


def _bodies(ours: Server) -> Iterator[tuple[str, bytes]]:
    listed = ours.propfind(HOME, "D:getetag", depth=1).texts(f"{DAV}href")
    for href in listed:
        if href and name_of(href) != ".":
            yield href.removeprefix(HOME), ours.get(href).body
    for path in HARD:
        yield path.name, path.read_bytes()


# ---- What each takes

TAKEN = listed(
    {
        "a byte order mark: RFC 5545 section 6 wants UTF-8, and Windows begins it so": [
            "byte-order-mark.ics · 400/201"
        ],
        "stock gives up at 10,000 instances, a daily series of thirty years": ["daily-for-thirty-years.ics · 400/201"],
        "an OverflowError over a year at an end of time, which stock takes for an event that is too large": [
            "task-completed-in-year-one.ics · 412/201",
            "until-the-end-of-time.ics · 412/201",
        ],
        "an RDATE with an hour in a series of days, which vobject cannot sort": [
            "hour-within-an-all-day-series.ics · 400/201"
        ],
        "RDATE;VALUE=PERIOD (RFC 5545 section 3.8.5.2) is refused in every form": ["rdate-periods.ics · 400/201"],
        "neither is one event: RFC 4791 section 5.3.2.1 wants 403 or 409": [
            "several-calendars-in-one-file.ics · 400/403",
            "several-events-and-zones.ics · 400/403",
        ],
        "two instances of a series that one was invited to (RFC 4791 section 4.1)": [
            "two-lone-recurrence-ids.ics · 400/201"
        ],
    }
)
"""« event · status of stock/ours »."""


def test_both_take_the_same_events(pair: Pair):
    """PUT of each hard calendar: the same status, but for the list."""
    assert set(pair.refused) >= {"several-events-and-zones.ics", "several-calendars-in-one-file.ics"}
    check((f"{name} · {stock}/{ours}" for name, (stock, ours) in pair.refused.items() if stock != ours), TAKEN)


# ---- Reading

READ = listed(
    {
        "the sender's text is given back (RFC 4791 section 5.3.4); stock gives vobject's, a comma escaped": [
            "GET * · UID:all-day-series@spro-28.example",
            "GET * · UID:lone@spro-28.example",
        ],
        "PT24H written P1D, and PT36H so": ["GET * · UID:pt24h@*", "GET * · UID:all-day-hours@*"],
        "a line folded within a character (RFC 5545 section 3.1), which is lost": ["GET * · UID:folded@*"],
        "a DTSTAMP of the moment it was written": ["GET * · UID:no-dtstamp@*"],
        "properties that it does not know, cut or escaped": ["GET * · UID:alarm-1"],
        "in a whole calendar, zones go by their IANA names, and by one of our own where there is none": [
            f"GET the whole calendar · UID:{uid}@spro-28.example"
            for uid in ("evolution", "exchange", "nobody", "nobody-2", "outlook", "tz")
        ],
        "the owner of the region's calendars is the region, whoever looks": ["PROPFIND * · * owner"],
        "a principal has a name (RFC 3744 section 4)": ["PROPFIND 0 of the home · marie displayname"],
        "the region's calendars have its time zone": ["PROPFIND * · . calendar-timezone"],
        "nobody makes calendars in a home": ["PROPFIND 0 of the home · marie current-user-privilege-set"],
    }
)


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
    check(pair.differing(reading()), READ)


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
    for start, end in pairwise(months):
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

SEARCHED = listed(
    {
        "RFC 4791 section 9.9 leaves the zone of days to the server: they are the region's; stock takes them in UTC": [
            "VEVENT, 2021-09 · agriculture-chartres-2021@spro-28.example.ics getetag",
            "VEVENT, 2021-09 · all-day-recurring-with-exception.ics getetag",
            "VEVENT, 2021-09 · unknown-properties.ics getetag",
            "VEVENT, 2021-10 · cosmetique-chartres-2021@spro-28.example.ics getetag",
            "VEVENT, at a midnight of summer · *",
            "VEVENT, at a midnight of winter · all-day-recurring-with-exception.ics getetag",
        ],
        "a text is looked for whole: vobject cuts it at a comma that is not escaped": [
            "VEVENT, an accent · all-day-recurring-with-exception.ics getetag",
            "VEVENT, an accent · lone-recurrence-id.ics getetag",
        ],
        "a time zone is looked for where it was sent (RFC 4791 section 9.7.3): vobject takes it out of a start": [
            "VEVENT, a start in Paris · *",
            "VEVENT, a start without zone · *",
        ],
        "alarms are looked for in every event, and their absence too": [
            "VEVENT, an alarm · unknown-properties.ics getetag",
            "VEVENT, no alarm · unknown-properties.ics getetag",
        ],
        "the sender's text is given as it was sent; see READ": [
            f"the texts of autumn · {name}.ics calendar-data"
            for name in (
                "all-day-recurring-with-exception",
                "all-day-with-duration-in-hours",
                "duration-pt24h",
                "folded-in-the-middle-of-a-character",
                "lone-recurrence-id",
                "unknown-properties",
            )
        ],
    }
)


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
    check(pair.differing(searching()), SEARCHED)


# ---- Fetching and following

FETCHED = listed(
    {
        "a synchronisation that asks for no property is told what there is, with entity tags": [
            "sync, first, no property · * getetag"
        ],
        "an event is found by each address of its calendar": ["multiget, another home's · leap-day.ics*"],
        "a report that nobody knows is refused (RFC 3253 section 3.6)": ["a report that nobody knows · *"],
    }
)


def fetching() -> Iterator[Ask]:
    known, foreign = f"{HOME}leap-day.ics", "/spro/28/leap-day.ics"
    yield multiget("multiget", known, f"{HOME}task-with-due.ics")
    yield multiget("multiget, twice the same", known, known)
    yield multiget("multiget, one missing", known, f"{HOME}nulle-part.ics")
    yield multiget("multiget, escaped", f"{HOME}leap%2Dday.ics")
    yield multiget("multiget, another calendar's", known, "/marie/nulle-part/a.ics")
    yield multiget("multiget, another home's", foreign)
    yield multiget("multiget, nothing")
    yield sync("sync, first")
    yield sync("sync, first, with types", wanted="<D:getcontenttype/><D:getetag/>")
    yield sync("sync, first, no property", wanted="")
    yield sync("sync, a token that is none", "n'importe quoi")
    yield sync("sync, another server's token", "http://sabre.io/ns/sync/3")
    yield report("a report that nobody knows", "comp-filter", "")
    yield Ask(name="a report that is no XML", method="REPORT", body="<C:calendar-query", headers={"Depth": "1"})
    yield Ask(name="OPTIONS", method="OPTIONS")
    yield Ask(name="HEAD of an event", method="HEAD", path=known)
    yield Ask(name="HEAD of what is not there", method="HEAD", path=f"{HOME}nulle-part.ics")


def test_the_same_is_fetched_and_followed(pair: Pair):
    """multiget with hrefs of all sorts, first synchronisation, tokens that are none."""
    check(pair.differing(fetching()), FETCHED)


# ---- Expanding

EXPANDED = listed(
    {
        "a lone RECURRENCE-ID is an error for all that is asked with it": ["expand lone-recurrence-id.ics · *"],
        "a series in floating time is an error": ["expand floating-series-over-the-change.ics · *"],
        "what does not repeat is left out, where RFC 4791 section 9.6.5 wants it as an instance": [
            "expand no-end.ics · no-end.ics calendar-data"
        ],
        "RDATE without RRULE is not expanded (RFC 5545 section 3.8.5.2): the first date alone is given": [
            "expand dates-decades-later.ics · dates-decades-later.ics calendar-data"
        ],
        "RECURRENCE-ID is of the form of DTSTART (RFC 5545 section 3.8.4.4): here a day, without VALUE=DATE": [
            "expand birthday-since-1604.ics · birthday-since-1604.ics calendar-data",
            "expand all-day-recurring-with-exception.ics · all-day-recurring-with-exception.ics calendar-data",
        ],
        "a DTEND on the day of DTSTART is that day for us": [
            "expand all-day-series-end-equals-start.ics · all-day-series-end-equals-start.ics calendar-data"
        ],
        "the hour of the clock is lost at its changes (RFC 5545 section 3.3.5)": [
            f"expand {name}.ics · {name}.ics calendar-data"
            for name in (
                "dst-both-ways",
                "hour-that-comes-twice",
                "hour-that-does-not-exist",
                "last-friday",
                "rdate-alone",
            )
        ],
        "a night until six ends at six on the night of the change too, as people mean it; stock keeps the eight hours "
        "of RFC 5545 section 3.8.5.3": [
            "expand night-of-the-change-with-dtend.ics · night-of-the-change-with-dtend.ics calendar-data"
        ],
        "an end in UTC says more than a DURATION beside a start in UTC, which may be of days": [
            "expand night-of-the-change-with-duration.ics · night-of-the-change-with-duration.ics calendar-data"
        ],
        "RANGE=THISANDFUTURE (RFC 5545 section 3.2.13) is not followed": [
            f"expand {name}.ics · {name}.ics calendar-data" for name in ("this-and-future", "this-and-future-then-one")
        ],
    }
)
BUSY = listed(
    {
        "days are the region's; stock takes them in UTC: see SEARCHED": [
            "free-busy, at a midnight of summer · ",
            "free-busy, at a midnight of winter · ",
        ],
    }
)


_REPEATS = re.compile(rb"^(RRULE|RDATE|RECURRENCE-ID)", re.MULTILINE)
_ZONE = re.compile(rb"BEGIN:VTIMEZONE.*?END:VTIMEZONE", re.DOTALL)


def expanding(names: Iterable[str]) -> Iterator[Ask]:
    ends = 'start="20210301T000000Z" end="20211201T000000Z"'
    wanted = f"<D:prop><C:calendar-data><C:expand {ends}/></C:calendar-data></D:prop>"
    for name in names:
        yield report(f"expand {name}", "calendar-multiget", f"{wanted}<D:href>{HOME}{name}</D:href>")


def test_the_same_instances_are_expanded(pair: Pair):
    """calendar-data with expand, series by series, and one event that is none: each instance's lines, in UTC."""
    series = [path.name for path in HARD if _REPEATS.search(_ZONE.sub(b"", path.read_bytes()))]
    asked = sorted({*series, "no-end.ics"} - set(pair.refused))
    check(pair.differing(expanding(asked)), EXPANDED)


def asking_when_busy() -> Iterator[Ask]:
    for name, (start, end) in INSTANTS.items():
        if start and end and name != "years":
            yield report(f"free-busy, {name}", "free-busy-query", time_range(start, end))


def test_the_same_times_are_busy(pair: Pair):
    """free-busy-query at the hard instants."""
    check(pair.differing(asking_when_busy()), BUSY)


# ---- Expanding and busy times, beside brute force

LATE = timedelta(hours=1)
HARD_SERIES = (
    Series(
        uid="paris@force",
        form="paris",
        start=datetime(2021, 3, 23, 10),
        length=timedelta(hours=2),
        length_as="DTEND",
        rule=Rule(freq="WEEKLY"),
        exceptions=(datetime(2021, 10, 26, 10),),
        overrides=(
            Override(of=datetime(2021, 4, 6, 10), start=datetime(2021, 6, 1, 8), length=LATE),
            Override(of=datetime(2021, 10, 19, 10), start=datetime(2021, 10, 20, 14), length=3 * LATE, ranged=True),
            Override(of=datetime(2021, 11, 9, 10), start=datetime(2021, 11, 8, 9), length=LATE),
        ),
    ),
    Series(
        uid="nuit@force",
        form="paris",
        start=datetime(2021, 3, 26, 2, 30),
        length=timedelta(minutes=90),
        length_as="DTEND",
        rule=Rule(freq="DAILY", count=5),
        periods=((datetime(2021, 10, 31, 0, 15), timedelta(hours=5)), (datetime(2021, 10, 1, 20), timedelta(days=33))),
    ),
    Series(
        uid="jour@force",
        form="all-day",
        start=datetime(2021, 3, 27),
        length=timedelta(days=2),
        length_as="DTEND",
        rule=Rule(freq="MONTHLY", until=datetime(2021, 12, 27)),
        overrides=(Override(of=datetime(2021, 10, 27), start=datetime(2021, 10, 31), length=timedelta(days=1)),),
    ),
    Series(
        uid="flottant@force",
        form="floating",
        start=datetime(2021, 10, 29, 23),
        length=timedelta(hours=4),
        length_as="DTEND",
        rule=Rule(freq="DAILY", interval=2, count=4),
    ),
    Series(
        uid="new-york@force",
        form="new-york",
        start=datetime(2021, 3, 12, 18),
        length=timedelta(minutes=30),
        length_as="DURATION",
        rule=Rule(freq="DAILY", until=datetime(2021, 4, 2, 18)),
        dates=(datetime(2021, 11, 6, 18), datetime(2021, 11, 7, 18)),
    ),
    Series(uid="seul@force", form="utc", start=datetime(2021, 10, 31, 0, 30), length=LATE, length_as="DTEND"),
)
FORCED_RANGES = (
    ("20210327T000000Z", "20210330T000000Z"),
    ("20210328T005500Z", "20210328T010500Z"),
    ("20211018T000000Z", "20211110T000000Z"),
    ("20211031T000000Z", "20211031T020000Z"),
    ("20290101T000000Z", "20290201T000000Z"),
)


@pytest.fixture(scope="module")
def forced(instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Our server, with nothing but HARD_SERIES in the regional calendar."""
    with serving(copy_instance(instance, tmp_path_factory.mktemp("forced") / "home")) as server:
        for href in server.propfind(FORCED, "D:getetag", login="christine", depth=1).texts(f"{DAV}href"):
            if href and href != FORCED:
                server.request("DELETE", href, login="christine")
        for series in HARD_SERIES:
            assert server.request("PUT", FORCED + series.uid, as_text(series), login="christine").status == 201
        yield server


FORCED = "/christine/region/"
LAST_DAY = date(2030, 1, 1)


def in_utc(text: str) -> int:
    return int(datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp())


def by_force(start: str, end: str) -> dict[str, list[tuple[int, int]]]:
    """When each series takes place within a range, by its UID."""
    asked = in_utc(start), in_utc(end)
    found = {each.uid: occurrences(each, PARIS, LAST_DAY) for each in HARD_SERIES}
    within = {uid: sorted(pair for pair in times if meet([pair], *asked)) for uid, times in found.items()}
    return {uid: times for uid, times in within.items() if times}


@pytest.mark.parametrize(("start", "end"), FORCED_RANGES)
def test_expand_gives_the_instances_that_brute_force_finds(forced: Server, start: str, end: str):
    """RFC 4791 section 9.6.5, on series that stock gets wrong: in UTC, but for days and floating times."""
    data = f'<C:calendar-data><C:expand start="{start}" end="{end}"/></C:calendar-data>'
    ask = query("expand", comp("VEVENT", time_range(start, end)), data)
    answer = forced.request("REPORT", FORCED, ask.sent, login="christine", headers=ask.headers)
    assert answer.status == 207
    found: dict[str, list[tuple[int, int]]] = {}
    for text in answer.texts(f"{CAL}calendar-data"):
        for each in icalendar.Calendar.from_ical(text or "").walk("VEVENT"):
            assert not {"RRULE", "RDATE", "EXDATE", "DURATION"} & set(each)
            found.setdefault(str(each["UID"]), []).append((seconds(each["DTSTART"].dt), seconds(each["DTEND"].dt)))
    assert {uid: sorted(times) for uid, times in found.items()} == by_force(start, end)


def seconds(moment: date) -> int:
    """As epoch seconds; days and floating times in Paris."""
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, datetime.min.time())
    return int((moment if moment.tzinfo else moment.replace(tzinfo=PARIS)).timestamp())


@pytest.mark.parametrize(("start", "end"), FORCED_RANGES)
def test_the_busy_times_are_those_that_brute_force_finds(forced: Server, start: str, end: str):
    """RFC 4791 section 7.10: the same moments are busy, minute by minute."""
    ask = report("busy", "free-busy-query", time_range(start, end))
    answer = forced.request("REPORT", FORCED, ask.sent, login="christine", headers=ask.headers)
    assert answer.status == 200
    periods = re.findall(r"^FREEBUSY[^:]*:(\w+)/(\w+)", re.sub(r"\r?\n[ \t]", "", answer.text), re.MULTILINE)
    told = [(in_utc(begins), in_utc(ends)) for begins, ends in periods]
    expected = [pair for times in by_force(start, end).values() for pair in times]
    moments = range(in_utc(start), in_utc(end), 300)
    assert [at for at in moments if meet(told, at, at + 1)] == [at for at in moments if meet(expected, at, at + 1)]


# ---- Writing

WRITTEN = listed(
    {
        "calendars are the region's: none is made, replaced or deleted by a client": [
            "MKCALENDAR · status",
            "MKCALENDAR where one is · *",
            "PUT onto the calendar · status",
            "DELETE the calendar · status",
        ],
        "a MOVE without Overwrite may overwrite (RFC 4918 section 10.6), here another UID: 409 in place of 412": [
            "MOVE onto another · *",
        ],
        "what is no event is refused with the precondition that it breaks (RFC 4791 section 5.3.2.1)": [
            "PUT text · *",
            "PUT nothing · *",
            "PUT no UID · *",
        ],
        "what the server alone says is not set (RFC 4918 section 9.2)": ["PROPPATCH an ETag · . getetag"],
        "where no calendar is, nobody may write: 403 comes before 409": [
            "PUT into no calendar · status",
            "MOVE into no calendar · status",
        ],
        "the calendar says that it holds VEVENT and VTODO: RFC 4791 section 5.3.2.1 wants 403": [
            "PUT a journal · *",
            "sync after PUTs · journal.ics getetag",
            "sync after a DELETE · journal.ics getetag",
        ],
    }
)


NEW, ELSEWHERE = f"{HOME}neuf.ics", f"{HOME}ailleurs.ics"
ANOTHER = {"If-Match": '"autre"'}


def put(name: str, data: bytes = event("neuf@essai"), at: str = NEW, **headers: str) -> Ask:
    given = {"Content-Type": "text/calendar", **{key.replace("_", "-"): each for key, each in headers.items()}}
    return Ask(name=name, method="PUT", path=at, body=data, headers=given)


def move(name: str, target: str, source: str = ELSEWHERE, **headers: str) -> Ask:
    return Ask(name=name, method="MOVE", path=source, headers={"Destination": target, **headers})


def proppatch(name: str, properties: str, path: str = HOME) -> Ask:
    body = f"<D:propertyupdate {NAMESPACES}><D:set><D:prop>{properties}</D:prop></D:set></D:propertyupdate>"
    return Ask(name=name, method="PROPPATCH", path=path, body=body)


def putting() -> Iterator[Ask]:
    yield put("PUT with If-Match where nothing is", If_Match='"rien"')
    yield put("PUT new", If_None_Match="*")
    yield put("PUT new where something is", If_None_Match="*")
    yield put("PUT with another ETag", If_Match='"autre"')
    yield put("PUT with If-Match of any", If_Match="*")
    yield put("PUT the same again")
    yield put("PUT another UID at the same href", event("autre@essai"))
    yield put("PUT the same UID at another href", at=f"{HOME}deux.ics")
    yield put("PUT into no calendar", at="/marie/nulle-part/a.ics")
    yield put("PUT into another home", at="/luc/28/a.ics")
    yield put("PUT text", b"bonjour")
    yield put("PUT nothing", b"")
    yield put("PUT a journal", event("journal@essai", component="VJOURNAL"), at=f"{HOME}journal.ics")
    yield put("PUT no UID", event(None), at=f"{HOME}sans-uid.ics")
    yield sync("sync after PUTs", TOKEN.decode())
    yield Ask(name="GET with If-None-Match", method="GET", path=NEW, headers={"If-None-Match": '"autre"'})


def moving() -> Iterator[Ask]:
    yield move("MOVE", ELSEWHERE, NEW)
    yield Ask(name="GET where it was", method="GET", path=NEW)
    yield Ask(name="GET where it is", method="GET", path=ELSEWHERE)
    yield move("MOVE what is not there", f"{HOME}encore.ics", NEW)
    yield move("MOVE onto another", f"{HOME}leap-day.ics")
    yield move("MOVE onto another, overwriting", f"{HOME}leap-day.ics", Overwrite="T")
    yield move("MOVE into no calendar", "/marie/nulle-part/a.ics")
    yield move("MOVE into another home", "/luc/28/a.ics")
    yield move("MOVE to another server", "https://ailleurs.example/marie/28/a.ics")
    yield move("MOVE without Destination", "")
    yield Ask(name="COPY", method="COPY", path=ELSEWHERE, headers={"Destination": f"{HOME}copie.ics"})
    yield Ask(name="LOCK", method="LOCK", path=ELSEWHERE)
    yield Ask(name="DELETE with another ETag", method="DELETE", path=ELSEWHERE, headers=ANOTHER)
    yield Ask(name="DELETE", method="DELETE", path=ELSEWHERE)
    yield Ask(name="DELETE again", method="DELETE", path=ELSEWHERE)
    yield sync("sync after a DELETE", TOKEN.decode())


def changing_the_calendar() -> Iterator[Ask]:
    colour = "<ICAL:calendar-color>#12345678</ICAL:calendar-color>"
    yield proppatch("PROPPATCH a colour", colour)
    yield propfind("PROPFIND the colour", "ICAL:calendar-color")
    yield proppatch("PROPPATCH an ETag", "<D:getetag>rien</D:getetag>")
    yield Ask(name="PROPPATCH no XML", method="PROPPATCH", body="<D:propertyupdate")
    yield proppatch("PROPPATCH an event", colour, f"{HOME}leap-day.ics")
    yield Ask(name="MKCALENDAR where one is", method="MKCALENDAR")
    yield Ask(name="MKCALENDAR", method="MKCALENDAR", path="/marie/neuf/")
    yield Ask(name="MKCOL", method="MKCOL", path="/marie/autre/")
    yield Ask(name="MKCALENDAR in another home", method="MKCALENDAR", path="/luc/neuf/")
    yield put("PUT onto the calendar", at=HOME)
    yield Ask(name="DELETE the calendar", method="DELETE")


def test_the_same_is_written_and_refused(pair: Pair):
    """Statuses and preconditions of PUT, MOVE, DELETE, PROPPATCH, MKCALENDAR and MKCOL, one after the other."""
    pair.remember()
    check(pair.differing([*putting(), *moving(), *changing_the_calendar()]), WRITTEN)
