"""`digest`: what people are told by mail."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, date, datetime

import click

from spro_agenda.commands.home import Home
from spro_agenda.commands.options import Day
from spro_agenda.errors import UsageError
from spro_agenda.i18n import _, counted
from spro_agenda.mail import MailNotSent
from spro_agenda.post import Office, Outcome, digests, office_of, send_digests, send_notices, send_refusals
from spro_agenda.render.digest import digest_letter, printed, render_json
from spro_agenda.server.wsgi import configuration_of

EXAMPLE = _("Exemple : spro-agenda digest --print --for marie")


@click.command(epilog=EXAMPLE, short_help=_("Envoie à chacun les nouvelles qui le concernent."))
@click.option(
    "--send", "sent", is_flag=True, help=_("Envoie à chacun, par courriel, ce qu'on ne lui a pas encore dit.")
)
@click.option("--print", "shown", is_flag=True, help=_("Montre ce qui serait dit, et n'envoie rien."))
@click.option(
    "--urgent",
    is_flag=True,
    help=_("Envoie seulement ce qui n'attend pas : une action des sept prochains jours annulée ou déplacée."),
)
@click.option("--for", "logins", multiple=True, metavar="IDENTIFIANT", help=_("À cette personne seulement."))
@click.option("--as-of", type=Day(), metavar="JOUR", help=_("Avec --print : vu de ce jour-là."))
@click.option("--format", "format_", type=click.Choice(["terminal", "json"]), default="terminal", show_default=True)
@click.pass_obj
def digest(
    home: Home, *, sent: bool, shown: bool, urgent: bool, logins: tuple[str, ...], as_of: date | None, format_: str
) -> None:
    """Dit à chacun ce qui le concerne : actions nouvelles, déplacées, annulées, enfin datées ; et, à qui écrit dans un
    agenda, ses conflits, ce qui est à dater, ce qui est à reprendre ou à faire ensemble.

    À lancer chaque jour avec --send : chacun reçoit un courriel par jour ou par semaine, comme « users set --digest »
    le dit, et jamais deux fois la même chose. Sans rien de nouveau, rien n'est envoyé.

    Le serveur envoie lui-même ce qui n'attend pas ; --urgent le fait quand il ne tourne pas.
    """
    if [sent, shown, urgent].count(True) != 1:
        raise UsageError(_("Choisissez --send, --print ou --urgent."))
    if (as_of is not None or format_ == "json") and not shown:
        raise UsageError(_("--as-of et --format vont avec --print."))
    if urgent and logins:
        raise UsageError(_("--urgent écrit à qui est concerné : retirez --for."))
    with closing(home.store()) as store:
        office = office_of(configuration_of(home.path), home.path, store, sending=not shown)
        if urgent:
            _tell_refused(send_urgent(office))
            return
        with store.read() as reader:
            known = {reader.account(login).login for login in logins} if logins else None
        if shown:
            _show(office, as_of or date.today(), known, format_)
            return
        outcome = send_digests(office, date.today(), known)
        click.echo(_told(outcome), err=True)
        _tell_refused(outcome.refused)


def send_urgent(office: Office) -> tuple[tuple[str, str], ...]:
    """Send what cannot wait, and what authors are to be told of refused writes; whose letter was refused, with why."""
    now = datetime.now(UTC)
    return (*send_notices(office, now), *send_refusals(office, now))


def _show(office: Office, today: date, logins: Iterable[str] | None, format_: str) -> None:
    found = digests(office, today, None if logins is None else set(logins))
    if format_ == "json":
        sys.stdout.buffer.write(render_json(found))
        return
    told = [each for each in found if each.sections]
    letters = [printed(digest_letter(each, office.links_of(each.reader.account))) for each in told]
    click.echo(f"\n{'─' * 72}\n\n".join(letters) if letters else _("Rien de nouveau à dire."), nl=not letters)


def _told(outcome: Outcome) -> str:
    return _("{sent} ; {empty} sans nouvelle.").format(
        sent=counted(len(outcome.sent), "courriel envoyé", "courriels envoyés"),
        empty=counted(len(outcome.empty), "personne", "personnes"),
    )


def _tell_refused(refused: Iterable[tuple[str, str]]) -> None:
    """Raise MailNotSent for the letters that the server did not want, each told once."""
    lines = [f"⚠ {login} : {why}" for login, why in refused]
    if lines:
        raise MailNotSent(
            _("{lines}\nCes courriels n'ont pas été pris ; ils seront tentés de nouveau la prochaine fois.").format(
                lines="\n".join(lines)
            )
        )
