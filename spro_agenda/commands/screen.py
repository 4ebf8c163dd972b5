"""What is written on: its width, and whether it shows colours."""

from __future__ import annotations

import os
import shutil
import sys

from spro_agenda.render import terminal


def width() -> int:
    """Columns of the terminal, or of a page where there is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else terminal.WIDTH


def colour() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
