"""What must hold of any engine, shown of the reference on random cases."""

from collections import Counter
from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.random_cases import Case, cut_finer, random_case
from support.reference import Reference
from support.strategies import cases

from rules.events import AlarmEvent


def events_of(case: Case) -> list[AlarmEvent]:
    reference = Reference(case.site, case.rules, case.registry)
    return [event for entry, rules in case.log for event in reference.apply(entry, rules)]


def keys(events: Sequence[AlarmEvent]) -> Counter[tuple[object, ...]]:
    return Counter((e.alarm, e.event, e.at, e.level, e.severity, e.historical, frozenset(e.pending)) for e in events)


@settings(max_examples=60, deadline=None)
@given(cases(), st.integers(0, 1000))
def test_cutting_batches_finer_changes_nothing(case: Case, seed: int) -> None:
    assert keys(events_of(cut_finer(Random(seed), case))) == keys(events_of(case))


@pytest.mark.parametrize("seed", range(40))
def test_alarms_of_one_side_follow_each_other_and_have_ids_of_their_own(seed: int) -> None:
    sides: dict[tuple[str, str, str], list[AlarmEvent]] = {}
    for event in events_of(random_case(Random(seed), entries=200, points=5, rules=8)):
        sides.setdefault((event.rule, event.subject, event.side), []).append(event)
    for events in sides.values():
        active, last_at, ids = None, None, set()
        for event in events:
            assert (event.event == "raised") == (active is None)
            if event.event == "raised":
                assert event.alarm not in ids
                assert last_at is None or event.at > last_at
                assert event.raised_at == event.at
                ids.add(event.alarm)
            else:
                assert event.alarm == active
                assert last_at is not None
                assert event.at >= last_at
            active = None if event.event == "cleared" else event.alarm
            last_at = event.at


def test_the_random_cases_reach_every_kind_of_event() -> None:
    seen: Counter[object] = Counter()
    counters: Counter[str] = Counter()
    for seed in range(40):
        case = random_case(Random(seed), entries=200, points=5, rules=8)
        kinds = {rule.id: rule.condition.kind for rule in case.rules}
        reference = Reference(case.site, case.rules, case.registry)
        for entry, rules in case.log:
            kinds |= {rule.id: rule.condition.kind for rule in rules or ()}
            for event in reference.apply(entry, rules):
                seen.update([event.event, kinds.get(event.rule), event.reason])
                seen.update({"pending": bool(event.pending), "historical": event.historical})
        for point in case.site.points:
            counters += reference.counters(point)
    for what in ("raised", "upgraded", "downgraded", "cleared", "pending", "historical", "rule_removed"):
        assert seen[what] > 10, what
    for kind in ("limit", "discrete", "rate", "window", "twa", "frozen", "stale", "range"):
        assert seen[kind] > 50, kind
    for name in ("over_range", "under_range", "bad", "late", "duplicate", "ahead", "skewed", "clock_fault"):
        assert counters[name] > 20, name
