"""Words typed as a LOCATION that say less than a place: a town or a whole territory, a screen, what is not known yet.

Two events of which no more is said do not compete for a room. A text is nowhere when all of it is made of such words,
whatever ties them: « Pithiviers et Montargis », « Visio (lien à venir) », « dans le Loiret ».
"""

from __future__ import annotations

import re
from functools import lru_cache

from spro_agenda.region.records import Region
from spro_agenda.region.words import normalise

_TIES = "en a la le les l par sur et ou de du des d au aux dans ici puis entre vers selon"
_UNKNOWN = (
    r"(?:(?:lieu|salle|adresse|endroit|lien) )?(?:reste )?(?:encore )?(?:a|non|pas) (?:encore )?(?:definir|preciser"
    r"|fixer|confirmer|venir|suivre|determiner|trouver|communiquer|(?:defini|precise|fixe|confirme|determine|connu)e?)",
    r"(?:lieu|salle|adresse|endroit|lien) (?:(?:sera )?(?:communique|precise|transmis|envoye)e?|inconnue?)"
    r"(?: (?:ulterieurement|plus tard|par mail|prochainement))?",
    r"lieux?|adresse|tbd|tba|nc|(?:voir|cf) (?:le |la )?(?:mail|courriel|description|invitation)",
)
_ON_SCREEN = (
    r"(?:salle )?virtuel(?:le)?|visio(?:conference)?s?|webinaires?|webinars?|a distance|distance|distanciel|remote",
    r"ligne|online|teams|zoom|meet|skype|webex|jitsi|discord|youtube|internet|web|telephone|tel|appel",
    r"liens?|(?:id|identifiant) (?:de )?(?:la )?reunion(?: \d+)*|code (?:secret|d acces)(?: \w+)?",
    r"lien (?:de )?connexion",
)
_SOMEWHERE = (
    r"presentiel(?:le)?|sur place|(?:nos |vos |leurs )?locaux|chez (?:nous|vous|moi)",
    r"(?:mon |notre |votre |le )?bureaux?|sur site|in situ|(?:sur le )?terrain|domicile|entreprise|exterieur|dehors",
    r"(?:divers|differents|plusieurs|tous|autres|les \w+|\d+)(?: les)? (?:lieux|sites|villes|communes|endroits"
    r"|etablissements|departements)",
    r"partout|itinerante?|tournee|divers|a domicile|hybride|mixte",
)
_AROUND = (
    r"cedex(?: \d{1,2})?|france|(?:la |toute la )?region(?:al|ale)?(?: centre)?|(?:tout le )?departement|territoire",
    r"(?:hyper )?centre(?: ville| bourg)?|ville|commune|agglo(?:meration)?|metropole|environs|alentours|secteur|bassin",
    r"nord|sud|est|ouest|(?:nord|sud) (?:est|ouest)|quartiers?",
)
_CITIES = """
Agen, Aix-en-Provence, Ajaccio, Albi, Alençon, Amiens, Angers, Angoulême, Annecy, Arras, Auch, Aurillac, Auxerre,
Avignon, Bar-le-Duc, Bastia, Bayonne, Beauvais, Belfort, Besançon, Béziers, Blois, Bobigny, Bordeaux, Bourg-en-Bresse,
Bourges, Brest, Brive-la-Gaillarde, Caen, Cahors, Calais, Carcassonne, Châlons-en-Champagne, Chambéry,
Charleville-Mézières, Chartres, Châteauroux, Chaumont, Cherbourg, Clermont-Ferrand, Cognac, Colmar, Compiègne, Créteil,
Digne-les-Bains, Dijon, Dunkerque, Épinal, Évreux, Évry, Foix, Gap, Grenoble, Guéret, La Roche-sur-Yon, La Rochelle,
Laon, Laval, Le Havre, Le Mans, Le Puy-en-Velay, Lille, Limoges, Lons-le-Saunier, Lorient, Lyon, Mâcon, Marseille,
Melun, Mende, Metz, Mont-de-Marsan, Montauban, Montluçon, Montpellier, Mulhouse, Nancy, Nanterre, Nantes,
Nevers, Nice, Nîmes, Niort, Orléans, Paris, Pau, Périgueux, Perpignan, Poitiers, Pontoise, Privas, Quimper, Reims,
Rennes, Rodez, Rouen, Saint-Brieuc, Saint-Denis, Saint-Étienne, Saint-Lô, Saint-Malo, Saint-Nazaire, Saint-Quentin,
Saumur, Sens, Strasbourg, Tarbes, Toulon, Toulouse, Tours, Troyes, Tulle, Valence, Valenciennes, Vannes, Versailles,
Vesoul, Vichy, Vierzon
"""
"""The seats of départements and the largest towns, where meetings are held by people of any region."""

_LONGEST_WORDS = 100
"""In characters: nobody says so little in more."""

_POSTED = re.compile(r"\d{5}(?: [a-z]+){1,6}(?: cedex(?: \d{1,2})?)?")


def is_nowhere(words: str, region: Region) -> bool:
    """Whether normalised words name no place."""
    return _is_made_of((*_UNKNOWN, *_ON_SCREEN, *_SOMEWHERE, *_AROUND), words, region)


def is_territory(words: str, region: Region) -> bool:
    """Whether they are but towns, départements, or what lies about them."""
    return _is_made_of(_AROUND, words, region)


def is_on_screen(words: str, region: Region) -> bool:
    """Whether they say that people meet on a screen, and nowhere besides: « Visio (lien à venir) »."""
    return _is_made_of((*_UNKNOWN, *_ON_SCREEN), words, region) and any(
        re.search(rf"(?<!\S)(?:{kind})(?!\S)", words) for kind in _ON_SCREEN
    )


def is_posted_town(words: str) -> bool:
    """Whether they are a postal code and the name of a town behind it, and nothing else: « 75012 Paris »."""
    return _POSTED.fullmatch(words) is not None


def _is_made_of(kinds: tuple[str, ...], words: str, region: Region) -> bool:
    return len(words) <= _LONGEST_WORDS and _pattern(kinds, region.territories).fullmatch(words) is not None


@lru_cache(maxsize=20)
def _pattern(kinds: tuple[str, ...], territories: tuple[str, ...]) -> re.Pattern[str]:
    cities = (normalise(city) for city in _CITIES.split(","))
    word = "|".join((*kinds, *map(re.escape, (*territories, *cities)), *_TIES.split()))
    return re.compile(rf"(?:{word})(?: (?:{word}))*")
