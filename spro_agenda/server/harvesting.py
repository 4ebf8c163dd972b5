"""The calendars that networks keep elsewhere are harvested by the server itself, every hour.

Each worker has a thread for it, which never takes the server down; the store says whose turn a source is.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from spro_agenda.background import every, in_a_line
from spro_agenda.harvest import Harvest, Settings, due, harvest
from spro_agenda.store import Store

FIRST_S, EVERY_S = 10, 60
"""A worker begins by serving; then it looks every minute whether a source is to be asked."""

logger = logging.getLogger(__name__)


def start(opened: Callable[[], Store], settings: Settings) -> None:
    """Harvest from a thread that ends with the process. `opened` gives the store, which may be away."""
    if settings.minutes:
        every("harvesting", lambda: attend(opened, settings, time.time()), first_s=FIRST_S, every_s=EVERY_S)


def attend(opened: Callable[[], Store], settings: Settings, now: float) -> None:
    """Harvest the sources that are due at a time, in epoch seconds. What fails is logged once, and tried again."""
    try:
        store = opened()
        with store.read() as reader:
            networks = due(reader.sources(), settings.minutes, now)
        for network in networks:
            _tell(harvest(store, network, settings.fetcher))
    except Exception as error:  # noqa: BLE001  # whatever it is, people are served
        logger.error("harvesting failed, and will be tried again: %s", in_a_line(error))


def _tell(done: Harvest | None) -> None:
    """Log that a source fails when it begins to, not every hour."""
    if done is None or not done.is_news:
        return
    if done.source.error:
        logger.warning("the calendar of %s is not harvested: %s", done.source.network, done.source.error)
    else:
        logger.warning("the calendar of %s is harvested again", done.source.network)
