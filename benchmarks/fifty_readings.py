"""50 readings a message, QoS 1: readings decided and durable each second, nothing lost."""

from statistics import median

from benchmarks.broker import MISSING, find_mosquitto
from benchmarks.figure import Figure, emit, is_quick, say
from benchmarks.load import Load
from benchmarks.throughput import through_service

GOAL = 1_000_000
LOAD = Load(devices=1_000, keys=50)


def main() -> None:
    quick = is_quick()
    name = "50 readings a message: decided and durable"
    if find_mosquitto() is None:
        emit(Figure(name=name, value=None, unit="readings/s", goal=GOAL, note=MISSING))
        return
    runs = []
    for _ in range(1 if quick else 3):
        runs.append(through_service(LOAD, 40_000 if quick else 80_000))
        say(f"  tocsin run  {runs[-1]}")
    lost = sum(run.lost for run in runs)
    rate = median(run.readings_per_s for run in runs)
    of_cpu = median(run.readings / run.cpu_s for run in runs)
    note = f"median of {len(runs)}, best {max(run.readings_per_s for run in runs):,.0f}; {of_cpu:,.0f} a CPU second"
    emit(
        Figure(name=name, value=rate, unit="readings/s", goal=GOAL, note=note),
        Figure(name="50 readings a message: lost or doubled", value=lost, unit="readings", goal=0, at_least=False),
    )


if __name__ == "__main__":
    main()
