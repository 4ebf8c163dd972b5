"""Who competes with whom: a pure function from occurrences to clashes. No SQL, no HTTP, no clock."""

from spro_agenda.clashes.competing import MANY
from spro_agenda.clashes.keys import ALONE, IndexKey, Key, extent, index_keys, keys, shared_keys
from spro_agenda.clashes.opportunities import WITHIN_A_YEAR, Planned, find_opportunities
from spro_agenda.clashes.possible import find_possible, window_keys
from spro_agenda.clashes.sweep import find_clashes
from spro_agenda.clashes.words import advice, headline, question, sentence, where

__all__ = [
    "ALONE",
    "MANY",
    "WITHIN_A_YEAR",
    "IndexKey",
    "Key",
    "Planned",
    "advice",
    "extent",
    "find_clashes",
    "find_opportunities",
    "find_possible",
    "headline",
    "index_keys",
    "keys",
    "question",
    "sentence",
    "shared_keys",
    "where",
    "window_keys",
]
