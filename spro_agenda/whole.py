"""Files that are written whole or not at all."""

from __future__ import annotations

import tempfile
from pathlib import Path

from spro_agenda.errors import UnreadableSource, reason
from spro_agenda.i18n import _


def write_whole(output: Path, data: bytes, *, private: bool = False) -> None:
    """Write a file whole or not at all: a reader never finds half of it. Raises UnreadableSource.

    A `private` one is read by its owner alone. What is no plain file (a pipe, `/dev/stdout`) is written to, never
    replaced; a link stays a link.
    """
    try:
        if output.exists() and not output.is_file():
            output.write_bytes(data)
            return
        output = output.resolve()
        with tempfile.TemporaryDirectory(dir=output.parent, prefix=f".{output.name}.") as folder:
            draft = Path(folder) / output.name
            draft.touch(0o600 if private else 0o666)
            draft.write_bytes(data)
            draft.replace(output)
    except OSError as error:
        raise UnreadableSource(
            _("{file} : ce fichier ne peut pas être écrit ({detail}). Choisissez un autre dossier.").format(
                file=output, detail=reason(error)
            )
        ) from error
