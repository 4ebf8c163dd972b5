"""Clashes kept up to date: what a write changed is examined again, with what it meets, and nothing else.

The result is what a sweep over everything would find. A largest set that an event joins or leaves lies among the
event's own neighbours; what such a set contains, or is contained in, has a member in common with it. So the encounters
of the event and of those whom it meets, before and after, are taken away and found anew, with the neighbours of these.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Set

from sqlalchemy import Connection, bindparam, delete, exists, select, update

from spro_agenda.clashes import Encounter
from spro_agenda.model import EventKey, OccurrenceKey, Visibility
from spro_agenda.store import schema as s
from spro_agenda.store.board import Shape, StoredEncounter, shape_of, together
from spro_agenda.store.near import Near
from spro_agenda.store.reader import Reader
from spro_agenda.store.records import Calendar
from spro_agenda.store.rows import Among, chunks

_DELETE_ENCOUNTERS = delete(s.encounter).where(s.encounter.c.id.in_(bindparam("ids", expanding=True)))
_CLASHES = Among.values(select(s.clash), s.clash.c.identity)
_SET_CLASH = (
    update(s.clash)
    .where(s.clash.c.id == bindparam("its_id"))
    .values(key=bindparam("key"), key_text=bindparam("key_text"), fingerprint=bindparam("fingerprint"), gone_at=None)
)
_GO = (
    update(s.clash)
    .where(
        s.clash.c.id.in_(bindparam("ids", expanding=True)),
        s.clash.c.gone_at.is_(None),
        ~exists().where(s.encounter.c.clash_id == s.clash.c.id),
    )
    .values(gone_at=bindparam("now"))
)
_FORGET_REASON = (
    update(s.clash)
    .where(
        s.clash.c.gone_at.is_not(None),
        s.clash.c.id.in_(
            select(s.clash_member.c.clash_id).where(
                s.clash_member.c.network == bindparam("of_network"), s.clash_member.c.uid == bindparam("of_uid")
            )
        ),
    )
    .values(key="", key_text="")
)
_FORGET_GONE = delete(s.clash).where(s.clash.c.id.in_(bindparam("ids", expanding=True)), s.clash.c.gone_at.is_not(None))


class Examining(Reader):
    """The part of every verb that keeps clashes as the events make them. `now` is in epoch seconds."""

    def __init__(self, connection: Connection, now: int) -> None:
        super().__init__(connection)
        self._now = now
        self._changed: set[EventKey] = set()
        self._told: set[EventKey] = set()
        self._new_clashes: set[int] = set()
        self._to_show: set[EventKey] = set()
        self._shows_all = False

    def _to_examine(self, calendar: Calendar, uid: str, *, told: bool = False) -> None:
        """Have an event examined again when the verb is done. It has changed, or is `told` for other years."""
        if calendar.network:
            (self._told if told else self._changed).add(EventKey(calendar.slug, uid))

    def _examine_changed(self) -> None:
        changed, told = self._changed, self._told
        self._changed, self._told = set(), set()
        if changed or told:
            self._examine_events(changed | told, changed)

    def _examine_events(self, events: set[EventKey], changed: Set[EventKey]) -> None:
        rows = dict(self._rows_of(events))
        ids = {event: row.id for event, row in rows.items()}
        near = Near()
        self._load_events(near, ids)
        self._load_places(near, self._met_by(ids.values()))
        stored = {each.id: each for each in self._encounters_of(events)}
        others = {member for each in stored.values() for member in each.shape.members}
        found, looked_at = self._encounters(near), set[OccurrenceKey]()
        while True:
            others |= {member.key for each in found if not events.isdisjoint(each.events) for member in each.members}
            others = {key for key in others if key.event not in events}
            found = [each for each in found if _touches(each, events, others)]
            unsure = {key for key in others | _unsure(found, near) if key.event not in events} - looked_at
            if not unsure:
                break
            self._load_around(near, unsure)
            looked_at |= unsure
            found = self._encounters(near)
        # Whoever meets them is told by their titles, times and places.
        met = {key.event for each in stored.values() for key in each.shape.members}
        met |= {event for each in found if not events.isdisjoint(each.events) for event in each.events}
        self._to_show |= events | met
        stored |= {each.id: each for each in self._encounters_at(others)}
        self._replace(stored.values(), found, changed)
        for event in changed & rows.keys():
            if rows[event].visibility != Visibility.PUBLIC:
                self._forget_reasons(event)

    def _forget_reasons(self, event: EventKey) -> None:
        """Take away what was said of why an event clashed, once it does no more: a title, a name, a place of its own.
        They are there again if the clash is."""
        self._connection.execute(_FORGET_REASON, {"of_network": event.network, "of_uid": event.uid})

    def _examine_all(self) -> None:
        """Find every clash of the store anew."""
        self._changed, self._told = set(), set()
        self._shows_all = True
        stored, found = self._all_encounters()
        self._replace(stored, found, ())

    def _replace(
        self, stored: Iterable[StoredEncounter], found: Iterable[Encounter], changed: Collection[EventKey]
    ) -> None:
        """Put what was found in the place of what is stored."""
        shapes, there = {shape_of(each): each for each in found}, list(stored)
        known = {each.shape for each in there}
        gone = [each for each in there if each.shape not in shapes and not self._is_past_telling(each, changed)]
        for some in chunks(each.id for each in gone):
            self._connection.execute(_DELETE_ENCOUNTERS, {"ids": some})
        self._to_show |= {key.event for each in gone for key in each.shape.members}
        self._to_show |= {key.event for shape in shapes if shape not in known for key in shape.members}
        clash_ids = self._keep_clashes({each.identity: each for each in shapes.values()})
        for shape, each in shapes.items():
            if shape not in known:
                self._add(shape, clash_ids[each.identity])
        for some in chunks({each.clash_id for each in gone}):
            self._connection.execute(_GO, {"ids": some, "now": self._now})
        # What stood between two writes of one transaction, nobody has seen.
        for some in chunks(self._new_clashes & {each.clash_id for each in gone}):
            self._connection.execute(_FORGET_GONE, {"ids": some})

    def _is_past_telling(self, stored: StoredEncounter, changed: Collection[EventKey]) -> bool:
        """Whether a series took part before the days that series are told for: nothing is found there, and what was
        found then stays, unless its event has changed."""
        return (
            stored.shape.day_to < self._region_row().deriving_from
            and any(member.recurrence_id for member in stored.shape.members)
            and not any(member.event in changed for member in stored.shape.members)
        )

    def _keep_clashes(self, found: dict[str, Encounter]) -> dict[str, int]:
        """Know of the clashes of some encounters, by identity, as their events now stand; their ids."""
        written = self._written({event for each in found.values() for event in each.events})
        known = {row.identity: row for row in self._in_chunks(_CLASHES, found)}
        ids = {identity: int(row.id) for identity, row in known.items()}
        for identity, each in found.items():
            now = {
                "key": each.key,
                "key_text": each.key_text,
                "fingerprint": together(written[event] for event in each.events),
            }
            row = known.get(identity)
            if row is None:
                ids[identity] = self._meet(each, now)
                self._new_clashes.add(ids[identity])
            elif row.gone_at is not None or (row.key, row.fingerprint) != (now["key"], now["fingerprint"]):
                self._connection.execute(_SET_CLASH, {**now, "its_id": row.id})
        return ids

    def _meet(self, each: Encounter, now: dict[str, str]) -> int:
        """A clash that nobody has seen before."""
        clash_id = self._insert_one(
            s.clash,
            {
                **now,
                "identity": each.identity,
                "kind": each.kind.value,
                "shared": each.shared.value,
                "first_seen": self._now,
            },
        )
        self._insert_members(clash_id, each.events)
        return clash_id

    def _insert_members(self, clash_id: int, events: Iterable[EventKey]) -> None:
        self._insert(
            s.clash_member,
            [{"clash_id": clash_id, "network": event.network, "uid": event.uid} for event in sorted(events)],
        )

    def _add(self, shape: Shape, clash_id: int) -> None:
        encounter_id = self._insert_one(
            s.encounter,
            {
                "clash_id": clash_id,
                "weight": shape.weight,
                "also": shape.also,
                "day_from": shape.day_from,
                "day_to": shape.day_to,
            },
        )
        self._insert(
            s.encounter_member,
            [
                {
                    "encounter_id": encounter_id,
                    "network": member.network,
                    "uid": member.uid,
                    "recurrence_id": member.recurrence_id,
                }
                for member in sorted(shape.members)
            ],
        )


def _touches(each: Encounter, events: Collection[EventKey], others: Collection[OccurrenceKey]) -> bool:
    return any(member.key in others or member.key.event in events for member in each.members)


def _unsure(found: Iterable[Encounter], near: Near) -> set[OccurrenceKey]:
    """Of whom the neighbours tell more: whether a further kind stands apart, and who else is beside a highlight."""
    highlights = {key for key, each in near.by_key().items() if each.event.highlight}
    return highlights | {member.key for each in found if each.also for member in each.members}
