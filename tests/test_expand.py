"""An expanded event is its instances, each in UTC, with all else as it was sent: RFC 4791 section 9.6.5."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from http import HTTPStatus
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import pytest
from serving import CAL, NAMESPACES, Answer, Server, event

from spro_agenda.errors import BadInput
from spro_agenda.ical.expand import When, expanded
from spro_agenda.ical.read import CalendarObject, read_object
from spro_agenda.recurrence import Span, instant, spans
from spro_agenda.server.reports import Place, read_report

FOLDER = Path(__file__).with_name("ical")
PARIS = ZoneInfo("Europe/Paris")
OF_SEVERAL = {"several-calendars-in-one-file.ics", "several-events-and-zones.ics"}
EVENTS = [
    path.name
    for path in sorted(FOLDER.glob("*.ics"))
    if path.name not in OF_SEVERAL and b"BEGIN:VEVENT" in path.read_bytes()
]


def found(obj: CalendarObject) -> list[Span]:
    return spans(obj, PARIS, date(2021, 1, 1), date(2021, 12, 31))


def instances(obj: CalendarObject, found: Sequence[Span]) -> list[icalendar.Event]:
    """The instances as another library reads them."""
    when = [
        When(
            part=next(index for index, part in enumerate(obj.parts) if part is span.part),
            start=span.start,
            end=span.end,
            recurrence_id=span.recurrence_id,
            all_day=span.all_day,
            floating=span.floating,
            zone=PARIS,
        )
        for span in found
    ]
    text = expanded(obj.body, when)
    assert not re.search(rb"^(?:TZID:|[A-Z0-9-]+;[^:]*TZID=)", text, re.MULTILINE)
    assert all(len(line) <= 75 for line in text.split(b"\r\n"))
    return list(icalendar.Calendar.from_ical(text).walk("VEVENT"))


@pytest.mark.parametrize("name", EVENTS)
def test_each_instance_is_at_its_time(name: str) -> None:
    """All-day ones are days, floating ones stay so, all others are in UTC; none repeats."""
    obj = read_object((FOLDER / name).read_bytes(), name)
    wanted = found(obj)
    given = instances(obj, wanted)
    assert len(given) == len(wanted)
    for component, span in zip(given, wanted, strict=True):
        start = component["DTSTART"].dt
        assert instant(start, PARIS) == span.start
        assert isinstance(start, datetime) != span.all_day
        assert not isinstance(start, datetime) or (start.tzinfo is None) == span.floating
        if "DTEND" in component:
            assert instant(component["DTEND"].dt, PARIS) == span.end
        assert not {"RRULE", "RDATE", "EXDATE", "DURATION"} & set(component)


@pytest.mark.parametrize("name", EVENTS)
def test_each_instance_of_a_series_says_which_one_it_is(name: str) -> None:
    """By the time that its rule gave it, however it was moved; an event that does not repeat has none."""
    obj = read_object((FOLDER / name).read_bytes(), name)
    wanted = found(obj)
    for component, span in zip(instances(obj, wanted), wanted, strict=True):
        if not span.recurrence_id:
            assert "RECURRENCE-ID" not in component
            continue
        moment = component["RECURRENCE-ID"].dt
        form = "%Y%m%dT%H%M%SZ" if isinstance(moment, datetime) else "%Y%m%d"
        told = instant(moment, PARIS) if isinstance(moment, datetime) else moment
        assert f"{told:{form}}" == span.recurrence_id


def test_all_else_is_as_it_was_sent() -> None:
    """Unknown properties, alarms with durations of their own, accents."""
    body = event(
        "a@essai",
        "DURATION:PT1H",
        "RRULE:FREQ=DAILY;COUNT=3",
        "X-ESSAI;X-QUI=a:été",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "TRIGGER:-PT15M",
        "DURATION:PT5M",
        "REPEAT:2",
        "END:VALARM",
        start="DTSTART:20210601T080000Z",
    )
    obj = read_object(body, "")
    given = instances(obj, found(obj))
    assert [component["DTSTART"].dt.day for component in given] == [1, 2, 3]
    for component in given:
        assert component["X-ESSAI"] == "été"
        (alarm,) = component.subcomponents
        assert {"TRIGGER", "DURATION", "REPEAT"} <= set(alarm)
        assert "DTEND" in component


# Over HTTP


def query(server: Server, inner: str, start: str, end: str, *, ranged: bool = True) -> Answer:
    """Events of the network 28 that meet a range, `inner` within calendar-data."""
    times = f'<C:time-range start="{start}" end="{end}"/>' if ranged else ""
    body = (
        f"<C:calendar-query {NAMESPACES}><D:prop><D:getetag/><C:calendar-data>{inner}</C:calendar-data></D:prop>"
        f'<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">{times}</C:comp-filter>'
        "</C:comp-filter></C:filter></C:calendar-query>"
    )
    return server.request("REPORT", "/marie/28/", body.encode(), headers={"Depth": "1"})


def expand(start: str, end: str) -> str:
    return f'<C:expand start="{start}" end="{end}"/>'


def starts(answer: Answer) -> list[str]:
    """When each instance of an answer begins, in UTC."""
    assert answer.status == HTTPStatus.MULTI_STATUS, answer.text
    return sorted(
        f"{instant(component['DTSTART'].dt, PARIS):%Y-%m-%d %H:%M}"
        for text in answer.texts(f"{CAL}calendar-data")
        for component in icalendar.Calendar.from_ical(text or "").walk("VEVENT")
    )


@pytest.fixture(scope="module")
def hard(server: Server) -> Server:
    """A server with what stock Radicale expands wrongly, or not at all."""
    for name in ("this-and-future", "rdate-periods", "lone-recurrence-id", "all-day-recurring-with-exception"):
        answer = server.put(f"/marie/28/{name}.ics", (FOLDER / f"{name}.ics").read_bytes())
        assert answer.status == HTTPStatus.CREATED, answer.text
    endless = event("sans-fin@essai", "DTEND:20310107T110000Z", "RRULE:FREQ=WEEKLY", start="DTSTART:20310107T100000Z")
    assert server.put("/marie/28/sans-fin.ics", endless).status == HTTPStatus.CREATED
    return server


def test_a_query_gives_the_instances_of_its_range(hard: Server) -> None:
    """THISANDFUTURE, periods of RDATE, a lone instance and all-day ones: at the times worked out by hand."""
    given = starts(query(hard, expand("20210901T000000Z", "20211001T000000Z"), "20210901T000000Z", "20211001T000000Z"))
    assert {"2021-09-07 08:00", "2021-09-14 08:00", "2021-09-21 12:00", "2021-09-28 12:00"} <= set(given)
    assert "2021-09-30 22:00" in given  # the first of October, in Paris
    october = starts(
        query(hard, expand("20211001T000000Z", "20211101T000000Z"), "20211001T000000Z", "20211101T000000Z")
    )
    assert "2021-10-07 13:00" in october  # the lone instance
    assert "2021-10-05 12:00" in october  # moved from there on


@pytest.mark.parametrize("ranged", [True, False])
def test_what_takes_place_at_no_time_asked_for_is_left_out(hard: Server, ranged: bool) -> None:
    """And it makes no difference whether a time range narrowed the events before."""
    times = ("20310101T000000Z", "20310115T000000Z")
    given = starts(query(hard, expand(*times), *times, ranged=ranged))
    assert [each for each in given if each.startswith("2031")] == given == ["2031-01-07 10:00", "2031-01-14 10:00"]


def test_a_series_is_expanded_beyond_the_horizon(hard: Server) -> None:
    """On demand, as far as anybody asks."""
    times = ("20910101T000000Z", "20910108T000000Z")
    assert starts(query(hard, expand(*times), *times)) == ["2091-01-02 10:00"]


def test_a_multiget_is_expanded_too(hard: Server) -> None:
    """What has no instance then is not said to be missing; what is missing is."""
    body = (
        f"<C:calendar-multiget {NAMESPACES}><D:prop><C:calendar-data>"
        f"{expand('20310101T000000Z', '20310109T000000Z')}</C:calendar-data></D:prop>"
        "<D:href>/marie/28/sans-fin.ics</D:href><D:href>/marie/28/this-and-future.ics</D:href>"
        "<D:href>/marie/28/rien.ics</D:href></C:calendar-multiget>"
    )
    answer = hard.request("REPORT", "/marie/28/", body.encode())
    assert starts(answer) == ["2031-01-07 10:00"]
    named = {str(href).rpartition("/")[2] for href in answer.texts("{DAV:}href")}
    assert named == {"sans-fin.ics", "rien.ics"}


def tasks(server: Server, start: str, end: str, *names: str) -> dict[str, list[tuple[str, str, str]]]:
    """Of some tasks of the network 28, expanded, by their names: start, due and recurrence-id of each component."""
    hrefs = "".join(f"<D:href>/marie/28/{name}.ics</D:href>" for name in names)
    body = (
        f"<C:calendar-multiget {NAMESPACES}><D:prop><C:calendar-data>{expand(start, end)}</C:calendar-data></D:prop>"
        f"{hrefs}</C:calendar-multiget>"
    )
    found: dict[str, list[tuple[str, str, str]]] = {}
    for text in server.request("REPORT", "/marie/28/", body.encode()).texts(f"{CAL}calendar-data"):
        for task in icalendar.Calendar.from_ical(text or "").walk("VTODO"):
            times = (task.get(name) for name in ("DTSTART", "DUE", "RECURRENCE-ID"))
            found.setdefault(task["UID"], []).append(tuple(time.to_ical().decode() if time else "" for time in times))
    return found


def test_tasks_are_expanded_as_events_are(server: Server) -> None:
    """A series as its instances, one of them moved; what is due once, in UTC; each with the ends that it was sent
    with."""
    moved = event("moved", "DUE;TZID=Europe/Paris:20330204T180000", "RECURRENCE-ID;TZID=Europe/Paris:20330203T090000",
                  start="DTSTART;TZID=Europe/Paris:20330204T090000", component="VTODO")  # fmt: skip
    sent = {
        "serie": event("serie", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=4", component="VTODO",
                       start="DTSTART;TZID=Europe/Paris:20330201T090000").replace(
            b"END:VCALENDAR\r\n", moved.partition(b"//FR\r\n")[2].replace(b"UID:moved", b"UID:serie")),
        "jours": event("jours", "RRULE:FREQ=DAILY", start="DTSTART;VALUE=DATE:20330201", component="VTODO"),
        "une-fois": event("une-fois", "DUE;TZID=Europe/Paris:20330202T120000", start=None, component="VTODO"),
    }  # fmt: skip
    for name, body in sent.items():
        assert server.put(f"/marie/28/{name}.ics", body).status == HTTPStatus.CREATED
    assert tasks(server, "20330201T230000Z", "20330203T230000Z", *sent) == {
        "serie": [("20330202T080000Z", "20330202T090000Z", "20330202T080000Z")],
        "jours": [("20330202", "", "20330202"), ("20330203", "", "20330203")],
        "une-fois": [("", "20330202T110000Z", "")],
    }
    assert tasks(server, "20330204T000000Z", "20330205T000000Z", "serie", "une-fois") == {
        "serie": [
            ("20330204T080000Z", "20330204T170000Z", "20330203T080000Z"),
            ("20330204T080000Z", "20330204T090000Z", "20330204T080000Z"),
        ]
    }


def test_a_task_without_a_date_is_given_as_it_was_sent(server: Server) -> None:
    """It meets every range, and there is nothing to convert."""
    body = event("sans-date", "PERCENT-COMPLETE:40", start=None, component="VTODO")
    assert server.put("/marie/28/sans-date.ics", body).status == HTTPStatus.CREATED
    assert tasks(server, "20330201T000000Z", "20330202T000000Z", "sans-date") == {"sans-date": [("", "", "")]}


def test_a_series_of_tasks_that_is_too_long_to_expand_is_refused_in_a_sentence(server: Server) -> None:
    """As one of events is (RFC 4791 section 7.8), saying how to ask."""
    body = event("taches", "RRULE:FREQ=DAILY", start="DTSTART;VALUE=DATE:20330201", component="VTODO")
    assert server.put("/marie/28/taches.ics", body).status == HTTPStatus.CREATED
    asked = (
        f"<C:calendar-multiget {NAMESPACES}><D:prop><C:calendar-data>{expand('20330101T000000Z', '21900101T000000Z')}"
        "</C:calendar-data></D:prop><D:href>/marie/28/taches.ics</D:href></C:calendar-multiget>"
    )
    answer = server.request("REPORT", "/marie/28/", asked.encode())
    assert (answer.status, "plusieurs fois" in answer.text) == (HTTPStatus.FORBIDDEN, True)


def test_a_synchronisation_that_asks_for_an_expansion_misses_no_change(hard: Server) -> None:
    """Whatever takes place at another time has changed too: its client would never hear of it again."""
    inner = expand("20210901T000000Z", "20210902T000000Z")
    body = (
        f"<D:sync-collection {NAMESPACES}><D:sync-token/><D:sync-level>1</D:sync-level><D:prop><D:getetag/>"
        f"<C:calendar-data>{inner}</C:calendar-data></D:prop></D:sync-collection>"
    )
    answer = hard.request("REPORT", "/marie/28/", body.encode())
    assert "/marie/28/sans-fin.ics" in answer.texts("{DAV:}href")
    assert "RRULE:FREQ=WEEKLY" in answer.text


@pytest.mark.parametrize(
    "inner",
    [
        '<C:expand start="20210901T000000Z"/>',
        "<C:expand/>",
        '<C:expand start="2021-09-01" end="2021-10-01"/>',
        '<C:expand start="20211001T000000Z" end="20210901T000000Z"/>',
    ],
)
def test_an_expansion_without_a_range_is_refused_in_a_sentence(standing: Server, inner: str) -> None:
    """400: it would be the whole of time."""
    answer = query(standing, inner, "20210901T000000Z", "20211001T000000Z")
    assert answer.status == HTTPStatus.BAD_REQUEST
    assert "en UTC" in answer.text


def free_busy(server: Server, times: str) -> Answer:
    body = f"<C:free-busy-query {NAMESPACES}>{times}</C:free-busy-query>"
    return server.request("REPORT", "/marie/28/", body.encode(), headers={"Depth": "1"})


def periods(answer: Answer) -> set[tuple[str, str]]:
    """The busy periods of an answer: their type, and when they are."""
    assert answer.status == HTTPStatus.OK, answer.text
    assert answer.headers["content-type"].startswith("text/calendar")
    component = icalendar.Calendar.from_ical(answer.body).walk("VFREEBUSY")[0]
    lines = component.get("FREEBUSY", [])
    return {
        (line.params.get("FBTYPE", "BUSY"), f"{line.start:%d %H:%M}–{line.end:%d %H:%M}")
        for line in (lines if isinstance(lines, list) else [lines])
    }


def test_free_busy_says_when_and_never_what(server: Server) -> None:
    """RFC 4791 section 7.10: one type apart from another, overlaps put together, cut to the range; cancelled,
    transparent and vague events take nobody's time."""
    sent = {
        "un": ("DTEND:20320202T110000Z",),
        "deux": ("DTEND:20320202T113000Z",),
        "peut-etre": ("DTEND:20320202T120000Z", "STATUS:TENTATIVE"),
        "annule": ("DTEND:20320202T200000Z", "STATUS:CANCELLED"),
        "libre": ("DTEND:20320202T210000Z", "TRANSP:TRANSPARENT"),
        "vague": ("DTEND:20320202T220000Z", "X-SPRO-DATE-WORDS:en février", "X-SPRO-WINDOW:2032-02-01/2032-02-29"),
        "serie": ("DURATION:PT30M", "RRULE:FREQ=DAILY;COUNT=60"),
    }
    for name, lines in sent.items():
        title = ("SUMMARY:[en février] Vague",) if name == "vague" else ()
        body = event(f"{name}@occupe", *lines, *title, start="DTSTART:20320202T100000Z")
        assert server.put(f"/marie/28/occupe-{name}.ics", body).status == HTTPStatus.CREATED
    day = free_busy(server, '<C:time-range start="20320202T103000Z" end="20320203T101500Z"/>')
    assert periods(day) == {
        ("BUSY", "02 10:30–02 11:30"),
        ("BUSY", "03 10:00–03 10:15"),
        ("BUSY-TENTATIVE", "02 10:30–02 12:00"),
    }
    assert "occupe" not in day.text
    month = free_busy(server, '<C:time-range start="20320301T000000Z" end="20320401T000000Z"/>')
    assert len(periods(month)) == 31


@pytest.mark.parametrize("times", ["", '<C:time-range start="20320301T000000Z"/>', '<C:time-range start="x" end="y"/>'])
def test_free_busy_without_a_range_is_refused_in_a_sentence(standing: Server, times: str) -> None:
    """400, as for an expansion."""
    assert free_busy(standing, times).status == HTTPStatus.BAD_REQUEST


# What is read of a report

HERE = Place(path="/marie/28/", prefix="", homes=("marie", "spro"))


def test_a_report_that_asks_neither_is_left_as_it_is() -> None:
    """Byte for byte: most reports ask for no expansion."""
    body = b"<D:sync-collection xmlns:D='DAV:'><D:sync-token/></D:sync-collection>"
    assert read_report(body, HERE).body is body


def test_a_report_that_is_no_xml_is_left_for_radicale_to_refuse() -> None:
    assert read_report(b"<expand", HERE).body == b"<expand"


def test_the_range_of_an_expansion_is_taken_out() -> None:
    """Radicale must not see it, or it would expand what the storage gives."""
    body = (
        f"<C:calendar-multiget {NAMESPACES}><D:prop><C:calendar-data>{expand('20210901T000000Z', '20210902T000000Z')}"
        "</C:calendar-data></D:prop></C:calendar-multiget>"
    ).encode()
    report = read_report(body, HERE)
    assert b"expand" not in report.body
    assert report.expand == (
        int(datetime(2021, 9, 1, tzinfo=UTC).timestamp()),
        int(datetime(2021, 9, 2, tzinfo=UTC).timestamp()),
    )
    with pytest.raises(BadInput):
        read_report(body.replace(b"20210902", b"20210801"), HERE)
