"""The rows that we write are those that Radicale would have written: same properties, same texts, same addresses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest
from replaying import HOME, Ask, comp, multiget, propfind, query, report, sync, time_range
from serving import ROOT, Server, copy_instance, event, serving

from spro_agenda.errors import BadInput
from spro_agenda.instance import flag
from spro_agenda.server.multistatus import with_rows
from spro_agenda.server.wsgi import configuration_of

SWITCH = "own_rows = True"
HARD = sorted((ROOT / "tests" / "ical").glob("*.ics"))
ODD = "l'été & <b>;%22 [1].ics"
DATA = "<D:getetag/><C:calendar-data/>"
EXPANDED = '<D:getetag/><C:calendar-data><C:expand start="20210601T000000Z" end="20211201T000000Z"/></C:calendar-data>'
AUTUMN = comp("VEVENT", time_range("20210901T000000Z", "20211201T000000Z"))

ASKED = [
    propfind("each etag", "D:getetag", depth=1),
    propfind("what clients ask", "D:getetag", "D:getcontenttype", "D:resourcetype", "D:getlastmodified", depth=1),
    propfind("the calendar's too", "D:getetag", "D:displayname", "CS:getctag", depth=1),
    propfind("twice the same", "D:getetag", "D:getetag", depth=1),
    propfind("an object", "D:getetag", path=f"{HOME}leap-day.ics", depth=1),
    propfind("a home", "D:getetag", "D:resourcetype", path="/marie/", depth=1),
    propfind("no calendar of theirs", "D:getetag", path="/marie/nulle-part/", depth=1),
    query("a season", AUTUMN),
    query("with texts", AUTUMN, DATA),
    query("with types", AUTUMN, "<D:getcontenttype/><D:getetag/>"),
    query("expanded", AUTUMN, EXPANDED),
    query("tasks", comp("VTODO"), DATA),
    query("all", comp("VEVENT"), DATA),
    query("all, etags", comp("VEVENT")),
    query("what Radicale filters", comp("VEVENT", '<C:prop-filter name="LOCATION"/>'), DATA),
    query(
        "what there is not", AUTUMN, '<D:getetag/><D:displayname/><x:y xmlns:x="urn:&lt;&amp;&quot;"/><D:resourcetype/>'
    ),
    query("only what there is not", AUTUMN, "<D:getlastmodified/>"),
    query("nothing", AUTUMN, ""),
    query("nothing in time", comp("VEVENT", time_range("19000101T000000Z", "19000102T000000Z")), DATA),
    Ask(
        name="an object in time",
        method="REPORT",
        path=f"{HOME}leap-day.ics",
        body=query("", AUTUMN, DATA).body,
        headers={"Depth": "0"},
    ),
    Ask(name="an object of a kind", method="REPORT", path=f"{HOME}leap-day.ics", body=query("", comp("VEVENT")).body),
    query("a name of XML's own", AUTUMN, "<D:getetag/><xml:foo/>"),
    multiget("some", *(f"{HOME}{name}" for name in ("leap-day.ics", "nulle-part.ics", "l%27%C3%A9t%C3%A9.ics"))),
    sync("first"),
    sync("first, with texts", wanted=DATA),
    sync("first, expanded", wanted=EXPANDED),
    sync("a token that is none", "n'importe quoi"),
    report("no report of ours", "D:principal-search-property-set", ""),
]


@pytest.fixture(scope="module")
def both(instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[bool, Server]]:
    """A server that writes rows and one that leaves them to Radicale, on copies of one instance."""
    first = copy_instance(instance, tmp_path_factory.mktemp("rows") / "ours")
    with serving(first) as server:
        for file in HARD:
            server.request("PUT", f"{HOME}{file.name}", file.read_bytes())
        for number, href in enumerate((ODD, "l'été.ics")):
            body = event(f"étrange-{number}@rangs", "DESCRIPTION:a < b & c > d ]]> é")
            assert server.put(f"{HOME}{quote(href)}", body).status == 201
    second = copy_instance(first, tmp_path_factory.mktemp("rows") / "radicale")
    config = second / "config.ini"
    config.write_text(config.read_text("utf-8").replace(SWITCH, "own_rows = False"), "utf-8")
    with serving(first) as ours, serving(second) as theirs:
        yield {True: ours, False: theirs}


def said(server: Server, ask: Ask, prefix: str) -> tuple[int, list[str]]:
    """The status of an answer, and its rows in a form without order of rows or of namespaces."""
    headers = {**ask.headers, "X-Script-Name": prefix} if prefix else ask.headers
    answer = server.request(ask.method, ask.path, ask.sent, headers=headers)
    if answer.status != 207:
        return answer.status, [answer.text]
    return 207, sorted(
        ET.canonicalize(ET.tostring(row, encoding="unicode"), rewrite_prefixes=True)
        for row in ET.fromstring(answer.body)
    )


@pytest.mark.parametrize("prefix", ["", "/agenda & co"])
@pytest.mark.parametrize("ask", ASKED, ids=lambda ask: ask.name)
def test_rows_are_those_of_radicale(both: Mapping[bool, Server], ask: Ask, prefix: str) -> None:
    """Whatever is asked of which calendar, behind a proxy's prefix or not."""
    assert said(both[True], ask, prefix) == said(both[False], ask, prefix)


def test_rows_are_there(both: Mapping[bool, Server]) -> None:
    """That both say the same would hold of nothing, too."""
    for ask in ASKED[:2] + ASKED[7:13]:
        assert len(said(both[True], ask, "")[1]) > 3, ask.name


def test_another_form_of_radicale_s_answer_is_told(instance: Path) -> None:
    """Rows are never put where they might not be read."""
    with pytest.raises(RuntimeError, match=r"3\.9"):
        with_rows(b'<?xml version="1.0"?>\n<d:multistatus xmlns:d="DAV:" />', "<response/>")


def test_the_switch_is_one_or_the_other(home: Path) -> None:
    """A word that is neither is refused with the file and what to write."""
    config = home / "config.ini"
    text = config.read_text("utf-8")
    for given, holds in (("True", True), ("off", False)):
        config.write_text(text.replace(SWITCH, f"own_rows = {given}"), "utf-8")
        assert flag(configuration_of(home), "storage", "own_rows", default=True) is holds
    config.write_text(text.replace(SWITCH, "own_rows = peut-être"), "utf-8")
    with pytest.raises(BadInput, match=r"config\.ini.*own_rows = peut-être.*True ou False"):
        flag(configuration_of(home), "storage", "own_rows", default=True)
