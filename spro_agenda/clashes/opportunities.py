"""What networks could do together: a pure function from planned events to opportunities, seen from a day on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import combinations

from spro_agenda.clashes.competing import is_typed_twice
from spro_agenda.model import ALL, REGION, Chance, Event, EventKey, Occurrence, Opportunity, Scope
from spro_agenda.region.persons import person_key
from spro_agenda.region.records import Region
from spro_agenda.region.words import has_words, normalise

WITHIN_A_YEAR = timedelta(days=366)
ONE_TRIP = timedelta(weeks=3)
_INFORMATIVE = ("webinaire", "webinar", "conference", "visioconference", "web conference")


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """An event with its occurrences of the days looked at; a vague or undated one has none."""

    event: Event
    occurrences: tuple[Occurrence, ...]

    @property
    def first(self) -> date | None:
        """The day on which it begins, or its window does."""
        if self.occurrences:
            return min(each.first_day for each in self.occurrences)
        return self.event.window.start if self.event.window else None

    def is_to_come(self, as_of: date) -> bool:
        """Whether some of it is on that day or later; what is undated is."""
        if self.occurrences:
            return any(each.last_day >= as_of for each in self.occurrences)
        return self.event.window is None or self.event.window.end >= as_of

    def was_held(self, as_of: date) -> bool:
        """Whether some of it was over before that day."""
        if self.occurrences:
            return any(each.last_day < as_of for each in self.occurrences)
        return self.event.window is not None and self.event.window.end < as_of


def find_opportunities(planned: Iterable[Planned], region: Region, as_of: date) -> tuple[Opportunity, ...]:
    """Every opportunity that a day leaves open, by kind, first date and key."""
    live = [each for each in planned if not each.event.cancelled]
    found = [
        *_to_open(live, region, as_of),
        *_to_share(live, region, as_of),
        *_to_tour(live, region, as_of),
        *_to_reuse(live, as_of),
        *_typed_twice(live, as_of),
    ]
    kinds = list(Chance)
    return tuple(sorted(found, key=lambda each: (kinds.index(each.chance), each.dates[:1], each.key, each.id)))


def _to_open(live: Sequence[Planned], region: Region, as_of: date) -> Iterator[Opportunity]:
    """Informative webinars and conferences still to come that some network may not attend."""
    others = {network.code for network in region.networks}
    for each in live:
        event, title = each.event, normalise(each.event.title)
        is_informative = any(has_words(title, word) for word in _INFORMATIVE) and event.scope is not Scope.INTERNAL
        is_closed = event.open_to != ALL and not others - {event.key.network} <= set(event.open_to)
        if is_informative and is_closed and event.key.network != REGION and each.occurrences and each.is_to_come(as_of):
            yield _made(Chance.OPEN, event.title, event.key.id, [each])


def _to_share(live: Sequence[Planned], region: Region, as_of: date) -> Iterator[Opportunity]:
    """One line for each speaker or touring partner whom several networks have within a year."""
    for name, text, sharing in _by_name(live, region, speakers=True):
        pairs = (pair for pair in combinations(sharing, 2) if any(each.is_to_come(as_of) for each in pair))
        near = (pair for pair in pairs if _are_near(*pair, WITHIN_A_YEAR) and not _are_at_once(*pair))
        if met := _each_once(near):
            yield _made(Chance.SHARE, name, text, met)


def _to_tour(live: Sequence[Planned], region: Region, as_of: date) -> Iterator[Opportunity]:
    """One line for each touring partner who goes to two networks within three weeks."""
    for name, text, sharing in _by_name(live, region, speakers=False):
        dated = [each for each in sharing if each.occurrences and each.is_to_come(as_of)]
        if met := _each_once(pair for pair in combinations(dated, 2) if _are_near(*pair, ONE_TRIP)):
            yield _made(Chance.TOUR, name, text, met)


def _to_reuse(live: Sequence[Planned], as_of: date) -> Iterator[Opportunity]:
    """One line for each theme that one network has behind it, or lends, and another has before it."""
    by_theme: dict[str, list[Planned]] = defaultdict(list)
    names: dict[str, str] = {}
    for each in live:
        for theme in each.event.themes:
            names.setdefault(normalise(theme), theme)
            by_theme[normalise(theme)].append(each)
    for text, sharing in by_theme.items():
        held = [each for each in sharing if each.event.reusable or (each.was_held(as_of) and not _is_internal(each))]
        ahead = [each for each in sharing if each.is_to_come(as_of) and not (_is_internal(each) and _is_settled(each))]
        pairs = ((done, planned) for done in held for planned in ahead)
        if met := _each_once(pair for pair in pairs if len({each.event.key.network for each in pair}) > 1):
            is_held = any(each in held and each.was_held(as_of) for each in met)
            yield replace(_made(Chance.REUSE, names[text], text, met), is_held=is_held)


def _is_internal(planned: Planned) -> bool:
    return planned.event.scope is Scope.INTERNAL


def _is_settled(planned: Planned) -> bool:
    """Whether an internal event is one for good. An action that has no date yet may be called by those who prepare it,
    « groupe de travail », as long as nobody says that it is theirs alone."""
    return planned.event.says_internal or bool(planned.occurrences)


def _each_once(pairs: Iterable[tuple[Planned, Planned]]) -> list[Planned]:
    """The events of some pairs."""
    return list({each.event.key: each for pair in pairs for each in pair}.values())


def _typed_twice(live: Sequence[Planned], as_of: date) -> Iterator[Opportunity]:
    """One line for each two events that look like one."""
    by_day: dict[date, list[Occurrence]] = defaultdict(list)
    for each in live:
        for occurrence in each.occurrences:
            if occurrence.last_day >= as_of and each.event.component == "VEVENT":
                by_day[occurrence.first_day].append(occurrence)
    planned = {each.event.key: each for each in live}
    met: dict[tuple[EventKey, EventKey], None] = {}
    for together in by_day.values():
        for one, other in combinations(together, 2):
            if one.event.key != other.event.key and is_typed_twice(one, other):
                first, second = sorted((one.event.key, other.event.key))
                met[first, second] = None
    for first, second in met:
        pair = [planned[first], planned[second]]
        # Who corrects a title is not asked again.
        yield _made(Chance.TWICE, pair[0].event.title, "", pair)


def _by_name(live: Sequence[Planned], region: Region, *, speakers: bool) -> Iterator[tuple[str, str, list[Planned]]]:
    """What goes from place to place, with the events that have it."""
    names: dict[str, str] = {}
    sharing: dict[str, list[Planned]] = defaultdict(list)
    for each in live:
        touring = {normalise(name): name for name in each.event.partners if region.is_on_tour(name)}
        people = {_text_of(name, region): name for name in each.event.speakers} if speakers else {}
        for text, name in (people | touring).items():
            names.setdefault(text, name)
            sharing[text].append(each)
    for text, events in sharing.items():
        yield names[text], text, events


def _text_of(speaker: str, region: Region) -> str:
    """What tells a speaker from others; touring equipment may stand among speakers."""
    return normalise(speaker) if region.is_on_tour(speaker) else person_key(speaker)


def _are_near(one: Planned, other: Planned, most: timedelta) -> bool:
    """Whether two networks have them within so long; an undated one may still be put near."""
    if one.event.key.network == other.event.key.network:
        return False
    if one.first is None or other.first is None:
        return True
    here, there = ([each.first_day for each in planned.occurrences] for planned in (one, other))
    return any(abs(a - b) <= most for a in here or [one.first] for b in there or [other.first])


def _are_at_once(one: Planned, other: Planned) -> bool:
    """Whether they take place at once: nobody is in both, which is told as a clash."""
    return any(each.overlaps(there) for each in one.occurrences for there in other.occurrences)


def _made(chance: Chance, key: str, text: str, planned: Sequence[Planned]) -> Opportunity:
    ordered = sorted(planned, key=lambda each: (each.first or date.max, each.event.key))
    return Opportunity(
        chance=chance,
        key=key,
        key_text=text,
        events=tuple(each.event for each in ordered),
        dates=tuple(each.first for each in ordered if each.first),
    )
