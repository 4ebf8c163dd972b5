"""tsdav, the CalDAV library of JavaScript's world: discovery, objects, writes, and both its ways to synchronise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from serving import PASSWORD, Server, event
from tools import ENVIRONMENTS, Tool, of_npm, run

STEPS = Path(__file__).with_name("steps_tsdav.cjs")


@pytest.fixture(scope="session")
def tool() -> Tool:
    return of_npm("tsdav")


@pytest.fixture
def tsdav(server: Server, tmp_path: Path) -> Any:
    """A step of steps_tsdav.cjs, done as marie."""

    def done(step: str, *arguments: object, login: str = "marie", password: str = PASSWORD) -> Any:
        words = ["node", str(STEPS), server.url, login, password, step, json.dumps(arguments)]
        ran = run(words, tmp_path, more={"NODE_PATH": str(ENVIRONMENTS / "tsdav" / "node_modules")})
        assert ran.code == 0, ran.told
        return json.loads(ran.out)

    return done


def test_calendars_are_found_the_own_network_first(tsdav: Any) -> None:
    found = tsdav("calendars")
    assert found[0] == {"name": "28 Eure-et-Loir", "colour": "#1F5FA8", "components": ["VEVENT", "VTODO"]}
    assert len(found) == 8


def test_a_wrong_password_finds_nothing(tsdav: Any) -> None:
    with pytest.raises(AssertionError, match="Invalid credentials"):
        tsdav("calendars", password="autre-mot-de-passe")


def test_every_event_is_fetched_as_the_server_keeps_it(tsdav: Any, server: Server) -> None:
    found = tsdav("objects", "28")
    assert len(found) >= 6
    for path, text in found.items():
        assert text.split("\r\n") == server.get(path).text.rstrip("\r\n").split("\r\n")


def test_events_of_a_time_are_fetched_alone(tsdav: Any) -> None:
    found = tsdav("objects", "28", {"start": "2021-10-06T00:00:00Z", "end": "2021-10-09T00:00:00Z"})
    assert len(found) == 3
    assert all("Hackathon" in text for text in found.values())


def test_what_is_created_is_kept(tsdav: Any, server: Server) -> None:
    text = event("ajout", "SUMMARY:Ajouté")
    assert tsdav("create", "28", "ajout.ics", text.decode()) == 201
    assert server.get("/marie/28/ajout.ics").body == text


def test_what_is_there_is_not_created_over(tsdav: Any, server: Server) -> None:
    """It sends If-None-Match: *."""
    assert server.put("/marie/28/deja.ics", event("deja")).status == 201
    assert tsdav("create", "28", "deja.ics", event("deja", "SUMMARY:Autre").decode()) == 412


def test_what_is_updated_is_changed_once_per_version(tsdav: Any, server: Server) -> None:
    """It sends the ETag that it read as If-Match: the second update with the same is refused."""
    etag = server.put("/marie/28/version.ics", event("version")).etag
    changed = event("version", "SUMMARY:Changé")
    assert tsdav("update", "/marie/28/version.ics", changed.decode(), etag) == 204
    assert tsdav("update", "/marie/28/version.ics", event("version").decode(), etag) == 412
    assert server.get("/marie/28/version.ics").body == changed


def test_what_is_deleted_is_gone(tsdav: Any, server: Server) -> None:
    etag = server.put("/marie/28/suppression.ics", event("suppression")).etag
    assert tsdav("remove", "/marie/28/suppression.ics", etag) == 200
    assert server.get("/marie/28/suppression.ics").status == 404


def test_a_synchronisation_names_what_came_and_what_went(tsdav: Any) -> None:
    told = tsdav("synchronised", "28", event("avant").decode(), event("apres").decode())
    assert told == {"created": ["/marie/28/apres.ics"], "updated": [], "deleted": ["/marie/28/avant.ics"]}


def test_a_calendar_that_changed_is_told_from_those_that_did_not(tsdav: Any) -> None:
    """The regional agenda has changed with it."""
    told = tsdav("changedCalendars", "28", event("calendrier").decode())
    assert told == {"created": 0, "updated": ["28 Eure-et-Loir", "Agenda SPRO Centre-Val de Loire"], "deleted": 0}


def test_a_write_to_another_network_is_refused(tsdav: Any, server: Server) -> None:
    assert tsdav("create", "41", "interdit.ics", event("interdit").decode()) == 403
    assert server.get("/marie/41/interdit.ics").status == 404
