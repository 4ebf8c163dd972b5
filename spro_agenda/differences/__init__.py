"""What moved between two texts of one event, in words that its coordinators use.

Two texts in, French sentences out; nothing else is looked at. The raw content lines decide *whether* something changed,
so that no change of a property that we keep goes untold; what was understood of them decides *how* it is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from spro_agenda.differences.properties import told
from spro_agenda.differences.times import Clock
from spro_agenda.differences.views import View, views
from spro_agenda.i18n import _
from spro_agenda.ical.read import Moment, Part
from spro_agenda.region.records import Region

__all__ = ["differences"]


def differences(before: bytes, after: bytes, network: str, region: Region) -> tuple[str, ...]:
    """Sentences, the weightiest first; none when only the order of lines or a client's own bookkeeping differs.

    Both are texts of one event of that network. Raises BadCalendar for a text that cannot be read.
    """
    old, new = views(before, network, region), views(after, network, region)
    clock = Clock(region.time_zone)
    return (*_kind(old, new), *_series(old, new, clock), *_instances(old, new, clock))


def _kind(old: dict[str, View], new: dict[str, View]) -> Iterator[str]:
    found = {view.event.component for view in new.values()}
    if found != {view.event.component for view in old.values()}:
        yield _("nature : devient une tâche") if "VTODO" in found else _("nature : devient un événement daté")


def _series(old: dict[str, View], new: dict[str, View], clock: Clock) -> Iterator[str]:
    """The part without RECURRENCE-ID: an event that does not repeat has no other."""
    if "" in old and "" in new:
        yield from told(old[""], new[""], clock)
    elif "" in new:
        yield _("série : ajoutée, {when}").format(when=clock.when(new[""]))
    elif "" in old:
        yield _("série : retirée, seules restent des séances à part")


def _instances(old: dict[str, View], new: dict[str, View], clock: Clock) -> Iterator[str]:
    for key in sorted((old.keys() | new.keys()) - {""}):
        found = list(_instance(old, new, key, clock))
        if found:
            yield _("{which} : {what}").format(
                which=_called((new.get(key) or old[key]).part, clock), what=" ; ".join(found)
            )


def _instance(old: dict[str, View], new: dict[str, View], key: str, clock: Clock) -> Iterator[str]:
    """What moved of one instance; one that stands apart for the first time is held beside what its series gave."""
    after = new.get(key)
    if after is None:
        yield _("redevient comme la série") if "" in new else _("retirée")
        return
    before = old.get(key) or (_given(old[""], after) if "" in old else None)
    if before is None:
        yield _("ajoutée, {when}").format(when=clock.when(after))
        return
    if after.event.cancelled and not before.event.cancelled:
        yield _("annulée")
        return
    if clock.when(before) != clock.when(after) and not after.part.this_and_future:
        yield _("déplacée : {when}").format(when=clock.when(after))
        before = _at(before, after.part.start, after.part.end)
    found = list(told(before, after, clock))
    if not found and key not in old and clock.when(_given(old[""], after)) == clock.when(after):
        yield _("fixée à part, sans autre changement")
    yield from found


def _given(master: View, instance: View) -> View:
    """The instance as its series gave it."""
    start = instance.part.recurrence_id
    return _at(master, start, _end(master.part, start))


def _at(view: View, start: Moment | None, end: Moment | None) -> View:
    """The part as it would be at another time, which stands in none of its lines."""
    return replace(view, part=replace(view.part, start=start, end=end), placed=True)


def _end(part: Part, start: Moment | None) -> Moment | None:
    if part.start is None or part.end is None or start is None or type(part.start) is not type(part.end):
        return None
    return start + (part.end - part.start)


def _called(part: Part, clock: Clock) -> str:
    assert part.recurrence_id is not None
    day = clock.day(part.recurrence_id)
    return (_("à partir du {day}") if part.this_and_future else _("séance du {day}")).format(day=day)
