"""A store is held to its texts: what no longer follows from them is found, said and mended, on each database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from databases import DATABASES, SQLITE
from sqlalchemy import text
from store_contract import MARIE, WHEN, at, booking, component_of, dump, event, live, meeting, move, now, put

from spro_agenda.store import Finding, Store, check

SORTS = ("two hours", "months", "weekly", "yearly, all-day", "weekly until 2018", "vague", "task", "task of days")


def prepare(store: Store) -> None:
    """Some sorts of object, some moved, some gone."""
    with store.write(MARIE) as writer:
        for what in SORTS:
            writer.put_event("28", f"{what}.ics", event(what, *WHEN[what], component=component_of(what)))
        writer.put_event("45", "a.ics", booking("a"))
        writer.put_event("45", "a.ics", booking("a", title="autrement"))
        writer.put_event("45", "b.ics", event("b"))
        writer.delete_event("45", "b.ics")
    move(store, "28", "weekly.ics", "37", "weekly.ics")


@pytest.fixture(params=DATABASES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store prepared so, on each database."""
    store = DATABASES[request.param].store(tmp_path, prepare=prepare)
    yield store
    store.close()


def found(store: Store) -> list[Finding]:
    with store.read() as reader:
        return list(reader.check())


def repair(store: Store) -> tuple[Finding, ...]:
    return store.repair(MARIE)


def run(store: Store, *statements: str) -> None:
    """Do to the database what no verb would."""
    with store._engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


A = "(SELECT id FROM object WHERE href = 'a.ics')"

DAMAGE = {
    "a date that moved": f"UPDATE occurrence SET start_s = start_s + 60 WHERE object_id = {A}",
    "a date too many": (
        "INSERT INTO occurrence SELECT object_id, 'x', part, calendar_id, long, start_s, end_s, day_from, day_to, "
        f"all_day, floating, fbtype FROM occurrence WHERE object_id = {A}"
    ),
    "a date that is missing": f"DELETE FROM occurrence WHERE object_id = {A}",
    "busy time that is free": f"UPDATE occurrence SET fbtype = '' WHERE object_id = {A}",
    "another title": f"UPDATE part SET title = 'x' WHERE object_id = {A}",
    "a key that is missing": f"DELETE FROM occurrence_key WHERE object_id = {A}",
    "another etag": f"UPDATE object SET etag = '\"x\"' WHERE id = {A}",
    "another uid": f"UPDATE object SET uid = 'x' WHERE id = {A}",
    "a series that is none": f"UPDATE object SET repeats = true WHERE id = {A}",
    "an end that is too early": "UPDATE object SET last_s = 0 WHERE href = 'weekly.ics'",
    "another time of change": f"UPDATE object SET modified = 1 WHERE id = {A}",
    "a revision with another text": (
        f"UPDATE revision SET body = NULL WHERE id = (SELECT revision_id FROM object WHERE id = {A})"
    ),
    "a count that fell behind": "UPDATE calendar SET last_change = 1 WHERE slug = '45'",
    "a change that nobody heard of": "DELETE FROM change WHERE href = 'a.ics'",
    "a deletion that did not happen": "UPDATE change SET deleted = true WHERE href = 'a.ics'",
    "a deletion that nobody heard of": "UPDATE change SET deleted = false WHERE href = 'b.ics'",
}


def test_what_the_verbs_wrote_is_in_order(store: Store) -> None:
    """Puts, updates, moves, deletions; and looking changes nothing."""
    before = dump(store)
    assert found(store) == []
    assert repair(store) == ()
    assert dump(store) == before


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_found_said_and_mended(store: Store, name: str) -> None:
    """Each in one finding of its own, that names the event or the calendar; once mended there is none."""
    run(store, DAMAGE[name])
    (finding,) = found(store)
    assert "45" in finding.sentence or "37" in finding.sentence
    assert finding.sentence.endswith(".")
    assert finding.mendable
    assert repair(store) == (finding,)
    assert found(store) == []


@pytest.mark.parametrize("name", DAMAGE)
def test_mending_leaves_every_text_as_it_was(store: Store, name: str) -> None:
    """And every event at its address, under its UID."""
    before = {slug: {href: each.body for href, each in live(store, slug).items()} for slug in ("28", "37", "45")}
    run(store, DAMAGE[name])
    repair(store)
    after = {slug: {href: (each.body, each.uid) for href, each in live(store, slug).items()} for slug in before}
    assert {slug: {href: body for href, (body, _uid) in its.items()} for slug, its in after.items()} == before
    assert after["45"]["a.ics"][1] == "a"


def test_clients_hear_of_an_event_whose_etag_was_mended(store: Store) -> None:
    """They trust etags: what was told under a wrong one must be read again."""
    run(store, DAMAGE["another etag"])
    number = now(store, "45").number
    repair(store)
    assert now(store, "45").number == number + 1


def test_a_text_that_cannot_be_read_is_said_and_left_alone(store: Store) -> None:
    """Only people can say what it should be: history has the text of before."""
    run(store, f"UPDATE object SET body = substr(body, 1, 0) WHERE id = {A}")
    (finding,) = found(store)
    assert not finding.mendable
    assert "history" in finding.sentence
    repair(store)
    assert found(store) == [finding]


def test_all_is_derived_anew_after_an_upgrade(store: Store) -> None:
    """A new version's columns are filled from the texts; clients hear nothing of it."""
    before = dump(store)
    run(store, "DELETE FROM occurrence", "DELETE FROM part", "UPDATE object SET first_s = NULL, last_s = NULL")
    with store.write(MARIE) as writer:
        assert writer.rederive() == len(SORTS) + 1
    assert dump(store) == before


# The horizon


def horizon(store: Store) -> tuple[date, date]:
    with store.read() as reader:
        return reader.horizon()


def test_the_horizon_moves_with_the_years(store: Store) -> None:
    """Whole years, one before and three after; what it leaves is forgotten, what it reaches is told; nobody hears."""
    number = now(store, "28").number
    assert store.move_horizon(date(2023, 2, 3), MARIE)
    assert horizon(store) == (date(2022, 1, 1), date(2026, 12, 31))
    assert found(store) == []
    assert now(store, "28").number == number
    assert not store.move_horizon(date(2023, 12, 31), MARIE)


ASKED = [
    (at("2019-06-01"), at("2019-07-01")),
    (at("2024-12-30"), at("2025-01-03")),
    (at("2020-12-30"), at("2027-01-01")),
]


def test_the_same_is_found_wherever_the_horizon_stands(store: Store) -> None:
    """It makes answers fast, never other."""
    before = [meeting(store, *asked) for asked in ASKED]
    for day in (date(2026, 1, 1), date(2015, 1, 1), date(2021, 1, 1)):
        store.move_horizon(day, MARIE)
        assert [meeting(store, *asked) for asked in ASKED] == before


def test_a_clock_that_was_wrong_once_leaves_nothing_untold(store: Store) -> None:
    """The horizon went years ahead, and is on its way back when it is interrupted."""
    before = [meeting(store, *asked) for asked in ASKED]
    store.move_horizon(date(2035, 1, 1), MARIE)
    with store.write(MARIE) as writer:
        assert writer.begin_horizon(date(2020, 1, 1), date(2024, 12, 31))
    assert [meeting(store, *asked) for asked in ASKED] == before
    assert found(store) == []
    assert store.move_horizon(date(2021, 1, 1), MARIE)
    assert [meeting(store, *asked) for asked in ASKED] == before
    assert horizon(store) == (date(2020, 1, 1), date(2024, 12, 31))


def test_a_series_that_can_no_longer_be_read_does_not_stop_the_others(store: Store) -> None:
    """The horizon moves, and what is asked beyond it is answered; `check` tells people of the one that is torn."""
    far = (at("2040-01-01"), at("2040-12-31"))
    wanted = [href for href in meeting(store, *far) if href != "yearly, all-day.ics"]
    run(store, "UPDATE object SET body = substr(body, 1, 0) WHERE href = 'yearly, all-day.ics'")
    assert store.move_horizon(date(2030, 1, 1), MARIE)
    assert meeting(store, *far) == wanted
    with store.read() as reader:
        assert reader.busy("28", *far) == []
    assert [each.mendable for each in found(store)] == [False]


@pytest.mark.parametrize("written", [0, 1])
def test_a_move_that_was_interrupted_is_taken_up_again(store: Store, written: int) -> None:
    """Until then what may not be told yet is expanded on demand, events that are written meanwhile are told whole,
    and the store is in order."""
    before = [meeting(store, *asked) for asked in ASKED]
    with store.write(MARIE) as writer:
        assert writer.begin_horizon(date(2022, 1, 1), date(2026, 12, 31))
    for _time in range(written):
        with store.write(MARIE) as writer:
            writer.tell_series(0)
    assert [meeting(store, *asked) for asked in ASKED] == before
    assert found(store) == []
    put(store, "28", "meanwhile.ics", event("meanwhile", "RRULE:FREQ=WEEKLY"))
    assert store.move_horizon(date(2023, 1, 1), MARIE)
    assert horizon(store) == (date(2022, 1, 1), date(2026, 12, 31))
    assert found(store) == []
    assert meeting(store, at("2026-12-01"), at("2026-12-31")).count("meanwhile.ics") == 1


def test_mending_copies_no_damage_of_what_is_mended_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry that is written anew because of one event, while the rows of its own are still wrong."""
    monkeypatch.setattr(check, "_OBJECTS", check._OBJECTS.limit(1))
    monkeypatch.setattr(check, "SOME", 1)
    store = SQLITE.store(tmp_path)
    for slug, uid in (("28", "x"), ("45", "b")):
        put(store, slug, f"{uid}.ics", event(uid, "DESCRIPTION:Intervenant : André Chauvet"))
    # Its entry has the lower id then, and is looked at first.
    move(store, "28", "x.ics", "28", "y.ics")
    run(
        store,
        "DELETE FROM occurrence_key WHERE object_id = (SELECT id FROM object WHERE uid = 'b')",
        "DELETE FROM encounter",
    )
    put(store, "28", "y.ics", event("x", "SUMMARY:Salon", "DESCRIPTION:Intervenant : André Chauvet"))
    run(store, "UPDATE occurrence SET end_s = end_s + 60 WHERE object_id = (SELECT id FROM object WHERE uid = 'x')")
    assert found(store)
    repair(store)
    assert found(store) == []
    store.close()
