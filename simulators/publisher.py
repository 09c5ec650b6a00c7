"""Plays a scenario or a recorded feed live, in any wire form. The only part of the simulators that waits."""

import asyncio
import logging
import threading
from dataclasses import dataclass

from ingest.feed import Feed
from ingest.sources.tcp_framing import TcpForm
from plant.site import Site
from simulators.broker import BrokerSettings
from simulators.feed import Progress
from simulators.fleets.fleet import BrokerAwayError, Fleet, NowMs, Pace, Published
from simulators.fleets.layout import Connections, layout_of
from simulators.fleets.line import OnState
from simulators.fleets.link import Dialler
from simulators.fleets.stream import Played, Recorded, Stream
from simulators.scenario import Scenario
from simulators.simulation import Simulation
from simulators.wire.forms import TCP_FORMS, form_of

__all__ = ["BrokerAwayError", "Listener", "Published", "Publisher"]


@dataclass(frozen=True, slots=True)
class Listener:
    """Where devices dial in over TCP. `window` is the most packets of one device that wait for their answers."""

    host: str
    port: int
    window: int = 16


class Publisher:
    """Sends every reading when its time has come, the start being now.

    played    a scenario, or a recorded feed whose numbers are places in points.csv
    target    a broker, or a TCP listener
    now_ms    the wall clock, ms since the epoch
    speed     seconds of the scenario in one second; times in the messages are wall time all the same
    shifted   False: times in the messages are those of the feed
    form      a wire form; `topic` a pattern instead of its own
    connections, per_gateway   see `simulators.fleets.layout.layout_of`
    on_state  told (connected, reason) when the connection comes up or goes down, where there is but one

    ValueError: a speed, a form or connections that can't be. InputError: points that the form can't tell.
    """

    def __init__(
        self,
        site: Site,
        played: Scenario | Feed,
        target: BrokerSettings | Listener,
        now_ms: NowMs,
        *,
        seed: int | None = None,
        speed: float = 1.0,
        shifted: bool = True,
        form: str = "native",
        connections: Connections | None = None,
        per_gateway: int = 50,
        topic: str | None = None,
        progress: Progress | None = None,
        on_state: OnState | None = None,
        connect_within_s: float = 10.0,
        drain_within_s: float = 5.0,
    ) -> None:
        if not 0.0 < speed <= 10_000.0:
            raise ValueError(f"speed is {speed:g}, allowed is more than 0 up to 10000")
        if isinstance(target, Listener) and form not in TCP_FORMS:
            raise ValueError(f"{form} does not go over TCP, only {' and '.join(TCP_FORMS)} do")
        self._stream: Stream
        if isinstance(played, Scenario):
            self._stream = Played(Simulation(site, played, seed))
        else:
            self._stream = Recorded(site, played)
        self._form = form_of(form)
        if connections is None and isinstance(target, Listener):
            connections = "device"
        self._layout = layout_of(site, self._form, connections, per_gateway, topic)
        self._target = target
        self._now_ms = now_ms
        self._pace = Pace(
            speed=speed,
            shifted=shifted,
            window=target.window,
            connect_within_s=connect_within_s,
            drain_within_s=drain_within_s,
        )
        self._progress = progress
        self._on_state = on_state

    @property
    def connections(self) -> int:
        """How many there will be."""
        return self._layout.connections

    def run(self, stop: threading.Event) -> Published:
        """Publish until the end or until `stop` is set, then wait for the last acknowledgements. To be called once.

        While the broker is away or slow the windows fill and the readings wait; they go out with their own times.
        Raises BrokerAwayError when the first connections do not come up in time.
        """
        if stop.is_set():
            return Published(0, 0, 0)
        import uvloop

        # What gmqtt warns of is told by `on_state`, once and in words.
        logging.getLogger("gmqtt").addHandler(logging.NullHandler())
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(self._run(stop))

    async def _run(self, stop: threading.Event) -> Published:
        fleet = Fleet(
            self._stream,
            self._form,
            self._layout,
            self._dialler(),
            self._now_ms,
            self._pace,
            self._progress,
            self._on_state,
        )
        return await fleet.run(stop)

    def _dialler(self) -> Dialler:
        if isinstance(self._target, Listener):
            from simulators.fleets.tcp_link import TcpDialler

            form: TcpForm = "hj212" if self._form.name == "hj212" else "gb26875"
            return TcpDialler(self._target.host, self._target.port, form)
        from simulators.fleets.mqtt_link import MqttDialler

        return MqttDialler(self._target)
