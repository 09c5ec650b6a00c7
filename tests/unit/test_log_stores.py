"""Registry, checkpoints and snapshots: durable, and damage is noticed."""

from pathlib import Path

import numpy as np
import pytest

from tocsin.log.checkpoints import CheckpointStore, newest_checkpoint
from tocsin.log.errors import LogCorruptError
from tocsin.log.registry_file import RegistryFile, load_registry
from tocsin.log.snapshots import SnapshotStore


def registry_at(path: Path, *points: str) -> Path:
    registry = RegistryFile.open(path)
    registry.assign(points)
    registry.close()
    return path


def test_numbers_last(tmp_path: Path) -> None:
    path = tmp_path / "data" / "points.registry"
    registry = RegistryFile.open(path)
    assert registry.assign(["a", "b", "a"]) == ["a", "b"]
    assert registry.assign(["c", "b"]) == ["c"]
    assert registry.assign([]) == []
    assert list(load_registry(path).ids) == ["a", "b", "c"]
    registry.close()
    again = RegistryFile.open(path)
    assert again.registry.numbers == {"a": 0, "b": 1, "c": 2}
    assert again.cut_bytes == 0
    again.assign(["d"])
    assert again.registry.number_of("d") == 3
    again.close()


def test_a_registry_torn_at_any_byte_keeps_its_finished_lines(tmp_path: Path) -> None:
    whole = registry_at(tmp_path / "whole", "E001-GAS-01", "b", "c").read_bytes()
    header = whole.index(b"\n") + 1
    for cut in range(header, len(whole)):
        path = tmp_path / f"cut-{cut}"
        path.write_bytes(whole[:cut])
        finished = whole[:cut].count(b"\n") - 1
        assert len(load_registry(path)) == finished
        registry = RegistryFile.open(path)
        assert registry.cut_bytes == cut - (whole[:cut].rindex(b"\n") + 1)
        assert registry.assign(["z"]) == ["z"]
        registry.close()
        assert list(load_registry(path).ids) == [*["E001-GAS-01", "b", "c"][:finished], "z"]


def test_a_flipped_bit_anywhere_in_a_registry_is_noticed(tmp_path: Path) -> None:
    path = registry_at(tmp_path / "points.registry", "a", "b")
    whole = path.read_bytes()
    for at in range(len(whole)):
        for bit in range(8):
            changed = bytearray(whole)
            changed[at] ^= 1 << bit
            path.write_bytes(changed)
            with pytest.raises(LogCorruptError, match=str(path)):
                RegistryFile.open(path)
            assert path.read_bytes() == changed


@pytest.mark.parametrize("point", ["", "a b", "a\nb", "a\x00"])
def test_an_id_that_does_not_fit_a_line_is_refused(tmp_path: Path, point: str) -> None:
    registry = RegistryFile.open(tmp_path / "points.registry")
    with pytest.raises(ValueError, match="is no point id"):
        registry.assign(["good", point])
    assert len(registry.registry) == 0
    registry.close()
    assert len(load_registry(tmp_path / "points.registry")) == 0


def test_a_hundred_thousand_points(tmp_path: Path) -> None:
    points = [f"E{i % 500:03}-P{i:06}" for i in range(100_000)]
    path = registry_at(tmp_path / "points.registry", *points)
    assert list(load_registry(path).ids) == points


STATE = {
    "held_ms": np.arange(12, dtype=np.int64).reshape(3, 4),
    "value": np.array([1.5, np.nan, -np.inf]),
    "on": np.array([True, False]),
    "none": np.zeros((0, 5), np.float32),
    "zero_d": np.array(7, np.uint8),
    "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "ids": np.array(["a", "警"]),
    "blob": b"\x00\xff",
    "empty": b"",
    "name": "钟",
    "count": -(2**63),
    "rate": float("nan"),
}


def test_a_state_comes_back_equal_and_writable(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    store.save(42, "ab", 3, STATE)
    loaded = CheckpointStore(tmp_path).load(3)
    checkpoint = loaded.checkpoint
    assert checkpoint is not None
    assert (checkpoint.position, checkpoint.rule_digest, checkpoint.state_version) == (42, "ab", 3)
    assert loaded.passed_over == ()
    assert list(checkpoint.state) == list(STATE)
    for name, value in STATE.items():
        found = checkpoint.state[name]
        if isinstance(value, np.ndarray):
            assert isinstance(found, np.ndarray)
            assert (found.dtype, found.shape) == (value.dtype, value.shape)
            assert found.tobytes() == value.tobytes()
            assert found.flags.writeable
        else:
            assert type(found) is type(value)
            assert repr(found) == repr(value)


@pytest.mark.parametrize(
    "value", [np.array([None]), [1], {"a": 1}, None, np.zeros(2, dtype=[("a", "i4"), ("b", "f8")])]
)
def test_a_state_that_can_not_be_kept_is_refused(tmp_path: Path, value: object) -> None:
    store = CheckpointStore(tmp_path)
    with pytest.raises(TypeError, match="'odd'"):
        store.save(1, "ab", 1, {"odd": value})  # type: ignore[dict-item]
    assert newest_checkpoint(tmp_path) is None


def test_two_are_kept(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    assert store.oldest_position() is None
    for position in (10, 20, 20, 30):
        store.save(position, "ab", 1, {"n": position})
    assert store.oldest_position() == 20
    assert len(list(tmp_path.iterdir())) == 2
    found = newest_checkpoint(tmp_path)
    assert found is not None
    assert found[1] == 30


def test_damage_anywhere_falls_back_to_the_older_one(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    store.save(10, "old", 1, {"n": 1})
    newer = store.save(20, "new", 1, {"array": np.arange(5), "text": "x", "blob": b"yz"})
    whole = newer.read_bytes()
    damaged = [whole[:cut] for cut in range(len(whole))]
    for at in range(len(whole)):
        changed = bytearray(whole)
        changed[at] ^= 1 << (at % 8)
        damaged.append(bytes(changed))
    for data in damaged:
        newer.write_bytes(data)
        loaded = CheckpointStore(tmp_path).load(1)
        assert loaded.checkpoint is not None
        assert loaded.checkpoint.position == 10
        [reason] = loaded.passed_over
        assert reason.startswith(f"{newer}: ")


def test_a_damaged_one_does_not_push_out_a_whole_one(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    store.save(10, "ab", 1, {"n": 10})
    store.save(20, "ab", 1, {"n": 20}).write_bytes(b"torn")
    store.load(1)
    store.save(30, "ab", 1, {"n": 30}).write_bytes(b"torn")
    loaded = store.load(1)
    assert loaded.checkpoint is not None
    assert loaded.checkpoint.position == 10


def test_one_of_another_version_or_past_the_logs_end_is_passed_over(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    store.save(10, "ab", 1, {"n": 10})
    store.save(20, "ab", 2, {"n": 20})
    assert store.load(3).checkpoint is None
    assert len(store.load(3).passed_over) == 2
    loaded = store.load(1)
    assert loaded.checkpoint is not None
    assert loaded.checkpoint.position == 10
    assert "state version 2" in loaded.passed_over[0]
    cut = store.load(2, at_most=15)
    assert cut.checkpoint is None
    assert "past the end, 15" in cut.passed_over[0]
    # After the log's end was cut, the newest checkpoints stand at smaller positions than the ones left behind.
    store.save(12, "ab", 2, {"n": 12})
    store.save(13, "ab", 2, {"n": 13})
    again = store.load(2, at_most=15).checkpoint
    assert again is not None
    assert (again.position, store.oldest_position()) == (13, 12)


def test_snapshots_are_kept_by_what_they_hold(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path / "configurations")
    assert store.digests() == set()
    digest = store.put(b"a site")
    assert store.put(b"a site") == digest
    other = store.put(b"another")
    assert store.digests() == {digest, other}
    assert store.get(digest) == b"a site"


@pytest.mark.parametrize("digest", ["0" * 64, "", "../points.registry", "x"])
def test_an_unknown_snapshot_is_said(tmp_path: Path, digest: str) -> None:
    (tmp_path / "points.registry").write_bytes(b"")
    with pytest.raises(LookupError, match="no snapshot"):
        SnapshotStore(tmp_path / "configurations").get(digest)


def test_a_changed_snapshot_is_noticed_and_can_be_put_anew(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    digest = store.put(b"a site")
    (tmp_path / digest).write_bytes(b"a sixe")
    with pytest.raises(LogCorruptError, match="does not match its digest"):
        store.get(digest)
    store.put(b"a site")
    assert store.get(digest) == b"a site"
