"""Whether a store still says what people sent: what follows from the texts, the change numbers, the revisions.

Reading only; `rebuild` mends what can be mended. A text itself is never touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import Row, and_, bindparam, exists, func, or_, select, text

from spro_agenda.errors import BadCalendar
from spro_agenda.i18n import _, counted
from spro_agenda.model import EventKey
from spro_agenda.region.entry import read_entry
from spro_agenda.store import schema as s
from spro_agenda.store.board import shape_of, together
from spro_agenda.store.derive import Derived, derive
from spro_agenda.store.entries import EntryReader, Texts
from spro_agenda.store.records import CalendarKind
from spro_agenda.store.rows import Rows

SOME = 100
"""Objects examined at once, under the write lock where they are mended: others write in between."""

_OBJECTS = (
    select(
        s.object_,
        s.calendar.c.slug,
        s.calendar.c.network,
        s.calendar.c.kind,
        s.revision.c.body.label("revised"),
        s.revision.c.at.label("revised_at"),
    )
    .join(s.calendar, s.calendar.c.id == s.object_.c.calendar_id)
    .join(s.revision, s.revision.c.id == s.object_.c.revision_id)
    .where(s.object_.c.id > bindparam("after"))
    .order_by(s.object_.c.id)
    .limit(SOME)
)
_LATER = s.change.alias("later")
_LAST_CHANGES = select(s.change).where(
    ~exists().where(
        _LATER.c.calendar_id == s.change.c.calendar_id,
        _LATER.c.href == s.change.c.href,
        _LATER.c.number > s.change.c.number,
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is wrong, in a sentence; `event` says of which one (`28/href`), where it is one's."""

    sentence: str
    event: str = ""
    mendable: bool = True


@dataclass(frozen=True, slots=True)
class Examined:
    """An object's row, with its calendar's slug and its revision's body; what follows from its text (`None` where it
    cannot be read); and what is wrong with it."""

    row: Row[Any]
    derived: Derived | None
    findings: tuple[Finding, ...]


class Checking(EntryReader):
    """The verb that looks at everything."""

    def check(self) -> Iterator[Finding]:
        """What is wrong in the store; nothing, where all is well."""
        is_well = True
        for finding in self._all_amiss():
            is_well = False
            yield finding
        if is_well:
            # It follows from all the rest.
            yield from self._agenda_amiss()

    def _all_amiss(self) -> Iterator[Finding]:
        yield from self._damage()
        after: int | None = 0
        while after is not None:
            some, after = self._examined(after)
            for examined in some:
                yield from examined.findings
        yield from self._changes_amiss()
        yield from self._clashes_amiss()

    def _damage(self) -> Iterator[Finding]:
        """What SQLite's own check of its pages and references finds; PostgreSQL has none to ask for."""
        if self._connection.dialect.name != "sqlite":
            return
        for (said,) in self._connection.execute(text("PRAGMA integrity_check(20)")):
            if said != "ok":
                yield Finding(
                    sentence=_("Le fichier de la base est abîmé ({said}). Restaurez une sauvegarde.").format(said=said),
                    mendable=False,
                )
        for row in self._connection.execute(text("PRAGMA foreign_key_check")):
            yield Finding(
                sentence=_(
                    "Une ligne de « {table} » ne se rapporte à rien dans « {other} ». Restaurez une sauvegarde."
                ).format(table=row[0], other=row[2]),
                mendable=False,
            )

    def _examined(self, after: int) -> tuple[list[Examined], int | None]:
        """Some objects, those of ids past `after`, compared with what follows from their texts; and the last one's id,
        `None` where there are no more."""
        region = self._region_row()
        days = date.fromordinal(region.deriving_from), date.fromordinal(region.deriving_to)
        # While the horizon is being moved, some series are told for the days of before, and some for those to come.
        moving = (region.deriving_from, region.deriving_to) != (region.horizon_from, region.horizon_to)
        told = (_midnight(region.horizon_from + 1), _midnight(region.horizon_to - 1)) if moving else None
        rows = list(self._connection.execute(_OBJECTS, {"after": after}))
        stored = _Stored(self, [row.id for row in rows], told)
        return [self._examine(row, days, stored) for row in rows], rows[-1].id if rows else None

    def _examine(self, row: Row[Any], days: tuple[date, date], stored: _Stored) -> Examined:
        event = f"{row.slug}/{row.href}"
        try:
            derived = derive(read_entry(bytes(row.body), row.network, self.region(), event), days, row.body_outside)
        except BadCalendar as fault:
            said = _("{fault} Reprenez une version antérieure avec « spro-agenda history » et « restore ».").format(
                fault=fault
            )
            return Examined(row, None, (Finding(sentence=said, event=event, mendable=False),))
        wrong = [*_columns_amiss(row, derived), *stored.amiss(row.id, derived)]
        if row.kind != CalendarKind.AGENDA:
            wrong += _revision_amiss(row)
        return Examined(row, derived, tuple(Finding(sentence=f"{event} : {said}", event=event) for said in wrong))

    def _changes_amiss(self) -> Iterator[Finding]:
        for calendar in self._connection.execute(COUNTED):
            if (calendar.most or 0) > calendar.last_change:
                yield Finding(
                    sentence=_(
                        "Agenda {slug} : le dernier changement porte le numéro {most}, au-delà du compteur ({number})."
                    ).format(slug=calendar.slug, most=calendar.most, number=calendar.last_change)
                )
        for row in self._connection.execute(UNANNOUNCED):
            event = f"{row.slug}/{row.href}"
            said = _("{event} : les clients qui se synchronisent n'en savent rien, ou autre chose.").format(event=event)
            yield Finding(sentence=said, event=event)

    def _clashes_amiss(self) -> Iterator[Finding]:
        """Whether the clashes that are stored are those that the events make; and, where they are, whether what is
        known of each is true: otherwise a settled one alarms, or one that is there is told to be gone."""
        region = self._region_row()
        stored, found = self._all_encounters()
        told = (
            max(region.deriving_from, region.horizon_from),
            min(region.deriving_to, region.horizon_to),
        )
        wrong = {each.shape for each in stored} ^ set(map(shape_of, found))
        # Of series, encounters are told as far as their dates are; what was found before stays.
        amiss = [
            each
            for each in wrong
            if not any(member.recurrence_id for member in each.members)
            or (told[0] <= each.day_from and each.day_to <= told[1])
        ]
        if amiss:
            yield Finding(
                sentence=_("Les conflits gardés ne sont pas ceux des événements ({number} dates).").format(
                    number=len(amiss)
                )
            )
        elif untrue := self._untrue_clashes():
            yield Finding(
                sentence=_("Ce qui est gardé de {clashes} n'est pas ce qu'en disent les événements.").format(
                    clashes=counted(len(untrue), "conflit", "conflits")
                )
            )

    def _agenda_amiss(self) -> Iterator[Finding]:
        """Whether the agenda says what it should of each event, and nothing else."""
        wrong = 0
        for events in self.all_events():
            there, texts = self.entries_of(events), self.agenda_texts(events)
            for event, wanted in texts.items():
                row = there.get(event.agenda_uid)
                wrong += wanted != (Texts.of_row(row) if row is not None else None)
        if wrong:
            yield Finding(
                sentence=_("L'agenda régional ne dit pas ce que disent les agendas des réseaux ({events}).").format(
                    events=counted(wrong, "événement", "événements")
                )
            )

    def _untrue_clashes(self) -> dict[int, frozenset[EventKey]]:
        """The clashes whose row does not tell how they are, each with the events that meet there: none, where it is
        gone."""
        meeting = {
            each.clash_id: frozenset(member.event for member in each.shape.members) for each in self._every_encounter()
        }
        written = self._written(event for events in meeting.values() for event in events)
        known: dict[int, set[EventKey]] = {}
        for row in self._connection.execute(select(s.clash_member)):
            known.setdefault(row.clash_id, set()).add(EventKey(row.network, row.uid))
        return {
            row.id: events
            for row in self._connection.execute(select(s.clash))
            if not _is_true(row, known.get(row.id, set()), events := meeting.get(row.id, frozenset()), written)
        }


def _is_true(row: Row[Any], known: Set[EventKey], events: frozenset[EventKey], written: Mapping[EventKey, str]) -> bool:
    if not events:
        return row.gone_at is not None
    now = together(written.get(event, "") for event in sorted(events))
    return row.gone_at is None and known == events and row.fingerprint == now


class _Stored:
    """The derived rows of some objects as they are stored; compared within `told` (epoch seconds), where that is
    given."""

    def __init__(self, rows: Rows, ids: list[int], told: tuple[int, int] | None) -> None:
        self._told = told
        self._found: dict[tuple[str, int], list[dict[str, Any]]] = {}
        for table in (s.part, s.occurrence, s.occurrence_key):
            for row in rows._connection.execute(select(table).where(table.c.object_id.in_(ids))).mappings():
                values = {name: value for name, value in row.items() if name not in ("object_id", "calendar_id")}
                self._found.setdefault((table.name, row["object_id"]), []).append(values)

    def amiss(self, object_id: int, derived: Derived) -> Iterator[str]:
        for table, expected, said in (
            ("part", derived.parts, _("son titre ou sa période ne sont pas ceux de son texte.")),
            ("occurrence", derived.occurrences, _("ses dates ne sont pas celles de son texte.")),
            ("occurrence_key", derived.keys, _("son lieu ou ses intervenants ne sont pas ceux de son texte.")),
        ):
            if self._comparable(self._found.get((table, object_id), ())) != self._comparable(expected):
                yield said

    def _comparable(self, rows: Iterable[dict[str, Any]]) -> set[tuple[tuple[str, Any], ...]]:
        return {tuple(sorted(row.items())) for row in rows if self._is_told(row.get("start_s"))}

    def _is_told(self, start_s: int | None) -> bool:
        return self._told is None or start_s is None or self._told[0] <= start_s < self._told[1]


def _columns_amiss(row: Row[Any], derived: Derived) -> Iterator[str]:
    wrong = [name for name, value in derived.columns.items() if getattr(row, name) != value]
    if wrong:
        yield _("les colonnes {names} ne sont pas celles de son texte.").format(names=", ".join(sorted(wrong)))


def _revision_amiss(row: Row[Any]) -> Iterator[str]:
    if row.revised is None or bytes(row.revised) != bytes(row.body):
        yield _("son texte n'est pas celui de sa dernière version.")
    elif row.modified != row.revised_at:
        yield _("sa date de modification n'est pas celle de sa dernière version.")


def _midnight(ordinal: int) -> int:
    """The first instant of a day, in UTC."""
    return int(datetime.combine(date.fromordinal(ordinal), time(), UTC).timestamp())


COUNTED = (
    select(s.calendar.c.slug, s.calendar.c.last_change, func.max(s.change.c.number).label("most"))
    .outerjoin(s.change, s.change.c.calendar_id == s.calendar.c.id)
    .group_by(s.calendar.c.id, s.calendar.c.slug, s.calendar.c.last_change)
    .order_by(s.calendar.c.slug)
)
_LAST = _LAST_CHANGES.subquery()
_SAME = and_(_LAST.c.calendar_id == s.object_.c.calendar_id, _LAST.c.href == s.object_.c.href)
_SILENT = (
    select(s.calendar.c.slug, s.object_.c.href, s.object_.c.uid)
    .join(s.calendar, s.calendar.c.id == s.object_.c.calendar_id)
    .outerjoin(_LAST, _SAME)
    .where(or_(_LAST.c.number.is_(None), _LAST.c.deleted))
)
_FALSE = (
    select(s.calendar.c.slug, _LAST.c.href, _LAST.c.uid)
    .join(s.calendar, s.calendar.c.id == _LAST.c.calendar_id)
    .where(~_LAST.c.deleted, ~exists().where(_SAME))
)
UNANNOUNCED = _SILENT.union_all(_FALSE)
"""Objects whose last change does not say that they are there, and hrefs whose last change says so of nothing."""
