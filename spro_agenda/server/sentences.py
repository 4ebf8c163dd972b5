"""What a refusal says to a person, where Radicale says « Forbidden »."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from spro_agenda.i18n import _
from spro_agenda.model import AGENDA

MAKING = frozenset({"MKCALENDAR", "MKCOL"})
WRITING = frozenset({"PUT", "DELETE", "MOVE", "PROPPATCH"}) | MAKING


def sentence(status: int, method: str, path: str, calendars: Mapping[str, str]) -> str:
    """A French sentence for an error status, with what to do next.

    `calendars` are the names that people know the calendars by, by slug.
    """
    if status == HTTPStatus.FORBIDDEN:
        return _forbidden(method, path, calendars)
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE and method != "PUT":
        return _("Cette demande est trop longue. Faites-la en plusieurs fois.")
    return _SENTENCES.get(status) or (
        _("Le serveur n'a pas pu répondre. Réessayez dans un instant, et prévenez l'administrateur si cela dure.")
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR
        else _("Le serveur n'a pas pu comprendre cette demande. Rien n'a été modifié.")
    )


def _forbidden(method: str, path: str, calendars: Mapping[str, str]) -> str:
    parts = path.strip("/").split("/")
    slug = parts[1] if len(parts) > 1 else ""
    name = calendars.get(slug)
    if method in MAKING:
        return _(
            "Les agendas sont ceux de la région : aucun ne se crée depuis une application. Choisissez-en un dans "
            "la liste."
        )
    if method in WRITING and slug == AGENDA:
        return _(
            "L'agenda régional se lit seulement : il se compose des agendas des réseaux. Ajoutez l'événement dans "
            "l'agenda de votre réseau."
        )
    if method == "MOVE":
        return _(
            "Déplacer un événement demande le droit d'écrire dans l'agenda de départ et dans celui d'arrivée : rien "
            "n'a été modifié. Demandez-le aux coordonnateurs de l'autre réseau."
        )
    if method not in WRITING or not name or len(parts) > 3:
        return _("Vous n'avez pas accès à cette adresse. Vérifiez-la, ou demandez à l'administrateur.")
    if len(parts) == 2 and method != "PROPPATCH":
        return _(
            "L'agenda « {name} » ne se remplace et ne se supprime pas depuis une application : rien n'a été "
            "modifié. Modifiez ses événements un par un."
        ).format(name=name)
    return _(
        "Vous n'avez pas le droit d'écrire dans l'agenda « {name} » : rien n'a été modifié. Ajoutez l'événement "
        "dans l'agenda de votre réseau, ou demandez-le à ses coordonnateurs."
    ).format(name=name)


_SENTENCES: dict[int, str] = {
    HTTPStatus.BAD_REQUEST: _(
        "Le serveur n'a pas pu lire ce qui a été envoyé. Rien n'a été modifié ; corrigez-le et recommencez."
    ),
    HTTPStatus.UNAUTHORIZED: _(
        "Il faut un identifiant et un mot de passe justes pour ouvrir l'agenda. Vérifiez-les, puis recommencez."
    ),
    HTTPStatus.NOT_FOUND: _("Il n'y a rien à cette adresse. Vérifiez-la, ou actualisez votre agenda."),
    HTTPStatus.METHOD_NOT_ALLOWED: _("Cette opération n'existe pas dans cet agenda. Rien n'a été modifié."),
    HTTPStatus.CONFLICT: _(
        "L'envoi ne va pas avec ce qui est déjà dans l'agenda. Rien n'a été modifié ; actualisez et recommencez."
    ),
    HTTPStatus.PRECONDITION_FAILED: _(
        "L'événement existe déjà, ou quelqu'un d'autre l'a modifié entre-temps. Actualisez votre agenda, puis "
        "refaites votre modification."
    ),
    HTTPStatus.BAD_GATEWAY: _(
        "Un événement ne se déplace pas d'un serveur à un autre. Rien n'a été modifié ; copiez-le dans l'autre agenda."
    ),
    HTTPStatus.TOO_MANY_REQUESTS: _(
        "Trop de demandes en peu de temps : celle-ci n'a pas été lue. Votre application réessaiera dans un instant."
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: _(
        "L'envoi est trop gros pour l'agenda. Retirez les pièces jointes, puis recommencez."
    ),
}
