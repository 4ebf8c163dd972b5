"""Digests as they arrive, whole: of a reader, a coordinator and the region; and what the letters promise of themselves.

To take what they say now for what they should say: UPDATE_DIGESTS=1 pytest tests/test_digest_letters.py, then look at
the difference.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from agendas import CALENDARS
from databases import URL
from postbox import postbox
from store_contract import event
from test_mail import to

from spro_agenda.address import Address
from spro_agenda.ical.firm import Dates
from spro_agenda.ical.split import read_file
from spro_agenda.mail import Letter
from spro_agenda.model import EventKey, Role
from spro_agenda.policy import Policy
from spro_agenda.post import Office, digests, send_notices
from spro_agenda.post.notices import JOB
from spro_agenda.render.digest import digest_letter, refusal_letter
from spro_agenda.secret import Secret
from spro_agenda.store import AccountChange, Actor, Refusal, Store, Writer

FOLDER = Path(__file__).parent / "digests"
UPDATING = "UPDATE_DIGESTS" in os.environ
BEFORE, AS_OF = date(2021, 6, 21), date(2021, 9, 28)
"""The day of the meeting, and a Tuesday three months later."""

PEOPLE = {
    "luc": (Role.READER, (), "Luc Petit"),
    "marie": (Role.COORDINATOR, ("28",), "Marie Durand"),
    "paul": (Role.COORDINATOR, ("41",), "Paul Bernard"),
    "christine": (Role.REGION, (), "Christine Martin"),
}
PAUL = Actor(login="paul")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """The region of the minutes, of which everybody was told all; then a summer of edits by Paul."""
    toml = (CALENDARS / "region.toml").read_text("utf-8")
    with closing(Store.create(URL, tmp_path, toml, BEFORE)) as made:
        with made.write(Actor()) as writer:
            for file in sorted(CALENDARS.glob("*.ics")):
                for number, each in enumerate(read_file(file.read_bytes(), str(file)).objects):
                    writer.put_event(file.stem, f"{number}.ics", each.body)
            for login, (role, networks, name) in PEOPLE.items():
                writer.add_account(login, None, role, networks, name)
                writer.set_account(login, AccountChange(email=f"{login}@exemple.fr"))
                writer.claim_digest(login, due=False, day=BEFORE)
                writer.end_digest(login, writer.last_revision(), BEFORE, ())
            writer.queue_notices(JOB, 0, writer.last_revision(), ())
        with made.write(PAUL) as writer:
            for slug, href, text in EDITS:
                writer.put_event(slug, href, text)
            writer.delete_event("45", "ferme.ics")
            writer.date_event("28", AGRICULTURE, Dates(start=date(2021, 10, 12), end=date(2021, 10, 12)))
            writer.join(EventKey("36", RESTITUTION), "41")
            _edit(writer, "36", RESTITUTION, b"STATUS:CONFIRMED", b"STATUS:CANCELLED")
            _edit(writer, "41", CHAUVET, b"20211203", b"20211210")
            _edit(writer, "41", CHAUVET, b"20211202", b"20211209")
        yield made


def _edit(writer: Writer, slug: str, uid: str, old: bytes, new: bytes) -> None:
    """Put an event with some of its text replaced."""
    (found,) = (each for each in writer.objects(slug) if each.uid == uid)
    writer.put_event(slug, found.href, found.body.replace(old, new))


AGRICULTURE = "agriculture-chartres-2021@spro-28.example"
RESTITUTION = "day-tripper-restitution-2021@spro-36.example"
CHAUVET = "conference-chauvet-decembre-2021@spro-41.example"


EDITS = (
    (
        "41",
        "n1.ics",
        event(
            "forum-blois",
            "DTSTART;VALUE=DATE:20211021",
            "SUMMARY:Forum de l'emploi",
            "LOCATION:Halle aux grains\\, Blois",
            "DESCRIPTION:Ouvert à : 28\\, 45",
        ),
    ),
    ("41", "n2.ics", event("point", "SUMMARY:Point d'équipe")),
    (
        "45",
        "n3.ics",
        event(
            "cv",
            "SUMMARY:[Orléans] Atelier CV & lettre de motivation <vite>",
            "DTSTART;TZID=Europe/Paris:20211005T140000",
            "DTEND;TZID=Europe/Paris:20211005T170000",
        ),
    ),
    ("37", "n4.ics", event("secret", "SUMMARY:Entretien confidentiel", "CLASS:CONFIDENTIAL")),
    ("37", "n5.ics", event("dentiste", "SUMMARY:Dentiste", "CLASS:PRIVATE")),
    (
        "28",
        "chauvet.ics",
        event(
            "chauvet-28",
            "SUMMARY:[Dreux] Conférence d'André Chauvet",
            "DTSTART;TZID=Europe/Paris:20211014T140000",
            "DTEND;TZID=Europe/Paris:20211014T160000",
            "DESCRIPTION:Portée : action",
        ),
    ),
    (
        "45",
        "chauvet.ics",
        event(
            "chauvet-45",
            "SUMMARY:[Pithiviers] Accompagner le changement\\, avec André Chauvet",
            "DTSTART;TZID=Europe/Paris:20211014T150000",
            "DTEND;TZID=Europe/Paris:20211014T173000",
        ),
    ),
    (
        "28",
        "visite.ics",
        event(
            "visite",
            "SUMMARY:[Chartres] Visite d'entreprise",
            "DTSTART;TZID=Europe/Paris:20210927T090000",
            "DTEND;TZID=Europe/Paris:20210927T120000",
        ),
    ),
    (
        "28",
        "cfa.ics",
        event("cfa", "SUMMARY:[début octobre] [Chartres] Visite du CFA", "DTSTART;VALUE=DATE:20211001"),
    ),
    ("45", "ferme.ics", event("ferme", "SUMMARY:Jamais eu lieu")),
)
"""What Paul typed during the summer; the last one he deleted again."""


def office(store: Store) -> Office:
    return Office(
        store=store,
        server=None,
        address=Address(scheme="https", host="agenda.exemple.fr", port=443),
        secret=Secret(b"k" * 32),
        policy=Policy(),
    )


def letters(store: Store, *logins: str) -> dict[str, Letter]:
    here = office(store)
    return {
        each.reader.account.login: digest_letter(each, here.links_of(each.reader.account))
        for each in digests(here, AS_OF, logins)
    }


def held(name: str, text: str) -> None:
    """Hold a text to the file that says what it should be."""
    file = FOLDER / name
    if UPDATING:
        file.write_text(text, "utf-8")
    assert text == file.read_text("utf-8")


@pytest.mark.parametrize("login", ["luc", "marie", "christine"])
def test_a_digest_is_what_it_is_meant_to_be(store: Store, login: str) -> None:
    """In text, and in HTML."""
    letter = letters(store, login)[login]
    held(f"{login}.txt", f"{letter.subject}\n\n{letter.text}")
    held(f"{login}.html", letter.html)


def test_what_cannot_wait_is_what_it_is_meant_to_be(store: Store) -> None:
    """To a network that takes part in what is cancelled on the very day."""
    with postbox() as box:
        send_notices(replace(office(store), server=to(box)), datetime(2021, 9, 28, 7, tzinfo=UTC))
        assert sorted(box.recipients) == [["marie@exemple.fr"]]
        (letter,) = box.letters
    text, html = (_content(part) for part in letter.iter_parts())
    held("urgent.txt", f"{letter['Subject']}\n\n{text}")
    held("urgent.html", html)


def _content(part: object) -> str:
    assert isinstance(part, EmailMessage)
    return str(part.get_content()).replace("\r\n", "\n")


def test_a_refused_write_is_told_as_it_is_meant_to_be(store: Store) -> None:
    with store.read() as reader:
        account, region = reader.account("marie"), reader.region()
    body = event("atelier", "SUMMARY:Atelier CV & lettre")
    about = {"login": "marie", "at": datetime(2021, 9, 28, 7, 5, tzinfo=UTC)}
    found = [
        Refusal(**about, slug="45", uid="atelier", title="Atelier CV & lettre", why=WHY, body=body),
        Refusal(**about, slug="28", uid="", title="", why=TOO_LARGE, body=None),
    ]
    letter = refusal_letter(account, found, region, "https://agenda.exemple.fr/.web/")
    assert [(each.name, each.content) for each in letter.attachments] == [("evenement-1.ics", body)]
    alone = refusal_letter(account, found[:1], region, "x")
    assert alone.subject == "Non enregistré dans l'agenda\u00a0: Atelier CV & lettre"
    held("refusal.txt", f"{letter.subject}\n\n{letter.text}")
    held("refusal.html", letter.html)


WHY = (
    "Vous n'avez pas le droit d'écrire dans l'agenda « 45 Loiret » : rien n'a été modifié. Ajoutez l'événement dans "
    "l'agenda de votre réseau, ou demandez-le à ses coordonnateurs."
)
TOO_LARGE = "L'envoi est trop gros pour l'agenda. Retirez les pièces jointes, puis recommencez."
