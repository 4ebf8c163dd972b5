"""One part of an event -> what was understood of it: standard properties first, then what people type.

The conventions work from any client: `[Dreux] Atelier…` opens a title, `Intervenant : …` stands on a line of a
description, and the names that region.toml knows are found in a title.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from spro_agenda.ical.read import CalendarObject, Part, recurrence_id_text
from spro_agenda.model import ALL, REGION, Event, EventKey, Scope, Window
from spro_agenda.region.records import Named, Network, Region, Town
from spro_agenda.region.vague import Anchor, Meaning, Said, edtf, read_words
from spro_agenda.region.words import has_words, listed, normalise, plain, without_words

_BRACKET = re.compile(r"\s*\[([^\[\]]*)\]\s*")
_FIELD = re.compile(r"^[\s\-–•*]*([^:\n]{1,20}?)[^\S\n]*:[^\S\n]*(.*?)[^\S\n]*$", re.MULTILINE)
_FIELDS = {
    "intervenant": "speakers",
    "intervenante": "speakers",
    "partenaire": "partners",
    "public": "publics",
    "theme": "themes",
    "ouvert a": "open_to",
    "ouverte a": "open_to",
    "portee": "scope",
    "temps fort": "highlight",
    "reprenable": "reusable",
}
_INCLUSIVE = re.compile(r" (?:e|s|es)\b")
"""What stays of « Intervenant·e·s », « Ouvert(e) à » once normalised."""
_BEFORE_NETWORK = re.compile(r"(?:(?:le|la|les|l|au|aux|du|reseau|departement|spro) )+")
_NONE = frozenset({"aucun", "aucune", "neant", "sans"})
_UNKNOWN = re.compile(r"(?:(?:nom|intervenant|partenaire) )?(?:a (?:definir|preciser|confirmer|fixer|venir)|tbd|nc)")
_EVERYBODY = frozenset({"tous", "tous reseaux", "tous les reseaux", "toute la region", "la region"})
_YES = frozenset({"oui", "yes", "x", "vrai"})
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What would drive the reader's terminal."""
_LONGEST_WINDOW = timedelta(days=5 * 366)
_LINK = re.compile(r"(?:https?://|www\.)\S*|\S+@\S+\.\S+")
_POSTCODE = re.compile(r"\b\d{5}\b")
_NOWHERE = re.compile(
    # What is not known yet…
    r"(?:(?:lieu|salle|adresse|endroit) )?(?:reste )?a (?:definir|preciser|fixer|confirmer|venir|determiner)"
    # … or on no map: words for it, and those that tie them.
    r"|(?:(?:en|a|la|par|sur|et|ou) )*(?:(?:salle )?virtuel(?:le)?|visio(?:conference)?s?|webinaires?|distance"
    r"|distanciel|ligne|teams|zoom|meet|internet|web|france)"
    r"(?: (?:en|a|la|par|sur|et|ou|visio(?:conference)?|teams|zoom|meet))*"
)
_STREET = re.compile(
    r"\b((?:rue|avenue|av|boulevard|bd|place|route|chemin|allee|quai|impasse|square|faubourg|rond point)"
    r"(?: (?!de\b|du\b|des\b|d\b)\w+){0,2} (?:de|du|des|d)) "
)
_AT = r"(?<!salle )(?<!batiment )(?<!bat )(?<!hall )(?<!amphi )(?<!bloc )a "
"""« à » before a town; but « Salle A, Dreux » is room A."""
_ONLINE = re.compile(r"\b(?:reunion )?(?:microsoft teams|google meet|teams|zoom|webex|skype)(?: meeting| reunion)?\b")
"""What calendar applications write themselves as the place of a meeting on the screen."""


def understand(obj: CalendarObject, part: Part, network: str, region: Region) -> Event:
    """What a part of an object says. `network` is a code of the region, or `region`.

    A window that cannot be read leaves the event undated: nothing is guessed.
    """
    head = _head(part, network, region)
    site, words, title = head.site, head.words, head.title
    town = site or _town_in(part.location, network, region)
    place = _place(part.location, town, network, region)
    fields = _fields(plain(part.description))
    names = normalise(title)
    # Who firms an event up takes its bracket away; applications keep the properties that they do not know.
    kept = words is not None and words == part.spro.get("DATE-WORDS", words)
    window = _window(part.spro.get("WINDOW", "")) if kept else None
    if words is not None and not (kept and "WINDOW" in part.spro):
        # Typed by hand, or edited since: the bracket wins.
        window = head.window
    typed_words = words if words is not None or part.start is not None else part.spro.get("DATE-WORDS")
    own = region.network(network)
    # A vague event has no times, so it repeats none: in our own agenda its markers are RDATEs.
    repeats = part.repeats and window is None
    return Event(
        key=EventKey(network, obj.uid),
        component=obj.component,
        recurrence_id=recurrence_id_text(part.recurrence_id, region.time_zone) if part.recurrence_id else "",
        title=_CONTROL.sub("", title),
        description=_CONTROL.sub("", part.description),
        location=_CONTROL.sub("", part.location),
        status=_status(part, window),
        url=part.url,
        repeats=repeats,
        site=_site_name(town, own),
        town=town.name if town else None,
        place=place.key if place else None,
        place_name=place.name if place else "",
        themes=_merged(_named(fields.get("themes"), names, region.themes), _declared(part.categories, region)),
        speakers=_named(fields.get("speakers"), names, region.speakers, within=True),
        partners=_named(fields.get("partners"), names, region.partners, within=True),
        publics=_named(fields.get("publics"), names, region.publics),
        open_to=_open_to(fields.get("open_to", ""), network, region),
        scope=_scope(fields.get("scope", ""), names, region, plain_instance=repeats),
        highlight=network == REGION or normalise(fields.get("highlight", "")) in _YES,
        date_words=typed_words,
        window=window,
        reusable=normalise(fields.get("reusable", "")) in _YES,
        edtf=(part.spro.get("EDTF") or edtf(window)) if window else None,
    )


def _status(part: Part, window: Window | None) -> str:
    """STATUS; a vague event that is not cancelled is tentative, whatever its sender's client wrote."""
    return "TENTATIVE" if window is not None and part.status != "CANCELLED" else part.status


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """The brackets that open a title, taken apart: a town, date words with their window, and the title that is left."""

    site: Town | None = None
    words: str | None = None
    window: Window | None = None
    title: str


def _head(part: Part, network: str, region: Region) -> _Head:
    head = _Head(title=part.title)
    is_vague = "WINDOW" in part.spro or "DATE-WORDS" in part.spro
    while (found := _BRACKET.match(head.title)) and found.end() < len(head.title):
        inside, rest = found[1].strip(), head.title[found.end() :]
        town = _town_called(inside, network, region)
        if town is not None and head.site is None:
            head = replace(head, site=town, title=rest)
            continue
        said = _said(inside, part, region)
        if town is None and head.words is None and (is_vague or _tells_a_date(inside, said, part)):
            head = replace(head, words=inside, window=said.window, title=rest)
            continue
        break
    return replace(head, title=head.title.strip())


def _tells_a_date(words: str, said: Said, part: Part) -> bool:
    """Whether a bracket says when a whole day's event takes place, or that nobody knows yet: hours are a firm date."""
    return bool(words) and not isinstance(part.start, datetime) and said.meaning is not Meaning.UNKNOWN


def _said(words: str, part: Part, region: Region) -> Said:
    """What the words of a bracket mean beside the date that the entry carries."""
    if part.start is None:
        return Said(meaning=Meaning.UNKNOWN)
    day = part.start.date() if isinstance(part.start, datetime) else part.start
    return read_words(words, Anchor(day=day), region.school_holidays)


def _without_streets(words: str) -> str:
    """The words with the names of streets made one: « rue de Chartres » is not in Chartres."""
    return _STREET.sub(r"\1_", words)


def _town_called(text: str, network: str, region: Region) -> Town | None:
    return next((town for town in _towns(network, region) if town.is_called(text)), None)


def _town_in(text: str, network: str, region: Region) -> Town | None:
    """The town named in a text: the one after a postal code, else the longest name."""
    words = _without_streets(normalise(_LINK.sub(" ", text)))
    found = [(form, town) for town in _towns(network, region) if (form := town.form_in(words))]

    def weight(pair: tuple[str, Town]) -> tuple[bool, int]:
        form = pair[0]
        return re.search(rf"\b\d{{5}} {re.escape(form)}\b", words) is not None, len(form)

    return max(found, key=weight, default=(None, None))[1]


def _towns(network: str, region: Region) -> list[Town]:
    """Every known town, those of the network itself first: names repeat between départements."""
    return sorted(region.all_towns, key=lambda town: town.network != network)


def _site_name(town: Town | None, network: Network | None) -> str | None:
    return town.name if town and network and town in network.sites else None


@dataclass(frozen=True, slots=True)
class _Where:
    """A place: the key that tells it from others, and its name as people read it."""

    key: str
    name: str


def _place(location: str, town: Town | None, network: str, region: Region) -> _Where | None:
    """A place, `None` where the words name none (only a town, a link, « à définir », « visio »)."""
    words = _without_streets(normalise(_POSTCODE.sub(" ", _LINK.sub(" ", location))))
    words = " ".join(_ONLINE.sub(" teams ", words).split())
    written = " ".join(location.split())
    found = [(form, place) for place in region.places if (form := place.form_in(words))]
    here = town.name if town else network
    known = max(
        (pair for pair in found if not town or pair[1].town == town.name), key=lambda pair: len(pair[0]), default=None
    )
    if known:
        form, place = known
        room = _without_towns(without_words(words, form), region)
        if not place.several_rooms:
            return _Where(f"{normalise(place.name)} ({place.town})", f"{place.name} ({place.town})")
        return _Where(f"{normalise(place.name)} {room} ({place.town})", written) if room else None
    rest = _without_towns(words, region)
    if not rest or _NOWHERE.fullmatch(rest):
        return None
    return _Where(f"{rest} ({here})", written if has_words(words, normalise(here)) else f"{written} ({here})")


def _without_towns(words: str, region: Region) -> str:
    """The words without towns, and without what ties them to a place: « Mission locale de Dreux »."""
    # The longest first: « Joué-lès-Tours » is not « Joué-lès » of Tours.
    found = [form for town in region.all_towns if (form := town.form_in(words))]
    for form in sorted(found, key=len, reverse=True):
        if has_words(words, form):
            words = re.sub(rf"(?<!\S)(?:et a |de |d |{_AT})?{re.escape(form)}(?!\S)", " ", words, count=1)
    return " ".join(words.replace("_", " ").split())


def is_field(line: str) -> bool:
    """Whether a line of a description is one of those that mean something to us: « Intervenant : … »."""
    return bool(_fields(line))


def _fields(description: str) -> dict[str, str]:
    """The `Clé : valeur` lines that mean something to us; a key that stands on two lines has both values."""
    fields: dict[str, str] = {}
    for label, value in _FIELD.findall(description):
        words = _INCLUSIVE.sub("", normalise(label))
        name = _FIELDS.get(words) or _FIELDS.get(words.removesuffix("s"))
        if name and value:
            fields[name] = f"{fields[name]}, {value}" if name in fields else value
    return fields


def _named(value: str | None, title: str, known: Sequence[Named], *, within: bool = False) -> tuple[str, ...]:
    """Names typed on a line, and known ones found in the title; an explicit « aucun » beats the title.

    `within`: a known name may stand among other words, as in « M. André Chauvet (Université de Tours) ».
    """
    if value is not None and normalise(value) in _NONE:
        return ()
    items = listed(value or "", lambda item: any(each.is_called(item) for each in known))
    named = [item for item in items if normalise(item) and not _UNKNOWN.fullmatch(normalise(item))]
    typed = [
        next((each.name for each in known if each.is_called(item) or (within and _is_meant(each, item))), item)
        for item in named
    ]
    return _merged(typed, [each.name for each in known if each.form_in(title)])


def _is_meant(known: Named, item: str) -> bool:
    """Whether an item means a known name: with a title before it, words behind it, or all of its name among others.

    A part of it is not enough: « Sylvie Chauvet » is not « Chauvet », nor is « Klub des entrepreneurs » the Klub.
    """
    name = normalise(known.name)
    said = _HONORIFIC.sub("", normalise(_ASIDE.split(item, maxsplit=1)[0]))
    return said in known.forms or (" " in name and has_words(normalise(item), name))


_ASIDE = re.compile(r"\s*[(–—]|\s+-\s|\s*:\s")
_HONORIFIC = re.compile(r"^(?:(?:m|mr|mme|mlle|monsieur|madame|dr|pr|docteur|professeur) )+")


def _declared(categories: Iterable[str], region: Region) -> list[str]:
    """The themes that CATEGORIES declare; others are a client's own (Outlook writes « Catégorie rouge »)."""
    given = {normalise(category) for category in categories}
    return [theme.name for theme in region.themes if given & {normalise(name) for name in theme.categories}]


def _merged(*lists: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for names in lists for name in names))


def _open_to(value: str, network: str, region: Region) -> tuple[str, ...] | Literal["all"]:
    if normalise(value) in _EVERYBODY:
        return ALL
    items = listed(value, lambda item: any(each.is_called(item) for each in region.networks))
    named = [_BEFORE_NETWORK.sub("", normalise(item), count=1) for item in items]
    return tuple(
        each.code
        for each in region.networks
        if each.code != network and any(words == each.code or each.is_called(words) for words in named)
    )


def _scope(value: str, title: str, region: Region, *, plain_instance: bool) -> Scope:
    for scope in Scope:
        if normalise(value) == normalise(scope):
            return scope
    if plain_instance or any(has_words(title, words) for words in region.internal_forms):
        return Scope.INTERNAL
    if any(has_words(title, words) for words in region.event_forms):
        return Scope.EVENT
    return Scope.ACTION


def _window(text: str) -> Window | None:
    start, slash, end = text.partition("/")
    try:
        window = Window(date.fromisoformat(start), date.fromisoformat(end))
    except ValueError:
        return None
    return window if slash and window.start <= window.end <= window.start + _LONGEST_WINDOW else None
