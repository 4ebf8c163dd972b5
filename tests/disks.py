"""Disks that are small, and programs that may not write: what a test needs root, or nothing, to come by."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

BOUND_BY_PERMISSIONS = (
    # Root writes where nobody may, unless it is told not to.
    ("setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-dac_override,-dac_read_search")
    if os.getuid() == 0
    else ()
)
"""The words of a program under which files that are read-only cannot be written, whoever runs it."""


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A folder that is a disk of its own. Making one is root's privilege: skips the test otherwise."""
    if os.getuid() != 0:
        pytest.skip("only root may mount a disk")
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Take all the room that is left, by a file that can be removed."""
    ballast = disk / "ballast"
    room = os.statvfs(disk)
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, room.f_bavail * room.f_frsize)
    return ballast
