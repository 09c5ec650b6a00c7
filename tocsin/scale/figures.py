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

    reading_bytes: Measured = Measured(21.0, "bytes", "a reading in a record; 20 where all are good", "scale")
    record_bytes: Measured = Measured(145.0, "bytes", "a record beside its readings, on a broker's disk", "scale")
    bridge_messages_s: Measured = Measured(
        50_000.0, "messages/s", "one Mosquitto hands out to a bridge, one reading a message, QoS 1", "one_reading"
    )
    bridge_readings_s: Measured = Measured(
        570_000.0, "readings/s", "half a core of a bridge (0.87 s a million), 50 readings a message", "bridge"
    )
    worker_readings_s: Measured = Measured(
        290_000.0, "readings/s", "a worker's core, 50 rules of six packs, 440,000 points", "scale"
    )
    worker_base_mb: Measured = Measured(113.0, "MB", "a worker of a site of 100 points: its programs", "scale")
    worker_mb_100k: Measured = Measured(160.0, "MB", "a worker, for 100,000 points that it holds", "scale")
    site_mb_100k: Measured = Measured(120.0, "MB", "a worker or bridge, for 100,000 points of the whole site", "scale")
    checkpoint_bytes: Measured = Measured(54.0, "bytes", "a point in a checkpoint, lz4, on a broker's disk", "scale")
    checkpoint_s_100k: Measured = Measured(0.13, "s", "to make the checkpoint of 100,000 points", "scale")
    restore_s_100k: Measured = Measured(1.1, "s", "to restore 100,000 points: rules compiled, state read", "scale")
    site_s_100k: Measured = Measured(3.2, "s", "to read 100,000 points of a configuration at a start", "scale")
    rebalance_s: Measured = Measured(
        2.0,
        "s",
        "allowed for a rebalance after the session's end: not measured alone, takeover as a whole is",
        "worker",
    )
    alarm_steps_bytes: Measured = Measured(
        2_360.0, "bytes", "a whole alarm in `alarms` and `steps`, on a broker's disk", "scale_alarms"
    )
    alarm_book_bytes: Measured = Measured(
        13_200.0, "bytes", "a whole alarm with its calls in PostgreSQL, indexes and all", "scale_alarms"
    )
    book_alarms_s: Measured = Measured(
        100.0, "alarms/s", "whole alarms into PostgreSQL, ten programs waiting for each core", "scale_alarms"
    )
    influx_reading_bytes: Measured = Measured(
        13.0, "bytes", "a raw reading in InfluxDB, compacted; noise of two decimals", "scale_history"
    )
    influx_readings_s: Measured = Measured(
        160_000.0, "readings/s", "raw lines and roll-ups made by one core of a follower", "history"
    )
    broker_mb_s: Measured = Measured(90.0, "MB/s", "into one broker, acks=all, no copies", "scale")


FIGURES: Final = Figures()
