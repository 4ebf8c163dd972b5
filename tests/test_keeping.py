"""Backing up, moving, restoring and upgrading, as administrators type it."""

from __future__ import annotations

import gzip
import json
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from agendas import ROOT
from click.testing import CliRunner, Result
from databases import FILE, SQLITE, URL, Database, live_in
from old_stores import OLD, make_old
from postgres import new_database
from serving import serving
from store_contract import PASSWORD, dump, event

from spro_agenda.commands import cli
from spro_agenda.commands.home import Home
from spro_agenda.commands.keeping import restore_from
from spro_agenda.errors import BadArchive, Refused, SproError, StoreError, UnreadableSource, UsageError
from spro_agenda.store import Actor, Role
from spro_agenda.store.restoring import set_aside


def run(*words: object, home: Path | None = None) -> Result:
    """A command in this process, as click runs it."""
    given = ["--home", str(home)] if home else []
    return CliRunner().invoke(cli, [*given, *map(str, words)])


def said(*words: object, home: Path | None = None) -> str:
    """What a command that succeeds says."""
    done = run(*words, home=home)
    assert done.exit_code == 0, (done.output, done.exception)
    return done.output


def refused(*words: object, home: Path | None = None) -> SproError:
    """The error of a command that does not."""
    error = run(*words, home=home).exception
    assert isinstance(error, SproError), error
    return error


def instance(home: Path, database: Database = SQLITE, url: str | None = None) -> Path:
    """A folder with an instance that was lived in."""
    home.mkdir()
    found = url or database.new(home, prepare=live_in)
    config = (ROOT / "config.ini").read_text("utf-8")
    (home / "config.ini").write_text(config.replace(URL, found), "utf-8")
    return home


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An instance that was lived in."""
    return instance(tmp_path / "agenda")


def rows(home: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of an instance's store."""
    store = Home(home).store()
    try:
        return dump(store)
    finally:
        store.close()


# Backing up


def test_a_backup_is_dated_tried_and_told_in_a_sentence(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the current folder, where no name is given."""
    monkeypatch.chdir(tmp_path)
    told = said("backup", "--check", home=home)
    (file,) = tmp_path.glob("agenda-20??-??-??-??????.spro.gz")
    assert told.startswith(f"{file.name} : 4 événements, 9 versions, 2 comptes, ")
    assert told.endswith(" Ko.\nRestaurée à l'essai : tout y est.\n")
    assert said("backup", "--verify", file).endswith(" Ko. Restaurée à l'essai : tout y est.\n")


def test_a_backup_replaces_no_file_and_a_bad_one_is_said_to_be_bad(home: Path, tmp_path: Path) -> None:
    """Exit codes 5 and 4; a sentence each."""
    file = tmp_path / "agenda.spro.gz"
    said("backup", file, home=home)
    error = refused("backup", file, home=home)
    assert isinstance(error, Refused)
    assert str(file) in str(error)
    file.write_bytes(file.read_bytes()[:-100])
    error = refused("backup", "--verify", file, home=home)
    assert isinstance(error, BadArchive)
    assert str(file) in str(error)


@pytest.mark.parametrize(
    "words",
    [
        ("restore", "--from", "x", "--network", "28"),
        ("restore", "--from", "x", "--dry-run"),
        ("restore", "abcdef", "--database", URL),
        ("backup", "a", "--verify", "b"),
        ("backup", "--check", "--verify", "b"),
        ("export", "--all", "--network", "28", "-o", "x"),
        ("import",),
        ("import", "--all", "x", "28.ics"),
        ("import", "--all", "x", "--network", "28"),
        ("init", "--upgrade", "--database", URL),
    ],
)
def test_options_that_do_not_fit_together_are_said(words: tuple[str, ...], home: Path) -> None:
    """And nothing is done."""
    before = rows(home)
    assert isinstance(refused(*words, home=home), UsageError)
    assert rows(home) == before


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("backup", "{}/absent/x.gz"), "(le fichier ou le dossier n'existe pas)"),
        (("backup", "{}/plain/x.gz"), "(une partie du chemin n'est pas un dossier)"),
        (("export", "-o", "{}/plain/out"), "(une partie du chemin n'est pas un dossier)"),
        (("export", "-o", "{}/plain"), "(il existe déjà)"),
        (("export", "--all", "-o", "{}/absent/x.gz"), "(le fichier ou le dossier n'existe pas)"),
    ],
)
def test_what_the_system_refuses_is_told_in_french(
    words: tuple[str, ...], why: str, home: Path, tmp_path: Path
) -> None:
    """Whatever the machine's language is."""
    (tmp_path / "plain").touch()
    error = refused(*(word.format(tmp_path) for word in words), home=home)
    assert isinstance(error, UnreadableSource)
    assert why in str(error)


# Exporting and moving


def test_an_export_writes_a_file_a_network_that_can_be_imported(home: Path, tmp_path: Path) -> None:
    """With whole texts: what goes into a new agenda comes out of it again."""
    told = said("export", "-o", tmp_path / "out", home=home)
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["28.ics", "37.ics", "45.ics", "region.ics"]
    assert f"28 Eure-et-Loir → {tmp_path / 'out' / '28.ics'} : 2 événements" in told
    assert "Intervenant : André Chauvet" in (tmp_path / "out" / "28.ics").read_text("utf-8")
    said("export", "--network", "Loiret", "-o", tmp_path / "one", home=home)
    assert [file.name for file in (tmp_path / "one").iterdir()] == ["45.ics"]
    (tmp_path / "out" / "region.toml").write_bytes(region_of(home))
    said("init", "--seed", tmp_path / "out", home=tmp_path / "again")
    assert agenda(tmp_path / "again") == agenda(home)


def region_of(home: Path) -> bytes:
    with closing(sqlite3.connect(home / FILE)) as connection:
        return str(connection.execute("SELECT toml FROM region").fetchone()[0]).encode()


def agenda(home: Path) -> list[Any]:
    return list(json.loads(said("merge", "--from", "2021-01-01", "--format", "json", home=home))["events"])


def test_an_agenda_moves_to_postgresql_and_back_with_its_history(home: Path, tmp_path: Path) -> None:
    """`export --all`, `init --database`, `import --all`, in a console."""
    url = new_database()
    said("export", "--all", "-o", tmp_path / "all.spro.gz", home=home)
    said("init", "--database", url, home=tmp_path / "big")
    assert "4 événements, 9 versions, 2 comptes" in said(
        "import", "--all", tmp_path / "all.spro.gz", home=tmp_path / "big"
    )
    assert len(rows(tmp_path / "big")["revision"]) == 9
    said("export", "--all", "-o", tmp_path / "back.spro.gz", home=tmp_path / "big")
    said("init", home=tmp_path / "small")
    said("import", "--all", tmp_path / "back.spro.gz", home=tmp_path / "small")
    for table in ("revision", "object", "account", "change", "calendar_property", "occurrence"):
        assert rows(tmp_path / "small")[table] == rows(home)[table]


def test_import_all_replaces_nobody_s_work(home: Path, tmp_path: Path) -> None:
    """An agenda that was used is refused, and told what to do instead."""
    said("export", "--all", "-o", tmp_path / "all.spro.gz", home=home)
    before = rows(home)
    error = refused("import", "--all", tmp_path / "all.spro.gz", home=home)
    assert isinstance(error, Refused)
    assert "restore --from" in str(error)
    assert rows(home) == before
    assert isinstance(refused("import", "--all", tmp_path / "all.spro.gz", home=tmp_path / "none"), StoreError)


# The database that is chosen


def test_init_writes_the_database_into_the_configuration(tmp_path: Path) -> None:
    """One line changes, comments stay; the file is its owner's alone, and a password in it is not shown."""
    url = new_database().replace("postgres@", "postgres:tr3s-secret@")
    told = said("init", "--database", url, home=tmp_path / "agenda")
    written = (tmp_path / "agenda" / "config.ini").read_text("utf-8")
    assert written == (ROOT / "config.ini").read_text("utf-8").replace(URL, url)
    assert stat.S_IMODE((tmp_path / "agenda" / "config.ini").stat().st_mode) == 0o600
    assert "tr3s-secret" not in told
    assert len(rows(tmp_path / "agenda")["calendar"]) > 0
    assert not (tmp_path / "agenda" / FILE).exists()


def test_a_configuration_may_leave_the_database_to_its_default(tmp_path: Path) -> None:
    """Naming one adds the line."""
    home, url = tmp_path / "agenda", new_database()
    home.mkdir()
    (home / "config.ini").write_text((ROOT / "config.ini").read_text("utf-8").replace(f"database = {URL}\n", ""))
    said("init", "--database", url, home=home)
    assert Home(home).database() == url


def test_a_second_machine_is_given_the_database_that_is_there(tmp_path: Path) -> None:
    """Several may serve one PostgreSQL."""
    url = new_database()
    said("init", "--database", url, home=tmp_path / "one")
    before = rows(tmp_path / "one")
    assert "recréé" in said("init", "--database", url, home=tmp_path / "two")
    assert rows(tmp_path / "two") == before


def test_an_agenda_is_not_led_away_from_its_database(home: Path) -> None:
    """Its events would seem to be gone; the way to move them is said."""
    before = (home / "config.ini").read_bytes()
    error = refused("init", "--database", new_database(), home=home)
    assert isinstance(error, Refused)
    assert "export --all" in str(error)
    assert (home / "config.ini").read_bytes() == before


@pytest.mark.parametrize(
    "url",
    ["postgres://nom@serveur/agenda", "postgresql://nom:tr3s-secret@127.0.0.1:1/agenda", "a\nb", "n'importe quoi"],
)
def test_a_database_that_cannot_be_used_leaves_nothing(url: str, tmp_path: Path) -> None:
    """No folder, no configuration; and its password is not told."""
    error = refused("init", "--database", url, home=tmp_path / "agenda")
    assert "tr3s-secret" not in str(error)
    assert not (tmp_path / "agenda").exists()


@pytest.mark.parametrize("version", OLD)
def test_init_upgrades_what_an_older_program_left(version: str, tmp_path: Path) -> None:
    """What is typed where a command refused to work, which says so."""
    make_old(URL, tmp_path, version)
    (tmp_path / "config.ini").write_bytes((ROOT / "config.ini").read_bytes())
    assert "init --upgrade" in str(refused("backup", home=tmp_path))
    assert f"de la version {version} à la version" in said("init", "--upgrade", home=tmp_path)
    assert "rien à faire" in said("init", "--upgrade", home=tmp_path)
    assert "3 événements" in said("backup", tmp_path / "x", home=tmp_path)


def test_there_is_nothing_to_upgrade_where_nothing_is(tmp_path: Path) -> None:
    """And nothing is made."""
    assert isinstance(refused("init", "--upgrade", home=tmp_path / "agenda"), StoreError)
    assert not (tmp_path / "agenda").exists()


# Restoring


def test_a_backup_makes_an_agenda_where_there_is_none(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a new machine: its configuration, its database, all that it held; on PostgreSQL too."""
    said("backup", tmp_path / "x", home=home)
    for name, url in (("file", None), ("server", new_database())):
        restore_from(Home(tmp_path / name), tmp_path / "x", url)
        told = capsys.readouterr()
        assert told.out.startswith(f"Agenda restauré dans {tmp_path / name} : 4 événements, 9 versions, 2 comptes, ")
        assert told.err == ""
        assert rows(tmp_path / name)["revision"] == rows(home)["revision"]


def test_a_backup_that_is_bad_makes_nothing(tmp_path: Path) -> None:
    """It is looked at first."""
    (tmp_path / "x").write_bytes(b"BEGIN:VCALENDAR")
    with pytest.raises(BadArchive):
        restore_from(Home(tmp_path / "agenda"), tmp_path / "x")
    assert not (tmp_path / "agenda").exists()


def test_a_damaged_database_is_replaced_and_kept_aside(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Even where the configuration went too; where it is now is said."""
    said("backup", tmp_path / "x", home=home)
    before = rows(home)
    (home / FILE).write_bytes(b"\xff" * 9000)
    (home / "config.ini").unlink()
    restore_from(Home(home), tmp_path / "x")
    (aside,) = home.glob(f"{FILE}.abime-*")
    assert str(aside) in capsys.readouterr().err
    assert rows(home)["revision"] == before["revision"]


def test_a_server_goes_on_with_what_was_restored(home: Path, tmp_path: Path) -> None:
    """Nobody stops it: its next answers, and who may log in, are those of the backup; writing goes on."""
    said("backup", tmp_path / "x", home=home)

    def status(method: str, href: str, login: str = "marie") -> int:
        body = event("nouveau") if method == "PUT" else None
        headers = {"Content-Type": "text/calendar; charset=utf-8"}
        return server.request(method, f"/spro/28/{href}", body, login=login, password=PASSWORD, headers=headers).status

    with serving(home, workers=2) as server:
        assert status("PUT", "n.ics") == 201
        store = Home(home).store()
        with store.write(Actor()) as writer:
            writer.add_account("luc", PASSWORD, Role.READER)
        store.close()
        assert {status("GET", "n.ics", "luc") for _each in range(4)} == {200}
        restore_from(Home(home), tmp_path / "x")
        assert {status("GET", "n.ics") for _each in range(4)} == {404}
        assert {status("GET", "a.ics") for _each in range(4)} == {200}
        assert {status("GET", "a.ics", "luc") for _each in range(4)} == {401}
        assert status("PUT", "n.ics") == 201


def test_restore_asks_before_it_replaces_an_agenda(home: Path, tmp_path: Path) -> None:
    """Where nobody can be asked, --yes says it; a new agenda is made without."""
    said("backup", tmp_path / "x", home=home)
    before = rows(home)
    assert isinstance(refused("restore", "--from", tmp_path / "x", home=home), UsageError)
    assert rows(home) == before
    told = said("restore", "--from", tmp_path / "x", "--yes", home=home)
    (kept,) = home.glob("avant-restauration-*.spro.gz")
    assert str(kept) in told
    assert "4 événements" in said("restore", "--from", tmp_path / "x", home=tmp_path / "new")


def test_a_text_that_was_redacted_does_not_come_back(home: Path, tmp_path: Path) -> None:
    """Neither into the agenda nor into its files, from a backup of before; even where the database was lost."""
    said("backup", tmp_path / "x", home=home)
    said("history", "redact", "28/conference", "--yes", home=home)
    secret = "Conférence 🎓".encode()
    for lost in (False, True):
        if lost:
            for file in home.glob(f"{FILE}*"):
                file.unlink()
        assert "qui le restent : 1." in said("restore", "--from", tmp_path / "x", "--yes", home=home)
        assert "Conférence" not in json.dumps(agenda(home), ensure_ascii=False)
        assert all(secret not in file.read_bytes() for file in home.glob(f"{FILE}*"))
    said("backup", tmp_path / "y", home=home)
    assert secret not in gzip.decompress((tmp_path / "y").read_bytes())
    said("check", home=home)


def test_a_line_of_the_log_of_redactions_that_was_cut_is_told(home: Path, tmp_path: Path) -> None:
    """By its number, with what to do; the restoration is done."""
    said("backup", tmp_path / "x", home=home)
    said("history", "redact", "28/conference", "--yes", home=home)
    log = home / "redactions.log"
    log.write_bytes(log.read_bytes()[:-10])
    told = said("restore", "--from", tmp_path / "x", "--yes", home=home)
    assert f"{log}, ligne 1 : elle est coupée" in told
    assert "qui le restent : 1." in told


def test_redact_names_the_copies_that_restorations_left(home: Path, tmp_path: Path) -> None:
    """They hold the text, are in the instance's folder, and nobody else would think of them."""
    said("backup", tmp_path / "x", home=home)
    assert "laissés par des restaurations" not in said("history", "redact", "28/permanence", "--yes", home=home)
    said("restore", "--from", tmp_path / "x", "--yes", home=home)
    aside = set_aside(home / FILE)
    said("restore", "--from", tmp_path / "x", "--yes", home=home)
    (kept,) = home.glob("avant-restauration-*.spro.gz")
    # With its journals, where a connection was still open.
    copies = "".join(f"  {file}\n" for file in sorted({*home.glob(f"{aside.name}*"), kept}))
    told = said("history", "redact", "28/conference", "--yes", home=home)
    assert f"détruisez-les :\n{copies}" in told
    assert str(aside) in copies
