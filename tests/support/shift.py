"""A shift at the monitoring centre: simulated detectors, broker, service, console, and InfluxDB where it is wanted."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self

from playwright.sync_api import Page
from support.console import ConsoleWorld
from support.influx import BUCKET, ORG, TOKEN, InfluxServer, influx_server
from support.live import Live, running_broker

from plant.site import Site
from plant.site_reader import read_site
from simulators import BrokerSettings, Publisher
from simulators.scenario import Scenario
from tocsin.clock import SystemClock
from tools.services.influxd import find

LEAKING: Final = ("E1-P1", "E1-P2", "E1-P3")
"""Where gas is seen; red at the first."""
NEAR: Final = LEAKING[0]
_ROUTES: Final = """\
routes:
  - id: duty
    match: {severity: [red]}
    ladder: [{to: [{contact: duty}]}]
"""
_CONTACTS: Final = """\
contact,name,role,region_or_enterprise,phone,channels
duty,Duty room,duty,north,13800000001,sms
wang,Wang Fang,safety,E1,13800000002,sms
"""
_CHANNEL: Final = '[[channel]]\nkind = "file"\nname = "sms"\npath = "sms.jsonl"\n'


class Devices:
    """The detectors of a site. Silent until they are told what to play, and after `stop`."""

    def __init__(self, site: Site, port: int) -> None:
        self._site = site
        self._port = port
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def rest(self) -> None:
        """An ordinary day, from now on."""
        self._play()

    def leak(self, for_s: float) -> None:
        """Gas leaks beside three detectors of E1: the first goes beyond 50 %LEL within 5 s, the others beyond 25."""
        leak = {"kind": "leak", "at_s": 1, "for_s": for_s, "rise_s": 0.5}
        self._play(*({**leak, "point": p, "magnitude": m} for p, m in zip(LEAKING, (95, 60, 60), strict=True)))

    def stop(self) -> None:
        """No detector says anything any more."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(20)
            self._thread = None

    def _play(self, *incidents: dict[str, Any]) -> None:
        self.stop()
        self._stop = threading.Event()
        scenario = Scenario.model_validate({"name": "shift", "duration_s": 3600, "incidents": incidents})
        broker = BrokerSettings("127.0.0.1", self._port)
        publisher = Publisher(self._site, scenario, broker, SystemClock().now_ms)
        self._thread = threading.Thread(target=publisher.run, args=(self._stop,), name="detectors", daemon=True)
        self._thread.start()


class Shift(ConsoleWorld):
    """Everything runs; `devices` have an ordinary day. `influx` is there where it was given."""

    def __init__(self, live: Live, broker: Any, devices: Devices, influx: InfluxServer | None) -> None:
        super().__init__(live, broker, field=None)  # type: ignore[arg-type] - the devices are simulated
        self.devices = devices
        self.influx = influx


@contextmanager
def influx_where_there_is_one(folder: Path) -> Iterator[InfluxServer | None]:
    """A server; None where there is no influxd, and what needs it is skipped by name."""
    if find() is None:
        yield None
        return
    with influx_server(folder) as influx:
        yield influx


@contextmanager
def working_shift(folder: Path, *, influx: InfluxServer | None = None, settings: str = "") -> Iterator[Shift]:
    """`settings` are lines of the section [console]. Skips where there is no broker."""
    sections = [_CHANNEL, f"[console]\n{settings}"]
    if influx is not None:
        sections.insert(0, _history(folder, influx))
    with running_broker(folder) as broker, Live(folder, broker.port, settings="\n".join(sections)) as live:
        (live.site / "routes.yaml").write_text(_ROUTES, encoding="utf-8")
        (live.site / "contacts.csv").write_text(_CONTACTS, encoding="utf-8")
        site, _ = read_site(live.site)
        with Devices(site, broker.port) as devices:
            live.start()
            devices.rest()
            shift = Shift(live, broker, devices, influx)
            shift.console.start()
            try:
                yield shift
            finally:
                shift.console.kill()


def _history(folder: Path, influx: InfluxServer) -> str:
    for name in (f"{BUCKET}_1m", f"{BUCKET}_1h"):
        influx.make_bucket(name)
    (folder / "token").write_text(f"{TOKEN}\n", encoding="ascii")
    return "\n".join(
        [
            "[influx]",
            f'url = "{influx.url}"',
            f'org = "{ORG}"',
            f'bucket = "{BUCKET}"',
            f'token_file = "{folder / "token"}"',
            "interval_s = 0.2",
            "rollup_wait_s = 0",
            "status_s = 1",
        ]
    )


def banner(page: Page) -> str:
    """What the banner says; empty where there is none."""
    said: str = page.evaluate("(b => b.hidden ? '' : b.innerText)(document.getElementById('t-banner'))")
    return said
