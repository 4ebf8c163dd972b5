"""E-mail addresses and telephone numbers in texts that are read beyond the networks.

Each expression looks at a text once: a place of forty thousand characters costs no more than forty thousand looks.
"""

from __future__ import annotations

import re
import unicodedata

MASK = "…"
"""What stands in place of one."""

_AT = r"(?:@|\(at\)|\[at\]|\(arobase\)|&#64;|%40)"
_LOCAL = r"[\w.!#$%&'*+/=?^`{|}~-]"
_ADDRESS = re.compile(
    rf"""(?:mailto:)?(?:(?<!{_LOCAL}){_LOCAL}{{1,64}}|"[^"\n]{{1,64}}")\s?{_AT}\s?[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{1,8}}""",
    re.IGNORECASE,
)
_RUN = re.compile(r"(?:tel:)?(?<![\d+])(?:\(|\+\s?\(?)?\d(?:[\s.\-‐-―·_/()]{0,3}\d){8,14}(?!\d)", re.IGNORECASE)
"""Nine to fifteen digits, whatever stands between them but letters."""
_DAY = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-](?:19|20)\d\d|(?:19|20)\d\d-\d\d")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))


def without_contacts(text: str) -> str:
    """The text with a mark in place of each; in full-width or invisible signs, too."""
    if not any(sign.isdigit() or sign in "@%&([" for sign in text):
        return text
    plain = unicodedata.normalize("NFKC", text.translate(_INVISIBLE))
    masked = _RUN.sub(_masked, _ADDRESS.sub(MASK, plain))
    return text if masked == plain else masked


def has_contacts(text: str) -> bool:
    """Whether there is one in a text."""
    return without_contacts(text) != text


def _masked(found: re.Match[str]) -> str:
    """A run of digits, or a mark where it is a telephone number: it begins with 0, or names a country."""
    run = found[0]
    digits = re.sub(r"\D", "", run)
    is_number = digits.startswith(("0", "33")) or "+" in run
    return MASK if is_number and not _DAY.search(run) else run
