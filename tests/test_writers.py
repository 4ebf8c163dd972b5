"""Conditions hold among many who write at once over several processes, and whoever synchronises misses nothing.

A few seconds; `benchmarks/writers.py` has as many as one likes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path
from threading import Barrier

import pytest
from crash_harness import WRITER, get, prepare
from serving import CAL, Answer, Server, copy_instance, event, serving
from writers_harness import CALENDAR, WORKERS, WRITERS, run

PATIENCE_S = 30


@pytest.fixture(scope="module")
def served(any_instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on each database, with several processes and an account for the writers."""
    home = copy_instance(any_instance, tmp_path_factory.mktemp("many") / "home")
    prepare(home)
    with serving(home, workers=WORKERS) as server:
        yield server


def test_no_update_is_lost_and_no_change_missed(served: Server) -> None:
    """Eight writers over four processes; all that is refused is a condition that no longer holds."""
    outcome = run(served, seconds=3)
    assert outcome.changes > WRITERS
    assert outcome.refused > 0
    assert outcome.syncs > 2


def at_once(send: Callable[[int], Answer]) -> Counter[int]:
    """The statuses of as many requests as there are writers, sent at the same moment."""
    start = Barrier(WRITERS)

    def one(number: int) -> int:
        start.wait(PATIENCE_S)
        return send(number).status

    with ThreadPoolExecutor(WRITERS) as pool:
        return Counter(pool.map(one, range(WRITERS)))


@pytest.mark.parametrize("turn", range(3))
def test_of_those_who_create_one_event_at_once_one_does(served: Server, turn: int) -> None:
    """`If-None-Match: *`: the others are told 412, and what is there is what the one sent (its ETag says so)."""
    path = f"{CALENDAR}course-{turn}.ics"

    def create(number: int) -> Answer:
        body = event(f"course-{turn}@essai", f"SUMMARY:{number}")
        return served.request("PUT", path, body, login=WRITER, headers={"If-None-Match": "*"})

    assert at_once(create) == {HTTPStatus.CREATED: 1, HTTPStatus.PRECONDITION_FAILED: WRITERS - 1}


@pytest.mark.parametrize("turn", range(3))
def test_of_those_who_change_one_version_at_once_one_does(served: Server, turn: int) -> None:
    """`If-Match`: the others are told 412, and none overwrites what it has not read."""
    path = f"{CALENDAR}version-{turn}.ics"
    etag = served.request("PUT", path, event(f"version-{turn}@essai"), login=WRITER).etag

    def change(number: int) -> Answer:
        body = event(f"version-{turn}@essai", f"SUMMARY:{number}")
        return served.request("PUT", path, body, login=WRITER, headers={"If-Match": etag})

    assert at_once(change) == {HTTPStatus.NO_CONTENT: 1, HTTPStatus.PRECONDITION_FAILED: WRITERS - 1}


@pytest.mark.parametrize("turn", range(3))
def test_of_those_who_put_one_uid_at_several_addresses_one_does(served: Server, turn: int) -> None:
    """The others are told 409, and nothing of theirs is there."""

    def create(number: int) -> Answer:
        path = f"{CALENDAR}double-{turn}-{number}.ics"
        answer = served.request("PUT", path, event(f"double-{turn}@essai"), login=WRITER)
        assert answer.status == HTTPStatus.CREATED or answer.xml.find(f"{CAL}no-uid-conflict") is not None
        return answer

    assert at_once(create) == {HTTPStatus.CREATED: 1, HTTPStatus.CONFLICT: WRITERS - 1}
    standing = [get(served, f"{CALENDAR}double-{turn}-{number}.ics") for number in range(WRITERS)]
    assert len([each for each in standing if each]) == 1
