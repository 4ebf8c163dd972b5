"""When alarms ring: RFC 5545 section 3.6.6."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import icalendar

from spro_agenda.ical.lines import Component

_LONGEST = timedelta(days=3650)
"""Past which nobody waits for an alarm; calendars that come from elsewhere have alarms centuries away."""

_MOST_RINGS = 100
"""Of one alarm for one instance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """An alarm at a moment, or some time from the start or the end of what it belongs to; it rings `again` times more,
    `every` so often."""

    at: datetime | None
    offset: timedelta
    from_end: bool
    again: int
    every: timedelta

    @property
    def reach(self) -> timedelta:
        """How far from an instance it may ring."""
        return abs(self.offset) + self.again * self.every

    def rings(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """When it rings for an instance."""
        first = self.at or (end if self.from_end else start) + self.offset
        return (first + number * self.every for number in range(self.again + 1))


def alarm_of(component: Component) -> Alarm | None:
    """What a VALARM says; `None` where it says nothing that makes sense."""
    trigger, duration, repeat = (component.first(name) for name in ("TRIGGER", "DURATION", "REPEAT"))
    if trigger is None:
        return None
    try:
        every = _duration(duration.value) if duration else timedelta()
        again = int(repeat.value) if repeat and every else 0
        is_moment = (trigger.param("VALUE") or "").upper() == "DATE-TIME"
        at = datetime.strptime(trigger.value.strip(), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) if is_moment else None
        offset = timedelta() if is_moment else _duration(trigger.value)
    except (OverflowError, ValueError):
        return None
    alarm = Alarm(
        at=at,
        offset=offset,
        from_end=(trigger.param("RELATED") or "").upper() == "END",
        again=min(max(again, 0), _MOST_RINGS),
        every=every,
    )
    return alarm if alarm.reach <= _LONGEST else None


def _duration(text: str) -> timedelta:
    found: timedelta = icalendar.vDuration.from_ical(text.strip())  # type: ignore[no-untyped-call]
    if abs(found) > _LONGEST:
        raise ValueError(text)
    return found
