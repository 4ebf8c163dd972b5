"""What people are told by mail: digests, what cannot wait for one, and writes that were refused."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spro_agenda.digest import Change, Digest, Line, Section, What
from spro_agenda.digest.digest import change_sections
from spro_agenda.i18n import _, counted, day_words, hour_words, unbroken
from spro_agenda.mail import Attachment, Letter
from spro_agenda.model import Account, EventKey
from spro_agenda.region.records import Region
from spro_agenda.render.accounts import frequency_words
from spro_agenda.render.json import VERSION, document_bytes
from spro_agenda.store import Refusal
from spro_agenda.templates import templates_of

TEXT_WIDTH = 76
LARGEST_ATTACHMENTS = 256 * 1024
"""Bytes of refused events that go back with one letter."""

_WEIGHT_COLOURS = {_("Bloquant"): "#a3221b", _("À régler"): "#9a4b00", _("À surveiller"): "#4a5a6b"}
_ACCENT = "#1f4e8c"
_STRUCK = frozenset({What.CANCELLED.value})


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Where a letter leads: the server's pages, and the one where its reader chooses what comes by mail."""

    server: str
    choosing: str


def digest_letter(digest: Digest, links: Links) -> Letter:
    """A digest as it is sent."""
    account = digest.reader.account
    return _letter(
        account,
        digest.subject,
        {
            "lead": _("Voici ce qui vous concerne dans l'agenda partagé du SPRO {region}.").format(
                region=digest.region.name
            ),
            "sections": [_shown(section, digest.region) for section in digest.sections],
            "waiting": _waiting(digest.waiting),
            "why": _("Vous recevez ces nouvelles {how}, quand il y en a.").format(how=frequency_words(account.digest)),
        },
        links,
    )


def urgent_letter(account: Account, lines: Mapping[Change, Line], region: Region, links: Links) -> Letter:
    """What became of actions of the next days, to who takes part in them."""
    return _letter(
        account,
        _urgent_subject(lines),
        {
            "lead": _("Ce qui suit touche des actions des sept prochains jours auxquelles votre réseau participe."),
            "sections": [_shown(section, region) for section in change_sections(lines)],
            "waiting": "",
            "why": _("Vous recevez ce courriel parce que votre réseau participe à ces actions, ou peut y venir."),
        },
        links,
    )


def refusal_letter(account: Account, refusals: Sequence[Refusal], region: Region, server: str) -> Letter:
    """Writes that were refused, to their author, with what was sent where that is not too much."""
    attached = list(_attachments(refusals))
    told = {
        "name": account.name,
        "server": server,
        "refusals": [
            {
                "title": each.title or _("Un événement trop grand"),
                "calendar": region.name_of(each.slug) if each.slug in region.codes else each.slug,
                "when": _moment(each, region),
                "why": unbroken(each.why),
            }
            for each in refusals
        ],
        "attached": len(attached),
        "paragraph": _paragraph,
    }
    templates = templates_of("spro_agenda.render")
    one = refusals[0].title if len(refusals) == 1 else ""
    subject = (
        _("Non enregistré dans l'agenda : {title}").format(title=one)
        if one
        else _("Non enregistrés dans l'agenda : {count}").format(
            count=counted(len(refusals), "événement", "événements")
        )
    )
    return Letter(
        to=account.email,
        subject=unbroken(subject),
        text=templates.get_template("refusal.txt").render(told),
        html=templates.get_template("refusal.html").render(told),
        attachments=tuple(attached),
    )


def _letter(account: Account, subject: str, told: Mapping[str, Any], links: Links) -> Letter:
    whole = {**told, "name": account.name, "subject": subject, "links": links, "paragraph": _paragraph}
    templates = templates_of("spro_agenda.render")
    return Letter(
        to=account.email,
        subject=unbroken(subject),
        text=templates.get_template("digest.txt").render(whole),
        html=templates.get_template("digest.html").render(whole),
        unsubscribe=links.choosing,
    )


def _shown(section: Section, region: Region) -> dict[str, Any]:
    return {
        "title": unbroken(section.title),
        "hint": unbroken(section.hint),
        "count": len(section.lines),
        "struck": section.sort in _STRUCK,
        "whole": section.sort in ("clashes", "to-date", "opportunities"),
        "more": _more(section.more),
        "lines": [
            {
                "label": unbroken(line.label),
                "colour": _colour(line, section, region),
                "text": unbroken(line.text),
                "details": [unbroken(each) for each in line.details],
            }
            for line in section.shown
        ],
    }


def _colour(line: Line, section: Section, region: Region) -> str:
    if section.sort == "opportunities":
        return _ACCENT
    return _WEIGHT_COLOURS.get(line.label) or region.colour_of(EventKey.of_id(line.ids[0]).network)


def _more(number: int) -> str:
    return _("et {others}").format(others=counted(number, "autre", "autres")) if number else ""


def _waiting(number: int) -> str:
    if not number:
        return ""
    if number == 1:
        return _("Un conflit dont nous vous avons déjà parlé attend encore votre avis.")
    return _("{number} conflits dont nous vous avons déjà parlé attendent encore votre avis.").format(number=number)


def _urgent_subject(lines: Mapping[Change, Line]) -> str:
    """« Annulée : Atelier CV (28 Dreux) », or how many."""
    if len(lines) > 1:
        return _("Agenda SPRO : {count} des prochains jours").format(
            count=counted(len(lines), "changement", "changements")
        )
    ((change, line),) = lines.items()
    said = {What.CANCELLED: _("Annulée : {title} ({where})"), What.MOVED: _("Déplacée : {title} ({where})")}
    return said[change.what].format(title=line.text, where=line.label)


def _moment(refusal: Refusal, region: Region) -> str:
    local = refusal.at.astimezone(region.time_zone)
    return unbroken(_("{day} à {hour}").format(day=day_words(local.date()), hour=hour_words(local)))


def _attachments(refusals: Iterable[Refusal]) -> Iterator[Attachment]:
    room = LARGEST_ATTACHMENTS
    for number, each in enumerate(refusals, 1):
        if each.body is not None and len(each.body) <= room:
            room -= len(each.body)
            yield Attachment(name=_("evenement-{number}.ics").format(number=number), content=each.body)


def _paragraph(text: str, indent: int = 0, first: str = "") -> str:
    """A text in lines that mail programs do not break, indented; the first after a mark."""
    space = " " * indent
    # Of spaces, only those that may be broken at.
    return "\n".join(
        textwrap.wrap(
            text,
            TEXT_WIDTH,
            initial_indent=first.rjust(indent) if first else space,
            subsequent_indent=space,
            break_long_words=False,
            break_on_hyphens=False,
        )
    )


def printed(letter: Letter) -> str:
    """A letter for a terminal."""
    head = _("À : {to}\nObjet : {subject}\n").format(to=letter.to or _("(sans adresse)"), subject=letter.subject)
    return f"{head}\n{letter.text.strip()}\n".replace("\u00a0", " ")


def render_json(digests: Sequence[Digest]) -> bytes:
    """`digests`, each with `login`, `email`, `frequency`, `subject` (`null` where there is nothing), `waiting`, and
    `sections`: `kind`, `title`, and `lines` with `label`, `text`, `details` and the `events` that they are about."""
    return document_bytes({"version": VERSION, "digests": [_as_json(each) for each in digests]})


def _as_json(digest: Digest) -> dict[str, Any]:
    account = digest.reader.account
    return {
        "login": account.login,
        "email": account.email or None,
        "frequency": account.digest.value,
        "subject": digest.subject if digest.sections else None,
        "waiting": digest.waiting,
        "sections": [
            {
                "kind": section.sort,
                "title": section.title,
                "lines": [
                    {
                        "label": line.label,
                        "text": line.text,
                        "details": list(line.details),
                        "events": list(line.ids),
                    }
                    for line in section.lines
                ],
            }
            for section in digest.sections
        ],
    }
