"""Who is it? Accounts of the store, passwords hashed with argon2."""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets

from radicale.auth import BaseAuth
from radicale.config import Configuration

from spro_agenda.errors import SproError
from spro_agenda.store import Account, Actor
from spro_agenda.store.passwords import is_dated, is_right

from .instance import Directory, store_of

logger = logging.getLogger(__name__)


class Auth(BaseAuth):
    """Checks a login against the store. What was right is remembered, until the account's hash changes."""

    def __init__(self, configuration: Configuration) -> None:
        super().__init__(configuration)
        self._directory = Directory(configuration)
        self._salt = secrets.token_bytes(16)
        self._right: dict[str, tuple[str, bytes]] = {}

    def _login(self, login: str, password: str) -> str:
        """The login when the password is right, "" otherwise. Argon2 is paid once a process and account."""
        login = login.lower()
        account = self._directory.account(login)
        if account is None:
            is_right(password, None)
            return ""
        digest = hashlib.blake2b(password.encode(), key=self._salt).digest()
        known_hash, known_digest = self._right.get(login, ("", b""))
        if known_hash == account.password_hash and hmac.compare_digest(known_digest, digest):
            return login
        if not is_right(password, account.password_hash):
            return ""
        if is_dated(account.password_hash):
            self._renew(account, password)
        self._right[login] = (account.password_hash, digest)
        return login

    def _renew(self, account: Account, password: str) -> None:
        """Keep the password under today's parameters. It was right whether that can be written or not."""
        try:
            with store_of(self.configuration).write(Actor(agent="spro-agenda")) as writer:
                writer.renew_hash(account, password)
        except SproError as error:
            logger.warning("the password hash of %s was not renewed: %s", account.login, error)
