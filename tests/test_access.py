"""Who may do what, where: a table of statuses, each cell asked through real HTTP.

The people: marie coordinates 28, paul 41; christine is of the regional team, luc a reader; and nobody, without a login.
Each row says what is asked of which address, and what each of them is answered. In an address, `~` is the own home of
whoever asks; the events are: `public`, `confidential` and `private` of the network 28, `shown`, what the regional
agenda has of `public`, `fresh`, one that is put there for the cell alone, and `none`, which does not exist.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from itertools import count
from pathlib import Path
from urllib.parse import quote

import pytest
from serving import (
    CAL,
    DAV,
    ICAL,
    NAMESPACES,
    PASSWORD,
    Answer,
    Server,
    copy_instance,
    environment,
    event,
    is_sentence,
    program,
    serving,
    store_of,
)

from spro_agenda.instance import CONFIG
from spro_agenda.model import EventKey
from spro_agenda.store import Actor, Store
from spro_agenda.store.showing import href_of

PEOPLE = ("marie", "paul", "christine", "luc", None)

TABLE = """
asked             address                 marie paul christine luc nobody

OPTIONS           /                       200   200  200       200 200
OPTIONS           /marie/28/              200   200  200       200 200
GET               /.well-known/caldav     301   301  301       301 301
PROPFIND          /.well-known/caldav     301   301  301       301 301
GET               /                       302   302  302       302 302
PROPFIND          /                       207   207  207       207 401
PROPFIND-1        /                       207   207  207       207 401
PROPFIND          ~/                      207   207  207       207 401
PROPFIND-1        ~/                      207   207  207       207 401
PROPFIND-1        /spro/                  207   207  207       207 401
PROPFIND          /marie/                 207   403  403       403 401
PROPFIND-1        /marie/                 207   403  403       403 401
PROPFIND          /personne/              403   403  403       403 401
PROPFIND          ~/28/                   207   207  207       207 401
PROPFIND-1        ~/28/                   207   207  207       207 401
PROPFIND          /marie/28/              207   403  403       403 401
PROPFIND          /spro/region/           207   207  207       207 401
PROPFIND-infinity ~/28/                   403   403  403       403 401
QUERY             ~/28/                   207   207  207       207 401
QUERY             /paul/28/               403   207  403       403 401
SYNC              /spro/28/               207   207  207       207 401
FREE-BUSY         ~/28/                   200   200  200       200 401
GET               ~/28/                   200   200  200       200 401
HEAD              ~/28/                   200   200  200       200 401
GET               ~/28/public             200   200  200       200 401
HEAD              ~/28/public             200   200  200       200 401
GET               /marie/28/public        200   403  403       403 401
GET               ~/28/confidential       200   200  200       200 401
GET               ~/28/private            200   404  404       404 401
GET               /spro/28/private        200   404  404       404 401
PROPFIND          ~/28/private            207   404  404       404 401
GET               ~/28/none               404   404  404       404 401
GET               ~/99/                   403   403  403       403 401
GET               ~/agenda/               200   200  200       200 401
HEAD              ~/agenda/               200   200  200       200 401
GET               /spro/agenda/           200   200  200       200 401
GET               /marie/agenda/          200   403  403       403 401
GET               ~/agenda/shown          200   200  200       200 401
HEAD              ~/agenda/shown          200   200  200       200 401
GET               /spro/agenda/shown      200   200  200       200 401
GET               /marie/agenda/shown     200   403  403       403 401
GET               ~/agenda/none           404   404  404       404 401
PROPFIND          ~/agenda/               207   207  207       207 401
PROPFIND-1        ~/agenda/               207   207  207       207 401
PROPFIND          ~/agenda/shown          207   207  207       207 401
PROPFIND-infinity ~/agenda/               403   403  403       403 401
QUERY             ~/agenda/               207   207  207       207 401
SYNC              ~/agenda/               207   207  207       207 401
MULTIGET          ~/agenda/               207   207  207       207 401
FREE-BUSY         ~/agenda/               200   200  200       200 401
QUERY             /marie/agenda/          207   403  403       403 401
PUT               ~/28/none               201   403  403       403 401
PUT               /spro/28/none           201   403  403       403 401
PUT               /marie/28/none          201   403  403       403 401
PUT               ~/28/fresh              204   403  403       403 401
PUT               ~/28/private            204   403  403       403 401
PUT               ~/41/none               403   201  403       403 401
PUT               ~/region/none           403   403  201       403 401
PUT               ~/agenda/none           403   403  403       403 401
PUT               ~/agenda/shown          403   403  403       403 401
PUT               /spro/agenda/shown      403   403  403       403 401
PUT               ~/agenda/               403   403  403       403 401
PUT               ~/28/                   403   403  403       403 401
PUT               ~/none                  403   403  403       403 401
PUT               /                       403   403  403       403 401
DELETE            ~/28/fresh              200   403  403       403 401
DELETE            ~/28/none               404   403  403       403 401
DELETE            ~/28/                   403   403  403       403 401
DELETE            ~/                      403   403  403       403 401
DELETE            ~/agenda/shown          403   403  403       403 401
DELETE            ~/agenda/none           403   403  403       403 401
DELETE            ~/agenda/               403   403  403       403 401
MOVE-28           ~/agenda/shown          403   403  403       403 401
MOVE-agenda       ~/agenda/shown          403   403  403       403 401
MOVE-agenda       ~/28/fresh              403   403  403       403 401
PROPPATCH         ~/agenda/shown          403   403  403       403 401
COPY              ~/agenda/shown          405   405  405       405 405
POST              ~/agenda/               405   405  405       405 405
MOVE-28           ~/28/fresh              201   403  403       403 401
MOVE-41           ~/28/fresh              403   403  403       403 401
MOVE-28           ~/28/private            201   403  403       403 401
PROPPATCH         ~/28/                   207   403  403       403 401
PROPPATCH         ~/agenda/               403   403  403       403 401
MKCALENDAR        ~/28/                   403   403  403       403 401
MKCALENDAR        ~/nouveau/              403   403  403       403 401
MKCOL             ~/nouveau/              403   403  403       403 401
MKCALENDAR        /spro/agenda/           403   403  403       403 401
MKCALENDAR        /spro/46/               403   403  403       403 401
COPY              ~/28/public             405   405  405       405 405
LOCK              ~/28/public             405   405  405       405 405
POST              ~/28/                   405   405  405       405 405
BREW              ~/28/                   405   405  405       405 405
"""

WITH_OPTIONS = """
asked             address                 marie paul christine luc nobody

MKCALENDAR        ~/nouveau/              201   201  201       201 401
MKCALENDAR        ~/28/                   403   403  403       403 401
MKCALENDAR        ~/46/                   403   403  403       403 401
MKCALENDAR        ~/agenda/               403   403  403       403 401
MKCALENDAR        /spro/nouveau/          403   403  403       403 401
MKCALENDAR        /marie/autre/           201   403  403       403 401
MKCALENDAR        ~/nouveau/              403   403  403       403 401
PUT               ~/nouveau/none          201   201  201       201 401
GET               ~/nouveau/              200   200  200       200 401
GET               /marie/nouveau/         200   403  403       403 401
PUT               ~/nouveau/              403   403  403       403 401
DELETE            ~/autre/                200   404  404       404 401
DELETE            ~/nouveau/              200   200  200       200 401
GET               ~/nouveau/              404   404  404       404 401
DELETE            ~/28/                   403   403  403       403 401
GET               ~/28/private            200   404  200       404 401
PUT               ~/28/none               201   403  201       403 401
PUT               ~/41/none               403   201  201       403 401
DELETE            ~/28/fresh              200   403  200       403 401
"""
"""With region_writes_all and personal_calendars; row after row, for what one makes the next uses."""

BODIES = {
    "QUERY": "<C:calendar-query {ns}><D:prop><D:getetag/></D:prop>"
    '<C:filter><C:comp-filter name="VCALENDAR"/></C:filter></C:calendar-query>',
    "SYNC": "<D:sync-collection {ns}><D:sync-token/><D:prop><D:getetag/></D:prop></D:sync-collection>",
    "MULTIGET": "<C:calendar-multiget {ns}><D:prop><D:getetag/><C:calendar-data/></D:prop>"
    "<D:href>{path}none.ics</D:href></C:calendar-multiget>",
    "FREE-BUSY": '<C:free-busy-query {ns}><C:time-range start="20211001T000000Z" end="20211031T000000Z"/>'
    "</C:free-busy-query>",
    "PROPPATCH": "<D:propertyupdate {ns}><D:set><D:prop><ICAL:calendar-color>#112233</ICAL:calendar-color></D:prop>"
    "</D:set></D:propertyupdate>",
    "PROPFIND": "<D:propfind {ns}><D:prop><D:resourcetype/></D:prop></D:propfind>",
}
METHODS = {"QUERY": "REPORT", "SYNC": "REPORT", "MULTIGET": "REPORT", "FREE-BUSY": "REPORT"}


def rows(table: str) -> Iterator[tuple[str, str, dict[str | None, int]]]:
    for line in table.strip().splitlines()[1:]:
        if line:
            asked, address, *statuses = line.split()
            yield asked, address, dict(zip(PEOPLE, map(int, statuses), strict=True))


CELLS = [
    pytest.param(asked, address, who, status, id=f"{who or 'nobody'}-{asked}-{address}")
    for asked, address, statuses in rows(TABLE)
    for who, status in statuses.items()
]


@pytest.fixture(scope="module")
def served(instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Store]]:
    home = copy_instance(instance, tmp_path_factory.mktemp("access") / "home")
    with serving(home) as server, closing(store_of(home)) as store:
        with store.write(Actor(login="marie")) as writer:
            for word in ("public", "confidential", "private"):
                writer.put_event("28", f"{word}.ics", event(f"{word}@essai", f"CLASS:{word.upper()}"))
        yield server, store


@pytest.fixture(scope="module")
def served_with_options(instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Store]]:
    home = copy_instance(instance, tmp_path_factory.mktemp("options") / "home")
    config = (home / CONFIG).read_text("utf-8")
    for name in ("region_writes_all", "personal_calendars"):
        config = config.replace(f"{name} = False", f"{name} = True")
    (home / CONFIG).write_text(config, "utf-8")
    with serving(home) as server, closing(store_of(home)) as store:
        with store.write(Actor(login="marie")) as writer:
            writer.put_event("28", "private.ics", event("private@essai", "CLASS:PRIVATE"))
        yield server, store


NUMBERS = count()


def test_the_table_has_some_three_hundred_cells() -> None:
    assert len(CELLS) > 300
    assert len({cell.id for cell in CELLS}) == len(CELLS)


@pytest.mark.parametrize(("asked", "address", "who", "status"), CELLS)
def test_each_is_answered_so(
    served: tuple[Server, Store], asked: str, address: str, who: str | None, status: int
) -> None:
    """And a refusal changes nothing, and is a sentence."""
    server, store = served
    name = f"cell-{next(NUMBERS)}"
    if address.endswith("/fresh"):
        with store.write(Actor(login="marie")) as writer:
            writer.put_event("28", f"{name}.ics", event(f"{name}@essai"))
    before = content(store)
    answer = ask(server, asked, _path(address, who or "marie", name), who, name)
    assert answer.status == status
    if status in (403, 404, 405):
        assert "Traceback" not in answer.text
        assert asked in ("HEAD", "PROPFIND-infinity") or is_sentence(answer) or b"error" in answer.body
    if not asked.startswith(("PUT", "DELETE", "MOVE", "PROPPATCH")) or status >= 400:
        assert content(store) == before
    elif status < 300 and asked != "PROPPATCH":
        assert content(store) != before


@pytest.mark.parametrize("who", [who for who in PEOPLE if who])
@pytest.mark.parametrize("address", ["~/agenda/", "/spro/agenda/", "~/agenda/shown"])
def test_nobody_has_more_than_the_right_to_read_the_agenda(
    served: tuple[Server, Store], address: str, who: str
) -> None:
    """By which Apple Calendar, Thunderbird and DAVx5 know that they may not write (RFC 3744 section 5.5)."""
    server, _store = served
    answer = server.propfind(_path(address, who, ""), "D:current-user-privilege-set", login=who)
    of_calendar = [] if address.endswith("shown") else [f"{CAL}read-free-busy"]
    assert [each[0].tag for each in answer.xml.iter(f"{DAV}privilege")] == [f"{DAV}read", *of_calendar]


def test_options_open_what_they_say_and_no_more(served_with_options: tuple[Server, Store]) -> None:
    server, store = served_with_options
    wrong = []
    for asked, address, statuses in rows(WITH_OPTIONS):
        for who, status in statuses.items():
            name = f"cell-{next(NUMBERS)}"
            if address.endswith("/fresh"):
                with store.write(Actor(login="marie")) as writer:
                    writer.put_event("28", f"{name}.ics", event(f"{name}@essai"))
            answer = ask(server, asked, _path(address, who or "marie", name), who, name)
            if answer.status != status:
                wrong.append((asked, address, who, answer.status, status, answer.text))
    assert wrong == []


def test_a_personal_calendar_is_found_after_the_region_s_and_by_its_owner_alone(
    served_with_options: tuple[Server, Store],
) -> None:
    """With the properties that it was made with."""
    server, _store = served_with_options
    made = (
        f"<C:mkcalendar {NAMESPACES}><D:set><D:prop><D:displayname>Brouillons</D:displayname>"
        "<ICAL:calendar-color>#ff0000</ICAL:calendar-color></D:prop></D:set></C:mkcalendar>"
    )
    assert server.request("MKCALENDAR", "/luc/p-brouillons/", made.encode(), login="luc").status == 201
    found = server.propfind("/luc/", "D:displayname", "ICAL:calendar-color", login="luc", depth=1).xml
    names = [each.text for each in found.iter(f"{DAV}displayname")]
    assert names[-1] == "Brouillons"
    assert [each.text for each in found.iter(f"{ICAL}calendar-color")][-1] == "#ff0000"
    assert "Brouillons" not in server.propfind("/spro/", "D:displayname", login="luc", depth=1).text
    assert "Brouillons" not in server.propfind("/marie/", "D:displayname", depth=1).text


def test_an_event_goes_among_drafts_and_back_by_each_address(served_with_options: tuple[Server, Store]) -> None:
    """A conflict names the other event as a client would write it."""
    server, _store = served_with_options
    assert server.request("MKCALENDAR", "/marie/essais/").status == 201
    assert server.put("/marie/28/va.ics", event("va@essai")).status == 201
    for path, to in (
        ("/spro/28/va.ics", "marie/essais/v a.ics"),
        ("/marie/essais/v%20a.ics", "spro/28/va.ics"),
        ("/marie/28/va.ics", "marie/essais/va.ics"),
    ):
        moved = server.request("MOVE", path, headers={"Destination": server.url + quote(to)})
        assert moved.status == 201, moved.text
    conflict = server.put("/marie/essais/autre.ics", event("va@essai"))
    assert conflict.status == 409
    assert "/marie/essais/va.ics" in conflict.text


def test_drafts_do_not_pass_for_a_network_s_calendar(served_with_options: tuple[Server, Store], tmp_path: Path) -> None:
    """Whatever they are called: neither in a merge over CalDAV, nor for what is imported."""
    server, store = served_with_options
    body = f"<C:mkcalendar {NAMESPACES}><D:set><D:prop><D:displayname>28 Eure-et-Loir</D:displayname></D:prop></D:set>"
    made = server.request("MKCALENDAR", "/marie/xyz/", f"{body}</C:mkcalendar>".encode())
    assert made.status == 201
    assert server.request("MKCALENDAR", "/marie/eure-et-loir/").status == 403
    assert server.put("/marie/xyz/brouillon.ics", event("brouillon@essai", "SUMMARY:Brouillon")).status == 201
    (tmp_path / "28.ics").write_bytes(event("vrai@essai", "SUMMARY:Vrai"))
    (tmp_path / "secret").write_text(PASSWORD)
    there = ("--url", server.url, "--user", "marie", "--password-file", str(tmp_path / "secret"))
    run = partial(subprocess.run, capture_output=True, text=True, check=True, env=environment())
    run(program("import", str(tmp_path / "28.ics"), *there))
    merged = run(program("merge", *there, "--from", "2026-12-01", "--to", "2026-12-31", "--format", "json")).stdout
    titles = {each["title"] for each in json.loads(merged)["events"]}
    assert "Vrai" in titles
    assert "Brouillon" not in titles
    with store.read() as reader:
        assert reader.href_of("28", "vrai@essai") is not None


def content(store: Store) -> tuple[object, ...]:
    with store.read() as reader:
        kept = {table: count for table, count in reader.counts().items() if table != "audit"}
        return tuple(each.number for each in reader.calendars()), kept


def _path(address: str, home: str, name: str) -> str:
    path = address.replace("~", f"/{home}")
    last = path.rpartition("/")[2]
    if last == "shown":
        return path.removesuffix(last) + href_of(EventKey("28", "public@essai"), "VEVENT")
    if last in ("fresh", "none"):
        return path.removesuffix(last) + f"{name}.ics"
    return f"{path}.ics" if last in ("public", "confidential", "private") else path


def ask(server: Server, asked: str, path: str, who: str | None, name: str) -> Answer:
    verb, _dash, depth = asked.partition("-") if asked not in METHODS else (asked, "", "")
    headers = {"Depth": depth or "0", "Content-Type": "text/calendar" if verb == "PUT" else "application/xml"}
    body = BODIES[verb].format(ns=NAMESPACES, path=path).encode() if verb in BODIES else None
    if verb == "PUT":
        uid = "private@essai" if path.endswith("/private.ics") else f"{name}@essai"
        body = event(uid, "CLASS:PRIVATE" if "private" in uid else "CLASS:PUBLIC", f"DESCRIPTION:{name}")
    if verb == "MOVE":
        headers["Destination"] = f"{server.url}{who or 'marie'}/{depth}/{name}-moved.ics"
    return server.request(METHODS.get(verb, verb), path, body, login=who, headers=headers)
