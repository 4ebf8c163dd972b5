"""The verbs of what lets people in besides a password of their own: devices, and invitations to choose one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import bindparam, delete, func, or_, select, update

from spro_agenda.errors import BadInput, NotFound, Refused
from spro_agenda.i18n import _
from spro_agenda.store import schema as s
from spro_agenda.store.accounts import Accounts, check_password
from spro_agenda.store.auditing import audited
from spro_agenda.store.passwords import hash_password
from spro_agenda.store.records import Act, Login
from spro_agenda.store.tokens import Token, new_token
from spro_agenda.store.writing import verb

MOST_DEVICES = 20
"""Of one person, at once."""

LONGEST_LABEL = 60
VALID = timedelta(hours=72)
"""How long an invitation may be used."""

HOUR_S = 3600
"""How exactly it is told when somebody was last seen: otherwise each reading would be a write."""

_LIVE = (s.device.c.account_id == bindparam("of_account"), s.device.c.revoked_at.is_(None))
_SEEN = (
    update(s.account)
    .where(
        s.account.c.login == bindparam("its_login"),
        or_(s.account.c.last_seen.is_(None), s.account.c.last_seen <= bindparam("its_hour")),
    )
    .values(last_seen=bindparam("its_at"))
)
_USED = (
    update(s.device)
    .where(
        s.device.c.selector == bindparam("its_selector"),
        or_(s.device.c.last_used.is_(None), s.device.c.last_used <= bindparam("its_hour")),
    )
    .values(last_used=bindparam("its_at"))
)


def label_of(label: str, wanted: str) -> str:
    """What people call a thing of theirs. Raises BadInput with what is `wanted` ("{most}" characters) for no such
    name."""
    label = " ".join(label.split())
    if not label or len(label) > LONGEST_LABEL or not label.isprintable():
        raise BadInput(wanted.format(most=LONGEST_LABEL))
    return label


class Devices(Accounts):
    """Writes devices and invitations, and who came when."""

    @verb
    def add_device(self, login: str, label: str) -> Token:
        """Let a device log in with a password of its own, which is given out here and never again.

        Raises NotFound, BadInput (no label), Refused (too many).
        """
        account = self.account(login)
        label = label_of(label, _("Nommez l'appareil en {most} caractères au plus, par exemple : Téléphone de Marie"))
        account_id = self._account_id(account.login)
        live = select(func.count()).select_from(s.device).where(*_LIVE)
        if self._connection.execute(live, {"of_account": account_id}).scalar_one() >= MOST_DEVICES:
            raise Refused(
                _("« {login} » a déjà {most} appareils. Révoquez d'abord ceux qui ne servent plus.").format(
                    login=account.login, most=MOST_DEVICES
                )
            )
        token = new_token()
        self._insert_one(
            s.device,
            {
                "account_id": account_id,
                "label": label,
                "selector": token.selector,
                "secret_hash": token.hash,
                "created_at": self._now,
            },
        )
        self._audit(Act.DEVICE_ADDED, account.login, label)
        self._touch()
        return token

    @verb
    def revoke_device(self, login: str, selector: str) -> str:
        """Shut a device out from the next request on; its label. Raises NotFound."""
        account = self.account(login)
        found = next((each for each in self.devices(account.login) if each.selector == selector.lower()), None)
        if found is None:
            raise NotFound(
                _(
                    "« {login} » n'a pas d'appareil « {selector} ». « spro-agenda users device list {login} » les "
                    "montre."
                ).format(login=account.login, selector=selector)
            )
        self._connection.execute(
            update(s.device).where(s.device.c.selector == found.selector).values(revoked_at=self._now)
        )
        self._audit(Act.DEVICE_REVOKED, account.login, found.label)
        self._touch()
        return found.label

    @verb
    def invite(self, login: str) -> Token:
        """A link for a person to choose a password, once, within three days. A former one is void. Raises NotFound."""
        account = self.account(login)
        account_id, token = self._account_id(account.login), new_token()
        self._connection.execute(delete(s.invitation).where(s.invitation.c.account_id == account_id))
        self._insert(
            s.invitation,
            [
                {
                    "account_id": account_id,
                    "selector": token.selector,
                    "secret_hash": token.hash,
                    "expires_at": self._now + int(VALID.total_seconds()),
                }
            ],
        )
        self._audit(Act.INVITED, account.login)
        return token

    @verb
    def use_invitation(self, token: Token, password: str) -> str:
        """Set the password that a person chose by a link, which is used up; the login. Raises NotFound, BadInput."""
        invitation = self.invitation(token)
        check_password(password, invitation.login)
        self._connection.execute(
            update(s.invitation).where(s.invitation.c.selector == token.selector).values(used_at=self._now)
        )
        self._set_hash(invitation.login, hash_password(password))
        self._audit(Act.INVITATION_USED, invitation.login)
        return invitation.login

    @verb
    def note_logins(self, logins: Iterable[Login]) -> None:
        """Remember who came, to the hour, and who tried to. The audit tells it of now, so that it stays in order."""
        rows = []
        for each in logins:
            about = {"its_at": each.at, "its_hour": each.at - HOUR_S}
            if each.failures:
                detail = f"{each.failures} × {each.address}"
                rows.append(audited(Act.LOGIN_FAILED, each.login, self._now, each.login, detail))
                continue
            if self._connection.execute(_SEEN, {**about, "its_login": each.login}).rowcount:
                rows.append(audited(Act.LOGGED_IN, each.login, self._now, each.login, f"{each.client} {each.address}"))
            if each.selector:
                self._connection.execute(_USED, {**about, "its_selector": each.selector})
        self._insert(s.audit, rows)
