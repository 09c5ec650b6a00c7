"""Torn and changed bytes: noticed, reported, kept, and never more lost than was damaged."""

import shutil
from pathlib import Path

import pytest
from support.entries import T0_MS, readings

from plant.entries import Entry, Tick
from tocsin.log.errors import CodecError, LogCorruptError
from tocsin.log.journal import Journal
from tocsin.log.reader import JournalReader
from tocsin.log.segments import Damage

HEADER_BYTES = 32


def write(directory: Path, written: list[Entry], segment_bytes: int = 1 << 20) -> list[int]:
    """Write entries one by one; returns the size of the last segment after each."""
    journal = Journal.open(directory, segment_bytes=segment_bytes)
    sizes = []
    for entry in written:
        journal.append([entry])
        sizes.append(max(directory.glob("*.seg")).stat().st_size)
    journal.close()
    return sizes


def test_a_tail_torn_at_any_byte_is_cut_at_the_last_whole_entry(tmp_path: Path) -> None:
    written: list[Entry] = [Tick(T0_MS), readings(T0_MS + 1, n=4), Tick(T0_MS + 2), readings(T0_MS + 3, n=2)]
    whole = tmp_path / "whole"
    sizes = write(whole, written)
    data = next(whole.glob("*.seg")).read_bytes()
    for cut in range(HEADER_BYTES, len(data)):
        directory = tmp_path / f"cut-{cut}"
        directory.mkdir()
        segment = directory / "00000000000000000000.seg"
        segment.write_bytes(data[:cut])
        kept = sum(size <= cut for size in sizes)
        reader = JournalReader.open(directory)
        assert list(reader.read(0)) == list(enumerate(written[:kept]))
        journal = Journal.open(directory)
        assert list(journal.read(0)) == list(enumerate(written[:kept]))
        torn = cut - ([HEADER_BYTES, *sizes][kept])
        report = journal.recovery
        assert (report.cut_bytes, report.cut_entries, report.clean) == (torn, 0, torn == 0)
        if torn:
            assert report.copy is not None
            assert report.copy.read_bytes() == data[cut - torn : cut]
            assert f"{segment}:{cut - torn}" in str(report)
        assert segment.stat().st_size == cut - torn
        assert journal.append([Tick(T0_MS + 9)]) == kept
        assert [position for position, _ in journal.read(0)] == list(range(kept + 1))
        journal.close()
        assert (JournalReader.open(directory).end, JournalReader.open(directory).tail) == (kept + 1, "")
        shutil.rmtree(directory)


@pytest.mark.parametrize("torn", range(HEADER_BYTES))
def test_a_segment_with_a_torn_header_is_mended(tmp_path: Path, torn: int) -> None:
    write(tmp_path, [readings(T0_MS, n=30), readings(T0_MS + 5, n=30)], segment_bytes=700)
    last = max(tmp_path.glob("*.seg"))
    last.write_bytes(last.read_bytes()[:torn])
    journal = Journal.open(tmp_path)
    assert journal.recovery.header_mended
    assert (journal.end, journal.last_received_at_ms) == (1, T0_MS)
    assert journal.append([Tick(T0_MS)]) == 1
    assert len(list(journal.read(0))) == 2
    journal.close()
    assert [position for position, _ in JournalReader.open(tmp_path).read(0)] == [0, 1]


def test_a_flipped_bit_anywhere_in_an_older_segment_is_noticed(tmp_path: Path) -> None:
    write(tmp_path, [readings(T0_MS, n=3), Tick(T0_MS), readings(T0_MS + 5, n=40)], segment_bytes=300)
    older, _ = sorted(tmp_path.glob("*.seg"))
    data = older.read_bytes()
    for at in range(len(data)):
        changed = bytearray(data)
        changed[at] ^= 1 << (at % 8)
        older.write_bytes(changed)
        with pytest.raises((LogCorruptError, CodecError), match=r"00000000000000000000\.seg"):
            list(JournalReader.open(tmp_path).read(0))
    older.write_bytes(data)
    assert len(list(JournalReader.open(tmp_path).read(0))) == 3


def test_a_flipped_bit_anywhere_in_the_last_segment_is_noticed_and_nothing_is_thrown_away(tmp_path: Path) -> None:
    written: list[Entry] = [readings(T0_MS + i, n=2, seed=i) for i in range(3)]
    whole = tmp_path / "whole"
    sizes = write(whole, written)
    data = next(whole.glob("*.seg")).read_bytes()
    for at in range(len(data)):
        directory = tmp_path / "changed"
        directory.mkdir()
        changed = bytearray(data)
        changed[at] ^= 1 << (at % 8)
        (directory / "00000000000000000000.seg").write_bytes(changed)
        journal = Journal.open(directory)
        report = journal.recovery
        assert not report.clean
        kept = sum(size <= at for size in sizes) if at >= HEADER_BYTES else 3
        assert list(journal.read(0)) == list(enumerate(written[:kept]))
        if at >= HEADER_BYTES:
            assert report.cut_entries == 3 - kept - 1
            assert report.copy is not None
            assert bytes(changed[: report.cut_at]) + report.copy.read_bytes() == bytes(changed)
        journal.close()
        shutil.rmtree(directory)


def test_corruption_names_segment_and_offset(tmp_path: Path) -> None:
    sizes = write(tmp_path, [readings(T0_MS, n=3), Tick(T0_MS), readings(T0_MS + 5, n=40)], segment_bytes=300)
    older, _ = sorted(tmp_path.glob("*.seg"))
    data = bytearray(older.read_bytes())
    data[sizes[0] + 8] ^= 1
    older.write_bytes(data)
    reader = JournalReader.open(tmp_path)
    going = reader.read(0)
    assert next(going)[0] == 0
    with pytest.raises(LogCorruptError, match=rf"{older}:{sizes[0]}: ") as caught:
        next(going)
    assert (caught.value.path, caught.value.offset) == (older, sizes[0])


def test_a_salvage_steps_over_the_damage_and_says_what_is_lost(tmp_path: Path) -> None:
    written: list[Entry] = [readings(T0_MS + i, n=10, seed=i) for i in range(40)]
    write(tmp_path, written, segment_bytes=2000)
    segments = sorted(tmp_path.glob("*.seg"))
    data = bytearray(segments[1].read_bytes())
    data[HEADER_BYTES + 40] ^= 1
    segments[1].write_bytes(data)
    lost = int(segments[1].stem)
    damage: list[Damage] = []
    read = list(JournalReader.open(tmp_path).read(0, salvage=damage))
    assert read == [(i, entry) for i, entry in enumerate(written) if i != lost]
    [found] = damage
    assert (found.path, found.offset) == (segments[1], HEADER_BYTES)
    assert (found.lost_from, found.found_again_at) == (lost, lost + 1)


def test_a_missing_segment_is_noticed(tmp_path: Path) -> None:
    write(tmp_path, [readings(T0_MS + i, n=10, seed=i) for i in range(40)], segment_bytes=2000)
    segments = sorted(tmp_path.glob("*.seg"))
    segments[2].unlink()
    with pytest.raises(LogCorruptError, match=f"position {int(segments[2].stem)} is missing"):
        list(JournalReader.open(tmp_path).read(0))


def test_damage_to_an_old_segment_does_not_keep_the_writer_from_starting(tmp_path: Path) -> None:
    write(tmp_path, [readings(T0_MS + i, n=10, seed=i) for i in range(40)], segment_bytes=2000)
    min(tmp_path.glob("*.seg")).write_bytes(b"rubbish")
    journal = Journal.open(tmp_path)
    assert journal.append([Tick(T0_MS + 99)]) == 40
    assert len(list(journal.read(35))) == 6
    journal.close()


def test_entries_of_a_newer_format_are_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("tocsin.log.codec.VERSION", 9)
        write(tmp_path, [Tick(T0_MS)])
    journal = Journal.open(tmp_path)
    assert journal.recovery.clean
    with pytest.raises(CodecError, match="position 0: entry format 9 is not known"):
        list(journal.read(0))
    journal.close()


def test_a_journal_of_a_newer_format_is_refused_not_mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("tocsin.log.segment._VERSION", 9)
        write(tmp_path, [Tick(T0_MS)])
    before = next(tmp_path.glob("*.seg")).read_bytes()
    with pytest.raises(CodecError, match="segment format 9 is not known"):
        Journal.open(tmp_path)
    assert next(tmp_path.glob("*.seg")).read_bytes() == before


def test_what_a_killed_writer_left_of_a_new_segment_is_cleared(tmp_path: Path) -> None:
    write(tmp_path, [Tick(T0_MS)])
    (tmp_path / "00000000000000000001.seg.tmp").write_bytes(b"TOC")
    journal = Journal.open(tmp_path)
    assert journal.recovery.clean
    assert not list(tmp_path.glob("*.tmp"))
    journal.close()
