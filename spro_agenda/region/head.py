"""The brackets that open a title: `[Dreux] [en octobre] Atelier…`."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from spro_agenda.ical.own import BETWEEN, CANCELLED, MARK, TO_DATE
from spro_agenda.ical.read import Part
from spro_agenda.model import Window
from spro_agenda.region.places import town_called
from spro_agenda.region.records import REGION_CALLED, Region, Town
from spro_agenda.region.vague import Anchor, Meaning, Said, read_words
from spro_agenda.region.words import harmless

_BRACKET = re.compile(r"\s*\[([^\[\]]*)\]\s*")
_TO_DATE = re.compile(rf"(?<=.){re.escape(TO_DATE)}\]")
_ANY_DAY = date(2021, 1, 1)


class Unread(StrEnum):
    """Why a bracket that opens a title stays in it."""

    WORDS = "neither-town-nor-date"
    SECOND = "second-bracket-of-its-kind"
    HOURS = "hours-are-a-firm-date"
    NO_DAY = "no-day-to-tell-the-year"
    BACKWARDS = "ends-before-it-begins"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The brackets that open a title, taken apart: a town, date words with their window, the first that stays in the
    title (`unread`, and why), and the title that is left."""

    site: Town | None = None
    site_words: str = ""
    words: str | None = None
    unread: str = ""
    why_unread: Unread = Unread.WORDS
    window: Window | None = None
    title: str


def head_of(part: Part, network: str, region: Region) -> Head:
    """What the brackets of a part's title say."""
    head, kept = _without_whose(Head(title=harmless(part.title)), region), ""
    is_vague = "WINDOW" in part.spro or "DATE-WORDS" in part.spro
    while (found := _BRACKET.match(head.title)) and found.end() < len(head.title):
        inside, rest = found[1].strip(), head.title[found.end() :]
        town = town_called(inside, network, region)
        if town is not None and head.site is None:
            head = replace(head, site=town, site_words=inside, title=rest)
            continue
        said = _said(inside, part, region)
        if town is None and head.words is None and (is_vague or _tells_a_date(inside, said, part)):
            head = replace(head, words=inside, window=said.window, title=rest)
        else:
            kept += found[0]
            head = replace(head, title=rest)
            if not head.unread:
                head = replace(head, unread=inside, why_unread=_why_unread(inside, town, said, part, region))
    return replace(head, title=f"{kept}{head.title}".strip())


def _without_whose(head: Head, region: Region) -> Head:
    """A title as it was before our agenda put before it whose event it is: people copy from there."""
    whose, between, rest = head.title.partition(BETWEEN)
    called = whose.removeprefix(f"{MARK} ")
    code, _space, words = called.partition(" ")
    town = town_called(words, code, region) if words else None
    if not between or code not in (*region.codes, REGION_CALLED) or (words and town is None):
        return head
    return replace(head, title=_TO_DATE.sub("]", rest.removeprefix(CANCELLED)), site=town, site_words=words)


def brackets_of(title: str) -> list[str]:
    """What stands in the brackets that open a title."""
    found, at = list[str](), 0
    while (bracket := _BRACKET.match(title, at)) and bracket.end() < len(title):
        found.append(bracket[1].strip())
        at = bracket.end()
    return found


def _why_unread(words: str, town: Town | None, said: Said, part: Part, region: Region) -> Unread:
    if town is not None:
        return Unread.SECOND
    if said.meaning is not Meaning.UNKNOWN:
        return Unread.HOURS if isinstance(part.start, datetime) else Unread.SECOND
    told = said_of(words, part, region)
    if told.meaning is not Meaning.UNKNOWN:
        return Unread.NO_DAY
    return Unread.BACKWARDS if told.is_backwards else Unread.WORDS


def said_of(words: str, part: Part, region: Region) -> Said:
    """What words say of a date; where a part has no day, beside any: whether they give one does not depend on it."""
    moment = part.start or part.created or _ANY_DAY
    day = moment.date() if isinstance(moment, datetime) else moment
    return read_words(words, Anchor(day=day), region.school_holidays)


def _tells_a_date(words: str, said: Said, part: Part) -> bool:
    """Whether a bracket says when a whole day's event takes place, or that nobody knows yet: hours are a firm date."""
    return bool(words) and not isinstance(part.start, datetime) and said.meaning is not Meaning.UNKNOWN


def _said(words: str, part: Part, region: Region) -> Said:
    """What the words of a bracket mean beside the date that the entry carries."""
    if part.start is None:
        return Said(meaning=Meaning.UNKNOWN)
    day = part.start.date() if isinstance(part.start, datetime) else part.start
    return read_words(words, Anchor(day=day), region.school_holidays)
