"""The agenda and its clashes as JSON: a promise to scripts.

One object, `"version": 1`, lists in agenda order, times in RFC 3339 with offset, days as `YYYY-MM-DD`, `end` exclusive
as in iCalendar, absent values `null`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from spro_agenda.agenda import Agenda, Item
from spro_agenda.clashes import remembered, sentence
from spro_agenda.model import Clash, Event, Occurrence, Standing, State, Window
from spro_agenda.region.records import Region
from spro_agenda.render.standing import as_json
from spro_agenda.sources import Reading

VERSION = 1


def render(agenda: Agenda) -> bytes:
    """`events`, `undated`, `clashes`, `sources`."""
    return document_bytes(
        {
            "version": VERSION,
            "events": [_event(item) for item in agenda.items],
            "undated": [_event(item) for item in agenda.undated],
            "clashes": [clash_record(clash, agenda.state_of(clash), agenda.region) for clash in agenda.clashes],
            "sources": [source_as_json(reading) for reading in agenda.readings],
        }
    )


def render_clashes(agenda: Agenda, gone: Sequence[tuple[Standing, Sequence[Event | None]]] = ()) -> bytes:
    """`clashes` and `sources` alone; those that are gone last, each with its events."""
    return document_bytes(
        {
            "version": VERSION,
            "clashes": [*_lives(agenda), *(gone_record(*each, agenda.region) for each in gone)],
            "sources": [source_as_json(reading) for reading in agenda.readings],
        }
    )


def document_bytes(document: dict[str, Any]) -> bytes:
    """A document as UTF-8, for people to read too."""
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def _event(item: Item) -> dict[str, Any]:
    event = item.event
    start, end = _times(item)
    return {
        "id": item.key.id,
        "network": event.key.network,
        "site": event.site,
        "uid": event.key.uid,
        "recurrence_id": item.key.recurrence_id or None,
        "title": event.title,
        "start": start,
        "end": end,
        "all_day": item.occurrence.all_day if item.occurrence else None,
        "status": event.status or None,
        "location": event.location or None,
        "town": event.town,
        "themes": list(event.themes),
        "speakers": list(event.speakers),
        "partners": list(event.partners),
        "publics": list(event.publics),
        "open_to": event.open_to if isinstance(event.open_to, str) else list(event.open_to),
        "scope": event.scope.value,
        "highlight": event.highlight,
        "date_words": event.date_words,
        "window": window_as_json(event.window),
        "edtf": event.edtf,
        "url": event.url,
        "clashes": [clash.id for clash in item.clashes],
        "participants": list(item.participants),
    }


def _times(item: Item) -> tuple[str | None, str | None]:
    if item.occurrence is None or item.start is None or item.end is None:
        return None, None
    return moment_as_json(item.start, item.occurrence), moment_as_json(item.end, item.occurrence)


def moment_as_json(moment: datetime, occurrence: Occurrence) -> str:
    return moment.date().isoformat() if occurrence.all_day else moment.isoformat()


def window_as_json(window: Window | None) -> dict[str, str] | None:
    """A window's days, both inclusive."""
    return {"start": window.start.isoformat(), "end": window.end.isoformat()} if window else None


def _lives(agenda: Agenda) -> list[dict[str, Any]]:
    return [
        life_record(clash, agenda.state_of(clash), agenda.standing_of(clash), agenda.region) for clash in agenda.clashes
    ]


def life_record(clash: Clash, state: State, standing: Standing | None, region: Region) -> dict[str, Any]:
    """One clash as it stands, and what was said of it."""
    return clash_record(clash, state, region) | as_json(standing, region)


def clash_record(clash: Clash, state: State, region: Region) -> dict[str, Any]:
    """One clash as it stands."""
    return {
        "id": clash.id,
        "kind": clash.kind.value,
        "also": [kind.value for kind in clash.also],
        "weight": clash.weight.value,
        "key": clash.key,
        "state": state.value,
        "dates": [day.isoformat() for day in clash.dates],
        "count": clash.count,
        "members": [member_as_json(member, region.time_zone) for member in clash.members],
        "question": clash.question,
        "sentence": sentence(clash),
    }


def gone_record(standing: Standing, events: Sequence[Event | None], region: Region) -> dict[str, Any]:
    """A clash that is gone; of its events, those that are still seen have a title."""
    gone_at = standing.gone_at.astimezone(region.time_zone) if standing.gone_at else None
    return {
        "id": standing.id,
        "kind": standing.kind.value,
        "also": [],
        "weight": None,
        "key": standing.key,
        "state": State.GONE.value,
        "dates": [],
        "count": len(standing.events),
        "members": [
            {
                "id": key.id,
                "network": key.network,
                "site": event.site if event else None,
                "uid": key.uid,
                "recurrence_id": None,
                "title": event.title if event else None,
                "start": None,
                "end": None,
            }
            for key, event in zip(standing.events, events, strict=True)
        ],
        "question": None,
        "sentence": remembered(standing, events),
        "gone_at": gone_at.isoformat(timespec="seconds") if gone_at else None,
        **as_json(standing, region),
    }


def member_as_json(member: Occurrence, zone: ZoneInfo) -> dict[str, Any]:
    """One occurrence of several, by what tells it from others; times in the zone."""
    event = member.event
    return {
        "id": member.key.id,
        "network": event.key.network,
        "site": event.site,
        "uid": event.key.uid,
        "recurrence_id": member.key.recurrence_id or None,
        "title": event.title,
        "start": moment_as_json(member.start.astimezone(zone), member),
        "end": moment_as_json(member.end.astimezone(zone), member),
    }


def source_as_json(reading: Reading) -> dict[str, Any]:
    """What came of a calendar that was read."""
    return {
        "name": reading.source,
        "events": len(reading.entries),
        "error": str(reading.error) if reading.error else None,
    }
