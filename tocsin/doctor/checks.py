"""Which checks there are for these settings."""

from tocsin.clock import Clock
from tocsin.doctor.finding import Check
from tocsin.doctor.of_broker import look_at_broker
from tocsin.doctor.of_channels import channel_checks
from tocsin.doctor.of_grafana import look_at_grafana
from tocsin.doctor.of_influx import look_at_influx, look_at_lag
from tocsin.doctor.of_kafka import look_at_cluster
from tocsin.doctor.of_log import look_at_book, look_at_disk, look_at_journal
from tocsin.doctor.of_machine import look_at_clock, look_at_kafka
from tocsin.doctor.of_pages import look_at_answers, look_at_console
from tocsin.doctor.of_service import look_at_service
from tocsin.doctor.of_shards import look_at_shards
from tocsin.doctor.of_shared_book import look_at_shared_book
from tocsin.doctor.of_site import look_at_site
from tocsin.doctor.of_version import look_at_version
from tocsin.settings import Settings
from tocsin.settings.kafka import KafkaSettings


def checks_of(settings: Settings, config: str, clock: Clock, kafka: str | None = None) -> list[Check]:
    """All of them, in the order in which readings pass through. `kafka` is host:port."""
    now_ms = clock.now_ms()
    inner = _of_one_process(settings) if settings.kafka is None else _of_cluster(settings, settings.kafka, now_ms)
    return [
        Check(
            "site",
            lambda: look_at_site(settings, config) if settings.kafka is None else look_at_version(settings, config),
        ),
        *(
            Check("broker", lambda b=broker: look_at_broker(b, now_ms), broker.label)  # type: ignore[misc]
            for broker in settings.brokers()
        ),
        *([Check("kafka", lambda: look_at_kafka(kafka, now_ms))] if kafka else []),
        *inner,
        Check("disk", lambda: look_at_disk(settings, now_ms)),
        Check("clock", lambda: look_at_clock(settings, clock)),
        Check("influxdb", lambda: look_at_influx(settings) + ([] if settings.kafka else look_at_lag(settings))),
        Check("grafana", lambda: look_at_grafana(settings)),
        *channel_checks(settings, now_ms),
        Check("console", lambda: look_at_console(settings, now_ms)),
        Check("answers", lambda: look_at_answers(settings, now_ms)),
    ]


def _of_one_process(settings: Settings) -> list[Check]:
    return [
        Check("service", lambda: look_at_service(settings)),
        Check("journal", lambda: look_at_journal(settings)),
        Check("book", lambda: look_at_book(settings)),
    ]


def _of_cluster(settings: Settings, kafka: KafkaSettings, now_ms: int) -> list[Check]:
    """The alarm path by what it has written: its processes may be on any machine."""
    return [
        Check("kafka", lambda: look_at_cluster(kafka, now_ms)),
        Check("shards", lambda: look_at_shards(settings, now_ms)),
        Check("book", lambda: look_at_shared_book(settings)),
    ]
