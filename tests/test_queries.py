"""What a calendar-query looks for is what RFC 4791 section 9.7 says, asked of a real server."""

from __future__ import annotations

from http import HTTPStatus

import pytest
from serving import DAV, NAMESPACES, Server, event

ALARM = ("BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:Bientôt", "TRIGGER:-PT15M", "END:VALARM")
AGAIN = ("BEGIN:VALARM", "ACTION:AUDIO", "TRIGGER;RELATED=END:PT0S", "REPEAT:2", "DURATION:PT10M", "END:VALARM")
FIXED = ("BEGIN:VALARM", "ACTION:AUDIO", "TRIGGER;VALUE=DATE-TIME:20341130T080000Z", "END:VALARM")
NINE = "DTSTART:20341201T090000Z"

SENT = {
    "plain": event("plain", "SUMMARY:Été à Dreux", "CATEGORIES:Forum,Emploi", start=NINE),
    "alarmed": event("alarmed", "DTEND:20341201T100000Z", *ALARM, start=NINE),
    "again": event("again", "DTEND:20341201T100000Z", *AGAIN, start=NINE),
    "fixed": event("fixed", *FIXED, start=NINE),
    "series": event("series", "RRULE:FREQ=DAILY", *ALARM, start="DTSTART:20341210T090000Z"),
    "people": event(
        "people",
        "ATTENDEE;PARTSTAT=ACCEPTED:mailto:luc@essai.example",
        "ATTENDEE;PARTSTAT=DECLINED;CN=Paul:mailto:paul@essai.example",
        "LOCATION:Chartres",
        start="DTSTART;TZID=Europe/Paris:20341202T000000",
    ),
    "escaped": event("escaped", "SUMMARY:Un\\, deux\\; trois", start="DTSTART;VALUE=DATE:20341203"),
    "task": event("task", "DUE:20341205T090000Z", "PERCENT-COMPLETE:40", *ALARM, start=None, component="VTODO"),
    "done": event("done", "COMPLETED:20341204T120000Z", "STATUS:COMPLETED", start=None, component="VTODO"),
}
PART = event(
    "parts",
    "RECURRENCE-ID:20341221T090000Z",
    "SUMMARY:Ce jour",
    "LOCATION:Dreux",
    *ALARM,
    start="DTSTART:20341221T140000Z",
)
SENT["parts"] = event("parts", "RRULE:FREQ=DAILY;COUNT=3", "SUMMARY:Chaque jour", start="DTSTART:20341220T090000Z")
SENT["parts"] = SENT["parts"].replace(b"END:VCALENDAR\r\n", PART.partition(b"//FR\r\n")[2])


def comp(name: str, inner: str = "") -> str:
    return f'<C:comp-filter name="{name}">{inner}</C:comp-filter>'


def prop(name: str, inner: str = "") -> str:
    return f'<C:prop-filter name="{name}">{inner}</C:prop-filter>'


def param(name: str, inner: str = "") -> str:
    return f'<C:param-filter name="{name}">{inner}</C:param-filter>'


def text(value: str, more: str = "") -> str:
    return f"<C:text-match {more}>{value}</C:text-match>"


def during(start: str, end: str) -> str:
    return f'<C:time-range start="{start}" end="{end}"/>'


NOT_DEFINED = "<C:is-not-defined/>"
FIRST = during("20341201T000000Z", "20341201T120000Z")
OCTETS, NEGATED = 'collation="i;octet"', 'negate-condition="yes"'


@pytest.fixture(scope="module")
def filled(server: Server) -> Server:
    """Calendar 28 with what is looked for, beside the events of the minutes."""
    for name, body in SENT.items():
        answer = server.put(f"/marie/28/{name}.ics", body)
        assert answer.status == HTTPStatus.CREATED, answer.text
    return server


def found(server: Server, inner: str) -> set[str]:
    """The names of what a filter within VCALENDAR finds, of what was sent here."""
    body = (
        f"<C:calendar-query {NAMESPACES}><D:prop><D:getetag/></D:prop>"
        f"<C:filter>{comp('VCALENDAR', inner)}</C:filter></C:calendar-query>"
    )
    answer = server.request("REPORT", "/marie/28/", body.encode(), headers={"Depth": "1"})
    assert answer.status == HTTPStatus.MULTI_STATUS, answer.text
    names = {str(href).rpartition("/")[2].removesuffix(".ics") for href in answer.texts(f"{DAV}href")}
    return names & set(SENT)


EVENTS = {"plain", "alarmed", "again", "fixed", "series", "people", "escaped", "parts"}
TASKS = {"task", "done"}


FOUND = {
    "anything": ("", EVENTS | TASKS),
    "events": (comp("VEVENT"), EVENTS),
    "no task": (comp("VTODO", NOT_DEFINED), EVENTS),
    "no event": (comp("VEVENT", NOT_DEFINED), TASKS),
    "a time": (comp("VEVENT", FIRST), {"plain", "alarmed", "again", "fixed"}),
    "a time of anything": (FIRST, {"plain", "alarmed", "again", "fixed"}),
    "an alarm": (comp("VEVENT", comp("VALARM")), {"alarmed", "again", "fixed", "series", "parts"}),
    "no alarm": (comp("VEVENT", comp("VALARM", NOT_DEFINED)), {"plain", "people", "escaped", "parts"}),
    "a task's alarm": (comp("VTODO", comp("VALARM")), {"task"}),
    "a kind of alarm": (comp("VEVENT", comp("VALARM", prop("ACTION", text("audio")))), {"again", "fixed"}),
    "it rings": (comp("VEVENT", comp("VALARM", during("20341201T084000Z", "20341201T085000Z"))), {"alarmed"}),
    "it rang before": (comp("VEVENT", comp("VALARM", during("20341201T085000Z", "20341201T090000Z"))), set()),
    "it rings on": (comp("VEVENT", comp("VALARM", during("20341201T101500Z", "20341201T102500Z"))), {"again"}),
    "it is fixed": (comp("VEVENT", comp("VALARM", during("20341130T000000Z", "20341201T000000Z"))), {"fixed"}),
    "of a series": (comp("VEVENT", comp("VALARM", during("20360101T084000Z", "20360101T085000Z"))), {"series"}),
    "of a moved day": (comp("VEVENT", comp("VALARM", during("20341221T134000Z", "20341221T135000Z"))), {"parts"}),
    "a task's rings": (comp("VTODO", comp("VALARM", during("20341205T084000Z", "20341205T085000Z"))), {"task"}),
    "a property": (comp("VEVENT", prop("LOCATION")), {"people", "parts"}),
    "no property": (comp("VEVENT", prop("LOCATION", NOT_DEFINED)), EVENTS - {"people"}),
    "whatever the case": (comp("VEVENT", prop("SUMMARY", text("ÉTÉ"))), {"plain"}),
    "the same octets": (comp("VEVENT", prop("SUMMARY", text("ÉTÉ", OCTETS))), set()),
    "as people read it": (comp("VEVENT", prop("SUMMARY", text("Un, deux; trois"))), {"escaped"}),
    "one of several": (comp("VEVENT", prop("CATEGORIES", text("emploi"))), {"plain"}),
    "another text": (comp("VEVENT", prop("LOCATION", text("Dreux", NEGATED))), {"people"}),
    "both of one": (comp("VEVENT", prop("SUMMARY", text("jour")) + prop("LOCATION", text("Dreux"))), {"parts"}),
    "not of two parts": (comp("VEVENT", prop("SUMMARY", text("Chaque")) + prop("LOCATION")), set()),
    "a time and a text": (comp("VEVENT", FIRST + prop("SUMMARY", text("été"))), {"plain"}),
    "a date": (comp("VTODO", prop("COMPLETED", during("20341204T000000Z", "20341205T000000Z"))), {"done"}),
    "done and not done": (
        comp("VTODO", prop("COMPLETED", NOT_DEFINED) + prop("STATUS", text("COMPLETED", NEGATED))),
        set(),
    ),
    "in a zone": (comp("VEVENT", prop("DTSTART", during("20341201T230000Z", "20341201T233000Z"))), {"people"}),
    "a day": (comp("VEVENT", prop("DTSTART", during("20341202T230000Z", "20341202T233000Z"))), {"escaped"}),
    "a parameter": (comp("VEVENT", prop("ATTENDEE", param("CN"))), {"people"}),
    "no parameter": (comp("VEVENT", prop("ATTENDEE", param("CN", NOT_DEFINED))), {"people"}),
    "not that parameter": (comp("VEVENT", prop("ATTENDEE", param("ROLE"))), set()),
    "who declined": (comp("VEVENT", prop("ATTENDEE", text("paul") + param("PARTSTAT", text("DECLINED")))), {"people"}),
    "who did not": (comp("VEVENT", prop("ATTENDEE", text("luc") + param("PARTSTAT", text("DECLINED")))), set()),
    "who has a name": (comp("VEVENT", prop("ATTENDEE", text("paul") + param("CN", NOT_DEFINED))), set()),
    "two kinds at once": (comp("VEVENT") + comp("VTODO"), set()),
}
"""Filters within VCALENDAR, by what they look for, and the names of what they find."""


@pytest.mark.parametrize(("inner", "names"), FOUND.values(), ids=FOUND)
def test_a_filter_finds_what_fulfils_it(filled: Server, inner: str, names: set[str]) -> None:
    assert found(filled, inner) == names


def test_alarms_of_an_endless_series_are_looked_for_without_end(filled: Server) -> None:
    """An open range tells in the first days that it reaches."""
    assert found(filled, comp("VEVENT", comp("VALARM", '<C:time-range start="20400101T000000Z"/>'))) == {"series"}


@pytest.mark.parametrize(
    "trigger", ["TRIGGER:bientôt", "TRIGGER:-P99999999999D", "TRIGGER;VALUE=DATE-TIME:x", "X-RIEN:1"]
)
def test_an_alarm_that_makes_no_sense_never_rings(server: Server, trigger: str) -> None:
    body = event("no-sense", "BEGIN:VALARM", "ACTION:AUDIO", trigger, "END:VALARM", start="DTSTART:20350601T090000Z")
    if server.put("/marie/28/no-sense.ics", body).status in (HTTPStatus.CREATED, HTTPStatus.NO_CONTENT):
        query = (
            f"<C:calendar-query {NAMESPACES}><D:prop><D:getetag/></D:prop><C:filter>"
            f"{comp('VCALENDAR', comp('VEVENT', comp('VALARM', during('20350101T000000Z', '20360101T000000Z'))))}"
            "</C:filter></C:calendar-query>"
        )
        answer = server.request("REPORT", "/marie/28/", query.encode(), headers={"Depth": "1"})
        assert "no-sense" not in answer.text
