"""caldav-server-tester asks a server for every feature that it knows of, of ours and of stock Radicale alike.

It goes by two things that make it look at more: an account whose login has an `@`, and another way to write 127.0.0.1,
since it looks for /.well-known/caldav on no address that it takes for a developer's machine.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import pytest
from serving import PASSWORD, Server, copy_instance, free_port, running, serving, store_of
from stock import stock_words
from tools import FIGURES, Tool, of_python, program_of, run

from spro_agenda.instance import CONFIG
from spro_agenda.store import Actor, Role

TESTER = "caldav-server-tester"
LOGIN = "marie@essai.example"

FLOOR = 96
"""Features right at least."""

MORE_THAN_STOCK = 6

GAPS = {
    "create-calendar.auto": "an event that is sent to no calendar is refused: it would make one of a typing error",
    "scheduling": "invitations (RFC 6638) are not to be had without changing Radicale; clients send theirs by mail",
    "search.text.comp-type-optional": (
        "a prop-filter that stands in no component's filter asks for the calendar's own properties (RFC 4791 section "
        "9.7.2), and those of its events are none"
    ),
    "url.encode-at.identity": "@ and %40 name one event: clients write either, and two events so alike would be a trap",
}
"""The features that are not right, each with its reason: one that comes right must leave this table."""

Features = Mapping[str, str]
"""How far each feature is supported, in the tester's words: "full", "unsupported", "broken" …"""


@pytest.fixture(scope="session")
def tool() -> Tool:
    return of_python(TESTER)


@pytest.fixture(scope="module")
def ours(instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Features:
    """What it says of our server, where people may make calendars of their own."""
    home = copy_instance(instance, tmp_path_factory.mktemp("tested") / "home")
    config = home / CONFIG
    text = config.read_text("utf-8")
    config.write_text(text.replace("personal_calendars = False", "personal_calendars = True"), "utf-8")
    with closing(store_of(home)) as store, store.write(Actor()) as writer:
        writer.add_account(LOGIN, PASSWORD, Role.COORDINATOR, ("28",))
    with serving(home) as server:
        return _features(server, tmp_path_factory.mktemp("tester"))


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Features:
    """What it says of stock Radicale."""
    folder, port = tmp_path_factory.mktemp("beside") / "stock", free_port()
    with running(stock_words(folder, port, LOGIN), folder, port) as server:
        return _features(server, tmp_path_factory.mktemp("tester"))


def _features(server: Server, home: Path) -> Features:
    words = ["--caldav-url", f"http://127.1:{server.port}/", "--caldav-username", LOGIN, "--caldav-password", PASSWORD]
    # All other formats leave out what is as expected.
    ran = run([program_of(TESTER, TESTER), *words, "--format", "hints"], home)
    assert ran.code == 0, ran.told
    told = ast.literal_eval(ran.out)
    return {name: each["support"] for name, each in told.items() if "support" in each}


def right(features: Features) -> list[str]:
    return [name for name, support in features.items() if support == "full"]


def test_features_are_right(ours: Features, record_property: Callable[[str, object], None]) -> None:
    record_property(FIGURES, f"{len(right(ours))} of {len(ours)} features right")
    for name in sorted(ours.keys() - right(ours)):
        record_property(FIGURES, f"{name} ({ours[name]}): {GAPS.get(name, 'for no reason that we know')}")
    assert len(right(ours)) >= FLOOR


def test_each_feature_that_is_not_right_has_a_reason(ours: Features) -> None:
    assert ours.keys() - right(ours) == GAPS.keys()


def test_more_is_right_than_with_stock_radicale(
    ours: Features, stock: Features, record_property: Callable[[str, object], None]
) -> None:
    """And nothing that stock does has been lost on the way."""
    record_property(FIGURES, f"stock Radicale: {len(right(stock))} of {len(stock)} features right")
    assert len(right(ours)) >= len(right(stock)) + MORE_THAN_STOCK
    assert set(right(stock)) - set(right(ours)) == set()
