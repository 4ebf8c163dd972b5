"""Many who write one calendar at once, and one who synchronises all along.

Some events are everybody's: each holds a count, which whoever reads it may raise by one, on the condition that it is
still as it was read (If-Match). Others are a writer's own, created and deleted again. Every acknowledged write is one
change of the calendar: no update is lost where the counts add up to what was acknowledged, and no change where the
calendar's number does.
"""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from http import HTTPStatus
from threading import Event, Lock

from consistency import faults
from crash_harness import WRITER, etags, listing, report
from serving import CAL, DAV, NAMESPACES, Answer, Server, event, eventually, store_of

CALENDAR = "/jeanne/28/"
WRITERS, WORKERS, SHARED = 8, 4, 5
PATIENCE_S = 60
COUNT = re.compile(rb"^X-COUNT:(\d+)\r$", re.MULTILINE)


@dataclass(slots=True)
class Tally:
    """What was answered, counted by all threads. `changes` is the number of acknowledged writes."""

    changes: int = 0
    raised: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    slowest_s: float = 0
    _lock: Lock = field(default_factory=Lock)

    def answered(self, method: str, answer: Answer, took_s: float) -> None:
        with self._lock:
            self.statuses[f"{method} {answer.status}"] += 1
            self.slowest_s = max(self.slowest_s, took_s)

    def acknowledge(self, path: str | None = None) -> None:
        """One more write; it raised the count of the event at `path`."""
        with self._lock:
            self.changes += 1
            if path:
                self.raised[path] += 1


@dataclass(frozen=True, slots=True)
class Writer:
    """One of many, who stops when it is `over`."""

    name: str
    server: Server
    tally: Tally
    over: Event

    def write(self) -> None:
        chance, own, number = random.Random(self.name), False, 0
        while not self.over.is_set():
            if chance.random() < 0.7:
                self._raise_count(f"{CALENDAR}commun-{chance.randrange(SHARED)}.ics")
            elif own:
                self._delete(number)
                own, number = False, number + 1
            else:
                self._create(number)
                own = True

    def _raise_count(self, path: str) -> None:
        """Read, add one, write on the condition that nobody wrote in between; until that holds."""
        for _attempt in range(1000):
            read = self._request("GET", path, None, {}, {HTTPStatus.OK})
            body = COUNT.sub(lambda found: b"X-COUNT:%d\r" % (int(found[1]) + 1), read.body)
            answer = self._request(
                "PUT", path, body, {"If-Match": read.etag}, {HTTPStatus.NO_CONTENT, HTTPStatus.PRECONDITION_FAILED}
            )
            if answer.status == HTTPStatus.NO_CONTENT:
                self.tally.acknowledge(path)
                return
        raise AssertionError(f"{self.name} never got through to {path}")

    def _create(self, number: int) -> None:
        body = event(f"{self.name}-{number}@essai", "DESCRIPTION:Intervenant : Chauvet")
        self._request("PUT", self._own(number), body, {"If-None-Match": "*"}, {HTTPStatus.CREATED})
        self.tally.acknowledge()

    def _delete(self, number: int) -> None:
        self._request("DELETE", self._own(number), None, {}, {HTTPStatus.OK})
        self.tally.acknowledge()

    def _own(self, number: int) -> str:
        return f"{CALENDAR}{self.name}-{number % 3}.ics"

    def _request(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str], allowed: set[HTTPStatus]
    ) -> Answer:
        begun = time.monotonic()
        answer = self.server.request(method, path, body, login=WRITER, headers=headers)
        self.tally.answered(method, answer, time.monotonic() - begun)
        assert answer.status in allowed, f"{method} {path}: {answer.status} {answer.text}"
        return answer


@dataclass(slots=True)
class Reader:
    """A client that synchronises: hrefs, ETags and texts by the changes since its token alone."""

    server: Server
    tally: Tally
    token: str = ""
    first: int = 0
    syncs: int = 0
    held: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """The number of the last change that it knows of."""
        return int(self.token.rpartition(":")[2])

    def read(self, over: Event) -> None:
        while not over.is_set():
            self.sync()

    def sync(self) -> None:
        """Every write that was acknowledged before it asks is in the answer, and the number never goes back."""
        before, acknowledged = self.number if self.token else 0, self.tally.changes
        answer = report(
            self.server,
            CALENDAR,
            f"<D:sync-collection {NAMESPACES}><D:sync-token>{self.token}</D:sync-token>"
            "<D:sync-level>1</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>",
        )
        (self.token,) = (str(text) for text in answer.texts(f"{DAV}sync-token"))
        if not self.syncs:
            self.first = self.number - acknowledged
        assert self.number >= max(before, self.first + acknowledged), f"{acknowledged} acknowledged, {self.token} told"
        self.syncs += 1
        named = dict(etags(answer))
        assert not before or len(named) <= self.number - before, f"more hrefs than changes: {named}"
        self._take(named)

    def _take(self, named: Mapping[str, str | None]) -> None:
        for path, etag in named.items():
            if etag is None:
                self.held.pop(path, None)
        wanted = [path for path, etag in named.items() if etag is not None]
        if wanted:
            self.held.update(texts(self.server, wanted))


def texts(server: Server, paths: Iterable[str]) -> dict[str, tuple[str, str]]:
    """The ETag and the text of those that exist. XML gives line ends as LF."""
    hrefs = "".join(f"<D:href>{path}</D:href>" for path in paths)
    asked = f"<C:calendar-multiget {NAMESPACES}><D:prop><D:getetag/><C:calendar-data/></D:prop>{hrefs}"
    answer = report(server, CALENDAR, asked + "</C:calendar-multiget>")
    return {
        str(response.findtext(f"{DAV}href")): (etag, str(response.findtext(f".//{CAL}calendar-data")))
        for response in answer.xml.iter(f"{DAV}response")
        if (etag := response.findtext(f".//{DAV}getetag")) is not None
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run comes to."""

    seconds: float
    changes: int
    refused: int
    """Updates on a condition that no longer held (412), which were then tried again."""
    syncs: int
    statuses: Mapping[str, int]
    slowest_s: float


def run(server: Server, seconds: float) -> Outcome:
    """Let them write for a while to a server that is prepared for them. AssertionError where a promise is broken."""
    tally, over = Tally(), Event()
    for number in range(SHARED):
        body = event(f"commun-{number}@essai", "X-COUNT:0", "DESCRIPTION:Intervenant : Chauvet")
        answer = server.request("PUT", f"{CALENDAR}commun-{number}.ics", body, login=WRITER)
        assert answer.status == HTTPStatus.CREATED, answer.text
    reader = Reader(server, tally)
    reader.sync()
    begun = time.monotonic()
    with ThreadPoolExecutor(WRITERS + 1) as pool:
        writers = [Writer(f"w{number}", server, tally, over) for number in range(WRITERS)]
        working = [*(pool.submit(writer.write) for writer in writers), pool.submit(reader.read, over)]
        try:
            watch(working, tally, seconds)
        finally:
            over.set()
    for each in working:
        each.result()
    took_s = time.monotonic() - begun
    check(server, tally, reader)
    with closing(store_of(server.home)) as store:
        found = faults(store)
        assert not found, found
    return Outcome(
        seconds=took_s,
        changes=tally.changes,
        refused=tally.statuses["PUT 412"],
        syncs=reader.syncs,
        statuses=dict(tally.statuses),
        slowest_s=tally.slowest_s,
    )


def watch(working: Sequence[Future[None]], tally: Tally, seconds: float) -> None:
    """Wait that long, and until they were in each other's way; less when one of them fails."""
    begun = time.monotonic()

    def is_enough() -> bool:
        failed = any(each.done() for each in working)
        return failed or (time.monotonic() - begun > seconds and tally.statuses["PUT 412"] > 0)

    eventually(is_enough, within_s=seconds + PATIENCE_S, what="the writers are in each other's way")


def check(server: Server, tally: Tally, reader: Reader) -> None:
    """No update lost, no number left out or given twice, and the reader holds what there is."""
    reader.sync()
    assert reader.number == reader.first + tally.changes
    for number in range(SHARED):
        path = f"{CALENDAR}commun-{number}.ics"
        (count,) = COUNT.findall(server.get(path, WRITER).body)
        assert int(count) == tally.raised[path], f"{path} counts {count!r}, {tally.raised[path]} were acknowledged"
    assert {path: etag for path, (etag, _text) in reader.held.items()} == listing(server, CALENDAR)
    for path, (_etag, text) in reader.held.items():
        assert text == server.get(path, WRITER).text.replace("\r\n", "\n"), path
