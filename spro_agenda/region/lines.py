"""The `Clé : valeur` lines of a description that mean something to us, and the lists that stand below a key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from spro_agenda.region.persons import is_like_a_name
from spro_agenda.region.words import listed, normalise

_DASHES = r"\-–—•·▪●◦‣*"
# Nothing is given back: a line may be long, and all of one kind.
_FIELD = re.compile(rf"[\s{_DASHES}]*+([^:：=]{{1,20}}?)(?:\s*+[:：=]\s*+|\s++[-–—]\s++)(.*)")
_ITEM = re.compile(rf"[{_DASHES}]\s*+(.*)")
_FIELDS = {
    "intervenant": "speakers",
    "intervenante": "speakers",
    "partenaire": "partners",
    "public": "publics",
    "theme": "themes",
    "ouvert a": "open_to",
    "ouverte a": "open_to",
    "portee": "scope",
    "temps fort": "highlight",
    "reprenable": "reusable",
}
_INCLUSIVE = re.compile(r" (?:e|s|es)\b")
"""What stays of « Intervenant·e·s », « Ouvert(e) à » once normalised."""
YES = frozenset({"oui", "yes", "x", "vrai"})
NO = frozenset({"non", "no", "faux"})
_NAMES = frozenset({"speakers", "partners", "publics", "themes"})


class Line(NamedTuple):
    """A line of a description as it was typed, and what stands behind its colon."""

    words: str
    value: str


def is_field(line: str) -> bool:
    """Whether a line of a description is one of those that mean something to us: « Intervenant : … »."""
    return bool(fields_of(line))


def fields_of(description: str) -> dict[str, list[Line]]:
    """The `Clé : valeur` lines that mean something to us; of names, the value may stand on the lines below."""
    fields: dict[str, list[Line]] = {}
    lines = description.split("\n")
    for number, line in enumerate(lines):
        name, typed = _field(line)
        if name:
            found = [typed] if typed.value else _below(name, lines[number + 1 :])
            fields.setdefault(name, []).extend(found)
    return {name: found for name, found in fields.items() if found}


def _field(line: str) -> tuple[str | None, Line]:
    """The field that a line begins, and what stands on it; `None` where it begins none."""
    found = _FIELD.fullmatch(line.strip())
    if found is None:
        return None, Line("", "")
    words = _INCLUSIVE.sub("", normalise(found[1]))
    name = _FIELDS.get(words) or _FIELDS.get(words.removesuffix("s"))
    return name, Line(line[found.start(1) :].strip(), " ".join(found[2].split()))


def _below(name: str, following: Sequence[str]) -> Iterator[Line]:
    """The items of a list below a key without a value; speakers may stand there without dashes, as long as they look
    like names: below an empty key of a template may stand anything."""
    if name not in _NAMES:
        return
    is_list: bool | None = None
    for at, line in enumerate(following):
        item = _ITEM.fullmatch(line.strip())
        words = " ".join((item[1] if item else line).split())
        if not words:
            # One empty line at most, above the names of speakers or within a list.
            is_last = not "".join(following[at + 1 : at + 2]).strip()
            if is_last or is_list is False or (is_list is None and name != "speakers"):
                return
            continue
        is_named = any(map(is_like_a_name, listed(words)[:1])) if name == "speakers" else item is not None
        if not is_named or _field(line)[0] or is_list not in (None, item is not None):
            return
        is_list = item is not None
        yield Line(line.strip(), words)


def joined(lines: Sequence[Line]) -> str:
    """The values of all lines of a field."""
    return ", ".join(line.value for line in lines)


def is_yes(lines: Sequence[Line]) -> bool | None:
    """What lines answer to yes or no; `None` where they say neither, or both."""
    said = {normalise(line.value) for line in lines}
    if not said:
        return None
    return True if said <= YES else False if said <= NO else None
