"""A store is of one version, made whole or not at all; what is no store of ours is said to be so."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from databases import FILE, SQLITE, URL
from old_stores import OLD, TEXTS, make_old, rows_of
from postgres import new_database
from serving import environment
from sqlalchemy import Engine, event, inspect, text
from store_contract import REGION_TOML, TODAY, changed, dump, live, put, revisions

from spro_agenda.errors import BadRegion, OldStore, Refused, StoreError
from spro_agenda.store import Actor, Store, migrate, open_store
from spro_agenda.store import schema as s
from spro_agenda.store.engine import make_engine, transaction


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """The address of a store that is not made yet."""
    return URL if request.param == "sqlite" else new_database()


def create(home: Path, toml: str = REGION_TOML, url: str = URL) -> Store:
    return Store.create(url, home, toml, TODAY)


def test_migrations_give_the_tables_that_the_program_uses(tmp_path: Path, url: str) -> None:
    """Columns, types, nullability, keys and indexes: Alembic sees no difference."""
    store = create(tmp_path, url=url)
    with store._engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, s.metadata) == []
    store.close()


def test_migrations_give_each_table_its_keys(tmp_path: Path, url: str) -> None:
    """What Alembic does not compare: primary keys, and what a deletion takes along."""
    store = create(tmp_path, url=url)
    inspector = inspect(store._engine)
    for table in s.metadata.sorted_tables:
        key = inspector.get_pk_constraint(table.name)["constrained_columns"]
        assert key == table.primary_key.columns.keys()
        rules = {
            (each["constrained_columns"][0], each["referred_table"], each["options"].get("ondelete"))
            for each in inspector.get_foreign_keys(table.name)
        }
        assert rules == {(each.parent.name, each.column.table.name, each.ondelete) for each in table.foreign_keys}
    store.close()


def test_a_store_once_made_is_opened_again(tmp_path: Path, url: str) -> None:
    """As it was left, and once a process."""
    store = create(tmp_path, url=url)
    made = dump(store)
    store.close()
    opened = open_store(url, tmp_path)
    assert dump(opened) == made
    assert open_store(url, tmp_path) is opened
    opened.close()


def test_every_store_has_a_sync_epoch_of_its_own(tmp_path: Path) -> None:
    """Otherwise a phone would trust the numbers of another store."""
    epochs = set()
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        store = create(tmp_path / name)
        with store.read() as reader:
            epochs |= {each.sync_epoch for each in reader.calendars()}
        store.close()
    assert len(epochs) == 2


def no_file(_home: Path) -> None:
    """Nothing has been made here yet."""


def empty_file(home: Path) -> None:
    (home / FILE).touch()


def folder(home: Path) -> None:
    (home / FILE).mkdir()


def other_bytes(home: Path) -> None:
    (home / FILE).write_bytes(b"BEGIN:VCALENDAR\r\n" * 500)


def torn(home: Path) -> None:
    SQLITE.new(home)
    (home / FILE).write_bytes(b"\0" * 100 + (home / FILE).read_bytes()[100:])


def no_tables(home: Path) -> None:
    sqlite(home, "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")


def another_version(home: Path) -> None:
    SQLITE.new(home)
    sqlite(home, "UPDATE alembic_version SET version_num = '9999'")


def sqlite(home: Path, statement: str) -> None:
    connection = sqlite3.connect(home / FILE)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("found", "remedy"),
    [
        (no_file, "spro-agenda init"),
        (empty_file, "spro-agenda init"),
        (folder, "spro-agenda init"),
        (no_tables, "spro-agenda init"),
        (other_bytes, "sauvegarde"),
        (torn, "sauvegarde"),
        (another_version, "Installez la version"),
    ],
)
def test_what_cannot_be_opened_is_left_as_it_is_with_the_remedy(
    tmp_path: Path, found: Callable[[Path], None], remedy: str
) -> None:
    """The sentence says what to do, and nothing was made or changed on the way."""
    found(tmp_path)
    before = {path.name: path.is_file() and path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(StoreError, match=remedy):
        Store.open(URL, tmp_path)
    after = {path.name: path.is_file() and path.read_bytes() for path in tmp_path.iterdir()}
    assert {name: content for name, content in after.items() if not name.endswith(("-wal", "-shm"))} == before


@pytest.mark.parametrize("url", ["agenda.sqlite", "sqlit:///agenda.sqlite", "oracle+nothing://a:secret@b/c", ""])
def test_an_address_that_is_none_says_how_one_is_written(tmp_path: Path, url: str) -> None:
    """Without telling the password that stands in it."""
    with pytest.raises(StoreError, match="sqlite:///agenda") as raised:
        Store.open(url, tmp_path)
    assert "secret" not in str(raised.value)


def test_a_store_is_not_made_where_one_is(tmp_path: Path, url: str) -> None:
    """The one that is there keeps its events, whoever asks for another region."""
    store = create(tmp_path, url=url)
    with store.write(Actor()) as writer:
        writer.put_event("28", "a.ics", b"BEGIN:VCALENDAR\r\nBEGIN:VTODO\r\nUID:a\r\nEND:VTODO\r\nEND:VCALENDAR\r\n")
    before = dump(store)
    with pytest.raises(Refused, match="--home"):
        create(tmp_path, REGION_TOML.replace('"Loiret"', '"Autre"'), url)
    assert dump(store) == before
    store.close()


def test_a_region_that_cannot_be_read_leaves_no_half_made_store(tmp_path: Path, url: str) -> None:
    """The next attempt is not refused, and what it makes is whole."""
    with pytest.raises(BadRegion):
        create(tmp_path, "version = 0", url)
    with pytest.raises(StoreError, match="spro-agenda init"):
        Store.open(url, tmp_path)
    store = create(tmp_path, url=url)
    with store.read() as reader:
        assert len(reader.calendars()) == 4
    store.close()


def test_a_file_that_is_no_database_is_not_made_into_one(tmp_path: Path) -> None:
    """Somebody's file may have that name."""
    other_bytes(tmp_path)
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(StoreError, match="sauvegarde"):
        create(tmp_path)
    assert (tmp_path / FILE).read_bytes() == before


def test_every_connection_keeps_to_the_rules_that_sqlite_leaves_off(tmp_path: Path) -> None:
    """Foreign keys, and a journal that lets readers read while somebody writes."""
    store = create(tmp_path)
    with store._engine.connect() as first, store._engine.connect() as second:
        for connection in (first, second):
            assert connection.scalar(text("PRAGMA foreign_keys")) == 1
            assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
            assert connection.scalar(text("PRAGMA synchronous")) == 2  # FULL: what was acknowledged stays
    store.close()


@pytest.mark.parametrize("version", OLD)
def test_a_store_of_an_older_version_is_upgraded_with_all_that_it_holds(version: str, tmp_path: Path, url: str) -> None:
    """Until then it is not opened, and the command to type is said; its history, and clients' tokens, go on."""
    make_old(url, tmp_path, version)
    old = rows_of(url, tmp_path)
    with pytest.raises(OldStore, match="spro-agenda init --upgrade"):
        Store.open(url, tmp_path)
    assert rows_of(url, tmp_path) == old
    assert Store.upgrade(url, tmp_path) == (version, migrate.head())
    store = Store.open(url, tmp_path)
    assert {slug: {href: each.body for href, each in live(store, slug).items()} for slug in TEXTS} == TEXTS
    with store.read() as reader:
        assert list(reader.check()) == []
        assert [each.login for each in reader.accounts()] == ["marie"]
        assert reader.properties()["28", "marie"] == {"ICAL:calendar-color": "#123456"}
    assert [(row.verb, row.body) for row in revisions(store)] == [
        (row["verb"], row["body"]) for table, row in old if table == "revision"
    ]
    assert changed(store, "28", "urn:spro-agenda:sync:0123456789abcdef:3") == ("d.ics",)
    put(store, "28", "n.ics", TEXTS["45"]["t.ics"])
    assert len(revisions(store)) == sum(table == "revision" for table, _row in old) + 1
    store.close()


def test_an_upgrade_of_what_is_up_to_date_changes_nothing(tmp_path: Path, url: str) -> None:
    """Whoever types it twice does no harm."""
    store = create(tmp_path, url=url)
    before = dump(store)
    assert Store.upgrade(url, tmp_path) == (migrate.head(), migrate.head())
    assert dump(store) == before
    store.close()


_UPGRADE = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import Engine, event
from spro_agenda.store import Store

def die(*_about):
    os.kill(os.getpid(), signal.SIGKILL)

def die_at_last(*_about):
    global left
    left -= 1
    if not left:
        die()

url, home, left = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
if left:
    event.listen(Engine, "before_cursor_execute", die_at_last)
else:
    event.listen(Engine, "commit", die)
Store.upgrade(url, home)
"""
"""Upgrades a store, and is killed before its n-th statement; before its first commit, where n is 0."""


@pytest.mark.parametrize("version", OLD)
@pytest.mark.parametrize("part", [0, 0.5])
def test_an_upgrade_that_is_killed_leaves_the_old_store(version: str, part: float, tmp_path: Path, url: str) -> None:
    """In its midst, or at the very end; the next attempt does it all."""
    (tmp_path / "other").mkdir()
    make_old(URL, tmp_path / "other", version)
    with statements() as made:
        Store.upgrade(URL, tmp_path / "other")
    make_old(url, tmp_path, version)
    old = rows_of(url, tmp_path)
    at = int(len(made) * part)
    words = [sys.executable, "-c", _UPGRADE, url, str(tmp_path), str(at)]
    assert subprocess.run(words, check=False, env=environment()).returncode == -signal.SIGKILL
    with pytest.raises(OldStore):
        Store.open(url, tmp_path)
    assert rows_of(url, tmp_path) == old
    Store.upgrade(url, tmp_path)
    store = Store.open(url, tmp_path)
    with store.read() as reader:
        assert list(reader.check()) == []
    store.close()


@contextmanager
def statements() -> Iterator[list[str]]:
    """What is sent to databases within the block."""
    made: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_about: object) -> None:
        made.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield made
    event.remove(Engine, "before_cursor_execute", note)


def test_a_table_that_an_upgrade_copies_takes_no_rows_along(tmp_path: Path) -> None:
    """SQLite alters many a table so: what refers to the dropped one stays, and is looked at."""
    make_old(URL, tmp_path, OLD[0])
    old = rows_of(URL, tmp_path)
    engine = migrate.without_foreign_keys(make_engine(URL, tmp_path))
    with transaction(engine, writes=True) as connection:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("object", recreate="always"):
            pass
        migrate.check_foreign_keys(connection)
    assert rows_of(URL, tmp_path) == old
    with transaction(engine, writes=True) as connection:
        connection.execute(text("DELETE FROM object"))
        with pytest.raises(StoreError, match="incohérente"):
            migrate.check_foreign_keys(connection)
    engine.dispose()


def test_an_upgrade_on_a_full_disk_leaves_the_old_store(tmp_path: Path) -> None:
    """With a sentence; and once there is room, it is done."""
    make_old(URL, tmp_path, OLD[0])
    old = rows_of(URL, tmp_path)

    def fill_the_disk(connection: Any, _record: object) -> None:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count={pages + 2}")

    event.listen(Engine, "connect", fill_the_disk)
    try:
        with pytest.raises(StoreError):
            Store.upgrade(URL, tmp_path)
    finally:
        event.remove(Engine, "connect", fill_the_disk)
    assert rows_of(URL, tmp_path) == old
    Store.upgrade(URL, tmp_path)
    Store.open(URL, tmp_path).close()


@pytest.mark.parametrize("name", ["postgresql", "postgresql+psycopg"])
def test_a_missing_driver_is_named_with_what_to_install(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL's is an optional part of the program."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match=r"pip install 'spro-agenda\[postgres\]'"):
        Store.exists(f"{name}://nom@serveur/agenda", tmp_path)


def test_the_versions_are_those_that_alembic_walks() -> None:
    """Read from the names of their modules, since reading Alembic would double the time in which a server starts."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).with_name("migrations")))
    walked = [each.revision for each in ScriptDirectory.from_config(config).walk_revisions()]
    assert migrate.versions() == tuple(reversed(walked))
