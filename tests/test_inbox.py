"""`inbox`, through a real IMAP and a real SMTP server: each letter taken once and answered once, whatever dies."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from invitations import SENDER, SERVER, calendar, cancellation, component, invitation, mail, written
from mailboxes import SECRET, USER, Box, mailbox
from postbox import Postbox, postbox
from serving import ROOT, configure, dump, environment, eventually, free_port, program, serving, store_of

from spro_agenda.errors import NetworkError, SproError, WrongPassword
from spro_agenda.inbox import mailbox as mailboxes
from spro_agenda.inbox.handling import Handled, Rules, Why, handle
from spro_agenda.inbox.letters import Letter
from spro_agenda.inbox.mailbox import Mailbox, MailboxAway
from spro_agenda.mailroom import Mailroom, Round, mailroom_of
from spro_agenda.server import rounds
from spro_agenda.server.wsgi import configuration_of
from spro_agenda.store import Account, AccountChange, Actor, Retention, Store, Writer

STRANGER = "quelquun@ailleurs.example"


@pytest.fixture
def box() -> Iterator[Box]:
    with mailbox() as running:
        yield running


@pytest.fixture
def post() -> Iterator[Postbox]:
    with postbox() as running:
        yield running


def ready(home: Path, box: Box, post: Postbox, **given: str) -> Path:
    """The instance with the mailbox and the mail server of the test, and marie's address."""
    with closing(store_of(home)) as store:
        store.move_horizon(date(2027, 1, 1), Actor())
        with store.write(Actor()) as writer:
            writer.set_account("marie", AccountChange(email=SENDER, name="Marie Durand"))
    (home / "boite.secret").write_text(f"{SECRET}\n", "utf-8")
    options = {
        "inbox_server": "127.0.0.1",
        "inbox_port": str(box.port),
        "inbox_security": "none",
        "inbox_username": USER,
        "inbox_password_file": "boite.secret",
        "inbox_authserv_id": SERVER,
        "smtp_server": "127.0.0.1",
        "smtp_port": str(post.port),
        "smtp_security": "none",
        "from_email": "agenda@exemple.fr",
    }
    return configure(home, **(options | given))


def inbox(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The command as a user runs it."""
    return subprocess.run(
        program("--home", str(home), "inbox", *words),
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=environment(),
        timeout=60,
    )


def room(home: Path) -> Mailroom:
    found = mailroom_of(configuration_of(home), home)
    assert found is not None
    return found


def go_round(home: Path) -> Round:
    """A round of the mailbox, as the server makes it."""
    with closing(store_of(home)) as store:
        return room(home).round(store)


def uids(home: Path, network: str = "28") -> set[str]:
    with closing(store_of(home)) as store, store.read() as reader:
        return {each.uid for each in reader.objects(network)}


def said(letter: EmailMessage) -> str:
    """The text of an answer, on one line."""
    part = next(letter.iter_parts())
    assert isinstance(part, EmailMessage)
    return " ".join(part.get_content().replace("\u00a0", " ").split())


# ---- Once


def test_an_invitation_is_taken_and_answered_once(any_home: Path, box: Box, post: Postbox) -> None:
    """With what was understood, to the sender alone. It is then marked as read; a second run finds nothing new."""
    home = ready(any_home, box, post)
    box.put(written("outlook-created"))
    done = inbox(home)
    assert done.returncode == 0, done.stderr
    assert "« Atelier CV » est maintenant dans l'agenda 28 Eure-et-Loir" in " ".join(done.stdout.split())
    (letter,) = post.letters
    assert post.recipients == [[SENDER]]
    assert (letter["In-Reply-To"], letter["Auto-Submitted"]) == (
        "<PR0P264MB0001@PR0P264MB0001.FRAP264.PROD.OUTLOOK.COM>",
        "auto-replied",
    )
    for words in (
        "Bonjour Marie Durand,",
        "est maintenant dans l'agenda 28 Eure-et-Loir",
        "date : jeudi 11 mars 2027, 14h–17h",
        "site : Dreux",
        "intervenants : André Chauvet (ligne « Intervenant : André Chauvet »)",
        "ouvert à : tous les réseaux",
        "Aucun conflit à cette date.",
    ):
        assert words in said(letter), words
    assert "zoe.martin" not in letter.as_string()
    assert box.flags() == [{b"\\Seen"}]
    before = dump(home)
    again = inbox(home)
    assert (again.returncode, again.stdout) == (0, "")
    assert "Rien de nouveau" in again.stderr
    assert (len(post.letters), dump(home)) == (1, before)


def test_a_move_and_a_cancellation_are_told_for_what_they_are(home: Path, box: Box, post: Postbox) -> None:
    ready(home, box, post)
    for name in ("outlook-created", "outlook-moved", "outlook-cancelled"):
        box.put(written(name))
        assert go_round(home).is_whole
    _created, moved, cancelled = map(said, post.letters)
    assert "est modifié dans l'agenda 28 Eure-et-Loir" in moved
    assert "12 mars" in moved
    assert "est annulé dans l'agenda 28 Eure-et-Loir. Il y reste" in cancelled
    assert "Ce que l'agenda a compris" not in cancelled


def test_one_cancelled_occurrence_is_not_told_as_the_whole(home: Path, box: Box, post: Postbox) -> None:
    ready(home, box, post)
    box.put(written("outlook-series"), written("outlook-occurrence-moved"), written("outlook-occurrence-cancelled"))
    assert go_round(home).is_whole
    _series, moved, cancelled = map(said, post.letters)
    assert "séance du jeudi 18 mars 2027 : déplacée : vendredi 19 mars 2027, 14 h – 16 h Ce que" in moved
    assert "Une séance de « Permanence » est annulée" in cancelled
    assert "séance du jeudi 1er avril 2027 : annulée" in cancelled


def test_what_is_told_again_without_a_change_is_not_told_as_one(home: Path, box: Box, post: Postbox) -> None:
    """Outlook sends all of an event to whom it invites later."""
    ready(home, box, post)
    box.put(invitation(), invitation(stamp="20270102T000000Z", n=2))
    assert go_round(home).is_whole
    assert "est déjà ainsi dans l'agenda 28 Eure-et-Loir : rien n'a été changé" in said(post.letters[1])


def test_a_sender_whom_the_own_server_does_not_vouch_for_is_an_administrators_business(
    home: Path, box: Box, post: Postbox, caplog: pytest.LogCaptureFixture
) -> None:
    """It is forged; or the server's name is not the one that is configured, and nobody's invitations are taken."""
    ready(home, box, post, inbox_authserv_id="autre.exemple.fr")
    box.put(invitation())
    with closing(store_of(home)) as store:
        rounds.attend(lambda: store, room(home), 10_000)
    assert f"an invitation of {SENDER} was not taken as it is: unproven-sender" in caplog.text
    assert (post.letters, "u1" in uids(home)) == ([], False)


def test_a_clash_is_told_in_words_and_by_its_code(home: Path, box: Box, post: Postbox) -> None:
    ready(home, box, post)
    with closing(store_of(home)) as store, store.write(Actor()) as writer:
        speaker = "DESCRIPTION:Intervenant : André Chauvet"
        other = component("autre", speaker, title="Autre chose")
        writer.put_event("45", "autre.ics", calendar(other, method=None).encode())
    box.put(written("outlook-created"))
    done = inbox(home, "--format", "json")
    (result,) = json.loads(done.stdout)["letters"][0]["results"]
    (code,) = result["clashes"]
    assert f"[{code[:10]}]" in said(post.letters[0])
    assert "⚠ INTERVENANT" in said(post.letters[0])
    assert "Aucun conflit" not in said(post.letters[0])


def test_the_same_letter_again_is_answered_once(home: Path, box: Box, post: Postbox) -> None:
    """Twice in the mailbox, and once more under another name."""
    ready(home, box, post)
    box.put(invitation(), invitation(), invitation(n=2))
    assert go_round(home).is_whole
    assert len(post.letters) == 1
    box.put(invitation())
    assert go_round(home).is_whole
    assert len(post.letters) == 1


def test_a_mailbox_whose_messages_are_counted_anew_is_read_again_and_nothing_is_done_again(
    home: Path, box: Box, post: Postbox
) -> None:
    """UIDVALIDITY: RFC 3501 section 2.3.1.1."""
    ready(home, box, post)
    box.put(invitation(), mail(sender=STRANGER, message_id="<s@x>"))
    assert go_round(home).is_whole
    box.begin_anew()
    before = uids(home)
    assert inbox(home).stdout == ""
    assert (len(post.letters), uids(home)) == (1, before)
    box.put(invitation("u2", n=2))
    assert go_round(home).is_whole
    assert len(post.letters) == 2


# ---- Whatever dies

DYING = """
import os, sys
from pathlib import Path
from spro_agenda import mailroom
from spro_agenda.inbox.mailbox import Opened
from spro_agenda.mail import MailServer
from spro_agenda.server.wsgi import configuration_of
from spro_agenda.store import Store, Writer
from spro_agenda.commands.home import Home

where, home = sys.argv[1], Path(sys.argv[2])

def dying(of, name, *, after):
    method = getattr(of, name)
    def whole(*given, **named):
        if after:
            method(*given, **named)
        os._exit(9)
    setattr(of, name, whole)

{
    "before the commit": lambda: dying(Writer, "note_received", after=True),
    "before it is put aside": lambda: dying(Opened, "put_aside", after=False),
    "after it is put aside": lambda: dying(Opened, "put_aside", after=True),
    "before it is sent": lambda: dying(Writer, "claim_answer", after=False),
    "while it is sent": lambda: dying(MailServer, "send", after=False),
    "after it is sent": lambda: dying(MailServer, "send", after=True),
    "once it is said to be sent": lambda: dying(Writer, "end_answer", after=False),
}[where]()
mailroom.mailroom_of(configuration_of(home), home).round(Home(home).store())
"""


@pytest.mark.parametrize(
    ("where", "answers"),
    [
        ("before the commit", 1),
        ("before it is put aside", 1),
        ("after it is put aside", 1),
        ("before it is sent", 1),
        ("while it is sent", 0),
        ("after it is sent", 1),
        ("once it is said to be sent", 1),
    ],
)
def test_whenever_the_process_dies_nothing_is_written_or_sent_twice(
    any_home: Path, box: Box, post: Postbox, where: str, answers: int
) -> None:
    """An answer of which nobody knows whether it went is not sent again; it is told of, once."""
    home = ready(any_home, box, post)
    box.put(invitation())
    dead = subprocess.run(
        [sys.executable, "-c", DYING, where, str(home)], cwd=ROOT, env=environment(), check=False, timeout=60
    )
    assert dead.returncode == 9
    assert go_round(home).is_whole
    assert go_round(home).is_whole
    assert len(post.letters) == answers
    with closing(store_of(home)) as store:
        with store.write(Actor()) as writer:
            assert len([each for each in writer.objects("28") if each.uid == "u1"]) == 1
            doubtful = [each.identity for each in writer.pending()]
            writer._connection.exec_driver_sql("UPDATE received SET claimed_at = 1 WHERE claimed_at IS NOT NULL")
        assert len(doubtful) == (where in ("while it is sent", "after it is sent", "once it is said to be sent"))
        told = room(home).round(store).unsent
        assert [line for line in told if "On ne sait pas si la réponse" in line] == told
        assert len(told) == len(doubtful)
        assert room(home).round(store).is_whole
    assert len(post.letters) == answers


def test_rounds_at_once_take_each_letter_once(any_home: Path, box: Box, post: Postbox) -> None:
    home = ready(any_home, box, post)
    box.put(*(invitation(f"u{number}", n=number) for number in range(12)))
    running = [threading.Thread(target=inbox, args=(home,)) for _ in range(3)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    assert len(post.letters) == 12
    assert {f"u{number}" for number in range(12)} <= uids(home)


# ---- A mailbox full of other things


def test_a_mailbox_full_of_other_things_is_left_as_it_is(home: Path, box: Box, post: Postbox) -> None:
    """What is nobody's is not answered, not marked, and told of once, by its number; what is ours is taken."""
    ready(home, box, post)
    strange = [
        b"",
        b"\xff\xfe\x00nothing at all",
        b"From: \xe9\xe8 <>\nContent-Type: multipart/mixed\n\n--\n",
        b"Content-Type: multipart/mixed; boundary=\n\n",
        b"From: a@b\nContent-Type: text/calendar; method=REQUEST\nContent-Transfer-Encoding: base64\n\n!!!!",
    ]
    spam = [mail(calendar(component()), sender=STRANGER, message_id=f"<s{n}@x>") for n in range(30)]
    forged = mail(calendar(component("forge")), results=None, message_id="<f@x>")
    bounce = mail(
        calendar(component("bounce")), sender="MAILER-DAEMON@exemple.fr", Return_Path="<>", message_id="<b@x>"
    )
    box.put(*spam, *strange[1:], forged, bounce, invitation())
    done = inbox(home)
    assert "31 courriels laissés : d'adresses qui ne sont celles d'aucun compte" in " ".join(done.stdout.split())
    assert "ne vient pas sûrement de qui il dit" in " ".join(done.stdout.split())
    assert [recipients for (recipients,) in post.recipients] == [SENDER]
    assert "u1" in uids(home)
    assert not {"forge", "bounce"} & uids(home)
    flags = box.flags()
    assert flags[-1] == {b"\\Seen"}
    assert set(map(frozenset, flags[:-1])) == {frozenset()}
    assert inbox(home).stdout == ""


def test_a_machines_letter_is_taken_and_not_answered(home: Path, box: Box, post: Postbox) -> None:
    """Google's; and one who is away is told nothing."""
    ready(home, box, post)
    away = mail(Auto_Submitted="auto-replied", message_id="<away@x>")
    box.put(written("google-created"), away)
    assert go_round(home).is_whole
    assert post.letters == []
    assert any(uid.endswith("@google.com") for uid in uids(home))


def test_what_fails_is_told_once_and_the_rest_goes_on(home: Path, box: Box, post: Postbox) -> None:
    """To its sender by mail, and to the administrator by the exit code."""
    ready(home, box, post)
    wrong = mail(calendar(component("x", "RRULE:FREQ=SECONDLY")), message_id="<w@x>")
    elsewhere = mail(calendar(component("y")), to="agenda-45@exemple.fr", message_id="<e@x>")
    box.put(wrong, elsewhere, invitation())
    done = inbox(home)
    assert done.returncode == 3
    assert "2 échecs" in done.stderr.replace("\u00a0", " ")
    assert "u1" in uids(home)
    assert ["n'a pas pu être lue" in said(letter) for letter in post.letters] == [True, False, False]
    assert "Vous n'écrivez pas dans l'agenda 45 Loiret" in said(post.letters[1])
    again = inbox(home)
    assert (again.returncode, again.stdout, len(post.letters)) == (0, "", 3)


def test_one_letter_on_which_the_program_fails_does_not_hold_back_the_others(
    home: Path, box: Box, post: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told once, and left."""
    ready(home, box, post)
    box.put(invitation(title="panne"), invitation("u2", n=2))

    def failing(writer: Writer, letter: Letter, account: Account, rules: Rules) -> Handled:
        if letter.message_id == "<m1@exemple.fr>":
            raise ZeroDivisionError
        return handle(writer, letter, account, rules)

    monkeypatch.setattr("spro_agenda.mailroom.handle", failing)
    with closing(store_of(home)) as store:
        first, second = room(home).round(store), room(home).round(store)
    assert [each.why for each in first.handled] == [Why.UNEXPECTED, None]
    assert second.handled == []
    assert uids(home) >= {"u2"}
    assert len(post.letters) == 1


def test_a_letter_that_is_too_big_is_not_read_and_its_sender_told(home: Path, box: Box, post: Postbox) -> None:
    ready(home, box, post)
    big = mail(calendar(component("gros")), message_id="<g@x>") + b"x" * 76 + b"\n" + (b"y" * 76 + b"\n") * 140_000
    box.put(big, invitation())
    assert inbox(home).returncode == 3
    assert "trop gros" in said(post.letters[0])
    assert "u1" in uids(home)
    assert "gros" not in uids(home)


def test_letters_that_were_handled_go_where_that_is_wished(home: Path, box: Box, post: Postbox) -> None:
    """The folder is made; what others sent stays."""
    ready(home, box, post, inbox_handled_folder="Traité")
    box.put(invitation(), mail(sender=STRANGER, message_id="<s@x>"))
    assert go_round(home).is_whole
    box.put(invitation("u2", n=2))
    assert go_round(home).is_whole
    assert (box.flags(), len(box.flags("Traité"))) == ([set()], 2)


# ---- Only looking


def test_a_dry_run_says_what_would_be_done_and_does_nothing(any_home: Path, box: Box, post: Postbox) -> None:
    home = ready(any_home, box, post)
    box.put(invitation(), invitation(), mail(sender=STRANGER, message_id="<s@x>"), cancellation())
    before = dump(home)
    done = inbox(home, "--dry-run", "--format", "json")
    letters = json.loads(done.stdout)["letters"]
    assert [each["done"] for letter in letters for each in letter["results"]] == ["created", "cancelled-before-it-came"]
    assert [letter["why"] for letter in letters] == [None, "unknown-sender", None]
    assert (dump(home), box.flags(), post.letters) == (before, [set()] * 4, [])
    assert "Essai" in inbox(home, "--dry-run", "--print").stdout


def test_answers_are_printed_in_place_of_being_sent(home: Path, box: Box, post: Postbox) -> None:
    """Without a mail server too; and not again."""
    ready(home, box, post, smtp_server="")
    box.put(invitation())
    refused = inbox(home)
    assert (refused.returncode, "--print" in refused.stderr) == (5, True)
    done = inbox(home, "--print")
    assert done.returncode == 0, done.stderr
    assert f"--- À {SENDER} : Agenda SPRO" in done.stdout.replace("\u00a0", " ")
    assert inbox(home, "--print").stdout == ""


def test_json_says_who_sent_what_and_what_it_came_to(home: Path, box: Box, post: Postbox) -> None:
    ready(home, box, post)
    box.put(invitation())
    document = json.loads(inbox(home, "--format", "json").stdout)
    assert document["version"] == 1
    assert document["answers"] == {"sent": 1, "unsent": [], "printed": []}
    (letter,) = document["letters"]
    assert (letter["login"], letter["sender"], letter["answered"]) == ("marie", SENDER, True)
    (result,) = letter["results"]
    assert (result["id"], result["done"], result["network"]) == ("28/u1", "created", "28")


# ---- Servers that are away


def test_a_mail_server_that_refuses_one_of_many_takes_the_others(home: Path, box: Box) -> None:
    """Its answer is not tried for ever."""
    with postbox(refused=frozenset({"paul@exemple.fr"})) as post:
        ready(home, box, post)
        with closing(store_of(home)) as store, store.write(Actor()) as writer:
            writer.set_account("paul", AccountChange(email="paul@exemple.fr"))
        of_paul = mail(
            calendar(component("p")), sender="paul@exemple.fr", to="agenda-41@exemple.fr", message_id="<p@x>"
        )
        box.put(invitation(), of_paul, invitation("u2", n=2))
        done = inbox(home)
        assert done.returncode == 3
        assert done.stderr.count("La réponse à paul@exemple.fr n'est pas partie") == 1
        assert post.recipients == [[SENDER], [SENDER]]
        assert "p" in uids(home, "41")
        assert go_round(home).is_whole


def test_answers_wait_for_a_mail_server_that_is_away(home: Path, box: Box) -> None:
    """What was asked is done meanwhile."""
    away = Postbox(free_port(), frozenset())
    ready(home, box, away)
    box.put(invitation(), invitation("u2", n=2))
    done = inbox(home)
    assert done.returncode == 7
    assert done.stderr.count("n'est pas partie") == 1
    assert {"u1", "u2"} <= uids(home)
    with postbox() as post:
        configure(home, smtp_port=str(post.port))
        assert go_round(home).is_whole
        assert len(post.letters) == 2


def test_who_has_no_account_any_more_is_not_answered(home: Path, box: Box, post: Postbox) -> None:
    ready(home, box, Postbox(free_port(), frozenset()))
    box.put(invitation())
    assert inbox(home).returncode == 7
    with closing(store_of(home)) as store, store.write(Actor()) as writer:
        writer.forget_person("marie")
        assert writer.pending() == ()
    configure(home, smtp_port=str(post.port))
    assert go_round(home).is_whole
    assert post.letters == []
    assert not any("marie" in row for row in dump(home) if "received" in row)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"inbox_port": "1"}, (7, "ne répond pas (la connexion est refusée)")),
        ({"inbox_password_file": "config.ini"}, (4, "sans accents")),
        ({"inbox_username": "autre"}, (5, "refuse l'identifiant « autre »")),
        ({"inbox_folder": "Nulle part"}, (7, "inbox_folder")),
        ({"inbox_security": "starttls"}, (7, "inbox_security")),
        ({"inbox_security": "tls"}, (7, "ne chiffre pas")),
        ({"inbox_port": "imap"}, (4, "inbox_port")),
        ({"inbox_security": "ssl"}, (4, "« inbox_security = ssl » n'existe pas")),
        ({"inbox_password_file": ""}, (4, "inbox_password_file")),
        ({"inbox_password_file": "absent"}, (4, "Corrigez inbox_password_file")),
        ({"inbox_address": "agenda@exemple.fr"}, (4, "inbox_address")),
        ({"inbox_authserv_id": ""}, (4, "inbox_authserv_id")),
        ({"inbox_every_minutes": "souvent"}, (4, "inbox_every_minutes")),
    ],
    ids=str,
)
def test_a_mailbox_that_cannot_be_read_is_told_of_and_nothing_is_lost(
    home: Path, box: Box, post: Postbox, given: dict[str, str], told: tuple[int, str]
) -> None:
    ready(home, box, post, **given)
    box.put(invitation())
    with pytest.raises(SproError) as raised:
        go_round(home)
    code, says = told
    assert raised.value.exit_code == code
    assert says in str(raised.value)
    assert SECRET not in str(raised.value)
    assert box.flags() == [set()]


def test_an_instance_without_a_mailbox_is_told_how_to_have_one(home: Path) -> None:
    done = inbox(home)
    assert done.returncode == 5
    assert "inbox_server" in done.stderr


def test_a_server_with_tls_proves_who_it_is(post: Postbox, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its own port or by STARTTLS; or is believed where the configuration says so."""
    with mailbox(tls=True) as box:
        ready(home, box, post)
        plain = room(home).mailbox
        tls = replace(plain, port=box.tls_port, security="tls")
        for server in (tls, replace(plain, security="starttls")):
            with pytest.raises(MailboxAway, match="ne prouve pas"):
                look(server)
            look(replace(server, verify=ssl.CERT_NONE))
        monkeypatch.setenv("SSL_CERT_FILE", str(box.authority))
        for server in (tls, replace(plain, security="starttls")):
            look(server)


def look(server: Mailbox) -> None:
    with server.opened(readonly=True) as folder:
        assert folder.validity


@pytest.mark.parametrize("greeting", [b"", b"* BYE\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"* OK\r\n"])
def test_a_server_that_hangs_or_babbles_is_left_after_a_while(
    home: Path, box: Box, post: Postbox, monkeypatch: pytest.MonkeyPatch, greeting: bytes
) -> None:
    monkeypatch.setattr(mailboxes, "TIMEOUT_S", 1)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def greet() -> None:
            connection, _address = listening.accept()
            with connection:
                connection.sendall(greeting)
                connection.settimeout(5)
                with closing(connection.makefile("rb")) as said_to_us:
                    said_to_us.read()

        thread = threading.Thread(target=greet, daemon=True)
        thread.start()
        ready(home, box, post, inbox_port=str(listening.getsockname()[1]))
        with pytest.raises(NetworkError, match="ne répond pas"), closing(store_of(home)) as store:
            room(home).round(store)
        thread.join(10)


def test_a_wrong_password_is_not_repeated(home: Path, box: Box, post: Postbox) -> None:
    ready(home, box, post)
    wrong = replace(room(home).mailbox, password="pas celui-ci")
    with pytest.raises(WrongPassword) as raised:
        look(wrong)
    assert "celui-ci" not in str(raised.value) + repr(wrong)


# ---- By the server


def test_the_server_takes_invitations_by_itself(home: Path, box: Box, post: Postbox) -> None:
    """Two workers, and each letter is answered once."""
    ready(home, box, post, inbox_every_minutes="1")
    box.put(invitation(), invitation("u2", n=2))
    with serving(home, workers=2) as server:
        eventually(lambda: len(post.letters) == 2, within_s=rounds.FIRST_S + 20, what="both are answered")
        assert server.get("/spro/28/").status == 200
        assert "Traceback" not in server.said()
    assert len(post.letters) == 2


def test_a_round_is_due_every_few_minutes(any_home: Path, box: Box, post: Postbox) -> None:
    """For one of all workers; a clock that was ahead holds nobody back."""
    home = ready(any_home, box, post, inbox_every_minutes="5")
    with closing(store_of(home)) as store:
        for now, letters in ((10_000, 1), (10_299, 1), (10_300, 3), (9_000, 4)):
            box.put(invitation(f"u{now}", n=now))
            assert rounds.attend(lambda: store, room(home), now) == ""
            assert len(post.letters) == letters


def test_a_mailbox_that_is_away_for_a_night_is_logged_once(
    home: Path, box: Box, post: Postbox, caplog: pytest.LogCaptureFixture
) -> None:
    ready(home, box, post, inbox_port="1")
    with closing(store_of(home)) as store:
        said = rounds.attend(lambda: store, room(home), 10_000)
        assert rounds.attend(lambda: store, room(home), 20_000, said) == said
    (record,) = caplog.records
    assert "la connexion est refusée" in record.getMessage()
    assert record.exc_info is None


@pytest.mark.parametrize(
    ("given", "says"), [({"inbox_authserv_id": ""}, "inbox_authserv_id"), ({"smtp_server": ""}, "smtp_server")]
)
def test_a_server_is_not_started_on_a_mailbox_that_is_half_configured(
    home: Path, box: Box, post: Postbox, given: dict[str, str], says: str
) -> None:
    ready(home, box, post, **given)
    done = subprocess.run(
        program("--home", str(home), "serve", "--port", str(free_port())),
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
        timeout=60,
    )
    assert done.returncode in (4, 5)
    assert says in done.stderr


def test_an_instance_without_a_mailbox_makes_no_rounds(home: Path) -> None:
    assert rounds.room_of(configuration_of(home), home) is None
    assert rounds.start(lambda: pytest.fail("nobody asks"), None) is None


# ---- What is kept


def test_what_was_handled_long_ago_is_forgotten(any_home: Path, box: Box, post: Postbox) -> None:
    """As long as the audit is kept; what invitations said of an event, as long as anything of it is."""
    home = ready(any_home, box, post)
    box.put(invitation(), cancellation("jamais venu"))
    assert go_round(home).is_whole
    with closing(store_of(home)) as store:
        assert counted(store) == (2, 2)
        store.purge(date.today(), Retention(), Actor())
        assert counted(store) == (2, 2)
        store.purge(date.today() + timedelta(days=800), Retention(), Actor())
        assert counted(store) == (0, 1)


def counted(store: Store) -> tuple[int, int]:
    with store.read() as reader:
        counts = reader.counts()
    return counts["received"], counts["invited"]


def test_no_words_of_a_letter_are_kept_once_it_is_answered(home: Path, box: Box, post: Postbox) -> None:
    """Nor an address of anybody's."""
    ready(home, box, post)
    box.put(written("outlook-created"), mail(sender=STRANGER, message_id="<secret@x>"))
    assert go_round(home).is_whole
    rows = [row for row in dump(home) if '"received"' in row or '"invited"' in row or '"mailbox"' in row]
    assert rows
    for word in (STRANGER, SENDER, "zoe.martin", "secret@x", "PR0P264MB", "marie"):
        assert not [row for row in rows if word in row], word
