"""From readings in order of arrival to what speakers are told, and when: pure, and in the stream's own time."""

from collections.abc import Iterator
from typing import NamedTuple

from ingest.feed import Feed
from plant.quality import NO_TIME_MS, UNREADABLE_TIME_MS, Quality
from simulators.fleets.layout import Layout


class Due(NamedTuple):
    """What a group's speaker is told. Times are those of the stream, ms since the epoch; `told` as in `Told`."""

    at_ms: int
    group: int
    told: list[tuple[int, dict[str, float | None]]]


def dues(feed: Feed, layout: Layout, points: list[str], gather_until_ms: int | None) -> Iterator[Due]:
    """The readings of a part of a stream, by the time of their arrival; `points`: ids by place.

    `gather_until_ms`: speakers are gateways, which send all that came until then at that time. A reading without a
    readable time has that of its arrival. A bad one goes out as missing.
    """
    columns = zip(
        feed.sort_key_ms.tolist(),
        feed.point.tolist(),
        feed.measured_at_ms.tolist(),
        feed.value.tolist(),
        feed.quality.tolist(),
        strict=True,
    )
    open_at_ms: int | None = None
    gathered: dict[tuple[int, int, int, int], dict[str, float | None]] = {}
    for arrived_ms, place, measured_ms, value, quality in columns:
        if arrived_ms != open_at_ms:
            if gather_until_ms is None:
                yield from _single(gathered)
                gathered.clear()
            open_at_ms = arrived_ms
        if measured_ms in (NO_TIME_MS, UNREADABLE_TIME_MS):
            measured_ms = arrived_ms
        group, device = layout.place[place]
        usable = value == value and quality & 3 != Quality.BAD
        told = gathered.setdefault((arrived_ms, group, device, measured_ms), {})
        told[points[place]] = value if usable else None
    if gather_until_ms is None:
        yield from _single(gathered)
        return
    by_group: dict[int, list[tuple[int, dict[str, float | None]]]] = {}
    for (_, group, _, measured_ms), values in gathered.items():
        by_group.setdefault(group, []).append((measured_ms, values))
    yield from (Due(gather_until_ms, group, told) for group, told in by_group.items())


def _single(gathered: dict[tuple[int, int, int, int], dict[str, float | None]]) -> Iterator[Due]:
    for (arrived_ms, group, _, measured_ms), values in gathered.items():
        yield Due(arrived_ms, group, [(measured_ms, values)])
