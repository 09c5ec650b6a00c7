"""The command line: exit codes, and one line a mistake on stderr."""

import json
import re
import socket
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import typer.main
from support.command import tocsin
from support.data_folder import Made, make_data_folder

import rules
from simulators import Publisher
from tocsin.cli.app import make_app

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "command-line.md"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Read only: tests that write make their own."""
    return make_data_folder(tmp_path_factory.mktemp("made"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "tocsin: No such command 'nonsense'."),
        (["check"], "tocsin check: Missing argument 'DIR'."),
        (["check", "--nope", "."], "tocsin check: No such option: --nope"),
        (["schema", "roads"], "tocsin schema: Invalid value for 'name': 'roads' is not one of"),
        (["simulate", "leak", "--site", "."], "tocsin simulate: give either --out FEED or --mqtt URL"),
        (
            ["simulate", "leak", "--site", ".", "--out", "x.csv", "--speed", "0"],
            "tocsin simulate: --speed is 0, allowed is more than 0 up to 10000",
        ),
        (["replay"], "tocsin replay: give either FEED with --site, or --journal, or --kafka"),
        (["replay", "x.csv"], "tocsin replay: a FEED needs --site"),
        (
            ["replay", "x.csv", "--journal", "data"],
            "tocsin replay: give either FEED with --site, or --journal, or --kafka",
        ),
        (["replay", "--journal", "data", "--site", "."], "tocsin replay: --site and --skip-unknown belong to a FEED"),
        (
            ["replay", "x.csv", "--site", ".", "--from", "yesterday"],
            "tocsin replay: --from is yesterday, allowed are ms since the epoch and RFC 3339 with an offset",
        ),
        (
            ["replay", "x.csv", "--site", ".", "--from", "2024-01-01T00:00:00"],
            "tocsin replay: --from is 2024-01-01T00:00:00, allowed are",
        ),
        (["replay", "x.csv", "--site", ".", "--from", "5", "--to", "5"], "tocsin replay: --from 5 is not before --to"),
        (["replay", "x.csv", "--site", ".", "--speed", "fast"], "tocsin replay: --speed is fast, allowed are max"),
        (["replay", "x.csv", "--site", ".", "--speed", "nan"], "tocsin replay: --speed is nan, allowed are max"),
        (["alarms", "--state", "open"], "tocsin alarms: Invalid value for '--state': 'open' is not one of"),
        (["alarms", "--limit", "0"], "tocsin alarms: Invalid value for '--limit': Input should be greater"),
        (["ack", "someid"], "tocsin ack: Missing option '--by'."),
        (["ack", "someid", "--by", " "], "tocsin ack: --by is empty: who does it?"),
        (["export", "all", "--out", "x"], "tocsin export: Invalid value for 'what': 'all' is not one of"),
        (["restore", "x.tar"], "tocsin restore: Missing argument 'DATA'."),
        (["book"], "tocsin book: Missing command."),
        (["demo", "--speed", "-1"], "tocsin demo: --speed is -1, allowed is more than 0"),
        (["demo", "--port", "70000"], "tocsin demo: Invalid value for '--port': Input should be less"),
    ],
)
def test_a_wrong_call_is_one_line(arguments: list[str], said: str) -> None:
    ran = tocsin(*arguments)
    assert ran.code == 2
    assert ran.out == ""
    (line,) = ran.mistakes
    assert line.startswith(said)
    assert line.endswith("--help)")


def test_no_arguments_show_the_help() -> None:
    ran = tocsin()
    assert ran.code == 2
    assert "Usage: tocsin" in ran.out
    assert tocsin("--help").code == 0
    assert tocsin("-h").out == tocsin("--help").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "{nowhere}"], "{nowhere}:1: no such folder, needed is a folder with a site in it"),
        (["init", "{site}"], "{site}:1: is not empty; an empty folder is needed, or --force"),
        (["init", "{file}"], "{file}:1: is a file, a folder is needed"),
        (["init", "{file}/below"], "tocsin: {file}/below: Not a directory"),
        (["simulate", "nope", "--site", "{site}", "--out", "x.csv"], "nope:1: no such file; scenarios by name are"),
        (["simulate", "leak", "--site", "{nowhere}", "--out", "x"], "{nowhere}:1: no such folder"),
        (["simulate", "leak", "--site", "{site}", "--out", "{nowhere}/x.csv"], "tocsin: {nowhere}/x.csv: No such file"),
        (["simulate", "leak", "--site", "{site}", "--mqtt", "http://a"], "tocsin: a broker's address is mqtt://"),
        (["replay", "{nowhere}", "--site", "{site}"], "{nowhere}:1: no such file"),
        (["replay", "{file}", "--site", "{nowhere}"], "{nowhere}:1: no such folder"),
        (["replay", "--journal", "{nowhere}"], "tocsin: {nowhere}: no data folder of a service"),
        (["alarms", "--data", "{nowhere}"], "tocsin: {nowhere}: no data folder of a service"),
        (["ack", "a", "--by", "li", "--data", "{nowhere}"], "tocsin: {nowhere}: no data folder of a service"),
        (["reset", "a", "--by", "li", "--data", "{nowhere}"], "tocsin: {nowhere}: no data folder of a service"),
        (["quarantine", "--data", "{nowhere}"], "tocsin: {nowhere}: no data folder of a service"),
        (["export", "events", "--out", "x", "--data", "{nowhere}"], "tocsin: {nowhere}: no data folder of a service"),
        (["export", "readings", "--out", "x", "--data", "{nowhere}"], "tocsin: {nowhere}: no data folder of a service"),
        (["book", "rebuild", "--data", "{nowhere}"], "tocsin: {nowhere}: no data folder of a service"),
        (["book", "rebuild", "--data", "{data}", "--config", "{nowhere}"], "{nowhere}:1: can't be read: No such file"),
        (["backup", "x.tar", "--data", "{nowhere}"], "tocsin: {nowhere}: no journal here, so nothing to back up"),
        (["backup", "{nowhere}/x.tar", "--data", "{data}"], "tocsin: {nowhere}/x.tar"),
        (["restore", "{nowhere}", "x"], "tocsin: {nowhere}: No such file or directory"),
        (["restore", "{file}", "x"], "tocsin: {file}: damaged or cut short"),
        (["run", "--config", "{nowhere}"], "{nowhere}:1: can't be read: No such file or directory"),
        (["run", "--config", "{file}"], "{file}:1: is no TOML"),
    ],
)
def test_wrong_input_is_one_line(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    names = {"nowhere": "nowhere", "file": "a-file", "site": str(made.site), "data": str(made.data)}
    (tmp_path / "a-file").write_text("no more than this\n")
    ran = tocsin(*[argument.format(**names) for argument in arguments])
    assert ran.code == 2
    assert ran.out == ""
    assert len(ran.mistakes) == 1
    assert ran.err.startswith(said.format(**names)), ran.err
    left = {path for path in tmp_path.rglob("*") if not (arguments[0] == "restore" and path.name == "x")}
    assert left == {tmp_path / "a-file"}, "nothing is made, nothing is taken away; a restore may leave its empty folder"


def test_a_feed_that_is_none_is_said_line_by_line(made: Made, tmp_path: Path) -> None:
    feed, out = tmp_path / "feed.csv", tmp_path / "events.jsonl"
    feed.write_text("point,measured_at,value\nE001-GAS-01,12,1\nNOPE,1700000000000,1\n")
    out.write_text("of yesterday\n")
    ran = tocsin("replay", feed, "--site", made.site, "--out", out)
    assert ran.code == 2
    assert [line.split(",")[0] for line in ran.mistakes] == [
        f"{feed}:2: measured_at: 12 is not plausible",
        f"{feed}:3: point: 'NOPE' is not a point of the site",
    ]
    assert out.read_text() == "of yesterday\n"


def test_check_says_every_mistake(made: Made, tmp_path: Path) -> None:
    assert tocsin("init", tmp_path / "site").code == 0
    fine = tocsin("check", tmp_path / "site")
    assert (fine.code, fine.err) == (0, "")
    assert "2 enterprises, 3 units, 8 points" in fine.out
    points = tmp_path / "site" / "points.csv"
    points.write_text(points.read_text().replace("%LEL,0,100", "%LEL,100,0").replace("E002-DUST,", "E009,", 1))
    wrong = tocsin("check", tmp_path / "site")
    assert (wrong.code, wrong.out) == (2, "")
    assert len(wrong.mistakes) >= 4
    assert all(re.match(r"points\.csv:\d+: \w+: ", line) for line in wrong.mistakes)


def test_check_warns_and_is_content(tmp_path: Path) -> None:
    tocsin("init", tmp_path / "site")
    points = tmp_path / "site" / "points.csv"
    points.write_text(points.read_text().replace("%LEL,0,100,1,,,,,,", "%LEL,0,100,1,1,,,,,", 1))
    ran = tocsin("check", tmp_path / "site")
    assert ran.code == 0
    assert "warning" in ran.err
    assert "1 warnings" in ran.out


@pytest.mark.parametrize("name", ["rules", "site", "routes", "settings", "scenario", "mapping", "rule-test"])
def test_schemas_are_json(name: str) -> None:
    ran = tocsin("schema", name)
    assert (ran.code, ran.err) == (0, "")
    assert json.loads(ran.out)["properties"]


def test_init_writes_again_only_when_forced(tmp_path: Path) -> None:
    assert tocsin("init", tmp_path / "site").code == 0
    (tmp_path / "site" / "own.txt").write_text("mine")
    assert tocsin("init", tmp_path / "site").code == 2
    assert tocsin("init", tmp_path / "site", "--force").code == 0
    assert (tmp_path / "site" / "own.txt").read_text() == "mine"


def test_simulate_says_when_no_broker_answers(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin.cli.simulate_live.Publisher", partial(Publisher, connect_within_s=0.3))
    ran = tocsin("simulate", "leak", "--site", made.site, "--mqtt", "mqtt://li:hunter2@127.0.0.1:1")
    assert ran.code == 1
    assert "no broker answers at 127.0.0.1:1" in ran.err
    assert "hunter2" not in ran.err


def test_run_asks_for_a_broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tocsin.toml").write_text('site = "site"\n')
    monkeypatch.chdir(tmp_path)
    said = "mqtt: is missing: a [mqtt] section names the broker, or a [[tcp]] section where devices dial in\n"
    assert (tocsin("run").code, tocsin("run").err) == (2, f"tocsin.toml:1: {said}")
    (tmp_path / "tocsin.toml").unlink()
    assert tocsin("run").err == "tocsin.toml:1: can't be read: No such file or directory\n"
    alone = tocsin("run", environment={"TOCSIN_SITE": "site"})
    assert alone.err == f"settings:1: {said}"
    broker = {"TOCSIN_SITE": "site", "TOCSIN_MQTT__URL": "mqtt://127.0.0.1:1"}
    assert (
        tocsin("run", environment=broker).err
        == f"{tmp_path}/site:1: no such folder, needed is a folder with a site in it\n"
    )
    unread = tocsin("run", environment={**broker, "TOCSIN_MQTT__PASSWORD_FILE": "pw"})
    assert unread.code == 2
    assert unread.err.startswith(f"{tmp_path}/pw:1: the password can't be read")
    assert not (tmp_path / "data").exists()


def test_run_says_what_is_in_the_way(made: Made, tmp_path: Path) -> None:
    """Each in a process of its own, which leaves nothing running behind."""
    config = tmp_path / "tocsin.toml"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        config.write_text(
            f'site = "{made.site}"\n[mqtt]\nurl = "mqtt://127.0.0.1:1"\n[http]\nlisten = "127.0.0.1:{port}"\n'
            '[[webhook]]\nurl = "https://example.org/"\nsecret_file = "secret"\n'
        )
        assert last_line(config) == f"tocsin: {tmp_path}/secret: the secret can't be read: No such file or directory"
        (tmp_path / "secret").write_text("whsec_" + "c2VjcmV0" * 4)
        assert last_line(config) == f"tocsin: can't listen on 127.0.0.1:{port}: Address already in use"


def last_line(config: Path) -> str:
    """What `tocsin run` says last, before it ends with 2."""
    command = [str(Path(sys.executable).with_name("tocsin")), "run", "--config", str(config)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 2, ran.stderr
    assert "Traceback" not in ran.stderr
    return ran.stderr.splitlines()[-1]


def test_the_installed_command_is_this_one() -> None:
    command = Path(sys.executable).with_name("tocsin")
    ran = subprocess.run([command, "check", "/nowhere"], capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == "/nowhere:1: no such folder, needed is a folder with a site in it\n"


def test_a_reader_that_goes_away_is_no_traceback(made: Made, tmp_path: Path) -> None:
    command = Path(sys.executable).with_name("tocsin")
    with subprocess.Popen(
        [command, "schema", "rules"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        err = process.stderr.read()
        assert process.wait(30) in (0, 1)
    assert "Traceback" not in err


def commands(group: Any, before: str = "tocsin") -> dict[str, Any]:
    """Full name -> command, of all there are."""
    found: dict[str, Any] = {}
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            found |= commands(command, f"{before} {name}")
        else:
            found[f"{before} {name}"] = command
    return found


def test_the_page_names_every_command_and_every_option() -> None:
    page = PAGE.read_text(encoding="utf-8")
    headings = {h.strip("`"): h for h in re.findall(r"^### (`.*`)$", page, re.M)}
    there = commands(typer.main.get_command(make_app()))
    assert len(there) == len(headings)
    for name, command in there.items():
        (heading,) = [h for h in headings if h == name or h.startswith(f"{name} ")]
        options = {o for p in command.params for o in p.opts if o.startswith("--")} - {"--help"}
        assert set(re.findall(r"--[a-z][a-z-]*", heading)) == options, name


def test_rules_is_ours() -> None:
    assert rules.__file__ is not None
    assert Path(rules.__file__).is_relative_to(ROOT)
