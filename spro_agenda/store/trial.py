"""Restoring an archive for trial: what a backup is worth is known by restoring it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from spro_agenda.errors import BadArchive
from spro_agenda.i18n import _
from spro_agenda.store import migrate, moving
from spro_agenda.store.archive import Archive
from spro_agenda.store.reader import Reader
from spro_agenda.store.store import Store


def try_out(saved: Archive) -> None:
    """Restore an archive into a scratch place, and look at all of it there.

    Raises UnreadableSource, BadArchive: with the first thing that is not as it must be.
    """
    with TemporaryDirectory(prefix="spro-agenda-") as folder:
        Store.restore(moving.SCRATCH, Path(folder), saved)
        store = Store.open(moving.SCRATCH, Path(folder))
        try:
            with store.read() as reader:
                fault = next(_faults(reader, saved), None)
        finally:
            store.close()
    if fault is not None:
        raise BadArchive(
            _(
                "{file} : une fois restaurée, cette sauvegarde a un défaut. {fault} Vérifiez l'agenda avec "
                "« spro-agenda check », puis sauvegardez-le de nouveau."
            ).format(file=saved.file, fault=fault)
        )


def _faults(reader: Reader, saved: Archive) -> Iterator[str]:
    if saved.header.schema == migrate.head() and Counter(saved.rows) != Counter(reader.counts()):
        yield _("Il y manque des lignes.")
    yield from (finding.sentence for finding in reader.check())
