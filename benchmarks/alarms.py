"""Alarms/s through everything that follows the engine, on one core: machine, overrides, incidents, disposals, telling
and roll-up; alone, and with the alarm book's file. Run: python -m benchmarks.alarms [--quick]
"""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from alerts.change import Change
from alerts.fold import fold
from alerts.ground import Ground
from alerts.record import AlarmRecord
from alerts.risk import RiskTree, standing_of
from alerts.telling.telling import Telling
from benchmarks.alarm_site import START_MS, lives, raised, write_site
from benchmarks.figure import Figure, emit, is_quick, say
from benchmarks.throughput import folder
from plant.entries import OverrideAction
from rules.events import AlarmEvent
from tocsin.book import AlarmBook
from tocsin.book.parts import Parts
from tocsin.book.results import BookStep, Results
from tocsin.book.schema import open_writer
from tocsin.book.taking import Taking
from tocsin.book.times import EntryTimes
from tocsin.book.writer import received_at
from tocsin.configuration import read_configuration
from tocsin.database import Place
from tocsin.runtime.collector import spare_collector

GOAL = 10_000.0
COMMIT = 1000
"""Steps in one commit, as in a flood."""
OPEN = 1000


def out_of_service(ground: Ground) -> list[BookStep]:
    """What a county has on an ordinary day: 40 points and 2 units."""
    until = START_MS + 86_400_000
    points = [
        OverrideAction(
            START_MS - 1, "set", f"p{n}", "li", "out_of_service", "maintenance", "point", name, "", "x", until
        )
        for n, name in enumerate(list(ground.site.points)[::500])
    ]
    units = [
        OverrideAction(
            START_MS - 1, "set", f"u{n}", "li", "out_of_service", "maintenance", "unit", name, "", "x", until
        )
        for n, name in enumerate(list(ground.site.units)[::500])
    ]
    return [*points, *units]


def told_s(ground: Ground, steps: Sequence[AlarmEvent]) -> float:
    """Seconds of processor time for the machine, the roll-up and telling alone."""
    tree, telling = RiskTree(ground.nodes), Telling()
    known: dict[str, AlarmRecord] = {}
    spare_collector()
    calls = 0
    begun_s = time.process_time()
    for n, step in enumerate(steps):
        before = known.get(step.alarm)
        after, events, _ = fold(before, step, ground.policy)
        if after is None:
            raise ValueError(f"{step.alarm}: not taken")
        known[step.alarm] = after
        tree.take(step.alarm, standing_of(after, silence=ground.silent(step.rule)))
        change = Change(n, step.received_at, before, after, events)
        calls += len(telling.take(change, ground.place_of(after), ground.routing))
    spent_s = time.process_time() - begun_s
    if calls < len(steps):
        raise ValueError(f"only {calls} calls of {len(steps)} alarms")
    return spent_s


def fold_s(path: Path, ground: Ground, steps: Sequence[BookStep]) -> float:
    """The same for all parts, without writing anything of what comes of them."""
    parts = Parts(open_writer(path))
    parts.stand_on(ground, [])
    spare_collector()
    known: dict[str, AlarmRecord] = {}
    spent_s = 0.0
    before = out_of_service(ground)
    for chunk in [before, *(steps[i : i + COMMIT] for i in range(0, len(steps), COMMIT))]:
        begun_s = time.process_time()
        results = Results()
        taking = Taking(parts, ground, EntryTimes(0, ()), known.get, lambda _: None, results)
        for n, step in enumerate(chunk):
            taking.pass_time(received_at(step) - 1)
            taking.step(n, step)
        known |= results.changed
        if chunk is not before:
            spent_s += time.process_time() - begun_s
        if results.refused:
            raise ValueError(f"refused: {results.refused[0].reason}")
    return spent_s


def book_s(place: Place, ground: Ground, steps: Sequence[BookStep]) -> float:
    """Seconds with everything written and synced, in commits of a thousand steps."""
    book = AlarmBook.open_for_writing(place)
    before = out_of_service(ground)
    book.commit(len(before), list(enumerate(before)), ground)
    at = len(before)
    begun_s = time.perf_counter()
    for i in range(0, len(steps), COMMIT):
        chunk = steps[i : i + COMMIT]
        done = book.commit(at + len(chunk), list(enumerate(chunk, at)), ground)
        at += len(chunk)
        if done.refused:
            raise ValueError(f"refused: {done.refused[0].reason}")
    spent_s = time.perf_counter() - begun_s
    book.close()
    return spent_s


def one_by_one_ms(path: Path, ground: Ground, alarms: int) -> list[float]:
    """What each alarm costs in a commit of its own, written and synced, while a thousand others are open."""
    book = AlarmBook.open_for_writing(path)
    steps: list[BookStep] = list(raised(OPEN + alarms))
    book.commit(OPEN, list(enumerate(steps[:OPEN])), ground)
    spare_collector()
    costs_ms: list[float] = []
    for at, step in enumerate(steps[OPEN:], OPEN):
        begun_s = time.perf_counter()
        book.commit(at + 1, [(at, step)], ground)
        costs_ms.append((time.perf_counter() - begun_s) * 1000)
    book.close()
    return costs_ms


def main() -> None:
    quick = is_quick()
    count = 5_000 if quick else 20_000
    events = list(raised(count))
    flood: list[BookStep] = list(events)
    whole: list[BookStep] = list(lives(count))
    with folder() as here:
        configured = read_configuration(write_site(here / "site"))
        ground = configured.ground()
        ground.warm()
        spare_collector()

        def rate(name: str, steps: Sequence[BookStep], took_s: float, goal: float) -> None:
            say(f"  {name}: {took_s / count * 1e6:,.0f} us an alarm, {len(steps) / took_s:,.0f} steps/s")
            emit(Figure(name=name, value=count / took_s, unit="alarms/s", goal=goal))

        # The least of three: other work on the machine only adds.
        told = min(told_s(ground, events) for _ in range(3))
        rate("alarms: machine, roll-up and routing", flood, told, GOAL)
        all_parts = min(fold_s(here / f"a{n}.sqlite", ground, flood) for n in range(3))
        rate("alarms: all parts", flood, all_parts, GOAL / 2)
        whole_lives = min(fold_s(here / f"b{n}.sqlite", ground, whole) for n in range(3))
        rate("alarms: all parts, whole lives", whole, whole_lives, GOAL / 4)
        rate("alarms: in the book", flood, book_s(here / "c.sqlite", ground, flood), GOAL / 4)
        costs = one_by_one_ms(here / "d.sqlite", ground, count // 20)
        p99 = float(np.percentile(costs, 99))
        say(f"  one alarm with {OPEN:,} open: {float(np.median(costs)):.1f} ms, p99 {p99:.1f} ms")
        emit(Figure(name="alarms: one in the book, p99", value=p99, unit="ms", goal=50, at_least=False))


if __name__ == "__main__":
    main()
