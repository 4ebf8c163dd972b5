"""What a region is made of, frozen. All that is compared is compared by `words.normalise`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from spro_agenda.errors import UnknownNetwork
from spro_agenda.i18n import _
from spro_agenda.model import REGION, Kind, Weight
from spro_agenda.region.school import decreed, school_year, which
from spro_agenda.region.words import has_words, normalise

REGION_CALLED = _("Région")
"""What stands for the regional team before a title, where a network has its code."""


@dataclass(frozen=True, kw_only=True)
class Named:
    """A thing with a name that everybody reads, and other names that people type."""

    name: str
    aliases: tuple[str, ...] = ()

    @cached_property
    def forms(self) -> tuple[str, ...]:
        """Its names, normalised, the longest first."""
        return tuple(sorted({normalise(form) for form in (self.name, *self.aliases)}, key=len, reverse=True))

    def is_called(self, text: str) -> bool:
        """Whether the text is one of its names."""
        return normalise(text) in self.forms

    @cached_property
    def _beginnings(self) -> tuple[tuple[str, str], ...]:
        """Its names by their first words."""
        return tuple((form.partition(" ")[0], form) for form in self.forms)

    def form_in(self, normalised: str) -> str | None:
        """The longest of its names that stands in a normalised text."""
        for first, form in self._beginnings:
            if first in normalised and has_words(normalised, form):
                return form
        return None


@dataclass(frozen=True, kw_only=True)
class Town(Named):
    """A site of a network, or another town of its département. Degrees, WGS 84."""

    network: str
    latitude: float
    longitude: float


@dataclass(frozen=True, kw_only=True)
class Place(Named):
    """A place with a name of its own. Where it has `several_rooms`, only the same room is the same place."""

    town: str
    several_rooms: bool = False


@dataclass(frozen=True, kw_only=True)
class Partner(Named):
    """A partner body, or equipment. `on_tour`: it cannot be in two places at once."""

    on_tour: bool = False


@dataclass(frozen=True, kw_only=True)
class Public(Named):
    """Who an event is meant for."""

    professional: bool = False
    school: bool = False


@dataclass(frozen=True, kw_only=True)
class Theme(Named):
    """What an event is about; `categories` are the CATEGORIES that say so."""

    categories: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Network(Named):
    """One département's guidance bodies. `name` is the département's, `colour` is `#RRGGBB`. `calendar` is the address
    of the calendar that it keeps elsewhere, where it does."""

    code: str
    colour: str
    sites: tuple[Town, ...] = ()
    calendar: str | None = None


_SHORTEST_MONTH = 28
SCHOOL = "vacances"
"""The kind of periods that are school holidays."""


@dataclass(frozen=True, kw_only=True)
class Period:
    """Days, both inclusive, that everybody should know of: school holidays, elections, national weeks."""

    name: str
    kind: str
    start: date
    end: date
    zone: str | None = None

    @property
    def is_school(self) -> bool:
        """Whether these are school holidays."""
        return self.kind == SCHOOL

    def meets(self, first: date, last: date) -> bool:
        """Whether a day of these, both inclusive, is in it."""
        return self.start <= last and first <= self.end


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Whether a kind of clash is looked for, and how much it weighs at most."""

    enabled: bool
    weight: Weight


@dataclass(frozen=True, kw_only=True)
class Region:
    """All of `region.toml`. `internal_words` and `event_words` in a title decide its default portée. `communes` are
    further towns, of which no more is known than that one of them alone is no place."""

    name: str
    calendar_name: str
    colour: str
    time_zone: ZoneInfo
    school_zone: str
    networks: tuple[Network, ...]
    towns: tuple[Town, ...] = ()
    places: tuple[Place, ...] = ()
    speakers: tuple[Named, ...] = ()
    partners: tuple[Partner, ...] = ()
    publics: tuple[Public, ...] = ()
    themes: tuple[Theme, ...] = ()
    periods: tuple[Period, ...] = ()
    internal_words: tuple[str, ...] = ()
    event_words: tuple[str, ...] = ()
    communes: tuple[str, ...] = ()
    rules: Mapping[Kind, Rule] = field(default_factory=dict)

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The networks' codes in their order, the regional team's last: also the order of calendars."""
        return (*(network.code for network in self.networks), REGION)

    @cached_property
    def internal_forms(self) -> tuple[str, ...]:
        """`internal_words`, normalised."""
        return tuple(map(normalise, self.internal_words))

    @cached_property
    def event_forms(self) -> tuple[str, ...]:
        """`event_words`, normalised."""
        return tuple(map(normalise, self.event_words))

    @cached_property
    def territories(self) -> tuple[str, ...]:
        """What the region, its networks and its towns are called, normalised, the longest first."""
        names = {form for each in (*self.all_towns, *self.networks) for form in each.forms}
        names |= {normalise(name) for name in (self.name, *self.communes, *(each.code for each in self.networks))}
        return tuple(sorted(names, key=lambda name: (-len(name), name)))

    @cached_property
    def all_towns(self) -> tuple[Town, ...]:
        """Sites first, then the other towns."""
        return (*(site for network in self.networks for site in network.sites), *self.towns)

    @cached_property
    def school_holidays(self) -> tuple[Period, ...]:
        """Those of the region's zone, in order: the ones of its file, and the decreed ones that these do not replace,
        by their days or by their name in the same school year."""
        typed = [each for each in self.periods if each.is_school and each.zone in (None, self.school_zone)]
        named = {(which(each.name), school_year(each.start)) for each in typed}
        decreed_ones = (
            Period(name=each.name, kind=SCHOOL, start=each.start, end=each.end, zone=self.school_zone)
            for each in decreed(self.school_zone)
            if (which(each.name), school_year(each.start)) not in named
        )
        others = [each for each in decreed_ones if not any(own.meets(each.start, each.end) for own in typed)]
        return tuple(sorted((*typed, *others), key=lambda each: (each.start, each.end)))

    @cached_property
    def _school_holidays_by_month(self) -> Mapping[tuple[int, int], Sequence[Period]]:
        found: dict[tuple[int, int], list[Period]] = defaultdict(list)
        for each in self.school_holidays:
            day = each.start
            while day <= each.end:
                found[day.year, day.month].append(each)
                day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        return found

    def school_holidays_on(self, first: date, last: date) -> list[Period]:
        """The school holidays of which a day is among these, both inclusive, in order."""
        if (last - first).days > _SHORTEST_MONTH:
            return [each for each in self.school_holidays if each.meets(first, last)]
        by_month = self._school_holidays_by_month
        near = {each: None for day in (first, last) for each in by_month.get((day.year, day.month), ())}
        return [each for each in near if each.meets(first, last)]

    def unknown_school_year(self, first: date, last: date) -> int | None:
        """The school year, by the year in which it begins, of the first of these days of which nobody has told yet
        whether they are holidays."""
        known = self.school_holidays
        day = max(first, known[-1].end + timedelta(days=1)) if known else first
        return school_year(day) if day <= last else None

    @cached_property
    def watched_periods(self) -> tuple[Period, ...]:
        """Elections, sessions, national weeks, a strike added by hand."""
        return tuple(each for each in self.periods if not each.is_school)

    @cached_property
    def _touring(self) -> frozenset[str]:
        return frozenset(normalise(each.name) for each in self.partners if each.on_tour)

    @cached_property
    def _professional(self) -> frozenset[str]:
        return frozenset(normalise(each.name) for each in self.publics if each.professional)

    @cached_property
    def _school(self) -> frozenset[str]:
        return frozenset(normalise(each.name) for each in self.publics if each.school)

    def is_on_tour(self, partner: str) -> bool:
        """Whether a partner, by its name, is equipment or a team that cannot be in two places at once."""
        return normalise(partner) in self._touring

    def is_professional(self, public: str) -> bool:
        """Whether a public, by its name, are professionals of guidance."""
        return normalise(public) in self._professional

    def is_school(self, public: str) -> bool:
        """Whether a public, by its name, follows the school holidays."""
        return normalise(public) in self._school

    def town_of(self, name: str, network: str) -> Town | None:
        """The town of that name, the network's own first: names repeat between départements."""
        named = [town for town in self.all_towns if town.name == name]
        return min(named, key=lambda town: town.network != network, default=None)

    @cached_property
    def calendars(self) -> Mapping[str, str]:
        """The addresses of the calendars that networks keep elsewhere, by their codes."""
        return {each.code: each.calendar for each in self.networks if each.calendar}

    def network(self, code: str) -> Network | None:
        """The network of that code; `None` for the regional team's."""
        return next((network for network in self.networks if network.code == code), None)

    def theme_called(self, text: str) -> str | None:
        """The name of the theme that a text means, `None` where it means none that is known."""
        return next((theme.name for theme in self.themes if theme.is_called(text)), None)

    def known_code(self, *names: str) -> str | None:
        """The code that the first of these names means, as `code_of` reads them; `None` where none means one."""
        for name in names:
            words = normalise(name).removeprefix("spro ").removeprefix("reseau ")
            for network in self.networks:
                code = normalise(network.code)
                if words == code or network.is_called(words) or network.is_called(words.removeprefix(f"{code} ")):
                    return network.code
            if words in (REGION, normalise(self.calendar_name), normalise(self.name)):
                return REGION
        return None

    def code_of(self, given: str) -> str:
        """The code of a network given by its code or name (« 28 », « Eure-et-Loir », « SPRO 28 », « région »).

        Raises UnknownNetwork.
        """
        code = self.known_code(given)
        if code is None:
            raise UnknownNetwork(given, self.codes)
        return code

    def name_of(self, code: str) -> str:
        """What people read for a code: « 28 Eure-et-Loir », « Équipe régionale »."""
        network = self.network(code)
        return f"{network.code} {network.name}" if network else self.calendar_name

    def colour_of(self, code: str) -> str:
        network = self.network(code)
        return network.colour if network else self.colour
