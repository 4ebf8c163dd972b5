"""How long the road between two towns is, from their coordinates: no map, no network.

Measured on the region's towns, a road is about 1.3 times the line through the air; départementales and motorways
together give about 70 km an hour, and parking takes ten minutes. A coordinator rounds just so.
"""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt

from spro_agenda.region.records import Town

LONGEST_DRIVE_S = 5 * 3600
"""No two towns of a region are further apart: occurrences further from each other are not looked at."""

_EARTH_KM = 6371.0
_DETOUR, _KM_H, _PARKING_S = 1.3, 70.0, 600.0


def drive_s(one: Town, other: Town) -> float:
    """The seconds that it takes from one town to another by car; 0 within a town."""
    if one.name == other.name and one.network == other.network:
        return 0.0
    return _air_km(one, other) * _DETOUR / _KM_H * 3600 + _PARKING_S


def _air_km(one: Town, other: Town) -> float:
    """The great circle, by the haversine formula."""
    a, b = radians(one.latitude), radians(other.latitude)
    across, along = (b - a) / 2, radians(other.longitude - one.longitude) / 2
    return 2 * _EARTH_KM * asin(sqrt(sin(across) ** 2 + cos(a) * cos(b) * sin(along) ** 2))
