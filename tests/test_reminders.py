"""What has no date is spoken of in time, once, and what nobody understands is asked about."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from agendas import CALENDARS, YEAR, calendar, entries, region
from click.testing import CliRunner

from spro_agenda.agenda import Filters, look_back, reminders
from spro_agenda.clashes import Reminder, reminding
from spro_agenda.commands import cli
from spro_agenda.region.entry import Entry
from spro_agenda.sources import Gathered

OCTOBER = "DTSTART;VALUE=DATE:20211001"


def vague(words: str, start: str = OCTOBER, *lines: str, uid: str = "a") -> str:
    return "\n".join((f"UID:{uid}", start, f"SUMMARY:[{words}] Agriculture", *lines))


def found(*events: str, as_of: date, filters: Filters = YEAR) -> tuple[Reminder, ...]:
    gathered = Gathered(tuple(entries("28", *events)), ())
    return reminders(gathered, region(), look_back(filters, as_of), as_of)


def told(entry: Entry, as_of: date) -> list[str]:
    gathered = Gathered((entry,), ())
    return [reminding(each) for each in reminders(gathered, region(), look_back(YEAR, as_of), as_of)]


@pytest.mark.parametrize(
    ("as_of", "left"),
    [
        (date(2021, 9, 30), None),
        (date(2021, 10, 1), 30),
        (date(2021, 10, 30), 1),
        (date(2021, 10, 31), 0),
        (date(2021, 11, 1), -1),
        (date(2022, 11, 1), -366),
        (date(2022, 11, 2), None),
    ],
)
def test_a_window_is_spoken_of_from_thirty_days_before_its_end_to_a_year_after(as_of: date, left: int | None) -> None:
    days = Filters(first=as_of, last=as_of + timedelta(days=365))
    reminded = found(vague("en octobre"), as_of=as_of, filters=days)
    assert [each.days_left for each in reminded] == ([] if left is None else [left])


@pytest.mark.parametrize(
    "event",
    [
        vague("en octobre", OCTOBER, "STATUS:CANCELLED"),
        vague("à définir"),
        vague("dates à fixer, 2022"),
        f"UID:a\n{OCTOBER}\nSUMMARY:[Dreux] Agriculture",
        "UID:a\nDTSTART:20211015T120000Z\nDTEND:20211015T140000Z\nSUMMARY:Agriculture",
        "VTODO\nUID:a\nSUMMARY:Agriculture",
        vague("complet", "DTSTART;VALUE=DATE:20211101"),
        vague("Marseille", "DTSTART;VALUE=DATE:20211101"),
        vague("Semaine de l'industrie", "DTSTART;VALUE=DATE:20211101"),
        vague("Avant-première", "DTSTART;VALUE=DATE:20211101"),
        vague("bientôt"),
        vague("bientôt", "DTSTART:20211101T120000Z"),
        vague("bientôt", "DTSTART;VALUE=DATE:20211101", "STATUS:CANCELLED"),
        "VTODO\nUID:a\nSUMMARY:[dates à définir] Agriculture\nX-SPRO-DATE-WORDS:dates à définir",
        "VTODO\nUID:a\nSUMMARY:[en octobre] Agriculture\nX-SPRO-DATE-WORDS:en octobre",
        "VTODO\nUID:a\nSUMMARY:[dès que possible] A\nX-SPRO-DATE-WORDS:dès que possible\nSTATUS:COMPLETED",
    ],
)
def test_nothing_is_said_of_what_has_its_date_or_waits_for_one_knowingly(event: str) -> None:
    assert found(event, as_of=date(2021, 10, 20)) == ()


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        (
            vague("en octobre"),
            "« Agriculture » (28), « en octobre » : proposez une date, la période finit le dimanche 31 octobre 2021 "
            "(dans 11 jours).",
        ),
        (
            vague("entre le 12 et le 20 octobre"),
            "« Agriculture » (28), « entre le 12 et le 20 octobre » : proposez une date, la période finit le mercredi "
            "20 octobre 2021 (aujourd'hui).",
        ),
        (
            vague("à la rentrée", "DTSTART;VALUE=DATE:20210901"),
            "« Agriculture » (28), « à la rentrée » : la période a fini le mercredi 15 septembre 2021, sans date. "
            "Dites quand c'était, proposez une autre date, ou annulez.",
        ),
        (
            vague("quand la salle sera libre", OCTOBER, "X-SPRO-DATE-WORDS:en octobre"),
            "« Agriculture » (28) : « quand la salle sera libre » n'a pas été compris comme une date. Proposez-en une, "
            "ou écrivez par exemple « en octobre », « semaine 41 » ou « à définir ».",
        ),
        (
            vague("en octobre", OCTOBER, "X-SPRO-DATE-WORDS:en octobre", "X-SPRO-WINDOW:2021-10-31/2021-10-01"),
            "« Agriculture » (28) : « en octobre » n'a pas été compris comme une date. Proposez-en une, ou écrivez par "
            "exemple « en octobre », « semaine 41 » ou « à définir ».",
        ),
        (
            "VTODO\nUID:a\nSUMMARY:[dès que possible] Bilan\nX-SPRO-DATE-WORDS:dès que possible",
            "« Bilan » (28) : « dès que possible » n'a pas été compris comme une date. Proposez-en une, ou écrivez par "
            "exemple « en octobre », « semaine 41 » ou « à définir ».",
        ),
    ],
)
def test_the_sentence_says_what_to_do(event: str, sentence: str) -> None:
    [entry] = entries("28", event)
    assert told(entry, date(2021, 10, 20)) == [sentence]


@pytest.mark.parametrize(
    "words",
    ["bientôt", "Prochainement", "quand la salle sera libre", "octobre (semaine 41)", "entre le 8 et le 4 octobre"],
)
def test_days_behind_words_that_are_not_understood_are_asked_about(words: str) -> None:
    """They count as its date until then."""
    [entry] = entries("28", vague(f"Dreux] [{words}", "DTSTART;VALUE=DATE:20211104"))
    assert told(entry, date(2021, 10, 20)) == [
        f"« [{words}] Agriculture » (28 Dreux) : « {words} » n'a pas été compris comme une date, et le jeudi 4 "
        "novembre 2021 compte comme la sienne. Si elle n'est pas fixée, écrivez par exemple « [en octobre] » ou « [à "
        "définir] » ; sinon, retirez ces mots du titre."
    ]


def test_the_nearest_stands_first_then_what_is_late_then_what_is_not_understood() -> None:
    reminded = found(
        vague("quand la salle sera libre", OCTOBER, "X-SPRO-DATE-WORDS:en octobre", uid="words"),
        vague("en août", "DTSTART;VALUE=DATE:20210801", uid="late"),
        vague("en octobre", uid="far"),
        vague("à la rentrée", "DTSTART;VALUE=DATE:20210901", uid="later"),
        vague("mi-octobre", uid="near"),
        as_of=date(2021, 10, 12),
    )
    assert [each.event.key.uid for each in reminded] == ["near", "far", "later", "late", "words"]


def test_the_calendars_of_the_minutes_have_five_to_be_dated_before_july() -> None:
    words = ("opportunities", "--calendars", str(CALENDARS), "--as-of", "2021-06-21", "--to", "2021-12-31")
    document = json.loads(typed(*words, "--format", "json"))
    assert [each["network"] for each in document["reminders"]] == ["45"] * 5
    klub = document["reminders"][-1]
    assert list(klub) == ["id", "network", "uid", "title", "date_words", "window", "closes_on", "sentence"]
    assert (klub["date_words"], klub["closes_on"]) == ("en juin", "2021-06-30")
    assert klub["window"] == {"start": "2021-06-01", "end": "2021-06-30"}
    shown = typed(*words)
    assert "À DATER BIENTÔT (5)" in shown
    assert max(map(len, shown.splitlines())) <= 80
    assert "À DATER" not in typed(*words, "--network", "28")
    assert "À DATER" not in typed(*words, "--kind", "OUVRIR")


def test_opportunities_and_reminders_are_a_table_too() -> None:
    """A row each, with the sentence that says what to do."""
    words = ("opportunities", "--calendars", str(CALENDARS), "--as-of", "2021-06-21", "--to", "2021-12-31")
    told = typed(*words, "--format", "csv")
    head, *rows = csv.reader(io.StringIO(told.removeprefix("\ufeff")), delimiter=";")
    assert head == ["jour", "sorte", "objet", "événements", "phrase", "état", "id"]
    document = json.loads(typed(*words, "--format", "json"))
    assert [row[-1] for row in rows[:-5]] == [each["id"] for each in document["opportunities"]]
    assert [row[4] for row in rows] == [
        each["sentence"] for each in (*document["opportunities"], *document["reminders"])
    ]
    assert rows[-1][:4] == ["2021-06-30", "À DATER", "en juin", "45 Montargis : Venue du Klub Extraordinaire"]


def test_reminders_stand_where_there_is_no_opportunity(tmp_path: Path) -> None:
    (tmp_path / "28.ics").write_bytes(calendar(vague("quand on peut", OCTOBER, "X-SPRO-DATE-WORDS:en octobre")))
    shown = typed("opportunities", "--calendars", str(tmp_path), "--as-of", "2021-06-21", "--to", "2021-12-31")
    assert shown.startswith("Rien à ouvrir, à partager ni à reprendre.\n\nÀ DATER BIENTÔT (1)\n À PRÉCISER")


def typed(*words: str) -> str:
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, (done.output, done.exception)
    return done.stdout
