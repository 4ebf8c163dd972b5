"""The verb that gives a store another region.toml: all that follows from it is told anew, in one write."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import delete, exists, select, update

from spro_agenda.clashes import outstanding
from spro_agenda.errors import Refused
from spro_agenda.i18n import _, enumerated
from spro_agenda.model import AGENDA, REGION, Clash, EventKey, Kind, Shared, Standing
from spro_agenda.region.load import parse_region
from spro_agenda.region.records import Region
from spro_agenda.store import schema as s
from spro_agenda.store.making import calendar_row
from spro_agenda.store.rebuild import Rebuilding
from spro_agenda.store.records import Act
from spro_agenda.store.writing import verb

_LAST_OF = ("name", "description", "colour", "position", "tz")
"""What a calendar has from the region, and clients are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What another region came to: the networks that have a calendar since, and those whose empty one went, by code;
    the events that were read anew; the clashes that are found since and that nobody has settled, and how many are no
    longer."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    events: int
    found: tuple[Clash, ...]
    gone: int


class Applying(Rebuilding):
    """The verb that applies a region."""

    @verb
    def apply_region(self, toml: str, where: str = "region.toml") -> Applied:
        """Put a region in the place of the one that is there: names, rules and periods count from now on, for every
        event. What people settled stays settled, where the clash is still the same.

        `where` names the text in errors. Raises BadRegion, Refused (a network that goes has events, or people).
        """
        region = parse_region(toml, where)
        there = {calendar.slug for calendar in self.calendars()}
        removed, added = sorted(there - set(region.codes)), [code for code in region.codes if code not in there]
        for code in removed:
            self._remove_network(code)
        self._insert(s.calendar, [calendar_row(region, code, secrets.token_hex(8)) for code in added])
        for code in (AGENDA, *region.codes):
            row = calendar_row(region, code, "")
            values = {name: row[name] for name in _LAST_OF}
            self._connection.execute(update(s.calendar).where(s.calendar.c.slug == code).values(**values))
        self._leave_sources(region)
        before = self.live_standings()
        self._set_region(toml=toml, toml_sha256=hashlib.sha256(toml.encode()).hexdigest())
        self._seen.clear()
        events = self.rederive()
        known = self._keep_lives(before)
        after = self.live_standings()
        self._touch()
        self._audit(Act.REGION_APPLIED, REGION)
        return Applied(
            added=tuple(added),
            removed=tuple(removed),
            events=events,
            found=tuple(
                clash
                for identity, standing in after.items()
                if identity not in known and outstanding(standing) and (clash := self.clash_of(standing))
            ),
            gone=len(known - after.keys()),
        )

    def _keep_lives(self, before: Mapping[str, Standing]) -> set[str]:
        """Have clashes that are the same under another name go on living: their events stand as they stood, and only
        the region calls differently what they share. Where several might be meant, none is. What the clashes of before
        are known by now."""
        known, after = set(before), self.live_standings()
        gone = _by_events(standing for identity, standing in before.items() if identity not in after)
        for about, found in _by_events(each for identity, each in after.items() if identity not in before).items():
            if len(found) == len(gone.get(about, ())) == 1:
                (old,), (new,) = gone[about], found
                self._connection.execute(
                    update(s.settlement).where(s.settlement.c.identity == old.identity).values(identity=new.identity)
                )
                self._connection.execute(
                    update(s.clash)
                    .where(s.clash.c.identity == new.identity)
                    .values(first_seen=int(old.first_seen.timestamp()))
                )
                self._connection.execute(delete(s.clash).where(s.clash.c.identity == old.identity))
                self._to_show.update(new.events)
                known ^= {old.identity, new.identity}
        return known

    def _leave_sources(self, region: Region) -> None:
        """What came from a calendar that its network keeps elsewhere no more is the network's own from now on."""
        for table in (s.harvested, s.source):
            self._connection.execute(delete(table).where(table.c.network.not_in(list(region.calendars))))

    def _remove_network(self, code: str) -> None:
        """Remove a network's calendar. Raises Refused where anything hangs on it."""
        calendar = self.calendar(code)
        own = s.revision.c.calendar_id == calendar.id
        if self._connection.scalar(select(exists().where(own))):
            raise Refused(
                _(
                    "Le réseau « {code} » n'est plus dans la région, mais son agenda a des événements, ou en a eu. "
                    "Laissez-l'y, ou déplacez d'abord ses événements et attendez qu'ils quittent la corbeille."
                ).format(code=code)
            )
        people = self._connection.execute(
            select(s.account.c.login)
            .join(s.account_network, s.account_network.c.account_id == s.account.c.id)
            .where(s.account_network.c.network == code)
        ).scalars()
        if logins := sorted(people):
            raise Refused(
                _(
                    "Le réseau « {code} » n'est plus dans la région, mais {logins} en coordonne l'agenda. Changez "
                    "d'abord ses réseaux avec « spro-agenda users set »."
                ).format(code=code, logins=enumerated(logins))
            )
        self._connection.execute(delete(s.participation).where(s.participation.c.participant == code))
        self._connection.execute(delete(s.calendar).where(s.calendar.c.id == calendar.id))


def _by_events(standings: Iterable[Standing]) -> dict[tuple[Kind, Shared, tuple[EventKey, ...]], list[Standing]]:
    found: dict[tuple[Kind, Shared, tuple[EventKey, ...]], list[Standing]] = {}
    for each in standings:
        found.setdefault((each.kind, each.shared, each.events), []).append(each)
    return found
