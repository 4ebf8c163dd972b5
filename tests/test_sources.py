"""Where events come from: what can be read is merged, and what cannot is named with what to do."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from agendas import CALENDARS, YEAR, calendar, region

from spro_agenda.caldav_client import CalDavServer
from spro_agenda.errors import BadCalendar, NetworkError, SproError, UnreadableSource
from spro_agenda.fetching import Fetcher, Limits, Reach
from spro_agenda.sources import AddressSource, FileSource, FolderSource, Gathered, ServerSource, Source, gather

EVENT = "UID:a\nDTSTART;VALUE=DATE:20211005\nSUMMARY:bon"
BROKEN = "UID:b\nDTSTART:20211005T100000\nDTEND:20211005T090000\nSUMMARY:finit avant"


def read(*sources: Source) -> Gathered:
    return gather(sources, region(), YEAR.first, YEAR.last)


def errors(gathered: Gathered) -> list[SproError]:
    return [reading.error for reading in gathered.readings if reading.error]


@contextmanager
def answering(status: int, body: bytes, content_type: str = "text/html") -> Iterator[str]:
    """A web server that gives one answer to every request; its address."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PROPFIND = do_REPORT = do_OPTIONS = answer  # noqa: N815 - http.server's names

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_a_folder_is_read_file_by_file_each_named_after_its_network(tmp_path: Path):
    """`28.ics` is the 28's, `Loiret.ics` the 45's, and what is no `.ics` is left alone."""
    (tmp_path / "28.ics").write_bytes(calendar(EVENT))
    (tmp_path / "Loiret.ICS").write_bytes(calendar(EVENT))
    (tmp_path / "notes.txt").write_text("rien")
    assert {entry.key.network for entry in read(FolderSource(tmp_path)).entries} == {"28", "45"}


def test_a_file_that_breaks_is_named_and_the_others_are_read(tmp_path: Path):
    """One network's slip must not hide the others."""
    (tmp_path / "18.ics").write_bytes(calendar(EVENT))
    (tmp_path / "28.ics").write_text("<html>")
    gathered = read(FolderSource(tmp_path), FolderSource(tmp_path / "absent"))
    assert [entry.key.network for entry in gathered.entries] == ["18"]
    broken, missing = errors(gathered)
    assert isinstance(broken, BadCalendar)
    assert f"{tmp_path / '28.ics'}, ligne 1" in str(broken)
    assert isinstance(missing, UnreadableSource)
    assert "absent : ce fichier ou ce dossier n'existe pas" in str(missing)


def test_a_broken_event_is_named_by_its_line_and_the_rest_of_its_file_is_read(tmp_path: Path):
    """Lines are those of the file, not of the event."""
    file = tmp_path / "28.ics"
    file.write_bytes(calendar(EVENT, BROKEN))
    gathered = read(FileSource(file))
    assert [entry.lead.title for entry in gathered.entries] == ["bon"]
    (error,) = errors(gathered)
    assert str(error).startswith(f"{file}, ligne 12 : l'événement finit avant d'avoir commencé.")


def test_an_empty_folder_and_an_empty_file_are_told(tmp_path: Path):
    """Most likely the wrong one was chosen."""
    (tmp_path / "vide").mkdir()
    (tmp_path / "28.ics").write_bytes(b"")
    folder, file = errors(read(FolderSource(tmp_path / "vide"), FileSource(tmp_path / "28.ics")))
    assert "ne contient aucun fichier .ics" in str(folder)
    assert "28.ics : le texte est vide." in str(file)


def test_a_file_of_no_known_network_says_how_to_name_one(tmp_path: Path):
    """`agenda.ics` is nobody's, unless it is said."""
    file = tmp_path / "agenda.ics"
    file.write_bytes(calendar(EVENT))
    (error,) = errors(read(FileSource(file)))
    assert f"28={file}" in str(error)
    assert [entry.key.network for entry in read(FileSource(file, "41")).entries] == ["41"]


def test_a_runaway_rule_in_a_file_is_refused_and_costs_nothing(tmp_path: Path):
    """It would otherwise be expanded for ever."""
    file = tmp_path / "28.ics"
    file.write_bytes(calendar(EVENT, "UID:r\nDTSTART:20210101T000000\nRRULE:FREQ=SECONDLY\nSUMMARY:r"))
    gathered = read(FileSource(file))
    assert len(gathered.entries) == 1
    assert "FREQ=SECONDLY" in str(errors(gathered)[0])


@pytest.mark.parametrize("order", [1, -1])
def test_an_event_found_twice_counts_once_by_its_highest_sequence(order: int, tmp_path: Path):
    """The same network's calendar as a file and on a server: the newer one is right."""
    old, new = tmp_path / "28.ics", tmp_path / "eure-et-loir.ics"
    old.write_bytes(calendar(EVENT))
    new.write_bytes(calendar(EVENT.replace("bon", "meilleur") + "\nSEQUENCE:2"))
    gathered = read(*[FileSource(old), FileSource(new)][::order])
    assert [entry.lead.title for entry in gathered.entries] == ["meilleur"]


def test_one_uid_in_two_networks_is_two_events(tmp_path: Path):
    """An event is `(network, uid)`."""
    for code in ("28", "41"):
        (tmp_path / f"{code}.ics").write_bytes(calendar(EVENT))
    assert len(read(FolderSource(tmp_path)).entries) == 2


def test_an_address_gives_its_calendar():
    """By http and by webcal, its network told by the name or said."""
    body = (CALENDARS / "28.ics").read_bytes()
    with answering(200, body, "text/calendar") as url:
        assert len(read(AddressSource(f"{url}28.ics")).entries) == 8
        assert len(read(AddressSource(f"{url}export?id=3".replace("http", "webcal"), "28")).entries) == 8


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (200, b"<html><body>Connectez-vous</body></html>", "mais une page web"),
        (200, b"", "mais rien"),
        (200, b"{}", "mais autre chose"),
        (404, b"absent", "il n'y a pas d'agenda à cette adresse"),
        (403, b"non", "ou il n'est pas public"),
        (500, b"en panne", "en panne (erreur 500)"),
    ],
)
def test_an_address_that_gives_no_calendar_is_told_in_a_sentence(status: int, body: bytes, words: str):
    """Each names the address and says what to do."""
    with answering(status, body) as url:
        (error,) = errors(read(AddressSource(f"{url}28.ics")))
        assert isinstance(error, NetworkError)
        assert str(error).startswith(f"{url}28.ics : ")
        assert words in str(error)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html><body>Bonjour</body></html>"),
        (200, b""),
        (207, b"<html>"),
        (207, b""),
        (404, b"absent"),
        (405, b""),
        (500, b"en panne"),
        (403, b"<html>"),
    ],
)
def test_a_server_that_is_no_caldav_server_is_told_in_a_sentence(status: int, body: bytes):
    """A page, nothing, an error: never a traceback."""
    with answering(status, body) as url:
        (error,) = errors(read(ServerSource(CalDavServer(url, "marie", "x"))))
        assert error.exit_code in (5, 7)
        assert str(error).startswith(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "http://hote.invalid/", "n'importe quoi"])
def test_a_server_that_does_not_answer_is_told_in_a_sentence(url: str):
    """Port closed, unknown name, no address at all."""
    for source in (ServerSource(CalDavServer(url, "marie", "x")), AddressSource(url, "28")):
        (error,) = errors(read(source))
        assert isinstance(error, NetworkError)
        assert url in str(error)


def test_an_event_of_another_regions_agenda_stays_an_event_of_its_file(tmp_path: Path):
    """What it says of its network means nothing here."""
    foreign = "UID:99.a\nX-SPRO-NETWORK:99\nX-SPRO-UID:a\nDTSTART;VALUE=DATE:20211005\nSUMMARY:ailleurs"
    (tmp_path / "28.ics").write_bytes(calendar(foreign))
    (entry,) = read(FolderSource(tmp_path)).entries
    assert (entry.key.network, entry.key.uid) == ("28", "99.a")


def test_a_copy_of_an_agendas_event_is_an_event_of_its_own(tmp_path: Path):
    """Somebody took the regional event as a model; only its UID tells."""
    copied = "UID:copie\nX-SPRO-NETWORK:45\nX-SPRO-UID:a\nDTSTART;VALUE=DATE:20211005\nSUMMARY:copie"
    (tmp_path / "28.ics").write_bytes(calendar(copied))
    (entry,) = read(FolderSource(tmp_path)).entries
    assert (entry.key.network, entry.key.uid) == ("28", "copie")


@pytest.mark.parametrize(
    ("about", "title"),
    [("CLASS:PRIVATE", None), ("CLASS:CONFIDENTIAL", "Occupé"), ("CLASS:PUBLIC", "titre")],
)
def test_what_looks_like_the_agendas_is_no_less_private(tmp_path: Path, about: str, title: str | None):
    """A copy that keeps the agenda's UID, and was then marked."""
    copied = f"UID:28.a\nX-SPRO-NETWORK:28\nX-SPRO-UID:a\nDTSTART;VALUE=DATE:20211005\nSUMMARY:titre\n{about}"
    for name in ("28.ics", "agenda.ics"):
        (tmp_path / name).write_bytes(calendar(copied))
        found = read(FileSource(tmp_path / name)).entries
        assert [(each.key.network, each.key.uid, each.lead.title) for each in found] == (
            [("28", "a", title)] if title else []
        )


def test_a_networks_calendar_speaks_for_no_other_network(tmp_path: Path):
    """An event of the 28 that says that it is the 45's takes the place of none of the 45's, whatever its SEQUENCE."""
    own = "UID:a\nDTSTART;VALUE=DATE:20211005\nSUMMARY:du 45"
    claimed = "UID:45.a\nX-SPRO-NETWORK:45\nX-SPRO-UID:a\nSEQUENCE:50\nDTSTART;VALUE=DATE:20211005\nSUMMARY:du 28"
    (tmp_path / "45.ics").write_bytes(calendar(own))
    (tmp_path / "28.ics").write_bytes(calendar(claimed))
    found = gather([FolderSource(tmp_path)], region(), YEAR.first, YEAR.last).entries
    assert {(each.key.network, each.key.uid): each.lead.title for each in found} == {
        ("45", "a"): "du 45",
        ("28", "45.a"): "du 28",
    }


def test_an_answer_that_never_ends_is_left():
    """No calendar is that large; the bound is made small, the answer is real."""
    fetcher = Fetcher(reach=Reach(everywhere=True), limits=Limits(largest=1000))
    with answering(200, calendar(EVENT, "UID:b\nDTSTART;VALUE=DATE:20211005\nSUMMARY:" + "x" * 2000)) as url:
        (error,) = errors(read(AddressSource(url, "28", fetcher)))
    assert "trop grosse" in str(error)
