"""The verbs that read what is known of clashes: where events meet now, since when, and what people said."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import bindparam, select

from spro_agenda.clashes import (
    NOBODY,
    Apart,
    Encounter,
    answered,
    find_encounters,
    find_possible_encounters,
    is_one_action,
    merged,
    outstanding,
    voices,
)
from spro_agenda.errors import NotFound, UsageError
from spro_agenda.i18n import _
from spro_agenda.model import (
    Chance,
    Clash,
    Event,
    EventKey,
    Kind,
    OccurrenceKey,
    Settlement,
    Shared,
    Standing,
    Verdict,
    Weight,
    Window,
    days_between,
)
from spro_agenda.region.entry import Entry
from spro_agenda.store import schema as s
from spro_agenda.store.near import Loading, Near
from spro_agenda.store.rows import Among

_OF_EVENTS, _FAMILY_OF, _TAKING_PART_IN = (
    Among.events(select(table), table.c.network, table.c.uid)
    for table in (s.encounter_member, s.family_member, s.participation)
)
_ENCOUNTER = select(
    s.encounter.c.id,
    s.encounter.c.clash_id,
    s.clash.c.identity,
    s.encounter.c.weight,
    s.encounter.c.also,
    s.encounter.c.day_from,
    s.encounter.c.day_to,
).join(s.clash, s.clash.c.id == s.encounter.c.clash_id)
_ENCOUNTER_OF = Among.values(_ENCOUNTER, s.encounter.c.id)
_ENCOUNTER_OF_CLASH = Among.values(_ENCOUNTER, s.encounter.c.clash_id)
_CLASHES = select(s.clash)
_CLASH_OF = Among.values(_CLASHES, s.clash.c.identity)
_CLASH_CALLED = _CLASHES.where(s.clash.c.identity >= bindparam("from_"), s.clash.c.identity < bindparam("to"))
_CLASH_LIVE = _CLASHES.where(s.clash.c.gone_at.is_(None))
_TOLD_APART = select(s.dismissal.c.members).where(s.dismissal.c.kind == Chance.TWICE.value)
_CLASH_GONE = _CLASHES.where(s.clash.c.gone_at.is_not(None))
_LIKE = _CLASHES.where(s.clash.c.kind == bindparam("its_kind"), s.clash.c.key_text == bindparam("its_key"))
_CLASH_MEMBERS = Among.values(select(s.clash_member), s.clash_member.c.clash_id)
_SETTLEMENTS = Among.values(select(s.settlement).order_by(s.settlement.c.id), s.settlement.c.identity)
_SETTLED_BY = (
    select(s.settlement).where(s.settlement.c.actor_login == bindparam("its_login")).order_by(s.settlement.c.id)
)
_JOINED_BY = select(s.participation).where(s.participation.c.actor_login == bindparam("its_login"))
_EVENTS_MET = select(s.clash_member.c.clash_id).where(
    s.clash_member.c.network == bindparam("its_network"), s.clash_member.c.uid == bindparam("its_uid")
)
_HEX = re.compile(r"[0-9a-f]+")
_SHORTEST = 4
_MOST_NAMED = 5

_MEMBER_OF = Among.values(select(s.encounter_member), s.encounter_member.c.encounter_id)


@dataclass(frozen=True, slots=True)
class Shape:
    """What tells one encounter from another, found or stored."""

    identity: str
    weight: str
    also: str
    day_from: int
    day_to: int
    members: frozenset[OccurrenceKey]


@dataclass(frozen=True, slots=True)
class StoredEncounter:
    """An encounter as it is stored."""

    id: int
    clash_id: int
    shape: Shape


class Board(Loading):
    """The verbs that read clashes. A clash goes by its identity, or the first characters of it."""

    def standing_called(self, name: str) -> Standing:
        """The clash that a name means, be it gone. Raises NotFound, UsageError (no name of a clash, or of several)."""
        begun = name.strip().lower()
        if len(begun) < _SHORTEST or not _HEX.fullmatch(begun):
            raise UsageError(
                _(
                    "« {name} » ne désigne pas un conflit. Écrivez le code que montre « spro-agenda clashes », ou ses "
                    "premiers caractères ({least} au moins)."
                ).format(name=name, least=_SHORTEST)
            )
        rows = self._connection.execute(_CLASH_CALLED, {"from_": begun, "to": f"{begun}g"}).all()
        if not rows:
            raise NotFound(
                _(
                    "Aucun conflit ne porte le code « {name} », ni maintenant ni avant. « spro-agenda clashes » montre "
                    "ceux qu'il y a."
                ).format(name=name)
            )
        if len(rows) > 1:
            raise UsageError(
                _("Plusieurs conflits commencent par « {name} » : {ids}. Écrivez-en plus.").format(
                    name=name, ids=", ".join(sorted(row.identity[: len(begun) + 4] for row in rows)[:_MOST_NAMED])
                )
            )
        return self._standings(rows)[rows[0].identity]

    def standings(self, identities: Iterable[str]) -> Mapping[str, Standing]:
        """What is known of some clashes, by identity; those never seen are left out."""
        return self._standings(list(self._in_chunks(_CLASH_OF, identities)))

    def live_standings(self) -> Mapping[str, Standing]:
        """What is known of every clash that there is, by identity."""
        return self._standings(self._connection.execute(_CLASH_LIVE).all())

    def apart(self) -> Apart:
        """The pairs of events that people said to be two actions, however alike they look."""
        told = self._connection.execute(_TOLD_APART).scalars()
        return {frozenset(map(EventKey.of_id, members.split("\n"))) for members in told}

    def gone_standings(self) -> tuple[Standing, ...]:
        """The clashes that are gone, the last to go first."""
        found = self._standings(self._connection.execute(_CLASH_GONE).all()).values()
        return tuple(sorted(found, key=lambda each: (each.gone_at, each.identity), reverse=True))

    def standings_within(self, standing: Standing) -> tuple[Standing, ...]:
        """The clashes for the same reason of some of its events alone, on which something was said that still counts,
        as these events now stand: whoever looks at the larger one should know."""
        rows = self._connection.execute(_LIKE, {"its_kind": standing.kind.value, "its_key": standing.key_text}).all()
        smaller = [each for each in self._standings(rows).values() if set(each.events) < set(standing.events)]
        written = self._written(standing.events)
        now = (replace(each, fingerprint=together(written.get(event, "") for event in each.events)) for each in smaller)
        return tuple(each for each in now if voices(each))

    def clash_of(self, standing: Standing) -> Clash | None:
        """The clash as it now is, all its dates together; `None` where it is gone."""
        rows = list(self._in_chunks(_CLASH_OF, [standing.identity]))
        stored = [each for row in rows for each in self._stored_in([row.id])]
        return next(iter(self._clashes(stored)), None)

    def clashes_of(self, slug: str, uid: str) -> tuple[Clash, ...]:
        """The clashes in which an event now stands, as everybody sees it."""
        about = {"its_network": slug, "its_uid": uid}
        return self._clashes(self._stored_in(self._connection.execute(_EVENTS_MET, about).scalars().all()))

    def unsettled_of(self, slug: str, uid: str) -> tuple[Clash, ...]:
        """Those of them that people have not settled: what the event's writer should be told."""
        found = self.clashes_of(slug, uid)
        standings = self.standings(clash.identity for clash in found)
        return tuple(clash for clash in found if outstanding(standings[clash.identity]))

    def families(self) -> Mapping[EventKey, str]:
        """The events that are one action with others, each with the name of its family."""
        return {EventKey(row.network, row.uid): row.family for row in self._connection.execute(select(s.family_member))}

    def _families_of(self, events: Iterable[EventKey]) -> Mapping[EventKey, str]:
        """The same of some events alone."""
        return {event: row.family for event, row in self._of_events(_FAMILY_OF, events)}

    def participants(self) -> Mapping[EventKey, tuple[str, ...]]:
        """The networks that come to another one's event."""
        return _by_event(self._connection.execute(select(s.participation)))

    def _participants_of(self, events: Iterable[EventKey]) -> Mapping[EventKey, tuple[str, ...]]:
        """The same of some events alone."""
        return _by_event(row for _event, row in self._of_events(_TAKING_PART_IN, events))

    def settlements_by(self, login: str) -> tuple[Settlement, ...]:
        """What a person said of clashes, the oldest first."""
        return tuple(map(_settlement, self._connection.execute(_SETTLED_BY, {"its_login": login})))

    def joined_by(self, login: str) -> tuple[tuple[EventKey, str], ...]:
        """The events that a person said a network takes part in, each with that network."""
        rows = self._connection.execute(_JOINED_BY, {"its_login": login})
        return tuple((EventKey(row.network, row.uid), row.participant) for row in rows)

    def lead_of(self, event: EventKey) -> Event | None:
        """An event as everybody sees it now, `None` where nobody does."""
        near, ids = Near(), self._live([event])
        self._load_texts(near, ids.values())
        return next((entry.lead for entry in near.entries.values() if entry is not None), None)

    def on_days(self, events: Iterable[EventKey], first: date, last: date) -> frozenset[EventKey]:
        """Those of some events, as everybody sees them now, that are on one of these days, or may come to be; what is
        cancelled would have been."""
        near, ids = Near(), self._live(events)
        self._load_texts(near, ids.values())
        days = Window(first, last)
        return frozenset(
            event for event, each in ids.items() if (entry := near.entries.get(each)) and _is_on(entry, days)
        )

    # What they are made of

    def _standings(self, rows: Collection[Any]) -> dict[str, Standing]:
        ids = [row.id for row in rows]
        events: dict[int, list[EventKey]] = {each: [] for each in ids}
        for row in self._in_chunks(_CLASH_MEMBERS, ids):
            events[row.clash_id].append(EventKey(row.network, row.uid))
        families = self._families_of(event for its in events.values() for event in its)
        met: dict[str, list[Shape]] = {}
        for each in self._stored_in(ids):
            met.setdefault(each.shape.identity, []).append(each.shape)
        said: dict[str, list[Settlement]] = {}
        for row in self._in_chunks(_SETTLEMENTS, (row.identity for row in rows)):
            said.setdefault(row.identity, []).append(_settlement(row))
        return {
            row.identity: Standing(
                identity=row.identity,
                kind=Kind(row.kind),
                shared=Shared(row.shared),
                key=row.key,
                key_text=row.key_text,
                events=tuple(sorted(events[row.id])),
                weight=_heaviest(met.get(row.identity, ())),
                dates=_dates(met.get(row.identity, ())),
                fingerprint=row.fingerprint,
                first_seen=datetime.fromtimestamp(row.first_seen, UTC),
                gone_at=None if row.gone_at is None else datetime.fromtimestamp(row.gone_at, UTC),
                settlements=tuple(said.get(row.identity, ())),
                is_one_action=is_one_action(events[row.id], families),
            )
            for row in rows
        }

    def _clashes(self, stored: Collection[StoredEncounter], near: Near | None = None) -> tuple[Clash, ...]:
        """The clashes of some encounters; what is read for them is added to `near`."""
        rows = {row.identity: row for row in self._in_chunks(_CLASH_OF, {each.shape.identity for each in stored})}
        near = Near() if near is None else near
        keys = {member for each in stored for member in each.shape.members}
        self._load_keys(near, keys)
        known = near.by_key()
        clashes = merged(
            Encounter(
                kind=Kind(rows[each.shape.identity].kind),
                also=tuple(map(Kind, filter(None, each.shape.also.split(",")))),
                weight=Weight(each.shape.weight),
                shared=Shared(rows[each.shape.identity].shared),
                key=rows[each.shape.identity].key,
                key_text=rows[each.shape.identity].key_text,
                members=tuple(
                    sorted((known[key] for key in each.shape.members if key in known), key=lambda m: (m.start, m.key))
                ),
                days=(date.fromordinal(each.shape.day_from), date.fromordinal(each.shape.day_to)),
            )
            for each in stored
        )
        families = self._families_of(key.event for key in keys)
        return tuple(answered(clash, families) for clash in clashes)

    def _all_encounters(self) -> tuple[list[StoredEncounter], list[Encounter]]:
        """The encounters that are stored, and those that the events make."""
        return self._every_encounter(), self._encounters(self._everything())

    def _encounters(self, near: Near) -> list[Encounter]:
        region, firm, vague = self.region(), list(near.firm.values()), list(near.vague.values())
        # What is alone is typed twice with nothing.
        apart = self.apart() if len(firm) + len(vague) > 1 else NOBODY
        return [*find_encounters(firm, region, apart), *find_possible_encounters(vague, firm, region, apart)]

    def _every_encounter(self) -> list[StoredEncounter]:
        return self._encounters_with(self._connection.execute(select(s.encounter.c.id)).scalars().all())

    def _stored_in(self, clash_ids: Iterable[int]) -> list[StoredEncounter]:
        """The encounters of some clashes."""
        return self._encounters_with([row.id for row in self._in_chunks(_ENCOUNTER_OF_CLASH, clash_ids)])

    def _encounters_of(self, events: Iterable[EventKey]) -> list[StoredEncounter]:
        """The encounters in which some events stand."""
        return self._encounters_with({row.encounter_id for _event, row in self._of_events(_OF_EVENTS, events)})

    def _encounters_at(self, keys: Iterable[OccurrenceKey]) -> list[StoredEncounter]:
        """The encounters in which some occurrences stand."""
        wanted = set(keys)
        rows = self._of_events(_OF_EVENTS, {key.event for key in wanted})
        return self._encounters_with(
            {
                row.encounter_id
                for event, row in rows
                if OccurrenceKey(event.network, event.uid, row.recurrence_id) in wanted
            }
        )

    def _encounters_with(self, ids: Collection[int]) -> list[StoredEncounter]:
        members: dict[int, list[OccurrenceKey]] = {each: [] for each in ids}
        for row in self._in_chunks(_MEMBER_OF, ids):
            members[row.encounter_id].append(OccurrenceKey(row.network, row.uid, row.recurrence_id))
        return [
            StoredEncounter(
                row.id,
                row.clash_id,
                Shape(row.identity, row.weight, row.also, row.day_from, row.day_to, frozenset(members[row.id])),
            )
            for row in self._in_chunks(_ENCOUNTER_OF, ids)
        ]


def shape_of(each: Encounter) -> Shape:
    """What an encounter is stored as."""
    first, last = each.days
    return Shape(
        identity=each.identity,
        weight=each.weight.value,
        also=",".join(each.also),
        day_from=first.toordinal(),
        day_to=last.toordinal(),
        members=frozenset(member.key for member in each.members),
    )


def together(fingerprints: Iterable[str]) -> str:
    """The fingerprint of a clash, of its events' own in their order."""
    return hashlib.sha256("\n".join(fingerprints).encode()).hexdigest()[:32]


def _heaviest(met: Iterable[Shape]) -> Weight | None:
    return max((Weight(each.weight) for each in met), key=lambda weight: weight.rank, default=None)


def _dates(met: Iterable[Shape]) -> tuple[date, ...]:
    spans = ((date.fromordinal(each.day_from), date.fromordinal(each.day_to)) for each in met)
    return tuple(sorted({day for first, last in spans for day in days_between(first, last)}))


def _by_event(rows: Iterable[Any]) -> dict[EventKey, tuple[str, ...]]:
    found: dict[EventKey, list[str]] = {}
    for row in rows:
        found.setdefault(EventKey(row.network, row.uid), []).append(row.participant)
    return {event: tuple(sorted(codes)) for event, codes in found.items()}


def _settlement(row: Any) -> Settlement:
    return Settlement(
        identity=row.identity,
        side=row.side,
        verdict=Verdict(row.verdict),
        why=row.why,
        login=row.actor_login,
        at=datetime.fromtimestamp(row.at, UTC),
        fingerprint=row.fingerprint,
    )


def _is_on(entry: Entry, days: Window) -> bool:
    window = entry.lead.window
    if window is not None:
        return window.start <= days.end and days.start <= window.end
    return bool(entry.occurrences(days.start, days.end))
