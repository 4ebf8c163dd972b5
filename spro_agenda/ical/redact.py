"""An event that was redacted: its times, and a title of ours in place of all that anybody wrote."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from spro_agenda.i18n import _
from spro_agenda.ical.bare import bared, defined, held, sequence_of
from spro_agenda.ical.lines import Component, Line, parse
from spro_agenda.ical.write import raw_line, text_line

TITLE = _("Texte retiré")
"""What stands in place of the title."""

_OWN_ZONE = re.compile(r"zone-[0-9a-f]{16}")


def redacted(body: bytes, at: datetime) -> bytes:
    """The text of an event as redacted at that moment: UID, times, status, one SEQUENCE more, and a title of ours.

    `body` is one that `read_object` takes; so is the result. Redacted twice, a text differs in DTSTAMP and SEQUENCE.
    """
    sequence = max(map(sequence_of, held(parse(body, "")[0]))) + 1

    def added(_component: Component) -> Iterator[Line]:
        yield raw_line("DTSTAMP", f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}")
        yield raw_line("SEQUENCE", str(sequence))
        yield text_line("SUMMARY", TITLE)

    return defined(bared(body, added))


def is_redacted(body: bytes) -> bool:
    """Whether there is nothing left to redact in a text."""
    return _without_stamps(redacted(body, datetime.fromtimestamp(0, UTC))) == _without_stamps(body)


def _without_stamps(body: bytes) -> list[str]:
    lines = (line for part in parse(body, "")[0].walk() for line in part.lines)
    # A zone of ours is called by what its definition is, its name included.
    return [_OWN_ZONE.sub("zone", line.text) for line in lines if line.name not in ("DTSTAMP", "SEQUENCE")]
