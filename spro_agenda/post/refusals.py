"""Writes that were refused, and that the client may have dropped without a word: told to their author by mail.

Some clients show nothing where a creation is refused (Thunderbird: 403, 409, 412, 413, 415), and what was typed is
gone.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Lock

from spro_agenda.errors import SproError
from spro_agenda.mail import LetterRefused
from spro_agenda.post.office import ACTOR, Office
from spro_agenda.render.digest import refusal_letter
from spro_agenda.store import Refusal, Store

MOST_HELD = 200
"""In the memory of one process, until its thread writes them down."""

COLLECTED = timedelta(seconds=60)
"""How long it is waited for more, before one letter tells of all."""

QUIET_S = 3600
"""How long a person is left alone after such a letter."""


class Refusals:
    """The refused writes of one process, which any of its threads may add to, and one writes down: no request waits for
    the store."""

    def __init__(self) -> None:
        self._held: list[Refusal] = []
        self._turn = Lock()

    def add(self, refusal: Refusal) -> None:
        """Hold one; beyond what is reasonable, nothing is."""
        with self._turn:
            if len(self._held) < MOST_HELD:
                self._held.append(refusal)

    def write_down(self, store: Store) -> None:
        """Put what is held into the store. Raises StoreError: it is then still held."""
        with self._turn:
            found, self._held = self._held, []
        if not found:
            return
        try:
            with store.write(ACTOR) as writer:
                writer.keep_refusals(found)
        except SproError:
            with self._turn:
                self._held = found + self._held
            raise


def send_refusals(office: Office, now: datetime) -> tuple[tuple[str, str], ...]:
    """Tell authors of their refused writes, in one letter each; whose letter was refused, with why.

    Raises StoreError, MailNotSent; what was not sent is tried again, ten minutes later.
    """
    with office.store.read() as reader:
        waiting = reader.awaiting_refusals(now)
    refused: list[tuple[str, str]] = []
    for login, first in waiting.items():
        if now - first < COLLECTED:
            continue
        with office.store.write(ACTOR) as writer:
            account, region = writer.account(login), writer.region()
            found = writer.claim_refusals(login, QUIET_S)
        if not found:
            continue
        try:
            office.send(refusal_letter(account, found, region, office.address.page()))
        except LetterRefused as error:
            refused.append((login, str(error)))
            continue
        with office.store.write(ACTOR) as writer:
            writer.end_refusals(login, found)
    return tuple(refused)
