"""Sections 4 and 5.1 of the semantics: delays of one level, and the alarms of one (rule, subject, side)."""

from dataclasses import dataclass, field

from support.reference_conditions import whole_ms

from rules.schema import Rule

SEVERITIES = ("blue", "yellow", "orange", "red")


def side_of(level: str) -> str:
    return {"h": "high", "hh": "high", "l": "low", "ll": "low", "on": ""}[level]


def rank(severity: str, level: str) -> tuple[int, int]:
    """More severe is larger; ties hh > h, ll > l."""
    return SEVERITIES.index(severity), int(level in ("hh", "ll"))


@dataclass
class LevelState:
    """Delays and count of one level: what turns the raw condition into on and off."""

    on_delay_ms: int
    off_delay_ms: int
    step_cap_ms: int | None
    """None: steps are not capped (on_change)."""
    count_n: int | None
    within_ms: int
    on: bool = False
    raw: bool = False
    run_start: int = 0
    held: int = 0
    last_t: int | None = None
    rises: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, rule: Rule, level: str, period_ms: int, on_change: bool) -> "LevelState":
        return cls(
            on_delay_ms=whole_ms(rule.on_delay_of(level)),
            off_delay_ms=whole_ms(rule.off_delay_of(level)),
            step_cap_ms=None if on_change else 3 * period_ms,
            count_n=rule.count.n if rule.count else None,
            within_ms=whole_ms(rule.count.within_s) if rule.count else 0,
        )

    def reading(self, t: int, raw: bool) -> None:
        """4.1 and 4.2 at one reading."""
        rise = raw and not self.raw
        if self.last_t is None or raw != self.raw:
            self.run_start, self.held = t, 0
        else:
            step = t - self.last_t
            self.held += step if self.step_cap_ms is None else min(step, self.step_cap_ms)
        self.raw, self.last_t = raw, t
        if rise:
            self.rises.append(t)
        if raw and not self.on:
            self.on = self.held >= self.on_delay_ms or (rise and self._often(t))
        elif not raw and self.on:
            self.on = not (self.held >= self.off_delay_ms and self._calm(t))

    def due(self) -> int | None:
        """4.3: when the clock by itself turns this level on or off; None when it doesn't."""
        if self.last_t is None or self.raw == self.on:
            return None
        if self.raw:
            return self.run_start + self.on_delay_ms
        due = self.run_start + self.off_delay_ms
        if self.count_n is not None and self.rises:
            due = max(due, self.rises[-1] + self.within_ms)
        return due

    def _often(self, t: int) -> bool:
        return (
            self.count_n is not None
            and len(self.rises) >= self.count_n
            and t - self.rises[-self.count_n] <= self.within_ms
        )

    def _calm(self, t: int) -> bool:
        return self.count_n is None or not self.rises or t - self.rises[-1] >= self.within_ms


@dataclass
class Alarm:
    raised_at: int
    level: str
    severity: str
    pending: tuple[str, ...] = ()


@dataclass
class Side:
    """The alarms of one (rule, subject, side), one after the other. `last_at` outlives rules."""

    last_at: int | None = None
    alarm: Alarm | None = None

    def change(
        self, t: int, worst: tuple[str, str] | None, pending: tuple[str, ...] = ()
    ) -> tuple[str, int, Alarm] | None:
        """Go to `worst` (severity, level) or to none; returns (event, at, alarm as the event shows it)."""
        before = self.alarm
        if before is None:
            if worst is None:
                return None
            at = t if self.last_at is None else max(t, 1 + self.last_at)
            self.alarm = Alarm(at, worst[1], worst[0], pending)
            self.last_at = at
            return "raised", at, self.alarm
        assert self.last_at is not None
        at = max(t, self.last_at)
        if worst is None:
            self.alarm, self.last_at = None, at
            return "cleared", at, before
        old, new = rank(before.severity, before.level), rank(*worst)
        if old == new:
            return None
        self.alarm = Alarm(before.raised_at, worst[1], worst[0], before.pending)
        self.last_at = at
        return ("upgraded" if new > old else "downgraded"), at, self.alarm
