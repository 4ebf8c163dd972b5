"""`docs/administration.md` says what is so: its nginx and its Caddy stand before a real server, its commands run."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from configparser import ConfigParser
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import pytest
import trustme
from documents import blocks, broken_links, commands, mistake_in, text_of
from postbox import SECRET, postbox
from serving import (
    NAMESPACES,
    ROOT,
    Answer,
    Server,
    basic,
    configure,
    copy_instance,
    environment,
    event,
    eventually,
    free_port,
    program,
    serving,
    store_of,
)

from spro_agenda.address import public_address
from spro_agenda.inbox.mailbox import LARGEST
from spro_agenda.mail import mail_server
from spro_agenda.mailroom import mailroom_of
from spro_agenda.server.journal import FOLDER
from spro_agenda.server.wsgi import configuration_of
from spro_agenda.store import Actor

DOCUMENT = "docs/administration.md"
TEXT = text_of(DOCUMENT)
WHOLE, BELOW = blocks(TEXT, "nginx")
(CADDY,) = blocks(TEXT, "caddyfile")
WEB, HOOK, INBOX, STORAGE = blocks(TEXT, "ini")
HOST = "agenda.exemple.fr"


# ---- The document itself


def test_its_links_lead_somewhere() -> None:
    assert broken_links(DOCUMENT) == []
    assert f"({DOCUMENT}" in text_of("README.md")


@pytest.mark.parametrize("words", commands(TEXT), ids=" ".join)
def test_its_commands_exist(words: list[str]) -> None:
    assert mistake_in(words) is None


@pytest.mark.parametrize("block", [WEB, HOOK, INBOX, STORAGE])
def test_its_options_are_those_of_the_configuration(block: str) -> None:
    """Under their own names, in their own sections."""
    ours, said = ConfigParser(), ConfigParser()
    ours.read(ROOT / "config.ini", "utf-8")
    said.read_string(block)
    for section in said.sections():
        assert set(said[section]) <= set(ours[section])


def test_what_it_puts_on_a_schedule_is_a_command() -> None:
    """With cron and with systemd, the same."""
    scheduled = [
        line.partition("--home /srv/agenda ")[2]
        for language in ("cron", "systemd")
        for block in blocks(TEXT, language)
        for line in block.splitlines()
        if "spro-agenda --home" in line
    ]
    assert scheduled == ["digest --send", "digest --send"]
    assert all(mistake_in(each.split()) is None for each in scheduled)


def test_it_shows_no_secret() -> None:
    """Passwords are in files; addresses are of nobody."""
    assert not re.search(r"(?i)smtp_password *=|--password[ =]|-p ?\w+@", TEXT)
    for file in (DOCUMENT, "docs/clients.md", "config.ini"):
        places = re.findall(r"[\w.-]+\.(?:fr|org|com|net|eu)\b", text_of(file))
        assert {place for place in places if not place.endswith("exemple.fr")} == set(), file


def test_its_configuration_is_read_as_it_says(home: Path) -> None:
    (home / "courrier.secret").write_text(f"{SECRET}\n")
    said = ConfigParser()
    said.read_string(WEB + HOOK)
    given = {**said["web"], **said["hook"]}
    given.pop("type")
    configuration = configuration_of(configure(home, **given))
    address, server = public_address(configuration), mail_server(configuration, home)
    assert address is not None
    assert address.url == f"https://{HOST}/"
    assert server is not None
    assert (server.host, server.security, server.password) == ("smtp.exemple.fr", "starttls", SECRET)


def test_its_mailbox_is_read_as_it_says(home: Path) -> None:
    for name in ("courrier.secret", "boite.secret"):
        (home / name).write_text(f"{SECRET}\n")
    said, post = ConfigParser(), ConfigParser()
    said.read_string(INBOX)
    post.read_string(HOOK)
    given = {**said["web"], **post["hook"]}
    given.pop("type")
    room = mailroom_of(configuration_of(configure(home, **given)), home)
    assert room is not None
    assert (room.mailbox.host, room.mailbox.password, room.every_s) == ("imap.exemple.fr", SECRET, 300)
    assert room.rules.pattern.address_of("28") == "agenda-28@exemple.fr"
    assert room.rules.check.server == "mx.exemple.fr"
    assert f"plus de {LARGEST // 1_000_000} Mo" in TEXT


def test_its_invitations_are_made_and_sent(home: Path) -> None:
    """In order, as they stand; then the person's account is as the document says."""
    with postbox() as box:
        given = {"smtp_server": "127.0.0.1", "smtp_port": str(box.port), "smtp_security": "none"}
        configure(home, public_url=f"https://{HOST}/", from_email=f"agenda@{HOST}", **given)
        for words in commands(TEXT):
            if words[0] != "users" or len(words) < 3 or "CODE" in words:
                continue
            done = subprocess.run(
                program("--home", str(home), *words), capture_output=True, text=True, check=False, env=environment()
            )
            assert done.returncode == 0, f"{words}\n{done.stderr}"
        assert [to for (to,) in box.recipients] == ["marie@exemple.fr", "luc@exemple.fr", "marie@exemple.fr"]
    with closing(store_of(home)) as store, store.read() as reader:
        assert reader.account("marie@exemple.fr").networks == ("28",)
        assert [device.label for device in reader.devices("marie@exemple.fr")] == ["Téléphone de Marie"]
        assert "luc@exemple.fr" not in {each.login for each in reader.accounts()}


# ---- Behind another server


@dataclass(frozen=True, slots=True)
class InFront:
    """A server in front of ours, by TLS where `trusted` names an authority."""

    port: int
    prefix: str
    behind: Server
    trusted: ssl.SSLContext | None

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        connection = (
            http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30, context=self.trusted)
            if self.trusted
            else http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        )
        with closing(connection):
            connection.request(method, self.prefix + path, body, {**(headers or {})})
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, response.read())

    @property
    def origin(self) -> str:
        return f"{'https' if self.trusted else 'http'}://127.0.0.1:{self.port}"

    def as_marie(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        return self.request(method, path, body, {"Authorization": basic("marie"), **headers})


@contextmanager
def started(words: list[str], port: int, folder: Path) -> Iterator[None]:
    """A program that listens, within the block."""
    log = folder / "program.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            words, cwd=folder, stdout=output, stderr=output, env=os.environ | {"HOME": str(folder)}
        )
    try:
        eventually(lambda: process.poll() is not None or _listens(port), within_s=20, what="it listens")
        assert process.poll() is None, log.read_text("utf-8", "replace")
        yield
    finally:
        process.terminate()
        process.wait(20)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def nginx(folder: Path, server: str) -> list[str]:
    """Debian's nginx with the document's `server`, in a folder of its own."""
    places = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    text = f"events {{}} http {{ {places} access_log {folder}/access.log; {server} }}"
    (folder / "nginx.conf").write_text(text, "utf-8")
    found = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert found, "nginx is not installed: make test-tools"
    daemon = f"daemon off; pid {folder}/pid; error_log {folder}/error.log;"
    if os.geteuid() == 0:
        daemon += " user root;"
    return [found, "-c", str(folder / "nginx.conf"), "-p", str(folder), "-e", f"{folder}/error.log", "-g", daemon]


@contextmanager
def with_nginx(folder: Path, behind: Server) -> Iterator[InFront]:
    authority, port = trustme.CA(), free_port()
    certificate = authority.issue_cert("127.0.0.1")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(folder / "chain.pem")
    text = (
        WHOLE.replace("443 ssl", f"127.0.0.1:{port} ssl")
        .replace("127.0.0.1:5232", f"127.0.0.1:{behind.port}")
        .replace(f"/etc/letsencrypt/live/{HOST}/fullchain.pem", f"{folder}/chain.pem")
        .replace(f"/etc/letsencrypt/live/{HOST}/privkey.pem", f"{folder}/key.pem")
    )
    trusted = ssl.create_default_context()
    authority.configure_trust(trusted)
    with started(nginx(folder, text), port, folder):
        yield InFront(port, "", behind, trusted)


@contextmanager
def with_nginx_below(folder: Path, behind: Server) -> Iterator[InFront]:
    port = free_port()
    text = BELOW.replace("127.0.0.1:5232", f"127.0.0.1:{behind.port}")
    with started(nginx(folder, f"server {{ listen 127.0.0.1:{port}; {text} }}"), port, folder):
        yield InFront(port, "/agenda", behind, None)


@contextmanager
def with_caddy(folder: Path, behind: Server) -> Iterator[InFront]:
    """Debian's Caddy, which is 2.6, with the word that the document gives for it."""
    found, port = shutil.which("caddy"), free_port()
    assert found, "caddy is not installed: make test-tools"
    text = (
        CADDY.replace(HOST, f"http://127.0.0.1:{port}")
        .replace("127.0.0.1:5232", f"127.0.0.1:{behind.port}")
        .replace("request_buffers 20MB", "buffer_requests")
    )
    assert "écrit `buffer_requests` là où" in " ".join(TEXT.split())
    (folder / "Caddyfile").write_text(f"{{\n\tadmin off\n\tauto_https off\n}}\n{text}", "utf-8")
    words = [found, "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    with started(words, port, folder):
        yield InFront(port, "", behind, None)


FRONTS = {"nginx": with_nginx, "nginx-below": with_nginx_below, "caddy": with_caddy}


@pytest.fixture(scope="module", params=FRONTS)
def front(
    request: pytest.FixtureRequest, instance: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[InFront]:
    folder = tmp_path_factory.mktemp(request.param)
    with serving(copy_instance(instance, folder / "home")) as behind, FRONTS[request.param](folder, behind) as found:
        yield found


def test_calendars_are_found_through_it_at_addresses_that_lead_back(front: InFront) -> None:
    body = f"<D:propfind {NAMESPACES}><D:prop><D:resourcetype/></D:prop></D:propfind>".encode()
    answer = front.as_marie("PROPFIND", "/marie/", body, Depth="1")
    assert answer.status == HTTPStatus.MULTI_STATUS
    hrefs = answer.texts("{DAV:}href")
    assert f"{front.prefix}/marie/28/" in hrefs
    assert all(href and href.startswith(f"{front.prefix}/marie/") for href in hrefs)


def test_well_known_leads_to_the_calendars(front: InFront) -> None:
    connection = InFront(front.port, "", front.behind, front.trusted)
    answer = connection.request("PROPFIND", "/.well-known/caldav")
    assert answer.status == HTTPStatus.MOVED_PERMANENTLY
    location = answer.headers["location"].removeprefix(front.origin)
    assert location == f"{front.prefix}/"


def test_events_are_written_moved_and_deleted_through_it(front: InFront) -> None:
    """Byte for byte; a MOVE names a whole address (RFC 4918 section 10.3)."""
    sent = event("devant@essai", "SUMMARY:Été")
    assert front.as_marie("PUT", "/marie/28/devant.ics", sent, **{"Content-Type": "text/calendar"}).status == 201
    assert front.as_marie("GET", "/marie/28/devant.ics").body == sent
    there = f"{front.origin}{front.prefix}/marie/28/ailleurs.ics"
    assert front.as_marie("MOVE", "/marie/28/devant.ics", Destination=there).status == HTTPStatus.CREATED
    assert front.as_marie("DELETE", "/marie/28/ailleurs.ics").status in (HTTPStatus.OK, HTTPStatus.NO_CONTENT)


def test_a_large_event_passes_and_what_is_too_large_is_refused(front: InFront) -> None:
    """What is beyond ours is refused by ours, in a sentence; what is far beyond by whoever is in front."""
    large = event("gros@essai", "DESCRIPTION:" + "a" * 1_500_000)
    assert front.as_marie("PUT", "/marie/28/gros.ics", large).status == HTTPStatus.CREATED
    too_large = event("trop@essai", "DESCRIPTION:" + "a" * 11_000_000)
    assert front.as_marie("PUT", "/marie/28/trop.ics", too_large).status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE


def test_pages_are_shown_through_it_and_a_password_is_chosen(front: InFront) -> None:
    answer = front.request("GET", "/", headers={"Accept": "text/html"})
    assert f'href="{front.prefix}/.web/static/style.css"' in answer.text
    assert f"{front.origin}{front.prefix}/" in answer.text
    with closing(store_of(front.behind.home)) as store, store.write(Actor()) as writer:
        secret = writer.invite("luc").text
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = front.request("POST", f"/.web/invitation/{secret}", b"password=quatre+mots+au+hasard&again=x", form)
    assert answer.status == HTTPStatus.UNPROCESSABLE_ENTITY
    sent = b"password=quatre+mots+au+hasard&again=quatre+mots+au+hasard"
    answer = front.request("POST", f"/.web/invitation/{secret}", sent, form)
    assert answer.headers["location"].startswith(f"{front.prefix}/.web/connexion/luc")
    assert secret not in _logs(front)


def _logs(front: InFront) -> str:
    """All that either server wrote down."""
    folder = front.behind.home.parent
    files = [*folder.glob("*.log"), *(front.behind.home / FOLDER).iterdir()]
    assert files
    return "".join(file.read_text("utf-8", "replace") for file in files)


def test_ours_is_told_where_a_client_is_and_believes_no_client_about_it(front: InFront) -> None:
    """Nor about the prefix."""
    told = {"X-Forwarded-For": "192.0.2.99", "X-Script-Name": "/ailleurs", "Accept": "text/html"}
    answer = front.request("GET", "/.web/connexion/adresse", headers=told)
    assert "/ailleurs" not in answer.text
    lines = [line for line in _logs(front).splitlines() if '"/.web/connexion/…"' in line]
    assert lines
    assert all('"address": "127.0.0.1"' in line for line in lines)
