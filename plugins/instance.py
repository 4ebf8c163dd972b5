"""From Radicale's configuration to the store, and to who may do what in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from threading import Lock

from radicale.config import Configuration

from spro_agenda import request
from spro_agenda.errors import StoreError
from spro_agenda.i18n import _
from spro_agenda.instance import CONFIG, HOME, database_url, served_home
from spro_agenda.logins import LATELY
from spro_agenda.policy import policy_of
from spro_agenda.rates import origin
from spro_agenda.store import Account, Calendar, Device, Properties, Reader, Store, open_store


def check_home() -> None:
    """Raise StoreError where this process serves no instance: every request would fail.

    Under `spro-agenda serve` the command has looked; plain Radicale may have been started in any folder.
    """
    if not (served_home() / CONFIG).is_file():
        raise StoreError(
            _(
                "Il n'y a pas d'agenda dans {path}. Lancez radicale dans le dossier de l'agenda, ou nommez ce dossier "
                "dans la variable {variable}."
            ).format(path=served_home(), variable=HOME)
        )


@contextmanager
def snapshot(configuration: Configuration) -> Iterator[Reader]:
    """A reader for the block: one for all that a request reads, where one is being served; opened no sooner than it is
    asked for. Errors are kept for the front to tell."""
    serving = request.current()
    with request.errors_kept():
        store = store_of(configuration)
        if serving is None:
            with store.read() as reader:
                yield reader
            return
        try:
            yield serving.snapshot(store.read)
        except Exception as error:
            serving.drop_snapshot(error)
            raise


@cache
def store_of(configuration: Configuration) -> Store:
    """The process's store for this configuration. Raises StoreError."""
    return open_store(database_url(configuration), served_home())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What a directory knows, all of one moment. `properties` by a calendar's slug and a person's login."""

    generation: int = -1
    accounts: Mapping[str, Account] = field(default_factory=dict)
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    devices: Mapping[str, Device] = field(default_factory=dict)
    places: frozenset[str] = frozenset()
    properties: Mapping[tuple[str, str], Properties] = field(default_factory=dict)

    @classmethod
    def read(cls, reader: Reader) -> _Known:
        return cls(
            generation=reader.generation(),
            accounts={account.login: account for account in reader.accounts()},
            calendars={
                calendar.slug: calendar for calendar in (*reader.shared_calendars(), *reader.personal_calendars())
            },
            devices={device.selector: device for device in reader.devices()},
            places=frozenset(map(origin, reader.places_since(datetime.now(UTC) - LATELY))),
            properties=reader.properties(),
        )


class Directory:
    """Accounts and calendars by name, who may do what, and what people call calendars, answered from memory: rights are
    asked for thousands of times a request.

    Read anew when the store's generation moved; that is looked up once a request. Any number of threads may use it.
    """

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self.policy = policy_of(configuration)
        self._known, self._lock = _Known(), Lock()

    def account(self, login: str) -> Account | None:
        return self._now().accounts.get(login)

    def device(self, selector: str) -> Device | None:
        """A device that may log in."""
        return self._now().devices.get(selector)

    def places(self) -> frozenset[str]:
        """The origins of those who came lately, as they were when accounts last changed, or the process began."""
        return self._now().places

    def calendar_at(self, home: str, name: str) -> Calendar | None:
        """The calendar at `/home/name/`, as it was when the region last changed: its network and kind, not its
        changes."""
        calendars = self._now().calendars
        return calendars.get(name) or calendars.get(f"{home}/{name}")

    def properties(self, slug: str, login: str) -> Properties:
        """The properties that a person gave a calendar in place of the shared ones."""
        return self._now().properties.get((slug, login), {})

    def _now(self) -> _Known:
        serving, known = request.current(), self._known
        if serving is not None and serving.generation is not None and serving.generation <= known.generation:
            # What another request has read since is right too.
            return known
        with snapshot(self._configuration) as reader:
            generation = reader.generation()
            if generation != known.generation:
                known = _Known.read(reader)
                with self._lock:
                    # Another thread may have read a later state meanwhile: an older one never takes its place.
                    if known.generation > self._known.generation:
                        self._known = known
        if serving is not None:
            serving.generation = generation
        return known
