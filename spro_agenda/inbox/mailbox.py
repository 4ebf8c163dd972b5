"""A mailbox on an IMAP server: its new letters, read without a trace, and those that were handled put aside."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError, LoginError

from spro_agenda.errors import BadInput, NetworkError, WrongPassword, reason
from spro_agenda.i18n import _
from spro_agenda.instance import CONFIG, Configuration, one_of, option, secret_in
from spro_agenda.store import Position

TIMEOUT_S = 30
LARGEST = 10_000_000
"""Bytes of a letter that are read. An invitation has some thousands."""
MOST_HEADERS = 200_000
MOST_LETTERS = 500
"""Letters that are read at once; the next run goes on."""

_SECURITIES = ("none", "starttls", "tls")
_VERIFY = {"NONE": ssl.CERT_NONE, "OPTIONAL": ssl.CERT_OPTIONAL, "REQUIRED": ssl.CERT_REQUIRED}
_AWAY = "[UNAVAILABLE]"
"""What a server says that cannot tell now whether a password is right (RFC 5530 section 3)."""
_WHOLE, _HEADERS = f"BODY.PEEK[]<0.{LARGEST}>", f"BODY.PEEK[HEADER]<0.{MOST_HEADERS}>"


class MailboxAway(NetworkError):
    """The mail server does not answer, or not as one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """A letter as it stands in a mailbox: all of it, or of one that is too big its headers."""

    uid: int
    data: bytes = field(repr=False)
    is_whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """A folder of an IMAP server. `security` is `none`, `starttls` or `tls`; `verify` is how its certificate is looked
    at; `handled` is the folder to which letters go once they are handled, "" to leave them where they are."""

    host: str
    port: int
    security: str
    verify: ssl.VerifyMode
    username: str
    password: str = field(repr=False)
    folder: str
    handled: str

    @property
    def place(self) -> str:
        """What the mailbox goes by."""
        return f"{self.username}@{self.host}:{self.port}/{self.folder}"

    @contextmanager
    def opened(self, *, readonly: bool = False) -> Iterator[Opened]:
        """Within the block, the folder. Raises MailboxAway, WrongPassword; their sentences never have the password."""
        client = self._connected()
        try:
            with self._told():
                self._log_in(client)
                found = client.select_folder(self.folder, readonly=readonly)
            yield Opened(self, client, int(found.get(b"UIDVALIDITY", 0)))
        finally:
            _hang_up(client)

    def _connected(self) -> IMAPClient:
        context = ssl.create_default_context()
        context.check_hostname = self.verify is ssl.CERT_REQUIRED
        context.verify_mode = self.verify
        with self._told():
            client = IMAPClient(
                self.host, self.port, ssl=self.security == "tls", ssl_context=context, timeout=TIMEOUT_S
            )
            if self.security == "starttls":
                try:
                    client.starttls(context)
                except BaseException:
                    _hang_up(client)
                    raise
        return client

    def _log_in(self, client: IMAPClient) -> None:
        try:
            client.login(self.username, self.password)
        except LoginError as error:
            if _AWAY in str(error):
                raise
            raise WrongPassword(
                _(
                    "{place} refuse l'identifiant « {user} » ou son mot de passe. Corrigez inbox_username et "
                    "inbox_password_file dans {file}."
                ).format(place=self._where, user=self.username, file=CONFIG)
            ) from error

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (IMAPClientError, OSError) as error:
            raise MailboxAway(self._why_not(error)) from error

    def _why_not(self, error: Exception) -> str:
        match error:
            case ssl.SSLError():
                said = _(
                    "{place} ne chiffre pas, ou ne prouve pas qui elle est. Voyez inbox_server, inbox_port et "
                    "inbox_security dans {file}."
                )
            case OSError():
                said = _("{place} ne répond pas ({detail}). Vérifiez inbox_server et inbox_port dans {file}.")
            case _other:
                said = _(
                    "{place} ne répond pas comme il faut ({detail}). Vérifiez inbox_security et inbox_folder dans "
                    "{file}."
                )
        return said.format(place=self._where, detail=_detail(error), file=CONFIG)

    @property
    def _where(self) -> str:
        return _("La boîte aux lettres {host}:{port}").format(host=self.host, port=self.port)


@dataclass(frozen=True, slots=True)
class Opened:
    """A folder that is open; `validity` is how its messages are counted."""

    mailbox: Mailbox
    client: IMAPClient
    validity: int

    def after(self, position: Position) -> Iterator[Raw]:
        """The letters that came since a position, the first first, so many at most. Raises MailboxAway."""
        last = position.last_uid if position.validity == self.validity else 0
        with self.mailbox._told():
            # A range whose end is below its beginning is read backwards (RFC 3501 section 9): one that is known comes.
            found = sorted(uid for uid in self.client.search(["UID", f"{last + 1}:*"]) if uid > last)
        for uid in found[:MOST_LETTERS]:
            with self.mailbox._told():
                raw = self._letter(uid)
            if raw is not None:
                yield raw

    def put_aside(self, uids: Sequence[int]) -> None:
        """Mark letters as read, and move them where that is wished. Raises MailboxAway."""
        if not uids:
            return
        with self.mailbox._told():
            self.client.add_flags(uids, [b"\\Seen"], silent=True)
            if self.mailbox.handled:
                self._move(uids)

    def _move(self, uids: Sequence[int]) -> None:
        folder = self.mailbox.handled
        if not self.client.folder_exists(folder):
            self.client.create_folder(folder)
        if self.client.has_capability("MOVE"):
            self.client.move(uids, folder)
        else:
            # Others may have deleted letters of their own here, which are theirs to expunge.
            self.client.copy(uids, folder)
            self.client.add_flags(uids, [b"\\Deleted"], silent=True)

    def _letter(self, uid: int) -> Raw | None:
        """A letter; `None` where somebody took it away meanwhile."""
        size = self.client.fetch([uid], ["RFC822.SIZE"]).get(uid, {}).get(b"RFC822.SIZE")
        if size is None:
            return None
        is_whole = int(size) <= LARGEST
        answer: dict[bytes, Any] = self.client.fetch([uid], [_WHOLE if is_whole else _HEADERS]).get(uid, {})
        data = next((value for name, value in answer.items() if name.startswith(b"BODY[")), None)
        return None if data is None else Raw(uid=uid, data=bytes(data), is_whole=is_whole)


def mailbox_of(configuration: Configuration, home: Path) -> Mailbox | None:
    """The mailbox that the section [web] names; `None` where it names none. Raises BadInput."""
    host = option(configuration, "web", "inbox_server", "")
    if not host:
        return None
    username = option(configuration, "web", "inbox_username", "")
    file = option(configuration, "web", "inbox_password_file", "")
    if not username or not file:
        raise BadInput(
            _(
                "{file} : « inbox_server » veut aussi inbox_username et inbox_password_file. Indiquez-les, dans la "
                "section [web]."
            ).format(file=CONFIG)
        )
    password = secret_in(home / file, "inbox_password_file")
    if not (username + password).isascii():
        # imaplib encodes them so.
        raise BadInput(
            _(
                "{file} : l'identifiant et le mot de passe de la boîte aux lettres s'écrivent sans accents. "
                "Choisissez-en d'autres chez elle."
            ).format(file=CONFIG)
        )
    return Mailbox(
        host=host,
        port=_port(option(configuration, "web", "inbox_port", "993")),
        security=one_of(_SECURITIES, "inbox_security", option(configuration, "web", "inbox_security", "tls").lower()),
        verify=_VERIFY[
            one_of(
                tuple(_VERIFY),
                "inbox_ssl_verify_mode",
                option(configuration, "web", "inbox_ssl_verify_mode", "REQUIRED").upper() or "REQUIRED",
            )
        ],
        username=username,
        password=password,
        folder=option(configuration, "web", "inbox_folder", "INBOX") or "INBOX",
        handled=option(configuration, "web", "inbox_handled_folder", ""),
    )


def _hang_up(client: IMAPClient) -> None:
    """Without a word: a server that hangs is not waited for again, and one that is gone has hung up itself."""
    with suppress(OSError, IMAPClientError):
        client.shutdown()


def _port(given: str) -> int:
    if not (given.isascii() and given.isdigit() and 0 < int(given) < 65536):
        raise BadInput(
            _("{file} : « inbox_port = {given} » n'est pas un port. Écrivez 993 ou 143.").format(
                file=CONFIG, given=given
            )
        )
    return int(given)


def _detail(error: Exception) -> str:
    """Why there was no answer, or what the server said, in one line that drives no terminal."""
    if isinstance(error, TimeoutError):
        return _("il n'y a pas eu de réponse à temps")
    if isinstance(error, OSError):
        return reason(error)
    said = " ".join(str(error).split())
    return "".join(character if character.isprintable() else "\ufffd" for character in said)[:200]
