"""Who may do what, as `Policy` says it: coordinators write their own networks, all read all.

Letters are Radicale's: R/W for what is no calendar (the root, a home), r/w for a calendar and its events, D to delete a
calendar. Nobody may create, replace or delete a calendar of the region; nobody writes the agenda.
"""

from __future__ import annotations

from radicale import pathutils
from radicale.config import Configuration
from radicale.rights import BaseRights

from spro_agenda.model import PRINCIPAL, Account
from spro_agenda.store import is_free_name

from .instance import Directory

NOTHING = ""


class Rights(BaseRights):
    """Answers from memory; see Directory."""

    def __init__(self, configuration: Configuration) -> None:
        super().__init__(configuration)
        self._directory = Directory(configuration)

    def authorization(self, user: str, user_groups: set[str], path: str) -> str:
        """The letters for a path. An event's are its calendar's, which Radicale asks for apart."""
        account = self._directory.account(user) if user else None
        home, _slash, rest = pathutils.strip_path(path).partition("/")
        if account is None or home not in ("", PRINCIPAL, user):
            return NOTHING
        if not rest:
            return "R"
        return NOTHING if "/" in rest else self._of_calendar(account, home, rest)

    def _of_calendar(self, account: Account, home: str, name: str) -> str:
        policy, calendar = self._directory.policy, self._directory.calendar_at(home, name)
        if calendar is None:
            # Where a personal calendar can be made.
            return "rw" if policy.personal_calendars and home == account.login and is_free_name(name) else NOTHING
        if calendar.owner:
            return "rwD"
        return "rw" if policy.may_write(account, calendar) else "r"
