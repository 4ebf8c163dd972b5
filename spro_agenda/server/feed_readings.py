"""Who reads feeds, and when."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

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
        self._thread: threading.Thread | None = None

    def note(self, number: int, agent: str) -> None:
        """A feed was read."""
        now = self._clock()
        if now - self._last.get(number, 0) < NOTED_S:
            return
        with self._lock:
            self._last[number] = now
            self._new[number] = int(now), agent[:_LONGEST_AGENT]
            # Not before there is something to tell: a thread does not survive the fork that makes a worker.
            if self._thread is None:
                self._thread = threading.Thread(target=self._keep_telling, name="feeds", daemon=True)
                self._thread.start()

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
            logger.warning("who read feeds is not written down yet: %s", " ".join(str(error).split()))
            with self._lock:
                self._new = new | self._new

    def _keep_telling(self) -> None:
        while True:
            time.sleep(self.EVERY_S)
            try:
                self.tell()
            except Exception as error:  # noqa: BLE001  # whatever it is, who reads next is told of
                logger.error("who read feeds will not be written down: %s: %s", type(error).__name__, error)
