"""Whatever clients do, a store holds what a plain dictionary would: PUT, DELETE, MOVE, going back, and synchronising.

Hypothesis makes up long stories of several clients and shrinks one that goes wrong to its shortest telling.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from unittest.mock import patch

import pytest
from databases import POSTGRESQL, SQLITE, Database
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule
from store_contract import MARIE, event

from spro_agenda.errors import NotFound, Refused, SproError, StaleToken, UidConflict
from spro_agenda.model import EventKey
from spro_agenda.store import Outcome, Retention, Selection

SLUGS = st.sampled_from(["28", "45"])
HREFS = st.sampled_from(["a.ics", "b.ics", "c.ics"])
UIDS = st.sampled_from(["u", "v", "w"])
TITLES = st.sampled_from(["un", "deux", "trois"])

EXAMPLES, STEPS = 10, 30


@dataclass
class Calendars:
    """The model: what each calendar holds, and what its trash gives back. An object is its UID and its text."""

    live: dict[str, dict[str, tuple[str, bytes]]] = field(default_factory=lambda: {"28": {}, "45": {}})
    trash: dict[tuple[str, str], bytes] = field(default_factory=dict)

    def href_of(self, slug: str, uid: str) -> str | None:
        return next((href for href, (own, _body) in self.live[slug].items() if own == uid), None)

    def texts(self, slug: str) -> dict[str, bytes]:
        """Texts by UID."""
        return dict(self.live[slug].values())

    def in_the_way(self, slug: str, href: str, uid: str) -> bool:
        """Whether RFC 4791 forbids that UID at that href."""
        there = self.live[slug].get(href)
        return self.href_of(slug, uid) not in (None, href) or (there is not None and there[0] != uid)

    def put(self, slug: str, href: str, uid: str, body: bytes) -> None:
        self.live[slug][href] = (uid, body)
        self.trash.pop((slug, uid), None)

    def delete(self, slug: str, href: str) -> None:
        uid, body = self.live[slug].pop(href)
        self.trash[slug, uid] = body


@dataclass
class Client:
    """Somebody who keeps a copy of a calendar by its sync token."""

    slug: str
    token: str = ""
    copy: dict[str, bytes] = field(default_factory=dict)


class Story(RuleBasedStateMachine):
    """The steps. Each looks at what the model says first, and holds the store to it."""

    database: Database
    clients = Bundle("clients")

    @initialize()
    def begin(self) -> None:
        self.folder = TemporaryDirectory()
        self.store = self.database.store(Path(self.folder.name))
        self.model = Calendars()
        self.clock = 1_600_000_000
        self.then: list[tuple[int, Calendars]] = []
        # Seconds pass as the story has it.
        self.time = patch("spro_agenda.store.writing.time", SimpleNamespace(time=lambda: self.clock))
        self.time.start()

    def teardown(self) -> None:
        if not hasattr(self, "time"):
            return
        self.time.stop()
        with self.store.read() as reader:
            amiss = [finding.sentence for finding in reader.check()]
        self.store.close()
        self.folder.cleanup()
        assert amiss == []

    def passes(self) -> None:
        """A second goes by, and how things stood is remembered."""
        self.then.append((self.clock, deepcopy(self.model)))
        self.clock += 1

    @rule(target=clients, slug=SLUGS)
    def a_client_comes(self, slug: str) -> Client:
        return Client(slug)

    @rule(client=clients)
    def a_client_synchronises(self, client: Client) -> None:
        """It fetches what changed and forgets what is gone, and then has what the calendar has."""
        with self.store.read() as reader:
            try:
                changes = reader.changes_since(client.slug, client.token)
            except StaleToken:
                client.copy.clear()
                changes = reader.changes_since(client.slug, "")
            found = reader.objects_named(client.slug, changes.hrefs)
        for href in changes.hrefs:
            if href in found:
                client.copy[href] = found[href].body
            else:
                client.copy.pop(href, None)
        client.token = changes.token
        assert len(set(changes.hrefs)) == len(changes.hrefs)
        assert client.copy == {href: body for href, (_uid, body) in self.model.live[client.slug].items()}

    @rule(slug=SLUGS, href=HREFS, uid=UIDS, title=TITLES)
    def put(self, slug: str, href: str, uid: str, title: str) -> None:
        body = event(uid, f"SUMMARY:{title}")
        if self.model.in_the_way(slug, href, uid):
            with pytest.raises(UidConflict), self.store.write(MARIE) as writer:
                writer.put_event(slug, href, body)
            return
        before = self.model.live[slug].get(href)
        with self.store.write(MARIE) as writer:
            outcome = writer.put_event(slug, href, body).outcome
        expected = Outcome.CREATED if before is None else Outcome.UPDATED
        assert outcome is (Outcome.UNCHANGED if before == (uid, body) else expected)
        self.model.put(slug, href, uid, body)
        self.passes()

    @rule(slug=SLUGS, href=HREFS)
    def delete(self, slug: str, href: str) -> None:
        if href not in self.model.live[slug]:
            with pytest.raises(NotFound), self.store.write(MARIE) as writer:
                writer.delete_event(slug, href)
            return
        with self.store.write(MARIE) as writer:
            writer.delete_event(slug, href)
        self.model.delete(slug, href)
        self.passes()

    @rule(slug=SLUGS, href=HREFS, to_slug=SLUGS, to_href=HREFS)
    def move(self, slug: str, href: str, to_slug: str, to_href: str) -> None:
        moved = self.model.live[slug].get(href)
        if (slug, href) == (to_slug, to_href):
            with self.store.write(MARIE) as writer:
                writer.move_event(slug, href, to_slug, to_href)
            return
        after = deepcopy(self.model)
        after.live[slug].pop(href, None)
        if moved is None or after.in_the_way(to_slug, to_href, moved[0]):
            with pytest.raises(NotFound if moved is None else UidConflict), self.store.write(MARIE) as writer:
                writer.move_event(slug, href, to_slug, to_href)
            return
        with self.store.write(MARIE) as writer:
            writer.move_event(slug, href, to_slug, to_href)
        after.put(to_slug, to_href, *moved)
        self.model = after
        self.passes()

    @rule(slug=SLUGS, uid=UIDS)
    def restore_from_the_trash(self, slug: str, uid: str) -> None:
        key = EventKey(slug, uid)
        if (slug, uid) not in self.model.trash:
            with pytest.raises((Refused, NotFound)), self.store.write(MARIE) as writer:
                writer.restore_event(key)
            return
        with self.store.write(MARIE) as writer:
            restored = writer.restore_event(key).object
        assert restored.body == self.model.trash[slug, uid]
        assert restored.href not in self.model.live[slug]
        self.model.put(slug, restored.href, uid, restored.body)
        self.passes()

    @rule(slug=SLUGS, uid=UIDS, choice=st.integers(0, 9))
    def take_back_to_a_revision(self, slug: str, uid: str, choice: int) -> None:
        """Any text that the event ever had, in whichever calendar, where the event is now or last was."""
        with self.store.read() as reader:
            revisions = list(reader.history(Selection(event=EventKey(slug, uid))))
        if not revisions:
            return
        revision = revisions[choice % len(revisions)]
        href = self.model.href_of(slug, uid)
        is_here = href is not None or (slug, uid) in self.model.trash
        if revision.body is None or not is_here:
            with pytest.raises(SproError), self.store.write(MARIE) as writer:
                writer.restore_event(EventKey(slug, uid), revision=revision.id)
            return
        with self.store.write(MARIE) as writer:
            restored = writer.restore_event(EventKey(slug, uid), revision=revision.id).object
        assert restored.body == revision.body
        assert href in (None, restored.href)
        self.model.put(slug, restored.href, uid, restored.body)
        self.passes()

    @rule(slug=SLUGS, choice=st.integers(0, 99))
    def take_a_calendar_back(self, slug: str, choice: int) -> None:
        """It then has the texts that it had, and the other calendar what it has."""
        if not self.then:
            return
        at, past = self.then[choice % len(self.then)]
        with self.store.write(MARIE) as writer:
            plan = writer.rewind(slug, datetime.fromtimestamp(at, UTC))
            writer.rewind_calendar(plan)
            now = {stored.href: (stored.uid, stored.body) for stored in writer.objects(slug)}
        assert plan.left == ()
        assert dict(now.values()) == past.texts(slug)
        for uid, body in self.model.texts(slug).items():
            if uid not in past.texts(slug):
                self.model.trash[slug, uid] = body
        self.model.live[slug] = {}
        for href, (uid, body) in now.items():
            self.model.put(slug, href, uid, body)
        self.passes()

    @rule()
    def years_go_by(self) -> None:
        """What is live stays; what could be gone back to does not."""
        self.store.purge(date(2090, 1, 1), Retention(), MARIE)
        self.model.trash.clear()
        self.then.clear()

    @invariant()
    def the_store_has_what_the_model_has(self) -> None:
        if not hasattr(self, "store"):
            return
        with self.store.read() as reader:
            for slug, expected in self.model.live.items():
                assert {each.href: (each.uid, each.body) for each in reader.objects(slug)} == expected
            assert {(each.key.network, each.key.uid): each.text for each in reader.trash()} == self.model.trash


FEW = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


class SqliteStory(Story):
    database = SQLITE


class PostgresqlStory(Story):
    database = POSTGRESQL


TestSqlite = SqliteStory.TestCase
TestSqlite.settings = FEW
TestPostgresql = PostgresqlStory.TestCase
TestPostgresql.settings = FEW
