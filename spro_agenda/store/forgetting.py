"""The verbs of a person's rights over what is kept of them: a copy, and to be forgotten (GDPR, articles 15 and 17)."""

from __future__ import annotations

from sqlalchemy import BindParameter, bindparam, or_, select, update

from spro_agenda.errors import NotFound
from spro_agenda.i18n import _
from spro_agenda.model import FORGOTTEN, folded_login
from spro_agenda.store import schema as s
from spro_agenda.store.devices import Devices
from spro_agenda.store.feeds import Feeds
from spro_agenda.store.records import Act, Person, Selection
from spro_agenda.store.writing import verb

_LOGIN: BindParameter[str] = bindparam("its_login")
_WRITTEN = (
    update(s.revision)
    .where(s.revision.c.actor_login == _LOGIN)
    .values(actor_login=FORGOTTEN, agent="", device_label="")
)
_DONE = update(s.audit).where(s.audit.c.actor_login == _LOGIN).values(actor_login=FORGOTTEN, detail="")
_REDACTED = update(s.redaction).where(s.redaction.c.actor_login == _LOGIN).values(actor_login=FORGOTTEN)
_DISMISSED = update(s.dismissal).where(s.dismissal.c.actor_login == _LOGIN).values(actor_login=FORGOTTEN)
_SETTLED, _JOINED = (
    update(table).where(table.c.actor_login == _LOGIN).values(actor_login=FORGOTTEN)
    for table in (s.settlement, s.participation)
)
_ANSWERED = (
    update(s.received)
    .where(s.received.c.actor_login == _LOGIN)
    .values(actor_login=FORGOTTEN, answer=None, claimed_at=None)
)
_NAMED = tuple(
    select(column).where(column == _LOGIN).limit(1)
    for column in (
        s.account.c.login,
        s.revision.c.actor_login,
        s.audit.c.actor_login,
        s.audit.c.target,
        s.settlement.c.actor_login,
        s.participation.c.actor_login,
        s.dismissal.c.actor_login,
        s.received.c.actor_login,
    )
)


class Forgetting(Feeds, Devices):
    """The verbs that give a copy, and that forget."""

    @verb
    def export_person(self, login: str) -> Person:
        """All that is kept of a person, which is noted. Raises NotFound."""
        folded = folded_login(login)
        self._check_known(folded)
        account = next((each for each in self.accounts() if each.login == folded), None)
        person = Person(
            login=folded,
            account=account,
            devices=self.devices(folded),
            properties={slug: values for (slug, owner), values in self.properties().items() if owner == folded},
            calendars={each: tuple(self.objects(each.slug)) for each in self.personal_calendars(folded)},
            revisions=tuple(self.history(Selection(login=folded))),
            acts=tuple(self.audit_about(folded)),
            settlements=self.settlements_by(folded),
            joined=self.joined_by(folded),
            dismissed=tuple(each for each in self.dismissals() if each.login == folded),
            feeds=tuple(each for each in self.feeds() if each.login == folded),
            progress=self.progress(folded),
            refusals=self.refusals(folded),
        )
        self._audit(Act.ACCOUNT_EXPORTED, folded)
        return person

    @verb
    def forget_person(self, login: str) -> None:
        """Remove an account, where there is one, and take its login out of history, redactions, audit, and what
        people said of clashes and opportunities.

        What the person wrote stays. The bytes are gone from the files after `Store.scrub`. Raises NotFound, Refused
        (the last administrator).
        """
        folded = folded_login(login)
        self._check_known(folded)
        if self._account_id(folded) is not None:
            self.remove_account(folded)
        for statement in (_WRITTEN, _DONE, _REDACTED, _DISMISSED, _SETTLED, _JOINED, _ANSWERED):
            self._connection.execute(statement, {"its_login": folded})
        # Of the person, or of a calendar of theirs: « marie/brouillons ».
        about = or_(s.audit.c.target == folded, s.audit.c.target.startswith(f"{folded}/", autoescape=True))
        self._connection.execute(update(s.audit).where(about).values(target=FORGOTTEN, detail=""))
        self._audit(Act.ACCOUNT_FORGOTTEN, FORGOTTEN)

    def _check_known(self, login: str) -> None:
        if not any(self._connection.execute(query, {"its_login": login}).first() for query in _NAMED):
            raise NotFound(
                _("On ne sait rien de « {login} ». « spro-agenda users list » montre les comptes.").format(login=login)
            )
