"""region.toml is read whole or refused by its line, and the conventions that people type are understood."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from agendas import entries
from hypothesis import given
from hypothesis import strategies as st

from spro_agenda.errors import BadRegion, UnknownNetwork
from spro_agenda.ical.read import read_object
from spro_agenda.model import Event, Kind, Scope, Weight, Window
from spro_agenda.region.load import load_region, parse_region
from spro_agenda.region.persons import person_key
from spro_agenda.region.places import place_in as read_place
from spro_agenda.region.records import Region
from spro_agenda.region.understand import edtf, understand
from spro_agenda.region.words import has_words, listed, normalise, without_words

REAL = Path(__file__).parents[1] / "calendars" / "region.toml"

TEXT = """\
version = 1

[region]
name = "Centre-Val de Loire"
calendar_name = "Équipe régionale"
colour = "#37474F"
time_zone = "Europe/Paris"
school_zone = "B"

[[network]]
code = "18"
name = "Cher"
colour = "#B3261E"

[[network]]
code = "28"
name = "Eure-et-Loir"
colour = "#1F5FA8"

[[network.site]]
name = "Chartres"
latitude = 48.4439
longitude = 1.4890

[[network.site]]
name = "Dreux"
latitude = 48.7366
longitude = 1.3660

[[network.site]]
name = "Saint-Aubin"
latitude = 48.4
longitude = 1.2

[[network]]
code = "41"
name = "Loir-et-Cher"
colour = "#3B7A1E"

[[network.site]]
name = "Saint-Aubin"
aliases = ["St-Aubin"]
latitude = 47.5
longitude = 1.3

[[town]]
name = "Saint-Aubin"
network = "18"
latitude = 46.9
longitude = 2.1

[[town]]
name = "Blois"
network = "41"
latitude = 47.5861
longitude = 1.3359

[[place]]
name = "Conseil régional"
aliases = ["Hôtel de Région"]
town = "Chartres"
several_rooms = true

[[place]]
name = "FabLab"
aliases = ["FabLab de la Mission locale"]
town = "Dreux"

[[speaker]]
name = "André Chauvet"
aliases = ["A. Chauvet", "A.Chauvet"]

[[partner]]
name = "Klub Extraordinaire"
aliases = ["le Klub"]
on_tour = true

[[partner]]
name = "Mission locale"

[[public]]
name = "coordonnateurs"
aliases = ["coordos"]
professional = true

[[public]]
name = "lycéens"
school = true

[[theme]]
name = "économie sociale et solidaire"
aliases = ["ESS"]
categories = ["Économie sociale"]

[[theme]]
name = "agriculture"

[[period]]
name = "Vacances de printemps 2021"
kind = "vacances"
start = 2021-04-10
end = 2021-04-25
zone = "B"

[scope]
internal = ["réunion", "groupe de travail", "point"]
event = ["forum", "job dating", "conférence"]

[clash.LIEU]
enabled = true
weight = "blocking"

[clash.SITES]
enabled = false
weight = "to-watch"
"""
REGION = parse_region(TEXT, "region.toml")


# ---- The real file


def test_the_region_of_the_package_reads() -> None:
    """Six networks in the order of their codes, two of them with sites, and the regional team."""
    region = load_region(REAL)
    assert region.codes == ("18", "28", "36", "37", "41", "45", "region")
    assert {network.code: [site.name for site in network.sites] for network in region.networks if network.sites} == {
        "28": ["Chartres", "Dreux", "Châteaudun"],
        "45": ["Pithiviers", "Montargis", "Orléans"],
    }


def test_the_region_of_the_package_has_a_rule_for_each_kind() -> None:
    """With the weights that the coordinators agreed upon, and none turned off."""
    rules = load_region(REAL).rules
    assert {kind: (rule.enabled, rule.weight) for kind, rule in rules.items()} == {
        Kind.PLACE: (True, Weight.BLOCKING),
        Kind.SPEAKER: (True, Weight.BLOCKING),
        Kind.TRAVEL: (True, Weight.BLOCKING),
        Kind.PARTNER: (True, Weight.TO_SETTLE),
        Kind.PUBLIC: (True, Weight.TO_SETTLE),
        Kind.HIGHLIGHT: (True, Weight.TO_SETTLE),
        Kind.SITES: (True, Weight.TO_WATCH),
        Kind.CALENDAR: (True, Weight.TO_WATCH),
        Kind.PERIOD: (True, Weight.TO_WATCH),
        Kind.POSSIBLE: (True, Weight.TO_WATCH),
    }


def test_the_spring_holidays_of_2021_are_those_that_were_moved() -> None:
    """10 to 25 April, in zone B."""
    region = load_region(REAL)
    [spring] = [period for period in region.periods if period.name == "Vacances de printemps 2021"]
    assert (spring.start, spring.end, spring.zone) == (date(2021, 4, 10), date(2021, 4, 25), region.school_zone)


def holidays_of(*periods: tuple[str, str, str, str]) -> list[str]:
    """The school holidays of the region with the given ones alone in its file, from 2026-09 to 2027-08."""
    typed = "".join(
        f'\n[[period]]\nname = "{name}"\nkind = "vacances"\nstart = {start}\nend = {end}\nzone = "{zone}"\n'
        for name, start, end, zone in periods
    )
    region = parse_region(TEXT + typed, "region.toml")
    first, last = date(2026, 9, 1), date(2027, 8, 31)
    return [f"{each.name}, {each.start} – {each.end}" for each in region.school_holidays_on(first, last)]


AUTUMN = "Vacances de la Toussaint 2026, 2026-10-17 – 2026-11-01"
CHRISTMAS = "Vacances de Noël 2026, 2026-12-19 – 2027-01-03"
WINTER = "Vacances d'hiver 2027, 2027-02-20 – 2027-03-07"
SPRING = "Vacances de printemps 2027, 2027-04-17 – 2027-05-02"
ASCENSION = "Pont de l'Ascension 2027, 2027-05-06 – 2027-05-08"
SUMMER = "Vacances d'été 2027, 2027-07-03 – 2027-08-31"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ((), [AUTUMN, CHRISTMAS, WINTER, SPRING, ASCENSION, SUMMER]),
        (
            (("Congés de Pâques", "2027-05-01", "2027-05-20", "B"),),
            [AUTUMN, CHRISTMAS, WINTER, "Congés de Pâques, 2027-05-01 – 2027-05-20", SUMMER],
        ),
        (
            (("Vacances d'hiver", "2027-01-30", "2027-02-14", "B"),),
            [AUTUMN, CHRISTMAS, "Vacances d'hiver, 2027-01-30 – 2027-02-14", SPRING, ASCENSION, SUMMER],
        ),
        (
            (("Semaine blanche", "2027-02-22", "2027-02-28", "B"),),
            [AUTUMN, CHRISTMAS, "Semaine blanche, 2027-02-22 – 2027-02-28", SPRING, ASCENSION, SUMMER],
        ),
        (
            (("Vacances d'hiver", "2027-02-06", "2027-02-21", "C"),),
            [AUTUMN, CHRISTMAS, WINTER, SPRING, ASCENSION, SUMMER],
        ),
    ],
)
def test_school_holidays_are_the_decreed_ones_and_the_file_s_win(
    typed: tuple[tuple[str, str, str, str], ...], expected: list[str]
) -> None:
    """By their days, or by their name in the same school year; those of another zone replace none."""
    assert holidays_of(*typed) == expected


def test_a_school_year_is_unknown_past_the_last_holidays_that_are_known() -> None:
    """The summer's are the last of a year."""
    ends = REGION.school_holidays[-1].end
    day = timedelta(days=1)
    assert REGION.unknown_school_year(date(2021, 1, 1), ends) is None
    assert REGION.unknown_school_year(ends, ends + day) == ends.year
    assert REGION.unknown_school_year(ends + 200 * day, ends + 900 * day) == ends.year
    assert REGION.unknown_school_year(ends + 400 * day, ends + 900 * day) == ends.year + 1


# ---- Faults: the line to be named ends with « # ici »

FAULTS = [
    ("version = 1", "version = 2  # ici", "cette version du fichier n'est pas connue. Écrivez : version = 1"),
    ("version = 1", 'version = "1"  # ici', "« version » n'a pas la forme attendue"),
    ("version = 1", "versoin = 1  # ici", "la clé « versoin » est inconnue. Vouliez-vous dire « version » ?"),
    ("version = 1", "", "il manque « version »"),
    ("version = 1", 'version = 1\nautor = "Marie"  # ici', "la clé « autor » est inconnue. Retirez-la."),
    ('school_zone = "B"', 'school_zone = "D"  # ici', "« D » n'est pas une valeur de « school_zone ». Choisissez"),
    ('time_zone = "Europe/Paris"', 'time_zone = "Paris"  # ici', "« Paris » n'est pas une valeur de « time_zone »"),
    ('colour = "#37474F"', 'colour = "gris"  # ici', 'Écrivez par exemple : colour = "#1F77B4"'),
    ('colour = "#37474F"', 'color = "#37474F"  # ici', "Vouliez-vous dire « colour » ?"),
    ('colour = "#37474F"', "", "il manque « colour »", "[region]"),
    ('[region]\nname = "Centre-Val de Loire"', "[region]  # ici", "il manque « name ». Ajoutez par exemple : name ="),
    ('code = "28"', 'code = "Eure et Loir"  # ici', "« Eure et Loir » ne peut pas être le code d'un réseau"),
    ('code = "28"', 'code = "agenda"  # ici', "« agenda » ne peut pas être le code d'un réseau"),
    ('code = "28"', 'code = "18"  # ici', "deux réseaux ont le code « 18 »"),
    ('name = "Eure-et-Loir"', 'name = "cher"  # ici', "« cher » désigne déjà « Cher »"),
    ('name = "Dreux"\n', 'name = "CHARTRES"  # ici\n', "« chartres » désigne déjà « Chartres »"),
    ("latitude = 48.7366", 'latitude = "48,7366"  # ici', "« latitude » n'a pas la forme attendue"),
    ("longitude = 1.3660", "longitude = 190  # ici", "« longitude » n'a pas la forme attendue"),
    (
        'aliases = ["St-Aubin"]',
        'alias = ["St-Aubin"]  # ici',
        "la clé « alias » est inconnue. Vouliez-vous dire « aliases » ?",
    ),
    (
        'network = "41"\nlat',
        'network = "37"  # ici\nlat',
        "« 37 » n'est pas une valeur de « network ». Choisissez parmi : 18, 28",
    ),
    ('town = "Dreux"', 'town = "Tours"  # ici', "« Tours » n'est pas une valeur de « town »"),
    ("several_rooms = true", 'several_rooms = "oui"  # ici', "« several_rooms » n'a pas la forme attendue. Écrivez"),
    (
        'aliases = ["FabLab de la Mission locale"]',
        'aliases = ["hôtel de région"]  # ici',
        "« hotel de region » désigne déjà « Conseil régional »",
    ),
    ('aliases = ["le Klub"]', 'aliases = "le Klub"  # ici', "« aliases » n'a pas la forme attendue"),
    ('aliases = ["le Klub"]', 'aliases = ["le Klub", ""]  # ici', "« aliases » n'a pas la forme attendue"),
    ('name = "Mission locale"', 'name = ""  # ici', "« name » n'a pas la forme attendue"),
    ("professional = true", "profesional = true  # ici", "Vouliez-vous dire « professional » ?"),
    ('categories = ["Économie sociale"]', "categories = [1]  # ici", "« categories » n'a pas la forme attendue"),
    ("start = 2021-04-10", 'start = "10 avril"  # ici', "Écrivez par exemple : start = 2021-10-07"),
    ("start = 2021-04-10", "start = 2021-04-10T08:00:00  # ici", "« start » n'a pas la forme attendue"),
    ("end = 2021-04-25", "end = 2021-04-09  # ici", "la période finit avant d'avoir commencé"),
    ('kind = "vacances"', 'kind = "congés"  # ici', "« congés » n'est pas une valeur de « kind »"),
    ('zone = "B"\n\n[scope]', "zone = 2  # ici\n\n[scope]", "« zone » n'a pas la forme attendue"),
    ('event = ["forum"', 'events = ["forum"', "la clé « events » est inconnue. Vouliez-vous dire « event »", "events"),
    ("[clash.LIEU]", "[clash.LIEUX]  # ici", "« LIEUX » n'est pas une sorte de conflit. Sortes connues : LIEU, INTER"),
    ('weight = "blocking"', 'weight = "bloquant"  # ici', "« bloquant » n'est pas une valeur de « weight »"),
    ("enabled = true\n", "enabled = 1  # ici\n", "« enabled » n'a pas la forme attendue"),
    ('name = "Cher"', 'name = "Cher  # ici', "ce n'est pas du TOML correct"),
    ('name = "Cher"', 'name "Cher"  # ici', "ce n'est pas du TOML correct"),
    ('code = "18"', 'code = "18"\ncode = "19"  # ici', "ce n'est pas du TOML correct"),
]


def line_with(text: str, mark: str) -> int | None:
    return next((number for number, line in enumerate(text.splitlines(), 1) if mark in line), None)


@pytest.mark.parametrize(("right", "wrong", "words", "mark"), [(*fault, "# ici")[:4] for fault in FAULTS])
def test_a_fault_names_its_line_and_its_remedy(right: str, wrong: str, words: str, mark: str) -> None:
    """Somebody who edits the file by hand finds the place, and reads what to write."""
    assert right in TEXT
    text = TEXT.replace(right, wrong, 1)
    with pytest.raises(BadRegion) as caught:
        parse_region(text, "region.toml")
    assert words in caught.value.sentence
    assert caught.value.line == line_with(text, mark)
    assert len(caught.value.sentence) < 700


def test_a_fault_of_the_second_table_of_a_name_is_found_in_the_second() -> None:
    """Tables of one name are told apart by their order."""
    with pytest.raises(BadRegion) as caught:
        parse_region(TEXT.replace('code = "41"', "", 1), "region.toml")
    assert caught.value.line == TEXT.splitlines().index('name = "Loir-et-Cher"') - 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "introuvable ou illisible. Indiquez-le avec --region FICHIER."),
        ("version = 1 # été".encode("latin-1"), "n'est pas en UTF-8. Enregistrez-le en UTF-8, puis recommencez."),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None, words: str) -> None:
    """Missing, or written by an old editor."""
    path = tmp_path / "region.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadRegion) as caught:
        load_region(path)
    assert caught.value.sentence.startswith(f"{path} : ")
    assert caught.value.sentence.endswith(words)


# ---- Networks by their names


@pytest.mark.parametrize(
    ("given_", "code"),
    [
        ("28", "28"),
        ("Eure-et-Loir", "28"),
        ("EURE ET LOIR", "28"),
        ("SPRO 28", "28"),
        ("réseau 41", "41"),
        ("région", "region"),
        ("region", "region"),
        ("Équipe régionale", "region"),
        ("Centre Val-de-Loire", "region"),
    ],
)
def test_a_network_is_known_by_its_code_or_its_name(given_: str, code: str) -> None:
    """As people say it."""
    assert REGION.code_of(given_) == code


def test_an_unknown_network_is_answered_with_the_known_ones() -> None:
    """The sentence lists what could have been meant."""
    with pytest.raises(UnknownNetwork, match=r"« 75 » n'existe pas. Réseaux connus : 18, 28, 41, region\."):
        REGION.code_of("75")


# ---- What people type


def understood(
    title: str = "Atelier", description: str = "", location: str = "", more: str = "", network: str = "28"
) -> Event:
    """The one event of a calendar object with that title, description and place."""
    texts = {"SUMMARY": title, "DESCRIPTION": description, "LOCATION": location}
    lines = [
        f"{name}:" + text.replace(",", "\\,").replace(";", "\\;").replace("\n", "\\n") for name, text in texts.items()
    ]
    text = "\n".join(
        [
            "BEGIN:VCALENDAR",
            "BEGIN:VEVENT",
            "UID:u",
            "DTSTART;VALUE=DATE:20211007",
            *lines,
            *more.splitlines(),
            "END:VEVENT",
            "END:VCALENDAR",
        ]
    )
    obj = read_object(text.encode(), "x")
    return understand(obj, obj.parts[0], network, REGION)


VAGUE = "X-SPRO-DATE-WORDS:en octobre\nX-SPRO-WINDOW:2021-10-01/2021-10-31"


@pytest.mark.parametrize(
    ("title", "more", "site", "words", "left"),
    [
        ("[Dreux] Atelier", "", "Dreux", None, "Atelier"),
        ("  [ dreux ]Atelier", "", "Dreux", None, "Atelier"),
        ("[DREUX] [en octobre] Atelier", VAGUE, "Dreux", "en octobre", "Atelier"),
        ("[en octobre] [Dreux] Atelier", VAGUE, "Dreux", "en octobre", "Atelier"),
        ("[fin octobre] Atelier", VAGUE, None, "fin octobre", "Atelier"),
        ("Atelier", VAGUE, None, None, "Atelier"),
        ("[complet] Atelier", "", None, None, "[complet] Atelier"),
        ("[Dreux] [complet] Atelier", "", "Dreux", None, "[complet] Atelier"),
        ("[Dreux] [Chartres] Atelier", "", "Dreux", None, "[Chartres] Atelier"),
        ("[complet] [Dreux] Atelier", "", "Dreux", None, "[complet] Atelier"),
        ("[bientôt] [Dreux] [en octobre] Atelier", "", "Dreux", "en octobre", "[bientôt] Atelier"),
        ("[complet] [nouveau] [Dreux] Atelier", "", "Dreux", None, "[complet] [nouveau] Atelier"),
        ("[Dreux]", "", None, None, "[Dreux]"),
        ("Atelier [Dreux]", "", None, None, "Atelier [Dreux]"),
        ("[Blois] Atelier", "", None, None, "Atelier"),
        ("", "", None, None, ""),
    ],
)
def test_brackets_that_open_a_title_are_taken_apart(
    title: str, more: str, site: str | None, words: str | None, left: str
) -> None:
    """A town, and the words of a vague date, in either order; any other bracket is part of the title."""
    event = understood(title, more=more)
    assert (event.site, event.date_words, event.title) == (site, words, left)


@pytest.mark.parametrize(
    ("title", "more", "window", "words"),
    [
        ("[en octobre] Agriculture", "", "2021-10-01/2021-10-31", "en octobre"),
        ("[Dreux] [début NOVEMBRE] Agriculture", "", "2021-11-01/2021-11-10", "début NOVEMBRE"),
        ("[S41] Agriculture", "", "2021-10-11/2021-10-17", "S41"),
        ("[septembre] Agriculture", "", "2022-09-01/2022-09-30", "septembre"),
        ("[à définir] Agriculture", "", None, "à définir"),
        ("[mi-novembre] Agriculture", VAGUE, "2021-11-11/2021-11-20", "mi-novembre"),
        (
            "[en octobre] Agriculture",
            "X-SPRO-DATE-WORDS:en octobre\nX-SPRO-WINDOW:2021-10-04/2021-10-08",
            "2021-10-04/2021-10-08",
            "en octobre",
        ),
        ("[quand il fera beau] Agriculture", "", None, None),
        ("[★] Agriculture", "", None, None),
        ("[M2E] Agriculture", "", None, None),
    ],
)
def test_a_bracket_typed_in_any_client_gives_a_window(
    title: str, more: str, window: str | None, words: str | None
) -> None:
    """On a whole day; kept words have the window that was kept with them, edited ones are read anew."""
    event = understood(title, more=more)
    assert (f"{event.window.start}/{event.window.end}" if event.window else None, event.date_words) == (window, words)
    assert event.title.endswith("Agriculture")


def test_a_bracket_on_an_event_with_hours_is_part_of_its_title() -> None:
    """Hours are a firm date, whatever stands before the title."""
    (entry,) = entries("28", "UID:a\nDTSTART;TZID=Europe/Paris:20211014T090000\nSUMMARY:[en octobre] Agriculture")
    assert (entry.lead.window, entry.lead.title) == (None, "[en octobre] Agriculture")
    (entry,) = entries("28", "UID:a\nDTSTART;TZID=Europe/Paris:20211014T090000\nSUMMARY:[complet] [Dreux] Agriculture")
    assert (entry.lead.site, entry.lead.title) == ("Dreux", "[complet] Agriculture")


def test_a_town_of_another_network_is_a_town_but_no_site() -> None:
    """The 28 may meet in Blois."""
    event = understood("[Blois] Atelier")
    assert (event.site, event.town) == (None, "Blois")


@pytest.mark.parametrize(
    ("title", "network", "site"),
    [
        ("[Saint-Aubin] Atelier", "28", "Saint-Aubin"),
        ("[Saint-Aubin] Atelier", "41", "Saint-Aubin"),
        ("[St-Aubin] Atelier", "41", "Saint-Aubin"),
        ("[Saint-Aubin] Atelier", "18", None),
    ],
)
def test_of_towns_of_one_name_the_network_s_own_is_meant(title: str, network: str, site: str | None) -> None:
    """Saint-Aubin is a site in the 28, another in the 41, and a mere town in the 18."""
    event = understood(title, network=network)
    assert (event.site, event.town) == (site, "Saint-Aubin")


@pytest.mark.parametrize(
    ("title", "location", "site"),
    [
        ("[Dreux] Atelier", "Salle des fêtes, Chartres", "Dreux"),
        ("Atelier", "Salle des fêtes, CHARTRES", "Chartres"),
        ("Atelier", "Salle des fêtes, 28100 Dreux", "Dreux"),
        ("Atelier", "12 rue de Chartres, 28100 Dreux", "Dreux"),
        ("Atelier", "12 rue de Chartres, Dreux", "Dreux"),
        ("Atelier", "12 avenue du Maréchal Foch, Dreux", "Dreux"),
        ("Atelier", "3 place de Chartres", None),
        ("Atelier", "https://visio.example/dreux", None),
        ("Atelier", "", None),
    ],
)
def test_the_site_is_the_title_s_bracket_s_else_the_place_s(title: str, location: str, site: str | None) -> None:
    """A link that happens to hold a town's name says nothing."""
    assert understood(title, location=location).site == site


@pytest.mark.parametrize(
    "location",
    [
        "",
        "Dreux",
        "28100 Dreux",
        "à Dreux",
        "À définir",
        "lieu à préciser",
        "Visio",
        "En visioconférence (Teams)",
        "https://meet.example/abc-def",
        "Webinaire",
        "à distance",
        "A DISTANCE",
        "Zoom : https://zoom.example/j/1?pwd=2",
        "En ligne",
        "marie@spro-28.example",
        "www.spro-28.example",
        "salle à définir",
        "Dreux, France",
        "Réunion Microsoft Teams",
        "Microsoft Teams Meeting",
        "Google Meet",
        "À distance et à Chartres",
        "EN VISIO",
        "Salle virtuelle",
        "Dreux (28)",
        "Dreux (Eure-et-Loir)",
        "28100 DREUX CEDEX",
        "DREUX CEDEX 2",
        "Eure-et-Loir",
        "dans l'Eure-et-Loir",
        "Département du Cher",
        "Région Centre",
        "Centre-Val de Loire",
        "Chartres et Dreux",
        "Dreux, puis Chartres",
        "Dreux / Blois",
        "Chartres Nord",
        "centre-ville de Dreux",
        "Dreux et environs",
        "Paris",
        "Paris (75012)",
        "44000 Nantes",
        "28130 Maintenon",
        "présentiel",
        "En présentiel à Dreux",
        "dans les locaux",
        "Dans nos locaux",
        "Sur place",
        "Plusieurs sites",
        "Hybride : présentiel ou Teams",
        "Lien : https…",
        "Lien : https://meet.example/abc-def",
        "meet.example.com/abc-def",
        "Visio (lien à venir)",
        "Lieu non défini",
        "pas encore fixé",
        "Lieu communiqué ultérieurement",
        "voir invitation",
    ],
)
def test_words_that_name_no_place_give_none(location: str) -> None:
    """Two events « à définir » do not compete for a room."""
    assert understood("[Dreux] Atelier", location=location).place is None


@pytest.mark.parametrize(
    ("title", "location", "remote"),
    [
        ("Atelier", "Visio", True),
        ("Atelier", "Visio (lien à venir)", True),
        ("Atelier", "https://meet.example/abc", True),
        ("Atelier", "Lien : https…", True),
        ("Atelier", "Microsoft Teams Meeting", True),
        ("Webinaire CEP", "", True),
        ("Atelier", "", False),
        ("Atelier", "à définir", False),
        ("Webinaire CEP", "à définir", False),
        ("Atelier", "présentiel et visio", False),
        ("Atelier", "À distance et à Chartres", False),
        ("Webinaire CEP", "Mission locale", False),
        ("Atelier", "Mission locale, https://meet.example/abc", False),
    ],
)
def test_an_event_on_a_screen_is_in_no_town_that_anybody_drives_to(title: str, location: str, *, remote: bool) -> None:
    """Its site is who holds it; one that is held in a house too is driven to."""
    event = understood(f"[Dreux] {title}", location=location)
    assert (event.town, event.remote) == ("Dreux", remote)


def test_a_commune_that_the_region_lists_is_no_place() -> None:
    """No more is known of it than its name; what is in it is a place."""
    region = parse_region(TEXT.replace('school_zone = "B"', 'school_zone = "B"\ncommunes = ["Anet"]'), "region.toml")

    def place(location: str, region: Region) -> str | None:
        return read_place(location, None, "28", region)[0] and location

    assert [place(each, region) for each in ("Anet", "ANET (28)", "Anet et Dreux", "Château, Anet")] == [
        None,
        None,
        None,
        "Château, Anet",
    ]
    assert place("Anet", REGION) == "Anet"


@pytest.mark.parametrize(
    "location",
    [
        "MAME",
        "Salle 28",
        "Hôtel du département",
        "Conseil départemental d'Eure-et-Loir",
        "Maison de la Région",
        "Gare de Chartres",
        "ZI Nord, Dreux",
        "Centre social, Dreux",
        "Le Bouillon",
        "Espace Région",
        "Salle du bureau, Dreux",
        "Mission locale (28100 Dreux)",
        "Mairie (lien de visio à venir)",
    ],
)
def test_a_house_is_a_place_whatever_stands_beside_it(location: str) -> None:
    """However much of its name is a town's or a territory's."""
    assert understood("[Dreux] Atelier", location=location).place is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mission locale, Dreux", "mission  LOCALE de Dreux"),
        ("Mission locale, Dreux", "Mission locale, 28100 Dreux Cedex"),
        ("Mission locale, Dreux", "MISSION LOCALE - DREUX CEDEX 2"),
        ("Mission locale, Dreux", "Mission locale, Dreux (28)"),
        ("Mission locale, Dreux", "Mission locale, Dreux (Eure-et-Loir)"),
        ("Mission locale", "Mission locale (28100 Dreux)"),
        ("Mission locale à Dreux", "Mission locale – Dreux"),
        ("FabLab", "Fablab de la Mission locale, Dreux"),
        ("Médiathèque « L'Odyssée »", "mediatheque l'odyssee, 28100 DREUX"),
    ],
)
def test_a_place_is_the_same_however_it_is_written(one: str, other: str) -> None:
    """Case, accents, punctuation, postcode and town count for nothing; aliases are one place."""
    first, second = understood("[Dreux] A", location=one).place, understood("[Dreux] B", location=other).place
    assert first == second
    assert first is not None


@pytest.mark.parametrize(
    ("location", "name"),
    [
        ("Salle Jean  Moulin", "Salle Jean Moulin (Dreux)"),
        ("Mairie de Dreux", "Mairie de Dreux"),
        ("Salle de réunion, 28100 Dreux", "Salle de réunion, 28100 Dreux"),
        ("FabLab de la Mission locale", "FabLab (Dreux)"),
        ("Visio", ""),
    ],
)
def test_a_place_is_called_as_people_wrote_it(location: str, name: str) -> None:
    """With its town; a place of the region's file by its name there."""
    assert understood("[Dreux] Atelier", location=location).place_name == name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("[Dreux] A", "Mission locale", "28"), ("[Blois] A", "Mission locale", "28")),
        (("A", "Mission locale, Dreux", "28"), ("A", "Mission locale, Blois", "41")),
        (("A", "Mission locale", "28"), ("A", "Mission locale", "41")),
        (("A", "Salle 1, Dreux", "28"), ("A", "Salle 2, Dreux", "28")),
        (("A", "Salle A, Dreux", "28"), ("A", "Salle B, Dreux", "28")),
        (("A", "Bâtiment A Dreux", "28"), ("A", "Bâtiment B Dreux", "28")),
        (("A", "12 rue de Chartres, 28100 Dreux", "28"), ("A", "12 rue de Blois, 28100 Dreux", "28")),
        (
            ("A", "Hôtel de Région, Chartres, salle Lentin", "28"),
            ("A", "Conseil régional, Chartres, salle Sully", "28"),
        ),
    ],
)
def test_places_of_one_name_in_two_towns_are_two_places(one: tuple[str, str, str], other: tuple[str, str, str]) -> None:
    """« Mission locale » of Dreux is not that of Blois; without a town it takes its network."""
    places = [understood(title, location=location, network=network).place for title, location, network in (one, other)]
    assert places[0] != places[1]
    assert None not in places


@pytest.mark.parametrize(
    ("location", "place"),
    [
        ("Conseil régional, Chartres", None),
        ("Conseil régional, 28000 Chartres (28)", None),
        ("Conseil régional, Chartres, salle à définir", None),
        ("Conseil régional, salle Lentin, Chartres", "conseil regional salle lentin (Chartres)"),
        ("Hôtel de Région - Salle LENTIN, Chartres", "conseil regional salle lentin (Chartres)"),
        ("Conseil régional, salle Lentin, Blois", "conseil regional salle lentin (Blois)"),
    ],
)
def test_a_place_of_several_rooms_is_the_same_only_in_the_same_room(location: str, place: str | None) -> None:
    """And only in its own town."""
    assert understood(location=location).place == place


@pytest.mark.parametrize(
    ("title", "description", "field", "expected"),
    [
        ("A", "Intervenant : Zoé Martin", "speakers", ("Zoé Martin",)),
        ("A", "INTERVENANTE: Zoé Martin.", "speakers", ("Zoé Martin",)),
        ("A", "Intervenant·e·s : Zoé Martin", "speakers", ("Zoé Martin",)),
        ("A", "Intervenant.e : Zoé Martin", "speakers", ("Zoé Martin",)),
        ("A", "Intervenant(e)s : Zoé Martin", "speakers", ("Zoé Martin",)),
        ("A", "Intervenant(s)\u00a0: Zoé Martin et Luc Petit", "speakers", ("Zoé Martin", "Luc Petit")),
        (
            "A",
            "Intervenants\u202f: Zoé Martin ; Luc Petit / A.Chauvet",
            "speakers",
            ("Zoé Martin", "Luc Petit", "André Chauvet"),
        ),
        ("A", "Bonjour,\n  - Intervenants : a. CHAUVET\nMerci", "speakers", ("André Chauvet",)),
        ("A", "Intervenant : Zoé Martin\nIntervenant : Luc Petit", "speakers", ("Zoé Martin", "Luc Petit")),
        ("A", "Intervenant :\nPublic : lycéens", "speakers", ()),
        ("A", "Intervenant :\nPublic : lycéens", "publics", ("lycéens",)),
        ("Conférence d'A. CHAUVET", "", "speakers", ("André Chauvet",)),
        ("Conférence d'André Chauvet", "Intervenant : A.Chauvet", "speakers", ("André Chauvet",)),
        ("A", "Intervenant : aucun", "speakers", ()),
        ("A", "Intervenant : à définir", "speakers", ()),
        ("A", "Intervenant : M. André Chauvet (Université de Tours)", "speakers", ("André Chauvet",)),
        ("A", "Intervenant : Nom à confirmer", "speakers", ()),
        ("A", "Intervenant : Zoé Martin, à confirmer", "speakers", ("Zoé Martin",)),
        ("A", "<p><b>Intervenant :</b> Zo&eacute; Martin<br>Public : lycéens</p>", "speakers", ("Zoé Martin",)),
        ("A", "<ul><li>Intervenant : Zoé Martin</li><li>Public : lycéens</li></ul>", "publics", ("lycéens",)),
        ("A", "Durée < 2 h\nIntervenant : Zoé Martin", "speakers", ("Zoé Martin",)),
        ("A", "Notre intervenant : il viendra de Blois", "speakers", ()),
        ("A", "Intervenant - Zoé Martin", "speakers", ("Zoé Martin",)),
        ("A", "• Intervenante – Zoé Martin", "speakers", ("Zoé Martin",)),
        ("A", "Intervenant = Zoé Martin", "speakers", ("Zoé Martin",)),
        ("A", "Intervenant\uff1aZoé Martin", "speakers", ("Zoé Martin",)),
        ("A", "Thème - agriculture\nPublic = lycéens", "themes", ("agriculture",)),
        ("A", "Intervenants - conseillers de la Mission locale", "speakers", ()),
        ("A", "Intervenant :\nZoé Martin\nMerci de vous inscrire", "speakers", ("Zoé Martin",)),
        (
            "A",
            "Intervenants :\n\nZoé Martin\nLuc Petit (CNRS)\n\nJean Moulin",
            "speakers",
            ("Zoé Martin", "Luc Petit (CNRS)"),
        ),
        (
            "A",
            "Intervenants :\n- Zoé Martin\n- Mme Petit et A. Chauvet\nÀ bientôt",
            "speakers",
            ("Zoé Martin", "Mme Petit", "André Chauvet"),
        ),
        (
            "A",
            "Intervenants :\n• Zoé MARTIN, directrice\n• Jean-Luc d'Arc",
            "speakers",
            ("Zoé MARTIN", "Jean-Luc d'Arc"),
        ),
        (
            "A",
            "<p>Intervenants :</p><ul><li>Zoé Martin</li><li>Luc Petit</li></ul>",
            "speakers",
            ("Zoé Martin", "Luc Petit"),
        ),
        ("A", "Intervenant :\n- Accueil café\n- Présentation", "speakers", ()),
        ("A", "Intervenant :\nInscription avant le 3 mai", "speakers", ()),
        ("A", "Intervenant :\n\n\nZoé Martin", "speakers", ()),
        ("A", "Intervenant :\n- Public : lycéens", "publics", ("lycéens",)),
        ("A", "Publics :\n- lycéens\n- familles", "publics", ("lycéens", "familles")),
        ("A", "Public :\nInscription obligatoire", "publics", ()),
        ("A", "Public :\n\n- Inscription obligatoire", "publics", ()),
        ("A", "Portée :\n- interne", "publics", ()),
        ("A", "Intervenant : CHAUVET André", "speakers", ("André Chauvet",)),
        ("A", "Intervenants : Zoé Martin, Mme MARTIN Zoé (CNRS)", "speakers", ("Zoé Martin",)),
        ("A", "Intervenant : M. et Mme Martin", "speakers", ("Mme Martin",)),
        ("A", "Intervenant : Mission locale (Zoé Martin)", "speakers", ("Zoé Martin",)),
        ("A", "Intervenants : Zoé Martin, Mission locale de Dreux", "speakers", ("Zoé Martin",)),
        ("A", "Intervenant : le Klub", "speakers", ("le Klub",)),
        ("A", "Klub", "partners", ()),
        ("Le Klub revient", "", "partners", ("Klub Extraordinaire",)),
        ("Après le KLUB", "Partenaire : aucun", "partners", ()),
        ("Après le Klub", "Partenaires : Néant", "partners", ()),
        ("Après le Klub", "Partenaire : Mission locale", "partners", ("Mission locale", "Klub Extraordinaire")),
        ("Atelier des Missions locales", "", "partners", ("Mission locale",)),
        ("A", "Public : coordos, familles", "publics", ("coordonnateurs", "familles")),
        ("Forum des lycéens", "", "publics", ("lycéens",)),
        ("A", "Thème : ESS", "themes", ("économie sociale et solidaire",)),
        (
            "A",
            "THEMES : Économie sociale et solidaire et agriculture",
            "themes",
            ("économie sociale et solidaire", "agriculture"),
        ),
        (
            "A",
            "Thèmes : économie sociale et solidaire, Agriculture",
            "themes",
            ("économie sociale et solidaire", "agriculture"),
        ),
        ("Découvrir l'économie sociale et solidaire", "", "themes", ("économie sociale et solidaire",)),
        ("Messe", "", "themes", ()),
    ],
)
def test_lines_of_the_description_and_known_names_of_the_title_are_read(
    title: str, description: str, field: str, expected: tuple[str, ...]
) -> None:
    """Aliases give the name that everybody reads; an explicit « aucun » beats the title."""
    assert getattr(understood(title, description), field) == expected


@pytest.mark.parametrize(
    "words",
    [
        "en cours",
        "en cours de recherche",
        "recherche en cours",
        "en attente",
        "non défini",
        "à trouver",
        "voir le programme",
        "un conseiller",
        "une conseillère de la Mission locale",
        "des professionnels",
        "les conseillers",
        "Conseiller·ère CEP",
        "conseillers en évolution professionnelle",
        "nos conseillères",
        "plusieurs intervenants",
        "2 animateurs",
        "intervenant extérieur",
        "nous",
        "nous-mêmes",
        "en interne",
        "équipe SPRO",
        "L'équipe",
        "l'équipe de la Maison de l'emploi",
        "Mission locale",
        "Missions locales",
        "la Mission locale de Dreux",
        "Mission locale – Dreux",
        "CCI",
        "France Travail",
        "Cap emploi 28",
        "AFPA (formateurs)",
        "Conseil régional",
        "Monsieur",
    ],
)
def test_words_that_name_nobody_in_particular_are_no_speaker(words: str) -> None:
    """Two events with « un conseiller » do not compete for him."""
    assert understood(description=f"Intervenant : {words}").speakers == ()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Mme Marie CURIE", "Marie Curie", True),
        ("Marie Curie (CNRS)", "Marie Curie", True),
        ("Marie Curie – CNRS", "Marie Curie", True),
        ("Marie Curie : physicienne", "Marie Curie", True),
        ("CURIE Marie", "Marie Curie", True),
        ("Dr. Curie, Marie", "Marie Curie", False),
        ("Dr Marie Curie", "Mme CURIE  Marie", True),
        ("Jean-Pierre Le Goff", "LE GOFF Jean Pierre", True),
        ("Mme Fournier", "Madame FOURNIER", True),
        ("Mme Fournier", "M. Fournier", False),
        ("Dr Fournier", "Fournier", True),
        ("Marie Curie", "Pierre Curie", False),
        ("M. Curie", "Marie Curie", False),
        ("Conseillère", "Conseillère", False),
        ("Conseillère Marie Curie", "Mme Marie Curie", True),
    ],
)
def test_a_person_is_the_same_however_the_name_is_written(one: str, other: str, same: bool) -> None:
    """Honorifics, asides and the order of names count for nothing; of a lone surname the honorific does."""
    first, second = (
        {person_key(name) for name in understood(description=f"Intervenant : {each}").speakers} for each in (one, other)
    )
    assert bool(first & second) is same


@given(st.text(alphabet="MmeDr. (A)–-:étÉ", max_size=30))
def test_whatever_is_typed_of_a_person_has_a_key(name: str) -> None:
    """The same for the same words in capitals, and none where no word is."""
    assert person_key(name) == person_key(name.upper())
    assert bool(person_key(name)) is bool(normalise(name))


@pytest.mark.parametrize(
    ("categories", "themes"),
    [
        ("Économie sociale", ("économie sociale et solidaire",)),
        ("ECONOMIE SOCIALE,Catégorie rouge", ("économie sociale et solidaire",)),
        ("Catégorie rouge", ()),
        ("agriculture", ()),
    ],
)
def test_categories_are_themes_only_where_they_are_declared(categories: str, themes: tuple[str, ...]) -> None:
    """Outlook writes « Catégorie rouge »; a theme's own name is not a category unless somebody said so."""
    assert understood(more=f"CATEGORIES:{categories}").themes == themes


@pytest.mark.parametrize(
    ("description", "open_to"),
    [
        ("", ()),
        ("Ouvert à : tous les réseaux", "all"),
        ("ouvert à\u00a0: TOUS", "all"),
        ("Ouverte à : tous", "all"),
        ("Ouvert(e) à : tous", "all"),
        ("Ouvert·es à : le 41, au réseau du Cher", ("18", "41")),
        ("Ouvert à : 41", ("41",)),
        ("Ouvert à : 41 et 18", ("18", "41")),
        ("Ouvert à : SPRO 41, réseau Cher", ("18", "41")),
        ("Ouvert à : Loir-et-Cher", ("41",)),
        ("Ouvert à : Loir et Cher", ("41",)),
        ("Ouvert à : Eure-et-Loir", ()),
        ("Ouvert à : 75", ()),
    ],
)
def test_an_event_is_open_to_the_networks_that_it_names(description: str, open_to: tuple[str, ...] | str) -> None:
    """By code or name, in the region's order; its own network is not a guest."""
    assert understood(description=description).open_to == open_to


@pytest.mark.parametrize(
    ("title", "description", "more", "scope"),
    [
        ("Atelier", "", "", Scope.ACTION),
        ("Atelier", "", "RRULE:FREQ=WEEKLY", Scope.INTERNAL),
        ("RÉUNION d'équipe", "", "", Scope.INTERNAL),
        ("Groupes de travail", "", "", Scope.INTERNAL),
        ("Point hebdomadaire", "", "", Scope.INTERNAL),
        ("Pointe de la formation", "", "", Scope.ACTION),
        ("Forum de l'emploi", "", "", Scope.EVENT),
        ("Job-dating", "", "", Scope.EVENT),
        ("Réunion de préparation du forum", "", "", Scope.INTERNAL),
        ("Réunion", "Portée : événement", "", Scope.EVENT),
        ("Forum", "PORTEE : Interne", "", Scope.INTERNAL),
        ("Forum", "Portée : action", "RRULE:FREQ=WEEKLY", Scope.ACTION),
        ("Forum", "Portée : immense", "", Scope.EVENT),
    ],
)
def test_the_scope_is_what_is_said_else_what_the_title_suggests(
    title: str, description: str, more: str, scope: Scope
) -> None:
    """A series is internal by default, and a meeting about a forum is a meeting."""
    assert understood(title, description, more=more).scope is scope


@pytest.mark.parametrize(
    ("network", "description", "highlight"),
    [
        ("region", "", True),
        ("region", "Temps fort : non", False),
        ("region", "Temps fort : peut-être", True),
        ("28", "", False),
        ("28", "Temps fort : oui", True),
        ("28", "TEMPS FORT: Oui", True),
        ("28", "Temps fort : non", False),
    ],
)
def test_the_region_s_events_are_highlights_and_others_say_so(network: str, description: str, highlight: bool) -> None:
    """« Temps fort : oui »; what says no explicitly is none, whoever holds it."""
    assert understood(description=description, network=network).highlight is highlight


def test_a_window_has_one_edtf_whatever_its_sender_wrote() -> None:
    """« 2021-07-01/2021-12-31 » is « 2021-07/2021-12 »; and one that says something else is of another time."""
    for written in ("2021-07-01/2021-12-31", "2021-07/2021-12", "2021-10"):
        event = understood(
            "[2e semestre] Atelier",
            more=f"X-SPRO-DATE-WORDS:2e semestre\nX-SPRO-WINDOW:2021-07-01/2021-12-31\nX-SPRO-EDTF:{written}",
        )
        assert event.edtf == "2021-07/2021-12"


@pytest.mark.parametrize(
    ("window", "expected", "written"),
    [
        ("2021-10-01/2021-10-31", Window(date(2021, 10, 1), date(2021, 10, 31)), "2021-10"),
        ("2021-05-01/2021-06-30", Window(date(2021, 5, 1), date(2021, 6, 30)), "2021-05/2021-06"),
        ("2022-01-01/2022-12-31", Window(date(2022, 1, 1), date(2022, 12, 31)), "2022"),
        ("2021-01-01/2022-12-31", Window(date(2021, 1, 1), date(2022, 12, 31)), "2021-01/2022-12"),
        ("2021-09-01/2021-09-10", Window(date(2021, 9, 1), date(2021, 9, 10)), "2021-09-01/2021-09-10"),
        ("2021-10-31/2021-10-01", None, None),
        ("2021-01-01/2031-12-31", None, None),
        ("2021-10-01", None, None),
        ("octobre", None, None),
        ("", None, None),
    ],
)
def test_a_window_is_two_days_and_its_edtf(window: str, expected: Window | None, written: str | None) -> None:
    """One that cannot be read leaves the event undated: nothing is guessed."""
    event = understood("[un jour] Atelier", more=f"X-SPRO-WINDOW:{window}")
    assert (event.window, event.edtf) == (expected, written)
    assert expected is None or edtf(expected) == written


# ---- Words


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    """What is stored normalised may be compared with what is typed."""
    assert normalise(normalise(text)) == normalise(text)


@given(st.text(alphabet="aéÉèçœ ßİı'’-_.\u00a0\u202fAZ09", max_size=20))
def test_case_and_spaces_count_for_nothing(text: str) -> None:
    """Whatever the case, and however many spaces stand around."""
    assert normalise(f"  {text.casefold()}\t") == normalise(text)


@pytest.mark.parametrize(
    ("text", "normalised"),
    [
        ("« L'Économie\u00a0 sociale »", "l economie sociale"),
        ("A. CHAUVET", "a chauvet"),
        ("Job-Dating", "job dating"),
        ("ÉVÉNEMENT", "evenement"),
        ("e\u0301te\u0301", "ete"),
        ("snake_case", "snake case"),
        ("…", ""),
        ("2ᵉ", "2e"),
    ],
)
def test_what_people_type_is_compared_as_plain_words(text: str, normalised: str) -> None:
    """Accents in one character or two, quotes, dashes, no-break spaces."""
    assert normalise(text) == normalised


@pytest.mark.parametrize(
    ("text", "words", "found"),
    [
        ("venue du klub a contres", "le klub", False),
        ("avec le klub", "le klub", True),
        ("les klubs", "klub", True),
        ("missions locales de dreux", "mission locale", True),
        ("permission locale", "mission locale", False),
        ("klub", "klub extraordinaire", False),
        ("klub", "", False),
    ],
)
def test_words_are_found_whole_and_in_a_row(text: str, words: str, found: bool) -> None:
    """A plural may follow each."""
    assert has_words(text, words) is found


@pytest.mark.parametrize(
    ("text", "words", "left"),
    [
        ("mission locale dreux", "dreux", "mission locale"),
        ("dreux dreux", "dreux", "dreux"),
        ("dreuxien", "dreux", "dreuxien"),
        ("salle", "", "salle"),
    ],
)
def test_words_are_cut_out_once_and_whole(text: str, words: str, left: str) -> None:
    """The first time that they stand."""
    assert without_words(text, words) == left


@pytest.mark.parametrize(
    ("value", "items"),
    [
        ("a, b;c / d et e & f", ("a", "b", "c", "d", "e", "f")),
        ("", ()),
        (" , ;", ()),
        ("a.", ("a",)),
        ("objet", ("objet",)),
        ("Sel et Poivre, a et b", ("Sel et Poivre", "a", "b")),
        ("a et Sel et Poivre et b", ("a", "Sel et Poivre", "b")),
    ],
)
def test_a_list_is_cut_where_people_cut_it(value: str, items: tuple[str, ...]) -> None:
    """Commas, semicolons, slashes and « et », but within a name that is known whole."""
    assert listed(value, lambda item: item == "Sel et Poivre") == items
