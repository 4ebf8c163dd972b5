"""The last so many things that were looked up, for as long as a process lives."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """What was found under keys, `most` at a time: what nobody asked for the longest goes first. Any number of threads
    may use it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        with self._lock:
            return self._kept[self._used(key)] if key in self._kept else None

    def keep(self, key: K, value: V) -> None:
        with self._lock:
            self._kept[key] = value
            self._used(key)
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def of(self, key: K, make: Callable[[], V]) -> V:
        """What is kept under a key, made where nothing is; by two threads at once, twice."""
        with self._lock:
            if key in self._kept:
                return self._kept[self._used(key)]
        made = make()
        self.keep(key, made)
        return made

    def _used(self, key: K) -> K:
        self._kept.move_to_end(key)
        return key
