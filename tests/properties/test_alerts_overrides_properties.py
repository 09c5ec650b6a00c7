"""Overrides against a slow and obvious model, under any log, however it is cut and whenever it restarts."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from support.alarm_steps import T0, engine_event
from support.override_desk import Desk
from support.override_model import Model
from support.reference_runs import point, site_of

from alerts.fold import Step
from alerts.machine import OPEN, State
from alerts.overrides import OverrideEnded
from alerts.place import Places
from alerts.record import Policy
from plant.entries import OperatorAction, OverrideAction
from rules.events import AlarmEvent
from rules.identity import alarm_id

SITE = site_of(point("P1", device="D1"), point("P2", device="D1"), point("P3", unit="U3"))
PLACES = Places(SITE)
POLICY = Policy(
    latches=lambda _rule, level: level == "hh",
    never_suppress=lambda rule, level: rule == "gas" and level == "hh",
    levels=lambda rule: ("h", "hh") if rule in ("gas", "heat") else (),
)
MINUTE = 60_000
NEEDS_SOMEBODY = (State.ACTIVE_UNACKNOWLEDGED, State.LATCHED_UNACKNOWLEDGED)

scopes = st.sampled_from(
    [("point", "P1"), ("point", "P1"), ("unit", "U1"), ("device", "D1"), ("enterprise", "E1"), ("rule", "gas")]
)
keys = st.sampled_from([("gas", "P1"), ("gas", "P1"), ("heat", "P1"), ("heat", "P1"), ("gas", "P2"), ("gas", "P3")])


@st.composite
def logs(draw: st.DrawFn) -> list[Step | OverrideAction]:
    """What the engine would decide of three points and two rules, and what people do meanwhile."""
    on: dict[tuple[str, str], tuple[int, str]] = {}
    alarms: list[str] = []
    log: list[Step | OverrideAction] = []
    at = T0
    for n in range(draw(st.integers(8, 25))):
        at += draw(st.sampled_from([1000, 1000, 20_000, MINUTE]))
        match draw(st.sampled_from(["engine", "engine", "act", "shelve", "override", "override"])):
            case "engine":
                log.append(_next_event(draw, on, draw(keys), at))
                alarms.append(log[-1].alarm)
            case "act" | "shelve" as kind if alarms:
                name = draw(st.sampled_from(["acknowledge", "reset", "unshelve", "comment"]))
                until = at + draw(st.sampled_from([0, 30_000, 2 * MINUTE, 25 * 60 * MINUTE]))
                shelf = {"until_ms": until, "one_shot": draw(st.booleans())} if kind == "shelve" else {}
                alarm = alarms[-1 - draw(st.sampled_from([0, 0, 0, 1, 2])) % len(alarms)]
                log.append(OperatorAction(at, "shelve" if shelf else name, alarm, "li", **shelf))
            case _:
                log.append(_override(draw, n, at))
    return log


def _next_event(draw: st.DrawFn, on: dict[Any, tuple[int, str]], key: tuple[str, str], at: int) -> AlarmEvent:
    rule, subject = key
    historical = draw(st.sampled_from([False, False, False, True]))
    if key not in on:
        level, name = draw(st.sampled_from(["h", "h", "hh"])), "raised"
        raised_at = at
    else:
        raised_at, before = on[key]
        level = draw(st.sampled_from([None, "h", "hh"]))
        name = "cleared" if level in (None, before) else "upgraded" if level == "hh" else "downgraded"
        level = before if name == "cleared" else level
    if name == "cleared":
        del on[key]
    else:
        on[key] = raised_at, level
    enterprise = SITE.points[subject].enterprise
    return engine_event(
        name, at, level, alarm=alarm_id(rule, subject, "high", raised_at), rule=rule, subject=subject,
        raised_at=raised_at, received_at=at, historical=historical, enterprise=enterprise,
    )  # fmt: skip


def _override(draw: st.DrawFn, n: int, at: int) -> OverrideAction:
    if draw(st.integers(0, 3)) == 0:
        return OverrideAction(at, "end", f"ov-{draw(st.integers(0, 25))}", "zhao")
    scope, subject = draw(scopes)
    kind: Any = draw(st.sampled_from(["disabled", "out_of_service", "out_of_service"]))
    purpose = "" if kind == "disabled" else draw(st.sampled_from(["maintenance", "calibration", "calibration"]))
    return OverrideAction(
        at, "set", f"ov-{n}", "wang", kind, purpose, scope, subject,
        rule="" if scope == "rule" else draw(st.sampled_from(["", "", "gas"])),
        why="work on it",
        until_ms=at + draw(st.sampled_from([0, MINUTE, 5 * MINUTE, 90 * MINUTE])),
        approved_by=draw(st.sampled_from(["", "li", "li", "Wang"])),
    )  # fmt: skip


def time_of(step: Step | OverrideAction) -> int:
    return step.received_at if isinstance(step, AlarmEvent) else step.received_at_ms


@settings(max_examples=120, deadline=None)
@given(logs())
def test_each_alarm_is_under_what_the_model_says_and_told_as_it_should_be(log: list[Step | OverrideAction]) -> None:
    desk, model = Desk(POLICY, PLACES), Model(POLICY, PLACES)
    for step in log:
        at = time_of(step)
        model.clock(at - 1)
        desk.clock(at - 1)
        before = dict(desk.records)
        refused, told = len(desk.refused), len(desk.told)
        desk.take(step)
        if len(desk.refused) == refused:
            if isinstance(step, OverrideAction):
                model.set_or_end(step)
            else:
                model.step(before.get(step.alarm), desk.records[step.alarm], step)
        assert {o.id for o in desk.in_force.values()} == {f.id for f in model.facts}
        for name, record in desk.records.items():
            if record.state not in OPEN:
                assert (record.override, record.shelved_until) == (None, None)
                continue
            over = model.over(record)
            assert record.override == (over.id if over else None)
            found = desk.overrides.over(record, PLACES.of(record.subject, record.enterprise), POLICY)
            assert (found.id if found else None) == record.override
            withheld = over is not None and not record.historical
            numbers = {f"{name}.{n}" for n in range(1, record.events + 1)}
            if withheld:
                assert desk.overrides.is_quiet(name)
                fresh = numbers & set(desk.told[told:])
                assert all(desk.events[name][int(e.split(".")[1]) - 1].event.event == "shelved" for e in fresh)
            elif record.state in NEEDS_SOMEBODY:
                assert not desk.overrides.is_quiet(name)
                assert numbers <= set(desk.told)
            if POLICY.never_suppress(record.rule, record.peak_level) and withheld:
                assert over is not None
                assert over.approved_check
            shelves = [f for f in model.facts if f.kind == "shelved" and model._is_shelf_of(f, record)]
            protected = POLICY.never_suppress(record.rule, record.peak_level)
            assert record.shelved_until == (shelves[0].until if shelves and not protected else None)


@settings(max_examples=60, deadline=None)
@given(logs(), st.lists(st.integers(0, 30 * MINUTE), max_size=8), st.lists(st.integers(0, 24), max_size=3))
def test_neither_cuts_nor_restarts_change_anything(
    log: list[Step | OverrideAction], looks: list[int], restarts: list[int]
) -> None:
    whole, cut = Desk(POLICY, PLACES), Desk(POLICY, PLACES)
    whole.take(*log)
    for n, step in enumerate(log):
        for look in sorted(looks):
            if T0 + look < time_of(step) and (n == 0 or T0 + look >= time_of(log[n - 1])):
                cut.clock(T0 + look)
        if n in restarts:
            cut.restart()
        cut.take(step)
    end = time_of(log[-1]) + 26 * 60 * MINUTE
    whole.clock(end)
    cut.clock(end)
    assert cut.told == whole.told
    assert cut.records == whole.records
    assert cut.events == whole.events
    assert cut.effects == whole.effects
    ends = [(e.at, e.override.id) for e in whole.effects if isinstance(e, OverrideEnded)]
    assert [at for at, _ in ends] == sorted(at for at, _ in ends)
    expired = [
        (e.at, e.override.id) for e in whole.effects if isinstance(e, OverrideEnded) and e.at == e.override.until
    ]
    assert expired == sorted(expired)
