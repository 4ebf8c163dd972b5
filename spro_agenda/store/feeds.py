"""The verbs of subscription feeds: the agenda, or some of it, for whoever has a link."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import bindparam, or_, update

from spro_agenda.errors import BadInput, Refused
from spro_agenda.i18n import _
from spro_agenda.store import schema as s
from spro_agenda.store.devices import HOUR_S, label_of
from spro_agenda.store.personal import Personal
from spro_agenda.store.records import Act, Feed, FeedFilter
from spro_agenda.store.writing import verb

_READ = (
    update(s.feed)
    .where(
        s.feed.c.id == bindparam("its_id"),
        or_(s.feed.c.last_read.is_(None), s.feed.c.last_read <= bindparam("its_hour")),
    )
    .values(last_read=bindparam("its_at"), last_agent=bindparam("its_agent"))
)


class Feeds(Personal):
    """The verbs that write feeds."""

    @verb
    def add_feed(self, label: str, wanted: FeedFilter, login: str | None = None, expires_at: int | None = None) -> Feed:
        """Make a feed, of a person's or of nobody's, until a moment (epoch seconds) or for good.

        Raises BadInput (no label, a moment that is over), UnknownNetwork, NotFound (no such account), Refused (clashes
        for a person who may not see them).
        """
        label = label_of(label, _("Nommez l'abonnement en {most} caractères au plus, par exemple : Lycée de Dreux"))
        if expires_at is not None and expires_at <= self._now:
            raise BadInput(_("La fin de l'abonnement est déjà passée. Donnez un jour à venir."))
        region = self.region()
        wanted = replace(wanted, networks=tuple(dict.fromkeys(map(region.code_of, wanted.networks))))
        account_id = None
        if login is not None:
            account = self.account(login)
            account_id = self._account_id(account.login)
            if wanted.clashes and not account.settles:
                raise Refused(
                    _("« {login} » ne voit pas les conflits : ils sont pour qui peut les régler.").format(
                        login=account.login
                    )
                )
        number = self._insert_one(
            s.feed,
            {
                "account_id": account_id,
                "label": label,
                "filter": json.dumps(wanted.as_json(), ensure_ascii=False),
                "generation": 1,
                "created_at": self._now,
                "expires_at": expires_at,
                "last_agent": "",
            },
        )
        self._audit(Act.FEED_MADE, str(number), label)
        return self.feed(number)

    @verb
    def rotate_feed(self, number: int) -> Feed:
        """Give a feed another address; the former opens nothing any more. Raises NotFound, Refused (it was revoked)."""
        feed = self._open(number)
        self._connection.execute(update(s.feed).where(s.feed.c.id == number).values(generation=s.feed.c.generation + 1))
        self._audit(Act.FEED_ROTATED, str(number), feed.label)
        return self.feed(number)

    @verb
    def revoke_feed(self, number: int) -> Feed:
        """Shut a feed, from the next request on and for good. Raises NotFound, Refused (it was revoked)."""
        feed = self._open(number)
        self._connection.execute(update(s.feed).where(s.feed.c.id == number).values(revoked_at=self._now))
        self._audit(Act.FEED_REVOKED, str(number), feed.label)
        return self.feed(number)

    @verb
    def note_readings(self, readings: Mapping[int, tuple[int, str]]) -> None:
        """Remember when feeds were read (epoch seconds) and with what, to the hour."""
        for number, (at, agent) in readings.items():
            about = {"its_id": number, "its_at": at, "its_hour": at - HOUR_S, "its_agent": agent}
            self._connection.execute(_READ, about)

    def _open(self, number: int) -> Feed:
        feed = self.feed(number)
        if feed.revoked_at is not None:
            raise Refused(_("L'abonnement « {label} » a été fermé. Faites-en un autre.").format(label=feed.label))
        return feed
