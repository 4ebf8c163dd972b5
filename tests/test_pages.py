"""The pages beside the calendars, through real HTTP: who gets which, what a form does, what a browser is kept from."""

from __future__ import annotations

import plistlib
import re
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from html.parser import HTMLParser
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlencode

import pytest
from postgres import new_database
from serving import (
    DATABASE,
    Answer,
    Server,
    configure,
    copy_instance,
    free_port,
    is_sentence,
    make_instance,
    running,
    serving,
    store_of,
)

from spro_agenda.server.pages import views
from spro_agenda.store import Actor, Role

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
GOOD = "quatre mots au hasard"
SENTENCE = re.compile(r'<p class="lead">(.*?)</p>', re.DOTALL)
NO_GOOD = "Ce lien ne sert plus"


def page(server: Server, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
    """What a browser gets, which never sends a password."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return server.request(method, path, body, login=None, headers=BROWSER | named)


def invited(server: Server, login: str) -> str:
    """The path of a new invitation; its person gets an account where there is none."""
    with closing(store_of(server.home)) as store, store.write(Actor()) as writer:
        if login not in {each.login for each in writer.accounts()}:
            writer.add_account(login, None, Role.COORDINATOR, ["28"])
        return f"/.web/invitation/{writer.invite(login).text}"


def choose(server: Server, path: str, password: str, again: str | None = None) -> Answer:
    """Send the form of an invitation."""
    sent = urlencode({"username": "x", "password": password, "again": password if again is None else again})
    return page(server, path, "POST", sent.encode(), **FORM)


def may_log_in(server: Server, login: str, password: str = GOOD) -> bool:
    return server.request("PROPFIND", f"/{login}/", login=login, password=password).status == HTTPStatus.MULTI_STATUS


class Elements(HTMLParser):
    """The elements of a page, each with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def having(self, attribute: str) -> list[str]:
        return [attributes[attribute] or "" for _tag, attributes in self.found if attribute in attributes]


# ---- Who gets a page


@pytest.mark.parametrize("path", ["/", "/.web", "/.web/"])
def test_a_browser_is_welcomed_with_the_calendars_and_how_to_connect(standing: Server, path: str) -> None:
    answer = page(standing, path)
    assert answer.status == HTTPStatus.OK
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    for said in ("28 Eure-et-Loir", "Équipe régionale", "Thunderbird", standing.url, "le nom d'aucun bénéficiaire"):
        assert said in answer.text


@pytest.mark.parametrize("accept", [None, "*/*", "text/calendar", "application/xml"])
def test_what_is_no_browser_gets_at_the_root_what_it_always_got(standing: Server, accept: str | None) -> None:
    """A challenge, or a redirection of Radicale's."""
    headers = {"Accept": accept} if accept else {}
    assert standing.request("GET", "/", login=None, headers=headers).status == HTTPStatus.FOUND
    assert standing.request("PROPFIND", "/", login=None, headers=BROWSER).status == HTTPStatus.UNAUTHORIZED
    assert standing.request("OPTIONS", "/", login=None, headers=BROWSER).headers["dav"].startswith("1, 3")


def test_head_has_the_headers_of_get_and_no_body(standing: Server) -> None:
    whole, head = page(standing, "/"), page(standing, "/", "HEAD")
    assert head.body == b""
    assert head.status == whole.status
    assert {**head.headers, "date": ""} == {**whole.headers, "date": ""}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PROPFIND", "REPORT", "MKCOL", "PATCH"])
@pytest.mark.parametrize("path", ["/.web/", "/.web/connexion", "/.web/invitation/abc"])
def test_a_page_has_no_other_method(standing: Server, method: str, path: str) -> None:
    """405 with those that it has, even where a password is sent."""
    answer = standing.request(method, path, b"x", headers=BROWSER)
    assert answer.status == HTTPStatus.METHOD_NOT_ALLOWED
    assert answer.headers["allow"] == ("GET, HEAD, POST" if "invitation" in path else "GET, HEAD")


@pytest.mark.parametrize(
    "path",
    [
        "/.web/autre",
        "/.web//",
        "/.web/invitation",
        "/.web/invitation/",
        "/.web/invitation/a/b",
        "/.web/static/../views.py",
        "/.web/static/%2e%2e/views.py",
        "/.web/static/",
        "/.web/mobileconfig/marie",
        "/.web/%00",
        "/.web/%C3%A9",
        "/.web/%FF",
    ],
)
def test_where_there_is_no_page_a_page_says_so(standing: Server, path: str) -> None:
    answer = page(standing, path)
    assert answer.status == HTTPStatus.NOT_FOUND
    assert SENTENCE.search(answer.text)
    assert 'href="/.web/"' in answer.text


@pytest.mark.parametrize("path", ["/.web/rien", "/.web/invitation/abc"])
def test_what_is_no_browser_is_told_in_a_sentence_alone(standing: Server, path: str) -> None:
    answer = standing.request("GET", path, login=None)
    assert answer.status == HTTPStatus.NOT_FOUND
    assert is_sentence(answer)


def test_a_page_without_a_form_takes_none(standing: Server) -> None:
    assert page(standing, "/.web/", "POST", b"a=b", **FORM).status == HTTPStatus.METHOD_NOT_ALLOWED


def test_robots_may_fetch_feeds_alone(standing: Server) -> None:
    answer = page(standing, "/robots.txt")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text == "User-agent: *\nAllow: /.web/f/\nDisallow: /\n"


def test_every_link_of_a_page_leads_somewhere(standing: Server) -> None:
    """Styles, icons, profiles, other pages; and no page asks another server for anything."""
    seen: set[str] = set()
    left = ["/.web/", "/.web/connexion", "/.web/connexion/marie", "/.web/rien"]
    while left:
        path = left.pop()
        seen.add(path)
        answer = page(standing, path)
        assert answer.status == (HTTPStatus.NOT_FOUND if path == "/.web/rien" else HTTPStatus.OK), path
        if answer.headers["content-type"].startswith("text/html"):
            elements = Elements(answer.text)
            links = {*elements.having("href"), *elements.having("src"), *elements.having("action")}
            assert all(link.startswith(("/.web/", "#")) for link in links), links
            left += [link for link in links if not link.startswith("#") and link not in seen]
    assert {path.rpartition(".")[2] for path in seen} >= {"css", "svg", "mobileconfig"}


# ---- What a browser is kept from

EVERY_PAGE = ["/", "/.web/", "/.web/rien", "/.web/connexion/marie", "/.web/invitation/abc"]


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_a_page_is_not_kept_framed_sniffed_or_told_of(standing: Server, path: str) -> None:
    """The address of an invitation is a secret: no page that follows is told of it."""
    headers = page(standing, path).headers
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "set-cookie" not in headers


def test_no_page_has_a_script_or_style_within_itself(server: Server) -> None:
    """The policy forbids it; the one script is a file, on the one page that is better with it."""
    for path in (*EVERY_PAGE, invited(server, "marie")):
        answer = page(server, path)
        elements = Elements(answer.text)
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert [tag for tag, _attributes in elements.found if tag == "style"] == []
        assert elements.having("style") == []
        assert not [name for _tag, attributes in elements.found for name in attributes if name.startswith("on")]
        scripts = [attributes for tag, attributes in elements.found if tag == "script"]
        assert [script.get("src") for script in scripts] in ([], ["/.web/static/show.js"])
        assert bool(scripts) is ("script-src" in answer.headers["content-security-policy"])


@pytest.mark.parametrize("said", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 1234 * 5678 }}"])
def test_what_a_visitor_sends_is_text_on_a_page(standing: Server, said: str) -> None:
    for answer in (
        page(standing, "/.web/connexion?" + urlencode({"identifiant": said})),
        page(standing, "/.web/", Host=said),
        page(standing, "/.web/", X_Forwarded_Host=said, X_Forwarded_Proto="javascript"),
    ):
        assert "<script>" not in answer.text
        assert "<img src=x" not in answer.text
        assert str(1234 * 5678) not in answer.text
        assert "javascript:" not in answer.text


# ---- The choice of a password


def test_an_invitation_shows_whose_it_is_and_the_rules(server: Server) -> None:
    """With what password managers look for."""
    answer = page(server, invited(server, "zoe@exemple.fr"))
    fields = {
        attributes["name"]: attributes
        for tag, attributes in Elements(answer.text).found
        if "name" in attributes and tag == "input"
    }
    assert fields["username"]["value"] == "zoe@exemple.fr"
    assert fields["username"]["autocomplete"] == "username"
    assert [fields[name]["autocomplete"] for name in ("password", "again")] == ["new-password"] * 2
    assert "Au moins 8" in answer.text.replace("\u00a0", " ")


def test_a_chosen_password_lets_in_and_the_page_after_it_says_how(server: Server) -> None:
    """On the server's own answer, from the next request on; the page is one that may be opened again."""
    path = invited(server, "chosen@exemple.fr")
    assert not may_log_in(server, "chosen@exemple.fr")
    answer = choose(server, path, GOOD)
    assert (answer.status, answer.headers["location"]) == (
        HTTPStatus.SEE_OTHER,
        "/.web/connexion/chosen@exemple.fr?mot-de-passe=choisi",
    )
    assert may_log_in(server, "chosen@exemple.fr")
    after = page(server, answer.headers["location"])
    assert "Votre mot de passe est enregistré" in after.text.replace("\u00a0", " ")
    assert "/.web/mobileconfig/chosen@exemple.fr.mobileconfig" in after.text
    assert f"{server.url}chosen@exemple.fr/" in after.text


def test_a_link_is_used_once_and_looking_does_not_use_it(server: Server) -> None:
    """Mail servers follow links before people do."""
    path = invited(server, "once@exemple.fr")
    for method in ("GET", "HEAD", "GET"):
        assert page(server, path, method).status == HTTPStatus.OK
    assert choose(server, path, GOOD).status == HTTPStatus.SEE_OTHER
    for answer in (page(server, path), choose(server, path, "quatre autres mots choisis")):
        assert answer.status == HTTPStatus.NOT_FOUND
        assert NO_GOOD in answer.text
    assert may_log_in(server, "once@exemple.fr")


def test_a_forgotten_password_is_in_force_until_another_is_chosen(server: Server) -> None:
    path = invited(server, "paul")
    assert server.get("/paul/41/", "paul").status == HTTPStatus.OK
    choose(server, path, GOOD)
    assert server.get("/paul/41/", "paul").status == HTTPStatus.UNAUTHORIZED
    assert may_log_in(server, "paul")


def test_links_that_are_no_good_are_told_alike(server: Server) -> None:
    """Forged, out of date, void by a newer one, of nobody: one answer, so that nobody learns of a login."""
    void = invited(server, "luc")
    current = invited(server, "luc")
    late = invited(server, "late@exemple.fr")
    _make_late(server.home, "late@exemple.fr")
    forged = current[:-4] + ("2222" if current[-4:] != "2222" else "3333")
    unknown = "/.web/invitation/2222-2222-2222-2222-2222-2222"
    answers = [
        page(server, path) for path in (void, late, forged, unknown, "/.web/invitation/marie", "/.web/invitation/'")
    ]
    assert {(answer.status, answer.body) for answer in answers} == {(HTTPStatus.NOT_FOUND, answers[0].body)}
    assert NO_GOOD in answers[0].text
    assert "luc" not in answers[0].text
    assert [choose(server, path, GOOD).status for path in (void, late, forged)] == [HTTPStatus.NOT_FOUND] * 3


def _make_late(home: Path, login: str) -> None:
    """As if an invitation had been made three days ago."""
    with closing(sqlite3.connect(home / DATABASE)) as connection:
        connection.execute(
            "UPDATE invitation SET expires_at = ? WHERE account_id = (SELECT id FROM account WHERE login = ?)",
            (int(time.time()), login),
        )
        connection.commit()


@pytest.mark.parametrize(
    ("password", "again", "says"),
    [
        ("", "", "trop court"),
        ("court", "court", "trop court"),
        (GOOD, "quatre mots au hasart", "ne sont pas les mêmes"),
        ("motdepasse", "motdepasse", "se devine"),
        ("aaaaaaaaaaaa", "aaaaaaaaaaaa", "se devine"),
        ("wrong@exemple.fr", "wrong@exemple.fr", "se devine"),
    ],
)
def test_a_password_that_is_no_good_is_told_on_the_page_and_the_link_stays_good(
    server: Server, password: str, again: str, says: str
) -> None:
    """And what was typed is not sent back."""
    path = invited(server, "wrong@exemple.fr")
    answer = choose(server, path, password, again)
    assert answer.status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert says in answer.text
    assert "<title>Erreur" in answer.text
    assert 'role="alert"' in answer.text
    values = [attributes.get("value") for tag, attributes in Elements(answer.text).found if tag == "input"]
    assert values == ["wrong@exemple.fr", None, None, None]
    assert page(server, path).status == HTTPStatus.OK


@pytest.mark.parametrize(
    "password", ["Été à Châteaudun, 2021 &=+%", "мои четыре слова", "  des blancs  ", "abcd" * 500]
)
def test_a_password_is_kept_to_the_letter(server: Server, password: str) -> None:
    """Accents, blanks and what forms escape."""
    assert choose(server, invited(server, "letter@exemple.fr"), password).status == HTTPStatus.SEE_OTHER
    assert may_log_in(server, "letter@exemple.fr", password)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"x" * 9000, FORM["Content-Type"], HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
        (b"x" * 5_000_000, FORM["Content-Type"], HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
        (b'{"password": "quatre mots"}', "application/json", HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
        (b"--x", "multipart/form-data; boundary=x", HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
        (b"\xff\xfe&%zz=%", FORM["Content-Type"], HTTPStatus.UNPROCESSABLE_ENTITY),
        (b"a=b&" * 500, FORM["Content-Type"], HTTPStatus.UNPROCESSABLE_ENTITY),
    ],
)
def test_what_is_no_form_is_refused_in_a_sentence(server: Server, body: bytes, kind: str, status: HTTPStatus) -> None:
    path = invited(server, "form@exemple.fr")
    answer = page(server, path, "POST", body, Content_Type=kind)
    assert answer.status == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert page(server, path).status == HTTPStatus.OK


def test_who_sends_forms_without_end_is_told_to_wait_and_the_others_are_not(instance: Path, tmp_path: Path) -> None:
    """By address, which a server in front tells."""
    with serving(copy_instance(instance, tmp_path / "home")) as server:

        def guess(where: str) -> Answer:
            path = "/.web/invitation/2222-2222-2222-2222-2222-2222"
            return page(server, path, "POST", b"password=x", X_Forwarded_For=where, **FORM)

        statuses = [guess("192.0.2.1").status for _each in range(int(views.CHOICES.burst) + 2)]
        assert set(statuses[: int(views.CHOICES.burst)]) == {HTTPStatus.NOT_FOUND}
        assert statuses[-1] == HTTPStatus.TOO_MANY_REQUESTS
        assert guess("192.0.2.1").headers["retry-after"]
        assert guess("192.0.2.2").status == HTTPStatus.NOT_FOUND
        assert page(server, "/.web/", X_Forwarded_For="192.0.2.1").status == HTTPStatus.OK


# ---- How to connect


def test_the_settings_are_the_same_whether_anybody_has_the_login(standing: Server) -> None:
    """But for the login itself."""
    for path in ("/.web/connexion/{}", "/.web/mobileconfig/{}.mobileconfig"):
        known, unknown = (page(standing, path.format(login)) for login in ("marie", "manon"))
        assert known.status == unknown.status == HTTPStatus.OK
        texts = [_without_uuids(each.text) for each in (known, unknown)]
        assert texts[0].replace("marie", "manon") == texts[1]


def _without_uuids(text: str) -> str:
    return re.sub(r"\b[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\b|agenda\.[0-9a-f]{8}", "", text)


def test_a_login_that_is_typed_leads_to_its_settings(standing: Server) -> None:
    answer = page(standing, "/.web/connexion?identifiant=%20Marie@Exemple.fr")
    assert (answer.status, answer.headers["location"]) == (HTTPStatus.SEE_OTHER, "/.web/connexion/marie@exemple.fr")


@pytest.mark.parametrize("path", ["/.web/connexion/zo%C3%A9", "/.web/mobileconfig/zo%C3%A9.mobileconfig"])
def test_what_can_be_no_login_is_told(standing: Server, path: str) -> None:
    answer = page(standing, path)
    assert answer.status == HTTPStatus.BAD_REQUEST
    assert "sans accent" in answer.text


def test_the_profile_of_an_iphone_names_the_account_and_no_password(standing: Server) -> None:
    """Apple's keys for CalDAV; what it names answers."""
    answer = page(standing, "/.web/mobileconfig/marie.mobileconfig")
    assert answer.headers["content-type"] == "application/x-apple-aspen-config"
    assert answer.headers["content-disposition"].endswith('.mobileconfig"')
    profile = plistlib.loads(answer.body)
    (account,) = profile["PayloadContent"]
    assert profile["PayloadType"] == "Configuration"
    assert {name: account[name] for name in account if name.startswith("CalDAV")} == {
        "CalDAVAccountDescription": "Agenda SPRO",
        "CalDAVHostName": "127.0.0.1",
        "CalDAVPort": standing.port,
        "CalDAVUseSSL": False,
        "CalDAVUsername": "marie",
        "CalDAVPrincipalURL": "/marie/",
    }
    assert account["PayloadType"] == "com.apple.caldav.account"
    assert standing.propfind(account["CalDAVPrincipalURL"], "D:displayname").status == HTTPStatus.MULTI_STATUS


def test_a_profile_is_itself_again_and_nobody_elses(standing: Server) -> None:
    """Installed again it replaces itself; two people's do not replace each other."""
    path = "/.web/mobileconfig/{}.mobileconfig"
    first, again, other = (page(standing, path.format(login)).body for login in ("marie", "marie", "paul"))
    assert first == again
    uuids = [_uuids(each) for each in (first, other)]
    assert len(uuids[0]) == len(uuids[1]) == 2
    assert not uuids[0] & uuids[1]


def _uuids(profile: bytes) -> set[str]:
    read = plistlib.loads(profile)
    return {read["PayloadUUID"], read["PayloadContent"][0]["PayloadUUID"]}


# ---- Behind another server


@pytest.fixture(scope="module")
def behind(instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose public address is another's."""
    home = copy_instance(instance, tmp_path_factory.mktemp("behind") / "home")
    with serving(configure(home, public_url="https://agenda.exemple.fr/spro")) as server:
        yield server


def test_pages_and_profiles_say_the_public_address(behind: Server) -> None:
    """Whatever the visitor came by."""
    assert "https://agenda.exemple.fr/spro/" in page(behind, "/", Host="127.0.0.1").text
    (account,) = plistlib.loads(page(behind, "/.web/mobileconfig/marie.mobileconfig").body)["PayloadContent"]
    assert (account["CalDAVHostName"], account["CalDAVPort"], account["CalDAVUseSSL"]) == (
        "agenda.exemple.fr",
        443,
        True,
    )
    assert account["CalDAVPrincipalURL"] == "/spro/marie/"


@pytest.mark.parametrize("path", ["/.web/", "/spro/.web/", "/", "/spro/"])
def test_links_stay_below_the_prefix_that_a_server_in_front_tells(behind: Server, path: str) -> None:
    """Whether it takes the prefix off the path or not."""
    answer = page(behind, path, X_Script_Name="/spro", X_Forwarded_For="192.0.2.1")
    assert answer.status == HTTPStatus.OK
    links = [link for link in Elements(answer.text).having("href") if not link.startswith("#")]
    assert links
    assert all(link.startswith("/spro/.web/") for link in links)


def test_the_form_of_an_invitation_works_below_a_prefix(behind: Server) -> None:
    path = "/spro" + invited(behind, "prefix@exemple.fr")
    sent = urlencode({"password": GOOD, "again": GOOD}).encode()
    assert page(behind, path, X_Script_Name="/spro").status == HTTPStatus.OK
    answer = page(behind, path, "POST", sent, X_Script_Name="/spro", **FORM)
    assert answer.headers["location"].startswith("/spro/.web/connexion/prefix@exemple.fr?")


@pytest.mark.parametrize("prefix", ["//ailleurs.exemple.fr", "/a b", '/"><script>', "spro", "/%0d%0a"])
def test_a_prefix_that_is_none_makes_no_page(behind: Server, prefix: str) -> None:
    """Radicale's own answer; no link leads elsewhere."""
    answer = page(behind, "/.web/", X_Script_Name=prefix)
    assert b"ailleurs" not in answer.body
    assert b"<script" not in answer.body
    assert answer.status < HTTPStatus.INTERNAL_SERVER_ERROR


# ---- When something is wrong


def test_without_its_database_a_page_says_so_and_no_more(instance: Path, tmp_path: Path) -> None:
    """503, to be tried again; what needs no database is served."""
    home = copy_instance(instance, tmp_path / "home")
    with serving(home) as server:
        path = invited(server, "away@exemple.fr")
        (home / DATABASE).rename(home / "ailleurs")
        for answer in (page(server, "/"), page(server, path), choose(server, path, GOOD)):
            assert answer.status == HTTPStatus.SERVICE_UNAVAILABLE
            assert answer.headers["retry-after"]
            assert "La base de données" in answer.text
            assert str(home) not in answer.text
        assert page(server, "/.web/connexion/marie").status == HTTPStatus.OK


def test_an_invitation_works_on_postgresql(tmp_path: Path) -> None:
    home = make_instance(tmp_path / "home", new_database())
    with serving(home) as server:
        assert choose(server, invited(server, "zoe@exemple.fr"), GOOD).status == HTTPStatus.SEE_OTHER
        assert may_log_in(server, "zoe@exemple.fr")


def test_plain_radicale_answers_a_browser_with_one_sentence(instance: Path, tmp_path: Path) -> None:
    home, port = copy_instance(instance, tmp_path / "home"), free_port()
    words = [sys.executable, "-m", "radicale", "--config", "config.ini", "--server-hosts", f"127.0.0.1:{port}"]
    with running(words, home, port) as server:
        answer = page(server, "/.web")
        assert answer.status == HTTPStatus.OK
        assert "compte CalDAV" in answer.text
