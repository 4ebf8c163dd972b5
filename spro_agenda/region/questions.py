"""What people should be asked about an event: words of theirs that were kept and not understood. Nothing is guessed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches

from spro_agenda.i18n import _
from spro_agenda.ical.read import Part
from spro_agenda.model import Scope
from spro_agenda.region.entry import Entry
from spro_agenda.region.head import Unread, said_of
from spro_agenda.region.lines import NO, YES
from spro_agenda.region.records import Named, Region
from spro_agenda.region.understand import NOBODY, Found, Reading, Source, read_part, window_of
from spro_agenda.region.vague import Meaning
from spro_agenda.region.words import harmless, normalise

_NEAR = 0.85
"""How alike a name and a known one are, for people to be asked whether they meant it: one slip in seven letters."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question, about the value of a field."""

    field: str
    sentence: str


def questions(entry: Entry) -> tuple[Question, ...]:
    """Each question once, in the order of the fields."""
    return tuple(dict.fromkeys(question for part in entry.obj.parts for question in _about(part, entry)))


def _about(part: Part, entry: Entry) -> Iterator[Question]:
    read = read_part(part, entry.key.network, entry.region)
    yield from _about_date(part, read, entry.region)
    yield from _about_names(read, entry.region)
    yield from _about_open_to(read, entry.region)
    yield from _about_values(read)


def _about_date(part: Part, read: Reading, region: Region) -> Iterator[Question]:
    written, words, head = part.spro.get("WINDOW"), read.date_words, read.head
    if written is not None and words and read.window_source is Source.PROPERTY and window_of(written) is None:
        yield Question(
            "date",
            _(
                "La période « {window} » ne se lit pas, ou finit avant de commencer. Redonnez-la entre crochets au "
                "début du titre, par exemple « [en octobre] »."
            ).format(window=harmless(written)),
        )
    elif words and read.window is None and (said := said_of(words, part, region)).meaning is Meaning.UNKNOWN:
        yield _backwards(words) if said.is_backwards else _without_days(words)
    elif head.why_unread is Unread.BACKWARDS and not isinstance(part.start, datetime):
        yield _backwards(f"[{head.unread}]")
    elif head.why_unread is Unread.WORDS and normalise(head.unread) and not isinstance(part.start, datetime):
        yield Question(
            "date",
            _(
                "« [{words}] » n'est ni une ville connue ni une date. Si cela en dit une, écrivez par exemple « [début "
                "octobre] », « [S41] » ou « [à définir] » ; sinon, rien n'est à faire."
            ).format(words=head.unread),
        )


def _without_days(words: str) -> Question:
    return Question(
        "date",
        _(
            "« {words} » : ces mots ne donnent pas de jours. Écrivez par exemple « [début octobre] », « [S41] » ou "
            "« [à définir] »."
        ).format(words=words),
    )


def _backwards(words: str) -> Question:
    return Question(
        "date",
        _(
            "« {words} » finit avant d'avoir commencé. Écrivez le premier jour d'abord, par exemple « [entre le 4 et "
            "le 8 octobre] »."
        ).format(words=words),
    )


def _about_names(read: Reading, region: Region) -> Iterator[Question]:
    for field in ("speakers", "partners", "publics", "themes"):
        lines = read.fields.get(field, ())
        if len({normalise(line.value) in NOBODY for line in lines}) > 1:
            said = " » et « ".join(line.words for line in lines)
            yield Question(field, _("« {said} » se contredisent : n'en gardez qu'une.").format(said=said))
    yield from _near("speakers", read.speakers, region.speakers)
    yield from _near("partners", read.partners, region.partners)
    yield from _near("publics", read.publics, region.publics)
    yield from _near("themes", read.themes, region.themes)


def _near(field: str, found: Iterable[Found], known: Sequence[Named]) -> Iterator[Question]:
    """Names on a line that nobody knows, and that are a slip away from one that is known."""
    forms = {form: each.name for each in known for form in each.forms}
    for each in found:
        words = normalise(each.value)
        if each.source is Source.LINE and words not in forms:
            for form in get_close_matches(words, forms, n=1, cutoff=_NEAR):
                yield Question(
                    field,
                    _("« {words} » : vouliez-vous dire « {name} » ?").format(words=each.words, name=forms[form]),
                )


def _about_open_to(read: Reading, region: Region) -> Iterator[Question]:
    for name in read.not_open_to:
        yield Question(
            "open_to",
            _(
                "« Ouvert à : {name} » : aucun réseau ne s'appelle ainsi. Écrivez un code ({codes}), ou « tous »."
            ).format(name=name, codes=", ".join(network.code for network in region.networks)),
        )


def _about_values(read: Reading) -> Iterator[Question]:
    scopes = {normalise(scope): scope.value for scope in Scope}
    yield from _one_of("scope", _("Portée"), read, scopes, ", ".join(Scope))
    answers = dict.fromkeys(YES, "yes") | dict.fromkeys(NO, "no")
    for field, label in (("highlight", _("Temps fort")), ("reusable", _("Reprenable"))):
        yield from _one_of(field, label, read, answers, _("oui ou non"))


def _one_of(field: str, label: str, read: Reading, known: Mapping[str, str], choice: str) -> Iterator[Question]:
    """Whether the lines of a field say one thing, and a thing that is known. `known` gives what each word means."""
    typed = [normalise(line.value) for line in read.fields.get(field, ())]
    said = " » et « ".join(line.value for line in read.fields.get(field, ()))
    if len({known.get(words, words) for words in typed}) > 1:
        yield Question(
            field, _("« {label} » dit deux choses, « {said} » : n'en gardez qu'une.").format(label=label, said=said)
        )
    elif typed and typed[0] not in known:
        yield Question(
            field,
            _("« {label} : {said} » n'est pas compris. Écrivez {choice}.").format(
                label=label, said=said, choice=choice
            ),
        )
