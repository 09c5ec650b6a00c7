"""How much earlier the packs speak than plain limits, and at what price.

Run: python -m benchmarks.early_warning [--quick]

Both sides play every scenario of the library with the same seeds: the sites' rules without those of trends and without
those that look at a second point (plain limits), and all of them. Deterministic: the same figures anywhere.
"""

import dataclasses
import os
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks.figure import Figure, emit, is_quick, say
from rules.schema import Rule
from tocsin.configuration import Configured
from tocsin.drill.ground import Ground
from tocsin.drill.library import Stage, programme
from tocsin.drill.matching import TruthVerdict
from tocsin.drill.run import Run, run
from tocsin.drill.score import Score, score

SEEDS: Final = 3
PLAIN_KINDS: Final = {"limit", "discrete", "stale", "frozen", "range"}
EARLY_IDS: Final = {"county-gas-early"}
"""Rules of made sites that are an early word without being a trend."""
ROOM_S: Final = 120.0
"""What a process must take from its start to its danger: a minute to warn, and one for readings to show a trend."""


@dataclass(frozen=True, slots=True)
class Side:
    """What one set of rules was worth."""

    score: Score
    leads_s: tuple[float, ...]
    """By incident: the first word at any of its points before the first of them was in danger; negative: after it."""
    leads_with_room_s: tuple[float, ...]
    """The same of incidents that left time for a warning."""


def is_plain(rule: Rule) -> bool:
    """Whether a rule holds a reading against something, always and alone."""
    return rule.condition.kind in PLAIN_KINDS and rule.active is None and not rule.when and rule.id not in EARLY_IDS


def play(stage: Stage, seed: int) -> tuple[Run, Run]:
    """One scenario with one seed under plain limits and under all rules."""
    whole = stage.configured()
    rules = tuple(rule for rule in whole.rules if is_plain(rule))
    plain: Configured = dataclasses.replace(whole, rules=rules)
    scenario = stage.scenario()
    return run(plain, scenario, seed, Ground(plain.site, rules)), run(whole, scenario, seed, stage.ground())


def leads(runs: Sequence[Run], room_s: float) -> tuple[float, ...]:
    """Lead of each incident that was spoken of, where `room_s` lay between its start and its danger."""
    found = []
    for one in runs:
        incidents: dict[str, list[TruthVerdict]] = {}
        for verdict in one.truths:
            if verdict.truth.sort == "process" and verdict.due and verdict.truth.danger_at is not None:
                incidents.setdefault(verdict.truth.incident, []).append(verdict)
        for verdicts in incidents.values():
            danger_ms = min(v.truth.danger_at for v in verdicts if v.truth.danger_at is not None)
            started_ms = min(v.truth.started_at for v in verdicts)
            first = min((v.first[0] for v in verdicts if v.first is not None), default=None)
            if first is not None and danger_ms - started_ms >= 1000 * room_s:
                found.append((danger_ms - first) / 1000)
    return tuple(found)


def side(runs: Sequence[Run]) -> Side:
    return Side(score(runs), leads(runs, 0.0), leads(runs, ROOM_S))


def show(named: dict[str, Side]) -> None:
    table = Table("", *named)
    rows: dict[str, Callable[[Side], str]] = {
        "incidents": lambda s: str(s.score.incidents),
        "missed": lambda s: str(s.score.incidents_missed),
        "missed at a point": lambda s: f"{s.score.misses} of {s.score.due}",
        "median lead s": lambda s: f"{median(s.leads_s):.1f} of {len(s.leads_s)}",
        f"median lead s, {ROOM_S:g} s of room": lambda s: (
            f"{median(s.leads_with_room_s):.1f} of {len(s.leads_with_room_s)}"
        ),
        "with 60 s and more, of these": lambda s: f"{sum(lead >= 60 for lead in s.leads_with_room_s)}",
        "process alarms": lambda s: str(s.score.process_alarms),
        "false": lambda s: str(s.score.false_alarms),
        "false / 10,000 point-hours": lambda s: f"{s.score.false_per_10k:.2f} of {s.score.point_hours:,.0f}",
        "sensors' faults taken for real": lambda s: str(s.score.mistaken),
    }
    for name, cell in rows.items():
        table.add_row(name, *(cell(one) for one in named.values()))
    Console(stderr=True, width=120).print(table)


def main() -> None:
    seeds = 1 if is_quick() else SEEDS
    with tempfile.TemporaryDirectory() as folder:
        stages = programme((), None, Path(folder)).stages
        work = [(stage, seed) for stage in stages for seed in range(1, seeds + 1)]
        # Spawned, not forked: a fork would copy whatever threads hold at that moment.
        with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
            played = list(pool.map(play, *zip(*work, strict=True)))
    plain, early = side([a for a, _ in played]), side([b for _, b in played])
    show({"plain limits": plain, "the packs": early})
    for one, seed in ((b, s) for (_, b), (_, s) in zip(played, work, strict=True)):
        for verdict in one.alarms:
            if verdict.sort == "process" and verdict.judgement == "false":
                say(f"  false: {one.scenario} seed {seed}: {verdict.alarm.rule} on {verdict.alarm.subject}")
        for truth in (v.truth for v in one.truths if v.due and not v.spoke and v.truth.sort == "process"):
            say(f"  missed: {one.scenario} seed {seed}: {truth.incident} at {truth.point}")
    note = f"{len(stages)} scenarios, {seeds} seeds"
    emit(
        Figure(
            name="incidents missed by the packs",
            value=early.score.incidents_missed,
            unit="incidents",
            goal=0,
            at_least=False,
            note=f"{note}, {early.score.incidents} incidents; plain limits miss {plain.score.incidents_missed}",
        ),
        Figure(
            name="median lead before the danger",
            value=median(early.leads_with_room_s),
            unit="s",
            goal=60,
            note=f"{len(early.leads_with_room_s)} incidents with {ROOM_S:g} s of room; plain limits "
            f"{median(plain.leads_with_room_s):.0f} s",
        ),
        Figure(
            name="false process alarms",
            value=early.score.false_per_10k,
            unit="per 10,000 point-hours",
            goal=1,
            at_least=False,
            note=f"{early.score.point_hours:,.0f} point-hours; plain limits {plain.score.false_per_10k:g}",
        ),
    )


if __name__ == "__main__":
    main()
