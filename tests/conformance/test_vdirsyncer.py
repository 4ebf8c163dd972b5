"""vdirsyncer keeps a folder and a calendar the same, both ways: with 500 events, nothing is lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from serving import Server, copy_instance, event, serving
from synchronising import VDIRSYNCER, Copy
from tools import Tool, of_python

EVENTS = 500
SLUG = "28"


@pytest.fixture(scope="session")
def tool() -> Tool:
    return of_python(VDIRSYNCER)


def numbered(number: int) -> str:
    """Events of every kind in turn, told by their number. Lines end in LF."""
    kinds = (
        lambda uid: event(uid, f"SUMMARY:[Dreux] Réunion n° {number}"),
        lambda uid: event(uid, "DTEND;VALUE=DATE:20261203", start="DTSTART;VALUE=DATE:20261201"),
        lambda uid: event(uid, "DURATION:PT90M", "RRULE:FREQ=WEEKLY;COUNT=10", "EXDATE:20261208T090000Z"),
        lambda uid: event(uid, "DTEND:20261201T110000", start="DTSTART:20261201T090000"),
        lambda uid: event(uid, "BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT15M", "DESCRIPTION:Bientôt", "END:VALARM"),
        lambda uid: event(uid, "SUMMARY:À dater", "X-INCONNU;X-PARAM=1:gardé", start=None, component="VTODO"),
    )
    return kinds[number % len(kinds)](f"numero-{number}").decode().replace("\r\n", "\n")


@pytest.fixture(scope="module")
def filled(instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance to copy: its network 28 has 500 events that vdirsyncer put there."""
    home = copy_instance(instance, tmp_path_factory.mktemp("filled") / "home")
    with serving(home) as server:
        copy = Copy(tmp_path_factory.mktemp("computer"), server, "marie", SLUG)
        for number in range(EVENTS):
            write(copy, numbered(number), f"numero-{number}")
        copy.sync()
    return home


@pytest.fixture
def server(filled: Path, tmp_path: Path) -> Iterator[Server]:
    """A test's own server, with 500 events."""
    with serving(copy_instance(filled, tmp_path / "agenda")) as running:
        yield running


@pytest.fixture
def copies(server: Server, tmp_path: Path) -> Callable[[str], Copy]:
    """Computers by name, each with a copy of the calendar."""

    def new(name: str) -> Copy:
        (tmp_path / name).mkdir()
        copy = Copy(tmp_path / name, server, "marie", SLUG)
        copy.sync()
        return copy

    return new


def write(copy: Copy, text: str, uid: str) -> None:
    (copy.folder(SLUG) / f"{uid}.ics").write_bytes(text.replace("\n", "\r\n").encode())


def retitled(text: str, title: str) -> str:
    """An event with a title in place of its own."""
    return re.sub(r"(?m)^SUMMARY:.*$", f"SUMMARY:{title}", text)


def put(server: Server, text: str, uid: str) -> None:
    """What another client does meanwhile."""
    assert server.put(f"/marie/{SLUG}/{uid}.ics", text.encode()).status in (201, 204)


def kept(server: Server, uid: str) -> str | None:
    """An event's text on the server."""
    answer = server.get(f"/marie/{SLUG}/{uid}.ics")
    return answer.text.replace("\r\n", "\n") if answer.status == 200 else None


def test_every_event_is_on_the_server_as_it_was_in_the_folder(server: Server) -> None:
    for number in range(EVENTS):
        assert kept(server, f"numero-{number}") == numbered(number)


def test_another_computer_gets_every_event(copies: Callable[[str], Copy]) -> None:
    """And those of the minutes, which were there before."""
    texts = copies("autre").texts(SLUG)
    assert {f"numero-{number}": numbered(number) for number in range(EVENTS)}.items() <= texts.items()
    assert len(texts) > EVENTS


def test_changes_of_both_sides_cross_and_none_is_lost(copies: Callable[[str], Copy]) -> None:
    """Forty changed, ten new and ten deleted on each of two computers, which then hold the same."""
    one, other = copies("un"), copies("autre")
    expected = dict(one.texts(SLUG))
    for copy, first in ((one, 0), (other, 100)):
        for number in range(first, first + 40):
            expected[f"numero-{number}"] = retitled(expected[f"numero-{number}"], f"Changé {number}")
            write(copy, expected[f"numero-{number}"], f"numero-{number}")
        for number in range(first + 40, first + 50):
            (copy.folder(SLUG) / f"numero-{number}.ics").unlink()
            del expected[f"numero-{number}"]
        for number in range(first + 1000, first + 1010):
            write(copy, numbered(number), f"numero-{number}")
            expected[f"numero-{number}"] = numbered(number)
    for copy in (one, other, one):
        copy.sync()
    assert by_uid(one.texts(SLUG).values()) == by_uid(other.texts(SLUG).values()) == by_uid(expected.values())


def by_uid(texts: Iterable[str]) -> dict[str, str]:
    """Texts by UID: a file that came from the server may have another name than one that went there."""
    found = [(re.findall(r"(?m)^UID:(.*)$", text)[0], text) for text in texts]
    assert len(dict(found)) == len(found), "a UID is there twice"
    return dict(found)


@pytest.fixture
def conflict(copies: Callable[[str], Copy], server: Server) -> Copy:
    """A copy in which an event was changed that was changed on the server too."""
    copy = copies("poste")
    write(copy, retitled(copy.texts(SLUG)["numero-0"], "Dans le dossier"), "numero-0")
    changed = retitled(copy.texts(SLUG)["numero-0"], "Sur le serveur")
    put(server, changed, "numero-0")
    return copy


def test_a_conflict_is_told_and_neither_version_is_lost(conflict: Copy, server: Server) -> None:
    ran = conflict.tries_to_sync()
    assert ran.code != 0
    assert "conflict" in ran.told
    assert "SUMMARY:Dans le dossier" in conflict.texts(SLUG)["numero-0"]
    assert "SUMMARY:Sur le serveur" in (kept(server, "numero-0") or "")


@pytest.mark.parametrize(("winner", "title"), [("a wins", "Dans le dossier"), ("b wins", "Sur le serveur")])
def test_a_conflict_is_settled_as_the_person_says(conflict: Copy, server: Server, winner: str, title: str) -> None:
    conflict.resolving(f'"{winner}"')
    conflict.sync()
    assert f"SUMMARY:{title}" in conflict.texts(SLUG)["numero-0"]
    assert f"SUMMARY:{title}" in (kept(server, "numero-0") or "")


def test_a_change_wins_over_a_deletion_on_the_other_side(copies: Callable[[str], Copy], server: Server) -> None:
    """Either way round: vdirsyncer brings back what it would else lose."""
    copy = copies("poste")
    (copy.folder(SLUG) / "numero-0.ics").unlink()
    changed = retitled(numbered(0), "Changé entre-temps")
    put(server, changed, "numero-0")
    write(copy, retitled(copy.texts(SLUG)["numero-6"], "Changé ici"), "numero-6")
    assert server.request("DELETE", f"/marie/{SLUG}/numero-6.ics").status == 200
    copy.sync()
    assert copy.texts(SLUG)["numero-0"] == changed
    assert "SUMMARY:Changé ici" in (kept(server, "numero-6") or "")


def test_nothing_is_sent_again_where_nothing_changed(copies: Callable[[str], Copy], server: Server) -> None:
    """An address or ETag of ours that moved by itself would have each event sent to and fro."""
    copy = copies("poste")
    before = server.propfind(f"/marie/{SLUG}/", "D:sync-token").text
    copy.sync()
    assert server.propfind(f"/marie/{SLUG}/", "D:sync-token").text == before


def test_what_may_not_be_written_stays_in_the_folder(server: Server, tmp_path: Path) -> None:
    """The refusal is told, and the rest is synchronised."""
    (tmp_path / "poste").mkdir()
    copy = Copy(tmp_path / "poste", server, "marie", "41")
    (copy.folder("41") / "interdit.ics").write_bytes(event("interdit"))
    ran = copy.tries_to_sync()
    assert (ran.code != 0, "403" in ran.told) == (True, True), ran.told
    assert "interdit" in copy.texts("41")
    assert len(copy.texts("41")) > 1


def test_a_calendars_name_and_colour_come_along(copies: Callable[[str], Copy]) -> None:
    copy = copies("poste")
    copy.metasync()
    assert (copy.folder(SLUG) / "displayname").read_text("utf-8") == "28 Eure-et-Loir"
    assert (copy.folder(SLUG) / "color").read_text("utf-8") == "#1F5FA8"
