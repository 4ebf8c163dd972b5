"""The instance's key, and what is signed with it."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spro_agenda.errors import BadInput, StoreError
from spro_agenda.secret import KEY, Secret, secret_of

PARTS = st.lists(st.text(), max_size=4)


def test_a_key_is_made_once_and_read_by_its_owner_alone(tmp_path: Path) -> None:
    """The second time it is the same, and nobody else may read the file."""
    assert secret_of(tmp_path) == secret_of(tmp_path)
    assert stat.S_IMODE((tmp_path / KEY).stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == [KEY]


def test_two_folders_have_two_keys(tmp_path: Path) -> None:
    """What one instance signed is nothing to another."""
    (tmp_path / "other").mkdir()
    assert secret_of(tmp_path).signed("feed", "1") != secret_of(tmp_path / "other").signed("feed", "1")


def test_workers_that_start_together_have_one_key(tmp_path: Path) -> None:
    """Twenty at once read one key, none of them half of it."""
    with ThreadPoolExecutor(20) as pool:
        keys = set(pool.map(lambda _each: secret_of(tmp_path).key, range(20)))
    assert len(keys) == 1


def test_what_is_signed_is_recognised_and_nothing_else_is() -> None:
    """Another purpose, another part, another key, a letter less: void."""
    secret = Secret(b"k" * 32)
    signed = secret.signed("digest", "marie")
    assert secret.is_signed(signed, "digest", "marie")
    assert not secret.is_signed(signed, "feed", "marie")
    assert not secret.is_signed(signed, "digest", "luc")
    assert not secret.is_signed(signed[:-1], "digest", "marie")
    assert not secret.is_signed("é\ud800", "digest", "marie")
    assert not Secret(b"l" * 32).is_signed(signed, "digest", "marie")


@given(PARTS, PARTS)
def test_no_two_lists_of_parts_are_signed_alike(one: list[str], other: list[str]) -> None:
    """Parts cannot be moved over the border between them."""
    secret = Secret(b"k" * 32)
    assert (secret.signed("feed", *one) == secret.signed("feed", *other)) == (one == other)


def test_what_is_signed_stands_in_an_address_as_it_is() -> None:
    """Letters, digits, hyphens and underlines."""
    assert set(Secret(b"k" * 32).signed("feed", "é/&")) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    )


def test_the_key_is_never_shown() -> None:
    """Not in a trace, either."""
    assert "kkk" not in repr(Secret(b"k" * 32))


@pytest.mark.parametrize("text", ["", "abc", "zz" * 32, "ab" * 8, "é" * 64])
def test_a_damaged_key_is_not_taken_for_one(tmp_path: Path, text: str) -> None:
    """A new one in its place would void every link without a word: a person decides that."""
    (tmp_path / KEY).write_text(text, "utf-8")
    with pytest.raises(BadInput, match="n'est pas une clé"):
        secret_of(tmp_path)


def test_a_key_that_cannot_be_made_is_told_in_a_sentence(tmp_path: Path) -> None:
    """The folder is gone."""
    with pytest.raises(StoreError, match="le fichier ou le dossier n'existe pas"):
        secret_of(tmp_path / "gone")
