"""The trend of one incident: readings, what really was, limits, alarms, and the truth's instants."""

import numpy as np
from numpy.typing import NDArray

from plant.site import Point
from rules.schema import Rule
from simulators import Simulation
from tocsin.drill.choice import Drawn
from tocsin.drill.ground import Ground, limit_of
from tocsin.drill.words import Words
from tocsin.pages import Html, Limit, Moment, Series, Span, Tone, trend_chart

_LEVELS = ("ll", "l", "h", "hh")


def incident_trend(drawn: Drawn, words: Words) -> Html:
    """The chart of the leading point of an incident; the readings are simulated again."""
    truth, ground = drawn.leading.truth, drawn.stage.ground()
    configured, scenario = drawn.stage.configured(), drawn.stage.scenario()
    simulation = Simulation(configured.site, scenario, drawn.run.seed)
    lasts_ms = max(truth.ended_at, truth.safe_at or 0) - truth.started_at
    from_ms = max(0, truth.started_at - scenario.start_ms - max(30_000, lasts_ms // 5))
    to_ms = min(scenario.duration_ms, truth.started_at - scenario.start_ms + lasts_ms + max(60_000, lasts_ms // 4))
    batch = simulation.between(from_ms, to_ms)
    own = batch.point == simulation.registry.numbers[truth.point]
    point = configured.site.points[truth.point]
    at_ms, value = batch.measured_at_ms[own], batch.value[own]
    shown_to = scenario.start_ms + to_ms
    series = [
        Series(
            words("reading"),
            at_ms,
            value,
            style="step" if point.report == "on_change" else "line",
            gap_ms=None if point.report == "on_change" else 3000.0 * point.period_s,
        )
    ]
    t_s = np.linspace(from_ms / 1000.0, to_ms / 1000.0, 400)
    if truth.sort == "process":
        really = _really(simulation, truth.incident, truth.point, t_s)
        if really is not None:
            series.append(
                Series(words("really"), scenario.start_ms + t_s * 1000.0, really, tone="quiet", style="dashed")
            )
    moments = [Moment(words("start"), truth.started_at)]
    if truth.danger_at is not None:
        moments.append(Moment(words("danger"), truth.danger_at, "bad"))
    if truth.speak_at is not None and truth.speak_at != truth.danger_at:
        moments.append(Moment(words("speak"), truth.speak_at, "warn"))
    for verdict in drawn.run.alarms:
        alarm = verdict.alarm
        if ground.covers(alarm.subject, truth.point):
            for step in alarm.steps:
                near = scenario.start_ms + from_ms <= step.at <= shown_to
                if near and step.event in ("raised", "upgraded"):
                    label = step.rule if step.level == "on" else f"{step.rule} {step.level}"
                    moments.append(Moment(label, step.at, _tone(step.severity), alarm=True))
    return trend_chart(
        series,
        limits=_limits(point, list(ground.rules.values()), ground),
        moments=moments,
        spans=[Span(words("incident_span"), truth.started_at, min(truth.ended_at, shown_to))],
        timezone=configured.site.timezone,
        unit=point.unit_symbol or "",
    )


def _limits(point: Point, rules: list[Rule], ground: Ground) -> list[Limit]:
    """The limits of process rules on the point; two rules of one limit share a line."""
    found: dict[float, tuple[str, Tone]] = {}
    for rule in rules:
        if point.point not in ground.points_of[rule.id]:
            continue
        for level in _LEVELS:
            limit = limit_of(rule, level, point)  # type: ignore[arg-type]
            if limit is not None and limit not in found:
                found[limit] = (f"{level} {limit:g}", _tone(rule.severity_of(level)))  # type: ignore[arg-type]
    return [Limit(label, value, tone) for value, (label, tone) in found.items()]


def _really(simulation: Simulation, incident: str, point: str, t_s: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """What really was at the point, the detector's lag left out; None where the incident has no process."""
    for o in simulation.occurrences:
        if o.incident == incident and o.point.point == point and o.effect is not None:
            clean = simulation.undisturbed(point, t_s)
            return np.where(t_s < o.over_s, o.effect.process(t_s, clean), clean)
    return None


def _tone(severity: str) -> Tone:
    return severity if severity in ("red", "orange", "yellow", "blue") else "quiet"  # type: ignore[return-value]
