"""What a passage means to people: new, moved, cancelled, dated at last. As everybody sees events; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from functools import cache, partial

from spro_agenda.digest.passages import Passage
from spro_agenda.digest.times import announced, first_day, is_series, is_to_come, occurrence_words, times, when
from spro_agenda.errors import BadCalendar
from spro_agenda.i18n import _, counted, day_words
from spro_agenda.model import Event, EventKey, Occurrence, Visibility
from spro_agenda.region.entry import Entry, read_entry
from spro_agenda.region.records import Region

MOST_TIMES = 3
"""Times of a series that a change tells one by one."""

_OVER = frozenset({"CANCELLED", "COMPLETED"})


class What(StrEnum):
    """What became of an event."""

    NEW = "new"
    DATED = "dated"
    MOVED = "moved"
    CANCELLED = "cancelled"
    BACK = "back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What became of an event. `event` is as it is, or as it last was where it `is_gone` from all calendars.

    `now` and `was` say when it takes place and did, "" where that goes without saying; `notes` what else changed. `day`
    is the first that it stands on, and `soonest` the first day to come that is touched; `None` for what has no date.
    `at` (UTC) is when it was written, on the local day `written_on`.
    """

    what: What
    event: Event
    now: str
    was: str
    notes: tuple[str, ...]
    day: date | None
    soonest: date | None
    is_gone: bool
    revision: int
    at: datetime
    written_on: date
    logins: frozenset[str]

    @property
    def key(self) -> EventKey:
        return self.event.key


def changes_of(found: Iterable[Passage], region: Region, today: date) -> tuple[Change, ...]:
    """What passages mean, seen on a day: nothing of what is over, nor of what not everybody may read as it now is."""
    read = cache(partial(_seen, region))
    changes = (_change(each, read, today) for each in found if each.is_known)
    return tuple(sorted((each for each in changes if each is not None), key=_order))


def _order(change: Change) -> tuple[date, EventKey]:
    return change.day or date.max, change.key


def _seen(region: Region, body: bytes | None, network: str) -> Entry | None:
    """What everybody sees of a text: `None` for none, for one that cannot be read, and for one of which not all is
    everybody's, since that somebody is busy is no news."""
    if body is None:
        return None
    try:
        entry = read_entry(body, network, region, network)
    except BadCalendar:
        return None
    return entry if entry.visibility is Visibility.PUBLIC else None


Reading = Callable[[bytes | None, str], Entry | None]


def _change(passage: Passage, read: Reading, today: date) -> Change | None:
    network = passage.key.network
    before = read(passage.before, passage.before_network)
    after = read(passage.after, network)
    if (before is None and after is None) or (after is None and read(passage.last, network) is None):
        return None
    if passage.after is not None and after is None:
        # Not everybody's any more: not even its former title is told again.
        return None
    return _Comparison(passage, before, after, today).change()


@dataclass(frozen=True, slots=True)
class _Comparison:
    passage: Passage
    before: Entry | None
    after: Entry | None
    today: date

    def change(self) -> Change | None:
        """What the two texts differ in that people should know; `None` for nothing, or what is over."""
        was, now = _takes_place(self.before), _takes_place(self.after)
        if not was and not now:
            return None
        if not was:
            return self._new()
        if not now:
            return self._cancelled()
        return self._moved()

    def _new(self) -> Change | None:
        assert self.after is not None
        if not is_to_come(self.after, self.today):
            return None
        return self._made(What.NEW if self.before is None else What.BACK, self.after, when(self.after, self.today))

    def _cancelled(self) -> Change | None:
        assert self.before is not None
        if not is_to_come(self.before, self.today):
            return None
        made = self._made(
            What.CANCELLED, self.after or self.before, when(self.before, self.today), self._times(self.before)
        )
        return made if self.after else replace(made, notes=(_("retirée de l'agenda"),))

    def _moved(self) -> Change | None:
        before, after = self.before, self.after
        assert before is not None
        assert after is not None
        if not (is_to_come(before, self.today) or is_to_come(after, self.today)):
            return None
        if is_series(before) or is_series(after):
            return self._series_moved(before, after)
        now, was = when(after, self.today), when(before, self.today)
        if _has_date(after) and not _has_date(before):
            return replace(self._made(What.DATED, after, now), was=announced(before))
        notes = tuple(self._notes(before, after))
        if now == was and not notes:
            return None
        made = self._made(What.MOVED, after, now, [*self._times(before), *self._times(after)])
        return replace(made, was=was if was != now else "", notes=notes)

    def _series_moved(self, before: Entry, after: Entry) -> Change | None:
        now, was = when(after, self.today), when(before, self.today)
        if not self._times(before) and not _has_date(before):
            return replace(self._made(What.DATED, after, now), was=announced(before))
        notes, differing = tuple(self._notes(before, after)), self._differing(before, after)
        if not differing and not notes:
            return None
        if not self._times(after):
            return self._made(What.CANCELLED, after, was, differing)
        made = self._made(What.MOVED, after, now, self._times(after) if notes else differing)
        return replace(made, notes=(*self._told(before, after), *notes))

    def _notes(self, before: Entry, after: Entry) -> Iterator[str]:
        """What else moved: the place, or the calendar that it stands in."""
        old, new = before.lead, after.lead
        if (old.place, old.town) != (new.place, new.town):
            yield _place(old, new)
        if before.key.network != after.key.network:
            yield _("passe de l'agenda {old} à l'agenda {new}").format(
                old=before.region.name_of(before.key.network), new=after.region.name_of(after.key.network)
            )

    def _told(self, before: Entry, after: Entry) -> Iterator[str]:
        """The times of a series that changed, one by one where they are few."""
        old, new = times(before, self.today), times(after, self.today)
        changed = [key for key in sorted(old.keys() | new.keys()) if _interval(old.get(key)) != _interval(new.get(key))]
        if len(changed) > MOST_TIMES:
            # One that a rule gives at another hour goes by another name: it is one, not two.
            number = max(sum(key in each for key in changed) for each in (old, new))
            times_ = counted(number, "séance", "séances")
            yield _("toutes les séances changent") if number == len(old) else _("{times} changent").format(times=times_)
            return
        for key in changed:
            if key not in new:
                yield _("séance du {day} annulée").format(day=day_words(old[key].first_day))
            elif key not in old:
                yield _("séance de plus : {when}").format(when=occurrence_words(new[key], after))
            else:
                yield _("séance du {day} déplacée : {when}").format(
                    day=day_words(old[key].first_day), when=occurrence_words(new[key], after)
                )

    def _differing(self, before: Entry, after: Entry) -> list[Occurrence]:
        """The times that are not as they were, or were not: as they were, and as they are."""
        old, new = times(before, self.today), times(after, self.today)
        return [
            each
            for here, there in ((old, new), (new, old))
            for key, each in here.items()
            if _interval(there.get(key)) != _interval(each)
        ]

    def _times(self, entry: Entry) -> list[Occurrence]:
        return list(times(entry, self.today).values())

    def _made(self, what: What, shown: Entry, now: str, touched: Iterable[Occurrence] = ()) -> Change:
        days = [each.first_day for each in touched if each.last_day >= self.today]
        source = self.before if what is What.CANCELLED and self.before else shown
        return Change(
            what=what,
            event=shown.lead,
            now=now,
            was="",
            notes=(),
            day=first_day(source, self.today),
            soonest=min(days, default=None),
            is_gone=self.after is None,
            revision=self.passage.revision,
            at=self.passage.at,
            written_on=self.passage.at.astimezone(shown.region.time_zone).date(),
            logins=self.passage.logins,
        )


def _takes_place(entry: Entry | None) -> bool:
    return entry is not None and entry.lead.status not in _OVER


def _has_date(entry: Entry) -> bool:
    return not (entry.is_vague or entry.is_undated)


def _interval(each: Occurrence | None) -> tuple[datetime, datetime, bool] | None:
    return None if each is None else (each.start, each.end, each.all_day)


def _place(old: Event, new: Event) -> str:
    name = new.location or new.place_name
    if not name:
        return _("le lieu n'est plus dit")
    known = old.location or old.place_name
    if not known:
        return _("lieu : {place}").format(place=name)
    return _("lieu : {place} (était : {old})").format(place=name, old=known)
