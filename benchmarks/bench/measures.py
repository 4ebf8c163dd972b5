"""The requests that are measured, and the measuring of one."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import count
from xml.etree import ElementTree as ET

from bench import answers, processes
from bench.answers import Said
from bench.client import Client, Request
from bench.events import Calendar
from bench.peers.base import Server, must

XMLNS = 'xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:CS="http://calendarserver.org/ns/"'
BURSTS = 3
UNREPEATED = 6
TURNS = 20  # events that are changed in turn: as many requests follow each other at the most
"""Events that are changed or made, over and over."""
FETCHED = 50
"""Events of a multiget."""

SETTLE_S, SETTLES = 0.003, 10
"""How long a server's clock must stand still before a request is over, and how often that is waited for: some work
goes on after the last byte is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A client of a server that runs with a calendar."""

    server: Server
    client: Client
    calendar: Calendar

    def ask(self, request: Request, *statuses: int) -> bytes:
        return must(self.client, request, *(statuses or (200, 201, 204, 207)))

    def path(self, number: int) -> str:
        return self.server.calendar + self.calendar.name(number)

    def put(self, number: int, note: str = "") -> Request:
        return Request(method="PUT", path=self.path(number), body=self.calendar.text(number, note=note))

    def delete(self, number: int) -> Request:
        return Request(method="DELETE", path=self.path(number))

    def report(self, name: str, inner: str, depth: int = 1) -> Request:
        body = f"<{name} {XMLNS}>{inner}</{name}>"
        return Request(method="REPORT", path=self.server.calendar, body=body, headers={"Depth": str(depth)})

    def propfind(self, inner: str, depth: int) -> Request:
        body = f"<propfind {XMLNS}><prop>{inner}</prop></propfind>"
        return Request(method="PROPFIND", path=self.server.calendar, body=body, headers={"Depth": str(depth)})

    def new(self, turn: int) -> int:
        """The number of an event that the calendar has not."""
        return self.calendar.size + turn % TURNS


Preparation = Callable[[Session, int], None]


def _nothing(_session: Session, _turn: int) -> None:
    """No preparation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A kind of request. `request` gives that of a round, having asked what it must know first; only the sending of it
    is measured. `after` undoes it. `said` reads a successful answer. `to_reach` is our aim, in ms of CPU at 10,000
    events. `writes` are measured last, for the readings to find the same calendar everywhere; `repeated` sends the same
    request again."""

    label: str
    request: Callable[[Session, int], Request]
    said: Callable[[bytes], Said]
    to_reach: float
    after: Preparation = _nothing
    writes: bool = False
    repeated: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What one kind of request costs one server, in ms: CPU of each round, wall time of each, and the last answer."""

    cpu_ms: tuple[float, ...]
    wall_ms: tuple[float, ...]
    said: Said

    @property
    def cpu(self) -> float:
        """The mean: work that is done once in several requests is shared by them."""
        return statistics.fmean(self.cpu_ms)

    @property
    def wall(self) -> float:
        """The median: what others do on the machine is left out."""
        return statistics.median(self.wall_ms)

    def summary(self) -> dict[str, float]:
        """What is kept of it."""
        return {
            "cpu_ms": self.cpu,
            "least_cpu_ms": min(self.cpu_ms),
            "wall_ms": self.wall,
            "rounds": len(self.cpu_ms),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """Requests of one kind, sent one right after the other: CPU seconds of each on the average, wall seconds of each,
    and the last answer."""

    cpu_s: float
    walls_s: tuple[float, ...]
    said: Said


def measure(session: Session, what: Measure, budget_s: float) -> Figure:
    """Bursts until the budget is spent, preparations included.

    A request that comes after a pause finds the processor's caches cold, and costs two or three times as much: what a
    server does under load is measured, and so requests follow each other. The first ones are a rehearsal that is left
    out, so that caches and indexes are as on any day; unless one took so long by itself, UNREPEATED budgets, that it is
    all there is.
    """
    began = time.monotonic()
    rehearsal = _burst(session, what, range(1))
    each_s = time.monotonic() - began
    if each_s > UNREPEATED * budget_s:
        return _figure([rehearsal])
    size = max(1, min(TURNS, int(budget_s / BURSTS / each_s)))
    turns = (range(turn, turn + size) for turn in count(1, size))
    if what.writes and size > 1:
        _burst(session, what, next(turns))
        began = time.monotonic()
    bursts: list[Burst] = []
    while not bursts or (len(bursts) < BURSTS and time.monotonic() - began < budget_s):
        bursts.append(_burst(session, what, next(turns)))
    return _figure(bursts)


def _burst(session: Session, what: Measure, turns: range) -> Burst:
    if what.repeated:
        requests = [what.request(session, turns[0])] * len(turns)
    else:
        requests = [what.request(session, turn) for turn in turns]
    before, walls = settled_cpu_s(session.server.pid), []
    for request in requests:
        began = time.monotonic()
        code, body = session.client.send(request)
        walls.append(time.monotonic() - began)
    cpu = settled_cpu_s(session.server.pid) - before
    for turn in turns:
        what.after(session, turn)
    said = what.said(body) if 200 <= code < 300 else answers.status(code)
    return Burst(cpu_s=cpu / len(requests), walls_s=tuple(walls), said=said)


def _figure(bursts: list[Burst]) -> Figure:
    return Figure(
        cpu_ms=tuple(burst.cpu_s * 1000 for burst in bursts for _wall in burst.walls_s),
        wall_ms=tuple(wall * 1000 for burst in bursts for wall in burst.walls_s),
        said=bursts[-1].said,
    )


def settled_cpu_s(pid: int) -> float:
    """The CPU seconds of a server, once it rests."""
    spent = processes.cpu_s(pid)
    for _pause in range(SETTLES):
        time.sleep(SETTLE_S)
        before, spent = spent, processes.cpu_s(pid)
        if spent == before:
            break
    return spent


# ---- Requests


def _put_new(session: Session, turn: int) -> Request:
    return session.put(session.new(turn))


def _remove_new(session: Session, turn: int) -> None:
    session.ask(session.delete(session.new(turn)))


def _put_update(session: Session, turn: int) -> Request:
    return session.put(turn % TURNS, f" changée {turn}")


def _delete(session: Session, turn: int) -> Request:
    session.ask(session.put(session.new(turn)))
    return session.delete(session.new(turn))


def _state(session: Session, _turn: int = 0) -> Request:
    return session.propfind("<CS:getctag/><sync-token/>", 0)


def _listing(session: Session, _turn: int) -> Request:
    return session.propfind("<getetag/>", 1)


def _instant(day: date) -> str:
    return f"{day:%Y%m%d}T000000Z"


def _range(session: Session) -> str:
    first, end = session.calendar.month
    return f'start="{_instant(first)}" end="{_instant(end)}"'


def _query(session: Session, data: str) -> Request:
    events = f'<C:comp-filter name="VEVENT"><C:time-range {_range(session)}/></C:comp-filter>'
    prop = f"<prop><getetag/>{data}</prop>"
    filter_ = f'<C:filter><C:comp-filter name="VCALENDAR">{events}</C:comp-filter></C:filter>'
    return session.report("C:calendar-query", prop + filter_)


def warm_up(session: Session, times: int, *, members: bool = True) -> None:
    """Ask what makes a server fill its caches and indexes: its state, its members, and the month so many times."""
    session.ask(_state(session))
    if members:
        session.ask(_listing(session, 0))
    for turn in range(times):
        session.ask(_month(session, turn))


def _month(session: Session, _turn: int) -> Request:
    return _query(session, "<C:calendar-data/>")


def _expand(session: Session, _turn: int) -> Request:
    return _query(session, f"<C:calendar-data><C:expand {_range(session)}/></C:calendar-data>")


def _multiget(session: Session, _turn: int) -> Request:
    numbers = range(min(FETCHED, session.calendar.size))
    hrefs = "".join(f"<href>{session.path(number)}</href>" for number in numbers)
    return session.report("C:calendar-multiget", f"<prop><getetag/><C:calendar-data/></prop>{hrefs}")


def _sync(session: Session, token: str) -> Request:
    inner = f"<sync-token>{token}</sync-token><sync-level>1</sync-level><prop><getetag/></prop>"
    return session.report("sync-collection", inner, 0)


def _sync_one(session: Session, turn: int) -> Request:
    token = ET.fromstring(session.ask(_state(session))).findtext(".//{DAV:}sync-token") or ""
    session.ask(session.put(turn % TURNS, f" synchronisée {turn}"))
    return _sync(session, token)


def _sync_initial(session: Session, _turn: int) -> Request:
    return _sync(session, "")


def _whole(session: Session, _turn: int) -> Request:
    return Request(method="GET", path=session.server.calendar, headers={"Accept": "text/calendar"})


def _free_busy(session: Session, _turn: int) -> Request:
    return session.report("C:free-busy-query", f"<C:time-range {_range(session)}/>")


def _done(_body: bytes) -> Said:
    return answers.status(200)


def _one_change(body: bytes) -> Said:
    """How many changes a sync tells of: which event was changed depends on the rounds."""
    return {f"{len(answers.names(body))} changement": ()}


def _events(body: bytes) -> Said:
    return answers.events([body.decode()])


def _busy(body: bytes) -> Said:
    return answers.busy(body.decode())


MEASURES: dict[str, Measure] = {
    "put-new": Measure(
        label="PUT, nouveau", request=_put_new, after=_remove_new, said=_done, to_reach=5, writes=True, repeated=False
    ),
    "put-update": Measure(
        label="PUT, modifié", request=_put_update, said=_done, to_reach=5, writes=True, repeated=False
    ),
    "delete": Measure(label="DELETE", request=_delete, said=_done, to_reach=2, writes=True, repeated=False),
    "propfind-0": Measure(label="PROPFIND 0 (ctag, token)", request=_state, said=answers.properties, to_reach=0.8),
    "propfind-1": Measure(label="PROPFIND 1 (etag)", request=_listing, said=answers.names, to_reach=35),
    "month": Measure(label="un mois", request=_month, said=answers.bodies, to_reach=110),
    "expand": Measure(label="un mois, séries dépliées", request=_expand, said=answers.instances, to_reach=150),
    "multiget": Measure(label="multiget de 50", request=_multiget, said=answers.bodies, to_reach=4),
    "sync-one": Measure(label="sync, un changement", request=_sync_one, said=_one_change, to_reach=2, writes=True),
    "sync-initial": Measure(label="sync, tout", request=_sync_initial, said=answers.names, to_reach=45),
    "whole": Measure(label="GET de l'agenda entier", request=_whole, said=_events, to_reach=5),
    "free-busy": Measure(label="disponibilités, un mois", request=_free_busy, said=_busy, to_reach=20),
}
"""In the order of the table."""


def in_order(names: list[str]) -> list[str]:
    """Requests in the order in which they are measured: those that write are the last."""
    return sorted(names, key=lambda name: MEASURES[name].writes)
