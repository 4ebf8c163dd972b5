"""A series takes place when its author meant it to, in UTC, and no rule can burn the processor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spro_agenda.errors import BadCalendar
from spro_agenda.ical.read import CalendarObject, read_object
from spro_agenda.recurrence import Span, check_bounded, extent, spans

FOLDER = Path(__file__).with_name("ical")
PARIS = ZoneInfo("Europe/Paris")


def hard(name: str) -> CalendarObject:
    return read_object((FOLDER / name).read_bytes(), name)


def expanded(name: str, first: date = date(2020, 1, 1), last: date = date(2022, 12, 31)) -> list[Span]:
    return spans(hard(name), PARIS, first, last)


def in_utc(found: list[Span]) -> list[str]:
    return [f"{span.start:%Y-%m-%d %H:%M} – {span.end:%Y-%m-%d %H:%M}" for span in found]


# Each time was worked out by hand from RFC 5545: Paris is at UTC+2 from 28 March to 31 October 2021, else at UTC+1.
HAND_WORKED = {
    "lf-line-ends.ics": ["2021-06-08 12:00 – 2021-06-08 14:00"],
    "byte-order-mark.ics": ["2021-06-17 22:00 – 2021-06-19 22:00"],
    "outlook-windows-zone.ics": ["2021-06-08 12:00 – 2021-06-08 14:00"],
    "exchange-zone-with-commas.ics": ["2021-10-07 07:00 – 2021-10-07 09:00"],
    "evolution-zone-name.ics": ["2021-12-02 08:30 – 2021-12-02 11:00"],
    "false-vtimezone-for-paris.ics": ["2021-07-02 08:00 – 2021-07-02 10:00"],
    "zone-known-to-nobody.ics": ["2021-07-02 07:00 – 2021-07-02 09:00"],  # its VTIMEZONE says UTC+3
    "same-zone-name-other-offset.ics": ["2021-07-02 15:00 – 2021-07-02 17:00"],  # the same name at UTC-5
    "zone-named-tz.ics": ["2021-07-02 07:00 – 2021-07-02 09:00"],
    "zone-name-in-lower-case.ics": ["2021-07-02 08:00 – 2021-07-02 10:00"],
    "end-in-another-zone.ics": ["2021-07-02 08:00 – 2021-07-02 17:00"],  # Cayenne is at UTC-3
    "floating-times.ics": ["2021-09-14 07:00 – 2021-09-14 15:00"],
    "no-dtstamp.ics": ["2021-07-02 08:00 – 2021-07-02 10:00"],
    "no-end.ics": ["2021-07-02 08:00 – 2021-07-02 08:00"],
    "no-end-all-day.ics": ["2021-07-01 22:00 – 2021-07-02 22:00"],
    "all-day-end-equals-start.ics": ["2021-07-01 22:00 – 2021-07-02 22:00"],
    "all-day-series-end-equals-start.ics": [
        "2021-07-01 22:00 – 2021-07-02 22:00",
        "2021-07-08 22:00 – 2021-07-09 22:00",
    ],
    "several-days-across-the-bounds.ics": ["2021-10-28 22:00 – 2021-11-03 23:00"],
    "duration-pt24h.ics": ["2021-10-07 07:00 – 2021-10-08 07:00"],
    "all-day-with-duration-in-hours.ics": ["2021-10-06 22:00 – 2021-10-08 22:00"],  # 36 hours round up to two days
    "task-with-due.ics": ["2021-09-10 16:00 – 2021-09-10 16:00"],
    "task-without-dates.ics": [],
    "lone-recurrence-id.ics": ["2021-10-07 13:00 – 2021-10-07 14:00"],
    "two-lone-recurrence-ids.ics": ["2021-10-07 13:00 – 2021-10-07 14:00", "2021-10-14 12:00 – 2021-10-14 13:00"],
    "this-and-future.ics": [
        "2021-09-07 08:00 – 2021-09-07 09:00",
        "2021-09-14 08:00 – 2021-09-14 09:00",
        "2021-09-21 12:00 – 2021-09-21 13:30",
        "2021-09-28 12:00 – 2021-09-28 13:30",
        "2021-10-05 12:00 – 2021-10-05 13:30",
        "2021-10-12 12:00 – 2021-10-12 13:30",
    ],
    "this-and-future-then-one.ics": [
        "2021-10-12 08:00 – 2021-10-12 09:00",
        "2021-10-20 07:00 – 2021-10-20 08:00",
        "2021-10-27 07:00 – 2021-10-27 08:00",
        "2021-11-03 17:00 – 2021-11-03 18:00",
        "2021-11-10 08:00 – 2021-11-10 09:00",
    ],
    "dst-both-ways.ics": [
        "2021-03-15 09:00 – 2021-03-15 10:30",
        "2021-04-15 08:00 – 2021-04-15 09:30",
        "2021-05-15 08:00 – 2021-05-15 09:30",
        "2021-06-15 08:00 – 2021-06-15 09:30",
        "2021-07-15 08:00 – 2021-07-15 09:30",
        "2021-08-15 08:00 – 2021-08-15 09:30",
        "2021-09-15 08:00 – 2021-09-15 09:30",
        "2021-10-15 08:00 – 2021-10-15 09:30",
        "2021-11-15 09:00 – 2021-11-15 10:30",
    ],
    # The night that ends at six ends at six, and lasts an hour longer when the clock goes back.
    "single-night-with-dtend.ics": ["2021-10-30 20:00 – 2021-10-31 05:00"],
    "night-of-the-change-with-dtend.ics": [
        "2021-10-23 20:00 – 2021-10-24 04:00",
        "2021-10-30 20:00 – 2021-10-31 05:00",
    ],
    "night-of-the-change-with-duration.ics": [
        "2021-10-23 10:00 – 2021-10-24 10:00",
        "2021-10-30 10:00 – 2021-10-31 11:00",
    ],
    # RFC 5545 section 3.3.5: a time that does not exist is read with the offset before the gap, one that exists twice
    # is the first.
    "hour-that-does-not-exist.ics": [
        "2021-03-27 01:30 – 2021-03-27 02:00",
        "2021-03-28 01:30 – 2021-03-28 02:00",
        "2021-03-29 00:30 – 2021-03-29 01:00",
    ],
    "hour-that-comes-twice.ics": [
        "2021-10-30 00:30 – 2021-10-30 00:50",
        "2021-10-31 00:30 – 2021-10-31 00:50",
        "2021-11-01 01:30 – 2021-11-01 01:50",
    ],
    "floating-series-over-the-change.ics": [
        "2021-10-21 07:00 – 2021-10-21 08:00",
        "2021-11-04 08:00 – 2021-11-04 09:00",
    ],
    "all-day-recurring-with-exception.ics": [
        "2021-09-30 22:00 – 2021-10-01 22:00",
        "2021-12-02 23:00 – 2021-12-04 23:00",
        "2021-12-31 23:00 – 2022-01-01 23:00",
    ],
    # An hour of a day that is taken whole is that day, once.
    "hour-within-an-all-day-series.ics": ["2021-06-17 22:00 – 2021-06-18 22:00", "2021-06-19 22:00 – 2021-06-20 22:00"],
    "rdate-alone.ics": ["2021-09-07 08:00 – 2021-09-07 09:00", "2021-11-09 09:00 – 2021-11-09 10:00"],
    "rdate-periods.ics": [
        "2021-09-07 08:00 – 2021-09-07 09:00",
        "2021-09-09 12:00 – 2021-09-09 15:00",
        "2021-09-10 07:00 – 2021-09-10 10:00",
    ],
    "dates-decades-later.ics": [
        "2021-07-02 08:00 – 2021-07-02 09:00",
        "2022-01-02 09:00 – 2022-01-02 10:00",
        "2022-07-01 08:00 – 2022-07-01 09:00",
    ],
    "exdate-in-utc.ics": ["2021-09-07 08:00 – 2021-09-07 09:00", "2021-09-28 08:00 – 2021-09-28 09:00"],
    "until-the-end-of-time.ics": [
        "2020-09-07 08:00 – 2020-09-07 09:00",
        "2021-09-07 08:00 – 2021-09-07 09:00",
        "2022-09-07 08:00 – 2022-09-07 09:00",
    ],
    "exceptions-from-year-one-to-9999.ics": [
        "2021-09-07 08:00 – 2021-09-07 09:00",
        "2021-09-21 08:00 – 2021-09-21 09:00",
    ],
    "until-at-the-last-start.ics": [
        "2021-09-07 08:00 – 2021-09-07 09:00",
        "2021-09-14 08:00 – 2021-09-14 09:00",
        "2021-09-21 08:00 – 2021-09-21 09:00",
        "2021-09-28 08:00 – 2021-09-28 09:00",
    ],
    "recurrence-id-in-utc.ics": [
        "2021-09-07 08:00 – 2021-09-07 09:00",
        "2021-09-14 14:00 – 2021-09-14 15:00",
        "2021-09-21 08:00 – 2021-09-21 09:00",
    ],
    "moved-to-another-month.ics": [
        "2021-09-07 08:00 – 2021-09-07 09:00",
        "2021-09-14 08:00 – 2021-09-14 09:00",
        "2021-09-21 08:00 – 2021-09-21 09:00",
        "2021-11-02 09:00 – 2021-11-02 10:00",
    ],
    "last-friday.ics": [
        "2021-10-29 12:00 – 2021-10-29 14:00",
        "2021-11-26 13:00 – 2021-11-26 15:00",
        "2021-12-31 13:00 – 2021-12-31 15:00",
    ],
    # The example of RFC 5545 section 3.8.5.3, where WKST decides, 24 years later.
    "week-starts-on-sunday.ics": [
        "2021-08-03 07:00 – 2021-08-03 08:00",
        "2021-08-15 07:00 – 2021-08-15 08:00",
        "2021-08-17 07:00 – 2021-08-17 08:00",
        "2021-08-29 07:00 – 2021-08-29 08:00",
    ],
    "birthday-since-1604.ics": [
        "2020-03-13 23:00 – 2020-03-14 23:00",
        "2021-03-13 23:00 – 2021-03-14 23:00",
        "2022-03-13 23:00 – 2022-03-14 23:00",
    ],
}


@pytest.mark.parametrize(("name", "expected"), HAND_WORKED.items())
def test_a_hard_calendar_takes_place_when_worked_out_by_hand(name: str, expected: list[str]) -> None:
    """Zones, exceptions, overrides and changes of clock, from 2020 to 2022."""
    assert in_utc(expanded(name)) == expected


@pytest.mark.parametrize("name", HAND_WORKED)
def test_the_order_of_components_moves_no_occurrence(name: str) -> None:
    """An override may come before its master."""
    usual = hard(name)
    usual.calendar.subcomponents.reverse()
    backwards = CalendarObject(
        uid=usual.uid,
        component=usual.component,
        parts=usual.parts[::-1],
        body=b"",
        calendar=usual.calendar,
        tree=usual.tree,
    )
    found = spans(backwards, PARIS, date(2020, 1, 1), date(2022, 12, 31))
    assert [(span.recurrence_id, span.start, span.end, span.part.title) for span in found] == [
        (span.recurrence_id, span.start, span.end, span.part.title) for span in expanded(name)
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("lf-line-ends.ics", [""]),
        ("lone-recurrence-id.ics", ["20211007T120000Z"]),
        ("exdate-in-utc.ics", ["20210907T080000Z", "20210928T080000Z"]),
        ("floating-series-over-the-change.ics", ["20211021T070000Z", "20211104T080000Z"]),
        ("all-day-recurring-with-exception.ics", ["20211001", "20211201", "20220101"]),
        (
            "moved-to-another-month.ics",
            ["20210907T080000Z", "20210914T080000Z", "20210921T080000Z", "20210928T080000Z"],
        ),
        (
            "this-and-future.ics",
            [
                "20210907T080000Z",
                "20210914T080000Z",
                "20210921T080000Z",
                "20210928T080000Z",
                "20211005T080000Z",
                "20211012T080000Z",
            ],
        ),
        # 10:00 in Paris is 08:00 in UTC until 31 October, 09:00 after it.
        (
            "this-and-future-then-one.ics",
            ["20211012T080000Z", "20211019T080000Z", "20211026T080000Z", "20211102T090000Z", "20211109T090000Z"],
        ),
    ],
)
def test_an_occurrence_is_known_by_the_start_that_its_rule_gives(name: str, expected: list[str]) -> None:
    """Wherever an override moved it; an event that does not repeat needs no such name."""
    assert [span.recurrence_id for span in expanded(name)] == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("this-and-future.ics", ["Permanence"] * 2 + ["Permanence de l'après-midi"] * 4),
        (
            "this-and-future-then-one.ics",
            [
                "Permanence",
                "Permanence du mercredi",
                "Permanence du mercredi",
                "Permanence en soirée",
                "Permanence du mercredi",
            ],
        ),
        ("recurrence-id-in-utc.ics", ["Atelier", "Atelier déplacé", "Atelier"]),
        ("all-day-recurring-with-exception.ics", ["Premier du mois", "Premier du mois, reporté", "Premier du mois"]),
        ("cancelled-instance.ics", ["Réunion", "Réunion annulée"]),
    ],
)
def test_each_occurrence_belongs_to_the_part_that_speaks_of_it(name: str, expected: list[str]) -> None:
    """The override of its instance, else the last THISANDFUTURE before it, else the master."""
    assert [span.part.title for span in expanded(name)] == expected


@pytest.mark.parametrize(
    ("name", "first", "last", "count"),
    [
        ("several-days-across-the-bounds.ics", date(2021, 10, 1), date(2021, 10, 29), 1),
        ("several-days-across-the-bounds.ics", date(2021, 11, 3), date(2021, 11, 30), 1),
        ("several-days-across-the-bounds.ics", date(2021, 10, 1), date(2021, 10, 28), 0),
        ("several-days-across-the-bounds.ics", date(2021, 11, 4), date(2021, 11, 30), 0),
        ("moved-to-another-month.ics", date(2021, 9, 1), date(2021, 9, 30), 3),
        ("moved-to-another-month.ics", date(2021, 11, 2), date(2021, 11, 2), 1),
        ("no-end.ics", date(2021, 7, 2), date(2021, 7, 2), 1),
        ("single-night-with-dtend.ics", date(2021, 10, 31), date(2021, 10, 31), 1),
        ("leap-day.ics", date(2020, 1, 1), date(2028, 12, 31), 3),
        ("birthday-since-1604.ics", date(2021, 3, 14), date(2021, 3, 14), 1),
        ("daily-for-thirty-years.ics", date(2021, 1, 1), date(2021, 12, 31), 365),
        ("daily-for-thirty-years.ics", date(1999, 1, 1), date(2031, 12, 31), 10958),
    ],
)
def test_a_period_has_the_occurrences_that_touch_its_days(name: str, first: date, last: date, count: int) -> None:
    """Both days are included, in the region's time zone."""
    assert len(expanded(name, first, last)) == count


@pytest.mark.parametrize(
    ("name", "all_day", "floating"),
    [
        ("lf-line-ends.ics", False, False),
        ("no-end-all-day.ics", True, False),
        ("floating-times.ics", False, True),
        ("floating-series-over-the-change.ics", False, True),
        ("all-day-recurring-with-exception.ics", True, False),
        ("no-dtstamp.ics", False, False),
    ],
)
def test_all_day_and_floating_times_are_told_from_others(name: str, all_day: bool, floating: bool) -> None:
    """A floating time moves with the reader in other software, so it is worth knowing."""
    assert {(span.all_day, span.floating) for span in expanded(name)} == {(all_day, floating)}


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("byte-order-mark.ics", date(2021, 6, 18), date(2021, 6, 19)),
        ("no-end.ics", date(2021, 7, 2), date(2021, 7, 2)),
        ("single-night-with-dtend.ics", date(2021, 10, 30), date(2021, 10, 31)),
        ("duration-pt24h.ics", date(2021, 10, 7), date(2021, 10, 8)),
    ],
)
def test_the_days_of_an_occurrence_are_local_and_inclusive(name: str, first: date, last: date) -> None:
    """The last day is that of the last instant before the end."""
    [span] = expanded(name)
    assert (span.first_day, span.last_day) == (first, last)


# ---- Bounds


def event(rule: str, start: str = "DTSTART;TZID=Europe/Paris:20210907T100000", more: str = "") -> CalendarObject:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", "UID:rule@spro-28.example", start]
    lines += [f"RRULE:{each}" for each in rule.split(" ") if each]
    lines += [*more.splitlines(), "END:VEVENT", "END:VCALENDAR", ""]
    return read_object("\r\n".join(lines).encode(), "rule.ics")


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY",
        "FREQ=DAILY;UNTIL=20510907T080000Z",
        "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
        "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=TU,SU",
        "FREQ=MONTHLY;BYDAY=-1FR",
        "FREQ=MONTHLY;BYMONTHDAY=31",
        "FREQ=MONTHLY;BYMONTHDAY=-1",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO",
        "FREQ=YEARLY;BYYEARDAY=366",
        "FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO",
        "FREQ=DAILY;BYHOUR=9,14;BYMINUTE=0,30",
        "FREQ=HOURLY;COUNT=5",
        "FREQ=MINUTELY;INTERVAL=20;COUNT=1000",
        "FREQ=DAILY;COUNT=2 FREQ=MONTHLY;COUNT=2",
    ],
)
def test_a_rule_that_people_make_passes(rule: str) -> None:
    """By day, week, month or year, endless or not; by the hour when it counts."""
    check_bounded(event(rule), "rule.ics")
    assert spans(event(rule), PARIS, date(2021, 9, 1), date(2021, 12, 31)) != []


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY",
        "FREQ=HOURLY",
        "FREQ=HOURLY;UNTIL=20991231T235959Z",
        "FREQ=HOURLY;COUNT=1001",
        "FREQ=SECONDLY;COUNT=10;BYMONTH=1",
        "FREQ=DAILY;BYHOUR=9;BYMINUTE=" + ",".join(map(str, range(60))),
        "FREQ=DAILY;BYMINUTE=0,20,40;BYHOUR=9,10,11,12,13,14,15,16",  # RFC 5545 section 3.8.5.3: 24 a day for ever
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYMONTH=4,6;BYMONTHDAY=31",
        "FREQ=DAILY;BYSETPOS=2",
        "FREQ=DAILY;INTERVAL=7;BYDAY=WE",
        "FREQ=MONTHLY;BYDAY=6MO",
        "FREQ=DAILY;BYMONTH=1;BYYEARDAY=200",
        "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;COUNT=-1",
        "FREQ=DAILY;COUNT=1000000000",
        "COUNT=3",
        "FREQ=WEEKLY;COUNT=3 FREQ=SECONDLY",
    ],
)
def test_a_rule_that_would_burn_the_processor_is_refused(rule: str) -> None:
    """By the second, on days that do not exist, standing still: the sentence names the file and the rule."""
    with pytest.raises(
        BadCalendar, match=r"^rule\.ics, ligne \d+ : la règle de répétition « .+ » n'est pas celle d'un agenda\."
    ):
        check_bounded(event(rule), "rule.ics")


@pytest.mark.parametrize(("frequency", "passes"), [("YEARLY", True), ("MONTHLY", False), ("DAILY", False)])
def test_only_a_birthday_comes_from_before_1900(frequency: str, passes: bool) -> None:
    """Apple dates a birthday of unknown year 1604; a daily series from then is an attack or a slip."""
    obj = event(f"FREQ={frequency}", "DTSTART;VALUE=DATE:16040907")
    if passes:
        check_bounded(obj, "x")
    else:
        with pytest.raises(BadCalendar):
            check_bounded(obj, "x")


@pytest.mark.parametrize("more", ["RDATE:P1D", "RDATE;VALUE=DATE:P1D", "RDATE:-PT1H,PT2H"])
def test_times_that_cannot_be_compared_are_refused(more: str) -> None:
    """The library would fail on them at the first expansion."""
    with pytest.raises(BadCalendar, match="ne vont pas ensemble"):
        check_bounded(event("FREQ=DAILY;COUNT=3", "DTSTART:20210907T100000", more), "x")


# ---- The oracle: a rule followed day by day


@dataclass(frozen=True, kw_only=True)
class Plain:
    """A series that names nothing but its frequency. `length` is in days or half hours, `until` and `exceptions` in
    days from the start."""

    form: str
    day: date
    hour: time
    length: int
    freq: str
    interval: int
    count: int | None
    until: int | None
    exceptions: frozenset[int]

    @property
    def start(self) -> datetime:
        return datetime.combine(self.day, time() if self.form == "all-day" else self.hour)

    @property
    def duration(self) -> timedelta:
        return self.length * (timedelta(days=1) if self.form == "all-day" else timedelta(minutes=30))


SERIES = st.builds(
    Plain,
    form=st.sampled_from(["all-day", "paris", "floating"]),
    day=st.dates(date(2021, 1, 1), date(2021, 12, 31)),
    hour=st.builds(time, st.integers(6, 23), st.sampled_from([0, 15, 30])),
    length=st.integers(1, 30),
    freq=st.sampled_from(["DAILY", "WEEKLY", "MONTHLY"]),
    interval=st.integers(1, 4),
    count=st.none() | st.integers(1, 12),
    until=st.none() | st.integers(0, 200),
    exceptions=st.frozensets(st.integers(0, 120), max_size=6),
)
PERIODS = st.lists(st.dates(date(2021, 1, 1), date(2022, 6, 30)), min_size=2, max_size=2).map(sorted)


def comes_on(series: Plain, day: date) -> bool:
    """Whether the rule, without its end or its exceptions, gives that day."""
    if series.freq == "MONTHLY":
        months = (day.year - series.day.year) * 12 + day.month - series.day.month
        return day.day == series.day.day and months % series.interval == 0
    return (day - series.day).days % (series.interval if series.freq == "DAILY" else 7 * series.interval) == 0


def day_by_day(series: Plain, first: date, last: date) -> list[tuple[datetime, datetime]]:
    """The starts and ends in UTC, found by looking at each day for two years. Ends are what the clock shows."""
    found, given_so_far = [], 0
    for offset in range(2 * 366):
        if not comes_on(series, series.day + timedelta(days=offset)):
            continue
        given_so_far += 1
        if series.count is not None and given_so_far > series.count:
            break
        if series.count is None and series.until is not None and offset > series.until:
            break
        begins = series.start + timedelta(days=offset)
        ends = begins + series.duration
        last_instant = ends - timedelta(microseconds=1)
        if offset not in series.exceptions and begins.date() <= last and first <= last_instant.date():
            found.append((begins.replace(tzinfo=PARIS).astimezone(UTC), ends.replace(tzinfo=PARIS).astimezone(UTC)))
    return found


def written(series: Plain, name: str, *moments: datetime) -> str:
    if series.form == "all-day":
        return f"{name};VALUE=DATE:" + ",".join(f"{moment:%Y%m%d}" for moment in moments)
    zone = ";TZID=Europe/Paris" if series.form == "paris" else ""
    return f"{name}{zone}:" + ",".join(f"{moment:%Y%m%dT%H%M%S}" for moment in moments)


def as_sent(series: Plain) -> CalendarObject:
    """The series as a client would write it."""
    rule = f"FREQ={series.freq};INTERVAL={series.interval}"
    if series.count is not None:
        rule += f";COUNT={series.count}"
    elif series.until is not None:
        last = series.start + timedelta(days=series.until)
        in_utc_ = last.replace(tzinfo=PARIS).astimezone(UTC)
        rule += {
            "all-day": f";UNTIL={last:%Y%m%d}",
            "floating": f";UNTIL={last:%Y%m%dT%H%M%S}",
            "paris": f";UNTIL={in_utc_:%Y%m%dT%H%M%SZ}",
        }[series.form]
    more = [written(series, "DTEND", series.start + series.duration)]
    if series.exceptions:
        skipped = [series.start + timedelta(days=offset) for offset in sorted(series.exceptions)]
        more.append(written(series, "EXDATE", *skipped))
    return event(rule, written(series, "DTSTART", series.start), "\n".join(more))


@settings(deadline=None)  # the machine may be busy; what counts is the answer
@given(SERIES, PERIODS)
def test_a_plain_series_comes_on_the_days_that_one_finds_by_looking_at_each(series: Plain, period: list[date]) -> None:
    """Daily, weekly or monthly, counted or until a day, with exceptions, all-day, in Paris across the changes of
    clock, or floating."""
    obj = as_sent(series)
    check_bounded(obj, "x")
    assert [(span.start, span.end) for span in spans(obj, PARIS, *period)] == day_by_day(series, *period)


def test_a_long_period_of_an_rdate_is_found_on_its_last_day() -> None:
    """The library looks back by the event's own length, which the period exceeds."""
    obj = event(
        "",
        "DTSTART:20230504T003000",
        "DTEND:20230506T003000\nRDATE;VALUE=PERIOD:20251220T011500/P33D,20260401T011500/20260501T011500",
    )
    assert in_utc(spans(obj, PARIS, date(2026, 1, 21), date(2026, 1, 21))) == ["2025-12-20 00:15 – 2026-01-22 00:15"]
    assert in_utc(spans(obj, PARIS, date(2026, 4, 30), date(2026, 4, 30))) == ["2026-03-31 23:15 – 2026-04-30 23:15"]


# ---- Where a series stands


@pytest.mark.parametrize(
    ("rule", "start", "last"),
    [
        ("FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=1;BYHOUR=9;COUNT=10", "DTSTART:20260101T100000", "2036-01-01 08:00"),
        ("FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=1;BYHOUR=9;COUNT=10", "DTSTART:20260101T100000Z", "2036-01-01 09:00"),
        ("FREQ=MONTHLY;BYMONTHDAY=1;BYHOUR=9;COUNT=4", "DTSTART;TZID=Asia/Tokyo:20260101T100000", "2026-05-01 00:00"),
        ("FREQ=YEARLY;BYHOUR=9;COUNT=3", "DTSTART:20260101T080000", "2028-01-01 08:00"),
        ("FREQ=YEARLY;COUNT=3", "DTSTART;VALUE=DATE:20260101", "2027-12-31 23:00"),
    ],
)
def test_a_counted_series_is_told_to_the_last_of_its_instances(rule: str, start: str, last: str) -> None:
    """Whose hour may stand before that of the start, which the first day then does not count for."""
    obj = event(rule, start)
    begins, ends = extent(obj, PARIS)
    assert begins is not None
    assert ends is not None
    found = spans(obj, PARIS, date(2020, 1, 1), date(2060, 1, 1))
    assert f"{found[-1].start:%Y-%m-%d %H:%M}" == last
    assert begins <= found[0].start
    assert found[-1].end <= ends < found[-1].end + timedelta(days=6)


@pytest.mark.parametrize(
    ("rule", "last"),
    [
        ("FREQ=YEARLY", None),
        ("FREQ=YEARLY;UNTIL=99991231T235959Z", None),
        ("FREQ=WEEKLY;UNTIL=99991231", None),
        ("FREQ=DAILY;UNTIL=22000101", None),
        ("FREQ=DAILY;UNTIL=00010101", date(2021, 9, 7)),
        ("FREQ=DAILY;UNTIL=20991231T080000Z", date(2099, 12, 31)),
    ],
)
def test_a_series_is_told_from_its_start_to_its_end(rule: str, last: date | None) -> None:
    """With a few days to spare at most; what ends after 2200 is as good as endless."""
    begins, ends = extent(event(rule), PARIS)
    assert begins is not None
    assert date(2021, 9, 4) < begins.date() <= date(2021, 9, 7)
    assert (ends is None) is (last is None)
    if ends is not None and last is not None:
        assert last <= ends.date() < last + timedelta(days=5)
