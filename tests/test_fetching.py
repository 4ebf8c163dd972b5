"""Fetching an address: whatever it answers, it ends in time, in bounds, and not on a machine of our own house."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address
from typing import Any

import pytest
import trustme
from sources_of_trouble import (
    LOOPBACK,
    Elsewhere,
    Flood,
    action,
    drips_body,
    drips_headers,
    elsewhere,
    feed,
    hangs,
    redirects_for_ever,
)

from spro_agenda.errors import BadInput, NetworkError
from spro_agenda.fetching import Fetcher, Limits, Reach, Validators, ranges_of, reach_of

HERE = Reach(private=ranges_of(LOOPBACK))
QUICK = Limits(total_s=1, silence_s=0.6)


@pytest.fixture
def there() -> Iterator[Elsewhere]:
    with elsewhere() as found:
        yield found


def failure(url: str, fetcher: Fetcher) -> str:
    with pytest.raises(NetworkError) as caught:
        fetcher.fetch(url)
    return str(caught.value)


def test_a_calendar_comes_with_what_to_ask_with_the_next_time(there: Elsewhere) -> None:
    """By http and by webcal; unchanged, it is not sent again."""
    there.give(feed(action("a")), etag='"1"')
    fetcher = Fetcher(reach=HERE)
    fetched = fetcher.fetch(there.url.replace("http", "webcal"))
    assert fetched is not None
    assert (fetched.data, fetched.validators.etag) == (there.body, '"1"')
    assert fetcher.fetch(there.url, fetched.validators) is None
    assert fetcher.fetch(there.url, Validators(etag='"2"')) is not None
    assert there.statuses == [200, 304, 200]


@pytest.mark.parametrize("trouble", [hangs, drips_headers, drips_body])
def test_a_server_that_takes_for_ever_is_left_in_time(
    there: Elsewhere, trouble: Callable[[BaseHTTPRequestHandler], None]
) -> None:
    """Silent, or with a word now and then: the time is for all of it."""
    there.answer = trouble
    began = time.monotonic()
    said = failure(there.url, Fetcher(reach=HERE, limits=QUICK))
    assert "trop lent" in said
    assert time.monotonic() - began < 2.5


def test_time_is_for_all_redirections_together(there: Elsewhere) -> None:
    """Each of them is quick enough; all of them are not."""

    def slowly(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.4)
        redirects_for_ever(handler)

    there.answer = slowly
    began = time.monotonic()
    assert "trop lent" in failure(there.url, Fetcher(reach=HERE, limits=Limits(total_s=1, redirections=50)))
    assert time.monotonic() - began < 2


def test_a_port_that_says_nothing_of_tls_is_left_in_time() -> None:
    """The handshake is in the time, too."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        said = failure(f"https://127.0.0.1:{silent.getsockname()[1]}/", Fetcher(reach=HERE, limits=QUICK))
    assert "trop lent" in said
    assert time.monotonic() - began < 2.5


def test_a_name_that_takes_for_ever_to_look_up_is_left_in_time() -> None:
    """The system's own patience is longer than ours."""

    def slow(host: str, port: int) -> list[Any]:
        time.sleep(3)
        return socket.getaddrinfo(host, port)

    began = time.monotonic()
    assert "trop lent" in failure("http://127.0.0.1:9/", Fetcher(reach=HERE, limits=QUICK, lookup=slow))
    assert time.monotonic() - began < 2


def test_redirections_without_end_are_left(there: Elsewhere) -> None:
    """The first and five more."""
    there.answer = redirects_for_ever
    assert "sans fin" in failure(there.url, Fetcher(reach=HERE))
    assert len(there.asked) == 6


def test_a_redirection_is_followed_with_the_password_of_its_own_server_alone(there: Elsewhere) -> None:
    """What is given for one machine is not told another."""
    with elsewhere() as other:
        other.give(feed(action("a")))
        there.give(b"", status=301)
        there.location = other.url
        url = there.url.replace("//", "//marie:secret@")
        assert Fetcher(reach=HERE).fetch(url) is not None
        assert "authorization" in there.asked[0]
        assert "authorization" not in other.asked[0]


def test_a_flood_is_stopped_at_the_bound(there: Elsewhere) -> None:
    """Of 500 MB, hardly more is taken than may be."""
    there.answer = flood = Flood()
    assert "trop grosse (plus de 2 Mo)" in failure(there.url, Fetcher(reach=HERE, limits=Limits(largest=2_000_000)))
    assert flood.sent < 30_000_000  # with what the system's buffers hold


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (200, b"<!doctype html><title>Connexion</title>", "une page web"),
        (200, b"\x00\x01\x02", "autre chose"),
        (200, b"", "rien"),
        (206, b"BEGIN:VCALENDAR", "erreur 206"),
        (304, b"", "erreur 304"),
        (404, b"", "il n'y a pas d'agenda"),
        (500, b"BEGIN:VCALENDAR", "en panne (erreur 500)"),
    ],
)
def test_what_is_no_calendar_is_told_in_a_sentence(there: Elsewhere, status: int, body: bytes, words: str) -> None:
    """Even where nobody had asked whether it was the same."""
    there.give(body, status=status)
    assert words in failure(there.url, Fetcher(reach=HERE))


def test_what_is_no_http_at_all_is_told_in_a_sentence(there: Elsewhere) -> None:
    """A mail server, say."""
    there.answer = lambda handler: handler.wfile.write(b"220 mail.exemple.fr ESMTP\r\n") and None
    assert "ne répond pas" in failure(there.url, Fetcher(reach=HERE))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "n'importe quoi",
        "ftp://exemple.fr/a.ics",
        "file:///etc/passwd",
        "https://",
        "http://[::1/",
        "http://exemple.fr:99999/",
        "gopher://127.0.0.1/",
    ],
)
def test_what_is_no_address_of_the_web_is_not_tried(url: str) -> None:
    """http, https, webcal and webcals alone."""
    assert "n'est pas l'adresse d'un agenda" in failure(url, Fetcher(reach=Reach(everywhere=True)))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "[::ffff:127.0.0.1]", "0"]
)
def test_this_machine_is_not_asked_however_it_is_called(there: Elsewhere, host: str) -> None:
    """What would be found there is not meant for the internet."""
    there.give(feed(action("a")))
    said = failure(f"http://{host}:{there.port}/", Fetcher(reach=Reach()))
    assert "réseau interne" in said
    assert "harvest_private" in said
    assert there.asked == []


@pytest.mark.parametrize(
    ("ip", "may"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("10.0.0.1", False),
        ("172.16.3.4", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:93.184.216.34", True),
        ("::10.0.0.1", False),
        ("64:ff9b::10.0.0.1", False),
        ("64:ff9b::93.184.216.34", True),
        ("2002:0a00:0001::", False),
    ],
)
def test_only_the_public_internet_is_asked(ip: str, may: bool) -> None:
    """An IPv6 address that stands for an IPv4 one is what it stands for."""
    assert Reach().allows(ip_address(ip)) is may


def test_what_is_allowed_is_asked_and_no_more() -> None:
    """In either way of writing it."""
    reach = Reach(private=ranges_of("10.1.2.3 192.168.4.0/24"))
    assert reach.allows(ip_address("10.1.2.3"))
    assert reach.allows(ip_address("::ffff:192.168.4.7"))
    assert not reach.allows(ip_address("10.1.2.4"))


def test_a_redirection_into_our_house_is_not_followed() -> None:
    """The address that was given is allowed; where it leads is looked at anew."""
    with elsewhere("127.0.0.2") as outside, elsewhere("127.0.0.1") as inside:
        inside.give(feed(action("secret")))
        outside.give(b"", status=302)
        outside.location = inside.url
        assert "réseau interne (127.0.0.1)" in failure(
            outside.url, Fetcher(reach=Reach(private=ranges_of("127.0.0.2")))
        )
        assert len(outside.asked) == 1
        assert inside.asked == []


def test_a_name_that_means_another_machine_a_moment_later_leads_nowhere() -> None:
    """DNS rebinding: it is looked up once, and the very address that was checked is connected to."""
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[Any]:
        asked.append(host)
        return socket.getaddrinfo("127.0.0.2" if len(asked) == 1 else "127.0.0.1", port, type=socket.SOCK_STREAM)

    fetcher = Fetcher(reach=Reach(private=ranges_of("127.0.0.2")), lookup=rebinding)
    with elsewhere("127.0.0.2") as outside:
        outside.give(feed(action("a")))
        url = f"http://agenda.exemple.fr:{outside.port}/a.ics"
        fetched = fetcher.fetch(url)
        assert fetched is not None
        assert fetched.data == outside.body
        assert outside.asked[0]["host"] == f"agenda.exemple.fr:{outside.port}"
        assert asked == ["agenda.exemple.fr"]
        assert "réseau interne" in failure(url, fetcher)


def test_of_a_names_machines_those_that_may_not_be_asked_are_passed_over() -> None:
    """And where one does not answer, the next is tried."""
    with elsewhere("127.0.0.3") as outside:
        outside.give(feed(action("a")))

        def several(_host: str, port: int) -> list[Any]:
            return [
                found
                for ip in ("127.0.0.1", "127.0.0.2", "127.0.0.3")
                for found in socket.getaddrinfo(ip, port, type=socket.SOCK_STREAM)
            ]

        fetcher = Fetcher(reach=Reach(private=ranges_of("127.0.0.2 127.0.0.3")), lookup=several)
        assert fetcher.fetch(f"http://agenda.exemple.fr:{outside.port}/") is not None


@pytest.mark.parametrize("path", ["/agenda/.web/f/x.ics", "/agenda/spro/28/"])
def test_our_own_server_is_not_asked(there: Elsewhere, path: str) -> None:
    """By its public address, straight or by a redirection; another one on the same machine is."""
    own = there.url.replace("agenda.ics", "agenda/")
    with elsewhere() as other:
        other.give(b"", status=302)
        other.location = f"http://127.0.0.1:{there.port}{path}"
        fetcher = Fetcher(reach=Reach(private=ranges_of(LOOPBACK), own=own))
        for url in (other.location, other.url):
            assert "de cet agenda lui-même" in failure(url, fetcher)
        assert there.asked == []
        there.give(feed(action("a")))
        assert fetcher.fetch(there.url.replace("/agenda.ics", "/nuage/agenda.ics")) is not None
        whole = Fetcher(reach=Reach(private=ranges_of(LOOPBACK), own=f"http://127.0.0.1:{there.port}/"))
        for form in ("", "/", "/nuage/agenda.ics"):
            assert "de cet agenda lui-même" in failure(f"webcal://127.0.0.1:{there.port}{form}", whole)


def test_a_secret_address_is_not_told(there: Elsewhere) -> None:
    """Google's private addresses open the calendar to whoever reads them."""
    there.give(b"", status=500)
    with pytest.raises(NetworkError) as caught:
        Fetcher(reach=HERE).fetch(f"{there.url}?secret", called="28 Eure-et-Loir")
    assert str(caught.value).startswith("28 Eure-et-Loir : ")
    assert "secret" not in str(caught.value)


def test_a_certificate_is_checked() -> None:
    """One of nobody's is told, and says whom to tell; one of an authority that is trusted is taken."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with (
        elsewhere(tls=context) as there,
        authority.cert_pem.tempfile() as trusted,
        pytest.MonkeyPatch.context() as patch,
    ):
        there.give(feed(action("a")))
        assert "certificat" in failure(there.url, Fetcher(reach=HERE))
        patch.setenv("SSL_CERT_FILE", trusted)
        assert Fetcher(reach=HERE).fetch(there.url) is not None


def test_ranges_that_cannot_be_read_are_told() -> None:
    """In the words of the option."""
    with pytest.raises(BadInput, match=r"harvest_private = 10\.0\.0\.300"):
        reach_of("10.0.0.300", "", "harvest_private")
