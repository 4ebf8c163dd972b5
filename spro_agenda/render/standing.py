"""Where a clash stands, in words and as JSON: who said what, and whose word is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from babel.dates import format_date

from spro_agenda.clashes import outstanding, voices
from spro_agenda.i18n import LOCALE, _, enumerated
from spro_agenda.model import FORGOTTEN, SHORT, Kind, Settlement, Standing, State, Verdict, Weight
from spro_agenda.region.records import Region


def state_words(state: State) -> str:
    """« nouveau », « assumé », « résolu », « passé »."""
    words = {
        State.NEW: _("nouveau"),
        State.SETTLED: _("assumé"),
        State.GONE: _("résolu"),
        State.PAST: _("passé"),
    }
    return words[state]


def weight_words(weight: Weight) -> str:
    """« bloquant », « à régler », « à surveiller »."""
    words = {Weight.BLOCKING: _("bloquant"), Weight.TO_SETTLE: _("à régler"), Weight.TO_WATCH: _("à surveiller")}
    return words[weight]


def kind_words(kind: Kind, also: Iterable[Kind]) -> str:
    """« SITES, aussi CALENDRIER »."""
    further = ", ".join(also)
    return _("{kind}, aussi {further}").format(kind=kind, further=further) if further else kind.value


def progress(standing: Standing, region: Region) -> Iterator[str]:
    """What was said of a clash as it now stands, and whose word is missing; or else why what was said counts no more.
    Nothing where nobody said anything."""
    said = voices(standing)
    yield from (settlement_words(each, region) for each in said.values())
    if standing.is_one_action and not said:
        yield _("c'est une même action")
    elif not said and standing.settlements:
        yield _lapsed(standing.settlements[-1], region)
    missing = outstanding(standing)
    if said and missing:
        yield _("on attend {names}").format(names=enumerated([region.name_of(code) for code in missing]))


def _lapsed(last: Settlement, region: Region) -> str:
    if last.verdict is Verdict.REOPENED:
        return settlement_words(last, region)
    return _("ce qui en était dit ne vaut plus : une action a changé depuis")


def settlement_words(settlement: Settlement, region: Region) -> str:
    """« 28 Eure-et-Loir : assumé le 3 juin 2021 par marie (« deux publics ») »."""
    verdicts = {
        Verdict.ACCEPTED: _("assumé"),
        Verdict.SAME: _("même action"),
        Verdict.REOPENED: _("rouvert"),
    }
    by = _(" par {login}").format(login=settlement.login) if settlement.login not in ("", FORGOTTEN) else ""
    why = _(" (« {why} »)").format(why=settlement.why) if settlement.why else ""
    return _("{side} : {verdict} le {day}{by}{why}").format(
        side=region.name_of(settlement.side),
        verdict=verdicts[settlement.verdict],
        day=_day(settlement.at, region),
        by=by,
        why=why,
    )


def _day(moment: datetime, region: Region) -> str:
    local = moment.astimezone(region.time_zone).date()
    return format_date(local, "'1er' MMMM y" if local.day == 1 else "d MMMM y", locale=LOCALE)


def history(standing: Standing, within: Sequence[Standing], region: Region) -> Iterator[str]:
    """The life of a clash, a line each, the oldest first; then what was said of `within`, clashes of some of its
    events alone."""
    yield _("vu pour la première fois le {day}").format(day=_day(standing.first_seen, region))
    for each in standing.settlements:
        holds = each.fingerprint == standing.fingerprint or each in _family_words(standing)
        since = "" if holds else _(" — une action a changé depuis")
        yield f"{settlement_words(each, region)}{since}"
    if standing.gone_at is not None:
        yield _("résolu de lui-même le {day}").format(day=_day(standing.gone_at, region))
    for smaller in within:
        for each in voices(smaller).values():
            yield _("quand elles n'étaient que {count} : {said}").format(
                count=len(smaller.events), said=settlement_words(each, region)
            )


def _family_words(standing: Standing) -> list[Settlement]:
    """What was said of one action, and counts whatever moves since: all of it since the last reopening."""
    said: list[Settlement] = []
    for each in standing.settlements if standing.is_one_action else ():
        said = [] if each.verdict is Verdict.REOPENED else [*said, each]
    return [each for each in said if each.verdict is Verdict.SAME]


def as_json(standing: Standing | None, region: Region) -> dict[str, Any]:
    """`first_seen`, `waiting_for`, `settlements`, `fingerprint`: of a clash that no store knows, nothing."""
    if standing is None:
        return {"first_seen": None, "fingerprint": None, "waiting_for": [], "settlements": []}
    current = [*voices(standing).values(), *_family_words(standing)]
    return {
        "first_seen": standing.first_seen.astimezone(region.time_zone).isoformat(timespec="seconds"),
        "fingerprint": standing.fingerprint[:SHORT],
        "waiting_for": list(outstanding(standing)),
        "settlements": [settlement_json(each, region) | {"counts": each in current} for each in standing.settlements],
    }


def settlement_json(settlement: Settlement, region: Region) -> dict[str, Any]:
    """What a side said of a clash."""
    return {
        "clash": settlement.identity[:SHORT],
        "side": settlement.side,
        "verdict": settlement.verdict.value,
        "why": settlement.why or None,
        "by": settlement.login or None,
        "at": settlement.at.astimezone(region.time_zone).isoformat(timespec="seconds"),
    }
