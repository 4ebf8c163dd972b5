"""A CalDAV server, as a client sees it: its calendars by discovery, their texts, and writing to them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import unquote, urljoin, urlsplit
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import niquests
from caldav.collection import Calendar
from caldav.davclient import DAVClient
from caldav.lib.error import AuthorizationError, DAVError

from spro_agenda.errors import NetworkError, Refused, SproError, WrongPassword
from spro_agenda.i18n import _
from spro_agenda.model import Outcome

TIMEOUT_S = 30
_DAV, _CALDAV = "{DAV:}", "{urn:ietf:params:xml:ns:caldav}"
_ALL_OBJECTS = (
    '<C:calendar-query xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><prop><C:calendar-data/></prop>'
    '<C:filter><C:comp-filter name="VCALENDAR"/></C:filter></C:calendar-query>'
)
"""RFC 4791 section 7.8."""
_CHANGES = (
    '<sync-collection xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><sync-token>{token}</sync-token>'
    "<sync-level>1</sync-level><prop><getetag/><C:calendar-data/></prop></sync-collection>"
)
"""RFC 6578 section 3.2."""
_MOST_ROUNDS = 1000
"""Answers that a server may cut one change of a calendar into."""


@dataclass(frozen=True, slots=True)
class RemoteCalendar:
    """A calendar on a server; `slug` is the last part of its address."""

    url: str
    name: str

    @property
    def slug(self) -> str:
        return unquote(urlsplit(self.url).path.rstrip("/").rpartition("/")[2])


@dataclass(frozen=True, slots=True)
class RemoteObject:
    """The text of one object, and its address."""

    url: str
    body: bytes


@dataclass(frozen=True, slots=True)
class RemoteChanges:
    """What changed in a calendar: the token of how it is now, the objects that are new or other, and the addresses of
    those that are gone."""

    token: str
    objects: tuple[RemoteObject, ...]
    gone: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CalDavServer:
    """Where a server is, and as whom to ask."""

    url: str
    user: str
    password: str = field(repr=False)

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """A connection. Within the block, what goes wrong is raised as NetworkError, WrongPassword or Refused."""
        with (
            _told(self.url, self.user),
            DAVClient(url=self.url, username=self.user, password=self.password, timeout=TIMEOUT_S) as client,
        ):
            yield Connection(self.url, self.user, client)


@contextmanager
def _told(url: str, user: str) -> Iterator[None]:
    """The libraries' errors as ours."""
    try:
        yield
    except SproError:
        raise
    except DAVError as error:
        raise _refusal(url, user, error) from error
    except niquests.exceptions.InvalidURL as error:
        raise NetworkError(
            _("« {url} » n'est pas une adresse. Écrivez-la comme https://agenda.exemple.fr/").format(url=url)
        ) from error
    except niquests.exceptions.RequestException as error:
        raise NetworkError(
            _("{url} : le serveur ne répond pas. Vérifiez l'adresse et votre connexion.").format(url=url)
        ) from error
    except (AttributeError, ValueError) as error:
        # The caldav library stumbles so on an answer that is no XML: a page, or nothing.
        raise _not_caldav(url) from error


@dataclass(frozen=True, slots=True)
class Connection:
    """A server that answers."""

    url: str
    user: str
    client: DAVClient = field(repr=False)

    def calendars(self) -> list[RemoteCalendar]:
        """The person's calendars, in the server's order (RFC 4791 section 6.2.1)."""
        # The library types its answers for its asynchronous twin too.
        found = cast(list[Calendar], cast(Any, self.client).principal().get_calendars())
        if not found:
            raise _not_caldav(self.url)
        return [RemoteCalendar(str(each.url), str(each.get_display_name() or "")) for each in found]

    def objects(self, calendar: RemoteCalendar) -> list[RemoteObject]:
        """All objects of a calendar. Raises NetworkError, Refused.

        Asked for here, since the library's own search leaves out events that begin with `begin:vevent` in small
        letters.
        """
        with _told(calendar.url, self.user):
            response = self.client.report(calendar.url, _ALL_OBJECTS, 1)
            if response.status != HTTPStatus.MULTI_STATUS or response.tree is None:
                raise NetworkError(
                    _("{url} : le serveur ne donne pas cet agenda (erreur {status}). Réessayez plus tard.").format(
                        url=calendar.url, status=response.status
                    )
                )
            found = [
                (answer.findtext(f"{_DAV}href") or "", answer.findtext(f".//{_CALDAV}calendar-data"))
                for answer in response.tree.iter(f"{_DAV}response")
            ]
        return [RemoteObject(urljoin(calendar.url, href), data.encode()) for href, data in found if data]

    def changes(self, calendar: RemoteCalendar, token: str) -> RemoteChanges | None:
        """What changed in a calendar since a token, "" for all that it holds; `None` where the server does not know the
        token any more, or cannot say. Raises NetworkError, WrongPassword."""
        objects: dict[str, RemoteObject] = {}
        gone: dict[str, None] = {}
        with _told(calendar.url, self.user):
            for _round in range(_MOST_ROUNDS):
                try:
                    response = self.client.report(calendar.url, _CHANGES.format(token=escape(token)), 0)
                except AuthorizationError as error:
                    if error.status != HTTPStatus.FORBIDDEN:
                        raise
                    return None
                if response.status != HTTPStatus.MULTI_STATUS or response.tree is None:
                    return None
                is_cut = False
                for answer in response.tree.iter(f"{_DAV}response"):
                    address = urljoin(calendar.url, answer.findtext(f"{_DAV}href") or "")
                    status, data = answer.findtext(f"{_DAV}status") or "", answer.findtext(f".//{_CALDAV}calendar-data")
                    if data:
                        objects[address] = RemoteObject(address, data.encode())
                        gone.pop(address, None)
                    elif " 404 " in status:
                        objects.pop(address, None)
                        gone[address] = None
                    else:
                        is_cut = is_cut or " 507 " in status
                token = response.tree.findtext(f"{_DAV}sync-token") or ""
                if not token:
                    return None
                if not is_cut:
                    return RemoteChanges(token, tuple(objects.values()), tuple(gone))
        return None

    def put(self, address: str, body: bytes) -> Outcome:
        """Write an object at its address. Raises Refused."""
        with _told(address, self.user):
            response = self.client.put(address, body.decode(), {"Content-Type": "text/calendar; charset=utf-8"})
        if response.status >= HTTPStatus.BAD_REQUEST:
            raise _refused(address, response.raw, response.status)
        return Outcome.CREATED if response.status == HTTPStatus.CREATED else Outcome.UPDATED


def same_text(one: bytes, other: bytes) -> bool:
    """Whether two texts differ by their line ends at most, which XML does not keep."""
    return one.splitlines() == other.splitlines()


def _refusal(url: str, user: str, error: DAVError) -> SproError:
    if isinstance(error, AuthorizationError) and error.status != HTTPStatus.FORBIDDEN:
        return WrongPassword(
            _("{url} : l'identifiant « {user} » ou le mot de passe est faux. Vérifiez-les, puis recommencez.").format(
                url=url, user=user
            )
        )
    if isinstance(error, AuthorizationError):
        return _refused(url, error.body, HTTPStatus.FORBIDDEN)
    return _not_caldav(url)


def _refused(url: str, body: bytes | str | None, status: int) -> Refused:
    said = _said(body) or _("{url} : le serveur refuse.").format(url=url)
    return Refused(_("{said} ({status})").format(said=said, status=int(status)))


def _not_caldav(url: str) -> NetworkError:
    return NetworkError(_("{url} : ce n'est pas un serveur d'agendas (CalDAV). Vérifiez l'adresse.").format(url=url))


def _said(body: bytes | str | None) -> str:
    """What a server says of its refusal, where it is a sentence for people."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body or ""
    if "<" in text:
        text = _described(text)
    return "" if len(text) > 500 else text.strip()


def _described(xml: str) -> str:
    """The description in an error that has a name in a protocol (RFC 4918 section 14.25)."""
    try:
        return ET.fromstring(xml.encode()).findtext(f"{_DAV}responsedescription") or ""
    except ET.ParseError:
        return ""
