"""A region's years, made up with a fixed seed: events in series of ten, at one density whatever their number.

Every week some fourteen events begin, each ten weeks long; so a larger world is a longer one, and not a denser one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

SEED = 41
TIMES = 10
"""Occurrences of an event, a week apart."""

A_WEEK = 14
"""Events that begin in one."""

_FIRST = datetime(2024, 1, 1)
_TOWNS = {
    "18": ("Bourges", "Vierzon"),
    "28": ("Chartres", "Dreux", "Châteaudun"),
    "36": ("Châteauroux", "Issoudun"),
    "37": ("Tours", "Chinon"),
    "41": ("Blois", "Vendôme"),
    "45": ("Orléans", "Montargis", "Pithiviers"),
}
_ROOMS = ("Salle du conseil", "Mission locale", "Espace emploi", "Lycée", "Maison des associations", "")
_TITLES = ("Atelier CV", "Forum des métiers", "Permanence", "Réunion d'équipe", "Visite d'entreprise", "Job dating")
_PUBLICS = ("", "", "", "collégiens", "demandeurs d'emploi", "conseillers")
_THEMES = ("", "", "alternance", "handicap", "numérique", "agriculture")


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """An event: its network, its UID, and its text."""

    network: str
    uid: str
    body: bytes


def world(events: int) -> Iterator[Made]:
    """So many events, the same ones first whatever their number."""
    random = Random(SEED)
    for number in range(events):
        network = random.choice(list(_TOWNS))
        town = random.choice(_TOWNS[network])
        begins = _FIRST + timedelta(weeks=number // A_WEEK, days=random.randrange(5))
        begins += timedelta(minutes=30 * random.randrange(16, 34))
        ends = begins + timedelta(minutes=30 * random.randint(2, 6))
        room, speaker = random.choice(_ROOMS), random.choice(("", "", f"Intervenante {random.randrange(40)}"))
        lines = (
            f"Intervenant : {speaker}" if speaker else "",
            f"Public : {public}" if (public := random.choice(_PUBLICS)) else "",
            f"Thème : {theme}" if (theme := random.choice(_THEMES)) else "",
            "Portée : action",
        )
        uid = f"{number:06}"
        properties = {
            "SUMMARY": random.choice(_TITLES),
            "LOCATION": f"{room}\\, {town}" if room else town,
            "DESCRIPTION": "\\n".join(filter(None, lines)),
            "DTSTART;TZID=Europe/Paris": f"{begins:%Y%m%dT%H%M%S}",
            "DTEND;TZID=Europe/Paris": f"{ends:%Y%m%dT%H%M%S}",
        }
        yield Made(network=network, uid=uid, body=_text(uid, properties))


def _text(uid: str, properties: Mapping[str, str]) -> bytes:
    written = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//SPRO//Bench//FR",
        "BEGIN:VEVENT",
        f"UID:{uid}",
        "DTSTAMP:20240101T000000Z",
        *(f"{name}:{value}" for name, value in properties.items()),
        f"RRULE:FREQ=WEEKLY;COUNT={TIMES}",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
    return "\r\n".join(written).encode()
