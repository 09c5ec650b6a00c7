"""What each panel of each board shows, told by Grafana's own data library under Node.js."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboards.names import BOARDS, GENERATED, LANGUAGES, uid_of
from tools.services import grafana_data

SCRIPT = Path(__file__).parents[2] / "tools" / "boards_preview" / "check" / "panels.cjs"
FOUR_COLOURS = {4: "◆", 3: "▲", 2: "■", 1: "●"}

Facts = list[dict[str, Any]]


@pytest.fixture(scope="module")
def panels() -> Facts:
    """Each panel with its fields: texts and colours of sample values."""
    packages = grafana_data.find()
    if packages is None:
        pytest.skip("Grafana's data library is not there: make services brings it")
    boards = sorted(map(str, GENERATED.rglob("*.json")))
    ran = subprocess.run(
        ["node", str(SCRIPT), *boards],
        env={**os.environ, "NODE_PATH": str(packages)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    found: Facts = json.loads(ran.stdout)
    return found


def fields(panels: Facts) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    for panel in panels:
        for field in panel["fields"]:
            yield f"{panel['board']}: {panel['panel']}: {field['name']}", panel, field


def test_every_board_has_panels(panels: Facts) -> None:
    assert {panel["board"] for panel in panels} == {uid_of(b, language) for b in BOARDS for language in LANGUAGES}


def test_grafana_knows_every_unit_option_matcher_and_transformation(panels: Facts) -> None:
    assert [(p["board"], p["panel"], p["unknown"]) for p in panels if p["unknown"]] == []


def test_every_value_has_a_text_and_none_is_a_slip(panels: Facts) -> None:
    for where, _, field in fields(panels):
        for sample in field["samples"]:
            if sample["value"] != "":
                assert sample["text"].strip(), f"{where}: {sample['value']} shows nothing"
            assert not re.search(r"NaN|undefined|null|\[object|Infinity|Invalid", sample["text"]), f"{where}: {sample}"


def test_nothing_shows_as_the_panels_word_for_it(panels: Facts) -> None:
    for where, panel, field in fields(panels):
        assert panel["noValue"], where
        for sample in field["samples"]:
            if sample["value"] is None and panel["type"] != "table":
                assert sample["text"] == panel["noValue"], where


def test_an_empty_cell_does_not_say_that_the_table_is_empty(panels: Facts) -> None:
    for where, panel, field in fields(panels):
        if panel["type"] == "table" and field["name"] != "an ordinary field":
            for sample in field["samples"]:
                assert sample["value"] is not None or len(sample["text"]) <= 3, f"{where}: {sample['text']}"


def test_colours_of_alarms_have_a_shape_beside_them(panels: Facts) -> None:
    """Colour 4 is red, 3 orange, 2 yellow, 1 blue, wherever a field of that name stands."""
    seen = 0
    for where, _, field in fields(panels):
        if field["name"] == "colour" and field["kind"] == "number":
            seen += 1
            shown = {sample["value"]: sample for sample in field["samples"]}
            for value, shape in FOUR_COLOURS.items():
                assert shape in shown[value]["text"], where
            assert len({shown[value]["colour"] for value in FOUR_COLOURS}) == 4, where
    assert seen >= 2 * len(LANGUAGES)


def test_words_of_values_are_in_the_boards_language(panels: Facts) -> None:
    for panel in panels:
        words = " ".join(panel["mappings"])
        chinese = bool(re.search(r"[\u4e00-\u9fff]", words))
        if panel["board"].endswith("-en"):
            assert not chinese, f"{panel['board']}: {panel['panel']}: {words}"
        elif re.search(r"[a-zA-Z]{3}", words):
            assert chinese, f"{panel['board']}: {panel['panel']}: {words}"


def test_both_languages_show_the_same_figures_in_the_same_colours(panels: Facts) -> None:
    by_board: dict[str, list[dict[str, Any]]] = {}
    for panel in panels:
        by_board.setdefault(panel["board"], []).append(panel)
    for board in BOARDS:
        zh, en = (by_board[uid_of(board, language)] for language in LANGUAGES)
        for one, other in zip(zh, en, strict=True):
            assert one["type"] == other["type"]
            for field, same in zip(one["fields"], other["fields"], strict=True):
                colours = [[(s["value"], s["colour"]) for s in f["samples"]] for f in (field, same)]
                assert colours[0] == colours[1], f"{board}: {one['panel']}: {field['name']}"
