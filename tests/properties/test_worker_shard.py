"""However a site is divided, and wherever its shards are stopped: together they decide what one engine decides."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.random_cases import CONDITIONS, DEVICE, TREND, Case, random_case
from support.random_several import is_valid
from support.sharded import Versions, dealt, embedded, events_of, folded, spread
from support.strategies import cases

from rules.events import AlarmEvent
from rules.schema import Rule
from tocsin.kafka.division import Division
from tocsin.kafka.steps import Steps

# Whether a silence of a moment is seen by rules over several points, and when drift and calibration are decided, goes
# by when entries come; so for these every shard has an entry whenever the one log has.
BY_ENTRIES = ("drift", "calibration")
EVERY = 1.0
APART = (2, 7, 8)
"""So many partitions put the two enterprises of a random site in different ones."""

KINDS = (*CONDITIONS, *TREND, *(kind for kind in DEVICE if kind not in BY_ENTRIES), "limit", "limit", "discrete")


def decided(events: Iterable[AlarmEvent]) -> Counter[tuple[object, ...]]:
    return Counter((e.alarm, e.event, e.at, e.level, e.severity, e.side) for e in events)


def steps_of(case: Case, versions: Versions, rng: Random, ticks: float) -> list[Steps]:
    logs = dealt(spread(case, versions), versions, rng, ticks)
    return [one for shard, log in enumerate(logs) for one in folded(shard, log, versions, rng)]


def check(case: Case, partitions: int, rng: Random, ticks: float = 0.2) -> None:
    versions = Versions(case, partitions)
    steps = steps_of(case, versions, rng, ticks)
    if versions.divisions_stay:
        whole = embedded(case, versions, spread(case, Versions(case, 1)))
        assert decided(events_of(steps)) == decided(whole)
    for alarm, story in stories(steps).items():
        # Whatever moved between the stages: an alarm is raised once, ended at most once, and nothing comes after.
        assert [name for name in story if name in ("raised", "cleared")] in (["raised"], ["raised", "cleared"]), alarm
        assert story[0] == "raised", alarm
        assert "cleared" not in story[:-1], alarm


def stories(steps: Sequence[Steps]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for event in events_of(steps):
        found.setdefault(event.alarm, []).append(event.event)
    return found


def votes(case: Case, rules: Sequence[Rule], rng: Random) -> tuple[Rule, ...]:
    """Votes that look at all enterprises, over conditions of one point and of several."""
    named = rng.sample(list(rules), min(2, len(rules)))
    forms = [
        {
            "id": f"v{i}",
            "applies_to": {"kind": "*"},
            "condition": {"vote": {"n": rng.choice([1, 2]), "rule": rule.id, "per": "site"}},
            "severity": "red",
            "on_delay_s": rng.choice([0, 0.5, 2]),
            "off_delay_s": rng.choice([0, 1]),
        }
        for i, rule in enumerate(named)
    ]
    found = [Rule.model_validate(form) for form in forms]
    return tuple(rule for rule in found if is_valid(case.site, rules, rule))


def voting_case(rng: Random, partitions: int) -> Case:
    """A case in which some rule is the second stage's."""
    while True:
        change = rng.random() < 0.4
        case = random_case(rng, entries=80, points=8, rules=4, kinds=KINDS, several=2, reconfigure=change, dying=0.02)
        case = replace(case, rules=(*case.rules, *votes(case, case.rules, rng)))
        if Division(case.site, case.rules, case.registry, partitions).spanning_rules:
            return case


@pytest.mark.parametrize("seed", range(25))
def test_shards_decide_as_one_engine(seed: int) -> None:
    rng = Random(9000 + seed)
    case = random_case(rng, entries=80, points=6, rules=4, kinds=KINDS, dying=0.03)
    check(case, rng.choice(APART), rng)


@pytest.mark.parametrize("seed", range(15))
def test_rules_over_several_points_decide_as_in_one_engine(seed: int) -> None:
    rng = Random(9300 + seed)
    case = random_case(rng, entries=80, points=6, rules=4, kinds=KINDS, several=4, dying=0.03)
    check(case, rng.choice(APART), rng, EVERY)


@pytest.mark.parametrize("seed", range(25))
def test_votes_across_enterprises_decide_as_in_one_engine(seed: int) -> None:
    rng = Random(9100 + seed)
    partitions = rng.choice(APART)
    check(voting_case(rng, partitions), partitions, rng, EVERY)


@pytest.mark.parametrize("seed", range(6))
def test_drift_and_calibration_are_equal_where_entries_come_at_the_same_times(seed: int) -> None:
    rng = Random(9200 + seed)
    case = random_case(rng, entries=80, points=6, rules=4, kinds=(*KINDS, *BY_ENTRIES * 3), several=2)
    check(case, APART[0], rng, EVERY)


@settings(max_examples=25, deadline=None)
@given(cases(entries=25, kinds=KINDS, several=3), st.sampled_from((1, *APART)), st.integers(0, 2**32 - 1))
def test_small_logs_in_any_pieces(case: Case, partitions: int, seed: int) -> None:
    check(case, partitions, Random(seed), EVERY)
