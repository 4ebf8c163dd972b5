"""What a coordinator would want to be told, and nothing else: the situations of `tests/situations/`."""

from __future__ import annotations

from pathlib import Path

import pytest
from reading_situations import FOLDER, Expected, Situation, days_ahead, read_situation

from spro_agenda.clashes import find_clashes
from spro_agenda.model import Clash

FILES = sorted(FOLDER.glob("**/*.toml"))


def found_in(situation: Situation) -> tuple[Clash, ...]:
    first, last = days_ahead(situation)
    occurrences = [each for entry in situation.entries for each in entry.occurrences(first, last)]
    return find_clashes(occurrences, situation.region)


def as_expected(clash: Clash, dated: bool) -> Expected:
    return Expected(
        kind=clash.kind.value,
        also=frozenset(kind.value for kind in clash.also),
        weight=clash.weight.value,
        members=frozenset(key.uid for key in clash.events),
        dates=clash.dates if dated else None,
        question=clash.question,
    )


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(FOLDER)) for path in FILES])
def test_a_situation_is_told_as_it_should_be(path: Path) -> None:
    """All of its clashes, and no other."""
    situation = read_situation(path)
    if "clashes" in situation.checks:
        found = found_in(situation)
        dated = {(each.kind, each.members): each.dates is not None for each in situation.clashes}
        told = {
            as_expected(clash, dated.get((clash.kind.value, frozenset(key.uid for key in clash.events)), True))
            for clash in found
        }
        assert told == set(situation.clashes), f"{situation.says}\n{situation.rule}"
