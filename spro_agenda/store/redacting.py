"""The verb that takes an event's text away for good, everywhere, and leaves a trace without content."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from spro_agenda.errors import BadCalendar, NotFound
from spro_agenda.i18n import _
from spro_agenda.ical.redact import is_redacted, redacted
from spro_agenda.model import FORGOTTEN, EventKey
from spro_agenda.region.entry import read_entry
from spro_agenda.store import schema as s
from spro_agenda.store.holding import Slot
from spro_agenda.store.records import Act, Calendar, Deed, Redaction
from spro_agenda.store.writing import Writing, verb

LOG = "redactions.log"
"""In the instance's folder: one JSON object a line, so that no restored backup brings a text back."""

_own = s.revision.c
_OF_EVENT = (_own.uid == bindparam("of_uid"), _own.calendar_id.in_(bindparam("calendars", expanding=True)))
_FORGET = (
    update(s.revision)
    .where(*_OF_EVENT, _own.body.is_not(None), _own.id.not_in(bindparam("kept", expanding=True)))
    .values(body=None, redacted=True)
)
_CURRENT = select(s.object_.c.revision_id).where(
    s.object_.c.uid == bindparam("of_uid"), s.object_.c.calendar_id.in_(bindparam("calendars", expanding=True))
)
_RECORDED = (s.redaction.c.network == bindparam("of_network"), s.redaction.c.uid == bindparam("of_uid"))
_RECORDED_AT = select(s.redaction.c.at).where(*_RECORDED)
_RECORD = update(s.redaction).where(*_RECORDED).values(at=bindparam("now"), actor_login=bindparam("who"))


_CLASHES_OF = (
    select(s.clash.c.identity)
    .join(s.clash_member, s.clash_member.c.clash_id == s.clash.c.id)
    .where(s.clash_member.c.network == bindparam("of_network"), s.clash_member.c.uid == bindparam("of_uid"))
)
_SILENCE, _SILENCE_DISMISSAL = (
    update(table).where(table.c.identity == bindparam("of_identity")).values(why="")
    for table in (s.settlement, s.dismissal)
)


_FORGET_INVITED = delete(s.invited).where(
    s.invited.c.network == bindparam("of_network"), s.invited.c.uid == bindparam("of_uid")
)
# An answer that is still to go may speak of any event.
_SILENCE_ANSWERS = update(s.received).where(s.received.c.answer.is_not(None)).values(answer=None, claimed_at=None)


class Redacting(Writing):
    """The verb that redacts."""

    @verb
    def redact_event(self, network: str, uid: str, *, told_at: int | None = None) -> Redaction:
        """Take an event's text out of every revision, the trash and what is live, in each calendar that it stood in;
        and what people said of its clashes, which may name whom it names.

        Where another calendar has deleted an event with the same UID, that goes too: it may be the same, copied. Where
        one has it still, it is another event, which the redaction names. What is live becomes an event without text at
        the same times: an ordinary change. Done again, it changes nothing. The bytes are gone from the files after
        `Store.scrub`. It is remembered as of now, or as of `told_at` (epoch seconds) where it was first done then.
        Raises NotFound.
        """
        event = EventKey(network, uid)
        own = self.lineage(event)
        if not own:
            raise NotFound(_("L'événement « {id} » n'est pas connu.").format(id=event.id))
        gone, elsewhere = self.copies(event)
        of_region = sorted((*own, *gone), key=lambda calendar: calendar.slug)
        # Whoever copied it for themselves has its words too.
        calendars = [*of_region, *self.personal_copies(uid)]
        rewritten = sum(self._redact_live(calendar, uid) for calendar in calendars)
        of_event = {"of_uid": uid, "calendars": [calendar.id for calendar in calendars]}
        kept = self._connection.execute(_CURRENT, of_event).scalars().all()
        forgotten = self._connection.execute(_FORGET, {**of_event, "kept": list(kept)}).rowcount
        # What was refused of it and waits to be told, too.
        self._connection.execute(delete(s.refusal).where(s.refusal.c.uid == uid))
        # And what was said of a source's events, until it is harvested again.
        networks = [calendar.slug for calendar in of_region]
        self._connection.execute(update(s.source).where(s.source.c.network.in_(networks)).values(notes="[]"))
        self._examine_changed()
        for calendar in of_region:
            self._forget_said(EventKey(calendar.slug, uid))
            self._connection.execute(_FORGET_INVITED, {"of_network": calendar.slug, "of_uid": uid})
        self._connection.execute(_SILENCE_ANSWERS)
        redaction = Redaction(
            uid=uid,
            networks=tuple(calendar.slug for calendar in of_region),
            revisions=forgotten,
            rewritten=rewritten,
            at=datetime.fromtimestamp(self._now, UTC),
            login=self._actor.login,
            elsewhere=tuple(calendar.slug for calendar in elsewhere),
        )
        if rewritten or forgotten:
            at = self._now if told_at is None else told_at
            for slug in redaction.networks:
                remember(self._connection, EventKey(slug, uid), at, redaction.login)
            self._audit(Act.EVENT_REDACTED, event.id)
            # What workers keep of what changed of late may have its words.
            self._touch()
        return redaction

    def _forget_said(self, event: EventKey) -> None:
        """Take away the words in which people spoke of the event, and the keys of clashes that were made of its own."""
        about = {"of_network": event.network, "of_uid": event.uid}
        for identity in self._connection.execute(_CLASHES_OF, about).scalars().all():
            self._connection.execute(_SILENCE, {"of_identity": identity})
        self._forget_reasons(event)
        for dismissal in self._connection.execute(select(s.dismissal.c.identity, s.dismissal.c.members)).all():
            if event.id in dismissal.members.split("\n"):
                self._connection.execute(_SILENCE_DISMISSAL, {"of_identity": dismissal.identity})

    def _redact_live(self, calendar: Calendar, uid: str) -> bool:
        """Redact what is live in a calendar; whether there was something to redact."""
        row = self._row_of_uid(calendar, uid)
        if row is None:
            return False
        slot, body = Slot(calendar, row.href, uid), bytes(row.body)
        try:
            if is_redacted(body):
                return False
            text = redacted(body, datetime.fromtimestamp(self._now, UTC))
            entry = read_entry(text, calendar.network, self.region(), row.href)
        except BadCalendar:
            # A text that we cannot read must go all the same.
            self._take_out(slot, Deed.REDACTED.value, row)
            return True
        self._save(slot, entry, self._record(slot, Deed.REDACTED.value, text, row), row)
        return True


def remember(connection: Connection, event: EventKey, at: int, login: str) -> None:
    """Remember that an event was redacted, when (epoch seconds) and by whom; what is known of later stays."""
    about = {"of_network": event.network, "of_uid": event.uid}
    known = connection.execute(_RECORDED_AT, about).scalar()
    if known is None:
        connection.execute(insert(s.redaction).values(network=event.network, uid=event.uid, at=at, actor_login=login))
    elif known < at:
        connection.execute(_RECORD, {**about, "now": at, "who": login})


def log_redaction(home: Path, redaction: Redaction) -> None:
    """Add a redaction to the instance's log, on the disk when this returns: before it is committed, so that none is
    done and not told. A line that a power cut left without its end stays alone. Raises OSError."""
    log = home / LOG
    log.touch(mode=0o600)
    lines = [log_line(network, redaction.uid, redaction.at, redaction.login) for network in redaction.networks]
    with log.open("a+b") as file:
        file.seek(max(file.seek(0, os.SEEK_END) - 1, 0))
        torn = file.read() not in (b"", b"\n")
        file.write(b"\n" * torn + b"".join(line + b"\n" for line in lines))
        file.flush()
        os.fsync(file.fileno())


def forget_in_log(home: Path, login: str) -> None:
    """Take a person's login out of the instance's log, where there is one. Raises OSError."""
    log = home / LOG
    if not log.exists():
        return
    own, nobody = (f'"by": {json.dumps(name, ensure_ascii=False)}'.encode() for name in (login, FORGOTTEN))
    draft = log.with_suffix(".new")
    draft.touch(mode=0o600)
    with draft.open("wb") as file:
        file.write(log.read_bytes().replace(own, nobody))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(log)


def log_line(network: str, uid: str, at: datetime, login: str) -> bytes:
    """A redaction as the log has it, without the line's end."""
    record = {"network": network, "uid": uid, "at": at.isoformat(), "by": login}
    return json.dumps(record, ensure_ascii=False).encode()
