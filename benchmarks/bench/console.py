"""How the commands speak while they work, and how they end."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


def say(text: str) -> None:
    """Progress, beside the results on the standard output."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def ending_whole() -> Iterator[None]:
    """Within the block, an interruption or SIGTERM ends every server that was started, and takes away its folder."""
    before = {number: signal.signal(number, _leave) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)
