"""One event followed from its creation to its return, through the calendar of its network, the agenda and a feed.

Two clients follow it, each for a coordinator and for a reader. After each step, they have with their next sync what a
rebuild from scratch of everything makes of it, and so has the feed within a second.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

import pytest
from serving import PASSWORD, Server, copy_instance, environment, event, program, serving, store_of
from synchronising import VDIRSYNCER, Copy
from test_agenda_kept import expected
from tools import Tool, of_python, python_of, run

from spro_agenda.feed_text import Wanted, piece
from spro_agenda.ical.split import read_file
from spro_agenda.ical.write import put_together
from spro_agenda.links import token_of
from spro_agenda.model import View
from spro_agenda.secret import secret_of
from spro_agenda.store import Actor, FeedFilter, Store
from spro_agenda.store.watch import TRUE_S

STEPS = Path(__file__).with_name("steps_caldav.py")
MARK = "⚠ "
TITLE = "28 Chartres · Atelier du mardi"
UID = "28.suivi@essai"

Texts = Mapping[str, str]
"""Texts by UID, as XML has their line ends."""


class Client(Protocol):
    """Somebody's client, which knows a calendar by what its syncs brought."""

    def sync(self) -> Mapping[str, Texts]:
        """The texts of each calendar after a sync."""


class Vdirsyncer:
    def __init__(self, home: Path, server: Server, login: str, *slugs: str) -> None:
        home.mkdir()
        self._copy, self._slugs = Copy(home, server, login, *slugs), slugs

    def sync(self) -> Mapping[str, Texts]:
        self._copy.sync()
        return {slug: by_uid(self._copy.texts(slug).values()) for slug in self._slugs}


class CaldavLibrary:
    """It asks with its last sync token for what changed, and takes what is gone out."""

    def __init__(self, home: Path, server: Server, login: str, *slugs: str) -> None:
        home.mkdir()
        self._home, self._words = home, [python_of("caldav"), str(STEPS), server.url, login, PASSWORD, "since"]
        self._tokens = dict.fromkeys(slugs, "")
        self._held: dict[str, dict[str, str]] = {slug: {} for slug in slugs}

    def sync(self) -> Mapping[str, Texts]:
        for slug, token in self._tokens.items():
            ran = run([*self._words, json.dumps([slug, token])], self._home)
            assert ran.code == 0, ran.told
            self._tokens[slug], changed = json.loads(ran.out)
            for path, text in changed.items():
                if text is None:
                    del self._held[slug][path]
                else:
                    self._held[slug][path] = text
        return {slug: by_uid(its.values()) for slug, its in self._held.items()}


CLIENTS: Mapping[str, Callable[..., Client]] = {VDIRSYNCER: Vdirsyncer, "caldav": CaldavLibrary}


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def tool(client: str) -> Tool:
    return of_python(client)


@pytest.fixture
def server(instance: Path, tmp_path: Path) -> Iterator[Server]:
    """In the year of the minutes, of which all is then within the horizon."""
    home = copy_instance(instance, tmp_path / "agenda")
    with closing(store_of(home)) as store:
        store.move_horizon(date(2021, 9, 1), Actor())
    with serving(home, workers=2) as running:
        yield running


def by_uid(texts: Iterator[str] | list[str]) -> Texts:
    found = {}
    for text in texts:
        lf = text.replace("\r\n", "\n").strip()
        uid = next(line for line in lf.replace("\n ", "").split("\n") if line.startswith("UID:"))
        found[uid.removeprefix("UID:")] = lf
    return found


@dataclass
class Story:
    """A server, who follows it, and the two feeds: of all, and of what coordinators may see."""

    server: Server
    store: Store
    followers: Mapping[str, Client]
    feeds: Mapping[View, str]

    def put(self, login: str, slug: str, uid: str, *lines: str, start: str) -> None:
        text = event(f"{uid}@essai", "LOCATION:Salle Lentin\\, Chartres", *lines, start=start)
        answer = self.server.request("PUT", f"/{login}/{slug}/{uid}.ics", text, login=login)
        assert answer.status in (201, 204), answer.text

    def command(self, *words: str) -> str:
        """What a command says, which an administrator types on the server."""
        home = str(self.server.home)
        ran = subprocess.run(
            program("--home", home, *words), capture_output=True, text=True, check=False, env=environment()
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    def within_a_second(self, path: str) -> str:
        begun = time.monotonic()
        time.sleep(TRUE_S)
        answer = self.server.request("GET", path, login=None)
        assert time.monotonic() - begun < 1
        return answer.text

    def seen(self) -> tuple[str, str]:
        """The event's titles in the agenda, inside and outside, "" where it is not there; all that anybody holds and
        is given is held to a rebuild."""
        fed = {view: self.within_a_second(path) for view, path in self.feeds.items()}
        with self.store.read() as reader:
            rebuilt = expected(reader, "")
            network = [stored.body.decode() for stored in reader.objects("28")]
        inside, seen = (by_uid([texts[place].decode() for texts in rebuilt.values()]) for place in (0, 1))
        held = {who: follower.sync() for who, follower in self.followers.items()}
        assert held["marie"] == {"28": by_uid(network), "agenda": inside}
        assert held["luc"] == {"agenda": seen}
        for place, (view, text) in enumerate(fed.items()):
            told = Wanted(clashes=view is View.INSIDE)
            wanted = (put_together([], [piece(texts[place], told)]) for texts in rebuilt.values())
            assert in_feed(text.encode()) == {uid: its for each in wanted for uid, its in in_feed(each).items()}
        return title(inside), title(seen)

    def clash(self) -> str:
        """The name of the one clash in which the event stands."""
        with self.store.read() as reader:
            found = [
                each.id
                for each in reader.live_standings().values()
                if any(key.agenda_uid == UID for key in each.events)
            ]
        assert len(found) == 1
        return found[0]


def in_feed(data: bytes) -> Texts:
    """The events and tasks of a feed that have days, each as its components."""
    objects = [obj for obj in read_file(data, "").objects if any(part.start or part.end for part in obj.parts)]
    return {obj.uid: "\n".join(line.text for each in obj.tree.children for line in each.lines) for obj in objects}


def title(texts: Texts) -> str:
    lines = texts.get(UID, "").replace("\n ", "").split("\n")
    return next((line.removeprefix("SUMMARY:") for line in lines if line.startswith("SUMMARY:")), "")


@pytest.fixture
def story(server: Server, client: str, tmp_path: Path) -> Iterator[Story]:
    with closing(store_of(server.home)) as store:
        with store.write(Actor()) as writer:
            feeds = {
                view: writer.add_feed("Essai", FeedFilter(months_back=None, clashes=view is View.INSIDE))
                for view in (View.INSIDE, View.OUTSIDE)
            }
        secret = secret_of(server.home)
        followers = {
            "marie": CLIENTS[client](tmp_path / "marie", server, "marie", "28", "agenda"),
            "luc": CLIENTS[client](tmp_path / "luc", server, "luc", "agenda"),
        }
        paths = {view: f"/.web/f/{token_of(feed, secret)}.ics" for view, feed in feeds.items()}
        yield Story(server, store, followers, paths)


def test_an_event_is_followed_from_its_creation_to_its_return(story: Story) -> None:
    """Created, moved, met by another's series, settled, cancelled, deleted, restored as it was, and reopened."""
    on, met = "DTSTART;TZID=Europe/Paris:20211005T140000", "DTSTART;TZID=Europe/Paris:20211012T140000"
    assert story.seen() == ("", "")

    story.put("marie", "28", "suivi", "SUMMARY:[Chartres] Atelier du mardi", "DURATION:PT2H", start=on)
    assert story.seen() == (TITLE, TITLE)

    story.put("marie", "28", "suivi", "SUMMARY:[Chartres] Atelier du mardi", "DURATION:PT2H", start=met)
    assert story.seen() == (TITLE, TITLE)

    series = met.replace("20211012", "20211011")
    story.put("paul", "41", "serie", "SUMMARY:Permanence", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3", start=series)
    assert story.seen() == (MARK + TITLE, TITLE)
    entry = next(each for each in story.followers["marie"].sync()["agenda"].values() if "41.serie@essai" in each)
    assert (entry.count("BEGIN:VEVENT"), entry.count(f"SUMMARY:{MARK}"), entry.count("RECURRENCE-ID")) == (2, 1, 1)

    clash = story.clash()
    story.command("clashes", "settle", clash, "--by", "marie", "--why", "deux salles")
    assert story.seen() == (MARK + TITLE, TITLE)
    story.command("clashes", "settle", clash, "--by", "paul")
    assert story.seen() == (TITLE, TITLE)

    story.put("marie", "28", "suivi", "SUMMARY:[Chartres] Autre titre", "STATUS:CANCELLED", start=met)
    cancelled = story.seen()
    assert cancelled[0] == cancelled[1]
    assert "Autre titre" in cancelled[0]

    assert story.server.request("DELETE", "/marie/28/suivi.ics").status == 200
    assert story.seen() == ("", "")

    story.command("restore", "28/suivi@essai", "--yes")
    assert story.seen() == cancelled

    # Settled it was, and nothing of it has moved since.
    _created, moved = reversed(
        json.loads(story.command("history", "28/suivi@essai", "--format", "json"))["revisions"][-2:]
    )
    story.command("restore", "28/suivi@essai", "--revision", str(moved["revision"]), "--yes")
    assert story.seen() == (TITLE, TITLE)

    story.command("clashes", "reopen", clash, "--by", "marie")
    assert story.seen() == (MARK + TITLE, TITLE)
