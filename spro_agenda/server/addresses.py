"""A calendar's addresses: the region's, `/spro/28/`, and one in each person's home, `/marie/28/`."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import quote, unquote, urlsplit, urlunsplit


def in_home_of(path: str, destination: str, prefix: str, homes: Collection[str]) -> str:
    """A MOVE's Destination in the home of the request's path, where both are homes of whoever asks; else as it is.

    Radicale takes two addresses of one calendar for two calendars. `prefix` is what a proxy puts before addresses.
    """
    home = path.strip("/").partition("/")[0]
    parts = urlsplit(destination)
    if not home or home not in homes or not parts.path.startswith(f"{prefix}/"):
        return destination
    given, slash, rest = parts.path.removeprefix(f"{prefix}/").partition("/")
    if unquote(given) not in homes:
        return destination
    return urlunsplit(parts._replace(path=f"{prefix}/{quote(home)}{slash}{rest}"))
