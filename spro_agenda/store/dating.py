"""The verb that gives a date to an event that had none, or only words for one."""

from __future__ import annotations

from datetime import UTC, datetime

from spro_agenda.errors import Refused
from spro_agenda.i18n import _
from spro_agenda.ical.firm import Dates, firmed_up
from spro_agenda.model import Outcome
from spro_agenda.region.entry import Entry, read_entry
from spro_agenda.store.records import Deed, Written
from spro_agenda.store.rows import stored_object
from spro_agenda.store.writing import Writing, check_held, no_event, verb


class Dating(Writing):
    """The verb that firms up."""

    @verb
    def date_event(self, slug: str, uid: str, dates: Dates) -> Written:
        """Give a network's vague or undated event its date. It keeps its UID; a task becomes an event, at another href.

        Raises NotFound, FromElsewhere, Refused (it has a date, is cancelled, repeats, or its title says that there is
        none), BadCalendar (dates that no event may have).
        """
        calendar = self.calendar(slug)
        row = self._row_of_uid(calendar, uid)
        if row is None:
            raise no_event(uid)
        self.check_own(calendar.slug, uid)
        entry = read_entry(bytes(row.body), calendar.network, self.region(), row.href)
        _check(entry)
        now = datetime.fromtimestamp(self._now, UTC)
        text = firmed_up(entry.obj.body, dates, entry.lead.date_words or "", now)
        firm = read_entry(text, calendar.network, self.region(), _("L'événement daté"))
        check_held(calendar, firm.obj)
        if firm.is_vague or firm.is_undated:
            raise Refused(
                _("Le titre de « {title} » dit encore « {words} ». Retirez ce crochet dans votre application.").format(
                    title=firm.lead.title, words=firm.lead.date_words
                )
            )
        stored = self._put_in_place(calendar, row, firm, Deed.UPDATED)
        return Written(object=stored, outcome=Outcome.UPDATED, replaced=stored_object(row))


def _check(entry: Entry) -> None:
    """Raise Refused for what is no event without a date."""
    title = entry.lead.title or entry.key.id
    if not (entry.is_vague or entry.is_undated):
        raise Refused(
            _("« {title} » a déjà une date. Pour en changer, déplacez-le dans votre application.").format(title=title)
        )
    if entry.lead.cancelled:
        raise Refused(_("« {title} » est annulé. Rétablissez-le d'abord dans votre application.").format(title=title))
    if len(entry.obj.parts) > 1 or any(part.first("RRULE") for part in entry.obj.tree.children):
        raise Refused(
            _("« {title} » se répète : donnez-lui ses dates dans votre application, et retirez le crochet.").format(
                title=title
            )
        )
