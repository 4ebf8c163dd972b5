"""A realistic dense year of the region, made up from a fixed seed, with planted clashes.

Ten sites in six networks type six entries a month each (720 entries, two thirds routine), and the regional
team types a few. What a planner checks (a room, a speaker, a touring partner) is never booked twice by accident; what
nobody checks (two workshops on one day, one public invited twice) is left as it falls. The clashes of ``Year.planted``
are then the only double bookings; they are part of the 720 entries.

``Planted.members`` are the entries that were made to clash. For LIEU, INTERVENANT, TRAJET and PARTENAIRE they are the
whole set; for PUBLIC, TEMPS-FORT and SITES a chance event may join the set, which is then larger.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Final

YEAR: Final = 2022


# ----------------------------------------------------------------------------------------------------------- public API
@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One calendar entry. Naive datetimes are local time of Europe/Paris; a date is all-day, with an exclusive end."""

    network: str
    uid: str
    summary: str
    start: datetime | date
    end: datetime | date
    location: str = ""
    description: str = ""
    categories: tuple[str, ...] = ()
    rrule: str = ""
    status: str = "CONFIRMED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """One clash made on purpose: its kind, its members as (network, uid), its first day, and how people came to it."""

    kind: str
    members: tuple[tuple[str, str], ...]
    day: date
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """The whole year, what was planted in it, and what the region file must know (TOML to add after region.toml)."""

    events: tuple[Planned, ...]
    planted: tuple[Planted, ...]
    speakers: tuple[str, ...]
    partners: tuple[str, ...]
    publics: tuple[str, ...]
    places: tuple[str, ...]
    region_additions: str


# ---------------------------------------------------------------------------------------------------------------- sites
@dataclass(frozen=True, slots=True, kw_only=True)
class _Site:
    """A town of a network, and the rooms that its coordinator knows."""

    network: str
    name: str
    of: str
    postcode: str
    latitude: float
    longitude: float
    mission: str  # street of the Mission locale
    agency: str  # street of the job centre
    hall: str  # street of the town hall
    schools: tuple[tuple[str, str], ...]  # as named in a title, as written in LOCATION
    rooms: tuple[str, ...]  # small rooms, each always written alike
    venues: tuple[str, ...]  # large halls
    around: tuple[str, ...] = ()  # other towns of the network


_SITES: Final[tuple[_Site, ...]] = (
    _Site(
        network="18",
        name="Bourges",
        of="de Bourges",
        postcode="18000",
        latitude=47.0810,
        longitude=2.3988,
        mission="6 place Rabelais",
        agency="rue de Séraucourt",
        hall="11 rue Jacques Rimbault",
        schools=(
            ("lycée Alain-Fournier", "Lycée Alain-Fournier, rue Stéphane Mallarmé, 18000 Bourges"),
            ("lycée Marguerite de Navarre", "Lycée Marguerite de Navarre, 50 rue de Vauvert, Bourges"),
            ("collège Jean Renoir", "Collège Jean Renoir, Bourges"),
        ),
        rooms=(
            "CIO de Bourges, 8 place Juranville, 18000 Bourges",
            "Médiathèque des Gibjoncs, Bourges",
            "CCI du Cher, route d'Orléans, Bourges",
            "Maison des associations, 28 rue Gambon, Bourges",
            "Carré d'Auron, salle 4, Bourges",
            "CMA du Cher, 15 rue Henri Dunant, Bourges",
        ),
        venues=(
            "Palais d'Auron, 7 boulevard Lamarck, 18000 Bourges",
            "Pavillon d'Auron, Bourges",
            "Centre de congrès Rives d'Auron, Bourges",
        ),
        around=("Vierzon", "Saint-Amand-Montrond"),
    ),
    _Site(
        network="28",
        name="Chartres",
        of="de Chartres",
        postcode="28000",
        latitude=48.4439,
        longitude=1.4890,
        mission="12 rue du Docteur Gibert",
        agency="rue du Médecin Général Beyne",
        hall="place des Halles",
        schools=(
            ("lycée Jehan de Beauce", "Lycée Jehan de Beauce, 20 rue du Commandant Chesne, 28000 Chartres"),
            ("lycée Fulbert", "Lycée Fulbert, rue Saint-Chéron, Chartres"),
            ("collège Hélène Boucher", "Collège Hélène Boucher, Chartres"),
        ),
        rooms=(
            "CIO de Chartres, 57 bis rue du Docteur Maunoury, 28000 Chartres",
            "Médiathèque L'Apostrophe, Chartres",
            "Maison pour tous de la Madeleine, Chartres",
            "BGE Eure-et-Loir, Chartres",
            "CMA 28, Chartres",
            "Maison Saint-Yves, salle Fulbert, Chartres",
        ),
        venues=(
            "Chartrexpo, avenue Jean Mermoz, 28000 Chartres",
            "Salle Doussineau, Chartres",
            "Collégiale Saint-André, Chartres",
        ),
    ),
    _Site(
        network="28",
        name="Dreux",
        of="de Dreux",
        postcode="28100",
        latitude=48.7366,
        longitude=1.3660,
        mission="2 rue de Chartres",
        agency="14 rue des Gaults",
        hall="2 rue de Châteaudun",
        schools=(
            ("lycée Rotrou", "Lycée Rotrou, 1 rue Fernand Léger, 28100 Dreux"),
            ("lycée Branly", "Lycée Édouard Branly, Dreux"),
            ("collège Pierre et Marie Curie", "Collège Pierre et Marie Curie, Dreux"),
        ),
        rooms=(
            "CIO de Dreux, 10 rue du Général de Gaulle, 28100 Dreux",
            "Médiathèque L'Odyssée, Dreux",
            "Campus connecté, 5 rue Jean-Louis Chanoine, Dreux",
            "Maison de proximité La Croix Tiénac, Dreux",
            "Maison des Huit-Clos, Dreux",
            "Pépinière d'entreprises La Radio, Dreux",
        ),
        venues=(
            "Parc des expositions, rue du Général de Gaulle, 28100 Dreux",
            "Le Dianetum, Dreux",
            "Espace Dagobert, Dreux",
        ),
    ),
    _Site(
        network="28",
        name="Châteaudun",
        of="de Châteaudun",
        postcode="28200",
        latitude=48.0714,
        longitude=1.3378,
        mission="3 rue des Fouleries",
        agency="rue de Varize",
        hall="2 place du 18 Octobre",
        schools=(
            ("lycée Émile Zola", "Lycée Émile Zola, rue Jules Ferry, 28200 Châteaudun"),
            ("lycée de Nermont", "Lycée Nermont, Châteaudun"),
            ("collège Tomas Divi", "Collège Tomas Divi, Châteaudun"),
        ),
        rooms=(
            "Point info CIO, Châteaudun",
            "Bibliothèque municipale, Châteaudun",
            "France Services, Châteaudun",
            "Maison des services publics, salle B, Châteaudun",
            "Centre social Beauvoir, Châteaudun",
            "Centre de formation GRETA, Châteaudun",
        ),
        venues=(
            "Espace Malraux, rue Jean Moulin, 28200 Châteaudun",
            "Salle Gérard Philipe, Châteaudun",
            "Manège, Châteaudun",
        ),
    ),
    _Site(
        network="36",
        name="Châteauroux",
        of="de Châteauroux",
        postcode="36000",
        latitude=46.8103,
        longitude=1.6910,
        mission="24 bis rue de la République",
        agency="rue Robert Mallet-Stevens",
        hall="place de la République",
        schools=(
            ("lycée Jean Giraudoux", "Lycée Jean Giraudoux, 31 avenue Marcel Lemoine, 36000 Châteauroux"),
            ("lycée Blaise Pascal", "Lycée Blaise Pascal, Châteauroux"),
            ("collège Beaulieu", "Collège Beaulieu, Châteauroux"),
        ),
        rooms=(
            "CIO de l'Indre, 110 rue Grande, 36000 Châteauroux",
            "Médiathèque Équinoxe, Châteauroux",
            "CCI de l'Indre, 24 place Gambetta, Châteauroux",
            "Maison de quartier Est, Châteauroux",
            "Cité du numérique, Châteauroux",
            "AFPA, rue du Rondeau, Châteauroux",
        ),
        venues=(
            "Mach 36, Châteauroux",
            "Hall des expositions de Belle-Isle, 36000 Châteauroux",
            "Chapelle des Rédemptoristes, Châteauroux",
        ),
        around=("Issoudun", "Argenton-sur-Creuse"),
    ),
    _Site(
        network="37",
        name="Tours",
        of="de Tours",
        postcode="37000",
        latitude=47.3941,
        longitude=0.6848,
        mission="8 allée Rolland Pilain",
        agency="rue des Douets",
        hall="1 rue des Minimes",
        schools=(
            ("lycée Descartes", "Lycée Descartes, 10 rue des Minimes, 37000 Tours"),
            ("lycée Grandmont", "Lycée Grandmont, avenue de Sévigné, Tours"),
            ("collège Jules Ferry", "Collège Jules Ferry, Tours"),
        ),
        rooms=(
            "CIO de Tours, 1 rue Gutenberg, 37000 Tours",
            "Bibliothèque centrale, Tours",
            "Maison de l'emploi, 5 rue Édouard Vaillant, Tours",
            "Centre social Pluriel(le)s, Tours",
            "CMA 37, 36 route de Saint-Avertin, Tours",
            "Espace Jacques Villeret, Tours",
        ),
        venues=(
            "Mame, 49 boulevard Preuilly, 37000 Tours",
            "Palais des congrès Vinci, Tours",
            "Hôtel Consulaire, 4 bis rue Jules Favre, Tours",
        ),
        around=("Amboise", "Chinon", "Loches", "Joué-lès-Tours"),
    ),
    _Site(
        network="41",
        name="Blois",
        of="de Blois",
        postcode="41000",
        latitude=47.5861,
        longitude=1.3359,
        mission="15 avenue de Vendôme",
        agency="rue Laplace",
        hall="9 place Saint-Louis",
        schools=(
            ("lycée Augustin Thierry", "Lycée Augustin Thierry, 13 avenue de Châteaudun, 41000 Blois"),
            ("lycée Sonia Delaunay", "Lycée Sonia Delaunay, Blois"),
            ("collège Rabelais", "Collège Rabelais, Blois"),
        ),
        rooms=(
            "CIO de Blois, 7 rue d'Auvergne, 41000 Blois",
            "Bibliothèque Abbé-Grégoire, Blois",
            "Maison de l'emploi, 15 avenue de Vendôme, Blois",
            "Espace Quinière, avenue du Maréchal Juin, Blois",
            "CCI 41, 16 rue de la Vallée Maillard, Blois",
            "ALCV, Blois",
        ),
        venues=(
            "Halle aux grains, place de la République, 41000 Blois",
            "Jeu de Paume, Blois",
            "Château royal, salle des États généraux, Blois",
        ),
        around=("Vendôme", "Romorantin-Lanthenay", "Contres"),
    ),
    _Site(
        network="45",
        name="Pithiviers",
        of="de Pithiviers",
        postcode="45300",
        latitude=48.1719,
        longitude=2.2519,
        mission="6 rue de la Couronne",
        agency="avenue de la République",
        hall="5 place Denis Poisson",
        schools=(
            ("lycée Duhamel du Monceau", "Lycée Duhamel du Monceau, 16 avenue Clos Beauvoys, 45300 Pithiviers"),
            ("lycée Jean de La Taille", "Lycée Jean de La Taille, Pithiviers"),
            ("collège Denis Poisson", "Collège Denis Poisson, Pithiviers"),
        ),
        rooms=(
            "Point d'accueil CIO, Pithiviers",
            "Médiathèque Denis Poisson, Pithiviers",
            "PETR du Pays Beauce Gâtinais, Pithiviers",
            "France Services, Pithiviers",
            "Maison des entreprises, Pithiviers",
            "Centre social Éclat, Pithiviers",
        ),
        venues=(
            "Théâtre du Donjon, mail Sud, 45300 Pithiviers",
            "Salle des fêtes, Pithiviers",
            "Gymnase Joliot-Curie, Pithiviers",
        ),
    ),
    _Site(
        network="45",
        name="Montargis",
        of="de Montargis",
        postcode="45200",
        latitude=47.9971,
        longitude=2.7333,
        mission="69 avenue du Général Leclerc",
        agency="rue Jean Jaurès",
        hall="6 rue Gambetta",
        schools=(
            ("lycée en Forêt", "Lycée en Forêt, rue de la Forêt, 45200 Montargis"),
            ("lycée Durzy", "Lycée Durzy, Montargis"),
            ("collège du Chinchon", "Collège du Chinchon, Montargis"),
        ),
        rooms=(
            "CIO de Montargis, 61 rue André Coquillet, 45200 Montargis",
            "Médiathèque de Montargis",
            "La Pailleterie, Montargis",
            "Maison de la Forêt, Montargis",
            "Pôle entrepreneurial, Montargis",
            "GRETA, salle 12, Montargis",
        ),
        venues=(
            "Salle des fêtes, place de la République, 45200 Montargis",
            "Hangar de la Patinoire, Montargis",
            "Tivoli, Montargis",
        ),
        around=("Gien",),
    ),
    _Site(
        network="45",
        name="Orléans",
        of="d'Orléans",
        postcode="45000",
        latitude=47.9025,
        longitude=1.9090,
        mission="9 boulevard de Verdun",
        agency="rue Eugène Vignat",
        hall="place de l'Étape",
        schools=(
            ("lycée Pothier", "Lycée Pothier, 2 bis rue Marcel Proust, 45000 Orléans"),
            ("lycée Jean Zay", "Lycée Jean Zay, Orléans"),
            ("collège Jeanne d'Arc", "Collège Jeanne d'Arc, Orléans"),
        ),
        rooms=(
            "CIO d'Orléans, 55 rue Notre-Dame de Recouvrance, 45000 Orléans",
            "Médiathèque, place Gambetta, Orléans",
            "Maison des associations, 46 ter rue Sainte-Catherine, Orléans",
            "Lab'O, avenue du Champ de Mars, Orléans",
            "CRIJ, 3 rue de la Cholerie, Orléans",
            "Maison de l'emploi, salle Loire, Orléans",
        ),
        venues=(
            "Chapit'O, Orléans",
            "CO'Met, rue du Président Schuman, 45100 Orléans",
            "Salle Eiffel, rue de la Tour Neuve, Orléans",
        ),
    ),
)

_BY_NAME: Final[Mapping[str, _Site]] = {site.name: site for site in _SITES}

REGION_SITES: Final[Mapping[str, tuple[tuple[str, float, float], ...]]] = {
    site.network: ((site.name, site.latitude, site.longitude),) for site in _SITES if site.network not in ("28", "45")
}
"""The four sites that region.toml has not: code -> (name, latitude, longitude)."""

CLASH_RULES: Final = "".join(
    f'\n[clash.{kind}]\nenabled = true\nweight = "{weight}"\n'
    for kind, weight in (
        ("TRAJET", "blocking"),
        ("PARTENAIRE", "to-settle"),
        ("PUBLIC", "to-settle"),
        ("TEMPS-FORT", "to-settle"),
        ("CALENDRIER", "to-watch"),
        ("PERIODE", "to-watch"),
        ("POSSIBLE", "to-watch"),
    )
)
"""The rules that region.toml does not yet set. Not part of ``region_additions``."""


# ----------------------------------------------------------------------------------------------------- region additions
_SPEAKERS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("Sophie Marchand", ("S. Marchand", "S.Marchand")),
    ("Karim Benali", ("K. Benali",)),
    ("Hélène Tessier", ("H. Tessier",)),
    ("Philippe Aubry", ("Ph. Aubry", "P. Aubry")),
    ("Nadia Lemoine", ("N. Lemoine",)),
    ("Julien Carpentier", ("J. Carpentier",)),
)
_PARTNERS: Final[tuple[tuple[str, tuple[str, ...], bool], ...]] = (
    ("Bus de l'orientation", ("bus orientation", "Bus Orientation Région"), True),
    ("Camion de l'industrie", ("camion UIMM", "Camion Be Industrie"), True),
    ("Casques de réalité virtuelle", ("casques VR", "casques RV"), True),
    ("Escape game Mission métiers", ("escape game métiers", "Mission métiers"), True),
    ("France Travail", ("Pôle emploi",), False),
    ("CIO", ("centre d'information et d'orientation",), False),
    ("Cap emploi", ("Capemploi",), False),
    ("Chambre de métiers et de l'artisanat", ("CMA", "Chambre de métiers"), False),
    ("Chambre de commerce et d'industrie", ("CCI",), False),
    ("GRETA", ("GRETA Val de Loire",), False),
    ("BGE", (), False),
)
_PUBLICS: Final[tuple[tuple[str, tuple[str, ...], bool, bool], ...]] = (
    ("parents", ("parents d'élèves",), False, False),
    ("employeurs", ("entreprises", "recruteurs"), False, False),
    ("personnes en situation de handicap", ("bénéficiaires de l'obligation d'emploi", "BOE"), False, False),
    ("enseignants", ("professeurs principaux",), False, True),
)
_THEMES: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("industrie", ("métiers de l'industrie",)),
    ("bâtiment", ("BTP", "métiers du bâtiment")),
    ("transport et logistique", ("métiers de la logistique", "logistique")),
    ("santé", ("métiers de la santé", "métiers du soin")),
    ("numérique", ("métiers du numérique",)),
    ("hôtellerie-restauration", ("métiers de l'hôtellerie", "hôtellerie restauration")),
    ("VAE", ("validation des acquis", "validation des acquis de l'expérience")),
    ("mobilité", ("aides à la mobilité",)),
    ("transition écologique", ("métiers verts",)),
    ("illettrisme", ("lutte contre l'illettrisme",)),
)
_PERIODS: Final[tuple[tuple[str, str, str, str], ...]] = (
    ("Vacances de la Toussaint 2022", "vacances", "2022-10-22", "2022-11-06"),
    ("Vacances de Noël 2022", "vacances", "2022-12-17", "2023-01-02"),
    ("Session plénière du Conseil régional, février", "autre", "2022-02-24", "2022-02-25"),
    ("Session plénière du Conseil régional, juin", "autre", "2022-06-30", "2022-07-01"),
    ("Session plénière du Conseil régional, octobre", "autre", "2022-10-20", "2022-10-21"),
    ("Session plénière du Conseil régional, décembre", "autre", "2022-12-15", "2022-12-16"),
    ("Grève interprofessionnelle du 29 septembre", "autre", "2022-09-29", "2022-09-29"),
    ("Grève des transports du 18 octobre", "autre", "2022-10-18", "2022-10-18"),
    ("Semaine européenne pour l'emploi des personnes handicapées 2022", "semaine", "2022-11-14", "2022-11-20"),
    ("Semaine de l'industrie 2022", "semaine", "2022-11-21", "2022-11-27"),
)
_HOLIDAYS: Final[frozenset[date]] = frozenset(
    date(YEAR, month, day)
    for month, day in ((1, 1), (4, 18), (5, 1), (5, 8), (5, 26), (6, 6), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
)
_SCHOOL_HOLIDAYS: Final[tuple[tuple[date, date], ...]] = (
    (date(2022, 1, 1), date(2022, 1, 2)),
    (date(2022, 2, 5), date(2022, 2, 20)),
    (date(2022, 4, 9), date(2022, 4, 24)),
    (date(2022, 5, 26), date(2022, 5, 29)),
    (date(2022, 7, 8), date(2022, 8, 31)),
    (date(2022, 10, 22), date(2022, 11, 6)),
    (date(2022, 12, 17), date(2023, 1, 2)),
)


def _toml(value: str | Sequence[str] | bool) -> str:
    """A TOML value (no character of ours needs an escape)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"'
    return "[" + ", ".join(_toml(item) for item in value) + "]"


def _table(name: str, /, **values: str | Sequence[str] | bool) -> str:
    """One TOML table of an array."""
    return f"\n[[{name}]]\n" + "".join(f"{key} = {_toml(value)}\n" for key, value in values.items())


def _known_places() -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """The buildings with several rooms, as (name, town, other spellings), three a site."""
    places: list[tuple[str, str, tuple[str, ...]]] = []
    for site in _SITES:
        town, tail = site.name, f"{site.postcode} {site.name}"
        mission = (f"Mission locale {town}", f"ML {town}", f"Mission locale, {site.mission}, {tail}")
        agency = (f"France Travail {town}", f"Pôle emploi {town}", f"France Travail, {site.agency}, {tail}")
        hall = (f"Mairie {site.of}", f"Mairie {town}", f"Mairie, {site.hall}, {tail}")
        places.append((f"Mission locale {site.of}", town, mission))
        places.append((f"Agence France Travail {site.of}", town, agency))
        places.append((f"Hôtel de ville {site.of}", town, hall))
    return tuple(places)


def _region_additions() -> str:
    """The TOML text to add after region.toml: speakers, partners, publics, themes, places and periods."""
    parts = ["\n# Une année dense : ce que la région doit connaître en plus.\n"]
    parts += [_table("speaker", name=name, aliases=aliases) for name, aliases in _SPEAKERS]
    parts += [_table("partner", name=name, aliases=aliases, on_tour=tour) for name, aliases, tour in _PARTNERS]
    parts += [
        _table("public", name=name, aliases=aliases, professional=professional, school=school)
        for name, aliases, professional, school in _PUBLICS
    ]
    parts += [_table("theme", name=name, aliases=aliases, categories=()) for name, aliases in _THEMES]
    parts += [
        _table("place", name=name, town=town, aliases=aliases, several_rooms=True)
        for name, town, aliases in _known_places()
    ]
    for name, kind, start, end in _PERIODS:
        zone = 'zone = "B"\n' if kind == "vacances" else ""
        parts.append(f'\n[[period]]\nname = "{name}"\nkind = "{kind}"\nstart = {start}\nend = {end}\n{zone}')
    return "".join(parts)


def region_text(base: str, *, rules: bool = False) -> str:
    """The text of region.toml with the four further sites, no longer mere towns, and the additions (and the rules)."""
    text = base
    for code, sites in REGION_SITES.items():
        for name, latitude, longitude in sites:
            text = re.sub(rf'\[\[town\]\]\nname = "{name}"\n(?:[a-z]+ = .*\n)*\n?', "", text)
            table = (
                f'\n[[network.site]]\nname = "{name}"\naliases = []\nlatitude = {latitude}\nlongitude = {longitude}\n'
            )
            text = re.sub(rf'(\[\[network\]\]\ncode = "{code}"\n(?:[a-z]+ = .*\n)*)', rf"\g<1>{table}", text)
    return text.rstrip("\n") + "\n" + _region_additions() + (CLASH_RULES if rules else "")


# ---------------------------------------------------------------------------------------------------- drafts and ledger
@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """An entry before it has a UID; ``tag`` is set for the hand-made ones, ``real`` for actions that are no routine."""

    site: str
    summary: str
    start: datetime | date
    end: datetime | date
    location: str = ""
    description: str = ""
    categories: tuple[str, ...] = ()
    rrule: str = ""
    status: str = "CONFIRMED"
    real: bool = True
    tag: str = ""
    keys: tuple[str, ...] = ()


def _moment(value: datetime | date) -> datetime:
    """A date as the first instant of its day."""
    return value if isinstance(value, datetime) else datetime.combine(value, time())


def _spans(draft: _Draft) -> tuple[tuple[datetime, datetime], ...]:
    """The intervals of a draft, its rule expanded (WEEKLY, or MONTHLY on an nth weekday; COUNT or UNTIL)."""
    start, end = _moment(draft.start), _moment(draft.end)
    if not draft.rrule:
        return ((start, end),)
    rule = dict(part.split("=", 1) for part in draft.rrule.split(";"))
    until = datetime.strptime(rule["UNTIL"], "%Y%m%dT%H%M%SZ") if "UNTIL" in rule else datetime(YEAR + 1, 3, 1)
    count = int(rule.get("COUNT", "999"))
    starts: list[datetime] = []
    if rule["FREQ"] == "WEEKLY":
        step = timedelta(weeks=int(rule.get("INTERVAL", "1")))
        while len(starts) < count and start + step * len(starts) <= until:
            starts.append(start + step * len(starts))
    else:
        month = date(start.year, start.month, 1)
        while len(starts) < count:
            first = _nth(month, start.weekday(), (start.day - 1) // 7)
            if datetime.combine(first, start.time()) > until:
                break
            starts.append(datetime.combine(first, start.time()))
            month = (month + timedelta(days=32)).replace(day=1)
    return tuple((moment, moment + (end - start)) for moment in starts)


def _nth(month: date, weekday: int, index: int) -> date:
    """The weekday of that index (0 is the first) in a month."""
    return month + timedelta(days=(weekday - month.weekday()) % 7 + 7 * index)


@dataclass(slots=True)
class _Ledger:
    """Who and what is booked when: what a planner looks up before writing."""

    taken: dict[str, list[tuple[datetime, datetime]]] = field(default_factory=dict)

    @staticmethod
    def _whole(key: str, span: tuple[datetime, datetime]) -> tuple[datetime, datetime]:
        """Speakers, touring partners and titles are kept for the whole day; rooms for the hours."""
        if key.startswith("room:"):
            return span
        last = span[1] - timedelta(microseconds=1)
        return datetime.combine(span[0], time()), datetime.combine(last, time()) + timedelta(days=1)

    def free(self, keys: Iterable[str], spans: Sequence[tuple[datetime, datetime]]) -> bool:
        """Whether nothing is booked at those times."""
        for key in keys:
            for span in spans:
                start, end = self._whole(key, span)
                if any(start < other_end and other_start < end for other_start, other_end in self.taken.get(key, [])):
                    return False
        return True

    def take(self, keys: Iterable[str], spans: Sequence[tuple[datetime, datetime]]) -> None:
        """Book."""
        for key in keys:
            self.taken.setdefault(key, []).extend(self._whole(key, span) for span in spans)


def _plain(text: str) -> str:
    """Lower case without accents or punctuation, to compare what people type."""
    bare = "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))
    return " ".join(re.findall(r"[a-z0-9]+", bare.lower()))


# --------------------------------------------------------------------------------------------------- planted: hand-made
_A_TOUS: Final = "Ouvert à : tous les réseaux"


@dataclass(slots=True)
class _Hand:
    """Collects the hand-made entries and the clashes between them."""

    drafts: list[_Draft] = field(default_factory=list)
    clashes: list[tuple[str, tuple[str, ...], date, str]] = field(default_factory=list)

    def add(  # noqa: PLR0917  # a ledger's columns
        self,
        tag: str,
        site: str,
        summary: str,
        start: datetime | date,
        end: datetime | date,
        location: str = "",
        description: str = "",
        *,
        real: bool = True,
        rrule: str = "",
        categories: tuple[str, ...] = (),
        keys: tuple[str, ...] = (),
    ) -> str:
        """Add one entry; its tag stands for its UID."""
        self.drafts.append(
            _Draft(
                site=site,
                summary=summary,
                start=start,
                end=end,
                location=location,
                description=description,
                real=real,
                rrule=rrule,
                categories=categories,
                keys=keys,
                tag=tag,
            )
        )
        return tag

    def clash(self, kind: str, day: date, why: str, *tags: str) -> None:
        """Say that these entries clash."""
        self.clashes.append((kind, tags, day, why))


def _at(month: int, day: int, clock: str) -> datetime:
    """A local time of the year, from "14:30"."""
    hour, minute = clock.split(":")
    return datetime(YEAR, month, day, int(hour), int(minute))


def _plant_places(hand: _Hand) -> None:
    """LIEU: one room booked twice."""
    a = hand.add(
        "L1a",
        "Bourges",
        "Atelier réseaux sociaux et recherche d'emploi",
        _at(1, 18, "09:30"),
        _at(1, 18, "12:00"),
        "Maison des associations, 28 rue Gambon, Bourges",
        "8 places. Prévoir les PC portables.\nPublic : demandeurs d'emploi",
        keys=("room:Maison des associations, 28 rue Gambon, Bourges",),
    )
    b = hand.add(
        "L1b",
        "Bourges",
        "REUNION PARTENAIRES QUARTIER",
        _at(1, 18, "11:00"),
        _at(1, 18, "12:30"),
        "MAISON DES ASSOCIATIONS - 28 rue Gambon - BOURGES",
        "cf mail de Sandrine",
        real=False,
        keys=("room:Maison des associations, 28 rue Gambon, Bourges",),
    )
    hand.clash("LIEU", date(YEAR, 1, 18), "Deux collègues ont réservé la même salle, l'un en capitales.", a, b)

    a = hand.add(
        "L2a",
        "Dreux",
        "[Dreux] Atelier CV",
        _at(3, 15, "14:00"),
        _at(3, 15, "17:00"),
        "Mission locale de Dreux, salle 2",
        "Public : jeunes",
        real=False,
        keys=("room:Dreux:ml:salle 2",),
    )
    b = hand.add(
        "L2b",
        "Dreux",
        "[Dreux] Job coaching - séance 2",
        _at(3, 15, "15:30"),
        _at(3, 15, "16:30"),
        "ML Dreux (salle 2)",
        "Voir avec l'accueil pour la clef",
        real=False,
        keys=("room:Dreux:ml:salle 2",),
    )
    hand.clash("LIEU", date(YEAR, 3, 15), "Même salle 2 de la Mission locale, écrite de deux façons.", a, b)

    a = hand.add(
        "L3a",
        "Pithiviers",
        "[Pithiviers] Découverte de l'impression 3D",
        _at(5, 19, "09:00"),
        _at(5, 19, "12:00"),
        "FabLab de la Mission locale, Pithiviers",
        "Public : collégiens\n12 élèves",
        keys=("room:fablab",),
    )
    b = hand.add(
        "L3b",
        "Orléans",
        "Visite du fablab par l'équipe d'Orléans",
        _at(5, 19, "10:30"),
        _at(5, 19, "12:30"),
        "FabLab Pithiviers",
        "Départ d'Orléans 9h30 en covoiturage",
        keys=("room:fablab",),
    )
    hand.clash("LIEU", date(YEAR, 5, 19), "La visite des collègues d'Orléans tombe pendant un atelier.", a, b)

    a = hand.add(
        "L4a",
        "region",
        "Réunion régionale des coordonnateurs SPRO",
        _at(9, 13, "09:30"),
        _at(9, 13, "16:30"),
        "Conseil régional (salle Lentin)",
        "Ordre du jour à venir",
        real=False,
        keys=("room:lentin",),
    )
    b = hand.add(
        "L4b",
        "Orléans",
        "[Orléans] Comité technique SPRO 45",
        _at(9, 13, "14:00"),
        _at(9, 13, "16:00"),
        "Hôtel de Région, salle Lentin",
        "Salle demandée par mail le 30/08",
        real=False,
        keys=("room:lentin",),
    )
    hand.clash("LIEU", date(YEAR, 9, 13), "Le 45 a demandé la salle où se réunit la région.", a, b)

    key = "room:Espace Quinière, avenue du Maréchal Juin, Blois"
    a = hand.add(
        "L5a",
        "Blois",
        "Permanence CEP quartiers nord",
        _at(9, 6, "09:00"),
        _at(9, 6, "12:00"),
        "Espace Quinière, avenue du Maréchal Juin, Blois",
        "Sans RDV",
        real=False,
        rrule="FREQ=WEEKLY;COUNT=14",
        categories=("Catégorie bleue",),
        keys=(key,),
    )
    b = hand.add(
        "L5b",
        "Blois",
        "Atelier « Osez les métiers de l'industrie »",
        _at(10, 11, "10:00"),
        _at(10, 11, "12:00"),
        "Espace Quinière, Avenue du Marechal Juin, Blois",
        "Thème : industrie\nIntervenant : M. Fournier (UIMM)",
        keys=(key,),
    )
    hand.clash("LIEU", date(YEAR, 10, 11), "Un atelier posé dans la salle de la permanence du mardi.", a, b)

    key = "room:Maison de quartier Est, Châteauroux"
    a = hand.add(
        "L6a",
        "Châteauroux",
        "Job-coaching groupe 1",
        _at(3, 3, "14:00"),
        _at(3, 3, "16:30"),
        "Maison de quartier Est, Châteauroux",
        "Groupe fermé",
        real=False,
        rrule="FREQ=WEEKLY;COUNT=12",
        keys=(key,),
    )
    b = hand.add(
        "L6b",
        "Châteauroux",
        "Comité de suivi parcours",
        _at(3, 10, "16:00"),
        _at(3, 10, "17:30"),
        "Maison de quartier EST (Châteauroux)",
        "",
        real=False,
        rrule="FREQ=MONTHLY;BYDAY=2TH;COUNT=4",
        keys=(key,),
    )
    hand.clash("LIEU", date(YEAR, 3, 10), "Deux séries se croisent dans la même salle, le 2e jeudi du mois.", a, b)

    key = "room:Mame, 49 boulevard Preuilly, 37000 Tours"
    a = hand.add(
        "L7a",
        "Tours",
        "Salon des métiers du numérique",
        date(YEAR, 3, 24),
        date(YEAR, 3, 25),
        "Mame, 49 boulevard Preuilly, 37000 Tours",
        "25 exposants. Montage dès 7h.",
        keys=(key,),
    )
    b = hand.add(
        "L7b",
        "Tours",
        "Atelier coder son premier site",
        _at(3, 24, "14:00"),
        _at(3, 24, "16:00"),
        "MAME, 49 boulevard Preuilly, 37000 TOURS",
        "Public : étudiants",
        keys=(key,),
    )
    hand.clash("LIEU", date(YEAR, 3, 24), "Le salon occupe tout le lieu ; un atelier y était déjà posé.", a, b)

    key, where = "room:BGE Eure-et-Loir, Chartres", "BGE Eure-et-Loir, Chartres"
    a = hand.add(
        "L8a",
        "Chartres",
        "[Chartres] Atelier oser entreprendre",
        _at(12, 6, "09:00"),
        _at(12, 6, "12:00"),
        where,
        "Thème : création d'entreprise",
        keys=(key,),
    )
    b = hand.add(
        "L8b",
        "Chartres",
        "[Chartres] Entretiens individuels",
        _at(12, 6, "10:00"),
        _at(12, 6, "12:30"),
        where,
        "4 RDV de 30 min",
        real=False,
        keys=(key,),
    )
    c = hand.add(
        "L8c",
        "Chartres",
        "[Chartres] Point avec la BGE",
        _at(12, 6, "11:00"),
        _at(12, 6, "12:00"),
        where,
        "",
        real=False,
        keys=(key,),
    )
    hand.clash("LIEU", date(YEAR, 12, 6), "Trois rendez-vous à la BGE au même moment.", a, b, c)


def _plant_speakers(hand: _Hand) -> None:
    """INTERVENANT and TRAJET: one person in two places."""
    key = ("speaker:André Chauvet",)
    a = hand.add(
        "I1a",
        "Blois",
        "Conférence : accompagner dans l'incertitude",
        _at(3, 10, "14:00"),
        _at(3, 10, "17:00"),
        "Jeu de Paume, Blois",
        "Intervenant : André Chauvet\nPublic : conseillers",
        keys=key,
    )
    b = hand.add(
        "I1b",
        "Bourges",
        "Atelier posture avec A. CHAUVET",
        _at(3, 10, "14:30"),
        _at(3, 10, "16:30"),
        "CCI du Cher, route d'Orléans, Bourges",
        "20 places, inscription par mail",
        keys=key,
    )
    hand.clash("INTERVENANT", date(YEAR, 3, 10), "A. Chauvet a dit oui au 41 et au 18.", a, b)

    key = ("speaker:Sophie Marchand",)
    a = hand.add(
        "I2a",
        "Tours",
        "Webinaire reconversion : par où commencer ?",
        _at(6, 2, "10:00"),
        _at(6, 2, "11:30"),
        "https://teams.microsoft.com/l/meetup-join/19%3ameeting_NjA2",
        "Intervenante : Sophie Marchand\nPublic : salariés\n" + _A_TOUS,
        keys=key,
    )
    b = hand.add(
        "I2b",
        "Montargis",
        "[Montargis] Atelier confiance en soi",
        _at(6, 2, "09:30"),
        _at(6, 2, "12:30"),
        "La Pailleterie, Montargis",
        "Intervenante : S. Marchand",
        keys=key,
    )
    hand.clash("INTERVENANT", date(YEAR, 6, 2), "Elle anime un webinaire pendant son atelier.", a, b)

    key = ("speaker:Karim Benali",)
    a = hand.add(
        "I3a",
        "Châteaudun",
        "[Châteaudun] Journée de la création d'entreprise",
        date(YEAR, 4, 7),
        date(YEAR, 4, 8),
        "Espace Malraux, rue Jean Moulin, 28200 Châteaudun",
        "Intervenants : Karim Benali, Hélène Tessier\nProgramme joint",
        keys=(*key, "speaker:Hélène Tessier"),
    )
    b = hand.add(
        "I3b",
        "Pithiviers",
        "[Pithiviers] Temps inter-acteurs économie du territoire",
        _at(4, 7, "09:00"),
        _at(4, 7, "12:00"),
        "PETR du Pays Beauce Gâtinais, Pithiviers",
        "Intervenant : K. Benali",
        keys=key,
    )
    hand.clash("INTERVENANT", date(YEAR, 4, 7), "Annoncé à une journée sans heures et à une matinée ailleurs.", a, b)

    key = ("speaker:Hélène Tessier",)
    a = hand.add(
        "I4a",
        "Chartres",
        "[Chartres] Atelier VAE",
        _at(10, 4, "09:00"),
        _at(10, 4, "12:00"),
        "CMA 28, Chartres",
        "Intervenante : Hélène Tessier",
        keys=key,
    )
    b = hand.add(
        "I4b",
        "Dreux",
        "[Dreux] Bilan de compétences : mode d'emploi",
        _at(10, 4, "10:00"),
        _at(10, 4, "12:00"),
        "Maison des Huit-Clos, Dreux",
        "intervenante : H. TESSIER\ncafé d'accueil",
        keys=key,
    )
    hand.clash("INTERVENANT", date(YEAR, 10, 4), "Deux sites du 28 l'ont retenue le même matin.", a, b)

    key = ("speaker:Philippe Aubry",)
    a = hand.add(
        "I5a",
        "Châteauroux",
        "Conférence métiers verts en Indre",
        _at(11, 29, "17:00"),
        _at(11, 29, "19:00"),
        "Chapelle des Rédemptoristes, Châteauroux",
        "Intervenants : Philippe Aubry et Mme Gaultier (DREETS)\nThème : transition écologique",
        keys=key,
    )
    b = hand.add(
        "I5b",
        "Bourges",
        "Café découverte énergie",
        _at(11, 29, "16:00"),
        _at(11, 29, "18:00"),
        "Médiathèque des Gibjoncs, Bourges",
        "Intervenant : Ph. Aubry",
        keys=key,
    )
    hand.clash("INTERVENANT", date(YEAR, 11, 29), "Deux réseaux voisins, le même conférencier.", a, b)

    key = ("speaker:Nadia Lemoine",)
    a = hand.add(
        "T1a",
        "Châteauroux",
        "Atelier égalité pro",
        _at(3, 8, "09:00"),
        _at(3, 8, "12:00"),
        "Cité du numérique, Châteauroux",
        "Intervenante : Nadia Lemoine",
        keys=key,
    )
    b = hand.add(
        "T1b",
        "Chartres",
        "[Chartres] Table ronde métiers sans préjugés",
        _at(3, 8, "13:30"),
        _at(3, 8, "16:30"),
        "Maison Saint-Yves, salle Fulbert, Chartres",
        "Intervenante : N. Lemoine",
        keys=key,
    )
    hand.clash("TRAJET", date(YEAR, 3, 8), "Châteauroux à midi, Chartres à 13 h 30 : plus de 200 km.", a, b)

    key = ("speaker:Julien Carpentier",)
    a = hand.add(
        "T2a",
        "Montargis",
        "[Montargis] Rencontre logistique",
        _at(5, 12, "09:30"),
        _at(5, 12, "12:00"),
        "Pôle entrepreneurial, Montargis",
        "Intervenant : Julien Carpentier",
        keys=key,
    )
    b = hand.add(
        "T2b",
        "Tours",
        "Les coulisses de la supply chain",
        _at(5, 12, "13:00"),
        _at(5, 12, "15:00"),
        "Hôtel Consulaire, 4 bis rue Jules Favre, Tours",
        "Intervenant : Julien Carpentier",
        keys=key,
    )
    hand.clash("TRAJET", date(YEAR, 5, 12), "Une heure pour aller de Montargis à Tours.", a, b)

    key = ("speaker:Sophie Marchand",)
    a = hand.add(
        "T3a",
        "Bourges",
        "Atelier gestion du stress",
        _at(9, 22, "14:00"),
        _at(9, 22, "17:00"),
        "Carré d'Auron, salle 4, Bourges",
        "Intervenante : Sophie Marchand",
        keys=key,
    )
    b = hand.add(
        "T3b",
        "Blois",
        "Soirée « changer de voie »",
        _at(9, 22, "17:30"),
        _at(9, 22, "19:00"),
        "Halle aux grains, place de la République, 41000 Blois",
        "Intervenante : S. Marchand\nPublic : salariés",
        keys=key,
    )
    hand.clash("TRAJET", date(YEAR, 9, 22), "Une demi-heure entre Bourges et Blois.", a, b)

    key = ("speaker:André Chauvet",)
    a = hand.add(
        "T4a",
        "Tours",
        "Petit-déjeuner avec André Chauvet",
        _at(12, 8, "09:00"),
        _at(12, 8, "11:30"),
        "Maison de l'emploi, 5 rue Édouard Vaillant, Tours",
        "Public : membres du SPRO",
        keys=key,
    )
    b = hand.add(
        "T4b",
        "Dreux",
        "[Dreux] Rencontre A.Chauvet",
        _at(12, 8, "12:30"),
        _at(12, 8, "14:30"),
        "Campus connecté, 5 rue Jean-Louis Chanoine, Dreux",
        "repas partagé",
        keys=key,
    )
    hand.clash("TRAJET", date(YEAR, 12, 8), "Une heure entre Tours et Dreux.", a, b)


def _plant_partners(hand: _Hand) -> None:
    """PARTENAIRE: a touring team or equipment promised twice."""
    key = ("tour:Klub Extraordinaire",)
    a = hand.add(
        "P1a",
        "Montargis",
        "[Montargis] Le Klub s'installe place de la République",
        date(YEAR, 6, 9),
        date(YEAR, 6, 11),
        "Salle des fêtes, place de la République, 45200 Montargis",
        "Public : jeunes\n6 classes par jour",
        keys=key,
    )
    b = hand.add(
        "P1b",
        "Blois",
        "Klub Extraordinaire à Contres",
        _at(6, 10, "09:00"),
        _at(6, 10, "17:00"),
        "Contres",
        "Salle à confirmer par la mairie",
        keys=key,
    )
    hand.clash("PARTENAIRE", date(YEAR, 6, 10), "Le Klub est encore à Montargis quand Contres l'attend.", a, b)

    key = ("tour:Bus de l'orientation",)
    a = hand.add(
        "P2a",
        "Bourges",
        "Bus de l'orientation place Séraucourt",
        _at(10, 6, "09:30"),
        _at(10, 6, "16:30"),
        "Place Séraucourt, Bourges",
        "Public : jeunes",
        keys=key,
    )
    b = hand.add(
        "P2b",
        "Châteauroux",
        "Escale emploi à Belle-Isle",
        _at(10, 6, "13:30"),
        _at(10, 6, "17:00"),
        "Parking de Belle-Isle, Châteauroux",
        "Partenaire : Bus Orientation Région",
        keys=key,
    )
    hand.clash("PARTENAIRE", date(YEAR, 10, 6), "Le bus a été promis au 18 et au 36.", a, b)

    key = ("tour:Casques de réalité virtuelle",)
    a = hand.add(
        "P3a",
        "Tours",
        "Essayer un métier en immersion",
        _at(5, 17, "14:00"),
        _at(5, 17, "17:00"),
        "Bibliothèque centrale, Tours",
        "Partenaire : casques VR\nCréneaux de 20 min",
        keys=key,
    )
    b = hand.add(
        "P3b",
        "Chartres",
        "[Chartres] Immersion métiers du bâtiment",
        _at(5, 17, "13:30"),
        _at(5, 17, "16:30"),
        "Maison pour tous de la Madeleine, Chartres",
        "Partenaires : Casques de réalité virtuelle, CMA",
        keys=key,
    )
    hand.clash("PARTENAIRE", date(YEAR, 5, 17), "Un seul lot de casques pour deux après-midi.", a, b)

    key = ("tour:Escape game Mission métiers",)
    a = hand.add(
        "P4a",
        "Pithiviers",
        "[Pithiviers] Escape game métiers",
        _at(11, 24, "09:00"),
        _at(11, 24, "12:00"),
        "Centre social Éclat, Pithiviers",
        "4 groupes de 6",
        keys=key,
    )
    b = hand.add(
        "P4b",
        "Dreux",
        "[Dreux] Mission métiers : on joue !",
        _at(11, 24, "10:00"),
        _at(11, 24, "16:00"),
        "Le Dianetum, Dreux",
        "Public : collégiens",
        keys=key,
    )
    hand.clash("PARTENAIRE", date(YEAR, 11, 24), "Le jeu, en un seul exemplaire, est annoncé deux fois.", a, b)


def _plant_publics(hand: _Hand) -> None:
    """PUBLIC: the same people invited twice at once."""
    a = hand.add(
        "U1a",
        "Orléans",
        "[Orléans] Outils numériques du conseiller",
        _at(1, 27, "09:30"),
        _at(1, 27, "12:30"),
        "CRIJ, 3 rue de la Cholerie, Orléans",
        "Public : conseillers SPRO",
    )
    b = hand.add(
        "U1b",
        "Pithiviers",
        "[Pithiviers] Nous connaissons-nous vraiment ? (1)",
        _at(1, 27, "10:00"),
        _at(1, 27, "12:00"),
        "Maison des entreprises, Pithiviers",
        "Public : conseillers\nApporter son agenda",
    )
    hand.clash("PUBLIC", date(YEAR, 1, 27), "Les conseillers du 45 sont conviés à deux endroits.", a, b)

    a = hand.add(
        "U2a",
        "Dreux",
        "[Dreux] Visio outils de communication",
        _at(6, 16, "14:00"),
        _at(6, 16, "15:30"),
        "Teams",
        "Public : coordonnateurs",
    )
    b = hand.add(
        "U2b",
        "Châteaudun",
        "[Châteaudun] Formation à l'agenda partagé",
        _at(6, 16, "14:30"),
        _at(6, 16, "16:30"),
        "Maison des services publics, salle B, Châteaudun",
        "Public : coordos",
    )
    hand.clash("PUBLIC", date(YEAR, 6, 16), "Les coordonnateurs du 28 ont deux invitations.", a, b)

    a = hand.add(
        "U3a",
        "Tours",
        "Atelier mobilité internationale",
        _at(9, 20, "14:00"),
        _at(9, 20, "16:00"),
        "CIO de Tours, 1 rue Gutenberg, 37000 Tours",
        "Public : jeunes",
    )
    b = hand.add(
        "U3b",
        "Tours",
        "Rallye de la formation",
        _at(9, 20, "13:30"),
        _at(9, 20, "17:00"),
        "Centre social Pluriel(le)s, Tours",
        "Public : jeunes\ngoûter offert",
    )
    hand.clash("PUBLIC", date(YEAR, 9, 20), "Deux actions pour les jeunes de Tours, le même après-midi.", a, b)

    a = hand.add(
        "U4a",
        "Bourges",
        "Découverte des formations sanitaires",
        _at(3, 29, "09:00"),
        _at(3, 29, "12:00"),
        "Centre de congrès Rives d'Auron, Bourges",
        "Public : lycéens\nThème : santé",
    )
    b = hand.add(
        "U4b",
        "Bourges",
        "Visite d'entreprise (terminales pro)",
        _at(3, 29, "10:00"),
        _at(3, 29, "12:00"),
        "MBDA, Bourges",
        "Public : lycéens, enseignants",
    )
    hand.clash("PUBLIC", date(YEAR, 3, 29), "Les mêmes lycéens de Bourges, le même matin.", a, b)

    a = hand.add(
        "U5a",
        "Blois",
        "Webinaire droits à la formation",
        _at(11, 8, "12:30"),
        _at(11, 8, "13:30"),
        "webinaire",
        "Public : salariés\nOuvert à : 37, 45",
    )
    b = hand.add(
        "U5b",
        "Tours",
        "Webinaire transitions collectives",
        _at(11, 8, "12:30"),
        _at(11, 8, "14:00"),
        "À distance",
        "Public : publics salariés\n" + _A_TOUS,
    )
    hand.clash("PUBLIC", date(YEAR, 11, 8), "Deux webinaires pour les salariés, ouverts l'un à l'autre.", a, b)


def _plant_highlights(hand: _Hand) -> None:
    """TEMPS-FORT: something put on a regional highlight."""
    a = hand.add(
        "H1a",
        "region",
        "Journée régionale de l'orientation",
        date(YEAR, 3, 22),
        date(YEAR, 3, 23),
        "CO'Met, rue du Président Schuman, 45100 Orléans",
        "Tous les réseaux y tiennent un stand.\n" + _A_TOUS,
        keys=("room:CO'Met, rue du Président Schuman, 45100 Orléans",),
    )
    b = hand.add(
        "H1b",
        "Bourges",
        "Forum des métiers de l'artisanat",
        _at(3, 22, "10:00"),
        _at(3, 22, "17:00"),
        "Pavillon d'Auron, Bourges",
        "Partenaire : CMA",
        keys=("room:Pavillon d'Auron, Bourges",),
    )
    hand.clash("TEMPS-FORT", date(YEAR, 3, 22), "Un forum du 18 le jour du rendez-vous régional.", a, b)

    a = hand.add(
        "H2a",
        "region",
        "Séminaire SPRO : bilan et perspectives",
        _at(6, 14, "09:30"),
        _at(6, 14, "16:30"),
        "Conseil régional, hémicycle",
        "Public : coordonnateurs, conseillers",
        keys=("room:hemicycle",),
    )
    b = hand.add(
        "H2b",
        "Blois",
        "Rencontre des entreprises du bassin",
        _at(6, 14, "14:00"),
        _at(6, 14, "17:00"),
        "CCI 41, 16 rue de la Vallée Maillard, Blois",
        "Public : employeurs",
    )
    hand.clash("TEMPS-FORT", date(YEAR, 6, 14), "Le 41 reçoit des entreprises pendant le séminaire.", a, b)

    a = hand.add(
        "H3a",
        "Châteauroux",
        "Restitution Day Tripper",
        _at(9, 27, "14:00"),
        _at(9, 27, "17:00"),
        "Mach 36, Châteauroux",
        "Temps fort : oui\nPublic : coordonnateurs\n" + _A_TOUS,
    )
    b = hand.add(
        "H3b",
        "Tours",
        "Conférence métiers du soin",
        _at(9, 27, "14:30"),
        _at(9, 27, "16:30"),
        "Palais des congrès Vinci, Tours",
        "Thème : santé",
    )
    hand.clash("TEMPS-FORT", date(YEAR, 9, 27), "Une conférence du 37 pendant la restitution du 36.", a, b)

    a = hand.add(
        "H4a",
        "region",
        "Lancement du portail régional de l'orientation",
        _at(11, 17, "10:00"),
        _at(11, 17, "12:00"),
        "Visio",
        "Lien envoyé la veille\n" + _A_TOUS,
    )
    b = hand.add(
        "H4b",
        "Montargis",
        "[Montargis] Matinée bâtiment et travaux publics",
        _at(11, 17, "09:00"),
        _at(11, 17, "12:00"),
        "GRETA, salle 12, Montargis",
        "Thème : bâtiment\nPublic : demandeurs d'emploi",
    )
    hand.clash("TEMPS-FORT", date(YEAR, 11, 17), "Une matinée de Montargis pendant le lancement régional.", a, b)


def _plant_sites(hand: _Hand) -> None:
    """SITES: the sites of one network compete."""
    tags = [
        hand.add(
            f"S1{name}",
            name,
            f"[{name}] Hackathon de l'orientation",
            date(YEAR, 10, 13),
            date(YEAR, 10, 15),
            where,
            "6 défis, 2 jours",
            keys=(f"room:{where}",),
        )
        for name, where in (
            ("Chartres", "Collégiale Saint-André, Chartres"),
            ("Dreux", "Espace Dagobert, Dreux"),
            ("Châteaudun", "Salle Gérard Philipe, Châteaudun"),
        )
    ]
    hand.clash("SITES", date(YEAR, 10, 13), "Le hackathon des trois sites : même action ?", *tags)

    a = hand.add(
        "S2a",
        "Orléans",
        "[Orléans] Découvrir la cybersécurité",
        _at(2, 24, "14:00"),
        _at(2, 24, "16:00"),
        "Lab'O, avenue du Champ de Mars, Orléans",
        "Public : étudiants",
    )
    b = hand.add(
        "S2b",
        "Montargis",
        "[Montargis] Les métiers de la cyber",
        _at(2, 24, "09:30"),
        _at(2, 24, "11:30"),
        "Maison de la Forêt, Montargis",
        "Thème : cyber-sécurité\nPublic : jeunes",
    )
    hand.clash("SITES", date(YEAR, 2, 24), "Deux sites du 45 sur la cybersécurité, sans s'être parlé.", a, b)

    a = hand.add(
        "S3a",
        "Chartres",
        "[Chartres] Forum de l'apprentissage",
        _at(4, 28, "09:00"),
        _at(4, 28, "17:00"),
        "Chartrexpo, avenue Jean Mermoz, 28000 Chartres",
        "40 CFA et entreprises",
        keys=("room:Chartrexpo, avenue Jean Mermoz, 28000 Chartres",),
    )
    b = hand.add(
        "S3b",
        "Dreux",
        "[Dreux] Portes ouvertes du Campus connecté",
        _at(4, 28, "14:00"),
        _at(4, 28, "18:00"),
        "Campus connecté, 5 rue Jean-Louis Chanoine, Dreux",
        "Entrée libre",
    )
    hand.clash("SITES", date(YEAR, 4, 28), "Deux événements publics du 28 le même jour.", a, b)

    a = hand.add(
        "S4a",
        "Pithiviers",
        "[Pithiviers] Visite de la plateforme Amazon",
        _at(9, 29, "09:00"),
        _at(9, 29, "12:00"),
        "Pithiviers",
        "Public : demandeurs d'emploi\nCar devant la gare 8h30",
    )
    b = hand.add(
        "S4b",
        "Orléans",
        "[Orléans] Après-midi aides à la mobilité",
        _at(9, 29, "14:00"),
        _at(9, 29, "16:30"),
        "Maison de l'emploi, salle Loire, Orléans",
        "Public : demandeurs d'emploi",
    )
    hand.clash("SITES", date(YEAR, 9, 29), "Deux sites du 45 convient les demandeurs d'emploi ce jour-là.", a, b)


def _plant_calendar(hand: _Hand) -> None:
    """CALENDRIER and PERIODE: a date that nobody checked against the calendar."""
    a = hand.add(
        "C1",
        "Châteauroux",
        "Forum jobs d'été",
        _at(2, 16, "10:00"),
        _at(2, 16, "17:00"),
        "Hall des expositions de Belle-Isle, 36000 Châteauroux",
        "Public : jeunes",
        keys=("room:Hall des expositions de Belle-Isle, 36000 Châteauroux",),
    )
    hand.clash("CALENDRIER", date(YEAR, 2, 16), "Un forum pendant les vacances d'hiver.", a)
    a = hand.add(
        "C2",
        "Tours",
        "Intervention au lycée Grandmont (1res)",
        _at(4, 12, "10:00"),
        _at(4, 12, "12:00"),
        "Lycée Grandmont, avenue de Sévigné, Tours",
        "Public : lycéens",
        real=False,
    )
    hand.clash("CALENDRIER", date(YEAR, 4, 12), "Des lycéens pendant les vacances de printemps.", a)
    a = hand.add(
        "C3",
        "Bourges",
        "Atelier découverte des métiers de la logistique",
        _at(11, 11, "09:00"),
        _at(11, 11, "12:00"),
        "CMA du Cher, 15 rue Henri Dunant, Bourges",
        "",
    )
    hand.clash("CALENDRIER", date(YEAR, 11, 11), "Un atelier posé le 11 novembre.", a)
    a = hand.add(
        "C4",
        "Blois",
        "Salon de l'alternance",
        date(YEAR, 10, 1),
        date(YEAR, 10, 3),
        "Halle aux grains, place de la République, 41000 Blois",
        "samedi et dimanche",
        keys=("room:Halle aux grains, place de la République, 41000 Blois",),
    )
    hand.clash("CALENDRIER", date(YEAR, 10, 1), "Un salon de deux jours, dont un dimanche.", a)
    a = hand.add(
        "C5",
        "Tours",
        "Atelier découverte des métiers du soin",
        _at(6, 6, "09:30"),
        _at(6, 6, "12:00"),
        "CMA 37, 36 route de Saint-Avertin, Tours",
        "Thème : santé",
    )
    hand.clash("CALENDRIER", date(YEAR, 6, 6), "Posé un lundi sans voir que c'est la Pentecôte.", a)

    a = hand.add(
        "D1",
        "Blois",
        "Job dating hôtellerie",
        _at(7, 1, "09:00"),
        _at(7, 1, "12:00"),
        "Maison de l'emploi, 15 avenue de Vendôme, Blois",
        "Partenaire : Pôle emploi",
    )
    hand.clash("PERIODE", date(YEAR, 7, 1), "Un job dating pendant la session plénière, sans élu possible.", a)
    a = hand.add(
        "D2",
        "Tours",
        "Conférence transition numérique",
        _at(10, 18, "17:00"),
        _at(10, 18, "19:00"),
        "Palais des congrès Vinci, Tours",
        "Navette depuis la gare",
    )
    hand.clash("PERIODE", date(YEAR, 10, 18), "Une conférence le jour de la grève des transports.", a)
    a = hand.add(
        "D3",
        "Châteauroux",
        "Journée découverte de l'aéronautique",
        _at(11, 23, "09:30"),
        _at(11, 23, "16:30"),
        "AFPA, rue du Rondeau, Châteauroux",
        "",
    )
    hand.clash("PERIODE", date(YEAR, 11, 23), "En pleine Semaine de l'industrie, les entreprises sont prises.", a)
    a = hand.add(
        "D4",
        "Bourges",
        "Conférence handicap et emploi",
        _at(11, 16, "14:00"),
        _at(11, 16, "16:30"),
        "Palais d'Auron, 7 boulevard Lamarck, 18000 Bourges",
        "Thème : handicap\nPartenaire : Cap emploi",
    )
    hand.clash("PERIODE", date(YEAR, 11, 16), "Pendant la semaine pour l'emploi des personnes handicapées.", a)


def _decoys(hand: _Hand) -> None:
    """What looks like a clash and is none: feasible drives, touching hours, rooms side by side; regional meetings."""
    key = ("speaker:Karim Benali",)
    hand.add(
        "X1a",
        "Orléans",
        "[Orléans] Créer son activité",
        _at(2, 3, "09:00"),
        _at(2, 3, "11:00"),
        "Maison de l'emploi, salle Loire, Orléans",
        "Intervenant : Karim Benali",
        keys=key,
    )
    hand.add(
        "X1b",
        "Blois",
        "Financer son projet",
        _at(2, 3, "14:00"),
        _at(2, 3, "17:00"),
        "CCI 41, 16 rue de la Vallée Maillard, Blois",
        "Intervenant : K. Benali",
        keys=key,
    )
    key = ("speaker:Hélène Tessier",)
    hand.add(
        "X2a",
        "Tours",
        "Atelier VAE (matin)",
        _at(5, 31, "09:00"),
        _at(5, 31, "12:00"),
        "CMA 37, 36 route de Saint-Avertin, Tours",
        "Intervenante : Hélène Tessier",
        keys=key,
    )
    hand.add(
        "X2b",
        "Tours",
        "Atelier VAE (après-midi)",
        _at(5, 31, "13:30"),
        _at(5, 31, "16:30"),
        "CMA 37, 36 route de Saint-Avertin, Tours",
        "Intervenante : Hélène Tessier",
        keys=key,
    )
    key = ("room:Médiathèque L'Apostrophe, Chartres",)
    hand.add(
        "X3a",
        "Chartres",
        "[Chartres] Atelier CV",
        _at(6, 21, "09:00"),
        _at(6, 21, "12:00"),
        "Médiathèque L'Apostrophe, Chartres",
        "Public : demandeurs d'emploi",
        real=False,
        keys=key,
    )
    hand.add(
        "X3b",
        "Chartres",
        "[Chartres] Info collective formation",
        _at(6, 21, "12:00"),
        _at(6, 21, "13:30"),
        "Médiathèque L'Apostrophe, Chartres",
        "Public : demandeurs d'emploi",
        real=False,
        keys=key,
    )
    hand.add(
        "X4a",
        "Dreux",
        "[Dreux] Entretiens individuels",
        _at(10, 11, "09:00"),
        _at(10, 11, "12:00"),
        "Mission locale de Dreux, salle 1",
        "",
        real=False,
        keys=("room:Dreux:ml:salle 1",),
    )
    hand.add(
        "X4b",
        "Dreux",
        "[Dreux] Atelier CV",
        _at(10, 11, "09:00"),
        _at(10, 11, "12:00"),
        "Mission locale de Dreux, salle 3",
        "",
        real=False,
        keys=("room:Dreux:ml:salle 3",),
    )
    hand.add(
        "X5",
        "Dreux",
        "[Dreux] Intelligence identifiée, après le Klub",
        _at(6, 10, "09:30"),
        _at(6, 10, "11:30"),
        "Maison de proximité La Croix Tiénac, Dreux",
        "Partenaire : aucun",
    )
    for index, (month, day, title, where) in enumerate(
        (
            (1, 25, "Réunion régionale des coordonnateurs SPRO", "Conseil régional (salle Lentin)"),
            (4, 5, "Réunion régionale des coordonnateurs SPRO", "Teams"),
            (7, 5, "Réunion régionale des coordonnateurs SPRO", "Conseil régional (salle Lentin)"),
            (12, 13, "Réunion régionale des coordonnateurs SPRO", "Conseil régional (salle Lentin)"),
            (2, 10, "Groupe de travail communication", "Visio"),
            (5, 24, "Comité de suivi évaluation du SPRO", "Visio"),
        )
    ):
        hand.add(
            f"R{index}",
            "region",
            title,
            _at(month, day, "09:30"),
            _at(month, day, "12:30"),
            where,
            "",
            real=False,
            keys=("room:lentin",) if "Lentin" in where else (),
        )
    hand.add(
        "R8",
        "region",
        "Professionnalisation GIP ALFA : écoute active",
        _at(10, 20, "09:00"),
        _at(10, 20, "12:00"),
        "À distance",
        "Public : conseillers, coordonnateurs",
    )


# --------------------------------------------------------------------------------------------------- natural: templates
@dataclass(frozen=True, slots=True, kw_only=True)
class _Template:
    """What a kind of entry is called, where, how long and for whom. Publics and themes are lines, sometimes written."""

    titles: tuple[str, ...]
    where: str  # office, booth, room, venue, school, online
    hours: tuple[float, ...]
    public: tuple[str, ...] = ()
    theme: str = ""
    weight: float = 1.0
    series: bool = False
    school: bool = False
    large: bool = False  # forum or salon: never in school holidays; may be all-day or on a Saturday
    notes: tuple[str, ...] = ()


_DEMANDEURS: Final = ("demandeurs d'emploi",)
_ROUTINE: Final[tuple[_Template, ...]] = (
    _Template(
        titles=(
            "Permanence CEP",
            "Permanence SPRO",
            "permanence",
            "Permanence conseil en évolution pro",
            "Perm. CEP",
            "Permanence sans RDV",
            "Permanances CEP",
        ),
        where="booth",
        hours=(2, 2.5, 3),
        weight=2.4,
        series=True,
        notes=("Sans rendez-vous", "Prévenir l'accueil en cas d'absence", "Bureau du fond", ""),
    ),
    _Template(
        titles=(
            "Entretiens individuels",
            "Entretien tripartite",
            "Entretiens CEP",
            "RDV individuels",
            "Entretien conseil M. D.",
            "entretiens suivi",
            "Entretiens de positionnement",
        ),
        where="booth",
        hours=(1, 2, 3),
        weight=1.8,
        series=True,
        notes=("4 créneaux", "dossier à imprimer", "confidentiel", ""),
    ),
    _Template(
        titles=(
            "Atelier CV",
            "Atelier CV",
            "atelier cv",
            "ATELIER CV",
            "Atelier C.V.",
            "Atelier CV / LM",
            "Atelier CV et lettre de motivation",
            "Atelier techniques de recherche d'emploi",
            "Atelier TRE",
            "Atelier simulation d'entretien",
        ),
        where="room",
        hours=(2, 2.5, 3),
        public=("demandeurs d'emploi", "jeunes"),
        weight=2.2,
        series=True,
        notes=("8 places", "Venir avec son CV sur clé USB", "Inscriptions à l'accueil", "complet !"),
    ),
    _Template(
        titles=("Réunion d'équipe", "Reunion équipe", "Réunion hebdo", "Réunion d'équipe SPRO", "REUNION EQUIPE"),
        where="office",
        hours=(1, 1.5, 2),
        weight=1.6,
        series=True,
        notes=("ODJ : planning, actions en cours", "", "CR à faire tourner"),
    ),
    _Template(
        titles=(
            "Point partenaires",
            "Point avec la Mission locale",
            "Point tel France Travail",
            "Pt partenaires",
            "Point d'étape projet",
            "Point mensuel CIO",
            "Point Cap emploi",
        ),
        where="office",
        hours=(0.5, 1, 1.5),
        weight=1.4,
        series=True,
        notes=("", "à confirmer", "voir mail"),
    ),
    _Template(
        titles=(
            "Comité technique",
            "Comité local de l'emploi",
            "COTECH",
            "Cotech SPRO",
            "Comité de suivi",
            "COPIL SPRO",
            "Comité de pilotage",
            "Cotech préparation forum",
        ),
        where="room",
        hours=(1.5, 2, 3),
        weight=1.0,
        notes=("Doc de travail à envoyer avant", "", "OJ joint"),
    ),
    _Template(
        titles=(
            "Visio Région",
            "Visio SPRO",
            "Visio GIP ALFA",
            "Visio inter-réseaux",
            "Visio coordonnateurs",
            "visio partenaires",
            "Réunion visio projet",
        ),
        where="online",
        hours=(1, 1.5, 2),
        weight=1.1,
        notes=("Lien dans le mail", "", "caméra allumée svp"),
    ),
    _Template(
        titles=(
            "Job coaching",
            "Job-coaching",
            "Job coaching séance 2",
            "Job-coaching groupe 2",
            "job coaching individuel",
        ),
        where="booth",
        hours=(1, 1.5, 2),
        public=_DEMANDEURS,
        weight=1.1,
        series=True,
        notes=("", "groupe de 6"),
    ),
    _Template(
        titles=(
            "Visite {school}",
            "Intervention {school}",
            "Intervention classe de 2nde {school}",
            "Présentation SPRO {school}",
            "RDV proviseur {school}",
            "Intervention 3e {school}",
        ),
        where="school",
        hours=(1, 2, 3),
        weight=1.1,
        school=True,
        notes=("Se présenter à la vie scolaire", "2 classes", "prévoir plaquettes", ""),
    ),
    _Template(
        titles=(
            "Information collective",
            "Info coll",
            "Info coll. formation",
            "Information collective formation",
            "Réunion d'information dispositifs Région",
            "Info collective Mission locale",
            "Info coll France Travail",
            "Séance d'information CIO",
        ),
        where="room",
        hours=(1, 1.5, 2),
        public=("demandeurs d'emploi", "jeunes", "tout public"),
        weight=1.6,
        series=True,
        notes=("15 pers max", "Inscription obligatoire", "", "diapo à jour sur le serveur"),
    ),
    _Template(
        titles=(
            "Atelier inscription Parcoursup",
            "Accueil orientation",
            "Atelier découverte des métiers",
            "Atelier intérêts professionnels",
            "Séance Inforizon",
            "Atelier valeurs et compétences",
        ),
        where="room",
        hours=(1.5, 2, 3),
        public=("jeunes", "tout public"),
        weight=1.0,
        series=True,
        notes=("6 places", "", "Animé à deux voix"),
    ),
)


def _action(
    title: str,
    where: str,
    public: str = "",
    theme: str = "",
    *,
    hours: float = 3,
    large: bool = False,
    school: bool = False,
) -> _Template:
    """The template of one real action."""
    publics = (public,) if public else ()
    return _Template(
        titles=(title,), where=where, hours=(hours,), public=publics, theme=theme, large=large, school=school
    )


_ACTIONS: Final[tuple[_Template, ...]] = (
    _action("Forum de l'emploi", "venue", "tout public", hours=7, large=True),
    _action("Forum des métiers", "venue", "collégiens", hours=7, large=True, school=True),
    _action("Forum alternance", "venue", "jeunes", hours=6, large=True),
    _action("Forum de la formation", "venue", "tout public", hours=6, large=True),
    _action("Salon de l'orientation", "venue", "lycéens", hours=8, large=True, school=True),
    _action("Job dating restauration", "venue", "demandeurs d'emploi", "hôtellerie-restauration"),
    _action("Job dating aide à domicile", "room", "demandeurs d'emploi", "services à la personne"),
    _action("Job dating transport", "venue", "", "transport et logistique"),
    _action("Journée apprentissage", "venue", "jeunes", "apprentissage", hours=7),
    _action("Journée de la formation professionnelle", "venue", "", "formation professionnelle", hours=7),
    _action("Journée découverte des métiers verts", "room", "tout public", "transition écologique", hours=6),
    _action("Portes ouvertes du centre de formation", "room", "tout public", hours=4),
    _action("Conférence « Et si je changeais de métier ? »", "venue", "salariés", hours=2),
    _action("Conférence sur l'avenir du travail", "venue", "", hours=2),
    _action("Conférence intelligences multiples", "venue", "membres du SPRO", "intelligences multiples", hours=2),
    _action("Conférence-débat métiers de la santé", "venue", "lycéens", "santé", hours=2, school=True),
    _action("Webinaire compte personnel de formation", "online", "salariés", hours=1),
    _action("Webinaire VAE : mode d'emploi", "online", "salariés", hours=1.5),
    _action("Webinaire cybersécurité", "online", "étudiants", hours=1.5),
    _action("Webinaire CEP : à quoi ça sert ?", "online", "salariés", hours=1),
    _action("Webinaire aides à l'embauche", "online", "employeurs", hours=1),
    _action("Webinaire service civique", "online", "jeunes", hours=1),
    _action("Les métiers de l'agriculture", "room", "demandeurs d'emploi", hours=3),
    _action("Les métiers de la cosmétique", "room", "jeunes"),
    _action("Les métiers du bâtiment au féminin", "room", "demandeurs d'emploi"),
    _action("Les métiers du numérique : idées reçues", "room", "lycéens", school=True),
    _action("Rencontre avec les entreprises de l'industrie", "room", "demandeurs d'emploi", "industrie"),
    _action("Visite de l'usine", "field", "demandeurs d'emploi", "industrie"),
    _action("Visite du CFA", "field", "jeunes", "apprentissage"),
    _action("Visite de chantier BTP", "field", "collégiens", school=True),
    _action("Visite d'une exploitation agricole", "field", "jeunes", "agriculture"),
    _action("Atelier création d'entreprise", "room", "demandeurs d'emploi"),
    _action("Atelier entreprendre dans l'ESS", "room", "demandeurs d'emploi"),
    _action("Atelier LinkedIn", "room", "salariés"),
    _action("Atelier image de soi", "room", "jeunes"),
    _action("Atelier préparer sa reconversion", "room", "salariés"),
    _action("Atelier Parcoursup pour les parents", "room", "parents", hours=2),
    _action("Atelier jobs d'été", "room", "jeunes"),
    _action("Atelier mobilité : se déplacer pour travailler", "room", "demandeurs d'emploi", "mobilité"),
    _action("Atelier fabrication numérique", "room", "jeunes"),
    _action("Atelier arbre des talents", "room", "coordonnateurs"),
    _action("Nous connaissons-nous vraiment ?", "room", "conseillers"),
    _action("Formation des conseillers aux outils numériques", "room", "conseillers"),
    _action("Analyse de pratiques", "room", "conseillers"),
    _action("Petit-déjeuner des acteurs", "room", "membres du SPRO", hours=2),
    _action("Petit-déjeuner employeurs : recruter autrement", "room", "employeurs", hours=2),
    _action("Rallye des métiers", "field", "collégiens", hours=5, school=True),
    _action("Café des parents : l'orientation en 3e", "room", "parents", hours=2),
    _action("Stand SPRO au marché", "field", "tout public"),
    _action("Quinzaine de l'emploi : ouverture", "venue", "demandeurs d'emploi", hours=2),
    _action("Sensibilisation à l'illettrisme", "room", "conseillers", "illettrisme"),
    _action("Emploi et handicap : lever les freins", "room", "personnes en situation de handicap", "handicap"),
    _action("Ciné-débat sur le travail", "venue", "tout public", hours=2.5),
    _action("Présentation TransCo", "room", "employeurs", hours=2),
    _action("Découverte des métiers de la petite enfance", "room", "demandeurs d'emploi", "services à la personne"),
    _action("Speed meeting formation", "venue", "demandeurs d'emploi"),
    _action("Temps d'échange dispositifs jeunesse", "room", "conseillers"),
)

_TOURS: Final[tuple[tuple[str, str, str, str], ...]] = (  # partner, title, public, where
    ("Klub Extraordinaire", "Le Klub Extraordinaire à {site}", "jeunes", "venue"),
    ("Bus de l'orientation", "Bus de l'orientation à {site}", "tout public", "field"),
    ("Camion de l'industrie", "Camion de l'industrie", "lycéens", "field"),
    ("Casques de réalité virtuelle", "Les métiers en casques VR", "jeunes", "room"),
    ("Escape game Mission métiers", "Escape game métiers", "jeunes", "room"),
)

_ONLINE: Final = (
    "Teams",
    "Visio",
    "visio",
    "Réunion Microsoft Teams",
    "webinaire",
    "À distance",
    "en visio",
    "Zoom",
    "https://teams.microsoft.com/l/meetup-join/19%3ameeting_ZTk2",
    "https://visio.numerique.gouv.fr/spro",
)
_COLOURS: Final = (
    ("Catégorie rouge",),
    ("Catégorie bleue",),
    ("Catégorie verte",),
    ("Catégorie orange",),
    ("SPRO",),
    ("Important",),
    ("Réunion",),
    ("Catégorie jaune", "Public"),
    ("Déplacement",),
    ("À préparer",),
)
_NOTES: Final = (
    "Inscription auprès de l'accueil",
    "Salle réservée OK",
    "Prévoir vidéoprojecteur",
    "Affiche faite par Chloé",
    "café d'accueil 8h45",
    "Presse invitée",
    "Budget : voir devis",
    "Attention places limitées",
    "flyers à imprimer",
    "Relancer les partenaires 15 jours avant",
    "cf. compte rendu",
    "Confirmé par tel",
)
_UNKNOWN_SPEAKERS: Final = (
    "M. Roux (Chambre d'agriculture)",
    "Mme Petit (UIMM)",
    "une professionnelle du secteur",
    "Mme Garnier, CMA",
    "M. Leroy (OPCO)",
    "à confirmer",
)
_ROOMS: Final = ("salle 1", "salle 2", "salle 3", "salle de réunion", "salle informatique")
_STARTS: Final = (9.0, 9.0, 9.0, 9.5, 9.5, 10.0, 10.0, 10.5, 13.5, 14.0, 14.0, 14.0, 14.5, 15.0, 16.0)
_DAY_WEIGHT: Final = (0.9, 1.4, 0.8, 1.4, 0.7)


# ----------------------------------------------------------------------------------------------------- natural: writing
def _in_school_holidays(day: date) -> bool:
    """Whether zone B is on holiday."""
    return any(start <= day <= end for start, end in _SCHOOL_HOLIDAYS)


def _working_days(month: int) -> list[date]:
    """The working days of a month; the offices are closed between Christmas and New Year's Day."""
    day, days = date(YEAR, month, 1), []
    while day.month == month and day.year == YEAR:
        if day.weekday() < 5 and day not in _HOLIDAYS and not (month == 12 and day.day > 23):
            days.append(day)
        day += timedelta(days=1)
    return days


@dataclass(slots=True)
class _Writer:
    """Types entries as coordinators do: each method draws from the one generator."""

    rng: random.Random
    ledger: _Ledger
    highlights: tuple[date, ...]

    def natural(
        self, site: _Site, month: int, template: _Template, *, real: bool, series: bool = False, tour: str = ""
    ) -> _Draft:
        """One entry at a time when its room, its speaker and its partner are free."""
        for _ in range(400):
            draft = self._try(site, month, template, real=real, series=series, tour=tour)
            if draft is not None and self.ledger.free(draft.keys, _spans(draft)):
                self.ledger.take(draft.keys, _spans(draft))
                return draft
        raise RuntimeError(f"no free slot for {template.titles[0]} at {site.name} in month {month}")

    def _try(
        self, site: _Site, month: int, template: _Template, *, real: bool, series: bool, tour: str
    ) -> _Draft | None:
        """One entry at random, or nothing when the day does not suit it."""
        day = self._day(month, template, real=real)
        if day is None:
            return None
        start, end = self._hours(day, template, real=real)
        title = self.rng.choice(template.titles)
        location, keys = self._place(site, template.where)
        if template.where == "school":
            school, location = self.rng.choice(site.schools)
            title = title.format(school=school)
            if ("collège" in school and "2nde" in title) or ("lycée" in school and "3e" in title):
                return None
        lines = self._lines(site, template, title, real=real, tour=tour)
        keys += [f"speaker:{name}" for name in lines.speakers]
        keys += [f"tour:{tour}"] if tour else []
        keys.append(f"title:{site.name}:{_plain(title)}")
        rule = self._rule(start, month) if series else ""
        return _Draft(
            site=site.name,
            summary=self._title(site, title.format(site=site.name), location),
            start=start,
            end=end,
            location=location,
            description="\n".join(lines.text),
            rrule=rule,
            real=real,
            keys=tuple(keys),
            categories=self.rng.choice(_COLOURS) if self.rng.random() < 0.3 else (),
            status=self.rng.choices(("CONFIRMED", "TENTATIVE", "CANCELLED"), (0.92, 0.05, 0.03))[0],
        )

    def _day(self, month: int, template: _Template, *, real: bool) -> date | None:
        """A sensible day: no school in the holidays; a real action mostly keeps off the regional days."""
        days = _working_days(month)
        day = self.rng.choices(days, [_DAY_WEIGHT[item.weekday()] for item in days])[0]
        if template.large and self.rng.random() < 0.25:
            day += timedelta(days=5 - day.weekday())  # a Saturday
            if day.month != month or day in _HOLIDAYS:
                return None
        if (template.school or template.large) and _in_school_holidays(day) and month not in (7, 8):
            return None
        if month in (7, 8) and (template.school or template.large):
            return None
        if real and day in self.highlights and self.rng.random() < 0.5:
            return None
        return day

    def _hours(self, day: date, template: _Template, *, real: bool) -> tuple[datetime | date, datetime | date]:
        """Office hours; some forums and days are typed as all-day entries."""
        hours = self.rng.choice(template.hours)
        if real and hours >= 5 and self.rng.random() < 0.45:
            return day, day + timedelta(days=1)
        starts = [start for start in _STARTS if start + hours <= 18]
        start = 9.0 if not starts else self.rng.choice(starts)
        begin = datetime.combine(day, time()) + timedelta(hours=start)
        return begin, begin + timedelta(hours=hours)

    def _place(self, site: _Site, where: str) -> tuple[str, list[str]]:  # noqa: PLR0911  # one a way to write it
        """A LOCATION as people type it, and the room it books, if it books one."""
        rng, draw = self.rng, self.rng.random()
        if where == "online":
            return rng.choice(_ONLINE), []
        if where == "school":
            return "", []
        if where == "field":
            return rng.choice(("", site.name, f"{site.postcode} {site.name}", "à définir")), []
        if where == "venue":
            name = rng.choice(site.venues)
            return self._sloppy(name), [f"room:{name}"]
        if where == "office" and draw < 0.75:
            name = rng.choice((*_ONLINE, "", "", "au bureau", "téléphone", site.name))
            return name, [f"room:{site.name}:{name}"] if name in ("au bureau", "téléphone") else []
        if where == "booth" and draw < 0.2 and site.around:
            return rng.choice(site.around), []
        if draw > 0.92:
            return rng.choice(("", site.name, "à définir", site.name.upper())), []
        if where == "room" and rng.random() < 0.55:
            name = rng.choice(site.rooms)
            return self._sloppy(name), [f"room:{name}"]
        return self._building(site)

    def _building(self, site: _Site) -> tuple[str, list[str]]:
        """A building with several rooms; without a room, it books nothing."""
        kind, spellings = self.rng.choice(
            (
                (
                    "ml",
                    (
                        f"Mission locale {site.of}",
                        f"Mission locale {site.name}",
                        f"ML {site.name}",
                        f"Mission locale, {site.mission}, {site.postcode} {site.name}",
                    ),
                ),
                (
                    "ml",
                    (
                        f"Mission locale {site.of}",
                        f"Mission locale {site.name}",
                        f"ML {site.name}",
                        f"Mission locale, {site.mission}, {site.postcode} {site.name}",
                    ),
                ),
                (
                    "ft",
                    (
                        f"Agence France Travail {site.of}",
                        f"France Travail {site.name}",
                        f"Pôle emploi {site.name}",
                        f"Pole emploi {site.name}",
                    ),
                ),
                ("mairie", (f"Hôtel de ville {site.of}", f"Mairie {site.of}", f"mairie {site.name}")),
            )
        )
        name = self.rng.choice(spellings)
        if self.rng.random() < 0.5:
            return name, []
        room = self.rng.choice(_ROOMS)
        return name + self.rng.choice((f", {room}", f" ({room})", f" - {room}")), [f"room:{site.name}:{kind}:{room}"]

    def _sloppy(self, name: str) -> str:
        """The same place in capitals, without accents or with other punctuation, now and then."""
        draw = self.rng.random()
        if draw < 0.06:
            return name.upper()
        if draw < 0.12:
            return "".join(c for c in unicodedata.normalize("NFD", name) if not unicodedata.combining(c))
        return name.replace(", ", " - ") if draw < 0.18 else name

    def _title(self, site: _Site, title: str, location: str) -> str:
        """The title as typed: the site in a bracket where a network has several, and a slip now and then."""
        rng, several = self.rng, site.network in ("28", "45")
        draw = rng.random()
        if draw < 0.03:
            title = title.upper()
        elif draw < 0.06:
            title = "".join(c for c in unicodedata.normalize("NFD", title) if not unicodedata.combining(c))
        elif draw < 0.08:
            index = rng.randrange(1, max(2, len(title) - 1))
            title = title[:index] + title[index + 1 :]
        elif draw < 0.10:
            title = title + rng.choice((" !", "  ", " (à confirmer)", " - rappel"))
        if location in site.around:
            return f"[{location}] {title}" if rng.random() < 0.4 else title
        draw = rng.random()
        if draw < (0.86 if several else 0.3):
            return f"[{site.name}] {title}"
        return f"{site.name} - {title}" if draw > 0.95 else title

    def _lines(self, site: _Site, template: _Template, title: str, *, real: bool, tour: str) -> _Lines:
        """The description: a note, and the lines that the agenda reads, when people bother."""
        rng, text, speakers = self.rng, [], []
        note = rng.choice(template.notes or _NOTES)
        if note and rng.random() < 0.7:
            text.append(note)
        public = template.public
        if template.where == "school":
            public = ("collégiens",) if "collège" in title else ("lycéens",)
        if public and rng.random() < (0.7 if real else 0.45):
            text.append(f"{rng.choice(('Public', 'Public', 'public', 'Publics'))} : {rng.choice(public)}")
        if template.theme and rng.random() < 0.6:
            text.append(f"Thème : {template.theme}")
        if tour and rng.random() < 0.5:
            text.append(f"Partenaire : {tour}")
        if real and not tour and rng.random() < 0.3:
            if rng.random() < 0.5:
                name = rng.choice(("André Chauvet", *(name for name, _ in _SPEAKERS)))
                speakers.append(name)
                text.append(f"{rng.choice(('Intervenant', 'Intervenante', 'Intervenant(s)'))} : {name}")
            elif (name := rng.choice(_UNKNOWN_SPEAKERS)) == "à confirmer":
                text.append("Intervenant : à confirmer")
            else:
                speakers.append(name)
                text.append(f"Intervenant : {name}")
        if real and rng.random() < 0.25:
            text.append(
                f"Partenaire : {rng.choice(('Pôle emploi', 'Mission locale', 'CIO', 'Cap emploi', 'CMA', 'BGE'))}"
            )
        if template.where == "online" and real and rng.random() < 0.5:
            text.append(_A_TOUS)
        rng.shuffle(text)
        return _Lines(text=tuple(text), speakers=tuple(speakers))

    def _rule(self, start: datetime | date, month: int) -> str:
        """A weekly, fortnightly or monthly rule until the summer or Christmas."""
        weeks = max(3, min(12, 27 - int(start.strftime("%V"))) if month < 7 else 50 - int(start.strftime("%V")))
        day = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")[start.weekday()]
        draw = self.rng.random()
        if draw < 0.5:
            return f"FREQ=WEEKLY;COUNT={min(weeks, self.rng.choice((4, 6, 8, 10, 12)))}"
        if draw < 0.65:
            last = min(date(YEAR, 12, 16), _moment(start).date() + timedelta(weeks=weeks))
            return f"FREQ=WEEKLY;UNTIL={last:%Y%m%d}T220000Z"
        if draw < 0.8 or start.day > 28:
            return f"FREQ=WEEKLY;INTERVAL=2;COUNT={max(2, min(weeks // 2, self.rng.choice((3, 5, 6))))}"
        return f"FREQ=MONTHLY;BYDAY={(start.day - 1) // 7 + 1}{day};COUNT={max(2, min(5, weeks // 4))}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lines:
    """A description, and the speakers it announces."""

    text: tuple[str, ...]
    speakers: tuple[str, ...]


# ------------------------------------------------------------------------------------------------------------- the year
def _hand_made() -> _Hand:
    """Every entry written by hand: the planted clashes, the decoys and the regional meetings."""
    hand = _Hand()
    steps: tuple[Callable[[_Hand], None], ...] = (
        _plant_places,
        _plant_speakers,
        _plant_partners,
        _plant_publics,
        _plant_highlights,
        _plant_sites,
        _plant_calendar,
        _decoys,
    )
    for step in steps:
        step(hand)
    known = {_plain(room): room for site in _SITES for room in (*site.rooms, *site.venues)}
    hand.drafts[:] = [
        replace(draft, keys=(*draft.keys, f"room:{known[_plain(draft.location)]}"))
        if _plain(draft.location) in known and not any(key.startswith("room:") for key in draft.keys)
        else draft
        for draft in hand.drafts
    ]
    return hand


def _tours(rng: random.Random, hand: _Hand) -> list[tuple[str, int, tuple[str, str, str, str]]]:
    """Where each touring partner goes in the year: about one site a month, never two a day (the ledger sees to it)."""
    full = {(draft.site, draft.start.month) for draft in hand.drafts}
    stops = []
    for tour in _TOURS:
        for month in (1, 2, 3, 4, 5, 6, 9, 10, 11, 12):
            site = rng.choice(_SITES).name
            if rng.random() < 0.55 and (site, month) not in full:
                full.add((site, month))
                stops.append((site, month, tour))
    return stops


def _fill(writer: _Writer, rng: random.Random, hand: _Hand) -> list[_Draft]:
    """The natural entries that bring each site to six entries a month, of which two are real actions."""
    made = Counter((draft.site, draft.start.month, draft.real) for draft in hand.drafts)
    stops = _tours(rng, hand)
    drafts: list[_Draft] = []
    plan: list[tuple[_Site, int, _Template, bool, str]] = []
    for site in _SITES:
        deck: list[_Template] = []
        for month in range(1, 13):
            actions = max(0, 2 - made[site.name, month, True])
            routine = 6 - actions - made[site.name, month, True] - made[site.name, month, False]
            for place, when, (partner, title, public, where) in stops:
                if (place, when) == (site.name, month) and actions:
                    actions -= 1
                    template = _Template(
                        titles=(title,), where=where, hours=(3, 6), public=(public,), school=public == "lycéens"
                    )
                    plan.append((site, month, template, True, partner))
            for _ in range(actions):
                deck = deck or rng.sample(_ACTIONS, len(_ACTIONS))
                index = next(
                    (i for i, item in enumerate(deck) if month not in (7, 8) or not (item.school or item.large)), 0
                )
                plan.append((site, month, deck.pop(index), True, ""))
            for index in range(routine):
                templates = [item for item in _ROUTINE if month not in (7, 8) or not item.school]
                series = index == 0 and rng.random() < (0.9 if month in (1, 4, 9) else 0.3) and month not in (7, 8, 12)
                choice = [item for item in templates if item.series or not series]
                template = rng.choices(choice, [item.weight for item in choice])[0]
                plan.append((site, month, template, False, "series" if series else ""))
    plan.sort(key=lambda item: (item[4] != "series", not item[3]))  # series first, then real actions, then the rest
    for site, month, template, real, extra in plan:
        series = extra == "series"
        drafts.append(writer.natural(site, month, template, real=real, series=series, tour="" if series else extra))
    return drafts


def _slug(name: str) -> str:
    """A name fit for a UID."""
    return _plain(name).replace(" ", "-")


def dense_year(seed: int = 2022) -> Year:
    """The dense year for a seed: the hand-made entries are always the same, the natural ones follow the seed."""
    rng, hand, ledger = random.Random(seed), _hand_made(), _Ledger()
    for draft in hand.drafts:
        ledger.take((*draft.keys, f"title:{draft.site}:{_plain(draft.summary.split('] ')[-1])}"), _spans(draft))
    highlights = tuple(
        _moment(draft.start).date()
        for draft in hand.drafts
        if draft.site == "region" or "Temps fort : oui" in draft.description
    )
    drafts = [*hand.drafts, *_fill(_Writer(rng=rng, ledger=ledger, highlights=highlights), rng, hand)]
    drafts.sort(key=lambda draft: (draft.site, _moment(draft.start), draft.summary))
    events: list[Planned] = []
    members: dict[str, tuple[str, str]] = {}
    for number, draft in enumerate(drafts, 1):
        network = _BY_NAME[draft.site].network if draft.site in _BY_NAME else "region"
        uid = f"{_slug(draft.site)}-{number:04d}"
        if draft.tag:
            members[draft.tag] = (network, uid)
        events.append(
            Planned(
                network=network,
                uid=uid,
                summary=draft.summary,
                start=draft.start,
                end=draft.end,
                location=draft.location,
                description=draft.description,
                categories=draft.categories,
                rrule=draft.rrule,
                status=draft.status,
            )
        )
    events.sort(key=lambda event: (event.network, _moment(event.start), event.uid))
    planted = tuple(
        Planted(kind=kind, members=tuple(members[tag] for tag in tags), day=day, why=why)
        for kind, tags, day, why in sorted(hand.clashes, key=lambda item: item[2])
    )
    return Year(
        events=tuple(events),
        planted=planted,
        speakers=("André Chauvet", *(name for name, _ in _SPEAKERS)),
        partners=("Klub Extraordinaire", *(name for name, _, _ in _PARTNERS)),
        publics=tuple(name for name, *_ in _PUBLICS),
        places=tuple(name for name, *_ in _known_places()),
        region_additions=_region_additions(),
    )
