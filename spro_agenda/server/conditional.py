"""What is answered to a client that has it already: 304 to GET and HEAD (RFC 9110 section 13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

KEPT = frozenset({"etag", "last-modified", "cache-control", "vary", "expires", "content-location", "date"})
"""The headers that a 304 repeats (RFC 9110 section 15.4.5)."""

_OBJECT = 2
"""Slashes within the address of an object: `marie/28/x.ics`."""

Headers = Sequence[tuple[str, str]]


def is_known(environ: Mapping[str, Any], headers: Headers, *, differs: bool = False) -> bool:
    """Whether the client has what these headers describe. An entity tag says more than a date (section 13.2.2).

    What `differs` from person to person has one date for both views: who has become a coordinator holds « Occupé ».
    """
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
        return False
    given = {name.lower(): value for name, value in headers}
    if "HTTP_IF_NONE_MATCH" in environ:
        return "etag" in given and names(environ["HTTP_IF_NONE_MATCH"], given["etag"])
    if differs or environ["PATH_INFO"].strip("/").count("/") < _OBJECT:
        # A calendar's name may change without its date.
        return False
    since = _moment(environ.get("HTTP_IF_MODIFIED_SINCE", ""))
    modified = _moment(given.get("last-modified", ""))
    return since is not None and modified is not None and modified <= since


def of_304(headers: Headers) -> list[tuple[str, str]]:
    """The headers of a 304 in place of an answer with these."""
    return [(name, value) for name, value in headers if name.lower() in KEPT]


def names(condition: str, etag: str) -> bool:
    """Whether an If-None-Match names an entity tag, weak or strong (section 13.1.2)."""
    named = {each.strip().removeprefix("W/") for each in condition.split(",")}
    return "*" in named or etag.removeprefix("W/") in named


def _moment(text: str) -> datetime | None:
    """A date of HTTP; `None` for what is none, which is as if it had not been sent (section 13.1.3)."""
    if not text.endswith("GMT"):
        return None
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else None
