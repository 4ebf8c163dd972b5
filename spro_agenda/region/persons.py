"""People by their names: when two names are one person, and when words name nobody in particular."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from spro_agenda.region.records import Region
from spro_agenda.region.words import has_words, normalise

ASIDE = re.compile(r"\s*[(\[–—]|\s+-\s|\s*:\s")
"""What begins words about a name, behind it: « Marie Curie (CNRS) »."""
_IN_BRACKETS = re.compile(r"[(\[]([^()\[\]]+)[)\]]")

_HONORIFICS = {
    **dict.fromkeys(("m", "mr", "monsieur", "mm"), "m"),
    **dict.fromkeys(("mme", "madame", "mlle", "melle", "mademoiselle", "mmes"), "mme"),
    **dict.fromkeys(("dr", "pr", "docteur", "docteure", "professeur", "professeure", "me", "maitre"), ""),
}

NOT_YET = re.compile(
    r"(?:(?:nom|intervenante?|partenaire|public|theme) )?(?:encore )?a (?:definir|preciser|confirmer|fixer|venir|voir"
    r"|determiner|trouver)|tbd|tba|nc|(?:(?:recherche|confirmation|definition) )?en (?:cours|attente)(?: .*)?"
    r"|(?:voir|cf) .+|(?:non|pas) (?:encore )?(?:defini|connu|precise|fixe|determine|confirme|trouve)e?s?|inconnue?s?"
)
"""That something is not known yet."""

_SOMEBODY = re.compile(
    r"(?:une?|des|nos|notre|vos|votre|plusieurs|quelques|diverse?s?|differente?s|tous|toutes|selon|deux|trois|quatre"
    r"|cinq) .+|\d{1,2} [a-z].+"
)
"""No name begins so."""
_OURSELVES = re.compile(r"(?:en |par )?(?:nous|moi|eux|elles|lui|elle|soi)(?: memes?)?|(?:en )?(?:in|ex)terne")
_ROLES = (
    r"equipe|conseill(?:er|ere)|coordonn?at(?:eur|rice)|coordinat(?:eur|rice)|coordo|intervenante?|animat(?:eur|rice)"
    r"|format(?:eur|rice)|professionnel(?:le)?|chargee?|referente?|psychologue|salariee?|cheffe?|employeur|temoin"
    r"|partenaire|experte?|responsable|direct(?:eur|rice)|agente?|membre|prestataire|personnel|reseau|entreprise|artisan"
    r"|jeune|ancien(?:ne)?|professeure?|enseignante?|apprentie?|recruteu(?:r|se)|elue?|technicien(?:ne)?|juriste|avocate?"
    r"|consultante?|stagiaire|service|organisme"
)
_BARE_ROLE = re.compile(rf"(?:{_ROLES})s?")
_ROLE = re.compile(
    rf"(?:l |les? |la )?(?:{_ROLES})s?(?: (?:e|s|es|ere|eres|ice|rice|trice|ne|le))*"
    r"(?: (?:de|du|des|d|en|au|aux|a|et|ou|pour|spro|cep|emploi|formation|insertion|internes?|externes?|exterieure?s?"
    r"|locale?s?|locaux|regionale?)\b.*)?"
)
"""What somebody does; but « conseillère Marie Curie » is somebody."""
_INSTITUTIONS = re.compile(
    r"(?:l |les? |la )?(?:missions? locales?|pole emploi|france travail|cap emploi|cci|cma|apec|afpa|greta|cio|crij|bij"
    r"|cfa|cnrs|cnam|adie|bge|urssaf|opco|caf|cpam|dreets|direccte|ddets|ddetspp|uimm|cpme|medef|afpi|gip|carif|oref"
    r"|fongecif|transitions pro|onisep|spro|mde|maison de l emploi|chambre d\w*|conseil (?:regional|departemental)"
    r"|region|departement|mairie|ville|communaute|metropole|agglomeration|lycee|college|universite|rectorat|academie"
    r"|education nationale|association|agence|federation|syndicat|groupe|societe|armee|gendarmerie|police|pompiers"
    r"|sncf|edf|campus|centre|maison|espace|pole|prefecture|sous prefecture|etat)(?: .+)?"
)
_NAME = re.compile(r"(?:[dDlL]['’])?([^\W\d_])[^\W\d_]*(?:['’-][^\W\d_]+)*\.?")
_PARTICLES = frozenset(["de", "du", "des", "d", "le", "la", "da", "van", "von", "ben", "el"])
_FEWEST_WORDS, _MOST_WORDS = 2, 5


def person_key(name: str) -> str:
    """What tells a person from others: honorifics, functions, what is said behind the name, and the order of names
    count for nothing. « Mme Marie CURIE », « Curie Marie », « conseillère Marie Curie » and « Marie Curie (CNRS) » are
    one.

    Of a lone surname the honorific stays: Mme Fournier is not M. Fournier.
    """
    # Names come again for each occurrence; what is long does not, and would fill the memory.
    return _key(name) if len(name) <= _SHORT else _key.__wrapped__(name)


_SHORT = 200


@lru_cache(maxsize=10_000)
def _key(name: str) -> str:
    words = (normalise(ASIDE.split(name, maxsplit=1)[0]) or normalise(name)).split()
    if len(words) > _FEWEST_WORDS and _BARE_ROLE.fullmatch(words[0]):
        words = words[1:]
    before = _honorifics(words)
    if len(words) - before > 1:
        return " ".join(sorted(words[before:]))
    given = [_HONORIFICS[word] for word in words[:before]]
    return " ".join(filter(None, (*given[-1:], *words[before:])))


def without_honorifics(words: str) -> str:
    """Normalised words without the « M. » or « Dr » before a name."""
    parts = words.split()
    return " ".join(parts[_honorifics(parts) :])


def _honorifics(words: Sequence[str]) -> int:
    """How many words before a name are honorifics; the last word never is."""
    return next((at for at, word in enumerate(words[:-1]) if word not in _HONORIFICS), max(len(words) - 1, 0))


def person_in(item: str, region: Region) -> str | None:
    """The name of a person in an item as it was typed, `None` where it has none: an institution, a function, « en
    cours ». Of « Mission locale (Zoé Martin) » it is Zoé Martin."""
    head = normalise(ASIDE.split(item, maxsplit=1)[0])
    if any(each.is_called(item) or has_words(normalise(item), normalise(each.name)) for each in region.speakers):
        return item
    if head and not _is_nobody(head, region):
        return item
    within = _IN_BRACKETS.search(item)
    return within[1].strip() if within and is_like_a_name(within[1]) else None


def _is_nobody(words: str, region: Region) -> bool:
    patterns = (NOT_YET, _SOMEBODY, _OURSELVES, _ROLE, _INSTITUTIONS)
    if words in _HONORIFICS or any(pattern.fullmatch(words) for pattern in patterns):
        return True
    bodies = (form for each in region.partners if not each.on_tour for form in each.forms)
    return any(words == form or words.startswith(f"{form} ") for form in bodies)


def is_like_a_name(text: str) -> bool:
    """Whether a text that nothing announces is written as a person's name: two to five words in capitals, behind
    them perhaps who that is."""
    words = ASIDE.split(text.strip(), maxsplit=1)[0].replace(".", ". ").split()
    names = [_NAME.fullmatch(word) for word in words if word.lower() not in _PARTICLES]
    return (
        len(words) <= _MOST_WORDS and len(names) >= _FEWEST_WORDS and all(name and name[1].isupper() for name in names)
    )
