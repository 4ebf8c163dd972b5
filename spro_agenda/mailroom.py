"""A round of the mailbox: letters are fetched, handled, answered and put aside, each once, whatever dies in between.

What a letter asks for, that it was handled, and the answer to it are one transaction. An answer is claimed before it is
sent: when a process dies while it sends, nobody knows whether it went, and it is not sent again. Flags in the mailbox
are no more than a courtesy to whoever looks into it.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from spro_agenda.errors import BadInput, NetworkError, NotFound, SproError, StoreError
from spro_agenda.i18n import _
from spro_agenda.inbox.handling import AGENT, Handled, Rules, Why, handle, sender_of
from spro_agenda.inbox.letters import BadLetter, Letter, identity_of, read_letter
from spro_agenda.inbox.mailbox import Mailbox, MailboxAway, Opened, Raw, mailbox_of
from spro_agenda.inbox.networks import Pattern
from spro_agenda.inbox.senders import Check
from spro_agenda.instance import CONFIG, Configuration, option
from spro_agenda.mail import Letter as Answer
from spro_agenda.mail import LetterRefused, MailNotSent, MailServer, mail_server
from spro_agenda.model import Account
from spro_agenda.policy import policy_of
from spro_agenda.region.records import Region
from spro_agenda.render.answer import answer
from spro_agenda.store import Actor, Pending, Position, Store

_LONGEST_MINUTES = 1440
_DEAD_S = 3600
"""How long after it claimed an answer a process that did not say that it went must have died."""
_STALE_S = 7 * 86_400
"""How long an answer is of use."""
_UNCHECKED = "none"
_KEPT = ("subject", "text", "html", "answers")
"""What of an answer waits to be sent: its address is the account's."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailroom:
    """What is needed for a round: the mailbox, how its letters are taken, who sends the answers (`None`: nobody).

    `every_s` is how often the server looks, 0 for never.
    """

    mailbox: Mailbox
    rules: Rules
    post: MailServer | None
    every_s: int

    def round(self, store: Store, *, send: bool = True) -> Round:
        """Handle the letters that came since the last round, then send the answers that are to go.

        Without `send` the answers are kept in the result, and count as given. Raises StoreError, MailboxAway,
        WrongPassword: what was handled until then stays handled.
        """
        done = Round()
        with self.mailbox.opened() as folder:
            for raw in folder.after(_position(store, self.mailbox.place)):
                handled = _take(store, self, folder, raw)
                if handled is not None:
                    done.handled.append(handled)
                    if handled.account is not None:
                        done.taken.append(raw.uid)
            _put_aside(folder, done)
        if send and self.post is not None:
            _send_all(store, self.post, done)
        else:
            done.printed += list(_given(store))
        return done

    def look(self, store: Store) -> Round:
        """What a round would do: nothing is written, sent or marked. Raises as `round`."""
        done, seen = Round(), set[str]()
        with self.mailbox.opened(readonly=True) as folder:
            for raw in folder.after(_position(store, self.mailbox.place)):
                looked = _looked_at(store, self, raw, seen)
                if looked is not None:
                    done.handled.append(looked[0])
                    done.printed += looked[1:]
        return done


@dataclass(slots=True)
class Round:
    """What a round came to. `sent` counts answers; `unsent` says which did not go, and why; `printed` are those that
    were not to be sent."""

    handled: list[Handled] = field(default_factory=list)
    taken: list[int] = field(default_factory=list)
    sent: int = 0
    unsent: list[str] = field(default_factory=list)
    printed: list[Answer] = field(default_factory=list)
    is_post_away: bool = False
    courtesy: str = ""

    @property
    def failures(self) -> list[Handled]:
        return [each for each in self.handled if each.is_failure]

    @property
    def is_whole(self) -> bool:
        """Whether nothing failed."""
        return not self.failures and not self.unsent


def mailroom_of(configuration: Configuration, home: Path) -> Mailroom | None:
    """The mailroom that the section [web] describes; `None` where it names no mailbox. Raises BadInput."""
    mailbox = mailbox_of(configuration, home)
    if mailbox is None:
        return None
    return Mailroom(
        mailbox=mailbox,
        rules=Rules(
            pattern=Pattern.read(option(configuration, "web", "inbox_address", "")),
            check=_check(option(configuration, "web", "inbox_authserv_id", "")),
            policy=policy_of(configuration),
        ),
        post=mail_server(configuration, home),
        every_s=60 * _minutes(option(configuration, "web", "inbox_every_minutes", "5")),
    )


def _check(given: str) -> Check:
    if not given:
        raise BadInput(
            _(
                "{file} : n'importe qui peut écrire sous le nom d'un coordonnateur. Indiquez dans "
                "« inbox_authserv_id » le nom sous lequel votre serveur de courrier note ses vérifications (en-tête "
                "Authentication-Results), ou « none » s'il refuse lui-même les courriels dont l'expéditeur est faux."
            ).format(file=CONFIG)
        )
    return Check(server="" if given.lower() == _UNCHECKED else given)


def _minutes(given: str) -> int:
    if not (given.isascii() and given.isdigit() and int(given) <= _LONGEST_MINUTES):
        raise BadInput(
            _(
                "{file} : « inbox_every_minutes = {given} » n'est pas un nombre de minutes, de 0 (jamais) à {most}. "
                "Corrigez-le."
            ).format(file=CONFIG, given=given, most=_LONGEST_MINUTES)
        )
    return int(given)


# ---- Letters


def _position(store: Store, place: str) -> Position:
    with store.write(Actor(agent=AGENT)) as writer:
        return writer.position(place)


def _take(store: Store, room: Mailroom, folder: Opened, raw: Raw) -> Handled | None:
    """Handle a letter, and remember it, in one transaction; `None` for one that was handled before, in another
    place. What cannot be handled is remembered so, once."""
    position = Position(validity=folder.validity, last_uid=raw.uid)
    try:
        return _handled(store, room, raw, position)
    except Exception as error:
        if isinstance(error, StoreError | NetworkError) and not isinstance(error, NotFound):
            raise
        # One letter must not hold back those behind it for ever.
        return _given_up(store, room, raw, position, error)


def _handled(store: Store, room: Mailroom, raw: Raw, position: Position) -> Handled | None:
    letter = read_letter(raw.data, is_whole=raw.is_whole)
    with store.read() as reader:
        sender = sender_of(reader, letter, room.rules)
    login = sender.login if isinstance(sender, Account) else ""
    with store.write(Actor(login=login, agent=AGENT)) as writer:
        writer.move_position(room.mailbox.place, position)
        if writer.is_received(letter.identity):
            return None
        if not isinstance(sender, Account):
            writer.note_received(letter.identity, None)
            return Handled(letter=letter, why=sender)
        handled = handle(writer, letter, sender, room.rules)
        writer.note_received(letter.identity, _packed(handled, writer.region()))
        return handled


def _given_up(store: Store, room: Mailroom, raw: Raw, position: Position, error: Exception) -> Handled:
    identity = identity_of(raw.data)
    with store.write(Actor(agent=AGENT)) as writer:
        writer.move_position(room.mailbox.place, position)
        if not writer.is_received(identity):
            writer.note_received(identity, None)
    why = Why.UNREADABLE if isinstance(error, SproError) else Why.UNEXPECTED
    sentence = (
        str(error)
        if isinstance(error, SproError)
        else _("{kind} : {detail}").format(kind=type(error).__name__, detail=error)
    )
    return Handled(letter=_headers(raw), why=why, sentence=sentence)


def _headers(raw: Raw) -> Letter | None:
    """What to call a letter by that could not be handled."""
    try:
        return read_letter(raw.data, is_whole=False)
    except BadLetter:
        return None


class _LookedAt(Exception):
    """What ends a transaction that is only for looking."""


def _looked_at(store: Store, room: Mailroom, raw: Raw, seen: set[str]) -> tuple[Handled, *tuple[Answer, ...]] | None:
    try:
        letter = read_letter(raw.data, is_whole=raw.is_whole)
    except BadLetter as error:
        return (Handled(letter=None, why=Why.UNREADABLE, sentence=str(error)),)
    with store.read() as reader:
        sender = sender_of(reader, letter, room.rules)
    if letter.identity in seen:
        return None
    seen.add(letter.identity)
    found: list[tuple[Handled, *tuple[Answer, ...]]] = []
    try:
        with store.write(Actor(login=sender.login if isinstance(sender, Account) else "", agent=AGENT)) as writer:
            if writer.is_received(letter.identity):
                return None
            if not isinstance(sender, Account):
                return (Handled(letter=letter, why=sender),)
            handled = handle(writer, letter, sender, room.rules)
            found.append((handled, answer(handled, writer.region())) if handled.is_told else (handled,))
            raise _LookedAt
    except _LookedAt:
        return found[0]


def _put_aside(folder: Opened, done: Round) -> None:
    try:
        folder.put_aside(done.taken)
    except MailboxAway as error:
        done.courtesy = str(error)


# ---- Answers


def _packed(handled: Handled, region: Region) -> str | None:
    """An answer as it waits to be sent, `None` for none."""
    if not handled.is_told:
        return None
    letter = answer(handled, region)
    return json.dumps({name: getattr(letter, name) for name in _KEPT})


def _unpacked(pending: Pending, accounts: Iterable[Account]) -> Answer | None:
    """The answer to who has an account still, and an address."""
    to = next((each.email for each in accounts if each.login == pending.login), "")
    return Answer(to=to, **json.loads(pending.answer)) if to else None


def _send_all(store: Store, post: MailServer, done: Round) -> None:
    """Send what is to go, until a mail server is away."""
    for identity, letter in _waiting(store, done):
        try:
            post.send(letter)
        except LetterRefused as error:
            _end(store, identity) if error.for_good else _give_back(store, identity)
            done.unsent.append(_unsent(letter, error))
        except MailNotSent as error:
            _give_back(store, identity)
            done.unsent.append(_unsent(letter, error))
            done.is_post_away = True
            return
        else:
            _end(store, identity)
            done.sent += 1


def _given(store: Store) -> Iterator[Answer]:
    """What is to go, as given to whoever asks."""
    for identity, letter in _waiting(store, Round()):
        _end(store, identity)
        yield letter


def _waiting(store: Store, done: Round) -> Iterator[tuple[str, Answer]]:
    """The answers that are ours to send, each claimed before it is given."""
    now = time.time()
    with store.write(Actor(agent=AGENT)) as writer:
        found, accounts = writer.pending(), writer.accounts()
    for pending in found:
        letter = _unpacked(pending, accounts)
        if letter is None:
            _end(store, pending.identity)
        elif pending.claimed_at is not None:
            if now - pending.claimed_at > _DEAD_S:
                _end(store, pending.identity)
                done.unsent.append(
                    _("On ne sait pas si la réponse à {to} est partie : elle n'est pas renvoyée.").format(to=letter.to)
                )
        elif now - pending.at > _STALE_S:
            _end(store, pending.identity)
            done.unsent.append(
                _("La réponse à {to} a attendu trop longtemps : elle ne part plus.").format(to=letter.to)
            )
        elif _claim(store, pending.identity):
            yield pending.identity, letter


def _unsent(letter: Answer, error: MailNotSent) -> str:
    return _("La réponse à {to} n'est pas partie. {why}").format(to=letter.to, why=error)


def _claim(store: Store, identity: str) -> bool:
    with store.write(Actor(agent=AGENT)) as writer:
        return writer.claim_answer(identity)


def _give_back(store: Store, identity: str) -> None:
    with store.write(Actor(agent=AGENT)) as writer:
        writer.give_back_answer(identity)


def _end(store: Store, identity: str) -> None:
    with store.write(Actor(agent=AGENT)) as writer:
        writer.end_answer(identity)
