"""The verbs by which people say what they think of a clash, and that their network takes part in an event.

Nothing of it is ever written into an event.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import delete, select, update

from spro_agenda.clashes import voices
from spro_agenda.errors import NotFound, Refused
from spro_agenda.i18n import _, enumerated
from spro_agenda.model import REGION, EventKey, Standing, Verdict
from spro_agenda.store import schema as s
from spro_agenda.store.records import Act
from spro_agenda.store.writing import Writing, no_event, verb

_family, _part = s.family_member.c, s.participation.c


class Settling(Writing):
    """The verbs that settle."""

    @verb
    def settle(self, name: str, side: str, why: str, seen: str | None = None) -> Standing:
        """Say for a side that a clash may stay; the clash as it then stands.

        `seen` is the fingerprint of what the person looked at: where an event of it has moved since, nothing is said.
        Raises NotFound, UsageError, Refused (the clash is gone, has moved, or is none of that side's).
        """
        return self._say(self._there(name, side, seen), side, Verdict.ACCEPTED, why)

    @verb
    def say_same(self, name: str, side: str, why: str, seen: str | None = None) -> Standing:
        """Say for a side that the events of a clash are one action. Once each side says so, or the region, they are one
        family; that outlives the clash, so that one side alone is not enough even where its word settles it. Raises as
        `settle`, and Refused for a single event."""
        standing = self._there(name, side, seen)
        if len(standing.events) < 2:
            raise Refused(_("Il n'y a là qu'une action : utilisez « spro-agenda clashes settle »."))
        said = self._say(standing, side, Verdict.SAME, why)
        agreeing = {each.side for each in voices(said).values() if each.verdict is Verdict.SAME}
        if REGION in agreeing or agreeing.issuperset(said.sides):
            self._link(said.events)
        return self._standing(said.identity)

    @verb
    def reopen(self, name: str, side: str, why: str) -> Standing:
        """Take back what was said of a clash, by whatever side, so that all look at it again; its history stays.

        Raises NotFound, UsageError, Refused (the clash is gone, nothing was said of it, or it is none of that side's).
        """
        standing = self._there(name, side, None)
        if not voices(standing) and not standing.is_one_action:
            raise Refused(_("Ce conflit n'est pas réglé : il n'y a rien à rouvrir."))
        if standing.is_one_action:
            self._part(standing.events)
        return self._say(standing, side, Verdict.REOPENED, why)

    @verb
    def link(self, events: Iterable[EventKey]) -> None:
        """Make one family of some events, and of the families that they are in. Raises NotFound."""
        known = tuple(events)
        for event in known:
            if event not in self._live([event]):
                raise no_event(event.id)
        self._link(known)
        self._audit(Act.EVENTS_LINKED, known[0].id, ", ".join(event.id for event in known[1:]))

    @verb
    def join(self, event: EventKey, participant: str) -> None:
        """Say that a network takes part in another one's event. Raises NotFound, UnknownNetwork, Refused (its own
        event, one that is cancelled or not open to it, or that it takes part in already)."""
        code, name = self.region().code_of(participant), self.region().name_of
        lead = self.lead_of(event)
        if lead is None:
            raise no_event(event.id)
        if code == event.network:
            raise Refused(_("Cette action est celle de « {name} » : elle y participe.").format(name=name(code)))
        if lead.cancelled:
            raise Refused(_("« {title} » est annulée : personne n'y participe.").format(title=lead.title))
        if not lead.is_open_to(code):
            raise Refused(
                _(
                    "« {title} » n'est pas ouverte à « {name} ». Demandez à « {owner} » de l'ouvrir, par une ligne "
                    "« Ouvert à : {code} » dans sa description."
                ).format(title=lead.title, name=name(code), owner=name(event.network), code=code)
            )
        if code in self.participants().get(event, ()):
            raise Refused(_("« {name} » participe déjà à « {title} ».").format(name=name(code), title=lead.title))
        self._insert(
            s.participation,
            [
                {
                    "network": event.network,
                    "uid": event.uid,
                    "participant": code,
                    "actor_login": self._actor.login,
                    "at": self._now,
                }
            ],
        )
        self._to_show.add(event)

    @verb
    def leave(self, event: EventKey, participant: str) -> None:
        """Say that a network does not take part after all. Raises UnknownNetwork, NotFound."""
        code = self.region().code_of(participant)
        own = _part.network == event.network, _part.uid == event.uid, _part.participant == code
        if not self._connection.execute(delete(s.participation).where(*own)).rowcount:
            raise NotFound(_("« {name} » ne participe pas à cette action.").format(name=self.region().name_of(code)))
        self._to_show.add(event)

    # What they are made of

    def _take_along(self, before: EventKey, after: EventKey) -> None:
        """What was said of an event that goes to another network goes with it, but what is known there already. A
        clash between other networks is another clash."""
        if before == after:
            return
        for table in (s.family_member, s.participation):
            own = table.c.network == before.network, table.c.uid == before.uid
            there = select(table).where(table.c.network == after.network, table.c.uid == after.uid)
            if self._connection.execute(there).first() is None:
                self._connection.execute(update(table).where(*own).values(network=after.network))
            self._connection.execute(delete(table).where(*own))
        # Its own network has no need to take part.
        needless = _part.network == after.network, _part.uid == after.uid, _part.participant == after.network
        self._connection.execute(delete(s.participation).where(*needless))

    def _there(self, name: str, side: str, seen: str | None) -> Standing:
        """A clash of that side's that is there, as it was seen. Raises UnknownNetwork, and as `settle`."""
        standing = self.standing_called(name)
        self.region().code_of(side)
        if standing.gone_at is not None:
            raise Refused(
                _(
                    "Le conflit {id} n'existe plus : il n'y a rien à régler. « spro-agenda clashes show {id} » en "
                    "garde l'histoire."
                ).format(id=standing.id)
            )
        if side not in (*standing.sides, REGION):
            raise Refused(
                _("Le conflit {id} n'est pas celui de « {name} », mais de {sides}.").format(
                    id=standing.id,
                    name=self.region().name_of(side),
                    sides=enumerated([self.region().name_of(code) for code in standing.sides]),
                )
            )
        if seen is not None and seen != standing.fingerprint[: len(seen) or None]:
            raise Refused(
                _(
                    "Une action du conflit {id} a changé depuis que vous l'avez vu : rien n'a été réglé. Regardez-le "
                    "de nouveau avec « spro-agenda clashes show {id} »."
                ).format(id=standing.id)
            )
        return standing

    def _say(self, standing: Standing, side: str, verdict: Verdict, why: str) -> Standing:
        self._insert(
            s.settlement,
            [
                {
                    "identity": standing.identity,
                    "side": side,
                    "verdict": verdict.value,
                    "why": why,
                    "actor_login": self._actor.login,
                    "at": self._now,
                    "fingerprint": standing.fingerprint,
                }
            ],
        )
        self._to_show.update(standing.events)
        return self._standing(standing.identity)

    def _standing(self, identity: str) -> Standing:
        return self.standings([identity])[identity]

    def _link(self, events: Iterable[EventKey]) -> None:
        members, known = list(events), self.families()
        self._show_families(members, known)
        family = min(known.get(event, event.id) for event in members)
        for event in members:
            if event not in known:
                self._insert(s.family_member, [{"network": event.network, "uid": event.uid, "family": family}])
            elif known[event] != family:
                own = s.family_member.c.family == known[event]
                self._connection.execute(update(s.family_member).where(own).values(family=family))

    def _show_families(self, events: Collection[EventKey], families: Mapping[EventKey, str]) -> None:
        """Show again whom these events meet, and those that are one action with them: what clashes among them has to
        be settled, or has not, by who is one action with whom."""
        names = {families[event] for event in events if event in families}
        concerned = {*events, *(event for event, name in families.items() if name in names)}
        self._to_show |= concerned
        for each in self._encounters_of(concerned):
            self._to_show.update(member.event for member in each.shape.members)

    def _part(self, events: Iterable[EventKey]) -> None:
        parted = tuple(events)
        self._show_families(parted, self.families())
        for event in parted:
            self._connection.execute(
                delete(s.family_member).where(_family.network == event.network, _family.uid == event.uid)
            )
