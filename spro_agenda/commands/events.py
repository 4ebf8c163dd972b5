"""What commands on one event share: how it is named, a moment, a question before what cannot be undone."""

from __future__ import annotations

import sys
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from spro_agenda.errors import UsageError
from spro_agenda.i18n import _
from spro_agenda.recurrence import FIRST_DAY, LAST_DAY

if TYPE_CHECKING:
    _MomentType = click.ParamType[datetime]
else:
    # Generic since click 8.4 only.
    _MomentType = click.ParamType

EVENT = _("ÉVÉNEMENT")
_FORMS = ("%Y-%m-%d", "%d/%m/%Y", "%d/%m/%Y %H:%M", "%Y-%m-%d %Hh%M", "%d/%m/%Y %Hh%M")
_YES = frozenset({"o", "oui", "y", "yes"})

event_argument = click.argument("event", metavar=EVENT)
"""One event, as `Reader.event_called` takes it."""


class Moment(_MomentType):
    """A moment as people type it: 2026-11-20 14:00, 20/11/2026 14:00; a day alone is its beginning.

    Without an offset it is naive: the region's zone is known once the store is open.
    """

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        moment = value if isinstance(value, datetime) else _moment(str(value))
        if moment is not None and FIRST_DAY <= moment.date() <= LAST_DAY:
            return moment
        self.fail(
            _("« {value} » n'est pas un moment. Écrivez par exemple « 2026-11-20 14:00 ».").format(value=value),
            param,
            ctx,
        )


def _moment(text: str) -> datetime | None:
    """What is typed, in any of the forms; `None` for what is no moment."""
    with suppress(ValueError):
        return datetime.fromisoformat(text)
    for form in _FORMS:
        with suppress(ValueError):
            return datetime.strptime(text, form)
    return None


yes_option = click.option("--yes", is_flag=True, help=_("Ne demande pas de confirmation."))


def confirm(question: str, *, yes: bool) -> None:
    """Go on only when the answer is yes. Raises UsageError where nobody can be asked, Abort."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(_("Personne n'est là pour confirmer : rien n'a été modifié. Ajoutez --yes pour le faire."))
    answer = click.prompt(f"{question} [o/N]", default="n", show_default=False, err=True)
    if str(answer).strip().lower() not in _YES:
        raise click.Abort
