"""What was done to events, as it is told: revisions with their titles, in words, and what moved.

Renderers only lay it out. It is a function of revisions and region.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from spro_agenda.differences import differences
from spro_agenda.errors import BadCalendar
from spro_agenda.i18n import _
from spro_agenda.ical.redact import TITLE
from spro_agenda.ical.title import title_of
from spro_agenda.model import FORGOTTEN, EventKey
from spro_agenda.region.records import Region
from spro_agenda.store import Deed, Revision
from spro_agenda.store.retention import months_after

_DEEDS = {
    Deed.CREATED: _("ajouté"),
    Deed.UPDATED: _("modifié"),
    Deed.DELETED: _("supprimé"),
    Deed.MOVED: _("déplacé"),
    Deed.RESTORED: _("restauré"),
    Deed.REDACTED: _("texte retiré"),
    Deed.REPAIRED: _("réparé"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One thing that was done. `at` is local; `where` says from or to where it moved; `changes` are sentences.

    `who` is a login, "" for the command line's own work.
    """

    revision: Revision
    at: datetime
    what: str
    title: str
    who: str
    client: str
    where: str
    changes: tuple[str, ...]

    @property
    def key(self) -> EventKey:
        return self.revision.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Recoverable:
    """A deleted event that can be brought back, until a day (inclusive)."""

    deletion: Told
    until: date


def told(revisions: Iterable[Revision], region: Region, *, with_changes: bool = False) -> Iterator[Told]:
    """What revisions, the newest first, tell. A move within a calendar, which leaves two of them, is told once."""
    newer: Revision | None = None
    for revision in revisions:
        follows = newer is not None and newer.id == revision.id + 1 and newer.moved_from == _place(revision)
        to = newer.key.network if newer is not None and follows else None
        newer = revision
        if to != revision.key.network:
            yield _told(revision, region, to, with_changes=with_changes)


def recoverable(deletions: Iterable[Revision], region: Region, trash_months: int) -> Iterator[Recoverable]:
    """The deletions of the trash, and how long they can be undone."""
    for each in told(deletions, region):
        yield Recoverable(deletion=each, until=months_after(each.at.date(), trash_months))


def who_called(login: str) -> str:
    """A login as it is shown; "" for the command line's own work."""
    return _("une personne oubliée") if login == FORGOTTEN else login


def client_words(revision: Revision) -> str:
    """With what it was done, and on which device where that has a password of its own."""
    return f"{revision.client} ({revision.device})" if revision.device else revision.client


def _place(revision: Revision) -> str:
    return f"{revision.key.network}/{revision.href}"


def _told(revision: Revision, region: Region, to: str | None, *, with_changes: bool) -> Told:
    return Told(
        revision=revision,
        at=_local(revision.at, region.time_zone),
        what=_DEEDS[revision.deed],
        title=title_of(revision.text) if revision.text is not None else TITLE,
        who=who_called(revision.login),
        client=client_words(revision),
        where=_where(revision, region, to),
        changes=_changes(revision, region) if with_changes else (),
    )


def _local(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone)


def _where(revision: Revision, region: Region, to: str | None) -> str:
    """« depuis 28 Eure-et-Loir », « vers 45 Loiret », "" for what did not move."""
    if revision.deed is not Deed.MOVED:
        return ""
    if revision.body is None and not revision.redacted and revision.moved_from is None:
        return _("vers {calendar}").format(calendar=region.name_of(to)) if to else _("vers un autre agenda")
    source = (revision.moved_from or "").partition("/")[0]
    if source == revision.key.network:
        return _("à une autre adresse du même agenda")
    return _("depuis {calendar}").format(calendar=region.name_of(source))


def _changes(revision: Revision, region: Region) -> tuple[str, ...]:
    if revision.redacted:
        return (_("son texte a été retiré depuis"),)
    if revision.body is None or revision.previous_body is None or revision.deed is Deed.REDACTED:
        return ()
    try:
        found = differences(revision.previous_body, revision.body, revision.key.network, region)
    except BadCalendar:
        return (_("l'un des deux textes ne peut plus être lu : rien n'est comparé"),)
    return found or ((_("rien de ce qui se voit n'a changé"),) if revision.deed is not Deed.MOVED else ())
