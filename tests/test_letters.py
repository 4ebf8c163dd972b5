"""Letters as they are read: whose they are, to whom, what is in them, and what their own server found of them."""

from __future__ import annotations

import base64
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st
from invitations import AGENDA, NAMES, PASSED, SENDER, SERVER, calendar, component, mail, written

from spro_agenda.errors import BadInput
from spro_agenda.inbox.letters import MOST_CALENDARS, BadLetter, read_letter
from spro_agenda.inbox.networks import Pattern
from spro_agenda.inbox.requests import read_contents
from spro_agenda.inbox.senders import Check

ACCENTS = "Réunion à Châteaudun : « l'été »"
CHECK = Check(server=SERVER)


def raw(body: bytes, *, type_: str = "text/calendar; method=REQUEST", encoding: str = "8bit") -> bytes:
    """A letter that is a calendar and nothing else."""
    head = (
        f"From: {SENDER}\nTo: {AGENDA}\nMessage-ID: <r@x>\nContent-Type: {type_}\nContent-Transfer-Encoding: {encoding}"
    )
    return head.encode() + b"\n\n" + body


def titles(data: bytes) -> list[str]:
    return [request.obj.parts[0].title for request in read_contents(read_letter(data).calendars).requests]


@pytest.mark.parametrize("name", NAMES)
def test_a_letter_of_each_program_is_read(name: str) -> None:
    letter = read_letter(written(name))
    assert (letter.sender, AGENDA in letter.recipients) == (SENDER, True)
    assert letter.message_id.startswith("<")
    assert CHECK.is_passed(letter.sender, letter.results)
    assert len(read_contents(letter.calendars).requests) == 1
    assert letter.is_automatic == name.startswith("google")


@pytest.mark.parametrize(
    ("charset", "said"),
    [
        ("utf-8", "utf-8"),
        ("utf-8", "us-ascii"),
        ("utf-8", "iso-8859-1"),
        ("windows-1252", "utf-8"),
        ("windows-1252", "windows-1252"),
        ("windows-1252", "iso-8859-1"),
        ("windows-1252", "klingon"),
        ("utf-16", "utf-16"),
        ("iso-8859-15", "iso-8859-15"),
    ],
)
def test_a_calendar_has_its_accents_whatever_its_charset_is_said_to_be(charset: str, said: str) -> None:
    body = base64.encodebytes(calendar(component(title=ACCENTS)).encode(charset))
    assert titles(raw(body, type_=f'text/calendar; charset="{said}"; method=REQUEST', encoding="base64")) == [ACCENTS]


def test_a_calendar_may_say_nothing_of_its_charset() -> None:
    assert titles(raw(calendar(component(title=ACCENTS)).encode())) == [ACCENTS]


def test_quoted_printable_and_base64_are_undone() -> None:
    text = calendar(component(title=ACCENTS)).encode()
    assert titles(raw(quopri.encodestring(text), encoding="quoted-printable")) == [ACCENTS]
    assert titles(raw(base64.encodebytes(text), encoding="base64")) == [ACCENTS]


@pytest.mark.parametrize(
    "type_", ["application/ics", 'application/octet-stream; name="Invitation.ICS"', "text/calendar"]
)
def test_a_calendar_may_be_an_attachment(type_: str) -> None:
    assert titles(raw(calendar(component(title=ACCENTS)).encode(), type_=type_)) == [ACCENTS]


def test_a_letter_within_a_letter_is_not_looked_into() -> None:
    """A bounce has all of what it is about; a forwarded one was somebody else's."""
    inner = mail(calendar(component()))
    outer = (
        f"From: {SENDER}\nTo: {AGENDA}\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
        "--b\nContent-Type: text/plain\n\nVoir\n--b\nContent-Type: message/rfc822\n\n"
    ).encode()
    assert read_letter(outer + inner + b"\n--b--\n").calendars == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Auto-Submitted", "auto-replied"),
        ("Auto-Submitted", "auto-generated; owner-email=x"),
        ("Precedence", "bulk"),
        ("Precedence", "Junk"),
        ("Precedence", "list"),
        ("Return-Path", "<>"),
        ("X-Autoreply", "yes"),
        ("List-Id", "<liste.exemple.fr>"),
    ],
)
def test_what_a_machine_wrote_is_told_apart(name: str, value: str) -> None:
    """RFC 3834 section 2."""
    assert read_letter(mail(calendar(component()), **{name: value})).is_automatic


def test_what_a_person_wrote_is_not_a_machines() -> None:
    assert not read_letter(mail(Auto_Submitted="no", Return_Path=f"<{SENDER}>", Precedence="normal")).is_automatic


def test_a_letter_has_no_more_calendars_than_are_read() -> None:
    letter = mail(*(calendar(component(f"u{number}")) for number in range(MOST_CALENDARS + 5)))
    assert len(read_letter(letter).calendars) == MOST_CALENDARS


def test_two_copies_of_a_letter_are_one() -> None:
    """For the same addresses; and one without a name is known by what it is."""
    one, two = mail(), mail()
    assert read_letter(one).identity == read_letter(two + b"\nx").identity
    assert read_letter(one).identity != read_letter(mail(Delivered_To="agenda-45@exemple.fr")).identity
    assert read_letter(mail(message_id=None)).identity != read_letter(mail(message_id=None, Cc="a@b.fr")).identity


def test_headers_alone_are_a_letter_without_a_body() -> None:
    letter = read_letter(mail(calendar(component())).partition(b"\n\n")[0], is_whole=False)
    assert (letter.sender, letter.calendars, letter.is_whole) == (SENDER, (), False)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_letter_or_none(data: bytes) -> None:
    try:
        letter = read_letter(b"Content-Type: text/calendar; method=REQUEST\n" + data)
    except BadLetter:
        return
    read_contents(letter.calendars)


@given(st.binary(max_size=80), st.sampled_from(["From", "To", "Delivered-To", "Content-Type", "Message-ID", "Subject"]))
def test_any_header_is_read_or_told(value: bytes, name: str) -> None:
    try:
        letter = read_letter(name.encode() + b": " + value + b"\nAuthentication-Results: " + value + b"\n\nx")
    except BadLetter:
        return
    CHECK.is_passed(letter.sender, letter.results)


# ---- Networks


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("agenda-28@exemple.fr", ("28",)),
        ("agenda-region@exemple.fr", ("region",)),
        ("agenda-28@exemple.fr.pirate.example", ()),
        ("xagenda-28@exemple.fr", ()),
        ("agenda-@exemple.fr", ()),
        ("agenda-2@8@exemple.fr", ()),
        ("agendaX28@exempleXfr", ()),
    ],
)
def test_an_address_names_a_network_where_it_is_made_so(address: str, names: tuple[str, ...]) -> None:
    assert Pattern.read("Agenda-{network}@Exemple.fr").names([address]) == names


@pytest.mark.parametrize("given_", ["", "agenda@exemple.fr", "agenda-{network}", "{network}-{network}@exemple.fr"])
def test_a_pattern_that_names_no_network_is_told(given_: str) -> None:
    with pytest.raises(BadInput, match="inbox_address"):
        Pattern.read(given_)


# ---- Senders


@pytest.mark.parametrize(
    "results",
    [
        [PASSED],
        [f"{SERVER}; dkim=pass header.d=exemple.fr header.s=s"],
        [f"{SERVER.upper()}; dkim=pass (2048-bit key) header.i=@exemple.fr"],
        [f"{SERVER} 1; spf=pass smtp.mailfrom={SENDER}"],
        [f"{SERVER}; spf=pass smtp.mailfrom=bounces.exemple.fr"],
        [
            f"{SERVER}; spf=fail smtp.mailfrom=liste.example; dkim=fail header.d=liste.example; "
            "dkim=pass header.d=exemple.fr"
        ],
        [f"{SERVER}; dmarc=pass (p=none) header.from=exemple.fr"],
        [f"{SERVER}; auth=pass smtp.auth={SENDER}"],
        ["autre.example; dkim=fail header.d=exemple.fr", PASSED],
    ],
    ids=lambda results: results[0],
)
def test_a_sender_for_whom_the_own_server_vouches_is_believed(results: list[str]) -> None:
    """DKIM or SPF, aligned with the From field (RFC 7489 section 3.1); or the own server's own user."""
    assert CHECK.is_passed(SENDER, results)


@pytest.mark.parametrize(
    "results",
    [
        [],
        ["none"],
        [f"{SERVER}; none"],
        [f"{SERVER}; dkim=fail header.d=exemple.fr; spf=softfail smtp.mailfrom={SENDER}"],
        [f"{SERVER}; dkim=pass header.d=pirate.example; spf=pass smtp.mailfrom=x@pirate.example"],
        [f"{SERVER}; dkim=pass header.d=pirate.example header.i=@exemple.fr"],
        [f"{SERVER}; dkim=pass header.d=fr"],
        [f"{SERVER}; dkim=pass header.d=pasexemple.fr"],
        [f"{SERVER}; dkim=pass"],
        [f"{SERVER}; dkim=pass header.d=exemple.fr; dmarc=fail header.from=exemple.fr"],
        [f"{SERVER}; auth=pass smtp.auth=paul@exemple.fr"],
        [f"{SERVER}; iprev=pass policy.iprev=192.0.2.1"],
        ["autre.example; dkim=pass header.d=exemple.fr"],
        [f"{SERVER}.pirate.example; dkim=pass header.d=exemple.fr"],
        # The topmost is the own server's; what stands below may have come with the letter.
        [f"{SERVER}; dkim=none; spf=fail smtp.mailfrom={SENDER}", PASSED],
        [f"{SERVER}; n'importe quoi", PASSED],
        [f"autre.example ({SERVER}); dkim=pass header.d=exemple.fr"],
    ],
    ids=str,
)
def test_a_sender_for_whom_it_does_not_vouch_is_not(results: list[str]) -> None:
    assert not CHECK.is_passed(SENDER, results)


def test_nothing_is_asked_where_the_configuration_asks_nothing() -> None:
    assert Check().is_passed(SENDER, [])
