"""What a database's own errors mean: one of ours each, with a sentence for whoever reads it.

Drivers tell by codes: SQLite by its result codes' names (sqlite.org/rescode.html), PostgreSQL by SQLSTATE (its manual,
appendix A). Some of these last until somebody mends the cause, and bind the connections that met them: those are given
up, so that service resumes by itself.
"""

from __future__ import annotations

from enum import Enum, auto

from sqlalchemy.exc import DataError, DBAPIError, OperationalError

from spro_agenda.errors import BadInput, DamagedFile, StoreError, StoreFull
from spro_agenda.i18n import _


class Failure(Enum):
    """Why a database did not do what it was asked."""

    FULL = auto()
    READ_ONLY = auto()
    DAMAGED = auto()
    AWAY = auto()
    BUSY = auto()
    UNFIT = auto()
    OTHER = auto()


_SQLITE = {
    "SQLITE_FULL": Failure.FULL,
    # No room for the index of the WAL, which stands in a file of its own.
    "SQLITE_IOERR_SHMSIZE": Failure.FULL,
    "SQLITE_READONLY": Failure.READ_ONLY,
    "SQLITE_CANTOPEN": Failure.READ_ONLY,
    "SQLITE_NOTADB": Failure.DAMAGED,
    "SQLITE_CORRUPT": Failure.DAMAGED,
    "SQLITE_BUSY": Failure.BUSY,
}
"""By a code, or by the primary code that an extended one begins with."""

_POSTGRESQL = {
    "53100": Failure.FULL,
    "25006": Failure.READ_ONLY,
    # How a server that stands by for another answers the beginning of a write.
    "0A000": Failure.READ_ONLY,
    "42501": Failure.READ_ONLY,
    "XX001": Failure.DAMAGED,
    "XX002": Failure.DAMAGED,
    "53300": Failure.BUSY,
    "55P03": Failure.BUSY,
    # A value that no table holds: a NUL, an entry too long for an index, a number too large. It never will.
    "22021": Failure.UNFIT,
    "54000": Failure.UNFIT,
    "57P01": Failure.AWAY,
    "57P02": Failure.AWAY,
    "57P03": Failure.AWAY,
}

LASTING = frozenset({Failure.READ_ONLY, Failure.DAMAGED})
"""A connection that met one of these keeps to what it found, even once the cause is gone."""


def failure(error: DBAPIError | BaseException | None) -> Failure:
    """What a driver's error says."""
    name = str(getattr(error, "sqlite_errorname", None) or "")
    if name:
        return _SQLITE.get(name) or _SQLITE.get("_".join(name.split("_")[:2]), Failure.OTHER)
    return _POSTGRESQL.get(str(getattr(error, "sqlstate", None)), Failure.OTHER)


def store_error(error: DBAPIError) -> StoreError | BadInput:
    """The error to raise in place of SQLAlchemy's. BadInput is for a value that the database will never take."""
    found = Failure.AWAY if _is_connection(error) else failure(error.orig)
    # psycopg refuses a NUL by itself, without a code.
    if found is Failure.UNFIT or (found is Failure.OTHER and isinstance(error, DataError)):
        return BadInput(_SENTENCES[Failure.UNFIT])
    if found is Failure.FULL:
        return StoreFull()
    if found is Failure.DAMAGED:
        return DamagedFile(_SENTENCES[found])
    detail = str(error.orig).strip().split("\n")[0]
    return StoreError(_SENTENCES[found], detail=detail if found in _PUZZLING else "")


def busy() -> StoreError:
    """The error for whoever waited too long for a connection."""
    return StoreError(_SENTENCES[Failure.BUSY])


def _is_connection(error: DBAPIError) -> bool:
    """Whether a server hung up, or did not answer: libpq gives such errors no SQLSTATE."""
    never_there = isinstance(error, OperationalError) and getattr(error.orig, "sqlstate", "") is None
    return never_there or error.connection_invalidated


_PUZZLING = frozenset({Failure.AWAY, Failure.OTHER})
"""What an administrator cannot mend without the driver's own words."""

_SENTENCES = {
    Failure.READ_ONLY: _(
        "La base de données ne peut pas être écrite : rien n'a été modifié. Réessayez plus tard ; l'administrateur "
        "doit permettre d'y écrire au compte qui lance spro-agenda (s'il s'agit d'un fichier, dans son dossier aussi, "
        "même pour lire)."
    ),
    Failure.DAMAGED: _(
        "Le fichier de la base de données n'en est pas une, ou il est abîmé : rien n'a été modifié. L'administrateur "
        "doit remettre une sauvegarde à sa place avec « spro-agenda restore --from », ou choisir un autre dossier avec "
        "--home."
    ),
    # Whether a write went through is not known when the answer to its COMMIT never came.
    Failure.AWAY: _(
        "La base de données ne répond pas. Réessayez dans un instant ; si cela dure, l'administrateur doit vérifier "
        "qu'elle est démarrée, et que « database » la nomme bien dans config.ini."
    ),
    Failure.BUSY: _(
        "La base de données est trop occupée : rien n'a été modifié. Réessayez dans un instant, et prévenez "
        "l'administrateur si cela dure."
    ),
    Failure.UNFIT: _(
        "La base de données ne peut pas contenir ce texte, trop long ou avec un caractère nul : rien n'a été modifié. "
        "Raccourcissez-le ou récrivez-le, puis recommencez."
    ),
    Failure.OTHER: _(
        "La base de données n'a pas pu répondre : rien n'a été modifié. Réessayez dans un instant, et prévenez "
        "l'administrateur si cela dure."
    ),
}
