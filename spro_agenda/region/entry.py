"""One calendar object as the region understands it: its events, and its occurrences within given days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from spro_agenda.ical.outside import seen_outside
from spro_agenda.ical.read import HELD, KNOWN, CalendarObject, Part, read_object
from spro_agenda.model import Event, EventKey, Occurrence, OccurrenceKey, Visibility
from spro_agenda.recurrence import Span, check_bounded, spans
from spro_agenda.region.records import Region
from spro_agenda.region.understand import understand


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`events` has one Event for each part of `obj`, in their order; `lead` is what people call the event."""

    key: EventKey
    obj: CalendarObject
    events: tuple[Event, ...]
    region: Region

    @property
    def lead(self) -> Event:
        """The master, or the first part of an object that has none."""
        return next((event for event in self.events if not event.recurrence_id), self.events[0])

    @property
    def is_vague(self) -> bool:
        """Whether it has a window in place of a date."""
        return self.lead.window is not None

    @property
    def is_undated(self) -> bool:
        """Whether it has neither date nor window: a task without DTSTART and DUE, or words that give no window."""
        dated = any(part.start or part.end for part in self.obj.parts)
        return not self.is_vague and (self.lead.date_words is not None or not dated)

    @property
    def visibility(self) -> Visibility:
        """What others see of it: what its text says; but where the title's words tell the date, the one that stands in
        its place would be told as if it were meant."""
        said, is_dated = self.obj.visibility, not (self.is_vague or self.is_undated)
        return Visibility.PRIVATE if said is Visibility.CONFIDENTIAL and not is_dated else said

    def occurrences(self, first: date, last: date) -> tuple[Occurrence, ...]:
        """Its occurrences that touch the days `first` to `last`, inclusive; none when it is vague or undated."""
        if self.is_vague or self.is_undated:
            return ()
        return self.occurrences_of(spans(self.obj, self.region.time_zone, first, last))

    def over_its_window(self) -> Occurrence | None:
        """A vague event as if it took place on all the days of its window; `None` for another."""
        window = self.lead.window
        if window is None:
            return None
        zone = self.region.time_zone
        start, past = (datetime.combine(day, time(), zone) for day in (window.start, window.end + timedelta(days=1)))
        return Occurrence(
            key=OccurrenceKey(self.key.network, self.key.uid),
            event=self.lead,
            start=start.astimezone(UTC),
            end=past.astimezone(UTC),
            all_day=True,
            first_day=window.start,
            last_day=window.end,
        )

    def occurrences_of(self, found: Iterable[Span]) -> tuple[Occurrence, ...]:
        """Spans of its object as occurrences of its events."""
        by_part = dict(zip(map(id, self.obj.parts), self.events, strict=True))
        return tuple(
            Occurrence(
                key=OccurrenceKey(self.key.network, self.key.uid, span.recurrence_id),
                event=by_part[id(span.part)],
                start=span.start,
                end=span.end,
                all_day=span.all_day,
                first_day=span.first_day,
                last_day=span.last_day,
            )
            for span in found
        )


def read_entry(body: bytes, network: str, region: Region, where: str) -> Entry:
    """Read the text of one calendar object of a network, or of a personal calendar (""). `where` names it in errors.
    Raises BadCalendar."""
    obj = read_object(body, where, HELD if network else KNOWN)
    check_bounded(obj, where)
    return entry_of(obj, network, region)


def outside(entry: Entry) -> Entry | None:
    """An entry as all networks see it: `None` where they do not."""
    if entry.visibility is Visibility.PUBLIC:
        return entry
    if entry.visibility is Visibility.PRIVATE:
        return None
    seen = read_object(seen_outside(entry.obj.body), entry.key.id)
    # Its text may have the UID that it goes by in our agenda.
    return entry_of(replace(seen, uid=entry.key.uid), entry.key.network, entry.region)


def entry_of(obj: CalendarObject, network: str, region: Region) -> Entry:
    """An object already read, as an event of that network."""

    def understood(part: Part) -> Event:
        return understand(obj, part, network, region)

    return Entry(
        key=EventKey(network, obj.uid), obj=obj, region=region, events=tuple(understood(part) for part in obj.parts)
    )
