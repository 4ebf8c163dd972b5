"""The server's daily upkeep: once a day, by one worker, and never in the way of serving."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pytest
from databases import DATABASES
from serving import DATABASE, eventually, serving
from store_contract import MARIE, delete, event, put

from spro_agenda.errors import BadInput, StoreError
from spro_agenda.server import upkeep
from spro_agenda.server.upkeep import Day, attend, retention_of
from spro_agenda.server.wsgi import configuration_of
from spro_agenda.store import Retention, Selection, Store

TODAY = date(2031, 5, 4)


@pytest.fixture(params=DATABASES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    store = DATABASES[request.param].store(tmp_path)
    yield store
    store.close()


def test_of_many_workers_one_does_the_day(store: Store) -> None:
    """And one does the next day."""
    done: list[date] = []
    with ThreadPoolExecutor(8) as workers:
        for day in (TODAY, TODAY + timedelta(days=1)):
            list(
                workers.map(
                    lambda _worker, day=day: attend(
                        lambda: store, Retention(), day, (lambda given: done.append(given.today),)
                    ),
                    range(8),
                )
            )
    assert done == [TODAY, TODAY + timedelta(days=1)]


@pytest.mark.parametrize("failure", [StoreError("la base\nne répond pas"), ZeroDivisionError()])
def test_what_fails_is_logged_in_a_line_and_tried_again(
    store: Store, failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever it is, and without a traceback; the jobs before it are done again too."""
    done: list[str] = []

    def fail(_day: Day) -> None:
        if not done:
            done.append("failed")
            raise failure

    jobs = (fail, lambda _day: done.append("done"))
    with caplog.at_level(logging.ERROR):
        attend(lambda: store, Retention(), TODAY, jobs)
    assert done == ["failed"]
    (record,) = caplog.records
    assert record.exc_info is None
    assert "\n" not in record.getMessage()
    attend(lambda: store, Retention(), TODAY, jobs)
    attend(lambda: store, Retention(), TODAY, jobs)
    assert done == ["failed", "done"]


def test_a_store_that_is_away_is_no_end_of_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The thread goes on; the next hour finds it back."""
    store = DATABASES["sqlite"].store(tmp_path)
    file = tmp_path / DATABASE
    file.rename(tmp_path / "ailleurs")
    attend(lambda: store, Retention(), TODAY)
    assert "pas à sa place" in caplog.text
    (tmp_path / "ailleurs").rename(file)
    attend(lambda: store, Retention(), TODAY)
    with store.read() as reader:
        assert reader.horizon()[1].year > TODAY.year
    store.close()


def test_a_day_purges_and_moves_the_horizon(store: Store) -> None:
    put(store, "28", "a.ics", event("a"))
    delete(store, "28", "a.ics")
    with store.write(MARIE) as writer:
        writer.take_upkeep_day(TODAY - upkeep.FAR)
    attend(lambda: store, Retention(), TODAY)
    with store.read() as reader:
        assert list(reader.history(Selection())) == []
        assert reader.horizon()[1].year > TODAY.year


def test_a_clock_that_is_years_ahead_takes_nothing_away(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    """It is logged; not even when the upkeep failed and is tried again, or the clock stays wrong for an hour."""
    put(store, "28", "a.ics", event("a"))
    delete(store, "28", "a.ics")
    failures = iter([True, False])

    def fail_once(_day: Day) -> None:
        if next(failures, False):
            raise StoreError("non")

    for _hour in range(3):
        attend(lambda: store, Retention(), TODAY, (*upkeep.JOBS, fail_once))
    assert caplog.text.count("the clock says 2031-05-04, and nothing is known of after 20") == 2
    with store.read() as reader:
        assert len(list(reader.trash())) == 1


def test_a_clock_that_was_wrong_and_is_right_again_has_its_day(store: Store) -> None:
    """The day that it took while it was ahead is nobody's."""
    done: list[date] = []
    for day in (TODAY, TODAY - timedelta(days=900), TODAY - timedelta(days=900)):
        attend(lambda: store, Retention(), day, (lambda given: done.append(given.today),))
    assert done == [TODAY, TODAY - timedelta(days=900)]


def test_a_store_that_nobody_served_for_years_is_purged_the_day_after(store: Store) -> None:
    """Whoever is asked by hand purges at once."""
    put(store, "28", "a.ics", event("a"))
    delete(store, "28", "a.ics")
    put(store, "28", "b.ics", event("b"))
    for day, left in ((TODAY, 3), (TODAY + timedelta(days=1), 1)):
        attend(lambda: store, Retention(), day)
        with store.read() as reader:
            assert len(list(reader.history(Selection()))) == left


def test_a_server_does_it_soon_after_it_started(home: Path) -> None:
    """Two workers, and the day is done once; nothing is left running behind."""
    store = Store.open(f"sqlite:///{DATABASE}", home)
    put(store, "28", "vieux.ics", event("vieux"))
    delete(store, "28", "vieux.ics")
    with store.write(MARIE) as writer:
        writer._connection.exec_driver_sql("UPDATE region SET upkeep_day = 0")
        writer._connection.exec_driver_sql("UPDATE revision SET at = 0 WHERE uid = 'vieux'")

    def known() -> bool:
        with store.read() as reader:
            return any(each.key.uid == "vieux" for each in reader.history(Selection()))

    assert known()
    with serving(home, workers=2) as server:
        eventually(lambda: not known(), within_s=upkeep.FIRST_S + 15, what="the upkeep is done")
        assert server.get("/marie/28/").status == 200
        assert "Traceback" not in server.said()
    store.close()


@pytest.mark.parametrize("given", ["0", "-1", "treize", "1201", ""])
def test_a_retention_that_is_none_is_told_with_its_option(home: Path, given: str) -> None:
    config = home / "config.ini"
    config.write_text(config.read_text("utf-8").replace("trash_months = 13", f"trash_months = {given}"), "utf-8")
    with pytest.raises(BadInput, match="trash_months"):
        retention_of(configuration_of(home))


def test_retention_is_set_in_the_configuration_or_as_documented(home: Path) -> None:
    """An instance of before has neither option."""
    config = home / "config.ini"
    given = config.read_text("utf-8")
    assert retention_of(configuration_of(home)) == Retention(trash_months=13, revision_months=36)
    config.write_text(given.replace("revision_months = 36", "revision_months = 6"), "utf-8")
    assert retention_of(configuration_of(home)) == Retention(trash_months=13, revision_months=6)
    config.write_text("\n".join(line for line in given.splitlines() if "_months" not in line), "utf-8")
    assert retention_of(configuration_of(home)) == Retention()


def test_the_thread_ends_with_its_process(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon, which holds no process back."""
    monkeypatch.setattr(upkeep, "FIRST_S", 0)
    monkeypatch.setattr(upkeep, "attend", lambda *_about: time.sleep(0))
    monkeypatch.setattr(upkeep, "EVERY_S", 3600)
    assert upkeep.start(lambda: store, Retention()).daemon
