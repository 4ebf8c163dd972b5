"""What is kept of a run: its figures, on which machine and between which versions they were taken."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
RESULTS = ROOT / "benchmarks" / "results"
LIBRARIES = ("granian", "SQLAlchemy", "icalendar", "vobject")


def keep(name: str, document: Mapping[str, Any]) -> Path:
    """Write a run's document, with what surrounds it, as `NAME-DAY.json`; a later run of the day replaces it."""
    now = datetime.now(UTC)
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{name}-{now:%Y-%m-%d}.json"
    whole = {"at": now.isoformat(timespec="seconds"), "commit": _commit(), "machine": machine(), **document}
    file.write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return file.relative_to(ROOT)


def machine() -> dict[str, Any]:
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        "python": platform.python_version(),
        "system": platform.platform(),
        "libraries": {name: version(name) for name in LIBRARIES},
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _commit() -> str:
    """The commit that the copy stands on, `+` after it where something differs; nothing outside of git."""
    words = ["git", "describe", "--always", "--dirty=+", "--exclude=*"]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
