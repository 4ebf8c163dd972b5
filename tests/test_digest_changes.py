"""What changed between what somebody was told last and what is: through a real store, edit by edit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from databases import URL
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_contract import MARIE, REGION_TOML, TODAY, booking, delete, event, move, put

from spro_agenda.digest import Change, What, changes_of, is_urgent, passages
from spro_agenda.ical.firm import Dates
from spro_agenda.model import EventKey
from spro_agenda.store import Actor, Selection, Store

AS_OF = date(2021, 9, 1)
VAGUE = ("DTSTART;VALUE=DATE:20211001", "SUMMARY:[en octobre] Agriculture")
WEEKLY = ("DTSTART;TZID=Europe/Paris:20211007T140000", "DTEND;TZID=Europe/Paris:20211007T160000", "RRULE:FREQ=WEEKLY")

Step = Callable[[Store], object]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store.create(URL, tmp_path, REGION_TOML, TODAY)) as made:
        yield made


def mark(store: Store) -> int:
    with store.read() as reader:
        return reader.last_revision()


def since(store: Store, number: int, today: date = AS_OF) -> tuple[Change, ...]:
    with store.read() as reader:
        return changes_of(passages(reader.revisions_since(number)), reader.region(), today)


def told(store: Store, number: int, today: date = AS_OF) -> list[tuple[str, str, str]]:
    return [(each.what.value, each.now, each.was) for each in since(store, number, today)]


OCTOBER_7, OCTOBER_8 = "jeudi 7 octobre 2021, 14h–16h", "vendredi 8 octobre 2021, 14h–16h"
ON_THE_8TH = ("DTSTART:20211008T120000Z", "DTEND:20211008T140000Z")


def puts(*lines: str, slug: str = "28", uid: str = "atelier") -> Step:
    return lambda store: put(store, slug, f"{uid}.ics", event(uid, *lines))


def deletes(store: Store) -> None:
    delete(store, "28", "atelier.ics")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param([], [puts()], [("new", OCTOBER_7, "")], id="new"),
        pytest.param([puts()], [], [], id="nothing"),
        pytest.param([puts()], [puts(*ON_THE_8TH)], [("moved", OCTOBER_8, OCTOBER_7)], id="moved"),
        pytest.param([puts()], [puts("STATUS:CANCELLED")], [("cancelled", OCTOBER_7, "")], id="cancelled"),
        pytest.param([puts()], [deletes], [("cancelled", OCTOBER_7, "")], id="deleted"),
        pytest.param([puts("STATUS:CANCELLED")], [puts()], [("back", OCTOBER_7, "")], id="back"),
        pytest.param([puts("STATUS:CANCELLED")], [deletes], [], id="cancelled, then deleted"),
        pytest.param([], [puts(), deletes], [], id="came and went"),
        pytest.param([], [puts(), puts(*ON_THE_8TH)], [("new", OCTOBER_8, "")], id="new, then moved"),
        pytest.param(
            [puts()],
            [puts(*ON_THE_8TH), puts("DTSTART:20211009T120000Z"), puts(*ON_THE_8TH)],
            [("moved", OCTOBER_8, OCTOBER_7)],
            id="moved thrice",
        ),
        pytest.param([puts()], [puts(*ON_THE_8TH), puts()], [], id="moved and back"),
        pytest.param([puts()], [deletes, puts(*ON_THE_8TH)], [("moved", OCTOBER_8, OCTOBER_7)], id="typed again"),
        pytest.param([puts()], [puts("DESCRIPTION:Venez nombreux")], [], id="other words"),
        pytest.param(
            [puts(*VAGUE)],
            [puts(*ON_THE_8TH)],
            [("dated", OCTOBER_8, "« en octobre »")],
            id="dated at last",
        ),
        pytest.param(
            [puts(*VAGUE)],
            [puts("DTSTART;VALUE=DATE:20211101", "SUMMARY:[en novembre] Agriculture")],
            [("moved", "« en novembre », date à fixer", "« en octobre », date à fixer")],
            id="other words for a date",
        ),
        pytest.param([], [puts("DTSTART:20210807T120000Z")], [], id="over"),
        pytest.param([puts("DTSTART:20210807T120000Z")], [deletes], [], id="over, and deleted"),
        pytest.param(
            [puts("DTSTART;VALUE=DATE:20211007", "DTEND;VALUE=DATE:20211009")],
            [puts("DTSTART;VALUE=DATE:20211007", "DTEND;VALUE=DATE:20211008")],
            [("moved", "jeudi 7 octobre 2021", "du 7 au 8 octobre 2021")],
            id="a day less",
        ),
    ],
)
def test_a_change_is_told_once_as_what_it_came_to(
    store: Store, before: list[Step], after: list[Step], expected: list[tuple[str, str, str]]
) -> None:
    """Five edits are one, what came and went is none."""
    for step in before:
        step(store)
    at = mark(store)
    for step in after:
        step(store)
    assert told(store, at) == expected


def test_a_task_that_gets_its_date_is_dated_at_last(store: Store) -> None:
    put(store, "28", "a.ics", event("bilan", component="VTODO"))
    at = mark(store)
    with store.write(MARIE) as writer:
        writer.date_event("28", "bilan", Dates(start=date(2021, 10, 8), end=date(2021, 10, 8)))
    assert told(store, at) == [("dated", "vendredi 8 octobre 2021", "")]


@pytest.mark.parametrize("how", ["MOVE", "PUT and DELETE"])
def test_what_goes_to_another_calendar_is_moved_and_nothing_else(store: Store, how: str) -> None:
    """By the verb of the protocol, or as Thunderbird does it: no new event, none that is gone."""
    put(store, "28", "atelier.ics", event("atelier"))
    at = mark(store)
    if how == "MOVE":
        move(store, "28", "atelier.ics", "45", "a.ics")
    else:
        put(store, "45", "a.ics", event("atelier"))
        delete(store, "28", "atelier.ics")
    (change,) = since(store, at)
    assert (change.what, change.key.network) == (What.MOVED, "45")
    assert change.notes == ("passe de l'agenda 28 Eure-et-Loir à l'agenda 45 Loiret",)


def test_what_came_and_moved_on_is_new_where_it_stands(store: Store) -> None:
    put(store, "28", "atelier.ics", event("atelier"))
    move(store, "28", "atelier.ics", "45", "a.ics")
    move(store, "45", "a.ics", "37", "a.ics")
    assert [(each.what, each.key.network) for each in since(store, 0)] == [(What.NEW, "37")]


def test_what_went_and_came_back_is_no_change(store: Store) -> None:
    put(store, "28", "atelier.ics", event("atelier"))
    at = mark(store)
    move(store, "28", "atelier.ics", "45", "a.ics")
    move(store, "45", "a.ics", "28", "atelier.ics")
    assert since(store, at) == ()


def test_a_place_that_changes_is_a_move(store: Store) -> None:
    put(store, "28", "a.ics", event("atelier", "LOCATION:Salle 1\\, Dreux"))
    at = mark(store)
    put(store, "28", "a.ics", event("atelier", "LOCATION:Médiathèque\\, Dreux"))
    (change,) = since(store, at)
    assert (change.what, change.was) == (What.MOVED, "")
    assert change.notes == ("lieu : Médiathèque, Dreux (était : Salle 1, Dreux)",)


def test_a_series_tells_the_times_that_changed(store: Store) -> None:
    """One moved, one cancelled: each by its day, and when the next one is."""
    put(store, "28", "a.ics", event("permanence", *WEEKLY))
    at = mark(store)
    moved = (
        "END:VEVENT",
        "BEGIN:VEVENT",
        "UID:permanence",
        "RECURRENCE-ID;TZID=Europe/Paris:20211014T140000",
        "DTSTART;TZID=Europe/Paris:20211015T100000",
        "DTEND;TZID=Europe/Paris:20211015T120000",
        "SUMMARY:permanence",
    )
    put(store, "28", "a.ics", event("permanence", *WEEKLY, "EXDATE;TZID=Europe/Paris:20211021T140000", *moved))
    (change,) = since(store, at)
    assert change.now == f"{OCTOBER_7}, puis d'autres séances"
    assert change.notes == (
        "séance du jeudi 14 octobre déplacée : vendredi 15 octobre 2021, 10h–12h",
        "séance du jeudi 21 octobre annulée",
    )
    assert change.soonest == date(2021, 10, 14)


def test_a_series_that_moves_as_a_whole_says_so(store: Store) -> None:
    put(store, "28", "a.ics", event("permanence", *WEEKLY))
    at = mark(store)
    put(store, "28", "a.ics", event("permanence", *(line.replace("T14", "T15") for line in WEEKLY)))
    (change,) = since(store, at)
    assert change.notes == ("toutes les séances changent",)
    put(store, "28", "a.ics", event("permanence", *WEEKLY))
    at = mark(store)
    days = ",".join(f"2021{day}T140000" for day in ("1014", "1021", "1028", "1104", "1111"))
    put(store, "28", "a.ics", event("permanence", *WEEKLY, f"EXDATE;TZID=Europe/Paris:{days}"))
    (change,) = since(store, at)
    assert change.notes == ("5 séances changent",)


def test_a_series_that_ends_is_cancelled(store: Store) -> None:
    put(store, "28", "a.ics", event("permanence", *WEEKLY))
    at = mark(store)
    put(store, "28", "a.ics", event("permanence", *WEEKLY[:2], "RRULE:FREQ=WEEKLY;UNTIL=20211001T000000Z"))
    assert [each.what for each in since(store, at)] == [What.CANCELLED]


def test_what_is_brought_back_is_what_it_was(store: Store) -> None:
    """From the trash it is new again; one that goes back to an older text has moved back."""
    put(store, "28", "atelier.ics", event("atelier"))
    put(store, "28", "atelier.ics", event("atelier", *ON_THE_8TH))
    at = mark(store)
    with store.write(MARIE) as writer:
        first = min(each.id for each in writer.history(Selection(event=EventKey("28", "atelier"))))
        writer.restore_event(EventKey("28", "atelier"), revision=first)
    assert told(store, at) == [("moved", OCTOBER_7, OCTOBER_8)]
    deletes(store)
    at = mark(store)
    with store.write(MARIE) as writer:
        writer.restore_event(EventKey("28", "atelier"))
    assert told(store, at) == [("new", OCTOBER_7, "")]


@pytest.mark.parametrize("visibility", ["PRIVATE", "CONFIDENTIAL"])
def test_what_not_everybody_may_read_is_told_to_nobody(store: Store, visibility: str) -> None:
    """Nor is its former title, once it is hidden; nor what it was when it is deleted."""
    hidden = event("atelier", f"CLASS:{visibility}")
    put(store, "28", "a.ics", hidden)
    assert since(store, 0) == ()
    put(store, "28", "a.ics", event("atelier"))
    assert [each.what for each in since(store, 1)] == [What.NEW]
    at = mark(store)
    put(store, "28", "a.ics", hidden)
    assert since(store, at) == ()
    delete(store, "28", "a.ics")
    assert since(store, at) == ()


def test_what_was_redacted_is_no_news(store: Store) -> None:
    put(store, "28", "a.ics", event("atelier"))
    at = mark(store)
    put(store, "28", "a.ics", event("atelier", *ON_THE_8TH))
    with store.write(MARIE) as writer:
        writer.redact_event("28", "atelier")
    assert since(store, 0) == since(store, at) == ()


@pytest.mark.parametrize(
    ("as_of", "urgent"),
    [(date(2021, 9, 29), False), (date(2021, 9, 30), True), (date(2021, 10, 7), True), (date(2021, 10, 9), False)],
)
def test_what_touches_the_next_seven_days_is_urgent(store: Store, as_of: date, urgent: bool) -> None:
    """From the day that it leaves, or that it comes to."""
    put(store, "28", "a.ics", event("atelier"))
    at = mark(store)
    put(store, "28", "a.ics", event("atelier", "DTSTART:20211202T120000Z"))
    assert any(is_urgent(each, as_of) for each in since(store, at, as_of)) is urgent
    put(store, "28", "b.ics", event("bilan"))
    assert [is_urgent(each, as_of) for each in since(store, at, as_of) if each.what is What.NEW] in ([False], [])


def test_who_did_it_is_known(store: Store) -> None:
    put(store, "28", "a.ics", event("atelier"))
    put(store, "28", "a.ics", event("atelier", *ON_THE_8TH), Actor(login="luc"))
    (change,) = since(store, 0)
    assert change.logins == {"marie", "luc"}


# ---- Whatever is written


Drawn = tuple[str, str | None, bool, str]
"""A UID, when it takes place (`None`: it goes), whether it is cancelled, its CLASS."""

UIDS = ("un", "deux")
TIMES = ("20211007T120000Z", "20211008T120000Z", "20210807T120000Z")
HIDDEN = ("", False, "PRIVATE")
"""The state of what was private when it went."""
writes = st.tuples(
    st.sampled_from(UIDS), st.sampled_from((*TIMES, None)), st.booleans(), st.sampled_from(("PUBLIC", "PRIVATE"))
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(writes, max_size=4), st.lists(writes, max_size=6))
def test_only_what_was_and_what_is_count(
    tmp_path_factory: pytest.TempPathFactory, before: list[Drawn], after: list[Drawn]
) -> None:
    """After any writes, the changes are those that a look at the two states gives, whatever came in between."""
    with closing(Store.create(URL, tmp_path_factory.mktemp("store"), REGION_TOML, TODAY)) as store:
        states = []
        marks = []
        state: dict[str, tuple[str, bool, str]] = {}
        for some in (before, after):
            for each in some:
                _write(store, state, each)
            states.append(dict(state))
            marks.append(mark(store))
        assert {(each.key.uid, each.what) for each in since(store, marks[0])} == set(_expected(*states))


def _write(store: Store, state: dict[str, tuple[str, bool, str]], drawn: Drawn) -> None:
    uid, start, cancelled, visibility = drawn
    if start is None:
        if uid in state and state[uid] != HIDDEN:
            delete(store, "28", f"{uid}.ics")
            # What was made private is never named again, not even that it goes.
            if state[uid][2] == "PRIVATE":
                state[uid] = HIDDEN
            else:
                del state[uid]
        return
    status = ("STATUS:CANCELLED",) if cancelled else ()
    put(store, "28", f"{uid}.ics", event(uid, f"DTSTART:{start}", *status, f"CLASS:{visibility}"))
    state[uid] = (start, cancelled, visibility)


def _expected(
    before: dict[str, tuple[str, bool, str]], after: dict[str, tuple[str, bool, str]]
) -> Iterator[tuple[str, What]]:
    past = TIMES[2]
    for uid in UIDS:
        old, new = before.get(uid), after.get(uid)
        if new is not None and new[2] == "PRIVATE":
            continue
        was = old is not None and old[2] == "PUBLIC" and not old[1]
        now = new is not None and not new[1]
        if not was and now and new is not None and new[0] != past:
            yield uid, What.BACK if old is not None and old[2] == "PUBLIC" else What.NEW
        if was and not now and old is not None and old[0] != past:
            yield uid, What.CANCELLED
        if was and now and old is not None and new is not None and old[0] != new[0]:
            yield uid, What.MOVED


def test_a_deleted_event_that_was_made_private_first_is_not_named(store: Store) -> None:
    """Its last words were private."""
    put(store, "28", "a.ics", booking("conference"))
    at = mark(store)
    put(store, "28", "a.ics", event("conference", "CLASS:PRIVATE"))
    delete(store, "28", "a.ics")
    assert since(store, at) == ()
