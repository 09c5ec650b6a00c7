"""The gate: a message from a source becomes readings of the open batch, or stands in the quarantine. Never raises."""

from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np

from ingest.batcher import Batcher
from ingest.codecs import native
from ingest.codecs.decoded import Decoded
from ingest.lookup import PointLookup
from ingest.quarantine import Quarantine
from ingest.reason import Reason
from ingest.recent import RecentReadings
from ingest.redelivery import Redelivery, redelivery_key
from ingest.source import Receipt
from plant.quality import AHEAD_MS, OLDEST_TIME_MS

OTHER: Final = ""
"""Where `Gate.traffic` counts messages of enterprises that are not in the site, or not in the topic."""


@dataclass(frozen=True, slots=True)
class GateLimits:
    max_payload_bytes: int = 1 << 20


class Traffic(msgspec.Struct):
    """What came in of one enterprise, for metrics."""

    messages: int = 0
    readings: int = 0


class Gate:
    """Ties codec, lookup, redelivery, quarantine and batcher. One for all sources; one thread."""

    def __init__(
        self,
        lookup: PointLookup,
        batcher: Batcher,
        quarantine: Quarantine,
        redelivery: Redelivery,
        limits: GateLimits | None = None,
        recent: RecentReadings | None = None,
    ) -> None:
        self.batcher = batcher
        self.quarantine = quarantine
        self.redelivery = redelivery
        self.recent = recent or RecentReadings()
        self.traffic: dict[str, Traffic] = {}
        """By enterprise of the site, and OTHER: bounded by the site. Read only."""
        self._max_payload_bytes = (limits or GateLimits()).max_payload_bytes
        self._topic = ""
        self._payload = b""
        self._now_ms = 0
        self.replace_lookup(lookup)

    def replace_lookup(self, lookup: PointLookup) -> None:
        """A new site is in effect: messages from now on are read by it."""
        self._lookup = lookup
        for enterprise in (OTHER, *lookup.enterprises):
            self.traffic.setdefault(enterprise, Traffic())

    def on_message(
        self,
        source_name: str,
        topic: str,
        payload: bytes,
        retained: bool,
        dup: bool,
        mid: int,
        receipt: Receipt,
        now_ms: int,
    ) -> None:
        """Take one message in. Whatever is in it, its receipt comes out with the batch."""
        # Kept for _reject: a closure for each message would cost more than all that it is needed for.
        self._topic = topic
        self._payload = payload
        self._now_ms = now_ms
        size = len(payload)
        points = self._lookup.topic(topic)
        traffic = self.traffic.get(points.enterprise if points is not None else OTHER) or self.traffic[OTHER]
        traffic.messages += 1
        decoded = None
        if points is None:
            self._reject(Reason.UNKNOWN_TOPIC, "")
        elif size > self._max_payload_bytes:
            self._reject(Reason.TOO_LONG, f"{size} bytes, at most {self._max_payload_bytes}")
        else:
            try:
                decoded = native.decode(payload, points, self._reject)
            except Exception as error:  # the gate stays open whatever a codec does
                self._reject(Reason.CODEC_FAULT, repr(error))
        if decoded is None:
            self.batcher.add_receipt(receipt, size, now_ms)
            return
        if dup and self._is_repeated(decoded):
            self.redelivery.dropped += 1
            self.batcher.add_receipt(receipt, size, now_ms)
            return
        key = None
        if receipt is not None and (decoded.oldest_ms < OLDEST_TIME_MS or decoded.newest_ms > now_ms + AHEAD_MS):
            key = redelivery_key(source_name, mid, topic, payload)
            if self.redelivery.is_second(key, dup):
                self.batcher.add_receipt(receipt, size, now_ms)
                return
        traffic.readings += len(decoded.qualities)
        self.batcher.add(decoded, receipt, retained, key, size, now_ms)

    def _is_repeated(self, decoded: Decoded) -> bool:
        if decoded.oldest_ms < OLDEST_TIME_MS:
            return False  # no time of its own: known by its key
        value = np.array([np.nan if v is None else v for v in decoded.values], dtype=np.float64)
        return self.recent.knows(bytes(decoded.points), bytes(decoded.measured_at_ms), value)

    def _reject(self, reason: Reason, detail: str) -> None:
        self.quarantine.record(self._topic, reason, self._payload, detail, self._now_ms)
