"""The rounds of the mailbox, by the server itself: every few minutes one worker takes the invitations that came.

Each worker has a thread for it, which never takes the server down; the store says whose turn it is.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from spro_agenda.background import every, in_a_line
from spro_agenda.errors import Refused
from spro_agenda.i18n import _
from spro_agenda.instance import CONFIG, Configuration, option
from spro_agenda.store import Actor, Store

if TYPE_CHECKING:
    from spro_agenda.mailroom import Mailroom, Round

FIRST_S, LOOK_S = 5, 30
"""A worker begins by serving; then it asks twice a minute whether a round is due."""

ACTOR = Actor(agent="spro-agenda serve")

logger = logging.getLogger(__name__)


def room_of(configuration: Configuration, home: Path) -> Mailroom | None:
    """The mailroom of an instance, `None` where it has none or the server is not to look. Raises BadInput, Refused."""
    if not option(configuration, "web", "inbox_server", ""):
        return None
    # Read here: what writes letters takes a tenth of the time in which a server starts, and few have a mailbox.
    from spro_agenda.mailroom import mailroom_of  # noqa: PLC0415

    room = mailroom_of(configuration, home)
    if room is None or not room.every_s:
        return None
    if room.post is None:
        raise Refused(
            _(
                "{file} : la boîte aux lettres demande aussi un serveur de courrier pour répondre. Indiquez "
                "smtp_server et from_email, ou laissez inbox_server vide."
            ).format(file=CONFIG)
        )
    return room


def start(opened: Callable[[], Store], room: Mailroom | None) -> threading.Thread | None:
    """Make the rounds in a thread that ends with the process. `opened` gives the store, which may be away."""
    if room is None:
        return None
    said = ""

    def look() -> None:
        nonlocal said
        said = attend(opened, room, int(time.time()), said)

    return every("rounds", look, first_s=FIRST_S, every_s=LOOK_S)


def attend(opened: Callable[[], Store], room: Mailroom, now: int, said: str = "") -> str:
    """Make a round where one is due; what kept it from being made, which is logged unless it is what was `said` before:
    a server that is away for a night is told of once."""
    try:
        store = opened()
        with store.write(ACTOR) as writer:
            if not writer.take_turn(room.mailbox.place, now, room.every_s):
                return said
        done = room.round(store)
    except Exception as error:  # noqa: BLE001  # whatever it is, people are served
        why = in_a_line(error)
        if why != said:
            logger.error("invitations could not be fetched, and will be: %s", why)
        return why
    return _log(done, said)


def _log(done: Round, said: str) -> str:
    for each in done.failures:
        who = each.account.login if each.account else each.letter.sender if each.letter else "?"
        reason = each.why.value if each.why else "see the answer"
        logger.warning("an invitation of %s was not taken as it is: %s %s", who, reason, each.sentence)
    why = "; ".join((*done.unsent, *filter(None, (done.courtesy,))))
    if why and why != said:
        logger.warning("invitations: %s", why)
    return why
