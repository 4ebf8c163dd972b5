"""`history`, `trash`, `restore`, `purge` and `history redact`, as they are typed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from databases import SQLITE, URL
from sqlalchemy import update
from store_contract import MARIE, booking, delete, event, live, move, put

from spro_agenda.commands import cli
from spro_agenda.commands.events import Moment
from spro_agenda.errors import BadInput, NotFound, Refused, SproError, UnreadableSource, UsageError
from spro_agenda.model import EventKey
from spro_agenda.store import Actor, Store
from spro_agenda.store import schema as s

LUC = Actor(login="luc", agent="Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Thunderbird/153.0")
WHEN = datetime(2026, 11, 20, 13, 3, tzinfo=UTC)
ATELIER = EventKey("28", "atelier@essai")
CONFIG = (Path(__file__).parent.parent / "config.ini").read_text("utf-8")


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance and its store."""

    home: Path
    store: Store

    def run(self, *words: str, code: int = 0, answer: str | None = None) -> Result:
        """Run a command; refusals of ours come out as they are."""
        done = CliRunner().invoke(cli, ["--home", str(self.home), *words], input=answer, standalone_mode=False)
        if isinstance(done.exception, SproError):
            raise done.exception
        assert done.exit_code == code, (done.output, done.exception)
        return done

    def shown(self, *words: str) -> str:
        return self.run(*words).stdout

    def json(self, *words: str) -> dict[str, list[dict[str, object]]]:
        return json.loads(self.shown(*words, "--format", "json"))


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    """An event made, changed and deleted on a day at three past two; another one moved, and one as it was made."""
    (tmp_path / "config.ini").write_text(CONFIG, "utf-8")
    store = SQLITE.store(tmp_path)
    put(store, "28", "a.ics", booking(ATELIER.uid, title="[Dreux] Atelier CV"), LUC)
    put(store, "28", "a.ics", booking(ATELIER.uid, "20211008T070000Z", "20211008T090000Z", title="[Dreux] Atelier CV"))
    delete(store, "28", "a.ics")
    put(store, "28", "b.ics", event("forum", "SUMMARY:Forum de l'orientation et des métiers du numérique à Chartres"))
    move(store, "28", "b.ics", "45", "b.ics")
    put(store, "37", "c.ics", event("café"))
    with store.write(MARIE) as writer:
        writer._connection.execute(update(s.revision).values(at=int(WHEN.timestamp())))
    yield Instance(tmp_path, store)
    store.close()


HISTORY = """\
Historique · [Dreux] Atelier CV
3 modifications

vendredi 20 novembre 2026
  14h03 supprimé     28     [Dreux] Atelier CV
                            marie · DAVx⁵ · n° 3 · {short}
  14h03 modifié      28     [Dreux] Atelier CV
                            marie · DAVx⁵ · n° 2 · {short}
                            – date : du jeudi 7 octobre 2021, 14 h – 16 h au
                              vendredi 8 octobre 2021, 9 h – 11 h
  14h03 ajouté       28     [Dreux] Atelier CV
                            luc · Thunderbird · n° 1 · {short}
"""


def test_history_of_an_event_says_who_when_with_what_and_what_moved(instance: Instance) -> None:
    """In 80 columns; an event is named by its id or by the beginning of its code."""
    expected = HISTORY.format(short=ATELIER.short)
    for name in (ATELIER.id, ATELIER.short, ATELIER.short[:6]):
        assert instance.shown("history", name, "--diff") == expected
    assert "date :" not in instance.shown("history", ATELIER.short)


def test_a_move_is_told_from_both_ends(instance: Instance) -> None:
    found = instance.json("history", "45/forum")["revisions"]
    assert [(each["action"], each["network"], each["moved_from"]) for each in found] == [
        ("moved", "45", "28"),
        ("moved", "28", None),
        ("created", "28", None),
    ]
    shown = re.sub(r"\s+", " ", instance.shown("history", "45/forum"))
    assert "depuis 28 Eure-et-Loir · marie" in shown
    assert "vers 45 Loiret · marie" in shown
    assert "vers un autre agenda" in instance.shown("history", "--network", "28")


def test_a_move_within_a_calendar_is_told_once(instance: Instance) -> None:
    move(instance.store, "37", "c.ics", "37", "d.ics")
    assert [each["action"] for each in instance.json("history", "37/caf%C3%A9")["revisions"]] == ["moved", "created"]


def test_history_is_narrowed_by_network_person_and_days(instance: Instance) -> None:
    """And told where it is cut."""
    assert len(instance.json("history")["revisions"]) == 7
    assert {each["network"] for each in instance.json("history", "--network", "Eure-et-Loir")["revisions"]} == {"28"}
    assert [each["revision"] for each in instance.json("history", "--by", "Luc")["revisions"]] == [1]
    assert instance.json("history", "--to", "2026-11-19")["revisions"] == []
    assert len(instance.json("history", "--from", "20/11/2026", "--to", "2026-11-20")["revisions"]) == 7
    cut = instance.run("history", "--limit", "2")
    assert "2 modifications" in cut.stdout
    assert "--limit 0" in cut.stderr
    assert instance.run("history", "--limit", "7").stderr == ""
    assert len(instance.json("history", "--limit", "0")["revisions"]) == 7


def test_history_as_json_is_a_promise_to_scripts(instance: Instance) -> None:
    assert instance.json("history", ATELIER.id, "--diff", "--limit", "2") == {
        "version": 1,
        "revisions": [
            {
                "revision": 3,
                "id": "28/atelier@essai",
                "hash": ATELIER.short,
                "network": "28",
                "uid": "atelier@essai",
                "action": "deleted",
                "at": "2026-11-20T14:03:00+01:00",
                "login": "marie",
                "client": "DAVx⁵",
                "title": "[Dreux] Atelier CV",
                "moved_from": None,
                "redacted": False,
                "changes": [],
            },
            {
                "revision": 2,
                "id": "28/atelier@essai",
                "hash": ATELIER.short,
                "network": "28",
                "uid": "atelier@essai",
                "action": "updated",
                "at": "2026-11-20T14:03:00+01:00",
                "login": "marie",
                "client": "DAVx⁵",
                "title": "[Dreux] Atelier CV",
                "moved_from": None,
                "redacted": False,
                "changes": [
                    "date : du jeudi 7 octobre 2021, 14 h – 16 h au vendredi 8 octobre 2021, 9 h – 11 h",
                ],
            },
        ],
    }


def test_every_line_fits_a_page_whatever_the_titles_are(instance: Instance) -> None:
    put(instance.store, "28", "x.ics", event("x", "SUMMARY:" + "Anticonstitutionnellement " * 9))
    put(instance.store, "28", "x.ics", event("x", "SUMMARY:" + "x" * 200))
    for words in (("history", "--diff"), ("trash",)):
        assert max(map(len, instance.shown(*words).splitlines())) <= 80


def test_the_trash_says_until_when(instance: Instance) -> None:
    """13 months, or what the configuration says."""
    assert instance.shown("trash") == (
        "Corbeille\n"
        "1 événement récupérable\n"
        "\n"
        "  28     [Dreux] Atelier CV\n"
        "         supprimé le vendredi 20 novembre 2026 à 14h03 · marie · DAVx⁵\n"
        f"         récupérable jusqu'au lundi 20 décembre 2027 · {ATELIER.short}\n"
    )
    assert instance.json("trash", "--network", "45") == {"version": 1, "events": []}
    (instance.home / "config.ini").write_text(CONFIG.replace("trash_months = 13", "trash_months = 1"), "utf-8")
    assert instance.json("trash")["events"] == [
        {
            "id": "28/atelier@essai",
            "hash": ATELIER.short,
            "network": "28",
            "uid": "atelier@essai",
            "title": "[Dreux] Atelier CV",
            "deleted_at": "2026-11-20T14:03:00+01:00",
            "login": "marie",
            "client": "DAVx⁵",
            "kept_until": "2026-12-20",
        }
    ]


def test_restore_brings_an_event_back_or_takes_it_to_a_revision(instance: Instance) -> None:
    """As the command line's own change, which history shows."""
    assert instance.shown("restore", ATELIER.short[:6]) == (
        "« [Dreux] Atelier CV » est restauré dans 28 Eure-et-Loir.\n"
    )
    instance.run("restore", ATELIER.id, "--revision", "1")
    assert live(instance.store, "28")["a.ics"].body == booking(ATELIER.uid, title="[Dreux] Atelier CV")
    assert "déjà ainsi" in instance.shown("restore", ATELIER.id, "--revision", "1")
    newest = instance.json("history", "--limit", "1")["revisions"][0]
    assert (newest["action"], newest["login"], newest["client"]) == ("restored", None, "ligne de commande")


def test_restore_of_a_calendar_says_what_it_will_do_and_asks(instance: Instance) -> None:
    """Nothing is done by a dry run, by a no, or where nobody can answer."""
    put(instance.store, "28", "d.ics", event("d"))
    words = ("restore", "--network", "28", "--as-of", "2026-11-20 14:03")
    before = live(instance.store, "28")
    shown = instance.shown(*words, "--dry-run")
    assert shown.splitlines() == [
        "28 Eure-et-Loir, comme le vendredi 20 novembre 2026 à 14h03 :",
        "  à retirer : 1 événement",
        f"    d ({EventKey('28', 'd').short})",
    ]
    with pytest.raises(UsageError, match="--yes"):
        instance.run(*words)
    assert live(instance.store, "28") == before
    assert "Fait." in instance.shown(*words, "--yes")
    assert live(instance.store, "28") == {}
    assert "déjà comme" in instance.shown(*words, "--yes")


def test_restore_of_a_calendar_names_what_was_moved_since(instance: Instance) -> None:
    """It stays where it is."""
    put(instance.store, "45", "d.ics", event("d"))
    move(instance.store, "45", "d.ics", "28", "d.ics")
    shown = instance.shown("restore", "--network", "28", "--as-of", "2026-11-20 14:03", "--yes")
    assert "déplacés depuis d'un agenda à un autre : 1 événement" in shown
    assert f"28/d ({EventKey('28', 'd').short})" in shown
    assert list(live(instance.store, "28")) == ["d.ics"]


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (("restore",), UsageError),
        (("restore", ATELIER.id, "--network", "28"), UsageError),
        (("restore", "--network", "28"), UsageError),
        (("restore", ATELIER.id, "--revision", "1", "--as-of", "2026-11-20"), UsageError),
        (("restore", ATELIER.id, "--revision", "3"), Refused),
        (("restore", "28/inconnu"), NotFound),
        (("restore", "--from", "x.spro.gz", "--network", "28"), UsageError),
        (("restore", "--from", "x.spro.gz", "--dry-run"), UsageError),
        (("restore", "--from", "x.spro.gz"), UsageError),
        (("restore", "--from", "x.spro.gz", "--yes"), UnreadableSource),
        (("restore", ATELIER.id, "--database", "sqlite:///x.sqlite"), UsageError),
        (("restore", "28/forum"), Refused),
        (("restore", "--network", "28", "--as-of", "2199-01-01"), Refused),
        (("history", "28/inconnu"), NotFound),
        (("history", "Atelier"), UsageError),
        (("history", "--network", "99"), UsageError),
        (("history", "--from", "2026-11-20", "--to", "2026-11-19"), UsageError),
        (("history", "redact", "28/inconnu", "--yes"), NotFound),
        (("history", "redact", ATELIER.id), UsageError),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(
    instance: Instance, words: tuple[str, ...], refusal: type[SproError]
) -> None:
    with pytest.raises(refusal) as raised:
        instance.run(*words)
    assert str(raised.value).endswith((".", "»."))


def test_a_retention_that_is_none_is_told(instance: Instance) -> None:
    (instance.home / "config.ini").write_text(CONFIG.replace("trash_months = 13", "trash_months = x"), "utf-8")
    for command in ("trash", "purge"):
        with pytest.raises(BadInput, match="trash_months"):
            instance.run(command)


def test_purge_says_what_went_and_a_dry_run_what_would(instance: Instance) -> None:
    with instance.store.write(MARIE) as writer:
        writer._connection.execute(update(s.revision).values(at=0))
    would = instance.shown("purge", "--dry-run")
    assert "Seraient effacés : 1 événement de la corbeille, 5 versions" in would
    assert "Effacés : 1 événement de la corbeille, 5 versions" in instance.shown("purge")
    assert (
        "0 événement de la corbeille, 0 version, 0 ligne de synchronisation, 0 ligne du journal et 0 mot"
        in instance.shown("purge")
    )
    assert "0 événement récupérable" in instance.shown("trash")


def test_redact_asks_says_what_it_did_and_what_it_could_not_reach(instance: Instance) -> None:
    done = instance.run("history", "redact", "45/forum", "--yes")
    assert "Texte retiré de 2 versions, dans 28 Eure-et-Loir et 45 Loiret." in done.stdout
    assert "sauvegardes" in done.stderr
    assert "PostgreSQL" not in done.stderr
    assert "son texte a été retiré depuis" in instance.shown("history", "45/forum", "--diff")
    assert {each["title"] for each in instance.json("history", "45/forum")["revisions"]} == {"Texte retiré"}


def test_redact_names_the_event_of_the_same_uid_that_another_network_has(instance: Instance) -> None:
    """What it deleted of it is redacted with it, and counted; and how to redact what is live is said."""
    put(instance.store, "37", "d.ics", event(ATELIER.uid, "SUMMARY:[Dreux] Atelier CV"))
    put(instance.store, "45", "d.ics", event(ATELIER.uid, "SUMMARY:[Dreux] Atelier CV"))
    done = instance.run("history", "redact", f"45/{ATELIER.uid}", "--yes")
    assert "Texte retiré de 3 versions, dans 28 Eure-et-Loir et 45 Loiret." in done.stdout
    assert "est aussi dans 37 Indre-et-Loire" in done.stderr
    assert f"spro-agenda history redact 37/{ATELIER.uid}" in done.stderr
    assert instance.json("trash")["events"] == []


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("2026-11-20 14:00", datetime(2026, 11, 20, 14)),
        ("2026-11-20T14:00", datetime(2026, 11, 20, 14)),
        ("20/11/2026 14:00", datetime(2026, 11, 20, 14)),
        ("20/11/2026 14h30", datetime(2026, 11, 20, 14, 30)),
        ("2026-11-20", datetime(2026, 11, 20)),
        ("2026-11-20T14:00:00+00:00", datetime(2026, 11, 20, 14, tzinfo=UTC)),
    ],
)
def test_a_moment_is_typed_as_people_write_it(typed: str, moment: datetime) -> None:
    assert Moment().convert(typed, None, None) == moment


@pytest.mark.parametrize(
    "typed", ["0001-01-01", "1899-12-31 23:59", "9999-12-31T23:59:59-12:00", "2200-01-02", "hier", "20/11/26"]
)
@pytest.mark.parametrize("words", [("--network", "28", "--dry-run"), (ATELIER.id,)])
def test_what_is_no_moment_or_of_no_century_of_ours_is_told(
    instance: Instance, typed: str, words: tuple[str, ...]
) -> None:
    """With an example of one; such days have no time in some zones, and no epoch in some databases."""
    done = CliRunner().invoke(cli, ["--home", str(instance.home), "restore", *words, "--as-of", typed])
    assert (done.exit_code, type(done.exception)) == (2, SystemExit)
    assert f"« {typed} » n'est pas un moment." in done.output


def test_the_store_of_these_tests_is_the_instance_s_own(instance: Instance) -> None:
    """Or they would say nothing."""
    assert f"database = {URL}" in CONFIG
    assert "Atelier CV" in instance.shown("history")
