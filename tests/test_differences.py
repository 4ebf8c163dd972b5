"""What moved between two texts of an event is said in words; what did not move is not."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_contract import REGION_TOML, booking, calendar, event

from spro_agenda.differences import differences
from spro_agenda.region.load import parse_region

REGION = parse_region(REGION_TOML, "region.toml")
SERIES = ("DTSTART;TZID=Europe/Paris:20211007T140000", "DTEND;TZID=Europe/Paris:20211007T160000")
WEEKLY = (*SERIES, "RRULE:FREQ=WEEKLY")


def between(before: bytes, after: bytes) -> list[str]:
    return list(differences(before, after, "28", REGION))


def with_instance(*lines: str, rule: str = "RRULE:FREQ=WEEKLY", when: str = "20211014T140000") -> bytes:
    """A weekly series with one instance that stands apart."""
    return calendar(
        "BEGIN:VEVENT",
        "UID:atelier",
        *SERIES,
        "SUMMARY:atelier",
        rule,
        "END:VEVENT",
        "BEGIN:VEVENT",
        "UID:atelier",
        f"RECURRENCE-ID;TZID=Europe/Paris:{when}",
        *lines,
        "END:VEVENT",
    )


AS_GIVEN = ("DTSTART;TZID=Europe/Paris:20211014T140000", "DTEND;TZID=Europe/Paris:20211014T160000", "SUMMARY:atelier")
MOVED = ("DTSTART;TZID=Europe/Paris:20211015T090000", "DTEND;TZID=Europe/Paris:20211015T110000", "SUMMARY:atelier")
VAGUE = ("SUMMARY:[en octobre] atelier", "X-SPRO-DATE-WORDS:en octobre", "X-SPRO-WINDOW:2021-10-01/2021-10-31")


@pytest.mark.parametrize(
    ("before", "after", "sentences"),
    [
        pytest.param(
            booking("a"),
            booking("a", "20211008T070000Z", "20211008T090000Z"),
            ["date : du jeudi 7 octobre 2021, 14 h – 16 h au vendredi 8 octobre 2021, 9 h – 11 h"],
            id="another day",
        ),
        pytest.param(
            booking("a"),
            booking("a", end="20211007T143000Z"),
            ["date : le jeudi 7 octobre 2021, 14 h – 16 h devient 14 h – 16 h 30"],
            id="longer",
        ),
        pytest.param(
            event("a", "DTSTART;VALUE=DATE:20211007"),
            event("a", "DTSTART;VALUE=DATE:20211007", "DTEND;VALUE=DATE:20211010"),
            ["date : jeudi 7 octobre 2021 devient du 7 au 9 octobre 2021"],
            id="more days",
        ),
        pytest.param(
            event("a", "DTSTART;VALUE=DATE:20211001", *VAGUE),
            event("a", "SUMMARY:atelier"),
            [
                "date : « en octobre », du 1er au 31 octobre 2021 devient jeudi 7 octobre 2021, 14 h – 16 h",
                "titre : « [en octobre] atelier » devient « atelier »",
            ],
            id="firmed up",
        ),
        pytest.param(
            event("a", component="VTODO"),
            event("a", "DUE:20211007T120000Z", component="VTODO"),
            ["date : sans date devient jeudi 7 octobre 2021, 14 h"],
            id="a task is given its date",
        ),
        pytest.param(
            event("a", "DTSTART:20211007T120000Z", "DTEND:20211007T140000Z"),
            event("a", "DTSTART:20211007T120000Z", "DURATION:PT2H"),
            ["date : le même, écrit autrement"],
            id="the same time in other writing",
        ),
        pytest.param(
            event("a", *SERIES),
            event("a", *SERIES, "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;UNTIL=20211231T120000Z"),
            ["répétition : toutes les 2 semaines le lundi et le jeudi, jusqu'au 31 décembre 2021"],
            id="it repeats",
        ),
        pytest.param(
            event("a", *WEEKLY),
            event("a", *SERIES, "RRULE:FREQ=MONTHLY;BYDAY=2TU,-1FR;COUNT=10"),
            ["répétition : toutes les semaines devient tous les mois le 2e mardi et le dernier vendredi, 10 fois"],
            id="another rule",
        ),
        pytest.param(
            event("a", *WEEKLY),
            event("a", *SERIES, "RRULE:FREQ=MONTHLY;BYSETPOS=1;BYDAY=MO,TU"),
            ["répétition : toutes les semaines devient FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=1"],
            id="a rule that has no words",
        ),
        pytest.param(
            event("a", *WEEKLY),
            event("a", *WEEKLY, "EXDATE;TZID=Europe/Paris:20211014T140000,20211021T140000"),
            ["séance supprimée : jeudi 14 octobre 2021, 14 h et jeudi 21 octobre 2021, 14 h"],
            id="instances are left out",
        ),
        pytest.param(
            event("a", *WEEKLY, "RDATE;TZID=Europe/Paris:20211016T140000", "EXDATE;TZID=Europe/Paris:20211014T140000"),
            event("a", *WEEKLY),
            [
                "séance rétablie : jeudi 14 octobre 2021, 14 h",
                "séance supplémentaire retirée : samedi 16 octobre 2021, 14 h",
            ],
            id="and come back",
        ),
        pytest.param(
            event("atelier", *WEEKLY),
            with_instance(*MOVED),
            ["séance du jeudi 14 octobre 2021 : déplacée : vendredi 15 octobre 2021, 9 h – 11 h"],
            id="an instance is moved",
        ),
        pytest.param(
            with_instance(*AS_GIVEN),
            with_instance(*MOVED),
            ["séance du jeudi 14 octobre 2021 : déplacée : vendredi 15 octobre 2021, 9 h – 11 h"],
            id="and moved again",
        ),
        pytest.param(
            event("atelier", *WEEKLY),
            with_instance(*AS_GIVEN, "STATUS:CANCELLED"),
            ["séance du jeudi 14 octobre 2021 : annulée"],
            id="an instance is cancelled",
        ),
        pytest.param(
            event("atelier", *WEEKLY),
            with_instance(*AS_GIVEN, "LOCATION:Salle B"),
            ["séance du jeudi 14 octobre 2021 : lieu : « Salle B » ajouté"],
            id="an instance is elsewhere",
        ),
        pytest.param(
            event("atelier", *WEEKLY),
            with_instance(*AS_GIVEN),
            ["séance du jeudi 14 octobre 2021 : fixée à part, sans autre changement"],
            id="an instance stands apart",
        ),
        pytest.param(
            with_instance(*MOVED),
            event("atelier", *WEEKLY),
            ["séance du jeudi 14 octobre 2021 : redevient comme la série"],
            id="an instance is as the others again",
        ),
        pytest.param(
            booking("a", title="Atelier CV"),
            booking("a", title="Atelier CV et lettre", words="Intervenant : aucun"),
            [
                "titre : « Atelier CV » devient « Atelier CV et lettre »",
                "intervenants : André Chauvet en moins",
            ],
            id="a speaker less",
        ),
        pytest.param(
            booking("a"),
            booking("a", words="Intervenant : Chauvet, Léa Roy\\nApporter un CV\\nOuvert à : tous"),
            [
                "intervenants : Léa Roy en plus",
                "ouvert à : personne d'autre devient tous les réseaux",
                "description : « Intervenant : Chauvet, Léa Roy », « Apporter un CV » et 1 autre ligne ajoutés, "
                "« Intervenant : André Chauvet » retiré",
            ],
            id="a description",
        ),
        pytest.param(
            event("a", "DESCRIPTION:Apporter un CV"),
            event("a", "DESCRIPTION:Apporter deux CV"),
            ["description : « Apporter un CV » devient « Apporter deux CV »"],
            id="one line of a description",
        ),
        pytest.param(
            event("a"),
            event("a", "STATUS:CANCELLED", "CLASS:PRIVATE", "TRANSP:TRANSPARENT", "URL:https://a.example/"),
            [
                "statut : sans statut devient annulé",
                "visibilité : public devient privé",
                "disponibilité : occupé devient disponible",
                "adresse internet : « https://a.example/ » ajouté",
            ],
            id="small things",
        ),
        pytest.param(
            event("a", "LOCATION:" + "Maison de l'emploi et des entreprises du Drouais, " * 3 + "salle A"),
            event("a", "LOCATION:" + "Maison de l'emploi et des entreprises du Drouais, " * 3 + "salle B"),
            ["lieu : « …s du Drouais, salle A » devient « …s du Drouais, salle B »"],
            id="far into a long text",
        ),
        pytest.param(
            event("a"),
            event("a", "BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT15M", "END:VALARM"),
            ["rappel : ajouté"],
            id="a reminder",
        ),
        pytest.param(
            event("a"), event("a", "SUMMARY:x\x1b[31my"), ["titre : « a » devient « x\ufffd[31my »"], id="evil"
        ),
    ],
)
def test_what_moved_is_said(before: bytes, after: bytes, sentences: list[str]) -> None:
    assert between(before, after) == sentences


RULES = ["FREQ=WEEKLY", "FREQ=WEEKLY;COUNT=3", "FREQ=DAILY;UNTIL=20211231T120000Z", "FREQ=YEARLY"]
TYPED = ["Intervenant : Léa", "Public : jeunes", "x", "Temps fort : oui"]
LINES = st.fixed_dictionaries(
    {
        "DTSTART;TZID=Europe/Paris": st.sampled_from(["20211007T090000", "20211007T140000", "20211008T090000"]),
        "DURATION": st.sampled_from(["PT1H", "PT2H", "P1D"]),
        "RRULE": st.sampled_from(RULES),
        "EXDATE;TZID=Europe/Paris": st.sampled_from(["20211014T140000", "20211021T140000"]),
    },
    optional={
        "SUMMARY": st.text(alphabet="abc [](é", max_size=90),
        "LOCATION": st.text(alphabet="ab ", max_size=9),
        "DESCRIPTION": st.lists(st.sampled_from(TYPED)).map("\\n".join),
        "STATUS": st.sampled_from(["CONFIRMED", "TENTATIVE", "CANCELLED"]),
        "CLASS": st.sampled_from(["PUBLIC", "PRIVATE"]),
        "TRANSP": st.sampled_from(["OPAQUE", "TRANSPARENT"]),
        "URL": st.sampled_from(["https://a.example/", "https://b.example/"]),
        "CATEGORIES": st.sampled_from(["a", "b"]),
        "X-SPRO-PUBLIER": st.sampled_from(["oui", "non"]),
        "X-ALT-DESC": st.sampled_from(["<b>a</b>", "<b>b</b>"]),
        "ATTENDEE": st.sampled_from(["mailto:a@b.example", "mailto:c@b.example"]),
    },
)
FEW = settings(max_examples=30, deadline=None)
KINDS: dict[str, Callable[..., bytes]] = {
    "series": lambda lines: event("atelier", *lines),
    "instance": lambda lines: with_instance(*[line for line in lines if not line.startswith(("RRULE", "EXDATE"))]),
}


@pytest.mark.parametrize("kind", KINDS)
@FEW
@given(lines=LINES, seed=st.integers(0, 9))
def test_an_event_that_is_only_written_in_another_order_has_not_moved(
    kind: str, lines: dict[str, str], seed: int
) -> None:
    """Nor one of which only the client's own bookkeeping changed."""
    written = [f"{name}:{value}" for name, value in lines.items()]
    shuffled = random.Random(seed).sample([*written, "DTSTAMP:20211001T000000Z", "SEQUENCE:4"], len(written) + 2)
    assert between(KINDS[kind](written), KINDS[kind](shuffled)) == []


@pytest.mark.parametrize("kind", KINDS)
@FEW
@given(before=LINES, after=LINES)
def test_any_change_of_what_we_keep_is_said(kind: str, before: dict[str, str], after: dict[str, str]) -> None:
    """Each property that differs between two texts, alone, has a sentence; the reverse change has one too."""
    for name in before.keys() | after.keys():
        changed = {key: value for key, value in {**before, name: after.get(name)}.items() if value is not None}
        if name in ("RRULE", "EXDATE;TZID=Europe/Paris") and kind == "instance":
            continue
        old, new = (KINDS[kind]([f"{key}:{value}" for key, value in each.items()]) for each in (before, changed))
        assert bool(between(old, new)) == bool(between(new, old)) == (before.get(name) != after.get(name)), name


@FEW
@given(before=LINES, after=LINES)
def test_sentences_are_short_and_drive_no_terminal(before: dict[str, str], after: dict[str, str]) -> None:
    old, new = (event("a", *[f"{key}:{value}" for key, value in each.items()]) for each in (before, after))
    for sentence in between(old, new):
        assert sentence.isprintable()
        assert len(sentence) < 400
