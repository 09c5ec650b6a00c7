"""What a shard makes of odd entries, what it keeps, and what comes back from the topic of checkpoints."""

from collections.abc import Sequence

import numpy as np
import pytest
from support.entries import T0_MS, one_of_each
from support.site_builder import build_site, point_ids

from plant.batch import Batch
from plant.entries import Act, Configuration, DeviceDown, Entry, OperatorAction, Readings, SourceUp, Tick
from plant.registry import PointRegistry
from rules.engine import STATE_VERSION
from rules.events import AlarmEvent
from tocsin.configuration import Configured, read_configuration
from tocsin.kafka.division import Division
from tocsin.kafka.steps import Steps
from tocsin.log.checkpoint_file import StateValue
from tocsin.worker.divided import Divided
from tocsin.worker.inbox import MOST_BYTES, Inbox, Record
from tocsin.worker.shard import ShardFold
from tocsin.worker.state_chunks import CHUNK_BYTES, ChunkedState, Chunks

POINTS, PARTITIONS = 280, 4
RULES = """\
rules:
  - {id: gas, applies_to: {kind: gas.combustible}, condition: {limit: {h: 25, hh: 50, deadband: 2}}}
  - {id: silent, applies_to: {kind: "*"}, condition: {stale: {after_s: 5}}, severity: blue}
"""


@pytest.fixture(scope="module")
def configured(tmp_path_factory: pytest.TempPathFactory) -> Configured:
    folder = tmp_path_factory.mktemp("fold") / "site"
    return read_configuration(build_site(folder, POINTS, enterprises=20, rules={"rules.yaml": RULES}))


class Known:
    """Versions 1 and 2 of one configuration; what others were asked for is in `asked`."""

    def __init__(self, configured: Configured) -> None:
        self.registry = PointRegistry(sorted(point_ids(POINTS, 20), reverse=True))
        self.division = Division(configured.site, configured.rules, self.registry, PARTITIONS)
        self.asked: list[int] = []

    def divide(self, version: int) -> Divided:
        self.asked.append(version)
        if version > 2:
            raise LookupError(f"no version {version}")
        return Divided(version, self.division, self.registry.numbers)

    def gas_of(self, shard: int) -> int:
        """The number of some combustible gas detector of the shard."""
        site = self.division.site_of(shard)
        return next(self.registry.numbers[p.point] for p in site.points.values() if p.kind == "gas.combustible")


@pytest.fixture
def known(configured: Configured) -> Known:
    return Known(configured)


def use(at_ms: int, version: int) -> Configuration:
    return Configuration(at_ms, "site", "", version=version)


def one(point: int, at_ms: int, value: float) -> Readings:
    return Readings(at_ms, Batch.of([(point, at_ms, value, 0)]), "m")


def events(steps: Sequence[Steps]) -> list[AlarmEvent]:
    return [step for taken in steps for step in taken.steps if isinstance(step, AlarmEvent)]


def test_times_go_up_whatever_clocks_say(known: Known) -> None:
    fold, point = ShardFold(1, known.divide), known.gas_of(1)
    entries: list[Entry] = [use(T0_MS, 1), one(point, T0_MS - 5_000, 60.0), Tick(T0_MS - 9_000)]
    [configuration, raised] = fold.apply(list(enumerate(entries)))
    assert configuration == Steps(1, 0, T0_MS, (entries[0],))  # type: ignore[arg-type]
    assert (raised.offset, raised.clock_ms) == (1, T0_MS + 1)
    assert fold.last_ms == T0_MS + 2


def test_older_versions_and_unknown_ones(known: Known) -> None:
    fold = ShardFold(0, known.divide)
    assert len(fold.apply([(0, use(T0_MS, 2))])) == 1
    assert fold.apply([(1, use(T0_MS + 1, 2)), (2, use(T0_MS + 2, 1)), (3, use(T0_MS + 3, 0))]) == []
    assert fold.version == 2
    with pytest.raises(LookupError):
        fold.apply([(4, Tick(T0_MS + 4)), (5, use(T0_MS + 5, 3))])
    # Nothing was taken, so it can be tried again.
    assert (fold.next, fold.last_ms) == (4, T0_MS + 3)
    assert known.asked == [2, 3]


def test_acts_are_handed_on_before_any_version_and_after(known: Known) -> None:
    act = OperatorAction(T0_MS, "acknowledge", "yvfmenxky254frwd", "li")
    fold = ShardFold(2, known.divide)
    assert fold.apply([(7, Tick(T0_MS - 1)), (8, act)]) == [Steps(2, 8, T0_MS, (act,))]
    fold.apply([(9, use(T0_MS + 1, 1))])
    acts = [entry for entry in one_of_each(T0_MS + 5) if isinstance(entry, Act)]
    handed = fold.apply(list(enumerate(acts, 10)))
    assert [type(step) for taken in handed for step in taken.steps] == [type(entry) for entry in acts]


def test_other_shards_points_and_numbers_nobody_has_are_left_out(known: Known) -> None:
    fold, mine, other = ShardFold(1, known.divide), known.gas_of(1), known.gas_of(2)
    fold.apply([(0, use(T0_MS, 1))])
    rows = [(number, T0_MS + 10, 60.0, 0) for number in (other, mine, POINTS + 5, 4_294_967_295)]
    steps = fold.apply([(1, Readings(T0_MS + 10, Batch.of(rows), "m"))])
    assert [event.subject for event in events(steps)] == [known.registry.id_of(mine)]
    down = fold.apply([(2, DeviceDown(T0_MS + 20, (other, mine, POINTS + 5), "m"))])
    assert {event.subject for event in events(down)} == {known.registry.id_of(mine)}


def test_memory_goes_with_the_shard(known: Known) -> None:
    folds = [ShardFold(shard, known.divide) for shard in range(PARTITIONS + 1)]
    for fold in folds:
        fold.apply([(0, use(T0_MS, 1))])
    assert sum(fold.points for fold in folds) == POINTS
    assert folds[-1].points == 0
    sizes = [sum(v.nbytes for v in fold.dump().values() if isinstance(v, np.ndarray)) for fold in folds[:PARTITIONS]]
    undivided = Division(known.division.site, known.division.rules, known.registry, 1)
    whole = ShardFold(0, lambda _: Divided(1, undivided, known.registry.numbers))
    whole.apply([(0, use(T0_MS, 1))])
    all_of_it = sum(v.nbytes for v in whole.dump().values() if isinstance(v, np.ndarray))
    assert sum(sizes) < 1.2 * all_of_it


def test_the_second_stage_says_its_clock_once_a_second(known: Known) -> None:
    second = ShardFold(PARTITIONS, known.divide)
    entries: list[Entry] = [use(T0_MS, 1), *(Tick(T0_MS + 250 * k) for k in range(1, 13)), SourceUp(T0_MS + 3_100, "m")]
    steps = second.apply(list(enumerate(entries)))
    assert [(taken.clock_ms, len(taken.steps)) for taken in steps] == [(T0_MS + 1000 * k, k == 0) for k in range(4)]


DAMAGES = ("none", "a chunk is gone", "a chunk of another", "another state version", "another n")


@pytest.mark.parametrize("damage", DAMAGES)
def test_checkpoints_come_back_whole_or_not_at_all(known: Known, damage: str) -> None:
    fold, point = ShardFold(1, known.divide), known.gas_of(1)
    fold.apply([(0, use(T0_MS, 1)), (1, one(point, T0_MS + 10, 60.0))])
    older = written(fold.dump(), 4, fold.next)
    newer = written({**fold.dump(), "more": b"x" * 3 * CHUNK_BYTES}, 5, fold.next)
    kept = Chunks()
    for key, value in [*older, *newer]:
        kept.take(key, value)
    if damage == "a chunk is gone":
        kept.take(b"1/1", b"")
    elif damage == "a chunk of another":
        kept.take(*written({"x": 1}, 7, 3)[0])
    state_version = STATE_VERSION + (damage == "another state version")
    found, passed_over = kept.newest(state_version, PARTITIONS + (damage == "another n"))
    assert kept.newest_serial == 5
    if "version" in damage or "another n" in damage:
        assert found is None
        assert len(passed_over) == 2
        return
    assert found is not None
    assert found.manifest.serial == (5 if damage == "none" else 4)
    again = ShardFold.load(1, known.divide, found.state)
    back = (2, one(point, T0_MS + 20, 1.0))
    assert again.apply([back]) == fold.apply([back]) != []


def written(state: dict[str, StateValue], serial: int, next: int) -> list[tuple[bytes, bytes]]:
    chunked = ChunkedState(serial, state, next=next, state_version=STATE_VERSION)
    return [*chunked.chunks(), chunked.manifest(PARTITIONS, 1)]


@pytest.mark.parametrize("missing", ["shard.next", "shard.points", "points.heard_any"])
def test_a_state_of_another_shape_is_said(known: Known, missing: str) -> None:
    fold = ShardFold(1, known.divide)
    fold.apply([(0, use(T0_MS, 1))])
    state = fold.dump()
    del state[missing]
    with pytest.raises(ValueError, match="state"):
        ShardFold.load(1, known.divide, state)


def test_an_inbox_that_is_full_takes_nothing_until_it_is_reopened() -> None:
    inbox, large = Inbox(), b"x" * (MOST_BYTES // 2 + 1)
    assert not inbox.put(Record(0, 0, b"early"))
    inbox.reopen()
    assert inbox.put(Record(1, 0, large))
    assert not inbox.put(Record(2, 0, large))
    assert not inbox.put(Record(3, 0, b"small"))  # or there would be a gap
    assert [record.offset for record in inbox.take(10, 0.0)] == [1]
    inbox.reopen()
    assert inbox.put(Record(2, 0, large))
    inbox.end()
    assert len(inbox.take(10, 5.0)) == 1
    assert inbox.take(10, 5.0) == []
