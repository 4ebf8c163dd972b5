"""An ordinary client beside attackers, for as long as one likes: how long it waits, and what becomes of the workers.

    python benchmarks/attack.py --seconds 60

First nobody attacks, then all but those who guess passwords, then they too. The harness is that of
tests/test_under_attack.py. Results go to benchmarks/results/.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from attack_harness import ATTACKS, WITH_GUESSES, WORKERS, Phase, log_in, phase  # noqa: E402
from serving import make_instance, serving  # noqa: E402

from bench import record  # noqa: E402
from bench.console import ending_whole, say  # noqa: E402

PHASES = {"quiet": (), "attacked": ATTACKS, "attacked, passwords guessed too": WITH_GUESSES}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60, help="how long each phase lasts (60)")
    options = parser.parse_args()
    found: dict[str, Any] = {}
    with ending_whole(), tempfile.TemporaryDirectory(prefix="attack-") as folder:
        home = make_instance(Path(folder) / "home")
        with serving(home, workers=WORKERS) as server:
            log_in(server)
            for name, attacks in PHASES.items():
                say(f"{name}…")
                found[name] = figures(phase(server, options.seconds, attacks))
    quiet = found["quiet"]["median_ms"]
    for each in found.values():
        each["times_quiet"] = round(each["median_ms"] / quiet, 2)
    document = {"seconds": options.seconds, "workers": WORKERS, "phases": found}
    print(json.dumps(document, indent=2, ensure_ascii=False))
    print(record.keep("attack", document))


def figures(told: Phase) -> dict[str, Any]:
    waited = told.work.waited_ms
    return {
        "median_ms": round(told.work.median_ms, 1),
        "slowest_ms": round(told.work.slowest_ms()),
        "medians_ms": {name: round(statistics.median(each), 1) for name, each in waited.items()},
        "requests": sum(map(len, waited.values())),
        "wrong": told.work.wrong,
        "workers_lived": told.lived,
        "megabytes": round(told.megabytes),
        "attacks": dict(sorted(told.sent.items())),
    }


if __name__ == "__main__":
    main()
