"""How Tocsin itself is: its figures, its checks, its sources."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from tocsin.history.states.line import Field, line
from tocsin.observe.health import Health


class Own(NamedTuple):
    """`figures` by field name; `sources` says of each whether it is connected."""

    figures: Mapping[str, Field]
    health: Health
    sources: Mapping[str, bool]


def own_lines(own: Own, at_ns: int) -> Iterable[str]:
    """`tocsin`, `health` and `source`."""
    yield line("tocsin", {}, {"up": 1, **own.figures}, at_ns)
    for check in own.health.checks:
        fields: dict[str, Field] = {"ok": int(check.ok), "reason": "" if check.ok else check.reason}
        yield line("health", {"check": check.name}, fields, at_ns)
    for source, connected in own.sources.items():
        yield line("source", {"source": source}, {"connected": int(connected)}, at_ns)
