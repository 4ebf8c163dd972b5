"""What was looked up lately is kept, and no more than that."""

from __future__ import annotations

from spro_agenda.recent import Recent


def test_what_nobody_asked_for_the_longest_goes_first() -> None:
    kept: Recent[str, int] = Recent(2)
    kept.keep("a", 1)
    kept.keep("b", 2)
    assert kept.get("a") == 1
    kept.keep("c", 3)
    assert (kept.get("a"), kept.get("b"), kept.get("c")) == (1, None, 3)


def test_what_is_kept_is_not_made_again_even_where_it_is_nothing() -> None:
    made = []

    def make() -> None:
        made.append("once")

    kept: Recent[str, None] = Recent(2)
    assert [kept.of("a", make), kept.of("a", make)] == [None, None]
    assert made == ["once"]


def test_a_question_keeps_its_answer_too() -> None:
    kept: Recent[str, int] = Recent(2)
    for key in ("a", "b", "a", "c"):
        kept.of(key, lambda: 1)
    assert (kept.get("a"), kept.get("b")) == (1, None)


def test_what_is_kept_anew_is_the_latest() -> None:
    kept: Recent[str, int] = Recent(2)
    for key, value in (("a", 1), ("b", 2), ("a", 3), ("c", 4)):
        kept.keep(key, value)
    assert (kept.get("a"), kept.get("b"), kept.get("c")) == (3, None, 4)
