"""A letter -> what becomes of it: the events that it asks for, written, and what its sender is to know.

Whatever happens within the transaction is undone with it; what is wrong with one request is told, and the others go on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from spro_agenda.differences import differences
from spro_agenda.errors import BadCalendar, BadInput, FromElsewhere
from spro_agenda.i18n import _
from spro_agenda.ical.read import read_object
from spro_agenda.ical.title import title_of
from spro_agenda.inbox.amending import MASTER, NotItsInstance, amended, merged
from spro_agenda.inbox.letters import Letter
from spro_agenda.inbox.networks import Pattern, codes_of
from spro_agenda.inbox.requests import Contents, Method, Request, marked, read_contents
from spro_agenda.inbox.senders import Check, Doubt, accounts_of
from spro_agenda.model import Account, Clash, EventKey, Visibility
from spro_agenda.policy import Policy
from spro_agenda.region.entry import Entry, read_entry
from spro_agenda.region.explain import Explained, explain
from spro_agenda.region.questions import Question, questions
from spro_agenda.store import Invited, Mark, Reader, Writer

AGENT = "spro-agenda inbox"


class Done(StrEnum):
    """What a request came to."""

    CREATED = "created"
    UPDATED = "updated"
    CANCELLED = "cancelled"
    NOTED = "cancelled-before-it-came"
    UNCHANGED = "unchanged"
    OUTDATED = "outdated"
    DELETED = "deleted-since"
    EDITED = "edited-since"
    ELSEWHERE = "of-another-network"
    FAILED = "failed"

    @property
    def is_written(self) -> bool:
        return self in (Done.CREATED, Done.UPDATED, Done.CANCELLED)

    @property
    def is_failure(self) -> bool:
        return self in (Done.DELETED, Done.EDITED, Done.ELSEWHERE, Done.FAILED)


class Why(StrEnum):
    """Why nothing was looked for in a letter, or nothing found in it."""

    NOT_FOR_US = "not-for-an-agenda"
    UNCLEAR = Doubt.UNCLEAR.value
    UNKNOWN = Doubt.UNKNOWN.value
    UNPROVEN = Doubt.UNPROVEN.value
    TOO_BIG = "too-big"
    TNEF = "winmail-dat"
    NO_INVITATION = "no-invitation"
    OTHER_METHOD = "no-request"
    UNREADABLE = "unreadable"
    UNEXPECTED = "unexpected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a request came to in one network. `changes` and `sentence` are French; `left` the names of what was not
    taken over, as people had changed it too."""

    done: Done
    network: str
    title: str
    event: EventKey
    sentence: str = ""
    changes: tuple[str, ...] = ()
    left: frozenset[str] = frozenset()
    entry: Entry | None = field(default=None, repr=False)
    explained: tuple[Explained, ...] = ()
    questions: tuple[Question, ...] = ()
    clashes: tuple[Clash, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An agenda that a letter names and that its sender does not write; `network` is `None` where there is none."""

    name: str
    network: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Handled:
    """What became of a letter. `account` is `None` for a letter of which nobody we know is the sender."""

    letter: Letter | None
    account: Account | None = None
    why: Why | None = None
    sentence: str = ""
    results: tuple[Result, ...] = ()
    refused: tuple[Refusal, ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def is_told(self) -> bool:
        """Whether the sender is answered: a person, once, who gets to know something."""
        if self.account is None or self.letter is None or self.letter.is_automatic:
            return False
        news = any(each.done is not Done.UNCHANGED for each in self.results)
        return bool(news or self.refused or self.faults or self.why in _TOLD)

    @property
    def is_failure(self) -> bool:
        """Whether an administrator should look: something of somebody's whom we know was not done, or of somebody who
        gives himself for one, where the mail server's name may be configured wrongly."""
        return bool(
            self.faults or self.refused or any(each.done.is_failure for each in self.results) or self.why in _FAILURES
        )


_TOLD = frozenset({Why.TOO_BIG, Why.TNEF, Why.NO_INVITATION})
_FAILURES = frozenset({Why.UNPROVEN, Why.UNREADABLE, Why.UNEXPECTED, Why.TOO_BIG, Why.TNEF})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How an instance takes letters."""

    pattern: Pattern
    check: Check
    policy: Policy


def sender_of(reader: Reader, letter: Letter, rules: Rules) -> Account | Why:
    """The account that a letter is from, one that writes an agenda that it is for where there is one; or why nobody's
    is."""
    names = _names(letter, rules.pattern)
    if not names:
        return Why.NOT_FOR_US
    if not letter.sender:
        return Why.UNCLEAR
    found = accounts_of(letter.sender, reader.accounts())
    if not found:
        return Why.UNKNOWN
    if not rules.check.is_passed(letter.sender, letter.results):
        return Why.UNPROVEN
    codes = {code for code in codes_of(names, reader.region()).values() if code}
    return max(found, key=lambda account: len(rules.policy.written_by(account, codes)))


def handle(writer: Writer, letter: Letter, account: Account, rules: Rules) -> Handled:
    """Write what a letter of a known person asks for."""
    if not letter.is_whole:
        return Handled(letter=letter, account=account, why=Why.TOO_BIG)
    contents = read_contents(letter.calendars)
    codes, refused = _allowed(writer, _names(letter, rules.pattern), account, rules.policy)
    if not contents.requests and not contents.faults:
        return Handled(letter=letter, account=account, why=_nothing(letter, contents))
    results = tuple(
        _result(writer, request, code, account, rules.policy) for request in contents.requests for code in codes
    )
    return Handled(
        letter=letter,
        account=account,
        results=results,
        refused=refused,
        faults=tuple(str(fault) for fault in contents.faults),
    )


def _names(letter: Letter, pattern: Pattern) -> tuple[str, ...]:
    """What a letter calls the agendas that it is for: by the addresses that it was sent to; whom its calendars invite
    beside them was sent one of their own."""
    return pattern.names(letter.recipients) or pattern.names(read_contents(letter.calendars).addressed)


def _nothing(letter: Letter, contents: Contents) -> Why:
    if not letter.calendars:
        return Why.TNEF if letter.has_tnef else Why.NO_INVITATION
    return Why.NO_INVITATION if contents.ignored <= {""} else Why.OTHER_METHOD


def _allowed(
    writer: Writer, names: Iterable[str], account: Account, policy: Policy
) -> tuple[list[str], tuple[Refusal, ...]]:
    """The networks that a person may write, of those named; and those not."""
    codes: dict[str, None] = {}
    refused: list[Refusal] = []
    for name, code in codes_of(names, writer.region()).items():
        if code is not None and policy.may_write_network(account, code):
            codes[code] = None
        else:
            refused.append(Refusal(name=name, network=code))
    return list(codes), tuple(refused)


def _result(writer: Writer, request: Request, code: str, account: Account, policy: Policy) -> Result:
    """What a request comes to in a network; what can be wrong with it is found before anything is written."""
    key, title = EventKey(code, request.obj.uid), request.obj.parts[0].title
    try:
        writer.check_own(code, key.uid)
        return _Case(writer, request, key).result(_owners(writer, key, account, policy))
    except (BadInput, FromElsewhere) as error:
        return Result(done=Done.FAILED, network=code, title=title, event=key, sentence=str(error))


def _owners(writer: Writer, key: EventKey, account: Account, policy: Policy) -> tuple[str, ...]:
    """The networks, not the person's, that have an event of that UID which everybody sees."""
    return tuple(
        code
        for code in writer.region().codes
        if code != key.network
        and not policy.may_write_network(account, code)
        and (href := writer.href_of(code, key.uid)) is not None
        and (there := writer.object(code, href)) is not None
        and there.visibility is not Visibility.PRIVATE
    )


class _Case:
    """One request in one network, beside what stands there."""

    def __init__(self, writer: Writer, request: Request, key: EventKey) -> None:
        self.writer, self.request, self.key = writer, request, key
        self.region = writer.region()
        self.zone = self.region.time_zone
        self.href = writer.href_of(key.network, key.uid)
        stored = writer.object(key.network, self.href) if self.href is not None else None
        self.now = stored.body if stored is not None else None
        self.invited = writer.invited(key)
        self.base = self.invited.text if self.invited is not None else None
        self.asked = request.marks(self.zone)
        self.known = self._known()
        self.wanted = [key for key, mark in self.asked.items() if self._is_news(key, mark)]

    def result(self, owners: tuple[str, ...]) -> Result:
        if self.now is None and owners:
            return self._told(Done.ELSEWHERE, sentence=self.region.name_of(owners[0]))
        if not self.wanted:
            return self._told(Done.UNCHANGED if self._is_known() else Done.OUTDATED)
        if self.now is None:
            return self._first()
        try:
            return self._again(self.now)
        except NotItsInstance as error:
            return self._told(Done.FAILED, sentence=str(error))

    def _known(self) -> Mapping[str, Mark]:
        """The last word on each instance: that of invitations, or of the event itself where there was none."""
        if self.invited is not None:
            return self.invited.marks
        if self.now is None:
            return {}
        return {key: mark for key, mark, _component in marked(read_object(self.now, self.key.id), self.zone)}

    def _is_news(self, key: str, mark: Mark) -> bool:
        """RFC 5546 section 2.1.5: a higher SEQUENCE, or the same and said later. An instance is not told by who does
        not know yet what became of the whole."""
        series = self.known.get(MASTER)
        if key != MASTER and series is not None and mark.sequence < series.sequence:
            return False
        return key not in self.known or mark.is_after(self.known[key])

    def _is_known(self) -> bool:
        return all(key in self.known and mark.is_same(self.known[key]) for key, mark in self.asked.items())

    def _new(self, *, cancelled: bool) -> dict[str, Mark]:
        return {key: replace(self.asked[key], cancelled=cancelled) for key in self.wanted}

    def _first(self) -> Result:
        """The event is not there: it never came, or somebody deleted it."""
        if self.request.method is Method.CANCEL:
            marks = {**self.known, **self._new(cancelled=True)}
            self.writer.note_invited(self.key, Invited(marks=marks, text=None))
            return self._told(Done.NOTED)
        if self.base is not None:
            return self._told(Done.DELETED)
        body = amended(None, self.request, self.wanted, self.known, self.zone)
        return self._write(body, body, Done.CREATED)

    def _again(self, now: bytes) -> Result:
        """The event is there, as invitations left it or as people have made it since. A cancellation overwrites
        nothing of what they wrote."""
        done = Done.CANCELLED if self.request.method is Method.CANCEL else Done.UPDATED
        asked = amended(self.base, self.request, self.wanted, self.known, self.zone) if self.base is not None else None
        if done is Done.CANCELLED:
            return self._write(amended(now, self.request, self.wanted, self.known, self.zone), asked, done)
        if self.base is None or asked is None:
            return self._told(Done.EDITED)
        if self.base == now:
            return self._write(asked, asked, done)
        body, left = merged(self.base, now, asked, self.zone)
        return self._write(body, asked, done, left)

    def _write(
        self,
        body: bytes,
        base: bytes | None,
        done: Done,
        left: frozenset[str] = frozenset(),
    ) -> Result:
        """Store a text; `base` is what invitations alone make of the event."""
        code = self.key.network
        entry = read_entry(body, code, self.region, _("L'invitation"))
        calendar = self.writer.calendar(code)
        if entry.obj.component not in calendar.components:
            raise BadCalendar(
                _("Invitation"), None, _("cet agenda ne prend pas de tâches."), _("Invitez-le à un événement.")
            )
        href = self.href or self.writer.free_href(code, self.key.uid)
        written = self.writer.put_event(code, href, entry.obj)
        marks = {**self.known, **self._new(cancelled=done is Done.CANCELLED)}
        self.writer.note_invited(self.key, Invited(marks=marks, text=base))
        before = written.replaced.body if written.replaced is not None else None
        return Result(
            done=done,
            network=code,
            title=entry.lead.title,
            event=self.key,
            changes=differences(before, written.object.body, code, self.region) if before is not None else (),
            left=left,
            entry=entry,
            explained=explain(entry),
            questions=questions(entry),
            clashes=self.writer.unsettled_of(code, self.key.uid),
        )

    def _told(self, done: Done, sentence: str = "") -> Result:
        title = title_of(self.now) if self.now is not None else self.request.obj.parts[0].title
        return Result(done=done, network=self.key.network, title=title, event=self.key, sentence=sentence)
