"""iCalendar text is read whatever wrote it, kept as it was sent, and refused with a sentence that says where."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from agendas import split
from hypothesis import given, settings
from hypothesis import strategies as st

from spro_agenda.errors import BadCalendar, UnsupportedComponent
from spro_agenda.ical.read import read_object
from spro_agenda.ical.simplify import simplified, without_zones
from spro_agenda.ical.split import read_file
from spro_agenda.ical.write import joined
from spro_agenda.ical.zones import iana_name
from spro_agenda.recurrence import check_bounded, spans

FOLDER = Path(__file__).with_name("ical")
FILES_OF_MANY = ("several-calendars-in-one-file.ics", "several-events-and-zones.ics")
HARD = sorted(path.name for path in FOLDER.glob("*.ics"))
ONE_OBJECT = [name for name in HARD if name not in FILES_OF_MANY]
BROKEN = sorted(path.name for path in (FOLDER / "broken").glob("*.ics"))
PARIS = ZoneInfo("Europe/Paris")
BOM = b"\xef\xbb\xbf"


def hard(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


def components(data: bytes) -> list[bytes]:
    """The components of a VCALENDAR, each with its lines as they stand in the text."""
    found: list[list[bytes]] = []
    depth = 0
    for line in data.removeprefix(BOM).splitlines(keepends=True):
        begins = line.upper().startswith(b"BEGIN:")
        depth += begins
        if begins and depth == 2:
            found.append([])
        if depth >= 2:
            found[-1].append(line)
        depth -= line.upper().startswith(b"END:")
    return [b"".join(lines) for lines in found]


def backwards(data: bytes) -> bytes:
    """The same calendar with its components in the opposite order."""
    parts = [part if part.endswith(b"\n") else part + b"\r\n" for part in components(data)]
    return b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + b"".join(reversed(parts)) + b"END:VCALENDAR\r\n"


def names(data: bytes, prefix: bytes) -> list[str]:
    return [line[len(prefix) :].strip().decode() for line in data.splitlines() if line.startswith(prefix)]


# ---- Reading


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("lf-line-ends.ics", {"title": "Atelier découverte"}),
        (
            "byte-order-mark.ics",
            {"title": "Journée portes ouvertes", "start": date(2021, 6, 18), "end": date(2021, 6, 20)},
        ),
        ("no-last-line-end.ics", {"title": "Coupé net"}),
        ("blank-lines-and-tabs.ics", {"title": "Un titre plié par une tabulation"}),
        ("lower-case-names.ics", {"title": "Petites lettres", "start": date(2021, 6, 18)}),
        ("folded-in-the-middle-of-a-character.ics", {"title": "Hackathon de l'orientation, même jour 🎪 à Châteaudun"}),
        (
            "emoji.ics",
            {
                "title": "🎪 Klub 👩🏽‍🏫 Extraordinaire",
                "location": "Café ☕️ « Chez Zoé »",
                "description": "Ça alors\n𝔄 bientôt; 🇫🇷",
            },
        ),
        ("escaped-uid.ics", {"title": "Virgules, points-virgules; et \\ barres\nsur deux lignes"}),
        (
            "quoted-parameter-with-colon.ics",
            {
                "title": "Services à la personne",
                "location": "Mission locale, Chartres",
                "start": datetime(2021, 6, 18, 9, tzinfo=PARIS),
            },
        ),
        ("no-dtstamp.ics", {"start": datetime(2021, 7, 2, 8, tzinfo=UTC), "end": datetime(2021, 7, 2, 10, tzinfo=UTC)}),
        ("floating-times.ics", {"start": datetime(2021, 9, 14, 9), "end": datetime(2021, 9, 14, 17)}),
        ("no-end.ics", {"start": datetime(2021, 7, 2, 10, tzinfo=PARIS), "end": None}),
        ("outlook-windows-zone.ics", {"start": datetime(2021, 6, 8, 12, tzinfo=UTC)}),
        ("evolution-zone-name.ics", {"start": datetime(2021, 12, 2, 8, 30, tzinfo=UTC)}),
        ("lone-recurrence-id.ics", {"recurrence_id": datetime(2021, 10, 7, 14, tzinfo=PARIS), "repeats": False}),
        ("cancelled-instance.ics", {"repeats": True, "status": "", "sequence": 0}),
        ("task-with-due.ics", {"end": datetime(2021, 9, 10, 18, tzinfo=PARIS)}),
        ("task-without-dates.ics", {"start": None, "end": None}),
        ("task-completed-in-year-one.ics", {"completed": None, "created": None}),
        (
            "unknown-properties.ics",
            {
                "title": "[Chartres] [en octobre] Agriculture",
                "categories": ("Agriculture", "Catégorie rouge", "Réseau, 28"),
                "spro": {
                    "DATE-WORDS": "en octobre",
                    "WINDOW": "2021-10-01/2021-10-31",
                    "LATER": "ce que nous ne savons pas encore",
                },
            },
        ),
    ],
)
def test_a_hard_calendar_says_what_its_author_meant(name: str, expected: dict[str, object]) -> None:
    """Whatever the client's habits, the first part carries the author's values."""
    part = read_object(hard(name), name).parts[0]
    assert {field: getattr(part, field) for field in expected} == expected


def test_ten_thousand_characters_of_description_are_read_whole() -> None:
    """A long text folded over 150 lines loses nothing at its folds."""
    description = read_object(hard("ten-thousand-characters.ics"), "long").parts[0].description
    sentence = "Le réseau d'Eure-et-Loir présente l'orientation à chacun. "
    assert description == (sentence * 400)[:10000].strip()


def test_a_uid_is_read_without_its_escapes() -> None:
    """Two clients that escape a comma differently speak of the same event."""
    assert read_object(hard("escaped-uid.ics"), "x").uid == "a,b;c@spro-28.example"


def test_a_uid_within_an_alarm_is_not_the_event_s() -> None:
    """VALARM and PARTICIPANT have UIDs of their own."""
    assert read_object(hard("unknown-properties.ics"), "x").uid == "unknown@spro-28.example"


def test_an_override_keeps_its_own_status_and_sequence() -> None:
    """A cancelled instance is cancelled alone, in whatever case STATUS was written."""
    override = read_object(hard("cancelled-instance.ics"), "x").parts[1]
    assert (override.status, override.sequence) == ("CANCELLED", 3)


def test_range_this_and_future_is_told_from_a_single_override() -> None:
    """RANGE stands beside the RECURRENCE-ID whatever the order of its parameters."""
    parts = read_object(hard("this-and-future-then-one.ics"), "x").parts
    assert [part.this_and_future for part in parts] == [False, True, False]


@pytest.mark.parametrize(
    ("name", "has_master"),
    [("this-and-future.ics", True), ("lone-recurrence-id.ics", False), ("two-lone-recurrence-ids.ics", False)],
)
def test_the_master_is_the_part_without_recurrence_id(name: str, has_master: bool) -> None:
    """Somebody invited to one instance only has no master."""
    assert (read_object(hard(name), name).master is not None) is has_master


@pytest.mark.parametrize("name", ONE_OBJECT)
def test_the_sender_s_text_is_kept_but_for_a_byte_order_mark(name: str) -> None:
    """What we do not understand survives, byte for byte."""
    assert read_object(hard(name), name).body == hard(name).removeprefix(BOM)


@pytest.mark.parametrize("name", ONE_OBJECT)
def test_the_order_of_components_means_nothing(name: str) -> None:
    """An override before its master, a VTIMEZONE after its event: the same parts are read."""
    usual, reversed_ = read_object(hard(name), name), read_object(backwards(hard(name)), name)
    assert list(reversed_.parts) == list(reversed(usual.parts))
    assert (reversed_.uid, reversed_.component) == (usual.uid, usual.component)


@pytest.mark.parametrize(
    ("tzid", "name"),
    [
        ("Europe/Paris", "Europe/Paris"),
        ("europe/PARIS", "Europe/Paris"),
        ("Romance Standard Time", "Europe/Paris"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("/freeassociation.sourceforge.net/Europe/Paris", "Europe/Paris"),
        ("/mozilla.org/20070129_1/America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("Heure de Chartres", None),
        ("", None),
    ],
)
def test_a_zone_is_known_by_every_client_s_name_for_it(tzid: str, name: str | None) -> None:
    """IANA names in any case, Windows names, vendors' prefixes; any other name is nobody's."""
    assert iana_name(tzid) == name


# ---- Writing


@pytest.mark.parametrize("name", ONE_OBJECT)
def test_whatever_is_read_is_written_in_a_calendar_of_all(name: str) -> None:
    """One event that cannot be written would make everybody's calendar unreadable."""
    text = joined((), [hard("lf-line-ends.ics"), hard(name).removeprefix(BOM)])
    held = [part for part in components(text) if not part.startswith(b"BEGIN:VTIMEZONE")]
    assert len(held) == len(read_object(hard(name), name).parts) + 1


@pytest.mark.parametrize("tzid", ["Europe/Paris", "America/New_York"])
@pytest.mark.parametrize("eol", ["\r\n", "\n"])
@pytest.mark.parametrize(
    "line",
    ["EXDATE;TZID={tzid}:00010101T100000", "EXDATE;TZID={tzid}:99981231T100000", "RRULE:FREQ=DAILY;UNTIL=00010101"],
)
def test_a_date_beyond_all_agendas_gives_a_zone_of_their_years(tzid: str, eol: str, line: str) -> None:
    """Whether the text is copied or written anew, east and west of Greenwich."""
    body = f"BEGIN:VCALENDAR|BEGIN:VEVENT|UID:a|DTSTART;TZID={tzid}:20211007T080000|{line.format(tzid=tzid)}|"
    body += "END:VEVENT|END:VCALENDAR|"
    text = joined((), [body.replace("|", eol).encode()])
    (zone,) = [part for part in components(text) if part.startswith(b"BEGIN:VTIMEZONE")]
    times = re.findall(rb"^(?:DTSTART|RDATE):(\d{4})", zone, re.MULTILINE)
    assert b"1598" <= min(times) <= b"2020"
    assert b"2022" <= max(times) <= b"2201"


@pytest.mark.parametrize("eol", ["\r\n", "\n"])
@pytest.mark.parametrize("dates", ["20350701T100000,20220701T100000", "20220701T100000,203\n 50701T100000", "PERIOD"])
def test_a_zone_reaches_over_every_date_of_a_list(dates: str, eol: str) -> None:
    """Copied or written anew: the last summer has its change of clock, whatever stands first or is folded."""
    line = f"RDATE;TZID=Europe/Paris:{dates}"
    if dates == "PERIOD":
        line = "RDATE;VALUE=PERIOD;TZID=Europe/Paris:20220701T100000/PT1H,20341231T100000/20350701T110000"
    body = f"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nDTSTART;TZID=Europe/Paris:20211007T080000\n{line}\n"
    text = joined((), [(body + "END:VEVENT\nEND:VCALENDAR\n").replace("\n", eol).encode()])
    (zone,) = [part for part in components(text) if part.startswith(b"BEGIN:VTIMEZONE")]
    assert b"RDATE:20350325T020000" in zone
    assert b"2039" not in zone


@pytest.mark.parametrize("begin", ["BEGIN:VEVENT ", "begin:vevent", "BEGIN:VE\r\n VENT", "BEGI\r\n\tN:VEVENT"])
def test_every_component_is_written_however_its_begin_is(begin: str) -> None:
    """An instance that was moved would take place where the series has it."""
    body = "BEGIN:VCALENDAR|BEGIN:VEVENT|UID:a|DTSTART:20211007T080000Z|RRULE:FREQ=DAILY;COUNT=3|END:VEVENT|"
    body += "%s|UID:a|RECURRENCE-ID:20211008T080000Z|DTSTART:20211008T140000Z|END:VEVENT|END:VCALENDAR|"
    sent = body.replace("|", "\r\n") % begin
    assert len(components(joined((), [sent.encode()]))) == len(read_object(sent.encode(), "x").parts) == 2


# ---- Splitting


@pytest.mark.parametrize("name", HARD)
def test_split_keeps_each_component_s_bytes(name: str) -> None:
    """Nothing within a component is folded again, re-ordered or re-encoded, and no event is lost."""
    source = [part.rstrip(b"\r\n") for part in components(hard(name))]
    pieces = [part.rstrip(b"\r\n") for piece in split(hard(name), name) for part in components(piece)]
    assert set(pieces) <= set(source)
    assert sorted(part for part in pieces if b"VTIMEZONE" not in part) == sorted(
        part for part in source if b"VTIMEZONE" not in part
    )


@pytest.mark.parametrize("name", HARD)
def test_each_piece_is_a_calendar_object_that_reads_alone(name: str) -> None:
    """Each UID has its own text, with the time zones that it needs."""
    pieces = [read_object(piece, name) for piece in split(hard(name), name)]
    assert len({piece.uid for piece in pieces}) == len(pieces) >= 1


def test_a_file_of_many_is_cut_in_the_order_of_first_components() -> None:
    """A series whose override stands at the end of the file comes where its master does, in one piece."""
    pieces = split(hard("several-events-and-zones.ics"), "x")
    assert [names(piece, b"UID:") for piece in pieces] == [
        ["series@spro-28.example"] * 2,
        ["paris@spro-28.example"],
        ["utc@spro-28.example"],
        ["task@spro-28.example"],
    ]


def test_a_piece_has_the_time_zones_that_it_uses_and_no_other() -> None:
    """Including the zone of an override, and none for times in UTC."""
    zones = [names(piece, b"TZID:") for piece in split(hard("several-events-and-zones.ics"), "x")]
    assert zones == [["Europe/Paris", "Heure du réseau"], ["Europe/Paris"], [], []]


def test_a_piece_has_the_file_s_version_product_and_scale_but_not_its_name_or_method() -> None:
    """METHOD is for invitations, and the calendar's name is not the event's."""
    lines = split(hard("several-events-and-zones.ics"), "x")[2].split(b"\r\n")
    assert lines[:5] == [
        b"BEGIN:VCALENDAR",
        b"VERSION:2.0",
        b"PRODID:-//Mozilla.org/NONSGML Mozilla Calendar V1.1//FR",
        b"CALSCALE:GREGORIAN",
        b"BEGIN:VEVENT",
    ]


def test_each_calendar_of_a_file_gives_its_own_product() -> None:
    """Two exports put end to end are two calendars."""
    pieces = split(hard("several-calendars-in-one-file.ics"), "x")
    assert [names(piece, b"PRODID:") for piece in pieces] == [
        ["-//Mozilla.org/NONSGML Mozilla Calendar V1.1//FR"],
        ["-//Apple Inc.//macOS 12.0//EN"],
    ]


def test_splitting_backwards_gives_the_same_objects() -> None:
    """Where a component stands in the file changes no object."""

    def contents(data: bytes) -> dict[str, set[bytes]]:
        return {read_object(piece, "x").uid: set(components(piece)) for piece in split(data, "x")}

    data = hard("several-events-and-zones.ics")
    assert contents(backwards(data)) == contents(data)


def test_one_broken_event_does_not_hide_the_others_of_its_file() -> None:
    """The good ones are read, and the fault names its line in the file, not in the event."""
    text = hard("several-events-and-zones.ics").replace(b"DTSTART:20210702T080000Z", b"DTSTART:demain")
    content = read_file(text, "export.ics")
    assert [obj.uid for obj in content.objects] == [
        "series@spro-28.example",
        "paris@spro-28.example",
        "task@spro-28.example",
    ]
    line = text.split(b"\r\n").index(b"DTSTART:demain") + 1
    assert [(fault.where, fault.line) for fault in content.faults] == [("export.ics", line)]


# ---- Refusing

FAULTS = {
    "begin-with-a-parameter.ics": (4, "« BEGIN;X=1:VEVENT » : BEGIN ne prend pas de paramètre"),
    "blank.ics": (None, "le texte est vide"),
    "business-card.ics": (1, "ce n'est pas un agenda iCalendar"),
    "calendar-never-closed.ics": (1, "« BEGIN:VCALENDAR » n'est jamais fermé"),
    "components-within-each-other.ics": (24, "« BEGIN:A » est dans 20 autres"),
    "crossed-ends.ics": (9, "« END:VCALENDAR » ferme « BEGIN:VEVENT » de la ligne 4"),
    "cut-in-the-middle.ics": (4, "« BEGIN:VEVENT » n'est jamais fermé"),
    "date-at-the-end-of-time.ics": (10, "l'année 9999"),
    "day-that-does-not-exist.ics": (8, "« DTSTART;VALUE=DATE:20210631 » est illisible"),
    "duration-of-a-million-years.ics": (9, "cette durée n'est pas celle d'un événement"),
    "empty-uid.ics": (4, "n'a pas d'UID"),
    "empty.ics": (None, "le texte est vide"),
    "end-with-a-parameter.ics": (12, "« END;X-LONG=une-valeur-que-personne-n-at… » : END ne prend pas"),
    "end-before-start-all-day.ics": (9, "finit avant d'avoir commencé"),
    "end-before-start.ics": (9, "finit avant d'avoir commencé"),
    "end-of-time.ics": (8, "l'année 9999"),
    "event-and-task-of-one-uid.ics": (10, "deux événements dans le même envoi"),
    "event-without-calendar.ics": (1, "ce n'est pas un agenda iCalendar"),
    "floating-start-with-an-end-in-utc.ics": (9, "le début et la fin ne sont pas de la même forme"),
    "free-busy.ics": (4, "« VFREEBUSY » n'est pas un événement"),
    "french-date.ics": (8, "« DTSTART:18/06/2021 » est illisible"),
    "hour-that-does-not-exist.ics": (8, "« DTSTART:20210618T250000Z » est illisible"),
    "journal.ics": (4, "« VJOURNAL » n'est pas un événement"),
    "latin-1.ics": (7, "le texte n'est pas en UTF-8"),
    "line-without-colon.ics": (9, "« DESCRIPTION de l'atelier » n'a pas la forme NOM:valeur"),
    "negative-duration.ics": (9, "finit avant d'avoir commencé"),
    "no-dtstart.ics": (4, "n'a pas de date de début"),
    "no-uid.ics": (4, "n'a pas d'UID"),
    "nul-in-the-title.ics": (7, "le texte contient un caractère nul"),
    "only-a-zone.ics": (1, "ne contient aucun événement"),
    "period-from-year-one.ics": (9, "l'année 1 "),
    "period-as-start.ics": (8, "« DTSTART » n'est pas une date"),
    "property-after-the-end.ics": (11, "ce n'est pas un agenda iCalendar"),
    "same-recurrence-id-twice.ics": (18, "deux événements ont le même UID"),
    "text-after-the-end.ics": (11, "n'a pas la forme NOM:valeur"),
    "timed-start-with-a-day-as-end.ics": (9, "le début et la fin ne sont pas de la même forme"),
    "two-calendars.ics": (11, "plusieurs agendas dans le même envoi"),
    "two-events.ics": (10, "deux événements dans le même envoi"),
    "two-masters.ics": (10, "deux événements ont le même UID"),
    "two-ends.ics": (8, "la fin est donnée deux fois"),
    "two-titles.ics": (8, "« SUMMARY » est donné deux fois"),
    "unreadable-stamp.ics": (6, "« DTSTAMP:hier » est illisible"),
    "title-that-is-a-period.ics": (7, "une valeur est illisible"),
    "categories-that-are-a-period.ics": (4, "une valeur est illisible"),
    "two-starts.ics": (9, "« DTSTART » est donné deux fois"),
    "two-uids-in-one-event.ics": (6, "« UID » est donné deux fois"),
    "uid-of-1001-bytes.ics": (5, "l'UID a plus de 1000 octets"),
    "unclosed-quote.ics": (9, "n'a pas la forme NOM:valeur"),
    "unfolded-text.ics": (10, "n'a pas la forme NOM:valeur"),
    "unknown-zone.ics": (8, "le fuseau horaire « Heure de Chartres » est inconnu"),
    "unreadable-duration.ics": (9, "« DURATION:deux heures » est illisible"),
    "unreadable-end.ics": (9, "« DTEND;VALUE=DATE:demain » est illisible"),
    "unreadable-exception.ics": (10, "« EXDATE:le 19 » est illisible"),
    "unreadable-recurrence-id.ics": (9, "« RECURRENCE-ID:le 7 » est illisible"),
    "unreadable-rule.ics": (9, "« RRULE:FREQ=FORTNIGHTLY » est illisible"),
    "web-page.ics": (1, "ce n'est pas un agenda iCalendar"),
    "year-one.ics": (8, "l'année 1 "),
    "zone-named-twice.ics": (1, "une valeur est illisible"),
}


def test_each_broken_file_has_its_fault_in_the_table() -> None:
    """No file stands in the folder untested."""
    assert sorted(FAULTS) == BROKEN


@pytest.mark.parametrize(("name", "line", "words"), [(name, *fault) for name, fault in FAULTS.items()])
def test_a_broken_calendar_is_refused_with_its_place_and_a_remedy(name: str, line: int | None, words: str) -> None:
    """The sentence names the file and the line, says what is wrong, and ends with what to do."""
    with pytest.raises(BadCalendar) as caught:
        read_object((FOLDER / "broken" / name).read_bytes(), name)
    fault = caught.value
    assert (fault.where, fault.line) == (name, line)
    assert fault.sentence.startswith(f"{name}, ligne {line} : " if line else f"{name} : ")
    assert words in fault.problem
    assert fault.remedy in fault.sentence
    assert fault.sentence.endswith(".")


def test_a_component_may_have_others_within_it() -> None:
    """RFC 9073: an event, its participant, where that is; and twenty levels in all."""
    inner = b"BEGIN:PARTICIPANT\r\n" * 18 + b"END:PARTICIPANT\r\n" * 18
    body = hard("no-end.ics").replace(b"END:VEVENT", inner + b"END:VEVENT")
    assert read_object(body, "x").body == body


@pytest.mark.parametrize("name", ["journal.ics", "free-busy.ics"])
def test_a_component_that_we_do_not_hold_is_refused_as_such(name: str) -> None:
    """CalDAV answers it with a precondition of its own, and 403."""
    with pytest.raises(UnsupportedComponent) as caught:
        read_object((FOLDER / "broken" / name).read_bytes(), name)
    assert (caught.value.http_status, caught.value.exit_code) == (403, 4)


@pytest.mark.parametrize("name", ["no-uid.ics", "empty-uid.ics"])
def test_split_refuses_a_component_without_uid(name: str) -> None:
    """It would have no address."""
    with pytest.raises(BadCalendar, match=r"ligne 4 .* n'a pas d'UID"):
        split((FOLDER / "broken" / name).read_bytes(), name)


def is_read_or_refused(data: bytes) -> bool:
    """Reads and expands a text; any error but BadCalendar goes through. Whether it was read."""
    try:
        obj = read_object(data, "x")
        check_bounded(obj, "x")
    except BadCalendar:
        return False
    found = spans(obj, PARIS, date(2021, 1, 1), date(2022, 12, 31))
    assert all(span.start <= span.end for span in found)
    assert len({span.recurrence_id for span in found}) == len(found)
    return True


@pytest.mark.parametrize("name", [name for name in ONE_OBJECT if name != "ten-thousand-characters.ics"])
def test_a_calendar_with_a_line_lost_or_doubled_is_read_or_refused(name: str) -> None:
    """No accident of transport gives a traceback, an end before its start, or two occurrences of one identity."""
    lines = hard(name).splitlines(keepends=True)
    read = 0
    for index, line in enumerate(lines):
        read += is_read_or_refused(b"".join(lines[:index] + lines[index + 1 :]))
        read += is_read_or_refused(b"".join([*lines[:index], line, *lines[index:]]))
    assert 0 < read < 2 * len(lines)


def test_an_event_without_uid_costs_its_neighbours_nothing() -> None:
    """Each fault is told; the other events of the file are read."""
    lines = b"BEGIN:VEVENT\r\nDTSTART:20211007T080000Z\r\n%sEND:VEVENT\r\n"
    file = b"BEGIN:VCALENDAR\r\n" + lines % b"UID:a\r\n" + lines % b"" + lines % b"UID:c\r\n" + b"END:VCALENDAR\r\n"
    content = read_file(file, "28.ics")
    assert [obj.uid for obj in content.objects] == ["a", "c"]
    assert [fault.line for fault in content.faults] == [6]


@pytest.mark.parametrize("params", [";VALUE=PERIOD", ";value=period", ";TZID=Europe/Paris;Value=Period"])
def test_periods_are_given_to_vobject_as_their_starts(params: str) -> None:
    """However their type is written: names and types have no case."""
    body = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTART:20211007T080000Z\r\n"
    body += f"RDATE{params}:20211008T080000/PT1H,20211009T080000/PT1H\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n".encode()
    (line,) = [line for line in simplified(body).decode().splitlines() if line.startswith("RDATE")]
    assert line.partition(":")[2] == "20211008T080000,20211009T080000"
    assert "PERIOD" not in line.upper()


@pytest.mark.parametrize(
    ("rule", "given"),
    [
        ("FREQ=WEEKLY;UNTIL=99991231T235959Z", "FREQ=WEEKLY"),
        ("until=20211008;FREQ=DAILY;INTERVAL=2", "FREQ=DAILY;INTERVAL=2"),
        ("FREQ=DAILY;UNTIL=20211006T080000Z", "FREQ=DAILY;UNTIL=20211006T080000Z"),
        ("FREQ=DAILY;COUNT=3", "FREQ=DAILY;COUNT=3"),
    ],
)
def test_radicale_is_given_no_end_of_a_series_but_one_before_its_start(rule: str, given: str) -> None:
    """It would count the instances, and refuses those that end before they begin."""
    body = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTART;TZID=Europe/Paris:20211007T080000\r\n"
    body += f"RRULE:{rule}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    assert names(without_zones(read_object(body.encode(), "x")), b"RRULE:") == [given]


NAMES = """
    DTSTART DTEND DURATION DUE RRULE RDATE EXDATE EXRULE RECURRENCE-ID SUMMARY DESCRIPTION LOCATION CATEGORIES STATUS
    URL SEQUENCE DTSTAMP CREATED COMPLETED PRIORITY GEO ATTENDEE ORGANIZER ATTACH TRIGGER X-SPRO-WINDOW X-AUTRE
"""
TYPES = "PERIOD DATE DATE-TIME DURATION INTEGER BINARY URI RECUR UTC-OFFSET x"
VALUES = """
    20211007 20211007T080000 20211007T080000Z 99991231T235959Z 00010101 19700101T000000/P9999999D PT1H -P1D P99999999W
    FREQ=DAILY FREQ=DAILY;UNTIL=x FREQ=YEARLY;BYMONTH=99 COUNT=3 1;2 -1 1e9 +0100 base64 mailto:x é 😀 a,b ;; :
"""
PIECES = st.tuples(
    st.sampled_from(NAMES.split()),
    st.sampled_from(["", *(f";VALUE={name}" for name in TYPES.split())]),
    st.sampled_from(VALUES.split()),
)
LINES = PIECES.map("".join) | PIECES.map(lambda parts: f"{parts[0]}{parts[1]}:{parts[2]}")


@given(st.lists(LINES, max_size=5))
@settings(max_examples=400, deadline=None)
def test_any_line_is_read_or_refused_in_a_sentence(lines: list[str]) -> None:
    """One crash of the reader is a 500 for a phone, and a merge of six networks that ends in a defect."""
    text = "\r\n".join(["BEGIN:VCALENDAR", "BEGIN:VEVENT", "UID:a", *lines, "END:VEVENT", "END:VCALENDAR", ""])
    for start in ("", "DTSTART:20211007T080000Z\r\n"):
        with suppress(BadCalendar):
            obj = read_object(text.replace("UID:a\r\n", f"UID:a\r\n{start}").encode(), "x.ics")
            check_bounded(obj, "x.ics")
            spans(obj, PARIS, date(2021, 1, 1), date(2022, 12, 31))
