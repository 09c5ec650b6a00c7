"""What was measured, where and how: all that the plan goes by. Absolute figures are of one machine at one time.

Each row names the benchmark that gives it again (`tocsin bench NAME`). To plan for other machines, run them there.
"""

from typing import Final, NamedTuple

_CPU: Final = "AMD EPYC, 2 shared cores"
_DATE: Final = "2026-11-22"


class Measured(NamedTuple):
    """A figure and where it comes from."""

    value: float
    unit: str
    what: str
    bench: str
    date: str = _DATE
    cpu: str = _CPU


class Figures(NamedTuple):
    """The table."""

    reading_bytes: Measured = Measured(21.0, "bytes", "a reading in a record: point, time, value, quality", "scale")
    record_bytes: Measured = Measured(180.0, "bytes", "a record beside its readings, on the broker's disk", "scale")
    bridge_messages_s: Measured = Measured(
        35_000.0, "messages/s", "a bridge, one reading a message, QoS 1, on one core and a half", "one_reading"
    )
    bridge_readings_s: Measured = Measured(
        900_000.0, "readings/s", "a bridge, 50 readings a message, QoS 1", "fifty_readings"
    )
    worker_readings_s: Measured = Measured(
        300_000.0, "readings/s", "a worker of one core under the rules of six packs", "scale"
    )
    worker_base_mb: Measured = Measured(150.0, "MB", "a worker that holds no partition", "scale")
    worker_mb_100k: Measured = Measured(300.0, "MB", "a worker, for 100,000 points that it holds", "scale")
    site_mb_100k: Measured = Measured(70.0, "MB", "a worker or bridge, for 100,000 points of the whole site", "scale")
    checkpoint_bytes: Measured = Measured(80.0, "bytes", "a point in a checkpoint, compressed", "scale")
    checkpoint_s_100k: Measured = Measured(0.5, "s", "to make the checkpoint of 100,000 points", "scale")
    restore_s_100k: Measured = Measured(1.0, "s", "to restore 100,000 points: rules compiled, state read", "scale")
    site_s_100k: Measured = Measured(5.0, "s", "to read 100,000 points of a configuration at a start", "scale")
    rebalance_s: Measured = Measured(2.0, "s", "from the session's end until partitions are given out anew", "worker")
    alarm_steps_bytes: Measured = Measured(2_500.0, "bytes", "a whole alarm in `alarms` and `steps`", "scale")
    alarm_book_bytes: Measured = Measured(6_000.0, "bytes", "a whole alarm in the alarm book and outbox", "alarms")
    book_alarms_s: Measured = Measured(900.0, "alarms/s", "whole alarms into the alarm book", "alarms")
    influx_reading_bytes: Measured = Measured(8.0, "bytes", "a raw reading in InfluxDB, compacted", "scale")
    influx_readings_s: Measured = Measured(160_000.0, "readings/s", "raw lines made by one follower", "history")
    broker_mb_s: Measured = Measured(60.0, "MB/s", "into one broker, acks=all", "scale")


FIGURES: Final = Figures()
