"""A subscription feed beside the same bytes as a file of nginx's: two workers each, many clients that keep connections.
And beside them what our own server takes to give fixed bytes, which is as fast as any application on it can be.

    python benchmarks/feeds.py --events 2000

Asks in turn, so that both meet the same machine: for what a client has already (304), for the whole (200), plain and
packed. Prints requests a second and CPU time a request of the servers' own processes, and the ratios. nginx is Debian's
(nginx-light), with an access log, as ours has one.
"""

from __future__ import annotations

import argparse
import gzip
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bench import processes, record
from bench.console import ending_whole, say
from bench.events import Calendar
from bench.peers import ours
from bench.peers.base import free_port
from spro_agenda.links import token_of
from spro_agenda.secret import secret_of
from spro_agenda.store import Actor, FeedFilter, Store

WORKERS, CLIENTS, ROUNDS = 2, 4, 5
NAMES = {"ours": "le nôtre", "nginx": "nginx", "bare": "granian seul, octets fixes"}
NGINX = """
daemon off;
worker_processes {workers};
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    types {{ text/calendar ics; }}
    sendfile on; tcp_nopush on; keepalive_requests 100000000; gzip_static on;
    server {{ listen 127.0.0.1:{port}; root {folder}/www; }}
}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A server, and a request to it: the whole text of it."""

    name: str
    pid: int
    port: int
    request: bytes


@dataclass(frozen=True, slots=True)
class Load:
    """What a round of requests came to: how many a second, and the servers' CPU seconds for each."""

    per_s: float
    cpu_s: float


def load(target: Target, seconds: float) -> Load:
    """Ask again and again, over some connections at once, for so long."""
    counts, before = [0] * CLIENTS, processes.cpu_s(target.pid)
    until = time.perf_counter() + seconds
    threads = [threading.Thread(target=_ask, args=(target, until, counts, place)) for place in range(CLIENTS)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    total = sum(counts)
    spent = time.perf_counter() - started
    return Load(per_s=total / spent, cpu_s=(processes.cpu_s(target.pid) - before) / total)


def _ask(target: Target, until: float, counts: list[int], place: int) -> None:
    with socket.create_connection(("127.0.0.1", target.port)) as connection:
        while time.perf_counter() < until:
            connection.sendall(target.request)
            _read_answer(connection)
            counts[place] += 1


def _read_answer(connection: socket.socket) -> bytes:
    """One answer, to its end; its head."""
    data = connection.recv(1 << 18)
    while b"\r\n\r\n" not in data:
        data += connection.recv(1 << 18)
    head, _blank, rest = data.partition(b"\r\n\r\n")
    if b" 304 " in head[:20]:
        return head
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    have = len(rest)
    while have < length:
        have += len(connection.recv(1 << 18))
    return head


def _once(port: int, path: str, *headers: str) -> tuple[bytes, bytes]:
    """The head and the body of an answer."""
    with closing(socket.create_connection(("127.0.0.1", port))) as connection:
        connection.sendall(_request(path, "Connection: close", *headers))
        data = b""
        while some := connection.recv(1 << 18):
            data += some
    head, _blank, body = data.partition(b"\r\n\r\n")
    return head, body


def _request(path: str, *headers: str) -> bytes:
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "User-Agent: Mozilla/5.0 Thunderbird/128.0", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


def _etag(head: bytes) -> str:
    return next(line.split(b":", 1)[1].strip().decode() for line in head.split(b"\r\n") if line.lower()[:5] == b"etag:")


@contextmanager
def our_server(folder: Path, events: int) -> Iterator[tuple[int, int, str]]:
    """Ours, with a feed of all the events: its process, port, and the feed's path."""
    home = folder / "agenda"
    ours.make(home, Calendar(size=events, year=date.today().year))
    with closing(Store.open(f"sqlite:///{ours.DATABASE}", home)) as store, store.write(Actor(agent="bench")) as writer:
        feed = writer.add_feed("bench", FeedFilter(months_back=None))
    port = free_port()
    words = [sys.executable, "-m", "spro_agenda", "--home", str(home), "serve"]
    with _running([*words, "--port", str(port), "--workers", str(WORKERS)], port) as pid:
        yield pid, port, f"/.web/f/{token_of(feed, secret_of(home))}.ics"


@contextmanager
def nginx(folder: Path, body: bytes) -> Iterator[tuple[int, int, str]]:
    """nginx, with the bytes as a file, packed too."""
    root, port = folder / "nginx", free_port()
    (root / "www").mkdir(parents=True)
    (root / "www" / "feed.ics").write_bytes(body)
    (root / "www" / "feed.ics.gz").write_bytes(gzip.compress(body, 6))
    (root / "nginx.conf").write_text(NGINX.format(folder=root, port=port, workers=WORKERS))
    folder.chmod(0o755)
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    with _running([program, "-c", str(root / "nginx.conf"), "-p", str(root)], port) as pid:
        yield pid, port, "/feed.ics"


@contextmanager
def bare_server(folder: Path, body: bytes) -> Iterator[tuple[int, int, str]]:
    """The server that ours stands on, with the bytes alone."""
    (folder / "feed.ics").write_bytes(body)
    port = free_port()
    told = {"BODY": str(folder / "feed.ics"), "PYTHONPATH": str(Path(__file__).parent)}
    with _running([sys.executable, "-m", "bench.bare", str(port), str(WORKERS)], port, told) as pid:
        yield pid, port, "/.web/f/1-0123456789abcdef0123456789abcdef.ics"


@contextmanager
def _running(words: list[str], port: int, told: Mapping[str, str] | None = None) -> Iterator[int]:
    environment = {**os.environ, **(told or {})}
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment) as process:
        try:
            until = time.monotonic() + 30
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    if time.monotonic() > until:
                        raise
                    time.sleep(0.05)
            yield process.pid
        finally:
            process.terminate()
            process.wait(20)


def measure(events: int, seconds: float) -> dict[str, object]:
    """The servers, by turns, at each request."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        say(f"{events} événements…")
        with our_server(folder, events) as own:
            head, body = _once(own[1], own[2])
            assert b" 200 " in head[:20], head
            with nginx(folder, body) as other, bare_server(folder, body) as bare:
                found: dict[str, object] = {"bytes": len(body)}
                for label, headers in (
                    ("304", lambda tag: (f"If-None-Match: {tag}",)),
                    ("200", lambda _tag: ()),
                    ("200 gzip", lambda _tag: ("Accept-Encoding: gzip",)),
                ):
                    targets = [
                        Target(
                            name=who, pid=pid, port=port, request=_request(path, *headers(_etag(_once(port, path)[0])))
                        )
                        for who, (pid, port, path) in (("ours", own), ("nginx", other), ("bare", bare))
                        if who != "bare" or label != "200 gzip"
                    ]
                    found[label] = _by_turns(targets, seconds)
                return found


def _by_turns(targets: list[Target], seconds: float) -> dict[str, dict[str, float]]:
    rounds: dict[str, list[Load]] = {each.name: [] for each in targets}
    for _round in range(ROUNDS):
        for each in targets:
            rounds[each.name].append(load(each, seconds))
    return {
        name: {
            "per_s": statistics.median(each.per_s for each in its),
            "cpu_us": statistics.median(each.cpu_s for each in its) * 1e6,
        }
        for name, its in rounds.items()
    }


def report(found: dict[str, object]) -> str:
    lines = [f"{'':38}{'/s':>8}{'÷ nginx':>10}{'CPU':>10}{'nginx ÷':>10}"]
    for label, its in found.items():
        if isinstance(its, dict):
            other = its["nginx"]
            lines += [
                f"{label:10}{NAMES[name]:28}{each['per_s']:8.0f}{each['per_s'] / other['per_s']:10.2f}"
                f"{each['cpu_us']:8.0f}µs{other['cpu_us'] / each['cpu_us']:10.2f}"
                for name, each in its.items()
            ]
    return "\n".join([*lines, f"{found['bytes']} octets"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=2000, help="événements de l'abonnement (2000)")
    parser.add_argument("--seconds", type=float, default=2, help="secondes par tour (2)")
    options = parser.parse_args()
    with ending_whole():
        found = measure(options.events, options.seconds)
    print(report(found))
    say(f"\n{record.keep(f'feeds-{options.events}', {'rounds': ROUNDS, 'clients': CLIENTS, **found})}")


if __name__ == "__main__":
    main()
