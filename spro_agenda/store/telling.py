"""The verbs that keep what people were told by mail, so that nothing is told twice.

Whoever is about to send a letter claims it first, and lets go of it after: nobody else sends the same meanwhile, and
one who dies holds it no longer than the claim lasts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from sqlalchemy import and_, bindparam, delete, select, update

from spro_agenda.model import EventKey
from spro_agenda.store import schema as s
from spro_agenda.store.news import OF_EVENTS, REFUSALS, about, refusal_of
from spro_agenda.store.records import Progress, Refusal
from spro_agenda.store.writing import Writing, verb

CLAIM_S = 600
"""How long a claim lasts: longer than any mail server takes to take a letter."""

MOST_REFUSALS = 50
"""Of one person, kept until they were told."""

NOTICE_S, REFUSAL_S = 2 * 86_400, 7 * 86_400
"""How long it is tried to tell somebody something at once, and of a refused write."""

REFUSED = "refusals"
"""The name under which it is remembered when somebody was last told of refused writes."""

_OWNED = {table: table.c.account_id == bindparam("owner") for table in (s.digest, s.told, s.notice, s.refusal)}
_IS_DIGEST = select(s.digest.c.account_id).where(_OWNED[s.digest])
_SET_DIGEST = (
    update(s.digest)
    .where(_OWNED[s.digest])
    .values(revision=bindparam("number"), day=bindparam("its_day"), claimed_until=0)
)
_LET_DIGEST = update(s.digest).where(_OWNED[s.digest]).values(claimed_until=0)
_NOTICES = select(s.notice).where(_OWNED[s.notice]).order_by(s.notice.c.network, s.notice.c.uid)
_FREE_NOTICES = _NOTICES.where(s.notice.c.claimed_until <= bindparam("moment"))
_HOLD_NOTICES = (
    update(s.notice)
    .where(_OWNED[s.notice], s.notice.c.claimed_until <= bindparam("moment"))
    .values(claimed_until=bindparam("until"))
)
_NOTICE_OF = and_(
    _OWNED[s.notice], s.notice.c.network == bindparam("its_network"), s.notice.c.uid == bindparam("its_uid")
)
_HOLD_REFUSALS = (
    update(s.refusal)
    .where(_OWNED[s.refusal], s.refusal.c.claimed_until <= bindparam("moment"))
    .values(claimed_until=bindparam("until"))
)
_HELD_REFUSALS = REFUSALS.where(s.refusal.c.claimed_until == bindparam("until"))


class Telling(Writing):
    """The verbs that keep who was told what. Times are by the writer's own clock."""

    # Digests

    @verb
    def claim_digest(self, login: str, *, due: bool, day: date) -> Progress | None:
        """Have a person's digest to send, and how far they were told; `None` where somebody else has it.

        `due` is whether there is none for who had one on that day already.
        """
        owner = self._owner(login)
        if owner is None:
            return None
        row = self._connection.execute(select(s.digest).where(_OWNED[s.digest]), {"owner": owner}).one_or_none()
        if row is None:
            first = {"account_id": owner, "revision": 0, "day": 0, "claimed_until": self._now + CLAIM_S}
            self._insert(s.digest, [first])
        elif row.claimed_until > self._now or (due and row.day >= day.toordinal()):
            return None
        else:
            own = update(s.digest).where(_OWNED[s.digest]).values(claimed_until=self._now + CLAIM_S)
            self._connection.execute(own, {"owner": owner})
        return self.progress(login)

    @verb
    def end_digest(self, login: str, revision: int, day: date, what: Iterable[str]) -> None:
        """Remember that a person was told all up to a revision on a day, and what besides."""
        owner = self._owner(login)
        if owner is None:
            return
        self._connection.execute(_SET_DIGEST, {"owner": owner, "number": revision, "its_day": day.toordinal()})
        # What was told of events by themselves is told again by nobody: all is, up to there.
        past = and_(s.told.c.what.startswith(OF_EVENTS), s.told.c.revision <= revision)
        self._connection.execute(delete(s.told).where(_OWNED[s.told], past), {"owner": owner})
        self._remember(owner, dict.fromkeys(what, revision))

    @verb
    def release_digest(self, login: str) -> None:
        """Let go of a digest that was not sent."""
        self._connection.execute(_LET_DIGEST, {"owner": self._owner(login)})

    # What is told at once

    @verb
    def queue_notices(self, job: str, since: int, until: int, notices: Iterable[tuple[str, EventKey, int]]) -> bool:
        """Note who (a login) is to be told at once of which event, which they know as of a revision, and that a job has
        looked at all from a revision to another; `False` where another has meanwhile, and nothing is noted."""
        if self.reached(job) > since:
            return False
        self._reach(job, until)
        for login, event, revision in notices:
            owner = self._owner(login)
            known = {"owner": owner, "its_network": event.network, "its_uid": event.uid}
            if owner is None or self._connection.execute(select(s.notice.c.at).where(_NOTICE_OF), known).first():
                continue
            row = {"account_id": owner, "network": event.network, "uid": event.uid}
            self._insert(s.notice, [{**row, "revision": revision, "at": self._now, "claimed_until": 0}])
        return True

    @verb
    def claim_notices(self, login: str) -> Mapping[EventKey, int]:
        """Have what a person is to be told at once: the events, each with the revision as of which they know it."""
        about_them = {"owner": self._owner(login), "moment": self._now}
        found = {
            EventKey(row.network, row.uid): int(row.revision)
            for row in self._connection.execute(_FREE_NOTICES, about_them)
        }
        self._connection.execute(_HOLD_NOTICES, {**about_them, "until": self._now + CLAIM_S})
        return found

    @verb
    def end_notices(self, login: str, events: Iterable[EventKey], told: Mapping[EventKey, int]) -> None:
        """Have told somebody of events, or of those of them alone that are `told`, as of a revision: the others came to
        nothing."""
        owner = self._owner(login)
        for event in events:
            own = {"owner": owner, "its_network": event.network, "its_uid": event.uid}
            self._connection.execute(delete(s.notice).where(_NOTICE_OF), own)
        if owner is not None:
            self._remember(owner, {about(event): revision for event, revision in told.items()})

    # Writes that were refused

    @verb
    def keep_refusals(self, refusals: Iterable[Refusal]) -> None:
        """Keep refused writes until their authors are told; of who has no address for mails, and beyond so many of one
        person, nothing is."""
        addressed = {account.login for account in self.accounts() if account.email}
        room = {login: MOST_REFUSALS - len(self.refusals(login)) for login in addressed}
        for each in refusals:
            if room.get(each.login, 0) <= 0:
                continue
            room[each.login] -= 1
            row = {
                "account_id": self._owner(each.login),
                "at": int(each.at.timestamp()),
                "slug": each.slug,
                "uid": each.uid,
                "title": each.title,
                "why": each.why,
                "body": each.body,
                "claimed_until": 0,
            }
            self._insert_one(s.refusal, row)

    @verb
    def claim_refusals(self, login: str, quiet_s: int) -> tuple[Refusal, ...]:
        """Have the refused writes of which a person is to be told; none where that was done so lately."""
        owner = self._owner(login)
        last = select(s.told.c.at).where(_OWNED[s.told], s.told.c.what == REFUSED)
        told_at = self._connection.execute(last, {"owner": owner}).scalar()
        if told_at is not None and told_at + quiet_s > self._now:
            return ()
        until = self._now + CLAIM_S
        self._connection.execute(_HOLD_REFUSALS, {"owner": owner, "moment": self._now, "until": until})
        rows = self._connection.execute(_HELD_REFUSALS, {"its_login": login, "until": until})
        return tuple(map(refusal_of, rows))

    @verb
    def end_refusals(self, login: str, refusals: Iterable[Refusal]) -> None:
        """Have told somebody of refused writes."""
        told = s.refusal.c.id.in_([each.id for each in refusals])
        self._connection.execute(delete(s.refusal).where(told))
        owner = self._owner(login)
        if owner is not None:
            self._remember(owner, {REFUSED: 0})

    # What all share

    @verb
    def forget_told(self, before: datetime) -> int:
        """Forget what people were told before a moment, and what could not be told them in time; how many of them."""
        gone = (
            delete(s.told).where(s.told.c.at < int(before.timestamp())),
            delete(s.notice).where(s.notice.c.at < self._now - NOTICE_S),
            delete(s.refusal).where(s.refusal.c.at < self._now - REFUSAL_S),
        )
        return sum(self._connection.execute(each).rowcount for each in gone)

    def _remember(self, owner: int, told: Mapping[str, int]) -> None:
        mine = _OWNED[s.told]
        for what, revision in told.items():
            its = {"owner": owner, "its_what": what}
            self._connection.execute(delete(s.told).where(mine, s.told.c.what == bindparam("its_what")), its)
            self._insert(s.told, [{"account_id": owner, "what": what, "revision": revision, "at": self._now}])

    def _reach(self, job: str, revision: int) -> None:
        own = s.reached.c.job == job
        if not self._connection.execute(update(s.reached).where(own).values(revision=revision)).rowcount:
            self._insert(s.reached, [{"job": job, "revision": revision}])
