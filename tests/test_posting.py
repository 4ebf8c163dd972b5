"""What the server mails by itself: an action of the next days that is cancelled or moved, writes that clients drop."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from postbox import Postbox, postbox
from serving import Answer, Server, configure, copy_instance, event, eventually, serving, store_of
from test_digest import PAUL, TODAY, digest, office, put, text_of, to_whom, words_of
from test_inviting import mailing
from test_pages import BROWSER, FORM

from spro_agenda.model import EventKey, Frequency
from spro_agenda.post import Office, Refusals, send_digests, send_notices, send_refusals
from spro_agenda.post.notices import JOB, STALE
from spro_agenda.store import AccountChange, Actor, Refusal
from spro_agenda.store.telling import CLAIM_S

NOW = datetime.now(UTC)
THUNDERBIRD = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.0"


@pytest.fixture
def home(instance: Path, tmp_path: Path) -> Path:
    """Everybody has an address; all that was written until now was looked at."""
    return _ready(copy_instance(instance, tmp_path / "home"))


@pytest.fixture
def any_home(any_instance: Path, tmp_path: Path) -> Path:
    """The same on each database."""
    return _ready(copy_instance(any_instance, tmp_path / "home"))


def _ready(home: Path) -> Path:
    with closing(store_of(home)) as store, store.write(Actor()) as writer:
        for account in writer.accounts():
            writer.set_account(account.login, AccountChange(email=f"{account.login}@exemple.fr"))
        writer.add_account("anne@exemple.fr", None, writer.account("marie").role, ["41"])
        writer.queue_notices(JOB, 0, writer.last_revision(), ())
    return home


def known(home: Path, slug: str, uid: str, text: bytes) -> None:
    """An event that everybody knows, before anything happens to it."""
    put(home, slug, uid, text)
    with closing(store_of(home)) as store, store.write(Actor()) as writer:
        assert writer.queue_notices(JOB, writer.reached(JOB), writer.last_revision(), ())


@contextmanager
def posting(home: Path, *refused: str) -> Iterator[tuple[Postbox, Office]]:
    with postbox(refused=frozenset(refused)) as box, office(home, box) as here:
        yield box, here


def later(seconds: int = 60) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


# ---- What cannot wait


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        pytest.param((), ["anne"], id="its own network"),
        pytest.param(("DESCRIPTION:Ouvert à : 28",), ["anne", "marie"], id="open to one"),
        pytest.param(("DESCRIPTION:Ouvert à : tous les réseaux",), ["anne", "marie"], id="open to all"),
        pytest.param(("CLASS:PRIVATE",), [], id="private"),
        pytest.param(("CLASS:CONFIDENTIAL",), [], id="confidential"),
    ],
)
def test_a_cancellation_is_told_to_the_coordinators_of_who_takes_part(
    home: Path, lines: tuple[str, ...], told: list[str]
) -> None:
    """At once, and once; not to who did it, nor to readers."""
    known(home, "41", "atelier", text_of("atelier", 3, *lines))
    put(home, "41", "atelier", text_of("atelier", 3, *lines, "STATUS:CANCELLED"))
    with posting(home) as (box, here):
        send_notices(here, later())
        assert to_whom(box) == told
        send_notices(here, later())
        assert len(box.letters) == len(told)


def test_a_network_that_joined_is_told(any_home: Path) -> None:
    """Of what it takes part in; the digest does not tell it again."""
    opened = "DESCRIPTION:Ouvert à : tous les réseaux"
    known(any_home, "41", "atelier", text_of("atelier", 3, opened))
    with closing(store_of(any_home)) as store, store.write(Actor(login="marie")) as writer:
        writer.join(EventKey("41", "atelier"), "28")
    put(any_home, "41", "atelier", text_of("atelier", 5, opened, "SUMMARY:Atelier CV"))
    with posting(any_home) as (box, here):
        send_notices(here, later())
        (letter,) = (each for each in box.letters if each["To"].startswith("marie"))
        assert letter["Subject"].replace("\u00a0", " ") == "Déplacée : Atelier CV (41)"
        assert "votre réseau y participe" in words_of(letter)
        assert letter["List-Unsubscribe"]
        box.letters.clear()
        send_digests(here, TODAY)
        digests = {each["To"].partition("@")[0]: words_of(each) for each in box.letters}
        assert "Atelier CV" in digests["luc"]
        assert "Atelier CV" not in digests["marie"]


def test_a_title_of_several_lines_is_one(home: Path) -> None:
    """In the subject, which has no others."""
    title = "SUMMARY:Atelier\\nBcc: tous@exemple.fr"
    known(home, "41", "atelier", text_of("atelier", 3, title))
    put(home, "41", "atelier", text_of("atelier", 4, title))
    with posting(home) as (box, here):
        send_notices(here, later())
        assert box.recipients == [["anne@exemple.fr"]]
        subject = box.letters[0]["Subject"].replace("\u00a0", " ")
        assert subject == "Déplacée : Atelier Bcc: tous@exemple.fr (41)"


@pytest.mark.parametrize(
    ("before", "after", "is_told"),
    [
        pytest.param(3, 30, True, id="away from soon"),
        pytest.param(30, 3, True, id="to soon"),
        pytest.param(30, 40, False, id="far"),
        pytest.param(-3, -2, False, id="over"),
    ],
)
def test_what_is_far_can_wait(home: Path, before: int, after: int, is_told: bool) -> None:
    known(home, "41", "atelier", text_of("atelier", before))
    put(home, "41", "atelier", text_of("atelier", after))
    with posting(home) as (box, here):
        send_notices(here, later())
        assert bool(box.letters) is is_told


def test_what_is_undone_at_once_is_told_to_nobody(home: Path) -> None:
    """Before it is looked at, or between that and the letter."""
    known(home, "41", "atelier", text_of("atelier", 3))
    put(home, "41", "atelier", text_of("atelier", 3, "STATUS:CANCELLED"))
    with posting(home) as (box, here):
        send_notices(here, datetime.now(UTC), waiting=True)
        assert box.letters == []
        put(home, "41", "atelier", text_of("atelier", 3))
        send_notices(here, later(), waiting=True)
        assert box.letters == []
        put(home, "41", "atelier", text_of("atelier", 3, "STATUS:CANCELLED"))
        send_notices(here, later(), waiting=True)
        assert to_whom(box) == ["anne"]


def test_a_refused_address_is_tried_again_and_keeps_nobody_waiting(any_home: Path) -> None:
    known(any_home, "41", "atelier", text_of("atelier", 3, "DESCRIPTION:Ouvert à : 28"))
    put(any_home, "41", "atelier", text_of("atelier", 3, "DESCRIPTION:Ouvert à : 28", "STATUS:CANCELLED"))
    with posting(any_home, "anne@exemple.fr") as (box, here):
        ((login, why),) = send_notices(here, later())
        assert login == "anne@exemple.fr"
        assert "No such user" in why
        assert to_whom(box) == ["marie"]
        # Not at each look: nobody holds a letter so long.
        assert send_notices(here, later()) == ()
    with posting(any_home) as (box, here):
        with here.store._engine.begin() as connection:
            connection.exec_driver_sql(f"UPDATE notice SET claimed_until = claimed_until - {CLAIM_S}")
        send_notices(here, later())
        assert to_whom(box) == ["anne"]


def test_a_server_that_was_down_for_long_tells_no_old_news(home: Path) -> None:
    known(home, "41", "atelier", text_of("atelier", 3))
    put(home, "41", "atelier", text_of("atelier", 3, "STATUS:CANCELLED"))
    with posting(home) as (box, here):
        send_notices(here, datetime.now(UTC) + STALE + timedelta(minutes=1))
        assert box.letters == []


def test_who_wants_no_news_gets_none(home: Path) -> None:
    known(home, "41", "atelier", text_of("atelier", 3))
    with closing(store_of(home)) as store, store.write(Actor()) as writer:
        writer.set_account("anne@exemple.fr", AccountChange(digest=Frequency.NEVER))
    put(home, "41", "atelier", text_of("atelier", 3, "STATUS:CANCELLED"))
    with posting(home) as (box, here):
        send_notices(here, later())
        assert box.letters == []


def test_the_command_does_it_where_no_server_runs(home: Path) -> None:
    known(home, "41", "atelier", text_of("atelier", 3))
    put(home, "41", "atelier", text_of("atelier", 3, "STATUS:CANCELLED"))
    with postbox() as box:
        mailing(home, box)
        for _each in range(2):
            assert digest(home, "--urgent").returncode == 0
        assert to_whom(box) == ["anne"]


# ---- The server


def put_as(server: Server, path: str, body: bytes, login: str = "marie", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = {"Content-Type": "text/calendar; charset=utf-8", "User-Agent": THUNDERBIRD, **named}
    return server.request("PUT", path, body, login=login, headers=sent)


def test_the_server_tells_within_a_minute(home: Path) -> None:
    """Of a move by a client, which waits for no letter; and of what was refused, with what was typed."""
    known(home, "41", "atelier", text_of("atelier", 3))
    lost = text_of("perdu", 9, "SUMMARY:Atelier CV\\, pour tous")
    with postbox() as box, serving(mailing(home, box), workers=2) as server:
        assert put_as(server, "/spro/41/atelier.ics", text_of("atelier", 4), "paul").status == HTTPStatus.NO_CONTENT
        assert put_as(server, "/spro/45/perdu.ics", lost, If_None_Match="*").status == HTTPStatus.FORBIDDEN
        eventually(lambda: len(box.letters) >= 1, within_s=60, what="the move is told")
        eventually(lambda: len(box.letters) >= 2, within_s=100, what="the refusal is told")
        found = {letter["To"].partition("@")[0]: letter for letter in box.letters}
    assert set(found) == {"anne", "marie"}
    assert "Déplacée" in found["anne"]["Subject"]
    letter = found["marie"]
    assert letter["Subject"].replace("\u00a0", " ") == "Non enregistré dans l'agenda : Atelier CV, pour tous"
    assert "Vous n'avez pas le droit d'écrire dans l'agenda « 45 Loiret »" in words_of(letter)
    (attached,) = letter.iter_attachments()
    assert isinstance(attached, EmailMessage)
    assert (attached.get_filename(), attached.get_content()) == ("evenement-1.ics", lost)


def test_a_mail_server_that_is_wrong_stops_nobody_from_writing(home: Path) -> None:
    configure(home, public_url="https://agenda.exemple.fr/", smtp_server="127.0.0.1", smtp_security="sans")
    with serving(configure(home, from_email="agenda@exemple.fr")) as server:
        assert put_as(server, "/spro/28/a.ics", text_of("a", 3)).status == HTTPStatus.CREATED
        assert "smtp_security = sans" in server.said()


# ---- Writes that are dropped


@pytest.fixture(scope="module")
def hearing(instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that has somebody to mail through, who is never there: what it hears of stays in the store."""
    home = copy_instance(instance, tmp_path_factory.mktemp("hearing") / "home")
    with closing(store_of(home)) as store, store.write(Actor()) as writer:
        writer.set_account("marie", AccountChange(email="marie@exemple.fr"))
    with serving(mailing(home, Postbox(9, frozenset()))) as server:
        yield server


def heard(server: Server) -> tuple[Refusal, ...]:
    with closing(store_of(server.home)) as store, store.read() as reader:
        return reader.refusals("marie")


def test_what_a_client_would_drop_is_kept_for_its_author(hearing: Server) -> None:
    """Creations that are refused for want of a right, for the UID, for what they are, for their size; not probes, nor
    edits that the client asks about, nor what nobody logged in for."""
    taken = event("pris", start="DTSTART:20261201T090000Z")
    assert put_as(hearing, "/spro/28/pris.ics", taken).status == HTTPStatus.CREATED
    refused = {
        "droit": put_as(hearing, "/spro/45/droit.ics", event("droit"), If_None_Match="*"),
        "pris": put_as(hearing, "/spro/28/autre.ics", taken),
        "journal": put_as(
            hearing, "/spro/28/j.ics", event("sorte", component="VEVENT").replace(b"DTSTART:2026", b"DTSTART:jour")
        ),
        "existe": put_as(hearing, "/spro/28/pris.ics", event("pris", "SUMMARY:Autre"), If_None_Match="*"),
    }
    assert [each.status for each in refused.values()] == [403, 409, 403, 412]
    large = event("gros", "DESCRIPTION:" + "x" * 10_100_000)
    assert put_as(hearing, "/spro/28/gros.ics", large).status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    silent = [
        put_as(hearing, "/", b"", If_Match="nothing"),
        put_as(hearing, "/spro/28/", taken),
        put_as(hearing, "/spro/45/x.ics", b"rien"),
        put_as(hearing, "/spro/45/x.ics", event("x"), "luc"),
        put_as(hearing, "/spro/28/pris.ics", event("pris", "SUMMARY:Autre"), If_Match='"ancien"'),
        put_as(hearing, "/spro/45/x.ics", event("x"), User_Agent="spro-agenda import"),
        hearing.request("PUT", "/spro/45/x.ics", event("x"), login="marie", password="faux"),
        hearing.request("PUT", "/spro/45/x.ics", event("x"), login=None),
        hearing.request("PUT", "/spro/28/gros.ics", large, login="marie", password="faux"),
    ]
    assert all(each.status >= HTTPStatus.BAD_REQUEST for each in silent)
    eventually(lambda: len(heard(hearing)) >= 5, within_s=40, what="refusals are written down")
    found = heard(hearing)
    assert [(each.slug, each.uid, each.body is not None) for each in found] == [
        ("45", "droit", True),
        ("28", "pris", True),
        ("28", "sorte", True),
        ("28", "pris", True),
        ("28", "", False),
    ]
    assert all(each.why.endswith(".") for each in found)


# ---- One mail for many


def refusal(home: Path, uid: str, body: bytes | None, login: str = "marie") -> None:
    held = Refusals()
    at = datetime.now(UTC) - timedelta(minutes=2)
    held.add(Refusal(login=login, at=at, slug="45", uid=uid, title=uid, why="Refusé.", body=body))
    with closing(store_of(home)) as store:
        held.write_down(store)


def test_many_refusals_are_one_letter_and_the_next_comes_an_hour_later(any_home: Path) -> None:
    for number in range(3):
        refusal(any_home, f"e{number}", event(f"e{number}"))
    with posting(any_home) as (box, here):
        send_refusals(here, datetime.now(UTC))
        (letter,) = box.letters
        assert len(list(letter.iter_attachments())) == 3
        assert "List-Unsubscribe" not in letter
        refusal(any_home, "encore", event("encore"))
        send_refusals(here, datetime.now(UTC))
        assert len(box.letters) == 1
        with here.store._engine.begin() as connection:
            connection.exec_driver_sql("UPDATE told SET at = at - 3601")
        send_refusals(here, datetime.now(UTC))
        assert len(box.letters) == 2
        assert "encore" in words_of(box.letters[1])
        send_refusals(here, later(7200))
        assert len(box.letters) == 2


def test_no_more_are_kept_than_anybody_reads(home: Path) -> None:
    held = Refusals()
    for number in range(300):
        about = {"login": "marie", "at": NOW, "slug": "45", "uid": f"e{number}", "title": "t", "why": "Refusé."}
        held.add(Refusal(**about, body=b"x" * 60_000))
    with closing(store_of(home)) as store:
        held.write_down(store)
        with store.read() as reader:
            assert len(reader.refusals("marie")) == 50
    with posting(home) as (box, here):
        send_refusals(here, later(120))
        attached = list(box.letters[0].iter_attachments())
        assert 0 < len(attached) <= 4


def test_who_has_no_address_is_kept_nothing_of(home: Path) -> None:
    with closing(store_of(home)) as store, store.write(Actor()) as writer:
        writer.set_account("marie", AccountChange(email=""))
    refusal(home, "a", event("a"))
    refusal(home, "b", event("b"), "personne")
    with closing(store_of(home)) as store, store.read() as reader:
        assert reader.refusals("marie") == ()


def test_a_redaction_takes_what_waits_to_be_told_too(home: Path) -> None:
    put(home, "28", "a", text_of("a", 3))
    refusal(home, "a", event("a", "SUMMARY:Un nom"))
    with closing(store_of(home)) as store, store.write(Actor()) as writer:
        writer.redact_event("28", "a")
        assert writer.refusals("marie") == ()


# ---- The page of a letter's link


def link_of(home: Path, login: str = "luc") -> str:
    with postbox() as box, office(home, box) as here, here.store.read() as reader:
        return urlsplit(here.links_of(reader.account(login)).choosing).path


def chosen(home: Path) -> Frequency:
    with closing(store_of(home)) as store, store.read() as reader:
        return reader.account("luc").digest


@pytest.fixture
def served(home: Path) -> Iterator[Server]:
    with serving(configure(home, public_url="https://agenda.exemple.fr/")) as server:
        yield server


def test_looking_changes_nothing_and_choosing_does(served: Server) -> None:
    """Mail servers follow links before people do."""
    path = link_of(served.home)
    looked = served.request("GET", path, login=None, headers=BROWSER)
    assert looked.status == HTTPStatus.OK
    assert "luc@exemple.fr" in looked.text
    assert 'value="weekly" checked' in looked.text
    assert chosen(served.home) is Frequency.WEEKLY
    sent = urlencode({"frequency": "daily"}).encode()
    answer = served.request("POST", path, sent, login=None, headers=BROWSER | FORM)
    assert answer.status == HTTPStatus.OK
    assert "C&#39;est noté" in answer.text or "C'est noté" in answer.text
    assert chosen(served.home) is Frequency.DAILY


@pytest.mark.parametrize("kind", ["a form", "in parts"])
def test_one_click_ends_it(served: Server, kind: str) -> None:
    """As a mail program sends it, without a page, a cookie or a log-in: RFC 8058 section 3.2."""
    path = link_of(served.home)
    if kind == "a form":
        headers, body = FORM, b"List-Unsubscribe=One-Click"
    else:
        headers = {"Content-Type": "multipart/form-data; boundary=xyz"}
        body = b'--xyz\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--xyz--\r\n'
    assert served.request("POST", path, body, login=None, headers=headers).status == HTTPStatus.OK
    assert chosen(served.home) is Frequency.NEVER
    assert served.request("POST", path, body, login=None, headers=headers).status == HTTPStatus.OK


def test_a_link_that_is_not_ours_opens_nothing(served: Server) -> None:
    """Forged, cut short, of somebody else, of nobody: one answer."""
    path = link_of(served.home)
    _empty, _web, page, login, signature = path.split("/")
    for forged in (
        f"/.web/{page}/marie/{signature}",
        f"/.web/{page}/{login}/{signature[:-1]}",
        f"/.web/{page}/{login}/{'A' * 43}",
        f"/.web/{page}/{login}/",
        f"/.web/{page}/{login}/%C3%A9",
        f"/.web/{page}/personne/{signature}",
    ):
        answer = served.request("POST", forged, b"List-Unsubscribe=One-Click", login=None, headers=FORM)
        assert answer.status == HTTPStatus.NOT_FOUND, forged
    assert chosen(served.home) is Frequency.WEEKLY


@pytest.mark.parametrize("sent", ["frequency=hourly", "frequency="])
def test_a_choice_that_there_is_not_is_refused(served: Server, sent: str) -> None:
    answer = served.request("POST", link_of(served.home), sent.encode(), login=None, headers=FORM)
    assert answer.status == HTTPStatus.BAD_REQUEST
    assert chosen(served.home) is Frequency.WEEKLY


def test_the_log_of_requests_leaves_the_link_out(served: Server) -> None:
    path = link_of(served.home)
    served.request("GET", path, login=None)
    lines = "".join(file.read_text("utf-8") for file in (served.home / "requests").iterdir())
    assert "/.web/nouvelles/…" in lines
    assert path.rpartition("/")[2] not in lines
    assert PAUL.login not in path
