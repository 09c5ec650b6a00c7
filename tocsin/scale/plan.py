"""How many of everything a load needs, by arithmetic that is shown. Pure."""

from dataclasses import dataclass
from math import ceil
from typing import Final, NamedTuple

from tocsin.kafka.topics import TopicSpec, specs
from tocsin.scale.figures import FIGURES, Figures
from tocsin.scale.load import DAY_S, Load
from tocsin.settings.kafka import KafkaSettings

TAKEOVER_S: Final = 10.0
"""Alarms flow again within this time of a worker's death."""
PARTITIONS: Final = (8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024)
A_WORKER: Final = 4
"""Partitions a worker: what one leaves behind is spread over several, and there may be four times as many some day."""
UNEVEN: Final = 1.5
"""The largest partition to the mean: an enterprise is never divided."""
READERS: Final = 3
"""That read all readings: workers, raw history, roll-ups."""
YEAR_DAYS: Final = 365
_KEPT_CHECKPOINTS: Final = 2
_MOST_WORKERS: Final = 256
_MB: Final = 1e6


class Line(NamedTuple):
    """One result, and how it was reached."""

    name: str
    value: float
    unit: str
    how: str


class Section(NamedTuple):
    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a load needs."""

    partitions: int
    """Those of the settings where there are any, else as many as are needed."""
    partitions_needed: int
    workers: int
    bridges: int
    brokers: int
    sections: tuple[Section, ...]
    topics: tuple[TopicSpec, ...]


@dataclass(frozen=True, slots=True)
class _Sizes:
    """What the sections are worked out from."""

    load: Load
    kafka: KafkaSettings
    figures: Figures
    partitions: int
    workers: int
    bridges: int
    records_s: float

    @property
    def left(self) -> int:
        """Workers, when as many are down as may be."""
        return max(1, self.workers - self.load.down)

    @property
    def worker_s(self) -> float:
        return self.figures.worker_readings_s.value

    @property
    def reading_bytes(self) -> float:
        """A reading on the broker's disk, its share of the record included."""
        return self.figures.reading_bytes.value + self.figures.record_bytes.value * self.records_s / self.load.mean_s

    @property
    def checkpoint_bytes(self) -> float:
        """The state of all points."""
        return self.load.points * self.figures.checkpoint_bytes.value

    @property
    def in_bytes_s(self) -> float:
        """Into Kafka at the peak, before copies."""
        alarms = self.load.alarms_a_day / DAY_S * self.figures.alarm_steps_bytes.value
        return self.load.peak_s * self.reading_bytes + self.checkpoint_bytes / self.kafka.checkpoint_s + alarms


def plan(load: Load, kafka: KafkaSettings | None = None, figures: Figures = FIGURES) -> Plan:
    """What the load needs; with `kafka` for its partitions, replication and times, else for those that are needed.

    ValueError for a load that no number of workers carries in time.
    """
    if load.points < 1 or load.readings_a_day <= 0 or load.enterprises < 1 or load.alarms_a_day < 0:
        raise ValueError("a load has points, readings and enterprises, at least one of each")
    settings = kafka or KafkaSettings(bootstrap=("127.0.0.1:9092",))
    workers = _workers(load, settings, figures)
    needed = _partitions(load, workers, figures)
    if kafka is None:
        settings = settings.model_copy(update={"partitions": needed})
    messages_s = load.mean_s / load.readings_a_message
    records_s = min(messages_s, settings.partitions * 1000 / settings.linger_ms)
    bridges = _bridges(load, figures) + load.down
    sizes = _Sizes(load, settings, figures, settings.partitions, workers, bridges, records_s)
    brokers = max(3, settings.replication, ceil(sizes.in_bytes_s * settings.replication / _broker_bytes_s(figures)))
    sections = (_rates(sizes), _processes(sizes, needed, brokers), _takeover(sizes), _disk(sizes), _network(sizes))
    return Plan(settings.partitions, needed, workers, bridges, brokers, sections, specs(settings))


def takeover_s(load: Load, kafka: KafkaSettings, figures: Figures, workers: int) -> float:
    """From a worker's death until alarms of its partitions flow again."""
    return kafka.session_s + figures.rebalance_s.value + sum(_restoring_s(load, kafka, figures, workers))


def _restoring_s(load: Load, kafka: KafkaSettings, figures: Figures, workers: int) -> tuple[float, float]:
    """(to restore the dead worker's points, to fold what came since its last checkpoint), shared by those left."""
    # Each partition is restored by one worker: at most A_WORKER of them share the work.
    share = workers * max(1, min(workers - 1, A_WORKER))
    restore = load.points / share / 1e5 * figures.restore_s_100k.value
    fold = load.peak_s * kafka.checkpoint_s / share / figures.worker_readings_s.value
    return restore, fold


def _workers(load: Load, kafka: KafkaSettings, figures: Figures) -> int:
    most = max(load.peak_s, load.catch_up_s)
    least = max(2, ceil(most / figures.worker_readings_s.value) + load.down)
    for workers in range(least, _MOST_WORKERS + 1):
        if takeover_s(load, kafka, figures, workers) <= TAKEOVER_S:
            return workers
    if kafka.session_s + figures.rebalance_s.value > TAKEOVER_S and least <= _MOST_WORKERS:
        return least
    raise ValueError(f"no {_MOST_WORKERS} workers carry this load: divide the site among several clusters")


def _partitions(load: Load, workers: int, figures: Figures) -> int:
    busiest = UNEVEN * max(load.peak_s, load.catch_up_s) / figures.worker_readings_s.value
    least = max(PARTITIONS[0], A_WORKER * workers, ceil(busiest))
    return next((count for count in PARTITIONS if count >= least), PARTITIONS[-1])


def _bridges(load: Load, figures: Figures) -> int:
    most = max(load.peak_s, load.catch_up_s)
    by_messages = most / load.readings_a_message / figures.bridge_messages_s.value
    return max(1, ceil(by_messages), ceil(most / figures.bridge_readings_s.value))


def _broker_bytes_s(figures: Figures) -> float:
    # Half of what was measured: a broker also hands out, and copies while another is away.
    return figures.broker_mb_s.value * _MB / 2


def _rates(s: _Sizes) -> Section:
    load = s.load
    a_record = load.mean_s / s.records_s
    return Section(
        "readings",
        (
            Line("mean", load.mean_s, "readings/s", f"{load.readings_a_day:,.0f} a day / {DAY_S:,} s"),
            Line("peak", load.peak_s, "readings/s", f"{load.peak:g} x mean"),
            Line("catch-up", load.catch_up_s, "readings/s", f"{load.catch_up:g} x mean, after an outage"),
            Line("MQTT messages", load.mean_s / load.readings_a_message, "messages/s",
                 f"mean / {load.readings_a_message:g} readings a message"),
            Line("records", s.records_s, "records/s",
                 f"one a partition in {s.kafka.linger_ms} ms, at most one a message; {a_record:,.1f} readings each"),
            Line("bytes a reading", s.reading_bytes, "bytes",
                 f"{s.figures.reading_bytes.value:g} + {s.figures.record_bytes.value:g} a record / {a_record:,.1f}"),
        ),
    )  # fmt: skip


def _processes(s: _Sizes, needed: int, brokers: int) -> Section:
    load, figures = s.load, s.figures
    most = max(load.peak_s, load.catch_up_s)
    site_mb = load.points / 1e5 * figures.site_mb_100k.value
    own_mb = load.points / s.left / 1e5 * figures.worker_mb_100k.value
    followers = max(1, ceil(most / figures.influx_readings_s.value))
    return Section(
        "processes",
        (
            Line("partitions", s.partitions, "",
                 f"needed {needed}: {A_WORKER} a worker, at least {PARTITIONS[0]}; it can't be changed later"),
            Line("workers", s.workers, "",
                 f"{most:,.0f} readings/s / {s.worker_s:,.0f} of one, and takeover within {TAKEOVER_S:g} s,"
                 f" with {load.down} down"),
            Line("memory of a worker", figures.worker_base_mb.value + site_mb + own_mb, "MB",
                 f"{figures.worker_base_mb.value:g} + {site_mb:,.0f} for the site"
                 f" + {own_mb:,.0f} for {load.points / s.left:,.0f} points with {load.down} down"),
            Line("bridges", s.bridges, "",
                 f"{most / load.readings_a_message:,.0f} messages/s / {figures.bridge_messages_s.value:,.0f},"
                 f" {most:,.0f} readings/s / {figures.bridge_readings_s.value:,.0f}, + {load.down}"),
            Line("memory of a bridge", figures.worker_base_mb.value + site_mb, "MB", "without points of its own"),
            Line("brokers", brokers, "",
                 f"at least 3; {s.in_bytes_s * s.kafka.replication / _MB:,.1f} MB/s with copies"
                 f" / half of {figures.broker_mb_s.value:g} MB/s"),
            Line("notifiers", 2, "", "one works, one waits"),
            Line("raw history followers", followers, "",
                 f"{most:,.0f} readings/s / {figures.influx_readings_s.value:,.0f} of one"),
        ),
    )  # fmt: skip


def _takeover(s: _Sizes) -> Section:
    load, figures, kafka = s.load, s.figures, s.kafka
    restore, fold = _restoring_s(load, kafka, figures, s.workers)
    backlog, rate = load.mean_s * 3600, s.left * s.worker_s
    share = s.checkpoint_bytes / s.partitions
    return Section(
        "takeover and catch-up",
        (
            Line("takeover of a dead worker", takeover_s(load, kafka, figures, s.workers), "s",
                 f"{kafka.session_s:g} session + {figures.rebalance_s.value:g} rebalance + {restore:.2f} restore"
                 f" + {fold:.2f} fold of {kafka.checkpoint_s:g} s"),
            Line("catch-up after an hour away", backlog / max(rate - load.mean_s, 1e-9), "s",
                 f"{backlog:,.0f} readings / ({s.left} x {s.worker_s:,.0f} - {load.mean_s:,.0f} that come meanwhile)"),
            Line("without any checkpoint", load.readings_a_day * kafka.retention_days / rate, "s",
                 f"{kafka.retention_days:g} days kept / ({s.left} x {s.worker_s:,.0f})"),
            Line("checkpoint of a partition", share / _MB, "MB",
                 f"{load.points / s.partitions:,.0f} points x {figures.checkpoint_bytes.value:g} bytes"),
            Line("making it", load.points / s.partitions / 1e5 * figures.checkpoint_s_100k.value, "s",
                 f"{figures.checkpoint_s_100k.value:g} s a 100,000 points, every {kafka.checkpoint_s:g} s"),
            Line("reading the site at a start", load.points / 1e5 * figures.site_s_100k.value, "s",
                 f"{figures.site_s_100k.value:g} s a 100,000 points"),
        ),
    )  # fmt: skip


def _disk(s: _Sizes) -> Section:
    load, figures, kafka = s.load, s.figures, s.kafka
    copies, days = kafka.replication, kafka.retention_days
    day = load.readings_a_day * s.reading_bytes
    rounds = _KEPT_CHECKPOINTS + 600 / kafka.checkpoint_s
    alarms = load.alarms_a_day * figures.alarm_steps_bytes.value * YEAR_DAYS
    book = load.alarms_a_day * figures.alarm_book_bytes.value * YEAR_DAYS
    raw = load.readings_a_day * figures.influx_reading_bytes.value
    return Section(
        "disk",
        (
            Line("readings", day * days * copies / 1e9, "GB",
                 f"{day / 1e9:,.1f} GB a day x {days:g} days x {copies} copies"),
            Line("checkpoints", s.checkpoint_bytes * rounds * copies / 1e9, "GB",
                 f"{s.checkpoint_bytes / _MB:,.0f} MB x {rounds:,.0f} until compacted x {copies} copies"),
            Line("alarms and steps, a year", alarms * copies / 1e9, "GB",
                 f"{load.alarms_a_day:,.0f} a day x {figures.alarm_steps_bytes.value:,.0f} bytes x {YEAR_DAYS}"
                 f" x {copies} copies"),
            Line("PostgreSQL, a year", book / 1e9, "GB",
                 f"{load.alarms_a_day:,.0f} a day x {figures.alarm_book_bytes.value:,.0f} bytes x {YEAR_DAYS}"),
            Line("InfluxDB, a day of raw readings", raw / 1e9, "GB",
                 f"{load.readings_a_day:,.0f} x {figures.influx_reading_bytes.value:g} bytes"),
        ),
    )  # fmt: skip


def _network(s: _Sizes) -> Section:
    written = s.in_bytes_s
    copies = s.kafka.replication - 1
    read = s.load.peak_s * s.reading_bytes * READERS
    checkpoints = s.checkpoint_bytes / s.kafka.checkpoint_s
    flood_s = s.load.points / 10 / s.figures.book_alarms_s.value
    return Section(
        "network at the peak, and a flood",
        (
            Line("into Kafka", written / _MB, "MB/s",
                 f"{(written - checkpoints) / _MB:,.2f} readings and alarms + {checkpoints / _MB:,.2f} checkpoints"),
            Line("between brokers", written * copies / _MB, "MB/s", f"x {copies} further copies"),
            Line("out of Kafka", read / _MB, "MB/s", f"readings x {READERS} readers"),
            Line("one point in ten alarms at once", flood_s, "s",
                 f"{s.load.points / 10:,.0f} alarms / {s.figures.book_alarms_s.value:,.0f} alarms/s of the alarm book"),
        ),
    )  # fmt: skip
