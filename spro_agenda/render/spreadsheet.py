"""A table for a spreadsheet, as French spreadsheets read them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

BOM = "\ufeff"
"""Without it, Excel reads UTF-8 as the code page of its machine."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet take a text for a formula."""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """UTF-8 with a byte order mark, semicolons, CRLF."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([list(map(_plain, row)) for row in rows])
    return (BOM + text.getvalue()).encode()


def _plain(text: str) -> str:
    """A text that no spreadsheet takes for a formula: people type titles, and others open them."""
    return f"'{text}" if text.startswith(_FORMULA) else text
