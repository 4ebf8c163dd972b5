"""From what was written to how each event passed from what it was to what it is: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from spro_agenda.model import EventKey
from spro_agenda.store import Deed, Revision

_BEGINNING = frozenset({Deed.CREATED, Deed.RESTORED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """An event before and after some revisions of it: its texts, `None` where it was not, or is not, in any calendar.

    `before_network` is whose it was then. `last` is the last text that it had. `is_known` is whether its texts are:
    one may have been redacted, or be older than what is kept. `revision`, `at` (UTC) are of the last of the revisions,
    `logins` of all of them.
    """

    key: EventKey
    before: bytes | None = field(repr=False)
    before_network: str
    after: bytes | None = field(repr=False)
    last: bytes | None = field(repr=False)
    is_known: bool
    revision: int
    at: datetime
    logins: frozenset[str]


def passages(revisions: Iterable[Revision]) -> tuple[Passage, ...]:
    """How events passed over some revisions, the oldest first; an event that went to another calendar is one, there."""
    courses: dict[EventKey, list[Revision]] = {}
    for revision in revisions:
        courses.setdefault(revision.key, []).append(revision)
    found = {key: _passage(course) for key, course in courses.items()}
    sources = {key: source for key, course in courses.items() if (source := _source(course)) in found}
    for key in sources:
        found[key] = _since(found, sources, key)
    left = {key for key, course in courses.items() if _left(course)}
    return tuple(_paired([each for key, each in found.items() if key not in left]))


def _passage(course: Sequence[Revision]) -> Passage:
    first, last = course[0], course[-1]
    return Passage(
        key=first.key,
        before=first.previous_body,
        before_network=(first.moved_from or first.key.network).partition("/")[0],
        after=last.body,
        last=last.text,
        is_known=(first.deed in _BEGINNING or first.previous_body is not None)
        and not any(each.redacted or each.deed is Deed.REDACTED for each in course),
        revision=last.id,
        at=last.at,
        logins=frozenset(each.login for each in course),
    )


def _source(course: Sequence[Revision]) -> EventKey | None:
    """The event in the calendar that a move brought it from."""
    network = (course[0].moved_from or "").partition("/")[0]
    return EventKey(network, course[0].key.uid) if network and network != course[0].key.network else None


def _left(course: Sequence[Revision]) -> bool:
    """Whether it went to another calendar, which tells the rest."""
    return course[-1].deed is Deed.MOVED and course[-1].body is None and not course[-1].redacted


def _since(found: Mapping[EventKey, Passage], sources: Mapping[EventKey, EventKey], key: EventKey) -> Passage:
    """The passage of an event that was moved, from where its journey began."""
    passage, seen, at = found[key], {key}, key
    while at in sources and sources[at] not in seen:
        at = sources[at]
        seen.add(at)
        passage = _joined(found[at], passage)
    return passage


def _joined(earlier: Passage, later: Passage) -> Passage:
    return replace(
        later,
        before=earlier.before,
        before_network=earlier.before_network,
        is_known=earlier.is_known and later.is_known,
        logins=earlier.logins | later.logins,
    )


def _paired(found: Sequence[Passage]) -> Iterable[Passage]:
    """The passages, where what went from one calendar and came to another under the same UID is one: some clients move
    an event so (Thunderbird)."""
    gone: dict[str, list[Passage]] = {}
    for each in found:
        if each.after is None and each.before is not None:
            gone.setdefault(each.key.uid, []).append(each)
    taken = set[EventKey]()
    for each in found:
        others = [other for other in gone.get(each.key.uid, ()) if other.key not in taken]
        if each.before is None and each.after is not None and len(others) == 1:
            taken.add(others[0].key)
            yield _joined(others[0], each)
        elif each.after is not None:
            yield each
    yield from (each for each in found if each.after is None and each.key not in taken)
