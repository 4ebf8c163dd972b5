"""The benchmark as an instrument: what it takes out of answers, what it reads of processes, how it shows figures."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import icalendar
import pytest
import recurring_ical_events

from bench import answers, processes, table
from bench.events import Calendar, DenseCalendar
from bench.world import A_WEEK, TIMES, world
from spro_agenda.recurrence import FIRST_DAY, LAST_DAY
from spro_agenda.region.entry import read_entry
from spro_agenda.region.load import load_region

BUSY_S = 0.2


def text(*lines: str, stamp: str = "20260101T000000Z") -> str:
    inner = "\r\n".join(["BEGIN:VEVENT", "UID:un", f"DTSTAMP:{stamp}", *lines, "END:VEVENT"])
    return f"BEGIN:VCALENDAR\r\nPRODID:{stamp}\r\n{inner}\r\nEND:VCALENDAR\r\n"


def multistatus(*data: str) -> bytes:
    rows = "".join(
        f"<response><href>/a/{number}%20.ics</href><C:calendar-data>{each}</C:calendar-data></response>"
        for number, each in enumerate(data)
    )
    whole = f"<response><href>/a/</href></response>{rows}"
    return f'<multistatus xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">{whole}</multistatus>'.encode()


# ---- Answers


def test_order_folding_stamps_and_zones_are_formatting() -> None:
    """Two writings of one event are the same answer, whoever wrote them, in whatever order, folded or not."""
    zone = "BEGIN:VTIMEZONE\r\nTZID:Europe/Paris\r\nEND:VTIMEZONE\r\n"
    one = text("SUMMARY:Un titre", "LOCATION:Chartres")
    other = text("LOCATION:Char\r\n tres", "SUMMARY:Un titre", stamp="20271231T000000Z").replace(
        "BEGIN:VEVENT", f"{zone}BEGIN:VEVENT"
    )
    assert answers.difference(answers.bodies(multistatus(one)), answers.bodies(multistatus(other))) is None


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (text("SUMMARY:Autre"), "1 textes autres, dont un : -SUMMARY:Un +SUMMARY:Autre"),
        (text("SUMMARY:Un").replace("UID:un", "UID:deux"), "manque 1 (un) ; en trop : 1 (deux)"),
    ],
)
def test_what_differs_is_told(other: str, told: str) -> None:
    """A body that says something else, and an event that is missing or too many, are differences."""
    assert answers.difference(answers.events([text("SUMMARY:Un")]), answers.events([other])) == told


def test_the_members_of_an_answer_are_known_by_the_last_part_of_their_path() -> None:
    """The collection is no member of itself, and an escaped path is the path."""
    assert set(answers.names(multistatus("", ""))) == {"0 .ics", "1 .ics"}


def test_instances_are_known_by_their_start_in_utc() -> None:
    """A start with a zone is the start in UTC that another server writes."""
    local = text("DTSTART;TZID=Europe/Paris:20260601T090000", "SUMMARY:Un")
    utc = text("DTSTART:20260601T070000Z", "SUMMARY:Un")
    assert answers.instances(multistatus(local)) == answers.instances(multistatus(utc))
    assert set(answers.instances(multistatus(utc))) == {"un 20260601T070000Z"}


def test_busy_time_is_the_same_however_it_is_cut() -> None:
    """Periods that meet or overlap are one, an end is as good as a duration, and free time is not busy."""
    whole = "FREEBUSY:20260601T080000Z/20260601T110000Z,20260601T120000Z/20260601T123000Z\r\n"
    cut = (
        "FREEBUSY;FBTYPE=BUSY:20260601T120000Z/PT30M\r\nFREEBUSY:20260601T093000Z/\r\n 20260601T110000Z\r\n"
        "FREEBUSY:20260601T080000Z/PT1H30M\r\nFREEBUSY;FBTYPE=FREE:20260601T150000Z/PT1H\r\n"
    )
    assert answers.busy(cut) == answers.busy(whole)
    assert len(answers.busy(whole)) == 2


def test_a_union_keeps_the_end_of_a_period_that_holds_another() -> None:
    """A short period within a long one does not cut it."""
    eight, nine, ten, noon = (datetime(2026, 6, 1, hour, tzinfo=UTC) for hour in (8, 9, 10, 12))
    assert answers.union([(nine, ten), (eight, noon)]) == [(eight, noon)]


def test_a_refusal_is_not_the_answer_of_a_success() -> None:
    """201 and 204 are alike; 403 is told."""
    assert answers.difference(answers.status(201), answers.status(204)) is None
    assert "statut 403" in (answers.difference(answers.status(201), answers.status(403)) or "")


# ---- Processes


@pytest.fixture
def family() -> Iterator[subprocess.Popen[bytes]]:
    """A process that waits for a busy child, which spends BUSY_S of CPU, has another that sleeps, and then waits."""
    busy = f"import time\nwhile time.process_time() < {BUSY_S}: pass"
    code = (
        "import subprocess, sys\n"
        f"subprocess.run([sys.executable, '-S', '-c', {busy!r}], check=True)\n"
        "child = subprocess.Popen([sys.executable, '-S', '-c', 'input()'], stdin=sys.stdin)\n"
        "print(child.pid, flush=True)\n"
        "child.wait()\n"
    )
    words = [sys.executable, "-S", "-c", code]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield process


def test_a_tree_is_a_process_and_its_descendants(family: subprocess.Popen[bytes]) -> None:
    """A living child is in the tree, this very process is not, and each one's memory is told."""
    assert family.stdout is not None
    child = int(family.stdout.readline())
    assert [process.pid for process in processes.tree(family.pid)] == [family.pid, child]
    assert all(0 < memory.pss <= memory.rss for memory in processes.memory(family.pid))


def test_cpu_of_a_child_that_ended_is_counted(family: subprocess.Popen[bytes]) -> None:
    """What a process that is no more has spent stays in the sum; what rests spends nothing."""
    assert family.stdout is not None
    family.stdout.readline()
    assert processes.cpu_s(family.pid) >= BUSY_S - processes.TICK_S


def test_cpu_is_read_finer_than_ticks() -> None:
    """A millisecond of this process's own work shows, where ticks are of ten."""
    pid = os.getpid()
    before, until = processes.cpu_s(pid), time.process_time() + 0.002
    while time.process_time() < until:
        pass
    assert processes.cpu_s(pid) - before >= 0.002


# ---- Events


def in_month(calendar: Calendar) -> set[str]:
    """The UIDs that have an instance in the month asked for."""
    texts = (icalendar.Calendar.from_ical(text) for _name, text in calendar.texts())
    return {str(found["UID"]) for text in texts for found in recurring_ical_events.of(text).between(*calendar.month)}


def test_a_dense_calendar_has_the_same_month_at_every_size() -> None:
    """What lies around the month never reaches it, a series of ten weeks included."""
    small, large = (DenseCalendar(size=size, year=2026, near=40, per_day=1) for size in (40, 160))
    assert in_month(small) == in_month(large) != set()


# ---- Tables


def test_a_table_tells_figures_ratios_and_aims_within_a_hundred_columns() -> None:
    """One line a request: each server, how many times ours, what to reach; a missing figure is a dash."""
    figures = {"PUT": {"ours": 2.0, "radicale": 20.0, "xandikos": 2500.0}, "un mois, séries dépliées": {"ours": 0.5}}
    head, put, month = table.with_ratios(figures, ["ours", "radicale", "xandikos", "cyrus"], {"PUT": 5}).splitlines()
    servers = ["ours", "radicale", "xandikos", "cyrus", "rad./ours", "xan./ours", "cyr./ours"]
    assert head.split() == ["ms", "de", "processeur", *servers, "à", "viser"]
    assert put.split() == ["PUT", "2,0", "20,0", "2500", "-", "10,0x", "1250x", "-", "5,0"]
    assert month.split()[-8:] == ["0,5", *"-" * 7]
    assert len({len(line) for line in (head, put, month)}) == 1
    assert len(head) <= 100


# ---- Worlds


def test_a_larger_world_is_a_longer_one() -> None:
    """The same events first, and as many begin in a week: otherwise sizes would not compare."""
    small, large = list(world(50)), list(world(100))
    assert large[:50] == small
    read = [read_entry(each.body, each.network, load_region(), each.uid) for each in large]
    times = [entry.occurrences(FIRST_DAY, LAST_DAY) for entry in read]
    assert {len(each) for each in times} == {TIMES}
    begun = Counter(each[0].first_day.isocalendar()[:2] for each in times)
    assert set(list(begun.values())[:-1]) == {A_WEEK}
