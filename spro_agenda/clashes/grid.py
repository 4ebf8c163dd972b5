"""Who has done what: themes by networks, seen from a day. A pure function from planned events to a grid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from spro_agenda.clashes.opportunities import Planned
from spro_agenda.region.records import Region
from spro_agenda.region.words import normalise


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What a network has of a theme: held, still to come (on a date or in a window), or without a date.

    A series in its midst is among what was held and among what is to come.
    """

    network: str
    held: tuple[Planned, ...]
    ahead: tuple[Planned, ...]
    undated: tuple[Planned, ...]

    @property
    def is_gap(self) -> bool:
        """Whether the network has nothing of it."""
        return not (self.held or self.ahead or self.undated)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A theme, with a cell for each network."""

    theme: str
    cells: tuple[Cell, ...]

    @property
    def filled(self) -> int:
        """How many networks have something of it."""
        return sum(not cell.is_gap for cell in self.cells)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """The themes that somebody has, what most networks share first; `unheard` are those of the region that nobody
    has. `without_theme` counts the events that tell none, and so stand nowhere."""

    as_of: date
    networks: tuple[str, ...]
    rows: tuple[Row, ...]
    unheard: tuple[str, ...]
    without_theme: int


def grid_of(
    planned: Iterable[Planned], region: Region, as_of: date, networks: Sequence[str] = (), themes: Sequence[str] = ()
) -> Grid:
    """The grid of some events; of these networks (by code) and themes only, where any are given."""
    columns = tuple(code for code in region.codes if not networks or code in networks)
    live = [each for each in planned if not each.event.cancelled and each.event.key.network in columns]
    names = {normalise(theme.name): theme.name for theme in region.themes}
    for each in live:
        for theme in each.event.themes:
            names.setdefault(normalise(theme), theme)
    wanted = set(map(normalise, themes)) or set(names)
    rows = [
        Row(theme=name, cells=tuple(_cell(code, text, live, as_of) for code in columns))
        for text, name in names.items()
        if text in wanted
    ]
    return Grid(
        as_of=as_of,
        networks=columns,
        # The sort keeps the region's own order among equals.
        rows=tuple(sorted((row for row in rows if row.filled), key=lambda row: -row.filled)),
        unheard=tuple(row.theme for row in rows if not row.filled),
        without_theme=sum(not each.event.themes for each in live),
    )


def _cell(network: str, theme: str, live: Iterable[Planned], as_of: date) -> Cell:
    own = [each for each in live if each.event.key.network == network and theme in map(normalise, each.event.themes)]
    own.sort(key=lambda each: (each.first or date.max, each.event.key))
    return Cell(
        network=network,
        held=tuple(each for each in own if (each.was_held(as_of) if each.first else _is_done(each))),
        ahead=tuple(each for each in own if each.first and each.is_to_come(as_of)),
        undated=tuple(each for each in own if not each.first and not _is_done(each)),
    )


def _is_done(each: Planned) -> bool:
    """Whether a task was ticked off."""
    return each.event.status == "COMPLETED"
