"""A dense year, made up by somebody who had not seen the engine: a board that people read, with all that matters on it.

`dense_year.py` makes 720 entries of ten sites, two thirds of them routine, and plants 43 real clashes among them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from datetime import date

import pytest
from agendas import CALENDARS
from dense_year import Planned, Planted, dense_year, region_text
from reading_situations import entry_from

from spro_agenda.clashes import find_clashes
from spro_agenda.model import Clash
from spro_agenda.region.entry import Entry
from spro_agenda.region.load import parse_region

YEAR = dense_year()
REGION = parse_region(region_text((CALENDARS / "region.toml").read_text("utf-8")), "region.toml")
MOST_A_MONTH = 2
"""Lines that a network's coordinator has the patience for."""


def entry(planned: Planned) -> Entry:
    """As a situation would have it; what is empty is not there."""
    written = {name: value for name, value in asdict(planned).items() if value}
    return entry_from(written | {"id": planned.uid}, REGION)


@pytest.fixture(scope="module")
def board() -> tuple[Clash, ...]:
    entries = [entry(planned) for planned in YEAR.events]
    return find_clashes(
        [each for one in entries for each in one.occurrences(date(2022, 1, 1), date(2022, 12, 31))], REGION
    )


def test_no_network_has_more_lines_than_people_read(board: tuple[Clash, ...]) -> None:
    """On average over the year's months; a line counts for each network in it."""
    lines = Counter(network for clash in board for network in {key.network for key in clash.events})
    assert max(lines.values()) <= MOST_A_MONTH * 12, lines


def test_no_network_has_three_lines_in_a_month_but_for_what_is_planted(board: tuple[Clash, ...]) -> None:
    """Of 50 lines, 43 are planted, for some networks three in a month; what nobody planted adds one at most."""
    told: dict[tuple[str, int], list[bool]] = {}
    for clash in board:
        is_planted = any(tells(clash, each) for each in YEAR.planted)
        for network in {key.network for key in clash.events}:
            told.setdefault((network, clash.dates[0].month), []).append(is_planted)
    assert max(each.count(False) for each in told.values()) <= 1
    assert max(map(len, told.values())) <= MOST_A_MONTH + 1
    assert sum(len(each) > MOST_A_MONTH and not all(each) for each in told.values()) <= 2


def tells(clash: Clash, planted: Planted) -> bool:
    """Whether a line is a planted clash, perhaps with an event that fell on the same moment by chance."""
    members = {tuple(member) for member in planted.members}
    events = {(key.network, key.uid) for key in clash.events}
    return clash.kind == planted.kind and members <= events and planted.day in clash.dates


@pytest.mark.parametrize("planted", YEAR.planted, ids=[f"{each.kind}-{each.day}" for each in YEAR.planted])
def test_every_planted_clash_is_on_the_board(planted: Planted, board: tuple[Clash, ...]) -> None:
    """Under its kind."""
    assert any(tells(clash, planted) for clash in board)
