"""The verbs that read what is known of the networks' calendars elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Row, bindparam, func, select

from spro_agenda.errors import FromElsewhere
from spro_agenda.store import schema as s
from spro_agenda.store.records import Source
from spro_agenda.store.rows import Rows

_SOURCES = select(s.source)
_COUNTS = select(s.harvested.c.network, func.count()).group_by(s.harvested.c.network)
_HARVESTED = select(s.harvested.c.uid, s.harvested.c.content).where(s.harvested.c.network == bindparam("its_network"))
_IS_HARVESTED = _HARVESTED.where(s.harvested.c.uid == bindparam("its_uid"))


class SourceReader(Rows):
    """The verbs that read sources."""

    def sources(self) -> tuple[Source, ...]:
        """The calendars that networks keep elsewhere, in the region's order."""
        calendars = self.region().calendars
        if not calendars:
            return ()
        rows = {row.network: row for row in self._connection.execute(_SOURCES)}
        counts = dict(map(tuple, self._connection.execute(_COUNTS)))
        return tuple(
            _source(network, url, rows.get(network), counts.get(network, 0)) for network, url in calendars.items()
        )

    def harvested(self, network: str) -> Mapping[str, str]:
        """The events of a network that are its source's, by UID, each with the hash of what the source said of it."""
        return dict(map(tuple, self._connection.execute(_HARVESTED, {"its_network": network})))

    def is_harvested(self, network: str, uid: str) -> bool:
        """Whether an event is kept in the calendar that its network has elsewhere, and changed there alone."""
        if network not in self.region().calendars:
            return False
        return self._connection.execute(_IS_HARVESTED, {"its_network": network, "its_uid": uid}).first() is not None

    def check_own(self, network: str, uid: str) -> None:
        """Raise FromElsewhere for an event that its network keeps elsewhere: the next harvest would undo a change."""
        if self.is_harvested(network, uid):
            region = self.region()
            raise FromElsewhere(region.name_of(network), urlsplit(region.calendars[network]).hostname or "")


def _source(network: str, url: str, row: Row[Any] | None, events: int) -> Source:
    """What is known of a source. What was learnt at another address is no use in asking this one."""
    if row is None:
        return Source(network=network, url=url, events=events)
    is_same = row.url == url
    return Source(
        network=network,
        url=url,
        etag=row.etag if is_same else "",
        last_modified=row.last_modified if is_same else "",
        content=row.content if is_same else "",
        checked_at=row.checked_at if is_same else None,
        good_at=row.good_at,
        failing_since=row.failing_since if is_same else None,
        error=row.error if is_same else "",
        held=row.held and is_same,
        notes=tuple(json.loads(row.notes)) if is_same else (),
        events=events,
    )
