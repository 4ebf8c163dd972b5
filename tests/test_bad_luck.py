"""What befalls the database: it is damaged, read-only, full, or away.

A right status and one French sentence each, nothing lost, and service resumes by itself when the cause is gone: nobody
restarts the server. The sentence names no file, host or table: anybody may read it.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing
from http import HTTPStatus
from pathlib import Path

import pytest
from disks import BOUND_BY_PERMISSIONS, fill, small_disk
from postgres import Postgres, give, private_server
from serving import (
    DATABASE,
    NAMESPACES,
    Answer,
    Server,
    copy_instance,
    dump,
    environment,
    event,
    eventually,
    free_port,
    is_sentence,
    make_instance,
    program,
    serving,
)

from spro_agenda.commands.home import Home

BEFORE = "/marie/28/avant.ics"
MONTH = (
    f"<C:calendar-query {NAMESPACES}><D:prop><D:getetag/><C:calendar-data/></D:prop>"
    '<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">'
    '<C:time-range start="20261201T000000Z" end="20270101T000000Z"/>'
    "</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"
)
FIRST_PAGE = 4096
RESUMES_S = 20


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    """A server that these tests may harm."""
    with private_server() as server:
        yield server


@pytest.fixture(scope="module")
def seeded(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance on it, to be copied: nothing serves it."""
    return make_instance(tmp_path_factory.mktemp("seeded") / "home", postgres.new_database())


@pytest.fixture
def there(seeded: Path, tmp_path: Path) -> Path:
    """A test's own instance on that server, which nothing serves yet."""
    return copy_instance(seeded, tmp_path / "home")


def reads(server: Server) -> dict[str, Answer]:
    """What readers ask."""
    return {
        "PROPFIND": server.propfind("/marie/28/", "D:sync-token"),
        "GET": server.get(BEFORE),
        "REPORT": server.request("REPORT", "/marie/28/", MONTH.encode()),
    }


def writes(server: Server) -> dict[str, Answer]:
    """What writers ask about events: a change, a new one, a deletion, a move."""
    return {
        "PUT": server.put(BEFORE, event("avant@essai", "SUMMARY:Pendant")),
        "PUT new": server.put("/marie/28/pendant.ics", event("pendant@essai")),
        "DELETE": server.request("DELETE", BEFORE),
        "MOVE": server.request("MOVE", BEFORE, headers={"Destination": f"{server.url}marie/28/ailleurs.ics"}),
    }


def recolour(server: Server) -> dict[str, Answer]:
    """What a person asks about a calendar."""
    body = (
        f"<D:propertyupdate {NAMESPACES}><D:set><D:prop><ICAL:calendar-color>#112233</ICAL:calendar-color>"
        "</D:prop></D:set></D:propertyupdate>"
    )
    return {"PROPPATCH": server.request("PROPPATCH", "/marie/28/", body.encode())}


def statuses(answers: Mapping[str, Answer]) -> dict[str, int]:
    """By request. Whatever failed says so in a sentence, and when to come back."""
    for answer in answers.values():
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            assert is_sentence(answer)
            assert "retry-after" in answer.headers or answer.status == HTTPStatus.INSUFFICIENT_STORAGE
            assert not any(word in answer.text for word in ("/tmp", "socket", "SELECT", "sqlite", "psycopg"))
    return {name: answer.status for name, answer in answers.items()}


READ = {"PROPFIND": HTTPStatus.MULTI_STATUS, "GET": HTTPStatus.OK, "REPORT": HTTPStatus.MULTI_STATUS}
NOT_READ = dict.fromkeys(READ, HTTPStatus.SERVICE_UNAVAILABLE)
NOT_WRITTEN = dict.fromkeys(["PUT", "PUT new", "DELETE", "MOVE"], HTTPStatus.SERVICE_UNAVAILABLE)
NOT_COLOURED = {"PROPPATCH": HTTPStatus.SERVICE_UNAVAILABLE}


def begin(server: Server) -> None:
    """Have an event to lose."""
    answer = server.put(BEFORE, event("avant@essai"))
    assert answer.status in (HTTPStatus.CREATED, HTTPStatus.NO_CONTENT)


def database_of(home: Path) -> str:
    """The URL of an instance's database."""
    return Home(home).database()


def check_resumed(server: Server, before: list[str]) -> None:
    """All is there as it was, and it can be written to again."""
    eventually(lambda: statuses(reads(server)) == READ, within_s=RESUMES_S, what="readers are answered")
    assert dump(server.home) == before
    assert server.get(BEFORE).body == event("avant@essai")
    assert server.put("/marie/28/ensuite.ics", event("ensuite@essai")).status == HTTPStatus.CREATED
    assert server.request("DELETE", "/marie/28/ensuite.ics").status == HTTPStatus.OK


# ---- Damaged


def spoil(file: Path, at: int, length: int) -> bytes:
    """Overwrite bytes of a file; those that were there."""
    with file.open("r+b") as stream:
        stream.seek(at)
        kept = stream.read(length)
        stream.seek(at)
        stream.write(random.Random(0).randbytes(length))
    return kept


def mend(file: Path, at: int, kept: bytes) -> None:
    with file.open("r+b") as stream:
        stream.seek(at)
        stream.write(kept)


def test_a_database_without_its_first_page_is_not_served(home: Path) -> None:
    """Exit code 6 and what to do; put right, it is as it was."""
    before = dump(home)
    kept = spoil(home / DATABASE, 0, FIRST_PAGE)
    done = subprocess.run(
        program("--home", str(home), "serve", "--port", str(free_port())),
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 6
    assert "abîmé" in done.stderr
    assert "Traceback" not in done.stderr
    mend(home / DATABASE, 0, kept)
    assert dump(home) == before


def test_a_page_of_events_that_is_damaged_stops_nothing_else(home: Path) -> None:
    """503 for what cannot be read, calendars are listed all the same; once the page is put right, all is served."""
    with serving(home) as server:
        begin(server)
    database, before = home / DATABASE, dump(home)
    with closing(sqlite3.connect(database)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'object'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    kept = spoil(database, (page - 1) * size, size)
    with serving(home) as server:
        assert statuses(reads(server)) == {**NOT_READ, "PROPFIND": HTTPStatus.MULTI_STATUS}
        assert "abîmé" in server.get(BEFORE).text
        assert statuses(writes(server)) == NOT_WRITTEN
        mend(database, (page - 1) * size, kept)
        check_resumed(server, before)


def test_a_damaged_database_of_postgresql_is_told_too(postgres: Postgres, there: Path) -> None:
    """Its own words for it are another; the answer is the same."""
    with serving(there) as server:
        begin(server)
        before = dump(there)
        with postgres.connect() as connection:
            connection.execute("CHECKPOINT")
        file = postgres.file_of(database_of(there), "object")
        postgres.stop()
        kept = spoil(file, 0, file.stat().st_size)
        postgres.start()
        assert statuses(reads(server)) == {**NOT_READ, "PROPFIND": HTTPStatus.MULTI_STATUS}
        assert "abîmé" in server.get(BEFORE).text
        assert statuses(writes(server)) == NOT_WRITTEN
        postgres.stop()
        mend(file, 0, kept)
        postgres.start()
        check_resumed(server, before)


# ---- Read-only


def test_a_file_that_may_not_be_written_is_read(home: Path) -> None:
    """Readers are served; writers are told 503, and their clients keep what they wanted for later."""
    database = home / DATABASE
    with serving(home) as server:
        begin(server)
    database.chmod(0o444)
    with serving(home, under=BOUND_BY_PERMISSIONS) as server:
        before = dump(home)
        assert statuses(writes(server) | recolour(server)) == NOT_WRITTEN | NOT_COLOURED
        assert statuses(reads(server)) == READ
        database.chmod(0o600)
        check_resumed(server, before)


def test_a_folder_that_may_not_be_written_is_not_served(home: Path) -> None:
    """SQLite needs to write beside its file, even to read: exit code 6 and what to do."""
    home.chmod(0o555)
    (home / DATABASE).chmod(0o444)
    done = subprocess.run(
        [*BOUND_BY_PERMISSIONS, *program("--home", str(home), "serve", "--port", str(free_port()))],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 6
    assert "ne peut pas être écrite" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_postgresql_that_stands_by_for_another_is_read(postgres: Postgres, there: Path) -> None:
    """Writers are told 503 until it has taken the other's place."""
    with serving(there) as server:
        begin(server)
        before = dump(there)
        postgres.stand_by()
        assert statuses(writes(server) | recolour(server)) == NOT_WRITTEN | NOT_COLOURED
        assert "ne peut pas être écrite" in server.put(BEFORE, event("avant@essai", "SUMMARY:Pendant")).text
        assert statuses(reads(server)) == READ
        postgres.promote()
        check_resumed(server, before)


# ---- Full


def test_a_full_disk_refuses_writes_and_serves_readers(instance: Path, tmp_path: Path) -> None:
    """507, which clients keep their changes for; nothing is half-written; with room again, all is taken."""
    with small_disk(tmp_path / "disk", megabytes=16) as disk:
        home = disk / "home"
        shutil.copytree(instance, home)
        check_full(home, disk)


def test_a_full_disk_of_postgresql_too(postgres: Postgres, tmp_path: Path) -> None:
    """Its tables' disk, which is another than that of its log: then it would stop, and be away."""
    with small_disk(postgres.folder / "disk", megabytes=32) as disk:
        give(disk)
        with postgres.connect() as connection:
            connection.execute(f"CREATE TABLESPACE small LOCATION '{disk}'".encode())
        home = make_instance(tmp_path / "home", postgres.new_database(options="TABLESPACE small"))
        check_full(home, disk)
        postgres.drop_database(database_of(home))


def check_full(home: Path, disk: Path) -> None:
    """An instance on a disk of its own, which is full for a while."""
    with serving(home) as server:
        begin(server)
        ballast = fill(disk)
        put_until_full(server)
        before = dump(home)
        answers = statuses(writes_of_size(server))
        assert answers == dict.fromkeys(answers, HTTPStatus.INSUFFICIENT_STORAGE)
        assert "place" in server.put("/marie/28/gros.ics", large("gros@essai")).text
        assert statuses(reads(server)) == READ
        assert dump(home) == before
        ballast.unlink()
        check_resumed(server, before)


def large(uid: str) -> bytes:
    """An event that needs room of its own, however it is packed."""
    return event(uid, f"DESCRIPTION:{random.Random(uid).randbytes(100_000).hex()}")


def put_until_full(server: Server) -> None:
    """Use up what the database had set aside. What was accepted until then is there."""
    accepted = []
    for number in range(100):
        path, body = f"/marie/28/plein-{number}.ics", large(f"plein-{number}@essai")
        answer = server.put(path, body)
        if answer.status != HTTPStatus.CREATED:
            assert statuses({"PUT": answer}) == {"PUT": HTTPStatus.INSUFFICIENT_STORAGE}
            assert [server.get(each).body for each, _body in accepted] == [body for _path, body in accepted]
            assert server.get(path).status == HTTPStatus.NOT_FOUND
            return
        accepted.append((path, body))
    raise AssertionError("the disk is never full")


def writes_of_size(server: Server) -> dict[str, Answer]:
    """A change and a new event, for which there is no room."""
    return {
        "PUT": server.put(BEFORE, large("avant@essai")),
        "PUT new": server.put("/marie/28/pendant.ics", large("pendant@essai")),
    }


# ---- Away


def test_while_postgresql_is_away_clients_are_told_to_come_back(postgres: Postgres, there: Path) -> None:
    """503 with Retry-After for whatever is asked, also of a worker that is started meanwhile; then all is as before."""
    with serving(there) as server:
        begin(server)
        before = dump(there)
        postgres.stop()
        asked = statuses(reads(server) | writes(server) | recolour(server))
        assert asked == NOT_READ | NOT_WRITTEN | NOT_COLOURED
        replace_worker(server)
        assert statuses(reads(server)) == NOT_READ
        postgres.start()
        check_resumed(server, before)


def test_a_worker_that_starts_while_the_file_is_away_waits_for_it(home: Path) -> None:
    """It does not end the server, which would stay away when the file is back."""
    with serving(home) as server:
        begin(server)
        before = dump(home)
        (home / DATABASE).rename(home / "ailleurs.sqlite")
        replace_worker(server)
        assert statuses(reads(server)) == NOT_READ
        (home / "ailleurs.sqlite").rename(home / DATABASE)
        check_resumed(server, before)


def test_a_request_in_the_middle_of_which_postgresql_is_restarted(postgres: Postgres, there: Path) -> None:
    """The connections that it had are no longer good: nobody is told of it."""
    with serving(there) as server:
        begin(server)
        before = dump(there)
        postgres.stop()
        postgres.start()
        assert statuses(reads(server)) == READ
        check_resumed(server, before)


def replace_worker(server: Server) -> None:
    """Have another process take the place of the one that serves."""
    killed = server.workers
    os.kill(killed[0], signal.SIGKILL)
    eventually(lambda: server.workers not in ([], killed) and answers(server), within_s=RESUMES_S, what="another runs")


def answers(server: Server) -> bool:
    try:
        return server.request("OPTIONS", "/", login=None).status == HTTPStatus.OK
    except OSError:
        return False
