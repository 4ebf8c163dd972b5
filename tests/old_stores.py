"""Stores as earlier versions of the program left them, made by the migrations of then and by plain rows.

`FIRST` is a store of the first version; one of a later version is the same store upgraded that far. So each migration
meets rows: events alone and in series, moved and deleted, accounts, somebody's own colour.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, MetaData, insert, select
from store_contract import REGION_TOML, booking, event

from spro_agenda.store import migrate
from spro_agenda.store.archive import Archive, Header, Row, write
from spro_agenda.store.engine import make_engine, transaction
from spro_agenda.store.moving import SCRATCH, move_sequences_on
from spro_agenda.store.passwords import hash_password

OLD = migrate.versions()[:-1]

ALONE = booking("conference")
WEEKLY = event("permanence", "DTSTART:20211007T120000Z", "DTEND:20211007T130000Z", "RRULE:FREQ=WEEKLY")
TASK = event("bilan", component="VTODO")
TEXTS = {"28": {"a.ics": ALONE, "s.ics": WEEKLY}, "45": {"t.ics": TASK}}
"""The texts of its events, by calendar and href."""

_AT = 1_632_000_000

Place = tuple[int, str, str]
"""A calendar's id, an href, a UID."""


def make_old(url: str, home: Path, version: str) -> None:
    """Make a store of an old version where there is none."""
    with _connected(url, home) as connection:
        migrate.upgrade(connection, OLD[0])
        found = reflected(connection)
        for table, rows in _first().items():
            connection.execute(insert(found.tables[table]), rows)
        move_sequences_on(connection, found)
    with _connected(url, home) as connection:
        migrate.upgrade(connection, version)


def old_archive(file: Path, folder: Path, version: str) -> Archive:
    """An archive of a store of an old version."""
    make_old(SCRATCH, folder, version)
    return write(file, Header.of(version), rows_of(SCRATCH, folder))


def rows_of(url: str, home: Path) -> list[Row]:
    """Every row of a store of any version."""
    with _connected(url, home) as connection:
        return [
            (table.name, dict(row._mapping))
            for table in reflected(connection).sorted_tables
            for row in connection.execute(select(table).order_by(*table.primary_key))
        ]


def reflected(connection: Connection) -> MetaData:
    """The tables that a database has, but for Alembic's own."""
    found = MetaData()
    found.reflect(connection, only=lambda name, _metadata: name != "alembic_version")
    return found


@contextmanager
def _connected(url: str, home: Path) -> Iterator[Connection]:
    engine = migrate.without_foreign_keys(make_engine(url, home))
    try:
        with transaction(engine, writes=True) as connection:
            yield connection
    finally:
        engine.dispose()


def _first() -> dict[str, list[dict[str, Any]]]:
    return {
        "region": [
            {
                "id": 1,
                "generation": 7,
                "horizon_from": 737425,
                "horizon_to": 739251,
                "toml": REGION_TOML,
                "toml_sha256": hashlib.sha256(REGION_TOML.encode()).hexdigest(),
            }
        ],
        "calendar": [
            _calendar(number, slug, changes)
            for number, (slug, changes) in enumerate({"45": 1, "28": 5, "37": 2, "region": 0}.items(), 1)
        ],
        "account": [
            {
                "id": 1,
                "login": "marie",
                "name": "Marie",
                "role": "coordinator",
                "password_hash": hash_password("secret"),
            }
        ],
        "account_network": [{"account_id": 1, "network": "28"}],
        "calendar_property": [{"calendar_id": 2, "account_id": 1, "name": "ICAL:calendar-color", "value": "#123456"}],
        "revision": [
            _revision(1, (2, "a.ics", "conference"), "created", event("conference")),
            _revision(2, (2, "a.ics", "conference"), "updated", ALONE, previous_id=1),
            _revision(3, (2, "s.ics", "permanence"), "created", WEEKLY),
            _revision(4, (2, "d.ics", "perdu"), "created", event("perdu")),
            _revision(5, (2, "d.ics", "perdu"), "deleted", None, previous_id=4),
            _revision(6, (3, "t.ics", "bilan"), "created", TASK),
            _revision(7, (3, "t.ics", "bilan"), "moved", None, previous_id=6),
            _revision(8, (1, "t.ics", "bilan"), "moved", TASK, previous_id=6, moved_from="37/t.ics"),
        ],
        "change": [
            _change(1, (2, "a.ics", "conference")),
            _change(2, (2, "a.ics", "conference")),
            _change(3, (2, "s.ics", "permanence")),
            _change(4, (2, "d.ics", "perdu")),
            _change(5, (2, "d.ics", "perdu"), deleted=True),
            _change(1, (3, "t.ics", "bilan")),
            _change(2, (3, "t.ics", "bilan"), deleted=True),
            _change(1, (1, "t.ics", "bilan")),
        ],
        "object": [
            _object(1, (2, "a.ics", "conference"), ALONE, 2),
            _object(2, (2, "s.ics", "permanence"), WEEKLY, 3, repeats=True),
            _object(3, (1, "t.ics", "bilan"), TASK, 8, component="VTODO"),
        ],
        "part": [
            {"object_id": number, "recurrence_id": "", "title": title, "status": "CONFIRMED"}
            for number, title in ((1, "conference"), (2, "permanence"), (3, "bilan"))
        ],
        "occurrence": [
            {
                "object_id": 1,
                "recurrence_id": "",
                "calendar_id": 2,
                "long": False,
                "start_s": 1633608000,
                "end_s": 1633615200,
                "day_from": 738070,
                "day_to": 738070,
                "all_day": False,
            }
        ],
        "occurrence_key": [
            {
                "object_id": 1,
                "recurrence_id": "",
                "kind": "INTERVENANT",
                "key": "andre chauvet",
                "long": False,
                "start_s": 1633608000,
                "end_s": 1633615200,
            }
        ],
    }


def _calendar(number: int, slug: str, changes: int) -> dict[str, Any]:
    return {
        "id": number,
        "slug": slug,
        "kind": "region" if slug == "region" else "network",
        "network": slug,
        "sync_epoch": "0123456789abcdef",
        "last_change": changes,
        "name": slug,
        "description": "",
        "colour": "#37474F",
        "position": number,
        "tz": "Europe/Paris",
        "components": "VEVENT,VTODO",
    }


def _revision(
    number: int,
    where: Place,
    verb: str,
    body: bytes | None,
    *,
    previous_id: int | None = None,
    moved_from: str | None = None,
) -> dict[str, Any]:
    return {
        "id": number,
        **_at(where),
        "verb": verb,
        "at": _AT + number,
        "actor_login": "marie",
        "agent": "DAVx5/4.4",
        "body": body,
        "previous_id": previous_id,
        "moved_from": moved_from,
    }


def _change(number: int, where: Place, *, deleted: bool = False) -> dict[str, Any]:
    return {"number": number, **_at(where), "deleted": deleted}


def _object(
    number: int, where: Place, body: bytes, revision_id: int, *, repeats: bool = False, component: str = "VEVENT"
) -> dict[str, Any]:
    return {
        "id": number,
        **_at(where),
        "component": component,
        "body": body,
        "etag": f'"{hashlib.sha256(body).hexdigest()[:32]}"',
        "sequence": 0,
        "repeats": repeats,
        "revision_id": revision_id,
    }


def _at(where: Place) -> dict[str, Any]:
    return dict(zip(("calendar_id", "href", "uid"), where, strict=True))
