"""Conditions on a trend, one class a kind: slow and obvious, one statement of the page after the other."""
# ruff: noqa: N806 - the sums are called what the page calls them

import math

import numpy as np
from support.reference_conditions import Raw, implied, is_high, whole_ms

from plant.site import Point
from rules.schema import Rule

LONGEST_AHEAD_S = 10 * 366 * 86_400.0


def decay(dt_ms: int, half_life_ms: int) -> float:
    """2^(-dt / half life)."""
    return float(np.exp2(np.float64(-dt_ms / half_life_ms)))


def larger(x: float, y: float) -> float:
    """y where y > x, else x: an x that is no number stays."""
    return y if y > x else x


def quotient(x: float, y: float) -> float:
    """x / y by binary64, which raises nothing."""
    with np.errstate(all="ignore"):
        return float(np.float64(x) / np.float64(y))


def root(x: float) -> float:
    """The square root by binary64; that of a negative number is no number."""
    with np.errstate(all="ignore"):
        return float(np.sqrt(np.float64(x)))


class Forecast:
    def __init__(self, rule: Rule, point: Point) -> None:
        self.given = rule.condition.forecast
        self.limits: dict[str, float] = {}
        for level in self.given.named:
            value = getattr(self.given, level)
            if value is None and rule.cells:
                value = getattr(point, level)
            if value is not None:
                self.limits[level] = value
        self.base = next(iter(self.limits.values()), 0.0)
        self.half_life_ms = whole_ms(self.given.half_life_s)
        self.within_s = whole_ms(self.given.within_s) / 1000
        self._forget()

    def _forget(self) -> None:
        self.n = 0
        self.S0 = self.S1 = self.S2 = self.T0 = self.T1 = self.U = self.V = 0.0
        self.t = 0
        self.line: tuple[float, float, float] | None = None

    def raw(self, t: int, value: float, was: Raw) -> Raw:
        self._take(t, value)
        self.line = self._line()
        if self.line is None:
            return dict(was)
        result = {}
        for level, limit in self.limits.items():
            significant, c = self._ahead(level, limit)
            if significant and c <= self.within_s:
                result[level] = True
            elif not significant or c > 1.5 * self.within_s:
                result[level] = False
            else:
                result[level] = was[level]
        return implied(result)

    def _take(self, t: int, value: float) -> None:
        q = decay(t - self.t, self.half_life_ms) if self.n else 0.0
        d = (t - self.t) / 1000 if self.n else 0.0
        p = value - self.base
        S0, S1, S2, T0, T1 = self.S0, self.S1, self.S2, self.T0, self.T1
        self.S2 = q * (S2 - 2 * d * S1 + d * d * S0)
        self.S1 = q * (S1 - d * S0)
        self.S0 = q * S0 + 1
        self.T1 = q * (T1 - d * T0)
        self.T0 = q * T0 + p
        self.V = q * q * self.V + 1
        self.U = q * self.U + p * p
        self.n += 1
        self.t = t
        if not math.isfinite(self.U):
            self._forget()

    def _line(self) -> tuple[float, float, float] | None:
        """(slope, value now, standard error of the slope); None where it can't be computed."""
        if self.n < self.given.min_readings:
            return None
        D = self.S0 * self.S2 - self.S1 * self.S1
        N = quotient(self.S0 * self.S0, self.V)
        if not (N > 2 and D > 0):
            return None
        b = quotient(self.S0 * self.T1 - self.S1 * self.T0, D)
        a = quotient(self.S2 * self.T0 - self.S1 * self.T1, D)
        R = larger(larger(self.U - a * self.T0 - b * self.T1, 2.0**-40 * self.U), 1e-200)
        freedom = quotient(N, N - 2)
        spread = N * quotient(D, self.S0 * self.S0)
        return b, a, root(quotient(quotient(R, self.S0) * freedom, spread))

    def _ahead(self, level: str, limit: float) -> tuple[bool, float]:
        """(whether the slope is significant, seconds until the line is there)."""
        assert self.line is not None
        b, a, e = self.line
        c = larger(quotient(limit - self.base - a, b), 0.0)
        return (
            b > 0 and b > self.given.confidence * e if is_high(level) else b < 0 and -b > self.given.confidence * e
        ), c

    def shown(self, level: str) -> tuple[float, tuple[int, int, int | None]] | None:
        """(seconds ahead, (at, from, to)) of an event at the last reading; None where it carries none."""
        if self.line is None:
            return None
        limit = self.limits[level]
        significant, c = self._ahead(level, limit)
        if not significant or not c <= LONGEST_AHEAD_S:
            return None
        b, a, e = self.line
        margin = self.given.confidence * e if is_high(level) else -(self.given.confidence * e)
        steep = larger(quotient(limit - self.base - a, b + margin), 0.0)
        flat_slope = b - margin
        flat = larger(quotient(limit - self.base - a, flat_slope), 0.0)
        there = (flat_slope > 0 if is_high(level) else flat_slope < 0) and flat <= LONGEST_AHEAD_S
        return c, (
            round(self.t + 1000 * c),
            round(self.t + 1000 * steep),
            round(self.t + 1000 * flat) if there else None,
        )


class Deviation:
    def __init__(self, rule: Rule, point: Point) -> None:
        self.given = rule.condition.deviation
        self.limits: dict[str, float | None] = {"on": None}
        self.half_life_ms = whole_ms(self.given.half_life_s)
        self.bound: float | None = None
        """The bound on the reading's side of the mean, as an event shows it."""
        self._forget()

    def _forget(self) -> None:
        self.n, self.t = 0, 0
        self.m = self.M = self.W = 0.0

    def raw(self, t: int, value: float, was: Raw) -> Raw:
        raw, self.bound = was["on"], None
        if self.n >= self.given.min_count:
            s = larger(root(quotient(self.M, self.W)), self.given.min_sd)
            high = value - self.m > self.given.k * s
            low = self.m - value > self.given.k * s
            self.bound = self.m + self.given.k * s if value > self.m else self.m - self.given.k * s
            raw = {"high": high, "low": low, "both": high or low}[self.given.side]
        if not raw:
            self._take(t, value)
        return {"on": raw}

    def _take(self, t: int, value: float) -> None:
        q = decay(t - self.t, self.half_life_ms) if self.n else 0.0
        d = value - self.m
        self.W = q * self.W + 1
        self.m = self.m + d / self.W
        self.M = larger(q * self.M + d * (value - self.m), 0.0)
        self.n += 1
        self.t = t
        if not (math.isfinite(self.m) and math.isfinite(self.M)):
            self._forget()


TREND_KINDS = {"forecast": Forecast, "deviation": Deviation}
