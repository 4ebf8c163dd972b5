"""Our server beside stock Radicale, in one run: CPU and wall time per request, and whether the answers agree.

    python benchmarks/server.py --events 1000 --rounds 20

Both serve the same events on loopback, with accounts on. CPU time is that of all the server's processes, from /proc:
on a shared machine it says more than wall time, and ratios more than either. Results go to benchmarks/results/.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import os
import platform
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "results"
PASSWORD = "mot-de-passe"
TICK_S = 1 / os.sysconf("SC_CLK_TCK")
START_S = 30

CAL = 'xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:CS="http://calendarserver.org/ns/"'


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs: its calendar's path, and the process whose group all its processes are in."""

    name: str
    port: int
    calendar: str
    process: subprocess.Popen[bytes]

    def request(self, method: str, path: str, body: str = "", **headers: str) -> tuple[int, bytes]:
        """One request on a connection of its own, as marie."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent["Authorization"] = "Basic " + base64.b64encode(f"marie:{PASSWORD}".encode()).decode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        try:
            connection.request(method, path, body.encode() or None, sent)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def cpu_s(self) -> float:
        """CPU seconds of every live process of the server's group so far."""
        total = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(fields[2]) == self.process.pid:
                total += int(fields[11]) + int(fields[12])
        return total * TICK_S


YEAR = date.today().year
"""The events' year: within the horizon of a store made today, as those of a real calendar are."""


def event(number: int, *, text: str = "") -> str:
    """The number-th event: one in five weekly for ten weeks, the rest an hour on some day of the year."""
    start = datetime(YEAR, 1, 4, 8) + timedelta(days=number * 37 % 357, hours=number % 9)
    rule = "RRULE:FREQ=WEEKLY;COUNT=10\r\n" if number % 5 == 0 else ""
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//bench//FR\r\n"
        f"BEGIN:VEVENT\r\nUID:bench-{number}\r\nDTSTAMP:20210101T000000Z\r\n"
        f"DTSTART;TZID=Europe/Paris:{start:%Y%m%dT%H%M%S}\r\n"
        f"DTEND;TZID=Europe/Paris:{start + timedelta(hours=1):%Y%m%dT%H%M%S}\r\n{rule}"
        f"SUMMARY:Action {number} {text}\r\nLOCATION:Salle {number % 50}\\, Chartres\r\n"
        "DESCRIPTION:Une action du réseau.\\nThème : essais\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def running(name: str, words: list[str], folder: Path, port: int, calendar: str) -> Iterator[Server]:
    """A server in a process group of its own, within the block."""
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(words, cwd=folder, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
    server = Server(name, port, calendar, process)
    try:
        until = time.monotonic() + START_S
        while True:
            try:
                server.request("OPTIONS", "/")
                break
            except OSError:
                if time.monotonic() > until or process.poll() is not None:
                    sys.exit(f"{name} does not start: {(folder / f'{name}.log').read_text()}")
                time.sleep(0.1)
        yield server
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


@contextmanager
def ours(folder: Path) -> Iterator[Server]:
    """`spro-agenda serve`, one worker."""
    program = [sys.executable, "-m", "spro_agenda", "--home", str(folder / "agenda")]
    for words in (["init"], ["users", "add", "marie", "--role", "coordinator", "--network", "28", "--password-stdin"]):
        subprocess.run([*program, *words], input=f"{PASSWORD}\n".encode(), check=True, capture_output=True)
    port = free_port()
    words = [*program, "serve", "--port", str(port), "--workers", "1"]
    with running("spro-agenda", words, folder, port, "/marie/28/") as server:
        yield server


@contextmanager
def stock(folder: Path) -> Iterator[Server]:
    """Radicale as it comes, its calendar made by MKCALENDAR."""
    port = free_port()
    (folder / "users").write_text(f"marie:{PASSWORD}\n")
    (folder / "radicale.ini").write_text(
        f"[server]\nhosts = 127.0.0.1:{port}\n[auth]\ntype = htpasswd\nhtpasswd_filename = {folder / 'users'}\n"
        f"htpasswd_encryption = plain\n[storage]\nfilesystem_folder = {folder / 'collections'}\n"
        "[logging]\nlevel = warning\n"
    )
    words = [sys.executable, "-m", "radicale", "--config", str(folder / "radicale.ini")]
    with running("radicale", words, folder, port, "/marie/28/") as server:
        assert server.request("MKCALENDAR", server.calendar)[0] == http.client.CREATED
        yield server


def hits(answer: bytes) -> int:
    """Members that a multistatus answer names, the collection itself left out."""
    hrefs = (element.findtext("{DAV:}href") or "" for element in ET.fromstring(answer).iter("{DAV:}response"))
    return sum(not href.endswith("/") for href in hrefs)


def sync_token(server: Server) -> str:
    body = f"<propfind {CAL}><prop><sync-token/></prop></propfind>"
    answer = server.request("PROPFIND", server.calendar, body, Depth="0")[1]
    return ET.fromstring(answer).findtext(".//{DAV:}sync-token") or ""


def measures(events: int) -> dict[str, Callable[[Server, int], object]]:
    """Requests by name. Each takes the round's number and gives what the answers must agree on."""

    def put_new(server: Server, turn: int) -> object:
        return server.request("PUT", f"{server.calendar}new-{turn}.ics", event(events + turn))[0]

    def put_update(server: Server, turn: int) -> object:
        path = f"{server.calendar}{turn}.ics"
        return server.request("PUT", path, event(turn, text=f"changée {time.monotonic_ns()}"))[0]

    def remove(server: Server, turn: int) -> object:
        return server.request("DELETE", f"{server.calendar}new-{turn}.ics")[0]

    def propfind_0(server: Server, _turn: int) -> object:
        body = f"<propfind {CAL}><prop><CS:getctag/><sync-token/></prop></propfind>"
        return server.request("PROPFIND", server.calendar, body, Depth="0")[0]

    def propfind_1(server: Server, _turn: int) -> object:
        body = f"<propfind {CAL}><prop><getetag/></prop></propfind>"
        return hits(server.request("PROPFIND", server.calendar, body, Depth="1")[1])

    def month(server: Server, _turn: int) -> object:
        body = (
            f"<C:calendar-query {CAL}><prop><getetag/><C:calendar-data/></prop><C:filter>"
            '<C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">'
            f'<C:time-range start="{YEAR}0601T000000Z" end="{YEAR}0701T000000Z"/>'
            "</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"
        )
        return hits(server.request("REPORT", server.calendar, body, Depth="1")[1])

    def multiget(server: Server, _turn: int) -> object:
        hrefs = "".join(f"<href>{server.calendar}{number}.ics</href>" for number in range(min(events, 50)))
        body = f"<C:calendar-multiget {CAL}><prop><getetag/><C:calendar-data/></prop>{hrefs}</C:calendar-multiget>"
        return hits(server.request("REPORT", server.calendar, body)[1])

    def sync_one(server: Server, turn: int) -> object:
        token = sync_token(server)
        put_update(server, turn)
        body = (
            f"<sync-collection {CAL}><sync-token>{token}</sync-token><sync-level>1</sync-level>"
            "<prop><getetag/></prop></sync-collection>"
        )
        return hits(server.request("REPORT", server.calendar, body)[1])

    def whole(server: Server, _turn: int) -> object:
        return server.request("GET", server.calendar)[1].count(b"BEGIN:VEVENT")

    return {
        "PUT new": put_new,
        "PUT update": put_update,
        "DELETE": remove,
        "PROPFIND 0 (ctag, sync-token)": propfind_0,
        "PROPFIND 1 (getetag)": propfind_1,
        "calendar-query, one month": month,
        "multiget of 50": multiget,
        "token + update + sync of one change": sync_one,
        "GET of the whole calendar": whole,
    }


@dataclass(frozen=True, slots=True)
class Figure:
    """Milliseconds a request, and what the last one gave."""

    cpu_ms: float
    wall_ms: float
    gave: object


def measured(server: Server, request: Callable[[Server, int], object], rounds: int) -> Figure:
    cpu, wall = server.cpu_s(), time.monotonic()
    for turn in range(rounds):
        gave = request(server, turn)
    return Figure((server.cpu_s() - cpu) * 1000 / rounds, (time.monotonic() - wall) * 1000 / rounds, gave)


def run(events: int, rounds: int) -> dict[str, dict[str, Figure]]:
    """Every figure, by request and server."""
    figures: dict[str, dict[str, Figure]] = {}
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        with ours(folder) as one, stock(folder) as other:
            for server in (one, other):
                print(f"loading {events} events into {server.name} …", file=sys.stderr)
                for number in range(events):
                    status, answer = server.request("PUT", f"{server.calendar}{number}.ics", event(number))
                    assert status == http.client.CREATED, answer
            for request, call in measures(events).items():
                figures[request] = {server.name: measured(server, call, rounds) for server in (one, other)}
    return figures


def table(figures: dict[str, dict[str, Figure]]) -> str:
    """One line a request: CPU of each, their ratio, wall time of each."""
    lines = [f"{'ms a request':36} {'CPU ours':>9} {'stock':>9} {'stock/ours':>11}   {'wall ours':>9} {'stock':>9}"]
    for request, by_server in figures.items():
        one, other = by_server["spro-agenda"], by_server["radicale"]
        agree = "" if one.gave == other.gave else f"  answers differ: {one.gave} / {other.gave}"
        ratio = f"{other.cpu_ms / one.cpu_ms:.1f}x" if one.cpu_ms else "-"
        lines.append(
            f"{request:36} {one.cpu_ms:9.1f} {other.cpu_ms:9.1f} {ratio:>11}   "
            f"{one.wall_ms:9.1f} {other.wall_ms:9.1f}{agree}"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=500, help="events in the calendar (500)")
    parser.add_argument("--rounds", type=int, default=20, help="times that each request is made (20)")
    options = parser.parse_args()
    figures = run(options.events, options.rounds)
    print(table(figures))
    RESULTS.mkdir(exist_ok=True)
    document = {
        "events": options.events,
        "rounds": options.rounds,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "system": platform.platform(),
            "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        },
        "versions": {name: version(name) for name in ("radicale", "granian", "SQLAlchemy", "icalendar", "vobject")},
        "figures": {
            request: {name: {"cpu_ms": figure.cpu_ms, "wall_ms": figure.wall_ms} for name, figure in by_server.items()}
            for request, by_server in figures.items()
        },
    }
    file = RESULTS / f"server-{options.events}-{date.today()}.json"
    file.write_text(json.dumps(document, indent=2) + "\n", "utf-8")
    print(f"\n{file.relative_to(ROOT)}", file=sys.stderr)


if __name__ == "__main__":
    main()
