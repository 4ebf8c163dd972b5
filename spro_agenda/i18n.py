"""Translation: sentences are written in French in the code, and pass through gettext to be translatable.

French is the source language because every reader speaks it, so no catalogue is needed for it. The catalogue
`messages` that stands beside this module turns click's own English messages into French.
"""

from __future__ import annotations

import gettext as _gettext
import os
import re
from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from babel.dates import format_date

DOMAIN = "spro_agenda"
LOCALE_DIR = Path(__file__).with_name("locale")
LOCALE = "fr"
_BEFORE = re.compile(r" ([»:;?!])")
_AFTER = re.compile(r"([«]) ")
_NUMBER = re.compile(r"(\d(?:er)?) (?=[^\W\d])")


@lru_cache(maxsize=5000)
def _(message: str) -> str:
    """Translate a French sentence of ours into the reader's language, French where there is no catalogue."""
    # gettext looks for a catalogue on the disk each time that it is asked.
    return _gettext.dgettext(DOMAIN, message)


def counted(number: int, one: str, many: str) -> str:
    """« 1 conflit », « 3 conflits »; in French none is singular: « 0 conflit »."""
    return f"{number} {_(many if number > 1 else one)}"


def speak_french() -> None:
    """Make click, which asks gettext's default domain, speak French whatever the shell's locale is."""
    os.environ["LANGUAGE"] = LOCALE
    _gettext.bindtextdomain("messages", str(LOCALE_DIR))
    _gettext.bindtextdomain(DOMAIN, str(LOCALE_DIR))


def unbroken(text: str) -> str:
    """The text with no-break spaces where French typography wants them: no line begins with « : » or « » », and no
    number stands apart from what it counts (« 7 octobre », « 28 Chartres »)."""
    return _NUMBER.sub("\\1\u00a0", _AFTER.sub("\\1\u00a0", _BEFORE.sub("\u00a0\\1", text)))


@lru_cache(maxsize=2000)
def day_words(day: date, *, year: bool = False) -> str:
    """A day as people say it: « jeudi 7 octobre », with its year on request."""
    first = "1er" if day.day == 1 else str(day.day)
    return format_date(day, f"EEEE '{first}' MMMM{' y' if year else ''}", locale=LOCALE)


def hour_words(moment: datetime) -> str:
    """« 9h », « 17h30 »."""
    return f"{moment.hour}h{moment.minute:02}" if moment.minute else f"{moment.hour}h"


def days_words(days: tuple[date, ...]) -> str:
    """Days in one phrase: « le jeudi 7 octobre 2021 », « du 7 au 8 octobre 2021 », « les 7 et 9 octobre 2021 ».

    `days` is sorted, without repeats, and not empty.
    """
    first, last = days[0], days[-1]
    if (last - first).days == len(days) - 1:
        return period_words(first, last)
    months = [tuple(of_month) for _month, of_month in groupby(days, key=lambda day: (day.year, day.month))]
    return enumerated([_in_month(of_month, after) for of_month, after in zip(months, [*months[1:], None], strict=True)])


def enumerated(parts: Sequence[str]) -> str:
    """« a, b et c »."""
    return parts[0] if len(parts) == 1 else _("{first} et {last}").format(first=", ".join(parts[:-1]), last=parts[-1])


def _in_month(days: tuple[date, ...], following: tuple[date, ...] | None) -> str:
    """« les 7 et 9 octobre », with its year unless the month that follows says it."""
    *first, last = days
    said = [*(_short(day, last) for day in first), _short(last, following[0] if following else None)]
    return (_("les {days}") if first else _("le {days}")).format(days=enumerated(said))


def period_words(first: date, last: date) -> str:
    """« le jeudi 7 octobre 2021 », « du 7 au 8 octobre 2021 », « du 1er janvier au 31 décembre 2021 »."""
    if first == last:
        return _("le {day}").format(day=day_words(first, year=True))
    return _("du {first} au {last}").format(first=_short(first, last), last=_short(last, None))


def _short(day: date, followed_by: date | None) -> str:
    """A day without what the day that closes the phrase says again: the month, the year."""
    number = "1er" if day.day == 1 else str(day.day)
    if followed_by and (day.year, day.month) == (followed_by.year, followed_by.month):
        return number
    year = "" if followed_by and day.year == followed_by.year else " y"
    return f"{number} {format_date(day, f'MMMM{year}', locale=LOCALE)}"
