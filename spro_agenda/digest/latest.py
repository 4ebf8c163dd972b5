"""What changed of late, for anybody: by event and day, so that it reads the same however late it is read. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from spro_agenda.digest.changes import Change, changes_of
from spro_agenda.digest.passages import passages
from spro_agenda.region.records import Region
from spro_agenda.store import Revision

MOST_CHANGES = 100


def latest(revisions: Iterable[Revision], region: Region) -> tuple[Change, ...]:
    """What some revisions, the oldest first, changed on each day (local), the last first, and no more than are read.

    What was undone on the same day is none; what was over on that day was no news.
    """
    days: dict[date, list[Revision]] = {}
    for revision in revisions:
        days.setdefault(revision.at.astimezone(region.time_zone).date(), []).append(revision)
    found = [change for day, of_day in days.items() for change in changes_of(passages(of_day), region, day)]
    return tuple(sorted(found, key=lambda each: each.revision, reverse=True)[:MOST_CHANGES])
