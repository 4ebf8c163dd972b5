"""A recurrence rule in words: « toutes les 2 semaines le lundi et le jeudi, jusqu'au 31 décembre 2021 »."""

from __future__ import annotations

import re
from datetime import date, datetime

import icalendar

from spro_agenda.differences.times import Clock
from spro_agenda.i18n import _, enumerated

_EVERY = {
    "DAILY": (_("tous les jours"), _("tous les {n} jours")),
    "WEEKLY": (_("toutes les semaines"), _("toutes les {n} semaines")),
    "MONTHLY": (_("tous les mois"), _("tous les {n} mois")),
    "YEARLY": (_("tous les ans"), _("tous les {n} ans")),
}
_DAYS = {
    "MO": _("lundi"),
    "TU": _("mardi"),
    "WE": _("mercredi"),
    "TH": _("jeudi"),
    "FR": _("vendredi"),
    "SA": _("samedi"),
    "SU": _("dimanche"),
}
_BYDAY = re.compile(r"([+-]?\d+)?(MO|TU|WE|TH|FR|SA|SU)")
_TOLD = frozenset({"FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "UNTIL", "COUNT", "WKST"})


def rule_words(value: icalendar.Component, clock: Clock) -> str:
    """What the RRULEs of a part say, "" when it has none. What no words here tell stands as it is written."""
    found = value.get("RRULE")
    rules = found if isinstance(found, list) else [found] if found is not None else []
    return " ; ".join(_words(rule, clock) for rule in rules)


def raw_rule(rule: icalendar.vRecur) -> str:
    """The rule as iCalendar writes it."""
    text: bytes = rule.to_ical()  # type: ignore[no-untyped-call]  # icalendar types most, not this
    return text.decode()


def _words(rule: icalendar.vRecur, clock: Clock) -> str:
    frequency = str(rule["FREQ"][0])
    if frequency not in _EVERY or not set(rule) <= _TOLD:
        return raw_rule(rule)
    interval = int(rule.get("INTERVAL", [1])[0])
    once, many = _EVERY[frequency]
    on = [*_days(rule), *(_("le {day}").format(day=day) for day in rule.get("BYMONTHDAY", []) if int(day) > 0)]
    words = [once if interval == 1 else many.format(n=interval), *([enumerated(on)] if on else [])]
    return ", ".join([" ".join(words), *_ends(rule, clock)])


def _days(rule: icalendar.vRecur) -> list[str]:
    return [_on(*found.groups()) for day in rule.get("BYDAY", []) if (found := _BYDAY.fullmatch(str(day)))]


def _on(number: str | None, day: str) -> str:
    """« le lundi », « le 1er lundi », « le dernier vendredi »."""
    if number is None:
        return _("le {day}").format(day=_DAYS[day])
    rank = int(number)
    if rank == -1:
        return _("le dernier {day}").format(day=_DAYS[day])
    if rank < 0:
        return _("le {rank}e {day} avant la fin").format(rank=-rank, day=_DAYS[day])
    return _("le {rank} {day}").format(rank="1er" if rank == 1 else f"{rank}e", day=_DAYS[day])


def _ends(rule: icalendar.vRecur, clock: Clock) -> list[str]:
    if "COUNT" in rule:
        return [_("{n} fois").format(n=rule["COUNT"][0])]
    if "UNTIL" in rule:
        until: date | datetime = rule["UNTIL"][0]
        return [_("jusqu'au {day}").format(day=clock.short_day(until))]
    return []
