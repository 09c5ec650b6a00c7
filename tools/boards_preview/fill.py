"""A drill that fills InfluxDB: the demo county's last hour from a recorded feed, then some seconds of live service.

All that is stored comes from the product: the past is decided by its core and kept in its journal, then the service
runs on that folder with a broker and devices, and people answer. So boards have something of everything to show.
"""

import asyncio
import base64
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import yaml

from alerts.channels.file import FileSettings
from alerts.channels.webhook import WebhookSettings
from plant.batch import Batch
from plant.entries import DisposalAction, Entry, OperatorAction, Readings, Tick
from plant.quality import Quality
from simulators import BrokerSettings, Publisher, Simulation, load_scenario, write_county
from tocsin.clock import Clock, SystemClock
from tocsin.configuration import Configured, read_configuration
from tocsin.demo.show import free_port, start_broker
from tocsin.drill.entries import entries_of
from tocsin.followers.influx import InfluxSettings
from tocsin.runtime.control import DisposalRequest, Request
from tocsin.runtime.core import Core
from tocsin.runtime.service import Service
from tocsin.settings import HttpSettings, MqttSettings, Settings

ROUTES: Final = """\
rosters:
  - {id: duty, shifts: [{from: "08:00", to: "20:00", contacts: [C00]}, {from: "20:00", to: "08:00", contacts: [C00]}]}
routes:
  - id: centre
    match: {severity: [red, orange]}
    ladder: [{to: [{roster: duty}]}, {after_s: 2, to: [{roster: duty}]}]
  - id: enterprise
    match: {severity: [red, orange]}
    tier: enterprise
    ladder: [{to: [{role: safety}]}]
disposal:
  severities:
    red: {assign_s: 20, close_s: 86400}
    orange: {assign_s: 1800, close_s: 259200}
"""
_DOUBT_EVERY: Final = 4
"""In the past every so many batches have a bad and an uncertain reading."""
_GROUP: Final = 2_000


@dataclass(frozen=True, slots=True)
class Target:
    """An InfluxDB 2 and the bucket to fill. The token must be able to write, and to make buckets."""

    url: str
    org: str
    bucket: str
    token: str


def fill(folder: Path, target: Target, *, past_s: int = 3600, live_s: float = 12.0, seed: int = 1) -> Configured:
    """Fill the bucket; returns the configuration of the county. `folder` is empty and keeps the service's data.

    ValueError where the embedded broker is not installed; RuntimeError where the service ends with an error.
    """
    clock = SystemClock()
    site = folder / "county"
    write_site(site)
    configured = read_configuration(site)
    data = folder / "data"
    decide_the_past(data, configured, clock.now_ms(), past_s, seed)
    settings = _settings(folder, site, data, target)
    if asyncio.run(_run(settings, configured, clock, live_s)) != 0:
        raise RuntimeError("the service ended with an error: see its log")
    return configured


def write_site(site: Path) -> None:
    """The demo county, with early warnings, and with routes so that somebody is told."""
    write_county(site)
    path = site / "site.yaml"
    given: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    given["packs"] = [*given["packs"], "early-warning"]
    path.write_text(yaml.safe_dump(given, allow_unicode=True), encoding="utf-8")
    (site / "routes.yaml").write_text(ROUTES, encoding="utf-8")


def decide_the_past(data: Path, configured: Configured, now_ms: int, past_s: int, seed: int) -> None:
    """A data folder with the county's last `past_s` seconds, as the product decided them; people have answered."""
    start_ms = now_ms // 1000 * 1000 - past_s * 1000
    scenario = load_scenario("county-demo", configured.site).model_copy(
        update={"start": datetime.fromtimestamp(start_ms / 1000, UTC), "duration_s": float(past_s)}
    )
    simulation = Simulation(configured.site, scenario, seed)
    core = Core.open(data, configured, (), start_ms - 26 * 3_600_000)
    try:
        gas = [p.point for p in configured.site.points.values() if p.kind == "gas.combustible"]
        silent, cut_off = (simulation.registry.numbers[point] for point in (gas[-1], gas[-2]))
        entries = [entry for _, entry in entries_of(simulation.feeds(), start_ms, start_ms + past_s * 1000)]
        entries = [_with_doubt(_without(entry, (silent, cut_off)), n) for n, entry in enumerate(entries)]
        middle = len(entries) // 2
        entries.insert(middle, _late(cut_off, entries[middle].received_at_ms))
        entries[:0] = _of_yesterday(silent, start_ms - 25 * 3_600_000)
        for first in range(0, len(entries), _GROUP):
            _take(core, entries[first : first + _GROUP])
            _answer(core, entries[min(first + _GROUP, len(entries)) - 1].received_at_ms)
        core.checkpoint()()
    finally:
        core.close()


def _with_doubt(entry: Entry, number: int) -> Entry:
    """Now and then a device says that it can't vouch for a value: one reading of a batch, and the next."""
    if number % _DOUBT_EVERY or not isinstance(entry, Readings):
        return entry
    batch = entry.batch
    quality = batch.quality.copy()
    first = number // _DOUBT_EVERY * 2 % len(batch)
    quality[first] = Quality.BAD
    quality[(first + 1) % len(batch)] = Quality.UNCERTAIN
    return replace(entry, batch=Batch(batch.point, batch.measured_at_ms, batch.value, quality))


def _without(entry: Entry, numbers: Sequence[int]) -> Entry:
    """The entry without the readings of some points."""
    if not isinstance(entry, Readings):
        return entry
    batch = entry.batch
    kept = ~np.isin(batch.point, numbers)
    if not kept.any():
        return Tick(entry.received_at_ms)
    return replace(
        entry, batch=Batch(batch.point[kept], batch.measured_at_ms[kept], batch.value[kept], batch.quality[kept])
    )


def _of_yesterday(point: int, at_ms: int) -> list[Entry]:
    """A detector far above its limits, of which nothing is heard afterwards: its alarm stands for more than a day."""
    return [Readings(at_ms + s * 1000, Batch.of([(point, at_ms + s * 1000, 70.0, Quality.GOOD)])) for s in range(5)]


def _late(point: int, received_ms: int) -> Readings:
    """A detector that was cut off and tells ten minutes later what it saw: a historical alarm."""
    began_ms = received_ms - 600_000
    return Readings(received_ms, Batch.of([(point, began_ms + s * 1000, 60.0, Quality.GOOD) for s in range(10)]))


def _take(core: Core, entries: Sequence[Entry]) -> None:
    first = core.append(list(entries))
    for commit in core.decide(list(enumerate(entries, first))):
        core.record(commit)


def _answer(core: Core, now_ms: int) -> None:
    """Two in three alarms are acknowledged; of the red and orange ones half are disposed of."""
    actions: list[Entry] = []
    waiting = [alarm for alarm in core.book.alarms() if alarm.acknowledged_at is None]
    for number, alarm in enumerate(sorted(waiting, key=lambda a: (a.raised_at, a.alarm))):
        if number % 3 == 2:
            continue
        actions.append(OperatorAction(now_ms, "acknowledge", alarm.alarm, "C00"))
        if alarm.worst_severity in ("red", "orange") and number % 2 == 0:
            steps: tuple[tuple[str, str, dict[str, str]], ...] = (
                ("start", "C01", {}),
                ("cause", "C01", {"code": "release.leak" if number % 4 else "instrument.fault"}),
                ("submit", "C01", {}),
                ("verify", "C00", {}),
                ("close", "C00", {"why": "seen on the spot"}),
            )
            actions += [DisposalAction(now_ms, name, alarm.alarm, by, fields) for name, by, fields in steps]  # type: ignore[arg-type]
    if actions:
        _take(core, actions)


def _settings(folder: Path, site: Path, data: Path, target: Target) -> Settings:
    (folder / "token").write_text(target.token + "\n", encoding="ascii")
    (folder / "secret").write_text("whsec_" + base64.b64encode(b"a secret for previews only").decode(), "ascii")
    return Settings(
        site=site,
        data=data,
        mqtt=(MqttSettings(url="mqtt://127.0.0.1:1", name="county", protocol="3.1.1"),),
        http=HttpSettings(listen=f"127.0.0.1:{free_port(0)}"),
        channel=(FileSettings(kind="file", name="sms", path=folder / "sms.jsonl"),),
        webhook=(
            # Nobody listens there: what fails has to be seen, too.
            WebhookSettings(
                url=f"http://127.0.0.1:{free_port(0)}/alarms",
                secret_file=folder / "secret",
                name="province",
                allow_private=True,
            ),
        ),
        influx=InfluxSettings(
            url=target.url,
            org=target.org,
            bucket=target.bucket,
            token_file=folder / "token",
            interval_s=0.2,
            rollup_wait_s=0.0,
            status_s=1,
        ),
    )


async def _run(settings: Settings, configured: Configured, clock: Clock, live_s: float) -> int:
    """The service with its devices, until the time is over and history has caught up."""
    broker, port = start_broker()
    source = settings.mqtt[0].model_copy(update={"url": f"mqtt://127.0.0.1:{port}"})
    service = Service(settings.model_copy(update={"mqtt": (source,)}), configured, clock)
    scenario = load_scenario("county-demo", configured.site)
    devices = Publisher(
        configured.site, scenario, BrokerSettings("127.0.0.1", port, client_id="county"), clock.now_ms, speed=1.0
    )
    stop = threading.Event()
    thread = threading.Thread(target=devices.run, args=(stop,), name="county", daemon=True)
    tasks: list[asyncio.Task[None]] = []
    thread.start()
    try:
        return await service.run(ready=lambda running: tasks.append(asyncio.create_task(_live(running, live_s))))
    finally:
        stop.set()
        await asyncio.to_thread(thread.join, 5.0)
        broker.stop()


async def _live(service: Service, live_s: float) -> None:
    """People answer the newest alarms half-way; then the end is waited for."""
    try:
        await asyncio.sleep(live_s / 2)
        newest = sorted(service.core.book.alarms(), key=lambda alarm: -alarm.raised_at)[:4]
        for number, alarm in enumerate(newest):
            if number % 2 == 0:
                await service.act(Request("acknowledge", alarm.alarm, "C00", "seen"))
            if alarm.worst_severity in ("red", "orange"):
                await service.act(DisposalRequest("start", alarm.alarm, "C01", {}))
        await asyncio.sleep(live_s / 2)
    finally:
        service.stop()
