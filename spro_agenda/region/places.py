"""Where an event takes place: the town and the place that people name, told apart from what is no place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from spro_agenda.region.nowhere import is_nowhere, is_on_screen, is_posted_town, is_territory
from spro_agenda.region.records import Place, Region, Town
from spro_agenda.region.words import has_words, normalise, without_words

_LINK = re.compile(
    r"\b(?:https?\b|www\.)\S*|(?<!\S)[^\s@]{1,64}@\S{3,255}"
    r"|\b[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}\.[a-z]{2,4}/\S*"
)
_POSTCODE = re.compile(r"\b\d{5}\b")
_STREET = re.compile(
    r"\b((?:rue|avenue|av|boulevard|bd|place|route|chemin|allee|quai|impasse|square|faubourg|rond point)"
    r"(?: (?!de\b|du\b|des\b|d\b)\w+){0,2} (?:de|du|des|d)) "
)
_AT = r"(?<!salle )(?<!batiment )(?<!bat )(?<!hall )(?<!amphi )(?<!bloc )a "
"""« à » before a town; but « Salle A, Dreux » is room A."""
_ONLINE = re.compile(r"\b(?:reunion )?(?:microsoft teams|google meet|teams|zoom|webex|skype)(?: meeting| reunion)?\b")
"""What calendar applications write themselves as the place of a meeting on the screen."""

_SCREENS = ("webinaire", "webinar", "visio", "visioconference", "a distance", "en ligne")


class Why(StrEnum):
    """Why a LOCATION names no place."""

    TOWN = "town"
    NOWHERE = "nowhere"
    ROOM = "room"


def _without_streets(words: str) -> str:
    """The words with the names of streets made one: « rue de Chartres » is not in Chartres."""
    return _STREET.sub(r"\1_", words)


def _words(normalised: str) -> str:
    """The words of a LOCATION, without postal codes and what applications write."""
    return " ".join(_ONLINE.sub(" teams ", _without_streets(_POSTCODE.sub(" ", normalised))).split())


def town_called(text: str, network: str, region: Region) -> Town | None:
    """The town whose name a text is."""
    return next((town for town in _towns(network, region) if town.is_called(text)), None)


def town_in(text: str, network: str, region: Region) -> Town | None:
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


@dataclass(frozen=True, slots=True)
class Where:
    """A place: the key that tells it from others, and its name as people read it."""

    key: str
    name: str


def place_in(location: str, town: Town | None, network: str, region: Region) -> tuple[Where | None, Why | None]:
    """A place; or why the words name none (only a town, a link, « à définir », « visio », a house without a room)."""
    posted = normalise(_LINK.sub(" ", location))
    words = _words(posted)
    written = " ".join(location.split())
    found = [(form, place) for place in region.places if (form := place.form_in(words))]
    here = town.name if town else network
    known = max(
        (pair for pair in found if not town or pair[1].town == town.name), key=lambda pair: len(pair[0]), default=None
    )
    if known:
        return _known_place(*known, words, written, region)
    rest = _without_towns(words, region)
    why = _why_none(words, rest, region)
    if why is None and rest == words and is_posted_town(posted):
        why = Why.TOWN
    if why is not None:
        return None, why if written else None
    name = written if has_words(words, normalise(here)) else f"{written} ({here})"
    return Where(f"{rest} ({here})", name), None


def is_remote(location: str, title: str, region: Region) -> bool:
    """Whether nobody goes anywhere: the LOCATION is a screen or a link, or there is none and the title says so."""
    words = _words(normalise(_LINK.sub(" visio ", location)))
    if words:
        return not any(town.form_in(words) for town in region.all_towns) and is_on_screen(words, region)
    said = normalise(title)
    return any(has_words(said, word) for word in _SCREENS)


def _known_place(form: str, place: Place, words: str, written: str, region: Region) -> tuple[Where | None, Why | None]:
    if not place.several_rooms:
        return Where(f"{normalise(place.name)} ({place.town})", f"{place.name} ({place.town})"), None
    room = _without_towns(without_words(words, form), region)
    if not room or is_nowhere(room, region):
        return None, Why.ROOM
    return Where(f"{normalise(place.name)} {room} ({place.town})", written), None


def _why_none(words: str, rest: str, region: Region) -> Why | None:
    """Why words name no place; `rest` is what they are without the known towns."""
    if not words:
        return Why.NOWHERE
    if not rest or is_territory(rest, region) or is_territory(words, region):
        return Why.TOWN
    return Why.NOWHERE if is_nowhere(rest, region) else None


def _without_towns(words: str, region: Region) -> str:
    """The words without towns, and without what ties them to a place: « Mission locale de Dreux »."""
    # The longest first: « Joué-lès-Tours » is not « Joué-lès » of Tours.
    found = [(form, town) for town in region.all_towns if (form := town.form_in(words))]
    for form, town in sorted(found, key=lambda pair: len(pair[0]), reverse=True):
        if has_words(words, form):
            around = rf"(?: cedex(?: \d\d?)?)?(?: (?:{_department(town, region)})$)?"
            words = re.sub(rf"(?<!\S)(?:et a |de |d |{_AT})?{re.escape(form)}{around}(?!\S)", " ", words, count=1)
    return " ".join(words.replace("_", " ").split())


def _department(town: Town, region: Region) -> str:
    """The code and the names of a town's département, which people write behind it: a pattern."""
    network = region.network(town.network)
    return "|".join(map(re.escape, (normalise(town.network), *(network.forms if network else ()))))
