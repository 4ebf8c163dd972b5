"""The agenda as one `.ics`: every entry once, with its own properties, its network, and its clashes.

A series stays a series. A vague event is tentative and transparent, on the days that mark its window.
"""

from __future__ import annotations

from datetime import date, timedelta

from spro_agenda.agenda import Agenda, Item, entries, incomplete
from spro_agenda.clashes import sentence, where
from spro_agenda.i18n import _
from spro_agenda.ical.lines import Component, Line
from spro_agenda.ical.own import CLASH, NETWORK, NOTE, TITLE, UID, with_note
from spro_agenda.ical.write import Rewrite, Rewriter, calendar_text, raw_line, text_line
from spro_agenda.model import Clash, Event, Weight
from spro_agenda.region.entry import Entry

MARK = "⚠"
_OURS = frozenset({"UID", "SUMMARY", "DESCRIPTION", NETWORK, UID, TITLE, CLASH})
_DATES = frozenset({"DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "STATUS", "TRANSP"})


def render(agenda: Agenda) -> bytes:
    """One VCALENDAR. Alarms are left out: nobody wants six networks' reminders."""
    name = _("Agenda SPRO {region}").format(region=agenda.region.name)
    header = [
        raw_line("METHOD", "PUBLISH"),
        text_line("X-WR-CALNAME", name),
        text_line("NAME", name),
        raw_line("X-WR-TIMEZONE", agenda.region.time_zone.key),
        *(text_line("X-WR-CALDESC", "\n".join(missing)) for missing in [incomplete(agenda)] if missing),
    ]
    return calendar_text(header, ((entry.obj.body, _rewriter(entry, items)) for entry, items in entries(agenda)))


def title(item: Item, *, marked: bool) -> str:
    """« ⚠ 28 Chartres · Hackathon de l'orientation », « 41 · [à l'automne – date à fixer] Déroulé du projet CEP »."""
    event = item.event
    words = _("[{words} – date à fixer] ").format(words=event.date_words or event.edtf) if event.window else ""
    mark = f"{MARK} " if marked else ""
    return f"{mark}{where(event)} · {words}{event.title or _('(sans titre)')}"


def _rewriter(entry: Entry, items: tuple[Item, ...]) -> Rewriter:
    """How each component of an entry is written."""
    by_recurrence = {item.key.recurrence_id: item for item in items}

    def rewrite(index: int, component: Component) -> Rewrite:
        event, part = entry.events[index], entry.obj.parts[index]
        # A series' own occurrences are its master's business; an override has an item of its own.
        own = by_recurrence.get(event.recurrence_id) if event.recurrence_id or not event.repeats else None
        marks = own.marks if own else _all_marks(items) if event.repeats else ()
        item = own or Item(key=items[0].key, event=event, entry=entry)
        added = [
            *_identity(entry, event, part.title, item, stamped=component.first("DTSTAMP") is not None),
            *_description(component, part.description, marks, items[0].participants),
        ]
        if event.window is None:
            return Rewrite(dropped=_OURS, added=tuple(added), alarms=False)
        return Rewrite(dropped=_OURS | _DATES, added=(*added, *_marker_lines(item.markers, event.status)), alarms=False)

    return rewrite


def _all_marks(items: tuple[Item, ...]) -> tuple[Clash, ...]:
    return tuple({clash.id: clash for item in items for clash in item.marks}.values())


def _identity(entry: Entry, event: Event, entered: str, item: Item, *, stamped: bool) -> list[Line]:
    """RFC 5545 section 3.6.1 wants a DTSTAMP beside METHOD; where its sender gave none, one that never changes."""
    marked = any(clash.weight.rank >= Weight.TO_SETTLE.rank for clash in item.marks)
    stamp = [] if stamped else [raw_line("DTSTAMP", "19700101T000000Z")]
    return [
        *stamp,
        text_line("UID", entry.key.agenda_uid),
        text_line("SUMMARY", title(item, marked=marked)),
        text_line(NETWORK, event.key.network),
        text_line(UID, event.key.uid),
        text_line(TITLE, entered),
    ]


def _description(
    component: Component, entered: str, marks: tuple[Clash, ...], participants: tuple[str, ...]
) -> list[Line]:
    """The description as it was written, or with who takes part and the clashes after it."""
    written = component.first("DESCRIPTION")
    if not marks and not participants:
        if written is not None and NOTE in written.value:
            return [text_line("DESCRIPTION", entered, written.params)]
        return [written] if written is not None else []
    who = [_("Y participent : {codes}").format(codes=", ".join(participants))] if participants else []
    note = "\n".join([*who, *(f"{MARK} {sentence(clash)} [{clash.id}]" for clash in marks)])
    return [
        text_line("DESCRIPTION", with_note(entered, note), written.params if written else ""),
        *(raw_line(CLASH, clash.id) for clash in marks),
    ]


def _marker_lines(days: tuple[date, ...], status: str) -> list[Line]:
    """All-day markers of a vague event: one run of days, or one day for each month (RFC 5545 section 3.8.5.2)."""
    first, last = days[0], days[-1]
    run = (last - first).days == len(days) - 1
    end = (last if run else first) + timedelta(days=1)
    lines = [raw_line("DTSTART", f"{first:%Y%m%d}", ";VALUE=DATE"), raw_line("DTEND", f"{end:%Y%m%d}", ";VALUE=DATE")]
    if not run:
        lines += [raw_line("RDATE", f"{day:%Y%m%d}", ";VALUE=DATE") for day in days[1:]]
    return [*lines, raw_line("STATUS", status), raw_line("TRANSP", "TRANSPARENT")]
