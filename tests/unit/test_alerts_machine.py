"""The alarm machine: its table has no hole, and the page about it is current."""

from pathlib import Path

import pytest

from alerts.diagram import diagram, refusals
from alerts.machine import ACTIVE, OPEN, TABLE, UNACKNOWLEDGED, Input, State

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "alarm-states.md"


@pytest.mark.parametrize("given", Input)
@pytest.mark.parametrize("state", State)
def test_every_state_takes_or_refuses_every_input(state: State, given: Input) -> None:
    outcome = TABLE[state][given]
    assert isinstance(outcome, State) or outcome.strip()
    assert outcome is not State.NEW


def test_every_state_can_be_reached_and_only_closed_is_final() -> None:
    seen = {State.NEW}
    while more := {n for s in seen for n in TABLE[s].values() if isinstance(n, State)} - seen:
        seen |= more
    assert seen == set(State)
    final = [s for s in State if all(n is s for n in TABLE[s].values() if isinstance(n, State))]
    assert final == [State.CLOSED]


def test_a_latched_alarm_closes_only_by_reset() -> None:
    for state in (State.LATCHED_ACKNOWLEDGED, State.LATCHED_UNACKNOWLEDGED):
        for given, outcome in TABLE[state].items():
            leaves = isinstance(outcome, State) and not outcome.startswith("latched")
            assert leaves == (given is Input.RESET)


def test_an_unacknowledged_alarm_never_closes_without_an_acknowledgement() -> None:
    for state in UNACKNOWLEDGED:
        assert [i for i, n in TABLE[state].items() if n is State.CLOSED] in ([], [Input.ACKNOWLEDGE])


def test_groups_of_states() -> None:
    assert ACTIVE | UNACKNOWLEDGED < OPEN
    assert State.CLOSED not in OPEN


def test_the_page_shows_the_table() -> None:
    text = PAGE.read_text(encoding="utf-8")
    hint = "put the output of `python -m alerts.diagram` into docs/reference/alarm-states.md"
    assert f"```mermaid\n{diagram()}\n```" in text, hint
    assert refusals() in text, hint
