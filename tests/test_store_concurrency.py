"""Writers take turns, so that of two who book one speaker at the same moment the second is told; readers never wait."""

from __future__ import annotations

import select
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier, Event
from typing import Any

import pytest
from databases import DATABASES, Database
from hypothesis import given
from hypothesis import settings as run
from hypothesis import strategies as st
from sqlalchemy import select as select_rows
from store_contract import (
    MARIE,
    ON_A_STORE,
    PASSWORD,
    REGION_TOML,
    WEEKLY,
    booking,
    delete,
    event,
    kinds,
    live,
    move,
    now,
    put,
    put_and_look,
    replayed,
)

from spro_agenda.clashes import find_clashes
from spro_agenda.model import Clash, EventKey, Kind
from spro_agenda.region.entry import read_entry
from spro_agenda.region.load import parse_region
from spro_agenda.store import Outcome, Role, Store
from spro_agenda.store import schema as s

PATIENCE_S = 20


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new store, on each database."""
    return DATABASES[request.param].new(tmp_path)


@pytest.fixture
def store(url: str, tmp_path: Path) -> Iterator[Store]:
    """That store, open."""
    store = Store.open(url, tmp_path)
    yield store
    store.close()


# Turns


@pytest.mark.parametrize(("first", "second"), [("28", "45"), ("45", "28"), ("28", "region")])
def test_of_two_who_book_one_speaker_at_once_the_second_is_told(store: Store, first: str, second: str) -> None:
    """The second waits until the first has committed, and then sees its event."""
    started, inside = Event(), Event()

    def late() -> tuple[Clash, ...]:
        started.set()
        with store.write(MARIE) as writer:
            inside.set()
            writer.put_event(second, "b.ics", booking("b", "20211007T130000Z", "20211007T150000Z"))
            return writer.clashes_of(second, "b")

    with ThreadPoolExecutor(1) as pool:
        with store.write(MARIE) as writer:
            writer.put_event(first, "a.ics", booking("a"))
            assert writer.clashes_of(first, "a") == ()
            waiting = pool.submit(late)
            assert started.wait(PATIENCE_S)
            assert not inside.wait(0.2)
        told = waiting.result(PATIENCE_S)
    (clash,) = told
    assert clash.kind is Kind.SPEAKER
    assert set(clash.events) == {EventKey(first, "a"), EventKey(second, "b")}


def test_an_event_that_its_writer_gave_up_is_nobodys_neighbour(store: Store) -> None:
    """The second sees what was committed, not what was tried."""
    with ThreadPoolExecutor(1) as pool, suppress(ValueError), store.write(MARIE) as writer:
        writer.put_event("28", "a.ics", booking("a"))
        waiting = pool.submit(put_and_look, store, "45", "b.ics", booking("b"))
        raise ValueError
    assert waiting.result(PATIENCE_S) == ()


BOOKER = """
import sys
from pathlib import Path
from spro_agenda.store import Actor, open_store

url, home, slug, file = sys.argv[1:]
store = open_store(url, Path(home))
print("ready", flush=True)
sys.stdin.readline()
with store.write(Actor()) as writer:
    written = writer.put_event(slug, file, Path(home, file).read_bytes())
    clashes = writer.clashes_of(slug, written.object.uid)
    print("put", *[clash.kind.value for clash in clashes], flush=True)
    sys.stdin.readline()
store.close()
"""


def test_two_processes_take_turns_too(store: Store, url: str, tmp_path: Path) -> None:
    """As the workers of one server do."""

    def say(worker: subprocess.Popen[str]) -> None:
        assert worker.stdin is not None
        worker.stdin.write("\n")
        worker.stdin.flush()

    def heard(worker: subprocess.Popen[str], within_s: float = PATIENCE_S) -> str:
        assert worker.stdout is not None
        said, _writable, _failed = select.select([worker.stdout], [], [], within_s)
        return worker.stdout.readline().strip() if said else "nothing"

    with ExitStack() as stack:
        workers = []
        for slug, uid in (("28", "a"), ("45", "b")):
            (tmp_path / f"{uid}.ics").write_bytes(booking(uid))
            workers.append(
                stack.enter_context(
                    subprocess.Popen(
                        [sys.executable, "-c", BOOKER, url, str(tmp_path), slug, f"{uid}.ics"],
                        text=True,
                        stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE,
                    )
                )
            )
            stack.callback(workers[-1].kill)
        first, second = workers
        assert [heard(each) for each in workers] == ["ready", "ready"]
        say(first)
        assert heard(first) == "put"
        say(second)
        assert heard(second, within_s=0.3) == "nothing"
        say(first)
        assert heard(second) == "put INTERVENANT"
        say(second)
        assert [each.wait(PATIENCE_S) for each in workers] == [0, 0]
    assert (set(live(store, "28")), set(live(store, "45"))) == ({"a.ics"}, {"b.ics"})


def test_writers_that_wait_keep_no_connection_from_readers(store: Store) -> None:
    """The threads of a process wait for each other before they ask the database, where SQLite's luck may leave one out
    for seconds."""
    with ThreadPoolExecutor(20) as pool, store.write(MARIE):
        started = Barrier(21)

        def write(number: int) -> Outcome:
            started.wait(PATIENCE_S)
            return put(store, "28", f"{number}.ics", event(f"{number}")).outcome

        waiting = [pool.submit(write, number) for number in range(20)]
        started.wait(PATIENCE_S)
        assert live(store, "28") == {}
        assert store._engine.pool.checkedout() == 1
    assert [each.result() for each in waiting] == [Outcome.CREATED] * 20


def test_many_writers_share_one_count_of_changes(store: Store) -> None:
    """Four threads, a hundred events: no number is left out or given twice, and none of them fails."""

    def write(thread: int) -> list[str]:
        return [
            put(store, "28", f"{thread}-{number}.ics", event(f"{thread}-{number}")).object.href for number in range(25)
        ]

    with ThreadPoolExecutor(4) as pool:
        hrefs = [href for written in pool.map(write, range(4)) for href in written]
    with store._engine.connect() as connection:
        own = s.change.c.calendar_id == now(store, "28").id
        changes = list(connection.execute(select_rows(s.change).where(own).order_by(s.change.c.number)))
    assert [change.number for change in changes] == list(range(1, 101))
    assert {change.href for change in changes} == set(hrefs) == set(live(store, "28"))
    assert now(store, "28").number == 100


def test_a_client_that_synchronises_while_others_write_misses_nothing(store: Store) -> None:
    """Each token leads to the next, whatever was being written when it was given."""

    def write(thread: int) -> None:
        for number in range(8):
            put(store, "28", f"{thread}-{number % 3}.ics", event(f"{thread}-{number % 3}", f"SUMMARY:{number}"))
            if number % 3 == 2:
                delete(store, "28", f"{thread}-1.ics")

    with ThreadPoolExecutor(3) as pool:
        writing = [pool.submit(write, thread) for thread in range(3)]
        held, token, over = {}, "", False
        while not over:
            over = all(each.done() for each in writing)
            with store.read() as reader:
                changes = reader.changes_since("28", token)
                held = replayed(held, changes.hrefs, reader.objects_named("28", changes.hrefs))
                assert held == {each.href: each for each in reader.objects("28")}
                token = changes.token
        assert [each.result() for each in writing] == [None] * 3
    assert held == live(store, "28")
    assert len(held) > 3


# Readers


def test_a_reader_keeps_to_the_moment_at_which_it_began(store: Store) -> None:
    """What is committed meanwhile is seen by the next one."""
    put(store, "28", "a.ics", event("a"))
    with store.read() as reader:
        before = reader.calendar("28")
        put(store, "28", "b.ics", event("b"))
        delete(store, "28", "a.ics")
        assert reader.calendar("28") == before
        assert [each.href for each in reader.objects("28")] == ["a.ics"]
        assert reader.changes_since("28", "").hrefs == ("a.ics",)
        assert reader.object("28", "b.ics") is None
    assert set(live(store, "28")) == {"b.ics"}


def test_a_reader_neither_waits_for_a_writer_nor_sees_its_work(store: Store) -> None:
    """An event is seen by others once it is committed, by its writer at once."""
    with store.write(MARIE) as writer:
        writer.put_event("28", "a.ics", event("a"))
        assert live(store, "28") == {}
        assert now(store, "28").number == 0
        assert [each.href for each in writer.objects("28")] == ["a.ics"]
    assert set(live(store, "28")) == {"a.ics"}


def test_two_who_add_the_same_account_get_one(store: Store) -> None:
    """The second is refused as if the first had been there for years."""

    def add(_number: int) -> str:
        with store.write(MARIE) as writer:
            return writer.add_account("paul", PASSWORD, Role.READER).login

    with ThreadPoolExecutor(2) as pool:
        outcomes = [each.exception() for each in [pool.submit(add, number) for number in range(2)]]
    assert sorted(type(each).__name__ for each in outcomes) == ["NoneType", "Refused"]


# What a writer is told


def at_place(uid: str, place: str, start: str = "20211007T120000Z", end: str = "20211007T140000Z") -> bytes:
    return event(uid, f"DTSTART:{start}", f"DTEND:{end}", f"LOCATION:{place}")


def on_days(uid: str, title: str, first: str, last: str) -> bytes:
    """All-day; `last` is the day after."""
    return event(uid, f"DTSTART;VALUE=DATE:{first}", f"DTEND;VALUE=DATE:{last}", f"SUMMARY:{title}")


A, B = ("28", booking("a")), ("45", booking("b"))
CHARTRES, DREUX = "[Chartres] Atelier alternance", "[Dreux] Forum de l'alternance"
SPEAKER = "DESCRIPTION:Intervenant : Chauvet"

PAIRS = {
    "a speaker, two hours": (A, B, Kind.SPEAKER),
    "a speaker, by another of his names": (A, ("45", booking("b", words="Intervenant : CHAUVET")), Kind.SPEAKER),
    "a speaker, a second": (A, ("45", booking("b", "20211007T135959Z", "20211007T160000Z")), Kind.SPEAKER),
    "touching ends": (A, ("45", booking("b", "20211007T140000Z", "20211007T160000Z")), None),
    "other speakers": (A, ("45", booking("b", words="Intervenant : Jeanne Roy")), None),
    "a whole day": (A, ("45", event("b", "DTSTART;VALUE=DATE:20211007", SPEAKER)), Kind.SPEAKER),
    "the next whole day": (A, ("45", event("b", "DTSTART;VALUE=DATE:20211008", SPEAKER)), None),
    "one calendar": (A, ("28", booking("b")), Kind.SPEAKER),
    "one UID in two networks": (A, ("45", booking("a", title="Rencontre")), Kind.SPEAKER),
    "one event typed twice": (A, ("45", booking("b", title="a")), None),
    "cancelled": (A, ("45", booking("b").replace(b"SUMMARY", b"STATUS:CANCELLED\r\nSUMMARY")), None),
    "a place": (
        ("28", at_place("a", "Salle Lentin, Chartres")),
        ("37", at_place("b", "salle Lentin – CHARTRES")),
        Kind.PLACE,
    ),
    "two places": (("28", at_place("a", "Salle Lentin, Chartres")), ("37", at_place("b", "Salle Lentin, Dreux")), None),
    "sites, one day, other hours": (
        ("28", booking("a", "20211007T060000Z", "20211007T070000Z", "", CHARTRES)),
        ("28", booking("b", "20211007T140000Z", "20211007T150000Z", "", DREUX)),
        Kind.SITES,
    ),
    "sites, the day after": (
        ("28", booking("a", "20211007T060000Z", "20211007T070000Z", "", CHARTRES)),
        ("28", booking("b", "20211008T060000Z", "20211008T070000Z", "", DREUX)),
        None,
    ),
    "one site": (
        ("28", on_days("a", CHARTRES, "20211007", "20211008")),
        ("28", on_days("b", CHARTRES + " (suite)", "20211007", "20211008")),
        None,
    ),
    "sites, forty days and one": (
        ("28", on_days("a", CHARTRES, "20210901", "20211011")),
        ("28", on_days("b", DREUX, "20211010", "20211011")),
        Kind.SITES,
    ),
    "forty days and an hour": (
        ("28", booking("a", "20210901T080000Z", "20211011T080000Z")),
        ("45", booking("b", "20211011T070000Z", "20211011T080000Z")),
        Kind.SPEAKER,
    ),
    "forty days, and the hour after": (
        ("28", booking("a", "20210901T080000Z", "20211011T080000Z")),
        ("45", booking("b", "20211011T080000Z", "20211011T090000Z")),
        None,
    ),
    "forty days twice": (
        ("28", booking("a", "20210901T080000Z", "20211011T080000Z")),
        ("45", booking("b", "20211010T080000Z", "20211119T090000Z")),
        Kind.SPEAKER,
    ),
    "32 days and an hour": (
        ("28", booking("a", "20210901T080000Z", "20211003T080000Z")),
        ("45", booking("b", "20211003T075959Z", "20211003T100000Z")),
        Kind.SPEAKER,
    ),
    "a series and its fourth week": (
        ("28", event("a", *WEEKLY, "RRULE:FREQ=WEEKLY", SPEAKER)),
        ("45", booking("b", "20211028T130000Z", "20211028T170000Z")),
        Kind.SPEAKER,
    ),
    "a series and a week that it leaves out": (
        ("28", event("a", *WEEKLY, "RRULE:FREQ=WEEKLY", "EXDATE:20211028T120000Z", SPEAKER)),
        ("45", booking("b", "20211028T120000Z", "20211028T160000Z")),
        None,
    ),
    "two series": (
        ("28", event("a", *WEEKLY, "RRULE:FREQ=WEEKLY;INTERVAL=2", SPEAKER)),
        ("45", event("b", *WEEKLY, "RRULE:FREQ=WEEKLY;INTERVAL=3", SPEAKER)),
        Kind.SPEAKER,
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_whoever_writes_second_is_told_of_the_clash(store: Store, name: str) -> None:
    """In either order, and again when the same text comes again."""
    *pair, kind = PAIRS[name]
    for (slug, body), (other_slug, other) in (pair, pair[::-1]):
        assert kinds(store, slug, "first.ics", body) == []
        assert kinds(store, other_slug, "second.ics", other) == [kind] * (kind is not None)
        assert kinds(store, slug, "first.ics", body) == [kind] * (kind is not None)
        delete(store, slug, "first.ics")
        delete(store, other_slug, "second.ics")


def test_a_writer_is_told_of_a_further_kind_only_where_it_does_not_stand_apart(store: Store) -> None:
    """Chartres and Dreux share a speaker and a day; the day makes a larger set with another event of Chartres."""
    speaker = "Intervenant : Chauvet"
    put(store, "28", "a.ics", booking("a", words=speaker, title="[Dreux] Forum de l'alternance"))
    put(store, "28", "b.ics", booking("b", words=speaker, title=CHARTRES))
    (clash,) = put_and_look(store, "28", "c.ics", booking("c", words=speaker))
    assert clash.also == (Kind.SITES,)
    put(store, "28", "d.ics", booking("d", "20211007T160000Z", "20211007T170000Z", "", CHARTRES))
    (clash,) = put_and_look(store, "28", "c.ics", booking("c", words=speaker))
    assert clash.also == ()


def test_a_clash_of_two_series_has_all_its_dates(store: Store) -> None:
    """Every sixth week until the horizon, not the next one alone."""
    (slug, body), (other_slug, other), _kind = PAIRS["two series"]
    put(store, slug, "a.ics", body)
    (clash,) = put_and_look(store, other_slug, "b.ics", other)
    assert clash.dates[:2] == (date(2021, 10, 7), date(2021, 11, 18))
    assert clash.dates[-1] == date(2024, 12, 26)


def test_an_event_that_moved_away_leaves_its_speaker_free(store: Store) -> None:
    """Nothing is left of the times, the speakers, or the calendar that it had before."""
    put(store, "28", "a.ics", booking("a"))
    assert kinds(store, "45", "b.ics", booking("b")) == [Kind.SPEAKER]
    for elsewhere in (booking("a", "20211008T120000Z", "20211008T140000Z"), booking("a", words="Intervenant : aucun")):
        put(store, "28", "a.ics", elsewhere)
        assert put_and_look(store, "45", "b.ics", booking("b")) == ()
        assert kinds(store, "28", "a.ics", booking("a")) == [Kind.SPEAKER]
    move(store, "28", "a.ics", "37", "a.ics")
    (clash,) = put_and_look(store, "45", "b.ics", booking("b"))
    assert clash.events == (EventKey("37", "a"), EventKey("45", "b"))
    delete(store, "37", "a.ics")
    assert put_and_look(store, "45", "b.ics", booking("b")) == ()


HOURS = st.integers(0, 60 * 24)
BOOKINGS = st.tuples(
    st.sampled_from(["28", "45"]),
    HOURS,
    st.sampled_from([1, 3, 30, 31 * 24, 33 * 24]),
    st.sampled_from(["Intervenant : Chauvet", "Intervenant : Jeanne Roy, Chauvet", ""]),
    st.sampled_from(["", "Salle Lentin, Chartres"]),
    st.sampled_from(["", CHARTRES, DREUX]),
    st.sampled_from(["", "", "RRULE:FREQ=WEEKLY;COUNT=3"]),
)


def drawn(uid: str, hour: int, hours: int, *texts: str) -> bytes:
    start = datetime(2021, 9, 1, tzinfo=UTC) + timedelta(hours=hour)
    words, place, title, rule = texts
    return event(
        uid,
        f"DTSTART:{start:%Y%m%dT%H%M%SZ}",
        f"DURATION:PT{hours}H",
        f"DESCRIPTION:{words}",
        f"LOCATION:{place}",
        f"SUMMARY:{title or uid}",
        *filter(None, [rule]),
    )


def told(clash: Clash) -> tuple[object, ...]:
    return (
        clash.kind,
        clash.also,
        clash.weight,
        clash.key,
        clash.dates,
        clash.question,
        tuple(member.key for member in clash.members),
    )


@pytest.mark.parametrize("database", DATABASES.values(), ids=DATABASES)
@run(ON_A_STORE, max_examples=30)
@given(drawn_bookings=st.lists(BOOKINGS, min_size=2, max_size=7))
def test_a_writer_is_told_what_the_whole_region_would_show(
    database: Database, drawn_bookings: list[tuple[Any, ...]]
) -> None:
    """The neighbours that the index gives are enough: comparing all events with all finds the same clashes."""
    region = parse_region(REGION_TOML, "region.toml")
    occurrences = []
    with TemporaryDirectory() as home:
        store = database.store(Path(home))
        with store.write(MARIE) as writer:
            for number, (slug, *values) in enumerate(drawn_bookings):
                body = drawn(f"{number}", *values)
                entry = read_entry(body, slug, region, "")
                occurrences += entry.occurrences(date(2021, 1, 1), date(2022, 12, 31))
                writer.put_event(slug, f"{number}.ics", body)
                expected = [each for each in find_clashes(occurrences, region) if entry.key in each.events]
                assert sorted(map(told, writer.clashes_of(slug, entry.key.uid))) == sorted(map(told, expected))
        store.close()
