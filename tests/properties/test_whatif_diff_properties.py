"""Comparing rule sets: with themselves, turned round, cut otherwise, left to the matcher bit by bit."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from support.random_cases import START_MS, Case, random_case, random_rules

from plant.entries import Configuration, Entry, Tick
from plant.site import Point
from rules.schema import Rule
from tocsin.configuration import Configured
from tocsin.whatif.diff import Diff, run_diff
from tocsin.whatif.matching import MIRROR, Change, Matcher, Pair
from tocsin.whatif.recording import Advance, Trend
from tocsin.whatif.spans import Span, follow, key_of, raised_span

NOTHING = (Change.NEW, Change.GONE)


class InMemory:
    """A recording of given entries, in groups of a size."""

    skipped = 0

    def __init__(self, case: Case, size: int) -> None:
        self.registry = case.registry
        self._size = size
        self._log: list[Entry] = [
            Tick(entry.received_at_ms) if isinstance(entry, Configuration) else entry for entry, _ in case.log
        ]

    def entries(self, end_ms: int | None, advance: Advance) -> Iterator[list[Entry]]:
        log = [entry for entry in self._log if end_ms is None or entry.received_at_ms < end_ms]
        for start in range(0, len(log), self._size):
            yield log[start : start + self._size]

    def heard(self) -> frozenset[str]:
        return frozenset(self.registry.ids)

    def trend(self, point: str, from_ms: int, to_ms: int) -> Trend:
        raise AssertionError("a comparison draws nothing")


SEEDS = st.integers(0, 2**32 - 1)


def drawn(seed: int) -> tuple[Case, Configured, Configured]:
    """A case, its rules, and others: some the same, some changed, other cells."""
    rng = Random(seed)
    case = random_case(rng, entries=60, points=3, rules=4)
    others = {rule.id: rule for rule in random_rules(rng, case.site, 5)}
    kept = [rule for rule in case.rules if rng.random() < 0.5]
    rules = [*kept, *(rule for name, rule in others.items() if name not in {r.id for r in kept})]
    points = {name: _other_cells(rng, point) for name, point in case.site.points.items()}
    other = replace(case, site=replace(case.site, points=points))
    return case, _configured(case, case.rules), _configured(other, rules)


def _other_cells(rng: Random, point: Point) -> Point:
    return replace(point, h=4.0, deadband=1.0) if rng.random() < 0.3 and point.h is not None else point


def _configured(case: Case, rules: "tuple[Rule, ...] | list[Rule]") -> Configured:
    return Configured(case.site, tuple(rules), b"")


def _compared(case: Case, before: Configured, after: Configured, size: int = 1000) -> Diff:
    return run_diff(InMemory(case, size), before, after, most_listed=100_000)


def _seen(pair: Pair) -> tuple[object, ...]:
    return tuple(
        None if span is None else (span.key, span.raised_at_ms, span.ended_at_ms, span.severity)
        for span in (pair.before, pair.after)
    )


@settings(max_examples=25)
@given(SEEDS)
def test_a_rule_set_does_not_differ_from_itself(seed: int) -> None:
    case, before, _ = drawn(seed)
    diff = _compared(case, before, before)
    assert diff.same
    assert (diff.rules, diff.points, diff.listed) == ([], [], [])
    assert diff.total.before == diff.total.after


@settings(max_examples=25)
@given(SEEDS)
def test_turned_round_it_is_the_mirror(seed: int) -> None:
    case, before, after = drawn(seed)
    there, back = _compared(case, before, after), _compared(case, after, before)
    assert (there.total.before, there.total.after) == (back.total.after, back.total.before)
    assert Counter({MIRROR[c]: n for c, n in there.total.changes.items()}) == back.total.changes
    mirrored = {(_seen(p)[1], _seen(p)[0], frozenset(MIRROR[c] for c in p.changes)) for p in there.listed}
    assert mirrored == {(*_seen(p), frozenset(p.changes)) for p in back.listed}
    assert [(i.id, {repr((f.path, f.after, f.before)) for f in i.fields}) for i in there.rules] == [
        (i.id, {repr((f.path, f.before, f.after)) for f in i.fields}) for i in back.rules
    ]


@settings(max_examples=25)
@given(SEEDS, st.integers(1, 9))
def test_how_the_entries_are_cut_changes_nothing(seed: int, size: int) -> None:
    case, before, after = drawn(seed)
    whole, cut = _compared(case, before, after), _compared(case, before, after, size)
    assert whole.total == cut.total
    assert whole.by_rule == cut.by_rule
    assert sorted(map(repr, whole.listed)) == sorted(map(repr, cut.listed))


@settings(max_examples=25)
@given(SEEDS)
def test_every_alarm_stands_in_one_pair_and_what_is_gone_left_nothing(
    seed: int,
) -> None:
    case, before, after = drawn(seed)
    pairs, alarms = _all_pairs(case, before, after)
    for side, given_alarms in enumerate(alarms):
        mine = [s for p in pairs if (s := (p.before, p.after)[side]) is not None]
        assert sorted(s.alarm for s in mine) == sorted(s.alarm for s in given_alarms)
    for pair in pairs:
        if pair.before is None or pair.after is None:
            others = alarms[0] if pair.before is None else alarms[1]
            stood = any(pair.span.key == other.key and pair.span.overlaps(other) for other in others)
            assert stood == (pair.changes[0] not in NOTHING)
        else:
            assert pair.before.overlaps(pair.after)


def _all_pairs(case: Case, before: Configured, after: Configured) -> tuple[list[Pair], list[list[Span]]]:
    """The pairs from the matcher, and all alarms of each side found without it."""
    from rules.engine import Engine, make_plan

    log = next(InMemory(case, 1000).entries(None, lambda done, total: None))
    events = [Engine(make_plan(c.site, c.rules, case.registry)).apply(log) for c in (before, after)]
    matcher = Matcher()
    pairs = [*matcher.take(*events), *matcher.finish()]
    alarms: list[list[Span]] = []
    for of_side in events:
        open_spans: dict[object, Span] = {}
        alarms.append([])
        for event in of_side:
            if event.event == "raised":
                open_spans[key_of(event)] = raised_span(event)
                alarms[-1].append(open_spans[key_of(event)])
            else:
                follow(open_spans[key_of(event)], event)
    return pairs, alarms


@settings(max_examples=25)
@given(SEEDS, st.integers(0, 60), st.integers(1, 60))
def test_a_window_counts_what_was_raised_in_it(seed: int, start_s: int, length_s: int) -> None:
    case, before, after = drawn(seed)
    first_ms, end_ms = START_MS + start_s * 1000, START_MS + (start_s + length_s) * 1000
    diff = run_diff(InMemory(case, 7), before, after, (first_ms, end_ms), most_listed=100_000)
    whole = _all_pairs(_until(case, end_ms), before, after)[0] if _until(case, end_ms).log else []
    raised = [p.before for p in whole if p.before is not None and p.before.raised_at_ms >= first_ms]
    assert diff.total.before.alarms == len(raised)


def _until(case: Case, end_ms: int) -> Case:
    return replace(case, log=tuple(item for item in case.log if item[0].received_at_ms < end_ms))
