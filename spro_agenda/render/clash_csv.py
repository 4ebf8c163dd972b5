"""The clashes as a table for a spreadsheet: one row a clash and date, days as `YYYY-MM-DD`."""

from __future__ import annotations

from collections.abc import Iterator

from spro_agenda.agenda import Agenda
from spro_agenda.clashes import sentence, where
from spro_agenda.i18n import _
from spro_agenda.model import Clash
from spro_agenda.render.spreadsheet import table
from spro_agenda.render.standing import state_words, weight_words


def render(agenda: Agenda) -> bytes:
    """A table of `spreadsheet`."""
    head = [_("jour"), _("sorte"), _("aussi"), _("poids"), _("état"), _("objet"), _("événements"), _("phrase"), _("id")]
    return table(head, (row for clash in agenda.clashes for row in _rows(agenda, clash)))


def _rows(agenda: Agenda, clash: Clash) -> Iterator[list[str]]:
    events = {member.event.key: f"{where(member.event)} : {member.event.title}" for member in clash.members}
    told = [
        clash.kind.value,
        ", ".join(clash.also),
        weight_words(clash.weight),
        state_words(agenda.state_of(clash)),
        clash.key,
        " | ".join(events.values()),
        sentence(clash),
        clash.id,
    ]
    for day in clash.dates:
        yield [day.isoformat(), *told]
