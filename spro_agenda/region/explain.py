"""What was understood of an event, and from which words: the same reading that makes the event, told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from spro_agenda.i18n import _, day_words, hour_words, period_words
from spro_agenda.ical.read import Moment, Part
from spro_agenda.model import ALL, REGION, Event, Scope
from spro_agenda.region.entry import Entry
from spro_agenda.region.places import Why
from spro_agenda.region.records import Region
from spro_agenda.region.understand import Found, Reading, Source, read_part
from spro_agenda.region.words import harmless


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """One value of a field and where it comes from; `value` is "" where nothing says one. `words` are those that it was
    found in, `note` what there is to know besides."""

    field: str
    value: str = ""
    source: Source | None = None
    words: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One part of an event: its master (`recurrence_id` ""), or what differs in one of its instances."""

    recurrence_id: str
    origins: tuple[Origin, ...]


def explain(entry: Entry) -> tuple[Explained, ...]:
    """The master in full, then what each override says otherwise."""
    parts = [
        Explained(recurrence_id=event.recurrence_id, origins=tuple(_origins(entry, part, event)))
        for part, event in zip(entry.obj.parts, entry.events, strict=True)
    ]
    lead = next((each for each in parts if not each.recurrence_id), parts[0])
    known = set(lead.origins)
    others = (
        Explained(
            recurrence_id=each.recurrence_id, origins=tuple(origin for origin in each.origins if origin not in known)
        )
        for each in parts
        if each is not lead
    )
    return (lead, *others)


def _origins(entry: Entry, part: Part, event: Event) -> Iterator[Origin]:
    region = entry.region
    read = read_part(part, entry.key.network, region)
    yield Origin(field="network", value=region.name_of(entry.key.network), source=Source.CALENDAR)
    yield Origin(
        field="title", value=event.title, source=Source.PROPERTY, words=harmless(part.title), note=_unread(read)
    )
    yield _date(entry, part, event, read)
    yield Origin(field="status", value=event.status, source=Source.PROPERTY if part.status else Source.DEFAULT)
    yield from _where(event, read)
    yield from _names("speakers", read.speakers, read)
    yield from _names("partners", read.partners, read)
    yield from _names("publics", read.publics, read)
    yield from _names("themes", read.themes, read, note=_categories(part, read))
    yield from _open_to(event, read, region)
    scope = read.scope
    yield Origin(field="scope", value=scope.value, source=scope.source, words=scope.words, note=_scope(scope))
    regional = _("action de l'équipe régionale") if event.key.network == REGION else ""
    yield _yes("highlight", event.highlight, read, regional)
    yield _yes("reusable", event.reusable, read)


def _unread(read: Reading) -> str:
    if not read.unread:
        return ""
    return _("« [{words}] » n'est ni une ville connue ni une date : il reste dans le titre").format(words=read.unread)


def _date(entry: Entry, part: Part, event: Event, read: Reading) -> Origin:
    if event.window is not None:
        days = period_words(event.window.start, event.window.end)
        return Origin(
            field="date",
            value=_("à fixer, {days}").format(days=days),
            source=read.window_source,
            words=event.date_words or "",
            note=_("en EDTF : {edtf}").format(edtf=event.edtf) if event.edtf else "",
        )
    if entry.is_undated:
        note = _("ces mots ne donnent pas de jours") if event.date_words else ""
        source = read.window_source if event.date_words else Source.DEFAULT
        return Origin(field="date", value=_("à dater"), source=source, words=event.date_words or "", note=note)
    repeats = _("une série") if event.repeats else ""
    return Origin(field="date", value=_times(entry, part), source=Source.PROPERTY, note=repeats)


def _times(entry: Entry, part: Part) -> str:
    """« jeudi 7 octobre 2021, 14h–16h », in the region's time zone."""
    begins, ends = _local(part.start or part.end, entry), _local(part.end, entry)
    if not isinstance(begins, datetime):
        return day_words(begins, year=True) if isinstance(begins, date) else ""
    day = day_words(begins.date(), year=True)
    if not isinstance(ends, datetime) or ends == begins:
        return f"{day}, {hour_words(begins)}"
    return f"{day}, {hour_words(begins)}–{hour_words(ends)}"


def _local(moment: Moment | None, entry: Entry) -> Moment | None:
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        return moment.astimezone(entry.region.time_zone)
    return moment


def _where(event: Event, read: Reading) -> Iterator[Origin]:
    for field, value in (("site", event.site), ("town", event.town)):
        town = read.town
        found = town is not None and value is not None
        yield Origin(
            field=field,
            value=value or "",
            source=town.source if town is not None and found else None,
            words=town.words if town is not None and found else "",
        )
    reasons = {
        Why.TOWN: _("seulement une ville : ce n'est pas un lieu"),
        Why.NOWHERE: _("ces mots ne nomment aucun lieu (à distance, à définir, un lien)"),
        Why.ROOM: _("il y a plusieurs salles, et aucune n'est dite"),
    }
    yield Origin(
        field="place",
        value=event.place_name,
        source=Source.LOCATION if read.location else None,
        words=read.location,
        note=reasons[read.no_place] if read.no_place else "",
    )


def _names(field: str, found: Iterable[Found], read: Reading, note: str = "") -> Iterator[Origin]:
    told: dict[str, Found] = {}
    for each in found:
        told.setdefault(each.value, each)
    if not told:
        nobody = field in read.nobody
        words = ", ".join(read.fields.get(field, ())) if nobody else ""
        yield Origin(field=field, source=Source.LINE if nobody else None, words=words, note=note)
    for each in told.values():
        yield Origin(field=field, value=each.value, source=each.source, words=each.words, note=note)
        note = ""


def _categories(part: Part, read: Reading) -> str:
    used = {each.words for each in read.themes if each.source is Source.CATEGORIES}
    rest = [category for category in map(harmless, part.categories) if category not in used]
    if not rest:
        return ""
    return _("pas des thèmes de la région : {words}").format(words=", ".join(rest))


def _open_to(event: Event, read: Reading, region: Region) -> Iterator[Origin]:
    words = ", ".join(read.fields.get("open_to", ()))
    source = Source.LINE if words else None
    if event.open_to == ALL:
        yield Origin(field="open_to", value=_("tous les réseaux"), source=source, words=words)
        return
    codes = event.open_to or ("",)
    for code in codes:
        yield Origin(field="open_to", value=region.name_of(code) if code else "", source=source, words=words)


def _scope(scope: Found) -> str:
    if scope.source is not Source.DEFAULT:
        return ""
    if scope.value == Scope.INTERNAL:
        return _("une simple instance d'une série est interne")
    return _("aucun mot du titre ne dit autre chose")


def _yes(field: str, value: bool, read: Reading, note: str = "") -> Origin:
    words = ", ".join(read.fields.get(field, ()))
    source = Source.CALENDAR if note else Source.LINE if words else Source.DEFAULT
    return Origin(field=field, value=_("oui") if value else _("non"), source=source, words=words, note=note)
