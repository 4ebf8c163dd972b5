"""Events that are hard to hold, sent to a real server on each database: kept and shown, or refused in a sentence.

None of them may cost its neighbours anything: afterwards the whole calendar is read, searched and expanded.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from serving import NAMESPACES, Answer, Server, copy_instance, event, is_sentence, serving

PARIS = "DTSTART;TZID=Europe/Paris:20210907T100000"
FAR = {
    "an exception in the year 9999": event(
        "loin@essai", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE;TZID=Europe/Paris:99991231T100000", start=PARIS
    ),
    "a description that looks like the year 9999": event(
        "texte@essai", r"DESCRIPTION:(DTSTART\;TZID=Europe/Paris:99991231T100000)", start=PARIS
    ),
    "a birthday until 9999": event("an@essai", "RRULE:FREQ=YEARLY;UNTIL=99991231T235959Z", start=PARIS),
    "a week until 9999": event("semaine@essai", "RRULE:FREQ=WEEKLY;UNTIL=99991231", start=PARIS),
    "a month until 9999, which stands first": event(
        "mois@essai", "RRULE:UNTIL=99991231T235959;FREQ=MONTHLY", start="DTSTART:20210907T100000"
    ),
    "a day until 2099": event("jour@essai", "RRULE:FREQ=DAILY;UNTIL=20991231T235959Z", start=PARIS),
    "a task done in the year 1": event("faite@essai", "COMPLETED:00010101T000000", start=None, component="VTODO"),
    "a task of the year 1": event("creee@essai", "CREATED:00010101T000000", start=None, component="VTODO"),
}
REFUSED = {
    "a date in the year 9999": event(
        "r1@essai", "RDATE;TZID=Europe/Paris:20211001T100000,99991231T100000", start=PARIS
    ),
    "a date in the year 1": event("r2@essai", "RDATE;TZID=Europe/Paris:00010101T100000", start=PARIS),
    "3,000 components within each other": event("r5@essai", *["BEGIN:A"] * 3000, *["END:A"] * 3000),
    "a NUL in a title": event("r6@essai", "SUMMARY:a\0b"),
    "a UID of six thousand characters": event("r7" * 3000),
    "a BEGIN with a parameter": event("r4@essai").replace(b"BEGIN:VEVENT", b"BEGIN;X=1:VEVENT"),
    "a period that ends in the year 9999": event(
        "r3@essai", "RDATE;VALUE=PERIOD:20211001T100000Z/99991231T100000Z", start="DTSTART:20210907T100000Z"
    ),
}


@pytest.fixture(scope="module")
def server(any_instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(copy_instance(any_instance, tmp_path_factory.mktemp("hard") / "home")) as running:
        yield running


@pytest.fixture(scope="module")
def answers(server: Server) -> dict[str, Answer]:
    """What the server answers to each event, all of one calendar."""
    return {what: server.put(path(what), body) for what, body in (FAR | REFUSED).items()}


def path(what: str) -> str:
    return f"/marie/28/essai-{[*FAR, *REFUSED].index(what)}.ics"


@pytest.mark.parametrize("what", FAR)
def test_a_far_date_is_kept(server: Server, answers: dict[str, Answer], what: str) -> None:
    """Some programs write 9999 for ever, and the year 1 for never."""
    assert answers[what].status == 201
    assert server.get(path(what)).body == FAR[what]


@pytest.mark.parametrize("what", REFUSED)
def test_an_event_that_no_agenda_could_hold_is_refused(server: Server, answers: dict[str, Answer], what: str) -> None:
    """In a sentence, with a status that no client retries for ever."""
    assert answers[what].status == 403
    assert is_sentence(answers[what])
    assert server.get(path(what)).status == 404


@pytest.mark.usefixtures("answers")
def test_a_hard_event_costs_nobody_the_calendar(server: Server) -> None:
    """The whole of it is read, with a zone for what is in one, and nothing of it is lost."""
    answer = server.get("/marie/28/")
    assert answer.status == 200
    assert all(body.split(b"UID:")[1].split(b"\r\n")[0] in answer.body for body in FAR.values())


@pytest.mark.usefixtures("answers")
@pytest.mark.parametrize("component", ["VEVENT", "VTODO"])
@pytest.mark.parametrize("year", [2021, 2150])
def test_hard_events_are_searched_and_expanded(server: Server, component: str, year: int) -> None:
    """Within the horizon and beyond it."""
    span = f'start="{year}0901T000000Z" end="{year}1001T000000Z"'
    body = (
        f"<C:calendar-query {NAMESPACES}><D:prop><C:calendar-data><C:expand {span}/></C:calendar-data></D:prop>"
        f'<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="{component}"><C:time-range {span}/>'
        "</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"
    )
    answer = server.request("REPORT", "/marie/28/", body.encode(), headers={"Depth": "1"})
    assert answer.status == 207
    endless = {"VEVENT": path("a week until 9999"), "VTODO": path("a task of the year 1")}
    assert endless[component] in answer.text
