"""Looking for people finds oneself: clients ask for their own principal so (RFC 3744 section 9.4)."""

from __future__ import annotations

from http import HTTPStatus

import pytest
from serving import CAL, DAV, NAMESPACES, Answer, Server

ADDRESS = "<C:calendar-user-address-set/>"


def look_for(
    server: Server,
    *searches: tuple[str, str],
    asked: str = "<D:displayname/><C:calendar-home-set/>",
    path: str = "/",
    login: str | None = "marie",
) -> Answer:
    """A search for a property, as XML, that has a text; with several searches, for all of them."""
    matches = "".join(
        f"<D:property-search><D:prop>{name}</D:prop><D:match>{text}</D:match></D:property-search>"
        for name, text in searches
    )
    body = f"<D:principal-property-search {NAMESPACES}>{matches}<D:prop>{asked}</D:prop></D:principal-property-search>"
    return server.request("REPORT", path, body.encode(), login=login, headers={"Depth": "0"})


def found(answer: Answer) -> list[str | None]:
    """The addresses of the principals of an answer."""
    assert answer.status == HTTPStatus.MULTI_STATUS, answer.text
    return [row.findtext(f"{DAV}href") for row in answer.xml.iter(f"{DAV}response")]


@pytest.mark.parametrize(
    "searches",
    [
        (),
        (("<D:displayname/>", "marie"),),
        (("<D:displayname/>", "MAR"),),
        ((ADDRESS, "/marie/"),),
        (("<D:displayname/>", "mar"), (ADDRESS, "rie")),
    ],
)
@pytest.mark.parametrize("path", ["/", "/marie/"])
def test_a_person_finds_herself(standing: Server, searches: tuple[tuple[str, str], ...], path: str) -> None:
    """By name, by address, by both, or by nothing; whatever the case."""
    answer = look_for(standing, *searches, path=path)
    assert found(answer) == ["/marie/"]
    assert answer.texts(f"{DAV}displayname") == ["marie"]
    assert answer.xml.findtext(f".//{CAL}calendar-home-set/{DAV}href") == "/marie/"


@pytest.mark.parametrize(
    "searches",
    [
        (("<D:displayname/>", "paul"),),
        (("<D:displayname/>", "marie"), (ADDRESS, "paul")),
        (("<D:displayname/><C:calendar-user-address-set/>", "28"),),
        (("<D:getetag/>", ""),),
    ],
)
def test_nobody_else_is_found(standing: Server, searches: tuple[tuple[str, str], ...]) -> None:
    """There is a paul; but who has an account is his own business."""
    assert found(look_for(standing, *searches)) == []


def test_who_did_not_say_who_she_is_finds_nobody(standing: Server) -> None:
    assert look_for(standing, login=None).status == HTTPStatus.UNAUTHORIZED


def test_what_a_principal_lacks_is_told_apart(standing: Server) -> None:
    """And what can stand in no answer is left out."""
    asked = "<D:principal-URL/><D:resourcetype/><D:getetag/><rien/><xml:rien/>"
    rows = list(look_for(standing, asked=asked).xml.iter(f"{DAV}propstat"))
    names = [[prop.tag for prop in row.iterfind(f"{DAV}prop/*")] for row in rows]
    assert names == [[f"{DAV}principal-URL", f"{DAV}resourcetype"], [f"{DAV}getetag", "rien"]]
    assert [row.findtext(f"{DAV}status") for row in rows] == ["HTTP/1.1 200 OK", "HTTP/1.1 404 Not Found"]


def test_the_caldav_library_s_list_beside_its_place_is_understood(standing: Server) -> None:
    """It writes an empty D:prop, and after it what it wants."""
    body = (
        f"<D:principal-property-search {NAMESPACES}><D:prop/><C:calendar-home-set/><D:displayname/>"
        "</D:principal-property-search>"
    )
    answer = standing.request("REPORT", "/", body.encode())
    assert answer.texts(f"{DAV}displayname") == ["marie"]
    assert answer.xml.find(f".//{CAL}calendar-home-set") is not None


@pytest.mark.parametrize(("path", "name"), [("/marie/", "marie"), ("/spro/", "Agenda SPRO")])
def test_a_principal_has_a_name(standing: Server, path: str, name: str) -> None:
    """Which must not be empty (RFC 3744 section 4): the login where nobody gave another."""
    assert standing.propfind(path, "D:displayname").texts(f"{DAV}displayname") == [name]
