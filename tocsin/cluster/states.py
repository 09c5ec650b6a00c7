"""How things stand, written into InfluxDB by one of the processes that follow."""

from collections.abc import Callable, Mapping
from typing import Final

import structlog

from alerts.ground import Ground
from alerts.risk import Inherent, InherentGrades, Node
from tocsin.cluster.commits import Commits, StateCursors
from tocsin.cluster.in_force import InForce
from tocsin.cluster.seen import ClusterSeen
from tocsin.cluster.shard_followers import Around
from tocsin.configuration import Configured
from tocsin.database import Place
from tocsin.followers.status import FollowerStatus
from tocsin.history.limits import Limits, limit_lines, limits_of
from tocsin.history.states.devices import device_lines
from tocsin.history.states.follower import StateFollower
from tocsin.history.states.line import Field
from tocsin.history.states.own import Own
from tocsin.inventory.device_table import DeviceTable, device_table
from tocsin.kafka.errors import KafkaClientError
from tocsin.kafka.topics import Topics
from tocsin.observe.health import Health
from tocsin.risk.grades import grades_of

STATES_GROUP: Final = "states"

_log = structlog.get_logger(__name__)


class ClusterSurroundings:
    """Implements tocsin.history.states.follower.Surroundings."""

    def __init__(
        self,
        in_force: InForce,
        seen: ClusterSeen,
        channels: list[str],
        health: Callable[[], Health],
        statuses: Callable[[], Mapping[str, FollowerStatus]],
    ) -> None:
        self._in_force = in_force
        self._seen = seen
        self._channels = channels
        self._health = health
        self._statuses = statuses
        self._limits: tuple[Configured, dict[str, Limits]] | None = None
        self._grades: tuple[Ground, InherentGrades] | None = None
        self._table: tuple[Configured, DeviceTable] | None = None

    def ground(self) -> Ground:
        return self._in_force.ground()

    def inherent(self) -> Mapping[Node, Inherent]:
        ground = self._in_force.ground()
        if self._grades is None or self._grades[0] is not ground:
            self._grades = ground, grades_of(self._in_force.configured(), ground.nodes)[0]
        return self._grades[1].all({})

    def devices(self, at_ns: int) -> list[str]:
        """None where the logs are empty, or Kafka does not answer: the other lines do not wait for these."""
        try:
            seen, configured, _ = self._seen.look()
        except (KafkaClientError, LookupError, ValueError) as error:
            _log.warning("devices_not_told", error=str(error))
            return []
        registry = self._in_force.versions.registry
        if self._table is None or self._table[0] is not configured:
            self._table = configured, device_table(configured.site, configured.rules, registry)
        return device_lines(configured.site, self._table[1], seen, registry, at_ns)

    def limits(self, at_ns: int) -> list[str]:
        configured = self._in_force.configured()
        if self._limits is None or self._limits[0] is not configured:
            self._limits = configured, limits_of(configured.site, configured.rules)
        return limit_lines(configured.site, self._limits[1], at_ns)

    def own(self) -> Own:
        """Figures and checks of this process; the sources of all."""
        statuses = self._statuses()
        figures: dict[str, Field] = {
            "history_lag_s": max((s.lag_s for name, s in statuses.items() if name.startswith("influx")), default=0.0),
            "rollup_lag_s": max((s.lag_s for name, s in statuses.items() if name.startswith("rollups")), default=0.0),
            "history_rejected": sum(status.rejected for status in statuses.values()),
            "history_lost": sum(status.lost_entries for status in statuses.values()),
        }
        return Own(figures, self._health(), self._seen.sources())

    def channels(self) -> list[str]:
        return self._channels


class BookStates:
    """The follower and what it stands on. `start`, `stop` once."""

    def __init__(
        self,
        around: Around,
        book: Place,
        channels: list[str],
        health: Callable[[], Health],
        statuses: Callable[[], Mapping[str, FollowerStatus]],
    ) -> None:
        """KafkaClientError where the cursor can't be read now."""
        from tocsin.followers.influx.client_sink import InfluxSink  # slow to load, and mostly not needed

        self._commits = Commits(around.kafka, STATES_GROUP)
        self._seen = ClusterSeen(around.kafka, lambda: around.in_force, around.clock)
        self._follower = StateFollower(
            book,
            InfluxSink(around.influx, around.token),
            ClusterSurroundings(around.in_force, self._seen, channels, health, statuses),
            around.folder,
            around.clock,
            around.influx,
            StateCursors(self._commits, Topics.of(around.kafka).log_of(0)),
        )

    def start(self) -> None:
        self._follower.start()

    def stop(self, timeout_s: float) -> None:
        self._follower.stop(timeout_s)
        self._commits.close()
        self._seen.close()

    def status(self) -> FollowerStatus:
        return self._follower.status()
