"""What speaks against a day or a slot, in French, for somebody who has not chosen yet."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from spro_agenda.clashes.lengths import Stretch
from spro_agenda.clashes.slots import Aside, Finding, Note, Slot
from spro_agenda.clashes.words import headline, some, where
from spro_agenda.i18n import _, day_words, hour_words, period_words
from spro_agenda.model import Kind, Occurrence, Shared, Window
from spro_agenda.region.records import Region


def opposing(finding: Finding, region: Region) -> str:
    """What an event would clash with, in one sentence."""
    candidate, clash = finding.candidate, finding.clash
    day = _only_day(Window(candidate.first_day, candidate.last_day))
    untold = clash.count - len(clash.members)
    others = [_who(each, day, region.time_zone) for each in finding.others]
    who = some(others, len(others) + untold) if others else ""
    what = headline(clash)
    if clash.shared is Shared.HIGHLIGHT:
        what, who = _beside_a_highlight(finding, who), ""
    asked = f" — {clash.question}" if clash.question else ""
    return _capital(f"{what}{f' — {who}' if who else ''}{asked}")


def _beside_a_highlight(finding: Finding, who: str) -> str:
    """A highlight is told with its place and hours; a candidate that is one itself may have no name."""
    said = (
        _("pendant un temps fort : {who}") if not finding.candidate.event.highlight else _("temps fort pendant {who}")
    )
    told = said.format(who=who)
    if finding.kind is Kind.POSSIBLE:
        return _("selon la date qui sera choisie, {what}").format(what=told)
    return told


def noting(note: Note, asked: Window, region: Region) -> str:
    """What is good to know of the days asked for, in one sentence."""
    if note.occurrence is not None:
        who = _who(note.occurrence, _only_day(asked), region.time_zone)
        if note.aside is Aside.TWICE:
            return _("Déjà saisi ? Presque le même titre, au même moment : {who}").format(who=who)
        return _("Aussi : {who}").format(who=who)
    sentences = {
        Aside.HOLIDAY: _("Jour férié : {name}, {days}"),
        Aside.WEEKEND: _("Fin de semaine : {days}"),
        Aside.SCHOOL: _("Vacances scolaires de la zone {zone} : {name}, {days}"),
        Aside.SCHOOL_UNKNOWN: _("Vacances scolaires de {name} non connues"),
        Aside.PERIOD: _("Période : {name}, {days}"),
        Aside.WEEK_EDGE: _("{name}, on vient moins"),
    }
    days = period_words(note.days.start, note.days.end)
    return _capital(sentences[note.aside].format(name=note.name, days=days, zone=region.school_zone))


def reasons(slot: Slot, region: Region) -> list[str]:
    """All that speaks against a slot, the heaviest first; nothing where nothing does."""
    return [
        *(opposing(finding, region) for finding in slot.findings),
        *(noting(note, slot.stretch.days, region) for note in slot.notes),
    ]


def stretch_words(stretch: Stretch) -> str:
    """« vendredi 8 octobre 2021, 14h–17h », « du 7 au 8 octobre 2021 »."""
    first, last = stretch.days.start, stretch.days.end
    if first == last:
        hours = "" if stretch.all_day else f", {hour_words(stretch.start)}–{hour_words(stretch.end)}"
        return f"{day_words(first, year=True)}{hours}"
    if stretch.all_day:
        return period_words(first, last)
    return _("du {first}, {begins}, au {last}, {ends}").format(
        first=day_words(first),
        begins=hour_words(stretch.start),
        last=day_words(last, year=True),
        ends=hour_words(stretch.end),
    )


def _only_day(days: Window) -> date | None:
    return days.start if days.start == days.end else None


def _who(occurrence: Occurrence, day: date | None, zone: ZoneInfo) -> str:
    """« « Forum » (28 Dreux, 14h–16h) »; its days too, where they are not the day that is spoken of."""
    event = occurrence.event
    return _("« {title} » ({where}, {when})").format(
        title=event.title or _("sans titre"), where=where(event), when=when_words(occurrence, day, zone)
    )


def when_words(occurrence: Occurrence, day: date | None, zone: ZoneInfo) -> str:
    """« 14h–16h », « toute la journée », « en octobre »; its days too, where they are not the day that is spoken of."""
    if occurrence.event.window is not None:
        return occurrence.event.date_words or period_words(occurrence.first_day, occurrence.last_day)
    if occurrence.first_day != occurrence.last_day:
        return period_words(occurrence.first_day, occurrence.last_day)
    on = "" if occurrence.first_day == day else period_words(occurrence.first_day, occurrence.last_day)
    start, end = (each.astimezone(zone) for each in (occurrence.start, occurrence.end))
    hours = _("toute la journée") if occurrence.all_day else f"{hour_words(start)}–{hour_words(end)}"
    return ", ".join(part for part in (on, hours) if part)


def _capital(sentence: str) -> str:
    return f"{sentence[0].upper()}{sentence[1:]}"
