"""Units of time that come again each year, or stand in one: the months, quarters, weeks, holidays that people name."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import MAXYEAR, MINYEAR, date, timedelta

from dateutil.easter import easter  # type: ignore[import-untyped]  # it ships no types

from spro_agenda.model import Window
from spro_agenda.region.records import Period
from spro_agenda.region.school import HOLIDAYS, which
from spro_agenda.region.vague.tokens import FEASTS, LAST, MONTHS, SEASONS, WINTER

ONE_DAY = timedelta(days=1)
_QUARTERS, _HALVES, _TERMS = 4, 2, 3
_SEPTEMBER, _RETURN_DAYS = 9, 15
_TERM_ENDS = ("noel", "printemps", "ete")
"""The holidays that end each school term."""
_LONG = ("toussaint", "noel", "hiver", "printemps", "ete")
"""The holidays from which people come back."""
_LAST_WEEK = 53
_THIRDS = {"debut": (1, 10), "mi": (11, 20), "fin": (21, 31)}
_ORDER = {name: number for number, name in enumerate(_THIRDS)}
_HALF_MONTHS = {"#1": (1, 15), "#2": (16, 31), LAST: (16, 31)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """`of` gives its windows in a year; `year` is the one that was said. `is_end`: only its end was meant (« fin … »).

    `kind` is « day », « feast », « holiday », « year » or « other ».
    """

    of: Callable[[int], Sequence[Window]]
    kind: str = "other"
    year: int | None = None
    is_end: bool = False

    def windows(self, year: int) -> Sequence[Window]:
        """Its windows that count as that year's; none in another year than the one that was said."""
        if not MINYEAR < year < MAXYEAR or self.year not in (None, year):
            return ()
        return self.of(year)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads units from tokens. Each `_…` method gives a unit and the place after it, or `None`."""

    tokens: Sequence[str]
    periods: Sequence[Period]

    def unit(self, at: int) -> tuple[Unit, int] | None:
        """The unit that begins at a place, with the year said behind it."""
        for read in (
            self._holidays,
            self._school_term,
            self._school_year,
            self._week_of_day,
            self._week_of_month,
            self._week,
            self._half_month,
            self._part_of_year,
            self._quarter,
            self._half,
            self._month,
            self._season,
            self._return,
            self._feast,
            self._day,
            self._year,
        ):
            if found := read(at):
                return self._with_year(*found)
        return None

    def _at(self, at: int) -> str:
        return self.tokens[at] if 0 <= at < len(self.tokens) else ""

    def _number(self, at: int) -> int | None:
        token = self._at(at).removeprefix("#")
        return int(token) if token.isdecimal() and len(token) <= 2 else None

    def year_at(self, at: int) -> int | None:
        token = self._at(at)
        return int(token) if len(token) == 4 and token.isdecimal() and token[:2] in ("19", "20") else None

    def _with_year(self, unit: Unit, after: int) -> tuple[Unit, int] | None:
        year = self.year_at(after)
        if year is None or unit.year is not None:
            return unit, after
        return replace(unit, year=year), after + 1

    def _month(self, at: int) -> tuple[Unit, int] | None:
        """A month, or a third of it."""
        third = _THIRDS.get(self._at(at))
        named = at + (third is not None)
        month = MONTHS.get(self._at(named)) or (self._month_ahead(named) if third else None)
        if month is None:
            return None
        unit = Unit(of=lambda year: [_days(year, month, *(third or (1, 31)))], is_end=self._at(at) == "fin")
        return unit, named + (self._at(named) in MONTHS)

    def _month_ahead(self, at: int) -> int | None:
        """The month of « mi-octobre » in « début à mi-octobre », « fin mai » in « début et fin mai »."""
        at += self._at(at) in JOINING
        return MONTHS.get(self._at(at + 1)) if self._at(at) in _THIRDS else None

    def _half_month(self, at: int) -> tuple[Unit, int] | None:
        days, month = _HALF_MONTHS.get(self._at(at)), MONTHS.get(self._at(at + 2))
        if days is None or self._at(at + 1) not in ("quinzaine", "moitie") or month is None:
            return None
        return Unit(of=lambda year: [_days(year, month, *days)]), at + 3

    def _part_of_year(self, at: int) -> tuple[Unit, int] | None:
        """« début 2022 », « fin d'année »: a quarter, for want of better; « deuxième moitié de 2022 »: a half."""
        if self._at(at) in ("#1", "#2") and self._at(at + 1) == "moitie" and self.year_at(at + 2):
            return _months_unit(6, int(self._at(at)[1]) - 1), at + 2
        quarter = {"debut": 0, "fin": 3}.get(self._at(at))
        is_named = self._at(at + 1) == "annee"
        if quarter is None or not (is_named or self.year_at(at + 1)):
            return None
        return replace(_months_unit(3, quarter), is_end=quarter == 3), at + 1 + is_named

    def _quarter(self, at: int) -> tuple[Unit, int] | None:
        third = _ORDER.get(self._at(at))
        found = self._numbered(at + (third is not None), "trimestre", "T", _QUARTERS)
        if found is None:
            return None
        number, after = found
        if third is None:
            return _months_unit(3, number - 1), after
        return replace(_months_unit(1, (number - 1) * 3 + third), is_end=third == 2), after

    def _half(self, at: int) -> tuple[Unit, int] | None:
        third = _ORDER.get(self._at(at))
        if third is not None:
            whole = self._half(at + 1)
            if whole is None:
                return None
            unit, after = whole
            return replace(
                unit, of=lambda year: [_third(each, third) for each in unit.of(year)], is_end=third == 2
            ), after
        found = self._numbered(at, "semestre", "", _HALVES)
        if found is None and self._at(at) in ("S1", "S2") and (self.year_at(at + 1) or self.year_at(at - 1)):
            found = int(self._at(at)[1]), at + 1
        if found is None and self._at(at).startswith("#") and self._at(at + 1) == "sem":
            found = int(self._at(at)[1:]), at + 2
        if found is None or found[0] > _HALVES:
            return None
        return _months_unit(6, found[0] - 1), found[1]

    def _numbered(self, at: int, name: str, letter: str, most: int) -> tuple[int, int] | None:
        """« 3e trimestre », « trimestre 3 », « T3 », « dernier trimestre »."""
        here, behind = self._at(at), self._at(at + 1)
        if behind == name and here == LAST:
            return most, at + 2
        if behind == name and (here.startswith("#") or here.isdecimal()):
            number, after = self._number(at), at + 2
        elif here == name:
            number, after = self._number(at + 1), at + 2
        elif letter and here.startswith(letter) and here[1:].isdecimal():
            number, after = int(here[1:]), at + 1
        else:
            return None
        return (number, after) if number is not None and 1 <= number <= most else None

    def _week(self, at: int) -> tuple[Unit, int] | None:
        """« semaine 41 », « S41 », « sem. 41 », « 2021-W41 ». S1 and S2 alone may be half a year."""
        here, year = self._at(at), None
        if here in ("semaine", "sem"):
            year = self.year_at(at + 1)
            at += 1 + (year is not None)
            here = self._at(at)
            number = int(here[1:]) if here[:1] in ("W", "S") and here[1:].isdecimal() else self._number(at)
        elif here[:1] in ("S", "W") and here[1:].isdecimal() and here not in ("S1", "S2"):
            number = int(here[1:])
        else:
            return None
        if number is None or not 1 <= number <= _LAST_WEEK:
            return None
        return Unit(of=lambda of: _iso_week(of, number), year=year), at + 1

    def _week_of_day(self, at: int) -> tuple[Unit, int] | None:
        """« semaine du 11 octobre », « la semaine du 11 »."""
        number, month = self._number(at + 2), MONTHS.get(self._at(at + 3))
        if self._at(at) != "semaine" or self._at(at + 1) != "jour" or number is None:
            return None
        months = [month] if month else list(range(1, 13))

        def of(year: int) -> list[Window]:
            return [_week_around(day) for each in months if (day := _day(year, each, number))]

        return Unit(of=of), at + 3 + (month is not None)

    def _week_of_month(self, at: int) -> tuple[Unit, int] | None:
        """« première semaine de mars »: weeks that begin in the month; the last is the last that ends in it."""
        here, month = self._at(at), MONTHS.get(self._at(at + 2))
        if self._at(at + 1) != "semaine" or month is None or not (here == LAST or here.startswith("#")):
            return None
        number = None if here == LAST else int(here[1:])
        return Unit(of=lambda year: _week_in(year, month, number)), at + 3

    def _season(self, at: int) -> tuple[Unit, int] | None:
        if season := SEASONS.get(self._at(at)):
            (first_month, first_day), (last_month, last_day) = season
            return (
                Unit(of=lambda year: [Window(date(year, first_month, first_day), date(year, last_month, last_day))]),
                at + 1,
            )
        if self._at(at) != WINTER:
            return None
        winter = Unit(of=lambda year: [Window(date(year, 12, 21), date(year + 1, 3, 19))])
        begins, ends = self.year_at(at + 1), self.year_at(at + 2)
        if begins and ends == begins + 1:
            return replace(winter, year=begins), at + 3
        # Of one year alone, nobody knows whether the winter begins or ends in it.
        return None if begins else (winter, at + 1)

    def _return(self, at: int) -> tuple[Unit, int] | None:
        """« à la rentrée », « au retour des vacances de la Toussaint », « rentrée de janvier »: some two weeks."""
        here, after = self._at(at), at + 1
        if here not in ("rentree", "retour"):
            return None
        after += self._at(after) == "scolaire"
        if named := self._named_holidays(after) or self._named_feast(after):
            name, after = named
            return Unit(of=lambda year: [_return_from(each) for each in self._of(year, name)]), after
        if here == "retour":
            if self._at(after) != "vacances":
                return None
            return Unit(
                of=lambda year: [_return_from(each) for name in _LONG for each in self._of(year, name)]
            ), after + 1
        month = MONTHS.get(self._at(after))
        number = month or _SEPTEMBER
        return Unit(of=lambda year: [_days(year, number, 1, _RETURN_DAYS)]), after + (month is not None)

    def _feast(self, at: int) -> tuple[Unit, int] | None:
        name = self._at(at)
        if name not in FEASTS:
            return None

        def of(year: int) -> list[Window]:
            days = {"toussaint": date(year, 11, 1), "noel": date(year, 12, 25), "paques": easter(year)}
            return [Window(days[name], days[name])]

        return Unit(of=of, kind="feast"), at + 1

    def _holidays(self, at: int) -> tuple[Unit, int] | None:
        """« vacances de la Toussaint », as the region has them."""
        named = self._named_holidays(at)
        if named is None:
            return None
        name, after = named
        return Unit(
            of=lambda year: [Window(each.start, each.end) for each in self._of(year, name)], kind="holiday"
        ), after

    def _named_holidays(self, at: int) -> tuple[str, int] | None:
        """Which holidays are named, and the place after."""
        after = at + 1 + (self._at(at + 1) == "scolaire")
        name = HOLIDAYS.get(self._at(after))
        return (name, after + 1) if self._at(at) in ("vacances", "pont") and name else None

    def _named_feast(self, at: int) -> tuple[str, int] | None:
        """Which holidays the feast means that they are about: « la rentrée de la Toussaint »."""
        return (HOLIDAYS[self._at(at)], at + 1) if self._at(at) in FEASTS else None

    def _of(self, year: int, name: str) -> list[Period]:
        """The holidays of that kind that begin in a year."""
        return [each for each in self.periods if each.start.year == year and which(each.name) == name]

    def _school_term(self, at: int) -> tuple[Unit, int] | None:
        """« 2e trimestre scolaire »: from holidays to holidays, those of Christmas, spring and summer."""
        found = self._numbered(at, "trimestre", "T", _TERMS)
        if found is None:
            return None
        number, after = found
        after += self._at(after) == "annee"
        if self._at(after) != "scolaire":
            return None
        year, after = self._school_years(after + 1)

        def of(year: int) -> list[Window]:
            begins = [date(year, _SEPTEMBER, 1)] if number == 1 else self._after(year, _TERM_ENDS[number - 2])
            ends = [each.start - ONE_DAY for each in self._of(year, _TERM_ENDS[number - 1])]
            return [Window(*days) for days in zip(begins, ends, strict=False)]

        return Unit(of=of, year=year if year is None or number == 1 else year + 1), after

    def _after(self, year: int, name: str) -> list[date]:
        """The days after the holidays of that kind that end in a year."""
        return [each.end + ONE_DAY for each in self.periods if each.end.year == year and which(each.name) == name]

    def _school_year(self, at: int) -> tuple[Unit, int] | None:
        """« année scolaire 2021-2022 »: from September to the summer's holidays."""
        if (self._at(at), self._at(at + 1)) != ("annee", "scolaire"):
            return None
        year, after = self._school_years(at + 2)

        def of(year: int) -> list[Window]:
            return [Window(date(year, _SEPTEMBER, 1), each.start - ONE_DAY) for each in self._of(year + 1, "ete")]

        return Unit(of=of, year=year), after

    def _school_years(self, at: int) -> tuple[int | None, int]:
        """The year in which a school year begins that is told by its two, and the place after."""
        begins, ends = self.year_at(at), self.year_at(at + 1)
        return (begins, at + 2) if begins and ends == begins + 1 else (None, at)

    def _day(self, at: int) -> tuple[Unit, int] | None:
        """« 4 octobre », or the 4 of « entre le 4 et le 8 octobre »."""
        number = self._number(at)
        month = MONTHS.get(self._at(at + 1))
        if number is None:
            return None
        after = at + 1 + (month is not None)
        if month is None and self._at(at + 1) in JOINING and self._number(at + 2) is not None:
            month = MONTHS.get(self._at(at + 3))
        if month is None:
            return None
        return Unit(of=lambda year: [Window(day, day) for day in [_day(year, month, number)] if day], kind="day"), after

    def _year(self, at: int) -> tuple[Unit, int] | None:
        """« 2022 », « année 2022 »."""
        at += self._at(at) == "annee"
        year = self.year_at(at)
        if year is None:
            return None
        return Unit(of=lambda of: [Window(date(of, 1, 1), date(of, 12, 31))], kind="year", year=year), at + 1


JOINING = frozenset({"a", "et", "ou", "puis"})


def _return_from(holidays: Period) -> Window:
    """The two weeks after some holidays; after the summer's, those of September."""
    first = holidays.end + ONE_DAY
    if which(holidays.name) == "ete":
        first = date(holidays.start.year, _SEPTEMBER, 1)
    return Window(first, first + (_RETURN_DAYS - 1) * ONE_DAY)


def _months_unit(length: int, number: int) -> Unit:
    """The `number`-th run of so many months in a year, from 0."""
    first, last = number * length + 1, (number + 1) * length
    return Unit(of=lambda year: [Window(date(year, first, 1), _days(year, last, 1, 31).end)])


def _third(half: Window, number: int) -> Window:
    """Two months of half a year."""
    first = half.start.month + 2 * number
    return Window(date(half.start.year, first, 1), _days(half.start.year, first + 1, 1, 31).end)


def _days(year: int, month: int, first: int, last: int) -> Window:
    return Window(date(year, month, first), date(year, month, min(last, monthrange(year, month)[1])))


def _day(year: int, month: int, number: int) -> date | None:
    return date(year, month, number) if 1 <= number <= monthrange(year, month)[1] else None


def _iso_week(year: int, number: int) -> list[Window]:
    try:
        monday = date.fromisocalendar(year, number, 1)
    except ValueError:
        return []
    return [Window(monday, monday + 6 * ONE_DAY)]


def _week_around(day: date) -> Window:
    monday = day - day.weekday() * ONE_DAY
    return Window(monday, monday + 6 * ONE_DAY)


def _week_in(year: int, month: int, number: int | None) -> list[Window]:
    whole = _days(year, month, 1, 31)
    if number is None:
        sunday = whole.end - (whole.end.weekday() + 1) % 7 * ONE_DAY
        return [Window(sunday - 6 * ONE_DAY, sunday)]
    monday = whole.start + (-whole.start.weekday() % 7 + 7 * (number - 1)) * ONE_DAY
    return [Window(monday, monday + 6 * ONE_DAY)] if monday <= whole.end else []
