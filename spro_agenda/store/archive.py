"""An archive: a whole store in one file, which any database can be filled from.

It is a gzip file of JSON lines: a header, one line a row of each table, and a trailer with the count of rows of each
table and the SHA-256 of all the lines before it. A file that was cut short or altered is known by that. Bytes are
written as `{"base64": …}`; what a row's columns mean is told by the version of the tables in the header.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import mkstemp
from typing import IO, Any

from spro_agenda.errors import BadArchive, Refused, UnreadableSource, reason
from spro_agenda.i18n import _
from spro_agenda.model import AGENDA

FORMAT = "spro-agenda"
VERSION = 1
_LEVEL = 6
"""Of gzip: the next ones take twice the time for a hundredth of the size."""

Row = tuple[str, Mapping[str, Any]]
"""The name of a table, and the values of a row by column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What an archive says of itself: `schema` is the version of the tables, `made_at` a time in RFC 3339, `program`
    the version of spro-agenda that wrote it."""

    schema: str
    made_at: str
    program: str

    @classmethod
    def of(cls, schema: str) -> Header:
        """The header of an archive that is made now."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        return cls(schema=schema, made_at=now, program=version("spro-agenda"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A file that proved whole: its rows by table, the events among them, and its size in bytes."""

    file: Path
    header: Header
    rows: Mapping[str, int]
    events: int
    size: int


class _Tally:
    """How many rows of each table there were, and how many events: objects but those of the agenda, which follow."""

    def __init__(self) -> None:
        self.rows, self.events, self._agendas = Counter[str](), 0, set[Any]()

    def note(self, table: str, values: Mapping[str, Any]) -> None:
        """A row; calendars come before what they hold."""
        self.rows[table] += 1
        if table == "calendar" and values.get("kind") == AGENDA:
            self._agendas.add(values["id"])
        elif table == "object" and values["calendar_id"] not in self._agendas:
            self.events += 1


def write(file: Path, header: Header, rows: Iterable[Row]) -> Archive:
    """Write an archive where nothing stands: whole and on the disk, or not at all. Only its owner may read it.

    Raises Refused when there is something, UnreadableSource when the file cannot be written.
    """
    if file.exists():
        raise Refused(
            _("{file} existe déjà, et n'a pas été touché. Choisissez un autre nom de fichier.").format(file=file)
        )
    with _draft(file) as draft:
        tally = _write_lines(draft, header, rows)
    return Archive(file=file, header=header, rows=tally.rows, events=tally.events, size=file.stat().st_size)


def _write_lines(raw: IO[bytes], header: Header, rows: Iterable[Row]) -> _Tally:
    digest, tally = hashlib.sha256(), _Tally()
    with gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=_LEVEL) as packed:

        def put(record: Mapping[str, Any]) -> None:
            line = json.dumps(record, ensure_ascii=False, separators=(",", ":"), default=_base64).encode() + b"\n"
            digest.update(line)
            packed.write(line)

        put({"format": FORMAT, "version": VERSION, **asdict(header)})
        for table, values in rows:
            put({"table": table, "row": values})
            tally.note(table, values)
        put({"rows": tally.rows, "sha256": digest.hexdigest()})
    return tally


@contextmanager
def _draft(file: Path) -> Iterator[IO[bytes]]:
    """A file beside the one to be, which takes its name once all is on the disk. Raises UnreadableSource."""
    try:
        handle, name = mkstemp(dir=file.parent, prefix=f".{file.name}.")
        try:
            with os.fdopen(handle, "wb") as draft:
                yield draft
                draft.flush()
                os.fsync(draft.fileno())
            Path(name).replace(file)
            _sync_folder(file.parent)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UnreadableSource(
            _("{file} : ce fichier ne peut pas être écrit ({detail}). Choisissez un autre dossier.").format(
                file=file, detail=reason(error)
            )
        ) from error


def _sync_folder(folder: Path) -> None:
    # Some network file systems do not know how to, and need not.
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def header_of(file: Path) -> Header:
    """What an archive says of itself. Raises UnreadableSource, BadArchive."""
    with _lines(file) as lines:
        return _header(file, next(lines, b""))


def rows_of(file: Path) -> Iterator[Row]:
    """The rows of an archive, in its order; the last one comes when the whole file has proved whole.

    Raises UnreadableSource, BadArchive.
    """
    with _lines(file) as lines:
        first = next(lines, b"")
        _header(file, first)
        digest, counts = hashlib.sha256(first), Counter[str]()
        for line in lines:
            record = json.loads(line, object_hook=_bytes)
            if "sha256" in record:
                if record != {"rows": counts, "sha256": digest.hexdigest()} or next(lines, None) is not None:
                    break
                return
            digest.update(line)
            counts[record["table"]] += 1
            yield record["table"], record["row"]
    raise _damaged(file)


def verify(file: Path) -> Archive:
    """An archive, read to its end. Raises UnreadableSource, BadArchive."""
    header = header_of(file)
    tally = _Tally()
    for table, values in rows_of(file):
        tally.note(table, values)
    return Archive(file=file, header=header, rows=tally.rows, events=tally.events, size=file.stat().st_size)


@contextmanager
def _lines(file: Path) -> Iterator[Iterator[bytes]]:
    """The lines of an archive. What the block finds wrong in them is a fault of the file."""
    try:
        with gzip.open(file) as lines:
            yield iter(lines)
    except (gzip.BadGzipFile, EOFError, zlib.error, ValueError, TypeError, KeyError, RecursionError) as error:
        raise _damaged(file) from error
    except OSError as error:
        raise UnreadableSource(
            _("{path} : ce fichier n'existe pas, ou ne peut pas être lu. Vérifiez son nom.").format(path=file)
        ) from error


def _header(file: Path, line: bytes) -> Header:
    record = json.loads(line or b"{}")
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise _damaged(file)
    if record["version"] != VERSION:
        raise newer(file)
    return Header(schema=record["schema"], made_at=record["made_at"], program=record["program"])


def _damaged(file: Path) -> BadArchive:
    return BadArchive(
        _(
            "{file} : ce n'est pas une sauvegarde entière de spro-agenda, elle a été coupée ou modifiée. Rien n'a "
            "été changé ; prenez une autre sauvegarde."
        ).format(file=file)
    )


def newer(file: Path) -> BadArchive:
    """An archive that this program is too old for."""
    return BadArchive(
        _(
            "{file} : cette sauvegarde vient d'une version plus récente de spro-agenda. Rien n'a été changé ; "
            "installez d'abord cette version."
        ).format(file=file)
    )


def _base64(value: Any) -> Mapping[str, str]:
    if isinstance(value, bytes | bytearray | memoryview):
        return {"base64": base64.b64encode(value).decode()}
    raise TypeError(f"no JSON for {type(value)}")


def _bytes(record: dict[str, Any]) -> Any:
    return base64.b64decode(record["base64"], validate=True) if record.keys() == {"base64"} else record
