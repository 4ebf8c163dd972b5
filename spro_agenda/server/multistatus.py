"""Rows of a multistatus (RFC 4918 section 13) that are written here: a listing has thousands.

Radicale makes elements of each row and asks rights and names of each anew, at 0.1 ms a row and more. It still answers
everything else of a request: who may ask, what a filter means, the calendar's own properties, the token, and what is
missing. The storage keeps the rows back for us, and they are put in at the end of Radicale's answer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from email.utils import formatdate
from urllib.parse import quote
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

from spro_agenda.request import Row

DAV, CALDAV = "DAV:", "urn:ietf:params:xml:ns:caldav"
DATA = f"{{{CALDAV}}}calendar-data"
_ETAG, _TYPE, _MODIFIED, _RESOURCE = (
    f"{{{DAV}}}{name}" for name in ("getetag", "getcontenttype", "getlastmodified", "resourcetype")
)
TOLD: Mapping[str, frozenset[str]] = {
    "PROPFIND": frozenset({_ETAG, _TYPE, _MODIFIED, _RESOURCE}),
    "REPORT": frozenset({_ETAG, _TYPE, DATA}),
}
"""What is told of an object, by method: of anything else a REPORT says that there is none, as Radicale does."""

_RESERVED = ("{http://www.w3.org/XML/1998/namespace}", "{http://www.w3.org/2000/xmlns/}")
"""Namespaces that no element may declare anew (Namespaces in XML, section 3)."""

_QUERY = f"{{{CALDAV}}}calendar-query"
_REPORTS = frozenset({_QUERY, f"{{{CALDAV}}}calendar-multiget", f"{{{DAV}}}sync-collection"})

_ROOT, _END = '<multistatus xmlns="DAV:"', b"</multistatus>"
_OK, _NOT_FOUND = "HTTP/1.1 200 OK", "HTTP/1.1 404 Not Found"

Write = Callable[[Row], str]
"""A property of a row, as XML."""


def asked(method: str, body: bytes) -> tuple[str, ...] | None:
    """The properties that a PROPFIND or REPORT wants of each object, as `{namespace}name`; `None` where Radicale had
    better write the rows."""
    try:
        root = ET.fromstring(body)
    except ET.ParseError:
        return None
    prop = root.find(f"{{{DAV}}}prop")
    if prop is None or len(prop) == 0:
        return None
    names = tuple(each.tag for each in prop)
    if method == "PROPFIND":
        return names if root.tag == f"{{{DAV}}}propfind" and set(names) <= TOLD[method] else None
    if any(name.startswith(_RESERVED) for name in names):
        return None
    # What a multiget or a synchronisation does with a filter is Radicale's to say.
    filtered = root.find(f"{{{CALDAV}}}filter") is not None
    return names if root.tag in _REPORTS and filtered == (root.tag == _QUERY) else None


def names_objects(body: bytes) -> bool:
    """Whether a request that `asked` can read names the objects that it wants, rather than filters them."""
    return ET.fromstring(body).tag != _QUERY


def rows(found: Iterable[Row], names: Sequence[str], told: Collection[str], prefix: str) -> str:
    """The rows of objects, each with the properties of these names, of which those `told` are held.

    `prefix` is what a proxy puts before addresses.
    """
    held = [_PROPERTIES[name] for name in names if name in told]
    lacking = "".join(_empty(name) for name in names if name not in told)
    missing = _propstat(lacking, _NOT_FOUND) if lacking else ""
    base = quote(prefix)
    written = []
    for row in found:
        present = _propstat("".join([write(row) for write in held]), _OK) if held else ""
        written.append(f"<response><href>{base}{quote(row.path)}</href>{present}{missing}</response>")
    return "".join(written)


def with_rows(answer: bytes, more: str) -> bytes:
    """A multistatus that Radicale wrote, with more rows."""
    head, _root, rest = answer.partition(_ROOT.encode())
    if not rest:
        raise RuntimeError("Radicale writes multistatus otherwise than its release 3.9 did")
    more_bytes = more.encode()
    if rest.endswith(_END):
        return b"".join((head, _ROOT.encode(), rest[: -len(_END)], more_bytes, _END))
    # An answer without a row is an empty element.
    return b"".join((head, _ROOT.encode(), b">", more_bytes, _END))


def _propstat(props: str, status: str) -> str:
    return f"<propstat><prop>{props}</prop><status>{status}</status></propstat>"


def _empty(name: str) -> str:
    namespace, _brace, local = name.removeprefix("{").rpartition("}")
    return f"<{local} />" if namespace == DAV else f"<{local} xmlns={quoteattr(namespace)} />"


_PROPERTIES: Mapping[str, Write] = {
    _ETAG: lambda row: f"<getetag>{row.etag}</getetag>",
    _TYPE: lambda row: f"<getcontenttype>text/calendar;charset=utf-8;component={row.component}</getcontenttype>",
    _MODIFIED: lambda row: f"<getlastmodified>{formatdate(row.modified, usegmt=True)}</getlastmodified>",
    _RESOURCE: lambda _row: "<resourcetype />",
    DATA: lambda row: f'<C:calendar-data xmlns:C="{CALDAV}">{escape(row.text)}</C:calendar-data>',
}
