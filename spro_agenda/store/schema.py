"""The tables. Times are epoch seconds, days are proleptic ordinals (`date.toordinal`), texts compare as bytes.

Only `object.body` and `revision.body` are what people sent; the other columns of `object`, and `part`, `occurrence` and
`occurrence_key`, are derived from them by `derive` and can be rebuilt; so can `encounter`, and the objects of the
agenda's calendar. What people said of clashes
(`settlement`, `family_member`, `dismissal`, `participation`) follows from nothing else. The single row of `region` is
the write lock: every write locks it before it reads.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

LONG_S = 32 * 86_400
"""Longer occurrences are `long`: few, and looked at apart, so that a range scan reads no further back than this."""

HORIZON_BEFORE, HORIZON_AFTER = 1, 3
"""Whole years before and after the current one for which the occurrences of series are stored."""

# SQLite numbers rows by an INTEGER PRIMARY KEY alone.
_Id = BigInteger().with_variant(Integer, "sqlite")

# Names that machines give compare as bytes, whatever the database's own language is.
_Exact = Text().with_variant(Text(collation="C"), "postgresql")


def _calendar_id(*, primary_key: bool = False) -> Column[int]:
    return Column("calendar_id", _Id, ForeignKey("calendar.id"), nullable=False, primary_key=primary_key)


def _object_id(*, primary_key: bool = False) -> Column[int]:
    owner = ForeignKey("object.id", ondelete="CASCADE")
    return Column("object_id", _Id, owner, nullable=False, primary_key=primary_key)


region = Table(
    "region",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("generation", BigInteger, nullable=False),
    Column("horizon_from", Integer, nullable=False),
    Column("horizon_to", Integer, nullable=False),
    # Where the horizon is being moved to: writes store occurrences for these days, readers trust those of `horizon`.
    Column("deriving_from", Integer, nullable=False),
    Column("deriving_to", Integer, nullable=False),
    Column("upkeep_day", Integer, nullable=False),
    Column("toml", Text, nullable=False),
    Column("toml_sha256", Text, nullable=False),
    # Where people find the server, "" where nobody said: the agenda's links begin with it.
    Column("public_url", Text, nullable=False),
)

calendar = Table(
    "calendar",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("slug", _Exact, nullable=False, unique=True),
    Column("kind", _Exact, nullable=False),
    # The code of its network, "region", or "": of the agenda, and of a personal calendar, whose slug is `login/name`.
    Column("network", _Exact, nullable=False),
    Column("owner_id", _Id, ForeignKey("account.id")),
    Column("sync_epoch", Text, nullable=False),
    Column("last_change", BigInteger, nullable=False),
    # Tokens of before this number are stale: what was deleted then is no longer remembered.
    Column("first_change", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("colour", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("tz", Text, nullable=False),
    Column("components", Text, nullable=False),
)

calendar_property = Table(
    "calendar_property",
    metadata,
    _calendar_id(primary_key=True),
    Column("account_id", _Id, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

object_ = Table(
    "object",
    metadata,
    Column("id", _Id, primary_key=True),
    _calendar_id(),
    Column("href", _Exact, nullable=False),
    Column("uid", _Exact, nullable=False),
    Column("component", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("etag", Text, nullable=False),
    # What the view from outside has of it, and under which tag where that is not the text as sent. Of an entry of the
    # agenda that view has another text, where the one from inside tells of clashes.
    Column("visibility", _Exact, nullable=False),
    Column("etag_outside", Text),
    Column("body_outside", LargeBinary),
    Column("modified", BigInteger, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("repeats", Boolean, nullable=False),
    # No occurrence begins before the first nor ends after the last; NULL: nobody can say.
    Column("first_s", BigInteger),
    Column("last_s", BigInteger),
    # Of its times, rules and place as written, as everybody sees them.
    Column("fingerprint", _Exact, nullable=False),
    Column("revision_id", _Id, ForeignKey("revision.id"), nullable=False),
    UniqueConstraint("calendar_id", "href"),
    UniqueConstraint("calendar_id", "uid"),
    Index(None, "calendar_id", "visibility"),
    Index(None, "calendar_id", "repeats", "last_s"),
    Index(None, "revision_id"),
    # All that a listing tells, by href: the rows themselves are long, and those of a calendar stand far apart.
    Index(
        "ix_object_listing",
        *("calendar_id", "href", "visibility", "etag", "etag_outside", "component", "modified"),
    ),
)

part = Table(
    "part",
    metadata,
    _object_id(primary_key=True),
    Column("recurrence_id", _Exact, primary_key=True),
    Column("title", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("date_words", Text),
    Column("window_from", Integer),
    Column("window_to", Integer),
    Column("edtf", Text),
)

# What a time range meets (RFC 4791 section 9.9). An occurrence that no agenda shows, that of a vague event say, has no
# days. `part` is the place, from 0, of the component in the object's text that says what takes place then.
occurrence = Table(
    "occurrence",
    metadata,
    _object_id(primary_key=True),
    Column("recurrence_id", _Exact, primary_key=True),
    Column("part", Integer, nullable=False),
    _calendar_id(),
    Column("long", Boolean, nullable=False),
    Column("start_s", BigInteger, nullable=False),
    Column("end_s", BigInteger, nullable=False),
    Column("day_from", Integer),
    Column("day_to", Integer),
    Column("all_day", Boolean, nullable=False),
    Column("floating", Boolean, nullable=False),
    Column("fbtype", _Exact, nullable=False),
    Index(None, "calendar_id", "long", "start_s", "end_s"),
)

# Of what everybody sees. A vague event stands under its keys for all of its window, where that is short. Rows meet that
# have one kind, where the `sought` key of one is the `key` of the other: a highlight seeks what is none. Sites compete
# with each other alone, so `at` is one of SITES, and "" of all else.
occurrence_key = Table(
    "occurrence_key",
    metadata,
    _object_id(primary_key=True),
    Column("recurrence_id", _Exact, primary_key=True),
    Column("kind", _Exact, primary_key=True),
    Column("key", _Exact, primary_key=True),
    Column("sought", _Exact, nullable=False),
    Column("at", _Exact, nullable=False),
    Column("vague", Boolean, nullable=False),
    Column("long", Boolean, nullable=False),
    Column("start_s", BigInteger, nullable=False),
    Column("end_s", BigInteger, nullable=False),
    Index(None, "kind", "key", "long", "start_s", "end_s"),
)

# Known from the first time that it is found; it stays when it is gone, for what was said of it.
clash = Table(
    "clash",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("identity", _Exact, nullable=False, unique=True),
    Column("kind", _Exact, nullable=False),
    Column("shared", _Exact, nullable=False),
    Column("key", Text, nullable=False),
    Column("key_text", _Exact, nullable=False),
    Column("fingerprint", _Exact, nullable=False),
    Column("first_seen", BigInteger, nullable=False),
    Column("gone_at", BigInteger),
    Index(None, "gone_at"),
)


def _clash_id(*, primary_key: bool = False) -> Column[int]:
    owner = ForeignKey("clash.id", ondelete="CASCADE")
    return Column("clash_id", _Id, owner, nullable=False, primary_key=primary_key)


clash_member = Table(
    "clash_member",
    metadata,
    _clash_id(primary_key=True),
    Column("network", _Exact, primary_key=True),
    Column("uid", _Exact, primary_key=True),
    Index(None, "network", "uid"),
)

# A clash at one moment: the occurrences that meet, and the days that they share.
encounter = Table(
    "encounter",
    metadata,
    Column("id", _Id, primary_key=True),
    _clash_id(),
    Column("weight", _Exact, nullable=False),
    Column("also", _Exact, nullable=False),
    Column("day_from", Integer, nullable=False),
    Column("day_to", Integer, nullable=False),
    Index(None, "clash_id"),
    Index(None, "day_to"),
)

encounter_member = Table(
    "encounter_member",
    metadata,
    Column("encounter_id", _Id, ForeignKey("encounter.id", ondelete="CASCADE"), primary_key=True),
    Column("network", _Exact, primary_key=True),
    Column("uid", _Exact, primary_key=True),
    Column("recurrence_id", _Exact, primary_key=True),
    Index(None, "network", "uid"),
)

# What a side said of a clash, as it stood then; no cascade: it outlives its clash. Only a redaction takes words from
# it, and only another region.toml may know its clash by another identity.
settlement = Table(
    "settlement",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("identity", _Exact, nullable=False),
    Column("side", _Exact, nullable=False),
    Column("verdict", _Exact, nullable=False),
    Column("why", Text, nullable=False),
    Column("actor_login", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("fingerprint", _Exact, nullable=False),
    Index(None, "identity"),
    Index(None, "actor_login"),
    sqlite_autoincrement=True,
)

# Events that are one action, held in several places; `family` is a name that they share and no other has.
family_member = Table(
    "family_member",
    metadata,
    Column("network", _Exact, primary_key=True),
    Column("uid", _Exact, primary_key=True),
    Column("family", _Exact, nullable=False),
    Index(None, "family"),
)

# An opportunity that nobody wants to hear of again. `members` are the ids of its events, a line each.
dismissal = Table(
    "dismissal",
    metadata,
    Column("identity", _Exact, primary_key=True),
    Column("kind", _Exact, nullable=False),
    Column("members", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("actor_login", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)

# « Mon réseau participe » : networks that come to another one's event.
participation = Table(
    "participation",
    metadata,
    Column("network", _Exact, primary_key=True),
    Column("uid", _Exact, primary_key=True),
    Column("participant", _Exact, primary_key=True),
    Column("actor_login", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)

# A visibility is NULL where the object was not, or is not, in the calendar.
change = Table(
    "change",
    metadata,
    _calendar_id(primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("href", _Exact, nullable=False),
    Column("uid", _Exact, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("visibility_before", _Exact),
    Column("visibility_after", _Exact),
    Index(None, "calendar_id", "href", "number"),
)

# No cascade from `object`: what was deleted stays here, so this is the trash too.
revision = Table(
    "revision",
    metadata,
    Column("id", _Id, primary_key=True),
    _calendar_id(),
    Column("href", _Exact, nullable=False),
    Column("uid", _Exact, nullable=False),
    Column("verb", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("actor_login", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("device_label", Text, nullable=False),
    Column("body", LargeBinary),
    Column("redacted", Boolean, nullable=False),
    Column("previous_id", _Id, ForeignKey("revision.id")),
    Column("moved_from", Text),
    Index(None, "calendar_id", "uid", "id"),
    Index(None, "uid"),
    Index(None, "at"),
    Index(None, "previous_id"),
    sqlite_autoincrement=True,
)

# Told again to a store that is restored from a backup of before.
redaction = Table(
    "redaction",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("network", _Exact, nullable=False),
    Column("uid", _Exact, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("actor_login", Text, nullable=False),
    UniqueConstraint("network", "uid"),
)

account = Table(
    "account",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("login", _Exact, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("role", Text, nullable=False),
    # "" where the person has not chosen one yet, or another directory knows it.
    Column("password_hash", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    # To the hour: otherwise every reading would be a write.
    Column("last_seen", BigInteger),
    # How often it is told the news by mail.
    Column("digest", _Exact, nullable=False),
)

account_network = Table(
    "account_network",
    metadata,
    Column("account_id", _Id, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("network", _Exact, primary_key=True),
)

# A secret is random, so a plain hash is enough; its selector, which is no secret, finds the row.
device = Table(
    "device",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("account_id", _Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("label", Text, nullable=False),
    Column("selector", _Exact, nullable=False, unique=True),
    Column("secret_hash", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("last_used", BigInteger),
    Column("revoked_at", BigInteger),
    Index(None, "account_id"),
)

# Its address is its id with a code of the instance's key over id and generation, and is not stored. It belongs to a
# person, or to none.
feed = Table(
    "feed",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("account_id", _Id, ForeignKey("account.id", ondelete="CASCADE")),
    Column("label", Text, nullable=False),
    Column("filter", Text, nullable=False),
    Column("generation", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    # To the hour, and who read it then.
    Column("last_read", BigInteger),
    Column("last_agent", Text, nullable=False),
    Index(None, "account_id"),
    sqlite_autoincrement=True,
)

# One a person at most: whoever is invited again gets a new link, and the former opens nothing.
invitation = Table(
    "invitation",
    metadata,
    Column("account_id", _Id, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("selector", _Exact, nullable=False, unique=True),
    Column("secret_hash", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)


def _account_id() -> Column[int]:
    owner = ForeignKey("account.id", ondelete="CASCADE")
    return Column("account_id", _Id, owner, nullable=False, primary_key=True)


# How far a person was told the news: all revisions up to one, the last time on a day. Claimed by whoever is about to
# send, until a moment: who dies meanwhile holds it no longer.
digest = Table(
    "digest",
    metadata,
    _account_id(),
    Column("revision", BigInteger, nullable=False),
    Column("day", Integer, nullable=False),
    Column("claimed_until", BigInteger, nullable=False),
)

# What else a person was told, and is not told again: a clash, an opportunity, … and an event as it stood at a revision.
told = Table(
    "told",
    metadata,
    _account_id(),
    Column("what", _Exact, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index(None, "at"),
)

# What a person is to be told at once: that an event is no more what it was at a revision.
notice = Table(
    "notice",
    metadata,
    _account_id(),
    Column("network", _Exact, primary_key=True),
    Column("uid", _Exact, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("claimed_until", BigInteger, nullable=False),
)

# A write that was refused, and that the client may have dropped without a word, until its author was told.
refusal = Table(
    "refusal",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("account_id", _Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("slug", _Exact, nullable=False),
    Column("uid", _Exact, nullable=False),
    Column("title", Text, nullable=False),
    Column("why", Text, nullable=False),
    # NULL where it is too large to be given back by mail.
    Column("body", LargeBinary),
    Column("claimed_until", BigInteger, nullable=False),
    Index(None, "account_id"),
)

# The revision up to which a job has looked at what was written.
reached = Table(
    "reached",
    metadata,
    Column("job", _Exact, primary_key=True),
    Column("revision", BigInteger, nullable=False),
)

# How far a mailbox was read, and when somebody last looked. `place` names it: server, user and folder.
mailbox = Table(
    "mailbox",
    metadata,
    Column("place", _Exact, primary_key=True),
    Column("validity", BigInteger, nullable=False),
    Column("last_uid", BigInteger, nullable=False),
    Column("checked_at", BigInteger, nullable=False),
)

# A letter that was handled, by a hash of its name. `answer` is there until it is sent; `claimed_at`, while it is.
received = Table(
    "received",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("identity", _Exact, nullable=False, unique=True),
    Column("at", BigInteger, nullable=False),
    Column("actor_login", _Exact, nullable=False),
    Column("answer", Text),
    Column("claimed_at", BigInteger),
    Index(None, "at"),
)

# What invitations said of an event: `marks` are the last words on it and on its instances, in JSON; `body` is its text
# as they alone would have it: NULL for a cancellation of what never came.
invited = Table(
    "invited",
    metadata,
    Column("network", _Exact, primary_key=True),
    Column("uid", _Exact, primary_key=True),
    Column("marks", Text, nullable=False),
    Column("body", LargeBinary),
    Column("at", BigInteger, nullable=False),
)

# The calendar that a network keeps elsewhere, as it was harvested last. `url` is the address that all this is of, and
# `content` a hash of what it gave; `notes` and `error` are sentences, since when it fails.
source = Table(
    "source",
    metadata,
    Column("network", _Exact, primary_key=True),
    Column("url", Text, nullable=False),
    Column("etag", Text, nullable=False),
    Column("last_modified", Text, nullable=False),
    Column("content", _Exact, nullable=False),
    Column("checked_at", BigInteger),
    Column("good_at", BigInteger),
    Column("failing_since", BigInteger),
    Column("error", Text, nullable=False),
    Column("held", Boolean, nullable=False),
    Column("notes", Text, nullable=False),
    Column("claimed_until", BigInteger, nullable=False),
)

# The events of a network that are its source's, each with a hash of what the source said last.
harvested = Table(
    "harvested",
    metadata,
    Column("network", _Exact, primary_key=True),
    Column("uid", _Exact, primary_key=True),
    Column("content", _Exact, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("actor_login", Text, nullable=False),
    Column("action", _Exact, nullable=False),
    Column("target", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index(None, "at"),
    Index(None, "actor_login", "id"),
    sqlite_autoincrement=True,
)
