"""`history redact` and `purge`: what is taken away for good."""

from __future__ import annotations

from datetime import date

import click

from spro_agenda.commands.events import confirm, event_argument, yes_option
from spro_agenda.commands.home import Home
from spro_agenda.i18n import _, counted, enumerated
from spro_agenda.store import Actor, Purged, Redaction, Selection, log_redaction

EXAMPLE_REDACT = _("Exemple : spro-agenda history redact 3f2a9c81d0")
EXAMPLE_PURGE = _("Exemple : spro-agenda purge --dry-run")


@click.command(epilog=EXAMPLE_REDACT, short_help=_("Retire pour de bon le texte d'un événement."))
@event_argument
@yes_option
@click.pass_obj
def redact(home: Home, event: str, yes: bool) -> None:
    """Retire pour de bon le texte d'un événement : de l'agenda, de la corbeille et de toutes ses versions.

    L'événement reste à sa date, sous le titre « Texte retiré » ; qui l'a écrit et quand reste connu. Cela ne peut pas
    être défait.
    """
    store = home.store()
    with store.read() as reader:
        key = reader.event_called(event)
        names = [reader.region().name_of(calendar.slug) for calendar in reader.lineage(key)]
        versions = sum(1 for each in reader.history(Selection(event=key)) if each.body is not None)
    question = _("Retirer pour de bon le texte de {id} ({calendars}, {versions}) ?")
    confirm(
        question.format(id=key.id, calendars=enumerated(names), versions=counted(versions, "version", "versions")),
        yes=yes,
    )
    with store.write(Actor(agent="spro-agenda history redact")) as writer:
        redaction = writer.redact_event(key.network, key.uid)
        log_redaction(home.path, redaction)
    click.echo(_redacted(redaction, names))
    # What an earlier attempt left on the disk goes too.
    store.scrub()
    click.echo(_("Ses octets sont effacés de la base de données."))
    click.echo(
        _(
            "Le texte reste dans les sauvegardes déjà faites, et dans les copies que des applications ont reçues. Une "
            "sauvegarde que « spro-agenda restore » remet en place en est débarrassée aussitôt ; détruisez les autres."
        ),
        err=True,
    )
    if home.database().startswith("postgres"):
        click.echo(
            _(
                "Le journal de PostgreSQL (WAL) et ses archives le contiennent jusqu'à ce qu'il les recycle : voyez "
                "avec qui l'administre."
            ),
            err=True,
        )


def _redacted(redaction: Redaction, names: list[str]) -> str:
    if not redaction.revisions and not redaction.rewritten:
        return _("Le texte de cet événement était déjà retiré.")
    return _("Texte retiré de {versions}, dans {calendars}.").format(
        versions=counted(redaction.revisions, "version", "versions"), calendars=enumerated(names)
    )


@click.command(epilog=EXAMPLE_PURGE, short_help=_("Efface ce qui a passé l'âge d'être gardé."))
@click.option("--dry-run", is_flag=True, help=_("Dit ce qui serait effacé, sans rien effacer."))
@click.pass_obj
def purge(home: Home, dry_run: bool) -> None:
    """Efface de la corbeille et de l'historique ce qui a passé l'âge d'être gardé.

    Le serveur le fait de lui-même chaque jour. Les durées sont dans config.ini (trash_months, revision_months).
    """
    store = home.store()
    retention = home.retention()
    actor = Actor(agent="spro-agenda purge")
    if dry_run:
        with store.write(actor) as writer:
            click.echo(_("Seraient effacés : {what}.").format(what=_purged(writer.purgeable(date.today(), retention))))
        return
    click.echo(_("Effacés : {what}.").format(what=_purged(store.purge(date.today(), retention, actor))))


def _purged(purged: Purged) -> str:
    return enumerated(
        [
            counted(purged.events, "événement de la corbeille", "événements de la corbeille"),
            counted(purged.revisions, "version", "versions"),
            counted(purged.changes, "ligne de synchronisation", "lignes de synchronisation"),
        ]
    )
