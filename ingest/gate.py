"""The gate: a message from a source becomes readings of the open batch, or stands in the quarantine. Never raises."""

from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np

from ingest.batcher import Batcher
from ingest.codecs import native
from ingest.codecs.decoded import Decoded
from ingest.codecs.port import Codec, Parsed, PayloadError, Samples
from ingest.lookup import PointLookup, TopicPoints
from ingest.quarantine import Quarantine
from ingest.reason import Reason
from ingest.recent import RecentReadings
from ingest.redelivery import Redelivery, redelivery_key
from ingest.routes import Route
from ingest.source import Receipt
from ingest.strange import values_of_payload, values_of_samples
from ingest.unknown import UnknownDevices
from ingest.wire_topic import OnDown, WireTopic
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
        on_down: OnDown | None = None,
        unknown: UnknownDevices | None = None,
    ) -> None:
        """`on_down` hears of points whose device is said to be dead; `unknown` gathers who sends what no point stands
        for. Raises InputError where a wire form's own file,
        such as a mapping, can't be read.
        """
        self.batcher = batcher
        self.quarantine = quarantine
        self.redelivery = redelivery
        self.recent = recent or RecentReadings()
        self.traffic: dict[str, Traffic] = {}
        """By enterprise of the site, and OTHER: bounded by the site. Read only."""
        self._max_payload_bytes = (limits or GateLimits()).max_payload_bytes
        self._answers: list[tuple[str, bytes]] = []
        self._on_down = on_down or _nobody_listens
        self._codecs: dict[Route, Codec] = {}
        self._unknown = unknown
        self._strange = False
        self._samples: list[Samples] = []
        self._topic = ""
        self._payload = b""
        self._now_ms = 0
        self.replace_lookup(lookup)

    def replace_lookup(self, lookup: PointLookup) -> None:
        """A new site is in effect: messages from now on are read by it. What devices said before stays known."""
        self._lookup = lookup
        for route in lookup.routes:
            if route.make_codec is not None and route not in self._codecs:
                self._codecs[route] = route.make_codec()
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
                if type(points) is TopicPoints:
                    decoded = native.decode(payload, points, self._reject)
                else:
                    decoded = self._decode(points, retained)
            except PayloadError as error:
                self._reject(error.reason, error.detail)
            except Exception as error:  # the gate stays open whatever a codec does
                self._reject(Reason.CODEC_FAULT, repr(error))
        if self._strange:
            self._look_into(points)
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

    def take_answers(self) -> list[tuple[str, bytes]]:
        """(topic, payload) of what devices are owed for the messages of the open batch: publish once it is durable."""
        answers, self._answers = self._answers, []
        return answers

    def _decode(self, points: WireTopic, retained: bool) -> Decoded | None:
        """The message at hand, by its wire form. Raises PayloadError."""
        self._samples = []  # those of the message before, should this one be none
        codec = self._codecs[points.route]
        if retained and getattr(codec, "has_sessions", False):
            raise PayloadError(Reason.NO_SAMPLE, "retained: of a session that may be over")
        parsed: Parsed = codec.parse(self._topic, self._payload, self._now_ms)
        for reason, detail in parsed.faults:
            self._reject(reason, detail)
        if parsed.answers:
            self._answers += parsed.answers
        if parsed.down and not retained:
            dead = [number for device in parsed.down for number in points.points_of(device)]
            if dead:
                self._on_down(dead, self._now_ms)
        self._samples = parsed.samples
        return points.decoded(parsed.samples, self._reject) if parsed.samples else None

    def _look_into(self, points: TopicPoints | WireTopic | None) -> None:
        """Something in the message at hand is no point's: note what it is, for whoever onboards devices."""
        self._strange = False
        samples, self._samples = self._samples, []
        topic, now_ms = self._topic, self._now_ms
        if self._unknown is None or len(self._payload) > self._max_payload_bytes:
            return
        if not self._unknown.is_due(topic, now_ms):
            return
        if isinstance(points, WireTopic):
            for device, values in values_of_samples(samples):
                named = ((points.key_of(key), value, unit) for key, value, unit in values)
                strange = [value for value in named if not points.knows(device, value[0])]
                if strange:
                    self._unknown.note(topic, points.device_of(device), points.enterprise, strange, now_ms)
            return
        values = values_of_payload(self._payload)
        enterprise, device = "", topic
        if points is not None:
            enterprise, device = points.enterprise, topic.split("/")[-2] if points.enterprise else topic
            values = [value for value in values if isinstance(points.find(value[0]), Reason)]
        self._unknown.note(topic, device, enterprise, values, now_ms)

    def _is_repeated(self, decoded: Decoded) -> bool:
        if decoded.oldest_ms < OLDEST_TIME_MS:
            return False  # no time of its own: known by its key
        value = np.array([np.nan if v is None else v for v in decoded.values], dtype=np.float64)
        return self.recent.knows(bytes(decoded.points), bytes(decoded.measured_at_ms), value)

    def _reject(self, reason: Reason, detail: str) -> None:
        if reason is Reason.UNKNOWN_POINT or reason is Reason.UNKNOWN_TOPIC:
            self._strange = True
        self.quarantine.record(self._topic, reason, self._payload, detail, self._now_ms)


def _nobody_listens(_points: list[int], _now_ms: int) -> None:
    """Without `on_down`, the points become stale by their silence."""
