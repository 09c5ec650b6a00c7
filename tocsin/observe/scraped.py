"""Metrics that are read from their owners at scrape time, with their labels kept within bounds."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

Read = Callable[[], float | Mapping[Any, float]]
"""A number, or numbers by label value (by a tuple of them where there are several labels)."""

_MOST_SERIES: Final = 200
"""The most label sets of one metric. Those that come later are summed under "other"."""


@dataclass(frozen=True, slots=True)
class Scraped:
    kind: Literal["gauge", "counter"]
    labels: tuple[str, ...]
    help: str


SCRAPED: Final[dict[str, Scraped]] = {
    "tocsin_unacknowledged_age_seconds": Scraped("gauge", (), "Age of the oldest message not yet acknowledged."),
    "tocsin_unacknowledged_messages": Scraped("gauge", (), "Messages taken in and not yet acknowledged."),
    "tocsin_source_connected": Scraped("gauge", ("source",), "1 while the broker connection is up."),
    "tocsin_quarantined_total": Scraped("counter", ("reason",), "Values and messages kept aside, by reason."),
    "tocsin_readings_flagged_total": Scraped(
        "counter", ("flag",), "Readings that were late, duplicate, ahead, skewed, bad, over_range or under_range."
    ),
    "tocsin_log_entries": Scraped("gauge", (), "Position of the log's end."),
    "tocsin_engine_lag_entries": Scraped("gauge", (), "Entries of the log not yet decided."),
    "tocsin_exposure_incomplete": Scraped(
        "gauge", (), "Averages over time (twa) that lack more than a quarter of their data."
    ),
    "tocsin_devices": Scraped("gauge", ("state",), "Devices of the site: reporting, silent, never seen."),
    "tocsin_devices_expected": Scraped("gauge", ("enterprise",), "Devices that the site expects."),
    "tocsin_devices_reporting": Scraped("gauge", ("enterprise",), "Devices that report."),
    "tocsin_device_clock_offset_max_seconds": Scraped(
        "gauge", (), "How far the worst device's clock is off, by its quickest reading."
    ),
    "tocsin_journal_bytes": Scraped("gauge", (), "Size of the journal on disk."),
    "tocsin_disk_full": Scraped("gauge", (), "1 while there is no room and nothing is acknowledged."),
    "tocsin_alarms": Scraped("gauge", ("state", "severity"), "Alarms in the book that are not closed."),
    "tocsin_outbox_pending": Scraped("gauge", ("target",), "Notices waiting to be delivered."),
    "tocsin_outbox_dead": Scraped("gauge", ("target",), "Notices given up: dead letters."),
    "tocsin_selftest_ok": Scraped("gauge", (), "1 while the last self-test was good and none is missing."),
    "tocsin_selftest_age_seconds": Scraped("gauge", (), "Since the last good self-test began."),
    "tocsin_selftest_leg_seconds": Scraped(
        "gauge", ("leg",), "Of the last self-test: from its begin to the end of each leg."
    ),
    "tocsin_heartbeats_total": Scraped("counter", ("outcome",), "Heartbeats sent, failed, and withheld."),
    "tocsin_notifier_active": Scraped("gauge", (), "1 while this notifier is the active one."),
    "tocsin_notifier_lag_records": Scraped("gauge", (), "Records of the topic steps that are not in the alarm book."),
    "tocsin_notifier_commit_age_seconds": Scraped("gauge", (), "Since the alarm book was last written."),
    "tocsin_notifier_dead_letters_total": Scraped("counter", (), "Records of the topic steps that could not be taken."),
    "tocsin_shard_clock_age_seconds": Scraped("gauge", ("shard",), "How old the last word of a shard's worker is."),
    "tocsin_follower_lag_entries": Scraped("gauge", ("follower",), "Entries of the log a follower has yet to write."),
    "tocsin_follower_lag_seconds": Scraped("gauge", ("follower",), "Age of the oldest entry a follower has to write."),
    "tocsin_follower_failures_total": Scraped("counter", ("follower",), "Writes that failed and are tried again."),
    "tocsin_follower_rejected_total": Scraped("counter", ("follower",), "Lines that the sink will never take."),
    "tocsin_follower_lost_entries_total": Scraped("counter", ("follower",), "Entries dropped before being written."),
    "tocsin_bridge_leases": Scraped("gauge", (), "Lease units that this bridge holds."),
    "tocsin_bridge_waiting_bytes": Scraped("gauge", (), "Memory of what was taken in and is not Kafka's yet."),
    "tocsin_worker_shards": Scraped("gauge", (), "Shards that this worker holds."),
    "tocsin_worker_lag_entries": Scraped("gauge", ("shard",), "Entries of a shard's log not yet decided."),
    "tocsin_worker_lag_seconds": Scraped("gauge", ("shard",), "Age of a shard's newest decided entry."),
    "tocsin_bridge_kafka_errors_total": Scraped("counter", ("error",), "Errors that Kafka's client told of, by name."),
    "tocsin_follow_shards": Scraped("gauge", (), "Shards whose logs this process writes to history."),
}


class ScrapeTime(Collector):
    """Asks every owner when Prometheus asks us."""

    def __init__(self) -> None:
        self._reads: dict[str, list[Read]] = {}
        self._known: dict[str, set[tuple[str, ...]]] = {}
        self._errors: dict[str, int] = {}

    def add(self, name: str, read: Read) -> None:
        self._reads.setdefault(name, []).append(read)

    def describe(self) -> Iterator[Metric]:
        """Nothing: so that registering asks nobody."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        for name, reads in sorted(self._reads.items()):
            yield self._family(name, self._values(name, reads))
        errors = CounterMetricFamily("tocsin_scrape_errors", "Metrics that could not be read.", labels=["metric"])
        for name, count in self._errors.items():
            errors.add_metric([name], count)
        yield errors

    def _values(self, name: str, reads: list[Read]) -> dict[tuple[str, ...], float]:
        values: dict[tuple[str, ...], float] = {}
        for read in reads:
            try:
                found = read()
                parts: Mapping[Any, float] = found if isinstance(found, Mapping) else {(): found}
                for label, value in parts.items():
                    key = self._bounded(name, (label,) if isinstance(label, str) else label)
                    values[key] = values.get(key, 0.0) + float(value)
            except Exception:
                # One owner in trouble must not blind the others' metrics.
                self._errors[name] = self._errors.get(name, 0) + 1
        return values

    def _bounded(self, name: str, labels: tuple[str, ...]) -> tuple[str, ...]:
        """First come, first named: a counter's sum under "other" must never go back."""
        expected = len(SCRAPED[name].labels)
        if len(labels) != expected:
            raise ValueError(f"{name} has {expected} labels, got {labels}")
        known = self._known.setdefault(name, set())
        if labels not in known:
            if len(known) >= _MOST_SERIES:
                return ("other",) * expected
            known.add(labels)
        return labels

    @staticmethod
    def _family(name: str, values: dict[tuple[str, ...], float]) -> Metric:
        what = SCRAPED[name]
        family = (
            GaugeMetricFamily(name, what.help, labels=list(what.labels))
            if what.kind == "gauge"
            else CounterMetricFamily(name.removesuffix("_total"), what.help, labels=list(what.labels))
        )
        for labels, value in values.items():
            family.add_metric(list(labels), value)
        return family
