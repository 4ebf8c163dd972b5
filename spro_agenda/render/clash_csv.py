"""The clashes as a table for a spreadsheet: one row a clash and date, days as `YYYY-MM-DD`; one row for a clash that is
gone, of no day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from spro_agenda.agenda import Agenda
from spro_agenda.clashes import remembered, sentence, where
from spro_agenda.i18n import _
from spro_agenda.model import Clash, Event, Standing, State
from spro_agenda.render.spreadsheet import table
from spro_agenda.render.standing import state_words, weight_words


def render(agenda: Agenda, gone: Sequence[tuple[Standing, Sequence[Event | None]]] = ()) -> bytes:
    """A table of `spreadsheet`; those that are gone last, each with its events."""
    head = [_("jour"), _("sorte"), _("aussi"), _("poids"), _("état"), _("objet"), _("événements"), _("phrase"), _("id")]
    rows = (row for clash in agenda.clashes for row in _rows(agenda, clash))
    return table(head, chain(rows, (_gone(*each) for each in gone)))


def _rows(agenda: Agenda, clash: Clash) -> Iterator[list[str]]:
    events = {member.event.key: member.event for member in clash.members}
    told = [
        clash.kind.value,
        ", ".join(clash.also),
        weight_words(clash.weight),
        state_words(agenda.state_of(clash)),
        clash.key,
        _titles(events.values()),
        sentence(clash),
        clash.id,
    ]
    for day in clash.dates:
        yield [day.isoformat(), *told]


def _gone(standing: Standing, events: Sequence[Event | None]) -> list[str]:
    return [
        "",
        standing.kind.value,
        "",
        "",
        state_words(State.GONE),
        standing.key,
        _titles(event for event in events if event is not None),
        remembered(standing, events),
        standing.id,
    ]


def _titles(events: Iterable[Event]) -> str:
    return " | ".join(f"{where(event)} : {event.title}" for event in events)
