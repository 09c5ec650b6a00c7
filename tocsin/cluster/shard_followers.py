"""What follows the log of one shard into InfluxDB: raw readings and, behind them, roll-ups."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from plant.entries import Position
from rules.events import AlarmEvent
from tocsin.clock import Clock
from tocsin.cluster.commits import Commits, ReadingCursors, RollUpStates
from tocsin.cluster.in_force import InForce
from tocsin.followers.influx import EventFeed, InfluxFollower, InfluxSettings, PointPrefixes
from tocsin.followers.influx.lines import Where
from tocsin.history.influxql import InfluxQl
from tocsin.history.remake import InfluxRows
from tocsin.history.rollup_follower import RollUpFollower
from tocsin.kafka.followed_log import FollowedLog
from tocsin.kafka.partition_log import PartitionLog
from tocsin.kafka.topics import Shard, Topics
from tocsin.settings.kafka import KafkaSettings

READINGS_GROUP: Final = "influx"
ROLLUPS_GROUP: Final = "rollups"


class Around(NamedTuple):
    """What the followers of all shards share."""

    kafka: KafkaSettings
    influx: InfluxSettings
    token: str
    in_force: InForce
    readings: Commits
    rollups: Commits
    folder: Path
    """For lines that InfluxDB will never take."""
    clock: Clock


class NoEvents:
    """Implements EventFeed for the shards whose followers write none."""

    last_seq = 0

    def events_since(self, cursor: int, limit: int) -> Sequence[tuple[int, AlarmEvent, int]]:
        return ()


class ShardFollowers:
    """Made where the shard is taken over: it goes on from the commits. `start`, `stop` once."""

    def __init__(
        self, around: Around, shard: Shard, events: EventFeed, where_of: Callable[[AlarmEvent], Where]
    ) -> None:
        """KafkaClientError where the cursors can't be read now."""
        from tocsin.followers.influx.client_sink import InfluxSink  # slow to load, and mostly not needed

        kafka, influx, token = around.kafka, around.influx, around.token
        versions = around.in_force.versions
        ids = versions.registry.ids
        folder = around.folder / str(shard)
        folder.mkdir(parents=True, exist_ok=True)
        place = Topics.of(kafka).log_of(shard)
        self._logs = [FollowedLog(PartitionLog(kafka, place))]

        def prefixes(digest: str, measurement: str = "reading") -> PointPrefixes:
            # A log of which the beginning is dropped does not say what was in force there.
            configured = versions.resolve(digest) if digest else around.in_force.configured()
            return PointPrefixes(ids, configured.site, measurement)

        self.readings = InfluxFollower(
            self._logs[0],
            events,
            InfluxSink(influx, token),
            prefixes,
            folder,
            around.clock,
            influx,
            where_of=where_of,
            cursors=ReadingCursors(around.readings, self._logs[0]),
            name=f"influx-{shard}",
        )
        self.followers: list[InfluxFollower | RollUpFollower] = [self.readings]
        self._asked: InfluxQl | None = None
        if influx.rollups:
            self._logs.append(FollowedLog(PartitionLog(kafka, place)))
            self._asked = InfluxQl(influx, token)
            self.followers.append(
                RollUpFollower(
                    self._logs[1],
                    self._written,
                    InfluxSink(influx, token, influx.of_minutes),
                    InfluxSink(influx, token, influx.of_hours),
                    InfluxRows(self._asked, influx.bucket, ids),
                    prefixes,
                    folder,
                    around.clock,
                    influx,
                    states=RollUpStates(around.rollups, self._logs[1]),
                    name=f"rollups-{shard}",
                )
            )

    def start(self) -> None:
        """Begin to follow; returns at once."""
        for follower in self.followers:
            follower.start()

    def stop(self, timeout_s: float) -> None:
        """Finish or give up what is under way, each within so long; the rest is the next one's."""
        for follower in reversed(self.followers):
            follower.stop(timeout_s)
        for log in self._logs:
            log.close()
        if self._asked is not None:
            self._asked.close()

    def _written(self) -> Position:
        return self.readings.written
