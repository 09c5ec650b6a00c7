"""A plan as text, and as an object for other programs. Pure."""

from collections.abc import Iterator
from typing import Any

from tocsin.scale.figures import FIGURES, Figures
from tocsin.scale.load import Load
from tocsin.scale.plan import Plan


def text_of(load: Load, plan: Plan, figures: Figures = FIGURES) -> Iterator[str]:
    """The lines of the plan: what is carried, what it needs and why, the topics, what was measured where."""
    yield (
        f"{load.points:,} points of {load.enterprises:,} enterprises, {load.readings_a_day:,.0f} readings"
        f" and {load.alarms_a_day:,.0f} alarms a day"
    )
    for section in plan.sections:
        yield ""
        yield section.title
        for line in section.lines:
            yield f"  {line.name:<33}{_number(line.value):>12} {line.unit:<11} {line.how}".rstrip()
    yield ""
    yield "topics"
    for topic in plan.topics:
        config = " ".join(f"{key}={value}" for key, value in topic.config.items())
        yield f"  {topic.name:<33}{topic.partitions:>12} {'':<11} {config}"
    yield ""
    yield "measured, each by `tocsin bench NAME`; ratios hold on other machines, absolute figures do not"
    for name, each in figures._asdict().items():
        where = f"({each.bench}, {each.date}, {each.cpu})"
        yield f"  {name:<33}{_number(each.value):>12} {each.unit:<11} {each.what} {where}"


def object_of(load: Load, plan: Plan, figures: Figures = FIGURES) -> dict[str, Any]:
    """The same for --json."""
    return {
        "load": {
            "points": load.points,
            "readings_a_day": load.readings_a_day,
            "enterprises": load.enterprises,
            "alarms_a_day": load.alarms_a_day,
            "readings_a_message": load.readings_a_message,
            "peak": load.peak,
            "catch_up": load.catch_up,
            "down": load.down,
        },
        "partitions": plan.partitions,
        "partitions_needed": plan.partitions_needed,
        "workers": plan.workers,
        "bridges": plan.bridges,
        "brokers": plan.brokers,
        "sections": {
            section.title: {
                line.name: {"value": line.value, "unit": line.unit, "how": line.how} for line in section.lines
            }
            for section in plan.sections
        },
        "topics": [topic._asdict() for topic in plan.topics],
        "measured": {name: each._asdict() for name, each in figures._asdict().items()},
    }


def _number(value: float) -> str:
    if value >= 1000 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:,.1f}" if value >= 10 else f"{value:,.2f}"
