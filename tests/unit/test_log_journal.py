"""The journal's own ways: segments, lock, readers beside the writer."""

import os
import threading
from itertools import pairwise
from pathlib import Path

import pytest
from support.entries import T0_MS, one_of_each, readings

from plant.batch import Batch
from plant.entries import Readings, SourceUp, Tick
from tocsin.log.errors import CodecError, LogBrokenError, LogLockedError
from tocsin.log.journal import Journal
from tocsin.log.reader import JournalReader

HOUR_MS = 3_600_000


def segment_names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.glob("*.seg"))


def test_it_is_there_after_opening_again(tmp_path: Path) -> None:
    written = one_of_each()
    journal = Journal.open(tmp_path)
    journal.append(written)
    journal.close()
    again = Journal.open(tmp_path)
    assert again.recovery.clean
    assert list(again.read(0)) == list(enumerate(written))
    again.append([Tick(T0_MS - 50)])
    [(position, entry)] = again.read(len(written))
    assert (position, entry) == (len(written), Tick(T0_MS))
    again.close()


def test_a_segment_ends_by_size_and_by_time(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path, segment_bytes=1000, segment_ms=HOUR_MS)
    journal.append([readings(T0_MS, n=30)])
    journal.append([readings(T0_MS, n=30)])
    journal.append([Tick(T0_MS + HOUR_MS - 1)])
    assert segment_names(tmp_path) == ["00000000000000000000.seg", "00000000000000000001.seg"]
    journal.append([Tick(T0_MS + HOUR_MS)])
    assert segment_names(tmp_path)[-1] == "00000000000000000003.seg"
    journal.append([readings(T0_MS + HOUR_MS, n=3000)])
    assert [position for position, _ in journal.read(0)] == [0, 1, 2, 3, 4]
    assert journal.size_bytes() == sum(path.stat().st_size for path in tmp_path.glob("*.seg"))
    journal.close()


def test_a_second_writer_is_refused_with_the_first_ones_process_id(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)
    with pytest.raises(LogLockedError, match=rf"process {os.getpid()} already writes"):
        Journal.open(tmp_path)
    journal.append([Tick(T0_MS)])
    journal.close()
    Journal.open(tmp_path).close()


def test_an_entry_that_can_not_be_written_leaves_nothing(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)
    with pytest.raises(CodecError):
        journal.append([Tick(T0_MS), SourceUp(T0_MS, "\ud800")])
    assert journal.end == 0
    assert journal.append([Tick(T0_MS)]) == 0
    journal.close()


def test_a_reader_needs_no_lock_and_changes_nothing(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path, segment_bytes=2000)
    reader = JournalReader.open(tmp_path)
    assert (reader.first, reader.end, list(reader.read(0))) == (0, 0, [])
    written = [readings(T0_MS + i, n=20, seed=i) for i in range(30)]
    for i, entry in enumerate(written):
        journal.append([entry])
        assert reader.end == i + 1
        assert list(reader.read(i)) == [(i, entry)]
    assert list(reader.read(0)) == list(enumerate(written))
    assert reader.position_at(T0_MS + 17) == 17
    journal.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == [*segment_names(tmp_path), "lock"]


def test_a_reader_of_nothing_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        JournalReader.open(tmp_path / "nowhere")


def test_readers_see_whole_entries_while_the_writer_writes(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path, segment_bytes=50_000)
    count, ready, problems = 400, threading.Event(), []

    def read() -> None:
        reader, at = JournalReader.open(tmp_path), 0
        ready.set()
        try:
            while at < count:
                for position, entry in reader.read(at):
                    assert position == at
                    assert entry == readings(T0_MS + position, n=50, seed=position)
                    at += 1
        except Exception as error:
            problems.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    assert ready.wait(10)
    for i in range(0, count, 4):
        journal.append([readings(T0_MS + k, n=50, seed=k) for k in range(i, i + 4)])
    thread.join(30)
    assert not thread.is_alive()
    assert problems == []
    journal.close()


def test_seeking_in_large_segments_finds_each_place(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)
    for i in range(0, 900, 30):
        journal.append([readings(T0_MS + k, n=500, seed=k) for k in range(i, i + 30)])
    journal.close()
    for log in (Journal.open(tmp_path), JournalReader.open(tmp_path)):
        for start in (0, 1, 99, 100, 101, 450, 898, 899):
            position, entry = next(iter(log.read(start)))
            assert (position, entry.received_at_ms) == (start, T0_MS + start)
            assert log.position_at(T0_MS + start) == start
        if isinstance(log, Journal):
            log.close()


def test_an_entry_larger_than_a_read_comes_back(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)
    written = [Tick(T0_MS), readings(T0_MS, n=450_000), readings(T0_MS, n=3), readings(T0_MS, n=300_000, seed=1)]
    journal.append(written)
    assert list(journal.read(0)) == list(enumerate(written))
    journal.close()
    assert list(JournalReader.open(tmp_path).read(1)) == list(enumerate(written))[1:]


def test_batches_read_back_can_not_be_changed_by_mistake(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)
    journal.append([readings(T0_MS)])
    [(_, entry)] = journal.read(0)
    assert isinstance(entry, Readings)
    with pytest.raises(ValueError, match="read-only"):
        entry.batch.value[0] = 1.0
    journal.close()


def test_a_failed_sync_breaks_the_journal_until_it_is_opened_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal.open(tmp_path)
    journal.append([Tick(T0_MS)])

    def fail(fd: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fdatasync", fail)
        with pytest.raises(LogBrokenError, match="a sync failed"):
            journal.append([Tick(T0_MS + 1)])
    with pytest.raises(LogBrokenError, match="open the journal anew"):
        journal.append([Tick(T0_MS + 2)])
    assert journal.end == 1
    journal.close()
    again = Journal.open(tmp_path)
    assert again.recovery.clean
    assert again.append([Tick(T0_MS + 3)]) == 1
    again.close()


def test_a_new_segment_whose_name_can_not_be_synced_hides_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal.open(tmp_path, segment_bytes=500)
    journal.append([readings(T0_MS, n=15)])

    def fail(directory: Path) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr("tocsin.log.files.sync_directory", fail)
        with pytest.raises(LogBrokenError, match="a new segment can't be made"):
            journal.append([readings(T0_MS, n=15)])
    assert segment_names(tmp_path) == ["00000000000000000000.seg"]
    with pytest.raises(LogBrokenError, match="open the journal anew"):
        journal.append([Tick(T0_MS)])
    journal.close()
    again = Journal.open(tmp_path, segment_bytes=500)
    assert again.append([Tick(T0_MS)]) == 1
    assert len(list(again.read(0))) == 2
    again.close()


def test_positions_have_no_gaps_over_many_openings(tmp_path: Path) -> None:
    for i in range(12):
        journal = Journal.open(tmp_path, segment_bytes=500)
        assert journal.append([Readings(T0_MS + i, Batch.of([(i, None, 1.0, 0)])), Tick(T0_MS + i)]) == 2 * i
        journal.close()
    positions = [position for position, _ in JournalReader.open(tmp_path).read(0)]
    assert positions == list(range(24))
    assert all(b - a == 1 for a, b in pairwise(positions))
