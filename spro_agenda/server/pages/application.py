"""The WSGI application of the pages: what is no page's goes to the calendars' own application beside it."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from functools import cache, partial
from http import HTTPStatus
from importlib.resources import files
from typing import Any

from spro_agenda import address, links
from spro_agenda.address import Address
from spro_agenda.errors import BadInput, SproError
from spro_agenda.i18n import _
from spro_agenda.instance import served_home
from spro_agenda.rates import origin
from spro_agenda.request import Request
from spro_agenda.secret import Secret, secret_of
from spro_agenda.server.bodies import AT_ONCE, body_of
from spro_agenda.server.front import Application, Environ, StartResponse
from spro_agenda.server.journal import REQUEST
from spro_agenda.server.pages import views
from spro_agenda.server.pages.reply import Reply, plain
from spro_agenda.server.pages.visit import Place, Visit, browses, form_in_parts, form_of, place_of, visit_of

READING = ("GET", "HEAD")
LARGEST = 8192
"""Bytes of a form: a password, twice."""

FORM = "application/x-www-form-urlencoded"
IN_PARTS = "multipart/form-data"
"""How mail programs may send a click (RFC 8058 section 3.2)."""

ROBOTS = "/robots.txt"
_STATIC = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}

Handler = Callable[[Visit], Reply]


class NotAllowed(SproError):
    """A method that a page does not have (RFC 9110 section 15.5.6)."""

    http_status = 405

    def __init__(self, allowed: tuple[str, ...]) -> None:
        self.allow = ", ".join(allowed)
        super().__init__(_("Cette page ne se lit qu'avec un navigateur. Ouvrez-la par son adresse."))


class NoForm(BadInput):
    """What was sent is no form of ours."""

    def __init__(self, status: HTTPStatus) -> None:
        self.http_status = status
        super().__init__(_("Ce qui a été envoyé n'est pas le formulaire de cette page. Ouvrez-la de nouveau."))


class Pages:
    """A WSGI application that answers what is a page's itself, and hands on the rest as it came.

    `public` is the configured address of the server, `proxies` the addresses of those that stand in front, and
    `script_name` Radicale's option.
    """

    def __init__(
        self,
        beside: Application,
        opened: views.Opened,
        *,
        public: Address | None = None,
        proxies: Container[str] = (),
        script_name: str = "",
    ) -> None:
        self._beside, self._opened, self._choosing = beside, opened, views.Choosing(opened)
        self._telling = views.Telling(opened, _own_secret)
        self._public, self._proxies, self._script_name = public, proxies, script_name

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        place = place_of(environ, self._script_name)
        if place is None or not _is_ours(environ, place):
            return self._beside(environ, start_response)
        reply = self._reply(environ, place)
        start_response(f"{int(reply.status)} {reply.status.phrase}", reply.all_headers())
        return [reply.body] if environ["REQUEST_METHOD"] != "HEAD" else []

    def _reply(self, environ: Environ, place: Place) -> Reply:
        visit = visit_of(environ, place, self._public, self._proxies)
        environ[REQUEST] = Request(agent=visit.agent, address=visit.peer)
        # Read in any case: a client hears no answer before it has sent what it sends.
        with AT_ONCE.place(origin(visit.peer)) as is_free:
            body = body_of(environ, LARGEST) if is_free else HTTPStatus.SERVICE_UNAVAILABLE
        try:
            methods, handler = self._found(place)
            if visit.method not in methods:
                raise NotAllowed(methods)
            if visit.method == "POST":
                visit = visit.with_form(_form(environ, body, in_parts=(place.parts or ())[:1] == (address.NEWS,)))
            return handler(visit)
        except NotAllowed as error:
            return views.problem(visit, error, {"Allow": error.allow})
        except SproError as error:
            return views.problem(visit, error)

    def _found(self, place: Place) -> tuple[tuple[str, ...], Handler]:
        """The methods of an address, and what answers them. Raises NoSuchPage."""
        methods: tuple[str, ...] = READING
        handler: Handler
        match place.parts:
            case None if place.path == ROBOTS:
                handler = partial(_given, reply=_robots(place))
            case () | None:
                handler = partial(views.welcome, opened=self._opened)
            case (views.CONNECTING,):
                handler = views.connecting
            case (views.CONNECTING, login):
                handler = partial(views.connecting, login=login)
            case (views.INVITATION, secret):
                methods, handler = (*READING, "POST"), partial(self._choosing, secret=secret)
            case (address.NEWS, login, signature):
                methods, handler = (*READING, "POST"), partial(self._telling, login=login, signature=signature)
            case (views.PROFILE, name):
                handler = partial(views.mobileconfig, name=name)
            case (links.FEEDS, _token):
                # Those that are there are given before; nobody writes to any.
                handler = _no_feed
            case ("static", name) if name in _static():
                handler = partial(_given, reply=_static()[name])
            case _:
                raise views.NoSuchPage
        return methods, handler


def _own_secret() -> Secret:
    """The key of the instance that is served."""
    return secret_of(served_home())


def _is_ours(environ: Mapping[str, Any], place: Place) -> bool:
    """Whether a request is for a page. At the root, only a browser's: what else comes there is an application's."""
    if place.parts is not None:
        return True
    if environ["REQUEST_METHOD"] not in READING:
        return False
    return place.path == ROBOTS or (place.path == "/" and browses(environ))


def _given(_visit: Visit, reply: Reply) -> Reply:
    """What is the same for everybody."""
    return reply


def _no_feed(_visit: Visit) -> Reply:
    raise views.NoSuchPage


def _robots(place: Place) -> Reply:
    """Feeds alone are for robots: Google's calendar obeys this (RFC 9309) when it fetches one."""
    return plain(f"User-agent: *\nAllow: {place.link(links.FEEDS)}/\nDisallow: /\n")


def _form(environ: Environ, body: bytes | HTTPStatus, *, in_parts: bool) -> Mapping[str, str]:
    """What was sent in a form, `in_parts` where the page takes such. Raises NoForm."""
    if isinstance(body, HTTPStatus):
        raise NoForm(body)
    kind = environ.get("CONTENT_TYPE", "")
    match kind.partition(";")[0].strip().lower():
        case form if form == FORM:
            return form_of(body.decode("utf-8", "replace"))
        case form if form == IN_PARTS and in_parts:
            return form_in_parts(kind, body)
        case _other:
            raise NoForm(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)


@cache
def _static() -> Mapping[str, Reply]:
    """The files that pages ask for, by name."""
    return {
        file.name: Reply(
            body=file.read_bytes(),
            content_type=f"{_STATIC[file.name.rpartition('.')[2]]}; charset=utf-8",
            headers={"Cache-Control": "public, max-age=3600"},
        )
        for file in (files("spro_agenda.server.pages") / "static").iterdir()
    }
