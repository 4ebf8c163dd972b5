"""Time ranges by the index are those of expansion by brute force, on series made to be hard, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

import pytest
from databases import DATABASES
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from recurrence_oracle import DAY, WEEK_DAYS, Override, Rule, Series, as_text, instances, meet, occurrences
from store_contract import MARIE, PARIS, at

from spro_agenda.store import Reader, Store

MIDNIGHT = time()
LAST_DAY = date(2027, 12, 31)
"""Series are followed until then. Ranges end 120 days before: an override may bring an instance 90 days forward."""

HARD_DAYS = [
    date(2019, 12, 30),  # around the horizon's ends: 2020 to 2024
    date(2020, 1, 1),
    date(2024, 12, 31),
    date(2025, 1, 2),
    date(2020, 2, 29),
    date(2021, 1, 31),
    date(2021, 3, 14),  # New York's change to summer time, and the day before Paris's
    date(2021, 3, 27),
    date(2021, 3, 28),
    date(2021, 10, 30),  # and to winter time
    date(2021, 10, 31),
    date(2021, 11, 7),
]
DAYS = st.sampled_from(HARD_DAYS) | st.dates(date(2018, 1, 1), date(2026, 6, 30))
HOURS = st.sampled_from(
    [time(0), time(0, 30), time(2), time(2, 30), time(3), time(9), time(14), time(22), time(23, 30)]
)
MINUTES = st.sampled_from([0, 15, 30, 60, 180, 480, 1440, 2 * 1440, 33 * 1440]).map(
    lambda found: timedelta(minutes=found)
)
WHOLE_DAYS = st.sampled_from([1, 1, 2, 40]).map(lambda found: found * DAY)


@st.composite
def rules(draw: st.DrawFn, start: datetime) -> Rule:
    """A rule that gives its own start: anything else is undefined (RFC 5545 section 3.8.5.3)."""
    day = WEEK_DAYS[start.weekday()]
    freq, by = draw(
        st.sampled_from(
            [
                ("DAILY", ""),
                ("WEEKLY", ""),
                ("WEEKLY", f";BYDAY={day},{WEEK_DAYS[(start.weekday() + 2) % 7]}"),
                ("WEEKLY", f";BYDAY={day},SU;WKST=SU"),
                ("MONTHLY", ""),  # skips the months that have no 31st
                ("MONTHLY", f";BYDAY={(start.day + 6) // 7}{day}"),
                ("MONTHLY", f";BYMONTHDAY={start.day},-1"),
                ("YEARLY", ""),  # on 29 February, every four years
                ("YEARLY", f";BYMONTH={start.month};BYDAY={day}"),
            ]
        )
    )
    interval = draw(st.integers(1, 5) if freq != "DAILY" else st.integers(9, 30))
    ended = draw(st.sampled_from(["never", "never", "count", "until"]))
    if ended == "never":
        return Rule(freq=freq, interval=interval, by=by)
    if ended == "count":
        return Rule(freq=freq, interval=draw(st.integers(1, 5)), by=by, count=draw(st.integers(1, 60)))
    return Rule(freq=freq, interval=interval, by=by, until=start + draw(st.integers(0, 1500)) * DAY)


def coming(start: datetime, rule: Rule, most: int) -> list[datetime]:
    """The first starts of a series."""
    plain = Series(uid="", form="floating", start=start, length=DAY, length_as="DTEND", rule=rule)
    return sorted(instances(plain, start.date() + 900 * DAY))[:most]


@st.composite
def series(draw: st.DrawFn, uid: str) -> Series:
    form = draw(st.sampled_from(["paris", "paris", "paris", "all-day", "floating", "utc", "new-york"]))
    start = datetime.combine(draw(DAYS), MIDNIGHT if form == "all-day" else draw(HOURS))
    lengths = WHOLE_DAYS if form == "all-day" else MINUTES
    length_as = draw(st.sampled_from(["DTEND", "DTEND", "DURATION", ""]))
    rule = draw(st.none() | rules(start) | rules(start))
    first = coming(start, rule, 40) if rule else [start]
    chosen = draw(st.lists(st.sampled_from(first), max_size=5, unique=True)) if rule else []
    cut = draw(st.integers(0, len(chosen)))
    overrides = draw(_overrides(chosen[:cut], lengths))
    dates = draw(_dates(start)) if draw(st.integers(0, 2)) == 0 else ()
    with_periods = form != "all-day" and not any(each.ranged for each in overrides) and draw(st.integers(0, 3)) == 0
    return Series(
        uid=uid,
        form=form,
        start=start,
        length=draw(lengths),
        length_as=length_as,
        rule=rule,
        dates=tuple(each for each in dates if each not in chosen),
        periods=draw(_periods(start)) if with_periods else (),
        exceptions=tuple(chosen[cut:]),
        overrides=overrides,
    )


@st.composite
def _overrides(
    draw: st.DrawFn, instances: list[datetime], lengths: st.SearchStrategy[timedelta]
) -> tuple[Override, ...]:
    """Each elsewhere by as much as three months, or from there on."""
    found = []
    for instance in instances:
        ranged = draw(st.integers(0, 3)) == 0
        days = draw(st.integers(-6, 6) if ranged else st.integers(-90, 90))
        found.append(Override(of=instance, start=instance + days * DAY, length=draw(lengths), ranged=ranged))
    return tuple(found)


@st.composite
def _dates(draw: st.DrawFn, start: datetime) -> tuple[datetime, ...]:
    offsets = draw(st.lists(st.integers(1, 1500), min_size=1, max_size=3, unique=True))
    return tuple(start + offset * DAY for offset in offsets)


@st.composite
def _periods(draw: st.DrawFn, start: datetime) -> tuple[tuple[datetime, timedelta], ...]:
    """At an hour of their own: two lengths for one start would be undefined."""
    offsets = draw(st.lists(st.integers(1, 1500), min_size=1, max_size=3, unique=True))
    later = timedelta(minutes=45)
    return tuple((start + offset * DAY + later, draw(MINUTES.filter(bool))) for offset in offsets)


@dataclass(frozen=True, slots=True)
class Asked:
    """Series, when each takes place until LAST_DAY, and time ranges to ask for."""

    crowd: tuple[Series, ...] = field(repr=False)
    times: tuple[list[tuple[int, int]], ...] = field(repr=False)
    ranges: tuple[tuple[int, int], ...]


LENGTHS = st.sampled_from([1, 1800, 3600, 86_400, 7 * 86_400, 31 * 86_400, 400 * 86_400])


@st.composite
def questions(draw: st.DrawFn) -> Asked:
    """Twelve series; ranges that touch an occurrence or just miss it, and ranges anywhere."""
    crowd = tuple(draw(series(f"serie-{number}")) for number in range(12))
    times = tuple(occurrences(each, PARIS, LAST_DAY) for each in crowd)
    edges = st.sampled_from([edge for each in times for pair in each for edge in pair])
    touching = st.builds(
        lambda edge, off, length, after: (
            (edge + off, edge + off + length) if after else (edge + off - length, edge + off)
        ),
        edges,
        st.sampled_from([0, 0, 1, -1, 3600, -3600]),
        LENGTHS,
        st.booleans(),
    )
    anywhere = st.builds(
        lambda day, minutes, length: (at(f"{day} 00:00") + 60 * minutes, at(f"{day} 00:00") + 60 * minutes + length),
        st.dates(date(2017, 6, 1), date(2027, 6, 30)),
        st.sampled_from([0, -60, -120, 30, 150, 720]),
        LENGTHS,
    )
    asked = draw(st.lists(touching, min_size=8, max_size=8)) + draw(st.lists(anywhere, min_size=2, max_size=2))
    return Asked(crowd, times, tuple(pair for pair in asked if pair[1] < at(f"{LAST_DAY - 120 * DAY} 00:00")))


class _Undone(Exception):
    """Raised to leave the store as it was."""


@contextmanager
def holding(store: Store, crowd: tuple[Series, ...]) -> Iterator[Reader]:
    """The store with these series in a calendar, within one transaction that is then undone."""
    with suppress(_Undone), store.write(MARIE) as writer:
        for each in crowd:
            writer.put_event("28", each.uid, as_text(each))
        yield writer
        raise _Undone


def shown(each: Series, start_s: int, end_s: int) -> str:
    """What a failure is about."""
    start, end = (datetime.fromtimestamp(moment, UTC) for moment in (start_s, end_s))
    return f"{start:%Y-%m-%d %H:%M:%S} – {end:%Y-%m-%d %H:%M:%S}\n{as_text(each).decode()}"


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Store]]:
    """A store on each database, whose horizon is 2020 to 2024."""
    made = {name: database.store(tmp_path_factory.mktemp(name)) for name, database in DATABASES.items()}
    yield made
    for store in made.values():
        store.close()


@settings(
    deadline=None,
    derandomize=True,
    max_examples=50,
    phases=[Phase.explicit, Phase.generate],  # a failure names the one series: shrinking would take minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
@given(asked=questions())
def test_a_time_range_has_what_brute_force_finds_in_it(stores: dict[str, Store], asked: Asked):
    """Changes of clock both ways, EXDATE, RDATE and its periods, overrides moved in and out, THISANDFUTURE, all-day,
    floating, UNTIL, COUNT, no end, leap days, across the ends of the stored horizon; on both databases."""
    for name, store in stores.items():
        with holding(store, asked.crowd) as reader:
            for start_s, end_s in asked.ranges:
                found = {each.href for each in reader.objects_meeting("28", "VEVENT", start_s, end_s)}
                for each, times in zip(asked.crowd, asked.times, strict=True):
                    assert (each.uid in found) == meet(times, start_s, end_s), f"{name}: {shown(each, start_s, end_s)}"
