"""E-mail addresses and telephone numbers in texts that are read beyond the networks."""

from __future__ import annotations

import re

MASK = "…"
"""What stands in place of one."""

_ADDRESS = re.compile(r"(?:mailto:)?[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
_NUMBER = re.compile(
    # 02 37 18 90 00, 02.37.18.90.00, 0237189000, +33 (0)2 37 18 90 00, 0033 2…
    r"(?:tel:)?(?<![\w+])(?:(?:\+|00)\d{1,3}[\s./-]*(?:\(0\)[\s./-]*)?[1-9]|0[1-9])(?:[\s./-]*\d\d){4}(?!\w)"
    # 39 39, 0 800 123 456, 3949
    r"|(?:tel:)?(?<![\w+])0[\s.]?8\d\d(?:[\s.]?\d{3}){2}(?!\w)"
    # Any other number that names its country.
    r"|(?:tel:)?(?<![\w+])\+\d{1,3}(?:[\s./()-]*\d){6,12}(?!\w)",
    re.IGNORECASE,
)


def without_contacts(text: str) -> str:
    """The text with a mark in place of each."""
    return _NUMBER.sub(MASK, _ADDRESS.sub(MASK, text))


def has_contacts(text: str) -> bool:
    """Whether there is one in a text."""
    return _ADDRESS.search(text) is not None or _NUMBER.search(text) is not None
