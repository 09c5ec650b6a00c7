from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from support.reference_telling import Reference
from support.telling_world import Book, FakeRouting, Input, act, event, route

from alerts.call import Call, Escalation, Withdrawal
from alerts.routes.schema import RouteSettings
from plant.entries import NoticeAction

SEVERITIES = ("red", "orange", "yellow", "blue")
T0 = 1_000_000
KINDS = ("engine", "engine", "act", "act", "quiet", "release", "notice", "notice", "routes")
WHO = st.sampled_from(
    [
        {"contact": "li"},
        {"contact": "mute"},
        {"contact": "sleeper"},
        {"roster": "duty"},
        {"role": "safety"},
        {"role": "nobody"},
        {"within_m": 500.0},
    ]
)


@st.composite
def rungs(draw: st.DrawFn, after_s: float) -> dict[str, Any]:
    way = draw(
        st.sampled_from(
            [{}, {}, {}, {"over": ["horn", "lamp"], "at_once": True}, {"over": ["horn"], "approvers": ["boss"]}]
        )
    )
    return {"after_s": after_s, "to": draw(st.lists(WHO, min_size=1, max_size=2)), **way}


@st.composite
def a_route(draw: st.DrawFn, name: str) -> RouteSettings:
    times = sorted(draw(st.lists(st.sampled_from([0.0, 0.0, 60.0, 180.0, 400.0]), min_size=1, max_size=3)))
    if draw(st.booleans()):
        times[0] = 0.0
    return route(
        name,
        *[draw(rungs(after_s)) for after_s in times],
        match={"severity": draw(st.sampled_from([[], [], ["red"], ["red", "orange"], ["yellow", "blue"]]))},
        tier=draw(st.sampled_from(["centre", "enterprise"])),
        repeat=draw(st.sampled_from([None, {"every_s": 100.0, "times": 2}])),
        resolved=draw(st.booleans()),
        acknowledged=draw(st.booleans()),
        digest_s=draw(st.sampled_from([0.0, 0.0, 120.0])),
        last=draw(st.integers(0, 5)) == 0,
    )


@st.composite
def versions(draw: st.DrawFn) -> list[FakeRouting]:
    found = []
    for _ in range(draw(st.integers(1, 2))):
        names = draw(st.lists(st.sampled_from(["r", "s", "t"]), min_size=1, max_size=3, unique=True))
        found.append(FakeRouting([draw(a_route(name)) for name in names]))
    return found


@st.composite
def engine_steps(draw: st.DrawFn, alarm: str, at: int) -> Input:
    name = draw(st.sampled_from(["raised", "raised", "upgraded", "upgraded", "downgraded", "cleared"]))
    level = draw(st.sampled_from(["h", "h", "hh"]))
    return event(name, alarm, at, draw(st.sampled_from(SEVERITIES)), level, late=draw(st.integers(0, 4)) == 0)


@st.composite
def acts(draw: st.DrawFn, alarm: str, at: int) -> Input:
    name = draw(st.sampled_from(["acknowledge", "acknowledge", "acknowledge", "shelve", "unshelve", "comment"]))
    return act(
        name, alarm, at, draw(st.sampled_from(["li", "day"])), tier=draw(st.sampled_from(["centre", "enterprise"]))
    )


@st.composite
def scripts(draw: st.DrawFn) -> list[Callable[[Book], list[Input]]]:
    """Inputs in order of time, each made once the book is there: notices speak of calls that were made."""
    found: list[Callable[[Book], list[Input]]] = []
    at = T0
    for _ in range(draw(st.integers(1, 14))):
        at += draw(st.sampled_from([20, 1000, 60_000, 90_000, 180_000, 500_000]))
        alarm = draw(st.sampled_from(["a", "a", "b"]))
        kind = draw(
            st.sampled_from(["engine", "engine", "act", "act", "quiet", "release", "notice", "notice", "routes"])
        )
        if kind == "engine":
            found.append(_fixed(draw(engine_steps(alarm, at))))
        elif kind == "act":
            found.append(_fixed(draw(acts(alarm, at))))
        elif kind == "quiet":
            found.append(_fixed(Input(at, "quiet", alarm)))
        elif kind == "release":
            found.append(_fixed(Input(at, "release", alarm)))
        elif kind == "routes":
            found.append(_fixed(Input(at, "routes", routes=draw(st.integers(0, 1)))))
        else:
            action = draw(st.sampled_from(["failed", "failed", "failed", "approve", "reject"]))
            found.append(_notices(alarm, at, action, draw(st.integers(1, 6))))
    return found


def _fixed(given: Input) -> Callable[[Book], list[Input]]:
    return lambda _book: [given]


def _notices(alarm: str, at: int, action: Any, count: int) -> Callable[[Book], list[Input]]:
    """Of the last calls of an alarm, one after the other."""

    def make(book: Book) -> list[Input]:
        keys = [call.key for call in book.calls if call.alarm == alarm and (action == "failed" or call.approvers)]
        return [
            Input(at + i, "notice", alarm, notice=NoticeAction(at + i, action, key, "boss"))
            for i, key in enumerate(keys[-count:])
        ]

    return make


def play(
    script: list[Callable[[Book], list[Input]]], routings: list[FakeRouting], disturb: Callable[[Book, int], None]
) -> tuple[Book, list[Input], int]:
    """The book after the script and all that follows of it; `disturb` is called before each input with its time."""
    book, inputs = Book(routings), []
    for make in script:
        for item in make(book):
            disturb(book, item.at)
            book.take(item)
            inputs.append(item)
    end = (inputs[-1].at if inputs else T0) + 4_000_000
    disturb(book, end)
    book.pass_time(end)
    return book, inputs, end


def plain(effects: list[Any]) -> tuple[list[Any], list[Any]]:
    """Effects as the reference says them: what is told, and what is withdrawn."""
    said: list[Any] = []
    for e in effects:
        match e:
            case Call():
                said.append(
                    ("call", e.key, e.purpose, e.ways, e.at, e.not_before, e.bundle, e.urgent, e.named, e.approvers)
                )
            case Escalation():
                said.append(("escalated", e.alarm, e.route, e.rung, e.at))
            case Withdrawal():
                said.append(("withdrawn", e.route, e.at, e.purposes, e.held))
            case _:
                said.append(e)
    return [e for e in said if e[0] != "withdrawn"], [e for e in said if e[0] == "withdrawn"]


def undisturbed(_book: Book, _at: int) -> None:
    pass


@settings(max_examples=150, deadline=None)
@given(scripts(), versions())
def test_telling_is_what_the_page_says(script, routings):
    book, inputs, end = play(script, routings, undisturbed)
    reference = Reference(routings)
    assert plain(book.effects) == plain(reference.run(inputs, end))
    assert {a: r.events for a, r in book.records.items()} == {a: r.events for a, r in reference.records.items()}


@settings(max_examples=40, deadline=None)
@given(scripts(), versions(), st.data())
def test_time_in_one_step_or_many_and_a_restore_at_any_moment_are_the_same(script, routings, data):
    def disturb(book: Book, at: int) -> None:
        for until in sorted(data.draw(st.lists(st.integers(T0, at - 1), max_size=3))):
            book.pass_time(until)
        if data.draw(st.booleans()):
            book.restore()

    whole, inputs, _ = play(script, routings, undisturbed)
    cut, _, _ = play([_fixed(item) for item in inputs], routings, disturb)
    assert cut.effects == whole.effects
    assert {key: cut.telling.state.get(key) for key in cut.telling.state} == {
        key: whole.telling.state.get(key) for key in whole.telling.state
    }


@settings(max_examples=40, deadline=None)
@given(scripts(), versions())
def test_the_same_routes_once_more_change_nothing(script, routings):
    whole, inputs, _ = play(script, routings, undisturbed)

    def disturb(book: Book, at: int) -> None:
        book.pass_time(at - 1)
        assert book.telling.reconfigured(book.routing, at) == []

    again, _, _ = play([_fixed(item) for item in inputs], routings, disturb)
    assert again.effects == whole.effects


@settings(max_examples=40, deadline=None)
@given(scripts(), versions())
def test_no_two_calls_have_one_key_and_none_stands_twice_at_a_time(script, routings):
    book, _, _ = play(script, routings, undisturbed)
    keys = [call.key for call in book.calls]
    assert len(set(keys)) == len(keys)
    assert all(len(key) <= 200 for key in keys)


@settings(max_examples=40, deadline=None)
@given(scripts(), versions())
def test_a_ladder_asks_nobody_after_the_centre_has_acknowledged(script, routings):
    """Until the alarm rises, the centre's acknowledgement is the last of it."""
    book, inputs, _ = play(script, routings, undisturbed)
    replayed = Book(routings)
    answered: dict[str, int] = {}
    for item in inputs:
        replayed.take(item)
        record = replayed.records.get(item.alarm)
        if record is not None and record.acknowledged_at is not None:
            answered.setdefault(item.alarm, item.at)
        elif item.what == "step":
            answered.pop(item.alarm, None)
    for call in book.calls:
        if call.purpose in ("repeat", "escalated") and call.alarm in answered:
            assert call.at < answered[call.alarm]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.integers(0, 20), min_size=1, max_size=5),
    st.sampled_from([None, {"every_s": 300.0, "times": 3}]),
    st.booleans(),
)
def test_a_red_alarm_that_nobody_answers_reaches_every_rung_on_time(minutes, repeat, clears):
    after_s = [60.0 * minute for minute in sorted(minutes)]
    ladder = [{"after_s": s, "to": [{"contact": f"c{k}"}]} for k, s in enumerate(after_s)]
    script = [event("raised", "a", T0, "red")] + ([event("cleared", "a", T0 + 1, "red")] if clears else [])
    routings = [FakeRouting([route("r", *ladder, repeat=repeat)])]
    book, _, _ = play([_fixed(item) for item in script], routings, undisturbed)
    asked = [(call.at, call.ways[0].contact) for call in book.calls if call.purpose != "resolved"]
    due = [(T0 + round(s * 1000), f"c{k}") for k, s in enumerate(after_s)]
    last_at, last = due[-1]
    assert asked == due + [(last_at + 300_000 * i, last) for i in range(1, (repeat["times"] if repeat else 0) + 1)]
