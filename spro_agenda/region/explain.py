"""What was understood of an event, and from which words: the same reading that makes the event, told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from spro_agenda.i18n import _, day_words, hour_words, period_words
from spro_agenda.ical.read import Moment, Part
from spro_agenda.model import ALL, REGION, Event, Scope, Window
from spro_agenda.region.entry import Entry
from spro_agenda.region.head import Head, Unread
from spro_agenda.region.lines import is_yes, joined
from spro_agenda.region.places import Why
from spro_agenda.region.records import Named, Region
from spro_agenda.region.school import year_words
from spro_agenda.region.understand import Found, Reading, Source, cited, read_part
from spro_agenda.region.words import harmless, normalise, spoken


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """One value of a field and where it comes from; `value` is "" where nothing says one.

    `code` is the value for a program, where people read another. `words` are those that mean it, as they were typed;
    `line` is the whole line of the description that they stand on. `note` is what there is to know besides.
    """

    field: str
    value: str = ""
    code: str | bool | None = None
    source: Source | None = None
    words: str = ""
    line: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One part of an event: its master, or the fields that differ in one of its instances. `instance` says which, in
    words; "" for the master."""

    part: Part
    event: Event
    instance: str
    origins: tuple[Origin, ...]

    @property
    def recurrence_id(self) -> str:
        """ "" for the master."""
        return self.event.recurrence_id


def explain(entry: Entry) -> tuple[Explained, ...]:
    """The master in full, then what each override says otherwise."""
    parts = [
        Explained(part=part, event=event, instance=_instance(part, entry), origins=tuple(_origins(entry, part, event)))
        for part, event in zip(entry.obj.parts, entry.events, strict=True)
    ]
    lead = next((each for each in parts if not each.recurrence_id), parts[0])
    return (lead, *(_differing(each, lead) for each in parts if each is not lead))


def _differing(part: Explained, lead: Explained) -> Explained:
    """A part with the fields alone of which anything is other than in another: one speaker of two is."""
    fields = {each.field for each in set(part.origins) ^ set(lead.origins)}
    return replace(part, origins=tuple(each for each in part.origins if each.field in fields))


def _instance(part: Part, entry: Entry) -> str:
    """« du jeudi 14 octobre 2021, 14h »."""
    if part.recurrence_id is None:
        return ""
    when = _moment(_local(part.recurrence_id, entry))
    return (_("du {day} et les suivantes") if part.this_and_future else _("du {day}")).format(day=when)


def _origins(entry: Entry, part: Part, event: Event) -> Iterator[Origin]:
    region, code = entry.region, entry.key.network
    read = read_part(part, code, region)
    yield Origin(field="network", value=region.name_of(code), code=code, source=Source.CALENDAR)
    title = harmless(part.title)
    yield Origin(field="title", value=event.title, source=Source.PROPERTY, words=title, note=_unread(read.head))
    date = _date(entry, part, event, read)
    yield replace(date, note=" — ".join(filter(None, (date.note, _unknown_holidays(entry, part, event)))))
    yield _status(part, event)
    yield from _where(event, read)
    nobody = (_beaten("speakers", read, region.speakers), _nameless(read))
    yield from _names("speakers", read.speakers, read, " — ".join(filter(None, nobody)))
    yield from _names("partners", read.partners, read, _beaten("partners", read, region.partners))
    yield from _names("publics", read.publics, read, _beaten("publics", read, region.publics))
    themes = (_beaten("themes", read, region.themes), _categories(part, read))
    yield from _names("themes", read.themes, read, " — ".join(filter(None, themes)))
    yield from _open_to(read, region)
    yield _scope(read)
    regional = _("action de l'équipe régionale") if code == REGION and event.highlight else ""
    yield _yes("highlight", event.highlight, read, regional)
    yield _yes("reusable", event.reusable, read)


def _unread(head: Head) -> str:
    if not head.unread:
        return ""
    reasons = {
        Unread.WORDS: _("« [{words}] » n'est ni une ville connue ni une date : il reste dans le titre"),
        Unread.SECOND: _("« [{words}] » vient après un crochet de même sorte : il reste dans le titre"),
        Unread.HOURS: _("« [{words}] » reste dans le titre : un événement qui a des heures a sa date"),
        Unread.BACKWARDS: _("« [{words}] » finit avant d'avoir commencé : il reste dans le titre"),
        Unread.NO_DAY: _("« [{words}] » reste dans le titre : sans aucun jour, on n'en sait pas l'année"),
    }
    return reasons[head.why_unread].format(words=head.unread)


def _status(part: Part, event: Event) -> Origin:
    if event.status != harmless(part.status):
        note = _("sa date est à fixer")
        return Origin(field="status", value=event.status, source=Source.DEFAULT, words=harmless(part.status), note=note)
    return Origin(field="status", value=event.status, source=Source.PROPERTY if event.status else None)


def _date(entry: Entry, part: Part, event: Event, read: Reading) -> Origin:
    if event.window is not None:
        days = period_words(event.window.start, event.window.end)
        kept = _("période gardée dans X-SPRO-WINDOW") if read.window_source is Source.PROPERTY else ""
        told = _("en EDTF : {edtf}").format(edtf=event.edtf) if event.edtf else ""
        return Origin(
            field="date",
            value=_("à fixer, {days}").format(days=days),
            source=read.window_source,
            words=event.date_words or "",
            note=" — ".join(filter(None, (kept, told))),
        )
    if entry.is_undated:
        note = _("ces mots ne donnent pas de jours") if event.date_words else ""
        source = read.window_source if event.date_words else Source.DEFAULT
        return Origin(field="date", value=_("à dater"), source=source, words=event.date_words or "", note=note)
    repeats = _("une série") if event.repeats else ""
    return Origin(field="date", value=_times(entry, part), source=Source.PROPERTY, note=repeats)


def _unknown_holidays(entry: Entry, part: Part, event: Event) -> str:
    """That nobody can tell whether its days are school holidays."""
    begins, ends = _local(part.start or part.end, entry), _local(part.end or part.start, entry)
    if entry.is_undated:
        return ""
    if event.window is None and begins is not None and ends is not None:
        first, last = (moment.date() if isinstance(moment, datetime) else moment for moment in (begins, ends))
        is_past_it = part.start is not None and part.end is not None and not isinstance(ends, datetime)
        days = Window(first, max(first, last - timedelta(days=is_past_it)))
    elif event.window is not None:
        days = event.window
    else:
        return ""
    year = entry.region.unknown_school_year(days.start, days.end)
    return _("vacances scolaires de {name} non connues").format(name=year_words(year)) if year is not None else ""


def _times(entry: Entry, part: Part) -> str:
    """« jeudi 7 octobre 2021, 14h–16h », in the region's time zone; of whole days, the last one inclusive."""
    begins, ends = _local(part.start or part.end, entry), _local(part.end, entry)
    if begins is None:
        return ""
    if not isinstance(begins, datetime):
        past = ends.date() if isinstance(ends, datetime) else ends
        last = past - timedelta(days=1) if past is not None and part.start is not None else begins
        return period_words(begins, last) if last > begins else _moment(begins)
    if not isinstance(ends, datetime) or ends == begins:
        return _moment(begins)
    if ends.date() == begins.date():
        return f"{_moment(begins)}–{hour_words(ends)}"
    return _("du {begins} au {ends}").format(begins=_moment(begins), ends=_moment(ends))


def _moment(moment: Moment | None) -> str:
    """« jeudi 7 octobre 2021, 14h »."""
    if isinstance(moment, datetime):
        return f"{day_words(moment.date(), year=True)}, {hour_words(moment)}"
    return day_words(moment, year=True) if moment is not None else ""


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
            note=_("à distance : personne n'y va") if field == "town" and found and event.remote else "",
        )
    reasons = {
        Why.TOWN: _("seulement une ville ou un territoire : ce n'est pas un lieu"),
        Why.NOWHERE: _("ces mots ne nomment aucun lieu (à distance, à définir, sur place, un lien)"),
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
        yield _typed(field, read, note) if field in read.nobody else Origin(field=field, note=note)
    for each in told.values():
        yield _found(field, each, read, note)
        note = ""


def _typed(field: str, read: Reading, note: str = "") -> Origin:
    """The lines of a field that give it no value."""
    lines = read.fields.get(field, ())
    said = " / ".join(line.words for line in lines)
    return Origin(field=field, source=Source.LINE if lines else None, words=joined(lines), line=said, note=note)


def _found(field: str, found: Found, read: Reading, note: str = "") -> Origin:
    words = spoken(read.head.title, found.words) if found.source is Source.TITLE else found.words
    return Origin(field=field, value=found.value, source=found.source, words=words, line=found.line, note=note)


def _beaten(field: str, read: Reading, known: Sequence[Named]) -> str:
    """What the title says in vain beside « aucun »."""
    title = read.head.title
    said = [spoken(title, each.words) for each in cited(normalise(title), known)] if field in read.nobody else []
    return _("le titre dit « {words} », mais cette ligne l'emporte").format(words=" », « ".join(said)) if said else ""


def _nameless(read: Reading) -> str:
    if not read.nameless:
        return ""
    return _("« {words} » : ni conflit ni rapprochement, faute d'un nom").format(words=" », « ".join(read.nameless))


def _categories(part: Part, read: Reading) -> str:
    used = {each.words for each in read.themes if each.source is Source.CATEGORIES}
    rest = [category for category in map(harmless, part.categories) if category not in used]
    if not rest:
        return ""
    return _("pas des thèmes de la région : {words}").format(words=", ".join(rest))


def _open_to(read: Reading, region: Region) -> Iterator[Origin]:
    if not read.opened:
        yield _typed("open_to", read)
    for each in read.opened:
        name = _("tous les réseaux") if each.value == ALL else region.name_of(each.value)
        yield replace(_found("open_to", each, read), value=name, code=each.value)


def _scope(read: Reading) -> Origin:
    scope = read.scope
    note = ""
    if scope.source is Source.DEFAULT:
        usual = _("une simple instance d'une série est interne"), _("aucun mot du titre ne dit autre chose")
        note = usual[scope.value != Scope.INTERNAL]
    if read.fields.get("scope") and scope.source is not Source.LINE:
        ignored = _("« {line} » n'est pas compris").format(line=_typed("scope", read).line)
        note = " — ".join(filter(None, (note, ignored)))
    return _found("scope", scope, read, note)


def _yes(field: str, value: bool, read: Reading, regional: str = "") -> Origin:
    typed = _typed(field, read)
    origin = replace(typed, value=_("oui") if value else _("non"), code=value, source=typed.source or Source.DEFAULT)
    said = is_yes(read.fields.get(field, ()))
    if regional:
        return replace(origin, source=Source.CALENDAR, words="", line="", note=regional)
    if typed.source is not None and said is None:
        note = _("« {line} » n'est pas compris").format(line=typed.line)
        return replace(origin, source=Source.DEFAULT, words="", line="", note=note)
    return origin
