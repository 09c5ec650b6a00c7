"""Random sites, rules and logs that sit on the edges: exact limits, equal times, late, ahead, skewed, silent.

Written against `random.Random`, so that one generator serves both a fast seeded sweep and hypothesis
(`support.strategies`), which shrinks the draws.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import numpy as np
from support.random_several import changed_several, random_several
from support.reference_several import SEVERAL

from plant.batch import Batch
from plant.entries import Configuration, DeviceDown, Entry, Readings, SourceDown, SourceUp, Tick
from plant.quality import AHEAD_MS, NO_TIME_MS, OLDEST_TIME_MS, RETAINED, UNREADABLE_TIME_MS, Quality
from plant.registry import PointRegistry
from plant.site import Enterprise, Point, Site, Unit
from rules.schema import Rule

START_MS = 1_732_190_400_000
KINDS = ("gas.combustible", "gas.oxygen", "tank.level", "dust.spark")
CONDITIONS = ("limit", "discrete", "rate", "window", "twa", "frozen", "stale", "range")
TREND = ("forecast", "deviation")
DEVICE = ("clock", "flapping", "calibration", "drift")
SEVERITIES = ("red", "orange", "yellow", "blue")
VALUES = (-6.0, -5.0, -0.5, 0.0, 0.1, 0.2, 0.3, 1.0, 2.0, 3.0, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 10.5)
"""Few, so that limits, deadbands, equal values and both ends of the range (0 to 10) are met exactly."""


@dataclass(frozen=True)
class Case:
    """A site, its first rules, and a log; a Configuration entry comes with the rules that take effect."""

    site: Site
    rules: tuple[Rule, ...]
    registry: PointRegistry
    log: tuple[tuple[Entry, tuple[Rule, ...] | None], ...]


def random_case(
    rng: Random,
    entries: int = 60,
    points: int = 4,
    rules: int = 5,
    reconfigure: bool = True,
    kinds: Sequence[str] = CONDITIONS,
    several: int = 0,
    dying: float = 0.0,
) -> Case:
    """A whole case. `points`, `rules` (on one point each) and `several` (over several) are the most there can be;
    `dying` is how many of the entries say that a device went down.
    """
    site = random_site(rng, points)
    first = random_rules(rng, site, rules, kinds)
    first += random_several(rng, site, first, several)
    registry = PointRegistry(sorted(site.points, reverse=True))
    return Case(
        site,
        first,
        registry,
        tuple(_Log(rng, site, registry, kinds, several, dying).entries(first, entries, reconfigure)),
    )


def random_site(rng: Random, most: int) -> Site:
    enterprises = {"E1": Enterprise("E1", "One", ""), "E2": Enterprise("E2", "Two", "")}
    units = {"U1": Unit("U1", "E1", "One", "workshop"), "U2": Unit("U2", "E2", "Two", "tank_farm")}
    points = {}
    for i in range(rng.randint(1, most)):
        name, unit = f"P{i}", rng.choice(["U1", "U2"])
        low, high = rng.choice([(0.0, 10.0), (0.0, 10.0), (None, 10.0), (None, None)])
        points[name] = Point(
            point=name,
            unit=unit,
            enterprise=units[unit].enterprise,
            kind=rng.choice(KINDS),
            unit_symbol=None,
            range_low=low,
            range_high=high,
            period_s=rng.choice([0.5, 1.0, 2.0]),
            report=rng.choice(["periodic", "periodic", "on_change"]),
            **_cells(rng),
            topic=None,
            key=None,
            device=rng.choice([None, f"{unit}-D1", f"{unit}-D2"]),
            gas=None,
            ref_temp_c=None,
            principle=None,
            calibration_due=None,
            tags=rng.choice([(), ("a",), ("a", "b")]),
        )
    return Site("random", "Asia/Shanghai", None, (), {}, enterprises, units, points)


def random_rules(rng: Random, site: Site, most: int, kinds: Sequence[str] = CONDITIONS) -> tuple[Rule, ...]:
    return tuple(random_rule(rng, site, f"r{i}", kinds=kinds) for i in range(rng.randint(1, most)))


def random_rule(rng: Random, site: Site, rule_id: str, version: int = 1, kinds: Sequence[str] = CONDITIONS) -> Rule:
    kind = rng.choice(kinds)
    levels, condition = _condition(rng, kind)
    severity: Any = rng.choice(SEVERITIES)
    if levels != ["on"] and rng.random() < 0.7:
        severity = {level: rng.choice(SEVERITIES) for level in levels if rng.random() < 0.7}
    form: dict[str, Any] = {
        "id": rule_id,
        "version": version,
        "applies_to": rng.choice(
            [
                {"kind": "*"},
                {"kind": "gas.*"},
                {"points": rng.sample(sorted(site.points), 1)},
                {"tags": ["a"]},
                {"report": "on_change"},
            ]
        ),
        "condition": {kind: condition},
        "severity": severity,
        "cells": rng.random() < 0.6,
        "late_after_s": rng.choice([300, 300, 5]),
        "enabled": rng.random() < 0.95,
    }
    if kind not in ("stale", "calibration"):
        form |= {"on_delay_s": _delay(rng, levels), "off_delay_s": _delay(rng, levels)}
        if rng.random() < 0.3:
            form["count"] = {"n": rng.randint(1, 3), "within_s": rng.choice([1, 2, 5, 20])}
    return Rule.model_validate(form)


def cut_finer(rng: Random, case: Case) -> Case:
    """The same log with its batches cut: every reading keeps its received_at, every point its order."""
    log: list[tuple[Entry, tuple[Rule, ...] | None]] = []
    for entry, rules in case.log:
        if not isinstance(entry, Readings) or not len(entry.batch):
            log.append((entry, rules))
            continue
        times = [taken_time(int(t), entry.received_at_ms) for t in entry.batch.measured_at_ms]
        order = sorted(range(len(times)), key=lambda i: times[i])
        while order:
            size = rng.randint(1, len(order))
            log.append((replace(entry, batch=entry.batch.select(order[:size])), None))
            order = order[size:]
    return replace(case, log=tuple(log))


def shuffle_points(rng: Random, case: Case) -> Case:
    """The same log with the points of each batch in another order; the readings of one point keep theirs."""
    log: list[tuple[Entry, tuple[Rule, ...] | None]] = []
    for entry, rules in case.log:
        if isinstance(entry, Readings) and len(entry.batch):
            place = {point: rng.random() for point in set(entry.batch.point.tolist())}
            order = sorted(range(len(entry.batch)), key=lambda i, b=entry.batch, at=place: at[int(b.point[i])])
            log.append((replace(entry, batch=entry.batch.select(np.array(order, dtype=np.intp))), rules))
        else:
            log.append((entry, rules))
    return replace(case, log=tuple(log))


def taken_time(measured_at_ms: int, received_at_ms: int) -> int:
    """Semantics 1.5."""
    if measured_at_ms < OLDEST_TIME_MS or measured_at_ms - received_at_ms > AHEAD_MS:
        return received_at_ms
    return measured_at_ms


def _cells(rng: Random) -> dict[str, float | None]:
    """Cells of a point, in order: ll <= l < h <= hh."""
    ll, l, h, hh = rng.choice([(0.2, 1.0, 6.0, 7.0), (1.0, 1.0, 5.0, 5.0), (0.0, 2.0, 3.0, 9.0)])  # noqa: E741
    cells: dict[str, float | None] = {"ll": ll, "l": l, "h": h, "hh": hh, "deadband": rng.choice([0.0, 0.5, 2.0])}
    return {name: value if rng.random() < 0.3 else None for name, value in cells.items()}


def _condition(rng: Random, kind: str) -> tuple[list[str], dict[str, Any]]:
    """(levels, the parameters of the condition)."""
    if kind in ("limit", "window"):
        levels = rng.choice([["h"], ["hh"], ["l"], ["h", "hh"], ["ll", "l"], ["ll", "l", "h", "hh"]])
        limits: dict[str, Any] = {"ll": 0.1, "l": 1.0, "h": rng.choice([4.0, 5.0]), "hh": rng.choice([6.0, 8.0])}
        given = {level: limits[level] for level in levels} | {"deadband": rng.choice([0.0, 0.5, 2.0])}
        if kind == "window":
            stat = rng.choice(["mean", "min", "max", "count"])
            return levels, given | {"stat": stat, "over_s": _over(rng), "partial": rng.random() < 0.5}
        return levels, {k: None if k in levels and rng.random() < 0.2 else v for k, v in given.items()}
    if kind == "rate":
        levels = rng.choice([["h"], ["l"], ["h", "hh"], ["ll", "l", "h"]])
        rates = {"ll": -2.0, "l": -0.5, "h": 0.5, "hh": 2.0}
        given = {level: rates[level] for level in levels}
        return levels, given | {"over_s": _over(rng), "deadband_fraction": rng.choice([0.0, 0.1, 0.5])}
    if kind == "twa":
        levels = rng.choice([["h"], ["h", "hh"]])
        given = {"h": 3.0, "hh": 5.0} if len(levels) == 2 else {"h": rng.choice([0.0, 3.0, 5.0])}
        return levels, given | {"over_s": _over(rng), "deadband": rng.choice([0.0, 1.0]), "max_gap_s": _over(rng)}
    if kind == "discrete":
        test = rng.choice([{"equals": 1.0}, {"not_equals": 1.0}, {"in": [0.1, 5.0, 10.0]}])
        return ["on"], test
    if kind == "frozen":
        ignore = rng.choice([None, [0.0, 1.0]])
        return ["on"], {"for_s": rng.choice([1, 3, 6]), "epsilon": rng.choice([0.0, 0.1, 1.0]), "ignore": ignore}
    if kind == "forecast":
        levels = rng.choice([["h"], ["l"], ["h", "hh"], ["ll", "l", "h", "hh"]])
        limits = {"ll": 0.0, "l": 1.0, "h": 6.0, "hh": 8.0}
        given = {level: None if rng.random() < 0.2 else limits[level] for level in levels}
        spans = {"within_s": rng.choice([1, 5, 30]), "half_life_s": rng.choice([0.7, 2, 10])}
        return levels, given | spans | {
            "confidence": rng.choice([0.3, 1.0, 3.0]),
            "min_readings": rng.choice([3, 4, 8]),
        }
    if kind == "deviation":
        least = {"min_count": rng.choice([2, 3, 6]), "min_sd": rng.choice([0.0, 0.5, 2.0])}
        side = rng.choice(["both", "high", "low"])
        return ["on"], {"k": rng.choice([0.5, 1.0, 2.0]), "half_life_s": rng.choice([0.7, 2, 10]), "side": side} | least
    if kind == "clock":
        return ["on"], {"skew_over_s": rng.choice([0.5, 2, 20, 60])}
    if kind == "flapping":
        after = {} if rng.random() < 0.5 else {"after_s": rng.choice([0.4, 1.5, 6])}
        return ["on"], {"n": rng.choice([2, 3, 5]), "within_s": rng.choice([2, 10, 60])} | after
    if kind == "calibration":
        return ["on"], {"days_before": rng.choice([0, 0, 1, 30])}
    if kind == "drift":
        spans = {"half_life_s": rng.choice([2, 12, 30]), "over": rng.choice([0.5, 1.0, 3.0])}
        return ["on"], spans | {"min_neighbours": rng.choice([1, 1, 2, 3])}
    if kind == "stale":
        return ["on"], {"after_s": rng.choice([1.5, 3, 10]), "of": rng.choice(["any", "usable"])}
    return ["on"], {"is": rng.choice(["over", "under"])}


def _over(rng: Random) -> float:
    return rng.choice([3, 6, 12, 5.5, 7.001])


def _delay(rng: Random, levels: Sequence[str]) -> Any:
    choices = (0, 0, 0.5, 1, 2, 3, 7.25)
    if rng.random() < 0.4:
        return {level: rng.choice(choices) for level in levels if rng.random() < 0.7}
    return rng.choice(choices)


@dataclass(frozen=True)
class _Log:
    rng: Random
    site: Site
    registry: PointRegistry
    kinds: Sequence[str]
    several: int
    dying: float = 0.0

    def entries(
        self, rules: tuple[Rule, ...], entries: int, reconfigure: bool
    ) -> Iterator[tuple[Entry, tuple[Rule, ...] | None]]:
        rng = self.rng
        now = START_MS + rng.choice([0, 1, 250, 500])
        devices = {name: _Device(rng, now) for name in self.site.points}
        for _ in range(entries):
            now += rng.choice([0, 100, 500, 500, 500, 1000, 1000, 1000, 1500, 2000, 7000, 30_000])
            what = rng.random()
            if self.dying and rng.random() < self.dying:
                dead = rng.sample(range(len(self.registry) + 1), rng.randint(1, len(self.registry)))
                yield DeviceDown(now, tuple(dead), "a"), None
            elif what < 0.10:
                yield Tick(now), None
            elif what < 0.13:
                yield SourceUp(now, rng.choice(["a", "b"])), None
            elif what < 0.15:
                yield SourceDown(now, rng.choice(["a", "b"])), None
            elif what < 0.18 and reconfigure:
                rules = self.changed(rules)
                yield Configuration(now, "rules", "0"), rules
            else:
                names = [rng.choice(sorted(self.site.points)) for _ in range(rng.choice([0, 1, 2, 4, 8]))]
                rows = [(self.registry.numbers[name], *devices[name].reading(rng, now)) for name in names]
                yield Readings(now, Batch.of(rows), rng.choice(["a", "a", "b"])), None

    def changed(self, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
        """Some rules stay, some change, some go, one may come."""
        rng = self.rng
        result = []
        for rule in rules:
            what = rng.random()
            if rule.condition.kind in SEVERAL or what < 0.2:
                continue
            new = random_rule(rng, self.site, rule.id, rule.version + 1, self.kinds) if what < 0.5 else rule
            result.append(new)
        if rng.random() < 0.3:
            taken = {rule.id for rule in result}
            free = next(f"r{i}" for i in range(99) if f"r{i}" not in taken)
            result.append(random_rule(rng, self.site, free, kinds=self.kinds))
        several = [rule for rule in rules if rule.condition.kind in SEVERAL]
        return (*result, *changed_several(rng, self.site, result, several, self.several))


class _Device:
    """Its readings go on by half a second or so; its clock may step, its value is drawn to stay for a while."""

    def __init__(self, rng: Random, now: int) -> None:
        self.offset_ms = 0
        self.t = now
        self.value = rng.choice(VALUES)

    def reading(self, rng: Random, now: int) -> tuple[int, float | None, int]:
        if rng.random() < 0.03:
            self.offset_ms = rng.choice([0, 0, -3_600_000, -20_000, 30_000])
        self.t = max(self.t + rng.choice([0, 500, 500, 500, 1000]), now + self.offset_ms - rng.choice([0, 500, 2000]))
        if self.offset_ms < 0:
            self.t = min(self.t, now + self.offset_ms)
        measured = self.t
        odd = rng.random()
        if odd < 0.12:
            measured = rng.choice(
                [
                    NO_TIME_MS,
                    UNREADABLE_TIME_MS,
                    OLDEST_TIME_MS - 1,
                    now + AHEAD_MS,
                    now + AHEAD_MS + 1,
                    self.t - 500,
                    self.t - 5000,
                ]
            )
        if rng.random() < 0.5:
            self.value = rng.choice(VALUES)
        quality = rng.choice([Quality.GOOD] * 8 + [Quality.UNCERTAIN, Quality.BAD])
        mark = RETAINED if rng.random() < 0.02 else 0
        value = rng.choice([None, float("nan"), float("inf")]) if rng.random() < 0.03 else self.value
        return measured, value, (Quality.BAD if value is None else quality) | mark
