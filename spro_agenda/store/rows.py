"""What all verbs begin with: rows of one transaction, the calendars and the region that it sees.

Networks go by their codes ("28", "region"), which are also the slugs of their calendars. Statements are built once:
SQLAlchemy spends more on building one than a database on answering it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import chain, islice
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, Row, Select, Table, bindparam, insert, select

from spro_agenda.errors import BadCalendar, NotFound
from spro_agenda.i18n import _
from spro_agenda.ical.outside import seen_outside
from spro_agenda.model import EventKey, View, Visibility
from spro_agenda.recent import Recent
from spro_agenda.region.entry import Entry, outside, read_entry
from spro_agenda.region.load import parse_region
from spro_agenda.region.records import Region
from spro_agenda.store import schema as s
from spro_agenda.store.records import Calendar, CalendarKind, StoredObject

logger = logging.getLogger(__name__)

CHUNK = 500
"""Values in one IN list: SQLite takes 32,766 parameters, PostgreSQL 65,535, and neither plans long lists well."""

PAGE = 200
"""Rows of a long list read at once: their texts are in memory."""

OBJECT = select(
    s.object_.c.id,
    s.object_.c.href,
    s.object_.c.uid,
    s.object_.c.component,
    s.object_.c.body,
    s.object_.c.etag,
    s.object_.c.modified,
    s.object_.c.visibility,
    s.object_.c.etag_outside,
    s.object_.c.body_outside,
).where(s.object_.c.calendar_id == bindparam("calendar_id"))
"""The objects of a calendar, for `stored_object`."""

_CALENDAR = select(s.calendar).where(s.calendar.c.slug == bindparam("slug"))
STATE = select(
    s.region.c.generation,
    s.region.c.toml_sha256,
    s.region.c.horizon_from,
    s.region.c.horizon_to,
    s.region.c.deriving_from,
    s.region.c.deriving_to,
    s.region.c.public_url,
)
"""The region's own row, without its text."""
_REGION_TOML = select(s.region.c.toml)

_INSERT = {table: insert(table) for table in s.metadata.sorted_tables}


@dataclass(frozen=True, slots=True)
class Among:
    """A statement on the rows that have one of some values. A list of them is written out anew each time that it is
    asked for; most often there is one, and its own statement stands as it is."""

    one: Select[Any]
    many: Select[Any]

    @classmethod
    def values(cls, statement: Select[Any], column: Column[Any]) -> Among:
        """Of values of a column."""
        return cls(
            one=statement.where(column == bindparam("value")),
            many=statement.where(column.in_(bindparam("values", expanding=True))),
        )

    @classmethod
    def events(cls, statement: Select[Any], network: Column[str], uid: Column[str]) -> Among:
        """Of events, by their networks and UIDs; of many, perhaps the rows of others too."""
        return cls(
            one=statement.where(network == bindparam("its_network"), uid == bindparam("its_uid")),
            many=statement.where(
                network.in_(bindparam("networks", expanding=True)), uid.in_(bindparam("uids", expanding=True))
            ),
        )


class _Read:
    """A region, and the events that were read for it last, as everybody sees them: one that a write looks at has been
    looked at before."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self._entries: Recent[tuple[bytes, str], Entry | None] = Recent(_ENTRIES)

    def entry(self, body: bytes, network: str) -> Entry | None:
        return self._entries.of((body, network), lambda: outside(read_entry(body, network, self.region, network)))

    def keep(self, entry: Entry) -> None:
        """What was read already, for whoever looks at its event next."""
        if entry.visibility is Visibility.PUBLIC:
            self._entries.keep((entry.obj.body, entry.key.network), entry)


_ENTRIES = 2_000
"""Of some 20 kB each."""

_regions: dict[str, _Read] = {}
"""The region that this process read last, by the hash of its text: the text is long, and changes once a year."""

T = TypeVar("T")


class Rows:
    """One transaction, so that all its answers are of the same moment.

    `pace` is called before each text that a question has read. It may raise, which ends the question: no other layer
    sees those that are looked at and are not what is asked for.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.pace: Callable[[], object] = _unhurried
        self._seen: dict[str, Calendar] = {}
        self._state: Any = None

    def generation(self) -> int:
        """A number that moves whenever accounts or the region do: caches of both are dropped then."""
        return int(self._region_row().generation)

    def region(self) -> Region:
        """The region, as `init` or a later change left it."""
        return self._reading().region

    def _reading(self) -> _Read:
        sha256 = str(self._region_row().toml_sha256)
        found = _regions.get(sha256)
        if found is None:
            toml = str(self._connection.execute(_REGION_TOML).scalar_one())
            found = _Read(parse_region(toml, "region.toml"))
            _regions.clear()
            _regions[sha256] = found
        return found

    def _seen_entry(self, body: bytes, network: str) -> Entry | None:
        """What everybody sees of a network's event: `None` for nothing, and for a text that cannot be read, of which
        `check` tells people."""
        try:
            return self._reading().entry(body, network)
        except BadCalendar as fault:
            logger.warning("an event was left out: %s", fault)
            return None

    def horizon(self) -> tuple[date, date]:
        """The days, both inclusive, for which occurrences of series are stored."""
        row = self._region_row()
        return date.fromordinal(row.horizon_from), date.fromordinal(row.horizon_to)

    def _region_row(self) -> Any:
        """The row of STATE, read once."""
        if self._state is None:
            self._state = self._connection.execute(STATE).one()
        return self._state

    def calendar(self, slug: str) -> Calendar:
        """One calendar. Raises NotFound."""
        if slug not in self._seen:
            row = self._connection.execute(_CALENDAR, {"slug": slug}).one_or_none()
            if row is None:
                raise NotFound(_("L'agenda « {slug} » n'existe pas.").format(slug=slug))
            self._seen[slug] = calendar_of(row)
        return self._seen[slug]

    def _rows(self, statement: Select[Any], slug: str, **parameters: object) -> Iterator[Row[Any]]:
        """The rows of a statement on one calendar; none where there is no such calendar."""
        try:
            calendar = self.calendar(slug)
        except NotFound:
            return iter(())
        found = self._connection.execute(statement, {"calendar_id": calendar.id, **parameters})
        # Row by row, SQLAlchemy asks the driver for each.
        return chain.from_iterable(found.partitions(CHUNK))

    def _in_chunks(self, among: Among, values: Iterable[Any]) -> Iterator[Row[Any]]:
        """The rows that have some values."""
        for some in chunks(values):
            if len(some) == 1:
                yield from self._connection.execute(among.one, {"value": some[0]})
            else:
                yield from self._connection.execute(among.many, {"values": some})

    def _of_events(self, among: Among, events: Iterable[EventKey]) -> Iterator[tuple[EventKey, Row[Any]]]:
        """The rows of some events, each with its own."""
        wanted = set(events)
        for some in chunks(wanted):
            if len(some) == 1:
                one = {"its_network": some[0].network, "its_uid": some[0].uid}
                rows = self._connection.execute(among.one, one)
            else:
                many = {"networks": list({each.network for each in some}), "uids": [each.uid for each in some]}
                rows = self._connection.execute(among.many, many)
            for row in rows:
                event = EventKey(row.network, row.uid)
                if event in wanted:
                    yield event, row

    def _newest_first(self, query: Select[Any], number: Column[int], limit: int | None) -> Iterator[Row[Any]]:
        """Rows by a number that grows, the greatest first, so many at most; read a page at a time, as they are asked
        for."""
        below, rest, query = None, limit, query.order_by(number.desc())
        while rest is None or rest > 0:
            size = PAGE if rest is None else min(PAGE, rest)
            page = query if below is None else query.where(number < below)
            rows = self._connection.execute(page.limit(size)).all()
            yield from rows
            if len(rows) < size:
                return
            below = rows[-1].id
            rest = None if rest is None else rest - size

    def _of_days(self, query: Select[Any], at: Column[int], since: date | None, until: date | None) -> Select[Any]:
        """What happened on days, both inclusive, in the region's time zone."""
        if since is not None:
            query = query.where(at >= self._midnight(since))
        if until is not None:
            query = query.where(at < self._midnight(until + timedelta(days=1)))
        return query

    def _insert(self, table: Table, rows: list[dict[str, Any]]) -> None:
        if rows:
            self._connection.execute(_INSERT[table], rows)

    def _insert_one(self, table: Table, row: dict[str, Any]) -> int:
        key = self._connection.execute(_INSERT[table], row).inserted_primary_key
        assert key is not None
        return int(key[0])

    def _midnight(self, day: date) -> int:
        """When a day begins in the region, in epoch seconds."""
        return int(datetime.combine(day, time(), self.region().time_zone).timestamp())


def _unhurried() -> None:
    """A question may take as long as it takes."""


def chunks(values: Iterable[T]) -> Iterator[list[T]]:
    """Values in lists that an IN may have."""
    rest = iter(values)
    while some := list(islice(rest, CHUNK)):
        yield some


def stored_object(row: Row[Any]) -> StoredObject:
    """A row of OBJECT, as it was sent."""
    return StoredObject(
        id=row.id,
        href=row.href,
        uid=row.uid,
        component=row.component,
        body=bytes(row.body),
        etag=row.etag,
        modified=row.modified,
        visibility=Visibility(row.visibility),
        differs=row.visibility != Visibility.PUBLIC or row.body_outside is not None,
    )


def seen(rows: Iterable[Row[Any]], view: View) -> Iterator[StoredObject]:
    """Rows of OBJECT, as far as a view has them and as it has them."""
    for row in rows:
        if view is View.INSIDE or (row.visibility == Visibility.PUBLIC and row.body_outside is None):
            yield stored_object(row)
        elif row.body_outside is not None:
            yield replace(stored_object(row), body=bytes(row.body_outside), etag=row.etag_outside, is_recast=True)
        elif row.visibility == Visibility.CONFIDENTIAL:
            yield replace(stored_object(row), body=seen_outside(bytes(row.body)), etag=row.etag_outside)


def calendar_of(row: Row[Any]) -> Calendar:
    """A row of `calendar`."""
    return Calendar(
        id=row.id,
        slug=row.slug,
        kind=CalendarKind(row.kind),
        network=row.network,
        sync_epoch=row.sync_epoch,
        number=row.last_change,
        first_number=row.first_change,
        changed_at=row.changed_at,
        name=row.name,
        description=row.description,
        colour=row.colour,
        position=row.position,
        tz=row.tz,
        components=tuple(row.components.split(",")),
    )
