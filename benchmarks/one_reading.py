"""One reading a message, QoS 1, 1,000 topics, a stateful rule: the service against a client that only counts."""

from statistics import median

from benchmarks.broker import MISSING, find_mosquitto
from benchmarks.figure import Figure, emit, is_quick, say
from benchmarks.load import Load
from benchmarks.throughput import past_counter, through_service

GOAL = 0.75
LOAD = Load(devices=1_000, keys=1)


def main() -> None:
    quick = is_quick()
    name = "one reading a message: of a bare subscriber's rate"
    if find_mosquitto() is None:
        emit(Figure(name=name, value=None, unit="x", goal=GOAL, note=MISSING))
        return
    messages, pairs = (100_000, 1) if quick else (200_000, 4)
    ours, bare = [], []
    for _ in range(pairs):
        ours.append(through_service(LOAD, messages))
        say(f"  tocsin run       {ours[-1]}")
        bare.append(past_counter(LOAD, messages))
        say(f"  bare subscriber  {bare[-1]}")
    rates = [run.messages_per_s for run in ours]
    ratio = median(a.messages_per_s / b.messages_per_s for a, b in zip(ours, bare, strict=True))
    lost = sum(run.lost for run in ours)
    bare_rate = median(run.messages_per_s for run in bare)
    ours_us, bare_us = (median(run.cpu_s * 1e6 / run.messages for run in runs) for runs in (ours, bare))
    note = (
        f"median of {pairs} pairs; {median(rates):,.0f} against {bare_rate:,.0f} messages/s,"
        f" {ours_us:.1f} against {bare_us:.1f} us CPU/message"
    )
    emit(
        Figure(name=name, value=ratio, unit="x", goal=GOAL, note=note),
        Figure(name="one reading a message: lost or doubled", value=lost, unit="readings", goal=0, at_least=False),
    )


if __name__ == "__main__":
    main()
