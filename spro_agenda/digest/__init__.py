"""The news, as each person is told it: what changed, what clashes, what could be done together, what wants a date.

passage  an event as it was when somebody was told last, and as it is now: five edits are one, and what came and went
         in between is none
change   what a passage means to people: new, moved, cancelled, dated at last
digest   all that one person is told at once, in sections
"""

from spro_agenda.digest.changes import Change, What, changes_of
from spro_agenda.digest.digest import Digest, Line, Reader, Section, Situation, digest_of
from spro_agenda.digest.latest import latest
from spro_agenda.digest.passages import Passage, passages
from spro_agenda.digest.urgent import concerned, is_urgent

__all__ = [
    "Change",
    "Digest",
    "Line",
    "Passage",
    "Reader",
    "Section",
    "Situation",
    "What",
    "changes_of",
    "concerned",
    "digest_of",
    "is_urgent",
    "latest",
    "passages",
]
