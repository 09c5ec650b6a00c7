"""Publishes a scenario live over MQTT. The only part of the simulators that waits."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from plant.site import Site
from simulators.broker import BrokerConnection, BrokerSettings
from simulators.feed import Progress
from simulators.payload import Grouping
from simulators.scenario import Scenario
from simulators.simulation import Simulation

NowMs = Callable[[], int]
Wait = Callable[[float], bool]
"""Wait for so many seconds or until told to stop; True when told to stop. `threading.Event.wait` is one."""


class BrokerAwayError(OSError):
    """The broker could not be reached at the start. A later try can help."""


@dataclass(frozen=True, slots=True)
class Published:
    """What a run sent. `unacknowledged` messages may or may not have reached the broker."""

    readings: int
    messages: int
    unacknowledged: int


class Publisher:
    """Sends every reading of a scenario when its time has come, the start of the scenario being now.

    now_ms    the wall clock, ms since the epoch
    speed     seconds of the scenario in one second; times in the payloads are wall time all the same
    on_state  told (connected, reason) when the connection comes up or goes down
    """

    def __init__(
        self,
        site: Site,
        scenario: Scenario,
        broker: BrokerSettings,
        now_ms: NowMs,
        *,
        seed: int | None = None,
        speed: float = 1.0,
        progress: Progress | None = None,
        on_state: Callable[[bool, str], None] | None = None,
        connect_within_s: float = 10.0,
        drain_within_s: float = 5.0,
    ) -> None:
        if not 0.0 < speed <= 10_000.0:
            raise ValueError(f"speed is {speed:g}, allowed is more than 0 up to 10000")
        self._simulation = Simulation(site, scenario, seed)
        self._grouping = Grouping(site)
        self._broker = broker
        self._now_ms = now_ms
        self._speed = speed
        self._progress = progress
        self._on_state = on_state
        self._connect_within_s = connect_within_s
        self._drain_within_s = drain_within_s

    def run(self, stop: threading.Event, wait: Wait | None = None) -> Published:
        """Publish until the scenario ends or `stop` is set, then wait for the last acknowledgements.

        While the broker is away the window fills and the readings wait; they go out with their own times. Raises
        BrokerAwayError when the first connection does not come up in time.
        """
        connection = BrokerConnection(self._broker, self._on_state)
        try:
            if not connection.open(self._connect_within_s, stop):
                if stop.is_set():
                    return Published(0, 0, 0)
                raise BrokerAwayError(connection.reason)
            readings = self._send(connection, stop, wait or stop.wait)
            connection.drain(self._drain_within_s)
            messages = connection.acknowledged + connection.in_flight
            return Published(readings, messages, connection.in_flight)
        finally:
            connection.close()

    def _send(self, connection: BrokerConnection, stop: threading.Event, wait: Wait) -> int:
        simulation, speed = self._simulation, self._speed
        start_ms, began_ms = simulation.scenario.start_ms, self._now_ms()
        readings = 0
        for from_ms, to_ms in simulation.spans(chunk_s=max(1.0, speed)):
            for message in self._grouping.messages(simulation.between(from_ms, to_ms)):
                due_ms = began_ms + round((message.measured_at_ms - start_ms) / speed)
                early_ms = due_ms - self._now_ms()
                if early_ms > 0 and wait(early_ms / 1000.0):
                    return readings
                if not connection.publish(message.topic, message.payload(due_ms), stop):
                    return readings
                readings += len(message.values)
            if self._progress is not None:
                self._progress(to_ms / 1000.0, simulation.scenario.duration_s, readings)
            if stop.is_set():
                return readings
        return readings
