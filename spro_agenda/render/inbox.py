"""What became of the letters in the mailbox, for a terminal and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from spro_agenda.i18n import _, counted
from spro_agenda.inbox.handling import Handled, Refusal, Result, Why
from spro_agenda.mail import Letter
from spro_agenda.region.records import Region
from spro_agenda.region.words import harmless
from spro_agenda.render.answer import headline, notes
from spro_agenda.render.json import VERSION, document_bytes
from spro_agenda.render.terminal import MARK, wrapped

_WHY = {
    Why.NOT_FOR_US: _("n'est pour aucun agenda"),
    Why.UNCLEAR: _("ne dit pas clairement de qui il vient"),
    Why.UNKNOWN: _("vient d'une adresse qui n'est celle d'aucun compte"),
    Why.UNPROVEN: _("ne vient pas sûrement de qui il dit"),
    Why.TOO_BIG: _("est trop gros"),
    Why.TNEF: _("n'a qu'un « winmail.dat » d'Outlook"),
    Why.NO_INVITATION: _("n'a pas d'invitation"),
    Why.OTHER_METHOD: _("répond à une invitation, ou n'en demande rien"),
    Why.UNREADABLE: _("ne peut pas être lu"),
    Why.UNEXPECTED: _("a fait une erreur inattendue"),
}
_STRANGERS = frozenset({Why.NOT_FOR_US, Why.UNKNOWN})
"""A mailbox has many of these; they are counted."""


def render(handled: Sequence[Handled], region: Region, *, width: int) -> str:
    """A line for each event, and one for each letter that came to nothing; those of strangers are counted."""
    lines = [line for each in handled if each.why not in _STRANGERS for line in _lines(each, region)]
    for why, number in Counter(each.why for each in handled if each.why in _STRANGERS).items():
        assert why is not None
        lines.append(
            _("{letters} : {why}.").format(
                letters=counted(number, "courriel laissé", "courriels laissés"), why=_left(why)
            )
        )
    return "".join(f"{wrapped(line, width)}\n" for line in lines)


def _left(why: Why) -> str:
    return _("pour aucun agenda") if why is Why.NOT_FOR_US else _("d'adresses qui ne sont celles d'aucun compte")


def _lines(handled: Handled, region: Region) -> Iterable[str]:
    who = _who(handled)
    if handled.why is not None:
        said = _("Le courriel de {who} {why}.").format(who=who, why=_WHY[handled.why])
        yield f"{said} {harmless(handled.sentence)}".rstrip()
    for result in handled.results:
        yield f"{who} : {headline(result, region)}"
        yield from (f"  {MARK} {clash.kind} : {clash.id}" for clash in result.clashes)
    if handled.why is None:
        yield from (f"{who} : {note}" for note in notes(handled, region))


def _who(handled: Handled) -> str:
    if handled.account is not None:
        return handled.account.login
    sender = harmless(handled.letter.sender) if handled.letter is not None else ""
    return sender or _("(inconnu)")


def render_letters(letters: Iterable[Letter]) -> str:
    """Letters that were not sent, to be read or passed on."""
    return "".join(
        _("--- À {to} : {subject}\n\n{text}\n").format(to=each.to, subject=each.subject, text=each.text)
        for each in letters
    )


def render_json(handled: Sequence[Handled], sent: int, unsent: Sequence[str], printed: Sequence[Letter]) -> bytes:
    """`letters` (each with its `results`), `answers`: how many were sent, which were not, and those printed."""
    return document_bytes(
        {
            "version": VERSION,
            "letters": [_letter(each) for each in handled],
            "answers": {
                "sent": sent,
                "unsent": list(unsent),
                "printed": [{"to": each.to, "subject": each.subject, "text": each.text} for each in printed],
            },
        }
    )


def _letter(handled: Handled) -> dict[str, Any]:
    letter = handled.letter
    return {
        "message_id": (letter.message_id or None) if letter is not None else None,
        "sender": (letter.sender or None) if letter is not None else None,
        "login": handled.account.login if handled.account is not None else None,
        "why": handled.why.value if handled.why is not None else None,
        "failed": handled.is_failure,
        "answered": handled.is_told,
        "results": [_result(each) for each in handled.results],
        "refused": [_refusal(each) for each in handled.refused],
        "faults": list(handled.faults),
        "detail": handled.sentence or None,
    }


def _result(result: Result) -> dict[str, Any]:
    return {
        "id": result.event.id,
        "network": result.network,
        "uid": result.event.uid,
        "title": result.title or None,
        "done": result.done.value,
        "detail": result.sentence or None,
        "changes": list(result.changes),
        "left": sorted(result.left),
        "clashes": [clash.identity for clash in result.clashes],
        "questions": [each.sentence for each in result.questions],
    }


def _refusal(refused: Refusal) -> dict[str, Any]:
    return {"name": refused.name, "network": refused.network}
