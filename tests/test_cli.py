"""The command line, as people type it: what it prints, what it writes, and how it ends."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path

import click
import pytest
from agendas import CALENDARS, ROOT, calendar
from click.testing import CliRunner, Result
from serving import PASSWORD, copy_instance, dump, environment, eventually, group_runs, make_instance, program, serving

from spro_agenda.commands import cli
from spro_agenda.errors import SproError

YEAR = ("--from", "2021-01-01", "--to", "2021-12-31")
CLASHING = (
    "UID:{uid}\nDTSTART;TZID=Europe/Paris:20211005T090000\nDTEND;TZID=Europe/Paris:20211005T110000\n"
    "SUMMARY:Conférence d'A. Chauvet"
)


def run(*words: object, home: Path | None = None, stdin: str = "") -> Result:
    """A command in this process, as click runs it; our errors are left for `run_out` to see."""
    given = ["--home", str(home)] if home else []
    return CliRunner().invoke(cli, [*given, *map(str, words)], input=stdin)


def run_out(
    *words: object, home: Path | None = None, stdin: str = "", cwd: Path = ROOT, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, as a user runs it."""
    given = ["--home", str(home)] if home else []
    return subprocess.run(
        program(*given, *map(str, words)),
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env=environment() | (env or {}),
    )


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance with the seed calendars and the people of `serving`; nobody writes to it."""
    return make_instance(tmp_path_factory.mktemp("cli") / "agenda")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty instance."""
    path = tmp_path / "agenda"
    assert run("init", home=path).exit_code == 0
    return path


@pytest.fixture
def seeded(instance: Path, tmp_path: Path) -> Path:
    """A test's own copy of the instance with the seed calendars and people."""
    return copy_instance(instance, tmp_path / "seeded")


def document(result: Result) -> dict[str, object]:
    """JSON from standard output, without what tells of its sources."""
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    del found["sources"]
    return found


def test_merge_gives_the_same_agenda_from_files_the_store_and_a_server(instance: Path):
    """JSON for JSON: with no server and no store, from the store, and over CalDAV as a reader."""
    files = document(run("merge", "--calendars", CALENDARS, *YEAR, "--format", "json"))
    store = document(run("merge", *YEAR, "--format", "json", home=instance))
    with serving(instance) as server:
        secret = instance.parent / "luc.secret"
        secret.write_text(f"{PASSWORD}\n")
        over_caldav = document(
            run("merge", "--url", server.url, "--user", "luc", "--password-file", secret, *YEAR, "--format", "json")
        )
    assert files == store == over_caldav
    (clash,) = files["clashes"]
    assert (clash["kind"], clash["dates"], clash["question"]) == (
        "SITES",
        ["2021-10-07", "2021-10-08"],
        "même action ?",
    )
    assert sorted(member["site"] for member in clash["members"]) == ["Chartres", "Châteaudun", "Dreux"]


def test_sources_are_mixed_at_will(instance: Path, tmp_path: Path):
    """The store, a folder, a file whose network is said: together, each event once."""
    file = tmp_path / "perso.ics"
    file.write_bytes(calendar("UID:x\nDTSTART;VALUE=DATE:20211008\nSUMMARY:en plus"))
    mixed = document(
        run("merge", "--store", "--calendars", CALENDARS, f"41={file}", *YEAR, "--format", "json", home=instance)
    )
    alone = document(run("merge", *YEAR, "--format", "json", home=instance))
    added = [event for event in mixed["events"] if event not in alone["events"]]
    assert [(event["network"], event["title"]) for event in added] == [("41", "en plus")]


def test_merge_from_a_checkout_needs_neither_store_nor_server():
    """`python cli.py merge --calendars calendars`, whatever is installed."""
    done = subprocess.run(
        [sys.executable, "cli.py", "merge", "--calendars", "calendars", *YEAR],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "CONFLITS (1)" in done.stdout


def test_merge_writes_a_file_whose_name_tells_its_format(tmp_path: Path):
    """Data go to the file, talk to standard error; a file is there whole or not at all."""
    file = tmp_path / "agenda.ics"
    done = run_out("merge", "--calendars", CALENDARS, *YEAR, "-o", file)
    assert (done.returncode, done.stdout) == (0, "")
    assert "42 actions, 1 conflit" in done.stderr
    assert file.read_bytes().startswith(b"BEGIN:VCALENDAR\r\n")
    assert [path.name for path in tmp_path.iterdir()] == ["agenda.ics"]
    done = run_out("merge", "--calendars", CALENDARS, *YEAR, "-o", tmp_path / "agenda.docx")
    assert done.returncode == 2
    assert "--format" in done.stderr


def test_a_source_that_fails_is_named_the_others_are_merged_and_the_code_says_so(tmp_path: Path):
    """Exit code 3, one sentence a source on standard error."""
    (tmp_path / "18.ics").write_text("cassé")
    done = run_out("merge", "--calendars", CALENDARS, tmp_path / "18.ics", tmp_path / "absent.ics", *YEAR)
    assert done.returncode == 3
    assert "CONFLITS (1)" in done.stdout
    assert f"⚠ {tmp_path / '18.ics'}, ligne 1 : ce n'est pas un agenda iCalendar" in done.stderr
    assert f"⚠ {tmp_path / 'absent.ics'} : ce fichier ou ce dossier n'existe pas." in done.stderr


def test_clashes_of_the_year_and_their_exit_code():
    """0 unless asked to fail on a weight that is reached."""
    words = ("clashes", "--calendars", CALENDARS, *YEAR)
    done = run_out(*words)
    assert (done.returncode, done.stderr) == (0, "")
    assert "même action ?" in done.stdout
    assert run_out(*words, "--fail-on", "to-watch").returncode == 1
    assert run_out(*words, "--fail-on", "blocking").returncode == 0
    found = json.loads(run_out(*words, "--format", "json").stdout)
    assert list(found) == ["version", "clashes", "sources"]
    quiet = run_out("clashes", "--calendars", CALENDARS, "--from", "2021-01-01", "--to", "2021-03-31")
    assert quiet.stdout == "Aucun conflit du 1er janvier au 31 mars 2021.\n"


def test_init_makes_an_instance_once(home: Path):
    """Configuration, database, one empty calendar a network; a second time is refused and changes nothing."""
    assert (home / "config.ini").read_bytes() == (ROOT / "config.ini").read_bytes()
    before = dump(home)
    done = run_out("init", home=home)
    assert done.returncode == 5
    assert "Il y a déjà une base de données ici." in done.stderr
    assert dump(home) == before


@pytest.mark.parametrize(
    ("name", "text", "code", "words"),
    [
        ("28.ics", "cassé", 4, "28.ics, ligne 1"),
        ("region.toml", "version = 1\n[region\n", 4, "region.toml, ligne 2"),
        ("perso.ics", "BEGIN:VCALENDAR\nEND:VCALENDAR\n", 4, "de quel réseau"),
    ],
)
def test_a_bad_seed_is_refused_before_anything_is_made(name: str, text: str, code: int, words: str, tmp_path: Path):
    """Half an instance would have to be cleaned up by hand."""
    seed = tmp_path / "seed"
    seed.mkdir()
    (seed / name).write_text(text)
    done = run_out("init", "--seed", seed, home=tmp_path / "agenda")
    assert done.returncode == code
    assert words in done.stderr
    assert not (tmp_path / "agenda").exists()


def test_import_adds_updates_and_never_doubles(home: Path, tmp_path: Path):
    """The same file again changes nothing; a changed event is updated where it stands."""
    file = tmp_path / "28.ics"
    file.write_bytes(
        calendar(
            "UID:a/b é\nDTSTART;VALUE=DATE:20211005\nSUMMARY:un", "UID:b\nDTSTART;VALUE=DATE:20211006\nSUMMARY:deux"
        )
    )
    assert "28 Eure-et-Loir : 2 ajoutés, 0 modifié, 0 inchangé" in run("import", file, home=home).stdout
    assert "0 ajouté, 0 modifié, 2 inchangés" in run("import", file, home=home).stdout
    file.write_bytes(file.read_bytes().replace(b"un\r\n", b"autre\r\n"))
    assert "0 ajouté, 1 modifié, 1 inchangé" in run("import", file, home=home).stdout
    events = document(run("merge", *YEAR, "--format", "json", home=home))["events"]
    assert [event["title"] for event in events] == ["autre", "deux"]


def test_import_tells_the_clashes_that_it_makes(home: Path, tmp_path: Path):
    """As soon as the second network books the speaker, not at the next meeting."""
    for code, title in (("28", "Conférence"), ("41", "Rencontre")):
        text = CLASHING.format(uid=code).replace("Conférence", title)
        (tmp_path / f"{code}.ics").write_bytes(calendar(text))
    assert "⚠" not in run("import", tmp_path / "28.ics", home=home).stdout
    told = run("import", tmp_path / "41.ics", home=home).stdout
    assert "⚠ Même intervenant : André Chauvet, le mardi 5 octobre 2021" in told


def test_import_refuses_a_file_with_a_bad_event_in_whole(home: Path, tmp_path: Path):
    """Its line is said, and what is stored stays as it was."""
    file = tmp_path / "28.ics"
    file.write_bytes(calendar("UID:a\nDTSTART;VALUE=DATE:20211005\nSUMMARY:un", "UID:b\nSUMMARY:sans date"))
    before = dump(home)
    done = run_out("import", file, home=home)
    assert done.returncode == 4
    assert done.stderr.startswith(f"{file}, ligne 9 : l'événement n'a pas de date de début (DTSTART).")
    assert dump(home) == before


def test_import_of_a_folder_says_to_name_its_files(home: Path, tmp_path: Path):
    """It is there, and can be read."""
    done = run_out("import", f"28={tmp_path}", home=home)
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.startswith(f"{tmp_path} est un dossier. Donnez-en les fichiers")


def test_import_refuses_an_extract_of_the_regional_agenda(home: Path, tmp_path: Path):
    """Its events are those of other networks already."""
    extract = tmp_path / "28.ics"
    assert run("merge", "--calendars", CALENDARS, *YEAR, "-o", extract).exit_code == 0
    done = run_out("import", extract, home=home)
    assert done.returncode == 4
    assert "extrait de l'agenda régional" in done.stderr


def test_the_network_of_an_imported_file_stands_before_its_name(instance: Path, tmp_path: Path):
    """As `merge` takes it; with neither this nor `--network`, the sentence shows how."""
    file = tmp_path / "stage.ics"
    file.write_bytes(calendar("UID:stage@28\nDTSTART;VALUE=DATE:20300107\nSUMMARY:un"))
    done = run_out("import", f"28={file}", home=instance)
    assert (done.returncode, done.stdout) == (0, f"{file} → 28 Eure-et-Loir : 1 ajouté, 0 modifié, 0 inchangé\n")
    nameless = run_out("import", file, home=instance)
    assert nameless.returncode == 4
    assert f"28={file}" in nameless.stderr


def test_import_to_a_server_writes_under_a_person_s_own_rights(instance: Path, tmp_path: Path):
    """Created, then updated; another network refuses in the server's own sentence, code 5."""
    file = tmp_path / "evenement.ics"
    file.write_bytes(calendar("UID:cli@28\nDTSTART;VALUE=DATE:20300105\nSUMMARY:un"))
    secret = {"SPRO_AGENDA_PASSWORD": PASSWORD}
    with serving(instance) as server:

        def put(network: str, user: str = "marie", env: dict[str, str] = secret):
            return run_out("import", file, "--network", network, "--url", server.url, "--user", user, env=env)

        assert "1 ajouté, 0 modifié" in put("28").stdout
        assert "0 ajouté, 0 modifié, 1 inchangé" in put("28").stdout
        file.write_bytes(calendar("UID:cli@28\nDTSTART;VALUE=DATE:20300105\nSUMMARY:deux"))
        assert "0 ajouté, 1 modifié" in put("28").stdout
        refused = put("41")
        wrong = put("28", env={"SPRO_AGENDA_PASSWORD": "faux"})
        assert server.request("DELETE", "/marie/28/cli@28.ics").status == 200
    assert refused.returncode == 5
    assert refused.stderr.startswith(f"{file}, « deux » : Vous n'avez pas le droit d'écrire dans l'agenda « 41 Loir-et")
    assert refused.stderr.endswith("(403)\n")
    assert wrong.returncode == 5
    assert "le mot de passe est faux" in wrong.stderr


@pytest.mark.parametrize(
    ("words", "stdin", "code", "sentence"),
    [
        (
            ("users", "add", "zoé", "--role", "reader"),
            "quatre mots au hasard\n",
            4,
            "identifiant « zoé » n'est pas possible",
        ),
        (("users", "add", "zoe/x", "--role", "reader"), "quatre mots au hasard\n", 4, "n'est pas possible"),
        (("users", "add", "spro", "--role", "reader"), "quatre mots au hasard\n", 4, "n'est pas possible"),
        (("users", "add", "zoe", "--role", "reader"), "court\n", 4, "trop court"),
        (("users", "add", "zoe", "--role", "reader"), "", 4, "trop court"),
        (("users", "add", "zoe", "--role", "coordinator"), "quatre mots au hasard\n", 4, "--network"),
        (
            ("users", "add", "zoe", "--role", "reader", "--network", "28"),
            "quatre mots au hasard\n",
            4,
            "Seul un coordonnateur",
        ),
        (
            ("users", "add", "zoe", "--role", "coordinator", "--network", "99"),
            "quatre mots au hasard\n",
            2,
            "« 99 » n'existe pas",
        ),
        (("users", "add", "Marie", "--role", "reader"), "quatre mots au hasard\n", 5, "existe déjà"),
        (("users", "add", "zoe", "--role", "patron"), "quatre mots au hasard\n", 2, "patron"),
        (("users", "password", "marie"), "court\n", 4, "trop court"),
        (("users", "password", "zoe"), "quatre mots au hasard\n", 4, "« spro-agenda users list »"),
    ],
)
def test_an_account_that_cannot_be_is_refused_in_a_sentence(
    words: tuple[str, ...], stdin: str, code: int, sentence: str, instance: Path
):
    """And nothing is half done."""
    before = dump(instance)
    done = run_out(*words, "--password-stdin", home=instance, stdin=stdin)
    assert done.returncode == code
    assert sentence in done.stderr
    assert dump(instance) == before


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("set", "marie"), 2, "--role, --network, --name, --email ou --digest"),
        (("set", "marie", "--network", "99"), 2, "« 99 » n'existe pas"),
        (("set", "marie", "--role", "reader", "--network", "28"), 4, "Seul un coordonnateur"),
        (("set", "luc", "--role", "coordinator"), 4, "--network"),
        (("set", "chef", "--role", "reader"), 5, "dernier administrateur"),
        (("set", "zoe", "--name", "Zoé"), 4, "« spro-agenda users list »"),
        (("remove", "chef"), 5, "dernier administrateur"),
        (("remove", "zoe"), 4, "« spro-agenda users list »"),
        (("show", "zoe"), 4, "« spro-agenda users list »"),
        (("password", "marie"), 2, "--password-stdin"),
    ],
)
def test_what_may_not_be_done_to_an_account_is_told(words: tuple[str, ...], code: int, sentence: str, instance: Path):
    """In one sentence, nothing half done."""
    before = dump(instance)
    done = run_out("users", *words, home=instance)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (code, "", 1)
    assert sentence in done.stderr
    assert dump(instance) == before


def test_people_are_shown_with_what_they_write(instance: Path, tmp_path: Path):
    """In a table, one by one and as JSON, by login; never a hash."""
    home = copy_instance(instance, tmp_path / "copie")
    run_out("users", "set", "MARIE", "--network", "28,45", "--name", "Marie Durand", home=home)
    listed, shown, of_region = (
        run_out("users", *words, home=home) for words in (("list",), ("show", "marie"), ("show", "christine"))
    )
    document = json.loads(run_out("users", "list", "--format", "json", home=home).stdout)
    assert "marie      coordination 28, 45  Marie Durand\n" in listed.stdout
    assert shown.stdout == (
        "Identifiant : marie\nNom : Marie Durand\nRôle : coordination\nLit : tous les agendas\n"
        "Écrit : 28 Eure-et-Loir et 45 Loiret\n"
        "Nouvelles par courriel : non, faute d'adresse\nConnexion : jamais\n"
    )
    assert "Rôle : équipe régionale" in of_region.stdout
    assert "Écrit : Équipe régionale\n" in of_region.stdout
    logins = [each["login"] for each in document["accounts"]]
    assert logins == sorted(logins)
    marie = document["accounts"][logins.index("marie")]
    assert datetime.fromisoformat(marie.pop("created_at")).tzinfo is not None
    assert marie == {
        "login": "marie",
        "name": "Marie Durand",
        "email": None,
        "role": "coordinator",
        "networks": ["28", "45"],
        "digest": "weekly",
        "last_seen": None,
    }
    assert "argon2" not in listed.stdout + str(document)


def test_a_regional_team_that_writes_everywhere_is_shown_to(instance: Path, tmp_path: Path):
    """What the options of [rights] change is told, to the administrator and to who is invited."""
    home = copy_instance(instance, tmp_path / "copie")
    config = home / "config.ini"
    config.write_text(
        config.read_text("utf-8").replace("region_writes_all = False", "region_writes_all = True"), "utf-8"
    )
    assert "Écrit : tous les agendas\n" in run_out("users", "show", "christine", home=home).stdout
    assert "Écrit : 28 Eure-et-Loir\n" in run_out("users", "show", "marie", home=home).stdout
    invited = run_out("users", "invite", "zoe@exemple.fr", "--role", "region", home=home)
    assert "lit tout, écrit tous les agendas" in invited.stderr


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("merge", "--network", "99", "--calendars", str(CALENDARS)), 2, "Le réseau « 99 » n'existe pas."),
        (("merge", "--from", "demain"), 2, "n'est pas un jour"),
        (("merge", "--from", "2021-12-31", "--to", "2021-01-01", "--calendars", str(CALENDARS)), 2, "--from et --to"),
        (("merge", "--calendars", "absent"), 4, "absent : ce fichier ou ce dossier n'existe pas."),
        (("merge", "absent.ics"), 4, "absent.ics : ce fichier ou ce dossier n'existe pas."),
        (("merge", "--calendars", str(CALENDARS), "--region", "absent.toml"), 4, "absent.toml"),
        (("merge", "--url", "http://127.0.0.1:9/"), 2, "--user"),
        (("merge", "--url", "http://127.0.0.1:9/", "--user", "luc"), 2, "SPRO_AGENDA_PASSWORD"),
        (("merge", "--url", "http://127.0.0.1:9/", "--user", "luc", "--password-file", "absent"), 4, "absent"),
        (("merge", "http://127.0.0.1:9/28.ics"), 7, "http://127.0.0.1:9/28.ics : le serveur ne répond pas."),
        (("merge", "99=x.ics"), 2, "Le réseau « 99 » n'existe pas."),
        (("import", "28=absent.ics"), 6, "spro-agenda init"),
        (("serve",), 6, "spro-agenda init"),
        (("merge",), 6, "spro-agenda init"),
        (("merge", "--calendars", str(CALENDARS), "-o", "absent/agenda.ics"), 4, "ne peut pas être écrit"),
    ],
)
def test_bad_words_end_in_one_french_sentence_and_the_right_code(
    words: tuple[str, ...], code: int, sentence: str, tmp_path: Path
):
    """Never a traceback; what to do is said."""
    done = run_out(*words, home=tmp_path / "absent", cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_wrong_password_at_merge_is_refused(instance: Path):
    """Code 5, naming address and login."""
    with serving(instance) as server:
        done = run_out("merge", "--url", server.url, "--user", "luc", env={"SPRO_AGENDA_PASSWORD": "faux"})
        assert done.returncode == 5
        assert done.stderr == (
            f"{server.url} : l'identifiant « luc » ou le mot de passe est faux. Vérifiez-les, puis recommencez.\n"
        )


def test_a_port_in_use_is_told(instance: Path):
    """Code 7; what to do is said."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run_out("serve", "--port", taken.getsockname()[1], home=instance)
    assert done.returncode == 7
    assert "est déjà pris" in done.stderr


@pytest.mark.parametrize(
    ("change", "code", "sentence"),
    [
        (lambda home: (home / "config.ini").write_text("[server]\nhots = x\n"), 4, "config.ini : la configuration"),
        (lambda home: (home / "agenda.sqlite").unlink(), 6, "spro-agenda init"),
        (lambda home: (home / "agenda.sqlite").write_bytes(b"pas une base de donnees" * 100), 6, "base de données"),
        (lambda home: (home / "agenda.sqlite").write_bytes(b""), 6, "spro-agenda init"),
    ],
)
def test_a_damaged_instance_is_told_and_not_made_worse(change, code: int, sentence: str, home: Path):
    """A configuration that cannot be read, a database that is gone or is none."""
    change(home)
    before = {path.name: path.read_bytes() for path in home.iterdir()}
    done = run_out("merge", home=home)
    assert done.returncode == code, done.stderr
    assert sentence in done.stderr
    assert {path.name: path.read_bytes() for path in home.iterdir()} == before


@pytest.mark.parametrize(
    ("words", "stdin", "code", "sentence"),
    [
        (("merge", "--home", "x"), b"", 2, "spro-agenda --home DOSSIER merge"),
        (("merge", "--theme", "voile", *YEAR), b"", 2, "Aucune action n'a le thème « voile ». Thèmes connus : "),
        (("merge", "--from", "9999-01-01"), b"", 2, "n'est pas un jour"),
        (("merge", "--from", "0001-01-01"), b"", 2, "n'est pas un jour"),
        (("import", "28=x.ics", "--network", "41"), b"", 2, "Gardez l'un des deux"),
        (("init", "--password-stdin"), b"motdepasse", 2, "--admin"),
        (("users", "add", "zoe", "--role", "reader", "--password-stdin"), "clé-secrète".encode("latin-1"), 4, "UTF-8"),
    ],
)
def test_slips_of_the_pen_are_told(words: tuple[str, ...], stdin: bytes, code: int, sentence: str, instance: Path):
    """Each with what to type."""
    done = subprocess.run(
        program("--home", str(instance), *words), input=stdin, capture_output=True, check=False, env=environment()
    )
    assert done.returncode == code, done.stderr
    assert sentence in done.stderr.decode()


def test_a_theme_is_asked_for_by_any_of_its_names():
    """As `region.toml` gives them."""
    agendas = [
        run_out("merge", "--calendars", CALENDARS, *YEAR, "--theme", theme, "--format", "json").stdout
        for theme in ("SAP", "Services à la personne")
    ]
    assert agendas[0] == agendas[1]
    assert json.loads(agendas[0])["events"]


def test_a_found_clash_is_a_found_clash_whatever_could_not_be_read():
    """A script that asks for clashes must hear of them."""
    words = ("clashes", "--calendars", CALENDARS, "absent.ics", *YEAR, "--fail-on")
    found, none = run_out(*words, "to-watch"), run_out(*words, "blocking")
    assert (found.returncode, none.returncode) == (1, 3)
    assert "absent.ics" in found.stderr
    assert "absent.ics" in none.stderr


def test_a_coordinator_of_two_networks_is_added_in_one_go(home: Path):
    """With a comma, as `merge --network` takes them."""
    words = ("users", "add", "deux", "--role", "coordinator", "--network", "28,45", "--password-stdin")
    done = run_out(*words, home=home, stdin=f"\ufeff{PASSWORD}\r\n")
    said = "Compte « deux » créé : lit tout, écrit 28 Eure-et-Loir et 45 Loiret.\n"
    assert (done.returncode, done.stdout) == (0, said)
    with serving(home) as server:
        assert server.request("PROPFIND", "/", login="deux").status == 207


def test_only_its_owner_may_look_into_an_instance(instance: Path, tmp_path: Path):
    """Passwords' hashes and everybody's events are in it."""
    home = tmp_path / "neuf"
    assert run_out("init", home=home).returncode == 0
    assert home.stat().st_mode & 0o077 == 0
    assert (home / "agenda.sqlite").stat().st_mode & 0o077 == 0


def test_a_lost_configuration_is_made_again_beside_its_database(home: Path):
    """`merge` sends people to `init`, which must not send them back."""
    agenda = run_out("merge", *YEAR, home=home).stdout
    (home / "config.ini").unlink()
    assert "spro-agenda init" in run_out("merge", home=home).stderr
    assert run_out("init", home=home).returncode == 0
    assert run_out("merge", *YEAR, home=home).stdout == agenda


def test_what_cannot_be_written_is_no_defect_of_the_program(tmp_path: Path):
    """A full disk, a folder of somebody else's, a terminal of another age."""
    with Path("/dev/full").open("wb") as full:
        words = program("merge", "--calendars", str(CALENDARS), *YEAR)
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False, env=environment())
    assert done.returncode == 4
    assert "la place qui reste" in done.stderr
    assert run_out("init", home=Path("/proc/agenda")).returncode == 4
    words = program("clashes", "--calendars", str(CALENDARS), *YEAR)
    latin = subprocess.run(words, capture_output=True, check=False, env=environment() | {"PYTHONIOENCODING": "latin-1"})
    assert latin.returncode == 0
    assert "?1  Plusieurs sites le même jour".encode("latin-1") in latin.stdout


def test_what_is_no_plain_file_is_written_to_and_not_replaced(tmp_path: Path):
    """`-o /dev/stdout` as root would otherwise take the device's place; a link stays a link."""
    words = ("merge", "--calendars", CALENDARS, *YEAR, "--format", "json", "-o")
    aside, pipe = tmp_path / "agenda.json", tmp_path / "conduit"
    (tmp_path / "lien").symlink_to(aside)
    assert run_out(*words, tmp_path / "lien").returncode == 0
    assert (tmp_path / "lien").is_symlink()
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE) as reader:
        assert run_out(*words, pipe).returncode == 0
        assert reader.communicate()[0] == aside.read_bytes()
    assert pipe.is_fifo()


def test_an_agenda_of_nothing_does_not_take_the_place_of_a_good_one(tmp_path: Path):
    """Every source failed: yesterday's file stays."""
    file = tmp_path / "agenda.ics"
    file.write_text("hier", "utf-8")
    done = run_out("merge", "absent1.ics", "absent2.ics", "-o", file, cwd=tmp_path)
    assert done.returncode == 3
    assert "Aucune source n'a pu être lue" in done.stderr
    assert file.read_text("utf-8") == "hier"


def test_a_torn_event_costs_the_others_nothing_from_the_store_and_from_a_server(seeded: Path):
    """One object that cannot be read is named; the rest of its calendar, and the other calendars, are merged. The
    agenda of a server has what could last be read."""
    small = calendar("UID:petit@28\nDTSTART;VALUE=DATE:20211005\nSUMMARY:petit").replace(b"VEVENT", b"vevent")
    whole = json.loads(run_out("merge", *YEAR, "--format", "json", home=seeded).stdout)["events"]
    with closing(sqlite3.connect(seeded / "agenda.sqlite")) as connection:
        rows = connection.execute("SELECT id, uid FROM object WHERE uid LIKE 'hackathon%' ORDER BY uid").fetchall()
        connection.execute("UPDATE object SET body = ? WHERE id = ?", (b"BEGIN:VCALENDAR", rows[0][0]))
        connection.execute("UPDATE object SET body = ?, uid = 'petit@28' WHERE id = ?", (small, rows[1][0]))
        connection.commit()
    secret = {"SPRO_AGENDA_PASSWORD": PASSWORD}
    with serving(seeded) as server:
        remote = run_out("merge", *YEAR, "--format", "json", "--url", server.url, "--user", "luc", env=secret)
    local = run_out("merge", *YEAR, "--format", "json", home=seeded)
    assert local.returncode == 3, local.stderr
    events = json.loads(local.stdout)["events"]
    assert len(events) == len(whole) - 1
    assert "petit@28" in {event["uid"] for event in events}
    assert remote.returncode == 0, remote.stderr
    assert {event["id"] for event in json.loads(remote.stdout)["events"]} == {event["id"] for event in whole}


def test_import_to_a_server_updates_an_event_wherever_it_stands(seeded: Path, tmp_path: Path):
    """Another application chose its address; a UID may hold what no address may."""
    secret = {"SPRO_AGENDA_PASSWORD": PASSWORD}
    file = tmp_path / "28.ics"
    file.write_bytes(calendar(*(f"UID:{uid}\nDTSTART;VALUE=DATE:20300105\nSUMMARY:un" for uid in ("a/b", "x" * 300))))
    with serving(seeded) as server:
        other = calendar("UID:ailleurs@28\nDTSTART;VALUE=DATE:20300105\nSUMMARY:un")
        assert server.put("/marie/28/choisi-par-un-autre.ics", other).status == 201
        moved = tmp_path / "autre.ics"
        moved.write_bytes(other.replace(b"SUMMARY:un", b"SUMMARY:deux"))
        words = ("--url", server.url, "--user", "marie")
        assert "0 ajouté, 1 modifié" in run_out("import", f"28={moved}", *words, env=secret).stdout
        assert "2 ajoutés" in run_out("import", file, *words, env=secret).stdout
        assert "2 inchangés" in run_out("import", file, *words, env=secret).stdout


def test_a_refusal_in_the_midst_of_an_import_says_how_far_it_came(seeded: Path, tmp_path: Path):
    """Which event, and what stands already."""
    events = (f"UID:{n}\nDTSTART;VALUE=DATE:2030010{n}\nSUMMARY:titre {n}" for n in (1, 2))
    file = tmp_path / "28.ics"
    refused = f"UID:trop\nDTSTART;VALUE=DATE:20300103\nSUMMARY:titre 3\nDESCRIPTION:{'x' * 9000}"
    config = seeded / "config.ini"
    config.write_text(
        re.sub("max_content_length = .*", "max_content_length = 9000", config.read_text("utf-8")), "utf-8"
    )
    file.write_bytes(calendar(*events, refused))
    with serving(seeded) as server:
        done = run_out("import", file, "--url", server.url, "--user", "marie", env={"SPRO_AGENDA_PASSWORD": PASSWORD})
    assert done.returncode == 5
    assert f"{file}, « titre 3 » : " in done.stderr
    assert "2 événements du fichier étaient écrits" in done.stderr


def test_a_server_may_be_called_by_its_name(instance: Path):
    """`--host localhost`; a name that is nobody's is told."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run_out("serve", "--host", "localhost", "--port", taken.getsockname()[1], home=instance)
    assert (done.returncode, "est déjà pris" in done.stderr) == (7, True)
    nobody = run_out("serve", "--host", "nulle.part.invalid", home=instance)
    assert (nobody.returncode, "--host" in nobody.stderr) == (7, True)


def test_a_region_that_lacks_a_network_of_the_store_is_told(instance: Path, tmp_path: Path):
    """Its calendar is named, the others are merged."""
    text = (CALENDARS / "region.toml").read_text("utf-8")
    start = text.index('[[network]]\ncode = "36"')
    smaller = tmp_path / "region.toml"
    smaller.write_text(text[:start] + text[text.index('[[network]]\ncode = "37"') :].replace('"36"', '"37"'), "utf-8")
    done = run_out("merge", *YEAR, "--region", smaller, home=instance)
    assert done.returncode == 3, done.stderr
    assert "36 Indre : ce réseau n'est pas dans la région choisie" in done.stderr
    assert "Hackathon" in done.stdout


def test_another_program_s_config_ini_hinders_nothing(tmp_path: Path):
    """It is no instance of ours."""
    (tmp_path / "config.ini").write_text("[autre\nchose", "utf-8")
    assert run_out("merge", "--calendars", CALENDARS, *YEAR, cwd=tmp_path).returncode == 0


def test_the_instance_is_found_where_the_manual_says(home: Path, tmp_path: Path):
    """--home, else SPRO_AGENDA_HOME, else the current folder when it holds one, else the user's data folder."""
    data = {"XDG_DATA_HOME": str(tmp_path / "data")}
    assert run_out("merge", env={"SPRO_AGENDA_HOME": str(home)}, cwd=tmp_path).returncode == 0
    assert run_out("merge", cwd=home, env=data).returncode == 0
    elsewhere = run_out("merge", cwd=ROOT, env=data)
    assert elsewhere.returncode == 6
    assert str(tmp_path / "data" / "spro-agenda") in elsewhere.stderr


def test_region_check_tells_the_first_fault_or_what_is_described(tmp_path: Path):
    """What an administrator runs after editing it."""
    good = run_out("region", "check", CALENDARS / "region.toml")
    assert (good.returncode, good.stderr) == (0, "")
    assert "rien à corriger. 6 réseaux, 6 sites" in good.stdout
    bad = tmp_path / "region.toml"
    bad.write_text((CALENDARS / "region.toml").read_text("utf-8").replace('school_zone = "B"', 'school_zone = "D"'))
    line = bad.read_text("utf-8").splitlines().index('school_zone = "D"') + 1
    done = run_out("region", "check", bad)
    assert done.returncode == 4
    assert done.stderr.startswith(f"{bad}, ligne {line} : « D » n'est pas une valeur de « school_zone ». Choisissez")


def test_an_unexpected_fault_is_a_sentence_too(home: Path):
    """Code 8, asking to report it; its detail only on request."""
    script = (
        "import spro_agenda.commands.agenda as a, spro_agenda.commands as c\n"
        "def broken(options): raise RuntimeError('aïe')\n"
        "a.built = broken\nc.main()"
    )
    words = [sys.executable, "-c", script, "--home", str(home), "merge"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=environment())
    assert done.returncode == 8
    assert "C'est un défaut du programme" in done.stderr
    assert "Traceback" not in done.stderr
    shown = subprocess.run(
        words, capture_output=True, text=True, check=False, env=environment() | {"SPRO_AGENDA_DEBUG": "1"}
    )
    assert "Traceback" in shown.stderr


def test_a_reader_that_has_seen_enough_is_no_error():
    """`spro-agenda merge … | head -1`."""
    command = f"{' '.join(program('merge', '--calendars', str(CALENDARS), *YEAR))} | head -1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False, env=environment()
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_reader_that_goes_before_the_last_words_is_no_error():
    """`spro-agenda … 2>&1 | true`: 1 would mean that clashes were found."""
    command = f"{' '.join(program('merge', '--calendars', str(CALENDARS), 'absent.ics', *YEAR))} 2>&1 | true"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], check=False, env=environment())
    assert done.returncode == 0


def test_a_checkout_whose_libraries_are_not_installed_says_how_to_install_them(tmp_path: Path):
    """`python cli.py` with the system's Python, before `make`."""
    done = subprocess.run(
        [sys.executable, "-S", str(ROOT / "cli.py"), "merge"],
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
        cwd=tmp_path,
    )
    assert done.returncode == 8
    assert "bibliothèque" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_command_has_help_with_an_example():
    """`--help` in 80 columns, each with a command to copy."""

    def walk(command, words):
        yield command, words
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                yield from walk(command.get_command(context, name), [*words, name])

    for command, words in walk(cli, []):
        shown = CliRunner().invoke(cli, [*words, "--help"], env={"COLUMNS": "80"})
        assert shown.exit_code == 0
        assert max(map(len, shown.output.splitlines())) <= 80
        assert not re.search(r"^ *[»:;?!]|« *$|\u00a0", shown.output, re.MULTILINE), words
        assert command.help or command.short_help
        if not isinstance(command, click.Group):
            assert "Exemple : spro-agenda" in shown.output, words


def test_each_error_class_has_a_documented_exit_code():
    """The README's table has them all."""

    def walk(kind):
        yield kind
        for child in kind.__subclasses__():
            yield from walk(child)

    documented = {
        int(line.split("|")[1])
        for line in (ROOT / "README.md").read_text("utf-8").splitlines()
        if line.startswith("| ") and line.split("|")[1].strip().isdigit()
    }
    assert {kind.exit_code for kind in walk(SproError)} <= documented


def test_the_demo_shows_everything_and_leaves_nothing_running(tmp_path: Path):
    """From the minutes to the flagged regional agenda: each step is the command that a user would type."""
    process = subprocess.Popen(
        program("demo"),
        cwd=tmp_path,
        env=environment() | {"TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    output, _nothing = process.communicate(timeout=120)
    assert process.returncode == 0, output
    steps = [line for line in output.splitlines() if line.startswith("$ ")]
    assert [line.split()[1:4] for line in steps if "spro-agenda" in line][:2] == [
        ["spro-agenda", "--home", "agenda"],
        ["spro-agenda", "--home", "agenda"],
    ]
    told = [
        output.index(words)
        for words in (
            "43 événements",
            "« marie » créé",
            "1 ajouté",
            "Vous n'avez pas le droit",
            "(403)\n(code de sortie 5)",
            "OCTOBRE 2021",
            "même action ?",
            "43 actions, 1 conflit",
            "Rien ne tourne plus",
        )
    ]
    assert sorted(told) == told
    assert "/ (Ctrl+C" in output  # the server writes there by itself, at its own time
    assert "28 Chartres, 28 Châteaudun et 28 Dreux" in " ".join(output.split())
    assert not group_runs(process.pid)
    assert [path.name for path in tmp_path.iterdir()] == ["agenda-2021.ics"]
    assert os.path.getsize(tmp_path / "agenda-2021.ics") > 10_000


@pytest.mark.parametrize("end", ["reader", "signal"])
def test_a_demo_that_is_cut_short_leaves_nothing_running_either(end: str, tmp_path: Path):
    """Its reader goes away (`| head`), or somebody ends it."""
    process = subprocess.Popen(
        program("demo"),
        cwd=tmp_path,
        env=environment() | {"TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    for line in process.stdout:
        if line.startswith("portes-ouvertes.ics → 28"):
            break
    if end == "signal":
        process.terminate()
    process.stdout.close()
    process.wait(60)
    eventually(lambda: not group_runs(process.pid), within_s=20, what="nothing of the demo runs")
    assert list(tmp_path.iterdir()) == []


AS_OF = ("--as-of", "2021-06-21")


def test_clashes_are_shown_by_kind_from_a_day_on_and_as_a_table():
    """One row a clash and day, in the semicolons that French spreadsheets read."""
    words = ("clashes", "--calendars", CALENDARS, *YEAR)
    assert "SITES" in run_out(*words, "--kind", "sites").stdout
    assert "Aucun conflit" in run_out(*words, "--kind", "LIEU").stdout
    assert "Aucun conflit" in run_out(*words, "--as-of", "2021-10-09").stdout
    assert "SITES" in run_out(*words, "--as-of", "2021-10-08").stdout
    head, *rows = list(csv.reader(io.StringIO(run_out(*words, "--format", "csv").stdout), delimiter=";"))
    assert head[0] == "\ufeffjour"
    assert [row[:2] for row in rows] == [["2021-10-07", "SITES"], ["2021-10-08", "SITES"]]


def test_a_title_that_begins_like_a_formula_stays_a_title_in_the_table(tmp_path: Path):
    """A spreadsheet would reckon it."""
    for code in ("28", "41"):
        text = CLASHING.format(uid=code).replace("Conférence d'A. Chauvet", f"{code} {code}")
        speaker = "\\nIntervenant : =1+1"
        (tmp_path / f"{code}.ics").write_bytes(calendar(f"{text}\nDESCRIPTION:x{speaker}"))
    done = run_out("clashes", "--calendars", tmp_path, "--region", CALENDARS / "region.toml", *YEAR, "--format", "csv")
    head, row = list(csv.reader(io.StringIO(done.stdout), delimiter=";"))
    assert row[head.index("objet")] == "'=1+1"


def test_opportunities_say_what_to_do_and_whom_to_call():
    words = ("opportunities", "--calendars", CALENDARS, *YEAR, *AS_OF)
    shown = run_out(*words).stdout
    assert "OPPORTUNITÉS (5)" in shown
    assert "demandez-le au 41" in " ".join(shown.split())
    assert max(map(len, shown.splitlines())) <= 80
    found = json.loads(run_out(*words, "--format", "json").stdout)
    assert found["version"] == 1
    kinds = [each["kind"] for each in found["opportunities"]]
    assert kinds == ["OUVRIR", "MUTUALISER", "MUTUALISER", "DECLINER", "DECLINER"]
    assert list(found["opportunities"][0]) == ["id", "kind", "key", "dates", "members", "sentence", "dismissed"]
    of_45 = json.loads(run_out(*words, "--network", "45", "--kind", "mutualiser", "--format", "json").stdout)
    assert [each["key"] for each in of_45["opportunities"]] == ["Klub Extraordinaire"]
    later = run_out("opportunities", "--calendars", CALENDARS, "--as-of", "2031-01-01", "--from", "2031-01-01").stdout
    assert "OUVRIR" not in later
