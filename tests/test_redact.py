"""A redacted text keeps when an event takes place, and nothing that anybody wrote."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_contract import WHEN, calendar, event

from spro_agenda.ical.read import read_object
from spro_agenda.ical.redact import TITLE, is_redacted, redacted
from spro_agenda.recurrence import spans

AT = datetime(2026, 11, 25, 10, tzinfo=UTC)
SECRET = "Dupont"
PARIS = ZoneInfo("Europe/Paris")

EVERYWHERE = calendar(
    f"X-WR-CALNAME:{SECRET}",
    "BEGIN:VTIMEZONE",
    f"TZID:Chez {SECRET}",
    f"COMMENT:{SECRET}",
    "BEGIN:STANDARD",
    "DTSTART:19700101T000000",
    "TZOFFSETFROM:+0100",
    "TZOFFSETTO:+0100",
    f"TZNAME:{SECRET}",
    "END:STANDARD",
    "END:VTIMEZONE",
    "BEGIN:VEVENT",
    "UID:u@essai",
    f'DTSTART;X-NOTE={SECRET};TZID="Chez {SECRET}":20211007T140000',
    f'DURATION;X-NOTE="{SECRET}":PT2H',
    f"RRULE;X-NOTE={SECRET}:FREQ=WEEKLY;COUNT=5",
    f'EXDATE;TZID="Chez {SECRET}";X-NOTE={SECRET}:20211014T140000',
    f"SUMMARY:Entretien de Madame {SECRET}",
    f"DESCRIPTION:Public : {SECRET}",
    f"LOCATION:Chez {SECRET}",
    f"ATTENDEE;CN={SECRET}:mailto:{SECRET}@example.org",
    f"STATUS:{SECRET}",
    f"X-SPRO-DATE-WORDS:{SECRET}",
    f"CATEGORIES:{SECRET}",
    "SEQUENCE:4",
    "BEGIN:VALARM",
    "ACTION:DISPLAY",
    f"DESCRIPTION:{SECRET}",
    "TRIGGER:-PT15M",
    "END:VALARM",
    "END:VEVENT",
    "BEGIN:VEVENT",
    "UID:u@essai",
    f'RECURRENCE-ID;TZID="Chez {SECRET}":20211021T140000',
    f'DTSTART;TZID="Chez {SECRET}":20211022T140000',
    "DURATION:PT1H",
    f"SUMMARY:{SECRET}",
    "STATUS:cancelled",
    "END:VEVENT",
)


def when(body: bytes) -> list[tuple[object, ...]]:
    found = spans(read_object(body, "essai"), PARIS, date(2015, 1, 1), date(2022, 12, 31))
    return [(span.recurrence_id, span.start, span.end, span.all_day) for span in found]


def test_nothing_that_was_written_is_left_wherever_it_stood() -> None:
    """Parameters, a time zone's name, alarms, unknown properties and statuses that are none included."""
    text = redacted(EVERYWHERE, AT)
    assert SECRET.encode() not in text
    obj = read_object(text, "essai")
    assert (obj.uid, [part.title for part in obj.parts]) == ("u@essai", [TITLE, TITLE])
    assert [part.sequence for part in obj.parts] == [5, 5]
    assert [part.status for part in obj.parts] == ["", "CANCELLED"]
    assert b"DTSTAMP:20261125T100000Z" in text


@pytest.mark.parametrize("name", WHEN)
def test_it_takes_place_when_it_did(name: str) -> None:
    component = "VTODO" if name.startswith("task") else "VEVENT"
    body = event("a", *WHEN[name], component=component)
    assert when(redacted(body, AT)) == when(body)


def test_a_series_with_moved_instances_takes_place_when_it_did() -> None:
    assert when(redacted(EVERYWHERE, AT)) == when(EVERYWHERE) != []


def test_a_redacted_text_needs_no_redaction() -> None:
    """And one that somebody has written in again does."""
    once = redacted(EVERYWHERE, AT)
    assert is_redacted(once)
    assert is_redacted(redacted(once, datetime(2027, 1, 1, tzinfo=UTC)))
    assert not is_redacted(EVERYWHERE)
    assert not is_redacted(once.replace(b"SEQUENCE:5", b"SEQUENCE:5\r\nCOMMENT:Dupont"))
    assert not is_redacted(once.replace(TITLE.encode(), b"Dupont"))


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("RECURRENCE-ID", "RECURRENCE-ID;RANGE=Dupont:20211007T120000Z"),
        ("EXDATE", "EXDATE;VALUE=Dupont:20211014T120000Z"),
        ("RDATE", "RDATE;VALUE=DATE-TIME-Dupont:20211014T120000Z"),
        ("DURATION", "DURATION;TZID=Dupont:PT2H"),
        ("DURATION", "DURATION;VALUE=Dupont:PT2H"),
        ("EXDATE", "EXDATE:MDMDMDPTZ"),
        ("EXDATE", "EXDATE:0612345678"),
        ("RRULE", "RRULE:FREQ=WEEKLY;BYDUPONT=MADAME"),
        ("RRULE", "RRULE:FREQ=WEEKLY;WKST=DUPONT"),
        ("RRULE", "RRULE:FREQ=WEEKLY;UNTIL=DUPONT"),
    ],
)
def test_no_time_nor_its_parameters_are_a_hiding_place(name: str, line: str) -> None:
    """Only what RFC 5545 lets them be is kept; the series, or the time, is if it can be told."""
    start = "DTSTART:20211007T120000Z"
    text = redacted(calendar("BEGIN:VEVENT", "UID:a", start, line, "SUMMARY:x", "END:VEVENT"), AT).decode()
    assert not [secret for secret in ("DUPONT", "MADAME", "MDMD", "0612") if secret in text.upper()]
    assert start in text
    assert (f"{name}:" in text) is ("FREQ" in line or ":20" in line or ":PT2H" in line)


@pytest.mark.parametrize(
    "line",
    [
        "DTSTART;X-NOTE=Dupont:19700101T000000",
        "TZOFFSETTO;X-NOTE=Dupont:+0100",
        "TZID:Dupont",
        "BEGIN:X-DUPONT\r\nTZOFFSETTO:+0100\r\nEND:X-DUPONT",
        "RDATE:19700101T000000,DUPONT",
        "RRULE;X-NOTE=Dupont:FREQ=YEARLY;BYMONTH=3;X-DUPONT=1",
    ],
)
def test_no_time_zone_is_a_hiding_place(line: str) -> None:
    """In its observances, in its own lines, in what it may not hold."""
    zone = EVERYWHERE.replace(b"END:STANDARD", line.encode() + b"\r\nEND:STANDARD")
    for body in (zone, EVERYWHERE.replace(b"BEGIN:STANDARD", line.encode() + b"\r\nBEGIN:STANDARD")):
        text = redacted(body, AT)
        assert b"DUPONT" not in text.upper()
        assert when(text) == when(EVERYWHERE)


def test_a_change_of_all_that_follows_stays_one() -> None:
    """RFC 5545 section 3.2.13."""
    text = redacted(event("a", "RECURRENCE-ID;RANGE=THISANDFUTURE:20211007T120000Z"), AT)
    assert b"RECURRENCE-ID;RANGE=THISANDFUTURE:20211007T120000Z" in text


@given(
    st.text(alphabet=st.characters(codec="ascii", categories=["Ll", "Lu", "Nd", "Zs"])).map(lambda text: f"Q{text}q7z"),
    st.sampled_from(["SUMMARY", "X-NOTE", "GEO-NOTE", "CONTACT", "COMMENT", "URL", "STATUS", "TRANSP", "CLASS"]),
)
def test_no_property_is_a_hiding_place(secret: str, name: str) -> None:
    text = redacted(
        event("a", f"{name}:{secret}", "SUMMARY:x") if name != "SUMMARY" else event("a", f"{name}:{secret}"), AT
    )
    assert secret.encode() not in text
    assert read_object(text, "essai").parts[0].title == TITLE
