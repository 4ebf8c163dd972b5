"""Mail: an SMTP server, which Radicale's own options of [hook] name, and letters sent through it."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, localtime, make_msgid
from pathlib import Path

from spro_agenda.errors import BadInput, NetworkError, reason
from spro_agenda.i18n import _
from spro_agenda.instance import CONFIG, Configuration, one_of, secret_in

TIMEOUT_S = 30
NAME = _("Agenda SPRO")
"""Whom letters are from."""

_STARTTLS, _TLS = "starttls", "tls"
_SECURITIES = ("none", _STARTTLS, _TLS)
_VERIFY = {"NONE": ssl.CERT_NONE, "OPTIONAL": ssl.CERT_OPTIONAL, "REQUIRED": ssl.CERT_REQUIRED}


class MailNotSent(NetworkError):
    """The mail server does not answer, or does not take the letter."""


class LetterRefused(MailNotSent):
    """The mail server does not want this letter, or whom it is for; it may well take others. `for_good` is whether it
    never will."""

    def __init__(self, sentence: str, *, for_good: bool) -> None:
        super().__init__(sentence)
        self.for_good = for_good


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that goes with a letter: an event's text."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is sent to one person: the same in text and in HTML. `unsubscribe` is the address of a page that sees to it
    that no such letter comes any more, "" where there is none; `answers` the Message-ID of the letter that it answers,
    "" where it answers none."""

    to: str
    subject: str
    text: str
    html: str
    unsubscribe: str = ""
    attachments: tuple[Attachment, ...] = ()
    answers: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """An SMTP server. `security` is `none`, `starttls` or `tls`; `verify` is how its certificate is looked at;
    `username` is "" where it asks for none; `sender` is the address that letters are from."""

    host: str
    port: int
    security: str
    verify: ssl.VerifyMode
    username: str
    password: str = field(repr=False)
    sender: str

    def send(self, letter: Letter) -> None:
        """Send a letter. Raises MailNotSent (LetterRefused where that is about this letter alone); its sentence never
        has the password."""
        message = _message(letter, self.sender)
        try:
            with self._connected() as smtp:
                if self.username:
                    smtp.login(self.username, self.password)
                smtp.send_message(message, self.sender, [letter.to])
        except OSError as error:
            # Of which all of smtplib's and ssl's errors are.
            code = _refusal(error)
            if code is not None:
                raise LetterRefused(self._why_not(error), for_good=code >= 500) from error
            raise MailNotSent(self._why_not(error)) from error

    def _why_not(self, error: OSError) -> str:
        match error:
            case smtplib.SMTPAuthenticationError():
                said = _(
                    "{place} refuse l'identifiant « {user} » ou son mot de passe. Corrigez smtp_username et "
                    "smtp_password_file dans {file}."
                )
            case smtplib.SMTPRecipientsRefused():
                said = _("{place} ne veut pas du destinataire ({detail}). Vérifiez son adresse électronique.")
            case smtplib.SMTPResponseException():
                said = _("{place} n'a pas pris le courriel ({detail}). Voyez from_email dans {file}.")
            case smtplib.SMTPException() | ssl.SSLError():
                said = _(
                    "{place} ne chiffre pas, ne prouve pas qui il est ou n'identifie pas comme il est demandé. Voyez "
                    "smtp_server, smtp_port, smtp_security et smtp_username dans {file}."
                )
            case _other:
                said = _("{place} ne répond pas ({detail}). Vérifiez smtp_server et smtp_port dans {file}.")
        return said.format(place=self._place, user=self.username, detail=_detail(error), file=CONFIG)

    @property
    def _place(self) -> str:
        return _("Le serveur de courrier {host}:{port}").format(host=self.host, port=self.port)

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        context.check_hostname = self.verify is ssl.CERT_REQUIRED
        context.verify_mode = self.verify
        if self.security == _TLS:
            return smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_S, context=context)
        smtp = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_S)
        if self.security == _STARTTLS:
            try:
                smtp.starttls(context=context)
            except BaseException:
                smtp.close()
                raise
        return smtp


def mail_server(configuration: Configuration, home: Path) -> MailServer | None:
    """The server that the section [hook] names; `None` where it names none. A password's file is one of the instance's
    folder `home`, unless its path says otherwise. Raises BadInput."""
    given = {name: str(configuration.get("hook", name)).strip() for name in _OPTIONS}
    if not given["smtp_server"]:
        return None
    if "@" not in given["from_email"]:
        raise BadInput(
            _(
                "{file} : « from_email » doit être l'adresse dont les courriels partent, par exemple "
                "agenda@exemple.fr. Indiquez-la à côté de smtp_server."
            ).format(file=CONFIG)
        )
    password = (
        secret_in(home / given["smtp_password_file"], "smtp_password_file")
        if given["smtp_password_file"]
        else given["smtp_password"]
    )
    if not (given["smtp_username"] + password).isascii():
        # smtplib encodes them so; mail servers do not agree on anything else.
        raise BadInput(
            _(
                "{file} : l'identifiant et le mot de passe du serveur de courrier s'écrivent sans accents. "
                "Choisissez-en d'autres chez lui."
            ).format(file=CONFIG)
        )
    return MailServer(
        host=given["smtp_server"],
        port=int(given["smtp_port"]),
        security=one_of(_SECURITIES, "smtp_security", given["smtp_security"].lower() or "none"),
        verify=_VERIFY[one_of(tuple(_VERIFY), "smtp_ssl_verify_mode", given["smtp_ssl_verify_mode"].upper())],
        username=given["smtp_username"],
        password=password,
        sender=given["from_email"],
    )


_OPTIONS = (
    "smtp_server",
    "smtp_port",
    "smtp_security",
    "smtp_ssl_verify_mode",
    "smtp_username",
    "smtp_password",
    "smtp_password_file",
    "from_email",
)


def _message(letter: Letter, sender: str) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    try:
        message["From"] = Address(NAME, addr_spec=sender)
        message["To"] = Address(addr_spec=letter.to)
    except (ValueError, IndexError, HeaderParseError) as error:
        raise LetterRefused(
            _("« {to} » ou « {sender} » n'est pas une adresse électronique. Corrigez-la.").format(
                to=letter.to, sender=sender
            ),
            for_good=True,
        ) from error
    # What people typed may be of several lines, which no header is (RFC 5322 section 2.2).
    message["Subject"] = " ".join(letter.subject.splitlines())
    message["Date"] = format_datetime(localtime())
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    message["Content-Language"] = "fr"
    # Nobody's "I am away" answers it (RFC 3834 section 5).
    message["Auto-Submitted"] = "auto-replied" if letter.answers else "auto-generated"
    if letter.answers:
        message["In-Reply-To"] = message["References"] = letter.answers
    if letter.unsubscribe:
        message["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        if letter.unsubscribe.startswith("https:"):
            # One click, without a page: RFC 8058, which wants it so.
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    for each in letter.attachments:
        # As a file to be opened: as text/calendar, mail programs would take it for an invitation.
        message.add_attachment(each.content, maintype="application", subtype="ics", filename=each.name)
    return message


def _refusal(error: OSError) -> int | None:
    """The code with which a server refused its receiver or its content (RFC 5321 section 4.2.1); `None` where it did
    not come to that."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return min((code for code, _text in error.recipients.values()), default=None)
    return error.smtp_code if isinstance(error, smtplib.SMTPDataError) else None


def _detail(error: OSError) -> str:
    """What a mail server answered, in one line; or why there was no answer."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(_told(*answer) for answer in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return _told(error.smtp_code, error.smtp_error)
    return _("il n'y a pas eu de réponse à temps") if isinstance(error, TimeoutError) else reason(error)


def _told(code: int, text: bytes | str) -> str:
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return " ".join([str(code), *said.split()])
