"""The rules and tests on docs/how-to/combine-points.md do what the page says."""

import re
from pathlib import Path

import pytest
from support.command import tocsin

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "combine-points.md"


def blocks() -> list[str]:
    return re.findall(r"^```yaml\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rules, tests = blocks()
    (tmp_path / "rules.yaml").write_text(rules, encoding="utf-8")
    (tmp_path / "tests.yaml").write_text(tests, encoding="utf-8")
    return tmp_path


def test_the_tests_on_the_page_pass(folder: Path) -> None:
    ran = tocsin("rules", "test", folder / "tests.yaml")
    assert (ran.out, ran.err, ran.code) == ("", "11 passed, 0 failed\n", 0)


@pytest.mark.parametrize(
    ("right", "wrong", "failing"),
    [
        ("{n: 2,", "{n: 3,", 2),
        (", lone_critical: hh", "", 1),
        ("level >= 80", "level >= 90", 2),
        ("within_s: 20", "within_s: 19", 1),
        ("within_s: 20", "within_s: 21", 1),
        ("on_delay_s: 3", "on_delay_s: 6", 1),
    ],
)
def test_the_tests_on_the_page_find_a_changed_rule(folder: Path, right: str, wrong: str, failing: int) -> None:
    rules = (folder / "rules.yaml").read_text(encoding="utf-8")
    assert right in rules
    (folder / "rules.yaml").write_text(rules.replace(right, wrong), encoding="utf-8")
    ran = tocsin("rules", "test", folder / "tests.yaml")
    assert (ran.code, ran.err) == (1, f"{11 - failing} passed, {failing} failed\n")
