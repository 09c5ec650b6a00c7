"""Metrics: counted or asked for at scrape time, bounded in labels, all of them in the reference."""

import re
from functools import partial
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tocsin.bridge.metrics import BridgeMetrics
from tocsin.observe.metrics import Metrics
from tocsin.observe.scraped import SCRAPED
from tocsin.worker.metrics import WorkerMetrics

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "metrics.md"


def samples(metrics: Metrics, name: str) -> dict[tuple[str, ...], float]:
    """Values by the label values, these in the order of the labels' names."""
    return {
        tuple(value for _, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(metrics.render().decode())
        for sample in family.samples
        if sample.name == name
    }


def test_what_is_counted_is_shown() -> None:
    metrics = Metrics()
    metrics.readings.inc(50)
    metrics.messages.labels("main").inc(2)
    metrics.events.labels("raised", "red").inc()
    metrics.append_s.observe(0.003)
    assert samples(metrics, "tocsin_readings_total") == {(): 50}
    assert samples(metrics, "tocsin_messages_total") == {("main",): 2}
    assert samples(metrics, "tocsin_events_total") == {("raised", "red"): 1}
    assert samples(metrics, "tocsin_journal_append_seconds_count") == {(): 1}


def test_what_is_watched_is_asked_at_each_scrape() -> None:
    metrics = Metrics()
    age_s = [1.5]
    metrics.watch("tocsin_unacknowledged_age_seconds", lambda: age_s[0])
    assert samples(metrics, "tocsin_unacknowledged_age_seconds") == {(): 1.5}
    age_s[0] = 0.0
    assert samples(metrics, "tocsin_unacknowledged_age_seconds") == {(): 0.0}


def test_several_places_can_hold_a_part() -> None:
    metrics = Metrics()
    metrics.watch("tocsin_follower_lag_seconds", lambda: {"influx": 3.0})
    metrics.watch("tocsin_follower_lag_seconds", lambda: {"notices": 0.5})
    metrics.watch("tocsin_alarms", lambda: {("active", "red"): 2, ("active", "blue"): 1})
    assert samples(metrics, "tocsin_follower_lag_seconds") == {("influx",): 3.0, ("notices",): 0.5}
    assert samples(metrics, "tocsin_alarms") == {("red", "active"): 2, ("blue", "active"): 1}


def test_one_that_fails_does_not_blind_the_others() -> None:
    def broken() -> float:
        raise OSError("gone")

    metrics = Metrics()
    metrics.watch("tocsin_journal_bytes", broken)
    metrics.watch("tocsin_disk_full", lambda: True)
    assert samples(metrics, "tocsin_disk_full") == {(): 1}
    assert samples(metrics, "tocsin_journal_bytes") == {}
    assert samples(metrics, "tocsin_scrape_errors_total") == {("tocsin_journal_bytes",): 3}


def test_labels_are_bounded_and_sums_never_go_back() -> None:
    metrics = Metrics()
    counts = {f"reason-{n:04d}": 1.0 for n in range(150)}
    metrics.watch("tocsin_quarantined_total", lambda: counts)
    assert len(samples(metrics, "tocsin_quarantined_total")) == 150
    counts.update({f"a-late-one-{n}": 1.0 for n in range(1_000)})
    shown = samples(metrics, "tocsin_quarantined_total")
    assert len(shown) == 201
    assert shown["other",] == 950
    assert sum(shown.values()) == 1_150
    assert shown["reason-0149",] == 1


def test_an_unknown_metric_is_an_error() -> None:
    with pytest.raises(ValueError, match="no metric tocsin_oops"):
        Metrics().watch("tocsin_oops", lambda: 1)


def test_the_reference_names_every_metric_and_no_other() -> None:
    described = set(re.findall(r"^\| `(tocsin_[a-z_]+)`", REFERENCE.read_text(encoding="utf-8"), re.MULTILINE))
    shown: set[str] = set()
    for metrics in (Metrics(), BridgeMetrics(), WorkerMetrics()):
        for name, what in SCRAPED.items():
            metrics.watch(name, partial(dict, [(("x",) * len(what.labels), 1.0)]))
        shown |= {
            family.name + ("_total" if family.type == "counter" else "")
            for family in text_string_to_metric_families(metrics.render().decode())
            if family.name.startswith("tocsin_")
        }
    assert described == {name for name in shown if not name.endswith("_created")}
