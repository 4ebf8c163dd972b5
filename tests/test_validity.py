"""What is handed on is iCalendar, line by line, whatever was sent: the agenda, its feeds, and the merged file.

Most readers forgive; Outlook and Google drop a whole feed for one line, and say nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from itertools import product
from pathlib import Path
from random import Random

import foreign
import pytest
from agendas import CALENDARS, agenda_of, region, seed_agenda
from databases import SQLITE
from store_contract import event
from test_clashes_kept import REGION_TOML, body, do, steps
from validating import faults

from spro_agenda.address import Address
from spro_agenda.agenda_text import Shown, stands_as_its_event, text_of
from spro_agenda.errors import SproError
from spro_agenda.feed_text import Header, Wanted, feed, piece
from spro_agenda.ical.read import CalendarObject, read_object
from spro_agenda.ical.split import read_file
from spro_agenda.ical.write import joined
from spro_agenda.links import token_of
from spro_agenda.model import AGENDA, View, Visibility
from spro_agenda.recurrence import Span, check_bounded, spans
from spro_agenda.region.entry import Entry, entry_of, outside
from spro_agenda.render.ics import render
from spro_agenda.secret import Secret
from spro_agenda.server.feeds import FeedServer
from spro_agenda.store import Actor, FeedFilter, Store
from spro_agenda.store.derive import derive

MARIE = Actor(login="marie")
SECRET = Secret(b"k" * 32)
ADDRESS = Address(scheme="https", host="agenda.exemple.fr", port=443)
NOW = datetime(2021, 10, 1, tzinfo=UTC).timestamp()
HARD = sorted((Path(__file__).parent / "ical").glob("*.ics"))
HEADER = Header(
    name="Lycée ; « tous, partout »\\\nsur deux lignes",
    description="À lire seulement, " * 12,
    colour="teal",
    time_zone="Europe/Paris",
    source="https://agenda.exemple.fr/.web/f/1-abc.ics",
)

FILTERS = [
    FeedFilter(only_firm=only_firm, clashes=clashes, descriptions=descriptions, months_back=months_back)
    for only_firm, clashes, descriptions, months_back in product((False, True), (False, True), (False, True), (None, 3))
] + [
    FeedFilter(networks=("28",), months_back=None),
    FeedFilter(sites=("Dreux", "Chartres"), months_back=None, clashes=True),
    FeedFilter(themes=("alternance",), months_back=None, descriptions=True),
    FeedFilter(networks=("45",), sites=("Orléans",), themes=("alternance",), months_back=0),
]


# ---- The validator

VALID = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//a//b//FR
METHOD:PUBLISH
BEGIN:VTIMEZONE
TZID:Europe/Paris
BEGIN:STANDARD
DTSTART:20201025T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
UID:a
DTSTAMP:20210101T000000Z
DTSTART;TZID=Europe/Paris:20211004T090000
DTEND;TZID=Europe/Paris:20211004T100000
RRULE:FREQ=WEEKLY;UNTIL=20211231T230000Z;BYDAY=MO,-1TU
EXDATE;TZID=Europe/Paris:20211011T090000
SUMMARY:Un\\, deux\\; trois\\n\\\\
CATEGORIES:a,b
STATUS:CONFIRMED
END:VEVENT
BEGIN:VEVENT
UID:a
RECURRENCE-ID;TZID=Europe/Paris:20211018T090000
DTSTAMP:20210101T000000Z
DTSTART;TZID=Europe/Paris:20211018T110000
DURATION:PT1H
END:VEVENT
BEGIN:VTODO
UID:b
DTSTAMP:20210101T000000Z
DTSTART;VALUE=DATE:20211004
DUE;VALUE=DATE:20211005
STATUS:NEEDS-ACTION
END:VTODO
END:VCALENDAR
"""


def crlf(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


START, END = "DTSTART;TZID=Europe/Paris:20211004T090000", "DTEND;TZID=Europe/Paris:20211004T100000"
DUE = "DUE;VALUE=DATE:20211005"
BROKEN = [
    ("PRODID:-//a//b//FR\n", "", "VCALENDAR without PRODID"),
    ("VERSION:2.0\n", "", "VCALENDAR without VERSION"),
    ("VERSION:2.0", "VERSION:1.0", "not one of its values"),
    ("METHOD:PUBLISH", "METHOD:PUBLISH\nMETHOD:PUBLISH", "METHOD 2 times"),
    ("UID:a\nDTSTAMP", "DTSTAMP", "VEVENT without UID"),
    ("DTSTAMP:20210101T000000Z\nDTSTART;TZ", "DTSTART;TZ", "VEVENT without DTSTAMP"),
    ("DTSTAMP:20210101T000000Z\nDTSTART;TZ", "DTSTAMP:20210101T000000\nDTSTART;TZ", "no time in UTC"),
    (f"{START}\n", "", "VEVENT without DTSTART"),
    (START, START.replace("DTSTART;TZID=Europe/Paris", "DTSTART;VALUE=DATE"), "no day"),
    (START, "DTSTART:20211004", "no time"),
    (START, START.replace("1004T", "1304T"), "no time"),
    (START, START + "Z", "UTC and a TZID"),
    (START, "DTSTART;TZID=Europe/Paris;VALUE=DATE:20211004", "a day with a TZID"),
    (END, END.replace("T10", "T08"), "is not after DTSTART"),
    (END, END.replace("T10", "T09"), "is not after DTSTART"),
    (END, "DTEND;VALUE=DATE:20211005", "of another type"),
    (END, "DTEND:20211004T100000", "at no certain time"),
    (END, f"{END}\nDURATION:PT1H", "DURATION beside an end"),
    (END, DUE, "VEVENT with DUE"),
    ("DURATION:PT1H", "DURATION:1H", "no duration"),
    ("DURATION:PT1H", "DURATION:PT1H30S", "no duration"),
    ("BYDAY=MO,-1TU", "BYDAY=LU", "BYDAY cannot be"),
    ("FREQ=WEEKLY", "FREQ=WEEKLY;BYEASTER=0", "no part of a rule"),
    ("FREQ=WEEKLY;", "", "no FREQ"),
    ("FREQ=WEEKLY", "FREQ=WEEKLY;COUNT=3", "UNTIL and COUNT"),
    ("UNTIL=20211231T230000Z", "UNTIL=20211231", "UNTIL 20211231 is of another type"),
    ("UNTIL=20211231T230000Z", "UNTIL=20211231T230000", "does not go with"),
    ("EXDATE;TZID=Europe/Paris:20211011T090000", "EXDATE;VALUE=DATE:20211011", "EXDATE is of another type"),
    ("RECURRENCE-ID;TZID=Europe/Paris:20211018T090000", "RECURRENCE-ID;VALUE=DATE:20211018", "RECURRENCE-ID 20211018"),
    ("RECURRENCE-ID;TZID=Europe/Paris:20211018T090000\n", "", "'a' itself is there 2 times"),
    ("UID:b", "UID:a", "several kinds"),
    ("SUMMARY:Un\\, ", "SUMMARY:Un, ", "no TEXT"),
    ("trois\\n", "trois\\t", "no TEXT"),
    ("trois\\n\\\\", "trois\\", "no TEXT"),
    ("SUMMARY:Un", "SUMMARY:U\tn\x07", "control character"),
    ("SUMMARY:Un", "DESCRIPTION:a\nDESCRIPTION:b\nSUMMARY:Un", "DESCRIPTION 2 times"),
    ("CATEGORIES:a,b", "CATEGORIES:a;b", "no list of TEXT"),
    ("STATUS:CONFIRMED", "STATUS:COMPLETED", "none of a VEVENT"),
    ("STATUS:NEEDS-ACTION", "STATUS:TENTATIVE", "none of a VTODO"),
    ("STATUS:NEEDS-ACTION", "DTEND;VALUE=DATE:20211009", "VTODO with DTEND"),
    ("TZID:Europe/Paris\n", "TZID:Europe/Berlin\n", "'Europe/Paris' is defined nowhere"),
    ("TZOFFSETTO:+0100\n", "", "STANDARD without TZOFFSETTO"),
    ("TZOFFSETTO:+0100", "TZOFFSETTO:+1", "no offset"),
    ("DTSTART:20201025T030000", "DTSTART:20201025T010000Z", "no local time"),
    ("STATUS:CONFIRMED", "URL:pas une adresse", "no URI"),
    ("STATUS:CONFIRMED", "GEO:48.4,1.4", "not one of its values"),
    ("STATUS:CONFIRMED", "SEQUENCE:-1", "not one of its values"),
    ("STATUS:CONFIRMED", "sans deux-points", "no content line"),
    ("STATUS:CONFIRMED", "STATUS;X=1;X=2:CONFIRMED", "a parameter twice"),
    ("STATUS:CONFIRMED", f"X-LONG:{'é' * 40}", "octets"),
    ("STATUS:CONFIRMED\n", "STATUS:CONFIRMED\n\n", "it is empty"),
    ("END:VTODO\n", "", "END:VCALENDAR of what is not open"),
    ("END:VCALENDAR\n", "END:VCALENDAR\nBEGIN:VCALENDAR\nEND:VCALENDAR\n", "outside of the VCALENDAR"),
]


def test_what_is_valid_has_no_fault() -> None:
    assert faults(crlf(VALID)) == []


@pytest.mark.parametrize(("before", "after", "fault"), BROKEN)
def test_the_validator_refuses(before: str, after: str, fault: str) -> None:
    assert before in VALID
    assert [found for found in faults(crlf(VALID.replace(before, after, 1))) if fault in found]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (VALID.encode(), "no CRLF"),
        (crlf(VALID).removesuffix(b"\r\n"), "the last line has no CRLF"),
        (crlf(VALID).replace(b"Un", "é".encode()[:1] + b"\r\n " + "é".encode()[1:]), "is cut"),
        (crlf(VALID).replace(b"Un\\", b"Un\n \\"), "a line end that is no CRLF"),
        (re.sub(rb"BEGIN:VTIME.*(?=END:VCAL)", b"", crlf(VALID), flags=re.DOTALL), "without a component"),
    ],
    ids=["lf", "no last line end", "cut character", "fold of lf", "empty"],
)
def test_the_validator_refuses_lines(text: bytes, fault: str) -> None:
    assert [found for found in faults(text) if fault in found]


def test_a_zone_is_defined_once() -> None:
    zone = VALID[VALID.index("BEGIN:VTIMEZONE") : VALID.index("BEGIN:VEVENT")]
    assert faults(crlf(VALID.replace(zone, zone * 2))) == ["the zone 'Europe/Paris' is defined 2 times"]


# ---- What was sent by whom, and is handed on


def texts(store: Store) -> Iterator[tuple[str, bytes]]:
    """All that a store hands on of the agenda, by a name that says what it is."""
    with store.read() as reader:
        for view in View:
            bodies = [stored.body for stored in reader.objects(AGENDA, view=view)]
            yield from ((f"{view} {number}", each) for number, each in enumerate(bodies))
            if bodies:
                yield f"{view}, whole", joined([], bodies)
    feeds = FeedServer(lambda: store, lambda: SECRET, ADDRESS, clock=lambda: NOW)
    for wanted in FILTERS:
        with store.write(Actor()) as writer:
            found = writer.add_feed("Lycée ; « tous, partout »", wanted)
        yield str(wanted), feeds.answer(token_of(found, SECRET), "test").plain.whole.body


def wrong(store: Store) -> dict[str, list[str]]:
    return {what: found for what, text in texts(store) if (found := faults(text))}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = SQLITE.store(tmp_path, REGION_TOML)
    yield store
    store.close()


def put(store: Store, network: str, bodies: list[bytes]) -> int:
    """Put what is accepted of some texts into a network; how many those are."""
    taken = 0
    for number, each in enumerate(bodies):
        with suppress(SproError), store.write(MARIE) as writer:
            writer.put_event(network, f"{number}.ics", each)
            taken += 1
    return taken


def in_one_hall(body: bytes) -> bytes:
    """The event in a hall that holds one."""
    elsewhere = re.sub(rb"(?im)^LOCATION[:;].*\n(?:[ \t].*\n)*", b"", body)
    return re.sub(rb"(?im)^(?=END:VEVENT)", b"LOCATION:Salle Lentin\\\\, Chartres\r\n", elsewhere)


def test_an_agenda_with_nothing_in_it_is_valid(store: Store) -> None:
    """RFC 5545 section 3.6 wants one component: it is the zone's."""
    assert wrong(store) == {}


@pytest.mark.parametrize("path", HARD, ids=lambda path: path.stem)
def test_hard_calendars_are_handed_on_as_valid_ones(store: Store, path: Path) -> None:
    """Even where two of them are in one hall at a time, so that occurrences of series are marked."""
    bodies = [obj.body for obj in read_file(path.read_bytes(), path.name).objects]
    assert put(store, "28", bodies)
    assert wrong(store) == {}
    put(store, "28", list(map(in_one_hall, bodies)))
    put(store, "45", list(map(in_one_hall, bodies)))
    assert wrong(store) == {}
    assert_marks_move_nothing(store)
    with store.read() as reader:
        assert list(reader.check()) == []


def test_the_calendars_of_the_minutes_are_handed_on_as_valid_ones(store: Store) -> None:
    for path in CALENDARS.glob("*.ics"):
        objects = read_file(path.read_bytes(), path.name).objects
        assert put(store, path.stem, [obj.body for obj in objects]) == len(objects)
    assert wrong(store) == {}
    assert faults(render(seed_agenda())) == []


@pytest.mark.parametrize("seed", range(300, 306))
def test_crowded_weeks_are_handed_on_as_valid_ones(store: Store, seed: int) -> None:
    """With vague events, cancelled and confidential ones, tasks, and series that are marked where they clash; marks
    move nothing."""
    random = Random(seed)
    for step in steps(random):
        do(store, step)
    put(
        store,
        "41",
        [body(f"t{each}", random).replace(b"VEVENT", b"VTODO").replace(b"DTEND", b"DUE") for each in range(9)],
    )
    assert wrong(store) == {}
    assert assert_marks_move_nothing(store)


def assert_marks_move_nothing(store: Store) -> int:
    """What is marked takes place when it does without marks; how many occurrences stand apart."""
    with store.read() as reader:
        inside, seen = (
            {stored.uid: times(read_object(stored.body, "")) for stored in reader.objects(AGENDA, view=view)}
            for view in (View.INSIDE, View.OUTSIDE)
        )
        assert inside == seen
        return sum(stored.body.count(b"RECURRENCE-ID") for stored in reader.objects(AGENDA))


def times(obj: CalendarObject) -> list[tuple[datetime, datetime, bool]]:
    found: list[Span] = spans(obj, region().time_zone, date(2019, 1, 1), date(2024, 1, 1))
    return [(each.start, each.end, each.all_day) for each in found]


# ---- Calendars that no one here wrote

UNRIGHTED = {
    "a series one of whose overrides or exceptions is of a day, and it of an hour": "is of another type than DTSTART",
    "a VTIMEZONE of its own whose onset is in a zone": "an onset that is no local time",
    "RDATE periods of days": "no period",
}
"""What is left as it came, for nobody can say what was meant: and how the validator calls it."""


@cache
def foreign_entries() -> tuple[tuple[str, Entry], ...]:
    """The events of other projects' calendars that everybody here would see."""
    found = []
    for file in foreign.calendars():
        with suppress(SproError):
            for obj in read_file(file.data, file.name).objects[:3]:
                check_bounded(obj, file.name)
                entry = outside(entry_of(obj, "28", region()))
                if entry is not None:
                    found.append((file.name, entry))
    assert len(found) > 250
    return tuple(found)


TITLES = (
    "",
    "Forum · des métiers",
    "28 Chartres · Forum",
    "45 · Forum",
    "ANNULÉ : Forum",
    "ANNULÉ : ",
    "⚠ Forum",
    "[Dreux] Forum",
    "[Dreux] [en octobre] Forum",
    "[on ne sait pas quand] Forum",
    "[en octobre – date à fixer] Forum",
    "Forum [en octobre – date à fixer]",
    "C:\\\\neuf\\, \\; et \\\\, fin",
)
"""As content lines have them: of places, of dates, of our own making."""


UNLIKE = {
    "due": ("DTSTART:20211020T080000Z", "DUE:20211020T100000Z"),
    "due-in-days": ("DTSTART;VALUE=DATE:20211020", "DUE;VALUE=DATE:20211025"),
    "due-weekly": ("DTSTART:20211020T080000Z", "DUE:20211020T100000Z", "RRULE:FREQ=WEEKLY;COUNT=4"),
    "due-beside-an-end": ("DTSTART:20211020T080000Z", "DTEND:20211020T090000Z", "DUE:20211020T100000Z"),
}
"""What an event has that only a task should."""


@pytest.mark.parametrize("lines", UNLIKE.values(), ids=UNLIKE)
def test_what_an_event_is_due_at_is_its_end(store: Store, lines: tuple[str, ...]) -> None:
    """In the agenda too, which hands it on as an end."""
    assert put(store, "28", [event("essai", *lines)])
    assert wrong(store) == {}
    with store.read() as reader:
        assert list(reader.check()) == []
        own, shown = (times(read_object(each.body, "")) for slug in ("28", AGENDA) for each in reader.objects(slug))
        assert own
        assert own == shown


@pytest.mark.parametrize("zone", ["Europe/Paris", "America/New_York"])
def test_a_calendars_word_on_its_zone_moves_no_time(store: Store, zone: str) -> None:
    """X-WR-TIMEZONE says in which zone a calendar is shown: what is in UTC stays there, over a change of clock too."""
    weekly = event("essai", "DTSTART:20261020T010000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=4")
    assert put(store, "28", [weekly.replace(b"VERSION:2.0", f"VERSION:2.0\r\nX-WR-TIMEZONE:{zone}".encode())])
    with store.read() as reader:
        assert list(reader.check()) == []
        (stored,) = reader.objects("28")
        found = spans(read_object(stored.body, ""), region().time_zone, date(2026, 1, 1), date(2027, 1, 1))
    assert zone.encode() in stored.body
    assert [each.start.isoformat() for each in found] == [
        f"2026-{day}T01:00:00+00:00" for day in ("10-20", "10-27", "11-03", "11-10")
    ]


ZONE = """\
BEGIN:VTIMEZONE
TZID:Chez nous
BEGIN:STANDARD
DTSTART:16011028T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
EXDATE:20261025T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010325T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
END:VTIMEZONE
"""


def test_an_entry_in_a_zone_of_its_senders_own_has_the_dates_of_its_text(store: Store) -> None:
    """Of such a zone the agenda hands on less than was sent."""
    lines = ("DTSTART;TZID=Chez nous:20261020T080000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=10")
    assert put(store, "28", [event("essai", *lines).replace(b"BEGIN:VEVENT", crlf(ZONE) + b"BEGIN:VEVENT")])
    with store.read() as reader:
        assert list(reader.check()) == []


def test_what_stands_as_its_event_has_its_dates() -> None:
    """Their rows are taken for those that follow from the text in the agenda, which nobody then reads."""
    count, days = 0, (date(2000, 1, 1), date(2030, 12, 31))
    own = [(path.stem, obj) for path in HARD for obj in read_file(path.read_bytes(), path.name).objects]
    own += [(title, read_object(event("essai", f"SUMMARY:{title}"), title)) for title in TITLES]
    for name, entry in (*foreign_entries(), *((name, entry_of(obj, "28", region())) for name, obj in own)):
        shown = Shown(entry=entry)
        if entry.visibility is not Visibility.PUBLIC or not stands_as_its_event(shown):
            continue
        its, known = (derive(each, days) for each in (entry_of(read_object(text_of(shown), name), "", region()), entry))
        names = {column: its.columns[column] for column in ("uid", "etag")}
        assert its == replace(known, columns=known.columns | names, keys=()), name
        count += 1
    assert count > 150


def test_foreign_calendars_are_handed_on_as_valid_ones() -> None:
    """Each alone, and all of those in one feed."""
    left, pieces = [], {}
    for name, entry in foreign_entries():
        text = text_of(Shown(entry=entry))
        found = faults(text) + faults(feed(HEADER, [piece(text, Wanted(descriptions=True))]))
        if found:
            left.append((name, found))
        else:
            pieces[entry.key] = piece(text, Wanted(descriptions=True))
    unknown = [each for each in left if not all(any(why in one for why in UNRIGHTED.values()) for one in each[1])]
    assert unknown == []
    assert len(left) <= 12
    assert faults(feed(HEADER, pieces.values())) == []


def test_foreign_calendars_are_merged_into_a_valid_file() -> None:
    entries = {entry.key: entry for name, entry in foreign_entries() if not faults(text_of(Shown(entry=entry)))}
    assert faults(render(agenda_of(entries.values()))) == []


def test_nothing_takes_place_at_another_time_for_being_righted() -> None:
    """Unless its date is only a window: then it is on the days that mark that."""
    for name, entry in foreign_entries():
        if not any(event.window for event in entry.events):
            assert times(read_object(text_of(Shown(entry=entry)), name)) == times(entry.obj), name
