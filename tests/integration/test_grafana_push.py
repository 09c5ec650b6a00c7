"""`tocsin grafana push` against a stand-in that is held to Grafana's own OpenAPI document."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.command import Ran, tocsin
from support.influx import free_port
from support.standins.grafana import ADMIN, TOKEN, VIEWERS_TOKEN, Grafana, document_path, running_grafana

import dashboards.names
from dashboards.provisioning import RULES
from tocsin.grafana.folders import DUTY_TEAM, ENGINEERS_TEAM

pytestmark = pytest.mark.skipif(
    document_path() is None, reason="Grafana's OpenAPI is not there: make services brings it"
)

READ_TOKEN = "a-token-that-reads-the-buckets"
BOARD_COUNT = 2 * len(dashboards.names.BOARDS)


@pytest.fixture
def grafana() -> Iterator[Grafana]:
    with running_grafana() as server:
        yield server
        assert server.faults == []


@pytest.fixture(autouse=True)
def boards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Boards of the right names that a test may change."""
    folder = tmp_path / "generated"
    monkeypatch.setattr(dashboards.names, "GENERATED", folder)
    for language in dashboards.names.LANGUAGES:
        (folder / language).mkdir(parents=True)
        for board in dashboards.names.BOARDS:
            model = {"uid": dashboards.names.uid_of(board, language), "title": board, "panels": [], "links": []}
            (folder / language / f"{board}.json").write_text(json.dumps(model), encoding="utf-8")
    return folder


def push(folder: Path, grafana: Grafana, more: str = "", *arguments: str) -> Ran:
    (folder / "grafana-token").write_text(f"{TOKEN}\n")
    key = "" if "_file = " in more else 'token_file = "grafana-token"\n'
    return push_to(folder, grafana.url, key + more, *arguments)


def push_to(folder: Path, url: str, more: str, *arguments: str) -> Ran:
    (folder / "influx-token").write_text("a-token-that-writes\n")
    (folder / "read-token").write_text(f"{READ_TOKEN}\n")
    config = folder / "tocsin.toml"
    config.write_text(
        f'site = "site"\n[influx]\nurl = "http://influx.example:8086"\norg = "o"\nbucket = "b"\n'
        f'token_file = "influx-token"\n[grafana]\nurl = "{url}"\ninflux_token_file = "read-token"\n{more}'
    )
    return tocsin("grafana", "push", "--config", config, *arguments)


def test_the_first_push_makes_everything_and_the_second_changes_nothing(tmp_path: Path, grafana: Grafana) -> None:
    more = 'alert_emails = ["duty@example.org"]\nalert_webhook = "https://example.org/hook"\n'
    first = push(tmp_path, grafana, more)
    assert first.code == 0, first.err
    assert len(grafana.main.boards) == BOARD_COUNT
    assert set(grafana.main.folders) == {"tocsin-zh", "tocsin-en", "tocsin-alerts"}
    assert set(grafana.main.rules) == {rule.uid for rule in RULES}
    made = len(grafana.writes)

    second = push(tmp_path, grafana, more)
    assert second.code == 0, second.err
    assert grafana.writes[made:] == []
    assert {line.split()[0] for line in second.out.splitlines()} == {"unchanged"}
    assert second.err.endswith(f"{len(second.out.splitlines())} unchanged\n")


def test_the_data_source_asks_influxql_with_a_token_that_is_never_shown(tmp_path: Path, grafana: Grafana) -> None:
    said = push(tmp_path, grafana, 'influx_url = "http://influxdb:8086"\n')
    source = grafana.main.datasources["tocsin-influx"]
    assert (source["type"], source["url"], source["jsonData"]["dbName"]) == ("influxdb", "http://influxdb:8086", "b")
    assert source["jsonData"]["version"] == "InfluxQL"
    assert grafana.main.secrets["tocsin-influx"] == {"httpHeaderValue1": f"Token {READ_TOKEN}"}
    assert READ_TOKEN not in json.dumps(source) + said.out + said.err
    assert TOKEN not in said.out + said.err


def test_another_token_of_influxdb_is_noticed(
    tmp_path: Path, grafana: Grafana, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(tmp_path, grafana)
    monkeypatch.setitem(globals(), "READ_TOKEN", "another-token")
    changed = [line for line in push(tmp_path, grafana).out.splitlines() if not line.startswith("unchanged")]
    assert changed == ["updated    data source   Tocsin InfluxDB"]
    assert grafana.main.secrets["tocsin-influx"] == {"httpHeaderValue1": "Token another-token"}


def test_only_the_teams_see_the_folders_and_whom_the_administrator_let_in(tmp_path: Path, grafana: Grafana) -> None:
    push(tmp_path, grafana)
    duty, engineers = (next(i for i, n in grafana.main.teams.items() if n == t) for t in (DUTY_TEAM, ENGINEERS_TEAM))
    permissions = grafana.main.permissions["tocsin-zh"]
    ours = [{"teamId": duty, "permission": 1}, {"teamId": engineers, "permission": 2}]
    assert [{k: v for k, v in p.items() if k != "inherited"} for p in permissions if not p["inherited"]] == ours
    permissions.append({"userId": 77, "permission": 1, "inherited": False})
    permissions.append({"role": "Viewer", "permission": 1, "inherited": False})

    again = push(tmp_path, grafana).out
    assert "updated    permissions   警钟" in again
    let_in = {(p.get("teamId"), p.get("userId"), p.get("role")) for p in grafana.main.permissions["tocsin-zh"]}
    assert let_in == {(duty, None, None), (engineers, None, None), (None, 77, None), (None, None, "Admin")}


def test_a_changed_board_is_updated_and_so_is_one_that_somebody_changed_there(
    tmp_path: Path, grafana: Grafana, boards: Path
) -> None:
    push(tmp_path, grafana)
    path = boards / "en" / "kpi.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "title": "Alarm performance"}))
    grafana.main.versions["tocsin-unit-zh"].insert(0, {"version": 2, "message": "", "uid": "tocsin-unit-zh"})
    grafana.main.board_folders["tocsin-point-en"] = "tocsin-zh"

    out = push(tmp_path, grafana).out
    updated = [line.rsplit("(", 1)[1].rstrip(")") for line in out.splitlines() if line.startswith("updated")]
    assert sorted(updated) == ["tocsin-kpi-en", "tocsin-point-en", "tocsin-unit-zh"]
    assert grafana.main.boards["tocsin-kpi-en"]["title"] == "Alarm performance"


def test_what_files_brought_is_left_alone(tmp_path: Path, grafana: Grafana) -> None:
    push(tmp_path, grafana)
    grafana.main.provisioned.add("tocsin-kpi-en")
    grafana.main.versions["tocsin-kpi-en"].clear()
    grafana.main.datasources["tocsin-influx"] |= {"readOnly": True, "url": "http://elsewhere"}
    grafana.main.rules["tocsin-silent"] |= {"provenance": "file", "title": "theirs"}
    again = push(tmp_path, grafana)
    assert again.code == 0, again.err
    assert sum(line.startswith("left alone") for line in again.out.splitlines()) == 3
    assert grafana.main.rules["tocsin-silent"]["title"] == "theirs"


def test_rules_name_whom_they_tell_only_where_somebody_is_named(tmp_path: Path, grafana: Grafana) -> None:
    push(tmp_path, grafana)
    assert "notification_settings" not in grafana.main.rules["tocsin-silent"]
    push(tmp_path, grafana, 'alert_emails = ["a@example.org", "b@example.org"]\n')
    assert grafana.main.points["tocsin-mail"]["settings"]["addresses"] == "a@example.org;b@example.org"
    for rule in grafana.main.rules.values():
        assert rule["notification_settings"] == {"receiver": "Tocsin second line"}


def test_one_language_alone_and_a_link_to_the_console(tmp_path: Path, grafana: Grafana) -> None:
    push(tmp_path, grafana, 'languages = ["zh"]\nconsole_url = "https://tocsin.example.org/"\n')
    assert len(grafana.main.boards) == BOARD_COUNT // 2
    (link,) = grafana.main.boards["tocsin-district-zh"]["links"]
    assert (link["title"], link["url"]) == ("控制台", "https://tocsin.example.org")


def test_json_lines_tell_of_each_object(tmp_path: Path, grafana: Grafana) -> None:
    lines = [json.loads(line) for line in push(tmp_path, grafana, "", "--json").out.splitlines()]
    assert {line["became"] for line in lines} == {"created", "updated"}
    assert sum(line["kind"] == "board" for line in lines) == BOARD_COUNT


def test_an_organisation_is_chosen_by_name_with_a_password(tmp_path: Path, grafana: Grafana) -> None:
    (tmp_path / "password").write_text(ADMIN[1])
    key = 'username = "admin"\npassword_file = "password"\norg = "Second"\n'
    refused = push(tmp_path, grafana, key)
    assert (refused.code, refused.mistakes) == (2, [f"tocsin: {grafana.url} has no organisation 'Second'"])
    made = grafana.organisations[1].__class__(2, "Second")
    grafana.organisations[2] = made
    assert push(tmp_path, grafana, key).code == 0
    assert len(made.boards) == BOARD_COUNT
    assert grafana.main.boards == {}


def test_a_token_of_another_organisation_is_refused(tmp_path: Path, grafana: Grafana) -> None:
    said = push(tmp_path, grafana, 'org = "Second"\n')
    assert said.code == 2
    assert "is of organisation 'Main Org.', and the settings say 'Second'" in said.err
    assert grafana.writes == []


@pytest.mark.parametrize(
    ("key", "said"),
    [("wrong", "does not know the key in {file} (401)"), (VIEWERS_TOKEN, "may not read the data source (403)")],
)
def test_a_key_that_does_not_do_is_named_by_its_file(tmp_path: Path, grafana: Grafana, key: str, said: str) -> None:
    file = tmp_path / "other-token"
    file.write_text(key)
    ran = push(tmp_path, grafana, 'token_file = "other-token"\n')
    assert ran.code == 2
    (line,) = ran.mistakes
    assert said.format(file=file) in line
    assert key not in line.replace(str(file), "")


@pytest.mark.parametrize("version", ["10.4.19", "9.5.2"])
def test_a_grafana_that_is_too_old_is_not_touched(tmp_path: Path, version: str) -> None:
    with running_grafana(version) as grafana:
        ran = push(tmp_path, grafana)
        assert (ran.code, grafana.writes) == (2, [])
    assert ran.mistakes == [f"tocsin: {grafana.url} is Grafana {version}: needed is 11.0 or newer"]


def test_nobody_there_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "t").write_text(TOKEN)
    url = f"http://127.0.0.1:{free_port()}"
    ran = push_to(tmp_path, url, 'token_file = "t"\n')
    assert (ran.code, ran.mistakes) == (2, [f"tocsin: {url} can't be reached: connection refused"])


@pytest.mark.parametrize("missing", ["influx", "grafana"])
def test_both_sections_are_needed(tmp_path: Path, missing: str) -> None:
    sections = {
        "influx": '[influx]\nurl = "http://a"\norg = "o"\nbucket = "b"\ntoken_file = "t"\n',
        "grafana": '[grafana]\nurl = "http://a"\ntoken_file = "t"\ninflux_token_file = "t"\n',
    }
    config = tmp_path / "tocsin.toml"
    config.write_text('site = "site"\n' + "".join(text for name, text in sections.items() if name != missing))
    ran = tocsin("grafana", "push", "--config", config)
    assert ran.code == 2
    assert ran.mistakes[0].startswith(f"{config}:1: {missing}: is missing")
