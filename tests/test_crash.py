"""What was answered 2xx survives `kill -9` of any process, and a client that retries is safe.

A few rounds; `benchmarks/kill.py` has as many as one likes.
"""

from __future__ import annotations

from pathlib import Path

from crash_harness import SERVER, database, prepare, rounds
from postgres import private_server
from serving import make_instance


def test_no_acknowledged_write_is_lost_on_sqlite(home: Path) -> None:
    """Whichever process of the server is killed; what was not acknowledged is there wholly or not at all."""
    prepare(home)
    done = list(rounds(home, 3, seed=1, by=SERVER))
    assert sum(each.acknowledged for each in done) > 0
    assert sum(each.unanswered for each in done) > 0


def test_no_acknowledged_write_is_lost_on_postgresql(tmp_path: Path) -> None:
    """Nor when it is the database's processes that are killed: the server then says so, and serves on by itself."""
    with private_server() as postgres:
        home = make_instance(tmp_path / "home", postgres.new_database())
        prepare(home)
        done = list(rounds(home, 3, seed=1, by=(SERVER[0], *database(postgres))))
        assert sum(each.acknowledged for each in done) > 0
        assert sum(each.unanswered for each in done) > 0
