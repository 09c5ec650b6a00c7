"""`tocsin follow`: processes that share the shards' logs among themselves and write history into InfluxDB.

A consumer group over the topic `readings` says who follows which shard; nothing is read through it. The topic
`spanning` holds copies, so nobody writes it to InfluxDB.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import structlog

from rules.events import AlarmEvent
from tocsin.clock import Clock
from tocsin.cluster.book_events import BookEvents
from tocsin.cluster.commits import Commits
from tocsin.cluster.in_force import InForce
from tocsin.cluster.shard_followers import READINGS_GROUP, ROLLUPS_GROUP, Around, NoEvents, ShardFollowers
from tocsin.cluster.states import BookStates
from tocsin.followers.influx import EventFeed, InfluxSettings, read_token
from tocsin.followers.influx.lines import Where
from tocsin.followers.status import FollowerStatus
from tocsin.kafka.client import clear, member
from tocsin.kafka.errors import KafkaClientError
from tocsin.kafka.topics import Shard, Topics
from tocsin.kafka.versions import Versions
from tocsin.log.layout import FOLLOWERS
from tocsin.observe.followers import follower_check, watch_followers
from tocsin.observe.health import Check, Health, judge
from tocsin.observe.http_server import ObserveServer, listen_address
from tocsin.observe.metrics import Metrics
from tocsin.settings import Settings
from tocsin.settings.kafka import KafkaSettings

if TYPE_CHECKING:
    from confluent_kafka import Consumer, TopicPartition

GROUP: Final = "followers"
BOOK_SHARD: Final = 0
"""Who follows this shard writes the alarm book's events and how things stand, too."""
_POLL_S: Final = 0.5
_STOP_S: Final = 2.0

_log = structlog.get_logger(__name__)


class Follow:
    """One process of them. `run` returns when it was stopped."""

    def __init__(self, settings: Settings, kafka: KafkaSettings, influx: InfluxSettings, clock: Clock) -> None:
        """InputError if the token can't be read; KafkaClientError if Kafka can't be asked."""
        self._settings = settings
        self._kafka = kafka
        self._topics = Topics.of(kafka)
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._held: dict[Shard, ShardFollowers] = {}
        self._owed: set[Shard] = set()
        self._states: BookStates | None = None
        self._assigned = False
        self._trouble = ""
        token = read_token(influx.token_file)
        self._in_force = InForce(Versions.open(kafka))
        self._around = Around(
            kafka,
            influx,
            token,
            self._in_force,
            Commits(kafka, READINGS_GROUP),
            Commits(kafka, ROLLUPS_GROUP),
            settings.data / FOLLOWERS,
            clock,
        )
        self._metrics = Metrics()
        self._metrics.watch("tocsin_follow_shards", lambda: len(self._held))
        watch_followers(self._metrics, self.statuses)

    def stop(self) -> None:
        """End `run`. From any thread, or a signal's handler."""
        self._stopping.set()

    def run(self) -> None:
        """Join the group, follow what it gives until `stop`, and leave it."""
        http = ObserveServer(listen_address(self._settings.http.listen), self.health, self._metrics.render)
        consumer = member(self._kafka, GROUP, more={"enable.partition.eof": False})
        consumer.subscribe(
            [self._topics.readings], on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_revoke
        )
        http.start()
        try:
            while not self._stopping.is_set():
                self._poll(consumer)
                self._take_owed()
        finally:
            self._give_up(list(self._held))
            consumer.close()
            self._around.readings.close()
            self._around.rollups.close()
            self._in_force.versions.close()
            http.stop()

    def statuses(self) -> dict[str, FollowerStatus]:
        """By follower."""
        with self._lock:
            held, states = list(self._held.values()), self._states
        found = {follower.name: follower.status() for each in held for follower in each.followers}
        return found | ({"states": states.status()} if states is not None else {})

    def health(self) -> Health:
        """Ready once the group has given this process its part, be it none."""
        with self._lock:
            owed = sorted(self._owed)
        checks = [
            Check("group", self._assigned, self._trouble or "has not been given a part yet"),
            Check("shards", not owed, f"not followed yet: {owed}: {self._trouble}"),
        ]
        return judge(checks + [follower_check(name, status) for name, status in self.statuses().items()])

    def _poll(self, consumer: "Consumer") -> None:
        message = consumer.poll(_POLL_S)
        if message is not None and (error := message.error()) is not None:
            said = clear(self._kafka, error)
            if not said.retry and not error.retriable():
                raise said
            self._trouble = str(said)

    def _on_assign(self, consumer: "Consumer", partitions: "list[TopicPartition]") -> None:
        consumer.incremental_assign(partitions)
        consumer.pause(partitions)  # they are read over connections of their own
        self._assigned, self._trouble = True, ""
        with self._lock:
            self._owed |= {partition.partition for partition in partitions}

    def _on_revoke(self, consumer: "Consumer", partitions: "list[TopicPartition]") -> None:
        shards = [partition.partition for partition in partitions]
        with self._lock:
            self._owed -= set(shards)
        self._give_up(shards)
        consumer.incremental_unassign(partitions)

    def _take_owed(self) -> None:
        for shard in sorted(self._owed):
            try:
                self._take(shard)
            except (KafkaClientError, LookupError, OSError) as error:
                self._trouble = str(error)
                _log.warning("shard_not_followed", shard=shard, error=str(error))
                self._stopping.wait(_POLL_S)
                return

    def _take(self, shard: Shard) -> None:
        settings = self._settings
        events: EventFeed = BookEvents(settings.book) if shard == BOOK_SHARD else NoEvents()
        followers = ShardFollowers(self._around, shard, events, self._where_of)
        states = None
        if shard == BOOK_SHARD:
            channels = [channel.name for channel in (*settings.webhook, *settings.channel)]
            states = BookStates(self._around, settings.book, channels, self.health, self.statuses)
        with self._lock:
            self._held[shard] = followers
            self._states = states or self._states
            self._owed.discard(shard)
        followers.start()
        if states is not None:
            states.start()
        _log.info("shard_followed", shard=shard, position=followers.readings.position)

    def _give_up(self, shards: list[Shard]) -> None:
        with self._lock:
            given = [self._held.pop(shard) for shard in shards if shard in self._held]
            states = self._states if BOOK_SHARD in shards else None
            if states is not None:
                self._states = None
        if states is not None:
            states.stop(_STOP_S)
        if given:
            with ThreadPoolExecutor(len(given)) as pool:
                for followers in given:
                    pool.submit(followers.stop, _STOP_S)
            _log.info("shards_given_up", shards=sorted(shards))

    def _where_of(self, event: AlarmEvent) -> Where:
        place = self._in_force.ground().places.of(event.subject, event.enterprise)
        return place.unit, place.regions[0] if place.regions else ""
