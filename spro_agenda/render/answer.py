"""The answer to a letter that asked for events: what was understood, what became of it, and what it clashes with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from spro_agenda.clashes import sentence
from spro_agenda.i18n import _, enumerated, unbroken
from spro_agenda.inbox.handling import Done, Handled, Refusal, Result, Why
from spro_agenda.mail import Letter
from spro_agenda.model import Clash
from spro_agenda.region.explain import Origin
from spro_agenda.region.records import Region
from spro_agenda.region.words import harmless
from spro_agenda.render.explain import labels, value_words, why_words
from spro_agenda.templates import templates_of

_FIELDS = (
    *("date", "status", "site", "place", "speakers", "partners", "publics", "themes", "open_to", "scope"),
    *("highlight", "reusable"),
)
_LONGEST_SUBJECT = 120

_DONE = {
    Done.CREATED: _("« {title} » est maintenant dans l'agenda {network}."),
    Done.UPDATED: _("« {title} » est modifié dans l'agenda {network}."),
    Done.CANCELLED: _(
        "« {title} » est annulé dans l'agenda {network}. Il y reste, marqué « annulé », pour que chacun le voie."
    ),
    Done.NOTED: _(
        "« {title} » est annulé, mais l'agenda {network} ne l'a pas : il n'y avait rien à retirer. Si son invitation "
        "arrive après coup, elle ne sera pas prise."
    ),
    Done.UNCHANGED: _("« {title} » est déjà ainsi dans l'agenda {network} : rien n'a été changé."),
    Done.OUTDATED: _(
        "Ce message sur « {title} » est plus ancien que ce que l'agenda {network} en sait déjà : rien n'a été changé. "
        "S'il dit pourtant la vérité, renvoyez une mise à jour depuis votre application."
    ),
    Done.DELETED: _(
        "« {title} » a été retiré de l'agenda {network} depuis votre invitation : il n'y est pas remis. Pour l'y "
        "remettre, invitez l'agenda à un nouvel événement, ou demandez à l'administrateur de le restaurer."
    ),
    Done.EDITED: _(
        "« {title} » a été écrit dans l'agenda {network} autrement que par une invitation : rien n'a été changé. "
        "Faites ce changement dans l'agenda."
    ),
    Done.ELSEWHERE: _(
        "« {title} » est déjà dans l'agenda {owner}, où vous n'écrivez pas : il n'a pas été recopié dans l'agenda "
        "{network}. Si votre réseau y participe, l'équipe régionale peut le noter."
    ),
    Done.FAILED: _("« {title} » n'a pas pu aller dans l'agenda {network} : {why}"),
}
_INSTANCE_CANCELLED = _("Une séance de « {title} » est annulée dans l'agenda {network} ; les autres ont lieu.")

_WHY = {
    Why.TOO_BIG: _(
        "Votre message est trop gros : il n'a pas été lu, et rien n'a été changé. Renvoyez l'invitation sans ses "
        "pièces jointes."
    ),
    Why.TNEF: _(
        "Votre invitation est arrivée dans un fichier « winmail.dat », qu'Outlook seul sait lire : rien n'a été "
        "changé. Dans Outlook : Fichier > Options > Courrier, partie « Format du message », choisissez « Convertir au "
        "format HTML » pour les messages envoyés par Internet au format RTF ; puis renvoyez l'invitation. Si cela ne "
        "suffit pas, c'est un réglage de votre service informatique (« TNEF »)."
    ),
    Why.NO_INVITATION: _(
        "Il n'y a pas d'invitation dans votre message : rien n'a été changé. Dans votre calendrier, créez l'événement, "
        "ajoutez cette adresse parmi les participants, puis envoyez."
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What is told of one request. `fields` are what was understood: label, value, and the words that say it."""

    headline: str
    changes: tuple[str, ...] = ()
    fields: tuple[tuple[str, str, str], ...] = ()
    clashes: tuple[str, ...] = ()
    is_clear: bool = False
    questions: tuple[str, ...] = ()
    left: str = ""


def answer(handled: Handled, region: Region) -> Letter:
    """The letter to the sender of one."""
    assert handled.account is not None
    assert handled.letter is not None
    told = {
        "name": handled.account.name,
        "items": [_item(each, region) for each in handled.results],
        "notes": [unbroken(note) for note in _notes(handled, region)],
    }
    templates = templates_of("spro_agenda.render")
    return Letter(
        to=handled.account.email,
        subject=_subject(handled),
        text=templates.get_template("answer.txt").render(told),
        html=templates.get_template("answer.html").render(told),
        answers=handled.letter.message_id,
    )


def headline(result: Result, region: Region) -> str:
    """What a request came to, in a sentence."""
    said = _DONE[result.done]
    if result.done is Done.CANCELLED and result.entry is not None and not result.entry.lead.cancelled:
        said = _INSTANCE_CANCELLED
    elif result.done is Done.UPDATED and not (result.changes or result.left):
        # Outlook tells all of an event again to whom it sends it anew.
        said = _DONE[Done.UNCHANGED]
    return said.format(
        title=harmless(result.title) or _("(sans titre)"),
        network=region.name_of(result.network),
        owner=result.sentence,
        why=result.sentence,
    )


def notes(handled: Handled, region: Region) -> tuple[str, ...]:
    """What there is to say of a letter besides its events."""
    return tuple(_notes(handled, region))


def _subject(handled: Handled) -> str:
    assert handled.letter is not None
    subject = harmless(handled.letter.subject) or _("votre invitation")
    return _("Agenda SPRO : {subject}").format(subject=subject)[:_LONGEST_SUBJECT]


def _notes(handled: Handled, region: Region) -> Iterator[str]:
    if handled.why in _WHY:
        yield _WHY[handled.why]
    for refused in handled.refused:
        yield _refusal(refused, region)
    for fault in handled.faults:
        yield _("Une invitation n'a pas pu être lue. {fault}").format(fault=fault)


def _refusal(refused: Refusal, region: Region) -> str:
    if refused.network is None:
        return _("Aucun agenda ne s'appelle « {name} » : vérifiez l'adresse que vous invitez.").format(
            name=harmless(refused.name)
        )
    return _(
        "Vous n'écrivez pas dans l'agenda {network} : rien n'y a été changé. L'administrateur peut vous en donner le "
        "droit."
    ).format(network=region.name_of(refused.network))


def _item(result: Result, region: Region) -> Item:
    if not result.done.is_written or result.entry is None:
        return Item(headline=unbroken(headline(result, region)))
    whole = result.explained[0]
    shown = [each for each in whole.origins if each.field in _FIELDS and _is_worth_telling(each)]
    return Item(
        headline=unbroken(headline(result, region)),
        changes=tuple(map(unbroken, result.changes)),
        fields=tuple(
            (labels()[each.field], unbroken(value_words(each)), unbroken(why_words(each)))
            for each in shown
            if result.done is not Done.CANCELLED
        ),
        clashes=tuple(unbroken(_clash(each)) for each in result.clashes),
        is_clear=not result.clashes and result.done is not Done.CANCELLED,
        questions=tuple(unbroken(each.sentence) for each in result.questions),
        left=_left(result),
    )


def _is_worth_telling(origin: Origin) -> bool:
    if origin.field in ("highlight", "reusable"):
        return origin.code is True
    return bool(origin.value)


def _clash(clash: Clash) -> str:
    return f"{clash.kind} : {sentence(clash)} [{clash.id}]"


def _left(result: Result) -> str:
    if not result.left:
        return ""
    names = {
        "WHEN": _("la date"),
        "SUMMARY": _("le titre"),
        "DESCRIPTION": _("la description"),
        "LOCATION": _("le lieu"),
        "STATUS": _("l'état"),
        "CLASS": _("la visibilité"),
        "CATEGORIES": _("les catégories"),
    }
    said = sorted({names.get(name, _("d'autres détails")) for name in result.left})
    return _(
        "L'événement a été modifié dans l'agenda depuis votre invitation. L'agenda garde ce qui y a été écrit pour : "
        "{what}. Votre message le disait autrement : si c'est lui qui a raison, faites-le dans l'agenda."
    ).format(what=enumerated(said))
