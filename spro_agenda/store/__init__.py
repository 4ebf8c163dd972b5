"""The store: every network's events in one database, each write under one lock, each revision kept.

`Store` opens transactions; `Reader` and `Writer` are the verbs within one. The store speaks of networks, events and
revisions, and knows neither HTTP nor Radicale.
"""

from spro_agenda.model import Outcome
from spro_agenda.store.check import Finding
from spro_agenda.store.reader import Reader
from spro_agenda.store.records import (
    Account,
    Actor,
    Busy,
    Calendar,
    CalendarKind,
    Changes,
    Instance,
    Properties,
    Role,
    StoredObject,
    Written,
)
from spro_agenda.store.store import Store, open_store
from spro_agenda.store.writer import Writer

__all__ = [
    "Account",
    "Actor",
    "Busy",
    "Calendar",
    "CalendarKind",
    "Changes",
    "Finding",
    "Instance",
    "Outcome",
    "Properties",
    "Reader",
    "Role",
    "Store",
    "StoredObject",
    "Writer",
    "Written",
    "open_store",
]
