"""A drill in a few plain sentences, for people who do not read tables."""

from collections.abc import Iterator

from tocsin.drill.report import Drill
from tocsin.pages import Lang


def sentences(drill: Drill, lang: Lang) -> list[str]:
    """What was played, what was recognised and missed, how fast, and how often the rules cried wolf."""
    return list(_chinese(drill) if lang == "zh" else _english(drill))


def _english(drill: Drill) -> Iterator[str]:
    total, scenarios, seeds = drill.total, len(drill.scenarios), len(drill.seeds)
    times = "" if seeds == 1 else f", each {seeds} times with other noise"
    yield f"{_n(scenarios, 'scenario')} played{times}: {total.point_hours:,.0f} hours of watching one point."
    if total.incidents:
        recognised = total.incidents - total.incidents_missed
        yield (
            f"All {total.incidents} incidents were recognised."
            if total.incidents_missed == 0 and total.incidents > 1
            else f"{recognised} of {_n(total.incidents, 'incident')} recognised"
            + (f", {total.incidents_missed} missed." if total.incidents_missed else ".")
        )
    delay = total.delay_s
    if delay.median is not None:
        when = f"{abs(delay.median):.0f} s {'after' if delay.median >= 0 else 'before'} the readings showed the danger"
        late = f"; in the worst twentieth of cases {delay.p95:.0f} s after" if delay.n > 1 and delay.p95 else ""
        yield f"Typically the first alarm came {when}{late}."
    if total.false_alarms:
        yield f"{_n(total.false_alarms, 'alarm')} had no cause: {total.false_per_10k:.2g} per 10,000 point-hours."
    else:
        yield "No process alarm came without a cause."
    if total.faults:
        named = f"Of {_n(total.faults, 'sensor fault')}, {total.faults_named} were named as such"
        taken = f"; {_n(total.mistaken, 'alarm')} took a fault for the real thing" if total.mistaken else ""
        yield f"{named}{taken}."


def _chinese(drill: Drill) -> Iterator[str]:
    total, scenarios, seeds = drill.total, len(drill.scenarios), len(drill.seeds)
    times = "" if seeds == 1 else f"，每个场景换噪声演练 {seeds} 次"
    yield f"共演练 {scenarios} 个场景{times}，合计 {total.point_hours:,.0f} 测点小时。"
    if total.incidents:
        recognised = total.incidents - total.incidents_missed
        yield (
            f"{total.incidents} 起事件全部识别。"
            if total.incidents_missed == 0
            else f"{total.incidents} 起事件识别出 {recognised} 起，漏报 {total.incidents_missed} 起。"
        )
    delay = total.delay_s
    if delay.median is not None:
        side = "后" if delay.median >= 0 else "前"
        late = f"，最慢的 5 % 在 {delay.p95:.0f} 秒以后" if delay.n > 1 and delay.p95 else ""
        yield f"首条告警通常在读数显示危险{side} {abs(delay.median):.0f} 秒发出{late}。"
    if total.false_alarms:
        yield f"{total.false_alarms} 条告警没有原因，每万测点小时 {total.false_per_10k:.2g} 条。"
    else:
        yield "没有无原因的险情告警。"
    if total.faults:
        taken = f"，另有 {total.mistaken} 条告警把故障当成了险情" if total.mistaken else ""
        yield f"{total.faults} 次仪表故障识别出 {total.faults_named} 次{taken}。"


def _n(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
