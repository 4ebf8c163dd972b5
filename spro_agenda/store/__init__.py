"""The store: every network's events in one database, each write under one lock, each revision kept.

`Store` opens transactions; `Reader` and `Writer` are the verbs within one. The store speaks of networks, events and
revisions, and knows neither HTTP nor Radicale.
"""

from spro_agenda.model import Account, Outcome, Role
from spro_agenda.store.check import Finding
from spro_agenda.store.personal import Given, is_free_name
from spro_agenda.store.reader import Reader
from spro_agenda.store.records import (
    Actor,
    Busy,
    Calendar,
    CalendarKind,
    Changes,
    Deed,
    Instance,
    Properties,
    Purged,
    Redaction,
    Retention,
    Return,
    Revision,
    Rewind,
    Selection,
    StoredObject,
    Written,
)
from spro_agenda.store.redacting import log_redaction
from spro_agenda.store.store import Store, open_store
from spro_agenda.store.writer import Writer

__all__ = [
    "Account",
    "Actor",
    "Busy",
    "Calendar",
    "CalendarKind",
    "Changes",
    "Deed",
    "Finding",
    "Given",
    "Instance",
    "Outcome",
    "Properties",
    "Purged",
    "Reader",
    "Redaction",
    "Retention",
    "Return",
    "Revision",
    "Rewind",
    "Role",
    "Selection",
    "Store",
    "StoredObject",
    "Writer",
    "Written",
    "is_free_name",
    "log_redaction",
    "open_store",
]
