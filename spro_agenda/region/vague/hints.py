"""Whether words that are not understood were meant for a date: « bientôt » is worth a question, « complet » is not."""

from __future__ import annotations

import re

from spro_agenda.region.vague.tokens import FEASTS, LAST, MONTHS, ORDINALS, SEASONS, WINTER, tokens
from spro_agenda.region.words import normalise

_SOON = re.compile(
    r"(?:bientot|prochainement|ulterieurement|plus tard|des que|asap|quand|dates?|en attente|reportee?s?|decalee?s?)\b"
)
_ABOUT = re.compile(
    r"(?:avant|apres|vers|debut|fin|mi|entre|d ici|courant|des|a partir|en|au|pendant|hors|sauf|jusqu|a compter)\b"
)
_NAMES = frozenset({*MONTHS, *SEASONS, WINTER, *FEASTS, "trimestre", "semestre", "quinzaine", "rentree", "vacances"})
_BESIDE = frozenset({"debut", "mi", "fin", "semaine", "annee", "scolaire", "a", "et", "ou", "entre", "prochain", LAST})
_NUMBER = re.compile(r"#?\d+|[TSW]\d+")


def hints_at_a_date(words: str) -> bool:
    """Whether the words begin as people begin who do not know a date yet, or are all of them words for dates.

    « Semaine de l'industrie » and « Avant-première » are names.
    """
    said, told = normalise(words), tokens(words)
    if _SOON.match(said):
        return True
    has_name = not _NAMES.isdisjoint(told) or not _NAMES.isdisjoint(said.split())
    return has_name and (_ABOUT.match(said) is not None or all(map(_is_of_dates, told)))


def _is_of_dates(token: str) -> bool:
    return token in _NAMES or token in _BESIDE or token in ORDINALS or _NUMBER.fullmatch(token) is not None
