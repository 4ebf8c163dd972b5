"""One line a request, and nothing in it that opens anything."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from serving import PASSWORD, Server, copy_instance, event, serving, store_of

from spro_agenda.server.journal import FOLDER, Journal, Line, Logged, _text, now, without_secrets
from spro_agenda.store import Actor


@pytest.fixture(scope="module")
def kept(instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(copy_instance(instance, tmp_path_factory.mktemp("journal") / "home"), workers=2) as running:
        yield running


def lines(home: Path) -> list[dict[str, Any]]:
    text = "".join(file.read_text("utf-8") for file in sorted((home / FOLDER).iterdir()))
    return [json.loads(line) for line in text.splitlines()]


def test_each_request_leaves_one_line(kept: Server) -> None:
    """Of whatever method and outcome; who, what, how it ended."""
    before = len(lines(kept.home)) if (kept.home / FOLDER).exists() else 0
    agent = {"User-Agent": "DAVx5/4.4", "Content-Type": "text/calendar"}
    kept.request("PUT", "/marie/28/%C3%A9t%C3%A9.ics", event("ete@essai"), headers=agent)
    kept.get("/marie/28/")
    kept.request("GET", "/marie/28/", login=None)
    kept.request("GET", "/marie/28/", password="faux mot")
    kept.request("BREW", "/")
    kept.propfind("/marie/", "D:displayname")
    found = lines(kept.home)[before:]
    assert [(each["method"], each["path"], each["login"], each["status"]) for each in found] == [
        ("PUT", "/marie/28/été.ics", "marie", 201),
        ("GET", "/marie/28/", "marie", 200),
        ("GET", "/marie/28/", "", 401),
        ("GET", "/marie/28/", "", 401),
        ("BREW", "/", "", 405),
        ("PROPFIND", "/marie/", "marie", 207),
    ]
    assert found[0]["client"] == "DAVx5/4.4"
    assert found[0]["received"] == len(event("ete@essai"))
    assert found[1]["sent"] > 1000
    assert all(each["ms"] >= 0 and each["address"] == "127.0.0.1" for each in found)


def test_no_secret_is_in_a_line(kept: Server) -> None:
    """Neither a password, nor a device's, nor a token in an address, nor what a proxy hands on."""
    store = store_of(kept.home)
    with store.write(Actor()) as writer:
        device, invitation = writer.add_device("marie", "Téléphone"), writer.invite("marie")
    store.close()
    kept.request("GET", "/marie/28/", password=device.text)
    kept.request("GET", f"/.web/invitation/{invitation.text}?secret=1", login=None)
    kept.request("GET", "/.web/f/jeton-secret.ics", login=None)
    text = json.dumps(lines(kept.home), ensure_ascii=False)
    for secret in (PASSWORD, device.text, device.secret, invitation.text, "jeton-secret", "secret=1", "Basic "):
        assert secret not in text
    assert lines(kept.home)[-3]["device"] == "Téléphone"
    assert [each["path"] for each in lines(kept.home)[-2:]] == ["/.web/invitation/…", "/.web/f/…"]


SECRET = "abcdefghjkmnpqrstuvwxyz2"


@pytest.mark.parametrize(
    "path",
    [
        f"/.web/invitation/{SECRET}",
        f"/.web/invitation//{SECRET}",
        f"/.web//invitation/x/{SECRET}",
        f"/.web/Invitation/{SECRET}",
        f"/.WEB/f/{SECRET}.ics",
        f"/.web/f/x\n{SECRET}",
        f"/.web/connexion/{SECRET}",
        f"/.web/mobileconfig/{SECRET}.mobileconfig",
        f"/.web/static/{SECRET}",
        f"/.web/static/style.css/{SECRET}",
        f"/.web/{SECRET}",
        f"/.web//{SECRET}/",
        f"/agenda/.web/invitation/{SECRET}",
    ],
)
def test_of_a_page_no_more_is_told_than_which_one(path: str) -> None:
    """What follows may open something by itself, or be a password in place of a login."""
    told = without_secrets(path)
    assert SECRET not in told
    assert told.endswith("/…")


@pytest.mark.parametrize(
    "path",
    ["/", "/.web", "/.web/", "/.web/connexion", "/.web/static/style.css", "/marie/28/a.ics", "/marie/28/.web.ics"],
)
def test_what_opens_nothing_is_told(path: str) -> None:
    """Or nobody could tell from it what is asked for."""
    assert without_secrets(path) == path


def test_what_is_refused_at_once_is_told_of_its_client(kept: Server) -> None:
    """Behind a proxy, that is not where the proxy is."""
    named = {"User-Agent": "scanner/1.0", "X-Forwarded-For": "192.0.2.77"}
    for method, headers in (("get", {}), ("MOVE", {"Destination": "http://[/"})):
        assert kept.request(method, "/marie/28/x.ics", headers=named | headers).status in (400, 405)
        line = lines(kept.home)[-1]
        assert (line["method"], line["address"], line["client"]) == (method, "192.0.2.77", "scanner/1.0")


def test_nobody_else_reads_it(kept: Server) -> None:
    kept.get("/marie/28/")
    folder = kept.home / FOLDER
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}


def a_line(day: str) -> Line:
    return Line(
        at=f"{day}T12:00:00.000+00:00",
        address="192.0.2.1",
        login="",
        device="",
        client="",
        method="GET",
        path="/",
        status=200,
        ms=1.0,
        received=0,
        sent=0,
    )


def test_a_day_is_kept_for_so_many_months(tmp_path: Path) -> None:
    """What is no day's file stays."""
    journal = Journal(tmp_path / FOLDER, 6)
    for day in ("2026-01-31", "2026-02-28", "2026-08-27", "2026-08-28"):
        journal.write(a_line(day))
    (tmp_path / FOLDER / "notes.txt").touch()
    assert sorted(file.name for file in (tmp_path / FOLDER).iterdir()) == [
        "2026-02-28.jsonl",
        "2026-08-27.jsonl",
        "2026-08-28.jsonl",
        "notes.txt",
    ]


def test_no_months_and_nothing_is_written(tmp_path: Path) -> None:
    Journal(tmp_path / FOLDER, 0).write(a_line("2026-11-27"))
    assert list(tmp_path.iterdir()) == []


def test_a_journal_that_cannot_be_written_stops_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is told once."""
    (tmp_path / FOLDER).touch()
    journal = Journal(tmp_path / FOLDER, 6)
    for _each in range(3):
        journal.write(a_line("2026-11-27"))
    assert [record.message for record in caplog.records if "not written down" in record.message] != []
    assert len(caplog.records) == 1


def test_a_line_is_one_whatever_is_sent(tmp_path: Path) -> None:
    """Line ends, quotes and characters that are none in headers and addresses."""

    def application(_environ: dict[str, Any], start: Any) -> list[bytes]:
        start("200 OK", [])
        return [b"x"]

    logged = Logged(application, Journal(tmp_path / FOLDER, 6))
    environ = {"REQUEST_METHOD": 'A"\nB', "PATH_INFO": "/\r\n\xff\u2028\x00" + "x" * 1000, "REMOTE_ADDR": "192.0.2.1"}
    assert list(logged(environ, lambda *_about: None)) == [b"x"]
    (file,) = (tmp_path / FOLDER).iterdir()
    assert file.read_bytes().count(b"\n") == 1
    found = json.loads(file.read_text("utf-8"))
    assert (found["method"], len(found["path"])) == ('A"\nB', 300)
    assert os.linesep not in file.read_text("utf-8")[:-1]


@pytest.mark.parametrize("length", ["1e3", "-5", "\u0663", " 7", ""])
def test_a_length_that_is_no_number_is_none(tmp_path: Path, length: str) -> None:
    """A refused request may say anything of itself."""
    journal = Journal(tmp_path / FOLDER, 6)

    def refusing(_environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("405 Method Not Allowed", [])
        return [b""]

    environ = {"REQUEST_METHOD": "", "PATH_INFO": "/", "CONTENT_LENGTH": length}
    Logged(refusing, journal)(environ, lambda _status, _headers: None)
    assert [each["received"] for each in lines(tmp_path)] == [0]


@pytest.mark.parametrize("client", ["Thunderbird", 'a "quoted" \\ one', "é\u2028\x00\x1b😀", ""])
def test_a_line_is_written_as_json_writes_it(client: str) -> None:
    """It is put together by hand."""
    line = Line(
        at=now(),
        address="::1",
        login="marie",
        device="Téléphone",
        client=client,
        method="GET",
        path="/.web/f/…",
        status=304,
        ms=0.1,
        received=0,
        sent=12,
    )
    assert _text(line) == json.dumps(line._asdict(), ensure_ascii=False) + "\n"
    assert datetime.fromisoformat(line.at).tzinfo is not None
