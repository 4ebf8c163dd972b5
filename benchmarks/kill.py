"""Kill the server, again and again, at random moments under write load, and look for a promise that was not kept.

    python benchmarks/kill.py --rounds 200 --database postgresql

A worker, all of the server's processes, the one that minds the workers; on PostgreSQL, a backend and the whole database
too. After each round: every acknowledged write is there byte for byte, every other one wholly or not at all; clients
that retry come to the right end; one that synchronises holds what the server lists; the tables agree with each other.
The harness is that of tests/test_crash.py. Results go to benchmarks/results/.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from crash_harness import SERVER, Round, Way, database, prepare, rounds  # noqa: E402
from postgres import Postgres, private_server  # noqa: E402
from serving import make_instance  # noqa: E402

from bench import record  # noqa: E402

DATABASES = ("sqlite", "postgresql")


@contextmanager
def served(name: str) -> Iterator[tuple[Path, Postgres | None]]:
    """An instance on a database, and the server of that database where it has one."""
    with tempfile.TemporaryDirectory(prefix="kill-") as folder:
        home = Path(folder) / "agenda"
        if name == "sqlite":
            yield make_instance(home), None
        else:
            with private_server() as postgres:
                yield make_instance(home, postgres.new_database()), postgres


def run(name: str, count: int, seed: int) -> list[Round]:
    """The rounds, told one by one as they are done."""
    done = []
    with served(name) as (home, postgres):
        prepare(home)
        by: tuple[Way, ...] = SERVER if postgres is None else (*SERVER, *database(postgres))
        for each in rounds(home, count, seed, by):
            done.append(each)
            print(f"{len(done):4}/{count}  {told(each)}", flush=True)
    return done


def told(each: Round) -> str:
    """A round in a line."""
    return (
        f"{each.killed:18} after {each.after_s:.2f} s: {each.acknowledged:4} acknowledged, "
        f"{each.unanswered} not answered, of which {each.done_unanswered} done"
    )


def summary(done: list[Round]) -> dict[str, object]:
    """What all the rounds come to."""
    return {
        "rounds": len(done),
        "killed": Counter(each.killed for each in done),
        "acknowledged": sum(each.acknowledged for each in done),
        "unanswered": sum(each.unanswered for each in done),
        "unanswered_but_done": sum(each.done_unanswered for each in done),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200, help="times that something is killed (200)")
    parser.add_argument("--database", choices=DATABASES, default="sqlite", help="what the store stands on (sqlite)")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 10**9, help="what decides what, and when")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    begun = time.monotonic()
    found = summary(run(options.database, options.rounds, options.seed))
    document = {
        "database": options.database,
        "seed": options.seed,
        "seconds": round(time.monotonic() - begun),
        **found,
    }
    print(json.dumps(document, indent=2))
    print(record.keep(f"kill-{options.database}", document))


if __name__ == "__main__":
    main()
