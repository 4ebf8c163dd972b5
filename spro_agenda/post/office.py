"""From where letters are sent: an instance's store, its mail server, its address, its key."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from spro_agenda.address import NEWS, Address, own_address, public_address
from spro_agenda.digest import Reader
from spro_agenda.errors import Refused
from spro_agenda.i18n import _
from spro_agenda.instance import CONFIG, Configuration
from spro_agenda.mail import Letter, MailServer, mail_server
from spro_agenda.model import Account
from spro_agenda.policy import Policy, policy_of
from spro_agenda.region.records import Region
from spro_agenda.render.digest import Links
from spro_agenda.secret import Secret, secret_of
from spro_agenda.store import Actor, Store

ACTOR = Actor(agent="spro-agenda digest")


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """`address` is where people find the server; `server` takes letters, `None` where none is configured."""

    store: Store
    server: MailServer | None
    address: Address
    secret: Secret
    policy: Policy

    def send(self, letter: Letter) -> None:
        """Send a letter. Raises MailNotSent, and Refused where there is no mail server."""
        if self.server is None:
            raise no_server()
        self.server.send(letter)

    def links_of(self, account: Account) -> Links:
        """Where a letter to somebody leads."""
        choosing = self.address.page(NEWS, account.login, self.secret.signed(NEWS, account.login))
        return Links(server=self.address.page(), choosing=choosing)

    def reader(self, account: Account, region: Region) -> Reader:
        """A person as a digest looks at them."""
        return Reader(account=account, written=self.policy.written_by(account, region.codes))


def office_of(configuration: Configuration, home: Path, store: Store, *, sending: bool) -> Office:
    """The office of an instance. Raises BadInput, StoreError; and Refused where letters are to be sent, and no mail
    server or no address for people to follow is configured."""
    address, server = public_address(configuration), mail_server(configuration, home)
    if sending and server is None:
        raise no_server()
    if sending and address is None:
        raise Refused(
            _(
                "Les courriels mènent à l'agenda, et l'on ne sait pas à quelle adresse. Indiquez-la dans {file}, "
                "section [web] : « public_url = https://… »."
            ).format(file=CONFIG)
        )
    return Office(
        store=store,
        server=server,
        address=address or own_address(configuration),
        secret=secret_of(home),
        policy=policy_of(configuration),
    )


def no_server() -> Refused:
    return Refused(
        _(
            "Il n'y a pas de serveur de courrier. Indiquez-en un dans {file}, section [hook] : smtp_server et "
            "from_email ; ou lisez les nouvelles avec « spro-agenda digest --print »."
        ).format(file=CONFIG)
    )
