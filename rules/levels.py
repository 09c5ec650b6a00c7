"""The levels of a rule on one point: what the rule names, with the point's own cells in place (semantics 3.1)."""

from plant.site import Point
from rules.schema import Forecast, Level, Limit, Rate, Rule, Twa, Window


def effective_levels(rule: Rule, point: Point) -> dict[str, float]:
    """Level -> limit, from ll to hh, in the point's unit (in units per second for a rate).

    A level that the rule names without a value and for which the point has no cell is left out; a condition without
    levels gives an empty mapping.
    """
    given = getattr(rule.condition, rule.condition.kind)
    if not isinstance(given, Limit | Rate | Window | Twa | Forecast):
        return {}
    levels: dict[str, float] = {}
    for level in given.named:
        value = getattr(given, level)
        if (takes_cells(rule) or is_left_to_cells(rule, level)) and (cell := getattr(point, level)) is not None:
            value = cell
        if value is not None:
            levels[level] = value
    return levels


def effective_deadband(rule: Rule, point: Point) -> float:
    """The deadband of a limit, a window or a twa, in the point's unit; 0 where the condition has none."""
    if takes_cells(rule) and point.deadband is not None:
        return point.deadband
    given = getattr(rule.condition, rule.condition.kind)
    return given.deadband if isinstance(given, Limit | Window | Twa) else 0.0


def is_left_to_cells(rule: Rule, level: Level) -> bool:
    """Whether a forecast leaves this level to the points' cells, by naming it without a value."""
    forecast = rule.condition.forecast
    return rule.cells and forecast is not None and level in forecast.named and getattr(forecast, level) is None


def takes_cells(rule: Rule) -> bool:
    """Whether the points' cells count: in limit alone, unless the rule says `cells: false`."""
    return rule.cells and rule.condition.limit is not None
