"""`digest`: who is sent what, through a real SMTP server; never twice, and whatever fails, the rest goes on."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from postbox import Postbox, postbox
from serving import configure, copy_instance, dump, environment, event, free_port, program, store_of
from test_inviting import PUBLIC, mailing

from spro_agenda.model import EventKey, Frequency
from spro_agenda.post import Office, office_of, send_digests
from spro_agenda.server.upkeep import attend
from spro_agenda.server.wsgi import configuration_of
from spro_agenda.store import AccountChange, Actor, Outcome, Retention, Store

TODAY = date.today()
PAUL = Actor(login="paul")


def soon(days: int, hour: int = 9) -> tuple[str, str]:
    """The lines of an event so many days ahead."""
    day = TODAY + timedelta(days=days)
    return f"DTSTART:{day:%Y%m%d}T{hour:02}0000Z", f"DTEND:{day:%Y%m%d}T{hour + 1:02}0000Z"


def text_of(uid: str, days: int, *lines: str, hour: int = 9) -> bytes:
    start, end = soon(days, hour)
    return event(uid, end, *lines, start=start)


@pytest.fixture
def any_home(any_instance: Path, tmp_path: Path) -> Path:
    """On each database: everybody has an address, and was told all that there is."""
    return _addressed(copy_instance(any_instance, tmp_path / "home"))


@pytest.fixture
def home(instance: Path, tmp_path: Path) -> Path:
    return _addressed(copy_instance(instance, tmp_path / "home"))


def _addressed(home: Path) -> Path:
    yesterday = TODAY - timedelta(days=8)
    with closing(store_of(home)) as store, store.write(Actor()) as writer:
        for account in writer.accounts():
            writer.set_account(account.login, AccountChange(email=f"{account.login}@exemple.fr"))
            writer.claim_digest(account.login, due=False, day=yesterday)
            writer.end_digest(account.login, writer.last_revision(), yesterday, ())
    return home


def put(home: Path, slug: str, uid: str, text: bytes, actor: Actor = PAUL) -> Outcome:
    with closing(store_of(home)) as store, store.write(actor) as writer:
        return writer.put_event(slug, f"{uid}.ics", text).outcome


def digest(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        program("--home", str(home), "digest", *words), capture_output=True, text=True, check=False, env=environment()
    )


def to_whom(box: Postbox) -> list[str]:
    return sorted(address.partition("@")[0] for (address,) in box.recipients)


def words_of(letter: EmailMessage) -> str:
    """The text of a letter, on one line."""
    text = letter.get_body(("plain",))
    assert text is not None
    return " ".join(str(text.get_content()).replace("\u00a0", " ").split())


@contextmanager
def office(home: Path, box: Postbox) -> Iterator[Office]:
    mailing(home, box)
    with closing(store_of(home)) as store:
        yield office_of(configuration_of(home), home, store, sending=True)


# ---- What is sent


def test_what_is_new_is_sent_once(any_home: Path) -> None:
    """To each who is due news, but for who wrote it; the second run sends nothing, nor does one of the day after."""
    with postbox() as box:
        mailing(any_home, box)
        put(any_home, "41", "forum", text_of("forum", 20, "SUMMARY:Forum de Blois"))
        done = digest(any_home, "--send")
        assert done.returncode == 0, done.stderr
        assert "4 courriels envoyés ; 1 personne sans nouvelle." in done.stderr
        assert to_whom(box) == ["chef", "christine", "luc", "marie"]
        assert all("Forum de Blois" in words_of(letter) for letter in box.letters)
        after = dump(any_home)
        again = digest(any_home, "--send")
        assert (again.returncode, len(box.letters)) == (0, 4)
        assert dump(any_home) == after
        with office(any_home, box) as here:
            assert send_digests(here, TODAY + timedelta(days=14)).sent == ()
    assert len(box.letters) == 4


def test_a_letter_can_be_left_by_one_click(home: Path) -> None:
    """RFC 8058, and a link in both of its texts."""
    with postbox() as box:
        mailing(home, box)
        put(home, "41", "forum", text_of("forum", 20))
        digest(home, "--send", "--for", "luc")
        (letter,) = box.letters
    address = letter["List-Unsubscribe"]
    assert re.fullmatch(rf"<{re.escape(PUBLIC)}\.web/nouvelles/luc/[\w-]{{43}}>", address)
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for part in letter.iter_parts():
        assert isinstance(part, EmailMessage)
        assert address[1:-1] in part.get_content()


@pytest.mark.parametrize(
    ("frequency", "last", "is_due"),
    [
        (Frequency.DAILY, date(2026, 11, 25), True),
        (Frequency.DAILY, date(2026, 11, 26), False),
        (Frequency.WEEKLY, date(2026, 11, 22), True),
        (Frequency.WEEKLY, date(2026, 11, 23), False),
        (Frequency.NEVER, date(2026, 1, 1), False),
    ],
)
def test_each_is_told_as_often_as_they_want(home: Path, frequency: Frequency, last: date, is_due: bool) -> None:
    """Seen on a Thursday: a week begins on Monday."""
    with postbox() as box, office(home, box) as here:
        with here.store.write(Actor()) as writer:
            writer.set_account("luc", AccountChange(digest=frequency))
            writer.end_digest("luc", writer.last_revision(), last, ())
        put(home, "41", "forum", event("forum", start="DTSTART:20261210T090000Z"))
        assert ("luc" in send_digests(here, date(2026, 11, 26)).sent) is is_due


def test_who_is_told_nothing_yet_hears_of_the_last_week(home: Path) -> None:
    """Not of all that there ever was; and of what nobody told them, though it was told to others."""
    with postbox() as box, office(home, box) as here:
        with here.store.write(Actor()) as writer:
            writer.add_account("zoe@exemple.fr", None, writer.account("luc").role)
        put(home, "41", "forum", text_of("forum", 400))
        digest(home, "--send")
        assert "zoe@exemple.fr" in [address for (address,) in box.recipients]
        box.letters.clear()
        assert send_digests(here, TODAY + timedelta(days=30)).sent == ()


def test_a_reader_gets_no_word_of_clashes(home: Path) -> None:
    """A coordinator of one of its networks does, and the region; a coordinator of another does not. Once."""
    with postbox() as box, office(home, box) as here:
        for slug in ("28", "45"):
            put(home, slug, f"chauvet-{slug}", text_of(f"chauvet-{slug}", 20, f"SUMMARY:Avec André Chauvet, au {slug}"))
        send_digests(here, TODAY)
        found = {letter["To"].partition("@")[0]: words_of(letter) for letter in box.letters}
        told = {login for login, text in found.items() if "Même intervenant" in text}
        assert told == {"marie", "christine"}
        assert "CONFLIT" not in found["luc"]
        assert "⚠" not in "".join(found.values())
        box.letters.clear()
        put(home, "41", "forum", text_of("forum", 21, "SUMMARY:Forum de Blois"))
        send_digests(here, TODAY, ["marie"])
        (letter,) = box.letters
        assert "Même intervenant" not in words_of(letter)
        assert "Un conflit dont nous vous avons déjà parlé attend encore votre avis." in words_of(letter)


def test_a_clash_that_changes_is_told_again_and_a_settled_one_is_not(home: Path) -> None:
    with postbox() as box, office(home, box) as here:
        for slug in ("28", "45"):
            put(home, slug, f"chauvet-{slug}", text_of(f"chauvet-{slug}", 20, f"SUMMARY:Avec André Chauvet, au {slug}"))
        with here.store.write(Actor(login="christine")) as writer:
            (standing,) = (each for each in writer.live_standings().values() if each.key == "André Chauvet")
            writer.settle(standing.identity, "region", "vu")
        send_digests(here, TODAY)
        assert not any("Même intervenant" in words_of(letter) for letter in box.letters)
        box.letters.clear()
        text = text_of("chauvet-45", 20, "SUMMARY:Avec André Chauvet, au 45", "LOCATION:Orléans")
        put(home, "45", "chauvet-45", text)
        send_digests(here, TODAY, ["marie"])
        assert any("Même intervenant" in words_of(letter) for letter in box.letters)


def test_nobody_reads_what_the_outside_view_has_not(home: Path) -> None:
    """Not even who writes in the same calendar: a mail is read by whoever stands behind."""
    with postbox() as box, office(home, box) as here:
        put(home, "28", "dentiste", text_of("dentiste", 3, "SUMMARY:Dentiste", "CLASS:PRIVATE"))
        put(home, "28", "entretien", text_of("entretien", 3, "SUMMARY:Entretien", "CLASS:CONFIDENTIAL"))
        put(home, "41", "forum", text_of("forum", 20))
        send_digests(here, TODAY)
        assert len(box.letters) == 4
        for letter in box.letters:
            assert not re.search("Dentiste|Entretien|Occupé", str(letter.get_body(("plain",))) + words_of(letter))


def test_others_meetings_are_nobody_s_news(home: Path) -> None:
    with postbox() as box, office(home, box) as here:
        put(home, "41", "point", text_of("point", 3, "SUMMARY:Point d'équipe"))
        put(home, "28", "point", text_of("point", 3, "SUMMARY:Réunion des coordonnateurs"))
        send_digests(here, TODAY)
        assert to_whom(box) == ["marie"]
        assert "Point d'équipe" not in words_of(box.letters[0])


def test_the_day_after_its_coordinator_is_asked_whether_it_can_be_taken_up(home: Path) -> None:
    """Once; not of a meeting, nor of what says so already, nor of a series that goes on."""
    with postbox() as box, office(home, box) as here:
        put(home, "28", "visite", text_of("visite", -1, "SUMMARY:Visite d'entreprise"))
        put(home, "28", "reunion", text_of("reunion", -1, "SUMMARY:Réunion"))
        put(home, "28", "dit", text_of("dit", -1, "SUMMARY:Déjà dit", "DESCRIPTION:Reprenable : non"))
        put(home, "28", "atelier", text_of("atelier", -1, "SUMMARY:Atelier hebdomadaire", "RRULE:FREQ=WEEKLY"))
        send_digests(here, TODAY)
        asked = {letter["To"]: words_of(letter) for letter in box.letters if "Reprenable" in words_of(letter)}
        assert set(asked) == {"marie@exemple.fr"}
        (text,) = asked.values()
        question = text.partition("REPRENABLES")[2].partition("ACTIONS")[0]
        assert "Visite d'entreprise" in question
        assert not re.search("Réunion|Déjà dit|hebdomadaire", question)
        box.letters.clear()
        assert send_digests(here, TODAY + timedelta(days=1), ["marie"]).sent == ()


def test_a_window_about_to_close_is_told_to_who_can_date_it(home: Path) -> None:
    with postbox() as box, office(home, box) as here:
        day = TODAY + timedelta(days=1)
        last = TODAY + timedelta(days=20)
        lines = ("X-SPRO-DATE-WORDS:bientôt", f"X-SPRO-WINDOW:{day.isoformat()}/{last.isoformat()}")
        put(
            home,
            "28",
            "agri",
            event("agri", "SUMMARY:[bientôt] Agriculture", *lines, start=f"DTSTART;VALUE=DATE:{day:%Y%m%d}"),
        )
        send_digests(here, TODAY)
        told = {letter["To"].partition("@")[0] for letter in box.letters if "proposez une date" in words_of(letter)}
        assert told == {"marie"}


# ---- Whatever fails


def test_an_address_that_is_refused_keeps_nobody_else_from_being_told(home: Path) -> None:
    """One in ten: the others are told, it is listed once, and tried again the next time; nobody is told twice."""
    with closing(store_of(home)) as store, store.write(Actor()) as writer:
        for number in range(6):
            writer.add_account(f"lecteur{number}@exemple.fr", None, writer.account("luc").role)
    put(home, "41", "forum", text_of("forum", 20))
    with postbox(refused=frozenset({"marie@exemple.fr"})) as box:
        mailing(home, box)
        done = digest(home, "--send")
        assert done.returncode == 7
        assert "9 courriels envoyés" in done.stderr
        assert done.stderr.count("marie") == 1
        assert "No such user" in done.stderr
        assert len(box.letters) == 9
        again = digest(home, "--send")
        assert (again.returncode, len(box.letters)) == (7, 9)
    with postbox() as box:
        mailing(home, box)
        assert digest(home, "--send").returncode == 0
        assert to_whom(box) == ["marie"]


def test_a_server_that_is_away_loses_nothing(home: Path) -> None:
    put(home, "41", "forum", text_of("forum", 20))
    done = digest(mailing(home, Postbox(free_port(), frozenset())), "--send")
    assert done.returncode == 7
    assert "ne répond pas" in done.stderr
    with postbox() as box:
        mailing(home, box)
        assert digest(home, "--send").returncode == 0
        assert to_whom(box) == ["chef", "christine", "luc", "marie"]


class SlowBox(Postbox):
    """Takes the first letters; at the next one, something happens before it answers."""

    taken: int
    then: object

    async def handle_DATA(self, *given: object) -> str:
        if len(self.letters) == self.taken:
            self.then()  # type: ignore[operator]  # set by the test
        return await super().handle_DATA(*given)  # type: ignore[arg-type]


def test_one_who_dies_in_the_midst_repeats_no_more_than_the_letter_in_flight(home: Path) -> None:
    """Killed while the third letter is on its way; ten minutes later, who was not told is."""
    put(home, "41", "forum", text_of("forum", 20))
    running: list[subprocess.Popen[bytes]] = []
    with postbox(kind=SlowBox) as box:
        box.taken, box.then = 2, lambda: os.kill(running[0].pid, signal.SIGKILL)  # type: ignore[attr-defined]
        mailing(home, box)
        running.append(
            subprocess.Popen(
                program("--home", str(home), "digest", "--send"), env=environment(), stderr=subprocess.PIPE
            )
        )
        assert running[0].wait(30) == -signal.SIGKILL
        assert running[0].stderr is not None
        running[0].stderr.close()
        first = to_whom(box)
        box.taken = -1  # type: ignore[attr-defined]
        digest(home, "--send")
        _let_claims_lapse(home)
        assert digest(home, "--send").returncode == 0
        told = to_whom(box)
    assert set(told) == {"chef", "christine", "luc", "marie"}
    assert len(told) <= 5
    assert len(first) in (2, 3)


def _let_claims_lapse(home: Path) -> None:
    """As ten minutes do."""
    with closing(store_of(home)) as store, store.write(Actor()) as writer:
        for account in writer.accounts():
            writer.release_digest(account.login)


def test_two_at_once_send_nothing_twice(any_home: Path) -> None:
    put(any_home, "41", "forum", text_of("forum", 20))
    with postbox() as box:
        mailing(any_home, box)
        runs = [
            subprocess.Popen(
                program("--home", str(any_home), "digest", "--send"), env=environment(), stderr=subprocess.PIPE
            )
            for _each in range(3)
        ]
        for run in runs:
            assert run.communicate(timeout=60)[1] is not None
            assert run.returncode == 0
        assert to_whom(box) == ["chef", "christine", "luc", "marie"]


# ---- What is shown


def test_print_shows_and_remembers_nothing(home: Path) -> None:
    put(home, "41", "forum", text_of("forum", 20, "SUMMARY:Forum de Blois"))
    before = dump(home)
    one = digest(home, "--print", "--for", "Luc")
    assert one.returncode == 0, one.stderr
    assert one.stdout.count("Forum de Blois") == 1
    assert "À : luc@exemple.fr" in one.stdout
    assert "\u00a0" not in one.stdout
    everybody = digest(home, "--print")
    assert everybody.stdout.count("Forum de Blois") == 4
    assert dump(home) == before


def test_json_is_for_scripts(home: Path) -> None:
    put(home, "41", "forum", text_of("forum", 20, "SUMMARY:Forum de Blois"))
    done = digest(home, "--print", "--format", "json", "--for", "luc", "--for", "paul")
    luc, paul = json.loads(done.stdout)["digests"]
    assert (luc["login"], luc["email"], luc["frequency"]) == ("luc", "luc@exemple.fr", "weekly")
    assert [section["kind"] for section in luc["sections"]] == ["new"]
    (line,) = luc["sections"][0]["lines"]
    assert (line["text"], line["events"]) == ("Forum de Blois", [EventKey("41", "forum").id])
    assert (paul["subject"], paul["sections"]) == (None, [])


def test_nothing_to_tell_is_said(home: Path) -> None:
    assert digest(home, "--print", "--for", "luc").stdout == "Rien de nouveau à dire.\n"


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ((), 2, "--send, --print ou --urgent"),
        (("--send", "--print"), 2, "--send, --print ou --urgent"),
        (("--send", "--format", "json"), 2, "avec --print"),
        (("--urgent", "--for", "luc"), 2, "retirez --for"),
        (("--print", "--for", "personne"), 4, "« personne »"),
        (("--send",), 5, "smtp_server"),
    ],
)
def test_what_makes_no_sense_is_said(home: Path, words: tuple[str, ...], code: int, says: str) -> None:
    done = digest(home, *words)
    assert (done.returncode, done.stdout) == (code, "")
    assert says in done.stderr


def test_nothing_is_sent_without_an_address_to_lead_to(home: Path) -> None:
    with postbox() as box:
        done = digest(configure(mailing(home, box), public_url=""), "--send")
        assert (done.returncode, box.letters) == (5, [])
        assert "public_url" in done.stderr


# ---- A person's choice, and rights


def test_a_person_chooses_how_often(home: Path) -> None:
    for words, says in (
        (("--digest", "daily"), "chaque jour"),
        (("--digest", "never"), "jamais"),
        (("--digest", "weekly"), "chaque semaine"),
    ):
        subprocess.run(program("--home", str(home), "users", "set", "luc", *words), check=True, env=environment())
        shown = subprocess.run(
            program("--home", str(home), "users", "show", "luc"),
            check=True,
            capture_output=True,
            text=True,
            env=environment(),
        )
        assert f"Nouvelles par courriel : {says}" in shown.stdout


def test_what_one_was_told_is_handed_out_and_forgotten(home: Path) -> None:
    """With the rest of what is kept of a person."""
    with postbox() as box, office(home, box) as here:
        put(home, "28", "visite", text_of("visite", -1, "SUMMARY:Visite d'entreprise"))
        send_digests(here, TODAY)
        export = subprocess.run(
            program("--home", str(home), "users", "export", "marie"), capture_output=True, check=True, env=environment()
        )
        kept = json.loads(export.stdout)
        assert kept["account"]["digest"] == "weekly"
        assert kept["digest"]["day"] == TODAY.isoformat()
        assert any(name.startswith("reusable:28/visite") for name in kept["digest"]["told"])
        assert kept["refusals"] == []
        subprocess.run(
            program("--home", str(home), "users", "forget", "marie", "--yes"),
            capture_output=True,
            check=True,
            env=environment(),
        )
        assert not any("reusable:28/visite" in row for row in dump(home))


def test_what_was_told_long_ago_is_forgotten(home: Path) -> None:
    """By the daily upkeep, as acts are; what is still so is then told again."""
    with postbox() as box, office(home, box) as here:
        put(home, "28", "visite", text_of("visite", -1, "SUMMARY:Visite d'entreprise"))
        send_digests(here, TODAY)
        _do_upkeep(here.store)
        with here.store._engine.begin() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM told").scalar()
            connection.exec_driver_sql(f"UPDATE told SET at = at - {400 * 86_400}")
        _do_upkeep(here.store)
        with here.store.read() as reader:
            assert not reader.progress("marie").told


def _do_upkeep(store: Store) -> None:
    """What the server does each day."""
    with store.write(Actor()) as writer:
        writer.give_back_upkeep_day(TODAY)
    attend(lambda: store, Retention(), TODAY)
