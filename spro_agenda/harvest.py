"""Harvesting the calendars that networks keep elsewhere: fetched, compared, and written some events at a time.

What is here of a source is always its last good copy: one that fails, or gives something that cannot be meant, changes
nothing, and is told of until it gives a calendar again. What is unchanged is not written.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TypeVar
from urllib.parse import urlsplit

from spro_agenda.address import public_address
from spro_agenda.errors import BadCalendar, BadInput, NetworkError, Refused
from spro_agenda.fetching import Fetched, Fetcher, Limits, Validators, reach_of
from spro_agenda.i18n import _, counted
from spro_agenda.ical.lines import Component, parse
from spro_agenda.ical.own import is_ours
from spro_agenda.ical.read import HELD, CalendarObject
from spro_agenda.ical.sameness import content_of
from spro_agenda.ical.split import Piece, pieces
from spro_agenda.ical.torn import without_torn
from spro_agenda.ical.write import PRODID
from spro_agenda.instance import CONFIG, Configuration, option
from spro_agenda.model import AGENDA, Outcome
from spro_agenda.recurrence import check_bounded
from spro_agenda.region.records import Region
from spro_agenda.store import HARVESTER, Obstacle, Source, Store, Writer

LIMITS = Limits(largest=20_000_000, redirections=5, silence_s=20, total_s=90)
"""Of one source. Ten thousand events of some 2 kB, as Google writes them."""

MOST_EVENTS = 10_000
"""Of one source: the region has some hundreds a year."""

LARGEST_EVENT = 1_000_000
"""Bytes of one event: a photograph within it, and no more."""

AT_ONCE = 20
"""Events in one transaction: others who write wait for some tenths of a second."""

FEW = 5
"""So many events at once may go whatever their share is; an empty calendar is never taken without a word."""

MOST_NOTES = 20
EVERY_MINUTES = 60
_LONGEST_MINUTES = 7 * 24 * 60
PRIVATE, MINUTES = "harvest_private", "harvest_minutes"
"""Options of [storage]."""

T = TypeVar("T")

_STAMPS = re.compile(rb"^DTSTAMP[^\n]*\n", re.MULTILINE)
_BEGINS = re.compile(rb"^BEGIN:(?:VEVENT|VTODO)\s*$", re.MULTILINE | re.IGNORECASE)


class Suspicious(Refused):
    """A source gives so little of what it gave before that it may be a mistake there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How often the server harvests, in minutes (0 for never), and how."""

    minutes: int
    fetcher: Fetcher


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvest:
    """What came of one source. `is_news` is whether it fails otherwise than before, or fails no more."""

    source: Source
    created: int
    updated: int
    deleted: int
    is_news: bool


def settings_of(configuration: Configuration) -> Settings:
    """The options of an instance. Raises BadInput."""
    given = option(configuration, "storage", MINUTES, str(EVERY_MINUTES))
    if not (given.isascii() and given.isdigit() and int(given) <= _LONGEST_MINUTES):
        raise BadInput(
            _(
                "{file} : « {name} = {given} » n'est pas un nombre de minutes. Écrivez par exemple {name} = {default} "
                "(0 pour ne jamais reprendre les agendas tenus ailleurs)."
            ).format(file=CONFIG, name=MINUTES, given=given, default=EVERY_MINUTES)
        )
    own = public_address(configuration)
    reach = reach_of(option(configuration, "storage", PRIVATE, ""), own.url if own else "", PRIVATE)
    return Settings(minutes=int(given), fetcher=Fetcher(reach=reach, limits=LIMITS))


def due(sources: Iterable[Source], minutes: int, now: float) -> tuple[str, ...]:
    """The networks whose sources are to be asked again, at a time in epoch seconds."""
    return tuple(each.network for each in sources if each.checked_at is None or each.checked_at + minutes * 60 <= now)


def harvest(store: Store, network: str, fetcher: Fetcher, *, accept: bool = False) -> Harvest | None:
    """Bring in what a network's source has; `None` where there is none, or somebody else is doing so.

    `accept` takes even what looks like a mistake. What the source does wrong is in the Harvest. Raises StoreError.
    """
    with store.write(HARVESTER) as writer:
        source, region = writer.claim_source(network), writer.region()
    if source is None:
        return None
    gathering = _Gathering(store, source, called(source, region))
    try:
        end = gathering.bring(fetcher, accept=accept)
    except (NetworkError, BadInput, Refused) as error:
        end = replace(source, error=str(error), held=isinstance(error, Suspicious))
    with store.write(HARVESTER) as writer:
        is_news = writer.end_harvest(end)
        found = next((each for each in writer.sources() if each.network == network), end)
    return Harvest(
        source=found,
        created=gathering.created,
        updated=gathering.updated,
        deleted=gathering.deleted,
        is_news=is_news,
    )


def called(source: Source, region: Region) -> str:
    """What a source is called in sentences: whoever has its address may read the calendar."""
    return f"{region.name_of(source.network)} ({urlsplit(source.url).hostname})"


@dataclass(slots=True)
class _Gathering:
    """One harvest of one source, `called` so in sentences; and what was done so far. `torn` are UIDs of events of
    which no more can be read."""

    store: Store
    source: Source
    called: str
    created: int = 0
    updated: int = 0
    deleted: int = 0
    notes: list[str] = field(default_factory=list)
    torn: frozenset[str] = frozenset()

    def bring(self, fetcher: Fetcher, *, accept: bool) -> Source:
        """Fetch and write; the source as it now is. Raises NetworkError, BadInput, Refused, StoreError."""
        known = Validators(etag=self.source.etag, last_modified=self.source.last_modified)
        fetched = fetcher.fetch(self.source.url, known, called=self.called)
        if fetched is None:
            return replace(self.source, error="", held=False)
        whole = hashlib.sha256(_STAMPS.sub(b"", fetched.data)).hexdigest()
        if whole != self.source.content:
            self._compare(fetched, accept=accept)
        is_whole = not self.notes
        return replace(
            self.source,
            # What was not taken is looked at again the next time, changed or not.
            etag=fetched.validators.etag if is_whole else "",
            last_modified=fetched.validators.last_modified if is_whole else "",
            content=whole if is_whole else "",
            error="",
            held=False,
            notes=self._few_notes(),
        )

    def _compare(self, fetched: Fetched, *, accept: bool) -> None:
        given = self._given(fetched.data)
        with self.store.read() as reader:
            known = reader.harvested(self.source.network)
            # Some programs leave out the properties by which we know our own.
            own = [uid for uid in given if uid not in known and reader.href_of(AGENDA, uid) is not None]
        self._leave_out(given, own)
        gone = [uid for uid in known if uid not in given and uid not in self.torn]
        if not accept:
            self._check_meant(known, given, gone)
        changed = [piece for uid, piece in given.items() if known.get(uid) != content_of(piece.tree)]
        self._drop(gone)
        self._take(changed)

    def _given(self, data: bytes) -> dict[str, Piece]:
        """The events that the source gives, by UID, not read yet. Raises BadCalendar, Refused."""
        if len(_BEGINS.findall(data)) > MOST_EVENTS:
            raise Refused(
                _(
                    "{called} : il y a plus de {most} événements. Publiez là-bas un agenda plus petit, sans les années "
                    "passées par exemple."
                ).format(called=self.called, most=MOST_EVENTS)
            )
        calendars, data = self._parsed(data)
        self._check_not_ours(calendars)
        faults: list[BadCalendar] = []
        given: dict[str, Piece] = {}
        ours: list[str] = []
        for piece in pieces([_held(each) for each in calendars], data, self.called, faults):
            if is_ours(piece.tree.children[-1]):
                ours.append(piece.uid)
            elif given.setdefault(piece.uid, piece) is not piece:
                self._note(piece.tree.children[-1], _("deux événements de cette source ont le même UID."))
        self.notes += map(str, faults)
        if ours and not given:
            raise self._is_ours()
        self._leave_out(given, ours)
        return given

    def _parsed(self, data: bytes) -> tuple[list[Component], bytes]:
        """The calendars of a text, and the text; without the events that keep the others from being read. Raises
        BadCalendar."""
        try:
            return parse(data, self.called), data
        except BadCalendar:
            left, torn = without_torn(data, self.called)
            calendars = parse(left, self.called)
        self.torn = frozenset(each.uid for each in torn)
        self.notes += [str(each.fault) for each in torn]
        return calendars, left

    def _leave_out(self, given: dict[str, Piece], ours: Sequence[str]) -> None:
        """Leave out events of our own agenda that somebody copied into theirs: they would be here twice."""
        for uid in ours:
            given.pop(uid, None)
        if ours:
            left = counted(len(ours), "événement vient", "événements viennent")
            self.notes.append(
                _("{called} : {left} de l'agenda régional lui-même, et n'y entrent pas deux fois.").format(
                    called=self.called, left=left
                )
            )

    def _check_not_ours(self, calendars: Iterable[Component]) -> None:
        if any(line.value.strip() == PRODID for each in calendars for line in each.lines if line.name == "PRODID"):
            raise self._is_ours()

    def _is_ours(self) -> Refused:
        return Refused(
            _(
                "{called} : c'est l'agenda régional lui-même, ou un abonnement à celui-ci : ses événements "
                "tourneraient en rond. Donnez l'adresse de l'agenda du réseau."
            ).format(called=self.called)
        )

    def _check_meant(self, known: Mapping[str, str], given: Mapping[str, Piece], gone: Sequence[str]) -> None:
        """Raise Suspicious where a source gives nothing any more, or has lost the most of what it had."""
        if gone and (not given or (len(gone) > FEW and len(gone) * 2 > len(known))):
            raise Suspicious(
                _(
                    "{called} : {gone} sur {known} n'y sont plus. C'est peut-être une erreur là-bas : rien n'a été "
                    "changé ici. Si c'est voulu : spro-agenda harvest {network} --accept"
                ).format(
                    called=self.called,
                    gone=counted(len(gone), "événement", "événements"),
                    known=len(known),
                    network=self.source.network,
                )
            )

    def _drop(self, gone: Iterable[str]) -> None:
        for some in _batches(gone):
            with self.store.write(HARVESTER) as writer:
                self.deleted += sum(writer.drop_event(self.source.network, uid) for uid in some)

    def _take(self, changed: Iterable[Piece]) -> None:
        for some in _batches(self._readable(changed)):
            try:
                self._take_together(some)
            except BadInput:
                for each in some:
                    self._take_alone(each)

    def _take_together(self, some: Sequence[_Read]) -> None:
        with self.store.write(HARVESTER) as writer:
            taken = [(each, self._taken(writer, each)) for each in some]
        for each, came in taken:
            self._count(each, came)

    def _take_alone(self, each: _Read) -> None:
        """Take one of several, of which one cannot be stored."""
        try:
            self._take_together([each])
        except BadInput as fault:
            self._note(each.piece.tree.children[-1], str(fault))

    def _taken(self, writer: Writer, each: _Read) -> Outcome | Obstacle:
        return writer.take_event(self.source.network, each.obj, each.content)

    def _count(self, each: _Read, came: Outcome | Obstacle) -> None:
        self.created += came is Outcome.CREATED
        self.updated += came is Outcome.UPDATED
        if came is Obstacle.TYPED:
            self._note(
                each.piece.tree.children[-1],
                _(
                    "le réseau a saisi ici un événement de même UID, qui est resté tel quel. Supprimez-le ici, ou "
                    "l'autre là-bas."
                ),
            )
        elif came is Obstacle.REDACTED:
            self._note(
                each.piece.tree.children[-1],
                _("son texte a été retiré d'ici pour de bon, et ne revient pas. Retirez-le là-bas aussi."),
                is_named=False,
            )

    def _readable(self, changed: Iterable[Piece]) -> Iterator[_Read]:
        """Those that can be read, as they are asked for; what is here of the others stays as it is."""
        for piece in changed:
            content = content_of(piece.tree)
            component = piece.tree.children[-1]
            if len(piece.text) > LARGEST_EVENT:
                self._note(component, _("il est trop gros : retirez-en les pièces jointes."))
                continue
            try:
                obj = piece.read(self.called)
                check_bounded(obj, self.called)
            except BadCalendar as fault:
                self.notes.append(str(fault))
                continue
            yield _Read(piece, obj, content)

    def _note(self, component: Component, sentence: str, *, is_named: bool = True) -> None:
        """Tell of an event by its title, or by its line alone where its title is none of the reader's business."""
        line = component.first("SUMMARY") if is_named else None
        title = " ".join(line.value.split())[:60] if line else _("ligne {number}").format(number=component.number)
        shown = "".join(character if character.isprintable() else "\ufffd" for character in title)
        self.notes.append(
            _("{called}, « {title} » : {sentence}").format(called=self.called, title=shown, sentence=sentence)
        )

    def _few_notes(self) -> tuple[str, ...]:
        more = len(self.notes) - MOST_NOTES
        told = tuple(self.notes[:MOST_NOTES])
        if more <= 0:
            return told
        return (
            *told,
            _("{called} : et {more} de plus.").format(called=self.called, more=counted(more, "remarque", "remarques")),
        )


@dataclass(frozen=True, slots=True)
class _Read:
    """An event of a source, read."""

    piece: Piece
    obj: CalendarObject
    content: str


def _held(calendar: Component) -> Component:
    """A calendar without what an agenda does not hold: a source may have journals, and times that are busy."""
    return replace(calendar, children=[each for each in calendar.children if each.name in (*HELD, "VTIMEZONE")])


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while some := list(islice(rest, AT_ONCE)):
        yield some
