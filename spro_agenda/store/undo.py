"""The verbs that go back: an event out of the trash or to an earlier text, a whole calendar to a moment.

Going back is an ordinary change: a new revision, a change number, and the UID that it always had.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, select

from spro_agenda.errors import NotFound, Refused
from spro_agenda.i18n import _
from spro_agenda.model import EventKey, Outcome
from spro_agenda.region.entry import read_entry
from spro_agenda.store import schema as s
from spro_agenda.store.holding import Slot
from spro_agenda.store.records import Act, Calendar, Deed, Rewind, Written
from spro_agenda.store.rows import stored_object
from spro_agenda.store.writing import Writing, fresh_href, verb

_TEXTS: Select[Any] = (
    select(
        s.revision.c.id.label("revision_id"),
        s.revision.c.calendar_id,
        s.revision.c.href,
        s.revision.c.verb,
        s.revision.c.at,
        s.revision.c.body,
        s.revision.c.redacted,
        s.revision.c.previous_id,
    )
    .where(s.revision.c.uid == bindparam("uid"), s.revision.c.calendar_id.in_(bindparam("calendars", expanding=True)))
    .order_by(s.revision.c.id)
)


class Undo(Writing):
    """The verbs that go back."""

    @verb
    def restore_event(self, event: EventKey, *, revision: int | None = None, moment: datetime | None = None) -> Written:
        """Bring an event back out of the trash, or take it to the text of a revision, or to what it was at a moment.

        It comes back to its old href, to another where that is taken now. Raises NotFound, Refused (nothing to bring
        back, or it was redacted), FromElsewhere, BadCalendar (a text that no calendar may hold any more).
        """
        calendars = self.lineage(event)
        own = next((calendar for calendar in calendars if calendar.slug == event.network), None)
        rows = self._connection.execute(
            _TEXTS, {"uid": event.uid, "calendars": [calendar.id for calendar in calendars]}
        ).all()
        here = [row for row in rows if own is not None and row.calendar_id == own.id]
        if own is None or not here:
            raise NotFound(_("L'événement « {id} » n'est pas connu.").format(id=event.id))
        live = self._row_of_uid(own, event.uid)
        # Out of the trash it becomes the network's own again; what is live is the source's.
        self.check_own(own.slug, event.uid)
        if live is None and here[-1].verb == Deed.MOVED:
            raise _moved_away(event, calendars)
        if revision is not None:
            row = next((row for row in rows if row.revision_id == revision), None)
        elif moment is not None:
            row = next((row for row in reversed(rows) if row.at <= moment.timestamp()), None)
        elif live is not None:
            raise _not_in_trash(event)
        else:
            row = next((row for row in rows if row.revision_id == here[-1].previous_id), None)
        return self._take_back(own, event.uid, _with_text(row, event), here[-1])

    @verb
    def rewind_calendar(self, plan: Rewind) -> None:
        """Take a calendar back, as `rewind` said. Raises Refused when the calendar has changed since it did."""
        calendar = self.calendar(plan.network)
        if self.rewind(plan.network, plan.moment) != plan:
            raise Refused(
                _(
                    "L'agenda « {name} » vient de changer : rien n'a été modifié. Recommencez, pour voir ce qui sera "
                    "fait maintenant."
                ).format(name=calendar.name)
            )
        self._audit(Act.CALENDAR_REWOUND, plan.network, plan.moment.isoformat())
        # What goes makes room for the hrefs of what comes.
        for each in plan.deleted:
            row = self._row(calendar, each.href)
            assert row is not None
            self._take_out(Slot(calendar, each.href, each.key.uid), Deed.DELETED.value, row)
        for each in plan.put:
            rows = self._connection.execute(_TEXTS, {"uid": each.key.uid, "calendars": [calendar.id]}).all()
            wanted = next(row for row in rows if row.revision_id == each.revision)
            self._take_back(calendar, each.key.uid, wanted, rows[-1])

    def _take_back(self, calendar: Calendar, uid: str, wanted: Row[Any], last: Row[Any]) -> Written:
        """Put the text of an earlier revision in its calendar; `last` is the event's last one there."""
        body = bytes(wanted.body)
        before = self._row_of_uid(calendar, uid)
        if before is not None and bytes(before.body) == body:
            return Written(object=stored_object(before), outcome=Outcome.UNCHANGED, replaced=stored_object(before))
        entry = read_entry(body, calendar.network, self.region(), _("Le texte à remettre"))
        if before is not None:
            stored = self._put_in_place(calendar, before, entry, Deed.RESTORED)
            return Written(object=stored, outcome=Outcome.UPDATED, replaced=stored_object(before))
        slot = Slot(calendar, self._free_href(calendar, last.href, uid), uid)
        number = self._record(slot, Deed.RESTORED.value, body, last)
        return Written(object=self._save(slot, entry, number, None), outcome=Outcome.CREATED, replaced=None)

    def _free_href(self, calendar: Calendar, wanted: str, uid: str) -> str:
        """The href that the event had, or one of its own where another event has taken it since."""
        if self._row(calendar, wanted) is None:
            return wanted
        return fresh_href(uid, calendar.number)


def _with_text(row: Row[Any] | None, event: EventKey) -> Row[Any]:
    """The row, where it has a text to go back to. Raises Refused."""
    if row is None:
        raise Refused(
            _(
                "L'événement « {id} » n'a pas de version à ce numéro ou à ce moment. Voyez celles qui existent avec "
                "« spro-agenda history {id} »."
            ).format(id=event.id)
        )
    if row.redacted:
        raise Refused(_("Le texte de cette version a été retiré pour de bon : elle ne peut pas être remise."))
    if row.body is None:
        raise Refused(
            _(
                "À cette version l'événement venait de quitter l'agenda : il n'y a pas de texte à remettre. Choisissez "
                "celle d'avant, avec --revision."
            )
        )
    return row


def _not_in_trash(event: EventKey) -> Refused:
    return Refused(
        _(
            "L'événement « {id} » est dans l'agenda, pas dans la corbeille. Dites à quelle version revenir, avec "
            "--revision ou --as-of ; « spro-agenda history {id} » les montre."
        ).format(id=event.id)
    )


def _moved_away(event: EventKey, calendars: tuple[Calendar, ...]) -> Refused:
    others = ", ".join(EventKey(each.slug, event.uid).id for each in calendars if each.slug != event.network)
    if not others:
        return Refused(
            _(
                "L'événement « {id} » a été déplacé vers un autre agenda, où plus rien n'est gardé de lui : il ne peut "
                "pas revenir. Voyez ce qu'il était avec « spro-agenda history {id} », et recréez-le au besoin."
            ).format(id=event.id)
        )
    return Refused(
        _("L'événement « {id} » n'a pas été supprimé, mais déplacé. Servez-vous de son nouveau nom : {others}.").format(
            id=event.id, others=others
        )
    )
