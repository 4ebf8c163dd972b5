"""What of an event takes people's word back when it changes, and what does not."""

from __future__ import annotations

import pytest
from store_contract import REGION_TOML, calendar, event

from spro_agenda.region.entry import read_entry
from spro_agenda.region.fingerprint import fingerprint
from spro_agenda.region.load import parse_region

REGION = parse_region(REGION_TOML, "region.toml")
TIMES = ("DTSTART;TZID=Europe/Paris:20211007T140000", "DTEND;TZID=Europe/Paris:20211007T160000")
WEEKLY = (*TIMES, "RRULE:FREQ=WEEKLY;BYDAY=TU,TH;COUNT=12")
GAPS = ("20211014T140000", "20211021T140000", "20211028T140000")
OWN_ZONE = """BEGIN:VTIMEZONE
TZID:Heure du bureau
BEGIN:DAYLIGHT
DTSTART:19810329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19961027T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
END:VTIMEZONE""".splitlines()


def gap(*days: str) -> str:
    return f"EXDATE;TZID=Europe/Paris:{','.join(days)}"


def in_zone(tzid: str) -> tuple[str, ...]:
    return tuple(line.replace("Europe/Paris", tzid) for line in WEEKLY)


def of(*lines: str, before: tuple[str, ...] = ()) -> str:
    text = event("a", *lines)
    if before:
        text = calendar(*before, *text.decode().splitlines()[3:-1])
    return fingerprint(read_entry(text, "28", REGION, "a.ics"))


SAME = {
    "the default interval": (WEEKLY, (*TIMES, "RRULE:FREQ=WEEKLY;BYDAY=TU,TH;COUNT=12;INTERVAL=1;WKST=MO")),
    "the order of a rule": (WEEKLY, (*TIMES, "RRULE:COUNT=12;BYDAY=TH,TU;FREQ=weekly")),
    "an end in another spelling": (
        (*TIMES, "RRULE:FREQ=MONTHLY;BYDAY=1TH;UNTIL=20211230T130000Z"),
        (*TIMES, "RRULE:FREQ=MONTHLY;UNTIL=20211230T130000Z;BYDAY=+1TH"),
    ),
    "the order of exceptions": ((*WEEKLY, gap(*GAPS)), (*WEEKLY, gap(GAPS[2], GAPS[0]), gap(GAPS[1]))),
    "an exception said twice": ((*WEEKLY, gap(GAPS[0])), (*WEEKLY, gap(GAPS[0]), gap(GAPS[0]))),
    "exceptions in UTC": (
        (*WEEKLY, gap(*GAPS)),
        (*WEEKLY, "EXDATE:20211014T120000Z,20211021T120000Z,20211028T120000Z"),
    ),
    "a length for an end": (TIMES, (TIMES[0], "DURATION:PT2H")),
    "one event in UTC": (TIMES, ("DTSTART:20211007T120000Z", "DTEND:20211007T140000Z")),
    "Outlook's name of a zone": (WEEKLY, in_zone("Romance Standard Time")),
    "folded lines": (
        (*TIMES, "LOCATION:Maison de l'orientation\\, 28000 Chartres"),
        (*TIMES, "LOCATION:Maison de l'or\r\n ientation\\, 28000 Chartres"),
    ),
    "capitals and spaces of a place": ((*TIMES, "LOCATION:Mairie  de DREUX"), (*TIMES, "LOCATION:mairie de Dreux ")),
    "title, text and who is who": (
        (*TIMES, "SUMMARY:[Dreux] Atelier", "DESCRIPTION:Intervenant : André Chauvet"),
        (*TIMES, "SUMMARY:[Dreux] Atelier CV", "DESCRIPTION:Intervenant : A. Chauvet\\nOuvert à : 45"),
    ),
    "cancelled": (TIMES, (*TIMES, "STATUS:CANCELLED")),
    "hidden": (TIMES, (*TIMES, "CLASS:PRIVATE")),
    "stamps and alarms": (
        TIMES,
        (*TIMES, "SEQUENCE:4", "DTSTAMP:20211001T000000Z", "BEGIN:VALARM", "TRIGGER:-PT15M", "END:VALARM"),
    ),
}
OTHER = {
    "an hour": (TIMES, (TIMES[0], "DTEND;TZID=Europe/Paris:20211007T170000")),
    "a rule": (WEEKLY, (*TIMES, "RRULE:FREQ=WEEKLY;BYDAY=TU,TH;COUNT=13")),
    "an interval": (WEEKLY, (*TIMES, "RRULE:FREQ=WEEKLY;BYDAY=TU,TH;COUNT=12;INTERVAL=2")),
    "an exception": ((*WEEKLY, gap(*GAPS)), (*WEEKLY, gap(*GAPS[:2]))),
    "a date more": (WEEKLY, (*WEEKLY, "RDATE;TZID=Europe/Paris:20211013T140000")),
    "a series that follows no summer time": (
        WEEKLY,
        ("DTSTART:20211007T120000Z", "DTEND:20211007T140000Z", WEEKLY[2]),
    ),
    "a place": (TIMES, (*TIMES, "LOCATION:Mairie\\, Dreux")),
    "a town before the title": ((*TIMES, "SUMMARY:[Dreux] Atelier"), (*TIMES, "SUMMARY:[Chartres] Atelier")),
    "words for a date": (
        ("DTSTART;VALUE=DATE:20211001", "SUMMARY:[en octobre] Atelier"),
        ("DTSTART;VALUE=DATE:20211001", "SUMMARY:[en novembre] Atelier"),
    ),
}


@pytest.mark.parametrize("case", SAME)
def test_what_a_client_writes_otherwise_moves_nothing(case: str) -> None:
    """Nor what has nothing to do with times and places."""
    before, after = SAME[case]
    assert of(*before) == of(*after)


@pytest.mark.parametrize("case", OTHER)
def test_times_rules_and_places_do(case: str) -> None:
    before, after = OTHER[case]
    assert of(*before) != of(*after)


def test_a_zone_that_a_client_brings_along_is_known_by_its_changes_of_clock() -> None:
    """RFC 5545 section 3.6.5."""
    assert of(*in_zone("Heure du bureau"), before=tuple(OWN_ZONE)) == of(*WEEKLY)


def test_an_alias_that_the_region_learns_moves_nothing() -> None:
    """It is of what is written."""
    wiser = parse_region(REGION_TOML.replace('aliases = ["Chauvet"]', 'aliases = ["Chauvet", "A. C."]'), "region.toml")
    text = event("a", *TIMES, "LOCATION:Salle des fêtes\\, Dreux", "DESCRIPTION:Intervenant : A. C.")
    one, other = (fingerprint(read_entry(text, "28", region, "a.ics")) for region in (REGION, wiser))
    assert one == other
