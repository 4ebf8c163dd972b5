"""Who may log in, and what each may write, for a terminal and as JSON."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from spro_agenda.i18n import _, counted
from spro_agenda.model import Account, Role
from spro_agenda.region.records import Region
from spro_agenda.render.json import VERSION, document_bytes
from spro_agenda.render.terminal import open_console, written

_ROLES = {
    Role.COORDINATOR: _("coordination"),
    Role.REGION: _("équipe régionale"),
    Role.READER: _("lecture"),
    Role.ADMIN: _("administration"),
}


def render(accounts: Sequence[Account], *, width: int, colour: bool) -> str:
    """Accounts by login, one a line."""
    console = open_console(width, colour=colour)
    console.print(Text(counted(len(accounts), "compte", "comptes"), style="bold"))
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    for each in accounts:
        table.add_row(each.login, f"{_ROLES[each.role]} {', '.join(each.networks)}".strip(), each.name)
    console.print(table)
    return written(console)


def render_one(account: Account, region: Region) -> str:
    """One account, a line for each thing to know."""
    lines = [
        _("Identifiant : {login}").format(login=account.login),
        *([_("Nom : {name}").format(name=account.name)] if account.name else []),
        _("Rôle : {role}").format(role=_ROLES[account.role]),
        _("Lit : tous les agendas"),
        _("Écrit : {written}").format(written=_written_by(account, region) or _("rien")),
    ]
    return "\n".join(lines) + "\n"


def summary(account: Account, region: Region) -> str:
    """What a person reads and writes, within a sentence."""
    calendars = _written_by(account, region)
    return _("lit tout, écrit {written}").format(written=calendars) if calendars else _("lit tout, n'écrit rien")


def _written_by(account: Account, region: Region) -> str:
    if account.role is Role.REGION:
        return _("l'agenda régional")
    return ", ".join(map(region.name_of, account.networks))


def render_json(accounts: Sequence[Account]) -> bytes:
    """`accounts`: `login`, `name`, `role`, `networks`. Nothing of passwords."""
    return document_bytes({"version": VERSION, "accounts": [as_json(each) for each in accounts]})


def as_json(account: Account) -> dict[str, object]:
    return {
        "login": account.login,
        "name": account.name or None,
        "role": account.role.value,
        "networks": list(account.networks),
    }
