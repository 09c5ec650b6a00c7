"""The trend of a point around an alarm that differs."""

from typing import Final

from plant.site import Point, Site
from rules.levels import effective_levels
from rules.schema import Rule
from tocsin.configuration import Configured
from tocsin.pages import Html, Limit, Moment, Series, Span, trend_chart
from tocsin.whatif.diff import Diff
from tocsin.whatif.matching import Pair
from tocsin.whatif.page_words import Said
from tocsin.whatif.recording import Recording

_MARGIN_MS: Final = 120_000
_LONGEST_MS: Final = 4 * 3_600_000


def pair_trend(pair: Pair, diff: Diff, recording: Recording, said: Said) -> Html | None:
    """The readings around both alarms with both limits; None where the subject is no point or nothing was read."""
    site = diff.after.site if pair.span.subject in diff.after.site.points else diff.before.site
    point = site.points.get(pair.span.subject)
    if point is None:
        return None
    spans = [span for span in (pair.before, pair.after) if span is not None]
    start = min(span.raised_at_ms for span in spans)
    length = max(span.length_ms(diff.end_ms) for span in spans)
    margin = max(_MARGIN_MS, int(10_000 * point.period_s), min(length, _LONGEST_MS) // 4)
    first, last = start - margin, min(start + min(length, _LONGEST_MS) + margin, diff.end_ms)
    at_ms, value = recording.trend(point.point, first, last)
    if not len(at_ms):
        return None
    moments = [
        Moment(said[name], span.raised_at_ms, "quiet" if name == "before" else "bad", alarm=True)
        for name, span in (("before", pair.before), ("after", pair.after))
        if span is not None
    ]
    shaded = [
        Span(
            said[f"stands_{name}"],
            span.raised_at_ms,
            min(span.ended_at_ms or last, last),
            "quiet" if name == "before" else "warn",
        )
        for name, span in (("before", pair.before), ("after", pair.after))
        if span is not None
    ]
    return trend_chart(
        [Series(point.point, at_ms, value, gap_ms=max(3000.0 * point.period_s, 60_000.0))],
        limits=_limits(pair, diff, point, said),
        moments=moments,
        spans=shaded,
        timezone=site.timezone,
        unit=point.unit_symbol or "",
        height=180.0,
    )


def _limits(pair: Pair, diff: Diff, point: Point, said: Said) -> list[Limit]:
    """The levels of the alarm's side, each once where both rule sets have the same."""
    before, after = (_levels(side, pair.span.rule, point) for side in (diff.before, diff.after))
    wanted = ("ll", "l") if pair.span.side == "low" else ("h", "hh")
    drawn = []
    for level in wanted:
        one, other = before.get(level), after.get(level)
        if one is not None and one == other:
            drawn.append(Limit(f"{level} {one:g}", one))
            continue
        if one is not None:
            drawn.append(Limit(f"{level} {one:g} {said['before']}", one, "quiet"))
        if other is not None:
            drawn.append(Limit(f"{level} {other:g} {said['after']}", other, "bad"))
    return drawn


def _levels(side: Configured, rule_id: str, point: Point) -> dict[str, float]:
    rule = next((rule for rule in side.rules if rule.id == rule_id), None)
    mine = _own(side.site, point)
    if rule is None or mine is None or not _in_the_points_unit(rule):
        return {}
    return effective_levels(rule, mine)


def _own(site: Site, point: Point) -> Point | None:
    return site.points.get(point.point)


def _in_the_points_unit(rule: Rule) -> bool:
    return rule.condition.kind in ("limit", "twa", "forecast") or (
        rule.condition.window is not None and rule.condition.window.stat != "count"
    )
