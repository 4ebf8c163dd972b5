"""Building the application of an instance: each worker process calls `create` once."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit
from xml.etree import ElementTree as ET

import radicale.config
from radicale import httputils, pathutils, types
from radicale.app import Application
from radicale.log import logger as radicale_logger

from spro_agenda import request
from spro_agenda.address import public_address
from spro_agenda.errors import BadCalendar, BadInput, SproError, TookTooLong, UidConflict
from spro_agenda.harvest import settings_of
from spro_agenda.i18n import _
from spro_agenda.ical.read import KNOWN, read_object
from spro_agenda.ical.simplify import without_zones
from spro_agenda.instance import CONFIG, database_url, flag, option, served_home
from spro_agenda.model import PRINCIPAL
from spro_agenda.recurrence import check_bounded
from spro_agenda.secret import secret_of
from spro_agenda.server import harvesting, multistatus, posting, principals, properties, rounds, upkeep
from spro_agenda.server.addresses import in_home_of
from spro_agenda.server.answers import Answers, question
from spro_agenda.server.feeds import FeedFront, FeedServer, NewsServer
from spro_agenda.server.front import Front
from spro_agenda.server.journal import Logged, journal_of
from spro_agenda.server.pages import Pages
from spro_agenda.server.reports import REPORTS, Place, read_report
from spro_agenda.store import Reader, Store, open_store

SENT = _("L'événement envoyé")


class Guarded(Application):
    """Radicale, with events and questions of time read by our own readers before its own.

    Radicale expands series with vobject before it asks the storage; a rule that never gives a day (30 February)
    keeps a processor busy for half a minute there.
    """

    def __init__(self, configuration: radicale.config.Configuration) -> None:
        super().__init__(configuration)
        self._opened = _opener(configuration)
        self._answers: Answers[types.WSGIResponse] = Answers()
        self._own_rows = flag(configuration, "storage", "own_rows", default=True)

    def do_PUT(  # noqa: N802, PLR0913, PLR0917  # Radicale's
        self,
        environ: types.WSGIEnviron,
        base_prefix: str,
        path: str,
        user: str,
        user_groups: set[str],
        request_info: dict[str, str],
    ) -> types.WSGIResponse:
        serving = request.current()
        parent = pathutils.parent_path(path)
        if "w" not in self._rights.authorization(user, user_groups, parent):
            # A calendar is not replaced either, and Radicale would expand what it is to be replaced with all the same.
            return httputils.NOT_ALLOWED
        if serving and serving.body is not None:
            try:
                with request.errors_kept():
                    serving.object = read_object(serving.body, SENT, KNOWN)
                    check_bounded(serving.object, SENT)
            except BadCalendar:
                return httputils.BAD_REQUEST
            # The storage keeps the very bytes all the same; see Front.
            environ = _with_body(environ, without_zones(serving.object))
        answer = super().do_PUT(environ, base_prefix, path, user, user_groups, request_info)
        if serving and serving.object is not None and _is_conflict(answer):
            self._name_conflict(serving, path, serving.object.uid, base_prefix)
        return answer

    def do_MOVE(  # noqa: N802, PLR0913, PLR0917  # Radicale's
        self,
        environ: types.WSGIEnviron,
        base_prefix: str,
        path: str,
        user: str,
        user_groups: set[str],
        request_info: dict[str, str],
    ) -> types.WSGIResponse:
        serving = request.current()
        destination = environ.get("HTTP_DESTINATION", "")
        if serving and user:
            with request.errors_kept():
                reader = serving.snapshot(self._opened().read)
                path, destination = _in_one_home(reader, path, destination, base_prefix, user)
        # Without the header, it is as T (RFC 4918 section 10.6).
        environ = {**environ, "HTTP_DESTINATION": destination, "HTTP_OVERWRITE": environ.get("HTTP_OVERWRITE", "T")}
        answer = super().do_MOVE(environ, base_prefix, path, user, user_groups, request_info)
        if serving and _is_conflict(answer):
            self._name_conflict_of_move(serving, path, unquote(urlsplit(destination).path), base_prefix)
        return answer

    def do_PROPFIND(  # noqa: N802, PLR0913, PLR0917  # Radicale's
        self,
        environ: types.WSGIEnviron,
        base_prefix: str,
        path: str,
        user: str,
        user_groups: set[str],
        request_info: dict[str, str],
    ) -> types.WSGIResponse:
        serving, depth = request.current(), environ.get("HTTP_DEPTH")
        if user and depth not in (None, "0", "1"):
            # Radicale would answer as to 1, and a client believe that there is nothing below (RFC 4918 section 9.1.1).
            if depth.lower() != "infinity":
                return httputils.BAD_REQUEST
            return self._webdav_error_response(HTTPStatus.FORBIDDEN, "D:propfind-finite-depth", request_info)
        if serving is None:
            return super().do_PROPFIND(environ, base_prefix, path, user, user_groups, request_info)
        body = environ["wsgi.input"].read()
        if depth != "0":
            return self._propfind(environ, base_prefix, path, user, user_groups, request_info, body)
        with request.errors_kept():
            reader = serving.snapshot(self._opened().read)
            again = question(reader, user=user, prefix=base_prefix, path=path, body=body)
        known = self._answers.get(again) if again else None
        if known is not None:
            return known
        answer = self._propfind(environ, base_prefix, path, user, user_groups, request_info, body)
        if again and answer[0] == HTTPStatus.MULTI_STATUS:
            self._answers.keep(again, answer, len(answer[2] or b""))
        return answer

    def _propfind(  # noqa: PLR0913, PLR0917  # as Radicale's
        self,
        environ: types.WSGIEnviron,
        base_prefix: str,
        path: str,
        user: str,
        user_groups: set[str],
        request_info: dict[str, str],
        body: bytes,
    ) -> types.WSGIResponse:
        """What there is to answer to a PROPFIND, where it has not been answered yet."""
        serving = request.current()
        assert serving is not None, "the server sets it"
        try:
            with request.errors_kept():
                asked = properties.read_propfind(body)
        except BadInput:
            return httputils.BAD_REQUEST
        rows = self._take_rows(serving, asked.root) if environ.get("HTTP_DEPTH") == "1" else None
        given = _with_body(environ, asked.body)
        try:
            answer = super().do_PROPFIND(given, base_prefix, path, user, user_groups, request_info)
        except TookTooLong:
            return httputils.BAD_REQUEST
        return _with_rows(
            _changed(answer, lambda written: properties.told(written, asked, base_prefix)), serving, rows, base_prefix
        )

    def do_GET(  # noqa: N802, PLR0913, PLR0917  # Radicale's
        self,
        environ: types.WSGIEnviron,
        base_prefix: str,
        path: str,
        user: str,
        user_groups: set[str],
        request_info: dict[str, str],
    ) -> types.WSGIResponse:
        try:
            return super().do_GET(environ, base_prefix, path, user, user_groups, request_info)
        except TookTooLong:
            return httputils.BAD_REQUEST

    def do_PROPPATCH(  # noqa: N802, PLR0913, PLR0917  # Radicale's
        self,
        environ: types.WSGIEnviron,
        base_prefix: str,
        path: str,
        user: str,
        user_groups: set[str],
        request_info: dict[str, str],
    ) -> types.WSGIResponse:
        if "w" not in self._rights.authorization(user, user_groups, path):
            return super().do_PROPPATCH(environ, base_prefix, path, user, user_groups, request_info)
        body = environ["wsgi.input"].read()
        try:
            with request.errors_kept():
                update = properties.read_proppatch(body)
        except BadInput:
            return httputils.BAD_REQUEST
        if update is not None and update.refused:
            written = properties.refused(update, path, base_prefix)
            return HTTPStatus.MULTI_STATUS, {"Content-Type": "text/xml; charset=utf-8"}, written, None
        given = _with_body(environ, update.body if update else body)
        answer = super().do_PROPPATCH(given, base_prefix, path, user, user_groups, request_info)
        return _changed(answer, properties.set_)

    def do_MKCALENDAR(  # noqa: N802, PLR0913, PLR0917  # Radicale's
        self,
        environ: types.WSGIEnviron,
        base_prefix: str,
        path: str,
        user: str,
        user_groups: set[str],
        request_info: dict[str, str],
    ) -> types.WSGIResponse:
        given = _with_made(environ)
        if given is None:
            return httputils.BAD_REQUEST
        return super().do_MKCALENDAR(given, base_prefix, path, user, user_groups, request_info)

    def do_MKCOL(  # noqa: N802, PLR0913, PLR0917  # Radicale's
        self,
        environ: types.WSGIEnviron,
        base_prefix: str,
        path: str,
        user: str,
        user_groups: set[str],
        request_info: dict[str, str],
    ) -> types.WSGIResponse:
        given = _with_made(environ)
        if given is None:
            return httputils.BAD_REQUEST
        return super().do_MKCOL(given, base_prefix, path, user, user_groups, request_info)

    def do_REPORT(  # noqa: N802, PLR0913, PLR0917  # Radicale's
        self,
        environ: types.WSGIEnviron,
        base_prefix: str,
        path: str,
        user: str,
        user_groups: set[str],
        request_info: dict[str, str],
    ) -> types.WSGIResponse:
        serving = request.current()
        if serving is None or not user:
            return super().do_REPORT(environ, base_prefix, path, user, user_groups, request_info)
        try:
            with request.errors_kept():
                place = Place(path=path, prefix=base_prefix, homes=(PRINCIPAL, user))
                report = read_report(environ["wsgi.input"].read(), place)
        except BadInput:
            return httputils.BAD_REQUEST
        if report.root is not None and report.root.tag not in REPORTS:
            # Radicale would answer that there is nothing (RFC 3253 section 3.6).
            return self._webdav_error_response(HTTPStatus.FORBIDDEN, "D:supported-report", request_info)
        serving.expand, serving.free_busy, serving.most_changes = report.expand, report.free_busy, report.most
        serving.excerpt = report.excerpt
        asked = self._take_rows(serving, report.root)
        given = _with_body(environ, report.body)
        answer = super().do_REPORT(given, base_prefix, path, user, user_groups, request_info)
        answer = _with_rows(answer, serving, asked, base_prefix)
        if serving.is_cut:
            answer = _with_more(answer, multistatus.cut(base_prefix + path))
        if report.search and user:
            person = serving.snapshot(self._opened().read).account(user)
            found = principals.rows(report.search, person.display_name, f"{base_prefix}/{user}/")
            answer = _with_more(answer, found)
        if not report.asked:
            return answer
        return _changed(answer, lambda written: multistatus.readdressed(written, report.asked))

    def _take_rows(self, serving: request.Request, root: ET.Element | None) -> multistatus.Wanted | None:
        """Have the storage tell us the objects in place of Radicale, where their rows are ones that we write."""
        ours = self._own_rows and not self._sharing._enabled
        asked = multistatus.wanted(root) if ours else None
        serving.listing = asked.listing() if asked else None
        return asked

    def _name_conflict(self, serving: request.Request, path: str, uid: str, prefix: str) -> None:
        """Say which event has the UID of the one at a path, or would have it (RFC 4791 section 5.3.2.1)."""
        home, name, _href = pathutils.strip_path(path).split("/", 2)
        with suppress(SproError):
            reader = serving.snapshot(self._opened().read)
            href = reader.href_of(reader.slug_at(home, name), uid)
            there = path if href is None else f"/{home}/{name}/{href}"
            serving.refusal = UidConflict(uid, quote(prefix + there))

    def _name_conflict_of_move(self, serving: request.Request, path: str, target: str, prefix: str) -> None:
        home, name, href = pathutils.strip_path(path).split("/", 2)
        with suppress(SproError):
            reader = serving.snapshot(self._opened().read)
            moved = reader.object(reader.slug_at(home, name), href)
            if moved is not None:
                self._name_conflict(serving, target.removeprefix(prefix), moved.uid, prefix)


def _in_one_home(reader: Reader, path: str, destination: str, prefix: str, user: str) -> tuple[str, str]:
    """The path and the Destination of a MOVE in one home of whoever asks.

    A client writes in one of a calendar's addresses what it knows by the other; Radicale compares them. A calendar of
    people's own has one address only.
    """
    homes = {PRINCIPAL, user}
    home, name = (*unquote(urlsplit(destination).path).removeprefix(prefix).strip("/").split("/"), "", "")[:2]
    if home == user and name and reader.slug_at(home, name) != name:
        return unquote(in_home_of(f"/{home}/", quote(path), "", homes)), destination
    return path, in_home_of(path, destination, prefix, homes)


def _is_conflict(answer: types.WSGIResponse) -> bool:
    """Whether Radicale found the UID taken: it says so in XML, and of a missing calendar in plain text."""
    return answer[0] == HTTPStatus.CONFLICT and "xml" in dict(answer[1])["Content-Type"]


def _changed(answer: types.WSGIResponse, change: Callable[[bytes], bytes]) -> types.WSGIResponse:
    """A multistatus of Radicale with a change to what it says."""
    status, headers, written, told = answer
    if status != HTTPStatus.MULTI_STATUS:
        return answer
    assert isinstance(written, bytes), "Radicale encodes XML itself"
    return status, headers, change(written), told


def _with_rows(
    answer: types.WSGIResponse, serving: request.Request, asked: multistatus.Wanted | None, prefix: str
) -> types.WSGIResponse:
    """Radicale's answer, with the rows of the objects that the storage told us."""
    if asked is None or serving.listing is None or not serving.listing.rows:
        return answer
    return _with_more(answer, multistatus.rows(serving.listing.rows, asked, prefix))


def _with_more(answer: types.WSGIResponse, rows: str) -> types.WSGIResponse:
    """Radicale's answer with more rows, where it is a multistatus."""
    return _changed(answer, lambda written: multistatus.with_rows(written, rows))


def _with_made(environ: types.WSGIEnviron) -> types.WSGIEnviron | None:
    """A request for a new calendar with properties that Radicale reads, `None` where they make no sense."""
    try:
        with request.errors_kept():
            return _with_body(environ, properties.read_made(environ["wsgi.input"].read()))
    except BadInput:
        return None


def _with_body(environ: types.WSGIEnviron, body: bytes) -> types.WSGIEnviron:
    return {**environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}


def create() -> FeedFront:
    """The application of the instance named by the environment. Raises BadInput."""
    home = served_home()
    configuration = configuration_of(home)
    _quieten(configuration)
    store = _opener(configuration)
    upkeep.start(store, upkeep.retention_of(configuration))
    rounds.start(store, rounds.room_of(configuration, home))
    harvesting.start(store, settings_of(configuration))

    def calendars() -> Mapping[str, str]:
        with store().read() as reader:
            return {calendar.slug: calendar.name for calendar in reader.shared_calendars()}

    proxies = option(configuration, "auth", "trusted_proxies", "127.0.0.1 ::1").split()
    front = Front(Guarded(configuration), _largest(configuration), calendars, frozenset(proxies))
    front.hears = posting.start(store, configuration, home)
    pages = Pages(
        front,
        store,
        public=public_address(configuration),
        proxies=frozenset(proxies),
        script_name=configuration.get("server", "script_name"),
    )
    journal = journal_of(configuration, home)
    feeds = [each(store, partial(secret_of, home), public_address(configuration)) for each in (FeedServer, NewsServer)]
    return FeedFront(
        Logged(pages, journal),
        feeds,
        journal,
        proxies=frozenset(proxies),
        script_name=configuration.get("server", "script_name"),
    )


def check(home: Path) -> None:
    """Raise BadInput where the configuration of the instance that the environment names cannot be served."""
    configuration = configuration_of(home)
    upkeep.retention_of(configuration)
    settings_of(configuration)
    journal_of(configuration, home)
    rounds.room_of(configuration, home)
    public_address(configuration)
    # What Radicale logs meanwhile, the error says.
    logging.disable(logging.CRITICAL)
    try:
        Guarded(configuration)
    except (RuntimeError, ImportError) as error:
        raise _unusable(home / CONFIG, error) from error
    finally:
        logging.disable(logging.NOTSET)


def _quieten(configuration: radicale.config.Configuration) -> None:
    """Have Radicale log what the configuration says, and no more."""
    # It tells its level twice while it sets up, whatever the level is.
    logging.disable(logging.INFO)
    radicale.log.setup()
    logging.disable(logging.NOTSET)
    radicale_logger.setLevel(configuration.get("logging", "level").upper())


def _opener(configuration: radicale.config.Configuration) -> Callable[[], Store]:
    """What opens the store. No sooner than it is asked: a worker that takes another's place while the database is away
    must live to see it come back."""
    return partial(open_store, database_url(configuration), served_home())


def _largest(configuration: radicale.config.Configuration) -> int:
    """The most bytes that a request may send: Radicale itself answers 412 to an event over `max_resource_size`."""
    return min(int(configuration.get("server", name)) for name in ("max_content_length", "max_resource_size"))


def configuration_of(home: Path) -> radicale.config.Configuration:
    """The instance's configuration. Raises BadInput, naming the file and what Radicale found wrong in it."""
    file = home / CONFIG
    try:
        return radicale.config.load([(str(file), False)])
    except (RuntimeError, ValueError) as error:
        raise _unusable(file, error) from error


def _unusable(file: Path, error: Exception) -> BadInput:
    return BadInput(
        _(
            "{file} : la configuration ne peut pas être lue ({detail}). Corrigez-la, ou effacez-la, puis "
            "recréez-la avec « spro-agenda init »."
        ).format(file=file, detail=error)
    )
