"""The cluster at work: bridge, workers, a notifier and its standby; a worker is killed in the middle of an incident."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from plant.site import Site
from rules.events import AlarmEvent
from simulators import BrokerSettings, Publisher, load_scenario
from tocsin.clock import SystemClock
from tocsin.configuration import read_configuration
from tocsin.demo.console import USER, ConsoleMissingError, ConsoleProcess, sign_in_link
from tocsin.demo.district import Addresses, write_district, write_settings
from tocsin.demo.receiver import DemoReceiver
from tocsin.demo.screen import Screen
from tocsin.demo.show import free_port
from tocsin.kafka.division import partition_of
from tocsin.kafka.topics import Shard
from tocsin.settings import Settings, read_settings
from tocsin.settings.kafka import KafkaSettings
from tools.services.postgres_server import USER as DATABASE_USER

from .member import Member
from .servers import DATABASE, Servers, running_servers
from .watching import Key, Watch, all_alarms, key_of

PARTITIONS = 4
WORKERS = 2
_READY_S = 90.0
_WITHOUT_S = 20.0
"""The killed worker's supervisor brings it back after so long; here late, so that one sees the others do its work."""
_DRAIN_S = 3.0
_OF_AN_INCIDENT = ("yellow", "orange", "red")


def show(folder: Path, port: int, seconds: float, speed: float, stop: threading.Event) -> int:
    """Run until `seconds` are over (0: until `stop`); returns the exit code. ServiceError where a server is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    write_district(folder)
    configured = read_configuration(folder / "county")
    screen = Screen(configured.site, configured.rules)
    receiver = DemoReceiver(folder / "received.ids", (folder / "webhook.secret").read_text().strip())
    receiver.start()
    screen.say("[dim]Kafka, PostgreSQL and an MQTT broker start ...[/]")
    try:
        with running_servers(folder) as servers:
            config = _write_settings(folder, servers, port, receiver.url)
            settings = read_settings(config, {})
            assert settings.kafka is not None  # _write_settings wrote it
            cluster = _Cluster(folder, config, settings, settings.kafka, configured.site, screen, stop, speed)
            screen.say(
                f"[bold]Tocsin 警钟[/] · {configured.site.name} · {len(configured.site.enterprises)} enterprises,"
                f" {len(configured.site.points)} points, {len(configured.rules)} rules\n"
                f"devices → mqtt://127.0.0.1:{servers.mqtt_port} → bridge → Kafka {servers.kafka.bootstrap}"
                f" ({PARTITIONS} partitions) → workers → notifier → PostgreSQL 127.0.0.1:{servers.postgres.port},"
                f" {receiver.url} (signed webhook)"
            )
            return cluster.run(seconds, servers, receiver)
    finally:
        receiver.stop()


class _Cluster:
    def __init__(
        self,
        folder: Path,
        config: Path,
        settings: Settings,
        kafka: KafkaSettings,
        site: Site,
        screen: Screen,
        asked_to_end: threading.Event,
        speed: float,
    ) -> None:
        self._folder, self._config, self._settings, self._kafka = folder, config, settings, kafka
        self._site, self._screen, self._asked_to_end = site, screen, asked_to_end
        self._stop = threading.Event()
        self._speed = speed
        self._bridges = [Member("bridge", 1, config)]
        self._workers = [Member("worker", n + 1, config) for n in range(WORKERS)]
        self._notifiers = [Member("notifier", n + 1, config) for n in range(2)]
        self._incident = threading.Event()
        self._shard: Shard = 0
        """Where the first alarm came from."""
        self._watch = Watch(kafka, self._show)

    @property
    def _members(self) -> list[Member]:
        return [*self._bridges, *self._workers, *self._notifiers]

    def run(self, seconds: float, servers: Servers, receiver: DemoReceiver) -> int:
        console = ConsoleProcess(
            self._config, int(self._settings.console.listen.rpartition(":")[2]), self._folder / "console.log"
        )
        devices = threading.Thread(target=self._publish, args=(servers.mqtt_port,), name="county", daemon=True)
        try:
            for member in (*self._workers, *self._notifiers):
                member.start()
            # The devices run before the bridges do, as in the field: else they would be silent for too long at first.
            if not self._wait(lambda: all(worker.shards() for worker in self._workers)):
                return 1
            self._watch.start()
            devices.start()
            for bridge in self._bridges:
                bridge.start()
            if not self._wait(lambda: all(bridge.is_ready() for bridge in self._bridges)):
                return 1
            self._say_who_holds_what()
            threading.Thread(target=self._open_console, args=(console,), name="console", daemon=True).start()
            self._until_ended(time.monotonic() + seconds if seconds > 0 else float("inf"))
            for bridge in self._bridges:
                bridge.stop()
        finally:
            console.stop()
            self._stop.set()
            if devices.is_alive():
                devices.join(5)
        time.sleep(_DRAIN_S)
        return self._finish(receiver)

    def _until_ended(self, until_s: float) -> None:
        """Alarms are shown meanwhile; the worker that decides the first incident is killed in the middle of it."""
        victim: Member | None = None
        killed_s, flowed = 0.0, False
        while not self._asked_to_end.wait(0.1) and time.monotonic() < until_s:
            for member in self._members:
                if member is not victim and member.ended:
                    self._screen.say(f"[bold red]{member.name} has ended: {member.ended}[/]")
                    member.start()
            if victim is None and self._incident.is_set():
                victim, killed_s = self._kill(), time.monotonic()
            if victim is not None and not flowed and self._watch.latest_s.get(self._shard, 0.0) > killed_s + 0.5:
                flowed = True
                took_s = self._watch.latest_s[self._shard] - killed_s
                self._screen.say(
                    f"[bold]  ✔ partition {self._shard} tells of alarms again, {took_s:.1f} s after the kill[/]"
                )
            if victim is not None and not victim.pid and time.monotonic() > killed_s + _WITHOUT_S:
                victim.start()
                self._screen.say(f"[dim]  {victim.name} is back[/]")

    def _kill(self) -> Member:
        held = {worker.name: worker.shards() for worker in self._workers}
        victim = next((worker for worker in self._workers if self._shard in held[worker.name]), self._workers[0])
        pid = victim.pid
        victim.kill()
        shards = ", ".join(map(str, held[victim.name])) or "none"
        self._screen.say(f"[bold red]  ✖ kill -9 {pid}: {victim.name}, which decided shards {shards}[/]")
        return victim

    def _show(self, event: AlarmEvent) -> None:
        if event.event == "raised" and event.severity in _OF_AN_INCIDENT and not self._incident.is_set():
            self._shard = partition_of(event.enterprise, PARTITIONS)
            self._incident.set()
        self._screen.show([event])

    def _wait(self, holds: Callable[[], bool]) -> bool:
        """Until it is so; False where it does not come to that, which is said."""
        until_s = time.monotonic() + _READY_S
        while not holds():
            dead = next((member for member in self._members if member.ended), None)
            if dead is not None or time.monotonic() > until_s or self._asked_to_end.wait(0.2):
                what = f"{dead.name} has ended: {dead.ended}" if dead else "the cluster does not come up"
                self._screen.say(f"[bold red]{what}[/]; {self._folder}/*.log say more")
                self._end_members()
                return False
        return True

    def _say_who_holds_what(self) -> None:
        for worker in self._workers:
            self._screen.say(
                f"  {worker.name} (pid {worker.pid}) decides shards {', '.join(map(str, worker.shards()))}"
            )
        self._screen.say(f"[dim]  shard {PARTITIONS} is the second stage: rules that look at several partitions[/]")
        self._screen.say(
            "[dim]Ctrl-C ends it. At the first alarm above blue the worker that decides there is killed.[/]\n"
        )

    def _open_console(self, console: ConsoleProcess) -> None:
        try:
            link = sign_in_link(self._settings, SystemClock())
            console.start()
            if console.wait_ready(SystemClock()):
                self._screen.invite(f"http://{self._settings.console.listen}", link, USER)
        except ConsoleMissingError as missing:
            self._screen.say(f"[dim]no console: {missing}[/]")

    def _publish(self, mqtt_port: int) -> None:
        scenario = load_scenario("county-demo", self._site)
        broker = BrokerSettings("127.0.0.1", mqtt_port, client_id="county")
        Publisher(self._site, scenario, broker, SystemClock().now_ms, speed=self._speed).run(self._stop)

    def _end_members(self) -> None:
        for member in self._members:
            member.ask_to_stop()
        for member in self._members:
            member.stop()

    def _finish(self, receiver: DemoReceiver) -> int:
        """Bridges and workers end; then the topic is compared with a replay of the logs."""
        self._end_members()
        self._watch.stop()
        there, again = all_alarms(self._kafka), self._replayed()
        doubled = len(there) - len(set(there))
        same = set(there) == set(again)
        self._screen.say(
            f"\n{len(there)} events in the topic {self._kafka.prefix}alarms, {doubled} of them twice; the logs replayed"
            f" give {len(again)}: {'the same' if same else '[bold red]not the same[/]'}\n"
            f"the webhook received {receiver.received}, doubled {receiver.doubled}, refused {receiver.refused}"
        )
        return 0 if same and not doubled else 1

    def _replayed(self) -> list[Key]:
        out = self._folder / "replayed.jsonl"
        tocsin = str(Path(sys.executable).with_name("tocsin"))
        command = [tocsin, "replay", "--kafka", "--config", str(self._config), "--out", str(out)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            self._screen.say(f"[bold red]the replay failed: {done.stderr.strip()}[/]")
            return []
        return [key_of(msgspec.json.decode(line, type=AlarmEvent)) for line in out.read_bytes().splitlines()]


def _write_settings(folder: Path, servers: Servers, port: int, receiver: str) -> Path:
    """tocsin.toml of the embedded demo, and where the cluster is."""
    config = write_settings(folder, Addresses(servers.mqtt_port, free_port(0), free_port(port), receiver))
    more = (
        f'\n[kafka]\nbootstrap = "{servers.kafka.bootstrap}"\npartitions = {PARTITIONS}\nreplication = 1\n'
        "checkpoint_s = 10\n"
        f'\n[database]\nurl = "postgresql://127.0.0.1:{servers.postgres.port}/{DATABASE}"\nuser = "{DATABASE_USER}"\n'
    )
    config.write_text(config.read_text(encoding="utf-8") + more, encoding="utf-8")
    servers.kafka.topics("tocsin.", PARTITIONS)
    return config
