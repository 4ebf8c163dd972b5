"""How often passwords are tried, and who came when: what the check of a password remembers besides passwords.

A password that people choose costs a twentieth of a second to check, so a guess is slowed by account, by address and
in all; what is known to be right is never slowed, whoever guesses meanwhile. Logins that do not exist are slowed alike.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import timedelta

from spro_agenda.background import Late, in_a_line
from spro_agenda.errors import SproError, TooManyTries
from spro_agenda.rates import Buckets, Lately, Rate, origin
from spro_agenda.store import Actor, Login, Store
from spro_agenda.store.devices import HOUR_S

logger = logging.getLogger(__name__)

BY_ADDRESS = Rate(burst=30, per_s=0.2)
"""An office may be one address: twenty people whose telephones try an old password every five minutes."""

BY_ACCOUNT = Rate(burst=20, per_s=1 / 30)
"""A person's applications may all come at once, and each opens several connections."""

IN_ALL = Rate(burst=60, per_s=4)
"""A fifth of a processor, whatever the number of addresses; as much again for the addresses that people came from
lately, so that guesses from elsewhere never shut those out whom a process that has just begun does not know yet. By
address: a share for logins would tell which ones there are."""

LATELY = timedelta(weeks=8)
"""A summer, and more."""

MOST_KNOWN = 5_000


@dataclass(frozen=True, slots=True)
class Try:
    """A password that is being tried, and what that took."""

    taken: tuple[tuple[Buckets[str], str], ...]

    def give_back(self) -> None:
        """It was no guess."""
        for buckets, name in self.taken:
            buckets.give_back(name)


class Guesses:
    """The failures of late. Any number of threads may use it.

    A try is counted before the password is looked at: of many at once, no more are looked at than of many in turn.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._by_address = Buckets[str](BY_ADDRESS, clock)
        self._by_account = Buckets[str](BY_ACCOUNT, clock)
        self._in_all = Buckets[str](IN_ALL, clock)
        self._trusted = Lately[tuple[str, str]](MOST_KNOWN)

    def begin(self, login: str, address: str, places: Container[str] = ()) -> Try:
        """Count a try. `places` are the origins of those who came lately.

        Raises TooManyTries where the password may not be looked at; then nothing is counted.
        """
        place = origin(address)
        own, taken = [(self._by_address, place)], list[tuple[Buckets[str], str]]()
        if (login, place) not in self._trusted:
            # Who guesses from elsewhere does not shut a person out of the places where they always are.
            own.append((self._by_account, login))
        for buckets, name in (*own, (self._in_all, "known" if place in places else "")):
            wait_s = buckets.take(name)
            if wait_s:
                Try(tuple(taken)).give_back()
                raise TooManyTries(wait_s)
            taken.append((buckets, name))
        # Looking at it costs the same, right or wrong.
        return Try(tuple(own))

    def failed(self, login: str, address: str) -> None:
        """A password was wrong. From a trusted place, too, it is a guess at the account."""
        if (login, origin(address)) in self._trusted:
            self._by_account.take(login)

    def succeeded(self, login: str, address: str) -> None:
        """A password was right."""
        self._trusted.add((login, origin(address)))


class Comings:
    """Who came, told to the store by a thread of its own: no request waits for that, nor for the region's lock."""

    EVERY_S = 30

    def __init__(self, opened: Callable[[], Store]) -> None:
        self._opened = opened
        self._lock = threading.Lock()
        self._last: dict[tuple[str, str], int] = {}
        self._came: dict[tuple[str, str], Login] = {}
        self._failed: Counter[tuple[str, str]] = Counter()
        self._telling = Late("logins", self._tell_or_log)

    def came(self, login: Login) -> None:
        """A person came. At most one time an hour is told of each of their devices."""
        who = login.login, login.selector
        with self._lock:
            if login.at - self._last.get(who, 0) < HOUR_S:
                return
            self._last[who] = login.at
            self._came[who] = login
        self._telling.begin(self.EVERY_S)

    def failed(self, login: str, address: str) -> None:
        """Somebody tried to be a person. `login` is "" where there is nobody of that name: it may be a password that
        was typed in the wrong place."""
        with self._lock:
            self._failed[login, address] += 1
        self._telling.begin(self.EVERY_S)

    def tell(self) -> None:
        """Tell the store what is new. What cannot be told now is told at the next time."""
        with self._lock:
            came, failed = self._came, self._failed
            self._came, self._failed = {}, Counter()
        now = int(time.time())
        logins = [
            *came.values(),
            *(Login(login=who, at=now, address=where, failures=count) for (who, where), count in failed.items()),
        ]
        if not logins:
            return
        try:
            with self._opened().write(Actor(agent="spro-agenda serve")) as writer:
                writer.note_logins(logins)
        except SproError as error:
            logger.warning("who came is not written down yet: %s", in_a_line(error))
            with self._lock:
                self._came = came | self._came
                self._failed += failed

    def _tell_or_log(self) -> None:
        try:
            self.tell()
        except Exception as error:  # noqa: BLE001  # whatever it is, who comes next is told of
            logger.error("who came will not be written down: %s: %s", type(error).__name__, error)
