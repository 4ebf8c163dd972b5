"""Ours alone, at two sizes of calendar whose month asked for holds the same events: how much more the larger one costs.

    python benchmarks/flat.py --keep /var/tmp/agendas

Prints the ratio of each request, the time from the start of the process to the first answer, and the memory of the
worker once it has served. Loading the larger calendar takes long: --keep names a folder where loaded stores are kept
for other runs, each under a name that follows the code that made it.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import tempfile
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bench import processes, record, table
from bench.console import ending_whole, say
from bench.events import Calendar, DenseCalendar
from bench.measures import MEASURES, Figure, Session, in_order, measure, warm_up
from bench.peers import ours
from bench.processes import Memory

REQUESTS = ("put-new", "put-update", "delete", "propfind-0", "month", "sync-one")
MADE_BY = ("spro_agenda", "plugins", "benchmarks/bench/events.py")
"""The code that a loaded store follows from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one size gave: figures by request, seconds from start to first answer, memory of each process at the end."""

    figures: dict[str, Figure]
    start_s: float
    memory: list[Memory]

    @property
    def worker(self) -> Memory:
        """The largest of the processes that the first one started: with one worker, that one."""
        return max(self.memory[1:] or self.memory, key=lambda one: one.pss)


def run(calendar: Calendar, keep: Path | None, budget_s: float) -> Run:
    """Serve a calendar from a copy of its store, and measure."""
    say(f"{calendar.size} événements…")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = _home(Path(folder), calendar, keep)
        with ours.serve(home) as server, closing(server.client()) as client:
            session = Session(server=server, client=client, calendar=calendar)
            # Listing a hundred thousand members is none of the requests, and takes the memory of all of them.
            warm_up(session, ours.PEER.warm_up, members=False)
            figures = {name: measure(session, MEASURES[name], budget_s) for name in in_order(list(REQUESTS))}
            return Run(figures=figures, start_s=server.start_s, memory=processes.memory(server.pid))


def _home(folder: Path, calendar: Calendar, keep: Path | None) -> Path:
    """An instance with the calendar in a folder; made, or copied from the kept ones."""
    home = folder / "agenda"
    kept = keep / f"{calendar.size}-{calendar.year}-{_code()}" if keep else None
    if kept is None or not kept.exists():
        say("  chargement…")
        ours.make(home, calendar)
        if kept is not None:
            # Under another name until it is whole: a copy that is cut off is never taken for a store.
            shutil.copytree(home, part := kept.with_name(f"{kept.name}.part"), dirs_exist_ok=True)
            part.rename(kept)
        return home
    shutil.copytree(kept, home)
    return home


def _code() -> str:
    """A short name for the code that loads a store, as it is now."""
    digest = hashlib.sha256()
    for name in MADE_BY:
        path = record.ROOT / name
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def report(runs: dict[int, Run]) -> str:
    """The table, and what is not a request."""
    small, large = runs
    figures = {
        MEASURES[name].label: {str(size): one.figures[name].cpu for size, one in runs.items()} for name in REQUESTS
    }
    hits = {size: len(one.figures["month"].said) for size, one in runs.items()}
    lines = [table.with_ratios(figures, [str(small), str(large)], {}), ""]
    lines += [f"{size} événements : {hits[size]} dans le mois, {_rest(one)}." for size, one in runs.items()]
    if runs[small].figures["month"].said.keys() != runs[large].figures["month"].said.keys():
        lines.append("Les deux mois ne contiennent pas les mêmes événements : leur rapport ne dit rien.")
    return "\n".join(lines)


def _rest(one: Run) -> str:
    megabytes = {"pss": one.worker.pss / 1e6, "rss": one.worker.rss / 1e6}
    told = f"première réponse en {one.start_s:.1f} s, processus de travail de {megabytes['rss']:.0f} Mo"
    return f"{told} (dont {megabytes['pss']:.0f} Mo en propre et en part)"


def document(runs: dict[int, Run], budget_s: float) -> dict[str, object]:
    """What is kept of the runs."""
    return {
        "budget_s": budget_s,
        "sizes": {
            str(size): {
                "hits": len(one.figures["month"].said),
                "start_s": one.start_s,
                "memory": [{"rss": each.rss, "pss": each.pss} for each in one.memory],
                "figures": {name: figure.summary() for name, figure in one.figures.items()},
            }
            for size, one in runs.items()
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", type=int, default=1_000, help="événements du petit agenda, 1000 au moins (1000)")
    parser.add_argument("--large", type=int, default=100_000, help="événements du grand (100000)")
    parser.add_argument("--budget", type=float, default=10, help="secondes par demande (10)")
    parser.add_argument("--keep", type=Path, help="dossier où garder les bases chargées")
    options = parser.parse_args()
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
    with ending_whole():
        year = date.today().year
        calendars = [DenseCalendar(size=size, year=year) for size in (options.small, options.large)]
        runs = {calendar.size: run(calendar, options.keep, options.budget) for calendar in calendars}
    print(report(runs))
    say(f"\n{record.keep(f'flat-{options.small}-{options.large}', document(runs, options.budget))}")


if __name__ == "__main__":
    main()
