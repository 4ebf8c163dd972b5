"""How often something may happen, by whom: token buckets, in memory; and who is one at all.

Each name has a bucket of `burst` tokens, filled again at `per_s` a second; what happens takes one.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

MOST_NAMES = 20_000
"""Names remembered; those not seen for longest are forgotten, and have a full bucket again."""

Name = TypeVar("Name", bound=Hashable)


def origin(address: str) -> str:
    """What counts as one client: an IPv4 address, or the /64 that each customer of a provider has of IPv6 (RFC 6177),
    with more addresses in it than anything could count."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    return str(found.ipv4_mapped or ipaddress.IPv6Network((int(found), 64), strict=False))


@dataclass(frozen=True, slots=True)
class Rate:
    """So many at once, and so many a second in the long run."""

    burst: float
    per_s: float


class Buckets(Generic[Name]):
    """Buckets by name. Any number of threads may use them; `clock` gives seconds that never go back."""

    def __init__(self, rate: Rate, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._clock = rate, clock
        self._held: OrderedDict[Name, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait_s(self, name: Name) -> float:
        """How long until the name has a token; 0 where it has one. Takes none."""
        with self._lock:
            return self._wait_s(self._tokens(name))

    def take(self, name: Name) -> float:
        """Take a token where there is one; how long until there is one, 0 where it was taken."""
        with self._lock:
            tokens = self._tokens(name)
            if tokens >= 1:
                self._keep(name, tokens - 1)
            return self._wait_s(tokens)

    def give_back(self, name: Name) -> None:
        """Put a token back that was taken for what does not count after all."""
        with self._lock:
            self._keep(name, min(self._rate.burst, self._tokens(name) + 1))

    def _tokens(self, name: Name) -> float:
        tokens, at = self._held.get(name, (self._rate.burst, 0.0))
        return min(self._rate.burst, tokens + (self._clock() - at) * self._rate.per_s)

    def _wait_s(self, tokens: float) -> float:
        return 0.0 if tokens >= 1 else (1 - tokens) / self._rate.per_s

    def _keep(self, name: Name, tokens: float) -> None:
        self._held[name] = tokens, self._clock()
        self._held.move_to_end(name)
        if len(self._held) > MOST_NAMES:
            self._held.popitem(last=False)


class Lately(Generic[Name]):
    """The last names that were added, so many at most. A dictionary of Python's: any number of threads may use it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: dict[Name, None] = {}

    def __contains__(self, name: Name) -> bool:
        return name in self._held

    def add(self, name: Name) -> None:
        """Remember a name, and forget the one that was added first where there are too many."""
        self._held[name] = None
        if len(self._held) > self._most:
            self._held.pop(next(iter(self._held)), None)
