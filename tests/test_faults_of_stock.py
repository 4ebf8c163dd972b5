"""Faults that stock Radicale 3.9 shows in one request, each of which ours has not.

Both are asked the same; `right` is what a standard, or the client that is named, wants of the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from replaying import HOME, Ask, comp, multiget, propfind, report, sync, time_range
from serving import CAL, DAV, NAMESPACES, Answer, Server, copy_instance, event, free_port, is_sentence, running, serving
from stock import make_calendar, stock_words

Right = Callable[[Answer], object]

KNOWN = f"{HOME}connu.ics"
ZONE = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VTIMEZONE\nTZID:X\nEND:VTIMEZONE\nEND:VCALENDAR"


def breaks(precondition: str, status: int = 403) -> Right:
    """An error that names a precondition, and says a sentence beside it."""
    return lambda answer: answer.status == status and answer.xml.find(precondition) is not None and is_sentence(answer)


def tells(status: int, *names: str) -> Right:
    """A multistatus that gives these properties that status."""

    def right(answer: Answer) -> bool:
        return answer.status == 207 and {
            prop.tag
            for propstat in answer.xml.iter(f"{DAV}propstat")
            if f" {status} " in (propstat.findtext(f"{DAV}status") or "")
            for prop in propstat.find(f"{DAV}prop") or ()
        }.issuperset(names)

    return right


def has_status(status: int) -> Right:
    return lambda answer: answer.status == status and is_sentence(answer)


@dataclass(frozen=True, slots=True)
class Fault:
    ask: Ask
    right: Right


def of_filter(name: str, inner: str, right: Right) -> Fault:
    """A calendar-query with what stands in it after the properties."""
    return Fault(report(name, "calendar-query", f"<D:prop><D:getetag/></D:prop>{inner}"), right)


def within(inner: str) -> str:
    return f'<C:filter><C:comp-filter name="VCALENDAR">{inner}</C:comp-filter></C:filter>'


def of_event(inner: str) -> str:
    return within(comp("VEVENT", inner))


def text(collation: str) -> str:
    return f'<C:prop-filter name="SUMMARY"><C:text-match collation="{collation}">a</C:text-match></C:prop-filter>'


INVALID, UNSUPPORTED = f"{CAL}valid-filter", f"{CAL}supported-filter"


def filters() -> Iterator[Fault]:
    """RFC 4791 section 7.8."""
    yield of_filter("no filter", "", breaks(INVALID))
    yield of_filter("an empty filter", "<C:filter/>", breaks(INVALID))
    yield of_filter("a filter twice", within("") + within(""), breaks(INVALID))
    yield of_filter("no calendar around", f"<C:filter>{comp('VEVENT')}</C:filter>", breaks(INVALID))
    yield of_filter(
        "two calendars", within("").replace("<C:filter>", f"<C:filter>{comp('VCALENDAR')}"), breaks(INVALID)
    )
    yield of_filter("a task in an event", of_event(comp("VTODO")), breaks(INVALID))
    yield of_filter("an event in an alarm", of_event(comp("VALARM", comp("VEVENT"))), breaks(INVALID))
    yield of_filter("a component without name", within("<C:comp-filter/>"), breaks(INVALID))
    yield of_filter("a property without name", of_event("<C:prop-filter/>"), breaks(INVALID))
    yield of_filter(
        "a parameter without name",
        of_event('<C:prop-filter name="DTSTART"><C:param-filter/></C:prop-filter>'),
        breaks(INVALID),
    )
    yield of_filter("what is no condition", of_event("<C:n-importe-quoi/>"), breaks(INVALID))
    yield of_filter(
        "there and not there", of_event(f"<C:is-not-defined/>{time_range('20210101T000000Z')}"), breaks(INVALID)
    )
    for name, start, end in (
        ("no end at all", "", ""),
        ("a day", "20210101", ""),
        ("no zone", "20210101T000000", ""),
        ("backwards", "20220101T000000Z", "20210101T000000Z"),
        ("empty", "20210101T000000Z", "20210101T000000Z"),
    ):
        yield of_filter(f"a range: {name}", of_event(time_range(start, end)), breaks(INVALID))
    yield of_filter(
        "a range of a title",
        of_event(f'<C:prop-filter name="SUMMARY">{time_range("20210101T000000Z")}</C:prop-filter>'),
        breaks(INVALID),
    )
    yield of_filter("an unknown component", within(comp("X-RIEN")), breaks(f"{UNSUPPORTED}/{CAL}comp-filter"))
    yield of_filter("time zones", within(comp("VTIMEZONE")), breaks(UNSUPPORTED))
    yield of_filter("an unknown collation", of_event(text("i;klingon")), breaks(f"{CAL}supported-collation"))
    yield of_filter("any collation", of_event(text("*")), breaks(f"{CAL}supported-collation"))
    for name, zone in (("text", "Europe/Paris"), ("an event", event("x@x").decode())):
        yield of_filter(
            f"a time zone that is {name}",
            f"{of_event('')}<C:timezone>{zone}</C:timezone>",
            breaks(f"{CAL}valid-calendar-data"),
        )


def asking() -> Iterator[Fault]:
    """Reports and properties."""
    for attributes in ('content-type="application/calendar+json"', 'content-type="text/calendar" version="3.0"'):
        for kind, inner in (("calendar-query", of_event("")), ("calendar-multiget", f"<D:href>{KNOWN}</D:href>")):
            asked = f"<D:prop><C:calendar-data {attributes}/></D:prop>{inner}"
            yield Fault(
                report(f"{kind}, {attributes}", kind, asked),
                breaks(f"{CAL}supported-calendar-data"),
            )
    yield Fault(
        report("an unknown report", "rien", ""),
        lambda answer: answer.status == 403 and answer.xml.find(f"{DAV}supported-report") is not None,
    )
    yield Fault(Ask(name="a report of nothing", method="REPORT", headers={"Depth": "1"}), has_status(400))
    yield Fault(multiget("no address", ""), lambda answer: answer.status == 207)
    yield Fault(
        Ask(
            name="a synchronisation with a filter, which is nothing there",
            method="REPORT",
            body=sync("").sent.replace(b"<D:prop>", within(comp("VTODO", comp("VEVENT"))).encode() + b"<D:prop>"),
        ),
        lambda answer: KNOWN in answer.texts(f"{DAV}href"),
    )
    yield Fault(
        propfind(
            "what a calendar holds",
            *("C:supported-calendar-data", "C:supported-collation-set", "C:min-date-time", "C:max-date-time"),
        ),
        lambda answer: (
            answer.xml.find(f".//{CAL}calendar-data[@content-type='text/calendar'][@version='2.0']") is not None
            and answer.texts(f"{CAL}supported-collation") == ["i;ascii-casemap", "i;octet", "i;unicode-casemap"]
            and answer.texts(f"{CAL}min-date-time") == ["16000101T000000Z"]
            and answer.texts(f"{CAL}max-date-time") == ["21991231T235959Z"]
            and answer.texts(f"{DAV}status") == ["HTTP/1.1 200 OK"]
        ),
    )
    nothing = f"<D:propfind {NAMESPACES}><D:rien/></D:propfind>"
    yield Fault(Ask(name="a PROPFIND of nothing", method="PROPFIND", body=nothing), has_status(400))
    yield Fault(Ask(name="a PROPFIND without anything", method="PROPFIND", body='<a xmlns="DAV:"/>'), has_status(400))
    beside = f"<D:propfind {NAMESPACES}><D:rien/><D:prop><D:getetag/></D:prop></D:propfind>"
    yield Fault(
        Ask(name="a PROPFIND with what nobody knows beside", method="PROPFIND", body=beside, headers={"Depth": "0"}),
        tells(200, f"{DAV}getetag"),
    )
    yield Fault(
        Ask(name="a depth that is none", method="PROPFIND", body=beside, headers={"Depth": "2"}), has_status(400)
    )
    nameless = '<D:propfind xmlns:D="DAV:"><D:prop><truc/></D:prop></D:propfind>'
    for depth in ("0", "1"):
        yield Fault(
            Ask(name=f"nameless, {depth}", method="PROPFIND", body=nameless, headers={"Depth": depth}),
            tells(404, "truc"),
        )


def setting() -> Iterator[Fault]:
    """PROPPATCH (RFC 4918 section 9.2)."""

    def update(name: str, inner: str, right: Right) -> Fault:
        body = f"<D:propertyupdate {NAMESPACES}><D:set><D:prop>{inner}</D:prop></D:set></D:propertyupdate>"
        return Fault(Ask(name=name, method="PROPPATCH", body=body), right)

    protected, failed = tells(403, f"{DAV}getetag"), tells(424, f"{DAV}displayname")
    yield update(
        "an entity tag",
        "<D:displayname>Non</D:displayname><D:getetag>rien</D:getetag>",
        lambda answer: (
            protected(answer)
            and failed(answer)
            and answer.xml.find(f".//{DAV}error/{DAV}cannot-modify-protected-property") is not None
        ),
    )
    for name in ("D:resourcetype", "CS:getctag"):
        yield update(name, f"<{name}/>", lambda answer: answer.status == 207 and " 403 " in answer.text)
    yield update(
        "components without name",
        "<C:supported-calendar-component-set><C:comp/></C:supported-calendar-component-set>",
        tells(403, f"{CAL}supported-calendar-component-set"),
    )
    yield update("no property", "", has_status(400))
    yield Fault(Ask(name="PROPPATCH of nothing", method="PROPPATCH"), has_status(400))
    yield Fault(Ask(name="PROPPATCH of another kind", method="PROPPATCH", body=nothing_set()), has_status(400))
    yield update("a property without namespace", '<truc xmlns="">1</truc>', tells(200, "truc"))


def nothing_set() -> str:
    return f"<D:propfind {NAMESPACES}><D:set><D:prop><D:displayname>x</D:displayname></D:prop></D:set></D:propfind>"


def writing() -> Iterator[Fault]:
    """PUT (RFC 4791 section 5.3.2.1), and methods."""

    def put(name: str, body: bytes, right: Right, path: str = f"{HOME}neuf.ics") -> Fault:
        return Fault(Ask(name=name, method="PUT", path=path, body=body), right)

    two = event("un@x").removesuffix(b"END:VCALENDAR\r\n") + event("deux@x").partition(b"FR\r\n")[2]
    yield put("text", b"bonjour", breaks(f"{CAL}valid-calendar-data"))
    yield put("a card", b"BEGIN:VCARD\r\nFN:x\r\nUID:z\r\nEND:VCARD\r\n", breaks(f"{CAL}valid-calendar-data"))
    yield put("no UID", event(None), breaks(f"{CAL}valid-calendar-object-resource"))
    yield put("two events", two, breaks(f"{CAL}valid-calendar-object-resource"))
    yield put("a journal", event("j@x", component="VJOURNAL"), breaks(f"{CAL}supported-calendar-component"))
    yield put("every second", event("s@x", "RRULE:FREQ=SECONDLY;COUNT=100000"), breaks(f"{CAL}max-instances"))
    yield put(
        "too large", event("g@x", "DESCRIPTION:" + "x" * 11_000_000), breaks(f"{CAL}max-resource-size", status=413)
    )
    taken = f"{CAL}no-uid-conflict/{DAV}href"
    for name, path, uid in (("another's UID", f"{HOME}neuf.ics", "connu@x"), ("a new UID", KNOWN, "neuf@x")):
        yield put(
            name,
            event(uid),
            lambda answer: breaks(taken, status=409)(answer) and answer.texts(f"{DAV}href") == [KNOWN],
            path,
        )
    for method in ("COPY", "LOCK", "UNLOCK", "POST", "PATCH", "RIEN"):
        yield Fault(
            Ask(name=method, method=method, path=KNOWN, headers={"Destination": f"{HOME}copie.ics"}),
            lambda answer: has_status(405)(answer) and "PROPFIND" in answer.headers["allow"].split(", "),
        )
    yield Fault(
        Ask(name="a method in small letters", method="put", path=f"{HOME}petit.ics", body=event("petit@x")),
        has_status(405),
    )
    yield Fault(
        Ask(name="what may be done", method="OPTIONS"), lambda answer: "POST" not in answer.headers["allow"].split(", ")
    )


FAULTS = [*filters(), *asking(), *writing(), *setting()]


@dataclass(frozen=True, slots=True)
class Two:
    stock: Server
    ours: Server


@pytest.fixture(scope="module")
def two(instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    """Both, with one event in the calendar 28."""
    folder, port = tmp_path_factory.mktemp("faults") / "stock", free_port()
    home = copy_instance(instance, tmp_path_factory.mktemp("faults") / "home")
    with running(stock_words(folder, port), folder, port) as stock, serving(home) as ours:
        make_calendar(stock, ours)
        for server in (stock, ours):
            assert server.put(KNOWN, event("connu@x", "SUMMARY:Un titre")).status == 201
        yield Two(stock, ours)


def ask(server: Server, fault: Fault) -> Answer:
    return server.request(fault.ask.method, fault.ask.path, fault.ask.sent, headers=fault.ask.headers)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.ask.name)
def test_a_fault_of_stock_is_none_of_ours(two: Two, fault: Fault) -> None:
    """Ours answers rightly, and stock does not: else there would be nothing to mend."""
    ours = ask(two.ours, fault)
    assert fault.right(ours), (ours.status, ours.text)
    assert not fault.right(ask(two.stock, fault))
    assert two.ours.get(KNOWN).body == event("connu@x", "SUMMARY:Un titre")


def test_a_property_without_namespace_is_kept_and_given_back(two: Two) -> None:
    """Under its own name, in all that is asked; and it can be taken away again."""

    def update(verb: str) -> Answer:
        inner = f'<D:{verb}><D:prop><seul xmlns="">à moi</seul></D:prop></D:{verb}>'
        body = f"<D:propertyupdate {NAMESPACES}>{inner}</D:propertyupdate>"
        return two.ours.request("PROPPATCH", HOME, body.encode())

    asked = b'<D:propfind xmlns:D="DAV:"><D:prop><seul/><D:displayname/></D:prop></D:propfind>'
    assert tells(200, "seul")(update("set"))
    for body in (asked, b""):
        answer = two.ours.request("PROPFIND", HOME, body, headers={"Depth": "0"})
        assert answer.texts("seul") == ["à moi"]
        assert tells(200, f"{DAV}displayname")(answer)
    assert tells(200, "seul")(update("remove"))
    assert tells(404, "seul")(two.ours.request("PROPFIND", HOME, asked, headers={"Depth": "0"}))


@pytest.mark.parametrize("own_rows", [True, False])
def test_a_multiget_finds_events_by_each_address_of_their_calendar(own_rows: bool, home: Path) -> None:
    """And names each as it was asked (RFC 4791 section 7.9); what is not there, or not theirs, too."""
    config = home / "config.ini"
    config.write_text(config.read_text("utf-8").replace("own_rows = True", f"own_rows = {own_rows}"), "utf-8")
    with serving(home) as server:
        assert server.put(f"{HOME}l%27%C3%A9t%C3%A9.ics", event("ete@x")).status == 201
        here = [f"{HOME}l%27%C3%A9t%C3%A9.ics", "/spro/28/l'%C3%A9t%C3%A9.ics", f"{server.url}spro/28/l'été.ics"]
        missing = [
            "/spro/28/rien&amp;.ics",
            "/paul/28/l'%C3%A9t%C3%A9.ics",
            "/spro/41/l'%C3%A9t%C3%A9.ics",
            "/marie/28/non.ics",
        ]
        for path in ("/marie/28/", "/spro/28/"):
            asked = multiget("", *here, *missing)
            answer = server.request("REPORT", path, asked.sent)
            assert answer.status == 207
            found = {each.findtext(f"{DAV}href"): each for each in answer.xml}
            assert set(found) == {*here, *(each.replace("&amp;", "&") for each in missing)}
            for href in here:
                assert "UID:ete@x" in (found[href].findtext(f".//{CAL}calendar-data") or "")
            for href in missing:
                status = found[href.replace("&amp;", "&")].findtext(f"{DAV}status")
                assert status == "HTTP/1.1 404 Not Found"


def test_a_move_onto_a_taken_uid_names_the_event(two: Two) -> None:
    """Whatever the address that it is moved to."""
    assert two.ours.put(f"{HOME}autre.ics", event("autre@x")).status == 201
    answer = two.ours.request("MOVE", f"{HOME}autre.ics", headers={"Destination": "/spro/28/connu.ics"})
    assert breaks(f"{CAL}no-uid-conflict/{DAV}href", status=409)(answer)
    assert answer.texts(f"{DAV}href") == [f"{HOME}autre.ics"]


def test_a_filter_that_makes_sense_is_none_of_these(two: Two) -> None:
    """What clients ask passes."""
    for inner in (
        within(""),
        within(time_range("20210101T000000Z")),
        of_event(time_range("20210101T000000Z", "20300101T000000Z") + text("i;octet") + comp("VALARM")),
        of_event(f"{comp('VALARM', time_range('20210101T000000Z'))}"),
        of_event('<C:prop-filter name="dtstart"><C:time-range start="20210101T000000Z"/></C:prop-filter>'),
        of_event('<C:prop-filter name="UID"><C:is-not-defined/></C:prop-filter>'),
        of_event(
            '<C:prop-filter name="X"><C:param-filter name="Y"><C:is-not-defined/></C:param-filter></C:prop-filter>'
        ),
        within(comp("VJOURNAL", "<C:is-not-defined/>") + comp("VFREEBUSY", "<C:is-not-defined/>")),
        f"{of_event('')}<C:timezone>{ZONE}</C:timezone>",
        of_event("").replace("VEVENT", "vevent").replace("VCALENDAR", "vcalendar"),
    ):
        asked = report("", "calendar-query", f"<D:prop><D:getetag/></D:prop>{inner}")
        assert two.ours.request("REPORT", HOME, asked.sent, headers=asked.headers).status == 207, inner
