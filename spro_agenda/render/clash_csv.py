"""The clashes as a table for a spreadsheet: one row a clash and date, as French spreadsheets read them."""

from __future__ import annotations

import csv
import io

from spro_agenda.agenda import Agenda
from spro_agenda.clashes import sentence, where
from spro_agenda.i18n import _
from spro_agenda.model import Clash

BOM = "\ufeff"
"""Without it, Excel reads UTF-8 as the code page of its machine."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet take a text for a formula."""


def render(agenda: Agenda) -> bytes:
    """UTF-8 with a byte order mark, semicolons, CRLF; days as `YYYY-MM-DD`."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow([_("jour"), _("sorte"), _("aussi"), _("poids"), _("objet"), _("événements"), _("phrase"), _("id")])
    for clash in agenda.clashes:
        writer.writerows(_rows(clash))
    return (BOM + text.getvalue()).encode()


def _rows(clash: Clash) -> list[list[str]]:
    events = {member.event.key: f"{where(member.event)} : {member.event.title}" for member in clash.members}
    told = [
        clash.kind.value,
        ", ".join(clash.also),
        clash.weight.value,
        clash.key,
        " | ".join(events.values()),
        sentence(clash),
        clash.id,
    ]
    return [[day.isoformat(), *map(_plain, told)] for day in clash.dates]


def _plain(text: str) -> str:
    """A text that no spreadsheet takes for a formula: people type titles, and others open them."""
    return f"'{text}" if text.startswith(_FORMULA) else text
