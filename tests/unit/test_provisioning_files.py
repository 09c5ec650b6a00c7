"""Grafana's provisioning files: current, and of one mind with what is pushed."""

import re
from pathlib import Path

import yaml

import dashboards.provisioning
from dashboards.provisioning import RULES
from dashboards.provisioning.files import BOARDS_PATH, files

FOLDER = Path(dashboards.provisioning.__file__).parent


def test_the_files_are_current() -> None:
    for name, text in files().items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text, f"python -m dashboards.provisioning writes {name}"
    there = {path.relative_to(FOLDER) for path in FOLDER.rglob("*.yaml")}
    assert there == set(files())


def test_no_secret_stands_in_them() -> None:
    (source,) = yaml.safe_load(files()[Path("datasources", "tocsin.yaml")])["datasources"]
    assert source["uid"] == "tocsin-influx"
    assert re.fullmatch(r"Token \$__file\{/[\w/]+\}", source["secureJsonData"]["httpHeaderValue1"])


def test_each_language_has_a_folder_of_its_own() -> None:
    providers = yaml.safe_load(files()[Path("dashboards", "tocsin.yaml")])["providers"]
    assert {p["options"]["path"] for p in providers} == {f"{BOARDS_PATH}/zh", f"{BOARDS_PATH}/en"}
    assert {p["folderUid"] for p in providers} == {"tocsin-zh", "tocsin-en"}
    assert not any(p["allowUiUpdates"] for p in providers)


def test_rules_tell_in_both_languages_and_alert_where_they_cannot_ask() -> None:
    (group,) = yaml.safe_load(files()[Path("alerting", "tocsin.yaml")])["groups"]
    assert [rule["uid"] for rule in group["rules"]] == [rule.uid for rule in RULES]
    for rule in group["rules"]:
        assert rule["execErrState"] == "Alerting"
        for text in (rule["title"], *rule["annotations"].values()):
            assert re.search(r"[a-z]{3}", text), text
            assert re.search(r"[\u4e00-\u9fff]", text), text
            assert "$" not in text, "Grafana would take it for a variable of its environment"
        assert [step["refId"] for step in rule["data"]] == ["A", "B", rule["condition"]]
    assert group["rules"][0]["noDataState"] == "Alerting"
