"""What the icalendar library, strict, makes of the files that are named: counts, and what is at fault; as JSON."""

from __future__ import annotations

import json
import sys
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

from icalendar import Calendar


def read(path: str) -> dict[str, Any]:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        parts = list(Calendar.from_ical(Path(path).read_bytes()).walk())
    faults = [f"{part.name}: {name}: {problem}" for part in parts for name, problem in part.errors]
    return {"faults": faults + [str(each.message) for each in told], "counts": Counter(part.name for part in parts)}


if __name__ == "__main__":
    sys.stdout.write(json.dumps({path: read(path) for path in sys.argv[1:]}))
