"""Feeds and the regional agenda as programs of others read them: all of it, at the times that we say, and no warning.

Each is read strictly. What a reader is known not to understand stands beside it, and is held to be so.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from pathlib import Path
from random import Random
from typing import Any

import pytest
from agendas import CALENDARS, region
from databases import SQLITE
from test_clashes_kept import REGION_TOML, do, steps
from test_validity import ADDRESS, HARD, NOW, SECRET, in_one_hall, put
from tools import ENVIRONMENTS, Tool, of_debian, of_npm, of_python, python_of, run

from spro_agenda.ical.read import CalendarObject, read_object
from spro_agenda.ical.split import read_file
from spro_agenda.ical.write import joined
from spro_agenda.links import token_of
from spro_agenda.model import AGENDA, View
from spro_agenda.recurrence import spans
from spro_agenda.server.feeds import FeedServer
from spro_agenda.store import Actor, FeedFilter, Store

HERE = Path(__file__).parent
FIRST, LAST, AFTER = date(2021, 9, 1), date(2021, 11, 30), "20211201"
DEBIAN_PYTHON = "/usr/bin/python3"

Time = tuple[str, str, str]
"""An event's UID, its start and its end: days, times in UTC, or floating ones."""


@dataclass(frozen=True, slots=True)
class Text:
    """What is handed on, and what we say of it: its components by name, and its times within the three months."""

    path: Path
    counts: Mapping[str, int]
    times: frozenset[Time]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A program that reads files, by a script of ours; `told` is what it says of each that is no fault, and why;
    `amiss` are the texts of which it makes other times, and why."""

    tool: Callable[[], Tool]
    words: Sequence[str]
    more: Mapping[str, str]
    told: Mapping[str, str]
    amiss: Mapping[str, str]
    expands: bool

    def read(self, texts: Sequence[Text], home: Path) -> dict[str, Any]:
        bounds = [FIRST.strftime("%Y%m%d"), AFTER] if self.expands else []
        ran = run([*self.words, *bounds, *(str(text.path) for text in texts)], home, more=self.more)
        assert ran.code == 0, ran.told
        return dict(json.loads(ran.out))


_SECOND_HOUR = "RFC 5545 section 3.3.5: an hour that comes twice is the first; it takes the second"
READERS = {
    "icalendar": Reader(
        tool=lambda: of_python("icalendar"),
        words=[python_of("icalendar"), str(HERE / "steps_icalendar.py")],
        more={},
        told={},
        amiss={},
        expands=False,
    ),
    "vobject": Reader(
        tool=lambda: of_python("vobject"),
        words=[python_of("vobject"), str(HERE / "steps_vobject.py")],
        more={},
        told={},
        amiss={},
        expands=False,
    ),
    "ical.js": Reader(
        tool=lambda: of_npm("ical.js"),
        words=["node", str(HERE / "steps_ical.cjs")],
        more={"NODE_PATH": str(ENVIRONMENTS / "ical.js" / "node_modules")},
        told={"occurrence.convertToZone is not a function": "it expands no periods, nor hours added to days"},
        amiss={
            "hour-that-comes-twice": _SECOND_HOUR,
            "hour-within-an-all-day-series": "it expands no hours added to days",
            "rdate-alone": "it forgets the start where dates alone are added",
            "rdate-periods": "it expands no periods",
        },
        expands=True,
    ),
    "libical": Reader(
        tool=lambda: of_debian("libical3"),
        words=[DEBIAN_PYTHON, str(HERE / "steps_libical.py")],
        more={},
        told={
            "restrictions for ORGANIZER property": "feeds name nobody, as they should not",
            "restrictions for PRIORITY property": "nobody gives tasks one",
        },
        amiss={
            "hour-that-comes-twice": _SECOND_HOUR,
            "night-of-the-change-with-dtend": "it takes the first night's length for each",
            "night-of-the-change-with-duration": "it takes a day for 24 hours",
            "rdate-alone": "it adds dates at the offset of the start",
            "rdate-periods": "it expands no periods",
            "this-and-future": "it knows no RANGE",
            "this-and-future-then-one": "it knows no RANGE",
        },
        expands=True,
    ),
}


@pytest.fixture(scope="session", params=READERS)
def reader(request: pytest.FixtureRequest) -> Reader:
    return READERS[request.param]


@pytest.fixture(scope="session")
def tool(reader: Reader) -> Tool:
    return reader.tool()


@pytest.fixture(scope="session")
def texts(tmp_path_factory: pytest.TempPathFactory) -> list[Text]:
    """Feeds and whole agendas of hard calendars, of those of the minutes, of crowded weeks, and of all of them."""
    folder, found = tmp_path_factory.mktemp("texts"), list[Text]()
    hard = {path.stem: [obj.body for obj in read_file(path.read_bytes(), path.name).objects] for path in HARD}
    minutes = {
        path.stem: [obj.body for obj in read_file(path.read_bytes(), path.name).objects]
        for path in CALENDARS.glob("*.ics")
    }

    def add(name: str, fill: Callable[[Store], None]) -> None:
        (folder / f"home-{name}").mkdir()
        store = SQLITE.store(folder / f"home-{name}", REGION_TOML)
        fill(store)
        found.extend(_handed_on(store, folder, name))
        store.close()

    for name, bodies in hard.items():
        add(name, lambda store, its=bodies: fill_twice(store, its))
    add("minutes", lambda store: [put(store, network, bodies) for network, bodies in minutes.items()])
    for seed in (300, 301):
        add(f"crowd-{seed}", lambda store, its=seed: [do(store, step) for step in steps(Random(its))])
    add(
        "all",
        lambda store: fill_twice(
            store, [body for name, bodies in hard.items() if name not in _AMISS for body in bodies]
        ),
    )
    return found


_AMISS = {name for each in READERS.values() for name in each.amiss}


def fill_twice(store: Store, bodies: list[bytes]) -> None:
    """Two networks in one hall at a time: what is a series is marked where it meets the other's."""
    put(store, "28", list(map(in_one_hall, bodies)))
    put(store, "45", list(map(in_one_hall, bodies)))


def _handed_on(store: Store, folder: Path, name: str) -> Iterator[Text]:
    feeds = FeedServer(lambda: store, lambda: SECRET, ADDRESS, clock=lambda: NOW)
    with store.write(Actor()) as writer:
        feed = writer.add_feed(
            "Lycée ; « tous, partout »", FeedFilter(months_back=None, clashes=True, descriptions=True)
        )
    with store.read() as reader:
        held = [read_object(stored.body, "") for stored in reader.objects(AGENDA, view=View.INSIDE)]
    assert held
    yield _text(folder / f"{name}.agenda.ics", joined([], [obj.body for obj in held]), held)
    dated = [obj for obj in held if any(part.start or part.end for part in obj.parts)]
    yield _text(folder / f"{name}.feed.ics", feeds.answer(token_of(feed, SECRET), "test").plain.whole.body, dated)


def _text(path: Path, data: bytes, held: list[CalendarObject]) -> Text:
    path.write_bytes(data)
    counts = Counter(obj.component for obj in held for _part in obj.parts)
    times = frozenset(time for obj in held if obj.component == "VEVENT" for time in _times(obj))
    return Text(path, counts, times)


def _times(obj: CalendarObject) -> Iterator[Time]:
    for span in spans(obj, region().time_zone, FIRST, LAST):
        form = "%Y%m%d" if span.all_day else "%Y%m%dT%H%M%S" if span.floating else "%Y%m%dT%H%M%SZ"
        zone = UTC if form.endswith("Z") else region().time_zone
        begun, ended = (each.astimezone(zone).strftime(form) for each in (span.start, span.end))
        if f"{FIRST:%Y%m%d}" <= begun[:8] < AFTER:
            yield obj.uid, begun, ended


@pytest.fixture(scope="session")
def answers(reader: Reader, texts: list[Text], tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Text, Any]]:
    read = reader.read(texts, tmp_path_factory.mktemp("reader"))
    return [(text, read[str(text.path)]) for text in texts]


def test_nothing_is_told_to_be_amiss(reader: Reader, answers: list[tuple[Text, Any]], record_property: Any) -> None:
    faults = {(text.path.name, fault) for text, read in answers for fault in read["faults"]}
    assert {each for each in faults if not any(known in each[1] for known in reader.told)} == set()
    record_property(
        "figures", f"{len(answers)} texts, {sum(text.path.stat().st_size for text, _read in answers):,} octets"
    )


def test_every_event_and_task_is_read(answers: list[tuple[Text, Any]], record_property: Any) -> None:
    total = 0
    for text, read in answers:
        counted = {name: number for name, number in read["counts"].items() if name in ("VEVENT", "VTODO")}
        assert counted == text.counts, text.path.name
        total += sum(counted.values())
    record_property("figures", f"{total:,} components read")
    assert total > 400


@pytest.mark.parametrize("reader", [name for name, each in READERS.items() if each.expands], indirect=True)
def test_each_takes_place_when_we_say(reader: Reader, answers: list[tuple[Text, Any]], record_property: Any) -> None:
    """Over three months, with both changes of clock behind and before; in UTC, to the second."""
    wrong, right = set(), 0
    for text, read in answers:
        if read["times"] is None or set(map(tuple, read["times"])) != text.times:
            wrong.add(text.path.name.partition(".")[0])
        else:
            right += len(text.times)
    assert wrong == set(reader.amiss)
    record_property("figures", f"{right:,} times in UTC equal ours")
    assert right > 500
