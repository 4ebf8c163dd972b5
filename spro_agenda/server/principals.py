"""Looking for people among the principals: RFC 3744 section 9.4.

One finds oneself and nobody else: who has an account is no other person's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from spro_agenda.server import multistatus
from spro_agenda.server.names import (
    ADDRESSES,
    CALDAV,
    DISPLAY_NAME,
    HOME,
    MATCH,
    PRINCIPAL_URL,
    PROP,
    RESOURCE,
    SEARCH,
    SEARCHED,
)

_GIVEN = (DISPLAY_NAME, HOME)
"""What is told where nothing is asked for: the caldav library writes the names of what it wants beside the list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Texts that a principal's properties must have, whatever their case, and the properties that are asked for."""

    matches: tuple[tuple[str, str], ...]
    names: tuple[str, ...]

    def finds(self, texts: Mapping[str, str]) -> bool:
        """Whether a principal with these properties is looked for."""
        return all(name in texts and text in texts[name].casefold() for name, text in self.matches)


def search_of(root: ET.Element) -> Search | None:
    """What a REPORT looks for; `None` where it is another one."""
    if root.tag != SEARCH:
        return None
    matches = (
        (name.tag, (each.findtext(MATCH) or "").strip().casefold())
        for each in root.iter(SEARCHED)
        for name in each.iterfind(f"{PROP}/*")
    )
    names = tuple(each.tag for each in root.iterfind(f"{PROP}/*") if multistatus.is_tellable(each.tag))
    return Search(matches=tuple(matches), names=names or _GIVEN)


def rows(search: Search, name: str, address: str) -> str:
    """The row of the person who asks, of that name and at that address, where she looks for herself; else nothing."""
    if not search.finds({DISPLAY_NAME: name, ADDRESSES: address}):
        return ""
    href = f"<href>{escape(quote(address))}</href>"
    told = {
        DISPLAY_NAME: f"<displayname>{escape(name)}</displayname>",
        PRINCIPAL_URL: f"<principal-URL>{href}</principal-URL>",
        RESOURCE: "<resourcetype><principal /><collection /></resourcetype>",
        HOME: f'<C:calendar-home-set xmlns:C="{CALDAV}">{href}</C:calendar-home-set>',
        ADDRESSES: f'<C:calendar-user-address-set xmlns:C="{CALDAV}">{href}</C:calendar-user-address-set>',
    }
    return multistatus.resource(address, search.names, told)
