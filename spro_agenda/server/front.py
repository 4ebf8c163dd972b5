"""The WSGI layer in front of Radicale.

It hands a PUT's very bytes to the storage, past Radicale's rewriting of them, and turns bare error statuses into
sentences. Protocol errors of Radicale's with an XML body (RFC 4918 section 16) pass as they are: clients read those.
"""

from __future__ import annotations

import io
import logging
import math
from collections.abc import Callable, Container, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from spro_agenda.errors import RunawayRule, SproError, TookTooLong, TooManyConditions, TooManyNames, TooManyTries
from spro_agenda.rates import origin
from spro_agenda.request import Request, serving
from spro_agenda.server import conditional, refusals
from spro_agenda.server.allowance import Allowance
from spro_agenda.server.bodies import AT_ONCE, body_of, has_body
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
from spro_agenda.server.journal import REQUEST, without_secrets
from spro_agenda.server.sentences import MAKING, sentence

Environ = dict[str, Any]
Headers = list[tuple[str, str]]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

Hears = Callable[[Request, str, int, str], object]
"""Is told of a refused request: its path, its status, and the sentence that it was refused with."""

Answer = tuple[int, Headers, bytes]
"""Status, headers and body."""

RETRY_AFTER_S = 30
KEPT = frozenset({"www-authenticate", "allow", "retry-after"})
"""Headers that a refusal keeps."""

GUARDED = (RunawayRule, TookTooLong, TooManyConditions, TooManyNames)
"""Refusals that the log tells of: they are dangers rather than mistakes."""

logger = logging.getLogger(__name__)


class Front:
    """A WSGI application that wraps Radicale's.

    `largest` is the most bytes that a request's body may have; `calendars` gives the calendars' names by slug;
    `proxies` are the addresses of those that stand in front. `hears`, where it is set, is told of each PUT that is
    refused to who logged in: some clients tell nobody.
    """

    def __init__(
        self,
        application: Application,
        largest: int,
        calendars: Callable[[], Mapping[str, str]],
        proxies: Container[str] = (),
    ) -> None:
        self._application, self._largest, self._calendars, self._proxies = application, largest, calendars, proxies
        self._allowance, self._reading = Allowance(), AT_ONCE
        self.hears: Hears | None = None

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        tidy(environ)
        # Before all guards: the journal tells of what they refuse, too.
        request = Request(agent=environ.get("HTTP_USER_AGENT", ""), address=address_of(environ, self._proxies))
        environ[REQUEST] = request
        status, headers, answer = self._answer(environ, request)
        self._allowance.answered(environ, request, status)
        start_response(f"{int(status)} {HTTPStatus(status).phrase}", headers)
        return [answer] if environ["REQUEST_METHOD"] != "HEAD" else []

    def _answer(self, environ: Environ, request: Request) -> Answer:
        """What is answered, past the guards or by one of them. What can be refused without a look is not read."""
        wait_s = self._allowance.take(environ, request.address)
        if wait_s:
            return self._stop(environ, request, HTTPStatus.TOO_MANY_REQUESTS, "too many requests", wait_s)
        if not is_known_method(environ):
            return self._refuse(environ, request, HTTPStatus.METHOD_NOT_ALLOWED, [])
        if not has_body(environ):
            return self._guarded(environ, request, b"")
        with self._reading.place(origin(request.address)) as is_free:
            if not is_free:
                return self._stop(environ, request, HTTPStatus.SERVICE_UNAVAILABLE, "too many bodies at once")
            body = body_of(environ, self._largest)
        if isinstance(body, HTTPStatus):
            if self.hears and environ["REQUEST_METHOD"] == "PUT" and "HTTP_AUTHORIZATION" in environ:
                self._log_in(environ, request)
            return self._stop(environ, request, body, "a body that is too large, or cut short")
        return self._guarded(environ, request, body)

    def _log_in(self, environ: Environ, request: Request) -> None:
        """Have whoever sends what is not read logged in, so that they can be told of it."""
        asked = {**environ, "REQUEST_METHOD": "OPTIONS", "CONTENT_LENGTH": "0", "wsgi.input": io.BytesIO()}
        request.begin(None)
        with serving(request):
            b"".join(self._application(asked, lambda _status, _headers: None))
        request.refusal = None

    def _guarded(self, environ: Environ, request: Request, body: bytes) -> Answer:
        if is_hostile(environ):
            return self._stop(environ, request, HTTPStatus.BAD_REQUEST, "a destination that is no address")
        if body and environ["REQUEST_METHOD"] in SPEAKING_XML and not is_sound_xml(body):
            return self._stop(environ, request, HTTPStatus.BAD_REQUEST, "unsound XML")
        return self._served(environ, request, body)

    def _stop(self, environ: Environ, request: Request, code: int, why: str, wait_s: float = 0) -> Answer:
        """Refuse what is dangerous, and say so in the log."""
        _log(environ, request, code, why)
        return self._refuse(environ, request, code, [("Retry-After", str(math.ceil(wait_s)))] if wait_s else [])

    def _served(self, environ: Environ, request: Request, body: bytes) -> Answer:
        request.begin(body if environ["REQUEST_METHOD"] == "PUT" else None)
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        started: list[tuple[str, Headers]] = []
        with serving(request):
            answer = b"".join(self._application(environ, lambda status, headers: started.append((status, headers))))
        status, headers = started[-1]
        code = int(status.split(maxsplit=1)[0])
        if isinstance(request.refusal, GUARDED):
            _log(environ, request, request.refusal.http_status, type(request.refusal).__name__)
        if code == HTTPStatus.CONFLICT and environ["REQUEST_METHOD"] in MAKING:
            # On a calendar's own address too, where Radicale says in XML that there is one already.
            return self._refuse(environ, request, HTTPStatus.FORBIDDEN, headers)
        headers = claimed(headers)
        if code == HTTPStatus.OK and conditional.is_known(environ, headers, differs=request.differs):
            return HTTPStatus.NOT_MODIFIED, conditional.of_304(headers), b""
        if code < HTTPStatus.BAD_REQUEST or (_is_xml(headers) and request.refusal is None):
            return code, headers, answer
        return self._refuse(environ, request, code, headers)

    def _refuse(self, environ: Environ, request: Request, code: int, headers: Headers) -> Answer:
        """An error as a sentence; a challenge for a password keeps its header."""
        refusal = request.refusal
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
        if self.hears and environ["REQUEST_METHOD"] == "PUT" and _is_dropped(environ, code):
            self.hears(request, environ["PATH_INFO"], code, text)
        content_type, answer = refusals.written(text, condition)
        kept = [(name, value) for name, value in headers if name.lower() in KEPT]
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


def _log(environ: Environ, request: Request, code: int, why: str) -> None:
    """One line for whoever watches: never a body or a password, nor the token in the address of a feed. A login that
    nobody was let in by may be a password, typed in the wrong field."""
    logger.warning(
        "refused: %s, by %s at %s: %r %r, %d",
        why,
        repr(request.login) if request.login else "nobody",
        request.address,
        environ["REQUEST_METHOD"],
        without_secrets(environ["PATH_INFO"]),
        code,
    )


def _is_dropped(environ: Environ, code: int) -> bool:
    """Whether what a client sent may be lost: of an edit that somebody else was faster with, clients ask what to do."""
    return code != HTTPStatus.PRECONDITION_FAILED or "HTTP_IF_NONE_MATCH" in environ


def _is_xml(headers: Headers) -> bool:
    return any(name.lower() == "content-type" and "xml" in value for name, value in headers)
