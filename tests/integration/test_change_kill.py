"""kill -9 before and after every write of a change: then the old rules are in force or the new ones, never a mix."""

import os
import shutil
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from support.live import LIMIT_RULE, write_site

from plant.batch import Batch
from plant.entries import Configuration, Entry, Readings, Tick
from rules.events import AlarmEvent
from tocsin.book import Commit, rebuild
from tocsin.change.into_log import write_into_log
from tocsin.configuration import Configured, read_configuration
from tocsin.log.layout import BOOK
from tocsin.log.versions import versions_of
from tocsin.runtime.core import Core
from tocsin.runtime.fold import in_groups
from tocsin.runtime.reading import fold_of_journal

START_MS = 1_792_000_000_000
STRICTER = "  - id: strict\n    applies_to: {kind: gas.combustible}\n    condition: {limit: {h: 10}}\n"
WRITES = ("pwrite", "fsync", "fdatasync", "replace", "ftruncate")
MOST_STEPS = 200


def sites(folder: Path) -> tuple[Configured, Configured]:
    """(as it is, as it shall be): another rule, and a new point."""
    write_site(folder / "old", LIMIT_RULE, 1.0)
    write_site(folder / "new", STRICTER, 1.0)
    with (folder / "new" / "points.csv").open("a", encoding="utf-8") as file:
        file.write("E1-P9,E1-U,gas.combustible,%LEL,0,100,1\n")
    return read_configuration(folder / "old"), read_configuration(folder / "new")


def put(core: Core, entries: Sequence[Entry]) -> None:
    first = core.append(entries)
    for commit in core.decide(list(enumerate(entries, first))):
        core.record(commit)


def reading(core: Core, point: str, at_ms: int, value: float) -> Readings:
    number = core.registry.registry.numbers[point]
    return Readings(at_ms, Batch.of([(number, at_ms, value, 0)]), "broker")


def change_while_it_runs(data: Path, old: Configured, new: Configured, begin: Callable[[], None]) -> None:
    core = Core.open(data, old, (), START_MS + 5000)
    begin()
    digest = core.prepare(new)
    put(core, [reading(core, "E1-P1", START_MS + 9000, 15), Tick(START_MS + 9500)])
    put(core, [Configuration(START_MS + 10_000, "site", digest, "Li Na", "as agreed")])
    put(core, [reading(core, "E1-P9", START_MS + 11_000, 15)])
    core.checkpoint()()


def change_in_the_log(data: Path, old: Configured, new: Configured, begin: Callable[[], None]) -> None:
    begin()
    write_into_log(data, new, "site", "Li Na", "as agreed", START_MS + 10_000, old.digest)


def killed_at(step: int, change: Callable[..., None], data: Path, old: Configured, new: Configured) -> bool:
    """Make the change in a process that is killed at its `step`-th step, before or after a write; False: it ended."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    passed = 0

    def counted(write: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **more: Any) -> Any:
            nonlocal passed
            passed += 1
            if passed == step:
                os.kill(os.getpid(), signal.SIGKILL)
            done = write(*arguments, **more)
            passed += 1
            if passed == step:
                os.kill(os.getpid(), signal.SIGKILL)
            return done

        return call

    def begin() -> None:
        for name in WRITES:
            setattr(os, name, counted(getattr(os, name)))

    try:
        change(data, old, new, begin)
    finally:
        os._exit(0)


def check(data: Path, old: Configured, new: Configured) -> bool:
    """Go on after the kill; returns whether the new rules are in force."""
    core = Core.open(data, old, (), START_MS + 20_000)
    is_new = core.fold.digest == new.digest
    assert is_new or core.fold.digest == old.digest
    assert [version.who for version in versions_of(data)] == ["", "Li Na"][: 1 + is_new]
    last_ms = max(core.journal.last_received_at_ms or 0, START_MS + 20_000)
    put(core, [reading(core, "E1-P3", last_ms + 1000, 15), reading(core, "E1-P2", last_ms + 2000, 26)])
    events = [b.numbered.event for b in core.book.events()]
    raised = {(e.rule, e.subject) for e in events if e.event == "raised"}
    ended = [(e.rule, e.subject) for e in events if e.reason == "rule_removed"]
    assert raised >= ({("strict", "E1-P3"), ("strict", "E1-P2")} if is_new else {("gas", "E1-P2")})
    assert ended == ([("gas", "E1-P5")] if is_new else [])
    assert is_new or not any(rule == "strict" for rule, _ in raised)
    core.checkpoint()()
    core.close()
    again = Core.open(data, old, (), last_ms + 3000)  # and it stays so
    assert (again.fold.digest == new.digest) == is_new
    again.close()
    reader, fold, first = fold_of_journal(data)
    commits = [commit for group in in_groups(reader.read(first)) for commit in fold.apply(group)]
    assert any(isinstance(step, AlarmEvent) for commit in commits for _, step in commit.steps)
    assert rebuild(data / BOOK, [*commits, Commit(reader.end, [], fold.ground)], first=first) == []
    return is_new


@pytest.mark.parametrize("change", [change_while_it_runs, change_in_the_log])
def test_a_kill_at_any_write_leaves_the_old_rules_or_the_new_ones(tmp_path: Path, change: Callable[..., None]) -> None:
    old, new = sites(tmp_path)
    made = tmp_path / "made"
    core = Core.open(made, old, (), START_MS)
    put(core, [reading(core, "E1-P5", START_MS + 1000, 30)])
    core.checkpoint()()
    core.close()
    outcomes = []
    for step in range(1, MOST_STEPS):
        data = tmp_path / f"at{step}"
        shutil.copytree(made, data)
        killed = killed_at(step, change, data, old, new)
        outcomes.append(check(data, old, new))
        shutil.rmtree(data)
        if not killed:
            break
    assert outcomes == sorted(outcomes), "once in force, it stays"
    assert outcomes[0] is False
    assert outcomes[-1] is True
    assert 10 < len(outcomes) < MOST_STEPS - 1
