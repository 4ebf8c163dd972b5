"""What our agenda adds to an event, and how it is taken off again when its text comes back.

An event of the agenda is recognised by X-SPRO-NETWORK and X-SPRO-UID; X-SPRO-TITLE keeps the title as entered. What is
added to a description stands after a line of its own.
"""

from __future__ import annotations

from dataclasses import replace

from spro_agenda.i18n import _
from spro_agenda.ical.lines import Component
from spro_agenda.ical.read import CalendarObject, Part
from spro_agenda.model import PRINCIPAL, EventKey

NETWORK, UID, TITLE, CLASH = "X-SPRO-NETWORK", "X-SPRO-UID", "X-SPRO-TITLE", "X-SPRO-CLASH"
WINDOW, WORDS, EDTF = "X-SPRO-WINDOW", "X-SPRO-DATE-WORDS", "X-SPRO-EDTF"
NOTE = "— Agenda SPRO —"
MARK = "⚠"
"""What stands before the title of an occurrence that clashes."""
BETWEEN = " · "
"""What stands between whose event it is, and its title."""
CANCELLED = _("ANNULÉ : ")
"""What stands before the title of what is cancelled: Outlook shows a STATUS to nobody who subscribes."""
TO_DATE = _(" – date à fixer")
"""What stands behind the words for a date, in their bracket."""


def origin(obj: CalendarObject) -> EventKey | None:
    """The event that an object of our agenda was made from, `None` for any other object."""
    spro = obj.parts[0].spro
    key = EventKey(spro.get("NETWORK", ""), spro.get("UID", ""))
    # Somebody may copy an agenda's event as a new one of their own: its UID then differs.
    return key if key.network and key.uid and key.agenda_uid == obj.uid else None


def is_ours(component: Component) -> bool:
    """Whether a component was written for our agenda or its feeds, be it of another region."""
    network, uid, own = (line.value.strip() if line else "" for line in map(component.first, (NETWORK, UID, "UID")))
    return bool(network and uid) and own == f"{network}.{uid}"


def as_entered(obj: CalendarObject) -> CalendarObject:
    """The object with the UID, titles and descriptions that people entered."""
    key = origin(obj)
    return obj if key is None else replace(obj, uid=key.uid, parts=tuple(map(_as_entered, obj.parts)))


def with_note(description: str, note: str) -> str:
    """A description with a note of ours after it."""
    return f"{description}\n\n{NOTE}\n{note}" if description else f"{NOTE}\n{note}"


def without_note(description: str) -> str:
    """The description as entered."""
    return description.partition(NOTE)[0].rstrip() if NOTE in description else description


def _as_entered(part: Part) -> Part:
    own = f"/{PRINCIPAL}/{part.spro.get('NETWORK', '')}/"
    return replace(
        part,
        title=part.spro.get("TITLE", part.title),
        description=without_note(part.description),
        # The agenda links to the event where it has no page of its own.
        url=None if part.url and own in part.url else part.url,
    )
