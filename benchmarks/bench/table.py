"""Figures as text for people: columns of at most a hundred characters, in French."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

LABEL, COLUMN, RATIO = 25, 9, 10

Figures = Mapping[str, Mapping[str, float]]
"""Milliseconds, by what is asked and by server."""


def with_ratios(figures: Figures, servers: Sequence[str], to_reach: Mapping[str, float]) -> str:
    """CPU of each server, how many times the first one's the others take, and what the first should reach."""
    others = servers[1:]
    ratios = [f"{name[:3]}./{servers[0]}".rjust(RATIO) for name in others]
    head = _line("ms de processeur", [*_columns(servers), *ratios, "à viser".rjust(COLUMN)])
    rows = [
        _line(
            label,
            [
                *(_number(by_server.get(name), COLUMN) for name in servers),
                *(ratio(by_server.get(name), by_server.get(servers[0])) for name in others),
                _number(to_reach.get(label), COLUMN),
            ],
        )
        for label, by_server in figures.items()
    ]
    return "\n".join([head, *rows])


def plain(title: str, figures: Figures, servers: Sequence[str]) -> str:
    """The figures of each server, no more."""
    rows = [
        _line(label, [_number(by_server.get(name), COLUMN) for name in servers]) for label, by_server in figures.items()
    ]
    return "\n".join([_line(title, _columns(servers)), *rows])


def ratio(one: float | None, other: float | None) -> str:
    """How many times the other the one is."""
    if one is None or not other:
        return f"{'-':>{RATIO}}"
    times = one / other
    return f"{times:.1f}x".replace(".", ",").rjust(RATIO) if times < 100 else f"{times:.0f}x".rjust(RATIO)


def _columns(servers: Sequence[str]) -> list[str]:
    return [f"{name:>{COLUMN}}" for name in servers]


def _number(value: float | None, width: int) -> str:
    if value is None:
        return f"{'-':>{width}}"
    return f"{value:.1f}".replace(".", ",").rjust(width) if value < 1000 else f"{value:.0f}".rjust(width)


def _line(label: str, cells: Sequence[str]) -> str:
    return f"{label:{LABEL}}{''.join(cells)}"
