"""All that there is to tell on a day, read from the store once for everybody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from spro_agenda.agenda import Filters, Said, chances, look_back, reminders
from spro_agenda.clashes import state_of
from spro_agenda.digest import Situation
from spro_agenda.digest.digest import Held
from spro_agenda.model import Scope, State
from spro_agenda.region.lines import fields_of
from spro_agenda.region.records import Region
from spro_agenda.sources import Gathered, StoreSource, gather
from spro_agenda.store import Store, covering

AHEAD = timedelta(days=365)
LATELY = timedelta(days=8)
"""How long an action is asked about after it took place: a weekly digest, and a day."""


def situation_of(store: Store, today: date, since: int) -> Situation:
    """What is so on a day; revisions after one. Raises StoreError."""
    with store.read() as reader:
        region = reader.region()
        standings = reader.live_standings()
        waiting = [each for each in standings.values() if state_of(each, today) is State.NEW]
        clashes = [(clash, standing) for standing in waiting if (clash := reader.clash_of(standing))]
        revisions = tuple(reader.revisions_since(since))
        until = revisions[-1].id if revisions else reader.last_revision()
        said = Said(apart=reader.apart(), families=reader.families(), standings=standings)
        dismissals, participants = reader.dismissals(), reader.participants()
    filters = look_back(Filters(first=today, last=today + AHEAD), today)
    gathered = gather([StoreSource(store)], region, filters.first, filters.last)
    found = chances(gathered, region, filters, today, said)
    return Situation(
        region=region,
        today=today,
        revisions=revisions,
        until=until,
        clashes=tuple(sorted(clashes, key=lambda each: (-each[0].weight.rank, each[0].dates, each[0].identity))),
        opportunities=tuple(each for each in found if covering(each, dismissals) is None),
        reminders=reminders(gathered, region, filters, today),
        held=tuple(sorted(_held(gathered, region, today), key=lambda each: (each.first, each.event.key))),
        participants=participants,
    )


def _held(gathered: Gathered, region: Region, today: date) -> Iterator[Held]:
    """The actions that others might take up, and that took place of late for the last time."""
    for entry in gathered.entries:
        event = entry.lead
        asked = event.key.network in region.codes and event.scope is not Scope.INTERNAL and not event.cancelled
        if not asked or fields_of(event.description).get("reusable"):
            continue
        found = [each for each in entry.occurrences(today - LATELY, today + AHEAD) if not each.event.cancelled]
        if found and found[-1].last_day < today:
            yield Held(event=event, first=found[-1].first_day, last=found[-1].last_day)
