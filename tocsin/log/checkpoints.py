"""Checkpoints: the folded state at a position of the log, so that a restart folds only what came after.

Files are `<serial>-<position>.ckpt`. The serial orders them, not the position: after a damaged end of the log was cut,
a newer checkpoint may stand at a smaller position.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from plant.entries import Position
from tocsin.log.checkpoint_file import DamagedCheckpointError, State, StateValue, parts, read_index, read_state
from tocsin.log.files import make_directory, remove_leftovers, write_atomically

KEPT: Final = 2

_SUFFIX: Final = ".ckpt"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state with every entry before `position` folded in; `position` is the next one to fold."""

    position: Position
    rule_digest: str
    state_version: int
    state: dict[str, StateValue]
    """Arrays are writable and belong to the caller."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The newest checkpoint that fits, if any, and why newer ones were passed over."""

    checkpoint: Checkpoint | None
    passed_over: tuple[str, ...]


class CheckpointStore:
    """The checkpoints of one data folder; the two newest are kept. One writer."""

    def __init__(self, directory: Path, *, read_only: bool = False) -> None:
        """Makes the folder where there is none, and tidies it: with `read_only`, which others use, it does neither."""
        if not read_only:
            make_directory(directory)
            remove_leftovers(directory)
        self._directory = directory
        self._damaged: set[str] = set()

    def save(self, position: Position, rule_digest: str, state_version: int, state: State) -> Path:
        """Write a checkpoint durably, then drop all but the two newest; returns its file.

        The arrays must not change meanwhile. TypeError for a value that can't be kept; OSError (also when the disk is
        full) leaves the older checkpoints as they are.
        """
        stored = _stored(self._directory)
        serial = stored[-1].serial + 1 if stored else 1
        path = self._directory / f"{serial:010d}-{position:020d}{_SUFFIX}"
        write_atomically(path, parts(position, rule_digest, state_version, state))
        self._prune()
        return path

    def load(self, state_version: int, at_most: Position | None = None) -> Loaded:
        """The newest whole checkpoint of `state_version` whose position is not past `at_most`."""
        passed_over: list[str] = []
        for stored in reversed(_stored(self._directory)):
            if at_most is not None and stored.position > at_most:
                passed_over.append(f"{stored.path}: position {stored.position} is past the end, {at_most}")
                continue
            try:
                with open(stored.path, "rb", buffering=0) as file:
                    index = read_index(file)
                    if index.position != stored.position:
                        raise DamagedCheckpointError(f"it holds position {index.position}, unlike its name")
                    if index.state_version != state_version:
                        passed_over.append(
                            f"{stored.path}: state version {index.state_version}, this is version {state_version}"
                        )
                        continue
                    state = read_state(file, index)
            except (DamagedCheckpointError, OSError) as error:
                self._damaged.add(stored.path.name)
                passed_over.append(f"{stored.path}: {error}")
                continue
            found = Checkpoint(index.position, index.rule_digest, index.state_version, state)
            return Loaded(found, tuple(passed_over))
        return Loaded(None, tuple(passed_over))

    def oldest_position(self) -> Position | None:
        """The least position among the kept ones, from which the log must keep its entries; None if there is none."""
        return min((stored.position for stored in _stored(self._directory)), default=None)

    def _prune(self) -> None:
        stored = _stored(self._directory)
        whole = [one for one in stored if one.path.name not in self._damaged]
        keep = {one.path.name for one in whole[-KEPT:]}
        for one in stored:
            if one.path.name not in keep:
                one.path.unlink(missing_ok=True)
                self._damaged.discard(one.path.name)


@dataclass(frozen=True, slots=True)
class _Stored:
    path: Path
    serial: int
    position: Position

    @classmethod
    def of(cls, path: Path) -> "_Stored | None":
        serial, _, position = path.name.removesuffix(_SUFFIX).partition("-")
        return cls(path, int(serial), int(position)) if serial.isdecimal() and position.isdecimal() else None


def newest_checkpoint(directory: Path) -> tuple[Path, Position] | None:
    """The newest file and its position, without reading it; changes nothing, so it may be called by anybody."""
    stored = _stored(directory)
    return (stored[-1].path, stored[-1].position) if stored else None


def _stored(directory: Path) -> list[_Stored]:
    """Oldest first."""
    found = (_Stored.of(path) for path in directory.glob(f"*{_SUFFIX}"))
    return sorted((stored for stored in found if stored is not None), key=lambda stored: stored.serial)
