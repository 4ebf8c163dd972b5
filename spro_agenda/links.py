"""The addresses of feeds: a feed's number and a signature over it and its generation, so that they can be shown again
and are stored nowhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from spro_agenda.address import Address
from spro_agenda.secret import Secret
from spro_agenda.store import Feed

FEEDS = "f"
"""Below the pages' address, before the token."""

SUFFIX, NEWS_SUFFIX = ".ics", ".atom"
_PURPOSE = "feed"
_TOKEN = re.compile(r"([1-9][0-9]{0,17})-([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class Given:
    """A token that somebody gave: the number of the feed that it is for, and the signature."""

    number: int
    signature: str

    def is_of(self, secret: Secret, feed: Feed, generation: int) -> bool:
        """Whether it is what we signed for that generation of the feed."""
        return secret.is_signed(self.signature, _PURPOSE, *_signed(feed, generation))


def token_of(feed: Feed, secret: Secret) -> str:
    """What stands in a feed's address."""
    return f"{feed.number}-{secret.signed(_PURPOSE, *_signed(feed, feed.generation))}"


def _signed(feed: Feed, generation: int) -> tuple[str, str, str]:
    """When it was made, too: in a store that is restored another feed may come to have the number."""
    return str(feed.number), str(generation), str(feed.created_at)


def given(token: str) -> Given | None:
    """A token as it was given; `None` for what is none."""
    found = _TOKEN.fullmatch(token)
    return Given(int(found[1]), found[2]) if found else None


@dataclass(frozen=True, slots=True)
class Links:
    """The ways to one feed: `https`, `webcal` for applications that open it, the pages of Google and Outlook that
    subscribe to it, and `news`, what changed of late as Atom."""

    https: str
    webcal: str
    google: str
    outlook: str
    news: str


def links(feed: Feed, secret: Secret, address: Address) -> Links:
    """The ways to a feed of a server at that address."""
    https = address.page(FEEDS, token_of(feed, secret) + SUFFIX)
    rest = https.partition("://")[2]
    # Over http where that is all that there is; otherwise webcals asks for what https is (RFC 7595 registers neither).
    webcal = f"{'webcals' if address.secure else 'webcal'}://{rest}"
    about = {"url": https, "name": feed.label}
    return Links(
        https=https,
        webcal=webcal,
        google=f"https://calendar.google.com/calendar/r?cid={quote(f'webcal://{rest}', safe='')}",
        news=address.page(FEEDS, token_of(feed, secret) + NEWS_SUFFIX),
        outlook=f"https://outlook.office.com/calendar/0/addfromweb?{urlencode(about, quote_via=quote)}",
    )
