"""A request for a page, as the pages look at it."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from typing import Any
from urllib.parse import parse_qsl, quote

from spro_agenda.address import PAGES, Address, address_of, is_prefix
from spro_agenda.server.guards import address_of as peer_of

_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_SERVER")
"""By which Radicale knows that a server stands in front."""

_MOST_FIELDS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a request came to: `path` is below `prefix`, under which the whole server may stand, and decoded."""

    prefix: str
    path: str

    @property
    def parts(self) -> tuple[str, ...] | None:
        """The names below `/.web/`; `None` for what is no page's address."""
        if self.path == PAGES.rstrip("/"):
            return ()
        if not self.path.startswith(PAGES):
            return None
        below = self.path.removeprefix(PAGES)
        return tuple(below.split("/")) if below else ()

    def link(self, *parts: str) -> str:
        """Another page, as a link on this server."""
        return self.prefix + PAGES + "/".join(quote(part, safe="@") for part in parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """`address` is where people find the server, `peer` where the visitor is; `browses` is whether with a browser.
    `form` has what was sent in a form or asked in the address, each name once."""

    method: str
    place: Place
    address: Address
    peer: str
    agent: str
    browses: bool
    form: Mapping[str, str] = field(default_factory=dict, repr=False)

    def with_form(self, form: Mapping[str, str]) -> Visit:
        """The same, with the form of its body."""
        return replace(self, form=form)


def place_of(environ: Mapping[str, Any], script_name: str) -> Place | None:
    """Where a request came to, by the prefix that Radicale would take; `None` for a prefix that is none.

    `script_name` is the one that the configuration gives, which counts where a server stands in front.
    """
    if script_name and any(environ.get(name) for name in _FORWARDED):
        prefix = script_name
    else:
        prefix = str(environ.get("HTTP_X_SCRIPT_NAME", environ.get("SCRIPT_NAME", "")))
    prefix = prefix.rstrip("/")
    if not is_prefix(prefix):
        return None
    # WSGI gives bytes as latin-1 (PEP 3333).
    path = str(environ.get("PATH_INFO", "")).encode("latin-1").decode("utf-8", "replace")
    if prefix and (path + "/").startswith(prefix + "/"):
        path = path.removeprefix(prefix)
    return Place(prefix=prefix, path=path or "/")


def visit_of(environ: Mapping[str, Any], place: Place, public: Address | None, proxies: Container[str]) -> Visit:
    """A request, without the form of its body. Where no public address is configured, it is the one that the visitor
    came by."""
    return Visit(
        method=environ["REQUEST_METHOD"],
        place=place,
        address=public or _came_by(environ, place, proxies),
        peer=peer_of(environ, proxies),
        agent=environ.get("HTTP_USER_AGENT", ""),
        browses=browses(environ),
        form=form_of(environ.get("QUERY_STRING", "")),
    )


def browses(environ: Mapping[str, Any]) -> bool:
    """Whether a request is a browser's, which says that it takes pages."""
    return "text/html" in str(environ.get("HTTP_ACCEPT", ""))


def form_of(sent: str) -> Mapping[str, str]:
    """The fields of a form (`application/x-www-form-urlencoded`); none of one that has too many."""
    try:
        return dict(parse_qsl(sent, keep_blank_values=True, errors="replace", max_num_fields=_MOST_FIELDS))
    except ValueError:
        return {}


def form_in_parts(kind: str, body: bytes) -> Mapping[str, str]:
    """The fields of a form in parts (`multipart/form-data`, RFC 7578), by the header that names its kind; none of one
    that has too many."""
    message = message_from_bytes(b"Content-Type: " + kind.encode("latin-1", "replace") + b"\r\n\r\n" + body)
    parts = [part for part in message.walk() if not part.is_multipart()] if message.is_multipart() else []
    if len(parts) > _MOST_FIELDS:
        return {}
    return {
        str(part.get_param("name", "", "content-disposition")): _decoded(part.get_payload(decode=True))
        for part in parts
    }


def _decoded(payload: object) -> str:
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _came_by(environ: Mapping[str, Any], place: Place, proxies: Container[str]) -> Address:
    scheme, host = str(environ.get("wsgi.url_scheme", "http")), str(environ.get("HTTP_HOST", ""))
    if environ.get("REMOTE_ADDR") in proxies:
        scheme = environ.get("HTTP_X_FORWARDED_PROTO") or scheme
        host = environ.get("HTTP_X_FORWARDED_HOST") or host
    listening = f"http://{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    found = address_of(f"{scheme}://{host}{place.prefix}") or address_of(listening + place.prefix)
    return found or Address(scheme="http", host="localhost", port=80, prefix=place.prefix)
