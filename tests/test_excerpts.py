"""A report may ask for some of each text: RFC 4791 section 9.6."""

from __future__ import annotations

from http import HTTPStatus

import pytest
from serving import CAL, NAMESPACES, Server, event

TITLE = "SUMMARY:Un titre qui est si long qu'il ne tient pas sur une seule ligne, même une fois plié\\, et continue"
BODY = event(
    "extrait",
    TITLE,
    "LOCATION;LANGUAGE=fr:Dreux",
    "RRULE:FREQ=DAILY;COUNT=2",
    "BEGIN:VALARM",
    "ACTION:DISPLAY",
    "TRIGGER:-PT15M",
    "END:VALARM",
    start="DTSTART:20350101T090000Z",
)
ALARM = ["BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT15M", "END:VALARM"]


@pytest.fixture(scope="module")
def filled(server: Server) -> Server:
    assert server.put("/marie/28/extrait.ics", BODY).status == HTTPStatus.CREATED
    return server


def lines(server: Server, inner: str) -> list[str]:
    """The lines of the event's text with calendar-data of this content, without those that open and end it."""
    body = (
        f"<C:calendar-multiget {NAMESPACES}><D:prop><C:calendar-data>{inner}</C:calendar-data></D:prop>"
        "<D:href>/marie/28/extrait.ics</D:href></C:calendar-multiget>"
    )
    answer = server.request("REPORT", "/marie/28/", body.encode())
    (text,) = answer.texts(f"{CAL}calendar-data")
    found = str(text).replace("\n ", "").splitlines()
    assert (found[0], found[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    return found[1:-1]


def of_event(inner: str) -> str:
    return f'<C:comp name="VCALENDAR"><C:prop name="VERSION"/><C:comp name="VEVENT">{inner}</C:comp></C:comp>'


def test_the_properties_that_are_named_are_given_and_no_other(filled: Server) -> None:
    """In the sender's order and with its parameters; what is not there is no trouble."""
    inner = of_event('<C:prop name="location"/><C:prop name="UID"/><C:prop name="DTEND"/>')
    assert lines(filled, inner) == [
        "VERSION:2.0",
        "BEGIN:VEVENT",
        "UID:extrait",
        "LOCATION;LANGUAGE=fr:Dreux",
        "END:VEVENT",
    ]


def test_a_value_is_left_out_where_its_name_is_all_that_is_wanted(filled: Server) -> None:
    inner = of_event('<C:prop name="LOCATION" novalue="yes"/>')
    assert lines(filled, inner) == ["VERSION:2.0", "BEGIN:VEVENT", "LOCATION;LANGUAGE=fr:", "END:VEVENT"]


def test_components_that_are_named_are_given_whole_where_nothing_is_said_of_them(filled: Server) -> None:
    """As in the example of section 7.8.1."""
    assert lines(filled, of_event('<C:prop name="UID"/><C:comp name="VALARM"/>'))[3:] == [*ALARM, "END:VEVENT"]


def test_all_properties_are_given_without_the_components(filled: Server) -> None:
    found = lines(filled, of_event("<C:allprop/>"))
    assert "RRULE:FREQ=DAILY;COUNT=2" in found
    assert not set(ALARM) & set(found)


def test_all_components_are_given_without_the_properties(filled: Server) -> None:
    assert lines(filled, of_event("<C:allcomp/>")) == ["VERSION:2.0", "BEGIN:VEVENT", *ALARM, "END:VEVENT"]


def test_what_asks_for_everything_gets_what_was_sent(filled: Server) -> None:
    sent = BODY.decode().replace("\r\n ", "").splitlines()[1:-1]
    assert lines(filled, "") == sent
    assert lines(filled, '<C:comp name="VCALENDAR"><C:allprop/><C:allcomp/></C:comp>') == sent


def test_instances_are_cut_alike(filled: Server) -> None:
    """What is asked of an expansion's instances."""
    expand = '<C:expand start="20350101T000000Z" end="20350103T000000Z"/>'
    found = lines(filled, of_event('<C:prop name="DTSTART"/>') + expand)
    one, two = (["BEGIN:VEVENT", f"DTSTART:2035010{day}T090000Z", "END:VEVENT"] for day in (1, 2))
    assert found == ["VERSION:2.0", *one, *two]


def test_long_lines_are_folded_anew(filled: Server) -> None:
    """RFC 5545 section 3.1: 75 octets at most."""
    title = of_event('<C:prop name="SUMMARY"/>')
    body = (
        f"<C:calendar-query {NAMESPACES}><D:prop><C:calendar-data>{title}"
        '</C:calendar-data></D:prop><C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">'
        '<C:prop-filter name="UID"><C:text-match>extrait</C:text-match></C:prop-filter></C:comp-filter>'
        "</C:comp-filter></C:filter></C:calendar-query>"
    )
    (text,) = filled.request("REPORT", "/marie/28/", body.encode()).texts(f"{CAL}calendar-data")
    assert all(len(line.encode()) <= 75 for line in str(text).splitlines())
    assert TITLE in str(text).replace("\n ", "").splitlines()
