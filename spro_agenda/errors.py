"""Errors that own their sentence, their exit code and their HTTP status.

A sentence is French, names the file or address (and the line where there is one) and says what to do next.
It becomes output once, at the edge: `commands` prints it and exits, `server` sends it. Callers match classes,
never text.

Exit codes: 0 done, 1 clashes found when asked, 2 usage, 3 some sources failed, 4 bad input, 5 refused, 6 store,
7 network.
"""

from __future__ import annotations

import errno
import math
import socket

from spro_agenda.i18n import _

_REASONS = {
    errno.ENOENT: _("le fichier ou le dossier n'existe pas"),
    errno.EACCES: _("l'accès est interdit"),
    errno.EPERM: _("l'opération est interdite"),
    errno.EROFS: _("ce disque est en lecture seule"),
    errno.ENOSPC: _("il n'y a plus de place sur le disque"),
    errno.EDQUOT: _("la place qui vous est accordée sur le disque est prise"),
    errno.EFBIG: _("le fichier serait trop grand"),
    errno.EIO: _("le disque ne répond pas comme il faut"),
    errno.EISDIR: _("c'est un dossier"),
    errno.ENOTDIR: _("une partie du chemin n'est pas un dossier"),
    errno.ENOTEMPTY: _("le dossier n'est pas vide"),
    errno.EEXIST: _("il existe déjà"),
    errno.ENAMETOOLONG: _("le nom est trop long"),
    errno.ELOOP: _("des liens tournent en rond"),
    errno.EXDEV: _("c'est un autre disque"),
    errno.EINVAL: _("la valeur n'est pas valable"),
    errno.EBUSY: _("il est occupé"),
    errno.ETXTBSY: _("il est occupé"),
    errno.EMFILE: _("trop de fichiers sont ouverts"),
    errno.ENFILE: _("trop de fichiers sont ouverts"),
    errno.ENOMEM: _("il n'y a plus assez de mémoire"),
    errno.ENODEV: _("l'appareil n'existe pas"),
    errno.ENXIO: _("l'appareil n'existe pas"),
    errno.EPIPE: _("le lecteur est parti"),
    errno.ESTALE: _("le disque du réseau a changé"),
    errno.ETIMEDOUT: _("il n'y a pas eu de réponse à temps"),
    errno.ECONNREFUSED: _("la connexion est refusée"),
    errno.EHOSTUNREACH: _("la machine ne peut pas être atteinte"),
    errno.ENETUNREACH: _("le réseau ne peut pas être atteint"),
    errno.EADDRINUSE: _("l'adresse est déjà prise"),
    errno.EADDRNOTAVAIL: _("l'adresse n'est pas de cette machine"),
    errno.EAFNOSUPPORT: _("cette sorte d'adresse n'est pas possible ici"),
}


def reason(error: OSError) -> str:
    """Why the system refused, in French, to stand within a sentence: its own words are those of its language."""
    if isinstance(error, socket.gaierror):
        return _("le nom de cette machine est inconnu")
    if error.errno is None:
        return _("sans dire pourquoi")
    return _REASONS.get(error.errno) or _("erreur {number} du système").format(number=error.errno)


class SproError(Exception):
    """Base of every error that a person may read. `str(error)` is the whole sentence."""

    exit_code = 4
    http_status = 400
    precondition = ""
    """The precondition that it breaks, where there is one: its name in RFC 4791, or `{namespace}name`."""

    @property
    def sentence(self) -> str:
        """The French sentence: what is wrong, where, and what to do."""
        return str(self)

    @property
    def public(self) -> str:
        """The sentence for whoever is at the other end of the network."""
        return self.sentence


class UsageError(SproError):
    """The words of the command do not fit together."""

    exit_code = 2


class SourcesFailed(SproError):
    """Some sources of a merge could not be read; the others were merged."""

    exit_code = 3


class BadInput(SproError):
    """A file, a body or a value that we cannot take as it is."""

    exit_code = 4
    http_status = 400


class Located(BadInput):
    """Bad input whose place is known: `where` is the file or address, `line` the 1-based line in it (`None` when the
    whole is meant)."""

    def __init__(self, where: str, line: int | None, problem: str, remedy: str) -> None:
        self.where, self.line, self.problem, self.remedy = where, line, problem, remedy
        place = _("{where}, ligne {line}").format(where=where, line=line) if line else where
        # What a stranger's text says is shown, and must not drive the reader's terminal.
        shown = "".join(character if character.isprintable() else "\ufffd" for character in problem)
        super().__init__(_("{place} : {problem} {remedy}").format(place=place, problem=shown, remedy=remedy))


class BadCalendar(Located):
    """iCalendar text that breaks RFC 5545 in a way that we cannot read past: RFC 4791 section 5.3.2.1."""

    http_status = 403
    precondition = "valid-calendar-data"


class NotOneObject(BadCalendar):
    """iCalendar text that is not one event or task with its exceptions (RFC 4791 section 4.1)."""

    precondition = "valid-calendar-object-resource"


class RunawayRule(BadCalendar):
    """A recurrence rule that takes place more often than an agenda shows."""

    precondition = "max-instances"


class UnsupportedComponent(BadCalendar):
    """A component that an agenda does not hold (VJOURNAL, VFREEBUSY …)."""

    precondition = "supported-calendar-component"


class BadRegion(Located):
    """A `region.toml` that cannot be used; names the line and the remedy."""


class TooManyTries(SproError):
    """Passwords are tried too often: 503, which applications keep and try again, where some take 429 for an end."""

    exit_code = 5
    http_status = 503

    def __init__(self, wait_s: float) -> None:
        self.retry_after_s = max(1, math.ceil(wait_s))
        super().__init__(
            _(
                "Trop de mots de passe ont été essayés : réessayez dans quelques minutes. Vérifiez celui que votre "
                "application a gardé."
            )
        )


class DirectoryAway(SproError):
    """The directory that checks passwords does not answer."""

    exit_code = 7
    http_status = 503

    def __init__(self) -> None:
        super().__init__(_("L'annuaire qui vérifie les mots de passe ne répond pas. Réessayez dans quelques minutes."))


class UnknownNetwork(UsageError):
    """A network code or name that the region does not have."""

    http_status = 404

    def __init__(self, given: str, known: tuple[str, ...]) -> None:
        super().__init__(
            _("Le réseau « {given} » n'existe pas. Réseaux connus : {known}.").format(
                given=given, known=", ".join(known)
            )
        )


class UnreadableSource(BadInput):
    """A file or a folder of events that is missing or cannot be opened."""


class BadQuery(BadInput):
    """A question to a calendar that makes no sense, or that is not answered here: RFC 4791 section 7.8.

    `unsupported` is the name of the component that nobody looks for, where that is what is wrong.
    """

    http_status = 403

    def __init__(self, sentence: str, precondition: str, unsupported: str = "") -> None:
        self.precondition, self.unsupported = precondition, unsupported
        super().__init__(sentence)


class BadArchive(BadInput):
    """A backup that is cut short, altered, or of a newer program."""


class Refused(SproError):
    """What is asked is understood, and not allowed."""

    exit_code = 5
    http_status = 403


class FromElsewhere(Refused):
    """An event that a network keeps in a calendar elsewhere, and that is changed there. `host` is where that is."""

    def __init__(self, network: str, host: str) -> None:
        super().__init__(
            _(
                "Cet événement vient de l'agenda que le réseau {network} tient ailleurs ({host}). Modifiez-le ou "
                "supprimez-le là-bas : ce qui y change est repris ici."
            ).format(network=network, host=host)
        )


class WrongPassword(Refused):
    """A server answered 401."""

    http_status = 401


class UidConflict(Refused):
    """The calendar holds another event with this UID (RFC 4791 section 5.3.2.1). `href` is its address, as a client
    would write it, where it is known."""

    http_status = 409
    precondition = "no-uid-conflict"

    def __init__(self, uid: str, href: str = "") -> None:
        self.href = href
        super().__init__(
            _(
                "Un autre événement porte déjà l'UID « {uid} » dans cet agenda. Modifiez cet événement, ou donnez un "
                "autre UID au nouveau."
            ).format(uid=uid)
        )


class StoreError(SproError):
    """The database is missing, of another version, or fails.

    `detail` is what the database itself said: names of hosts, files and tables, for the administrator alone.
    """

    exit_code = 6
    http_status = 503

    def __init__(self, sentence: str, *, detail: str = "") -> None:
        super().__init__(f"{sentence} ({detail})" if detail else sentence)
        self._public = sentence

    @property
    def public(self) -> str:
        return self._public


class StoreFull(StoreError):
    """There is no room left for what is to be written (RFC 4918 section 11.5). What is stored can still be read."""

    http_status = 507

    def __init__(self) -> None:
        super().__init__(
            _(
                "Il n'y a plus de place pour la base de données : rien n'a été modifié, et l'agenda peut toujours être "
                "lu. Réessayez plus tard ; l'administrateur doit libérer de la place sur le disque."
            )
        )


class DamagedStore(StoreError):
    """The store does not say what people sent, and something must be done about it."""


class OldStore(StoreError):
    """The database is of an older version, which this program can upgrade."""


class DamagedFile(StoreError):
    """The file of the database is none, or was damaged."""


class NotFound(StoreError):
    """A calendar or an event that the store does not hold."""

    exit_code = 4
    http_status = 404


class StaleToken(SproError):
    """A sync token that this store did not give, or gave before it was restored (RFC 6578 section 3.2)."""

    exit_code = 6
    http_status = 403


class TooMany(Refused):
    """An answer that would be too long: RFC 4791 section 7.8."""

    precondition = "{DAV:}number-of-matches-within-limits"


class TooManyProperties(Refused):
    """More than what a person may keep of a calendar (RFC 4918 section 9.2.1, RFC 4331 section 6)."""

    http_status = 507
    precondition = "{DAV:}quota-not-exceeded"


class TooManyNames(BadInput):
    """A request that names more events than are read at once."""

    http_status = 413


class TooManyConditions(BadInput):
    """A question that looks for, or asks of each event, more than any application does."""

    http_status = 413


class TookTooLong(SproError, ValueError):
    """A request that has had its time. A ValueError, which Radicale takes for one of its own ends."""

    http_status = 503

    def __init__(self) -> None:
        super().__init__(
            _(
                "Cette demande prend trop de temps : elle a été arrêtée. Demandez moins à la fois, ou réessayez "
                "plus tard."
            )
        )


class NetworkError(SproError):
    """A server or an address that does not answer, or not with calendars; or a port that is taken."""

    exit_code = 7
    http_status = 502
