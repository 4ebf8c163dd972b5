"""`merge --url`: the regional agenda of a server of ours, of which the second time only what changed is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from http import HTTPStatus
from pathlib import Path

import pytest
from serving import (
    NAMESPACES,
    PASSWORD,
    Server,
    copy_instance,
    event,
    free_port,
    running,
    serving,
    store_of,
)
from stock import stock_words

from spro_agenda.caldav_client import CalDavServer
from spro_agenda.calendar_cache import CalendarCache
from spro_agenda.region.load import load_region
from spro_agenda.sources import Gathered, ServerSource, StoreSource, gather

FIRST, LAST = date(2021, 1, 1), date(2027, 12, 31)
REGION = load_region()


@pytest.fixture
def server(instance: Path, tmp_path: Path) -> Iterator[Server]:
    with serving(copy_instance(instance, tmp_path / "home"), workers=2) as running:
        yield running


def read(server: Server, cache: CalendarCache | None, login: str = "luc") -> Gathered:
    return gather([ServerSource(CalDavServer(server.url, login, PASSWORD), cache)], REGION, FIRST, LAST)


def asked(server: Server, login: str = "luc") -> list[dict[str, object]]:
    """The reports that a person asked for so far."""
    files = sorted((server.home / "requests").iterdir())
    lines = [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]
    return [line for line in lines if line["login"] == login and line["method"] == "REPORT"]


def told(found: Gathered) -> dict[object, object]:
    """What was read, by event: what an agenda is made of."""
    return {entry.key: (entry.events, entry.obj.uid) for entry in found.entries}


@pytest.mark.parametrize("login", ["luc", "marie"])
def test_what_comes_from_the_agenda_is_what_the_networks_wrote(server: Server, tmp_path: Path, login: str) -> None:
    """As everybody sees it: marks, prefixes and links are taken off again."""
    server.put("/marie/28/p.ics", event("p@essai", "SUMMARY:Privé", "CLASS:PRIVATE"))
    server.put("/marie/28/c.ics", event("c@essai", "SUMMARY:Confidentiel", "CLASS:CONFIDENTIAL"))
    server.put("/marie/28/v.ics", event("v@essai", "SUMMARY:[en octobre] Forum", start="DTSTART;VALUE=DATE:20211004"))
    remote = read(server, None, login)
    store = store_of(server.home)
    try:
        local = gather([StoreSource(store)], REGION, FIRST, LAST)
    finally:
        store.close()
    assert [reading.error for reading in remote.readings] == [None]
    assert {key: [each.title for each in events] for key, (events, _uid) in told(remote).items()} == {
        key: [each.title for each in events] for key, (events, _uid) in told(local).items()
    }
    for key, (events, _uid) in told(local).items():
        mine = told(remote)[key][0]
        assert [each.window for each in mine] == [each.window for each in events]
        assert [each.url for each in mine] == [each.url for each in events]
        assert [each.site for each in mine] == [each.site for each in events]
        assert [each.speakers for each in mine] == [each.speakers for each in events]


def test_the_second_time_only_what_changed_is_sent(server: Server, tmp_path: Path) -> None:
    """New, changed, deleted; and nothing where nothing changed."""
    cache = CalendarCache(tmp_path / "cache")
    server.put("/marie/28/a.ics", event("a@essai", "SUMMARY:Un"))
    first = read(server, cache)
    assert told(read(server, cache)) == told(first)
    server.put("/marie/28/a.ics", event("a@essai", "SUMMARY:Deux"))
    server.put("/marie/28/b.ics", event("b@essai", "SUMMARY:Trois"))
    second = read(server, cache)
    titles = {entry.key.uid: entry.lead.title for entry in second.entries}
    assert (titles["a@essai"], titles["b@essai"]) == ("Deux", "Trois")
    server.request("DELETE", "/marie/28/b.ics")
    third = read(server, cache)
    assert "b@essai" not in {entry.key.uid for entry in third.entries}
    assert told(third) == told(read(server, None))
    sizes = [int(str(each["sent"])) for each in asked(server)]
    whole, nothing, two, gone, again = sizes
    assert min(whole, again) > 5_000
    assert nothing < whole / 10
    assert two < whole / 3
    assert gone < whole / 10


def test_a_cache_that_is_torn_or_stale_costs_one_whole_reading(server: Server, tmp_path: Path) -> None:
    """Another store, a torn file, somebody else's: never an error, and nothing that is no more."""
    cache = CalendarCache(tmp_path / "cache")
    wanted = told(read(server, cache))
    (file,) = (tmp_path / "cache").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_text(file.read_text("utf-8")[:-20], "utf-8")
    assert told(read(server, cache)) == wanted
    said = json.loads(file.read_text("utf-8"))
    said["token"] = "urn:spro-agenda:sync:0000:outside:3"
    said["texts"]["x"] = next(iter(said["texts"].values())).replace("UID:", "UID:x")
    file.write_text(json.dumps(said), "utf-8")
    assert told(read(server, cache)) == wanted
    file.write_text("[]", "utf-8")
    assert told(read(server, cache)) == wanted


def test_a_calendar_that_is_called_agenda_and_is_none_is_left_alone(tmp_path: Path) -> None:
    """On a server of others: the networks' calendars are read there, as they always were."""
    port = free_port()
    with running(stock_words(tmp_path / "stock", port), tmp_path, port) as stock:
        for slug in ("28", "agenda"):
            body = f"<C:mkcalendar {NAMESPACES}/>".encode()
            assert stock.request("MKCALENDAR", f"/marie/{slug}/", body).status == HTTPStatus.CREATED
            stock.put(f"/marie/{slug}/{slug}.ics", event(f"{slug}@essai", f"SUMMARY:Dans {slug}"))
        found = read(stock, CalendarCache(tmp_path / "cache"), "marie")
    assert {entry.key.id: entry.lead.title for entry in found.entries} == {"28/28@essai": "Dans 28"}
