"""The metrics of one Sparkplug B message as columns."""

from typing import Any

from ingest.codecs.port import ALL_GOOD, Samples
from ingest.codecs.sparkplug.metric import (
    Known,
    explains_itself,
    is_reading,
    name_of,
    plain_value,
    quality_of,
    time_of,
    value_of,
)
from ingest.codecs.sparkplug.nodes import Births
from ingest.codecs.timestamp import NEWEST_INT64_MS
from ingest.reason import Reason

Faults = list[tuple[Reason, str]]


def read_metrics(message: Any, births: Births, graded: bool, faults: Faults) -> tuple[Samples, bool]:
    """The readings of a birth or data message, of no device yet, and whether a metric came that no birth told of.

    `graded`: whether the property `Quality` may be somewhere in it.
    """
    by_alias = births.by_alias
    keys: list[str] = []
    values: list[float | None] = []
    times: list[int] = []
    qualities = bytearray()
    own_time_ms = time_of(message.timestamp)
    strange = False
    for metric in message.metrics:
        alias = metric.alias
        how = by_alias.get(alias) if alias else None
        if how is None:
            how, told = _find(metric, births, faults)
            strange = strange or not told
            if how is None:
                continue
        value: float | Reason | None = how.get(metric)
        if not value or metric.is_null:
            value = value_of(metric, how)
            if isinstance(value, Reason):
                faults.append((value, how.key))
                continue
        elif how.half or type(value) is not float:
            value = plain_value(value, how.half)
        keys.append(how.key)
        values.append(value)
        times.append(metric.timestamp or own_time_ms)
        if graded:
            qualities.append(quality_of(metric))
    if times and max(times) > NEWEST_INT64_MS:
        times = [time_of(time) if time > 0 else time for time in times]
    return Samples("", tuple(keys), values, times, bytes(qualities) or ALL_GOOD), strange


def _find(metric: Any, births: Births, faults: Faults) -> tuple[Known | None, bool]:
    """(how to read it, whether a birth told of it), by name or by alias 0; None where it is no reading."""
    if not metric.name:
        alias = metric.alias
        if metric.HasField("alias") and alias in births.by_alias:
            return births.by_alias[alias], True
        faults.append((Reason.UNKNOWN_ALIAS, f"alias {alias}"))
        return None, False
    key = name_of(metric)
    if key is None:
        faults.append((Reason.WRONG_SHAPE, f"a metric's name of {len(metric.name)} bytes"))
        return None, True
    if not is_reading(key):
        return None, True
    if key in births.by_name:
        return births.by_name[key], True
    return explains_itself(metric, key), False
