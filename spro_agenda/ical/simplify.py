"""An object's text as vobject reads and expands it, where the sender's own would stop it.

What is stored and given back is the sender's text; this one is only for filters and expansion.
"""

from __future__ import annotations

import re

from spro_agenda.ical.lines import Component, Line, parse
from spro_agenda.ical.write import Rewrite, calendar_text
from spro_agenda.ical.zones import zones_of

_PERIOD = re.compile(r";VALUE=PERIOD(?![^;])", re.IGNORECASE)


def simplified(body: bytes) -> bytes:
    """The text with the starts of its RDATE periods for the periods, and a first component that is a master.

    vobject reads no period, and expands no invitation to one instance of a series (a lone RECURRENCE-ID): one such
    object would be an error for its whole calendar. Any other text comes back as it is. Raises BadCalendar.
    """
    tree = parse(body, "")[0]
    held = [child for child in tree.children if child.name != "VTIMEZONE"]
    alone = all(component.first("RECURRENCE-ID") for component in held)
    if not alone and not any(_is_period(line) for component in held for line in component.lines):
        return body
    zones = zones_of(tree, "")

    def rewrite(index: int, component: Component) -> Rewrite:
        dropped = {"RDATE", "RECURRENCE-ID"} if alone and index == 0 else {"RDATE"}
        dates = tuple(_starts(zones.renamed(line)) for line in component.lines if line.name == "RDATE")
        return Rewrite(frozenset(dropped), dates)

    return calendar_text((), [(body, rewrite)])


def _is_period(line: Line) -> bool:
    return line.name == "RDATE" and _PERIOD.search(line.params) is not None


def _starts(line: Line) -> Line:
    if not _is_period(line):
        return line
    starts = ",".join(period.partition("/")[0] for period in line.value.split(","))
    return Line(line.number, line.name, _PERIOD.sub("", line.params), starts)
