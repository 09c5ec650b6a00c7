"""Rules over several points: what a reading costs beside one limit, and how long a thousand rules take to compile.

Run: python -m benchmarks.several_points [--quick]. A hundred thousand points in units of ten; a vote and a sequence
are measured together with the limits that they name, an expression alone.
"""

import time
from collections.abc import Sequence
from typing import Any

from benchmarks.engine_speed import LIMIT, ns_a_reading, rule, sweeps
from benchmarks.figure import Figure, emit, is_quick, say
from plant.registry import PointRegistry
from plant.site import Enterprise, Point, Site, Unit
from rules.engine import Engine, make_plan
from rules.schema import Rule

POINTS = 100_000
IN_A_UNIT = 10
VOTE = {"vote": {"n": 2, "rule": "gas", "level": "h"}}
SEQUENCE = {"sequence": {"first": {"rule": "gas", "level": "h"}, "then": {"rule": "tank"}, "within_s": 60}}
EXPRESSION = {
    "expression": {"is": "a >= 25 and (b >= 25 or not a + b >= 60)", "points": {"a": "level.0", "b": "level.1"}}
}


def make_site(points: int, kinds: int) -> Site:
    """Units of ten points. Of each unit the first are of the kinds level.0, level.1, ..., the others gas and tank."""
    site = Site("bench", "Asia/Shanghai", None, None)
    site.enterprises["E1"] = Enterprise("E1", "bench", "R1")
    for n in range(points):
        unit, place = f"U{n // IN_A_UNIT:06d}", n % IN_A_UNIT
        if not place:
            site.units[unit] = Unit(unit, "E1", "bench", "workshop")
        kind = f"level.{place}" if place < kinds else f"gas.{n // IN_A_UNIT % 1000}" if place % 2 else "tank"
        name = f"P{n:07d}"
        site.points[name] = Point(
            point=name, unit=unit, enterprise="E1", kind=kind, unit_symbol=None, range_low=0.0, range_high=100.0,
            period_s=1.0, report="periodic", ll=None, l=None, h=None, hh=None, deadband=None, topic=None, key=None,
            device=None, gas=None, ref_temp_c=None, principle=None, calibration_due=None, tags=(),
        )  # fmt: skip
    return site


def cost_ns(site: Site, rules: Sequence[Rule], batch: int, spans: int) -> float:
    """ns a reading under these rules, after all points were heard."""
    engine = Engine(make_plan(site, rules, PointRegistry(site.points)))
    each = -(-len(site.points) // batch)
    return ns_a_reading(engine, sweeps(len(site.points), batch, 2 + 2 * spans), 2 * each, 2 * each)


def thousand_rules() -> tuple[float, float]:
    """(seconds to compile a thousand rules of which half are over several points, ms of a batch of 1k under them)."""
    site = make_site(POINTS, 2)
    rules: list[Rule] = []
    for n in range(500):
        rules.append(rule(f"gas{n}", LIMIT, kind=f"gas.{2 * n}"))
        given: dict[str, Any] = {
            "vote": {"vote": {"n": 2, "rule": f"gas{n}", "level": "h"}},
            "sequence": {"sequence": {"first": {"rule": f"gas{n}"}, "then": {"rule": f"gas{n}"}, "within_s": 60}},
            "expression": EXPRESSION,
        }
        kind = ("vote", "expression", "sequence")[n % 3]
        rules.append(rule(f"v{n}", given[kind], kind=f"gas.{2 * n}", severity="red"))
    registry = PointRegistry(site.points)
    begun_s = time.perf_counter()
    engine = Engine(make_plan(site, rules, registry))
    compiled_s = time.perf_counter() - begun_s
    batch_ms = ns_a_reading(engine, sweeps(POINTS, 1000, 5), 200, 100) * 1000 / 1e6
    return compiled_s, batch_ms


def main() -> None:
    spans = 1 if is_quick() else 4
    site, of_levels = make_site(POINTS, 0), make_site(POINTS, 2)
    gas, everywhere = rule("gas", LIMIT, kind="gas.*"), rule("gas", LIMIT)
    kinds: dict[str, tuple[Site, list[Rule]]] = {
        "limit": (site, [everywhere]),
        "vote": (site, [everywhere, rule("vote", VOTE, severity="red")]),
        "sequence": (site, [gas, rule("tank", LIMIT, kind="tank"), rule("then", SEQUENCE, severity="red")]),
        "expression": (of_levels, [rule("formula", EXPRESSION, severity="red")]),
    }
    for batch, words in ((100_000, "100k"), (1000, "1k")):
        one = 0.0
        for kind, (ground, rules) in kinds.items():
            cost = cost_ns(ground, rules, batch, spans)
            say(f"  {kind}, {words} a batch: {cost:,.0f} ns a reading")
            if kind == "limit":
                one = cost
                continue
            emit(
                Figure(
                    name=f"engine: {kind} to limit, {words} a batch",
                    value=cost / one,
                    unit="times",
                    goal=5,
                    at_least=False,
                )
            )
    compiled_s, batch_ms = thousand_rules()
    emit(
        Figure(
            name="engine: 1,000 rules, half over several points, compiled",
            value=compiled_s,
            unit="s",
            goal=5,
            at_least=False,
        )
    )
    emit(
        Figure(
            name="engine: 1,000 rules, half over several points, 1k a batch",
            value=batch_ms,
            unit="ms",
            goal=20,
            at_least=False,
        )
    )


if __name__ == "__main__":
    main()
