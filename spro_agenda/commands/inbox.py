"""`inbox`: the invitations that coordinators sent by mail, taken into their networks' calendars."""

from __future__ import annotations

import sys

import click

from spro_agenda.commands.home import Home
from spro_agenda.commands.screen import width
from spro_agenda.errors import Refused, SourcesFailed
from spro_agenda.i18n import _, counted
from spro_agenda.instance import CONFIG
from spro_agenda.mail import MailNotSent
from spro_agenda.mailroom import Mailroom, Round, mailroom_of
from spro_agenda.region.records import Region
from spro_agenda.render.inbox import render, render_json, render_letters
from spro_agenda.server.wsgi import configuration_of

EXAMPLE = _("Exemple : spro-agenda inbox --dry-run")


@click.command(epilog=EXAMPLE, short_help=_("Prend les invitations reçues par courriel."))
@click.option("--dry-run", is_flag=True, help=_("Dit ce qui serait fait ; n'écrit, n'envoie et ne marque rien."))
@click.option("--print", "printed", is_flag=True, help=_("Montre les réponses, et ne les envoie pas."))
@click.option("--format", "format_", type=click.Choice(["terminal", "json"]), default="terminal", show_default=True)
@click.pass_obj
def inbox(home: Home, *, dry_run: bool, printed: bool, format_: str) -> None:
    """Lit la boîte aux lettres de l'agenda, prend les invitations des coordonnateurs et leur répond, une fois.

    Un coordonnateur invite l'agenda de son réseau (agenda-28@…) depuis sa messagerie. Les courriels de qui n'a pas de
    compte sont laissés, sans réponse. Le serveur fait de même, toutes les cinq minutes.
    """
    home.check_configured()
    room = _room(home, needs_post=not (dry_run or printed))
    store = home.store()
    try:
        with store.read() as reader:
            region = reader.region()
        done = room.look(store) if dry_run else room.round(store, send=not printed)
    finally:
        store.close()
    if format_ == "json":
        sys.stdout.buffer.write(render_json(done.handled, done.sent, done.unsent, done.printed))
    else:
        _tell(done, region, with_letters=printed)
    _end(done)


def _room(home: Home, *, needs_post: bool) -> Mailroom:
    """Raises Refused where there is no mailbox, or nobody to send the answers; BadInput."""
    room = mailroom_of(configuration_of(home.path), home.path)
    if room is None:
        raise Refused(
            _(
                "Aucune boîte aux lettres n'est indiquée. Dans {file}, section [web], indiquez inbox_server, "
                "inbox_username, inbox_password_file et inbox_address."
            ).format(file=CONFIG)
        )
    if needs_post and room.post is None:
        raise Refused(
            _(
                "Aucun serveur de courrier n'est indiqué pour répondre. Dans {file}, section [hook], indiquez "
                "smtp_server et from_email, ou montrez les réponses avec --print."
            ).format(file=CONFIG)
        )
    return room


def _tell(done: Round, region: Region, *, with_letters: bool) -> None:
    click.echo(render(done.handled, region, width=width()), nl=False)
    if with_letters:
        click.echo(render_letters(done.printed), nl=False)
    if not done.handled:
        click.echo(_("Rien de nouveau."), err=True)
    if done.sent:
        click.echo(_("{answers}.").format(answers=counted(done.sent, "réponse envoyée", "réponses envoyées")), err=True)


def _end(done: Round) -> None:
    """Raise MailNotSent where the mail server was away, SourcesFailed where something else was not done."""
    for sentence in (*done.unsent, *filter(None, (done.courtesy,))):
        click.echo(sentence, err=True)
    if done.is_post_away:
        raise MailNotSent(_("Les réponses qui restent partiront la prochaine fois."))
    if not done.is_whole:
        number = len(done.failures) + len(done.unsent)
        raise SourcesFailed(
            _("{failures} : voyez ci-dessus. Le reste est fait.").format(failures=counted(number, "échec", "échecs"))
        )
