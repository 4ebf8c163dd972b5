"""Subscription feeds over HTTP: whoever has the link reads, with no account.

A feed is put together once a change, and given to all who ask until the next. Applications come by the thousand to hear
that nothing is new, so that is answered without a look at more than the store's version.
"""

from __future__ import annotations

import gzip
import hashlib
import logging
import threading
import time
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from email.utils import formatdate, parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from spro_agenda import links
from spro_agenda.address import PAGES, Address
from spro_agenda.errors import SproError
from spro_agenda.feed_text import Header, feed
from spro_agenda.i18n import _
from spro_agenda.ical.colours import css_name
from spro_agenda.links import SUFFIX, Given, given
from spro_agenda.model import AGENDA
from spro_agenda.request import Request
from spro_agenda.secret import Secret
from spro_agenda.server.feed_pieces import Pieces
from spro_agenda.server.feed_readings import Readings
from spro_agenda.server.guards import address_of
from spro_agenda.server.journal import REQUEST, Application, Environ, StartResponse
from spro_agenda.server.pages.visit import place_of
from spro_agenda.store import Feed, Reader, Store

CONTENT_TYPE = "text/calendar; charset=utf-8"
_GZIP = "-gzip"

_BELOW = f"{PAGES}{links.FEEDS}/"

logger = logging.getLogger(__name__)


class NoFeed(Exception):
    """There is no feed at this address, and never was."""


class ClosedFeed(Exception):
    """The feed of this address was closed, is over, or has another address since."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A feed's bytes as they are given until something changes: `etag` without its quotes, `modified` in epoch
    seconds."""

    body: bytes
    packed: bytes
    etag: str
    modified: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What is given at one address, as long as the store has the version that it was made of, `until` a moment."""

    number: int
    version: object
    until: float
    rendered: Rendered

    def holds(self, version: object, now: float) -> bool:
        """Whether it is what would be given now."""
        return self.version is not None and self.version == version and now < self.until


@dataclass(slots=True)
class _Kept:
    """The last rendering of a feed, and what it follows from."""

    follows_from: object = None
    rendered: Rendered | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


class FeedServer:
    """Gives feeds by their tokens. Any number of threads may use it."""

    def __init__(
        self,
        opened: Callable[[], Store],
        secret: Callable[[], Secret],
        public: Address | None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._opened, self._secret, self._public, self._clock = opened, secret, public, clock
        self._answers: dict[str, Answer] = {}
        self._kept: dict[int, _Kept] = {}
        self._pieces = Pieces()
        self._readings = Readings(opened, clock)
        self._lock = threading.Lock()

    def answer(self, token: str, agent: str) -> Rendered:
        """The feed of a token. Raises NoFeed, ClosedFeed, StoreError."""
        now, known = self._clock(), self._answers.get(token)
        if known is not None and known.holds(self._opened().version(), now):
            self._readings.note(known.number, agent)
            return known.rendered
        return self._look(token, agent, now)

    def last(self, token: str) -> Rendered | None:
        """What was given last at an address, where the store cannot be asked just now."""
        known = self._answers.get(token)
        return known.rendered if known else None

    def _look(self, token: str, agent: str, now: float) -> Rendered:
        asked = given(token)
        if asked is None:
            raise NoFeed
        store, secret = self._opened(), self._secret()
        # Before the look: what is written meanwhile is another version.
        version = store.version()
        with store.read() as reader:
            found = next(iter(reader.feeds_numbered(asked.number)), None)
            if found is None:
                raise NoFeed
            if not asked.is_of(secret, found.generation) or not found.is_open_at(now):
                self._answers.pop(token, None)
                raise ClosedFeed if _was_its(asked, secret, found) else NoFeed
            zone = reader.region().time_zone
            today = datetime.fromtimestamp(now, zone).date()
            rendered = self._rendered(reader, found, secret, today)
        midnight = datetime.combine(today + timedelta(days=1), datetime.min.time(), zone).timestamp()
        until = min(midnight, found.expires_at or midnight)
        self._answers[token] = Answer(found.number, version, until, rendered)
        self._readings.note(found.number, agent)
        return rendered

    def _rendered(self, reader: Reader, found: Feed, secret: Secret, today: date) -> Rendered:
        """A feed's bytes, made once for all who ask."""
        calendar = reader.calendar(AGENDA)
        rolls = found.wanted.months_back is not None
        follows_from = (
            found.generation,
            found.wanted,
            found.label,
            calendar.sync_epoch,
            calendar.number,
            reader.generation(),
            today if rolls else None,
        )
        with self._lock:
            kept = self._kept.setdefault(found.number, _Kept())
        with kept.lock:
            if kept.rendered is None or kept.follows_from != follows_from:
                kept.rendered = self._made(reader, found, secret, today)
                kept.follows_from = follows_from
            return kept.rendered

    def _made(self, reader: Reader, found: Feed, secret: Secret, today: date) -> Rendered:
        region, calendar = reader.region(), reader.calendar(AGENDA)
        header = Header(
            name=found.label,
            description=_("Agenda SPRO {region} : les actions des réseaux, à lire seulement.").format(
                region=region.name
            ),
            colour=css_name(region.colour),
            time_zone=region.time_zone.key,
            source=links.links(found, secret, self._public).https if self._public else "",
        )
        body = feed(header, self._pieces.of(reader, found.wanted, today))
        midnight = int(datetime.combine(today, datetime.min.time(), region.time_zone).timestamp())
        return Rendered(
            body=body,
            packed=gzip.compress(body, 6, mtime=0),
            etag=hashlib.sha256(body).hexdigest()[:32],
            # The window moves at midnight.
            modified=max(calendar.changed_at, midnight if found.wanted.months_back is not None else 0),
        )


def _was_its(asked: Given, secret: Secret, found: Feed) -> bool:
    """Whether a token opened the feed once."""
    return any(asked.is_of(secret, generation) for generation in range(1, found.generation + 1))


class FeedFront:
    """A WSGI application that gives feeds itself, and hands on the rest as it came: what is no feed's, and what would
    change one."""

    def __init__(
        self, beside: Application, feeds: FeedServer, *, proxies: Container[str] = (), script_name: str = ""
    ) -> None:
        self._beside, self._feeds, self._proxies, self._script_name = beside, feeds, proxies, script_name

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        token = self._token(environ)
        answer = self._answer(token, environ) if token else None
        if answer is None:
            return self._beside(environ, start_response)
        status, headers, body = answer
        start_response(f"{int(status)} {status.phrase}", headers)
        return [body] if environ["REQUEST_METHOD"] == "GET" else []

    def _token(self, environ: Environ) -> str:
        """The token of a request for a feed; "" for another request."""
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or _BELOW not in environ.get("PATH_INFO", ""):
            return ""
        place = place_of(environ, self._script_name)
        match place.parts if place else None:
            case (links.FEEDS, name) if name.endswith(SUFFIX):
                return name.removesuffix(SUFFIX)
        return ""

    def _answer(self, token: str, environ: Environ) -> HttpAnswer | None:
        agent = environ.get("HTTP_USER_AGENT", "")
        environ[REQUEST] = Request(agent=agent, address=address_of(environ, self._proxies))
        try:
            return http_answer(self._feeds.answer(token, agent), environ)
        except NoFeed:
            return None
        except ClosedFeed:
            # Applications that hear 410 ask no more (RFC 9110 section 15.5.11).
            return _said(HTTPStatus.GONE, _("Cet abonnement est fermé. Demandez une autre adresse à qui l'a donnée."))
        except SproError as error:
            logger.warning("a feed could not be looked at: %s", " ".join(str(error).split()))
            return _meanwhile(self._feeds.last(token), environ, error)


def _meanwhile(last: Rendered | None, environ: Mapping[str, Any], error: SproError) -> HttpAnswer:
    """What is said while the store is away. Thunderbird gives a feed up for good when a server fails: who has something
    keeps it, and whoever asks for what was given a moment ago gets that."""
    if "HTTP_IF_NONE_MATCH" in environ or "HTTP_IF_MODIFIED_SINCE" in environ:
        return HTTPStatus.NOT_MODIFIED, [("Cache-Control", "private, no-cache")], b""
    if last is not None:
        return http_answer(last, environ)
    status, headers, body = _said(HTTPStatus.SERVICE_UNAVAILABLE, error.public)
    return status, [*headers, ("Retry-After", "60")], body


def _said(status: HTTPStatus, sentence: str) -> HttpAnswer:
    body = f"{sentence}\n".encode()
    about = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    return status, [*about, ("Cache-Control", "no-store")], body


HttpAnswer = tuple[HTTPStatus, list[tuple[str, str]], bytes]


def http_answer(rendered: Rendered, environ: Mapping[str, Any]) -> HttpAnswer:
    """A feed as HTTP gives it to who asks so: 304 to who has it, packed to who takes that (RFC 9110)."""
    packs = _takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", ""))
    etag = f'"{rendered.etag}{_GZIP if packs else ""}"'
    told = [
        ("ETag", etag),
        ("Last-Modified", formatdate(rendered.modified, usegmt=True)),
        # Whoever keeps it asks each time: what is put off is told at once, and a feed that is closed gives nothing.
        ("Cache-Control", "private, no-cache"),
        ("Vary", "Accept-Encoding"),
    ]
    if _is_known(rendered, environ):
        return HTTPStatus.NOT_MODIFIED, told, b""
    body = rendered.packed if packs else rendered.body
    about = [("Content-Type", CONTENT_TYPE), ("Content-Length", str(len(body)))]
    if packs:
        about.append(("Content-Encoding", "gzip"))
    return HTTPStatus.OK, [*about, *told, ("X-Content-Type-Options", "nosniff")], body


def _is_known(rendered: Rendered, environ: Mapping[str, Any]) -> bool:
    condition = environ.get("HTTP_IF_NONE_MATCH")
    if condition is not None:
        named = {each.strip().removeprefix("W/").strip('"').removesuffix(_GZIP) for each in condition.split(",")}
        return "*" in named or rendered.etag in named
    since = environ.get("HTTP_IF_MODIFIED_SINCE")
    if not since:
        return False
    try:
        return parsedate_to_datetime(since).timestamp() >= rendered.modified
    except (ValueError, TypeError, OverflowError):
        return False


def _takes_gzip(accepted: str) -> bool:
    """Whether a client takes gzip (RFC 9110 section 12.5.3)."""
    for each in accepted.split(","):
        name, _semicolon, weight = each.partition(";")
        if name.strip().lower() in ("gzip", "*"):
            return weight.replace(" ", "").lower() not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
