"""An event that had no date has one: what was sent stays, and every client learns of it, on each database."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from agendas import CALENDARS, ROOT, region, split
from click.testing import CliRunner, Result
from databases import DATABASES
from hypothesis import given
from hypothesis import strategies as st
from replaying import sync
from serving import DAV, Server, program, serving
from store_contract import MARIE, PARIS, booking, calendar, changed, event, live, now, put, revisions

from spro_agenda.commands import cli
from spro_agenda.commands.dating import Hour
from spro_agenda.errors import BadCalendar, NotFound, Refused, SproError, UsageError
from spro_agenda.history import told
from spro_agenda.ical.bare import held
from spro_agenda.ical.firm import Dates, firmed_up, without_bracket
from spro_agenda.ical.lines import content_lines, parse
from spro_agenda.ical.read import read_object
from spro_agenda.model import EventKey
from spro_agenda.region.entry import Entry, read_entry
from spro_agenda.store import Outcome, Selection, Store, Written

AT = datetime(2021, 9, 1, 8, 30, tzinfo=UTC)
ONE_DAY = Dates(date(2021, 10, 8), date(2021, 10, 8))
AFTERNOON = Dates(datetime(2021, 10, 8, 14, tzinfo=PARIS), datetime(2021, 10, 8, 17, tzinfo=PARIS))
DATES = pytest.mark.parametrize("dates", [ONE_DAY, AFTERNOON], ids=["a day", "an afternoon"])
VAGUE = ("DTSTART;VALUE=DATE:20211001", "SUMMARY:[en octobre] Agriculture")


# ---- The text


def own_lines(body: bytes) -> list[str]:
    """The component's lines, nested ones included, in order."""
    component = next(child for child in parse(body, "")[0].children if child.name != "VTIMEZONE")
    return [line.text for part in component.walk() for line in part.lines]


def seeds() -> Iterator[object]:
    for file in sorted(CALENDARS.glob("*.ics")):
        for body in split(file.read_bytes(), file.name):
            entry = read_entry(body, file.stem, region(), file.name)
            if entry.is_vague or entry.is_undated:
                yield pytest.param(entry, id=entry.key.uid)


SEEDS = list(seeds())


@DATES
@pytest.mark.parametrize("entry", SEEDS)
def test_every_vague_or_undated_action_of_the_minutes_gets_its_date(entry: Entry, dates: Dates) -> None:
    """And keeps its UID, its words, its place and its themes."""
    body = firmed_up(entry.obj.body, dates, entry.lead.date_words or "", AT)
    firm = read_entry(body, entry.key.network, region(), "")
    assert not firm.is_vague
    assert not firm.is_undated
    [occurrence] = firm.occurrences(date(2021, 10, 1), date(2021, 10, 31))
    assert (occurrence.first_day, occurrence.last_day, occurrence.all_day) == (
        date(2021, 10, 8),
        date(2021, 10, 8),
        dates is ONE_DAY,
    )
    before, after = entry.lead, firm.lead
    for name in ("key", "title", "description", "site", "town", "themes", "speakers", "partners", "publics", "open_to"):
        assert getattr(after, name) == getattr(before, name), name
    assert (after.component, after.status, firm.obj.parts[0].transparent) == ("VEVENT", "", False)
    assert firm.obj.parts[0].sequence == entry.obj.parts[0].sequence + 1
    assert b"X-SPRO-" not in body


def test_the_vague_and_undated_actions_of_the_minutes_are_all_tried() -> None:
    assert len(SEEDS) >= 24


TASK = calendar(
    "X-WR-CALNAME:À moi",
    "BEGIN:VTODO",
    "uid:bilan",
    "DTSTAMP:20210621T080000Z",
    "CREATED:20210620T080000Z",
    "LAST-MODIFIED:20210621T080000Z",
    "SEQUENCE:3",
    "SUMMARY;LANGUAGE=fr:[Dreux] [dates à définir] Bilan\\, suite et fin",
    "STATUS:IN-PROCESS",
    "PERCENT-COMPLETE:40",
    "COMPLETED:20210621T080000Z",
    "X-SPRO-DATE-WORDS:dates à définir",
    'ATTENDEE;CN="Durand, Marie":mailto:marie@exemple.fr',
    "X-AUTRE;PARAM=é:une très longue ligne que personne ne connaît\\, pliée là où son application ",
    "  l'a voulu",
    "BEGIN:VALARM",
    "ACTION:DISPLAY",
    "DESCRIPTION:Bilan",
    "STATUS:TENTATIVE",
    "TRIGGER;RELATED=END:-PT15M",
    "END:VALARM",
    "END:VTODO",
)


@pytest.mark.parametrize("end_of_line", [b"\r\n", b"\n"], ids=["CRLF", "LF"])
def test_a_task_becomes_an_event_whose_other_lines_are_the_same_bytes(end_of_line: bytes) -> None:
    body = firmed_up(TASK.replace(b"\r\n", end_of_line), AFTERNOON, "dates à définir", AT)
    zone = body[body.index(b"BEGIN:VTIMEZONE") : body.index(b"BEGIN:VEVENT")]
    assert b"TZID:Europe/Paris" in zone
    assert body.replace(zone, b"").split(end_of_line) == [
        b"BEGIN:VCALENDAR",
        b"VERSION:2.0",
        b"PRODID:-//essai//FR",
        "X-WR-CALNAME:À moi".encode(),
        b"BEGIN:VEVENT",
        b"uid:bilan",
        b"CREATED:20210620T080000Z",
        b"SUMMARY;LANGUAGE=fr:[Dreux] Bilan\\, suite et fin",
        b'ATTENDEE;CN="Durand, Marie":mailto:marie@exemple.fr',
        "X-AUTRE;PARAM=é:une très longue ligne que personne ne connaît\\, pliée là où son application ".encode(),
        b"  l'a voulu",
        b"DTSTART;TZID=Europe/Paris:20211008T140000",
        b"DTEND;TZID=Europe/Paris:20211008T170000",
        b"DTSTAMP:20210901T083000Z",
        b"LAST-MODIFIED:20210901T083000Z",
        b"SEQUENCE:4",
        b"BEGIN:VALARM",
        b"ACTION:DISPLAY",
        b"DESCRIPTION:Bilan",
        b"STATUS:TENTATIVE",
        b"TRIGGER;RELATED=END:-PT15M",
        b"END:VALARM",
        b"END:VEVENT",
        b"END:VCALENDAR",
        b"",
    ]


def test_what_stood_for_a_vague_date_goes_from_an_event() -> None:
    """The markers of our own agenda, the whole days, that nobody's time is taken; a status that was meant stays."""
    vague = event(
        "a",
        *VAGUE,
        "DTEND;VALUE=DATE:20211002",
        "RDATE;VALUE=DATE:20211101",
        "TRANSP:TRANSPARENT",
        "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE",
        "X-SPRO-DATE-WORDS:en octobre",
        "X-SPRO-WINDOW:2021-10-01/2021-10-31",
        "X-SPRO-EDTF:2021-10",
        "STATUS:CONFIRMED",
        "CATEGORIES:Catégorie rouge",
    )
    assert own_lines(firmed_up(vague, Dates(date(2021, 10, 8), date(2021, 10, 9)), "en octobre", AT)) == [
        "UID:a",
        "SUMMARY:Agriculture",
        "STATUS:CONFIRMED",
        "CATEGORIES:Catégorie rouge",
        "DTSTART;VALUE=DATE:20211008",
        "DTEND;VALUE=DATE:20211010",
        "DTSTAMP:20210901T083000Z",
        "LAST-MODIFIED:20210901T083000Z",
        "SEQUENCE:1",
    ]
    assert "STATUS" not in str(own_lines(firmed_up(event("a", *VAGUE, "STATUS:tentative"), ONE_DAY, "en octobre", AT)))


def test_a_false_definition_of_our_zone_gives_way_to_the_right_one() -> None:
    """One TZID defined twice would be a coin thrown by each client."""
    false = calendar(
        "BEGIN:VTIMEZONE",
        "TZID:Europe/Paris",
        "BEGIN:STANDARD",
        "DTSTART:19700101T000000",
        "TZOFFSETFROM:+0900",
        "TZOFFSETTO:+0900",
        "END:STANDARD",
        "END:VTIMEZONE",
        "BEGIN:VTIMEZONE",
        "TZID:Ailleurs",
        "BEGIN:STANDARD",
        "DTSTART:19700101T000000",
        "TZOFFSETFROM:+0900",
        "TZOFFSETTO:+0900",
        "END:STANDARD",
        "END:VTIMEZONE",
        "BEGIN:VEVENT",
        "UID:a",
        *VAGUE,
        "END:VEVENT",
    )
    body = firmed_up(false, AFTERNOON, "en octobre", AT)
    assert body.count(b"TZID:Europe/Paris") == 1
    assert b"+0200" in body
    assert body.count(b"+0900") == 2
    assert firmed_up(false, ONE_DAY, "en octobre", AT).count(b"+0900") == 4


def hard_texts() -> Iterator[object]:
    for file in sorted((ROOT / "tests" / "ical").glob("*.ics")):
        for number, body in enumerate(split(file.read_bytes(), file.name)):
            if len(held(parse(body, "")[0])) == 1 and b"RRULE" not in body:
                yield pytest.param(body, id=f"{file.stem}-{number}")


@DATES
@pytest.mark.parametrize("body", list(hard_texts()))
def test_hard_texts_lose_nothing_but_what_says_when(body: bytes, dates: Dates) -> None:
    """Line ends, folds and what nobody knows; and they are read again."""
    firm = firmed_up(body, dates, "", AT)
    [part] = read_object(firm, "").parts
    assert part.start is not None
    assert isinstance(part.start, datetime) is (dates is AFTERNOON)
    component = held(parse(body, "")[0])[0]
    lines = [
        (line, body[start:end])
        for line, start, end in content_lines(body, "")
        if component.start < start < component.end
    ]
    gone = {line.name for line, raw in lines if raw not in firm}
    assert gone <= WHEN, gone


WHEN = {
    *("DTSTART", "DTEND", "DUE", "DURATION", "RDATE", "EXDATE", "DTSTAMP", "LAST-MODIFIED", "SEQUENCE"),
    *("TRANSP", "STATUS", "COMPLETED", "PERCENT-COMPLETE", "X-SPRO-DATE-WORDS", "X-SPRO-WINDOW", "X-SPRO-EDTF", "END"),
}


@pytest.mark.parametrize(
    ("title", "words", "left"),
    [
        ("[en octobre] Agriculture", "en octobre", "Agriculture"),
        ("[Chartres] [en octobre] Agriculture", "en octobre", "[Chartres] Agriculture"),
        ("[en octobre][Chartres] Agriculture", "en octobre", "[Chartres] Agriculture"),
        (" [ en  octobre ]Agriculture [en octobre]", "en octobre", "Agriculture [en octobre]"),
        ("[début, mi- ou fin octobre] A", "début, mi- ou fin octobre", "A"),
        ("Agriculture [en octobre]", "en octobre", "Agriculture [en octobre]"),
        ("[en octobre]", "en octobre", "[en octobre]"),
        ("[] Agriculture", "", "[] Agriculture"),
        ("[Chartres] Agriculture", "en octobre", "[Chartres] Agriculture"),
    ],
)
def test_the_bracket_of_the_date_leaves_a_title_alone(title: str, words: str, left: str) -> None:
    assert without_bracket(title, words) == left


@given(st.text("[] aé,;\\\n", max_size=30), st.text("[] aé", max_size=5))
def test_a_title_loses_no_more_than_one_bracket(title: str, words: str) -> None:
    left = without_bracket(title, words)
    assert left == title or (len(left) < len(title) and left.count("[") == title.count("[") - 1)


# ---- The store


@pytest.fixture(params=DATABASES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    store = DATABASES[request.param].store(tmp_path)
    yield store
    store.close()


def firm_up(store: Store, uid: str, dates: Dates = AFTERNOON) -> Written:
    with store.write(MARIE) as writer:
        return writer.date_event("28", uid, dates)


def test_a_vague_event_keeps_its_href_and_its_past(store: Store) -> None:
    put(store, "28", "a.ics", event("a", *VAGUE))
    token = now(store, "28").sync_token()
    written = firm_up(store, "a")
    assert (written.outcome, written.object.href, written.object.component) == (Outcome.UPDATED, "a.ics", "VEVENT")
    assert live(store, "28") == {"a.ics": written.object}
    assert changed(store, "28", token) == ("a.ics",)
    last = revisions(store)[-1]
    assert (last.verb, last.actor_login, bytes(last.body), last.previous_id) == (
        "updated",
        "marie",
        written.object.body,
        1,
    )
    with store.read() as reader:
        assert list(reader.check()) == []


def test_a_task_leaves_its_href_and_comes_as_an_event_at_another(store: Store) -> None:
    """Clients know what an href holds by what it was: each sees one go and one come, with the same UID."""
    put(store, "28", "bilan.ics", TASK)
    token = now(store, "28").sync_token()
    written = firm_up(store, "bilan")
    assert written.object.href != "bilan.ics"
    assert (written.object.uid, written.object.component) == ("bilan", "VEVENT")
    assert live(store, "28") == {written.object.href: written.object}
    assert set(changed(store, "28", token)) == {"bilan.ics", written.object.href}
    with store.read() as reader:
        assert list(reader.check()) == []
        assert list(reader.trash()) == []
        history = list(
            told(reader.history(Selection(event=EventKey("28", "bilan"))), reader.region(), with_changes=True)
        )
    # What was one deed is told once, with what changed.
    assert [each.what for each in history] == ["modifié", "ajouté"]
    assert any("vendredi 8 octobre 2021" in change for change in history[0].changes)


def test_the_earlier_text_of_a_task_comes_back_as_a_task_at_an_href_of_its_own(store: Store) -> None:
    put(store, "28", "bilan.ics", TASK)
    firm = firm_up(store, "bilan").object
    with store.write(MARIE) as writer:
        back = writer.restore_event(EventKey("28", "bilan"), revision=1).object
    assert (back.component, back.body) == ("VTODO", TASK)
    assert back.href != firm.href
    assert list(live(store, "28")) == [back.href]
    again = firm_up(store, "bilan")
    assert again.object.href not in (back.href, firm.href)
    with store.read() as reader:
        assert list(reader.check()) == []


def test_the_day_before_is_a_calendar_with_the_task(store: Store) -> None:
    """Rewound, it is a task again, and no event beside it."""
    put(store, "28", "bilan.ics", TASK)
    with store._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE revision SET at = at - 86400")
    firm_up(store, "bilan")
    with store.read() as reader:
        plan = reader.rewind("28", datetime.fromtimestamp(revisions(store)[0].at + 1, UTC))
    with store.write(MARIE) as writer:
        writer.rewind_calendar(plan)
    [back] = live(store, "28").values()
    assert (back.component, back.body) == ("VTODO", TASK)


def test_the_clashes_of_the_date_are_there_at_once(store: Store) -> None:
    put(store, "37", "b.ics", booking("b", "20211008T130000Z", "20211008T150000Z"))
    put(store, "28", "a.ics", event("a", *VAGUE, "DESCRIPTION:Intervenant : André Chauvet"))
    with store.write(MARIE) as writer:
        assert writer.clashes_of("28", "a") == ()
        writer.date_event("28", "a", AFTERNOON)
        [clash] = writer.clashes_of("28", "a")
    assert clash.events == (EventKey("28", "a"), EventKey("37", "b"))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (booking("a"), "a déjà une date"),
        (event("a", "DUE;VALUE=DATE:20211008", component="VTODO"), "a déjà une date"),
        (event("a", *VAGUE, "STATUS:CANCELLED"), "est annulé"),
        (event("a", *VAGUE, "RRULE:FREQ=WEEKLY;COUNT=3"), "se répète"),
        (event("a", VAGUE[0], "SUMMARY:[en octobre] [mi-octobre] Agriculture"), "dit encore « mi-octobre »"),
    ],
)
def test_what_cannot_be_dated_is_refused_and_stays(store: Store, body: bytes, words: str) -> None:
    put(store, "28", "a.ics", body)
    with pytest.raises(Refused, match=words):
        firm_up(store, "a", ONE_DAY)
    assert live(store, "28")["a.ics"].body == body
    assert len(revisions(store)) == 1


def test_what_is_not_there_or_ends_before_it_begins_is_told(store: Store) -> None:
    put(store, "28", "a.ics", event("a", *VAGUE))
    with pytest.raises(NotFound):
        firm_up(store, "b")
    with pytest.raises(BadCalendar, match="finit avant d'avoir commencé"):
        firm_up(store, "a", Dates(AFTERNOON.end, AFTERNOON.start))
    assert len(revisions(store)) == 1


def test_a_coordinator_dates_an_event_in_the_own_client(store: Store) -> None:
    """The bracket goes, hours come, and the client keeps the properties that it does not know."""
    kept = ("X-SPRO-DATE-WORDS:en octobre", "X-SPRO-WINDOW:2021-10-01/2021-10-31", "X-SPRO-EDTF:2021-10")
    put(store, "28", "a.ics", event("a", *VAGUE, *kept))
    times = ("DTSTART;TZID=Europe/Paris:20211008T140000", "DTEND;TZID=Europe/Paris:20211008T170000")
    put(store, "28", "a.ics", event("a", *times, "SUMMARY:Agriculture", *kept))
    with pytest.raises(Refused, match="a déjà une date"):
        firm_up(store, "a")


# ---- What a client that synchronises sees


def synced(server: Server, token: str) -> tuple[dict[str, int], str]:
    """What changed since a token: the status of each name, and the token of now."""
    answer = server.request("REPORT", "/marie/28/", sync("", token).sent)
    found = {}
    for response in answer.xml.iter(f"{DAV}response"):
        name = str(response.findtext(f"{DAV}href")).rpartition("/")[2]
        gone = response.findtext(f"{DAV}status")
        found[name] = int(gone.split()[1]) if gone else 200
    return found, str(answer.xml.findtext(f"{DAV}sync-token"))


def test_a_client_that_synchronises_loses_the_task_and_gets_the_event(any_home: Path) -> None:
    with serving(any_home) as server:
        task = TASK.replace(b"uid:bilan", b"UID:bilan@essai")
        assert server.put("/marie/28/bilan.ics", task).status == 201
        assert server.put("/marie/28/vague.ics", event("vague@essai", *VAGUE)).status == 201
        _all, token = synced(server, "")
        hours = ("--from", "14h", "--to", "17h")
        for words in (
            ("28/bilan@essai", "--on", "2021-10-08", *hours, "--yes"),
            ("28/vague@essai", "--on", "2021-10-09"),
        ):
            subprocess.run(program("--home", str(any_home), "date", *words), check=True, capture_output=True)
        found, token = synced(server, token)
        [new] = set(found) - {"bilan.ics", "vague.ics"}
        assert found == {"bilan.ics": 404, "vague.ics": 200, new: 200}
        assert server.get("/marie/28/bilan.ics").status == 404
        got = server.get(f"/marie/28/{new}")
        assert got.status == 200
        assert "BEGIN:VEVENT" in got.text
        assert "UID:bilan@essai" in got.text
        assert "DTSTART;VALUE=DATE:20211009" in server.get("/marie/28/vague.ics").text
        assert synced(server, token)[0] == {}


# ---- As it is typed


def run(home: Path, *words: str) -> Result:
    done = CliRunner().invoke(cli, ["--home", str(home), *words], standalone_mode=False)
    if isinstance(done.exception, SproError):
        raise done.exception
    return done


def typed(home: Path, *words: str) -> str:
    done = run(home, *words)
    assert done.exit_code == 0, (done.output, done.exception)
    return done.stdout


KLUB = EventKey("45", "klub-montargis-2021@spro-45.example")


def test_the_command_says_what_it_did_and_what_clashes(home: Path) -> None:
    assert typed(home, "date", KLUB.short[:6], "--on", "29/06/2021", "--from", "14h", "--to", "16h30") == (
        "« Venue du Klub Extraordinaire » (45 Montargis) a sa date : le mardi 29 juin 2021, de 14h à 16h30.\n"
        "Aucun conflit à cette date.\n"
    )
    said = run(home, "date", "41/klub-contres-2021@spro-41.example", "--on", "2021-06-29", "--yes").stdout
    assert "« Venue du Klub Extraordinaire à Contres » (41 Contres) a sa date : le mardi 29 juin 2021.\n" in said
    assert "⚠ PARTENAIRE : Même partenaire en tournée : Klub Extraordinaire" in said
    period = ("--as-of", "2021-06-21", "--to", "2021-12-31", "--format", "json")
    document = json.loads(typed(home, "opportunities", *period))
    assert KLUB.id not in [each["id"] for each in document["reminders"]]


def test_a_date_outside_of_what_was_announced_is_pointed_out(home: Path) -> None:
    done = run(home, "date", KLUB.id, "--on", "2021-06-30", "--until", "2021-07-01", "--yes")
    assert "du 30 juin au 1er juillet 2021" in done.stdout
    assert "C'est hors de « en juin », du 1er au 30 juin 2021" in done.stderr
    several = run(home, "date", ATELIER, "--on", "2021-06-28", "--until", "2021-06-29", "--from", "9h", "--to", "12h")
    assert "du 28 au 29 juin 2021, de 9h le premier jour à 12h le dernier" in several.stdout
    assert several.stderr == ""


@pytest.mark.parametrize(
    ("name", "day", "doubt"),
    [
        (KLUB.id, "2021-07-01", "C'est hors de « en juin »"),
        (KLUB.id, "2031-06-29", "C'est hors de « en juin »"),
        (
            "41/klub-contres-2021@spro-41.example",
            "2021-06-29",
            "Le mardi 29 juin 2021, c'est passé : vérifiez l'année.",
        ),
    ],
)
def test_a_date_that_is_likely_a_slip_is_given_only_when_somebody_says_so(
    home: Path, name: str, day: str, doubt: str
) -> None:
    """Where nobody can be asked, nothing is written."""
    done = CliRunner().invoke(cli, ["--home", str(home), "date", name, "--on", day], standalone_mode=False)
    assert isinstance(done.exception, UsageError)
    assert "Ajoutez --yes" in str(done.exception)
    assert (done.stdout, doubt in done.stderr) == ("", True)
    assert "a sa date" in typed(home, "date", name, "--on", day, "--yes")


def test_a_day_to_come_of_what_announced_none_is_not_asked_about(home: Path) -> None:
    done = run(home, "date", "41/klub-contres-2021@spro-41.example", "--on", "2031-06-30")
    assert ("a sa date" in done.stdout, done.stderr) == (True, "")


ATELIER = "45/atelier-nous-connaissons-nous-1-orleans-2021@spro-45.example"


@pytest.mark.parametrize(
    "words",
    [
        ("--on", "2021-10-08", "--from", "14h"),
        ("--on", "2021-10-08", "--to", "14h"),
        ("--on", "2021-10-08", "--from", "14h", "--to", "14h"),
        ("--on", "2021-10-08", "--until", "2021-10-07"),
    ],
)
def test_hours_and_days_that_make_no_date_are_a_sentence(home: Path, words: tuple[str, ...]) -> None:
    with pytest.raises(UsageError):
        run(home, "date", KLUB.id, *words)


@pytest.mark.parametrize(
    ("text", "hour"),
    [("14h", "14:00"), ("9h30", "09:30"), ("14:30", "14:30"), ("8 h 05", "08:05"), ("0h", "00:00"), ("17", "17:00")],
)
def test_an_hour_is_read_as_people_type_it(text: str, hour: str) -> None:
    assert Hour().convert(text, None, None).isoformat("minutes") == hour


@pytest.mark.parametrize("text", ["24h", "9h60", "midi", "9h5", "-1h", "", "١٤h"])
def test_what_is_no_hour_is_a_sentence(home: Path, text: str) -> None:
    done = CliRunner().invoke(cli, ["--home", str(home), "date", KLUB.id, "--on", "2021-10-08", "--from", text])
    assert done.exit_code == 2
    assert "n'est pas une heure" in done.stderr


def test_the_reminders_of_our_own_store_say_how_to_date_an_action(home: Path) -> None:
    """A folder's events are dated where they are written."""
    period = ("--as-of", "2021-06-21", "--to", "2021-12-31")
    said = run(home, "opportunities", *period).stderr.removeprefix("Pour donner sa date à une action : spro-agenda ")
    command, code, *_rest = said.split()
    assert (command, said.split()[2:]) == ("date", ["--on", "JOUR"])
    typed(home, command, code, "--on", "2021-06-29")
    assert run(home, "opportunities", *period, "--calendars", str(CALENDARS)).stderr == ""
