"""The caldav library of Python's world, in the version that its environment names: one among others that we import."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from serving import PASSWORD, Server, event
from tools import Tool, of_python, python_of, run

STEPS = Path(__file__).with_name("steps_caldav.py")


@pytest.fixture(scope="session")
def tool() -> Tool:
    return of_python("caldav")


@pytest.fixture
def caldav(server: Server, tmp_path: Path) -> Any:
    """A step of steps_caldav.py, done as marie."""

    def done(step: str, *arguments: object, login: str = "marie", password: str = PASSWORD) -> Any:
        words = [python_of("caldav"), str(STEPS), server.url, login, password, step, json.dumps(arguments)]
        ran = run(words, tmp_path)
        assert ran.code == 0, ran.told
        return json.loads(ran.out)

    return done


def test_calendars_are_found_the_own_network_first(caldav: Any) -> None:
    found = caldav("calendars")
    assert found[0] == ["28 Eure-et-Loir", ["VEVENT", "VTODO"]]
    assert len(found) == 8


def test_a_wrong_password_is_told_as_one(caldav: Any) -> None:
    with pytest.raises(AssertionError, match="AuthorizationError"):
        caldav("calendars", password="autre-mot-de-passe")


def test_what_is_added_is_kept(caldav: Any, server: Server) -> None:
    path = caldav("add", "28", event("ajout", "SUMMARY:Ajouté").decode())
    assert "SUMMARY:Ajouté" in server.get(path).text


def test_what_is_edited_is_changed(caldav: Any, server: Server) -> None:
    path = caldav("add", "28", event("retouche").decode())
    caldav("retitle", "28", "retouche", "Autre titre")
    assert "SUMMARY:Autre titre" in server.get(path).text


def test_what_is_deleted_is_gone(caldav: Any, server: Server) -> None:
    path = caldav("add", "28", event("suppression").decode())
    caldav("delete", "28", "suppression")
    assert server.get(path).status == 404


def test_a_task_is_done(caldav: Any, server: Server) -> None:
    server.put("/marie/28/tache.ics", event("tache", component="VTODO"))
    caldav("complete", "28", "tache")
    assert "STATUS:COMPLETED" in server.get("/marie/28/tache.ics").text


def test_events_of_a_time_are_found(caldav: Any) -> None:
    found = caldav("found", "28", "2021-10-07T00:00:00+02:00", "2021-10-09T00:00:00+02:00", False, {})
    assert [uid.partition("-2021")[0] for uid, _start, _title in found] == [
        "hackathon-chartres",
        "hackathon-chateaudun",
        "hackathon-dreux",
    ]


def test_a_series_is_found_as_its_days_one_of_them_moved(caldav: Any) -> None:
    """Expanded by the server (RFC 4791 section 9.6.5)."""
    series = event("serie", "RRULE:FREQ=DAILY;COUNT=5", "EXDATE:20270302T090000Z", start="DTSTART:20270301T090000Z")
    moved = event("serie", "RECURRENCE-ID:20270303T090000Z", "SUMMARY:Déplacé", start="DTSTART:20270303T150000Z")
    text = series.decode().replace("END:VCALENDAR\r\n", moved.decode().partition("//FR\r\n")[2])
    caldav("add", "28", text)
    found = caldav("found", "28", "2027-03-01T00:00:00+00:00", "2027-03-05T00:00:00+00:00", True, {})
    assert found == [
        ["serie", "2027-03-01T09:00:00+00:00", "Essai"],
        ["serie", "2027-03-03T15:00:00+00:00", "Déplacé"],
        ["serie", "2027-03-04T09:00:00+00:00", "Essai"],
    ]


def test_words_are_found_in_titles(caldav: Any) -> None:
    caldav("add", "28", event("mot", "SUMMARY:Atelier « Découverte »", start="DTSTART:20270401T090000Z").decode())
    caldav("add", "28", event("autre-mot", start="DTSTART:20270401T090000Z").decode())
    found = caldav(
        "found", "28", "2027-04-01T00:00:00+00:00", "2027-04-02T00:00:00+00:00", False, {"summary": "Découverte"}
    )
    assert [uid for uid, _start, _title in found] == ["mot"]


def test_a_sync_token_brings_what_changed_and_what_went(caldav: Any) -> None:
    first, changed = event("jeton"), event("jeton", "SUMMARY:Changé")
    updated, deleted = caldav("changed_since", "28", first.decode(), changed.decode(), event("nouveau").decode())
    assert updated == ["jeton.ics", "nouveau.ics"]
    assert deleted == ["autre-jeton.ics"]


def test_busy_times_are_told(caldav: Any) -> None:
    caldav("add", "28", event("occupe", "DURATION:PT2H", start="DTSTART:20270501T090000Z").decode())
    told = caldav("free_busy", "28", "2027-05-01T00:00:00+00:00", "2027-05-02T00:00:00+00:00")
    assert told == ["FREEBUSY;FBTYPE=BUSY:20270501T090000Z/20270501T110000Z"]


def test_a_write_to_another_network_is_refused(caldav: Any) -> None:
    with pytest.raises(AssertionError, match="AuthorizationError"):
        caldav("add", "41", event("interdit").decode())
