"""What is done once a day, by the server itself: old history goes, the horizon of occurrences moves.

Each worker has a thread for it, which never takes the server down; the store says whose day it is.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from spro_agenda.background import every, in_a_line
from spro_agenda.errors import BadInput
from spro_agenda.i18n import _
from spro_agenda.instance import CONFIG, Configuration, option
from spro_agenda.store import Actor, Retention, Store
from spro_agenda.store.retention import idle, months_before

FIRST_S, EVERY_S = 5, 3600
"""A worker begins by serving; then it looks every hour whether the day is still to be done."""

FAR = timedelta(days=60)
"""A day so long after all that the store knows of may be that of a wrong clock: nothing is taken away for good."""

ACTOR = Actor(agent="spro-agenda serve")
_LONGEST_MONTHS = 1200

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Day:
    """What a job works on. `last` is the last day that the store knew of, `None` when it knew none."""

    store: Store
    retention: Retention
    today: date
    last: date | None = None

    @property
    def is_doubtful(self) -> bool:
        """Whether the clock may be wrong. A store that nobody served or wrote for so long waits for a day more."""
        return self.last is not None and self.today - self.last > FAR


Job = Callable[[Day], object]


def _purge(day: Day) -> object:
    if day.is_doubtful:
        logger.warning(
            "the clock says %s, and nothing is known of after %s: old history is not purged today; if the clock is "
            "right, it will be tomorrow, or by spro-agenda purge",
            day.today,
            day.last,
        )
        return None
    return day.store.purge(day.today, day.retention, ACTOR)


def _move_horizon(day: Day) -> object:
    return day.store.move_horizon(day.today, ACTOR)


def _report_idle(day: Day) -> object:
    with day.store.read() as reader:
        found = idle(reader.accounts(), day.today, day.retention.idle_months, reader.region().time_zone)
    if found:
        logger.warning("%d accounts were not used for long: see spro-agenda users list --idle", len(found))
    return found


def _forget_told(day: Day) -> object:
    """What people were told so long ago as acts are kept is told again where it is still so."""
    if day.is_doubtful:
        return None
    with day.store.write(ACTOR) as writer:
        zone = writer.region().time_zone
        before = datetime.combine(months_before(day.today, day.retention.audit_months), datetime.min.time(), zone)
        return writer.forget_told(before)


JOBS: tuple[Job, ...] = (_purge, _move_horizon, _forget_told, _report_idle)
"""What is done each day, in order. Each may be done again."""


def start(opened: Callable[[], Store], retention: Retention) -> threading.Thread:
    """Do the jobs each day, in a thread that ends with the process. `opened` gives the store, which may be away."""
    return every("upkeep", lambda: attend(opened, retention, date.today()), first_s=FIRST_S, every_s=EVERY_S)


def attend(opened: Callable[[], Store], retention: Retention, today: date, jobs: tuple[Job, ...] = JOBS) -> None:
    """Do a day's jobs, unless another worker does them. What fails is logged, and tried again at the next call."""
    try:
        store = opened()
        with store.write(ACTOR) as writer:
            day = Day(store, retention, today, writer.last_day())
            if not writer.take_upkeep_day(today):
                return
        _do(day, jobs)
    except Exception as error:  # noqa: BLE001  # whatever it is, people are served
        logger.error("the daily upkeep failed, and will be tried again: %s", in_a_line(error))


def _do(day: Day, jobs: tuple[Job, ...]) -> None:
    """The jobs of a day that was taken; it is given back when one of them fails."""
    try:
        for job in jobs:
            job(day)
    except Exception:
        with day.store.write(ACTOR) as writer:
            writer.give_back_upkeep_day(day.today, day.last)
        raise


def retention_of(configuration: Configuration) -> Retention:
    """How long things are kept: `trash_months`, `revision_months`, `audit_months`, `idle_months` of [storage].

    Raises BadInput.
    """
    default = Retention()
    return Retention(
        trash_months=months(configuration, "trash_months", default.trash_months),
        revision_months=months(configuration, "revision_months", default.revision_months),
        audit_months=months(configuration, "audit_months", default.audit_months),
        idle_months=months(configuration, "idle_months", default.idle_months),
    )


def months(configuration: Configuration, name: str, default: int, *, least: int = 1) -> int:
    """An option of [storage] that is a number of months. Raises BadInput."""
    given = option(configuration, "storage", name, str(default))
    if given.isascii() and given.isdigit() and least <= int(given) <= _LONGEST_MONTHS:
        return int(given)
    raise BadInput(
        _("{file} : « {name} = {given} » n'est pas un nombre de mois. Écrivez par exemple {name} = {default}.").format(
            file=CONFIG, name=name, given=given, default=default
        )
    )
