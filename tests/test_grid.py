"""Who has done what: themes by networks, gaps included, in every format the same."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from pathlib import Path

import pytest
from agendas import CALENDARS, YEAR, calendar, entries, region
from click.testing import CliRunner

from spro_agenda.agenda import Filters, grid, look_back
from spro_agenda.clashes import Cell, Grid
from spro_agenda.commands import cli
from spro_agenda.errors import UsageError
from spro_agenda.region.entry import Entry
from spro_agenda.render.grid import render
from spro_agenda.sources import Gathered

AS_OF = date(2021, 6, 21)
MINUTES = ("opportunities", "--grid", "--calendars", str(CALENDARS), "--as-of", "2021-06-21")
PERIOD = ("--from", "2021-01-01", "--to", "2021-12-31")


def about(uid: str, *lines: str, theme: str = "alternance") -> str:
    return "\n".join((f"UID:{uid}", *lines, f"DESCRIPTION:Thème : {theme}"))


def on(day: str) -> str:
    return f"DTSTART;VALUE=DATE:{day}"


def made(*found: Entry, filters: Filters = YEAR) -> Grid:
    return grid(Gathered(found, ()), region(), look_back(filters, AS_OF), AS_OF)


def of(cell: Cell) -> tuple[list[str], list[str], list[str]]:
    held, ahead, undated = ([each.event.key.uid for each in found] for found in (cell.held, cell.ahead, cell.undated))
    return held, ahead, undated


def cell(of_grid: Grid, network: str) -> Cell:
    return next(each for each in of_grid.rows[0].cells if each.network == network)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (about("a", on("20210620"), "SUMMARY:A"), (["a"], [], [])),
        (about("a", on("20210621"), "SUMMARY:A"), ([], ["a"], [])),
        (about("a", on("20200501"), "SUMMARY:[en mai 2020] A"), None),
        (about("a", on("20210401"), "SUMMARY:[en avril] A"), (["a"], [], [])),
        (about("a", on("20210601"), "SUMMARY:[en juin] A"), ([], ["a"], [])),
        (about("a", on("20210601"), "SUMMARY:[à définir] A"), ([], [], ["a"])),
        (about("a", on("20210607"), "RRULE:FREQ=WEEKLY;COUNT=5", "SUMMARY:A"), (["a"], ["a"], [])),
        (about("a", on("20210620"), "SUMMARY:A", "STATUS:CANCELLED"), None),
        (about("a", on("20190620"), "SUMMARY:A"), None),
        (f"VTODO\n{about('a', 'SUMMARY:A')}", ([], [], ["a"])),
        (f"VTODO\n{about('a', 'SUMMARY:A', 'STATUS:COMPLETED')}", (["a"], [], [])),
        (f"VTODO\n{about('a', 'SUMMARY:A', 'STATUS:CANCELLED')}", None),
    ],
)
def test_an_event_was_held_or_is_to_come_or_has_no_date(
    event: str, expected: tuple[list[str], list[str], list[str]] | None
) -> None:
    """What is cancelled, or further back than a year, is not there."""
    found = made(*entries("28", event))
    assert (of(cell(found, "28")) if found.rows else None) == expected


def test_what_most_networks_share_stands_first_and_what_nobody_has_is_named() -> None:
    found = made(
        *entries("28", about("a", on("20210620"), "SUMMARY:A", theme="agriculture, handicap")),
        *entries("45", about("b", on("20210920"), "SUMMARY:B", theme="handicap")),
        *entries("37", about("c", on("20210920"), "SUMMARY:C", theme="œnologie")),
        *entries("37", f"UID:d\n{on('20210920')}\nSUMMARY:D"),
    )
    assert [(row.theme, row.filled) for row in found.rows] == [("handicap", 2), ("agriculture", 1), ("œnologie", 1)]
    assert [each.network for each in found.rows[0].cells if each.is_gap] == ["18", "36", "37", "41", "region"]
    assert found.without_theme == 1
    assert "TransCo" in found.unheard
    assert not set(found.unheard) & {row.theme for row in found.rows}


def test_the_grid_of_the_minutes_fits_a_page_and_shows_its_gaps() -> None:
    shown = typed(*MINUTES, *PERIOD)
    lines = shown.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0] == "QUI A FAIT QUOI, vu du lundi 21 juin 2021"
    transco = next(line for line in lines if "TransCo" in line)
    assert transco.split() == ["TransCo", "●", "–", "–", "○", "–", "–", "–"]
    assert next(line for line in lines if "arbre des talents" in line).split()[-1] == "???"
    assert " ● fait   ○ prévu   ? à dater   – personne" in lines
    assert next(line for line in lines if "27 thèmes, dont" in line).split()[-7:] == [*"46123", "11", "3"]


def test_a_theme_is_told_action_by_action() -> None:
    """« Qui a déjà fait cela ? » wants a name."""
    shown = typed(*MINUTES, *PERIOD, "--theme", "transco")
    assert "  ● 18             17 juin 2021      Journée apprentissage, handicap et TransCo" in shown
    assert "  ○ 37             2 juil. 2021      Présentation du dispositif TransCo" in shown
    assert "agriculture" not in shown
    alone = typed(*MINUTES, *PERIOD, "--theme", "transco", "--network", "28,45")
    assert "Personne n'a d'action sur : TransCo." in alone


def test_every_format_tells_the_same() -> None:
    document = json.loads(typed(*MINUTES, *PERIOD, "--format", "json"))
    assert list(document) == ["version", "as_of", "networks", "themes", "unheard", "without_theme"]
    transco = next(each for each in document["themes"] if each["theme"] == "TransCo")
    assert [each["network"] for each in transco["cells"] if not each["gap"]] == ["18", "37"]
    [held] = transco["cells"][0]["held"]
    assert held == {
        "id": "18/journee-apprentissage-handicap-transco-2021@spro-18.example",
        "site": None,
        "title": "Journée apprentissage, handicap et TransCo",
        "dates": ["2021-06-17"],
        "date_words": None,
        "window": None,
    }
    told = typed(*MINUTES, *PERIOD, "--format", "csv")
    assert told.startswith("\ufeffthème;réseau;fait;prévu;à dater;actions\n")
    rows = list(csv.reader(io.StringIO(told), delimiter=";"))[1:]
    counts = {(theme, network): list(map(int, numbers)) for theme, network, *numbers, _told in rows}
    assert counts == {
        (row["theme"], each["network"]): [len(each[name]) for name in ("held", "planned", "undated")]
        for row in document["themes"]
        for each in row["cells"]
    }
    assert ["Campus connecté", "28", "0", "0", "1", "? à dater : Campus connecté : déploiement"] in rows


def test_a_crowded_cell_is_counted_and_a_long_theme_is_cut_in_no_word() -> None:
    many = [about(f"a{number}", on("20210620"), "SUMMARY:A", theme="handicap") for number in range(12)]
    found = made(*entries("28", *many, about("b", on("20210920"), "SUMMARY:B", theme="handicap")))
    assert "●12○1" in render(found, width=80, colour=False, details=False)


def test_an_agenda_without_themes_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "28.ics").write_bytes(calendar(f"UID:a\n{on('20210920')}\nSUMMARY:A"))
    words = ("--region", str(CALENDARS / "region.toml"), "--as-of", "2021-06-21", *PERIOD)
    shown = typed("opportunities", "--grid", "--calendars", str(tmp_path), *words)
    assert "Sans thème, donc absentes d'ici : 1 action." in " ".join(shown.split())
    assert "thème, dont" not in shown


@pytest.mark.parametrize("words", [("--grid", "--kind", "OUVRIR"), ("--grid", "--dismissed")])
def test_what_does_not_go_together_is_a_sentence(words: tuple[str, ...]) -> None:
    done = CliRunner().invoke(cli, ["opportunities", "--calendars", str(CALENDARS), *words], standalone_mode=False)
    assert isinstance(done.exception, UsageError)
    assert "--grid" in str(done.exception)


def typed(*words: str) -> str:
    done = CliRunner().invoke(cli, words, env={"COLUMNS": "80"})
    assert done.exit_code == 0, (done.output, done.exception)
    return done.stdout
