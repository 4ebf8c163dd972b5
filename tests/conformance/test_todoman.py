"""todoman, on the copy that vdirsyncer keeps: tasks read, added, changed, done and deleted there reach the server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from serving import Server, event
from synchronising import Copy
from tools import Tool, of_python, program_of, run

CONFIG = """\
path = "{home}/calendars/*"
date_format = "%Y-%m-%d"
time_format = "%H:%M"
default_list = "28"
cache_path = "{home}/todoman.db"
"""


@pytest.fixture(scope="session")
def tool() -> Tool:
    return of_python("todoman")


@pytest.fixture
def copy(server: Server, tmp_path: Path) -> Copy:
    """Marie's copy of her network's calendar, up to date, with one task and todoman set up on it."""
    assert server.put("/marie/28/tache.ics", event("tache", "SUMMARY:À faire", component="VTODO")).status in (201, 204)
    copy = Copy(tmp_path, server, "marie", "28")
    copy.sync()
    (tmp_path / "todoman.py").write_text(CONFIG.format(home=tmp_path))
    return copy


def todo(copy: Copy, *words: str) -> str:
    """What todoman says."""
    ran = run([program_of("todoman", "todo"), "--config", str(copy.home / "todoman.py"), *words], copy.home)
    assert ran.code == 0, ran.told
    return ran.out


def ids(copy: Copy) -> dict[str, str]:
    """The tasks that are to be done: their numbers by their titles."""
    return {each["summary"]: str(each["id"]) for each in json.loads(todo(copy, "--porcelain", "list"))}


def tasks(server: Server) -> list[str]:
    """The tasks of the network 28 as the server keeps them."""
    whole = server.get("/marie/28/").text.replace("\r\n ", "")
    return [each.partition("END:VTODO")[0] for each in whole.split("BEGIN:VTODO")[1:]]


def test_tasks_are_listed_and_those_of_the_minutes_too(copy: Copy, server: Server) -> None:
    titles = {
        line.removeprefix("SUMMARY:") for text in tasks(server) for line in text.split("\r\n") if "SUMMARY:" in line
    }
    assert "À faire" in titles
    assert {title.replace("\\,", ",") for title in titles} == set(ids(copy))


def test_what_is_added_reaches_the_server(copy: Copy, server: Server) -> None:
    todo(copy, "new", "--list", "28", "--due", "2026-12-15 12:00", "Relire l'affiche")
    copy.sync()
    (task,) = [text for text in tasks(server) if "SUMMARY:Relire l'affiche" in text]
    assert "DUE:20261215T110000Z" in task


def test_what_is_changed_is_changed_on_the_server(copy: Copy, server: Server) -> None:
    todo(copy, "edit", "--location", "Chartres", ids(copy)["À faire"])
    copy.sync()
    assert "LOCATION:Chartres" in server.get("/marie/28/tache.ics").text


def test_what_is_done_is_done_on_the_server(copy: Copy, server: Server) -> None:
    todo(copy, "done", ids(copy)["À faire"])
    copy.sync()
    assert "STATUS:COMPLETED" in server.get("/marie/28/tache.ics").text


def test_what_is_deleted_is_gone_from_the_server(copy: Copy, server: Server) -> None:
    todo(copy, "delete", "--yes", ids(copy)["À faire"])
    copy.sync()
    assert server.get("/marie/28/tache.ics").status == 404
