"""What no request may do: ask too often, send or name too much, or take too long; and each refusal is in the log."""

from __future__ import annotations

import io
import math
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from in_process import InProcess, in_process
from replaying import HOME, comp, multiget, query, time_range
from serving import PASSWORD, basic, configure, copy_instance, dump, event, is_sentence, store_of
from spro_agenda.plugins import auth

from spro_agenda import request
from spro_agenda.rates import Rate
from spro_agenda.server import front
from spro_agenda.server.allowance import ALLOWED, Allowance
from spro_agenda.server.bodies import LARGEST_XML, Reading, body_of
from spro_agenda.server.filters import MOST_CONDITIONS
from spro_agenda.server.properties import MOST_ASKED
from spro_agenda.server.reports import MOST_NAMED
from spro_agenda.store import Actor
from spro_agenda.store.personal import LARGEST_PROPERTIES

MARIE, FEED = {"Authorization": basic("marie")}, "/.web/f/jeton-secret.ics"
EVENT = f"{HOME}essai.ics"


@pytest.fixture(scope="module")
def served(instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcess]:
    home = copy_instance(instance, tmp_path_factory.mktemp("guards") / "home")
    with in_process(home) as found:
        assert found.ask("PUT", EVENT, MARIE, event("essai@essai")).status == 201
        yield found


@pytest.fixture(autouse=True)
def quiet(served: InProcess) -> None:
    served.log.lines.clear()


# ---- How often


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def of(login: str = "", path: str = HOME) -> dict[str, Any]:
    """A request, as far as an allowance looks at it."""
    environ: dict[str, Any] = {"PATH_INFO": path}
    return environ | {"HTTP_AUTHORIZATION": basic(login)} if login else environ


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def allowance(clock: Clock) -> Allowance:
    """Three at once, then two a second."""
    return Allowance(Rate(burst=3, per_s=2), clock)


def spend(allowance: Allowance, environ: dict[str, Any], address: str, times: int) -> list[float]:
    return [allowance.take(environ, address) for _each in range(times)]


def let_in(allowance: Allowance, login: str, address: str) -> None:
    allowance.answered(of(login), request.Request(login=login, address=address), HTTPStatus.MULTI_STATUS)


def test_so_many_at_once_then_so_many_a_second(allowance: Allowance, clock: Clock) -> None:
    """And who waits as long as they are told is served."""
    assert spend(allowance, of(), "a", 4) == [0, 0, 0, 0.5]
    clock.now += 0.5
    assert spend(allowance, of(), "a", 2) == [0, 0.5]
    clock.now += 3600
    assert spend(allowance, of(), "a", 4) == [0, 0, 0, 0.5]


def test_strangers_take_nothing_from_each_other_nor_from_people(allowance: Allowance) -> None:
    """An office may be one address: whoever guesses passwords there stops nobody whose password was right."""
    let_in(allowance, "marie", "a")
    for number in range(9):
        allowance.take(of(f"intrus-{number}"), "a")
    assert allowance.take(of("luc"), "a") > 0
    assert spend(allowance, of("marie"), "a", 3) == [0, 0, 0]
    assert allowance.take(of("luc"), "b") == 0
    assert allowance.take(of("marie"), "b") == 0


def test_a_wrong_password_counts_twice_and_makes_nobody_known(allowance: Allowance) -> None:
    """Each guess may be under another name."""
    allowance.take(of("marie"), "a")
    allowance.answered(of("marie"), request.Request(address="a"), HTTPStatus.UNAUTHORIZED)
    assert spend(allowance, of("paul"), "a", 2) == [0, 0.5]


@pytest.mark.parametrize(
    ("method", "headers", "body"),
    [
        ("get", {}, b""),
        ("MOVE", {"Destination": "http://[/"}, b""),
        ("PROPFIND", {}, b"<"),
        ("PUT", {}, b"x" * 11_000_000),
    ],
    ids=["405", "400 by destination", "400 by XML", "413"],
)
def test_who_was_refused_before_any_password_was_looked_at_is_not_known(
    served: InProcess, monkeypatch: pytest.MonkeyPatch, method: str, headers: dict[str, str], body: bytes
) -> None:
    """Nor who was told to wait: an invented login with each request has no allowance of its own for that. It is in no
    log, since it may be a password."""
    monkeypatch.setattr(served.front, "_allowance", Allowance(Rate(burst=2, per_s=0.001)))
    told = [
        served.ask(method, "/", {"Authorization": basic(f"intrus-{number}")} | headers, body).status
        for number in (0, 1, 2, 2, 0)
    ]
    assert HTTPStatus.TOO_MANY_REQUESTS not in told[:2]
    assert told[2:] == [HTTPStatus.TOO_MANY_REQUESTS] * 3
    assert "intrus" not in "".join(served.log.lines)


def test_the_addresses_of_one_customer_are_one(allowance: Allowance) -> None:
    """A provider gives each customer 2⁶⁴ of IPv6; IPv4 in its guise is IPv4."""
    assert [allowance.take(of(), f"2001:db8:0:1::{number:x}") for number in range(4)] == [0, 0, 0, 0.5]
    assert allowance.take(of(), "2001:db8:0:2::1") == 0
    spend(allowance, of(), "192.0.2.1", 2)
    assert [allowance.take(of(), f"::ffff:192.0.2.{number}") for number in (1, 1, 2)] == [0, 0.5, 0]


def test_feeds_are_never_told_to_wait(allowance: Allowance) -> None:
    """Thunderbird disables a calendar for good after one refusal."""
    assert set(spend(allowance, of(path=FEED), "a", 1000)) == {0}


def test_a_first_synchronisation_of_ten_thousand_events_goes_on(clock: Clock) -> None:
    """By single requests, as fast as the server answers, by a client that waits when it is told to: three minutes."""
    allowance = Allowance(ALLOWED, clock)
    began, done = clock.now, 0
    while done < 10_000:
        wait_s = allowance.take(of("marie"), "a")
        let_in(allowance, "marie", "a")
        clock.now += math.ceil(wait_s) or 0.001
        done += not wait_s
    assert clock.now - began < 180


def test_too_many_requests_are_refused_in_a_sentence(served: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    """429 with the time to wait, and a line in the log, without the password; feeds are answered as ever."""
    monkeypatch.setattr(served.front, "_allowance", Allowance(Rate(burst=1, per_s=0.5)))
    served.ask("OPTIONS", "/", {}, b"")
    answer = served.ask("GET", EVENT, MARIE, b"")
    assert answer.status == HTTPStatus.TOO_MANY_REQUESTS
    assert is_sentence(answer)
    assert answer.headers["retry-after"] == "2"
    assert served.log.lines == ["refused: too many requests, by nobody at 127.0.0.1: 'GET' '/marie/28/essai.ics', 429"]
    assert served.ask("GET", FEED, {}, b"").status not in (429, 503)


def test_passwords_that_wait_to_be_checked_do_not_hold_every_thread(
    served: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is not known yet is told to come again, at once; who is, is served. However often that was: it was no try."""
    monkeypatch.setattr(auth, "IN_HAND", threading.BoundedSemaphore(1))
    with auth.IN_HAND:
        answer = served.ask("GET", HOME, {"Authorization": basic("luc")}, b"")
        assert answer.status == HTTPStatus.SERVICE_UNAVAILABLE
        assert is_sentence(answer)
        assert answer.headers["retry-after"] == "1"
        assert served.ask("GET", EVENT, MARIE, b"").status == 200
        luc = {"Authorization": basic("luc")}
        assert {served.ask("GET", HOME, luc, b"").headers["retry-after"] for _each in range(99)} == {"1"}
    assert served.ask("GET", EVENT.replace("marie", "luc"), {"Authorization": basic("luc")}, b"").status == 200


# ---- How much


def test_a_question_that_is_too_long_is_refused(served: InProcess) -> None:
    """413, in a sentence that says what to do; an event may be longer."""
    asked = multiget("", EVENT).sent.replace(b"</D:prop>", b"</D:prop>" + b" " * LARGEST_XML)
    answer = served.ask("REPORT", HOME, MARIE, asked)
    assert answer.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert is_sentence(answer)
    assert "plusieurs fois" in answer.text
    assert len(served.log.lines) == 1
    long = event("long@essai", "DESCRIPTION:" + "x" * LARGEST_XML)
    assert served.ask("PUT", f"{HOME}long.ics", MARIE, long).status == 201


def test_a_multiget_names_so_many_events_at_most(served: InProcess) -> None:
    """As many as clients do, and no more."""
    for most, status in ((MOST_NAMED, 207), (MOST_NAMED + 1, 413)):
        asked = multiget("", EVENT, *["/marie/28/r.ics"] * (most - 1)).sent
        answer = served.ask("REPORT", HOME, MARIE, asked)
        assert answer.status == status
    assert is_sentence(answer)
    [line] = [line for line in served.log.lines if line.startswith("refused")]
    assert "TooManyNames" in line


def test_a_body_that_was_cut_short_is_not_taken_for_a_whole_one(served: InProcess) -> None:
    """A connection that breaks ends the body, and WSGI does not say so."""
    before, body = dump(served.home), event("coupe@essai")
    for cut in (b"", body[:-40], body):
        answer = served.ask("PUT", f"{HOME}coupe.ics", MARIE, cut, CONTENT_LENGTH=str(len(body) + 10))
        assert answer.status == HTTPStatus.BAD_REQUEST
        assert is_sentence(answer)
    assert dump(served.home) == before


class Endless(io.RawIOBase):
    """A body that never ends; counts what was read of it."""

    def __init__(self) -> None:
        self.given = 0

    def read(self, size: int = -1) -> bytes:
        self.given += size
        return b"x" * size


@pytest.mark.parametrize(
    ("headers", "at_most"),
    [
        ({"CONTENT_LENGTH": "50000000", "HTTP_AUTHORIZATION": "Basic x"}, 130_000_000),
        ({"CONTENT_LENGTH": "5000000"}, 12_000_000),
        ({"CONTENT_LENGTH": "50000000"}, 1001),
        ({"CONTENT_LENGTH": "500000000", "HTTP_AUTHORIZATION": "Basic x"}, 1001),
        ({"HTTP_TRANSFER_ENCODING": "chunked"}, 12_000_000),
    ],
    ids=["a person's", "a stranger's", "a stranger's, too long", "far too long", "a stranger's, in chunks"],
)
def test_what_is_refused_is_read_only_where_somebody_would_not_hear(headers: dict[str, str], at_most: int) -> None:
    """A client that is not read to the end may not read its answer; a stranger need not know."""
    stream = Endless()
    environ = {"REQUEST_METHOD": "PUT", "wsgi.input": stream, **headers}
    assert body_of(environ, 1000) == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert stream.given <= at_most


def test_few_bodies_of_one_address_are_read_at_once() -> None:
    """And never so many that all threads wait: a slow body holds one for as long as it likes."""
    reading = Reading(most=5, most_of_one=2)
    with ExitStack() as open_:
        places = [open_.enter_context(reading.place(address)) for address in "aaabbbcc"]
        assert places == [True, True, False, True, True, False, True, False]
    with reading.place("a") as again:
        assert again


def test_one_body_too_many_is_refused_unread(served: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    """503, which clients try again; what has no body is served."""
    monkeypatch.setattr(served.front, "_reading", Reading(most=0))
    answer = served.ask("PROPFIND", HOME, MARIE | {"Depth": "0"}, b"<propfind xmlns='DAV:'><allprop/></propfind>")
    assert answer.status == HTTPStatus.SERVICE_UNAVAILABLE
    assert is_sentence(answer)
    assert answer.headers["retry-after"]
    assert len(served.log.lines) == 1
    assert served.ask("GET", EVENT, MARIE, b"").status == 200


def test_a_person_says_so_much_of_a_calendar_at_most(instance: Path, tmp_path: Path) -> None:
    """507 in a sentence (RFC 4918 section 9.2.1): neither a calendar that is there nor a new one gets more."""
    home = configure(copy_instance(instance, tmp_path / "home"), personal_calendars="True")
    told = {
        "x": f"<x:p xmlns:x='urn:x'>{'v' * LARGEST_PROPERTIES}</x:p>",
        "name": f"<displayname>{'v' * 70_000}</displayname>",
    }
    with in_process(home) as served:
        before = dump(home)
        for prop_ in told.values():
            set_ = f"<set><prop>{prop_}</prop></set>"
            update = f'<propertyupdate xmlns="DAV:">{set_}</propertyupdate>'.encode()
            made = f'<C:mkcalendar xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns="DAV:">{set_}</C:mkcalendar>'.encode()
            for answer in (
                served.ask("PROPPATCH", HOME, MARIE, update),
                served.ask("MKCALENDAR", "/marie/projets/", MARIE, made),
            ):
                assert answer.status == HTTPStatus.INSUFFICIENT_STORAGE
                assert "quota-not-exceeded" in answer.text
                assert "64 ko" in answer.text
        assert dump(home) == before
        assert served.ask("PROPPATCH", HOME, MARIE, update.replace(b"v" * 70_000, b"Chez nous")).status == 207


# ---- How long


def prop(name: str, inner: str) -> str:
    return f'<C:prop-filter name="{name}">{inner}</C:prop-filter>'


LOOKING_AT_EACH = query("", comp("VEVENT", prop("SUMMARY", "<C:text-match>x</C:text-match>")))


@pytest.mark.parametrize(
    ("method", "body", "depth"),
    [
        ("REPORT", LOOKING_AT_EACH.sent, "1"),
        ("REPORT", query("", comp("VEVENT"), "<D:getetag/><C:calendar-data/>").sent, "1"),
        ("PROPFIND", b"", "1"),
        ("GET", b"", ""),
    ],
    ids=["filter", "texts", "propfind", "get"],
)
def test_a_request_that_takes_too_long_is_stopped(
    served: InProcess, monkeypatch: pytest.MonkeyPatch, method: str, body: bytes, depth: str
) -> None:
    """503 in a sentence, and a line in the log: no traceback."""
    assert served.ask("PUT", EVENT, MARIE, event("essai@essai", f"LOCATION:{method} {len(body)}")).status == 204
    assert served.ask(method, HOME, MARIE | {"Depth": depth}, body).status in (200, 207)
    assert served.ask("PUT", EVENT, MARIE, event("essai@essai")).status == 204
    served.log.lines.clear()
    monkeypatch.setattr(request, "BUDGET_S", -1.0)
    answer = served.ask(method, HOME, MARIE | {"Depth": depth}, body)
    assert answer.status == HTTPStatus.SERVICE_UNAVAILABLE
    assert is_sentence(answer)
    assert answer.headers["retry-after"]
    assert any(line.startswith("refused: TookTooLong, by 'marie'") for line in served.log.lines)
    assert "Traceback" not in "".join(served.log.lines)
    monkeypatch.undo()
    assert served.ask(method, HOME, MARIE | {"Depth": depth}, body).status in (200, 207)


def test_a_search_stops_in_the_midst_of_what_it_does_not_find(
    instance: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its time is looked at for each event, found or not: three hundred series would take many seconds."""
    home = copy_instance(instance, tmp_path / "home")
    alarm = ("BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT15M", "END:VALARM")
    with closing(store_of(home)) as store, store.write(Actor()) as writer:
        for number in range(300):
            writer.put_event("28", f"s{number}.ics", event(f"s{number}", "RRULE:FREQ=MONTHLY", *alarm))
    far = time_range("21900101T000000Z", "21900101T000001Z")
    asked = query("", comp("VEVENT", comp("VALARM", far) * 60)).sent
    with in_process(home) as served:
        assert served.ask("GET", HOME, MARIE, b"").status == 200
        monkeypatch.setattr(request, "BUDGET_S", 0.5)
        begun = time.monotonic()
        answer = served.ask("REPORT", HOME, MARIE | {"Depth": "1"}, asked)
        spent_s = time.monotonic() - begun
    assert answer.status == HTTPStatus.SERVICE_UNAVAILABLE
    assert is_sentence(answer)
    assert spent_s < 1.5


@pytest.mark.parametrize(
    "many",
    [
        prop("X-N", "<C:is-not-defined/>") * MOST_CONDITIONS,
        prop("X-N", "<C:text-match>x</C:text-match>" * MOST_CONDITIONS),
        prop("X-N", '<C:param-filter name="X"/>' * MOST_CONDITIONS),
        '<C:comp-filter name="VALARM"/>' * MOST_CONDITIONS,
    ],
    ids=["properties", "texts", "parameters", "components"],
)
def test_a_search_has_so_many_conditions_at_most(served: InProcess, many: str) -> None:
    """413 in a sentence, and a line in the log, before any event is looked at."""
    answer = served.ask("REPORT", HOME, MARIE | {"Depth": "1"}, query("", comp("VEVENT", many)).sent)
    assert answer.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert is_sentence(answer)
    [line] = [line for line in served.log.lines if line.startswith("refused")]
    assert "TooManyConditions" in line
    few = prop("X-N", "<C:is-not-defined/>") * 90
    assert served.ask("REPORT", HOME, MARIE | {"Depth": "1"}, query("", comp("VEVENT", few)).sent).status == 207


@pytest.mark.parametrize("method", ["PROPFIND", "REPORT"])
def test_a_question_names_so_many_properties_at_most(served: InProcess, method: str) -> None:
    """Each is told again in each row, be it as one that is lacking: 4 MB of them, of a thousand events, are 4 GB."""
    for most, status in ((MOST_ASKED, 207), (MOST_ASKED + 1, 413)):
        names = "".join(f'<x:n{number} xmlns:x="urn:x"/>' for number in range(most))
        body = {
            "PROPFIND": f'<D:propfind xmlns:D="DAV:"><D:prop>{names}</D:prop></D:propfind>'.encode(),
            "REPORT": query("", comp("VEVENT"), names).sent,
        }[method]
        answer = served.ask(method, HOME, MARIE | {"Depth": "1"}, body)
        assert answer.status == status
    assert is_sentence(answer)


# ---- What is dangerous


@pytest.mark.parametrize(
    ("method", "headers", "body", "why"),
    [
        ("PROPFIND", {}, b"<a>" * 200 + b"</a>" * 200, "unsound XML"),
        ("REPORT", {}, b'<!DOCTYPE a [<!ENTITY b "b">]><a>&b;</a>', "unsound XML"),
        ("PUT", {}, event("vite@essai", "RRULE:FREQ=SECONDLY"), "RunawayRule"),
        ("PUT", {}, b"x" * 11_000_000, "too large"),
        ("MOVE", {"Destination": "http://[/"}, b"", "no address"),
    ],
)
def test_each_refusal_is_one_line_in_the_log(
    served: InProcess, method: str, headers: dict[str, str], body: bytes, why: str
) -> None:
    """What, who, method, path and status; never what was sent."""
    backwards = f"{HOME}l'\u00e9t\u00e9\u2028.ics"
    answer = served.ask(method, backwards.encode().decode("latin-1"), MARIE | headers, body)
    assert answer.status in (400, 403, 413)
    [line] = [line for line in served.log.lines if line.startswith("refused")]
    assert why in line
    # Only where a password was looked at before is it known whose it was.
    assert ("'marie' at 127.0.0.1" if why == "RunawayRule" else "by nobody at 127.0.0.1") in line
    assert line.endswith(f", {answer.status}")
    assert "\u2028" not in line
    assert PASSWORD not in line
    assert "SECONDLY" not in line


def test_the_token_of_a_feed_is_in_no_log(served: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is all that one needs to read."""
    monkeypatch.setattr(front, "SPEAKING_XML", frozenset({"GET"}))
    assert InProcess(served.home, served.front, served.log).ask("GET", FEED, {}, b"<").status == 400
    assert served.log.lines == ["refused: unsound XML, by nobody at 127.0.0.1: 'GET' '/.web/f/…', 400"]
