"""Two drills beside each other: what got worse, and what better."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

from tocsin.drill.report import Drill
from tocsin.drill.score import RuleScore, Score

Better = Literal["more", "less"]
S = TypeVar("S")

_SCORE: Final[tuple[tuple[str, Better, float, Callable[[Score], float | None]], ...]] = (
    ("incidents_missed", "less", 0.0, lambda s: s.incidents_missed),
    ("misses", "less", 0.0, lambda s: s.misses),
    ("late", "less", 0.0, lambda s: s.late),
    ("mild", "less", 0.0, lambda s: s.mild),
    ("false_per_10k", "less", 0.0, lambda s: s.false_per_10k),
    ("faults_unnamed", "less", 0.0, lambda s: s.faults_unnamed),
    ("mistaken", "less", 0.0, lambda s: s.mistaken),
    ("false_instrument", "less", 0.0, lambda s: s.false_instrument),
    ("delay_s", "less", 0.5, lambda s: s.delay_s.median),
    ("delay_p95_s", "less", 0.5, lambda s: s.delay_s.p95),
    ("lead_s", "more", 0.5, lambda s: s.lead_s.median),
)
_RULE: Final[tuple[tuple[str, Better, float, Callable[[RuleScore], float | None]], ...]] = (
    ("misses", "less", 0.0, lambda s: s.misses),
    ("false_per_10k", "less", 0.0, lambda s: s.false_per_10k),
    ("mistaken", "less", 0.0, lambda s: s.mistaken),
    ("delay_s", "less", 0.5, lambda s: s.delay_s.median),
)
_COUNTS: Final = frozenset(
    {"incidents_missed", "misses", "late", "mild", "faults_unnamed", "mistaken", "false_instrument"}
)


@dataclass(frozen=True, slots=True)
class Change:
    """One figure that differs. `where` is "" for all, `scenario NAME` or `rule NAME`."""

    where: str
    figure: str
    before: float | None
    after: float | None
    worse: bool


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that the two drills do not share: `site`, `seeds` or `scenarios` (those that only one has)."""

    about: Literal["site", "seeds", "scenarios"]
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed from an older drill to a newer one."""

    changes: tuple[Change, ...]
    newly_missed: tuple[tuple[str, str, str], ...]
    """(scenario, incident, point) that the newer one misses with a seed that both have, and the older one did not."""
    no_longer_missed: tuple[tuple[str, str, str], ...]
    remarks: tuple[Remark, ...]
    """Why the two are not quite comparable."""

    @property
    def worse(self) -> list[Change]:
        return [change for change in self.changes if change.worse]

    @property
    def better(self) -> list[Change]:
        return [change for change in self.changes if not change.worse]


def compare(old: Drill, new: Drill) -> Comparison:
    """Compare what both have. Delays and leads count from half a second on: less is noise.

    Counts are compared where both played as many seeds; figures of all and of rules where also the scenarios are the
    same.
    """
    then = {s.scenario: s.score for s in old.scenarios}
    same_seeds = len(old.seeds) == len(new.seeds)
    same = same_seeds and then.keys() == {s.scenario for s in new.scenarios}
    changes = list(_changes("", _SCORE, old.total, new.total)) if same else []
    figures = _SCORE if same_seeds else tuple(f for f in _SCORE if f[0] not in _COUNTS)
    for s in new.scenarios:
        if s.scenario in then:
            changes += _changes(f"scenario {s.scenario}", figures, then[s.scenario], s.score)
    rules = {r.rule: r for r in old.rules} if same else {}
    for r in new.rules:
        if r.rule in rules:
            changes += _changes(f"rule {r.rule}", _RULE, rules[r.rule], r)
    scenarios, seeds = then.keys() & {s.scenario for s in new.scenarios}, set(old.seeds) & set(new.seeds)
    before, after = (
        {(u.scenario, u.seed, u.incident, u.point) for u in d.unheard if u.scenario in scenarios and u.seed in seeds}
        for d in (old, new)
    )
    return Comparison(
        changes=tuple(changes),
        newly_missed=tuple(sorted({(s, i, p) for s, _, i, p in after - before})),
        no_longer_missed=tuple(sorted({(s, i, p) for s, _, i, p in before - after})),
        remarks=tuple(_remarks(old, new)),
    )


def _remarks(old: Drill, new: Drill) -> Iterator[Remark]:
    if old.site != new.site:
        yield Remark("site", old.site, new.site)
    if old.seeds != new.seeds:
        yield Remark("seeds", _range(old.seeds), _range(new.seeds))
    was, now = ({s.scenario for s in d.scenarios} for d in (old, new))
    if was != now:
        yield Remark("scenarios", ", ".join(sorted(was - now)), ", ".join(sorted(now - was)))


def _range(seeds: tuple[int, ...]) -> str:
    return str(seeds[0]) if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]}"


def _changes(
    where: str,
    figures: tuple[tuple[str, Better, float, Callable[[S], float | None]], ...],
    old: S,
    new: S,
) -> Iterator[Change]:
    for name, better, least, figure in figures:
        before, after = figure(old), figure(new)
        if before is None or after is None:
            continue
        if abs(after - before) > least:
            yield Change(where, name, before, after, worse=(after > before) == (better == "less"))
