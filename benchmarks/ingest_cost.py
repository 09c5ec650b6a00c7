"""What one message and one reading cost on their way through the gate. Run: python benchmarks/ingest_cost.py"""

import time
from collections.abc import Callable

import msgspec

from ingest.batcher import Batcher, BatchLimits
from ingest.codecs import native, native_generic
from ingest.codecs.decoded import Decoded
from ingest.gate import Gate
from ingest.lookup import PointLookup, TopicPoints
from ingest.quarantine import Quarantine
from ingest.redelivery import Redelivery
from plant.registry import PointRegistry
from plant.site import Enterprise, Point, Site, Unit

NOW_MS = 1_732_190_000_500
DEVICES = 200
KEYS = 50


def make_site() -> Site:
    """200 devices of 50 points each, found by point id."""
    site = Site("bench", "Asia/Shanghai", None, None)
    site.enterprises["E1"] = Enterprise("E1", "bench", "R1")
    site.units["U1"] = Unit("U1", "E1", "bench", "workshop")
    for device in range(DEVICES):
        for key in range(KEYS):
            name = f"D{device:03d}-P{key:02d}"
            site.points[name] = Point(
                point=name, unit="U1", enterprise="E1", kind="gas.combustible", unit_symbol="%LEL",
                range_low=0.0, range_high=100.0, period_s=1.0, report="periodic",
                ll=None, l=None, h=25.0, hh=50.0, deadband=2.0, topic=None, key=None, device=None, gas=None,
                ref_temp_c=None, principle=None, calibration_due=None, tags=(),
            )  # fmt: skip
    return site


def ns_each(work: Callable[[], object], count: int, repeats: int = 60) -> float:
    """CPU time of the best of many short runs, in ns for each of `count` things: others use the machine too."""
    best = float("inf")
    for _ in range(repeats):
        start = time.process_time_ns()
        work()
        best = min(best, (time.process_time_ns() - start) / count)
    return best


def payloads(keys: int, form: str) -> list[tuple[str, bytes]]:
    """One message of each device."""
    messages = []
    ts = 1_732_190_000_123
    for device in range(DEVICES):
        values = {f"D{device:03d}-P{key:02d}": 12.3 + key for key in range(keys)}
        body: object = {"ts": ts, "values": values}
        if form == "rows":
            body = {"r": [[key, ts, value] for key, value in values.items()]}
        elif form == "graded rows":
            body = {"r": [[key, ts, value, "good"] for key, value in values.items()]}
        elif form == "list":
            body = [{"ts": ts, "values": {key: value}} for key, value in values.items()]
        messages.append((f"tocsin/v1/E1/D{device:03d}/up", msgspec.json.encode(body)))
    return messages


def report(keys: int, form: str, lookup: PointLookup) -> None:
    messages = payloads(keys, form)
    count = len(messages)
    found = [(lookup.topic(topic), payload) for topic, payload in messages]
    resolved = [(points, payload) for points, payload in found if isinstance(points, TopicPoints)]

    def reject(reason: object, detail: str) -> None:
        raise AssertionError(f"{reason}: {detail}")

    def decode() -> list[Decoded | None]:
        return [native.decode(payload, points, reject) for points, payload in resolved]

    def generic() -> object:
        return [native_generic.decode(payload, points, reject) for points, payload in resolved]

    gate = Gate(lookup, Batcher(BatchLimits()), Quarantine(), Redelivery())

    def through() -> None:
        on_message = gate.on_message
        for receipt, (topic, payload) in enumerate(messages):
            on_message("bench", topic, payload, False, False, receipt & 0xFFFF, receipt, NOW_MS)
            if gate.batcher.is_full():
                gate.batcher.take()
        gate.batcher.take()

    for name, work in (("decode + lookup", decode), ("generic reader", generic), ("gate + batch + take", through)):
        ns = ns_each(work, count)
        print(f"{keys:3d} readings  {form:12s} {name:20s} {ns:9.0f} ns/message {ns / keys:7.0f} ns/reading")


def main() -> None:
    site = make_site()
    registry = PointRegistry()
    registry.assign(site.points)
    lookup = PointLookup(site, registry)
    for keys in (1, KEYS):
        for form in ("values", "rows", "graded rows", "list"):
            report(keys, form, lookup)


if __name__ == "__main__":
    main()
