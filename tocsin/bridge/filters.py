"""Which topic filters a lease subscribes to: those of its own enterprises. Pure."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from ingest.topic_filter import TopicFilter, is_covered
from tocsin.settings import MqttSettings
from tocsin.settings.wires import Wire

Unit = int
"""A lease unit: 0 to n-1 are the enterprises of a partition, n is the rest."""

_NATIVE_LEVEL: Final = 2
"""`tocsin/v1/<enterprise>/...`"""


class _Wanted(NamedTuple):
    """A filter, and whose topics it holds: one enterprise's, or that of the level (from 0 on), or nobody can tell."""

    mqtt: str
    enterprise: str | None = None
    level: int | None = None


def divide_filters(
    broker: MqttSettings,
    wires: Sequence[Wire],
    enterprises: Iterable[str],
    shard_of: Callable[[str], Unit],
    rest: Unit,
) -> dict[Unit, tuple[str, ...]]:
    """The filters at one broker by lease unit; units without any are left out.

    A filter with `+` where the enterprise stands becomes one for each enterprise of the site. One that can't be
    divided so is the rest's, with all filters that it covers: no topic is to be heard in two leases.
    """
    wanted = _wanted(broker, wires)
    whole = [one.mqtt for one in wanted if one.enterprise is None and one.level is None]
    divided: dict[Unit, dict[str, None]] = {}
    if whole:
        divided[rest] = dict.fromkeys(whole)
    names = list(enterprises)
    for one in wanted:
        if one.mqtt in whole or any(is_covered(one.mqtt, by) for by in whole):
            continue
        if one.enterprise is not None:
            divided.setdefault(shard_of(one.enterprise), {})[one.mqtt] = None
            continue
        for name in names:
            divided.setdefault(shard_of(name), {})[_of(name, one)] = None
    return {unit: tuple(filters) for unit, filters in divided.items()}


def _wanted(broker: MqttSettings, wires: Sequence[Wire]) -> list[_Wanted]:
    of_wires = [
        _of_wire(topics, wire) for wire in wires if wire.broker in (None, broker.label) for topics in wire.filters
    ]
    known = {one.mqtt: one for one in of_wires}
    return [known.get(mqtt) or _native(mqtt) for mqtt in broker.subscribe] + of_wires


def _native(mqtt: str) -> _Wanted:
    if mqtt.split("/")[:_NATIVE_LEVEL] == ["tocsin", "v1"]:
        return _placed(mqtt, _NATIVE_LEVEL)
    return _Wanted(mqtt)


def _of_wire(topics: TopicFilter, wire: Wire) -> _Wanted:
    if wire.enterprise is not None:
        return _Wanted(topics.mqtt, enterprise=wire.enterprise)
    if wire.enterprise_level is not None:
        return _placed(topics.mqtt, wire.enterprise_level - 1)
    levels = topics.text.split("/")
    return _placed(topics.mqtt, levels.index("{enterprise}")) if "{enterprise}" in levels else _Wanted(topics.mqtt)


def _placed(mqtt: str, level: int) -> _Wanted:
    levels = mqtt.split("/")
    if levels[-1] != "#" and level >= len(levels):
        return _Wanted(mqtt)  # no topic of it has that level: what comes is set aside, wherever it is heard
    if level >= len(levels) - 1 and levels[-1] == "#":
        return _Wanted(mqtt, level=level)
    return _Wanted(mqtt, level=level) if levels[level] == "+" else _Wanted(mqtt, enterprise=levels[level])


def _of(enterprise: str, one: _Wanted) -> str:
    """The filter with the enterprise in its place; what `#` stood for before that place is any level."""
    levels, level = one.mqtt.split("/"), one.level or 0
    if level >= len(levels) - 1 and levels[-1] == "#":
        return "/".join([*levels[:-1], *["+"] * (level - len(levels) + 1), enterprise, "#"])
    return "/".join([*levels[:level], enterprise, *levels[level + 1 :]])
