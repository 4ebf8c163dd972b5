"""What cannot wait is told by mail by the server itself, a moment after the write: no request waits for it.

Each worker has a thread for it, which never takes the server down; the store says whose turn a letter is.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from spro_agenda.address import public_address
from spro_agenda.background import every, in_a_line
from spro_agenda.clients import OURS
from spro_agenda.errors import BadCalendar, SproError
from spro_agenda.ical.lines import parse
from spro_agenda.ical.title import title_of
from spro_agenda.instance import Configuration
from spro_agenda.mail import mail_server
from spro_agenda.request import Request
from spro_agenda.server.front import Hears
from spro_agenda.store import Refusal, Store

if TYPE_CHECKING:
    from spro_agenda.post import Office, Refusals

FIRST_S, EVERY_S = 5, 15

DROPPED = frozenset(
    {
        HTTPStatus.FORBIDDEN,
        HTTPStatus.CONFLICT,
        HTTPStatus.PRECONDITION_FAILED,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    }
)
"""How a creation is refused so that some clients drop it without a word."""

READABLE = 1024 * 1024
"""Bytes of what is read for its title."""

LARGEST = 64 * 1024
"""Bytes of what goes back by mail: an event with its attachments does not."""

_EVENTS = (b"BEGIN:VEVENT", b"BEGIN:VTODO")
_HELD = ("VEVENT", "VTODO")

logger = logging.getLogger(__name__)


def start(opened: Callable[[], Store], configuration: Configuration, home: Path) -> Hears | None:
    """Post letters from a thread that ends with the process, where a mail server and an address for people to follow
    are configured; what hears of refused writes, `None` where there is nobody to tell."""
    try:
        can_post = mail_server(configuration, home) is not None and public_address(configuration) is not None
    except SproError as error:
        logger.error("nothing is mailed: %s", error)
        return None
    if not can_post:
        return None
    # Read here: letters need what no answer does, and a server starts the sooner.
    from spro_agenda.post import Refusals, office_of  # noqa: PLC0415

    refusals = Refusals()

    def office() -> Office:
        return office_of(configuration, home, opened(), sending=True)

    every("posting", lambda: post(office, refusals, datetime.now(UTC)), first_s=FIRST_S, every_s=EVERY_S)
    return lambda request, path, code, sentence: _hear(refusals, request, path, code, sentence)


def post(office: Callable[[], Office], refusals: Refusals, now: datetime) -> None:
    """Send what waits. What fails is logged, and tried again later."""
    from spro_agenda.post import send_notices, send_refusals  # noqa: PLC0415  # as above

    try:
        here = office()
        refusals.write_down(here.store)
        for login, why in (*send_notices(here, now, waiting=True), *send_refusals(here, now)):
            logger.warning("a letter to %s was refused: %s", login, why)
    except Exception as error:  # noqa: BLE001  # whatever it is, people are served
        logger.error("letters were not sent, and will be tried again: %s", in_a_line(error))


def _hear(refusals: Refusals, request: Request, path: str, code: int, sentence: str) -> None:
    refusal = refusal_of(request, path, code, sentence)
    if refusal is not None:
        refusals.add(refusal)


def refusal_of(request: Request, path: str, code: int, sentence: str) -> Refusal | None:
    """A refused PUT as its author is told of it; `None` for what somebody did not lose by it.

    That is a probe (Thunderbird puts nothing at `/`), what is no event, what nobody logged in for, and what our own
    commands say themselves.
    """
    parts = path.strip("/").split("/")
    body = request.body
    is_event = body is not None and any(name in body for name in _EVENTS)
    if code not in DROPPED or len(parts) != 3 or not request.login or request.agent.startswith(OURS):
        return None
    if body is not None and not is_event:
        return None
    return Refusal(
        login=request.login,
        at=datetime.now(UTC),
        slug=parts[1],
        uid=_uid(body) if body is not None else "",
        title=title_of(body) if body is not None and len(body) <= READABLE else "",
        why=sentence,
        body=body if body is not None and len(body) <= LARGEST else None,
    )


def _uid(body: bytes) -> str:
    """The UID of an event; "" where it cannot be read."""
    try:
        found = (each.first("UID") for each in parse(body, "")[0].children if each.name in _HELD)
        return next((line.value for line in found if line), "")
    except BadCalendar:
        return ""
