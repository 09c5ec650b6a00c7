"""How long each device was online, added up from readings as they came; time is the listened clock.

The listened clock is received_at less the pauses of the service, in ms: what lies in a pause has no length on it.
A reading at s of a point with window w shows its device online on [s, s + w); a device is online in the union.
"""

import numpy as np

from tocsin.inventory.device_table import FOREVER_MS, I64, DeviceTable, Index
from tocsin.inventory.health import NOT_HEARD


class OnlineTime:
    """The devices of one configuration over one stretch; columns by device, so memory does not grow.

    online_ms counts each device's span up to `until_ms` in full, also where that is still to come; `settle` takes
    back what lies beyond an instant.
    """

    def __init__(self, table: DeviceTable, start_ms: int) -> None:
        self.table = table
        self.start_ms = start_ms
        self.online_ms: I64 = np.zeros(len(table), dtype=np.int64)
        self._until_ms: I64 = np.full(len(table), start_ms)

    def hear(self, point: Index, heard_ms: I64) -> None:
        """Readings of points that are in the site, in the order in which they came, none before what was taken."""
        if not len(point):
            return
        device = self.table.device[point]
        order = np.argsort(_narrow(device, len(self.table)), kind="stable")
        device, start = device[order], heard_ms[order]
        end = start + self.table.window_ms[point[order]]
        first = np.flatnonzero(np.concatenate([[True], device[1:] != device[:-1]]))
        present = device[first]
        before, last = _covered_before(start, end, first, self._until_ms[present])
        gained = np.maximum(end - np.maximum(start, before), 0)
        self.online_ms[present] += np.add.reduceat(gained, first)
        self._until_ms[present] = last

    def settle(self, now_ms: int) -> None:
        """Nothing later than this counts: what comes after is another stretch, or is heard anew."""
        self.online_ms -= np.maximum(self._until_ms - now_ms, 0)
        np.minimum(self._until_ms, now_ms, out=self._until_ms)

    def resume(self, now_ms: int, heard_ms: I64, shows: Index) -> None:
        """Go on from what was last heard of these points (`heard_ms` is by point number), after `settle(now_ms)`."""
        point = shows[heard_ms[shows] != NOT_HEARD]
        end = np.minimum(heard_ms[point] + self.table.window_ms[point], FOREVER_MS)
        end[self.table.forever[point]] = FOREVER_MS
        until = np.full(len(self.table), now_ms)
        np.maximum.at(until, self.table.device[point], end)
        # Settled: nothing reaches beyond now.
        self.online_ms += until - now_ms
        self._until_ms = np.maximum(until, self._until_ms)


def _covered_before(start: I64, end: I64, first: Index, until: I64) -> tuple[I64, I64]:
    """(by row: how far the rows before it in its segment, and `until` of the segment, reach; by segment: how far all).

    Segments begin at the rows `first`.
    """
    base = int(start.min()) - 1
    end, until = end - base, np.maximum(until - base, 0)
    span = max(int(end.max()), int(until.max())) + 1
    lift = np.repeat(np.arange(len(first)) * span, np.diff(first, append=len(start)))
    reach = end + lift
    reach[first] = np.maximum(end[first], until) + lift[first]
    reach = np.maximum.accumulate(reach) - lift
    before = np.empty_like(reach)
    before[1:] = reach[:-1]
    before[first] = until
    last = reach[np.append(first[1:], len(start)) - 1]
    return before + base, last + base


def _narrow(device: Index, count: int) -> "np.ndarray[tuple[int], np.dtype[np.uint16]] | Index":
    """Numbers of 16 bits are sorted far quicker."""
    return device.astype(np.uint16) if count <= 1 << 16 else device
