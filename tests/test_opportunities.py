"""What networks could do together: what was dismissed stays so, as it is kept and as it is typed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from agendas import CALENDARS, entries, region
from click.testing import CliRunner
from databases import DATABASES
from store_contract import MARIE, PASSWORD, booking, delete, event, put

from spro_agenda.agenda import Filters, chances, look_back
from spro_agenda.clashes import advice
from spro_agenda.commands import cli
from spro_agenda.commands.families import called
from spro_agenda.errors import NotFound, Refused, SproError, UsageError
from spro_agenda.model import FORGOTTEN, Chance, Opportunity
from spro_agenda.sources import Gathered, StoreSource, gather
from spro_agenda.store import Act, Actor, Dismissal, Role, Selection, Store, covering

AS_OF = date(2021, 9, 1)
CHEF = Actor(login="chef", agent="spro-agenda opportunities")


def prepare(store: Store) -> None:
    """André Chauvet is in three networks, on three days."""
    with store.write(CHEF) as writer:
        writer.add_account("chef", PASSWORD, Role.ADMIN)
        writer.add_account("marie", PASSWORD, Role.COORDINATOR, ["28"])
    put(store, "28", "a.ics", booking("a", "20210907T120000Z", "20210907T140000Z"))
    put(store, "37", "b.ics", booking("b", "20211007T120000Z", "20211007T140000Z"))
    put(store, "45", "c.ics", booking("c", "20211207T120000Z", "20211207T140000Z"))


@pytest.fixture(params=DATABASES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    store = DATABASES[request.param].store(tmp_path, prepare=prepare)
    yield store
    store.close()


def found(store: Store, as_of: date = AS_OF) -> list[Opportunity]:
    with store.read() as reader:
        region = reader.region()
    filters = look_back(Filters(first=as_of, last=date(2021, 12, 31)), as_of)
    gathered = gather([StoreSource(store)], region, filters.first, filters.last)
    return list(chances(gathered, region, filters, as_of))


def among(*events: tuple[str, str]) -> list[Opportunity]:
    """The opportunities of some networks' events, seen from 1 September 2021."""
    gathered = Gathered(tuple(entry for network, text in events for entry in entries(network, text)), ())
    filters = look_back(Filters(first=AS_OF, last=date(2022, 8, 31)), AS_OF)
    return list(chances(gathered, region(), filters, AS_OF))


def action(uid: str, day: str, *lines: str, hours: tuple[str, str] = ("120000Z", "140000Z")) -> str:
    times = (f"DTSTART:{day}T{hours[0]}", f"DTEND:{day}T{hours[1]}") if day else ()
    return "\n".join((f"UID:{uid}", *times, *lines))


AGRICULTURE = "DESCRIPTION:Thème : agriculture"
LENT = AGRICULTURE + "\\nReprenable : oui"


@pytest.mark.parametrize(
    ("first", "told"),
    [
        (action("a", "20210601", AGRICULTURE), "agriculture a déjà été fait, et se prépare ailleurs"),
        (action("a", "20210601", LENT), "agriculture a déjà été fait, et se prépare ailleurs"),
        (
            action("a", "20211101", LENT),
            "agriculture se prépare dans plusieurs réseaux, et l'un propose de le reprendre",
        ),
        (action("a", "20211101", AGRICULTURE), None),
    ],
)
def test_what_is_lent_is_not_said_to_be_done_before_it_is(first: str, told: str | None) -> None:
    """« Reprenable : oui » may stand on what is yet to come."""
    opportunities = among(("28", first), ("45", action("b", "20211201", AGRICULTURE)))
    assert [advice(each).partition(" : ")[0] for each in opportunities] == ([told] if told else [])


INTERNAL = AGRICULTURE + "\\nPortée : interne"


@pytest.mark.parametrize(
    ("held", "ahead", "members"),
    [
        (action("a", "20210601", INTERNAL), action("b", "20211201", AGRICULTURE), []),
        (action("a", "20210601", "SUMMARY:Réunion", AGRICULTURE), action("b", "20211201", AGRICULTURE), []),
        (action("a", "20210601", AGRICULTURE), action("b", "20211201", INTERNAL), []),
        (action("a", "20210601", AGRICULTURE), action("b", "20211201", "SUMMARY:Réunion", AGRICULTURE), []),
        (action("a", "20210601", AGRICULTURE), action("b", "20211201", "RRULE:FREQ=WEEKLY", AGRICULTURE), []),
        (
            action("a", "20210601", AGRICULTURE),
            "UID:b\nDTSTART;VALUE=DATE:20211201\nSUMMARY:[décembre] Groupe de travail\n" + AGRICULTURE,
            ["28/a", "45/b"],
        ),
        (
            action("a", "20210601", AGRICULTURE),
            "UID:b\nDTSTART;VALUE=DATE:20211201\nSUMMARY:[décembre] Groupe de travail\n" + INTERNAL,
            [],
        ),
        (
            action("a", "20210601", INTERNAL + "\\nReprenable : oui"),
            action("b", "20211201", AGRICULTURE),
            ["28/a", "45/b"],
        ),
    ],
)
def test_meetings_are_nobody_s_action_to_take_up(held: str, ahead: str, members: list[str]) -> None:
    """But an action without a date may be called by the group that prepares it, and what is lent by name is."""
    assert [member for each in among(("28", held), ("45", ahead)) for member in each.members] == members


CHAUVET = "DESCRIPTION:Intervenant : André Chauvet"


@pytest.mark.parametrize(
    ("hours", "shared"),
    [(("120000Z", "140000Z"), []), (("130000Z", "150000Z"), []), (("140000Z", "150000Z"), [["28/a", "37/b"]])],
)
def test_a_speaker_who_is_in_both_at_once_is_told_as_a_clash_alone(
    hours: tuple[str, str], shared: list[list[str]]
) -> None:
    """Whoever settles the clash speaks with the other anyway."""
    one = action("a", "20211007", "SUMMARY:Atelier", CHAUVET)
    other = action("b", "20211007", "SUMMARY:Rencontre des lycéens", CHAUVET, hours=hours)
    assert [list(each.members) for each in among(("28", one), ("37", other))] == shared
    third = action("c", "20211201", "SUMMARY:Débat", CHAUVET)
    (all_three,) = among(("28", one), ("37", other), ("45", third))
    assert list(all_three.members) == ["28/a", "37/b", "45/c"]


@pytest.mark.parametrize(
    ("networks", "said"),
    [
        (("28", "28"), "Décidez-le dans le 28."),
        (("28", "36"), "Décidez-le entre le 28 et le 36."),
        (("28", "region"), "Décidez-le entre le 28 et la région."),
    ],
)
def test_networks_are_named_as_people_speak_of_them(networks: tuple[str, str], said: str) -> None:
    """Not « entre 28 »."""
    events = [
        (network, action(uid, "20211007", "SUMMARY:Forum des métiers", "LOCATION:Dreux"))
        for network, uid in zip(networks, "ab", strict=True)
    ]
    (twice,) = [each for each in among(*events) if each.chance is Chance.TWICE]
    assert advice(twice).endswith(said)


def test_whom_to_ask_is_told_by_what_people_say() -> None:
    """« au 28 et à la région », of a theme."""
    held, ahead = action("a", "20210601", AGRICULTURE), action("b", "20211201", AGRICULTURE)
    (theme,) = among(("28", held), ("region", ahead))
    assert advice(theme).endswith("Demandez au 28 et à la région ce qui est à reprendre.")


def dismissals(store: Store) -> tuple[Dismissal, ...]:
    with store.read() as reader:
        return reader.dismissals()


def dismiss(store: Store, opportunity: Opportunity, why: str = "", actor: Actor = MARIE) -> Dismissal:
    with store.write(actor) as writer:
        return writer.dismiss(opportunity, why)


# ---- What is kept


def test_what_is_dismissed_is_kept_with_who_when_and_why_until_it_is_recalled(store: Store) -> None:
    [shared] = found(store)
    kept = dismiss(store, shared, "vu entre nous")
    assert dismissals(store) == (kept,)
    assert (kept.identity, kept.chance, kept.members) == (shared.identity, Chance.SHARE, ("28/a", "37/b", "45/c"))
    assert (kept.login, kept.why, kept.id) == ("marie", "vu entre nous", shared.id)
    with store.write(CHEF) as writer:
        assert writer.recall(shared.identity) == kept
    assert dismissals(store) == ()
    with store.read() as reader:
        told = [(each.login, each.act, each.target) for each in reader.audit(Selection(), 2)]
    assert told == [
        ("chef", Act.OPPORTUNITY_RECALLED, shared.id),
        ("marie", Act.OPPORTUNITY_DISMISSED, shared.id),
    ]


def test_what_is_dismissed_twice_or_recalled_for_nothing_is_said_and_changes_nothing(store: Store) -> None:
    [shared] = found(store)
    with pytest.raises(NotFound, match="n'est pas, ou plus, écartée"), store.write(MARIE) as writer:
        writer.recall(shared.identity)
    kept = dismiss(store, shared, "la première fois")
    with pytest.raises(Refused, match=f"recall {shared.id}"):
        dismiss(store, shared, "la seconde")
    assert dismissals(store) == (kept,)


def test_what_time_leaves_of_a_dismissed_one_stays_dismissed(store: Store) -> None:
    """In November the event of September has no part in it any more."""
    [shared] = found(store)
    kept = dismiss(store, shared)
    delete(store, "28", "a.ics")
    [left] = found(store, date(2021, 11, 1))
    assert left.members == ("37/b", "45/c")
    assert left.identity != shared.identity
    assert covering(left, dismissals(store)) == kept
    with pytest.raises(Refused, match=f"recall {kept.id}"):
        dismiss(store, left)


def test_one_that_a_further_event_joins_is_another(store: Store) -> None:
    """Whoever dismissed it did not know of that one."""
    [shared] = found(store)
    dismiss(store, shared)
    put(store, "45", "d.ics", booking("d", "20211108T120000Z", "20211108T140000Z"))
    [larger] = found(store)
    assert covering(larger, dismissals(store)) is None


def test_the_same_events_may_share_something_else(store: Store) -> None:
    """What was dismissed is what they shared."""
    [shared] = found(store)
    dismiss(store, shared)
    for slug, href, uid in (("28", "a.ics", "a"), ("37", "b.ics", "b"), ("45", "c.ics", "c")):
        times = {"a": "20210801", "b": "20211007", "c": "20211207"}[uid]
        lines = (f"DTSTART:{times}T120000Z", f"DTEND:{times}T140000Z", "DESCRIPTION:Thème : alternance")
        put(store, slug, href, event(uid, *lines))
    [theme] = found(store)
    assert (theme.chance, theme.members) == (Chance.REUSE, shared.members)
    assert covering(theme, dismissals(store)) is None


def test_two_actions_stay_two_when_somebody_corrects_a_title(store: Store) -> None:
    """The answer to « même action ? » is about the pair."""
    for slug, title in (("28", "Forum des métiers"), ("37", "Forum des métiers")):
        times = ("DTSTART:20211107T080000Z", "DTEND:20211107T100000Z")
        put(store, slug, "f.ics", event("forum", *times, f"SUMMARY:{title}"))
    twice = next(each for each in found(store) if each.chance is Chance.TWICE)
    dismiss(store, twice)
    for slug in ("28", "37"):
        times = ("DTSTART:20211107T080000Z", "DTEND:20211107T100000Z")
        put(store, slug, "f.ics", event("forum", *times, "SUMMARY:Grand forum des métiers"))
    again = next(each for each in found(store) if each.chance is Chance.TWICE)
    assert again.key == "Grand forum des métiers"
    assert covering(again, dismissals(store)) is not None


def test_two_actions_may_clash_where_one_typed_twice_could_not(store: Store) -> None:
    """And are one again when that is recalled."""
    for slug in ("28", "37"):
        put(store, slug, "f.ics", booking("forum", "20211109T080000Z", "20211109T100000Z", title="Forum des métiers"))

    def clashes() -> list[str]:
        with store.read() as reader:
            return [str(each.kind) for each in reader.clashes_of("28", "forum")]

    assert clashes() == []
    twice = next(each for each in found(store) if each.chance is Chance.TWICE)
    dismiss(store, twice)
    assert clashes() == ["INTERVENANT"]
    with store.write(MARIE) as writer:
        writer.recall(twice.identity)
    assert clashes() == []


def test_who_is_forgotten_leaves_the_dismissal_without_a_name(store: Store) -> None:
    [shared] = found(store)
    dismiss(store, shared)
    with store.write(CHEF) as writer:
        writer.forget_person("marie")
    assert [each.login for each in dismissals(store)] == [FORGOTTEN]


# ---- As it is typed


PERIOD = ("--as-of", "2021-06-21", "--from", "2021-01-01", "--to", "2021-12-31")


def typed(home: Path, *words: str) -> str:
    """What a command prints on standard output; refusals of ours come out as they are."""
    done = CliRunner().invoke(cli, ["--home", str(home), *words], standalone_mode=False)
    if isinstance(done.exception, SproError):
        raise done.exception
    assert done.exit_code == 0, (done.output, done.exception)
    return done.stdout


def listed(home: Path, *words: str) -> list[dict[str, object]]:
    shown = typed(home, "opportunities", *PERIOD, "--format", "json", *words)
    return list(json.loads(shown)["opportunities"])


def test_a_dismissed_opportunity_is_left_out_until_it_is_recalled(home: Path) -> None:
    before = listed(home)
    klub = next(each for each in before if each["key"] == "Klub Extraordinaire")
    said = typed(home, "opportunities", "dismiss", str(klub["id"])[:6].upper(), "--why", "déjà calé", *PERIOD)
    assert "MUTUALISER écartée : « Venue du Klub Extraordinaire » (45 Montargis)" in said
    assert listed(home) == [each for each in before if each != klub]
    every = listed(home, "--dismissed")
    marked = next(each for each in every if each["key"] == "Klub Extraordinaire")
    assert [each["id"] for each in every] == [each["id"] for each in before]
    assert marked["dismissed"] == marked["dismissed"] | {"id": klub["id"], "by": None, "why": "déjà calé"}
    shown = typed(home, "opportunities", *PERIOD, "--dismissed")
    assert "OPPORTUNITÉS (5, dont 1 écartée)" in shown
    assert "(déjà calé) : opportunities recall" in " ".join(shown.split())
    assert max(map(len, shown.splitlines())) <= 80
    assert "de nouveau dans la liste" in typed(home, "opportunities", "recall", str(klub["id"]))
    assert listed(home) == before


def test_filters_and_other_sources_beside_our_own_store_go_on(home: Path) -> None:
    """A folder alone knows of no dismissal."""
    klub = next(each for each in listed(home) if each["key"] == "Klub Extraordinaire")
    typed(home, "opportunities", "dismiss", str(klub["id"]), *PERIOD)
    assert [each["kind"] for each in listed(home, "--network", "45")] == ["DECLINER"]
    assert [each["key"] for each in listed(home, "--theme", "TransCo")] == ["TransCo"]
    assert [each["key"] for each in listed(home, "--kind", "mutualiser")] == ["André Chauvet"]
    assert klub in listed(home, "--calendars", str(CALENDARS))
    assert klub not in listed(home, "--calendars", str(CALENDARS), "--store")


def test_a_dismissed_pair_is_said_to_be_two_actions(home: Path, tmp_path: Path) -> None:
    times = "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nUID:rallye-{n}\nDTSTART:20211110T080000Z\n"
    text = times + "DTEND:20211110T100000Z\nSUMMARY:Rallye des métiers\nEND:VEVENT\nEND:VCALENDAR\n"
    for code in ("18", "36"):
        (tmp_path / f"{code}.ics").write_text(text.format(n=code))
        typed(home, "import", str(tmp_path / f"{code}.ics"))
    [twice] = listed(home, "--kind", "DOUBLON")
    said = typed(home, "opportunities", "dismiss", str(twice["id"]), *PERIOD)
    assert said == (
        "C'est dit : « Rallye des métiers » (18) et « Rallye des métiers » (36) sont deux actions, qui peuvent faire "
        "conflit.\n"
    )
    assert listed(home, "--kind", "DOUBLON") == []


def test_an_identity_that_means_none_or_several_is_a_sentence(home: Path) -> None:
    klub = next(each for each in listed(home) if each["key"] == "Klub Extraordinaire")
    with pytest.raises(NotFound, match="redonnez ici ses --as-of"):
        typed(home, "opportunities", "dismiss", "000000")
    with pytest.raises(NotFound, match="--dismissed"):
        typed(home, "opportunities", "recall", str(klub["id"]))
    with pytest.raises(UsageError, match="trop court"):
        typed(home, "opportunities", "dismiss", "f", *PERIOD)
    one, other = (Named(f"3f2a9c{last}") for last in "01")
    assert called("3F2A9C0", [one, other], "") is one
    with pytest.raises(UsageError, match="Plusieurs identifiants"):
        called("3f2a9c", [one, other], "")


class Named:
    """Something with an identity."""

    def __init__(self, identity: str) -> None:
        self.identity = identity


def test_a_file_of_another_year_gives_no_undated_event(tmp_path: Path) -> None:
    """Read for 2021, a booking of 2019 is not one whose date is still to be found."""
    for code, year in (("28", 2019), ("45", 2021)):
        text = f"BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nUID:{code}\nDTSTART:{year}1007T080000Z\n"
        text += f"DTEND:{year}1007T100000Z\nSUMMARY:Conférence d'A. Chauvet\nEND:VEVENT\nEND:VCALENDAR\n"
        (tmp_path / f"{code}.ics").write_text(text)
    words = ("--calendars", str(tmp_path), "--region", str(CALENDARS / "region.toml"), "--kind", "MUTUALISER")
    assert listed(tmp_path, *words) == []
