"""The quarantine: bounded, counted, printable, kept in a file."""

import json
from pathlib import Path

import pytest

from ingest import quarantine_store
from ingest.quarantine import SAMPLE_BYTES, Quarantine, printable
from ingest.reason import Reason


def filled() -> Quarantine:
    quarantine = Quarantine()
    quarantine.record("a", Reason.NOT_JSON, b"first", "", 1000)
    quarantine.record("b", Reason.UNKNOWN_POINT, b"second", "k1", 2000)
    quarantine.record("a", Reason.NOT_JSON, b"\xffthird" * 100, "", 3000)
    return quarantine


def test_one_entry_for_each_topic_and_reason() -> None:
    latest, other = filled().entries()
    assert (latest.topic, latest.reason, latest.count) == ("a", "not_json", 2)
    assert (latest.first_seen_ms, latest.last_seen_ms) == (1000, 3000)
    assert latest.first_bytes == (b"\xffthird" * 100)[:SAMPLE_BYTES]
    assert (other.topic, other.detail) == ("b", "k1")


def test_counts_name_every_reason() -> None:
    counts = filled().counts
    assert set(counts) == {reason.value for reason in Reason}
    assert {reason: count for reason, count in counts.items() if count} == {"not_json": 2, "unknown_point": 1}


def test_bounded_by_entries_the_latest_are_kept_and_the_rest_is_counted() -> None:
    quarantine = Quarantine(max_entries=10)
    for n in range(100):
        quarantine.record(f"t{n}", Reason.NOT_JSON, b"x", "", n)
        quarantine.record("often", Reason.NOT_JSON, b"x", "", n)
    assert len(quarantine) == 10
    assert quarantine.overflowed == 91
    assert quarantine.counts["not_json"] == 200
    assert {entry.topic: entry.count for entry in quarantine.entries()}["often"] == 100


def test_bounded_by_bytes_whatever_the_topics() -> None:
    quarantine = Quarantine(max_bytes=100_000)
    for n in range(1000):
        quarantine.record(f"{n}" + "t" * 70_000, Reason.NOT_JSON, b"x" * 70_000, "d" * 70_000, n)
    assert sum(entry.size for entry in quarantine.entries()) <= 100_000
    assert len(quarantine) > 100


def test_what_is_shown_can_be_printed() -> None:
    quarantine = Quarantine()
    quarantine.record("t\x1b[31m\n\x00\u202e警", Reason.UNKNOWN_POINT, b"", "\ud800\r", 0)
    (entry,) = quarantine.entries()
    assert entry.topic == "t\\x1b[31m\\n\\x00\\u202e警"
    assert entry.detail == "\\ud800\\r"
    assert printable("x" * 300, 10) == "x" * 9 + "…"


def test_it_is_saved_and_loaded(tmp_path: Path) -> None:
    path = tmp_path / "quarantine.json"
    quarantine = filled()
    quarantine.record("t\x1b", Reason.UNKNOWN_POINT, bytes(range(256)), "\udcff", 4000)
    quarantine_store.save(quarantine, path, 5000)
    snapshot = quarantine_store.load(path)
    assert snapshot is not None
    assert snapshot.saved_at_ms == 5000
    assert snapshot.entries == quarantine.entries()
    assert snapshot.counts == quarantine.counts
    json.loads(path.read_text())
    assert [file.name for file in tmp_path.iterdir()] == ["quarantine.json"]


def test_a_restart_goes_on_counting(tmp_path: Path) -> None:
    quarantine_store.save(filled(), tmp_path / "q.json", 5000)
    snapshot = quarantine_store.load(tmp_path / "q.json")
    assert snapshot is not None
    again = Quarantine()
    again.restore(snapshot.entries, snapshot.counts)
    again.record("b", Reason.UNKNOWN_POINT, b"new", "k2", 9000)
    latest, other = again.entries()
    assert (latest.topic, latest.count, latest.first_seen_ms) == ("b", 2, 2000)
    assert (other.topic, other.count) == ("a", 2)
    assert again.counts["unknown_point"] == 2


def test_no_file_is_no_quarantine_and_a_broken_one_is_named(tmp_path: Path) -> None:
    assert quarantine_store.load(tmp_path / "none.json") is None
    broken = tmp_path / "broken.json"
    broken.write_bytes(b'{"entries": [\xff')
    with pytest.raises(ValueError, match=r"broken\.json: not a quarantine file"):
        quarantine_store.load(broken)
