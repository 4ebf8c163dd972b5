"""Fetching a calendar at an address that somebody gave: bounded in time and in size, and not from inside our own house.

Names are looked up once and the very address that was checked is connected to, at each redirection anew: a name that
means another machine a moment later (DNS rebinding) leads nowhere.
"""

from __future__ import annotations

import base64
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit

from spro_agenda.errors import BadInput, NetworkError
from spro_agenda.i18n import _

AGENT = "spro-agenda"
_SCHEMES = {"http": "http", "https": "https", "webcal": "http", "webcals": "https"}
_MOVED = frozenset(
    {
        HTTPStatus.MOVED_PERMANENTLY,
        HTTPStatus.FOUND,
        HTTPStatus.SEE_OTHER,
        HTTPStatus.TEMPORARY_REDIRECT,
        HTTPStatus.PERMANENT_REDIRECT,
    }
)
_ABSENT = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_CHUNK = 65_536
_BEGINNING = b"BEGIN:VCALENDAR"
_URL_SAFE = "/%:=&?~+!$,;'@()*[]|"

Ip = IPv4Address | IPv6Address
IpRange = IPv4Network | IPv6Network
Lookup = Callable[[str, int], list[Any]]
"""A name and a port -> what `socket.getaddrinfo` gives."""

# IPv6 addresses that are another way of writing an IPv4 one, in their last 32 bits: RFC 6052, RFC 4291 section 2.5.5.1.
_WITH_IPV4 = (IPv6Network("64:ff9b::/96"), IPv6Network("::/96"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bytes of an answer, redirections followed, seconds without a word, and seconds for all of it."""

    largest: int = 50_000_000
    redirections: int = 5
    silence_s: float = 20
    total_s: float = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Where a fetch may lead: everywhere, or to the public internet and these ranges; never to `own`, the address that
    people find this very server at ("" where there is none)."""

    everywhere: bool = False
    private: tuple[IpRange, ...] = ()
    own: str = ""

    def allows(self, ip: Ip) -> bool:
        """Whether a machine may be connected to."""
        plain = ip.ipv4_mapped or ip if isinstance(ip, IPv6Address) else ip
        return self.everywhere or any(plain in each for each in self.private) or all(map(_is_public, _forms(plain)))

    def is_own(self, url: SplitResult) -> bool:
        """Whether an address is one of this very server's."""
        own = urlsplit(self.own)
        return bool(own.hostname) and _place(own) == _place(url) and (url.path or "/").startswith(own.path or "/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What tells whether an answer is still the one that was had before (RFC 9110 section 8.8); "" where unknown."""

    etag: str = ""
    last_modified: str = ""


NOTHING = Validators()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """The bytes of a calendar, and what to ask with the next time."""

    data: bytes
    validators: Validators


def ranges_of(text: str) -> tuple[IpRange, ...]:
    """Addresses and ranges of them, between spaces. Raises ValueError."""
    return tuple(ip_network(each) for each in text.replace(",", " ").split())


def is_calendar(data: bytes) -> bool:
    """Whether bytes begin as a calendar does."""
    return data.lstrip(b"\xef\xbb\xbf \r\n\t")[: len(_BEGINNING)].upper() == _BEGINNING


def _split(url: str, called: str) -> SplitResult:
    """An address of http or https, webcal being another word for these. Raises NetworkError."""
    try:
        split = urlsplit(url.strip())
        host, _port = split.hostname, split.port
    except ValueError:
        host, split = None, urlsplit("")
    if not host or split.scheme not in _SCHEMES:
        raise NetworkError(
            _(
                "« {url} » n'est pas l'adresse d'un agenda. Écrivez-la comme https://agenda.exemple.fr/agenda.ics"
            ).format(url=called)
        )
    return split._replace(scheme=_SCHEMES[split.scheme])


def _place(url: SplitResult) -> tuple[str, int]:
    return (url.hostname or "").rstrip("."), url.port or (443 if url.scheme == "https" else 80)


def _forms(ip: Ip) -> Iterator[Ip]:
    """An address, and those that an IPv6 one stands for."""
    yield ip
    if isinstance(ip, IPv6Address):
        inner = [ip.sixtofour, *(ip.teredo or ())]
        inner += [IPv4Address(int(ip) & 0xFFFFFFFF) for each in _WITH_IPV4 if ip in each]
        yield from (each for each in inner if each is not None)


def _is_public(ip: Ip) -> bool:
    return (ip.is_global and not ip.is_multicast and not ip.is_reserved) or ip in _WITH_IPV4[0]


def _looked_up(host: str, port: int) -> list[Any]:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetcher:
    """Fetches calendars, as far as it may go and for as long as it may take."""

    reach: Reach
    limits: Limits = Limits()
    lookup: Lookup = _looked_up

    def fetch(self, url: str, known: Validators = NOTHING, *, called: str = "") -> Fetched | None:
        """The calendar at an address; `None` where it is still what `known` says.

        `called` names the address in errors, where it is a secret. Raises NetworkError: no answer, or not in time, an
        error, a machine that may not be asked, or no calendar.
        """
        named = called or url
        return _Journey(self, named, known, time.monotonic() + self.limits.total_s).fetch(_split(url, named))


@dataclass(frozen=True, slots=True)
class _Journey:
    """One fetch, through all its redirections; `until` is when its time is over, by the monotonic clock."""

    fetcher: Fetcher
    called: str
    known: Validators
    until: float

    def fetch(self, url: SplitResult) -> Fetched | None:
        place = _place(url)
        for _hop in range(self.fetcher.limits.redirections + 1):
            self._check_not_own(url)
            with self._answer(url, with_password=_place(url) == place) as response:
                if response.status not in _MOVED:
                    return self._read(response)
                url = _split(urljoin(url.geturl(), response.getheader("Location") or ""), self.called)
        raise NetworkError(
            _("{url} : cette adresse renvoie à une autre, sans fin. Vérifiez-la auprès de qui la publie.").format(
                url=self.called
            )
        )

    def _check_not_own(self, url: SplitResult) -> None:
        if self.fetcher.reach.is_own(url):
            raise NetworkError(
                _("{url} : c'est une adresse de cet agenda lui-même. Donnez celle d'un agenda tenu ailleurs.").format(
                    url=self.called
                )
            )

    @contextmanager
    def _answer(self, url: SplitResult, *, with_password: bool) -> Iterator[http.client.HTTPResponse]:
        """The answer at one address. Within the block, what goes wrong is raised as NetworkError."""
        host, port = _place(url)
        is_late = threading.Event()
        try:
            with self._connected(host, port, is_late) as plain:
                sock = self._secured(plain, host) if url.scheme == "https" else plain
                # A server that says a word now and then is never silent, and would hold us for ever.
                timer = threading.Timer(max(self.until - time.monotonic(), 0), _cut, [sock, is_late])
                timer.daemon = True
                timer.start()
                try:
                    if isinstance(sock, ssl.SSLSocket):
                        sock.do_handshake()
                    with self._asked(sock, url, with_password=with_password) as response:
                        yield response
                    if is_late.is_set():
                        raise self._late()
                finally:
                    timer.cancel()
                    sock.close()
        except NetworkError as error:
            # What was cut off looks like something else.
            if is_late.is_set():
                raise self._late() from error
            raise
        except ssl.SSLCertVerificationError as error:
            raise NetworkError(
                _("{url} : le certificat de ce serveur n'est pas valable. Prévenez qui publie cet agenda.").format(
                    url=self.called
                )
            ) from error
        except (OSError, http.client.HTTPException) as error:
            raise self._late() if is_late.is_set() or isinstance(error, TimeoutError) else self._silent() from error

    @contextmanager
    def _connected(self, host: str, port: int, is_late: threading.Event) -> Iterator[socket.socket]:
        """A connection to a machine that may be asked; the next is tried where one does not answer. Raises OSError."""
        failure: OSError = OSError()
        for family, kind, protocol, _name, address in self._machines(host, port):
            sock = socket.socket(family, kind, protocol)
            try:
                sock.settimeout(self._patience(is_late))
                sock.connect(address)
            except OSError as error:
                sock.close()
                failure = error
                continue
            with sock:
                sock.settimeout(self._patience(is_late))
                yield sock
            return
        raise failure

    def _machines(self, host: str, port: int) -> list[Any]:
        """The machines that a name means and that may be asked, as `getaddrinfo` tells them. Raises OSError,
        NetworkError."""
        found = self._names_looked_up(host, port)
        allowed = [each for each in found if self.fetcher.reach.allows(ip_address(each[4][0]))]
        if found and not allowed:
            raise NetworkError(
                _(
                    "{url} : cette adresse mène à une machine d'un réseau interne ({ip}), où l'agenda ne va pas de "
                    "lui-même. Si c'est voulu, ajoutez {ip} à « harvest_private », section [storage] de config.ini."
                ).format(url=self.called, ip=found[0][4][0])
            )
        return allowed

    def _names_looked_up(self, host: str, port: int) -> list[Any]:
        """What a name means: the system's own patience has no bound that we could set."""
        found: list[list[Any]] = []
        failed: list[Exception] = []

        def look() -> None:
            try:
                found.append(self.fetcher.lookup(host, port))
            except (OSError, UnicodeError) as error:
                failed.append(error)

        thread = threading.Thread(target=look, daemon=True)
        thread.start()
        thread.join(max(self.until - time.monotonic(), 0))
        if failed:
            raise self._silent() from failed[0]
        if not found:
            raise self._late()
        return found[0]

    def _patience(self, is_late: threading.Event) -> float:
        left = self.until - time.monotonic()
        if left <= 0:
            is_late.set()
            raise TimeoutError
        return min(self.fetcher.limits.silence_s, left)

    def _secured(self, sock: socket.socket, host: str) -> ssl.SSLSocket:
        return ssl.create_default_context().wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)

    def _asked(self, sock: socket.socket, url: SplitResult, *, with_password: bool) -> http.client.HTTPResponse:
        kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        host, port = _place(url)
        connection = kind(host, port)
        connection.sock = sock
        headers = {"User-Agent": AGENT, "Accept": "text/calendar, */*;q=0.1", "Accept-Encoding": "identity"}
        if self.known.etag:
            headers["If-None-Match"] = self.known.etag
        if self.known.last_modified:
            headers["If-Modified-Since"] = self.known.last_modified
        if url.username is not None and with_password:
            secret = f"{unquote(url.username)}:{unquote(url.password or '')}".encode()
            headers["Authorization"] = f"Basic {base64.b64encode(secret).decode()}"
        target = quote(url.path or "/", safe=_URL_SAFE) + (f"?{quote(url.query, safe=_URL_SAFE)}" if url.query else "")
        connection.request("GET", target, headers={**headers, "Connection": "close"})
        return connection.getresponse()

    def _read(self, response: http.client.HTTPResponse) -> Fetched | None:
        """What an answer brings. Raises NetworkError, OSError, HTTPException."""
        if response.status == HTTPStatus.NOT_MODIFIED and self.known != NOTHING:
            return None
        if response.status != HTTPStatus.OK:
            raise self._refused(response.status)
        data = self._body(response)
        if not is_calendar(data):
            what = _("une page web") if b"<" in data[:200] else _("autre chose") if data else _("rien")
            raise NetworkError(
                _("{url} : la réponse n'est pas un agenda, mais {what}. Vérifiez l'adresse.").format(
                    url=self.called, what=what
                )
            )
        header = response.getheader
        return Fetched(
            data=data,
            validators=Validators(etag=header("ETag") or "", last_modified=header("Last-Modified") or ""),
        )

    def _body(self, response: http.client.HTTPResponse) -> bytes:
        read = bytearray()
        while chunk := response.read1(_CHUNK):
            read += chunk
            if len(read) > self.fetcher.limits.largest:
                raise NetworkError(
                    _("{url} : la réponse est trop grosse (plus de {most} Mo). Vérifiez l'adresse.").format(
                        url=self.called, most=max(self.fetcher.limits.largest // 1_000_000, 1)
                    )
                )
        return bytes(read)

    def _refused(self, status: int) -> NetworkError:
        if status in _ABSENT:
            return NetworkError(
                _(
                    "{url} : il n'y a pas d'agenda à cette adresse, ou il n'est pas public (erreur {status}). "
                    "Demandez la bonne adresse à qui le publie."
                ).format(url=self.called, status=int(status))
            )
        return NetworkError(
            _("{url} : le serveur est en panne (erreur {status}). Réessayez plus tard.").format(
                url=self.called, status=int(status)
            )
        )

    def _late(self) -> NetworkError:
        return NetworkError(
            _("{url} : le serveur est trop lent, et n'a pas répondu à temps. Réessayez plus tard.").format(
                url=self.called
            )
        )

    def _silent(self) -> NetworkError:
        return NetworkError(
            _("{url} : le serveur ne répond pas. Vérifiez l'adresse et votre connexion.").format(url=self.called)
        )


def _cut(sock: socket.socket, is_late: threading.Event) -> None:
    """End a connection on which another thread waits."""
    is_late.set()
    try:
        # Of the socket below TLS, whose own state belongs to the other thread.
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
    except OSError:
        return


def reach_of(private: str, own: str, option: str) -> Reach:
    """Where harvests may lead, by the options of the configuration. Raises BadInput."""
    try:
        return Reach(private=ranges_of(private), own=own)
    except ValueError as error:
        raise BadInput(
            _(
                "config.ini : « {option} = {given} » ne se lit pas. Écrivez des adresses ou des plages d'adresses, "
                "comme 10.1.2.3 192.168.4.0/24"
            ).format(option=option, given=private)
        ) from error
