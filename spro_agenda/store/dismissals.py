"""The verb that reads which opportunities were dismissed, and what that says of those that are found."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import select

from spro_agenda.model import Chance, Opportunity
from spro_agenda.store import schema as s
from spro_agenda.store.records import Dismissal
from spro_agenda.store.rows import Rows

_DISMISSALS = select(s.dismissal).order_by(s.dismissal.c.at, s.dismissal.c.identity)


class DismissalReader(Rows):
    """The verb that reads what was dismissed."""

    def dismissals(self) -> tuple[Dismissal, ...]:
        """Every opportunity that is dismissed, the oldest dismissal first."""
        return tuple(
            Dismissal(
                identity=row.identity,
                chance=Chance(row.kind),
                members=tuple(row.members.split("\n")),
                why=row.why,
                login=row.actor_login,
                at=datetime.fromtimestamp(row.at, UTC),
            )
            for row in self._connection.execute(_DISMISSALS)
        )


def covering(opportunity: Opportunity, dismissals: Iterable[Dismissal]) -> Dismissal | None:
    """The dismissal of an opportunity, or of a larger one of which it is left; `None` where there is none."""
    return next((each for each in dismissals if opportunity.is_left_of(each.identity, each.members)), None)
