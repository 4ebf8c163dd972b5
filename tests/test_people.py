"""What lets people in, what is kept of them, and how it is taken away: on each database."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from databases import DATABASES
from sqlalchemy import text
from store_contract import MARIE, PASSWORD, dump, event, live, put, revisions

from spro_agenda.errors import BadInput, NotFound, Refused, SproError, UnsupportedComponent
from spro_agenda.model import FORGOTTEN, EventKey
from spro_agenda.store import Act, Actor, Given, Login, Retention, Role, Selection, Store, Token, Writer, token_of
from spro_agenda.store.devices import MOST_DEVICES, VALID
from spro_agenda.store.passwords import is_right
from spro_agenda.store.personal import MOST_PERSONAL
from spro_agenda.store.redacting import LOG, forget_in_log
from spro_agenda.store.retention import idle
from spro_agenda.store.tokens import new_token

CHEF = Actor(login="chef", agent="spro-agenda users")


def prepare(store: Store) -> None:
    with store.write(CHEF) as writer:
        writer.add_account("chef", PASSWORD, Role.ADMIN)
        writer.add_account("marie", PASSWORD, Role.COORDINATOR, ["28"], "Marie Durand")


@pytest.fixture(params=DATABASES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    store = DATABASES[request.param].store(tmp_path, prepare=prepare)
    yield store
    store.close()


def acts(store: Store, login: str | None = None) -> list[tuple[str, Act, str, str]]:
    """The audit, the oldest first."""
    with store.read() as reader:
        found = [(each.login, each.act, each.target, each.detail) for each in reader.audit(Selection(login=login))]
    return found[::-1]


def generation(store: Store) -> int:
    with store.read() as reader:
        return reader.generation()


# ---- Secrets


@pytest.mark.parametrize("token", [new_token() for _each in range(20)], ids=range(20))
def test_a_secret_is_read_as_people_type_it(token: Token) -> None:
    """In capitals, with other blanks, with the hyphens that some keyboards make."""
    for typed in (token.text, token.text.upper(), token.text.replace("-", " "), token.text.replace("-", "\u2011")):
        assert token_of(f" {typed}\n") == token
    assert token.is_of(token.hash)
    assert not Token(token.selector, token.secret[::-1] + "x").is_of(token.hash)


@pytest.mark.parametrize("typed", ["", "mot-de-passe", "a" * 23, "l" * 24, "0" * 24, "2" * 25, "é" * 24])
def test_what_is_no_secret_of_ours_is_none(typed: str) -> None:
    """A chosen password is not taken for one, nor a character that we never use."""
    assert token_of(typed) is None


# ---- Devices


def test_a_device_is_let_in_and_shut_out(store: Store) -> None:
    """Each time every worker is told; the secret is given out once and kept as a hash."""
    before = generation(store)
    with store.write(CHEF) as writer:
        token = writer.add_device(" Marie ", "  Téléphone  de Marie ")
    with store.read() as reader:
        (device,) = reader.devices("marie")
        assert reader.devices("chef") == ()
    assert (device.login, device.label, device.selector, device.last_used) == (
        "marie",
        "Téléphone de Marie",
        token.selector,
        None,
    )
    assert token.is_of(device.secret_hash)
    assert not any(token.secret in line for line in dump(store))
    assert token.secret not in repr(token) + repr(device)
    with store.write(CHEF) as writer:
        assert writer.revoke_device("marie", token.selector.upper()) == "Téléphone de Marie"
    with store.read() as reader:
        assert reader.devices() == ()
        assert reader.generation() == before + 2
    assert [(who, act, target) for who, act, target, _detail in acts(store)[-2:]] == [
        ("chef", Act.DEVICE_ADDED, "marie"),
        ("chef", Act.DEVICE_REVOKED, "marie"),
    ]


@pytest.mark.parametrize(
    ("verb", "error"),
    [
        (lambda writer: writer.add_device("personne", "x"), NotFound),
        (lambda writer: writer.add_device("marie", " "), BadInput),
        (lambda writer: writer.add_device("marie", "x" * 61), BadInput),
        (lambda writer: writer.add_device("marie", "a\x1b[2Jb"), BadInput),
        (lambda writer: writer.revoke_device("marie", "abcdef"), NotFound),
        (lambda writer: writer.revoke_device("personne", "abcdef"), NotFound),
        (lambda writer: writer.invite("personne"), NotFound),
        (lambda writer: writer.use_invitation(new_token(), PASSWORD), NotFound),
        (lambda writer: writer.forget_person("personne"), NotFound),
        (lambda writer: writer.forget_person("chef"), Refused),
        (lambda writer: writer.export_person("personne"), NotFound),
        (lambda writer: writer.make_calendar("personne", "x", Given()), NotFound),
        (lambda writer: writer.make_calendar("marie", "45", Given()), Refused),
        (lambda writer: writer.make_calendar("marie", "agenda", Given()), Refused),
        (lambda writer: writer.make_calendar("marie", "a/b", Given()), Refused),
        (lambda writer: writer.make_calendar("marie", "x", Given(components=("VFREEBUSY",))), Refused),
        (lambda writer: writer.remove_calendar("28"), Refused),
        (lambda writer: writer.remove_calendar("marie/rien"), NotFound),
    ],
)
def test_what_may_not_be_done_is_refused_with_nothing_half_done(
    store: Store, verb: Callable[[Writer], object], error: type[SproError]
) -> None:
    before = dump(store)
    with pytest.raises(error), store.write(CHEF) as writer:
        verb(writer)
    assert dump(store) == before


def test_a_person_has_so_many_devices_at_most(store: Store) -> None:
    """Revoked ones do not count."""
    with store.write(CHEF) as writer:
        tokens = [writer.add_device("marie", f"n° {number}") for number in range(MOST_DEVICES)]
    with pytest.raises(Refused), store.write(CHEF) as writer:
        writer.add_device("marie", "un de trop")
    with store.write(CHEF) as writer:
        writer.revoke_device("marie", tokens[0].selector)
        writer.add_device("marie", "à sa place")


# ---- Invitations


def test_an_invitation_opens_once_and_sets_the_password(store: Store) -> None:
    """One that the person's account did not have yet, too."""
    with store.write(CHEF) as writer:
        writer.add_account("zoe@exemple.fr", None, Role.READER)
        assert writer.account("zoe@exemple.fr").email == "zoe@exemple.fr"
        token = writer.invite("Zoe@exemple.fr")
    with store.read() as reader:
        assert reader.invitation(token).login == "zoe@exemple.fr"
        assert not is_right("", reader.account("zoe@exemple.fr").password_hash)
    with pytest.raises(BadInput), store.write(Actor()) as writer:
        writer.use_invitation(token, "court")
    with store.write(Actor()) as writer:
        assert writer.use_invitation(token, "chemin de halage 2") == "zoe@exemple.fr"
    with store.read() as reader:
        assert is_right("chemin de halage 2", reader.account("zoe@exemple.fr").password_hash)
        with pytest.raises(NotFound, match="ne sert plus"):
            reader.invitation(token)


def test_a_new_invitation_makes_the_former_void(store: Store) -> None:
    """So does its age, and a secret that is not the one."""
    with store.write(CHEF) as writer:
        first, second = writer.invite("marie"), writer.invite("marie")
    with store.read() as reader:
        for none in (first, Token(second.selector, first.secret), new_token()):
            with pytest.raises(NotFound):
                reader.invitation(none)
        assert reader.invitation(second).expires_at == pytest.approx(time.time() + VALID.total_seconds(), abs=10)
    with store._engine.begin() as connection:
        connection.execute(text("UPDATE invitation SET expires_at = expires_at - 3 * 86400"))
    with store.read() as reader, pytest.raises(NotFound):
        reader.invitation(second)


# ---- Who came


def test_who_came_is_remembered_to_the_hour(store: Store) -> None:
    """No caches are dropped for it."""
    with store.write(CHEF) as writer:
        token = writer.add_device("marie", "Téléphone")
    before = generation(store)
    at = 1_795_000_000

    def come(*seconds: int) -> None:
        with store.write(Actor()) as writer:
            writer.note_logins(
                Login(login="marie", at=at + each, address="192.0.2.1", selector=token.selector, client="khal/0.11")
                for each in seconds
            )

    come(0, 10, 3599)
    with store.read() as reader:
        assert reader.account("marie").last_seen == reader.devices("marie")[0].last_used == at
    come(3600)
    with store.read() as reader:
        assert reader.account("marie").last_seen == reader.devices("marie")[0].last_used == at + 3600
    assert acts(store)[-2:] == [("marie", Act.LOGGED_IN, "marie", "khal/0.11 192.0.2.1")] * 2
    assert generation(store) == before


def test_failed_log_ins_are_counted(store: Store) -> None:
    with store.write(Actor()) as writer:
        writer.note_logins([Login(login="marie", at=1_795_000_000, address="192.0.2.9", failures=12)])
    assert acts(store)[-1] == ("marie", Act.LOGIN_FAILED, "marie", "12 × 192.0.2.9")
    with store.read() as reader:
        assert reader.account("marie").last_seen is None


def test_an_account_is_idle_that_nobody_used_for_long(store: Store) -> None:
    """A new one is not."""
    with store.write(CHEF) as writer:
        writer.note_logins([Login(login="marie", at=int(time.time()), address="")])
    with store._engine.begin() as connection:
        connection.execute(text("UPDATE account SET created_at = 0"))
    with store.read() as reader:
        zone, today = reader.region().time_zone, date.today()
        assert [each.login for each in idle(reader.accounts(), today, 24, zone)] == ["chef"]
        later = date(today.year + 3, 1, 1)
        assert [each.login for each in idle(reader.accounts(), later, 24, zone)] == ["chef", "marie"]


# ---- To have a copy, and to be forgotten


def test_all_that_is_kept_of_a_person_is_given(store: Store) -> None:
    """No hash among it; and that it was given is noted."""
    put(store, "28", "a.ics", event("a"), MARIE)
    with store.write(MARIE) as writer:
        writer.add_device("marie", "Téléphone")
        writer.set_properties("28", "marie", {"D:displayname": "à moi"})
        writer.make_calendar("marie", "brouillons", Given(title="Brouillons"))
        writer.put_event("marie/brouillons", "b.ics", event("b"))
    with store.write(CHEF) as writer:
        person = writer.export_person("Marie")
    assert person.account is not None
    assert [each.label for each in person.devices] == ["Téléphone"]
    assert person.properties["28"] == {"D:displayname": "à moi"}
    assert {calendar.name: [each.uid for each in held] for calendar, held in person.calendars.items()} == {
        "Brouillons": ["b"]
    }
    assert [each.key.uid for each in person.revisions] == ["a"]
    assert [each.act for each in person.acts] == [Act.CALENDAR_MADE, Act.DEVICE_ADDED, Act.ACCOUNT_ADDED]
    assert "argon2" not in repr(person)
    assert acts(store)[-1] == ("chef", Act.ACCOUNT_EXPORTED, "marie", "")


def test_a_person_who_is_forgotten_leaves_the_events_and_no_name(store: Store, tmp_path: Path) -> None:
    """Neither in history, nor in redactions, nor in the audit, nor in the log of redactions."""
    put(store, "28", "a.ics", event("a"), Actor(login="marie", agent="Marie's iPhone", device="Téléphone de Marie"))
    with store.write(MARIE) as writer:
        writer.redact_event("28", "a")
        writer.make_calendar("marie", "brouillons", Given())
        writer.put_event("marie/brouillons", "b.ics", event("b"))
        writer.note_logins([Login(login="marie", at=1_795_000_000, address="192.0.2.1", client="Marie's iPhone")])
    (tmp_path / LOG).write_bytes(b'{"network": "28", "by": "marie"}\n{"network": "28", "by": "mariette"}\n')
    with store.write(CHEF) as writer:
        writer.forget_person("Marie")
        forget_in_log(tmp_path, "marie")
    assert [line for line in dump(store) if "marie" in line.lower()] == []
    assert (tmp_path / LOG).read_bytes() == (
        b'{"network": "28", "by": "' + FORGOTTEN.encode() + b'"}\n{"network": "28", "by": "mariette"}\n'
    )
    assert set(live(store, "28")) == {"a.ics"}
    with store.read() as reader:
        assert [each.login for each in reader.accounts()] == ["chef"]
        assert {each.login for each in reader.history(Selection())} == {FORGOTTEN}
        assert list(reader.check()) == []


def test_a_person_without_an_account_any_more_can_be_forgotten(store: Store) -> None:
    """And somebody else may have that login again, with no past."""
    put(store, "28", "a.ics", event("a"), MARIE)
    with store.write(CHEF) as writer:
        writer.remove_account("marie")
        writer.forget_person("marie")
        writer.add_account("marie", PASSWORD, Role.READER)
        assert writer.export_person("marie").revisions == ()


# ---- Personal calendars


def test_a_personal_calendar_is_its_owner_s_and_in_no_list_of_the_region(store: Store) -> None:
    """Its events are in no agenda, compete with nothing, and are in nobody's history."""
    before, given = generation(store), Given(title="À voir", colour="#ff0000", components=("VEVENT",))
    with store.write(MARIE) as writer:
        made = writer.make_calendar("marie", "brouillons", given)
        writer.put_event("marie/brouillons", "a.ics", event("a", "DESCRIPTION:Intervenant : André Chauvet"))
    with pytest.raises(UnsupportedComponent), store.write(MARIE) as writer:
        writer.put_event("marie/brouillons", "t.ics", event("t", component="VTODO"))
    assert (made.name, made.colour, made.components, made.owner) == ("À voir", "#ff0000", ("VEVENT",), "marie")
    with store.read() as reader:
        assert reader.calendars()[0].owner == ""
        assert "marie/brouillons" not in {each.slug for each in reader.calendars()}
        assert reader.personal_calendars() == reader.personal_calendars("marie")
        assert reader.personal_calendars("chef") == ()
        assert list(reader.history(Selection())) == []
        assert list(reader.check()) == []
    with store._engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM occurrence_key")).scalar() == 0
    assert generation(store) == before + 1


def test_a_personal_calendar_goes_with_all_that_it_held(store: Store) -> None:
    """But for what was moved to a network's; another of its name has another sync epoch."""
    with store.write(MARIE) as writer:
        first = writer.make_calendar("marie", "x", Given())
        writer.set_properties("marie/x", "marie", {"D:displayname": "à moi"})
        for name in "ab":
            writer.put_event("marie/x", f"{name}.ics", event(name))
        writer.move_event("marie/x", "b.ics", "28", "b.ics")
        writer.remove_calendar("marie/x")
        second = writer.make_calendar("marie", "x", Given())
        assert list(writer.objects("marie/x")) == []
    assert first.sync_epoch != second.sync_epoch
    assert [(row.uid, row.previous_id) for row in revisions(store)] == [("b", None)]
    with store.read() as reader:
        assert list(reader.check()) == []


def test_a_person_has_so_many_calendars_at_most(store: Store) -> None:
    with store.write(MARIE) as writer:
        for number in range(MOST_PERSONAL):
            writer.make_calendar("marie", f"p-{number}", Given())
    with pytest.raises(Refused), store.write(MARIE) as writer:
        writer.make_calendar("marie", "un-de-trop", Given())


def drafts(store: Store) -> None:
    """Marie's own calendar, with a copy of an event of the network 28."""
    put(store, "28", "a.ics", event("a", "SUMMARY:Entretien de Mme Dupont"))
    with store.write(MARIE) as writer:
        writer.make_calendar("marie", "brouillons", Given())
        writer.put_event("marie/brouillons", "copie.ics", event("a", "SUMMARY:Entretien de Mme Dupont"))


def test_a_copy_among_drafts_is_none_of_the_network_s_business(store: Store) -> None:
    """Neither history, nor restoring, nor the trash, nor a purge stumble over it; a redaction reaches it."""
    drafts(store)
    key = EventKey("28", "a")
    with store.read() as reader:
        assert [each.slug for each in reader.lineage(key)] == ["28"]
        assert reader.copies(key) == ((), ())
        assert reader.event_called(key.short[:8]) == key
        assert len(list(reader.history(Selection(event=key)))) == 1
    with store.write(MARIE) as writer:
        writer.delete_event("28", "a.ics")
        writer.restore_event(key)
    with store.write(CHEF) as writer:
        redaction = writer.redact_event("28", "a")
    assert redaction.networks == ("28",)
    assert not any("Dupont" in line or b"Dupont".hex() in line.lower() for line in dump(store))
    with store.write(MARIE) as writer:
        writer.delete_event("28", "a.ics")
    in_three_years = date.today().replace(year=date.today().year + 4, day=1)
    assert store.purge(in_three_years, Retention(), CHEF).events == 1
    with store.read() as reader:
        assert list(reader.check()) == []


def test_what_is_moved_among_drafts_can_be_brought_back(store: Store) -> None:
    """Even once the drafts are gone; and what comes from drafts has no past."""
    put(store, "28", "a.ics", event("a"))
    with store.write(MARIE) as writer:
        writer.make_calendar("marie", "brouillons", Given())
        writer.move_event("28", "a.ics", "marie/brouillons", "a.ics")
    with store.read() as reader:
        assert [each.key for each in reader.trash()] == [EventKey("28", "a")]
        assert list(reader.objects("marie/brouillons")) != []
    with store.write(MARIE) as writer:
        writer.remove_calendar("marie/brouillons")
        writer.restore_event(EventKey("28", "a"))
        writer.make_calendar("marie", "autre", Given())
        writer.put_event("marie/autre", "b.ics", event("b"))
        writer.move_event("marie/autre", "b.ics", "28", "b.ics")
        assert {each.href for each in writer.objects("28")} == {"a.ics", "b.ics"}
        assert [each.deed.value for each in writer.history(Selection(event=EventKey("28", "b")))] == ["created"]
        writer.forget_person("marie")
    assert not any("marie" in line for line in dump(store))


@pytest.mark.parametrize("name", ["eure-et-loir", "Région", "28 ", "045", "2A", "spro-28"])
def test_a_personal_calendar_is_not_called_as_one_of_the_region_is(store: Store, name: str) -> None:
    """A merge would take it for the network's."""
    with pytest.raises(Refused), store.write(MARIE) as writer:
        writer.make_calendar("marie", name, Given())


def test_what_was_done_about_a_person_is_given_too(store: Store) -> None:
    with store.write(CHEF) as writer:
        writer.add_device("marie", "Téléphone")
        person = writer.export_person("marie")
    assert [(each.login, each.act) for each in person.acts] == [
        ("chef", Act.DEVICE_ADDED),
        ("chef", Act.ACCOUNT_ADDED),
    ]


@pytest.mark.parametrize("database", DATABASES)
def test_a_restored_store_lets_nobody_in_again_who_was_shut_out(database: str, tmp_path: Path) -> None:
    """The devices revoked since, and the links that were out then."""
    url = DATABASES[database].new(tmp_path, prepare=prepare)
    store = Store.open(url, tmp_path)
    with store.write(CHEF) as writer:
        lost, kept, link = (
            writer.add_device("marie", "perdu"),
            writer.add_device("marie", "gardé"),
            writer.invite("marie"),
        )
    saved = store.save(tmp_path / "sauvegarde.spro.gz")
    with store.write(CHEF) as writer:
        writer.revoke_device("marie", lost.selector)
    store.close()
    Store.restore(url, tmp_path, saved)
    store = Store.open(url, tmp_path)
    with store.read() as reader:
        assert [each.selector for each in reader.devices()] == [kept.selector]
        with pytest.raises(NotFound):
            reader.invitation(link)
    store.close()
