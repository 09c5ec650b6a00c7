"""Own conditions come on and go off with delays: what flaps raises few alarms, what stands raises one."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tocsin.selftest.watch import Delays, Finding, Key, Said, Severity, Watch

AWAY = ("tocsin.broker", "north")
FULL = ("tocsin.disk", "data")
DELAYS = {"tocsin.broker": Delays(60.0, 30.0), "tocsin.disk": Delays(0.0, 300.0)}
GONE = {AWAY: Finding("orange", "no connection: refused")}
LOW = {FULL: Finding("orange", "512 MiB are free")}
NONE = {FULL: Finding("red", "no room")}
BETWEEN = {FULL: Finding("orange", "1100 MiB are free", between=True)}


def changes(watch: Watch, *steps: tuple[float, dict[Key, Finding]]) -> list[tuple[float, bool, Severity]]:
    return [(at_s, said.on, said.severity) for at_s, found in steps for said in watch.take(at_s, found)]


def test_it_must_be_found_for_long_enough_and_is_said_once() -> None:
    watch = Watch(DELAYS)
    assert changes(watch, (0, GONE), (59.9, GONE)) == []
    assert watch.take(60, GONE) == [Said(*AWAY, True, "orange", "no connection: refused")]
    assert changes(watch, (61, GONE), (600, GONE)) == []
    assert watch.on() == {AWAY: "orange"}


def test_a_break_starts_the_wait_anew() -> None:
    watch = Watch(DELAYS)
    assert changes(watch, (0, GONE), (50, {}), (51, GONE), (100, GONE), (110.9, GONE)) == []
    assert changes(watch, (111, GONE)) == [(111, True, "orange")]


def test_it_goes_off_after_it_was_well_for_long_enough() -> None:
    watch = Watch(DELAYS, {AWAY: "orange"})
    assert changes(watch, (0, {}), (20, GONE), (21, {}), (50, {})) == []
    assert watch.take(51, {}) == [Said(*AWAY, False, "orange", "mended")]
    assert watch.on() == {}


def test_worse_is_said_at_once_and_milder_after_the_wait() -> None:
    watch = Watch(DELAYS)
    assert changes(watch, (0, LOW), (1, NONE)) == [(0, True, "orange"), (1, True, "red")]
    assert changes(watch, (2, LOW), (301, LOW)) == []
    assert changes(watch, (302, LOW)) == [(302, True, "orange")]


def test_what_lies_between_neither_begins_nor_ends_it() -> None:
    watch = Watch(DELAYS)
    assert changes(watch, (0, BETWEEN), (1000, BETWEEN)) == []
    assert changes(watch, (1001, LOW), (1002, BETWEEN), (9000, BETWEEN)) == [(1001, True, "orange")]
    assert changes(watch, (9001, NONE), (9002, BETWEEN), (9302, BETWEEN)) == [
        (9001, True, "red"),
        (9302, True, "orange"),
    ]
    assert changes(watch, (9303, {}), (9603, {})) == [(9603, False, "orange")]


def test_one_of_a_subject_that_is_gone_is_mended() -> None:
    watch = Watch(DELAYS, {("tocsin.broker", "sold"): "orange"})
    assert changes(watch, (0, {}), (30, {})) == [(30, False, "orange")]


@given(st.lists(st.tuples(st.integers(1, 40), st.sampled_from([None, *"ry"])), max_size=80))
def test_flapping_is_bounded_and_what_is_said_changes_something(steps: list[tuple[int, str | None]]) -> None:
    delays = Delays(10.0, 20.0)
    watch, at_s, known, said_at = Watch({"r": delays}), 0.0, None, []
    words: dict[str, Severity] = {"r": "red", "y": "yellow"}
    for step_s, word in steps:
        at_s += step_s
        found = {("r", "s"): Finding(words[word], "")} if word is not None else {}
        for said in watch.take(at_s, found):
            now = said.severity if said.on else None
            assert now != known
            assert now == (words[word] if word is not None else None), "it says what is found now"
            known = now
            said_at.append(at_s)
    assert watch.on() == ({("r", "s"): known} if known else {})
    assert all(later - earlier >= delays.raise_s for earlier, later in pairwise(said_at))


def test_what_the_alarm_book_has_counts_for_more_than_what_was_said() -> None:
    watch = Watch(DELAYS)
    watch.take(0, LOW)
    watch.settle({})  # it was lost on its way
    assert changes(watch, (1, LOW)) == [(1, True, "orange")]
    watch.settle({FULL: "orange", AWAY: "orange"})  # another process said more
    assert watch.on() == {FULL: "orange", AWAY: "orange"}
    assert changes(watch, (2, LOW), (32, LOW)) == [(32, False, "orange")]


def test_to_settle_what_is_known_disturbs_no_wait() -> None:
    watch = Watch(DELAYS)
    watch.take(0, GONE)
    watch.settle({})
    assert changes(watch, (60, GONE)) == [(60, True, "orange")]
    watch.take(70, {})
    watch.settle({AWAY: "orange"})
    assert changes(watch, (100, {})) == [(100, False, "orange")]
