"""The life of a clash: who has to say that it may stay, what reopens it, what outlives it. On each database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest
from databases import DATABASES, SQLITE
from old_stores import OLD, make_old
from sqlalchemy import insert, select, text, update
from store_contract import MARIE, PASSWORD, REGION_TOML, booking, delete, dump, event, move, put

from spro_agenda.clashes import outstanding, remembered, state_of, voices
from spro_agenda.errors import BadRegion, NotFound, Refused, UnknownNetwork, UsageError
from spro_agenda.model import FORGOTTEN, REGION, Chance, Clash, EventKey, Kind, Standing, State, Verdict
from spro_agenda.store import Actor, Retention, Role, Store
from spro_agenda.store import schema as s

LUC = Actor(login="luc")
OWN_TOML = (files("spro_agenda.calendars") / "region.toml").read_text("utf-8")
AS_OF = date(2021, 9, 1)
A, B, C = EventKey("28", "a"), EventKey("45", "b"), EventKey("37", "c")


def prepare(store: Store) -> None:
    """Two networks, one speaker, one hour; and people."""
    with store.write(Actor()) as writer:
        writer.add_account("chef", PASSWORD, Role.ADMIN)
        writer.add_account("marie", PASSWORD, Role.COORDINATOR, ["28"])
        writer.add_account("luc", PASSWORD, Role.COORDINATOR, ["45"])
    put(store, "28", "a.ics", booking("a"))
    put(store, "45", "b.ics", booking("b"))


@pytest.fixture(params=DATABASES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    store = DATABASES[request.param].store(tmp_path, prepare=prepare)
    yield store
    store.close()


def standings(store: Store) -> list[Standing]:
    """The clashes that there are."""
    with store.read() as reader:
        return list(reader.live_standings().values())


def only(store: Store) -> Standing:
    (standing,) = standings(store)
    return standing


def known(store: Store, standing: Standing) -> Standing:
    """A clash as it stands now, be it gone."""
    with store.read() as reader:
        return reader.standings([standing.identity])[standing.identity]


def settle(store: Store, standing: Standing, *sides: str, why: str = "", actor: Actor = MARIE) -> Standing:
    for side in sides:
        with store.write(actor) as writer:
            standing = writer.settle(standing.identity, side, why)
    return standing


def state(standing: Standing) -> State:
    return state_of(standing, AS_OF)


def words(store: Store) -> str:
    """Every text that is kept of clashes."""
    with store._engine.connect() as connection:
        return "\n".join(
            str(value)
            for table in (s.clash, s.clash_member, s.encounter, s.encounter_member, s.settlement, s.dismissal)
            for row in connection.execute(select(table)).mappings()
            for value in row.values()
        )


# Who has to say so


def test_between_two_networks_each_has_to_say_so(store: Store) -> None:
    """One side alone leaves it new, and is told whom it waits for."""
    found = only(store)
    assert (found.kind, found.sides, state(found), outstanding(found)) == (
        Kind.SPEAKER,
        ("28", "45"),
        State.NEW,
        ("28", "45"),
    )
    one = settle(store, found, "28", why="en visio")
    assert (state(one), outstanding(one)) == (State.NEW, ("45",))
    both = settle(store, one, "45", actor=LUC)
    assert (state(both), outstanding(both)) == (State.SETTLED, ())
    assert [(each.side, each.verdict, each.why, each.login) for each in both.settlements] == [
        ("28", Verdict.ACCEPTED, "en visio", "marie"),
        ("45", Verdict.ACCEPTED, "", "luc"),
    ]


def test_the_regions_word_is_enough(store: Store) -> None:
    """Though it has no event there."""
    assert state(settle(store, only(store), REGION)) is State.SETTLED


def test_what_is_only_to_be_watched_takes_one_word(store: Store) -> None:
    """And what one network has alone, that network's."""
    for site in ("Chartres", "Dreux"):
        put(store, "28", f"{site}.ics", event(site, "DTSTART;VALUE=DATE:20211012", f"SUMMARY:[{site}] Portes ouvertes"))
    (found,) = (each for each in standings(store) if each.kind is Kind.SITES)
    assert state(settle(store, found, "28")) is State.SETTLED


def test_a_side_that_is_not_concerned_says_nothing(store: Store) -> None:
    """Nor does one that the region does not have."""
    for side in ("37", "99"):
        with pytest.raises(Refused if side == "37" else UnknownNetwork):
            settle(store, only(store), side)
    assert only(store).settlements == ()


def test_two_who_settle_at_once_are_both_heard(store: Store) -> None:
    """In whatever order they come."""
    found = only(store)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda side: settle(store, found, side), ("28", "45")))
    assert sorted(each.side for each in only(store).settlements) == ["28", "45"]
    assert state(only(store)) is State.SETTLED


def test_what_has_changed_since_it_was_seen_is_not_settled(store: Store) -> None:
    """The person looked at another clash than there is now."""
    seen = only(store)
    put(store, "45", "b.ics", booking("b", "20211007T130000Z", "20211007T150000Z"))
    with pytest.raises(Refused, match="changé"), store.write(MARIE) as writer:
        writer.settle(seen.identity, "28", "", seen.fingerprint[:10])
    with store.write(MARIE) as writer:
        writer.settle(seen.identity, "28", "", only(store).fingerprint[:10])


@pytest.mark.parametrize("name", ["", "abc", "xyz1", "28/a"])
def test_what_is_no_clashs_name_is_refused(store: Store, name: str) -> None:
    with pytest.raises(UsageError), store.read() as reader:
        reader.standing_called(name)


def test_a_name_that_several_clashes_bear_is_refused(store: Store) -> None:
    """And told what tells them apart; more of it finds the one."""
    found = only(store)
    other = f"{found.identity[:9]}{'0' if found.identity[9] != '0' else '1'}{found.identity[10:]}"
    with store._engine.begin() as connection:
        row = connection.execute(select(s.clash)).mappings().one()
        connection.execute(insert(s.clash).values(dict(row) | {"id": row["id"] + 1, "identity": other}))
    with store.read() as reader:
        with pytest.raises(UsageError, match=f"{found.identity[:9]}.*{other[:10]}|{other[:10]}.*{found.identity[:9]}"):
            reader.standing_called(found.identity[:9])
        assert reader.standing_called(f" {found.identity[:10].upper()} ").identity == found.identity


def test_a_clash_that_never_was_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound), store.read() as reader:
        reader.standing_called("0123456789")


# What reopens it, and what does not

SERIES = ("DTSTART;TZID=Europe/Paris:20211007T140000", "DTEND;TZID=Europe/Paris:20211007T160000")
TEXTS = {
    "hour": (booking("a", "20211007T123000Z", "20211007T140000Z"), True),
    "end": (booking("a", "20211007T120000Z", "20211007T143000Z"), True),
    "rule": (event("a", *SERIES, "RRULE:FREQ=WEEKLY;COUNT=2", "DESCRIPTION:Intervenant : André Chauvet"), True),
    "place": (booking("a", title="a").replace(b"SUMMARY:a", b"SUMMARY:a\r\nLOCATION:Mairie\\, Dreux"), True),
    "town": (booking("a", title="[Dreux] a"), True),
    "title": (booking("a", title="Un autre titre"), False),
    "description": (booking("a", words="Intervenant : André Chauvet\\nApporter un stylo"), False),
    "zone": (event("a", *SERIES, "DESCRIPTION:Intervenant : André Chauvet"), False),
    "speaker called otherwise": (booking("a", words="Intervenant : CHAUVET"), False),
}


@pytest.mark.parametrize("text", TEXTS)
def test_an_event_that_moves_reopens_it_and_nothing_else_does(store: Store, text: str) -> None:
    """Times, rules and place as written."""
    settled = settle(store, only(store), "28", "45")
    body, reopens = TEXTS[text]
    put(store, "28", "a.ics", body)
    now = known(store, settled)
    assert state(now) is (State.NEW if reopens else State.SETTLED)
    assert len(now.settlements) == 2
    put(store, "28", "a.ics", booking("a"))
    assert state(known(store, settled)) is State.SETTLED


def test_a_series_that_its_client_writes_otherwise_stays_settled(store: Store) -> None:
    """The order of a rule's parts, the spelling of its dates."""
    words = "DESCRIPTION:Intervenant : André Chauvet"
    rule, same = "RRULE:FREQ=WEEKLY;BYDAY=TH;COUNT=4", "RRULE:COUNT=4;FREQ=WEEKLY;BYDAY=TH"
    gaps = "EXDATE;TZID=Europe/Paris:20211014T140000,20211021T140000"
    split = [f"EXDATE;TZID=Europe/Paris:{day}T140000" for day in ("20211021", "20211014")]
    put(store, "28", "a.ics", event("a", *SERIES, rule, gaps, words))
    settled = settle(store, only(store), "28", "45")
    put(store, "28", "a.ics", event("a", *SERIES, same, *split, words, "LAST-MODIFIED:20211001T000000Z"))
    assert state(known(store, settled)) is State.SETTLED


def test_the_horizon_moves_and_nothing_reopens(store: Store) -> None:
    """Nor is anything gone that is merely past; its dates follow the horizon."""
    words = "DESCRIPTION:Intervenant : André Chauvet"
    for slug, uid in (("28", "a"), ("45", "b")):
        put(store, slug, f"{uid}.ics", event(uid, *SERIES, "RRULE:FREQ=WEEKLY", words))
    settled = settle(store, only(store), "28", "45")
    for year in (2023, 2027, 2021):
        store.move_horizon(date(year, 6, 1), Actor())
        now = only(store)
        assert (state(now), now.settlements, now.fingerprint) == (
            State.SETTLED,
            settled.settlements,
            settled.fingerprint,
        )
        assert now.dates[-1] >= date(year + 3, 12, 20)
        with store.read() as reader:
            assert list(reader.check()) == []


def test_a_clash_that_was_never_settled_is_past_in_the_end(store: Store) -> None:
    found = only(store)
    assert state_of(found, date(2021, 10, 7)) is State.NEW
    assert state_of(found, date(2021, 10, 8)) is State.PAST
    assert state_of(settle(store, found, REGION), date(2021, 10, 8)) is State.SETTLED


def test_reopening_is_for_all_and_keeps_the_history(store: Store) -> None:
    """Both have to say so again."""
    settled = settle(store, only(store), "28", "45")
    with store.write(LUC) as writer:
        writer.reopen(settled.identity, "45", "la salle est trop petite")
    now = known(store, settled)
    assert (state(now), outstanding(now), voices(now)) == (State.NEW, ("28", "45"), {})
    assert [each.verdict for each in now.settlements] == [Verdict.ACCEPTED, Verdict.ACCEPTED, Verdict.REOPENED]
    with pytest.raises(Refused, match="rien à rouvrir"), store.write(LUC) as writer:
        writer.reopen(settled.identity, "45", "")
    assert state(settle(store, now, "28", "45")) is State.SETTLED


def test_a_larger_clash_is_new_and_knows_what_was_said_of_the_smaller(store: Store) -> None:
    """Which stands again when it has shrunk back."""
    two = settle(store, only(store), "28", "45")
    put(store, "37", "c.ics", booking("c"))
    three = only(store)
    assert (three.events, state(three)) == ((A, C, B), State.NEW)
    assert state(known(store, two)) is State.GONE
    with store.read() as reader:
        assert [each.identity for each in reader.standings_within(three)] == [two.identity]
    delete(store, "37", "c.ics")
    assert (only(store).identity, state(only(store))) == (two.identity, State.SETTLED)
    assert state(known(store, three)) is State.GONE


def test_what_was_said_of_the_smaller_counts_no_more_once_one_of_it_has_moved(store: Store) -> None:
    """Though it is gone, and nobody looked at it then."""
    settle(store, only(store), "28", "45")
    put(store, "37", "c.ics", booking("c"))
    put(store, "28", "a.ics", booking("a", "20211007T123000Z"))
    with store.read() as reader:
        assert reader.standings_within(only(store)) == ()
    put(store, "28", "a.ics", booking("a"))
    with store.read() as reader:
        assert [len(each.settlements) for each in reader.standings_within(only(store))] == [2]


@pytest.mark.parametrize("how", ["cancelled", "deleted", "moved away", "hidden"])
def test_a_clash_goes_by_itself_and_comes_back_with_its_history(store: Store, how: str) -> None:
    """It is not settled while it is gone."""
    settled = settle(store, only(store), "28", "45", why="vu")
    if how == "deleted":
        delete(store, "45", "b.ics")
    else:
        away = {
            "cancelled": booking("b").replace(b"END:VEVENT", b"STATUS:CANCELLED\r\nEND:VEVENT"),
            "moved away": booking("b", "20211008T120000Z", "20211008T140000Z"),
            "hidden": booking("b").replace(b"END:VEVENT", b"CLASS:PRIVATE\r\nEND:VEVENT"),
        }
        put(store, "45", "b.ics", away[how])
    gone = known(store, settled)
    assert (standings(store), state(gone), gone.weight, gone.dates) == ([], State.GONE, None, ())
    with pytest.raises(Refused, match="n'existe plus"):
        settle(store, gone, "28")
    with store.read() as reader:
        assert [each.identity for each in reader.gone_standings()] == [settled.identity]
        assert reader.clash_of(gone) is None
    put(store, "45", "b.ics", booking("b"))
    back = only(store)
    assert (back.identity, state(back), back.settlements) == (settled.identity, State.SETTLED, settled.settlements)
    assert back.first_seen == settled.first_seen


def test_what_stood_between_two_writes_of_one_transaction_nobody_has_seen(store: Store) -> None:
    """An import of three sites is one clash of three, and no clash of two that went."""
    with store.write(MARIE) as writer:
        for day, site in (("12", "Chartres"), ("12", "Dreux")):
            text = event(site, f"DTSTART;VALUE=DATE:202110{day}", f"SUMMARY:[{site}] Portes ouvertes")
            writer.put_event("28", f"{site}.ics", text)
        writer.delete_event("28", "Dreux.ics")
    with store.read() as reader:
        assert reader.gone_standings() == ()


# One action


def twins(store: Store, day: str = "20211012") -> Standing:
    for site in ("Chartres", "Dreux"):
        put(store, "28", f"{site}.ics", event(site, f"DTSTART;VALUE=DATE:{day}", f"SUMMARY:[{site}] Portes ouvertes"))
    (found,) = (each for each in standings(store) if each.kind is Kind.SITES)
    return found


def same(store: Store, standing: Standing, *sides: str) -> Standing:
    for side in sides:
        with store.write(MARIE) as writer:
            standing = writer.say_same(standing.identity, side, "")
    return standing


def test_one_action_in_several_places_is_never_asked_about_again(store: Store) -> None:
    """Not when all of it moves, either; until somebody reopens it."""
    found = same(store, twins(store), "28")
    assert (found.is_one_action, state(found)) == (True, State.SETTLED)
    moved = twins(store, "20211019")
    assert (moved.fingerprint != found.fingerprint, state(moved)) == (True, State.SETTLED)
    with store.write(MARIE) as writer:
        writer.reopen(moved.identity, "28", "ce sont deux actions")
    assert (known(store, moved).is_one_action, state(known(store, moved))) == (False, State.NEW)


def test_between_two_networks_both_call_it_one_action(store: Store) -> None:
    """Or the region does."""
    one = same(store, only(store), "28")
    assert (one.is_one_action, state(one)) == (False, State.NEW)
    assert same(store, one, "45").is_one_action
    with store.write(MARIE) as writer:
        writer.reopen(one.identity, "28", "")
    assert not known(store, one).is_one_action
    assert same(store, one, REGION).is_one_action


def test_one_who_accepts_does_not_call_it_one_action(store: Store) -> None:
    settle(store, only(store), "28")
    now = same(store, only(store), "45")
    assert (state(now), now.is_one_action) == (State.SETTLED, False)


def test_one_network_alone_makes_no_family_with_another(tmp_path: Path) -> None:
    """Its word settles what is only to be watched; once the other's event has its date, both are asked."""
    store = SQLITE.store(tmp_path, OWN_TOML)
    speaker = "DESCRIPTION:Intervenant : André Chauvet"
    put(store, "45", "b.ics", booking("b"))
    put(store, "28", "v.ics", event("v", "DTSTART;VALUE=DATE:20211004", "SUMMARY:[semaine 40] Atelier", speaker))
    possible = same(store, only(store), "28")
    assert (possible.kind, state(possible), possible.is_one_action) == (Kind.POSSIBLE, State.SETTLED, False)
    put(store, "28", "v.ics", event("v", "SUMMARY:Atelier", speaker))
    assert (only(store).kind, state(only(store))) == (Kind.SPEAKER, State.NEW)
    store.close()


def test_the_region_calls_it_one_action_whatever_a_side_says(store: Store) -> None:
    """Its word is enough."""
    assert same(store, settle(store, only(store), "28"), REGION).is_one_action


def test_families_grow_together(store: Store) -> None:
    """A third place joins the two; what is not there joins nothing."""
    same(store, twins(store), "28")
    pair = {EventKey("28", "Chartres"), EventKey("28", "Dreux")}
    with pytest.raises(NotFound), store.write(MARIE) as writer:
        writer.link([A, EventKey("28", "nulle-part")])
    with store.read() as reader:
        assert set(reader.families()) == pair
    with store.write(MARIE) as writer:
        writer.link([EventKey("28", "Dreux"), A])
    with store.read() as reader:
        families = reader.families()
    assert set(families) == {*pair, A}
    assert len(set(families.values())) == 1


# Taking part


def test_a_network_takes_part_in_what_is_open_to_it(store: Store) -> None:
    """The agenda names it; nothing is written into the event."""
    put(store, "28", "a.ics", booking("a", words="Ouvert à : 45, 37"))
    with store.write(LUC) as writer:
        writer.join(A, "Loiret")
    with store.read() as reader:
        assert reader.participants() == {A: ("45",)}
        assert reader.joined_by("luc") == ((A, "45"),)
    with store.write(LUC) as writer:
        writer.leave(A, "45")
    with store.read() as reader:
        assert reader.participants() == {}


@pytest.mark.parametrize(
    ("of", "who", "error"),
    [
        (A, "28", "y participe"),
        (A, "37", "n'est pas ouverte"),
        (A, "45", "participe déjà"),
        (EventKey("28", "secret"), "45", "n'existe pas"),
        (EventKey("28", "busy"), "45", "« Occupé » n'est pas ouverte"),
        (EventKey("28", "off"), "45", "est annulée"),
        (EventKey("28", "rien"), "45", "n'existe pas"),
    ],
)
def test_nobody_takes_part_where_it_is_not_open(store: Store, of: EventKey, who: str, error: str) -> None:
    """Nor in one's own event, nor twice, nor in what nobody sees."""
    put(store, "28", "a.ics", booking("a", words="Ouvert à : 45"))
    for uid, line in (("secret", "CLASS:PRIVATE"), ("busy", "CLASS:CONFIDENTIAL"), ("off", "STATUS:CANCELLED")):
        put(store, "28", f"{uid}.ics", event(uid, line, "DESCRIPTION:Ouvert à : tous les réseaux"))
    with store.write(LUC) as writer:
        writer.join(A, "45")
    with pytest.raises((Refused, NotFound), match=error), store.write(LUC) as writer:
        writer.join(of, who)


def test_who_does_not_take_part_cannot_leave(store: Store) -> None:
    with pytest.raises(NotFound), store.write(LUC) as writer:
        writer.leave(A, "45")


def test_an_event_that_goes_to_another_network_takes_along_what_was_said_of_it(store: Store) -> None:
    """Its family, and who takes part; but not its new network, whose own it is."""
    put(store, "28", "a.ics", booking("a", words="Ouvert à : 45, 37"))
    with store.write(MARIE) as writer:
        writer.join(A, "45")
        writer.join(A, "37")
        writer.link([A, B])
    move(store, "28", "a.ics", "37", "a.ics")
    with store.read() as reader:
        assert reader.participants() == {EventKey("37", "a"): ("45",)}
        assert set(reader.families()) == {EventKey("37", "a"), B}


# What nobody else may know


@pytest.mark.parametrize("seen", ["PRIVATE", "CONFIDENTIAL"])
def test_no_clash_tells_of_what_is_not_for_everybody(store: Store, seen: str) -> None:
    """Neither its title, nor its speaker, nor its place, before or after."""
    settle(store, only(store), "28", "45")
    lines = "\r\n".join([f"CLASS:{seen}", "LOCATION:Cabinet secret\\, Dreux", "END:VEVENT"]).encode()
    hidden = booking("x", title="Affaire délicate", words="Intervenant : André Chauvet\\nPublic : jeunes")
    put(store, "28", "x.ics", hidden.replace(b"END:VEVENT", lines))
    told = words(store)
    assert "licate" not in told
    assert "secret" not in told
    assert only(store).events == (A, B)
    with store._engine.connect() as connection:
        keys = connection.execute(
            select(s.occurrence_key.c.kind, s.occurrence_key.c.key, s.object_.c.uid).join(s.object_)
        )
        assert {(row.kind, row.key) for row in keys if row.uid == "x"} <= {("TEMPS-FORT", "")}


@pytest.mark.parametrize("seen", ["PRIVATE", "CONFIDENTIAL"])
def test_an_event_that_is_hidden_takes_its_words_out_of_clashes(store: Store, seen: str) -> None:
    """Of those that are gone before, too; shown again, the clash is what it was."""
    speaker = "Intervenant : Jeanne Dupond"
    for slug, uid in (("28", "a"), ("45", "b"), ("37", "c")):
        put(store, slug, f"{uid}.ics", booking(uid, words=speaker))
    settled = settle(store, only(store), REGION)
    delete(store, "37", "c.ics")
    shown = booking("b", words=speaker)
    put(store, "45", "b.ics", shown.replace(b"END:VEVENT", f"CLASS:{seen}\r\nEND:VEVENT".encode()))
    assert "dupond" not in words(store).lower()
    assert remembered(known(store, settled), [None, None, None]).startswith("Motif retiré")
    put(store, "45", "b.ics", shown)
    put(store, "37", "c.ics", booking("c", words=speaker))
    assert only(store) == settled


def test_redaction_takes_away_what_was_said_of_the_event(store: Store) -> None:
    """Whoever speaks of a clash may name whom the event names."""
    for slug, uid in (("28", "a"), ("45", "b")):
        put(store, slug, f"{uid}.ics", booking(uid, words="Intervenant : Jeanne Dupond"))
    settled = settle(store, only(store), "28", "45", why="Jeanne Dupond est d'accord")
    assert "Dupond" in words(store)
    with store.write(Actor()) as writer:
        writer.redact_event("28", "a")
    assert "dupond" not in words(store).lower()
    gone = known(store, settled)
    assert (state(gone), [each.why for each in gone.settlements]) == (State.GONE, ["", ""])


@pytest.mark.parametrize("when", ["live", "gone"])
def test_no_byte_of_what_was_said_stays_in_the_file(tmp_path: Path, when: str) -> None:
    """Of the event's words and of the words about it; once the file is scrubbed."""
    store = SQLITE.store(tmp_path, prepare=prepare)
    for slug, uid in (("28", "a"), ("45", "b")):
        put(store, slug, f"{uid}.ics", booking(uid, words="Intervenant : Zygmunt Quelconque"))
    settle(store, only(store), "28", why="Quelconque est prévenu")
    with store._engine.begin() as connection:
        about = {"members": "28/a\n45/b", "why": "Quelconque, deux fois", "actor_login": "", "at": 1}
        connection.execute(insert(s.dismissal).values(identity="i", kind="DOUBLON", **about))
    if when == "gone":
        delete(store, "45", "b.ics")
    with store.write(Actor()) as writer:
        for slug, uid in (("28", "a"), ("45", "b")):
            writer.redact_event(slug, uid)
    store.scrub()
    store.close()
    found = [path.name for path in tmp_path.iterdir() if b"quelconque" in path.read_bytes().lower()]
    assert found == []


def test_a_person_is_given_and_forgotten_with_what_they_said(store: Store) -> None:
    """What was said stays, nobody's."""
    put(store, "45", "b.ics", booking("b", words="Intervenant : André Chauvet\\nOuvert à : 28"))
    settled = settle(store, only(store), "28", why="vu")
    with store.write(MARIE) as writer:
        writer.join(B, "28")
    with store.write(Actor(login="chef")) as writer:
        person = writer.export_person("marie")
        assert [each.why for each in person.settlements] == ["vu"]
        assert person.joined == ((B, "28"),)
        writer.forget_person("marie")
    now = known(store, settled)
    assert [(each.login, each.why) for each in now.settlements] == [(FORGOTTEN, "vu")]
    assert outstanding(now) == ("45",)
    assert "marie" not in words(store)


def test_a_person_is_given_and_forgotten_with_what_they_dismissed(store: Store) -> None:
    """Be it all that is known of them."""
    told = {"identity": "abcdef", "kind": "OUVRIR", "members": "28/a", "why": "vu", "actor_login": "zoe", "at": 1}
    with store._engine.begin() as connection:
        connection.execute(insert(s.dismissal).values(told))
    with store.write(Actor(login="chef")) as writer:
        (dismissed,) = writer.export_person("Zoe").dismissed
        writer.forget_person("zoe")
    assert (dismissed.chance, dismissed.members, dismissed.why) == (Chance.OPEN, ("28/a",), "vu")
    with store.read() as reader:
        assert [(each.login, each.why) for each in reader.dismissals()] == [(FORGOTTEN, "vu")]


def test_an_account_that_settled_a_clash_can_be_removed(store: Store) -> None:
    """Its word stays."""
    settled = settle(store, only(store), "28", "45")
    with store.write(Actor()) as writer:
        writer.remove_account("marie")
    assert state(known(store, settled)) is State.SETTLED


def test_what_was_said_is_kept_as_long_as_revisions(store: Store) -> None:
    """Then it goes, with its clash where that is gone."""
    settled = settle(store, only(store), "28", "45")
    delete(store, "45", "b.ics")
    today = date.today()
    with store.write(Actor()) as writer:
        assert writer.purgeable(today, Retention()).said == 0
    with store._engine.begin() as connection:
        connection.execute(update(s.clash).values(gone_at=1))
        connection.execute(update(s.settlement).values(at=1))
    with store.write(Actor()) as writer:
        assert writer.purgeable(today, Retention()).said == 3
    assert store.purge(today, Retention(), Actor()).said == 3
    with store.read() as reader:
        assert reader.standings([settled.identity]) == {}


def test_what_was_said_of_a_clash_to_come_is_kept_however_old(store: Store) -> None:
    """People plan three years ahead."""
    for slug, uid in (("28", "a"), ("45", "b")):
        put(store, slug, f"{uid}.ics", booking(uid, "20991007T120000Z", "20991007T140000Z"))
    settled = settle(store, only(store), "28", "45")
    with store._engine.begin() as connection:
        connection.execute(update(s.settlement).values(at=1))
    assert store.purge(date.today(), Retention(), Actor()).said == 0
    assert len(known(store, settled).settlements) == 2


def test_that_two_are_two_actions_is_kept_as_long_as_both_are_there(tmp_path: Path) -> None:
    """Their clash follows from it; other dismissals go when they are old."""
    store = SQLITE.store(tmp_path, OWN_TOML)
    for slug in ("28", "45"):
        put(store, slug, "x.ics", booking("x", title="Conférence"))
    told = {"members": "28/x\n45/x", "why": "", "actor_login": "", "at": 1}
    with store._engine.begin() as connection:
        connection.execute(insert(s.dismissal), [{"identity": kind, "kind": kind, **told} for kind in Chance])
    put(store, "28", "x.ics", booking("x", title="Conférences"))
    today, found = date.today(), only(store)
    for left, gone in (([Chance.TWICE], len(Chance) - 1), ([], 1)):
        with store.write(Actor()) as writer:
            assert writer.purgeable(today, Retention()).said == gone
        assert store.purge(today, Retention(), Actor()).said == gone
        with store.read() as reader:
            assert [each.chance for each in reader.dismissals()] == left
            assert list(reader.check()) == []
        if left:
            assert only(store) == found
            delete(store, "45", "x.ics")
    store.close()


# The store around it


def test_a_backup_keeps_what_was_said(store: Store, tmp_path: Path) -> None:
    """Restored, a clash stands as it stood, with families and who takes part."""
    put(store, "28", "a.ics", booking("a", words="Intervenant : André Chauvet\\nOuvert à : 37"))
    settled = same(store, settle(store, only(store), "28", "45", why="vu"), REGION)
    with store.write(LUC) as writer:
        writer.join(A, "37")
    saved = store.save(tmp_path / "sauvegarde.spro.gz")
    (tmp_path / "autre").mkdir()
    url = SQLITE.new(tmp_path / "autre")
    Store.restore(url, tmp_path / "autre", saved)
    other = Store.open(url, tmp_path / "autre")
    assert only(other) == settled
    with other.read() as reader:
        assert (set(reader.families()), reader.participants()) == ({A, B}, {A: ("37",)})
        assert list(reader.check()) == []
    other.close()


def test_an_upgrade_finds_the_clashes_of_an_older_store(tmp_path: Path) -> None:
    """Each of the versions before."""
    for version in OLD:
        home = tmp_path / version
        home.mkdir()
        make_old("sqlite:///agenda.sqlite", home, version)
        Store.upgrade("sqlite:///agenda.sqlite", home)
        store = Store.open("sqlite:///agenda.sqlite", home)
        put(store, "45", "b.ics", booking("b"))
        assert [each.kind for each in standings(store)] == [Kind.SPEAKER]
        with store.read() as reader:
            assert list(reader.check()) == []
        store.close()


@pytest.mark.parametrize(
    "damage", ["DELETE FROM encounter", "UPDATE encounter SET day_to = day_to + 1", "DELETE FROM encounter_member"]
)
def test_clashes_that_were_tampered_with_are_found_and_mended(store: Store, damage: str) -> None:
    """`check`, and `check --repair`; what was said stays."""
    settled = settle(store, only(store), "28", "45")
    with store._engine.begin() as connection:
        connection.execute(text(damage))
    with store.read() as reader:
        (finding,) = reader.check()
    assert "conflits" in finding.sentence
    assert store.repair(Actor()) == (finding,)
    with store.read() as reader:
        assert list(reader.check()) == []
    assert only(store) == settled


UNTRUE = (
    "UPDATE clash SET gone_at = 1",
    "UPDATE clash SET fingerprint = 'autre'",
    "DELETE FROM clash_member WHERE network = '45'",
    "INSERT INTO clash_member SELECT id, '37', 'c' FROM clash",
)


@pytest.mark.parametrize("damage", UNTRUE)
def test_a_clash_that_is_told_to_be_otherwise_than_it_is_is_found_and_mended(store: Store, damage: str) -> None:
    """A settled one would alarm, and one that is there be gone."""
    settled = settle(store, only(store), "28", "45")
    with store._engine.begin() as connection:
        connection.execute(text(damage))
    with store.read() as reader:
        (finding,) = reader.check()
    assert "1 conflit " in finding.sentence
    assert store.repair(Actor()) == (finding,)
    assert only(store) == settled


def test_a_clash_that_nothing_makes_any_more_is_found_and_gone(store: Store) -> None:
    """Its encounters were lost before its event went."""
    settled = settle(store, only(store), "28", "45")
    with store._engine.begin() as connection:
        connection.execute(text("DELETE FROM encounter"))
    delete(store, "45", "b.ics")
    assert len(store.repair(Actor())) == 1
    assert (state(known(store, settled)), len(known(store, settled).settlements)) == (State.GONE, 2)
    with store.read() as reader:
        assert list(reader.check()) == []


# Another region


def apply(store: Store, toml: str) -> Sequence[Clash]:
    with store.write(Actor()) as writer:
        return writer.apply_region(toml).found


def test_a_rule_that_is_switched_off_and_on_leaves_what_was_said(store: Store) -> None:
    """The clash goes and comes back settled, and alarms nobody."""
    settled = settle(store, only(store), "28", "45")
    off = REGION_TOML.replace("[clash.INTERVENANT]", "[clash.INTERVENANT]\nenabled = false")
    assert apply(store, off) == ()
    assert state(known(store, settled)) is State.GONE
    assert apply(store, REGION_TOML) == ()
    assert state(known(store, settled)) is State.SETTLED


def test_what_the_region_only_calls_otherwise_is_the_same_clash(store: Store) -> None:
    """Settled since the day that it was, under its new name; and again when the old one is back."""
    for slug, uid in (("28", "a"), ("45", "b")):
        put(store, slug, f"{uid}.ics", booking(uid, words="Intervenant : J. Roy"))
    settled = settle(store, only(store), "28", "45", why="vu")
    named = REGION_TOML + '\n[[speaker]]\nname = "Jeanne Roy"\naliases = ["J. Roy"]\n'
    assert apply(store, named) == ()
    now = only(store)
    assert (now.key, state(now), [each.why for each in now.settlements]) == ("Jeanne Roy", State.SETTLED, ["vu"] * 2)
    assert (now.identity != settled.identity, now.first_seen) == (True, settled.first_seen)
    with store.read() as reader:
        assert [each.key for each in reader.gone_standings()] == ["André Chauvet"]
    with store.write(Actor()) as writer:
        applied = writer.apply_region(REGION_TOML)
    assert (applied.found, applied.gone) == ((), 0)
    assert only(store) == settled
    with store.read() as reader:
        assert list(reader.check()) == []


def test_a_name_that_the_region_learns_is_found_in_every_event(store: Store) -> None:
    """Aliases are read anew, and what they make is told."""
    put(store, "28", "c.ics", booking("c", "20211020T120000Z", "20211020T140000Z", "Intervenant : Dédé"))
    put(store, "45", "d.ics", booking("d", "20211020T120000Z", "20211020T140000Z"))
    (found,) = apply(store, REGION_TOML.replace('aliases = ["Chauvet"]', 'aliases = ["Chauvet", "Dédé"]'))
    assert found.events == (EventKey("28", "c"), EventKey("45", "d"))
    with store.read() as reader:
        assert list(reader.check()) == []


def test_a_new_network_has_a_calendar_and_an_unused_one_goes(store: Store) -> None:
    """One with events, or people, does not."""
    new = REGION_TOML.replace(
        '[[network]]\ncode = "37"',
        '[[network]]\ncode = "36"\nname = "Indre"\ncolour = "#112233"\n\n[[network]]\ncode = "37"',
    )
    with store.write(Actor()) as writer:
        applied = writer.apply_region(new)
        assert (applied.added, applied.removed) == (("36",), ())
    with store.write(Actor()) as writer:
        applied = writer.apply_region(REGION_TOML)
        assert (applied.added, applied.removed) == ((), ("36",))
    apply(store, new)
    put(store, "36", "z.ics", booking("z"))
    assert len(only(store).events) == 3
    with pytest.raises(Refused, match="36"):
        apply(store, REGION_TOML)
    with store.read() as reader:
        assert [each.slug for each in reader.calendars()] == ["45", "28", "36", "37", "region"]


def test_a_network_that_goes_takes_part_in_nothing(store: Store) -> None:
    """Nobody would read its code."""
    put(store, "28", "a.ics", booking("a", words="Ouvert à : tous les réseaux"))
    with store.write(LUC) as writer:
        writer.join(A, "37")
        writer.join(A, "45")
    apply(store, REGION_TOML.replace('[[network]]\ncode = "37"\nname = "Indre-et-Loire"\ncolour = "#7B2D8B"\n', ""))
    with store.read() as reader:
        assert reader.participants() == {A: ("45",)}


def test_a_network_with_people_stays(store: Store) -> None:
    with store.write(Actor()) as writer:
        writer.add_account("zoe", PASSWORD, Role.COORDINATOR, ["37"])
    less = REGION_TOML.replace('[[network]]\ncode = "37"\nname = "Indre-et-Loire"\ncolour = "#7B2D8B"\n', "")
    with pytest.raises(Refused, match="zoe"):
        apply(store, less)


def test_a_region_that_cannot_be_read_changes_nothing(store: Store) -> None:
    """Nor does one that is only tried, or refused at its end."""
    before = dump(store)
    with pytest.raises(BadRegion):
        apply(store, REGION_TOML + "\n[clash.NONSENSE]\n")
    with store.write(Actor()) as writer:
        assert writer.apply_region(
            REGION_TOML.replace("[clash.INTERVENANT]", "[clash.INTERVENANT]\nenabled = false")
        ).gone
        writer.spoilt = True
    with pytest.raises(Refused):
        apply(store, REGION_TOML.replace('code = "45"', 'code = "36"'))
    assert dump(store) == before


def test_two_actions_that_look_like_one_clash_once_people_have_said_so(tmp_path: Path) -> None:
    """And no more when that is taken back."""
    store = SQLITE.store(tmp_path, OWN_TOML)
    for slug in ("28", "45"):
        put(store, slug, "x.ics", booking("x", title="Conférence"))
    assert standings(store) == []
    with store._engine.begin() as connection:
        connection.execute(
            insert(s.dismissal).values(identity="i", kind="DOUBLON", members="28/x\n45/x", why="", actor_login="", at=1)
        )
    put(store, "28", "x.ics", booking("x", title="Conférences"))
    assert [each.kind for each in standings(store)] == [Kind.SPEAKER]
    store.close()
