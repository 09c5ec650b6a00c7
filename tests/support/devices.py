"""Sites and logs for the tests of devices, and online time by the definition, millisecond by millisecond."""

from collections.abc import Iterable, Sequence

from plant.batch import Batch
from plant.entries import Configuration, DeviceDown, Entry, Readings, SourceDown, SourceUp
from plant.quality import RETAINED, Quality
from plant.registry import PointRegistry
from plant.site import Device, Enterprise, Point, Region, Report, Site, Unit
from rules.schema import Rule
from tocsin.inventory.device_table import DeviceKey, DeviceTable, device_table

T0 = 1_700_000_000_000


def point(
    id_: str, device: str | None = None, period_s: float = 1.0, report: Report = "periodic", enterprise: str = "E1"
) -> Point:
    """A point of the unit of its enterprise."""
    cells = dict.fromkeys(("ll", "l", "h", "hh", "deadband", "topic", "key", "gas", "ref_temp_c", "principle"))
    return Point(
        point=id_,
        unit=f"{enterprise}-U",
        enterprise=enterprise,
        kind="gas.combustible",
        unit_symbol="%LEL",
        range_low=0.0,
        range_high=100.0,
        period_s=period_s,
        report=report,
        device=device,
        calibration_due=None,
        tags=(),
        **cells,  # type: ignore[arg-type]
    )


def site(points: Iterable[Point], devices: Iterable[Device] = ()) -> Site:
    """E1 in town north-1 of district north, E2 in district south, E3, which has no points, in none."""
    regions = [Region("north", None, "North"), Region("north-1", "north", "Town 1"), Region("south", None, "South")]
    enterprises = [Enterprise("E1", "One", "north-1"), Enterprise("E2", "Two", "south"), Enterprise("E3", "Three", "")]
    return Site(
        name="Test",
        timezone="UTC",
        centre=None,
        packs=(),
        regions={region.region: region for region in regions},
        enterprises={enterprise.enterprise: enterprise for enterprise in enterprises},
        units={f"{e.enterprise}-U": Unit(f"{e.enterprise}-U", e.enterprise, "Hall", "workshop") for e in enterprises},
        points={p.point: p for p in points},
        devices={device.device: device for device in devices},
    )


def table_of(points: Iterable[Point], registry: PointRegistry, rules: Sequence[Rule] = ()) -> DeviceTable:
    """The device table of such a site; its points get numbers where they have none."""
    points = list(points)
    registry.assign(p.point for p in points)
    return device_table(site(points), rules, registry)


def stale_rule(after_s: float) -> Rule:
    """A stale rule over every point."""
    return Rule.model_validate(
        {
            "id": "silent",
            "version": 1,
            "applies_to": {"kind": "*"},
            "condition": {"stale": {"after_s": after_s}},
            "severity": "blue",
            "text": {"en": "silent"},
        }
    )


def readings(at_ms: int, rows: Iterable[tuple[int, int | None]], source: str = "broker", mark: int = 0) -> Readings:
    """A batch of (point number, measured_at_ms)."""
    quality = int(Quality.GOOD) | mark
    return Readings(at_ms, Batch.of([(number, measured, 1.0, quality) for number, measured in rows]), source)


class SlowOnline:
    """What `tocsin.inventory.listening` says, found by asking at every millisecond: for logs of a few seconds."""

    def __init__(self, tables: dict[str, DeviceTable], first: str) -> None:
        self.online_ms: dict[DeviceKey, int] = {}
        self.expected_ms: dict[DeviceKey, int] = {}
        self.listened_ms = 0
        self._tables, self._table = tables, tables[first]
        self._last: dict[int, tuple[int, str]] = {}
        self._up: set[str] = set()
        self._listened = 0

    def ask(self, entries: Sequence[Entry], from_ms: int, to_ms: int) -> "SlowOnline":
        """Entries have distinct times."""
        following = [entry.received_at_ms for entry in entries[1:]]
        for entry, next_ms in zip(entries, following, strict=False):
            self._take(entry)
            pause = next_ms - entry.received_at_ms > 2000
            if pause:
                self._up.clear()
                continue
            for now in range(entry.received_at_ms, next_ms):
                if from_ms <= now < to_ms:
                    self._ask()
                self._listened += 1
        return self

    def _ask(self) -> None:
        self.listened_ms += 1
        table = self._table
        online = set()
        for number, (heard, source) in self._last.items():
            within = self._listened - heard < table.window_ms[number]
            if source in self._up if table.forever[number] else within:
                online.add(int(table.device[number]))
        for device, key in enumerate(table.keys):
            self.expected_ms[key] = self.expected_ms.get(key, 0) + 1
            self.online_ms[key] = self.online_ms.get(key, 0) + (device in online)

    def _take(self, entry: Entry) -> None:
        if isinstance(entry, Readings):
            self._up.add(entry.source)
            for number, quality in zip(entry.batch.point.tolist(), entry.batch.quality.tolist(), strict=True):
                if quality < RETAINED and self._known(number, self._table):
                    self._last[number] = (self._listened, entry.source)
        elif isinstance(entry, SourceUp):
            self._up.add(entry.source)
        elif isinstance(entry, SourceDown):
            self._up.discard(entry.source)
        elif isinstance(entry, DeviceDown):
            for number in entry.points:
                self._last.pop(number, None)
        elif isinstance(entry, Configuration):
            self._table = self._tables[entry.digest]
            self._last = {number: heard for number, heard in self._last.items() if self._known(number, self._table)}

    @staticmethod
    def _known(number: int, table: DeviceTable) -> bool:
        return number < len(table.device) and int(table.device[number]) >= 0
