"""The instance's key: what links are signed with, so that they can be shown again and are stored nowhere.

It is a file in the instance's folder, that its owner alone reads. Whoever has it can make any link; without it, every
link that was given out is void. Several machines that serve one agenda share it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from base64 import urlsafe_b64encode
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile

from spro_agenda.errors import BadInput, StoreError, reason
from spro_agenda.i18n import _

KEY = "key"
"""The file's name."""

_BYTES = 32


@dataclass(frozen=True, slots=True)
class Secret:
    """A key, and what is signed with it."""

    key: bytes = field(repr=False)

    def signed(self, purpose: str, *parts: str) -> str:
        """What proves that we wrote these parts for this purpose: HMAC-SHA256, in letters that stand in an address."""
        # As JSON, no two lists of parts are one text.
        said = json.dumps([purpose, *parts]).encode()
        return urlsafe_b64encode(hmac.digest(self.key, said, hashlib.sha256)).rstrip(b"=").decode("ascii")

    def is_signed(self, given: str, purpose: str, *parts: str) -> bool:
        """Whether what was given is what `signed` gave; whoever tries learns nothing from the time that it takes."""
        return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), self.signed(purpose, *parts).encode())


def secret_of(home: Path) -> Secret:
    """The key of an instance; one that has none is given one. Raises BadInput, StoreError."""
    file = home / KEY
    try:
        if not file.exists():
            _make(file)
        key = bytes.fromhex(file.read_text("ascii").strip())
    except OSError as error:
        raise StoreError(
            _("La clé de l'agenda ne peut être ni lue ni faite. L'administrateur doit y veiller."),
            detail=f"{file} : {reason(error)}",
        ) from error
    except ValueError as error:
        raise _unusable(file) from error
    if len(key) < _BYTES:
        raise _unusable(file)
    return Secret(key)


def _make(file: Path) -> None:
    """Write a new key. Where somebody else does so at the same moment, theirs stays."""
    with NamedTemporaryFile("w", dir=file.parent, prefix=f".{file.name}.", encoding="ascii") as draft:
        draft.write(f"{secrets.token_hex(_BYTES)}\n")
        draft.flush()
        os.fsync(draft.fileno())
        with suppress(FileExistsError):
            # Whole or not at all, and never over another: a rename would replace it.
            os.link(draft.name, file)


def _unusable(file: Path) -> BadInput:
    return BadInput(
        _(
            "{file} n'est pas une clé. Remettez celle d'une sauvegarde du dossier ; sinon effacez ce fichier : une "
            "autre sera faite, et tous les liens donnés jusqu'ici cesseront de valoir."
        ).format(file=file)
    )
