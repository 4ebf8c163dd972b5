"""Colours by the names that RFC 7986 section 5.9 wants in COLOR: those of CSS."""

from __future__ import annotations

from functools import cache

import webcolors


@cache
def css_name(colour: str) -> str:
    """The name of the CSS colour that is nearest to `#RRGGBB`."""
    wanted = webcolors.hex_to_rgb(colour)
    nearest: str = min(
        webcolors.names(webcolors.CSS3), key=lambda name: (_distance(wanted, webcolors.name_to_rgb(name)), name)
    )
    return nearest


def _distance(one: webcolors.IntegerRGB, other: webcolors.IntegerRGB) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))
