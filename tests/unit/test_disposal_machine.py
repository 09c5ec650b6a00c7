"""Disposals: from an alarm that needs one to a cause, and everything that is refused on the way."""

from typing import Any

import pytest
from pydantic import ValidationError
from support.alarm_steps import T0, action, engine_event
from support.disposing import PLACE, Bench

from alerts.disposal.causes import OWN_CAUSES, cause_words
from alerts.disposal.disposals import Disposals
from alerts.disposal.machine import TABLE, DisposalState, Input
from alerts.disposal.record import DisposalChanged
from alerts.disposal.schema import DisposalRules
from alerts.kept import Kept
from alerts.remark import Remark
from plant.entries import DisposalAction

MINUTE = 60_000
HOUR = 60 * MINUTE


def test_the_table_is_whole() -> None:
    assert set(TABLE) == set(DisposalState)
    assert all(set(row) == set(Input) for row in TABLE.values())


def test_a_red_alarm_opens_a_disposal_that_ends_with_a_cause() -> None:
    bench = Bench()
    alarm = bench.raised()
    opened = bench.of(alarm)
    assert (opened.state, opened.severity, opened.unit, opened.active) == ("open", "red", "U1", True)
    assert (opened.assign_by, opened.close_by) == (T0 + 5 * MINUTE, T0 + 4 * HOUR)
    bench.act("assign", alarm, T0 + 1000, to="zhao")
    bench.act("start", alarm, T0 + 2000, "zhao", tier="enterprise")
    bench.act("note", alarm, T0 + 3000, "zhao", text="阀门法兰漏")
    bench.act("evidence", alarm, T0 + 4000, "zhao", name="photo.jpg", sha256="ab" * 32, bytes="12", kind="image/jpeg")
    bench.cleared(alarm, T0 + 5000)
    bench.act("cause", alarm, T0 + 6000, "zhao", code="release.leak", text="法兰")
    bench.act("submit", alarm, T0 + 7000, "zhao", tier="enterprise")
    bench.act("verify", alarm, T0 + 8000, "wang")
    closed = bench.act("close", alarm, T0 + 9000, "wang")
    record = bench.of(alarm)
    assert (record.state, record.cause, record.evidence) == ("closed", "release.leak", 1)
    assert (record.submitted_by, record.verified_by, record.closed_by) == ("zhao", "wang", "wang")
    assert closed.effects[1:] == (Remark(alarm, "closed", T0 + 9000, "closed by wang: release.leak (法兰)"),)
    assert bench.steps == [
        "needed",
        "assign",
        "start",
        "note",
        "evidence",
        "over",
        "cause",
        "submit",
        "verify",
        "close",
    ]
    assert record.steps == 10


def test_only_severities_of_the_rules_open_one() -> None:
    bench = Bench()
    yellow = bench.event(engine_event("raised", level="l", severity="yellow"))
    assert bench.disposals.of(yellow) is None
    degraded = bench.event(engine_event("raised", T0 + 1, "hh", side="degraded", subject="P2", alarm="d" * 16))
    assert bench.disposals.of(degraded) is None
    exercise = bench.event(engine_event("raised", T0 + 2, "hh", subject="P3", alarm="e" * 16, exercise=True))
    assert bench.of(exercise).exercise


def test_an_alarm_that_rises_opens_one_and_shortens_what_is_under_way() -> None:
    bench = Bench()
    alarm = bench.event(engine_event("raised", T0, "h", severity="yellow", received_at=T0))
    assert bench.disposals.of(alarm) is None
    bench.event(engine_event("upgraded", T0 + HOUR, "h", severity="orange", received_at=T0 + HOUR))
    first = bench.of(alarm)
    assert (first.severity, first.close_by) == ("orange", T0 + 25 * HOUR)
    bench.event(engine_event("upgraded", T0 + 2 * HOUR, "hh", received_at=T0 + 2 * HOUR))
    risen = bench.of(alarm)
    assert (risen.severity, risen.assign_by, risen.close_by) == ("red", T0 + 90 * MINUTE, T0 + 6 * HOUR)
    assert bench.steps == ["needed", "overdue", "escalated", "rose"]


def test_who_hands_in_is_not_who_verifies() -> None:
    bench = Bench()
    alarm = bench.raised()
    bench.submit(alarm, T0 + 1000, by="wang")
    for name in ("wang", " WANG "):
        assert bench.act("verify", alarm, T0 + 2000, name).refused == "wang submitted it: another person must verify"
    assert bench.act("verify", alarm, T0 + 3000, "li").refused is None


def test_an_enterprise_neither_verifies_nor_closes_a_red_one() -> None:
    bench = Bench()
    alarm = bench.raised()
    bench.submit(alarm, T0 + 1000, by="zhao")
    refused = bench.act("verify", alarm, T0 + 2000, "qian", tier="enterprise").refused
    assert refused == "of a red alarm only the centre may verify the disposal"
    orange = Bench()
    other = orange.raised(level="h")
    orange.submit(other, T0 + 1000, by="zhao")
    orange.cleared(other, T0 + 1500)
    assert orange.act("verify", other, T0 + 2000, "qian", tier="enterprise").refused is None
    assert orange.act("close", other, T0 + 2000, "qian", tier="enterprise").refused is None


def test_what_closing_needs() -> None:
    bench = Bench()
    alarm = bench.raised()
    assert bench.act("close", alarm, T0 + 1).refused == "it is not submitted"
    bench.act("start", alarm, T0 + 2)
    assert bench.act("submit", alarm, T0 + 3).refused == "it has no cause"
    bench.act("cause", alarm, T0 + 4, code="instrument.fault")
    bench.act("submit", alarm, T0 + 5)
    assert bench.act("close", alarm, T0 + 6).refused == "another person than who submitted must verify it first"
    bench.act("verify", alarm, T0 + 7, "li")
    still_on = "the alarm's condition is still on: say why it is closed all the same"
    assert bench.act("close", alarm, T0 + 8).refused == still_on
    assert bench.act("close", alarm, T0 + 9, why="换探头，周一到货").refused is None


def test_without_verification_where_the_rules_say_so() -> None:
    bench = Bench(DisposalRules.model_validate({"severities": {"red": {"verify": False}}}))
    alarm = bench.raised()
    bench.submit(alarm, T0 + 1)
    bench.cleared(alarm, T0 + 2)
    assert bench.act("close", alarm, T0 + 3).refused is None


def test_rejected_it_goes_on_and_is_handed_in_again() -> None:
    bench = Bench()
    alarm = bench.raised()
    bench.submit(alarm, T0 + 1)
    assert bench.act("cause", alarm, T0 + 2, code="test").refused == "it is submitted: reject it first"
    bench.act("verify", alarm, T0 + 3, "li")
    assert bench.act("reject", alarm, T0 + 4, "li", why="照片看不清").refused is None
    record = bench.of(alarm)
    assert (record.state, record.submitted_by, record.verified_by) == ("in_progress", "", "")
    assert bench.act("submit", alarm, T0 + 5, "li").refused is None
    assert bench.act("verify", alarm, T0 + 6, "li").refused is not None


def test_an_alarm_that_comes_back_within_the_span_reopens() -> None:
    bench = Bench()
    alarm = bench.raised()
    bench.cleared(alarm, T0 + 1000)
    bench.close(alarm, T0 + 2000)
    back = bench.raised(T0 + 2000 + 24 * HOUR)
    record = bench.of(back)
    assert (record.alarm, record.latest, record.state, record.reopened) == (alarm, back, "open", 1)
    assert (record.cause, record.submitted_by, record.closed_at, record.active) == ("", "", None, True)
    assert record.close_by == T0 + 2000 + 28 * HOUR
    assert bench.of(alarm) == record, "by its first alarm as well"
    assert bench.steps[-1] == "reopened"


def test_an_alarm_that_comes_back_later_opens_a_new_one() -> None:
    bench = Bench()
    alarm = bench.raised()
    bench.cleared(alarm, T0 + 1000)
    bench.close(alarm, T0 + 2000)
    back = bench.raised(T0 + 2001 + 24 * HOUR)
    assert bench.of(back).alarm == back
    assert bench.disposals.of(alarm) is None, "what is closed for good is the book's alone"
    assert len(bench.disposals.kept) == 1


def test_an_alarm_that_comes_back_while_it_is_open_adds_to_it() -> None:
    bench = Bench()
    alarm = bench.raised()
    bench.cleared(alarm, T0 + 1000)
    bench.submit(alarm, T0 + 2000)
    back = bench.raised(T0 + 3000)
    record = bench.of(back)
    assert (record.alarm, record.state, record.active, record.submitted_by) == (alarm, "in_progress", True, "")
    assert bench.steps[-1] == "returned"
    again = bench.raised(bench.alarms[bench.cleared(back, T0 + 4000)].last_at + 1)
    assert len(bench.disposals.kept) == 1
    assert bench.of(again).latest == again


def test_closed_while_on_it_reopens_when_it_rises_only() -> None:
    bench = Bench()
    alarm = bench.raised(level="h")
    bench.submit(alarm, T0 + 1)
    bench.act("verify", alarm, T0 + 2, "li")
    bench.act("close", alarm, T0 + 3, why="换探头")
    bench.event(action("acknowledge", T0 + 4))
    assert bench.of(alarm).state == "closed"
    bench.event(engine_event("upgraded", T0 + 5, "hh", received_at=T0 + 5))
    assert (bench.of(alarm).state, bench.of(alarm).severity) == ("open", "red")


def test_what_nobody_is_told_of_needs_none_until_somebody_is() -> None:
    bench = Bench()
    alarm = bench.event(engine_event("raised", T0, "hh", received_at=T0), quiet=True)
    bench.event(action("acknowledge", T0 + 1))
    assert bench.disposals.of(alarm) is None
    bench.release(alarm, T0 + 1000)
    assert bench.of(alarm).opened_at == T0 + 1000
    bench.release(alarm, T0 + 2000)
    assert bench.steps == ["needed"]


def test_reopened_by_hand() -> None:
    bench = Bench()
    alarm = bench.raised()
    bench.cleared(alarm, T0 + 1)
    bench.close(alarm, T0 + 2)
    assert bench.act("note", alarm, T0 + 3, text="x").refused == "it is closed: reopen it first"
    assert bench.act("reopen", alarm, T0 + HOUR, why="原因有误").refused is None
    record = bench.of(alarm)
    assert (record.state, record.cause, record.close_by, record.reopened) == ("open", "", T0 + 5 * HOUR, 1)


def test_opened_by_hand() -> None:
    bench = Bench()
    alarm = bench.event(engine_event("raised", T0, "l", severity="yellow", received_at=T0))
    assert bench.act("assign", alarm, T0 + 1, to="zhao").refused == "no disposal of this alarm is open"
    assert bench.act("open", "nosuchalarm00000", T0 + 1, why="x").refused == "no such alarm"
    assert bench.act("open", alarm, T0 + 1, why="重复出现").refused is None
    assert (bench.of(alarm).severity, bench.of(alarm).close_by) == ("yellow", T0 + 1 + 24 * HOUR)
    assert bench.act("open", alarm, T0 + 2, why="x").refused == "its disposal is open already"


@pytest.mark.parametrize(
    ("name", "fields", "said"),
    [
        ("assign", {}, "assign: needs the field `to`"),
        ("assign", {"to": "a b"}, "assign: Expected `str` matching regex"),
        ("assign", {"to": "zhao", "due": "soon"}, "assign: Expected `int"),
        ("assign", {"to": "zhao", "due": str(T0)}, f"due is {T0}, allowed is a time ahead"),
        ("assign", {"to": "zhao", "due": str(T0 + 5 * HOUR)}, f"due is {T0 + 5 * HOUR}, allowed is a time ahead"),
        ("note", {"text": " "}, "note: Expected `str` matching regex"),
        ("note", {"text": "x" * 4001}, "note: Expected `str` of length <= 4000"),
        ("note", {"text": "x", "colour": "red"}, "note: has no field `colour`"),
        ("evidence", {"name": "../x", "sha256": "ab" * 32, "bytes": "1"}, "evidence: Expected `str` matching regex"),
        ("evidence", {"name": "x", "sha256": "AB", "bytes": "1"}, "evidence: Expected `str` matching regex"),
        ("evidence", {"name": "x", "sha256": "ab" * 32, "bytes": "-1"}, "evidence: Expected `int` >= 0"),
        ("cause", {"code": "bad.luck"}, "bad.luck is no cause, allowed are release.leak, "),
        ("cause", {"code": "other"}, "the cause other needs a text"),
        ("reject", {}, "reject: needs the field `why`"),
        ("dance", {}, "'dance' is no action, allowed are open, "),
    ],
)
def test_what_is_wrong_is_said(name: Any, fields: dict[str, str], said: str) -> None:
    bench = Bench()
    alarm = bench.raised()
    acted = bench.disposals.act(DisposalAction(T0 + 1, name, alarm, "wang", fields), None, PLACE, bench.rules)
    assert acted.refused is not None
    assert acted.refused.startswith(said)
    assert bench.steps == ["needed"]


def test_only_contacts_of_the_site_are_given_it() -> None:
    bench = Bench()
    alarm = bench.raised()
    action = DisposalAction(T0 + 1, "assign", alarm, "wang", {"to": "zhao"})
    acted = bench.disposals.act(action, None, PLACE, bench.rules, {"li"})
    assert acted.refused == "zhao is no contact of the site"
    assert bench.disposals.act(action, None, PLACE, bench.rules, {"zhao"}).refused is None


def test_nobody_is_nobody() -> None:
    bench = Bench()
    alarm = bench.raised()
    assert bench.act("note", alarm, T0 + 1, " ", text="x").refused == "nobody is named who does it"


def test_a_site_adds_causes_of_its_own() -> None:
    rules = DisposalRules.model_validate({"causes": {"process.vent": {"zh": "放空火炬", "en": "flare"}}})
    bench = Bench(rules)
    alarm = bench.raised()
    assert bench.act("cause", alarm, T0 + 1, code="process.vent").refused is None
    assert bench.act("cause", alarm, T0 + 2, code="release.leak").refused is None
    assert cause_words("process.vent", rules.causes, "zh") == "放空火炬"
    assert cause_words("release.leak", rules.causes, "en") == "a leak"
    assert cause_words("gone", rules.causes, "en") == "gone"
    assert all(set(words) == {"zh", "en"} for words in OWN_CAUSES.values())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"severities": {"orange": {}}}, "severities: red is left out"),
        ({"overdue": [{"after_s": 60.0, "role": "a"}, {"role": "b"}]}, "overdue: b after 0 s stands behind 60 s"),
        ({"causes": {"Bad Code": {"en": "x"}}}, "causes"),
        ({"causes": {"x": {"fr": "x"}}}, "causes"),
        ({"reopen_within_s": -1.0}, "reopen_within_s"),
    ],
)
def test_rules_that_are_none(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        DisposalRules.model_validate(given)


def test_the_state_is_that_of_its_rows() -> None:
    bench = Bench()
    alarm = bench.raised()
    bench.cleared(alarm, T0 + 1000)
    bench.submit(alarm, T0 + 2000)
    back = bench.raised(T0 + 3000)
    again = Disposals(Kept({key: record for key in bench.disposals.kept if (record := bench.disposals.kept.get(key))}))
    assert again.of(back) == again.of(alarm) == bench.of(alarm)
    assert again.next_due == bench.disposals.next_due
    last = [effect for effect in bench.effects if isinstance(effect, DisposalChanged)][-1]
    assert last.record == again.of(back)
