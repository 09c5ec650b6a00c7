"""Disposals as the console says them: what is due, what can be done now, what a list shows."""

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.alarm_steps import T0
from support.disposing import RULES, Bench

from alerts.disposal.machine import TABLE, DisposalState
from alerts.disposal.record import Disposal, DisposalStep
from plant.entries import DisposalAction
from tocsin.accounts.roles import Principal, Role, Scope
from tocsin.centre.disposal_offers import NOT_YOURS, offers
from tocsin.console.disposal.choosing import SHOWS, Chosen, chosen, overdue_first
from tocsin.console.disposal.said import due_of, line_of, refusal, span
from tocsin.console.disposal.words import DISPOSAL, REFUSALS, STATES

OPERATOR = Principal("li.na", Role.OPERATOR)
MANAGER = Principal("zhao", Role.SAFETY_MANAGER, Scope("enterprise", "E001"))
VIEWER = Principal("guest", Role.VIEWER)
NOW = T0 + 60_000


def begun(*steps: tuple[str, str, dict[str, str]], level: str = "hh") -> Disposal:
    """The disposal of a red alarm after these steps of people: (action, by, fields)."""
    bench = Bench()
    alarm = bench.raised(level=level)
    for n, (action, by, fields) in enumerate(steps):
        given = DisposalAction(T0 + 1000 * (n + 1), action, alarm, by, fields)  # type: ignore[arg-type]
        acted = bench.disposals.act(given, bench.alarms[alarm], None, RULES)
        assert acted.refused is None, acted.refused
    record = bench.disposals.of(alarm)
    assert record is not None
    return record


HANDED_IN = (("start", "zhao", {}), ("cause", "zhao", {"code": "release.leak"}), ("submit", "zhao", {}))


def can(principal: Principal, record: Disposal | None) -> set[str]:
    return {offer.action for offer in offers(principal, record, RULES, NOW) if not offer.why_not}


def why(principal: Principal, record: Disposal | None, action: str) -> str:
    return next(offer.why_not for offer in offers(principal, record, RULES, NOW) if offer.action == action)


def test_what_can_be_done_goes_with_state_and_person() -> None:
    assert can(OPERATOR, None) == {"open"}
    assert can(MANAGER, begun()) == {"start", "assign", "note", "evidence", "cause"}
    assert can(VIEWER, begun()) == set()
    assert why(VIEWER, begun(), "start") == NOT_YOURS
    assert why(MANAGER, begun(HANDED_IN[0]), "submit") == "it has no cause"
    assert "submit" in can(MANAGER, begun(*HANDED_IN[:2]))


def test_who_submitted_does_not_verify_and_is_told_so() -> None:
    record = begun(*HANDED_IN)
    assert {"verify", "reject"} <= can(OPERATOR, record)
    assert why(MANAGER, record, "verify") == NOT_YOURS
    mine = replace_by(record, "Li.Na")
    assert why(OPERATOR, mine, "verify") == "Li.Na submitted it: another person must verify"
    assert refusal("Li.Na submitted it: another person must verify", "zh") == "由 Li.Na 提交，需由另一人核实"
    assert why(OPERATOR, record, "close") == "another person than who submitted must verify it first"


def replace_by(record: Disposal, by: str) -> Disposal:
    return msgspec.structs.replace(record, submitted_by=by)


def test_every_refusal_of_the_machine_is_said_in_chinese() -> None:
    said = {outcome for row in TABLE.values() for outcome in row.values() if not isinstance(outcome, DisposalState)}
    assert said <= REFUSALS.keys()
    assert all(re.search(r"[\u3400-\u9fff]", text) for text in REFUSALS.values())


def test_the_deadline_to_be_taken_comes_before_that_to_be_closed() -> None:
    record = begun()
    assert due_of(record, NOW) == ("assign", record.assign_by, False)
    assert due_of(record, record.assign_by).overdue
    taken = begun(HANDED_IN[0])
    assert due_of(taken, NOW) == ("close", taken.close_by, False)


@given(st.integers(0, 10**10), st.sampled_from(["zh", "en"]))
def test_spans_are_never_longer_than_they_say(ms: int, language: str) -> None:
    d, h, m, s = (int(n) for n in (ms // 86_400_000, ms // 3_600_000 % 24, ms // 60_000 % 60, ms // 1000 % 60))
    numbers = [int(n) for n in re.findall(r"\d+", span(-ms, language))]  # type: ignore[arg-type]
    assert numbers == ([d, h] if d else [h, m] if h else [m, s])


def test_steps_are_said_with_their_cause_and_their_words() -> None:
    step = DisposalStep(3, "cause", "zhao", T0, {"code": "release.leak", "text": "flange"})
    line = line_of(step, "en", {"release.leak": "a leak"}, {"zhao": "Zhao Min"})
    assert (line.what, line.by, line.words) == ("cause: a leak", "Zhao Min", "flange")
    photo = DisposalStep(4, "evidence", "zhao", T0, {"name": "a.jpg", "sha256": "0" * 64, "kind": "image/jpeg"})
    assert line_of(photo, "zh", {}, {}).image
    assert not line_of(photo._replace(fields={**photo.fields, "kind": "image/svg+xml"}), "zh", {}, {}).image


@pytest.mark.parametrize("name", ["needed", "rose", "returned", "reopened", "over", "overdue", "escalated", "final"])
def test_steps_that_nobody_takes_have_words(name: str) -> None:
    assert f"step_{name}" in DISPOSAL.texts
    assert line_of(DisposalStep(1, name, "", T0, {}), "en", {}, {}).by == "by itself"


def test_every_state_has_words() -> None:
    assert {state.value for state in DisposalState} - {"none"} <= STATES.texts.keys()


def test_the_list_is_what_its_address_says() -> None:
    for show in SHOWS:
        wanted = Chosen(show, "E1&2")
        query = dict(pair.split("=") for pair in wanted.address().partition("?")[2].split("&"))
        assert chosen({name: text.replace("%26", "&") for name, text in query.items()}) == wanted
    assert chosen({"show": "nonsense"}) == Chosen()


def test_late_ones_stand_first_and_then_the_worst() -> None:
    red = begun()
    orange = msgspec.structs.replace(red, severity="orange", close_by=red.close_by - 1)
    late = msgspec.structs.replace(orange, severity="blue", overdue="close")
    assert overdue_first([orange, red, late]) == [late, red, orange]
