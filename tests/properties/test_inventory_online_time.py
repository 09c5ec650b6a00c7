"""Online time in columns is what asking at every millisecond says, however the log is cut."""

from collections.abc import Sequence
from itertools import pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from support.devices import T0, SlowOnline, point, readings, table_of

from plant.entries import Configuration, DeviceDown, Entry, SourceDown, SourceUp, Tick
from plant.quality import RETAINED
from plant.registry import PointRegistry
from tocsin.inventory.listening import Listening

REGISTRY = PointRegistry()
POINTS = [
    point("A1", "A", 0.02),
    point("A2", "A", 0.3),
    point("A3", "A", 0.1, "on_change"),
    point("B1", "B", 0.1, "on_change"),
    point("B2", "B", 0.1, "on_change"),
    point("C1", None, 0.1),
    point("A9", "A", 0.1, enterprise="E2"),
    point("D1", "D", 5.0),
]
TABLES = {
    "one": table_of(POINTS[:6], REGISTRY),
    "two": table_of([*POINTS[1:4], *POINTS[5:], point("B1", "C", 0.05)], REGISTRY),
}


def random_log(rng: Random) -> list[Entry]:
    """Entries mostly close to each other, with pauses between, and another configuration now and then."""
    now, entries = T0, list[Entry]()
    for _ in range(rng.randint(1, 45)):
        now += rng.choice([rng.randint(1, 120), rng.randint(1, 120), 400, rng.choice([1999, 2000, 2001, 2600])])
        source = rng.choice(["", "one"])
        rows = [(rng.randrange(len(POINTS)), now) for _ in range(rng.randint(1, 3))]
        entries.append(
            rng.choice(
                [
                    readings(now, rows, source),
                    readings(now, rows, source, rng.choice([0, int(RETAINED)])),
                    rng.choice([Tick(now), DeviceDown(now, tuple(number for number, _ in rows), source)]),
                    rng.choice([SourceUp(now, source), SourceDown(now, source)]),
                    Configuration(now, "site", rng.choice(["one", "two"])),
                    readings(now, [(3, now), (4, now)], source),
                ]
            )
        )
    return entries


logs = st.integers(0, 2**32 - 1).map(lambda seed: random_log(Random(seed)))


def listen(entries: Sequence[Entry], from_ms: int, to_ms: int, cuts: set[int]) -> Listening:
    listening = Listening(TABLES["one"], TABLES.__getitem__, from_ms, to_ms)
    edges = [0, *sorted(cut for cut in cuts if cut < len(entries)), len(entries)]
    for first, end in pairwise(edges):
        listening.apply(entries[first:end])
    listening.finish()
    return listening


@settings(max_examples=150, deadline=None)
@given(logs, st.integers(-50, 2000), st.integers(1, 20_000), st.sets(st.integers(0, 45)))
def test_online_time_is_what_asking_at_every_millisecond_says(
    entries: list[Entry], after: int, length: int, cuts: set[int]
) -> None:
    from_ms, to_ms = T0 + after, T0 + after + length
    slow = SlowOnline(TABLES, "one").ask(entries, from_ms, to_ms)

    found = listen(entries, from_ms, to_ms, cuts)

    assert {key: ms for key, ms in found.expected_ms.items() if ms} == slow.expected_ms
    assert {key: ms for key, ms in found.online_ms.items() if found.expected_ms[key]} == slow.online_ms
    assert found.listened_ms == slow.listened_ms


@settings(max_examples=60, deadline=None)
@given(logs, st.integers(1, 4000), st.integers(1, 4000))
def test_two_periods_in_a_row_add_up(entries: list[Entry], first: int, second: int) -> None:
    end = T0 + first + second
    whole = listen(entries, T0, end, set())
    parts = [listen(entries, T0, T0 + first, set()), listen(entries, T0 + first, end, set())]

    for of in ("online_ms", "expected_ms"):
        sums: dict[object, int] = {}
        for part in parts:
            for key, ms in getattr(part, of).items():
                sums[key] = sums.get(key, 0) + ms
        assert {key: ms for key, ms in sums.items() if ms} == {k: ms for k, ms in getattr(whole, of).items() if ms}
