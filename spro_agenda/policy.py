"""Who may write a calendar, and how each person sees it: by role, by network, and by the instance's options."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from spro_agenda.instance import Configuration, flag
from spro_agenda.model import Account, Role, View
from spro_agenda.store import Calendar, CalendarKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`region_writes_all`: the regional team writes the networks' calendars too. `personal_calendars`: people may make
    calendars of their own, which nobody else sees and which are in no agenda."""

    region_writes_all: bool = False
    personal_calendars: bool = False

    def may_write(self, account: Account, calendar: Calendar) -> bool:
        """Whether a person may write in a calendar."""
        if calendar.kind is CalendarKind.PERSONAL:
            return calendar.owner == account.login
        if calendar.kind is CalendarKind.AGENDA:
            return False
        return self.may_write_network(account, calendar.network)

    def may_write_network(self, account: Account, network: str) -> bool:
        """Whether a person may write the calendar of that network, or of `region`."""
        everywhere = self.region_writes_all and account.role is Role.REGION
        return everywhere or account.may_write(network)

    def written_by(self, account: Account, codes: Iterable[str]) -> tuple[str, ...]:
        """Those of the networks, by code, whose calendars a person may write."""
        return tuple(code for code in codes if self.may_write_network(account, code))

    def may_read(self, account: Account, calendar: Calendar) -> bool:
        """Whether a person may see a calendar at all: the region's are everybody's."""
        return calendar.kind is not CalendarKind.PERSONAL or calendar.owner == account.login

    def view(self, account: Account | None, calendar: Calendar) -> View:
        """How a person sees a calendar: from inside, who may write in it; the agenda, who may settle its clashes."""
        if account is None:
            return View.OUTSIDE
        if calendar.kind is CalendarKind.AGENDA:
            return View.INSIDE if account.settles else View.OUTSIDE
        return View.INSIDE if self.may_write(account, calendar) else View.OUTSIDE


def policy_of(configuration: Configuration) -> Policy:
    """The options of [rights]. Raises BadInput."""
    return Policy(
        region_writes_all=flag(configuration, "rights", "region_writes_all", default=False),
        personal_calendars=flag(configuration, "rights", "personal_calendars", default=False),
    )
