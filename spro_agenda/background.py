"""Threads that work beside the server: they end with the process, and hold nobody up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


def every(name: str, job: Callable[[], object], *, first_s: float, every_s: float) -> threading.Thread:
    """Do a job again and again, in a thread that begins now. The job sees to what goes wrong in it."""

    def keep() -> None:
        time.sleep(first_s)
        while True:
            job()
            time.sleep(every_s)

    thread = threading.Thread(target=keep, name=name, daemon=True)
    thread.start()
    return thread


class Late:
    """The same, in a thread that begins when there is something to do: one does not survive the fork that makes a
    worker. Any number of threads may begin it."""

    def __init__(self, name: str, job: Callable[[], object]) -> None:
        self._name, self._job = name, job
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def begin(self, every_s: float) -> None:
        """See to it that the job is done every so often from now on."""
        if self._thread is None:
            with self._lock:
                if self._thread is None:
                    self._thread = every(self._name, self._job, first_s=every_s, every_s=every_s)


def in_a_line(error: Exception) -> str:
    """What went wrong, as one line of a log; by its kind where it does not say."""
    return " ".join(str(error).split()) or type(error).__name__
