"""Sending what people are to be told: digests, what cannot wait for one, and writes that were refused.

The store says who was told what, so that any number of processes may send, and die while they do: nothing is lost, and
no more than the one letter in flight is sent again.
"""

from spro_agenda.post.digests import Outcome, digests, send_digests
from spro_agenda.post.notices import send_notices
from spro_agenda.post.office import Office, office_of
from spro_agenda.post.refusals import Refusals, send_refusals

__all__ = [
    "Office",
    "Outcome",
    "Refusals",
    "digests",
    "office_of",
    "send_digests",
    "send_notices",
    "send_refusals",
]
