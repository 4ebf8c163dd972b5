"""The regional agenda in the store: after any write it is what calendars and answers make of it, in both views."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random

import pytest
from databases import DATABASES, Database
from store_contract import event
from test_clashes_kept import REGION_TOML, SLUGS, UIDS, answer, do, region_of, steps

from spro_agenda.agenda_text import Marked, Shown, text_of
from spro_agenda.clashes import answered, find_encounters, find_possible_encounters, merged, outstanding
from spro_agenda.errors import SproError
from spro_agenda.model import AGENDA, REGION, EventKey, OccurrenceKey, View
from spro_agenda.region.entry import Entry, outside, read_entry
from spro_agenda.store import Actor, Reader, Retention, Store

MARIE = Actor(login="marie")
URL = "https://agenda.exemple.fr/"


def entries(reader: Reader) -> Iterator[tuple[Entry, str]]:
    """What everybody sees of all networks' events, each with its href."""
    for calendar in reader.calendars():
        for stored in reader.objects(calendar.slug):
            entry = outside(read_entry(stored.body, calendar.network, reader.region(), stored.href))
            if entry is not None:
                yield entry, stored.href


def expected(reader: Reader, url: str) -> Mapping[str, tuple[bytes, bytes]]:
    """The agenda made anew of everything at once, without the store's index: by UID, from inside and from outside."""
    region, apart, (first, last) = reader.region(), reader.apart(), reader.horizon()
    known = list(entries(reader))
    # A series is told for the horizon, what takes place once whenever it does: all of it is of 2021.
    firm = [
        each
        for entry, _href in known
        for each in entry.occurrences(
            *((first, last) if entry.lead.repeats else (date(2021, 1, 1), date(2021, 12, 31)))
        )
    ]
    vague = [each for entry, _href in known if (each := entry.over_its_window())]
    encounters = [
        *find_encounters(firm, region, apart),
        *find_possible_encounters(vague, firm, region, apart),
    ]
    families, participants = reader.families(), reader.participants()
    clashes = {clash.identity: answered(clash, families) for clash in merged(encounters)}
    standings = reader.standings(clashes)
    met_at: dict[OccurrenceKey, set[str]] = {}
    for met in encounters:
        if outstanding(standings[met.identity]):
            for member in met.members:
                met_at.setdefault(member.key, set()).add(met.identity)
    found = {}
    for entry, href in known:
        its = [each for each in (*firm, *vague) if each.key.event == entry.key and each.key in met_at]
        marked = tuple(
            Marked(each, tuple(clashes[identity] for identity in sorted(met_at[each.key])))
            for each in sorted(its, key=lambda each: each.start)
        )
        shown = Shown(
            entry=entry,
            marked=marked,
            participants=tuple(filter(entry.lead.is_open_to, participants.get(entry.key, ()))),
            address=f"{url}spro/{entry.key.network}/{href}" if url else "",
            since=date(first.year + 1, 1, 1),
        )
        found[entry.key.agenda_uid] = (text_of(shown), text_of(replace(shown, marked=())))
    return found


class Client:
    """Somebody who syncs the agenda, and knows nothing of it but what is told by changes."""

    def __init__(self, view: View) -> None:
        self.view, self.token, self.held = view, "", dict[str, bytes]()

    def sync(self, reader: Reader) -> None:
        changes = reader.changes_since(AGENDA, self.token, self.view)
        found = reader.objects_named(AGENDA, changes.hrefs, self.view)
        for href in changes.hrefs:
            if href in found:
                self.held[href] = found[href].body
            else:
                self.held.pop(href, None)
        self.token = changes.token


def check(store: Store, clients: list[Client], url: str = "") -> int:
    """The agenda says what it should, and whoever syncs has all of it; how many entries tell of clashes."""
    with store.read() as reader:
        wanted = expected(reader, url)
        for place, client in enumerate(clients):
            client.sync(reader)
            held = {stored.uid: stored.body for stored in reader.objects(AGENDA, view=client.view)}
            assert held == {uid: texts[place] for uid, texts in wanted.items()}
            assert {stored.href: stored.body for stored in reader.objects(AGENDA, view=client.view)} == client.held
            listed = {each.href: each.etag for each in reader.listing(AGENDA, client.view)}
            assert listed == {each.href: each.etag for each in reader.objects(AGENDA, view=client.view)}
    return sum(inside != from_outside for inside, from_outside in wanted.values())


def say(store: Store, random: Random) -> None:
    """Somebody settles a clash, or reopens it, or a network takes part in what another does, or no more."""
    with store.read() as reader:
        live = sorted(reader.live_standings())
    with store.write(MARIE) as writer:
        try:
            deed = random.choice(["settle", "settle", "same", "reopen", "join", "leave"])
            if deed in ("join", "leave"):
                verb = writer.join if deed == "join" else writer.leave
                verb(EventKey(random.choice(SLUGS), random.choice(UIDS)), random.choice(["36", "45", "28"]))
            elif live:
                verb = {"settle": writer.settle, "same": writer.say_same, "reopen": writer.reopen}[deed]
                verb(random.choice(live), random.choice(["28", "45", REGION]), "vu")
        except SproError:
            writer.spoilt = True


def upkeep(store: Store, random: Random) -> None:
    """What the server does in a night."""
    if random.randrange(6) == 0:
        store.move_horizon(date(random.choice([2020, 2021, 2022, 2023, 2024]), 5, 1), MARIE)
    if random.randrange(6) == 0:
        store.purge(date(2030, 1, 1), Retention(), MARIE)


@pytest.mark.parametrize("seed", range(200, 206))
@pytest.mark.parametrize("database", DATABASES.values(), ids=DATABASES)
def test_the_agenda_is_what_calendars_and_answers_make_of_it(database: Database, seed: int, tmp_path: Path) -> None:
    """Whatever is put, hidden, moved, deleted, settled, joined, purged, in whatever order; and no change is missed."""
    random, marked = Random(seed), 0
    store = database.store(tmp_path, REGION_TOML if seed % 2 else region_of(random))
    clients = [Client(View.INSIDE), Client(View.OUTSIDE)]
    for step in steps(random):
        do(store, step)
        marked += check(store, clients)
        say(store, random)
        answer(store, random)
        upkeep(store, random)
        marked += check(store, clients)
    assert marked
    with store.read() as reader:
        assert list(reader.check()) == []
    store.close()


def test_a_family_settles_and_reopens_whom_its_events_meet(tmp_path: Path) -> None:
    """Those too that are one action with them by way of others."""
    store = DATABASES["sqlite"].store(tmp_path, REGION_TOML)
    clients = [Client(View.INSIDE), Client(View.OUTSIDE)]
    book = ("DESCRIPTION:Intervenant : André Chauvet", "DTSTART:20211004T070000Z", "DURATION:PT1H")
    for slug, uid in (("28", "a"), ("45", "b"), ("36", "c"), ("41", "d")):
        do(store, ("put", slug, uid, event(uid, f"SUMMARY:Atelier {uid} {slug}", *book)))
    keys = [EventKey(slug, uid) for slug, uid in (("28", "a"), ("45", "b"), ("36", "c"), ("41", "d"))]
    for pair in ((0, 1), (2, 3), (0, 2)):
        with store.write(MARIE) as writer:
            writer.link(keys[place] for place in pair)
        check(store, clients)
    with store.read() as reader:
        (identity,) = reader.live_standings()
    with store.write(MARIE) as writer:
        writer.reopen(identity, "28", "à revoir")
    check(store, clients)
    store.close()


def test_a_highlight_that_meets_a_crowd_is_written_as_if_all_had_been_read(tmp_path: Path) -> None:
    """Only what it tells is looked at; which those are follows from all of them, settled ones left out."""
    store = DATABASES["sqlite"].store(tmp_path, REGION_TOML)
    clients = [Client(View.INSIDE), Client(View.OUTSIDE)]
    for number in range(16):
        begins = f"DTSTART:202110{4 + number % 12:02}T{7 + number % 3:02}0000Z"
        body = event(f"e{number}", f"SUMMARY:Atelier {number}", begins, "DURATION:PT1H")
        do(store, ("put", ("28", "45", "36")[number % 3], f"e{number}", body))
    days = ("DTSTART;VALUE=DATE:20211001", "DTEND;VALUE=DATE:20211101")
    do(store, ("put", REGION, "m", event("m", "SUMMARY:Mois de l'orientation", *days)))
    check(store, clients)
    with store.read() as reader:
        (entry,) = (stored.body for stored in reader.objects(AGENDA) if stored.uid == "region.m")
        identities = sorted(reader.live_standings())
    assert b"autres conflits" in entry.replace(b"\r\n ", b"")
    for identity in identities[:5]:
        with store.write(MARIE) as writer:
            writer.settle(identity, REGION, "vu")
        check(store, clients)
    store.close()
