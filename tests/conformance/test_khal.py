"""khal, on the copy that vdirsyncer keeps: what is read, added, edited and deleted there reaches the server."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import icalendar
import pytest
from serving import Server, store_of
from synchronising import Copy
from tools import Tool, of_python, program_of, run

from spro_agenda.links import token_of
from spro_agenda.secret import secret_of
from spro_agenda.store import Actor, FeedFilter

CONFIG = """\
[calendars]
[[28]]
path = {folder}
[locale]
timeformat = %H:%M
dateformat = %d/%m/%Y
longdateformat = %d/%m/%Y
datetimeformat = %d/%m/%Y %H:%M
longdatetimeformat = %d/%m/%Y %H:%M
local_timezone = Europe/Paris
default_timezone = Europe/Paris
[default]
default_calendar = 28
[sqlite]
path = {home}/khal.db
"""


@pytest.fixture(scope="session")
def tool() -> Tool:
    return of_python("khal")


@pytest.fixture
def copy(server: Server, tmp_path: Path) -> Copy:
    """Marie's copy of her network's calendar, up to date, with khal set up on it."""
    copy = Copy(tmp_path, server, "marie", "28")
    copy.sync()
    (tmp_path / "khal.conf").write_text(CONFIG.format(home=tmp_path, folder=copy.folder("28")))
    return copy


def khal(copy: Copy, *words: str, typed: str = "") -> str:
    """What khal says."""
    ran = run([program_of("khal", "khal"), "-c", str(copy.home / "khal.conf"), *words], copy.home, typed=typed)
    assert ran.code == 0, ran.told
    return ran.out


def add(copy: Copy, title: str) -> None:
    khal(copy, "new", "01/12/2026", "14:00", "15:30", title, "-l", "Dreux", "::", "Public : jeunes")
    copy.sync()


def found(server: Server, title: str) -> str:
    """The event of the network 28 with a title, as the server keeps it; "" where there is none."""
    whole = server.get("/marie/28/").text.replace("\r\n ", "")
    events = ("BEGIN:VEVENT" + each for each in whole.split("BEGIN:VEVENT")[1:])
    return next((each for each in events if f"SUMMARY:{title}\r\n" in each), "")


def test_a_feed_is_imported_whole(copy: Copy, server: Server) -> None:
    """Every event of it, without a warning: khal keeps one file for each UID. Tasks it leaves out, as it says."""
    with closing(store_of(server.home)) as store, store.write(Actor()) as writer:
        feed = writer.add_feed("Lycée", FeedFilter(months_back=None, descriptions=True))
    path = f"/.web/f/{token_of(feed, secret_of(server.home))}.ics"
    whole = server.request("GET", path, login=None).body
    given = icalendar.Calendar.from_ical(whole)
    assert not given.walk("VTODO")
    (copy.home / "feed.ics").write_bytes(whole)
    before = set(copy.folder("28").iterdir())
    words = ["-v", "WARNING", "-c", str(copy.home / "khal.conf"), "import", "--batch", "-a", "28"]
    ran = run([program_of("khal", "khal"), *words, str(copy.home / "feed.ics")], copy.home)
    assert (ran.code, "warning" in ran.told.lower()) == (0, False), ran.told
    held = [icalendar.Calendar.from_ical(each.read_bytes()) for each in set(copy.folder("28").iterdir()) - before]
    told = [{(str(each["UID"]), str(each["SUMMARY"])) for each in one.walk("VEVENT")} for one in (given, *held)]
    assert set().union(*told[1:]) == told[0]
    listed = khal(copy, "list", "--format", "{title}", "07/10/2021", "1d").splitlines()
    assert {f"28 {site} · Hackathon de l'orientation" for site in ("Chartres", "Châteaudun", "Dreux")} <= set(listed)


def test_a_day_is_listed(copy: Copy) -> None:
    listed = khal(copy, "list", "--format", "{title}", "07/10/2021", "1d").splitlines()
    assert listed[1:] == [f"[{site}] Hackathon de l'orientation" for site in ("Chartres", "Châteaudun", "Dreux")]


def test_what_is_added_reaches_the_server(copy: Copy, server: Server) -> None:
    add(copy, "[Dreux] Ajout")
    event = found(server, "[Dreux] Ajout")
    assert "DTSTART;TZID=Europe/Paris:20261201T140000\r\n" in event
    assert "LOCATION:Dreux\r\n" in event


def test_what_is_edited_is_changed_on_the_server(copy: Copy, server: Server) -> None:
    add(copy, "Avant")
    khal(copy, "edit", "--show-past", "Avant", typed="s\nAprès\nq\n")
    copy.sync()
    assert (bool(found(server, "Avant")), bool(found(server, "Après"))) == (False, True)


def test_what_is_deleted_is_gone_from_the_server(copy: Copy, server: Server) -> None:
    add(copy, "Annulé")
    assert found(server, "Annulé")
    khal(copy, "edit", "--show-past", "Annulé", typed="D\ny\nq\n")
    copy.sync()
    assert not found(server, "Annulé")


def test_a_series_is_added_with_its_rule(copy: Copy, server: Server) -> None:
    khal(copy, "new", "02/12/2026", "09:00", "10:00", "Chaque semaine", "--repeat", "weekly", "--until", "30/12/2026")
    copy.sync()
    assert "RRULE:FREQ=WEEKLY" in found(server, "Chaque semaine")
    listed = khal(copy, "list", "--format", "{title}", "02/12/2026", "28d").splitlines()
    assert listed.count("Chaque semaine") == 4
