"""The regional agenda: what is in it, in what order, on which days, with which clashes."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import date

import pytest
from agendas import YEAR, agenda_of, entries, seed_agenda

from spro_agenda.agenda import Filters, build
from spro_agenda.model import EventKey, Kind, Window
from spro_agenda.region.days import markers
from spro_agenda.render import FORMATS
from spro_agenda.sources import Gathered


def titles(agenda) -> list[str]:
    return [item.event.title for item in agenda.items]


def test_items_stand_by_month_what_is_to_be_dated_first_then_by_day_hour_and_network():
    """The order that every format keeps."""
    agenda = agenda_of(
        [
            *entries("45", "UID:a\nDTSTART:20211005T090000\nSUMMARY:matin du 45"),
            *entries(
                "18",
                "UID:a\nDTSTART:20211005T090000\nSUMMARY:matin du 18",
                "UID:b\nDTSTART;VALUE=DATE:20211005\nSUMMARY:toute la journée",
                "UID:c\nDTSTART:20211101T080000\nSUMMARY:novembre",
            ),
            *entries(
                "28",
                "UID:v\nDTSTART;VALUE=DATE:20211001\nSUMMARY:[en octobre] vague\n"
                "X-SPRO-DATE-WORDS:en octobre\nX-SPRO-WINDOW:2021-10-01/2021-10-31",
            ),
        ]
    )
    assert titles(agenda) == ["vague", "toute la journée", "matin du 18", "matin du 45", "novembre"]


def test_an_agenda_does_not_depend_on_the_order_of_its_sources():
    """Whatever is read first, the agenda is the same."""
    agenda = seed_agenda()
    found = [entry for reading in agenda.readings for entry in reading.entries]
    for seed in range(5):
        shuffled = random.Random(seed).sample(found, len(found))
        again = build(Gathered(tuple(shuffled), agenda.readings), agenda.region, YEAR)
        assert FORMATS["json"](again) == FORMATS["json"](agenda)


def test_local_times_are_those_of_the_region():
    """A floating time, one in UTC and one in another zone are all shown in Paris time."""
    agenda = agenda_of(
        entries(
            "28",
            "UID:a\nDTSTART:20210701T100000\nSUMMARY:flottant",
            "UID:b\nDTSTART:20210702T100000Z\nSUMMARY:UTC",
            "UID:c\nDTSTART;TZID=America/New_York:20210703T100000\nSUMMARY:New York",
        )
    )
    assert [f"{item.start:%H:%M %z}" for item in agenda.items] == ["10:00 +0200", "12:00 +0200", "16:00 +0200"]


def test_an_event_that_began_before_the_period_stands_on_its_first_day():
    """It is going on: a reader of the period must see it."""
    agenda = agenda_of(
        entries("28", "UID:a\nDTSTART;VALUE=DATE:20210928\nDTEND;VALUE=DATE:20211003\nSUMMARY:expo"),
        Filters(first=date(2021, 10, 1), last=date(2021, 10, 31)),
    )
    assert [(item.day, item.last_day) for item in agenda.items] == [(date(2021, 10, 1), date(2021, 10, 2))]


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [
        (date(2021, 9, 28), date(2021, 9, 30), 0),
        (date(2021, 10, 1), date(2021, 10, 1), 1),
        (date(2021, 10, 2), date(2021, 10, 2), 1),
        (date(2021, 10, 3), date(2021, 10, 31), 0),
    ],
)
def test_both_ends_of_the_period_are_inclusive(first: date, last: date, shown: int):
    """`--from` and `--to` are days as people say them."""
    found = entries("28", "UID:a\nDTSTART;VALUE=DATE:20211001\nDTEND;VALUE=DATE:20211003\nSUMMARY:deux jours")
    assert len(agenda_of(found, Filters(first=first, last=last)).items) == shown


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        # A working week: all its days. All Saints' Day makes six days into five working ones.
        (Window(date(2021, 10, 4), date(2021, 10, 8)), [date(2021, 10, day) for day in range(4, 9)]),
        (
            Window(date(2021, 10, 25), date(2021, 11, 1)),
            [date(2021, 10, day) for day in range(25, 32)] + [date(2021, 11, 1)],
        ),
        # Longer: the first working day within the window of each month that it touches.
        (Window(date(2021, 10, 1), date(2021, 10, 31)), [date(2021, 10, 1)]),
        (Window(date(2021, 5, 1), date(2021, 6, 30)), [date(2021, 5, 3), date(2021, 6, 1)]),
        (
            Window(date(2021, 9, 22), date(2021, 12, 20)),
            [date(2021, 9, 22), date(2021, 10, 1), date(2021, 11, 2), date(2021, 12, 1)],
        ),
    ],
)
def test_a_short_window_shows_on_all_its_days_and_a_long_one_once_a_month(window: Window, expected: list[date]):
    """Five working days are the limit; public holidays are no working days."""
    assert list(markers(window)) == expected


def test_a_vague_event_is_one_item_however_many_months_its_window_touches():
    """A window is shown once: in the first month of it that the period has."""
    found = entries(
        "28",
        "UID:v\nDTSTART;VALUE=DATE:20210701\nSUMMARY:[2e semestre] v\n"
        "X-SPRO-DATE-WORDS:2e semestre\nX-SPRO-WINDOW:2021-07-01/2021-12-31",
    )
    assert [item.day for item in agenda_of(found).items] == [date(2021, 7, 1)]
    autumn = Filters(first=date(2021, 10, 1), last=date(2021, 12, 31))
    assert [item.day for item in agenda_of(found, autumn).items] == [date(2021, 10, 1)]
    assert not agenda_of(found, Filters(first=date(2022, 1, 1), last=date(2022, 12, 31))).items


def test_vague_events_clash_with_nobody_for_sure():
    """A window is no booking: what its date may meet is a possibility, and two of them have none between them."""
    there = "DTSTART;VALUE=DATE:20211007\nLOCATION:Salle Lentin, Dreux"
    vague = f"{there}\nX-SPRO-DATE-WORDS:début octobre\nX-SPRO-WINDOW:2021-10-07/2021-10-08"
    un, deux = f"UID:a\nSUMMARY:[début octobre] un\n{vague}", f"UID:b\nSUMMARY:[début octobre] deux\n{vague}"
    firm = [f"UID:{uid}\nSUMMARY:{uid}\n{there}" for uid in "cd"]
    agenda = agenda_of(entries("28", un, deux, firm[0]))
    assert len(agenda.items) == 3
    assert {clash.kind for clash in agenda.clashes} == {Kind.POSSIBLE}
    assert all(EventKey("28", "c") in clash.events for clash in agenda.clashes)
    assert all(item.clashes for item in agenda.items)
    assert not agenda_of(entries("28", un, deux)).clashes
    firm_ones = [each for each in agenda_of(entries("28", un, deux, *firm)).clashes if each.kind is not Kind.POSSIBLE]
    assert len(firm_ones) == 1


def test_an_event_that_was_firmed_up_is_vague_no_longer():
    """Its bracket is gone; a client keeps the properties that it does not know."""
    kept = "X-SPRO-DATE-WORDS:en octobre\nX-SPRO-WINDOW:2021-10-01/2021-10-31"
    (item,) = agenda_of(
        entries("28", f"UID:a\nDTSTART;TZID=Europe/Paris:20211014T090000\nSUMMARY:Agriculture\n{kept}")
    ).items
    assert (item.event.window, item.event.date_words, item.day) == (None, None, date(2021, 10, 14))
    (vague,) = agenda_of(
        entries("28", f"UID:a\nDTSTART;VALUE=DATE:20211001\nSUMMARY:[en octobre] Agriculture\n{kept}")
    ).items
    assert vague.event.window is not None


@pytest.mark.parametrize(
    ("lines", "undated"),
    [
        ("VTODO\nUID:a\nSUMMARY:sans date", True),
        ("UID:a\nDTSTART;VALUE=DATE:20210101\nSUMMARY:[à définir] x\nX-SPRO-DATE-WORDS:à définir", True),
        (
            "UID:a\nDTSTART;VALUE=DATE:20210101\nSUMMARY:[mal lu] x\nX-SPRO-DATE-WORDS:mal lu\n"
            "X-SPRO-WINDOW:2021-12-01/2021-01-01",
            True,
        ),
        ("VTODO\nUID:a\nSUMMARY:faite\nSTATUS:COMPLETED", False),
        ("VTODO\nUID:a\nSUMMARY:annulée\nSTATUS:CANCELLED", False),
        ("VTODO\nUID:a\nDUE;VALUE=DATE:20210601\nSUMMARY:pour juin", False),
    ],
)
def test_what_has_neither_date_nor_window_is_to_be_dated(lines: str, undated: bool):
    """« À dater »: until somebody finishes or cancels it."""
    assert bool(agenda_of(entries("28", lines)).undated) is undated


def test_undated_actions_are_shown_whatever_the_period():
    """They belong to no period."""
    assert len(seed_agenda(replace(YEAR, first=date(2030, 1, 1), last=date(2030, 1, 1))).undated) == 15


def test_filters_keep_networks_and_themes():
    """By code, and by theme whatever its case and accents."""
    assert {item.event.key.network for item in seed_agenda(replace(YEAR, networks=("28", "45"))).items} == {"28", "45"}
    themed = seed_agenda(replace(YEAR, themes=("SERVICES A LA PERSONNE",)))
    assert {item.event.key.network for item in themed.items} == {"28", "45"}
    assert all("services à la personne" in item.event.themes for item in themed.items)


def test_a_clash_with_a_network_that_is_filtered_out_is_still_told():
    """A coordinator who looks at the own network must see with whom it clashes."""
    found = [
        *entries("28", "UID:a\nDTSTART:20211005T090000Z\nDTEND:20211005T100000Z\nSUMMARY:A. Chauvet au 28"),
        *entries("41", "UID:b\nDTSTART:20211005T093000Z\nDTEND:20211005T110000Z\nSUMMARY:A. Chauvet au 41"),
    ]
    agenda = agenda_of(found, replace(YEAR, networks=("28",)))
    assert [clash.kind for clash in agenda.clashes] == [Kind.SPEAKER]
    assert [item.event.key.network for item in agenda.items] == ["28"]
    assert agenda.items[0].clashes == agenda.clashes
    assert not agenda_of(found, replace(YEAR, networks=("45",))).clashes


def test_cancelled_events_are_shown_and_clash_with_nobody():
    """People must learn that it does not take place."""
    lines = "DTSTART:20211005T090000Z\nDTEND:20211005T100000Z\nSUMMARY:A. Chauvet"
    agenda = agenda_of([*entries("28", f"UID:a\nSTATUS:CANCELLED\n{lines}"), *entries("41", f"UID:b\n{lines}")])
    assert [item.event.cancelled for item in agenda.items] == [True, False]
    assert not agenda.clashes


def test_each_occurrence_of_a_series_is_an_item_and_an_override_speaks_for_itself():
    """The moved and renamed instance stands on its own day, under its own title."""
    agenda = agenda_of(
        entries(
            "28",
            "UID:a\nDTSTART:20211004T090000Z\nDTEND:20211004T100000Z\nRRULE:FREQ=WEEKLY;COUNT=3\nSUMMARY:permanence",
            "UID:a\nRECURRENCE-ID:20211011T090000Z\nDTSTART:20211013T090000Z\nDTEND:20211013T100000Z\nSUMMARY:déplacée",
        )
    )
    assert [(item.day, item.event.title) for item in agenda.items] == [
        (date(2021, 10, 4), "permanence"),
        (date(2021, 10, 13), "déplacée"),
        (date(2021, 10, 18), "permanence"),
    ]
    assert [item.key.recurrence_id for item in agenda.items] == [
        "20211004T090000Z",
        "20211011T090000Z",
        "20211018T090000Z",
    ]


def test_the_seed_agenda_is_that_of_the_minutes():
    """12 dated (10 of the round table, 2 of the region), 15 vague, 15 undated, one clash."""
    document = json.loads(FORMATS["json"](seed_agenda()))
    dated = [event for event in document["events"] if event["start"]]
    assert (len(dated), len(document["events"]) - len(dated), len(document["undated"])) == (12, 15, 15)
    assert [clash["kind"] for clash in document["clashes"]] == ["SITES"]


def test_filters_hold_for_what_is_to_be_dated_too():
    """Somebody who asks for one network wants no other's list."""
    assert {item.event.key.network for item in seed_agenda(replace(YEAR, networks=("45",))).undated} == {"45"}
    assert not seed_agenda(replace(YEAR, themes=("cybersécurité",), networks=("18",))).undated
