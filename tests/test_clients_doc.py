"""`docs/clients.md` says what is so: each address, command and answer of the server in it is tried on a real one."""

from __future__ import annotations

import json
import re
import subprocess
from configparser import ConfigParser
from contextlib import closing
from http import HTTPStatus
from pathlib import Path

import pytest
from caldav.davclient import DAVClient
from documents import blocks, broken_links, commands, mistake_in, text_of
from serving import (
    CAL,
    DAV,
    ICAL,
    PASSWORD,
    ROOT,
    Answer,
    Server,
    copy_instance,
    environment,
    event,
    program,
    serving,
    store_of,
)

from spro_agenda.errors import TooManyTries
from spro_agenda.links import token_of
from spro_agenda.model import EventKey
from spro_agenda.secret import secret_of
from spro_agenda.store import Actor, FeedFilter, Selection

DOCUMENT = "docs/clients.md"
TEXT = text_of(DOCUMENT)
PUBLIC = "https://agenda.exemple.fr/"
ADDRESSES = sorted(set(re.findall(rf"`{PUBLIC}([^`]*)`", TEXT)))
OTHERS = ("agenda", "18", "36", "37", "41", "45", "region")


def says(*words: str) -> None:
    """The document says so: what is tried is what a reader is told."""
    said = " ".join(TEXT.split())
    for each in words:
        assert each in said, each


def row(first: str) -> list[str]:
    """The cells of the line of a table that begins so."""
    (line,) = re.findall(rf"^\| {re.escape(first)} \|.*$", TEXT, re.MULTILINE)
    return [cell.strip() for cell in line.strip("|").split("|")]


def privileges(server: Server, path: str) -> set[str]:
    answer = server.propfind(path, "D:current-user-privilege-set")
    return {element[0].tag.removeprefix(DAV) for element in answer.xml.iter(f"{DAV}privilege")}


def agenda(home: Path) -> list[dict[str, object]]:
    """The events of the regional agenda in 2026, as the command gives them."""
    words = ("merge", "--from", "2026-12-01", "--to", "2026-12-31", "--format", "json")
    done = subprocess.run(
        program("--home", str(home), *words), capture_output=True, text=True, check=True, env=environment()
    )
    found: list[dict[str, object]] = json.loads(done.stdout)["events"]
    return found


# ---- The document itself


def test_its_links_lead_somewhere() -> None:
    assert broken_links(DOCUMENT) == []
    assert "(docs/clients.md" in text_of("README.md")


@pytest.mark.parametrize("words", commands(TEXT), ids=" ".join)
def test_its_commands_exist(words: list[str]) -> None:
    assert mistake_in(words) is None


def test_no_command_of_a_reader_would_be_taken_for_one_that_exists() -> None:
    """What looks for mistakes finds them."""
    assert mistake_in(["users", "frobnicate"])
    assert mistake_in(["frobnicate"])
    assert mistake_in(["users", "invite", "marie", "--frobnicate"])
    assert mistake_in(["users", "device", "revoke", "marie"])


def test_it_warns_where_events_are_explained() -> None:
    section = TEXT.partition("\n## Écrire un événement\n")[2].partition("\n## ")[0]
    assert "N'écrivez le nom d'aucun bénéficiaire" in section


# ---- Adding the calendars


@pytest.mark.parametrize("path", [path for path in ADDRESSES if not path.startswith(".web/")])
def test_from_each_address_an_application_finds_the_calendars_the_own_one_first(server: Server, path: str) -> None:
    """As Thunderbird, iOS, DAVx⁵ and Evolution look for them: principal, home, calendars."""
    with DAVClient(url=server.url + path, username="marie", password=PASSWORD) as client:
        found = [str(calendar.url).rstrip("/").rpartition("/")[2] for calendar in client.principal().calendars()]
    assert found[0] == "28"
    assert set(found[1:]) == set(OTHERS)
    says("**Prenez celui de votre réseau**, qui vient en premier")


def test_a_calendar_has_an_address_of_its_own(server: Server) -> None:
    """For Outlook CalDav Synchronizer, which takes one calendar a profile."""
    assert "marie/28/" in ADDRESSES
    answer = server.propfind("/marie/28/", "D:resourcetype")
    assert answer.xml.find(f".//{CAL}calendar") is not None


@pytest.mark.parametrize("path", [path for path in ADDRESSES if path.startswith(".web/")])
def test_each_page_that_it_names_is_there(server: Server, path: str) -> None:
    answer = server.request("GET", f"/{path}", login=None, headers={"Accept": "text/html"})
    assert answer.status == HTTPStatus.OK
    assert "Télécharger le profil" in answer.text.replace("\u00a0", " ")


def test_the_address_alone_shows_settings_in_a_browser(server: Server) -> None:
    answer = server.request("GET", "/", login=None, headers={"Accept": "text/html"})
    assert "Voir mes réglages" in answer.text


def test_ones_own_calendar_is_written_and_the_others_are_read(server: Server) -> None:
    assert "write" in privileges(server, "/marie/28/")
    for slug in OTHERS:
        assert {each for each in privileges(server, f"/marie/{slug}/") if each.startswith(("write", "all"))} == set()
    says("Ceux des autres réseaux et de l'équipe régionale se lisent seulement")


def test_the_regional_agenda_is_there_to_follow(server: Server) -> None:
    """By its name; and who also follows a network is warned."""
    assert "Agenda SPRO Centre-Val de Loire" in server.propfind("/marie/agenda/", "D:displayname").text
    body = server.get("/marie/agenda/").text.replace("\r\n ", "")
    assert "SUMMARY:28 Chartres · Hackathon" in body
    assert "Plusieurs sites le même jour" in body
    says("« Agenda SPRO Centre-Val de Loire »", "`28 Chartres · Hackathon`", "`⚠` devant le titre", "deux fois")


def test_a_link_gives_the_agenda_to_who_has_no_account(server: Server) -> None:
    """Without descriptions, unless they were asked for."""
    with closing(store_of(server.home)) as store, store.write(Actor()) as writer:
        feed = writer.add_feed("Lycée", FeedFilter(months_back=None))
    answer = server.request("GET", f"/.web/f/{token_of(feed, secret_of(server.home))}.ics", login=None)
    assert "28 Chartres · Hackathon" in answer.text
    assert "Agenda SPRO —" not in answer.text
    says("qui l'a lit l'agenda", "webcals://", "`Privé :`")


def test_a_password_of_a_device_is_typed_in_place_of_ones_own(server: Server) -> None:
    with closing(store_of(server.home)) as store, store.write(Actor()) as writer:
        token = writer.add_device("marie", "Téléphone")
    assert server.request("PROPFIND", "/marie/", password=token.text).status == HTTPStatus.MULTI_STATUS
    says("Il se tape à la place de votre mot de passe")


# ---- What applications cannot do


def test_a_colour_is_ones_own(server: Server) -> None:
    def colour(login: str) -> list[str | None]:
        return server.propfind(f"/{login}/28/", "ICAL:calendar-color", login=login).texts(f"{ICAL}calendar-color")

    before = colour("paul")
    body = (
        '<D:propertyupdate xmlns:D="DAV:" xmlns:I="http://apple.com/ns/ical/"><D:set><D:prop>'
        "<I:calendar-color>#123456FF</I:calendar-color></D:prop></D:set></D:propertyupdate>"
    )
    assert server.request("PROPPATCH", "/marie/28/", body.encode()).status == HTTPStatus.MULTI_STATUS
    assert colour("marie") == ["#123456FF"]
    assert colour("paul") == before
    says("La couleur que vous donnez à un agenda n'est que pour vous")


def test_nobody_is_invited_by_an_event(server: Server) -> None:
    """RFC 6638: a server that sends invitations says so."""
    assert "auto-schedule" not in server.request("OPTIONS", "/marie/").headers["dav"]
    says("« Invités » n'envoie pas d'invitation")


def test_without_a_condition_the_last_write_wins_and_the_former_comes_back(server: Server) -> None:
    """As Evolution writes."""
    path = "/marie/28/dernier.ics"
    for title in ("SUMMARY:Un", "SUMMARY:Deux"):
        assert server.put(path, event("dernier@essai", title)).status in (HTTPStatus.CREATED, HTTPStatus.NO_CONTENT)
    assert b"Deux" in server.get(path).body
    words = ("restore", "28/dernier@essai", "--revision")
    with closing(store_of(server.home)) as store, store.read() as reader:
        asked = Selection(event=EventKey("28", "dernier@essai"))
        first = min(each.id for each in reader.history(asked))
    subprocess.run(
        program("--home", str(server.home), *words, str(first)), check=True, capture_output=True, env=environment()
    )
    assert b"Un" in server.get(path).body
    says("le dernier envoi l'emporte sans question")


# ---- Writing


def test_the_example_is_understood_as_it_says(server: Server) -> None:
    (example,) = blocks(TEXT, "text")
    title, place = re.findall(r"^(?:Titre|Lieu) +(.+)$", example, re.MULTILINE)
    lines = [line.strip() for line in example.partition("Description")[2].splitlines()]
    place = place.replace(",", "\\,")
    description = "\\n".join(lines)
    sent = event("exemple@essai", f"SUMMARY:{title}", f"LOCATION:{place}", f"DESCRIPTION:{description}")
    assert server.put("/marie/28/exemple.ics", sent).status == HTTPStatus.CREATED
    (found,) = [each for each in agenda(server.home) if each["uid"] == "exemple@essai"]
    assert found["site"] == "Dreux"
    assert found["title"] == "Conférence : choisir son métier"
    assert found["speakers"] == ["André Chauvet"]
    assert found["publics"] == ["jeunes"]
    assert found["themes"] == ["agriculture"]
    assert found["open_to"] == "all"
    assert found["scope"] == "événement"


@pytest.mark.parametrize(
    ("typed", "field", "value"),
    [
        ("Ouvert à : 41, 37", "open_to", ["37", "41"]),
        ("Portée : interne", "scope", "interne"),
        ("Temps fort : oui", "highlight", True),
        ("Partenaire : Klub Extraordinaire", "partners", ["Klub Extraordinaire"]),
    ],
)
def test_each_line_is_understood_as_it_says(server: Server, typed: str, field: str, value: object) -> None:
    says(typed.partition(" : ")[0] + " :")
    uid = f"{field}@essai"
    sent = event(uid, f"DESCRIPTION:{typed.replace(',', chr(92) + ',')}")
    server.put(f"/marie/28/{field}.ics", sent)
    (found,) = [each for each in agenda(server.home) if each["uid"] == uid]
    assert found[field] == value


# ---- Who sees what


@pytest.mark.parametrize(
    ("marked", "sent", "others"),
    [
        ("rien, ou « Public »", "CLASS:PUBLIC", "tout"),
        ("« Confidentiel »", "CLASS:CONFIDENTIAL", "« Occupé », et l'heure"),
        ("« Privé »", "CLASS:PRIVATE", "rien"),
    ],
)
def test_what_each_network_sees_is_the_table(server: Server, marked: str, sent: str, others: str) -> None:
    assert row(marked)[1:] == ["tout", others]
    name = f"{sent[6:].lower()}.ics"
    server.put(f"/marie/28/{name}", event(f"{name}@essai", sent, "SUMMARY:Bilan", "LOCATION:Bureau 3"))
    inside, outside = server.get(f"/marie/28/{name}"), server.get(f"/paul/28/{name}", "paul")
    assert "Bilan" in inside.text
    if others == "rien":
        assert outside.status == HTTPStatus.NOT_FOUND
        return
    assert "DTSTART:20261201T090000Z" in outside.text
    assert ("Bilan" in outside.text, "Bureau 3" in outside.text) == ((others == "tout",) * 2)
    assert ("SUMMARY:Occupé" in outside.text) is (others != "tout")


# ---- What is refused


def _of_another_network(server: Server) -> Answer:
    return server.put("/marie/41/x.ics", event("x@essai"))


def _of_a_whole_calendar(server: Server) -> Answer:
    """As Thunderbird's « ICS » does (RFC 4791 section 5.3.2 has no such thing)."""
    return server.put("/marie/28/", event("x@essai"))


def _of_a_new_calendar(server: Server) -> Answer:
    return server.request("MKCALENDAR", "/marie/nouveau/")


def _of_a_calendar_deleted(server: Server) -> Answer:
    return server.request("DELETE", "/marie/28/")


def _of_every_second(server: Server) -> Answer:
    return server.put("/marie/28/seconde.ics", event("seconde@essai", "RRULE:FREQ=SECONDLY"))


@pytest.mark.parametrize(
    "refused",
    [_of_another_network, _of_a_whole_calendar, _of_a_new_calendar, _of_a_calendar_deleted, _of_every_second],
)
def test_what_it_says_is_refused_is_refused(server: Server, refused: object) -> None:
    before = server.get("/marie/28/").body
    answer = refused(server)  # type: ignore[operator]
    assert answer.status == HTTPStatus.FORBIDDEN
    assert server.get("/marie/28/").body == before


def test_what_it_says_passes_passes(server: Server) -> None:
    says("Chaque jour, pendant trente ans, passe")
    series = event("chaque-jour@essai", "RRULE:FREQ=DAILY;UNTIL=20561201T090000Z")
    assert server.put("/marie/28/chaque-jour.ics", series).status == HTTPStatus.CREATED
    assert server.request("DELETE", "/marie/28/chaque-jour.ics").status in (HTTPStatus.OK, HTTPStatus.NO_CONTENT)


def test_the_months_of_the_trash_are_those_of_the_configuration() -> None:
    configuration = ConfigParser()
    configuration.read(ROOT / "config.ini", "utf-8")
    says(f"pendant {configuration['storage']['trash_months']} mois")


def test_twenty_wrong_passwords_make_one_wait(instance: Path, tmp_path: Path) -> None:
    says("après vingt essais faux, l'agenda fait attendre quelques minutes")
    with serving(copy_instance(instance, tmp_path / "home")) as server:

        def wrong() -> Answer:
            return server.request("PROPFIND", "/marie/", password="pas le bon")

        assert {wrong().status for _each in range(20)} == {HTTPStatus.UNAUTHORIZED}
        assert wrong().status == TooManyTries.http_status


# ---- A lost telephone


def test_a_lost_telephone_is_shut_out_and_the_other_devices_are_not(instance: Path, tmp_path: Path) -> None:
    """By the commands as they stand, with the device's own code; at the next request."""
    with serving(copy_instance(instance, tmp_path / "home"), workers=2) as server:
        with closing(store_of(server.home)) as store, store.write(Actor()) as writer:
            lost, kept = writer.add_device("marie", "Téléphone"), writer.add_device("marie", "Tablette")

        def enters(password: str) -> bool:
            return server.request("PROPFIND", "/marie/", password=password).status == HTTPStatus.MULTI_STATUS

        assert all(enters(password) for password in (lost.text, kept.text, PASSWORD))
        console = next(block for block in blocks(TEXT, "console") if "device revoke" in block)
        for line in console.splitlines():
            words = line.removeprefix("$ spro-agenda ").replace("k3f9ab", lost.selector).split()
            done = subprocess.run(
                program("--home", str(server.home), *words),
                capture_output=True,
                text=True,
                check=True,
                env=environment(),
            )
            assert "Téléphone" in done.stdout
        assert not any(enters(lost.text) for _each in range(4))
        assert all(enters(password) for password in (kept.text, PASSWORD))
