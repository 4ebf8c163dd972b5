"""Clashes in the store: after any write they are those that a sweep over everything would find."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from random import Random

import pytest
from databases import DATABASES, Database
from sqlalchemy import select
from store_contract import event

from spro_agenda.model import Chance, EventKey, Kind, Opportunity, Weight
from spro_agenda.store import Actor, Store
from spro_agenda.store import schema as s
from spro_agenda.store.board import Shape
from spro_agenda.store.examining import shape_of, together

MARIE = Actor(login="marie")
REGION_TOML = (files("spro_agenda.calendars") / "region.toml").read_text("utf-8")
UIDS = ("a", "b", "c", "d", "e", "f")
SLUGS = ("28", "28", "45", "region")

TITLES = (
    "Forum de l'emploi",
    "[Chartres] Forum de l'emploi",
    "[Dreux] Forum de l'emploi",
    "[Dreux] Atelier alternance",
    "[Orléans] Atelier alternance",
    "Réunion des coordonnateurs",
    "Forum de l'emplois",
)
VAGUE = ("[semaine 40] Atelier", "[du 4 au 8 octobre] Atelier", "[en octobre] Forum", "[à définir] Forum")
LINES = (
    "Intervenant : André Chauvet",
    "Intervenant : A. Chauvet\\, Jeanne Roy",
    "Partenaire : Klub Extraordinaire",
    "Public : collégiens",
    "Public : coordonnateurs",
    "Public : jeunes\\nOuvert à : tous les réseaux",
    "Thème : alternance",
    "Temps fort : oui",
    "Portée : interne",
    "Portée : événement",
)
PLACES = ("", "Salle Lentin\\, Chartres", "Mission locale\\, Dreux", "Salle Lentin\\, Orléans", "visio")
RULES = ("", "", "", "RRULE:FREQ=DAILY;COUNT=3", "RRULE:FREQ=WEEKLY;COUNT=2", "RRULE:FREQ=WEEKLY")
MONDAY = datetime(2021, 10, 4)

Step = tuple[str, str, str, bytes]
"""A deed, the calendar and the UID that it is done to, and a text, or the calendar to move to."""


def body(uid: str, random: Random) -> bytes:
    """An event of a crowded week."""
    lines = random.sample(LINES, random.randint(1, 3))
    seen = random.choice([*[""] * 8, "CLASS:PRIVATE", "CLASS:CONFIDENTIAL"])
    status = random.choice([*[""] * 8, "STATUS:CANCELLED"])
    begins = MONDAY + timedelta(days=random.choice([1, 1, 2, 6]))
    if random.randrange(6) == 0:
        title, times = random.choice(VAGUE), ["DTSTART;VALUE=DATE:20211004"]
    elif random.randrange(2):
        title, ends = random.choice(TITLES), begins + timedelta(days=random.randint(1, 3))
        times = [f"DTSTART;VALUE=DATE:{begins:%Y%m%d}", f"DTEND;VALUE=DATE:{ends:%Y%m%d}", random.choice(RULES)]
    else:
        title, begins = random.choice(TITLES), begins + timedelta(minutes=30 * random.randint(18, 28))
        times = [
            f"DTSTART;TZID=Europe/Paris:{begins:%Y%m%dT%H%M%S}",
            f"DURATION:PT{random.randint(1, 4)}H",
            random.choice(RULES),
        ]
    return event(
        uid,
        f"SUMMARY:{title}",
        f"LOCATION:{random.choice(PLACES)}",
        "DESCRIPTION:" + "\\n".join(lines),
        *filter(None, [*times, seen, status]),
    )


def steps(random: Random) -> Iterator[Step]:
    """Events that come one after the other, are written again, move to another calendar, and go."""
    for number in range(40):
        slug, uid = random.choice(SLUGS), random.choice(UIDS)
        deed = "put" if number < 10 else random.choice(["put", "put", "put", "delete", "move"])
        yield deed, slug, uid, body(uid, random) if deed == "put" else random.choice([b"28", b"45"])


def shapes(store: Store) -> tuple[set[Shape], set[Shape]]:
    """The encounters that are stored, and those that a sweep over everything finds."""
    with store.write(MARIE) as writer:
        stored, found = writer._all_encounters()
        return {each.shape for each in stored}, set(map(shape_of, found))


def check_lives(store: Store) -> None:
    """A clash is there as long as its events meet, and knows how they stand."""
    with store._engine.connect() as connection:
        met = set(connection.execute(select(s.encounter.c.clash_id)).scalars())
        rows = connection.execute(select(s.clash)).all()
    assert {row.id for row in rows if row.gone_at is None} == met
    with store.read() as reader:
        for row in rows:
            standing = reader.standings([row.identity])[row.identity]
            assert (standing.weight is None) == (row.gone_at is not None)
            if row.gone_at is None:
                written = reader._written(standing.events)
                assert standing.fingerprint == together(written[each] for each in standing.events)


def do(store: Store, step: Step) -> None:
    deed, slug, uid, what = step
    href = f"{uid}.ics"
    with store.write(MARIE) as writer:
        if deed == "put":
            writer.put_event(slug, href, what)
        elif writer.object(slug, href) is None:
            return
        elif deed == "delete":
            writer.delete_event(slug, href)
        else:
            writer.move_event(slug, href, what.decode(), href)


def region_of(random: Random) -> str:
    """The region, with kinds that are switched off, and others that weigh otherwise than they do."""
    toml = REGION_TOML
    for kind in random.sample(list(Kind), 3):
        toml = re.sub(rf"^#? ?\[clash\.{kind}\]\n(?:#? ?[a-z].*\n)*", "", toml, flags=re.MULTILINE)
        weight, enabled = random.choice(list(Weight)).value, random.choice(["true", "true", "false"])
        toml += f'\n[clash.{kind}]\nenabled = {enabled}\nweight = "{weight}"\n'
    return toml


SITES = ("Chartres", "Dreux")
REASONS = ("Thème : alternance", "Thème : orientation", "Public : collégiens", "Public : lycéens")


def at_sites(random: Random) -> Iterator[Step]:
    """Events of two sites of a network, no two at one hour, for one or two reasons each: sets of sites overlap."""
    there: set[str] = set()
    for _number in range(30):
        place = random.randrange(8)
        uid = f"e{place}"
        if uid in there and random.randrange(4) == 0:
            there.discard(uid)
            yield "delete", "28", uid, b""
            continue
        there.add(uid)
        begins = MONDAY + timedelta(days=random.randint(1, 2), hours=8 + place)
        reasons = random.sample(REASONS, random.randint(1, 2))
        yield (
            "put",
            "28",
            uid,
            event(
                uid,
                f"SUMMARY:[{random.choice(SITES)}] Action {place}",
                f"DTSTART;TZID=Europe/Paris:{begins:%Y%m%dT%H%M%S}",
                "DURATION:PT30M",
                "DESCRIPTION:" + "\\n".join(reasons),
            ),
        )


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("database", DATABASES.values(), ids=DATABASES)
def test_sites_compete_as_a_sweep_finds_them(database: Database, seed: int, tmp_path: Path) -> None:
    """Whoever joins or leaves a set of sites for one reason takes nothing from a set for another."""
    store = database.store(tmp_path, REGION_TOML)
    for step in at_sites(Random(seed)):
        do(store, step)
        stored, found = shapes(store)
        assert stored == found
    check_lives(store)
    store.close()


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("database", DATABASES.values(), ids=DATABASES)
def test_a_write_leaves_what_a_sweep_over_everything_finds(database: Database, seed: int, tmp_path: Path) -> None:
    """Whatever is put, changed, hidden, cancelled, moved or deleted, in whatever order and under whatever rules."""
    random = Random(seed)
    store = database.store(tmp_path, REGION_TOML if seed < 3 else region_of(random))
    for step in steps(random):
        do(store, step)
        stored, found = shapes(store)
        assert stored == found
    check_lives(store)
    store.close()


def answer(store: Store, random: Random) -> None:
    """Somebody says of two events that they are two actions, or takes that back."""
    with store.write(MARIE) as writer:
        known = writer.dismissals()
        if known and random.randrange(3) == 0:
            writer.recall(random.choice(known).identity)
            return
        there = [lead for slug in ("28", "45") for uid in UIDS if (lead := writer.lead_of(EventKey(slug, uid)))]
        if len(there) > 1:
            pair = tuple(random.sample(there, 2))
            twice = Opportunity(chance=Chance.TWICE, key="", key_text="", events=pair, dates=())
            if twice.identity not in {each.identity for each in known}:
                writer.dismiss(twice, "")


@pytest.mark.parametrize("seed", range(100, 106))
@pytest.mark.parametrize("database", DATABASES.values(), ids=DATABASES)
def test_an_answer_leaves_what_a_sweep_over_everything_finds(database: Database, seed: int, tmp_path: Path) -> None:
    """Whatever people say of which events, between whatever writes."""
    random = Random(seed)
    store = database.store(tmp_path, REGION_TOML)
    for step in steps(random):
        do(store, step)
        answer(store, random)
        stored, found = shapes(store)
        assert stored == found
    check_lives(store)
    with store.read() as reader:
        assert list(reader.check()) == []
    store.close()
