"""The alarm book's log of a random case, as workers would have written it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from random import Random

from support.core_runs import TARGETS, run_live
from support.random_cases import Case

from plant.entries import Configuration, OperatorAction, Position
from rules.events import AlarmEvent
from tocsin.book import AlarmBook, Commit
from tocsin.configuration import Configured
from tocsin.kafka.steps import Step, Steps, decode_steps, encode_steps
from tocsin.notifier.kept import load_reached, save
from tocsin.notifier.projection import Numbered, Projection
from tocsin.runtime.fold import Fold
from tocsin.runtime.reading import fold_of_journal


@dataclass
class Played:
    """`commits` are what the embedded service books; `records` the same of each entry, as records of one shard."""

    commits: list[Commit]
    records: list[Steps]
    versions: dict[int, Configured]

    def resolve(self, version: int) -> Configured:
        return self.versions[version]


def play(folder: Path, case: Case, rng: Random) -> Played:
    """Run a case with acts on its alarms; its configurations get numbers, as in cluster mode."""
    run, _ = run_live(folder, case, rng)
    run.core.close()
    reader, fold, first = fold_of_journal(folder)
    played = Played([], [], {})
    for position, entry in reader.read(first):
        if isinstance(entry, Configuration):
            entry = replace(entry, version=len(played.versions) + 1)
        commits = list(fold.apply([(position, entry)]))
        if isinstance(entry, Configuration):
            played.versions[entry.version] = _in_force(fold)
        played.commits += commits
        steps = tuple(step for commit in commits for _, step in commit.steps)
        played.records.append(Steps(0, position, entry.received_at_ms, steps))
    return played


def _in_force(fold: Fold) -> Configured:
    return fold.configured


def travelled(records: Sequence[Steps], start: int = 0, gaps: Random | None = None) -> list[Numbered]:
    """The records as they are read from `steps`, with offsets that have gaps, as transactions leave them."""
    numbered: list[Numbered] = []
    position = start
    for record in records:
        numbered.append((position, decode_steps(encode_steps(record))))
        position += 1 + (gaps.choice([0, 1, 1, 3]) if gaps is not None else 0)
    return numbered


def among_shards(records: Sequence[Steps], rng: Random, *, ahead: int) -> list[Steps]:
    """The same steps from two shards, by enterprise, interleaved: one may be up to `ahead` records in front."""
    enterprise_of: dict[str, str] = {}
    parts: tuple[list[Steps], list[Steps]] = ([], [])
    for record in records:
        for shard, part in enumerate(parts):
            mine: list[Step] = []
            for step in record.steps:
                if isinstance(step, AlarmEvent):
                    enterprise_of[step.alarm] = step.enterprise
                owner = enterprise_of.get(step.alarm, "E1") if isinstance(step, AlarmEvent | OperatorAction) else None
                if owner is None or (owner == "E2") == (shard == 1):
                    mine.append(step)
            part.append(Steps(shard, len(part), record.clock_ms, tuple(mine)))
    mixed: list[Steps] = []
    done = [0, 0]
    while any(done[shard] < len(parts[shard]) for shard in (0, 1)):
        shard = rng.randrange(2)
        other = 1 - shard
        if done[shard] == len(parts[shard]) or (done[shard] - done[other] >= ahead and done[other] < len(parts[other])):
            shard = other
        mixed.append(parts[shard][done[shard]])
        done[shard] += 1
    return mixed


def book_embedded(path: Path, commits: Sequence[Commit]) -> None:
    """As the core of `tocsin run` records commits."""
    book = AlarmBook.open_for_writing(path, TARGETS, durable=False)
    try:
        for commit in commits:
            if commit.steps or book.has_to(commit.ground, commit.clock_ms):
                book.commit(*commit)
    finally:
        book.close()


def book_records(path: Path, played: Played, records: Sequence[Numbered], rng: Random | None = None) -> None:
    """As the notifier does: in groups of any size, and with restarts, where a random choice is given."""
    rest = list(records)
    while rest:
        book = AlarmBook.open_for_writing(path, TARGETS, durable=False)
        try:
            projection = Projection(played.resolve, load_reached(book.connection))
            rest = [numbered for numbered in records if numbered[0] >= book.position]
            stop = rng.randint(1, len(rest)) if rng is not None and rest else len(rest)
            group = rest[:stop]
            while group:
                size = rng.choice([1, 2, 3, 10, 50]) if rng is not None else 50
                _take(book, projection, group[:size])
                group = group[size:]
            rest = rest[stop:]
        finally:
            book.close()


def _take(book: AlarmBook, projection: Projection, group: Sequence[Numbered]) -> None:
    before = projection.reached
    for piece in projection.take(group):
        book.commit(*piece.commit, beside=partial(save, before, piece))
        before = piece.reached


def position_of(records: Sequence[Numbered], shard: int, entry: Position) -> Position:
    """Where the record of an entry stands."""
    return next(at for at, record in records if (record.shard, record.offset) == (shard, entry))
