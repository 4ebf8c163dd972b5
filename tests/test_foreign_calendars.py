"""Calendars that no one here wrote, replayed: 1,053 files of other projects' tests (`foreign`)."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import foreign
import icalendar
import pytest
import recurring_ical_events
from databases import SQLITE
from foreign import Foreign
from recurrence_oracle import meet
from serving import CAL, NAMESPACES, Server
from store_contract import MARIE, PARIS, at

from spro_agenda.errors import BadCalendar
from spro_agenda.ical.read import CalendarObject, read_object
from spro_agenda.ical.split import FileContent, read_file
from spro_agenda.recurrence import check_bounded, spans
from spro_agenda.store import Store, Writer

MOST_OF_A_FILE = 3
"""Events taken from one file: some are whole calendars of years, much alike."""

TOO_LONG = "recurring-ical-events: benchmark/issue42.ics"
"""4,769 events much alike, which take five seconds to read: a benchmark."""


@pytest.fixture(scope="module")
def files() -> tuple[Foreign, ...]:
    """Every file but one. They are fetched before the first run; a test fails where they cannot be."""
    return tuple(file for file in foreign.calendars() if file.name != TOO_LONG)


@dataclass(frozen=True, slots=True)
class Accepted:
    """An event that our reader takes: `name` says where it comes from."""

    name: str
    obj: CalendarObject


@dataclass(frozen=True, slots=True)
class Read:
    """What our reader made of a file, and the processor's seconds that it took."""

    file: Foreign
    content: FileContent
    cost_s: float


@pytest.fixture(scope="module")
def contents(files: tuple[Foreign, ...]) -> tuple[Read, ...]:
    """Every file, as `import` reads it: what breaks as a whole has no events."""
    return tuple(map(_read, files))


def _read(file: Foreign) -> Read:
    begun = time.process_time()
    try:
        content = read_file(file.data, file.name)
    except BadCalendar as fault:
        content = FileContent((), (fault,))
    return Read(file, content, time.process_time() - begun)


@pytest.fixture(scope="module")
def accepted(contents: tuple[Read, ...]) -> tuple[Accepted, ...]:
    found = []
    for each in contents:
        for number, obj in enumerate(each.content.objects[:MOST_OF_A_FILE]):
            with suppress(BadCalendar):
                check_bounded(obj, each.file.name)
                found.append(Accepted(f"{each.file.name} [{number}]", obj))
    assert len(found) > 250
    return tuple(found)


# ---- Reading


def test_a_file_is_taken_or_refused_in_a_sentence_and_soon(contents: tuple[Read, ...]):
    """Whatever it holds: fuzzed texts, torn ones, other people's mistakes. Nothing else than BadCalendar is raised,
    as one event or as a file of many; a file costs less than two seconds and 10 ms for each of its events."""
    assert len(contents) > 1000
    for each in contents:
        assert each.cost_s < 2 + len(each.content.objects) / 100, each.file.name
        assert all(fault.sentence.endswith(".") for fault in each.content.faults), each.file.name
        if len(each.content.objects) <= MOST_OF_A_FILE:
            begun = time.process_time()
            with suppress(BadCalendar):
                check_bounded(read_object(each.file.data, each.file.name), each.file.name)
            assert time.process_time() - begun < 2, each.file.name


# ---- Keeping


def rounds(accepted: tuple[Accepted, ...]) -> Iterator[dict[str, Accepted]]:
    """All of them, by href, in rounds in which each UID comes once: many files are versions of one another."""
    left = dict(enumerate(accepted))
    while left:
        taken = {each.obj.uid: number for number, each in reversed(left.items())}
        yield {f"{number}.ics": left.pop(number) for number in sorted(taken.values())}


class _Undone(Exception):
    """Raised to leave the store as it was."""


@contextmanager
def holding(store: Store, events: dict[str, Accepted]) -> Iterator[Writer]:
    """The store with these events in a calendar, within one transaction that is then undone."""
    with suppress(_Undone), store.write(MARIE) as writer:
        for href, each in events.items():
            writer.put_event("28", href, each.obj.body)
        yield writer
        raise _Undone


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store whose horizon is 2020 to 2024."""
    store = SQLITE.store(tmp_path_factory.mktemp("foreign"))
    yield store
    store.close()


def months(year: int) -> Iterator[tuple[int, int]]:
    for month in range(1, 13):
        end = f"{year}-{month + 1:02}-01" if month < 12 else f"{year + 1}-01-01"
        yield at(f"{year}-{month:02}-01 00:00"), at(f"{end} 00:00")


YEARS = (1997, 2020)
"""When many of these events begin, and a year within the stored horizon, in which most endless ones go on."""


def times_in(obj: CalendarObject, year: int) -> set[tuple[int, int]]:
    """The starts and ends of the occurrences that begin within a year, as we have them."""
    found = spans(obj, PARIS, date(year - 1, 12, 30), date(year + 1, 1, 2))
    return beginning_in(year, [(int(span.start.timestamp()), int(span.end.timestamp())) for span in found])


def beginning_in(year: int, times: list[tuple[int, int]]) -> set[tuple[int, int]]:
    return {pair for pair in times if at(f"{year}-01-01 00:00") <= pair[0] < at(f"{year + 1}-01-01 00:00")}


def directly(obj: CalendarObject, year: int) -> list[tuple[int, int]]:
    """What recurring-ical-events makes of the text, around a year. Floating times and days are those of Paris."""
    query = recurring_ical_events.of(icalendar.Calendar.from_ical(obj.body), components=["VEVENT"])
    found = query.between(date(year - 1, 12, 29), date(year + 1, 1, 3))
    return [(_seconds(each["DTSTART"].dt), _seconds(each["DTEND"].dt)) for each in islice(found, 20_000)]


def _seconds(moment: date) -> int:
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, datetime.min.time())
    return int((moment if moment.tzinfo else moment.replace(tzinfo=PARIS)).timestamp())


@pytest.mark.filterwarnings("ignore::icalendar.error.GloballyUniqueTZIDGuessed")
def test_what_is_taken_is_kept_to_the_byte_and_found_where_the_library_puts_it(
    store: Store, accepted: tuple[Accepted, ...]
):
    """Every event goes into a store: its text comes back as it was sent, each of its times in two years is what
    recurring-ical-events, asked directly, says, and each month of them has it just when it takes place."""
    for events in rounds(accepted):
        with holding(store, events) as writer:
            stored = {each.href: each.body for each in writer.objects("28")}
            assert stored == {href: each.obj.body for href, each in events.items()}
            held = {href: each for href, each in events.items() if each.obj.component == "VEVENT"}
            for year in YEARS:
                expected = {href: directly(each.obj, year) for href, each in held.items()}
                for href, each in held.items():
                    assert times_in(each.obj, year) == beginning_in(year, expected[href]), each.name
                for start_s, end_s in months(year):
                    found = {each.href for each in writer.objects_meeting("28", "VEVENT", start_s, end_s)}
                    assert found == {href for href, times in expected.items() if meet(times, start_s, end_s)}


# ---- kcalcore's own answers

_AT = "kcalcore: autotests/data/RecurrenceRule/"
OTHERWISE = {
    f"{_AT}{name}.ics": why
    for why, names in {
        "refused: it goes on by minutes or hours, or more than eight times a day": [
            "unsorted/hourly",
            *(f"KAlarm_3.4/KAlarm_TestCase{number}" for number in ("03", "04", "09")),
            *(f"RFC2445/RFC2445_RRULETest{number}" for number in ("35", "36U", "38", "39")),
            *(f"LibICal/LibICal_TestCase{number}" for number in ("50", "51")),
            "UntilInUTC/Until_TestCase04",
        ],
        "refused: a blank behind each time": ["LibICal/LibICal_TestCase02"],
        "its RECURRENCE-ID makes it one instance of a series (RFC 5545 section 3.8.4.4), which kcalcore overlooks": [
            f"ConnectDaily/ConnectDaily{number}" for number in ("1", "1a", *range(2, 12))
        ],
        "its DTSTART, which the rule does not give, is an instance (RFC 5545 section 3.8.5.3), as their readme says": [
            f"KOrganizer_3.4/KOrganizer_Test{number}" for number in ("01", "10", "13")
        ],
        "its UNTIL is before its start: we give nothing, kcalcore the start alone": ["UntilInUTC/Until_TestCase02"],
        "EXRULE, which RFC 5545 took out of the format (appendix A), is kept and not followed": [
            "LibICal/LibICal_TestCase57"
        ],
        "their answers name recurring events alone, and this one takes place once": ["KAlarm_3.4/KAlarm_TestCase06"],
    }.items()
    for name in names
}
"""kcalcore's calendars on which we differ from its reference answers, and why."""


def test_a_series_of_kcalcore_comes_on_the_days_of_its_reference_answer(files: tuple[Foreign, ...]):
    """Of 144 calendars, from July 1996 to 2020, in the time zone that each names: 501 days at most."""
    by_name, answers = {file.name: file for file in files}, foreign.answers()
    assert len(answers) > 140
    different = {name for name, answer in answers.items() if days_of(by_name[name]) != days_in(answer)}
    assert different == set(OTHERWISE)


FIRST, LAST = date(1996, 7, 1), date(2020, 12, 31)


def days_in(answer: str) -> list[str]:
    return [day for day in answer.split() if day <= str(LAST)]


def days_of(file: Foreign) -> list[str] | None:
    """The days on which the events of a file begin, `None` when it is refused. A UID is given to those without."""
    named = re.search(rb"X-LibKCal-Testsuite-OutTZ:(\S+)", file.data)
    zone = ZoneInfo(named[1].decode() if named else "UTC")
    data = file.data
    if b"\nUID:" not in data:
        data = re.sub(rb"BEGIN:(VEVENT|VTODO)\s*?\r?\n", lambda found: found[0] + b"UID:given\r\n", data)
    content = read_file(data, file.name)
    if content.faults:
        return None
    [obj] = content.objects
    try:
        check_bounded(obj, file.name)
    except BadCalendar:
        return None
    found = spans(obj, zone, FIRST - timedelta(days=2), LAST + timedelta(days=2))
    days = {span.start.astimezone(zone).date() for span in found}
    return [str(day) for day in sorted(days) if FIRST <= day <= LAST][:501]


# ---- On a real server


BEYOND_RADICALE = {
    "icalendar: src/icalendar/tests/calendars/issue_1633_rdate_with_dates.ics [0]": "days as RDATE of a timed event",
    "icalendar: src/icalendar/tests/calendars/issue_1633_rdate_with_dates_and_tzid.ics [0]": "days that have a zone",
    "icalendar: src/icalendar/tests/calendars/rfc_7986_image.ics [1]": "a picture that is no base64",
    "recurring-ical-events: recurring_ical_events/test/calendars/issue_186_invalid_trigger.ics [0]": "an hour as alarm",
}
"""Events that we could read, and that Radicale's own reader (vobject), which sees each PUT, refuses with a 400."""


def report(server: Server, component: str, year: int, wanted: str = "<C:calendar-data/>") -> int:
    """A calendar-query over a year; answers the status."""
    body = (
        f"<C:calendar-query {NAMESPACES}><D:prop><D:getetag/>{wanted}</D:prop><C:filter>"
        f'<C:comp-filter name="VCALENDAR"><C:comp-filter name="{component}">'
        f'<C:time-range start="{year}0101T000000Z" end="{year + 1}0101T000000Z"/>'
        "</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"
    )
    answer = server.request("REPORT", "/marie/28/", body.encode(), headers={"Depth": "1"})
    assert not wanted or answer.status != 207 or answer.xml.iter(f"{CAL}calendar-data")
    return answer.status


def expanded(year: int) -> str:
    return f'<C:calendar-data><C:expand start="{year}0101T000000Z" end="{year + 1}0101T000000Z"/></C:calendar-data>'


def test_a_server_that_holds_them_all_never_fails(server: Server, accepted: tuple[Accepted, ...]):
    """Written, read back to the byte, listed, searched by year and expanded: none of them is answered by a 5xx, or
    spoils an answer about all."""
    refused = set()
    for number, each in enumerate(accepted):
        path = f"/marie/28/etranger-{number}.ics"
        status = server.put(path, each.obj.body).status
        assert status in (201, 400, 403, 409), each.name  # 409: another file has the same UID
        if status == 400:
            refused.add(each.name)
        if status == 201:
            answer = server.get(path)
            assert (answer.status, answer.body) == (200, each.obj.body), each.name
    assert refused == set(BEYOND_RADICALE)
    for year in YEARS:
        for component in ("VEVENT", "VTODO"):
            assert report(server, component, year) == 207
            assert report(server, component, year, expanded(year)) == 207
    assert server.propfind("/marie/28/", "D:getetag", "CS:getctag", depth=1).status == 207
    assert server.get("/marie/28/").status == 200
