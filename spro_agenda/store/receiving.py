"""The verbs of what arrives by mail: what was handled already, what answer is still to go, what invitations said last.

A letter is known by a hash of who it is, never by its words. What a person is answered stands here until it is sent,
no longer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import bindparam, delete, or_, select, update

from spro_agenda.model import EventKey
from spro_agenda.store import schema as s
from spro_agenda.store.writing import Writing, fresh_href, verb

_MAILBOX = select(s.mailbox).where(s.mailbox.c.place == bindparam("its_place"))
_RECEIVED = select(s.received.c.identity).where(s.received.c.identity == bindparam("its_identity"))
_PENDING = select(s.received).where(s.received.c.answer.is_not(None)).order_by(s.received.c.id)
_OWN = s.received.c.identity == bindparam("its_identity")
_CLAIM = (
    update(s.received)
    .where(_OWN, s.received.c.answer.is_not(None), s.received.c.claimed_at.is_(None))
    .values(claimed_at=bindparam("now"))
)
_GIVE_BACK = update(s.received).where(_OWN).values(claimed_at=None)
# Whose answer it was is nobody's business any more.
_ANSWERED = update(s.received).where(_OWN).values(answer=None, claimed_at=None, actor_login="")
_ITS = (s.invited.c.network == bindparam("its_network"), s.invited.c.uid == bindparam("its_uid"))
_INVITED = select(s.invited.c.marks, s.invited.c.body).where(*_ITS)
_FORGET = delete(s.invited).where(*_ITS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """How far a mailbox was read: of its messages, those up to a UID, as long as they are counted so (RFC 3501 section
    2.3.1.1)."""

    validity: int = 0
    last_uid: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """An answer that was not sent yet, to whom (a login), to a letter handled `at`. Who claimed it may have sent it,
    and died before it said so. Times are in epoch seconds."""

    identity: str
    login: str
    answer: str
    at: int
    claimed_at: int | None


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """How new a word of an organizer's is (RFC 5546 section 2.1.5); `stamp` is its DTSTAMP as written."""

    sequence: int
    stamp: str
    cancelled: bool = False

    def is_after(self, other: Mark) -> bool:
        return (self.sequence, self.stamp) > (other.sequence, other.stamp)

    def is_same(self, other: Mark) -> bool:
        return (self.sequence, self.stamp) == (other.sequence, other.stamp)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """What invitations said of an event: the last word on each of its instances ("" is all of them), and its text as
    they alone would have it, `None` where it never came."""

    marks: Mapping[str, Mark]
    text: bytes | None


class Receiving(Writing):
    """The verbs of mail."""

    def position(self, place: str) -> Position:
        """How far the mailbox at a place was read."""
        row = self._connection.execute(_MAILBOX, {"its_place": place}).one_or_none()
        return Position() if row is None else Position(validity=row.validity, last_uid=row.last_uid)

    def is_received(self, identity: str) -> bool:
        """Whether a letter was handled."""
        return self._connection.execute(_RECEIVED, {"its_identity": identity}).first() is not None

    def pending(self) -> tuple[Pending, ...]:
        """The answers that are to go, the oldest first."""
        return tuple(
            Pending(
                identity=row.identity,
                login=row.actor_login,
                answer=row.answer,
                at=row.at,
                claimed_at=row.claimed_at,
            )
            for row in self._connection.execute(_PENDING)
        )

    def invited(self, event: EventKey) -> Invited | None:
        """What invitations said of an event, `None` where none did."""
        row = self._connection.execute(_INVITED, {"its_network": event.network, "its_uid": event.uid}).one_or_none()
        if row is None:
            return None
        marks = {key: Mark(*mark) for key, mark in json.loads(row.marks).items()}
        return Invited(marks=marks, text=None if row.body is None else bytes(row.body))

    def free_href(self, slug: str, uid: str) -> str:
        """An href for a new event of a calendar."""
        return fresh_href(uid, self.calendar(slug).number)

    @verb
    def take_turn(self, place: str, now: int, every_s: int) -> bool:
        """Whether nobody looked into a mailbox for so long; it is the caller's turn now. Times are epoch seconds; a
        turn that was taken ahead was taken by a wrong clock."""
        self._know(place)
        checked = s.mailbox.c.checked_at
        due = or_(checked <= now - every_s, checked > now)
        taken = update(s.mailbox).where(s.mailbox.c.place == place, due).values(checked_at=now)
        return self._connection.execute(taken).rowcount == 1

    @verb
    def move_position(self, place: str, position: Position) -> None:
        """Remember how far a mailbox was read."""
        self._know(place)
        values = {"validity": position.validity, "last_uid": position.last_uid}
        self._connection.execute(update(s.mailbox).where(s.mailbox.c.place == place).values(values))

    @verb
    def note_received(self, identity: str, answer: str | None) -> None:
        """Remember that a letter was handled, and what the actor is to be answered."""
        row = {"identity": identity, "at": self._now, "actor_login": self._actor.login if answer else ""}
        self._insert(s.received, [{**row, "answer": answer, "claimed_at": None}])

    @verb
    def claim_answer(self, identity: str) -> bool:
        """Whether an answer is the caller's to send."""
        return self._connection.execute(_CLAIM, {"its_identity": identity, "now": self._now}).rowcount == 1

    @verb
    def give_back_answer(self, identity: str) -> None:
        """Leave an answer, which was not sent, to the next who tries."""
        self._connection.execute(_GIVE_BACK, {"its_identity": identity})

    @verb
    def end_answer(self, identity: str) -> None:
        """Forget the words of an answer: it was sent, or never will be."""
        self._connection.execute(_ANSWERED, {"its_identity": identity})

    @verb
    def note_invited(self, event: EventKey, invited: Invited) -> None:
        """Remember what invitations said of an event."""
        self._connection.execute(_FORGET, {"its_network": event.network, "its_uid": event.uid})
        marks = {key: [mark.sequence, mark.stamp, mark.cancelled] for key, mark in invited.marks.items()}
        row = {"network": event.network, "uid": event.uid, "marks": json.dumps(marks), "body": invited.text}
        self._insert(s.invited, [{**row, "at": self._now}])

    def _know(self, place: str) -> None:
        if self._connection.execute(_MAILBOX, {"its_place": place}).first() is None:
            self._insert(s.mailbox, [{"place": place, "validity": 0, "last_uid": 0, "checked_at": 0}])
