"""`clashes`, its commands, and `region apply`, as they are typed: what is shown, who may speak, how they end."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import sys
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from agendas import CALENDARS
from click.testing import CliRunner, Result
from databases import SQLITE, URL
from store_contract import PASSWORD, booking, delete, event, put

from spro_agenda.commands import cli
from spro_agenda.errors import BadRegion, NotFound, Refused, SproError, UsageError
from spro_agenda.store import Actor, Role, Store

TOML = (CALENDARS / "region.toml").read_text("utf-8")
YEAR = ("--from", "2031-01-01", "--to", "2031-12-31")
WHEN = ("20311007T120000Z", "20311007T140000Z")
PEOPLE = {
    "chef": (Role.ADMIN, []),
    "marie": (Role.COORDINATOR, ["28"]),
    "luc": (Role.COORDINATOR, ["45"]),
    "zoe": (Role.COORDINATOR, ["37"]),
    "paul": (Role.COORDINATOR, ["28", "45"]),
    "region": (Role.REGION, []),
    "lise": (Role.READER, []),
}


def prepare(store: Store) -> None:
    """People, and one speaker whom two networks have at once."""
    with store.write(Actor()) as writer:
        for login, (role, networks) in PEOPLE.items():
            writer.add_account(login, PASSWORD, role, networks)
    put(store, "28", "a.ics", booking("a", *WHEN, title="Conférence"))
    put(store, "45", "b.ics", booking("b", *WHEN, title="Rencontre", words="Intervenant : A. Chauvet\\nOuvert à : 41"))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    SQLITE.new(tmp_path, TOML, prepare)
    shutil.copy(CALENDARS.parent / "config.ini", tmp_path)
    return tmp_path


def run(home: Path, *words: object) -> Result:
    return CliRunner().invoke(cli, ["--home", str(home), *map(str, words)], standalone_mode=False)


def shown(home: Path, *words: object) -> str:
    done = run(home, *words)
    assert done.exit_code == 0, (done.output, done.exception)
    return done.stdout


def document(home: Path, *words: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shown(home, *words, "--format", "json"))
    return found


def clash_of(home: Path) -> dict[str, Any]:
    (clash,) = document(home, "clashes", *YEAR)["clashes"]
    return dict(clash)


def test_the_list_tells_how_far_a_clash_is_from_settled(home: Path) -> None:
    """Who said what, and whom it waits for; what is settled alarms no more, nor fails a script."""
    clash = clash_of(home)
    assert (clash["state"], clash["waiting_for"], clash["settlements"]) == ("new", ["28", "45"], [])
    assert "⚠1" in shown(home, "clashes", *YEAR)
    assert run(home, "clashes", *YEAR, "--fail-on", "blocking").return_value == 1
    said = shown(home, "clashes", "settle", clash["id"], "--by", "marie", "--why", "en visio")
    assert "28 Eure-et-Loir : assumé" in said
    assert "par marie (« en visio »)" in said
    assert "on attend 45 Loiret" in said
    clash = clash_of(home)
    (settlement,) = clash["settlements"]
    assert (clash["state"], clash["waiting_for"]) == ("new", ["45"])
    assert (settlement["side"], settlement["verdict"], settlement["why"], settlement["by"], settlement["counts"]) == (
        "28",
        "accepted",
        "en visio",
        "marie",
        True,
    )
    assert "est réglé" in shown(home, "clashes", "settle", clash["id"], "--by", "luc")
    assert clash_of(home)["state"] == "settled"
    listed = shown(home, "clashes", *YEAR)
    assert "✓1" in listed
    assert "⚠" not in listed
    assert max(map(len, listed.splitlines())) <= 80
    assert run(home, "clashes", *YEAR, "--fail-on", "to-watch").return_value == 0
    assert "⚠1" not in shown(home, "merge", *YEAR)


def test_the_list_can_be_limited_to_states(home: Path) -> None:
    """What is gone is told by the store alone."""
    ident = clash_of(home)["id"]
    assert document(home, "clashes", *YEAR, "--state", "settled")["clashes"] == []
    assert len(document(home, "clashes", *YEAR, "--state", "new")["clashes"]) == 1
    assert document(home, "clashes", *YEAR, "--state", "gone")["clashes"] == []
    with closing(Store.open(URL, home)) as store:
        put(store, "45", "b.ics", booking("b", "20311008T120000Z", "20311008T140000Z"))
    (gone,) = document(home, "clashes", *YEAR, "--state", "gone")["clashes"]
    assert (gone["id"], gone["state"], gone["weight"], gone["dates"]) == (ident, "gone", None, [])
    assert "RÉSOLUS D'EUX-MÊMES (1)" in shown(home, "clashes", *YEAR, "--state", "gone")
    assert "RÉSOLUS" not in shown(home, "clashes", *YEAR, "--state", "gone", "--network", "41")
    other_days = ("--from", "2035-01-01", "--to", "2035-12-31")
    assert document(home, "clashes", *other_days, "--state", "gone")["clashes"] == []
    today = date.today().isoformat()
    (gone,) = document(home, "clashes", "--from", today, "--to", today, "--state", "gone")["clashes"]
    assert gone["id"] == ident
    assert "résolu de lui-même" in shown(home, "clashes", "show", ident)
    assert document(home, "clashes", "show", ident)["clash"]["state"] == "gone"
    assert "passé" in shown(home, "clashes", "--calendars", CALENDARS, "--from", "2021-01-01", "--to", "2021-12-31")


def test_the_table_has_the_state_in_words(home: Path) -> None:
    shown(home, "clashes", "settle", clash_of(home)["id"], "--network", "region")
    head, row = csv.reader(io.StringIO(shown(home, "clashes", *YEAR, "--format", "csv")), delimiter=";")
    assert (row[head.index("état")], row[head.index("poids")]) == ("assumé", "bloquant")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("--by", "zoe"), Refused),
        (("--by", "lise"), Refused),
        (("--by", "chef"), Refused),
        (("--by", "personne"), NotFound),
        (("--by", "marie", "--network", "45"), Refused),
        (("--network", "41"), Refused),
        (("--network", "Paris"), UsageError),
        ((), UsageError),
        (("--network", "28", "--seen", "0000000000"), Refused),
    ],
)
@pytest.mark.parametrize("command", ["settle", "same"])
def test_nobody_speaks_for_others(home: Path, command: str, words: tuple[str, ...], error: type[SproError]) -> None:
    """Nor for all at once without saying so, nor of what they did not see."""
    done = run(home, "clashes", command, clash_of(home)["id"], *words)
    assert isinstance(done.exception, error), (done.output, done.exception)
    assert clash_of(home)["settlements"] == []


def test_a_person_of_both_sides_speaks_for_both(home: Path) -> None:
    """And the regional team for all."""
    ident = clash_of(home)["id"]
    assert "est réglé" in shown(home, "clashes", "settle", ident, "--by", "PAUL")
    assert "de nouveau à régler" in shown(home, "clashes", "reopen", ident, "--by", "luc", "--why", "non")
    assert clash_of(home)["state"] == "new"
    assert "est réglé" in shown(home, "clashes", "same", ident, "--by", "region")
    assert [each["verdict"] for each in clash_of(home)["settlements"]] == ["accepted", "accepted", "reopened", "same"]


def test_who_says_it_again_is_told(home: Path) -> None:
    ident = clash_of(home)["id"]
    for why in ("une raison", "une autre"):
        said = shown(home, "clashes", "settle", ident, "--by", "marie", "--why", why)
    assert "l'avait déjà dit ; votre mot est ajouté" in said
    assert "une autre" in said
    said = shown(home, "clashes", "settle", ident, "--by", "marie")
    assert "l'avait déjà dit : rien n'est ajouté" in said
    assert [each["why"] for each in clash_of(home)["settlements"]] == ["une raison", "une autre"]


def test_a_clash_that_is_settled_without_a_reason_says_so(home: Path) -> None:
    """It is settled all the same."""
    ident = clash_of(home)["id"]
    done = run(home, "clashes", "settle", ident, "--by", "paul")
    assert (done.stderr, done.exit_code) == ("Sans --why, personne ne lira pourquoi.\n", 0)
    assert "est réglé" in done.stdout


def test_what_makes_one_action_counts_whatever_moves(home: Path) -> None:
    """Its line does not say that it counts no more."""
    ident = clash_of(home)["id"]
    shown(home, "clashes", "same", ident, "--by", "region")
    with closing(Store.open(URL, home)) as store:
        put(store, "45", "b.ics", booking("b", "20311007T123000Z", WHEN[1], title="Rencontre"))
    assert clash_of(home)["state"] == "settled"
    assert [each["counts"] for each in clash_of(home)["settlements"]] == [True]
    assert "a changé depuis" not in shown(home, "clashes", "show", ident)


def test_a_clash_that_is_back_says_why(home: Path) -> None:
    """In the list and when it is shown, with the hours at which its events meet."""
    ident = clash_of(home)["id"]
    shown(home, "clashes", "settle", ident, "--network", "region")
    said = shown(home, "clashes", "show", ident)
    assert "· 28, 14h–16h, « Conférence »" in said
    assert "ne vaut plus" not in shown(home, "clashes", *YEAR)
    with closing(Store.open(URL, home)) as store:
        put(store, "45", "b.ics", booking("b", "20311007T123000Z", WHEN[1], title="Rencontre"))
    assert "ce qui en était dit ne vaut plus" in shown(home, "clashes", *YEAR)
    said = shown(home, "clashes", "show", ident)
    assert "· 45, 14h30–16h, « Rencontre »" in said
    assert "une action a changé depuis" in " ".join(said.split())
    shown(home, "clashes", "settle", ident, "--network", "region")
    shown(home, "clashes", "reopen", ident, "--network", "45", "--why", "elle ne vient plus")
    assert "45 Loiret : rouvert" in shown(home, "clashes", *YEAR)


def test_what_is_settled_is_counted_apart(home: Path) -> None:
    """A director looks at the number first."""
    ident = clash_of(home)["id"]
    assert "· 1 conflit\n" in shown(home, "merge", *YEAR)
    shown(home, "clashes", "settle", ident, "--network", "region")
    assert "· 1 conflit, dont 1 assumé\n" in shown(home, "merge", *YEAR)
    assert "CONFLITS (1, dont 1 assumé)" in shown(home, "clashes", *YEAR)


def test_whoever_is_told_of_a_clash_can_look_at_it(home: Path, tmp_path: Path) -> None:
    """An import and another region.toml say what it goes by."""
    file = tmp_path / "37.ics"
    file.write_bytes(booking("c", *WHEN, title="Atelier"))
    told = re.findall(r"\[([0-9a-f]{10})\]$", shown(home, "import", file), re.MULTILINE)
    assert told == [clash_of(home)["id"]]
    assert "Atelier" in shown(home, "clashes", "show", *told)
    rule = "[clash.INTERVENANT]\nenabled = "
    file.write_text(TOML.replace(f"{rule}true", f"{rule}false"), "utf-8")
    shown(home, "region", "apply", file)
    file.write_text(TOML, "utf-8")
    assert f"[{told[0]}]" in shown(home, "region", "apply", file)


def test_a_question_that_was_answered_is_asked_no_more(home: Path) -> None:
    """Neither in words nor in JSON, until somebody takes the answer back."""
    with closing(Store.open(URL, home)) as store:
        for site in ("Chartres", "Dreux"):
            day = "DTSTART;VALUE=DATE:20311014"
            put(store, "28", f"{site}.ics", event(site, day, f"SUMMARY:[{site}] Portes ouvertes"))
    (sites,) = document(home, "clashes", *YEAR, "--kind", "SITES")["clashes"]
    assert sites["question"] == "même action ?"
    assert "même action ?" in sites["sentence"]
    assert "même action ?" not in shown(home, "clashes", "same", sites["id"], "--by", "marie")
    for told in (
        document(home, "clashes", *YEAR, "--kind", "SITES")["clashes"][0],
        document(home, "clashes", "show", sites["id"])["clash"],
    ):
        assert (told["question"], told["state"]) == (None, "settled")
    assert "même action ?" not in shown(home, "merge", *YEAR)
    assert "même action ?" in shown(home, "clashes", "reopen", sites["id"], "--by", "marie")


def test_what_is_gone_is_in_the_table_too(home: Path) -> None:
    """On no day."""
    ident = clash_of(home)["id"]
    with closing(Store.open(URL, home)) as store:
        delete(store, "45", "b.ics")
    head, row = csv.reader(
        io.StringIO(shown(home, "clashes", *YEAR, "--state", "gone", "--format", "csv")), delimiter=";"
    )
    assert [row[0], row[head.index("état")], row[-1]] == ["", "résolu", ident]
    assert row[head.index("événements")] == "28 : Conférence"


TOLD = (("clashes",), ("clashes", "--state", "gone"), ("merge",))


def test_an_event_that_has_become_private_is_named_nowhere(home: Path) -> None:
    """Neither its title, nor its speaker, nor its place, in any format."""
    ident = clash_of(home)["id"]
    shown(home, "clashes", "settle", ident, "--network", "45")
    with closing(Store.open(URL, home)) as store:
        for uid, slug in (("a", "28"), ("b", "45")):
            body = booking(uid, *WHEN, title="Délicate affaire")
            put(store, slug, f"{uid}.ics", body.replace(b"END:VEVENT", b"CLASS:PRIVATE\r\nEND:VEVENT"))
    said = [shown(home, "clashes", "show", ident), shown(home, "clashes", "show", ident, "--format", "json")]
    for words in TOLD:
        formats = ("ics", "json") if words == ("merge",) else ("csv", "json")
        said += [shown(home, *words, *YEAR, "--format", each) for each in ("terminal", *formats)]
    for each in said:
        for secret in ("licate", "Conférence", "Rencontre", "Chauvet"):
            assert secret not in each


def test_what_looks_like_one_event_is_one_or_two_as_people_say(home: Path) -> None:
    """Two make the clash that was waiting for the answer; one is asked about no more."""
    when = ("20311021T120000Z", "20311021T140000Z")
    with closing(Store.open(URL, home)) as store:
        for slug in ("28", "45"):
            put(store, slug, "x.ics", booking("x", *when, title="Forum des métiers"))
    period = ("--as-of", "2031-10-15", "--from", "2031-10-15", "--to", "2031-12-31")

    def asked() -> list[str]:
        found = document(home, "opportunities", *period, "--kind", "DOUBLON")["opportunities"]
        return [each["id"] for each in found]

    def clashing() -> list[str]:
        return [each["kind"] for each in document(home, "clashes", *period)["clashes"]]

    (ident,) = asked()
    assert clashing() == []
    shown(home, "opportunities", "dismiss", ident, *period)
    assert (asked(), clashing()) == ([], ["INTERVENANT"])
    shown(home, "opportunities", "recall", ident)
    assert (asked(), clashing()) == ([ident], [])
    shown(home, "opportunities", "same", ident, *period)
    assert (asked(), clashing()) == ([], [])
    with closing(Store.open(URL, home)) as store:
        put(store, "45", "x.ics", booking("x", *when, title="Rencontre avec les entreprises"))
    (clash,) = document(home, "clashes", *period)["clashes"]
    assert (clash["kind"], clash["state"]) == ("INTERVENANT", "settled")
    (other,) = document(home, "opportunities", *period)["opportunities"]
    assert isinstance(run(home, "opportunities", "same", other["id"], *period).exception, UsageError)


def test_the_keys_of_json_are_those_that_scripts_know(home: Path) -> None:
    """Those of the README, and what clashes of any source have."""
    ident = clash_of(home)["id"]
    life = {"state", "first_seen", "fingerprint", "waiting_for", "settlements"}
    common = {"id", "kind", "also", "weight", "key", "dates", "count", "members", "question", "sentence"}
    assert set(clash_of(home)) == common | life
    assert set(document(home, "clashes", "show", ident)["clash"]) == common | life
    with closing(Store.open(URL, home)) as store:
        delete(store, "45", "b.ics")
    (gone,) = document(home, "clashes", *YEAR, "--state", "gone")["clashes"]
    assert set(gone) == common | life | {"gone_at"}
    readme = (CALENDARS.parent / "README.md").read_text("utf-8")
    assert all(f"`{key}`" in readme for key in (*life, "participants"))


@pytest.mark.parametrize("states", [("settled",), ("new", "settled", "gone")])
def test_nothing_is_wider_than_a_terminal(home: Path, states: tuple[str, ...]) -> None:
    """80 columns, whatever was said."""
    why = "il finit par Pithiviers, puis rejoint Dreux par la route, et nous gardons la salle jusqu'au soir"
    ident = clash_of(home)["id"]
    for login in ("marie", "luc"):
        shown(home, "clashes", "settle", ident, "--by", login, "--why", why)
    chosen = [word for state in states for word in ("--state", state)]
    for words in (("clashes", *YEAR, *chosen), ("clashes", "show", ident), ("merge", *YEAR)):
        assert max(map(len, shown(home, *words).splitlines())) <= 80


def test_a_person_is_given_what_they_said(home: Path) -> None:
    """Of clashes, and of events that their network comes to."""
    shown(home, "clashes", "settle", clash_of(home)["id"], "--by", "marie", "--why", "en visio")
    given = json.loads(shown(home, "users", "export", "marie"))
    assert [each["why"] for each in given["settlements"]] == ["en visio"]
    assert (given["joined"], given["dismissed"]) == ([], [])


def test_a_reason_is_one_line_of_plain_text(home: Path) -> None:
    """A terminal obeys what others read."""
    ident = clash_of(home)["id"]
    shown(home, "clashes", "settle", ident, "--network", "28", "--why", "vu\x1b[2J hier\nà « Dreux »")
    assert clash_of(home)["settlements"][0]["why"] == "vu [2J hier à « Dreux »"
    done = run(home, "clashes", "settle", ident, "--network", "45", "--why", "x" * 501)
    assert "501 caractères" in str(done.exception)
    assert len(clash_of(home)["settlements"]) == 1


def test_a_command_that_is_no_utf_8_is_the_terminals_fault(home: Path) -> None:
    """Not the program's: a reason typed in an old terminal."""
    words = ["clashes", "settle", "--network", "28", "--why", b"r\xe9gl\xe9", clash_of(home)["id"]]
    done = subprocess.run(
        [sys.executable, "-m", "spro_agenda", "--home", str(home), *words],
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert "UTF-8" in done.stderr.decode()
    assert clash_of(home)["settlements"] == []


def test_taking_part_is_named_wherever_the_event_is(home: Path) -> None:
    """Terminal, JSON, and the description in an .ics; not typed again, and taken back."""
    assert "participe à « Rencontre »" in shown(home, "clashes", "join", "45/b", "--network", "41")
    assert "y participent : 41" in " ".join(shown(home, "merge", *YEAR).split())
    events = document(home, "merge", *YEAR)["events"]
    assert [event["participants"] for event in events if event["uid"] == "b"] == [["41"]]
    assert "Y participent : 41" in shown(home, "merge", *YEAR, "--format", "ics").replace("\r\n ", "")
    for words, error in (
        (("28/a", "--network", "41"), Refused),
        (("45/b", "--network", "41", "--by", "marie"), Refused),
        (("45/b", "--network", "37"), Refused),
        (("45/rien", "--network", "41"), NotFound),
    ):
        assert isinstance(run(home, "clashes", "join", *words).exception, error)
    with closing(Store.open(URL, home)) as store:
        put(store, "45", "b.ics", booking("b", *WHEN, title="Rencontre"))
        assert "participent" not in shown(home, "merge", *YEAR)
        put(store, "45", "b.ics", booking("b", *WHEN, title="Rencontre", words="Ouvert à : 41"))
    assert "participent" in shown(home, "merge", *YEAR)
    assert "ne participe plus" in shown(home, "clashes", "join", "45/b", "--network", "41", "--leave")
    assert "participent" not in shown(home, "merge", *YEAR)


def test_a_region_is_tried_and_applied(home: Path, tmp_path: Path) -> None:
    """A trial changes nothing; a file that cannot be read is told by its line."""
    file = tmp_path / "autre.toml"
    rule = "[clash.INTERVENANT]\nenabled = "
    file.write_text(TOML.replace(f"{rule}true", f"{rule}false"), "utf-8")
    assert "1 de moins" in shown(home, "region", "apply", file, "--dry-run")
    assert len(document(home, "clashes", *YEAR)["clashes"]) == 1
    assert "1 de moins" in shown(home, "region", "apply", file)
    assert document(home, "clashes", *YEAR)["clashes"] == []
    assert "1 conflit de plus" in shown(home, "region", "apply", CALENDARS / "region.toml")
    file.write_text("version = 1\n", "utf-8")
    assert isinstance(run(home, "region", "apply", file).exception, BadRegion)
    assert len(document(home, "clashes", *YEAR)["clashes"]) == 1
