"""Opening a store, and its transactions."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

from sqlalchemy import Engine

from spro_agenda.errors import DamagedFile, Refused, StoreError
from spro_agenda.i18n import _
from spro_agenda.store import archive, migrate, moving
from spro_agenda.store.archive import Archive, Header
from spro_agenda.store.check import Finding
from spro_agenda.store.engine import hold_to_file, make_engine, sqlite_file, taken, transaction
from spro_agenda.store.reader import Reader
from spro_agenda.store.rebuild import horizon_on
from spro_agenda.store.records import Actor, Purged, Retention
from spro_agenda.store.restoring import Restored, fill, left_behind, set_aside
from spro_agenda.store.scrub import scrub
from spro_agenda.store.upgrading import upgrade_store
from spro_agenda.store.watch import Version, Watch
from spro_agenda.store.writer import Writer


class Store:
    """One region's store. Any number of threads and processes may use it at once."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._turn = engine, Lock()
        self._watch = Watch(sqlite_file(engine))

    @classmethod
    def open(cls, url: str, home: Path) -> Store:
        """A store that exists and is of this version. Raises StoreError with the command that mends it."""
        engine = make_engine(url, home)
        file = sqlite_file(engine)
        _check_there(file)
        if file is not None:
            hold_to_file(engine, file)
        with _given_back(engine):
            migrate.check(engine)
        return cls(engine)

    @classmethod
    def create(cls, url: str, home: Path, toml: str, today: date) -> Store:
        """A new store for a region: tables, calendars, no accounts.

        Raises Refused when there is one, BadRegion, StoreError.
        """
        engine = make_engine(url, home)
        _make_file(sqlite_file(engine))
        # One transaction: a region that cannot be read leaves no half-made store in the way of the next attempt.
        with _given_back(engine), transaction(engine, writes=True) as connection:
            if migrate.version(connection) is not None:
                raise Refused(
                    _(
                        "Il y a déjà une base de données ici. Choisissez un autre dossier avec --home, ou "
                        "servez-vous de celle-ci avec « spro-agenda serve »."
                    )
                )
            migrate.upgrade(connection)
            Writer(connection, Actor()).start_region(toml, horizon_on(today), secrets.token_hex(8))
        return cls(engine)

    @classmethod
    def exists(cls, url: str, home: Path) -> bool:
        """Whether there is a store, of whatever version. Raises StoreError."""
        engine = make_engine(url, home)
        file = sqlite_file(engine)
        if file is not None and not (file.is_file() and file.stat().st_size):
            return False
        with _disposed(engine), transaction(engine, writes=False) as connection:
            return migrate.version(connection) is not None

    @classmethod
    def upgrade(cls, url: str, home: Path) -> tuple[str, str]:
        """Bring a store to this program's version; the versions that it had and has.

        Stopped half-way, by whatever, it is what it was. Nobody serves it meanwhile. Raises StoreError.
        """
        _check_there(sqlite_file(make_engine(url, home)))
        return upgrade_store(url, home)

    @classmethod
    def restore(cls, url: str, home: Path, saved: Archive, *, only_new: bool = False) -> Restored:
        """Put an archive's content in the place of all that a store holds, or into a store made for it.

        Whoever serves it goes on with the new content; clients read everything again. What was redacted stays so. What
        the store was is archived in the folder `home`, and a SQLite database that is damaged makes room. With
        `only_new`, a store that was used is refused instead. Raises UnreadableSource, BadArchive, StoreError, Refused;
        the store is then what it was.
        """
        engine = make_engine(url, home)
        try:
            return _fill(engine, home, saved, only_new=only_new)
        except DamagedFile:
            database = sqlite_file(engine)
            if database is None:
                raise
            return _replace_damaged(database, home, saved, only_new=only_new)

    def save(self, file: Path) -> Archive:
        """Write an archive of all that the store holds at one moment; others read and write meanwhile.

        Raises Refused where there is a file, UnreadableSource, StoreError.
        """
        with transaction(self._engine, writes=False) as connection:
            return archive.write(file, Header.of(migrate.head()), moving.all_rows(connection))

    @contextmanager
    def read(self) -> Iterator[Reader]:
        """A snapshot to read from."""
        with transaction(self._engine, writes=False) as connection:
            yield Reader(connection)

    @contextmanager
    def write(self, actor: Actor) -> Iterator[Writer]:
        """The region's write lock, and a writer under it; committed at the end unless a verb or the block raised."""
        # SQLite's waiters ask again from time to time, and with many of them one may be out of luck for seconds; so
        # the threads of a process wait for each other, and hold no connection meanwhile.
        try:
            with taken(self._turn), transaction(self._engine, writes=True) as connection:
                writer = Writer(connection, actor)
                writer.lock()
                yield writer
                if writer.spoilt:
                    connection.rollback()
        finally:
            self._watch.look_again()

    def repair(self, actor: Actor) -> tuple[Finding, ...]:
        """Mend what `check` finds, as far as it can be; what was found. Others write in between."""
        found: list[Finding] = []
        after: int | None = 0
        while after is not None:
            with self.write(actor) as writer:
                some, after = writer.repair_some(after)
            found += some
        with self.write(actor) as writer:
            found += [*writer.repair_changes(), *writer.repair_clashes()]
        with self.write(actor) as writer:
            agenda = writer.repair_agenda()
        # What is wrong with it follows from the rest.
        return tuple(found) or agenda

    def move_horizon(self, today: date, actor: Actor) -> bool:
        """Tell the occurrences of series for the years about a day; whether there was anything to do.

        A write for some series at a time: others write in between. One that is interrupted is taken up again by the
        next; until it has ended, readers expand on demand what may not be told yet.
        """
        with self.write(actor) as writer:
            if not writer.begin_horizon(*horizon_on(today)):
                return False
        after: int | None = 0
        while after is not None:
            with self.write(actor) as writer:
                after = writer.tell_series(after)
        with self.write(actor) as writer:
            writer.end_horizon()
        return True

    def set_public_url(self, url: str, actor: Actor) -> bool:
        """Have the agenda's links begin with an address; whether they began otherwise."""
        with self.write(actor) as writer:
            return writer.set_public_url(url)

    def purge(self, today: date, retention: Retention, actor: Actor) -> Purged:
        """Take away all that is kept no longer on a day, a write for some of it at a time."""
        total = Purged()
        while True:
            with self.write(actor) as writer:
                some = writer.purge(today, retention)
            if some == Purged():
                return total
            total += some

    def scrub(self) -> None:
        """Take off the disk what was deleted before. Raises StoreError when readers do not let go in time."""
        scrub(self._engine)

    def left_behind(self, home: Path) -> tuple[Path, ...]:
        """The files in which restorations left what the store was before them, with texts redacted since."""
        return left_behind(home, sqlite_file(self._engine))

    def version(self) -> Version | None:
        """What is another after each write, asked as often as one likes; `None` where the database cannot say."""
        return self._watch.version()

    def close(self) -> None:
        """Give back the connections."""
        self._watch.close()
        self._engine.dispose()


def _check_there(file: Path | None) -> None:
    if file is not None and not (file.is_file() and file.stat().st_size):
        raise StoreError(
            _(
                "La base de données n'est pas à sa place. L'administrateur doit l'y remettre, ou en créer une avec "
                "« spro-agenda init »."
            ),
            detail=str(file),
        )


def _make_file(file: Path | None) -> None:
    if file is not None and file.parent.is_dir():
        file.touch(mode=0o600)


def _fill(engine: Engine, home: Path, saved: Archive, *, only_new: bool) -> Restored:
    """Fill the database of an engine; no connection stays open."""
    _make_file(sqlite_file(engine))
    with _disposed(engine):
        restored = fill(engine, home, saved, only_new=only_new)
        if restored.redacted:
            # Their texts passed through the files.
            scrub(engine)
        return restored


def _replace_damaged(database: Path, home: Path, saved: Archive, *, only_new: bool) -> Restored:
    """Put a new database, once it is filled, in the place of a damaged one, which is put aside."""
    with TemporaryDirectory(dir=database.parent, prefix=f".{database.name}.") as folder:
        draft = Path(folder) / database.name
        restored = _fill(make_engine(f"sqlite:///{draft.name}", draft.parent), home, saved, only_new=only_new)
        aside = set_aside(database)
        draft.replace(database)
    return replace(restored, aside=aside)


@contextmanager
def _disposed(engine: Engine) -> Iterator[None]:
    """No connection stays open behind the block."""
    try:
        yield
    finally:
        engine.dispose()


@contextmanager
def _given_back(engine: Engine) -> Iterator[None]:
    """No connection stays open behind a store that could not be opened."""
    try:
        yield
    except BaseException:
        engine.dispose()
        raise


@cache
def open_store(url: str, home: Path) -> Store:
    """The process's own store for an address, opened once: Radicale makes each plugin twice."""
    return Store.open(url, home)
