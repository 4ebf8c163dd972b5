"""Which properties of a part changed, and the words for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from itertools import chain

from spro_agenda.differences.rules import rule_words
from spro_agenda.differences.times import TIMES, Clock
from spro_agenda.differences.views import View
from spro_agenda.i18n import _, counted, enumerated
from spro_agenda.ical.lines import Line
from spro_agenda.ical.read import Moment, unescaped
from spro_agenda.model import ALL, Event
from spro_agenda.recurrence import instant
from spro_agenda.region.lines import is_field
from spro_agenda.region.words import plain

_LONGEST = 60
_MOST_LINES = 2
_MOST_INSTANCES = 5

Teller = Callable[[View, View, Clock], Iterable[str]]
"""Sentences for a group of properties whose lines differ; none where their lines say the same in other writing."""


@dataclass(frozen=True, slots=True)
class _Group:
    """Properties that are told together, under one name."""

    label: str
    names: tuple[str, ...]
    tell: Teller


_DESCRIPTION = ("DESCRIPTION", "X-ALT-DESC")
_TYPED = ("SUMMARY", "DESCRIPTION", "CATEGORIES")
"""Where people type what the region understands; some of it follows from the rest too, and is no change of theirs."""
_RULES = ("RRULE", "RDATE", "EXDATE")


def told(before: View, after: View, clock: Clock) -> Iterator[str]:
    """What differs between two parts. Each group of properties whose lines differ says something."""
    grouped = {name for group in _GROUPS for name in group.names}
    for group in _GROUPS:
        if _differs(group, before, after, clock):
            yield from list(group.tell(before, after, clock)) or [_rewritten(group.label)]
    typed = before.texts(_TYPED) != after.texts(_TYPED)
    understood = list(_understood(before.event, after.event)) if typed else []
    yield from understood
    yield from _description(before, after, told=bool(understood))
    for name in sorted((before.lines.keys() | after.lines.keys()) - grouped - {*_DESCRIPTION}):
        if before.texts([name]) != after.texts([name]):
            yield _plain(name, before, after)
    if before.alarms != after.alarms:
        yield _("rappel : {what}").format(what=_more_or_less(len(before.alarms), len(after.alarms)))


def _differs(group: _Group, before: View, after: View, clock: Clock) -> bool:
    if group.names == TIMES:
        # An instance of a series is held beside what its rule gives, which stands in no line.
        instants = _instants(before, clock) != _instants(after, clock)
        return instants or (not before.placed and before.texts(TIMES) != after.texts(TIMES))
    if group.names == _RULES and after.part.recurrence_id is not None:
        return False
    return before.texts(group.names) != after.texts(group.names)


def _instants(view: View, clock: Clock) -> tuple[datetime | None, datetime | None, str]:
    start, end = (instant(moment, clock.zone) if moment else None for moment in (view.part.start, view.part.end))
    return start, end, type(view.part.start).__name__


def _rewritten(label: str) -> str:
    return _("{label} : le même, écrit autrement").format(label=label)


def _date(before: View, after: View, clock: Clock) -> Iterator[str]:
    if clock.when(before) != clock.when(after):
        yield _("date : {what}").format(what=clock.changed(before, after))


def _rule(before: View, after: View, clock: Clock) -> Iterator[str]:
    old, new = rule_words(before.value, clock), rule_words(after.value, clock)
    if old != new:
        what = _became(old, new) if old and new else new or _("plus aucune")
        yield _("répétition : {what}").format(what=what)
    elif before.texts(["RRULE"]) != after.texts(["RRULE"]):
        raw = (", ".join(line.value for line in view.lines.get("RRULE", ())) for view in (before, after))
        yield _("répétition : {what}").format(what=_became(*raw))
    for name, gone, come in (
        ("EXDATE", _("séance rétablie : {which}"), _("séance supprimée : {which}")),
        ("RDATE", _("séance supplémentaire retirée : {which}"), _("séance supplémentaire : {which}")),
    ):
        were, are = (dict(_moments(view, name, clock)) for view in (before, after))
        for sentence, moments in ((gone, were.keys() - are.keys()), (come, are.keys() - were.keys())):
            if moments:
                yield sentence.format(which=_listed([{**were, **are}[at] for at in sorted(moments)]))


def _moments(view: View, name: str, clock: Clock) -> Iterator[tuple[datetime, str]]:
    """The moments of EXDATE or RDATE lines, with their words; a period counts by its start."""
    found = view.value.get(name)
    lists = found if isinstance(found, list) else [found] if found is not None else []
    for value in chain.from_iterable(each.dts for each in lists):
        moment: Moment = value.dt[0] if isinstance(value.dt, tuple) else value.dt
        yield instant(moment, clock.zone), clock.moment(moment)


def _listed(words: list[str]) -> str:
    shown = words[:_MOST_INSTANCES]
    if rest := len(words) - len(shown):
        shown.append(_("{rest} autres").format(rest=rest))
    return enumerated(shown)


def _title(before: View, after: View, _clock: Clock) -> Iterator[str]:
    yield from _text(_("titre"), before.part.title, after.part.title)


def _location(before: View, after: View, _clock: Clock) -> Iterator[str]:
    yield from _text(_("lieu"), before.part.location, after.part.location)


def _text(label: str, before: str, after: str) -> Iterator[str]:
    if before != after:
        yield _("{label} : {what}").format(label=label, what=_became(*_quoted_apart(before, after)))


_STATUS = {
    "": _("sans statut"),
    "CONFIRMED": _("confirmé"),
    "TENTATIVE": _("à confirmer"),
    "CANCELLED": _("annulé"),
    "NEEDS-ACTION": _("à faire"),
    "IN-PROCESS": _("en cours"),
    "COMPLETED": _("terminé"),
}
_CLASS = {"": _("public"), "PUBLIC": _("public"), "PRIVATE": _("privé"), "CONFIDENTIAL": _("confidentiel")}
_TRANSP = {"": _("occupé"), "OPAQUE": _("occupé"), "TRANSPARENT": _("disponible")}


def _one_of(label: str, name: str, words: dict[str, str]) -> Teller:
    def tell(before: View, after: View, _clock: Clock) -> Iterator[str]:
        old, new = (_value(view, name).upper() for view in (before, after))
        if words.get(old, old) != words.get(new, new):
            yield _("{label} : {old} devient {new}").format(
                label=label, old=words.get(old, _quoted(old)), new=words.get(new, _quoted(new))
            )

    return tell


def _description(before: View, after: View, *, told: bool) -> Iterator[str]:
    """The lines that came and went; those that have a name of their own (« Intervenant : … ») are told by it."""
    if before.texts(_DESCRIPTION) == after.texts(_DESCRIPTION):
        return
    gone, come = _changed_lines(plain(before.part.description), plain(after.part.description))
    if told and (gone or come) and all(map(is_field, (*gone, *come))):
        return
    if len(gone) == len(come) == 1:
        what = _became(*_quoted_apart(gone[0], come[0]))
    else:
        what = ", ".join([*_some(come, _("ajouté"), _("ajoutés")), *_some(gone, _("retiré"), _("retirés"))])
    yield _("description : {what}").format(what=what) if what else _rewritten(_("description"))


def _changed_lines(before: str, after: str) -> tuple[list[str], list[str]]:
    """The lines that only the first has, and those that only the second has; blank ones say nothing."""
    old, new = ([line.strip() for line in text.splitlines() if line.strip()] for text in (before, after))
    gone: list[str] = []
    come: list[str] = []
    for kind, from_, to, new_from, new_to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            gone += old[from_:to]
            come += new[new_from:new_to]
    return gone, come


def _some(lines: list[str], one: str, many: str) -> Iterator[str]:
    """« « Apporter un CV » et 3 autres lignes ajoutés »."""
    shown = [_quoted(line) for line in lines[:_MOST_LINES]]
    if rest := len(lines) - len(shown):
        shown.append(counted(rest, "autre ligne", "autres lignes"))
    if shown:
        yield f"{enumerated(shown)} {many if len(lines) > 1 else one}"


def _open_to(event: Event) -> str:
    return _("tous les réseaux") if event.open_to == ALL else ", ".join(event.open_to) or _("personne d'autre")


_NAMED: tuple[tuple[str, Callable[[Event], tuple[str, ...]]], ...] = (
    (_("intervenants"), lambda event: event.speakers),
    (_("partenaires"), lambda event: event.partners),
    (_("publics"), lambda event: event.publics),
    (_("thèmes"), lambda event: event.themes),
)
_SAID: tuple[tuple[str, Callable[[Event], str]], ...] = (
    (_("ouvert à"), _open_to),
    (_("portée"), lambda event: event.scope.value),
    (_("temps fort"), lambda event: _("oui") if event.highlight else _("non")),
)


def _understood(before: Event, after: Event) -> Iterator[str]:
    """What people typed in a title or a description and the region understands."""
    for label, names in _NAMED:
        gone = [name for name in names(before) if name not in names(after)]
        come = [name for name in names(after) if name not in names(before)]
        if gone or come:
            pieces = [
                f"{enumerated(names)} {what}" for names, what in ((come, _("en plus")), (gone, _("en moins"))) if names
            ]
            yield _("{label} : {what}").format(label=label, what=", ".join(map(_printable, pieces)))
    for label, said in _SAID:
        if said(before) != said(after):
            yield _("{label} : {old} devient {new}").format(label=label, old=said(before), new=said(after))


_LABELS = {
    "URL": _("adresse internet"),
    "CATEGORIES": _("catégories"),
    "ATTENDEE": _("participants"),
    "ORGANIZER": _("organisateur"),
    "PRIORITY": _("priorité"),
    "PERCENT-COMPLETE": _("avancement"),
    "COMPLETED": _("date de réalisation"),
    "GEO": _("coordonnées"),
    "COMMENT": _("commentaire"),
    "CONTACT": _("contact"),
    "RESOURCES": _("moyens"),
    "RELATED-TO": _("événements liés"),
    "COLOR": _("couleur"),
    "CONFERENCE": _("visioconférence"),
    "ATTACH": _("pièces jointes"),
}


def _plain(name: str, before: View, after: View) -> str:
    """A property that has no words of its own: its value as it stands."""
    label = _LABELS.get(name) or _("propriété {name}").format(name=name)
    old, new = (_values(view, name) for view in (before, after))
    if old == new:
        return _rewritten(label)
    if name == "ATTACH":  # They may be whole files.
        return _("{label} : {what}").format(label=label, what=_more_or_less(len(old), len(new)))
    return _("{label} : {what}").format(label=label, what=_became(*_quoted_apart(", ".join(old), ", ".join(new))))


def _more_or_less(before: int, after: int) -> str:
    if before == after:
        return _("modifié")
    return _("ajouté") if after > before else _("retiré")


def _values(view: View, name: str) -> list[str]:
    return [unescaped(_bare(line)) for line in view.lines.get(name, ())]


def _bare(line: Line) -> str:
    return line.value[7:] if line.value.lower().startswith("mailto:") else line.value


def _value(view: View, name: str) -> str:
    return next(iter(_values(view, name)), "").strip()


def _became(before: str, after: str) -> str:
    """« a devient b », « b, ajouté », « a, retiré »."""
    if not before:
        return _("{new} ajouté").format(new=after)
    if not after:
        return _("{old} retiré").format(old=before)
    return _("{old} devient {new}").format(old=before, new=after)


def _quoted_apart(before: str, after: str) -> tuple[str, str]:
    """Two texts in quotes, cut so that what tells them apart is seen."""
    old, new = (_printable(" ".join(text.split())) for text in (before, after))
    if not old or not new or _cut(old) != _cut(new):
        return _quoted(old), _quoted(new)
    same = next(
        (at for at, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), min(len(old), len(new))
    )
    at = max(same - _LONGEST // 3, 0)
    return tuple(f"« …{_cut(text[at:])} »" for text in (old, new))  # type: ignore[return-value]  # it has two


def _quoted(text: str) -> str:
    """One line in quotes, cut to a length that a sentence bears; "" for none."""
    line = _printable(" ".join(text.split()))
    return f"« {_cut(line)} »" if line else ""


def _cut(line: str) -> str:
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1].rstrip() + "…"


def _printable(text: str) -> str:
    """Without what would drive the reader's terminal."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


_GROUPS = (
    _Group(_("date"), TIMES, _date),
    _Group(_("répétition"), _RULES, _rule),
    _Group(_("titre"), ("SUMMARY",), _title),
    _Group(_("statut"), ("STATUS",), _one_of(_("statut"), "STATUS", _STATUS)),
    _Group(_("lieu"), ("LOCATION",), _location),
    _Group(_("visibilité"), ("CLASS",), _one_of(_("visibilité"), "CLASS", _CLASS)),
    _Group(_("disponibilité"), ("TRANSP",), _one_of(_("disponibilité"), "TRANSP", _TRANSP)),
)
"""The weightiest first; what has no words of its own comes after."""
