"""calcurse-caldav between calcurse's own files and a calendar on the server."""

from __future__ import annotations

from pathlib import Path

import pytest
from serving import PASSWORD, Server, event
from tools import Tool, of_debian, run

CONFIG = """\
[General]
Hostname = 127.0.0.1:{port}
Path = /marie/{slug}/
HTTPS = No
DryRun = No
[Auth]
Username = marie
Password = {password}
"""


# Debian's script looks for its library where Debian's Python does.
CALDAV = ["/usr/bin/python3", "/usr/bin/calcurse-caldav"]


@pytest.fixture(scope="session")
def tool() -> Tool:
    return of_debian("calcurse")


class Calcurse:
    """calcurse in a home folder, and a network's calendar that it is kept the same as."""

    def __init__(self, home: Path, server: Server, slug: str) -> None:
        self._home = home
        (home / ".calcurse" / "caldav").mkdir(parents=True)
        config = CONFIG.format(port=server.port, slug=slug, password=PASSWORD)
        (home / ".calcurse" / "caldav" / "config").write_text(config)
        self.sync("--init=keep-remote")

    @property
    def appointments(self) -> Path:
        """Its file of events, a line each, which people may edit."""
        return self._home / ".calcurse" / "apts"

    def sync(self, *words: str) -> str:
        """What it says of what it did."""
        ran = run([*CALDAV, *words], self._home)
        assert ran.code == 0, ran.told
        return ran.out

    def tries_to_sync(self) -> str:
        ran = run(CALDAV, self._home)
        assert ran.code != 0
        return ran.told

    def edit(self, before: str, after: str) -> None:
        """Replace a text in its events; with nothing, the event's line goes."""
        lines = self.appointments.read_text("utf-8").splitlines(keepends=True)
        assert any(before in line for line in lines)
        kept = [line.replace(before, after) for line in lines if after or before not in line]
        self.appointments.write_text("".join(kept), "utf-8")

    def add(self, line: str) -> None:
        with self.appointments.open("a", encoding="utf-8") as file:
            file.write(line + "\n")


@pytest.fixture
def calcurse(server: Server, tmp_path: Path) -> Calcurse:
    assert server.put("/marie/28/commun.ics", event("commun", "SUMMARY:Commun", "DURATION:PT1H")).status in (201, 204)
    return Calcurse(tmp_path, server, "28")


def titles(server: Server) -> list[str]:
    lines = server.get("/marie/28/").text.replace("\r\n ", "").split("\r\n")
    return [line.removeprefix("SUMMARY:") for line in lines if line.startswith("SUMMARY:")]


def test_every_event_and_task_of_the_minutes_is_read(server: Server, calcurse: Calcurse, tmp_path: Path) -> None:
    text = calcurse.appointments.read_text("utf-8") + (tmp_path / ".calcurse" / "todo").read_text("utf-8")
    for title in titles(server):
        assert title.replace("\\,", ",").replace("\\;", ";") in text


def test_what_is_added_reaches_the_server(server: Server, calcurse: Calcurse) -> None:
    """Its events have LF line ends, floating times, and no DTSTAMP."""
    calcurse.add("12/01/2026 @ 14:00 -> 12/01/2026 @ 15:30 |[Dreux] Ajout")
    assert "1 items exported" in calcurse.sync()
    assert titles(server).count("[Dreux] Ajout") == 1
    assert calcurse.sync().startswith("0 items imported, 0 items removed locally.\n0 items exported, 0 items removed")


def test_what_is_edited_is_changed_on_the_server(server: Server, calcurse: Calcurse) -> None:
    """By a new event in the place of the old one: calcurse knows of no UID."""
    calcurse.edit("|Commun", "|Retouché")
    calcurse.sync()
    assert ("Commun" in titles(server), titles(server).count("Retouché")) == (False, 1)


def test_what_is_deleted_is_gone_from_the_server(server: Server, calcurse: Calcurse) -> None:
    """With the If-Match of the event that it read."""
    calcurse.edit("|Commun", "")
    assert "1 items removed from the server" in calcurse.sync()
    assert server.get("/marie/28/commun.ics").status == 404


def test_what_others_change_and_delete_comes_along(server: Server, calcurse: Calcurse) -> None:
    changed = event("commun", "SUMMARY:Changé ailleurs", "DURATION:PT1H")
    assert server.put("/marie/28/commun.ics", changed).status == 204
    calcurse.sync()
    assert "|Changé ailleurs" in calcurse.appointments.read_text("utf-8")
    assert server.request("DELETE", "/marie/28/commun.ics").status == 200
    calcurse.sync()
    assert "Changé ailleurs" not in calcurse.appointments.read_text("utf-8")


def test_a_refused_event_is_told_and_stays(server: Server, tmp_path: Path) -> None:
    calcurse = Calcurse(tmp_path, server, "41")
    calcurse.add("12/01/2026 @ 14:00 -> 12/01/2026 @ 15:30 |Interdit")
    assert "403" in calcurse.tries_to_sync()
    assert "|Interdit" in calcurse.appointments.read_text("utf-8")
