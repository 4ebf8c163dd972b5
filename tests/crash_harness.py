"""A server under write load that is killed at random, and what its clients were promised.

Each client owns things that nobody else touches: a thing is one UID, at one of four addresses in two calendars, or
nowhere. It sends one request at a time and remembers what was acknowledged. Where the server dies before it answers,
the request may have been done or not, wholly: the thing is then as it was before or as it was to be, and the client
that sends the request again comes to what it was to be.
"""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from http.client import HTTPException
from itertools import cycle, islice
from pathlib import Path
from threading import Event

from consistency import faults
from postgres import Postgres
from serving import DAV, NAMESPACES, PASSWORD, Answer, Server, event, eventually, serving, store_of

from spro_agenda.store import Actor, Role

WRITER = "jeanne"
"""Who the clients are: a coordinator of two networks, so that events can move between calendars."""

CALENDARS = ("/jeanne/28/", "/jeanne/41/")
CLIENTS, THINGS = 4, 8
WORKERS = 2
DONE = (HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.NO_CONTENT)
RECOVERY_S = 30
UNDER_LOAD_S = (0.0, 1.0)
"""The shortest and the longest time between the first acknowledged write and the kill."""


# ---- What clients do


@dataclass(frozen=True, slots=True)
class Placed:
    """A thing as it stands somewhere."""

    path: str
    body: bytes
    etag: str = ""


State = Placed | None
"""Of a thing: `None` when it is nowhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """One request about a thing, and how the thing stands before and after it."""

    thing: str
    method: str
    before: State
    after: State

    def send(self, server: Server) -> Answer:
        """Send it, on the condition that the thing is still as it was."""
        if self.before is None:
            assert self.after is not None
            return _put(server, self.after, {"If-None-Match": "*"})
        if self.method == "PUT":
            assert self.after is not None
            return _put(server, self.after, {"If-Match": self.before.etag})
        headers = {"If-Match": self.before.etag}
        if self.after is not None:
            headers = {"Destination": server.url.rstrip("/") + self.after.path, "Overwrite": "F"}
        return server.request(self.method, self.before.path, login=WRITER, headers=headers)


def _put(server: Server, placed: Placed, headers: dict[str, str]) -> Answer:
    return server.request("PUT", placed.path, placed.body, login=WRITER, headers=headers)


def get(server: Server, path: str) -> State:
    """What stands at an address."""
    answer = server.get(path, WRITER)
    assert answer.status in (HTTPStatus.OK, HTTPStatus.NOT_FOUND), answer.text
    return Placed(path, answer.body, answer.etag) if answer.status == HTTPStatus.OK else None


@dataclass(slots=True)
class Client:
    """Writes its own things, and remembers. `unanswered` is the request whose answer never came."""

    name: str
    chance: random.Random
    things: dict[str, State] = field(default_factory=dict)
    unanswered: Intent | None = None
    acknowledged: int = 0

    def write(self, server: Server, over: Event, *, database_dies: bool) -> None:
        """One request after the other until it is over, or one is not answered."""
        while not over.is_set() and self.unanswered is None:
            intent = self._intent()
            try:
                answer = intent.send(server)
            except (OSError, HTTPException):
                self.unanswered = intent
                return
            if database_dies and answer.status == HTTPStatus.SERVICE_UNAVAILABLE:
                # It may have heard the COMMIT to which it gave no answer.
                self.unanswered = intent
                return
            assert answer.status in DONE, f"{intent}: {answer.status} {answer.text}"
            self._remember(intent, answer)

    def retry(self, server: Server) -> None:
        """Send the unanswered request again, and look where it is refused because it had been done."""
        if self.unanswered is None:
            return
        intent, self.unanswered = self.unanswered, None
        answer = intent.send(server)
        if answer.status in (HTTPStatus.PRECONDITION_FAILED, HTTPStatus.NOT_FOUND):
            looked_at = intent.after or intent.before
            assert looked_at is not None
            answer = server.get(looked_at.path, WRITER)
            found = Placed(looked_at.path, answer.body) if answer.status == HTTPStatus.OK else None
            assert _same(found, intent.after), f"{intent} was refused, and there is {found}"
        else:
            assert answer.status in DONE, f"{intent}: {answer.status} {answer.text}"
        self._remember(intent, answer)

    def may_be(self, thing: str) -> tuple[State, ...]:
        """The states that a thing may be in."""
        if self.unanswered is not None and self.unanswered.thing == thing:
            return self.unanswered.before, self.unanswered.after
        return (self.things.get(thing),)

    def _remember(self, intent: Intent, answer: Answer) -> None:
        self.acknowledged += 1
        kept = intent.before.etag if intent.before else ""
        after = intent.after
        self.things[intent.thing] = replace(after, etag=answer.headers.get("etag", kept)) if after else None

    def _intent(self) -> Intent:
        thing = f"{self.name}-{self.chance.randrange(THINGS)}"
        before = self.things.get(thing)
        if before is None:
            after: State = Placed(self.chance.choice(places(thing)), self._body(thing))
            return Intent(thing=thing, method="PUT", before=None, after=after)
        method = self.chance.choice(["PUT", "PUT", "MOVE", "DELETE"])
        elsewhere = [path for path in places(thing) if path != before.path]
        after = {
            "PUT": Placed(before.path, self._body(thing)),
            "MOVE": Placed(self.chance.choice(elsewhere), before.body),
            "DELETE": None,
        }[method]
        return Intent(thing=thing, method=method, before=before, after=after)

    def _body(self, thing: str) -> bytes:
        """Never the same twice; of one page of the database or of many; with occurrences, keys and clashes."""
        text = f"{self.chance.getrandbits(64):x}" * self.chance.choice([1, 4, 400])
        return event(
            f"{thing}@essai",
            f"SUMMARY:{thing}",
            f"DESCRIPTION:Intervenant : Chauvet\\n{text}",
            f"RRULE:FREQ=WEEKLY;COUNT={self.chance.choice([1, 9])}",
        )


def places(thing: str) -> list[str]:
    """The addresses that a thing may stand at."""
    return [f"{calendar}{thing}-{name}.ics" for calendar in CALENDARS for name in "ab"]


def _same(one: State, other: State) -> bool:
    """Whether two states are the same but for the ETag, which an unanswered client does not know."""
    return (one and (one.path, one.body)) == (other and (other.path, other.body))


# ---- A client that reads along


@dataclass(slots=True)
class Follower:
    """Synchronises two calendars by their changes, before each crash and after it."""

    tokens: dict[str, str] = field(default_factory=dict)
    held: dict[str, str] = field(default_factory=dict)

    def follow(self, server: Server) -> None:
        """Take what changed since the last time; it then holds what the server lists, and nothing else."""
        for calendar in CALENDARS:
            self._sync(server, calendar)
        listed = {path: etag for calendar in CALENDARS for path, etag in listing(server, calendar).items()}
        assert self.held == listed

    def _sync(self, server: Server, calendar: str) -> None:
        answer = report(
            server,
            calendar,
            f"<D:sync-collection {NAMESPACES}><D:sync-token>{self.tokens.get(calendar, '')}</D:sync-token>"
            "<D:sync-level>1</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>",
        )
        for path, etag in etags(answer):
            if etag is None:
                self.held.pop(path, None)
            else:
                self.held[path] = etag
        (self.tokens[calendar],) = (str(text) for text in answer.texts(f"{DAV}sync-token"))


def report(server: Server, path: str, body: str, login: str = WRITER) -> Answer:
    """A REPORT that must be answered."""
    answer = server.request("REPORT", path, body.encode(), login=login)
    assert answer.status == HTTPStatus.MULTI_STATUS, answer.text
    return answer


def listing(server: Server, calendar: str) -> dict[str, str]:
    """The ETag of each member of a calendar, by its address."""
    answer = server.propfind(calendar, "D:getetag", login=WRITER, depth=1)
    return {path: str(etag) for path, etag in etags(answer) if path != calendar}


def etags(answer: Answer) -> Iterator[tuple[str, str | None]]:
    """The addresses that a multistatus names, each with its ETag, or `None` where there is nothing any more."""
    for response in answer.xml.iter(f"{DAV}response"):
        yield str(response.findtext(f"{DAV}href")), response.findtext(f".//{DAV}getetag")


# ---- Killing


@dataclass(frozen=True, slots=True)
class Way:
    """A way to kill. Where it is the database that dies, a living server says so to its clients (503)."""

    name: str
    kill: Callable[[Server, random.Random], None]
    database_dies: bool = False


def kill_worker(server: Server, chance: random.Random) -> None:
    """One worker: the server replaces it."""
    os.kill(chance.choice(server.workers), signal.SIGKILL)


def kill_group(server: Server, _chance: random.Random) -> None:
    """All at once, as a failing container does."""
    os.killpg(server.process.pid, signal.SIGKILL)
    server.process.wait()


def kill_first(server: Server, _chance: random.Random) -> None:
    """The process that minds the workers; then, as systemd does, what it leaves behind."""
    server.process.kill()
    server.process.wait()
    with suppress(ProcessLookupError):
        os.killpg(server.process.pid, signal.SIGKILL)


SERVER = (
    Way("a worker", kill_worker),
    Way("the whole group", kill_group),
    Way("the first process", kill_first),
)


def database(postgres: Postgres) -> tuple[Way, ...]:
    """The ways to kill a database that has processes of its own."""
    return (
        Way("a backend", lambda _server, chance: _kill_backend(postgres, chance), database_dies=True),
        Way("the database", lambda _server, _chance: _restarted(postgres), database_dies=True),
    )


def _kill_backend(postgres: Postgres, chance: random.Random) -> None:
    """One process of the database: it drops all the others' connections, and recovers by itself."""
    os.kill(chance.choice(postgres.backends()), signal.SIGKILL)


def _restarted(postgres: Postgres) -> None:
    postgres.kill()
    postgres.start()


# ---- Rounds


@dataclass(frozen=True, slots=True)
class Round:
    """What happened in one: what was killed, after how long, and what the clients had to show for it."""

    killed: str
    after_s: float
    acknowledged: int
    unanswered: int
    done_unanswered: int
    """Unanswered requests that had been done all the same."""


def prepare(home: Path) -> None:
    """Let the clients in."""
    with closing(store_of(home)) as store, store.write(Actor()) as writer:
        writer.add_account(WRITER, PASSWORD, Role.COORDINATOR, ("28", "41"))


def rounds(home: Path, count: int, seed: int, by: Iterable[Way]) -> Iterator[Round]:
    """Kill the server of an instance that is `prepare`d that many times. AssertionError where a promise is broken.

    The ways of killing take turns, at moments that the seed decides.
    """
    chance = random.Random(seed)
    clients = [Client(f"c{number}", random.Random(chance.random())) for number in range(CLIENTS)]
    follower = Follower()
    with ExitStack() as stack:
        server = stack.enter_context(serving(home, workers=WORKERS))
        follower.follow(server)
        for way in islice(cycle(by), count):
            after_s, before = chance.uniform(*UNDER_LOAD_S), _acknowledged(clients)
            load(server, clients, way, after_s, chance)
            acknowledged = _acknowledged(clients) - before
            unanswered = sum(client.unanswered is not None for client in clients)
            if server.process.poll() is not None:
                stack.close()
                server = stack.enter_context(serving(home, workers=WORKERS))
            recover(server)
            done = check_promises(server, clients)
            settle(server, clients)
            follower.follow(server)
            with closing(store_of(home)) as store:
                found = faults(store)
                assert not found, found
            yield Round(way.name, after_s, acknowledged, unanswered, done)


def _acknowledged(clients: Iterable[Client]) -> int:
    return sum(client.acknowledged for client in clients)


def load(server: Server, clients: list[Client], way: Way, after_s: float, chance: random.Random) -> None:
    """Let the clients write, kill after a while, and let those that still can go on for a moment."""
    over, before = Event(), _acknowledged(clients)
    with ThreadPoolExecutor(len(clients)) as pool:
        writing = [pool.submit(client.write, server, over, database_dies=way.database_dies) for client in clients]
        try:
            eventually(lambda: _acknowledged(clients) > before, within_s=RECOVERY_S, what="a write is acknowledged")
            over.wait(after_s)
            way.kill(server, chance)
            over.wait(0.1)
        finally:
            over.set()
        for each in writing:
            each.result()


def recover(server: Server) -> None:
    """Wait until it serves again, by itself."""

    def answers() -> bool:
        with suppress(OSError, HTTPException):
            return server.get(CALENDARS[0], WRITER).status == HTTPStatus.OK
        return False

    eventually(answers, within_s=RECOVERY_S, what=f"service resumes; it said: {server.said()[-2000:]}")


def check_promises(server: Server, clients: Iterable[Client]) -> int:
    """Each thing is as it was last acknowledged, or wholly as an unanswered request wanted it: how many of these?"""
    listed = {path for calendar in CALENDARS for path in listing(server, calendar)}
    done = 0
    for client in clients:
        for thing in client.things:
            found = [get(server, path) for path in places(thing) if path in listed]
            assert len(found) <= 1, f"{thing} stands at two addresses: {found}"
            state, allowed = found[0] if found else None, client.may_be(thing)
            assert any(_same(state, each) for each in allowed), f"{thing} is {state}, not one of {allowed}"
            done += len(allowed) > 1 and _same(state, allowed[-1])
    return done


def settle(server: Server, clients: Iterable[Client]) -> None:
    """Retry what was not answered; all is then as the clients wanted it."""
    for client in clients:
        client.retry(server)
    check_promises(server, clients)
