"""One mail -> a frozen record of what an agenda needs of it. What it asks for is read elsewhere."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.errors import InvalidHeaderDefect, NonPrintableDefect
from email.headerregistry import AddressHeader
from email.message import EmailMessage
from email.policy import default

from spro_agenda.errors import BadInput
from spro_agenda.i18n import _

MOST_CALENDARS = 20
"""Calendars in one letter: Google sends the same one twice, some people attach five."""

_ADDRESSED = ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")
_CALENDAR_TYPES = frozenset({"text/calendar", "application/ics", "text/x-vcalendar"})
_TNEF_TYPES = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_AUTOMATIC_PRECEDENCE = frozenset({"bulk", "junk", "list", "auto_reply"})
_UNREADABLE = (AttributeError, IndexError, LookupError, TypeError, ValueError)
"""What Python's own reading of headers and bodies raises on those that no program should write."""
_TRICKS = (InvalidHeaderDefect, NonPrintableDefect)
"""What is wrong with an address field of which two readers may take two addresses."""
_BYTES_OF_WIDE = ("utf-16", "utf-32", "utf16", "utf32", "ucs")
_SPACES = re.compile(r"\s+")


class BadLetter(BadInput):
    """A mail that cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A calendar in a letter: its text in UTF-8, and the method that its Content-Type says, in capitals, "" for none
    (RFC 6047 section 2.4)."""

    text: bytes = field(repr=False)
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail. Addresses are in small letters.

    `sender` is "" where the letter does not say plainly who it is from. `results` are the values of its
    Authentication-Results headers, the topmost first. `is_automatic`: a machine wrote it, and is answered nothing.
    `is_whole` is whether its body was read. `identity` is a hash that another copy of the letter has too.
    """

    identity: str
    message_id: str
    sender: str
    recipients: frozenset[str]
    subject: str
    results: tuple[str, ...]
    is_automatic: bool
    is_whole: bool
    calendars: tuple[Attached, ...]
    has_tnef: bool


def read_letter(data: bytes, *, is_whole: bool = True) -> Letter:
    """Read a mail, or no more than its headers. Raises BadLetter."""
    try:
        message = message_from_bytes(data, policy=default)
        assert isinstance(message, EmailMessage), "the policy makes it one"
        parts = list(_parts(message)) if is_whole else []
        return Letter(
            identity=_identity(message, data),
            message_id=_one_line(message, "Message-ID"),
            sender=_sender(message),
            recipients=frozenset(address for name in _ADDRESSED for address in _addresses(message, name)),
            subject=_one_line(message, "Subject"),
            results=tuple(_SPACES.sub(" ", str(value)) for value in message.get_all("Authentication-Results", [])),
            is_automatic=_is_automatic(message),
            is_whole=is_whole,
            calendars=tuple(_attached(part) for part in parts if _is_calendar(part))[:MOST_CALENDARS],
            has_tnef=any(_is_tnef(part) for part in parts),
        )
    except _UNREADABLE as error:
        raise BadLetter(
            _("Ce courriel ne peut pas être lu ({kind}). Renvoyez l'invitation.").format(kind=type(error).__name__)
        ) from error


def identity_of(data: bytes) -> str:
    """What stands for a letter that cannot be read."""
    return hashlib.sha256(data).hexdigest()


def _identity(message: EmailMessage, data: bytes) -> str:
    """By its Message-ID and the addresses that it is for: one sent to two agendas may arrive twice."""
    name = _one_line(message, "Message-ID")
    if not name:
        return identity_of(data)
    to = sorted({address for header in _ADDRESSED for address in _addresses(message, header)})
    return hashlib.sha256("\n".join([name, *to]).encode("utf-8", "replace")).hexdigest()


def _sender(message: EmailMessage) -> str:
    """The one address of the one From field. RFC 5322 allows several; who forges one puts a second where another
    program looks first: « marie@exemple.fr <autre@exemple.org> »."""
    fields = message.get_all("From", [])
    if len(fields) != 1 or not isinstance(fields[0], AddressHeader):
        return ""
    (only,) = fields
    if len(only.addresses) != 1 or any(isinstance(defect, _TRICKS) for defect in only.defects):
        return ""
    if any(group.display_name is not None for group in only.groups):
        return ""
    return str(only.addresses[0].addr_spec).lower()


def _addresses(message: EmailMessage, name: str) -> Iterator[str]:
    for value in message.get_all(name, []):
        if isinstance(value, AddressHeader):
            yield from (str(address.addr_spec).lower() for address in value.addresses)
        else:
            yield str(value).strip().strip("<>").lower()


def _one_line(message: EmailMessage, name: str) -> str:
    return _SPACES.sub(" ", str(message.get(name, ""))).strip()


def _is_automatic(message: EmailMessage) -> bool:
    """RFC 3834 sections 2 and 5.1, and what was done before it."""
    submitted = _one_line(message, "Auto-Submitted").partition(";")[0].strip().lower()
    return (
        submitted not in ("", "no")
        or _one_line(message, "Precedence").lower() in _AUTOMATIC_PRECEDENCE
        or _one_line(message, "Return-Path") == "<>"
        or message.get_content_type() in ("multipart/report", "message/delivery-status")
        or "X-Autoreply" in message
        or "X-Autorespond" in message
        or "List-Id" in message
    )


def _parts(message: EmailMessage) -> Iterator[EmailMessage]:
    """The leaves of a message, those of letters that it encloses left out: a bounce has the whole of what it is about,
    and an enclosed invitation was somebody else's."""
    for part in message.iter_parts() if message.is_multipart() else (message,):
        assert isinstance(part, EmailMessage), "as its message is"
        if part.get_content_maintype() == "message":
            continue
        if part is not message and part.is_multipart():
            yield from _parts(part)
        else:
            yield part


def _is_calendar(part: EmailMessage) -> bool:
    return part.get_content_type() in _CALENDAR_TYPES or _named(part).endswith(".ics")


def _is_tnef(part: EmailMessage) -> bool:
    return part.get_content_type() in _TNEF_TYPES or _named(part) == "winmail.dat"


def _named(part: EmailMessage) -> str:
    return (part.get_filename() or "").strip().lower()


def _attached(part: EmailMessage) -> Attached:
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes), "a leaf has bytes"
    method = str(part.get_param("method") or "").strip().upper()
    return Attached(text=_in_utf8(payload, str(part.get_content_charset() or "")), method=method)


def _in_utf8(payload: bytes, charset: str) -> bytes:
    """A calendar's text in UTF-8, which it is by default (RFC 5545 section 6), whatever its charset is said to be: what
    makes sense in UTF-8 is. Where what is said does not help, it is Windows'."""
    if not charset.startswith(_BYTES_OF_WIDE):
        try:
            payload.decode("utf-8")
        except UnicodeDecodeError:
            pass
        else:
            return payload
    for name in (charset, "windows-1252"):
        try:
            return payload.decode(name).encode("utf-8")
        except (LookupError, UnicodeError):
            continue
    return payload.decode("windows-1252", "replace").encode("utf-8")
