"""A real SMTP server on a loopback port, which keeps the letters that it takes."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from serving import free_port

USER, SECRET = "agenda", "secret de la poste"


@dataclass
class Postbox:
    """Letters taken; `refused` are addresses of which it wants to know nothing."""

    port: int
    refused: frozenset[str]
    letters: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, *_options: Any
    ) -> str:
        if address in self.refused:
            return "550 5.1.1 No such user here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        letter = message_from_bytes(envelope.original_content or b"", policy=default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        self.recipients.append(list(envelope.rcpt_tos))
        return "250 OK"


@contextmanager
def postbox(
    *,
    tls: Path | None = None,
    login: bool = False,
    refused: frozenset[str] = frozenset(),
    kind: type[Postbox] = Postbox,
) -> Iterator[Postbox]:
    """Within the block, a server; with STARTTLS where a folder for its certificate's authority is given, and USER's
    SECRET where a login is wanted; of another kind where one is given."""
    box = kind(free_port(), refused)
    settings: dict[str, Any] = {}
    if tls is not None:
        settings |= {"tls_context": _context(tls), "require_starttls": True}
    if login:
        settings |= {"authenticator": _is_agenda, "auth_required": True, "auth_require_tls": tls is not None}
    controller = Controller(box, hostname="127.0.0.1", port=box.port, **settings)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


def _context(folder: Path) -> ssl.SSLContext:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(folder / "authority.pem")
    return context


def _is_agenda(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: object) -> AuthResult:
    right = isinstance(given, LoginPassword) and (given.login, given.password) == (USER.encode(), SECRET.encode())
    return AuthResult(success=right, handled=False)
