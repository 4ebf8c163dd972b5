"""The verbs that say of an opportunity that nobody wants to hear of it again, and that take it back."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, delete

from spro_agenda.errors import NotFound, Refused
from spro_agenda.i18n import _
from spro_agenda.model import Chance, EventKey, Opportunity
from spro_agenda.store import schema as s
from spro_agenda.store.dismissals import covering
from spro_agenda.store.records import Act, Dismissal
from spro_agenda.store.writing import Writing, verb

_DELETE = delete(s.dismissal).where(s.dismissal.c.identity == bindparam("its_identity"))


class Dismissing(Writing):
    """The verbs that dismiss."""

    @verb
    def dismiss(self, opportunity: Opportunity, why: str) -> Dismissal:
        """Leave an opportunity out from now on. Raises Refused where it is already."""
        known = covering(opportunity, self.dismissals())
        if known is not None:
            raise Refused(
                _(
                    "Cette opportunité est déjà écartée : « spro-agenda opportunities recall {id} » la fait revenir."
                ).format(id=known.id)
            )
        self._insert(
            s.dismissal,
            [
                {
                    "identity": opportunity.identity,
                    "kind": opportunity.chance.value,
                    "members": "\n".join(opportunity.members),
                    "why": why,
                    "actor_login": self._actor.login,
                    "at": self._now,
                }
            ],
        )
        self._examine_pair(opportunity.chance, opportunity.members)
        # What it is about may be an event's title, which a redaction would not find in the audit.
        self._audit(Act.OPPORTUNITY_DISMISSED, opportunity.id, opportunity.chance.value)
        return self._dismissal(opportunity.identity)

    @verb
    def recall(self, identity: str) -> Dismissal:
        """Show again the opportunity of that identity. Raises NotFound where nobody dismissed it."""
        found = self._dismissal(identity)
        self._connection.execute(_DELETE, {"its_identity": identity})
        self._examine_pair(found.chance, found.members)
        self._audit(Act.OPPORTUNITY_RECALLED, found.id, found.chance.value)
        return found

    def _examine_pair(self, chance: Chance, members: Iterable[str]) -> None:
        """Two actions may clash, which one that was typed twice does not."""
        if chance is Chance.TWICE:
            for event in map(EventKey.of_id, members):
                self._to_examine(self.calendar(event.network), event.uid)

    def _dismissal(self, identity: str) -> Dismissal:
        found = next((each for each in self.dismissals() if each.identity == identity), None)
        if found is None:
            raise NotFound(
                _(
                    "Cette opportunité n'est pas, ou plus, écartée. « spro-agenda opportunities --dismissed » montre "
                    "celles qui le sont."
                )
            )
        return found
