"""Secrets that we make: random, so that a plain hash keeps them, with a selector that finds their row.

Those of devices are typed by hand: no capital, no 0 or O, no 1, l or i.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field

_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_SELECTOR, _SECRET, _GROUP = 6, 18, 4
"""Characters: 31 ** 18 is 89 bits, which nobody guesses."""
_TYPED = re.compile(rf"[{_ALPHABET}]{{{_SELECTOR + _SECRET}}}")
_LEFT_OUT = re.compile(r"[\s\u2010-\u2015-]+")
"""Spaces, and the hyphens that some keyboards make of one."""


@dataclass(frozen=True, slots=True)
class Token:
    """A secret as it is given out, once. `text` is how people read it."""

    selector: str
    secret: str = field(repr=False)

    @property
    def text(self) -> str:
        whole = self.selector + self.secret
        return "-".join(whole[at : at + _GROUP] for at in range(0, len(whole), _GROUP))

    @property
    def hash(self) -> str:
        """What is kept of it."""
        return hashlib.sha256(self.secret.encode()).hexdigest()

    def is_of(self, kept: str) -> bool:
        """Whether what was kept is of this secret."""
        return hmac.compare_digest(self.hash, kept)


def new_token() -> Token:
    """A new secret."""
    return Token(_some(_SELECTOR), _some(_SECRET))


def token_of(text: str) -> Token | None:
    """A secret as somebody typed it; `None` for a text that is none."""
    typed = _LEFT_OUT.sub("", text).lower()
    return Token(typed[:_SELECTOR], typed[_SELECTOR:]) if _TYPED.fullmatch(typed) else None


def _some(count: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _each in range(count))
