"""How many requests a client may send: so many at once, then so many a second, in each worker.

A person has an allowance of their own at each address, once a password was right there. Everybody else at an address
shares one: whoever guesses passwords, or asks without any, takes nothing from those who are known.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from spro_agenda.model import folded_login
from spro_agenda.rates import Buckets, Lately, Rate, origin
from spro_agenda.request import Request

ALLOWED = Rate(burst=2000, per_s=50)
"""A first synchronisation that fetches ten thousand events one by one may go on."""

FEEDS = "/.web/f/"
"""Feeds have no limit: Thunderbird disables a calendar for good after one refusal."""

MOST_KNOWN = 20_000


class Allowance:
    """The allowances of each client. Any number of threads may use it; `clock` gives seconds that never go back."""

    def __init__(self, rate: Rate = ALLOWED, clock: Callable[[], float] = time.monotonic) -> None:
        self._people = Buckets[tuple[str, str]](rate, clock)
        self._strangers = Buckets[str](rate, clock)
        self._known = Lately[tuple[str, str]](MOST_KNOWN)

    def take(self, environ: Mapping[str, Any], address: str) -> float:
        """Count a request. How many seconds it must wait; 0 where it may be served."""
        if environ["PATH_INFO"].startswith(FEEDS):
            return 0.0
        who = login_of(environ), origin(address)
        return self._people.take(who) if who in self._known else self._strangers.take(who[1])

    def answered(self, environ: Mapping[str, Any], request: Request, status: int) -> None:
        """Learn who was let in: that alone tells that a password was right. One that was wrong counts twice."""
        who = request.login, origin(request.address)
        if not request.login:
            if status == HTTPStatus.UNAUTHORIZED and login_of(environ):
                self._strangers.take(who[1])
        elif who not in self._known:
            self._known.add(who)


def login_of(environ: Mapping[str, Any]) -> str:
    """The login that a request claims, "" for none: credentials that are none were taken out (`guards.tidy`)."""
    kind, _space, credentials = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    if kind != "Basic":
        return ""
    return folded_login(base64.b64decode(credentials.strip()).partition(b":")[0].decode("utf-8", "replace"))
