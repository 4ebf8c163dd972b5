"""What the caldav library is asked to do, by its environment's Python: URL LOGIN PASSWORD STEP ARGUMENTS, as JSON."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from caldav import Calendar, DAVClient
from caldav.lib.error import DAVError, NotFoundError

CLIENT: DAVClient


def calendar(slug: str) -> Calendar:
    return next(each for each in CLIENT.principal().calendars() if str(each.url).endswith(f"/{slug}/"))


def calendars() -> list[list[Any]]:
    """Names and components of the calendars that are found."""
    return [[each.get_display_name(), each.get_supported_components()] for each in CLIENT.principal().calendars()]


def add(slug: str, text: str) -> str:
    """The path of an event that is added."""
    return str(urlsplit(str(calendar(slug).save_event(text).url)).path)


def retitle(slug: str, uid: str, title: str) -> None:
    event = calendar(slug).event_by_uid(uid)
    event.icalendar_component["SUMMARY"] = title
    event.save()


def delete(slug: str, uid: str) -> None:
    calendar(slug).event_by_uid(uid).delete()


def complete(slug: str, uid: str) -> None:
    calendar(slug).todo_by_uid(uid).complete()


def found(slug: str, start: str, end: str, expand: bool, more: dict[str, str]) -> list[list[str]]:
    """UIDs, starts and titles of the events of a time; the server makes instances of series where it is to expand."""
    events = calendar(slug).search(
        start=datetime.fromisoformat(start),
        end=datetime.fromisoformat(end),
        event=True,
        server_expand=expand,
        compatibility_workarounds=False,  # which ask for a day more on each side
        **more,
    )
    parts = (part for each in events for part in each.icalendar_instance.walk("VEVENT"))
    return sorted([part["UID"], part["DTSTART"].dt.isoformat(), str(part["SUMMARY"])] for part in parts)


def changed_since(slug: str, first: str, changed: str, third: str) -> list[list[str]]:
    """What a sync token brings: of two events one is changed, one deleted, and a third added. Names, and what came."""
    cal = calendar(slug)
    kept, gone = cal.save_event(first), cal.save_event(first.replace("UID:", "UID:autre-"))
    known = cal.objects_by_sync_token(load_objects=True)
    cal.save_event(changed)
    gone.delete()
    cal.save_event(third)
    assert kept.url
    updated, deleted = known.sync()
    names = [sorted(urlsplit(str(each.url)).path.rsplit("/", 1)[-1] for each in them) for them in (updated, deleted)]
    return names


def since(slug: str, token: str) -> list[Any]:
    """A sync token, and what changed since another: texts by path, `None` for what is gone."""
    cal = calendar(slug)
    told = cal.objects_by_sync_token(sync_token=token or None)
    found: dict[str, str | None] = {}
    for each in told:
        try:
            each.load()
            found[urlsplit(str(each.url)).path] = each.data
        except NotFoundError:
            found[urlsplit(str(each.url)).path] = None
    return [told.sync_token, found]


def free_busy(slug: str, start: str, end: str) -> list[str]:
    told = calendar(slug).freebusy_request(datetime.fromisoformat(start), datetime.fromisoformat(end))
    return [line for line in told.data.replace("\r\n ", "").splitlines() if line.startswith("FREEBUSY")]


_STEPS = (add, calendars, changed_since, complete, delete, found, free_busy, retitle, since)
STEPS = {each.__name__: each for each in _STEPS}

if __name__ == "__main__":
    url, login, password, step, arguments = sys.argv[1:]
    with DAVClient(url, username=login, password=password) as CLIENT:
        try:
            sys.stdout.write(json.dumps(STEPS[step](*json.loads(arguments))))
        except DAVError as error:
            sys.exit(f"{type(error).__name__}: {error}")
