"""What must not reach Radicale as it came: one request of these would stop a worker, or end in a bare 500."""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Container, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.parsers import expat

DEEPEST_XML = 100
"""Elements within elements: clients nest fewer than ten, and a tree of 200,000 overflows the process's stack."""


def tidy(environ: dict[str, Any]) -> None:
    """Put a request's address and headers as Radicale reads them.

    It takes the path for UTF-8 where WSGI gives bytes as latin-1 (PEP 3333); stumbles over a charset that Python does
    not know (bodies are UTF-8 whatever it says: RFC 5545 section 3.1.4), and over credentials that are none, whose
    sender is then anonymous.
    """
    environ["PATH_INFO"] = environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace")
    if environ.get("CONTENT_TYPE"):
        kind = environ["CONTENT_TYPE"].partition(";")[0].strip()
        environ["CONTENT_TYPE"] = kind if "charset=" not in kind else ""
    if _is_malformed(environ.get("HTTP_AUTHORIZATION", "")):
        del environ["HTTP_AUTHORIZATION"]


def address_of(environ: Mapping[str, Any], proxies: Container[str]) -> str:
    """Where a client is. A proxy of ours says it at the end of X-Forwarded-For; what stands before, anybody may say."""
    peer = str(environ.get("REMOTE_ADDR", ""))
    told = str(environ.get("HTTP_X_FORWARDED_FOR", "")).rpartition(",")[2].strip()
    return told if told and peer in proxies else peer


def claimed(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """An answer's headers, saying what is done: nothing can be locked (class 2) or posted, and there is no address
    book."""
    return [(name, _CLAIMED.get(name, value)) for name, value in headers]


ALLOWED = "DELETE, GET, HEAD, MKCALENDAR, MKCOL, MOVE, OPTIONS, PROPFIND, PROPPATCH, PUT, REPORT"
_CLAIMED = {"DAV": "1, 3, calendar-access, extended-mkcol", "Allow": ALLOWED}


def is_known_method(environ: Mapping[str, Any]) -> bool:
    """Whether the method may be one of ours. Radicale takes `put` for PUT, where RFC 9110 section 9.1 does not: past
    the guards that know it by its name."""
    return str(environ["REQUEST_METHOD"]).isupper()


def _is_malformed(authorization: str) -> bool:
    if not authorization.startswith("Basic"):
        return False
    try:
        return b":" not in base64.b64decode(authorization.removeprefix("Basic").strip().encode("ascii"))
    except ValueError:
        return True


def is_hostile(environ: Mapping[str, Any]) -> bool:
    """Whether a MOVE names a place that is no address, or that Radicale would read as another.

    It leaves control characters out, and cuts an address at a `#`, `?` or `;` even where they are percent-encoded.
    """
    named = unquote(environ.get("HTTP_DESTINATION", ""))
    try:
        # Read, a port may turn out to be none.
        urlsplit(named).port  # noqa: B018
    except ValueError:
        return True
    return not _CUTTING.isdisjoint(named) or any(unicodedata.category(each) == "Cc" for each in named)


_CUTTING = frozenset("#?;")


class _Dangerous(Exception):
    """An XML text that is too deep, or defines entities (RFC 4918 section 20.6)."""


SPEAKING_XML = frozenset({"PROPFIND", "PROPPATCH", "REPORT", "MKCALENDAR", "MKCOL"})


def is_sound_xml(body: bytes) -> bool:
    """Whether a body is XML that a parser can be given.

    Radicale's parser reads a text that it has decoded itself: what this one cannot read, that one might, and never come
    back from.
    """
    depth = 0

    def start(_name: str, _attributes: object) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST_XML:
            raise _Dangerous

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def doctype(*_declared: object) -> None:
        raise _Dangerous

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler, parser.StartDoctypeDeclHandler = start, end, doctype
    try:
        parser.Parse(body, True)
    except (_Dangerous, expat.ExpatError, LookupError, ValueError):
        # The last two: an encoding that is unknown, or that expat does not read.
        return False
    return True
