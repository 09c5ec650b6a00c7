"""The service's Prometheus metrics (docs/reference/metrics.md). Every label is bounded."""

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest

from tocsin.observe.scraped import SCRAPED, Read, ScrapeTime

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0)
_READINGS = (1, 10, 100, 1_000, 10_000, 100_000)


class Metrics:
    """Owns a registry of its own. Count with the attributes; what has a state elsewhere is read when scraped: `watch`.

    Safe from any thread. Counting costs about a microsecond, so count batches, not readings.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.messages = Counter("tocsin_messages", "MQTT messages taken in.", ["source"], registry=self.registry)
        self.answers = Counter("tocsin_answers", "Messages sent back to devices.", ["source"], registry=self.registry)
        self.down = Counter(
            "tocsin_points_down", "Points whose device was said to be dead.", ["source"], registry=self.registry
        )
        self.readings = Counter("tocsin_readings", "Readings written to the log.", registry=self.registry)
        self.entries = Counter(
            "tocsin_entries", "Entries written to the log, by kind.", ["kind"], registry=self.registry
        )
        self.events = Counter("tocsin_events", "Alarm events decided.", ["event", "severity"], registry=self.registry)
        self.batch_readings = Histogram(
            "tocsin_batch_readings", "Readings in a batch.", buckets=_READINGS, registry=self.registry
        )
        self.append_s = Histogram(
            "tocsin_journal_append_seconds",
            "Writing and syncing a batch to the journal.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.engine_s = Histogram(
            "tocsin_engine_seconds", "Deciding a batch.", buckets=_SECONDS, registry=self.registry
        )
        self._scrape_time = ScrapeTime()
        self.registry.register(self._scrape_time)

    def watch(self, name: str, read: Read) -> None:
        """Ask `read` for the metric of this name at every scrape; once for each place that holds a part of it.

        `read` returns a number, or for a metric with labels a mapping from the label's value (or a tuple of them, in
        the order of the reference) to numbers. If it raises, its part is left out and
        `tocsin_scrape_errors_total` counts it. ValueError if there is no such metric.
        """
        if name not in SCRAPED:
            raise ValueError(f"no metric {name}; there are {', '.join(SCRAPED)}")
        self._scrape_time.add(name, read)

    def render(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)
