"""One client of a server: HTTP over a connection that lasts as long as the server lets it."""

from __future__ import annotations

import base64
import http.client
import socket
from dataclasses import dataclass, field

TIMEOUT_S = 1800
"""Stock Radicale takes minutes to expand the series of a large calendar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is sent. The path is whole."""

    method: str
    path: str
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)


class Client:
    """Sends requests of one person to one server. A connection that the server closed is opened anew."""

    def __init__(self, port: int, headers: dict[str, str]) -> None:
        self._connection = _Quick("127.0.0.1", port, timeout=TIMEOUT_S)
        self._headers = headers

    def send(self, request: Request) -> tuple[int, bytes]:
        """The status and the whole body of an answer. Raises OSError when nothing answers."""
        try:
            return self._sent(request)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            self._connection.close()  # closed by the server since the last request
            return self._sent(request)

    def close(self) -> None:
        self._connection.close()

    def _sent(self, request: Request) -> tuple[int, bytes]:
        described = {"Content-Type": _content_type(request)} if request.body else {}
        headers = {**described, **request.headers, **self._headers}
        self._connection.request(request.method, request.path, request.body.encode() or None, headers)
        self._connection.acknowledge()
        response = self._connection.getresponse()
        body = response.read()
        self._connection.acknowledge()
        return response.status, body


class _Quick(http.client.HTTPConnection):
    """A connection that acknowledges at once: otherwise a server that writes an answer in two pieces waits 40 ms for
    the kernel's delayed acknowledgement of the first (Nagle), which hides what the server itself takes."""

    def connect(self) -> None:
        super().connect()
        self.acknowledge()

    def acknowledge(self) -> None:
        """tcp(7): the option does not last, and is set again around each answer."""
        if self.sock is not None:
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def _content_type(request: Request) -> str:
    return "text/calendar; charset=utf-8" if request.method == "PUT" else "application/xml; charset=utf-8"


def basic(login: str, password: str) -> dict[str, str]:
    """The header that says who asks (RFC 7617)."""
    return {"Authorization": "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()}
