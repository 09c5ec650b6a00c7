"""A drill against a running service: published on exercise topics, scored by the exercise's own alarm book."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

import msgspec

from plant.site import Site
from rules.events import AlarmEvent
from simulators import BrokerAwayError, BrokerSettings, Simulation, truth_of
from simulators.broker import BrokerConnection
from simulators.payload import Grouping, Message
from tocsin.book import BookReader
from tocsin.drill.alarms import alarms_of
from tocsin.drill.library import Stage
from tocsin.drill.matching import match
from tocsin.drill.run import Run
from tocsin.log.layout import BOOK, EXERCISE, JOURNAL
from tocsin.log.reader import JournalReader
from tocsin.settings import MqttSettings, Settings

CONNECT_S: Final = 10.0
DECIDED_WITHIN_S: Final = 15.0
_LOOK_S: Final = 0.2
_QUIET_S: Final = 1.2
"""Longer than from one tick to the next."""
_HEARTBEAT: Final = b'{"r":[]}'
"""Holds no reading: says only that the exercise goes on, so that its clock does too."""

NowMs = Callable[[], int]
Progress = Callable[[float, float], None]


def exercise_site(site: Site) -> Site:
    """The same site whose devices publish on exercise topics, each point under its own id."""
    points = {
        p.point: replace(p, topic=f"tocsin/exercise/v1/{p.enterprise}/{p.device or p.unit}/up", key=p.point)
        for p in site.points.values()
    }
    return replace(site, points=points)


def rehearse(
    settings: Settings,
    stage: Stage,
    seed: int | None,
    speed: float,
    now_ms: NowMs,
    stop: threading.Event,
    progress: Progress,
) -> Run:
    """Play a scenario to the service that runs with these settings, and judge what its exercise book says.

    Times in the result are the scenario's. ValueError where exercises are off or no service ever had them on;
    BrokerAwayError where no broker answers; TimeoutError where the service does not come to rest.
    """
    book = settings.data / EXERCISE / BOOK
    if not settings.exercise.enabled:
        raise ValueError("exercises are off: set enabled = true under [exercise], and restart the service")
    if not book.exists():
        raise ValueError(f"{book} is not there: no service has run with exercises on")
    configured, scenario = stage.configured(), stage.scenario()
    simulation = Simulation(exercise_site(configured.site), scenario, seed)
    began_ms, readings = _publish(simulation, settings.mqtt[0], speed, now_ms, stop, progress)
    _wait_decided(settings, stop)
    start_ms = simulation.scenario.start_ms
    events = [
        msgspec.structs.replace(event, at=start_ms + round((event.at - began_ms) * speed))
        for event in _events(settings, began_ms)
    ]
    end_ms = start_ms + simulation.scenario.duration_ms
    truths, alarms = match(list(truth_of(simulation)), alarms_of(events), stage.ground(), end_ms)
    points = len(configured.site.points)
    return Run(scenario.name, simulation.seed, points, start_ms, end_ms, readings, tuple(truths), tuple(alarms))


def _publish(
    simulation: Simulation, mqtt: MqttSettings, speed: float, now_ms: NowMs, stop: threading.Event, progress: Progress
) -> tuple[int, int]:
    """Send every reading when its time has come, and a heartbeat each second; (wall time of the start, readings)."""
    source = mqtt.source()
    connection = BrokerConnection(
        BrokerSettings(
            host=source.host,
            port=source.port,
            tls=source.tls,
            username=source.username,
            password=source.password,
            ca_file=source.ca_file,
        )
    )
    heartbeat_topic = f"tocsin/exercise/v1/{next(iter(simulation.site.enterprises))}/drill/up"
    readings = 0
    try:
        if not connection.open(CONNECT_S, stop):
            raise BrokerAwayError(connection.reason)
        began_ms = now_ms()
        for due_s, messages in _seconds(simulation, speed):
            wait_s = began_ms / 1000 + due_s - now_ms() / 1000
            if wait_s > 0 and stop.wait(wait_s):
                break
            connection.publish(heartbeat_topic, _HEARTBEAT, stop)
            for message in messages:
                due_ms = began_ms + round((message.measured_at_ms - simulation.scenario.start_ms) / speed)
                connection.publish(message.topic, message.payload(due_ms), stop)
                readings += len(message.values)
            progress(due_s * speed, simulation.scenario.duration_s)
        connection.drain(CONNECT_S)
    finally:
        connection.close()
    return began_ms, readings


def _seconds(simulation: Simulation, speed: float) -> Iterator[tuple[float, list[Message]]]:
    """(seconds after the start at which they are sent, messages) of each second of the wall clock, at its end."""
    grouping = Grouping(simulation.site)
    for from_ms, to_ms in simulation.spans(chunk_s=speed):
        yield to_ms / 1000.0 / speed, list(grouping.messages(simulation.between(from_ms, to_ms)))


def _wait_decided(settings: Settings, stop: threading.Event) -> None:
    """Until neither the exercise's journal nor its book has grown for a while."""
    journal = settings.data / EXERCISE / JOURNAL
    seen, quiet = (-1, -1), 0
    for _ in range(round(DECIDED_WITHIN_S / _LOOK_S)):
        now = (JournalReader.open(journal).end, len(_events(settings, 0)))
        quiet = quiet + 1 if now == seen else 0
        if quiet * _LOOK_S >= _QUIET_S or stop.wait(_LOOK_S):
            return
        seen = now
    raise TimeoutError(f"the service has not come to rest within {DECIDED_WITHIN_S:g} s of the end of the exercise")


def _events(settings: Settings, since_ms: int) -> list[AlarmEvent]:
    reader = BookReader.open_for_reading(settings.data / EXERCISE / BOOK)
    try:
        return [b.numbered.event for b in reader.events(limit=10_000_000) if b.numbered.event.at >= since_ms]
    finally:
        reader.close()
