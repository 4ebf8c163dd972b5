"""Who reads feeds, and when."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from spro_agenda.background import Late, in_a_line
from spro_agenda.errors import SproError
from spro_agenda.store import Actor, Store

NOTED_S = 3600
"""How exactly it is told when a feed was last read: otherwise each reading would be a write."""

_LONGEST_AGENT = 200

logger = logging.getLogger(__name__)


class Readings:
    """Who read which feed, told to the store by a thread of its own, once an hour for each."""

    EVERY_S = 30

    def __init__(self, opened: Callable[[], Store], clock: Callable[[], float] = time.time) -> None:
        self._opened, self._clock = opened, clock
        self._last: dict[int, float] = {}
        self._new: dict[int, tuple[int, str]] = {}
        self._lock = threading.Lock()
        self._telling = Late("feeds", self._tell_or_log)

    def note(self, number: int, agent: str) -> None:
        """A feed was read."""
        now = self._clock()
        if now - self._last.get(number, 0) < NOTED_S:
            return
        with self._lock:
            self._last[number] = now
            self._new[number] = int(now), agent[:_LONGEST_AGENT]
        self._telling.begin(self.EVERY_S)

    def tell(self) -> None:
        """Tell the store what is new. What cannot be told now is told at the next time."""
        with self._lock:
            new, self._new = self._new, {}
        if not new:
            return
        try:
            with self._opened().write(Actor(agent="spro-agenda serve")) as writer:
                writer.note_readings(new)
        except SproError as error:
            logger.warning("who read feeds is not written down yet: %s", in_a_line(error))
            with self._lock:
                self._new = new | self._new

    def _tell_or_log(self) -> None:
        try:
            self.tell()
        except Exception as error:  # noqa: BLE001  # whatever it is, who reads next is told of
            logger.error("who read feeds will not be written down: %s: %s", type(error).__name__, error)
