"""Where events come from: our store, a CalDAV server, `.ics` files and folders, addresses of `.ics`.

A source is read into Readings, each the entries of one calendar with what could not be read of it: one that fails
never keeps the others from being merged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from spro_agenda.caldav_client import CalDavServer, Connection, RemoteCalendar
from spro_agenda.calendar_cache import CalendarCache, Held
from spro_agenda.errors import BadCalendar, NetworkError, SproError, UnreadableSource, reason
from spro_agenda.fetching import Fetcher, Reach
from spro_agenda.i18n import _
from spro_agenda.ical.own import as_entered, origin
from spro_agenda.ical.read import CalendarObject
from spro_agenda.ical.split import FileContent, read_file
from spro_agenda.model import AGENDA
from spro_agenda.recurrence import check_bounded
from spro_agenda.region.entry import Entry, entry_of, outside
from spro_agenda.region.records import Region
from spro_agenda.store import Store

ANYWHERE = Fetcher(reach=Reach(everywhere=True))
"""Whoever types an address at a terminal may mean a machine of the own network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What came of one calendar of a source. `error` is what could not be read, beside the entries that could."""

    source: str
    entries: tuple[Entry, ...] = ()
    error: SproError | None = None


class Source(Protocol):
    """Something to merge from. `read` raises nothing of ours: what fails is in the Readings."""

    def read(self, region: Region, first: date, last: date) -> Iterator[Reading]:
        """The entries that an agenda of these days (inclusive) may show, and perhaps others."""
        ...


@dataclass(frozen=True, slots=True)
class StoreSource:
    """The networks' calendars in our own store."""

    store: Store

    def read(self, region: Region, first: date, last: date) -> Iterator[Reading]:
        try:
            with self.store.read() as reader:
                for calendar in reader.calendars():
                    if calendar.network in region.codes:
                        stored = reader.objects_of_days(calendar.slug, first, last)
                        contents = [_content(each.body, f"{calendar.slug}/{each.href}") for each in stored]
                        yield _together(calendar.name, calendar.network, region, contents)
                    else:
                        yield Reading(
                            source=calendar.name,
                            error=UnreadableSource(
                                _("{source} : ce réseau n'est pas dans la région choisie. Ajoutez-l'y.").format(
                                    source=calendar.name
                                )
                            ),
                        )
        except SproError as error:
            yield Reading(source=_("la base de données"), error=error)


@dataclass(frozen=True, slots=True)
class FileSource:
    """One `.ics` file, of a network that is given, or that its name or its events tell."""

    path: Path
    network: str | None = None

    def read(self, region: Region, first: date, last: date) -> Iterator[Reading]:
        try:
            data = self.path.read_bytes()
        except OSError as error:
            yield Reading(source=str(self.path), error=_unreadable(self.path, error))
        else:
            yield _reading(data, str(self.path), self.network or region.known_code(self.path.stem), region)


@dataclass(frozen=True, slots=True)
class FolderSource:
    """Every `.ics` file of a folder, by name, each named after its network (`28.ics`)."""

    path: Path

    def read(self, region: Region, first: date, last: date) -> Iterator[Reading]:
        try:
            files = sorted(file for file in self.path.iterdir() if file.suffix.lower() == ".ics")
        except OSError as error:
            yield Reading(source=str(self.path), error=_unreadable(self.path, error))
            return
        if not files:
            yield Reading(
                source=str(self.path),
                error=UnreadableSource(
                    _("{path} : le dossier ne contient aucun fichier .ics. Vérifiez le dossier choisi.").format(
                        path=self.path
                    )
                ),
            )
        for file in files:
            yield from FileSource(file).read(region, first, last)


@dataclass(frozen=True, slots=True)
class AddressSource:
    """A calendar at an `http(s)` or `webcal(s)` address that gives its `.ics`."""

    url: str
    network: str | None = None
    fetcher: Fetcher = ANYWHERE

    def read(self, region: Region, first: date, last: date) -> Iterator[Reading]:
        try:
            fetched = self.fetcher.fetch(self.url)
            assert fetched is not None, "nothing was known of it before"
            name = Path(unquote(urlsplit(self.url).path)).stem
            yield _reading(fetched.data, self.url, self.network or region.known_code(name), region)
        except NetworkError as error:
            yield Reading(source=self.url, error=error)


@dataclass(frozen=True, slots=True)
class ServerSource:
    """The regional agenda of a CalDAV server of ours, of which only what changed is asked for where a cache is given;
    else the networks' calendars there, found by discovery. Calendars of no network are left alone."""

    server: CalDavServer
    cache: CalendarCache | None = None

    def read(self, region: Region, first: date, last: date) -> Iterator[Reading]:
        try:
            with self.server.connected() as connection:
                whole = self._agenda(connection, region)
                if whole is not None:
                    yield whole
                    return
                found = network_calendars(connection, region)
                if not found:
                    raise NetworkError(
                        _(
                            "{url} : aucun agenda de ce serveur n'est celui d'un réseau de la région. Vérifiez "
                            "l'adresse et le compte."
                        ).format(url=self.server.url)
                    )
                for calendar, code in found:
                    yield _remote(connection, calendar, code, region)
        except SproError as error:
            yield Reading(source=self.server.url, error=error)

    def _agenda(self, connection: Connection, region: Region) -> Reading | None:
        """The agenda of a server of ours; `None` where there is none, or what is called so is something else."""
        calendar = next((each for each in connection.calendars() if each.slug == AGENDA), None)
        texts = self._texts(connection, calendar) if calendar else None
        if calendar is None or not texts:
            return None
        contents = [_content(text.encode(), url) for url, text in texts.items()]
        if not all(origin(obj) for content in contents for obj in content.objects):
            return None
        return _together(calendar.url, None, region, contents)

    def _texts(self, connection: Connection, calendar: RemoteCalendar) -> Mapping[str, str] | None:
        """The texts of a calendar by their addresses; `None` where the server knows no changes."""
        held = self.cache.load(calendar.url, self.server.user) if self.cache else Held()
        changes = connection.changes(calendar, held.token)
        if changes is None and held.token:
            held = Held()
            changes = connection.changes(calendar, "")
        if changes is None:
            return None
        texts = {url: text for url, text in held.texts.items() if url not in changes.gone}
        texts |= {each.url: each.body.decode("utf-8", "replace") for each in changes.objects}
        if self.cache and changes.token != held.token:
            self.cache.save(calendar.url, self.server.user, Held(changes.token, texts))
        return texts


@dataclass(frozen=True, slots=True)
class Gathered:
    """All entries, each event once, and what came of each calendar read."""

    entries: tuple[Entry, ...]
    readings: tuple[Reading, ...]


def gather(sources: Iterable[Source], region: Region, first: date, last: date) -> Gathered:
    """Read all sources. An event found twice counts once: its highest SEQUENCE, else the first found."""
    readings = tuple(reading for source in sources for reading in source.read(region, first, last))
    entries: dict[object, Entry] = {}
    for reading in readings:
        for entry in reading.entries:
            held = entries.get(entry.key)
            if held is None or _sequence(entry) > _sequence(held):
                entries[entry.key] = entry
    return Gathered(tuple(entries.values()), readings)


def _sequence(entry: Entry) -> int:
    return max(part.sequence for part in entry.obj.parts)


def network_calendars(connection: Connection, region: Region) -> list[tuple[RemoteCalendar, str]]:
    """The calendars of a server that are a network's, or the regional team's, with its code.

    Where one is called by the code itself, as on our server, no other passes for it by its name: people may make
    calendars of their own. Raises NetworkError where two do.
    """
    found: dict[str, list[RemoteCalendar]] = {}
    for calendar in connection.calendars():
        code = region.known_code(calendar.slug, calendar.name)
        if code is not None:
            found.setdefault(code, []).append(calendar)
    return [(_one_of(calendars, code, region), code) for code, calendars in found.items()]


def _one_of(calendars: list[RemoteCalendar], code: str, region: Region) -> RemoteCalendar:
    sure = [calendar for calendar in calendars if calendar.slug == code] or calendars
    if len(sure) > 1:
        raise NetworkError(
            _(
                "Deux agendas de ce serveur se disent celui de {name} : {first} et {second}. Renommez-en un, ou donnez "
                "l'adresse de l'autre ({code}=adresse)."
            ).format(name=region.name_of(code), first=sure[0].url, second=sure[1].url, code=code)
        )
    return sure[0]


def _remote(connection: Connection, calendar: RemoteCalendar, network: str, region: Region) -> Reading:
    try:
        contents = [_content(each.body, each.url) for each in connection.objects(calendar)]
    except SproError as error:
        return Reading(source=calendar.url, error=error)
    return _together(calendar.url, network, region, contents)


def _content(body: bytes, where: str) -> FileContent:
    """What a text holds; a fault where it cannot be read at all."""
    try:
        return read_file(body, where)
    except BadCalendar as fault:
        return FileContent((), (fault,))


def _reading(data: bytes, where: str, network: str | None, region: Region) -> Reading:
    try:
        return _together(where, network, region, [read_file(data, where)])
    except BadCalendar as error:
        return Reading(source=where, error=error)


def _together(where: str, network: str | None, region: Region, contents: Sequence[FileContent]) -> Reading:
    """A Reading of what was read, with the first fault where there is one."""
    entries: list[Entry] = []
    faults: list[SproError] = [fault for content in contents for fault in content.faults]
    for obj in (obj for content in contents for obj in content.objects):
        try:
            entry = _entry(obj, where, network, region)
        except SproError as fault:
            faults.append(fault)
            continue
        if entry is not None:
            entries.append(entry)
    return Reading(source=where, entries=tuple(entries), error=faults[0] if faults else None)


def _entry(obj: CalendarObject, where: str, network: str | None, region: Region) -> Entry | None:
    """An object as an event of its network, as all networks see it: `None` where they do not. What our agenda or feeds
    wrote, they see, and it is taken back to what was entered."""
    check_bounded(obj, where)
    written = origin(obj)
    # A network's own calendar speaks for that network alone.
    if written is not None and written.network in region.codes and network in (None, written.network):
        return outside(entry_of(as_entered(obj), written.network, region))
    if network is None:
        raise UnreadableSource(
            _(
                "{where} : on ne sait pas de quel réseau est cet agenda. Nommez le fichier d'après le réseau (28.ics), "
                "ou écrivez 28={where}"
            ).format(where=where)
        )
    return outside(entry_of(obj, network, region))


def _unreadable(path: Path, error: OSError) -> UnreadableSource:
    if isinstance(error, FileNotFoundError):
        return UnreadableSource(
            _("{path} : ce fichier ou ce dossier n'existe pas. Vérifiez son nom.").format(path=path)
        )
    return UnreadableSource(
        _("{path} : illisible ({detail}). Vérifiez ses droits d'accès.").format(path=path, detail=reason(error))
    )
