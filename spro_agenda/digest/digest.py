"""What one person is told at once: only what concerns them, and nothing that they were told before. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from babel.dates import format_date

from spro_agenda.clashes import Reminder, advice, reminding, sentence, where
from spro_agenda.digest.changes import Change, What, changes_of
from spro_agenda.digest.passages import passages
from spro_agenda.digest.urgent import takes_part
from spro_agenda.i18n import LOCALE, _, counted, enumerated, period_words
from spro_agenda.model import (
    Account,
    Chance,
    Clash,
    Event,
    EventKey,
    Opportunity,
    Role,
    Scope,
    Standing,
    Verdict,
    Weight,
)
from spro_agenda.region.records import Region
from spro_agenda.store import Progress, Revision
from spro_agenda.store.news import OF_EVENTS, about

MOST_LINES = 25
"""Of one section: beyond, their number is told."""

_MOST_IN_SUBJECT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An action that took place of late, from a day to another, inclusive."""

    event: Event
    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """All that there is to tell on a day, whoever is told: `revisions` since some moment, the oldest first, and `until`
    the number of the last one; clashes that wait for somebody's word, opportunities, reminders, what took place, and
    who takes part in what."""

    region: Region
    today: date
    revisions: tuple[Revision, ...]
    until: int
    clashes: tuple[tuple[Clash, Standing], ...]
    opportunities: tuple[Opportunity, ...]
    reminders: tuple[Reminder, ...]
    held: tuple[Held, ...]
    participants: Mapping[EventKey, tuple[str, ...]]
    _changes: dict[object, tuple[Change, ...]] = field(default_factory=dict, init=False, compare=False, repr=False)

    def changes(self, since: int, told: Mapping[str, int]) -> tuple[Change, ...]:
        """What changed since a revision, or since those as of which somebody was `told` of an event by itself. Most
        people were told the same, so it is found once."""
        own = {name: revision for name, revision in told.items() if name.startswith(OF_EVENTS) and revision > since}
        asked = since, frozenset(own.items())
        if asked not in self._changes:
            later = [each for each in self.revisions if each.id > max(since, own.get(about(each.key), 0))]
            self._changes[asked] = changes_of(passages(later), self.region, self.today)
        return self._changes[asked]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who is told, and the networks that the person writes, by code."""

    account: Account
    written: tuple[str, ...]

    def owns(self, event: EventKey) -> bool:
        return event.network in self.written


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing: a short label (« 28 Chartres »), what it is, and lines below it. `ids` are those of its events,
    `names` those under which it is remembered to be told."""

    label: str
    text: str
    details: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Things of one sort. `counted` is their number in words, `hint` what can be done about them."""

    sort: str
    title: str
    counted: str
    hint: str
    lines: tuple[Line, ...]

    @property
    def shown(self) -> tuple[Line, ...]:
        return self.lines[:MOST_LINES]

    @property
    def more(self) -> int:
        """How many are not shown."""
        return len(self.lines) - len(self.shown)


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What a person is told. `waiting` is how many clashes, of which the person was told before, still wait."""

    reader: Reader
    region: Region
    today: date
    sections: tuple[Section, ...]
    waiting: int

    @property
    def subject(self) -> str:
        """« Agenda SPRO : 3 nouvelles actions et 1 conflit »."""
        return _("Agenda SPRO : {what}").format(
            what=enumerated([each.counted for each in self.sections[:_MOST_IN_SUBJECT]])
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Under which all of it is remembered to be told."""
        return tuple(name for section in self.sections for line in section.lines for name in line.names)


def digest_of(situation: Situation, reader: Reader, progress: Progress, since: int) -> Digest:
    """What a person is to be told; no sections, where there is nothing. `since` is the revision as of which who was
    told nothing yet knows the events."""
    told = progress.told
    clashes = [(line, line.names[0] in told) for line in _clashes(situation, reader)]
    news = [line for line, known in clashes if not known]
    clashing = _section("clashes", news)
    if reader.account.role is Role.REGION:
        clashing = replace(clashing, title=_("Conflits qui attendent un avis"), hint=_FOR_THE_TEAM)
    sections = (
        clashing,
        _section("to-date", _news(_reminders(situation, reader), told)),
        _section("reusable", _news(_reusable(situation, reader), told)),
        *_changes(situation, reader, progress, since),
        _section("opportunities", _news(_opportunities(situation, reader), told)),
    )
    return Digest(
        reader=reader,
        region=situation.region,
        today=situation.today,
        sections=tuple(section for section in sections if section.lines),
        waiting=len(clashes) - len(news),
    )


def _news(lines: Iterable[Line], told: Mapping[str, int]) -> list[Line]:
    """Those that have something that was not told."""
    return [line for line in lines if any(name not in told for name in line.names)]


# ---- What changed


def changes_for(situation: Situation, reader: Reader, progress: Progress, since: int) -> list[Change]:
    """What changed, of what concerns a person, since that person was told last."""
    known = progress.revision if progress.revision is not None else since
    found = situation.changes(known, progress.told)
    return [each for each in found if _concerns(each, reader, situation.participants.get(each.key, ()))]


def _concerns(change: Change, reader: Reader, participants: tuple[str, ...]) -> bool:
    """What others do is everybody's business, but for their meetings; what one did oneself is no news."""
    if change.logins == {reader.account.login}:
        return False
    is_own = reader.owns(change.key) or any(
        takes_part(change.event, network, participants) for network in reader.account.networks
    )
    return is_own or change.event.scope is not Scope.INTERNAL


def _changes(situation: Situation, reader: Reader, progress: Progress, since: int) -> Iterator[Section]:
    found = changes_for(situation, reader, progress, since)
    yield from change_sections(
        {each: change_line(each, reader, situation.participants.get(each.key, ())) for each in found}
    )


def change_sections(lines: Mapping[Change, Line]) -> Iterator[Section]:
    """Changes in sections, what is most to be known first."""
    for what in (What.CANCELLED, What.MOVED, What.DATED, What.NEW, What.BACK):
        section = _section(what.value, [line for change, line in lines.items() if change.what is what])
        if section.lines:
            yield section


def change_line(change: Change, reader: Reader, participants: tuple[str, ...]) -> Line:
    """A change as a line."""
    return Line(
        label=where(change.event),
        text=_one_line(change.event.title) or _("(sans titre)"),
        details=(
            " · ".join(part for part in (change.now, _place(change.event)) if part),
            *((was_words(change),) if change.was else ()),
            *change.notes,
            *_part(change, participants, reader),
        ),
        ids=(change.key.id,),
    )


def was_words(change: Change) -> str:
    """When it was to take place, before."""
    said = _("annoncée {was}") if change.what is What.DATED else _("au lieu de : {was}")
    return said.format(was=change.was)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _place(event: Event) -> str:
    """Where it is, as it was typed: not the town, which the label says, nor a link."""
    place = _one_line(event.location)
    return "" if "://" in place or place in (event.town, event.site) else place


def _part(change: Change, participants: tuple[str, ...], reader: Reader) -> Iterator[str]:
    """What it is to a person's network."""
    networks = [code for code in reader.account.networks if code != change.key.network]
    if any(code in participants for code in networks) and not reader.owns(change.key):
        yield _("votre réseau y participe")
    elif any(takes_part(change.event, code, ()) for code in networks) and not reader.owns(change.key):
        yield _("ouvert à votre réseau")


# ---- What asks for somebody's word


def _clashes(situation: Situation, reader: Reader) -> Iterator[Line]:
    for clash, standing in situation.clashes:
        if _is_theirs(clash.events, reader):
            reopened = sum(each.verdict is Verdict.REOPENED for each in standing.settlements)
            yield Line(
                label=_weight(clash.weight),
                text=sentence(clash),
                details=(_("code {id}").format(id=clash.id),),
                ids=tuple(event.id for event in clash.events),
                names=(f"clash:{clash.identity}:{standing.fingerprint[:16]}:{reopened}",),
            )


def _is_theirs(events: Iterable[EventKey], reader: Reader) -> bool:
    """Whether a person decides over one of them: the regional team over all."""
    return reader.account.role is Role.REGION or any(map(reader.owns, events))


def _weight(weight: Weight) -> str:
    words = {Weight.BLOCKING: _("Bloquant"), Weight.TO_SETTLE: _("À régler"), Weight.TO_WATCH: _("À surveiller")}
    return words[weight]


def _reminders(situation: Situation, reader: Reader) -> Iterator[Line]:
    for each in situation.reminders:
        if reader.owns(each.event.key):
            state = "late" if each.is_late else "soon"
            yield Line(
                label=_until(each),
                text=reminding(each),
                ids=(each.event.key.id,),
                details=(_("code {id}").format(id=each.event.key.short),),
                names=(f"reminder:{each.event.key.id}:{each.closes_on or ''}:{state}",),
            )


def _until(each: Reminder) -> str:
    """« Avant le 10 octobre »; « Date passée »; « À préciser » where words say nothing."""
    if each.closes_on is None:
        return _("À préciser")
    day = format_date(each.closes_on, "'1er' MMMM" if each.closes_on.day == 1 else "d MMMM", locale=LOCALE)
    return _("Date passée") if each.is_late else _("Avant le {day}").format(day=day)


def _reusable(situation: Situation, reader: Reader) -> Iterator[Line]:
    for each in situation.held:
        if reader.owns(each.event.key):
            yield Line(
                label=where(each.event),
                text=_one_line(each.event.title) or _("(sans titre)"),
                details=(period_words(each.first, each.last),),
                ids=(each.event.key.id,),
                names=(f"reusable:{each.event.key.id}:{each.last}",),
            )


def _opportunities(situation: Situation, reader: Reader) -> Iterator[Line]:
    """One is told again where another network comes to it, and not where time takes an event away."""
    for each in situation.opportunities:
        events = [event.key for event in each.events]
        if _is_theirs(events, reader):
            key = hashlib.sha256(each.key_text.encode()).hexdigest()[:16]
            networks = dict.fromkeys(event.network for event in events)
            yield Line(
                label=_CHANCES[each.chance],
                text=_capital(advice(each)),
                details=(),
                ids=each.members,
                names=tuple(f"opportunity:{each.chance}:{key}:{network}" for network in networks),
            )


def _capital(text: str) -> str:
    """A sentence that begins with what people typed, which may begin with a small letter."""
    return text[:1].upper() + text[1:]


_CHANCES = {
    Chance.OPEN: _("À ouvrir"),
    Chance.SHARE: _("À partager"),
    Chance.TOUR: _("Une seule tournée"),
    Chance.REUSE: _("À reprendre"),
    Chance.TWICE: _("Deux fois la même ?"),
}


# ---- How sections are called


def _section(sort: str, lines: Iterable[Line]) -> Section:
    found = tuple(lines)
    title, one, many, hint = _SECTIONS[sort]
    return Section(sort=sort, title=title, counted=counted(len(found), one, many), hint=hint, lines=found)


_FOR_THE_TEAM = _(
    "Appelez les réseaux ; ou, si cela peut rester, tranchez : spro-agenda clashes settle CODE --network region --why "
    "« la raison »."
)
_SECTIONS: dict[str, tuple[str, str, str, str]] = {
    "clashes": (
        _("Conflits qui attendent votre avis"),
        _("conflit"),
        _("conflits"),
        _(
            "Déplacez l'une des actions dans votre application ; ou, si cela peut rester, dites pourquoi à l'équipe "
            "régionale, avec le code."
        ),
    ),
    "to-date": (
        _("À dater : proposez une date"),
        _("action à dater"),
        _("actions à dater"),
        _(
            "Dans votre application, retirez le crochet du titre et mettez le jour et l'heure. Sinon, donnez la date à "
            "l'administrateur, avec le code."
        ),
    ),
    "reusable": (
        _("Elles ont eu lieu : sont-elles reprenables ?"),
        _("action à partager"),
        _("actions à partager"),
        _(
            "Si un autre réseau peut reprendre l'action, écrivez dans sa description la ligne « Reprenable : oui » : "
            "elle lui sera proposée."
        ),
    ),
    What.CANCELLED: (_("Annulées"), _("action annulée"), _("actions annulées"), ""),
    What.MOVED: (_("Déplacées"), _("action déplacée"), _("actions déplacées"), ""),
    What.DATED: (_("Enfin datées"), _("action enfin datée"), _("actions enfin datées"), ""),
    What.NEW: (_("Nouvelles actions"), _("nouvelle action"), _("nouvelles actions"), ""),
    What.BACK: (_("Rétablies"), _("action rétablie"), _("actions rétablies"), ""),
    "opportunities": (_("À faire ensemble"), _("piste commune"), _("pistes communes"), ""),
}
"""For each sort: the title, one of them and many in words, and what can be done about them."""
