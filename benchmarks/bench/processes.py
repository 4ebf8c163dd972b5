"""What the processes of a server spend and hold, from Linux's /proc and its clocks of processes."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TICK_S = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process as /proc/PID/stat tells it. Times are seconds; those of children are of the ones that ended."""

    pid: int
    parent: int
    own_s: float
    ended_children_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Bytes of a process in RAM: all it maps (rss), and with what it shares divided by those who share it (pss)."""

    pid: int
    rss: int
    pss: int


def tree(root: int) -> list[Process]:
    """A process and all that descend from it, now alive."""
    children: dict[int, list[Process]] = {}
    found = list(_processes())
    for process in found:
        children.setdefault(process.parent, []).append(process)
    reached = [process for process in found if process.pid == root]
    for process in reached:  # grows while it is read
        reached.extend(children.get(process.pid, ()))
    return reached


def cpu_s(root: int) -> float:
    """CPU seconds, user and system, of a tree of processes so far.

    A living process is read from its clock, to the nanosecond, threads that ended included. Those that ended, and were
    waited for by a living one, are told in ticks of 10 ms.
    """
    return sum(_own_s(process) + process.ended_children_s for process in tree(root))


def memory(root: int) -> list[Memory]:
    """The memory of each process of a tree, the root's first."""
    return [_memory(process.pid) for process in tree(root)]


def _processes() -> Iterator[Process]:
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except (FileNotFoundError, ProcessLookupError):  # it ended since it was listed
            continue
        yield _parsed(int(stat.parent.name), text)


def _parsed(pid: int, text: str) -> Process:
    """proc(5): after the name in brackets, which may hold anything, the state is field 3."""
    fields = text.rpartition(")")[2].split()
    user, system, children_user, children_system = (int(field) * TICK_S for field in fields[11:15])
    return Process(
        pid=pid, parent=int(fields[1]), own_s=user + system, ended_children_s=children_user + children_system
    )


def _own_s(process: Process) -> float:
    """clock_getcpuclockid(3), which Python lacks: Linux numbers the clock of a whole process ~PID << 3 | 2."""
    try:
        return time.clock_gettime((~process.pid << 3) | 2)
    except OSError:
        return process.own_s


def _memory(pid: int) -> Memory:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    kilobytes = {name: int(rest.split()[0]) for name, _colon, rest in (line.partition(":") for line in lines)}
    return Memory(pid=pid, rss=kilobytes["Rss"] * 1024, pss=kilobytes["Pss"] * 1024)
