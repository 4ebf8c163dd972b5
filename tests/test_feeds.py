"""Subscription feeds over HTTP: who may read what by a link, for how long, and what that costs them."""

from __future__ import annotations

import gzip
import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from http import HTTPStatus
from pathlib import Path

import icalendar
import pytest
from databases import FILE, SQLITE
from serving import Answer, Server, configure, copy_instance, event, eventually, serving, store_of

from spro_agenda.links import token_of
from spro_agenda.secret import secret_of
from spro_agenda.store import Actor, Feed, FeedFilter, Store
from spro_agenda.store.watch import TRUE_S, Watch

ACTOR = Actor(agent="test")
ALL = FeedFilter(months_back=None)
PLANTED = {
    "address": "sophie.martin@lycee-dreux.example",
    "organizer": "marie.organise@exemple.fr",
    "attendee": "paul.invite@exemple.fr",
    "contact": "contact.contact@exemple.fr",
    "telephone": "02 37 18 90 00",
    "mobile": "+33 6 12 34 56 78",
    "plain": "0237189001",
    "private line": "le code de la porte est Berlioz",
    "internal line": "parking réservé chez Dupuis",
    "labelled line": "voir avec Mme Lenoir",
    "participant": "zoe.participe@exemple.fr",
    "place within": "code 06 98 76 54 32",
    "spelt out": "paul.epelle(at)exemple.fr",
    "dashes": "02‑37‑18‑90‑02",
    "parameter": "parametre@exemple.fr",
    "private title": "Bilan confidentiel de Kevin",
    "confidential title": "Entretien disciplinaire",
}


def planted(uid: str = "plante@essai", *lines: str) -> bytes:
    """An event with all that no link may tell."""
    return event(
        uid,
        "SUMMARY:[Dreux] Forum (sophie.martin@lycee-dreux.example)",
        "LOCATION:Mission locale\\, Dreux\\n02 37 18 90 00",
        "DESCRIPTION:À midi.\\nRenseignements : sophie.martin@lycee-dreux.example ou 0237189001\\nPrivé : le code de la"
        " porte est Berlioz\\nInterne : parking réservé chez Dupuis\\nMobile +33 6 12 34 56 78\\n"
        "Note interne : voir avec Mme Lenoir\\nÉcrire à paul.epelle(at)exemple.fr ou au"
        " 02‑37‑18‑90‑02\\nPublic : jeunes",
        "ORGANIZER;CN=Marie:mailto:marie.organise@exemple.fr",
        "ATTENDEE;CN=Paul:mailto:paul.invite@exemple.fr",
        "CONTACT:contact.contact@exemple.fr",
        "URL:mailto:sophie.martin@lycee-dreux.example",
        'X-ALT-DESC;FMTTYPE=text/html:<a href="mailto:sophie.martin@lycee-dreux.example">x</a>',
        *lines,
        "BEGIN:PARTICIPANT",
        "UID:p",
        "CALENDAR-ADDRESS:mailto:zoe.participe@exemple.fr",
        "END:PARTICIPANT",
        "BEGIN:VLOCATION",
        "UID:l",
        "DESCRIPTION:code 06 98 76 54 32",
        "END:VLOCATION",
        start='DTSTART;X-ORG="mailto:parametre@exemple.fr":20261201T090000Z',
    )


@pytest.fixture(scope="module")
def standing(instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = copy_instance(instance, tmp_path_factory.mktemp("feeds") / "home")
    configure(home, public_url="https://agenda.exemple.fr/")
    with serving(home, workers=2) as server:
        yield server


def add(server: Server, wanted: FeedFilter = ALL, label: str = "Lycée", **about: object) -> str:
    """A new feed; its address."""
    with closing(store_of(server.home)) as store, store.write(ACTOR) as writer:
        return address(server, writer.add_feed(label, wanted, **about))  # type: ignore[arg-type]


def address(server: Server, feed: Feed) -> str:
    return f"/.web/f/{token_of(feed, secret_of(server.home))}.ics"


def read(server: Server, path: str, **headers: str) -> Answer:
    return server.request("GET", path, login=None, headers=headers)


def events(text: str) -> dict[str, icalendar.Event]:
    return {str(each["UID"]): each for each in icalendar.Calendar.from_ical(text).walk("VEVENT")}


def test_who_has_the_link_reads_with_no_account(standing: Server) -> None:
    """A calendar that says what it is, whence, and how often to come again."""
    answer = read(standing, add(standing, label="Lycée de Dreux"))
    assert answer.status == HTTPStatus.OK
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    calendar = icalendar.Calendar.from_ical(answer.text)
    told = {name: str(calendar[name]) for name in ("METHOD", "NAME", "X-WR-CALNAME", "X-PUBLISHED-TTL", "COLOR")}
    assert told == {
        "METHOD": "PUBLISH",
        "NAME": "Lycée de Dreux",
        "X-WR-CALNAME": "Lycée de Dreux",
        "X-PUBLISHED-TTL": "PT1H",
        "COLOR": "darkslategray",
    }
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H" in answer.text
    assert "SOURCE;VALUE=URI:https://agenda.exemple.fr/.web/f/" in answer.text.replace("\r\n ", "")
    assert "28 Chartres · Hackathon de l'orientation" in answer.text.replace("\r\n ", "")


def test_a_write_is_in_the_feed_at_once(standing: Server) -> None:
    """Whichever worker answers, a hundredth of a second after the PUT is."""
    path = add(standing)
    for number in range(6):
        standing.put("/marie/28/vite.ics", event("vite@essai", f"SUMMARY:Vite {number}"))
        time.sleep(TRUE_S)
        texts = {read(standing, path).text.replace("\r\n ", "") for _time in range(6)}
        assert all(f"28 · Vite {number}" in text for text in texts)


def test_a_write_of_ones_own_is_another_version_at_once_and_others_soon(tmp_path: Path) -> None:
    """What nobody wrote to stays of one version; what this process writes is known to it with no delay."""
    store = SQLITE.store(tmp_path)
    other = Watch(tmp_path / FILE)
    first, seen = store.version(), other.version()
    assert first is not None
    assert (store.version(), other.version()) == (first, seen)
    for number in range(20):
        before = store.version()
        with store.write(ACTOR) as writer:
            writer.put_event("28", "a.ics", event("a@essai", f"SUMMARY:{number}"))
        assert store.version() != before
    time.sleep(TRUE_S)
    assert other.version() != seen
    other.close()
    store.close()


def test_a_database_that_was_away_comes_back_as_another_version(tmp_path: Path) -> None:
    """Each connection counts from its own beginning: what was written meanwhile is not taken for what was known."""
    SQLITE.store(tmp_path).close()
    file, away = tmp_path / FILE, tmp_path / "ailleurs.sqlite"
    watch = Watch(file)
    known = watch.version()
    file.rename(away)
    time.sleep(0.1)
    assert watch.version() is None
    with closing(sqlite3.connect(away)) as other, other:
        other.execute("UPDATE region SET generation = generation + 1")
    away.rename(file)
    assert watch.version() not in (None, known)
    watch.close()


def test_a_feed_is_of_what_was_asked_for(standing: Server) -> None:
    """Networks, sites, themes, firm dates."""
    standing.put("/marie/28/s1.ics", event("s1@essai", "SUMMARY:[Dreux] Atelier alternance"))
    standing.put("/marie/28/s2.ics", event("s2@essai", "SUMMARY:[Chartres] Atelier alternance"))
    standing.put(
        "/marie/28/s3.ics", event("s3@essai", "SUMMARY:[en octobre] Forum", start="DTSTART;VALUE=DATE:20211004")
    )
    standing.request("PUT", "/paul/41/s4.ics", event("s4@essai", "SUMMARY:Atelier alternance"), login="paul")

    def given(**wanted: object) -> set[str]:
        found = events(read(standing, add(standing, FeedFilter(months_back=None, **wanted))).text)  # type: ignore[arg-type]
        return {uid for uid in found if uid.endswith("@essai") and ".s" in uid}

    assert given() == {"28.s1@essai", "28.s2@essai", "28.s3@essai", "41.s4@essai"}
    assert given(networks=("41",)) == {"41.s4@essai"}
    assert given(sites=("Dreux",)) == {"28.s1@essai"}
    assert given(only_firm=True) == {"28.s1@essai", "28.s2@essai", "41.s4@essai"}
    assert given(networks=("28",), themes=("alternance",)) == {"28.s1@essai", "28.s2@essai"}


def test_old_years_do_not_weigh(standing: Server) -> None:
    """Three months back, unless asked otherwise; what goes on stays."""
    standing.put("/marie/28/old.ics", event("old@essai", "SUMMARY:Ancien", start="DTSTART:20211004T070000Z"))
    standing.put(
        "/marie/28/on.ics",
        event("on@essai", "SUMMARY:Toujours", "RRULE:FREQ=MONTHLY", start="DTSTART:20211004T070000Z"),
    )
    found = events(read(standing, add(standing, FeedFilter())).text)
    assert "28.on@essai" in found
    assert "28.old@essai" not in found
    assert "28.old@essai" in events(read(standing, add(standing)).text)


@pytest.mark.parametrize("wanted", [ALL, FeedFilter(months_back=None, descriptions=True)], ids=["plain", "described"])
def test_no_public_byte_tells_what_is_not_for_everybody(standing: Server, wanted: FeedFilter) -> None:
    """Addresses, numbers, private lines, what is private or confidential; with descriptions, too, and packed."""
    standing.put("/marie/28/p1.ics", planted())
    standing.put("/marie/28/p2.ics", event("p2@essai", f"SUMMARY:{PLANTED['private title']}", "CLASS:PRIVATE"))
    confidential = f"SUMMARY:{PLANTED['confidential title']}"
    standing.put("/marie/28/p3.ics", event("p3@essai", confidential, "CLASS:CONFIDENTIAL"))
    standing.put("/marie/28/p4.ics", planted("plante2@essai", "RRULE:FREQ=WEEKLY;COUNT=3"))
    path = add(standing, wanted)
    plain = read(standing, path)
    packed = standing.request("GET", path, login=None, headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.body).decode() == plain.text
    text = plain.text.replace("\r\n ", "")
    headers = "\n".join(plain.headers.values())
    assert "28 Dreux · Forum" in text
    assert "28 · Occupé" in text
    assert ("Public : jeunes" in text) == wanted.descriptions
    for name, words in PLANTED.items():
        assert words not in text + headers, name
        assert words.replace(" ", "") not in (text + headers).replace(" ", ""), name


def test_clashes_are_told_where_they_were_asked_for(standing: Server) -> None:
    """And nowhere else."""
    assert "même jour" not in read(standing, add(standing)).text.replace("\r\n ", "")
    wanted = FeedFilter(months_back=None, clashes=True)
    assert "même jour" in read(standing, add(standing, wanted, login="marie")).text.replace("\r\n ", "")


def test_a_feed_that_is_had_already_is_not_sent_again(standing: Server) -> None:
    """By its tag, packed or not, else by its date; HEAD gives what GET would without the body."""
    path = add(standing)
    # Not before the second of its last change is over: another change may fall in it. Which of the two
    # workers answers is not ours to say: a run of answers asks them both.
    eventually(
        lambda: all("last-modified" in read(standing, path).headers for _ in range(16)),
        within_s=8,
        what="each worker's feed says when it changed",
    )
    first = read(standing, path)
    tag, date = first.headers["etag"], first.headers["last-modified"]
    assert read(standing, path, **{"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}).status == HTTPStatus.OK
    for headers in (
        {"If-None-Match": tag},
        {"If-None-Match": f'W/{tag}, "x"'},
        {"If-None-Match": tag.replace('"', "") and f'"{tag.strip(chr(34))}-gzip"'},
        {"If-Modified-Since": date},
    ):
        answer = read(standing, path, **headers)
        assert (answer.status, answer.body) == (HTTPStatus.NOT_MODIFIED, b"")
        assert answer.headers["etag"].startswith(tag[:-1])
    assert read(standing, path, **{"If-None-Match": '"x"', "If-Modified-Since": date}).status == HTTPStatus.OK
    head = standing.request("HEAD", path, login=None)
    assert (head.status, head.body) == (HTTPStatus.OK, b"")
    assert head.headers["content-length"] == first.headers["content-length"]
    packed = standing.request("GET", path, login=None, headers={"Accept-Encoding": "br, gzip;q=0.5"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["etag"] != tag
    refused = standing.request("GET", path, login=None, headers={"Accept-Encoding": "gzip;q=0"})
    assert "content-encoding" not in refused.headers


@pytest.mark.parametrize("change", ["truncated", "guessed", "another number", "no suffix", "no token", "accented"])
def test_what_is_no_link_of_ours_gives_nothing(standing: Server, change: str) -> None:
    """404, which an application forgives: it keeps what it had."""
    path = add(standing)
    token = path.removeprefix("/.web/f/").removesuffix(".ics")
    number, _dash, signature = token.partition("-")
    other = {
        "truncated": f"/.web/f/{token[:-1]}.ics",
        "guessed": f"/.web/f/{number}-{signature[:-1]}{'A' if signature[-1] != 'A' else 'B'}.ics",
        "another number": f"/.web/f/{int(number) + 1}-{signature}.ics",
        "no suffix": f"/.web/f/{token}",
        "no token": "/.web/f/.ics",
        "accented": "/.web/f/%C3%A9t%C3%A9.ics",
    }[change]
    assert read(standing, other).status == HTTPStatus.NOT_FOUND
    assert read(standing, path).status == HTTPStatus.OK


def test_a_link_that_is_closed_replaced_or_over_is_gone(standing: Server) -> None:
    """410 from every worker, a hundredth of a second after; the new address of a feed opens it."""
    with closing(store_of(standing.home)) as store:
        with store.write(ACTOR) as writer:
            closed, turned = writer.add_feed("a", ALL), writer.add_feed("b", ALL)
            brief = writer.add_feed("c", ALL, expires_at=int(time.time()) + 3)
            owned = writer.add_feed("d", ALL, "luc")
        paths = [address(standing, each) for each in (closed, turned, brief, owned)]
        for path in paths:
            assert {read(standing, path).status for _time in range(4)} == {HTTPStatus.OK}
        with store.write(ACTOR) as writer:
            writer.revoke_feed(closed.number)
            turned = writer.rotate_feed(turned.number)
            writer.remove_account("luc")
        time.sleep(TRUE_S)
        for path in (paths[0], paths[1], paths[3]):
            answers = [read(standing, path, **{"If-None-Match": "*"}) for _time in range(6)]
            assert {answer.status for answer in answers} == {HTTPStatus.GONE}
            assert "fermé" in answers[0].text
        assert read(standing, address(standing, turned)).status == HTTPStatus.OK
    eventually(
        lambda: read(standing, paths[2]).status == HTTPStatus.GONE, within_s=6, what="a feed goes at the end of its day"
    )


def test_what_changed_of_late_is_told_as_atom(standing: Server) -> None:
    """Of the same link with another ending, of what the feed has, and at once."""
    path = add(standing, FeedFilter(months_back=None, networks=("28",)))
    news = path.removesuffix(".ics") + ".atom"
    standing.put("/marie/28/n1.ics", event("n1@essai", "SUMMARY:[Dreux] Nouveau sophie.martin@lycee-dreux.example"))
    standing.request("PUT", "/paul/41/n2.ics", event("n2@essai", "SUMMARY:Ailleurs"), login="paul")
    answer = read(standing, news)
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    titles = [entry.findtext("{*}title") for entry in answer.xml.iter("{http://www.w3.org/2005/Atom}entry")]
    assert "Nouvelle : Nouveau … (28 Dreux)" in [" ".join((title or "").split()) for title in titles]
    assert not any("Ailleurs" in (title or "") for title in titles)
    assert PLANTED["address"] not in answer.text
    assert read(standing, news, **{"If-None-Match": answer.etag}).status == HTTPStatus.NOT_MODIFIED
    standing.request("DELETE", "/marie/28/n1.ics")
    assert "Nouveau" not in read(standing, news).text


def test_nobody_writes_to_a_feed(standing: Server) -> None:
    """Thunderbird sends PUT there, with the password that it has for the server."""
    path = add(standing)
    before = read(standing, path).text
    for method in ("PUT", "DELETE", "POST", "PROPFIND"):
        answer = standing.request(method, path, b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
        assert answer.status == HTTPStatus.METHOD_NOT_ALLOWED
        assert answer.headers["allow"] == "GET, HEAD"
    assert read(standing, path).text == before


def test_who_reads_a_feed_and_when_is_known(standing: Server) -> None:
    """To the hour, and nothing of it stands in the way of readers; the journal has no token."""
    path = add(standing, label="Suivi")
    read(standing, path, **{"User-Agent": "Mozilla/5.0 Thunderbird/128.0"})
    number = int(path.removeprefix("/.web/f/").partition("-")[0])

    def noted() -> bool:
        with closing(store_of(standing.home)) as store, store.read() as reader:
            return "Thunderbird" in reader.feed(number).last_agent

    eventually(noted, within_s=40, what="the store knows who reads")
    files = (standing.home / "requests").iterdir()
    lines = [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]
    feeds = [line["path"] for line in lines if line["path"].startswith("/.web/f")]
    assert feeds
    assert set(feeds) <= {"/.web/f/…", "/.web/f/"}


def test_readers_keep_what_they_have_while_the_database_is_away(instance: Path, tmp_path: Path) -> None:
    """Thunderbird gives a feed up for good when a server fails once."""
    home = copy_instance(instance, tmp_path / "home")
    with serving(home) as server:
        path = add(server)
        first = read(server, path)
        database = home / "agenda.sqlite"
        database.rename(home / "away.sqlite")
        try:
            assert read(server, path, **{"If-None-Match": first.headers["etag"]}).status == HTTPStatus.NOT_MODIFIED
            again = read(server, path)
            assert (again.status, again.text) == (HTTPStatus.OK, first.text)
        finally:
            (home / "away.sqlite").rename(database)
        assert read(server, path).status == HTTPStatus.OK


def test_a_link_that_was_closed_opens_nothing_after_an_older_backup(instance: Path, tmp_path: Path) -> None:
    """Nor one that was replaced; and in a store that is made of the backup, a later feed's link opens no other feed."""
    home = copy_instance(instance, tmp_path / "home")
    with closing(store_of(home)) as store:
        with store.write(ACTOR) as writer:
            closed, turned = writer.add_feed("a", ALL), writer.add_feed("b", ALL)
        saved = store.save(tmp_path / "saved.spro.gz")
        with store.write(ACTOR) as writer:
            writer.revoke_feed(closed.number)
            turned = writer.rotate_feed(turned.number)
            later = writer.add_feed("c", ALL)
    Store.restore("sqlite:///agenda.sqlite", home, saved)
    with closing(store_of(home)) as store, store.read() as reader:
        assert reader.feed(closed.number).revoked_at is not None
        assert reader.feed(turned.number).generation == turned.generation
    other = copy_instance(instance, tmp_path / "other")
    Store.restore("sqlite:///agenda.sqlite", other, saved)
    secret = secret_of(home)
    with closing(store_of(other)) as store:
        eventually(lambda: time.time() >= later.created_at + 1, within_s=3, what="another second")
        with store.write(ACTOR) as writer:
            again = writer.add_feed("d", ALL)
    assert token_of(again, secret) != token_of(later, secret)
