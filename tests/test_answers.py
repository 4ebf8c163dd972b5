"""An answer is given again only while it is what would be answered anew."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from serving import CS, DAV, ICAL, NAMESPACES, Server, event

from spro_agenda.server.answers import LARGEST_ANSWER, MOST_KEPT, Answers, Question

ASKED = ("CS:getctag", "D:sync-token", "D:displayname", "ICAL:calendar-color", "D:current-user-privilege-set")


def said(server: Server, login: str = "marie", home: str = "", asked: tuple[str, ...] = ASKED) -> bytes:
    answer = server.propfind(f"/{home or login}/28/", *asked, login=login)
    assert answer.status == 207, answer.text
    return answer.body


def colour(server: Server, login: str, value: str) -> None:
    body = (
        f"<D:propertyupdate {NAMESPACES}><D:set><D:prop><ICAL:calendar-color>{value}</ICAL:calendar-color></D:prop>"
        "</D:set></D:propertyupdate>"
    )
    assert server.request("PROPPATCH", f"/{login}/28/", body.encode(), login=login).status == 207


CHANGES: dict[str, Callable[[Server], object]] = {
    "a new event": lambda server: server.put("/marie/28/neuf.ics", event("neuf@reponses")),
    "another text": lambda server: server.put("/marie/28/neuf.ics", event("neuf@reponses", "LOCATION:Dreux")),
    "a deletion": lambda server: server.request("DELETE", "/marie/28/neuf.ics"),
    "a colour of one's own": lambda server: colour(server, "marie", "#102030"),
}


def test_what_has_not_changed_is_answered_alike(server: Server) -> None:
    """However often it is asked, and whatever others do to another calendar."""
    before = said(server)
    server.request("PUT", "/paul/41/ailleurs.ics", event("ailleurs@reponses"), login="paul")
    assert said(server) == said(server) == before


@pytest.mark.parametrize("name", CHANGES)
def test_what_has_changed_is_answered_anew_at_once(server: Server, name: str) -> None:
    """The very next question sees it."""
    before = said(server)
    CHANGES[name](server)
    after = said(server)
    assert after != before
    assert said(server) == after


def test_each_person_address_and_question_has_an_answer_of_its_own(server: Server) -> None:
    """Colours, rights and hrefs are those of who asks, where; and nobody gets what was not asked for."""
    colour(server, "marie", "#010203")
    answers = {said(server, login, home) for login in ("marie", "luc") for home in ("", "spro") for _twice in range(2)}
    assert len(answers) == 4
    assert b"#010203" not in said(server, "luc")
    assert server.propfind("/marie/28/", "D:displayname").texts(f"{CS}getctag") == []
    assert server.propfind("/marie/28/", "CS:getctag").texts(f"{ICAL}calendar-color") == []


def test_behind_a_proxy_addresses_are_those_of_the_proxy(server: Server) -> None:
    """The same question through two doors."""
    body = f"<D:propfind {NAMESPACES}><D:prop><D:owner/></D:prop></D:propfind>".encode()
    named = {"Depth": "0", "X-Script-Name": "/agenda"}
    direct = server.propfind("/marie/28/", "D:owner").texts(f"{DAV}href")
    proxied = server.request("PROPFIND", "/marie/28/", body, headers=named).texts(f"{DAV}href")
    assert direct[0] == "/marie/28/"
    assert proxied[0] == "/agenda/marie/28/"


def test_no_one_sees_by_an_old_answer_what_is_not_theirs(server: Server) -> None:
    """A refusal stays one, though somebody else was answered before."""
    said(server, "marie")
    assert server.propfind("/marie/28/", *ASKED, login="luc").status == 403
    assert server.propfind("/marie/28/", *ASKED, login=None).status == 401


def test_answers_are_kept_in_a_number_that_memory_bears() -> None:
    """The one that was asked for longest ago goes."""
    answers: Answers[int] = Answers()
    asked = [
        Question(user="", prefix="", path="", body=b"", generation=0, epoch="", number=number)
        for number in range(MOST_KEPT + 1)
    ]
    for number, each in enumerate(asked[:-1]):
        answers.keep(each, number, size=100)
    assert answers.get(asked[0]) == 0
    answers.keep(asked[-1], MOST_KEPT, size=100)
    assert answers.get(asked[0]) == 0
    assert answers.get(asked[1]) is None
    assert answers.get(asked[-1]) == MOST_KEPT


@pytest.mark.parametrize(("size", "is_kept"), [(LARGEST_ANSWER, True), (LARGEST_ANSWER + 1, False)])
def test_a_large_answer_is_not_kept(size: int, is_kept: bool) -> None:
    """Five hundred of them are to be nothing."""
    answers: Answers[int] = Answers()
    asked = Question(user="", prefix="", path="", body=b"", generation=0, epoch="", number=0)
    answers.keep(asked, 1, size)
    assert (answers.get(asked) == 1) is is_kept
