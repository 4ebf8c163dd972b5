"""The WSGI layer in front of Radicale.

It hands a PUT's very bytes to the storage, past Radicale's rewriting of them, and turns bare error statuses into
sentences. Protocol errors of Radicale's with an XML body (RFC 4918 section 16) pass as they are: clients read those.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Container, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from spro_agenda.errors import SproError, TooManyTries
from spro_agenda.ical.lines import BOM
from spro_agenda.request import Request, serving
from spro_agenda.server import conditional, refusals
from spro_agenda.server.guards import (
    ALLOWED,
    SPEAKING_XML,
    address_of,
    claimed,
    is_hostile,
    is_known_method,
    is_sound_xml,
    tidy,
)
from spro_agenda.server.journal import REQUEST
from spro_agenda.server.sentences import MAKING, sentence

Environ = dict[str, Any]
Headers = list[tuple[str, str]]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

RETRY_AFTER_S = 30
MOST_DRAINED = 100_000_000
"""Bytes of a refused body that are read all the same: a client hears no answer before it has sent what it sends."""

logger = logging.getLogger(__name__)


class Front:
    """A WSGI application that wraps Radicale's.

    `largest` is the most bytes that a request's body may have; `calendars` gives the calendars' names by slug;
    `proxies` are the addresses of those that stand in front.
    """

    def __init__(
        self,
        application: Application,
        largest: int,
        calendars: Callable[[], Mapping[str, str]],
        proxies: Container[str] = (),
    ) -> None:
        self._application, self._largest, self._calendars, self._proxies = application, largest, calendars, proxies

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        tidy(environ)
        body = body_of(environ, self._largest)
        if body is None:
            status, headers, answer = self._refuse(environ, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, [], None)
        elif not is_known_method(environ):
            status, headers, answer = self._refuse(environ, HTTPStatus.METHOD_NOT_ALLOWED, [], None)
        elif is_hostile(environ) or (body and environ["REQUEST_METHOD"] in SPEAKING_XML and not is_sound_xml(body)):
            status, headers, answer = self._refuse(environ, HTTPStatus.BAD_REQUEST, [], None)
        else:
            status, headers, answer = self._served(environ, body)
        start_response(f"{int(status)} {HTTPStatus(status).phrase}", headers)
        return [answer] if environ["REQUEST_METHOD"] != "HEAD" else []

    def _served(self, environ: Environ, body: bytes) -> tuple[int, Headers, bytes]:
        request = Request(
            body=body if environ["REQUEST_METHOD"] == "PUT" else None,
            agent=environ.get("HTTP_USER_AGENT", ""),
            address=address_of(environ, self._proxies),
        )
        environ[REQUEST] = request
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        started: list[tuple[str, Headers]] = []
        with serving(request):
            answer = b"".join(self._application(environ, lambda status, headers: started.append((status, headers))))
        status, headers = started[-1]
        code = int(status.split(maxsplit=1)[0])
        if code == HTTPStatus.CONFLICT and environ["REQUEST_METHOD"] in MAKING:
            # On a calendar's own address too, where Radicale says in XML that there is one already.
            return self._refuse(environ, HTTPStatus.FORBIDDEN, headers, request)
        headers = claimed(headers)
        if code == HTTPStatus.OK and conditional.is_known(environ, headers):
            return HTTPStatus.NOT_MODIFIED, conditional.of_304(headers), b""
        if code < HTTPStatus.BAD_REQUEST or (_is_xml(headers) and request.refusal is None):
            return code, headers, answer
        return self._refuse(environ, code, headers, request)

    def _refuse(
        self,
        environ: Environ,
        code: int,
        headers: Headers,
        request: Request | None,
    ) -> tuple[int, Headers, bytes]:
        """An error as a sentence; a challenge for a password keeps its header."""
        refusal = request.refusal if request else None
        if refusal is not None:
            code = refusal.http_status
        text = (
            refusal.public
            if refusal
            else sentence(
                code,
                environ["REQUEST_METHOD"],
                environ.get("PATH_INFO", ""),
                self._names() if code == HTTPStatus.FORBIDDEN else {},
            )
        )
        if refusal is not None:
            condition = refusals.condition_of(refusal)
        elif code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE and environ["REQUEST_METHOD"] == "PUT":
            condition = refusals.named(refusals.TOO_LARGE)
        else:
            condition = None
        content_type, answer = refusals.written(text, condition)
        kept = [(name, value) for name, value in headers if name.lower() in ("www-authenticate", "allow")]
        if code == HTTPStatus.SERVICE_UNAVAILABLE:
            wait_s = refusal.retry_after_s if isinstance(refusal, TooManyTries) else RETRY_AFTER_S
            # No challenge: the password is not what is wrong.
            kept = [("Retry-After", str(wait_s))]
        if code == HTTPStatus.METHOD_NOT_ALLOWED and not any(name == "Allow" for name, _value in kept):
            kept.append(("Allow", ALLOWED))
        described = [("Content-Type", content_type), ("Content-Length", str(len(answer)))]
        return code, kept + described, answer

    def _names(self) -> Mapping[str, str]:
        try:
            return self._calendars()
        except SproError as error:
            # Names are a courtesy: the refusal is told without them.
            logger.warning("calendar names could not be read for an error message: %s", error)
            return {}


def body_of(environ: Environ, largest: int) -> bytes | None:
    """The request's body, without a byte order mark; `None` when it is too large. Reads chunked bodies too, which
    Radicale does not."""
    length = environ.get("CONTENT_LENGTH") or ""
    if not length.isdigit():
        chunked = "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()
        wanted = largest + 1 if chunked else 0
    else:
        wanted = int(length)
    body: bytes = environ["wsgi.input"].read(min(wanted, largest + 1)) if wanted else b""
    if len(body) > largest:
        _drain(environ["wsgi.input"])
        return None
    return body.removeprefix(BOM)


def _drain(stream: Any) -> None:
    for _piece in range(0, MOST_DRAINED, io.DEFAULT_BUFFER_SIZE):
        if not stream.read(io.DEFAULT_BUFFER_SIZE):
            return


def _is_xml(headers: Headers) -> bool:
    return any(name.lower() == "content-type" and "xml" in value for name, value in headers)
