"""A confidential event as the view from outside has it: that somebody is busy, and when."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from spro_agenda.i18n import _
from spro_agenda.ical.bare import bared, defined, sequence_of
from spro_agenda.ical.lines import Component, Line
from spro_agenda.ical.write import raw_line, text_line

TITLE = _("Occupé")
"""What stands in place of the title."""

_STAMP = re.compile(r"\d{8}T\d{6}Z", re.ASCII)


@lru_cache(maxsize=1000)
def seen_outside(body: bytes) -> bytes:
    """The text of a confidential event as it is seen from outside: UID, times and status, and a title of ours.

    `body` is one that `read_object` takes; so is the result, its components in the same order. What is seen so, seen so
    again, is the same.
    """
    # Clients ask for the same ones again and again, at a millisecond each.
    return defined(bared(body, _added))


def outside_source(body: bytes) -> bytes:
    """What of a text decides how it is seen from outside: equal ones are seen alike. Definitions of time zones, which
    change with the world's laws, are no part of it."""
    return bared(body, _added)


def _added(component: Component) -> Iterator[Line]:
    stamp = component.first("DTSTAMP")
    if stamp is not None and _STAMP.fullmatch(stamp.value):
        yield raw_line("DTSTAMP", stamp.value)
    yield raw_line("SEQUENCE", str(sequence_of(component)))
    yield raw_line("CLASS", "CONFIDENTIAL")
    yield text_line("SUMMARY", TITLE)
