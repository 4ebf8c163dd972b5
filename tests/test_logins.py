"""Who gets in, how fast, and who is shut out when: through real servers, and with a clock of our own."""

from __future__ import annotations

import math
import re
import statistics
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from directories import READER, SECRET, SUFFIX, directory
from in_process import in_process
from serving import (
    PASSWORD,
    Server,
    basic,
    copy_instance,
    environment,
    event,
    eventually,
    free_port,
    is_sentence,
    program,
    serving,
    store_of,
)
from spro_agenda.plugins.auth import Auth
from spro_agenda.plugins.instance import Directory, _Known

from spro_agenda import logins
from spro_agenda.errors import BadInput, StoreError, TooManyTries
from spro_agenda.instance import CONFIG, HOME
from spro_agenda.logins import BY_ACCOUNT, BY_ADDRESS, IN_ALL, LATELY, Comings, Guesses, Try
from spro_agenda.rates import Buckets, Rate
from spro_agenda.server.wsgi import configuration_of
from spro_agenda.store import Act, Actor, Login, Reader, Selection, Store


@pytest.fixture(scope="module")
def pair(instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with two workers."""
    with serving(copy_instance(instance, tmp_path_factory.mktemp("pair") / "home"), workers=2) as running:
        yield running


def statuses(server: Server, password: str, login: str = "marie", times: int = 12) -> set[int]:
    """What several requests come to, each by a connection of its own: each worker gets some."""
    return {server.request("GET", "/marie/28/", login=login, password=password).status for _each in range(times)}


def add_device(server: Server, login: str, label: str) -> str:
    with closing(store_of(server.home)) as store, store.write(Actor()) as writer:
        return writer.add_device(login, label).text


# ---- Devices, through a server


def test_a_revoked_device_is_shut_out_of_every_worker_at_its_next_request(pair: Server) -> None:
    """The person's other devices, and the password, go on."""
    lost, kept = (add_device(pair, "marie", label) for label in ("Téléphone", "Tablette"))
    assert statuses(pair, lost) == statuses(pair, kept) == {200}
    with closing(store_of(pair.home)) as store, store.write(Actor()) as writer:
        writer.revoke_device("marie", lost[:4] + lost[5:7])
    # No more of them than one worker lets an account try.
    assert statuses(pair, lost, times=8) == {401}
    assert statuses(pair, kept) == statuses(pair, PASSWORD) == {200}


def test_a_device_opens_its_person_s_account_alone(pair: Server) -> None:
    secret = add_device(pair, "marie", "Ordinateur")
    assert statuses(pair, secret, login="paul", times=4) == {401}


def test_the_history_says_by_which_device_it_was_written(pair: Server) -> None:
    secret = add_device(pair, "marie", "Téléphone de Marie")
    headers = {"Content-Type": "text/calendar"}
    body = event("appareil@essai")
    assert pair.request("PUT", "/marie/28/appareil.ics", body, password=secret, headers=headers).status == 201
    with closing(store_of(pair.home)) as store, store.read() as reader:
        newest = next(reader.history(Selection(login="marie")))
    assert (newest.key.uid, newest.device) == ("appareil@essai", "Téléphone de Marie")


def test_a_log_in_after_the_first_costs_less_than_a_millisecond(instance: Path, tmp_path: Path) -> None:
    """By the server's own clock: a request with a password that it knows, against one without any."""
    with serving(copy_instance(instance, tmp_path / "home")) as server:
        assert statuses(server, PASSWORD, times=1) == {200}
        known = statistics.median(spent(server, "marie") for _each in range(5))
        nobody = statistics.median(spent(server, None) for _each in range(5))
    assert known - nobody < 0.001, f"{known:.5f} s a request against {nobody:.5f} s"


def spent(server: Server, login: str | None) -> float:
    """Processor seconds of a cheap request, of fifty."""
    before = _processor_s(server)
    for _each in range(50):
        server.request("OPTIONS", "/", login=login)
    return (_processor_s(server) - before) / 50


def _processor_s(server: Server) -> float:
    total = 0.0
    for worker in server.workers:
        fields = Path(f"/proc/{worker}/stat").read_text("ascii").rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / 100
    return total


# ---- Guesses


def test_guesses_are_slowed_while_others_go_on(instance: Path, tmp_path: Path) -> None:
    """Who was let in goes on at once; a right password is told that it is not the fault, and when to come again."""
    with serving(copy_instance(instance, tmp_path / "home")) as server:
        assert statuses(server, PASSWORD, times=1) == {200}
        told = [server.request("GET", "/marie/28/", login="paul", password=f"mot n° {n}") for n in range(40)]
        assert {answer.status for answer in told[:5]} == {401}
        late = told[-1]
        assert late.status == 503
        assert is_sentence(late)
        assert int(late.headers["retry-after"]) > 0
        assert "www-authenticate" not in late.headers
        assert server.request("GET", "/marie/28/", login="paul").status == 503
        assert statuses(server, PASSWORD) == {200}


def test_a_login_that_does_not_exist_is_answered_like_one_that_does(instance: Path, tmp_path: Path) -> None:
    """The same statuses, headers and words in the same order; argon2 is paid for each."""
    answers = []
    for login in ("paul", "personne"):
        with serving(copy_instance(instance, tmp_path / login)) as server:
            found = [server.request("GET", "/", login=login, password="faux mot") for _each in range(24)]
            answers.append([(each.status, each.text, re.sub(r"\d+", "n", str(sorted(each.headers)))) for each in found])
    assert answers[0] == answers[1]
    assert {status for status, _text, _headers in answers[0]} == {401, 503}


def test_a_request_without_a_password_is_no_failed_log_in(instance: Path, tmp_path: Path) -> None:
    """Thunderbird and GNOME begin so each time: the challenge is immediate."""
    with serving(copy_instance(instance, tmp_path / "home")) as server:
        begun = time.monotonic()
        assert {server.request("GET", "/marie/28/", login=None).status for _each in range(60)} == {401}
        assert time.monotonic() - begun < 10
        assert statuses(server, PASSWORD, times=1) == {200}


def test_a_name_has_its_own_bucket_that_fills_again() -> None:
    now = [0.0]
    buckets = Buckets[str](Rate(burst=3, per_s=0.5), clock=lambda: now[0])
    assert [buckets.take("a") for _each in range(3)] == [0, 0, 0]
    assert (buckets.take("a"), buckets.wait_s("a"), buckets.wait_s("b")) == (2, 2, 0)
    now[0] = 2.0
    assert (buckets.take("a"), buckets.take("a")) == (0, 2)
    buckets.give_back("a")
    buckets.give_back("b")
    assert (buckets.take("a"), buckets.take("a")) == (0, 2)
    assert [buckets.take("b") == 0 for _each in range(4)] == [True, True, True, False]
    now[0] = 1000.0
    assert [buckets.take("a") == 0 for _each in range(4)] == [True, True, True, False]


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def begin(guesses: Guesses, login: str, address: str, places: frozenset[str] = frozenset()) -> Try | None:
    """A try, where the password is looked at."""
    try:
        return guesses.begin(login, address, places)
    except TooManyTries:
        return None


def guess(guesses: Guesses, login: str, address: str, places: frozenset[str] = frozenset()) -> bool:
    """Whether a wrong password is looked at."""
    if begin(guesses, login, address, places) is None:
        return False
    guesses.failed(login, address)
    return True


def enters(guesses: Guesses, login: str, address: str, places: frozenset[str] = frozenset()) -> bool:
    """Whether a right password is looked at."""
    tried = begin(guesses, login, address, places)
    if tried is None:
        return False
    tried.give_back()
    guesses.succeeded(login, address)
    return True


def test_one_address_cannot_go_through_many_accounts() -> None:
    guesses = Guesses(Clock())
    tried = sum(guess(guesses, f"login{number}", "192.0.2.1") for number in range(2000))
    assert tried == BY_ADDRESS.burst
    assert enters(guesses, "marie", "192.0.2.2")


def test_the_addresses_of_one_customer_are_one_address() -> None:
    """IPv6 gives each 2⁶⁴ of them."""
    guesses = Guesses(Clock())
    tried = sum(guess(guesses, f"login{number}", f"2001:db8:0:1::{number:x}") for number in range(2000))
    assert tried == BY_ADDRESS.burst
    assert enters(guesses, "marie", "2001:db8:0:2::1")
    assert enters(guesses, "marie", "2001:db8:0:2::2")


def test_many_addresses_cannot_go_at_one_account() -> None:
    """And do not shut its person out of where they always are."""
    guesses = Guesses(Clock())
    assert enters(guesses, "marie", "192.0.2.200")
    tried = sum(guess(guesses, "marie", f"192.0.2.{number}") for number in range(100))
    assert tried == BY_ACCOUNT.burst
    assert enters(guesses, "marie", "192.0.2.200")
    assert not enters(guesses, "marie", "192.0.2.201")


def test_guesses_from_where_a_person_always_is_count_as_guesses_at_them() -> None:
    """They are slowed there by the address alone, and use up what others may try elsewhere."""
    guesses = Guesses(Clock())
    assert enters(guesses, "marie", "192.0.2.200")
    assert sum(guess(guesses, "marie", "192.0.2.200") for _each in range(100)) == BY_ADDRESS.burst
    assert not guess(guesses, "marie", "192.0.2.1")


def test_guesses_from_elsewhere_do_not_shut_out_the_places_that_people_came_from() -> None:
    """Whom a process that has just begun does not know yet; and no login is told from another by it."""
    places = frozenset({"198.51.100.1", "2001:db8::/64"})
    guesses = Guesses(Clock())
    tried = sum(guess(guesses, f"login{number}", f"192.0.2.{number}", places) for number in range(200))
    assert tried == IN_ALL.burst
    for login in ("marie", "personne"):
        assert not enters(guesses, login, "203.0.113.1", places)
        assert enters(guesses, login, "198.51.100.1", places)
        assert enters(guesses, login, "2001:db8::17", places)


def test_places_are_those_of_who_logged_in_lately(instance: Path, tmp_path: Path) -> None:
    store = store_of(copy_instance(instance, tmp_path / "home"))
    now = int(time.time())
    with store.write(Actor()) as writer:
        writer.note_logins(
            [
                Login(login="marie", at=now, address="192.0.2.1", client="khal/0.11 (x)"),
                Login(login="luc", at=now, address="192.0.2.3", failures=3),
            ]
        )
    with store.read() as reader:
        assert reader.places_since(datetime.now(UTC) - LATELY) == {"192.0.2.1"}
        assert reader.places_since(datetime.now(UTC) + LATELY) == frozenset()
    store.close()


def test_a_password_that_was_right_is_no_guess() -> None:
    """However often, by however many people at one address: no limit of theirs is nearer for it."""
    clock = Clock()
    guesses = Guesses(clock)
    for number in range(5 * int(BY_ADDRESS.burst)):
        clock.now += 1 / IN_ALL.per_s
        assert enters(guesses, f"login{number % 40}", "192.0.2.1")
    assert sum(guess(guesses, "login0", "192.0.2.1") for _each in range(100)) == BY_ADDRESS.burst


def test_a_try_that_is_told_to_wait_takes_nothing() -> None:
    """A limit that is reached does not use up the others."""
    guesses = Guesses(Clock())
    for number in range(int(BY_ACCOUNT.burst)):
        assert guess(guesses, "marie", f"192.0.2.{number}")
    assert not any(guess(guesses, "marie", "198.51.100.1") for _each in range(100))
    assert sum(guess(guesses, f"login{number}", "198.51.100.1") for number in range(100)) == BY_ADDRESS.burst


@pytest.mark.parametrize(
    ("places", "accounts", "limit"),
    [(60, 1, BY_ACCOUNT.burst), (1, 60, BY_ADDRESS.burst), (200, 200, IN_ALL.burst)],
    ids=["account", "address", "all"],
)
def test_guesses_at_once_are_no_more_than_in_turn(places: int, accounts: int, limit: float) -> None:
    """All have begun before the first is found wrong."""
    guesses, count = Guesses(Clock()), max(places, accounts)
    together = threading.Barrier(count)

    def one(number: int) -> bool:
        together.wait()
        return begin(guesses, f"login{number % accounts}", f"192.0.2.{number % places}") is not None

    with ThreadPoolExecutor(count) as pool:
        assert sum(pool.map(one, range(count))) == limit


def test_wrong_passwords_at_once_are_looked_at_no_more_often(instance: Path, tmp_path: Path) -> None:
    """By a real server: those that wait while others are looked at are guesses too."""
    with serving(copy_instance(instance, tmp_path / "home")) as server, ThreadPoolExecutor(60) as pool:

        def one(number: int) -> int:
            return server.request("GET", "/", login="paul", password=f"mot n° {number}").status

        began = time.monotonic()
        told = Counter(status for _again in range(3) for status in pool.map(one, range(60)))
        assert set(told) == {401, 503}
        assert told[401] <= BY_ACCOUNT.burst + math.ceil((time.monotonic() - began) * BY_ACCOUNT.per_s)


def test_many_addresses_and_many_accounts_leave_the_processor_to_others() -> None:
    """A minute of 2,000 guesses, each from elsewhere at somebody else."""
    clock = Clock()
    guesses, tried = Guesses(clock), 0
    for number in range(2000):
        clock.now = 60 * number / 2000
        tried += guess(guesses, f"login{number}", f"192.0.{number // 200}.{number % 200}")
    assert tried <= IN_ALL.burst + 60 * IN_ALL.per_s + 1


def test_after_a_restart_the_places_that_people_came_from_are_let_in_whatever_is_guessed(
    instance: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store says who came; nobody is known to the new process."""
    home = copy_instance(instance, tmp_path / "home")
    with closing(store_of(home)) as store, store.write(Actor()) as writer:
        writer.note_logins([Login(login="marie", at=int(time.time()) - 86_400, address="192.0.2.1")])
    monkeypatch.setattr(logins, "IN_ALL", Rate(burst=3, per_s=0.001))
    with in_process(home) as served:

        def status(login: str, password: str, address: str) -> int:
            asked = {"Authorization": basic(login, password)}
            return served.ask("GET", f"/{login}/28/", asked, b"", REMOTE_ADDR=address).status

        guessed = [status(f"login{number}", "faux mot", f"2001:db8:{number}::1") for number in range(5)]
        assert guessed == [401, 401, 401, 503, 503]
        assert status("luc", PASSWORD, "192.0.2.2") == status("personne", PASSWORD, "192.0.2.2") == 503
        assert status("luc", PASSWORD, "192.0.2.1") == 200
        assert status("marie", PASSWORD, "192.0.2.1") == 200


# ---- Who came


def test_who_came_is_written_down_by_and_by(instance: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once an hour for each device, and failures by number; nothing of a login that nobody has."""
    store = store_of(copy_instance(instance, tmp_path / "home"))
    monkeypatch.setattr(Comings, "EVERY_S", 3600)
    comings = Comings(lambda: store)
    for at in (1_795_000_000, 1_795_000_100, 1_795_003_600):
        comings.came(Login(login="marie", at=at, address="192.0.2.1", client="khal/0.11"))
    for _each in range(3):
        comings.failed("", "192.0.2.9")
    comings.tell()
    comings.tell()
    with store.read() as reader:
        assert reader.account("marie").last_seen == 1_795_003_600
        (failed, came) = list(reader.audit(Selection()))[:2]
    assert (failed.act, failed.target, failed.detail) == (Act.LOGIN_FAILED, "", "3 × 192.0.2.9")
    assert (came.act, came.login) == (Act.LOGGED_IN, "marie")
    store.close()


def test_what_cannot_be_written_down_now_is_later(
    instance: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that is away stops nobody from coming."""
    monkeypatch.setattr(Comings, "EVERY_S", 3600)
    store, is_away = store_of(copy_instance(instance, tmp_path / "home")), True

    def opened() -> Store:
        if is_away:
            raise StoreError("la base de données ne répond pas")
        return store

    comings = Comings(opened)
    comings.came(Login(login="marie", at=1_795_000_000, address=""))
    comings.failed("marie", "192.0.2.9")
    comings.tell()
    is_away = False
    comings.tell()
    with store.read() as reader:
        assert reader.account("marie").last_seen == 1_795_000_000
        assert [each.act for each in reader.audit(Selection(), 2)] == [Act.LOGIN_FAILED, Act.LOGGED_IN]
    store.close()


def test_whatever_goes_wrong_who_comes_next_is_written_down(
    instance: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The thread that tells the store lives as long as the process."""
    monkeypatch.setattr(Comings, "EVERY_S", 0.05)
    store, is_broken = store_of(copy_instance(instance, tmp_path / "home")), True

    def opened() -> Store:
        if is_broken:
            raise RuntimeError("nobody thought of this")
        return store

    def seen() -> int | None:
        with store.read() as reader:
            return reader.account("luc").last_seen

    comings = Comings(opened)
    comings.came(Login(login="marie", at=1_795_000_000, address=""))
    eventually(lambda: "nobody thought of this" in caplog.text, within_s=5, what="it is told in the log")
    is_broken = False
    comings.came(Login(login="luc", at=1_795_000_000, address=""))
    eventually(lambda: seen() == 1_795_000_000, within_s=5, what="the next one is written down")
    monkeypatch.setattr(Comings, "EVERY_S", 3600)
    store.close()


# ---- Another directory's passwords


def set_option(home: Path, section: str, line: str) -> None:
    config = home / CONFIG
    name = line.partition(" =")[0]
    kept = re.sub(rf"(?m)^{name} = .*\n", "", config.read_text("utf-8"))
    config.write_text(kept.replace(f"[{section}]\n", f"[{section}]\n{line}\n"), "utf-8")


def test_passwords_can_be_another_directory_s(instance: Path, tmp_path: Path) -> None:
    """A real LDAP directory's; accounts and roles stay ours, devices too, and our own passwords open nothing.

    While it does not answer, nobody is told that a password is wrong: an application would ask for another one. Who
    was let in lately goes on.
    """
    home = copy_instance(instance, tmp_path / "home")
    with directory(tmp_path / "ldap", {"marie": "sésame de Marie", "luc": "sésame de Luc", "zoe": "zoé"}) as people:
        set_option(home, "auth", "password_backend = ldap")
        set_option(home, "auth", f"ldap_uri = {people.url}")
        set_option(home, "auth", f"ldap_base = {SUFFIX}")
        set_option(home, "auth", f"ldap_reader_dn = {READER}")
        set_option(home, "auth", f"ldap_secret = {SECRET}")
        set_option(home, "auth", "ldap_filter = (uid={0})")
        with serving(home) as server:
            assert statuses(server, "sésame de Marie") == {200}
            assert server.request("PUT", "/marie/45/x.ics", event("x"), password="sésame de Marie").status == 403
            assert statuses(server, PASSWORD, times=1) == {401}
            assert statuses(server, "zoé", login="zoe", times=1) == {401}
            device = add_device(server, "marie", "Téléphone")
            people.stop()
            assert statuses(server, "sésame de Marie") == statuses(server, device) == {200}
            answer = server.request("GET", "/luc/28/", login="luc", password="sésame de Luc")
            assert (answer.status, is_sentence(answer)) == (503, True)
            assert "annuaire" in answer.text
            assert "sésame" not in server.said()


@pytest.mark.parametrize("name", ["none", "remote_user", "rien"])
def test_a_back_end_that_looks_at_no_password_is_refused(instance: Path, tmp_path: Path, name: str) -> None:
    home = copy_instance(instance, tmp_path / "home")
    set_option(home, "auth", f"password_backend = {name}")
    with pytest.raises(BadInput, match=r"Choisissez parmi : .*argon2.*ldap"):
        Auth(configuration_of(home))


@pytest.mark.parametrize(
    ("section", "line", "said"),
    [
        ("auth", "password_backend = rien", "Choisissez parmi"),
        ("rights", "personal_calendars = peut-être", "True ou False"),
        ("storage", "own_rows = oui", "True ou False"),
        ("storage", "audit_months = douze", "nombre de mois"),
        ("auth", "password_backend = ldap\nldap_reader_dn = cn=x", "ldap_secret"),
    ],
)
def test_what_cannot_be_served_is_told_before_serving(
    instance: Path, tmp_path: Path, section: str, line: str, said: str
) -> None:
    """In one sentence that names the file, by the command itself: its workers would die of it, one after the other."""
    home = copy_instance(instance, tmp_path / "home")
    set_option(home, section, line)
    words = program("--home", str(home), "serve", "--port", str(free_port()))
    done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=30, env=environment())
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (4, "", 1)
    assert CONFIG in done.stderr
    assert said in done.stderr


def test_a_directory_never_goes_back_to_what_it_knew_before(
    instance: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread that read before a device was revoked ends after one that read later: the device stays out."""
    home = copy_instance(instance, tmp_path / "home")
    monkeypatch.setenv(HOME, str(home))
    store = store_of(home)
    with store.write(Actor()) as writer:
        token = writer.add_device("marie", "Téléphone")
    known = Directory(configuration_of(home))
    earlier, later = threading.Event(), threading.Event()
    read = _Known.read.__func__  # type: ignore[attr-defined]

    def slowly(cls: type[_Known], reader: Reader) -> _Known:
        found: _Known = read(cls, reader)
        if threading.current_thread() is not threading.main_thread():
            earlier.set()
            assert later.wait(20)
        return found

    monkeypatch.setattr(_Known, "read", classmethod(slowly))
    thread = threading.Thread(target=known.device, args=(token.selector,))
    thread.start()
    assert earlier.wait(20)
    with store.write(Actor()) as writer:
        writer.revoke_device("marie", token.selector)
    assert known.device(token.selector) is None
    later.set()
    thread.join()
    assert known._known.devices == {}
    store.close()
