"""Who competes with whom: a pure function from occurrences to clashes. No SQL, no HTTP, no clock."""

from spro_agenda.clashes.competing import MANY, NOBODY, Apart
from spro_agenda.clashes.grid import Cell, Grid, Row, grid_of
from spro_agenda.clashes.keys import ALONE, IndexKey, Key, extent, index_keys, keys, shared_keys
from spro_agenda.clashes.life import answered, is_one_action, outstanding, state_of, voices
from spro_agenda.clashes.opportunities import WITHIN_A_YEAR, Planned, find_opportunities
from spro_agenda.clashes.possible import find_possible, find_possible_encounters, window_keys
from spro_agenda.clashes.reminders import Reminder, find_reminders
from spro_agenda.clashes.sweep import Encounter, find_clashes, find_encounters, merged
from spro_agenda.clashes.words import advice, headline, question, remembered, reminding, sentence, titles, where

__all__ = [
    "ALONE",
    "MANY",
    "NOBODY",
    "WITHIN_A_YEAR",
    "Apart",
    "Cell",
    "Encounter",
    "Grid",
    "IndexKey",
    "Key",
    "Planned",
    "Reminder",
    "Row",
    "advice",
    "answered",
    "extent",
    "find_clashes",
    "find_encounters",
    "find_opportunities",
    "find_possible",
    "find_possible_encounters",
    "find_reminders",
    "grid_of",
    "headline",
    "index_keys",
    "is_one_action",
    "keys",
    "merged",
    "outstanding",
    "question",
    "remembered",
    "reminding",
    "sentence",
    "shared_keys",
    "state_of",
    "titles",
    "voices",
    "where",
    "window_keys",
]
