"""What must hold between the tables of a store at any moment, whatever happened before.

Beside what `check` looks at, what holds as long as nothing has been purged from the logs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Table, func, select

from spro_agenda.model import AGENDA
from spro_agenda.store import Store
from spro_agenda.store import schema as s

Place = tuple[int, str]
"""The calendar's id and the href."""


def faults(store: Store) -> list[str]:
    """Whatever does not hold, in words; empty when all is well."""
    with store.read() as reader:
        connection = reader._connection
        told = [finding.sentence for finding in reader.check()]
        return [*told, *_change_numbers(connection), *_last_words(connection)]


def _change_numbers(connection: Connection) -> Iterator[str]:
    """They run from 1 to the calendar's own, none left out."""
    counted = (
        select(s.calendar.c.slug, s.calendar.c.last_change, func.count(s.change.c.number), func.max(s.change.c.number))
        .outerjoin(s.change, s.change.c.calendar_id == s.calendar.c.id)
        .group_by(s.calendar.c.slug, s.calendar.c.last_change)
    )
    for slug, last, count, highest in connection.execute(counted):
        if not last == count == (highest or 0):
            yield f"{slug}: its last change is {last}; it has {count}, up to {highest}"


def _last_words(connection: Connection) -> Iterator[str]:
    """At each place, the last change and the last revision tell of the object that is there, or that none is."""
    objects = {(row.calendar_id, row.href): row for row in connection.execute(select(s.object_))}
    changes, revisions = _last(connection, s.change, "number"), _last(connection, s.revision, "id")
    agenda = connection.execute(select(s.calendar.c.id).where(s.calendar.c.slug == AGENDA)).scalar()
    for place in objects.keys() | changes.keys() | revisions.keys():
        found, change, revision = objects.get(place), changes.get(place), revisions.get(place)
        if place[0] == agenda:
            # Its entries follow from others' events, whose history they have.
            if change is None or revision is not None or change.deleted != (found is None):
                yield f"{place}: an entry of the agenda of which clients were told otherwise"
        elif change is None or revision is None:
            yield f"{place}: never written in the log of changes, or in the history"
        elif found is None and not (change.deleted and revision.body is None):
            yield f"{place}: gone, and its last change or revision does not say so"
        elif found is not None and (change.deleted, change.uid) != (False, found.uid):
            yield f"{place}: there, and its last change does not say so"
        elif found is not None and (revision.id, revision.body) != (found.revision_id, found.body):
            yield f"{place}: its text is not that of its last revision"


def _last(connection: Connection, table: Table, number: str) -> dict[Place, Any]:
    """The row of each place with the highest number."""
    newest = (
        select(table.c.calendar_id, func.max(table.c[number]).label("number"))
        .group_by(table.c.calendar_id, table.c.href)
        .subquery()
    )
    rows = select(table).join(
        newest, (newest.c.calendar_id == table.c.calendar_id) & (newest.c.number == table.c[number])
    )
    return {(row.calendar_id, row.href): row for row in connection.execute(rows)}
