"""A redacted text is nowhere: not in the database's files, not in what a client can fetch, not in a fresh export."""

from __future__ import annotations

import gzip
import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result
from databases import FILE, POSTGRESQL, SQLITE, Database
from serving import Server, event, serving
from sqlalchemy import make_url, text
from store_contract import MARIE, REGION_TOML, booking, delete, live, move, put
from store_contract import event as body_of

from spro_agenda.commands import cli
from spro_agenda.errors import StoreError
from spro_agenda.model import EventKey
from spro_agenda.store import Store
from spro_agenda.store.scrub import scrub

SECRETS = ("Dupont-Lajoie", "dupont lajoie")
"""A name as it was typed, and as keys have it."""
KEY = EventKey("28", "entretien@essai")


def lines(number: int) -> tuple[str, ...]:
    """An event of somebody, wherever a name may stand; long enough for pages of its own, at times."""
    return (
        f"SUMMARY:Entretien de Dupont-Lajoie {number}",
        f"LOCATION:Maison Dupont-Lajoie {number}\\, Dreux",
        "DESCRIPTION:Intervenant : Dupont-Lajoie\\n" + "Dupont-Lajoie " * 600 * (number % 2),
    )


def found_in(folder: Path) -> list[str]:
    """The files of a folder, and of all within it, that hold the secret."""
    held = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path.name for path in held if any(secret.encode() in path.read_bytes() for secret in SECRETS))


def run(home: Path, *words: str) -> Result:
    done = CliRunner().invoke(cli, ["--home", str(home), *words])
    assert done.exit_code == 0, done.output
    return done


@pytest.fixture
def server(home: Path) -> Iterator[Server]:
    """A server of this test's own."""
    with serving(home, workers=2) as running:
        yield running


def reading(server: Server, path: str, stop: threading.Event) -> threading.Thread:
    """Somebody who reads a calendar all along."""

    def read() -> None:
        while not stop.is_set():
            server.get(path)

    thread = threading.Thread(target=read)
    thread.start()
    return thread


def test_while_a_server_runs_a_redacted_text_leaves_the_database_its_wal_and_every_answer(server: Server) -> None:
    """Created, updated, moved away and back, deleted, restored; redacted while somebody reads."""
    home, path = server.home, "/marie/28/entretien.ics"
    for number in range(4):
        assert server.put(path, event(KEY.uid, *lines(number))).status in (201, 204)
    moved = {"Destination": f"{server.url}marie/28/ailleurs.ics", "Overwrite": "F"}
    assert server.request("MOVE", path, headers=moved).status == 201
    assert server.request("DELETE", "/marie/28/ailleurs.ics").status == 200
    run(home, "restore", KEY.id)
    assert "agenda.sqlite-wal" in found_in(home)
    stop = threading.Event()
    thread = reading(server, "/marie/28/", stop)
    try:
        said = run(home, "history", "redact", KEY.id, "--yes").stdout
    finally:
        stop.set()
        thread.join()
    assert "effacés" in said
    assert found_in(home) == []
    assert KEY.uid in (home / "redactions.log").read_text("utf-8")
    for answer in (server.get("/marie/28/"), server.get("/marie/28/ailleurs.ics")):
        assert "Texte retiré" in answer.text
        assert "Dupont" not in answer.text
    shown = [
        run(home, *words).stdout for words in (("history", "--diff"), ("trash",), ("merge", "--from", "2021-01-01"))
    ]
    assert "dupont" not in "".join(shown).lower()
    assert server.put("/marie/28/ailleurs.ics", event(KEY.uid, "SUMMARY:Encore")).status == 204


def test_the_log_says_which_event_was_redacted_and_when(home: Path) -> None:
    """One JSON object a line, for a restored backup; each network that the event stood in has its own."""
    store = Store.open("sqlite:///agenda.sqlite", home)
    put(store, "28", "a.ics", body_of("a"))
    move(store, "28", "a.ics", "45", "a.ics")
    store.close()
    run(home, "history", "redact", "45/a", "--yes")
    again = run(home, "history", "redact", "45/a", "--yes")
    assert "déjà" in again.stdout
    told = [json.loads(line) for line in (home / "redactions.log").read_text("utf-8").splitlines()]
    assert [(each["network"], each["uid"], each["by"]) for each in told][:2] == [("28", "a", ""), ("45", "a", "")]
    assert all(set(each) == {"network", "uid", "at", "by"} for each in told)


def test_a_fresh_backup_does_not_have_it_and_an_old_one_does_not_bring_it_back(home: Path, tmp_path: Path) -> None:
    """Whether it is put back in place of the same instance, or the log alone is left."""
    store = Store.open("sqlite:///agenda.sqlite", home)
    for number in range(3):
        put(store, "28", "a.ics", body_of(KEY.uid, *lines(number)))
    store.close()
    old, fresh = tmp_path / "avant.spro.gz", tmp_path / "frais.spro.gz"
    run(home, "backup", str(old))
    run(home, "history", "redact", KEY.id, "--yes")
    run(home, "backup", str(fresh))
    assert b"Dupont-Lajoie" in gzip.decompress(old.read_bytes())
    assert b"Dupont-Lajoie" not in gzip.decompress(fresh.read_bytes())
    run(home, "restore", "--from", str(old), "--yes")
    assert found_in(home) == []
    assert "dupont" not in run(home, "history", "--diff").stdout.lower()


def used(store: Store) -> None:
    """An event of somebody, with a life."""
    for number in range(6):
        put(store, "28", "a.ics", body_of(KEY.uid, *lines(number)))
    put(store, "45", "z.ics", booking("z"))
    move(store, "28", "a.ics", "37", "b.ics")
    delete(store, "37", "b.ics")
    with store.write(MARIE) as writer:
        writer.restore_event(EventKey("37", KEY.uid))


def test_on_postgresql_a_redacted_text_leaves_the_files_of_its_tables(tmp_path: Path) -> None:
    """Those of rows, of long texts, of indexes, and of the samples that its planner takes."""
    url = POSTGRESQL.new(tmp_path, REGION_TOML)
    store = Store.open(url, tmp_path)
    used(store)
    with store._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    before = relation_files(url)
    with store.write(MARIE) as writer:
        writer.redact_event("28", KEY.uid)
    store.scrub()
    after = relation_files(url)
    store.close()
    assert holding(before)
    assert holding(after) == []


def test_restoring_a_backup_of_before_leaves_a_redacted_text_in_no_file(tmp_path: Path) -> None:
    """It passes through the tables before it is redacted again."""
    url = POSTGRESQL.new(tmp_path, REGION_TOML)
    store = Store.open(url, tmp_path)
    used(store)
    saved = store.save(tmp_path / "agenda.spro.gz")
    with store.write(MARIE) as writer:
        writer.redact_event("28", KEY.uid)
    store.scrub()
    store.close()
    Store.restore(url, tmp_path, saved)
    assert holding(relation_files(url)) == []


def relation_files(url: str) -> dict[str, bytes]:
    """The files of a database, as they are on the disk after a checkpoint."""
    address = make_url(url)
    with closing(
        psycopg.connect(
            host=str(address.query["host"]), user=address.username, dbname=address.database, autocommit=True
        )
    ) as connection:
        connection.execute("CHECKPOINT")
        row = connection.execute(
            "SELECT current_setting('data_directory'), oid FROM pg_database WHERE datname = current_database()"
        ).fetchone()
        assert row is not None
        folder = Path(row[0]) / "base" / str(row[1])
        return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def holding(files: dict[str, bytes]) -> list[str]:
    return [name for name, data in files.items() if any(secret.encode() in data for secret in SECRETS)]


def test_what_an_older_version_left_in_freed_pages_goes_too(tmp_path: Path) -> None:
    """It did not overwrite what it deleted."""
    store = SQLITE.store(tmp_path)
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        connection.execute("PRAGMA secure_delete=OFF")
        connection.execute("CREATE TABLE gone (text)")
        connection.executemany("INSERT INTO gone VALUES (?)", [(lines(1)[2],)] * 9)
        connection.commit()
        connection.execute("DROP TABLE gone")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert found_in(tmp_path) == [FILE]
    store.scrub()
    assert found_in(tmp_path) == []
    store.close()


@pytest.mark.parametrize("database", [SQLITE, POSTGRESQL], ids=["sqlite", "postgresql"])
def test_a_reader_that_does_not_let_go_is_told_of_and_the_next_attempt_succeeds(
    database: Database, tmp_path: Path
) -> None:
    """The text is redacted all the same; its bytes are still there, which is said."""
    store = database.store(tmp_path)
    used(store)
    with store.read() as reader:
        assert list(reader.objects("37"))
        with store.write(MARIE) as writer:
            writer.redact_event("28", KEY.uid)
        with pytest.raises(StoreError, match="n'ont pas encore pu"):
            scrub(store._engine, patience_s=0.5)
    store.scrub()
    if database is SQLITE:
        assert found_in(tmp_path) == []
    store.close()


@pytest.mark.parametrize("database", [SQLITE, POSTGRESQL], ids=["sqlite", "postgresql"])
def test_a_writer_that_does_not_let_go_is_told_of(database: Database, tmp_path: Path) -> None:
    """In a sentence; it goes on writing."""
    store = database.store(tmp_path)
    with store.write(MARIE) as writer:
        writer.put_event("28", "a.ics", body_of("a"))
        with pytest.raises(StoreError, match="n'ont pas encore pu"):
            scrub(store._engine, patience_s=0.5)
    assert "a.ics" in live(store, "28")
    store.scrub()
    store.close()
