"""Filling a store from an archive: in one transaction, whatever the store holds, and while others read it."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Connection, Engine, bindparam, delete, exists, func, select, update

from spro_agenda.errors import Located, NotFound, Refused
from spro_agenda.i18n import _
from spro_agenda.model import EventKey, Role
from spro_agenda.store import archive, migrate, moving
from spro_agenda.store import schema as s
from spro_agenda.store.archive import Archive, Header
from spro_agenda.store.engine import transaction
from spro_agenda.store.records import Actor
from spro_agenda.store.redacting import LOG, log_line, remember
from spro_agenda.store.rows import chunks
from spro_agenda.store.writer import Writer

_AGENT = "spro-agenda restore --from"
_KEPT, _ASIDE = "avant-restauration-", ".abime-"
"""In the names of files: an archive of what a restored store was before, a database that was damaged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """Where to find again what a restored store was before: `kept`, an archive of it, or `aside`, the new name of a
    SQLite database that was damaged. `redacted` texts were taken away again. `torn` are lines of the log of redactions
    that were cut short, and passed over, for the store knew what they told."""

    kept: Path | None = None
    aside: Path | None = None
    redacted: int = 0
    torn: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Redacted:
    """An event whose text was taken away, by whom, and when (epoch seconds)."""

    network: str
    uid: str
    at: int
    login: str

    @property
    def event(self) -> tuple[str, str]:
        return self.network, self.uid

    def is_begun_by(self, line: bytes) -> bool:
        """Whether a line of the log that was cut short names this event, its UID to the end."""
        whole = log_line(self.network, self.uid, datetime.fromtimestamp(self.at, UTC), self.login)
        named, _at, _rest = whole.partition(b', "at": ')
        return line.startswith(named + b",") and not line.endswith(b"}")


def fill(engine: Engine, home: Path, saved: Archive, *, only_new: bool) -> Restored:
    """Put an archive's content in the place of all that a store holds, or into a database without tables.

    Waits for the region's write lock, and holds it. What was redacted since the archive was made is redacted again
    before anybody can read it. With `only_new`, a store that was used is refused; without, it is archived in the
    folder `home` first. Raises UnreadableSource, BadArchive, StoreError, Refused; the store is then what it was.
    """
    with moving.rows_of_this_version(saved) as rows, transaction(engine, writes=True) as connection:
        made = migrate.version(connection) is None
        if made:
            migrate.upgrade(connection)
        migrate.check_version(connection)
        connection.execute(select(s.region.c.id).with_for_update())
        if only_new:
            _check_new(connection)
        with _kept(connection, None if made or only_new else home) as kept:
            known = list(_redacted(connection))
            logged, torn = _logged(home / LOG, known)
            revoked = list(connection.execute(_REVOKED).scalars())
            feeds = list(connection.execute(_FEEDS))
            url = connection.execute(select(s.region.c.public_url)).scalar()
            moving.replace_all(connection, rows, str(saved.file))
            _revoke_again(connection, revoked)
            _close_again(connection, feeds)
            if url is not None:
                # Where the server is found is the instance's own, whatever it restores.
                Writer(connection, Actor(agent=_AGENT)).set_public_url(url)
            return Restored(kept=kept, redacted=_redact_again(connection, [*known, *logged]), torn=torn)


_REVOKED = select(s.device.c.selector).where(s.device.c.revoked_at.is_not(None))


def _revoke_again(connection: Connection, selectors: list[str]) -> None:
    """What was shut out since the archive was made stays out, and no link of then opens anything."""
    connection.execute(delete(s.invitation))
    for some in chunks(selectors):
        own = s.device.c.selector.in_(some), s.device.c.revoked_at.is_(None)
        connection.execute(update(s.device).where(*own).values(revoked_at=int(time.time())))


_FEEDS = select(s.feed.c.id, s.feed.c.created_at, s.feed.c.generation, s.feed.c.revoked_at)
_CLOSE = (
    update(s.feed)
    .where(
        s.feed.c.id == bindparam("its_id"),
        s.feed.c.created_at == bindparam("its_start"),
        s.feed.c.generation <= bindparam("its_generation"),
    )
    .values(
        generation=bindparam("its_generation"),
        revoked_at=func.coalesce(s.feed.c.revoked_at, bindparam("its_end", type_=BigInteger)),
    )
)


def _close_again(connection: Connection, feeds: Iterable[Any]) -> None:
    """The links that were closed or replaced since the archive was made open nothing again."""
    for feed in feeds:
        about = {"its_start": feed.created_at, "its_generation": feed.generation, "its_end": feed.revoked_at}
        connection.execute(_CLOSE, {"its_id": feed.id, **about})


@contextmanager
def _kept(connection: Connection, folder: Path | None) -> Iterator[Path | None]:
    """An archive of a store that the block replaces, where a folder is given; none is left when the block raises."""
    if folder is None:
        yield None
        return
    name = time.strftime(f"{_KEPT}%Y-%m-%d-%H%M%S")
    files = (folder / f"{name}{ending}.spro.gz" for ending in chain([""], (f"-{number}" for number in count(2))))
    file = next(file for file in files if not file.exists())
    archive.write(file, Header.of(migrate.head()), moving.all_rows(connection))
    try:
        yield file
    except BaseException:
        file.unlink()
        raise


def set_aside(file: Path) -> Path:
    """Move a SQLite database and its journals out of the way; its new name.

    The database first: nobody then finds it without its journals, or a new one beside journals that are not its own.
    """
    aside = file.with_name(f"{file.name}{_ASIDE}{time.strftime('%Y%m%d-%H%M%S')}")
    for ending in ("", "-wal", "-shm"):
        found = Path(f"{file}{ending}")
        if found.exists():
            found.replace(f"{aside}{ending}")
    return aside


def left_behind(home: Path, database: Path | None) -> tuple[Path, ...]:
    """The files in which restorations left what a store was before them, and all its texts: in the instance's folder,
    and beside a SQLite database, which may stand elsewhere. In order."""
    aside = database.parent.glob(f"{database.name}{_ASIDE}*") if database is not None else ()
    return tuple(sorted({*home.glob(f"{_KEPT}*.spro.gz"), *aside}))


def _check_new(connection: Connection) -> None:
    """Raise Refused for a store with events, history, or more than the account that `init` made."""
    others = select(s.account.c.id).where(s.account.c.role != Role.ADMIN.value)
    admins = len(connection.execute(select(s.account.c.id).limit(2)).all())
    if admins > 1 or connection.scalar(select(exists(others) | exists(select(s.revision.c.id)))):
        raise Refused(
            _(
                "Cet agenda a déjà servi : « import --all » ne remplit qu'un agenda qui vient d'être créé. Choisissez "
                "un autre dossier avec --home, ou remplacez tout avec « spro-agenda restore --from »."
            )
        )


def _redact_again(connection: Connection, told: Iterable[_Redacted]) -> int:
    """Take away the texts of events that were redacted since the archive was made; how many of them it had.

    An event that was written again after it was redacted, and archived then, keeps what was written: when each was
    redacted stays what it was, however often that is done again.
    """
    known = {each.event: each.at for each in _redacted(connection)}
    latest = {each.event: each for each in sorted(told, key=lambda each: each.at)}
    found = 0
    for each in latest.values():
        if each.at > known.get(each.event, 0):
            writer = Writer(connection, Actor(login=each.login, agent=_AGENT))
            # Where the archive does not have it, the next one may.
            with suppress(NotFound):
                writer.redact_event(each.network, each.uid, told_at=each.at)
                found += 1
            remember(connection, EventKey(each.network, each.uid), each.at, each.login)
    return found


def _redacted(connection: Connection) -> Iterator[_Redacted]:
    """What a store says was redacted."""
    for row in connection.execute(select(s.redaction)):
        yield _Redacted(network=row.network, uid=row.uid, at=row.at, login=row.actor_login)


def _logged(log: Path, known: Collection[_Redacted]) -> tuple[list[_Redacted], tuple[int, ...]]:
    """What the instance's log says was redacted; and the numbers of the lines that a power cut left without their ends,
    which say what is `known` to the store too. Raises Located."""
    lines = log.read_bytes().split(b"\n") if log.exists() else []
    found: list[_Redacted] = []
    torn: list[int] = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                found.append(_record(line))
            except (ValueError, TypeError, KeyError) as error:
                if not any(each.is_begun_by(line) for each in known):
                    raise _unreadable(log, number) from error
                torn.append(number)
    return found, tuple(torn)


def _record(line: bytes) -> _Redacted:
    record = json.loads(line)
    at = int(datetime.fromisoformat(record["at"]).timestamp())
    return _Redacted(network=record["network"], uid=record["uid"], at=at, login=record["by"])


def _unreadable(log: Path, number: int) -> Located:
    return Located(
        str(log),
        number,
        _("cette ligne ne dit pas quel événement a été effacé."),
        _("Corrigez-la ou retirez-la, puis recommencez : un texte effacé ne doit pas revenir."),
    )
