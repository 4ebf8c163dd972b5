"""A server under attack, and one ordinary client that goes on with its work meanwhile.

Each attack is a thread that sends what it can, pausing for a while in between; attackers stand at other addresses than
the client. What is told of a phase is how long the client waited, what it was answered, and what became of the workers.
"""

from __future__ import annotations

import http.client
import os
import socket
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from replaying import HOME, comp, propfind, query, sync, time_range
from serving import Server, basic, event

WORKERS = 2
ATTACKER = "paul"
"""A coordinator whose password the attackers have: most of what is dangerous is refused to strangers."""
OWN = f"/{ATTACKER}/41/"

NESTED = b"<a>" * 200_000 + b"</a>" * 200_000
DISGUISED = b'<?xml version="1.0" encoding="utf-16"?>' + NESTED
BOMB = (
    b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    + b"]><propfind>&j;</propfind>"
)
EVERY_SECOND = event("chaque-seconde@attaque", "RRULE:FREQ=SECONDLY")
EVERY = ",".join(map(str, range(60)))
EVERY_YEAR = event(
    "chaque-annee@attaque",
    f"RRULE:FREQ=YEARLY;BYMONTH={','.join(map(str, range(1, 13)))};BYHOUR={','.join(map(str, range(24)))}"
    f";BYMINUTE={EVERY};BYSECOND={EVERY}",
)
HUGE = 100_000_000
PIECE = b"x" * 1_000_000
HOSTILE = (
    b"GET /marie/28/..%2F..%2F..%2Fetc%2Fpasswd HTTP/1.1\r\nHost: a\r\n",
    b"GET /%00%ff%fe//../.web/f/%2e%2e HTTP/1.1\r\nHost: a\r\n",
    b"PROPFIND " + b"/a" * 4000 + b" HTTP/1.1\r\nHost: a\r\nDepth: infinity\r\n",
    b"MOVE /paul/41/a.ics HTTP/1.1\r\nHost: a\r\nDestination: http://[/\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic " + b"A" * 60_000 + b"\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X-A: " + b"b" * 90_000 + b"\r\n",
    b"PUT /paul/41/a.ics HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
)
GUESSES_A_SECOND = 2000 / 60


@dataclass(frozen=True, slots=True)
class Target:
    """A server, as an attacker sees it. `sent` counts what came of each attack."""

    server: Server
    stopped: threading.Event
    sent: Counter[str]

    def ask(self, name: str, method: str, path: str, body: bytes) -> None:
        """Send a request as the attacker; what is answered does not matter, but is counted."""
        with suppress(OSError, http.client.HTTPException):
            self.sent[f"{name}, sent"] += 1
            with closing(
                http.client.HTTPConnection("127.0.0.1", self.server.port, 30, source_address=("127.0.0.2", 0))
            ) as connection:
                connection.request(method, path, body, {"Authorization": basic(ATTACKER), "Depth": "0"})
                self.sent[f"{name}, {connection.getresponse().status}"] += 1

    def connect(self, address: str) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.server.port), 10, (address, 0))

    def repeated(self, pause_s: float) -> Iterator[int]:
        """Turns until the attack is over."""
        for turn in count():
            if self.stopped.wait(pause_s):
                return
            yield turn


Attack = Callable[[Target], None]


def nested(target: Target) -> None:
    for turn in target.repeated(0.2):
        target.ask("nested XML", "PROPFIND", OWN, DISGUISED if turn % 2 else NESTED)


def bombs(target: Target) -> None:
    for _turn in target.repeated(0.05):
        target.ask("entity bomb", "REPORT", OWN, BOMB)


def runaways(target: Target) -> None:
    for turn in target.repeated(0.05):
        body, path = EVERY_YEAR if turn % 2 else EVERY_SECOND, OWN if turn % 3 == 0 else f"{OWN}serie.ics"
        target.ask("runaway rule", "PUT", path, body)


def huge(target: Target) -> None:
    for turn in target.repeated(0.5):
        known = f"Authorization: {basic(ATTACKER)}\r\n" if turn % 2 else ""
        with suppress(OSError), closing(target.connect("127.0.0.3")) as connection:
            target.sent["huge body, sent"] += 1
            connection.sendall(
                f"PUT {OWN}gros.ics HTTP/1.1\r\nHost: a\r\n{known}Content-Length: {HUGE}\r\n\r\n".encode()
            )
            for _piece in range(0, HUGE, len(PIECE)):
                connection.sendall(PIECE)


def slow(target: Target) -> None:
    """Forty bodies of a byte a second, from four addresses; who is refused comes again."""
    open_: dict[int, socket.socket] = {}
    head = f"PUT {OWN}lent.ics HTTP/1.1\r\nHost: a\r\nAuthorization: {basic(ATTACKER)}\r\nContent-Length: 9999\r\n\r\n"
    for _turn in target.repeated(1):
        for number in range(40):
            try:
                if number not in open_:
                    target.sent["slow body, sent"] += 1
                    open_[number] = target.connect(f"127.0.0.{10 + number % 4}")
                    open_[number].sendall(head.encode())
                open_[number].sendall(b"x")
            except OSError:
                gone = open_.pop(number, None)
                if gone is not None:
                    gone.close()
    for connection in open_.values():
        connection.close()


def hostile(target: Target) -> None:
    for turn in target.repeated(0.02):
        with suppress(OSError), closing(target.connect("127.0.0.4")) as connection:
            target.sent["hostile request, sent"] += 1
            connection.sendall(HOSTILE[turn % len(HOSTILE)] + b"Connection: close\r\n\r\n")
            connection.settimeout(1)
            connection.recv(4096)


def guesses(target: Target) -> None:
    """Wrong passwords of many accounts, that exist or not, from many addresses."""
    for turn in target.repeated(1 / GUESSES_A_SECOND):
        login = ("marie", "luc", "christine", "chef", f"personne-{turn}")[turn % 5]
        threading.Thread(target=_guess, args=(target, login, f"127.0.1.{turn % 250 + 1}"), daemon=True).start()


def _guess(target: Target, login: str, address: str) -> None:
    with suppress(OSError, http.client.HTTPException):
        target.sent["wrong password, sent"] += 1
        with closing(
            http.client.HTTPConnection("127.0.0.1", target.server.port, 10, source_address=(address, 0))
        ) as connection:
            connection.request("PROPFIND", "/", headers={"Authorization": basic(login, f"faux-{time.time()}")})
            target.sent[f"wrong password, {connection.getresponse().status}"] += 1


ATTACKS: tuple[Attack, ...] = (nested, bombs, runaways, huge, slow, hostile)
WITH_GUESSES: tuple[Attack, ...] = (*ATTACKS, guesses)


@contextmanager
def attacked(server: Server, attacks: Sequence[Attack]) -> Iterator[Counter[str]]:
    """Attack a server within the block. What was sent, and what came of it."""
    target = Target(server, threading.Event(), Counter())
    threads = [threading.Thread(target=attack, args=(target,), daemon=True) for attack in attacks]
    for thread in threads:
        thread.start()
    try:
        yield target.sent
    finally:
        target.stopped.set()
        for thread in threads:
            thread.join(40)


# ---- The client


@dataclass(slots=True)
class Work:
    """What an ordinary client waited, in milliseconds, by what it asked; what was not answered as it should be."""

    waited_ms: dict[str, list[float]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    @property
    def median_ms(self) -> float:
        return statistics.median(each for some in self.waited_ms.values() for each in some)

    def slowest_ms(self) -> float:
        return max(each for some in self.waited_ms.values() for each in some)


def log_in(server: Server) -> None:
    """Let every worker come to know the client and the attacker: the first request of each pays for the password, and
    has to compete with those who guess some."""
    for login in ("marie", ATTACKER):
        for _round in range(4):
            with ThreadPoolExecutor(16) as pool:
                list(pool.map(lambda _number, who=login: server.request("OPTIONS", "/", login=who), range(32)))


AUTUMN = query("", comp("VEVENT", time_range("20210901T000000Z", "20211201T000000Z")), "<D:getetag/><C:calendar-data/>")
PAUSE_S = 0.03


def work(server: Server, seconds: float) -> Work:
    """What a telephone does, again and again: look whether there is anything new, read a season, write an event."""
    done, until = Work(), time.monotonic() + seconds
    for turn in count():
        if time.monotonic() > until:
            return done
        body = event("ordinaire@attaque", f"LOCATION:{turn}")
        asked: list[tuple[str, str, str, bytes, Mapping[str, str], int]] = [
            ("ctag", "PROPFIND", HOME, propfind("", "CS:getctag", "D:sync-token").sent, {"Depth": "0"}, 207),
            ("season", "REPORT", HOME, AUTUMN.sent, {"Depth": "1"}, 207),
            ("write", "PUT", f"{HOME}ordinaire.ics", body, {"Content-Type": "text/calendar"}, 204 if turn else 201),
            ("read", "GET", f"{HOME}ordinaire.ics", b"", {}, 200),
            ("changes", "REPORT", HOME, sync("").sent, {"Depth": "1"}, 207),
        ]
        for name, method, path, sent, headers, status in asked:
            begun = time.perf_counter()
            try:
                answer = server.request(method, path, sent or None, headers=headers)
            except OSError as error:
                done.wrong.append(f"{name}: {error!r}")
                continue
            done.waited_ms.setdefault(name, []).append((time.perf_counter() - begun) * 1000)
            if answer.status not in (status, *((204,) if method == "PUT" else ())):
                done.wrong.append(f"{name}: {answer.status}")
            if name == "read" and answer.body != body:
                done.wrong.append("read: another text than was written")
            time.sleep(PAUSE_S)
    raise AssertionError("turns do not end")


# ---- The workers


@dataclass(frozen=True, slots=True)
class Phase:
    """What a phase came to. `megabytes` is the most memory that the workers had together."""

    work: Work
    megabytes: float
    lived: bool
    sent: Mapping[str, int]


def phase(server: Server, seconds: float, attacks: Sequence[Attack] = ()) -> Phase:
    workers, stopped = server.workers, threading.Event()
    most = [0.0]

    def watch() -> None:
        while not stopped.wait(0.2):
            most[0] = max(most[0], megabytes(workers))

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    with attacked(server, attacks) as sent:
        done = work(server, seconds)
    stopped.set()
    watching.join()
    return Phase(done, max(most[0], megabytes(workers)), server.workers == workers, dict(sent))


def megabytes(workers: Sequence[int]) -> float:
    """The memory that processes have now; 0 for one that is gone."""
    pages = 0
    for pid in workers:
        with suppress(OSError):
            pages += int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
