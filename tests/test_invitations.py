"""What invitations come to, on each database: events written once, in the right order, by whom may write them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import permutations
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from databases import DATABASES
from invitations import (
    GOOGLE,
    NAMES,
    OUTLOOK,
    SENDER,
    SERIES,
    SERVER,
    THUNDERBIRD,
    calendar,
    cancellation,
    component,
    invitation,
    mail,
    written,
)
from store_contract import PASSWORD, REGION_TOML, put

from spro_agenda.ical.read import read_object
from spro_agenda.inbox.handling import Done, Handled, Rules, Why, handle, sender_of
from spro_agenda.inbox.letters import read_letter
from spro_agenda.inbox.networks import Pattern
from spro_agenda.inbox.senders import Check
from spro_agenda.model import EventKey
from spro_agenda.policy import Policy
from spro_agenda.recurrence import spans
from spro_agenda.region.words import harmless
from spro_agenda.store import Account, AccountChange, Actor, Role, Selection, Store

RULES = Rules(pattern=Pattern.read("agenda-{network}@exemple.fr"), check=Check(server=SERVER), policy=Policy())


def people(store: Store) -> None:
    with store.write(Actor()) as writer:
        writer.add_account("chef", PASSWORD, Role.ADMIN)
        writer.add_account("marie", PASSWORD, Role.COORDINATOR, ["28"], "Marie Durand")
        writer.set_account("marie", AccountChange(email=SENDER))
        writer.add_account("luc", PASSWORD, Role.READER)
        writer.set_account("luc", AccountChange(email="luc@exemple.fr"))
    store.move_horizon(date(2027, 1, 1), Actor())


@pytest.fixture(params=DATABASES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    store = DATABASES[request.param].store(tmp_path, prepare=people)
    yield store
    store.close()


def take(store: Store, data: bytes, rules: Rules = RULES) -> Handled:
    """Handle a letter as it arrives."""
    letter = read_letter(data)
    with store.read() as reader:
        sender = sender_of(reader, letter, rules)
    if not isinstance(sender, Account):
        return Handled(letter=letter, why=sender)
    with store.write(Actor(login=sender.login, agent="spro-agenda inbox")) as writer:
        return handle(writer, letter, sender, rules)


def done(store: Store, *letters: bytes) -> list[str]:
    """What becomes of each of some letters' requests."""
    return [result.done.value for data in letters for result in take(store, data).results]


def text(store: Store, uid: str, network: str = "28") -> str:
    """The stored text of an event, unfolded; "" for one that is not there."""
    with store.read() as reader:
        href = reader.href_of(network, uid)
        found = reader.object(network, href) if href else None
    return found.body.decode().replace("\r\n ", "") if found else ""


def times(store: Store, uid: str, network: str = "28") -> list[str]:
    """When an event takes place, in UTC; what is cancelled has its day in brackets."""
    obj = read_object(text(store, uid, network).encode(), uid)
    found = spans(obj, ZoneInfo("Europe/Paris"), date(2027, 1, 1), date(2027, 12, 31))
    return [f"({span.start:%m%d})" if span.part.status == "CANCELLED" else f"{span.start:%m%d %H%M}" for span in found]


def revisions(store: Store, uid: str) -> int:
    with store.read() as reader:
        return len(list(reader.history(Selection(event=EventKey("28", uid)))))


# ---- As programs write them


@pytest.mark.parametrize("name", [name for name in NAMES if not name.endswith(("cancelled", "moved"))])
def test_an_invitation_becomes_an_event_of_the_network_that_it_names(store: Store, name: str) -> None:
    """By its sender, as far as the history tells; and it names none of those invited."""
    handled = take(store, written(name))
    (result,) = handled.results
    assert (result.done, result.network) == (Done.CREATED, "28")
    said = text(store, result.event.uid)
    for word in (
        "ATTENDEE",
        "ORGANIZER",
        "METHOD",
        "mailto",
        "Zoé",
        "MARTIN",
        "DURAND",
        "VALARM",
        "X-MICROSOFT",
        "X-MOZ",
        "X-ALT-DESC",
    ):
        assert word not in said, word
    with store.read() as reader:
        (revision,) = reader.history(Selection(event=result.event))
    assert (revision.login, revision.client) == ("marie", "invitation par courriel")


def test_outlook_creates_moves_and_cancels(store: Store) -> None:
    """A moved event has one time; a cancelled one stays, so that everybody sees that it does not take place."""
    assert done(store, written("outlook-created")) == ["created"]
    assert times(store, OUTLOOK) == ["0311 1300"]
    assert "TZID=Europe/Paris" in text(store, OUTLOOK)
    moved = take(store, written("outlook-moved")).results[0]
    assert (moved.done, times(store, OUTLOOK)) == (Done.UPDATED, ["0312 0800"])
    assert any("12 mars" in harmless(change) for change in moved.changes)
    assert done(store, written("outlook-cancelled")) == ["cancelled"]
    assert times(store, OUTLOOK) == ["(0312)"]
    assert "SUMMARY;LANGUAGE=fr-FR:[Dreux] Atelier CV" in text(store, OUTLOOK)


def test_what_coordinators_type_is_understood(store: Store) -> None:
    result = take(store, written("outlook-created")).results[0]
    found = {origin.field: origin.value for origin in result.explained[0].origins}
    assert found["speakers"] == "André Chauvet"
    assert (found["site"], found["open_to"]) == ("Dreux", "tous les réseaux")


def test_outlook_moves_and_cancels_one_occurrence(store: Store) -> None:
    """The others of the series take place as before."""
    whole = ["0304 0830", "0311 0830", "0318 0830", "0325 0830", "0401 0730", "0408 0730", "0415 0730", "0422 0730"]
    assert done(store, written("outlook-series")) == ["created"]
    assert times(store, SERIES) == whole
    assert done(store, written("outlook-occurrence-moved")) == ["updated"]
    assert times(store, SERIES) == [*whole[:2], "0319 1300", *whole[3:]]
    assert done(store, written("outlook-occurrence-cancelled")) == ["cancelled"]
    assert times(store, SERIES) == [*whole[:2], "0319 1300", "0325 0830", "(0401)", *whole[5:]]


def test_thunderbird_tells_the_series_with_its_exceptions(store: Store) -> None:
    assert done(store, written("thunderbird-created")) == ["created"]
    assert done(store, written("thunderbird-occurrence-moved")) == ["updated"]
    assert times(store, THUNDERBIRD) == ["0503 0700", "0511 1200", "0517 0700", "0524 0700"]
    assert done(store, written("thunderbird-cancelled")) == ["cancelled"]
    assert times(store, THUNDERBIRD) == ["(0503)", "(0511)", "(0517)", "(0524)"]


def test_google_sends_each_calendar_twice_and_is_taken_once(store: Store) -> None:
    """As an alternative and as an attachment. It says that a machine sent it, which is answered nothing."""
    handled = take(store, written("google-created"))
    assert [result.done for result in handled.results] == [Done.CREATED]
    assert not handled.is_told
    assert done(store, written("google-moved"), written("google-cancelled")) == ["updated", "cancelled"]
    assert revisions(store, GOOGLE) == 3


# ---- Order


def test_the_same_again_writes_nothing_and_is_no_news(store: Store) -> None:
    """Not under another Message-ID either."""
    take(store, invitation())
    again = take(store, invitation(n=2))
    assert [result.done for result in again.results] == [Done.UNCHANGED]
    assert not again.is_told
    assert revisions(store, "u1") == 1


@pytest.mark.parametrize(
    ("sequence", "stamp", "expected"),
    [
        (6, "20260101T000000Z", "updated"),
        (5, "20270101T000001Z", "updated"),
        (5, "20270101T000000Z", "unchanged"),
        (5, "20261231T000000Z", "outdated"),
        (4, "20280101T000000Z", "outdated"),
    ],
)
def test_a_later_word_is_one_of_a_higher_sequence_or_said_later(
    store: Store, sequence: int, stamp: str, expected: str
) -> None:
    """RFC 5546 section 2.1.5; an older one changes nothing, and its sender hears of it."""
    take(store, invitation(sequence=5, title="Premier"))
    later = take(store, invitation(sequence=sequence, stamp=stamp, title="Second", n=2))
    assert [result.done.value for result in later.results] == [expected]
    assert ("Second" in text(store, "u1")) == (expected == "updated")
    assert later.is_told == (expected != "unchanged")


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_whatever_the_order_the_last_word_holds(store: Store, order: tuple[int, ...]) -> None:
    """Each of them twice; and there is one event."""
    for number in (*order, *order):
        take(store, invitation(sequence=number, stamp=f"2027010{number + 1}T000000Z", title=f"Mot {number}", n=number))
    assert "SUMMARY:Mot 2\r\n" in text(store, "u1")
    assert revisions(store, "u1") == 1 + sum(number > max(order[:place]) for place, number in enumerate(order) if place)


def test_an_invitation_that_comes_after_its_cancellation_is_not_taken(store: Store) -> None:
    assert done(store, cancellation(), invitation()) == ["cancelled-before-it-came", "outdated"]
    assert text(store, "u1") == ""


def test_an_invitation_that_is_newer_than_its_cancellation_is_taken(store: Store) -> None:
    assert done(store, cancellation(), invitation(sequence=2)) == ["cancelled-before-it-came", "created"]


def test_an_occurrence_called_off_before_its_series_came_stays_so(store: Store) -> None:
    off = cancellation("u1", "RECURRENCE-ID;TZID=Europe/Paris:20270318T140000", sequence=0)
    series = invitation("u1", "RRULE:FREQ=WEEKLY;COUNT=3")
    assert done(store, off, series) == ["cancelled-before-it-came", "created"]
    assert times(store, "u1") == ["0311 1300", "(0318)", "0325 1300"]


def test_what_is_cancelled_can_take_place_again(store: Store) -> None:
    """By a newer word; of its exceptions nothing is left that was called off with it."""
    series = "RRULE:FREQ=WEEKLY;COUNT=2"
    moved = (
        "RECURRENCE-ID;TZID=Europe/Paris:20270318T140000",
        "DTSTART;TZID=Europe/Paris:20270319T140000",
        "DTEND;TZID=Europe/Paris:20270319T160000",
    )
    take(store, invitation("u1", series))
    take(store, invitation("u1", *moved, stamp="20270101T100000Z", n=2))
    assert times(store, "u1") == ["0311 1300", "0319 1300"]
    take(store, cancellation())
    assert times(store, "u1") == ["(0311)", "(0319)"]
    assert done(store, invitation("u1", series, sequence=2, n=3)) == ["updated"]
    assert times(store, "u1") == ["0311 1300", "0318 1300"]


# ---- Occurrences


MOVED = (
    "RECURRENCE-ID;TZID=Europe/Paris:20270318T140000",
    "DTSTART;TZID=Europe/Paris:20270319T100000",
    "DTEND;TZID=Europe/Paris:20270319T120000",
)
SERIES_OF_3 = "RRULE:FREQ=WEEKLY;COUNT=3"


def test_an_exception_outlives_what_does_not_touch_the_times_of_its_series(store: Store) -> None:
    """A new title, say: Outlook sends the series without its exceptions then."""
    take(store, invitation("u1", SERIES_OF_3))
    take(store, invitation("u1", *MOVED, sequence=1, n=2))
    take(store, invitation("u1", SERIES_OF_3, sequence=2, title="Nouveau", n=3))
    assert times(store, "u1") == ["0311 1300", "0319 0900", "0325 1300"]
    assert "SUMMARY:Nouveau" in text(store, "u1")


def test_an_exception_does_not_outlive_other_times_of_its_series(store: Store) -> None:
    """Outlook says so to whoever changes them."""
    take(store, invitation("u1", SERIES_OF_3))
    take(store, invitation("u1", *MOVED, sequence=1, n=2))
    later = ("DTSTART;TZID=Europe/Paris:20270311T150000", "DTEND;TZID=Europe/Paris:20270311T160000")
    take(store, invitation("u1", SERIES_OF_3, *later, sequence=2, n=3))
    assert times(store, "u1") == ["0311 1400", "0318 1400", "0325 1400"]


def test_an_exception_that_is_older_than_its_series_is_not_taken(store: Store) -> None:
    take(store, invitation("u1", SERIES_OF_3, sequence=2))
    assert done(store, invitation("u1", *MOVED, sequence=1, n=2)) == ["outdated"]


def test_who_is_invited_to_one_occurrence_has_that_one(store: Store) -> None:
    """Its series may come later, and keeps it."""
    assert done(store, invitation("u1", *MOVED, sequence=1)) == ["created"]
    assert times(store, "u1") == ["0319 0900"]
    assert done(store, invitation("u1", SERIES_OF_3, n=2)) == ["updated"]
    assert times(store, "u1") == ["0311 1300", "0319 0900", "0325 1300"]


@pytest.mark.parametrize("letter", [invitation, cancellation])
def test_a_date_that_the_series_does_not_have_is_told(store: Store, letter: object) -> None:
    take(store, invitation("u1", SERIES_OF_3))
    before = text(store, "u1")
    elsewhere = "RECURRENCE-ID;TZID=Europe/Paris:20270319T140000"
    handled = take(store, letter("u1", elsewhere, sequence=3, n=2))  # type: ignore[operator]
    assert [result.done for result in handled.results] == [Done.FAILED]
    assert "n'est pas, ou plus, une date de la série" in handled.results[0].sentence
    assert handled.is_told
    assert text(store, "u1") == before


@pytest.mark.parametrize("which", [";VALUE=DATE:20270318", ";TZID=Romance Standard Time:20270318T000000"])
def test_one_of_several_whole_days_is_moved_however_outlook_calls_it(store: Store, which: str) -> None:
    """By its day, or by its midnight."""
    days = "DTSTART;VALUE=DATE:20270311", "DTEND;VALUE=DATE:20270312"
    take(store, invitation("u1", *days, SERIES_OF_3))
    moved = f"RECURRENCE-ID{which}", "DTSTART;VALUE=DATE:20270319", "DTEND;VALUE=DATE:20270320"
    assert done(store, invitation("u1", *moved, sequence=1, n=2)) == ["updated"]
    assert times(store, "u1") == ["0310 2300", "0318 2300", "0324 2300"]


@pytest.mark.parametrize(
    ("said", "whole"), [("X-MICROSOFT-CDO-ALLDAYEVENT:TRUE", True), ("X-MICROSOFT-CDO-ALLDAYEVENT:FALSE", False)]
)
def test_days_that_exchange_tells_by_their_midnights_are_days(store: Store, said: str, whole: bool) -> None:
    zone = "TZID=Romance Standard Time"
    take(store, invitation("u1", f"DTSTART;{zone}:20270311T000000", f"DTEND;{zone}:20270313T000000", said))
    assert ("DTSTART;VALUE=DATE:20270311\r\nDTEND;VALUE=DATE:20270313\r\n" in text(store, "u1")) is whole


def test_a_cancellation_needs_no_time_of_its_own(store: Store) -> None:
    """RFC 5546 section 3.2.5: UID and SEQUENCE are enough."""
    take(store, invitation())
    bare = "BEGIN:VEVENT\r\nUID:u1\r\nDTSTAMP:20270102T000000Z\r\nSEQUENCE:1\r\nEND:VEVENT\r\n"
    assert done(store, mail(calendar(bare, method="CANCEL"), method="CANCEL", message_id="<x@y>")) == ["cancelled"]
    assert times(store, "u1") == ["(0311)"]


def test_all_that_follows_can_be_called_off(store: Store) -> None:
    take(store, invitation("u1", SERIES_OF_3))
    take(store, cancellation("u1", "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Paris:20270318T140000"))
    assert times(store, "u1") == ["0311 1300", "(0318)", "(0325)"]


# ---- Edited in the calendar since


def edit(store: Store, uid: str, *changes: tuple[str, str]) -> None:
    """Write an event anew, as another client would."""
    said = text(store, uid)
    for before, after in changes:
        assert before in said
        said = said.replace(before, after)
    with store.read() as reader:
        href = reader.href_of("28", uid)
    assert href is not None
    put(store, "28", href, said.encode())


def test_what_people_added_in_the_calendar_stays_when_the_invitation_moves(store: Store) -> None:
    """And again the next time: an update changes what it changed beside the former invitation, no more."""
    take(store, invitation())
    edit(store, "u1", ("SUMMARY:Essai", "SUMMARY:Essai\r\nDESCRIPTION:Intervenant : André Chauvet"))
    for number, hour in ((2, "15"), (3, "16")):
        when = f"DTSTART;TZID=Europe/Paris:20270311T{hour}0000", f"DTEND;TZID=Europe/Paris:20270311T{hour}3000"
        result = take(store, invitation("u1", *when, sequence=number, n=number)).results[0]
        assert (result.done, result.left) == (Done.UPDATED, frozenset())
        assert times(store, "u1") == [f"0311 {int(hour) - 1}00"]
        assert "Intervenant : André Chauvet" in text(store, "u1")


def test_what_both_changed_stays_as_it_is_in_the_calendar_and_is_told(store: Store) -> None:
    take(store, invitation())
    edit(store, "u1", ("T140000", "T100000"), ("T160000", "T120000"))
    when = "DTSTART;TZID=Europe/Paris:20270311T170000", "DTEND;TZID=Europe/Paris:20270311T180000"
    result = take(store, invitation("u1", *when, sequence=1, title="Autre titre", n=2)).results[0]
    assert (result.done, result.left) == (Done.UPDATED, frozenset({"WHEN"}))
    assert times(store, "u1") == ["0311 0900"]
    assert "Autre titre" in text(store, "u1")


def test_a_cancellation_holds_whatever_was_edited(store: Store) -> None:
    take(store, invitation())
    edit(store, "u1", ("SUMMARY:Essai", "SUMMARY:Titre récrit"))
    assert done(store, cancellation()) == ["cancelled"]
    assert times(store, "u1") == ["(0311)"]
    assert "Titre récrit" in text(store, "u1")


def test_what_never_came_by_mail_is_not_overwritten(store: Store) -> None:
    """Somebody wrote it in the calendar; it may have the same UID by CalDav Synchronizer. It can be called off."""
    put(store, "28", "a.ics", calendar(component(title="Écrit ici"), method=None).encode())
    handled = take(store, invitation(sequence=4, stamp="20280101T000000Z"))
    assert [result.done for result in handled.results] == [Done.EDITED]
    assert handled.is_told
    assert handled.is_failure
    assert "Écrit ici" in text(store, "u1")
    assert done(store, cancellation(sequence=5)) == ["cancelled"]


def test_what_the_network_keeps_elsewhere_is_not_changed_by_mail(store: Store) -> None:
    """Google invites under the UID that its calendar has: the next harvest would undo what the letter did."""
    with store.write(Actor()) as writer:
        line = 'colour = "#1F5FA8"'
        writer.apply_region(REGION_TOML.replace(line, f'{line}\ncalendar = "https://nuage.exemple.fr/a.ics"'))
        assert writer.claim_source("28") is not None
        obj = read_object(calendar(component(title="Tenu ailleurs"), method=None).encode(), "u1")
        writer.take_event("28", obj, "")
    for letter in (invitation(sequence=4, stamp="20280101T000000Z"), cancellation(sequence=5)):
        (result,) = take(store, letter).results
        assert result.done is Done.FAILED
        assert "tient ailleurs (nuage.exemple.fr)" in result.sentence
    assert revisions(store, "u1") == 1


def test_what_was_deleted_in_the_calendar_does_not_come_back_by_an_update(store: Store) -> None:
    """Until it is called off, and asked for anew."""
    take(store, invitation())
    with store.read() as reader:
        href = reader.href_of("28", "u1")
    assert href is not None
    with store.write(Actor(login="marie")) as writer:
        writer.delete_event("28", href)
    assert done(store, invitation(sequence=1, n=2)) == ["deleted-since"]
    assert text(store, "u1") == ""
    assert done(store, cancellation(sequence=2), invitation(sequence=3, n=4)) == ["cancelled-before-it-came", "created"]


def test_a_redacted_event_is_not_told_again_by_an_update(store: Store) -> None:
    """Nor is its text kept with what invitations said."""
    take(store, invitation(title="Suivi de Madame X"))
    with store.write(Actor()) as writer:
        writer.redact_event("28", "u1")
        assert writer.invited(EventKey("28", "u1")) is None
    assert done(store, invitation(sequence=9, title="Suivi de Madame X", n=2)) == ["edited-since"]
    assert "Madame X" not in text(store, "u1")


# ---- Whose calendar


def test_a_network_that_its_sender_does_not_write_is_left_alone_and_the_sender_told(store: Store) -> None:
    handled = take(store, mail(calendar(component()), to="agenda-45@exemple.fr"))
    assert [(each.name, each.network) for each in handled.refused] == [("45", "45")]
    assert handled.is_told
    assert text(store, "u1", "45") == ""


def test_a_network_that_does_not_exist_is_told(store: Store) -> None:
    handled = take(store, mail(calendar(component()), to="agenda-99@exemple.fr"))
    assert [(each.name, each.network) for each in handled.refused] == [("99", None)]
    assert handled.is_told


def test_one_letter_may_be_for_several_networks(store: Store) -> None:
    """Each by itself: what is refused in one is done in the other."""
    handled = take(store, mail(calendar(component()), to="agenda-28@exemple.fr, Agenda 45 <AGENDA-45@exemple.fr>"))
    assert [(each.network, each.done) for each in handled.results] == [("28", Done.CREATED)]
    assert [each.network for each in handled.refused] == ["45"]


def test_a_reader_writes_nothing(store: Store) -> None:
    """And is told: this is a person whom we know."""
    results = f"{SERVER}; dkim=pass header.d=exemple.fr"
    handled = take(store, mail(calendar(component()), sender="luc@exemple.fr", results=results))
    assert (handled.results, handled.is_told) == ((), True)
    assert text(store, "u1") == ""


def test_the_regional_team_writes_everywhere_where_the_option_says_so(store: Store) -> None:
    with store.write(Actor()) as writer:
        writer.set_account("luc", AccountChange(role=Role.REGION))
    letter = mail(calendar(component()), sender="luc@exemple.fr", to="agenda-45@exemple.fr, agenda-region@exemple.fr")
    everywhere = Rules(pattern=RULES.pattern, check=RULES.check, policy=Policy(region_writes_all=True))
    assert [each.network for each in take(store, letter).results] == ["region"]
    assert {each.network for each in take(store, letter, everywhere).results} == {"45", "region"}


def test_an_event_of_another_network_is_not_copied(store: Store) -> None:
    """Its own network has it; the other may say that it takes part. A private one is nobody else's to know of."""
    put(store, "45", "a.ics", calendar(component(title="Du 45"), method=None).encode())
    handled = take(store, invitation())
    assert [result.done for result in handled.results] == [Done.ELSEWHERE]
    assert "45 Loiret" in handled.results[0].sentence
    assert text(store, "u1") == ""
    assert "Du 45" in text(store, "u1", "45")
    put(store, "45", "b.ics", calendar(component("u2", "CLASS:PRIVATE"), method=None).encode())
    assert done(store, invitation("u2", n=2)) == ["created"]


def test_who_writes_both_networks_has_the_event_in_both(store: Store) -> None:
    with store.write(Actor()) as writer:
        writer.set_account("marie", AccountChange(networks=("28", "45")))
    both = "agenda-28@exemple.fr, agenda-45@exemple.fr"
    handled = take(store, mail(calendar(component()), to=both))
    assert [(each.network, each.done) for each in handled.results] == [("28", Done.CREATED), ("45", Done.CREATED)]


def test_whom_a_calendar_invites_counts_where_the_letter_names_no_agenda(store: Store) -> None:
    """A mailbox that other addresses lead to."""
    invited = component("u1", "ATTENDEE:MAILTO:agenda-28@exemple.fr", f"ORGANIZER:mailto:{SENDER}")
    assert done(store, mail(calendar(invited), to="boite@exemple.fr")) == ["created"]
    assert take(store, mail(calendar(component("u2")), to="boite@exemple.fr")).why is Why.NOT_FOR_US


# ---- Who it is from


@pytest.mark.parametrize(
    "sender",
    [
        "Marie Durand <marie@ailleurs.example>",
        f'"{SENDER}" <marie@ailleurs.example>',
        f"=?utf-8?q?{SENDER.replace('@', '=40')}?= <marie@ailleurs.example>",
    ],
)
def test_a_letter_from_elsewhere_changes_nothing_and_is_not_answered(store: Store, sender: str) -> None:
    """Whatever name it gives itself."""
    handled = take(store, mail(calendar(component()), sender=sender))
    assert (handled.is_told, text(store, "u1")) == (False, "")
    assert handled.why in (Why.UNCLEAR, Why.UNKNOWN)


@pytest.mark.parametrize(
    "fields",
    [
        [f"From: {SENDER} <marie@ailleurs.example>"],
        [f"From: <{SENDER}> <marie@ailleurs.example>"],
        [f"From: {SENDER};marie@ailleurs.example"],
        [f"From: {SENDER}, marie@ailleurs.example"],
        [f"From: {SENDER}", "From: marie@ailleurs.example"],
        ["From: marie@ailleurs.example", f"From: {SENDER}"],
        [f"From: Groupe: {SENDER};"],
        [f"From: {SENDER}@ailleurs.example"],
        ["From: "],
        [],
    ],
    ids=str,
)
def test_a_sender_who_is_not_plain_is_nobody(store: Store, fields: list[str]) -> None:
    """Of two programs that read such a field, one takes one address and the other the other."""
    data = mail(calendar(component())).replace(f"From: Marie Durand <{SENDER}>\n".encode(), b"", 1)
    head = "".join(f"{field}\n" for field in fields).encode()
    handled = take(store, head + data)
    assert (handled.is_told, text(store, "u1")) == (False, "")
    assert handled.why in (Why.UNCLEAR, Why.UNKNOWN)


def test_a_display_name_may_be_odd(store: Store) -> None:
    for number, name in enumerate(("Marie A. Durand", "Durand Marie (28)", '"Durand, Marie"', "Ma\u0304rie")):
        letter = mail(
            calendar(component(f"n{number}")), sender=f"{name} <{SENDER.upper()}>", message_id=f"<{number}@x>"
        )
        assert done(store, letter) == ["created"], name


# ---- What is in a letter


def test_five_calendars_in_a_letter_are_five_events(store: Store) -> None:
    """One that cannot be read is told, and the others go on."""
    broken = calendar("BEGIN:VEVENT\r\nUID:u9\r\nSUMMARY:Sans date\r\nEND:VEVENT\r\n")
    letter = mail(*(calendar(component(f"u{number}")) for number in range(3)), broken, calendar(component("u4")))
    handled = take(store, letter)
    assert [result.done for result in handled.results] == [Done.CREATED] * 4
    assert len(handled.faults) == 1
    assert "DTSTART" in handled.faults[0]
    assert handled.is_failure
    assert handled.is_told


def test_a_calendar_of_several_events_is_each_of_them(store: Store) -> None:
    assert done(store, mail(calendar(component("u1"), component("u2")))) == ["created", "created"]


def test_a_letter_of_too_many_events_is_none(store: Store) -> None:
    handled = take(store, mail(calendar(*(component(f"u{number}") for number in range(101)))))
    assert (handled.results, len(handled.faults), text(store, "u1")) == ((), 1, "")


@pytest.mark.parametrize("method", ["REPLY", "COUNTER", "PUBLISH", "REFRESH", "DECLINECOUNTER", "ADD", "N'importe"])
def test_other_methods_are_left_alone(store: Store, method: str) -> None:
    handled = take(store, mail(calendar(component(), method=method), method=None))
    assert (handled.why, handled.is_told, text(store, "u1")) == (Why.OTHER_METHOD, False, "")


@pytest.mark.parametrize(("inside", "outside"), [("REQUEST", None), (None, "REQUEST"), ("request", "Request")])
def test_the_method_may_be_said_within_the_calendar_or_beside_it(
    store: Store, inside: str | None, outside: str | None
) -> None:
    assert done(store, mail(calendar(component(), method=inside), method=outside)) == ["created"]


def test_two_methods_are_none(store: Store) -> None:
    """RFC 6047 section 2.4."""
    handled = take(store, mail(calendar(component(), method="CANCEL"), method="REQUEST"))
    assert (handled.results, len(handled.faults), handled.is_told) == ((), 1, True)


def test_a_letter_without_a_calendar_is_told_how(store: Store) -> None:
    for letter in (mail(), mail(calendar(component(), method=None), method=None)):
        handled = take(store, letter)
        assert (handled.why, handled.is_told) == (Why.NO_INVITATION, True)
    assert text(store, "u1") == ""


def test_winmail_dat_is_told_what_to_do(store: Store) -> None:
    letter = mail().replace(
        b'Content-Type: text/plain; charset="utf-8"', b"Content-Type: application/ms-tnef; name=winmail.dat"
    )
    handled = take(store, letter)
    assert (handled.why, handled.is_told) == (Why.TNEF, True)


def test_an_event_of_our_own_agenda_is_no_new_one(store: Store) -> None:
    own = component("45.x", "X-SPRO-NETWORK:45", "X-SPRO-UID:x")
    handled = take(store, mail(calendar(own)))
    assert (handled.results, len(handled.faults)) == ((), 1)


@pytest.mark.parametrize(
    "line",
    ["RRULE:FREQ=SECONDLY", "DTSTART;TZID=Mars/Olympus:20270311T140000", "BEGIN:VALARM\r\nTRIGGER:x\r\nEND:VTODO"],
)
def test_an_event_that_no_agenda_takes_is_told(store: Store, line: str) -> None:
    handled = take(store, mail(calendar(component("u1", line))))
    assert handled.is_told
    assert text(store, "u1") == ""


def test_a_task_is_an_undated_action(store: Store) -> None:
    task = component().replace("VEVENT", "VTODO").replace("DTEND", "DUE")
    assert done(store, mail(calendar(task))) == ["created"]
    assert "BEGIN:VTODO" in text(store, "u1")


def test_clashes_and_questions_are_told(store: Store) -> None:
    put(
        store,
        "45",
        "a.ics",
        calendar(component("autre", "DESCRIPTION:Intervenant : André Chauvet", title="Autre"), method=None).encode(),
    )
    result = take(store, invitation("u1", "DESCRIPTION:Intervenant : André Chauvet")).results[0]
    assert [clash.kind.value for clash in result.clashes] == ["INTERVENANT"]
