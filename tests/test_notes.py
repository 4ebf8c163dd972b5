"""A personal calendar takes notes (VJOURNAL) beside events and tasks; the region's agendas do not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from http import HTTPStatus
from pathlib import Path

import pytest
from serving import CAL, DAV, NAMESPACES, Server, copy_instance, event, serving, store_of

from spro_agenda.instance import CONFIG

NOTE = event("note", "SUMMARY:À retenir", "CLASS:CONFIDENTIAL", component="VJOURNAL", start="DTSTART:20350101T090000Z")
DAILY = event("notes", "RRULE:FREQ=DAILY", component="VJOURNAL", start="DTSTART;VALUE=DATE:20350110")
UNDATED = event("idee", "SUMMARY:Une idée", component="VJOURNAL", start=None)


@pytest.fixture(scope="module")
def server(instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server where marie has a calendar of her own, with notes."""
    home = copy_instance(instance, tmp_path_factory.mktemp("notes") / "home")
    config = home / CONFIG
    text = config.read_text("utf-8").replace("personal_calendars = False", "personal_calendars = True")
    config.write_text(text, "utf-8")
    with serving(home) as running:
        assert running.request("MKCALENDAR", "/marie/brouillons/").status == HTTPStatus.CREATED
        for name, body in (("note", NOTE), ("notes", DAILY), ("idee", UNDATED)):
            assert running.put(f"/marie/brouillons/{name}.ics", body).status == HTTPStatus.CREATED
        timed = event("a", "DURATION:PT1H", start="DTSTART:20350101T120000Z")
        assert running.put("/marie/brouillons/a.ics", timed).status == HTTPStatus.CREATED
        yield running


def report(server: Server, body: str) -> dict[str, str]:
    """The texts of an answer by the names of their events."""
    answer = server.request("REPORT", "/marie/brouillons/", body.encode(), headers={"Depth": "1"})
    rows = (
        (row.findtext(f"{DAV}href"), row.findtext(f".//{CAL}calendar-data"))
        for row in answer.xml.iter(f"{DAV}response")
    )
    return {str(href).rpartition("/")[2].removesuffix(".ics"): str(text) for href, text in rows}


def found(server: Server, inner: str, data: str = "") -> dict[str, str]:
    return report(
        server,
        f"<C:calendar-query {NAMESPACES}><D:prop><C:calendar-data>{data}</C:calendar-data></D:prop><C:filter>"
        f'<C:comp-filter name="VCALENDAR">{inner}</C:comp-filter></C:filter></C:calendar-query>',
    )


def notes(during: str = "") -> str:
    return f'<C:comp-filter name="VJOURNAL">{during}</C:comp-filter>'


def test_a_note_is_given_back_as_it_was_sent(server: Server) -> None:
    assert server.get("/marie/brouillons/note.ics").body == NOTE
    whole = server.get("/marie/brouillons/").text
    assert (whole.count("BEGIN:VJOURNAL"), whole.count("BEGIN:VEVENT")) == (3, 1)


def test_a_new_calendar_says_that_it_takes_notes(server: Server) -> None:
    asked = server.propfind("/marie/brouillons/", "C:supported-calendar-component-set").xml
    assert [comp.get("name") for comp in asked.iter(f"{CAL}comp")] == ["VEVENT", "VTODO", "VJOURNAL"]


@pytest.mark.parametrize(
    ("inner", "names"),
    [
        (notes(), {"note", "notes", "idee"}),
        (notes('<C:time-range start="20350101T000000Z" end="20350102T000000Z"/>'), {"note"}),
        (notes('<C:time-range start="20360101T000000Z" end="20360102T000000Z"/>'), {"notes"}),
        (notes('<C:prop-filter name="SUMMARY"><C:text-match>idée</C:text-match></C:prop-filter>'), {"idee"}),
    ],
)
def test_notes_are_found(server: Server, inner: str, names: set[str]) -> None:
    """RFC 4791 section 9.9: by when they begin; those without a date at no time."""
    assert set(found(server, inner)) == names


def test_a_note_is_not_expanded(server: Server) -> None:
    """It is given as it was sent."""
    expand = '<C:expand start="20350101T000000Z" end="20350201T000000Z"/>'
    assert "RRULE:FREQ=DAILY" in found(server, notes(), expand)["notes"]


def test_a_note_takes_nobody_s_time(server: Server) -> None:
    during = '<C:time-range start="20350101T000000Z" end="20350201T000000Z"/>'
    body = f"<C:free-busy-query {NAMESPACES}>{during}</C:free-busy-query>"
    answer = server.request("REPORT", "/marie/brouillons/", body.encode(), headers={"Depth": "1"})
    busy = [line for line in answer.text.splitlines() if line.startswith("FREEBUSY")]
    assert busy == ["FREEBUSY;FBTYPE=BUSY:20350101T120000Z/20350101T130000Z"]


def test_what_is_derived_from_notes_can_be_derived_anew(server: Server) -> None:
    with closing(store_of(server.home)) as store, store.read() as reader:
        assert list(reader.check()) == []


def test_an_agenda_of_the_region_takes_no_note(server: Server) -> None:
    """Neither sent nor moved there (RFC 4791 section 5.3.2.1)."""
    for answer in (
        server.put("/marie/28/note.ics", NOTE),
        server.request("MOVE", "/marie/brouillons/note.ics", headers={"Destination": f"{server.url}marie/28/note.ics"}),
    ):
        assert answer.status == HTTPStatus.FORBIDDEN
        assert "VJOURNAL" in answer.text or "supported-calendar-component" in answer.text
    assert server.get("/marie/28/note.ics").status == HTTPStatus.NOT_FOUND
    assert server.get("/marie/brouillons/note.ics").status == HTTPStatus.OK
