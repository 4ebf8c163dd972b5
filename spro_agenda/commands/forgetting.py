"""`history redact` and `purge`: what is taken away for good."""

from __future__ import annotations

from datetime import date

import click

from spro_agenda.commands.events import confirm, event_argument, yes_option
from spro_agenda.commands.home import Home
from spro_agenda.i18n import _, counted, enumerated
from spro_agenda.model import EventKey
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
        region = reader.region()
        gone, _live = reader.copies(key)
        names = [region.name_of(slug) for slug in sorted(each.slug for each in (*reader.lineage(key), *gone))]
        keys = [key, *(EventKey(each.slug, key.uid) for each in gone)]
        found = {each.id: each.body for own in keys for each in reader.history(Selection(event=own))}
        versions = sum(1 for body in found.values() if body is not None)
    question = _("Retirer pour de bon le texte de {id} ({calendars}, {versions}) ?")
    confirm(
        question.format(id=key.id, calendars=enumerated(names), versions=counted(versions, "version", "versions")),
        yes=yes,
    )
    with store.write(Actor(agent="spro-agenda history redact")) as writer:
        redaction = writer.redact_event(key.network, key.uid)
        log_redaction(home.path, redaction)
    click.echo(_redacted(redaction, names))
    for network in redaction.elsewhere:
        click.echo(_elsewhere(region.name_of(network), EventKey(network, key.uid)), err=True)
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
    if copies := store.left_behind(home.path):
        click.echo(
            _("Ces fichiers, laissés par des restaurations, peuvent le contenir aussi ; détruisez-les :"), err=True
        )
        for file in copies:
            click.echo(f"  {file}", err=True)
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


def _elsewhere(name: str, key: EventKey) -> str:
    return _(
        "Un événement de même UID est aussi dans {calendar}, et il y garde son texte. Si c'est le même, retirez-le "
        "aussi : spro-agenda history redact {id}"
    ).format(calendar=name, id=key.id)


@click.command(epilog=EXAMPLE_PURGE, short_help=_("Efface ce qui a passé l'âge d'être gardé."))
@click.option("--dry-run", is_flag=True, help=_("Dit ce qui serait effacé, sans rien effacer."))
@click.pass_obj
def purge(home: Home, dry_run: bool) -> None:
    """Efface de la corbeille et de l'historique ce qui a passé l'âge d'être gardé.

    Le serveur le fait de lui-même chaque jour. Les durées sont dans config.ini (trash_months, revision_months,
    audit_months).
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
            counted(purged.acts, "ligne du journal", "lignes du journal"),
            counted(purged.said, "mot sur des conflits anciens", "mots sur des conflits anciens"),
        ]
    )
