"""What cannot wait for a digest: an action of the next days that is cancelled or moved, told to those who take part."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from spro_agenda.digest.changes import Change, What
from spro_agenda.model import ALL, Account, Event, Frequency

WITHIN = timedelta(days=7)


def is_urgent(change: Change, today: date) -> bool:
    """Whether it touches a day of the next seven."""
    return (
        change.what in (What.MOVED, What.CANCELLED)
        and change.soonest is not None
        and today <= change.soonest <= today + WITHIN
    )


def concerned(change: Change, account: Account, participants: Collection[str]) -> bool:
    """Whether a person is to hear of it at once: a coordinator or member of the team of a network that takes part or
    may, unless all of it is the person's own doing, or no news are wanted."""
    if account.digest is Frequency.NEVER or not account.email or change.logins <= {account.login}:
        return False
    event = change.event
    return account.may_write(event.key.network) or any(
        takes_part(event, network, participants) for network in account.networks
    )


def takes_part(event: Event, network: str, participants: Collection[str]) -> bool:
    """Whether another network's people may be there: it is open to them."""
    return event.open_to == ALL or network in event.open_to or network in participants
