"""What a store promises, whatever its database.

`StoreContract` is inherited by a class for each database, which only says how a store is made (`test_store`).
Beside it stand what the store's other tests need too: a small region, texts of events, a dump of all tables.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from spro_agenda.clashes import ALONE
from spro_agenda.errors import (
    BadCalendar,
    BadInput,
    NotFound,
    Refused,
    StaleToken,
    TooMany,
    TooManyProperties,
    UidConflict,
    UnknownNetwork,
)
from spro_agenda.ical.read import Part, read_object
from spro_agenda.model import Clash, Kind
from spro_agenda.recurrence import spans
from spro_agenda.region.entry import Entry, read_entry
from spro_agenda.region.load import parse_region
from spro_agenda.store import AccountChange, Actor, Calendar, Given, Outcome, Role, Store, StoredObject, Writer, Written
from spro_agenda.store import schema as s
from spro_agenda.store.passwords import is_right
from spro_agenda.store.personal import LARGEST_PROPERTIES, MOST_PROPERTIES

TODAY = date(2021, 9, 1)
"""The day on which the stores of these tests are made: their horizon is 2020 to 2024."""

PARIS = ZoneInfo("Europe/Paris")
MARIE = Actor(login="marie", agent="DAVx5/4.4")
PASSWORD = "chemin de halage"

REGION_TOML = """
version = 1

[region]
name = "Centre-Val de Loire"
calendar_name = "Équipe régionale"
colour = "#37474F"
time_zone = "Europe/Paris"
school_zone = "B"

[[network]]
code = "45"
name = "Loiret"
colour = "#00707A"

[[network]]
code = "28"
name = "Eure-et-Loir"
colour = "#1F5FA8"

[[network.site]]
name = "Chartres"
latitude = 48.4439
longitude = 1.4890

[[network.site]]
name = "Dreux"
latitude = 48.7366
longitude = 1.3660

[[network]]
code = "37"
name = "Indre-et-Loire"
colour = "#7B2D8B"

[[speaker]]
name = "André Chauvet"
aliases = ["Chauvet"]

[[theme]]
name = "alternance"

[clash.LIEU]
weight = "blocking"

[clash.INTERVENANT]
weight = "blocking"

[clash.SITES]
weight = "to-watch"
"""


# Texts


def calendar(*lines: str, eol: str = "\r\n") -> bytes:
    """The text of a calendar around the lines of its components."""
    return "".join(
        line + eol for line in ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//essai//FR", *lines, "END:VCALENDAR")
    ).encode()


def event(uid: str = "atelier", *lines: str, component: str = "VEVENT") -> bytes:
    """The text of an event, called by its UID and held on 7 October 2021 unless the lines say otherwise."""
    given = {line.replace(":", ";").split(";")[0] for line in lines}
    title = [] if "SUMMARY" in given else [f"SUMMARY:{uid}"]
    when = [] if "DTSTART" in given or component == "VTODO" else ["DTSTART:20211007T120000Z", "DTEND:20211007T140000Z"]
    return calendar(f"BEGIN:{component}", f"UID:{uid}", *when, *title, *lines, f"END:{component}")


def booking(
    uid: str,
    start: str = "20211007T120000Z",
    end: str = "20211007T140000Z",
    words: str = "Intervenant : André Chauvet",
    title: str = "",
) -> bytes:
    """An event that takes up a speaker, unless `words` say something else."""
    return event(uid, f"DTSTART:{start}", f"DTEND:{end}", f"SUMMARY:{title or uid}", f"DESCRIPTION:{words}")


def at(text: str) -> int:
    """« 2021-10-07 12:00 », in UTC, as epoch seconds."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


# Stores


def put(store: Store, slug: str, href: str, body: bytes, actor: Actor = MARIE) -> Written:
    with store.write(actor) as writer:
        return writer.put_event(slug, href, body)


def delete(store: Store, slug: str, href: str) -> None:
    with store.write(MARIE) as writer:
        writer.delete_event(slug, href)


def move(store: Store, slug: str, href: str, to_slug: str, to_href: str) -> None:
    with store.write(MARIE) as writer:
        writer.move_event(slug, href, to_slug, to_href)


def live(store: Store, slug: str) -> dict[str, StoredObject]:
    """The objects of a calendar, by href."""
    with store.read() as reader:
        return {each.href: each for each in reader.objects(slug)}


def now(store: Store, slug: str) -> Calendar:
    with store.read() as reader:
        return reader.calendar(slug)


def changed(store: Store, slug: str, token: str) -> tuple[str, ...]:
    with store.read() as reader:
        return reader.changes_since(slug, token).hrefs


def meeting(store: Store, start_s: int, end_s: int, component: str | None = None) -> list[str]:
    """The hrefs of what calendar 28 holds in `[start_s, end_s)`."""
    with store.read() as reader:
        return [each.href for each in reader.objects_meeting("28", component, start_s, end_s)]


def revisions(store: Store) -> list[Any]:
    """Every revision, oldest first."""
    with store._engine.connect() as connection:
        return list(connection.execute(select(s.revision).order_by(s.revision.c.id)))


def dump(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    with store._engine.connect() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in s.metadata.sorted_tables
        }


def put_and_look(store: Store, slug: str, href: str, body: bytes) -> tuple[Clash, ...]:
    """Put an event, and look at the clashes in which it then stands before anybody else writes."""
    with store.write(MARIE) as writer:
        return writer.clashes_of(slug, writer.put_event(slug, href, body).object.uid)


def kinds(store: Store, slug: str, href: str, body: bytes) -> list[Kind]:
    """The kinds of clash that an event makes with others."""
    return [clash.kind for clash in put_and_look(store, slug, href, body) if clash.kind not in ALONE]


# What stands where, for time ranges

WEEKLY = ("DTSTART;TZID=Europe/Paris:20211007T140000", "DTEND;TZID=Europe/Paris:20211007T160000")

WHEN = {
    "two hours": ("DTSTART:20211007T120000Z", "DTEND:20211007T140000Z"),
    "two hours by the clock of Paris": ("DTSTART;TZID=Europe/Paris:20211007T140000", "DURATION:PT2H"),
    "two hours, floating": ("DTSTART:20211007T140000", "DTEND:20211007T160000"),
    "an instant": ("DTSTART:20211007T120000Z",),
    "a summer day": ("DTSTART;VALUE=DATE:20211007",),
    "a winter day": ("DTSTART;VALUE=DATE:20211202", "DTEND;VALUE=DATE:20211203"),
    "months": ("DTSTART;VALUE=DATE:20210115", "DTEND;VALUE=DATE:20211216"),
    "32 days": ("DTSTART:20210901T000000Z", "DTEND:20211003T000000Z"),
    "a second more": ("DTSTART:20210901T000000Z", "DTEND:20211003T000001Z"),
    "long ago": ("DTSTART:19990107T120000Z", "DTEND:19990107T140000Z"),
    "weekly": (*WEEKLY, "RRULE:FREQ=WEEKLY", "EXDATE;TZID=Europe/Paris:20211014T140000"),
    "weekly until 2018": (
        "DTSTART:20160107T120000Z",
        "DTEND:20160107T140000Z",
        "RRULE:FREQ=WEEKLY;UNTIL=20181231T000000Z",
    ),
    "daily at half past midnight": ("DTSTART;TZID=Europe/Paris:20211001T003000", "DURATION:PT15M", "RRULE:FREQ=DAILY"),
    "daily, an instant": ("DTSTART:20211001T120000Z", "RRULE:FREQ=DAILY"),
    "yearly, all-day": ("DTSTART;VALUE=DATE:20151007", "RRULE:FREQ=YEARLY"),
    "vague": (
        "DTSTART;VALUE=DATE:20211001",
        "DTEND;VALUE=DATE:20211002",
        "X-SPRO-DATE-WORDS:en octobre",
        "X-SPRO-WINDOW:2021-10-01/2021-10-31",
    ),
    "cancelled": ("DTSTART:20211007T120000Z", "DTEND:20211007T140000Z", "STATUS:CANCELLED"),
    "task": (),
    "task with words": ("X-SPRO-DATE-WORDS:à définir",),
    "task due": ("DUE:20211007T120000Z",),
    "task begun": ("DTSTART:20211007T120000Z",),
    "task of days": ("DTSTART:20211001T120000Z", "DUE:20211007T120000Z"),
}

RANGES = {
    "two hours": [
        ("2021-10-07 10:00", "2021-10-07 12:00", False),
        ("2021-10-07 10:00", "2021-10-07 12:00:01", True),
        ("2021-10-07 13:00", "2021-10-07 13:01", True),
        ("2021-10-07 13:59:59", "2021-10-07 20:00", True),
        ("2021-10-07 14:00", "2021-10-07 20:00", False),
        ("2021-01-01", "2022-01-01", True),
    ],
    "two hours by the clock of Paris": [
        ("2021-10-07 14:00", "2021-10-07 20:00", False),
        ("2021-10-07 12:00", "2021-10-07 12:01", True),
    ],
    "two hours, floating": [
        ("2021-10-07 14:00", "2021-10-07 20:00", False),
        ("2021-10-07 12:00", "2021-10-07 12:01", True),
    ],
    "an instant": [
        ("2021-10-07 12:00", "2021-10-07 13:00", True),
        ("2021-10-07 11:00", "2021-10-07 12:00", False),
    ],
    "a summer day": [
        ("2021-10-06 21:00", "2021-10-06 22:00", False),
        ("2021-10-06 22:00", "2021-10-06 22:00:01", True),
        ("2021-10-07 21:59:59", "2021-10-07 22:00", True),
        ("2021-10-07 22:00", "2021-10-07 23:00", False),
    ],
    "a winter day": [
        ("2021-12-01 22:00", "2021-12-01 23:00", False),
        ("2021-12-02 22:59:59", "2021-12-02 23:00", True),
        ("2021-12-02 23:00", "2021-12-03 00:00", False),
    ],
    "months": [
        ("2021-11-30", "2021-12-01", True),
        ("2021-12-15 23:00", "2021-12-17", False),
    ],
    "32 days": [
        ("2021-10-02 23:59:59", "2021-10-04", True),
        ("2021-10-03", "2021-10-04", False),
    ],
    "a second more": [
        ("2021-10-03", "2021-10-04", True),
    ],
    "long ago": [
        ("1999-01-07", "1999-01-08", True),
    ],
    "weekly": [
        ("2021-10-07 12:00", "2021-10-07 12:01", True),
        ("2021-10-14", "2021-10-15", False),
        ("2021-11-04 12:00", "2021-11-04 13:00", False),  # winter time has begun
        ("2021-11-04 13:00", "2021-11-04 13:01", True),
        ("2020-03-05", "2020-03-06", False),
        ("2019-03-07", "2019-03-08", False),
        ("2024-12-26", "2024-12-27", True),
        ("2024-12-31", "2025-01-03", True),  # across the horizon
        ("2031-10-02 12:00", "2031-10-02 12:01", True),
        ("2031-10-03", "2031-10-04", False),
    ],
    "weekly until 2018": [
        ("2018-12-27", "2018-12-28", True),
        ("2019-01-03", "2019-01-04", False),
        ("2021-01-01", "2022-01-01", False),
        ("2015-01-01", "2023-01-01", True),
    ],
    "daily at half past midnight": [
        ("2022-06-07 22:00", "2022-06-07 23:00", True),
        ("2030-06-07 22:00", "2030-06-07 23:00", True),
        ("2030-06-07 23:00", "2030-06-08 22:00", False),
    ],
    "daily, an instant": [
        ("2022-06-07 12:00", "2022-06-07 12:01", True),
        ("2030-06-07 12:00", "2030-06-07 12:01", True),
        ("2030-06-07 11:59", "2030-06-07 12:00", False),
    ],
    "yearly, all-day": [
        ("2016-10-06 22:00", "2016-10-06 22:01", True),
        ("2030-10-07 21:59", "2030-10-07 22:00", True),
        ("2030-10-07 22:00", "2030-10-08 22:00", False),
    ],
    "vague": [
        ("2021-10-01 09:00", "2021-10-01 10:00", True),  # clients know nothing of windows: its DTSTART counts
        ("2021-10-20", "2021-10-21", False),
    ],
    "cancelled": [
        ("2021-10-07 12:00", "2021-10-07 13:00", True),
    ],
    "task": [
        ("1999-01-01", "1999-01-02", True),
    ],
    "task with words": [
        ("1999-01-01", "1999-01-02", True),
    ],
    "task due": [
        ("2021-10-07 11:00", "2021-10-07 12:00", True),  # a DUE may stand at the end of a range, not at its start
        ("2021-10-07 12:00", "2021-10-07 13:00", False),
        ("2021-10-07 10:00", "2021-10-07 11:59", False),
    ],
    "task begun": [
        ("2021-10-07 12:00", "2021-10-07 13:00", True),
        ("2021-10-07 11:00", "2021-10-07 12:00", False),
        ("2021-10-07 12:01", "2021-10-07 13:00", False),
    ],
    "task of days": [
        ("2021-10-04", "2021-10-05", True),
        ("2021-09-30", "2021-10-01 12:00", False),
        ("2021-10-07 12:00", "2021-10-08", False),
    ],
}

EVER = (at("0001-01-01 00:00"), at("9999-12-31 23:59:59"))


def component_of(what: str) -> str:
    return "VTODO" if what.startswith("task") else "VEVENT"


def crowd() -> dict[str, bytes]:
    """Events of every sort around the horizon's ends, drawn once and for all."""
    chance = random.Random(5)
    found = {f"{what}.ics": event(what, *lines, component=component_of(what)) for what, lines in WHEN.items()}
    rules = ("FREQ=DAILY;COUNT=9", "FREQ=WEEKLY;INTERVAL=2", "FREQ=MONTHLY;BYDAY=-1TU", "FREQ=YEARLY")
    for number in range(30):
        day = date(chance.choice((2019, 2020, 2021, 2024, 2025)), chance.choice((1, 6, 12)), chance.randint(1, 28))
        if chance.random() < 0.4:
            lines = [f"DTSTART;VALUE=DATE:{day:%Y%m%d}", f"DURATION:P{chance.choice((1, 2, 40))}D"]
        else:
            lines = [
                f"DTSTART;TZID=Europe/Paris:{day:%Y%m%d}T{chance.choice((0, 14, 23)):02}3000",
                f"DURATION:PT{chance.choice((0, 1, 3, 50, 900))}H",
            ]
        if chance.random() < 0.5:
            lines.append(f"RRULE:{chance.choice(rules)}")
        if chance.random() < 0.2:
            lines.append(f"X-SPRO-WINDOW:{day}/{day + timedelta(days=20)}")
        found[f"{number}.ics"] = event(f"{number}", *lines)
    return found


class Stood:
    """When an object of `crowd()` is, read from its whole text: what the index must come to."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.occurrences = entry.occurrences(*YEARS)
        self.times = [(span.start.timestamp(), span.end.timestamp()) for span in spans(entry.obj, PARIS, *YEARS)]

    def meets(self, start_s: int, end_s: int) -> bool:
        """RFC 4791 section 9.9, as its tables stand."""
        if self.entry.obj.component == "VTODO":
            return any(self._task_meets(part, start_s, end_s) for part in self.entry.obj.parts)
        return any(begins < end_s and (ends > start_s or begins == ends == start_s) for begins, ends in self.times)

    @staticmethod
    def _task_meets(part: Part, start_s: int, end_s: int) -> bool:
        begins, due = (each.timestamp() if isinstance(each, datetime) else None for each in (part.start, part.end))
        if begins is not None and due is not None:
            return (start_s < due or start_s <= begins) and (end_s > begins or end_s >= due)
        if due is not None:
            return start_s < due <= end_s
        return begins is None or start_s <= begins < end_s

    def shows_on(self, first: date, last: date) -> bool:
        """Whether an agenda of these days shows it."""
        window = self.entry.lead.window
        if window is not None:
            return window.start <= last and first <= window.end
        return self.entry.is_undated or any(
            each.first_day <= last and first <= each.last_day for each in self.occurrences
        )


@dataclass(frozen=True)
class Crowded:
    """A store of `crowd()`, and its objects by href."""

    store: Store
    objects: Mapping[str, Stood]


YEARS = (date(1990, 1, 1), date(2029, 12, 31))
"""Around all that these tests ask for."""

MOMENTS = st.builds(
    lambda day, minutes: at(f"{day} 00:00") + minutes * 60,
    st.sampled_from(
        [
            date(year, month, day)
            for year in (2019, 2020, 2021, 2024, 2025, 2027)
            for month in (1, 6, 12)
            for day in (1, 2, 15, 30, 31)
            if (month, day) != (6, 31)
        ]
    ),
    st.sampled_from([0, 30, 60, 720, 750, 1320, 1350, 1380, 1439]),
)
LENGTHS = st.sampled_from([1, 1800, 3600, 86_400, 7 * 86_400, 400 * 86_400])

# One example's store is a file of its own, and the same claims are run by each database's class.
ON_A_STORE = settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.differing_executors])

BODIES = {
    "accents and emoji": event("a", "SUMMARY:Été à Châteaudun – « cap' emploi » 🎓 e\u0301"),
    "a description of 10,000 characters on one line": event("a", "DESCRIPTION:" + "dé" * 5000),
    "folded lines": event("a", "DESCRIPTION:une ligne", "  pliée au milieu d'un é", "\tet encore"),
    "line feeds alone": event("a").replace(b"\r\n", b"\n"),
    "no last line end": event("a").removesuffix(b"\r\n"),
    "lower-case names": event("a").replace(b"SUMMARY", b"summary"),
    "properties that nobody knows": event(
        "a",
        'X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-TITLE="a:b;c":geo:48.4,1.4',
        "X-MOZ-LASTACK:20211001T000000Z",
        "IANA-TOKEN;X=1:\\,\\;\\n",
    ),
    "an alarm": event("a", "BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT15M", "DESCRIPTION:x", "END:VALARM"),
    "PT24H, which libraries write P1D": event("a", "DTSTART:20211007T120000Z", "DURATION:PT24H"),
    "all-day": event("a", "DTSTART;VALUE=DATE:20211007", "DTEND;VALUE=DATE:20211009"),
    "a series and an exception": calendar(
        "BEGIN:VEVENT",
        "UID:a",
        *WEEKLY,
        "RRULE:FREQ=WEEKLY;COUNT=4",
        "SUMMARY:a",
        "END:VEVENT",
        "BEGIN:VEVENT",
        "UID:a",
        "RECURRENCE-ID;TZID=Europe/Paris:20211014T140000",
        "DTSTART:20211015T080000Z",
        "SUMMARY:déplacé",
        "END:VEVENT",
    ),
    "the exception before its series": calendar(
        "BEGIN:VEVENT",
        "UID:a",
        "RECURRENCE-ID:20211014T120000Z",
        "DTSTART:20211015T080000Z",
        "END:VEVENT",
        "BEGIN:VEVENT",
        "UID:a",
        *WEEKLY,
        "RRULE:FREQ=WEEKLY;COUNT=4",
        "END:VEVENT",
    ),
    "an invitation to one instance": event("a", "RECURRENCE-ID:20211007T120000Z"),
    "one instance, named in two zones": calendar(
        "BEGIN:VEVENT",
        "UID:a",
        *WEEKLY,
        "RRULE:FREQ=WEEKLY;COUNT=4",
        "END:VEVENT",
        "BEGIN:VEVENT",
        "UID:a",
        "RECURRENCE-ID:20211014T140000",
        "DTSTART:20211015T080000Z",
        "END:VEVENT",
        "BEGIN:VEVENT",
        "UID:a",
        "RECURRENCE-ID:20211014T120000Z",
        "DTSTART:20211016T080000Z",
        "END:VEVENT",
    ),
    "another time zone": calendar(
        "BEGIN:VTIMEZONE",
        "TZID:America/Guadeloupe",
        "BEGIN:STANDARD",
        "DTSTART:19700101T000000",
        "TZOFFSETFROM:-0400",
        "TZOFFSETTO:-0400",
        "END:STANDARD",
        "END:VTIMEZONE",
        "BEGIN:VEVENT",
        "UID:a",
        "DTSTART;TZID=America/Guadeloupe:20211007T080000",
        "SUMMARY:a",
        "END:VEVENT",
    ),
    "a task": event("a", "DUE;VALUE=DATE:20211007", "PERCENT-COMPLETE:40", component="VTODO"),
}

HREFS = [
    "atelier.ics",
    "réunion à Dreux.ics",
    "re\u0301union.ics",
    "RÉUNION.ICS",
    "a:b.ics",
    "l'été.ics",
    'dit "salon".ics',
    "quoi ?.ics",
    "*.ics",
    "50 %.ics",
    "%C3%A9.ics",
    "%",
    "a_b.ics",
    "a&b=c;d,e+f#g.ics",
    "\\",
    " espaces ",
    "..",
    "🎓.ics",
    "é" * 127,
]

GARBLED = [
    "0",
    "urn:spro-agenda:sync:",
    "http://sabre.io/ns/sync/3",
    "urn:spro-agenda:sync:{epoch}:",
    "urn:spro-agenda:sync:{epoch}:-1",
    "urn:spro-agenda:sync:{epoch}:1.5",
    "urn:spro-agenda:sync:{epoch}:²",
    "urn:spro-agenda:sync:{epoch}:" + "1" * 5000,
    "urn:spro-agenda:sync::1",
    "{epoch}:1",
    "é\0",
]


def replayed(
    held: Mapping[str, StoredObject], hrefs: tuple[str, ...], there: Mapping[str, StoredObject]
) -> dict[str, StoredObject]:
    """What a client holds once it has fetched, or forgotten, the named hrefs."""
    kept = {href: each for href, each in held.items() if href not in hrefs}
    return kept | {href: there[href] for href in hrefs if href in there}


class StoreContract:
    """The claims. Every store is made of `REGION_TOML`, on `TODAY`, on a database that really writes."""

    @staticmethod
    def make_store(home: Path, region_toml: str) -> Store:
        """A new store that keeps what it must in that folder."""
        raise NotImplementedError

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Store]:
        store = self.make_store(tmp_path, REGION_TOML)
        yield store
        store.close()

    @pytest.fixture(scope="class")
    @classmethod
    def crowded(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowded]:
        """A store where calendar 28 is `crowd()`. Only read it."""
        store = cls.make_store(tmp_path_factory.mktemp("crowded"), REGION_TOML)
        with store.write(MARIE) as writer:
            for href, body in crowd().items():
                writer.put_event("28", href, body)
        region = parse_region(REGION_TOML, "region.toml")
        yield Crowded(store, {href: Stood(read_entry(body, "28", region, href)) for href, body in crowd().items()})
        store.close()

    # A new store

    def test_a_new_store_has_an_empty_calendar_for_each_network_in_the_regions_order(self, store: Store) -> None:
        """Names and colours are the region's; the regional team's calendar comes last."""
        with store.read() as reader:
            calendars = reader.calendars()
        assert [(each.slug, each.network, each.kind.value, each.name, each.colour) for each in calendars] == [
            ("45", "45", "network", "45 Loiret", "#00707A"),
            ("28", "28", "network", "28 Eure-et-Loir", "#1F5FA8"),
            ("37", "37", "network", "37 Indre-et-Loire", "#7B2D8B"),
            ("region", "region", "region", "Équipe régionale", "#37474F"),
        ]
        assert {(each.number, each.tz, each.components) for each in calendars} == {
            (0, "Europe/Paris", ("VEVENT", "VTODO"))
        }
        assert not any(live(store, each.slug) for each in calendars)

    def test_a_store_knows_its_region(self, store: Store) -> None:
        """The region is read from the database, not from a file beside it."""
        with store.read() as reader:
            assert reader.region() == parse_region(REGION_TOML, "region.toml")
            assert reader.horizon() == (date(2020, 1, 1), date(2024, 12, 31))
            assert reader.accounts() == ()

    def test_an_unknown_calendar_is_not_found(self, store: Store) -> None:
        """By no verb that reads, writes, moves or synchronises."""
        put(store, "28", "a.ics", event("a"))
        with store.read() as reader:
            with pytest.raises(NotFound):
                reader.calendar("99")
            with pytest.raises(NotFound):
                reader.changes_since("99", "")
            assert reader.object("99", "a.ics") is None
            assert not list(reader.objects("99"))
        for verb in (
            lambda: put(store, "99", "a.ics", event("b")),
            lambda: delete(store, "99", "a.ics"),
            lambda: move(store, "28", "a.ics", "99", "a.ics"),
        ):
            with pytest.raises(NotFound):
                verb()

    # Putting

    @pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
    def test_a_text_comes_back_byte_for_byte(self, store: Store, body: bytes) -> None:
        """By each verb that reads it, and after a move."""
        uid = read_object(body, "").uid
        written = put(store, "28", "a.ics", body)
        with store.read() as reader:
            found = reader.object("28", "a.ics")
            assert found == written.object
            assert list(reader.objects("28")) == [found]
            assert reader.objects_named("28", ["a.ics"]) == {"a.ics": found}
            assert [found] == reader.objects_meeting("28", None, *EVER)
        assert (found.body, found.uid) == (body, uid)
        move(store, "28", "a.ics", "45", "b.ics")
        assert live(store, "45")["b.ics"].body == body

    def test_a_byte_order_mark_is_not_kept(self, store: Store) -> None:
        """It belongs to a file, not to the calendar in it: clients choke on it."""
        assert put(store, "28", "a.ics", b"\xef\xbb\xbf" + event("a")).object.body == event("a")

    def test_an_href_is_whatever_a_client_calls_it(self, store: Store) -> None:
        """Nothing in it is a pattern, a path, or folded to another href."""
        token = now(store, "28").sync_token()
        with store.write(MARIE) as writer:
            for number, href in enumerate(HREFS):
                writer.put_event("28", href, event(f"{number}"))
        assert changed(store, "28", token) == tuple(HREFS)
        assert set(live(store, "28")) == set(HREFS)
        with store.read() as reader:
            for number, href in enumerate(HREFS):
                assert reader.object("28", href).uid == f"{number}"
                assert reader.href_of("28", f"{number}") == href
                assert list(reader.objects_named("28", [href])) == [href]
        for number, href in enumerate(HREFS, 1):
            delete(store, "28", href)
            assert set(live(store, "28")) == set(HREFS[number:])

    @pytest.mark.parametrize("href", ["", "a/b.ics", "a\0.ics", "é" * 128])
    def test_an_href_that_no_address_can_hold_is_refused(self, store: Store, href: str) -> None:
        """Empty, with a slash or a NUL, or beyond 255 bytes; for a put as for a move."""
        put(store, "28", "a.ics", event("a"))
        before = dump(store)
        with pytest.raises(Refused):
            put(store, "28", href, event("b"))
        with pytest.raises(Refused):
            move(store, "28", "a.ics", "45", href)
        assert dump(store) == before

    def test_a_new_text_is_created_and_another_one_updates_it(self, store: Store) -> None:
        """Each is a change, a revision, and an etag of its own."""
        first, second = event("a"), event("a", "SUMMARY:autrement")
        created, updated = put(store, "28", "a.ics", first), put(store, "28", "a.ics", second)
        assert (created.outcome, updated.outcome) == (Outcome.CREATED, Outcome.UPDATED)
        assert created.object.etag != updated.object.etag
        assert live(store, "28") == {"a.ics": updated.object}
        assert now(store, "28").number == 2
        assert [each.body for each in revisions(store)] == [first, second]

    def test_the_same_text_again_changes_nothing(self, store: Store) -> None:
        """No revision, no change number, the same etag: phones put again what they have just read."""
        written = put(store, "28", "a.ics", event("a"))
        before = dump(store)
        again = put(store, "28", "a.ics", event("a"), Actor(login="paul"))
        assert (again.outcome, again.object) == (Outcome.UNCHANGED, written.object)
        assert dump(store) == before

    def test_an_etag_stands_for_the_bytes(self, store: Store) -> None:
        """A quoted strong tag; the same text has the same one again, wherever it stands."""
        etag = put(store, "28", "a.ics", event("a")).object.etag
        assert etag[0] == etag[-1] == '"'
        assert '"' not in etag[1:-1]
        put(store, "28", "a.ics", event("a", "SUMMARY:autrement"))
        assert put(store, "28", "a.ics", event("a")).object.etag == etag
        assert put(store, "45", "b.ics", event("a")).object.etag == etag

    def test_an_update_leaves_nothing_of_the_text_before(self, store: Store) -> None:
        """Its times and its kind are those of the new text alone."""
        put(store, "28", "a.ics", event("a", "RRULE:FREQ=WEEKLY"))
        put(store, "28", "a.ics", event("a", "DTSTART:20220301T120000Z", "DTEND:20220301T140000Z"))
        assert not meeting(store, at("2021-10-01"), at("2022-02-01"))
        assert not meeting(store, at("2030-01-01"), at("2031-01-01"))
        assert meeting(store, at("2022-03-01"), at("2022-03-02")) == ["a.ics"]
        put(store, "28", "a.ics", event("a", component="VTODO"))
        assert not meeting(store, *EVER, component="VEVENT")
        assert meeting(store, at("1999-01-01"), at("1999-01-02"), "VTODO") == ["a.ics"]

    def test_a_uid_has_one_href(self, store: Store) -> None:
        """RFC 4791 section 5.3.2.1, no-uid-conflict: until the event is gone from the first."""
        put(store, "28", "a.ics", event("a"))
        before = dump(store)
        with pytest.raises(UidConflict):
            put(store, "28", "b.ics", event("a"))
        assert dump(store) == before
        delete(store, "28", "a.ics")
        assert put(store, "28", "b.ics", event("a")).outcome is Outcome.CREATED

    def test_an_href_keeps_its_uid(self, store: Store) -> None:
        """Another event does not slip into its place."""
        put(store, "28", "a.ics", event("a"))
        with pytest.raises(UidConflict):
            put(store, "28", "a.ics", event("b"))
        assert live(store, "28")["a.ics"].uid == "a"

    def test_two_calendars_may_hold_one_uid_and_one_href(self, store: Store) -> None:
        """An event that two networks hold together is two objects, each with its own text."""
        texts = {"28": event("a"), "45": event("a", "SUMMARY:autrement")}
        for slug, body in texts.items():
            assert put(store, slug, "a.ics", body).outcome is Outcome.CREATED
        assert {slug: live(store, slug)["a.ics"].body for slug in texts} == texts
        delete(store, "28", "a.ics")
        assert list(live(store, "45")) == ["a.ics"]

    @pytest.mark.parametrize("uid", ["é'\"%_*?", "A", "a", "0" * 500, "a b", "🎓"])
    def test_a_uid_compares_as_it_is_written(self, store: Store, uid: str) -> None:
        """Case counts, nothing in it is a pattern, and it is found by its own text alone."""
        for href, other in enumerate({"A", "a", "_", "%"} - {uid}):
            put(store, "28", f"{href}.ics", event(other))
        assert put(store, "28", "à lui.ics", event(uid)).object.uid == uid
        with store.read() as reader:
            assert (reader.href_of("28", uid), reader.href_of("45", uid)) == ("à lui.ics", None)

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
            b"\xff" + event("a"),
            event("a", "RRULE:FREQ=SECONDLY"),
            event("a", component="VJOURNAL"),
            event("a", "SUMMARY:a\0b"),
            event("a\0b"),
            event("é" * 501),
        ],
    )
    def test_a_text_that_is_no_event_is_not_stored(self, store: Store, body: bytes) -> None:
        """It raises BadCalendar, and no table has moved."""
        before = dump(store)
        with pytest.raises(BadCalendar):
            put(store, "28", "a.ics", body)
        assert dump(store) == before

    def test_a_text_is_kept_and_compared_whatever_its_length(self, store: Store) -> None:
        """Chance words, which no database can shorten: the same place and speaker make a clash, others do not."""
        words, others = (" ".join(f"{random.Random(seed).getrandbits(30_000):x}"[:7_000]) for seed in (1, 2))
        here, there = (f"DESCRIPTION:Intervenant : {each}\r\nLOCATION:{each}" for each in (words, others))
        assert kinds(store, "28", "a.ics", event("z" * 1000, here)) == []
        assert kinds(store, "45", "b.ics", event("b", there)) == []
        assert Kind.SPEAKER in kinds(store, "45", "c.ics", event("c", here))

    def test_a_name_with_a_nul_is_nobody_s(self, store: Store) -> None:
        """It is not found, or refused in words that ask nobody to try again; then the store goes on."""
        with suppress(BadInput), store.read() as reader:
            assert reader.href_of("28", "a\0b") is None
        assert put(store, "28", "a.ics", event("a")).outcome is Outcome.CREATED

    # Deleting

    def test_a_deleted_event_is_gone_from_every_verb_that_reads(self, store: Store) -> None:
        """Clients are told by a change; the next event at that href is a new one."""
        put(store, "28", "a.ics", event("a", "RRULE:FREQ=WEEKLY"))
        token = now(store, "28").sync_token()
        delete(store, "28", "a.ics")
        assert live(store, "28") == {}
        assert changed(store, "28", token) == ("a.ics",)
        assert changed(store, "28", "") == ()
        assert not meeting(store, *EVER)
        with store.read() as reader:
            assert reader.object("28", "a.ics") is None
            assert reader.objects_named("28", ["a.ics"]) == {}
            assert reader.href_of("28", "a") is None
            assert not reader.objects_of_days("28", date(2021, 1, 1), date(2030, 1, 1))
        tables = dump(store)
        assert not any(tables[name] for name in ("object", "part", "occurrence", "occurrence_key"))
        assert put(store, "28", "a.ics", event("b")).outcome is Outcome.CREATED

    def test_a_deleted_event_is_kept_in_its_last_revision(self, store: Store) -> None:
        """The revision of the deletion has no text, and leads to the one that has."""
        put(store, "28", "a.ics", event("a"))
        delete(store, "28", "a.ics")
        kept, gone = revisions(store)
        assert (gone.verb, gone.body, gone.uid, gone.previous_id) == ("deleted", None, "a", kept.id)
        assert kept.body == event("a")

    def test_what_is_not_there_cannot_be_deleted(self, store: Store) -> None:
        """Neither what never was, nor what is gone already, nor another calendar's."""
        put(store, "28", "a.ics", event("a"))
        for slug, href in (("28", "b.ics"), ("45", "a.ics"), ("28", "A.ics")):
            with pytest.raises(NotFound):
                delete(store, slug, href)
        delete(store, "28", "a.ics")
        with pytest.raises(NotFound):
            delete(store, "28", "a.ics")

    # Moving

    @pytest.mark.parametrize("target", [("28", "b.ics"), ("45", "a.ics"), ("45", "b.ics"), ("region", "a.ics")])
    def test_a_moved_event_is_at_its_new_place_alone(self, store: Store, target: tuple[str, str]) -> None:
        """The text and its tag are the same; both calendars' clients are told."""
        written = put(store, "28", "a.ics", event("a"))
        tokens = {slug: now(store, slug).sync_token() for slug in ("28", target[0])}
        move(store, "28", "a.ics", *target)
        slug, href = target
        moved = live(store, slug)[href]
        assert (moved.body, moved.etag, moved.uid) == (written.object.body, written.object.etag, "a")
        assert ("28", "a.ics") not in {(each, name) for each in tokens for name in live(store, each)}
        assert "a.ics" in changed(store, "28", tokens["28"])
        assert href in changed(store, slug, tokens[slug])

    def test_a_moved_event_is_understood_as_its_new_network_does(self, store: Store) -> None:
        """« [Dreux] » is a site of the 28: moved to the 45, the event no longer competes with Chartres."""
        put(store, "28", "a.ics", booking("a", title="[Chartres] Alternance", words=""))
        put(store, "45", "b.ics", booking("b", title="[Dreux] Alternance", words=""))
        again = booking("c", title="[Chartres] Alternance", words="")
        assert kinds(store, "28", "c.ics", again) == []
        move(store, "45", "b.ics", "28", "b.ics")
        assert kinds(store, "28", "c.ics", again) == [Kind.SITES]

    def test_a_move_onto_itself_does_nothing(self, store: Store) -> None:
        """RFC 4918 section 9.9: it must above all not delete."""
        put(store, "28", "a.ics", event("a"))
        before = dump(store)
        move(store, "28", "a.ics", "28", "a.ics")
        assert dump(store) == before

    def test_a_move_takes_the_place_of_the_same_event(self, store: Store) -> None:
        """The other calendar's text of that UID gives way; its revision leads on to the one that came."""
        put(store, "45", "b.ics", event("a", "SUMMARY:ancien"))
        put(store, "28", "a.ics", event("a"))
        token = now(store, "45").sync_token()
        move(store, "28", "a.ics", "45", "b.ics")
        assert (live(store, "28"), live(store, "45")["b.ics"].body) == ({}, event("a"))
        assert changed(store, "45", token) == ("b.ics",)
        last, first = revisions(store)[-1], revisions(store)[0]
        assert (last.previous_id, last.moved_from) == (first.id, "28/a.ics")

    @pytest.mark.parametrize("to_href", ["b.ics", "c.ics"])
    def test_a_move_that_would_break_the_rule_of_uids_is_refused(self, store: Store, to_href: str) -> None:
        """Onto another event, or beside the same event at another href: both calendars stay as they were."""
        put(store, "28", "a.ics", event("a"))
        put(store, "45", "b.ics", event("b"))
        if to_href == "c.ics":
            put(store, "45", "d.ics", event("a"))
        before = dump(store)
        with pytest.raises(UidConflict):
            move(store, "28", "a.ics", "45", to_href)
        assert dump(store) == before

    def test_what_is_not_there_cannot_be_moved(self, store: Store) -> None:
        with pytest.raises(NotFound):
            move(store, "28", "a.ics", "45", "a.ics")

    # Synchronising

    def test_a_first_synchronisation_names_every_live_object_once(self, store: Store) -> None:
        """And nothing that was deleted."""
        for name in ("c", "a", "b"):
            put(store, "28", f"{name}.ics", event(name))
        delete(store, "28", "b.ics")
        put(store, "28", "c.ics", event("c", "SUMMARY:autrement"))
        with store.read() as reader:
            changes = reader.changes_since("28", "")
            assert changes.token == reader.calendar("28").sync_token()
        assert changes.hrefs == ("a.ics", "c.ics")

    @settings(ON_A_STORE, max_examples=20)
    @given(
        st.lists(
            max_size=12,
            elements=st.tuples(
                st.sampled_from(["put", "put", "delete", "move"]),
                *[st.sampled_from(["28", "45"])] * 2,
                *[st.sampled_from("abc")] * 2,
                st.integers(0, 2),
            ),
        )
    )
    def test_replaying_changes_since_any_token_gives_the_live_set(self, steps: list[tuple[Any, ...]]) -> None:
        """A client that stopped at any moment, and fetches what is named since, holds what the calendar holds; what
        did not change is not named."""
        with TemporaryDirectory() as home:
            store = self.make_store(Path(home), REGION_TOML)
            seen = {slug: [(now(store, slug).sync_token(), live(store, slug))] for slug in ("28", "45")}
            for verb, slug, other, name, to_name, version in steps:
                with suppress(NotFound, UidConflict):
                    if verb == "put":
                        put(store, slug, f"{name}.ics", event(to_name, f"SUMMARY:{version}"))
                    elif verb == "delete":
                        delete(store, slug, f"{name}.ics")
                    else:
                        move(store, slug, f"{name}.ics", other, f"{to_name}.ics")
                for each, history in seen.items():
                    history.append((now(store, each).sync_token(), live(store, each)))
            for slug, history in seen.items():
                for (token, held), later in zip(history, [*history[1:], history[-1]], strict=True):
                    hrefs = changed(store, slug, token)
                    assert len(set(hrefs)) == len(hrefs)
                    assert replayed(held, hrefs, live(store, slug)) == live(store, slug)
                    assert (token == later[0]) == (held == later[1])
                assert changed(store, slug, history[-1][0]) == ()
            store.close()

    def test_a_first_synchronisation_in_pages_misses_nothing_that_changes_meanwhile(self, store: Store) -> None:
        """What was told and goes, what was not told yet and changes, what comes: the last page's token brings it."""
        for name in "abcd":
            put(store, "28", f"{name}.ics", event(name))
        with store.read() as reader:
            first = reader.changes_since("28", "", most=2)
        assert (first.hrefs, first.is_cut) == (("a.ics", "b.ics"), True)
        delete(store, "28", "a.ics")
        put(store, "28", "d.ics", event("d", "SUMMARY:autrement"))
        put(store, "28", "e.ics", event("e"))
        delete(store, "28", "c.ics")
        with store.read() as reader:
            second = reader.changes_since("28", first.token, most=2)
            assert (second.hrefs, second.is_cut) == (("d.ics", "e.ics"), False)
            assert reader.changes_since("28", second.token).hrefs == ("a.ics", "d.ics", "e.ics", "c.ics")
            assert reader.changes_since("28", first.token).hrefs == ("d.ics", "e.ics")

    def test_changes_are_told_some_at_a_time_the_first_first(self, store: Store) -> None:
        """Each object at most once in a page, the last page with the token of now."""
        put(store, "28", "a.ics", event("a"))
        token = now(store, "28").sync_token()
        for name in "bcb":
            put(store, "28", f"{name}.ics", event(name, f"SUMMARY:{now(store, '28').number}"))
        delete(store, "28", "a.ics")
        pages = []
        with store.read() as reader:
            while not pages or pages[-1].is_cut:
                pages.append(reader.changes_since("28", pages[-1].token if pages else token, most=1))
            assert pages[-1].token == reader.calendar("28").sync_token()
        assert [page.hrefs for page in pages] == [("b.ics",), ("c.ics",), ("b.ics",), ("a.ics",)]

    @pytest.mark.parametrize("token", GARBLED, ids=range(len(GARBLED)))
    def test_a_token_that_this_store_did_not_give_is_stale(self, store: Store, token: str) -> None:
        """So is one from the future: a store that was restored has not been there."""
        put(store, "28", "a.ics", event("a"))
        epoch = now(store, "28").sync_epoch
        with pytest.raises(StaleToken):
            changed(store, "28", token.format(epoch=epoch))
        with pytest.raises(StaleToken):
            changed(store, "28", f"urn:spro-agenda:sync:{epoch}:2")
        for page in ("x", "-1", "1:after:1"):
            with pytest.raises(StaleToken):
                changed(store, "28", f"urn:spro-agenda:sync:{epoch}:1:after:{page}")
        assert changed(store, "28", f"urn:spro-agenda:sync:{epoch}:0") == ("a.ics",)

    def test_a_calendar_last_changed_when_an_event_of_it_last_did(self, store: Store) -> None:
        """A deletion is a change too; another calendar's is not."""
        with store.read() as reader:
            assert reader.calendar("28").changed_at == 0
        put(store, "28", "a.ics", event("a"))
        delete(store, "28", "a.ics")
        with store.read() as reader:
            assert reader.calendar("28").changed_at == revisions(store)[-1].at > at("2021-09-01")
            assert reader.calendar("45").changed_at == 0

    # Reading by name and by time

    def test_names_that_do_not_exist_are_left_out(self, store: Store) -> None:
        """However many are asked for at once: a phone asks for thousands."""
        for number in (3, 700, 1500):
            put(store, "28", f"{number}.ics", event(f"{number}"))
        with store.read() as reader:
            found = reader.objects_named("28", (f"{number}.ics" for number in [*range(1600), 3]))
        assert set(found) == {"3.ics", "700.ics", "1500.ics"}
        assert all(each.uid == href.removesuffix(".ics") for href, each in found.items())

    @pytest.mark.parametrize("what", RANGES)
    def test_a_time_range_holds_what_shares_an_instant_with_it(self, store: Store, what: str) -> None:
        """RFC 4791 section 9.9: half-open; days and floating times are those of the region; tasks have their own
        rules, and one without dates meets every range."""
        put(store, "28", "a.ics", event("a", *WHEN[what], component=component_of(what)))
        found = [(start, end, meeting(store, at(start), at(end)) == ["a.ics"]) for start, end, _meets in RANGES[what]]
        assert found == RANGES[what]

    def test_a_time_range_is_asked_of_one_component_or_of_both(self, store: Store) -> None:
        """The answer is by href, and of one calendar."""
        put(store, "28", "b.ics", event("b"))
        put(store, "28", "a.ics", event("a", "DUE:20211007T130000Z", component="VTODO"))
        put(store, "45", "c.ics", event("c"))
        day = (at("2021-10-07"), at("2021-10-08"))
        assert meeting(store, *day) == ["a.ics", "b.ics"]
        assert meeting(store, *day, component="VEVENT") == ["b.ics"]
        assert meeting(store, *day, component="VTODO") == ["a.ics"]

    @pytest.mark.parametrize("ends", [(EVER[0], at("2021-10-08")), (at("2021-10-07"), EVER[1]), EVER])
    def test_a_time_range_may_be_open(self, crowded: Crowded, ends: tuple[int, int]) -> None:
        """Phones ask for all that ends after a day."""
        expected = sorted(href for href, stood in crowded.objects.items() if stood.meets(*ends))
        assert meeting(crowded.store, *ends) == expected

    @settings(ON_A_STORE, max_examples=60)
    @given(start=MOMENTS, length=LENGTHS)
    def test_a_time_range_finds_what_reading_every_object_finds(
        self, crowded: Crowded, start: int, length: int
    ) -> None:
        """Within the horizon, beyond it and across its ends."""
        expected = sorted(href for href, stood in crowded.objects.items() if stood.meets(start, start + length))
        assert meeting(crowded.store, start, start + length) == expected

    def test_a_series_that_the_horizon_shows_is_not_expanded_again(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An open range reaches to the end of time: expanding every series that far takes seconds."""
        put(store, "28", "a.ics", event("a", "RRULE:FREQ=DAILY"))
        monkeypatch.setattr("spro_agenda.store.times.meets", None)
        assert meeting(store, at("2021-10-07"), EVER[1]) == ["a.ics"]

    @pytest.mark.parametrize("years", [60, 280])
    def test_more_dates_than_can_be_read_are_refused_soon_and_never_cut_short(self, store: Store, years: int) -> None:
        """A range of centuries: an answer with half of the dates would be wrong, and all of them take minutes."""
        for name in "abc":
            put(store, "28", f"{name}.ics", event(name, "RRULE:FREQ=DAILY"))
        far = (at("2021-01-01"), at(f"{2021 + years}-01-01"))
        with store.read() as reader:
            objects = list(reader.objects("28"))
            for ask in (lambda: reader.instances("28", objects, *far), lambda: reader.busy("28", *far)):
                with pytest.raises(TooMany, match="plusieurs fois"):
                    ask()
            some = reader.instances("28", objects, at("2040-01-01"), at("2050-01-01"))
        assert {href: len(times) for href, times in some.items()} == dict.fromkeys(["a.ics", "b.ics", "c.ics"], 3653)

    def test_a_series_that_was_moved_past_the_horizon_is_found_there(self, store: Store) -> None:
        """Its rule ends within the horizon; what moved from one date on takes place beyond it."""
        start, rule = "DTSTART:20241201T100000Z", "RRULE:FREQ=WEEKLY;COUNT=4"
        moved = ("RECURRENCE-ID;RANGE=THISANDFUTURE:20241215T100000Z", "DTSTART:20250124T100000Z", "SUMMARY:a")
        body = calendar(
            *("BEGIN:VEVENT", "UID:a", start, rule, "SUMMARY:a", "END:VEVENT"),
            *("BEGIN:VEVENT", "UID:a", *moved, "END:VEVENT"),
        )
        put(store, "28", "a.ics", body)
        found = [day for day in range(20, 32) if meeting(store, at(f"2025-01-{day}"), at(f"2025-01-{day} 23:59"))]
        assert found == [24, 31]

    @settings(ON_A_STORE, max_examples=100)
    @given(start=MOMENTS, days=st.sampled_from([0, 1, 6, 30, 365]))
    def test_days_hold_whatever_an_agenda_of_them_may_show(self, crowded: Crowded, start: int, days: int) -> None:
        """Every object with an occurrence or a window on these days, and every undated one."""
        first = datetime.fromtimestamp(start, UTC).date()
        last = first + timedelta(days=days)
        with crowded.store.read() as reader:
            found = {each.href for each in reader.objects_of_days("28", first, last)}
        assert {href for href, stood in crowded.objects.items() if stood.shows_on(first, last)} - found == set()

    @pytest.mark.parametrize("what", ["two hours", "a summer day", "months", "weekly until 2018", "vague", "task due"])
    def test_days_do_not_hold_what_stands_on_others_alone(self, store: Store, what: str) -> None:
        """Within the horizon the index tells, without reading a text."""
        put(store, "28", "a.ics", event("a", *WHEN[what], component=component_of(what)))
        with store.read() as reader:
            found = reader.objects_of_days("28", date(2022, 3, 1), date(2022, 3, 31))
        assert bool(found) == (what == "weekly until 2018")  # no row of it tells when it was

    # What people say of calendars, and people

    def test_properties_are_one_persons_own(self, store: Store) -> None:
        """A colour that Marie chose is not Paul's, nor another calendar's; setting again replaces all of hers."""
        self._add(store, "marie", "paul")
        with store.write(MARIE) as writer:
            writer.set_properties("28", "marie", {"ICAL:calendar-color": "#FF0000", "D:displayname": "Chez nous"})
            writer.set_properties("28", "paul", {"ICAL:calendar-color": "#00FF00"})
            writer.set_properties("28", "marie", {"ICAL:calendar-color": "#0000FF"})
        with store.read() as reader:
            assert reader.properties() == {
                ("28", "marie"): {"ICAL:calendar-color": "#0000FF"},
                ("28", "paul"): {"ICAL:calendar-color": "#00FF00"},
            }
            assert reader.calendar("28").colour == "#1F5FA8"

    def test_properties_move_the_generation(self, store: Store) -> None:
        """Every worker keeps them in memory, and must hear of new ones."""
        self._add(store, "marie")
        with store.read() as reader:
            generation = reader.generation()
        with store.write(MARIE) as writer:
            writer.set_properties("28", "marie", {"D:displayname": "x"})
        with store.read() as reader:
            assert reader.generation() == generation + 1

    def test_properties_can_be_taken_back(self, store: Store) -> None:
        """An empty set leaves the shared ones; the events' change number has not moved."""
        self._add(store, "marie")
        with store.write(MARIE) as writer:
            writer.set_properties("28", "marie", {"D:displayname": "x"})
            writer.set_properties("28", "marie", {})
        with store.read() as reader:
            assert reader.properties() == {}
            assert reader.calendar("28").number == 0

    @pytest.mark.parametrize(
        "values",
        [
            {f"x:p{number}": "v" for number in range(MOST_PROPERTIES + 1)},
            {"x:p": "é" * (LARGEST_PROPERTIES // 2)},
            {"x" * LARGEST_PROPERTIES: "v"},
        ],
        ids=["many", "long", "by name"],
    )
    def test_properties_are_few(self, store: Store, values: dict[str, str]) -> None:
        """What there was stays as it was; as many as may be are kept."""
        self._add(store, "marie")
        most = {
            f"x:p{number:02}": "v" * (LARGEST_PROPERTIES // MOST_PROPERTIES - 5) for number in range(MOST_PROPERTIES)
        }
        with store.write(MARIE) as writer:
            writer.set_properties("28", "marie", most)
        with pytest.raises(TooManyProperties), store.write(MARIE) as writer:
            writer.set_properties("28", "marie", values)
        with store.read() as reader:
            assert reader.properties() == {("28", "marie"): most}

    @pytest.mark.parametrize("field", ["title", "description", "colour"])
    def test_a_new_calendar_is_described_in_few_words(self, store: Store, field: str) -> None:
        self._add(store, "marie")
        with pytest.raises(TooManyProperties), store.write(MARIE) as writer:
            writer.make_calendar("marie", "projets", Given(**{field: "x" * LARGEST_PROPERTIES}))

    @pytest.mark.parametrize(("slug", "login"), [("99", "marie"), ("28", "personne")])
    def test_properties_need_a_calendar_and_a_person(self, store: Store, slug: str, login: str) -> None:
        self._add(store, "marie")
        with pytest.raises(NotFound), store.write(MARIE) as writer:
            writer.set_properties(slug, login, {"D:displayname": "x"})

    def test_an_account_is_kept_under_its_folded_login(self, store: Store) -> None:
        """Without its password, with its networks by their codes, each once; caches of accounts are dropped."""
        with store.read() as reader:
            generation = reader.generation()
        with store.write(Actor()) as writer:
            account = writer.add_account(
                " Marie.Durand ", PASSWORD, Role.COORDINATOR, ["37", "Eure-et-Loir", "28"], name="Marie Durand"
            )
        with store.read() as reader:
            assert reader.accounts() == (account,)
            assert reader.generation() == generation + 1
        assert (account.login, account.name, account.role) == ("marie.durand", "Marie Durand", Role.COORDINATOR)
        assert set(account.networks) == {"28", "37"}
        assert len(account.networks) == 2
        assert is_right(PASSWORD, account.password_hash)
        assert PASSWORD not in repr(dump(store))

    def test_accounts_are_listed_by_login(self, store: Store) -> None:
        """Whatever the order in which they were added."""
        self._add(store, "paul", "anne")
        with store.read() as reader:
            assert [each.login for each in reader.accounts()] == ["anne", "paul"]

    @pytest.mark.parametrize(
        ("login", "password", "role", "networks"),
        [
            ("Marie", PASSWORD, Role.READER, ()),
            ("spro", PASSWORD, Role.READER, ()),
            ("paul", "court", Role.READER, ()),
            ("paul", PASSWORD, Role.COORDINATOR, ()),
            ("paul", PASSWORD, Role.COORDINATOR, ("28", "99")),
        ],
    )
    def test_an_account_that_may_not_be_is_refused(
        self, store: Store, login: str, password: str, role: Role, networks: tuple[str, ...]
    ) -> None:
        """A login that is taken, however it is written; a network that is unknown; what `check_account` refuses:
        nothing is kept."""
        self._add(store, "marie")
        before = dump(store)
        with pytest.raises((Refused, BadInput, UnknownNetwork)), store.write(Actor()) as writer:
            writer.add_account(login, password, role, networks)
        assert dump(store) == before

    def test_an_account_is_changed_in_what_is_given(self, store: Store) -> None:
        """The rest stays as it was; who coordinates no more has no networks; every worker is told."""
        with store.write(Actor()) as writer:
            first = writer.add_account("marie", PASSWORD, Role.COORDINATOR, ["28"], name="Marie")
        changes: list[tuple[dict[str, Any], Role, tuple[str, ...], str]] = [
            ({"networks": ["45", "28"]}, Role.COORDINATOR, ("28", "45"), "Marie"),
            ({"name": "M. Durand"}, Role.COORDINATOR, ("28", "45"), "M. Durand"),
            ({"role": Role.READER}, Role.READER, (), "M. Durand"),
            ({"role": Role.COORDINATOR, "networks": ["37"]}, Role.COORDINATOR, ("37",), "M. Durand"),
            ({"role": Role.ADMIN, "name": ""}, Role.ADMIN, (), ""),
        ]
        for values, role, networks, name in changes:
            with store.read() as reader:
                generation = reader.generation()
            with store.write(Actor()) as writer:
                after = writer.set_account(" MARIE ", AccountChange(**values))
            with store.read() as reader:
                assert reader.generation() == generation + 1
                assert reader.accounts() == (after,)
            assert (after.role, after.networks, after.name) == (role, networks, name)
            assert after.password_hash == first.password_hash

    @pytest.mark.parametrize(
        ("values", "error"),
        [
            ({"networks": ["99"]}, UnknownNetwork),
            ({"networks": ["region"]}, BadInput),
            ({"networks": []}, BadInput),
            ({"role": Role.READER, "networks": ["28"]}, BadInput),
        ],
    )
    def test_an_account_is_not_changed_into_one_that_may_not_be(
        self, store: Store, values: dict[str, Any], error: type[Exception]
    ) -> None:
        """Nothing is half done."""
        with store.write(Actor()) as writer:
            writer.add_account("marie", PASSWORD, Role.COORDINATOR, ["28"])
        before = dump(store)
        with pytest.raises(error), store.write(Actor()) as writer:
            writer.set_account("marie", AccountChange(**values))
        assert dump(store) == before

    def test_the_last_administrator_stays(self, store: Store) -> None:
        """Neither removed nor given another role, unless somebody else administers."""
        with store.write(Actor()) as writer:
            writer.add_account("chef", PASSWORD, Role.ADMIN)
        before = dump(store)
        for leave in (
            lambda writer: writer.remove_account("chef"),
            lambda w: w.set_account("chef", AccountChange(role=Role.READER)),
        ):
            with pytest.raises(Refused, match="dernier administrateur"), store.write(Actor()) as writer:
                leave(writer)
        assert dump(store) == before
        with store.write(Actor()) as writer:
            writer.set_account("chef", AccountChange(role=Role.ADMIN, name="Le chef"))
            writer.add_account("second", PASSWORD, Role.ADMIN)
            writer.remove_account("chef")
        with store.read() as reader:
            assert [each.login for each in reader.accounts()] == ["second"]

    def test_a_person_who_is_removed_leaves_the_events_and_their_history(self, store: Store) -> None:
        """The own properties go; the login stays in the history, and may be given again to somebody who has none."""
        self._add(store, "marie")
        put(store, "28", "a.ics", event("a"), MARIE)
        with store.write(MARIE) as writer:
            writer.set_properties("28", "marie", {"D:displayname": "à moi"})
            writer.remove_account("Marie")
        self._add(store, "marie")
        with store.read() as reader:
            assert reader.properties() == {}
            assert reader.object("28", "a.ics") is not None
        assert [row.actor_login for row in revisions(store)] == ["marie"]

    def test_another_password_takes_the_place_of_the_former(self, store: Store) -> None:
        """A short one is refused, and the former stays."""
        self._add(store, "marie")
        with pytest.raises(BadInput, match="court"), store.write(Actor()) as writer:
            writer.set_password("marie", "court")
        with store.write(Actor()) as writer:
            writer.set_password("Marie", "un autre mot")
        with store.read() as reader:
            kept = reader.account("marie").password_hash
        assert is_right("un autre mot", kept)
        assert not is_right(PASSWORD, kept)

    def test_a_hash_is_renewed_unless_the_password_was_changed_meanwhile(self, store: Store) -> None:
        """The password is the same one."""
        self._add(store, "marie")
        with store.write(Actor()) as writer:
            first = writer.account("marie")
            writer.renew_hash(first, PASSWORD)
        with store.write(Actor()) as writer:
            second = writer.account("marie")
            assert second.password_hash != first.password_hash
            assert is_right(PASSWORD, second.password_hash)
            writer.renew_hash(first, "un vieux mot")
            assert writer.account("marie") == second

    def test_nobody_is_changed_or_removed_who_is_not_there(self, store: Store) -> None:
        """With a sentence that says where to look."""
        changes: list[Callable[[Writer], object]] = [
            lambda writer: writer.set_account("personne", AccountChange(name="x")),
            lambda writer: writer.set_password("personne", PASSWORD),
            lambda writer: writer.remove_account("personne"),
            lambda writer: writer.account("personne"),
        ]
        for change in changes:
            with pytest.raises(NotFound, match="users list"), store.write(Actor()) as writer:
                change(writer)

    def test_events_do_not_move_the_generation(self, store: Store) -> None:
        """Otherwise each write of an event would empty every worker's caches."""
        with store.read() as reader:
            generation = reader.generation()
        put(store, "28", "a.ics", event("a"))
        with store.read() as reader:
            assert reader.generation() == generation

    # Revisions

    def test_a_revision_says_who_did_what_and_what_was_before(self, store: Store) -> None:
        """The chain of an event leads from the last revision to the first."""
        phone, page = Actor(login="marie", agent="iOS/15"), Actor(login="paul", agent="Thunderbird")
        put(store, "28", "a.ics", event("a"), phone)
        put(store, "28", "a.ics", event("a", "SUMMARY:autrement"), page)
        with store.write(phone) as writer:
            writer.move_event("28", "a.ics", "45", "b.ics")
        with store.write(Actor()) as writer:
            writer.delete_event("45", "b.ics")
        rows = revisions(store)
        slugs = {now(store, slug).id: slug for slug in ("28", "45")}
        assert [(row.verb, slugs[row.calendar_id], row.href, row.actor_login, row.agent) for row in rows] == [
            ("created", "28", "a.ics", "marie", "iOS/15"),
            ("updated", "28", "a.ics", "paul", "Thunderbird"),
            ("moved", "28", "a.ics", "marie", "iOS/15"),
            ("moved", "45", "b.ics", "marie", "iOS/15"),
            ("deleted", "45", "b.ics", "", ""),
        ]
        assert [row.moved_from for row in rows] == [None, None, None, "28/a.ics", None]
        assert [row.body is None for row in rows] == [False, False, True, False, True]
        ids = [row.id for row in rows]
        assert [row.previous_id for row in rows] == [None, ids[0], ids[1], ids[1], ids[3]]

    def test_a_revisions_number_is_never_used_again(self, store: Store) -> None:
        """Even where the newest were purged: what points to a number points to one revision for ever."""
        put(store, "28", "a.ics", event("a"))
        delete(store, "28", "a.ics")
        last = revisions(store)[-1].id
        with store._engine.begin() as connection:
            connection.execute(s.revision.delete())
        put(store, "28", "a.ics", event("a"))
        assert revisions(store)[0].id > last

    @staticmethod
    def _add(store: Store, *logins: str) -> None:
        with store.write(Actor()) as writer:
            for login in logins:
                writer.add_account(login, PASSWORD, Role.READER)
