"""kill -9 at random instants: everything reported durable is there afterwards."""

import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support.journal_writer import entry_at

from tocsin.log.checkpoints import CheckpointStore
from tocsin.log.reader import JournalReader
from tocsin.log.registry_file import load_registry

ROUNDS = 24
ROOT = Path(__file__).parents[2]


def run_and_kill(data: Path, lines: int) -> dict[str, int]:
    """Start a writer, kill it once it has printed `lines` lines, and return the last number it printed of each kind."""
    command = [sys.executable, "-m", "support.journal_writer", str(data)]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'tests'}{os.pathsep}{ROOT}"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT) as writer:
        assert writer.stdout is not None
        said: dict[str, int] = {}
        seen = 0
        for line in writer.stdout:
            # A line that the kill tore ends without its newline: it says nothing.
            if line.endswith("\n"):
                kind, number = line.split()
                said[kind] = int(number)
                seen += 1
            if seen == lines:
                writer.kill()
        assert writer.wait() == -9
    return said


@pytest.mark.slow
def test_what_was_reported_durable_survives_being_killed(tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    print("seed", seed)
    chance = random.Random(seed)
    checked = 0
    for _ in range(ROUNDS):
        said = run_and_kill(tmp_path, chance.randint(1, 120))
        reader = JournalReader.open(tmp_path / "journal")
        end = reader.end
        assert end >= said.get("end", 0)
        for position, entry in reader.read(checked):
            assert position == checked
            assert entry == entry_at(position)
            checked += 1
        assert checked == end
        ids = list(load_registry(tmp_path / "points.registry").ids)
        assert len(ids) >= said.get("points", 0)
        assert ids == [f"P{i}" for i in range(len(ids))]
        checkpoint = CheckpointStore(tmp_path / "checkpoints").load(1, at_most=end).checkpoint
        assert (checkpoint.position if checkpoint else 0) >= said.get("checkpoint", 0)
        if checkpoint is not None:
            assert np.array_equal(checkpoint.state["n"], np.arange(checkpoint.position))  # type: ignore[arg-type]
    assert checked > ROUNDS
    assert len(list((tmp_path / "journal").glob("*.seg"))) > 1
