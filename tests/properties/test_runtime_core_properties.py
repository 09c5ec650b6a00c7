"""However a log is cut, stopped and started again: the same decisions, the same book, the same notices owed."""

import hashlib
import socket
from collections import Counter
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.core_runs import Run, run_live
from support.decided import ENGINE_EVENTS
from support.random_cases import Case, random_case
from support.reference import Reference
from support.strategies import cases

from plant.entries import Configuration, Entry
from rules.events import AlarmEvent, event_json
from tocsin.book import BookReader, Commit, books_differ, rebuild
from tocsin.cli.replay import replay
from tocsin.configuration import Configured
from tocsin.log.layout import BOOK
from tocsin.log.reader import JournalReader
from tocsin.runtime.fold import in_groups
from tocsin.runtime.reading import fold_of_journal


def entries_of(run: Run) -> list[Entry]:
    return [entry for _, entry in run.core.journal.read(0)]


def booked(run: Run) -> Counter[bytes]:
    """What the engine decided, as it is told."""
    events = (b.numbered.event for b in run.core.book.events(limit=1_000_000))
    return Counter(event_json(event) for event in events if event.event in ENGINE_EVENTS)


def replayed(data: Path, most_entries: int) -> Counter[bytes]:
    reader, fold, first = fold_of_journal(data)
    commits = [c for group in in_groups(reader.read(first), most_entries=most_entries) for c in fold.apply(group)]
    return Counter(event_json(step) for c in commits for _, step in c.steps if isinstance(step, AlarmEvent))


def owed(run: Run) -> list[tuple[object, ...]]:
    return run.core.book.connection.execute("SELECT channel, alarm, n FROM outbox ORDER BY 1, 2, 3").fetchall()


def run_again(data: Path, case: Case, entries: list[Entry], configurations: dict[str, Configured], rng: Random) -> Run:
    """The same log with stops at random places, also between durable and decided."""
    first = entries[0]
    assert isinstance(first, Configuration)
    run = Run(data, case, configurations[first.digest], first.received_at_ms)
    rest = entries[1:]
    while rest:
        piece, rest = rest[: (size := rng.choice([1, 1, 2, 5, 20]))], rest[size:]
        for entry in piece:
            if isinstance(entry, Configuration):
                run.configure(entry, configurations[entry.digest])
        crashed = rng.random() < 0.2
        run.append(piece, decide=not crashed)
        if crashed or rng.random() < 0.2:
            run.restart(rng)
    return run


def check(folder: Path, case: Case, rng: Random) -> None:
    live, configurations = run_live(folder / "live", case, rng)
    entries = entries_of(live)

    # The reference decides the same.
    reference = Reference(case.site, case.rules, case.registry)
    expected: list[AlarmEvent] = []
    for position, entry in enumerate(entries):
        changed = isinstance(entry, Configuration) and position > 0
        rules = configurations[entry.digest].rules if changed else None
        expected += reference.apply(entry, rules)
    told = Counter((e.alarm, e.event, e.at, e.level, e.severity) for e in expected)
    kept = [b.numbered.event for b in live.core.book.events(limit=1_000_000)]
    assert told == Counter((e.alarm, e.event, e.at, e.level, e.severity) for e in kept if e.event in ENGINE_EVENTS)
    assert live.core.book.refused_events() == []

    # A replay, however cut, is what was live.
    for most_entries in (1, rng.choice([2, 3, 7, 1000])):
        assert replayed(live.data, most_entries) == booked(live)

    # Stopped and started anywhere: the same entries, book and notices.
    again = run_again(folder / "again", case, entries, configurations, rng)
    assert entries_of(again) == entries
    assert owed(again) == owed(live)
    for run in (live, again):
        run.core.close()
    assert books_differ(live.data / BOOK, again.data / BOOK) == []

    # Made anew from the log alone, and beside the kept one: equal.
    for run in (live, again):
        reader, fold, first = fold_of_journal(run.data)
        commits = [c for group in in_groups(reader.read(first), most_entries=5) for c in fold.apply(group)]
        commits.append(Commit(reader.end, [], fold.ground))
        rebuild(run.data / "anew.sqlite", commits, first=first)
        assert books_differ(run.data / BOOK, run.data / "anew.sqlite") == []
        assert rebuild(run.data / BOOK, commits, first=first) == []


@pytest.mark.parametrize("seed", range(25))
def test_the_core_over_random_logs(tmp_path: Path, seed: int) -> None:
    rng = Random(seed)
    check(tmp_path, random_case(rng, entries=80, points=5, rules=6), rng)


@settings(max_examples=15, deadline=None)
@given(cases(entries=25), st.integers(0, 2**32 - 1))
def test_the_core_over_small_logs(case: Case, seed: int) -> None:
    with TemporaryDirectory() as folder:
        check(Path(folder), case, Random(seed))


def test_a_lost_book_comes_back_by_itself(tmp_path: Path) -> None:
    rng = Random(5)
    case = random_case(rng, entries=80, points=5, rules=6)
    live, _ = run_live(tmp_path / "live", case, rng)
    live.core.checkpoint()()
    live.core.close()
    kept = tmp_path / "kept.sqlite"
    (live.data / BOOK).rename(kept)
    live.reopen()
    assert live.core.restart.checkpoint is None
    live.core.close()
    assert books_differ(kept, live.data / BOOK) == []


def test_a_replay_opens_no_channel_and_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(20):  # until one raises alarms
        rng = Random(seed)
        live, _ = run_live(tmp_path / f"live{seed}", random_case(rng, entries=80, points=5, rules=6), rng)
        expected = booked(live)
        live.core.close()
        if expected:
            break

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a replay opened a socket")

    before = content(live.data)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "bind", refuse)
    out = tmp_path / "events.jsonl"
    replay(journal=live.data, out=out)
    assert Counter(out.read_bytes().splitlines()) == expected
    assert expected
    assert content(live.data) == before
    reader = BookReader.open_for_reading(live.data / BOOK)
    assert reader.position <= JournalReader.open(live.data / "journal").end
    reader.close()


def content(folder: Path) -> dict[str, str]:
    """What every file of a folder holds."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
