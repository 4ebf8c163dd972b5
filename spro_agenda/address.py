"""Where people find the server: what its links, its mails and the profiles of telephones say.

`public_url` of [web] names it, since a server behind others cannot know.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from spro_agenda.errors import BadInput
from spro_agenda.i18n import _
from spro_agenda.instance import CONFIG, Configuration, option

PAGES = "/.web/"
"""Where the pages are, below the server's own address."""

NEWS = "nouvelles"
"""The page, below these, where a person chooses which news come by mail; and the purpose of its signature."""

_PORTS = {"http": 80, "https": 443}
_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~-]+)*")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A server's address; `prefix` is "" or "/agenda", for one that stands below another's."""

    scheme: str
    host: str
    port: int
    prefix: str = ""

    @property
    def secure(self) -> bool:
        return self.scheme == "https"

    @property
    def url(self) -> str:
        """As people type it, with a slash at its end."""
        return f"{self.scheme}://{self._place}{self.prefix}/"

    def page(self, *parts: str) -> str:
        """The address of a page."""
        return self.url.removesuffix("/") + PAGES + "/".join(quote(part, safe="@") for part in parts)

    @property
    def _place(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def address_of(url: str) -> Address | None:
    """The address that a URL names; `None` for what names none, or more than a server and a prefix."""
    try:
        split = urlsplit(url)
        scheme, host, port = split.scheme, split.hostname or "", split.port
    except ValueError:
        return None
    prefix = split.path.rstrip("/")
    if scheme not in _PORTS or not _HOST.fullmatch(host) or not is_prefix(prefix):
        return None
    if split.username is not None or split.query or split.fragment:
        return None
    return Address(scheme=scheme, host=host, port=port or _PORTS[scheme], prefix=prefix)


def is_prefix(text: str) -> bool:
    """Whether a server may stand below that path: "" or "/agenda"."""
    return _PREFIX.fullmatch(text) is not None


def public_address(configuration: Configuration) -> Address | None:
    """The address that `public_url` names; `None` where it is empty or missing. Raises BadInput."""
    given = option(configuration, "web", "public_url", "")
    if not given:
        return None
    found = address_of(given)
    if found is None:
        raise BadInput(
            _(
                "{file} : « public_url = {given} » n'est pas l'adresse d'un serveur. Écrivez-la comme "
                "https://agenda.exemple.fr/"
            ).format(file=CONFIG, given=given)
        )
    return found


def own_address(configuration: Configuration) -> Address:
    """Where the server listens by its configuration, which is no use beyond its machine or its network."""
    host, port = configuration.get("server", "hosts")[0]
    return Address(scheme="http", host=host, port=port)
