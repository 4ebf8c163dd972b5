"""What a store promises of what was: history, trash, going back, redaction, retention, whatever its database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import text, update
from store_contract import (
    MARIE,
    PARIS,
    REGION_TOML,
    booking,
    changed,
    delete,
    dump,
    event,
    live,
    meeting,
    move,
    now,
    put,
)

from spro_agenda.errors import NotFound, Refused, StaleToken, UnknownNetwork, UsageError
from spro_agenda.ical.redact import TITLE
from spro_agenda.model import EventKey
from spro_agenda.store import (
    Actor,
    Deed,
    Outcome,
    Purged,
    Redaction,
    Retention,
    Revision,
    Selection,
    Store,
    Written,
)
from spro_agenda.store import schema as s
from spro_agenda.store.retention import months_after, months_before

LUC = Actor(login="luc", agent="iOS/18.1 (22B83) dataaccessd/1.0")
A, B = EventKey("28", "a"), EventKey("28", "b")
OF_BOTH = 2
"""Each change of a calendar is one of the agenda too."""

LATER = date(2030, 6, 15)
"""A day on which all that these tests write is older than any retention keeps."""


def history(store: Store, limit: int | None = None, **asked: object) -> list[Revision]:
    with store.read() as reader:
        return list(reader.history(Selection(**asked), limit))  # type: ignore[arg-type]  # each test names its own


def told(store: Store, **asked: object) -> list[tuple[str, str, str]]:
    """Events, what was done to them, and by whom: the newest first."""
    return [(each.key.id, each.deed.value, each.login) for each in history(store, **asked)]


def trash(store: Store, network: str | None = None) -> list[str]:
    with store.read() as reader:
        return [each.key.id for each in reader.trash(network)]


def restore(store: Store, key: EventKey, **to: object) -> Written:
    with store.write(LUC) as writer:
        return writer.restore_event(key, **to)  # type: ignore[arg-type]  # each test names its own


def rewind(store: Store, network: str, moment: datetime) -> list[str]:
    """Take a calendar back; what was put, taken out and left, in words."""
    with store.read() as reader:
        plan = reader.rewind(network, moment)
    with store.write(LUC) as writer:
        writer.rewind_calendar(plan)
    return [
        *(f"+{each.key.uid}" for each in plan.put),
        *(f"-{each.key.uid}" for each in plan.deleted),
        *(f"={key.uid}" for key in plan.left),
        *(f"~{key.uid}" for key in plan.moved),
    ]


def redact(store: Store, key: EventKey) -> Redaction:
    with store.write(LUC) as writer:
        return writer.redact_event(key.network, key.uid)


def called(store: Store, name: str) -> EventKey:
    with store.read() as reader:
        return reader.event_called(name)


def age(store: Store, before: datetime, *, up_to: int | None = None) -> None:
    """Let the revisions (those up to a number) have been made at an earlier moment."""
    with store.write(MARIE) as writer:
        own = update(s.revision).values(at=int(before.timestamp()))
        writer._connection.execute(own if up_to is None else own.where(s.revision.c.id <= up_to))
        writer._connection.execute(
            text("UPDATE object SET modified = (SELECT at FROM revision WHERE id = revision_id)")
        )


def bodies(store: Store, slug: str) -> dict[str, bytes]:
    return {href: stored.body for href, stored in live(store, slug).items()}


def amiss(store: Store) -> list[str]:
    """What `check` finds."""
    with store.read() as reader:
        return [finding.sentence for finding in reader.check()]


class HistoryContract:
    """The claims. Every store is made of `REGION_TOML`."""

    @staticmethod
    def make_store(home: Path, region_toml: str) -> Store:
        """A new store that keeps what it must in that folder."""
        raise NotImplementedError

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Store]:
        store = self.make_store(tmp_path, REGION_TOML)
        yield store
        assert amiss(store) == []
        store.close()

    # Who did what, when, with what

    def test_each_change_is_remembered_with_who_and_with_what_client(self, store: Store) -> None:
        """The newest first, each with its text and the one before."""
        put(store, "28", "a.ics", booking("a"))
        put(store, "28", "a.ics", booking("a", title="autrement"), LUC)
        delete(store, "28", "a.ics")
        gone, changed_, made = history(store)
        assert (made.deed, made.login, made.client, made.body, made.previous_body) == (
            Deed.CREATED,
            "marie",
            "DAVx⁵",
            booking("a"),
            None,
        )
        assert (changed_.deed, changed_.login, changed_.client) == (Deed.UPDATED, "luc", "iPhone ou iPad")
        assert (changed_.body, changed_.previous_body) == (booking("a", title="autrement"), booking("a"))
        assert (gone.deed, gone.body, gone.text) == (Deed.DELETED, None, booking("a", title="autrement"))
        assert all(abs(each.at - datetime.now(UTC)) < timedelta(minutes=1) for each in (gone, changed_, made))

    def test_history_is_asked_for_by_network_event_person_and_days(self, store: Store) -> None:
        """Days are those of the region: what was done at half past midnight was done that day."""
        put(store, "28", "a.ics", booking("a"))
        age(store, datetime(2026, 7, 6, 22, 30, tzinfo=UTC))
        put(store, "28", "b.ics", event("b"), LUC)
        put(store, "45", "a.ics", booking("a"))
        assert told(store, network="28") == [("28/b", "created", "luc"), ("28/a", "created", "marie")]
        assert told(store, event=A) == [("28/a", "created", "marie")]
        assert told(store, login="luc") == [("28/b", "created", "luc")]
        assert told(store, until=date(2026, 7, 7)) == told(store, since=date(2026, 7, 7), until=date(2026, 7, 7))
        assert told(store, until=date(2026, 7, 7)) == [("28/a", "created", "marie")]
        assert told(store, until=date(2026, 7, 6)) == []
        assert len(told(store, since=date(2026, 7, 8))) == 2
        assert [each.key.id for each in history(store, limit=1)] == ["45/a"]
        assert history(store, limit=0) == []

    def test_a_long_history_is_read_by_pages_and_only_as_far_as_asked(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Seven pages and a half, in order, none twice."""
        monkeypatch.setattr("spro_agenda.store.rows.PAGE", 2)
        with store.write(MARIE) as writer:
            for number in range(15):
                writer.put_event("28", "a.ics", event("a", f"SUMMARY:{number}"))
        numbers = [each.id for each in history(store)]
        assert numbers == sorted(numbers, reverse=True)
        assert len(numbers) == 15
        for limit in range(17):
            assert [each.id for each in history(store, limit=limit)] == numbers[:limit]

    @pytest.mark.parametrize(
        ("asked", "slow"),
        [
            ({"event": A}, r"(SCAN|Seq Scan on) revision"),
            ({"network": "28"}, r"TEMP B-TREE|Sort"),
            ({}, r"TEMP B-TREE|Sort"),
        ],
        ids=["event", "network", "all"],
    )
    def test_history_is_looked_up_by_an_index(self, store: Store, asked: dict[str, object], slow: str) -> None:
        """An event's does not cost more where others have more; the newest ones are found without sorting all."""
        seen: list[str] = []
        sqlalchemy_event.listen(
            store._engine, "before_cursor_execute", lambda _connection, _cursor, statement, *_: seen.append(statement)
        )
        put(store, "28", "a.ics", booking("a"))
        history(store, **asked)
        query = next(statement for statement in reversed(seen) if "previous_body" in statement)
        with store._engine.connect() as connection:
            if store._engine.dialect.name == "sqlite":
                bound = query.replace("?", "1")
                plan = [row.detail for row in connection.execute(text(f"EXPLAIN QUERY PLAN {bound}"))]
            else:
                for setting in ("enable_seqscan", "enable_sort"):
                    connection.execute(text(f"SET {setting} = off"))
                bound = re.sub(r"%\(\w+\)s(::\w+)?", "'1'", query)
                plan = [row[0] for row in connection.execute(text(f"EXPLAIN {bound}"))]
        assert not [line for line in plan if re.search(slow, line)], plan

    def test_an_event_that_moved_has_one_history(self, store: Store) -> None:
        """From either end; the same UID elsewhere, which is another event, is no part of it."""
        put(store, "45", "autre.ics", event("a", "SUMMARY:autre"))
        put(store, "28", "a.ics", booking("a"))
        move(store, "28", "a.ics", "37", "b.ics")
        put(store, "37", "b.ics", booking("a", title="chez nous"))
        expected = [
            ("37/a", "updated", "marie"),
            ("37/a", "moved", "marie"),
            ("28/a", "moved", "marie"),
            ("28/a", "created", "marie"),
        ]
        assert told(store, event=A) == told(store, event=EventKey("37", "a")) == expected
        assert told(store, event=EventKey("45", "a")) == [("45/a", "created", "marie")]
        assert [each.moved_from for each in history(store, event=A)] == [None, "28/a.ics", None, None]
        with store.read() as reader:
            assert [calendar.slug for calendar in reader.lineage(A)] == ["28", "37"]

    # Names of events

    @pytest.mark.parametrize("uid", ["a", "a b/c@d é", "20211007", "28.a"])
    def test_an_event_goes_by_its_id_or_by_the_beginning_of_its_hash(self, store: Store, uid: str) -> None:
        """With or without a recurrence id, by the network's code or name, deleted ones too."""
        key = EventKey("28", uid)
        put(store, "28", "a.ics", event(uid))
        put(store, "28", "b.ics", event("autre"))
        delete(store, "28", "a.ics")
        names = [key.id, f"{key.id}/20211007T120000Z", f"{quote('Eure-et-Loir')}/{quote(uid, safe='')}"]
        for name in [*names, key.short, key.identity, key.identity[:6].upper()]:
            assert called(store, name) == key

    def test_a_uid_with_a_slash_may_be_typed_as_it_is(self, store: Store) -> None:
        put(store, "28", "a.ics", event("a/b"))
        assert called(store, "28/a/b") == EventKey("28", "a/b")

    def test_what_is_no_event_s_name_is_told(self, store: Store) -> None:
        """An unknown one, one that could be several's, and what is no name at all."""
        with store.write(MARIE) as writer:
            for number in range(40):
                writer.put_event("28", f"{number}.ics", event(f"{number}"))
        with pytest.raises(NotFound, match="28/z"):
            called(store, "28/z")
        with pytest.raises(NotFound, match="ffffffffffff"):
            called(store, "f" * 12)
        with pytest.raises(UnknownNetwork):
            called(store, "99/a")
        for name in ("Atelier CV", "abc", ""):
            with pytest.raises(UsageError):
                called(store, name)

    def test_a_hash_that_two_events_share_is_asked_for_again(self, store: Store) -> None:
        """With the ids of both; 6 characters are shared by these two."""
        first, second = EventKey("28", "u4088"), EventKey("28", "u6855")
        shared = "c53f1b"
        for key in (first, second):
            put(store, "28", f"{key.uid}.ics", event(key.uid))
        with pytest.raises(UsageError, match="Plusieurs") as refusal:
            called(store, shared)
        assert first.id in str(refusal.value)
        assert second.id in str(refusal.value)
        assert called(store, first.identity) == first

    # The trash

    def test_the_trash_has_what_was_deleted_and_is_not_back(self, store: Store) -> None:
        """Not what was moved, nor what was created again; the newest deletion first."""
        for uid in "abcd":
            put(store, "28", f"{uid}.ics", event(uid))
        put(store, "45", "e.ics", event("e"))
        move(store, "28", "d.ics", "45", "d.ics")
        for slug, uid in (("28", "a"), ("28", "b"), ("28", "c"), ("45", "e")):
            delete(store, slug, f"{uid}.ics")
        put(store, "28", "b-encore.ics", event("b"))
        assert trash(store) == ["45/e", "28/c", "28/a"]
        assert trash(store, "28") == ["28/c", "28/a"]
        with store.read() as reader:
            assert [each.text for each in reader.trash("45")] == [event("e")]

    def test_an_event_comes_back_from_the_trash_as_it_was(self, store: Store) -> None:
        """Byte for byte, to its href, found by its time again, and clients hear of it."""
        put(store, "28", "a.ics", booking("a"))
        put(store, "28", "a.ics", booking("a", title="le dernier"))
        delete(store, "28", "a.ics")
        token = now(store, "28").sync_token()
        assert meeting(store, 0, 2**40) == []
        assert restore(store, A).outcome is Outcome.CREATED
        assert bodies(store, "28") == {"a.ics": booking("a", title="le dernier")}
        assert meeting(store, 0, 2**40) == ["a.ics"]
        assert changed(store, "28", token) == ("a.ics",)
        assert trash(store) == []
        assert told(store)[0] == ("28/a", "restored", "luc")

    def test_an_event_whose_href_is_taken_comes_back_to_another(self, store: Store) -> None:
        put(store, "28", "a.ics", event("a"))
        delete(store, "28", "a.ics")
        put(store, "28", "a.ics", event("b"))
        assert restore(store, A).object.href != "a.ics"
        assert sorted(stored.uid for stored in live(store, "28").values()) == ["a", "b"]

    # Going back

    def test_an_event_goes_back_to_a_revision_or_to_a_moment(self, store: Store) -> None:
        """An ordinary change, which can be taken back in its turn."""
        put(store, "28", "a.ics", event("a", "SUMMARY:un"))
        age(store, datetime(2026, 1, 1, tzinfo=UTC))
        put(store, "28", "a.ics", event("a", "SUMMARY:deux"))
        put(store, "28", "a.ics", event("a", "SUMMARY:trois"))
        second = history(store)[1].id
        assert restore(store, A, revision=second).outcome is Outcome.UPDATED
        assert bodies(store, "28") == {"a.ics": event("a", "SUMMARY:deux")}
        restore(store, A, moment=datetime(2026, 1, 2, tzinfo=UTC))
        assert bodies(store, "28") == {"a.ics": event("a", "SUMMARY:un")}
        assert restore(store, A, moment=datetime(2026, 1, 2, tzinfo=UTC)).outcome is Outcome.UNCHANGED
        assert len(history(store)) == 5

    def test_an_event_that_moved_goes_back_to_its_text_of_before(self, store: Store) -> None:
        """Where it is now: it does not appear twice."""
        put(store, "28", "a.ics", event("a", "SUMMARY:un"))
        put(store, "28", "a.ics", event("a", "SUMMARY:deux"))
        first = history(store)[-1].id
        move(store, "28", "a.ics", "45", "b.ics")
        with pytest.raises(Refused, match="45/a"):
            restore(store, A, revision=first)
        restore(store, EventKey("45", "a"), revision=first)
        assert bodies(store, "28") == {}
        assert bodies(store, "45") == {"b.ics": event("a", "SUMMARY:un")}

    @pytest.mark.parametrize(
        ("to", "words"),
        [
            ({}, "pas dans la corbeille"),
            ({"revision": 4}, "pas de version"),
            ({"revision": 99}, "pas de version"),
            ({"revision": 2}, "venait de quitter"),
            ({"moment": datetime(2020, 1, 1, tzinfo=UTC)}, "pas de version"),
        ],
    )
    def test_what_cannot_be_gone_back_to_is_told(self, store: Store, to: dict[str, object], words: str) -> None:
        """A live event without a choice, another event's revision or none, a deletion, a moment before it was."""
        put(store, "28", "a.ics", event("a"))
        delete(store, "28", "a.ics")
        restore(store, A)
        put(store, "28", "b.ics", event("b"))
        before = dump(store)
        with pytest.raises(Refused, match=words):
            restore(store, A, **to)
        with pytest.raises(NotFound):
            restore(store, EventKey("45", "a"))
        assert dump(store) == before

    def test_a_calendar_goes_back_to_a_moment_in_one_write(self, store: Store) -> None:
        """What was changed or deleted since is put back, what was made since goes; others do not notice."""
        for uid in "abcde":
            put(store, "28", f"{uid}.ics", event(uid))
        put(store, "45", "z.ics", event("z"))
        age(store, datetime(2026, 1, 1, tzinfo=UTC))
        before = bodies(store, "28")
        token = now(store, "28").sync_token()
        put(store, "28", "b.ics", event("b", "SUMMARY:autrement"))
        delete(store, "28", "c.ics")
        delete(store, "28", "d.ics")
        put(store, "28", "f.ics", event("f"))
        put(store, "28", "d.ics", event("g"))
        others = bodies(store, "45")
        assert rewind(store, "28", datetime(2026, 1, 2, tzinfo=UTC)) == ["+b", "+c", "+d", "-f", "-g"]
        assert bodies(store, "28") == before
        assert bodies(store, "45") == others
        assert set(changed(store, "28", token)) == {"b.ics", "c.ics", "d.ics", "f.ics"}
        assert rewind(store, "28", datetime(2026, 1, 2, tzinfo=UTC)) == []
        assert sorted(trash(store)) == ["28/f", "28/g"]

    def test_what_was_moved_since_stays_where_it_is_when_a_calendar_goes_back(self, store: Store) -> None:
        """Nobody loses an event that came, be it back to where one was deleted; what went is not there twice."""
        for slug, uid in (("28", "a"), ("28", "b"), ("28", "c"), ("45", "d")):
            put(store, slug, f"{uid}.ics", event(uid))
        delete(store, "28", "b.ics")
        age(store, datetime(2026, 1, 1, tzinfo=UTC))
        move(store, "28", "a.ics", "45", "a.ics")
        put(store, "45", "b.ics", event("b"))
        move(store, "45", "b.ics", "28", "b.ics")
        move(store, "45", "d.ics", "28", "d.ics")
        move(store, "28", "c.ics", "45", "c.ics")
        move(store, "45", "c.ics", "28", "c.ics")
        put(store, "28", "c.ics", event("c", "SUMMARY:autrement"))
        put(store, "28", "e.ics", event("e"))
        move(store, "28", "e.ics", "28", "f.ics")
        assert rewind(store, "28", datetime(2026, 1, 2, tzinfo=UTC)) == ["+c", "-e", "~a", "~b", "~d"]
        assert bodies(store, "28") == {"b.ics": event("b"), "c.ics": event("c"), "d.ics": event("d")}
        assert bodies(store, "45") == {"a.ics": event("a")}

    def test_a_calendar_that_changed_since_it_was_looked_at_is_not_taken_back(self, store: Store) -> None:
        put(store, "28", "a.ics", event("a"))
        age(store, datetime(2026, 1, 1, tzinfo=UTC))
        put(store, "28", "b.ics", event("b"))
        with store.read() as reader:
            plan = reader.rewind("28", datetime(2026, 1, 2, tzinfo=UTC))
        put(store, "28", "c.ics", event("c"))
        before = dump(store)
        with pytest.raises(Refused, match="vient de changer"), store.write(LUC) as writer:
            writer.rewind_calendar(plan)
        assert dump(store) == before

    def test_a_moment_to_come_is_refused(self, store: Store) -> None:
        with pytest.raises(Refused, match="pas encore"):
            rewind(store, "28", datetime.now(UTC) + timedelta(days=1))

    def test_what_is_older_than_what_is_kept_is_left_as_it_is(self, store: Store) -> None:
        """Nobody can say whether it was there then: it does not go."""
        put(store, "28", "a.ics", event("a", "SUMMARY:un"))
        age(store, datetime(2022, 1, 1, tzinfo=UTC))
        put(store, "28", "a.ics", event("a", "SUMMARY:deux"))
        age(store, datetime(2026, 6, 1, tzinfo=UTC))
        age(store, datetime(2022, 1, 1, tzinfo=UTC), up_to=1)
        store.purge(date(2026, 11, 1), Retention(), MARIE)
        assert rewind(store, "28", datetime(2026, 1, 1, tzinfo=UTC)) == ["=a"]
        assert bodies(store, "28") == {"a.ics": event("a", "SUMMARY:deux")}

    # Redaction

    def test_a_redacted_event_stays_where_it_is_without_its_text(self, store: Store) -> None:
        """An ordinary change: the same UID, href and times, a new ETag, and clients hear of it."""
        put(store, "28", "a.ics", booking("a", title="Entretien de M. Dupont"))
        put(store, "28", "a.ics", booking("a", title="Entretien de M. Dupond"))
        before, token = live(store, "28")["a.ics"], now(store, "28").sync_token()
        done = redact(store, A)
        assert (done.networks, done.revisions, done.rewritten, done.login) == (("28",), 2, 1, "luc")
        stored = live(store, "28")["a.ics"]
        assert (stored.uid, stored.etag != before.etag) == ("a", True)
        assert b"Dupon" not in stored.body
        assert TITLE.encode() in stored.body
        assert meeting(store, 0, 2**40) == ["a.ics"]
        assert changed(store, "28", token) == ("a.ics",)
        trace = [(each.deed, each.login, each.body is None, each.redacted) for each in history(store)]
        assert trace == [
            (Deed.REDACTED, "luc", False, False),
            (Deed.UPDATED, "marie", True, True),
            (Deed.CREATED, "marie", True, True),
        ]

    def test_no_row_of_any_table_says_it_any_more(self, store: Store) -> None:
        """Created, updated, moved, deleted, restored, then redacted by its first name; places and speakers too."""
        put(store, "28", "a.ics", booking("a", title="Dupont", words="Intervenant : Dupont"))
        put(store, "28", "a.ics", event("a", "SUMMARY:Dupont", "LOCATION:Maison Dupont\\, Dreux", "RRULE:FREQ=WEEKLY"))
        move(store, "28", "a.ics", "37", "b.ics")
        delete(store, "37", "b.ics")
        restore(store, EventKey("37", "a"))
        assert "dupont" in repr(dump(store)).lower()
        assert redact(store, A).networks == ("28", "37")
        assert "dupont" not in repr(dump(store)).lower()

    def test_the_same_uid_elsewhere_is_another_event(self, store: Store) -> None:
        put(store, "45", "a.ics", event("a", "SUMMARY:autre"))
        put(store, "28", "a.ics", event("a"))
        redact(store, A)
        assert bodies(store, "45") == {"a.ics": event("a", "SUMMARY:autre")}
        assert history(store, network="45")[0].body == event("a", "SUMMARY:autre")

    def test_an_event_that_was_copied_and_deleted_is_redacted_where_it_was_too(self, store: Store) -> None:
        """Thunderbird moves by PUT, then DELETE. Where it is still live the redaction names it, and leaves it."""
        put(store, "28", "a.ics", event("a", "SUMMARY:Dupont"))
        move(store, "28", "a.ics", "37", "a.ics")
        put(store, "45", "b.ics", event("a", "SUMMARY:Dupont"))
        assert redact(store, EventKey("45", "a")).elsewhere == ("37",)
        assert bodies(store, "37") == {"a.ics": event("a", "SUMMARY:Dupont")}
        assert [each.body for each in history(store, network="28")] == [None, event("a", "SUMMARY:Dupont")]
        delete(store, "37", "a.ics")
        done = redact(store, EventKey("45", "a"))
        assert (done.networks, done.revisions, done.elsewhere) == (("28", "37", "45"), 2, ())
        assert "Dupont" not in repr(dump(store))
        assert trash(store) == []
        assert {row[1] for row in dump(store)["redaction"]} == {"28", "37", "45"}

    def test_redacting_again_changes_nothing(self, store: Store) -> None:
        """Until somebody writes a text in it again."""
        put(store, "28", "a.ics", event("a"))
        redact(store, A)
        before = dump(store)
        done = redact(store, A)
        assert (done.revisions, done.rewritten) == (0, 0)
        assert dump(store) == before
        put(store, "28", "a.ics", event("a", "SUMMARY:Dupont"))
        assert redact(store, A).rewritten == 1
        assert "Dupont" not in repr(dump(store))
        assert len(dump(store)["redaction"]) == 1

    def test_what_is_in_the_trash_alone_is_redacted_and_does_not_come_back(self, store: Store) -> None:
        put(store, "28", "a.ics", event("a", "SUMMARY:Dupont"))
        first = history(store)[0].id
        delete(store, "28", "a.ics")
        assert redact(store, A).rewritten == 0
        assert "Dupont" not in repr(dump(store))
        assert trash(store) == []
        for to in ({}, {"revision": first}):
            with pytest.raises(Refused, match="retiré pour de bon"):
                restore(store, A, **to)

    def test_a_redacted_event_stays_redacted_when_its_calendar_goes_back(self, store: Store) -> None:
        put(store, "28", "a.ics", event("a"))
        age(store, datetime(2026, 1, 1, tzinfo=UTC))
        redact(store, A)
        before = bodies(store, "28")
        assert rewind(store, "28", datetime(2026, 1, 2, tzinfo=UTC)) == ["=a"]
        assert bodies(store, "28") == before

    def test_an_unknown_event_is_not_redacted(self, store: Store) -> None:
        with pytest.raises(NotFound):
            redact(store, EventKey("28", "z"))

    def test_a_text_that_cannot_be_read_goes_all_the_same(self, store: Store) -> None:
        """With its event: nothing tells when it took place."""
        put(store, "28", "a.ics", event("a"))
        with store.write(MARIE) as writer:
            writer._connection.execute(update(s.object_).values(body=b"Dupont"))
            writer._connection.execute(update(s.revision).values(body=b"Dupont"))
        redact(store, A)
        assert "Dupont" not in repr(dump(store))
        assert bodies(store, "28") == {}

    # Retention

    def test_what_is_young_enough_is_kept(self, store: Store) -> None:
        """Trash 13 months, revisions 36; only what no client needs goes."""
        put(store, "28", "a.ics", event("a"))
        put(store, "28", "a.ics", event("a", "SUMMARY:deux"))
        put(store, "28", "b.ics", event("b"))
        delete(store, "28", "b.ics")
        today = datetime.now(PARIS).date()
        before, token = history(store), now(store, "28").sync_token()
        assert store.purge(months_after(today, 12), Retention(), MARIE) == Purged(changes=OF_BOTH * 2)
        assert history(store) == before
        assert changed(store, "28", token) == ()
        assert trash(store) == ["28/b"]

    def test_old_trash_goes_with_all_its_revisions(self, store: Store) -> None:
        """And older sync tokens become stale: whoever missed the deletion would keep the event for ever."""
        put(store, "28", "a.ics", event("a"))
        put(store, "28", "b.ics", event("b"))
        with_a = now(store, "28").sync_token()
        delete(store, "28", "a.ics")
        token = now(store, "28").sync_token()
        today = months_after(datetime.now(PARIS).date(), 14)
        assert self.purgeable(store, today) == Purged(events=1, revisions=2, changes=OF_BOTH * 1)
        assert store.purge(today, Retention(), MARIE) == Purged(events=1, revisions=2, changes=OF_BOTH * 2)
        assert store.purge(today, Retention(), MARIE) == Purged()
        assert trash(store) == []
        assert told(store) == [("28/b", "created", "marie")]
        assert changed(store, "28", token) == ()
        with pytest.raises(StaleToken):
            changed(store, "28", with_a)
        put(store, "28", "a.ics", event("a"))
        assert changed(store, "28", token) == ("a.ics",)

    def test_old_trash_goes_from_where_it_was_moved_from_too(self, store: Store) -> None:
        """Its texts there are as old. Those of an event that is live elsewhere, or young in the trash, stay."""
        for uid in "ab":
            put(store, "28", f"{uid}.ics", event(uid))
            move(store, "28", f"{uid}.ics", "45", f"{uid}.ics")
            delete(store, "45", f"{uid}.ics")
        put(store, "28", "b.ics", event("b"))
        move(store, "28", "b.ics", "37", "b.ics")
        today = months_after(datetime.now(PARIS).date(), 14)
        would = self.purgeable(store, today)
        assert (would.events, would.revisions) == (2, 6)
        done = store.purge(today, Retention(), MARIE)
        assert (done.events, done.revisions) == (2, 6)
        assert history(store, event=A) == []
        assert told(store) == [
            ("37/b", "moved", "marie"),
            ("28/b", "moved", "marie"),
            ("28/b", "created", "marie"),
            ("28/b", "moved", "marie"),
            ("28/b", "created", "marie"),
        ]
        with pytest.raises(Refused, match="37/b"):
            restore(store, B)

    def test_an_event_that_was_moved_and_then_forgotten_is_told_so(self, store: Store) -> None:
        """As older versions left it: there is no new name to go by."""
        put(store, "28", "a.ics", event("a"))
        move(store, "28", "a.ics", "45", "b.ics")
        delete(store, "45", "b.ics")
        with store.write(MARIE) as writer:
            own = s.revision.c.calendar_id == writer.calendar("45").id
            writer._connection.execute(update(s.revision).where(own).values(previous_id=None))
            writer._connection.execute(s.revision.delete().where(own))
        with pytest.raises(Refused, match="plus rien n'est gardé de lui"):
            restore(store, A)

    @staticmethod
    def purgeable(store: Store, today: date) -> Purged:
        with store.write(MARIE) as writer:
            return writer.purgeable(today, Retention())

    def test_old_revisions_go_but_the_text_of_what_is_live_never(self, store: Store) -> None:
        put(store, "28", "a.ics", event("a", "SUMMARY:un"))
        put(store, "28", "a.ics", event("a", "SUMMARY:deux"))
        move(store, "28", "a.ics", "45", "b.ics")
        assert self.purgeable(store, LATER).revisions == 3
        assert store.purge(LATER, Retention(), MARIE).revisions == 3
        (kept,) = history(store)
        assert (kept.deed, kept.body, kept.previous_body) == (Deed.MOVED, event("a", "SUMMARY:deux"), None)
        assert bodies(store, "45") == {"b.ics": event("a", "SUMMARY:deux")}

    def test_what_the_trash_gives_back_is_kept_as_long_as_the_trash(self, store: Store) -> None:
        """However old its text is, and whichever of the two times is longer."""
        put(store, "28", "a.ics", event("a"))
        age(store, datetime(2020, 1, 1, tzinfo=UTC))
        delete(store, "28", "a.ics")
        today = datetime.now(PARIS).date()
        assert store.purge(today, Retention(trash_months=13, revision_months=1), MARIE).revisions == 0
        assert store.purge(months_after(today, 3), Retention(trash_months=13, revision_months=1), MARIE).revisions == 0
        assert trash(store) == ["28/a"]
        restore(store, A)
        assert bodies(store, "28") == {"a.ics": event("a")}

    def test_much_is_purged_some_at_a_time(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        """Others can write in between."""
        monkeypatch.setattr("spro_agenda.store.retention.AT_ONCE", 5)
        with store.write(MARIE) as writer:
            for number in range(12):
                writer.put_event("28", "a.ics", event("a", f"SUMMARY:{number}"))
        with store.write(MARIE) as writer:
            first = writer.purge(LATER, Retention())
        assert first == Purged(revisions=5)
        assert store.purge(LATER, Retention(), MARIE) == Purged(revisions=6, changes=OF_BOTH * 11)
        assert len(history(store)) == 1

    def test_a_day_s_upkeep_is_one_worker_s(self, store: Store) -> None:
        """Given back, it is the next one's who asks."""

        def take(day: date) -> bool:
            with store.write(MARIE) as writer:
                return writer.take_upkeep_day(day)

        day = date(2026, 11, 25)
        assert [take(day), take(day), take(date(2026, 11, 24))] == [True, False, False]
        with store.write(MARIE) as writer:
            writer.give_back_upkeep_day(day)
        assert [take(day), take(day), take(date(2026, 11, 26))] == [True, False, True]
        with store.write(MARIE) as writer:
            writer.give_back_upkeep_day(date(2026, 11, 26), date(2026, 1, 1))
            assert writer.last_day() == date(2026, 1, 1)

    def test_a_day_s_upkeep_that_a_wrong_clock_took_holds_nobody_back(self, store: Store) -> None:
        """One that is a day ahead may be that of another machine at midnight."""
        with store.write(MARIE) as writer:
            days = [date(2031, 1, 1), date(2026, 11, 26), date(2026, 11, 25), date(2026, 11, 26)]
            assert [writer.take_upkeep_day(day) for day in days] == [True, True, False, False]

    def test_the_last_day_that_is_known_is_of_upkeep_or_of_a_revision(self, store: Store) -> None:
        """In the region's zone; of a new store none is."""
        with store.write(MARIE) as writer:
            assert writer.last_day() is None
        put(store, "28", "a.ics", event("a"))
        age(store, datetime(2026, 11, 24, 23, 30, tzinfo=UTC))
        with store.write(MARIE) as writer:
            assert writer.last_day() == date(2026, 11, 25)
            writer.take_upkeep_day(date(2026, 11, 27))
            assert writer.last_day() == date(2026, 11, 27)


def test_months_are_those_of_the_calendar() -> None:
    """The last day of a shorter month where there is no such day."""
    assert months_before(date(2026, 3, 31), 1) == date(2026, 2, 28)
    assert months_before(date(2026, 3, 31), 13) == date(2025, 2, 28)
    assert months_before(date(2026, 1, 15), 36) == date(2023, 1, 15)
    assert months_after(date(2025, 12, 31), 2) == date(2026, 2, 28)
