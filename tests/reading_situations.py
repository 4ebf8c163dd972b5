"""Situations as `tests/situations/README.md` has them: events in, findings out."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from agendas import CALENDARS, split

from spro_agenda.ical.read import read_object
from spro_agenda.ical.write import text_line
from spro_agenda.region.entry import Entry, entry_of
from spro_agenda.region.load import parse_region
from spro_agenda.region.records import Region

FOLDER = Path(__file__).parent / "situations"
AS_OF = date(2021, 6, 21)

_REGION = (CALENDARS / "region.toml").read_text("utf-8")
_TEXTS = {"summary": "SUMMARY", "location": "LOCATION", "description": "DESCRIPTION"}
_PLAIN = {"status": "STATUS", "class": "CLASS", "rrule": "RRULE"}
_TIMES = {"start": "DTSTART", "end": "DTEND", "exdate": "EXDATE", "rdate": "RDATE"}


@dataclass(frozen=True)
class Expected:
    """A clash that must be found; `dates` is `None` where the file says nothing of them."""

    kind: str
    also: frozenset[str]
    weight: str
    members: frozenset[str]
    dates: tuple[date, ...] | None
    question: str | None


@dataclass(frozen=True)
class Situation:
    """What a file says."""

    says: str
    rule: str
    as_of: date
    checks: frozenset[str]
    region: Region
    entries: tuple[Entry, ...]
    clashes: tuple[Expected, ...]
    opportunities: frozenset[tuple[str, frozenset[str]]]


def read_situation(path: Path) -> Situation:
    document = tomllib.loads(path.read_text("utf-8"))
    region = parse_region(_REGION + document.get("region", ""), path.name)
    return Situation(
        says=document["says"],
        rule=document["rule"],
        as_of=document.get("as_of", AS_OF),
        checks=frozenset(document.get("checks", ["clashes"])),
        region=region,
        entries=tuple(entry_from(each, region) for each in document["event"]),
        clashes=tuple(map(_expected, document.get("clash", []))),
        opportunities=frozenset((each["kind"], frozenset(each["members"])) for each in document.get("opportunity", [])),
    )


def _expected(clash: Mapping[str, Any]) -> Expected:
    return Expected(
        kind=clash["kind"],
        also=frozenset(clash.get("also", [])),
        weight=clash["weight"],
        members=frozenset(clash["members"]),
        dates=tuple(clash["dates"]) if "dates" in clash else None,
        question=clash.get("question"),
    )


def entry_from(event: Mapping[str, Any], region: Region) -> Entry:
    """An event as a file has it."""
    name = event.get("component", "VEVENT")
    components = [_component(name, event["id"], event)]
    for override in event.get("override", []):
        components.append(_component(name, event["id"], _changed(event, override), override["at"]))
    text = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tests//FR", *components, "END:VCALENDAR", ""]
    (body,) = split("\r\n".join(text).encode(), event["id"])
    return entry_of(read_object(body, event["id"]), event["network"], region)


def _changed(event: Mapping[str, Any], override: Mapping[str, Any]) -> dict[str, Any]:
    """An instance as the override has it: what it does not say is as in the series, moved to its date."""
    as_given = {key: value for key, value in event.items() if key not in {"rrule", "exdate", "rdate", "override"}}
    moved = {"start": override["at"], "end": override["at"] + (event["end"] - event["start"])}
    return as_given | moved | {key: value for key, value in override.items() if key != "at"}


def _component(name: str, uid: str, event: Mapping[str, Any], at: date | None = None) -> str:
    return "\r\n".join([f"BEGIN:{name}", f"UID:{uid}", *_lines(event, at), f"END:{name}"])


def _lines(event: Mapping[str, Any], at: date | None) -> Iterator[str]:
    if at is not None:
        yield _time("RECURRENCE-ID", at)
    for key, name in _TEXTS.items():
        if key in event:
            yield text_line(name, event[key].strip()).text
    for key, name in _PLAIN.items():
        if key in event:
            yield f"{name}:{event[key]}"
    for key, name in _TIMES.items():
        given = event.get(key, [])
        for each in given if isinstance(given, list) else [given]:
            yield _time(name, each)
    if event.get("transparent"):
        yield "TRANSP:TRANSPARENT"
    if event.get("categories"):
        yield from (text_line("CATEGORIES", each).text for each in event["categories"])


def _time(name: str, moment: date) -> str:
    if isinstance(moment, datetime):
        return f"{name};TZID=Europe/Paris:{moment:%Y%m%dT%H%M%S}"
    return f"{name};VALUE=DATE:{moment:%Y%m%d}"


def days_ahead(situation: Situation) -> tuple[date, date]:
    """The days that a board looks at."""
    return situation.as_of, situation.as_of + timedelta(days=730)
