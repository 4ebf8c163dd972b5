"""What cannot wait for a digest: noted after the write, in no hurry of its own, and told within a minute."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta

from spro_agenda.digest import Change, changes_of, concerned, is_urgent, passages
from spro_agenda.digest.digest import change_line
from spro_agenda.mail import LetterRefused
from spro_agenda.model import Account, EventKey
from spro_agenda.post.office import ACTOR, Office
from spro_agenda.render.digest import urgent_letter
from spro_agenda.store import Reader
from spro_agenda.store.news import about

JOB = "urgent"
QUIET, PATIENCE = timedelta(seconds=15), timedelta(seconds=40)
"""It is waited until nobody has written for so long, so that what is undone at once is told to nobody; and no longer
than that."""

STALE = timedelta(days=1)
"""What was written before that is told by nobody at once any more."""


def send_notices(office: Office, now: datetime, *, waiting: bool = False) -> tuple[tuple[str, str], ...]:
    """Tell people at once of what was cancelled or moved within the next days; whose letter was refused, with why.

    `waiting` is whether somebody who writes is given the time to think again. Raises StoreError, MailNotSent; what was
    not sent is tried again, ten minutes later.
    """
    if not waiting or _is_quiet(office, now):
        _queue(office, now)
    with office.store.read() as reader:
        logins = reader.awaiting_notice(now)
    return tuple(refused for login in logins for refused in _tell(office, login, now))


def _is_quiet(office: Office, now: datetime) -> bool:
    with office.store.read() as reader:
        written = reader.written_since(_looked_at(reader, now))
    return written is None or now - written[1] >= QUIET or now - written[0] >= PATIENCE


def _looked_at(reader: Reader, now: datetime) -> int:
    """The revision from which there is something to look at."""
    return max(reader.reached(JOB), reader.last_revision(before=now - STALE))


def _queue(office: Office, now: datetime) -> None:
    """Note whom to tell of what was written since this was last looked at."""
    with office.store.read() as reader:
        reached, until = reader.reached(JOB), reader.last_revision()
        if until <= reached:
            return
        since = _looked_at(reader, now)
        found = changes_of(passages(reader.revisions_since(since)), reader.region(), _today(reader, now))
        urgent = [each for each in found if is_urgent(each, _today(reader, now))]
        notices = list(_notices(reader, urgent, since))
    with office.store.write(ACTOR) as writer:
        writer.queue_notices(JOB, reached, until, notices)


def _notices(reader: Reader, urgent: Iterable[Change], since: int) -> Iterator[tuple[str, EventKey, int]]:
    participants, accounts = reader.participants(), reader.accounts()
    for change in urgent:
        for account in accounts:
            if concerned(change, account, participants.get(change.key, ())):
                progress = reader.progress(account.login)
                known = max(since, progress.revision or 0, progress.told.get(about(change.key), 0))
                if known < change.revision:
                    yield account.login, change.key, known


def _tell(office: Office, login: str, now: datetime) -> Iterator[tuple[str, str]]:
    """Tell one person what waits for them, as it is by now."""
    with office.store.write(ACTOR) as writer:
        events = writer.claim_notices(login)
    with office.store.read() as reader:
        account, region = reader.account(login), reader.region()
        participants = reader.participants()
        changes = list(_changes(reader, events, account, now))
    if changes:
        reading = office.reader(account, region)
        lines = {each: change_line(each, reading, participants.get(each.key, ())) for each in changes}
        try:
            office.send(urgent_letter(account, lines, region, office.links_of(account)))
        except LetterRefused as error:
            yield login, str(error)
            return
    with office.store.write(ACTOR) as writer:
        writer.end_notices(login, events, {each.key: each.revision for each in changes})


def _changes(reader: Reader, events: Mapping[EventKey, int], account: Account, now: datetime) -> Iterator[Change]:
    participants, today = reader.participants(), _today(reader, now)
    told = set[EventKey]()
    for event, known in events.items():
        for each in changes_of(passages(reader.revisions_since(known, event.uid)), reader.region(), today):
            is_theirs = concerned(each, account, participants.get(each.key, ()))
            if is_theirs and is_urgent(each, today) and each.key not in told:
                told.add(each.key)
                yield each


def _today(reader: Reader, now: datetime) -> date:
    return now.astimezone(reader.region().time_zone).date()
