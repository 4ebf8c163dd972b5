"""The calendars that networks keep elsewhere, and what came of them, for a terminal and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from spro_agenda.harvest import Harvest
from spro_agenda.i18n import _, counted, day_words, hour_words
from spro_agenda.region.records import Region
from spro_agenda.render.json import VERSION, document_bytes
from spro_agenda.store import Source


def render(sources: Iterable[Source], region: Region) -> str:
    """Each source with what is known of it, its faults below."""
    told = [line for source in sources for line in _told(source, region)]
    return "\n".join(told or [_("Aucun réseau ne tient d'agenda ailleurs (« calendar », dans region.toml).")]) + "\n"


def render_done(done: Harvest, region: Region) -> str:
    """What a harvest came to, in one line."""
    counts = (
        counted(done.created, "ajouté", "ajoutés"),
        counted(done.updated, "modifié", "modifiés"),
        counted(done.deleted, "supprimé", "supprimés"),
        counted(done.source.events, "événement en tout", "événements en tout"),
    )
    return f"{_name(done.source, region)} : {', '.join(counts)}"


def faults(source: Source) -> Iterator[str]:
    """What is wrong with a source, a sentence each."""
    if source.error:
        yield source.error
    yield from source.notes


def render_json(sources: Iterable[Source], region: Region, done: Mapping[str, Harvest] | None = None) -> bytes:
    """`sources`: `network`, `name`, `url`, `events`, `checked_at`, `good_at`, `failing_since`, `held`, `error`,
    `notes`; and, of those that were harvested just now, `created`, `updated`, `deleted`, `null` for the others."""
    return document_bytes(
        {"version": VERSION, "sources": [_as_json(each, region, (done or {}).get(each.network)) for each in sources]}
    )


def _told(source: Source, region: Region) -> Iterator[str]:
    since = _("jamais repris encore")
    if source.good_at is not None:
        since = _("repris {when}").format(when=_moment(source.good_at, region))
    yield f"{_name(source, region)} : {counted(source.events, 'événement', 'événements')}, {since}"
    if source.error and source.failing_since is not None:
        state = _("en attente depuis {when}") if source.held else _("en échec depuis {when}")
        yield f"  ⚠ {state.format(when=_moment(source.failing_since, region))} : {source.error}"
    yield from (f"  ⚠ {note}" for note in source.notes)


def _name(source: Source, region: Region) -> str:
    return f"{region.name_of(source.network)} ← {urlsplit(source.url).hostname}"


def _moment(at: int, region: Region) -> str:
    moment = datetime.fromtimestamp(at, region.time_zone)
    return _("le {day} à {hour}").format(day=day_words(moment.date(), year=True), hour=hour_words(moment))


def _as_json(source: Source, region: Region, done: Harvest | None) -> dict[str, Any]:
    def moment(at: int | None) -> str | None:
        return None if at is None else datetime.fromtimestamp(at, region.time_zone).isoformat(timespec="seconds")

    return {
        "network": source.network,
        "name": region.name_of(source.network),
        "url": source.url,
        "events": source.events,
        "checked_at": moment(source.checked_at),
        "good_at": moment(source.good_at),
        "failing_since": moment(source.failing_since),
        "held": source.held,
        "error": source.error or None,
        "notes": list(source.notes),
        "created": done.created if done else None,
        "updated": done.updated if done else None,
        "deleted": done.deleted if done else None,
    }
