"""A web server on a loopback port whose addresses each have a trouble of their own, for fetching and harvesting."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

LOOPBACK = "127.0.0.0/8"
_stamps = count(1_633_000_000)


def feed(*events: str, eol: str = "\r\n", prodid: str = "-//Ailleurs//Agenda//FR") -> bytes:
    """A calendar of events, each given by its lines."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{prodid}", "METHOD:PUBLISH"]
    for each in events:
        lines += ["BEGIN:VEVENT", *each.split("\n"), "END:VEVENT"]
    return (eol.join([*lines, "END:VCALENDAR"]) + eol).encode()


def action(uid: str, title: str = "", *more: str, day: str = "20211007") -> str:
    """The lines of an event, stamped anew each time, as Google does."""
    stamp = f"DTSTAMP:{datetime.fromtimestamp(next(_stamps), UTC):%Y%m%dT%H%M%SZ}"
    return "\n".join([f"UID:{uid}", stamp, f"DTSTART:{day}T120000Z", f"SUMMARY:{title or uid}", *more])


@dataclass(slots=True)
class Elsewhere:
    """What the server gives, and what it was asked. `answer` has the connection where it does something of its own."""

    port: int
    host: str = "127.0.0.1"
    scheme: str = "http"
    status: int = 200
    body: bytes = b""
    etag: str = ""
    location: str = ""
    answer: Callable[[BaseHTTPRequestHandler], None] | None = None
    asked: list[dict[str, str]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}/agenda.ics"

    def give(self, body: bytes, *, status: int = 200, etag: str = "") -> None:
        """Answer so from now on."""
        self.body, self.status, self.etag, self.answer, self.location = body, status, etag, None, ""


@contextmanager
def elsewhere(host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> Iterator[Elsewhere]:
    """A server of somebody else's calendar, within the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            it.asked.append({name.lower(): value for name, value in self.headers.items()} | {"path": self.path})
            if it.answer is not None:
                try:
                    it.answer(self)
                except OSError:
                    self.close_connection = True
                return
            same = bool(it.etag) and self.headers.get("If-None-Match") == it.etag
            status = 304 if same else it.status
            it.statuses.append(status)
            self.send_response(status)
            if it.etag:
                self.send_header("ETag", it.etag)
            if it.location:
                self.send_header("Location", it.location)
            self.send_header("Content-Type", "text/calendar")
            self.send_header("Content-Length", "0" if same else str(len(it.body)))
            self.end_headers()
            if not same:
                self.wfile.write(it.body)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, *_args: object) -> None:
            """A client that leaves in the midst is no error here."""

    with Server((host, 0), Handler) as server:
        it = Elsewhere(server.server_port, host, "https" if tls else "http")
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield it
        finally:
            server.shutdown()


def hangs(_handler: BaseHTTPRequestHandler) -> None:
    """Say nothing at all."""
    time.sleep(5)


def drips_headers(handler: BaseHTTPRequestHandler) -> None:
    """A letter of a header at a time: never silent, never done."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    _drip(handler)


def drips_body(handler: BaseHTTPRequestHandler) -> None:
    """The same with the calendar itself."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\nX-LONG:")
    _drip(handler)


def _drip(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for _time in range(100):
        handler.wfile.write(b"a")
        time.sleep(0.05)


def redirects_for_ever(handler: BaseHTTPRequestHandler) -> None:
    """Each address leads to another."""
    handler.send_response(302)
    handler.send_header("Location", f"{handler.path}a")
    handler.send_header("Content-Length", "0")
    handler.end_headers()


class Flood:
    """A calendar of 500 MB; `sent` is how much of it was taken."""

    whole = 500_000_000

    def __init__(self) -> None:
        self.sent = 0

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\n")
        block = b"X-LONG:" + b"a" * 65_529
        while self.sent < self.whole:
            handler.wfile.write(block)
            self.sent += len(block)
