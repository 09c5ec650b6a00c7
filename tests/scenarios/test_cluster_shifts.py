"""Workers come and go while delays, windows and silence are pending; Kafka is away while devices go on."""

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from support.bridges import message
from support.cluster import Cluster
from support.cluster_truth import Truth, differing
from support.incident import Devices, write_incident_site
from support.kafka import KafkaCluster, kafka
from support.live import running_broker
from support.mqtt_listener import publish
from support.waiting import eventually
from support.workers import Feed, Workers, build_divided_site, embedded, keys, seconds

from rules.events import event_json
from tocsin.clock import SystemClock
from tocsin.configuration import read_configuration

__all__ = ["kafka"]

WAIT_S = 90.0
HOUR_MS = 3_600_000
AWAY_S = float(os.environ.get("CLUSTER_AWAY_S", "15"))
"""How long Kafka is away; minutes take minutes."""
LATE_MS = 600_000
LATE_POINT = "E9-P3"


def test_workers_of_wrong_clocks_come_and_go(kafka: KafkaCluster, tmp_path: Path) -> None:
    """Two, one, two, four; one is an hour ahead, one an hour behind."""
    site = build_divided_site(tmp_path / "site")
    configured = read_configuration(site)
    entries = seconds(100, seed=5)
    with Workers(tmp_path, kafka.topics("shifts.", checkpoint_s=2), site, configured) as workers:
        [ahead] = workers.start(clock_off_ms=HOUR_MS)
        workers.start(clock_off_ms=-HOUR_MS)
        assert workers.hold_all(WAIT_S)
        feed = Feed(workers.kafka, workers.dealt(entries), speed=4)
        assert eventually(lambda: workers.has_told(100), WAIT_S, every_s=0.3)
        workers.kill(ahead)
        assert workers.hold_all(WAIT_S)
        workers.start()
        assert workers.hold_all(WAIT_S)
        workers.start(2, clock_off_ms=HOUR_MS)
        assert workers.hold_all(WAIT_S)
        feed.end(WAIT_S)
        assert workers.decided_all(WAIT_S)
        found, whole = workers.alarms(), embedded(configured, entries)
        assert differing(Counter(keys(found)), Counter(keys(whole))) == ([], [])
        assert {event.rule for event in whole} == {"gas", "mean", "silent", "both"}


def test_kafka_is_away_and_devices_go_on(kafka: KafkaCluster, tmp_path: Path) -> None:
    """What they sent meanwhile waits at the MQTT broker, and is taken in order; what is late by then is marked so."""
    site = write_incident_site(tmp_path / "site")
    with (
        running_broker(tmp_path / "broker") as broker,
        Cluster(tmp_path, kafka.topics("away.", checkpoint_s=3), site, broker.port) as cluster,
    ):
        cluster.start(1)
        bridge = cluster.bridge("bridge")
        assert eventually(cluster.are_leased, WAIT_S, every_s=0.3)
        assert cluster.hold_all(WAIT_S)
        whole = cluster.configured.site
        points = {name: point for name, point in whole.points.items() if name != LATE_POINT}
        devices = Devices(replace(whole, points=points), broker.port, speed=2)
        assert eventually(lambda: cluster.has_told(20), WAIT_S, every_s=0.3)
        kafka.kill()
        away = _passed(AWAY_S)
        old_ms = SystemClock().now_ms() - LATE_MS
        late = [(60.0, 0), (61.0, 1000), (5.0, 2000)]
        publish(broker.port, [message(LATE_POINT, value, old_ms + ms) for value, ms in late])
        assert eventually(away, AWAY_S + 5, every_s=0.2)
        kafka.start()
        assert eventually(cluster.are_leased, WAIT_S, every_s=0.3)
        sent = devices.end()
        assert eventually(
            lambda: devices.found(cluster.logs()[:-1], cluster.registry) == sent.readings, WAIT_S, every_s=1
        )
        assert bridge.stop() == 0
        assert cluster.decided_all(WAIT_S)

        logs, truth = cluster.logs(), Truth(cluster.configured, cluster.kafka.partitions)
        devices.check(logs[:-1], cluster.registry, sent)
        wanted = truth.of_each(logs)
        found = Counter(one.value for one in cluster.committed())
        assert differing(found, Counter(map(event_json, wanted))) == ([], [])
        historical = [(e.event, e.rule, e.at - old_ms) for e in wanted if e.historical and e.subject == LATE_POINT]
        assert ("raised", "gas", 0) in historical
        assert ("cleared", "gas", 2000) in historical


def _passed(span_s: float) -> Callable[[], bool]:
    """True once so much time has passed."""
    clock = SystemClock()
    until_s = clock.monotonic_s() + span_s
    return lambda: clock.monotonic_s() >= until_s
