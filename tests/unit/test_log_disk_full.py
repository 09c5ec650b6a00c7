"""No room: nothing is written, nothing is lost, and it goes on when there is room again."""

import contextlib
import errno
import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.entries import T0_MS, readings

from plant.entries import Tick
from tocsin.log.checkpoints import CheckpointStore
from tocsin.log.journal import Journal
from tocsin.log.port import LogFullError
from tocsin.log.registry_file import RegistryFile, load_registry


@contextlib.contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    """The process's own limit, which a write meets half way as it does a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_an_append_without_room_leaves_the_journal_as_it_was(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)
    journal.append([readings(T0_MS, n=50)])
    segment = next(tmp_path.glob("*.seg"))
    before = segment.read_bytes()
    with no_file_longer_than(len(before) + 1500):
        for _ in range(3):
            with pytest.raises(LogFullError) as caught:
                journal.append([readings(T0_MS + 1, n=50), readings(T0_MS + 1, n=50)])
            assert caught.value.errno == errno.EFBIG
            assert segment.read_bytes() == before
        assert journal.end == 1
        assert journal.append([Tick(T0_MS + 2)]) == 1
    assert journal.append([readings(T0_MS + 3, n=50)]) == 2
    assert [entry.received_at_ms for _, entry in journal.read(0)] == [T0_MS, T0_MS + 2, T0_MS + 3]
    journal.close()
    again = Journal.open(tmp_path)
    assert (again.recovery.clean, again.end) == (True, 3)
    again.close()


def test_no_room_for_a_new_segment_leaves_none(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path, segment_bytes=200)
    journal.append([readings(T0_MS, n=5)])
    with no_file_longer_than(16), pytest.raises(LogFullError, match="no room for a new segment"):
        journal.append([readings(T0_MS + 1, n=5)])
    assert [path.name for path in tmp_path.glob("*.seg*")] == ["00000000000000000000.seg"]
    assert journal.append([readings(T0_MS + 1, n=5)]) == 1
    assert len(list(tmp_path.glob("*.seg"))) == 2
    journal.close()


def test_points_without_room_get_no_number(tmp_path: Path) -> None:
    path = tmp_path / "points.registry"
    registry = RegistryFile.open(path)
    registry.assign(["a"])
    before = path.read_bytes()
    with no_file_longer_than(len(before) + 30):
        with pytest.raises(LogFullError):
            registry.assign([f"point-{i}" for i in range(10)])
        assert list(registry.registry.ids) == ["a"]
        assert path.read_bytes() == before
    assert registry.assign(["b"]) == ["b"]
    registry.close()
    assert list(load_registry(path).ids) == ["a", "b"]


def test_a_checkpoint_without_room_leaves_the_older_ones(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    store.save(5, "rules", 1, {"text": "small"})
    with no_file_longer_than(1000), pytest.raises(OSError, match="large"):
        store.save(6, "rules", 1, {"data": bytes(5000)})
    loaded = store.load(1)
    assert loaded.checkpoint is not None
    assert (loaded.checkpoint.position, loaded.passed_over) == (5, ())
    assert len(list(tmp_path.iterdir())) == 1


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one MB of its own."""
    mount = shutil.which("mount")
    if mount is None or os.geteuid() != 0:
        pytest.skip("mount by root is not there, so no small disk can be made")
    target = tmp_path / "disk"
    target.mkdir()
    made = subprocess.run([mount, "-t", "tmpfs", "-o", "size=1m", "tmpfs", target], capture_output=True, check=False)
    if made.returncode:
        pytest.skip(f"mount refuses to make a small disk: {made.stderr.decode().strip()}")
    yield target
    subprocess.run(["umount", target], check=True)


def test_a_really_full_disk(tiny_disk: Path) -> None:
    journal = Journal.open(tiny_disk / "journal", segment_bytes=300_000)
    written, problem = 0, None
    while problem is None and written < 1000:
        try:
            journal.append([readings(T0_MS + written, n=500, seed=written)])
            written += 1
        except LogFullError as error:
            problem = error.errno
    assert problem == errno.ENOSPC
    assert journal.end == written > 80
    assert journal.drop_before(T0_MS, keep_from=written, max_bytes=700_000).bytes > 0
    assert journal.append([readings(T0_MS + written, n=500, seed=written)]) == written
    assert all(entry == readings(T0_MS + i, n=500, seed=i) for i, entry in journal.read(journal.first))
    journal.close()


def test_a_full_disk_does_not_keep_a_torn_journal_from_opening(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)
    journal.append([readings(T0_MS, n=50)])
    journal.close()
    segment = next(tmp_path.glob("*.seg"))
    whole = segment.read_bytes()
    segment.write_bytes(whole + whole[32:600])
    with no_file_longer_than(100):
        journal = Journal.open(tmp_path)
    report = journal.recovery
    assert (report.cut_bytes, report.cut_entries, report.copy) == (568, 0, None)
    assert journal.append([Tick(T0_MS)]) == 1
    journal.close()


def test_whole_entries_are_not_thrown_away_for_want_of_room(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)
    journal.append([readings(T0_MS, n=50), Tick(T0_MS), Tick(T0_MS)])
    journal.close()
    segment = next(tmp_path.glob("*.seg"))
    changed = bytearray(segment.read_bytes())
    changed[100] ^= 1
    segment.write_bytes(changed)
    with no_file_longer_than(100), pytest.raises(LogFullError, match="no room to keep the 2 whole entries"):
        Journal.open(tmp_path)
    assert segment.read_bytes() == changed
    journal = Journal.open(tmp_path)
    assert (journal.end, journal.recovery.cut_entries) == (0, 2)
    journal.close()
