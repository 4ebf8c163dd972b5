"""The Atom feed of what changed: valid, stable, and without anybody's address."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import feedparser
import pytest
from databases import URL
from store_contract import REGION_TOML, TODAY, delete, event, put
from test_digest_changes import ON_THE_8TH

from spro_agenda.digest import Change, latest
from spro_agenda.ical.contacts import without_contacts
from spro_agenda.render.atom import CONTENT_TYPE, NAMESPACE, Head, render
from spro_agenda.store import Revision, Store

ATOM = f"{{{NAMESPACE}}}"
HEAD = Head(
    title="Agenda SPRO – ce qui a changé",
    address="https://agenda.exemple.fr/.web/f/secret.atom",
    pages="https://agenda.exemple.fr/.web/",
    known_by="fil 12",
    since=datetime(2021, 9, 1, tzinfo=UTC),
)
FAR = "DTSTART:20990107T120000Z"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store.create(URL, tmp_path, REGION_TOML, TODAY)) as made:
        yield made


def changes(store: Store) -> tuple[Change, ...]:
    with store.read() as reader:
        return latest(reader.revisions_since(0), reader.region())


def ids(feed: bytes) -> list[str | None]:
    return [entry.findtext(f"{ATOM}id") for entry in ET.fromstring(feed).iter(f"{ATOM}entry")]


def test_it_has_what_the_standard_asks_for(store: Store) -> None:
    """RFC 4287 sections 4.1.1 and 4.1.2: one id, one title, one date each, an author, a link to itself; dates in RFC
    3339; ids that are absolute and each once."""
    put(store, "28", "a.ics", event("atelier", FAR, "SUMMARY:Atelier <b>CV</b> & \u00ab\u00a0lettre\u00a0\u00bb"))
    put(store, "28", "b.ics", event("bilan", FAR))
    feed = ET.fromstring(render(changes(store), HEAD))
    assert feed.tag == f"{ATOM}feed"
    for element in (feed, *feed.iter(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"{ATOM}{name}")) == 1
        assert datetime.fromisoformat(element.findtext(f"{ATOM}updated") or "").tzinfo is not None
    assert feed.findtext(f"{ATOM}author/{ATOM}name") == "Agenda SPRO"
    assert {(link.get("rel"), link.get("href")) for link in feed.findall(f"{ATOM}link")} == {
        ("self", HEAD.address),
        ("alternate", HEAD.pages),
    }
    named = [element.text or "" for element in feed.iter(f"{ATOM}id")]
    assert len(set(named)) == len(named) == 3
    assert all(each.startswith("urn:uuid:") for each in named)
    assert CONTENT_TYPE.startswith("application/atom+xml")


def test_another_reader_reads_it_without_complaint(store: Store) -> None:
    put(store, "28", "a.ics", event("atelier", FAR, "SUMMARY:Atelier <b>CV</b> & lettre"))
    put(store, "28", "b.ics", event("bilan", FAR, "SUMMARY:Bilan \x0b\x1f d'étape"))
    read = feedparser.parse(render(changes(store), HEAD))
    assert (read.bozo, read.version, read.feed.title) == (False, "atom10", HEAD.title)
    assert len(read.entries) == 2
    (atelier,) = (each for each in read.entries if "Atelier" in each.title)
    assert atelier.title_detail.type == "text/plain"
    assert atelier.content[0].value.replace("\u00a0", " ").startswith("mercredi 7 janvier 2099, 13h")
    assert [tag.term for tag in atelier.tags] == ["new"]


def test_an_empty_one_is_valid_too() -> None:
    read = feedparser.parse(render((), HEAD))
    assert (read.bozo, read.entries, read.feed.updated) == (False, [], "2021-09-01T00:00:00+00:00")


def test_an_entry_keeps_its_id_while_its_event_is_edited(store: Store) -> None:
    """As long as it is the same day: a reader shows it as changed, not as another. Its date moves on."""
    put(store, "28", "a.ics", event("atelier", FAR))
    first = render(changes(store), HEAD)
    put(store, "28", "a.ics", event("atelier", FAR.replace("07T", "08T")))
    second = render(changes(store), HEAD)
    assert len(ids(first)) == 1
    assert ids(second) == ids(first)
    assert second != first
    assert render(changes(store), HEAD) == second


def test_what_came_and_went_within_a_day_is_not_in_it(store: Store) -> None:
    put(store, "28", "a.ics", event("atelier", FAR))
    delete(store, "28", "a.ics")
    assert changes(store) == ()


def test_each_day_tells_its_own(store: Store) -> None:
    """However late it is read: what was new on Monday and moved on Tuesday is both, and stays so."""
    put(store, "28", "a.ics", event("atelier", "DTSTART:20211007T120000Z", "DTEND:20211007T140000Z"))
    put(store, "28", "a.ics", event("atelier", *ON_THE_8TH))
    with store.read() as reader:
        first, second = reader.revisions_since(0)
        region = reader.region()
    monday = _at(first, datetime(2021, 9, 6, 8, tzinfo=UTC))
    tuesday = _at(second, datetime(2021, 9, 7, 8, tzinfo=UTC))
    assert [each.what.value for each in latest([monday, tuesday], region)] == ["moved", "new"]
    assert render(latest([monday], region), HEAD).count(b"<entry>") == 1
    assert set(ids(render(latest([monday], region), HEAD))) < set(ids(render(latest([monday, tuesday], region), HEAD)))


def _at(revision: Revision, moment: datetime) -> Revision:
    return Revision(**{name: getattr(revision, name) for name in revision.__slots__} | {"at": moment})


def test_nobody_s_address_and_nothing_private_is_in_it(store: Store) -> None:
    """Whatever people type where all see it; what they type where not all do is not there at all."""
    put(
        store,
        "28",
        "a.ics",
        event(
            "atelier",
            FAR,
            "SUMMARY:Atelier (zoe.martin@exemple.fr\\, 02 37 12 34 56)",
            "LOCATION:chez Zoé\\, +33 (0)2.37.12.34.56",
            "DESCRIPTION:Contact : zoe@exemple.fr\\nPrivé : bénéficiaire X",
            "ORGANIZER;CN=Zoé:mailto:zoe@exemple.fr",
            "ATTENDEE:mailto:max@exemple.fr",
        ),
    )
    put(store, "28", "b.ics", event("secret", FAR, "CLASS:CONFIDENTIAL", "SUMMARY:Entretien de licenciement"))
    put(store, "28", "c.ics", event("prive", FAR, "CLASS:PRIVATE", "SUMMARY:Dentiste"))
    put(
        store,
        "28",
        "a.ics",
        event("atelier", FAR, "SUMMARY:Atelier (zoe.martin@exemple.fr)", "LOCATION:Tél. 0237123456"),
    )
    text = render(changes(store), HEAD).decode()
    assert "Atelier" in text
    for word in ("exemple.fr</", "zoe", "max@", "37", "12 34", "12.34", "bénéficiaire", "licenciement", "Dentiste"):
        assert word not in text.replace(HEAD.address, "").replace(HEAD.pages, ""), word


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Atelier CV, 14h–16h", "Atelier CV, 14h–16h"),
        ("du 7 au 8 octobre 2021, salle 0237", "du 7 au 8 octobre 2021, salle 0237"),
        ("0237123456", "…"),
        ("02 37 12 34 56 ou 06.12.34.56.78", "… ou …"),
        ("+33 2 37 12 34 56", "…"),
        ("0033-2-37-12-34-56", "…"),
        ("écrire à Zoé.Martin+atelier@exemple.fr.", "écrire à …."),
        ("<mailto:zoe@exemple.fr>", "<…>"),
    ],
)
def test_addresses_and_telephone_numbers_are_left_out(text: str, left: str) -> None:
    assert without_contacts(text) == left
