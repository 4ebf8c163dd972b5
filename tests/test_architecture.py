"""The house: dependencies point one way, and each outside library is known in its own rooms alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "spro_agenda"

PURE = {"i18n", "model", "errors"}
READING = PURE | {"ical", "recurrence", "region"}
ROOMS = {
    "i18n": set(),
    "model": set(),
    "errors": {"i18n"},
    "request": {"errors", "ical", "store"},
    "instance": {"errors", "i18n"},
    "address": {"errors", "i18n", "instance"},
    "mail": {"errors", "i18n", "instance"},
    "secret": {"errors", "i18n"},
    "templates": {"i18n"},
    "policy": {"instance", "model", "store"},
    "rates": set(),
    "background": set(),
    "recent": set(),
    "logins": {"background", "errors", "rates", "store"},
    "ical": PURE,
    "recurrence": PURE | {"ical"},
    "region": PURE | {"ical", "recurrence"},
    "clients": {"i18n"},
    "differences": READING,
    "clashes": {"i18n", "model", "region"},
    "agenda_text": READING | {"clashes"},
    "feed_text": READING,
    "store": READING | {"clashes", "clients", "agenda_text", "recent"},
    "inbox": READING | {"store", "policy", "differences", "instance"},
    "history": READING | {"store", "differences"},
    "audit": READING | {"store", "history", "clients"},
    "caldav_client": PURE,
    "links": {"address", "secret", "store"},
    "whole": {"errors", "i18n"},
    "calendar_cache": {"errors", "whole"},
    "fetching": {"errors", "i18n"},
    "sources": READING | {"store", "caldav_client", "calendar_cache", "fetching"},
    "harvest": READING | {"store", "fetching", "instance", "address"},
    "agenda": READING | {"clashes", "sources"},
    "render": READING
    | {
        "clashes",
        "agenda_text",
        "sources",
        "agenda",
        "history",
        "audit",
        "store",
        "mail",
        "templates",
        "links",
        "clients",
        "digest",
        "inbox",
        "harvest",
    },
    "digest": READING | {"clashes", "store"},
    "post": READING
    | {"clashes", "store", "sources", "agenda", "digest", "render", "mail", "address", "secret", "policy", "instance"},
    "mailroom": READING | {"store", "inbox", "render", "mail", "policy", "instance"},
    "server": READING
    | {"background", "feed_text", "store", "request", "instance", "address", "rates", "recent", "templates"}
    | {"secret", "links", "digest", "render", "post", "mail", "mailroom", "clients", "harvest"},
    "commands": READING
    | {"clashes", "store", "history", "audit", "caldav_client", "sources", "agenda", "render", "server", "instance"}
    | {
        "calendar_cache",
        "whole",
        "address",
        "mail",
        "policy",
        "secret",
        "links",
        "digest",
        "post",
        "mailroom",
        "harvest",
    },
    "__main__": {"commands"},
    "plugins": READING | {"background", "store", "request", "instance", "policy", "logins", "rates"},
}
"""For each room, the rooms that it may import."""

LIBRARIES = {
    "radicale": {"plugins", "server"},
    "sqlalchemy": {"store"},
    "alembic": {"store"},
    "argon2": {"store"},
    "granian": {"server"},
    "click": {"commands"},
    "jinja2": {"templates"},
    "smtplib": {"mail"},
    "imapclient": {"inbox"},
    "authres": {"inbox"},
    "caldav": {"caldav_client"},
    "niquests": {"caldav_client"},
    "rich": {"render"},
    "webcolors": {"ical"},
    "segno": {"commands"},
    "icalendar": {"ical", "recurrence", "differences"},
    "recurring_ical_events": {"recurrence"},
}
"""For each outside library, the rooms that know it."""


def modules() -> Iterator[tuple[str, Path]]:
    """Every module, with the name of its room."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).parts
        if parts != ("__init__.py",):
            yield parts[0].removesuffix(".py"), path
    for path in sorted((ROOT / "plugins").rglob("*.py")):
        yield "plugins", path


def imported(path: Path) -> Iterator[str]:
    """The absolute module names that a module imports."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module == "spro_agenda":
            yield from (f"spro_agenda.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module or ""


MODULES = [pytest.param(room, path, id=str(path.relative_to(ROOT))) for room, path in modules()]


def test_the_plan_has_no_cycle_and_names_every_room():
    """Dependencies point one way."""
    assert list(TopologicalSorter(ROOMS).static_order())
    assert {room for room, _path in modules()} == set(ROOMS)


@pytest.mark.parametrize(("room", "path"), MODULES)
def test_a_module_imports_only_the_rooms_below_its_own(room: str, path: Path):
    """The plan above is what the code does."""
    used = {name.split(".")[1] for name in imported(path) if name.startswith("spro_agenda.")} - {room}
    assert used <= ROOMS[room]


@pytest.mark.parametrize(("room", "path"), MODULES)
def test_an_outside_library_is_known_in_its_own_rooms_alone(room: str, path: Path):
    """What Radicale or SQLAlchemy change is mended in one room."""
    used = {name.split(".")[0] for name in imported(path)} & set(LIBRARIES)
    assert {library for library in used if room not in LIBRARIES[library]} == set()


@pytest.mark.parametrize(("room", "path"), MODULES)
def test_nobody_imports_a_top_level_plugins_or_calendars(room: str, path: Path):
    """Installed, they are spro_agenda.plugins and spro_agenda.calendars; and configuration alone names the plugins."""
    names = set(imported(path))
    assert not {name for name in names if name.split(".")[0] in ("plugins", "calendars")}
    assert not {name for name in names if name.startswith("spro_agenda.plugins")}


def test_the_configuration_that_init_writes_is_the_one_of_the_checkout():
    """One text, in two places because a wheel carries only the package."""
    assert (PACKAGE / "commands" / "config.ini").read_bytes() == (ROOT / "config.ini").read_bytes()


def test_the_readme_names_every_room() -> None:
    """A newcomer finds the room by its name."""
    told = (ROOT / "README.md").read_text("utf-8").partition("| où | quoi |")[2]
    rooms = {name for name, _path in modules()} - {"plugins"}
    missing = {room for room in rooms if f"{room}.py`" not in told and f"{room}/`" not in told}
    assert not missing
