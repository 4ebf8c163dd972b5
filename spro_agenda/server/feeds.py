"""Subscription feeds over HTTP: whoever has the link reads, with no account.

A feed is put together once a change, and given to all who ask until the next. Applications come by the thousand to hear
that nothing is new, so that is answered without a look at more than the store's version.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from http import HTTPStatus
from zoneinfo import ZoneInfo

from spro_agenda import links
from spro_agenda.address import PAGES, Address
from spro_agenda.background import in_a_line
from spro_agenda.digest import latest
from spro_agenda.errors import SproError
from spro_agenda.feed_text import Header, feed
from spro_agenda.i18n import _
from spro_agenda.ical.colours import css_name
from spro_agenda.links import NEWS_SUFFIX, SUFFIX, Given, given
from spro_agenda.model import AGENDA
from spro_agenda.render import atom
from spro_agenda.secret import Secret
from spro_agenda.server.feed_http import HttpAnswer, Rendered, answer_of, meanwhile, said
from spro_agenda.server.feed_pieces import Pieces, is_wanted
from spro_agenda.server.feed_readings import Readings
from spro_agenda.server.guards import address_of
from spro_agenda.server.journal import LONGEST, Application, Environ, Journal, Line, StartResponse, now
from spro_agenda.server.pages.visit import place_of
from spro_agenda.store import Feed, Reader, Store

CONTENT_TYPE = "text/calendar; charset=utf-8"
NEWS = timedelta(days=30)
"""How far back what changed is told."""

_BELOW = f"{PAGES}{links.FEEDS}/"
_PATH = f"{_BELOW}…"
"""What is written down of a feed's address: the rest opens it."""

logger = logging.getLogger(__name__)


class NoFeed(Exception):
    """There is no feed at this address, and never was."""


class ClosedFeed(Exception):
    """The feed of this address was closed, is over, or has another address since."""


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
    """Gives feeds by their tokens, in one form. Any number of threads may use it."""

    suffix = SUFFIX

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
            found = reader.find_feed(asked.number)
            if found is None:
                raise NoFeed
            if not asked.is_of(secret, found, found.generation) or not found.is_open_at(now):
                self._answers.pop(token, None)
                raise ClosedFeed if _was_its(asked, secret, found) else NoFeed
            zone = reader.region().time_zone
            today = datetime.fromtimestamp(now, zone).date()
            rendered = self._rendered(reader, found, secret, today)
        midnight = _midnight(today + timedelta(days=1), zone)
        until = min(midnight, found.expires_at or midnight)
        if rendered.modified is None:
            until = min(until, now + 1)
        self._answers[token] = Answer(found.number, version, until, rendered)
        self._readings.note(found.number, agent)
        return rendered

    def _rendered(self, reader: Reader, found: Feed, secret: Secret, today: date) -> Rendered:
        """A feed's bytes, made once for all who ask."""
        calendar = reader.calendar(AGENDA)
        follows_from = (
            found.generation,
            found.wanted,
            found.label,
            calendar.sync_epoch,
            calendar.number,
            reader.generation(),
            today,
        )
        with self._lock:
            kept = self._kept.setdefault(found.number, _Kept())
        with kept.lock:
            known = kept.rendered if kept.follows_from == follows_from else None
            if known is None or (known.modified is None and self._clock() >= calendar.changed_at + 1):
                kept.rendered = self._made(reader, found, secret, today)
                kept.follows_from = follows_from
            assert kept.rendered is not None
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
            source=self._address(found, secret),
        )
        body = feed(header, self._pieces.of(reader, found.wanted, today))
        # The window moves at midnight.
        moved = _midnight(today, region.time_zone) if found.wanted.months_back is not None else 0
        return self._dated(body, max(calendar.changed_at, moved), CONTENT_TYPE)

    def _dated(self, body: bytes, modified: float, content_type: str) -> Rendered:
        """A feed that says when it last changed, once that second is over: another change may fall in it."""
        is_over = self._clock() >= int(modified) + 1
        return Rendered.of(body, int(modified) if is_over else None, content_type)

    def _address(self, found: Feed, secret: Secret) -> str:
        """The feed's own address, "" where nobody said by what name people find the server."""
        if self._public is None:
            return ""
        return self._public.page(links.FEEDS, links.token_of(found, secret) + self.suffix)


class NewsServer(FeedServer):
    """Gives what changed of late, as Atom, of the same feeds."""

    suffix = NEWS_SUFFIX

    def _made(self, reader: Reader, found: Feed, secret: Secret, today: date) -> Rendered:
        region, calendar = reader.region(), reader.calendar(AGENDA)
        since = datetime.combine(today - NEWS, datetime.min.time(), region.time_zone)
        changes = latest(reader.revisions_since(reader.last_revision(since)), region)
        head = atom.Head(
            title=_("{label} : ce qui change").format(label=found.label),
            address=self._address(found, secret),
            pages=self._public.page() if self._public else "",
            known_by=f"{calendar.sync_epoch}:{found.number}",
            since=datetime.fromtimestamp(found.created_at, region.time_zone),
        )
        shown = reader.entries_of(each.key for each in changes)
        # What became private since is not told of as it was.
        told = [each for each in changes if each.is_gone or each.key.agenda_uid in shown]
        body = atom.render([each for each in told if is_wanted(each.event, found.wanted)], head)
        moved = _midnight(today, region.time_zone)
        return self._dated(body, max(calendar.changed_at, moved), atom.CONTENT_TYPE)


def _midnight(day: date, zone: ZoneInfo) -> float:
    return datetime.combine(day, datetime.min.time(), zone).timestamp()


def _was_its(asked: Given, secret: Secret, found: Feed) -> bool:
    """Whether a token opened the feed once."""
    return any(asked.is_of(secret, found, generation) for generation in range(1, found.generation + 1))


class FeedFront:
    """A WSGI application that gives feeds itself, and hands on the rest as it came: what is no feed's, and what would
    change one. It writes down what it answers."""

    def __init__(
        self,
        beside: Application,
        feeds: Iterable[FeedServer],
        journal: Journal,
        *,
        proxies: Container[str] = (),
        script_name: str = "",
    ) -> None:
        self._beside, self._journal = beside, journal
        self._feeds = {each.suffix: each for each in feeds}
        self._proxies, self._script_name = proxies, script_name

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        begun = time.perf_counter()
        name = self._name(environ)
        answer = self._answer(name, environ) if name else None
        if answer is None:
            return self._beside(environ, start_response)
        method = environ["REQUEST_METHOD"]
        body = answer.body if method == "GET" else b""
        start_response(answer.status, answer.headers)
        self._journal.note(
            Line(
                at=now(),
                address=address_of(environ, self._proxies),
                login="",
                device="",
                client=environ.get("HTTP_USER_AGENT", "")[:LONGEST],
                method=method,
                path=_PATH,
                status=answer.code,
                ms=round((time.perf_counter() - begun) * 1000, 1),
                received=0,
                sent=len(body),
            )
        )
        return (body,)

    def _name(self, environ: Environ) -> str:
        """The last part of the address of a feed that is asked for; "" for another request."""
        path = environ.get("PATH_INFO", "")
        if _BELOW not in path or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return ""
        if path.startswith(_BELOW):
            return str(path[len(_BELOW) :])
        place = place_of(environ, self._script_name)
        parts = place.parts if place else None
        return parts[1] if parts is not None and len(parts) == 2 and parts[0] == links.FEEDS else ""

    def _answer(self, name: str, environ: Environ) -> HttpAnswer | None:
        token, dot, suffix = name.rpartition(".")
        feeds = self._feeds.get(dot + suffix)
        if feeds is None:
            return None
        try:
            return answer_of(feeds.answer(token, environ.get("HTTP_USER_AGENT", "")), environ)
        except NoFeed:
            return None
        except ClosedFeed:
            # Applications that hear 410 ask no more (RFC 9110 section 15.5.11).
            return said(HTTPStatus.GONE, _("Cet abonnement est fermé. Demandez une autre adresse à qui l'a donnée."))
        except SproError as error:
            logger.warning("a feed could not be looked at: %s", in_a_line(error))
            return meanwhile(feeds.last(token), environ, error.public)
