"""What one topic of a wire form may report, and its samples -> readings.

A sample is looked up by (topic, key) of points.csv, then by (device, key), then by key == point id, always within the
enterprise of the route. Without an enterprise only the first two count: what points.csv does not map, nobody vouches
for.
"""

import struct
from array import array
from collections.abc import Callable, Sequence
from itertools import compress
from typing import TYPE_CHECKING, Final

import msgspec

from ingest.codecs.decoded import Decoded, Reject, pack_time
from ingest.codecs.port import Samples
from ingest.reason import Reason
from ingest.routes import Match

if TYPE_CHECKING:
    from ingest.lookup import PointLookup

_NO_KEY: Final = ""


class _Resolved(msgspec.Struct, frozen=True, gc=False):
    """The points of one device's tuple of keys and units."""

    points: bytes
    """uint32 numbers of the keys that were found, native byte order."""
    found: tuple[bool, ...] | None
    """Which of the keys were found; None when all were."""
    rejected: tuple[tuple[Reason, str], ...]
    """(reason, detail) of the others."""
    scales: tuple[float, ...] | None
    """Of those found, with `offsets`; None where no value needs converting."""
    offsets: tuple[float, ...] = ()


class WireTopic:
    """Remembers the keys it has seen of each device, as a device sends the same keys again."""

    __slots__ = ("_lookup", "_mapped", "_match", "_only", "_resolved", "_topic", "_topic_key", "route")

    def __init__(self, lookup: "PointLookup", topic: str, match: Match, mapped: dict[str, int]) -> None:
        """`mapped` are the points that points.csv gives this topic, by key."""
        self.route = match.route
        self._lookup = lookup
        self._match = match
        self._mapped = mapped
        self._topic = topic
        self._topic_key = match.key or topic.rpartition("/")[2]
        self._only = next(iter(mapped.values())) if len(mapped) == 1 else None
        self._resolved: dict[tuple[str, tuple[str, ...], tuple[str, ...]], _Resolved] = {}

    @property
    def enterprise(self) -> str:
        """ "" where the route names none."""
        return self._match.enterprise

    def decoded(self, parts: Sequence[Samples], reject: Reject) -> Decoded | None:
        """The readings of one message; None if it has none. `reject` hears of each sample that is set aside."""
        if len(parts) == 1:
            return self._one(parts[0], reject)
        columns = [decoded for part in parts if (decoded := self._one(part, reject)) is not None]
        if len(columns) < 2:
            return columns[0] if columns else None
        return Decoded(
            b"".join([column.points for column in columns]),
            b"".join([column.measured_at_ms for column in columns]),
            [value for column in columns for value in column.values],
            b"".join([column.qualities for column in columns]),
            min([column.oldest_ms for column in columns]),
            max([column.newest_ms for column in columns]),
        )

    def points_of(self, device: str) -> list[int]:
        """The points that points.csv gives a device, as far as this topic may speak for them."""
        return self._lookup.points_of_device(device or self._match.device, self.enterprise)

    def knows(self, device: str, key: str) -> bool:
        """Whether the key is a point's."""
        return not isinstance(self._find(device, key), Reason)

    def device_of(self, device: str) -> str:
        """What points.csv would call a device of this topic: by the wire, by the topic, or the topic itself."""
        return device or self._match.device or self._topic

    def key_of(self, key: str) -> str:
        """The key by which points.csv could name a value: that of the topic where the wire gives none."""
        return key or self._topic_key

    def forget(self) -> None:
        self._resolved.clear()

    def _one(self, samples: Samples, reject: Reject) -> Decoded | None:
        key = (samples.device, samples.keys, samples.units)
        resolved = self._resolved.get(key)
        if resolved is None:
            resolved = self._resolve(key)
        values, qualities = samples.values, samples.qualities
        times = samples.measured_at_ms
        found = resolved.found
        if found is not None:
            for reason, detail in resolved.rejected:
                reject(reason, detail)
            values = list(compress(values, found))
            if not values:
                return None
            qualities = bytes(compress(qualities, found))
            if not isinstance(times, int):
                times = list(compress(times, found))
        count = len(values)
        if not count:
            return None
        if resolved.scales is not None:
            values = [
                None if value is None else value * scale + offset
                for value, scale, offset in zip(values, resolved.scales, resolved.offsets, strict=True)
            ]
        if isinstance(times, int):
            packed, oldest_ms, newest_ms = pack_time(times) * count, times, times
        else:
            packed, oldest_ms, newest_ms = struct.pack(f"={count}q", *times), min(times), max(times)
        return Decoded(resolved.points, packed, values, qualities or bytes(count), oldest_ms, newest_ms)

    def _resolve(self, key: tuple[str, tuple[str, ...], tuple[str, ...]]) -> _Resolved:
        device, keys, units = key
        numbers = array("I")
        rejected: list[tuple[Reason, str]] = []
        found: list[bool] = []
        conversions: list[tuple[float, float]] = []
        for at, name in enumerate(keys):
            answer = self._find(device, name)
            conversion = (1.0, 0.0)
            if not isinstance(answer, Reason) and units and units[at]:
                converted = self._lookup.conversion(answer, units[at])
                if isinstance(converted, str):
                    rejected.append((Reason.UNKNOWN_UNIT, f"{name}: {converted}"))
                    found.append(False)
                    continue
                conversion = converted
            if isinstance(answer, Reason):
                rejected.append((answer, _detail(device, name)))
                found.append(False)
                continue
            numbers.append(answer)
            conversions.append(conversion)
            found.append(True)
        scales: tuple[float, ...] | None = None
        offsets: tuple[float, ...] = ()
        if any(conversion != (1.0, 0.0) for conversion in conversions):
            scales = tuple(scale for scale, _ in conversions)
            offsets = tuple(offset for _, offset in conversions)
        resolved = _Resolved(numbers.tobytes(), None if all(found) else tuple(found), tuple(rejected), scales, offsets)
        if numbers and self._lookup.make_room(len(keys)):
            self._resolved[key] = resolved
        return resolved

    def _find(self, device: str, key: str) -> int | Reason:
        """The number of one point, or why there is none."""
        lookup, enterprise = self._lookup, self._match.enterprise
        number = self._mapped.get(key)
        if number is None and key == _NO_KEY:
            number = self._only
        said, device, key = device, device or self._match.device, key or self._topic_key
        if number is None:
            number = self._mapped.get(key)
        if number is not None and said and not self._is_of(number, said):
            number = None
        if number is None and device:
            number = lookup.of_device(device, key, enterprise)
        if number is not None:
            return number if enterprise in ("", lookup.owner(number)) else Reason.FOREIGN_ENTERPRISE
        point = lookup.points.get(key)
        if point is None or not enterprise:
            return Reason.UNKNOWN_POINT
        owner, number = point
        return number if owner == enterprise else Reason.FOREIGN_ENTERPRISE

    def _is_of(self, number: int, device: str) -> bool:
        """Whether a point of this topic may be of the device that a message names.

        On the topic of a gateway several devices use the same keys. Where the topic itself names the device, points.csv
        may call it as it likes.
        """
        owner = self._lookup.device_of(number)
        return owner in (None, device) or set(device.split("/")) <= set(self._topic.split("/"))


def _detail(device: str, key: str) -> str:
    return f"{device}: {key}" if device else key


OnDown = Callable[[list[int], int], None]
"""(numbers of points that are said to be dead, now in ms). Called by the gate, in the source's thread."""
