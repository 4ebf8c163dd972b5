"""What the store hands out, frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from spro_agenda.clients import client_called
from spro_agenda.model import SHORT, Account, Chance, Device, EventKey, Outcome, Settlement, View, Visibility

SYNC_SCHEME = "urn:spro-agenda:sync:"
"""What every sync token begins with."""


_OF_VIEW = {View.INSIDE: ":", View.OUTSIDE: ":outside:"}


class CalendarKind(StrEnum):
    """Whose calendar it is."""

    NETWORK = "network"
    REGION = "region"
    AGENDA = "agenda"
    PERSONAL = "personal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who writes (a login, or "" for the command line's own work), with what client, on which of the own devices."""

    login: str = ""
    agent: str = ""
    device: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """A calendar as it stood at one moment. `number` grows by one at each change of its events.

    Tokens of numbers below `first_number` are stale; `changed_at` is its last change's time in epoch seconds, 0 when it
    never changed.
    """

    id: int
    slug: str
    kind: CalendarKind
    network: str
    sync_epoch: str
    number: int
    first_number: int
    changed_at: int
    name: str
    description: str
    colour: str
    position: int
    tz: str
    components: tuple[str, ...]

    @property
    def owner(self) -> str:
        """The login of whose personal calendar it is, else ""."""
        return self.slug.partition("/")[0] if self.kind is CalendarKind.PERSONAL else ""

    def sync_token(self, view: View = View.INSIDE) -> str:
        """A URI, as RFC 6578 section 3.2 asks; another store, or this one restored, has another epoch.

        A token of one view is none of the other's: whoever comes to see a calendar otherwise reads it all again.
        """
        return f"{SYNC_SCHEME}{self.sync_epoch}{_OF_VIEW[view]}{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """One calendar object as a view has it: from inside `body` as sent, and `etag` a quoted strong entity tag of it.

    `modified` is in epoch seconds, `visibility` what others see of it. `id` is its row in this store: an object that is
    deleted and put again has another. `differs`: the other view has another text of it, or none; `is_recast`: its
    components are not those of the text from inside, of which the index tells.
    """

    id: int
    href: str
    uid: str
    component: str
    body: bytes
    etag: str
    modified: int
    visibility: Visibility
    differs: bool = False
    is_recast: bool = False


class Listed(NamedTuple):
    """A calendar object without its text: a calendar's listing has thousands."""

    href: str
    etag: str
    component: str
    modified: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a client must fetch or forget: hrefs, each once, and the token of the state that they lead to.

    `is_cut` is whether there is more, which that token brings.
    """

    token: str
    hrefs: tuple[str, ...]
    is_cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The object as it is now stored, what that came to, and what stood there before."""

    object: StoredObject
    outcome: Outcome
    replaced: StoredObject | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One time of a stored event or task, in epoch seconds: a task that has one end alone has it for both.

    `part` is the place, from 0, of the component of its text that says what takes place then; `recurrence_id` is as
    `OccurrenceKey` has it. An all-day one has its local midnights, a floating one its time in the region's zone.
    """

    part: int
    recurrence_id: str
    start_s: int
    end_s: int
    all_day: bool
    floating: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Busy:
    """A busy period in epoch seconds; `fbtype` as RFC 5545 section 3.2.9 has it."""

    start_s: int
    end_s: int
    fbtype: str


Properties = Mapping[str, str]
"""WebDAV properties of a calendar as one person sees them, by Radicale's short names (`ICAL:calendar-color`)."""


class Deed(StrEnum):
    """What was done to an event: what a revision records."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"
    MOVED = "moved"
    RESTORED = "restored"
    REDACTED = "redacted"
    REPAIRED = "repaired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One state of an event, and who made it so, with what client (on what device of theirs), when (UTC).

    `body` is its text then: none where it left the calendar (deleted, moved elsewhere), or where its text was redacted
    since. `previous_body` is the text that it had before. `moved_from` is `slug/href` where a move brought it.
    """

    id: int
    key: EventKey
    href: str
    deed: Deed
    at: datetime
    login: str
    agent: str
    device: str
    body: bytes | None
    previous_body: bytes | None
    moved_from: str | None
    redacted: bool

    @property
    def client(self) -> str:
        """The kind of client, in words."""
        return client_called(self.agent)

    @property
    def text(self) -> bytes | None:
        """The text to call it by: its own, or what it was when it left."""
        return self.body if self.body is not None else self.previous_body


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which revisions: of a network, of an event wherever it stood, by a person (a login, "" for the command line), of
    days (inclusive, in the region's zone)."""

    network: str | None = None
    event: EventKey | None = None
    login: str | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """One event of a calendar that goes back to what it was: to the text of a revision, or away (`None`)."""

    key: EventKey
    href: str
    revision: int | None
    text: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewind:
    """What takes a calendar back to a moment.

    `left` are events that stay as they are: what they were then was redacted, or is older than what is kept. So do
    those `moved` since, here from another calendar or from here to another.
    """

    network: str
    moment: datetime
    put: tuple[Return, ...]
    deleted: tuple[Return, ...]
    left: tuple[EventKey, ...]
    moved: tuple[EventKey, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Redaction:
    """What a redaction came to: the networks whose event it was, the revisions that lost their text, the live events
    rewritten. `elsewhere` are networks that have an event with the same UID, which kept its text."""

    uid: str
    networks: tuple[str, ...]
    revisions: int
    rewritten: int
    at: datetime
    login: str
    elsewhere: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How many months what was deleted can be brought back, what was changed is remembered, and who did what else.

    Accounts that nobody used for `idle_months` are told of; it is people who decide what becomes of them.
    """

    trash_months: int = 13
    revision_months: int = 36
    audit_months: int = 12
    idle_months: int = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """What retention took away: deleted events, revisions (theirs included), change rows that no client needs, acts of
    the audit, clashes with what was said of them (`said`: that, and what was said of opportunities)."""

    events: int = 0
    revisions: int = 0
    changes: int = 0
    acts: int = 0
    said: int = 0

    def __add__(self, other: Purged) -> Purged:
        return Purged(
            events=self.events + other.events,
            revisions=self.revisions + other.revisions,
            changes=self.changes + other.changes,
            acts=self.acts + other.acts,
            said=self.said + other.said,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedFilter:
    """What a feed has of the agenda: networks by code, sites and themes by name, none of which means all; what has a
    firm date alone; what is told beside; and for how many months it reaches back, `None` for all that was."""

    networks: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    only_firm: bool = False
    clashes: bool = False
    descriptions: bool = False
    months_back: int | None = 3

    def as_json(self) -> dict[str, Any]:
        """As the store keeps it."""
        return asdict(self)

    @classmethod
    def of_json(cls, said: Mapping[str, Any]) -> FeedFilter:
        """The filter that the store kept."""
        given: dict[str, Any] = {name: tuple(each) if isinstance(each, list) else each for name, each in said.items()}
        return cls(**given)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A subscription feed. Times are in epoch seconds, `last_read` to the hour; `login` is "" for one of nobody's.

    Its address is made of its number and generation; see `server.feeds`.
    """

    number: int
    login: str
    label: str
    wanted: FeedFilter
    generation: int
    created_at: int
    expires_at: int | None
    revoked_at: int | None
    last_read: int | None
    last_agent: str

    def is_open_at(self, moment: float) -> bool:
        """Whether its address gives anything at a moment, in epoch seconds."""
        return self.revoked_at is None and (self.expires_at is None or moment < self.expires_at)


HARVESTER = Actor(agent="spro-agenda harvest")
"""Who writes what comes from the networks' calendars elsewhere."""


class Obstacle(StrEnum):
    """Why an event of a source is not taken: the network typed one with its UID here; its text was redacted, and what
    was taken away for good does not come back; or the network has left its source meanwhile."""

    TYPED = "typed"
    REDACTED = "redacted"
    LEFT = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The calendar that a network keeps elsewhere, and what came of it. Times are in epoch seconds, `None` for never.

    It was asked last at `checked_at`, and gave a calendar last at `good_at`. Where it fails, `error` says how, in a
    sentence, and `failing_since` since when; `held` is whether it gave one that is so different from the last that it
    waits to be accepted. `notes` are sentences about some of its events, `events` how many of them are here. `etag`,
    `last_modified` and `content` are what to recognise its answer by.
    """

    network: str
    url: str
    etag: str = ""
    last_modified: str = ""
    content: str = ""
    checked_at: int | None = None
    good_at: int | None = None
    failing_since: int | None = None
    error: str = ""
    held: bool = False
    notes: tuple[str, ...] = ()
    events: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a person was told the news: of all that was written up to `revision`, the last time on `day`; both `None`
    for who was told nothing yet. `told` is what else was said, each with the revision at which it stood then."""

    revision: int | None
    day: date | None
    told: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A write of a person that was refused, when (UTC), to which calendar, what it was called ("" where nobody
    knows), and why, in a sentence. `body` is what was
    sent, `None` where it is too large to be given back by mail; `id` its row in this store, once it is kept."""

    login: str
    at: datetime
    slug: str
    uid: str
    title: str
    why: str
    body: bytes | None = field(repr=False)
    id: int = 0


class Act(StrEnum):
    """What was done besides writing events."""

    ACCOUNT_ADDED = "account-added"
    ACCOUNT_CHANGED = "account-changed"
    ACCOUNT_REMOVED = "account-removed"
    ACCOUNT_EXPORTED = "account-exported"
    ACCOUNT_FORGOTTEN = "account-forgotten"
    PASSWORD_SET = "password-set"
    INVITED = "invited"
    INVITATION_USED = "invitation-used"
    DEVICE_ADDED = "device-added"
    DEVICE_REVOKED = "device-revoked"
    LOGGED_IN = "logged-in"
    LOGIN_FAILED = "login-failed"
    CALENDAR_MADE = "calendar-made"
    CALENDAR_REMOVED = "calendar-removed"
    EVENT_REDACTED = "event-redacted"
    CALENDAR_REWOUND = "calendar-rewound"
    EVENTS_LINKED = "events-linked"
    REGION_APPLIED = "region-applied"
    OPPORTUNITY_DISMISSED = "opportunity-dismissed"
    OPPORTUNITY_RECALLED = "opportunity-recalled"
    FEED_MADE = "feed-made"
    FEED_ROTATED = "feed-rotated"
    FEED_REVOKED = "feed-revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """An act: when (UTC), by whom (a login, "" for the command line), on what, and what there is to know of it."""

    at: datetime
    login: str
    act: Act
    target: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dismissal:
    """An opportunity that nobody wants to hear of again: what it was, who said so, when (UTC) and why."""

    identity: str
    chance: Chance
    members: tuple[str, ...]
    why: str
    login: str
    at: datetime

    @property
    def id(self) -> str:
        """The short form of its identity, for people and scripts."""
        return self.identity[:SHORT]


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A link that lets a person choose a password, once. `expires_at` is in epoch seconds."""

    login: str
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """That a person came, with a device or without, from an address, `at` in epoch seconds; or that somebody tried
    to, `failures` times."""

    login: str
    at: int
    address: str
    selector: str = ""
    client: str = ""
    failures: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """All that is kept of a person: `account` is `None` for who has none any more.

    `properties` are what they call calendars, by slug; `calendars` their personal ones, with what these hold;
    `revisions` what they wrote, `acts` what else they did, the newest first; `settlements` what they said of clashes;
    `joined` the events that they said a network takes part in; `dismissed` the opportunities that they dismissed;
    `feeds` the subscriptions that are theirs;
    `progress` what they were told by mail, `refusals` what they are still to be told of writes that were refused.
    """

    login: str
    account: Account | None
    devices: tuple[Device, ...]
    properties: Mapping[str, Properties]
    calendars: Mapping[Calendar, tuple[StoredObject, ...]]
    revisions: tuple[Revision, ...]
    acts: tuple[Audited, ...]
    settlements: tuple[Settlement, ...]
    joined: tuple[tuple[EventKey, str], ...]
    dismissed: tuple[Dismissal, ...]
    feeds: tuple[Feed, ...]
    progress: Progress
    refusals: tuple[Refusal, ...]
