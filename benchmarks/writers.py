"""Eight writers over four worker processes, and a client that synchronises all along.

    python benchmarks/writers.py --seconds 60 --database postgresql

No answer may be a 5xx, no update may be lost (each event holds a count that every acknowledged update raises), the
calendar's change number must grow by one a write, and the client must end with what the server has. The harness is
that of tests/test_writers.py. Results go to benchmarks/results/.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from crash_harness import prepare  # noqa: E402
from serving import serving  # noqa: E402
from writers_harness import WORKERS, WRITERS, run  # noqa: E402

from bench import record  # noqa: E402
from kill import DATABASES, served  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60, help="how long they write (60)")
    parser.add_argument("--database", choices=DATABASES, default="sqlite", help="what the store stands on (sqlite)")
    options = parser.parse_args()
    with served(options.database) as (home, _postgres):
        prepare(home)
        with serving(home, workers=WORKERS) as server:
            outcome = run(server, options.seconds)
    document = {
        "database": options.database,
        "writers": WRITERS,
        "workers": WORKERS,
        "changes_per_second": round(outcome.changes / outcome.seconds, 1),
        **asdict(outcome),
    }
    print(json.dumps(document, indent=2))
    print(record.keep(f"writers-{options.database}", document))


if __name__ == "__main__":
    main()
