"""`tocsin risk`: both kinds of risk side by side, and their history."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.command import Ran, tocsin
from support.data_folder import START_MS, Made, make_data_folder

from plant.batch import Batch
from plant.entries import Readings, Tick
from plant.quality import Quality
from tocsin.configuration import read_configuration
from tocsin.log.layout import INHERENT
from tocsin.risk.live import values_of
from tocsin.risk.watch import InherentWatch
from tocsin.runtime.core import Core

HAZARDS = "unit,substance,q_t,Q_t,beta,class\nE001-TANK,chlorine,500,5,,\n"
PERMIT = "E002-PERMIT,E002-DUST,permit.hot,1,0,1,60"


def with_hazards(folder: Path) -> Made:
    """The example with a hazard of level 1 at E001-TANK, and a hot-work permit at E002-DUST."""
    made = make_data_folder(folder)
    (made.site / "hazards.csv").write_text(HAZARDS)
    points = made.site / "points.csv"
    header = points.read_text().splitlines()[0].split(",")
    points.write_text(points.read_text() + PERMIT + "," * (len(header) - PERMIT.count(",") - 1) + "\n")
    return made


def reopened(made: Made, at_ms: int) -> Core:
    return Core.open(made.data, read_configuration(made.site), (), at_ms)


def take(core: Core, *entries: Tick | Readings) -> None:
    for commit in core.decide(list(enumerate(entries, core.append(entries)))):
        core.record(commit)


def permit(core: Core, at_ms: int, value: float, quality: Quality = Quality.GOOD) -> Readings:
    number = core.registry.registry.number_of("E002-PERMIT")
    assert number is not None
    return Readings(at_ms, Batch.of([(number, at_ms, value, quality)]), "broker")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Silence of E001's gas detectors beside the red spark of E002; read only."""
    made = with_hazards(tmp_path_factory.mktemp("made"))
    core = reopened(made, START_MS + 5_000)
    take(core, *(Tick(START_MS + 1000 * second) for second in range(6, 13)))
    core.close()
    return made


def ask(made: Made, *arguments: str) -> Ran:
    return tocsin("risk", *arguments, "--data", made.data)


def rows(ran: Ran) -> dict[str, Any]:
    assert ran.code == 0, ran.err
    found = [json.loads(line) for line in ran.out.splitlines()]
    return {f"{row['kind']}:{row['id']}": row for row in found}


def test_the_two_kinds_stand_side_by_side(made: Made) -> None:
    found = rows(ask(made, "--json", "--all"))
    spark, tank, mix = found["unit:E002-DUST"], found["unit:E001-TANK"], found["unit:E001-MIX"]
    assert (spark["inherent"]["colour"], spark["alarms"]["colour"]) == ("yellow", "red")
    assert (tank["inherent"]["colour"], tank["alarms"]["colour"]) == ("red", "normal"), (
        "the one does not colour the other"
    )
    assert (mix["inherent"]["colour"], mix["alarms"]["colour"]) == ("blue", "no_data")
    assert tank["inherent"]["because"] == ["level 1"]
    site = found["site:site"]
    assert site["alarms"]["because"] == made.alarm
    assert site["inherent"]["unit"] == "E001-TANK"
    assert site["alarms"]["why"].startswith(f"red because alarm {made.alarm} (E002-SPARK-01 dust-spark on) stands")
    assert found["point:E002-SPARK-01"]["inherent"] is None


def test_down_to_enterprises_and_from_one_down_to_its_points(made: Made) -> None:
    assert {key.split(":")[0] for key in rows(ask(made, "--json"))} == {"site", "region", "enterprise"}
    below = rows(ask(made, "E002", "--json"))
    assert list(below)[:2] == ["enterprise:E002", "unit:E002-DUST"]
    assert {key.split(":")[0] for key in below} == {"enterprise", "unit", "point"}
    assert list(rows(ask(made, "point:E002-DP-01", "--json"))) == ["point:E002-DP-01"]


def test_the_table_says_why_and_hatches_no_data(made: Made) -> None:
    ran = ask(made, "E001")
    assert ran.code == 0
    assert "▨ no data ▨" in ran.out
    assert "inherent: red because of E001-TANK: level 1" in ran.out
    assert ran.err == "no service runs: permits and people are not known, so inherent grades are without them\n"
    chinese = ask(made, "E002", "--lang", "zh")
    assert "红色" in chinese.out
    assert "固有风险: 黄色：单元 E002-DUST" in chinese.out
    assert "服务未运行" in chinese.err


def test_history_of_both_kinds(made: Made) -> None:
    lines = ask(made, "E002-DUST", "--history", "--json").out.splitlines()
    first = json.loads(lines[0])
    assert (first["of"], first["before"], first["colour"], first["at"]) == ("alarms", "normal", "red", START_MS + 2000)
    assert made.alarm in first["because"]
    assert "dust-spark" in ask(made, "E002-DUST", "--history").out
    nothing = ask(made, "E002-DUST", "--history", "--to", str(START_MS))
    assert (nothing.code, nothing.out, nothing.err) == (0, "", "no changes\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "tocsin: nowhere is no region, park, enterprise, unit or point of the site"),
        (["--from", "5"], "tocsin risk: --from and --to belong to --history"),
        (["--history", "--from", "5", "--to", "5"], "tocsin risk: --from 5 is not before --to 5"),
    ],
)
def test_what_is_wrong_is_one_line(made: Made, arguments: list[str], said: str) -> None:
    ran = ask(made, *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.mistakes[0].startswith(said)


def test_hazards_that_can_not_be_read_are_said(tmp_path: Path) -> None:
    made = make_data_folder(tmp_path)
    (made.site / "hazards.csv").write_text(HAZARDS.replace("E001-TANK", "NOPE"))
    reopened(made, START_MS + 5_000).close()
    ran = ask(made, "--json", "E001")
    assert ran.mistakes[0].startswith("hazards.csv:2: unit: 'NOPE' is unknown")
    assert rows(ran)["unit:E001-TANK"]["inherent"]["colour"] == "blue", "as units.csv has it"


def test_the_service_keeps_the_history_of_grades(tmp_path: Path) -> None:
    made = with_hazards(tmp_path)
    core = reopened(made, START_MS + 5_000)
    watch = InherentWatch(core, made.data)
    assert watch.look(START_MS + 6_000) > 3
    assert watch.look(START_MS + 7_000) == 0
    take(core, permit(core, START_MS + 8_000, 1.0))
    assert values_of(core, ["E002-PERMIT", "E002-DP-01", "nowhere"]) == {"E002-PERMIT": 1.0}
    assert watch.look(START_MS + 9_000) == 2, "the unit and its enterprise; above, E001-TANK is graver"
    take(core, permit(core, START_MS + 10_000, 0.0))
    watch.look(START_MS + 11_000)
    core.checkpoint()()
    core.close()
    core = reopened(made, START_MS + 12_000)
    assert InherentWatch(core, made.data).look(START_MS + 13_000) == 0, "after a restart nothing is written twice"
    core.close()
    lines = [json.loads(line) for line in ask(made, "E002-DUST", "--history", "--json").out.splitlines()]
    found = [(line["at"] - START_MS, line["colour"], line["because"]) for line in lines if line["of"] == "inherent"]
    assert found == [
        (6_000, "yellow", "E002-DUST, kind dust_collector"),
        (9_000, "orange", "E002-DUST, kind dust_collector, permit.hot at E002-PERMIT"),
        (11_000, "yellow", "E002-DUST, kind dust_collector"),
    ]


def test_a_bad_value_is_no_value(tmp_path: Path) -> None:
    made = with_hazards(tmp_path)
    core = reopened(made, START_MS + 5_000)
    take(core, permit(core, START_MS + 8_000, 1.0, Quality.BAD))
    assert values_of(core, ["E002-PERMIT"]) == {}
    core.close()


def test_trouble_with_the_history_stops_nothing(tmp_path: Path) -> None:
    made = with_hazards(tmp_path)
    core = reopened(made, START_MS + 5_000)
    (made.data / INHERENT).mkdir()
    watch = InherentWatch(core, made.data)
    assert watch.look(START_MS + 6_000) == 0
    (made.data / INHERENT).rmdir()
    assert watch.look(START_MS + 7_000) > 3, "as soon as it can be written, it is"
    core.close()
