"""Click's help, its lines broken where French typography allows it."""

from __future__ import annotations

from collections.abc import Iterable

import click

from spro_agenda.i18n import unbroken


class HelpFormatter(click.HelpFormatter):
    """What is read on the screen has plain spaces again, so that it can be searched for."""

    def write_text(self, text: str) -> None:
        super().write_text(unbroken(text))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        super().write_dl([(term, unbroken(words)) for term, words in rows], col_max, col_spacing)

    def getvalue(self) -> str:
        return super().getvalue().replace("\u00a0", " ")
