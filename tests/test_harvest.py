"""Calendars that networks keep elsewhere: brought in as they are there; nothing is lost by what goes wrong there."""

from __future__ import annotations

import json
import logging
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from databases import DATABASES
from serving import Server, configure, environment, eventually, program, serving, store_of
from sources_of_trouble import (
    LOOPBACK,
    Elsewhere,
    Flood,
    action,
    drips_body,
    elsewhere,
    feed,
    hangs,
    redirects_for_ever,
)
from sqlalchemy import update
from store_contract import MARIE, REGION_TOML, booking, delete, dump, event, live, move, put, revisions

from spro_agenda.errors import BadInput, BadRegion, FromElsewhere, StoreError
from spro_agenda.fetching import Fetcher, Limits, Reach, ranges_of
from spro_agenda.harvest import AT_ONCE, MOST_EVENTS, MOST_NOTES, Harvest, Settings, due, harvest, settings_of
from spro_agenda.ical.firm import Dates
from spro_agenda.ical.write import PRODID
from spro_agenda.model import EventKey
from spro_agenda.region.load import parse_region
from spro_agenda.server import harvesting
from spro_agenda.server.wsgi import configuration_of
from spro_agenda.store import HARVESTER, Actor, Selection, Source, Store
from spro_agenda.store import schema as s

CHEF = Actor(login="chef", agent="spro-agenda")
FETCHER = Fetcher(reach=Reach(private=ranges_of(LOOPBACK)), limits=Limits(total_s=1, silence_s=0.6, largest=20_000_000))


def kept_at(url: str | None, toml: str = REGION_TOML) -> str:
    """The region, whose network 28 keeps its calendar at an address."""
    line = 'colour = "#1F5FA8"'
    assert toml.count(line) == 1
    return toml.replace(line, f'{line}\ncalendar = "{url}"') if url else toml


def apply(store: Store, url: str | None) -> None:
    with store.write(CHEF) as writer:
        writer.apply_region(kept_at(url))


@dataclass(frozen=True, slots=True)
class Region:
    """A store, and the calendar that its 28 keeps elsewhere."""

    store: Store
    there: Elsewhere

    def harvest(self, *, accept: bool = False) -> Harvest:
        done = harvest(self.store, "28", FETCHER, accept=accept)
        assert done is not None
        return done

    def bring(self, *events: str) -> tuple[int, int, int]:
        """Harvest these; how many were created, updated, deleted."""
        self.there.give(feed(*events))
        done = self.harvest()
        assert done.source.error == ""
        return done.created, done.updated, done.deleted

    @property
    def source(self) -> Source:
        with self.store.read() as reader:
            (found,) = reader.sources()
        return found

    @property
    def titles(self) -> dict[str, str]:
        """What stands in the 28's calendar, by UID."""
        return {each.uid: title_in(each.body) for each in live(self.store, "28").values()}

    def href(self, uid: str) -> str:
        return next(href for href, each in live(self.store, "28").items() if each.uid == uid)


def title_in(body: bytes) -> str:
    return next(line for line in body.decode().splitlines() if line.startswith("SUMMARY"))[8:]


@pytest.fixture(params=DATABASES)
def region(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Region]:
    store = DATABASES[request.param].store(tmp_path)
    with elsewhere() as there:
        apply(store, there.url)
        yield Region(store, there)
    store.close()


def clashes(store: Store) -> int:
    with store.read() as reader:
        return len(reader.live_standings())


# ---- What comes in


def test_a_source_is_brought_in_followed_and_its_events_go_as_they_go_there(region: Region) -> None:
    """Created, changed, deleted: in the calendar, in the agenda, in the history; with the UIDs that they have there."""
    assert region.bring(action("a", "Forum"), action("b", "Atelier")) == (2, 0, 0)
    assert region.titles == {"a": "Forum", "b": "Atelier"}
    assert region.bring(action("a", "Forum"), action("b", "Atelier CV"), action("c")) == (1, 1, 0)
    assert region.bring(action("b", "Atelier CV"), action("c")) == (0, 0, 1)
    assert region.titles == {"b": "Atelier CV", "c": "c"}
    with region.store.read() as reader:
        assert {each.uid for each in reader.objects("agenda")} == {"28.b", "28.c"}
        told = [(each.key.uid, each.deed.value, each.login, each.client) for each in reader.history(Selection())]
        assert list(reader.check()) == []
    assert told[0] == ("a", "deleted", "", "ligne de commande")
    assert (region.source.events, region.source.error, region.source.notes) == (2, "", ())


def test_what_is_unchanged_writes_nothing(region: Region) -> None:
    """Though each answer has other stamps, other folding, and its events in another order."""
    region.bring(action("a", "Un titre assez long", "X-ALT:1"), action("b"))
    before = revisions(region.store)
    again = feed(action("b"), action("a", "Un titre assez long", "X-ALT:1"), prodid="-//Ailleurs//2.0//FR")
    region.there.give(again.replace(b"Un titre ass", b"Un titre\r\n  ass"))
    done = region.harvest()
    assert (done.created, done.updated, done.deleted, done.source.error) == (0, 0, 0, "")
    assert revisions(region.store) == before


def test_what_is_known_already_is_not_sent_again(region: Region) -> None:
    """By its ETag; and one that comes all the same is recognised."""
    region.there.give(feed(action("a")), etag='"1"')
    region.harvest()
    assert region.harvest().source.error == ""
    assert region.there.statuses == [200, 304]
    assert region.titles == {"a": "a"}


def test_another_address_is_asked_afresh(region: Region) -> None:
    """What the former one called its version is no use there."""
    region.there.give(feed(action("a")), etag='"1"')
    region.harvest()
    with elsewhere() as other:
        other.give(feed(action("a", "ailleurs")), etag='"1"')
        apply(region.store, other.url)
        assert region.harvest().updated == 1
        assert other.statuses == [200]


@pytest.mark.parametrize("form", [lambda body: b"\xef\xbb\xbf" + body, lambda body: body.replace(b"\r\n", b"\n")])
def test_a_byte_order_mark_and_plain_line_ends_harm_nothing(region: Region, form: Callable[[bytes], bytes]) -> None:
    region.there.give(form(feed(action("a", "Été à Chartres"), action("b"))))
    assert (region.harvest().created, region.harvest().created) == (2, 0)
    assert region.titles["a"] == "Été à Chartres"


def test_series_with_exceptions_tasks_and_journals(region: Region) -> None:
    """A series comes whole, a task too; what no agenda holds is passed over."""
    weekly = action("s", "Permanence", "RRULE:FREQ=WEEKLY;COUNT=10")
    moved = action("s", "Permanence déplacée", "RECURRENCE-ID:20211014T120000Z", day="20211015")
    others = "BEGIN:VTODO\r\nUID:t\r\nSUMMARY:bilan\r\nEND:VTODO\r\nBEGIN:VJOURNAL\r\nSUMMARY:notes\r\nEND:VJOURNAL\r\n"
    region.there.give(feed(weekly, moved).replace(b"END:VCALENDAR", others.encode() + b"END:VCALENDAR"))
    assert region.harvest().created == 2
    assert region.source.notes == ()
    with region.store.read() as reader:
        assert [each.component for each in reader.objects("28")].count("VTODO") == 1
        assert list(reader.check()) == []


def test_a_task_that_becomes_an_event_there_becomes_one_here(region: Region) -> None:
    """At another href, as clients know what an href holds by what it was."""
    region.there.give(feed(action("t")).replace(b"VEVENT", b"VTODO"))
    region.harvest()
    before = region.href("t")
    assert region.bring(action("t", "daté")) == (0, 1, 0)
    assert region.titles == {"t": "daté"}
    assert region.href("t") != before


def test_harvested_events_clash_with_those_of_others(region: Region) -> None:
    """Found in the write, gone with the event."""
    put(region.store, "45", "x.ics", booking("ailleurs"))
    chauvet = "DESCRIPTION:Intervenant : André Chauvet"
    region.bring(action("a", "Conférence", chauvet, "DTEND:20211007T140000Z"), action("b"))
    assert clashes(region.store) == 1
    region.bring(action("b"))
    assert clashes(region.store) == 0


# ---- Read-only here


def test_what_comes_from_elsewhere_is_changed_there_alone(region: Region) -> None:
    """By no verb; the sentence says where, and not the secret part of the address. Nothing is written."""
    region.bring(action("a", "[en octobre] Forum"), action("b"))
    put(region.store, "28", "own.ics", event("own"))
    href, before, store = region.href("a"), dump(region.store), region.store
    dates = Dates(date(2021, 10, 8), date(2021, 10, 8))
    attempts: list[Callable[[], object]] = [
        lambda: put(store, "28", href, event("a", "SUMMARY:à moi")),
        lambda: put(store, "28", "ailleurs.ics", event("a", "SUMMARY:à moi")),
        lambda: delete(store, "28", href),
        lambda: move(store, "28", href, "28", "b.ics"),
        lambda: move(store, "28", href, "45", "b.ics"),
        lambda: _written(store, lambda writer: writer.date_event("28", "a", dates)),
        lambda: _written(store, lambda writer: writer.restore_event(EventKey("28", "a"), moment=datetime.now(UTC))),
    ]
    for attempt in attempts:
        with pytest.raises(FromElsewhere) as caught:
            attempt()
        assert caught.value.http_status == 403
        assert "le réseau 28 Eure-et-Loir tient ailleurs (127.0.0.1)" in str(caught.value)
        assert "agenda.ics" not in str(caught.value)
    assert dump(store) == before


def _written(store: Store, deed: Callable[..., object]) -> object:
    with store.write(MARIE) as writer:
        return deed(writer)


def test_nothing_is_moved_onto_what_comes_from_elsewhere(region: Region) -> None:
    """Another network's event with the same UID would take its place."""
    region.bring(action("a"))
    put(region.store, "45", "a.ics", event("a"))
    with pytest.raises(FromElsewhere):
        move(region.store, "45", "a.ics", "28", region.href("a"))


def test_a_networks_own_events_stay_writable_beside_them(region: Region) -> None:
    """And are never taken for the source's, which has none of them."""
    put(region.store, "28", "own.ics", event("own"))
    region.bring(action("a"))
    put(region.store, "28", "own.ics", event("own", "SUMMARY:changé"))
    region.bring(action("a"), action("b"))
    assert region.titles["own"] == "changé"
    delete(region.store, "28", "own.ics")
    move_target = event("m")
    put(region.store, "28", "m.ics", move_target)
    move(region.store, "28", "m.ics", "45", "m.ics")
    assert set(region.titles) == {"a", "b"}


def test_what_the_network_typed_under_the_same_uid_is_left_and_told(region: Region) -> None:
    """At each harvest in the listing, until one of the two goes."""
    put(region.store, "28", "own.ics", event("a", "SUMMARY:saisi ici"))
    region.there.give(feed(action("a", "venu d'ailleurs"), action("b")), etag='"1"')
    for _time in range(2):
        done = region.harvest()
        (note,) = done.source.notes
        assert "« venu d'ailleurs » : le réseau a saisi ici un événement de même UID" in note
        assert region.titles == {"a": "saisi ici", "b": "b"}
    delete(region.store, "28", "own.ics")
    assert region.harvest().created == 1
    assert (region.titles["a"], region.source.notes) == ("venu d'ailleurs", ())


def test_what_was_imported_from_there_word_for_word_is_the_sources(region: Region) -> None:
    """Nothing is overwritten; from then on it follows."""
    put(region.store, "28", "x.ics", feed(action("a", "Forum")).replace(b"METHOD:PUBLISH\r\n", b""))
    before = revisions(region.store)
    region.there.give(feed(action("a", "Forum")))
    assert region.harvest().source.notes == ()
    assert revisions(region.store) == before
    assert region.bring(action("a", "Forum reporté")) == (0, 1, 0)
    assert region.href("a") == "x.ics"


def test_a_network_that_keeps_its_calendar_elsewhere_no_more_has_its_events(region: Region) -> None:
    """They stay, and are written like any others."""
    region.bring(action("a"))
    apply(region.store, None)
    put(region.store, "28", region.href("a"), event("a", "SUMMARY:à nous"))
    assert region.titles == {"a": "à nous"}
    with region.store.read() as reader:
        assert reader.sources() == ()
    assert harvest(region.store, "28", FETCHER) is None


def test_a_network_that_leaves_its_source_in_the_midst_of_a_harvest_has_left_it(region: Region) -> None:
    """Nothing more comes in, and nothing is marked as the source's."""

    def leave(handler: BaseHTTPRequestHandler) -> None:
        apply(region.store, None)
        body = feed(action("a", "changé"), action("b"))
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    region.bring(action("a"))
    region.there.answer = leave
    region.harvest()
    assert region.titles == {"a": "a"}
    delete(region.store, "28", region.href("a"))
    apply(region.store, region.there.url)
    assert region.source.events == 0


# ---- The past


def test_what_a_source_dropped_can_be_had_back_as_the_networks_own(region: Region) -> None:
    """Out of the trash, and it is writable."""
    region.bring(action("a", "Forum"), action("b"))
    region.bring(action("b"))
    with region.store.write(CHEF) as writer:
        writer.restore_event(EventKey("28", "a"))
    put(region.store, "28", region.href("a"), event("a", "SUMMARY:gardé"))
    assert region.bring(action("b")) == (0, 0, 0)
    assert region.titles == {"a": "gardé", "b": "b"}


def test_taking_a_calendar_back_leaves_what_comes_from_elsewhere(region: Region) -> None:
    """Changed, new and dropped there since: the next harvest would only do it again."""
    put(region.store, "28", "own.ics", event("own", "SUMMARY:avant"))
    region.bring(action("a", "avant"), action("gone"))
    moment = datetime.now(UTC)
    time.sleep(1.1)
    put(region.store, "28", "own.ics", event("own", "SUMMARY:après"))
    region.bring(action("a", "après"), action("new"))
    with region.store.write(CHEF) as writer:
        plan = writer.rewind("28", moment)
        writer.rewind_calendar(plan)
    assert region.titles == {"own": "avant", "a": "après", "new": "new"}
    assert {each.key.uid for each in (*plan.put, *plan.deleted)} == {"own"}


def test_what_was_redacted_does_not_come_back(region: Region) -> None:
    """Unchanged there, changed there: it is told to take it away there too, without its words; and gone there, it
    goes."""
    region.bring(action("a", "Monsieur Untel"), action("b"))
    with region.store.write(CHEF) as writer:
        writer.redact_event("28", "a")
    assert region.bring(action("a", "Monsieur Untel"), action("b")) == (0, 0, 0)
    assert region.bring(action("a", "Monsieur Untel, encore"), action("b", "autre")) == (0, 1, 0)
    assert "Untel" not in str(dump(region.store))
    (note,) = region.source.notes
    assert "retiré d'ici pour de bon" in note
    assert region.bring(action("b", "autre")) == (0, 0, 1)
    assert region.bring(action("a", "Monsieur Untel"), action("b", "autre")) == (0, 0, 0)
    assert "Untel" not in str(dump(region.store))


def test_a_backup_keeps_what_is_known_of_sources(region: Region, tmp_path: Path) -> None:
    """Restored elsewhere, an event of a source is one still."""
    region.bring(action("a"))
    saved = region.store.save(tmp_path / "tout.spro.gz")
    home = tmp_path / "ailleurs"
    home.mkdir()
    url = DATABASES["sqlite"].new(home)
    Store.restore(url, home, saved)
    with closing(Store.open(url, home)) as store:
        assert {each.uid for each in live(store, "28").values()} == {"a"}
        with pytest.raises(FromElsewhere):
            put(store, "28", "z.ics", event("a"))


# ---- What goes wrong


TROUBLES: dict[str, Callable[[Elsewhere], None]] = {
    "trop lent": lambda there: setattr(there, "answer", hangs),
    "trop lent, et": lambda there: setattr(there, "answer", drips_body),
    "sans fin": lambda there: setattr(there, "answer", redirects_for_ever),
    "trop grosse (plus de 20 Mo)": lambda there: setattr(there, "answer", Flood()),
    "une page web": lambda there: there.give(b"<html>"),
    "autre chose": lambda there: there.give(b"\x89PNG\r\n"),
    "rien": lambda there: there.give(b""),
    "en panne (erreur 500)": lambda there: there.give(feed(action("a")), status=500),
    "il n'y a pas d'agenda": lambda there: there.give(b"", status=404),
    "le texte est coupé": lambda there: there.give(feed(action("a"))[:-15]),
    "pas en UTF-8": lambda there: there.give(feed(action("a"), prodid="Été").decode().encode("latin-1")),
    f"plus de {MOST_EVENTS} événements": lambda there: there.give(
        feed(*(f"UID:{number}\nDTSTART:20211007T120000Z" for number in range(100_000)))
    ),
    "l'agenda régional lui-même": lambda there: there.give(feed(action("z"), prodid=PRODID)),
    "tourneraient": lambda there: there.give(feed(action("45.x", "45 · Forum", "X-SPRO-NETWORK:45", "X-SPRO-UID:x"))),
}


@pytest.mark.parametrize("words", TROUBLES)
def test_the_last_good_copy_stays_whatever_a_source_does(region: Region, words: str) -> None:
    """It is told since when and how, and is over with the next good answer."""
    region.bring(action("a"), action("b"))
    before = revisions(region.store)
    TROUBLES[words](region.there)
    began = time.monotonic()
    done = region.harvest()
    assert time.monotonic() - began < 8
    assert words in done.source.error
    assert done.source.error.startswith("28 Eure-et-Loir (127.0.0.1)")
    assert done.is_news
    assert revisions(region.store) == before
    since = region.source.failing_since
    assert since is not None
    assert not region.harvest().is_news
    assert region.source.failing_since == since
    assert region.bring(action("a"), action("b")) == (0, 0, 0)
    assert (region.source.failing_since, region.source.error) == (None, "")


def test_a_machine_of_our_own_house_is_not_asked(region: Region) -> None:
    """Unless the configuration allows it."""
    region.there.give(feed(action("a")))
    done = harvest(region.store, "28", Fetcher(reach=Reach()))
    assert done is not None
    assert "réseau interne (127.0.0.1)" in done.source.error
    assert region.there.asked == []


def test_broken_events_do_not_keep_the_good_ones_out(region: Region) -> None:
    """Each is told once; what was had of one before it broke stays."""
    region.bring(action("a", "Forum"), action("b"))
    broken = "UID:a\nDTSTART:20211007T120000Z\nDTEND:20211007T110000Z\nSUMMARY:Forum"
    nameless = "DTSTART:20211007T120000Z\nSUMMARY:sans UID"
    runaway = action("r", "sans fin", "RRULE:FREQ=SECONDLY")
    huge = action("h", "énorme", "ATTACH;ENCODING=BASE64;VALUE=BINARY:" + "A" * 1_100_000)
    twice = feed(action("c"), broken, nameless, runaway, huge) + feed(action("c", "double"))
    region.there.give(twice)
    done = region.harvest()
    assert (done.created, done.deleted, done.source.error) == (1, 1, "")
    assert region.titles == {"a": "Forum", "c": "c"}
    notes = region.source.notes
    assert len(notes) == 5
    for words in ("finit avant", "pas d'UID", "SECONDLY", "« énorme » : il est trop gros", "le même UID"):
        assert sum(words in note for note in notes) == 1, words


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"ceci n'est pas une ligne", "n'a pas la forme NOM:valeur"),
        ("LOCATION:Châteaudun".encode("latin-1"), "pas en UTF-8"),
        (b"BEGIN:VALARM", "ferme « BEGIN:VALARM »"),
        (b"BEGIN", "n'a pas la forme NOM:valeur"),
    ],
)
def test_a_torn_event_is_passed_over_told_by_its_line_and_stays_as_it_was(
    region: Region, line: bytes, words: str
) -> None:
    """Though no reader gets past it: programs write descriptions without folding, and forget to close alarms."""
    region.bring(action("a", "Forum"), action("b"), action("c"))
    body = feed(action("b", "changé"), action("a", "Salon"), action("d"))
    region.there.give(body.replace(b"SUMMARY:Salon", b"SUMMARY:Salon\r\n" + line))
    done = region.harvest()
    assert (done.created, done.updated, done.deleted, done.source.error) == (1, 1, 1, "")
    assert region.titles == {"a": "Forum", "b": "changé", "d": "d"}
    (note,) = done.source.notes
    assert words in note
    assert ", ligne 1" in note
    assert region.bring(action("b", "changé"), action("a", "Salon"), action("d")) == (0, 1, 0)


def test_an_event_that_the_database_cannot_take_keeps_no_other_out(region: Region) -> None:
    """Whatever it holds, its neighbours of the same transaction are written."""
    with_nul = action("n", "nul\\0").replace("\\0", "\0")
    assert region.bring(action("a"), with_nul, action("b"))[0] == 2
    assert len(region.source.notes) == 1


def test_faults_without_number_are_told_in_bounds(region: Region) -> None:
    """A listing is read by people."""
    region.bring(action("a"), *(f"UID:{number}\nSUMMARY:sans date" for number in range(100)))
    assert len(region.source.notes) == MOST_NOTES + 1
    assert "et 80 remarques de plus" in region.source.notes[-1]


@pytest.mark.parametrize("left", [0, 4])
def test_a_source_that_loses_nearly_all_is_held_until_it_is_accepted(region: Region, left: int) -> None:
    """Emptied or nearly so, it changes nothing here, and says what to type."""
    region.bring(*(action(f"e{number}") for number in range(10)))
    region.there.give(feed(*(action(f"e{number}", "changé") for number in range(left))))
    done = region.harvest()
    assert done.source.held
    assert f"{10 - left} événements sur 10 n'y sont plus" in done.source.error
    assert "harvest 28 --accept" in done.source.error
    assert set(region.titles.values()) == {f"e{number}" for number in range(10)}
    assert not region.harvest().is_news
    done = region.harvest(accept=True)
    assert (done.deleted, done.updated, done.source.held, done.source.error) == (10 - left, left, False, "")
    assert len(region.titles) == left


def test_the_last_event_of_a_calendar_is_not_taken_away_without_a_word(region: Region) -> None:
    """An empty calendar is more often a mistake than meant."""
    region.bring(action("a"))
    region.there.give(feed())
    assert region.harvest().source.held
    assert region.titles == {"a": "a"}


def test_a_calendar_that_was_always_empty_is_no_trouble(region: Region) -> None:
    """Somebody begins."""
    assert region.bring() == (0, 0, 0)
    assert region.bring(action("a")) == (1, 0, 0)


def test_copies_of_our_own_events_in_a_source_are_left_out(region: Region) -> None:
    """With the properties that tell, or without them: Google drops those."""
    put(region.store, "45", "x.ics", event("x", "SUMMARY:du 45"))
    with_marks = action("37.y", "37 · Salon", "X-SPRO-NETWORK:37", "X-SPRO-UID:y")
    assert region.bring(action("a"), with_marks, action("45.x", "45 · du 45")) == (1, 0, 0)
    assert set(region.titles) == {"a"}
    assert "de l'agenda régional lui-même" in region.source.notes[0]


# ---- Together with others


def test_others_write_while_a_large_source_comes_in(region: Region) -> None:
    """The write lock is held for some events at a time."""
    region.there.give(feed(*(action(f"e{number}") for number in range(AT_ONCE * 15))))
    waited: list[float] = []
    done = threading.Event()

    def write() -> None:
        while not done.is_set():
            began = time.monotonic()
            put(region.store, "45", "w.ics", event("w", f"SUMMARY:{began}"))
            waited.append(time.monotonic() - began)
            time.sleep(0.01)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        assert harvest(region.store, "28", FETCHER) is not None
    finally:
        done.set()
        thread.join()
    assert region.source.events == AT_ONCE * 15
    assert len(waited) >= 5
    assert max(waited) < 3


def test_of_two_who_harvest_one_does(region: Region) -> None:
    """Any number of workers may try at once."""
    asked: list[Harvest | None] = []

    def slowly(handler: BaseHTTPRequestHandler) -> None:
        asked.append(harvest(region.store, "28", FETCHER))
        body = feed(action("a"))
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    region.there.answer = slowly
    assert region.harvest().created == 1
    assert asked == [None]


def test_one_that_died_in_the_midst_is_taken_up_again(region: Region) -> None:
    """After a while; what it wrote is not written twice."""
    region.bring(action("a"), action("b"))
    region.there.give(feed(action("a", "changé"), action("b"), action("c")))
    with region.store.write(HARVESTER) as writer:
        assert writer.claim_source("28") is not None
    assert harvest(region.store, "28", FETCHER) is None
    with region.store.write(HARVESTER) as writer:
        writer._connection.execute(update(s.source).values(claimed_until=int(time.time()) - 1))
    done = region.harvest()
    assert (done.created, done.updated, done.deleted) == (1, 1, 0)


def test_a_source_is_asked_again_when_its_time_has_come() -> None:
    """Failing ones as often as others; new ones at once."""
    sources = [
        Source(network="18", url="", checked_at=1000),
        Source(network="28", url="", checked_at=None),
        Source(network="36", url="", checked_at=5000, error="en panne"),
    ]
    assert due(sources, 60, 4600) == ("18", "28")
    assert due(sources, 60, 8600) == ("18", "28", "36")


def test_the_server_logs_a_failure_once_and_its_end(region: Region, caplog: pytest.LogCaptureFixture) -> None:
    """Not every hour."""
    settings = Settings(minutes=60, fetcher=FETCHER)
    region.bring(action("a"))
    moment = time.time()
    with caplog.at_level(logging.WARNING):
        region.there.give(b"", status=500)
        for hour in range(1, 4):
            harvesting.attend(lambda: region.store, settings, moment + hour * 3600)
        assert [each.getMessage() for each in caplog.records] == [
            f"the calendar of 28 is not harvested: {region.source.error}"
        ]
        region.there.give(feed(action("a")))
        harvesting.attend(lambda: region.store, settings, moment + 4 * 3600)
        assert caplog.records[1].getMessage() == "the calendar of 28 is harvested again"
        asked = len(region.there.asked)
        harvesting.attend(lambda: region.store, settings, time.time() + 60)
        assert len(region.there.asked) == asked


def test_a_store_that_is_away_is_no_end_of_it(caplog: pytest.LogCaptureFixture) -> None:
    """The thread goes on."""

    def away() -> Store:
        raise StoreError("la base\nne répond pas")

    harvesting.attend(away, Settings(minutes=60, fetcher=FETCHER), time.time())
    assert "la base ne répond pas" in caplog.text
    assert caplog.records[0].exc_info is None


# ---- The region and the configuration


@pytest.mark.parametrize(
    "given",
    [
        '"ftp://exemple.fr/a.ics"',
        '"agenda.ics"',
        '"https://"',
        '"https://exemple.fr:abc/"',
        '"file:///etc/passwd"',
        '""',
        "3",
        '["https://exemple.fr/a.ics"]',
        '"https://exemple.fr/\\u0007"',
    ],
)
def test_an_address_that_is_none_is_told_with_its_line(given: str) -> None:
    toml = kept_at("X").replace('"X"', given)
    with pytest.raises(BadRegion, match="« calendar » n'a pas la forme attendue") as caught:
        parse_region(toml, "region.toml")
    assert caught.value.line == toml.splitlines().index(f"calendar = {given}") + 1


def test_two_networks_do_not_keep_one_calendar() -> None:
    """A line that was copied, most often."""
    line = 'calendar = "https://exemple.fr/a.ics"'
    toml = REGION_TOML.replace('colour = "#1F5FA8"', f'colour = "#1F5FA8"\n{line}')
    toml = toml.replace('colour = "#00707A"', f'colour = "#00707A"\n{line}')
    with pytest.raises(BadRegion, match="déjà celle du réseau « 45 »"):
        parse_region(toml, "region.toml")


@pytest.mark.parametrize(
    ("name", "value"),
    [("harvest_minutes", "souvent"), ("harvest_minutes", "-1"), ("harvest_private", "nuage.exemple.fr")],
)
def test_options_that_make_no_sense_are_told(home: Path, name: str, value: str) -> None:
    configure(home, **{name: value})
    with pytest.raises(BadInput, match=f"{name} = {value}"):
        settings_of(configuration_of(home))


# ---- The command and the server


def run(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        program("--home", str(home), *words), capture_output=True, text=True, check=False, env=environment()
    )


def with_source(home: Path, url: str) -> Path:
    """An instance whose 28 keeps its calendar at an address of this machine."""
    with closing(store_of(home)) as store, store.write(CHEF) as writer:
        toml = (Path(__file__).parent.parent / "calendars" / "region.toml").read_text("utf-8")
        writer.apply_region(kept_at(url, toml))
    return configure(home, harvest_private="127.0.0.1")


def test_the_command_harvests_lists_and_tells_what_failed(any_home: Path) -> None:
    """Exit code 3 where a source failed; and the listing says since when."""
    with elsewhere() as there:
        home = with_source(any_home, there.url)
        there.give(feed(action("a", "Forum"), action("b")))
        done = run(home, "harvest")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == ("28 Eure-et-Loir ← 127.0.0.1 : 2 ajoutés, 0 modifié, 0 supprimé, 2 événements en tout\n")
        there.give(b"<html>")
        done = run(home, "harvest", "28")
        assert (done.returncode, done.stdout) == (3, "")
        assert done.stderr.startswith("⚠ 28 Eure-et-Loir (127.0.0.1) : la réponse n'est pas un agenda")
        listed = run(home, "harvest", "--list")
        assert listed.returncode == 0
        assert "2 événements, repris le " in listed.stdout
        assert "⚠ en échec depuis le " in listed.stdout
        (source,) = json.loads(run(home, "harvest", "--list", "--format", "json").stdout)["sources"]
        assert (source["network"], source["events"], source["url"], source["held"]) == ("28", 2, there.url, False)
        assert source["failing_since"]
        assert "page web" in source["error"]
        there.give(feed())
        failed = run(home, "harvest", "28", "--format", "json")
        assert failed.returncode == 3
        assert json.loads(failed.stdout)["sources"][0]["held"]
        there.give(feed(action("c")))
        done = run(home, "harvest", "28", "--accept", "--format", "json")
        assert done.returncode == 0
        (source,) = json.loads(done.stdout)["sources"]
        assert (source["created"], source["deleted"], source["error"]) == (1, 2, None)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--accept"], "--accept se dit d'un réseau"),
        (["45"], "45 Loiret ne tient pas d'agenda ailleurs"),
        (["99"], "« 99 » n'existe pas"),
    ],
)
def test_what_makes_no_sense_is_told(home: Path, words: list[str], said: str) -> None:
    done = run(home, "harvest", *words)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_region_without_sources_has_nothing_to_harvest(home: Path) -> None:
    done = run(home, "harvest")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Aucun réseau ne tient d'agenda ailleurs" in done.stdout


@pytest.fixture
def harvesting_server(home: Path) -> Iterator[tuple[Server, Elsewhere]]:
    with elsewhere() as there:
        there.give(feed(action("a", "Forum"), action("b")))
        with serving(with_source(home, there.url)) as server:
            yield server, there


def test_the_server_harvests_by_itself_and_refuses_to_change_what_came(
    harvesting_server: tuple[Server, Elsewhere],
) -> None:
    """A PUT, a DELETE and a MOVE are answered 403 with a sentence; what the network types itself is taken."""
    server, there = harvesting_server
    eventually(lambda: there.asked, within_s=30, what="the server asks the source")
    with closing(store_of(server.home)) as store:
        eventually(lambda: _has(store, "b"), within_s=10, what="the events are there")
        href = next(href for href, each in live(store, "28").items() if each.uid == "a")
        path = f"/marie/28/{href}"
        body = event("a", "SUMMARY:à moi")
        for answer in (
            server.put(path, body),
            server.request("DELETE", path),
            server.request("MOVE", path, headers={"Destination": f"{server.url}marie/28/autre.ics"}),
        ):
            assert answer.status == 403
            assert "tient ailleurs (127.0.0.1)" in answer.text
        # RFC 4791 section 5.3.2.1 has a name for this one.
        assert server.put("/marie/28/autre.ics", body).status == 409
        assert b"SUMMARY:Forum" in server.get(path).body
        assert server.put("/marie/28/own.ics", event("own")).status == 201
        assert server.request("DELETE", "/marie/28/own.ics").status == 200


def _has(store: Store, uid: str) -> bool:
    return any(each.uid == uid for each in live(store, "28").values())


def test_our_own_feed_is_refused_as_a_source(home: Path) -> None:
    """Asked over HTTP from a server of ours: by the calendar itself, whatever name the machine goes by; and by the
    public address, before it is asked."""
    with serving(home) as server:
        made = run(home, "feeds", "add", "--label", "Essai", "--format", "json")
        path = json.loads(made.stdout)["feeds"][0]["links"]["https"].partition("/.web/")[2]
        url = f"{server.url}.web/{path}"
        with closing(store_of(home)) as store:
            with_source(home, url)
            before = len(live(store, "28"))
            done = run(home, "harvest", "28")
            assert (done.returncode, "l'agenda régional lui-même" in done.stderr) == (3, True)
            configure(home, public_url=server.url)
            done = run(home, "harvest", "28")
            assert (done.returncode, "une adresse de cet agenda lui-même" in done.stderr) == (3, True)
            assert len(live(store, "28")) == before
