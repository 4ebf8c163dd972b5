"""The records that all rooms share, frozen, and the project's words.

network     the guidance bodies of one département, by its code ("28"); "region" is the regional team
site        a town where a network has a local group ("Dreux"); some networks have none
event       what people entered once: `(network, uid)`
part        one component of an event: its master, or the override of one instance (RFC 5545 section 3.8.4.4)
occurrence  one time at which an event takes place: `(network, uid, recurrence_id)`, `[start, end)` in UTC
window      the days within which a vague event will take place, inclusive; a vague event has no occurrence
portée      the scope of an event: *interne*, *action* or *événement*
account     a person who may log in, in one role
view        how a person sees a calendar: from inside, who may write it, or from outside, everybody else
clash       a set of occurrences that people should look at together
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal
from urllib.parse import quote, unquote

REGION = "region"
"""The code that the regional team's calendar goes by, where a network's code is expected."""

AGENDA = "agenda"
"""The slug of the regional agenda's calendar: no network's code."""

PRINCIPAL = "spro"
"""Whose all calendars are: nobody's login, and the home that they stand in besides each person's own."""

FORGOTTEN = "~"
"""What stands in the history in place of the login of a person who was forgotten: nobody's login."""

SHORT = 10
"""How much of a hash is shown to people."""

ALL: Literal["all"] = "all"
"""`open_to` of an event that every network may come to."""


class Role(StrEnum):
    """What an account may do: write its networks, write the region's calendar, read, administer."""

    COORDINATOR = "coordinator"
    REGION = "region"
    READER = "reader"
    ADMIN = "admin"


SETTLING = frozenset({Role.COORDINATOR, Role.REGION})
"""The roles that can act on clashes, and are told of them."""


class Frequency(StrEnum):
    """How often a person wants to be told by mail of what concerns them."""

    DAILY = "daily"
    WEEKLY = "weekly"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person who may log in. `networks` are those that a coordinator writes, `digest` how often mails tell the news.

    `created_at` is in epoch seconds; so is `last_seen`, to the hour, `None` for who never came. `password_hash` is ""
    for who has chosen no password.
    """

    login: str
    name: str
    email: str
    role: Role
    networks: tuple[str, ...]
    created_at: int
    last_seen: int | None
    password_hash: str = field(repr=False)
    digest: Frequency = Frequency.WEEKLY

    @property
    def display_name(self) -> str:
        """What the person is called: the login where no name was given."""
        return self.name or self.login

    @property
    def settles(self) -> bool:
        """Whether the person can act on clashes, and is told of them."""
        return self.role in SETTLING

    def may_write(self, network: str) -> bool:
        """Whether the person may write the calendar of that network, or of `region`, by the role alone."""
        return network in self.networks or (self.role is Role.REGION and network == REGION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """Something that logs in for a person with a password of its own. Times are in epoch seconds, `last_used` to the
    hour; `selector` names it, `secret_hash` is its password's."""

    login: str
    label: str
    selector: str
    created_at: int
    last_used: int | None
    secret_hash: str = field(repr=False)


def folded_login(login: str) -> str:
    """A login as it is kept: Marie and marie are one."""
    return login.strip().lower()


class Visibility(StrEnum):
    """What the view from outside has of an event: all of it, that somebody is busy, or nothing (RFC 5545 section
    3.8.1.3)."""

    PUBLIC = "public"
    CONFIDENTIAL = "confidential"
    PRIVATE = "private"


class View(StrEnum):
    """How a person sees a calendar: all that was sent, or what `Visibility` leaves of it."""

    INSIDE = "inside"
    OUTSIDE = "outside"


class Scope(StrEnum):
    """Who an event is for: the *portée* of coordinators' conventions, as they type it."""

    INTERNAL = "interne"
    ACTION = "action"
    EVENT = "événement"


class Kind(StrEnum):
    """Why occurrences compete, or one stands badly; of two that weigh the same, the first speaks."""

    PLACE = "LIEU"
    SPEAKER = "INTERVENANT"
    TRAVEL = "TRAJET"
    PARTNER = "PARTENAIRE"
    PUBLIC = "PUBLIC"
    HIGHLIGHT = "TEMPS-FORT"
    SITES = "SITES"
    CALENDAR = "CALENDRIER"
    PERIOD = "PERIODE"
    POSSIBLE = "POSSIBLE"


class Chance(StrEnum):
    """What networks could do together, or tidy up."""

    OPEN = "OUVRIR"
    SHARE = "MUTUALISER"
    TOUR = "TOURNEE"
    REUSE = "DECLINER"
    TWICE = "DOUBLON"


class Shared(StrEnum):
    """What competing occurrences share."""

    PLACE = "place"
    SPEAKER = "speaker"
    TITLE = "title"
    THEME = "theme"
    PUBLIC = "public"
    PARTNER = "partner"
    SCOPE = "scope"
    ROAD = "road"
    HIGHLIGHT = "highlight"
    DAY = "day"
    PERIOD = "period"


class Outcome(StrEnum):
    """What a write came to."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


class Weight(StrEnum):
    """How much a clash asks of people; `rank` is higher for the heavier."""

    BLOCKING = "blocking"
    TO_SETTLE = "to-settle"
    TO_WATCH = "to-watch"

    @property
    def rank(self) -> int:
        return {"blocking": 3, "to-settle": 2, "to-watch": 1}[self.value]


@dataclass(frozen=True, slots=True, order=True)
class EventKey:
    """An event's identity in the region: the same UID may stand in two networks."""

    network: str
    uid: str

    @property
    def id(self) -> str:
        """`28/<uid>`, parts percent-encoded: its name in JSON and in commands."""
        return f"{quote(self.network, safe='')}/{quote(self.uid, safe='@')}"

    @classmethod
    def of_id(cls, text: str) -> EventKey:
        """The key whose id this is."""
        network, _slash, uid = text.partition("/")
        return cls(unquote(network), unquote(uid))

    @property
    def identity(self) -> str:
        """A hash of its id, in hexadecimal: any beginning of it that no other event shares is a name for it."""
        return hashlib.sha256(self.id.encode()).hexdigest()

    @property
    def short(self) -> str:
        """The short form of its identity, for people."""
        return self.identity[:SHORT]

    @property
    def agenda_uid(self) -> str:
        """Its UID in the agenda, merges and feeds."""
        return f"{self.network}.{self.uid}"


@dataclass(frozen=True, slots=True, order=True)
class OccurrenceKey:
    """An occurrence's identity. `recurrence_id` is "" for an event that does not repeat.

    Otherwise it is the start that the rule gives, in UTC (`20211007T120000Z`), or its day (`20211007`).
    """

    network: str
    uid: str
    recurrence_id: str = ""

    @property
    def event(self) -> EventKey:
        return EventKey(self.network, self.uid)

    @property
    def id(self) -> str:
        """`28/<uid>[/<recurrence_id>]`, parts percent-encoded."""
        return self.event.id + (f"/{quote(self.recurrence_id, safe='')}" if self.recurrence_id else "")


def days_between(first: date, last: date) -> Iterator[date]:
    """The days from one to another, both inclusive."""
    return map(date.fromordinal, range(first.toordinal(), last.toordinal() + 1))


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """Days, both inclusive, within which a vague event will take place."""

    start: date
    end: date

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end

    def meets(self, other: Window) -> bool:
        """Whether the two share a day."""
        return self.start <= other.end and other.start <= self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One part of an event, with all that was understood of it. `title` is without its brackets.

    `place` tells places apart, `place_name` is how people read it. `start`/`end` of its occurrences are in
    `Occurrence`; a vague event has `window` (and perhaps `date_words`), an undated one neither. `says_internal`: its
    scope is *interne* by a line, not by a guess; `remote`: it is held on a screen, whatever its `town`.
    """

    key: EventKey
    component: str
    recurrence_id: str
    title: str
    description: str
    location: str
    status: str
    url: str | None
    repeats: bool
    site: str | None
    town: str | None
    place: str | None
    place_name: str
    themes: tuple[str, ...]
    speakers: tuple[str, ...]
    partners: tuple[str, ...]
    publics: tuple[str, ...]
    open_to: tuple[str, ...] | Literal["all"]
    scope: Scope
    highlight: bool
    date_words: str | None
    window: Window | None
    edtf: str | None
    reusable: bool = False
    says_internal: bool = False
    remote: bool = False

    @property
    def cancelled(self) -> bool:
        return self.status == "CANCELLED"

    def is_open_to(self, network: str) -> bool:
        """Whether a network other than its own may come."""
        return self.open_to == ALL or network in self.open_to


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One time at which an event takes place: `[start, end)` in UTC, and its days in the region's time zone.

    `all_day`: start and end are local midnights. `last_day` is inclusive: the day of the last instant before `end`.
    """

    key: OccurrenceKey
    event: Event
    start: datetime
    end: datetime
    all_day: bool
    first_day: date
    last_day: date

    def overlaps(self, other: Occurrence) -> bool:
        """Whether the two share an instant. Touching ends do not."""
        return self.start < other.end and other.start < self.end

    @property
    def days(self) -> Iterator[date]:
        """Its local days, in order."""
        return days_between(self.first_day, self.last_day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """A largest set of occurrences that share one key and a common instant (for SITES, a common local day).

    `key` is what they share, as people read it, and `shared` what it is; `key_text` tells it from other keys of its
    kind, however it is spelt.
    `also` are the further kinds that the same set makes. `events` are its events, sorted, each once; `members` are
    sorted by start then key; the same members clashing on further dates are one clash with all `dates`.
    `count` exceeds `len(members)` only where more than `clashes.MANY` clash at once.
    """

    kind: Kind
    also: tuple[Kind, ...]
    weight: Weight
    shared: Shared
    key: str
    key_text: str
    events: tuple[EventKey, ...]
    members: tuple[Occurrence, ...]
    dates: tuple[date, ...]
    question: str | None
    count: int

    @property
    def identity(self) -> str:
        """What it is known by, as long as anybody remembers it."""
        return clash_identity(self.kind, self.key_text, self.events)

    @property
    def id(self) -> str:
        """The short form of its identity, for people and scripts."""
        return self.identity[:SHORT]


class Verdict(StrEnum):
    """What a side says of a clash: that it may stay, that it is one action, that it is to be looked at again."""

    ACCEPTED = "accepted"
    SAME = "same"
    REOPENED = "reopened"


class State(StrEnum):
    """Where a clash is in its life: it waits for somebody's word, everybody whose word counts has settled it, it went
    by itself, its last date is over and it was never settled."""

    NEW = "new"
    SETTLED = "settled"
    GONE = "gone"
    PAST = "past"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What a side (a network's code, or `region`) said of a clash, when (UTC), by whom (a login, "" for the command
    line), as the clash stood then."""

    identity: str
    side: str
    verdict: Verdict
    why: str
    login: str
    at: datetime
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a store knows of a clash: how long, and what was said of it.

    `weight` is `None`, and there are no `dates`, once it is gone. `fingerprint` is of its events' times, rules and
    places as written. `settlements` are all that were ever said, the oldest first. `is_one_action`: people said that
    its events are one.
    """

    identity: str
    kind: Kind
    shared: Shared
    key: str
    key_text: str
    events: tuple[EventKey, ...]
    weight: Weight | None
    dates: tuple[date, ...]
    fingerprint: str
    first_seen: datetime
    gone_at: datetime | None
    settlements: tuple[Settlement, ...]
    is_one_action: bool

    @property
    def id(self) -> str:
        """The short form of its identity, for people and scripts."""
        return self.identity[:SHORT]

    @property
    def sides(self) -> tuple[str, ...]:
        """The networks whose events meet, the regional team's last."""
        return tuple(sorted({event.network for event in self.events}, key=lambda code: (code == REGION, code)))


def clash_identity(kind: Kind, key_text: str, events: Iterable[EventKey]) -> str:
    """A hash of kind, key and events (sorted): stable when dates move, or when somebody spells the key otherwise."""
    text = "\n".join([kind, key_text, *(event.id for event in events)])
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Opportunity:
    """Something that networks could do together. `key` is what its events share, as people read it, and `key_text`
    tells it from others of its kind.

    `events` are its events, by date and then key; `dates` the days on which they are known to take place. `is_held`, of
    DECLINER: whether one of them was held already, or is only said to be there for others to take up.
    """

    chance: Chance
    key: str
    key_text: str
    events: tuple[Event, ...]
    dates: tuple[date, ...]
    is_held: bool = True

    @property
    def members(self) -> tuple[str, ...]:
        """The ids of its events, sorted."""
        return tuple(sorted(event.key.id for event in self.events))

    @property
    def identity(self) -> str:
        """What it is known by, as long as anybody remembers it."""
        return self._identity_with(self.members)

    @property
    def id(self) -> str:
        """The short form of its identity, for people and scripts."""
        return self.identity[:SHORT]

    def is_left_of(self, identity: str, members: Collection[str]) -> bool:
        """Whether it is what time has left of the one with that identity and those members: an event that is over
        takes no part any more."""
        return set(self.members) <= set(members) and self._identity_with(members) == identity

    def _identity_with(self, members: Iterable[str]) -> str:
        text = "\n".join([self.chance, self.key_text, *sorted(members)])
        return hashlib.sha256(text.encode()).hexdigest()
