"""A client that has what it asks for is told no more than that: each is 200 on stock Radicale, with the whole body."""

from __future__ import annotations

import pytest
from serving import NAMESPACES, Server, event

from spro_agenda.server.conditional import is_known

EVENT, CALENDAR = "/marie/28/connu.ics", "/marie/28/"
LONG_AGO, MUCH_LATER = "Mon, 01 Jan 2001 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"


@pytest.fixture(scope="module", autouse=True)
def known(server: Server) -> None:
    assert server.put(EVENT, event("connu@essai")).status == 201


@pytest.mark.parametrize("path", [EVENT, CALENDAR])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_has_not_changed_is_not_sent_again(server: Server, path: str, method: str) -> None:
    """By its entity tag, or, for an event, by its date: a calendar's name may change without its date."""
    first = server.request(method, path)
    etag, modified = first.etag, first.headers["last-modified"]
    by_date = [{"If-Modified-Since": modified}] if path == EVENT else []
    for condition in ({"If-None-Match": etag}, *by_date):
        answer = server.request(method, path, headers=condition)
        assert (answer.status, answer.body, answer.etag) == (304, b"", etag)
        assert "content-type" not in answer.headers


@pytest.mark.parametrize("path", [EVENT, CALENDAR])
def test_what_has_changed_is_sent(server: Server, path: str) -> None:
    """Whatever the date says: an entity tag goes before it."""
    before = server.get(path)
    assert server.put(EVENT, event("connu@essai", f"LOCATION:{path.strip('/').replace('/', ' ')}")).status == 204
    after = server.request("GET", path, headers={"If-None-Match": before.etag, "If-Modified-Since": MUCH_LATER})
    assert after.status == 200
    assert after.body != before.body
    assert server.request("GET", path, headers={"If-Modified-Since": LONG_AGO}).body == after.body


def test_a_calendar_that_was_given_another_name_is_sent(server: Server) -> None:
    """Its text has the name."""
    before = server.get(CALENDAR)
    body = (
        f"<D:propertyupdate {NAMESPACES}><D:set><D:prop><D:displayname>À moi</D:displayname></D:prop></D:set>"
        "</D:propertyupdate>"
    )
    assert server.request("PROPPATCH", CALENDAR, body.encode()).status == 207
    after = server.request("GET", CALENDAR, headers={"If-None-Match": before.etag})
    assert after.status == 200
    assert "X-WR-CALNAME:À moi" in after.text


def test_what_may_not_be_read_is_refused_all_the_same(server: Server) -> None:
    """A condition opens nothing, and hides no error."""
    headers = {"If-None-Match": "*"}
    assert server.request("GET", EVENT, login=None, headers=headers).status == 401
    assert server.request("GET", "/marie/28/nulle-part.ics", headers=headers).status == 404


@pytest.mark.parametrize(
    ("method", "condition", "holds"),
    [
        ("GET", {"HTTP_IF_NONE_MATCH": '"a"'}, True),
        ("HEAD", {"HTTP_IF_NONE_MATCH": '"b", W/"a"'}, True),
        ("GET", {"HTTP_IF_NONE_MATCH": "*"}, True),
        ("GET", {"HTTP_IF_NONE_MATCH": '"b"'}, False),
        ("GET", {"HTTP_IF_NONE_MATCH": "a"}, False),
        ("GET", {"HTTP_IF_NONE_MATCH": ""}, False),
        ("GET", {"HTTP_IF_NONE_MATCH": '"b"', "HTTP_IF_MODIFIED_SINCE": MUCH_LATER}, False),
        ("GET", {"HTTP_IF_MODIFIED_SINCE": "Tue, 01 Jun 2021 10:00:00 GMT"}, True),
        ("GET", {"HTTP_IF_MODIFIED_SINCE": "Tue, 01 Jun 2021 09:59:59 GMT"}, False),
        ("GET", {"HTTP_IF_MODIFIED_SINCE": "hier"}, False),
        ("GET", {"HTTP_IF_MODIFIED_SINCE": "99 GMT"}, False),
        ("GET", {"HTTP_IF_MODIFIED_SINCE": "Mon, 01 Jan 99999999999 00:00:00 GMT"}, False),
        ("GET", {"HTTP_IF_MODIFIED_SINCE": "Mon, 01 Jan 2024 00:00:00 -0000 GMT"}, False),
        ("GET", {"HTTP_IF_MODIFIED_SINCE": MUCH_LATER, "PATH_INFO": "/marie/28/"}, False),
        ("GET", {"HTTP_IF_MODIFIED_SINCE": "Tue, 01 Jun 2021 10:00:00 +0000"}, False),
        ("GET", {}, False),
        ("PUT", {"HTTP_IF_NONE_MATCH": "*"}, False),
        ("PROPFIND", {"HTTP_IF_NONE_MATCH": '"a"'}, False),
    ],
)
def test_conditions_are_read_as_http_has_them(method: str, condition: dict[str, str], holds: bool) -> None:
    """RFC 9110 sections 13.1.2, 13.1.3 and 13.2.2; what is no date is as if it were not there."""
    headers = [("ETag", '"a"'), ("Last-Modified", "Tue, 01 Jun 2021 10:00:00 GMT")]
    environ = {"REQUEST_METHOD": method, "PATH_INFO": EVENT, **condition}
    assert is_known(environ, headers) is holds
    assert is_known(environ, headers, differs=True) is (holds and "HTTP_IF_NONE_MATCH" in condition)
    assert is_known(environ, []) is False
