"""`backup` and `export`: an agenda kept elsewhere; and what `restore --from` and `import --all` do."""

from __future__ import annotations

import time
from pathlib import Path

import click

from spro_agenda.commands.home import Home
from spro_agenda.commands.options import FILE
from spro_agenda.errors import UnreadableSource, UsageError, reason
from spro_agenda.i18n import _, counted
from spro_agenda.ical.lines import Component
from spro_agenda.ical.write import Rewrite, calendar_text, text_line
from spro_agenda.store import Calendar, Reader, Store, archive
from spro_agenda.store.archive import Archive
from spro_agenda.store.redacting import LOG
from spro_agenda.store.trial import try_out
from spro_agenda.whole import write_whole

EXAMPLE_BACKUP = _("Exemple : spro-agenda backup --check  ou  spro-agenda backup --verify agenda.spro.gz")
EXAMPLE_EXPORT = _("Exemple : spro-agenda export -o dossier  ou  spro-agenda export --all -o agenda.spro.gz")
_NAME = "agenda-%Y-%m-%d-%H%M%S.spro.gz"
_KILO = 1000


@click.command(epilog=EXAMPLE_BACKUP, short_help=_("Sauvegarde tout dans un fichier."))
@click.argument("file", type=FILE, required=False, metavar="[FICHIER]")
@click.option("--check", is_flag=True, help=_("Restaure ensuite la sauvegarde à l'essai, et vérifie que tout y est."))
@click.option("--verify", type=FILE, metavar="FICHIER", help=_("Ne sauvegarde rien : vérifie ainsi une sauvegarde."))
@click.pass_obj
def backup(home: Home, file: Path | None, check: bool, verify: Path | None) -> None:
    """Sauvegarde tout l'agenda dans un fichier : événements, historique, comptes, région.

    Le serveur peut tourner : la sauvegarde est celle d'un instant. À défaut de nom, le fichier est daté, dans le
    dossier courant. Les mots de passe y sont chiffrés ; gardez-le pourtant comme l'agenda lui-même.
    """
    if verify is not None:
        if file is not None or check:
            raise UsageError(_("--verify vérifie une sauvegarde déjà faite : retirez le reste."))
        saved = archive.verify(verify)
        try_out(saved)
        click.echo(_("{file} : {contents}. ").format(file=verify, contents=_words(saved)) + _WHOLE)
        return
    target = file or Path(time.strftime(_NAME))
    saved = _save(home, target)
    if check:
        try_out(saved)
        click.echo(_WHOLE)


_WHOLE = _("Restaurée à l'essai : tout y est.")


@click.command(epilog=EXAMPLE_EXPORT, short_help=_("Exporte les agendas en .ics, ou tout."))
@click.option(
    "--all", "everything", is_flag=True, help=_("Tout, historique et comptes compris, pour « import --all ».")
)
@click.option(
    "--network", "networks", multiple=True, metavar="RÉSEAU", help=_("Ces réseaux seulement, par code ou par nom.")
)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DOSSIER",
    help=_("Dossier des fichiers .ics, créé au besoin ; avec --all, fichier à écrire."),
)
@click.pass_obj
def export(home: Home, everything: bool, networks: tuple[str, ...], output: Path) -> None:
    """Écrit un fichier .ics par réseau (28.ics…) dans un dossier, avec les textes tels qu'ils sont.

    Avec --all, écrit plutôt tout l'agenda dans un seul fichier, le même que celui de « backup » : il se reprend sur
    une autre machine ou une autre base de données avec « import --all ».
    """
    if everything:
        if networks:
            raise UsageError(_("--all exporte tous les réseaux : retirez --network."))
        _save(home, output)
        return
    store = home.store()
    with store.read() as reader:
        region = reader.region()
        asked = {region.code_of(network) for network in networks} or set(region.codes)
        _make_folder(output)
        for calendar in reader.calendars():
            if calendar.network in asked:
                _write_calendar(reader, calendar, output / f"{calendar.slug}.ics")


def restore_from(home: Home, file: Path, database: str | None = None) -> None:
    """Put a backup in the place of all that the instance holds, or make an instance of it.

    A new one stands on the database given, or on the one of its configuration. Raises UnreadableSource, BadArchive,
    StoreError, Refused; nothing has changed then.
    """
    saved = archive.verify(file)
    home.prepare(database)
    restored = Store.restore(home.database(), home.path, saved)
    click.echo(_("Agenda restauré dans {path} : {contents}.").format(path=home.path, contents=_words(saved)))
    if restored.redacted:
        click.echo(_("Textes retirés depuis cette sauvegarde, et qui le restent : {n}.").format(n=restored.redacted))
    for line in restored.torn:
        click.echo(
            _(
                "{file}, ligne {line} : elle est coupée, et a été laissée de côté ; la base de données savait ce "
                "qu'elle disait. Retirez-la."
            ).format(file=home.path / LOG, line=line),
            err=True,
        )
    if restored.kept:
        click.echo(
            _(
                "Les comptes et mots de passe sont ceux de la sauvegarde. Si des personnes ont été retirées ou "
                "oubliées depuis, refaites-le : « spro-agenda users list » les montre. Les appareils révoqués "
                "le restent."
            ),
            err=True,
        )
        click.echo(_("Ce qu'il était juste avant est dans {file}.").format(file=restored.kept), err=True)
    if restored.aside:
        click.echo(_("La base de données abîmée a été mise de côté : {file}.").format(file=restored.aside), err=True)


def import_all(home: Home, file: Path) -> None:
    """Fill an instance that was just made from an archive. Raises what `restore_from` does, Refused for a used one."""
    saved = archive.verify(file)
    home.store().close()
    Store.restore(home.database(), home.path, saved, only_new=True)
    click.echo(_("{file} → {path} : {contents}.").format(file=file, path=home.path, contents=_words(saved)))
    click.echo(_("Les comptes sont ceux du fichier, mots de passe compris."), err=True)


def _save(home: Home, target: Path) -> Archive:
    store = home.store()
    saved = store.save(target)
    store.close()
    click.echo(_("{file} : {contents}.").format(file=target, contents=_words(saved)))
    return saved


def _words(saved: Archive) -> str:
    """« 42 événements, 57 versions, 5 comptes, 13 Ko »."""
    rows = saved.rows
    size = saved.size / _KILO
    return ", ".join(
        (
            counted(saved.events, "événement", "événements"),
            counted(rows.get("revision", 0), "version", "versions"),
            counted(rows.get("account", 0), "compte", "comptes"),
            _("{size} Ko").format(size=max(round(size), 1))
            if size < _KILO
            else _("{size} Mo").format(size=f"{size / _KILO:.1f}".replace(".", ",")),
        )
    )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnreadableSource(
            _("{path} : ce dossier ne peut pas être créé ({detail}). Choisissez-en un autre.").format(
                path=folder, detail=reason(error)
            )
        ) from error


def _write_calendar(reader: Reader, calendar: Calendar, file: Path) -> None:
    bodies = [each.body for each in reader.objects(calendar.slug)]
    header = [text_line("X-WR-CALNAME", calendar.name)]
    write_whole(file, calendar_text(header, ((body, _as_it_is) for body in bodies)))
    click.echo(
        _("{network} → {file} : {count}").format(
            network=calendar.name, file=file, count=counted(len(bodies), "événement", "événements")
        )
    )


def _as_it_is(_index: int, _component: Component) -> Rewrite:
    return Rewrite()
