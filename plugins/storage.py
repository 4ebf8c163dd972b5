"""Radicale's storage on our store.

A lock is one transaction of the store; a collection is a calendar as it stood when it was discovered; an item is an
object. The same calendar stands at `/spro/28/` and at `/<login>/28/`, since clients find calendars in a home only.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any, cast
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import vobject
from radicale import item as radicale_item
from radicale import pathutils, types
from radicale.config import Configuration
from radicale.storage import BaseCollection, BaseStorage

from spro_agenda import request
from spro_agenda.errors import Refused, SproError
from spro_agenda.i18n import _
from spro_agenda.ical.excerpt import excerpted
from spro_agenda.ical.expand import When, expanded
from spro_agenda.ical.read import KNOWN, CalendarObject, read_object
from spro_agenda.ical.simplify import simplified, without_zones
from spro_agenda.ical.write import joined, text_line, zone_text
from spro_agenda.model import PRINCIPAL, Account, View
from spro_agenda.policy import Policy
from spro_agenda.store import (
    Actor,
    Busy,
    Calendar,
    CompFilter,
    Given,
    Instance,
    Properties,
    Reader,
    Store,
    StoredObject,
    Writer,
)

from .filters import filters_of
from .instance import Directory, check_home, snapshot, store_of

_NAME, _DESCRIPTION = "D:displayname", "C:calendar-description"
_COLOUR, _ORDER = "ICAL:calendar-color", "ICAL:calendar-order"
_TIME_ZONE = "C:calendar-timezone"
_COMPONENTS = "C:supported-calendar-component-set"
_OF_ROW = frozenset({"tag", _NAME, _DESCRIPTION, _COLOUR, _COMPONENTS})
"""What a calendar has in its own row, the same for everybody."""


_OTHERS = 1000
"""How far the order of each rank of calendars is behind the one before."""


def _rank(account: Account | None, calendar: Calendar, policy: Policy) -> int:
    """The calendars of the region that a person writes, the agenda and the others, then the person's own."""
    if calendar.owner:
        return 2
    return 0 if account is not None and policy.may_write(account, calendar) else 1


@dataclass(frozen=True, slots=True)
class _Sight:
    """How a person sees a calendar, and where among the others."""

    view: View
    rank: int


class SentText(str):
    """An event's text that encodes to the very bytes that were sent.

    Radicale only ever calls `.encode` to answer a GET, and puts the string itself into XML, where some characters may
    not stand: there the string has none of them.
    """

    _body: bytes

    def __new__(cls, body: bytes) -> SentText:
        try:
            decoded = body.decode()
        except UnicodeDecodeError:
            # Folded in the middle of a character (RFC 5545 section 3.1 allows it): whole again once unfolded.
            decoded = _FOLD.sub(b"", body).decode("utf-8", "replace")
        text = super().__new__(cls, _NOT_XML.sub("", decoded) if _NOT_XML.search(decoded) else decoded)
        text._body = body
        return text

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        """The bytes as sent, whatever encoding is asked for."""
        return self._body


_FOLD = re.compile(rb"\r?\n[ \t]")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class StoredItem(radicale_item.Item):
    """An item whose text is the sender's, and whose vobject is read from a text that vobject can expand."""

    @property
    def vobject_item(self) -> Any:
        if self._vobject_item is None:
            self._vobject_item = _parsed(self.serialize().encode())
        return self._vobject_item


class ExpandedItem(StoredItem):
    """An item that is given as its instances: filters look at the event as it was sent."""

    def __init__(self, stored: StoredObject, **about: Any) -> None:
        super().__init__(**about)
        self._stored = stored

    @property
    def vobject_item(self) -> Any:
        if self._vobject_item is None:
            self._vobject_item = _parsed(self._stored.body)
        return self._vobject_item


def _parsed(body: bytes) -> Any:
    """An object as vobject reads it: one that it cannot read would be an error for its whole calendar.

    It fails on time zones that nobody else minds, without which it has read each object as it was written.
    """
    request.check_time()
    try:
        return vobject.readOne(simplified(body).decode("utf-8", "replace"))
    except (vobject.base.VObjectError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return vobject.readOne(without_zones(read_object(body, "", KNOWN)).decode("utf-8", "replace"))


@dataclass(frozen=True, slots=True)
class _Value:
    """A property, as far as Radicale looks at it for free-busy."""

    value: Any


@dataclass(frozen=True, slots=True)
class _BusyEvent:
    """An event that takes up a busy period and no more, as Radicale looks at vobject's."""

    dtstart: _Value
    dtend: _Value
    status: _Value
    rruleset: None = None


@dataclass(frozen=True, slots=True)
class _BusyCalendar:
    vevent_list: tuple[_BusyEvent, ...]


class BusyItem(radicale_item.Item):
    """A busy period: what Radicale asks for free-busy, without a text that it would have to parse."""

    def __init__(self, collection: BaseCollection, busy: Busy) -> None:
        super().__init__(
            collection=collection, href="", text="", etag="", uid="", name="VCALENDAR", component_name="VEVENT"
        )
        start, end = (_Value(datetime.fromtimestamp(each, UTC)) for each in (busy.start_s, busy.end_s))
        status = _Value("TENTATIVE" if busy.fbtype == "BUSY-TENTATIVE" else "CONFIRMED")
        self._calendar = _BusyCalendar((_BusyEvent(start, end, status),))

    @property
    def vobject_item(self) -> Any:
        return self._calendar


class _Unit(threading.local):
    """This thread's lock: for whom, and the transaction of one for writing."""

    locked: bool = False
    writer: Writer | None = None
    user: str = ""


class Folder(BaseCollection):
    """The root, the principal of all calendars, or a person's home: it holds calendars and no events.

    A principal has a name (RFC 3744 section 4).
    """

    def __init__(self, path: str, name: str = "") -> None:
        self._path = path
        self._meta = {_NAME: name} if name else {}

    @property
    def path(self) -> str:
        return self._path

    def get_multi(self, hrefs: Iterable[str]) -> Iterable[tuple[str, None]]:
        return [(href, None) for href in hrefs]

    def get_all(self) -> Iterable[radicale_item.Item]:
        return ()

    def get_meta(self, key: str | None = None) -> Any:
        return dict(self._meta) if key is None else self._meta.get(key)

    @property
    def last_modified(self) -> str:
        return formatdate(0, usegmt=True)


class CalendarCollection(BaseCollection):
    """One calendar at one of its addresses, as a person sees it, with its metadata as it was when it was discovered.

    Radicale asks for etag, sync token and properties after it has released its lock.
    """

    def __init__(self, storage: Storage, path: str, calendar: Calendar, sight: _Sight, own: Properties) -> None:
        self._storage, self._path, self._calendar, self._view = storage, path, calendar, sight.view
        self._shared = {
            "tag": "VCALENDAR",
            _NAME: calendar.name,
            _DESCRIPTION: calendar.description,
            _COLOUR: calendar.colour,
            # Some clients sort by it: the calendars of the own network come first there too.
            _ORDER: str(calendar.position + _OTHERS * sight.rank),
            _COMPONENTS: ",".join(calendar.components),
            _TIME_ZONE: zone_text(calendar.tz),
        }
        self._meta = {**self._shared, **own}

    @property
    def path(self) -> str:
        return self._path

    @property
    def owner(self) -> str:
        return PRINCIPAL

    @property
    def slug(self) -> str:
        return self._calendar.slug

    @property
    def etag(self) -> str:
        # A calendar's text has its name and description, which a person may have changed, and what the person sees.
        about = "\0".join((self._meta[_NAME], self._meta[_DESCRIPTION], self._view))
        named = hashlib.blake2b(about.encode(), digest_size=4).hexdigest()
        return f'"{self._calendar.sync_epoch}-{self._calendar.number}-{named}"'

    @property
    def last_modified(self) -> str:
        return formatdate(self._calendar.changed_at, usegmt=True)

    @property
    def tag(self) -> str:
        return "VCALENDAR"

    def get_meta(self, key: str | None = None) -> Any:
        return dict(self._meta) if key is None else self._meta.get(key)

    def set_meta(self, props: Mapping[str, str]) -> None:
        """Keep a person's own name, colour and the like: nobody else sees them."""
        own = {name: value for name, value in props.items() if value != self._shared.get(name)}
        with self._storage.writing() as writer:
            writer.set_properties(self.slug, self._storage.user, own)

    def sync(self, old_token: str = "") -> tuple[str, Iterable[str]]:
        serving = request.current()
        most = serving.most_changes if serving else None
        if not old_token and most is None:
            token, listing = self._calendar.sync_token(self._view), _listing()
            if listing is None:
                return token, self._hrefs()
            with self._storage.reading() as reader:
                self._list(listing, reader)
            return token, ()
        with self._storage.reading() as reader:
            try:
                changes = reader.changes_since(self.slug, old_token, self._view, most)
            except SproError as error:
                # Radicale answers a ValueError with 403 and valid-sync-token.
                raise ValueError(str(error)) from error
        if serving is not None:
            serving.is_cut = changes.is_cut
        return changes.token, changes.hrefs

    def _hrefs(self) -> Iterator[str]:
        """Read only when asked for: each PROPFIND of a sync token calls `sync` and throws the names away."""
        with self._storage.reading() as reader:
            yield from reader.changes_since(self.slug, "", self._view).hrefs

    def get_multi(self, hrefs: Iterable[str]) -> Iterable[tuple[str, radicale_item.Item | None]]:
        wanted = list(hrefs)
        with self._storage.reading() as reader:
            found = reader.objects_named(self.slug, wanted, self._view)
            listing = _listing()
            if listing is not None and listing.named:
                self._tell(listing, reader, found.values())
                return [(href, None) for href in wanted if href not in found]
            items = {each.href: each for each in self._items(reader, found.values())}
        # What exists and takes place at no time asked for is neither there nor missing: RFC 4791 section 9.6.5.
        return [(href, items.get(href)) for href in wanted if href in items or href not in found]

    def get_all(self) -> Iterable[radicale_item.Item]:
        listing = _listing()
        with self._storage.reading() as reader:
            if listing is not None:
                self._list(listing, reader)
                return ()
            return [self.item(stored) for stored in reader.objects(self.slug, view=self._view)]

    def get_filtered(self, filters: Iterable[ET.Element]) -> Iterable[tuple[radicale_item.Item, bool]]:
        """The objects that fulfil all filters: `True`, there is nothing left for Radicale to look at."""
        asked = [each for element in filters for each in filters_of(element)]
        serving, listing = request.current(), _listing()
        with self._storage.reading() as reader:
            if serving and serving.free_busy:
                return [(BusyItem(self, each), True) for each in self._busy(reader, asked)]
            found = reader.objects_matching(self.slug, asked, self._view)
            if listing is not None:
                self._tell(listing, reader, found)
                return ()
            return [(each, True) for each in self._items(reader, found)]

    def _busy(self, reader: Reader, asked: list[CompFilter]) -> list[Busy]:
        """Radicale makes a filter of the range that a free-busy-query has."""
        ((_component, during),) = (each.narrowed for each in asked)
        assert during is not None
        return reader.busy(self.slug, during.start, during.end, self._view)

    def _list(self, listing: request.Listing, reader: Reader) -> None:
        """Tell a listing of every object."""
        if listing.texts:
            self._tell(listing, reader, list(reader.objects(self.slug, view=self._view)))
            return
        prefix = f"/{self._path}/"
        listing.rows += [
            request.Row(prefix + href, etag, component, modified, text="")
            for href, etag, component, modified in reader.listing(self.slug, self._view)
        ]

    def _tell(self, listing: request.Listing, reader: Reader, found: Collection[StoredObject]) -> None:
        """Tell a listing of these objects, expanded where the request asks for that."""
        prefix = f"/{self._path}/"
        listing.rows += [
            request.Row(
                path=prefix + stored.href,
                etag=stored.etag,
                component=stored.component,
                modified=stored.modified,
                text=SentText(body) if listing.texts else "",
            )
            for stored, body in self._bodies(reader, found)
        ]

    def _items(self, reader: Reader, found: Collection[StoredObject]) -> Iterator[radicale_item.Item]:
        for stored, body in self._bodies(reader, found):
            about = self._about(stored, body)
            yield StoredItem(**about) if body is stored.body else ExpandedItem(stored, **about)

    def _bodies(self, reader: Reader, found: Collection[StoredObject]) -> Iterator[tuple[StoredObject, bytes]]:
        """Objects with their texts: as they were sent, or expanded and cut as the request asks."""
        serving = request.current()
        excerpt = serving.excerpt if serving else None
        for stored, body in self._whole_bodies(reader, found):
            yield stored, body if excerpt is None else excerpted(body, excerpt)

    def _whole_bodies(self, reader: Reader, found: Collection[StoredObject]) -> Iterator[tuple[StoredObject, bytes]]:
        serving = request.current()
        if serving is None or serving.expand is None:
            for stored in found:
                request.check_time()
                yield stored, stored.body
            return
        instances, zone = reader.instances(self.slug, found, *serving.expand), reader.region().time_zone
        for stored in found:
            request.check_time()
            its = instances.get(stored.href)
            if its:
                yield stored, expanded(stored.body, (_when(each, zone) for each in its))
            elif its is not None:
                yield stored, stored.body

    def has_uid(self, uid: str) -> bool:
        with self._storage.reading() as reader:
            return reader.href_of(self.slug, uid) is not None

    def upload(self, href: str, item: radicale_item.Item) -> tuple[radicale_item.Item, radicale_item.Item | None]:
        with self._storage.writing() as writer:
            written = writer.put_event(self.slug, href, _sent(item))
        return self.item(written.object), self.item(written.replaced) if written.replaced else None

    def delete(self, href: str | None = None) -> None:
        with self._storage.writing() as writer:
            if href is None:
                writer.remove_calendar(self.slug)
            else:
                writer.delete_event(self.slug, href)

    def serialize(self, vcf_to_ics: bool = False, ShareActions: dict[str, Any] | None = None) -> str:  # noqa: N803
        with self._storage.reading() as reader:
            return self._storage.whole.of(self._calendar, self._view, self._meta, reader)

    def item_at(self, href: str) -> radicale_item.Item | None:
        """An object of the calendar."""
        with self._storage.reading() as reader:
            stored = reader.object(self.slug, href, self._view)
            if stored is None:
                return None
            serving = request.current()
            if serving is not None:
                serving.differs = stored.differs
            return self.item(stored)

    def item(self, stored: StoredObject) -> radicale_item.Item:
        """An object as it was sent."""
        return StoredItem(**self._about(stored, stored.body))

    def _about(self, stored: StoredObject, body: bytes) -> dict[str, Any]:
        """Every field of an item: Radicale parses the text with vobject, at 2 ms and more, for one that is missing."""
        request.check_time()
        return {
            "collection": self,
            "href": stored.href,
            "text": SentText(body),
            "etag": stored.etag,
            "uid": stored.uid,
            "name": "VCALENDAR",
            "component_name": stored.component,
            "last_modified": formatdate(stored.modified, usegmt=True),
        }


class WholeCalendars:
    """The texts of whole calendars, each kept until it changes: clients that fetch them ask again and again.

    A request without properties asks for the length of one, too (RFC 4918 section 15.4).
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[WholeKey, tuple[int, SentText]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, calendar: Calendar, view: View, meta: Mapping[str, str], reader: Reader) -> SentText:
        """The text of a calendar as a snapshot has it."""
        key = (calendar.slug, calendar.sync_epoch, view, meta[_NAME], meta[_DESCRIPTION])
        with self._lock:
            number, text = self._kept.get(key, (-1, None))
        if text is None or number != calendar.number:
            # The snapshot may be newer than the calendar that was discovered.
            number = reader.calendar(calendar.slug).number
            header = [text_line("X-WR-CALNAME", meta[_NAME]), text_line("X-WR-CALDESC", meta[_DESCRIPTION])]
            bodies = (stored.body for stored in _in_time(reader.objects(calendar.slug, view=view)))
            text = SentText(joined(header, bodies))
            self._keep(key, number, text)
        return text

    def _keep(self, key: WholeKey, number: int, text: SentText) -> None:
        with self._lock:
            self._kept.pop(key, None)
            if len(text) <= LARGEST_KEPT:
                self._kept[key] = (number, text)
            while sum(len(each) for _number, each in self._kept.values()) > LARGEST_KEPT:
                self._kept.popitem(last=False)


WholeKey = tuple[str, str, View, str, str]
"""Slug, sync epoch, view, name and description."""

LARGEST_KEPT = 16_000_000
"""Characters of whole calendars that a worker keeps."""


class Storage(BaseStorage):
    """Made twice a process, so it opens nothing before it is used."""

    # Hrefs may hold whatever a client writes: they are no file names here.
    _is_collision_free = True
    _supports_unicode = True
    _supports_trailing_whitespace = True
    _supports_problematic_chars = True

    def __init__(self, configuration: Configuration) -> None:
        super().__init__(configuration)
        check_home()
        self._directory = Directory(configuration)
        self._unit = _Unit()
        self.whole = WholeCalendars()

    @property
    def user(self) -> str:
        """Whose request this thread is serving."""
        return self._unit.user

    @property
    def _store(self) -> Store:
        return store_of(self.configuration)

    @contextmanager
    def acquire_lock(self, mode: str, user: str = "", *_args: Any, **kwargs: Any) -> Iterator[None]:
        """One transaction of the store; "w" holds the region's write lock. Errors are kept for the front to tell.

        A lock for reading takes nothing by itself: half of them are let go without a look.
        """
        if self._unit.locked:
            raise RuntimeError("the storage's locks do not nest")
        serving = request.current()
        actor = Actor(login=kwargs.get("actor") or user)
        if serving is not None:
            actor = replace(actor, agent=serving.agent, device=serving.device)
        try:
            self._unit.locked, self._unit.user = True, user
            if mode != "w":
                yield
                return
            with request.errors_kept():
                if serving is not None:
                    serving.drop_snapshot()
                with self._store.write(actor) as self._unit.writer:
                    yield
        finally:
            self._unit.locked, self._unit.writer, self._unit.user = False, None, ""

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """The write lock's transaction, else the request's snapshot: Radicale reads after its lock, too."""
        if self._unit.writer is not None:
            yield self._unit.writer
        else:
            with snapshot(self.configuration) as reader:
                yield reader

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """The lock's writer. Our errors leave as the ValueError that Radicale takes, kept for the front to tell."""
        if self._unit.writer is None:
            raise RuntimeError("a write without the write lock")
        try:
            with request.errors_kept():
                yield self._unit.writer
        except SproError as error:
            raise ValueError(str(error)) from error

    def discover(
        self,
        path: str,
        depth: str = "0",
        child_context_manager: Any = None,
        user_groups: set[str] | None = None,
    ) -> Iterator[types.CollectionOrItem]:
        """What stands at a path, itself first, then its members unless `depth` is "0"."""
        home, _slash, rest = pathutils.strip_path(path).partition("/")
        slug, _slash, href = rest.partition("/")
        account = self._directory.account(home)
        if not home:
            yield Folder("")
        elif home != PRINCIPAL and account is None:
            return
        elif not slug:
            yield Folder(home, account.display_name if account else _("Agenda SPRO"))
            if depth != "0":
                yield from self._home(home)
        else:
            yield from self._calendar(home, slug, href, depth)

    def _home(self, home: str) -> Iterator[CalendarCollection]:
        """The calendars of a home, by their ranks."""
        account, policy = self._directory.account(home), self._directory.policy
        with self.reading() as reader:
            calendars = [*reader.shared_calendars(), *(reader.personal_calendars(home) if account else ())]
            for calendar in sorted(calendars, key=lambda each: _rank(account, each, policy)):
                yield self._collection(home, calendar)

    def _calendar(self, home: str, name: str, href: str, depth: str) -> Iterator[types.CollectionOrItem]:
        known = self._directory.calendar_at(home, name)
        if known is None:
            return
        with self.reading() as reader:
            collection = self._collection(home, reader.calendar(known.slug))
            if href:
                item = collection.item_at(href)
                if item is not None:
                    yield item
                return
            yield collection
            if depth != "0":
                yield from collection.get_all()

    def _collection(self, home: str, calendar: Calendar) -> CalendarCollection:
        """A calendar in a home, as the person who asks sees it."""
        account, policy = self._directory.account(self.user), self._directory.policy
        return CalendarCollection(
            self,
            f"{home}/{calendar.slug.rpartition('/')[2]}",
            calendar,
            _Sight(policy.view(account, calendar), _rank(account, calendar, policy)),
            self._directory.properties(calendar.slug, self.user),
        )

    def move(self, item: radicale_item.Item, to_collection: BaseCollection, to_href: str) -> None:
        source, target = cast(CalendarCollection, item.collection), cast(CalendarCollection, to_collection)
        assert item.href is not None
        with self.writing() as writer:
            writer.move_event(source.slug, item.href, target.slug, to_href)

    def create_collection(
        self,
        href: str,
        items: Iterable[radicale_item.Item] | None = None,
        props: Mapping[str, str] | None = None,
    ) -> tuple[BaseCollection, dict[str, radicale_item.Item], list[str]]:
        """Calendars are the region's: none is made or replaced by a client, but personal ones, where there may be."""
        home, _slash, name = pathutils.strip_path(href).partition("/")
        given = props or {}
        with self.writing() as writer:
            own = self._directory.policy.personal_calendars and home == self.user
            if not own or items or given.get("tag") != "VCALENDAR":
                raise Refused(
                    _(
                        "Les agendas sont ceux de la région : aucun ne se crée ni ne se remplace depuis une "
                        "application. Choisissez-en un dans la liste."
                    )
                )
            calendar = writer.make_calendar(home, name, _given(given))
            others = {each: value for each, value in given.items() if each not in _OF_ROW}
            if others:
                writer.set_properties(calendar.slug, home, others)
            return self._collection(home, calendar), {}, []

    def verify(self) -> bool:
        """Whether every object can still be read."""
        with self._store.read() as reader:
            for calendar in reader.shared_calendars():
                for stored in reader.objects(calendar.slug):
                    read_object(stored.body, f"{calendar.slug}/{stored.href}")
        return True


def _given(props: Mapping[str, str]) -> Given:
    components = props.get(_COMPONENTS)
    return Given(
        title=props.get(_NAME, ""),
        description=props.get(_DESCRIPTION, ""),
        colour=props.get(_COLOUR, ""),
        components=tuple(components.split(",")) if components else KNOWN,
    )


def _in_time(found: Iterable[StoredObject]) -> Iterator[StoredObject]:
    for stored in found:
        request.check_time()
        yield stored


def _listing() -> request.Listing | None:
    serving = request.current()
    return None if serving is None else serving.listing


def _when(instance: Instance, zone: ZoneInfo) -> When:
    return When(
        part=instance.part,
        start=datetime.fromtimestamp(instance.start_s, UTC),
        end=datetime.fromtimestamp(instance.end_s, UTC),
        recurrence_id=instance.recurrence_id,
        all_day=instance.all_day,
        floating=instance.floating,
        zone=zone,
    )


def _sent(item: radicale_item.Item) -> bytes | CalendarObject:
    """What was sent, where the server kept it; else Radicale's own writing of it."""
    serving = request.current()
    if serving is not None and serving.object is not None:
        return serving.object
    return str(item.serialize()).encode()
