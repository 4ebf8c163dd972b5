"""Who competes with whom: a pure function from occurrences to clashes. No SQL, no HTTP, no clock."""

from spro_agenda.clashes.keys import ALONE, Key, extent, keys
from spro_agenda.clashes.sweep import MANY, find_clashes
from spro_agenda.clashes.words import headline, question, sentence, where

__all__ = ["ALONE", "MANY", "Key", "extent", "find_clashes", "headline", "keys", "question", "sentence", "where"]
