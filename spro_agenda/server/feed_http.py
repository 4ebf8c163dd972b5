"""A feed as HTTP gives it: 304 to who has it, packed to who takes that (RFC 9110). What can be is written before."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Any, NamedTuple

from spro_agenda.server.conditional import names

Headers = list[tuple[str, str]]

_ASK_ALWAYS = ("Cache-Control", "private, no-cache")
"""Whoever keeps it asks each time: what is put off is told at once, and a feed that is closed gives nothing."""


class HttpAnswer(NamedTuple):
    """What is answered: `status` is the code with its phrase."""

    code: int
    status: str
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """A feed as it is or packed: its tag, quoted, and the two answers to who asks for it so."""

    etag: str
    whole: HttpAnswer
    unchanged: HttpAnswer


@dataclass(frozen=True, slots=True)
class Rendered:
    """A feed as it is given until something changes; `modified` is in epoch seconds, `None` while nobody can say."""

    plain: Form
    packed: Form
    modified: int | None

    @classmethod
    def of(cls, body: bytes, modified: int | None, content_type: str) -> Rendered:
        """A feed of some bytes."""
        tag, kind = hashlib.sha256(body).hexdigest()[:32], ("Content-Type", content_type)
        packed, in_gzip = gzip.compress(body, 6, mtime=0), ("Content-Encoding", "gzip")
        return cls(
            plain=_form(body, f'"{tag}"', modified, kind),
            # Another tag: a strong one is of bytes (RFC 9110 section 8.8.3).
            packed=_form(packed, f'"{tag}-gzip"', modified, kind, in_gzip),
            modified=modified,
        )


def _form(body: bytes, etag: str, modified: int | None, *more: tuple[str, str]) -> Form:
    told = [
        ("ETag", etag),
        *([("Last-Modified", formatdate(modified, usegmt=True))] if modified is not None else []),
        _ASK_ALWAYS,
        ("Vary", "Accept-Encoding"),
    ]
    about = [*more, ("Content-Length", str(len(body)))]
    return Form(
        etag=etag,
        whole=_answer(HTTPStatus.OK, [*about, *told, ("X-Content-Type-Options", "nosniff")], body),
        unchanged=_answer(HTTPStatus.NOT_MODIFIED, told, b""),
    )


def answer_of(rendered: Rendered, environ: Mapping[str, Any]) -> HttpAnswer:
    """What a request for a feed is answered."""
    form = rendered.packed if _takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", "")) else rendered.plain
    return form.unchanged if _is_known(rendered, form, environ) else form.whole


def meanwhile(last: Rendered | None, environ: Mapping[str, Any], why: str) -> HttpAnswer:
    """What is said while the store is away. Thunderbird gives a feed up for good when a server fails: who has something
    keeps it, and whoever asks for what was given a moment ago gets that."""
    if "HTTP_IF_NONE_MATCH" in environ or "HTTP_IF_MODIFIED_SINCE" in environ:
        return _answer(HTTPStatus.NOT_MODIFIED, [_ASK_ALWAYS], b"")
    if last is not None:
        return answer_of(last, environ)
    return said(HTTPStatus.SERVICE_UNAVAILABLE, why, ("Retry-After", "60"))


def said(status: HTTPStatus, sentence: str, *more: tuple[str, str]) -> HttpAnswer:
    """A sentence for people, in place of a feed."""
    body = f"{sentence}\n".encode()
    about = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    return _answer(status, [*about, ("Cache-Control", "no-store"), *more], body)


def _answer(status: HTTPStatus, headers: Headers, body: bytes) -> HttpAnswer:
    return HttpAnswer(int(status), f"{int(status)} {status.phrase}", headers, body)


def _is_known(rendered: Rendered, form: Form, environ: Mapping[str, Any]) -> bool:
    """Whether a client has it, in whatever form (RFC 9110 section 13.2.2)."""
    condition = environ.get("HTTP_IF_NONE_MATCH")
    if condition is not None:
        if condition == form.etag:
            return True
        return names(condition, rendered.plain.etag) or names(condition, rendered.packed.etag)
    # The very date that was given: one of before, or of after, may be of another state, as of a backup.
    since = environ.get("HTTP_IF_MODIFIED_SINCE")
    return since is not None and rendered.modified is not None and since == formatdate(rendered.modified, usegmt=True)


@lru_cache(maxsize=200)
def _takes_gzip(accepted: str) -> bool:
    """Whether a client takes gzip (RFC 9110 section 12.5.3)."""
    for each in accepted.split(","):
        name, _semicolon, weight = each.partition(";")
        if name.strip().lower() in ("gzip", "*"):
            return weight.replace(" ", "").lower() not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
