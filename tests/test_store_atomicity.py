"""A write happens wholly or not at all: whichever of its statements fails, and whoever swallows the failure.

Radicale's `do_PUT` catches ValueError inside its lock and returns as if nothing had happened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from databases import DATABASES, SQLITE
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import text, update
from sqlalchemy.exc import OperationalError
from store_contract import MARIE, PASSWORD, booking, delete, dump, event, live, put

from spro_agenda.errors import BadCalendar, SproError, StoreError, StoreFull, UidConflict
from spro_agenda.model import EventKey
from spro_agenda.store import Outcome, Retention, Return, Rewind, Role, Store, Writer
from spro_agenda.store import schema as s

Verb = Callable[[Writer], Any]
PLAN = Rewind(
    network="region",
    moment=datetime(2000, 1, 1, tzinfo=UTC),
    put=(Return(key=EventKey("region", "e"), href="e.ics", revision=6, text=booking("e")),),
    deleted=(Return(key=EventKey("region", "f"), href="f.ics", revision=None, text=event("f")),),
    left=(),
)
"""What takes the regional calendar back to the days when all that `prepare` wrote first was new."""

VERBS: dict[str, Verb] = {
    "put a new event": lambda writer: writer.put_event("45", "neuf.ics", booking("neuf")),
    "put a series anew": lambda writer: writer.put_event("28", "a.ics", event("a", "RRULE:FREQ=WEEKLY;COUNT=9")),
    "put the same again": lambda writer: writer.put_event("28", "a.ics", booking("a")),
    "delete": lambda writer: writer.delete_event("28", "a.ics"),
    "move across calendars": lambda writer: writer.move_event("28", "a.ics", "45", "b.ics"),
    "move onto the same event": lambda writer: writer.move_event("28", "c.ics", "45", "c.ics"),
    "restore a deleted event": lambda writer: writer.restore_event(EventKey("28", "d")),
    "take a calendar back": lambda writer: writer.rewind_calendar(PLAN),
    "redact": lambda writer: writer.redact_event("28", "a"),
    "purge old trash": lambda writer: writer.purge(date(2031, 1, 1), Retention()),
    "purge old revisions": lambda writer: writer.purge(date(2031, 1, 1), Retention(trash_months=999)),
    "purge change rows": lambda writer: writer.purge(date(2021, 1, 1), Retention()),
    "take the day's upkeep": lambda writer: writer.take_upkeep_day(date(2026, 11, 25)),
    "give the day's upkeep back": lambda writer: writer.give_back_upkeep_day(date(2026, 1, 1)),
    "set properties": lambda writer: writer.set_properties("28", "marie", {"D:displayname": "x", "C:y": "z"}),
    "add an account": lambda writer: writer.add_account("paul", PASSWORD, Role.COORDINATOR, ["28", "45"]),
}
UNCHANGING = {"put the same again"}


def prepare(store: Store) -> None:
    """Two networks share an event, others were deleted, and a person has a colour of her own."""
    put(store, "28", "a.ics", booking("a"))
    put(store, "28", "c.ics", event("c"))
    put(store, "45", "c.ics", event("c", "SUMMARY:autrement"))
    put(store, "28", "d.ics", booking("d"))
    delete(store, "28", "d.ics")
    put(store, "region", "e.ics", booking("e"))
    with store.write(MARIE) as writer:
        writer._connection.execute(update(s.revision).values(at=0))
        writer._connection.execute(update(s.object_).values(modified=0))
        writer.take_upkeep_day(date(2026, 1, 1))
    put(store, "region", "e.ics", event("e"))
    put(store, "region", "f.ics", event("f"))
    with store.write(MARIE) as writer:
        writer.add_account("marie", PASSWORD, Role.READER)
        writer.set_properties("28", "marie", {"D:displayname": "chez nous"})


@pytest.fixture(params=DATABASES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store prepared so, on each database."""
    store = DATABASES[request.param].store(tmp_path, prepare=prepare)
    yield store
    store.close()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Store]:
    """The same on SQLite, which can be told to find its disk full."""
    store = SQLITE.store(tmp_path, prepare=prepare)
    yield store
    store.close()


@contextmanager
def failing(store: Store, at: int | None, failure: Exception | None = None) -> Iterator[list[str]]:
    """Statements are counted; the `at`-th raises instead of being run."""
    seen: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_about: object) -> None:
        seen.append(statement)
        if failure is not None and len(seen) == at:
            raise failure

    sqlalchemy_event.listen(store._engine, "before_cursor_execute", count)
    try:
        yield seen
    finally:
        sqlalchemy_event.remove(store._engine, "before_cursor_execute", count)


def after_another(verb: Verb, writer: Writer) -> None:
    """The verb, after one that has succeeded in the same transaction."""
    writer.set_properties("45", "marie", {"D:displayname": "chez eux"})
    verb(writer)


def statements(store: Store, verb: Verb) -> list[str]:
    """The statements of a whole transaction, which is then rolled back."""
    with failing(store, None) as seen, suppress(ValueError), store.write(MARIE) as writer:
        after_another(verb, writer)
        raise ValueError
    return seen


@pytest.mark.parametrize(
    ("failure", "swallowed"),
    [
        (OperationalError("", {}, Exception("disk I/O error")), ()),
        (ValueError("[Errno 28] no space left"), ValueError),
    ],
    ids=["raised on", "swallowed"],
)
@pytest.mark.parametrize("name", VERBS)
def test_a_verb_that_fails_half_way_leaves_the_store_as_it_was(
    store: Store, name: str, failure: Exception, swallowed: Any
) -> None:
    """At each of its statements in turn, whether the caller lets the failure through or returns as if all were well."""
    before, verb = dump(store), VERBS[name]
    for at in range(1, len(statements(store, verb)) + 1):
        with (
            failing(store, at, failure) as seen,
            suppress(type(failure), StoreError),
            store.write(MARIE) as writer,
            suppress(swallowed),
        ):
            after_another(verb, writer)
        assert len(seen) >= at, "the statement was never reached"
        assert dump(store) == before, seen[at - 1]


@pytest.mark.parametrize("name", [name for name in VERBS if name not in UNCHANGING])
def test_the_verbs_of_these_tests_do_change_the_store(store: Store, name: str) -> None:
    """Otherwise the tests above would say nothing; and the store still works after a failure."""
    before = dump(store)
    with suppress(ValueError), failing(store, 6, ValueError()), store.write(MARIE) as writer:
        VERBS[name](writer)
    with store.write(MARIE) as writer:
        VERBS[name](writer)
    assert dump(store) != before


@pytest.mark.parametrize("name", VERBS)
def test_a_block_that_raises_after_its_verbs_undoes_them(store: Store, name: str) -> None:
    """The verb succeeded; what came after it in the same transaction did not."""
    before = dump(store)
    with suppress(ValueError), store.write(MARIE) as writer:
        VERBS[name](writer)
        raise ValueError
    assert dump(store) == before


@pytest.mark.parametrize("name", VERBS)
def test_a_commit_that_fails_leaves_the_store_as_it_was(store: Store, name: str) -> None:
    """The last moment at which a write can fail; the next one is not hindered."""

    def refuse(_connection: object) -> None:
        raise OperationalError("", {}, Exception("disk I/O error"))

    before = dump(store)
    sqlalchemy_event.listen(store._engine, "commit", refuse)
    with pytest.raises(StoreError), store.write(MARIE) as writer:
        VERBS[name](writer)
    sqlalchemy_event.remove(store._engine, "commit", refuse)
    assert dump(store) == before
    assert put(store, "37", "d.ics", event("d")).outcome is Outcome.CREATED


@pytest.mark.parametrize(
    ("refusal", "verb"),
    [
        (BadCalendar, lambda writer: writer.put_event("28", "b.ics", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")),
        (UidConflict, lambda writer: writer.put_event("28", "b.ics", event("a"))),
        (UidConflict, lambda writer: writer.move_event("28", "a.ics", "45", "c.ics")),
    ],
)
def test_a_refused_verb_undoes_the_whole_transaction(store: Store, refusal: type[SproError], verb: Verb) -> None:
    """What was done before it too, though the caller swallows the refusal; no verb may follow it."""
    before = dump(store)
    with store.write(MARIE) as writer:
        writer.put_event("37", "avant.ics", event("avant"))
        with pytest.raises(refusal):
            verb(writer)
        assert writer.object("28", "b.ics") is None  # the verb itself is undone at once
        with pytest.raises(StoreError):
            writer.put_event("37", "après.ics", event("après"))
    assert dump(store) == before


def test_verbs_of_one_block_are_kept_together(store: Store) -> None:
    """As an import needs it: all are seen at once, once the block has ended."""
    with store.write(MARIE) as writer:
        for uid in ("d", "e"):
            writer.put_event("37", f"{uid}.ics", event(uid))
        assert live(store, "37") == {}
    assert list(live(store, "37")) == ["d.ics", "e.ics"]


def test_a_full_disk_leaves_the_store_as_it_was(small: Store) -> None:
    """SQLite itself refuses in the midst of a verb: the error is one of ours, and says so."""
    before = dump(small)
    with pytest.raises(StoreFull), small.write(MARIE) as writer:
        fill(writer)
    assert dump(small) == before


def test_a_full_disk_that_is_swallowed_leaves_the_store_as_it_was(small: Store) -> None:
    """SQLite has then left the transaction: what followed would be kept on its own."""
    before = dump(small)
    with small.write(MARIE) as writer:
        with pytest.raises(OperationalError, match="full"):
            fill(writer)
        with pytest.raises(StoreError):
            writer.set_properties("28", "marie", {})
    assert dump(small) == before


def fill(writer: Writer) -> None:
    """Put more than the database may hold."""
    writer._connection.execute(text("PRAGMA max_page_count = 1"))  # SQLite takes the pages that there are
    for number in range(9):
        writer.put_event("37", f"{number}.ics", event(f"{number}", "DESCRIPTION:" + "x" * 9000))
