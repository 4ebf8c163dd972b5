"""What server tests share: a real server that nobody writes to, and one a module that anybody may."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from databases import DATABASES
from postgres import new_database
from serving import Server, copy_instance, dump, make_instance, serving


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What commands keep of servers is nobody's of this machine."""
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance with the calendars of the minutes, to be copied: nothing serves it."""
    return make_instance(tmp_path_factory.mktemp("instance") / "seeded")


@pytest.fixture(scope="session", params=DATABASES)
def any_instance(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same on each database."""
    if request.param == "sqlite":
        found: Path = request.getfixturevalue("instance")
        return found
    return make_instance(tmp_path_factory.mktemp("instance") / request.param, new_database())


@pytest.fixture(scope="session")
def standing(instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for tests that change nothing, which is held to."""
    home = copy_instance(instance, tmp_path_factory.mktemp("standing") / "home")
    before = dump(home)
    with serving(home) as server:
        yield server
    assert dump(home) == before, "a test wrote to the server that nobody writes to"


@pytest.fixture(scope="module")
def server(instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A module's own server: its tests may write, each under names of its own."""
    with serving(copy_instance(instance, tmp_path_factory.mktemp("server") / "home")) as running:
        yield running


@pytest.fixture
def any_home(any_instance: Path, tmp_path: Path) -> Path:
    """A test's own instance on each database, which nothing serves yet."""
    return copy_instance(any_instance, tmp_path / "home")


@pytest.fixture
def home(instance: Path, tmp_path: Path) -> Path:
    """A test's own instance, which nothing serves yet."""
    return copy_instance(instance, tmp_path / "home")
