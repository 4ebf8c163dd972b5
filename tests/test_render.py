"""One agenda, many outputs: every format tells the same events and the same clashes."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import pytest
import vobject
from agendas import CALENDARS, YEAR, agenda_of, calendar, entries, region, seed_agenda
from hypothesis import given
from hypothesis import strategies as st

from spro_agenda.agenda import Filters, build
from spro_agenda.ical.lines import parse
from spro_agenda.ical.own import as_entered
from spro_agenda.ical.split import read_file
from spro_agenda.ical.write import fold, text_line
from spro_agenda.ical.zones import vtimezone
from spro_agenda.region.entry import entry_of
from spro_agenda.render import FORMATS, terminal
from spro_agenda.sources import FileSource, FolderSource, gather

HARD = [
    *entries(
        "28",
        "UID:série\nDTSTART;TZID=Europe/Paris:20211004T090000\nDTEND;TZID=Europe/Paris:20211004T100000\n"
        "RRULE:FREQ=WEEKLY;COUNT=4\nSUMMARY:[Dreux] Permanence, avec A. Chauvet\nX-AUTRE;P=1:gardé",
        "UID:série\nRECURRENCE-ID;TZID=Europe/Paris:20211011T090000\nDTSTART;TZID=Europe/Paris:20211012T140000\n"
        "DTEND;TZID=Europe/Paris:20211012T150000\nSUMMARY:[Dreux] Permanence déplacée",
    ),
    *entries(
        "41",
        "UID:série\nDTSTART;TZID=America/New_York:20211018T030000\nDURATION:PT2H\n"
        "SUMMARY:Chauvet, encore 😀\nDESCRIPTION:Ligne une\\nLigne deux\\, avec virgule\n"
        "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT15M\nDESCRIPTION:x\nEND:VALARM",
    ),
    *entries(
        "45",
        "UID:v\nDTSTART;VALUE=DATE:20211001\nSUMMARY:[Orléans] [semaine 41] Vague\n"
        "X-SPRO-DATE-WORDS:semaine 41\nX-SPRO-WINDOW:2021-10-11/2021-10-17",
        "VTODO\nUID:t\nSUMMARY:[Gien] À dater\\, un jour",
    ),
    *entries("18", "UID:annulé\nSTATUS:CANCELLED\nDTSTART;VALUE=DATE:20211020\nSUMMARY:Annulé"),
]

AGENDAS = {"seed": seed_agenda(), "hard": agenda_of(HARD)}


def flat(text: str) -> str:
    """Text without line breaks and repeated spaces: what wrapping and folding leave alone."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def told(name: str, rendered: bytes) -> str:
    """What a format says, as one flat text."""
    if name == "ics":
        rendered = rendered.replace(b"\r\n ", b"").replace(b"\\,", b",").replace(b"\\n", b" ")
    return flat(rendered.decode().replace('\\"', '"'))


@pytest.mark.parametrize("agenda", AGENDAS.values(), ids=AGENDAS)
@pytest.mark.parametrize("name", FORMATS)
def test_every_format_tells_every_event_and_every_clash(name: str, agenda):
    """No renderer drops what the agenda decided."""
    text = told(name, FORMATS[name](agenda))
    squeezed = text.replace(" ", "")
    for item in (*agenda.items, *agenda.undated):
        assert flat(item.event.title).replace(" ", "") in squeezed
    assert agenda.clashes
    for clash in agenda.clashes:
        assert clash.id in text


@pytest.mark.parametrize("agenda", AGENDAS.values(), ids=AGENDAS)
def test_the_terminal_fits_80_columns_and_has_no_colour_in_a_pipe(agenda):
    """A mail, a pipe, an old terminal."""
    text = terminal.render(agenda).decode()
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text
    assert all(line == line.rstrip() for line in text.splitlines())


def test_the_terminal_groups_by_month_and_day_then_clashes_then_what_is_to_be_dated():
    """The order that a coordinator reads in."""
    text = terminal.render(AGENDAS["seed"]).decode()
    places = [
        text.index(words)
        for words in (
            "AVRIL 2021",
            "jeudi 8 avril",
            "OCTOBRE 2021",
            "date à fixer\n      en octobre",
            "jeudi 7 octobre",
            "CONFLITS (1)",
            "À DATER (15)",
        )
    ]
    assert places == sorted(places)
    marked = [line for line in text.splitlines() if line.startswith("  ⚠1")]
    assert [line.split()[-3:] for line in marked[:3]] == [["Hackathon", "de", "l'orientation"]] * 3


def test_a_wider_terminal_is_used():
    """A long title stands on one line where there is room."""
    wide = terminal.render_for(AGENDAS["seed"], width=160, colour=True)
    assert "Début du programme de professionnalisation du GIP ALFA" in wide
    assert "\x1b[" in wide


def test_every_clash_of_a_line_is_marked_on_it():
    """However many: an event may want a place, a speaker and a day that others want too."""
    lines = (
        "DTSTART;TZID=Europe/Paris:202110{day:02}T090000\nDTEND;TZID=Europe/Paris:202110{day:02}T{hour}0000\n"
        "SUMMARY:Atelier {uid}\nLOCATION:Salle {room}, Dreux\nDESCRIPTION:Intervenant : {who}\nUID:{uid}"
    )
    crowded = agenda_of(
        entries(
            "28",
            *(lines.format(day=4 + n, hour=10, uid=f"{n}{each}", room=n, who="x") for n in range(10) for each in "ab"),
            lines.format(day=20, hour=18, uid="long", room=50, who="Zoé Martin, Luc Petit, Jeanne Roy"),
            *(lines.format(day=20, hour=10, uid=who[0], room=who[0], who=who) for who in ("Luc Petit", "Zoé Martin")),
            lines.format(day=20, hour=10, uid="J", room="J", who="Jeanne Roy"),
        )
    )
    text = terminal.render(crowded).decode()
    assert "⚠11,12,13 9h–18h" in text
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= 80


def test_an_event_of_several_days_says_where_it_began_and_its_last_hour():
    """Seen from its second day too; the first of a month is « 1er »."""
    found = entries(
        "28",
        "UID:a\nDTSTART;VALUE=DATE:20211030\nDTEND;VALUE=DATE:20211102\nSUMMARY:Salon",
        "UID:b\nDTSTART;TZID=Europe/Paris:20211030T090000\nDTEND;TZID=Europe/Paris:20211101T173000\nSUMMARY:Séminaire",
    )
    whole = terminal.render(agenda_of(found)).decode()
    assert "→ lun. 1er nov. 28             Salon" in whole
    assert "9h → lun. 1er   28             Séminaire" in whole
    assert "fin à 17h30" in whole
    second = terminal.render(agenda_of(found, Filters(first=date(2021, 10, 31), last=date(2021, 10, 31)))).decode()
    assert "→ lun. 1er nov. 28             Séminaire" in second
    assert flat(second).count("depuis le sam. 30 oct.") == 2


@pytest.mark.parametrize("name", ["terminal", "ics"])
def test_an_agenda_says_that_it_is_incomplete(name: str, tmp_path: Path):
    """Its readers may never see what the command said on standard error."""
    (tmp_path / "28.ics").write_bytes(calendar("UID:a\nDTSTART;VALUE=DATE:20211030\nSUMMARY:Salon"))
    (tmp_path / "37.ics").write_text("<html>", "utf-8")
    gathered = gather([FolderSource(tmp_path)], region(), YEAR.first, YEAR.last)
    text = told(name, FORMATS[name](build(gathered, region(), YEAR))).replace(" ", "")
    assert "37.icsn'apasétélu,oupasentièrement:cetagendaestincomplet" in text


def test_a_highlight_is_told_in_the_terminal():
    """« Temps fort : oui » is typed to be seen."""
    found = entries("28", "UID:a\nDTSTART;VALUE=DATE:20211030\nSUMMARY:Salon\nDESCRIPTION:Temps fort : oui")
    assert "temps fort" in terminal.render(agenda_of(found)).decode()


@pytest.mark.parametrize(
    ("end", "until"), [("", 2059), (";UNTIL=20351231T000000Z", 2035), (";UNTIL=99991231T000000Z", 2059)]
)
def test_the_zone_of_an_old_series_reaches_as_far_as_the_series(end: str, until: int):
    """A client that trusts the VTIMEZONE alone would show it an hour late once the zone's changes end."""
    start = "UID:a\nDTSTART;TZID=Europe/Paris:20100104T090000\nDURATION:PT1H"
    old = agenda_of(entries("28", f"{start}\nRRULE:FREQ=WEEKLY{end}\nSUMMARY:Permanence"))
    calendar = vobject.readOne(FORMATS["ics"](old).decode())
    nine = datetime(until, 7, 1, 9, tzinfo=calendar.vevent.dtstart.value.tzinfo)
    assert nine.utcoffset() == timedelta(hours=2)


def test_a_clash_that_is_over_leaves_nothing_in_the_description():
    """The agenda is merged again once one of the two has moved."""
    both = entries("28", *(f"UID:{uid}\nDTSTART;VALUE=DATE:20211007\nSUMMARY:{uid}\nLOCATION:Mairie" for uid in "ab"))
    marked = FORMATS["ics"](agenda_of(both)).decode()
    assert "X-SPRO-CLASH" in marked
    (alone, _other) = read_file(marked.encode(), "agenda.ics").objects
    again = FORMATS["ics"](agenda_of([entry_of(as_entered(alone), "28", region())])).decode()
    assert "Agenda SPRO —" not in again
    assert "X-SPRO-CLASH" not in again


def test_a_strangers_text_drives_no_terminal():
    """An address of an `.ics` may be anybody's."""
    found = entries("28", "UID:a\nDTSTART;VALUE=DATE:20211007\nSUMMARY:\x1b]0;pris\x07Salon\nLOCATION:\x9b2JMairie")
    assert not set(terminal.render(agenda_of(found)).decode()) & {"\x1b", "\x07", "\x9b"}


def test_a_narrow_terminal_cuts_no_word():
    """A telephone, or a split window: the lines are those of 60 columns."""
    narrow, sixty = (terminal.render_for(AGENDAS["seed"], width=width, colour=False) for width in (30, 60))
    assert narrow == sixty
    assert "…" not in narrow


def test_json_is_what_it_promises_to_scripts():
    """Version, keys in order, days and times as documented, absent values null."""
    document = json.loads(FORMATS["json"](AGENDAS["hard"]))
    assert list(document) == ["version", "events", "undated", "clashes", "sources"]
    assert document["version"] == 1
    events = {event["id"]: event for event in document["events"]}
    moved = events["28/s%C3%A9rie/20211011T070000Z"]
    assert list(moved) == [
        "id",
        "network",
        "site",
        "uid",
        "recurrence_id",
        "title",
        "start",
        "end",
        "all_day",
        "status",
        "location",
        "town",
        "themes",
        "speakers",
        "partners",
        "publics",
        "open_to",
        "scope",
        "highlight",
        "date_words",
        "window",
        "edtf",
        "url",
        "clashes",
        "participants",
    ]
    assert (moved["start"], moved["end"], moved["site"]) == (
        "2021-10-12T14:00:00+02:00",
        "2021-10-12T15:00:00+02:00",
        "Dreux",
    )
    assert (events["18/annul%C3%A9"]["start"], events["18/annul%C3%A9"]["end"]) == ("2021-10-20", "2021-10-21")
    vague = events["45/v"]
    assert (vague["start"], vague["end"], vague["all_day"], vague["window"], vague["date_words"]) == (
        None,
        None,
        None,
        {"start": "2021-10-11", "end": "2021-10-17"},
        "semaine 41",
    )
    (clash,) = document["clashes"]
    assert list(clash) == [
        "id",
        "kind",
        "also",
        "weight",
        "key",
        "state",
        "dates",
        "count",
        "members",
        "question",
        "sentence",
    ]
    assert (clash["kind"], clash["weight"], clash["key"], clash["dates"]) == (
        "INTERVENANT",
        "blocking",
        "André Chauvet",
        ["2021-10-18"],
    )
    assert [member["id"] for member in clash["members"]] == ["28/s%C3%A9rie/20211018T070000Z", "41/s%C3%A9rie"]
    assert all(events[member["id"]]["clashes"] == [clash["id"]] for member in clash["members"])


def vevents(name: str) -> list[icalendar.Component]:
    calendar = icalendar.Calendar.from_ical(FORMATS["ics"](AGENDAS[name]))
    return [each for each in calendar.subcomponents if each.name in ("VEVENT", "VTODO")]


@pytest.mark.parametrize("name", AGENDAS)
def test_the_ics_is_read_back_by_icalendar_and_vobject_without_an_error(name: str):
    """Every event once, by both readers."""
    agenda = AGENDAS[name]
    expected = {item.key.event.agenda_uid for item in (*agenda.items, *agenda.undated)}
    found = vevents(name)
    assert all(not each.errors for each in found)
    assert {str(each["UID"]) for each in found} == expected
    assert Counter(str(each["UID"]) for each in found if "RECURRENCE-ID" not in each) == dict.fromkeys(expected, 1)
    parsed = vobject.readOne(FORMATS["ics"](agenda).decode())
    children = [child for child in parsed.components() if child.name in ("VEVENT", "VTODO")]
    assert {child.uid.value for child in children} == expected
    assert parsed.serialize()


def test_the_ics_has_one_vtimezone_for_each_zone_that_it_uses():
    """Not one an event, and none that is missing."""
    (tree,) = parse(FORMATS["ics"](AGENDAS["hard"]), "agenda.ics")
    used = {tzid for part in tree.walk() for line in part.lines if (tzid := line.param("TZID"))}
    defined = [zone.first("TZID").value for zone in tree.children if zone.name == "VTIMEZONE"]
    assert sorted(defined) == sorted(used) == ["America/New_York", "Europe/Paris"]


def test_in_the_ics_an_entry_says_its_network_and_keeps_its_own_properties():
    """UID, network, original title beside, unknown properties as they were; alarms left out."""
    by_uid = {str(each["UID"]): each for each in vevents("hard") if "RECURRENCE-ID" not in each}
    series = by_uid["28.série"]
    assert (str(series["X-SPRO-NETWORK"]), str(series["X-SPRO-UID"])) == ("28", "série")
    assert str(series["SUMMARY"]) == "28 Dreux · Permanence, avec A. Chauvet"
    assert (str(series["X-AUTRE"]), series["X-AUTRE"].params["P"]) == ("gardé", "1")
    assert series["RRULE"].to_ical() == b"FREQ=WEEKLY;COUNT=4"
    other = by_uid["41.série"]
    assert str(other["DESCRIPTION"]).startswith("Ligne une\nLigne deux, avec virgule\n\n— Agenda SPRO —\n⚠ ")
    assert not other.subcomponents


def test_in_the_ics_a_clash_is_carried_by_its_members():
    """In words, by its id, and as a mark in the title; a series carries it on that occurrence alone."""
    (clash,) = AGENDAS["hard"].clashes
    carrying = [each for each in vevents("hard") if "X-SPRO-CLASH" in each]
    assert {str(each["UID"]) for each in carrying} == {"28.série", "41.série"}
    assert {str(each["X-SPRO-CLASH"]) for each in carrying} == {clash.id}
    titles = {str(each["UID"]): str(each["SUMMARY"]) for each in carrying}
    assert titles["41.série"] == "⚠ 41 · Chauvet, encore 😀"
    assert titles["28.série"] == "⚠ 28 Dreux · Permanence, avec A. Chauvet"
    series = [each for each in vevents("hard") if str(each["UID"]) == "28.série"]
    assert {str(each["RECURRENCE-ID"].dt) for each in series if str(each["SUMMARY"]).startswith("⚠")} == {
        "2021-10-18 09:00:00+02:00"
    }


def test_in_the_ics_a_vague_event_is_tentative_on_the_days_that_mark_its_window():
    """All-day, transparent, one entry."""
    vague = next(each for each in vevents("hard") if str(each["UID"]) == "45.v")
    assert str(vague["SUMMARY"]) == "45 Orléans · [semaine 41 – date à fixer] Vague"
    assert (vague["DTSTART"].dt, vague["DTEND"].dt) == (date(2021, 10, 11), date(2021, 10, 18))
    assert (str(vague["STATUS"]), str(vague["TRANSP"])) == ("TENTATIVE", "TRANSPARENT")
    spring = next(each for each in vevents("seed") if "(1/4)" in each["SUMMARY"])
    assert spring["DTSTART"].dt == date(2021, 5, 3)
    assert [day.dt for dates in spring["RDATE"] for day in dates.dts] == [date(2021, 5, 3), date(2021, 6, 1)]


@pytest.mark.parametrize("name", AGENDAS)
def test_merging_the_agenda_s_own_ics_again_changes_nothing(name: str, tmp_path):
    """Alone, or beside the calendars that it was made of: each entry once, under its original title."""
    agenda = AGENDAS[name]
    file = tmp_path / "agenda.ics"
    file.write_bytes(FORMATS["ics"](agenda))
    again = build(gather([FileSource(file)], region(), YEAR.first, YEAR.last), region(), YEAR)
    assert told_json(again) == told_json(agenda)
    assert FORMATS["ics"](again) == FORMATS["ics"](agenda)


def test_the_agenda_s_own_ics_beside_its_sources_doubles_nothing(tmp_path):
    """A network's entry is recognised, and taken once."""
    file = tmp_path / "agenda.ics"
    file.write_bytes(FORMATS["ics"](AGENDAS["seed"]))
    both = gather([FileSource(file), FolderSource(CALENDARS)], region(), YEAR.first, YEAR.last)
    assert told_json(build(both, region(), YEAR)) == told_json(AGENDAS["seed"])


def told_json(agenda) -> dict[str, object]:
    document = json.loads(FORMATS["json"](agenda))
    del document["sources"]
    return document


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=300))
def test_folding_cuts_no_character_and_unfolds_to_the_same_line(text: str):
    """RFC 5545 section 3.1: lines of 75 octets at most."""
    folded = fold(text_line("SUMMARY", text).text)
    assert all(len(line) <= 75 for line in folded.split(b"\r\n"))
    assert folded.replace(b"\r\n ", b"").removesuffix(b"\r\n").decode() == text_line("SUMMARY", text).text


@pytest.mark.parametrize(
    "tzid", ["Europe/Paris", "America/New_York", "Africa/Casablanca", "Asia/Tokyo", "Australia/Lord_Howe", "UTC"]
)
def test_a_vtimezone_gives_the_offsets_of_the_iana_zone_at_every_hour(tzid: str):
    """DST both ways, half-hour changes, months of Ramadan: held against zoneinfo, hour by hour."""
    onsets = []
    component = icalendar.Timezone.from_ical("\r\n".join(vtimezone(tzid, 2021, 2022)) + "\r\n")
    for observance in component.subcomponents:
        before, after = observance["TZOFFSETFROM"].td, observance["TZOFFSETTO"].td
        rdates = observance.get("RDATE", [])
        dates = [
            observance["DTSTART"].dt,
            *(each.dt for rdate in (rdates if isinstance(rdates, list) else [rdates]) for each in rdate.dts),
        ]
        onsets += [(local.replace(tzinfo=UTC) - before, after) for local in dates]
    onsets.sort()
    zone = ZoneInfo(tzid)
    moment = datetime(2021, 1, 1, 12, tzinfo=UTC)
    while moment < datetime(2022, 12, 31, tzinfo=UTC):
        assert [after for onset, after in onsets if onset <= moment][-1] == moment.astimezone(zone).utcoffset()
        moment += timedelta(hours=1)
