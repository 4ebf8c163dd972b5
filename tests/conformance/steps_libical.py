"""What libical makes of the files that are named, by Debian's Python: FIRST LAST FILES. Counts, what it finds at fault,
and when events take place from the first to before the last day; as JSON.

It knows series, exceptions and added dates; which occurrences stand on their own it is told here.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import gi

gi.require_version("ICalGLib", "3.0")
from gi.repository import ICalGLib  # noqa: E402  # after its version

COUNTED = (ICalGLib.ComponentKind.VEVENT_COMPONENT, ICalGLib.ComponentKind.VTODO_COMPONENT)


def read(path: str, first: str, last: str) -> dict[str, Any]:
    whole = ICalGLib.Component.new_from_string(Path(path).read_bytes().decode())
    # It marks what breaks the tables of RFC 5546.
    ICalGLib.restriction_check(whole)
    written = whole.as_ical_string().replace("\r\n ", "")
    parts = [part for kind in COUNTED for part in parts_of(whole, kind)]
    found = sorted({each for part in parts if part.isa() == COUNTED[0] for each in times(part, parts, first, last)})
    return {
        "faults": [line for line in written.splitlines() if line.startswith("X-LIC-ERROR")],
        "counts": Counter(ICalGLib.Component.kind_to_string(part.isa()) for part in parts),
        "times": [each for each in found if first <= each[1][:8] < last],
    }


def parts_of(whole: Any, kind: Any) -> list[Any]:
    found, part = [], whole.get_first_component(kind)
    while part is not None:
        found.append(part)
        part = whole.get_next_component(kind)
    return found


def times(part: Any, parts: list[Any], first: str, last: str) -> Iterator[tuple[str, str, str]]:
    """UIDs, starts and ends of a part's occurrences. The callback is given seconds of UTC, of floating times too."""
    start, uid = part.get_dtstart(), part.get_uid()
    form = "%Y%m%d" if start.is_date() else "%Y%m%dT%H%M%S" if start.get_timezone() is None else "%Y%m%dT%H%M%SZ"
    found: list[tuple[str, str]] = []

    def note(_part: Any, span: Any, *_data: Any) -> None:
        begun, ended = (datetime.fromtimestamp(each, UTC).strftime(form) for each in (span.get_start(), span.get_end()))
        found.append((begun, ended))

    bounds = (ICalGLib.Time.new_from_string(f"{day}T000000Z") for day in (first, last))
    part.foreach_recurrence(*bounds, note, None)
    apart = set()
    if recurrence_id(part, form) is None:
        apart = {recurrence_id(each, form) for each in parts if each.get_uid() == uid}
    yield from ((uid, begun, ended) for begun, ended in found if begun not in apart)


def recurrence_id(part: Any, form: str) -> str | None:
    """Which occurrence of its series a part is, in the form of its start: the property's zone is looked up here."""
    found = part.get_first_property(ICalGLib.PropertyKind.RECURRENCEID_PROPERTY)
    if found is None:
        return None
    zone, named = ICalGLib.Timezone.get_utc_timezone(), found.get_first_parameter(ICalGLib.ParameterKind.TZID_PARAMETER)
    if named is not None:
        zone = part.get_parent().get_timezone(named.get_tzid())
    return datetime.fromtimestamp(found.get_recurrenceid().as_timet_with_zone(zone), UTC).strftime(form)


if __name__ == "__main__":
    _first, _last, *paths = sys.argv[1:]
    sys.stdout.write(json.dumps({path: read(path, _first, _last) for path in paths}))
