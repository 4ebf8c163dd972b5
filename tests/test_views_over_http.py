"""Two clients of one calendar, one who writes it and one who does not: what each holds after synchronising."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from serving import CAL, DAV, NAMESPACES, Answer, Server, copy_instance, event, serving, store_of

from spro_agenda.ical.outside import seen_outside
from spro_agenda.ical.read import read_object
from spro_agenda.store import AccountChange, Actor, Role

TITLE = "Entretien de Madame Dupont"


@pytest.fixture(scope="module")
def pair(instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Two workers: caches of either must not tell."""
    with serving(copy_instance(instance, tmp_path_factory.mktemp("views") / "home"), workers=2) as running:
        yield running


@dataclass(slots=True)
class Client:
    """A client as Thunderbird is one: sync-collection with its token, then multiget of what changed."""

    server: Server
    login: str
    token: str = ""
    held: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By name: the entity tag, and the text."""

    @property
    def path(self) -> str:
        return f"/{self.login}/28/"

    def synchronise(self) -> None:
        answer = self._report(
            f"<D:sync-collection {NAMESPACES}><D:sync-token>{self.token}</D:sync-token><D:sync-level>1</D:sync-level>"
            "<D:prop><D:getetag/></D:prop></D:sync-collection>"
        )
        if answer.status == 403 and self.token:
            assert "valid-sync-token" in answer.text
            self.token, self.held = "", {}
            return self.synchronise()
        assert answer.status == 207
        changed = []
        for each in answer.xml.iter(f"{DAV}response"):
            href = each.findtext(f"{DAV}href") or ""
            if "404" in (each.findtext(f"{DAV}status") or ""):
                self.held.pop(_name(href), None)
            else:
                changed.append(href)
        self.token = answer.xml.findtext(f"{DAV}sync-token") or ""
        return self._fetch(changed)

    def _fetch(self, hrefs: list[str]) -> None:
        named = "".join(f"<D:href>{href}</D:href>" for href in hrefs)
        answer = self._report(
            f"<C:calendar-multiget {NAMESPACES}><D:prop><D:getetag/><C:calendar-data/></D:prop>{named}"
            "</C:calendar-multiget>"
        )
        for each in answer.xml.iter(f"{DAV}response"):
            tag, text = each.findtext(f".//{DAV}getetag"), each.findtext(f".//{CAL}calendar-data")
            assert tag
            assert text
            self.held[_name(each.findtext(f"{DAV}href") or "")] = tag, text

    def _report(self, body: str) -> Answer:
        headers = {"Depth": "1", "Content-Type": "application/xml"}
        return self.server.request("REPORT", self.path, body.encode(), login=self.login, headers=headers)


def _name(href: str) -> str:
    return unquote(href.rpartition("/")[2])


STEP = st.tuples(
    st.sampled_from(["put", "put", "put", "delete"]),
    st.sampled_from("abc"),
    st.sampled_from(["PUBLIC", "CONFIDENTIAL", "PRIVATE"]),
    st.integers(0, 2),
    st.booleans(),
)
ROUNDS = count()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=1, max_size=10))
def test_each_ends_up_with_what_concerns_it(pair: Server, steps: list[tuple[str, str, str, int, bool]]) -> None:
    """Whatever changes class, comes, goes or is written again, and whenever each synchronised before."""
    number, sent = next(ROUNDS), dict[str, bytes]()
    insider, outsider = Client(pair, "marie"), Client(pair, "paul")
    for verb, letter, word, version, synchronises in steps:
        name = f"{number}-{letter}.ics"
        if verb == "put":
            body = event(f"{number}-{letter}@essai", f"CLASS:{word}", f"SUMMARY:{TITLE}", f"DESCRIPTION:{version}")
            assert pair.put(f"/marie/28/{name}", body).status in (201, 204)
            sent[name] = body
        else:
            assert pair.request("DELETE", f"/marie/28/{name}").status == (200 if name in sent else 404)
            sent.pop(name, None)
        if synchronises:
            insider.synchronise()
            outsider.synchronise()
    for client, expected in ((insider, sent), (outsider, seen(sent))):
        client.synchronise()
        own = {name: text for name, (_tag, text) in client.held.items() if name.startswith(f"{number}-")}
        assert own == {name: lined(body) for name, body in expected.items()}
        fresh = Client(pair, client.login)
        fresh.synchronise()
        assert fresh.held == client.held
    for name in sent:
        answer = pair.get(f"/paul/28/{name}", login="paul")
        assert (answer.status == 200) == (name in outsider.held)
        if answer.status == 200:
            assert answer.etag == outsider.held[name][0]


def seen(sent: dict[str, bytes]) -> dict[str, bytes]:
    """What is seen from outside, by its definition."""
    words = {name: read_object(body, "").visibility.value for name, body in sent.items()}
    return {
        name: seen_outside(body) if words[name] == "confidential" else body
        for name, body in sent.items()
        if words[name] != "private"
    }


def lined(body: bytes) -> str:
    """A text as XML has it (XML section 2.11)."""
    return body.decode().replace("\r\n", "\n")


def test_who_is_moved_to_another_network_sees_it_at_the_next_synchronisation(pair: Server) -> None:
    """The own network's secrets come, the former's go; and clients grey out what may not be written any more."""
    assert pair.put("/marie/28/secret.ics", event("secret@essai", "CLASS:PRIVATE", f"SUMMARY:{TITLE}")).status == 201
    christine = Client(pair, "christine")
    christine.synchronise()
    assert "secret.ics" not in christine.held
    for change, holds in (
        (AccountChange(role=Role.COORDINATOR, networks=("28",)), True),
        (AccountChange(networks=("45",)), False),
    ):
        store = store_of(pair.home)
        with store.write(Actor()) as writer:
            writer.set_account("christine", change)
        store.close()
        christine.synchronise()
        assert ("secret.ics" in christine.held) is holds
        told = pair.propfind("/christine/28/", "D:current-user-privilege-set", login="christine").text
        assert ("<write" in told) is holds
        homes = pair.propfind("/christine/", "D:displayname", login="christine", depth=1).xml
        _home, first, *_others = (each.text or "" for each in homes.iter(f"{DAV}displayname"))
        assert first.startswith("28" if holds else "45")


def test_who_has_become_a_coordinator_is_not_told_to_keep_what_was_hidden(pair: Server) -> None:
    """« Occupé » has the date of what it hides; a client may ask by that date alone (RFC 9110 section 13.1.3)."""
    body = event("cache@essai", "CLASS:CONFIDENTIAL", f"SUMMARY:{TITLE}")
    assert pair.put("/marie/28/cache.ics", body).status == 201
    address = "/christine/28/cache.ics"
    before = pair.get(address, login="christine")
    assert TITLE not in before.text
    store = store_of(pair.home)
    with store.write(Actor()) as writer:
        writer.set_account("christine", AccountChange(role=Role.COORDINATOR, networks=("28",)))
    store.close()
    since = {"If-Modified-Since": before.headers["last-modified"]}
    after = pair.request("GET", address, login="christine", headers=since)
    assert (after.status, TITLE in after.text) == (200, True)
    store = store_of(pair.home)
    with store.write(Actor()) as writer:
        writer.set_account("christine", AccountChange(networks=("45",)))
    store.close()
    hidden = pair.request("GET", address, login="christine", headers=since)
    assert (hidden.status, TITLE in hidden.text) == (200, False)
