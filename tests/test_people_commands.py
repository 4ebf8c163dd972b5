"""The commands about people as they are typed: devices, the audit, a copy of what is kept, forgetting."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from serving import Server, copy_instance, dump, environment, event, program, serving, store_of
from sqlalchemy import text

from spro_agenda.server.journal import FOLDER
from spro_agenda.store import Actor, Given, Login


def run(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        program("--home", str(home), *words),
        check=False,
        capture_output=True,
        text=True,
        env=environment() | {"COLUMNS": "80"},
    )


def shown(home: Path, *words: str) -> str:
    done = run(home, *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def document(home: Path, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shown(home, *words))
    assert found["version"] == 1
    return found


@pytest.fixture(scope="module")
def served(instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(copy_instance(instance, tmp_path_factory.mktemp("people") / "home"), workers=2) as running:
        yield running


def test_a_device_is_given_a_password_and_shut_out_while_the_server_runs(served: Server) -> None:
    """The password alone is on standard output, once; every worker knows at its next request."""
    home = served.home
    secret = shown(home, "users", "device", "add", "marie", "--label", "Téléphone").strip()
    assert {served.request("GET", "/marie/28/", password=secret).status for _each in range(8)} == {200}
    (device,) = document(home, "users", "device", "list", "marie", "--format", "json")["devices"]
    assert (device["label"], device["id"]) == ("Téléphone", secret.replace("-", "")[:6])
    assert "Téléphone" in shown(home, "users", "device", "list", "marie")
    assert "n'ouvre plus rien" in shown(home, "users", "device", "revoke", "marie", device["id"])
    assert {served.request("GET", "/marie/28/", password=secret).status for _each in range(8)} == {401}
    assert document(home, "users", "device", "list", "marie", "--format", "json")["devices"] == []


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("device", "add", "personne", "--label", "x"), 4, "users list"),
        (("device", "add", "marie", "--label", " "), 4, "Nommez l'appareil"),
        (("device", "revoke", "marie", "abcdef"), 4, "users device list marie"),
        (("device", "list", "personne"), 4, "users list"),
        (("export", "personne"), 4, "users list"),
        (("forget", "personne", "--yes"), 4, "users list"),
        (("forget", "chef", "--yes"), 5, "dernier administrateur"),
    ],
)
def test_what_may_not_be_done_is_told_in_a_sentence(
    instance: Path, words: tuple[str, ...], code: int, sentence: str
) -> None:
    """With the command that helps, and nothing half done."""
    before = dump(instance)
    done = run(instance, "users", *words)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (code, "", 1)
    assert sentence in done.stderr
    assert dump(instance) == before


def test_the_audit_tells_what_was_written_who_came_and_what_was_administered(instance: Path, tmp_path: Path) -> None:
    """In one list, the newest first; by person, by sort, by day; within 80 columns."""
    home = copy_instance(instance, tmp_path / "home")
    with closing(store_of(home)) as store, store.write(Actor(login="marie", agent="DAVx5/4.4")) as writer:
        writer.put_event("28", "a.ics", event("a@essai", "SUMMARY:Forum des métiers"))
        writer.note_logins(
            [
                Login(login="marie", at=1_795_000_000, address="192.0.2.1", client="DAVx5/4.4"),
                Login(login="", at=1_795_000_000, address="192.0.2.9", failures=3),
            ]
        )
    shown(home, "users", "set", "marie", "--network", "28,45")
    everything = document(home, "audit", "--limit", "0", "--format", "json")["acts"]
    assert [each["at"] for each in everything] == sorted((each["at"] for each in everything), reverse=True)
    assert {each["sort"] for each in everything} == {"writing", "login", "administration"}
    # Within one second nobody can say what was first.
    assert ("account-changed", "marie") in [(each["action"], each["target"]) for each in everything[:4]]
    of_marie = document(home, "audit", "--by", "MARIE", "--limit", "0", "--format", "json")["acts"]
    assert [(each["action"], each["target"]) for each in of_marie] == [
        ("created", "Forum des métiers"),
        ("logged-in", "marie"),
    ]
    logins = shown(home, "audit", "--only", "login")
    assert "connexion refusée" in logins
    assert "identifiant inconnu" in logins
    assert "DAVx⁵ · 192.0.2.1" in logins
    assert "Forum" not in logins
    told = shown(home, "audit", "--limit", "0")
    assert "coordination 28 45" in told
    assert max(map(len, told.splitlines())) <= 80
    assert document(home, "audit", "--to", "2020-01-01", "--format", "json")["acts"] == []
    assert run(home, "audit", "--from", "2026-02-01", "--to", "2026-01-01").returncode == 2
    limited = run(home, "audit", "--limit", "1")
    assert "1 opération\n" in limited.stdout
    assert "--limit 0" in limited.stderr


def test_accounts_that_nobody_uses_are_told(instance: Path, tmp_path: Path) -> None:
    """After the months that the configuration says."""
    home = copy_instance(instance, tmp_path / "home")
    with closing(store_of(home)) as store, store._engine.begin() as connection:
        connection.execute(text("UPDATE account SET created_at = 0 WHERE login = 'luc'"))
    assert "1 compte\n" in shown(home, "users", "list", "--idle")
    assert "luc" in shown(home, "users", "list", "--idle")


def test_a_person_gets_a_copy_and_is_forgotten(instance: Path, tmp_path: Path) -> None:
    """All of it, by name nowhere after; what was written stays."""
    home = copy_instance(instance, tmp_path / "home")
    with serving(home) as server:
        assert server.put("/marie/28/a.ics", event("a@essai")).status == 201
    with closing(store_of(home)) as store, store.write(Actor(login="marie")) as writer:
        writer.make_calendar("marie", "brouillons", Given(title="Brouillons"))
        writer.add_device("marie", "Téléphone")
    copy = document(home, "users", "export", "marie")
    assert copy["login"] == "marie"
    assert copy["account"]["networks"] == ["28"]
    assert [each["label"] for each in copy["devices"]] == ["Téléphone"]
    assert [each["name"] for each in copy["calendars"]] == ["Brouillons"]
    assert [each["uid"] for each in copy["revisions"]] == ["a@essai"]
    assert "argon2" not in json.dumps(copy)
    assert run(home, "users", "forget", "marie").returncode != 0
    assert "oublié" in shown(home, "users", "forget", "marie", "--yes")
    kept = [line for line in dump(home) if "marie" in line.lower() and 'INSERT INTO "object"' not in line]
    assert [line for line in kept if "revision" not in line or "'marie'" in line] == []
    requests = "".join(file.read_text("utf-8") for file in (home / FOLDER).iterdir())
    assert "marie" not in requests
    assert "une personne oubliée" in shown(home, "history", "28/a%40essai")
    assert run(home, "users", "show", "marie").returncode == 4
