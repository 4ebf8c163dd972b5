"""What the view from outside has of a network's calendar, and what its clients end up with, on each database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from databases import DATABASES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_contract import MARIE, TODAY, at, delete, event, move, now, put
from test_redact import EVERYWHERE, SECRET, when

from spro_agenda.errors import NotFound, StaleToken, UidConflict
from spro_agenda.ical.outside import TITLE, seen_outside
from spro_agenda.ical.read import read_object
from spro_agenda.model import View, Visibility
from spro_agenda.store import Retention, Store, StoredObject

OUTSIDE, INSIDE = View.OUTSIDE, View.INSIDE
VAGUE = "X-SPRO-DATE-WORDS:mi-octobre", "X-SPRO-WINDOW:20211011/20211017"
DAY = at("2021-10-07 00:00"), at("2021-10-08 00:00")


@pytest.fixture(params=DATABASES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    store = DATABASES[request.param].store(tmp_path)
    yield store
    store.close()


def secret(uid: str, word: str, *lines: str, component: str = "VEVENT") -> bytes:
    return event(uid, f"CLASS:{word}", f"SUMMARY:Entretien de {SECRET}", *lines, component=component)


def held(store: Store, slug: str, view: View) -> dict[str, StoredObject]:
    with store.read() as reader:
        return {each.href: each for each in reader.objects(slug, view=view)}


def three(store: Store) -> None:
    put(store, "28", "a.ics", event("a", "CLASS:PUBLIC"))
    put(store, "28", "b.ics", secret("b", "CONFIDENTIAL"))
    put(store, "28", "c.ics", secret("c", "PRIVATE"))


def test_from_outside_a_confidential_event_is_busy_and_a_private_one_absent(store: Store) -> None:
    """By each verb that reads; from inside all is as it was sent."""
    three(store)
    inside = held(store, "28", INSIDE)
    with store.read() as reader:
        a, b = reader.object("28", "a.ics", OUTSIDE), reader.object("28", "b.ics", OUTSIDE)
        assert a == inside["a.ics"]
        assert b is not None
        assert SECRET.encode() not in b.body
        assert read_object(b.body, "").parts[0].title == TITLE
        assert b.etag != inside["b.ics"].etag
        assert reader.object("28", "c.ics", OUTSIDE) is None
        for found in (
            list(reader.objects("28", view=OUTSIDE)),
            list(reader.objects("28", "VEVENT", OUTSIDE)),
            list(reader.objects_named("28", ["a.ics", "b.ics", "c.ics"], OUTSIDE).values()),
            reader.objects_meeting("28", "VEVENT", *DAY, OUTSIDE),
            reader.objects_of_days("28", date(2021, 10, 7), date(2021, 10, 7), OUTSIDE),
        ):
            assert sorted(found, key=lambda each: each.href) == [a, b]
        assert [(each.href, each.etag) for each in reader.listing("28", OUTSIDE)] == [
            ("a.ics", a.etag),
            ("b.ics", b.etag),
        ]
        assert reader.changes_since("28", "", OUTSIDE).hrefs == ("a.ics", "b.ics")
        assert [each.href for each in reader.listing("28")] == ["a.ics", "b.ics", "c.ics"]
        assert [each.body for each in reader.objects("28")] == [each.body for each in inside.values()]


def test_from_outside_a_private_event_takes_up_nobody_s_time(store: Store) -> None:
    """Within the horizon and beyond it; a confidential one does."""
    for number, word in enumerate(["CONFIDENTIAL", "PRIVATE"]):
        hour = 10 + 2 * number
        lines = f"DTSTART:20211007T{hour}0000Z", f"DTEND:20211007T{hour + 1}0000Z", "RRULE:FREQ=WEEKLY"
        put(store, "28", f"{number}.ics", secret(word, word, *lines))
    for day in ("2021-10-07", "2031-10-09"):
        asked = at(f"{day} 00:00"), at(f"{day} 23:00")
        with store.read() as reader:
            assert len(reader.busy("28", *asked)) == 2
            assert [each.start_s for each in reader.busy("28", *asked, OUTSIDE)] == [at(f"{day} 10:00")]


@pytest.mark.parametrize("word", ["private", "X-SECRET", "SECRET", "Privé"])
def test_a_word_that_nobody_knows_is_private(store: Store, word: str) -> None:
    """RFC 5545 section 3.8.1.3; CLASS is in any case."""
    put(store, "28", "a.ics", secret("a", word))
    assert held(store, "28", OUTSIDE) == {}


@pytest.mark.parametrize(("master", "instance"), [("PUBLIC", "PRIVATE"), ("PRIVATE", "PUBLIC")])
def test_the_most_secret_part_of_a_series_decides(store: Store, master: str, instance: str) -> None:
    """Whichever its client marked."""
    body = event(
        "a",
        "DTSTART:20211007T120000Z",
        "RRULE:FREQ=WEEKLY",
        f"CLASS:{master}",
        "END:VEVENT",
        "BEGIN:VEVENT",
        "UID:a",
        "RECURRENCE-ID:20211014T120000Z",
        "DTSTART:20211014T130000Z",
        f"CLASS:{instance}",
        "SUMMARY:a",
    )
    put(store, "28", "a.ics", body)
    assert held(store, "28", OUTSIDE) == {}


def test_a_confidential_event_without_a_date_of_its_own_is_not_shown(store: Store) -> None:
    """« [mi-octobre] » stands in its title: without it, the day that stands in its place would be told as meant."""
    put(store, "28", "a.ics", event("a", "CLASS:CONFIDENTIAL", "SUMMARY:[mi-octobre] Forum", *VAGUE))
    put(store, "28", "b.ics", secret("b", "CONFIDENTIAL", component="VTODO"))
    assert held(store, "28", OUTSIDE) == {}


def test_what_is_seen_outside_is_when_and_no_word_of_anybody() -> None:
    """Wherever it stood; the same instances, and seen so again the same."""
    body = EVERYWHERE.replace(b"SEQUENCE:4", b"SEQUENCE:4\r\nCLASS:CONFIDENTIAL\r\nDTSTAMP:20211001T120000Z")
    text = seen_outside(body)
    assert SECRET.encode() not in text
    assert when(text) == when(body)
    obj = read_object(text, "essai")
    assert obj.visibility is Visibility.CONFIDENTIAL
    assert [part.sequence for part in obj.parts] == [4, 0]
    assert b"DTSTAMP:20211001T120000Z" in text


def test_a_title_that_changes_is_no_change_of_what_is_seen_outside(store: Store) -> None:
    """The tag is that of what is seen: it tells nothing of the text."""
    put(store, "28", "a.ics", secret("a", "CONFIDENTIAL", "DESCRIPTION:avant"))
    before = held(store, "28", OUTSIDE)["a.ics"].etag
    put(store, "28", "a.ics", secret("a", "CONFIDENTIAL", "DESCRIPTION:après"))
    assert held(store, "28", OUTSIDE)["a.ics"].etag == before
    put(store, "28", "a.ics", secret("a", "CONFIDENTIAL", "DTSTART:20211008T120000Z"))
    assert held(store, "28", OUTSIDE)["a.ics"].etag != before


def test_a_token_of_one_view_is_none_of_the_other(store: Store) -> None:
    """Who is moved to another network reads all of it again, and holds no private event any more."""
    three(store)
    for told, view in ((INSIDE, OUTSIDE), (OUTSIDE, INSIDE)):
        with store.read() as reader, pytest.raises(StaleToken):
            reader.changes_since("28", now(store, "28").sync_token(told), view)


def test_what_outsiders_never_saw_is_not_named_to_them(store: Store) -> None:
    """Not even that it was there, nor its UID."""
    three(store)
    token = now(store, "28").sync_token(OUTSIDE)
    put(store, "28", "c.ics", secret("c", "PRIVATE", "DESCRIPTION:encore"))
    put(store, "28", "d.ics", secret("d", "PRIVATE"))
    delete(store, "28", "d.ics")
    with store.read() as reader:
        assert reader.changes_since("28", token, OUTSIDE).hrefs == ()
    put(store, "28", "a.ics", secret("a", "PRIVATE"))
    with store.read() as reader:
        assert reader.changes_since("28", token, OUTSIDE).hrefs == ("a.ics",)


def test_who_saw_it_before_is_told_that_it_went_though_a_purge_forgot_when(store: Store) -> None:
    """A purge leaves the last change of each object alone, which by itself happened out of an outsider's sight."""
    put(store, "28", "a.ics", event("a"))
    token = now(store, "28").sync_token(OUTSIDE)
    for version in range(3):
        put(store, "28", "a.ics", secret("a", "PRIVATE", f"DESCRIPTION:{version}"))
    # Three of the calendar's, and one of the agenda's, which had it and lost it.
    assert store.purge(TODAY, Retention(), MARIE).changes == 3 + 1
    with store.read() as reader:
        assert reader.changes_since("28", token, OUTSIDE).hrefs == ("a.ics",)


CLASSES = ("PUBLIC", "CONFIDENTIAL", "PRIVATE")
STEP = st.tuples(
    st.sampled_from(["put", "put", "put", "delete", "move", "purge"]),
    *[st.sampled_from(["28", "45"])] * 2,
    *[st.sampled_from("ab")] * 2,
    st.sampled_from(CLASSES),
    st.integers(0, 1),
)


@pytest.mark.parametrize("database", DATABASES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, max_size=12))
def test_each_view_s_clients_end_up_with_what_it_has(database: str, steps: list[tuple[Any, ...]]) -> None:
    """Whenever a client began, whatever was written, hidden, shown again or forgotten since."""
    with TemporaryDirectory() as home:
        store = DATABASES[database].store(Path(home))
        seen = {(slug, view): [state(store, slug, view)] for slug in ("28", "45") for view in View}
        for step in steps:
            take(store, step)
            for (slug, view), history in seen.items():
                history.append(state(store, slug, view))
        for (slug, view), history in seen.items():
            first = now(store, slug).first_number
            for token, had in history:
                if int(token.rpartition(":")[2]) < first:
                    # A purge forgot a deletion of since: who comes with such a token reads all again.
                    continue
                for most in (None, 1, 2):
                    assert synchronised(store, slug, view, token, had, most=most) == held(store, slug, view)
            for most in (1, 2):
                assert synchronised(store, slug, view, "", {}, most=most) == held(store, slug, view)
        store.close()


def take(store: Store, step: tuple[Any, ...]) -> None:
    verb, slug, other, name, to_name, word, version = step
    with suppress(NotFound, UidConflict):
        if verb == "put":
            put(store, slug, f"{name}.ics", secret(to_name, word, f"DESCRIPTION:{version}"))
        elif verb == "delete":
            delete(store, slug, f"{name}.ics")
        elif verb == "move":
            move(store, slug, f"{name}.ics", other, f"{to_name}.ics")
        else:
            store.purge(TODAY, Retention(), MARIE)


def state(store: Store, slug: str, view: View) -> tuple[str, Mapping[str, StoredObject]]:
    return now(store, slug).sync_token(view), held(store, slug, view)


def synchronised(
    store: Store, slug: str, view: View, token: str, had: Mapping[str, StoredObject], *, most: int | None
) -> dict[str, StoredObject]:
    """What a client holds that held `had` at a token, and fetches what is named since, some at a time."""
    live, kept, more = held(store, slug, view), dict(had), True
    while more:
        with store.read() as reader:
            changes = reader.changes_since(slug, token, view, most)
        assert most is None or len(changes.hrefs) <= most
        assert not changes.is_cut or changes.token != token
        for href in changes.hrefs:
            kept.pop(href, None)
        kept |= {href: live[href] for href in changes.hrefs if href in live}
        token, more = changes.token, changes.is_cut
    return kept
