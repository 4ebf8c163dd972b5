"""Rows of a multistatus (RFC 4918 section 13) that are written here: a listing has thousands.

Radicale makes elements of each row and asks rights and names of each anew, at 0.1 ms a row and more. It still answers
everything else of a request: who may ask, the calendar's own properties, the token, and what is missing. The storage
keeps the rows back for us, and they are put in at the end of Radicale's answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from urllib.parse import quote
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

from spro_agenda.request import Listing, Row
from spro_agenda.server.names import (
    CALDAV,
    DATA,
    DAV,
    ETAG,
    MODIFIED,
    MULTIGET,
    PROP,
    PROPFIND,
    QUERY,
    RESOURCE,
    SYNC,
    TYPE,
)

_OF_MEMBERS = frozenset({ETAG, TYPE, MODIFIED, RESOURCE})
_OF_REPORTS = frozenset({ETAG, TYPE, DATA})
"""What is told of an object, in a PROPFIND and in a REPORT: of anything else the latter says that there is none, as
Radicale does."""

_RESERVED = ("{http://www.w3.org/XML/1998/namespace}", "{http://www.w3.org/2000/xmlns/}")
"""Namespaces that no element may declare anew (Namespaces in XML, section 3)."""

_REPORTS = frozenset({QUERY, MULTIGET, SYNC})

_ROOT, _END = b'<multistatus xmlns="DAV:"', b"</multistatus>"
_OK, _NOT_FOUND = "HTTP/1.1 200 OK", "HTTP/1.1 404 Not Found"

Write = Callable[[Row], str]
"""A property of a row, as XML."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a request wants of each object: properties as `{namespace}name`, of which those `told` are held.

    `named` is whether it names the objects, rather than filters them.
    """

    names: tuple[str, ...]
    told: frozenset[str]
    named: bool

    def listing(self) -> Listing:
        """What the storage tells the objects to."""
        return Listing(texts=DATA in self.names, named=self.named)


def wanted(root: ET.Element | None) -> Wanted | None:
    """What a PROPFIND or REPORT wants; `None` where Radicale had better write the rows."""
    if root is None:
        return None
    prop, told = root.find(PROP), _OF_MEMBERS if root.tag == PROPFIND else _OF_REPORTS
    names = () if prop is None else tuple(each.tag for each in prop)
    if not names or not all(map(is_tellable, names)):
        return None
    ours = told.issuperset(names) if root.tag == PROPFIND else root.tag in _REPORTS
    return Wanted(names=names, told=told, named=root.tag != QUERY) if ours else None


def rows(found: Iterable[Row], asked: Wanted, prefix: str) -> str:
    """The rows of objects, each with the properties that are asked for. `prefix` is what a proxy puts before
    addresses."""
    held = [_PROPERTIES[name] for name in asked.names if name in asked.told]
    lacking = "".join(_empty(name) for name in asked.names if name not in asked.told)
    missing = _propstat(lacking, _NOT_FOUND) if lacking else ""
    # What is the same in each row is put together once: there are thousands.
    begun = f"<response><href>{quote(prefix)}"
    before, after = _propstat("\0", _OK).split("\0") if held else ("", "")
    before, after = f"</href>{before}", f"{after}{missing}</response>"
    return "".join(
        [f"{begun}{_quoted(row.path)}{before}{''.join([write(row) for write in held])}{after}" for row in found]
    )


def with_rows(answer: bytes, more: str) -> bytes:
    """A multistatus that Radicale wrote, with more rows."""
    head, root, rest = answer.partition(_ROOT)
    if not rest:
        raise RuntimeError("Radicale writes multistatus otherwise than its release 3.9 did")
    # An answer without a row is an empty element.
    begun = rest.removesuffix(_END) if rest.endswith(_END) else b">"
    return b"".join((head, root, begun, more.encode(), _END))


def readdressed(answer: bytes, asked: Mapping[str, tuple[str, ...]]) -> bytes:
    """An answer to a multiget under the addresses that were asked (RFC 4791 section 7.9), each of them told once."""

    def each(found: re.Match[str]) -> str:
        address, told = found.groups()
        return "".join(
            f"<response><href>{escape(href)}</href>{told}</response>" for href in asked.get(address, (address,))
        )

    return _RESPONSE.sub(each, answer.decode()).encode()


_RESPONSE = re.compile(r"<response><href>([^<]*)</href>(.*?)</response>", re.DOTALL)


def is_tellable(name: str) -> bool:
    """Whether a property of that name can be written, be it as one that is lacking."""
    return not name.startswith(_RESERVED)


def resource(address: str, names: Iterable[str], told: Mapping[str, str]) -> str:
    """A resource's row with the properties of these names: those `told`, as XML, and those that it lacks."""
    asked = list(dict.fromkeys(names))
    present = "".join(told[name] for name in asked if name in told)
    lacking = "".join(_empty(name) for name in asked if name not in told)
    found, missing = (present and _propstat(present, _OK)), (lacking and _propstat(lacking, _NOT_FOUND))
    return f"<response><href>{escape(quote(address))}</href>{found}{missing}</response>"


def cut(path: str) -> str:
    """The row that says that a synchronisation has not told all (RFC 6578 section 3.6). `path` is the request's, with
    what a proxy puts before it."""
    return (
        f"<response><href>{escape(quote(path))}</href><status>HTTP/1.1 507 Insufficient Storage</status>"
        "<error><number-of-matches-within-limits /></error></response>"
    )


def _quoted(path: str) -> str:
    """An address as XML has it; most have nothing to quote, and a look is cheaper."""
    return path if _PLAIN.fullmatch(path) else quote(path)


_PLAIN = re.compile(r"[A-Za-z0-9_.~/-]*")


def _propstat(props: str, status: str) -> str:
    return f"<propstat><prop>{props}</prop><status>{status}</status></propstat>"


def _empty(name: str) -> str:
    namespace, _brace, local = name.removeprefix("{").rpartition("}")
    return f"<{local} />" if namespace == DAV else f"<{local} xmlns={quoteattr(namespace)} />"


_PROPERTIES: Mapping[str, Write] = {
    ETAG: lambda row: f"<getetag>{row.etag}</getetag>",
    TYPE: lambda row: f"<getcontenttype>text/calendar;charset=utf-8;component={row.component}</getcontenttype>",
    MODIFIED: lambda row: f"<getlastmodified>{formatdate(row.modified, usegmt=True)}</getlastmodified>",
    RESOURCE: lambda _row: "<resourcetype />",
    DATA: lambda row: f'<C:calendar-data xmlns:C="{CALDAV}">{escape(row.text)}</C:calendar-data>',
}
