"""The store: every network's events in one database, each write under one lock, each revision kept.

`Store` opens transactions; `Reader` and `Writer` are the verbs within one. The store speaks of networks, events and
revisions, and knows neither HTTP nor Radicale.
"""

from spro_agenda.model import Account, Device, Outcome, Role
from spro_agenda.store.accounts import AccountChange
from spro_agenda.store.check import Finding
from spro_agenda.store.dismissals import covering
from spro_agenda.store.personal import Given, is_free_name
from spro_agenda.store.query import CompFilter, ParamFilter, PropFilter, TextMatch
from spro_agenda.store.ranges import EVER, Range
from spro_agenda.store.reader import Reader
from spro_agenda.store.receiving import Invited, Mark, Pending, Position
from spro_agenda.store.records import (
    HARVESTER,
    Act,
    Actor,
    Audited,
    Busy,
    Calendar,
    CalendarKind,
    Changes,
    Deed,
    Dismissal,
    Feed,
    FeedFilter,
    Instance,
    Invitation,
    Login,
    Obstacle,
    Person,
    Progress,
    Properties,
    Purged,
    Redaction,
    Refusal,
    Retention,
    Return,
    Revision,
    Rewind,
    Selection,
    Source,
    StoredObject,
    Written,
)
from spro_agenda.store.redacting import log_redaction
from spro_agenda.store.store import Store, open_store
from spro_agenda.store.tokens import Token, token_of
from spro_agenda.store.writer import Writer

__all__ = [
    "EVER",
    "HARVESTER",
    "Account",
    "AccountChange",
    "Act",
    "Actor",
    "Audited",
    "Busy",
    "Calendar",
    "CalendarKind",
    "Changes",
    "CompFilter",
    "Deed",
    "Device",
    "Dismissal",
    "Feed",
    "FeedFilter",
    "Finding",
    "Given",
    "Instance",
    "Invitation",
    "Invited",
    "Login",
    "Mark",
    "Obstacle",
    "Outcome",
    "ParamFilter",
    "Pending",
    "Person",
    "Position",
    "Progress",
    "PropFilter",
    "Properties",
    "Purged",
    "Range",
    "Reader",
    "Redaction",
    "Refusal",
    "Retention",
    "Return",
    "Revision",
    "Rewind",
    "Role",
    "Selection",
    "Source",
    "Store",
    "StoredObject",
    "TextMatch",
    "Token",
    "Writer",
    "Written",
    "covering",
    "is_free_name",
    "log_redaction",
    "open_store",
    "token_of",
]
