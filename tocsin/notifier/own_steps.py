"""What the notifier finds wrong with the site's own machinery, written into the topic `steps` by itself.

Acts reach the alarm book through the log of a shard and its worker. That nobody writes or decides a shard must reach
people all the same, also when it is so of all of them: so own conditions go past the shards, into the book's own log.
The book stays a fold of that log alone. Saying twice what is known changes nothing, so no writer is fenced.
"""

from typing import Any, Final

import structlog

from plant.entries import OwnCondition
from tocsin.clock import Clock
from tocsin.kafka.client import producer
from tocsin.kafka.steps import NOTIFIER, Steps, encode_steps
from tocsin.kafka.topics import Topics
from tocsin.selftest.watch import Said
from tocsin.settings.kafka import KafkaSettings

MOST_AHEAD_MS: Final = 5_000
"""Of the time that the shards have told, and what has passed since: a wrong clock moves the book's no further."""
_FLUSH_S: Final = 1.0

_log = structlog.get_logger(__name__)


class BookTime:
    """What time it is for the alarm book (pure): this machine's, where that is not ahead of what the shards told."""

    def __init__(self) -> None:
        self._told_ms = 0
        self._since_s = 0.0

    def note(self, told_ms: int, now_s: float) -> None:
        """What the shards have told by monotonic `now_s`."""
        if told_ms != self._told_ms:
            self._told_ms, self._since_s = told_ms, now_s

    def at(self, now_ms: int, now_s: float) -> int:
        """ms since the epoch; never before what was told unless this machine's clock is."""
        if not self._told_ms:
            return now_ms
        return min(now_ms, self._told_ms + round((now_s - self._since_s) * 1000) + MOST_AHEAD_MS)


class OwnSteps:
    """For one thread. Connects with the first word; while Kafka is away it keeps what is to be said."""

    def __init__(self, settings: KafkaSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._topic = Topics.of(settings).steps
        self._time = BookTime()
        self._producer: Any = None
        self.pending = 0
        """Said, and not yet in Kafka."""

    def note(self, told_ms: int) -> None:
        """Each second: the latest time that the shards have told."""
        self._time.note(told_ms, self._clock.monotonic_s())
        if self._producer is not None:
            self._producer.poll(0)

    def say(self, said: Said) -> None:
        """Put it into the book's log; does not block."""
        at_ms = self._time.at(self._clock.now_ms(), self._clock.monotonic_s())
        act = OwnCondition(at_ms, said.rule, said.subject, said.on, said.severity, said.reason, said.enterprise)
        if self._producer is None:
            self._producer = producer(self._settings, more={"linger.ms": 0})
        self.pending += 1
        value = encode_steps(Steps(NOTIFIER, -1, at_ms, (act,)))
        self._producer.produce(self._topic, value, partition=0, timestamp=at_ms, on_delivery=self._told)
        self._producer.poll(0)

    def close(self) -> None:
        """What is not in Kafka in a moment is the next leader's to find."""
        if self._producer is not None and self._producer.flush(_FLUSH_S):
            self._producer.purge()

    def _told(self, error: Any, _message: object) -> None:
        self.pending -= 1
        if error is not None:
            _log.error("own_condition_not_written", error=error.str())
