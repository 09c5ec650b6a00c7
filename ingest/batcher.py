"""Gathers decoded messages until a batch is due. Pure: the time is an argument."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ingest.codecs.decoded import Decoded
from ingest.source import Receipt
from plant.batch import Batch
from plant.quality import RETAINED, Quality


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """A batch is due when the first of these is reached."""

    max_age_ms: int = 20
    max_readings: int = 20_000
    max_bytes: int = 8 << 20
    """Payload bytes."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One batch and what must be acknowledged once it is durable. The batch may be empty: poison has receipts too."""

    batch: Batch
    receipts: tuple[Receipt, ...]
    redelivery_keys: tuple[int, ...]
    messages: int


class Batcher:
    """Columns under construction: appended to without a loop, turned into arrays once a batch."""

    def __init__(self, limits: BatchLimits | None = None) -> None:
        self._limits = limits or BatchLimits()
        self._opened_at_ms: int | None = None
        self._clear()

    @property
    def pending_readings(self) -> int:
        return len(self._values)

    @property
    def pending_messages(self) -> int:
        return self._messages

    @property
    def opened_at_ms(self) -> int | None:
        """When the oldest pending message came, by the caller's clock."""
        return self._opened_at_ms

    def add(
        self, decoded: Decoded, receipt: Receipt, retained: bool, redelivery_key: int | None, size: int, now_ms: int
    ) -> None:
        """Add the readings of one message of `size` payload bytes."""
        if self._opened_at_ms is None:
            self._opened_at_ms = now_ms
        if retained:
            start = len(self._values)
            self._retained.append((start, start + len(decoded.values)))
        self._points += decoded.points
        self._measured_at_ms += decoded.measured_at_ms
        self._values.extend(decoded.values)
        self._qualities += decoded.qualities
        if receipt is not None:
            self._receipts.append(receipt)
        if redelivery_key is not None:
            self._redelivery_keys.append(redelivery_key)
        self._messages += 1
        self._bytes += size

    def add_receipt(self, receipt: Receipt, size: int, now_ms: int) -> None:
        """A message without a reading: acknowledged with the batch that is open now."""
        if self._opened_at_ms is None:
            self._opened_at_ms = now_ms
        if receipt is not None:
            self._receipts.append(receipt)
        self._messages += 1
        self._bytes += size

    def is_full(self) -> bool:
        """Whether a batch is due whatever the time."""
        return len(self._values) >= self._limits.max_readings or self._bytes >= self._limits.max_bytes

    def is_due(self, now_ms: int) -> bool:
        return self.due_in_ms(now_ms) == 0

    def due_in_ms(self, now_ms: int) -> int | None:
        """0 when a batch is due, None when nothing is pending."""
        if self._opened_at_ms is None:
            return None
        if self.is_full() or now_ms < self._opened_at_ms:  # a clock that went back delays nothing
            return 0
        return max(0, self._opened_at_ms + self._limits.max_age_ms - now_ms)

    def take(self) -> Taken:
        """Everything pending as one batch; nothing is pending afterwards."""
        batch = Batch(
            np.frombuffer(self._points, np.uint32),
            np.frombuffer(self._measured_at_ms, np.int64),
            _column(self._values),
            np.frombuffer(self._qualities, np.uint8),
        )
        batch.quality[~np.isfinite(batch.value)] = Quality.BAD
        for start, stop in self._retained:
            batch.quality[start:stop] |= RETAINED
        taken = Taken(batch, tuple(self._receipts), tuple(self._redelivery_keys), self._messages)
        self._clear()
        return taken

    def _clear(self) -> None:
        self._points = bytearray()
        self._measured_at_ms = bytearray()
        self._values: list[float | None] = []
        self._qualities = bytearray()
        self._retained: list[tuple[int, int]] = []
        self._receipts: list[Any] = []
        self._redelivery_keys: list[int] = []
        self._messages = 0
        self._bytes = 0
        self._opened_at_ms = None


def _column(values: list[float | None]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    try:
        return np.fromiter(values, np.float64, len(values))
    except TypeError:  # a None among them
        return np.array(values, np.float64)
