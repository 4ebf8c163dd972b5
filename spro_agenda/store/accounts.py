"""The verbs that write accounts: who may log in, in which role, and with which password."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import delete, update

from spro_agenda.errors import BadInput, Refused
from spro_agenda.i18n import _
from spro_agenda.model import PRINCIPAL, REGION, Account, Frequency, Role, folded_login
from spro_agenda.store import schema as s
from spro_agenda.store.passwords import hash_password
from spro_agenda.store.personal import Personal
from spro_agenda.store.records import Act
from spro_agenda.store.writing import verb

LONGEST_LOGIN = 64
SHORTEST_PASSWORD = 8
_FEWEST_CHARACTERS = 4
_COMMON_WORDS = """
    12345678 123456789 1234567890 0123456789 87654321 azertyui azertyuiop azerty123 azerty1234 qwertyui qwertyuiop
    qwerty123 motdepasse motdepasse1 password password1 password123 changezmoi changeme bonjour1 bonjour123 soleil123
    loulou123 doudou123 chouchou administrateur orientation agendaspro spro2021 iloveyou jetaime1 marseille football
"""
_COMMON = frozenset(_COMMON_WORDS.split())
"""What lists of stolen passwords begin with in France, and what is at hand here."""
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]*")
_EMAIL = re.compile(r"[^@\s\x00-\x1f<>,;]+@[^@\s\x00-\x1f<>,;]+\.[^@\s\x00-\x1f<>,;]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChange:
    """What is to become of an account; `None` leaves each as it is."""

    role: Role | None = None
    networks: tuple[str, ...] | None = None
    name: str | None = None
    email: str | None = None
    digest: Frequency | None = None


class Accounts(Personal):
    """Writes accounts. Each verb moves the generation, so that every worker knows at its next request."""

    @verb
    def add_account(
        self, login: str, password: str | None, role: Role, networks: Iterable[str] = (), name: str = ""
    ) -> Account:
        """Add a person who may log in; with no password (`None`), once one was chosen or where another directory knows
        it. Raises BadInput (login, password), UnknownNetwork, Refused (login taken)."""
        codes = self._codes(networks)
        folded = folded_login(login)
        check_account(folded, password, role, codes)
        if self._account_id(folded) is not None:
            raise Refused(_("Le compte « {login} » existe déjà. Choisissez un autre identifiant.").format(login=folded))
        account_id = self._insert_one(
            s.account,
            {
                "login": folded,
                "name": name,
                "email": folded if "@" in folded else "",
                "role": role.value,
                "password_hash": "" if password is None else hash_password(password),
                "created_at": self._now,
                "digest": Frequency.WEEKLY.value,
            },
        )
        self._insert(s.account_network, [{"account_id": account_id, "network": code} for code in codes])
        self._audit(Act.ACCOUNT_ADDED, folded, _described(role, codes))
        self._touch()
        return self.account(folded)

    @verb
    def set_account(self, login: str, given: AccountChange) -> Account:
        """Give a person another role, other networks, another name or address, or other digests.

        A person who becomes something else than a coordinator has no networks any more. Raises NotFound, BadInput,
        UnknownNetwork, Refused (the last administrator).
        """
        before = self.account(login)
        role, networks = before.role if given.role is None else given.role, given.networks
        if given.email:
            check_email(given.email)
        kept = before.networks if role is Role.COORDINATOR else ()
        codes = kept if networks is None else self._codes(networks)
        check_role(role, codes)
        if role is not Role.ADMIN:
            self._keep_an_administrator(before)
        account_id = self._account_id(before.login)
        self._connection.execute(
            update(s.account)
            .where(s.account.c.id == account_id)
            .values(
                role=role.value,
                name=before.name if given.name is None else given.name,
                email=before.email if given.email is None else given.email,
                digest=(given.digest or before.digest).value,
            )
        )
        self._connection.execute(delete(s.account_network).where(s.account_network.c.account_id == account_id))
        self._insert(s.account_network, [{"account_id": account_id, "network": code} for code in codes])
        self._audit(Act.ACCOUNT_CHANGED, before.login, _described(role, codes))
        self._touch()
        return self.account(before.login)

    @verb
    def set_password(self, login: str, password: str) -> None:
        """Give a person another password: the former is refused from the next request on. Raises NotFound, BadInput."""
        account = self.account(login)
        check_password(password, account.login)
        self._set_hash(account.login, hash_password(password))
        self._audit(Act.PASSWORD_SET, account.login)

    @verb
    def renew_hash(self, account: Account, password: str) -> None:
        """Keep a password, which was right, under today's argon2 parameters; unless it was changed meanwhile."""
        if self.account(account.login).password_hash == account.password_hash:
            self._set_hash(account.login, hash_password(password))

    @verb
    def remove_account(self, login: str) -> None:
        """Let a person in no more; personal calendars go too. What the person did stays in the history.

        Raises NotFound, Refused (the last administrator)."""
        account = self.account(login)
        self._keep_an_administrator(account)
        for calendar in self.personal_calendars(account.login):
            self._drop(calendar)
        # Who reads a feed of theirs is told that it is over, not that there never was one.
        own = s.feed.c.account_id == self._account_id(account.login)
        self._connection.execute(update(s.feed).where(own, s.feed.c.revoked_at.is_(None)).values(revoked_at=self._now))
        self._connection.execute(update(s.feed).where(own).values(account_id=None))
        self._connection.execute(delete(s.account).where(s.account.c.login == account.login))
        self._audit(Act.ACCOUNT_REMOVED, account.login)
        self._touch()

    def _codes(self, networks: Iterable[str]) -> tuple[str, ...]:
        region = self.region()
        return tuple(sorted({region.code_of(network) for network in networks}))

    def _set_hash(self, login: str, password_hash: str) -> None:
        self._connection.execute(
            update(s.account).where(s.account.c.login == login).values(password_hash=password_hash)
        )
        self._touch()

    def _keep_an_administrator(self, leaving: Account) -> None:
        """Raise Refused where nobody else could administer."""
        if leaving.role is Role.ADMIN and not any(
            each.role is Role.ADMIN and each.login != leaving.login for each in self.accounts()
        ):
            raise Refused(
                _(
                    "« {login} » est le dernier administrateur. Donnez d'abord ce rôle à quelqu'un d'autre : "
                    "spro-agenda users set IDENTIFIANT --role admin"
                ).format(login=leaving.login)
            )


def check_account(login: str, password: str | None, role: Role, networks: tuple[str, ...]) -> None:
    """Raise BadInput unless an account may be made so; `None` is no password yet."""
    check_login(login)
    if password is not None:
        check_password(password, login)
    check_role(role, networks)


def check_login(login: str) -> None:
    """Raise BadInput for a login that nobody may have."""
    if not _LOGIN.fullmatch(login) or len(login) > LONGEST_LOGIN or login == PRINCIPAL:
        raise BadInput(
            _(
                "L'identifiant « {login} » n'est pas possible. Écrivez-le en lettres sans accent, chiffres, "
                "points ou tirets, par exemple : marie.durand"
            ).format(login=login)
        )


def check_email(email: str) -> None:
    """Raise BadInput for what is no e-mail address."""
    if not _EMAIL.fullmatch(email):
        raise BadInput(
            _("« {email} » n'est pas une adresse électronique. Écrivez-la comme marie@exemple.fr").format(email=email)
        )


def check_password(password: str, login: str = "") -> None:
    """Raise BadInput for a password that is short, or among the first that anybody would try."""
    if len(password) < SHORTEST_PASSWORD:
        raise BadInput(
            _("Le mot de passe est trop court. Choisissez au moins {least} caractères.").format(least=SHORTEST_PASSWORD)
        )
    folded = password.casefold()
    if len(set(folded)) < _FEWEST_CHARACTERS or folded in _COMMON or (login and folded in (login, login[::-1])):
        raise BadInput(
            _(
                "Ce mot de passe se devine trop vite. Choisissez par exemple quatre mots qui n'ont rien à voir "
                "entre eux."
            )
        )


def _described(role: Role, networks: tuple[str, ...]) -> str:
    return " ".join([role.value, *networks])


def check_role(role: Role, networks: tuple[str, ...]) -> None:
    """Raise BadInput unless somebody in this role may have these networks."""
    if role is Role.COORDINATOR and not networks:
        raise BadInput(_("Un coordonnateur écrit dans un réseau au moins. Indiquez-le avec --network."))
    if role is not Role.COORDINATOR and networks:
        raise BadInput(_("Seul un coordonnateur a des réseaux. Retirez --network, ou choisissez --role coordinator."))
    if REGION in networks:
        raise BadInput(_("L'agenda régional s'écrit avec un compte de la région. Choisissez --role region."))
