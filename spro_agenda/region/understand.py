"""One part of an event -> what was understood of it: standard properties first, then what people type.

The conventions work from any client: `[Dreux] Atelier…` opens a title, `Intervenant : …` stands on a line of a
description, and the names that region.toml knows are found in a title. Each step tells the words that it went by, so
that what is explained to people is what was done.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Literal, NamedTuple

from spro_agenda.ical.own import without_note
from spro_agenda.ical.read import CalendarObject, Part, recurrence_id_text
from spro_agenda.model import ALL, REGION, Event, EventKey, Scope, Window
from spro_agenda.region.head import Head, head_of
from spro_agenda.region.lines import NO, Line, fields_of, is_yes, joined
from spro_agenda.region.persons import ASIDE, NOT_YET, person_in, person_key, without_honorifics
from spro_agenda.region.places import Where, Why, is_remote, place_in, town_in
from spro_agenda.region.records import Named, Network, Region, Town
from spro_agenda.region.vague import edtf
from spro_agenda.region.words import harmless, has_words, listed, normalise, plain

_BEFORE_NETWORK = re.compile(r"(?:(?:le|la|les|l|au|aux|du|reseau|departement|spro) )+")
NOBODY = frozenset({"aucun", "aucune", "neant", "sans"})
_EVERYBODY = frozenset({"tous", "tous reseaux", "tous les reseaux", "toute la region", "la region"})
_LONGEST_WINDOW = timedelta(days=5 * 366)


class Source(StrEnum):
    """Where a value comes from."""

    CALENDAR = "calendar"
    BRACKET = "title-bracket"
    TITLE = "title"
    LOCATION = "location"
    LINE = "description-line"
    CATEGORIES = "categories"
    PROPERTY = "property"
    DEFAULT = "default"


class Found(NamedTuple):
    """A value, and the words that mean it: of a title, its normalised words. `line` is the whole line that they stand
    on, where they do."""

    value: str
    source: Source
    words: str
    line: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """All that was read of a part, with the words that say it; nothing in it drives a reader's terminal.

    `fields` are the known lines of the description; `nobody` the fields that say « aucun ». `no_place` is why the
    LOCATION, where there is one, names no place, and `remote` whether nobody goes there. `nameless` are words on
    « Intervenant » that name nobody in particular. `not_open_to` are names on « Ouvert à » that no network has.
    """

    head: Head
    description: str
    location: str
    town: Found | None
    town_named: Town | None
    place: Where | None
    no_place: Why | None
    remote: bool
    fields: Mapping[str, Sequence[Line]]
    nobody: frozenset[str]
    themes: tuple[Found, ...]
    speakers: tuple[Found, ...]
    nameless: tuple[str, ...]
    partners: tuple[Found, ...]
    publics: tuple[Found, ...]
    open_to: tuple[str, ...] | Literal["all"]
    opened: tuple[Found, ...]
    not_open_to: tuple[str, ...]
    scope: Found
    highlight: bool
    reusable: bool
    date_words: str | None
    window: Window | None
    window_source: Source


def understand(obj: CalendarObject, part: Part, network: str, region: Region) -> Event:
    """What a part of an object says. `network` is a code of the region, or `region`.

    A window that cannot be read leaves the event undated: nothing is guessed.
    """
    read = read_part(part, network, region)
    window, town, place = read.window, read.town_named, read.place
    return Event(
        key=EventKey(network, obj.uid),
        component=obj.component,
        recurrence_id=recurrence_id_text(part.recurrence_id, region.time_zone) if part.recurrence_id else "",
        title=read.head.title,
        description=read.description,
        location=read.location,
        status=_status(part, window),
        url=part.url,
        # A vague event has no times, so it repeats none: in our own agenda its markers are RDATEs.
        repeats=part.repeats and window is None,
        site=_site_name(town, region.network(network)),
        town=town.name if town else None,
        remote=read.remote,
        place=place.key if place else None,
        place_name=place.name if place else "",
        themes=_values(read.themes),
        speakers=_values(read.speakers),
        partners=_values(read.partners),
        publics=_values(read.publics),
        open_to=read.open_to,
        scope=Scope(read.scope.value),
        says_internal=read.scope.value == Scope.INTERNAL and read.scope.source is Source.LINE,
        highlight=read.highlight,
        date_words=read.date_words,
        window=window,
        reusable=read.reusable,
        # The sender's own X-SPRO-EDTF may be of another time, or say the same otherwise.
        edtf=edtf(window) if window else None,
    )


def read_part(part: Part, network: str, region: Region) -> Reading:
    """What a part says, and in which words."""
    head = head_of(part, network, region)
    words, site = head.words, head.site
    description, location = without_note(harmless(part.description)), harmless(part.location)
    town = site or town_in(location, network, region)
    place, no_place = place_in(location, town, network, region)
    fields = fields_of(plain(description))
    names = normalise(head.title)
    # Who firms an event up takes its bracket away; applications keep the properties that they do not know.
    written = _date_words(part)
    kept = words is not None and written in (None, words)
    window = window_of(part.spro.get("WINDOW", "")) if kept else None
    by_hand = words is not None and not (kept and "WINDOW" in part.spro)
    if by_hand:
        # Typed by hand, or edited since: the bracket wins.
        window = head.window
    typed_words = words if words is not None or part.start is not None else written
    said = is_yes(fields.get("highlight", ()))
    speakers, nameless = _speakers(fields.get("speakers", ()), names, region)
    open_to, opened, not_open_to = _open_to(fields.get("open_to", ()), network, region)
    return Reading(
        head=head,
        description=description,
        location=location,
        town=_town_found(town, head, location),
        town_named=town,
        place=place,
        no_place=no_place,
        remote=place is None and is_remote(location, head.title, region),
        fields=fields,
        nobody=frozenset(name for name, lines in fields.items() if normalise(joined(lines)) in NOBODY),
        themes=(
            *_named(fields.get("themes"), names, region.themes),
            *_declared(part.categories, region),
        ),
        speakers=speakers,
        nameless=nameless,
        partners=_named(fields.get("partners"), names, region.partners, within=True),
        publics=_named(fields.get("publics"), names, region.publics),
        open_to=open_to,
        opened=opened,
        not_open_to=not_open_to,
        scope=_scope(fields.get("scope", ()), names, region, plain_instance=part.repeats and window is None),
        highlight=network == REGION if said is None else said,
        reusable=is_yes(fields.get("reusable", ())) is True,
        date_words=typed_words,
        window=window,
        window_source=Source.BRACKET if by_hand else Source.PROPERTY,
    )


def _date_words(part: Part) -> str | None:
    written = part.spro.get("DATE-WORDS")
    return None if written is None else harmless(written)


def _town_found(town: Town | None, head: Head, location: str) -> Found | None:
    if town is None:
        return None
    if head.site is not None:
        return Found(town.name, Source.BRACKET, head.site_words)
    return Found(town.name, Source.LOCATION, location)


def _values(found: Iterable[Found]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.value for each in found))


def _status(part: Part, window: Window | None) -> str:
    """STATUS; a vague event that is not cancelled is tentative, whatever its sender's client wrote."""
    return "TENTATIVE" if window is not None and part.status != "CANCELLED" else harmless(part.status)


def _site_name(town: Town | None, network: Network | None) -> str | None:
    return town.name if town and network and town in network.sites else None


def _named(
    lines: Sequence[Line] | None, title: str, known: Sequence[Named], *, within: bool = False
) -> tuple[Found, ...]:
    """Names typed on lines, and known ones found in the title; an explicit « aucun » beats the title.

    `within`: a known name may stand among other words, as in « M. André Chauvet (Université de Tours) ».
    """
    if lines and normalise(joined(lines)) in NOBODY:
        return ()
    typed = [_typed(item, line, known, within) for line in lines or () for item in _items(line.value, known)]
    return (*typed, *cited(title, known))


def _speakers(lines: Sequence[Line], title: str, region: Region) -> tuple[tuple[Found, ...], tuple[str, ...]]:
    """Each person once, and the words that name nobody in particular."""
    people: dict[str, Found] = {}
    nameless: list[str] = []
    for each in _named(lines, title, region.speakers, within=True):
        name = each.value if each.source is Source.TITLE else person_in(each.value, region)
        if name is None:
            nameless.append(each.value)
            continue
        key = person_key(name)
        known = (one.name for one in region.speakers if key in map(person_key, one.forms))
        found = each._replace(value=next(known, name))
        people.setdefault(person_key(found.value), found)
    return tuple(people.values()), tuple(nameless)


def _items(value: str, known: Sequence[Named]) -> list[str]:
    items = listed(value, lambda item: any(each.is_called(item) for each in known))
    names = ((item, normalise(item)) for item in items)
    return [item for item, words in names if words and words not in NOBODY and not NOT_YET.fullmatch(words)]


def _typed(item: str, line: Line, known: Sequence[Named], within: bool) -> Found:
    meant = (each.name for each in known if each.is_called(item) or (within and _is_meant(each, item)))
    return Found(next(meant, item), Source.LINE, item, line.words)


def cited(title: str, known: Sequence[Named]) -> list[Found]:
    """The known names that stand in a normalised title."""
    return [Found(each.name, Source.TITLE, form) for each in known if (form := each.form_in(title))]


def _is_meant(known: Named, item: str) -> bool:
    """Whether an item means a known name: with a title before it, words behind it, or all of its name among others.

    A part of it is not enough: « Sylvie Chauvet » is not « Chauvet », nor is « Klub des entrepreneurs » the Klub.
    """
    name = normalise(known.name)
    said = without_honorifics(normalise(ASIDE.split(item, maxsplit=1)[0]))
    return said in known.forms or (" " in name and has_words(normalise(item), name))


def _declared(categories: Iterable[str], region: Region) -> Iterator[Found]:
    """The themes that CATEGORIES declare; others are a client's own (Outlook writes « Catégorie rouge »)."""
    given = {normalise(category): harmless(category) for category in categories}
    for theme in region.themes:
        for name in theme.categories if given else ():
            if normalise(name) in given:
                yield Found(theme.name, Source.CATEGORIES, given[normalise(name)])
                break


def _open_to(
    lines: Sequence[Line], network: str, region: Region
) -> tuple[tuple[str, ...] | Literal["all"], tuple[Found, ...], tuple[str, ...]]:
    """Whom an event is open to, in which words; and the names there that no network has."""
    if not lines:
        return (), (), ()
    if normalise(joined(lines)) in _EVERYBODY:
        return ALL, (Found(ALL, Source.LINE, lines[0].value, lines[0].words),), ()
    found: dict[str, Found] = {}
    unknown: list[str] = []
    for line in lines:
        for item in listed(line.value, lambda item: any(each.is_called(item) for each in region.networks)):
            words = _BEFORE_NETWORK.sub("", normalise(item), count=1)
            # « 45 Loiret », too: it is what people read everywhere.
            code = next((each.code for each in region.networks if _is_called(each, words)), None)
            if code is not None:
                found.setdefault(code, Found(code, Source.LINE, item, line.words))
            elif words not in NOBODY | NO:
                unknown.append(item)
    codes = tuple(each.code for each in region.networks if each.code != network and each.code in found)
    return codes, tuple(found[code] for code in codes), tuple(unknown)


def _is_called(network: Network, words: str) -> bool:
    return (
        words == network.code or network.is_called(words) or network.is_called(words.removeprefix(f"{network.code} "))
    )


def _scope(lines: Sequence[Line], title: str, region: Region, *, plain_instance: bool) -> Found:
    said = {normalise(line.value) for line in lines}
    for scope in Scope:
        if said == {normalise(scope)}:
            return Found(scope.value, Source.LINE, lines[0].value, lines[0].words)
    if plain_instance:
        return Found(Scope.INTERNAL.value, Source.DEFAULT, "")
    for scope, forms in ((Scope.INTERNAL, region.internal_forms), (Scope.EVENT, region.event_forms)):
        for words in forms:
            if has_words(title, words):
                return Found(scope.value, Source.TITLE, words)
    return Found(Scope.ACTION.value, Source.DEFAULT, "")


def window_of(text: str) -> Window | None:
    """The days of X-SPRO-WINDOW; `None` where it cannot be read, or ends before it starts."""
    start, slash, end = text.partition("/")
    try:
        window = Window(date.fromisoformat(start), date.fromisoformat(end))
    except ValueError:
        return None
    return window if slash and window.start <= window.end <= window.start + _LONGEST_WINDOW else None
