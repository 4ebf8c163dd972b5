"""Our server beside stock Radicale, Xandikos and Cyrus, in one run: CPU and wall time per request, same answers or not.

    python benchmarks/server.py --events 10000

All serve the same events on loopback, one after the other. CPU time is that of all the server's processes: on a shared
machine it says more than wall time, and ratios more than either. Results go to benchmarks/results/.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from datetime import date
from pathlib import Path

from bench import record, table
from bench.answers import difference
from bench.console import ending_whole, say
from bench.events import Calendar
from bench.measures import MEASURES, Figure, Session, in_order, measure, warm_up
from bench.peers import PEERS
from bench.peers.base import Peer

ByServer = dict[str, dict[str, Figure]]
"""Figures, by server and by request."""


def measured(peer: Peer, calendar: Calendar, requests: Sequence[str], budget_s: float) -> dict[str, Figure]:
    """Every figure of one server, from its start to its end."""
    say(f"{peer.name} {peer.version()} : {calendar.size} événements…")
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        peer.serving(Path(folder), calendar) as server,
        closing(server.client()) as client,
    ):
        session = Session(server=server, client=client, calendar=calendar)
        warm_up(session, peer.warm_up)
        return {name: _figure(session, name, budget_s) for name in in_order(list(requests))}


def _figure(session: Session, name: str, budget_s: float) -> Figure:
    figure = measure(session, MEASURES[name], budget_s)
    say(f"  {MEASURES[name].label} : {figure.cpu:.1f} ms, {len(figure.cpu_ms)} fois")
    return figure


def differences(figures: ByServer, requests: Sequence[str]) -> list[str]:
    """Where a server did not answer as the first one."""
    first, *others = figures
    pairs = (
        (MEASURES[name].label, other, difference(figures[first][name].said, figures[other][name].said))
        for name in requests
        for other in others
    )
    return [f"{label}, {other} par rapport à {first} : {what}." for label, other, what in pairs if what]


def report(figures: ByServer, requests: Sequence[str], calendar: Calendar) -> str:
    """The tables and what follows them."""
    servers = list(figures)
    labels = {name: MEASURES[name].label for name in requests}
    cpu = {labels[name]: {server: figures[server][name].cpu for server in servers} for name in requests}
    wall = {labels[name]: {server: figures[server][name].wall for server in servers} for name in requests}
    aims = {labels[name]: MEASURES[name].to_reach for name in requests}
    notes = differences(figures, requests) or ["Toutes les réponses concordent."]
    hits = sum(len(figures[servers[0]][name].said) for name in requests if name == "month")
    return "\n".join(
        [
            f"{calendar.size} événements, {hits} dans le mois. « à viser » vaut pour 10000 événements.\n",
            table.with_ratios(cpu, servers, aims),
            "",
            table.plain("ms d'attente", wall, servers),
            "",
            *notes,
        ]
    )


def document(figures: ByServer, calendar: Calendar, budget_s: float, requests: Sequence[str]) -> dict[str, object]:
    """What is kept of the run."""
    return {
        "events": calendar.size,
        "budget_s": budget_s,
        "versions": {name: PEERS[name].version() for name in figures},
        "figures": {
            request: {name: by_request[request].summary() for name, by_request in figures.items()}
            for request in requests
        },
        "differences": differences(figures, requests),
    }


def available(names: Sequence[str]) -> list[Peer]:
    """The servers that can run here; one that cannot is said, with what would make it."""
    for name in names:
        if missing := PEERS[name].missing():
            say(f"{name} n'est pas mesuré : il n'est pas installé ({missing}).")
    return [PEERS[name] for name in names if not PEERS[name].missing()]


def chosen(known: Sequence[str], text: str) -> list[str]:
    """The names of a list with commas, in the order of the known ones. Raises what argparse turns into a sentence."""
    names = text.split(",")
    if unknown := [name for name in names if name not in known]:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)} : inconnu, parmi {', '.join(known)}")
    return [name for name in known if name in names]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1000, help="événements de l'agenda (1000)")
    parser.add_argument("--budget", type=float, default=10, help="secondes par demande et par serveur (10)")
    for option, known in (("--servers", list(PEERS)), ("--requests", list(MEASURES))):
        kind = lambda text, known=known: chosen(known, text)  # noqa: E731
        parser.add_argument(option, type=kind, default=known, help=f"parmi {','.join(known)} (tous)")
    options = parser.parse_args()
    calendar = Calendar(size=options.events, year=date.today().year)
    with ending_whole():
        figures = {
            peer.name: measured(peer, calendar, options.requests, options.budget) for peer in available(options.servers)
        }
    if not figures:
        sys.exit("Aucun serveur à mesurer.")
    print(report(figures, options.requests, calendar))
    kept = record.keep(f"server-{options.events}", document(figures, calendar, options.budget, options.requests))
    say(f"\n{kept}")


if __name__ == "__main__":
    main()
