"""Whatever is sent, the server answers in words that clients know, and writes what it said that it wrote.

Requests are made of what clients send, and spoilt in every place: methods, addresses, headers, iCalendar, XML. A longer
run: `FUZZ_EXAMPLES=20000 python -m pytest -n0 tests/test_wsgi_fuzz.py`.
"""

from __future__ import annotations

import gzip
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from in_process import InProcess, in_process
from serving import DATABASE, NAMESPACES, ROOT, Answer, basic, copy_instance, dump, event, is_sentence

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "400"))

EVENTS = [path.read_bytes() for path in sorted((ROOT / "tests" / "ical").glob("*.ics"))] + [event("neuf@essai")]
WRITES = frozenset({"PUT", "DELETE", "MOVE", "PROPPATCH", "MKCALENDAR", "MKCOL"})
HERE, THERE = "/marie/28/", "/spro/28/"

# ---- What clients send, and what they do not

HREFS = ("essai.ics", "autre.ics", "agriculture-chartres-2021@spro-28.example.ics", "rien.ics")
OBJECTS = [f"{home}{href}" for home in (HERE, THERE) for href in HREFS]
PATHS = [
    *(
        "/",
        "/marie/",
        "/spro/",
        "/.well-known/caldav",
        "/.web/",
        "/.web/f/jeton.ics",
        "/robots.txt",
        HERE,
        THERE,
        "/marie/41/",
    ),
    *("/robots.txt", "/.web/invitation/abc", "/.web/connexion/marie", "/.web/mobileconfig/marie.mobileconfig"),
    *("/marie/agenda/", "/marie/nulle-part/", "/paul/28/", "", "*", "//", "/marie//28/", "/../", HERE[:-1]),
    *OBJECTS,
]
noise = st.text(st.characters(codec="utf-8"), max_size=12)
"""Any text. WSGI hands on bytes, as latin-1 (PEP 3333)."""
PIECES = ["<", "&", "\0", "\r\n", ":", ";", '"', "]]>", "%", "é"]


def latin(text: str) -> str:
    return text.encode("utf-8").decode("latin-1")


def one_in(draw: st.DrawFn, many: int) -> bool:
    """True once in so many draws; what is found is shrunk towards the usual."""
    return draw(st.integers(0, many - 1)) == many // 2


def spoil(draw: st.DrawFn, text: str) -> str:
    """A text with pieces left out, said twice, or put in."""
    for _each in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 40)))
        said_twice, put_in = st.just(text[start:end] * 2), st.sampled_from(PIECES)
        text = text[:start] + draw(st.one_of(st.just(""), said_twice, put_in, noise)) + text[end:]
    return text


@st.composite
def paths(draw: st.DrawFn, method: str) -> str:
    if one_in(draw, 2):
        return draw(st.sampled_from(OBJECTS if method in ("PUT", "MOVE", "DELETE", "GET") else [HERE, THERE]))
    if one_in(draw, 6):
        return HERE + draw(noise)
    path = draw(st.sampled_from(PATHS))
    return spoil(draw, path) if one_in(draw, 4) else path


CREDENTIALS = [
    *(basic("luc"), basic("marie").lower(), "Basic", "Basic !", "Basic bWFyaWU=", "Bearer x", basic("", "")),
    *("Basic //8=", "Digest username=marie", basic("mar/ie"), basic("spro"), "é"),
]
HEADERS: dict[str, list[str]] = {
    "Depth": ["0", "1", "infinity", "2", "-1", ""],
    "If-Match": ["*", '"rien"', "rien", ""],
    "If-None-Match": ["*", '"rien"', 'W/"a", "b"', ""],
    "If-Modified-Since": ["Mon, 01 Jan 2001 00:00:00 GMT", "hier", "Mon, 01 Jan 9999999 00:00:00 GMT"],
    "If": ['(["rien"])', "<"],
    "Destination": [f"{HERE}la.ics", "http://127.0.0.1:5232/marie/28/la.ics", "http://[/x", "http://h:port/x", *PATHS],
    "Overwrite": ["T", "F", "peut-être"],
    "Content-Type": ["text/calendar", "text/calendar; charset=utf-8", "text/xml; charset=klingon", ";charset=", "a/b"],
    "Accept-Encoding": ["gzip", "gzip;q=0", "*", ""],
    "Transfer-Encoding": ["chunked", "gzip, chunked", "identity"],
    "Content-Length": ["", "0", "-1", "1", "99999999999999999999", "1e3", "²", "5, 5"],
    "Host": ["127.0.0.1:5232", "agenda.example", "[::1", "h:port", ""],
    "X-Script-Name": ["/agenda", "agenda", "/a/", "/é", "//"],
    "X-Forwarded-For": ["192.0.2.1", "n'importe quoi"],
    "X-Forwarded-Host": ["agenda.example", "h:port", "["],
    "X-Forwarded-Port": ["443", "port"],
    "X-Forwarded-Proto": ["https", "gopher"],
    "User-Agent": ["Thunderbird/128", ""],
    "Range": ["bytes=0-5"],
    "Expect": ["100-continue", "rien"],
    "Prefer": ["return=minimal"],
}


@st.composite
def headers(draw: st.DrawFn, method: str) -> dict[str, str]:
    """Those that a method needs, most often, and any others, most often as they should be."""
    found = {} if one_in(draw, 20) else {"Authorization": basic("marie")}
    if method == "MOVE":
        found["Destination"] = draw(st.sampled_from(HEADERS["Destination"]))
    if method in ("PROPFIND", "REPORT"):
        found["Depth"] = draw(st.sampled_from(["0", "1"]))
    for name in draw(st.lists(st.sampled_from(sorted(HEADERS)), max_size=3, unique=True)):
        value = draw(st.sampled_from(HEADERS[name]))
        found[name] = spoil(draw, value) if one_in(draw, 4) else value
    if one_in(draw, 20):
        credentials = draw(st.sampled_from(CREDENTIALS))
        found["Authorization"] = spoil(draw, credentials) if one_in(draw, 4) else credentials
    return found


# ---- Bodies

DAV_NAMES = """
    prop allprop propname include getetag displayname resourcetype getcontenttype href sync-token sync-level limit
    nresults set remove owner current-user-privilege-set getcontentlength sync-collection propfind propertyupdate
    expand-property principal-search-property-set getlastmodified current-user-principal supported-report-set truc
"""
CALDAV_NAMES = """
    calendar-data filter comp-filter prop-filter param-filter time-range text-match is-not-defined expand timezone comp
    limit-recurrence-set calendar-description supported-calendar-component-set calendar-query calendar-multiget
    free-busy-query mkcalendar calendar-timezone max-resource-size supported-calendar-data calendar-home-set
"""
PROPERTIES = ["CS:getctag", "ICAL:calendar-color", "ICAL:calendar-order", "truc", "xml:truc"]
NAMES = [
    *(f"D:{name}" for name in DAV_NAMES.split()),
    *(f"C:{name}" for name in CALDAV_NAMES.split()),
    *PROPERTIES,
]
VALUES = {
    "name": ["VCALENDAR", "VEVENT", "VTODO", "VALARM", "VTIMEZONE", "SUMMARY", "DTSTART", "TZID", "", "*"],
    "start": ["20210101T000000Z", "20210101", "99991231T235959Z", "00010101T000000Z", "hier"],
    "end": ["20300101T000000Z", "20210101T000000Z", "20210101T000000", ""],
    "collation": ["i;octet", "i;ascii-casemap", "rien"],
    "negate-condition": ["yes", "no", "peut-être"],
    "content-type": ["text/calendar", "application/json"],
    "version": ["2.0", "3.0"],
}
TEXTS = [*PATHS, "http://[/x", "Atelier", "1", "infinite", "VCALENDAR", "BEGIN:VCALENDAR\nEND:VCALENDAR"]


@st.composite
def elements(draw: st.DrawFn, depth: int = 4) -> str:
    """An element of any name with anything in it."""
    name = draw(st.sampled_from(NAMES))
    given = draw(st.lists(st.sampled_from(sorted(VALUES)), max_size=2, unique=True))
    attributes = "".join(f' {each}="{draw(st.sampled_from(VALUES[each]))}"' for each in given)
    inner = draw(st.one_of(st.just(""), st.sampled_from(TEXTS)))
    if depth:
        inner += "".join(draw(st.lists(elements(depth - 1), max_size=3)))
    return f"<{name}{attributes}>{inner}</{name}>"


@st.composite
def filters(draw: st.DrawFn) -> str:
    """A filter that makes sense, or nearly."""
    times = '<C:time-range start="20210901T000000Z" end="20211201T000000Z"/>'
    match = '<C:text-match collation="i;octet">Atelier</C:text-match>'
    name = draw(
        st.sampled_from(["SUMMARY", "DTSTART", "CATEGORIES", "ATTENDEE", "RRULE", "EXDATE", "X-RIEN", "TRIGGER"])
    )
    param = f'<C:param-filter name="TZID">{draw(st.sampled_from(["", match, "<C:is-not-defined/>"]))}</C:param-filter>'
    condition = draw(st.sampled_from(["", match, times, "<C:is-not-defined/>", param, match + param]))
    prop = f'<C:prop-filter name="{name}">{condition}</C:prop-filter>'
    alarm = draw(st.sampled_from(["", times, "<C:is-not-defined/>", prop]))
    inner = draw(
        st.lists(st.sampled_from([times, prop, f'<C:comp-filter name="VALARM">{alarm}</C:comp-filter>']), max_size=3)
    )
    component = draw(st.sampled_from(["VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY"]))
    of_component = f'<C:comp-filter name="{component}">{"".join(inner)}</C:comp-filter>'
    of_calendar = draw(st.sampled_from([of_component, times, prop, of_component + prop, "", of_component * 2]))
    return f'<C:filter><C:comp-filter name="VCALENDAR">{of_calendar}</C:comp-filter></C:filter>'


PROPS = [
    "<D:prop><D:getetag/><C:calendar-data/></D:prop>",
    "<D:prop><D:getetag/><D:getcontenttype/><D:resourcetype/><D:getlastmodified/></D:prop>",
    '<D:prop><C:calendar-data><C:expand start="20210901T000000Z" end="20211201T000000Z"/></C:calendar-data></D:prop>',
    "<D:allprop/>",
    "<D:propname/>",
    "<D:prop/>",
    "",
]
FURTHER = {
    "D:propfind": [""],
    "D:propertyupdate": [
        f"<D:{verb}><D:prop><{name}>Atelier</{name}></D:prop></D:{verb}>"
        for verb in ("set", "remove")
        for name in ("D:displayname", *PROPERTIES, "C:supported-calendar-component-set", "D:resourcetype")
    ],
    "D:sync-collection": ["<D:sync-token/><D:sync-level>1</D:sync-level>", "<D:sync-token>rien</D:sync-token>"],
    "C:calendar-multiget": [
        f"<D:href>{HERE}essai.ics</D:href><D:href>{THERE}essai.ics</D:href><D:href/>",
        f"<D:href>{HERE}rien.ics</D:href><D:href>http://[/x</D:href>",
        f"<D:href>{HERE}</D:href>",
    ],
    "C:free-busy-query": ['<C:time-range start="20210901T000000Z" end="20211201T000000Z"/>'],
    "C:calendar-query": [""],
}
ROOTS = {
    "PROPFIND": ["D:propfind"],
    "PROPPATCH": ["D:propertyupdate"],
    "REPORT": ["C:calendar-query", "C:calendar-query", "C:calendar-multiget", "D:sync-collection", "C:free-busy-query"],
}
DECLARED = ['<?xml version="1.0" encoding="utf-8"?>', "<!DOCTYPE a>", '<?xml version="1.0" encoding="utf-16"?>']


@st.composite
def documents(draw: st.DrawFn, method: str) -> str:
    """A request's XML: its own parts, most often, and any."""
    names = ROOTS.get(method, [*FURTHER])
    root = draw(st.sampled_from(NAMES if one_in(draw, 20) else names))
    inner = [draw(st.sampled_from(PROPS)), draw(st.sampled_from(FURTHER.get(root, [""])))]
    if root == "C:calendar-query" or one_in(draw, 8):
        inner.append(draw(filters()))
    if one_in(draw, 3):
        inner.insert(draw(st.integers(0, len(inner))), draw(elements()))
    declared = draw(st.sampled_from(DECLARED)) if one_in(draw, 8) else ""
    text = f"{declared}<{root} {NAMESPACES}>{''.join(inner)}</{root}>"
    return spoil(draw, text) if one_in(draw, 10) else text


LINES = (
    """
    RRULE:FREQ=DAILY;COUNT=5|RRULE:FREQ=SECONDLY|RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30|RRULE:rien|RRULE:FREQ=DAILY
    RDATE:20211001T100000Z|RDATE;VALUE=PERIOD:20211001T100000Z/PT1H|EXDATE:20211001|DURATION:P1D|DURATION:-P9W
    RECURRENCE-ID:20211007T120000Z|RECURRENCE-ID;RANGE=THISANDFUTURE:20211007T120000Z|DTEND:19000101|DTSTART:rien
    BEGIN:VALARM|END:VALARM|BEGIN:VEVENT|END:VEVENT|END:VCALENDAR|BEGIN:VTIMEZONE|METHOD:REQUEST|TRIGGER:-PT15M
    SUMMARY;X=":|ATTENDEE;CN="a :mailto:x|UID:|UID:neuf@essai|SEQUENCE:99999999999999999999|GEO:x|PRIORITY:x|STATUS:x
    DTSTART;TZID=Mars/Olympus:20210101T000000|DTSTART;VALUE=DATE:20210230|DTSTART:20240229T120000Z|:|;|CLASS:PRIVATE
    DESCRIPTION:Portée : interne\\nDates : en octobre|CATEGORIES:a,b\\,c|DUE:20211007|COMPLETED:rien|ACTION:DISPLAY
""".strip()
    .replace("\n    ", "|")
    .split("|")
)


@st.composite
def calendars(draw: st.DrawFn) -> bytes:
    """An event that a client might send, with lines that it should not."""
    lines = draw(st.sampled_from(EVENTS)).split(b"\n")
    for _each in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(lines)))
        added = [draw(noise)] if one_in(draw, 6) else draw(st.lists(st.sampled_from(LINES), max_size=2))
        lines[at : at + draw(st.integers(0, 2))] = [each.encode() + b"\r" for each in added]
    body = b"\n".join(lines)
    if body and one_in(draw, 6):
        at = draw(st.integers(0, len(body) - 1))
        body = body[:at] + draw(st.binary(max_size=3)) + body[at + draw(st.integers(0, 3)) :]
    return body


@dataclass(frozen=True, slots=True)
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


METHODS = ["PUT"] * 6 + ["REPORT"] * 5 + ["PROPFIND"] * 4 + ["PROPPATCH"] * 3 + ["GET", "MOVE", "DELETE"] * 2
OTHERS = ["HEAD", "OPTIONS", "MKCALENDAR", "MKCOL", "COPY", "LOCK", "UNLOCK", "POST", "TRACE", "put", "Propfind"]


@st.composite
def requests(draw: st.DrawFn) -> Asked:
    method = draw(st.sampled_from(OTHERS if one_in(draw, 8) else METHODS))
    if one_in(draw, 40):
        method = spoil(draw, method)
    if method == "PUT":
        body = draw(calendars())
    elif method in ROOTS or method in ("MKCALENDAR", "MKCOL"):
        body = draw(documents(method)).encode()
    else:
        body = b""
    if one_in(draw, 20):
        body = draw(st.one_of(st.binary(max_size=60), calendars(), documents("REPORT").map(str.encode)))
    path, given = draw(paths(method)), draw(headers(method))
    return Asked(latin(method), latin(path), {name: latin(value) for name, value in given.items()}, body)


# ---- What is held


class Watched:
    """A database, and whether anything was written since it was last looked at."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._connection = sqlite3.connect(f"file:{home / DATABASE}?mode=ro", uri=True)
        self._version = self._read()
        self._rows = dump(home)

    def changed(self) -> bool:
        """Whether its rows have changed, which costs nothing where nobody wrote."""
        version = self._read()
        if version == self._version:
            return False
        self._version, before = version, self._rows
        self._rows = dump(self._home)
        return self._rows != before

    def _read(self) -> object:
        return self._connection.execute("PRAGMA data_version").fetchone()

    def close(self) -> None:
        self._connection.close()


@dataclass(frozen=True, slots=True)
class Subject:
    served: InProcess
    database: Watched


@pytest.fixture(scope="module")
def subject(instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subject]:
    home = copy_instance(instance, tmp_path_factory.mktemp("fuzz") / "home")
    with in_process(home) as served, closing(Watched(home)) as database:
        answer = served.ask("PUT", f"{HERE}essai.ics", {"Authorization": basic("marie")}, event("essai@essai"))
        assert answer.status == 201
        assert database.changed()
        yield Subject(served, database)


def test_what_is_written_is_seen(subject: Subject) -> None:
    """Else that nothing changes would hold of everything."""
    headers = {"Authorization": basic("marie")}
    assert subject.served.ask("PUT", f"{HERE}vu.ics", headers, event("vu@essai")).status == 201
    assert subject.database.changed()
    assert subject.served.ask("DELETE", f"{HERE}vu.ics", headers, b"").status == 200
    assert subject.database.changed()
    assert not subject.database.changed()


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="FUZZ_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)
@given(asked=requests())
def test_whatever_is_sent_is_answered(subject: Subject, asked: Asked) -> None:
    """No 5xx, no traceback in answer or log, and nothing is written unless it is said so; each refusal says why."""
    subject.served.log.lines.clear()
    answer = subject.served.ask(asked.method, asked.path, asked.headers, asked.body)
    logged = "\n".join(subject.served.log.lines)
    # RFC 4918 section 9.9.4 has 502 for a move to another server.
    assert answer.status < 500 or (answer.status == 502 and "//" in asked.headers.get("Destination", "")), logged
    assert "Traceback" not in logged
    assert b"Traceback" not in answer.body
    assert not subject.database.changed() or (answer.status < 300 and asked.method in WRITES), answer.status
    check_words(asked, answer)


def check_words(asked: Asked, answer: Answer) -> None:
    """A body is as long and of the kind that its headers say."""
    if asked.method == "HEAD" or answer.status == 304:
        assert answer.body == b""
        return
    assert int(answer.headers.get("content-length", "0")) == len(answer.body)
    kind = answer.headers.get("content-type", "")
    if "xml" in kind:
        ET.fromstring(gzip.decompress(answer.body) if "content-encoding" in answer.headers else answer.body)
    elif answer.status >= 400:
        # Pages say it on a page.
        assert kind == "text/html; charset=utf-8" or is_sentence(answer)
