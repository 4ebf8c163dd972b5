"""Digests: composed for each person who is due one, sent, and remembered."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from spro_agenda.digest import Digest, Situation, digest_of
from spro_agenda.mail import LetterRefused, MailNotSent
from spro_agenda.model import Account, Frequency
from spro_agenda.post.office import ACTOR, Office
from spro_agenda.post.situation import situation_of
from spro_agenda.render.digest import digest_letter
from spro_agenda.store import Progress, Reader

_PERIOD = {
    Frequency.DAILY: timedelta(days=1),
    Frequency.WEEKLY: timedelta(days=7),
    Frequency.NEVER: timedelta(days=7),
}
"""How far back the first digest of a person goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Whose digest was sent, by login; who had nothing to be told; and whose letter was refused, with why."""

    sent: tuple[str, ...]
    empty: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]


def send_digests(
    office: Office, today: date, logins: Collection[str] | None = None, on_each: Callable[[], object] = lambda: None
) -> Outcome:
    """Send each person's digest who is due one, or those of some persons whenever they had their last. One that the
    server refuses keeps nobody else's from going, and is tried again the next time.

    Raises StoreError, and MailNotSent where the server takes no letter at all: what was not sent is sent the next time.
    """
    with office.store.read() as reader:
        days = reader.digest_days()
        accounts = [
            each
            for each in _addressed(reader, logins)
            if logins is not None or each.login not in days or days[each.login] < _due_since(each.digest, today)
        ]
        known = {each.login: reader.progress(each.login) for each in accounts}
        since = {each.login: _since(reader, each, today) for each in accounts}
    if not accounts:
        return Outcome(sent=(), empty=(), refused=())
    round_ = _Round(office, situation_of(office.store, today, _first(known, since)), is_asked=logins is not None)
    refused: dict[str, str] = {}
    came = dict[str, bool]()
    for account in accounts:
        on_each()
        try:
            told = round_.tell(account, since[account.login])
        except LetterRefused as error:
            refused[account.login] = str(error)
            continue
        if told is not None:
            came[account.login] = told
    return Outcome(
        sent=tuple(login for login, told in came.items() if told),
        empty=tuple(login for login, told in came.items() if not told),
        refused=tuple(refused.items()),
    )


@dataclass(frozen=True, slots=True)
class _Round:
    """One sending of digests. `is_asked`: they are sent to whoever had one already, too."""

    office: Office
    situation: Situation
    is_asked: bool

    def tell(self, account: Account, since: int) -> bool | None:
        """Whether there was something to tell somebody, who now knows it; `None` where somebody else does so.

        Raises MailNotSent: nothing is remembered then.
        """
        store, today = self.office.store, self.situation.today
        with store.write(ACTOR) as writer:
            progress = writer.claim_digest(account.login, due=not self.is_asked, day=_due_since(account.digest, today))
        if progress is None:
            return None
        digest = digest_of(self.situation, self.office.reader(account, self.situation.region), progress, since)
        try:
            if digest.sections:
                self.office.send(digest_letter(digest, self.office.links_of(account)))
        except MailNotSent:
            with store.write(ACTOR) as writer:
                writer.release_digest(account.login)
            raise
        with store.write(ACTOR) as writer:
            until = max(self.situation.until, progress.revision or 0)
            writer.end_digest(account.login, until, today, digest.names)
        return bool(digest.sections)


def digests(office: Office, today: date, logins: Collection[str] | None = None) -> tuple[Digest, ...]:
    """What each person, or some, would be told now, whether they are due a digest or not; nothing is remembered.
    Without persons named, of those alone who want digests. Raises StoreError."""
    with office.store.read() as reader:
        accounts = [
            each
            for each in reader.accounts()
            if (each.login in logins if logins is not None else each.digest is not Frequency.NEVER)
        ]
        known = {each.login: reader.progress(each.login) for each in accounts}
        since = {each.login: _since(reader, each, today) for each in accounts}
    situation = situation_of(office.store, today, _first(known, since))
    return tuple(
        digest_of(situation, office.reader(each, situation.region), known[each.login], since[each.login])
        for each in accounts
    )


def _addressed(reader: Reader, logins: Collection[str] | None) -> Iterator[Account]:
    """Who may be sent digests."""
    for each in reader.accounts():
        if each.email and each.digest is not Frequency.NEVER and (logins is None or each.login in logins):
            yield each


def _due_since(frequency: Frequency, today: date) -> date:
    """Who had a digest on that day, or later, is due none today: a week begins on Monday."""
    return today if frequency is Frequency.DAILY else today - timedelta(days=today.weekday())


def _since(reader: Reader, account: Account, today: date) -> int:
    """The revision as of which somebody knows the events who was told nothing yet."""
    zone = reader.region().time_zone
    return reader.last_revision(before=datetime.combine(today - _PERIOD[account.digest], time(), zone))


def _first(known: dict[str, Progress], since: dict[str, int]) -> int:
    """The first revision that anybody needs."""
    needed = (each.revision if each.revision is not None else since[login] for login, each in known.items())
    return min(needed, default=0)
