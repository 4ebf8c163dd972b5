"""`init`: an instance made."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from spro_agenda.commands.home import Home
from spro_agenda.commands.importing import Incoming, store_incoming
from spro_agenda.commands.options import FOLDER, database_option, read_password
from spro_agenda.errors import BadRegion, UnreadableSource, UsageError
from spro_agenda.i18n import _, counted
from spro_agenda.model import folded_login
from spro_agenda.region.load import parse_region, read_region
from spro_agenda.store import Actor, Role, Store
from spro_agenda.store.accounts import check_account

EXAMPLE = _("Exemple : spro-agenda --home ~/agenda init --seed calendars --admin chef --password-stdin < secret")


@click.command(epilog=EXAMPLE, short_help=_("Crée un agenda vide, ou rempli d'un dossier."))
@click.option(
    "--seed",
    type=FOLDER,
    metavar="DOSSIER",
    help=_("Dossier dont prendre region.toml et les agendas (28.ics, region.ics…)."),
)
@click.option("--admin", metavar="IDENTIFIANT", help=_("Crée aussi ce compte d'administration."))
@click.option("--password-stdin", is_flag=True, help=_("Lit son mot de passe sur l'entrée standard."))
@database_option
@click.option("--upgrade", is_flag=True, help=_("Met à niveau la base de données d'un programme plus ancien."))
@click.pass_obj
def init(
    home: Home, seed: Path | None, admin: str | None, password_stdin: bool, database: str | None, upgrade: bool
) -> None:
    """Crée un agenda : sa configuration, sa base de données, un calendrier vide par réseau.

    Tout est vérifié avant d'écrire quoi que ce soit. Avec --upgrade, met à niveau l'agenda qui est là, le serveur
    étant arrêté : interrompu, il reste comme il était.
    """
    if upgrade:
        if seed or admin or database:
            raise UsageError(_("--upgrade met à niveau l'agenda qui est là : retirez les autres options."))
        _upgrade(home)
        return
    if password_stdin and not admin:
        raise UsageError(_("Dites avec --admin pour quel compte est le mot de passe."))
    toml, incoming = _seed(seed)
    if admin:
        password = read_password(from_stdin=password_stdin, login=admin)
        check_account(folded_login(admin), password, Role.ADMIN, ())
    if not home.prepare(database):
        click.echo(_("{file} manquait : recréé. La base de données est restée la même.").format(file=home.config))
        return
    store = Store.create(home.database(), home.path, toml, date.today())
    with store.write(Actor(agent="spro-agenda init")) as writer:
        outcomes = [outcome for each in incoming for outcome in store_incoming(writer, each)]
        if admin:
            writer.add_account(admin, password, Role.ADMIN)
    store.close()
    click.echo(
        _("Agenda créé dans {path} : {count}.").format(
            path=home.path, count=counted(len(outcomes), "événement", "événements")
        )
    )
    click.echo(_("Ensuite : « spro-agenda users add » pour chaque personne, puis « spro-agenda serve »."), err=True)


def _upgrade(home: Home) -> None:
    home.check_configured()
    before, now = Store.upgrade(home.database(), home.path)
    if before == now:
        click.echo(_("La base de données est déjà de la version {now} : rien à faire.").format(now=now))
    else:
        click.echo(
            _("Base de données mise à niveau, de la version {before} à la version {now}.").format(
                before=before, now=now
            )
        )


def _seed(folder: Path | None) -> tuple[str, list[Incoming]]:
    """The region's text and the calendars of a folder, read and checked. Raises BadRegion, BadCalendar …"""
    if folder is not None and not folder.is_dir():
        raise UnreadableSource(_("{path} : ce dossier n'existe pas. Vérifiez son nom.").format(path=folder))
    file = folder / "region.toml" if folder else None
    toml, where = read_region(file if file and file.is_file() else None)
    region = parse_region(toml, where)
    if folder is None:
        return toml, []
    found = sorted(file for file in folder.iterdir() if file.suffix.lower() == ".ics")
    if not found and file is not None and not file.is_file():
        raise BadRegion(
            str(folder),
            None,
            _("il n'y a ni region.toml ni agenda (.ics) dans ce dossier."),
            _("Vérifiez le dossier choisi."),
        )
    return toml, [Incoming.read(path, None, region) for path in found]
