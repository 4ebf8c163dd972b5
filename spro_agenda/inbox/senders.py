"""Who a letter is from, as far as a mailbox can tell: what the own mail server found, and nobody else's word for it.

RFC 8601: a server that receives a letter writes what it found into a header, under its own name, and takes out those
that came with the letter under that name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import authres

from spro_agenda.model import Account

_NAME = re.compile(r'\s*"?([^\s;"]+)')


class Doubt(StrEnum):
    """Why a letter is taken for nobody's."""

    UNCLEAR = "unclear-sender"
    UNKNOWN = "unknown-sender"
    UNPROVEN = "unproven-sender"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What is asked of a letter: that the server of that name found that it comes from where it says. `server` is ""
    where nothing is asked."""

    server: str = ""

    def is_passed(self, sender: str, results: Sequence[str]) -> bool:
        """Whether a letter is believed to be from an address; `results` are its Authentication-Results, the topmost
        first.

        The topmost of the own server's alone: what stands below may have come with the letter.
        """
        if not self.server:
            return True
        own = next((each for each in results if _said_by(each) == self.server.lower()), None)
        return own is not None and _vouches(own, sender)


def accounts_of(sender: str, accounts: Sequence[Account]) -> tuple[Account, ...]:
    """The accounts that have an address: a couple of colleagues may share one."""
    return tuple(each for each in accounts if each.email and each.email.lower() == sender)


def _said_by(result: str) -> str:
    found = _NAME.match(result)
    return found[1].lower() if found else ""


def _vouches(result: str, sender: str) -> bool:
    try:
        found = authres.AuthenticationResultsHeader.parse(f"Authentication-Results: {result}").results
    except authres.AuthResError:
        return False
    if any(each.method == "dmarc" and each.result == "fail" for each in found):
        return False
    return any(each.result == "pass" and _is_aligned(each, sender) for each in found)


def _is_aligned(result: authres.AuthenticationResult, sender: str) -> bool:
    """Whether a result is about the domain that the letter says to be from (RFC 7489 section 3.1), or the very address
    where the own server let its own user send."""
    domain = sender.rpartition("@")[2]
    if result.method == "auth":
        return sender in _values(result, "smtp", "auth", "mailfrom")
    proven = {
        # Old verifiers name the user or agent alone, who is within the domain that signs (RFC 6376 section 3.5).
        "dkim": _values(result, "header", "d") or _values(result, "header", "i"),
        "spf": _values(result, "smtp", "mailfrom"),
        "dmarc": _values(result, "header", "from"),
    }
    return any(_is_related(value.rpartition("@")[2], domain) for value in proven.get(result.method, []))


def _values(result: authres.AuthenticationResult, kind: str, *names: str) -> list[str]:
    found = (each for each in result.properties if each.type == kind and each.name in names)
    return [str(each.value).strip().lower() for each in found]


def _is_related(one: str, other: str) -> bool:
    """Whether two domains are one organisation's, as far as their names tell: one is the other, or within it."""
    short, long = sorted((one, other), key=len)
    return short == long or ("." in short and long.endswith(f".{short}"))
