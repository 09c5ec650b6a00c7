"""Which incidents a report draws: all of a few; of many the worst, and of each scenario a typical one."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tocsin.drill.library import Stage
from tocsin.drill.matching import TruthVerdict
from tocsin.drill.run import Run

ALL_UP_TO: Final = 24
_WORST: Final = 10
_ALIKE: Final = 2
_TYPICAL: Final = 12


@dataclass(frozen=True, slots=True)
class Drawn:
    """An incident to draw: at its leading point, with what was said at the others."""

    stage: Stage
    run: Run
    leading: TruthVerdict
    others: tuple[TruthVerdict, ...]

    @property
    def badness(self) -> tuple[int, float]:
        """Rises with how badly it went."""
        verdict = self.leading
        if verdict.due and not verdict.spoke and not any(v.spoke for v in self.others):
            return (3, 0.0)
        if any(v.due and not v.spoke for v in (verdict, *self.others)):
            return (2, 0.0)
        return (1, 0.0) if verdict.mistaken else (0, verdict.delay_s or 0.0)


def choose(stages: Sequence[Stage], played: Sequence[Sequence[Run]]) -> tuple[list[Drawn], int]:
    """(what to draw, the worst first; how many incidents there are)."""
    found = [
        drawn for stage, runs in zip(stages, played, strict=True) for run in runs for drawn in _incidents(stage, run)
    ]
    worst_first = sorted(found, key=lambda d: d.badness, reverse=True)
    if len(found) <= ALL_UP_TO:
        return worst_first, len(found)
    alike: Counter[tuple[int, str]] = Counter()
    chosen: list[Drawn] = []
    for drawn in worst_first:
        # The same incident with one seed after the other says nothing new.
        key = (id(drawn.stage), drawn.leading.truth.incident)
        alike[key] += 1
        if alike[key] <= _ALIKE and len(chosen) < _WORST:
            chosen.append(drawn)
    taken = {id(drawn) for drawn in chosen}
    rest = [drawn for drawn in worst_first if id(drawn) not in taken]
    for stage in stages[:_TYPICAL]:
        of_stage = [d for d in rest if d.stage is stage]
        chosen += of_stage[len(of_stage) // 2 : len(of_stage) // 2 + 1]
    return chosen, len(found)


def _incidents(stage: Stage, run: Run) -> list[Drawn]:
    """What was due, by incident; the leading point is one that was missed, else the first that was spoken of."""
    groups: dict[tuple[str, str], list[TruthVerdict]] = {}
    for verdict in run.truths:
        groups.setdefault((verdict.truth.incident, verdict.truth.sort), []).append(verdict)
    drawn = []
    for group in groups.values():
        due = sorted((v for v in group if v.due), key=lambda v: (bool(v.spoke), v.truth.speak_at or 0))
        if due:
            drawn.append(Drawn(stage, run, due[0], tuple(v for v in group if v is not due[0])))
    return drawn
