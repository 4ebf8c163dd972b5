"""Words as typed -> the words of the grammar: one spelling each, ordinals and abbreviations written out."""

from __future__ import annotations

import re

from spro_agenda.region.words import normalise

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "janvier janv jan",
            "fevrier fevr fev",
            "mars",
            "avril avr",
            "mai",
            "juin",
            "juillet juil",
            "aout",
            "septembre sept",
            "octobre oct",
            "novembre nov",
            "decembre dec",
        ),
        1,
    )
    for name in names.split()
}
SEASONS = {"printemps": ((3, 20), (6, 20)), "ete": ((6, 21), (9, 21)), "automne": ((9, 22), (12, 20))}
"""First and last day of each; winter, over New Year, is apart."""

WINTER = "hiver"
FEASTS = ("toussaint", "noel", "paques")
ORDINALS = {
    name: number
    for number, names in enumerate(
        (
            "premier premiere ier ire",
            "deuxieme second seconde iie",
            "troisieme iiie",
            "quatrieme ive",
            "cinquieme",
        ),
        1,
    )
    for name in names.split()
}
LAST = "dernier"
_FORMS = {
    "trim": "trimestre",
    "trimestres": "trimestre",
    "semestres": "semestre",
    "semaines": "semaine",
    "derniere": LAST,
    "milieu": "mi",
    "vacs": "vacances",
    "annees": "annee",
    "an": "annee",
    "prochaine": "prochain",
    "celles": "vacances",
    "conges": "vacances",
    "scolaires": "scolaire",
}
_FILLER_WORDS = (
    "en au aux la le les l du de des d courant cours dans mois durant pendant vers edition ce cet cette plutot reporte "
    "reportee n no numero"
)
_FILLERS = frozenset(_FILLER_WORDS.split())
_FUZZY = (
    *(name for name in MONTHS if len(name) > 4),
    *SEASONS,
    WINTER,
    *(name for name in FEASTS if name != "paques"),
    *("trimestre", "semestre", "semaine", "quinzaine", "rentree", "vacances", "definir", "fixer", "preciser"),
)
"""Words in which one slip is forgiven. Shorter ones are too near to others: « mais » is not « mars »; Pâques is near
to too many (« paquets », « plaques »)."""

_OTHER_WORDS = "entree centree ventree rentre rentres rentrer rentrez levrier demembre river haver toussait toussant"
_NO_SLIPS = frozenset(_OTHER_WORDS.split())
"""French words of their own that are one letter away from those."""

_TEX = re.compile(r"\^\{([^}]*)\}")
_DASH = re.compile(
    r"(?:(?<=\s)[-‐‑‒–—−](?=\s)|(?<=[^\W\d_]{3})[-‐‑‒–—−](?=[^\W\d_])|(?<=[^\W\d_]{3}\.)[-‐‑‒–—−](?=[^\W\d_]))"
)
"""Between spaces or long words it is « à »: « octobre 2021 - janvier 2022 », « mai-juillet »; not in « mi-mai »."""

_DAY_MONTH = re.compile(r"(?<!\d)(\d{1,2})/(\d{1,2})(?:/(\d{4}))?(?![\d/])")
_MONTH_YEAR = re.compile(r"(?<![\d/])(\d{1,2})/(\d{4})(?!\d)")
_YEAR_MONTH = re.compile(r"(?<!\d)(\d{4})-(\d{1,2})(?![\d-])")
_ORDINAL = re.compile(r"(?<!\w)(\d{1,2}) ?(?:er|re|ere|e|eme|ieme|nd|nde)\b")
_SHORT = re.compile(r"([tsw]) ?(\d{1,2})")
_WEEKS = re.compile(r"\bsemaines? (\d+) (et|a|ou) (\d+)\b")
_SINCE = re.compile(rf"^(?:des (?=(?:l|le|la|les|debut|mi|fin|{'|'.join(MONTHS)}|(?:19|20)\d\d)\b)|a compter (?=d))")
"""« dès » has lost its accent here; before these words « des », of some, cannot stand."""

_SOME_DAY = re.compile(r"\bun (?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)\b")


def tokens(words: str) -> list[str]:
    """The words of the grammar, fillers left out: `1re quinzaine d'oct.` -> `#1 quinzaine octobre`.

    `#n` is an ordinal, `Tn`, `Sn` and `Wn` what is written so, a number stands as it is.
    """
    text = _ORDINAL.sub(r"\1#", _SOME_DAY.sub(" ", _SINCE.sub("a partir ", _plain(words))))
    text = _WEEKS.sub(r"semaine \1 \2 semaine \3", text)
    return [token for word in text.split() if (token := _token(word)) not in _FILLERS]


def _plain(words: str) -> str:
    """Without typography; dates in figures are written with the name of their month."""
    text = _DASH.sub(" à ", _TEX.sub(r"\1", words))
    text = _MONTH_YEAR.sub(lambda found: f" {_month(found[1])} {found[2]} ", text)
    text = _DAY_MONTH.sub(lambda found: f" {found[1]} {_month(found[2])} {found[3] or ''} ", text)
    text = _YEAR_MONTH.sub(lambda found: f" {_month(found[2])} {found[1]} ", text)
    return normalise(text)


def _month(number: str) -> str:
    """The first of a month's names."""
    return next((name for name, each in MONTHS.items() if each == int(number)), "?")


def _token(word: str) -> str:
    if word.endswith("#"):
        return f"#{int(word[:-1])}"
    if short := _SHORT.fullmatch(word):
        return f"{short[1].upper()}{int(short[2])}"
    if word in ORDINALS:
        return f"#{ORDINALS[word]}"
    return _FORMS.get(word) or _respelt(word)


def _respelt(word: str) -> str:
    """The one word that is a single slip away; the word itself where there is none, or several."""
    if word in MONTHS or word in _FUZZY or word in _NO_SLIPS or len(word) < 5 or word.isdecimal():
        return word
    near = [known for known in _FUZZY if _is_one_slip(word, known)]
    return near[0] if len(near) == 1 else word


def _is_one_slip(word: str, known: str) -> bool:
    """Whether one letter is missing, too many, wrong, or two neighbours are exchanged."""
    begin = next((at for at, (a, b) in enumerate(zip(word, known, strict=False)) if a != b), min(len(word), len(known)))
    rest, other = word[begin:], known[begin:]
    exchanged = len(rest) > 1 and len(other) > 1 and rest[:2] == other[1::-1] and rest[2:] == other[2:]
    return exchanged or rest[1:] == other or rest == other[1:] or (bool(rest) and bool(other) and rest[1:] == other[1:])
