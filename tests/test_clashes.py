"""A clash is a largest set of occurrences that share one key at one moment: nothing less, nothing twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spro_agenda.clashes import MANY, find_clashes, find_possible, headline, keys, sentence
from spro_agenda.model import REGION as REGIONAL
from spro_agenda.model import Clash, Event, EventKey, Kind, Occurrence, OccurrenceKey, Scope, Weight
from spro_agenda.region.load import load_region
from spro_agenda.region.records import Rule

from .clash_oracle import Finding, oracle, possible_oracle

PARIS = ZoneInfo("Europe/Paris")
RULES = {
    Kind.PLACE: Rule(enabled=True, weight=Weight.BLOCKING),
    Kind.SPEAKER: Rule(enabled=True, weight=Weight.BLOCKING),
    Kind.SITES: Rule(enabled=True, weight=Weight.TO_WATCH),
}
REGION = replace(load_region(), rules=RULES)
ROOM, CHAUVET = "salle lentin (Orléans)", "André Chauvet"


def event(uid: str, network: str = "28", **fields: object) -> Event:
    """An action in no place, by nobody, for nobody, but for the given fields."""
    values: dict[str, object] = {
        "component": "VEVENT",
        "recurrence_id": "",
        "title": uid,
        "description": "",
        "location": "",
        "status": "",
        "url": None,
        "repeats": False,
        "site": None,
        "town": None,
        "place": None,
        "themes": (),
        "speakers": (),
        "partners": (),
        "publics": (),
        "open_to": (),
        "scope": Scope.ACTION,
        "highlight": False,
        "date_words": None,
        "window": None,
        "edtf": None,
    }
    values |= {"place_name": fields.get("place") or ""}
    return Event(key=EventKey(network, uid), **(values | fields))  # type: ignore[arg-type]


def timed(what: Event, start: str, end: str, recurrence_id: str = "", day: str = "2021-10-07") -> Occurrence:
    """An occurrence by the clock of Paris: « 14:00 » of the day, or « 2021-10-08 14:00 »."""
    begins, ends = (
        datetime.fromisoformat(text if " " in text else f"{day} {text}").replace(tzinfo=PARIS) for text in (start, end)
    )
    return standing(what, begins, ends, recurrence_id, all_day=False)


def all_day(what: Event, first: str, days: int = 1, recurrence_id: str = "") -> Occurrence:
    begins = datetime.combine(date.fromisoformat(first), time(), PARIS)
    return standing(what, begins, begins + timedelta(days=days), recurrence_id, all_day=True)


def standing(what: Event, begins: datetime, ends: datetime, recurrence_id: str, *, all_day: bool) -> Occurrence:
    return Occurrence(
        key=OccurrenceKey(what.key.network, what.key.uid, recurrence_id),
        event=what,
        all_day=all_day,
        start=begins.astimezone(UTC),
        end=ends.astimezone(UTC),
        first_day=begins.date(),
        last_day=max(begins, ends - timedelta(microseconds=1)).date(),
    )


def told(clashes: tuple[Clash, ...]) -> list[str]:
    """Each clash in a word: its kind, and its events."""
    return [f"{clash.kind} " + " ".join(key.uid for key in clash.events) for clash in clashes]


def in_room(uid: str, start: str, end: str, **fields: object) -> Occurrence:
    return timed(event(uid, place=ROOM, **fields), start, end)


# ---- Place


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([("A", "09:00", "10:00"), ("B", "09:30", "11:00")], ["LIEU A B"]),
        ([("A", "09:00", "10:00"), ("B", "10:00", "11:00")], []),
        ([("A", "09:00", "12:00"), ("B", "10:00", "11:00")], ["LIEU A B"]),
        ([("A", "09:00", "10:00"), ("B", "09:00", "10:00")], ["LIEU A B"]),
        ([("A", "09:00", "10:00"), ("B", "09:30", "11:00"), ("C", "10:30", "12:00")], ["LIEU A B", "LIEU B C"]),
        ([("A", "09:00", "10:00"), ("B", "09:30", "11:00"), ("C", "10:00", "12:00")], ["LIEU A B", "LIEU B C"]),
        ([("A", "09:00", "12:00"), ("B", "10:00", "12:00"), ("C", "11:00", "12:00")], ["LIEU A B C"]),
        ([("A", "09:00", "12:00"), ("B", "09:00", "10:00"), ("C", "10:00", "11:00")], ["LIEU A B", "LIEU A C"]),
        ([("A", "09:00", "12:00"), ("B", "10:00", "10:00")], []),
        ([("A", "09:00", "12:00"), ("B", "2021-10-08 09:00", "2021-10-08 12:00")], []),
        ([("A", "22:00", "2021-10-08 02:00"), ("B", "2021-10-08 01:00", "2021-10-08 03:00")], ["LIEU A B"]),
    ],
)
def test_a_room_is_wanted_twice_when_two_events_share_an_instant_of_it(
    times: list[tuple[str, str, str]], expected: list[str]
) -> None:
    """Touching ends do not overlap, a chain is two clashes, three at once are one, and no time occupies no room."""
    assert told(find_clashes([in_room(*each) for each in times], REGION)) == expected


def test_a_place_is_shared_between_networks() -> None:
    """The regional hall takes one network at a time."""
    both = [timed(event("A", network, place=ROOM, title=network), "09:00", "12:00") for network in ("28", "45")]
    [clash] = find_clashes(both, REGION)
    assert clash.events == (EventKey("28", "A"), EventKey("45", "A"))
    assert (clash.kind, clash.weight, clash.key, clash.dates, clash.question) == (
        Kind.PLACE,
        Weight.BLOCKING,
        ROOM,
        (date(2021, 10, 7),),
        None,
    )


def test_an_event_of_the_whole_day_occupies_its_room_all_day() -> None:
    """Until midnight in Paris, and not an instant longer."""
    whole = all_day(event("A", place=ROOM), "2021-10-07")
    assert told(find_clashes([whole, in_room("B", "23:00", "2021-10-08 01:00")], REGION)) == ["LIEU A B"]
    assert find_clashes([whole, in_room("B", "2021-10-08 00:00", "2021-10-08 01:00")], REGION) == ()


@pytest.mark.parametrize(
    "fields", [{"status": "CANCELLED"}, {"component": "VTODO"}, {"place": "salle lentin (Chartres)"}, {"place": None}]
)
def test_what_is_cancelled_undone_or_elsewhere_takes_no_room(fields: dict[str, object]) -> None:
    """A task books nothing, and two events without a place have none in common."""
    other = timed(event("B", **({"place": ROOM} | fields)), "09:00", "10:00")
    mine = in_room("A", "09:00", "10:00") if fields.get("place", ROOM) else timed(event("A"), "09:00", "10:00")
    assert find_clashes([mine, other], REGION) == ()


# ---- Speaker


def test_nobody_speaks_in_two_places_at_once() -> None:
    """Whatever the case of the name."""
    both = [
        timed(event("A", speakers=(CHAUVET,)), "09:00", "11:00"),
        timed(event("B", "41", speakers=("Zoé Martin", "andré chauvet")), "10:00", "12:00"),
    ]
    [clash] = find_clashes(both, REGION)
    assert (clash.kind, clash.weight, clash.key) == (Kind.SPEAKER, Weight.BLOCKING, CHAUVET)


@pytest.mark.parametrize(
    ("occurrences", "expected"),
    [
        ([("A", None), ("B", None)], [("INTERVENANT A B", Weight.TO_SETTLE)]),
        ([("A", None), ("B", ("09:00", "10:00"))], [("INTERVENANT A B", Weight.TO_SETTLE)]),
        (
            [("A", None), ("B", ("09:00", "10:00")), ("C", ("14:00", "15:00"))],
            [("INTERVENANT A B", Weight.TO_SETTLE), ("INTERVENANT A C", Weight.TO_SETTLE)],
        ),
        ([("A", None), ("B", ("09:00", "11:00")), ("C", ("10:00", "12:00"))], [("INTERVENANT A B C", Weight.BLOCKING)]),
    ],
)
def test_a_speaker_of_a_whole_day_is_a_matter_to_settle(
    occurrences: list[tuple[str, tuple[str, str] | None]], expected: list[tuple[str, Weight]]
) -> None:
    """The hours are unknown, unless two timed members clash in any case."""
    found = find_clashes(
        [
            timed(event(uid, speakers=(CHAUVET,)), *times)
            if times
            else all_day(event(uid, speakers=(CHAUVET,)), "2021-10-07")
            for uid, times in occurrences
        ],
        REGION,
    )
    assert list(zip(told(found), [clash.weight for clash in found], strict=True)) == expected


def test_a_rule_lighter_than_to_settle_stays_light_on_a_whole_day() -> None:
    """An all-day event lowers a weight and never raises one."""
    rules = {Kind.SPEAKER: Rule(enabled=True, weight=Weight.TO_WATCH)}
    both = [all_day(event(uid, speakers=(CHAUVET,)), "2021-10-07") for uid in "AB"]
    assert [clash.weight for clash in find_clashes(both, replace(REGION, rules=rules))] == [Weight.TO_WATCH]


# ---- Sites


@pytest.mark.parametrize(("remote", "kinds"), [(False, [Kind.TRAVEL]), (True, [])])
def test_nobody_drives_to_an_event_on_a_screen(*, remote: bool, kinds: list[Kind]) -> None:
    """Whatever town holds it."""
    rules = {Kind.TRAVEL: Rule(enabled=True, weight=Weight.BLOCKING)}
    there = timed(event("A", town="Orléans", speakers=(CHAUVET,)), "09:00", "11:00")
    then = timed(event("B", "37", town="Tours", speakers=(CHAUVET,), remote=remote), "11:00", "12:00")
    assert [each.kind for each in find_clashes([there, then], replace(REGION, rules=rules))] == kinds


def at_site(uid: str, site: str | None, day: str = "2021-10-07", network: str = "28", **fields: object) -> Occurrence:
    return all_day(event(uid, network, site=site, **fields), day)


@pytest.mark.parametrize(
    ("one", "other", "key"),
    [
        ({"title": "Hackathon"}, {"title": "HACKATHON"}, "HACKATHON"),
        ({"themes": ("ESS", "agriculture")}, {"themes": ("agriculture",)}, "agriculture"),
        ({"publics": ("jeunes",)}, {"publics": ("jeunes", "salariés")}, "jeunes"),
        ({"partners": ("Mission locale",)}, {"partners": ("Mission locale",)}, "Mission locale"),
        ({"scope": Scope.EVENT}, {"scope": Scope.EVENT}, "événement"),
    ],
)
def test_two_sites_of_a_network_are_watched_when_they_do_the_like(
    one: dict[str, object], other: dict[str, object], key: str
) -> None:
    """The same title, a shared theme, public or partner, or two public events on one day."""
    [clash] = find_clashes([at_site("A", "Chartres", **one), at_site("B", "Dreux", **other)], REGION)
    assert (clash.kind, clash.weight, clash.key, clash.dates) == (
        Kind.SITES,
        Weight.TO_WATCH,
        key,
        (date(2021, 10, 7),),
    )


@pytest.mark.parametrize(
    "other",
    [
        at_site("B", "Dreux"),
        at_site("B", "Chartres", themes=("ESS",)),
        at_site("B", None, themes=("ESS",)),
        at_site("B", "Dreux", "2021-10-08", themes=("ESS",)),
        at_site("B", "Dreux", network="45", themes=("ESS",)),
        at_site("B", "Dreux", themes=("ESS",), scope=Scope.INTERNAL),
        at_site("B", "Dreux", themes=("ESS",), status="CANCELLED"),
        at_site("B", "Dreux", themes=("agriculture",), scope=Scope.EVENT),
    ],
)
def test_nothing_is_watched_for_less(other: Occurrence) -> None:
    """Nothing in common, one site, no site, another day, another network, internal, or cancelled."""
    assert find_clashes([at_site("A", "Chartres", themes=("ESS",)), other], REGION) == ()


def test_a_common_day_is_enough_for_sites() -> None:
    """One in the morning and one in the evening share their public."""
    both = [
        timed(event("A", site="Chartres", themes=("ESS",)), "09:00", "10:00"),
        timed(event("B", site="Dreux", themes=("ESS",)), "18:00", "19:00"),
    ]
    assert told(find_clashes(both, REGION)) == ["SITES A B"]


def test_the_hackathon_is_one_clash_of_three_sites_over_two_days() -> None:
    """With its question, and once, though title, theme and scope all say it."""
    three = [
        all_day(event(site, site=site, title="Hackathon", themes=("Hackathon",), scope=Scope.EVENT), "2021-10-07", 2)
        for site in ("Chartres", "Dreux", "Châteaudun")
    ]
    [clash] = find_clashes(three, REGION)
    assert (len(clash.members), clash.dates, clash.question, clash.also) == (
        3,
        (date(2021, 10, 7), date(2021, 10, 8)),
        "même action ?",
        (),
    )


def test_one_action_that_comes_back_is_still_asked_about() -> None:
    """A monthly workshop held by two sites on the same days is perhaps one action."""
    both = [
        all_day(event(site, site=site, title="Atelier"), day, recurrence_id=day)
        for site in ("Chartres", "Dreux")
        for day in ("2021-10-07", "2021-11-04")
    ]
    [clash] = find_clashes(both, REGION)
    assert (clash.question, len(clash.members)) == ("même action ?", 4)


@pytest.mark.parametrize(
    "other",
    [
        at_site("B", "Dreux", title="Forum", themes=("ESS",)),
        at_site("B", "Dreux", title="Atelier bis", themes=("ESS",)),
    ],
)
def test_actions_of_different_titles_are_not_asked_about(other: Occurrence) -> None:
    """The question is for one title alone."""
    [clash] = find_clashes([at_site("A", "Chartres", title="Atelier", themes=("ESS",)), other], REGION)
    assert clash.question is None


def test_two_events_of_one_site_and_one_of_another_are_not_asked_about() -> None:
    """One action is held once a site."""
    three = [
        at_site("A", "Chartres", title="Atelier"),
        at_site("B", "Chartres", title="Atelier"),
        at_site("C", "Dreux", title="Atelier"),
    ]
    [clash] = find_clashes(three, REGION)
    assert (told((clash,)), clash.question) == (["SITES A B C"], None)


def test_an_internal_event_takes_its_room_and_its_speaker_but_is_no_rival_of_other_sites() -> None:
    """A meeting fills a room like any event."""
    both = [
        timed(
            event(uid, site=site, scope=Scope.INTERNAL, place=ROOM, speakers=(CHAUVET,), themes=("ESS",)),
            "09:00",
            "12:00",
        )
        for uid, site in (("A", "Chartres"), ("B", "Dreux"))
    ]
    [clash] = find_clashes(both, REGION)
    assert (clash.kind, clash.also) == (Kind.PLACE, (Kind.SPEAKER,))


# ---- One set, one clash


def test_a_set_within_a_heavier_one_is_named_there() -> None:
    """Three in a room, two of them with one speaker and of two sites: one clash, that names three kinds."""
    three = [
        in_room("A", "09:00", "12:00", speakers=(CHAUVET,), site="Chartres", themes=("ESS",)),
        in_room("B", "09:00", "12:00", speakers=(CHAUVET,), site="Dreux", themes=("ESS",)),
        in_room("C", "09:00", "12:00"),
    ]
    [clash] = find_clashes(three, REGION)
    assert (told((clash,)), clash.also) == (["LIEU A B C"], (Kind.SPEAKER, Kind.SITES))


def test_a_larger_set_of_a_lighter_kind_is_reported_beside_a_heavier_one() -> None:
    """The room concerns two, the day concerns three."""
    three = [
        in_room("A", "09:00", "12:00", site="Chartres", themes=("ESS",)),
        in_room("B", "09:00", "12:00", site="Dreux", themes=("ESS",)),
        timed(event("C", site="Châteaudun", themes=("ESS",)), "14:00", "15:00"),
    ]
    clashes = find_clashes(three, REGION)
    assert told(clashes) == ["LIEU A B", "SITES A B C"]
    assert [clash.also for clash in clashes] == [(), ()]


def test_occurrences_of_one_series_never_clash_with_each_other() -> None:
    """A series that overlaps itself is its author's affair."""
    series = event("A", place=ROOM, speakers=(CHAUVET,), repeats=True)
    assert find_clashes([timed(series, "09:00", "12:00", "1"), timed(series, "10:00", "13:00", "2")], REGION) == ()


def test_the_same_events_on_further_dates_are_one_clash() -> None:
    """Two weekly series in one room are one line, with its dates."""
    days = ["2021-10-07", "2021-10-14", "2021-10-21"]
    clashes = find_clashes(
        [timed(event(uid, place=ROOM), "09:00", "10:00", day, day) for uid in "AB" for day in days], REGION
    )
    assert told(clashes) == ["LIEU A B"]
    assert clashes[0].dates == tuple(map(date.fromisoformat, days))
    assert [member.key.recurrence_id for member in clashes[0].members] == sorted(days * 2)


def test_a_third_event_on_one_of_the_dates_makes_a_second_clash() -> None:
    """Other members, another thing to settle."""
    occurrences = [
        timed(event(uid, place=ROOM), "09:00", "10:00", day, day)
        for uid in "AB"
        for day in ("2021-10-07", "2021-10-14")
    ]
    third = timed(event("C", place=ROOM), "09:00", "10:00", day="2021-10-14")
    assert told(find_clashes([*occurrences, third], REGION)) == ["LIEU A B", "LIEU A B C"]


@pytest.mark.parametrize(("events", "members"), [(MANY, MANY), (MANY + 1, MANY), (3 * MANY, MANY)])
def test_a_crowd_is_one_finding_with_a_count(events: int, members: int) -> None:
    """A list of more than fifty would help nobody."""
    [clash] = find_clashes([in_room(f"{each:03}", "09:00", "12:00") for each in range(events)], REGION)
    assert (len(clash.members), clash.count) == (members, events)


def test_a_crowd_that_comes_and_goes_is_one_finding() -> None:
    """Each arrival in a crowd is not a clash of its own."""

    def clock(minutes: int) -> str:
        return f"{9 + minutes // 60:02}:{minutes % 60:02}"

    crowd = [in_room(f"{each:03}", clock(each), clock(each + MANY + 10)) for each in range(2 * MANY)]
    clashes = find_clashes(crowd, REGION)
    assert [clash.count for clash in clashes if clash.count > MANY] == [MANY + 10]


def test_a_long_series_of_two_is_not_a_crowd() -> None:
    """Two weekly meetings of a year have a hundred occurrences, and two rivals."""
    days = [date(2021, 1, 4) + timedelta(weeks=week) for week in range(52)]
    [clash] = find_clashes(
        [timed(event(uid, place=ROOM), "09:00", "10:00", f"{day}", f"{day}") for uid in "AB" for day in days], REGION
    )
    assert (len(clash.members), clash.count, len(clash.dates)) == (104, 104, 52)


# ---- Rules, order, identity, words


@pytest.mark.parametrize(
    "rules",
    [
        {kind: rule for kind, rule in RULES.items() if kind is not Kind.PLACE},
        {**RULES, Kind.PLACE: Rule(enabled=False, weight=Weight.BLOCKING)},
    ],
)
def test_a_kind_without_an_enabled_rule_is_not_looked_for(rules: dict[Kind, Rule]) -> None:
    """The others are, and nothing names it."""
    both = [in_room(uid, "09:00", "12:00", speakers=(CHAUVET,)) for uid in "AB"]
    assert [(clash.kind, clash.also) for clash in find_clashes(both, replace(REGION, rules=rules))] == [
        (Kind.SPEAKER, ())
    ]


def test_a_rule_s_weight_is_the_region_s_choice() -> None:
    """A set within another is only silent under one that weighs as much."""
    rules = {**RULES, Kind.PLACE: Rule(enabled=True, weight=Weight.TO_WATCH)}
    both = [in_room(uid, "09:00", "12:00", speakers=(CHAUVET,)) for uid in "AB"]
    [clash] = find_clashes(both, replace(REGION, rules=rules))
    assert (clash.kind, clash.weight, clash.also) == (Kind.SPEAKER, Weight.BLOCKING, (Kind.PLACE,))


def test_clashes_come_by_date_then_by_weight() -> None:
    """What is next and heavy is read first."""
    found = find_clashes(
        [
            in_room("A", "2021-11-04 09:00", "2021-11-04 12:00"),
            in_room("B", "2021-11-04 09:00", "2021-11-04 12:00"),
            at_site("C", "Chartres", themes=("ESS",)),
            at_site("D", "Dreux", themes=("ESS",)),
            timed(event("E", speakers=(CHAUVET,)), "09:00", "12:00"),
            timed(event("F", speakers=(CHAUVET,)), "09:00", "12:00"),
        ],
        REGION,
    )
    assert told(found) == ["INTERVENANT E F", "SITES C D", "LIEU A B"]


def test_an_identity_is_that_of_kind_key_and_events() -> None:
    """It holds when the dates move and when a description changes; not when a member comes or the room changes."""

    def identity(day: str, *uids: str, place: str = ROOM, description: str = "") -> str:
        [clash] = find_clashes(
            [timed(event(uid, place=place, description=description), "09:00", "12:00", day=day) for uid in uids], REGION
        )
        return clash.identity

    first = identity("2021-10-07", "A", "B")
    assert identity("2021-12-02", "B", "A", description="Autre texte") == first
    others = {
        identity("2021-10-07", "A", "B", "C"),
        identity("2021-10-07", "A", "C"),
        identity("2021-10-07", "A", "B", place="salle 2"),
    }
    assert len(others | {first}) == 4


def test_a_clash_is_said_in_one_sentence() -> None:
    """What is shared, when, who and where, and what to ask."""
    three = [all_day(event(site, site=site, title="Hackathon"), "2021-10-07", 2) for site in ("Chartres", "Dreux")]
    [clash] = find_clashes(three, REGION)
    assert headline(clash) == "plusieurs sites le même jour : Hackathon"
    assert sentence(clash) == (
        "Plusieurs sites le même jour : Hackathon, du 7 au 8 octobre 2021 : « Hackathon » à "
        "28 Chartres et 28 Dreux — même action ?"
    )


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"themes": ("alternance",)}, "plusieurs sites le même jour, même thème : alternance"),
        ({"publics": ("lycéens",)}, "plusieurs sites le même jour, même public : lycéens"),
        ({"partners": ("Klub",)}, "plusieurs sites le même jour, même partenaire : Klub"),
        ({"scope": Scope.EVENT}, "plusieurs sites le même jour, chacun avec un événement"),
    ],
)
def test_what_several_sites_share_is_said(fields: dict[str, object], words: str) -> None:
    """A bare « lycéens » would leave the reader to guess."""
    both = [all_day(event(site, site=site, **fields), "2021-10-07") for site in ("Chartres", "Dreux")]
    [clash] = find_clashes(both, REGION)
    assert headline(clash) == words


def test_nobody_is_at_a_number() -> None:
    """Networks without sites have but their code."""
    there = timed(event("B", "36", place=ROOM, title="Réunion"), "10:00", "12:00")
    [clash] = find_clashes([in_room("A", "09:00", "11:00", title="Réunion"), there], REGION)
    assert sentence(clash).endswith(" : « Réunion » (28 et 36)")


def test_a_crowd_is_said_with_its_count() -> None:
    """The reader learns that the list is not whole; nobody reads fifty names."""
    [clash] = find_clashes([in_room(f"{each:03}", "09:00", "12:00") for each in range(MANY + 1)], REGION)
    named = ", ".join(f"« {each:03} » (28)" for each in range(5))
    assert sentence(clash).endswith(f" : {named} et {MANY - 4} autres")
    [few] = find_clashes([in_room(f"{each:03}", "09:00", "12:00", title=f"T{each}") for each in range(12)], REGION)
    assert sentence(few).endswith(" : « T0 » (28), « T1 » (28), « T2 » (28), « T3 » (28), « T4 » (28) et 7 autres")


@pytest.mark.parametrize(
    ("fields", "kinds"),
    [
        ({}, ["TEMPS-FORT"]),
        ({"place": ROOM}, ["LIEU", "TEMPS-FORT"]),
        ({"speakers": ("A", "B")}, ["INTERVENANT", "INTERVENANT", "TEMPS-FORT"]),
        ({"speakers": ("A",), "town": "Dreux"}, ["INTERVENANT", "TRAJET", "TEMPS-FORT"]),
        ({"partners": ("Klub Extraordinaire", "Mission locale")}, ["PARTENAIRE", "TEMPS-FORT"]),
        ({"publics": ("conseillers",)}, ["PUBLIC", "TEMPS-FORT"]),
        ({"publics": ("jeunes",)}, ["TEMPS-FORT"]),
        ({"publics": ("jeunes",), "town": "Dreux", "open_to": "all"}, ["PUBLIC", "PUBLIC", "TEMPS-FORT"]),
        ({"site": "Dreux"}, ["TEMPS-FORT", "SITES"]),
        ({"site": "Dreux", "scope": Scope.EVENT}, ["TEMPS-FORT", "SITES", "SITES"]),
        ({"site": "Dreux", "place": ROOM, "scope": Scope.INTERNAL}, ["LIEU"]),
        ({"place": ROOM, "status": "CANCELLED"}, []),
    ],
)
def test_an_occurrence_has_a_key_for_each_thing_that_it_may_share(fields: dict[str, object], kinds: list[str]) -> None:
    """The store's index of neighbours rests on them."""
    assert [key.kind for key in keys(timed(event("A", **fields), "09:00", "10:00"), REGION)] == kinds


@pytest.mark.parametrize("many", [30, MANY + 10])
def test_many_events_open_to_everybody_are_one_clash_and_soon_found(many: int) -> None:
    """Sets of mutual friends are counted, not tried: thirty would be a thousand million."""
    publics = [
        timed(event(f"{number:03}", str(number % 6), publics=("jeunes",), open_to="all"), "09:00", "12:00")
        for number in range(many)
    ]
    region = replace(REGION, rules={Kind.PUBLIC: Rule(enabled=True, weight=Weight.TO_SETTLE)})
    (clash,) = find_clashes(publics, region)
    assert (clash.kind, clash.count) == (Kind.PUBLIC, many)


# ---- The definition

HALF_HOUR = timedelta(minutes=30)
# The night of 30 to 31 October 2021 has 25 hours.
FRIDAY = datetime(2021, 10, 29, tzinfo=PARIS)


@st.composite
def some_occurrences(draw: st.DrawFn, number: int) -> list[Occurrence]:
    """One event of a small world, with one to three occurrences within four days."""

    def some(*choices: str) -> tuple[str, ...]:
        return tuple(sorted(draw(st.sets(st.sampled_from(choices), max_size=2))))

    network = draw(st.sampled_from(["28", "28", "45", REGIONAL]))
    site = draw(st.sampled_from([None, "Chartres", "Dreux"]))
    what = event(
        f"{number}",
        network,
        title=draw(st.sampled_from(["forum", "atelier", ""])),
        site=site,
        town=site or draw(st.sampled_from([None, "Orléans", "Tours"])),
        remote=draw(st.sampled_from([False, False, True])),
        highlight=network == REGIONAL or draw(st.sampled_from([False, False, True])),
        open_to=draw(st.sampled_from([(), (), "all", ("45",), ("28",)])),
        place=draw(st.sampled_from([None, "a", "b"])),
        speakers=some("x", "y"),
        themes=some("t", "u"),
        partners=some("p", "Klub Extraordinaire"),
        publics=some("q", "lycéens", "coordonnateurs"),
        scope=draw(st.sampled_from(list(Scope))),
        status=draw(st.sampled_from(["", "", "CANCELLED", "TENTATIVE"])),
        component=draw(st.sampled_from(["VEVENT"] * 5 + ["VTODO"])),
    )
    found = []
    for index in range(draw(st.integers(1, 3))):
        if draw(st.booleans()):
            day = FRIDAY.date() + timedelta(days=draw(st.integers(0, 3)))
            found.append(all_day(what, day.isoformat(), draw(st.integers(1, 2)), str(index)))
        else:
            begins = FRIDAY + draw(st.integers(0, 4 * 48)) * HALF_HOUR
            ends = (begins.astimezone(UTC) + draw(st.integers(0, 60)) * HALF_HOUR).astimezone(PARIS)
            found.append(standing(what, begins, ends, str(index), all_day=False))
    return found


@st.composite
def worlds(draw: st.DrawFn) -> list[Occurrence]:
    count = draw(st.integers(2, 9))
    return draw(st.permutations([each for number in range(count) for each in draw(some_occurrences(number))]))


RULE_SETS = st.fixed_dictionaries(
    {},
    optional={
        kind: st.builds(Rule, enabled=st.sampled_from([True, True, True, False]), weight=st.sampled_from(list(Weight)))
        for kind in Kind
    },
)


def as_finding(clash: Clash) -> Finding:
    return Finding(
        clash.kind,
        clash.weight,
        clash.key,
        frozenset(clash.also),
        tuple(member.key for member in clash.members),
        clash.dates,
        clash.question,
    )


@settings(deadline=None, max_examples=200)  # the oracle is slow, and small worlds are many
@given(worlds(), st.just(RULES) | RULE_SETS)
def test_the_sweep_finds_what_the_definition_says(world: list[Occurrence], rules: dict[Kind, Rule]) -> None:
    """No clash more, no clash less, whatever the order in which the occurrences come."""
    region = replace(REGION, rules=rules)
    found = find_clashes(world, region)
    assert {as_finding(clash) for clash in found} == oracle(world, region)
    assert len({clash.identity for clash in found}) == len(found)


@st.composite
def worlds_with_windows(draw: st.DrawFn) -> tuple[list[Occurrence], list[Occurrence]]:
    """A world, and up to three vague events that are like some of it, over windows of some days, short or not."""
    world = draw(worlds())
    vague = []
    for number in range(draw(st.integers(1, 3))):
        like = replace(
            draw(st.sampled_from(world)).event, key=EventKey(draw(st.sampled_from(["28", "45"])), f"v{number}")
        )
        day = FRIDAY.date() + timedelta(days=draw(st.integers(-2, 3)))
        vague.append(all_day(like, day.isoformat(), draw(st.sampled_from([1, 3, 5, 7, 12]))))
    return vague, world


@settings(deadline=None, max_examples=150)
@given(worlds_with_windows(), st.just(RULES) | RULE_SETS)
def test_what_is_possible_is_what_the_definition_says(
    vague_and_world: tuple[list[Occurrence], list[Occurrence]], rules: dict[Kind, Rule]
) -> None:
    """A vague event with each of the firm ones, never with another vague one."""
    vague, world = vague_and_world
    region = replace(REGION, rules={Kind.POSSIBLE: Rule(enabled=True, weight=Weight.TO_WATCH)} | rules)
    found = find_possible(vague, world, region)
    assert {as_finding(clash) for clash in found} == possible_oracle(vague, world, region)
    assert len({clash.identity for clash in found}) == len(found)
