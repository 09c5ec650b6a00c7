"""What is synced, and when: seen from the calls to the operating system."""

import os
from pathlib import Path

import pytest
from support.entries import T0_MS, readings

from plant.entries import Tick
from tocsin.log.journal import Journal
from tocsin.log.registry_file import RegistryFile


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the calls made, each with the end of the file's name, in order."""
    made: list[str] = []

    def watch(name: str) -> None:
        real = getattr(os, name)

        def call(fd: int, *rest: object) -> object:
            made.append(f"{name} {os.path.basename(os.readlink(f'/proc/self/fd/{fd}'))[-8:]}")
            return real(fd, *rest)

        monkeypatch.setattr(os, name, call)

    for name in ("pwrite", "fdatasync", "fsync"):
        watch(name)
    return made


def test_an_append_is_one_write_and_one_sync(tmp_path: Path, calls: list[str]) -> None:
    journal = Journal.open(tmp_path / "journal")
    journal.append([Tick(T0_MS)])
    calls.clear()
    journal.append([readings(T0_MS + i, n=100, seed=i) for i in range(50)])
    assert calls == ["pwrite 0000.seg", "fdatasync 0000.seg"]
    journal.close()


def test_a_new_segment_is_durable_with_its_name_before_it_is_written_to(tmp_path: Path, calls: list[str]) -> None:
    journal = Journal.open(tmp_path / "journal")
    calls.clear()
    journal.append([Tick(T0_MS)])
    assert calls == ["pwrite .seg.tmp", "fsync .seg.tmp", "fsync journal", "pwrite 0000.seg", "fdatasync 0000.seg"]
    journal.close()


def test_what_opening_finds_is_synced_before_it_is_used(tmp_path: Path, calls: list[str]) -> None:
    Journal.open(tmp_path / "journal").close()
    journal = Journal.open(tmp_path / "journal")
    journal.append([Tick(T0_MS)])
    journal.close()
    calls.clear()
    Journal.open(tmp_path / "journal").close()
    assert "fsync 0000.seg" in calls


def test_a_point_is_synced_before_it_has_a_number(tmp_path: Path, calls: list[str]) -> None:
    registry = RegistryFile.open(tmp_path / "registry")
    calls.clear()
    registry.assign(["a", "b"])
    assert calls == ["pwrite registry", "fdatasync registry"]
    registry.close()
