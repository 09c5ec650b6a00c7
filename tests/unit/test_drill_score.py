"""Scores, spreads, comparisons and the choice of what a report draws."""

from pathlib import Path

import msgspec
import pytest
from support.drilling import END_S, GROUND, T0, alarm, fault, ms, truth

from simulators import Truth
from simulators.kinds import KINDS
from tocsin.drill.alarms import Alarm
from tocsin.drill.choice import choose
from tocsin.drill.compare import Remark, compare
from tocsin.drill.library import Stage
from tocsin.drill.matching import match
from tocsin.drill.report import Drill
from tocsin.drill.run import Run
from tocsin.drill.score import ACROSS, Spread, across_seeds, rule_scores, score
from tocsin.drill.sentences import sentences
from tocsin.drill.words import Words


def run(truths: list[Truth], alarms: list[Alarm], seed: int = 1) -> Run:
    found, judged = match(truths, alarms, GROUND, ms(END_S))
    return Run("hand-made", seed, len(GROUND.site.points), T0, ms(END_S), 0, tuple(found), tuple(judged))


def drill(*runs: Run, scenario: str = "hand-made") -> Drill:
    return Drill(
        site="test",
        digest="0",
        seeds=tuple(r.seed for r in runs),
        readings=0,
        total=score(runs),
        across_seeds=across_seeds(runs),
        scenarios=(),
        rules=tuple(rule_scores([(r, GROUND) for r in runs])),
        unheard=(),
        unfounded=(),
    )


HIT = [*alarm("gas", "g1", 126.0, 330.0), *alarm("gas-early", "g1", 115.0, 330.0)]
FALSE = alarm("gas", "g2", 5000.0, 5010.0)


def test_every_figure_of_a_score() -> None:
    leak, at_neighbour = truth(), truth("g2", speak_by=ms(130), severity="red")
    mute = fault("tank")
    alarms = [*HIT, *alarm("gas", "g2", 140.0), *FALSE, *alarm("level", "tank", 110.0)]
    found = score([run([leak, at_neighbour, mute], alarms)])
    assert (found.incidents, found.incidents_missed) == (1, 0), "one leak that two points show"
    assert (found.due, found.hits, found.misses, found.late, found.mild) == (2, 2, 0, 1, 1)
    assert (found.process_alarms, found.false_alarms, found.mistaken) == (5, 1, 0)
    assert (found.faults, found.faults_named, found.faults_unnamed) == (1, 0, 1)
    assert found.delay_s == Spread(2, 7.5, -3.75, 18.75)
    hours = 5 * END_S / 3600
    assert found.point_hours == pytest.approx(hours, abs=1e-3)
    assert found.false_per_10k == pytest.approx(10_000 / hours, rel=1e-4)


def test_an_incident_is_missed_when_no_point_of_it_is_heard() -> None:
    both = [truth(), truth("g2")]
    assert score([run(both, alarm("gas", "g1", 126.0))]).incidents_missed == 0
    nothing = score([run(both, [])])
    assert (nothing.incidents, nothing.incidents_missed, nothing.misses) == (1, 1, 2)


def test_nothing_to_speak_of_gives_no_rate() -> None:
    quiet = score([run([], [])])
    assert (quiet.hit_rate, quiet.delay_s, quiet.false_per_10k) == (None, Spread(0, None, None, None), 0.0)


def test_a_rule_is_charged_for_its_own_points_alone() -> None:
    rules = {r.rule: r for r in rule_scores([(run([truth()], [*HIT, *FALSE]), GROUND)])}
    gas = rules["gas"]
    assert (gas.hits, gas.misses, gas.alarms, gas.false_alarms) == (1, 0, 2, 1)
    assert gas.false_per_10k == pytest.approx(10_000 / (2 * END_S / 3600), rel=1e-4)
    assert (gas.delay_s.median, gas.lead_s.median) == (6.0, -16.0)
    assert rules["gas-early"].delay_s.median == -5.0
    assert (rules["hour"].hits, rules["hour"].misses) == (0, 0), "one value does not tell what it should have said"
    assert rules["quiet"].sort == "instrument"


def test_the_spread_over_seeds_is_of_each_seeds_own_figure() -> None:
    seeds = [run([truth()], alarm("gas", "g1", 120.0 + n), seed=n) for n in range(1, 5)]
    missed = run([truth()], [], seed=5)
    found = across_seeds([*seeds, missed])
    assert found["hit_rate"] == Spread(5, 1.0, 0.2, 1.0)
    assert found["delay_s"] == Spread(4, 2.5, 1.15, 3.85)


def test_a_comparison_tells_worse_from_better() -> None:
    good, slow = drill(run([truth()], HIT)), drill(run([truth()], [*alarm("gas", "g1", 160.0), *FALSE]))
    found = compare(good, slow)
    worse = {(c.where, c.figure) for c in found.worse}
    assert {("", "delay_s"), ("", "lead_s"), ("", "false_per_10k"), ("rule gas", "delay_s")} <= worse
    assert found.better == []
    assert {(c.where, c.figure) for c in compare(slow, good).better} == worse
    shown = {
        words.figure(figure) for words in (Words("en"), Words("zh")) for figure in {f for _, f in worse} | set(ACROSS)
    }
    assert [text for text in shown if "_" in text] == []
    assert compare(good, good).changes == ()


def test_what_is_not_comparable_is_said_and_left_out() -> None:
    one, two = drill(run([truth()], [])), drill(run([truth()], []), run([truth()], [], seed=2))
    found = compare(one, two)
    assert found.changes == (), "twice as many misses of twice as many seeds are no worse"
    assert found.remarks == (Remark("seeds", "1", "1 to 2"),)
    other = msgspec.structs.replace(one, site="elsewhere")
    assert compare(one, other).remarks == (Remark("site", "test", "elsewhere"),)
    for lang in ("en", "zh"):
        assert "elsewhere" in Words(lang).remark(compare(one, other).remarks[0])  # type: ignore[arg-type]


def test_of_many_runs_the_worst_and_a_typical_one_are_drawn() -> None:
    stage = Stage("x", Path(), "hand-made", "", END_S, 1)
    hit = [run([truth()], HIT, seed=n) for n in range(1, 41)]
    missed = [run([truth()], [], seed=n) for n in range(41, 51)]
    drawn, count = choose([stage], [[*hit, *missed]])
    assert count == 50
    assert [d.run.seed > 40 for d in drawn[:2]] == [True, True], "the worst first"
    assert len(drawn) == 3, "not the same incident over and over; and a typical one"
    everything, _ = choose([stage], [hit[:5]])
    assert len(everything) == 5


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_sentences_say_what_matters(lang: str) -> None:
    good = " ".join(sentences(drill(run([truth()], HIT)), lang))  # type: ignore[arg-type]
    bad = " ".join(sentences(drill(run([truth(), fault("tank")], FALSE)), lang))  # type: ignore[arg-type]
    for text in ("1 missed", "1 alarm had no cause") if lang == "en" else ("漏报 1 起", "1 条告警没有原因"):
        assert text in bad
        assert text not in good


def test_every_kind_of_incident_has_a_chinese_name() -> None:
    assert [kind for kind in KINDS if Words("zh").kind(kind) == kind] == []
