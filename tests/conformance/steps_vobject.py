"""What vobject makes of the files that are named: counts, and what is at fault as it reads and checks; as JSON."""

from __future__ import annotations

import json
import logging
import sys
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import vobject
from vobject.base import ParseError, ValidateError

TOLD: list[str] = []


class Ear(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        TOLD.append(record.getMessage())


def read(path: str) -> dict[str, Any]:
    TOLD.clear()
    counts: Counter[str] = Counter()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            found = vobject.readOne(Path(path).read_bytes().decode(), validate=True)
            counts.update(part.name for part in found.components())
        except (ParseError, ValidateError) as error:
            TOLD.append(f"{type(error).__name__}: {error}")
    return {"faults": TOLD + [str(each.message) for each in warned], "counts": counts}


if __name__ == "__main__":
    logging.getLogger().addHandler(Ear(logging.WARNING))
    sys.stdout.write(json.dumps({path: read(path) for path in sys.argv[1:]}))
