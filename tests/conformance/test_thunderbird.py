"""A real Thunderbird on a virtual screen, told by Marionette what a person would do."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import icalendar
import marionette
import pytest
from marionette import Marionette
from serving import PASSWORD, Server, event, eventually
from tools import Tool, environment, of_debian

SCRIPTS = Path(__file__).with_name("thunderbird.js").read_text("utf-8")
START_S, SYNC_S = 60, 20

PREFERENCES = {
    "marionette.port": "0",  # any; it writes which
    "remote.prefs.recommended": "false",  # among them is one that saves no password
    "calendar.timezone.useSystemTimezone": "false",
    "calendar.timezone.local": '"Europe/Paris"',
    "datareporting.policy.dataSubmissionPolicyBypassNotification": "true",
    "mail.provider.suppress_dialog_on_startup": "true",
    "mail.rights.version": "1",
    "mail.shell.checkDefaultClient": "false",
    "mailnews.start_page.enabled": "false",
    "app.donation.eoy.version.viewed": "999",
    # Everything but the loopback goes to a proxy that nobody runs.
    "network.proxy.type": "1",
    "network.proxy.http": '"127.0.0.1"',
    "network.proxy.http_port": "9",
    "network.proxy.ssl": '"127.0.0.1"',
    "network.proxy.ssl_port": "9",
}

OWN = "28 Eure-et-Loir"
AGENDA = "Agenda SPRO Centre-Val de Loire"
OTHERS = ["18 Cher", "36 Indre", "37 Indre-et-Loire", "41 Loir-et-Cher", "45 Loiret", "Équipe régionale"]


@pytest.fixture(scope="session")
def tool() -> Tool:
    return of_debian("thunderbird")


class Thunderbird:
    """The program, whose profile is one person's."""

    def __init__(self, control: Marionette) -> None:
        self._control = control

    def does(self, name: str, *arguments: object) -> object:
        """Call a function of thunderbird.js. Raises marionette.Refused with what it threw."""
        return self._control.run(f"{SCRIPTS}\nreturn await {name}(...args);", *arguments)

    def sees(self, calendar: str) -> dict[str, str]:
        """The titles of a calendar's events and tasks by UID."""
        return dict(self.does("titles", calendar))  # type: ignore[call-overload]


@pytest.fixture(scope="module")
def screen() -> Iterator[str]:
    """A virtual screen: the value of DISPLAY."""
    reading, writing = os.pipe()
    words = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x900x24", "-nolisten", "tcp"]
    with _running(words, {}, pass_fds=(writing,)), os.fdopen(reading) as told:
        os.close(writing)
        yield f":{told.readline().strip()}"


@contextmanager
def opened(profile: Path, screen: str) -> Iterator[Thunderbird]:
    """Thunderbird with a new profile, within the block."""
    profile.mkdir(parents=True)
    lines = [f'user_pref("{name}", {value});\n' for name, value in PREFERENCES.items()]
    (profile / "user.js").write_text("".join(lines))
    words = ["thunderbird", "--profile", str(profile), "--no-remote", "--marionette", "--remote-allow-system-access"]
    port = profile / "MarionetteActivePort"
    with _running(words, environment(profile, {"DISPLAY": screen})):
        eventually(lambda: port.exists() and port.read_text(), within_s=START_S, what="Thunderbird can be driven")
        with marionette.controlled(int(port.read_text())) as control:
            thunderbird = Thunderbird(control)
            eventually(lambda: thunderbird.does("isReady"), within_s=START_S, what="Thunderbird's window stands")
            yield thunderbird


@contextmanager
def _running(words: list[str], env: dict[str, str], pass_fds: tuple[int, ...] = ()) -> Iterator[None]:
    process = subprocess.Popen(
        words,
        env=env or None,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=pass_fds,
        start_new_session=True,
    )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture(scope="module")
def thunderbird(server: Server, screen: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Thunderbird]:
    """Marie's, with all calendars that the server's name leads to."""
    with opened(tmp_path_factory.mktemp("thunderbird") / "marie", screen) as found:
        found.does("subscribe", "marie", PASSWORD, server.url)
        eventually(lambda: len(found.sees(OWN)) > 1, within_s=SYNC_S, what="the own network's events are read")
        yield found


@pytest.fixture(scope="module")
def reader(server: Server, screen: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Thunderbird]:
    """Luc's, who may write nowhere."""
    with opened(tmp_path_factory.mktemp("thunderbird") / "luc", screen) as found:
        found.does("subscribe", "luc", PASSWORD, server.url)
        eventually(lambda: found.sees("41 Loir-et-Cher"), within_s=SYNC_S, what="events are read")
        yield found


def lines(server: Server, uid: str) -> list[str]:
    """The content lines of an event of the network 28 as the server keeps it."""
    answer = server.get(f"/marie/28/{uid}.ics")
    assert answer.status == 200, answer.text
    return answer.text.replace("\r\n ", "").split("\r\n")


@pytest.mark.parametrize("location", ["", ".well-known/caldav", "marie/"])
def test_all_calendars_are_found_the_own_network_first(server: Server, thunderbird: Thunderbird, location: str) -> None:
    """From the server's name, from its well-known address (RFC 6764), and from the person's home."""
    found = thunderbird.does("detected", "marie", PASSWORD, server.url + location)
    assert found == [[OWN, False], [AGENDA, True], *([name, True] for name in OTHERS)]


def test_a_wrong_password_is_told_as_one(server: Server, thunderbird: Thunderbird) -> None:
    """The dialogue says so only where it tells this error from others."""
    with pytest.raises(marionette.Refused, match="AuthFailedError"):
        thunderbird.does("detected", "paul", "autre-mot-de-passe", server.url)


@pytest.mark.parametrize(("name", "slug"), [(OWN, "28"), ("41 Loir-et-Cher", "41"), ("Équipe régionale", "region")])
def test_a_calendar_is_read_whole(server: Server, thunderbird: Thunderbird, name: str, slug: str) -> None:
    whole = server.get(f"/marie/{slug}/").text
    uids = {line.removeprefix("UID:") for line in whole.replace("\r\n ", "").split("\r\n") if line.startswith("UID:")}
    eventually(lambda: set(thunderbird.sees(name)) == uids, within_s=SYNC_S, what=f"{uids} in {name}")


def test_what_is_added_is_kept_by_the_server(server: Server, thunderbird: Thunderbird) -> None:
    thunderbird.does("add", OWN, event("ajout", "SUMMARY:[Dreux] Atelier CV").decode())
    assert "SUMMARY:[Dreux] Atelier CV" in lines(server, "ajout")


def test_an_event_in_its_own_time_zone_keeps_it(server: Server, thunderbird: Thunderbird) -> None:
    text = event("heure", "DTEND;TZID=Europe/Paris:20261201T160000", start="DTSTART;TZID=Europe/Paris:20261201T140000")
    thunderbird.does("add", OWN, text.decode())
    assert "DTSTART;TZID=Europe/Paris:20261201T140000" in lines(server, "heure")
    assert "BEGIN:VTIMEZONE" in lines(server, "heure")


def test_what_is_edited_is_changed_on_the_server(server: Server, thunderbird: Thunderbird) -> None:
    thunderbird.does("add", OWN, event("retouche").decode())
    before = server.get("/marie/28/retouche.ics").etag
    thunderbird.does("retitle", OWN, "retouche", "Autre titre")
    assert "SUMMARY:Autre titre" in lines(server, "retouche")
    assert server.get("/marie/28/retouche.ics").etag != before


def test_one_day_of_a_series_is_edited_alone(server: Server, thunderbird: Thunderbird) -> None:
    thunderbird.does("add", OWN, event("serie", "RRULE:FREQ=DAILY;COUNT=5", "SUMMARY:Chaque jour").decode())
    thunderbird.does("retitleOne", OWN, "serie", "20261203T090000Z", "Ce jour-là")
    kept = lines(server, "serie")
    assert kept.count("BEGIN:VEVENT") == 2
    assert {"RECURRENCE-ID:20261203T090000Z", "SUMMARY:Ce jour-là", "SUMMARY:Chaque jour"} <= set(kept)


def test_what_is_deleted_is_gone_from_the_server(server: Server, thunderbird: Thunderbird) -> None:
    thunderbird.does("add", OWN, event("suppression").decode())
    thunderbird.does("remove", OWN, "suppression")
    assert server.get("/marie/28/suppression.ics").status == 404
    assert "suppression" not in thunderbird.sees(OWN)


def test_a_task_is_added_and_done(server: Server, thunderbird: Thunderbird) -> None:
    thunderbird.does("add", OWN, event("tache", "SUMMARY:À dater", start=None, component="VTODO").decode())
    thunderbird.does("complete", OWN, "tache")
    assert "STATUS:COMPLETED" in lines(server, "tache")


def test_what_another_client_writes_comes_with_the_next_refresh(server: Server, thunderbird: Thunderbird) -> None:
    """New, changed, and deleted."""
    for title in ("Premier titre", "Second titre"):
        assert server.put("/marie/28/ailleurs.ics", event("ailleurs", f"SUMMARY:{title}")).status in (201, 204)
        thunderbird.does("refresh", OWN)
        eventually(lambda t=title: thunderbird.sees(OWN).get("ailleurs") == t, within_s=SYNC_S, what=title)
    assert server.request("DELETE", "/marie/28/ailleurs.ics").status == 200
    thunderbird.does("refresh", OWN)
    eventually(lambda: "ailleurs" not in thunderbird.sees(OWN), within_s=SYNC_S, what="it goes")


def test_calendars_of_others_are_shown_as_read_only(thunderbird: Thunderbird) -> None:
    """In the list of calendars, by a padlock beside each."""
    assert thunderbird.does("padlocks") == {OWN: False, **dict.fromkeys([AGENDA, *OTHERS], True)}


def test_a_reader_sees_every_calendar_as_read_only(reader: Thunderbird) -> None:
    assert reader.does("padlocks") == dict.fromkeys([AGENDA, OWN, *OTHERS], True)


def test_the_regional_agenda_is_shown_and_is_read_only(
    server: Server, thunderbird: Thunderbird, reader: Thunderbird
) -> None:
    """Each event under the name of its network and site, to a coordinator as to a reader, and none may be changed."""
    for client, login in ((thunderbird, "marie"), (reader, "luc")):
        whole = icalendar.Calendar.from_ical(server.get(f"/{login}/agenda/", login).text)
        told = {
            str(each["UID"]): str(each["SUMMARY"])
            for each in whole.subcomponents
            if "UID" in each and "RECURRENCE-ID" not in each
        }
        client.does("refresh", AGENDA)
        eventually(lambda c=client, t=told: c.sees(AGENDA) == t, within_s=SYNC_S, what="the agenda is read whole")
        assert client.does("isReadOnly", AGENDA) is True
        assert sum(title.endswith("28 Chartres · Hackathon de l'orientation") for title in told.values()) == 1


def test_what_is_written_into_the_regional_agenda_is_refused(server: Server, thunderbird: Thunderbird) -> None:
    """By an extension, which asks nobody; nothing is there for it, nor gone."""
    before = server.get("/marie/agenda/").body
    with pytest.raises(marionette.Refused, match="403"):
        thunderbird.does("add", AGENDA, event("interdit-ici").decode())
    uid = next(uid for uid, title in thunderbird.sees(AGENDA).items() if "28 Chartres · Hackathon" in title)
    with pytest.raises(marionette.Refused, match="403"):
        thunderbird.does("remove", AGENDA, uid)
    assert server.get("/marie/agenda/").body == before


def test_a_write_is_in_the_regional_agenda_with_the_next_refresh(server: Server, thunderbird: Thunderbird) -> None:
    """Under its title there, as soon as it is on the server; and gone with it."""
    path, text = "/marie/28/regional.ics", event("regional@essai", "SUMMARY:[Chartres] Atelier regional")
    assert server.put(path, text).status == 201
    thunderbird.does("refresh", AGENDA)
    shown = {"28.regional@essai": "28 Chartres · Atelier regional"}
    eventually(lambda: shown.items() <= thunderbird.sees(AGENDA).items(), within_s=SYNC_S, what="it is there")
    assert server.request("DELETE", path).status == 200
    thunderbird.does("refresh", AGENDA)
    eventually(lambda: not shown.keys() & thunderbird.sees(AGENDA).keys(), within_s=SYNC_S, what="it is gone")


def test_a_date_that_is_not_fixed_stands_once_in_each_month_of_its_window(
    server: Server, thunderbird: Thunderbird
) -> None:
    """On the first working day of each: the third of May 2027 is a Monday."""
    text = event("printemps@essai", "SUMMARY:[en mai-juin 2027] Forum", start="DTSTART;VALUE=DATE:20270501")
    assert server.put("/marie/28/printemps.ics", text).status == 201
    thunderbird.does("refresh", AGENDA)
    shown = "28.printemps@essai"
    eventually(lambda: shown in thunderbird.sees(AGENDA), within_s=SYNC_S, what="it is there")
    assert thunderbird.does("days", AGENDA, shown, 2027) == ["20270503", "20270601"]


def test_a_new_event_is_offered_the_own_calendar_alone(thunderbird: Thunderbird, reader: Thunderbird) -> None:
    """Else what a person wrote would vanish without a word."""
    assert thunderbird.does("offered") == [OWN]
    assert reader.does("offered") == []


def test_a_write_that_the_server_refuses_changes_nothing(server: Server, thunderbird: Thunderbird) -> None:
    """An extension writes without asking whether a calendar is read-only."""
    with pytest.raises(marionette.Refused, match="403"):
        thunderbird.does("add", "41 Loir-et-Cher", event("interdit").decode())
    assert server.get("/marie/41/interdit.ics").status == 404


def test_no_calendar_was_disabled_on_the_way(thunderbird: Thunderbird) -> None:
    """Which Thunderbird does for good, upon answers that it takes for the end of a calendar."""
    assert thunderbird.does("disabled") == []
