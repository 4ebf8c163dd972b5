"""What the pages answer, and the headers that keep a browser from doing more with it than showing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from spro_agenda.templates import templates_of

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_WITH_SCRIPT = f"{_POLICY}; script-src 'self'"

_ALWAYS = {
    "Content-Security-Policy": _POLICY,
    # The address of an invitation is its secret.
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer; `headers` are those besides the ones that every answer has."""

    body: bytes
    content_type: str
    status: HTTPStatus = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=dict)

    def all_headers(self) -> list[tuple[str, str]]:
        described = {"Content-Type": self.content_type, "Content-Length": str(len(self.body))}
        return list({**_ALWAYS, **described, **self.headers}.items())


def page(
    template: str, told: Mapping[str, Any], *, status: HTTPStatus = HTTPStatus.OK, scripted: bool = False
) -> Reply:
    """A page of HTML; `scripted` where a file of ours may run on it."""
    text = templates_of("spro_agenda.server.pages").get_template(template).render(told)
    return Reply(
        body=text.encode(),
        content_type="text/html; charset=utf-8",
        status=status,
        headers={"Content-Security-Policy": _WITH_SCRIPT} if scripted else {},
    )


def plain(text: str) -> Reply:
    """A plain text, for machines."""
    return Reply(body=text.encode(), content_type="text/plain; charset=utf-8")


def redirect(link: str) -> Reply:
    """Another page, to be fetched by GET (RFC 9110 section 15.4.4)."""
    return Reply(
        body=b"", content_type="text/plain; charset=utf-8", status=HTTPStatus.SEE_OTHER, headers={"Location": link}
    )
