"""Letters, through a real SMTP server: what arrives, and what is said where nothing does."""

from __future__ import annotations

import re
import ssl
from dataclasses import replace
from pathlib import Path

import pytest
from postbox import SECRET, USER, Postbox, postbox
from serving import free_port

from spro_agenda.errors import BadInput
from spro_agenda.mail import Attachment, Letter, LetterRefused, MailNotSent, MailServer, mail_server
from spro_agenda.server.wsgi import configuration_of

LETTER = Letter(
    to="zoe@exemple.fr",
    subject="Été à Châteaudun",
    text="Bonjour,\n\nà bientôt.\n",
    html="<!DOCTYPE html><p>Bonjour</p>",
)


def to(box: Postbox) -> MailServer:
    """The server as one would configure it, without TLS."""
    return MailServer(
        host="127.0.0.1",
        port=box.port,
        security="none",
        verify=ssl.CERT_REQUIRED,
        username="",
        password="",
        sender="agenda@exemple.fr",
    )


def trusting(server: MailServer, folder: Path, monkeypatch: pytest.MonkeyPatch) -> MailServer:
    """The server by STARTTLS, and its authority one that this machine trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "authority.pem"))
    return replace(server, security="starttls")


def test_a_letter_arrives_in_text_and_in_html_with_its_accents() -> None:
    with postbox() as box:
        to(box).send(LETTER)
        (letter,) = box.letters
        assert box.recipients == [[LETTER.to]]
    assert (letter["Subject"], letter["To"]) == (LETTER.subject, LETTER.to)
    assert letter["From"] == "Agenda SPRO <agenda@exemple.fr>"
    assert letter["Date"]
    assert letter["Message-ID"].endswith("@exemple.fr>")
    assert [part.get_content_type() for part in letter.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    text, html = letter.iter_parts()
    assert text.get_content().replace("\r\n", "\n") == LETTER.text  # type: ignore[union-attr]
    assert html.get_content().strip() == LETTER.html  # type: ignore[union-attr]


def test_a_subject_of_several_lines_is_one() -> None:
    """Nor does it put another header into the letter."""
    with postbox() as box:
        to(box).send(replace(LETTER, subject="Annulée : Atelier\r\nBcc: tous@exemple.fr"))
        assert box.letters[0]["Subject"] == "Annulée : Atelier Bcc: tous@exemple.fr"
        assert box.recipients == [[LETTER.to]]


def test_a_letter_that_can_be_left_says_how() -> None:
    """By one click where that is safe (RFC 8058); what is attached is a file, and no invitation."""
    with postbox() as box:
        event = Attachment(name="evenement-1.ics", content=b"BEGIN:VCALENDAR\r\n")
        to(box).send(replace(LETTER, unsubscribe="https://agenda.exemple.fr/x", attachments=(event,)))
        to(box).send(replace(LETTER, unsubscribe="http://agenda.exemple.fr/x"))
        secure, plain = box.letters
    assert (secure["List-Unsubscribe"], secure["List-Unsubscribe-Post"]) == (
        "<https://agenda.exemple.fr/x>",
        "List-Unsubscribe=One-Click",
    )
    assert (plain["List-Unsubscribe"], plain["List-Unsubscribe-Post"]) == ("<http://agenda.exemple.fr/x>", None)
    (attached,) = secure.iter_attachments()
    assert (attached.get_content_type(), attached.get_filename()) == ("application/ics", "evenement-1.ics")


def test_nobody_answers_by_a_machine() -> None:
    """RFC 3834 section 5."""
    with postbox() as box:
        to(box).send(LETTER)
        assert box.letters[0]["Auto-Submitted"] == "auto-generated"


def test_a_server_with_tls_and_a_login_is_given_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with postbox(tls=tmp_path, login=True) as box:
        trusting(replace(to(box), username=USER, password=SECRET), tmp_path, monkeypatch).send(LETTER)
        assert len(box.letters) == 1


def test_a_server_that_does_not_prove_who_it_is_gets_nothing(tmp_path: Path) -> None:
    """Neither the letter nor the password; by `smtp_ssl_verify_mode = NONE` it is believed."""
    with postbox(tls=tmp_path, login=True) as box:
        server = replace(to(box), security="starttls", username=USER, password=SECRET)
        with pytest.raises(MailNotSent, match="ne prouve pas"):
            server.send(LETTER)
        assert not box.letters
        replace(server, verify=ssl.CERT_NONE).send(LETTER)
        assert len(box.letters) == 1


def test_a_wrong_password_is_told_and_not_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        postbox(tls=tmp_path, login=True) as box,
        pytest.raises(MailNotSent, match="refuse l'identifiant « agenda »") as raised,
    ):
        trusting(replace(to(box), username=USER, password="pas celui-ci"), tmp_path, monkeypatch).send(LETTER)
    assert "celui-ci" not in str(raised.value)


def test_an_address_that_a_server_refuses_is_told_in_its_own_words() -> None:
    with (
        postbox(refused=frozenset({LETTER.to})) as box,
        pytest.raises(LetterRefused, match=r"\(550 5\.1\.1 No such user"),
    ):
        to(box).send(LETTER)


def test_a_server_that_encrypts_nothing_is_told_of_where_that_is_asked() -> None:
    with postbox() as box:
        with pytest.raises(MailNotSent, match="ne chiffre pas"):
            replace(to(box), security="starttls").send(LETTER)
        with pytest.raises(MailNotSent, match="smtp_security"):
            replace(to(box), security="tls").send(LETTER)


def test_no_server_is_told_with_its_place() -> None:
    port = free_port()
    nobody = replace(to(Postbox(port, frozenset())), port=port)
    with pytest.raises(MailNotSent, match=rf"127\.0\.0\.1:{port} ne répond pas \(la connexion est refusée\)"):
        nobody.send(LETTER)


@pytest.mark.parametrize("address", ["zoe@exemple.fr\r\nBcc: tous@exemple.fr", "zoe exemple.fr@", "@"])
def test_what_is_no_address_is_sent_to_nobody(address: str) -> None:
    """Nor does it put another header into the letter."""
    with postbox() as box:
        with pytest.raises(MailNotSent, match="adresse électronique"):
            to(box).send(replace(LETTER, to=address))
        assert not box.letters


def test_a_server_is_shown_without_its_password() -> None:
    """Records end up in logs."""
    assert "poste" not in repr(replace(to(Postbox(25, frozenset())), password=SECRET))


def configured(home: Path, **given: str) -> Path:
    """An instance's folder whose configuration names a mail server so."""
    options = "".join(f"{name} = {value}\n" for name, value in given.items())
    (home / "config.ini").write_text(f"[hook]\ntype = none\n{options}", "utf-8")
    return home


def test_the_options_are_those_of_radicale(tmp_path: Path) -> None:
    """A password's file is in the folder of the instance."""
    (tmp_path / "poste.secret").write_text(f"{SECRET}\n")
    home = configured(
        tmp_path,
        smtp_server="smtp.exemple.fr",
        smtp_port="465",
        smtp_security="tls",
        smtp_ssl_verify_mode="NONE",
        smtp_username=USER,
        smtp_password_file="poste.secret",
        from_email="agenda@exemple.fr",
    )
    assert mail_server(configuration_of(home), home) == MailServer(
        host="smtp.exemple.fr",
        port=465,
        security="tls",
        verify=ssl.CERT_NONE,
        username=USER,
        password=SECRET,
        sender="agenda@exemple.fr",
    )


def test_no_server_is_configured_until_one_is_named(tmp_path: Path) -> None:
    home = configured(tmp_path, smtp_server="")
    assert mail_server(configuration_of(home), home) is None


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "« from_email » doit être l'adresse"),
        ({"from_email": "a@b.fr", "smtp_security": "ssl"}, "« smtp_security = ssl » n'existe pas"),
        ({"from_email": "a@b.fr", "smtp_ssl_verify_mode": "oui"}, "smtp_ssl_verify_mode"),
        ({"from_email": "a@b.fr", "smtp_password": "été"}, "sans accents"),
        ({"from_email": "a@b.fr", "smtp_password_file": "absent"}, "le fichier ou le dossier n'existe pas"),
    ],
)
def test_a_server_that_is_half_configured_is_told_before_anything_is_sent(
    tmp_path: Path, given: dict[str, str], says: str
) -> None:
    home = configured(tmp_path, smtp_server="smtp.exemple.fr", **given)
    with pytest.raises(BadInput, match=re.escape(says)):
        mail_server(configuration_of(home), home)
