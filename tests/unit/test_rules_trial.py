"""Rule tests: how steps become readings, what fits what, and how a failure reads."""

from pathlib import Path

import pytest
from hypothesis import given as given_that
from hypothesis import strategies as st
from pydantic import ValidationError

from plant.mistakes import InputError
from rules.trial import Trial, TrialFile, TrialRun, Verdict, failure_lines, judge, read_trials, run_trial
from rules.trial.schema import Step
from rules.trial.spans import span_ms, span_text

HEAD = """\
points:
  G1: {kind: gas.combustible, unit_symbol: "%LEL", range: [0, 100]}
  G2: {kind: gas.combustible, unit_symbol: "%LEL", range: [0, 100], period_s: 0.5}
packs: [gas-combustible]
tests:
"""


def read(tmp_path: Path, text: str) -> TrialFile:
    path = tmp_path / "tests.yaml"
    path.write_text(text, encoding="utf-8")
    return read_trials(path)


def run(tmp_path: Path, test: str, head: str = HEAD) -> tuple[Trial, TrialRun, Verdict]:
    """The one test that follows the head."""
    file = read(tmp_path, f"{head}  - name: a test\n" + "".join(f"    {line}\n" for line in test.splitlines()))
    (trial,) = file.tests
    done = run_trial(trial, file.site, file.rules, file.start_ms)
    return trial, done, judge(trial.form, done)


def mistakes(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    return [str(mistake).removeprefix(f"{tmp_path}/") for mistake in caught.value.mistakes]


@pytest.mark.parametrize(
    ("text", "ms"),
    [("0s", 0), ("1.5s", 1500), ("250ms", 250), ("2m", 120_000), ("1h30m", 5_400_000), (90, 90_000), (0.25, 250)],
)
def test_spans(text: object, ms: int) -> None:
    assert span_ms(text) == ms


@pytest.mark.parametrize("text", ["", "5", "s", "1 s", "-1s", "1x", "8d", -1, True, None, float("nan"), "1" * 60 + "s"])
def test_what_is_no_span(text: object) -> None:
    with pytest.raises(ValueError, match="allowed are"):
        span_ms(text)


@given_that(st.integers(0, 7 * 86_400_000))
def test_a_span_is_written_as_it_is_read(ms: int) -> None:
    assert span_ms(span_text(ms)) == pytest.approx(ms, abs=0 if ms < 10**6 else 60_000 * 1e-5)


def times(tmp_path: Path, steps: str) -> list[tuple[int, str, float | None]]:
    _, done, _ = run(tmp_path, f"given: {steps}\nexpect: []\nothers: allowed")
    return [(reading.at_ms, reading.point, reading.value) for reading in done.given]


def test_a_step_begins_where_the_one_before_it_ended(tmp_path: Path) -> None:
    steps = "[{point: G1, value: 1}, {point: G1, value: 2, for: 2s}, {silence: 5s}, {point: G1, values: [3, null]}]"
    assert times(tmp_path, steps) == [
        (0, "G1", 1.0),
        (1000, "G1", 2.0),
        (2000, "G1", 2.0),
        (8000, "G1", 3.0),
        (9000, "G1", None),
    ]


def test_a_ramp_has_both_its_ends_and_the_points_period(tmp_path: Path) -> None:
    assert times(tmp_path, "[{point: G2, from: 0, to: 4, over: 1s}]") == [
        (0, "G2", 0.0),
        (500, "G2", 2.0),
        (1000, "G2", 4.0),
    ]


def test_points_side_by_side(tmp_path: Path) -> None:
    steps = "[{at: 1s, point: [G1, G2], value: 1}, {at: 0s, point: G1, value: 0, every: 250ms, for: 500ms}]"
    assert times(tmp_path, steps) == [(0, "G1", 0.0), (250, "G1", 0.0), (1000, "G1", 1.0), (1000, "G2", 1.0)]


def test_what_was_expected_came(tmp_path: Path) -> None:
    test = "given: [{point: G1, value: 50}]\nexpect: [{event: raised, level: hh, severity: red, at: 0s}]"
    assert run(tmp_path, test)[2].passed


@pytest.mark.parametrize(
    ("expect", "passed"),
    [
        ("expect: []", False),
        ("expect: []\nothers: allowed", True),
        ("none: [{level: h}]", True),
        ("none: [{event: raised, subject: G1}]", False),
        ("expect: [{event: raised}]", True),
        ("expect: [{event: raised}, {event: raised}]", False),
        ("expect: [{event: raised, at: 1s}]", False),
        ("expect: [{event: raised, at: 1s, within: 1s}]", True),
        ("expect: [{event: raised, severity: orange}]", False),
        ("expect: [{event: raised, subject: G2}]", False),
    ],
)
def test_fitting(tmp_path: Path, expect: str, passed: bool) -> None:
    assert run(tmp_path, f"given: [{{point: G1, value: 50}}]\n{expect}")[2].passed is passed


def test_each_expectation_takes_an_event_of_its_own(tmp_path: Path) -> None:
    # The first, vague one must leave G1's event to the second.
    steps = "given: [{at: 0s, point: [G1, G2], value: 50}]"
    assert run(tmp_path, f"{steps}\nexpect: [{{event: raised}}, {{event: raised, subject: G1}}]")[2].passed


def test_readings_that_arrive_late_and_silence(tmp_path: Path) -> None:
    head = HEAD.replace("[gas-combustible]", "[data-health]")
    test = """\
given:
  - {point: G1, value: 1, for: 3s}
  - {point: G1, value: 1, for: 10s, received_after: 8s}
expect:
  - {event: raised, rule: data-stale, subject: G1, at: 5s}
  - {event: cleared, rule: data-stale, subject: G1, at: 11s}
none: [{rule: data-stale, subject: G2, event: cleared}]
others: allowed
"""
    _, done, verdict = run(tmp_path, test, head)
    assert verdict.passed, done.events


def test_a_failure_reads_in_order_of_time(tmp_path: Path) -> None:
    test = """\
given:
  - {point: G1, from: 5, to: 60, over: 10s}
expect:
  - {event: raised, rule: gas-combustible, level: h, at: 9s}
none: [{level: hh}]
"""
    trial, done, verdict = run(tmp_path, test)
    lines = failure_lines(trial, done, verdict)
    assert lines[0] == f"{tmp_path}/tests.yaml:6: FAILED: a test"
    text = "\n".join(line.rstrip() for line in lines[1:])
    assert (
        text
        == """\
    expected, did not come:        9s  raised gas-combustible h: came 2s too early
    came, not expected:            7s  raised gas-combustible G1 h orange at 43.5, limit 25 (limit h held 3 s)
    came, forbidden by none:       9s  upgraded gas-combustible G1 hh red at 54.5, limit 50 (limit hh)
    in order of time (- did not come, + was not to come):
          ...
            5s  G1 = 32.5
            6s  G1 = 38
            7s  G1 = 43.5
    +       7s  raised gas-combustible G1 h orange at 43.5, limit 25 (limit h held 3 s)
            8s  G1 = 49
            9s  G1 = 54.5
    +       9s  upgraded gas-combustible G1 hh red at 54.5, limit 50 (limit hh)
    -       9s  raised gas-combustible h
           10s  G1 = 60"""
    )


def test_a_site_folder_and_rules_of_a_file(tmp_path: Path) -> None:
    rules = "rules:\n  - {id: mine, applies_to: {kind: '*'}, condition: {limit: {h: 3}}}\n"
    (tmp_path / "mine.yaml").write_text(rules, encoding="utf-8")
    text = "points: {A: {kind: x}}\nrules: [mine.yaml]\ntests:\n  - name: t\n    given: [{point: A, value: 3}]\n"
    file = read(tmp_path, text + "    expect: [{event: raised, rule: mine}]\n")
    assert [rule.id for rule in file.rules] == ["mine"]
    (trial,) = file.tests
    assert judge(trial.form, run_trial(trial, file.site, file.rules, file.start_ms)).passed


@pytest.mark.parametrize(
    ("test", "told"),
    [
        ("given: [{point: G9, value: 1}]\nexpect: []", "7: given.0.point: there is no point 'G9'"),
        ("given: [{point: G1}]\nexpect: []", "7: given.0: needs exactly one of value"),
        ("given: [{point: G1, value: 1, silence: 2s}]\nexpect: []", "7: given.0: needs exactly one of value"),
        ("given: [{point: G1, from: 1, to: 2}]\nexpect: []", "7: given.0: a ramp needs from, to and over"),
        ("given: [{value: 1}]\nexpect: []", "7: given.0: point is missing"),
        ("given: [{point: G1, value: 1, at: soon}]\nexpect: []", "7: given.0.at: no span of time"),
        ("given: [{point: G1, value: 1, till: 3s}]\nexpect: []", "7: given.0.till: unknown key, allowed are at, point"),
        ("given: [{point: G1, value: 1}]", "6: expects nothing"),
        ("given: [{point: G1, value: 1}]\nexpect: [{event: raise}]", "8: expect.0.event: 'raise' is unknown"),
        (
            "given: [{point: G1, value: 1}]\nexpect: [{event: raised, rule: x}]",
            "8: expect.0.rule: there is no rule 'x'",
        ),
        (
            "given: [{point: G1, value: 1}]\nexpect: [{event: raised, rule: gas-combustible, level: l}]",
            "8: expect.0.level: gas-combustible has no level l",
        ),
        ("given: [{point: G1, value: 1, for: 7d}]\nexpect: []", "7: given: more than 200000 readings"),
        ("given: [{point: G1, value: 1}]\nnone: [{}]", "8: none.0: names nothing"),
        ("given: [{point: G1, value: 1}]\nexpect: [{event: raised, within: 1s}]", "8: expect.0: within belongs to at"),
    ],
)
def test_mistakes_of_a_test_are_told_at_their_lines(tmp_path: Path, test: str, told: str) -> None:
    lines = "".join(f"    {line}\n" for line in test.splitlines())
    (message, *_) = mistakes(tmp_path, f"{HEAD}  - name: t\n{lines}")
    assert message.startswith(f"tests.yaml:{told}"), message


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tests: []", "1: needs exactly one of site, points"),
        ("points: {A: {kind: x}}\ntests: []", "1: needs packs or rules beside points"),
        ("points: {A: {kind: x}}\npacks: [nope]\ntests: []", "2: packs: there is no pack 'nope'"),
        ("site: nowhere\ntests: []", "1: site: "),
        ("points: {A: {kind: x}}\npacks: [tank]\nstart: 2026-01-05T08:00:00\ntests: []", "1: start has no offset"),
        ("points: {A: {kind: x}}\npacks: [tank]\ntests: [3]", "3: tests: needed is a map"),
        ("a: &x 1\nb: *x\ntests: []", "2: *x is an alias"),
        ("- 1", "1: needed is a map with tests:"),
        ("points: {A: {kind: x}}\npacks: [tank]", "1: tests: this key is missing"),
    ],
)
def test_mistakes_of_the_file(tmp_path: Path, text: str, told: str) -> None:
    (message, *_) = mistakes(tmp_path, text)
    assert message.startswith(f"tests.yaml:{told}"), message


def test_a_rule_file_with_mistakes_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("rules:\n  - {id: mine, condition: {limit: {h: 3}}}\n", encoding="utf-8")
    (message,) = mistakes(tmp_path, "points: {A: {kind: x}}\nrules: [mine.yaml]\ntests: []\n")
    assert message.startswith("mine.yaml:2: applies_to: this key is missing")


def test_a_step_says_its_form() -> None:
    assert Step.model_validate({"point": "A", "value": None}).form == "value"
    with pytest.raises(ValidationError):
        Step.model_validate({"point": "A", "value": 1, "every": "0s"})
