"""The example site of `tocsin init`: reads without a word, and its leak raises an alarm."""

import re
from pathlib import Path

import pytest
from support.simulated import site_and_rules

from ingest.feed import entries_of_feed, read_feed
from plant.mistakes import InputError
from plant.registry import PointRegistry
from rules.engine import Engine, make_plan
from rules.events import AlarmEvent, event_json
from simulators import load_scenario, simulate_to_feed
from tocsin.configuration import read_configuration
from tocsin.init import write_example


def test_it_holds_every_kind_of_file_and_reads_without_a_word(tmp_path: Path) -> None:
    written = {str(f.relative_to(tmp_path)) for f in write_example(tmp_path)}
    assert written == {
        "README.md",
        "contacts.csv",
        "enterprises.csv",
        "points.csv",
        "regions.csv",
        "routes.yaml",
        "rules/site.yaml",
        "scenarios/leak.yaml",
        "site.yaml",
        "units.csv",
    }
    site, rules = site_and_rules(tmp_path)
    assert {"gas-early", "gas-combustible", "dust-spark", "data-stale"} <= {r.id for r in rules}
    assert len(site.points) == 8


def replayed(folder: Path) -> list[AlarmEvent]:
    """The events of the example's own scenario under its own rules."""
    write_example(folder)
    site, rules = site_and_rules(folder)
    simulate_to_feed(site, load_scenario(folder / "scenarios" / "leak.yaml", site), None, folder / "leak.csv")
    registry = PointRegistry(site.points)
    engine = Engine(make_plan(site, rules, registry))
    return engine.apply(list(entries_of_feed(read_feed(folder / "leak.csv", registry, False))))


def test_its_leak_raises_alarms_and_clears_them(tmp_path: Path) -> None:
    events = [e for e in replayed(tmp_path) if not e.rule.startswith("data-")]
    assert [(e.event, e.rule) for e in events if e.subject == "E001-GAS-01"] == [
        ("raised", "gas-early"),
        ("raised", "gas-rising"),
        ("raised", "gas-combustible"),
        ("upgraded", "gas-combustible"),
        ("cleared", "gas-rising"),
        ("downgraded", "gas-combustible"),
        ("cleared", "gas-combustible"),
        ("cleared", "gas-early"),
    ]
    assert [(e.event, e.rule) for e in events if e.subject == "E002-SPARK-01"] == [
        ("raised", "dust-spark"),
        ("cleared", "dust-spark"),
        ("raised", "dust-spark"),
        ("raised", "spark-again"),
        ("cleared", "dust-spark"),
    ]
    assert {e.subject for e in events} == {"E001-GAS-01", "E001-GAS-02", "E002-SPARK-01"}


def test_a_silent_detector_is_an_instrument_alarm_and_no_other(tmp_path: Path) -> None:
    assert {e.rule for e in replayed(tmp_path) if e.subject == "E001-GAS-03"} == {"data-stale", "data-unusable"}


def test_the_tutorial_shows_an_alarm_that_the_example_really_raises(tmp_path: Path) -> None:
    tutorial = Path(__file__).parents[2] / "docs" / "tutorials" / "first-alarm.md"
    shown = re.findall(r"^\{.*\}$", tutorial.read_text("utf-8"), re.MULTILINE)
    assert len(shown) == 1
    assert shown[0] in [event_json(event).decode() for event in replayed(tmp_path)]


def test_its_routes_work_once_the_marks_are_taken_off(tmp_path: Path) -> None:
    write_example(tmp_path)
    assert read_configuration(tmp_path).routes.routes == ()
    path = tmp_path / "routes.yaml"
    path.write_text(re.sub(r"^#(?! |$)|^#(?=  +(-|[a-z]+:))", "", path.read_text("utf-8"), flags=re.MULTILINE), "utf-8")
    configured = read_configuration(tmp_path)
    assert [route.id for route in configured.routes.routes] == ["own", "red", "enterprise", "digest"]
    assert configured.warnings == ()


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep me")
    with pytest.raises(InputError, match="is not empty"):
        write_example(tmp_path)
    write_example(tmp_path, force=True)
    assert (tmp_path / "mine.txt").read_text() == "keep me"
    with pytest.raises(InputError, match="is a file"):
        write_example(tmp_path / "mine.txt")


def test_its_phone_numbers_belong_to_nobody(tmp_path: Path) -> None:
    write_example(tmp_path)
    numbers = re.findall(r"\b1\d{10}\b", (tmp_path / "contacts.csv").read_text("utf-8"))
    assert numbers
    assert all(n.startswith("1380000000") for n in numbers)
