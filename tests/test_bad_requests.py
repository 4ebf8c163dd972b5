"""What clients ask that they should not, on each database: a right status, one French sentence, and nothing written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from http import HTTPStatus
from pathlib import Path

import pytest
from replaying import comp, query
from serving import (
    CAL,
    DAV,
    NAMESPACES,
    PASSWORD,
    Answer,
    Server,
    copy_instance,
    dump,
    event,
    is_sentence,
    serving,
    store_of,
)

from spro_agenda.store import Actor, Role

JEANNE = "jeanne"
"""A coordinator of two networks: events can be moved between them."""

HERE, THERE = "/jeanne/28/ici.ics", "/jeanne/28/la.ics"
OVER_THERE = "/jeanne/41/ici.ics"


@pytest.fixture(scope="module")
def server(any_instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With two events in one calendar, and the first one's UID in another too."""
    home = copy_instance(any_instance, tmp_path_factory.mktemp("asked") / "home")
    with closing(store_of(home)) as store, store.write(Actor()) as writer:
        writer.add_account(JEANNE, PASSWORD, Role.COORDINATOR, ("28", "41"))
    with serving(home) as running:
        for path, body in (
            (HERE, event("ici@essai")),
            (THERE, event("la@essai")),
            (OVER_THERE, event("ici@essai", "SUMMARY:Autrement")),
        ):
            assert ask(running, "PUT", path, body).status == HTTPStatus.CREATED
        yield running


def ask(server: Server, method: str, path: str, body: bytes | Iterable[bytes] | None = None, **headers: str) -> Answer:
    """As jeanne."""
    return server.request(method, path, body, login=JEANNE, headers=headers)


def move(server: Server, path: str, to: str, **headers: str) -> Answer:
    return ask(server, "MOVE", path, Destination=server.url.rstrip("/") + to, **headers)


# ---- Tokens


def sync(server: Server, token: str) -> Answer:
    body = (
        f"<D:sync-collection {NAMESPACES}><D:sync-token>{token}</D:sync-token><D:sync-level>1</D:sync-level>"
        "<D:prop><D:getetag/></D:prop></D:sync-collection>"
    )
    return ask(server, "REPORT", "/jeanne/28/", body.encode())


@pytest.mark.parametrize("token", ["x", "http://radicale.org/ns/sync/abc", "{epoch}:999999", "{epoch}:-1", "{other}:1"])
def test_a_token_that_is_not_ours_is_told_so(server: Server, token: str) -> None:
    """403 with the precondition on which clients start afresh (RFC 6578 section 3.2)."""
    (ours,) = (str(text) for text in sync(server, "").texts(f"{DAV}sync-token"))
    epoch = ours.rpartition(":")[0]
    answer = sync(server, token.format(epoch=epoch, other=epoch[:-1] + "?"))
    assert answer.status == HTTPStatus.FORBIDDEN
    assert answer.xml.find(f"{DAV}valid-sync-token") is not None
    assert sync(server, ours).status == HTTPStatus.MULTI_STATUS


# ---- Names

NAMES = {
    "nul": ("/jeanne/28/a%00b.ics", HTTPStatus.BAD_REQUEST),
    "nul in a calendar": ("/jeanne/2%008/b.ics", HTTPStatus.BAD_REQUEST),
    "a line end": ("/jeanne/28/a%0D%0Ab.ics", HTTPStatus.BAD_REQUEST),
    "a slash": ("/jeanne/28/a%2Fb.ics", HTTPStatus.FORBIDDEN),
    "another's calendar by dots": ("/jeanne/28/../45/b.ics", HTTPStatus.FORBIDDEN),
    "outside by dots": ("/jeanne/28/..%2F..%2F..%2Fetc%2Fpasswd", HTTPStatus.FORBIDDEN),
    "300 characters": ("/jeanne/28/" + "a" * 300, HTTPStatus.FORBIDDEN),
    "300 bytes": ("/jeanne/28/" + "%C3%A9" * 150, HTTPStatus.FORBIDDEN),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_name_is_refused_whatever_is_asked_of_it(server: Server, name: str) -> None:
    """Created, it is refused; read or deleted, there is nothing; and nothing moves there."""
    (path, status), before = NAMES[name], dump(server.home)
    missing = (status, HTTPStatus.NOT_FOUND)
    for answer, allowed in (
        (ask(server, "PUT", path, event("hostile@essai")), (status,)),
        (ask(server, "PUT", path, event("hostile@essai"), **{"If-None-Match": "*"}), (status,)),
        (move(server, HERE, path), (status,)),
        (ask(server, "GET", path), missing),
        (ask(server, "DELETE", path), missing),
        (ask(server, "MOVE", path, Destination=f"{server.url}jeanne/28/x.ics"), missing),
        (server.propfind(path, "D:getetag", login=JEANNE), (*missing, HTTPStatus.MULTI_STATUS)),
    ):
        assert answer.status in allowed, answer.text
        assert is_sentence(answer) or answer.status == HTTPStatus.MULTI_STATUS
    assert dump(server.home) == before


@pytest.mark.parametrize("name", ["a%23b.ics", "a%3Fb.ics", "a%3Bb.ics"])
def test_an_event_moves_to_the_name_that_was_asked_or_not_at_all(server: Server, name: str) -> None:
    """Radicale would cut the name where it stands for a mark of addresses, and put the event at what is left."""
    before = dump(server.home)
    answer = move(server, HERE, f"/jeanne/28/{name}")
    assert answer.status == HTTPStatus.BAD_REQUEST
    assert is_sentence(answer)
    assert dump(server.home) == before


# ---- Sizes


@pytest.mark.parametrize("megabytes", [12, 20, 25])
@pytest.mark.parametrize("chunked", [False, True], ids=["by its length", "in chunks"])
def test_an_event_that_is_too_large_is_told_so(server: Server, megabytes: int, chunked: bool) -> None:
    """413 with a sentence, whether its size was announced or not, and past what one event may have."""
    before, body = dump(server.home), event("gros@essai", "DESCRIPTION:" + "x" * (megabytes * 1_000_000))
    sent = [body[at : at + 1_000_000] for at in range(0, len(body), 1_000_000)] if chunked else body
    answer = ask(server, "PUT", "/jeanne/28/gros.ics", sent)
    assert answer.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert is_sentence(answer)
    assert dump(server.home) == before
    assert ask(server, "GET", HERE).body == event("ici@essai")


def test_ten_thousand_names_in_one_request_are_answered_one_by_one(server: Server) -> None:
    """Those that exist with their text, the others 404; even names that no event can have."""
    names = [f"/jeanne/28/rien-{number}.ics" for number in range(9_997)] + [HERE, "/jeanne/28/a%00b.ics", THERE]
    hrefs = "".join(f"<D:href>{name}</D:href>" for name in names)
    asked = f"<C:calendar-multiget {NAMESPACES}><D:prop><D:getetag/><C:calendar-data/></D:prop>{hrefs}"
    answer = ask(server, "REPORT", "/jeanne/28/", (asked + "</C:calendar-multiget>").encode())
    assert answer.status == HTTPStatus.MULTI_STATUS
    told = list(answer.xml.iter(f"{DAV}response"))
    assert len(told) == len(names)
    texts = {each.findtext(f"{DAV}href"): each.findtext(f".//{CAL}calendar-data") for each in told}
    assert {name for name, text in texts.items() if text is not None} == {HERE, THERE}
    missing = [each for each in told if each.findtext(f"{DAV}status") == "HTTP/1.1 404 Not Found"]
    assert len(missing) == len(names) - 2


# ---- UIDs


def check_uid_conflict(answer: Answer) -> None:
    """RFC 4791 section 5.3.2.1."""
    assert answer.status == HTTPStatus.CONFLICT
    assert answer.xml.find(f"{CAL}no-uid-conflict") is not None


def test_two_events_do_not_share_a_uid(server: Server) -> None:
    """Neither a new one, nor one that is given another's UID."""
    before = dump(server.home)
    check_uid_conflict(ask(server, "PUT", "/jeanne/28/double.ics", event("ici@essai")))
    check_uid_conflict(ask(server, "PUT", THERE, event("ici@essai")))
    check_uid_conflict(ask(server, "PUT", THERE, event("nouveau@essai")))
    assert dump(server.home) == before


# ---- Moves onto what is there


@pytest.mark.parametrize("to", [THERE, OVER_THERE], ids=["another event", "the same event elsewhere"])
def test_a_move_that_must_not_overwrite_does_not(server: Server, to: str) -> None:
    """`Overwrite: F` is 412, whatever stands there."""
    before = dump(server.home)
    answer = move(server, HERE, to, Overwrite="F")
    assert answer.status == HTTPStatus.PRECONDITION_FAILED
    assert is_sentence(answer)
    assert dump(server.home) == before


def test_a_move_replaces_no_other_event(server: Server) -> None:
    """`Overwrite: T` onto another UID is 409, and so is a UID that stands elsewhere in the calendar."""
    before = dump(server.home)
    check_uid_conflict(move(server, HERE, THERE, Overwrite="T"))
    check_uid_conflict(move(server, HERE, "/jeanne/41/ailleurs.ics", Overwrite="T"))
    assert dump(server.home) == before


@pytest.mark.parametrize(("home", "other"), [("jeanne", "spro"), ("spro", "jeanne"), ("spro", "spro")])
@pytest.mark.parametrize("absolute", [True, False], ids=["a URL", "a path"])
def test_a_calendar_is_the_same_by_each_of_its_addresses(server: Server, home: str, other: str, absolute: bool) -> None:
    """A MOVE from one to another within it, which stock Radicale takes for two calendars: 409."""
    put = ask(server, "PUT", f"/{home}/28/ici d'abord.ics".replace(" ", "%20"), event("adresses@essai"))
    assert put.status == HTTPStatus.CREATED
    to = f"/{other}/28/l%C3%A0%20ensuite.ics"
    destination = server.url.rstrip("/") + to if absolute else to
    answer = ask(server, "MOVE", f"/{home}/28/ici%20d'abord.ics", Destination=destination)
    assert answer.status == HTTPStatus.CREATED
    assert ask(server, "GET", f"/{other}/28/ici%20d'abord.ics").status == HTTPStatus.NOT_FOUND
    assert ask(server, "DELETE", to).status == HTTPStatus.OK


def test_a_move_onto_itself_by_another_address_changes_nothing(server: Server) -> None:
    """As by the same one."""
    before = dump(server.home)
    assert move(server, HERE, HERE.replace("/jeanne/", "/spro/")).status in (204, 403)
    assert dump(server.home) == before


def test_a_move_into_another_person_s_home_is_refused(server: Server) -> None:
    """It is no address of whoever asks."""
    before = dump(server.home)
    for source in (HERE, HERE.replace("/jeanne/", "/spro/")):
        assert move(server, source, "/marie/28/x.ics").status == HTTPStatus.FORBIDDEN
    assert dump(server.home) == before


def test_a_move_may_overwrite_unless_it_says_otherwise(server: Server) -> None:
    """RFC 4918 section 10.6: without the header, as with T. Stock Radicale reads it as F."""
    for href in ("/jeanne/28/sans.ics", "/jeanne/41/sans.ics"):
        assert ask(server, "PUT", href, event("sans@essai")).status == HTTPStatus.CREATED
    assert move(server, "/jeanne/28/sans.ics", "/jeanne/41/sans.ics").status == HTTPStatus.NO_CONTENT
    assert ask(server, "DELETE", "/jeanne/41/sans.ics").status == HTTPStatus.OK


@pytest.mark.parametrize("report", ["calendar-multiget", "calendar-query"])
def test_a_report_that_asks_for_everything_gets_it(server: Server, report: str) -> None:
    """But the text, which must be named (RFC 4791 section 5.3.2). Stock Radicale tells nothing of any object."""
    asked = {
        "calendar-multiget": f"<D:href>{HERE}</D:href>",
        "calendar-query": '<C:filter><C:comp-filter name="VCALENDAR"/></C:filter>',
    }
    body = f"<C:{report} {NAMESPACES}><D:allprop/>{asked[report]}</C:{report}>"
    answer = ask(server, "REPORT", "/jeanne/28/", body.encode(), Depth="1")
    assert HERE in answer.texts(f"{DAV}href")
    assert ask(server, "GET", HERE).etag in answer.texts(f"{DAV}getetag")
    assert "text/calendar;charset=utf-8;component=VEVENT" in answer.texts(f"{DAV}getcontenttype")
    assert b"BEGIN:VEVENT" not in answer.body


def test_a_synchronisation_that_asks_for_no_property_is_told_what_there_is(server: Server) -> None:
    """Members with their entity tags: stock Radicale names none of them."""
    body = f"<D:sync-collection {NAMESPACES}><D:sync-token/><D:sync-level>1</D:sync-level><D:prop/></D:sync-collection>"
    answer = ask(server, "REPORT", "/jeanne/28/", body.encode())
    assert {HERE, THERE} <= set(answer.texts(f"{DAV}href"))


@pytest.mark.parametrize("depth", ["infinity", "Infinity"])
def test_a_listing_of_everything_below_is_refused_in_words_that_clients_know(server: Server, depth: str) -> None:
    """RFC 4918 section 9.1.1. Stock Radicale answers as to `Depth: 1`, as if there were nothing below."""
    body = f"<D:propfind {NAMESPACES}><D:prop><D:getetag/></D:prop></D:propfind>".encode()
    answer = ask(server, "PROPFIND", "/jeanne/", body, Depth=depth)
    assert answer.status == HTTPStatus.FORBIDDEN
    assert answer.xml.find(f"{DAV}propfind-finite-depth") is not None
    nobody = server.request("PROPFIND", "/jeanne/", body, login=None, headers={"Depth": depth})
    assert nobody.status == HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize("encoding", ["foo", "shift_jis", "utf-7"])
def test_a_body_in_an_encoding_that_nobody_reads_is_refused(server: Server, encoding: str) -> None:
    """400, whoever asks, in a sentence."""
    body = f'<?xml version="1.0" encoding="{encoding}"?><propfind xmlns="DAV:"><allprop/></propfind>'.encode()
    for login in (JEANNE, None):
        answer = server.request("PROPFIND", "/jeanne/28/", body, login=login, headers={"Depth": "1"})
        assert answer.status == HTTPStatus.BAD_REQUEST
        assert is_sentence(answer)


@pytest.mark.parametrize("address", ["http://[/x", "http://ici:port/x", "http://ici:99999999/x"])
def test_a_move_to_what_is_no_address_is_refused(server: Server, address: str) -> None:
    """400: urllib cannot read a host that is left open, or a port that is none."""
    answer = ask(server, "MOVE", HERE, Destination=address)
    assert answer.status == HTTPStatus.BAD_REQUEST
    assert is_sentence(answer)


def test_a_move_to_another_server_is_refused(server: Server) -> None:
    """502 (RFC 4918 section 9.9.4), in a sentence that says so."""
    answer = ask(server, "MOVE", HERE, Destination="https://ailleurs.example/jeanne/28/a.ics")
    assert answer.status == HTTPStatus.BAD_GATEWAY
    assert is_sentence(answer)
    assert "d'un serveur à un autre" in answer.text


@pytest.mark.parametrize("path", ["/", "//", "/jeanne/28/ici.ics"])
def test_a_move_by_nobody_is_refused(server: Server, path: str) -> None:
    """401, wherever it begins."""
    answer = server.request("MOVE", path, login=None, headers={"Destination": "/spro/28/x.ics"})
    assert answer.status == HTTPStatus.UNAUTHORIZED


def test_a_time_zone_that_radicale_cannot_read_is_no_error_for_its_calendar(server: Server) -> None:
    """A filter that looks at texts reads every event."""
    zone = [
        *("BEGIN:VTIMEZONE", "TZID:/x/Europe/Paris", "BEGIN:STANDARD", "DTSTART:19961027T030000", "TZOFFSETFROM:+0200"),
        *("TZOFFSETTO:+0100", "RDATE;VALUE=PERIOD:20211001T100000Z/PT1H", "END:STANDARD", "END:VTIMEZONE", ""),
    ]
    text = event("fuseau@essai", "LOCATION:Fuseau", start="DTSTART;TZID=/x/Europe/Paris:20261201T090000")
    body = text.replace(b"BEGIN:VEVENT", "\r\n".join(zone).encode() + b"BEGIN:VEVENT")
    assert ask(server, "PUT", "/jeanne/28/fuseau.ics", body).status == HTTPStatus.CREATED
    match = '<C:prop-filter name="LOCATION"><C:text-match>fuseau</C:text-match></C:prop-filter>'
    asked = query("", comp("VEVENT", match))
    answer = ask(server, "REPORT", "/jeanne/28/", asked.sent)
    assert answer.status == HTTPStatus.MULTI_STATUS
    assert answer.texts(f"{DAV}href") == ["/jeanne/28/fuseau.ics"]
    assert ask(server, "DELETE", "/jeanne/28/fuseau.ics").status == HTTPStatus.OK


@pytest.mark.parametrize("method", ["MKCALENDAR", "MKCOL"])
@pytest.mark.parametrize(
    "prop", ["<truc/>", "<C:supported-calendar-component-set><C:comp/></C:supported-calendar-component-set>"]
)
def test_what_is_asked_of_a_new_calendar_is_no_failure(server: Server, method: str, prop: str) -> None:
    """A property without namespace, or a component without name: 403 as ever, or 400."""
    root = "C:mkcalendar" if method == "MKCALENDAR" else "D:mkcol"
    body = f"<{root} {NAMESPACES}><D:set><D:prop>{prop}</D:prop></D:set></{root}>"
    for path in ("/jeanne/28/", "/jeanne/neuf/", HERE):
        answer = ask(server, method, path, body.encode())
        assert answer.status in (HTTPStatus.FORBIDDEN, HTTPStatus.BAD_REQUEST)
        assert is_sentence(answer)


def test_the_server_claims_what_it_does(server: Server) -> None:
    """No class 2, since nothing can be locked, and no address books (RFC 4918 section 18); to nobody in particular
    too: Thunderbird asks before it logs in."""
    answers = [server.request("OPTIONS", "/", login=None), ask(server, "PROPFIND", "/jeanne/28/", Depth="0")]
    assert {answer.headers["dav"] for answer in answers} == {"1, 3, calendar-access, extended-mkcol"}
    assert "LOCK" not in answers[0].headers["allow"]


def test_a_move_onto_itself_changes_nothing(server: Server) -> None:
    """Least of all does it delete."""
    before = dump(server.home)
    assert move(server, HERE, HERE, Overwrite="T").status in (HTTPStatus.NO_CONTENT, HTTPStatus.FORBIDDEN)
    assert dump(server.home) == before


def test_a_move_replaces_the_same_event_in_another_calendar(server: Server) -> None:
    """`Overwrite: T` is 204: what was moved is there, and no longer here; what it replaced stays in the history."""
    moved, replaced = event("voyage@essai"), event("voyage@essai", "SUMMARY:Remplacé")
    ask(server, "PUT", "/jeanne/28/voyage.ics", moved)
    ask(server, "PUT", "/jeanne/41/voyage.ics", replaced)
    answer = move(server, "/jeanne/28/voyage.ics", "/jeanne/41/voyage.ics", Overwrite="T")
    assert answer.status == HTTPStatus.NO_CONTENT
    assert ask(server, "GET", "/jeanne/41/voyage.ics").body == moved
    assert ask(server, "GET", "/jeanne/28/voyage.ics").status == HTTPStatus.NOT_FOUND
    assert ask(server, "DELETE", "/jeanne/41/voyage.ics").status == HTTPStatus.OK
