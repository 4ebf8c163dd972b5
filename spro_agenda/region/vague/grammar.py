"""Units of time -> one window: lists, ranges, limits, and the year that nobody said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import Enum
from itertools import pairwise

from dateutil.relativedelta import relativedelta  # type: ignore[import-untyped]  # it ships no types

from spro_agenda.model import Window
from spro_agenda.region.records import Period
from spro_agenda.region.vague.tokens import tokens
from spro_agenda.region.vague.units import JOINING, ONE_DAY, Reader, Unit


class Meaning(Enum):
    """What words say of a date: the days of a window, that none is known yet, or nothing that we may tell."""

    WINDOW = "window"
    UNDATED = "undated"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """The day from which a year that nobody said is found: of the entry, the first window that ends on or after it; of
    a meeting, the nearest window."""

    day: date
    is_meeting: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What some words mean; `window` and `edtf` (ISO 8601-2) for WINDOW alone. `is_backwards`, of UNKNOWN: they are
    days that would be a window the other way round."""

    meaning: Meaning
    window: Window | None = None
    edtf: str | None = None
    is_backwards: bool = False


UNDATED, UNKNOWN = Said(meaning=Meaning.UNDATED), Said(meaning=Meaning.UNKNOWN)

_OPEN = "definir|fixer|preciser|venir|confirmer|determiner|dater|programmer|planifier"
_UNSAID = re.compile(
    rf"\b(?:dates? )?a (?:{_OPEN})\b|\bsans date\b|\bdates? inconnues?\b|\bdates?\b$"
    r"|\b(?:dates? )?(?:non|pas) (?:encore )?(?:fix|defini|connu)\w*"
)
_DANGLING = re.compile(r"(?: ?\b(?:a|et|ou))+$")
_LIMIT = re.compile(r"^(?:ici|avant|(?P<within>plus tard|jusqu(?: a)?)) ")
_FROM = re.compile(r"^a partir ")
_NEXT_MONTH, _NEXT_YEAR = "prochain", "annee prochain"
_EXCLUDING = frozenset({"apres", "hors", "sauf", "sans"})
_LONGEST_WORDS = 100
"""In characters: nobody says a date in more."""

_LONGEST = timedelta(days=731)
_AROUND = 3
"""Years about the anchor in which a unit is looked for."""


def read_words(words: str, anchor: Anchor, periods: Sequence[Period] = ()) -> Said:
    """What the words mean for whoever wrote them; `periods` are the school holidays that they may name."""
    if len(words) > _LONGEST_WORDS:
        return UNKNOWN
    told = tokens(_weeks_of_day(words))
    if not told and words.strip():
        # « un mardi », « reporté »: something was said, but not when.
        return UNKNOWN
    text = " ".join(told)
    unsaid, count = _UNSAID.subn(" ", text)
    rest = _DANGLING.sub("", " ".join(unsaid.split()))
    if not text or (count and re.fullmatch(r"(?:(?:19|20)\d\d)?", rest)):
        return UNDATED
    window = _window(rest, anchor, periods)
    if window is None or not window.start <= window.end <= window.start + _LONGEST:
        return replace(UNKNOWN, is_backwards=_is_backwards(rest.split(), anchor, periods))
    return Said(meaning=Meaning.WINDOW, window=window, edtf=edtf(window))


def edtf(window: Window) -> str:
    """A window as EDTF (ISO 8601-2): a month, a year, or an interval."""
    start, end = window.start, window.end
    if start.day == 1 and (end + ONE_DAY).day == 1:
        if (start.year, start.month) == (end.year, end.month):
            return f"{start:%Y-%m}"
        if start.year == end.year and (start.month, end.month) == (1, 12):
            return f"{start:%Y}"
        return f"{start:%Y-%m}/{end:%Y-%m}"
    return f"{start}/{end}"


def _weeks_of_day(words: str) -> str:
    """« semaine du 11 » is another week than « semaine 11 »: the word that tells them apart is a filler elsewhere."""
    return re.sub(r"\b([Ss][Ee][Mm]\w*\.?\s+)[Dd][Uu]\s+(\d{1,2})", r"\1jour \2", words)


def _window(text: str, anchor: Anchor, periods: Sequence[Period]) -> Window | None:
    if text in (_NEXT_MONTH, _NEXT_YEAR):
        # In a bracket, nobody knows on which day it was written.
        return _after(anchor.day, text) if anchor.is_meeting else None
    if limit := _LIMIT.match(text):
        return _until(text[limit.end() :], anchor, periods, is_within=limit["within"] is not None)
    if opening := _FROM.match(text):
        window = _hull(text[opening.end() :].split(), anchor, periods)
        return Window(window.start, date(window.start.year, 12, 31)) if window else None
    return _hull(text.split(), anchor, periods)


def _after(day: date, text: str) -> Window:
    """The month or the year after a day's."""
    if text == _NEXT_YEAR:
        return Window(date(day.year + 1, 1, 1), date(day.year + 1, 12, 31))
    first = day.replace(day=1) + relativedelta(months=1)
    return Window(first, first + relativedelta(months=1) - ONE_DAY)


def _until(text: str, anchor: Anchor, periods: Sequence[Period], *, is_within: bool) -> Window | None:
    """From the anchor's day to the eve of what is named, or to its end where « fin » or « jusqu'à » says so."""
    units = _units(text.split(), periods)
    if units is None or len(units) != 1:
        return None
    unit = units[0]
    is_end = unit.is_end or (is_within and unit.kind not in ("feast", "holiday"))
    limits = [
        window.end if is_end else window.start - ONE_DAY
        for year in _years(anchor, unit)
        for window in unit.windows(year)
    ]
    end = min((limit for limit in limits if limit >= anchor.day), default=None)
    return Window(anchor.day, end) if end else None


def _units(told: Sequence[str], periods: Sequence[Period]) -> list[Unit] | None:
    """All of the words as units; `None` where any is left over."""
    reader, units, at = Reader(told, periods), list[Unit](), 0
    while at < len(told):
        if told[at] in JOINING or told[at] == "entre":
            at += 1
            continue
        found = reader.unit(at)
        if found is None:
            return None
        unit, at = found
        units.append(unit)
    return _with_leading_year(units)


def _with_leading_year(units: list[Unit]) -> list[Unit]:
    """« 2021, en octobre » is October 2021."""
    if [unit.kind == "year" for unit in units] == [True, False] and units[1].year is None:
        return [replace(units[1], year=units[0].year)]
    return units


def _hull(told: Sequence[str], anchor: Anchor, periods: Sequence[Period]) -> Window | None:
    """The window of a unit, of units that touch, or from one to another."""
    if _EXCLUDING & set(told):
        return None
    units = _units(told, periods)
    return _hull_of(units, told, anchor) if units else None


def _is_backwards(told: Sequence[str], anchor: Anchor, periods: Sequence[Period]) -> bool:
    units = [] if _EXCLUDING & set(told) else _units(told, periods) or []
    if len(units) != 2 or any(unit.kind != "day" for unit in units):
        return False
    return _hull_of(units[::-1], told, anchor) is not None


def _hull_of(units: Sequence[Unit], told: Sequence[str], anchor: Anchor) -> Window | None:
    if len(units) == 1 and units[0].kind in ("day", "feast"):
        # A day alone is a firm date, and around a feast nobody knows how many days are meant.
        return None
    is_range = "a" in told[1:] or "entre" in told
    if not is_range and any(unit.kind in ("day", "feast") for unit in units):
        return None
    found = list(_candidates(units, anchor, is_range=is_range, is_between="entre" in told))
    if any(unit.year for unit in units):
        return min(found, key=lambda window: (window.end - window.start, window.start), default=None)
    return _chosen(found, anchor)


def _candidates(units: Sequence[Unit], anchor: Anchor, *, is_range: bool, is_between: bool) -> Iterator[Window]:
    years = sorted({year for unit in units for year in _years(anchor, unit)})
    for first in (window for year in years for window in units[0].windows(year)):
        windows = _in_turn(first, units[1:], years)
        if windows is None:
            continue
        if is_between and all(unit.kind == "holiday" for unit in units):
            yield Window(windows[0].end + ONE_DAY, windows[-1].start - ONE_DAY)
        elif is_range or all(_touch(*pair) for pair in pairwise(windows)):
            end = windows[-1].start - ONE_DAY if units[-1].kind == "feast" else windows[-1].end
            longest = _DAYS if units[0].kind == "day" else _YEAR
            if len(windows) == 1 or end - windows[0].start < longest:
                yield Window(windows[0].start, end)


_DAYS, _YEAR = timedelta(days=180), timedelta(days=366)
"""Past that, a range was typed the wrong way round."""


def _in_turn(first: Window, others: Sequence[Unit], years: Sequence[int]) -> list[Window] | None:
    """The first window, and of each other unit the next one."""
    windows = [first]
    for unit in others:
        following = [window for year in years for window in unit.windows(year) if window.start >= windows[-1].start]
        if not following:
            return None
        windows.append(min(following))
    return windows


def _touch(one: Window, other: Window) -> bool:
    return one.start < other.start <= one.end + ONE_DAY and one.end < other.end


def _years(anchor: Anchor, unit: Unit) -> Sequence[int]:
    if unit.year is not None:
        return range(unit.year - 1, unit.year + 2)
    return range(anchor.day.year - _AROUND, anchor.day.year + _AROUND + 6)


def _chosen(found: Sequence[Window], anchor: Anchor) -> Window | None:
    if anchor.is_meeting:
        return min(found, key=lambda window: (_days_from(anchor.day, window), window), default=None)
    return min((window for window in found if window.end >= anchor.day), default=None)


def _days_from(day: date, window: Window) -> int:
    return max((window.start - day).days, (day - window.end).days, 0)
