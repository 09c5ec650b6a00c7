"""When links are down: of points, and so of the connections that carry nothing else."""

from collections.abc import Iterable, Mapping

Span = tuple[int, int]
"""From and to before, ms after the start."""


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same time, in order and without overlaps."""
    whole: list[Span] = []
    for begin, end in sorted(spans):
        if whole and begin <= whole[-1][1]:
            whole[-1] = whole[-1][0], max(end, whole[-1][1])
        else:
            whole.append((begin, end))
    return whole


def common(points: Iterable[str], outages: Mapping[str, list[Span]]) -> list[Span]:
    """When all the points are out at once; [] where there are none."""
    shared: list[Span] | None = None
    for point in points:
        own = outages.get(point)
        if not own:
            return []
        shared = merged(own) if shared is None else _overlap(shared, merged(own))
        if not shared:
            return []
    return shared or []


def _overlap(a: list[Span], b: list[Span]) -> list[Span]:
    found: list[Span] = []
    i = j = 0
    while i < len(a) and j < len(b):
        begin, end = max(a[i][0], b[j][0]), min(a[i][1], b[j][1])
        if begin < end:
            found.append((begin, end))
        if a[i][1] < b[j][1]:
            i += 1
        else:
            j += 1
    return found
