"""The effective state: every combination against the order as semantics 5.6 gives it."""

from itertools import product

import pytest
from support.alarm_steps import LATCHING, engine_event

from alerts.effective import Effective, Facts, effective_of, effective_state
from alerts.fold import fold
from alerts.machine import ACTIVE, State


def by_hand(state: State, kind: str | None, suppressed: bool, holds: bool | None) -> str:
    if kind is not None:
        return kind
    if suppressed:
        return "suppressed_by_design"
    on = state in ACTIVE
    if holds and not on:
        return "on_delay"
    if state.startswith("latched"):
        return "latched"
    if on:
        return "off_delay" if holds is False else "active"
    return "normal"


def test_every_combination() -> None:
    kinds = (None, "disabled", "out_of_service", "shelved")
    seen = set()
    for facts in product(State, kinds, (False, True), (None, False, True)):
        effective = effective_of(Facts(*facts))
        assert effective == by_hand(*facts), facts
        seen.add(effective)
    assert seen == set(Effective)


def test_the_order_is_that_of_the_enumeration() -> None:
    everything = Facts(State.ACTIVE_ACKNOWLEDGED, "disabled", True, True)
    assert effective_of(everything) is Effective.DISABLED
    assert list(Effective)[:4] == ["disabled", "out_of_service", "shelved", "suppressed_by_design"]


def test_of_a_record() -> None:
    record = fold(None, engine_event("raised"), LATCHING).record
    assert effective_state(record) is Effective.ACTIVE
    assert effective_state(record, "shelved") is Effective.SHELVED
    assert effective_state(record, holds=False) is Effective.OFF_DELAY
    latched = fold(
        fold(record, engine_event("upgraded", level="hh"), LATCHING).record, engine_event("cleared"), LATCHING
    )
    assert effective_state(latched.record) is Effective.LATCHED


@pytest.mark.parametrize(("holds", "effective"), [(None, "normal"), (False, "normal"), (True, "on_delay")])
def test_where_no_alarm_is_open(holds: bool | None, effective: str) -> None:
    assert effective_state(None, holds=holds) == effective
