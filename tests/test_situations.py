"""What a coordinator would want to be told, and nothing else: the situations of `tests/situations/`."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from reading_situations import FOLDER, Expected, Situation, days_ahead, read_situation

from spro_agenda.clashes import WITHIN_A_YEAR, Planned, find_clashes, find_opportunities, find_possible
from spro_agenda.model import Clash

FILES = sorted(FOLDER.glob("**/*.toml"))


def found_in(situation: Situation) -> tuple[Clash, ...]:
    first, last = days_ahead(situation)
    occurrences = [each for entry in situation.entries for each in entry.occurrences(first, last)]
    vague = [each for entry in situation.entries if (each := entry.over_its_window())]
    region = situation.region
    return (*find_clashes(occurrences, region), *find_possible(vague, occurrences, region))


def members(clash: Clash) -> frozenset[str]:
    return frozenset(key.uid for key in clash.events)


def as_expected(clash: Clash, dates: tuple[date, ...] | None) -> Expected:
    """The clash as a file may tell it: of each common time, a file gives the first day at least."""
    firsts = {day for day in clash.dates if day - timedelta(days=1) not in clash.dates}
    told = dates is None or firsts <= set(dates) <= set(clash.dates)
    return Expected(
        kind=clash.kind.value,
        also=frozenset(kind.value for kind in clash.also),
        weight=clash.weight.value,
        members=members(clash),
        dates=dates if told else clash.dates,
        question=clash.question,
    )


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(FOLDER)) for path in FILES])
def test_a_situation_is_told_as_it_should_be(path: Path) -> None:
    """All of its clashes, and no other."""
    situation = read_situation(path)
    if "clashes" in situation.checks:
        found = found_in(situation)
        dates = {(each.kind, each.members): each.dates for each in situation.clashes}
        told = {as_expected(clash, dates.get((clash.kind.value, members(clash)))) for clash in found}
        assert told == set(situation.clashes), f"{situation.says}\n{situation.rule}"

    if "opportunities" in situation.checks:
        assert opportunities_in(situation) == situation.opportunities, f"{situation.says}\n{situation.rule}"


def opportunities_in(situation: Situation) -> set[tuple[str, frozenset[str]]]:
    """Those of the year about the day asked, and of the time to come."""
    first, last = situation.as_of - WITHIN_A_YEAR, days_ahead(situation)[1]
    planned = [Planned(event=each.lead, occurrences=each.occurrences(first, last)) for each in situation.entries]
    found = find_opportunities(planned, situation.region, situation.as_of)
    return {(each.chance.value, frozenset(event.key.uid for event in each.events)) for each in found}
