"""The boards as Grafana will read them: whole in both languages, laid out, linked, and current on disk."""

import json
import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from dashboards.colours import GRADES, grade_words
from dashboards.generate import build, text_of
from dashboards.names import BOARDS, DATASOURCE_UID, GENERATED, LANGUAGES, path_of, uid_of
from dashboards.page import with_listing
from dashboards.say import Say

Json = dict[str, Any]
ALL = [(board, language) for board in BOARDS for language in LANGUAGES]
_BUILT = {(board, language): build(board, language) for board, language in ALL}
every_board = pytest.mark.parametrize(("board", "language"), ALL)


def panels(made: Json) -> list[Json]:
    return [panel for panel in made["panels"] if panel["type"] != "row"]


def asking(made: Json) -> list[Json]:
    """Variables that ask InfluxDB what there is."""
    return [variable for variable in made["templating"]["list"] if variable["type"] == "query"]


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from strings(part)


def texts(made: Json) -> list[str]:
    """What a person reads: titles, descriptions, names of columns and series, words of mappings, labels."""
    found = [made["title"], made["description"], *(link["title"] for link in made["links"])]
    found += [variable["label"] for variable in made["templating"]["list"]]
    found += [annotation["name"] for annotation in made["annotations"]["list"]]
    for panel in made["panels"]:
        found += [panel.get("title", ""), panel.get("description", "")]
        config = panel.get("fieldConfig", {"defaults": {}, "overrides": []})
        found.append(config["defaults"].get("noValue", ""))
        mappings = list(config["defaults"].get("mappings", []))
        for override in config.get("overrides", []):
            for one in override["properties"]:
                if one["id"] == "displayName":
                    found.append(one["value"])
                if one["id"] == "mappings":
                    mappings += one["value"]
                if one["id"] == "links":
                    found += [link["title"] for link in one["value"]]
        for mapping in mappings:
            options = mapping["options"]
            results = [options["result"]] if "result" in options else list(options.values())
            found += [result["text"] for result in results]
    return [text for text in found if text]


@every_board
def test_files_are_current(board: str, language: Any) -> None:
    message = "run: python -m dashboards"
    assert path_of(board, language).read_text(encoding="utf-8") == text_of(board, language), message


def test_the_reference_page_is_current() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "boards.md").read_text(encoding="utf-8")
    assert page == with_listing(page), "run: python -m dashboards"


def test_the_reference_page_says_which_colours() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "boards.md").read_text(encoding="utf-8")
    for number, colour in GRADES.items():
        shape = grade_words(Say("en"))[number][0]
        assert re.search(rf"\| {number} \| {shape} \| `{colour}` \|", page), (number, colour)


def test_there_are_no_files_of_other_boards() -> None:
    there = {str(path.relative_to(GENERATED)) for path in GENERATED.rglob("*") if path.is_file()}
    assert there == {f"{language}/{board}.json" for board, language in ALL}


@every_board
def test_every_panel_says_what_it_shows_and_what_an_empty_one_means(board: str, language: Any) -> None:
    for panel in panels(_BUILT[board, language]):
        defaults = panel["fieldConfig"]["defaults"]
        assert panel["title"]
        assert len(panel["description"]) > 10, panel["title"]
        assert defaults["noValue"], panel["title"]
        assert defaults["unit"], panel["title"]
        assert panel["targets"], panel["title"]


@every_board
def test_descriptions_name_the_measurements_that_are_asked(board: str, language: Any) -> None:
    for panel in panels(_BUILT[board, language]):
        asked = {
            name for target in panel["targets"] for name in re.findall(r'FROM (?:"\$\w+"\.\.)?"(\w+)"', target["query"])
        }
        said = set(
            re.findall(r"(?:From: |来源：)([\w、, ]+)", panel["description"])[-1].replace("、", ", ").split(", ")
        )
        assert asked <= said, (panel["title"], asked, said)


@every_board
def test_panels_fill_the_grid_without_overlap(board: str, language: Any) -> None:
    cells: dict[tuple[int, int], str] = {}
    for panel in _BUILT[board, language]["panels"]:
        at = panel["gridPos"]
        for x in range(at["x"], at["x"] + at["w"]):
            for y in range(at["y"], at["y"] + at["h"]):
                assert (x, y) not in cells, (panel["title"], cells[x, y])
                cells[x, y] = panel["title"]
    assert {x for x, _ in cells} == set(range(24))
    assert len(cells) == 24 * (max(y for _, y in cells) + 1)


@every_board
def test_ids_of_panels_and_letters_of_queries_are_unique(board: str, language: Any) -> None:
    made = _BUILT[board, language]
    ids = [panel["id"] for panel in made["panels"]]
    assert len(ids) == len(set(ids))
    for panel in panels(made):
        refs = [target["refId"] for target in panel["targets"]]
        assert len(refs) == len(set(refs)), panel["title"]


@every_board
def test_every_query_names_the_one_data_source(board: str, language: Any) -> None:
    made = _BUILT[board, language]
    named = [target["datasource"] for panel in panels(made) for target in panel["targets"]]
    named += [panel["datasource"] for panel in panels(made)]
    named += [variable["datasource"] for variable in asking(made)]
    named += [annotation["datasource"] for annotation in made["annotations"]["list"]]
    assert all(one == {"type": "influxdb", "uid": DATASOURCE_UID} for one in named)


@every_board
def test_links_lead_to_boards_of_the_same_language_and_set_their_variables(board: str, language: Any) -> None:
    uids = {uid_of(other, language): other for other in BOARDS}
    found = [text for text in strings(_BUILT[board, language]) if text.startswith("/d/")]
    assert found or board == "health"
    for url in found:
        uid, _, rest = url.removeprefix("/d/").partition("?")
        assert uid in uids, url
        theirs = {variable["name"] for variable in _BUILT[uids[uid], language]["templating"]["list"]}
        assert set(re.findall(r"var-(\w+)=", rest)) <= theirs, url


@every_board
def test_links_name_columns_that_the_answer_has(board: str, language: Any) -> None:
    for panel in panels(_BUILT[board, language]):
        shown = {override["matcher"]["options"] for override in panel["fieldConfig"]["overrides"]}
        for text in strings(panel["fieldConfig"]):
            for name in re.findall(r'__data\.fields\["([^"]+)"\]', text):
                asked = any(f'"{name}"' in target["query"] for target in panel["targets"])
                assert name in shown or asked, (panel["title"], name)


@every_board
def test_every_variable_is_used_and_every_used_one_exists(board: str, language: Any) -> None:
    made = _BUILT[board, language]
    there = [variable["name"] for variable in made["templating"]["list"]]
    rest = [made["panels"], made["annotations"], [variable["query"] for variable in asking(made)]]
    words = {word for text in strings(rest) for word in re.findall(r"\$(\w+)", text)}
    words -= {"timeFilter", "__interval", "col"}
    used = {word for word in words if not word.startswith(("tag_", "__"))}
    assert used == set(there)


@every_board
def test_variables_ask_only_for_those_before_them(board: str, language: Any) -> None:
    before: set[str] = set()
    for variable in asking(_BUILT[board, language]):
        assert set(re.findall(r"\$(\w+)", variable["query"]["query"])) <= before
        before.add(variable["name"])


@pytest.mark.parametrize("board", BOARDS)
def test_both_languages_have_the_same_panels_and_no_words_of_the_other(board: str) -> None:
    zh, en = _BUILT[board, "zh"], _BUILT[board, "en"]
    queries = [[[target["query"] for target in panel["targets"]] for panel in panels(made)] for made in (zh, en)]
    assert queries[0] == queries[1]
    assert [panel["type"] for panel in panels(zh)] == [panel["type"] for panel in panels(en)]
    assert [panel["gridPos"] for panel in zh["panels"]] == [panel["gridPos"] for panel in en["panels"]]
    chinese = re.compile(r"[\u4e00-\u9fff]")
    assert not [text for text in texts(en) if chinese.search(text)]
    plain = re.compile(r"^(?:Tocsin|[a-z_]{1,3}|[\d\s%]+|MQTT|\W+)$")
    assert not [text for text in texts(zh) if not chinese.search(text) and not plain.match(text)]


@every_board
def test_colour_never_stands_alone(board: str, language: Any) -> None:
    for panel in panels(_BUILT[board, language]):
        config = panel["fieldConfig"]
        mapped = [config["defaults"].get("mappings", [])]
        mapped += [
            one["value"]
            for override in config["overrides"]
            for one in override["properties"]
            if one["id"] == "mappings"
        ]
        for mappings in mapped:
            for mapping in mappings:
                options = mapping["options"]
                results = [options["result"]] if "result" in options else list(options.values())
                assert all(result["text"] for result in results)
                for one, other in combinations(results, 2):
                    assert one["text"] != other["text"]


def test_the_files_are_what_grafana_imports() -> None:
    made = json.loads(path_of("district", "en").read_text(encoding="utf-8"))
    assert made["uid"] == "tocsin-district-en"
    assert made["schemaVersion"] >= 36
    assert made.get("id") is None
    assert not made["editable"]
