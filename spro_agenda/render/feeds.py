"""Subscription feeds, for a terminal and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from rich.table import Table
from rich.text import Text

from spro_agenda.clients import client_called
from spro_agenda.i18n import _, counted, day_words, enumerated, hour_words
from spro_agenda.links import Links
from spro_agenda.region.records import Region
from spro_agenda.render.json import VERSION, document_bytes
from spro_agenda.render.terminal import open_console, written
from spro_agenda.store import Feed, FeedFilter


def render(feeds: Sequence[Feed], region: Region, now: float, *, width: int, colour: bool) -> str:
    """Feeds by number, one a line; `now` is in epoch seconds."""
    console = open_console(width, colour=colour)
    console.print(Text(counted(len(feeds), "abonnement", "abonnements"), style="bold"))
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    for feed in feeds:
        about = Text(f"{_content(feed.wanted, region)}\n{_read(feed, region)}")
        if not feed.is_open_at(now):
            about.append(f"\n{_closed(feed, region)}", style="dim")
        table.add_row(str(feed.number), feed.label, about)
    console.print(table)
    return written(console)


def render_one(feed: Feed, ways: Links | None, region: Region) -> str:
    """One feed, a line for each thing to know; without links where it is closed."""
    return "\n".join(_told(feed, ways, region)) + "\n"


def _told(feed: Feed, ways: Links | None, region: Region) -> Iterator[str]:
    yield _("Abonnement n° {number} : {label}").format(number=feed.number, label=feed.label)
    yield _("Contenu : {content}").format(content=_content(feed.wanted, region))
    if feed.login:
        yield _("À : {login}").format(login=feed.login)
    yield _("Lecture : {when}").format(when=_read(feed, region))
    if ways is None:
        yield _closed(feed, region)
        return
    if feed.expires_at is not None:
        yield _("Jusqu'au : {day}").format(day=_last_day(feed.expires_at, region))
    yield _("À coller dans une application : {link}").format(link=ways.https)
    yield _("À ouvrir sur un téléphone ou un Mac : {link}").format(link=ways.webcal)
    yield _("Google Agenda : {link}").format(link=ways.google)
    yield _("Outlook : {link}").format(link=ways.outlook)
    yield _("Ce qui change, pour un lecteur de flux (Atom) : {link}").format(link=ways.news)


def _content(wanted: FeedFilter, region: Region) -> str:
    """What a feed has, within a sentence."""
    parts = [
        enumerated([region.name_of(code) for code in wanted.networks]) if wanted.networks else _("tous les réseaux"),
        enumerated(wanted.sites) if wanted.sites else "",
        enumerated(wanted.themes) if wanted.themes else "",
        _("dates fixées seulement") if wanted.only_firm else "",
        _("avec les descriptions") if wanted.descriptions else "",
        _("avec les conflits") if wanted.clashes else "",
        _("depuis toujours")
        if wanted.months_back is None
        else _("depuis {months} mois").format(months=wanted.months_back),
    ]
    return ", ".join(filter(None, parts))


def _read(feed: Feed, region: Region) -> str:
    if feed.last_read is None:
        return _("jamais lu")
    return _("lu {when} ({client})").format(when=_moment(feed.last_read, region), client=client_called(feed.last_agent))


def _closed(feed: Feed, region: Region) -> str:
    if feed.revoked_at is not None:
        return _("fermé {when}").format(when=_moment(feed.revoked_at, region))
    return _("fini depuis le {day}").format(day=_last_day(feed.expires_at or 0, region))


def _last_day(expires_at: int, region: Region) -> str:
    return day_words(datetime.fromtimestamp(expires_at - 1, region.time_zone).date(), year=True)


def _moment(at: int, region: Region) -> str:
    moment = datetime.fromtimestamp(at, region.time_zone)
    return _("le {day} à {hour}").format(day=day_words(moment.date(), year=True), hour=hour_words(moment))


def render_json(feeds: Sequence[tuple[Feed, Links | None]], region: Region) -> bytes:
    """`feeds`: `number`, `label`, `account`, `networks`, `sites`, `themes`, `only_firm`, `clashes`, `descriptions`,
    `months_back`, `created_at`, `expires_at`, `revoked_at`, `last_read`, `last_reader`, and `links` (`https`, `webcal`,
    `google`, `outlook`, `news`; `null` where it is closed)."""
    return document_bytes({"version": VERSION, "feeds": [_as_json(feed, ways, region) for feed, ways in feeds]})


def _as_json(feed: Feed, ways: Links | None, region: Region) -> dict[str, Any]:
    def moment(at: int | None) -> str | None:
        return None if at is None else datetime.fromtimestamp(at, region.time_zone).isoformat(timespec="seconds")

    return {
        "number": feed.number,
        "label": feed.label,
        "account": feed.login or None,
        **feed.wanted.as_json(),
        "created_at": moment(feed.created_at),
        "expires_at": moment(feed.expires_at),
        "revoked_at": moment(feed.revoked_at),
        "last_read": moment(feed.last_read),
        "last_reader": client_called(feed.last_agent) if feed.last_read is not None else None,
        "links": None
        if ways is None
        else {
            "https": ways.https,
            "webcal": ways.webcal,
            "google": ways.google,
            "outlook": ways.outlook,
            "news": ways.news,
        },
    }
