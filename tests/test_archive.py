"""An archive holds a whole store, fills any database with it, and is not trusted further than its checksums."""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from databases import DATABASES, FILE, SQLITE, URL, Database, live_in
from old_stores import OLD, TEXTS, old_archive
from postgres import new_database
from sqlalchemy import select, update
from store_contract import MARIE, PASSWORD, booking, changed, delete, dump, event, live, now, put, revisions

from spro_agenda.errors import BadArchive, Located, Refused, StoreError, UnreadableSource
from spro_agenda.store import Actor, Redaction, Role, Store, archive, log_redaction, migrate, moving, restoring
from spro_agenda.store import schema as s
from spro_agenda.store.archive import Archive, Header, Row
from spro_agenda.store.engine import transaction
from spro_agenda.store.trial import try_out


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> Database:
    """Where a store stands."""
    return DATABASES[request.param]


@pytest.fixture
def store(database: Database, tmp_path: Path) -> Iterator[Store]:
    """A store that was lived in."""
    (tmp_path / "home").mkdir()
    made = database.store(tmp_path / "home", prepare=live_in)
    yield made
    made.close()


@pytest.fixture
def saved(store: Store, tmp_path: Path) -> Archive:
    """Its archive."""
    return store.save(tmp_path / "agenda.spro.gz")


def restore(store: Store, saved: Archive) -> restoring.Restored:
    """Put an archive in the place of a store that is open, and goes on being used."""
    return Store.restore(url_of(store), saved.file.parent, saved)


def url_of(store: Store) -> str:
    """The address of a store that is open, whatever the folder."""
    return store._engine.url.render_as_string(hide_password=False)


def but_for_epochs(rows: dict[str, list[tuple[Any, ...]]]) -> dict[str, list[tuple[Any, ...]]]:
    """A dump without what may not be the same in two stores."""
    own = {"calendar": "sync_epoch", "region": "generation"}
    left = dict(rows)
    for table, column in own.items():
        index = s.metadata.tables[table].columns.keys().index(column)
        left[table] = [row[:index] + row[index + 1 :] for row in rows[table]]
    return left


# What is moved


@pytest.mark.parametrize("rows_at_once", [3, 500])
def test_everything_moves_from_one_database_to_the_other(
    store: Store, saved: Archive, tmp_path: Path, rows_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every row of every table, history included; what was moved is whole, and goes on being written."""
    monkeypatch.setattr(moving, "_MOST_ROWS", rows_at_once)
    monkeypatch.setattr(moving, "_READ", rows_at_once)
    url = new_database() if store._engine.dialect.name == "sqlite" else URL
    Store.restore(url, tmp_path, saved)
    moved = Store.open(url, tmp_path)
    assert but_for_epochs(dump(moved)) == but_for_epochs(dump(store))
    with moved.read() as reader:
        assert list(reader.check()) == []
    last = revisions(moved)[-1].id
    put(moved, "28", "n.ics", event("nouveau"))
    with moved.write(Actor()) as writer:
        writer.add_account("luc", PASSWORD, Role.READER)
    assert revisions(moved)[-1].id > last
    moved.close()


def test_numbers_that_were_given_are_not_given_again(store: Store, saved: Archive) -> None:
    """Not even those of rows that the archive does not have."""
    put(store, "28", "n.ics", event("nouveau"))
    last = revisions(store)[-1].id
    restore(store, saved)
    put(store, "28", "n.ics", event("nouveau"))
    assert revisions(store)[-1].id > last


def test_clients_and_workers_learn_that_it_is_another_store(store: Store, saved: Archive) -> None:
    """Tokens of before are stale, even for numbers that both stores have; caches by generation are dropped."""
    with store.write(Actor()) as writer:
        writer.add_account("luc", PASSWORD, Role.READER)
    token = now(store, "28").sync_token()
    with store.read() as reader:
        before = reader.generation()
    restore(store, saved)
    with store.read() as reader:
        assert reader.generation() > before
    with pytest.raises(Exception, match="jeton"):
        changed(store, "28", token)
    assert set(changed(store, "28", "")) == {"a.ics", "s.ics"}


def test_an_archive_is_of_one_moment(store: Store) -> None:
    """Whatever is written while it is read."""
    before = dump(store)
    with transaction(store._engine, writes=False) as connection:
        rows = moving.all_rows(connection)
        first = next(rows)
        put(store, "28", "n.ics", event("nouveau"))
        delete(store, "28", "a.ics")
        found = [first, *rows]
    assert {(table, tuple(values.values())) for table, values in found} == {
        (table, row) for table, some in before.items() for row in some
    }


@pytest.mark.parametrize("version", OLD)
def test_an_archive_of_an_older_version_is_upgraded_on_its_way(
    database: Database, version: str, tmp_path: Path
) -> None:
    """In a scratch place: the store that takes it in never is of the old version."""
    for name in ("old", "home"):
        (tmp_path / name).mkdir()
    old = old_archive(tmp_path / "old.spro.gz", tmp_path / "old", version)
    store = database.store(tmp_path / "home", prepare=live_in)
    restore(store, old)
    assert {slug: {href: each.body for href, each in live(store, slug).items()} for slug in TEXTS} == TEXTS
    with store.read() as reader:
        assert list(reader.check()) == []
    store.close()


# Restoring over a store


def test_what_a_restored_store_was_is_kept(store: Store, saved: Archive, tmp_path: Path) -> None:
    """In the instance's folder: who restores the wrong backup has lost nothing."""
    put(store, "28", "n.ics", event("nouveau"))
    before = dump(store)
    kept = restore(store, saved).kept
    assert kept is not None
    assert kept.parent == tmp_path
    assert "n.ics" not in live(store, "28")
    restore(store, archive.verify(kept))
    assert but_for_epochs(dump(store)) == but_for_epochs(before)


def test_a_restoration_that_fails_leaves_the_store_as_it_was(store: Store, saved: Archive, tmp_path: Path) -> None:
    """Rows that the database refuses, at the end of many that it took."""
    rows = list(archive.rows_of(saved.file))
    spoilt = archive.write(tmp_path / "doubled.spro.gz", Header.of(migrate.head()), [*rows, rows[-1]])
    before = dump(store)
    with pytest.raises(StoreError):
        restore(store, spoilt)
    assert dump(store) == before
    assert list(tmp_path.glob("avant-*")) == []


@pytest.mark.parametrize("spoil", [lambda table, values: ("nothing", values), lambda table, values: (table, {"x": 1})])
def test_rows_of_other_tables_are_refused(
    store: Store, saved: Archive, tmp_path: Path, spoil: Callable[[str, Any], Row]
) -> None:
    """Somebody may have made an archive by hand."""
    *rows, last = archive.rows_of(saved.file)
    spoilt = archive.write(tmp_path / "other.spro.gz", Header.of(migrate.head()), [*rows, spoil(*last)])
    before = dump(store)
    with pytest.raises(BadArchive):
        restore(store, spoilt)
    assert dump(store) == before


def test_who_waited_for_the_lock_during_a_restoration_has_it(store: Store, saved: Archive) -> None:
    """The region's row is the lock: it may not go away under those who wait for it."""
    locked: list[int] = []
    with transaction(store._engine, writes=True) as connection:
        connection.execute(select(s.region.c.id).with_for_update())

        def wait_for_it() -> None:
            with transaction(store._engine, writes=True) as other:
                locked.extend(other.execute(select(s.region.c.id).with_for_update()).scalars())

        waiting = threading.Thread(target=wait_for_it)
        waiting.start()
        waiting.join(0.3)
        assert not locked
        moving.replace_all(connection, archive.rows_of(saved.file), str(saved.file))
    waiting.join(10)
    assert locked == [1]


# Redactions


def redact(store: Store, uid: str) -> Redaction:
    with store.write(MARIE) as writer:
        return writer.redact_event("28", uid)


def texts_of(store: Store, uid: str) -> bytes:
    """Every text that a store has under a UID."""
    return b"".join(row.body or b"" for row in revisions(store) if row.uid == uid)


@pytest.mark.parametrize("by_log", [False, True])
def test_what_was_redacted_since_is_redacted_again(store: Store, saved: Archive, tmp_path: Path, by_log: bool) -> None:
    """As the store that is replaced says, or the log beside it, where it was not that store."""
    told = redact(store, "conference")
    if by_log:
        log_redaction(tmp_path, told)
        restored = Store.restore(new_database(), tmp_path, saved)
    else:
        restored = restore(store, saved)
        assert b"Chauvet" not in texts_of(store, "conference")
        assert list(now_found(store)) == []
    assert restored.redacted == 1


def now_found(store: Store) -> Iterator[str]:
    with store.read() as reader:
        yield from (finding.sentence for finding in reader.check())


def test_a_redaction_of_what_the_archive_does_not_have_is_remembered(store: Store, saved: Archive) -> None:
    """An archive of later may have it."""
    put(store, "28", "n.ics", event("secret"))
    later = store.save(saved.file.with_name("later.spro.gz"))
    redact(store, "secret")
    assert restore(store, saved).redacted == 0
    assert restore(store, later).redacted == 1
    assert b"SUMMARY:secret" not in texts_of(store, "secret")


def test_what_was_written_after_a_redaction_is_not_lost_by_restoring(store: Store, saved: Archive) -> None:
    """The archive knows of the redaction, and has what came after it."""
    redact(store, "conference")
    put(store, "28", "a.ics", booking("conference", title="Une autre, publique"))
    later = store.save(saved.file.with_name("later.spro.gz"))
    assert restore(store, later).redacted == 0
    assert b"publique" in live(store, "28")["a.ics"].body


def test_what_was_written_after_a_redaction_survives_the_wrong_backup_restored_first(
    store: Store, saved: Archive
) -> None:
    """Redacting again is no newer redaction."""
    redact(store, "conference")
    put(store, "28", "a.ics", booking("conference", title="Une autre, publique"))
    with transaction(store._engine, writes=True) as connection:
        connection.execute(update(s.redaction).values(at=s.redaction.c.at - 1000))
    later = store.save(saved.file.with_name("later.spro.gz"))
    assert restore(store, saved).redacted == 1
    assert b"Chauvet" not in texts_of(store, "conference")
    assert restore(store, later).redacted == 0
    assert b"publique" in live(store, "28")["a.ics"].body


@pytest.mark.parametrize("line", [b"{", b"[]", b'{"network": "28"}', b'{"network":"28","uid":"a","at":"x","by":""}'])
def test_a_log_that_cannot_be_read_stops_a_restoration(
    store: Store, saved: Archive, tmp_path: Path, line: bytes
) -> None:
    """Its line is named: a text must not come back because of a slip of the pen."""
    (tmp_path / "redactions.log").write_bytes(b'{"network":"28","uid":"a","at":"2026-01-01","by":""}\n' + line)
    before = dump(store)
    with pytest.raises(Located, match=r"redactions\.log, ligne 2"):
        restore(store, saved)
    assert dump(store) == before


@pytest.mark.parametrize("length", [52, 60, -1])
def test_a_line_of_the_log_that_was_cut_is_passed_over_where_the_store_knows_it(
    store: Store, saved: Archive, tmp_path: Path, length: int
) -> None:
    """What is told after a power cut stands on a line of its own; the cut one is named."""
    log_redaction(tmp_path, redact(store, "conference"))
    log = tmp_path / "redactions.log"
    log.write_bytes(log.read_bytes()[: length if length > 0 else length - 1])
    assert log.read_bytes().startswith(b'{"network": "28", "uid": "conference", "at": ')
    log_redaction(tmp_path, redact(store, "permanence"))
    assert [json.loads(line)["uid"] for line in log.read_bytes().splitlines()[1:]] == ["permanence"]
    restored = restore(store, saved)
    assert (restored.redacted, restored.torn) == (2, (1,))
    assert b"Chauvet" not in texts_of(store, "conference")


@pytest.mark.parametrize("kept", [b'{"network": "28", "uid": "conf', b'{"network": "28", "uid": "autre", "at": "20'])
def test_a_line_of_the_log_that_was_cut_stops_a_restoration_where_the_store_does_not_know_it(
    store: Store, saved: Archive, tmp_path: Path, kept: bytes
) -> None:
    """What it was about cannot be told, or was redacted by nobody that the store knows."""
    log_redaction(tmp_path, redact(store, "conference"))
    (tmp_path / "redactions.log").write_bytes(kept)
    with pytest.raises(Located, match=r"redactions\.log, ligne 1"):
        restore(store, saved)


# Damage


@pytest.mark.parametrize("damage", [lambda data: b"\0" * len(data), lambda data: data[:8192] + b"\xff" * 8192])
def test_a_damaged_database_makes_room_for_its_backup(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    """It is put aside with its journals, whose pages another database must never see."""
    home = tmp_path / "home"
    home.mkdir()
    store = SQLITE.store(home, prepare=live_in)
    saved = store.save(tmp_path / "agenda.spro.gz")
    store.close()
    before = dump(Store.open(URL, home))
    (home / FILE).write_bytes(damage((home / FILE).read_bytes()))
    damaged = (home / FILE).read_bytes()
    aside = Store.restore(URL, home, saved).aside
    assert aside is not None
    assert aside.read_bytes() == damaged
    store = Store.open(URL, home)
    assert but_for_epochs(dump(store)) == but_for_epochs(before)
    store.close()


def test_a_damaged_database_stays_where_it_is_when_its_backup_cannot_be_taken(tmp_path: Path) -> None:
    """Rows of another program, seen at the end of many that were taken: nothing changes, and nothing is left."""
    home = tmp_path / "home"
    home.mkdir()
    store = SQLITE.store(home, prepare=live_in)
    saved = store.save(tmp_path / "agenda.spro.gz")
    store.close()
    rows = [*archive.rows_of(saved.file), ("nothing", {"id": 1})]
    spoilt = archive.write(tmp_path / "other.spro.gz", Header.of(migrate.head()), rows)
    damaged = b"\xff" * 9000
    (home / FILE).write_bytes(damaged)
    with pytest.raises(BadArchive):
        Store.restore(URL, home, spoilt)
    assert {file.name: file.read_bytes() for file in home.iterdir()} == {FILE: damaged}


def test_journals_without_their_database_are_not_applied_to_another(tmp_path: Path) -> None:
    """Who deletes the database by hand leaves them behind."""
    home = tmp_path / "home"
    home.mkdir()
    store = SQLITE.store(home, prepare=live_in)
    saved = store.save(tmp_path / "agenda.spro.gz")
    before = dump(store)
    put(store, "28", "n.ics", event("nouveau"))
    journal = (home / f"{FILE}-wal").read_bytes()
    store.close()
    (home / FILE).unlink()
    (home / f"{FILE}-wal").write_bytes(journal)
    Store.restore(URL, home, saved)
    store = Store.open(URL, home)
    assert but_for_epochs(dump(store)) == but_for_epochs(before)
    store.close()


def test_only_a_new_store_is_filled_where_that_is_asked(database: Database, saved: Archive, tmp_path: Path) -> None:
    """One that `init` made, its administrator included; never one with events, history or people."""
    for number, (prepare, fresh) in enumerate(((only_admin, True), (one_reader, False), (one_deleted, False))):
        home = tmp_path / str(number)
        home.mkdir()
        store = database.store(home, prepare=prepare)
        url = url_of(store)
        before = dump(store)
        if fresh:
            assert Store.restore(url, home, saved, only_new=True) == restoring.Restored()
            assert set(live(store, "28")) == {"a.ics", "s.ics"}
        else:
            with pytest.raises(Refused, match="restore --from"):
                Store.restore(url, home, saved, only_new=True)
            assert dump(store) == before
        store.close()


def only_admin(store: Store) -> None:
    with store.write(Actor()) as writer:
        writer.add_account("chef", PASSWORD, Role.ADMIN)


def one_reader(store: Store) -> None:
    with store.write(Actor()) as writer:
        writer.add_account("luc", PASSWORD, Role.READER)


def one_deleted(store: Store) -> None:
    put(store, "28", "a.ics", event("a"))
    delete(store, "28", "a.ics")


# The file


def test_an_archive_is_its_owner_s_alone_and_takes_nobody_s_place(store: Store, saved: Archive) -> None:
    """It holds the hashes of passwords; and the file that is there may be last year's backup."""
    assert saved.file.stat().st_mode & 0o777 == 0o600
    before = saved.file.read_bytes()
    with pytest.raises(Refused, match="existe déjà"):
        store.save(saved.file)
    assert saved.file.read_bytes() == before


def test_an_archive_that_cannot_be_written_leaves_nothing(store: Store, tmp_path: Path) -> None:
    """No draft, and a sentence."""
    with pytest.raises(UnreadableSource, match="ne peut pas être écrit"):
        store.save(tmp_path / "absent" / "agenda.spro.gz")
    folder = tmp_path / "folder"
    folder.mkdir()

    def fails() -> Iterator[Row]:
        yield "region", {"id": 1}
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        archive.write(folder / "agenda.spro.gz", Header.of("0001"), fails())
    assert list(folder.iterdir()) == []


def test_an_archive_tells_what_it_is(saved: Archive, store: Store) -> None:
    """Anybody with gzip and a text editor can read it: a header, a line a row, a trailer."""
    header, *rows, trailer = map(json.loads, gzip.decompress(saved.file.read_bytes()).splitlines())
    assert (header["format"], header["version"], header["schema"]) == ("spro-agenda", 1, migrate.head())
    assert sum(trailer["rows"].values()) == len(rows)
    with store.read() as reader:
        counts = reader.counts()
    assert archive.verify(saved.file) == saved
    assert {name: saved.rows.get(name, 0) for name in counts} == counts
    assert saved.size == saved.file.stat().st_size


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An archive as it should be."""
    folder = tmp_path_factory.mktemp("sound")
    store = SQLITE.store(folder, prepare=live_in)
    store.save(folder / "agenda.spro.gz")
    store.close()
    return (folder / "agenda.spro.gz").read_bytes()


def without_last_line(data: bytes) -> bytes:
    return gzip.compress(b"".join(gzip.decompress(data).splitlines(keepends=True)[:-1]))


def without_a_row(data: bytes) -> bytes:
    lines = gzip.decompress(data).splitlines(keepends=True)
    return gzip.compress(b"".join([*lines[:5], *lines[6:]]))


def one_letter_changed(data: bytes) -> bytes:
    return gzip.compress(gzip.decompress(data).replace(b'"marie"', b'"mario"', 1))


def of_newer_format(data: bytes) -> bytes:
    return signed(data, version=2)


def of_newer_tables(data: bytes) -> bytes:
    return signed(data, schema="9999")


def signed(data: bytes, **header: object) -> bytes:
    """An archive with another header, its checksum right."""
    first, *rows, last = gzip.decompress(data).splitlines(keepends=True)
    lines = [json.dumps(json.loads(first) | header).encode() + b"\n", *rows]
    trailer = json.loads(last) | {"sha256": hashlib.sha256(b"".join(lines)).hexdigest()}
    return gzip.compress(b"".join([*lines, json.dumps(trailer).encode() + b"\n"]))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda data: b"", "coupée ou modifiée"),
        (lambda data: data[:-1], "coupée ou modifiée"),
        (lambda data: data[: len(data) // 2], "coupée ou modifiée"),
        (lambda data: data[:300] + bytes([data[300] ^ 1]) + data[301:], "coupée ou modifiée"),
        (lambda data: data + data, "coupée ou modifiée"),
        (lambda data: b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "coupée ou modifiée"),
        (lambda data: gzip.compress(b"BEGIN:VCALENDAR\r\n"), "coupée ou modifiée"),
        (lambda data: gzip.compress(b'["format"]\n'), "coupée ou modifiée"),
        (lambda data: gzip.compress(b'{"format":"spro-agenda"}\n'), "coupée ou modifiée"),
        (without_last_line, "coupée ou modifiée"),
        (without_a_row, "coupée ou modifiée"),
        (one_letter_changed, "coupée ou modifiée"),
        (of_newer_format, "plus récente"),
        (of_newer_tables, "plus récente"),
    ],
)
def test_a_file_that_is_no_whole_archive_is_refused_and_nothing_changes(
    sound: bytes, spoil: Callable[[bytes], bytes], words: str, tmp_path: Path
) -> None:
    """Cut short in a copy, altered, of a newer program, or another file altogether."""
    file = tmp_path / "agenda.spro.gz"
    file.write_bytes(spoil(sound))
    store = SQLITE.store(tmp_path, prepare=one_deleted)
    before = dump(store)
    with pytest.raises(BadArchive, match=words):
        Store.restore(URL, tmp_path, archive.verify(file))
    assert dump(store) == before
    assert list(tmp_path.glob("*.abime*")) == []
    store.close()


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    """A slip of the pen."""
    with pytest.raises(UnreadableSource, match="n'existe pas"):
        archive.verify(tmp_path / "absent")


# The trial


def test_a_trial_restores_and_looks_at_everything(saved: Archive, store: Store) -> None:
    """And leaves the store alone."""
    before = dump(store)
    try_out(saved)
    assert dump(store) == before


def test_a_trial_finds_what_checksums_do_not(saved: Archive, tmp_path: Path) -> None:
    """A store may have been wrong when it was archived."""

    def other_text(table: str, values: Any) -> Row:
        return table, ({**values, "body": event("autre")} if table == "object" else values)

    spoilt = archive.write(
        tmp_path / "wrong.spro.gz", Header.of(migrate.head()), [other_text(*row) for row in archive.rows_of(saved.file)]
    )
    with pytest.raises(BadArchive, match="spro-agenda check"):
        try_out(spoilt)
