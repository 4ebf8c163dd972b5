"""`users invite`: a link by which a person chooses a password, mailed or printed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import click

from spro_agenda.address import Address, own_address, public_address
from spro_agenda.commands.home import Home
from spro_agenda.errors import Refused, UsageError
from spro_agenda.i18n import _
from spro_agenda.instance import CONFIG, option
from spro_agenda.mail import Letter, MailNotSent, MailServer, mail_server
from spro_agenda.model import folded_login
from spro_agenda.render.accounts import summary
from spro_agenda.render.invitation import Invited, letter
from spro_agenda.server.wsgi import configuration_of
from spro_agenda.store import Account, AccountChange, Actor, Role, Token, Writer
from spro_agenda.store.devices import VALID

EXAMPLE = _("Exemple : spro-agenda users invite marie@exemple.fr --network 28")
PAGE = "invitation"
"""Below the pages' address, before the link's secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """What is asked of an account, for a person who has none."""

    role: str | None
    networks: tuple[str, ...]
    name: str | None
    email: str | None

    @property
    def says_something(self) -> bool:
        return bool(self.role or self.networks or self.name is not None or self.email is not None)

    def made(self, writer: Writer, login: str) -> Account:
        """The account, written: of a coordinator where there are networks, otherwise of a reader."""
        codes = [code.strip() for given in self.networks for code in given.split(",")]
        role = Role(self.role) if self.role else Role.COORDINATOR if self.networks else Role.READER
        account = writer.add_account(login, None, role, codes, self.name or "")
        return account if self.email is None else writer.set_account(account.login, AccountChange(email=self.email))


@click.command(epilog=EXAMPLE, short_help=_("Invite une personne à choisir son mot de passe."))
@click.argument("login", metavar="IDENTIFIANT")
@click.option(
    "--network",
    "networks",
    multiple=True,
    metavar="RÉSEAU",
    help=_("Réseaux qu'un coordonnateur écrit : 28, ou 28,45."),
)
@click.option(
    "--role",
    type=click.Choice([each.value for each in Role]),
    help=_("À défaut : coordinator avec --network, sinon reader."),
)
@click.option("--name", metavar="NOM", help=_("Nom à afficher."))
@click.option("--email", metavar="ADRESSE", help=_("Adresse où lui écrire, si l'identifiant n'en est pas une."))
@click.option("--by", "inviter", default="", metavar="NOM", help=_("Qui invite, pour le courriel."))
@click.option("--print", "printed", is_flag=True, help=_("Montre le lien, et n'envoie pas de courriel."))
@click.pass_obj
def invite(
    home: Home,
    login: str,
    *,
    networks: tuple[str, ...],
    role: str | None,
    name: str | None,
    email: str | None,
    inviter: str,
    printed: bool,
) -> None:
    """Envoie un lien pour choisir son mot de passe, qui sert une fois, pendant trois jours.

    La personne qui n'a pas de compte en reçoit un. Pour celle qui en a un, c'est le remède à un mot de passe oublié :
    l'ancien sert encore tant qu'elle n'en a pas choisi d'autre.
    """
    home.check_configured()
    configuration = configuration_of(home.path)
    if option(configuration, "auth", "password_backend", "argon2") != "argon2":
        raise Refused(
            _(
                "Les mots de passe sont ceux de votre annuaire (password_backend dans {file}) : c'est là qu'ils se "
                "changent. Ajoutez la personne avec « users add »."
            ).format(file=CONFIG)
        )
    address, server = public_address(configuration), mail_server(configuration, home.path)
    invited, token = _invited(home, login, NewAccount(role=role, networks=networks, name=name, email=email))
    link = (address or own_address(configuration)).page(PAGE, token.text)
    click.echo(_told(invited), err=True)
    missing = _missing(invited.account, address, server)
    if missing and (address is None or not printed):
        click.echo(missing, err=True)
    if printed or missing or address is None or server is None:
        click.echo(link)
        return
    _mail(server, letter(invited, link=link, server=address.url, inviter=" ".join(inviter.split())), link)
    click.echo(_("Le lien est envoyé à {email}.").format(email=invited.account.email), err=True)


def _invited(home: Home, login: str, asked: NewAccount) -> tuple[Invited, Token]:
    with home.store().write(Actor(agent="spro-agenda users invite")) as writer:
        known = {each.login: each for each in writer.accounts()}
        account = known.get(folded_login(login))
        if account is None:
            account = asked.made(writer, login)
        elif asked.says_something:
            raise UsageError(
                _(
                    "« {login} » a déjà un compte : invitez sans --role, --network, --name ni --email, et changez-les "
                    "avec « spro-agenda users set »."
                ).format(login=account.login)
            )
        token = writer.invite(account.login)
        invited = Invited(
            account=account,
            region=writer.region(),
            until=datetime.now(UTC) + VALID - timedelta(minutes=1),
            written=home.policy().written_by(account, writer.region().codes),
            first=not account.password_hash,
        )
        return invited, token


def _told(invited: Invited) -> str:
    account = invited.account
    return _("« {login} » ({may}) peut choisir son mot de passe jusqu'au {until}.").format(
        login=account.login,
        may=summary(invited.region, invited.written),
        until=invited.until_words,
    )


def _missing(account: Account, address: Address | None, server: MailServer | None) -> str | None:
    """What is missing for a letter to be sent, and how to mend it; `None` where nothing is."""
    if address is None:
        return _(
            "Ce lien ne s'ouvre que sur cette machine. Indiquez dans {file}, section [web], « type = "
            "spro_agenda.plugins.web » et « public_url = https://… », l'adresse où les gens trouvent l'agenda, puis "
            "invitez de nouveau."
        ).format(file=CONFIG)
    if server is None:
        return _(
            "Transmettez ce lien à la personne. Pour qu'il parte par courriel, indiquez un serveur de courrier dans "
            "{file}, section [hook] : smtp_server et from_email."
        ).format(file=CONFIG)
    if not account.email:
        return _(
            "« {login} » n'a pas d'adresse électronique : transmettez-lui ce lien, ou donnez la sienne avec "
            "« spro-agenda users set {login} --email ADRESSE »."
        ).format(login=account.login)
    return None


def _mail(server: MailServer, said: Letter, link: str) -> None:
    """Send the letter; where it does not go, the link is good all the same and is shown. Raises MailNotSent."""
    try:
        server.send(said)
    except MailNotSent as error:
        click.echo(link)
        raise MailNotSent(
            _("Le courriel n'est pas parti, mais ce lien est bon : transmettez-le. {why}").format(why=error)
        ) from error
