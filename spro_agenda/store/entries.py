"""The verbs that read the regional agenda: what it says of events, and what it should say."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from urllib.parse import quote

from sqlalchemy import Row, bindparam, exists, func, select

from spro_agenda.agenda_text import MOST_CLASHES, Marked, Shown, text_of
from spro_agenda.clashes import is_one_action, outstanding
from spro_agenda.model import AGENDA, PRINCIPAL, Clash, EventKey, OccurrenceKey, Visibility, Weight
from spro_agenda.store import schema as s
from spro_agenda.store.board import Board, StoredEncounter
from spro_agenda.store.near import Near
from spro_agenda.store.rows import PAGE, Among

_own, _origin, _event = s.object_.c, s.calendar.alias("origin"), s.object_.alias("event")
_ENTRIES = Among.values(
    select(
        _own.id, _own.uid, _own.href, _own.component, _own.visibility, _own.body, _own.body_outside, _own.revision_id
    )
    .join(s.calendar, s.calendar.c.id == _own.calendar_id)
    .where(s.calendar.c.slug == AGENDA),
    _own.uid,
)
_EVENTS = (
    select(_own.id, _own.uid, s.calendar.c.network)
    .join(s.calendar, s.calendar.c.id == _own.calendar_id)
    .where(s.calendar.c.network != "", _own.id > bindparam("after"))
    .order_by(_own.id)
    .limit(PAGE)
)
# An entry has its network's code before the UID of its event.
_code = func.length(_origin.c.network) + 1
_network, _uid = func.substr(_own.uid, 1, _code), func.substr(_own.uid, _code + 1)
_SHOWN = (
    select(_own.id, _origin.c.network, _uid.label("uid"))
    .join(s.calendar, s.calendar.c.id == _own.calendar_id)
    .join(_origin, _network == _origin.c.network + ".")
    .where(
        s.calendar.c.slug == AGENDA,
        _origin.c.network != "",
        _own.id > bindparam("after"),
        ~exists().where(_event.c.calendar_id == _origin.c.id, _event.c.uid == _uid),
    )
    .order_by(_own.id)
    .limit(PAGE)
)
_SAID_OF = Among.values(select(s.settlement.c.identity), s.settlement.c.identity)


@dataclass(frozen=True, slots=True)
class Texts:
    """An object's text in both views; `outside` is `None` where one follows from the other. Of an entry of the agenda
    that is to be, `shown` is what they say."""

    inside: bytes
    outside: bytes | None = None
    shown: Shown | None = field(default=None, compare=False)

    @classmethod
    def of_row(cls, row: Row[Any]) -> Texts:
        """Those of a stored entry."""
        return cls(bytes(row.body), None if row.body_outside is None else bytes(row.body_outside))


class EntryReader(Board):
    """The verbs that read entries of the agenda, by the events that they are of."""

    def agenda_texts(self, events: Collection[EventKey]) -> Mapping[EventKey, Texts | None]:
        """What the agenda should say of some events: `None`, nothing, of what is not there, or nobody else sees. Those
        whose texts cannot be read are left out: their entries stay as they are."""
        return self._texts_of(events, dict(self._rows_of(events)))

    def _texts_of(self, events: Collection[EventKey], rows: Mapping[EventKey, Any]) -> Mapping[EventKey, Texts | None]:
        """The same, of the rows of those that are there."""
        near = Near()
        self._load_texts(near, (row.id for row in rows.values()))
        marked, participants = self._marked(near, rows.keys()), self._participants_of(rows)
        found: dict[EventKey, Texts | None] = dict.fromkeys(events)
        for event, row in rows.items():
            entry = near.entries[row.id]
            if entry is not None:
                shown = Shown(
                    entry=entry,
                    marked=marked.get(event, ()),
                    participants=tuple(filter(entry.lead.is_open_to, participants.get(event, ()))),
                    address=self._address_of(event, row.href),
                    since=self._this_year(),
                )
                found[event] = _texts(shown)
            elif row.visibility != Visibility.PRIVATE:
                del found[event]
        return found

    def _marked(self, near: Near, events: Collection[EventKey]) -> dict[EventKey, tuple[Marked, ...]]:
        """The occurrences of some events that stand in clashes which nobody has settled."""
        stored = [each for each in self._unsettled(self._encounters_of(events)) if not self._is_untold(each)]
        of_event: dict[EventKey, list[StoredEncounter]] = {event: [] for event in events}
        for each in stored:
            for event in {member.event for member in each.shape.members} & of_event.keys():
                of_event[event].append(each)
        foremost = {event: _foremost(event, own) for event, own in of_event.items()}
        told = frozenset[str]().union(*(its.identities for its in foremost.values()))
        kept = [each for each in stored if each.shape.identity in told]
        clashes = {clash.identity: clash for clash in self._clashes(kept, near)}
        known = near.by_key()
        of_key: dict[OccurrenceKey, dict[str, Clash]] = {}
        for each in kept:
            for member in each.shape.members & known.keys():
                its = foremost.get(member.event)
                if its is not None and each.shape.identity in its.identities:
                    of_key.setdefault(member, {})[each.shape.identity] = clashes[each.shape.identity]
        found: dict[EventKey, list[Marked]] = {}
        for key, its_clashes in of_key.items():
            marked = Marked(known[key], tuple(its_clashes.values()), foremost[key.event].more)
            found.setdefault(key.event, []).append(marked)
        return {event: tuple(sorted(its, key=lambda each: each.occurrence.start)) for event, its in found.items()}

    def _is_untold(self, each: StoredEncounter) -> bool:
        """Whether a series took part before the days that it is told for: that is remembered, and shown by nothing."""
        return each.shape.day_to < self._region_row().deriving_from and any(
            member.recurrence_id for member in each.shape.members
        )

    def _unsettled(self, stored: Collection[StoredEncounter]) -> list[StoredEncounter]:
        identities = {each.shape.identity for each in stored}
        families = self._families_of({member.event for each in stored for member in each.shape.members})
        # Of most clashes nobody has said anything: those need no second look.
        said = {row.identity for row in self._in_chunks(_SAID_OF, identities)} | {
            each.shape.identity
            for each in stored
            if is_one_action({member.event for member in each.shape.members}, families)
        }
        standings = self.standings(said)
        settled = {identity for identity in said if not outstanding(standings[identity])}
        return [each for each in stored if each.shape.identity not in settled]

    def _address_of(self, event: EventKey, href: str) -> str:
        url = str(self._region_row().public_url)
        return f"{url}{PRINCIPAL}/{quote(event.network)}/{quote(href)}" if url else ""

    def _this_year(self) -> date:
        """The first day of the year in which the horizon was told: the agenda does not look at the clock."""
        return date(date.fromordinal(self._region_row().deriving_from).year + s.HORIZON_BEFORE, 1, 1)

    def entries_of(self, events: Iterable[EventKey]) -> Mapping[str, Row[Any]]:
        """The rows of those entries that there are, by the UID that they have in the agenda."""
        uids = [event.agenda_uid for event in events]
        return {row.uid: row for row in self._in_chunks(_ENTRIES, uids)}

    def all_events(self) -> Iterator[list[EventKey]]:
        """The events of all networks, some at a time, and those that the agenda has and no network."""
        for statement in (_EVENTS, _SHOWN):
            after: int | None = 0
            while after is not None:
                events, after = self._page_of_events(statement, after)
                yield events

    def _page_of_events(self, statement: Any, after: int) -> tuple[list[EventKey], int | None]:
        rows = list(self._connection.execute(statement, {"after": after}))
        return [EventKey(row.network, row.uid) for row in rows], rows[-1].id if len(rows) == PAGE else None


@dataclass(frozen=True, slots=True)
class _Foremost:
    """The clashes of an event that its entry tells of, by identity, and how many more there are."""

    identities: Set[str]
    more: int


def _foremost(event: EventKey, own: Iterable[StoredEncounter]) -> _Foremost:
    """Those that are looked at for an entry, of its event's own encounters: what a highlight of a month meets is not
    all read for the ten that it tells. Of a series all are: each may mark an occurrence of its own."""
    ranks: dict[str, tuple[int, int]] = {}
    for each in own:
        rank, day = -Weight(each.shape.weight).rank, each.shape.day_from
        known = ranks.get(each.shape.identity, (rank, day))
        ranks[each.shape.identity] = min(known[0], rank), min(known[1], day)
    in_order = sorted(ranks, key=lambda identity: (*ranks[identity], identity))
    is_series = any(member.recurrence_id for each in own for member in each.shape.members if member.event == event)
    kept = in_order if is_series else in_order[:MOST_CLASHES]
    return _Foremost(frozenset(kept), len(in_order) - len(kept))


def _texts(shown: Shown) -> Texts:
    inside = text_of(shown)
    return Texts(inside, text_of(replace(shown, marked=())) if shown.marked else None, shown)
