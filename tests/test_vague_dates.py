"""What people write for a date that is not fixed yet is understood, or not guessed at: `tests/vague_dates/`."""

from __future__ import annotations

import csv
import unicodedata
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from agendas import region
from hypothesis import given
from hypothesis import strategies as st

from spro_agenda.region.vague import Anchor, Meaning, read_words

FOLDER = Path(__file__).parent / "vague_dates"
HOLIDAYS = region().school_holidays


def rows() -> Iterator[object]:
    for name in ("expressions", "held_out"):
        with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.DictReader(file), 2):
                yield pytest.param(row, id=f"{name}-{number}")


@pytest.mark.parametrize("row", list(rows()))
def test_words_mean_the_window_that_a_coordinator_would_say(row: dict[str, str]) -> None:
    anchor = Anchor(day=date.fromisoformat(row["date"]), is_meeting=row["rule"] == "meeting")
    said = read_words(row["words"], anchor, HOLIDAYS)
    found = (said.window.start.isoformat(), said.window.end.isoformat()) if said.window else (said.meaning.value, "")
    assert found == (row["start"], row["end"]), row["words"]
    if row["edtf"]:
        assert said.edtf == row["edtf"]


def read(words: str, day: date = date(2021, 6, 21), *, is_meeting: bool = False) -> tuple[str, str]:
    said = read_words(words, Anchor(day=day, is_meeting=is_meeting), HOLIDAYS)
    return (str(said.window.start), str(said.window.end)) if said.window else (said.meaning.value, "")


@pytest.mark.parametrize("words", ["Entrée", "rentrer", "lévrier", "démembré", "à", "et", "où", "dans", "paquets"])
def test_another_word_of_french_is_neither_a_slip_nor_a_date(words: str) -> None:
    assert read(words) == ("unknown", "")


@pytest.mark.parametrize(
    ("words", "end"),
    [
        ("jusqu'au 15 octobre", "2021-10-15"),
        ("au plus tard le 15 octobre", "2021-10-15"),
        ("jusqu'en octobre", "2021-10-31"),
        ("au plus tard en novembre", "2021-11-30"),
        ("jusqu'à fin novembre", "2021-11-30"),
        ("au plus tard à la Toussaint", "2021-10-31"),
        ("avant le 15 octobre", "2021-10-14"),
    ],
)
def test_up_to_a_day_is_with_that_day_and_before_it_is_without(words: str, end: str) -> None:
    assert read(words) == ("2021-06-21", end)


@pytest.mark.parametrize("words", ["A0E", "M2E", "salle B2e", "፩ octobre", "octobre 19፩፩", "semaine ፩", "፩ trimestre"])
def test_figures_in_a_name_and_of_other_scripts_are_no_error(words: str) -> None:
    assert read(words) == ("unknown", "")


@pytest.mark.parametrize("words", ["octobre (semaine 41)", "automne (octobre)", "T4, octobre et novembre"])
def test_what_lies_within_does_not_cut_what_it_lies_in(words: str) -> None:
    """« octobre (semaine 41) » is not 1 to 17 October."""
    assert read(words) == ("unknown", "")


@pytest.mark.parametrize("since", ["à partir de", "dès", "DES", "à compter de"])
def test_since_a_month_lasts_to_the_end_of_its_year(since: str) -> None:
    assert read(f"{since} septembre") == ("2021-09-01", "2021-12-31")
    assert read(f"{since} la rentrée 2022") == ("2022-09-01", "2022-12-31")
    assert read(f"{since} que possible") == ("unknown", "")


@pytest.mark.parametrize(
    ("words", "start", "end"),
    [
        ("mai-juillet", "2021-05-01", "2021-07-31"),
        ("sept.–déc. 2021", "2021-09-01", "2021-12-31"),
        ("au milieu du mois d'octobre", "2021-10-11", "2021-10-20"),
        ("dernière quinzaine d'octobre", "2021-10-16", "2021-10-31"),
    ],
)
def test_other_ways_to_say_the_same(words: str, start: str, end: str) -> None:
    assert read(words) == (start, end)


@pytest.mark.parametrize(
    ("words", "start", "end"),
    [
        ("au retour des vacances", "2021-09-01", "2021-09-15"),
        ("au retour des vacances d'été", "2021-09-01", "2021-09-15"),
        ("au retour des vacances de la Toussaint", "2021-11-08", "2021-11-22"),
        ("à la rentrée de la Toussaint", "2021-11-08", "2021-11-22"),
        ("RETOUR DES CONGES D'HIVER 2022", "2022-02-21", "2022-03-07"),
        ("au retour des vacances de Noël 2021", "2022-01-03", "2022-01-17"),
        ("rentrée scolaire 2022", "2022-09-01", "2022-09-15"),
        ("rentrée de janvier", "2022-01-01", "2022-01-15"),
        ("rentrée de septembre", "2021-09-01", "2021-09-15"),
        ("d'ici le retour des vacances de Toussaint", "2021-06-21", "2021-11-07"),
        ("vacances scolaires de la Toussaint", "2021-10-23", "2021-11-07"),
        ("vacances de la Toussaint 2026", "2026-10-17", "2026-11-01"),
        ("pont de l'Ascension 2022", "2022-05-26", "2022-05-29"),
        ("1er trimestre scolaire", "2021-09-01", "2021-12-17"),
        ("2e trimestre scolaire", "2022-01-03", "2022-04-08"),
        ("3e trimestre scolaire", "2021-04-26", "2021-07-06"),
        ("2ème trimestre scolaire 2026-2027", "2027-01-04", "2027-04-16"),
        ("1er trimestre de l'année scolaire 2026/2027", "2026-09-01", "2026-12-18"),
        ("2e trimestre scolaire 2022", "2022-01-03", "2022-04-08"),
        ("année scolaire 2021-2022", "2021-09-01", "2022-07-07"),
        ("année scolaire", "2020-09-01", "2021-07-06"),
        ("4e trimestre scolaire", "unknown", ""),
        ("2e trimestre scolaire 2093", "unknown", ""),
        ("vacances de la Toussaint 2093", "unknown", ""),
        ("après les vacances de la Toussaint", "unknown", ""),
        ("au retour", "unknown", ""),
        ("trimestre scolaire", "unknown", ""),
        ("année scolaire 2021-2023", "unknown", ""),
    ],
)
def test_schools_have_years_terms_and_returns_of_their_own(words: str, start: str, end: str) -> None:
    """From holidays to holidays; two weeks after some, as « à la rentrée »; unknown where the holidays are."""
    assert read(words) == (start, end)


@pytest.mark.parametrize(
    ("words", "backwards"),
    [
        ("entre le 8 et le 4 octobre", True),
        ("entre le 8 octobre et le 4 octobre 2021", True),
        ("entre le 8 novembre et le 4 octobre", True),
        ("entre le 4 et le 8 octobre", False),
        ("entre le 31 et le 35 octobre", False),
        ("hors 8 à 4 octobre", False),
        ("le 8", False),
    ],
)
def test_days_the_wrong_way_round_are_told_from_what_is_not_understood(words: str, *, backwards: bool) -> None:
    said = read_words(words, Anchor(day=date(2021, 6, 21)), HOLIDAYS)
    assert said.is_backwards is backwards
    assert not backwards or said.meaning is Meaning.UNKNOWN


VOCABULARY = (
    "début mi fin octobre sept. mars 2021 2022 T3 S41 S1 semaine du 11 entre et de à au 1er 2e trimestre semestre "
    "quinzaine première vacances scolaire retour Toussaint Noël hiver été avant d'ici la rentrée année a definir 31 ou "
    "4/10 / -"
)
WORDS = st.sampled_from(VOCABULARY.split())
CODES = st.text("aedmnrstw0129 /-.#፩", max_size=8)


@given(
    st.text() | CODES | st.lists(WORDS | CODES, max_size=8).map(" ".join),
    st.dates(date(1950, 1, 1), date(2150, 1, 1)),
    st.booleans(),
)
def test_whatever_is_written_has_one_meaning(words: str, day: date, is_meeting: bool) -> None:
    """No text is an error; no window ends before it begins; capitals and doubled spaces change nothing."""
    anchor = Anchor(day=day, is_meeting=is_meeting)
    said = read_words(words, anchor, HOLIDAYS)
    assert (said.window is not None) is (said.meaning is Meaning.WINDOW)
    assert said.window is None or said.window.start <= said.window.end
    if words.isascii():
        assert read_words(words.upper().replace(" ", "  "), anchor, HOLIDAYS) == said


MONTHS = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
MONTH_NAMES = st.sampled_from(list(enumerate(MONTHS.split(), 1)))
OTHERS = (
    "printemps|été|automne|hiver|T1|T4|1er semestre|2e semestre|à la rentrée|semaine 41|décembre et janvier|"
    "de novembre à février|fin décembre, début janvier|la semaine du 11"
)
THIRDS = [f"{third}{name}" for third in ("", "début ", "mi-", "fin ") for name in MONTHS.split()]
YEARLESS = st.sampled_from([*THIRDS, *OTHERS.split("|")])
DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@given(MONTH_NAMES, st.integers(2000, 2099), DAYS)
def test_every_part_of_every_month_has_the_days_of_the_table(name: tuple[int, str], year: int, day: date) -> None:
    number, month = name
    last = monthrange(year, number)[1]
    parts = {
        "": (1, last),
        "en ": (1, last),
        "courant ": (1, last),
        "début ": (1, 10),
        "mi-": (11, 20),
        "fin ": (21, last),
        "première quinzaine de ": (1, 15),
        "seconde quinzaine de ": (16, last),
    }
    for words, (first, end) in parts.items():
        expected = (str(date(year, number, first)), str(date(year, number, end)))
        assert read(f"{words}{month} {year}", day) == expected, words


@given(YEARLESS, DAYS)
def test_the_year_that_nobody_said_is_the_next_for_an_entry_and_the_nearest_for_a_meeting(
    words: str, day: date
) -> None:
    start, end = map(date.fromisoformat, read(words, day))
    assert end >= day
    assert start <= day + timedelta(days=366)
    nearest_start, nearest_end = map(date.fromisoformat, read(words, day, is_meeting=True))
    assert max((nearest_start - day).days, (day - nearest_end).days, 0) <= max((start - day).days, 0)


@given(st.lists(WORDS, max_size=6).map(" ".join), DAYS)
def test_case_accents_and_doubled_spaces_change_nothing(words: str, day: date) -> None:
    expected = read(words, day)
    without_accents = "".join(each for each in unicodedata.normalize("NFD", words) if not unicodedata.combining(each))
    for same in (words.upper(), without_accents, unicodedata.normalize("NFD", words), words.replace(" ", "  ")):
        assert read(same, day) == expected, same
