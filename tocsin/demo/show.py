"""The demo's parts, started and stopped together."""

import asyncio
import socket
import threading
from contextlib import suppress
from pathlib import Path
from signal import SIGINT, SIGTERM
from typing import Any

import structlog
from rich.markup import escape

from simulators import BrokerSettings, Publisher, load_scenario
from tocsin.clock import SystemClock
from tocsin.configuration import read_configuration
from tocsin.demo.console import USER, ConsoleMissingError, ConsoleProcess, sign_in_link
from tocsin.demo.district import Addresses, write_district, write_settings
from tocsin.demo.people import answer
from tocsin.demo.receiver import DemoReceiver
from tocsin.demo.screen import Screen
from tocsin.runtime.service import Service
from tocsin.settings import Settings, read_settings

_DRAIN_S = 1.5
_log = structlog.get_logger(__name__)


class MissingExtraError(ValueError):
    """A part that is installed as an extra is not there."""


def free_port(wanted: int) -> int:
    """`wanted` if nobody listens there on 127.0.0.1, else another port that is free now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            return free_port(0)
        return int(probe.getsockname()[1])


def start_broker() -> tuple[Any, int]:
    """An embedded MQTT broker on a free port of 127.0.0.1."""
    try:
        from iotcore import Broker
    except ImportError:
        raise MissingExtraError("the demo needs an embedded broker: pip install 'tocsin[demo]'") from None
    port = free_port(0)
    broker = Broker(port=port, listen="127.0.0.1")
    broker.start()
    return broker, port


async def show(folder: Path, port: int, seconds: float, speed: float) -> int:
    """Run the demo in an existing folder until `seconds` are over (0: until stopped); returns the exit code.

    `port` is the console's; one that is taken gives way to a free one.
    """
    write_district(folder)
    configured = read_configuration(folder / "county")
    screen = Screen(configured.site, configured.rules)
    receiver = DemoReceiver(folder / "received.ids", (folder / "webhook.secret").read_text().strip())
    receiver.start()
    broker, broker_port = start_broker()
    clock = SystemClock()
    addresses = Addresses(broker_port, free_port(0), free_port(port), receiver.url)
    config = write_settings(folder, addresses)
    settings = read_settings(config, {})
    console = ConsoleProcess(config, addresses.console, folder / "console.log")
    service = Service(settings, configured, clock, screen.show)
    publisher = Publisher(
        configured.site,
        load_scenario("county-demo", configured.site),
        BrokerSettings("127.0.0.1", broker_port, client_id="county"),
        clock.now_ms,
        speed=speed,
    )
    stop = threading.Event()
    devices = threading.Thread(target=_publish, args=(publisher, stop), name="county", daemon=True)
    people = threading.Thread(target=answer, args=(settings.data, clock, stop), name="people", daemon=True)
    loop = asyncio.get_running_loop()

    def end() -> None:
        stop.set()
        # The last alarms are still on their way to the webhook.
        loop.call_later(_DRAIN_S, service.stop)

    def ready(running: Service) -> None:
        site = configured.site
        screen.say(
            f"[bold]Tocsin 警钟[/] · {site.name} · {len(site.enterprises)} enterprises, {len(site.points)} points,"
            f" {len(configured.rules)} rules"
        )
        screen.say(
            f"devices → mqtt://127.0.0.1:{broker_port} → rules → alarms → {receiver.url} (signed webhook)\n"
            f"health and metrics: http://127.0.0.1:{running.http.port}/healthz /metrics · data: {folder / 'data'}"
        )
        if running.core.restart.folded:
            screen.say(f"[dim]restored: {running.core.restart.folded} log entries since the last checkpoint[/]")
        screen.say("[dim]Ctrl-C ends it. Kill it in the middle and start it again: nothing is lost.[/]\n")
        threading.Thread(target=_open_console, args=(console, settings, screen), name="console", daemon=True).start()
        people.start()
        if seconds > 0:
            loop.call_later(seconds, end)

    for number in (SIGTERM, SIGINT):
        loop.add_signal_handler(number, end)
    # The devices run before the service does, as in the field: else they would be silent for too long at its start.
    devices.start()
    try:
        code = await service.run(ready=ready)
    finally:
        stop.set()
        console.stop()
        if devices.is_alive():
            devices.join(5.0)
        receiver.stop()
        with suppress(Exception):
            broker.stop()
    screen.say(
        f"\n{screen.raised} alarms raised, {screen.events} events; the webhook received {receiver.received},"
        f" doubled {receiver.doubled}, refused {receiver.refused}"
    )
    return code


def _open_console(console: ConsoleProcess, settings: Settings, screen: Screen) -> None:
    """Start it, and say what to look at; without it the demo goes on."""
    try:
        link = sign_in_link(settings, SystemClock())
        console.start()
        ready = console.wait_ready(SystemClock())
    except ConsoleMissingError as missing:
        screen.say(f"[dim]no console: {escape(str(missing))}[/]")
    else:
        if ready:
            screen.invite(f"http://{settings.console.listen}", link, USER)


def _publish(publisher: Publisher, stop: threading.Event) -> None:
    try:
        publisher.run(stop)
    except OSError as error:
        _log.error("devices_stopped", error=str(error))
