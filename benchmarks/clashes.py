"""The clash engine at several sizes of one density, beside an interval-tree library and an SQL self-join.

    python benchmarks/clashes.py --events 1000 10000 100000

The peers are given the keys of all occurrences, and find the pairs that share one and an instant; ours reads the keys
out of the events, and finds the largest sets of all kinds, the further kinds and what stands badly alone. Then one
event among them changes: ours examines it again in a SQLite store, with all that is written; the peers take its
intervals out, put them back, and look for its pairs. CPU time of this process.
"""

from __future__ import annotations

import argparse
import gc
import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import partial
from importlib.resources import files
from pathlib import Path
from random import Random
from statistics import median
from time import process_time
from typing import Any

from intervaltree import IntervalTree

from bench import record, table
from bench.console import ending_whole, say
from bench.world import TIMES, Made, world
from spro_agenda.clashes import find_encounters, index_keys
from spro_agenda.model import Occurrence
from spro_agenda.recurrence import FIRST_DAY, LAST_DAY
from spro_agenda.region.entry import read_entry
from spro_agenda.region.load import parse_region
from spro_agenda.region.records import Region
from spro_agenda.store import Actor, Store

OURS, TREE, SQL = "nous", "arbre", "SQL"
SERVERS = (OURS, TREE, SQL)
SWEEP_S, ONE_MS = 2.0, 5.0
"""What to reach: 100,000 occurrences swept, in seconds; one changed event among them, in milliseconds."""

LARGE = "100000"

LARGEST_STORE = 10_000
"""Events past which no store is filled: it would take an hour."""

CHANGED = 200
"""Events that change, one after the other."""

TOML = (files("spro_agenda.calendars") / "region.toml").read_text("utf-8")
Row = tuple[str, int, int, int]
"""A key, the first and the last second under it, and the event's number."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, nargs="+", default=[1_000, 10_000, 100_000], metavar="N")
    sizes = parser.parse_args().events
    region = parse_region(TOML, "region.toml")
    sweeps: dict[str, dict[str, float]] = {}
    changes: dict[str, dict[str, float]] = {}
    with ending_whole():
        # Calendars of public holidays are made when they are first asked for.
        find_encounters(_occurrences(world(sizes[0]), region), region)
        for size in sizes:
            made = list(world(size))
            label = str(size * TIMES)
            occurrences = _occurrences(made, region)
            rows = _rows(occurrences, region)
            # What stands in memory for the peers is no business of anybody's garbage collection.
            gc.collect()
            gc.freeze()
            sweeps[label] = _swept(occurrences, rows, region)
            changes[label] = _changed(rows)
            del occurrences, rows
            gc.unfreeze()
            if size <= LARGEST_STORE:
                changes[label][OURS] = _examined(made)
    asked = {f"toutes, {label}": sweeps[label] for label in sweeps} | {
        f"une de {label}": changes[label] for label in changes
    }
    aims = {f"toutes, {LARGE}": SWEEP_S * 1000, **{f"une de {label}": ONE_MS for label in changes}}
    print(table.with_ratios(asked, SERVERS, aims))
    print()
    each = {label: figures[OURS] * 1000 / int(label) for label, figures in sweeps.items()}
    for label, cost in each.items():
        times = cost / next(iter(each.values()))
        print(f"{label} occurrences : {cost:.1f} µs chacune, {times:.2f} fois la première taille")
    say(str(record.keep("clashes", {"sweep_ms": sweeps, "change_ms": changes})))


def _occurrences(made: Iterable[Made], region: Region) -> list[Occurrence]:
    return [
        occurrence
        for each in made
        for occurrence in read_entry(each.body, each.network, region, each.uid).occurrences(FIRST_DAY, LAST_DAY)
    ]


def _rows(occurrences: Iterable[Occurrence], region: Region) -> list[Row]:
    return [
        (f"{key.kind} {key.text}", key.start_s, key.end_s, int(each.key.uid))
        for each in occurrences
        for key in index_keys(each, region)
    ]


def _swept(occurrences: Sequence[Occurrence], rows: Sequence[Row], region: Region) -> dict[str, float]:
    say(f"{len(occurrences)} occurrences, {len(rows)} clés…")
    by_tree, tree_ms = _timed(lambda: _tree_pairs(rows))
    by_sql, sql_ms = _timed(lambda: _sql_pairs(rows))
    if by_tree != by_sql:
        raise SystemExit(f"{by_tree} paires par arbre, {by_sql} par SQL")
    found, ours_ms = _timed(lambda: find_encounters(occurrences, region))
    say(f"  {by_tree} paires, {len(found)} conflits")
    return {OURS: ours_ms, TREE: tree_ms, SQL: sql_ms}


def _timed(do: Callable[[], Any]) -> tuple[Any, float]:
    begun = process_time()
    result = do()
    return result, (process_time() - begun) * 1000


def _trees(rows: Iterable[Row]) -> dict[str, IntervalTree]:
    by_key = defaultdict(list)
    for key, start_s, end_s, number in rows:
        by_key[key].append((start_s, end_s, number))
    return {key: IntervalTree.from_tuples(spans) for key, spans in by_key.items()}


def _tree_pairs(rows: Iterable[Row]) -> int:
    return sum(
        other.data > each.data
        for tree in _trees(rows).values()
        if len(tree) > 1
        for each in tree
        for other in tree.overlap(each.begin, each.end)
    )


_TABLE = (
    "CREATE TABLE held (key TEXT, start_s INTEGER, end_s INTEGER, number INTEGER)",
    "CREATE INDEX by_key ON held (key, start_s, end_s, number)",
    "CREATE INDEX by_number ON held (number)",
)
_JOIN = (
    "SELECT count(*) FROM held AS one JOIN held AS other ON other.key = one.key AND other.start_s < one.end_s "
    "AND other.end_s > one.start_s AND other.start_s > one.start_s - 86400 * 32 "
)


def _held(rows: Sequence[Row]) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    for statement in _TABLE:
        connection.execute(statement)
    connection.executemany("INSERT INTO held VALUES (?, ?, ?, ?)", rows)
    return connection


def _sql_pairs(rows: Sequence[Row]) -> int:
    return int(_held(rows).execute(f"{_JOIN} WHERE other.number > one.number").fetchone()[0])


def _changed(rows: Sequence[Row]) -> dict[str, float]:
    """Milliseconds that one changed event takes the peers."""
    own = defaultdict(list)
    for row in rows:
        own[row[3]].append(row)
    some = Random(1).sample(sorted(own), min(CHANGED, len(own)))
    trees, connection = _trees(rows), _held(rows)

    def by_tree(number: int) -> int:
        for key, start_s, end_s, _number in own[number]:
            trees[key].removei(start_s, end_s, number)
            trees[key].addi(start_s, end_s, number)
        return sum(
            other.data != number
            for key, start_s, end_s, _number in own[number]
            for other in trees[key].overlap(start_s, end_s)
        )

    def by_sql(number: int) -> int:
        connection.execute("DELETE FROM held WHERE number = ?", (number,))
        connection.executemany("INSERT INTO held VALUES (?, ?, ?, ?)", own[number])
        question = f"{_JOIN} WHERE one.number = ? AND other.number != one.number"
        return int(connection.execute(question, (number,)).fetchone()[0])

    told = {name: [_timed(partial(do, number)) for number in some] for name, do in ((TREE, by_tree), (SQL, by_sql))}
    if [pairs for pairs, _ms in told[TREE]] != [pairs for pairs, _ms in told[SQL]]:
        raise SystemExit("arbre et SQL ne trouvent pas les mêmes paires")
    return {name: median(ms for _pairs, ms in figures) for name, figures in told.items()}


def _examined(made: Sequence[Made]) -> float:
    """Milliseconds that one changed event takes us, in a store that holds them all."""
    say(f"  une base de {len(made)} événements…")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        store = Store.create("sqlite:///agenda.sqlite", Path(folder), TOML, date(2025, 1, 1))
        with store.write(Actor()) as writer:
            for each in made:
                writer.put_event(each.network, f"{each.uid}.ics", each.body)
        with store.write(Actor()) as writer:
            figures = [
                _timed(partial(writer.examine_event, each.network, each.uid))[1]
                for each in Random(1).sample(made, min(CHANGED, len(made)))
            ]
        store.close()
    say(f"  la plus longue : {max(figures):.1f} ms")
    return median(figures)


if __name__ == "__main__":
    main()
