"""The `Clé : valeur` lines of a description that mean something to us."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from spro_agenda.region.words import normalise

_FIELD = re.compile(r"^[\s\-–•*]*(([^:\n]{1,20}?)[^\S\n]*:[^\S\n]*(.*?))[^\S\n]*$", re.MULTILINE)
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


class Line(NamedTuple):
    """A line of a description as it was typed, and what stands behind its colon."""

    words: str
    value: str


def is_field(line: str) -> bool:
    """Whether a line of a description is one of those that mean something to us: « Intervenant : … »."""
    return bool(fields_of(line))


def fields_of(description: str) -> dict[str, list[Line]]:
    """The `Clé : valeur` lines that mean something to us."""
    fields: dict[str, list[Line]] = {}
    for line, label, value in _FIELD.findall(description):
        words = _INCLUSIVE.sub("", normalise(label))
        name = _FIELDS.get(words) or _FIELDS.get(words.removesuffix("s"))
        if name and value:
            fields.setdefault(name, []).append(Line(line, value))
    return fields


def joined(lines: Sequence[Line]) -> str:
    """The values of all lines of a field."""
    return ", ".join(line.value for line in lines)


def is_yes(lines: Sequence[Line]) -> bool | None:
    """What lines answer to yes or no; `None` where they say neither, or both."""
    said = {normalise(line.value) for line in lines}
    if not said:
        return None
    return True if said <= YES else False if said <= NO else None
