"""Who is it? Accounts and devices of the store. Passwords that people choose are the store's, hashed with argon2, or
those of a directory that one of Radicale's own back ends asks."""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import secrets
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial

import radicale.auth
from radicale.auth import AuthContext, BaseAuth
from radicale.config import Configuration

from spro_agenda import request
from spro_agenda.background import in_a_line
from spro_agenda.errors import BadInput, DirectoryAway, SproError, TooManyTries
from spro_agenda.i18n import _
from spro_agenda.instance import CONFIG, option
from spro_agenda.logins import Comings, Guesses
from spro_agenda.model import folded_login
from spro_agenda.store import Account, Actor, Device, Login, token_of
from spro_agenda.store.passwords import is_dated, is_right

from .instance import Directory, store_of

logger = logging.getLogger(__name__)

OURS = "argon2"
"""`password_backend` where passwords are kept in the store."""

NEVER = float("inf")
TRUSTED_S = 600
"""How long a directory's answer is trusted: it tells nobody when a password is changed there."""

AT_ONCE = threading.BoundedSemaphore(2)
"""Passwords that a process checks at once: each takes 64 MB and several processors while it lasts."""

IN_HAND = threading.BoundedSemaphore(16)
"""Those that are checked or wait for it. Each holds one of the threads that serve everybody: where guesses come faster
than they can be checked, they would soon hold all."""


class Auth(BaseAuth):
    """Checks a login against the store. What was right is remembered until it may have changed."""

    def __init__(self, configuration: Configuration) -> None:
        super().__init__(configuration)
        self._directory = Directory(configuration)
        self._backend = _backend(configuration)
        self._known = _Known()
        self._guesses = Guesses()

    def _sleep_for_constant_exec_time(self, time_ns_begin: int) -> None:
        """A login that does not exist takes as long as a wrong password anyway; and a client that waits here would keep
        one of the threads that serve the others."""

    def _login_ext(self, login: str, password: str, context: AuthContext) -> str:
        """The login when the password is right, "" otherwise. Argon2 is paid once a process and account."""
        address = _address(context)
        login = folded_login(login)
        account = self._directory.account(login)
        device = self._device(login, password)
        if account is not None and (device is not None or self._known.has(account, password)):
            self._came(account, device, address)
            return login
        try:
            with request.errors_kept():
                is_theirs = self._try(login, account, password, context)
        except SproError:
            return ""
        if account is None or not is_theirs:
            self._comings.failed(login if account else "", address)
            return ""
        self._came(account, None, address)
        return login

    def _try(self, login: str, account: Account | None, password: str, context: AuthContext) -> bool:
        """Whether a password is somebody's, which takes long to say. Raises TooManyTries, DirectoryAway."""
        address = _address(context)
        with _in_hand():
            tried = self._guesses.begin(login, address, self._directory.places())
            try:
                with AT_ONCE:
                    right = self._is_right(login, account, password, context)
            except DirectoryAway:
                tried.give_back()
                raise
        if account is None or not right:
            self._guesses.failed(login, address)
            return False
        tried.give_back()
        self._guesses.succeeded(login, address)
        self._known.keep(account, password, TRUSTED_S if self._backend else NEVER)
        return True

    def _is_right(self, login: str, account: Account | None, password: str, context: AuthContext) -> bool:
        if self._backend is not None:
            return _told(self._backend, login, password, context)
        if not _in_background().submit(is_right, password, account.password_hash if account else None).result():
            return False
        if account is not None and is_dated(account.password_hash):
            self._renew(account, password)
        return True

    def _device(self, login: str, password: str) -> Device | None:
        """The person's device whose own password that is."""
        token = token_of(password)
        device = self._directory.device(token.selector) if token else None
        if token is None or device is None or device.login != login or not token.is_of(device.secret_hash):
            return None
        return device

    def _came(self, account: Account, device: Device | None, address: str) -> None:
        serving = request.current()
        agent = serving.agent if serving else ""
        if serving is not None:
            serving.login, serving.device = account.login, device.label if device else ""
        self._comings.came(
            Login(
                login=account.login,
                at=int(time.time()),
                address=address,
                selector=device.selector if device else "",
                client=agent,
            )
        )

    @property
    def _comings(self) -> Comings:
        return _comings_of(self.configuration)

    def _renew(self, account: Account, password: str) -> None:
        """Keep the password under today's parameters. It was right whether that can be written or not."""
        try:
            with store_of(self.configuration).write(Actor(agent="spro-agenda")) as writer:
                writer.renew_hash(account, password)
        except SproError as error:
            logger.warning("the password hash of %s was not renewed: %s", account.login, error)


def _address(context: AuthContext) -> str:
    """Where the client is."""
    serving = request.current()
    return serving.address if serving else str(context.remote_addr or "")


@dataclass(frozen=True, slots=True)
class _Right:
    """A password that was right, as a keyed digest: while the account's hash is that, and until a time."""

    password_hash: str
    digest: bytes
    until: float


@cache
def _in_background() -> ThreadPoolExecutor:
    """Threads that check passwords while nobody else has anything to do: whoever guesses takes no time from others."""
    return ThreadPoolExecutor(2, "passwords", _stand_back)


def _stand_back() -> None:
    """Let every other thread go first. Linux has this for a thread, elsewhere it would be for the process."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)


@contextmanager
def _in_hand() -> Iterator[None]:
    """Have a password in hand within the block. Raises TooManyTries where they are many, and no try is counted."""
    if not IN_HAND.acquire(blocking=False):
        raise TooManyTries(1)
    try:
        yield
    finally:
        IN_HAND.release()


class _Known:
    """The passwords that were right, one an account. A dictionary of Python's: any number of threads may use it."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(16)
        self._held: dict[str, _Right] = {}

    def has(self, account: Account, password: str) -> bool:
        held = self._held.get(account.login)
        return (
            held is not None
            and held.password_hash == account.password_hash
            and time.monotonic() < held.until
            and hmac.compare_digest(held.digest, self._digest(password))
        )

    def keep(self, account: Account, password: str, for_s: float) -> None:
        until = time.monotonic() + for_s
        self._held[account.login] = _Right(account.password_hash, self._digest(password), until)

    def _digest(self, password: str) -> bytes:
        return hashlib.blake2b(password.encode(), key=self._key).digest()


@cache
def _comings_of(configuration: Configuration) -> Comings:
    """The process's own, whose thread begins with the first who comes."""
    return Comings(partial(store_of, configuration))


def _backend(configuration: Configuration) -> BaseAuth | None:
    """Radicale's back end that checks passwords: `password_backend` of [auth]; `None` where they are ours.

    Raises BadInput.
    """
    name = option(configuration, "auth", "password_backend", OURS)
    if name == OURS:
        return None
    if name not in radicale.auth.INTERNAL_TYPES or name in _NO_PASSWORD:
        possible = ", ".join(sorted({OURS, *radicale.auth.INTERNAL_TYPES} - _NO_PASSWORD))
        raise BadInput(
            _("{file} : « password_backend = {name} » n'existe pas. Choisissez parmi : {possible}.").format(
                file=CONFIG, name=name, possible=possible
            )
        )
    own = configuration.copy()
    own.update({"auth": {"type": name}}, "password_backend", privileged=True)
    return radicale.auth.load(own)


_NO_PASSWORD = {"none", "denyall", *radicale.auth.INSECURE_IF_NO_LOOPBACK_TYPES}
"""Radicale's back ends that look at no password."""


def _told(backend: BaseAuth, login: str, password: str, context: AuthContext) -> bool:
    """What a back end says of a password. Raises DirectoryAway: who cannot say has not said no."""
    try:
        return bool(password) and backend._login_ext_with_groups(login, password, context)[0] != ""
    except Exception as error:
        logger.error("the directory of passwords does not answer: %s", in_a_line(error))
        raise DirectoryAway from error
