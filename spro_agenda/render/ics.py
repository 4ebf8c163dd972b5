"""The agenda as one `.ics`: every entry once, as the regional agenda shows it, with its clashes.

A series stays a series, marked where it clashes. Alarms are left out: nobody wants six networks' reminders.
"""

from __future__ import annotations

from spro_agenda.agenda import Agenda, Item, entries, incomplete
from spro_agenda.agenda_text import Marked, Shown, plan_of
from spro_agenda.i18n import _
from spro_agenda.ical.write import planned_text, raw_line, text_line
from spro_agenda.region.entry import Entry


def render(agenda: Agenda) -> bytes:
    """One VCALENDAR."""
    name = _("Agenda SPRO {region}").format(region=agenda.region.name)
    header = [
        raw_line("METHOD", "PUBLISH"),
        text_line("X-WR-CALNAME", name),
        text_line("NAME", name),
        raw_line("X-WR-TIMEZONE", agenda.region.time_zone.key),
        *(text_line("X-WR-CALDESC", "\n".join(missing)) for missing in [incomplete(agenda)] if missing),
    ]
    shown = (_shown(agenda, entry, items) for entry, items in entries(agenda))
    objects = ((each.entry.obj.tree, plan_of(each)) for each in shown)
    return planned_text(header, objects, agenda.region.time_zone.key)


def _shown(agenda: Agenda, entry: Entry, items: tuple[Item, ...]) -> Shown:
    occurrences = ((item.occurrence or entry.over_its_window(), item.marks) for item in items)
    return Shown(
        entry=entry,
        marked=tuple(Marked(occurrence, marks) for occurrence, marks in occurrences if occurrence and marks),
        participants=items[0].participants,
        since=agenda.filters.first,
    )
