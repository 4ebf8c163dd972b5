"""Letters for the tests: as Outlook, Thunderbird and Google write them, a file each, and others made to measure."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

FOLDER = Path(__file__).parent / "invitations"
NAMES = sorted(file.stem for file in FOLDER.glob("*.eml"))
SENDER, AGENDA, SERVER = "marie.durand@exemple.fr", "agenda-28@exemple.fr", "mx.exemple.fr"
OUTLOOK = (
    "040000008200E00074C5B7101A82E00800000000A0B1C2D3E4F5DC010000000000000000100000005A6B7C8D9E0F1A2B3C4D5E6F7A8B9C0D"
)
SERIES = (
    "040000008200E00074C5B7101A82E00800000000B0B1C2D3E4F5DC01000000000000000010000000AABBCCDDEEFF00112233445566778899"
)
THUNDERBIRD, GOOGLE = "5d0f6a7e-2c1b-4e0a-9d57-3f1a2b4c5d6e", "7kukuqrfedlm2f9t0vro7hd8og@google.com"
PASSED = f"{SERVER}; dkim=pass header.d=exemple.fr; spf=pass smtp.mailfrom={SENDER}"


def written(name: str) -> bytes:
    """A letter as a program wrote it."""
    return (FOLDER / f"{name}.eml").read_bytes()


def component(
    uid: str = "u1", *lines: str, sequence: int = 0, stamp: str = "20270101T000000Z", title: str = "Essai"
) -> str:
    """A VEVENT; `lines` say when it is, where that is not 14h to 16h on 11 March 2027."""
    when = (
        ()
        if any(line.startswith("DTSTART") for line in lines)
        else (
            "DTSTART;TZID=Europe/Paris:20270311T140000",
            "DTEND;TZID=Europe/Paris:20270311T160000",
        )
    )
    own = (f"UID:{uid}", f"DTSTAMP:{stamp}", f"SEQUENCE:{sequence}", f"SUMMARY:{title}", *when, *lines)
    return "".join(f"{line}\r\n" for line in ("BEGIN:VEVENT", *own, "END:VEVENT"))


def calendar(*components: str, method: str | None = "REQUEST") -> str:
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//essai//FR"] + ([f"METHOD:{method}"] if method else [])
    return "".join(f"{line}\r\n" for line in head) + "".join(components) + "END:VCALENDAR\r\n"


def mail(
    *calendars: str,
    method: str | None = "REQUEST",
    message_id: str | None = "<m1@exemple.fr>",
    sender: str = f"Marie Durand <{SENDER}>",
    to: str = AGENDA,
    results: str | None = PASSED,
    **headers: str,
) -> bytes:
    """A letter with some calendars; `method` is that of their Content-Type. Names of headers are written with
    underscores."""
    message = EmailMessage()
    if results is not None:
        message["Authentication-Results"] = results
    message["From"], message["To"], message["Subject"] = sender, to, "Invitation"
    if message_id is not None:
        message["Message-ID"] = message_id
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("Bonjour,\n")
    for text in calendars:
        params = {"method": method} if method else {}
        message.add_attachment(text.encode(), "text", "calendar", params=params, cte="base64")
        part = message.get_payload()[-1]  # type: ignore[index]
        part.set_param("charset", "utf-8")  # type: ignore[union-attr]
    return message.as_bytes()


def invitation(
    uid: str = "u1", *lines: str, sequence: int = 0, stamp: str = "20270101T000000Z", title: str = "Essai", n: int = 1
) -> bytes:
    """A letter that asks for one event; `n` numbers its Message-ID."""
    return mail(
        calendar(component(uid, *lines, sequence=sequence, stamp=stamp, title=title)), message_id=f"<m{n}@exemple.fr>"
    )


def cancellation(
    uid: str = "u1", *lines: str, sequence: int = 1, stamp: str = "20270102T000000Z", n: int = 90
) -> bytes:
    """A letter that calls one off."""
    text = calendar(component(uid, "STATUS:CANCELLED", *lines, sequence=sequence, stamp=stamp), method="CANCEL")
    return mail(text, method="CANCEL", message_id=f"<m{n}@exemple.fr>")
