"""May I take that day? What is said before anything is written, and what is proposed instead."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from agendas import CALENDARS, ROOT, calendar, entries, region
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from serving import PASSWORD, environment, program, serving

from spro_agenda.clashes import find_clashes, find_possible
from spro_agenda.clashes.lengths import Length, Stretch, read_length, stretches
from spro_agenda.clashes.slot_words import noting, opposing, reasons, stretch_words
from spro_agenda.clashes.slots import Aside, Booked, Cost, Examination, Slot, find_slots, placed
from spro_agenda.commands import cli
from spro_agenda.errors import SproError
from spro_agenda.model import REGION, Event, EventKey, Kind, Occurrence, Scope, Weight, Window
from spro_agenda.region.days import is_working
from spro_agenda.region.draft import Draft, event_of
from spro_agenda.region.entry import Entry

HERE = region()
ZONE = HERE.time_zone
OCTOBER = Window(date(2021, 10, 1), date(2021, 10, 31))


def at(day: str, begins: str = "", ends: str = "") -> Stretch:
    """« 2021-10-05 », all day; or from an hour to another."""
    first = date.fromisoformat(day)
    if not begins:
        return Stretch(
            datetime.combine(first, time(), ZONE), datetime.combine(first + timedelta(days=1), time(), ZONE), True
        )
    start, end = (datetime.combine(first, time.fromisoformat(hour), ZONE) for hour in (begins, ends))
    return Stretch(start, end)


def drafted(network: str, **words: object) -> Event:
    return event_of(Draft(**words), network, HERE)  # type: ignore[arg-type]


def booked(*found: Entry) -> Booked:
    first, last = date(2021, 1, 1), date(2022, 12, 31)
    return Booked(
        firm=tuple(each for entry in found for each in entry.occurrences(first, last)),
        vague=tuple(each for entry in found if (each := entry.over_its_window())),
        region=HERE,
    )


def on(uid: str, day: str, begins: str, ends: str, *lines: str) -> str:
    """An event of some hours of a day of Paris, as `entries` takes it."""
    starts = "".join(day.split("-"))
    times = (f"{name};TZID=Europe/Paris:{starts}T{hour}00" for name, hour in (("DTSTART", begins), ("DTEND", ends)))
    return "\n".join((f"UID:{uid}", *times, *lines))


def kinds(examined: Examination) -> list[Kind]:
    return [finding.kind for finding in examined.findings]


CHAUVET = on("chauvet", "2021-10-05", "0900", "1100", "SUMMARY:[Tours] Conférence d'A. Chauvet", "LOCATION:Mairie")


# ---- What is typed is understood as in an event


def test_a_draft_is_read_by_the_rules_for_what_people_type() -> None:
    """Aliases, sites, several names; a site without a title is one too."""
    event = drafted(
        "28",
        site="Dreux",
        place="Mission locale",
        speakers=("M. Chauvet", "Odile Rey"),
        partners=("le klub",),
        publics=("coordos",),
        themes=("transitions collectives",),
        open_to="41, 37",
    )
    assert (event.title, event.site, event.place) == ("", "Dreux", "mission locale (Dreux)")
    assert event.speakers == ("André Chauvet", "Odile Rey")
    assert (event.partners, event.publics, event.themes) == (
        ("Klub Extraordinaire",),
        ("coordonnateurs",),
        ("TransCo",),
    )
    assert (event.open_to, event.scope) == (("37", "41"), Scope.ACTION)


@pytest.mark.parametrize(
    ("words", "scope"),
    [
        ({"title": "Réunion d'équipe"}, Scope.INTERNAL),
        ({"title": "Forum des métiers"}, Scope.EVENT),
        ({"title": "Forum des métiers", "scope": "interne"}, Scope.INTERNAL),
        ({"scope": "evenement"}, Scope.EVENT),
        ({}, Scope.ACTION),
    ],
)
def test_a_draft_has_the_scope_of_its_title_or_the_one_that_is_said(words: dict[str, str], scope: Scope) -> None:
    assert drafted("28", **words).scope is scope


def test_what_is_not_said_makes_no_clash() -> None:
    """Who does not name the speaker is not told that he is taken."""
    alone = booked(*entries("37", CHAUVET))
    assert kinds(alone.examine(placed(drafted("41"), at("2021-10-05", "09:00", "12:00")))) == []
    assert kinds(alone.examine(placed(drafted("41", speakers=("Chauvet",)), at("2021-10-05", "09:00", "12:00")))) == [
        Kind.SPEAKER
    ]


@pytest.mark.parametrize(
    "text", ["a\nPortée : interne", "nom; DTSTART:20200101", "\udce9t\udce9", "[en octobre] Forum", "\u2028\u0085"]
)
def test_no_text_breaks_a_draft(text: str) -> None:
    event = drafted("28", title=text, place=text, speakers=(text,))
    assert event.window is None
    assert event.key == EventKey("28", "spro-agenda-draft")


# ---- Every kind, apart


@pytest.mark.parametrize(
    ("event", "stretch", "found"),
    [
        (("41", {"speakers": ("Chauvet",)}), at("2021-10-05", "10:00", "12:00"), [Kind.SPEAKER]),
        (("41", {"speakers": ("Chauvet",)}), at("2021-10-05", "11:00", "12:00"), []),
        (("41", {"speakers": ("Chauvet",), "site": "Blois"}), at("2021-10-05", "11:00", "12:00"), [Kind.TRAVEL]),
        (("41", {"speakers": ("Chauvet",), "site": "Blois"}), at("2021-10-05", "13:00", "14:00"), []),
        (("37", {"site": "Tours", "place": "mairie"}), at("2021-10-05", "10:00", "12:00"), [Kind.PLACE]),
        (("37", {"site": "Chinon", "place": "mairie"}), at("2021-10-05", "10:00", "12:00"), []),
        (
            ("37", {"site": "Tours", "place": "mairie", "speakers": ("Chauvet",)}),
            at("2021-10-05", "10:00", "12:00"),
            [Kind.PLACE, Kind.SPEAKER],
        ),
        (("45", {"partners": ("Klub Extraordinaire",)}), at("2021-10-12", "10:00", "12:00"), [Kind.PARTNER]),
        (("18", {"publics": ("coordos",)}), at("2021-10-13", "10:00", "12:00"), [Kind.PUBLIC]),
        (("45", {"publics": ("coordos",)}), at("2021-10-13", "10:00", "12:00"), []),
        (("36", {}), at("2021-10-14"), [Kind.HIGHLIGHT]),
        (("36", {"scope": "interne"}), at("2021-10-14"), []),
        (("28", {"site": "Dreux", "themes": ("agriculture",)}), at("2021-10-15"), [Kind.SITES]),
        (("28", {"site": "Chartres", "themes": ("agriculture",)}), at("2021-10-15"), []),
        (("28", {}), at("2021-11-11"), [Kind.CALENDAR]),
        (("28", {"title": "Forum"}), at("2021-11-16"), [Kind.PERIOD]),
        (("28", {"title": "Forum"}), at("2021-10-26"), [Kind.CALENDAR]),
    ],
)
def test_a_day_is_told_by_kind_what_it_would_clash_with(
    event: tuple[str, dict[str, object]], stretch: Stretch, found: list[Kind]
) -> None:
    there = booked(
        *entries("37", CHAUVET),
        *entries("41", on("klub", "2021-10-12", "0900", "1700", "SUMMARY:Venue du Klub")),
        *entries("18", on("coordos", "2021-10-13", "0900", "1700", "SUMMARY:A", "DESCRIPTION:Public : coordonnateurs")),
        *entries(REGION, on("haut", "2021-10-14", "0900", "1700", "SUMMARY:Plénière")),
        *entries(
            "28", on("agri", "2021-10-15", "0900", "1700", "SUMMARY:[Chartres] B", "DESCRIPTION:Thème : agriculture")
        ),
    )
    network, words = event
    assert kinds(there.examine(placed(drafted(network, **words), stretch))) == found


def test_a_speaker_on_a_whole_day_is_to_be_settled() -> None:
    """Nobody knows the hours yet."""
    [finding] = (
        booked(*entries("37", CHAUVET)).examine(placed(drafted("41", speakers=("Chauvet",)), at("2021-10-05"))).findings
    )
    assert (finding.kind, finding.weight) == (Kind.SPEAKER, Weight.TO_SETTLE)
    assert opposing(finding, HERE) == (
        "Même intervenant : André Chauvet — « Conférence d'A. Chauvet » (37 Tours, 9h–11h)"
    )


def test_an_event_that_is_moved_is_not_in_its_own_way() -> None:
    there = booked(*entries("37", CHAUVET))
    candidate = placed(drafted("37", speakers=("Chauvet",)), at("2021-10-05"))
    assert there.examine(candidate).findings
    moved = there.without(EventKey("37", "chauvet")).examine(candidate)
    assert (moved.findings, moved.notes) == ((), ())


def test_a_highlight_that_is_planned_is_told_what_it_would_fall_upon() -> None:
    there = booked(*entries("28", on("a", "2021-10-05", "0900", "1100", "SUMMARY:[Dreux] Atelier CV")))
    [finding] = there.examine(placed(drafted(REGION, title="Plénière"), at("2021-10-05"))).findings
    assert opposing(finding, HERE) == "Temps fort pendant « Atelier CV » (28 Dreux, 9h–11h)"


def test_beside_a_highlight_the_others_are_not_in_the_way() -> None:
    there = booked(
        *entries("28", on("a", "2021-10-05", "0900", "1100", "SUMMARY:Atelier")),
        *entries(REGION, on("haut", "2021-10-05", "0900", "1700", "SUMMARY:Plénière")),
    )
    [finding] = there.examine(placed(drafted("45"), at("2021-10-05"))).findings
    assert [each.event.title for each in finding.others] == ["Plénière"]


@pytest.mark.parametrize("words", ["S40", "en octobre", "à l'automne", "en 2021"])
def test_a_vague_date_may_fall_on_the_day_whatever_the_length_of_its_window(words: str) -> None:
    """On the board, only what leaves little choice is told."""
    lines = ("UID:vague", "DTSTART;VALUE=DATE:20211001", f"SUMMARY:[{words}] Conférence d'André Chauvet")
    there = booked(*entries("37", "\n".join(lines)))
    candidate = placed(drafted("41", speakers=("Chauvet",)), at("2021-10-05"))
    [finding] = there.examine(candidate).findings
    assert (finding.kind, finding.weight) == (Kind.POSSIBLE, Weight.TO_WATCH)
    assert opposing(finding, HERE) == (
        "Selon la date qui sera choisie, même intervenant : André Chauvet — "
        f"« Conférence d'André Chauvet » (37, {words})"
    )
    on_the_board = find_possible(there.vague, [candidate], HERE)
    assert bool(on_the_board) is (words == "S40")


@pytest.mark.parametrize(("day", "said"), [("2021-10-01", True), ("2021-09-30", False), ("2021-10-02", False)])
def test_a_vague_date_falls_on_working_days_of_its_window(day: str, *, said: bool) -> None:
    there = booked(*entries("37", "UID:v\nDTSTART;VALUE=DATE:20211001\nSUMMARY:[en octobre] Conférence d'A. Chauvet"))
    assert bool(there.examine(placed(drafted("41", speakers=("Chauvet",)), at(day))).findings) is said


# ---- What is no clash, and good to know


@pytest.mark.parametrize(
    ("day", "words", "notes"),
    [
        ("2021-10-05", {}, []),
        ("2021-11-11", {"scope": "interne"}, ["Jour férié : Armistice, le jeudi 11 novembre 2021"]),
        ("2021-10-09", {}, ["Fin de semaine : le samedi 9 octobre 2021"]),
        ("2021-10-10", {}, []),
        ("2021-10-10", {"scope": "interne"}, ["Fin de semaine : le dimanche 10 octobre 2021"]),
        (
            "2021-10-26",
            {},
            ["Vacances scolaires de la zone B : Vacances de la Toussaint 2021, du 23 octobre au 7 novembre 2021"],
        ),
        ("2021-10-26", {"publics": ("lycéens",)}, []),
        (
            "2026-10-20",
            {},
            ["Vacances scolaires de la zone B : Vacances de la Toussaint 2026, du 17 octobre au 1er novembre 2026"],
        ),
        ("2026-10-20", {"publics": ("lycéens",)}, []),
        ("2093-10-20", {}, ["Vacances scolaires de 2093-2094 non connues"]),
        ("2021-11-24", {}, ["Période : Semaine de l'industrie 2021, du 22 au 28 novembre 2021"]),
        ("2021-11-24", {"title": "Salon"}, []),
    ],
)
def test_a_day_is_told_once_as_a_clash_or_as_good_to_know(day: str, words: dict[str, object], notes: list[str]) -> None:
    examined = booked().examine(placed(drafted("28", **words), at(day)))
    assert [noting(note, at(day).days, HERE) for note in examined.notes] == notes


def test_what_else_the_network_does_on_the_day_is_told_a_line_each() -> None:
    there = booked(
        *entries(
            "28",
            on("a", "2021-10-05", "0900", "1100", "SUMMARY:[Dreux] Atelier CV"),
            on("b", "2021-10-05", "1400", "1500", "SUMMARY:Comité"),
            on("c", "2021-10-05", "1400", "1500", "SUMMARY:Annulé", "STATUS:CANCELLED"),
            on("d", "2021-10-06", "1400", "1500", "SUMMARY:Le lendemain"),
        ),
        *entries("45", on("e", "2021-10-05", "0900", "1100", "SUMMARY:Ailleurs")),
    )
    stretch = at("2021-10-05", "17:00", "18:00")
    examined = there.examine(placed(drafted("28"), stretch))
    assert [noting(note, stretch.days, HERE) for note in examined.notes] == [
        "Aussi : « Atelier CV » (28 Dreux, 9h–11h)",
        "Aussi : « Comité » (28, 14h–15h)",
    ]


def test_what_looks_typed_already_is_asked_about() -> None:
    """It would make no clash, until somebody says that it is another action."""
    there = booked(*entries("37", CHAUVET))
    stretch = at("2021-10-05", "09:00", "11:00")
    examined = there.examine(placed(drafted("41", title="Conférence d'A. Chauvet"), stretch))
    assert (examined.findings, [note.aside for note in examined.notes]) == ((), [Aside.TWICE])
    assert noting(examined.notes[0], stretch.days, HERE) == (
        "Déjà saisi ? Presque le même titre, au même moment : « Conférence d'A. Chauvet » (37 Tours, 9h–11h)"
    )


# ---- Lengths, in words


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("demi-journée", ["9-12", "14-17"]),
        ("une demi journee", ["9-12", "14-17"]),
        ("1/2 journée", ["9-12", "14-17"]),
        ("Matinée", ["9-12"]),
        ("un matin", ["9-12"]),
        ("après-midi", ["14-17"]),
        ("une après-midi", ["14-17"]),
        ("journée", ["9-17"]),
        ("1 jour", ["9-17"]),
        ("2h", ["9-11", "9:30-11:30", "10-12", "14-16", "14:30-16:30", "15-17"]),
        ("deux heures", ["9-11", "9:30-11:30", "10-12", "14-16", "14:30-16:30", "15-17"]),
        ("2 h 30", ["9-11:30", "9:30-12", "14-16:30", "14:30-17"]),
        ("deux heures et demie", ["9-11:30", "9:30-12", "14-16:30", "14:30-17"]),
        ("150 min", ["9-11:30", "9:30-12", "14-16:30", "14:30-17"]),
        ("2h45", ["9-11:45", "14-16:45"]),
        ("3h", ["9-12", "14-17"]),
        ("7h", ["9-16", "9:30-16:30", "10-17"]),
        ("8h", ["9-17"]),
    ],
)
def test_a_length_is_placed_on_whole_and_half_hours_of_working_hours(words: str, said: list[str]) -> None:
    found = read_length(words)
    assert found is not None
    assert found.days == 1
    assert ["-".join(f"{each:%-H:%M}".removesuffix(":00") for each in hours) for hours in found.hours] == said


@pytest.mark.parametrize(
    "words", ["", "0h", "9h", "6 jours", "0 jours", "3 semaines", "longtemps", "demi", "h", "1h75x"]
)
def test_another_length_is_not_guessed(words: str) -> None:
    assert read_length(words) is None


@pytest.mark.parametrize(("words", "days"), [("2 jours", 2), ("deux jours", 2), ("trois journées", 3), ("5 jours", 5)])
def test_days_in_a_row_are_working_days(words: str, days: int) -> None:
    """From Monday the 8th to Friday the 12th of November, the 11th is a holiday."""
    found = read_length(words)
    assert found is not None
    placed_on = list(stretches(found, Window(date(2021, 11, 1), date(2021, 11, 14)), ZONE))
    assert all(is_working(each.start.date() + timedelta(days=n)) for each in placed_on for n in range(days))
    assert {each.days.end - each.days.start for each in placed_on} <= {timedelta(days=days - 1)}
    assert len(placed_on) == {2: 5, 3: 3, 5: 0}[days]
    assert list(stretches(found, Window(date(2021, 11, 2), date(2021, 11, 2)), ZONE)) == []


@pytest.mark.parametrize(
    ("stretch", "words"),
    [
        (at("2021-10-08"), "vendredi 8 octobre 2021"),
        (at("2021-10-01", "09:30", "12:00"), "vendredi 1er octobre 2021, 9h30–12h"),
        (replace(at("2021-10-08"), end=datetime(2021, 10, 10, tzinfo=ZONE)), "du 8 au 9 octobre 2021"),
        (
            Stretch(datetime(2021, 10, 7, 9, tzinfo=ZONE), datetime(2021, 10, 8, 17, tzinfo=ZONE)),
            "du jeudi 7 octobre, 9h, au vendredi 8 octobre 2021, 17h",
        ),
    ],
)
def test_a_stretch_is_told_in_french(stretch: Stretch, words: str) -> None:
    assert stretch_words(stretch) == words


# ---- Slots, ranked


def slots(
    there: Booked,
    length: str,
    window: Window = OCTOBER,
    networks: Sequence[str] = ("28", "45"),
    count: int = 100,
    **words: object,
) -> tuple[Slot, ...]:
    wanted = read_length(length)
    assert wanted is not None
    events = [drafted(network, **words) for network in networks]
    return find_slots(events, stretches(wanted, window, ZONE), there, count)


def starts(found: Iterable[Slot]) -> list[str]:
    return [f"{slot.stretch.start:%d %Hh}" for slot in found]


def test_at_most_two_slots_of_a_day_are_proposed_one_in_each_half() -> None:
    found = slots(booked(), "1h", Window(date(2021, 10, 5), date(2021, 10, 6)))
    assert starts(found) == ["05 09h", "05 14h", "06 09h", "06 14h"]


def test_a_working_day_is_neither_a_weekend_nor_a_holiday() -> None:
    found = slots(booked(), "matinée", Window(date(2021, 10, 30), date(2021, 11, 11)))
    assert sorted(slot.stretch.start.day for slot in found) == [2, 3, 4, 5, 8, 9, 10]


def test_slots_are_ranked_by_what_speaks_against_them_then_by_date() -> None:
    """Each day has a reason of its own: none, a Monday, something else, holidays, a period, a vague date, a clash."""
    there = booked(
        *entries(
            "28",
            # To settle: the speaker, all day.
            "UID:a\nDTSTART;VALUE=DATE:20211005\nSUMMARY:Conférence d'A. Chauvet",
            # Only something else on that day.
            on("b", "2021-10-06", "1800", "1900", "SUMMARY:Atelier"),
            # Internal: it does not count.
            on("c", "2021-10-07", "1800", "1900", "SUMMARY:Comité"),
        ),
        # A vague date from 12 to 14 October.
        *entries("37", "UID:v\nDTSTART;VALUE=DATE:20211012\nSUMMARY:[entre le 12 et le 14 octobre] Avec A. Chauvet"),
    )
    days = [date(2021, 10, day) for day in (5, 6, 7, 8, 11, 12)] + [date(2021, 10, 26), date(2021, 11, 16)]
    event = drafted("28", speakers=("Chauvet",))
    places = [each for day in days for each in stretches(Length(1, ((time(9), time(12)),)), Window(day, day), ZONE)]
    found = find_slots([event], places, there, 20)
    assert [f"{slot.stretch.start:%m-%d}" for slot in found] == [
        "10-07",
        "10-08",
        "10-11",
        "10-06",
        "10-26",
        "11-16",
        "10-12",
        "10-05",
    ]
    assert [reasons(slot, HERE) for slot in found[:3]] == [[], [], ["Lundi matin, on vient moins"]]


def test_a_cost_counts_the_heaviest_first() -> None:
    """Any one of a heavier sort outweighs all of the lighter ones."""
    names = [*Cost.__dataclass_fields__]
    assert names == [
        *("blocking", "to_settle", "to_watch", "possible", "periods", "school_holidays", "events", "week_edges")
    ]
    free = Cost(**dict.fromkeys(names, 0))
    for index, name in enumerate(names):
        lighter = dict.fromkeys(names[index + 1 :], 9)
        assert free < replace(free, **lighter) < replace(free, **{name: 1}) or not lighter


def test_a_blocked_slot_is_proposed_only_where_nothing_else_is_left() -> None:
    there = booked(*entries("37", on("a", "2021-10-05", "0900", "1700", "SUMMARY:Conférence d'A. Chauvet")))
    day = Window(date(2021, 10, 5), date(2021, 10, 5))
    blocked = slots(there, "demi-journée", day, speakers=("Chauvet",))
    assert starts(blocked) == ["05 09h", "05 14h"]
    assert [slot.cost.blocking for slot in blocked] == [1, 1]
    longer = slots(there, "demi-journée", Window(day.start, date(2021, 10, 6)), speakers=("Chauvet",))
    assert starts(longer) == ["06 09h", "06 14h"]


def test_a_slot_is_free_for_all_the_networks_and_says_each_reason_once() -> None:
    there = booked(
        *entries("45", on("a", "2021-10-05", "0900", "1000", "SUMMARY:Ici")),
        *entries("41", on("b", "2021-10-05", "1000", "1100", "SUMMARY:Ailleurs")),
        *entries(REGION, on("c", "2021-10-05", "0900", "1000", "SUMMARY:Plénière")),
    )
    [slot] = slots(there, "matinée", Window(date(2021, 10, 5), date(2021, 10, 5)))
    assert reasons(slot, HERE) == [
        "Pendant un temps fort : « Plénière » (Région, 9h–10h)",
        "Aussi : « Ici » (45, 9h–10h)",
    ]


def test_what_is_in_the_way_of_one_network_is_told_once() -> None:
    """Of the 45's speaker, too far for the 28, the 45 is not told again that it has something else on that day."""
    there = booked(*entries("45", on("a", "2021-10-05", "0800", "0900", "SUMMARY:[Gien] Conférence d'A. Chauvet")))
    events = [drafted("28", site="Dreux", speakers=("Chauvet",)), drafted("45", speakers=("Chauvet",))]
    [slot] = find_slots(events, [at("2021-10-05", "09:00", "12:00")], there, 10)
    assert ([finding.kind for finding in slot.findings], slot.notes) == ([Kind.TRAVEL], ())


# ---- What is proposed as free is free

NAMES = {
    "site": ["", "Dreux", "Chartres"],
    "place": ["", "Mairie", "à distance"],
    "speakers": [(), ("A. Chauvet",), ("Odile Rey", "Chauvet")],
    "partners": [(), ("Klub",)],
    "publics": [(), ("coordonnateurs",), ("jeunes",), ("lycéens",)],
    "themes": [(), ("agriculture",)],
    "scope": ["", "interne", "action", "événement"],
    "open_to": ["", "tous les réseaux", "45"],
    "title": ["", "Atelier CV", "Atelier CVs", "Forum"],
}
DRAFTS = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in NAMES.items()})
DAYS = Window(date(2021, 10, 21), date(2021, 10, 26))


@st.composite
def stretched(draw: st.DrawFn) -> Stretch:
    first = draw(st.dates(DAYS.start, DAYS.end))
    if draw(st.booleans()):
        return at(first.isoformat())
    begins = datetime.combine(first, time(draw(st.integers(8, 17))), ZONE)
    return Stretch(begins, begins + timedelta(minutes=draw(st.sampled_from([30, 60, 180, 480, 1500]))))


@st.composite
def agendas(draw: st.DrawFn) -> Booked:
    """A few events of two networks and the region, and some whose date is not known."""
    found = []
    for index in range(draw(st.integers(0, 8))):
        network = draw(st.sampled_from(["28", "45", REGION]))
        event = drafted(network, **draw(DRAFTS))
        found.append(placed(replace(event, key=EventKey(network, f"e{index}")), draw(stretched())))
    firm, vague = [], []
    for each in found:
        window = Window(each.first_day, each.last_day)
        if draw(st.integers(0, 3)) == 0 and each.all_day:
            vague.append(replace(each, event=replace(each.event, window=window)))
        else:
            firm.append(each)
    return Booked(firm=tuple(firm), vague=tuple(vague), region=HERE)


def clashing(candidate: Occurrence, there: Booked) -> set[Kind]:
    """The kinds that the board would tell, were the event really there."""
    found = find_clashes([*there.firm, candidate], HERE)
    return {kind for each in found if candidate.event.key in each.events for kind in (each.kind, *each.also)}


@settings(max_examples=60, deadline=None)
@given(agendas(), DRAFTS, st.sampled_from(["demi-journée", "2h", "journée", "2 jours"]))
def test_a_slot_that_is_proposed_as_free_has_no_clash_once_the_event_is_there(
    there: Booked, words: dict[str, object], length: str
) -> None:
    for slot in slots(there, length, DAYS, **words):
        told = {finding.kind for finding in slot.findings}
        for network in ("28", "45"):
            candidate = placed(drafted(network, **words), slot.stretch)
            assert told or not clashing(candidate, there)
            assert told or not find_possible(there.vague, [candidate], HERE, is_told=lambda _window: True)


@settings(max_examples=60, deadline=None)
@given(agendas(), st.sampled_from(["28", "45", REGION]), DRAFTS, stretched())
def test_what_is_told_of_a_day_is_what_the_board_would_say(
    there: Booked, network: str, words: dict[str, object], stretch: Stretch
) -> None:
    """A kind that the board tells of others alone, within a heavier set, is not the candidate's."""
    candidate = placed(drafted(network, **words), stretch)
    told = {kind for kind in kinds(there.examine(candidate)) if kind is not Kind.POSSIBLE}
    board = find_clashes([*there.firm, candidate], HERE)
    heads = {each.kind for each in board if candidate.event.key in each.events}
    assert heads <= told <= clashing(candidate, there)


# ---- As people type it


def run(*words: object, home: Path | None = None) -> Result:
    """`slots …` in this process, for pages of 80 columns."""
    given_home = ["--home", str(home)] if home else []
    return CliRunner().invoke(cli, [*given_home, "slots", *map(str, words)])


def run_out(*words: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """`slots …` in a process of its own, as a user runs it."""
    return subprocess.run(
        program("slots", *map(str, words)), capture_output=True, text=True, check=False, cwd=cwd, env=environment()
    )


def told(*words: object, home: Path | None = None) -> str:
    done = run(*words, home=home)
    assert done.exit_code == 0, (done.output, done.exception)
    assert max(map(len, done.stdout.splitlines())) <= 80
    return done.stdout


def answered(*words: object) -> Any:
    """The JSON of `slots …`."""
    done = run(*words, "--format", "json")
    assert done.exit_code == 0, (done.output, done.exception)
    return json.loads(done.stdout)


MINUTES = ("--calendars", CALENDARS)


def test_may_i_take_the_8th_of_october_in_dreux() -> None:
    """The question as it is asked, in a process of its own: the hackathon is told, and that the day is past."""
    done = run_out("check", *MINUTES, "--network", "28", "--site", "Dreux", "--date", "2021-10-08")
    assert (done.returncode, done.stderr) == (
        0,
        "Le vendredi 8 octobre 2021, c'est passé : voici ce qu'il en aurait été.\n",
    )
    assert done.stdout.splitlines() == [
        "Vendredi 8 octobre 2021 · 28 Eure-et-Loir · Dreux",
        "Rien ne s'y oppose.",
        "",
        "BON À SAVOIR",
        "  · Aussi : « Hackathon de l'orientation » (28 Chartres, du 7 au 8 octobre",
        "    2021)",
        "  · Aussi : « Hackathon de l'orientation » (28 Châteaudun, du 7 au 8 octobre",
        "    2021)",
        "  · Aussi : « Hackathon de l'orientation » (28 Dreux, du 7 au 8 octobre 2021)",
    ]


def test_an_event_on_the_day_of_the_hackathon_competes_with_the_other_sites() -> None:
    shown = told("check", *MINUTES, "--network", "28", "--site", "Dreux", "--date", "8/10/2021", "--scope", "evenement")
    assert " SITES        Plusieurs sites le même jour, chacun avec un événement —" in shown
    assert "à surveiller" in shown
    assert "  · Aussi : « Hackathon de l'orientation » (28 Dreux, du 7 au 8 octobre 2021)" in shown


@pytest.mark.parametrize("day", ["2021-09-01", "2021-09-15", "2021-09-30"])
def test_the_webinars_of_september_are_possible_on_its_days(day: str) -> None:
    """« Where it is so »: for their public at their site. The board tells nothing of them."""
    where = ("check", *MINUTES, "--network", "45", "--date", day)
    document = answered(*where, "--site", "Montargis", "--public", "salariés")
    possible = [each for each in document["clashes"] if each["kind"] == "POSSIBLE"]
    titles = [each["members"][0]["title"].split()[0] for each in possible]
    assert titles == ["Premier", "Deuxième", "Troisième"]
    assert {each["key"] for each in possible} == {"salariés"}
    for elsewhere in (("--site", "Orléans", "--public", "salariés"), ("--site", "Montargis")):
        assert "POSSIBLE" not in told(*where, *elsewhere)


@pytest.mark.parametrize("day", ["2021-08-31", "2021-10-01", "2021-09-04"])
def test_they_are_not_on_other_days_nor_on_a_saturday(day: str) -> None:
    words = ("--network", "45", "--site", "Montargis", "--public", "salariés", "--date", day)
    assert "POSSIBLE" not in told("check", *MINUTES, *words)


def test_a_regional_highlight_of_september_may_meet_all_four_webinars() -> None:
    shown = told("check", *MINUTES, "--network", "region", "--date", "2021-09-07", "--title", "Plénière")
    assert shown.count("POSSIBLE") == 4
    assert "Selon la date qui sera choisie, temps fort pendant « Webinaire" in shown


def test_the_28th_of_september_is_a_highlight_for_all_networks() -> None:
    shown = told("check", *MINUTES, "--network", "41", "--date", "2021-09-28", "--title", "Forum des métiers")
    assert " TEMPS-FORT   Pendant un temps fort : « Day Tripper : atelier de restitution »" in shown
    assert "à régler" in shown
    assert "TEMPS-FORT" not in told("check", *MINUTES, "--network", "41", "--date", "2021-09-28", "--title", "Comité")


def test_a_day_of_a_store_is_checked_and_nothing_is_written(home: Path) -> None:
    """The speaker's conference of 2 December, by its alias; and the event that is moved."""
    words = ("check", "--network", "45", "--date", "2021-12-02", "--speaker", "Chauvet")
    assert "INTERVENANT" in told(*words, home=home)
    moved = run(*words, "--except", "41/conference-chauvet-decembre-2021@spro-41.example", home=home)
    assert (moved.exit_code, "Rien ne s'y oppose." in moved.stdout) == (0, True)
    key = EventKey("41", "conference-chauvet-decembre-2021@spro-41.example")
    assert "Rien ne s'y oppose." in told(*words, "--except", key.short, home=home)


def test_a_road_may_begin_the_day_before(tmp_path: Path) -> None:
    """From Tours at half past eleven to Blois at half past midnight, nobody drives."""
    late = on("a", "2021-10-04", "2200", "2330", "SUMMARY:[Tours] Conférence d'A. Chauvet")
    (tmp_path / "37.ics").write_bytes(calendar(late))
    words = ("--network", "41", "--site", "Blois", "--date", "2021-10-05", "--from", "0h30", "--to", "2h")
    shown = told("check", *MINUTES, tmp_path / "37.ics", *words, "--speaker", "Chauvet")
    assert "TRAJET" in shown
    assert "(37 Tours, le lundi 4 octobre 2021," in " ".join(shown.split())


@pytest.mark.parametrize("name", ["41/autre", "41/a/20211202", "abcdef0"])
def test_an_event_of_other_days_is_not_in_the_way_which_is_said(name: str) -> None:
    words = ("check", *MINUTES, "--network", "45", "--date", "2021-12-02", "--speaker", "Chauvet")
    done = run(*words, "--except", name)
    assert done.exit_code == 0
    assert f"« {name} » n'est pas parmi les événements de ces jours." in done.stderr
    assert "INTERVENANT" in done.stdout


@pytest.mark.parametrize(("weight", "code"), [("to-watch", 1), ("to-settle", 1), ("blocking", 0)])
def test_a_script_may_stop_at_a_weight(weight: str, code: int) -> None:
    words = ("check", *MINUTES, "--network", "41", "--date", "2021-09-28", "--fail-on", weight)
    done = run_out(*words)
    assert done.returncode == code
    assert "TEMPS-FORT" in done.stdout


def test_a_source_that_fails_is_told_beside_what_was_found(tmp_path: Path) -> None:
    words = ("check", *MINUTES, tmp_path / "28.ics", "--network", "41", "--date", "2021-09-28")
    done = run_out(*words)
    assert done.returncode == 3
    assert "28.ics" in done.stderr
    assert "TEMPS-FORT" in done.stdout
    assert run_out(*words, "--fail-on", "to-settle").returncode == 1


def test_the_answer_is_json_for_scripts() -> None:
    words = ("--network", "45", "--site", "Montargis", "--date", "2021-10-26", "--from", "14h", "--to", "15h30")
    done = answered("check", *MINUTES, *words)
    assert {
        name: done[name] for name in ("version", "network", "site", "town", "start", "end", "all_day", "clashes")
    } == {
        "version": 1,
        "network": "45",
        "site": "Montargis",
        "town": "Montargis",
        "start": "2021-10-26T14:00:00+02:00",
        "end": "2021-10-26T15:30:00+02:00",
        "all_day": False,
        "clashes": [],
    }
    assert done["notes"] == [
        {
            "kind": "school-holidays",
            "name": "Vacances de la Toussaint 2021",
            "days": {"start": "2021-10-23", "end": "2021-11-07"},
            "event": None,
            "sentence": "Vacances scolaires de la zone B : Vacances de la Toussaint 2021, du 23 octobre au "
            "7 novembre 2021",
        }
    ]
    assert all(source["error"] is None for source in done["sources"])
    whole = answered("check", *MINUTES, "--network", "28", "--date", "2021-10-07", "--until", "2021-10-08")
    assert (whole["start"], whole["end"], whole["all_day"], whole["site"]) == ("2021-10-07", "2021-10-09", True, None)
    assert [each["event"]["site"] for each in whole["notes"]] == ["Chartres", "Châteaudun", "Dreux"]


def test_a_server_is_asked_too(home: Path, tmp_path: Path) -> None:
    secret = tmp_path / "luc.secret"
    secret.write_text(f"{PASSWORD}\n")
    with serving(home) as server:
        words = ("--url", server.url, "--user", "luc", "--password-file", secret)
        shown = told("check", *words, "--network", "45", "--date", "2021-12-02", "--speaker", "Chauvet")
    assert "INTERVENANT" in shown


BETWEEN = ("--between", "2021-10-01/2021-10-31", "--length", "demi-journée")


def test_when_in_october_a_half_day_for_the_28_and_the_45() -> None:
    """The question as it is asked; the two days of the hackathon, Monday mornings and holidays come last."""
    done = run_out("find", *MINUTES, "--networks", "28,45", *BETWEEN)
    assert (done.returncode, done.stderr) == (
        0,
        "Du 1er au 31 octobre 2021, c'est passé : voici ce qu'il en aurait été.\n",
    )
    lines = done.stdout.splitlines()
    assert lines[:6] == [
        "10 CRÉNEAUX (demi-journée) pour 28 Eure-et-Loir et 45 Loiret, du 1er au",
        "31 octobre 2021",
        "  1 vendredi 1er octobre 2021, 9h–12h",
        "      · rien ce jour-là",
        "  2 lundi 4 octobre 2021, 14h–17h",
        "      · rien ce jour-là",
    ]
    every = answered("find", *MINUTES, "--networks", "28,45", *BETWEEN, "--count", 100)
    assert len(every["slots"]) == 42
    last = [slot["start"][:10] for slot in every["slots"][-14:]]
    assert {day[-2:] for day in last} == {"07", "08", "25", "26", "27", "28", "29"}
    assert every["all_blocked"] is False


@pytest.mark.parametrize(
    "between",
    [
        ("--between", "2021-10-05/2021-10-06"),
        ("--between", "2021-10-05", "2021-10-06"),
        ("--between", "5/10/2021", "6/10/2021"),
        ("--between", "5/10/2021/6/10/2021"),
        ("--between=2021-10-05/2021-10-06",),
    ],
)
def test_days_are_typed_with_a_slash_or_apart(between: tuple[str, ...]) -> None:
    document = answered("find", *MINUTES, "--network", "28", *between, "--length", "journée")
    assert document["between"] == {"start": "2021-10-05", "end": "2021-10-06"}
    assert [slot["start"] for slot in document["slots"]] == ["2021-10-05T09:00:00+02:00", "2021-10-06T09:00:00+02:00"]


def test_slots_are_json_for_scripts(tmp_path: Path) -> None:
    (tmp_path / "37.ics").write_bytes(calendar(CHAUVET))
    day = ("--between", "2021-10-05/2021-10-05", "--length", "matinée", "--speaker", "Chauvet")
    document = answered("find", *MINUTES, tmp_path / "37.ics", "--networks", "41", *day)
    assert (document["version"], document["networks"], document["length"]) == (1, ["41"], "matinée")
    assert document["all_blocked"] is True
    [slot] = document["slots"]
    assert (slot["start"], slot["end"]) == ("2021-10-05T09:00:00+02:00", "2021-10-05T12:00:00+02:00")
    assert slot["cost"]["blocking"] == 1
    assert slot["reasons"] == ["Même intervenant : André Chauvet — « Conférence d'A. Chauvet » (37 Tours, 9h–11h)"]
    [clash] = slot["clashes"]
    assert (clash["kind"], clash["weight"], clash["members"][0]["id"]) == ("INTERVENANT", "blocking", "37/chauvet")


def test_that_all_slots_are_blocked_is_said(tmp_path: Path) -> None:
    (tmp_path / "37.ics").write_bytes(calendar(CHAUVET))
    day = ("--between", "2021-10-05/2021-10-05", "--length", "matinée", "--speaker", "Chauvet")
    shown = told("find", *MINUTES, tmp_path / "37.ics", "--networks", "41", *day)
    assert "Il ne reste aucun créneau sans conflit bloquant : en voici qui en ont un." in shown
    assert "(37 Tours, 9h–11h) (INTERVENANT, bloquant)" in shown


def test_days_that_are_over_are_not_proposed() -> None:
    """Of a period that has begun."""
    today = date.today()
    between = f"{today - timedelta(days=9)}/{today + timedelta(days=9)}"
    words = ("--networks", "28", "--between", between, "--length", "journée", "--count", "50")
    document = answered("find", *MINUTES, *words)
    assert document["between"]["start"] == today.isoformat()
    assert all(slot["start"] >= today.isoformat() for slot in document["slots"])


def test_no_room_is_a_sentence() -> None:
    shown = told("find", *MINUTES, "--networks", "28", "--between", "2021-10-09/2021-10-10", "--length", "2h")
    assert shown.startswith("Aucun créneau de cette durée (2h) du 9 au 10 octobre 2021")


CHECK = ("check", *MINUTES, "--date", "2021-10-08")
FIND = ("find", *MINUTES, "--networks", "28")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((*CHECK, "--network", "99"), "Le réseau « 99 » n'existe pas."),
        ((*CHECK, "--network", "28", "--site", "Orléans"), "« Orléans » est du réseau 45 Loiret."),
        ((*CHECK, "--network", "28", "--site", "Paris"), "Sites et villes connus : Chartres, Dreux, Châteaudun"),
        ((*CHECK, "--network", "28", "--from", "17h", "--to", "14h"), "vérifiez --from et --to"),
        ((*CHECK, "--network", "28", "--from", "17h"), "--from 14h --to 17h"),
        ((*CHECK, "--network", "28", "--from", "25h", "--to", "26h"), "« 25h » n'est pas une heure"),
        ((*CHECK, "--network", "28", "--until", "2021-10-07"), "vérifiez --date et --until"),
        ((*CHECK, "--network", "28", "--until", "2031-10-07"), "un an au plus"),
        ((*CHECK, "--network", "28", "--open-to", "99"), "Le réseau « 99 » n'existe pas."),
        ((*CHECK, "--network", "28", "--scope", "public"), "'public' ne figure pas parmi"),
        ((*CHECK, "--network", "28", "--except", "abc"), "« abc » est trop court"),
        ((*CHECK, "--network", "28", "--except", "99/abc"), "Le réseau « 99 » n'existe pas."),
        (("check", *MINUTES, "--network", "28", "--date", "2021-02-30"), "« 2021-02-30 » n'est pas un jour"),
        (("check", *MINUTES, "--network", "28"), "Il manque l'option '--date'"),
        ((*FIND, "--between", "octobre", "--length", "2h"), "« octobre » n'est pas une période"),
        ((*FIND, "--between", "2021-10-31/2021-10-01", "--length", "2h"), "vérifiez --between"),
        ((*FIND, "--between", "2021-10-01/2031-10-01", "--length", "2h"), "un an au plus"),
        ((*FIND, "--between", "2021-10-01/2021-10-31", "--length", "3 semaines"), "« 3 semaines » n'est pas une durée"),
        ((*FIND, "--between"), "L'option '--between' attend une valeur."),
        ((*FIND, *BETWEEN, "--site", "Orléans"), "« Orléans » est du réseau 45 Loiret."),
        (("find", *MINUTES, "--networks", ",", *BETWEEN), "Indiquez au moins un réseau"),
    ],
)
def test_what_cannot_be_asked_is_a_sentence(words: tuple[object, ...], sentence: str) -> None:
    done = run(*words)
    if isinstance(done.exception, SproError):
        assert done.exception.exit_code == 2
        assert sentence in str(done.exception)
    else:
        assert done.exit_code == 2
        assert sentence in done.output


@pytest.mark.parametrize(
    "words", [("check", "--network", "28", "--date", "2021-10-08"), ("find", "--networks", "28", *BETWEEN)]
)
def test_without_a_store_the_sentence_says_what_to_do(words: tuple[str, ...], tmp_path: Path) -> None:
    done = subprocess.run(
        program("--home", str(tmp_path), "slots", *words),
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
    )
    assert done.returncode == 6
    assert "Traceback" not in done.stderr
