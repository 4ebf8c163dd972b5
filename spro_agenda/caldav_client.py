"""A CalDAV server, as a client sees it: its calendars by discovery, their texts, and writing to them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote, unquote, urlsplit

import niquests
from caldav.collection import Calendar
from caldav.davclient import DAVClient
from caldav.lib.error import AuthorizationError, DAVError

from spro_agenda.errors import NetworkError, Refused, SproError, WrongPassword
from spro_agenda.i18n import _
from spro_agenda.model import Outcome

TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class RemoteCalendar:
    """A calendar on a server; `slug` is the last part of its address."""

    url: str
    name: str
    calendar: Calendar = field(repr=False, compare=False)

    @property
    def slug(self) -> str:
        return unquote(urlsplit(self.url).path.rstrip("/").rpartition("/")[2])


@dataclass(frozen=True, slots=True)
class CalDavServer:
    """Where a server is, and as whom to ask."""

    url: str
    user: str
    password: str = field(repr=False)

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """A connection. Within the block, what goes wrong is raised as NetworkError, WrongPassword or Refused."""
        try:
            with DAVClient(
                url=self.url,
                username=self.user,
                password=self.password,
                timeout=TIMEOUT_S,
            ) as client:
                yield Connection(self.url, client)
        except SproError:
            raise
        except DAVError as error:
            raise _refusal(self.url, self.user, error) from error
        except niquests.exceptions.InvalidURL as error:
            raise NetworkError(
                _("« {url} » n'est pas une adresse. Écrivez-la comme https://agenda.exemple.fr/").format(url=self.url)
            ) from error
        except niquests.exceptions.RequestException as error:
            raise NetworkError(
                _("{url} : le serveur ne répond pas. Vérifiez l'adresse et votre connexion.").format(url=self.url)
            ) from error
        except (AttributeError, ValueError) as error:
            # The caldav library stumbles so on an answer that is no XML: a page, or nothing.
            raise _not_caldav(self.url) from error


@dataclass(frozen=True, slots=True)
class Connection:
    """A server that answers."""

    url: str
    client: DAVClient = field(repr=False)

    def calendars(self) -> list[RemoteCalendar]:
        """The person's calendars, in the server's order (RFC 4791 section 6.2.1)."""
        # The library types its answers for its asynchronous twin too.
        found = cast(list[Calendar], cast(Any, self.client).principal().get_calendars())
        if not found:
            raise _not_caldav(self.url)
        return [RemoteCalendar(str(each.url), str(each.get_display_name() or ""), each) for each in found]

    def bodies(self, calendar: RemoteCalendar) -> list[bytes]:
        """The texts of all its objects."""
        return [str(each.data).encode() for each in cast(list[Any], calendar.calendar.search())]

    def put(self, calendar: RemoteCalendar, uid: str, body: bytes) -> Outcome:
        """Write an object, under an address made from its UID, unless it stands there already. Raises Refused."""
        address = f"{calendar.url.rstrip('/')}/{quote(uid, safe='@')}.ics"
        there = self.client.request(address, "GET")
        if there.status == HTTPStatus.OK and _lines(there.raw) == _lines(body):
            return Outcome.UNCHANGED
        response = self.client.put(address, body.decode(), {"Content-Type": "text/calendar; charset=utf-8"})
        if response.status >= HTTPStatus.BAD_REQUEST:
            raise Refused(
                _said(response.raw)
                or _("{url} : le serveur refuse l'événement (erreur {status}).").format(
                    url=address, status=response.status
                )
            )
        return Outcome.CREATED if response.status == HTTPStatus.CREATED else Outcome.UPDATED


def _lines(text: bytes | str) -> list[str]:
    """The library gives texts with line ends of its own."""
    return (text.decode("utf-8", "replace") if isinstance(text, bytes) else text).splitlines()


def _refusal(url: str, user: str, error: DAVError) -> SproError:
    if isinstance(error, AuthorizationError) and error.status != HTTPStatus.FORBIDDEN:
        return WrongPassword(
            _("{url} : l'identifiant « {user} » ou le mot de passe est faux. Vérifiez-les, puis recommencez.").format(
                url=url, user=user
            )
        )
    if isinstance(error, AuthorizationError):
        return Refused(_said(error.body) or _("{url} : le serveur refuse (erreur 403).").format(url=url))
    return _not_caldav(url)


def _not_caldav(url: str) -> NetworkError:
    return NetworkError(_("{url} : ce n'est pas un serveur d'agendas (CalDAV). Vérifiez l'adresse.").format(url=url))


def _said(body: bytes | str | None) -> str:
    """What a server says of its refusal, where it is a sentence for people."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body or ""
    return "" if "<" in text or len(text) > 500 else text.strip()
