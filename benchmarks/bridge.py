"""`tocsin bridge` into a real Kafka against `tocsin run` into its journal: the same flood, by turns, in one run."""

import time
from statistics import median

from benchmarks.broker import MISSING as NO_MOSQUITTO
from benchmarks.broker import find_mosquitto, mosquitto
from benchmarks.figure import Figure, emit, is_quick, say
from benchmarks.flood import flood
from benchmarks.kafka import MISSING, Broker, kafka
from benchmarks.load import Load
from benchmarks.service import Service, processor_s, running
from benchmarks.site import write_site
from benchmarks.throughput import TIMEOUT_S, WARM_UP_ROUNDS, Run, folder, through_service
from tocsin.kafka.topics import Topics
from tools.services.kafka import find

GOAL = 0.7
GOAL_BYTES = 24
PARTITIONS = 4
LOADS = {"one reading a message": Load(1_000, 1, 16), "50 readings a message": Load(1_000, 50, 16)}
_MESSAGES = {1: (100_000, 60_000), 50: (40_000, 15_000)}
"""By readings a message: in a whole run, in a quick one."""


def through_bridge(load: Load, messages: int, broker: Broker, prefix: str) -> tuple[Run, float, float]:
    """A flood through one bridge that holds all leases; also Kafka's processor seconds, and its bytes a reading."""
    warm_up = WARM_UP_ROUNDS * load.devices
    settings = broker.topics(prefix, PARTITIONS)
    more = (
        f'[kafka]\nbootstrap = "{broker.bootstrap}"\nprefix = "{prefix}"\npartitions = {PARTITIONS}\nreplication = 1\n'
    )
    with folder() as here, mosquitto(here / "broker") as port:
        site = write_site(here / "site", load)
        with (
            running(here, site, port, "bridge", more) as bridge,
            flood(port, load, [warm_up, messages]) as publisher,
        ):
            _until_leased(bridge)
            publisher.go()
            publisher.times(TIMEOUT_S)
            bridge.wait_for_readings(warm_up * load.keys, TIMEOUT_S)
            before_s, kafka_s = bridge.cpu_s(), processor_s(broker.pid)
            wanted = (warm_up + messages) * load.keys
            publisher.go()
            time.sleep(0.2)
            ended_s = bridge.wait_for_readings(wanted, TIMEOUT_S)
            begun_s, published_s = publisher.times(TIMEOUT_S)
            cpu_s, kafka_s = bridge.cpu_s() - before_s, processor_s(broker.pid) - kafka_s
            text = bridge.metrics()
            lost = abs(wanted - bridge.metric("tocsin_readings_total", text))
            lost += bridge.metric("tocsin_quarantined_total", text)
    bytes_each = broker.bytes_of(Topics.of(settings).readings) / wanted
    run = Run(messages, messages * load.keys, ended_s - begun_s, published_s - begun_s, cpu_s, int(lost))
    return run, kafka_s, bytes_each


def main() -> None:
    quick = is_quick()
    if find_mosquitto() is None or find() is None:
        note = NO_MOSQUITTO if find_mosquitto() is None else MISSING
        for what in LOADS:
            emit(Figure(name=f"bridge, {what}", value=None, unit="x", goal=GOAL, note=note))
        return
    lost = 0
    with folder() as here, kafka(here / "kafka") as broker:
        for what, load in LOADS.items():
            embedded, bridged, kafka_s, bytes_each = [], [], [], []
            for turn in range(1 if quick else 2):
                messages = _MESSAGES[load.keys][quick]
                embedded.append(through_service(load, messages))
                say(f"  tocsin run     {embedded[-1]}")
                run, of_kafka_s, each = through_bridge(load, messages, broker, f"b{load.keys}-{turn}.")
                say(f"  tocsin bridge  {run}, {each:.1f} bytes a reading")
                bridged.append(run)
                kafka_s.append(of_kafka_s * 1e6 / run.readings)
                bytes_each.append(each)
            ratio = median(b.readings_per_s / a.readings_per_s for a, b in zip(embedded, bridged, strict=True))
            cpu = [median(run.cpu_s * 1e6 / run.readings for run in runs) for runs in (bridged, embedded)]
            note = (
                f"median of {len(bridged)}; {median(run.readings_per_s for run in bridged):,.0f} against"
                f" {median(run.readings_per_s for run in embedded):,.0f} readings/s; CPU seconds a million readings:"
                f" bridge {cpu[0]:.2f}, Kafka {median(kafka_s):.2f}, tocsin run {cpu[1]:.2f}"
            )
            lost += sum(run.lost for run in bridged)
            emit(
                Figure(name=f"bridge, {what}: of the embedded rate", value=ratio, unit="x", goal=GOAL, note=note),
                Figure(
                    name=f"bridge, {what}: in Kafka's log",
                    value=median(bytes_each),
                    unit="bytes/reading",
                    goal=GOAL_BYTES,
                    at_least=False,
                ),
            )
    emit(Figure(name="bridge: lost or doubled", value=lost, unit="readings", goal=0, at_least=False))


def _until_leased(bridge: Service) -> None:
    deadline_s = time.monotonic() + TIMEOUT_S
    while bridge.metric("tocsin_bridge_leases") < PARTITIONS + 1 and time.monotonic() < deadline_s:
        time.sleep(0.05)
    bridge.wait_until_ready()


if __name__ == "__main__":
    main()
