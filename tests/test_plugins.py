"""Radicale on our store, as applications meet it: found, read, written, synchronised, given back as it was sent."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from caldav import DAVClient
from caldav.calendarobjectresource import CalendarObjectResource
from caldav.collection import Calendar
from caldav.lib.error import DAVError
from serving import (
    CAL,
    CS,
    DAV,
    ICAL,
    NAMESPACES,
    PASSWORD,
    ROOT,
    Answer,
    Server,
    dump,
    event,
    is_sentence,
    path_of,
    serving,
)

from spro_agenda.ical.split import read_file

CALENDARS = ROOT / "calendars"
NETWORKS = ["18", "28", "36", "37", "41", "45"]
NAMES = {
    "agenda": "Agenda SPRO Centre-Val de Loire",
    "18": "18 Cher",
    "28": "28 Eure-et-Loir",
    "36": "36 Indre",
    "37": "37 Indre-et-Loire",
    "41": "41 Loir-et-Cher",
    "45": "45 Loiret",
    "region": "Équipe régionale",
}


def client(server: Server, login: str = "marie", path: str = "") -> DAVClient:
    return DAVClient(url=server.url + path, username=login, password=PASSWORD)


@pytest.fixture
def calendar(server: Server) -> Iterator[Calendar]:
    """Marie's calendar of the network 28, as the caldav library finds it."""
    with client(server) as connection:
        yield connection.principal().get_calendars()[0]


def slugs(server: Server, login: str) -> list[str]:
    with client(server, login) as connection:
        return [
            path_of(each.url).strip("/").removeprefix(f"{login}/") for each in connection.principal().get_calendars()
        ]


def state(server: Server, path: str = "/marie/28/", login: str = "marie") -> tuple[str | None, ...]:
    """What clients watch of a calendar: its ctag, etag and sync token."""
    answer = server.propfind(path, "CS:getctag", "D:getetag", "D:sync-token", login=login)
    return tuple(
        answer.texts(f"{space}{name}")[0] for space, name in ((CS, "getctag"), (DAV, "getetag"), (DAV, "sync-token"))
    )


def report(server: Server, path: str, body: str, login: str = "marie") -> Answer:
    return server.request("REPORT", path, body.encode(), login=login, headers={"Depth": "1"})


def proppatch(server: Server, path: str, properties: str, login: str = "marie") -> Answer:
    body = f"<D:propertyupdate {NAMESPACES}><D:set><D:prop>{properties}</D:prop></D:set></D:propertyupdate>"
    return server.request("PROPPATCH", path, body.encode(), login=login)


# ---- Discovery


@pytest.mark.parametrize(
    ("login", "expected"),
    [
        ("marie", ["28", "agenda", *(code for code in NETWORKS if code != "28"), "region"]),
        ("paul", ["41", "agenda", *(code for code in NETWORKS if code != "41"), "region"]),
        ("christine", ["region", "agenda", *NETWORKS]),
        ("luc", ["agenda", *NETWORKS, "region"]),
    ],
)
def test_from_the_root_a_person_finds_each_calendar_once_and_the_own_ones_first(
    standing: Server,
    login: str,
    expected: list[str],
):
    """The home lists aliases of the calendars, so that phones take each once."""
    assert slugs(standing, login) == expected


def test_calendars_go_by_the_names_that_people_know(standing: Server):
    """The region's own names, accents and all."""
    with client(standing) as connection:
        found = {
            path_of(each.url).split("/")[2]: each.get_display_name() for each in connection.principal().get_calendars()
        }
    assert found == NAMES


def test_the_well_known_address_leads_to_the_same_calendars(standing: Server):
    """RFC 6764: a phone that is given the server's name alone begins there."""
    with client(standing, path=".well-known/caldav") as connection:
        assert len(connection.principal().get_calendars()) == len(NAMES)


def test_the_root_lists_no_principal(standing: Server):
    """Radicale would give a principal listed there the root as its calendar home."""
    answer = standing.propfind("/", "D:resourcetype", depth=1)
    assert answer.texts(f"{DAV}href") == ["/"]


@pytest.mark.parametrize("slug", [slug for slug in NAMES if slug != "agenda"])
def test_a_calendar_lists_the_events_of_its_file(standing: Server, slug: str):
    """Seeded from the calendars of the minutes, nothing lost and nothing twice."""
    with client(standing) as connection:
        calendar = connection.calendar(url=f"{standing.url}marie/{slug}/")
        found = sorted(str(item.icalendar_component["UID"]) for item in calendar.search())
    assert found == sorted(obj.uid for obj in read_file((CALENDARS / f"{slug}.ics").read_bytes(), slug).objects)


# ---- Writing


def test_an_event_is_written_read_changed_and_deleted(server: Server, calendar: Calendar):
    """The whole life of an event, by the library that others build on."""
    added = calendar.add_event(event("vie@essai", "SUMMARY:Atelier CV").decode())
    found = calendar.get_event_by_uid("vie@essai")
    assert found.icalendar_component["SUMMARY"] == "Atelier CV"
    found.icalendar_component["SUMMARY"] = "Atelier lettre"
    found.save()
    assert "Atelier lettre" in server.get(path_of(added.url)).text
    found.delete()
    assert server.get(path_of(added.url)).status == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize(("home", "name"), [("marie", "là-bas.ics"), ("spro", "un autre nom.ics")])
def test_an_event_is_moved(server: Server, home: str, name: str):
    """It is at its new address and no more at the old one, the same bytes."""
    source, target = f"/{home}/28/{home}-avant.ics", quote(f"/{home}/28/{name}")
    body = event(f"move-{home}@essai")
    server.put(source, body)
    moved = server.request("MOVE", source, headers={"Destination": target})
    assert moved.status == HTTPStatus.CREATED, moved.text
    assert server.get(source).status == HTTPStatus.NOT_FOUND
    assert server.get(target).body == body


def test_an_event_moved_onto_itself_stays(server: Server):
    """A client that "moves" an event to where it is does not lose it."""
    server.put("/marie/28/sur-place.ics", event("sur-place@essai"))
    server.request(
        "MOVE", "/marie/28/sur-place.ics", headers={"Destination": "/marie/28/sur-place.ics", "Overwrite": "T"}
    )
    assert server.get("/marie/28/sur-place.ics").body == event("sur-place@essai")


def test_an_event_is_the_same_at_the_home_and_at_the_canonical_address(server: Server):
    """What is written at one is read at the other, and a change at one is a change of both."""
    written = server.put("/spro/28/deux-adresses.ics", event("deux-adresses@essai"))
    assert server.get("/marie/28/deux-adresses.ics").etag == written.etag
    assert state(server, "/marie/28/") == state(server, "/spro/28/")
    assert state(server, "/luc/28/", "luc") == state(server, "/spro/28/", "luc")


# ---- Rights


def may_write(login: str, slug: str) -> bool:
    return slug == {"marie": "28", "paul": "41", "christine": "region"}.get(login)


@pytest.mark.parametrize("slug", NAMES)
@pytest.mark.parametrize("login", ["marie", "paul", "christine", "luc", "chef"])
def test_each_person_writes_the_own_calendar_alone(server: Server, login: str, slug: str):
    """A coordinator the own network, the region's account the regional calendar, a reader nothing, nobody the agenda;
    the refusal is a sentence, at either address."""
    body, name = event(f"{login}-{slug}@essai"), f"{login}-{slug}.ics"
    for home in (login, "spro"):
        answer = server.request("PUT", f"/{home}/{slug}/{name}", body, login=login)
        if may_write(login, slug):
            assert answer.status in (HTTPStatus.CREATED, HTTPStatus.NO_CONTENT)
        else:
            assert answer.status == HTTPStatus.FORBIDDEN
            assert is_sentence(answer)
            assert ("agenda régional" if slug == "agenda" else NAMES[slug]) in answer.text


@pytest.mark.parametrize("slug", NAMES)
@pytest.mark.parametrize("login", ["marie", "christine", "luc"])
def test_a_calendar_says_read_alone_to_those_who_may_not_write_it(standing: Server, login: str, slug: str):
    """Thunderbird takes any of the write privileges as leave to write, and never asks again."""
    answer = standing.propfind(f"/{login}/{slug}/", "D:current-user-privilege-set", login=login)
    privileges = {child.tag.partition("}")[2] for each in answer.xml.iter(f"{DAV}privilege") for child in each}
    writing = {name for name in privileges if name.startswith("write") or name == "all"}
    assert "read" in privileges
    assert bool(writing) == may_write(login, slug)


def test_a_person_reads_every_calendar_and_no_other_home(standing: Server):
    """Marie reads the network 41, at her address; Luc's home is none of hers."""
    assert standing.get("/marie/41/").status == HTTPStatus.OK
    assert standing.get("/luc/41/").status == HTTPStatus.FORBIDDEN
    assert standing.propfind("/luc/", "D:displayname").status == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PROPFIND", "/"),
        ("PROPFIND", "/marie/"),
        ("REPORT", "/spro/28/"),
        ("GET", "/marie/28/"),
        ("PUT", "/marie/28/anonyme.ics"),
        ("DELETE", "/marie/28/"),
        ("MKCALENDAR", "/marie/neuf/"),
    ],
)
def test_somebody_unknown_is_asked_for_a_password_at_once(standing: Server, method: str, path: str):
    """Every application begins without credentials: it is no failed login, and nobody waits for it."""
    begun = time.monotonic()
    answer = standing.request(method, path, login=None)
    assert answer.status == HTTPStatus.UNAUTHORIZED
    assert answer.headers["www-authenticate"] == 'Basic realm="Agenda SPRO"'
    assert is_sentence(answer)
    assert time.monotonic() - begun < 0.5  # Radicale's own delay is 0.5 to 1.5 s


def test_an_event_moved_to_where_one_may_not_write_stays_with_a_sentence_on_both(standing: Server):
    """« You may not write in 28 » would be false: she may, but not in the other one."""
    href = standing.propfind("/marie/28/", "D:getetag", depth=1).texts(f"{DAV}href")[-1]
    answer = standing.request("MOVE", href, headers={"Destination": f"{standing.url}marie/45/x.ics"})
    assert answer.status == HTTPStatus.FORBIDDEN
    assert is_sentence(answer)
    assert "l'agenda de départ et dans celui d'arrivée" in answer.text


def test_a_line_folded_in_the_middle_of_a_character_is_whole_in_a_report(server: Server):
    """A client that edited and saved « m��me » would make the loss last."""
    body = event("plié@essai", "SUMMARY:même").replace("mê".encode(), b"m\xc3\r\n \xaa")
    assert server.put("/marie/28/plie.ics", body).status == HTTPStatus.CREATED
    multiget = (
        f"<C:calendar-multiget {NAMESPACES}><D:prop><C:calendar-data/></D:prop>"
        "<D:href>/marie/28/plie.ics</D:href></C:calendar-multiget>"
    )
    answer = server.request("REPORT", "/marie/28/", multiget.encode())
    assert "SUMMARY:même" in answer.text
    assert server.get("/marie/28/plie.ics").body == body


@pytest.mark.parametrize("name", ["rdate-periods", "lone-recurrence-id", "two-lone-recurrence-ids"])
def test_what_vobject_cannot_expand_is_no_error_for_its_whole_calendar(home: Path, name: str):
    """Taken, kept byte for byte, and given beside the others; stock Radicale refuses it, or every later report."""
    body = (ROOT / "tests" / "ical" / f"{name}.ics").read_bytes()
    expand = (
        f"<C:calendar-query {NAMESPACES}><D:prop><C:calendar-data>"
        '<C:expand start="20210901T000000Z" end="20211101T000000Z"/></C:calendar-data></D:prop><C:filter>'
        '<C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">'
        '<C:time-range start="20210901T000000Z" end="20211101T000000Z"/>'
        "</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"
    )
    with serving(home) as server:
        assert server.put("/marie/28/dur.ics", body).status == HTTPStatus.CREATED
        assert server.get("/marie/28/dur.ics").body == body
        answer = server.request("REPORT", "/marie/28/", expand.encode())
    assert answer.status == HTTPStatus.MULTI_STATUS, answer.text
    assert "UID:hackathon-dreux-2021@spro-28.example" in answer.text
    assert body.decode().partition("UID:")[2].splitlines()[0] in answer.text


# ---- The calendar itself


def test_a_colour_and_a_name_of_ones_own_are_seen_by_that_person_alone(server: Server):
    """One person's colours repaint nobody else's calendar."""
    mine = "<ICAL:calendar-color>#123456FF</ICAL:calendar-color><D:displayname>À moi</D:displayname>"
    assert proppatch(server, "/marie/28/", mine).status == HTTPStatus.MULTI_STATUS
    seen = {
        login: server.propfind(f"/{login}/28/", "ICAL:calendar-color", "D:displayname", login=login)
        for login in ("marie", "luc")
    }
    assert (seen["marie"].texts(f"{ICAL}calendar-color"), seen["marie"].texts(f"{DAV}displayname")) == (
        ["#123456FF"],
        ["À moi"],
    )
    assert "#123456FF" not in seen["luc"].text
    assert seen["luc"].texts(f"{DAV}displayname") == [NAMES["28"]]


def test_a_property_of_a_calendar_that_one_only_reads_is_refused_in_a_sentence(standing: Server):
    """It says that one may not write there, not that calendars cannot be deleted."""
    answer = proppatch(standing, "/marie/41/", "<D:displayname>x</D:displayname>")
    assert answer.status == HTTPStatus.FORBIDDEN
    assert is_sentence(answer)
    assert "pas le droit" in answer.text


WHOLE = (ROOT / "calendars" / "28.ics").read_bytes()


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        pytest.param("PUT", "/marie/28/", event("seul@essai"), id="put-on-the-home-address"),
        pytest.param("PUT", "/spro/28/", event("seul@essai"), id="put-on-the-canonical-address"),
        pytest.param("PUT", "/marie/28", event("seul@essai"), id="put-without-the-slash"),
        pytest.param("PUT", "/marie/28/", b"", id="put-of-nothing"),
        pytest.param("PUT", "/", event("seul@essai"), id="put-on-the-root"),
        pytest.param("PUT", "/marie/28/", WHOLE, id="put-of-a-whole-calendar"),
        pytest.param("PUT", "/spro/28/", WHOLE, id="put-of-a-whole-calendar-on-the-canonical-address"),
        pytest.param("DELETE", "/marie/28", None, id="delete-without-the-slash"),
        pytest.param("MKCALENDAR", "/marie/28/", None, id="mkcalendar-on-a-calendar"),
        pytest.param("MKCALENDAR", "/spro/28/", None, id="mkcalendar-on-the-canonical-address"),
        pytest.param("MKCOL", "/spro/28/", None, id="mkcol-on-the-canonical-address"),
        pytest.param("DELETE", "/marie/28/", None, id="delete"),
        pytest.param("DELETE", "/spro/28/", None, id="delete-at-the-canonical-address"),
        pytest.param("DELETE", "/marie/", None, id="delete-the-home"),
        pytest.param("MOVE", "/marie/28/", None, id="move"),
        pytest.param("MKCALENDAR", "/marie/neuf/", None, id="mkcalendar-in-a-home"),
        pytest.param("MKCALENDAR", "/spro/neuf/", None, id="mkcalendar-beside-the-networks"),
        pytest.param("MKCOL", "/marie/neuf/", None, id="mkcol"),
    ],
)
def test_a_calendar_is_not_made_replaced_or_deleted_by_an_application(
    standing: Server,
    method: str,
    path: str,
    body: bytes | None,
):
    """Thunderbird in its "ICS" mode PUTs a whole calendar: name, colour and events would be gone."""
    before = dump(standing.home)
    answer = standing.request(method, path, body, headers={"Destination": "/marie/ailleurs/"})
    assert answer.status == HTTPStatus.FORBIDDEN
    assert is_sentence(answer)
    assert dump(standing.home) == before


# ---- Changes


def test_what_clients_watch_moves_with_each_change_and_only_then(server: Server):
    """The ctag, the etag and the sync token: EDS polls the first alone, others the third."""
    seen = [state(server)]

    def moved() -> bool:
        seen.append(state(server))
        return all(new != old for new, old in zip(seen[-1], seen[-2], strict=True))

    server.put("/marie/28/suivi.ics", event("suivi@essai"))
    assert moved(), "created"
    server.get("/marie/28/")
    server.put("/marie/28/suivi.ics", event("suivi@essai"))
    server.put("/marie/28/suivi.ics", b"rien")
    server.request("PUT", "/paul/41/suivi.ics", event("suivi@essai"), login="paul")
    assert state(server) == seen[-1], "read, written the same, written in vain, another calendar changed"
    server.put("/marie/28/suivi.ics", event("suivi@essai", "LOCATION:Dreux"))
    assert moved(), "changed"
    server.request("DELETE", "/marie/28/suivi.ics")
    assert moved(), "deleted"


def test_a_client_that_synchronises_hears_of_each_change_and_deletion(server: Server, calendar: Calendar):
    """And of nothing else, with the token of where it now stands."""
    server.put("/marie/28/reste.ics", event("reste@essai"))
    server.put("/marie/28/part.ics", event("part@essai"))
    known = calendar.get_objects_by_sync_token(disable_fallback=True)
    assert {"reste.ics", "part.ics"} <= names(known)

    server.put("/marie/28/vient.ics", event("vient@essai"))
    server.put("/marie/28/reste.ics", event("reste@essai", "LOCATION:Dreux"))
    server.request("DELETE", "/marie/28/part.ics")
    changes = calendar.get_objects_by_sync_token(known.sync_token, disable_fallback=True)
    assert names(changes) == {"vient.ics", "reste.ics", "part.ics"}
    assert {path_of(url).rpartition("/")[2] for url in changes.deleted_urls} == {"part.ics"}

    assert not names(calendar.get_objects_by_sync_token(changes.sync_token, disable_fallback=True))


def names(objects: Iterable[CalendarObjectResource]) -> set[str]:
    return {path_of(each.url).rpartition("/")[2] for each in objects}


def test_a_first_synchronisation_names_no_deleted_event(server: Server, calendar: Calendar):
    """A new client has nothing to forget."""
    server.put("/marie/28/fini.ics", event("fini@essai"))
    server.request("DELETE", "/marie/28/fini.ics")
    assert "fini.ics" not in names(calendar.get_objects_by_sync_token(disable_fallback=True))


@pytest.mark.parametrize(
    "token", ["n'importe quoi", "urn:spro-agenda:sync:0123456789abcdef:1", "http://radicale.org/ns/sync/0"]
)
def test_a_token_of_another_time_sends_the_client_back_to_the_beginning(standing: Server, token: str):
    """403 with valid-sync-token (RFC 6578 section 3.2): Thunderbird then starts afresh."""
    answer = report(
        standing,
        "/marie/28/",
        f"<D:sync-collection {NAMESPACES}><D:sync-token>{token}</D:sync-token>"
        "<D:prop><D:getetag/></D:prop></D:sync-collection>",
    )
    assert answer.status == HTTPStatus.FORBIDDEN
    assert answer.xml.find(f"{DAV}valid-sync-token") is not None


def page(server: Server, token: str, limit: str) -> Answer:
    return report(
        server,
        "/marie/28/",
        f"<D:sync-collection {NAMESPACES}><D:sync-token>{token}</D:sync-token><D:sync-level>1</D:sync-level>"
        f"<D:limit><D:nresults>{limit}</D:nresults></D:limit><D:prop><D:getetag/></D:prop></D:sync-collection>",
    )


def test_a_synchronisation_is_given_in_pages_where_it_asks_for_some(server: Server):
    """RFC 6578 section 3.6: while there is more, the calendar itself is told with 507, and the token leads on."""
    every = set(server.propfind("/marie/28/", "D:getetag", depth=1).texts(f"{DAV}href")) - {"/marie/28/"}
    found: list[str | None] = []
    token, more = "", True
    while more:
        answer = page(server, token, "2")
        rows = {row.findtext(f"{DAV}href"): row for row in answer.xml.iter(f"{DAV}response")}
        cut = rows.pop("/marie/28/", None)
        more = cut is not None
        if cut is not None:
            assert "507" in (cut.findtext(f"{DAV}status") or "")
            assert cut.find(f"{DAV}error/{DAV}number-of-matches-within-limits") is not None
        assert len(rows) == 2 or not more
        found += rows
        (token,) = (text or "" for text in answer.texts(f"{DAV}sync-token"))
    assert sorted(found, key=str) == sorted(every)
    assert server.put("/marie/28/page.ics", event("page@essai")).status == HTTPStatus.CREATED
    assert page(server, token, "2").texts(f"{DAV}href") == ["/marie/28/page.ics"]


@pytest.mark.parametrize("limit", ["", "0", "-1", "deux"])
def test_a_limit_that_is_no_number_is_refused_in_a_sentence(standing: Server, limit: str):
    answer = page(standing, "", limit)
    assert (answer.status, "DAV:nresults" in answer.text) == (HTTPStatus.BAD_REQUEST, True)


def test_the_caldav_library_takes_that_for_a_refusal_of_the_token(standing: Server):
    """And not of the person."""
    with client(standing) as connection, pytest.raises(DAVError) as refusal:
        connection.principal().get_calendars()[0].get_objects_by_sync_token("rien", disable_fallback=True)
    assert any("valid-sync-token" in each for each in refusal.value.preconditions)


# ---- Time


@pytest.fixture(scope="module")
def dated(server: Server) -> Server:
    """A network's calendar with one event of each sort."""
    for name, body in {
        "heure": event("heure@essai", "DTEND:20310310T110000Z", start="DTSTART:20310310T100000Z"),
        "paris": event("paris@essai", start="DTSTART;TZID=Europe/Paris:20310311T003000"),
        "jours": event("jours@essai", "DTEND;VALUE=DATE:20310322", start="DTSTART;VALUE=DATE:20310320"),
        "serie": event("serie@essai", "RRULE:FREQ=YEARLY", start="DTSTART:20300401T100000Z"),
        "tache": event("tache@essai", "DUE:20310501T100000Z", start=None, component="VTODO"),
        "sans-date": event("sans-date@essai", start=None, component="VTODO"),
    }.items():
        assert server.request("PUT", f"/paul/41/{name}.ics", body, login="paul").status == HTTPStatus.CREATED
    return server


def utc(*when: int) -> datetime:
    return datetime(*when, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        pytest.param(utc(2031, 3, 10, 9), utc(2031, 3, 10, 10, 30), {"heure"}, id="an-hour-that-begins-in-it"),
        pytest.param(utc(2031, 3, 10, 11), utc(2031, 3, 10, 12), set(), id="not-what-ends-as-it-begins"),
        pytest.param(utc(2031, 3, 10, 9), utc(2031, 3, 10, 10), set(), id="not-what-begins-as-it-ends"),
        pytest.param(utc(2031, 3, 10, 23), utc(2031, 3, 11, 0), {"paris"}, id="half-past-midnight-in-paris"),
        pytest.param(utc(2031, 3, 21), utc(2031, 3, 22), {"jours"}, id="the-second-of-two-days"),
        pytest.param(utc(2031, 3, 22), utc(2031, 3, 23), set(), id="the-day-after"),
        pytest.param(utc(2031, 4, 1), utc(2031, 4, 2), {"serie"}, id="a-series-beyond-the-horizon"),
        pytest.param(utc(2060, 4, 1), utc(2060, 4, 2), {"serie"}, id="a-series-far-beyond-it"),
        pytest.param(utc(2061, 4, 2), utc(2061, 4, 3), set(), id="a-day-that-the-series-does-not-give"),
    ],
)
def test_events_are_found_by_their_time(dated: Server, start: datetime, end: datetime, found: set[str]):
    """RFC 4791 section 9.9, on our own index and on what lies beyond it."""
    with client(dated, "paul") as connection:
        calendar = connection.principal().get_calendars()[0]
        assert names(calendar.search(event=True, start=start, end=end)) == {f"{name}.ics" for name in found}


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        (utc(2031, 5, 1, 9), utc(2031, 5, 1, 11), {"tache", "sans-date"}),
        (utc(2031, 5, 2), utc(2031, 5, 3), {"sans-date"}),
    ],
)
def test_a_task_is_found_when_it_is_due_and_one_without_date_always(
    dated: Server,
    start: datetime,
    end: datetime,
    found: set[str],
):
    """RFC 4791 section 9.9: a VTODO without times meets every range, those of the minutes too."""
    times = f'start="{start:%Y%m%dT%H%M%SZ}" end="{end:%Y%m%dT%H%M%SZ}"'
    answer = report(
        dated,
        "/paul/41/",
        (
            f'<C:calendar-query {NAMESPACES}><D:prop><D:getetag/></D:prop><C:filter><C:comp-filter name="VCALENDAR">'
            f'<C:comp-filter name="VTODO"><C:time-range {times}/></C:comp-filter></C:comp-filter></C:filter>'
            "</C:calendar-query>"
        ),
        "paul",
    )
    assert {str(href).rpartition("/")[2] for href in answer.texts(f"{DAV}href")} == {
        *(f"{name}.ics" for name in found),
        "klub-contres-2021%40spro-41.example.ics",
        "secteurs-sud-loir-et-cher-2021%40spro-41.example.ics",
    }


# ---- Byte for byte

TEXTS = {
    "accents": event("accents@essai", "SUMMARY:Forêt, cœur, à l’été : « déjà » 1 €"),
    "emoji": event("emoji@essai", "SUMMARY:Fête 🎉 👩🏽‍🎓"),
    "long": event("long@essai", "DESCRIPTION:" + "é" * 10_000),
    "folded-within-a-character": event("plie@essai", "DESCRIPTION:x").replace(b":x", b":\xc3\r\n \xa9"),
    "line-feeds": event("lf@essai", newline="\n"),
    "unknown-properties": event("inconnu@essai", 'X-ESSAI;X-QUI="A;B":oui', "NOUVEAU:1", "SUMMARY;LANGUAGE=fr:Un"),
    "24-hours": event("24h@essai", "DURATION:PT24H"),
    "control-character": event("controle@essai", "X-ESSAI:a\x0bb"),
    "small-letters": event("minuscules@essai").replace(b"DTSTAMP", b"dtstamp").replace(b"SUMMARY", b"Summary"),
    "all-day": event("jour@essai", "DTEND;VALUE=DATE:20261203", start="DTSTART;VALUE=DATE:20261201"),
    "another-zone": event("ailleurs@essai", start="DTSTART;TZID=America/Cayenne:20261201T090000"),
    "floating": event("flottant@essai", start="DTSTART:20261201T090000", stamp=None),
    "task": event("a-faire@essai", start=None, component="VTODO"),
    "exception": event(
        "serie-et-exception@essai",
        "RRULE:FREQ=WEEKLY;COUNT=5",
        "END:VEVENT",
        "BEGIN:VEVENT",
        "UID:serie-et-exception@essai",
        "RECURRENCE-ID:20261208T090000Z",
        "DTSTART:20261208T140000Z",
        "SUMMARY:Essai, l'après-midi",
    ),
}


@pytest.mark.parametrize("name", TEXTS)
def test_get_gives_the_very_bytes_that_were_put(server: Server, name: str):
    """The sender's text is the truth; it goes by one entity tag, everywhere."""
    path = f"/marie/28/{name}.ics"
    put = server.put(path, TEXTS[name])
    assert put.status == HTTPStatus.CREATED, put.text
    got = server.get(path)
    assert got.body == TEXTS[name]
    assert put.etag == got.etag == server.propfind(path, "D:getetag").texts(f"{DAV}getetag")[0]


@pytest.mark.parametrize(
    "name", ["avec des espaces et é.ics", "a&b=c;d'e\"f.ics", "100 %.ics", "sans-extension", "🎉", "a" * 255]
)
def test_an_event_stands_at_whatever_name_a_client_gives_it(server: Server, name: str):
    """Hrefs are no file names; every answer names it by the same one."""
    path, body = f"/marie/28/{quote(name)}", event(f"nom-{name}@essai".replace(";", "").replace(",", ""))
    assert server.put(path, body).status == HTTPStatus.CREATED
    assert server.get(path).body == body
    listed = {unquote(str(href)) for href in server.propfind("/marie/28/", "D:getetag", depth=1).texts(f"{DAV}href")}
    assert f"/marie/28/{name}" in listed
    multiget = report(
        server,
        "/marie/28/",
        f"<C:calendar-multiget {NAMESPACES}><D:prop><C:calendar-data/></D:prop>"
        f"<D:href>{path}</D:href></C:calendar-multiget>",
    )
    assert multiget.texts(f"{CAL}calendar-data") == [body.decode().replace("\r\n", "\n")]


def test_a_byte_order_mark_is_the_one_thing_not_given_back(server: Server):
    """Within the XML of a report it would stand in the middle of a text."""
    server.put("/marie/28/marque.ics", b"\xef\xbb\xbf" + event("marque@essai"))
    assert server.get("/marie/28/marque.ics").body == event("marque@essai")


def test_a_change_by_another_hand_in_between_is_not_written_over(server: Server):
    """If-Match with an older entity tag: 412, in a sentence, and the other's text stands."""
    path = quote("/marie/28/à-deux.ics")
    old = server.put(path, event("a-deux@essai")).etag
    new = server.put(path, event("a-deux@essai", "LOCATION:Dreux"), If_Match=old)
    assert new.status == HTTPStatus.NO_CONTENT
    late = server.put(path, event("a-deux@essai", "LOCATION:Chartres"), If_Match=old)
    assert late.status == HTTPStatus.PRECONDITION_FAILED
    assert is_sentence(late)
    assert server.request("DELETE", path, headers={"If-Match": old}).status == HTTPStatus.PRECONDITION_FAILED
    assert server.get(path).etag == new.etag


def test_a_creation_never_replaces(server: Server):
    """If-None-Match: * makes an event where there is none, and is 412 where there is one."""
    path, body = "/marie/28/creation.ics", event("creation@essai")
    assert server.put(path, body, If_None_Match="*").status == HTTPStatus.CREATED
    again = server.put(path, event("creation@essai", "LOCATION:Dreux"), If_None_Match="*")
    assert again.status == HTTPStatus.PRECONDITION_FAILED
    assert is_sentence(again)
    assert server.get(path).body == body
