"""Backup while writing, and restoring what was backed up."""

import contextlib
import io
import random
import sqlite3
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from support.entries import T0_MS, readings

from tocsin.log.archive import BackupError
from tocsin.log.backup import backup
from tocsin.log.checkpoints import CheckpointStore
from tocsin.log.journal import Journal
from tocsin.log.reader import JournalReader
from tocsin.log.registry_file import RegistryFile, load_registry
from tocsin.log.restore import restore
from tocsin.log.snapshots import SnapshotStore

N = 60


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with something of everything."""
    data = tmp_path / "data"
    journal = Journal.open(data / "journal", segment_bytes=3000)
    registry = RegistryFile.open(data / "points.registry")
    registry.assign([f"P{i}" for i in range(1000)])
    registry.close()
    for i in range(N):
        journal.append([readings(T0_MS + i, n=20, seed=i)])
    store = CheckpointStore(data / "checkpoints")
    for position in (20, 40):
        store.save(position, "rules", 1, {"n": np.arange(position)})
    SnapshotStore(data / "configurations").put(b"a site")
    (data / "followers").mkdir()
    (data / "followers" / "influx.json").write_text('{"position": 30}')
    (data / "quarantine.json").write_text("{}")
    with contextlib.closing(sqlite3.connect(data / "book.sqlite")) as book:
        book.execute("PRAGMA journal_mode=WAL")
        book.execute("CREATE TABLE alarms (alarm TEXT)")
        book.executemany("INSERT INTO alarms VALUES (?)", [(f"a{i}",) for i in range(100)])
        book.commit()
    journal.close()
    return data


def contents(data: Path) -> dict[str, bytes]:
    """Every file but the lock, and of the checkpoints the newest alone."""
    found = {
        path.relative_to(data).as_posix(): path.read_bytes()
        for path in data.rglob("*")
        if path.is_file() and path.name != "lock" and not path.name.startswith("book.sqlite")
    }
    checkpoints = sorted(name for name in found if name.startswith("checkpoints/"))
    for name in checkpoints[:-1]:
        del found[name]
    return found


def alarms(data: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(data / "book.sqlite")) as book:
        return [alarm for (alarm,) in book.execute("SELECT alarm FROM alarms ORDER BY rowid")]


@pytest.mark.parametrize("name", ["backup.tar", "backup.tar.gz"])
def test_what_is_restored_equals_what_was_backed_up(data: Path, tmp_path: Path, name: str) -> None:
    seen: list[tuple[int, int]] = []
    manifest = backup(data, tmp_path / name, lambda done, total: seen.append((done, total)))
    assert (manifest.first, manifest.end) == (0, N)
    assert seen == sorted(seen)
    assert all(done <= total for done, total in seen)
    assert seen[-1][0] == manifest.bytes
    target = tmp_path / "restored"
    target.mkdir()
    assert restore(tmp_path / name, target) == manifest
    assert contents(target) == contents(data)
    assert alarms(target) == alarms(data)
    assert sorted(path.name for path in tmp_path.iterdir()) == [name, "data", "restored"]
    journal = Journal.open(target / "journal")
    assert journal.recovery.clean
    assert list(journal.read(0)) == [(i, readings(T0_MS + i, n=20, seed=i)) for i in range(N)]
    journal.close()


def test_a_backup_while_the_service_writes_is_consistent(data: Path, tmp_path: Path) -> None:
    started, stop, problems = threading.Event(), threading.Event(), []

    def write() -> None:
        try:
            journal = Journal.open(data / "journal", segment_bytes=3000)
            registry = RegistryFile.open(data / "points.registry")
            store = CheckpointStore(data / "checkpoints")
            book = sqlite3.connect(data / "book.sqlite", timeout=30)
            while not stop.is_set():
                i = journal.end
                registry.assign([f"N{i}"])
                journal.append([readings(T0_MS + i, n=20, seed=i)])
                if i % 10 == 0:
                    book.execute("INSERT INTO alarms VALUES (?)", (f"at {i}",))
                    book.commit()
                    store.save(i, "rules", 1, {"n": np.arange(i)})
                    oldest = store.oldest_position()
                    journal.drop_before(T0_MS + i - 40, keep_from=oldest or 0)
                if i == N + 20:
                    started.set()
            book.close()
            registry.close()
            journal.close()
        except Exception as error:
            problems.append(error)
            started.set()

    thread = threading.Thread(target=write)
    thread.start()
    assert started.wait(30)
    try:
        manifests = [backup(data, tmp_path / f"{i}.tar") for i in range(5)]
    finally:
        stop.set()
        thread.join(30)
    assert problems == []
    for i, manifest in enumerate(manifests):
        target = tmp_path / f"restored-{i}"
        restore(tmp_path / f"{i}.tar", target)
        reader = JournalReader.open(target / "journal")
        assert (reader.first, reader.end) == (manifest.first, manifest.end)
        assert [p for p, e in reader.read(reader.first) if e == readings(T0_MS + p, n=20, seed=p)] == list(
            range(manifest.first, manifest.end)
        )
        found = CheckpointStore(target / "checkpoints").load(1)
        assert found.passed_over == ()
        assert found.checkpoint is not None
        assert manifest.first <= found.checkpoint.position <= manifest.end
        booked = [int(alarm[3:]) for alarm in alarms(target) if alarm.startswith("at ")]
        assert all(position < manifest.end for position in booked)
        numbers = load_registry(target / "points.registry").numbers
        assert all(f"N{position}" in numbers for position in range(N, manifest.end))


def test_an_entry_half_written_is_left_out(data: Path, tmp_path: Path) -> None:
    last = max((data / "journal").glob("*.seg"))
    whole = last.read_bytes()
    last.write_bytes(whole + whole[32:100])
    with open(data / "points.registry", "ab") as registry:
        registry.write(b"1000 half a li")
    assert backup(data, tmp_path / "backup.tar").end == N
    restore(tmp_path / "backup.tar", tmp_path / "restored")
    assert (tmp_path / "restored" / "journal" / last.name).read_bytes() == whole
    assert len(load_registry(tmp_path / "restored" / "points.registry")) == 1000
    journal = Journal.open(tmp_path / "restored" / "journal")
    assert journal.recovery.clean
    journal.close()


def test_nothing_to_back_up_is_said(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="no journal here"):
        backup(tmp_path, tmp_path / "backup.tar")
    assert list(tmp_path.iterdir()) == []


def test_a_journal_that_never_had_an_entry(tmp_path: Path) -> None:
    Journal.open(tmp_path / "data" / "journal").close()
    backup(tmp_path / "data", tmp_path / "backup.tar")
    restore(tmp_path / "backup.tar", tmp_path / "restored")
    assert JournalReader.open(tmp_path / "restored" / "journal").end == 0


def test_an_old_backup_stays_when_a_new_one_fails(data: Path, tmp_path: Path) -> None:
    target = tmp_path / "backup.tar"
    backup(data, target)
    before = target.read_bytes()
    (data / "book.sqlite").write_bytes(b"no database at all, but long enough to look like something" * 20)
    with pytest.raises(BackupError, match=r"book\.sqlite"):
        backup(data, target)
    assert target.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup.tar", "data"]


def test_a_folder_that_holds_anything_is_refused(data: Path, tmp_path: Path) -> None:
    backup(data, tmp_path / "backup.tar")
    target = tmp_path / "restored"
    target.mkdir()
    (target / "mine").write_text("keep")
    with pytest.raises(BackupError, match="not an empty folder"):
        restore(tmp_path / "backup.tar", target)
    assert [path.name for path in target.iterdir()] == ["mine"]


def test_what_a_killed_restore_left_is_no_hindrance(data: Path, tmp_path: Path) -> None:
    backup(data, tmp_path / "backup.tar")
    target = tmp_path / "restored"
    (target / ".restoring" / "journal").mkdir(parents=True)
    (target / ".restoring" / "points.registry").write_text("half")
    restore(tmp_path / "backup.tar", target)
    assert contents(target) == contents(data)


@pytest.mark.parametrize("name", ["backup.tar", "backup.tar.gz"])
def test_a_damaged_backup_is_refused(data: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "whole").mkdir()
    backup(data, tmp_path / "whole" / name)
    whole = (tmp_path / "whole" / name).read_bytes()
    chance = random.Random(1)
    damaged = [whole[:cut] for cut in (0, 1, 100, 512, len(whole) // 2, len(whole) - 12_000)]
    with tarfile.open(tmp_path / "whole" / name) as tar:
        places = [(member.offset_data, member.size) for member in tar if member.size]
    for _ in range(25):
        if name.endswith("gz"):
            at = chance.randrange(10, len(whole))
        else:
            offset, size = chance.choice(places)
            at = offset + chance.randrange(size)
        damaged.append(whole[:at] + bytes([whole[at] ^ 1 << chance.randrange(8)]) + whole[at + 1 :])
    for number, content in enumerate(damaged):
        file = tmp_path / f"damaged-{number}"
        file.write_bytes(content)
        target = tmp_path / f"target-{number}"
        with pytest.raises(BackupError, match=str(file)):
            restore(file, target)
        assert list(target.iterdir()) == []


def plain(name: str, content: bytes = b"x") -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    return info, content


def link(name: str, to: str, kind: bytes) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, to
    return info, b""


@pytest.mark.parametrize(
    "make",
    [
        lambda outside: plain("../escaped"),
        lambda outside: plain(f"{outside}/escaped"),
        lambda outside: plain("journal/../../escaped"),
        lambda outside: plain("configurations/../../../escaped"),
        lambda outside: plain("followers/.."),
        lambda outside: plain("unexpected.txt"),
        lambda outside: plain("points.registry"),
        lambda outside: plain("quarantine.json"),
        lambda outside: link("journal", str(outside), tarfile.SYMTYPE),
        lambda outside: link("book.sqlite", "/etc/hostname", tarfile.LNKTYPE),
        lambda outside: link("points.registry", "", tarfile.FIFOTYPE),
    ],
)
def test_a_hostile_archive_writes_nothing(
    data: Path, tmp_path: Path, make: Callable[[Path], tuple[tarfile.TarInfo, bytes]]
) -> None:
    backup(data, tmp_path / "good.tar")
    outside = tmp_path / "outside"
    outside.mkdir()
    with tarfile.open(tmp_path / "good.tar") as good, tarfile.open(tmp_path / "bad.tar", "w") as bad:
        for member in good:
            bad.addfile(member, good.extractfile(member))
        info, content = make(outside)
        bad.addfile(info, io.BytesIO(content))
    target = tmp_path / "a" / "b" / "restored"
    with pytest.raises(BackupError, match=r"bad\.tar"):
        restore(tmp_path / "bad.tar", target)
    assert list(target.iterdir()) == []
    assert not list(tmp_path.rglob("escaped"))
    assert list(outside.iterdir()) == []


def test_a_compressed_backup_is_known_by_its_content(data: Path, tmp_path: Path) -> None:
    backup(data, tmp_path / "backup.tar.gz")
    renamed = tmp_path / "renamed"
    (tmp_path / "backup.tar.gz").rename(renamed)
    restore(renamed, tmp_path / "restored")
    assert contents(tmp_path / "restored") == contents(data)
