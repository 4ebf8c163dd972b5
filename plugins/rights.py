"""Who may do what: a coordinator writes the own networks, the region's account the regional calendar; all read all.

Letters are Radicale's: R/W for what is no calendar (the root, a home), r/w for a calendar and its events. Nobody may
create, replace or delete a calendar; nobody writes the agenda.
"""

from __future__ import annotations

from radicale import pathutils
from radicale.config import Configuration
from radicale.rights import BaseRights

from spro_agenda.model import PRINCIPAL

from .instance import AGENDA, Directory

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
        if "/" in rest:
            return NOTHING
        if rest == AGENDA:
            return "r"
        calendar = self._directory.calendar(rest)
        if calendar is None:
            return NOTHING
        return "rw" if account.may_write(calendar.network) else "r"
