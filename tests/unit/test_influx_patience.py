"""The patient writer: an outage is waited out, a refusal is said, a bad line is isolated, nothing else is lost."""

import random
import threading
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from tocsin.followers.backoff import Backoff
from tocsin.followers.influx.patience import PatientWriter, Stopped
from tocsin.followers.influx.rejects import RejectedLines
from tocsin.followers.influx.sink import LinesRejectedError, SinkAwayError, SinkError, SinkRefusesError


class ScriptedSink:
    """Fails as it is told, one failure a call; finds fault with lines that say "bad" ."""

    def __init__(self, *failures: SinkError, counts_dropped: bool = False) -> None:
        self.failures = list(failures)
        self.counts_dropped = counts_dropped
        self.taken: list[str] = []
        self.calls = 0

    def write(self, lines: Sequence[str]) -> None:
        self.calls += 1
        if self.failures:
            raise self.failures.pop(0)
        bad = sum("bad" in line for line in lines)
        if bad:
            raise LinesRejectedError(f"partial write: dropped={bad}", bad if self.counts_dropped else None)
        self.taken += lines

    def close(self) -> None:
        pass


def writer(sink: ScriptedSink, folder: Path, stopping: threading.Event | None = None) -> PatientWriter:
    backoff = Backoff(0.001, 0.002, random.Random(7))
    return PatientWriter(sink, backoff, stopping or threading.Event(), folder / "rejected.jsonl")


def kept_aside(folder: Path) -> list[str]:
    path = folder / "rejected.jsonl"
    return [msgspec.json.decode(line)["line"] for line in path.read_bytes().splitlines()] if path.exists() else []


def test_an_outage_is_waited_out(tmp_path: Path) -> None:
    sink = ScriptedSink(
        SinkAwayError("refused"), SinkAwayError("busy", retry_after_s=0.001), SinkRefusesError("no token")
    )
    patient = writer(sink, tmp_path)
    patient.write(["a", "b"])
    assert sink.taken == ["a", "b"]
    assert patient.failures == 3
    assert (patient.trouble, patient.refused) == ("", False)


def test_bad_lines_are_isolated_and_the_rest_arrives_in_order(tmp_path: Path) -> None:
    sink = ScriptedSink()
    patient = writer(sink, tmp_path)
    lines = [f"{'bad' if k in (0, 37, 38, 99) else 'good'}-{k}" for k in range(100)]
    patient.write(lines)
    assert sink.taken == [line for line in lines if "good" in line]
    assert kept_aside(tmp_path) == ["bad-0", "bad-37", "bad-38", "bad-99"]
    assert patient.rejected.count == 4


def test_a_request_of_which_all_was_dropped_is_not_cut_finer(tmp_path: Path) -> None:
    sink = ScriptedSink(counts_dropped=True)
    patient = writer(sink, tmp_path)
    patient.write([f"bad-{k}" for k in range(1_000)])
    assert sink.calls == 1
    assert patient.rejected.count == 1_000


def test_stopping_ends_the_wait(tmp_path: Path) -> None:
    stopping = threading.Event()

    class StopsWhenAsked(ScriptedSink):
        def write(self, lines: Sequence[str]) -> None:
            stopping.set()
            raise SinkAwayError("away", retry_after_s=3600)

    patient = writer(StopsWhenAsked(), tmp_path, stopping)
    with pytest.raises(Stopped):
        patient.write(["a"])
    assert patient.trouble == "away"


def test_what_is_kept_aside_is_bounded_and_counted_on(tmp_path: Path) -> None:
    rejected = RejectedLines(tmp_path / "r.jsonl", max_bytes=200)
    rejected.keep([f"line-{k:03d}" for k in range(50)], "too odd")
    rejected.keep(["more"], "too odd")
    assert rejected.count == 51
    assert 0 < (tmp_path / "r.jsonl").stat().st_size <= 200


def test_no_room_for_what_is_kept_aside_stops_nothing(tmp_path: Path) -> None:
    rejected = RejectedLines(tmp_path / "no such folder" / "r.jsonl")
    rejected.keep(["line"], "too odd")
    assert rejected.count == 1


def test_backoff_doubles_within_its_bounds() -> None:
    backoff = Backoff(1.0, 8.0, random.Random(3))
    waits = [backoff.next_s() for _ in range(6)]
    for wait_s, ceiling_s in zip(waits, [1, 2, 4, 8, 8, 8], strict=True):
        assert ceiling_s / 2 <= wait_s <= ceiling_s
    backoff.reset()
    assert backoff.next_s() <= 1.0
