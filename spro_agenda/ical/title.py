"""What people call an event, read from its text without reading the rest."""

from __future__ import annotations

from spro_agenda.errors import BadCalendar
from spro_agenda.i18n import _
from spro_agenda.ical.lines import parse
from spro_agenda.ical.read import unescaped


def title_of(body: bytes) -> str:
    """The title of a series, or of an object's first part, on one line and safe for a terminal; words for none."""
    try:
        components = [child for child in parse(body, "")[0].children if child.name != "VTIMEZONE"]
    except BadCalendar:
        return _("(texte illisible)")
    lead = next((each for each in components if each.first("RECURRENCE-ID") is None), None)
    line = (lead or components[0]).first("SUMMARY") if components else None
    title = " ".join(unescaped(line.value).split()) if line else ""
    return "".join(character if character.isprintable() else "\ufffd" for character in title) or _("(sans titre)")
