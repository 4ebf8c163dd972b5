"""The seed calendars hold what the meeting of 21 June 2021 decided: all of it, as it was said, and nothing else."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from agendas import calendar, split

from spro_agenda.clashes import Planned, find_clashes, find_opportunities, sentence
from spro_agenda.model import Chance, EventKey, Kind, Weight
from spro_agenda.region.entry import Entry, read_entry
from spro_agenda.region.load import load_region

CALENDARS = Path(__file__).parents[1] / "calendars"
ACTIONS: list[dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("minutes").joinpath("actions.toml").read_text("utf-8")
)["action"]
ROUND_TABLE = [action for action in ACTIONS if action["network"] != "region"]
REGION = load_region(CALENDARS / "region.toml")
NUMBER = re.compile(r" \((\d)/(\d)\)$")
FIRST, LAST = date(2021, 1, 1), date(2022, 12, 31)


def seed() -> dict[EventKey, Entry]:
    """Every entry of the calendars, read as the agenda reads them."""
    found = {}
    for code in REGION.codes:
        path = CALENDARS / f"{code}.ics"
        for body in split(path.read_bytes(), path.name):
            entry = read_entry(body, code, REGION, path.name)
            assert entry.key not in found
            found[entry.key] = entry
    return found


SEED = seed()


def entries_of(action: dict[str, Any]) -> list[Entry]:
    return [SEED[EventKey(action["network"], entry["uid"])] for entry in action["entries"]]


each_action = pytest.mark.parametrize("action", ACTIONS, ids=[action["id"] for action in ACTIONS])


@each_action
def test_an_action_stands_in_its_network_s_calendar_under_its_title(action: dict[str, Any]) -> None:
    """Brackets apart, and the number of a workshop among several."""
    titles = [NUMBER.sub("", entry.lead.title) for entry in entries_of(action)]
    assert titles == [action["title"]] * len(action["entries"])


@each_action
def test_an_action_stands_at_its_sites(action: dict[str, Any]) -> None:
    """One entry a site; the regional team and most networks have none."""
    assert [entry.lead.site for entry in entries_of(action)] == [entry.get("site") for entry in action["entries"]]


@each_action
def test_an_action_is_as_firm_as_it_was_said(action: dict[str, Any]) -> None:
    """A date, a window with the words that were said, or neither."""
    for entry in entries_of(action):
        assert (entry.is_vague, entry.is_undated) == (action["date"] == "vague", action["date"] == "undated")
        assert entry.obj.component == ("VTODO" if action["date"] == "undated" else "VEVENT")
        assert (
            entry.lead.status == {"firm": "CONFIRMED", "vague": "TENTATIVE", "undated": "NEEDS-ACTION"}[action["date"]]
        )


@each_action
def test_a_firm_action_takes_place_on_its_days(action: dict[str, Any]) -> None:
    """All-day, from the first day to the last; the others take place at no time yet."""
    days = [
        [(each.first_day, each.last_day, each.all_day) for each in entry.occurrences(FIRST, LAST)]
        for entry in entries_of(action)
    ]
    expected = [(action["start"], action["end"], True)] if action["date"] == "firm" else []
    assert days == [expected] * len(action["entries"])


@each_action
def test_a_vague_action_keeps_its_window_and_its_words(action: dict[str, Any]) -> None:
    """The days are inclusive, and the words are those of the minutes; a firm date needs none."""
    for entry in entries_of(action):
        window = entry.lead.window
        assert ({"start": window.start, "end": window.end} if window else None) == action.get("window")
        assert (entry.lead.date_words or "") == ("" if action["date"] == "firm" else action["words"])


@each_action
@pytest.mark.parametrize("field", ["themes", "speakers", "partners", "publics"])
def test_an_action_says_what_for_with_whom_and_for_whom(action: dict[str, Any], field: str) -> None:
    """All that was understood, in any order, and no more."""
    for entry in entries_of(action):
        assert sorted(getattr(entry.lead, field)) == sorted(action[field])


@each_action
def test_an_action_is_open_to_those_that_were_invited(action: dict[str, Any]) -> None:
    """Some networks, all of them, or none."""
    expected = "all" if action["open_to"] == ["all"] else tuple(action["open_to"])
    assert [entry.lead.open_to for entry in entries_of(action)] == [expected] * len(action["entries"])


def test_several_entries_of_an_action_at_one_place_are_numbered() -> None:
    """« (1/4) » to « (4/4) », and only there."""
    for action in ACTIONS:
        found = [NUMBER.search(entry.lead.title) for entry in entries_of(action)]
        places = {entry.get("site") for entry in action["entries"]}
        count = len(action["entries"])
        numbered = count > 1 and len(places) == 1
        expected = [(str(each), str(count)) for each in range(1, count + 1)] if numbered else [None] * count
        assert [match.groups() if match else None for match in found] == expected


def test_the_calendars_hold_nothing_that_the_minutes_do_not_name() -> None:
    """Each entry belongs to one action."""
    named = [EventKey(action["network"], entry["uid"]) for action in ACTIONS for entry in action["entries"]]
    assert Counter(named) == Counter(SEED.keys())


def test_the_round_table_holds_29_actions_and_34_entries() -> None:
    """10 firm, 15 vague, 9 undated."""
    entries = [entry for action in ROUND_TABLE for entry in entries_of(action)]
    assert (len(ROUND_TABLE), len(entries)) == (29, 34)
    kinds = Counter("vague" if entry.is_vague else "undated" if entry.is_undated else "firm" for entry in entries)
    assert kinds == {"firm": 10, "vague": 15, "undated": 9}


def test_each_network_has_its_entries() -> None:
    """Three, eight, one, three, four and fifteen; the regional team has nine."""
    assert Counter(key.network for key in SEED) == {"18": 3, "28": 8, "36": 1, "37": 3, "41": 4, "45": 15, "region": 9}


def test_the_regional_team_has_seven_actions() -> None:
    """2 firm, 1 vague and 6 undated entries."""
    own = [action for action in ACTIONS if action["network"] == "region"]
    assert len(own) == 7
    assert Counter(action["date"] for action in own for _entry in action["entries"]) == {
        "firm": 2,
        "vague": 1,
        "undated": 6,
    }


def test_the_highlights_are_the_region_s_entries_and_the_restitution_of_the_36() -> None:
    """The restitution of 28 September is for all the coordinators."""
    networks = Counter(key.network for key, entry in SEED.items() if entry.lead.highlight)
    assert networks == {"region": 9, "36": 1}


def test_dreux_works_after_the_klub_without_booking_it() -> None:
    """« Partenaire : aucun » beats the name in the title."""
    [entry] = [entry for entry in SEED.values() if entry.lead.title.startswith("Après le Klub")]
    assert entry.lead.partners == ()


def test_the_year_has_one_clash_the_hackathon() -> None:
    """Three sites on 7 and 8 October, to watch, with the question whether it is one action; nothing blocks."""
    occurrences = [each for entry in SEED.values() for each in entry.occurrences(FIRST, LAST)]
    [clash] = find_clashes(occurrences, REGION)
    assert (clash.kind, clash.weight, clash.also, clash.count) == (Kind.SITES, Weight.TO_WATCH, (), 3)
    assert {member.event.site for member in clash.members} == {"Chartres", "Dreux", "Châteaudun"}
    assert clash.dates == (date(2021, 10, 7), date(2021, 10, 8))
    assert clash.question == "même action ?"
    assert sentence(clash).startswith("Plusieurs sites le même jour : Hackathon de l'orientation, du 7 au 8 octobre")


def test_the_minutes_hold_the_opportunities_that_people_spoke_of() -> None:
    """As of the meeting: what to open, to share and to take up again, and nothing that looks typed twice."""
    planned = [Planned(event=entry.lead, occurrences=entry.occurrences(FIRST, LAST)) for entry in SEED.values()]
    found = find_opportunities(planned, REGION, date(2021, 6, 21))
    assert [(each.chance, each.key, [event.key.network for event in each.events]) for each in found] == [
        (Chance.OPEN, "Conférence d'André Chauvet : l'impact du Covid", ["41"]),
        (Chance.SHARE, "Klub Extraordinaire", ["45", "41"]),
        (Chance.SHARE, "André Chauvet", ["37", "41"]),
        (Chance.REUSE, "TransCo", ["18", "37"]),
        (Chance.REUSE, "services à la personne", ["28", "45"]),
    ]


@pytest.mark.parametrize(("day", "title"), [(28, "restitution"), (14, "GIP ALFA")])
def test_a_firm_event_put_on_a_highlight_of_september_is_told(day: int, title: str) -> None:
    """The restitution of the 36, and the start of the professionalisation: everybody is expected there."""
    highlights = [
        entry for entry in SEED.values() if title.lower() in entry.lead.title.lower() and entry.lead.highlight
    ]
    occurrences = [each for entry in highlights for each in entry.occurrences(FIRST, LAST)]
    [highlight] = [each for each in occurrences if each.first_day == date(2021, 9, day)]
    text = calendar(f"UID:neuf\nDTSTART;VALUE=DATE:202109{day}\nSUMMARY:Atelier des métiers du bois")
    rival = read_entry(text, "45", REGION, "neuf")
    [clash] = find_clashes([highlight, *rival.occurrences(FIRST, LAST)], REGION)
    assert (clash.kind, clash.weight) == (Kind.HIGHLIGHT, Weight.TO_SETTLE)
