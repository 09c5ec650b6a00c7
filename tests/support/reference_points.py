"""What the scalar reference keeps of one point, and of one rule on it."""

from collections import Counter
from dataclasses import dataclass, field

from support.reference_alarms import LevelState, rank, side_of
from support.reference_conditions import KINDS, whole_ms
from support.reference_device import DEVICE_KINDS
from support.reference_trend import TREND_KINDS

from plant.site import Point
from rules.events import Crossing
from rules.schema import Rule

PROCESS_KINDS = ("limit", "discrete", "rate", "window", "twa")
CLOCK_KINDS = ("limit", "discrete")


@dataclass
class Taken:
    t: int
    value: float
    quality: int
    received: int


@dataclass
class PointState:
    point: Point
    last: Taken | None = None
    skewed: bool = False
    arrived: int | None = None
    """received_at of the entry with the last reading, whatever became of it."""
    arrived_usable: int | None = None
    source: str | None = None
    """The source of the last reading; a point never heard has none, and may be any source's."""
    source_up: int | None = None
    """The latest source_up of what then was its source: so a reading by another source never makes silence longer."""
    counters: Counter[str] = field(default_factory=Counter)
    down: bool = False
    """Its device said that it went down, and no reading has arrived since."""
    lost: bool = False
    """The same, but no usable reading has arrived since."""
    known: bool = False
    """Usable readings come (several points, "Unknown")."""
    silent: bool = False
    """None has come for too long, or its device went down; what is neither known nor silent is waited for."""
    usable_value: float | None = None

    @property
    def period_ms(self) -> int:
        return whole_ms(self.point.period_s)


class Tracker:
    """One rule on one point."""

    def __init__(self, rule: Rule, point: Point) -> None:
        self.rule, self.point = rule, point
        self.kind = rule.condition.kind
        self.last_value: float | None = None
        self.levels: dict[str, LevelState] = {}
        self.told: dict[str, bool] = {}
        """The levels as the rules over several points have been told of them."""
        if self.kind != "stale":
            self.condition = (KINDS | TREND_KINDS | DEVICE_KINDS)[self.kind](rule, point)
            on_change = point.report == "on_change" and self.kind != "drift"
            period_ms = self.condition.turn_ms if self.kind == "drift" else whole_ms(point.period_s)
            self.levels = {k: LevelState.of(rule, k, period_ms, on_change) for k in self.condition.limits}

    @property
    def name(self) -> str:
        return self.point.point

    @property
    def enterprise(self) -> str:
        return self.point.enterprise

    @property
    def sides(self) -> set[str]:
        return {""} if self.kind == "stale" else {side_of(level) for level in self.levels}

    @property
    def runs_on_clock(self) -> bool:
        return self.point.report == "on_change" and self.kind in CLOCK_KINDS

    @property
    def stale_after_ms(self) -> int:
        after_s = self.rule.condition.stale.after_s
        return 3 * whole_ms(self.point.period_s) if after_s is None else whole_ms(after_s)

    def reading(self, t: int, value: float) -> None:
        raw = self.condition.raw(t, value, {k: state.raw for k, state in self.levels.items()})
        for level, state in self.levels.items():
            state.reading(t, raw[level])
        self.last_value = value

    def worst(self, side: str) -> tuple[str, str] | None:
        """The (severity, level) of the most severe level that is on."""
        on = [(self.rule.severity_of(k), k) for k, s in self.levels.items() if s.on and side_of(k) == side]
        return max(on, key=lambda pair: rank(*pair), default=None)

    def limit_of(self, level: str) -> float | None:
        if self.kind == "stale":
            return None
        return self.condition.bound if self.kind == "deviation" else self.condition.limits.get(level)

    def value_of(self, level: str) -> float | None:
        """What an event shows as its value: seconds ahead of a forecast, else the reading."""
        if self.kind != "forecast":
            return self.last_value
        shown = self.condition.shown(level)
        return None if shown is None else shown[0]

    def crossing_of(self, level: str) -> Crossing | None:
        """What an event shows as its forecast."""
        shown = self.condition.shown(level) if self.kind == "forecast" else None
        return None if shown is None else Crossing(*shown[1])
