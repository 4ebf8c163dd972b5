"""What was understood of an event is told as it was understood, with its words; what was not is asked about."""

from __future__ import annotations

import json
import re
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from agendas import CALENDARS, ROOT
from click.testing import CliRunner, Result
from reading_situations import read_situation
from serving import environment, program
from store_contract import event

from spro_agenda.commands import cli
from spro_agenda.errors import BadInput, NotFound, UsageError
from spro_agenda.ical.split import read_file
from spro_agenda.model import ALL
from spro_agenda.region.entry import Entry, entry_of, read_entry
from spro_agenda.region.explain import Origin, explain
from spro_agenda.region.load import parse_region
from spro_agenda.region.questions import questions
from spro_agenda.region.understand import Source
from spro_agenda.render.explain import render, render_json

REGION = parse_region((files("spro_agenda.calendars") / "region.toml").read_text("utf-8"), "region.toml")
HARD = sorted((ROOT / "tests" / "ical").glob("*.ics"))
DAY = "DTSTART;VALUE=DATE:20211007"


def read(*lines: str, network: str = "28") -> Entry:
    return read_entry(event("x", *lines), network, REGION, "x")


def told(entry: Entry, field: str) -> list[Origin]:
    return [origin for origin in explain(entry)[0].origins if origin.field == field]


def values(entry: Entry, field: str) -> tuple[str, ...]:
    return tuple(origin.value for origin in told(entry, field) if origin.value)


def every_entry() -> list[Entry]:
    """The seeds, the hard calendars, and every situation."""
    seeds = [
        entry_of(obj, file.stem, REGION)
        for file in sorted(CALENDARS.glob("*.ics"))
        for obj in read_file(file.read_bytes(), file.name).objects
    ]
    hard = [entry_of(obj, "28", REGION) for file in HARD for obj in read_file(file.read_bytes(), file.name).objects]
    situations = [
        entry
        for file in sorted((ROOT / "tests" / "situations").rglob("*.toml"))
        for entry in read_situation(file).entries
    ]
    return [*seeds, *hard, *situations]


def test_what_is_told_is_what_was_understood() -> None:
    """Of every event that the tests have, and in every field."""
    entries = every_entry()
    assert len(entries) > 500
    for entry in entries:
        lead = entry.lead
        assert values(entry, "title") == ((lead.title,) if lead.title else ())
        assert values(entry, "site") == ((lead.site,) if lead.site else ())
        assert values(entry, "town") == ((lead.town,) if lead.town else ())
        assert values(entry, "place") == ((lead.place_name,) if lead.place else ())
        for field in ("speakers", "partners", "publics", "themes"):
            assert values(entry, field) == getattr(lead, field)
        names = ("tous les réseaux",) if lead.open_to == ALL else tuple(map(entry.region.name_of, lead.open_to))
        assert values(entry, "open_to") == names
        assert values(entry, "scope") == (lead.scope.value,)
        assert values(entry, "highlight") == ("oui" if lead.highlight else "non",)
        assert values(entry, "reusable") == ("oui" if lead.reusable else "non",)
        assert values(entry, "status") == ((lead.status,) if lead.status else ())
        (date,) = told(entry, "date")
        assert date.value.startswith("à fixer") == (lead.window is not None)
        assert (date.value == "à dater") == entry.is_undated


def test_what_an_override_does_not_tell_is_as_in_the_master() -> None:
    """Of every instance that was changed: a field is told as it was understood there, or it is the master's own."""
    changed = 0
    for entry in every_entry():
        lead, *others = explain(entry)
        for part in others:
            changed += 1
            shown = {origin.field for origin in part.origins}
            for field in ("title", "speakers", "partners", "publics", "themes", "site", "town", "scope", "status"):
                said = tuple(
                    o.value for o in (part if field in shown else lead).origins if o.field == field and o.value
                )
                meant = getattr(part.event, field)
                assert said == (meant if isinstance(meant, tuple) else (meant,) if meant else ())
    assert changed > 15


@pytest.mark.parametrize(
    ("lines", "field", "value", "source", "words"),
    [
        ([DAY, "SUMMARY:[Dreux] Atelier"], "site", "Dreux", Source.BRACKET, "Dreux"),
        ([DAY, "SUMMARY:[chartres] Atelier"], "town", "Chartres", Source.BRACKET, "chartres"),
        ([DAY, "LOCATION:Mairie\\, 28100 Dreux"], "town", "Dreux", Source.LOCATION, "Mairie, 28100 Dreux"),
        ([DAY, "LOCATION:Mairie\\, Dreux"], "place", "Mairie, Dreux", Source.LOCATION, "Mairie, Dreux"),
        ([DAY, "DESCRIPTION:Intervenant : A. CHAUVET"], "speakers", "André Chauvet", Source.LINE, "A. CHAUVET"),
        ([DAY, "SUMMARY:Soirée avec A. Chauvet"], "speakers", "André Chauvet", Source.TITLE, "A. Chauvet"),
        ([DAY, "SUMMARY:Visite du Klub"], "partners", "Klub Extraordinaire", Source.TITLE, "Klub"),
        ([DAY, "DESCRIPTION:Public : collégiens"], "publics", "collégiens", Source.LINE, "collégiens"),
        (
            [DAY, "DESCRIPTION:Ouvert à : tous les réseaux"],
            "open_to",
            "tous les réseaux",
            Source.LINE,
            "tous les réseaux",
        ),
        ([DAY, "DESCRIPTION:Ouverte à : le Loiret"], "open_to", "45 Loiret", Source.LINE, "le Loiret"),
        ([DAY, "SUMMARY:Forum des métiers"], "scope", "événement", Source.TITLE, "Forum"),
        ([DAY, "SUMMARY:Réunion d'équipe"], "scope", "interne", Source.TITLE, "Réunion"),
        ([DAY, "DESCRIPTION:Portée : interne"], "scope", "interne", Source.LINE, "interne"),
        ([DAY, "SUMMARY:Atelier"], "scope", "action", Source.DEFAULT, ""),
        ([DAY, "SUMMARY:Atelier", "RRULE:FREQ=WEEKLY;COUNT=3"], "scope", "interne", Source.DEFAULT, ""),
        ([DAY, "DESCRIPTION:Temps fort : oui"], "highlight", "oui", Source.LINE, "oui"),
        ([DAY, "DESCRIPTION:Reprenable : oui"], "reusable", "oui", Source.LINE, "oui"),
        (
            [DAY, "SUMMARY:[en octobre] Atelier"],
            "date",
            "à fixer, du 1er au 31 octobre 2021",
            Source.BRACKET,
            "en octobre",
        ),
        ([DAY, "SUMMARY:[à définir] Atelier"], "date", "à dater", Source.BRACKET, "à définir"),
        ([DAY], "date", "jeudi 7 octobre 2021", Source.PROPERTY, ""),
        (
            ["DTSTART:20211007T120000Z", "DTEND:20211007T133000Z"],
            "date",
            "jeudi 7 octobre 2021, 14h–15h30",
            Source.PROPERTY,
            "",
        ),
    ],
)
def test_each_value_is_told_with_its_words(
    lines: list[str], field: str, value: str, source: Source, words: str
) -> None:
    (origin,) = told(read(*lines), field)
    assert (origin.value, origin.source, origin.words) == (value, source, words)


@pytest.mark.parametrize(
    ("lines", "field", "note"),
    [
        ([DAY, "LOCATION:Dreux"], "place", "seulement une ville"),
        ([DAY, "LOCATION:https://visio.example/abc"], "place", "aucun lieu"),
        ([DAY, "LOCATION:à définir"], "place", "aucun lieu"),
        ([DAY, "LOCATION:Conseil régional\\, Orléans"], "place", "plusieurs salles"),
        ([DAY, "SUMMARY:[Marseille] Atelier"], "title", "ni une ville connue ni une date"),
        ([DAY, "SUMMARY:[Dreux] [Chartres] Atelier"], "title", "« [Chartres] » vient après"),
        ([DAY, "SUMMARY:[bientôt] [Dreux] Atelier"], "title", "« [bientôt] » n'est ni une ville connue ni une date"),
        ([DAY, "SUMMARY:[entre le 8 et le 4 octobre] Atelier"], "title", "finit avant d'avoir commencé : il reste"),
        (["DTSTART:20211007T120000Z", "SUMMARY:[en octobre] Atelier"], "title", "un événement qui a des heures"),
        ([DAY, "SUMMARY:Visite du KLUB", "DESCRIPTION:Partenaire : aucun"], "partners", "le titre dit « KLUB », mais"),
        ([DAY, "DESCRIPTION:Portée : énorme"], "scope", "« Portée : énorme » n'est pas compris"),
        ([DAY, "DESCRIPTION:Temps fort : peut-être"], "highlight", "« Temps fort : peut-être » n'est pas compris"),
        ([DAY, "SUMMARY:[en octobre] A", "STATUS:CONFIRMED"], "status", "sa date est à fixer"),
        ([DAY, "CATEGORIES:Catégorie rouge"], "themes", "Catégorie rouge"),
        ([DAY, "SUMMARY:Atelier"], "scope", "aucun mot du titre"),
        ([DAY, "DESCRIPTION:Intervenant : un conseiller"], "speakers", "« un conseiller » : ni conflit"),
    ],
)
def test_what_was_not_taken_is_told_too(lines: list[str], field: str, note: str) -> None:
    (origin,) = told(read(*lines), field)
    assert note in origin.note
    assert field in ("title", "scope", "highlight", "status") or not origin.value


@pytest.mark.parametrize(
    ("line", "value", "source"),
    [
        ("", "oui", Source.CALENDAR),
        ("Temps fort : oui", "oui", Source.CALENDAR),
        ("Temps fort : non", "non", Source.LINE),
    ],
)
def test_the_regional_team_s_own_is_a_highlight_unless_a_line_says_no(line: str, value: str, source: Source) -> None:
    (origin,) = told(read(DAY, f"DESCRIPTION:{line}", network="region"), "highlight")
    assert (origin.value, origin.source) == (value, source)
    assert origin.note == ("action de l'équipe régionale" if source is Source.CALENDAR else "")


def test_a_line_is_told_as_it_was_typed() -> None:
    """With the label that somebody gave it; each name with the line that it stands on, and with what it means."""
    entry = read(DAY, "DESCRIPTION:- INTERVENANTES:  A. CHAUVET\\nIntervenant : Luc B et Anne C")
    assert [(each.words, each.line) for each in told(entry, "speakers")] == [
        ("A. CHAUVET", "INTERVENANTES:  A. CHAUVET"),
        ("Luc B", "Intervenant : Luc B et Anne C"),
        ("Anne C", "Intervenant : Luc B et Anne C"),
    ]
    shown = render(entry, explain(entry), (), width=80, colour=False)
    assert "ligne « INTERVENANTES:  A. CHAUVET » (alias de André Chauvet)" in shown.replace("\n                ", " ")


@pytest.mark.parametrize(
    ("lines", "year"),
    [
        (["DTSTART;VALUE=DATE:20930831", "DTEND;VALUE=DATE:20930901"], "2092-2093"),
        (["DTSTART;VALUE=DATE:20930901"], "2093-2094"),
        (["DTSTART:20931007T120000Z", "DTEND:20931007T133000Z"], "2093-2094"),
        (["DTSTART;VALUE=DATE:20931001", "SUMMARY:[en octobre] Agriculture"], "2093-2094"),
        ([DAY], None),
        (["DTSTART;VALUE=DATE:20220831", "DTEND;VALUE=DATE:20220901"], None),
        (["DTSTART;VALUE=DATE:20931001", "SUMMARY:[à définir] Agriculture"], None),
    ],
)
def test_school_holidays_that_nobody_knows_yet_are_told(lines: list[str], year: str | None) -> None:
    """Silence would read as « no holidays »."""
    (origin,) = told(read(*lines), "date")
    said = f"vacances scolaires de {year} non connues"
    assert (said in origin.note) if year else ("non connues" not in origin.note)


def test_names_below_a_key_are_told_with_their_own_lines() -> None:
    """The key's line says nothing of them."""
    entry = read(DAY, "DESCRIPTION:Intervenants :\\n- Anne C\\n- M. Luc B (AFPA)")
    assert [(each.value, each.line) for each in told(entry, "speakers")] == [
        ("Anne C", "- Anne C"),
        ("M. Luc B (AFPA)", "- M. Luc B (AFPA)"),
    ]


@pytest.mark.parametrize(
    ("times", "words"),
    [
        (["DTSTART;VALUE=DATE:20211007", "DTEND;VALUE=DATE:20211008"], "jeudi 7 octobre 2021"),
        (["DTSTART;VALUE=DATE:20211007", "DTEND;VALUE=DATE:20211010"], "du 7 au 9 octobre 2021"),
        (["DTSTART:20211007T120000Z"], "jeudi 7 octobre 2021, 14h"),
        (
            ["DTSTART:20211007T200000Z", "DTEND:20211008T090000Z"],
            "du jeudi 7 octobre 2021, 22h au vendredi 8 octobre 2021, 11h",
        ),
    ],
)
def test_a_date_is_told_to_its_end(times: list[str], words: str) -> None:
    (origin,) = told(read(*times), "date")
    assert origin.value == words


def test_a_program_reads_the_values_of_the_agenda() -> None:
    """Codes, booleans and days, where people read names and sentences."""
    lines = "Ouvert à : le Loiret et 37\\nTemps fort : oui"
    entry = read(DAY, "SUMMARY:[en octobre] Visite du Klub", f"DESCRIPTION:{lines}")
    fields = json.loads(render_json(entry, explain(entry), ()))["parts"][0]["fields"]
    assert {
        name: [each["value"] for each in fields[name]] for name in ("network", "open_to", "highlight", "place")
    } == {
        "network": ["28"],
        "open_to": ["37", "45"],
        "highlight": [True],
        "place": [None],
    }
    assert [each["words"] for each in fields["open_to"]] == ["37", "le Loiret"]
    assert fields["date"][0]["value"] == {
        "start": None,
        "end": None,
        "date_words": "en octobre",
        "window": {"start": "2021-10-01", "end": "2021-10-31"},
        "edtf": "2021-10",
    }


def test_no_words_of_an_event_drive_the_reader_s_terminal() -> None:
    """Whoever writes an event may have it explained on an administrator's screen."""
    bad = "\x1b\x07\x9b"
    entry = read(
        DAY,
        f"SUMMARY:[un{bad} jour] Visite {bad}",
        f"LOCATION:Mairie {bad}\\, Dreux",
        f"CATEGORIES:rouge{bad}",
        f"STATUS:CONFIRMED{bad}",
        f"DESCRIPTION:Intervenant : Andre{bad} Chovet\\nOuvert à : {bad}ici\\nPortée : {bad}un\\nReprenable : {bad}2",
        f"X-SPRO-DATE-WORDS:un{bad} jour",
        f"X-SPRO-WINDOW:un{bad}",
    )
    assert len(questions(entry)) == 5
    shown = render(entry, explain(entry), questions(entry), width=80, colour=False)
    assert "Andre Chovet" in shown
    for text in (shown, render_json(entry, explain(entry), questions(entry)).decode(), *entry.lead.speakers):
        assert re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]|\\u00[019]", text) is None
    assert entry.lead.place_name == "Mairie , Dreux"


@pytest.mark.parametrize("highlight", ["oui", "non"])
def test_lines_that_say_the_same_twice_say_it(highlight: str) -> None:
    """Somebody adds a line under those that were there; nothing is to be asked, so nothing may be lost."""
    lines = f"Portée : interne\\nPortée : Interne\\nTemps fort : {highlight}\\nTemps fort : {highlight.upper()}"
    entry = read(DAY, f"DESCRIPTION:{lines}\\nReprenable : oui\\nReprenable : x")
    assert (values(entry, "scope"), values(entry, "highlight")) == (("interne",), (highlight,))
    assert entry.lead.reusable
    assert questions(entry) == ()


def test_nobody_is_told_as_it_was_typed() -> None:
    """An explicit « aucun » beats the title."""
    (origin,) = told(read(DAY, "SUMMARY:Visite du Klub", "DESCRIPTION:Partenaire : aucun"), "partners")
    assert (origin.value, origin.source, origin.words) == ("", Source.LINE, "aucun")


def test_of_an_override_only_what_differs_is_told() -> None:
    """Its title and its times, not all the rest again."""
    lines = ["DTSTART;TZID=Europe/Paris:20211007T140000", "RRULE:FREQ=WEEKLY;COUNT=3", "SUMMARY:[Dreux] Atelier"]
    moved = "\r\n".join(
        [
            "BEGIN:VEVENT",
            "UID:x",
            "RECURRENCE-ID;TZID=Europe/Paris:20211014T140000",
            "DTSTART;TZID=Europe/Paris:20211015T100000",
            "SUMMARY:[Chartres] Atelier",
            "END:VEVENT",
            "END:VCALENDAR",
        ]
    )
    body = event("x", *lines).replace(b"END:VCALENDAR", moved.encode())
    lead, override = explain(read_entry(body, "28", REGION, "x"))
    assert lead.recurrence_id == ""
    assert override.recurrence_id == "20211014T120000Z"
    assert {origin.field for origin in override.origins} == {"title", "date", "site", "town", "scope"}


def test_a_name_that_an_override_leaves_out_is_a_difference() -> None:
    """Of two speakers one comes: the one who stays is told, by which the other is missed."""
    override = "\r\n".join(
        [
            "BEGIN:VEVENT",
            "UID:x",
            "RECURRENCE-ID;TZID=Europe/Paris:20211014T140000",
            "DTSTART;TZID=Europe/Paris:20211014T140000",
            "DESCRIPTION:Intervenant : Anne B",
            "END:VEVENT",
            "END:VCALENDAR",
        ]
    )
    lines = ["DTSTART;TZID=Europe/Paris:20211007T140000", "RRULE:FREQ=WEEKLY;COUNT=3"]
    body = event("x", *lines, "DESCRIPTION:Intervenant : Anne B\\nIntervenant : Luc C")
    entry = read_entry(body.replace(b"END:VCALENDAR", override.encode()), "28", REGION, "x")
    other = explain(entry)[1]
    assert [origin.value for origin in other.origins if origin.field == "speakers"] == ["Anne B"]
    shown = render(entry, explain(entry), (), width=80, colour=False)
    assert "L'instance du jeudi 14 octobre 2021, 14h dit autrement :" in shown


def test_a_task_that_keeps_its_window_without_a_bracket_is_asked_nothing() -> None:
    """Its window can be read, though a task without a bracket makes no use of it."""
    lines = ["BEGIN:VTODO", "UID:x", "X-SPRO-DATE-WORDS:en octobre", "X-SPRO-WINDOW:2021-10-01/2021-10-31", "END:VTODO"]
    body = "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", *lines, "END:VCALENDAR", ""])
    assert questions(read_entry(body.encode(), "28", REGION, "x")) == ()


@pytest.mark.parametrize(
    ("lines", "asked"),
    [
        ([DAY, "DESCRIPTION:Intervenant : Andre Chovet"], "« Andre Chovet » : vouliez-vous dire « André Chauvet » ?"),
        ([DAY, "DESCRIPTION:Intervenant : Jeanne Dupond"], None),
        ([DAY, "DESCRIPTION:Intervenant : A. Chauvet"], None),
        ([DAY, "DESCRIPTION:Ouvert à : Seine-Maritime"], "« Ouvert à : Seine-Maritime » : aucun réseau"),
        ([DAY, "DESCRIPTION:Ouvert à : 45 et 37"], None),
        ([DAY, "DESCRIPTION:Ouvert à : aucun"], None),
        ([DAY, "DESCRIPTION:Ouvert à : 45 Loiret"], None),
        ([DAY, "DESCRIPTION:Partenaire : aucun\\nPartenaire : GIP ALFA"], "se contredisent"),
        ([DAY, "DESCRIPTION:Portée : interne\\nPortée : événement"], "« Portée » dit deux choses"),
        ([DAY, "DESCRIPTION:Portée : interne\\nPortée : Interne"], None),
        ([DAY, "DESCRIPTION:Portée : énorme"], "« Portée : énorme » n'est pas compris"),
        ([DAY, "DESCRIPTION:Temps fort : oui\\nTemps fort : non"], "« Temps fort » dit deux choses"),
        ([DAY, "DESCRIPTION:Temps fort : peut-être"], "Écrivez oui ou non"),
        ([DAY, "DESCRIPTION:Reprenable : non"], None),
        (
            [DAY, "SUMMARY:[en octobre] A", "X-SPRO-DATE-WORDS:en octobre", "X-SPRO-WINDOW:2021-10-31/2021-10-01"],
            "finit avant de commencer",
        ),
        ([DAY, "SUMMARY:[en octobre] A", "X-SPRO-DATE-WORDS:en octobre", "X-SPRO-WINDOW:octobre"], "ne se lit pas"),
        ([DAY, "SUMMARY:[quand il fera beau] A", "X-SPRO-DATE-WORDS:quand il fera beau"], "ne donnent pas de jours"),
        ([DAY, "SUMMARY:[quand il fera beau] A"], "« [quand il fera beau] » n'est ni une ville connue ni une date"),
        ([DAY, "SUMMARY:[Dreux] [Chartres] A"], None),
        ([DAY, "SUMMARY:[★] A"], None),
        (["DTSTART:20211007T120000Z", "SUMMARY:[quand il fera beau] A"], None),
        ([DAY, "DESCRIPTION:Ouvert à : non"], None),
        (
            [DAY, "SUMMARY:[entre le 8 et le 4 octobre] A"],
            "« [entre le 8 et le 4 octobre] » finit avant d'avoir commencé",
        ),
        (
            [DAY, "SUMMARY:[entre le 8 et le 4 octobre] A", "X-SPRO-DATE-WORDS:en octobre"],
            "« entre le 8 et le 4 octobre » finit avant d'avoir commencé",
        ),
        (["DTSTART:20211007T120000Z", "SUMMARY:[entre le 8 et le 4 octobre] A"], None),
        ([DAY, "SUMMARY:[à définir] A"], None),
        ([DAY, "SUMMARY:[en octobre] A"], None),
    ],
)
def test_what_is_not_understood_is_asked_about(lines: list[str], asked: str | None) -> None:
    """Once, and nothing else is."""
    found = [question.sentence for question in questions(read(*lines))]
    assert len(found) == (asked is not None)
    assert all(asked is not None and asked in sentence for sentence in found)


def test_a_town_that_nobody_drives_to_says_so() -> None:
    (origin,) = told(read(DAY, "SUMMARY:[Dreux] Atelier", "LOCATION:Visio"), "town")
    assert (origin.value, origin.note) == ("Dreux", "à distance : personne n'y va")


def test_the_seeds_leave_nothing_to_ask() -> None:
    """Whoever made them knows the conventions."""
    for file in sorted(CALENDARS.glob("*.ics")):
        for obj in read_file(file.read_bytes(), file.name).objects:
            assert questions(entry_of(obj, file.stem, REGION)) == ()


# As it is typed


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, list(map(str, words)), standalone_mode=False)


def shown(*words: object) -> str:
    done = run(*words)
    assert done.exit_code == 0, (done.output, done.exception)
    return done.stdout


@pytest.fixture
def home(tmp_path: Path) -> Path:
    assert run("--home", tmp_path, "init", "--seed", CALENDARS).exit_code == 0
    return tmp_path


SEED = "37/conference-chauvet-juin-2021@spro-37.example"


def test_an_event_of_the_store_is_explained_by_its_name(home: Path) -> None:
    """Its id, or the beginning of its hash; in 80 columns, and as JSON."""
    said = shown("--home", home, "explain", SEED)
    assert "ligne « Intervenant : André Chauvet »" in said
    assert "41 Loir-et-Cher" in said
    assert max(map(len, said.splitlines())) <= 80
    found: dict[str, Any] = json.loads(shown("--home", home, "explain", SEED, "--format", "json"))
    assert found["event"]["id"] == SEED
    (part,) = found["parts"]
    assert part["fields"]["speakers"] == [
        {"value": "André Chauvet", "source": "description-line", "words": "André Chauvet", "note": None}
    ]
    assert found["questions"] == []
    assert isinstance(run("--home", home, "explain", "28/rien").exception, NotFound)
    assert isinstance(run("--home", home, "explain", "xyz").exception, UsageError)


def test_an_event_of_files_is_explained_by_a_piece_of_its_title() -> None:
    """One of several is asked for."""
    assert "Day Tripper" in shown("explain", "tripper", "--calendars", CALENDARS)
    assert "Day Tripper" in shown("explain", "36/day-tripper-restitution-2021@spro-36.example", CALENDARS)
    several = run("explain", "hackathon", "--calendars", CALENDARS).exception
    assert isinstance(several, UsageError)
    assert "851aa29a55" in str(several)
    assert "Hackathon" in shown("explain", "851aa29a55", CALENDARS)
    assert isinstance(run("explain", "nulle part", CALENDARS).exception, BadInput)


def test_an_event_of_the_store_is_read_by_the_region_that_is_given(home: Path, tmp_path: Path) -> None:
    """Somebody tries another region.toml before it is applied."""
    other = tmp_path / "autre.toml"
    text = (CALENDARS / "region.toml").read_text("utf-8")
    other.write_text(text.replace('name = "Indre-et-Loire"', 'name = "Touraine"'), "utf-8")
    assert "37 Touraine" in shown("--home", home, "explain", SEED, "--region", other)


def test_an_event_of_long_ago_is_found_in_files_and_beside_them_in_the_store(home: Path, tmp_path: Path) -> None:
    """What is explained is not limited to what is to come."""
    (tmp_path / "28.ics").write_bytes(event("x", "DTSTART;VALUE=DATE:19991007", "SUMMARY:Vieux forum"))
    assert "jeudi 7 octobre 1999" in shown("explain", "vieux forum", tmp_path / "28.ics")
    assert "Day Tripper" in shown("--home", home, "explain", "tripper", tmp_path / "28.ics", "--store")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["tripper", str(CALENDARS)], 0, ""),
        (["hackathon", str(CALENDARS)], 2, "Plusieurs événements s'appellent « hackathon »"),
        (["nulle part", str(CALENDARS)], 4, "Aucun événement de ces sources ne s'appelle « nulle part »"),
        (["tripper", "nulle-part.ics"], 4, "nulle-part.ics"),
    ],
)
def test_the_program_ends_in_a_sentence_and_a_code(words: list[str], code: int, said: str) -> None:
    """As a user runs it; never a traceback."""
    done = subprocess.run(
        program("explain", *words), capture_output=True, text=True, check=False, cwd=ROOT, env=environment()
    )
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr
    assert said in done.stderr
    assert bool(done.stdout) is (code == 0)


def test_what_is_to_be_made_precise_ends_the_explanation(tmp_path: Path) -> None:
    (tmp_path / "28.ics").write_bytes(event("x", DAY, "SUMMARY:Atelier", "DESCRIPTION:Portée : énorme"))
    said = shown("explain", "atelier", tmp_path, "--region", CALENDARS / "region.toml")
    assert "À PRÉCISER\n? « Portée : énorme » n'est pas compris." in said
