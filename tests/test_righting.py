"""What is handed on is as RFC 5545 has it: each way in which a sender's line is not, and what is written for it."""

from __future__ import annotations

import pytest

from spro_agenda.ical.lines import parse
from spro_agenda.ical.righting import righted
from spro_agenda.ical.zones import zones_of

PARIS = "DTSTART;TZID=Europe/Paris:20211004T090000"
CASES = {
    "a bare comma": (["LOCATION:Salle 2, Dreux"], ["LOCATION:Salle 2\\, Dreux"]),
    "an escape that is none": (["SUMMARY:C:\\temp"], ["SUMMARY:C:\\\\temp"]),
    "a control character": (["SUMMARY:a\x07b\\, c"], ["SUMMARY:ab\\, c"]),
    "parameters stay": (["LOCATION;LANGUAGE=fr:a;b"], ["LOCATION;LANGUAGE=fr:a\\;b"]),
    "a list of texts": (["CATEGORIES:a,b;c,d\\, e"], ["CATEGORIES:a,b\\;c,d\\, e"]),
    "a valid text": (["SUMMARY:a\\, b\\; c\\n\\\\"], ["SUMMARY:a\\, b\\; c\\n\\\\"]),
    "an empty text": (["LOCATION:", "DESCRIPTION;LANGUAGE=fr: ", "CATEGORIES:", "X-A:"], ["X-A:"]),
    "a stamp without its zone": (["DTSTAMP:20210101T120000"], ["DTSTAMP:20210101T120000Z"]),
    "a stamp in a zone": (["CREATED;TZID=Europe/Paris:20210101T120000"], ["CREATED:20210101T110000Z"]),
    "a stamp of the year 1": (["CREATED:00010101T000000"], []),
    "a stamp that is a day": (["LAST-MODIFIED:20210101"], []),
    "a day that does not say so": (["DTSTART:20211004"], ["DTSTART;VALUE=DATE:20211004"]),
    "a day in a zone": (["DTSTART;TZID=Europe/Paris;VALUE=DATE:20211004"], ["DTSTART;VALUE=DATE:20211004"]),
    "days that do not say so": (["EXDATE:20211004,20211005"], ["EXDATE;VALUE=DATE:20211004,20211005"]),
    "an end that is the start": ([PARIS, PARIS.replace("START", "END")], [PARIS]),
    "an end in another zone": ([PARIS, "DTEND;TZID=Europe/London:20211004T090000"],) * 2,
    "what a task has": ([PARIS, "DUE:20211004T090000Z", "PERCENT-COMPLETE:5"], [PARIS, "DTEND:20211004T090000Z"]),
    "what a task has beside an end": ([PARIS, "DURATION:PT1H", "DUE:20211004T090000Z"], [PARIS, "DURATION:PT1H"]),
    "hours from a day on": (
        ["DTSTART;VALUE=DATE:20211004", "DURATION:P1DT1H"],
        ["DTSTART;VALUE=DATE:20211004", "DURATION:P2D"],
    ),
    "days from a day on": (["DTSTART;VALUE=DATE:20211004", "DURATION:P2D"],) * 2,
    "UNTIL as a day": (
        [PARIS, "RRULE:FREQ=DAILY;UNTIL=20211010;BYDAY=MO"],
        [PARIS, "RRULE:FREQ=DAILY;UNTIL=20211010T215959Z;BYDAY=MO"],
    ),
    "UNTIL without its zone": (
        [PARIS, "RRULE:FREQ=DAILY;UNTIL=20211010T090000"],
        [PARIS, "RRULE:FREQ=DAILY;UNTIL=20211010T070000Z"],
    ),
    "UNTIL for ever": ([PARIS, "RRULE:FREQ=DAILY;UNTIL=99991231"], [PARIS, "RRULE:FREQ=DAILY;UNTIL=99991231T235959Z"]),
    "UNTIL with an hour for days": (
        ["DTSTART;VALUE=DATE:20211004", "RRULE:UNTIL=20211010T220000Z;FREQ=DAILY"],
        ["DTSTART;VALUE=DATE:20211004", "RRULE:UNTIL=20211010;FREQ=DAILY"],
    ),
    "UNTIL in UTC for floating times": (
        ["DTSTART:20211004T090000", "RRULE:FREQ=DAILY;UNTIL=20211010T090000Z"],
        ["DTSTART:20211004T090000", "RRULE:FREQ=DAILY;UNTIL=20211010T090000"],
    ),
    "an address without its scheme": (["URL:www.exemple.fr/forum?a=1"], ["URL:https://www.exemple.fr/forum?a=1"]),
    "an address of a place on some server": (["URL:/forum"], []),
    "words for an address": (["URL:à venir"], []),
    "an address": (["URL:https://exemple.fr/a_b"], ["URL:https://exemple.fr/a_b"]),
    "what nobody knows": (["X-A;X-B=c:d,e;f\\g"], ["X-A;X-B=c:d,e;f\\g"]),
}
TASKS = {
    "a deadline that is the start": (["DTSTART:20211004T090000Z", "DUE:20211004T090000Z"], ["DUE:20211004T090000Z"]),
    "a deadline that is the start of a series": (
        ["DTSTART:20211004T090000Z", "DUE:20211004T090000Z", "RRULE:FREQ=DAILY"],
        ["DTSTART:20211004T090000Z", "RRULE:FREQ=DAILY"],
    ),
    "what an event has": (
        ["DUE:20211004T090000Z", "DTEND:20211004T090000Z", "TRANSP:OPAQUE"],
        ["DUE:20211004T090000Z"],
    ),
    "what a task has": (["COMPLETED:20211004T090000Z", "PERCENT-COMPLETE:50"],) * 2,
}


def written(name: str, lines: list[str]) -> list[str]:
    text = "\r\n".join(["BEGIN:VCALENDAR", f"BEGIN:{name}", *lines, f"END:{name}", "END:VCALENDAR", ""])
    tree = parse(text.encode(), "")[0]
    return [line.text for line in righted(tree.children[0], zones_of(tree, "")).lines]


@pytest.mark.parametrize(("sent", "expected"), CASES.values(), ids=CASES)
def test_a_line_of_an_event_is_put_right(sent: list[str], expected: list[str]) -> None:
    assert written("VEVENT", sent) == expected
    assert written("VEVENT", expected) == expected


@pytest.mark.parametrize(("sent", "expected"), TASKS.values(), ids=TASKS)
def test_a_line_of_a_task_is_put_right(sent: list[str], expected: list[str]) -> None:
    assert written("VTODO", sent) == expected
    assert written("VTODO", expected) == expected


def test_a_zone_goes_by_its_name() -> None:
    sent = ["DTSTART;TZID=Romance Standard Time:20211004T090000"]
    assert written("VEVENT", sent) == [PARIS]
