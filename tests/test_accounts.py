"""Who may have an account, what each may write, and how passwords are kept."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from spro_agenda.errors import BadInput
from spro_agenda.store import Account, Role, passwords
from spro_agenda.store.accounts import LONGEST_LOGIN, SHORTEST_PASSWORD, check_account
from spro_agenda.store.passwords import hash_password, is_right

PASSWORD = "chemin de halage"


def account(role: Role, *networks: str) -> Account:
    return Account(
        login="marie",
        name="",
        email="",
        role=role,
        networks=networks,
        created_at=0,
        last_seen=None,
        password_hash="$argon2id$secret",
    )


@pytest.mark.parametrize("login", ["a", "7", "marie.durand", "marie-durand_2@spro.example", "a" * LONGEST_LOGIN])
def test_a_login_is_small_letters_digits_and_some_signs(login: str) -> None:
    """And begins with a letter or a digit."""
    check_account(login, PASSWORD, Role.READER, ())


@pytest.mark.parametrize(
    "login",
    [
        "",
        " ",
        "Marie",
        "élise",
        "marie durand",
        "marie\n",
        ".marie",
        "-marie",
        "@marie",
        "marie/28",
        "marie:x",
        "..",
        "spro",
        "a" * (LONGEST_LOGIN + 1),
        "мария",
        "m\0",
    ],
)
def test_a_login_that_no_address_can_hold_is_refused(login: str) -> None:
    """It is a part of every address of a home; « spro » is the calendars' own."""
    with pytest.raises(BadInput, match="identifiant"):
        check_account(login, PASSWORD, Role.READER, ())


@pytest.mark.parametrize("password", ["", "a" * (SHORTEST_PASSWORD - 1)])
def test_a_short_password_is_refused_without_being_repeated(password: str) -> None:
    with pytest.raises(BadInput, match=str(SHORTEST_PASSWORD)) as raised:
        check_account("marie", password, Role.READER, ())
    assert not password or password not in str(raised.value)


@pytest.mark.parametrize(
    ("role", "networks"),
    [
        (Role.COORDINATOR, ("28",)),
        (Role.COORDINATOR, ("28", "45")),
        (Role.REGION, ()),
        (Role.READER, ()),
        (Role.ADMIN, ()),
    ],
)
def test_a_coordinator_alone_has_networks(role: Role, networks: tuple[str, ...]) -> None:
    """One at least; nobody else has any."""
    check_account("marie", PASSWORD, role, networks)
    with pytest.raises(BadInput, match="--network"):
        check_account("marie", PASSWORD, role, () if networks else ("28",))


def test_the_regions_calendar_is_no_coordinators() -> None:
    """It is written by accounts of the region: a network may not be the region."""
    with pytest.raises(BadInput, match="--role region"):
        check_account("marie", PASSWORD, Role.COORDINATOR, ("28", "region"))


@pytest.mark.parametrize(
    ("who", "writes"),
    [
        (account(Role.COORDINATOR, "28"), {"28"}),
        (account(Role.COORDINATOR, "28", "45"), {"28", "45"}),
        (account(Role.REGION), {"region"}),
        (account(Role.READER), set()),
        (account(Role.ADMIN), set()),
    ],
)
def test_a_person_writes_their_own_calendars_alone(who: Account, writes: set[str]) -> None:
    """A coordinator their networks', the regional team its own; readers and administrators none."""
    assert {network for network in ("28", "45", "37", "region", "") if who.may_write(network)} == writes


def test_an_account_is_shown_without_its_hash() -> None:
    """Records end up in logs."""
    assert "argon2" not in repr(account(Role.READER))


def test_a_password_is_right_or_wrong() -> None:
    """To the letter: case, accents and blanks count."""
    kept = hash_password("Été 2021 ")
    assert is_right("Été 2021 ", kept)
    assert not any(is_right(other, kept) for other in ("Été 2021", "été 2021 ", "Ete 2021 ", "", kept))


def test_a_password_is_kept_salted() -> None:
    """Two people with one password cannot be told from their hashes."""
    first, second = hash_password(PASSWORD), hash_password(PASSWORD)
    assert first != second
    assert first.startswith("$argon2id$")


@pytest.mark.parametrize("kept", [None, "", "$argon2id$", "chemin de halage", "$2b$12$x"])
def test_no_password_is_right_for_nobody(kept: str | None) -> None:
    """Neither where there is no such login, nor where the hash is none."""
    assert not is_right("", kept)
    assert not is_right(PASSWORD, kept)


def test_nobody_takes_as_long_as_a_wrong_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a login exists must not be told by the time that « no » takes: one hash is computed either way."""
    computed = []

    class Counting(PasswordHasher):
        def verify(self, *given: str) -> bool:
            computed.append(given)
            return super().verify(*given)

    monkeypatch.setattr(passwords, "_hasher", Counting())
    wrong = hash_password(PASSWORD + "!")
    for kept in (wrong, None):
        assert not is_right(PASSWORD, kept)
    assert [len(given) for given in computed] == [2, 2]
    assert len({kept.split("$")[3] for kept, _password in computed}) == 1  # of the same cost
