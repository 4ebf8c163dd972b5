"""`users invite`: who is invited, what is mailed or printed, and what is refused."""

from __future__ import annotations

import re
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from postbox import Postbox, postbox
from serving import ROOT, configure, dump, environment, free_port, program, store_of

from spro_agenda.errors import NotFound
from spro_agenda.store import Account, Role, token_of

PUBLIC = "https://agenda.exemple.fr/"
LINK = re.compile(r"https?://\S+/\.web/invitation/([a-z0-9-]+)")


def invite(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The command as a user runs it."""
    return subprocess.run(
        program("--home", str(home), "users", "invite", *words),
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=environment(),
    )


def mailing(home: Path, box: Postbox) -> Path:
    """The instance, with a public address, and the mail server of the test."""
    return configure(
        home,
        public_url=PUBLIC,
        smtp_server="127.0.0.1",
        smtp_port=str(box.port),
        smtp_security="none",
        from_email="agenda@exemple.fr",
    )


def account(home: Path, login: str) -> Account:
    with closing(store_of(home)) as store, store.read() as reader:
        return reader.account(login)


def whose(home: Path, text: str) -> str:
    """Whose invitation a text's one link is."""
    (secret,) = set(LINK.findall(text))
    token = token_of(secret)
    assert token is not None
    with closing(store_of(home)) as store, store.read() as reader:
        return reader.invitation(token).login


@pytest.mark.parametrize(
    ("words", "role", "networks"),
    [
        (("--network", "28"), Role.COORDINATOR, ("28",)),
        (("--network", "28,45"), Role.COORDINATOR, ("28", "45")),
        ((), Role.READER, ()),
        (("--role", "region"), Role.REGION, ()),
    ],
)
def test_who_has_no_account_is_given_one_and_a_link(
    home: Path, words: tuple[str, ...], role: Role, networks: tuple[str, ...]
) -> None:
    """A coordinator where there are networks, otherwise a reader; whose mail address is the login."""
    done = invite(configure(home, public_url=PUBLIC), "Zoe@exemple.fr", "--name", "Zoé", *words)
    assert done.returncode == 0, done.stderr
    made = account(home, "zoe@exemple.fr")
    assert (made.role, made.networks, made.name, made.email) == (role, networks, "Zoé", "zoe@exemple.fr")
    assert made.password_hash == ""
    assert done.stdout.startswith(PUBLIC)
    assert whose(home, done.stdout) == made.login


def test_the_link_is_mailed_where_there_is_a_mail_server(home: Path) -> None:
    """And then printed nowhere. In both writings it says who invites, to what, until when, and where the agenda is."""
    with postbox() as box:
        done = invite(mailing(home, box), "zoe@exemple.fr", "--network", "28", "--by", "Christine Martin")
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        (letter,) = box.letters
    assert letter["To"] == "zoe@exemple.fr"
    for part in letter.iter_parts():
        text = part.get_content()  # type: ignore[union-attr]
        assert whose(home, text) == "zoe@exemple.fr"
        said = " ".join(text.replace("\u00a0", " ").split())
        assert "Christine Martin vous invite à l'agenda partagé du SPRO Centre-Val de Loire" in said.replace(
            "&#39;", "'"
        )
        assert re.search(r"une seule fois, jusqu'au [a-z]+ \d+(er)? \S+ à \d+ h \d\d", said)
        assert "28 Eure-et-Loir" in said
        assert PUBLIC in said


def test_what_a_name_holds_is_text_in_the_letter(home: Path) -> None:
    with postbox() as box:
        done = invite(mailing(home, box), "zoe@exemple.fr", "--name", "<b>Zoé</b>", "--by", "A & <i>B</i>")
        assert done.returncode == 0, done.stderr
        text, html = (part.get_content() for part in box.letters[0].iter_parts())  # type: ignore[union-attr]
    assert "<b>Zoé</b>" in text
    assert "<b>" not in html
    assert "<i>" not in html
    assert "&lt;b&gt;Zoé" in html


def test_who_has_an_account_is_given_a_new_link_which_voids_the_former(home: Path) -> None:
    """For a forgotten password. The account, its password included, stays as it is."""
    configure(home, public_url=PUBLIC)
    before = account(home, "marie")
    first, second = invite(home, "Marie"), invite(home, "marie")
    assert account(home, "marie") == before
    assert whose(home, second.stdout) == "marie"
    with closing(store_of(home)) as store, store.read() as reader, pytest.raises(NotFound):
        reader.invitation(token_of(LINK.findall(first.stdout)[0]))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "words", [("--role", "reader"), ("--network", "28"), ("--name", "Marie"), ("--email", "marie@exemple.fr")]
)
def test_an_account_is_not_changed_by_an_invitation(home: Path, words: tuple[str, ...]) -> None:
    before = dump(home)
    done = invite(home, "marie", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "spro-agenda users set" in done.stderr
    assert dump(home) == before


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("zoé@exemple.fr",), 4, "n'est pas possible"),
        (("zoe/x", "--network", "28"), 4, "n'est pas possible"),
        (("zoe@exemple.fr", "--network", "99"), 2, "Réseaux connus"),
        (("zoe@exemple.fr", "--role", "reader", "--network", "28"), 4, "--role coordinator"),
        (("zoe@exemple.fr", "--role", "coordinator"), 4, "--network"),
        (("zoe", "--email", "nulle part"), 4, "adresse électronique"),
    ],
)
def test_who_cannot_have_an_account_is_not_invited(home: Path, words: tuple[str, ...], code: int, says: str) -> None:
    """A sentence, and nothing half done."""
    before = dump(home)
    done = invite(home, *words)
    assert (done.returncode, done.stdout) == (code, "")
    assert says in done.stderr
    assert dump(home) == before


def test_without_a_public_address_the_link_is_printed_with_what_to_set(home: Path) -> None:
    """It opens on this machine; no letter is sent with such a link."""
    with postbox() as box:
        done = invite(configure(mailing(home, box), public_url=""), "zoe@exemple.fr")
        assert box.letters == []
    assert done.returncode == 0
    assert done.stdout.startswith("http://127.0.0.1:5232/.web/invitation/")
    assert "public_url" in done.stderr
    assert "[web]" in done.stderr


def test_without_a_mail_server_the_link_is_printed_with_what_to_set(home: Path) -> None:
    done = invite(configure(home, public_url=PUBLIC), "zoe@exemple.fr")
    assert done.stdout.startswith(PUBLIC)
    assert "smtp_server" in done.stderr


def test_who_has_no_mail_address_is_not_written_to(home: Path) -> None:
    """Until one is given, to a new account by `--email`."""
    with postbox() as box:
        mailing(home, box)
        done = invite(home, "marie")
        assert (done.returncode, box.letters) == (0, [])
        assert done.stdout.startswith(PUBLIC)
        assert "users set marie --email" in done.stderr
        assert invite(home, "zoe", "--email", "zoe@exemple.fr").stdout == ""
        assert box.recipients == [["zoe@exemple.fr"]]


def test_print_shows_the_link_and_mails_nothing(home: Path) -> None:
    with postbox() as box:
        done = invite(mailing(home, box), "zoe@exemple.fr", "--print")
        assert box.letters == []
    assert whose(home, done.stdout) == "zoe@exemple.fr"


def test_a_letter_that_does_not_go_leaves_the_link_to_be_passed_on(home: Path) -> None:
    """The account is made and the link good: the command says so, prints it, and ends as other failures of the network
    do."""
    done = invite(mailing(home, Postbox(free_port(), frozenset())), "zoe@exemple.fr")
    assert done.returncode == 7
    assert whose(home, done.stdout) == "zoe@exemple.fr"
    assert "Le courriel n'est pas parti, mais ce lien est bon" in done.stderr


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"public_url": "agenda.exemple.fr"}, "https://agenda.exemple.fr/"),
        ({"public_url": "https://agenda.exemple.fr/?a=b"}, "n'est pas l'adresse d'un serveur"),
        ({"public_url": PUBLIC, "smtp_server": "smtp.exemple.fr"}, "« from_email »"),
        ({"password_backend": "ldap"}, "annuaire"),
    ],
)
def test_a_configuration_that_is_wrong_is_told_before_anybody_is_invited(
    home: Path, given: dict[str, str], says: str
) -> None:
    before = dump(configure(home, **given))
    done = invite(home, "zoe@exemple.fr")
    assert done.returncode in (4, 5)
    assert says in done.stderr
    assert dump(home) == before
