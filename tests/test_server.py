"""The server under bad input, bad luck and bad passwords: a right status, one French sentence, and nothing written."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import ExitStack, closing
from http import HTTPStatus
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from caldav import DAVClient
from serving import (
    CAL,
    DATABASE,
    DAV,
    NAMESPACES,
    PASSWORD,
    STOP_S,
    Server,
    basic,
    dump,
    environment,
    event,
    eventually,
    free_port,
    is_sentence,
    path_of,
    program,
    running,
    serving,
    store_of,
)

SEEDED = "agriculture-chartres-2021@spro-28.example"
TOO_MUCH = b"x" * 25_000_000
"""More than max_content_length, and more than a connection keeps of what nobody reads."""


# ---- Bad input


def in_pieces(body: bytes, size: int = 1_000_000) -> list[bytes]:
    """A body to be sent in chunks."""
    return [body[at : at + size] for at in range(0, len(body), size)]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param(b"", "est vide", id="nothing"),
        pytest.param(b"bonjour", "ligne 1 : ce n'est pas un agenda", id="no-calendar"),
        pytest.param(b"<html></html>", "ligne 1 : ce n'est pas un agenda", id="a-page"),
        pytest.param(event("x@essai")[:120], "ligne 4 : « BEGIN:VEVENT » n'est jamais fermé", id="cut-short"),
        pytest.param(event("x@essai", "N'importe quoi"), "ligne 9 : « N'importe quoi »", id="a-line-that-is-none"),
        pytest.param(event(None), "ligne 4 : l'événement n'a pas d'UID", id="no-uid"),
        pytest.param(event("x@essai", start=None), "ligne 4 : l'événement n'a pas de date de début", id="no-start"),
        pytest.param(
            event("x@essai", "END:VEVENT", "BEGIN:VEVENT", "UID:y@essai", "DTSTART:20261202T090000Z"),
            "ligne 10 : il y a deux événements",
            id="two-events",
        ),
        pytest.param(event("x@essai") + event("y@essai"), "ligne 11 : il y a plusieurs agendas", id="two-calendars"),
        pytest.param(
            event("x@essai", "DTEND:20261101T090000Z"), "ligne 9 : l'événement finit avant", id="ends-too-soon"
        ),
        pytest.param(
            event("x@essai", start="DTSTART;TZID=Mars/Olympus:20261201T090000"),
            "ligne 7 : le fuseau horaire « Mars/Olympus »",
            id="unknown-zone",
        ),
        pytest.param(
            event("x@essai", start="DTSTART:le 3 décembre"), "ligne 7 : « DTSTART:le 3 décembre »", id="bad-date"
        ),
        pytest.param(event("x@essai", "RRULE:FREQ=SECONDLY"), "« FREQ=SECONDLY »", id="every-second"),
        pytest.param(
            event("x@essai", "RRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30"),
            "la règle de répétition",
            id="every-second-of-30-february",
        ),
        pytest.param(
            event("x@essai", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"), "la règle de répétition", id="30-february"
        ),
        pytest.param(
            event("x@essai", "SUMMARY:café").decode().encode("latin-1"),
            "ligne 8 : le texte n'est pas en UTF-8",
            id="latin-1",
        ),
        pytest.param(in_pieces(event(None), 20), "ligne 4 : l'événement n'a pas d'UID", id="in-chunks"),
    ],
)
def test_an_event_that_cannot_be_read_is_refused_with_the_line_and_the_remedy(
    standing: Server,
    body: bytes | Iterable[bytes],
    says: str,
):
    """403, what is wrong, where, what to do; soon, whatever it would take to expand it; and nothing is written."""
    before, begun = dump(standing.home), time.monotonic()
    answer = standing.request("PUT", "/marie/28/mauvais.ics", body)
    assert time.monotonic() - begun < 5  # the rule of 30 February costs Radicale half a minute
    assert answer.status == HTTPStatus.FORBIDDEN
    assert is_sentence(answer)
    assert says in answer.text
    assert dump(standing.home) == before


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        pytest.param("/marie/28/" + "a" * 256, event("x@essai"), HTTPStatus.FORBIDDEN, id="an-over-long-name"),
        pytest.param("/marie/28/a/b.ics", event("x@essai"), HTTPStatus.FORBIDDEN, id="a-folder-in-a-calendar"),
        pytest.param(
            "/marie/28/journal.ics",
            event("x@essai", component="VJOURNAL"),
            HTTPStatus.FORBIDDEN,
            id="neither-event-nor-task",
        ),
        pytest.param("/marie/nulle-part/x.ics", event("x@essai"), HTTPStatus.FORBIDDEN, id="no-such-calendar"),
        pytest.param("/marie/28/\x7f.ics", event("x@essai"), HTTPStatus.BAD_REQUEST, id="a-control-character"),
        pytest.param("/marie/28/gros.ics", TOO_MUCH, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, id="too-large"),
        pytest.param(
            "/marie/28/gros.ics", in_pieces(TOO_MUCH), HTTPStatus.REQUEST_ENTITY_TOO_LARGE, id="too-large-in-chunks"
        ),
    ],
)
def test_what_an_agenda_does_not_hold_is_refused_in_a_sentence(
    standing: Server,
    path: str,
    body: bytes | Iterable[bytes],
    status: HTTPStatus,
):
    """The client hears it even when it was sending more than is read, and nothing is written."""
    before = dump(standing.home)
    answer = standing.request("PUT", path.replace("\x7f", "%7F"), body)
    assert answer.status == status
    assert is_sentence(answer)
    assert dump(standing.home) == before


@pytest.mark.parametrize(
    ("name", "uid"),
    [
        pytest.param("autre-nom.ics", SEEDED, id="a-uid-that-stands-elsewhere"),
        pytest.param(SEEDED.replace("@", "%40") + ".ics", "autre@essai", id="another-uid-at-the-name-of-an-event"),
    ],
)
def test_a_uid_stands_in_a_calendar_once(standing: Server, name: str, uid: str):
    """409 with the precondition that clients know (RFC 4791 section 5.3.2.1)."""
    before = dump(standing.home)
    answer = standing.put(f"/marie/28/{name}", event(uid))
    assert answer.status == HTTPStatus.CONFLICT
    assert answer.xml.find(f"{CAL}no-uid-conflict") is not None
    assert dump(standing.home) == before


def test_two_networks_may_hold_the_same_uid(server: Server):
    """An event is `(network, uid)`."""
    for login, network in (("marie", "28"), ("paul", "41")):
        answer = server.request("PUT", f"/{login}/{network}/commun.ics", event("commun@essai"), login=login)
        assert answer.status == HTTPStatus.CREATED


DEEP = b"<a>" * 200_000 + b"</a>" * 200_000
DISGUISED = b'<?xml version="1.0" encoding="utf-16"?>' + DEEP
"""Radicale decodes it as UTF-8, and its parser then believes that."""
ENTITIES = b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>'


@pytest.mark.parametrize(
    "body",
    [DEEP, DISGUISED, ENTITIES, b"<non", b"\xff\xfe"],
    ids=["deep", "disguised", "entities", "broken", "no-text"],
)
@pytest.mark.parametrize(
    ("method", "path"), [("PROPFIND", "/marie/"), ("REPORT", "/marie/28/"), ("PROPPATCH", "/marie/28/")]
)
def test_xml_that_would_stop_the_server_is_refused(standing: Server, method: str, path: str, body: bytes):
    """200,000 nested elements overflow the stack of a process: a reader could stop the service."""
    answer = standing.request(method, path, body)
    assert answer.status == HTTPStatus.BAD_REQUEST
    assert is_sentence(answer)
    assert standing.propfind("/", "D:current-user-principal").status == HTTPStatus.MULTI_STATUS


@pytest.mark.parametrize("path", ["/marie/28", "/marie/28/", "/marie/", "/", "/spro/28/", "/marie/agenda/"])
@pytest.mark.parametrize("body", [b"", b"bonjour", event("x@essai", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")])
def test_what_would_replace_a_calendar_is_not_even_read(standing: Server, path: str, body: bytes):
    """403: it would not be written, but Radicale would expand it first, for half a minute."""
    begun = time.monotonic()
    answer = standing.request("PUT", path, body)
    assert time.monotonic() - begun < 5
    assert answer.status == HTTPStatus.FORBIDDEN
    assert is_sentence(answer)


# ---- Sloppy, and welcome


@pytest.mark.parametrize(
    ("name", "body", "content_type"),
    [
        pytest.param("sans-dtstamp", event("sans-dtstamp@essai", stamp=None), "text/calendar", id="no-dtstamp"),
        pytest.param("lf", event("lf@essai", newline="\n"), "text/calendar", id="line-feeds"),
        pytest.param("bom", b"\xef\xbb\xbf" + event("bom@essai"), "text/calendar", id="byte-order-mark"),
        pytest.param(
            "flottant", event("flottant@essai", start="DTSTART:20261201T090000"), "text/calendar", id="floating"
        ),
        pytest.param("morceaux", in_pieces(event("morceaux@essai"), 7), "text/calendar", id="chunked"),
        pytest.param("sans-type", event("sans-type@essai"), "", id="no-content-type"),
        pytest.param("inconnu", event("inconnu@essai"), "text/calendar; charset=klingon", id="unknown-charset"),
        pytest.param("seul", event("seul@essai"), "charset=klingon", id="a-charset-alone"),
        pytest.param("guillemets", event("guillemets@essai"), 'text/calendar; charset="utf-8"', id="quoted-charset"),
        pytest.param(
            "longue",
            event("longue@essai", "RRULE:FREQ=DAILY;UNTIL=20561201T090000Z"),
            "text/calendar",
            id="thirty-years-day-by-day",
        ),
        pytest.param(
            "sans-fin", event("sans-fin@essai", "RRULE:FREQ=DAILY"), "text/calendar", id="day-by-day-for-ever"
        ),
        pytest.param(
            "fausse-zone",
            event("fausse-zone@essai", start="DTSTART;TZID=Romance Standard Time:20261201T090000"),
            "text/calendar",
            id="a-zone-as-outlook-calls-it",
        ),
    ],
)
def test_sloppiness_that_harms_nobody_is_accepted(
    server: Server,
    name: str,
    body: bytes | Iterable[bytes],
    content_type: str,
):
    """Refuse only what must be refused: Thunderbird drops a refused event without a word."""
    answer = server.request("PUT", f"/marie/28/{name}.ics", body, headers={"Content-Type": content_type})
    assert answer.status == HTTPStatus.CREATED, answer.text
    assert f"UID:{name}@essai" in server.get(f"/marie/28/{name}.ics").text


# ---- Who asks


@pytest.mark.parametrize(
    ("login", "password"),
    [("marie", "faux"), ("marie", ""), ("personne", PASSWORD), ("spro", PASSWORD), ("marié", "é"), ("ma:rie", "x")],
)
def test_a_wrong_login_is_told_so(standing: Server, login: str, password: str):
    """401 in a sentence; whether the login exists is not said."""
    answer = standing.request("PROPFIND", "/", login=login, password=password)
    assert answer.status == HTTPStatus.UNAUTHORIZED
    assert is_sentence(answer)
    assert answer.body == standing.request("PROPFIND", "/", password="faux").body


@pytest.mark.parametrize("credentials", ["Basic", "Basic !!!", "Basic bWFyaWU=", "Basic é", "Bearer x", "Digest a=b"])
def test_credentials_that_are_none_are_asked_for_again(standing: Server, credentials: str):
    """401, not an error of the server."""
    answer = standing.request("PROPFIND", "/", login=None, headers={"Authorization": credentials})
    assert answer.status == HTTPStatus.UNAUTHORIZED
    assert "www-authenticate" in answer.headers


@pytest.mark.parametrize("login", ["marie", "Marie", "MARIE"])
def test_a_login_is_the_same_in_small_and_capital_letters(standing: Server, login: str):
    """Phones write the first letter in capitals; the home is the same one."""
    answer = standing.propfind("/", "D:current-user-principal", login=login)
    assert answer.texts(f"{DAV}href")[-1] == "/marie/"


def test_options_need_no_credentials(standing: Server):
    """Thunderbird and EDS ask so whether this is a calendar server."""
    answer = standing.request("OPTIONS", "/marie/28/", login=None)
    assert answer.status == HTTPStatus.OK
    assert "calendar-access" in answer.headers["dav"]


@pytest.mark.parametrize("path", ["/marie/28/", "/marie/28/rien.ics"])
def test_head_has_the_headers_of_get_and_no_body(standing: Server, path: str):
    """Read to the end of the connection, since a client's library would hide a body."""
    got = standing.get(path)
    with socket.create_connection(("127.0.0.1", standing.port), timeout=10) as connection:
        connection.sendall(
            f"HEAD {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {basic('marie')}\r\n"
            "Connection: close\r\n\r\n".encode()
        )
        raw = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _blank, body = raw.partition(b"\r\n\r\n")
    assert body == b""
    assert f"HTTP/1.1 {got.status} ".encode() in head
    assert f"content-length: {len(got.body)}".encode() in head.lower()


# ---- A store that is away

AWAY = [
    ("PROPFIND", "/"),
    ("GET", "/marie/28/"),
    ("PUT", "/marie/28/pendant.ics"),
    ("REPORT", "/spro/28/"),
    ("DELETE", "/marie/28/avant.ics"),
]


def asked(server: Server) -> list[int]:
    answers = [
        server.request(method, path, event("pendant@essai") if method == "PUT" else None) for method, path in AWAY
    ]
    assert all(
        is_sentence(answer) and answer.headers["retry-after"]
        for answer in answers
        if answer.status == HTTPStatus.SERVICE_UNAVAILABLE
    )
    return [answer.status for answer in answers]


def test_while_the_store_is_away_clients_are_told_to_come_back(home: Path):
    """503 with Retry-After, which clients keep their changes for; nothing is made in its place; then all is as before.

    Moved away, then something that is no database in its place, then back.
    """
    database, aside = home / DATABASE, home / "ailleurs.sqlite"
    with serving(home) as server:
        server.put("/marie/28/avant.ics", event("avant@essai"))
        database.rename(aside)
        assert asked(server) == [HTTPStatus.SERVICE_UNAVAILABLE] * len(AWAY)
        assert not database.exists()
        database.write_bytes(b"rien de bon" * 1000)
        assert asked(server) == [HTTPStatus.SERVICE_UNAVAILABLE] * len(AWAY)
        aside.replace(database)
        assert server.get("/marie/28/avant.ics").body == event("avant@essai")
        assert server.put("/marie/28/ensuite.ics", event("apres@essai")).status == (HTTPStatus.CREATED)


# ---- Processes


def test_a_port_in_use_is_told_with_the_remedy(home: Path):
    """Exit code 7 and a sentence that names the port."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            program("--home", str(home), "serve", "--port", str(port)),
            env=environment(),
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert done.returncode == 7
    assert str(port) in done.stderr
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_write_and_a_new_account_are_seen_by_every_worker(home: Path):
    """Asked until the log tells, by their ids, that both saw the new event; then neither trusts what it remembers."""
    with serving(home, workers=2) as server:
        etag = server.put("/marie/28/vu.ics", event("vu@essai")).etag
        saw_it = rf"\[(\d+)/[^]]*\] \[WARNING\] Precondition failed on PUT .*{etag}"

        def both_saw_it() -> bool:
            refused = server.put("/marie/28/vu.ics", event("vu@essai"), If_Match='"faux"')
            assert refused.status == HTTPStatus.PRECONDITION_FAILED
            return len(set(re.findall(saw_it, server.said()))) == 2

        eventually(both_saw_it, within_s=20, what="both workers answer")

        def users(*words: str, password: str = "") -> None:
            words = (*words, "--password-stdin") if password else words
            subprocess.run(
                program("--home", str(home), "users", *words),
                input=f"{password}\n",
                text=True,
                capture_output=True,
                env=environment(),
                check=True,
            )

        def statuses(password: str, method: str = "GET") -> set[int]:
            body = event("vu@essai") if method == "PUT" else None
            return {
                server.request(method, "/zoe/28/vu.ics", body, login="zoe", password=password).status
                for _each in range(20)
            }

        users("add", "zoe", "--role", "reader", password=PASSWORD)
        assert statuses(PASSWORD) == {HTTPStatus.OK}
        assert statuses(PASSWORD, "PUT") == {HTTPStatus.FORBIDDEN}
        users("set", "zoe", "--role", "coordinator", "--network", "28")
        assert statuses(PASSWORD, "PUT") == {HTTPStatus.NO_CONTENT}
        users("set", "zoe", "--network", "45")
        assert statuses(PASSWORD, "PUT") == {HTTPStatus.FORBIDDEN}
        users("password", "zoe", password="un autre mot")
        assert statuses(PASSWORD) == {HTTPStatus.UNAUTHORIZED}
        assert statuses("un autre mot") == {HTTPStatus.OK}
        users("remove", "zoe")
        assert statuses("un autre mot") == {HTTPStatus.UNAUTHORIZED}


def test_a_password_kept_in_a_weaker_way_is_kept_anew_once_it_proves_right(home: Path):
    """By whoever logs in with it; a wrong one changes nothing."""
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with closing(sqlite3.connect(home / DATABASE)) as connection, connection:
        connection.execute("UPDATE account SET password_hash = ? WHERE login = 'luc'", [weak])

    def kept() -> str:
        with closing(store_of(home)) as store, store.read() as reader:
            return reader.account("luc").password_hash

    with serving(home) as server:
        assert server.request("GET", "/luc/28/", login="luc", password="faux mot").status == HTTPStatus.UNAUTHORIZED
        assert kept() == weak
        assert [server.get("/luc/28/", "luc").status for _each in range(3)] == [HTTPStatus.OK] * 3
        assert PasswordHasher().check_needs_rehash(kept()) is False


def test_a_server_with_clients_in_the_middle_of_things_still_ends(home: Path):
    """An idle connection and a body that never comes hold nothing up; `serving` checks that no process is left."""
    with serving(home, workers=2) as server, ExitStack() as connections:
        _idle, slow = (
            connections.enter_context(socket.create_connection(("127.0.0.1", server.port))) for _each in range(2)
        )
        slow.sendall(
            f"PUT /marie/28/x.ics HTTP/1.1\r\nHost: x\r\nAuthorization: {basic('marie')}\r\n"
            "Content-Length: 1000\r\n\r\nBEGIN".encode()
        )
        assert answers(server)
        server.process.terminate()
        assert server.process.wait(STOP_S) == 0


def test_a_worker_that_dies_is_replaced(home: Path):
    """One killed by the system (out of memory) does not take the service with it."""
    with serving(home) as server:
        killed = server.workers
        assert len(killed) == 1
        os.kill(killed[0], signal.SIGKILL)
        eventually(lambda: server.workers not in ([], killed), within_s=20, what="another worker runs")
        eventually(lambda: answers(server), within_s=20, what="it answers")


def answers(server: Server) -> bool:
    try:
        return server.get("/marie/28/").status == HTTPStatus.OK
    except OSError:
        return False


# ---- Radicale alone


def test_radicale_alone_in_another_folder_says_so(home: Path, tmp_path: Path):
    """It would start, and answer 500 to every request."""
    words = [sys.executable, "-m", "radicale", "--config", str(home / "config.ini")]
    done = subprocess.run(
        words, cwd=tmp_path, capture_output=True, text=True, check=False, env=environment(), timeout=60
    )
    assert done.returncode == 1
    assert "Lancez radicale dans le dossier de l'agenda" in done.stderr


def test_radicale_alone_serves_the_same_calendars(home: Path):
    """`radicale --config config.ini` in the instance's folder: found, written, read, and refused where one may not."""
    port = free_port()
    words = [sys.executable, "-m", "radicale", "--config", "config.ini", "--server-hosts", f"127.0.0.1:{port}"]
    with running(words, home, port) as server:
        with DAVClient(url=server.url, username="marie", password=PASSWORD) as client:
            found = client.principal().get_calendars()
            assert [path_of(each.url) for each in found[:2]] == ["/marie/28/", "/marie/agenda/"]
            assert len(found) == 8
            written = found[0].add_event(event("seul@essai", "SUMMARY:Écrit à l'aide de Radicale").decode())
            path = path_of(written.url).replace("/marie/", "/luc/")
            assert "Écrit à l'aide de Radicale" in server.get(path, "luc").text
        refused = server.put("/marie/41/seul.ics", event("seul@essai"))
        assert (refused.status, refused.text) == (HTTPStatus.FORBIDDEN, "Access to the requested resource forbidden.")
        assert server.put("/marie/28/", event("seul@essai")).status == HTTPStatus.FORBIDDEN
        assert server.request("DELETE", "/marie/28/").status == HTTPStatus.FORBIDDEN
        assert server.propfind("/", "D:displayname", login=None).status == HTTPStatus.UNAUTHORIZED
        report = (
            f"<D:sync-collection {NAMESPACES}><D:sync-token>x</D:sync-token><D:prop><D:getetag/></D:prop>"
            "</D:sync-collection>"
        )
        assert b"valid-sync-token" in server.request("REPORT", "/marie/28/", report.encode()).body
