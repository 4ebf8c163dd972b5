"""Filling a store from an archive: in one transaction, whatever the store holds, and while others read it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

from sqlalchemy import Connection, Engine, exists, select

from spro_agenda.errors import Located, Refused
from spro_agenda.i18n import _
from spro_agenda.store import archive, migrate, moving
from spro_agenda.store import schema as s
from spro_agenda.store.archive import Archive, Header
from spro_agenda.store.engine import transaction
from spro_agenda.store.records import Role

REDACTIONS = "redactions.log"
"""In the instance's folder: what was redacted, one JSON object a line, which no restored backup may bring back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """Where to find again what a restored store was before: `kept`, an archive of it, or `aside`, the new name of a
    SQLite database that was damaged."""

    kept: Path | None = None
    aside: Path | None = None


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
            moving.replace_all(connection, rows, str(saved.file))
            return Restored(kept=kept)


@contextmanager
def _kept(connection: Connection, folder: Path | None) -> Iterator[Path | None]:
    """An archive of a store that the block replaces, where a folder is given; none is left when the block raises."""
    if folder is None:
        yield None
        return
    name = time.strftime("avant-restauration-%Y-%m-%d-%H%M%S")
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
    aside = file.with_name(f"{file.name}.abime-{time.strftime('%Y%m%d-%H%M%S')}")
    for ending in ("", "-wal", "-shm"):
        found = Path(f"{file}{ending}")
        if found.exists():
            found.replace(f"{aside}{ending}")
    return aside


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


def _redacted(connection: Connection) -> Iterator[tuple[str, str]]:
    """The events that were redacted, as (network, uid)."""
    for row in connection.execute(select(s.redaction.c.network, s.redaction.c.uid)):
        yield row.network, row.uid


def _logged(log: Path) -> Iterator[tuple[str, str]]:
    """The events that the instance's log says were redacted. Raises Located."""
    lines = log.read_bytes().splitlines() if log.exists() else []
    for number, line in enumerate(lines, 1):
        try:
            record = json.loads(line)
            yield record["network"], record["uid"]
        except (ValueError, TypeError, KeyError) as error:
            raise Located(
                str(log),
                number,
                _("cette ligne ne dit pas quel événement a été effacé."),
                _("Corrigez-la ou retirez-la, puis recommencez : un texte effacé ne doit pas revenir."),
            ) from error
