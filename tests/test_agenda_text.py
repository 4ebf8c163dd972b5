"""What the regional agenda says of an event, and that a text that is copied back is what people entered."""

from __future__ import annotations

from datetime import date
from typing import Any

import icalendar
import pytest
from agendas import region
from store_contract import event

from spro_agenda.agenda_text import MOST_CLASHES, MOST_OVERRIDES, Marked, Shown, stands_as_its_event, text_of
from spro_agenda.clashes import find_clashes
from spro_agenda.model import Clash
from spro_agenda.region.entry import Entry, outside, read_entry

FIRST, LAST = date(2021, 1, 1), date(2023, 12, 31)
PARIS = "DTSTART;TZID=Europe/Paris:20211004T090000"


def entry_of(network: str, uid: str, *lines: str) -> Entry:
    return read_entry(event(uid, *lines), network, region(), uid)


def shown(*entries: Entry, **said: Any) -> dict[str, list[icalendar.Event]]:
    """What the agenda says of some events, whose clashes nobody has settled: the components of each, by UID."""
    told = told_of(*entries, **said)
    return {uid: icalendar.Calendar.from_ical(text_of(each)).walk("VEVENT") for uid, each in told.items()}


def told_of(*entries: Entry, **said: Any) -> dict[str, Shown]:
    times = {each.key: each.occurrences(FIRST, LAST) for each in entries}
    clashes = find_clashes([each for its in times.values() for each in its], region())
    met: dict[Any, list[Clash]] = {}
    for clash in clashes:
        for member in clash.members:
            met.setdefault(member.key, []).append(clash)
    return {
        entry.key.uid: Shown(
            entry=entry,
            marked=tuple(Marked(each, tuple(met[each.key])) for each in times[entry.key] if each.key in met),
            **said,
        )
        for entry in entries
    }


def titles(components: list[icalendar.Event]) -> list[str]:
    return [str(each["SUMMARY"]) for each in components]


def test_a_title_says_whose_it_is():
    """Network, site or town, and that it is cancelled: Outlook shows the status of nothing that it subscribes to."""
    site = entry_of("28", "a", "SUMMARY:[Chartres] Forum", PARIS)
    town = entry_of("28", "b", "SUMMARY:Forum", "LOCATION:Salle des fêtes\\, Pithiviers", PARIS)
    team = entry_of("region", "c", "SUMMARY:Journée", PARIS)
    off = entry_of("36", "d", "SUMMARY:Forum", "STATUS:CANCELLED", PARIS)
    for uid, title in {
        "a": "28 Chartres · Forum",
        "b": "28 Pithiviers · Forum",
        "c": "Région · Journée",
        "d": "36 · ANNULÉ : Forum",
    }.items():
        (entry,) = (each for each in (site, town, team, off) if each.key.uid == uid)
        assert titles(shown(entry)[uid]) == [title]


def test_an_entry_has_its_network_s_colour_and_category_and_a_link():
    """RFC 7986 names colours; the event's own page stays its URL, and the link then stands below its description."""
    entry = entry_of("28", "a", "SUMMARY:Forum", "CATEGORIES:Alternance", "DESCRIPTION:À midi", PARIS)
    (said,) = shown(entry, address="https://agenda.exemple.fr/spro/28/a.ics")["a"]
    assert said["COLOR"] == "steelblue"
    assert [str(each) for line in said["CATEGORIES"] for each in line.cats] == ["Alternance", "28 Eure-et-Loir"]
    assert said["URL"] == "https://agenda.exemple.fr/spro/28/a.ics"
    own = entry_of("28", "a", "SUMMARY:Forum", "URL:https://forum.exemple.fr", "DESCRIPTION:À midi", PARIS)
    (said,) = shown(own, address="https://agenda.exemple.fr/spro/28/a.ics")["a"]
    assert said["URL"] == "https://forum.exemple.fr"
    assert said["DESCRIPTION"].startswith("À midi\n\n— Agenda SPRO —\n")
    assert said["DESCRIPTION"].endswith("https://agenda.exemple.fr/spro/28/a.ics")


def test_an_entry_invites_nobody_and_rings_for_nobody():
    """A phone would ask each reader whether they come, and ring."""
    entry = entry_of(
        "28",
        "a",
        "SUMMARY:Forum",
        "ORGANIZER:mailto:marie@exemple.fr",
        "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:paul@exemple.fr",
        PARIS,
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "DESCRIPTION:x",
        "TRIGGER:-PT10M",
        "END:VALARM",
    )
    (said,) = shown(entry)["a"]
    assert not {"ORGANIZER", "ATTENDEE"} & set(said)
    assert not said.walk("VALARM")


def test_a_confidential_event_says_that_its_network_is_busy():
    """And is no secret any more: everybody sees it so."""
    entry = outside(entry_of("28", "a", "SUMMARY:Entretien", "CLASS:CONFIDENTIAL", PARIS))
    assert entry is not None
    (said,) = shown(entry)["a"]
    assert str(said["SUMMARY"]) == "28 · Occupé"
    assert "CLASS" not in said


def test_who_takes_part_is_said_below_the_description():
    """By their codes."""
    entry = entry_of("28", "a", "SUMMARY:Webinaire", "DESCRIPTION:Ouvert à : tous", PARIS)
    (said,) = shown(entry, participants=("36", "45"))["a"]
    assert "Y participent : 36, 45" in said["DESCRIPTION"]


WEEKLY = "RRULE:FREQ=WEEKLY;COUNT=4"
SPEAKER = "DESCRIPTION:Intervenant : André Chauvet"


@pytest.mark.parametrize(
    ("start", "marked", "end"),
    [
        ("DTSTART;TZID=Europe/Paris:20211004T090000", "2021-10-11 09:00:00+02:00", "2021-10-11 10:00:00+02:00"),
        ("DTSTART:20211004T070000Z", "2021-10-11 07:00:00+00:00", "2021-10-11 08:00:00+00:00"),
        ("DTSTART:20211004T090000", "2021-10-11 09:00:00", "2021-10-11 10:00:00"),
    ],
    ids=["in a zone", "in UTC", "floating"],
)
def test_a_series_is_marked_on_the_occurrence_that_clashes_alone(start: str, marked: str, end: str):
    """As one override in the series' own form of time; the series itself is as before."""
    series = entry_of("28", "a", "SUMMARY:Permanence", SPEAKER, start, "DURATION:PT1H", WEEKLY)
    other = entry_of("45", "b", "SUMMARY:Forum", SPEAKER, "DTSTART:20211011T070000Z", "DTEND:20211011T090000Z")
    master, override = shown(series, other)["a"]
    assert titles([master, override]) == ["28 · Permanence", "⚠ 28 · Permanence"]
    assert "RRULE" in master
    assert "RRULE" not in override
    assert (str(override["RECURRENCE-ID"].dt), str(override["DTSTART"].dt)) == (marked, marked)
    assert str(override["DTEND"].dt) == end
    assert "DURATION" not in override
    assert "Agenda SPRO" not in master.get("DESCRIPTION", "")
    assert "même intervenant" in override["DESCRIPTION"].lower()


def test_what_is_marked_on_its_own_does_not_stand_as_its_event():
    """It is a component more; a mark on what takes place once is a word more."""
    series = entry_of("28", "a", "SUMMARY:Permanence", SPEAKER, PARIS, "DURATION:PT1H", WEEKLY)
    other = entry_of("45", "b", "SUMMARY:Forum", SPEAKER, "DTSTART:20211011T070000Z", "DTEND:20211011T090000Z")
    told = told_of(series, other)
    assert {uid: stands_as_its_event(each) for uid, each in told.items()} == {"a": False, "b": True}
    assert stands_as_its_event(Shown(entry=series))


def test_a_series_of_whole_days_is_marked_on_its_day():
    """With its end, where it writes one."""
    days = ("DTSTART;VALUE=DATE:20211004", "DTEND;VALUE=DATE:20211006")
    series = entry_of("28", "a", "SUMMARY:Forum", SPEAKER, *days, WEEKLY)
    other = entry_of("45", "b", "SUMMARY:Salon", SPEAKER, "DTSTART:20211012T070000Z", "DTEND:20211012T090000Z")
    _master, override = shown(series, other)["a"]
    told = [override[name].dt for name in ("RECURRENCE-ID", "DTSTART", "DTEND")]
    assert told == [date(2021, 10, 11), date(2021, 10, 11), date(2021, 10, 13)]


def test_an_occurrence_that_was_moved_is_amended_not_doubled():
    """Two components may not have one RECURRENCE-ID (RFC 5545 section 3.8.4.4)."""
    body = event("a", "SUMMARY:Permanence", SPEAKER, PARIS, "DTEND;TZID=Europe/Paris:20211004T100000", WEEKLY)
    moved = (
        b"BEGIN:VEVENT\r\nUID:a\r\nDTSTAMP:20210101T000000Z\r\nSUMMARY:Permanence avanc\xc3\xa9e\r\n"
        b"DESCRIPTION:Intervenant : Andr\xc3\xa9 Chauvet\r\nRECURRENCE-ID;TZID=Europe/Paris:20211011T090000\r\n"
        b"DTSTART;TZID=Europe/Paris:20211011T080000\r\nDTEND;TZID=Europe/Paris:20211011T090000\r\nEND:VEVENT\r\n"
    )
    series = read_entry(body.replace(b"END:VCALENDAR", moved + b"END:VCALENDAR"), "28", region(), "a")
    other = entry_of("45", "b", "SUMMARY:Salon", SPEAKER, "DTSTART:20211011T060000Z", "DTEND:20211011T090000Z")
    master, override = shown(series, other)["a"]
    assert titles([master, override]) == ["28 · Permanence", "⚠ 28 · Permanence avancée"]
    assert str(override["DTSTART"].dt) == "2021-10-11 08:00:00+02:00"


def test_a_series_is_marked_sixty_times_at_most_this_year_s_first():
    """Each is a component of its own; the others are told in words."""
    daily = "RRULE:FREQ=DAILY;COUNT=600"
    series = entry_of("28", "a", "SUMMARY:Permanence", SPEAKER, PARIS, "DURATION:PT1H", daily)
    other = entry_of("45", "b", "SUMMARY:Salon", SPEAKER, PARIS, "DURATION:PT1H", daily)
    components = shown(series, other, since=date(2022, 1, 1))["a"]
    overrides = [each for each in components if "RECURRENCE-ID" in each]
    assert len(overrides) == MOST_OVERRIDES
    assert [str(each["RECURRENCE-ID"].dt)[:10] for each in overrides][:1] == ["2022-01-01"]
    assert "même intervenant" in components[0]["DESCRIPTION"].lower()


def test_a_period_of_its_own_length_keeps_it_where_it_clashes():
    """An RDATE may say for how long (RFC 5545 section 3.8.5.2)."""
    series = entry_of(
        "28",
        "a",
        "SUMMARY:Permanence",
        SPEAKER,
        "DTSTART:20211004T070000Z",
        "DURATION:PT1H",
        "RDATE;VALUE=PERIOD:20211011T070000Z/PT4H",
    )
    other = entry_of("45", "b", "SUMMARY:Salon", SPEAKER, "DTSTART:20211011T100000Z", "DTEND:20211011T110000Z")
    _master, override = shown(series, other)["a"]
    assert (override["DTEND"].dt - override["DTSTART"].dt).total_seconds() == 4 * 3600


def vague_within(series: str, title: str) -> Entry:
    """A series with one instance of another title, on whole days."""
    days = "DTSTART;VALUE=DATE:20211005"
    body = event("a", f"SUMMARY:{series}", days, "RRULE:FREQ=WEEKLY;COUNT=4")
    one = (
        f"BEGIN:VEVENT\r\nUID:a\r\nDTSTAMP:20210101T000000Z\r\nSUMMARY:{title}\r\n"
        "RECURRENCE-ID;VALUE=DATE:20211012\r\nDTSTART;VALUE=DATE:20211012\r\nEND:VEVENT\r\n"
    ).encode()
    return read_entry(body.replace(b"END:VCALENDAR", one + b"END:VCALENDAR"), "28", region(), "a")


def test_one_instance_whose_date_is_not_fixed_stays_an_instance():
    """On the day that it has, and nobody's time."""
    master, one = shown(vague_within("Atelier", "[en novembre] Atelier"))["a"]
    assert titles([master, one]) == ["28 · Atelier", "28 · [en novembre – date à fixer] Atelier"]
    assert (one["RECURRENCE-ID"].dt, one["DTSTART"].dt) == (date(2021, 10, 12), date(2021, 10, 12))
    assert (str(one["STATUS"]), str(one["TRANSP"])) == ("TENTATIVE", "TRANSPARENT")


def test_a_series_without_dates_has_no_instances():
    """Its window stands for all of it."""
    (only,) = shown(vague_within("[en novembre] Atelier", "Atelier"))["a"]
    assert "RECURRENCE-ID" not in only
    assert only["DTSTART"].dt == date(2021, 11, 2)


def test_what_is_only_to_be_watched_is_told_and_not_marked():
    """Two sites of one network with the same theme, say."""
    one = entry_of("28", "a", "SUMMARY:[Chartres] Atelier alternance", "DTSTART;VALUE=DATE:20211005")
    other = entry_of("28", "b", "SUMMARY:[Dreux] Forum alternance", "DTSTART;VALUE=DATE:20211005")
    (said,) = shown(one, other)["a"]
    assert not said["SUMMARY"].startswith("⚠")
    assert "plusieurs sites" in said["DESCRIPTION"].lower()


def test_a_crowded_event_tells_of_its_foremost_clashes_and_of_how_many_there_are():
    """A month's highlight meets hundreds; a phone shows a screenful."""
    long = entry_of("region", "m", "SUMMARY:Mois", "DTSTART;VALUE=DATE:20211001", "DTEND;VALUE=DATE:20211101")
    others = [
        entry_of("28", f"o{day}", f"SUMMARY:Forum {day}", f"DTSTART:202110{day:02}T070000Z", "DURATION:PT1H")
        for day in range(4, 30)
    ]
    (said,) = shown(long, *others)["m"]
    lines = [line for line in said["DESCRIPTION"].split("\n") if line.startswith("⚠")]
    assert len(lines) == MOST_CLASHES
    assert "autres conflits" in said["DESCRIPTION"]


@pytest.mark.parametrize(
    "lines",
    [
        ("SUMMARY:[Dreux] Forum des métiers", PARIS),
        ("SUMMARY:Forum des métiers", "LOCATION:Salle des fêtes\\, Pithiviers", PARIS),
        ("SUMMARY:[en octobre] Forum des métiers", "DTSTART;VALUE=DATE:20211004"),
        ("SUMMARY:Forum · métiers", "STATUS:CANCELLED", PARIS),
        ("SUMMARY:Forum", "DESCRIPTION:Public : jeunes\\nOuvert à : 45", PARIS),
    ],
    ids=["site", "town", "vague", "cancelled", "open"],
)
@pytest.mark.parametrize("network", ["28", "region"])
def test_what_is_copied_from_the_agenda_is_what_people_entered(lines: tuple[str, ...], network: str):
    """With a new UID, as applications copy, and without our own properties, as many do: title, site, window, lines."""
    entered = entry_of(network, "a", *lines)
    marked = text_of(Shown(entry=entered, participants=("36",), address="https://agenda.exemple.fr/a.ics"))
    kept = [line for line in marked.replace(b"\r\n ", b"").split(b"\r\n") if not line.startswith(b"X-SPRO-")]
    for text in (marked, b"\r\n".join(kept)):
        for title in (text, text.replace(b"SUMMARY:", b"SUMMARY:\xe2\x9a\xa0 ")):
            copied = read_entry(title.replace(b"UID:" + network.encode() + b".a", b"UID:copy"), network, region(), "a")
            for name in ("title", "site", "town", "window", "open_to", "publics", "status", "scope"):
                assert getattr(copied.lead, name) == getattr(entered.lead, name)


@pytest.mark.parametrize(
    "title", ["Salon · Chartres", "99 · Forum", "28 Bourges-sur-Rien · Forum", "2022 · Bilan", "·", " · Forum"]
)
def test_a_title_of_people_s_own_stays(title: str):
    """Only what the agenda itself writes before a title goes."""
    assert entry_of("28", "a", f"SUMMARY:{title}", PARIS).lead.title == title.strip()
