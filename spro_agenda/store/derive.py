"""What follows from an object's text: the rows that can be rebuilt from it. `writer` stores them, `check` compares.

A series is told up to the horizon, what happens once whenever it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from spro_agenda.clashes import IndexKey, index_keys, window_keys
from spro_agenda.ical.outside import outside_source
from spro_agenda.ical.read import Part
from spro_agenda.model import Event, Occurrence, Visibility
from spro_agenda.recurrence import FIRST_DAY, LAST_DAY, Span, instances, spans
from spro_agenda.recurrence import extent as series_extent
from spro_agenda.region.entry import Entry, outside
from spro_agenda.region.fingerprint import fingerprint
from spro_agenda.store.ranges import task_times
from spro_agenda.store.schema import LONG_S

Row = dict[str, Any]

BUSY, TENTATIVE, FREE = "BUSY", "BUSY-TENTATIVE", ""
"""Values of `occurrence.fbtype`: RFC 5545 section 3.2.9; what takes nobody's time is no busy time at all."""

_LONGEST_KEY = 500
"""In bytes: an entry of PostgreSQL's indexes has room for 2,700, of which a place has no need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """Columns of the object's own row, and the rows of the tables that refer to it, without `object_id` and
    `calendar_id`."""

    columns: Row
    parts: tuple[Row, ...]
    occurrences: tuple[Row, ...]
    keys: tuple[Row, ...]


def derive(entry: Entry, horizon: tuple[date, date], body_outside: bytes | None = None) -> Derived:
    """All that follows from an entry, and from the text that the view from outside has in its place, where that is
    another; `horizon` are days, both inclusive."""
    repeats = any(part.repeats for part in entry.obj.parts)
    days = horizon if repeats else (FIRST_DAY, LAST_DAY)
    found = spans(entry.obj, entry.region.time_zone, *days)
    occurrences = tuple(_task_rows(entry, found, *days) if entry.obj.component == "VTODO" else event_rows(entry, found))
    # By identity: some clients name one instance twice, in two zones.
    parts = {event.recurrence_id: _part_row(event) for event in entry.events}
    return Derived(
        columns=_columns(entry, occurrences, body_outside, repeats=repeats),
        parts=tuple(parts.values()),
        occurrences=occurrences,
        keys=tuple(_keys(entry, found, days)),
    )


def _keys(entry: Entry, found: Iterable[Span], days: tuple[date, date]) -> Iterator[Row]:
    """The rows of `occurrence_key`: of what everybody sees. What is of no network, in a personal calendar, competes
    with nothing."""
    seen = outside(entry) if entry.key.network else None
    if seen is None:
        return
    if window := seen.over_its_window():
        yield from _key_rows(window, window_keys(window, seen.region), vague=True)
    elif _is_dated(seen):
        for each in seen.occurrences_of(found) if seen is entry else seen.occurrences(*days):
            yield from _key_rows(each, index_keys(each, seen.region), vague=False)


def event_rows(entry: Entry, found: Iterable[Span]) -> Iterator[Row]:
    """The rows of `occurrence` for spans of an event."""
    in_agenda = _is_dated(entry)
    for span in found:
        start_s, end_s = int(span.start.timestamp()), int(span.end.timestamp())
        row = _row(entry, span, (start_s, end_s), in_agenda=in_agenda)
        yield row | {"fbtype": _fbtype(span.part) if in_agenda and entry.obj.component == "VEVENT" else FREE}


def _is_dated(entry: Entry) -> bool:
    """Whether an agenda shows it on its dates."""
    return not entry.is_vague and not entry.is_undated


def etag_of(body: bytes) -> str:
    """A quoted strong entity tag: equal texts have the same."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


DERIVED_COLUMNS = (
    "uid",
    "component",
    "etag",
    "visibility",
    "etag_outside",
    "sequence",
    "repeats",
    "first_s",
    "last_s",
    "fingerprint",
)
"""The columns of an object that follow from its text."""


def _columns(entry: Entry, occurrences: Iterable[Row], body_outside: bytes | None, *, repeats: bool) -> Row:
    if repeats:
        begins, ends = series_extent(entry.obj, entry.region.time_zone)
        first_s = int(begins.timestamp()) if begins else None
        last_s = int(ends.timestamp()) if ends else None
    else:
        first_s = min((row["start_s"] for row in occurrences), default=None)
        last_s = max((row["end_s"] for row in occurrences), default=None)
    return {
        "uid": entry.obj.uid,
        "component": entry.obj.component,
        "etag": etag_of(entry.obj.body),
        "visibility": entry.visibility.value,
        "etag_outside": _etag_outside(entry) if body_outside is None else etag_of(body_outside),
        "sequence": max(part.sequence for part in entry.obj.parts),
        "repeats": repeats,
        "first_s": first_s,
        "last_s": last_s,
        "fingerprint": fingerprint(entry),
    }


def _etag_outside(entry: Entry) -> str | None:
    is_masked = entry.visibility is Visibility.CONFIDENTIAL
    return etag_of(outside_source(entry.obj.body)) if is_masked else None


def _part_row(event: Event) -> Row:
    return {
        "recurrence_id": event.recurrence_id,
        "title": event.title,
        "status": event.status,
        "date_words": event.date_words,
        "window_from": event.window.start.toordinal() if event.window else None,
        "window_to": event.window.end.toordinal() if event.window else None,
        "edtf": event.edtf,
    }


def _task_rows(entry: Entry, found: Iterable[Span], first: date, last: date) -> Iterable[Row]:
    """A row for each instance that may meet a range, with days where an agenda shows it."""
    zone = entry.region.time_zone
    by_id = {span.recurrence_id: span for span in found}
    rows = {}
    for each in instances(entry.obj, zone, first, last):
        span = by_id.get(each.recurrence_id)
        if span is not None or (each.start is None and each.end is None):
            extent_s = task_times(each, zone).extent
            rows[each.recurrence_id] = _undated_row(entry, each.part, each.recurrence_id, extent_s)
            if span is not None:
                rows[each.recurrence_id] = _row(entry, span, extent_s, in_agenda=not entry.is_undated)
    return rows.values()


def _row(entry: Entry, span: Span, times: tuple[int, int], *, in_agenda: bool) -> Row:
    return {
        **_undated_row(entry, span.part, span.recurrence_id, times),
        "day_from": span.first_day.toordinal() if in_agenda else None,
        "day_to": span.last_day.toordinal() if in_agenda else None,
        "all_day": span.all_day,
        "floating": span.floating,
    }


def _undated_row(entry: Entry, part: Part, recurrence_id: str, times: tuple[int, int]) -> Row:
    start_s, end_s = times
    return {
        "recurrence_id": recurrence_id,
        "part": next(index for index, each in enumerate(entry.obj.parts) if each is part),
        "long": end_s - start_s > LONG_S,
        "start_s": start_s,
        "end_s": end_s,
        "day_from": None,
        "day_to": None,
        "all_day": False,
        "floating": False,
        "fbtype": FREE,
    }


def _fbtype(part: Part) -> str:
    if part.transparent or part.status == "CANCELLED":
        return FREE
    return TENTATIVE if part.status == "TENTATIVE" else BUSY


def _key_rows(each: Occurrence, keys: Iterable[IndexKey], *, vague: bool) -> Iterator[Row]:
    for key in sorted(set(keys)):
        yield {
            "recurrence_id": each.key.recurrence_id,
            "kind": key.kind.value,
            "key": _indexed(key.text),
            "sought": _indexed(key.sought),
            "at": key.at,
            "vague": vague,
            "long": key.end_s - key.start_s > LONG_S,
            "start_s": key.start_s,
            "end_s": key.end_s,
        }


def _indexed(text: str) -> str:
    """A key as the index holds it: equal texts alike, whatever their length. No one reads it."""
    data = text.encode()
    return text if len(data) <= _LONGEST_KEY else f"sha256:{hashlib.sha256(data).hexdigest()}"
